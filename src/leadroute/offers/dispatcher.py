"""The dispatcher: leads submitted, offered, answered, timed out and passed on, over a store.

* Every call reads, decides in a pure function, and commits one change. When the commit loses a race it reads again.
* Nothing runs by itself. ``sweep`` is the only timer; call it as often as you like, from as many
  processes as you like.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from os import urandom
from typing import Any, Final, Generic, Literal, cast

from attrs import field, frozen
from attrs.converters import optional

from leadroute.clock import AnyClock_co, Clock, SystemClock, as_clock
from leadroute.errors import (
    ConfigError,
    LeadNotFoundError,
    NewerFormatError,
    ValidationError,
)
from leadroute.model.duration import from_micros, to_micros
from leadroute.model.guidance import guided, guided_attributes
from leadroute.model.keys import lead_key, submit_key
from leadroute.model.lead import Lead, with_score
from leadroute.model.rep import Presence, Rep
from leadroute.model.roster import Roster, roster_of
from leadroute.model.snapshot import Reason, Snapshot, TurnCredit
from leadroute.model.timeline import LATEST
from leadroute.model.track_record import TrackRecords
from leadroute.model.validation import FrozenDict, aware, must_be, of_kind
from leadroute.offers import queries, transitions, turn_credits
from leadroute.offers.change import Change, Once, Op, Put
from leadroute.offers.counts import Books, by_rep, counted
from leadroute.offers.dispatching import FailedLead, SweepResult, persistently
from leadroute.offers.events import LeadEvent
from leadroute.offers.outcome_counts import counts_of, fields_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.queries import next_turn
from leadroute.offers.store import Store
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router

_OWNED: Final = (Status.ACCEPTED, Status.CONTACTED)
_NOBODY: Final[Mapping[str, str]] = FrozenDict()


def _expired(before: Placement, books: Books) -> LeadEvent | None:
    return transitions.expiry(before, books.now)


def _shift_over(before: Placement, books: Books) -> LeadEvent | None:
    return transitions.end_of_shift(before, books.now)


def _unless_unreadable(
    lead_id: str, step: Callable[[], Placement], errors: list[FailedLead]
) -> Placement | None:
    """Take a step with one lead; a document that cannot be read is noted and stops no other lead."""
    try:
        return step()
    except (NewerFormatError, ValidationError, LeadNotFoundError) as error:
        errors.append(FailedLead(lead_id, error))
        return None


@guided
@guided_attributes
@frozen(eq=False)
class Dispatcher(Generic[AnyClock_co]):
    """A policy with a store: it offers leads and records the answers.

    Build one for each request or job; it keeps nothing outside its store.

    Args:
        router: The policy.
        roster: The reps, as a ``Roster`` or a list.
        store: Where placements are kept; a bound store keeps them in your own transaction.
        clock: The source of the present; the clock of the machine by default.
        track_records: The results of earlier leads, which some scorers read:
            ``track_records_of(histories)`` or ``tracked()``; none by default.
        track_outcomes_by: The fields of the lead by which outcomes are counted in the store as they
            happen, such as ``["industry"]``, or ``["lead['plan']"]`` for an attribute; ``[]``
            counts all leads together, ``None`` nothing. Names, e-mail addresses and phone numbers
            are refused.
        presence: Whether each rep is at work this minute, by rep id: a mapping of your own that you
            keep up to date. It is read at every decision. A rep who is not in it counts as present.

    Raises:
        UnknownFieldError: ``track_outcomes_by`` names a field that the lead does not have, or that is personal.
        FieldTypeError: Something is of the wrong kind.

    Example:
        >>> from leadroute import Rep, Rule
        >>> from leadroute.stores import MemoryStore
        >>> router = Router(rules=[Rule("all", accept_within="5m")])
        >>> dispatcher = Dispatcher(router, Roster([Rep("ada")]), MemoryStore())
        >>> dispatcher.submit(Lead("L-1")).rep_id
        'ada'
        >>> str(dispatcher.accept("L-1", "ada"))
        'lead L-1 is accepted by ada'
    """

    router: Router = field(validator=of_kind(Router))
    roster: Roster = field(converter=roster_of)
    store: Store = field(validator=of_kind(Store))
    clock: AnyClock_co = field(
        factory=cast("Any", SystemClock), converter=as_clock, validator=of_kind(Clock)
    )
    track_records: TrackRecords = field(default=TrackRecords(), validator=of_kind(TrackRecords))
    presence: Mapping[str, Presence] = field(default=FrozenDict(), converter=by_rep)
    track_outcomes_by: Iterable[str] | None = field(default=None, converter=optional(fields_of))

    def submit(
        self,
        lead: Lead,
        *,
        trigger: str = "",
        on_error: Literal["catch_all", "raise"] = "catch_all",
    ) -> Placement:
        """Score and qualify a lead, decide, and make the first offer.

        All of it is one change of the store. Submitting a lead again changes nothing and returns its
        placement as it is now.

        Args:
            lead: The lead; two leads with one id are the same lead.
            trigger: The cause, such as ``form``: a word of your own list, up to 80
                characters; not free text, because it goes into the log, which keeps no personal
                data.
            on_error: When a rule, a scorer, a predicate or a calendar raises an error:
                ``catch_all`` (default) stores the lead with the catch-all, and the placement names
                the class of the error; ``raise`` stores nothing and raises it.

        Returns:
            The placement: offered, waiting, with the catch-all, or disqualified.

        Raises:
            ConfigError: ``on_error`` is another word.
            ValidationError: The trigger cannot be kept, or the lead is too large. Nothing is stored.
            ConflictError: Other processes changed the same counters for half a minute. Nothing is stored.
        """
        must_be(Lead, lead=lead)
        if on_error not in ("catch_all", "raise"):
            raise ConfigError(f"on_error is {on_error!r:.40}; write 'catch_all' or 'raise'")
        return persistently(partial(self._submit, lead, trigger, on_error))

    def accept(self, lead_id: str, rep_id: str) -> Placement:
        """Record that a rep accepts the lead that is offered to them.

        Accepting again changes nothing.

        Raises:
            NotOfferedError: The lead is not offered to this rep; the message names the rep who has it.
            OfferExpiredError: The offer to this rep has ended.
            LeadNotFoundError: The lead was never submitted.
        """
        must_be(str, rep_id=rep_id)
        found = self.roster.get(rep_id)
        rep = None if found is None else self._working(found)
        accepted = self._advance(
            lead_id, lambda before, books: transitions.acceptance(before, rep_id, books.now, rep)
        )
        return self._serve_after("accept", accepted)

    def assign(self, lead_id: str, rep_id: str, *, by: str) -> Placement:
        """Give the lead to a rep by hand.

        Nothing changes when that rep owns it already. The lead counts for the rep's load and caps,
        and may exceed them; the log then names the exceeded limits (``Assigned.over``). It does not
        count as a turn. The rep who had it before gets back the capacity and the caps, and keeps the
        turn that they took when they accepted.

        Args:
            lead_id: The lead.
            rep_id: The new owner, who must be in the roster.
            by: The person who decides this: an id or a role of your own, up to 80 characters.

        Raises:
            InvalidTransitionError: The lead has ended.
            LeadNotFoundError: The lead was never submitted.
            UnknownFieldError: The rep is not in the roster.
            ValidationError: ``by`` cannot be kept.
            FieldTypeError: A rule met a value of the wrong type.
        """
        must_be(str, rep_id=rep_id)
        rep = self._working(self.roster[rep_id])
        queries.known(self.store, lead_id)
        lead = queries.lead(self.store, lead_id)

        def assigned(before: Placement, books: Books) -> LeadEvent | None:
            rule = self.router.match(self._as_scored(lead, before), books.now)
            charges = self.router.charges(lead, rule, None, books.now)
            return transitions.assignment(before, rep, by, rule, charges, books, books.now)

        placement = self._advance(lead_id, assigned)
        self._serve_others()
        return placement

    def credit_turns(
        self,
        rep_id: str,
        turns: int = 1,
        *,
        reason: Reason,
        cause: str,
        expires: datetime,
        pool: str | None = None,
    ) -> TurnCredit | None:
        """Give a rep extra turns, or withhold some.

        They count from the next decision on. Doing it again with the same rep, pool, reason and cause
        changes nothing.

        Args:
            rep_id: The rep.
            turns: The number of turns; below 0 they are withheld; default 1.
            reason: ``make_up`` for a void lead, ``skip``, ``absence`` or ``joiner``.
            cause: The id of the cause, usually of the lead.
            expires: The instant at which unused turns expire, aware.
            pool: The pool; by default the pool through which the lead ``cause`` was placed.

        Returns:
            The credit, new or from before; ``None`` when the lead was itself an extra turn, which is not made up for.

        Raises:
            UnknownFieldError: There is no such rep or pool.
            ValidationError: Something cannot be kept, or is over already.
            ConfigError: There is no ``pool``, and the cause is not a placed lead.
        """
        credit, rep = TurnCredit(expires, reason, cause, turns), self.roster[rep_id]
        where = turn_credits.pool_of(self.store, self.router, cause, pool)
        return persistently(
            lambda: turn_credits.post(self.store, where, rep.id, credit, self._now())
        )

    def release(self, lead_id: str) -> Placement:
        """Give the owner's capacity back, though the lead has not ended.

        Raises:
            InvalidTransitionError: Nobody owns the lead.
            LeadNotFoundError: The lead was never submitted.
        """
        placement = self._advance(
            lead_id, lambda before, books: transitions.release(before, books.now)
        )
        self._serve_others()
        return placement

    def decline(self, lead_id: str, rep_id: str, reason: str = "") -> Placement:
        """Record that a rep declines; the lead goes to the next rep.

        Declining again changes nothing.

        Args:
            lead_id: The lead.
            rep_id: The rep who declines.
            reason: A word of your own list of reasons, up to 80 characters; not free text, because
                it goes into the log, which keeps no personal data.

        Returns:
            The placement after the next decision: offered to the next rep, waiting, or with the catch-all.

        Raises:
            NotOfferedError: The lead is not offered to this rep.
            OfferExpiredError: The offer to this rep has ended.
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The reason is too long.
        """
        must_be(str, rep_id=rep_id)
        declined = self._advance(
            lead_id, lambda before, books: transitions.refusal(before, rep_id, reason, books.now)
        )
        # What stands in the way of the next decision is reported by the next sweep.
        placement = (
            _unless_unreadable(lead_id, partial(self._decide_again, lead_id, []), []) or declined
        )
        self._serve_others()
        return placement

    def record_contact(self, lead_id: str) -> Placement:
        """Record that the owner has reached the lead; repeating it changes nothing.

        Raises:
            InvalidTransitionError: Nobody owns the lead, or it has ended.
            LeadNotFoundError: The lead was never submitted.
        """
        reached = self._advance(
            lead_id, lambda before, books: transitions.contact(before, books.now)
        )
        return self._serve_after("contact", reached)

    def feedback(
        self,
        lead_id: str,
        status: str,
        *,
        value: float | None = None,
    ) -> Placement:
        """Record the result of a lead; repeating it changes nothing.

        Feedback that closes the lead gives the owner's capacity back, and the first waiting lead is offered.

        Args:
            lead_id: The lead.
            status: One of the policy's dispositions or their spellings, such as ``meeting`` or
                ``Closed Won``, whatever its case, blanks and punctuation.
            value: The value of the deal, in your currency; not known by default.

        Raises:
            InvalidTransitionError: Nobody owns the lead, or it has ended with other feedback.
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The status is not a disposition of the policy, with the nearest one; or
                the value cannot be kept.
        """
        words = self.router.dispositions
        placement = self._advance(
            lead_id,
            lambda before, books: transitions.feedback(before, status, value, words, books.now),
        )
        if placement.status is Status.CLOSED:
            self._serve_others()
        return placement

    def sweep(self, *, early: bool = False) -> SweepResult:
        """End expired offers, offer their leads again, and offer waiting leads.

        Waiting leads go out by priority, then lead score, then age. An error with one lead does not stop the others.
        Safe to call at any time and from many processes at once. O(due and waiting leads).

        Args:
            early: Decide also about leads whose opening hour is still to come; default ``False``. Pass
                ``True`` once after a change of roster, presence or policy: a rep may be there sooner.
        """
        must_be(bool, early=early)
        now = to_micros(self._now())
        timed_out = 0
        errors = list[FailedLead]()
        for lead_id in queries.due(self.store, Status.OFFERED, now):
            expired = _unless_unreadable(lead_id, partial(self._advance, lead_id, _expired), errors)
            if expired is not None and expired.status is Status.WAITING:
                timed_out += 1
        for owned in _OWNED:
            for lead_id in queries.due(self.store, owned, now):
                _unless_unreadable(lead_id, partial(self._advance, lead_id, _shift_over), errors)
        found = Counter(placed.status for placed in self._serve_waiting(errors, early=early))
        offered, caught = found[Status.OFFERED], found[Status.CATCH_ALL]
        return SweepResult(timed_out, offered, caught, self.next_wakeup(), tuple(errors))

    def next_wakeup(self) -> datetime | None:
        """Return the next instant at which ``sweep`` can have work.

        It is the end of an offer or of a shift, an opening hour, the end of a wrap-up, or the next
        period of a cap. It may be too early for a lead, and then nothing happens; it is never too late.

        Returns:
            An instant after now, or ``None`` when there is none. Sweep first: work that is due already
            is left out. A lead that waits for capacity is offered by the call that gives it back. Sweep
            too when you change the presence, the roster or the policy, and now and then where
            conditions read the time.
        """
        now = self._now()
        at = to_micros(now)
        dues = [
            from_micros(due)
            for status in (Status.OFFERED, Status.WAITING, *_OWNED)
            if (due := queries.next_wakeup(self.store, status, at)) is not None
        ]
        if queries.waits(self.store, at):
            turn = next_turn(self.router, self.roster, self._snapshot(now), now)
            dues += [] if turn is None else [turn]
        return min(dues, default=None)

    def placement(self, lead_id: str) -> Placement:
        """Return the placement of a lead as it is now.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return queries.known(self.store, lead_id)[0]

    def history(self, lead_id: str) -> tuple[LeadEvent, ...]:
        """Return all events of a lead, in order.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return queries.happenings(self.store, lead_id)

    def snapshot(self) -> Snapshot:
        """Return the counts that a decision reads now. O(reps)."""
        return self._snapshot(self._now())

    def tracked(self) -> TrackRecords:
        """Return the outcomes that ``track_outcomes_by`` has counted.

        O(reps * weeks * segments): do not call it for every lead.
        """
        return TrackRecords.from_counters(self.store.counts(prefix="outcome/"))

    def _snapshot(self, now: datetime) -> Snapshot:
        return counted(self.store, self.roster, self.router, now, self.track_records, self.presence)

    def _working(self, rep: Rep) -> Rep:
        """The rep with the holidays of the policy, for the end of their shift."""
        (found,) = observing((rep,), self.router.holidays)
        return found

    def _now(self) -> datetime:
        return aware(self.clock.now(), "clock.now()")

    def _submit(self, lead: Lead, trigger: str, on_error: str) -> Placement:
        """Read, decide and commit once; raise ``ConflictError`` when another process was faster."""
        found = queries.found(self.store, lead.id)
        if found is not None:
            return found[0]
        text = transitions.lead_document(lead)  # before the decision: it may be too large to keep
        books, failed = self._books(), list[FailedLead]()
        scored, decided = self._decide(lead, None, books, failed)
        if failed and on_error == "raise":
            raise failed[0].error
        received = transitions.reception(scored, trigger, self.router.version, books.now)
        # Of two processes that submit one lead, one fails at the once-key and reads the placement.
        extra = (Once(submit_key(lead.id), lead.id), Put(lead_key(lead.id), text, 0))
        return self._commit(None, [received, decided], lead.id, 0, books, extra, lead)

    def _books(self) -> Books:
        return Books(self.store, self.router, self._now(), self.track_records, self.presence)

    def _decide(
        self, lead: Lead, before: Placement | None, books: Books, failed: list[FailedLead]
    ) -> tuple[Lead, LeadEvent]:
        """Return the scored lead, and the event that follows from the decision.

        Whatever a rule, a scorer, a predicate or a calendar raises becomes an event too, and is
        named in ``failed``: here alone, so that no lead holds up another. What the store raises
        passes through.
        """
        previous_offers = _NOBODY if before is None else before.previous_offers
        try:
            lead = self.router.scored(lead, books.now)
            found = self.router.judge(lead, self.roster, books.now, books, previous_offers)
            return lead, transitions.event_of(found, self.router, books, books.now)
        except Exception as error:
            if books.troubled:
                raise
            books.forget()
            failed.append(FailedLead(lead.id, error, self._rule_of(lead, books.now)))
            return lead, transitions.failure(before, error, self.router, books.now)

    def _rule_of(self, lead: Lead, now: datetime) -> str | None:
        """The name of the rule that matches a lead; ``None`` when matching fails too."""
        with suppress(Exception):
            rule = self.router.match(lead, now)
            return None if rule is None else rule.name
        return None

    def _as_scored(self, lead: Lead, before: Placement) -> Lead:
        """The lead with the score that it had when submitted, where the policy scores leads."""
        if self.router.lead_scoring is None:
            return lead
        return with_score(lead, transitions.kept_score(before))

    def _advance(
        self, lead_id: str, event_of: Callable[[Placement, Books], LeadEvent | None]
    ) -> Placement:
        """Read a placement and commit the event that follows from it; ``None`` commits nothing."""

        def step() -> Placement:
            before, version = queries.known(self.store, lead_id)
            books = self._books()
            event = event_of(before, books)
            if event is None:
                return before
            return self._commit(before, [event], lead_id, version, books)

        return persistently(step)

    def _serve_after(self, stage: str, placement: Placement) -> Placement:
        """Offer a waiting lead when this stage of a lead gives capacity back."""
        if placement.release_on == stage:
            self._serve_others()
        return placement

    def _serve_others(self) -> None:
        """Offer a waiting lead to use the capacity that a call gave back.

        The call itself is stored, so no trouble with another lead may look like its failure, and
        neither may trouble of the store: the next sweep serves them.
        """
        with suppress(Exception):
            for _ in self._serve_waiting([], at_most=1):
                pass

    def _decide_again(self, lead_id: str, failed: list[FailedLead]) -> Placement:
        """Decide again about a lead that waits; note in ``failed`` what the policy raised."""
        lead = queries.lead(self.store, lead_id)

        def decide(before: Placement, books: Books) -> LeadEvent | None:
            if before.status is not Status.WAITING:
                return None
            failed.clear()  # of a try that lost a race
            _, event = self._decide(self._as_scored(lead, before), before, books, failed)
            return event if transitions.is_news(event, before) else None

        return self._advance(lead_id, decide)

    def _serve_waiting(
        self, errors: list[FailedLead], at_most: int | None = None, *, early: bool = False
    ) -> Iterator[Placement]:
        """Decide about waiting leads that are due, to replace ``at_most`` leads; ``None`` is without limit."""
        if at_most is not None:
            # One lead that ended may have held the room of several cheaper leads.
            at_most *= max((rule.capacity_cost for rule in self.router.rules), default=1) or 1
        offers = 0
        upto = LATEST if early else to_micros(self._now())
        lead_ids, unreadable = queries.waiting(self.store, upto)
        errors += unreadable
        for lead_id in lead_ids:
            if offers == at_most:
                break
            failed = list[FailedLead]()
            placement = _unless_unreadable(
                lead_id, partial(self._decide_again, lead_id, failed), errors
            )
            errors += failed
            if placement is not None:
                offers += placement.status is Status.OFFERED
                yield placement

    def _commit(
        self,
        before: Placement | None,
        events: list[LeadEvent],
        lead_id: str,
        version: int,
        books: Books,
        extra: tuple[Op, ...] = (),
        lead: Lead | None = None,
    ) -> Placement:
        """Commit events and what they do to the counters as one change."""
        after, ops = transitions.operations(before, events, lead_id, version, books)
        if self.track_outcomes_by is not None:
            outcome_of = lead or (
                queries.lead(self.store, lead_id) if self.track_outcomes_by else Lead(lead_id)
            )
            extra = (*extra, *counts_of(before, events, outcome_of, self.track_outcomes_by))
        self.store.commit(Change(urandom(16).hex(), (*extra, *ops)))
        return after
