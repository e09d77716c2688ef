"""Turns that a rep is given beside their share, or that are withheld: with a reason, a cause and an end.

Turns above 0 are given: each pays for one lead, which then is not a turn. Turns below 0 are withheld:
they stand as taken already, and are settled by the rep's next turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.model.validation import (
    FrozenDict,
    Refused,
    clean_fields,
    ident,
    instant,
    shown,
    whole,
)

Reason: TypeAlias = Literal["make_up", "skip", "absence", "joiner"]
REASONS: Final[tuple[Reason, ...]] = ("make_up", "skip", "absence", "joiner")
"""What turns are given or withheld for."""

_WORDS: Final[Mapping[Reason, str]] = FrozenDict(
    {"make_up": "make-up", "skip": "skip", "absence": "absence", "joiner": "joiner"}
)
_MOST: Final = 1_000
_count = whole(-_MOST, _MOST)


def _turns(given: Any) -> int:
    found: int = _count(given)
    if not found:
        raise Refused("is 0; write how many turns are given, or below 0 how many are withheld")
    return found


def _reason(given: Any) -> Reason:
    for reason in REASONS:
        if given == reason:
            return reason
    raise Refused(f"is {shown(given)}; write one of {', '.join(REASONS)}")


@frozen
class TurnCredit:
    """Turns added to a rep in one pool, or taken away.

    Args:
        expires: The time at which it expires, aware.
        reason: ``make_up`` (a lead turned out to be void), ``skip`` (a rep was passed over, or passes), ``absence``
            or ``joiner``.
        cause: The id of what led to it, usually a lead.
        turns: The number of turns, up to 1,000; below 0 they are taken away.

    Raises:
        ValidationError: A field was refused.

    Example:
        >>> from datetime import UTC
        >>> print(TurnCredit(datetime(2026, 5, 1, tzinfo=UTC), "make_up", "L-17"))
        has a make-up turn for L-17 until 2026-05-01 00:00 UTC
    """

    expires: datetime = field(metadata={"clean": instant})
    reason: Reason = field(metadata={"clean": _reason})
    cause: str = field(metadata={"clean": ident})
    turns: int = field(default=1, metadata={"clean": _turns})

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        verb = "has" if self.turns > 0 else "owes"
        word, count = _WORDS[self.reason], abs(self.turns)
        some = f"{'an' if word == 'absence' else 'a'} {word} turn"
        many = some if count == 1 else f"{count} {word} turns"
        return f"{verb} {many} for {self.cause} until {self.expires:%Y-%m-%d %H:%M %Z}"


def soonest(credit: TurnCredit) -> tuple[datetime, str, str]:
    """What puts grants in the order in which they pay."""
    return credit.expires, credit.reason, credit.cause


TurnCredits: TypeAlias = Mapping[str, tuple[TurnCredit, ...]]
"""What the reps of a pool were granted, by rep id."""


def counting(credited: Iterable[TurnCredit], now: datetime) -> Iterator[TurnCredit]:
    """Those that are not over."""
    return (credit for credit in credited if now < credit.expires)


def balances(granted: TurnCredits, now: datetime) -> Mapping[str, int]:
    """The turns given less those withheld, of each rep who has any now."""
    found = {
        rep_id: sum(credit.turns for credit in counting(credited, now))
        for rep_id, credited in granted.items()
    }
    return {rep_id: turns for rep_id, turns in found.items() if turns}


def payments(credited: Iterable[TurnCredit], now: datetime) -> Mapping[TurnCredit, int]:
    """What the rep's next turn does to each grant: all that is withheld is settled, what is given pays the price."""
    current = sorted(counting(credited, now), key=soonest)
    found = {credit: -credit.turns for credit in current if credit.turns < 0}
    price = 1 + sum(found.values())
    for credit in current:
        paid = min(price, credit.turns)
        if paid > 0:
            found[credit] = -paid
            price -= paid
    return found


def less(credited: Iterable[TurnCredit], paid: Mapping[TurnCredit, int]) -> tuple[TurnCredit, ...]:
    """What is left of grants after a turn."""
    return tuple(
        evolve(credit, turns=credit.turns + paid.get(credit, 0))
        for credit in credited
        if credit.turns + paid.get(credit, 0)
    )
