"""What a store holds, read as what it means."""

from __future__ import annotations

from collections.abc import Iterator

from leadroute.model.keys import parts
from leadroute.offers.change import Record
from leadroute.offers.lifting import placement_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import PAGE
from leadroute.offers.store import Store

__all__ = ["PAGE", "placements"]


def placements(store: Store, status: Status) -> Iterator[Placement]:
    """Yield the placements in a status, soonest due first."""
    last: Record | None = None
    while page := store.find(status=status.value, after=last, limit=PAGE):
        for record in page:
            yield placement_of(record, parts(record.key)[-1])
        last = page[-1]
