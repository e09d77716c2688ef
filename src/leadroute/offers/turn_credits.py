"""The credits of a pool in a store: each rep's shares less turns, and turns given or withheld.

* A pool has one record, and a further one for every so many reps. It is written at the version at which it was read, so
  two leads are never decided on the same credits: the process that commits second decides again.
* An offer notes what was shared out among whom. Declined, run out or withdrawn, exactly that is taken back.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from typing import Any, Final, TypeAlias

from leadroute.errors import ConfigError, FieldError, ValidationError
from leadroute.model.duration import from_micros, to_micros
from leadroute.model.keys import credits_key, key, parts, turn_credit_key
from leadroute.model.rep import Roster
from leadroute.model.snapshot import TurnCredit, soonest
from leadroute.model.validation import FrozenDict
from leadroute.offers.change import MAX_KEY, Put, Record
from leadroute.offers.placement import Placement
from leadroute.offers.turn_taken import TurnTaken
from leadroute.plain import Recent
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.round_robin import Turn, share
from leadroute.rules.rule import EVERYONE

MOST_REPS: Final = 1_000
"""How many reps one record holds before the next one is begun."""

MOST_BYTES: Final = 24_000
"""How many bytes their ids may take."""

Records: TypeAlias = Mapping[str, Record]
"""Records by key."""

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PoolCredits:
    """The credits of one pool, as they were read and as a change leaves them."""

    __slots__ = (
        "_changed",
        "_credits",
        "_places",
        "_reps",
        "_turn_credits",
        "_turns",
        "_versions",
        "pool",
    )

    def __init__(self, pool: str, records: Records) -> None:
        self.pool = pool
        first = _read(records.get(credits_key(pool)))
        more, credited = first.get("more", 0), first.get("turn_credit_records", 0)
        found = [records.get(credits_key(pool, number)) for number in range(more + 1)]
        data = [first, *map(_read, found[1:])]
        self._versions = [0 if record is None else record.version for record in found]
        self._reps: list[list[str]] = [[*each.get("reps", ())] for each in data]
        self._turns: list[int] = [turns for each in data for turns in each.get("turns", [])]
        self._credits: list[int] = [held for each in data for held in each.get("credits", [])]
        self._turn_credits = _TurnCredits(records, pool, credited)
        ids = [rep_id for reps in self._reps for rep_id in reps]
        self._places = dict(zip(ids, range(len(ids)), strict=True))
        self._changed: set[int] = set()

    def turns(self) -> FrozenDict[str, int]:
        """The turns that each rep has taken, where there are any."""
        both = zip(self._places, self._turns, strict=True)
        return FrozenDict({rep_id: turns for rep_id, turns in both if turns})

    def credits(self) -> FrozenDict[str, int]:
        """The credit of each rep."""
        return FrozenDict(zip(self._places, self._credits, strict=True))

    def turn_credits(self, now: datetime) -> FrozenDict[str, tuple[TurnCredit, ...]]:
        """What each rep was granted that is not over, in the order in which it pays."""
        return self._turn_credits.counting(now)

    def take(self, turn: Turn) -> TurnTaken:
        """Do what a turn does to the credits."""
        known = self._places
        for rep_id in (turn.rep_id, *turn.ids):
            if rep_id not in known:
                self._place(rep_id)
        among: dict[int, list[int]] = {}
        for rep_id, weight in zip(turn.ids, turn.weights, strict=True):
            among.setdefault(weight, []).append(known[rep_id])
        taken = TurnTaken(
            turn.rep_id,
            turn.taken,
            turn.units,
            FrozenDict({str(weight): _as_text(tuple(places)) for weight, places in among.items()}),
            FrozenDict({_about(credit): units for credit, units in turn.paid.items()}),
        )
        self._add(taken, among, 1)
        return taken

    def give_back(self, taken: TurnTaken) -> None:
        """Take back what a turn did, to the last part. O(candidates)."""
        among = {int(weight): _places(text) for weight, text in taken.shares.items()}
        self._add(taken, among, -1)

    def _add(self, taken: TurnTaken, among: Mapping[int, list[int]], sign: int) -> None:
        whole = sum([weight * len(places) for weight, places in among.items()])
        credits, paid = self._credits, 0
        for weight, places in among.items():
            own = share(taken.units, weight, whole)
            paid += own * len(places)
            own *= sign
            for place in places:
                credits[place] += own
            self._touch(places)
        taker = self._places[taken.rep_id]
        credits[taker] -= sign * paid
        self._turns[taker] += sign * taken.taken
        self._touch([taker])
        for about, units in taken.paid.items():
            self._turn_credits.add(taken.rep_id, about, sign * units)

    def give(self, rep_id: str, credit: TurnCredit, now: datetime) -> None:
        """Add a grant, and forget those that are over."""
        before = self._turn_credits.records
        self._turn_credits.forget(now)
        self._turn_credits.add(rep_id, _about(credit), credit.turns)
        if self._turn_credits.records > before:
            self._changed.add(0)

    def _place(self, rep_id: str) -> None:
        last = self._reps[-1]
        if len(last) >= MOST_REPS or (
            len(last) % 64 == 63 and sum(len(each.encode()) for each in last) > MOST_BYTES
        ):
            self._reps.append([])
            self._versions.append(0)
            self._changed.add(0)
        self._reps[-1].append(rep_id)
        self._changed.add(len(self._reps) - 1)
        self._places[rep_id] = len(self._places)
        self._turns.append(0)
        self._credits.append(0)

    def _touch(self, places: Sequence[int]) -> None:
        """Note which records hold these places."""
        if len(self._reps) == 1:
            self._changed.add(0)
            return
        ends = list(accumulate(map(len, self._reps)))
        self._changed.update(bisect_right(ends, place) for place in places)

    def operations(self) -> Iterator[Put]:
        """What writes the change, at the versions that were read."""
        ends = [0, *accumulate(map(len, self._reps))]
        for number in sorted(self._changed):
            span = slice(ends[number], ends[number + 1])
            reps = [*self._reps[number]]
            kept: dict[str, Any] = {
                "reps": reps,
                "turns": self._turns[span],
                "credits": self._credits[span],
            }
            if not number:
                kept |= self._counted()
            text = _write(kept)
            _recent.put(text, kept)
            yield Put(credits_key(self.pool, number), text, self._versions[number])
        yield from self._turn_credits.operations()

    def _counted(self) -> dict[str, int]:
        """What the first record says of the others."""
        counts = {"more": len(self._reps) - 1, "turn_credit_records": self._turn_credits.records}
        return {name: count for name, count in counts.items() if count}


class _TurnCredits:
    """What the reps of a pool were granted and have not used up, in records of their own."""

    __slots__ = ("_changed", "_pool", "_records", "_versions")

    def __init__(self, found: Records, pool: str, records: int) -> None:
        keys = [_grants_key(pool, number) for number in range(records)]
        self._pool = pool
        self._records: list[dict[str, dict[str, int]]] = [
            {rep_id: {**credited} for rep_id, credited in _read(found.get(key)).items()}
            for key in keys
        ]
        self._versions = [0 if key not in found else found[key].version for key in keys]
        self._changed: set[int] = set()

    @property
    def records(self) -> int:
        """How many records there are."""
        return len(self._records)

    def counting(self, now: datetime) -> FrozenDict[str, tuple[TurnCredit, ...]]:
        """Those that are not over, by rep id, in the order in which they pay."""
        found: dict[str, list[TurnCredit]] = {}
        for record in self._records:
            for rep_id, each in record.items():
                credited = (_grant(about, turns) for about, turns in each.items() if turns)
                current = [credit for credit in credited if now < credit.expires]
                if current:
                    found.setdefault(rep_id, []).extend(current)
        return FrozenDict(
            {rep_id: tuple(sorted(each, key=soonest)) for rep_id, each in found.items()}
        )

    def add(self, rep_id: str, about: str, turns: int) -> None:
        """Add turns to a grant, which goes where there is room when it is new."""
        number = next(
            (n for n, record in enumerate(self._records) if about in record.get(rep_id, ())), None
        )
        if number is None:
            number = next(
                (n for n, record in enumerate(self._records) if len(_write(record)) < MOST_BYTES),
                len(self._records),
            )
        if number == len(self._records):
            self._records.append({})
            self._versions.append(0)
        credited = self._records[number].setdefault(rep_id, {})
        credited[about] = credited.get(about, 0) + turns
        self._changed.add(number)

    def forget(self, now: datetime) -> None:
        """Leave out those that are over, or used up."""
        for number, record in enumerate(self._records):
            kept = {
                rep_id: left
                for rep_id, credited in record.items()
                if (left := {a: n for a, n in credited.items() if n and _grant(a, n).expires > now})
            }
            if kept != record:
                self._records[number] = kept
                self._changed.add(number)

    def operations(self) -> Iterator[Put]:
        """What writes the change, at the versions that were read."""
        for number in sorted(self._changed):
            data = _write(self._records[number])
            yield Put(_grants_key(self._pool, number), data, self._versions[number])


def _grants_key(pool: str, number: int) -> str:
    return credits_key(pool, f"turn credits {number}")


def _read(record: Record | None) -> Mapping[str, Any]:
    return {} if record is None else _recent.read(record.data, json.loads)


_recent: Recent[Mapping[str, Any]] = Recent(256)


@lru_cache(maxsize=1_024)
def _as_text(places: tuple[int, ...]) -> str:
    """Places in a pool's records as one number in hexadecimal digits, whose bits they are."""
    bits = bytearray(max(places) // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return f"{int.from_bytes(bits, 'little'):x}"


def _places(text: str) -> list[int]:
    """The places that ``_as_text`` wrote."""
    digits = f"{int(text, 16):b}"
    return [place for place, digit in enumerate(reversed(digits)) if digit == "1"]


def _about(credit: TurnCredit) -> str:
    return key(str(to_micros(credit.expires)), credit.reason, credit.cause)


def _grant(about: str, turns: int) -> TurnCredit:
    expires, reason, cause = parts(about)
    return TurnCredit(from_micros(int(expires)), reason, cause, turns)  # type: ignore[arg-type]  # checked


def more_keys(pool: str, first: Record | None) -> list[str]:
    """The keys of the other records of a pool, as its first one says."""
    counts = _read(first)
    return [
        *[credits_key(pool, number) for number in range(1, counts.get("more", 0) + 1)],
        *[_grants_key(pool, number) for number in range(counts.get("turn_credit_records", 0))],
    ]


def pool_of(router: Router, cause: str, placed: Placement | None, pool: str | None) -> str:
    """The pool in which a turn is granted."""
    if pool is not None:
        router.members(pool, Roster())
        return pool
    if placed is not None and placed.pool is not None:
        return placed.pool
    if router.pools:
        names = ", ".join(repr(each.name) for each in router.pools)
        raise ConfigError(
            f"no lead {cause!r} was placed through a pool; write pool=, one of {names} or {EVERYONE!r}"
        )
    return EVERYONE


def record_key(pool: str, rep_id: str, credit: TurnCredit) -> str:
    """The record that says that a grant was made."""
    record = turn_credit_key(pool, rep_id, credit.reason, credit.cause)
    if len(record) > MAX_KEY:
        remedy = "write a shorter one, or shorter names of pools and reps"
        raise _refused(rep_id, "cause", f"makes a key of {len(record)} characters; {remedy}")
    return record


def check_current(rep_id: str, credit: TurnCredit, now: datetime) -> None:
    """Refuse a grant that is over."""
    if credit.expires <= now:
        raise _refused(rep_id, "expires", f"is {credit.expires:%Y-%m-%d %H:%M %Z}, which is past")


def _refused(rep_id: str, name: str, problem: str) -> ValidationError:
    return ValidationError("TurnCredit", rep_id, (FieldError(name, problem),))


def was_credited(placed: Placement | None, rep_id: str) -> bool:
    """Whether the turn that the rep took with a lead was a granted one."""
    if placed is None:
        return False
    turns = [placed.turn, *[offer.turn for offer in placed.offers]]
    return any(
        turn is not None and turn.rep_id == rep_id and any(n < 0 for n in turn.paid.values())
        for turn in turns
    )
