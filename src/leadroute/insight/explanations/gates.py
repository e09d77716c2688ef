"""What could be otherwise about what keeps a rep from a lead: hours, presence, limits, places and earlier offers.

The rules of this module:

* Every criterion of ``leadroute.ranking.eligibility`` but the requirement, which is a condition, has its levers here.
* What the rep or the policy could do comes before what the clock or the counts would do.
* The limit that is asked for is the nearest round one that suffices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import chain
from math import ceil, pi
from typing import Any, Final

from attrs import evolve

from leadroute.insight.explanations.question import Change, Lever, Question
from leadroute.model.caps import Bound, Cap
from leadroute.model.distance import EARTH_KM, distance_km, position_of
from leadroute.model.duration import format_duration, from_micros
from leadroute.model.keys import segment_open_key, total_holder
from leadroute.model.lead_timezone import OFFICE, lead_hours
from leadroute.model.rep import Presence, Rep
from leadroute.model.schedule import Schedule
from leadroute.ranking.ranking import Ranking
from leadroute.rules.rule import Rule

__all__ = [
    "limits",
    "nearer",
    "on_lead_hours",
    "parts_in_territories",
    "raised_caps",
    "roomier",
    "terms",
    "waits",
]

_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_NEAR: Final = (1_000, 500, 200, 100, 50, 20, 10, 5, 1, 0)
_SHARES: Final = (0.75, 0.5, 0.25, 0.1)
_KM: Final = EARTH_KM * pi / 180 * (1 + 1e-9)
"""A degree of latitude in kilometres, a little long, so that rounding leaves nobody outside."""


def limits(question: Question, rule: Rule | None) -> Iterator[Lever]:
    """What could be otherwise about the rep: at work, weight, hours, room, caps and place."""
    rep = question.rep
    if not rep.active:
        yield (Change("rep", "active", True, "account was active"),)
    if rep.hours is not None:
        yield (Change("rep", "schedule", None, "schedule was open at that time"),)
    yield from roomier(question, 1 if rule is None else rule.capacity_cost)
    yield from raised_caps(question)
    weights = (1,) if not rep.weight else (rep.weight * 2, rep.weight * 10)
    yield tuple(
        Change("rep", "weight", more, f"weight was {more:g} instead of {rep.weight:g}")
        for more in weights
    )
    if rule is not None:
        if rule.in_territory:
            yield from parts_in_territories(question)
        if rule.max_distance_km is not None:
            yield from nearer(question, "lat", "lon")
        if rule.min_shared_hours is not None:
            yield from on_lead_hours(question, OFFICE)


def roomier(question: Question, cost: int = 1) -> Iterator[Lever]:
    """More capacity, and more of it for each segment. O(segments)."""
    rep, needs = question.rep, max(1, cost)
    if rep.capacity is not None:
        has = question.snapshot.open.get(rep.id, 0)
        steps = dict.fromkeys((max(rep.capacity, has) + needs, 10 * (has + needs)))
        lever = [
            Change("rep", "capacity", more, f"capacity was {more} instead of {rep.capacity}")
            for more in steps
            if more > rep.capacity
        ]
        yield *lever, Change("rep", "capacity", None, "capacity had no limit")
    for name, most in rep.capacity_by_segment.items():
        more = max(most, question.snapshot.used.get(segment_open_key(rep.id, name), 0)) + needs
        words = f"room for {name!r} was {more} instead of {most}"
        yield (
            Change("rep", "capacity_by_segment", {**rep.capacity_by_segment, name: more}, words),
        )


def raised_caps(question: Question) -> Iterator[Lever]:
    """Higher caps of the rep, then of the policy. O(caps)."""
    rep, now = question.rep, question.now
    if rep.caps and now is not None:
        for cap in rep.caps:
            yield _raised(question, "rep", rep.caps, cap, rep.bounds(cap, now))
    if rep.caps:
        yield (Change("rep", "caps", (), "caps were not there"),)
    if now is not None:
        router = question.router
        for cap in router.caps:
            bounds = cap.bounds(total_holder(), now, router.zone)
            yield _raised(question, "policy", router.caps, cap, bounds)


def _raised(
    question: Question, of: Any, caps: Sequence[Cap], cap: Cap, bounds: Iterable[Bound]
) -> Lever:
    used = max(question.snapshot.used.get(bound.key, 0) for bound in bounds)
    steps = sorted({max(cap.limit, used) + 1, 2 * (max(cap.limit, used) + 1), 100 * (used + 1)})
    return tuple(_replaced(of, caps, cap, more) for more in steps if more > cap.limit)


def _replaced(of: Any, caps: Sequence[Cap], cap: Cap, limit: int) -> Change:
    higher = evolve(cap, limit=limit)
    others = tuple(higher if each == cap else each for each in caps)
    return Change(of, "caps", others, f"cap was '{higher}' instead of '{cap}'")


def parts_in_territories(question: Question) -> Iterator[Lever]:
    """A part in each territory of the lead, the most specific one first. O(territories of the lead)."""
    rep = question.rep
    for match in question.router.territories.lookup(question.lead):
        name = match.territory.name
        if match.territory.role(rep) is None:
            yield (
                Change(
                    "rep", "territories", rep.territories | {name}, f"territories included {name!r}"
                ),
            )


def nearer(question: Question, latitude: str, longitude: str) -> Iterator[Lever]:
    """The rep nearer to the lead, by steps; the lead where the rep is, where its place is not known.

    Args:
        question: The question.
        latitude: The attribute with the latitude, of lead and rep alike.
        longitude: The attribute with the longitude.
    """
    there = _place(question.lead.attributes, latitude, longitude)
    here = _place(question.rep.attributes, latitude, longitude)
    if there is None:
        if here is not None:
            at = {**question.lead.attributes, latitude: here[0], longitude: here[1]}
            yield (Change("lead", "attributes", at, "place was known, and that of the rep"),)
        return
    away = None if here is None else distance_km(here, there)
    south = -1 if there[0] > 0 else 1
    yield tuple(
        _moved(question.rep, {latitude: there[0] + south * km / _KM, longitude: there[1]}, km)
        for km in _NEAR
        if away is None or km < away
    )


def _place(
    attributes: Mapping[str, Any], latitude: str, longitude: str
) -> tuple[float, float] | None:
    return position_of({"lat": attributes.get(latitude), "lon": attributes.get(longitude)})


def _moved(rep: Rep, place: Mapping[str, float], km: int) -> Change:
    words = f"place was {km} km from the lead's"
    return Change("rep", "attributes", {**rep.attributes, **place}, words)


def on_lead_hours(question: Question, week: str) -> Iterator[Lever]:
    """The rep at work in the lead's hours; the lead on the rep's clock, where its own is not known."""
    rep, hours = question.rep, lead_hours(question.lead, week)
    if hours is None:
        yield from _same_clock(question)
    elif rep.hours != hours:
        words = f"schedule was {week} on the lead's clock"
        yield (Change("rep", "schedule", hours, words),)


def _same_clock(question: Question) -> Iterator[Lever]:
    own = getattr(question.rep.zone, "key", None)
    if own is not None and own != question.lead.timezone:
        yield (Change("lead", "timezone", own, f"time zone was {own!r}"),)


def terms(question: Question, rule: Rule | None) -> Iterator[Lever]:
    """What could be otherwise about the rule that decided, and about the policy."""
    if rule is not None:
        yield from chain(_territory(rule), _reach(question, rule), _calling(question, rule))
        yield from _shared(rule)
    yield from chain(_grace(question), _wrap_up(question), _holiday(question))


def _territory(rule: Rule) -> Iterator[Lever]:
    if rule.in_territory:
        words = f"the rule {rule.name!r} asked for no territory"
        yield (Change("rule", rule.name, evolve(rule, in_territory=False), words),)


def _reach(question: Question, rule: Rule) -> Iterator[Lever]:
    if rule.max_distance_km is None:
        return
    there = position_of(question.lead.attributes)
    here = position_of(question.rep.attributes)
    lever = []
    if there is not None and here is not None:
        km = max(rule.max_distance_km, ceil(distance_km(here, there)))
        words = f"the rule {rule.name!r} reached {km:g} km instead of {rule.max_distance_km:g}"
        lever.append(Change("rule", rule.name, evolve(rule, max_distance_km=km), words))
    words = f"the rule {rule.name!r} reached any distance"
    yield *lever, Change("rule", rule.name, evolve(rule, max_distance_km=None), words)


def _calling(question: Question, rule: Rule) -> Iterator[Lever]:
    if rule.calling_hours is not None:
        words = f"the rule {rule.name!r} allowed calls at any time"
        yield (Change("rule", rule.name, evolve(rule, calling_hours=None), words),)
        yield from _same_clock(question)


def _shared(rule: Rule) -> Iterator[Lever]:
    asked = rule.min_shared_hours
    if asked is not None:
        name = f"the rule {rule.name!r} asked for"
        words = [(less, f"an overlap of {less:.0%} instead of {asked:.0%}") for less in _SHARES]
        milder = [(less, said) for less, said in words if less < asked]
        yield tuple(
            Change("rule", rule.name, evolve(rule, min_shared_hours=less), f"{name} {said}")
            for less, said in [*milder, (None, "no overlap")]
        )


def _grace(question: Question) -> Iterator[Lever]:
    presence, now, offline_grace = _absence(question), question.now, question.router.offline_grace
    if presence is None or now is None:
        return
    if presence.status == "offline" and presence.before == "available":
        longer = ((now - presence.since) // _MINUTE + 1) * _MINUTE
        words = f"grace was {format_duration(longer)} instead of {format_duration(offline_grace)}"
        yield (Change("policy", "offline_grace", longer, words),)


def _absence(question: Question) -> Presence | None:
    """What is known of the rep's presence, where it keeps them from the lead."""
    presence, now = question.snapshot.presence.get(question.rep.id), question.now
    if presence is None or now is None or presence.is_available(now, question.router.offline_grace):
        return None
    return presence


def _wrap_up(question: Question) -> Iterator[Lever]:
    contact, wrap_up = question.snapshot.contacted.get(question.rep.id), question.router.wrap_up
    if contact is None or question.now is None:
        return
    shorter = (question.now - from_micros(contact)) // _SECOND * _SECOND
    if timedelta(0) <= shorter < wrap_up:
        words = f"wrap_up was {format_duration(shorter)} instead of {format_duration(wrap_up)}"
        yield (Change("policy", "wrap_up", shorter, words),)


def _holiday(question: Question) -> Iterator[Lever]:
    now, holidays = question.now, question.router.holidays
    if now is None or not isinstance(question.rep.schedule, Schedule):
        return
    today = now.astimezone(question.rep.schedule.zone).date()
    if today in holidays:
        yield (Change("policy", "holidays", holidays - {today}, f"holidays left out {today}"),)


def waits(question: Question, ranking: Ranking) -> Iterator[Lever]:
    """What time, or what is counted, could have made otherwise: no earlier offer, presence, a later moment."""
    rep, snapshot = question.rep, question.snapshot
    if rep.id in question.previous_offers:
        others = {each: why for each, why in question.previous_offers.items() if each != rep.id}
        words = f"the lead had not been offered to {rep.id} before"
        yield (Change("previous_offers", rep.id, others, words),)
    presence = _absence(question)
    if presence is not None and question.now is not None:
        here = {**snapshot.presence, rep.id: Presence("available", question.now)}
        words = f"{rep.id} was available instead of {presence.status}"
        yield (Change("counts", "presence", {"presence": here}, words),)
    rejection = ranking.rejection(rep.id)
    obstacles = () if rejection is None else rejection.obstacles
    for later in sorted({each.available_at for each in obstacles if each.available_at is not None}):
        words = f"it was decided at {later.astimezone(rep.zone):%a %Y-%m-%d %H:%M:%S %Z}"
        yield (Change("moment", "now", later, words),)
