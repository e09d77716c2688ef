"""Qualification by named factors: what a lead must fulfil, and what becomes of one that does not.

The rules of this module:

* A lead must fulfil every factor. The first one that it does not says what becomes of it.
* A lead that fails is never dropped: it is nurtured, rejected, or reviewed by a person.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any, Final

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.validation import Refused, clean_fields, cleaned, ident, shown, text
from leadroute.rules.condition import And, Condition, joined
from leadroute.rules.rule import condition

__all__ = ["OUTCOMES", "Factor", "Qualification", "parts_of", "qualification", "whole_of"]

OUTCOMES: Final = ("nurture", "reject", "review")
"""What may become of a lead that does not qualify."""


def _outcome(given: Any) -> str:
    if given not in OUTCOMES:
        raise Refused(f"is {shown(given)}; write one of {', '.join(OUTCOMES)}")
    return str(given)


def _needed(given: Any) -> Condition:
    if given is None:
        raise Refused("is missing; write what a lead must fulfil, such as LEAD.budget > 0")
    return condition(given)


@frozen
class Factor:
    """One thing that a lead must fulfil.

    Args:
        name: The factor's name, unique in its qualification.
        condition: What must hold of the lead.
        outcome: What becomes of a lead of which it does not hold: ``nurture``, ``reject`` or ``review``.
        reason: Why that is so, in words for a sales manager; the condition itself when not given.

    Raises:
        InvalidValue: A field was refused; every fault is listed.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> str(Factor("budget", condition=LEAD.budget > 0, outcome="nurture"))
        'not lead.budget > 0'
    """

    name: str = field(metadata={"clean": ident})
    condition: Condition = field(metadata={"clean": _needed})
    outcome: str = cleaned(_outcome, default="reject")
    reason: str | None = cleaned(text)

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        return self.reason or f"not {self.condition}"


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


@frozen
class Qualification:
    """What a lead must fulfil to be routed at all, by named factors.

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
