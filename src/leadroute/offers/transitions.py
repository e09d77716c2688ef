"""Pure functions from a decision to the event and the store operations.

* ``operations`` is the only place where events become store operations. A change to a counter is the difference between
  the reservations of the placement before and after, and is never computed in another way.
* Limits are guards inside the change, and not checks before it. Giving back is never refused. The
  wrap-up of a rep is such a limit: the counter of their last contact must not have changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final

from leadroute.errors import (
    FieldError,
    InvalidTransitionError,
    NotOfferedError,
    OfferExpiredError,
    ValidationError,
)
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    closed_key,
    contact_key,
    given_key,
    is_open_key,
    last_key,
    order_key,
    placement_key,
    won_key,
)
from leadroute.model.lead import Lead, priority_of
from leadroute.model.rep import Rep
from leadroute.model.validation import Cleaner, FrozenDict, Refused, number, word
from leadroute.model.working_hours import unless_failing
from leadroute.offers.change import MAX_DATA, Add, Emit, Op, Put, Raise
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
    TimedOut,
    Waiting,
)
from leadroute.offers.placement import FAILED, Placement, Status
from leadroute.offers.state_machine import move, state_of
from leadroute.plain import document, to_dict
from leadroute.ranking.charges import Charge, Charges
from leadroute.ranking.decide import Decided
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.fallback import WAIT
from leadroute.rules.rule import Disposition, Rule, find_disposition


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
        None if within is None else _after(lead.received_at or now, within),
        said,
    )


def _after(instant: datetime, duration: timedelta) -> datetime:
    """The instant so much later; the last one there is for a lead that a CRM dates 9999-12-31."""
    try:
        return instant + duration
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def lead_document(lead: Lead) -> str:
    """The document of a lead, as a store keeps it."""
    text = document(lead)
    size = len(text.encode()) if len(text) * 4 > MAX_DATA else 0
    if size <= MAX_DATA:
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


def event_of(found: Decided | Ranking, router: Router, books: Books, now: datetime) -> LeadEvent:
    """Return the event that follows from a decision.

    It is an offer, a wait, the catch-all, or disqualification.
    """
    if isinstance(found, Ranking):
        if found.outcome is Outcome.DISQUALIFIED:
            return Disqualified(now, found.factor, found.verdict, found.policy_version)
        rule = None
    elif found.place >= 0:
        return _offer(found, router, books, now)
    else:
        rule = found.rule.name
    if found.fallback_step == WAIT:
        return Waiting(now, found.outcome.value, rule, found.resumes_at or now, router.version)
    return CatchAll(now, found.outcome.value, router.catch_all, router.version)


_RETRY: Final = timedelta(seconds=30)
_LATEST_RETRY: Final = timedelta(hours=1)


def failure(
    before: Placement | None, error: Exception, router: Router, now: datetime
) -> Waiting | CatchAll:
    """The event of a decision that raised an error: a new lead goes to the catch-all, another waits.

    A waiting lead is decided again after 30 seconds, then twice as long each time, up to an hour.
    Only the class of the error is kept, because its message may hold personal data.
    """
    kind = type(error).__name__
    if before is None:
        return CatchAll(now, FAILED, router.catch_all, router.version, kind)
    until = now + min(_LATEST_RETRY, _RETRY * 2 ** min(before.failures, 10))
    return Waiting(now, FAILED, before.rule, until, router.version, kind)


def _offer(found: Decided, router: Router, books: Books, now: datetime) -> Offered:
    rule, rep, charged, turn = found.rule, found.rep, found.for_rep(), found.turn()
    limits = _limits(charged)
    if router.wrap_up and not found.ignore_availability:
        limits[contact_key(rep.id)] = max(0, to_micros(now - router.wrap_up))
    return Offered(
        now,
        rep.id,
        rule.name,
        found.pool,
        now + (rule.accept_within or router.accept_within),
        found.score,
        _units_by_counter(charged),
        found.propensity,
        found.fairness_cost(),
        limits,
        rule.release_on,
        None if turn is None else books.credits(found.pool).take(turn),
        books.next_order(),
        router.version,
        found.ignore_availability,
    )


def is_news(event: LeadEvent, before: Placement) -> bool:
    """Return whether an event changes anything for a waiting lead.

    Waiting on for the same reason until the same instant does not.
    """
    return not (
        isinstance(event, Waiting)
        and (event.reason_code, event.rule) == (before.reason_code, before.rule)
        and (event.until <= event.at or event.until == before.due)
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


def assignment(
    before: Placement,
    rep: Rep,
    by: str,
    rule: Rule | None,
    charges: Charges,
    books: Books,
    now: datetime,
) -> Assigned | None:
    """The assignment to a rep by hand, or ``None`` when they own the lead already."""
    said = _clean(before, "Assigned", "by", word, by)
    if before.status is Status.CLOSED:
        raise InvalidTransitionError(before.lead_id, "assign", rep.id, state_of(before))
    if before.owner == rep.id:
        return None
    charged = list(charges.for_rep(rep))
    held, used = before.reservations, books.counts([charge.key for charge in charged])
    # The lead may count there already: that alone does not exceed the limit.
    over = (
        charge.key
        for charge in charged
        if charge.refuses(used.get(charge.key, 0) - held.get(charge.key, 0))
    )
    release_on = "outcome" if rule is None else rule.release_on
    return Assigned(
        now,
        rep.id,
        said,
        None if rule is None else rule.name,
        {
            key: units
            for key, units in _units_by_counter(charged).items()
            if not _given_back(key, release_on, before)
        },
        tuple(dict.fromkeys(over)),
        release_on,
        shift_end(release_on, rep, now),
        books.next_order(),
    )


def _given_back(counter: str, release_on: str, before: Placement) -> bool:
    done = release_on == "accept" or (release_on == "contact" and before.contacted_at is not None)
    return done and is_open_key(counter)


def release(before: Placement, now: datetime) -> Released | None:
    """The end of open work on a lead that goes on, or ``None`` when it is open work no more."""
    if before.owner is None:
        raise InvalidTransitionError(before.lead_id, "release", "", state_of(before))
    return Released(now, before.owner) if any(map(is_open_key, before.reservations)) else None


def end_of_shift(before: Placement, now: datetime) -> Released | None:
    """The end of open work at the end of a shift, or ``None`` while it lasts."""
    over = before.owner is not None and before.due is not None and now >= before.due
    return Released(now, str(before.owner)) if over else None


def acceptance(
    before: Placement, rep_id: str, now: datetime, rep: Rep | None = None
) -> Accepted | None:
    """The acceptance by a rep, or ``None`` when this rep has accepted already."""
    if before.owner == rep_id:
        return None
    _must_be_offered(before, rep_id, "accept", now)
    return Accepted(now, rep_id, shift_end(before.release_on, rep, now))


def refusal(before: Placement, rep_id: str, reason: str, now: datetime) -> Declined | None:
    """The refusal by a rep, or ``None`` when this rep has declined already."""
    said = "" if reason == "" else _clean(before, "Declined", "reason", word, reason)
    if before.previous_offers.get(rep_id) == Declined.kind and before.rep_id != rep_id:
        return None
    _must_be_offered(before, rep_id, "decline", now)
    return Declined(now, rep_id, said)


def _clean(before: Placement, kind: str, name: str, clean: Cleaner, given: object) -> Any:
    try:
        return clean(given)
    except Refused as refused:
        raise ValidationError(kind, before.lead_id, (FieldError(name, str(refused)),)) from None


def _must_be_offered(before: Placement, rep_id: str, verb: str, now: datetime) -> None:
    if before.status is not Status.OFFERED or before.rep_id != rep_id:
        late = before.previous_offers.get(rep_id) == TimedOut.kind
        refused = OfferExpiredError if late else NotOfferedError
        raise refused(before.lead_id, verb, rep_id, state_of(before))
    if before.due is not None and now >= before.due:
        ended = f"the offer ended at {before.due:%Y-%m-%d %H:%M:%S %Z}"
        raise OfferExpiredError(before.lead_id, verb, rep_id, ended)


def expiry(before: Placement, now: datetime) -> TimedOut | None:
    """The end of an offer, or ``None`` while it stands or when there is none."""
    if before.status is not Status.OFFERED or before.due is None or before.rep_id is None:
        return None
    return TimedOut(now, before.rep_id) if now >= before.due else None


def contact(before: Placement, now: datetime) -> Contacted | None:
    """The first contact by the owner, or ``None`` when there was one already."""
    if before.contacted_at is not None:
        return None
    if before.owner is None or before.status is Status.CLOSED:
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
        None if value is None else float(_clean(before, "FeedbackGiven", "value", number(), value))
    )
    ended = before.status is Status.CLOSED
    if before.outcome == said.name and worth in (None, before.value) and (ended or not said.closes):
        return None
    if before.owner is None or ended:
        raise InvalidTransitionError(before.lead_id, "give feedback on", "", state_of(before))
    return FeedbackGiven(now, before.owner, said.name, said.closes, worth, said.won)


def operations(
    before: Placement | None,
    events: Sequence[LeadEvent],
    lead_id: str,
    version: int,
    books: Books,
) -> tuple[Placement, tuple[Op, ...]]:
    """Return the placement after some events, and the store operations."""
    after, ops = before, list[Op]()
    for event in events:
        if after is not None and isinstance(event, Declined | TimedOut | Assigned):
            ops.extend(_returned_by_offer(after, books))
        if after is not None and isinstance(event, Accepted):
            ops.append(Raise(given_key(event.rep_id), after.order))
        after = move(after, event, lead_id)
        at = to_micros(event.at)
        ops.append(Emit(lead_id, after.steps, event.kind, document(event), at))
        ops.extend(_rep_counters(event, at))
    if after is None:
        raise InvalidTransitionError(lead_id, "change", "", "nothing happened to it")
    ops.extend(
        _counter_changes(FrozenDict() if before is None else before.reservations, after, events)
    )
    ops.extend(books.operations())
    due = None if after.due is None else to_micros(after.due)
    status, rep_id = after.status.value, after.rep_id or ""
    ops.append(Put(placement_key(lead_id), document(after), version, status, rep_id, due))
    return after, tuple(ops)


def _counter_changes(
    held: Mapping[str, int], after: Placement, events: Sequence[LeadEvent]
) -> Iterator[Add]:
    """The difference in what the lead counts against, within the limits of the offer."""
    limits: Mapping[str, int] = next((e.limits for e in events if isinstance(e, Offered)), {})
    taken = after.reservations
    for counter in sorted({*held, *taken}):
        delta = taken.get(counter, 0) - held.get(counter, 0)
        if delta > 0:
            yield Add(counter, delta, hi=limits.get(counter))
        elif delta:
            yield Add(counter, delta, lo=None)  # giving back is never refused
    # A limit of which the lead takes nothing, such as the end of the wrap-up, is checked all the same.
    for counter in sorted(limits.keys() - held.keys() - taken.keys()):
        yield Add(counter, 0, lo=None, hi=limits[counter])


def _returned_by_offer(before: Placement, books: Books) -> Iterator[Op]:
    """What an offer that ends without being accepted gives back, besides what it holds."""
    if before.status is not Status.OFFERED or before.rep_id is None:
        return
    if before.turn is not None and before.pool is not None:
        books.credits(before.pool).give_back(before.turn)
    own, rep_id = last_key(before.rep_id), before.rep_id
    # Only while nothing was assigned to the rep since: then the rep's last assignment is an earlier one.
    if before.order and books.counts([own]).get(own) == before.order:
        earlier = books.order_without(rep_id, before.lead_id)
        yield Add(own, earlier - before.order, lo=earlier, hi=earlier)


def _rep_counters(event: LeadEvent, at: int) -> Iterator[Op]:
    """The counters of a rep that an event changes, whatever the lead holds."""
    if isinstance(event, Offered | Assigned):
        yield Raise(last_key(event.rep_id), event.order)
        yield Raise(order_key(), event.order)
        if isinstance(event, Assigned):
            yield Raise(given_key(event.rep_id), event.order)
    elif isinstance(event, Contacted):
        yield Raise(contact_key(event.rep_id), at)
    elif isinstance(event, FeedbackGiven) and event.closing:
        yield Add(closed_key(event.rep_id), 1)
        if event.won:
            yield Add(won_key(event.rep_id), 1)
