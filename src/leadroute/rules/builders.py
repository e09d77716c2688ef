"""LEAD, REP and NOW, on which the operators live that make conditions.

A ``FieldExpr`` wraps an operand and carries the operators; what they build are plain frozen values.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn, final

from leadroute.errors import ConfigError, TruthError
from leadroute.model.guidance import guided_attributes
from leadroute.rules.conditions import (
    Comparison,
    Condition,
    Contains,
    FreeMail,
    Membership,
    Named,
    PredicateCall,
    Presence,
    SetRelation,
    TextTest,
    as_condition,
    compared,
)
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import (
    Age,
    Const,
    DomainOf,
    Entry,
    Field,
    Now,
    Operand,
    SignalStat,
    arithmetic,
    constant,
)

__all__ = [
    "LEAD",
    "NOW",
    "REP",
    "REWRITE",
    "FieldExpr",
    "SignalFacts",
    "age",
    "covers",
    "days",
    "define",
    "domain_of",
    "hours",
    "instant",
    "is_free_mail",
    "member",
    "minutes",
    "negative",
    "operand_of",
    "overlaps",
    "predicate",
    "seconds",
    "signal",
    "truth",
    "weeks",
]


REWRITE: Final = (
    "{} has no truth of its own, because no lead is there yet; use & instead of `and`, | instead of `or`, "
    "~ instead of `not`, .in_() and .contains() instead of `in`, with each comparison in parentheses: "
    "write (LEAD.budget > 1) & (LEAD.employees > 2)"
)


@final
@guided_attributes
class FieldExpr:
    """A fact about a lead or rep, to compare and calculate with.

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

    def __add__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("+", self.operand, operand_of(other)))

    def __radd__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("+", operand_of(other), self.operand))

    def __sub__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("-", self.operand, operand_of(other)))

    def __rsub__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("-", operand_of(other), self.operand))

    def __mul__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("*", self.operand, operand_of(other)))

    def __rmul__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("*", operand_of(other), self.operand))

    def __truediv__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("/", self.operand, operand_of(other)))

    def __rtruediv__(self, other: object) -> FieldExpr:
        return FieldExpr(arithmetic("/", operand_of(other), self.operand))

    def __neg__(self) -> FieldExpr:
        return FieldExpr(negative(self.operand))

    def __getitem__(self, name: str) -> FieldExpr:
        if isinstance(self.operand, Field):
            return FieldExpr(Entry(self.operand, name))
        raise ConfigError(f"{self.operand} has no [...] entries; rep.skills['name'] has")

    def is_present(self) -> Condition:
        """The value is known; an empty text or set is not."""
        return Presence(self.operand)

    def is_missing(self) -> Condition:
        """The value is not known."""
        return Presence(self.operand, present=False)

    def in_(self, among: object) -> Condition:
        """True when the value is in a list or a set.

        The list has literals; the set is a field such as ``REP.languages``.
        """
        return member(self.operand, _listed(among), negated=False)

    def not_in(self, among: object) -> Condition:
        """True when the value is known and is not among these.

        ``~....in_()`` is true for a missing value as well.
        """
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
        """True when the whole text matches the pattern.

        ``*`` stands for any text, ``?`` for one character.
        """
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
        shown = item.operand if isinstance(item, FieldExpr) else f"{item!r:.40}"
        raise TruthError(
            f"`in` asks {self.operand} at once, before a lead is there; write .contains({shown}) instead, "
            f"or .in_([...]) for a list, with each comparison in parentheses"
        )

    def __iter__(self) -> NoReturn:
        raise TruthError(REWRITE.format(self.operand))

    def __repr__(self) -> str:
        return f"<FieldExpr {self.operand}>"


def operand_of(given: object) -> Operand:
    """The operand that a fact or a literal stands for."""
    return given.operand if isinstance(given, FieldExpr) else constant(given)


def truth(operand: Operand) -> Condition:
    """The condition that a flag stands for when it is written alone."""
    if isinstance(operand, Field) and operand.kind in (Kind.FLAG, Kind.ANY):
        return Comparison(operand, "==", Const(True))
    raise TruthError(
        f"{operand} is not a condition; compare it, such as {operand} == ..., with each comparison in parentheses"
    )


def negative(operand: Operand) -> Operand:
    """The operand with its sign changed."""
    if isinstance(operand, Const) and operand.kind in (Kind.NUMBER, Kind.DURATION):
        return constant(-operand.value)
    return arithmetic("-", Const(0), operand)


def _listed(among: object) -> Operand | tuple[object, ...]:
    if isinstance(among, FieldExpr):
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


class _Entity:
    """The fields of the lead or the rep, as facts: ``LEAD.country``, ``LEAD["tags"]``."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    # Type checkers know the fields by their declarations, and no others.
    if not TYPE_CHECKING:  # pragma: no branch

        def __getattr__(self, name: str) -> FieldExpr:
            if name.startswith("_"):
                raise AttributeError(name)
            return FieldExpr(Field(self._name, name))

    def __getitem__(self, name: str) -> FieldExpr:
        return FieldExpr(Field(self._name, name, custom=True))

    def __dir__(self) -> Iterable[str]:
        return FIELDS[self._name]

    def __iter__(self) -> NoReturn:
        raise TruthError(REWRITE.format(self._name))

    def __repr__(self) -> str:
        return self._name.upper()


@final
class LeadFields(_Entity):
    """The fields of the lead, declared for editors and type checkers."""

    __slots__ = ()

    id: FieldExpr
    name: FieldExpr
    email: FieldExpr
    phone: FieldExpr
    company: FieldExpr
    domain: FieldExpr
    country: FieldExpr
    region: FieldExpr
    postal_code: FieldExpr
    timezone: FieldExpr
    language: FieldExpr
    industry: FieldExpr
    product: FieldExpr
    source: FieldExpr
    channel: FieldExpr
    role: FieldExpr
    current_solution: FieldExpr
    account_id: FieldExpr
    owner_id: FieldExpr
    employees: FieldExpr
    annual_revenue: FieldExpr
    budget: FieldExpr
    priority: FieldExpr
    received_at: FieldExpr
    deadline: FieldExpr
    score: FieldExpr
    grade: FieldExpr
    completeness: FieldExpr


@final
class RepFields(_Entity):
    """The fields of the rep, declared for editors and type checkers."""

    __slots__ = ()

    id: FieldExpr
    name: FieldExpr
    timezone: FieldExpr
    manager_id: FieldExpr
    level: FieldExpr
    capacity: FieldExpr
    weight: FieldExpr
    joined_at: FieldExpr
    active: FieldExpr
    skills: FieldExpr
    teams: FieldExpr
    languages: FieldExpr
    countries: FieldExpr
    regions: FieldExpr
    territories: FieldExpr
    industries: FieldExpr
    licenses: FieldExpr
    accounts: FieldExpr


LEAD: Final = LeadFields("lead")
"""The lead that a condition asks about: ``LEAD.country`` for a field, ``LEAD["tags"]`` for an attribute."""
REP: Final = RepFields("rep")
"""The rep that a requirement asks about: ``REP.level``, ``REP.skills["healthcare"]``, ``REP["office"]``."""
NOW: Final = FieldExpr(Now())
"""The instant of the decision."""


@final
class SignalFacts:
    """The sum, the number and the last of one kind of signals."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @property
    def total(self) -> FieldExpr:
        """The sum of the signals' values; 0 without any."""
        return FieldExpr(SignalStat(self.kind, "total"))

    @property
    def count(self) -> FieldExpr:
        """The number of signals; 0 without any."""
        return FieldExpr(SignalStat(self.kind, "count"))

    @property
    def last(self) -> FieldExpr:
        """The instant of the latest one; missing without any."""
        return FieldExpr(SignalStat(self.kind, "last"))

    def __repr__(self) -> str:
        return f"signal({self.kind!r})"


def signal(kind: str) -> SignalFacts:
    """The signals of a lead of one kind.

    Example:
        >>> signal("pricing_page").total >= 240
        <Comparison signal('pricing_page').total >= 240>
    """
    return SignalFacts(kind)


def age(of: object) -> FieldExpr:
    """The time from an instant to the decision.

    It is negative for an instant that is still to come.

    Example:
        >>> age(LEAD.received_at) > days(2)
        <Comparison age(lead.received_at) > days(2)>
    """
    return FieldExpr(Age(operand_of(of)))


def domain_of(of: FieldExpr) -> FieldExpr:
    """The part of an e-mail address after the ``@``.

    Example:
        >>> domain_of(LEAD.email) == "Example.com"
        <Comparison domain_of(lead.email) == 'example.com'>
    """
    return FieldExpr(DomainOf(operand_of(of)))


def is_free_mail(of: FieldExpr) -> Condition:
    """True for an address or domain of a free mail provider.

    Example:
        >>> is_free_mail(LEAD.email)
        <FreeMail is_free_mail(lead.email)>
    """
    return FreeMail(operand_of(of))


def overlaps(left: object, right: object) -> Condition:
    """Two sets share a name.

    Example:
        >>> overlaps(LEAD["tags"], REP.industries)
        <SetRelation overlaps(lead['tags'], rep.industries)>
    """
    return SetRelation("overlaps", operand_of(left), operand_of(right))


def covers(left: object, right: object) -> Condition:
    """The first set has every name of the second.

    Example:
        >>> covers(REP.licenses, ["CA", "NY"])
        <SetRelation covers(rep.licenses, ['CA', 'NY'])>
    """
    return SetRelation("covers", operand_of(left), operand_of(right))


def predicate(name: str, *arguments: object) -> Condition:
    """A call of one of your predicates, with literals as arguments.

    Example:
        >>> predicate("is_customer")
        <PredicateCall predicate('is_customer')>
    """
    return PredicateCall(name, arguments)


def define(name: str, condition: object) -> Condition:
    """Give a condition a name of its own, and print it so.

    Example:
        >>> define("enterprise", LEAD.annual_revenue >= 1_000_000) & (LEAD.country == "US")
        <And enterprise and lead.country == 'US'>
    """
    return Named(name, as_condition(condition))


def instant(iso: str) -> datetime:
    """The aware instant that an ISO 8601 text names, for literals.

    Raises:
        ConfigError: The text names none, or one without an offset from UTC.

    Example:
        >>> LEAD.deadline < instant("2026-07-01T00:00:00+02:00")
        <Comparison lead.deadline < instant('2026-06-30T22:00:00+00:00')>
    """
    try:
        found = datetime.fromisoformat(iso)
    except (TypeError, ValueError):
        found = None
    if found is None or found.utcoffset() is None:
        raise ConfigError(
            "instant() takes an ISO 8601 text with an offset, such as '2026-07-01T09:00:00+00:00'"
        )
    return found


def weeks(number: float) -> timedelta:
    """A duration of so many weeks."""
    return _lasting(number, 604_800)


def days(number: float) -> timedelta:
    """A duration of so many days of 24 hours."""
    return _lasting(number, 86_400)


def hours(number: float) -> timedelta:
    """A duration of so many hours."""
    return _lasting(number, 3_600)


def minutes(number: float) -> timedelta:
    """A duration of so many minutes."""
    return _lasting(number, 60)


def seconds(number: float) -> timedelta:
    """A duration of so many seconds."""
    return _lasting(number, 1)


def _lasting(number: object, unit: int) -> timedelta:
    given = constant(number).value
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ConfigError("a duration takes a number, such as days(2)")
    if abs(given) * unit > 3_155_760_000:
        raise ConfigError("the duration is longer than 100 years; write a shorter one")
    return timedelta(seconds=given * unit)
