"""What a store holds, read as what it means.

The answer may be too early, because a lead may wait for something else. It is never too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import compress
from typing import Final

from leadroute.errors import LeadNotFoundError, LeadrouteError
from leadroute.model.caps import Bound, Cap
from leadroute.model.duration import from_micros
from leadroute.model.keys import lead_key, parts, placement_key, total_holder
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import must_be
from leadroute.model.working_hours import unless_failing
from leadroute.offers.change import Record
from leadroute.offers.dispatching import FailedLead
from leadroute.offers.events import KINDS, LeadEvent
from leadroute.offers.placement import Placement, Status
from leadroute.offers.store import Store
from leadroute.plain import loads
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router

PAGE: Final = 500
"""How many records are read at once."""


_LAST_KEY: Final = chr(0x10FFFF)
"""A key behind every other, to page past all that is due at one instant."""


def found(store: Store, lead_id: str) -> tuple[Placement, int] | None:
    """The placement of a lead and the version of its record, if it was ever submitted."""
    must_be(str, lead_id=lead_id)
    key = placement_key(lead_id)
    record = store.get([key]).get(key)
    return None if record is None else (_placement(record), record.version)


def known(store: Store, lead_id: str) -> tuple[Placement, int]:
    """The placement of a lead and the version of its record."""
    placed = found(store, lead_id)
    if placed is None:
        raise LeadNotFoundError(lead_id)
    return placed


def lead(store: Store, lead_id: str) -> Lead:
    """The lead as it was submitted."""
    key = lead_key(lead_id)
    record = store.get([key]).get(key)
    if record is None:
        raise LeadNotFoundError(lead_id)
    return loads(Lead, record.data, lead_id)


def happenings(store: Store, lead_id: str) -> tuple[LeadEvent, ...]:
    """Everything that has happened to a lead, in order."""
    must_be(str, lead_id=lead_id)
    told: list[LeadEvent] = []
    while page := store.events(lead=lead_id, after=len(told), limit=PAGE):
        told += [loads(KINDS[event.type], event.data, lead_id) for event in page]
    if not told:
        raise LeadNotFoundError(lead_id)
    return tuple(told)


def _pages(
    store: Store, status: Status, *, owner: str | None = None, upto: int | None = None
) -> Iterator[Record]:
    """Yield the records in a status, all or those due up to an instant, soonest first."""
    last: Record | None = None
    while page := store.find(status=status, owner=owner, upto=upto, after=last, limit=PAGE):
        yield from page
        last = page[-1]


def placements(store: Store, status: Status) -> Iterator[Placement]:
    """Yield the placements in a status, soonest due first."""
    return map(_placement, _pages(store, status))


def due(store: Store, status: Status, upto: int) -> Iterator[str]:
    """Yield the ids of the leads in a status that are due up to an instant, soonest first."""
    return map(_lead_id, _pages(store, status, upto=upto))


def offered(store: Store, rep_id: str) -> Iterator[Placement]:
    """Yield the leads that are offered to a rep now, but for those that cannot be read."""
    for record in _pages(store, Status.OFFERED, owner=rep_id):
        with suppress(LeadrouteError):
            yield _placement(record)


def waiting(store: Store, upto: int) -> tuple[list[str], list[FailedLead]]:
    """The waiting leads whose time has come, in the order in which they are served.

    By priority, then lead score (one that is not known last), then age. Those that cannot be read
    are named apart.
    """
    found, failed = list[Placement](), list[FailedLead]()
    for record in _pages(store, Status.WAITING, upto=upto):
        try:
            found.append(_placement(record))
        except LeadrouteError as error:
            failed.append(FailedLead(_lead_id(record), error))
    return [placed.lead_id for placed in sorted(found, key=_line)], failed


def _lead_id(record: Record) -> str:
    return parts(record.key)[-1]


def _line(placed: Placement) -> tuple[int, float, datetime, str]:
    score = -1.0 if placed.lead_score is None else placed.lead_score
    return -placed.priority, -score, placed.received_at, placed.lead_id


def next_wakeup(store: Store, status: Status, now: int) -> int | None:
    """When the first placement in a status becomes due after now, in microseconds UTC."""
    behind = Record(_LAST_KEY, 1, "", due=now)
    page = store.find(status=status.value, after=behind, limit=1)
    return page[0].due if page else None


def waits(store: Store, now: int) -> bool:
    """Whether a waiting lead is due at or before now, in microseconds UTC: for room, or a cap."""
    return bool(store.find(status=Status.WAITING, upto=now, limit=1))


def _placement(record: Record) -> Placement:
    return loads(Placement, record.data, _lead_id(record))


def next_turn(router: Router, roster: Roster, snapshot: Snapshot, now: datetime) -> datetime | None:
    """The first instant after now at which a waiting lead may find a rep by itself."""
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
