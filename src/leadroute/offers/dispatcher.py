"""The dispatcher: leads submitted, offered, answered, timed out and passed on, over a store.

* Every call reads, decides in a pure function, and commits one change. When the commit loses a race it reads again.
* Nothing runs by itself. ``sweep`` is the only timer, and the host calls it as often as it likes,
  from as many processes as it likes.
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
from leadroute.plain import document
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router

_OWNED: Final = (Status.ACCEPTED, Status.CONTACTED)
_NOBODY: Final[Mapping[str, str]] = FrozenDict()


def _expired(before: Placement, books: Books) -> LeadEvent | None:
    return transitions.expiry(before, books.now)


def _shift_over(before: Placement, books: Books) -> LeadEvent | None:
    return transitions.end_of_shift(before, books.now)


def _kept_to(
    lead_id: str, step: Callable[[], Placement], errors: list[FailedLead]
) -> Placement | None:
    """Take a step with one lead; what is wrong with its documents is named and stops nobody else."""
    try:
        return step()
    except (NewerFormatError, ValidationError, LeadNotFoundError) as error:
        errors.append(FailedLead(lead_id, error))
        return None


@guided
@guided_attributes
@frozen(eq=False)
class Dispatcher(Generic[AnyClock_co]):
    """The stateful face of a policy: it keeps every lead in a store. Build one per request or job.

    Args:
        router: The policy.
        roster: The reps, as a ``Roster`` or a list.
        store: Where placements are kept; bound to the host's transaction when they shall be part of it.
        clock: Where the present comes from.
        track_records: What became of earlier leads, for the scorers that learn from it:
            ``track_records_of(histories)``, or ``tracked()``, made as often as you like.
        track_outcomes_by: The fields of the lead by which outcomes are counted in the store as they
            happen, such as ``["industry"]``, or ``["lead['plan']"]`` for an attribute; ``[]``
            counts all leads together, ``None`` nothing. Names, e-mail addresses and phone numbers
            are refused.
        presence: Whether each rep is at work this minute, by rep id: a mapping of your own that you
            keep up to date. It is read at every decision. Who is not in it is not asked about.

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
        """Take a lead in: score it, qualify it, decide, and offer it, in one change.

        Submitting a lead again changes nothing and gives its placement as it is now.

        Args:
            lead: The lead; its id is what makes it the same lead.
            trigger: What set it off, such as ``form``: a word of your own list, up to 80
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
            ConflictError: Other processes were faster for half a minute. Nothing is stored.
        """
        must_be(Lead, lead=lead)
        if on_error not in ("catch_all", "raise"):
            raise ConfigError(f"on_error is {on_error!r:.40}; write 'catch_all' or 'raise'")
        return persistently(partial(self._submit, lead, trigger, on_error))

    def accept(self, lead_id: str, rep_id: str) -> Placement:
        """A rep takes the lead that is offered to them. Accepting again changes nothing.

        Raises:
            NotOfferedError: The lead is not offered to this rep; the message says who has it and since when.
            OfferExpiredError: The offer to this rep has ended.
            LeadNotFoundError: The lead was never submitted.
        """
        must_be(str, rep_id=rep_id)
        found = self.roster.get(rep_id)
        rep = None if found is None else self._working(found)
        accepted = self._advance(
            lead_id, lambda before, books: transitions.acceptance(before, rep_id, books.now, rep)
        )
        return self._freeing("accept", accepted)

    def assign(self, lead_id: str, rep_id: str, *, by: str) -> Placement:
        """Give the lead to a rep by hand, whoever has it. To its owner, it changes nothing.

        It counts for the rep's load and caps and may take them past their limits, which the log
        then says (``Assigned.over``); it does not count as their turn. Whoever had it before gets
        back what it counted against them, and keeps the turn that they took when they accepted.

        Args:
            lead_id: The lead.
            rep_id: The new owner, who must be in the roster.
            by: Who does this: an id or a role of your own, up to 80 characters.

        Raises:
            InvalidTransitionError: The lead has ended.
            LeadNotFoundError: The lead was never submitted.
            UnknownFieldError: The rep is not in the roster.
            ValidationError: ``by`` cannot be kept.
            FieldTypeError: A rule met a fact of the wrong type.
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
        """Give a rep turns beside their share, or withhold some; every rotation counts them from the next decision on.

        The same rep, pool, reason and cause are granted something once; doing it again changes nothing.

        Args:
            rep_id: The rep.
            turns: How many; below 0 they are withheld.
            reason: ``make_up`` for a lead that was void, ``skip``, ``absence`` or ``joiner``.
            cause: The id of what led to it, usually the lead.
            expires: When what is left of it is over, aware.
            pool: The pool; when not given, the one through which the lead was placed that is the cause.

        Returns:
            What was granted, now or before; ``None`` when the lead was a granted turn itself and is not made up for.

        Raises:
            UnknownFieldError: There is no such rep or pool.
            ValidationError: Something cannot be kept, or is over already.
            ConfigError: No pool was given, and the cause does not tell it.
        """
        credit, rep = TurnCredit(expires, reason, cause, turns), self.roster[rep_id]
        where = turn_credits.pool_of(self.store, self.router, cause, pool)
        return persistently(
            lambda: turn_credits.post(self.store, where, rep.id, credit, self._now())
        )

    def release(self, lead_id: str) -> Placement:
        """The lead is open work no more, though it has not ended: its owner has room for another.

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
        """A rep refuses the lead, and it goes to the next rep at once.

        Args:
            lead_id: The lead.
            rep_id: Who refuses.
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
        placement = _kept_to(lead_id, partial(self._place, lead_id, []), []) or declined
        self._serve_others()
        return placement

    def record_contact(self, lead_id: str) -> Placement:
        """The owner has reached the lead. Saying so again changes nothing.

        Raises:
            InvalidTransitionError: Nobody owns the lead, or it has ended.
            LeadNotFoundError: The lead was never submitted.
        """
        reached = self._advance(
            lead_id, lambda before, books: transitions.contact(before, books.now)
        )
        return self._freeing("contact", reached)

    def feedback(
        self,
        lead_id: str,
        status: str,
        *,
        value: float | None = None,
    ) -> Placement:
        """The owner says what became of the lead. Saying the same again changes nothing.

        Feedback that closes the lead frees the owner's capacity, which goes to the lead that waits first.

        Args:
            lead_id: The lead.
            status: One of the policy's dispositions or their spellings, such as ``meeting`` or
                ``Closed Won``, whatever its case, blanks and punctuation.
            value: What it was worth, in your currency.

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
        """Do what time has made due: end offers that ran out, pass their leads on, and serve waiting leads.

        Waiting leads are served by priority, then lead score, then age. One that cannot be judged holds up no other.
        Safe to call at any time and from many processes at once. O(due and waiting leads).

        Args:
            early: Judge also the leads that wait for an opening hour which is still to come. Say so once after the
                roster, the presence or the policy has changed: somebody may be there sooner.
        """
        must_be(bool, early=early)
        now = to_micros(self._now())
        timed_out = 0
        errors = list[FailedLead]()
        for lead_id in queries.due(self.store, Status.OFFERED, now):
            expired = _kept_to(lead_id, partial(self._advance, lead_id, _expired), errors)
            if expired is not None and expired.status is Status.WAITING:
                timed_out += 1
        for owned in _OWNED:
            for lead_id in queries.due(self.store, owned, now):
                _kept_to(lead_id, partial(self._advance, lead_id, _shift_over), errors)
        found = Counter(placed.status for placed in self._serve_waiting(errors, early=early))
        offered, caught = found[Status.OFFERED], found[Status.CATCH_ALL]
        return SweepResult(timed_out, offered, caught, self.next_wakeup(), tuple(errors))

    def next_wakeup(self) -> datetime | None:
        """When time alone can next give ``sweep`` something to do: sweep then, and ask again.

        It is the end of an offer or of a shift, an opening hour, the end of a wrap-up, or the turn
        of a cap. It may be too early for a lead, and then nothing happens; it is never too late.

        Returns:
            An instant after now, or ``None`` when there is none. Sweep first: what is due already
            is not foretold. Leads that wait for a rep to finish something are served when that is
            said. Sweep too when you change the presence, the roster or the policy, and now and then
            where conditions ask what time it is.
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
        """What is known about a lead now.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return queries.known(self.store, lead_id)[0]

    def history(self, lead_id: str) -> tuple[LeadEvent, ...]:
        """Everything that has happened to a lead, in order.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return queries.happenings(self.store, lead_id)

    def snapshot(self) -> Snapshot:
        """The counts that a decision made now would read. O(reps)."""
        return self._snapshot(self._now())

    def tracked(self) -> TrackRecords:
        """What the store has counted for ``track_outcomes_by``. O(reps * weeks * segments): not for every lead."""
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
        before = queries.found(self.store, lead.id)
        if before is not None:
            return before[0]
        kept = transitions.lead_document(lead)
        books, failed = self._books(), list[FailedLead]()
        scored, decided = self._decide(lead, None, books, failed)
        if failed and on_error == "raise":
            raise failed[0].error
        received = transitions.reception(scored, trigger, self.router.version, books.now)
        extra = (Once(submit_key(lead.id), lead.id), Put(lead_key(lead.id), kept, 0))
        return self._commit(None, [received, decided], lead.id, 0, books, extra, lead)

    def _books(self) -> Books:
        return Books(self.store, self.router, self._now(), self.track_records, self.presence)

    def _decide(
        self, lead: Lead, before: Placement | None, books: Books, failed: list[FailedLead]
    ) -> tuple[Lead, LeadEvent]:
        """The lead as it was scored, and what follows from the decision about it.

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
        def step() -> Placement:
            before, version = queries.known(self.store, lead_id)
            books = self._books()
            event = event_of(before, books)
            if event is None:
                return before
            return self._commit(before, [event], lead_id, version, books)

        return persistently(step)

    def _freeing(self, stage: str, placement: Placement) -> Placement:
        """Serve who waits for room, where this stage of a lead gives some back."""
        if placement.release_on == stage:
            self._serve_others()
        return placement

    def _serve_others(self) -> None:
        """Serve who waits for the room that a call gave back.

        The call itself is stored, so no trouble with another lead may look like its failure, and
        neither may trouble of the store: the next sweep serves them.
        """
        with suppress(Exception):
            for _ in self._serve_waiting([], at_most=1):
                pass

    def _place(self, lead_id: str, failed: list[FailedLead]) -> Placement:
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
        """Judge the waiting leads that are due again, until the room of ``at_most`` may be used."""
        if at_most is not None:
            at_most *= max((rule.capacity_cost for rule in self.router.rules), default=1) or 1
        offers = 0
        upto = LATEST if early else to_micros(self._now())
        lead_ids, unreadable = queries.waiting(self.store, upto)
        errors += unreadable
        for lead_id in lead_ids:
            if offers == at_most:
                break
            failed = list[FailedLead]()
            placement = _kept_to(lead_id, partial(self._place, lead_id, failed), errors)
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
        after, ops = transitions.operations(before, events, lead_id, version, document, books)
        if self.track_outcomes_by is not None:
            told = lead or (
                queries.lead(self.store, lead_id) if self.track_outcomes_by else Lead(lead_id)
            )
            extra = (*extra, *counts_of(before, events, told, self.track_outcomes_by))
        self.store.commit(Change(urandom(16).hex(), (*extra, *ops)))
        return after
