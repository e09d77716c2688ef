"""What is done with one lead: read it, decide, and commit one change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, TypeVar

from attrs import frozen

from leadroute.clock import Clock
from leadroute.errors import LeadNotFoundError, NewerFormatError, ValidationError
from leadroute.model.keys import (
    credits_key,
    decision_key,
    is_claims_key,
    is_total_key,
    lead_key,
    note_keys,
    placement_key,
    rep_key,
)
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict, aware, must_be
from leadroute.offers import answers, course, deadlines, decisions, requests, transitions
from leadroute.offers.assigning import assigned_by_hand
from leadroute.offers.change import Change, Drop, Op, Put, Record
from leadroute.offers.counts import Books, Desk
from leadroute.offers.draft import Draft, asked, asked_keys, new_draft, pools_of
from leadroute.offers.events import (
    Accepted,
    AnotherChance,
    Declined,
    Forgotten,
    LeadEvent,
    OfferWithdrawn,
    PolicyChanged,
    Reopened,
    Rerouted,
    TimedOut,
)
from leadroute.offers.judging import (
    Begun,
    Chosen,
    Failed,
    Judged,
    begin,
    finish,
    keys_read,
    most_open,
    pulled,
    qualifies,
    unjudged,
)
from leadroute.offers.lifting import placement_of
from leadroute.offers.outcome_counts import counts_of
from leadroute.offers.placement import SUGGESTED, Placement, Status
from leadroute.offers.requests import Steps, ignored
from leadroute.offers.state_machine import ends_offer
from leadroute.plain import loads
from leadroute.ranking.eligibility import Ineligibility
from leadroute.rules.offer_kind import SUGGEST

_UNDECIDED: Final = (
    *(Declined, TimedOut, OfferWithdrawn),
    *(AnotherChance, Reopened, Rerouted, PolicyChanged),
)
"""The events after which others are asked, or the lead is decided again."""

T = TypeVar("T")

UNREADABLE: Final = (LeadNotFoundError, NewerFormatError, ValidationError)
"""What reading a document raises that is not there, or is not as this release writes it."""


@frozen
class Done:
    """What a step has done with a lead.

    Args:
        placement: The placement as it is now.
        events: What happened; nothing when it was left as it is.
        failed: What the policy raised.
        books: What was read; ``None`` when nothing was decided.
        freed: The reps who count less than before; ``None`` where that is room of all reps.
    """

    placement: Placement
    events: tuple[LeadEvent, ...] = ()
    failed: Failed | None = None
    books: Books | None = None
    freed: frozenset[str] | None = frozenset()


@frozen
class Claimed:
    """What became of a rep's wish for a lead.

    Args:
        placement: The placement as it is now.
        refusal: Why the rep cannot have it.
        free: Whether they can, or have it; without it and a refusal the lead waits no more.
    """

    placement: Placement
    refusal: Ineligibility | None = None
    free: bool = False


@frozen(eq=False)
class LeadSteps:
    """The steps with one lead.

    Args:
        desk: The policy, the reps, and what else a decision reads.
        clock: The source of the present.
        change_ids: Gives each change its id.
        track_outcomes_by: The fields of the lead by which outcomes are counted; ``None`` counts nothing.
        reads_again: Whether a step that lost a race is taken again: reading again shows something new.
        sends_again: Whether a change is sent again when the store was busy or gave no answer.
        purges: Whether the store has to be asked to overwrite what was deleted.
        earlier: The same as ``desk`` under earlier versions of the policy, by version.
    """

    desk: Desk
    clock: Clock
    change_ids: Callable[[], str]
    track_outcomes_by: tuple[str, ...] | None
    reads_again: bool = True
    sends_again: bool = True
    purges: bool = False
    earlier: Mapping[str, Desk] = FrozenDict()

    def desk_of(self, version: str) -> Desk:
        """The desk of a version of the policy; that of today where it is not there."""
        return self.earlier.get(version, self.desk)

    def persistently(self, step: Callable[[], Steps[T]]) -> Steps[T]:
        """Take a step until it loses no race; what a lost one says of a counter is taken note of."""
        counts = self.desk.counts
        lost = ignored if counts is None else counts.correct
        return requests.persistently(step, again=self.reads_again, lost=lost)

    def now(self) -> datetime:
        """The present."""
        return aware(self.clock.now(), "clock.now()")

    def books(self, records: Iterable[Record] = ()) -> Books:
        """What one step reads, beginning with some records that were read."""
        books = Books(self.desk, self.now())
        for record in records:
            books.note(record)
        return books

    def submitted(self, lead: Lead, trigger: str, *, keep_failed: bool) -> Steps[Done]:
        """Place a new lead."""
        text = transitions.lead_document(lead)  # before the decision: it may be too large to keep

        def step() -> Steps[Done]:
            books, key = self.books(), placement_key(lead.id)
            begun = begin(lead, FrozenDict(), books)
            books.also = begun.counters()
            draft = new_draft(
                lead.id, (yield from books.records([key, *begun.keys()])).get(key), books
            )
            if isinstance(draft, Placement):
                return Done(draft)
            given = begun.lead, trigger, begun.rule, self.desk.router, books.now
            received = transitions.reception(*given)
            yield from draft.happen(received)
            events, failed = yield from self._decide(begun, draft)
            if failed is not None and not keep_failed:
                raise failed.error
            for event in events:
                yield from draft.happen(event)
            kept = (Put(lead_key(lead.id), text, 0),)
            return (yield from self._committed(draft, lead, kept, failed))

        return (yield from self.persistently(step))

    def keep_place(self, placed: Placement) -> timedelta | None:
        """How long a lead that was withdrawn keeps its place, where its rule says so."""
        return self.desk_of(placed.policy_version).router.terms(placed.rule).keep_place

    def handed(self, lead: Lead, rep: Rep, trigger: str) -> Steps[Done]:
        """Place a new lead with the rep whose it is, or with the cover of one who is paused."""
        text = transitions.lead_document(lead)

        def step() -> Steps[Done]:
            books, key = self.books(), placement_key(lead.id)
            found = yield from books.records([key, rep_key(rep.id)])
            draft = new_draft(lead.id, found.get(key), books)
            if isinstance(draft, Placement):
                return Done(draft)
            router, owner = self.desk.router, (yield from self._cover_of(rep, books))
            scored = router.scored(lead, books.now)
            rule = router.match(scored, books.now) if router.prioritizes else None
            received = transitions.reception(scored, trigger, rule, router, books.now)
            yield from draft.happen(received)
            given = draft.placed, scored, owner, trigger or "submit", books
            for event in (yield from assigned_by_hand(*given)):
                yield from draft.happen(event)
            kept = (Put(lead_key(lead.id), text, 0),)
            return (yield from self._committed(draft, lead, kept))

        return (yield from self.persistently(step))

    def _cover_of(self, rep: Rep, books: Books) -> Steps[Rep]:
        """Who gets what is meant for a rep by name: the cover, while the rep is paused."""
        pause = (yield from books.rep(rep.id)).after.at(books.now).pause
        named = None if pause is None or pause.cover is None else self.desk.working(pause.cover)
        return rep if named is None else named

    def updated(self, lead: Lead) -> Steps[Done]:
        """Keep what became known of a lead.

        One that waits, or was disqualified and is so no more, is decided again in the same change.
        """
        text, key = transitions.lead_document(lead), lead_key(lead.id)

        def step() -> Steps[Done]:
            books = self.books()
            before, version = yield from self.known(lead.id, books, *self._decided_on(lead.id))
            record = (yield from books.records([key])).get(key)
            if record is not None and record.data == text:
                return Done(before)
            kept = 0 if record is None else record.version
            books.note(Record(key, kept + 1, text))  # what the decision reads
            draft = Draft(lead.id, before, version, books)
            router = self.desk.router
            scored = router.scored(lead, books.now)
            rule = next((each for each in router.rules if each.name == before.rule), None)
            priority = router.priority_of(scored, rule)
            yield from draft.happen(transitions.enrichment(scored, priority, books.now))
            failed = None
            if before.status is Status.DISQUALIFIED and qualifies(scored, books):
                yield from draft.happen(Reopened(books.now))
            if draft.placed.status is Status.WAITING:
                failed = yield from self._decided(draft)
            return (yield from self._committed(draft, lead, (Put(key, text, kept),), failed))

        return (yield from self.persistently(step))

    def advanced(
        self,
        lead_id: str,
        events_of: Callable[[Placement, Books], Steps[Sequence[LeadEvent]]],
        records: Iterable[Record] = (),
        beside: Callable[[Sequence[LeadEvent]], tuple[Op, ...]] = lambda _events: (),
    ) -> Steps[Done]:
        """Let the events happen that follow from a placement, and store what goes beside them."""
        noted = [*records]

        def step() -> Steps[Done]:
            books = self.books(noted)
            noted.clear()  # whoever lost a race reads again
            before, version = yield from self.known(lead_id, books)
            happened = yield from events_of(before, books)
            if not happened:
                return Done(before)
            draft = Draft(lead_id, before, version, books)
            yield from self._happen(draft, happened)
            return (yield from self._committed(draft, extra=beside(happened)))

        return (yield from self.persistently(step))

    def forgotten(self, lead_id: str) -> Steps[Done]:
        """Erase all that is known of a lead, and give back what it holds."""
        must_be(str, lead_id=lead_id)

        def step() -> Steps[Done]:
            books, keys = self.books(), (lead_key(lead_id), decision_key(lead_id))
            before, version = yield from self.known(lead_id, books, *keys)
            if before.status is Status.FORGOTTEN:
                return Done(before)
            notes = note_keys(lead_id, before.notes)
            found = yield from books.records((*keys, *asked_keys(before), *notes))
            drops = [Drop(record.key, record.version) for record in found.values()]
            drops += decisions.dropped_pages(found.get(decision_key(lead_id)))
            draft = Draft(lead_id, before, version, books)
            yield from draft.happen(Forgotten(books.now, transitions.reps_of(before)))
            return (yield from self._committed(draft, Lead(lead_id), tuple(drops)))

        return (yield from self.persistently(step))

    def reported(
        self,
        lead_id: str,
        event_of: Callable[[Placement, datetime], LeadEvent | None],
        records: Iterable[Record] = (),
    ) -> Steps[Done]:
        """Let the one event happen that follows from a report, or from the clock."""

        def events_of(before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
            yield from ()
            event = event_of(before, books.now)
            return () if event is None else (event,)

        return (yield from self.advanced(lead_id, events_of, records))

    def reminded(self, lead_id: str, records: Iterable[Record] = ()) -> Steps[Done]:
        """Remind those whose offers end soon."""

        def events_of(before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
            yield from ()
            return transitions.reminders(before, books.now)

        return (yield from self.advanced(lead_id, events_of, records))

    def accepted(self, lead_id: str, rep_id: str, token: str) -> Steps[Done]:
        """Make a rep the owner. The offers to others are withdrawn in the same change."""

        def events_of(before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
            yield from ()
            now, rep = books.now, self.desk.working(rep_id)
            found = transitions.acceptance(before, rep_id, token, now, rep)
            if found is None:
                return ()
            event = deadlines.accepted(found, before, self.desk_of(before.policy_version), now)
            others = [offer.rep_id for offer in before.offers if offer.rep_id != rep_id]
            return (*[OfferWithdrawn(now, other, Accepted.kind) for other in others], event)

        return (yield from self.advanced(lead_id, events_of))

    def passed_on(
        self,
        lead_id: str,
        endings: Callable[[Placement, datetime], Sequence[LeadEvent]],
        records: Iterable[Record] = (),
        asks: str = "",
    ) -> Steps[Done]:
        """End offers and, in the same change, ask others; where none is left, decide about the lead again.

        Args:
            lead_id: The lead.
            endings: What ends, of a placement at an instant.
            records: Records that were read.
            asks: The rep whose offer ends, where that is known before the placement is read.
        """
        noted = [*records]

        def step() -> Steps[Done]:
            books = self.books(noted)
            noted.clear()
            more: list[str] = []
            if asks:  # first, because it tells the pool whose credits are read with the lead
                more = [credits_key(pool) for pool in (yield from pools_of(lead_id, asks, books))]
            wanted = (*self._decided_on(lead_id), *more)
            before, version = yield from self.known(lead_id, books, *wanted)
            ended = endings(before, books.now)
            if not ended:
                return Done(before)
            draft = Draft(lead_id, before, version, books)
            yield from self._happen(draft, ended)
            failed = None
            if any(isinstance(each, _UNDECIDED) for each in ended):
                gone, offers = sum(map(ends_offer, ended)), draft.placed.offers
                then = self._replaced(draft, gone) if offers else self._decided(draft)
                failed = yield from then
            return (yield from self._committed(draft, failed=failed))

        return (yield from self.persistently(step))

    def _happen(self, draft: Draft, events: Sequence[LeadEvent]) -> Steps[None]:
        """Let events happen, with what the ends of offers mean for their reps."""
        for event in events:
            before = draft.placed
            yield from draft.happen(event)
            desk = self.desk_of(before.policy_version)
            yield from answers.follow(before, event, desk, draft.books)

    def expired(self, before: Placement, now: datetime) -> Sequence[LeadEvent]:
        """The ends of the offers that have run out, each with the pause that the policy wants."""
        desk = self.desk_of(before.policy_version)
        pause = desk.router.terms(before.rule).wait_between
        until = None if pause is None else course.pause_until(before, pause, desk, now)
        return transitions.expiries(before, now, until)

    def decided(self, lead_id: str, records: Iterable[Record] = (), line: str = "") -> Steps[Done]:
        """Decide again about a lead that waits, in this line where one is named."""
        noted = [*records]

        def step() -> Steps[Done]:
            books = self.books(noted)
            noted.clear()
            before, version = yield from self.known(
                lead_id, books, *self._decided_on(lead_id), *self._ahead(line)
            )
            if before.status is not Status.WAITING or (line and before.line != line):
                return Done(before)
            draft = Draft(lead_id, before, version, books)
            failed = yield from self._decided(draft)
            if not draft.events:
                return Done(before)
            return (yield from self._committed(draft, failed=failed))

        return (yield from self.persistently(step))

    def _ahead(self, line_id: str) -> list[str]:
        """What a decision about a lead of a line reads besides the lead."""
        line = self.desk.lines.known(line_id)
        if line is None:
            return []
        return [*keys_read(self.desk_of(line.version).lines.rule_of(line), line)]

    def _under_its_policy(self, draft: Draft) -> Steps[None]:
        """Let a lead be judged by the version that judged it before; an event says where that is not there."""
        before, books = draft.placed, draft.books
        books.desk = self.desk_of(before.policy_version)
        version = books.desk.router.version
        if before.policy_version not in ("", version):
            yield from draft.happen(PolicyChanged(books.now, before.policy_version, version))

    def _decided(self, draft: Draft) -> Steps[Failed | None]:
        """Decide about a lead that waits, and note what changes by it."""
        books = draft.books
        books.line = _line_before(draft)
        yield from self._under_its_policy(draft)
        before = draft.placed
        if transitions.is_paused(before, books.now):
            return None
        try:
            begun, others = yield from self._begun(before, books)
        except UNREADABLE as error:
            bounds = course.bounds_of(before, before.rule, books.desk, books.now)
            yield from draft.happen(transitions.failure(before, error, before.rule, bounds, books))
            return Failed(error, before.rule)
        events, failed = yield from self._decide(begun, draft, others)
        router = books.desk.router
        if router.prioritizes or any(isinstance(each, PolicyChanged) for each in draft.events):
            events = [transitions.with_priority(each, begun, before, router) for each in events]
        if draft.events or any(transitions.is_news(event, before) for event in events):
            for event in events:
                yield from draft.happen(event)
        return failed

    def _begun(self, before: Placement, books: Books) -> Steps[tuple[Begun, Mapping[str, str]]]:
        """A decision about a lead that waits whose counts were not read yet, and who was asked before."""
        lead = yield from self._lead_of(before, books)
        others = yield from asked(before, books)
        return begin(lead, others, books), others

    def _lead_of(self, before: Placement, books: Books) -> Steps[Lead]:
        """The lead of a placement as its policy reads it: with its score, and its age where steps go by it."""
        lead = yield from self.lead(before.lead_id, books)
        if books.desk.router.relaxes and lead.received_at is None:
            lead = lead.with_changes(received_at=before.received_at)
        return transitions.as_scored(lead, before, books.desk.router)

    def claimed(
        self, lead_id: str, rep_id: str, line: str = "", *, look: bool = False
    ) -> Steps[Claimed]:
        """Offer a lead that waits to a rep who asks for it.

        Args:
            lead_id: The lead.
            rep_id: The rep.
            line: The line in which it has to wait; any when empty.
            look: Whether nothing is changed.
        """

        def step() -> Steps[Claimed]:
            books = self.books()
            before, version = yield from self.known(
                lead_id, books, *self._decided_on(lead_id), *self._ahead(line)
            )
            suggested = before.reason_code == SUGGESTED  # who gets it is said by hand
            if before.status is not Status.WAITING or suggested or (line and before.line != line):
                return Claimed(before)
            draft = Draft(lead_id, before, version, books)
            chosen = yield from self._claimable(draft, rep_id)
            if isinstance(chosen, Ineligibility):
                return Claimed(before, chosen)
            found = course.of_offer(chosen, before, books)
            if found.ended is not None:
                return Claimed(before, course.too_late(found.ended))
            if look:
                return Claimed(before, free=True)
            books.line = before.line
            for event in (yield from transitions.offers(found, books, claim=True)):
                yield from draft.happen(event)
            done = yield from self._committed(draft)
            return Claimed(done.placement, free=True)

        return (yield from self.persistently(step))

    def _claimable(self, draft: Draft, rep_id: str) -> Steps[Chosen | Ineligibility]:
        """The decision about a lead that waits with a rep first, or why they cannot have it."""
        books = draft.books
        yield from self._under_its_policy(draft)
        try:
            begun, others = yield from self._begun(draft.placed, books)
        except UNREADABLE as error:
            return unjudged(error)
        found = pulled((yield from finish(begun, books, 1)), rep_id)
        if isinstance(found, Ineligibility):
            return found
        if found.decided.terms_of_offer.kind == SUGGEST:
            return Ineligibility(SUGGESTED, "gets leads of the rule by hand alone")
        refusal = yield from _claims_refused(found, books)
        if refusal is not None:
            return refusal
        if self.desk.decisions != "none":
            draft.kept = yield from self._kept(begun.lead, found, others, draft, behind=False)
        return found

    def _widened(self, draft: Draft, most: int, more_at: datetime | None) -> Steps[Failed | None]:
        """Ask further reps about a lead that is offered, under the rule and in the pool of its offers.

        Args:
            draft: The change, in which nothing happens when nobody is found.
            most: How many more reps may be asked.
            more_at: When one more is asked after that.
        """
        books, before = draft.books, draft.placed
        books.desk, books.line = self.desk_of(before.policy_version), before.offers[0].line
        over = course.bounds_of(before, before.rule, books.desk, books.now).over(books.now)
        if over or books.desk.router.version != before.policy_version:
            return None  # nobody is asked any more, or the policy of the offers is not here
        try:
            lead = yield from self._lead_of(before, books)
        except UNREADABLE as error:
            return Failed(error, before.rule)
        known = yield from asked(before, books)
        others = {**known, **{offer.rep_id: "is_open" for offer in before.offers}}
        begun = begin(lead, FrozenDict(others), books)
        held = transitions.holds(before)  # it counts on what counts all leads already
        books.give_back({key: units for key, units in held.items() if is_total_key(key)})
        judged = yield from finish(begun, books, most)
        if not isinstance(judged, Chosen):
            return judged if isinstance(judged, Failed) else None
        found, room = judged.decided, most_open(judged.decided) - len(before.offers)
        asks = found.rule.name, found.rule.step, found.pool
        if asks != (before.rule, before.step, before.pool) or room < 1:
            return None  # a step opens once the offers that are open have ended
        judged = judged._replace(choices=judged.choices[:room])
        if self.desk.decisions != "none":
            draft.kept = yield from self._kept(begun.lead, judged, known, draft, behind=False)
        told = course.of_offer(judged, before, books)
        for event in (yield from transitions.offers(told, books, more_at)):
            yield from draft.happen(event)
        return None

    def one_more(self, lead_id: str, records: Iterable[Record] = ()) -> Steps[Done]:
        """Ask one more rep about a lead that is offered, once that is due."""
        noted = [*records]

        def step() -> Steps[Done]:
            books = self.books(noted)
            noted.clear()
            before, version = yield from self.known(lead_id, books, *self._decided_on(lead_id))
            due = before.clocks.get("more")
            if due is None or books.now < due:
                return Done(before)
            draft = Draft(lead_id, before, version, books)
            terms = self.desk_of(before.policy_version).router.terms(before.rule)
            more_at = transitions.next_of(terms.kind, len(before.offers) + 1, books.now)
            failed = yield from self._widened(draft, 1, more_at)
            if not draft.events:
                yield from draft.happen(transitions.nobody_added(before, terms.kind, books.now))
            return (yield from self._committed(draft, failed=failed))

        return (yield from self.persistently(step))

    def _replaced(self, draft: Draft, ended: int) -> Steps[Failed | None]:
        """Ask others in place of those whose offers have ended, while further offers are open."""
        before = draft.placed
        kind = self.desk_of(before.policy_version).router.terms(before.rule).kind
        room = kind.most - len(before.offers)
        most = room if kind.every is None else min(ended, room)
        if kind.name != "parallel" or most < 1:
            return None
        return (yield from self._widened(draft, most, before.clocks.get("more")))

    def _decide(
        self, begun: Begun, draft: Draft, asked_before: Mapping[str, str] = FrozenDict()
    ) -> Steps[tuple[Sequence[LeadEvent], Failed | None]]:
        """The events that follow from a decision, and what the policy raised."""
        books, before = draft.books, draft.placed
        found = yield from course.run(begun, before, asked_before, books)
        judged = found.judged
        draft.line = found.line or draft.line
        draft.longest = found.longest
        if self.desk.decisions != "none":
            draft.kept = yield from self._kept(
                begun.lead, judged, found.asked, draft, behind=found.behind
            )
        if isinstance(judged, Failed):
            failed = judged.error, judged.rule, found.bounds
            failure = transitions.failure(before, *failed, books)
            return deadlines.decided((failure,), before, begun.rule, books), judged
        events = yield from transitions.events_of(found, before, books)
        return deadlines.decided(events, before, begun.rule, books), None

    def _kept(
        self,
        lead: Lead,
        judged: Judged,
        asked_before: Mapping[str, str],
        draft: Draft,
        *,
        behind: bool,
    ) -> Steps[Iterable[Op]]:
        """What keeps a decision in place of the one before it."""
        key, known = decision_key(lead.id), dict[str, Record]()
        if draft.placed.status is not Status.RECEIVED:
            known = yield from draft.books.records([key])
        return decisions.operations(
            judged, lead, asked_before, draft.books, known.get(key), behind=behind
        )

    def _decided_on(self, lead_id: str) -> list[str]:
        """What a decision about a lead that is known reads besides its placement."""
        must_be(str, lead_id=lead_id)
        keys = [lead_key(lead_id)]
        return keys if self.desk.decisions == "none" else [*keys, decision_key(lead_id)]

    def _committed(
        self,
        draft: Draft,
        lead: Lead | None = None,
        extra: tuple[Op, ...] = (),
        failed: Failed | None = None,
    ) -> Steps[Done]:
        """Commit the events of a draft and what they do to the counters as one change."""
        ops = yield from draft.operations()
        by = self.track_outcomes_by
        if by is not None:
            if lead is None:
                lead = (
                    (yield from self.lead(draft.lead_id, draft.books))
                    if by
                    else Lead(draft.lead_id)
                )
            ops += counts_of(draft.before, draft.events, lead, by)
        change = Change(self.change_ids(), (*extra, *ops))
        yield from requests.commit(change, again=self.sends_again)
        return Done(draft.placed, tuple(draft.events), failed, draft.books, draft.freed())

    def known(self, lead_id: str, books: Books, *others: str) -> Steps[tuple[Placement, int]]:
        """The placement of a lead and the version of its record, read together with other records."""
        must_be(str, lead_id=lead_id)
        key = placement_key(lead_id)
        record = (yield from books.records([key, *others])).get(key)
        if record is None:
            raise LeadNotFoundError(lead_id)
        return placement_of(record, lead_id), record.version

    def lead(self, lead_id: str, books: Books) -> Steps[Lead]:
        """The lead as it was submitted."""
        key = lead_key(lead_id)
        record = (yield from books.records([key])).get(key)
        if record is None:
            raise LeadNotFoundError(lead_id)
        return loads(Lead, record.data, lead_id)


def _line_before(draft: Draft) -> str:
    """The line that a lead came out of: now, or with the offers that this change ends."""
    before = draft.before or draft.placed
    return before.line or next((offer.line for offer in before.offers), "")


def _claims_refused(found: Chosen, books: Books) -> Steps[Ineligibility | None]:
    """Why a rep may pull no lead of a rule now, if so."""
    rep, rule = found.decided.rep, found.decided.rule
    limits = transitions.claims(rep, books.desk.router.terms(rule.name), books.now)
    counted = (yield from books.counts(limits)) if limits else {}
    for key, most in limits.items():
        used, hourly = counted.get(key, 0), is_claims_key(key)
        if used + hourly > most:
            code = "claims_per_hour" if hourly else "lapsed_claims"
            had = "pulled" if hourly else "let run out"
            return Ineligibility(
                code, f"has {had} {used} {'this hour' if hourly else 'today'}", temporary=True
            )
    return None
