"""What a router declares: its tests, what is held against each other when it is built, and its version.

* The version depends on what decides, and on nothing else: no object ids, no hash seeds, no order of sets.
* It is the same in every process and version of Python, and survives writing and reading.
* Equal values count alike: 2.0 is 2.
* What is left at its default does not count, so that a new option leaves versions as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final, TypeVar

from attrs import evolve, field, fields, frozen, has

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.duration import (
    Within,
    digest,
    format_duration,
    format_within,
    length_of,
    parse_duration,
)
from leadroute.model.given import Refused, shown
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.schedule import Schedule
from leadroute.model.territory import Territory
from leadroute.model.territory_index import TerritoryIndex
from leadroute.model.validation import FrozenDict, clean_fields, cleaned, ident, must_be, timezone
from leadroute.model.working_hours import AllOf, AnyOf, Hours
from leadroute.ranking.lead_scoring import LeadScoring
from leadroute.ranking.ranking import Outcome
from leadroute.rules.conditions import Condition, Named, reads, walk
from leadroute.rules.evaluation import PLAIN, Lists, Predicates, Registry, Test, compile_condition
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    DISPOSITIONS,
    EVERYONE,
    OUTCOMES,
    Disposition,
    Factor,
    Fallback,
    Qualification,
    Rule,
    check_dispositions,
    parts_of,
)
from leadroute.rules.scorer import Scorer, guards
from leadroute.rules.terms import Terms

EXPECTATIONS: Final = ("rule", "pool", "rep", "outcome")
"""What a case can expect."""


def _outcome(given: Any) -> str:
    known = (*(each.value for each in Outcome), *OUTCOMES)
    if given not in known:
        raise Refused(f"is {shown(given)}; write one of {', '.join(known)}")
    return str(given)


@frozen(kw_only=True)
class Case:
    """One lead, and the expected result.

    Args:
        name: What the case shows.
        lead: The lead.
        rule: The name of the rule that must match.
        pool: The name of the pool whose reps must be asked.
        rep: The id of the rep who must come first.
        outcome: The expected outcome, such as ``assignable`` or ``no_rule_matched``; or the outcome
            of a lead that does not qualify: ``nurture``, ``reject`` or ``review``.
        reps: The reps of this case alone; empty for those that the whole test is run with.
        now: The instant of the decision, aware; the lead's ``received_at`` when not given.

    Raises:
        ValidationError: A field was refused.
        ConfigError: Nothing is expected.

    Example:
        >>> Case("germany", lead=Lead("L-1", country="DE"), rule="emea").expected
        {'rule': 'emea'}
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    lead: Lead
    rule: str | None = cleaned(ident)
    pool: str | None = cleaned(ident)
    rep: str | None = cleaned(ident)
    outcome: str | None = cleaned(_outcome)
    reps: tuple[Rep, ...] = field(default=(), converter=tuple)
    now: datetime | None = None

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if not self.expected:
            raise ConfigError("expects nothing; expect a rule, a pool, a rep or an outcome")

    @property
    def expected(self) -> dict[str, str]:
        """What is expected, by its name."""
        given = {name: getattr(self, name) for name in EXPECTATIONS}
        return {name: value for name, value in given.items() if value is not None}


def holiday_dates(given: Iterable[date]) -> frozenset[date]:
    """A converter for holidays."""
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise ConfigError(f"holidays are {given!r:.60}; write a list of dates")
    found = frozenset(given)
    if not found and isinstance(given, Mapping) and type(given) not in (dict, FrozenDict):
        kind = type(given).__name__
        problem = f"holidays are a {kind} without dates, which works them out when it is asked"
        raise ConfigError(
            f"{problem}; name the years, as in country_holidays('NL', years=range(2026, 2031))"
        )
    if not all(type(day) is date for day in found):
        raise ConfigError(
            "holidays contain something that is not a date; write dates, without a time"
        )
    return found


def observing(reps: tuple[Rep, ...], holidays: frozenset[date]) -> tuple[Rep, ...]:
    """The reps with these holidays in their schedules. O(reps), and nothing without holidays."""
    if not holidays:
        return reps
    return tuple(
        rep if rep.hours is None else rep.with_changes(schedule=_closed_on(rep.hours, holidays))
        for rep in reps
    )


@lru_cache(maxsize=4_096)
def _closed_on(hours: Hours, holidays: frozenset[date]) -> Hours:
    if isinstance(hours, Schedule):
        return hours.closed_on(holidays)
    if isinstance(hours, AllOf | AnyOf):
        return type(hours)(tuple(_closed_on(part, holidays) for part in hours.parts))
    return hours & Schedule("always", hours.zone, holidays=holidays)


T = TypeVar("T")

_NOBODY: Final = Lead("nobody")


def all_of(kind: type[T], name: str, given: Iterable[T] | T) -> tuple[T, ...]:
    """A converter for several values of one kind; one alone may stand without a list."""
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, kind):
            kinds = f"{name}=[{kind.__name__}(...), ...]"
            raise ConfigError(f"{name} hold a {type(each).__name__}; write {kinds}")
    return found


def as_rules(given: Iterable[Rule] | Rule) -> tuple[Rule, ...]:
    """A converter for rules."""
    return all_of(Rule, "rules", given)


def as_pools(given: Iterable[Pool] | Pool) -> tuple[Pool, ...]:
    """A converter for pools."""
    return all_of(Pool, "pools", given)


def as_cases(given: Iterable[Case] | Case) -> tuple[Case, ...]:
    """A converter for the tests of a policy."""
    return all_of(Case, "tests", given)


def as_dispositions(given: Iterable[Disposition] | None) -> tuple[Disposition, ...]:
    """A converter for dispositions."""
    if given is None:
        return DISPOSITIONS
    found = all_of(Disposition, "dispositions", given)
    check_dispositions(found)
    return found


def as_lead_scoring(given: LeadScoring | None) -> LeadScoring | None:
    """A converter for the lead scoring."""
    if given is not None:
        must_be(LeadScoring, lead_scoring=given)
    return given


def scoring_with(
    scoring: LeadScoring | None, predicates: Predicates, lists: Lists
) -> LeadScoring | None:
    """Return the lead scoring with the predicates and lists of the router, unless it brings its own."""
    if scoring is None:
        return None
    own = scoring.registry is not PLAIN
    return (scoring if own else evolve(scoring, predicates=predicates, lists=lists)).prepared()


def as_territory_index(given: TerritoryIndex | Iterable[Territory]) -> TerritoryIndex:
    """A converter for territories."""
    return given if isinstance(given, TerritoryIndex) else TerritoryIndex(given)


def as_defines(given: Mapping[str, Condition]) -> FrozenDict[str, Condition]:
    """A converter for conditions with a name."""
    must_be(Mapping, definitions=given)
    return FrozenDict(given)


def as_fields(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """A converter for the kinds of custom attributes."""
    must_be(Mapping, custom_fields=given)
    return FrozenDict(given)


def as_grace(given: str | timedelta) -> timedelta:
    """A converter for the time that a dropped connection still counts."""
    return _lasting("offline_grace", given)


def as_wrap_up(given: str | timedelta) -> timedelta:
    """A converter for the time after a contact."""
    return _lasting("wrap_up", given)


def _lasting(name: str, given: str | timedelta) -> timedelta:
    try:
        return parse_duration(given)
    except ConfigError as error:
        raise error.at(name) from None


def zone_name(given: Any) -> str:
    """A cleaner for a time zone that must be there."""
    found = timezone(given)
    if found is None:
        raise Refused("is empty; write an IANA time zone such as 'Europe/Berlin'")
    return found


def membership(pool: Pool, registry: Registry) -> Callable[[Rep, datetime | None], bool]:
    """Whether a rep belongs to a pool at an instant, as a function."""
    place = f"pool {pool.name!r}"
    if pool.name == EVERYONE:
        raise ConfigError(f"{EVERYONE!r} is the pool of all reps; choose another name", place)
    reps, where = pool.reps, None
    if pool.where is not None:
        if reads(pool.where).lead:
            raise ConfigError("`where` asks about the lead; move that to a rule's `require`", place)
        where = _compiled(pool.where, registry, f"{place}.where")

    def belongs(rep: Rep, now: datetime | None) -> bool:
        listed = reps is None or rep.id in reps
        return listed and (where is None or where(_NOBODY, rep, now))

    return belongs


def qualifiers(
    qualify: Condition | Qualification | None, registry: Registry
) -> tuple[tuple[Factor | Condition, Test], ...]:
    """The conditions that a lead must meet, part by part, each with its test."""
    found = []
    for part in parts_of(qualify):
        place = f"qualification {part.name!r}" if isinstance(part, Factor) else "qualify"
        asked = part.condition if isinstance(part, Factor) else part
        if reads(asked).rep:
            raise ConfigError("asks about the rep; move that to a rule's `require`", place)
        found.append((part, _compiled(asked, registry, place)))
    return tuple(found)


def check_rule(rule: Rule, pools: Mapping[str, object], registry: Registry) -> None:
    """Refuse a rule that names a pool that is not there, or asks what cannot be asked."""
    place = f"rule {rule.name!r}"
    if rule.pool is not None:
        _check_pool(rule.pool, pools, place)
    check_fallback(rule.fallback, pools, f"{place}.fallback")
    if rule.require is not None:
        _compiled(rule.require, registry, f"{place}.require")
    for number, step in enumerate(rule.steps):
        if step.pool is not None:
            _check_pool(step.pool, pools, f"{place}.steps[{number}]")
        if step.require is not None:
            _compiled(step.require, registry, f"{place}.steps[{number}].require")
    for guard in guards(rule.score):
        _compiled(guard, registry, f"{place}.score")


def check_fallback(
    fallback: Fallback, pools: Mapping[str, object], place: str = "fallback"
) -> None:
    """Refuse steps to a pool that is not there."""
    for case, pool in fallback.pools():
        _check_pool(pool, pools, f"{place}.{case}")


def _check_pool(name: str, pools: Mapping[str, object], place: str) -> None:
    if name != EVERYONE and name not in pools:
        raise UnknownFieldError("pool", name, (*pools, EVERYONE), place)


def _compiled(condition: Condition, registry: Registry, place: str) -> Test:
    try:
        return compile_condition(condition, registry)
    except ConfigError as error:
        raise error.at(place) from None


def check_deadlines(router: Terms, rules: Iterable[Terms], graded: Iterable[Within | None]) -> None:
    """Refuse warnings and steps for a deadline that there is not, and warnings that come too early.

    Args:
        router: The terms that the router says.
        rules: The rules, each with its own terms.
        graded: The deadlines of the grades.
    """
    rules = tuple(rules)
    policy = [*[each for each in graded if each is not None], *_deadlines(router)]
    everywhere = [*policy, *[within for rule in rules for within in _deadlines(rule)]]
    _check_warnings(router, everywhere, "")
    for rule in rules:
        _check_warnings(rule, [*policy, *_deadlines(rule)], f"rule {getattr(rule, 'name', '')!r}.")


def _deadlines(terms: Terms) -> list[Within]:
    found: list[Within] = []
    for given in (terms.respond_within, terms.close_within):
        found += given.values() if isinstance(given, Mapping) else [] if given is None else [given]
    return found


def _check_warnings(terms: Terms, deadlines: Sequence[Within], place: str) -> None:
    for name in ("warn_before", "on_breach"):
        if getattr(terms, name) is not None and not deadlines:
            raise ConfigError(
                "is about a deadline, and there is none; write respond_within, or leave it out",
                f"{place}{name}",
            )
    if terms.warn_before is not None:
        longest = max(deadlines, key=length_of)
        early = format_duration(terms.warn_before[0])
        if terms.warn_before[0] >= length_of(longest):
            problem = f"warns {early} before a deadline of {format_within(longest)}"
            raise ConfigError(f"{problem}; write a shorter time", f"{place}warn_before")


def refuse_twins(kind: str, given: Iterable[str]) -> None:
    """Refuse two things of one name."""
    for one, other in pairwise(sorted(given)):
        if one == other:
            raise ConfigError(f"there are two {kind}s named {one!r}; give each a name of its own")


LENGTH: Final = 16  # how many hexadecimal digits a version has: 64 bits


def fingerprint(policy: Any) -> str:
    """The version of a policy. O(size of the policy)."""
    meant: set[str] = set()
    outline = _outline(policy, meant)
    return digest(ascii((outline, sorted(meant)))).hex()[:LENGTH]


def _outline(value: Any, meant: set[str]) -> Any:
    if isinstance(value, Condition):
        _explain((value,), meant)
        return str(value)
    if isinstance(value, Scorer):
        _explain(guards(value), meant)
        return str(value)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Mapping):
        return sorted((str(key), _outline(each, meant)) for key, each in value.items())
    if isinstance(value, frozenset):
        return sorted(ascii(_outline(each, meant)) for each in value)
    if isinstance(value, tuple):
        return [_outline(each, meant) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not has(type(value)):
        return value if isinstance(value, str | int | float | None) else str(value)
    told = [
        (each.name, _outline(given, meant))
        for each in fields(type(value))
        if each.init
        and each.eq
        and (given := getattr(value, each.name)) != each.metadata.get("default", each.default)
    ]
    return [type(value).__name__, told]


def _explain(conditions: Iterable[Condition], meant: set[str]) -> None:
    """Note what the names in conditions stand for, because their text holds the names alone."""
    for condition in conditions:
        for node in walk(condition):
            if isinstance(node, Named):
                meant.add(f"{node.name} {node.condition}")
