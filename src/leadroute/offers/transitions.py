"""From a decision, or what a host reports, to the event that follows.

Limits are guards inside the change, and not checks before it. The wrap-up of a rep is such a limit:
the counter of their last contact must not have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, cast

from attrs import evolve

from leadroute.errors import (
    ConfigError,
    FieldError,
    InvalidTransitionError,
    NotOfferedError,
    OfferExpiredError,
    ValidationError,
)
from leadroute.model.caps import Cap, Period
from leadroute.model.duration import later, parse_duration, to_micros
from leadroute.model.given import Refused
from leadroute.model.keys import (
    backlog_key,
    claims_holder,
    contact_key,
    is_open_key,
    is_total_key,
    key,
    lapsed_holder,
    unanswered_key,
)
from leadroute.model.lead import Lead, with_score
from leadroute.model.rep import Rep
from leadroute.model.validation import Cleaner, FrozenDict, aware, word
from leadroute.model.working_hours import Hours, deadline, unless_failing
from leadroute.offers.answers import DECLINES, is_open
from leadroute.offers.change import MAX_DATA, bytes_beyond_limit
from leadroute.offers.counts import Books
from leadroute.offers.course import Bounds, Course
from leadroute.offers.events import (
    Accepted,
    AnotherChance,
    Assigned,
    CatchAll,
    Contacted,
    Declined,
    Disqualified,
    LeadEvent,
    NobodyAdded,
    Offered,
    Received,
    Released,
    Reminded,
    Reopened,
    Rerouted,
    TimedOut,
    Updated,
    Waiting,
    Withdrawn,
)
from leadroute.offers.judging import Begun, Choice, Chosen
from leadroute.offers.lines import Line
from leadroute.offers.placement import FAILED, SUGGESTED, TO_PULL, Offer, Placement, Status
from leadroute.offers.requests import Steps
from leadroute.offers.state_machine import MOVES, state_of
from leadroute.plain import document, to_dict
from leadroute.ranking.decide import Decided
from leadroute.ranking.eligibility import Charge, Charges
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.offer_kind import MOST, PULL, OfferKind
from leadroute.rules.rule import WAIT, Rule
from leadroute.rules.terms import Terms


def reception(
    lead: Lead, trigger: str, rule: Rule | None, router: Router, now: datetime
) -> Received:
    """The submission of a lead, with its score as of now, and the priority under the rule that matched."""
    priority, version = router.priority_of(lead, rule), router.version
    try:
        said = "" if trigger == "" else word(trigger)
    except Refused as refused:
        raise ValidationError("Received", lead.id, (FieldError("trigger", str(refused)),)) from None
    score = lead.lead_score
    if score is None:
        return Received(now, lead.received_at, priority, version, trigger=said)
    scored = score.score, score.grade, score.completeness
    return Received(now, lead.received_at, priority, version, *scored, trigger=said)


def lead_document(lead: Lead) -> str:
    """The document of a lead, as a store keeps it."""
    text = document(lead)
    size = bytes_beyond_limit(text)
    if not size:
        return text
    largest = max(to_dict(lead).items(), key=lambda each: len(str(each[1])))[0]
    problem = f"makes the lead {size} bytes long; at most {MAX_DATA} can be kept, so shorten it"
    raise ValidationError("Lead", lead.id, (FieldError(largest, problem),))


def kept_score(before: Placement) -> LeadScore:
    """The score that a lead had when it was submitted: what rules read at every later decision."""
    return LeadScore(
        before.lead_id,
        before.lead_score,
        completeness=before.completeness,
        grade=before.lead_grade,
    )


def as_scored(lead: Lead, before: Placement, router: Router) -> Lead:
    """The lead with the score that it had when submitted, where the policy scores leads."""
    if router.lead_scoring is None:
        return lead
    return with_score(lead, kept_score(before))


def events_of(course: Course, before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
    """Return the events that follow from a decision that did not fail.

    These are offers, or one event: a suggestion, a wait in the line of the lead, the catch-all, or
    disqualification. A lead is not given up while a rep may be asked again later.
    """
    found, line = cast("Chosen | Decided | Ranking", course.judged), course.line
    if isinstance(found, Chosen):
        kind = found.decided.terms_of_offer.kind
        if kind == PULL and line is not None and course.ended is None:
            return (_to_pull(found.decided, line, course, before, books),)
        if not found.choices:
            return (_suggestion(found.decided, course, books),)
        if course.behind and line is not None:
            # It joins those who wait in its line, which is served from its head.
            told = {**_going_on(course), **relaxation(found.decided.rule, before)}
            named = Outcome.NONE_AVAILABLE.value, line.rule, None, books.desk.router.version
            return (Waiting(books.now, *named, line=line.id, **told),)
        return (yield from offers(course, books, next_of(kind, len(found.choices), books.now)))
    return (_without_offer(found, course, before, books),)


def _going_on(course: Course) -> dict[str, Any]:
    """What the event of a wait in a line says of the course of the lead."""
    told = {"round": course.round, "gives_up_at": course.bounds.first}
    return {**told, "line_order": course.line_order}


def _to_pull(
    found: Decided, line: Line, course: Course, before: Placement, books: Books
) -> Waiting:
    """The wait of a lead for a rep who asks for it."""
    said = TO_PULL, found.rule.name, None, books.desk.router.version
    told = {**_going_on(course), **relaxation(found.rule, before)}
    return Waiting(books.now, *said, line=line.id, **told)


def _suggestion(found: Decided, course: Course, books: Books) -> Waiting:
    """The wait of a lead that somebody gives to a rep by hand, with its ranking."""
    best = [found.context.ids[place] for place, _ in found.first(MOST)]
    said = books.now, SUGGESTED, found.rule.name, None, books.desk.router.version
    told: dict[str, Any] = {"round": course.round, "gives_up_at": course.bounds.first}
    return Waiting(*said, step=found.rule.step, suggested=tuple(best), **told)


def _without_offer(
    found: Decided | Ranking, course: Course, before: Placement, books: Books
) -> LeadEvent:
    now, router, line = books.now, books.desk.router, course.line
    if isinstance(found, Ranking) and found.outcome is Outcome.DISQUALIFIED:
        return Disqualified(now, found.factor, found.verdict, found.policy_version)
    rule = None if isinstance(found, Ranking) else found.rule.name
    again = None if rule is None or course.ended is not None else before.next_return(now)
    if line is None or (found.fallback_step != WAIT and again is None):
        return CatchAll(now, found.outcome.value, router.catch_all, router.version)
    outcome = (found.outcome if again is None else Outcome.NONE_AVAILABLE).value
    if rule is not None and router.terms(rule).kind == PULL:
        outcome = TO_PULL  # whoever is there, and whoever is not
    resumes_at = min(
        [at for at in (found.resumes_at, again) if at is not None and at > now], default=None
    )
    told = _going_on(course)
    if not isinstance(found, Ranking):
        told |= relaxation(found.rule, before)
    said = now, outcome, rule, None, router.version
    return Waiting(*said, line=line.id, resumes_at=resumes_at, **told)


def relaxation(rule: Rule, before: Placement) -> dict[str, Any]:
    """What an event says of the steps of a rule."""
    if not rule.later:
        return {"step": rule.step} if rule.step else {}
    return {"step": rule.step, "next_step": later(before.received_at, rule.later[0].opens)}


def with_priority(event: LeadEvent, begun: Begun, before: Placement, router: Router) -> LeadEvent:
    """The event with the priority of the lead, where the rule that matched now gives it another one."""
    if begun.rule is None or not isinstance(event, Waiting | Offered):
        return event
    found = router.priority_of(begun.lead, begun.rule)
    return event if found == before.priority else evolve(event, priority=found)


_RETRY: Final = timedelta(seconds=30)
_LATEST_RETRY: Final = timedelta(hours=1)


def failure(
    before: Placement, error: Exception, rule: str | None, bounds: Bounds, books: Books
) -> Waiting | CatchAll:
    """The event of a decision that raised an error: a new lead goes to the catch-all, another waits.

    A waiting lead is decided again after 30 seconds, then twice as long each time, up to an hour. One
    that may wait no longer goes to the catch-all too.
    Only the class of the error is kept, because its message may hold personal data.
    """
    kind, router, now = type(error).__name__, books.desk.router, books.now
    if before.status is Status.RECEIVED or bounds.over(now) is not None:
        return CatchAll(now, FAILED, router.catch_all, router.version, kind)
    until = later(now, min(_LATEST_RETRY, _RETRY * 2 ** min(before.failures, 10)))
    round_, first = before.round, bounds.first
    told = FAILED, rule or before.rule, until, router.version, kind
    return Waiting(now, *told, round=round_, gives_up_at=first)


def offers(
    course: Course, books: Books, more_at: datetime | None = None, *, claim: bool = False
) -> Steps[Sequence[LeadEvent]]:
    """The offers to those who were chosen, best first, and the acceptance where nobody has to answer.

    Args:
        course: The decision, for some reps.
        books: What the step has read.
        more_at: When one more rep is asked.
        claim: Whether the rep has asked for the lead.
    """
    chosen = cast("Chosen", course.judged)
    order, made = (yield from books.next_order()), list[LeadEvent]()
    for place in range(len(chosen.choices)):
        told = order + place, more_at
        made.append((yield from _offer(course, place, books, told, claim=claim)))
    if chosen.decided.terms_of_offer.auto_accept:
        rep, release_on = chosen.choices[0].rep, chosen.decided.rule.release_on
        made.append(Accepted(books.now, rep.id, shift_end(release_on, rep, books.now)))
    return made


def next_of(kind: OfferKind, live: int, now: datetime) -> datetime | None:
    """When one more rep is asked, while so many have an offer; ``None`` when none is."""
    return None if kind.every is None or live >= kind.most else later(now, kind.every)


def nobody_added(before: Placement, kind: OfferKind, now: datetime) -> NobodyAdded:
    """What follows when there is no further rep: another look, each time after twice as long."""
    if kind.every is None:
        return NobodyAdded(now)
    since = max(offer.made_at for offer in before.offers)
    return NobodyAdded(now, later(now, max(now - since, kind.every)))


def _offer(
    course: Course, place: int, books: Books, told: tuple[int, datetime | None], *, claim: bool
) -> Steps[Offered]:
    chosen = cast("Chosen", course.judged)
    found, choice, (order, more_at) = chosen.decided, chosen.choices[place], told
    rule, rep, router, now = found.rule, choice.rep, books.desk.router, books.now
    limits, reservations = _held_to(found, choice, books, claim=claim)
    turn = None if claim else choice.turn  # whoever asks for a lead gives up no turn
    credits = None if turn is None else (yield from books.credits(found.pool))
    until, remind_at = _ends_of(found, course, router.working((rep,))[0].hours, now)
    return Offered(
        now,
        rep.id,
        rule.name,
        found.pool,
        until,
        choice.score,
        reservations,
        choice.propensity,
        0.0 if place else chosen.fairness_cost,
        limits,
        rule.release_on,
        None if turn is None or credits is None else credits.take(turn),
        order,
        router.version,
        found.ignore_availability,
        books.desk.tokens(),
        books.line,
        claim,
        rule.step,
        None,
        more_at,
        remind_at,
        course.round,
        "" if course.ended is None else course.ended.value,
    )


def _ends_of(
    found: Decided, course: Course, hours: Hours | None, now: datetime
) -> tuple[datetime, datetime | None]:
    """The end of an offer and its reminder; it is cut at the total time where the policy wants that."""
    terms, total = found.terms_of_offer, course.bounds.total
    reminder, until = terms.reminder_of(found.grade), deadline(now, found.accept_within, hours)
    if total is not None and course.ended is None and terms.truncate:
        until = min(until, total)
    at = None if reminder is None else deadline(now, reminder, hours)
    return until, None if at is None or at >= until else at


def _held_to(
    found: Decided, choice: Choice, books: Books, *, claim: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """The limits of an offer, and what it counts against."""
    rep, terms, now = choice.rep, found.terms_of_offer, books.now
    limits = _limits(choice.charged)
    wrap_up = books.desk.router.pauses(found.pool).after_contact(rep)
    if wrap_up and not found.ignore_availability:
        limits[contact_key(rep.id)] = max(0, to_micros(now - wrap_up))
    reservations = _units_by_counter(choice.charged)
    if claim:
        limits |= claims(rep, terms, now)
    elif books.line:
        _pace(rep.id, terms, now, limits, reservations)
    return limits, reservations


def _pace(
    rep_id: str,
    terms: Terms,
    now: datetime,
    limits: dict[str, int],
    reservations: dict[str, int],
) -> None:
    """Hold the offer of a lead that waited to the gap and the burst."""
    if terms.backlog_gap is not None:
        limits[backlog_key(rep_id)] = to_micros(now - terms.backlog_gap)
    if terms.backlog_burst is not None:
        limits[unanswered_key(rep_id)] = terms.backlog_burst
        reservations[unanswered_key(rep_id)] = 1


def claims(rep: Rep, terms: Terms, now: datetime) -> dict[str, int]:
    """The counters of what a rep pulls and lets run out, with the most that they may stand at."""
    limits = dict[str, int]()
    if terms.claims_per_hour is not None:
        limits[_period_key(claims_holder(rep.id), "hour", rep, now)] = terms.claims_per_hour
    if terms.lapsed_claims is not None:
        limits[lapsed_key(rep, now)] = terms.lapsed_claims - 1
    return limits


def lapsed_key(rep: Rep, now: datetime) -> str:
    """The counter of the leads that a rep pulled and let run out today."""
    return _period_key(lapsed_holder(rep.id), "day", rep, now)


def _period_key(holder: str, per: Period, rep: Rep, now: datetime) -> str:
    return f"{holder}/{key(per, Cap(1, per).period(now, rep.zone))}"


def is_news(event: LeadEvent, before: Placement) -> bool:
    """Return whether an event changes anything for a waiting lead.

    Waiting on for the same reason, in the same line, does not, unless a clock is to be set.
    """
    return not (
        isinstance(event, Waiting)
        and event.until is None
        and not event.clocks
        and event.priority is None
        and "retry" not in before.clocks
        and before.clocks.get("again") == before.next_return(event.at)
        and (event.reason_code, event.rule, event.line, event.round, event.step, event.suggested)
        == (
            before.reason_code,
            before.rule,
            before.line,
            before.round,
            before.step,
            before.suggested,
        )
    )


def _units_by_counter(charged: Sequence[Charge]) -> dict[str, int]:
    return {charge.key: charge.units for charge in charged if charge.units}


def _limits(charged: Sequence[Charge]) -> dict[str, int]:
    limits: dict[str, int] = {}
    for charge in charged:
        if charge.hard and charge.most is not None:
            limits[charge.key] = min(charge.most, limits.get(charge.key, charge.most))
    return limits


def shift_end(release_on: str, rep: Rep | None, now: datetime) -> datetime | None:
    """When the clock gives open work back: at the end of the shift, where the rule says so.

    ``None`` leaves it to the outcome: there is no schedule, or its calendar is yours and fails.
    """
    if release_on != "shift_end" or rep is None or rep.hours is None:
        return None
    return unless_failing(partial(rep.hours.next_close, now), lambda _error: None)


def check_move(before: Placement, kind: type[LeadEvent], verb: str, rep_id: str = "") -> None:
    """Refuse what cannot happen to a lead as it stands."""
    if (before.status, kind) not in MOVES:
        raise InvalidTransitionError(before.lead_id, verb, rep_id, state_of(before))


def assignment(
    before: Placement,
    rep: Rep,
    by: str,
    rule: Rule | None,
    charges: Charges,
    books: Books,
) -> Steps[tuple[Assigned, ...]]:
    """The assignment to a rep by hand; nothing when they own the lead already."""
    now = books.now
    said = clean(before, "Assigned", "by", word, by)
    if before.owner == rep.id:
        return ()
    charged = list(charges.for_rep(rep))
    held = holds(before)
    used = yield from books.counts([charge.key for charge in charged])
    # The lead may count there already: that alone does not exceed the limit.
    over = (
        charge.key
        for charge in charged
        if charge.refuses(used.get(charge.key, 0) - held.get(charge.key, 0))
    )
    release_on = "outcome" if rule is None else rule.release_on
    taken = {
        key: units
        for key, units in _units_by_counter(charged).items()
        if not _given_back(key, release_on, before)
    }
    event = Assigned(
        now,
        rep.id,
        said,
        None if rule is None else rule.name,
        taken,
        tuple(dict.fromkeys(over)),
        release_on,
        shift_end(release_on, rep, now),
        (yield from books.next_order()),
        tuple([rep_id for rep_id in reps_of(before) if rep_id != rep.id]),
    )
    return (event,)


def reps_of(before: Placement) -> tuple[str, ...]:
    """The owner, or those who have an offer."""
    offered = tuple([offer.rep_id for offer in before.offers])
    return offered if before.owner is None else (before.owner, *offered)


def _given_back(counter: str, release_on: str, before: Placement) -> bool:
    done = release_on == "accept" or (release_on == "contact" and before.contacted_at is not None)
    return done and is_open_key(counter)


def holds(placed: Placement | None) -> Mapping[str, int]:
    """What a placement counts against: its own reservations, and those of its offers.

    A lead that is offered to several reps counts once on what counts leads of all reps.
    """
    if placed is None:
        return FrozenDict()
    if not placed.offers:
        return placed.reservations
    held, totals = Counter(placed.reservations), dict[str, int]()
    for offer in placed.offers:
        for counter, units in offer.reservations.items():
            if is_total_key(counter):
                totals[counter] = max(units, totals.get(counter, 0))
            else:
                held[counter] += units
    if totals:
        held.update(totals)
    return held


def release(before: Placement, now: datetime) -> Released | None:
    """The end of open work on a lead that goes on, or ``None`` when it is open work no more."""
    if before.owner is None:
        raise InvalidTransitionError(before.lead_id, "release", "", state_of(before))
    return Released(now, before.owner) if any(map(is_open_key, before.reservations)) else None


def end_of_shift(before: Placement, now: datetime) -> Released | None:
    """The end of open work at the end of a shift, or ``None`` while it lasts."""
    ends = before.clocks.get("shift")
    return None if ends is None or now < ends else Released(now, str(before.owner))


def acceptance(
    before: Placement, rep_id: str, token: str, now: datetime, rep: Rep | None = None
) -> Accepted | None:
    """The acceptance by a rep, or ``None`` when this rep has accepted already."""
    if before.owner == rep_id:
        return None
    offer = _offer_to(before, rep_id, token, "accept", now)
    return Accepted(now, rep_id, shift_end(offer.release_on, rep, now))


def refusal(
    before: Placement,
    rep_id: str,
    reason: str,
    token: str,
    now: datetime,
    kind: str = Declined.kind,
    retry_after: str | timedelta | datetime | None = None,
) -> Declined | None:
    """The refusal by a rep, or ``None`` when this rep has declined already."""
    said = "" if reason == "" else clean(before, "Declined", "reason", word, reason)
    answer = clean(before, "Declined", "kind", _kind_of_answer, kind)
    retry_at = clean(before, "Declined", "retry_after", partial(_after, now), retry_after)
    known = before.previous_offers.get(rep_id)
    if known is not None and known.outcome in DECLINES and before.offer_to(rep_id) is None:
        return None
    _offer_to(before, rep_id, token, "decline", now)
    return Declined(now, rep_id, said, answer, retry_at)


def _kind_of_answer(given: object) -> str:
    if given not in DECLINES:
        raise Refused(f"is {given!r:.40}; write one of {', '.join(DECLINES)}")
    return str(given)


def _after(now: datetime, given: Any) -> datetime | None:
    """When something is done that is to be done after a duration, or at an instant."""
    if given is None:
        return None
    try:
        is_instant = isinstance(given, datetime)
        at = aware(given, "retry_after") if is_instant else later(now, parse_duration(given))
    except ConfigError as error:
        raise Refused(error.problem) from None
    if at <= now:
        raise Refused(f"is over already at {now:%Y-%m-%d %H:%M:%S %Z}; write a later one, or none")
    return at


def another_chance(before: Placement, rep_id: str, now: datetime) -> tuple[LeadEvent, ...]:
    """What lets a lead be offered again to a rep; one that nobody has begins again."""
    check_move(before, AnotherChance, "offer again", rep_id)
    known = before.previous_offers.get(rep_id)
    if is_open(known.outcome) if known is not None else not before.earlier_offers:
        return ()
    event = AnotherChance(now, rep_id)
    return (event, Reopened(now)) if before.status is Status.CATCH_ALL else (event,)


def clean(before: Placement, kind: str, name: str, cleaner: Cleaner, given: object) -> Any:
    """What is kept of something given about a lead."""
    try:
        return cleaner(given)
    except Refused as refused:
        raise ValidationError(kind, before.lead_id, (FieldError(name, str(refused)),)) from None


def _offer_to(before: Placement, rep_id: str, token: str, verb: str, now: datetime) -> Offer:
    """The open offer to a rep, which the token must name when there is one."""
    offer = before.offer_to(rep_id)
    if offer is None:
        known = before.previous_offers.get(rep_id)
        late = known is not None and known.outcome == TimedOut.kind
        refused = OfferExpiredError if late else NotOfferedError
        raise refused(before.lead_id, verb, rep_id, state_of(before))
    if token and token != offer.token:
        stale = "the token is of another offer, which has ended"
        raise NotOfferedError(before.lead_id, verb, rep_id, f"{stale}; {state_of(before)}")
    if now >= offer.expires_at:
        ended = f"the offer ended at {offer.expires_at:%Y-%m-%d %H:%M:%S %Z}"
        raise OfferExpiredError(before.lead_id, verb, rep_id, ended)
    return offer


def withdrawal(before: Placement, reason: str, now: datetime) -> Withdrawn | None:
    """The end of a lead by hand, or ``None`` when it was withdrawn before."""
    said = "" if reason == "" else clean(before, "Withdrawn", "reason", word, reason)
    if before.status is Status.WITHDRAWN:
        return None
    check_move(before, Withdrawn, "withdraw")
    return Withdrawn(now, said, reps_of(before))


def reopening(before: Placement, keep_place: timedelta | None, now: datetime) -> Reopened:
    """The new beginning of a lead that had ended, or that nobody had."""
    check_move(before, Reopened, "reopen")
    since = before.withdrawn_at
    if keep_place is None or since is None or now < later(since, keep_place):
        return Reopened(now)
    return Reopened(now, now)


def enrichment(lead: Lead, priority: int, now: datetime) -> Updated:
    """What is known of a lead now, with its score as of now."""
    score = lead.lead_score
    if score is None:
        return Updated(now, priority)
    return Updated(now, priority, score.score, score.grade, score.completeness)


def expiries(before: Placement, now: datetime, until: datetime | None = None) -> list[TimedOut]:
    """The ends of the offers that have run out, with the end of the pause after them."""
    return [
        TimedOut(now, offer.rep_id, until) for offer in before.offers if now >= offer.expires_at
    ]


def is_paused(placed: Placement, now: datetime) -> bool:
    """Whether a lead waits until the pause after an offer is over."""
    until = placed.clocks.get("retry")
    return placed.reason_code == TimedOut.kind and until is not None and until > now


def reminders(before: Placement, now: datetime) -> list[Reminded]:
    """The reminders that are due before the ends of offers."""
    return [
        Reminded(now, offer.rep_id)
        for offer in before.offers
        if offer.remind_at is not None and offer.remind_at <= now < offer.expires_at
    ]


def contact(before: Placement, rep_id: str | None, channel: str, now: datetime) -> Contacted:
    """A contact by a rep, or by the owner where none is named."""
    said = "" if channel == "" else clean(before, "Contacted", "channel", word, channel)
    by = before.owner if rep_id is None else rep_id
    if by is None or (before.status, Contacted) not in MOVES:
        raise InvalidTransitionError(before.lead_id, "contact", "", state_of(before))
    return Contacted(now, by, said)


def rerouting(before: Placement, now: datetime) -> Rerouted:
    """The return of a lead that was offered or owned."""
    check_move(before, Rerouted, "reroute")
    return Rerouted(now, "", reps_of(before))
