"""Who may belong to a pool at all, found without a look at everybody.

The rules of this module: what it leaves out cannot belong, and what it gives is asked in full.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.rules.conditions import And, Comparison, Condition, Contains, Named
from leadroute.rules.operand import Const, Field, Operand

ByValue: TypeAlias = Mapping[str, Sequence[Rep]]


def asked_first(where: Condition) -> tuple[str, str] | None:
    """The field of the rep and the value with which a condition begins, if it begins so."""
    if isinstance(where, Named):
        return asked_first(where.condition)
    if isinstance(
        where, And
    ):  # the first part alone: a later one is not asked where an earlier one says no
        return asked_first(where.parts[0])
    if isinstance(where, Contains) and not where.negated:
        return _named(where.container, where.item)
    if isinstance(where, Comparison) and where.op == "==":
        return _named(where.left, where.right)
    return None


def _named(field: Operand, value: Operand) -> tuple[str, str] | None:
    plain = isinstance(field, Field) and field.entity == "rep" and not field.custom
    if plain and isinstance(value, Const) and isinstance(value.value, str):
        return field.name, value.value  # type: ignore[union-attr]  # looked at just now
    return None


def by_value(roster: Roster, name: str) -> ByValue | None:
    """The reps by the values of a field of texts; ``None`` for any other. O(values of reps)."""
    found: dict[str, list[Rep]] = {}
    for rep in roster.reps:
        value = getattr(rep, name)
        if not isinstance(value, frozenset | str | None):
            return None
        for each in value if isinstance(value, frozenset) else (value or "",):
            found.setdefault(each, []).append(rep)
    return found


def likely(kept: dict[str, ByValue | None], where: Condition, roster: Roster) -> Sequence[Rep]:
    """Those for whom a condition may hold, in the order of their ids."""
    asked = asked_first(where)
    if asked is None:
        return roster.reps
    name, value = asked
    if name not in kept:
        kept[name] = by_value(roster, name)
    found = kept[name]
    return roster.reps if found is None else found.get(value, ())
