"""Who may take a lead: an allow-list of criteria, each with its reason as data.

The rules of this module:

* A rep is eligible only if every criterion says yes. Every criterion is asked about every rep, so that the reasons for
  a rejection are complete. Only counters are not read for a rep whom rule or lead exclude for good.
* A criterion says no for now (``passing``: off hours, full, cap reached) or for this lead altogether.
* 0 is a limit, ``None`` is none.
* A calendar of the host's that fails is an obstacle for its rep, so that it does not block the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache, partial
from typing import Final, TypeAlias

from attrs import frozen

from leadroute.errors import FieldTypeError
from leadroute.model.distance import distance_km, position_of
from leadroute.model.duration import from_micros
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import OFFICE, Shared, clock_of, lead_hours, shared_hours
from leadroute.model.rep import Pauses, Presence, Rep, wrapped_up
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.ranking.charges import Charges
from leadroute.rules.conditions import ALWAYS
from leadroute.rules.describe import describe
from leadroute.rules.rule import Rule
from leadroute.rules.situation import RoutingContext

__all__ = ["NO_PAUSES", "Ask", "Ineligibility", "check_presence", "gate", "masks", "notes_of"]

NO_PAUSES: Final = Pauses()
_wording = lru_cache(maxsize=1_024)(describe)


@frozen
class Ineligibility:
    """One reason why a rep may not take a lead.

    Args:
        criterion: ``active``, ``weight``, ``requirement``, ``territory``, ``distance``, ``tried``,
            ``schedule``, ``presence``, ``wrap-up``, ``overlap``, ``calling``, ``capacity`` or ``cap``.
        reason: Why, in words for a sales manager.
        passing: Whether time, or work getting done, may remove it.
        until: When time alone will have removed it, where that is known.
    """

    criterion: str
    reason: str
    passing: bool = False
    until: datetime | None = None


Ask: TypeAlias = Callable[[Rep], Iterable[Ineligibility]]


def gate(
    rule: Rule,
    situation: RoutingContext,
    tried: Mapping[str, str],
    tally: Charges,
    *,
    pauses: Pauses = NO_PAUSES,
    anyway: bool = False,
) -> Callable[[Rep], tuple[Ineligibility, ...]]:
    """Look at the rule and the lead once, and return the function that says what stands in a rep's way.

    Args:
        rule: The rule that matched.
        situation: The lead, the counts and the instant.
        tried: What became of earlier offers of this lead, by rep id.
        tally: What the lead counts against.
        pauses: For how long a contact, or a connection that dropped, still counts.
        anyway: Whether it is no matter who is at work.

    Returns:
        A function from a member of the rule's pool to every reason why they may not take the lead; empty when they
        may. It raises ``FieldTypeError`` when the requirement meets a fact of the wrong type, or the instant is needed
        and not known.
    """
    for_good = _for_good(rule, situation)
    fits = tuple(_fits(rule, situation))
    before, resting, after = _in_order(rule, situation, pauses, anyway=anyway)

    def obstacles(rep: Rep) -> Iterator[Ineligibility]:
        excluded = tuple(for_good(rep))
        yield from excluded
        for ask in fits:
            yield from ask(rep)
        if rep.id in tried:
            yield Ineligibility("tried", f"was offered this lead before: {tried[rep.id]}")
        for ask in (*before, *(() if excluded else resting), *after):
            yield from ask(rep)
        if not excluded:
            for toll, used in tally.refused(rep, situation.snapshot):
                yield Ineligibility(toll.criterion, toll.refusal(used), passing=toll.passing)

    return lambda rep: tuple(dict.fromkeys(obstacles(rep)))


def _for_good(rule: Rule, situation: RoutingContext) -> Ask:
    """What rule and lead exclude for good; counters are not read for such a rep."""
    lead, instant = situation.lead, situation.instant
    require = ALWAYS if rule.require is None else rule.require
    meets = situation.test_of(require)
    home = _home(situation) if rule.territory else None

    def ask(rep: Rep) -> Iterator[Ineligibility]:
        if not rep.active:
            yield Ineligibility("active", "is not active")
        if not rep.weight:
            yield Ineligibility("weight", "has weight 0: never takes a turn")
        if not meets(lead, rep, instant):
            yield Ineligibility("requirement", f"the rule requires that {_wording(require)}")
        if home is not None:
            yield from home(rep)

    return ask


def _in_order(
    rule: Rule, situation: RoutingContext, pauses: Pauses, *, anyway: bool
) -> tuple[tuple[Ask, ...], tuple[Ask, ...], tuple[Ask, ...]]:
    """What may stand in the way right now: before the rest after a contact, that rest, and after it."""
    if anyway:
        return (), (), ()
    here = (_careful(partial(_off, situation)), *_present(situation, pauses))
    return here, tuple(_rests(situation, pauses)), tuple(_calls(rule, situation))


def masks(
    rule: Rule, situation: RoutingContext, pauses: Pauses, *, anyway: bool
) -> tuple[Ask, ...]:
    """The criteria besides requirement, territory, hours, earlier offers and limits, as ``gate`` asks them.

    Args:
        rule: The rule that matched.
        situation: The lead, the candidates, the counts and the instant.
        pauses: For how long a contact, or a connection that dropped, still counts.
        anyway: Whether it is no matter who is at work.
    """
    fits = tuple(_fits(rule, situation))
    if anyway:
        return fits
    now = (*_present(situation, pauses), *_rests(situation, pauses), *_calls(rule, situation))
    return (*fits, *now)


def _fits(rule: Rule, situation: RoutingContext) -> Iterator[Ask]:
    """What the rule asks about where and when rep and lead are."""
    if rule.within_km is not None:
        yield partial(_far, situation.lead, rule.within_km)
    if rule.overlap is not None:
        shared = shared_hours(situation.lead, OFFICE, situation.instant)
        yield _careful(partial(_apart, shared, rule.overlap))


def check_presence(reps: Iterable[Rep], presence: Mapping[str, Presence]) -> None:
    """Refuse what is no presence, of whomever it is told.

    Raises:
        FieldTypeError: Of one of the reps it is something else.
    """
    for rep in reps:
        found = presence.get(rep.id)
        if found is not None and not isinstance(found, Presence):
            told, kind = f"the presence of rep {rep.id!r}", f"of type {type(found).__name__}"
            raise FieldTypeError(told, kind, "a Presence, such as Presence('busy', since)")


def _present(situation: RoutingContext, pauses: Pauses) -> Iterator[Ask]:
    """Who is at work this minute, where that is known."""
    if situation.snapshot.presence:
        yield partial(_elsewhere, situation, pauses.grace)


def _rests(situation: RoutingContext, pauses: Pauses) -> Iterator[Ask]:
    """Who is left alone after a contact."""
    if pauses.wrap_up:
        yield partial(_wrapping_up, situation, pauses.wrap_up)


def _calls(rule: Rule, situation: RoutingContext) -> Iterator[Ask]:
    """When the lead may be called."""
    hours = None if rule.calling is None else lead_hours(situation.lead, rule.calling)
    if hours is not None:
        quiet = () if hours.is_open(situation.now) else (_quiet(situation, hours),)
        yield lambda _rep: quiet
        if hours.next_open(situation.now) is not None:
            yield _careful(partial(_apart_for_ever, situation, hours))


def _careful(ask: Ask) -> Ask:
    """The same question; a calendar of the host's that fails keeps out its rep, and nobody else."""

    def asked(rep: Rep) -> Iterable[Ineligibility]:
        return unless_failing(lambda: tuple(ask(rep)), _failing)

    return asked


def _failing(error: Exception) -> tuple[Ineligibility, ...]:
    failed = f"has a calendar that fails with {type(error).__name__}"
    return (Ineligibility("schedule", failed, passing=True),)


def _home(situation: RoutingContext) -> Ask:
    home = next(situation.staffed(), None)
    why = (
        "has no part in a territory of the lead, and neither has anybody of the pool"
        if home is None
        else f"has no part in the lead's territory {home.territory.name!r} ({home.reason})"
    )

    def ask(rep: Rep) -> Iterator[Ineligibility]:
        if home is None or home.territory.role(rep) is None:
            yield Ineligibility("territory", why)

    return ask


def _far(lead: Lead, most: float, rep: Rep) -> Iterator[Ineligibility]:
    there, here = position_of(lead.attributes), position_of(rep.attributes)
    if there is None or here is None:
        who = "lead" if there is None else "rep"
        yield Ineligibility("distance", f"may be too far away: the {who} has no lat and lon")
    elif (away := distance_km(here, there)) > most:
        yield Ineligibility("distance", f"is {away:.0f} km away, of {most:g} km")


def _apart(shared: Shared | None, least: float, rep: Rep) -> Iterator[Ineligibility]:
    if shared is None:
        yield Ineligibility(
            "overlap", "may not work in the lead's hours: its time zone is not known"
        )
        return
    share = shared.share(rep)
    if share is None or share < least:
        asked = f", and the rule requires {least:.0%}"
        yield Ineligibility("overlap", f"shares too little time: {shared.reason(rep)}{asked}")


def _off(situation: RoutingContext, rep: Rep) -> Iterator[Ineligibility]:
    if rep.hours is None or rep.hours.is_open(situation.now):
        return
    back = rep.hours.next_open(situation.now)
    if back is None:
        yield Ineligibility("schedule", "is never working again")
    else:
        why = f"is not working until {_local(back, rep.zone)}"
        yield Ineligibility("schedule", why, passing=True, until=back)


def _elsewhere(situation: RoutingContext, grace: timedelta, rep: Rep) -> Iterator[Ineligibility]:
    presence = situation.snapshot.presence.get(rep.id)
    if presence is not None and not presence.is_available(situation.now, grace):
        since = _local(presence.since, rep.zone)
        yield Ineligibility("presence", f"is {presence.status} since {since}", passing=True)


def _wrapping_up(
    situation: RoutingContext, wrap_up: timedelta, rep: Rep
) -> Iterator[Ineligibility]:
    contact = situation.snapshot.contacted.get(rep.id)
    if contact is not None and not isinstance(contact, int):
        told, kind = f"the last contact of rep {rep.id!r}", f"of type {type(contact).__name__}"
        raise FieldTypeError(told, kind, "a whole number of microseconds since 1970 (UTC)")
    reached = None if contact is None else from_micros(contact)
    if reached is not None and not wrapped_up(reached, situation.now, wrap_up):
        free = reached + wrap_up
        until = f"{free.astimezone(rep.zone):%H:%M:%S %Z}"
        yield Ineligibility("wrap-up", f"is wrapping up until {until}", passing=True, until=free)


def _quiet(situation: RoutingContext, hours: Hours) -> Ineligibility:
    """The quiet hours of the lead, which stand in everybody's way."""
    clock, opens = clock_of(situation.lead), hours.next_open(situation.now)
    if opens is None:
        return Ineligibility("calling", f"the lead can never be called ({clock.reason})")
    why = f"the lead may not be called until {_local(opens, hours.zone)} ({clock.reason})"
    return Ineligibility("calling", why, passing=True, until=opens)


def _apart_for_ever(situation: RoutingContext, hours: Hours, rep: Rep) -> Iterator[Ineligibility]:
    """The hours of the rep and the lead, where each of them come and they never meet."""
    own, now = rep.hours, situation.now
    if own is None or own.next_open(now) is None or meeting(own, hours, now) is not None:
        return
    why = f"never works when the lead may be called ({clock_of(situation.lead).reason})"
    yield Ineligibility("calling", why)


def _local(at: datetime, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M %Z}"


def notes_of(rule: Rule, lead: Lead) -> tuple[str, ...]:
    """What is not known of the lead's clock, where the rule asks for it."""
    if rule.calling is None and rule.overlap is None:
        return ()
    clock = clock_of(lead)
    if clock.zone is not None:
        return ()
    if clock.candidates:
        return (f"{clock.reason}: only the hours that suit all of them count",)
    free = "; it may be called at any time" if rule.calling is not None else ""
    return (f"the time zone of the lead is not known: {clock.reason}{free}",)
