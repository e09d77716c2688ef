"""What a store holds, read as what it means: placements, leads, histories, and who is due.

The rules of this module: it reads and never writes, one page at a time, and what it gives back is a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from leadroute.errors import LeadNotFound
from leadroute.model.keys import lead_key, placement_key
from leadroute.model.lead import Lead
from leadroute.model.validation import must_be
from leadroute.offers.change import Record
from leadroute.offers.events import KINDS, Happening
from leadroute.offers.placement import Placement, Status
from leadroute.offers.store import Store
from leadroute.plain import loads

__all__ = ["due", "found", "happenings", "known", "lead", "next_due", "offered", "waiting", "waits"]

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
    """The placement of a lead and the version of its record.

    Raises:
        LeadNotFound: The lead was never submitted.
    """
    placed = found(store, lead_id)
    if placed is None:
        raise LeadNotFound(lead_id)
    return placed


def lead(store: Store, lead_id: str) -> Lead:
    """The lead as it was submitted."""
    key = lead_key(lead_id)
    return loads(Lead, store.get([key])[key].data)


def happenings(store: Store, lead_id: str) -> tuple[Happening, ...]:
    """Everything that has happened to a lead, in order.

    Raises:
        LeadNotFound: The lead was never submitted.
    """
    must_be(str, lead_id=lead_id)
    told: list[Happening] = []
    while page := store.events(lead=lead_id, after=len(told), limit=PAGE):
        told += [loads(KINDS[event.type], event.data) for event in page]
    if not told:
        raise LeadNotFound(lead_id)
    return tuple(told)


def due(store: Store, status: Status, upto: int) -> Iterator[Placement]:
    """The placements in a status whose time has come, by microseconds UTC, soonest first."""
    last: Record | None = None
    while page := store.find(status=status, upto=upto, after=last, limit=PAGE):
        yield from map(_placement, page)
        last = page[-1]


def offered(store: Store, rep_id: str) -> Iterator[Placement]:
    """The leads that are offered to a rep now."""
    last: Record | None = None
    while page := store.find(status=Status.OFFERED, owner=rep_id, after=last, limit=PAGE):
        yield from map(_placement, page)
        last = page[-1]


def waiting(store: Store, upto: int) -> list[Placement]:
    """The waiting leads whose time has come, in the order in which they are served: by priority, then age."""
    return sorted(due(store, Status.WAITING, upto), key=_line)


def _line(placed: Placement) -> tuple[int, datetime, str]:
    return -placed.priority, placed.received_at, placed.lead_id


def next_due(store: Store, status: Status, now: int) -> int | None:
    """When the first placement in a status becomes due after now, in microseconds UTC."""
    behind = Record(_LAST_KEY, 1, "", due=now)
    page = store.find(status=status.value, after=behind, limit=1)
    return page[0].due if page else None


def waits(store: Store, now: int) -> bool:
    """Whether a lead that waits is due at or before now, in microseconds UTC: for work to get done, or for a cap."""
    return bool(store.find(status=Status.WAITING, upto=now, limit=1))


def _placement(record: Record) -> Placement:
    return loads(Placement, record.data)
