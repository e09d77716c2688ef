"""The counts of a store as a snapshot: what a decision made now reads.

The rules of this module:

* What is read may be stale; the guards of the commit decide.
* The host's presence is copied, so that the snapshot stays as it was when the decision was made.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache, partial

from leadroute.errors import FactTypeError
from leadroute.model.frozen import FrozenDict
from leadroute.model.grants import Grant, soonest
from leadroute.model.keys import parts
from leadroute.model.outcomes import Outcomes
from leadroute.model.presence import Presence
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.offers.grants import granted_by
from leadroute.offers.store import Store
from leadroute.ranking.router import Router
from leadroute.ranking.tally import counters

__all__ = ["by_rep", "counted"]

_parts = lru_cache(maxsize=100_000)(parts)


def by_rep(given: Mapping[str, Presence]) -> Mapping[str, Presence]:
    """A converter for the host's presence: the very mapping that the host goes on changing.

    Raises:
        FactTypeError: It is no mapping.
    """
    if not isinstance(given, Mapping):
        expected = "a mapping such as {'ada': Presence('busy', since)}"
        raise FactTypeError("presence", f"of type {type(given).__name__}", expected)
    return given


def counted(
    store: Store,
    roster: Roster,
    router: Router,
    now: datetime,
    outcomes: Outcomes,
    presence: Mapping[str, Presence],
) -> Snapshot:
    """The counts of this instant. O(reps).

    Args:
        store: Where they are counted.
        roster: The reps there are.
        router: The policy, for its caps.
        now: The instant, aware.
        outcomes: What became of earlier leads.
        presence: Whether each rep is at work this minute, by rep id.

    Raises:
        FactTypeError: The presence of a rep is something else.
    """
    by_kind: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for counter, count in store.counts(prefix="rep/").items():
        _, kind, rep_id = _parts(counter)
        by_kind[kind][rep_id] = count
    levels = {_parts(name)[1]: level for name, level in store.counts(prefix="level/").items()}
    turns: defaultdict[str, dict[str, int]] = defaultdict(dict)
    granted: defaultdict[str, defaultdict[str, list[Grant]]] = defaultdict(
        partial(defaultdict, list)
    )
    for counter, count in store.counts(prefix="turn/").items():
        _, pool, rep_id, *about = _parts(counter)
        if not about:
            turns[pool][rep_id] = count
        elif (grant := granted_by(about, count)).expires > now:
            granted[pool][rep_id].append(grant)
    caps = counters(roster, router.caps, router.zone, now)
    return Snapshot(
        open=by_kind["open"],
        used=store.counts(caps) if caps else FrozenDict(),
        turns=turns,
        levels=levels,
        last_assigned=by_kind["last"],
        won=by_kind["won"],
        closed=by_kind["closed"],
        contacted=by_kind["contact"],
        presence=_present(roster, presence) if presence else FrozenDict(),
        outcomes=outcomes,
        granted={
            pool: {rep_id: tuple(sorted(grants, key=soonest)) for rep_id, grants in reps.items()}
            for pool, reps in granted.items()
        },
    )


def _present(roster: Roster, presence: Mapping[str, Presence]) -> FrozenDict[str, Presence]:
    found = {}
    for rep in roster:
        known = presence.get(rep.id)
        if known is None:
            continue
        if not isinstance(known, Presence):
            told, kind = f"the presence of rep {rep.id!r}", type(known).__name__
            raise FactTypeError(
                told, f"of type {kind}", "a Presence, such as Presence('busy', since)"
            )
        found[rep.id] = known
    return FrozenDict(found)
