"""What a router declares, held against each other when it is built: names, pools, conditions and the steps otherwise.

The rules of this module:

* What cannot work is refused here, never while routing. The error names the rule, pool or factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, TypeVar

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.duration import parse_duration
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.territory import Territory
from leadroute.model.territory_index import Atlas
from leadroute.model.validation import FrozenDict, Refused, must_be, timezone
from leadroute.ranking.case import Case
from leadroute.rules.condition import Condition
from leadroute.rules.evaluation import Environment, Test, compile_condition
from leadroute.rules.fallback import Otherwise
from leadroute.rules.reading import reads
from leadroute.rules.rule import EVERYONE, Factor, Pool, Qualification, Rule, parts_of
from leadroute.rules.scorer import guards

__all__ = [
    "all_of",
    "as_atlas",
    "as_cases",
    "as_defines",
    "as_fields",
    "as_grace",
    "as_pools",
    "as_rules",
    "as_wrap_up",
    "check_otherwise",
    "check_rule",
    "membership",
    "qualifiers",
    "refuse_twins",
    "zone_name",
]

T = TypeVar("T")

_NOBODY: Final = Lead("nobody")


def all_of(kind: type[T], name: str, given: Iterable[T]) -> tuple[T, ...]:
    """A converter for several values of one kind; one alone may stand without a list.

    Raises:
        ConfigError: Something is of another kind.
    """
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, kind):
            kinds = f"{name}=[{kind.__name__}(...), ...]"
            raise ConfigError(f"{name} hold a {type(each).__name__}; write {kinds}")
    return found


def as_rules(given: Iterable[Rule]) -> tuple[Rule, ...]:
    """A converter for rules."""
    return all_of(Rule, "rules", given)


def as_pools(given: Iterable[Pool]) -> tuple[Pool, ...]:
    """A converter for pools."""
    return all_of(Pool, "pools", given)


def as_cases(given: Iterable[Case]) -> tuple[Case, ...]:
    """A converter for the tests of a policy."""
    return all_of(Case, "tests", given)


def as_atlas(given: Atlas | Iterable[Territory]) -> Atlas:
    """A converter for territories."""
    return given if isinstance(given, Atlas) else Atlas(given)


def as_defines(given: Mapping[str, Condition]) -> FrozenDict[str, Condition]:
    """A converter for conditions with a name."""
    must_be(Mapping, defines=given)
    return FrozenDict(given)


def as_fields(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """A converter for the kinds of custom attributes."""
    must_be(Mapping, fields=given)
    return FrozenDict(given)


def as_grace(given: str | timedelta) -> timedelta:
    """A converter for the time that a dropped connection still counts."""
    return _lasting("grace", given)


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


def membership(pool: Pool, environment: Environment) -> Callable[[Rep, datetime | None], bool]:
    """Whether a rep belongs to a pool at an instant, as a function.

    Raises:
        ConfigError: It has the name of the pool of all reps, or its condition asks about the lead or cannot be asked.
    """
    place = f"pool {pool.name!r}"
    if pool.name == EVERYONE:
        raise ConfigError(f"{EVERYONE!r} is the pool of all reps; choose another name", place)
    reps, where = pool.reps, None
    if pool.where is not None:
        if reads(pool.where).lead:
            raise ConfigError("`where` asks about the lead; move that to a rule's `require`", place)
        where = _compiled(pool.where, environment, f"{place}.where")

    def belongs(rep: Rep, now: datetime | None) -> bool:
        listed = reps is None or rep.id in reps
        return listed and (where is None or where(_NOBODY, rep, now))

    return belongs


def qualifiers(
    qualify: Condition | Qualification | None, environment: Environment
) -> tuple[tuple[Factor | Condition, Test], ...]:
    """What a lead must fulfil, part by part, each with its test.

    Raises:
        ConfigError: A part asks about the rep, or cannot be asked.
    """
    found = []
    for part in parts_of(qualify):
        place = f"qualification {part.name!r}" if isinstance(part, Factor) else "qualify"
        asked = part.condition if isinstance(part, Factor) else part
        if reads(asked).rep:
            raise ConfigError("asks about the rep; move that to a rule's `require`", place)
        found.append((part, _compiled(asked, environment, place)))
    return tuple(found)


def check_rule(rule: Rule, pools: Mapping[str, object], environment: Environment) -> None:
    """Refuse a rule that names a pool that is not there, or asks what cannot be asked.

    Raises:
        ConfigError: It does.
    """
    place = f"rule {rule.name!r}"
    if rule.pool is not None:
        _check_pool(rule.pool, pools, place)
    check_otherwise(rule.otherwise, pools, f"{place}.otherwise")
    if rule.require is not None:
        _compiled(rule.require, environment, f"{place}.require")
    for guard in guards(rule.score):
        _compiled(guard, environment, f"{place}.score")


def check_otherwise(
    otherwise: Otherwise, pools: Mapping[str, object], place: str = "otherwise"
) -> None:
    """Refuse steps to a pool that is not there.

    Raises:
        UnknownFieldError: There is one.
    """
    for case, pool in otherwise.pools():
        _check_pool(pool, pools, f"{place}.{case}")


def _check_pool(name: str, pools: Mapping[str, object], place: str) -> None:
    if name != EVERYONE and name not in pools:
        raise UnknownFieldError("pool", name, (*pools, EVERYONE), place)


def _compiled(condition: Condition, environment: Environment, place: str) -> Test:
    try:
        return compile_condition(condition, environment)
    except ConfigError as error:
        raise error.at(place) from None


def refuse_twins(kind: str, given: Iterable[str]) -> None:
    """Refuse two things of one name.

    Raises:
        ConfigError: There are.
    """
    for one, other in pairwise(sorted(given)):
        if one == other:
            raise ConfigError(f"there are two {kind}s named {one!r}; give each a name of its own")
