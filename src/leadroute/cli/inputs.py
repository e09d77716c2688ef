"""What the commands read: a policy, a roster, leads, an instant, and the options that name them."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from errno import EISDIR
from os import strerror
from pathlib import Path
from stat import S_ISDIR
from typing import Any, Final

from attrs import fields, frozen

from leadroute.clock import Clock, SystemClock
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import Reading, read_leads, read_reps
from leadroute.formats.source import columns_of
from leadroute.insight.lint.analysis import conditions_of
from leadroute.model.columns import ATTRIBUTE, IGNORE, PRESETS, Column, header_key
from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.ranking.router import Router
from leadroute.rules.conditions import reads
from leadroute.rules.describe import plural
from leadroute.rules.fields import FIELDS, SCORE_FIELDS


@frozen
class Fixed:
    """A clock that stands still."""

    instant: datetime

    def now(self) -> datetime:
        """The instant that the clock stands at."""
        return self.instant


def add_policy(parser: ArgumentParser, *, required: bool = True) -> None:
    """The options that name a policy and a roster."""
    parser.add_argument(
        "--policy", required=required, metavar="FILE", help="the policy: TOML or JSON"
    )
    parser.add_argument(
        "--reps", required=required, metavar="FILE", help="the reps: CSV, JSON or JSON lines"
    )


def add_leads(parser: ArgumentParser, *, required: bool = True) -> None:
    """The options that name the leads and how they are written."""
    parser.add_argument(
        "--leads",
        required=required,
        metavar="FILE",
        help="the leads: CSV, JSON or JSON lines; - reads standard input",
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json", "jsonl"),
        help="how the leads are written, where the ending of the name does not say",
    )
    parser.add_argument(
        "--columns",
        metavar="MAP",
        help=f"what the columns fill: {', '.join(PRESETS)}, or a TOML file of your own",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_mapped,
        metavar="HEADER=FIELD",
        help="what one column fills, such as 'Lead ID=id'; may be given several times",
    )
    _add_values(parser)


def _add_values(parser: ArgumentParser) -> None:
    """The options that say how the values of the leads are written."""
    parser.add_argument(
        "--country", metavar="CODE", help="the country of rows that name none, such as US"
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="the zone of times without an offset, such as Europe/Paris",
    )
    parser.add_argument(
        "--dates", choices=("dmy", "mdy", "ymd"), help="the order in dates such as 3/4/2026"
    )
    parser.add_argument(
        "--decimal",
        choices=(".", ","),
        help="the sign before a fraction, where 50.000 has thousands",
    )
    parser.add_argument(
        "--extra",
        choices=("attributes", "ignore", "refuse"),
        default="attributes",
        help="what becomes of columns that fill nothing",
    )
    parser.add_argument(
        "--on-fault",
        choices=("row", "field"),
        default="row",
        help="what a fault takes away: the row, or the field alone",
    )


def _mapped(text: str) -> tuple[str, str]:
    header, equals, target = text.rpartition("=")
    if not equals or not header.strip() or not target.strip():
        raise ArgumentTypeError(f"{text!r:.60} maps nothing; write one such as 'Lead ID=id'")
    return header, target


def add_now(parser: ArgumentParser) -> None:
    """The option that fixes the instant of the decisions."""
    parser.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="decide as of this instant, such as 2026-03-03T15:00:00Z; the present when left out",
    )


def add_json(parser: ArgumentParser, what: str) -> None:
    """The option for output that programs read."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # Near the ends of the calendar no deadline and no other time zone can be computed.
    if found is None or found.utcoffset() is None or not 1900 <= found.year <= 9000:
        raise ArgumentTypeError(
            f"{text!r:.40} is not an instant; write one such as 2026-03-03T15:00:00Z"
        )
    return found.astimezone(UTC)


def clock_of(options: Any) -> Clock:
    """The clock that the decisions go by."""
    return SystemClock() if options.now is None else Fixed(options.now)


def existing(name: str) -> Path:
    """The path of a file that is there; an error of the system without one."""
    path = Path(name)
    if S_ISDIR(path.stat().st_mode):
        raise IsADirectoryError(EISDIR, strerror(EISDIR), str(path))
    return path


def policy_of(options: Any) -> Router:
    """The policy."""
    return load_policy(existing(options.policy))


def roster_of(options: Any, router: Router) -> Roster:
    """The roster, with the custom attributes that the policy declares."""
    roster, errors = read_reps(existing(options.reps), custom=router.custom_fields)
    if errors:
        listed = "".join(f"\n  {error}" for error in errors)
        one = len(errors) == 1
        told = (
            "1 row is not a rep; correct it"
            if one
            else f"{len(errors):,} rows are not reps; correct them"
        )
        raise ConfigError(f"{told} first:{listed}")
    return roster


def leads_of(options: Any, router: Router | None = None) -> Reading[Lead]:
    """The leads one by one, with a ``RowError`` in the place of each bad row."""
    piped = options.leads == "-"
    reading = read_leads(
        getattr(sys.stdin, "buffer", sys.stdin) if piped else existing(options.leads),
        name="<stdin>" if piped else "",
        format=options.format,
        custom=None if router is None else router.custom_fields,
        columns=columns_of(options.columns).with_columns(dict(options.map)),
        country=options.country,
        timezone=options.timezone,
        dates=options.dates,
        decimal=options.decimal,
        extra=options.extra,
        on_fault=options.on_fault,
    )
    headers = {header_key(column.header): column.header for column in reading.columns}
    for header, _ in options.map if headers else ():
        if header_key(header) not in headers:
            raise UnknownFieldError("column", header, headers.values(), f"{reading.name}: --map")
    return reading


LISTED: Final = 40  # how many columns of a kind are named; the others are counted


def told_columns(reading: Reading[Any]) -> Iterator[str]:
    """Yield what to say of the columns: nothing of those that bear the name of what they fill."""
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
    """Return what the policy reads of a lead and no column fills, in the words of the policy."""
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
    whose = "its" if restored == 1 else "their"
    return f"; {plural(restored, 'postal code')} got {whose} zeros back" if restored else ""
