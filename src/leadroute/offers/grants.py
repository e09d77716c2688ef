"""Turns granted to reps, in a store: what is written, what pays for a turn, and what is made up for.

The rules of this module:

* A grant is a counter of turns, whose key says until when, why and for what. It starts at the turns granted and ends at
  0; it never passes 0, so no two leads are paid for by one turn.
* An offer holds what paid for it, like all that it counts against: declined or run out, it gives that back. So the log
  of each lead says which grant paid.
* The record of a grant stays. The same rep, pool, reason and cause are granted something once.
* A turn that was granted is not made up for again, so a rep who returns every lead gets one make-up turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from os import urandom

from leadroute.errors import ConfigError, Fault, InvalidValue
from leadroute.model.grants import Grant, payments
from leadroute.model.instants import from_micros, to_micros
from leadroute.model.keys import (
    grant_key,
    grant_record_key,
    grants_key,
    is_turn_key,
    parts,
    placement_key,
)
from leadroute.model.roster import Roster
from leadroute.offers import reading
from leadroute.offers.change import MAX_KEY, Add, Change, Check, Op, Put
from leadroute.offers.placement import Placement
from leadroute.offers.store import Store
from leadroute.plain import dumps, loads
from leadroute.ranking.router import Router
from leadroute.rules.rule import EVERYONE

__all__ = ["granted_by", "paying", "pool_of", "post"]


def granted_by(about: Sequence[str], turns: int) -> Grant:
    """The grant of a counter.

    Args:
        about: What its key says behind the rep: until when, why, for what.
        turns: Where it stands.
    """
    expires, reason, cause = about
    return Grant(from_micros(int(expires)), reason, cause, turns)  # type: ignore[arg-type]  # checked


def paying(pool: str, rep_id: str, grants: Iterable[Grant], now: datetime) -> dict[str, int]:
    """What the rep's next turn does to the counters of grants, by key."""
    return {_counter(pool, rep_id, grant): units for grant, units in payments(grants, now).items()}


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
        Conflict: Somebody else granted something for it, or the lead moved on; nothing happened.
    """
    record = grant_record_key(pool, rep_id, grant.reason, grant.cause)
    known = store.get([record]).get(record)
    if known is not None:
        return loads(Grant, known.data)
    counter = _counter(pool, rep_id, grant)
    if grant.expires <= now:
        raise _refused(rep_id, "expires", f"is {grant.expires:%Y-%m-%d %H:%M %Z}, which is past")
    if len(counter) > MAX_KEY:
        remedy = "write a shorter one, or shorter names of pools and reps"
        raise _refused(rep_id, "cause", f"makes a key of {len(counter)} characters; {remedy}")
    guards: tuple[Op, ...] = ()
    if grant.reason == "make_up":
        placed = reading.found(store, grant.cause)
        if placed is not None and _was_granted(placed[0], rep_id):
            return None
        guards = (Check(placement_key(grant.cause), 0 if placed is None else placed[1]),)
    ops = (
        *guards,
        Put(record, dumps(grant), 0),
        Add(counter, grant.turns, lo=None),
        *_forgotten(store, pool, rep_id, now),
    )
    store.commit(Change(urandom(16).hex(), ops))
    return grant


def _counter(pool: str, rep_id: str, grant: Grant) -> str:
    return grant_key(pool, rep_id, to_micros(grant.expires), grant.reason, grant.cause)


def _refused(rep_id: str, name: str, problem: str) -> InvalidValue:
    return InvalidValue("Grant", rep_id, (Fault(name, problem),))


def _was_granted(placed: Placement, rep_id: str) -> bool:
    """Whether the turn that the rep took with a lead was a granted one."""
    return any(
        units < 0 and parts(counter)[2] == rep_id
        for counter, units in placed.holds.items()
        if is_turn_key(counter)
    )


def _forgotten(store: Store, pool: str, rep_id: str, now: datetime) -> Iterator[Add]:
    """What takes the rep's grants that are over back to 0, so that they do not pile up."""
    for counter, turns in store.counts(prefix=grants_key(pool, rep_id)).items():
        grant = granted_by(parts(counter)[3:], turns)
        if grant.expires <= now:
            yield Add(counter, -turns, lo=0, hi=0)
