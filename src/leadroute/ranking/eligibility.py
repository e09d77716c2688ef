"""Who may take a lead: an allow-list of criteria, each with its reason as data; and what the lead counts against.

* A rep is eligible only if every criterion says yes. Every criterion is asked about every rep, so that the reasons for
  a rejection are complete. Only counters are not read for a rep whom rule or lead exclude for good.
* A calendar of yours that fails is an obstacle for its rep, so that it does not block the pool.
* Open work is counted in units, caps in leads: one place for eligibility, guards and reasons.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Final, NamedTuple, TypeAlias

from attrs import field, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.caps import Bound, Cap
from leadroute.model.duration import from_micros
from leadroute.model.keys import is_total_key, open_key, segment_open_key, total_holder
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import OFFICE, Shared, clock_of, lead_hours, shared_hours
from leadroute.model.rep import Pauses, Presence, Rep, wrapped_up
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import distance_km, position_of
from leadroute.model.territory_index import Match
from leadroute.model.validation import FrozenDict, known, one_line
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.rules.conditions import ALWAYS
from leadroute.rules.describe import unmet
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.rule import Rule


class Charge(NamedTuple):
    """One counter that a lead counts on.

    Attributes:
        key: The counter.
        units: How much the lead adds to it.
        most: The most that it may stand at now; ``None`` is unlimited.
        segment: The segment whose open work is counted; ``""`` counts all open work.
        cap: The cap whose leads are counted; ``None`` counts open work.
        hard: Whether the most is a limit, or only a preference.
    """

    key: str
    units: int
    most: int | None
    segment: str = ""
    cap: Cap | None = None
    hard: bool = True

    def refuses(self, used: int) -> bool:
        """Whether the lead does not fit beside what is used."""
        return self.hard and self.most is not None and used + self.units > self.most

    @property
    def temporary(self) -> bool:
        """Whether there will be room when time passes or work gets done."""
        if self.cap is not None:
            return self.cap.limit > 0
        return self.most is None or self.most >= self.units

    @property
    def code(self) -> str:
        """The code of its refusal: ``at_capacity`` or ``cap_reached``."""
        return "at_capacity" if self.cap is None else "cap_reached"

    def refusal(self, used: int) -> str:
        """Why the lead does not fit, in words for a sales manager."""
        if self.cap is not None:
            return (
                f"{'the team has' if is_total_key(self.key) else 'has'} {self._had(self.cap, used)}"
            )
        which = f" for {self.segment!r}" if self.segment else ""
        more = "" if self.units == 1 else f", and this lead takes {self.units}"
        if not self.temporary:
            return f"has a capacity of {self.most}{which}{more}"
        return f"is full{which}: {used} of {self.most} open{more}"

    def _had(self, cap: Cap, used: int) -> str:
        if not cap.limit:
            return f"a cap of {cap}"
        daily = cap.paced and cap.is_daily(self.key)
        period = "today" if daily else cap.period_in_words
        if self.most == cap.limit and not cap.paced:
            return f"had {used} of {self.most} {period}{cap.narrowed_in_words}"
        so_far = "" if daily else "so far "
        return f"had {used} of {self.most} {so_far}{period} (the cap is {cap})"


@frozen
class Charges:
    """What one lead counts against, for any rep."""

    lead: Lead
    instant: datetime | None
    pool: str | None
    segment: str | None
    capacity_cost: int
    totals: Sequence[Cap]
    zone: tzinfo
    over_all: tuple[Charge, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        over_all = [
            Charge(bound.key, 1, bound.most, "", cap, bound.hard)
            for cap in self.totals
            if cap.counts(self.lead.source, self.pool, self.segment)
            for bound in cap.bounds(total_holder(), self.now, self.zone)
        ]
        object.__setattr__(self, "over_all", tuple(over_all))

    @property
    def now(self) -> datetime:
        """The instant of the offer."""
        return known(self.instant)

    def for_rep(self, rep: Rep) -> Iterator[Charge]:
        """The counters that the lead counts on when this rep gets it."""
        yield from self.own(rep, lambda of, cap: of.bounds(cap, self.now))
        yield from self.over_all

    def own(self, rep: Rep, bounds_of: Callable[[Rep, Cap], Iterable[Bound]]) -> Iterator[Charge]:
        """The counters of the rep alone, open work first."""
        yield Charge(open_key(rep.id), self.capacity_cost, rep.capacity)
        segment = self.segment
        if segment is not None and segment in rep.capacity_by_segment:
            yield Charge(
                segment_open_key(rep.id, segment),
                self.capacity_cost,
                rep.capacity_by_segment[segment],
                segment,
            )
        for cap in rep.caps:
            if cap.counts(self.lead.source, self.pool, self.segment):
                for bound in bounds_of(rep, cap):
                    yield Charge(bound.key, 1, bound.most, "", cap, bound.hard)

    def refused(self, rep: Rep, snapshot: Snapshot) -> Iterable[tuple[Charge, int]]:
        """What has no room for the lead, each limit once, with what is used of it."""
        found = {}
        for charge in self.for_rep(rep):
            used = used_of(charge, rep, snapshot)
            if charge.refuses(used):
                found[charge.code, charge.segment, charge.cap, is_total_key(charge.key)] = (
                    charge,
                    used,
                )
        return found.values()


def used_of(charge: Charge, rep: Rep, snapshot: Snapshot) -> int:
    """What a counter stands at in a snapshot."""
    if charge.cap is None and not charge.segment:
        return snapshot.open.get(rep.id, 0)
    return snapshot.used.get(charge.key, 0)


def counters(reps: Iterable[Rep], totals: Iterable[Cap], zone: tzinfo, now: datetime) -> list[str]:
    """The counters that any lead could count on now, apart from open work: a snapshot's."""
    found = [bound.key for cap in totals for bound in cap.bounds(total_holder(), now, zone)]
    for rep in reps:
        found += [segment_open_key(rep.id, segment) for segment in rep.capacity_by_segment]
        found += [bound.key for cap in rep.caps for bound in rep.bounds(cap, now)]
    return list(dict.fromkeys(found))


NO_PAUSES: Final = Pauses()


CODES: Final[Mapping[str, str]] = FrozenDict(
    {
        "inactive": "The rep takes no leads at all.",
        "zero_weight": "The rep has weight 0.",
        "not_in_pool": "The rep is not in the pool that the rule names.",
        "requirement_not_met": "The rep does not meet what the rule requires.",
        "outside_territory": "The rep has no part in the lead's territory.",
        "too_far": "The rep is farther away than the rule allows, or the distance is not known.",
        "already_offered": "The rep was offered the lead before.",
        "off_hours": "The rep's schedule is closed now, or cannot be read.",
        "not_present": "The rep is away, busy or offline.",
        "paused": "The rep is paused.",
        "cooling_down": "The rep's last offer ended a moment ago.",
        "wrapping_up": "The rep's last contact ended a moment ago.",
        "backlog_gap": "The rep was offered a lead that waited a moment ago.",
        "backlog_burst": "The rep has not answered the last offers of leads that waited.",
        "too_few_shared_hours": "The rep works too little of the lead's working hours.",
        "outside_calling_hours": "The lead may not be called now, or never while the rep works.",
        "at_capacity": "The rep has no capacity left for the lead.",
        "cap_reached": "The rep, or the team, has had as many leads as a cap allows.",
    }
)
"""Every code of a reason why a rep may not take a lead, with its meaning."""


@frozen
class Ineligibility:
    """One reason why a rep may not take a lead.

    Args:
        code: One of ``CODES``, for programs.
        reason: The same in words, for a sales manager.
        temporary: True when time, or work getting done, can remove it.
        available_at: The time at which it ends by the clock alone, when that is known.
    """

    code: str
    reason: str
    temporary: bool = False
    available_at: datetime | None = None


Ask: TypeAlias = Callable[[Rep], Iterable[Ineligibility]]


def gate(
    rule: Rule,
    context: RoutingContext,
    previous_offers: Mapping[str, str],
    charges: Charges,
    *,
    pauses: Pauses = NO_PAUSES,
    ignore_availability: bool = False,
) -> Callable[[Rep], tuple[Ineligibility, ...]]:
    """Look at the rule and the lead once; return the function that says what stops a rep."""
    for_good = _for_good(rule, context)
    where = (*fits(rule, context), *_stops(context), *_paced(context))
    before, resting, after = _in_order(
        rule, context, pauses, ignore_availability=ignore_availability
    )

    def obstacles(rep: Rep) -> Iterator[Ineligibility]:
        excluded = tuple(for_good(rep))
        yield from excluded
        for ask in where:
            yield from ask(rep)
        if rep.id in previous_offers:
            yield Ineligibility(
                "already_offered",
                f"was offered this lead before: {previous_offers[rep.id].replace('_', ' ')}",
            )
        for ask in (*before, *(() if excluded else resting), *after):
            yield from ask(rep)
        if not excluded:
            for charge, used in charges.refused(rep, context.snapshot):
                yield Ineligibility(charge.code, charge.refusal(used), temporary=charge.temporary)

    return lambda rep: tuple(dict.fromkeys(obstacles(rep)))


def _for_good(rule: Rule, context: RoutingContext) -> Ask:
    """What rule and lead exclude for good; counters are not read for such a rep."""
    lead, instant = context.lead, context.instant
    require = ALWAYS if rule.require is None else rule.require
    meets, say = context.test_of(require), unmet(require, context.registry)
    home = _home(context) if rule.in_territory else None

    def ask(rep: Rep) -> Iterator[Ineligibility]:
        if not rep.active:
            yield Ineligibility("inactive", "is not active")
        if not rep.weight:
            yield Ineligibility("zero_weight", "has weight 0, so never takes a lead")
        if not meets(lead, rep, instant):
            yield Ineligibility("requirement_not_met", say(lead, rep, instant))
        if home is not None:
            yield from home(rep)

    return ask


def _in_order(
    rule: Rule, context: RoutingContext, pauses: Pauses, *, ignore_availability: bool
) -> tuple[tuple[Ask, ...], tuple[Ask, ...], tuple[Ask, ...]]:
    """What may stand in the way right now: before the rest after a contact, it, and after it."""
    if ignore_availability:
        return (), (), ()
    here = (_careful(partial(_off, context)), *_present(context, pauses, _elsewhere))
    return here, tuple(_rests(context, pauses)), tuple(_calls(rule, context))


def masks(
    rule: Rule, context: RoutingContext, pauses: Pauses, *, ignore_availability: bool
) -> tuple[Ask, ...]:
    """The criteria besides requirement, territory, hours, offers and limits, as ``gate`` asks."""
    where = (*fits(rule, context), *_stops(context), *_paced(context))
    if ignore_availability:
        return where
    now = (*_present(context, pauses, _absent), *_rests(context, pauses), *_calls(rule, context))
    return (*where, *now)


def fits(rule: Rule, context: RoutingContext) -> Iterator[Ask]:
    """What the rule asks about where and when rep and lead are."""
    if rule.max_distance_km is not None:
        yield partial(_far, context.lead, rule.max_distance_km)
    if rule.min_shared_hours is not None:
        shared = shared_hours(context.lead, OFFICE, context.instant)
        yield _careful(partial(_apart, shared, rule.min_shared_hours))


def _stops(context: RoutingContext) -> Iterator[Ask]:
    """Who gets no offer at all, though they may be at work."""
    if context.snapshot.paused:
        yield partial(_paused, context)
    if context.snapshot.cooling:
        yield partial(_cooling, context)


def _paused(context: RoutingContext, rep: Rep) -> Iterator[Ineligibility]:
    pause = context.snapshot.paused.get(rep.id)
    if pause is not None and (pause.until is None or pause.lasts(context.now)):
        why = pause.in_words(rep.zone)
        yield Ineligibility("paused", why, temporary=True, available_at=pause.until)


def _cooling(context: RoutingContext, rep: Rep) -> Iterator[Ineligibility]:
    micros = context.snapshot.cooling.get(rep.id)
    if micros is not None and context.now < (until := from_micros(micros)):
        why = f"gets no offer until {until.astimezone(rep.zone):%H:%M:%S %Z}, after the last one"
        yield Ineligibility("cooling_down", why, temporary=True, available_at=until)


def check_presence(reps: Iterable[Rep], presence: Mapping[str, Presence]) -> None:
    """Refuse what is not a presence."""
    for rep in reps:
        found = presence.get(rep.id)
        if found is not None and not isinstance(found, Presence):
            told, kind = f"the presence of rep {rep.id!r}", f"of type {type(found).__name__}"
            raise FieldTypeError(told, kind, "a Presence, such as Presence('busy', since)")


def _present(
    context: RoutingContext, pauses: Pauses, ask: Callable[..., Iterable[Ineligibility]]
) -> Iterator[Ask]:
    """Who is at work this minute, where that is known."""
    if context.snapshot.presence:
        yield partial(ask, context, pauses.offline_grace)


def _rests(context: RoutingContext, pauses: Pauses) -> Iterator[Ask]:
    """Who is left alone after a contact."""
    if pauses.wrap_up or any(rep.wrap_up for rep in context.reps):
        yield partial(_wrapping_up, context, pauses)


def _paced(context: RoutingContext) -> Iterator[Ask]:
    """Who has had a lead that waited a moment ago, or has not answered the last ones."""
    if context.snapshot.paced:
        yield partial(_pacing, context)


def _pacing(context: RoutingContext, rep: Rep) -> Iterator[Ineligibility]:
    until = context.snapshot.paced.get(rep.id)
    if until == 0:
        answers = "has to answer the last offers of leads that waited"
        yield Ineligibility("backlog_burst", answers, temporary=True)
    elif until is not None and context.now < (ends := from_micros(until)):
        told = f"gets the next lead that waits at {ends.astimezone(rep.zone):%H:%M:%S %Z}"
        yield Ineligibility("backlog_gap", told, temporary=True, available_at=ends)


def _calls(rule: Rule, context: RoutingContext) -> Iterator[Ask]:
    """When the lead may be called."""
    hours = None if rule.calling_hours is None else lead_hours(context.lead, rule.calling_hours)
    if hours is not None:
        quiet = () if hours.is_open(context.now) else (_quiet(context, hours),)
        yield lambda _rep: quiet
        if hours.next_open(context.now) is not None:
            yield _careful(partial(_apart_for_ever, context, hours))


def _careful(ask: Ask) -> Ask:
    """The same question; a calendar of yours that fails keeps out its rep, and nobody else."""

    def asked(rep: Rep) -> Iterable[Ineligibility]:
        return unless_failing(lambda: tuple(ask(rep)), _failing)

    return asked


def _failing(error: Exception) -> tuple[Ineligibility, ...]:
    failed = f"has a calendar that fails with {type(error).__name__}"
    return (Ineligibility("off_hours", failed, temporary=True),)


def _home(context: RoutingContext) -> Ask:
    home = next(context.staffed(), None)
    why = _homeless(context) if home is None else f"has no part in {_named(home)}"

    def ask(rep: Rep) -> Iterator[Ineligibility]:
        if home is None or home.territory.role(rep) is None:
            yield Ineligibility("outside_territory", why)

    return ask


def _named(match: Match) -> str:
    return f"the lead's territory {match.territory.name!r} ({match.reason})"


def _homeless(context: RoutingContext) -> str:
    """Why no rep of the pool is in a territory of the lead."""
    place = context.lead.region or context.lead.country
    if context.matches:
        return f"no rep of the pool has a part in {_named(context.matches[0])}"
    if place is None:
        return "no territory holds the lead, of which neither country nor region is known"
    return f"no territory holds {one_line(place)}"


def _far(lead: Lead, most: float, rep: Rep) -> Iterator[Ineligibility]:
    there, here = position_of(lead.attributes), position_of(rep.attributes)
    asked = f"the rule asks for {most:g} km or less"
    if there is None or here is None:
        who = "lead" if there is None else "rep"
        why = f"the distance is not known, as the {who} has no lat and lon; {asked}"
        yield Ineligibility("too_far", why)
    elif (away := distance_km(here, there)) > most:
        yield Ineligibility("too_far", f"is {away:,.0f} km away; {asked}")


def _apart(shared: Shared | None, least: float, rep: Rep) -> Iterator[Ineligibility]:
    asked = f"the rule asks for {least:.0%} or more"
    if shared is None:
        why = f"shared hours are not known, as the lead's time zone is not; {asked}"
        yield Ineligibility("too_few_shared_hours", why)
        return
    share = shared.share(rep)
    if share is None or share < least:
        why = f"{'shares ' * (share is not None)}{shared.reason(rep)}; {asked}"
        yield Ineligibility("too_few_shared_hours", why)


def _off(context: RoutingContext, rep: Rep) -> Iterator[Ineligibility]:
    if rep.hours is None or rep.hours.is_open(context.now):
        return
    back = rep.hours.next_open(context.now)
    if back is None:
        yield Ineligibility("off_hours", "has no working hours from now on")
    else:
        why = f"is not working until {_local(back, rep.zone)}"
        yield Ineligibility("off_hours", why, temporary=True, available_at=back)


# A mask reads whether there is a reason, not which, so nothing is written for it.
_ABSENT: Final = (Ineligibility("not_present", "", temporary=True),)


def _absent(
    context: RoutingContext, offline_grace: timedelta, rep: Rep
) -> tuple[Ineligibility, ...]:
    presence = context.snapshot.presence.get(rep.id)
    here = presence is None or presence.is_available(context.now, offline_grace)
    return () if here else _ABSENT


def _elsewhere(
    context: RoutingContext, offline_grace: timedelta, rep: Rep
) -> Iterator[Ineligibility]:
    if _absent(context, offline_grace, rep):
        presence = context.snapshot.presence[rep.id]
        since, now = presence.since.astimezone(rep.zone), context.now.astimezone(rep.zone)
        told = f"{since:%H:%M %Z}" if since.date() == now.date() else _local(since, rep.zone)
        yield Ineligibility(
            "not_present", f"has been {presence.status} since {told}", temporary=True
        )


def _wrapping_up(context: RoutingContext, pauses: Pauses, rep: Rep) -> Iterator[Ineligibility]:
    wrap_up = pauses.after_contact(rep)
    if not wrap_up:
        return
    contact = context.snapshot.contacted.get(rep.id)
    if contact is not None and not isinstance(contact, int):
        told, kind = f"the last contact of rep {rep.id!r}", f"of type {type(contact).__name__}"
        raise FieldTypeError(told, kind, "a whole number of microseconds since 1970 (UTC)")
    reached = None if contact is None else from_micros(contact)
    if reached is not None and not wrapped_up(reached, context.now, wrap_up):
        free = reached + wrap_up
        until = f"{free.astimezone(rep.zone):%H:%M:%S %Z}"
        yield Ineligibility(
            "wrapping_up", f"is wrapping up until {until}", temporary=True, available_at=free
        )


def _quiet(context: RoutingContext, hours: Hours) -> Ineligibility:
    """The quiet hours of the lead, which stand in everybody's way."""
    clock, opens = clock_of(context.lead), hours.next_open(context.now)
    if opens is None:
        return Ineligibility(
            "outside_calling_hours", f"the lead can never be called ({clock.reason})"
        )
    why = f"the lead may not be called until {_local(opens, hours.zone)} ({clock.reason})"
    return Ineligibility("outside_calling_hours", why, temporary=True, available_at=opens)


def _apart_for_ever(context: RoutingContext, hours: Hours, rep: Rep) -> Iterator[Ineligibility]:
    """The hours of the rep and the lead, where each of them come and they never meet."""
    own, now = rep.hours, context.now
    if own is None or own.next_open(now) is None or meeting(own, hours, now) is not None:
        return
    why = f"never works when the lead may be called ({clock_of(context.lead).reason})"
    yield Ineligibility("outside_calling_hours", why)


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


def notes_of(rule: Rule, lead: Lead) -> tuple[str, ...]:
    """What is not known of the lead's clock, where the rule asks for it."""
    if rule.calling_hours is None and rule.min_shared_hours is None:
        return ()
    clock = clock_of(lead)
    if clock.zone is not None:
        return ()
    if clock.candidates:
        return (f"{clock.reason}: only the hours that suit all of them count",)
    free = "; it may be called at any time" if rule.calling_hours is not None else ""
    return (f"the time zone of the lead is not known: {clock.reason}{free}",)
