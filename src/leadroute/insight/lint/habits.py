"""The seeds of three classic mistakes in lead routing.

The rules of this module:

* A policy is judged as a whole: one rule that knows better is enough.
* These are hints. Small teams may route by turn alone and be right.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadroute.insight.lint.analysis import Subject
from leadroute.insight.lint.finding import Finding
from leadroute.rules.fields import Kind
from leadroute.rules.reading import Reads, reads
from leadroute.rules.scorer import Guarded, Scorer
from leadroute.scorers import close_rate, headroom, intent, round_robin

__all__ = ["habits"]

_QUALITY = {
    "employees",
    "annual_revenue",
    "budget",
    "role",
    "deadline",
    "priority",
    "current_solution",
}
_ORIGIN = {"source", "channel"}
_TURNS = (headroom, round_robin)
_BY_QUALITY = (intent, close_rate)


def habits(subject: Subject) -> Iterator[Finding]:
    """Hints at availability alone, at quality unread, and at sources all alike. O(conditions)."""
    if not subject.router.rules:
        return
    asked = [reads(condition) for _, condition in subject.conditions()]
    scorers = [
        _inner(term.scorer)
        for rule in subject.router.rules
        if rule.score
        for term in rule.score.terms
    ]
    if any(each.checks for each in asked):
        return
    placed = any(rule.territory or rule.within_km is not None for rule in subject.router.rules)
    chosen = placed or subject.router.pools or any(each.rep for each in asked)
    if not chosen and _all(scorers, _TURNS):
        explanation = "who is free gets the lead; nothing asks who is good at it"
        yield Finding(
            "LR301", "rule", explanation, "require or score a skill, a language, a territory"
        )
    if not any(_quality(each) for each in asked) and not any(
        isinstance(scorer, _BY_QUALITY) for scorer in scorers
    ):
        explanation = "nothing reads how good a lead is, or what it did"
        remedy = "read budget, size, role, deadline or signals in a rule, or score intent()"
        yield Finding("LR302", "rule", explanation, remedy)
    if not any(field.name in _ORIGIN for each in asked for field in each.lead):
        explanation = "nothing reads where a lead came from, so every source is treated alike"
        yield Finding("LR303", "rule", explanation, "read lead.source or lead.channel in a rule")


def _inner(scorer: Scorer) -> Scorer:
    while isinstance(scorer, Guarded):
        scorer = scorer.scorer
    return scorer


def _all(scorers: list[Scorer], kinds: tuple[type[Scorer], ...]) -> bool:
    return all(isinstance(scorer, kinds) for scorer in scorers)


def _quality(asked: Reads) -> bool:
    numbers = any(field.custom and field.kind is Kind.NUMBER for field in asked.lead)
    named = any(field.name in _QUALITY and not field.custom for field in asked.lead)
    return bool(asked.signals) or numbers or named
