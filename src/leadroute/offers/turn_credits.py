"""The credits of a pool in a store: what each rep was shared out less the turns taken, and turns given or withheld.

The rules of this module:

* A pool has one record, and a further one for every so many reps. It is written at the version at which it was read, so
  two leads are never decided on the same credits: whoever commits second decides again.
* An offer notes what was shared out among whom. Declined, run out or withdrawn, exactly that is taken back.
* A rep has a place in the record for good. Who is not in it has no credit yet, and no turns.
* The same rep, pool, reason and cause are granted something once. A turn that was granted is not made up for again, so
  a rep who returns every lead gets one make-up turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from os import urandom
from typing import Any, Final

from leadroute.errors import ConfigError, Fault, InvalidValue
from leadroute.model.frozen import FrozenDict
from leadroute.model.grants import Grant, soonest
from leadroute.model.instants import from_micros, to_micros
from leadroute.model.keys import grant_record_key, key, parts, placement_key, rotation_key
from leadroute.model.roster import Roster
from leadroute.offers import reading
from leadroute.offers.change import MAX_KEY, Change, Check, Op, Put, Record
from leadroute.offers.placement import Placement
from leadroute.offers.store import Store
from leadroute.offers.turns import TurnTaken
from leadroute.plain import dumps, loads
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.round_robin import Turn, share
from leadroute.rules.rule import EVERYONE

__all__ = ["PoolCredits", "pool_of", "post"]

_MOST_REPS: Final = 1_000
_MOST_BYTES: Final = 24_000
"""How many reps, and how many bytes of ids, one record holds before the next one is begun."""

_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class _Part:
    """One record: some reps, their turns and credits."""

    __slots__ = ("changed", "credits", "granted", "reps", "room", "turns", "version")

    def __init__(self, record: Record | None) -> None:
        data: dict[str, Any] = {} if record is None else json.loads(record.data)
        self.version = 0 if record is None else record.version
        self.reps: list[str] = data.get("reps", [])
        self.turns: list[int] = data.get("turns", [])
        self.credits: list[int] = data.get("credits", [])
        self.granted: dict[str, dict[str, int]] = data.get("granted", {})
        self.room = _MOST_BYTES - sum(len(rep_id.encode()) for rep_id in self.reps)
        self.changed = False

    def data(self, more: int) -> str:
        """The record's text."""
        kept: dict[str, Any] = {"reps": self.reps, "turns": self.turns, "credits": self.credits}
        if any(self.granted.values()):
            kept["granted"] = {rep_id: each for rep_id, each in self.granted.items() if each}
        if more:
            kept["more"] = more
        return _write(kept)


class PoolCredits:
    """The credits of one pool, as they were read and as a change leaves them.

    Args:
        store: Where they are kept.
        pool: The pool.
    """

    __slots__ = ("_parts", "_places", "pool")

    def __init__(self, store: Store, pool: str) -> None:
        self.pool = pool
        first = rotation_key(pool)
        record = store.get([first]).get(first)
        more = 0 if record is None else int(json.loads(record.data).get("more", 0))
        self._parts = [_Part(record)]
        if more:
            keys = [rotation_key(pool, number) for number in range(1, more + 1)]
            found = store.get(keys)
            self._parts += [_Part(found.get(each)) for each in keys]
        self._places: dict[str, tuple[_Part, int]] = {
            rep_id: (part, index) for part in self._parts for index, rep_id in enumerate(part.reps)
        }

    def turns(self) -> FrozenDict[str, int]:
        """The turns that each rep has taken, where there are any."""
        return FrozenDict(
            {
                rep_id: taken
                for part in self._parts
                for rep_id, taken in zip(part.reps, part.turns, strict=True)
                if taken
            }
        )

    def credits(self) -> FrozenDict[str, int]:
        """The credit of each rep."""
        found: dict[str, int] = {}
        for part in self._parts:
            found.update(zip(part.reps, part.credits, strict=True))
        return FrozenDict(found)

    def granted(self, now: datetime) -> FrozenDict[str, tuple[Grant, ...]]:
        """What each rep was granted that is not over, in the order in which it pays."""
        found = {}
        for part in self._parts:
            for rep_id, each in part.granted.items():
                grants = [_grant(about, turns) for about, turns in each.items()]
                counting = sorted((one for one in grants if now < one.expires), key=soonest)
                if counting:
                    found[rep_id] = tuple(counting)
        return FrozenDict(found)

    def take(self, turn: Turn) -> TurnTaken:
        """Do what a turn does to the credits.

        Returns:
            What was done, as an offer notes it. O(candidates).
        """
        for rep_id in (turn.rep_id, *turn.ids):
            if rep_id not in self._places:
                self._place(rep_id)
        shares: dict[int, list[int]] = {}
        starts = self._starts()
        for rep_id, weight in zip(turn.ids, turn.weights, strict=True):
            part, index = self._places[rep_id]
            shares.setdefault(weight, []).append(starts[id(part)] + index)
        taken = TurnTaken(
            turn.rep_id,
            turn.taken,
            turn.units,
            FrozenDict({str(weight): _as_text(places) for weight, places in shares.items()}),
            FrozenDict({_about(grant): units for grant, units in turn.paid.items()}),
        )
        self._add(taken, 1)
        return taken

    def give_back(self, taken: TurnTaken) -> None:
        """Take back what a turn did, to the last part. O(candidates)."""
        self._add(taken, -1)

    def _add(self, taken: TurnTaken, sign: int) -> None:
        among = {int(weight): _places(text) for weight, text in taken.shares.items()}
        whole = sum(weight * len(places) for weight, places in among.items())
        spread = [(part, part_start) for part, part_start in self._spans()]
        paid = 0
        for weight, places in among.items():
            own = share(taken.units, weight, whole)
            paid += own * len(places)
            for part, start in spread:
                end = start + len(part.reps)
                inside = places if len(spread) == 1 else [at for at in places if start <= at < end]
                if inside:
                    credits, part.changed = part.credits, True
                    for at in inside:
                        credits[at - start] += sign * own
        part, index = self._places[taken.rep_id]
        part.credits[index] -= sign * paid
        part.turns[index] += sign * taken.taken
        part.changed = True
        granted = part.granted.setdefault(taken.rep_id, {})
        for about, units in taken.paid.items():
            left = granted.pop(about, 0) + sign * units
            if left:
                granted[about] = left

    def give(self, rep_id: str, grant: Grant, now: datetime) -> None:
        """Add a grant, and forget those of the rep that are over."""
        part, _ = self._places.get(rep_id) or self._place(rep_id)
        kept = part.granted.get(rep_id, {})
        kept = {about: turns for about, turns in kept.items() if _grant(about, turns).expires > now}
        part.granted[rep_id] = {**kept, _about(grant): grant.turns}
        part.changed = True

    def _place(self, rep_id: str) -> tuple[_Part, int]:
        part, size = self._parts[-1], len(rep_id.encode())
        if part.reps and (len(part.reps) >= _MOST_REPS or part.room < size):
            part = _Part(None)
            self._parts.append(part)
            self._parts[0].changed = True
        part.reps.append(rep_id)
        part.turns.append(0)
        part.credits.append(0)
        part.room -= size
        part.changed = True
        self._places[rep_id] = found = part, len(part.reps) - 1
        return found

    def _spans(self) -> Iterator[tuple[_Part, int]]:
        start = 0
        for part in self._parts:
            yield part, start
            start += len(part.reps)

    def _starts(self) -> dict[int, int]:
        return {id(part): start for part, start in self._spans()}

    def operations(self) -> Iterator[Put]:
        """What writes the change, at the versions that were read."""
        for number, part in enumerate(self._parts):
            if part.changed:
                more = 0 if number else len(self._parts) - 1
                yield Put(rotation_key(self.pool, number), part.data(more), part.version)


def _as_text(places: Sequence[int]) -> str:
    """Places in a pool's records as one number in hexadecimal digits, whose bits they are."""
    bits = bytearray(max(places) // 8 + 1)
    for place in places:
        bits[place >> 3] |= 1 << (place & 7)
    return f"{int.from_bytes(bits, 'little'):x}"


def _places(text: str) -> list[int]:
    """The places that ``_as_text`` wrote."""
    digits = f"{int(text, 16):b}"
    return [place for place, digit in enumerate(reversed(digits)) if digit == "1"]


def _about(grant: Grant) -> str:
    return key(str(to_micros(grant.expires)), grant.reason, grant.cause)


def _grant(about: str, turns: int) -> Grant:
    expires, reason, cause = parts(about)
    return Grant(from_micros(int(expires)), reason, cause, turns)  # type: ignore[arg-type]  # checked


def pool_of(store: Store, router: Router, cause: str, pool: str | None) -> str:
    """The pool in which a turn is granted.

    Args:
        store: Where the lead is looked up that may be the cause.
        router: The policy.
        cause: What the turn is granted for.
        pool: The pool that was named, if one was.

    Raises:
        UnknownFieldError: There is no such pool.
        ConfigError: No pool was named, the cause is no lead that was placed through one, and the policy has pools.
    """
    if pool is not None:
        router.members(pool, Roster())
        return pool
    placed = reading.found(store, cause)
    if placed is not None and placed[0].pool is not None:
        return placed[0].pool
    if router.pools:
        names = ", ".join(repr(each.name) for each in router.pools)
        raise ConfigError(
            f"no lead {cause!r} was placed through a pool; write pool=, one of {names} or {EVERYONE!r}"
        )
    return EVERYONE


def post(store: Store, pool: str, rep_id: str, grant: Grant, now: datetime) -> Grant | None:
    """Grant turns to a rep, once.

    Args:
        store: Where grants are kept.
        pool: The pool.
        rep_id: The rep.
        grant: What is granted, why, and until when.
        now: The instant.

    Returns:
        The grant as it was first made for this reason and cause, or ``None`` for a turn that is not made up for.

    Raises:
        InvalidValue: It is over already, or its key is too long.
        Conflict: Somebody else changed the credits, or the lead moved on; nothing happened.
    """
    record = grant_record_key(pool, rep_id, grant.reason, grant.cause)
    if len(record) > MAX_KEY:
        remedy = "write a shorter one, or shorter names of pools and reps"
        raise _refused(rep_id, "cause", f"makes a key of {len(record)} characters; {remedy}")
    known = store.get([record]).get(record)
    if known is not None:
        return loads(Grant, known.data)
    if grant.expires <= now:
        raise _refused(rep_id, "expires", f"is {grant.expires:%Y-%m-%d %H:%M %Z}, which is past")
    guards: tuple[Op, ...] = ()
    if grant.reason == "make_up":
        placed = reading.found(store, grant.cause)
        if placed is not None and _was_granted(placed[0], rep_id):
            return None
        guards = (Check(placement_key(grant.cause), 0 if placed is None else placed[1]),)
    credits = PoolCredits(store, pool)
    credits.give(rep_id, grant, now)
    ops = (*guards, Put(record, dumps(grant), 0), *credits.operations())
    store.commit(Change(urandom(16).hex(), ops))
    return grant


def _refused(rep_id: str, name: str, problem: str) -> InvalidValue:
    return InvalidValue("Grant", rep_id, (Fault(name, problem),))


def _was_granted(placed: Placement, rep_id: str) -> bool:
    """Whether the turn that the rep took with a lead was a granted one."""
    turn = placed.turn
    return turn is not None and turn.rep_id == rep_id and any(n < 0 for n in turn.paid.values())
