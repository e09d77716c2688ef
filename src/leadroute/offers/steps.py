"""What is done with one lead: read it, decide, and commit one change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from attrs import frozen

from leadroute.clock import Clock
from leadroute.errors import LeadNotFoundError, NewerFormatError, ValidationError
from leadroute.model.keys import credits_key, decision_key, lead_key, note_keys, placement_key
from leadroute.model.lead import Lead, with_score
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict, aware, must_be
from leadroute.offers import deadlines, decisions, requests, transitions
from leadroute.offers.change import Change, Drop, Op, Put, Record
from leadroute.offers.counts import Books, Desk
from leadroute.offers.draft import Draft, asked, asked_keys, pools_of
from leadroute.offers.events import (
    Accepted,
    Assigned,
    Declined,
    Forgotten,
    LeadEvent,
    OfferWithdrawn,
    PolicyChanged,
    Reopened,
    Rerouted,
    TimedOut,
    Waiting,
)
from leadroute.offers.judging import Begun, Chosen, Failed, Judged, begin, finish, keys_read
from leadroute.offers.lifting import placement_of
from leadroute.offers.outcome_counts import counts_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import Steps, ignored
from leadroute.plain import loads
from leadroute.ranking.ranking import Outcome

_UNDECIDED: Final = (Declined, TimedOut, OfferWithdrawn, Reopened, Rerouted, PolicyChanged)
"""The events after which a lead that nobody is offered is decided again."""

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

    def _persistently(self, step: Callable[[], Steps[Done]]) -> Steps[Done]:
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

    def working(self, rep_id: str) -> Rep | None:
        """The rep with the holidays of the policy, for the end of their shift."""
        found = self.desk.roster.get(rep_id)
        return None if found is None else self.desk.router.working((found,))[0]

    def submitted(self, lead: Lead, trigger: str, *, keep_failed: bool) -> Steps[Done]:
        """Place a new lead."""
        text = transitions.lead_document(lead)  # before the decision: it may be too large to keep

        def step() -> Steps[Done]:
            books, key = self.books(), placement_key(lead.id)
            begun = begin(lead, FrozenDict(), books)
            books.also = begun.counters()
            draft = _new(lead.id, (yield from books.records([key, *begun.keys()])).get(key), books)
            if isinstance(draft, Placement):
                return Done(draft)
            version = self.desk.router.version
            received = transitions.reception(begun.lead, trigger, version, books.now)
            yield from draft.happen(received)
            event, failed = yield from self._decide(begun, draft)
            if failed is not None and not keep_failed:
                raise failed.error
            yield from draft.happen(event)
            kept = (Put(lead_key(lead.id), text, 0),)
            return (yield from self._committed(draft, lead, kept, failed))

        return (yield from self._persistently(step))

    def handed(self, lead: Lead, rep: Rep, trigger: str) -> Steps[Done]:
        """Place a new lead with the rep whose it is."""
        text = transitions.lead_document(lead)

        def step() -> Steps[Done]:
            books, key = self.books(), placement_key(lead.id)
            draft = _new(lead.id, (yield from books.records([key])).get(key), books)
            if isinstance(draft, Placement):
                return Done(draft)
            router = self.desk.router
            scored = router.scored(lead, books.now)
            received = transitions.reception(scored, trigger, router.version, books.now)
            yield from draft.happen(received)
            given = draft.placed, scored, rep, trigger or "submit", books
            for event in (yield from self.assignment(*given)):
                yield from draft.happen(event)
            kept = (Put(lead_key(lead.id), text, 0),)
            return (yield from self._committed(draft, lead, kept))

        return (yield from self._persistently(step))

    def assignment(
        self, before: Placement, lead: Lead, rep: Rep, by: str, books: Books
    ) -> Steps[tuple[Assigned, ...]]:
        """The assignment of a lead, with its score, to a rep by hand; nothing when it is theirs already."""
        router = self.desk.router
        rule = router.match(lead, books.now)
        charges = router.charges(lead, rule, None, books.now)
        assigned = yield from transitions.assignment(before, rep, by, rule, charges, books)
        return tuple([deadlines.timed(each, before, rule, rep, books) for each in assigned])

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
            scored = self.desk.router.scored(lead, books.now)
            yield from draft.happen(transitions.enrichment(scored, books.now))
            failed = None
            if before.status is Status.DISQUALIFIED and self._qualifies(scored, books):
                yield from draft.happen(Reopened(books.now))
            if draft.placed.status is Status.WAITING:
                failed = yield from self._decided(draft)
            return (yield from self._committed(draft, lead, (Put(key, text, kept),), failed))

        return (yield from self._persistently(step))

    def _qualifies(self, scored: Lead, books: Books) -> bool:
        """Whether a lead may be decided; one that cannot be judged is left to the decision."""
        try:
            return self.desk.router.qualifies(scored, books.now)
        except Exception:  # noqa: BLE001 - whatever a predicate raises is the lead's own trouble
            return True

    def advanced(
        self,
        lead_id: str,
        events_of: Callable[[Placement, Books], Steps[Sequence[LeadEvent]]],
        records: Iterable[Record] = (),
        beside: Callable[[Sequence[LeadEvent]], tuple[Op, ...]] = lambda _events: (),
    ) -> Steps[Done]:
        """Let the events happen that follow from a placement.

        Args:
            lead_id: The lead.
            events_of: The events, of a placement.
            records: Records that were read.
            beside: What is stored in the same change, of these events.
        """
        noted = [*records]

        def step() -> Steps[Done]:
            books = self.books(noted)
            noted.clear()  # whoever lost a race reads again
            before, version = yield from self.known(lead_id, books)
            happened = yield from events_of(before, books)
            if not happened:
                return Done(before)
            draft = Draft(lead_id, before, version, books)
            for event in happened:
                yield from draft.happen(event)
            return (yield from self._committed(draft, extra=beside(happened)))

        return (yield from self._persistently(step))

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

        return (yield from self._persistently(step))

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

    def accepted(self, lead_id: str, rep_id: str, token: str) -> Steps[Done]:
        """Make a rep the owner. The offers to others are withdrawn in the same change."""

        def events_of(before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
            yield from ()
            now, rep = books.now, self.working(rep_id)
            found = transitions.acceptance(before, rep_id, token, now, rep)
            if found is None:
                return ()
            event = deadlines.accepted(found, before, rep, self.desk_of(before.policy_version))
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
        """End offers and, where none is left, decide about the lead again in the same change.

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
            for event in ended:
                yield from draft.happen(event)
            failed = None
            if not draft.placed.offers and any(isinstance(each, _UNDECIDED) for each in ended):
                failed = yield from self._decided(draft)
            return (yield from self._committed(draft, failed=failed))

        return (yield from self._persistently(step))

    def timed(self, lead_id: str, records: Iterable[Record] = ()) -> Steps[Done]:
        """Let happen what deadlines and follow-ups bring; one who missed a deadline may lose the lead."""

        def endings(before: Placement, now: datetime) -> Sequence[LeadEvent]:
            return deadlines.due_events(before, self.desk_of(before.policy_version).router, now)

        return (yield from self.passed_on(lead_id, endings, records))

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

        return (yield from self._persistently(step))

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
        yield from self._under_its_policy(draft)
        before = draft.placed
        try:
            lead = as_scored((yield from self.lead(before.lead_id, books)), before, books.desk)
        except UNREADABLE as error:
            yield from draft.happen(transitions.failure(before, error, before.rule, books))
            return Failed(error, before.rule)
        others = yield from asked(before, books)
        begun = begin(lead, others, books)
        event, failed = yield from self._decide(begun, draft, others)
        if draft.events or transitions.is_news(event, before):
            yield from draft.happen(event)
        return failed

    def _decide(
        self, begun: Begun, draft: Draft, asked_before: Mapping[str, str] = FrozenDict()
    ) -> Steps[tuple[LeadEvent, Failed | None]]:
        """The event that follows from a decision, and what the policy raised."""
        books, before = draft.books, draft.placed
        is_new = before.status is Status.RECEIVED
        draft.line = begun.line or draft.line
        judged = yield from finish(begun, books)
        line = begun.line
        others = is_new and any(map(books.counted, begun.counters()))
        behind = others and isinstance(judged, Chosen) and line is not None
        if self.desk.decisions != "none":
            draft.kept = yield from self._kept(
                begun.lead, judged, asked_before, draft, behind=behind
            )
        if isinstance(judged, Failed):
            failure = transitions.failure(before, judged.error, judged.rule, books)
            return deadlines.decided(failure, before, begun.rule, books), judged
        if behind:
            # It joins those who wait in its line, which is served from its head.
            reason, version = Outcome.NONE_AVAILABLE.value, self.desk.router.version
            named = draft.line.rule, None, version
            event: LeadEvent = Waiting(books.now, reason, *named, line=draft.line.id)
        else:
            event = yield from transitions.event_of(judged, line, books)
        return deadlines.decided(event, before, begun.rule, books), None

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


def as_scored(lead: Lead, before: Placement, desk: Desk) -> Lead:
    """The lead with the score that it had when submitted, where the policy scores leads."""
    if desk.router.lead_scoring is None:
        return lead
    return with_score(lead, transitions.kept_score(before))


def _new(lead_id: str, record: Record | None, books: Books) -> Draft | Placement:
    """The beginning of a new lead, or the placement of one that is known.

    One that was forgotten begins again, and its log goes on. Of two processes that submit one lead,
    one fails at the version of the placement and reads it.
    """
    if record is None:
        return Draft(lead_id, None, 0, books)
    placed = placement_of(record, lead_id)
    forgotten = placed.status is Status.FORGOTTEN
    return Draft(lead_id, placed, record.version, books) if forgotten else placed
