"""What the builders hand out: something about a lead or a rep, with the operators of Python.

The rules of this module:

* A ``Fact`` wraps an operand and carries the operators; what they build are plain frozen values.
* A fact has no truth of its own. Where Python would ask for one, the error shows the rewrite.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Final, NoReturn, final

from leadroute.errors import ConfigError, TruthError
from leadroute.rules.conditions import (
    Comparison,
    Condition,
    Contains,
    Membership,
    Presence,
    SetRelation,
    TextTest,
    as_condition,
    compared,
)
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, arithmetic, constant

__all__ = ["REWRITE", "Fact", "member", "negative", "operand_of", "truth"]

REWRITE: Final = (
    "{} has no truth of its own, because no lead is there yet; use & instead of `and`, | instead of `or`, "
    "~ instead of `not`, .in_() and .contains() instead of `in`, with each comparison in parentheses: "
    "write (LEAD.budget > 1) & (LEAD.employees > 2)"
)


@final
class Fact:
    """Something about a lead or a rep that can be compared, calculated with and asked about.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> LEAD.budget * 12 >= 100_000
        <Comparison lead.budget * 12 >= 100000>
        >>> LEAD.email.is_present() & ~LEAD.country.in_(["US", "CA"])
        <And lead.email is present and not lead.country in ['US', 'CA']>
    """

    __slots__ = ("operand",)
    __hash__: ClassVar[None]  # type: ignore[assignment]

    def __init__(self, operand: Operand) -> None:
        self.operand = operand

    def __eq__(self, other: object) -> Condition:  # type: ignore[override]
        return compared(self.operand, "==", operand_of(other))

    def __ne__(self, other: object) -> Condition:  # type: ignore[override]
        return compared(self.operand, "!=", operand_of(other))

    def __lt__(self, other: object) -> Condition:
        return compared(self.operand, "<", operand_of(other))

    def __le__(self, other: object) -> Condition:
        return compared(self.operand, "<=", operand_of(other))

    def __gt__(self, other: object) -> Condition:
        return compared(self.operand, ">", operand_of(other))

    def __ge__(self, other: object) -> Condition:
        return compared(self.operand, ">=", operand_of(other))

    def __add__(self, other: object) -> Fact:
        return Fact(arithmetic("+", self.operand, operand_of(other)))

    def __radd__(self, other: object) -> Fact:
        return Fact(arithmetic("+", operand_of(other), self.operand))

    def __sub__(self, other: object) -> Fact:
        return Fact(arithmetic("-", self.operand, operand_of(other)))

    def __rsub__(self, other: object) -> Fact:
        return Fact(arithmetic("-", operand_of(other), self.operand))

    def __mul__(self, other: object) -> Fact:
        return Fact(arithmetic("*", self.operand, operand_of(other)))

    def __rmul__(self, other: object) -> Fact:
        return Fact(arithmetic("*", operand_of(other), self.operand))

    def __truediv__(self, other: object) -> Fact:
        return Fact(arithmetic("/", self.operand, operand_of(other)))

    def __rtruediv__(self, other: object) -> Fact:
        return Fact(arithmetic("/", operand_of(other), self.operand))

    def __neg__(self) -> Fact:
        return Fact(negative(self.operand))

    def __getitem__(self, name: str) -> Fact:
        if isinstance(self.operand, Field):
            return Fact(Entry(self.operand, name))
        raise ConfigError(f"{self.operand} has no [...] entries; rep.skills['name'] has")

    def is_present(self) -> Condition:
        """The value is known; an empty text or set is not."""
        return Presence(self.operand)

    def is_missing(self) -> Condition:
        """The value is not known."""
        return Presence(self.operand, present=False)

    def in_(self, among: object) -> Condition:
        """The value is one of a list of literals, or a member of a set such as ``REP.languages``."""
        return member(self.operand, _listed(among), negated=False)

    def not_in(self, among: object) -> Condition:
        """The value is known, and is not among these; ``~....in_()`` is true for a missing value as well."""
        return member(self.operand, _listed(among), negated=True)

    def contains(self, item: object) -> Condition:
        """The text contains this text, or the set this name."""
        return Contains(self.operand, operand_of(item))

    def startswith(self, prefix: str) -> Condition:
        """The text begins with this one."""
        return TextTest(self.operand, "startswith", prefix)

    def endswith(self, suffix: str) -> Condition:
        """The text ends with this one."""
        return TextTest(self.operand, "endswith", suffix)

    def like(self, pattern: str) -> Condition:
        """The whole text is like the pattern: ``*`` stands for any text, ``?`` for one character."""
        return TextTest(self.operand, "like", pattern)

    def overlaps(self, names: object) -> Condition:
        """The set shares a name with the other."""
        return SetRelation("overlaps", self.operand, operand_of(names))

    def covers(self, names: object) -> Condition:
        """The set has every name of the other."""
        return SetRelation("covers", self.operand, operand_of(names))

    def _as_condition(self) -> Condition:
        return truth(self.operand)

    def __and__(self, other: object) -> Condition:
        return as_condition(self) & other

    def __rand__(self, other: object) -> Condition:
        return as_condition(other) & self

    def __or__(self, other: object) -> Condition:
        return as_condition(self) | other

    def __ror__(self, other: object) -> Condition:
        return as_condition(other) | self

    def __invert__(self) -> Condition:
        return ~as_condition(self)

    def __bool__(self) -> NoReturn:
        raise TruthError(REWRITE.format(self.operand))

    def __contains__(self, item: object) -> NoReturn:
        raise TruthError(REWRITE.format(self.operand))

    def __iter__(self) -> NoReturn:
        raise TruthError(REWRITE.format(self.operand))

    def __repr__(self) -> str:
        return f"<Fact {self.operand}>"


def operand_of(given: object) -> Operand:
    """The operand that a fact or a literal stands for."""
    return given.operand if isinstance(given, Fact) else constant(given)


def truth(operand: Operand) -> Condition:
    """The condition that a flag stands for when it is written alone.

    Raises:
        TruthError: The operand is no flag.
    """
    if isinstance(operand, Field) and operand.kind in (Kind.FLAG, Kind.ANY):
        return Comparison(operand, "==", Const(True))
    raise TruthError(
        f"{operand} is no condition; compare it, such as {operand} == ..., with each comparison in parentheses"
    )


def negative(operand: Operand) -> Operand:
    """The operand with its sign changed."""
    if isinstance(operand, Const) and operand.kind in (Kind.NUMBER, Kind.DURATION):
        return constant(-operand.value)
    return arithmetic("-", Const(0), operand)


def _listed(among: object) -> Operand | tuple[object, ...]:
    if isinstance(among, Fact):
        return among.operand
    if isinstance(among, str | bytes) or not isinstance(among, Iterable):
        raise ConfigError(
            "in_() and not_in() take a list, such as ['US', 'CA'], or a set of the rep"
        )
    found = tuple(among)
    return tuple(sorted(found)) if isinstance(among, set | frozenset) else found


def member(operand: Operand, among: Operand | tuple[object, ...], *, negated: bool) -> Condition:
    """``operand in among``, as membership of a list of literals or as what a field contains."""
    if isinstance(among, tuple):
        return Membership(operand, among, negated)
    return Contains(among, operand, negated)
