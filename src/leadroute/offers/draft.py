"""One change to one lead under way: its events, and the store operations that follow from them.

This is the only place where events become store operations. A change to a counter is the difference
between what the placement holds before and after, and is never computed in another way. Giving back
is never refused.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from attrs import evolve

from leadroute.errors import InvalidTransitionError, LeadrouteError
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    asked_key,
    backlog_key,
    closed_key,
    contact_key,
    free_key,
    given_key,
    holder_of,
    is_claims_key,
    is_open_key,
    is_total_key,
    last_key,
    offer_key,
    order_key,
    parts,
    placement_key,
    rest_key,
    won_key,
)
from leadroute.model.validation import FrozenDict
from leadroute.offers.answers import is_asked_again, is_open
from leadroute.offers.change import Add, Check, Drop, Emit, Op, Put, Raise, Record
from leadroute.offers.counts import OFFER, Books
from leadroute.offers.events import (
    Accepted,
    Assigned,
    Contacted,
    Declined,
    FeedbackGiven,
    Forgotten,
    LeadEvent,
    Offered,
    OfferWithdrawn,
    Rerouted,
    TimedOut,
    Withdrawn,
)
from leadroute.offers.lifting import placement_document, placement_of
from leadroute.offers.lines import (
    NO_LINE,
    Line,
    entry_key,
    entry_status,
    length_key,
    line_key,
)
from leadroute.offers.placement import KEPT_OFFERS, Offer, Placement, Status
from leadroute.offers.requests import Steps
from leadroute.offers.state_machine import move
from leadroute.offers.transitions import holds, lapsed_key
from leadroute.plain import document, stamped

LINE: Final = "line"
"""The status of the record of a line."""


class Draft:
    """A change to one lead under way.

    Args:
        lead_id: The lead.
        before: Its placement; ``None`` for a new lead.
        version: The version of its record.
        books: What the step has read.

    Attributes:
        after: The placement as it stands after the events so far.
        events: These events.
        line: The line in which the lead waits, if it waits; set before it begins to.
        kept: What keeps the decision, if one was made.
        longest: How many leads the line may hold; ``None`` is without limit.
    """

    __slots__ = (
        "_ended",
        "_ops",
        "_version",
        "after",
        "before",
        "books",
        "events",
        "kept",
        "lead_id",
        "line",
        "longest",
    )

    def __init__(self, lead_id: str, before: Placement | None, version: int, books: Books) -> None:
        self.lead_id, self.before, self.books = lead_id, before, books
        self._version = version
        self.after = before
        self.events: list[LeadEvent] = []
        self.line: Line = NO_LINE
        self.kept: Iterable[Op] = ()
        self.longest: int | None = None
        self._ended: list[Offer] = []
        self._ops: list[Op] = []

    def happen(self, event: LeadEvent) -> Steps[None]:
        """Let an event happen. The credits of an offer that it ends are taken back at once."""
        before = self.after
        if isinstance(event, Offered) and event.rep_id in {each.rep_id for each in self._ended}:
            event = evolve(event, renewed=True)
        ended = [] if before is None else _ended(before, event)
        for offer in ended:
            if offer.turn is not None:
                (yield from self.books.credits(offer.pool)).give_back(offer.turn)
            self.books.also = (
                *self.books.also,
                last_key(offer.rep_id),
                given_key(offer.rep_id),
            )
        self._ended += ended
        self.after = after = move(before, event, self.lead_id)
        for offer in ended:  # what counts all leads counts this one until its last offer ends
            shared = bool(after.offers) or offer is not ended[-1]
            self.books.give_back(_own(offer.reservations) if shared else offer.reservations)
        at = to_micros(event.at)
        self.events.append(event)
        publish, told = self.books.desk.publish, document(event)
        self._ops.append(Emit(self.lead_id, after.steps, event.kind, told, at, publish))
        self._ops.extend(_rep_counters(before, event, at))
        if isinstance(event, TimedOut):
            self._ops.extend(_lapsed(ended, before, event, self.books))
        if before is not None and after.earlier_offers > before.earlier_offers:
            asked_before = _asked_before(before, after)
            self._ops.append(asked_before)
            # The decision that follows reads it before it is stored.
            self.books.note(Record(asked_before.key, 1, asked_before.data))

    def freed(self) -> frozenset[str] | None:
        """The reps who count less than before; ``None`` where that is room of all reps."""
        less = _given_back(holds(self.before), holds(self.after))
        return None if any(map(is_total_key, less)) else frozenset(map(holder_of, less))

    @property
    def placed(self) -> Placement:
        """The placement after the change."""
        if self.after is None:
            raise InvalidTransitionError(self.lead_id, "change", "", "nothing happened to it")
        return self.after

    def operations(self) -> Steps[list[Op]]:
        """What the change does to the store."""
        after = self.placed
        ops = [*self._ops, *self.kept]
        held, taken = holds(self.before), holds(after)
        ops += _counter_changes(held, taken, self.events)
        ops += _became_free(held, taken, self.events)
        if len(self._ended) > 1:  # in one request, for a broadcast has many
            reps = [offer.rep_id for offer in self._ended]
            yield from self.books.counts(
                [key(rep) for rep in reps for key in (last_key, given_key)]
            )
        for offer in self._ended:
            ops += yield from _without_assignment(offer, self.lead_id, self.books)
        ops += self.books.operations()
        ops += yield from self._offer_records(after)
        ops += yield from self._line_changes(after)
        ops.append(placement_put(after, self._version))
        return ops

    def _offer_records(self, after: Placement) -> Steps[list[Op]]:
        before, ops = () if self.before is None else self.before.offers, list[Op]()
        kept, known = set(map(_identity, after.offers)), set(map(_identity, before))
        gone = dict[str, int]()
        for offer in before:
            if _identity(offer) not in kept and offer.recorded:
                gone[offer.rep_id] = yield from self._version_of(offer)
        for offer in after.offers:
            if _identity(offer) not in known:
                ops.append(offer_put(self.lead_id, offer, gone.pop(offer.rep_id, 0)))
        dropped = [Drop(offer_key(self.lead_id, rep_id), n) for rep_id, n in gone.items()]
        return [*dropped, *ops]

    def _version_of(self, offer: Offer) -> Steps[int]:
        """The version of the record of an offer, which is 1 unless it took the place of another one."""
        if not offer.renewed:
            return 1
        key = offer_key(self.lead_id, offer.rep_id)
        record = (yield from self.books.records([key])).get(key)
        return 0 if record is None else record.version

    def _line_changes(self, after: Placement) -> Steps[list[Op]]:
        before, ops = self.before, list[Op]()
        left, joins = "", bool(after.line)
        if before is not None and before.line:
            left = before.line
            # Its place is worked out from what it was, and another priority is another place.
            moves = not joins or entry_key(before) != entry_key(after)
            joins = joins and moves
            if moves:
                ops += (Drop(entry_key(before), 1), Add(length_key(left), -1, lo=None))
        if joins:
            ops.append(entry_put(after))
            ops.append(Add(length_key(after.line), 1, hi=self.longest))
            ops.append((yield from self._line_record(after)))
        return ops

    def _line_record(self, after: Placement) -> Steps[Op]:
        """What makes sure that the line is looked at in time: written when new or earlier, else checked."""
        line, lines = self.line, self.books.desk.lines
        key, at = line_key(after.line), lines.look_at(line, self.books.now)
        if after.resumes_at is not None:
            at = min(at, after.resumes_at)
        due = to_micros(at)
        record = (yield from self.books.records([key])).get(key)
        if record is None:
            return Put(key, line.document(), 0, LINE, due=due)
        if record.due is None or record.due > due:
            return Put(key, record.data, record.version, LINE, due=due)
        return Check(key, record.version)


def placement_put(after: Placement, version: int) -> Put:
    """What writes a placement in place of the version that was read."""
    due = None if (at := after.due) is None else to_micros(at)
    told = after.status.value, _holder(after), due
    return Put(placement_key(after.lead_id), placement_document(after), version, *told)


def offer_put(lead_id: str, offer: Offer, version: int = 0) -> Put:
    """What writes the record by which a rep finds an offer, in place of this version."""
    told = {"lead": lead_id, "order": offer.order, "pool": offer.pool}
    return Put(offer_key(lead_id, offer.rep_id), stamped(told), version, OFFER, offer.rep_id)


def entry_put(placed: Placement) -> Put:
    """What gives a lead its place in a line."""
    told = stamped({"lead": placed.lead_id})
    return Put(entry_key(placed), told, 0, entry_status(placed.line))


def _identity(offer: Offer) -> tuple[str, str, int]:
    return offer.token, offer.rep_id, offer.order


def _holder(after: Placement) -> str:
    """Whose the placement is, for the store: the owner, as long as there is work."""
    working = after.status in (Status.ACCEPTED, Status.CONTACTED)
    return (after.owner or "") if working else ""


def _ended(before: Placement, event: LeadEvent) -> list[Offer]:
    """The offers that an event ends without their being accepted."""
    if isinstance(event, Assigned | Withdrawn | Rerouted | Forgotten):
        return [*before.offers]
    if isinstance(event, Declined | TimedOut | OfferWithdrawn):
        return [offer for offer in before.offers if offer.rep_id == event.rep_id]
    return []


def _asked_before(before: Placement, after: Placement) -> Put:
    """The oldest of the previous offers, which leave the placement."""
    every = before.previous_offers.items()
    left = [(rep_id, each) for rep_id, each in every if rep_id not in after.previous_offers]
    told = {"reps": {rep_id: each.outcome for rep_id, each in left}}
    later = {rep_id: each.round for rep_id, each in left if each.round > 1}
    number = before.earlier_offers // KEPT_OFFERS
    key = asked_key(after.lead_id, number)
    return Put(key, stamped({**told, "rounds": later} if later else told), 0)


def asked_keys(placed: Placement) -> list[str]:
    """The records of those who had an offer long before."""
    return [
        asked_key(placed.lead_id, number) for number in range(placed.earlier_offers // KEPT_OFFERS)
    ]


def asked(placed: Placement, books: Books) -> Steps[Mapping[str, str]]:
    """Everybody who is not asked again in this round of the lead, with how their last offer ended."""
    found, now = dict[str, str](), placed.round
    if placed.earlier_offers:
        for record in (yield from books.records(asked_keys(placed))).values():
            page = json.loads(record.data)
            rounds = page.get("rounds", {})
            found |= {rep: how for rep, how in page["reps"].items() if rounds.get(rep, 1) >= now}
        found = {rep_id: outcome for rep_id, outcome in found.items() if not is_open(outcome)}
    for rep_id, each in placed.previous_offers.items():
        if is_asked_again(each, books.now):
            found.pop(rep_id, None)
        elif each.round >= now or each.retry_at is not None:
            found[rep_id] = each.outcome
    return FrozenDict(found)


def _counter_changes(
    held: Mapping[str, int], taken: Mapping[str, int], events: list[LeadEvent]
) -> Iterator[Add]:
    """The difference in what the lead counts against, within the limits of the offer."""
    limits = {k: n for e in events if isinstance(e, Offered) for k, n in e.limits.items()}
    for counter in sorted({*held, *taken}):
        delta = taken.get(counter, 0) - held.get(counter, 0)
        if delta > 0:
            yield Add(counter, delta, hi=limits.get(counter))
        elif delta:
            yield Add(counter, delta, lo=None)
    # A limit of which the lead takes nothing, such as the end of the wrap-up, is checked all the same.
    for counter in sorted(limits.keys() - held.keys() - taken.keys()):
        yield Add(counter, 0, lo=None, hi=limits[counter])


def _own(held: Mapping[str, int]) -> dict[str, int]:
    """What an offer counts against for its rep alone."""
    return {counter: units for counter, units in held.items() if not is_total_key(counter)}


def _given_back(held: Mapping[str, int], taken: Mapping[str, int]) -> list[str]:
    """The counters on which the lead counts less than before."""
    return [key for key, units in held.items() if taken.get(key, 0) < units]


def _became_free(
    held: Mapping[str, int], taken: Mapping[str, int], events: list[LeadEvent]
) -> Iterator[Raise]:
    """Since when those are free who give back open work: their own, all of it or that of a segment.

    Who lost a race stays as idle as before.
    """
    reps = {*map(holder_of, filter(is_open_key, _given_back(held, taken)))}
    reps -= {event.rep_id for event in events if isinstance(event, OfferWithdrawn)}
    for rep_id in sorted(reps | _done_at_once(events)):
        yield Raise(free_key(rep_id), to_micros(events[-1].at))


def _done_at_once(events: list[LeadEvent]) -> set[str]:
    """Who takes open work and gives it back in the same change."""
    accepted = {event.rep_id for event in events if isinstance(event, Accepted)}
    if not accepted:
        return accepted
    offers = [event for event in events if isinstance(event, Offered)]
    return {
        offer.rep_id
        for offer in offers
        if offer.release_on == "accept"
        and offer.rep_id in accepted
        and any(map(is_open_key, offer.reservations))
    }


def _rep_counters(before: Placement | None, event: LeadEvent, at: int) -> Iterator[Op]:
    """The counters of a rep that an event changes, whatever the lead holds."""
    if isinstance(event, Offered | Assigned):
        yield Raise(last_key(event.rep_id), event.order)
        yield Raise(order_key(), event.order)
        if isinstance(event, Offered):  # a rep who is paused, or cools down, gets no offer
            yield Add(rest_key(event.rep_id), 0, lo=None, hi=at)
            if event.line:
                yield from _out_of_line(event, at)
        else:
            yield Raise(given_key(event.rep_id), event.order)
    elif isinstance(event, Accepted):
        offer = None if before is None else before.offer_to(event.rep_id)
        yield Raise(given_key(event.rep_id), 0 if offer is None else offer.order)
    elif isinstance(event, Contacted):
        yield Raise(contact_key(event.rep_id), at)
    elif isinstance(event, FeedbackGiven) and event.closing:
        yield Add(closed_key(event.rep_id), 1)
        if event.won:
            yield Add(won_key(event.rep_id), 1)


def _out_of_line(event: Offered, at: int) -> Iterator[Op]:
    """What counts an offer of a lead that waited, or that the rep asked for."""
    last = backlog_key(event.rep_id)
    if last in event.limits:
        yield Raise(last, at)
    if event.claimed:
        for counter, most in event.limits.items():
            if is_claims_key(counter):
                yield Add(counter, 1, hi=most)


def _lapsed(
    ended: Iterable[Offer], before: Placement | None, event: TimedOut, books: Books
) -> Iterator[Op]:
    """What counts a lead that a rep asked for and let run out, where the terms look at that."""
    rule = None if before is None else before.rule
    for offer in ended:
        rep = books.desk.roster.get(offer.rep_id)
        if offer.claimed and rep and books.desk.router.terms(rule).lapsed_claims is not None:
            yield Add(lapsed_key(rep, event.at), 1)


def _without_assignment(offer: Offer, lead_id: str, books: Books) -> Steps[list[Op]]:
    """What makes the rep's last assignment an earlier one again, unless there was a later one."""
    own, given = last_key(offer.rep_id), given_key(offer.rep_id)
    counted = yield from books.counts([own, given])
    if not offer.order or counted.get(own) != offer.order:
        return []
    others = yield from offers_to(offer.rep_id, books)
    earlier = max([counted.get(given, 0), *[n for lead, n in others.items() if lead != lead_id]])
    return [Add(own, earlier - offer.order, lo=earlier, hi=earlier)]


def pools_of(lead_id: str, rep_id: str, books: Books) -> Steps[list[str]]:
    """The pool of the open offer of a lead to a rep, where there is a record of it."""
    name = offer_key(lead_id, rep_id)
    return [
        json.loads(record.data)["pool"]
        for record in (yield from books.offered(rep_id))
        if record.key == name
    ]


def offers_to(rep_id: str, books: Books) -> Steps[dict[str, int]]:
    """The open offers to a rep, by lead, with their numbers. O(open offers)."""
    found: dict[str, int] = {}
    for record in (yield from books.offered(rep_id)):
        kind, lead_id, *_ = parts(record.key)
        if kind == OFFER:
            found[lead_id] = json.loads(record.data)["order"]
            continue
        with suppress(LeadrouteError):  # of an older release, which kept no record of an offer
            for offer in placement_of(record, lead_id).offers:
                found[lead_id] = offer.order
    return found


def new_draft(lead_id: str, record: Record | None, books: Books) -> Draft | Placement:
    """The beginning of a new lead, or the placement of one that is known.

    One that was forgotten begins again, and its log goes on. Of two processes that submit one lead,
    one fails at the version of the placement and reads it.
    """
    if record is None:
        return Draft(lead_id, None, 0, books)
    placed = placement_of(record, lead_id)
    forgotten = placed.status is Status.FORGOTTEN
    return Draft(lead_id, placed, record.version, books) if forgotten else placed
