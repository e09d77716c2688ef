"""A rule: which leads, which reps, what is preferred among them; and what qualifies a lead.

The rules of this module:

* A lead must meet every factor. The first one that it does not says what becomes of it.
* A lead that fails is never dropped: it is nurtured, rejected, or reviewed by a person.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from attrs import field, frozen
from attrs.converters import optional

from leadroute.errors import ConfigError, LeadrouteError, TruthError, ValidationError
from leadroute.model.duration import parse_duration
from leadroute.model.guidance import example, guided, without_defaults
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.validation import (
    FrozenDict,
    Refused,
    clean_fields,
    cleaned,
    flag,
    ident,
    names,
    number,
    shown,
    text,
    whole,
)
from leadroute.rules.builders import FieldExpr
from leadroute.rules.conditions import And, Condition, as_condition, joined
from leadroute.rules.describe import describe
from leadroute.rules.fallback import Fallback, read_fallback
from leadroute.rules.parser import parse
from leadroute.rules.scorer import Scorer

__all__ = [
    "EVERYONE",
    "OUTCOMES",
    "RELEASE_ON",
    "Factor",
    "Pool",
    "Qualification",
    "Rule",
    "parts_of",
    "qualification",
    "whole_of",
]


Verdict: TypeAlias = Literal["nurture", "reject", "review"]
"""What may become of a lead that does not qualify."""
OUTCOMES: Final[tuple[Verdict, ...]] = get_args(Verdict)


def _outcome(given: Any) -> str:
    if given not in OUTCOMES:
        raise Refused(f"is {shown(given)}; write one of {', '.join(OUTCOMES)}")
    return str(given)


def _as_needed(given: ConditionLike) -> Condition:
    return cast("Condition", given)


def _needed(given: Any) -> Condition:
    if given is None:
        raise Refused("is missing; write what a lead must meet, such as LEAD.budget > 0")
    return condition(given)


@guided
@frozen(repr=False)
class Factor:
    """One condition that a lead must meet.

    Args:
        name: The factor's name, unique in its qualification.
        condition: The condition that the lead must meet.
        outcome: The outcome for a lead that does not: ``nurture``, ``reject`` or ``review``; ``reject`` by default.
        reason: The reason in words for a sales manager; the condition itself when not given.

    Raises:
        ValidationError: A field was refused; every fault is listed.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> str(Factor("budget", condition=LEAD.budget > 0, outcome="nurture"))
        'not true that budget is more than 0'
    """

    name: str = field(metadata={"clean": ident})
    condition: Condition = field(converter=_as_needed, metadata={"clean": _needed})
    outcome: Verdict = cleaned(_outcome, default="reject")
    reason: str | None = cleaned(text)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        return self.reason or f"not true that {describe(self.condition)}"


def _factors(given: Iterable[Factor]) -> tuple[Factor, ...]:
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    strays: list[object] = [each for each in found if not isinstance(each, Factor)]
    if strays or not found:
        held = f"hold a {type(strays[0]).__name__}" if strays else "are empty"
        raise ConfigError(f"factors {held}; write factors=[Factor(...), ...]")
    for one, other in pairwise(sorted(each.name for each in found)):
        if one == other:
            raise ConfigError(f"there are two factors named {one!r}; give each a name of its own")
    return found


@guided
@frozen
class Qualification:
    """The conditions that a lead must meet, as named factors.

    Args:
        factors: The factors, in the order in which they decide what becomes of a lead.

    Raises:
        ConfigError: There are none, or two share a name.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> Qualification([Factor("budget", LEAD.budget > 0, "nurture")]).factors[0].outcome
        'nurture'
    """

    factors: tuple[Factor, ...] = field(converter=_factors)


def qualification(given: Any) -> Condition | Qualification:
    """A cleaner for what a router takes as ``qualify``."""
    return given if isinstance(given, Qualification) else condition(given)


def parts_of(qualify: Condition | Qualification | None) -> tuple[Factor | Condition, ...]:
    """What must hold, one by one: the factors, or the parts of a plain condition.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> [str(part) for part in parts_of((LEAD.budget > 0) & LEAD.email.is_present())]
        ['lead.budget > 0', 'lead.email is present']
    """
    if qualify is None:
        return ()
    if isinstance(qualify, Qualification):
        return qualify.factors
    return qualify.parts if isinstance(qualify, And) else (qualify,)


def whole_of(qualify: Condition | Qualification | None) -> Condition | None:
    """What must hold, as one condition; ``None`` when nothing must.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> str(whole_of(Qualification([Factor("budget", LEAD.budget > 0)])))
        'lead.budget > 0'
    """
    if isinstance(qualify, Qualification):
        return joined(And, *(factor.condition for factor in qualify.factors))
    return qualify


ReleaseOn: TypeAlias = Literal["outcome", "contact", "accept", "shift_end"]
"""When a lead may give back the capacity that it takes."""
RELEASE_ON: Final[tuple[ReleaseOn, ...]] = get_args(ReleaseOn)

EVERYONE = "everyone"
"""The pool of a rule that names none: the whole roster."""


def condition(given: Any) -> Condition:
    """A cleaner for conditions, their text, and flags such as ``LEAD["vip"]``."""
    if isinstance(given, str):
        try:
            return parse(given)
        except LeadrouteError as error:
            raise Refused(f"cannot be read: {error}") from None
    remedy = "write a condition such as LEAD.country == 'US'"
    if isinstance(given, list | tuple):
        raise Refused(f"is a {type(given).__name__}; join conditions with &: (a) & (b)")
    if isinstance(given, bool):
        raise Refused(
            f"is {given}, as `is`, `in` and the fields of one lead give; {remedy} or LEAD.email.is_missing()"
        )
    if callable(given):
        raise Refused(
            f"is a function; {remedy}, or predicate('name') and Router(predicates={{'name': function}})"
        )
    try:
        return as_condition(given)
    except TruthError:
        raise Refused(f"is {shown(given)}; {remedy}") from None


ConditionLike: TypeAlias = Condition | FieldExpr | str
"""A condition, a flag such as ``LEAD["vip"]``, or the text of a condition."""


def given_condition(given: ConditionLike | None) -> Condition | None:
    """A condition as it was given: tells type checkers what the cleaner takes."""
    return cast("Condition | None", given)


def score(given: Any) -> Scorer:
    """A cleaner for scores."""
    if isinstance(given, Scorer):
        return given
    remedy = "write a scorer such as free_capacity() + round_robin()"
    if isinstance(given, type) and issubclass(given, Scorer):
        raise Refused(f"is {given.name} without its brackets; {example(given.name)}")
    if isinstance(given, str):
        raise Refused(f"is the text {given!r:.40}; {remedy}, without quotes")
    if isinstance(given, list | tuple | dict):
        raise Refused(f"is a {type(given).__name__}; add scorers, each with its weight: {_SUM}")
    if callable(given):
        raise Refused(
            "is a function; write @scorer above it, and call it with its brackets, such as score=nearby()"
        )
    raise Refused(f"is {shown(given)}; {remedy}")


_SUM: Final = "2 * free_capacity() + round_robin()"


def _as_ids(given: Iterable[str | Rep] | None) -> Set[str] | None:
    return cast("Set[str] | None", given)


def _rep_id(given: Any) -> str:
    return ident(given.id if isinstance(given, Rep) else given)


def _pool(given: Any) -> str:
    if not isinstance(given, str):
        remedy = "write the name of a pool, and Router(pools=[Pool('west', reps={'ada', 'bob'})])"
        raise Refused(f"is of type {type(given).__name__}; {remedy}")
    return ident(given)


def accept_within(given: str | timedelta) -> timedelta:
    """An acceptance window from its text form; it must be longer than nothing.

    Raises:
        ConfigError: It is not a duration, or no time at all.
    """
    found = parse_duration(given)
    if not found:
        raise ConfigError("the window is 0s; an offer must stand for some time, such as '5m'")
    return found


def release_on(given: Any) -> str:
    """A cleaner for the moment at which capacity is given back."""
    if given not in RELEASE_ON:
        raise Refused(f"is {shown(given)}; write one of {', '.join(RELEASE_ON)}")
    return str(given)


def weekly(given: Any) -> str:
    """A cleaner for weekly hours."""
    if not isinstance(given, str):
        raise Refused(f"is {shown(given)}; write weekly hours such as 'mon-fri 09:00-20:00'")
    try:
        Schedule(given, "UTC")
    except ValidationError as error:
        raise Refused("; ".join(fault.problem for fault in error.faults)) from None
    return given


def share(given: Any) -> float:
    """A cleaner for shares above 0."""
    found: float = number(0, 1)(given)
    if not found:
        raise Refused("is 0; write a share above 0 and at most 1, or leave it out")
    return found


def read_ignored(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """Codes of the lint with the reason why each is silenced.

    Raises:
        ConfigError: There is no mapping, or a code without a reason.
    """
    if not isinstance(given, Mapping):
        raise ConfigError(f'ignore are a {type(given).__name__}; write {{"LR004": "reason"}}')
    for code, reason in given.items():
        if not isinstance(code, str) or not isinstance(reason, str) or not reason.strip():
            raise ConfigError(
                f'{code!r:.40} is silenced without a reason; write {{"LR004": "reason"}}'
            )
    return FrozenDict(given)


@guided
@frozen(kw_only=True, repr=False)
class Pool:
    """A named set of reps who take turns with one another.

    Args:
        name: The pool's name, 1 to 80 characters.
        reps: The ids of its members; ``None`` means that ``where`` alone decides.
        where: A condition on the rep; ``None`` means that ``reps`` alone decides.

    Raises:
        ValidationError: A field was refused.
        ConfigError: Neither ``reps`` nor ``where`` was given.

    Example:
        >>> sorted(Pool("emea", reps={"bob", "ada"}).reps)
        ['ada', 'bob']
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    reps: Set[str] | None = field(
        default=None, converter=_as_ids, metadata={"clean": names(_rep_id)}
    )
    where: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if self.reps is None and self.where is None:
            raise ConfigError(f"pool {self.name!r} has no members; write reps={{...}} or where=...")


@guided
@frozen(kw_only=True, repr=False)
class Rule:
    """One rule: its leads, the reps who may take them, the score.

    Args:
        name: The rule's name, unique in its policy.
        when: A condition on the lead, or its text; ``None`` takes every lead.
        require: A condition on the rep, or on rep and lead together, or its text; ``None`` takes every rep of the pool.
        score: The score that orders the reps; ``None`` means ``round_robin()``.
        pool: The name of the pool; ``None`` means every rep of the roster.
        accept_within: How long an offer is open, such as ``"5m"`` or ``"5 minutes"``; ``None`` means
            ``Router.accept_within``.
        segment: The name under which its leads count in ``Rep.capacity_by_segment`` and in caps; the rule's name when
            not given.
        capacity_cost: The units of capacity that a lead takes, 0 or more.
        in_territory: True lets only reps of the lead's territory take it: of the most specific one with a rep in the
            pool.
        max_distance_km: The longest distance from the rep to the lead in kilometers, by their attributes ``lat`` and
            ``lon``.
        release_on: The moment at which a lead stops counting as open work: ``outcome``, first ``contact``, ``accept``,
            or ``shift_end``, the end of the shift in which the rep accepted it (on the outcome, if that is sooner or
            there is no schedule).
        calling_hours: The hours in which its leads may be called, on their own clock, such as ``"mon-fri 09:00-20:00;
            sat 10:00-18:00"``; ``None`` is any time. When a lead may be in several zones, only the hours that suit all
            of them count; when its zone is not known, it may be called at any time.
        min_shared_hours: The share of the lead's working hours (Monday to Friday from 9 to 5) in the next seven days
            that a rep must work too, above 0 and at most 1. Reps and leads without known hours share none.
        fallback: The steps when the rule finds no rep: ``Fallback``, or a mapping with its cases. For cases that it
            leaves out, those of the router apply.

    Raises:
        ValidationError: A field was refused; every fault is listed.
        ConfigError: ``accept_within`` or the steps of ``fallback`` cannot be read.

    Example:
        >>> Rule("everyone else", accept_within="5m").accept_within
        datetime.timedelta(seconds=300)
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    when: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    require: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    score: Scorer | None = cleaned(score)
    pool: str | None = cleaned(_pool)
    accept_within: timedelta | None = field(default=None, converter=optional(accept_within))
    segment: str | None = cleaned(ident)
    capacity_cost: int = cleaned(whole(0), default=1)
    release_on: ReleaseOn = cleaned(release_on, default="outcome")
    in_territory: bool = cleaned(flag, default=False)
    max_distance_km: float | None = cleaned(number(0))
    calling_hours: str | None = cleaned(weekly)
    min_shared_hours: float | None = cleaned(share)
    fallback: Fallback = field(default=Fallback(), converter=read_fallback)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if self.fallback.no_rule_matched is not None:
            problem = "a rule cannot say what happens when no rule matched; say it in the router's fallback"
            raise ConfigError(problem, "fallback.no_rule_matched")
        for case, pool in self.fallback.pools():
            if pool == (self.pool or EVERYONE):
                problem = f"asks {pool!r} again, which is the rule's own pool; name another"
                raise ConfigError(problem, f"fallback.{case}")

    @property
    def counts_as(self) -> str:
        """The segment of its leads."""
        return self.segment or self.name
