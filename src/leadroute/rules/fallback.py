"""What happens to a lead when its rule finds no rep: four cases, each with steps to take in order.

* ``ignore_availability`` is for ``none_available`` alone, and no other pool can be asked for
  ``no_rule_matched``: there is no rule under which its reps could be judged.
* What a rule does not say, the router says; what the router does not say, ``DEFAULTS`` says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from attrs import field, fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.guidance import guided
from leadroute.model.validation import FrozenDict, Refused, ident

WAIT: Final = "wait"
CATCH_ALL: Final = "catch_all"
IGNORE_AVAILABILITY: Final = "ignore_availability"
_POOL: Final = "pool "
_REMEDY: Final = "write steps such as 'pool emea, wait' or 'catch_all'"


def pool_of(step: str) -> str | None:
    """The pool that a step asks; ``None`` when it asks none."""
    return step.removeprefix(_POOL) if step.startswith(_POOL) else None


def read_steps(case: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """The steps of one case."""
    parts: Any = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple) or not all(isinstance(part, str) for part in parts):
        raise ConfigError(f"is {given!r:.60}; {_REMEDY}", case)
    found = tuple(_step(case, part) for part in parts)
    for step, follower in pairwise(found):
        if step in (WAIT, CATCH_ALL):
            raise ConfigError(f"goes on with {follower!r} after {step!r}, which is the end", case)
    for step in found:
        if found.count(step) > 1:
            raise ConfigError(f"takes the step {step!r} twice; once is enough", case)
    if not found:
        raise ConfigError(f"is empty; {_REMEDY}", case)
    return found


def _step(case: str, given: str) -> str:
    words = given.split(None, 1)
    if len(words) == 2 and words[0] == "pool":
        if case == "no_rule_matched":
            problem = "asks a pool, but without a rule nobody in it can be judged; add a rule for all leads instead"
            raise ConfigError(problem, case)
        return _POOL + _pool_name(case, words[1].strip())
    step = given.strip()
    if step == IGNORE_AVAILABILITY and case != "none_available":
        problem = "says 'ignore_availability', which helps only none_available: nobody else is there to take the lead"
        raise ConfigError(problem, case)
    if step not in (WAIT, CATCH_ALL, IGNORE_AVAILABILITY):
        raise ConfigError(f"has no step {step!r:.60}; {_REMEDY}", case)
    return step


def _pool_name(case: str, given: str) -> str:
    try:
        return str(ident(given))
    except Refused as refused:
        raise ConfigError(f"the pool's name {refused}", case) from None


def steps_as_text(steps: tuple[str, ...]) -> str | list[str]:
    """Steps as a policy file holds them: text, or a list where a pool's name has a comma."""
    return list(steps) if any("," in step for step in steps) else ", ".join(steps)


def _steps(case: str) -> Any:
    def read(given: Any) -> tuple[str, ...] | None:
        return None if given is None else read_steps(case, given)

    return field(default=None, converter=read)


@guided
@frozen(kw_only=True, repr=False)
class Fallback:
    """The steps to take when a rule finds no rep.

    There are four cases; ``None`` leaves a case as it is.

    Each case is text such as ``"pool emea, pool apac, ignore_availability"``, or a list of steps.
    The steps are taken in order until a rep is found:

    * ``pool NAME`` ranks the reps of another pool under the same rule; the turns and caps of that pool count.
    * ``ignore_availability`` ranks the pools so far again and ignores schedules, presence, wrap-up
      and calling hours. Capacity, caps, requirements and earlier offers still count.
    * ``wait`` means that the lead waits until a rep is back, or, when that time is not known, until the next sweep.
    * ``catch_all`` gives it to the catch-all.

    After the last step a lead waits if a rep of these pools can take it later, and goes to the catch-all if not.

    Args:
        no_rule_matched: No rule matches the lead. Only the router can have steps for it.
        pool_empty: The rule's pool has no reps.
        none_eligible: No rep of the pool may take the lead, now or later.
        none_available: Some reps may take the lead, and all of them are off or full.

    Raises:
        ConfigError: A step is not known, or cannot be taken there.

    Example:
        >>> Fallback(none_available="pool apac, ignore_availability").none_available
        ('pool apac', 'ignore_availability')
    """

    no_rule_matched: Sequence[str] | None = _steps("no_rule_matched")
    pool_empty: Sequence[str] | None = _steps("pool_empty")
    none_eligible: Sequence[str] | None = _steps("none_eligible")
    none_available: Sequence[str] | None = _steps("none_available")

    def __repr__(self) -> str:
        told = (f"{case}={steps_as_text(steps)!r}" for case, steps in self.said())
        return f"Fallback({', '.join(told)})"

    def steps(self, case: str, *others: Fallback) -> tuple[str, ...]:
        """Return the steps of a case.

        They are its own, or those of the first of the others that has any, or the default.

        Example:
            >>> Fallback(no_rule_matched="wait").steps(
            ...     "pool_empty", Fallback(pool_empty="pool emea")
            ... )
            ('pool emea',)
        """
        for each in (self, *others):
            said: tuple[str, ...] | None = getattr(each, case)
            if said is not None:
                return said
        return DEFAULTS[case]

    def said(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """The cases with steps of their own."""
        for case in CASES:
            steps = getattr(self, case)
            if steps is not None:
                yield case, steps

    def pools(self) -> Iterator[tuple[str, str]]:
        """The pools in its steps, each with the case."""
        for case, steps in self.said():
            for step in steps:
                pool = pool_of(step)
                if pool is not None:
                    yield case, pool


CASES: Final = tuple(each.name for each in fields(Fallback))  # the four cases

DEFAULTS: Final[Mapping[str, tuple[str, ...]]] = FrozenDict(
    {case: (WAIT if case == "none_available" else CATCH_ALL,) for case in CASES}
)
"""What happens when nobody says otherwise."""


def read_fallback(given: Fallback | Mapping[str, Any]) -> Fallback:
    """A converter: the value itself, or its cases by name."""
    if isinstance(given, Fallback):
        return given
    if not isinstance(given, Mapping):
        problem = f"is {given!r:.60}; write Fallback(none_available='pool emea, wait')"
        raise ConfigError(problem, "fallback")
    for case in given:
        if case not in CASES:
            raise UnknownFieldError("case", str(case)[:60], CASES, "fallback")
    try:
        return Fallback(**given)
    except ConfigError as error:
        raise error.at("fallback") from None
