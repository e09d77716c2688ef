"""The steps of a rule: after a waiting time, other reps may take its leads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from itertools import pairwise
from typing import Any, Final, TypeAlias, cast

from attrs import field, fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.model.duration import format_duration, parse_duration
from leadroute.model.given import Refused
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.validation import clean_fields, cleaned
from leadroute.rules.cleaning import ConditionLike, condition, given_condition, pool_name
from leadroute.rules.conditions import Condition

_REMEDY: Final = "write how long a lead has waited by then, such as '10m'"


def _after(given: Any) -> timedelta:
    if given is None:
        raise Refused(f"is missing; {_REMEDY}")
    try:
        found = parse_duration(given)
    except ConfigError as error:
        raise Refused(str(error)) from None
    if not found:
        raise Refused(f"is 0s, when the rule itself holds; {_REMEDY}")
    return found


def _as_after(given: str | timedelta) -> timedelta:
    return cast("timedelta", given)


@guided
@frozen(kw_only=True, repr=False)
class Step:
    """A step of a rule: other reps for leads that have waited.

    What a step says stands in place of what was so before it; what it leaves out stays.

    Args:
        after: The age of the lead at which the step opens, such as ``"10m"``: counted on the clock
            since its receipt, and more than 0.
        require: The condition on the rep, or on rep and lead, or its text; ``"always"`` asks for nothing.
        pool: The name of the pool.

    Raises:
        ValidationError: A field was refused.
        ConfigError: It says neither ``require`` nor ``pool``.

    Example:
        >>> from leadroute import Rule
        >>> rule = Rule("all", pool="emea", steps=[Step(after="30m", pool="everyone")])
        >>> rule.steps[0].after
        datetime.timedelta(seconds=1800)
    """

    after: timedelta = field(converter=_as_after, metadata={"clean": _after})
    require: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    pool: str | None = cleaned(pool_name)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if self.require is None and self.pool is None:
            raise ConfigError(
                f"the step after {self} changes nothing; write require or pool, or remove it"
            )

    def __str__(self) -> str:
        return format_duration(self.after)


StepLike: TypeAlias = Step | Mapping[str, timedelta | ConditionLike]
"""A step, or its fields by name."""
_FIELDS: Final = tuple(each.name for each in fields(Step))


def as_steps(given: Iterable[StepLike] | Step) -> tuple[Step, ...]:
    """A converter for the steps of a rule."""
    alone = isinstance(given, Step | Mapping | str) or not isinstance(given, Iterable)
    found = (given,) if alone else tuple(given)  # type: ignore[arg-type]  # looked at just now
    return tuple([_step(each, f"steps[{number}]") for number, each in enumerate(found)])


def _step(given: Any, place: str) -> Step:
    if isinstance(given, Step):
        return given
    if not isinstance(given, Mapping):
        remedy = "write Step(after='10m', pool='everyone')"
        raise ConfigError(f"is a {type(given).__name__}; {remedy}", place)
    for name in given:
        if name not in _FIELDS:
            raise UnknownFieldError("field of a step", str(name)[:60], _FIELDS, place)
    try:
        return Step(**{"after": None, **given})
    except ValidationError as error:
        raise ConfigError("; ".join(map(str, error.faults)), place) from None
    except ConfigError as error:
        raise error.at(place) from None


def check_steps(steps: tuple[Step, ...]) -> None:
    """Refuse steps that open at one time, or stand in another order than that of their times."""
    for number, (one, other) in enumerate(pairwise(steps), 1):
        place = f"steps[{number}]"
        if one.after == other.after:
            problem = (
                f"opens after {other}, as the step before it does; join them, or change a time"
            )
            raise ConfigError(problem, place)
        if one.after > other.after:
            problem = f"opens after {other}, which is before the step above it ({one})"
            raise ConfigError(f"{problem}; write the steps in the order of their times", place)
