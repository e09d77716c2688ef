"""The dispatcher: leads submitted, offered, answered, timed out and passed on, over a store.

* Every call reads, decides in a pure function, and commits one change. When the commit loses a race it reads again.
* Nothing runs by itself. ``sweep`` is the only timer; call it as often as you like, from as many
  processes as you like.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from os import urandom
from typing import Any, Generic, Literal, Self, TypeVar, cast

from attrs import Attribute, Factory, evolve, field, frozen
from attrs.converters import optional

from leadroute.clock import AnyClock_co, Clock, as_clock
from leadroute.errors import ConfigError
from leadroute.model.guidance import guided, guided_attributes
from leadroute.model.lead import Lead
from leadroute.model.rep import Presence, Reps, Roster, roster_of
from leadroute.model.snapshot import Reason, TrackRecords, TurnCredit
from leadroute.model.validation import FrozenDict, of_kind
from leadroute.offers.counts import by_rep, by_version
from leadroute.offers.decisions import Keeping, keeping
from leadroute.offers.dispatching import ForgetResult, SweepResult
from leadroute.offers.feedback import FeedbackNote, Said
from leadroute.offers.live_counts import LiveCounts
from leadroute.offers.outbox import attempts
from leadroute.offers.outbox_calls import OutboxCalls
from leadroute.offers.outcome_counts import fields_of
from leadroute.offers.placement import Placement
from leadroute.offers.pull_calls import PullCalls
from leadroute.offers.rep_calls import RepCalls
from leadroute.offers.requests import Steps, run
from leadroute.offers.store import Store, is_async
from leadroute.offers.store_clock import StoreClock, blocking_clock, default_clock
from leadroute.offers.store_reading import StoreReading
from leadroute.offers.use_cases import UseCases, use_cases
from leadroute.ranking.router import Router

T = TypeVar("T")


def random_id() -> str:
    """An id that nobody has had: 32 hexadecimal digits."""
    return urandom(16).hex()


def callable_(_instance: object, attribute: Attribute[Any], given: object) -> None:
    """A validator: something that can be called."""
    if not callable(given):
        raise ConfigError(f"{attribute.name} is {given!r:.60}; give a function")


def blocking(instance: object, attribute: Attribute[Any], store: object) -> None:
    """A validator: a store whose calls return answers."""
    of_kind(Store)(instance, attribute, store)
    if is_async(store):
        kind = type(store).__name__
        raise ConfigError(f"{kind} is an async store; give it to an AsyncDispatcher")


@guided
@guided_attributes
@frozen(eq=False)
class Dispatcher(PullCalls, RepCalls, StoreReading, OutboxCalls, Generic[AnyClock_co]):
    """A policy with a store: it offers leads and records the answers.

    Build one for each request or job; it keeps nothing outside its store.

    Args:
        router: The policy.
        roster: The reps, as a ``Roster`` or a list.
        store: Where placements are kept; a bound store keeps them in your own transaction.
        clock: The source of the present; by default ``StoreClock(store)`` for a store with the
            ability ``clock``, and the clock of the machine for any other.
        track_records: The results of earlier leads, which some scorers read:
            ``track_records_of(histories)`` or ``tracked()``; none by default.
        earlier: Earlier versions of the policy, by ``router.version``: a waiting lead is judged by the
            version that judged it before. Of a version that is not here the leads go over to
            ``router``, and an event says so. None by default.
        track_outcomes_by: The fields of the lead by which outcomes are counted in the store as they
            happen, such as ``["industry"]``, or ``["lead['plan']"]`` for an attribute; ``[]``
            counts all leads together, ``None`` nothing. Facts that may be personal are refused:
            the value is part of the name of a counter, which is never erased.
        presence: Whether each rep is at work this minute, by rep id: a mapping of your own that you
            keep up to date. It is read at every decision. A rep who is not in it counts as present.
        tokens: Gives each offer a token of its own; random ones by default.
        change_ids: Gives each change of the store an id of its own; random ones by default.
        publish: Whether events wait in the outbox until you acknowledge them; ``False`` by default.
        decisions: How much of the last decision about each lead is kept: ``compact`` (default) keeps
            who was scored how and who was left out by which code, ``full`` also all that making it
            again takes, ``none`` nothing.
        counts: The counters that this process keeps in step, ``LiveCounts(store)``: for pools of some
            hundred reps; by default the counters of the candidates are read for each decision.
        max_attempts: After how many failed deliveries an event is a dead letter, from 1 up; 20 by default.
        sleep: Waits for some seconds before a step that lost a race, or met a busy store, is taken
            again; ``time.sleep`` by default.

    Raises:
        ConfigError: ``track_outcomes_by`` names a fact that may be personal.
        UnknownFieldError: ``track_outcomes_by`` names a field that the lead does not have.
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
    store: Store = field(validator=blocking)
    clock: AnyClock_co = field(
        default=Factory(cast("Any", default_clock), takes_self=True),
        converter=as_clock,
        validator=[of_kind(Clock), blocking_clock],
    )
    track_records: TrackRecords = field(default=TrackRecords(), validator=of_kind(TrackRecords))
    presence: Mapping[str, Presence] = field(default=FrozenDict(), converter=by_rep)
    earlier: Mapping[str, Router] = field(default=FrozenDict(), converter=by_version)
    track_outcomes_by: Iterable[str] | None = field(default=None, converter=optional(fields_of))
    tokens: Callable[[], str] = field(default=random_id, validator=callable_)
    change_ids: Callable[[], str] = field(default=random_id, validator=callable_)
    publish: bool = field(default=False, validator=of_kind(bool))
    decisions: Keeping = field(default="compact", converter=keeping)
    counts: LiveCounts | None = None
    max_attempts: int = field(default=20, converter=attempts)
    sleep: Callable[[float], object] = field(default=time.sleep, validator=callable_)
    _cases: UseCases = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_cases", use_cases(self))

    def with_roster(self, roster: Reps) -> Self:
        """Return the same dispatcher with other reps; sweep early once with it.

        Example:
            >>> from leadroute import Rep, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [], MemoryStore())
            >>> dispatcher.submit(Lead("L-1")).status.value
            'catch_all'
            >>> dispatcher.with_roster([Rep("ada")]).submit(Lead("L-2")).rep_id
            'ada'
        """
        return evolve(self, roster=roster)

    def submit(
        self,
        lead: Lead,
        *,
        trigger: str = "",
        on_error: Literal["catch_all", "raise"] = "catch_all",
        to: str | None = None,
    ) -> Placement:
        """Score and qualify a lead, decide, and make the first offer.

        All of it is one change of the store. Submitting a lead again changes nothing and returns its
        placement as it is now; only one that was withdrawn is decided again where its rule has
        ``keep_place``, on the facts that are kept.

        Args:
            lead: The lead; two leads with one id are the same lead.
            trigger: The cause, such as ``form``: a word of your own list, up to 80
                characters; not free text, because it goes into the log, which keeps no personal
                data.
            on_error: When a rule, a scorer, a predicate or a calendar raises an error:
                ``catch_all`` (default) stores the lead with the catch-all, and the placement names
                the class of the error; ``raise`` stores nothing and raises it.
            to: The rep whose lead it is: nothing is decided, and the rep, or the cover of one who is
                paused, owns it at once, as by ``assign``. By default the policy decides.

        Returns:
            The placement: offered, waiting, with the catch-all, or disqualified.

        Raises:
            ConfigError: ``on_error`` is another word.
            UnknownFieldError: The rep in ``to`` is not in the roster.
            ValidationError: The trigger cannot be kept, or the lead is too large. Nothing is stored.
            ConflictError: Other processes changed the same counters for half a minute. Nothing is stored.
        """
        return self._run(self._cases.submit(lead, trigger, on_error, to))

    def accept(self, lead_id: str, rep_id: str, *, token: str = "") -> Placement:
        """Record that a rep accepts the lead that is offered to them.

        Accepting again changes nothing. The first of several reps who accepts has the lead, and
        the offers to the others are withdrawn in the same change. A rep who is inactive, or has left
        the roster, since the offer was made may still accept it.

        Args:
            lead_id: The lead.
            rep_id: The rep.
            token: The token of the offer, ``Offer.token``, for hosts that show offers which may be
                stale; not looked at by default.

        Raises:
            NotOfferedError: The lead is not offered to this rep, or the token is of another offer;
                the message names the rep who has it.
            OfferExpiredError: The offer to this rep has ended.
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.accept(lead_id, rep_id, token))

    def decline(
        self,
        lead_id: str,
        rep_id: str,
        reason: str = "",
        *,
        kind: Literal["declined", "busy", "unreachable"] = "declined",
        retry_after: str | timedelta | datetime | None = None,
        token: str = "",
    ) -> Placement:
        """Record that a rep declines; the lead goes to the next rep.

        Both happen in one change. Declining again changes nothing.

        Args:
            lead_id: The lead.
            rep_id: The rep who declines.
            reason: A word of your own list of reasons, up to 80 characters; not free text, because
                it goes into the log, which keeps no personal data.
            kind: How: ``declined`` (default), ``busy`` or ``unreachable``; each may have a
                ``cool_down`` of its own.
            retry_after: When the lead may be offered to the rep again: a duration from now such as
                ``"10m"``, or an aware instant. Until then the lead waits rather than go to the
                catch-all. By default it is not offered to the rep again.
            token: The token of the offer; not looked at by default.

        Returns:
            The placement after the next decision: offered to the next rep, waiting, or with the catch-all.

        Raises:
            NotOfferedError: The lead is not offered to this rep, or the token is of another offer.
            OfferExpiredError: The offer to this rep has ended.
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The reason is too long, the kind is another word, or ``retry_after`` is
                over already.
        """
        return self._run(self._cases.decline(lead_id, rep_id, reason, kind, retry_after, token))

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
        return self._run(self._cases.assign(lead_id, rep_id, by))

    def withdraw(self, lead_id: str, reason: str = "") -> Placement:
        """End a lead without a result, such as spam.

        Repeating it changes nothing. A live offer ends, and open work is given back. Caps and turns
        of a rep who accepted it stay.

        Args:
            lead_id: The lead.
            reason: A word of your own list, up to 80 characters; not free text, because it goes
                into the log, which keeps no personal data.

        Raises:
            InvalidTransitionError: The lead was closed by feedback.
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The reason cannot be kept.
        """
        return self._run(self._cases.withdraw(lead_id, reason))

    def reopen(self, lead_id: str) -> Placement:
        """Decide again about a lead that had ended, or that nobody had.

        It may be withdrawn, closed, disqualified or with the catch-all. Who declined it, or missed
        an offer of it, is not asked again. How long a lead that was withdrawn keeps its place in a
        line, ``keep_place`` says.

        Returns:
            The placement after the decision.

        Raises:
            InvalidTransitionError: The lead waits, is offered or has an owner who works on it.
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.reopen(lead_id))

    def reevaluate(self, lead_id: str) -> Placement:
        """Decide about a waiting lead by the policy of today.

        It goes over from the version that judged it before, and an event says so.

        Raises:
            InvalidTransitionError: The lead does not wait.
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.reevaluate(lead_id))

    def update(self, lead: Lead) -> Placement:
        """Keep what became known of a lead that was submitted.

        It is scored again, and a lead that waits is decided again, as is one that was disqualified
        and qualifies now. One that is offered or has an owner keeps its rep until ``reroute``. The
        same facts again change nothing.

        Args:
            lead: The lead with all of its facts; they replace those that are kept.

        Raises:
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The lead is too large. Nothing is stored.
        """
        return self._run(self._cases.update(lead))

    def reroute(self, lead_id: str) -> Placement:
        """Decide again about a lead that was offered or owned.

        It is decided by the facts, the reps and the policy of today: its offers are withdrawn, or the
        owner gives it up, in the same change. A rep who had it may get it again.

        Returns:
            The placement after the decision.

        Raises:
            InvalidTransitionError: Nobody was offered the lead or owns it.
            LeadNotFoundError: The lead was never submitted.

        Example:
            >>> from leadroute import LEAD, Rep, Rule
            >>> from leadroute.stores import MemoryStore
            >>> rules = [
            ...     Rule("us", when=LEAD.country == "US", require="rep.id == 'bob'"),
            ...     Rule("all"),
            ... ]
            >>> dispatcher = Dispatcher(
            ...     Router(rules=rules), [Rep("ada"), Rep("bob")], MemoryStore()
            ... )
            >>> dispatcher.submit(Lead("L-1")).rep_id
            'ada'
            >>> dispatcher.update(Lead("L-1", country="US")).rep_id
            'ada'
            >>> dispatcher.reroute("L-1").rep_id
            'bob'
        """
        return self._run(self._cases.reroute(lead_id))

    def forget(self, lead_id: str) -> ForgetResult:
        """Erase all that is known of a lead.

        Its facts, its last decision and the record of its offers go, and its placement keeps the id
        and the number of steps. A live offer ends, and open work is given back; caps, turns and
        results stay counted. Repeating it changes nothing. The same id submitted again is a new
        lead. The log, which holds no personal data, stays until it is trimmed.

        Returns:
            The placement, and whether nothing is left in the files of the store.

        Raises:
            LeadNotFoundError: The lead was never submitted.

        Example:
            >>> from leadroute import Rep, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1", email="ann@example.com"))
            >>> print(dispatcher.forget("L-1"))
            lead L-1 is forgotten
        """
        return self._run(self._cases.forget(lead_id))

    def release(self, lead_id: str) -> Placement:
        """Give the owner's capacity back, though the lead has not ended.

        Raises:
            InvalidTransitionError: Nobody owns the lead.
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.release(lead_id))

    def record_contact(
        self, lead_id: str, *, rep: str | None = None, channel: str = ""
    ) -> Placement:
        """Record that a rep has reached the lead.

        Each contact is an event. The first one stops the deadline of the first contact.

        Args:
            lead_id: The lead.
            rep: The rep, who need not be the owner; the owner by default.
            channel: The way, such as ``phone``: a word of your own list, up to 80 characters; not
                free text, because it goes into the log, which keeps no personal data.

        Raises:
            InvalidTransitionError: Nobody owns the lead and no rep is named, or it has ended.
            LeadNotFoundError: The lead was never submitted.
            UnknownFieldError: The rep is not in the roster.
            ValidationError: The channel cannot be kept.
        """
        return self._run(self._cases.record_contact(lead_id, rep, channel))

    def feedback(
        self,
        lead_id: str,
        status: str,
        *,
        value: float | None = None,
        reason: str = "",
        note: str = "",
        by: str = "",
        fields: Mapping[str, Any] = FrozenDict(),
    ) -> Placement:
        """Record the result of a lead; repeating it changes nothing.

        Feedback that closes the lead gives the owner's capacity back, and the lines of the owner are
        served. Any feedback ends the follow-ups of its rule. It is checked against the form of the
        policy, ``Router(feedback=...)``.

        Args:
            lead_id: The lead.
            status: One of the policy's dispositions or their spellings, such as ``meeting`` or
                ``Closed Won``, whatever its case, blanks and punctuation.
            value: The value of the deal, in your currency; not known by default.
            reason: The cause, as a word of your own list, up to 80 characters; not free text, because
                it goes into the log, which keeps no personal data.
            note: Free text. It is kept beside the lead, with ``fields``, and ``forget`` erases it.
            by: The person who gives it, by an id or role of your own; the owner by default.
            fields: The other fields of the form, by name; none by default.

        Raises:
            InvalidTransitionError: Nobody owns the lead, or it has ended with other feedback.
            LeadNotFoundError: The lead was never submitted.
            ValidationError: The status is not a disposition of the policy, with the nearest one; the
                feedback does not fit the form, with every field at fault; or something cannot be kept.

        Example:
            >>> from leadroute import Rep, Rule
            >>> from leadroute.stores import MemoryStore
            >>> form = {"properties": {"seats": {"type": "integer", "minimum": 1}}}
            >>> router = Router(rules=[Rule("all")], feedback=form)
            >>> dispatcher = Dispatcher(router, [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1")), dispatcher.accept("L-1", "ada")
            >>> _ = dispatcher.feedback("L-1", "meeting", note="calls back", fields={"seats": 20})
            >>> [(each.text, each.fields["seats"]) for each in dispatcher.notes("L-1")]
            [('calls back', 20)]
        """
        said = Said(status, value, reason, note, by, fields)
        return self._run(self._cases.feedback(lead_id, said))

    def notes(self, lead_id: str) -> tuple[FeedbackNote, ...]:
        """Return what was written about a lead with feedback, oldest first.

        It is personal data, which ``forget`` erases. O(notes).

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.notes(lead_id))

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
        credit = TurnCredit(expires, reason, cause, turns)
        return self._run(self._cases.credit_turns(rep_id, credit, pool))

    def sweep(self, *, early: bool = False, limit: int | None = None) -> SweepResult:
        """Do what is due, and serve the waiting lines.

        Offers and shifts end, and leads are passed on. Lines that are due are served as one: by
        priority, then lead score, then age. What goes wrong with one lead is kept to it. Safe to
        call at any time and from many processes at once. O(what is due), whatever waits.

        Args:
            early: Decide about every waiting lead, due or not; default ``False``. Pass ``True`` once
                after a change of roster, presence or policy.
            limit: How many leads may move, from 1 up; the next sweep goes on. No limit by default.

        Raises:
            ConfigError: The limit is below 1.
        """
        return self._run(self._cases.sweep(early, limit))

    def next_wakeup(self) -> datetime | None:
        """Return the next instant at which ``sweep`` can have work.

        It is the end of an offer or of a shift, the next decision about a lead that failed, or the
        time at which a waiting line is to be looked at: an opening hour, the next period of a cap,
        or five minutes at the latest. One record is read.

        Returns:
            An instant after now, or ``None`` when nothing is due later. Sweep first: work that is
            due already is left out. Sweep early when you change the presence, the roster or the policy.
        """
        return self._run(self._cases.next_wakeup())

    def _run(self, steps: Steps[T]) -> T:
        if isinstance(self.clock, StoreClock):
            self.clock.measure_if_due()
        return run(steps, self.store, self.sleep)
