"""From a decision, or what a host reports, to the event that follows.

Limits are guards inside the change, and not checks before it. The wrap-up of a rep is such a limit:
the counter of their last contact must not have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from leadroute.errors import (
    FieldError,
    InvalidTransitionError,
    NotOfferedError,
    OfferExpiredError,
    ValidationError,
)
from leadroute.model.duration import later, to_micros
from leadroute.model.given import Refused
from leadroute.model.keys import contact_key, is_open_key
from leadroute.model.lead import Lead, priority_of
from leadroute.model.rep import Rep
from leadroute.model.validation import Cleaner, FrozenDict, number, word
from leadroute.model.working_hours import deadline, unless_failing
from leadroute.offers.change import MAX_DATA, bytes_beyond_limit
from leadroute.offers.counts import Books
from leadroute.offers.events import (
    Accepted,
    Assigned,
    CatchAll,
    Contacted,
    Declined,
    Disqualified,
    FeedbackGiven,
    LeadEvent,
    Offered,
    Received,
    Released,
    Reopened,
    TimedOut,
    Updated,
    Waiting,
    Withdrawn,
)
from leadroute.offers.judging import Chosen
from leadroute.offers.lines import Line
from leadroute.offers.placement import FAILED, Offer, Placement, Status
from leadroute.offers.requests import Steps
from leadroute.offers.state_machine import MOVES, state_of
from leadroute.plain import document, to_dict
from leadroute.ranking.decide import Decided
from leadroute.ranking.eligibility import Charge, Charges
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules.rule import WAIT, Disposition, Rule, find_disposition


def reception(lead: Lead, trigger: str, version: str, now: datetime) -> Received:
    """The submission of a lead, with its score as of now."""
    try:
        said = "" if trigger == "" else word(trigger)
    except Refused as refused:
        raise ValidationError("Received", lead.id, (FieldError("trigger", str(refused)),)) from None
    score = lead.lead_score
    if score is None:
        return Received(now, lead.received_at, priority_of(lead), version, trigger=said)
    within = score.respond_within
    return Received(
        now,
        lead.received_at,
        priority_of(lead),
        version,
        score.score,
        score.grade,
        score.completeness,
        None if within is None else later(lead.received_at or now, within),
        said,
    )


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


def event_of(
    found: Chosen | Decided | Ranking, line: Line | None, books: Books
) -> Steps[LeadEvent]:
    """Return the event that follows from a decision.

    It is an offer, a wait in the line of the lead, the catch-all, or disqualification.
    """
    now, router = books.now, books.desk.router
    if isinstance(found, Chosen):
        return (yield from _offer(found, books))
    if isinstance(found, Ranking) and found.outcome is Outcome.DISQUALIFIED:
        return Disqualified(now, found.factor, found.verdict, found.policy_version)
    rule = None if isinstance(found, Ranking) else found.rule.name
    if found.fallback_step != WAIT or line is None:
        return CatchAll(now, found.outcome.value, router.catch_all, router.version)
    resumes_at = found.resumes_at
    if resumes_at is not None and resumes_at <= now:
        resumes_at = None
    return Waiting(
        now, found.outcome.value, rule, None, router.version, line=line.id, resumes_at=resumes_at
    )


_worth: Final = number(-1e12, 1e12)
"""A cleaner for the value of a lead: counters add up to a hundred thousand of the largest in a week."""
_RETRY: Final = timedelta(seconds=30)
_LATEST_RETRY: Final = timedelta(hours=1)


def failure(
    before: Placement, error: Exception, rule: str | None, books: Books
) -> Waiting | CatchAll:
    """The event of a decision that raised an error: a new lead goes to the catch-all, another waits.

    A waiting lead is decided again after 30 seconds, then twice as long each time, up to an hour.
    Only the class of the error is kept, because its message may hold personal data.
    """
    kind, router, now = type(error).__name__, books.desk.router, books.now
    if before.status is Status.RECEIVED:
        return CatchAll(now, FAILED, router.catch_all, router.version, kind)
    until = later(now, min(_LATEST_RETRY, _RETRY * 2 ** min(before.failures, 10)))
    return Waiting(now, FAILED, rule or before.rule, until, router.version, kind)


def _offer(chosen: Chosen, books: Books) -> Steps[Offered]:
    found, charged, turn = chosen.decided, chosen.charged, chosen.turn
    rule, rep = found.rule, found.rep
    router, now = books.desk.router, books.now
    limits = _limits(charged)
    if router.wrap_up and not found.ignore_availability:
        limits[contact_key(rep.id)] = max(0, to_micros(now - router.wrap_up))
    credits = None if turn is None else (yield from books.credits(found.pool))
    return Offered(
        now,
        rep.id,
        rule.name,
        found.pool,
        deadline(now, found.accept_within, router.working((rep,))[0].hours),
        found.score,
        _units_by_counter(charged),
        chosen.propensity,
        chosen.fairness_cost,
        limits,
        rule.release_on,
        None if turn is None or credits is None else credits.take(turn),
        (yield from books.next_order()),
        router.version,
        found.ignore_availability,
        books.desk.tokens(),
    )


def is_news(event: LeadEvent, before: Placement) -> bool:
    """Return whether an event changes anything for a waiting lead.

    Waiting on for the same reason, in the same line, does not.
    """
    return not (
        isinstance(event, Waiting)
        and event.until is None
        and "retry" not in before.clocks
        and (event.reason_code, event.rule, event.line)
        == (before.reason_code, before.rule, before.line)
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
    said = _clean(before, "Assigned", "by", word, by)
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
    """What a placement counts against: its own reservations, and those of its offers."""
    if placed is None:
        return FrozenDict()
    if not placed.offers:
        return placed.reservations
    held = Counter(placed.reservations)
    for offer in placed.offers:
        held.update(offer.reservations)
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
    before: Placement, rep_id: str, reason: str, token: str, now: datetime
) -> Declined | None:
    """The refusal by a rep, or ``None`` when this rep has declined already."""
    said = "" if reason == "" else _clean(before, "Declined", "reason", word, reason)
    known = before.previous_offers.get(rep_id)
    if known is not None and known.outcome == Declined.kind and before.offer_to(rep_id) is None:
        return None
    _offer_to(before, rep_id, token, "decline", now)
    return Declined(now, rep_id, said)


def _clean(before: Placement, kind: str, name: str, clean: Cleaner, given: object) -> Any:
    try:
        return clean(given)
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
    said = "" if reason == "" else _clean(before, "Withdrawn", "reason", word, reason)
    if before.status is Status.WITHDRAWN:
        return None
    check_move(before, Withdrawn, "withdraw")
    return Withdrawn(now, said, reps_of(before))


def reopening(before: Placement, now: datetime) -> Reopened:
    """The new beginning of a lead that had ended, or that nobody had."""
    check_move(before, Reopened, "reopen")
    return Reopened(now)


def enrichment(lead: Lead, now: datetime) -> Updated:
    """What is known of a lead now, with its score as of now."""
    score = lead.lead_score
    if score is None:
        return Updated(now, priority_of(lead))
    return Updated(now, priority_of(lead), score.score, score.grade, score.completeness)


def expiries(before: Placement, now: datetime) -> list[TimedOut]:
    """The ends of the offers that have run out."""
    return [TimedOut(now, offer.rep_id) for offer in before.offers if now >= offer.expires_at]


def contact(before: Placement, now: datetime) -> Contacted | None:
    """The first contact by the owner, or ``None`` when there was one already."""
    if before.contacted_at is not None:
        return None
    if before.owner is None or (before.status, Contacted) not in MOVES:
        raise InvalidTransitionError(before.lead_id, "contact", "", state_of(before))
    return Contacted(now, before.owner)


def feedback(
    before: Placement,
    status: str,
    value: float | None,
    dispositions: tuple[Disposition, ...],
    now: datetime,
) -> FeedbackGiven | None:
    """What the owner says of the lead, or ``None`` when the same was said before."""
    said: Disposition = _clean(
        before, "FeedbackGiven", "status", partial(find_disposition, dispositions), status
    )
    worth = (
        None if value is None else float(_clean(before, "FeedbackGiven", "value", _worth, value))
    )
    ended = before.status is Status.CLOSED
    if before.outcome == said.name and worth in (None, before.value) and (ended or not said.closes):
        return None
    if before.owner is None or (before.status, FeedbackGiven) not in MOVES:
        raise InvalidTransitionError(before.lead_id, "give feedback on", "", state_of(before))
    return FeedbackGiven(now, before.owner, said.name, said.closes, worth, said.won)
