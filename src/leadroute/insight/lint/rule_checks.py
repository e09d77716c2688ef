"""Findings about rules.

The rules of this module:

* A policy is judged as a whole: one rule that knows better is enough.
* These are hints. Small teams may route by turn alone and be right.
* A rule is called unreachable only when that is proven, by taking from its leads those of every earlier rule until
  nothing is left. What cannot be followed is not reported.
* A lead that shows a finding was judged by the router itself before it is shown.
* The work is bounded. When the bound is met, a finding says which rules were not compared.
"""

from __future__ import annotations

from collections.abc import Iterator

from leadroute.insight.lint.analysis import Subject, shown_by
from leadroute.insight.lint.finding import Finding
from leadroute.insight.lint.rows import Row, both, rows, without
from leadroute.model.lead import Lead
from leadroute.rules.conditions import Reads, reads
from leadroute.rules.fallback import WAIT
from leadroute.rules.fields import Kind
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Guarded, Scorer
from leadroute.scorers import close_rate, free_capacity, intent, round_robin

__all__ = ["contradictions", "habits", "order", "remainder"]


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
_TURNS = (free_capacity, round_robin)
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
    placed = any(
        rule.in_territory or rule.max_distance_km is not None for rule in subject.router.rules
    )
    chosen = placed or subject.router.pools or any(each.rep for each in asked)
    if not chosen and _all(scorers, _TURNS):
        explanation = "who is free gets the lead; nothing asks who is good at it"
        yield Finding(
            "LR301", "rule", explanation, "require or score a skill, a language, a territory"
        )
    scoring = subject.router.lead_scoring
    if (
        scoring is None
        and not any(_quality(each) for each in asked)
        and not any(isinstance(scorer, _BY_QUALITY) for scorer in scorers)
    ):
        explanation = "nothing reads how good a lead is, or what it did"
        remedy = "score leads with [lead_scoring], or read budget, size, role or signals in a rule"
        yield Finding("LR302", "rule", explanation, remedy)
    sources = scoring is not None and scoring.sources
    if not sources and not any(field.name in _ORIGIN for each in asked for field in each.lead):
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


MOST_PIECES = 128
"""Into how many pieces the leads of one rule may fall before we give up on a proof."""

MOST_STEPS = 100_000
"""How many pairs of rows are compared at most."""


def contradictions(subject: Subject) -> Iterator[Finding]:
    """Conditions that can never hold, alone or with what stands beside them. O(conditions)."""
    remedy = "correct it, or remove what it stands in"
    for place, condition in subject.conditions():
        if not rows(condition):
            yield Finding("LR001", place, f"can never be true: {condition}", remedy)
    qualify = subject.router.qualify
    for number, rule in enumerate(subject.router.rules):
        place = f"rule[{number}]"
        if not subject.taken[number]:
            continue
        if subject.qualified and not subject.reached[number]:
            explanation = f"rule {rule.name!r} is for leads that never qualify: {qualify}"
            yield Finding("LR006", f"{place}.when", explanation, "change it, or `qualify`")
        elif rule.require is not None and rows(rule.require) and not rows(rule.when, rule.require):
            explanation = f"can never be true where the rule's `when` is: {rule.require}"
            yield Finding("LR001", f"{place}.require", explanation, remedy)


def order(subject: Subject) -> Iterator[Finding]:
    """Rules that no lead reaches, that stand twice, or that share leads with a rule that treats them differently.

    Complexity: O(rows squared), and at most ``MOST_STEPS`` pairs of rows.
    """
    rules, steps = subject.router.rules, 0
    for number, rule in enumerate(rules):
        steps += len(subject.reached[number]) * sum(map(len, subject.taken[:number]))
        if steps > MOST_STEPS:
            explanation = f"rule {rule.name!r} and those after it were not compared with the others"
            yield Finding("LR903", f"rule[{number}]", explanation, "split the policy by pools")
            return
        if subject.reached[number]:
            yield from _behind(subject, number, rule)


def _behind(subject: Subject, number: int, rule: Rule) -> Iterator[Finding]:
    place, reached = f"rule[{number}]", subject.reached[number]
    earlier = subject.router.rules[:number]
    takers = _takers(reached, subject.taken[:number])
    if takers is None:
        yield from _shared(subject, number, rule)
        return
    names = ", ".join(repr(earlier[taker].name) for taker in takers)

    def shows(lead: Lead) -> bool:
        first = subject.router.match(lead, subject.instant)
        late = rule.when is None or subject.holds(rule.when, lead)
        taken = first is not None and any(first is taker for taker in earlier)
        return late and taken and subject.qualifies(lead)

    lead = shown_by(reached, subject.instant, shows)
    twin = earlier[takers[0]]
    if len(takers) == 1 and _left(subject.taken[takers[0]], subject.taken[number]) == []:
        explanation = f"rule {rule.name!r} has the condition of {twin.name!r}, which comes first"
        yield Finding("LR003", place, explanation, "remove one of them", lead)
        return
    take = "takes" if len(takers) == 1 else "take"
    explanation = f"rule {rule.name!r} is never reached, because {names} {take} all of its leads"
    yield Finding("LR002", place, explanation, "move it up, or remove it", lead)


def _takers(reached: tuple[Row, ...], earlier: tuple[tuple[Row, ...], ...]) -> list[int] | None:
    """The earlier rules that together take all of these leads; ``None`` when that is not proven."""
    for position, taken in enumerate(earlier):
        if _left(reached, taken) == []:
            return [position]
    takers, left = [], list(reached)
    for position, taken in enumerate(earlier):
        rest = _left(left, taken)
        if rest is None:
            return None
        if rest != left:
            takers.append(position)
        left = rest
        if not left:
            return takers
    return None


def _left(reached: tuple[Row, ...] | list[Row], taken: tuple[Row, ...]) -> list[Row] | None:
    """What is left of some leads when those of a rule are taken away; ``None`` when it falls into too many pieces."""
    left = list(reached)
    for row in taken:
        left = [piece for mine in left for piece in without(mine, row)]
        if len(left) > MOST_PIECES:
            return None
    return left


def _terms(rule: Rule) -> tuple[object, ...]:
    """What decides among the reps."""
    asked = (
        rule.require,
        rule.in_territory,
        rule.max_distance_km,
        rule.calling_hours,
        rule.min_shared_hours,
    )
    return rule.pool, rule.score, rule.fallback, *asked


def _shared(subject: Subject, number: int, rule: Rule) -> Iterator[Finding]:
    """The first earlier rule with which this one shares some leads, each having others of its own."""
    reached = subject.reached[number]
    for position, other in enumerate(subject.router.rules[:number]):
        if rule.when is None or _terms(rule) == _terms(other):
            continue
        common = [
            row
            for mine in reached
            for taken in subject.taken[position]
            if (row := both(mine, taken))
        ]
        if not common or _left(subject.reached[position], reached) == []:
            continue

        def shows(lead: Lead, other: Rule = other) -> bool:
            both_match = {other, rule} <= set(subject.router.match_all(lead, subject.instant))
            return subject.qualifies(lead) and both_match

        lead = shown_by(common, subject.instant, shows)
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} shares leads with {other.name!r}, which takes them first and treats them "
                "differently"
            )
            remedy = "silence this when the order is meant; else change one of them"
            yield Finding("LR004", f"rule[{number}].when", explanation, remedy, lead)
            return


def remainder(subject: Subject) -> Iterator[Finding]:
    """Leads that qualify and that no rule is for. O(rules x pieces)."""
    router = subject.router
    if any(rule.when is None for rule in router.rules):
        return
    left: list[Row] | None = list(subject.qualified)
    for taken in subject.taken:
        left = None if left is None else _left(left, taken)
    if left == []:
        return

    def shows(lead: Lead) -> bool:
        return subject.qualifies(lead) and router.match(lead, subject.instant) is None

    lead = shown_by([*(left or ()), *subject.qualified], subject.instant, shows)
    held = WAIT in router.fallback.steps("no_rule")
    fate = "waits" if held else f"goes to {router.catch_all!r}"
    explanation = f"what matches no rule {fate}, unseen by a rep"
    yield Finding("LR005", "rule", explanation, "end with a rule without `when`", lead)
