"""Who may take a lead: an allow-list of criteria, each with its reason as data.

The rules of this module:

* A rep is eligible only if every criterion says yes. Every criterion is asked about every rep, so that the reasons for
  a rejection are complete.
* A criterion says no for now (``passing``: off hours, full, cap reached) or for this lead altogether.
* 0 is a limit, ``None`` is none.
* A calendar of the host's that fails is an obstacle for its rep, so that it does not block the pool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache

from attrs import frozen

from leadroute.model.distance import distance_km, position_of
from leadroute.model.hours import Hours
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.tally import Tally
from leadroute.rules.condition import ALWAYS
from leadroute.rules.rule import Rule
from leadroute.rules.situation import Situation
from leadroute.rules.wording import describe

__all__ = ["Obstacle", "gate"]

_wording = lru_cache(maxsize=1_024)(describe)


@frozen
class Obstacle:
    """One reason why a rep may not take a lead.

    Args:
        criterion: ``active``, ``weight``, ``requirement``, ``territory``, ``distance``, ``tried``,
            ``schedule``, ``capacity`` or ``cap``.
        reason: Why, in words for a sales manager.
        passing: Whether time, or work getting done, may remove it.
        until: When time alone will have removed it, where that is known.
    """

    criterion: str
    reason: str
    passing: bool = False
    until: datetime | None = None


def gate(
    rule: Rule, situation: Situation, tried: Mapping[str, str], tally: Tally
) -> Callable[[Rep], tuple[Obstacle, ...]]:
    """Look at the rule and the lead once, and return the function that says what stands in a rep's way.

    Args:
        rule: The rule that matched.
        situation: The lead, the counts and the instant.
        tried: What became of earlier offers of this lead, by rep id.
        tally: What the lead counts against.

    Returns:
        A function from a member of the rule's pool to every reason why they may not take the lead; empty when they
        may. It raises ``FactTypeError`` when the requirement meets a fact of the wrong type, or the instant is needed
        and not known.
    """
    lead, instant = situation.lead, situation.instant
    require = ALWAYS if rule.require is None else rule.require
    meets = situation.test_of(require)
    home = next(situation.staffed(), None) if rule.territory else None
    elsewhere = (
        "has no part in a territory of the lead, and neither has anybody of the pool"
        if home is None
        else f"has no part in the lead's territory {home.territory.name!r} ({home.reason})"
    )

    def obstacles(rep: Rep) -> Iterator[Obstacle]:
        if not rep.active:
            yield Obstacle("active", "is not active")
        if not rep.weight:
            yield Obstacle("weight", "has weight 0: never takes a turn")
        if not meets(lead, rep, instant):
            yield Obstacle("requirement", f"the rule requires that {_wording(require)}")
        if rule.territory and (home is None or home.territory.role(rep) is None):
            yield Obstacle("territory", elsewhere)
        if rule.within_km is not None and (far := _far(situation.lead, rep, rule.within_km)):
            yield Obstacle("distance", far)
        if rep.id in tried:
            yield Obstacle("tried", f"was offered this lead before: {tried[rep.id]}")
        if rep.hours is not None and (away := _away(rep, rep.hours, situation.now)):
            yield away
        for toll, used in tally.refused(rep, situation.snapshot):
            yield Obstacle(toll.criterion, toll.refusal(used), passing=toll.passing)

    return lambda rep: tuple(obstacles(rep))


def _far(lead: Lead, rep: Rep, most: float) -> str:
    """Why a rep is too far away; empty when they are not."""
    there, here = position_of(lead.attributes), position_of(rep.attributes)
    if there is None or here is None:
        return f"may be too far away: the {'lead' if there is None else 'rep'} has no lat and lon"
    away = distance_km(here, there)
    return f"is {away:.0f} km away, of {most:g} km" if away > most else ""


def _away(rep: Rep, hours: Hours, now: datetime) -> Obstacle | None:
    """Why a rep is not working; a calendar of the host's that fails keeps out its rep, and nobody else."""
    try:
        if hours.is_open(now):
            return None
        back = hours.next_open(now)
    except Exception as error:  # noqa: BLE001 - holidays may be any container of the host's
        failed = f"has a calendar that fails with {type(error).__name__}"
        return Obstacle("schedule", failed, passing=True)
    if back is None:
        return Obstacle("schedule", "is never working again")
    when = f"{back.astimezone(rep.zone):%a %Y-%m-%d %H:%M %Z}"
    return Obstacle("schedule", f"is not working until {when}", passing=True, until=back)
