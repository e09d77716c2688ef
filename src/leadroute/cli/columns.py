"""What a file's columns fill, told once, and what a policy reads that they do not."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from attrs import fields

from leadroute.formats.rows import Reading
from leadroute.insight.lint.analysis import conditions_of
from leadroute.model.columns import ATTRIBUTE, IGNORE, Column, header_key
from leadroute.ranking.router import Router
from leadroute.rules.conditions import reads
from leadroute.rules.describe import plural
from leadroute.rules.fields import FIELDS, SCORE_FIELDS

__all__ = ["told_columns", "told_restored", "unfilled"]

LISTED: Final = 40
"""How many columns of a kind are named; the others are counted."""


def told_columns(reading: Reading[Any]) -> Iterator[str]:
    """Yield what has to be said of the columns: nothing of those that bear the name of what they fill."""
    named = [column for column in reading.columns if column.known and _renamed(column)]
    strange = [column for column in reading.columns if not column.known]
    if named:
        yield f"{reading.name}: {_listed(named)}"
    kept = [column for column in strange if not column.near and not column.plain]
    if kept:
        yield f"{reading.name}: no field: {_listed(kept)}"
    for column in strange:
        if column.near:
            remedy = f"--map {f'{column.header}={column.near}'!r}"
            if column.near in ("received_at", "deadline"):
                remedy += " or --timezone, with the zone of its times"
            yield f"{reading.name}: no field: {column}; to read it as such, say {remedy}"


def _renamed(column: Column) -> bool:
    name = column.fills.removeprefix(ATTRIBUTE)
    return column.fills == IGNORE or header_key(column.header) not in (
        header_key(name),
        header_key(column.fills),
    )


def _listed(columns: Collection[Column]) -> str:
    shown = ", ".join(map(str, [*columns][:LISTED]))
    return shown if len(columns) <= LISTED else f"{shown} and {len(columns) - LISTED:,} more"


def unfilled(router: Router, reading: Reading[Any], *, country: str | None) -> list[str]:
    """Return what the policy reads of a lead and no column fills, in the words of the policy.

    Args:
        router: The policy.
        reading: The leads.
        country: The country of rows that name none.
    """
    filled = {column.fills for column in reading.columns}
    if filled & {"name.first", "name.last"}:
        filled.add("name")
    if country is not None:
        filled.add("country")
    filled |= SCORE_FIELDS  # the policy's own, which no column ever fills
    return sorted(_lead_fields(router) - {_word(name) for name in filled})


def _word(fills: str) -> str:
    if fills.startswith(ATTRIBUTE):
        return f"lead[{fills.removeprefix(ATTRIBUTE)!r}]"
    return f"lead.{fills}"


def _lead_fields(router: Router) -> set[str]:
    found = {
        str(field) for _, condition in conditions_of(router) for field in reads(condition).lead
    }
    for rule in router.rules:
        for scorer in () if rule.score is None else rule.score.walk():
            values = (getattr(scorer, each.name) for each in fields(type(scorer)))
            for value in values:
                names = value if isinstance(value, tuple) else (value,)
                found |= {
                    f"lead.{name}"
                    for name in names
                    if isinstance(name, str) and name in FIELDS["lead"]
                }
    return found


def told_restored(restored: int) -> str:
    """How many postal codes got their zeros back, behind a semicolon; empty when none did."""
    if not restored:
        return ""
    return (
        f"; {plural(restored, 'postal code')} got {'its' if restored == 1 else 'their'} zeros back"
    )
