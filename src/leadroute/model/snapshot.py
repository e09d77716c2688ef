"""What a decision knows besides the policy, the lead and the reps: the counts of one instant.

A decision reads one snapshot and nothing else, so that it can be made again and come out the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from math import isfinite
from typing import Any, Final, Literal, TypeAlias

from attrs import evolve, field, fields, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.rep import Presence
from leadroute.model.track_record import TrackRecords
from leadroute.model.validation import (
    FrozenDict,
    Refused,
    clean_fields,
    ident,
    instant,
    must_be,
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
        reason: ``make_up`` (a lead turned out to be void), ``skip`` (a rep was passed over, or
            passes), ``absence`` or ``joiner``.
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
    """What the rep's next turn does to each grant: withheld ones are settled, given ones pay."""
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


_NONE: FrozenDict[str, int] = FrozenDict()
_NOBODY: FrozenDict[str, Presence] = FrozenDict()
_NO_OUTCOMES = TrackRecords()


@guided
@frozen(repr=False)
class Snapshot:
    """The counts at one instant. Missing ones are 0, or never.

    Args:
        open: Leads that each rep has open now, by rep id.
        used: Leads counted against a cap so far, by ``Cap.key``.
        turns: Turns that each rep has taken in each pool, by pool and rep id.
        last_assigned: When each rep last got a lead, by rep id, in microseconds since 1970 (UTC).
            Of two who got theirs at one instant, the later has a higher number.
        won: Deals each rep has won, by rep id.
        closed: Deals of each rep that have ended, won or not, by rep id.
        track_records: The results of each rep's leads by segment and week, for scorers.
        contacted: The last contact of each rep by rep id, in microseconds since 1970 (UTC).
        presence: The presence of each rep, by rep id; it is not checked for a rep who is missing.
        turn_credits: Turns given to reps beside their share, or withheld, by pool and rep id.
        credits: What was shared out to each rep less the turns taken, by pool and rep id, in parts
            of a turn (``UNIT``). Of a pool that is not in it the turns alone are known, and every
            lead so far counts as shared out among the candidates.
        free_since: When each rep last gave back open work, by rep id, in microseconds since 1970
            (UTC).

    What is handed in is copied, so that a decision and its reasons are about the same counts.

    Raises:
        FieldTypeError: Something is of the wrong kind, or a count is not a number.

    Example:
        >>> Snapshot(open={"ada": 3}).open.get("ada")
        3
    """

    open: Mapping[str, int] = _NONE
    used: Mapping[str, int] = _NONE
    turns: Mapping[str, Mapping[str, int]] = FrozenDict()
    last_assigned: Mapping[str, int] = _NONE
    won: Mapping[str, int] = _NONE
    closed: Mapping[str, int] = _NONE
    track_records: TrackRecords = _NO_OUTCOMES
    contacted: Mapping[str, int] = _NONE
    presence: Mapping[str, Presence] = _NOBODY
    turn_credits: Mapping[str, TurnCredits] = FrozenDict()
    credits: Mapping[str, Mapping[str, int]] = FrozenDict()
    free_since: Mapping[str, int] = _NONE

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        for name in COUNTS:
            given = getattr(self, name)
            if type(given) is not FrozenDict:  # leadroute alone makes those, of counts that are
                object.__setattr__(self, name, _copied(name, given))
        if not isinstance(self.track_records, TrackRecords):
            must_be(TrackRecords, track_records=self.track_records)


COUNTS = tuple(each.name for each in fields(Snapshot) if each.name != "track_records")
"""What a snapshot holds by rep, by pool or by counter."""
_INSTANTS = ("last_assigned", "free_since")
_PLAIN = ("open", "used", "won", "closed", *_INSTANTS)
_BY_POOL = ("turns", "credits")
_NESTED = (*_BY_POOL, "turn_credits")


def _copied(name: str, given: Any) -> FrozenDict[str, Any]:
    """A copy that does not change; of what does not change itself, no copy is needed."""
    if not isinstance(given, dict):
        must_be(Mapping, **{name: given})
    if name not in _NESTED:
        if name in _PLAIN:
            _must_count(name, given)
        return FrozenDict(given)
    for pool, counts in given.items():
        must_be(Mapping, **{f"{name}[{pool!r}]": counts})
        if name in _BY_POOL:
            _must_count(f"{name}[{pool!r}]", counts)
    return FrozenDict({pool: FrozenDict(counts) for pool, counts in given.items()})


def _must_count(name: str, counts: Mapping[str, int]) -> None:
    """Refuse what is no number; O(counts), at the pace of a set."""
    if not counts or set(map(type, counts.values())) == {int}:
        return
    for of, count in counts.items():
        if not isinstance(count, int | float) or not isfinite(count):
            expected = "a number"
            if name in _INSTANTS:
                expected = "microseconds since 1970, such as leadroute.model.duration.to_micros(at)"
            raise FieldTypeError(f"{name}[{of!r}]", shown(count), expected)
