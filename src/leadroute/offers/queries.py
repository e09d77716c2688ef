"""What a store holds, read as what it means: pages of placements, and what a rep has to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import frozen

from leadroute.errors import LeadrouteError
from leadroute.model.duration import to_micros
from leadroute.model.keys import offer_key, parts, placement_key
from leadroute.model.validation import must_be
from leadroute.offers import requests
from leadroute.offers.change import Record
from leadroute.offers.counts import OFFER, OPEN_OFFERS
from leadroute.offers.lifting import placement_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import PAGE, Steps
from leadroute.offers.store import Store

__all__ = ["PAGE", "WorkItem", "page", "placements", "worklist"]

OPEN: Final = (*OPEN_OFFERS, Status.ACCEPTED.value, Status.CONTACTED.value)
"""The statuses of the records that are found by their rep."""

_LAST: Final = datetime.max.replace(tzinfo=UTC)


def placements(store: Store, status: Status) -> Iterator[Placement]:
    """Yield the placements in a status, soonest due first."""
    last: Record | None = None
    while found := store.find(status=status.value, after=last, limit=PAGE):
        for record in found:
            yield placement_of(record, parts(record.key)[-1])
        last = found[-1]


@frozen
class WorkItem:
    """One lead on the list of a rep.

    Args:
        placement: The lead as it stands.
        action: What to do next: ``answer`` an offer, ``follow_up`` because no feedback came,
            ``contact`` the lead, or ``report`` how it went.
        due: When that is due at the latest; ``None`` when nothing says so.
    """

    placement: Placement
    action: str
    due: datetime | None = None

    def __str__(self) -> str:
        until = "" if self.due is None else f" until {self.due:%Y-%m-%d %H:%M:%S %Z}"
        return f"{self.action}{until}: {self.placement}"


def page(
    rep_id: str | None,
    status: Status | str | None,
    rule: str | None,
    after: Placement | None,
    limit: int,
) -> Steps[tuple[Placement, ...]]:
    """Some placements, those behind one where it is given."""
    requests.check_limit(limit)
    if rep_id is not None:
        must_be(str, rep_id=rep_id)
    wanted = None if status is None else [Status(status).value]
    mark = None if after is None else _place(after, rep_id)
    found = list[Placement]()
    while len(found) < limit:
        records = yield from requests.find(
            status=_statuses(rep_id, wanted), owner=rep_id, after=mark, limit=min(limit, PAGE)
        )
        for placed in (yield from placements_of(records)):
            if (rule is None or placed.rule == rule) and (
                wanted is None or placed.status in wanted
            ):
                found.append(placed)
        if len(records) < min(limit, PAGE):
            break
        mark = records[-1]
    return tuple(found[:limit])


def _statuses(rep_id: str | None, wanted: Sequence[str] | None) -> Sequence[str]:
    if rep_id is None:
        return [each.value for each in Status] if wanted is None else wanted
    if wanted is None:
        return OPEN
    return [*wanted, OFFER] if Status.OFFERED.value in wanted else wanted


def placements_of(records: Sequence[Record]) -> Steps[list[Placement]]:
    """The placements of some records, which may be those of offers; what cannot be read is left out."""
    keys = [placement_key(parts(record.key)[1]) for record in records if record.status == OFFER]
    more = (yield from requests.get(keys)) if keys else {}
    found = list[Placement]()
    for record in records:
        kept = more.get(placement_key(parts(record.key)[1])) if record.status == OFFER else record
        if kept is not None:
            try:
                found.append(placement_of(kept, parts(kept.key)[-1]))
            except LeadrouteError:
                continue  # a sweep names it
    return found


def _place(placed: Placement, rep_id: str | None) -> Record:
    """Where a placement stood on the page that it ended."""
    if rep_id is not None and placed.offer_to(rep_id) is not None:
        return Record(offer_key(placed.lead_id, rep_id), 1, "")
    due = None if (at := placed.due) is None else to_micros(at)
    return Record(placement_key(placed.lead_id), 1, "", due=due)


def worklist(rep_id: str) -> Steps[tuple[WorkItem, ...]]:
    """What a rep has to do: by priority, then what is due first, then age. O(open leads of the rep)."""
    must_be(str, rep_id=rep_id)
    records = yield from requests.all_of(status=OPEN, owner=rep_id)
    items = [_item(placed, rep_id) for placed in (yield from placements_of(records))]
    return tuple(sorted(items, key=_order))


def _item(placed: Placement, rep_id: str) -> WorkItem:
    offer = placed.offer_to(rep_id)
    if offer is not None:
        return WorkItem(placed, "answer", offer.expires_at)
    if placed.follow_up_at is not None:
        return WorkItem(placed, "follow_up", placed.follow_up_at)
    if placed.status is Status.ACCEPTED and placed.contacted_at is None:
        return WorkItem(placed, "contact", placed.respond_by)
    return WorkItem(placed, "report", placed.close_by or placed.clocks.get("shift"))


def _order(item: WorkItem) -> tuple[int, datetime, datetime, str]:
    placed = item.placement
    return -placed.priority, item.due or _LAST, placed.received_at, placed.lead_id
