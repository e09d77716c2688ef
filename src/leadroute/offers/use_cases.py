"""What a host can ask of a dispatcher, each as a generator that yields the requests to its store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from attrs import define, evolve

from leadroute.errors import ConfigError, ConflictError, LeadNotFoundError
from leadroute.model.duration import from_micros, to_micros
from leadroute.model.keys import decision_key, lead_key, placement_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Pause, Rep
from leadroute.model.snapshot import Snapshot, TrackRecords, TurnCredit
from leadroute.model.timeline import LATEST
from leadroute.model.validation import aware, must_be
from leadroute.offers import feedback, queries, requests, transitions, turn_credits
from leadroute.offers.assigning import assigned_by_hand
from leadroute.offers.auditing import AuditResult, AuditSteps
from leadroute.offers.change import Change, Check, Drop, Op, Put, Record
from leadroute.offers.counts import Books, Desk, counted
from leadroute.offers.decisions import DECISION, Decision, decision_of, dropped_pages, kept_at
from leadroute.offers.dispatching import ForgetResult, SweepResult
from leadroute.offers.events import (
    Assigned,
    Declined,
    LeadEvent,
    PolicyChanged,
)
from leadroute.offers.feedback import FeedbackNote, Said
from leadroute.offers.lifting import event_of, placement_of
from leadroute.offers.lines import length_key
from leadroute.offers.live_counts import counts_of
from leadroute.offers.outbox import OutboxEvent, OutboxSteps
from leadroute.offers.placement import Placement, Status
from leadroute.offers.previews import as_seen
from leadroute.offers.pulling import AvailableLead, LinePosition, NextLead, PullSteps
from leadroute.offers.queries import WorkItem
from leadroute.offers.rep_steps import RepSteps
from leadroute.offers.requests import Steps
from leadroute.offers.serving import LineSteps, Tally
from leadroute.offers.steps import Done, LeadSteps
from leadroute.plain import document, loads

_KEPT_IN_LOG: Final = timedelta(minutes=10)
_LAST_KEY = chr(0x10FFFF)
"""A key behind every other, to find what is due after an instant."""


@define(eq=False)
class UseCases:
    """The use cases of a dispatcher."""

    leads: LeadSteps
    lines: LineSteps
    events: OutboxSteps

    def submit(
        self,
        lead: Lead,
        trigger: str = "",
        on_error: Literal["catch_all", "raise"] = "catch_all",
        to: str | None = None,
    ) -> Steps[Placement]:
        """Score and qualify a lead, decide, and make the first offer."""
        must_be(Lead, lead=lead)
        if on_error not in ("catch_all", "raise"):
            raise ConfigError(f"on_error is {on_error!r:.40}; write 'catch_all' or 'raise'")
        if to is not None:
            return (yield from self.leads.handed(lead, self._rep(to), trigger)).placement
        done = yield from self.leads.submitted(lead, trigger, keep_failed=on_error == "catch_all")
        placed = done.placement
        if placed.status is Status.WITHDRAWN and self.leads.keep_place(placed) is not None:
            done = yield from self._returned(lead.id)
        return (yield from self._seen_again(done))

    def _returned(self, lead_id: str) -> Steps[Done]:
        """Decide again about a lead that was withdrawn and is back."""

        def endings(before: Placement, now: datetime) -> Sequence[LeadEvent]:
            if before.status is not Status.WITHDRAWN:
                return ()
            return (transitions.reopening(before, self.leads.keep_place(before), now),)

        return (yield from self.leads.passed_on(lead_id, endings))

    def _seen_again(self, done: Done) -> Steps[Placement]:
        """The placement of a lead that may have joined a line, once that was looked at again."""
        placed, tally = done.placement, Tally()
        if done.events and placed.line:
            with suppress(
                Exception
            ):  # the lead is stored, and the clock of its line brings it back
                yield from self._look_again(done, tally)
        return tally.placements.get(placed.lead_id, placed)

    def _look_again(self, done: Done, tally: Tally) -> Steps[None]:
        """Serve the line of a lead that has joined it, unless all is as it was when it was decided.

        Who became free in between has looked at the line before the lead stood in it.
        """
        line = self.leads.desk.lines.known(done.placement.line)
        seen = {} if done.books is None else done.books.seen()
        if line is None or not seen or self.lines.is_pulled(line):
            return
        others = seen.pop(length_key(line.id), 0)
        now = yield from requests.counts([*seen, length_key(line.id)])
        if others or any(now.get(key, 0) < n for key, n in seen.items()):
            yield from self.lines.serve([line], tally)

    def accept(self, lead_id: str, rep_id: str, token: str = "") -> Steps[Placement]:
        """Record that a rep accepts the lead that is offered to them."""
        must_be(str, rep_id=rep_id, token=token)
        done = yield from self.leads.accepted(lead_id, rep_id, token)
        yield from self.lines.after(done, Tally())
        return done.placement

    def decline(
        self,
        lead_id: str,
        rep_id: str,
        reason: str = "",
        kind: str = "declined",
        retry_after: str | timedelta | datetime | None = None,
        token: str = "",
    ) -> Steps[Placement]:
        """Record that a rep declines; the lead goes to the next rep in the same change."""
        must_be(str, rep_id=rep_id, token=token)

        def endings(before: Placement, now: datetime) -> Sequence[Declined]:
            given = reason, token, now, kind, retry_after
            event = transitions.refusal(before, rep_id, *given)
            return () if event is None else (event,)

        done = yield from self.leads.passed_on(lead_id, endings, asks=rep_id)
        return (yield from self._served_after(done))

    def _served_after(self, done: Done) -> Steps[Placement]:
        """The placement, once the lines of those whom a step freed are served."""
        tally = Tally()
        yield from self.lines.after(done, tally)
        return tally.placements.get(done.placement.lead_id, done.placement)

    def assign(self, lead_id: str, rep_id: str, by: str) -> Steps[Placement]:
        """Give the lead to a rep by hand."""
        rep = self._rep(rep_id)

        def events_of(before: Placement, books: Books) -> Steps[Sequence[Assigned]]:
            transitions.check_move(before, Assigned, "assign", rep.id)
            lead = transitions.as_scored(
                (yield from self.leads.lead(lead_id, books)), before, books.desk.router
            )
            return (yield from assigned_by_hand(before, lead, rep, by, books))

        done = yield from self.leads.advanced(lead_id, events_of)
        return (yield from self._served_after(done))

    def _rep(self, rep_id: str) -> Rep:
        """The rep with the holidays of the policy."""
        must_be(str, rep_id=rep_id)
        desk = self.leads.desk
        return desk.router.working((desk.roster[rep_id],))[0]

    def withdraw(self, lead_id: str, reason: str = "") -> Steps[Placement]:
        """End a lead without a result."""
        return self._reported(
            lead_id, lambda before, now: transitions.withdrawal(before, reason, now)
        )

    def reopen(self, lead_id: str) -> Steps[Placement]:
        """Decide again about a lead that had ended, or that nobody had."""

        def endings(before: Placement, now: datetime) -> Sequence[LeadEvent]:
            return (transitions.reopening(before, self.leads.keep_place(before), now),)

        done = yield from self.leads.passed_on(lead_id, endings)
        return (yield from self._seen_again(done))

    def another_chance(self, lead_id: str, rep_id: str) -> Steps[Placement]:
        """Let a lead be offered again to a rep who did not take it."""
        self._rep(rep_id)
        done = yield from self.leads.passed_on(
            lead_id, lambda before, now: transitions.another_chance(before, rep_id, now)
        )
        return (yield from self._seen_again(done))

    def pause(
        self, rep_id: str, until: datetime | None, why: str, cover: str | None
    ) -> Steps[Pause]:
        """Give a rep no offer from now on."""
        return RepSteps(self.lines).pause(rep_id, until, why, cover)

    def resume(self, rep_id: str) -> Steps[tuple[Placement, ...]]:
        """End the pause of a rep, and serve their lines."""
        return RepSteps(self.lines).resume(rep_id)

    def back(self, rep_id: str) -> Steps[tuple[Placement, ...]]:
        """Record that a rep came to work, and serve their lines."""
        return RepSteps(self.lines).back(rep_id)

    def reevaluate(self, lead_id: str) -> Steps[Placement]:
        """Decide about a waiting lead by the policy of today."""
        version = self.leads.desk.router.version

        def endings(before: Placement, now: datetime) -> Sequence[PolicyChanged]:
            transitions.check_move(before, PolicyChanged, "reevaluate")
            if before.policy_version == version:
                return ()
            return (PolicyChanged(now, before.policy_version, version),)

        done = yield from self.leads.passed_on(lead_id, endings)
        if not done.events:
            done = yield from self.leads.decided(lead_id)
        return (yield from self._seen_again(done))

    def update(self, lead: Lead) -> Steps[Placement]:
        """Keep what became known of a lead."""
        must_be(Lead, lead=lead)
        done = yield from self.leads.updated(lead)
        return (yield from self._seen_again(done))

    def reroute(self, lead_id: str) -> Steps[Placement]:
        """Decide again about a lead that was offered or owned."""
        done = yield from self.leads.passed_on(
            lead_id, lambda before, now: (transitions.rerouting(before, now),)
        )
        return (yield from self._served_after(done))

    def forget(self, lead_id: str) -> Steps[ForgetResult]:
        """Erase all that is known of a lead."""
        done = yield from self.leads.forgotten(lead_id)
        placed = yield from self._served_after(done)
        complete = (yield from requests.purge()) if self.leads.purges else True
        return ForgetResult(placed, complete)

    def release(self, lead_id: str) -> Steps[Placement]:
        """Give the owner's capacity back, though the lead has not ended."""
        return self._reported(lead_id, transitions.release)

    def record_contact(
        self, lead_id: str, rep: str | None = None, channel: str = ""
    ) -> Steps[Placement]:
        """Record that a rep has reached the lead."""
        by = None if rep is None else self._rep(rep).id
        return self._reported(
            lead_id, lambda before, now: transitions.contact(before, by, channel, now)
        )

    def feedback(self, lead_id: str, said: Said) -> Steps[Placement]:
        """Record the result of a lead."""
        done = yield from feedback.given(self.leads, lead_id, said)
        return (yield from self._served_after(done))

    def notes(self, lead_id: str) -> Steps[tuple[FeedbackNote, ...]]:
        """What was written about a lead."""
        return feedback.notes(self.leads, lead_id)

    def _reported(
        self, lead_id: str, event_of: Callable[[Placement, datetime], LeadEvent | None]
    ) -> Steps[Placement]:
        """Let happen what follows from a report, and serve those whom it freed."""
        done = yield from self.leads.reported(lead_id, event_of)
        return (yield from self._served_after(done))

    def credit_turns(
        self, rep_id: str, credit: TurnCredit, pool: str | None
    ) -> Steps[TurnCredit | None]:
        """Give a rep extra turns, or withhold some."""
        desk, rep = self.leads.desk, self.leads.desk.roster[rep_id]

        def step() -> Steps[TurnCredit | None]:
            books, cause = self.leads.books(), placement_key(credit.cause)
            record = (yield from books.records([cause])).get(cause)
            placed = None if record is None else placement_of(record, credit.cause)
            where = turn_credits.pool_of(desk.router, credit.cause, placed, pool)
            granted = turn_credits.record_key(where, rep.id, credit)
            known = (yield from books.records([granted])).get(granted)
            if known is not None:
                return loads(TurnCredit, known.data)
            turn_credits.check_current(rep.id, credit, books.now)
            guards: tuple[Check, ...] = ()
            if credit.reason == "make_up":
                if turn_credits.was_credited(placed, rep.id):
                    return None
                guards = (Check(cause, 0 if record is None else record.version),)
            (yield from books.credits(where)).give(rep.id, credit, books.now)
            ops: tuple[Op, ...] = (*guards, Put(granted, document(credit), 0), *books.operations())
            change = Change(self.leads.change_ids(), ops)
            yield from requests.commit(change, again=self.leads.sends_again)
            return credit

        return (yield from requests.persistently(step, again=self.leads.reads_again))

    def sweep(self, early: bool = False, limit: int | None = None) -> Steps[SweepResult]:
        """Do what is due: end offers and shifts, pass leads on, and serve the waiting lines."""
        must_be(bool, early=early)
        if limit is not None:
            requests.check_limit(limit, " leads")
        tally = Tally(limit)
        yield from self.lines.sweep(tally, early=early)
        wakeup = yield from self.next_wakeup()
        told = tally.timed_out, tally.offered, tally.catch_all, wakeup, tuple(tally.errors)
        return SweepResult(*told, tuple(tally.placements.values()))

    def next_wakeup(self) -> Steps[datetime | None]:
        """The next instant at which ``sweep`` can have work."""
        behind = Record(_LAST_KEY, 1, "", due=to_micros(self.leads.now()))
        page = yield from requests.find(after=behind, upto=LATEST, limit=1)
        due = page[0].due if page else None
        return None if due is None else from_micros(due)

    def next_for(self, rep_id: str) -> Steps[NextLead]:
        """Give a rep the best waiting lead that they may take."""
        return PullSteps(self.lines).next_for(rep_id)

    def available_leads(self, rep_id: str, limit: int = 20) -> Steps[tuple[AvailableLead, ...]]:
        """The waiting leads that a rep may claim."""
        return PullSteps(self.lines).available_leads(rep_id, limit)

    def claim(self, lead_id: str, rep_id: str) -> Steps[Placement]:
        """Give a waiting lead to a rep who has chosen it."""
        return PullSteps(self.lines).claim(lead_id, rep_id)

    def position(self, lead_id: str) -> Steps[LinePosition | None]:
        """The place of a waiting lead in its line."""
        return PullSteps(self.lines).position(lead_id)

    def placement(self, lead_id: str) -> Steps[Placement]:
        """The placement of a lead as it is now."""
        return (yield from self.leads.known(lead_id, self.leads.books()))[0]

    def preview(self, lead_id: str, rep_id: str | None = None) -> Steps[Lead]:
        """A lead as a rep may see it now."""
        if rep_id is not None:
            must_be(str, rep_id=rep_id)
        leads = self.leads
        books = leads.books()
        placed, _ = yield from leads.known(lead_id, books, lead_key(lead_id))
        shown = leads.desk_of(placed.policy_version).router.terms(placed.rule).preview
        return as_seen((yield from leads.lead(lead_id, books)), placed, shown, rep_id)

    def decision(self, lead_id: str) -> Steps[Decision | None]:
        """The last decision about a lead that is kept."""
        must_be(str, lead_id=lead_id)
        books, key = self.leads.books(), decision_key(lead_id)
        yield from self.leads.known(lead_id, books, key)
        record = (yield from books.records([key])).get(key)
        return None if record is None else (yield from decision_of(record, lead_id))

    def audit(
        self, limit: int = 1000, after: AuditResult | None = None, repair: bool = False
    ) -> Steps[AuditResult]:
        """Compare what a store holds with itself, a page at a time."""
        return AuditSteps(self.lines).page(limit, after, repair=repair)

    def trim(self, before: datetime, limit: int) -> Steps[int]:
        """Forget what is older and no longer needed."""
        requests.check_limit(limit)
        # The last minutes stay, because processes keep their counts in step by them.
        at = min(to_micros(aware(before, "before")), to_micros(self.leads.now() - _KEPT_IN_LOG))
        forgotten = yield from requests.trim(at, limit)
        old = yield from requests.find(status=DECISION, upto=kept_at(at - 1), limit=limit)
        for record in old:
            ops = (Drop(record.key, record.version), *dropped_pages(record))
            with suppress(ConflictError):  # a newer decision took its place
                change = Change(self.leads.change_ids(), ops)
                yield from requests.commit(change, again=self.leads.sends_again)
        return forgotten + len(old)

    def placements(
        self,
        rep_id: str | None = None,
        status: Status | str | None = None,
        rule: str | None = None,
        after: Placement | None = None,
        limit: int = 100,
    ) -> Steps[tuple[Placement, ...]]:
        """A page of placements."""
        return queries.page(rep_id, status, rule, after, limit)

    def worklist(self, rep_id: str) -> Steps[tuple[WorkItem, ...]]:
        """What a rep has to do."""
        return queries.worklist(rep_id)

    def history(self, lead_id: str) -> Steps[tuple[LeadEvent, ...]]:
        """All events of a lead, in order."""
        must_be(str, lead_id=lead_id)
        told = yield from requests.log_of(lead_id)
        if not told:
            raise LeadNotFoundError(lead_id)
        return tuple(map(event_of, told))

    def outbox(self, limit: int = 100) -> Steps[tuple[OutboxEvent, ...]]:
        """The events that may be delivered now, the first one of each lead."""
        return self.events.pending(limit)

    def ack(self, event: OutboxEvent) -> Steps[None]:
        """Record that an event was delivered."""
        return self.events.acknowledged(event)

    def defer(self, event: OutboxEvent, until: datetime, error: str = "") -> Steps[OutboxEvent]:
        """Record that the delivery of an event failed."""
        return self.events.deferred(event, until, error)

    def dead_letters(self, limit: int = 100) -> Steps[tuple[OutboxEvent, ...]]:
        """The events whose delivery was given up."""
        return self.events.dead_letters(limit)

    def deliver_again(self, event: OutboxEvent) -> Steps[None]:
        """Let a dead letter be delivered again."""
        return self.events.revived(event)

    def snapshot(self) -> Steps[Snapshot]:
        """The counts that a decision reads now."""
        return (yield from counted(self.leads.desk, self.leads.now()))

    def tracked(self) -> Steps[TrackRecords]:
        """The outcomes that ``track_outcomes_by`` has counted."""
        return TrackRecords.from_counters((yield from requests.counts(prefix="outcome/")))


def use_cases(dispatcher: Any) -> UseCases:
    """The use cases of a dispatcher, over what it was given."""
    given, store = dispatcher, dispatcher.store
    told = given.router, given.roster, given.track_records, given.presence, given.tokens
    counts_of(store, given.counts)
    desk = Desk(*told, given.publish, given.decisions, given.counts)
    bound = getattr(store, "is_bound", False)
    leads = LeadSteps(
        desk,
        given.clock,
        given.change_ids,
        given.track_outcomes_by,
        reads_again=not bound or getattr(store, "sees_commits", False),
        sends_again=not bound,
        purges=hasattr(store, "purge"),
        earlier={version: evolve(desk, router=router) for version, router in given.earlier.items()},
    )
    return UseCases(leads, LineSteps(leads), OutboxSteps(leads, given.max_attempts))
