"""Findings about rules: contradictions, order, leads without a rule, and habits."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from leadroute.insight.lint.analysis import (
    ANYTHING,
    Finding,
    Row,
    Subject,
    both,
    conditions_of,
    points,
    rows,
    shown_by,
    without,
)
from leadroute.model.lead import Lead
from leadroute.rules.conditions import Reads, reads
from leadroute.rules.fallback import WAIT
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Field
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Guarded, Scorer
from leadroute.scorers import close_rate, free_capacity, intent, round_robin

_QUALITY = frozenset(
    "employees annual_revenue budget role deadline priority current_solution".split()
)
_ORIGIN = {"source", "channel"}
_TURNS = (free_capacity, round_robin)
_BY_QUALITY = (intent, close_rate)


def habits(subject: Subject) -> Iterator[Finding]:
    """Yield hints at availability alone, at quality unread, and at sources all alike.

    A policy is judged as a whole: one rule that knows better is enough.
    """
    router = subject.router
    asked = [reads(condition) for _, condition in conditions_of(router)]
    if not router.rules or any(each.checks for each in asked):
        return
    scorers = [
        _inner(term.scorer) for rule in router.rules if rule.score for term in rule.score.terms
    ]
    placed = any(rule.in_territory or rule.max_distance_km is not None for rule in router.rules)
    chosen = placed or router.pools or any(each.rep for each in asked)
    if not chosen and all(isinstance(scorer, _TURNS) for scorer in scorers):
        explanation = "any free rep gets the lead; no rule asks for skill"
        remedy = "require or score a skill, a language, a territory"
        yield Finding("LR301", "rule", explanation, remedy)
    scoring = subject.router.lead_scoring
    by_quality = any(isinstance(scorer, _BY_QUALITY) for scorer in scorers)
    if scoring is None and not by_quality and not any(_quality(each) for each in asked):
        explanation = "no rule reads how good a lead is, or what it did"
        remedy = "score leads with [lead_scoring], or read budget, size, role or signals in a rule"
        yield Finding("LR302", "rule", explanation, remedy)
    sources = scoring is not None and scoring.sources
    if not sources and not any(field.name in _ORIGIN for each in asked for field in each.lead):
        explanation = "no rule reads the source of a lead, so all sources are treated alike"
        yield Finding("LR303", "rule", explanation, "read lead.source or lead.channel in a rule")


def _inner(scorer: Scorer) -> Scorer:
    while isinstance(scorer, Guarded):
        scorer = scorer.scorer
    return scorer


def _quality(asked: Reads) -> bool:
    return bool(asked.signals) or any(
        field.kind is Kind.NUMBER if field.custom else field.name in _QUALITY
        for field in asked.lead
    )


MOST_PIECES = 128
"""Into how many pieces the leads of one rule may fall before we give up on a proof."""

MOST_STEPS = 100_000  # how many pairs of rows are compared at most


_COUNTRY: Final = (Field("lead", "country"), Kind.TEXT)
_REGION: Final = (Field("lead", "region"), Kind.TEXT)


_BOTH: Final = frozenset(
    "CN-HK CN-MO CN-TW FI-AX FR-BL FR-GF FR-GP FR-MF FR-MQ FR-NC FR-PF FR-PM FR-RE FR-TF FR-WF FR-YT "
    "NL-AW NL-CW NL-SX NO-SJ US-AS US-GU US-MP US-PR US-UM US-VI".split()
)
"""Regions that ISO 3166 lists as countries, too, such as US-PR beside PR."""


def _abroad(row: Row) -> tuple[str, str] | None:
    """Return a country and a region of another one, where a row asks for both."""
    countries, regions = (points(row.get(key, ANYTHING)) for key in (_COUNTRY, _REGION))
    if not countries or not regions:
        return None
    at_home = any(each.partition("-")[0] in countries or each in _BOTH for each in regions)
    return None if at_home else (countries[0], regions[0])


def contradictions(subject: Subject) -> Iterator[Finding]:
    """Yield conditions that can never hold, alone or with what stands beside them."""
    remedy = "correct it, or remove what it stands in"
    for place, condition in conditions_of(subject.router):
        found = rows(condition)
        if not found:
            yield Finding("LR001", place, f"can never be true: {condition}", remedy)
        for country, region in filter(None, map(_abroad, found)):
            explanation = f"asks for leads of {country} in {region}, a region of another country"
            within = f"write it with its country, such as '{country}-{region.partition('-')[2]}'"
            yield Finding("LR007", place, explanation, within)
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
    """Yield rules that no lead reaches, that stand twice, or that share leads with another.

    A rule is called unreachable only when that is proven, by taking from its leads those of every
    earlier rule until nothing is left. O(rows squared), and at most ``MOST_STEPS`` pairs of rows.
    """
    rules, steps = subject.router.rules, 0
    for number, rule in enumerate(rules):
        steps += len(subject.reached[number]) * sum(map(len, subject.taken[:number]))
        if steps > MOST_STEPS:
            explanation = f"rule {rule.name!r} and those after it were not compared with the others"
            yield Finding("LR903", f"rule[{number}]", explanation, "split the policy by pools")
            return
        if not subject.reached[number]:
            continue
        takers = _takers(subject.reached[number], subject.taken[:number])
        if takers is None:
            yield from _shared(subject, number, rule)
        else:
            yield _behind(subject, number, rule, takers)


def _behind(subject: Subject, number: int, rule: Rule, takers: list[int]) -> Finding:
    place, earlier = f"rule[{number}]", subject.router.rules[:number]

    def shows(lead: Lead) -> bool:
        first = subject.router.match(lead, subject.instant)
        late = rule.when is None or subject.holds(rule.when, lead)
        return late and any(first is taker for taker in earlier) and subject.qualifies(lead)

    lead = shown_by(subject.reached[number], subject.instant, shows)
    if len(takers) == 1 and _left(subject.taken[takers[0]], subject.taken[number]) == []:
        twin = earlier[takers[0]].name
        explanation = f"rule {rule.name!r} has the condition of {twin!r}, which comes first"
        return Finding("LR003", place, explanation, "remove one of them", lead)
    names = ", ".join(repr(earlier[taker].name) for taker in takers)
    take = "takes" if len(takers) == 1 else "take"
    explanation = f"rule {rule.name!r} is never reached, because {names} {take} all of its leads"
    return Finding("LR002", place, explanation, "move it up, or remove it", lead)


def _takers(reached: tuple[Row, ...], earlier: tuple[tuple[Row, ...], ...]) -> list[int] | None:
    """Return the earlier rules that together take all of these leads; ``None`` when unproven."""
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
    """Return some leads without those of a rule; ``None`` when they fall into too many pieces."""
    left = list(reached)
    for row in taken:
        left = [piece for mine in left for piece in without(mine, row)]
        if len(left) > MOST_PIECES:
            return None
    return left


def _terms(rule: Rule) -> tuple[object, ...]:
    """Return what decides among the reps."""
    asked = (
        rule.require,
        rule.in_territory,
        rule.max_distance_km,
        rule.calling_hours,
        rule.min_shared_hours,
    )
    return rule.pool, rule.score, rule.fallback, *asked


def _shared(subject: Subject, number: int, rule: Rule) -> Iterator[Finding]:
    """Yield the first earlier rule that shares some of the leads, each having others of its own."""
    reached = subject.reached[number]
    for position, other in enumerate(subject.router.rules[:number]):
        if rule.when is None or _terms(rule) == _terms(other):
            continue
        pairs = ((mine, taken) for mine in reached for taken in subject.taken[position])
        common = [row for mine, taken in pairs if (row := both(mine, taken))]
        if not common or _left(subject.reached[position], reached) == []:
            continue
        lead = shown_by(common, subject.instant, partial(_is_shared, subject, {other, rule}))
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} shares leads with {other.name!r}, which takes them first and treats them "
                "differently"
            )
            remedy = "ignore this code if the order is meant; otherwise change one of them"
            yield Finding("LR004", f"rule[{number}].when", explanation, remedy, lead)
            return


def _is_shared(subject: Subject, pair: set[Rule], lead: Lead) -> bool:
    matched = set(subject.router.match_all(lead, subject.instant))
    return subject.qualifies(lead) and pair <= matched


def remainder(subject: Subject) -> Iterator[Finding]:
    """Yield the leads that qualify and that no rule is for. O(rules x pieces)."""
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
    held = WAIT in router.fallback.steps("no_rule_matched")
    fate = "waits" if held else f"goes to {router.catch_all!r}"
    explanation = f"a lead that matches no rule {fate}, and no rep sees it"
    yield Finding("LR005", "rule", explanation, "end with a rule without `when`", lead)
