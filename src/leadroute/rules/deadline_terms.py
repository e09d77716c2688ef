"""What a rule says about deadlines after the offer: warnings, breaches, and the schedule of follow-ups."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import timedelta
from typing import Any, Final, Literal, TypeVar, cast

from attrs import frozen

from leadroute.errors import ConfigError
from leadroute.model.duration import Within, format_within, length_of, parse_duration, parse_within
from leadroute.model.given import Refused
from leadroute.model.validation import ident

T = TypeVar("T", bound=Hashable)

_STEPS: Final = "'remind', 'escalate NAME' or 'reassign'"


@frozen
class BreachStep:
    """One thing that is done when a deadline is missed.

    Args:
        action: ``remind`` tells the owner, ``escalate`` tells somebody else, and ``reassign`` takes
            the lead from its owner and decides again.
        to: The person who is told: the id of a rep, or a name that people watch; with ``escalate`` alone.

    Raises:
        ConfigError: The action is another word, or there is a name where none belongs.

    Example:
        >>> str(BreachStep("escalate", "lena"))
        'escalate lena'
    """

    action: Literal["remind", "escalate", "reassign"]
    to: str = ""

    def __attrs_post_init__(self) -> None:
        if self.action not in ("remind", "escalate", "reassign"):
            raise ConfigError(f"{self.action!r:.60} is not a step; write {_STEPS}")
        if self.action != "escalate" and self.to:
            raise ConfigError(f"'{self.action}' takes no name; write {_STEPS}")
        if self.action == "escalate":
            try:
                ident(self.to)
            except Refused as refused:
                raise ConfigError(
                    f"the name of 'escalate' {refused}; write 'escalate lena'"
                ) from None

    def __str__(self) -> str:
        return f"{self.action} {self.to}".rstrip()


def read_on_breach(given: Any) -> tuple[BreachStep, ...]:
    """The steps of a breach from one text or several."""
    return _each_once([given] if isinstance(given, str | BreachStep) else given, _step, "'remind'")


def _step(given: Any) -> BreachStep:
    if isinstance(given, BreachStep):
        return given
    action, _, name = str(given).strip().partition(" ")
    return BreachStep(cast("Any", action), name.strip())


def read_warn_before(given: Any) -> tuple[timedelta, ...]:
    """How long before a deadline somebody is warned, longest first."""
    found = _each_once(_alone(given), lambda each: _some(parse_duration(each)), "'10m'")
    return tuple(sorted(found, reverse=True))


def read_follow_up(given: Any) -> tuple[Within, ...]:
    """How long after its acceptance a lead is followed up, soonest first."""
    found = _each_once(_alone(given), lambda each: _some(parse_within(each)), "'1d'")
    return tuple(sorted(found, key=lambda within: (length_of(within), str(within))))


def _alone(given: Any) -> Any:
    return given if isinstance(given, list | tuple) else [given]


def _some(within: Any) -> Any:
    if not length_of(within):
        raise ConfigError("0s stands in it; write some time, such as '10m', or leave it out")
    return within


def _each_once(given: Iterable[Any], read: Callable[[Any], T], such: str) -> tuple[T, ...]:
    """What is read of a list that is not empty and names nothing twice."""
    if not isinstance(given, list | tuple):
        raise ConfigError(f"is {given!r:.40}; write a list, such as [{such}]")
    found = tuple(map(read, given))
    if not found:
        raise ConfigError(f"is empty; write a list, such as [{such}], or leave it out")
    twice = next((each for each in found if found.count(each) > 1), None)
    if twice is not None:
        named = str(twice) if isinstance(twice, BreachStep) else format_within(cast("Any", twice))
        raise ConfigError(f"names {named!r} twice; keep one of them")
    return found
