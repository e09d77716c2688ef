"""When time alone can make room: the next instant at which the clock can turn something in a lead's favour.

The rules of this module:

* Only what stands in the way now is asked when it ends: a schedule that is closed, a wrap-up, a cap that is reached.
  What is open now and will close again is asked when that has happened.
* The answer may be too early, because a lead may wait for something else. It is never too late.
* The end of a grace is no such instant: until then the rep counts as there, and afterwards they do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from itertools import compress

from leadroute.model.caps import Bound, Cap
from leadroute.model.duration import from_micros
from leadroute.model.keys import total_holder
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.working_hours import unless_failing
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router

__all__ = ["next_turn"]


def next_turn(router: Router, roster: Roster, snapshot: Snapshot, now: datetime) -> datetime | None:
    """The first instant after now at which a lead that waits may find somebody, though nothing happens.

    Args:
        router: The policy.
        roster: The reps.
        snapshot: The counts of this instant.
        now: The instant, aware.

    Returns:
        An opening hour, the end of a wrap-up, or a turn of a cap that is reached; ``None`` when no such instant comes.

    Complexity: O(reps x caps).
    """
    taking = tuple(rep for rep in roster if rep.active and rep.weight)
    found = [*_over_all(router, snapshot, now)]
    for rep in observing(taking, router.holidays):
        found += _opening(rep, now)
        found += _capped(rep, snapshot, now)
        contact = snapshot.contacted.get(rep.id)
        found += [] if contact is None else [from_micros(contact) + router.wrap_up]
    return min((at for at in found if at > now), default=None)


def _opening(rep: Rep, now: datetime) -> list[datetime]:
    hours = rep.hours
    if hours is None:
        return []
    opens = unless_failing(lambda: hours.next_open(now), lambda _error: None)
    return [] if opens is None else [opens]


def _over_all(router: Router, snapshot: Snapshot, now: datetime) -> Iterator[datetime]:
    for cap in router.caps:
        bounds = cap.bounds(total_holder(), now, router.zone)
        yield from _room(cap, bounds, snapshot.used, partial(cap.turns, now, router.zone))


def _capped(rep: Rep, snapshot: Snapshot, now: datetime) -> Iterator[datetime]:
    for cap in rep.caps:
        yield from _room(cap, rep.bounds(cap, now), snapshot.used, partial(rep.turns, cap, now))


def _room(
    cap: Cap,
    bounds: Iterable[Bound],
    used: Mapping[str, int],
    turns: Callable[[], Iterable[datetime]],
) -> Iterator[datetime]:
    """When the last of the counters that are full can have room again."""
    full = [bound.hard and used.get(bound.key, 0) >= bound.most for bound in bounds]
    if any(full) and cap.limit:
        yield max(compress(turns(), full))
