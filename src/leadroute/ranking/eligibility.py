"""Who may take a lead: an allow-list of criteria, each with its reason as data.

The rules of this module:

* A rep is eligible only if every criterion says yes. Every criterion is asked about every rep, so that the reasons for
  a rejection are complete.
* A criterion says no for now (``passing``: off hours, full, cap reached) or for this lead altogether.
* 0 is a limit, ``None`` is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from attrs import frozen

from leadroute.model.rep import Rep
from leadroute.rules.rule import Rule
from leadroute.rules.situation import Situation

__all__ = ["Obstacle", "all_passing", "obstacles"]


@frozen
class Obstacle:
    """One reason why a rep may not take a lead.

    Args:
        criterion: ``active``, ``weight``, ``requirement``, ``tried``, ``schedule``, ``capacity`` or ``cap``.
        reason: Why, in words for a sales manager.
        passing: Whether time, or work getting done, may remove it.
    """

    criterion: str
    reason: str
    passing: bool = False


def obstacles(
    rule: Rule, situation: Situation, rep: Rep, tried: Mapping[str, str]
) -> tuple[Obstacle, ...]:
    """Every reason why ``rep`` may not take the lead under ``rule``; empty when they may.

    Args:
        rule: The rule that matched.
        situation: The lead, the counts and the instant.
        rep: A member of the rule's pool.
        tried: What became of earlier offers of this lead, by rep id.

    Raises:
        FactTypeError: The requirement met a fact of the wrong type, or the instant is needed and not known.
    """
    return tuple(_obstacles(rule, situation, rep, tried))


def _obstacles(
    rule: Rule, situation: Situation, rep: Rep, tried: Mapping[str, str]
) -> Iterator[Obstacle]:
    if not rep.active:
        yield Obstacle("active", "is not active")
    if not rep.weight:
        yield Obstacle("weight", "has weight 0: never takes a turn")
    if rule.require is not None and not situation.test_of(rule.require)(
        situation.lead, rep, situation.instant
    ):
        yield Obstacle("requirement", f"does not meet the requirement: {rule.require}")
    if rep.id in tried:
        yield Obstacle("tried", f"was offered this lead before: {tried[rep.id]}")
    if rep.hours is not None and not rep.hours.is_open(situation.now):
        yield Obstacle("schedule", "is not working now", passing=True)
    open_now = situation.snapshot.open.get(rep.id, 0)
    if rep.capacity is not None and open_now >= rep.capacity:
        yield Obstacle("capacity", f"is full: {open_now} of {rep.capacity} open", passing=True)
    for cap in rep.caps:
        used = situation.snapshot.used.get(cap.key(rep.id, situation.now, rep.zone), 0)
        if used >= cap.limit:
            yield Obstacle("cap", f"has reached the cap: {used} of {cap}", passing=True)


def all_passing(found: Collection[Obstacle]) -> bool:
    """Whether nothing but time and finished work stands in the way."""
    return all(obstacle.passing for obstacle in found)
