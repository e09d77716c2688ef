"""The Python form of the language: ``LEAD``, ``REP`` and the functions beside them.

The rules of this module:

* Each builder reads like the text form, and gives the same tree.
* Durations and instants are the standard library's, so they can come from the host as well.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NoReturn, final

from leadroute.errors import ConfigError, TruthError
from leadroute.rules.conditions import Check, Condition, FreeMail, Named, SetRelation, as_condition
from leadroute.rules.fact import REWRITE, Fact, operand_of
from leadroute.rules.fields import FIELDS
from leadroute.rules.operand import Age, DomainOf, Field, Now, SignalStat, constant

__all__ = [
    "LEAD",
    "NOW",
    "REP",
    "SignalFacts",
    "age",
    "check",
    "covers",
    "days",
    "define",
    "domain_of",
    "hours",
    "instant",
    "is_free_mail",
    "minutes",
    "overlaps",
    "seconds",
    "signal",
    "weeks",
]


@final
class _Entity:
    """The fields of the lead or the rep, as facts: ``LEAD.country``, ``LEAD["tags"]``."""

    __slots__ = ("_name",)

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Fact:
        if name.startswith("_"):
            raise AttributeError(name)
        return Fact(Field(self._name, name))

    def __getitem__(self, name: str) -> Fact:
        return Fact(Field(self._name, name, custom=True))

    def __dir__(self) -> Iterable[str]:
        return FIELDS[self._name]

    def __iter__(self) -> NoReturn:
        raise TruthError(REWRITE.format(self._name))

    def __repr__(self) -> str:
        return self._name.upper()


LEAD: Final = _Entity("lead")
"""The lead that a condition asks about: ``LEAD.country`` for a field, ``LEAD["tags"]`` for an attribute."""
REP: Final = _Entity("rep")
"""The rep that a requirement asks about: ``REP.level``, ``REP.skills["healthcare"]``, ``REP["office"]``."""
NOW: Final = Fact(Now())
"""The instant of the decision."""


@final
class SignalFacts:
    """What the signals of one kind come to; see ``signal``."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @property
    def total(self) -> Fact:
        """The sum of the signals' values; 0 without any."""
        return Fact(SignalStat(self.kind, "total"))

    @property
    def count(self) -> Fact:
        """How many there are; 0 without any."""
        return Fact(SignalStat(self.kind, "count"))

    @property
    def last(self) -> Fact:
        """The instant of the latest one; missing without any."""
        return Fact(SignalStat(self.kind, "last"))

    def __repr__(self) -> str:
        return f"signal({self.kind!r})"


def signal(kind: str) -> SignalFacts:
    """What a lead's signals of one kind come to.

    Example:
        >>> signal("pricing_page").total >= 240
        <Comparison signal('pricing_page').total >= 240>
    """
    return SignalFacts(kind)


def age(of: object) -> Fact:
    """How long before the decision an instant was; negative when it is still to come.

    Example:
        >>> age(LEAD.received_at) > days(2)
        <Comparison age(lead.received_at) > days(2)>
    """
    return Fact(Age(operand_of(of)))


def domain_of(of: Fact) -> Fact:
    """What stands after the ``@`` of an e-mail address.

    Example:
        >>> domain_of(LEAD.email) == "Example.com"
        <Comparison domain_of(lead.email) == 'example.com'>
    """
    return Fact(DomainOf(operand_of(of)))


def is_free_mail(of: Fact) -> Condition:
    """The e-mail address, or the domain, belongs to a provider of free mailboxes.

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
        >>> covers(REP.licences, ["CA", "NY"])
        <SetRelation covers(rep.licences, ['CA', 'NY'])>
    """
    return SetRelation("covers", operand_of(left), operand_of(right))


def check(name: str, *arguments: object) -> Condition:
    """A predicate of the host's own, by its registered name, with literals as arguments.

    Example:
        >>> check("is_customer")
        <Check check('is_customer')>
    """
    return Check(name, arguments)


def define(name: str, condition: object) -> Condition:
    """A condition under a name of its own; it prints as the name.

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
