"""Findings about a policy alone: contradictions, order and habits of rules, scores that choose nobody, lead scoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from math import exp, fsum
from typing import Final

from leadroute.errors import nearest
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
from leadroute.model.duration import length_of
from leadroute.model.lead import Lead
from leadroute.ranking.lead_scoring import FitCriterion, LeadScoring, Logistic, is_score
from leadroute.ranking.scorers.custom import HostScorer
from leadroute.rules.conditions import Comparison, Condition, Membership, Named, Reads, reads, walk
from leadroute.rules.describe import duration_in_words
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Field
from leadroute.rules.rule import WAIT, Rule
from leadroute.rules.scorer import Guarded, Scorer, Sum, WeightedScorer
from leadroute.scorers import (
    accept_rate,
    at_least,
    cap_remaining,
    clamp,
    close_rate,
    deal_size_fit,
    explore,
    fair_share,
    first_of,
    free_capacity,
    freshness,
    graduation,
    intent,
    invert,
    least_recent,
    longest_idle,
    max_of,
    random_tiebreak,
    response_speed,
    revenue_rate,
    round_robin,
    source_urgency,
    top_producer,
    workload,
)

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
    return rule.pool, rule.score, rule.fallback, rule.steps, *asked


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


_OF_LEAD: Final = (intent, freshness, source_urgency)  # scorers that judge the lead alone

_WRAPPERS: Final = (max_of, first_of, clamp, invert, at_least)
"""Scorers that give every rep the same when all that they are made of does."""

_BEST: Final = (
    close_rate,
    revenue_rate,
    top_producer,
    response_speed,
    accept_rate,
    graduation,
    deal_size_fit,
)
"""Scorers by which success brings more leads."""

_SPREADING: Final = (
    round_robin,
    least_recent,
    longest_idle,
    free_capacity,
    workload,
    cap_remaining,
    fair_share,
    random_tiebreak,
    explore,
)
"""Scorers by which each lead makes the next less likely for the same rep, or a matter of chance."""

MOST_CRITERIA: Final = 10  # how many criteria on the same fields are tried in every combination


def equal_terms(subject: Subject) -> Iterator[Finding]:
    """Terms of a rule that give every rep the same points, and so put nobody first. O(scorers)."""
    for number, rule in enumerate(subject.router.rules):
        for term in () if rule.score is None else rule.score.terms:
            if _is_equal(term.scorer):
                explanation = (
                    f"{term.scorer} gives every rep the same points, so it puts nobody first"
                )
                remedy = (
                    "guard it with a condition on the rep, such as .when(rep.level >= 3), or move it to "
                    "[lead_scoring] and read lead.score"
                )
                yield Finding("LR304", f"rule[{number}].score", explanation, remedy)


def _is_equal(scorer: Scorer) -> bool:
    if isinstance(scorer, Guarded):
        asked = reads(scorer.condition)
        return not asked.rep and not asked.checks and _is_equal(scorer.scorer)
    if isinstance(scorer, _WRAPPERS):
        return all(map(_is_equal, scorer.inner))
    if isinstance(scorer, Sum | WeightedScorer):
        return all(_is_equal(term.scorer) for term in scorer.terms)
    return isinstance(scorer, _OF_LEAD)


def best_first(subject: Subject) -> Iterator[Finding]:
    """Rules that send lead after lead to the best rep, whom nothing limits. O(rules x reps)."""
    if subject.roster is None or subject.router.caps:
        return
    for number, rule in enumerate(subject.router.rules):
        best = None if rule.score is None else _best_of(rule.score)
        if best is None:
            continue
        active = subject.active(rule.pool)
        endless = [rep.id for rep in active if rep.capacity is None and not rep.caps]
        if endless and len(active) > 1 and rule.counts_as not in _limited(subject, rule, endless):
            sends = f"{best} sends every lead of rule {rule.name!r} to the best rep"
            explanation = f"{sends}, and nothing limits {endless[0]!r}"
            remedy = "add free_capacity(), round_robin() or fair_share(), or give reps a capacity"
            yield Finding("LR305", f"rule[{number}].score", explanation, remedy)


def _best_of(score: Scorer) -> Scorer | None:
    """The scorer by which success brings more leads, where nothing beside it spreads them."""
    found = list(score.walk())
    if any(isinstance(each, (*_SPREADING, HostScorer)) for each in found):
        return None
    return next((each for each in found if isinstance(each, _BEST)), None)


def _limited(subject: Subject, rule: Rule, endless: Sequence[str]) -> set[str]:
    """The segments in which all of these reps have limited room."""
    roster = subject.roster or ()
    rooms = [set(rep.capacity_by_segment) for rep in roster if rep.id in endless]
    return set.intersection(*rooms) if rooms else set()


def scores(subject: Subject) -> Iterator[Finding]:
    """What is odd about the scoring of leads, or about rules that read it where there is none."""
    scoring = subject.router.lead_scoring
    read = [
        (place, condition)
        for place, condition in conditions_of(subject.router)
        if any(map(is_score, reads(condition).lead))
    ]
    if scoring is None:
        for place, condition in read:
            explanation = f"nothing scores leads, so this is not known for any lead: {condition}"
            yield Finding("LR310", place, explanation, "add [lead_scoring], or read lead['score']")
        return
    yield from _out_of_reach(scoring)
    yield from _without_effect(scoring)
    yield from _unused_grades(scoring, [condition for _, condition in read])
    grades = [grade.name for grade in scoring.grades]
    for place, condition in read:
        for name in sorted({*_grades_in(condition)}.difference(grades)):
            near = nearest(name, grades)
            remedy = "name a grade of the policy" if near is None else f"did you mean {near!r}?"
            yield Finding("LR306", place, f"there is no grade named {name!r}", remedy)
    yield from _odd_words(subject, scoring)


def _out_of_reach(scoring: LeadScoring) -> Iterator[Finding]:
    most = _most(scoring)
    for number, grade in enumerate(scoring.grades):
        if grade.at_least > most:
            begins = f"grade {grade.name!r} begins at {grade.at_least:g}"
            explanation = f"{begins}, and no lead can score more than {most:.3g}"
            remedy = "lower at_least, or give points to more of what speaks for a lead"
            yield Finding("LR306", f"lead_scoring.grade[{number}]", explanation, remedy)


def _most(scoring: LeadScoring) -> float:
    """A bound that no score exceeds."""
    model = scoring.model
    if isinstance(model, Logistic):
        endless = {each.signal for each in scoring.engagement}
        if any(weight > 0 and name in endless for name, weight in model.coefficients.items()):
            return 1.0
        odds = model.intercept + fsum(max(0.0, weight) for weight in model.coefficients.values())
        return 1 / (1 + exp(-max(-700.0, min(700.0, odds))))
    if model is not None or scoring.engagement:
        return 1.0
    return _most_fit(scoring)


def _most_fit(scoring: LeadScoring) -> float:
    """A bound that no fit exceeds: criteria on the same fields may exclude one another."""
    if any(source.points > 0 for source in scoring.sources):
        return 1.0
    favors = [each for each in scoring.fit if each.points > 0]
    if not favors:
        return 1.0 if scoring.fit or scoring.sources else 0.0
    together: dict[object, list[FitCriterion]] = {}
    for criterion in favors:
        plain = isinstance(criterion.when, Comparison | Membership)
        fields = frozenset(reads(criterion.when).lead) if plain else None
        together.setdefault(fields or criterion.name, []).append(criterion)
    return max(map(_best_share, together.values()))


def _best_share(criteria: Sequence[FitCriterion]) -> float:
    """The largest share of their points that criteria can give at once."""
    if len(criteria) > MOST_CRITERIA:
        return 1.0
    whole = fsum(each.points for each in criteria)
    return max(
        fsum(each.points for each in some) / whole
        for size in range(1, len(criteria) + 1)
        for some in combinations(criteria, size)
        if size == 1 or rows(*(each.when for each in some))
    )


def _without_effect(scoring: LeadScoring) -> Iterator[Finding]:
    for number, criterion in enumerate(scoring.fit):
        place = f"lead_scoring.fit[{number}]"
        if not rows(~criterion.when):
            explanation = (
                f"criterion {criterion.name!r} holds for every lead, so its points tell none apart"
            )
            yield Finding("LR307", place, explanation, "ask for something that some leads have")
    model = scoring.model
    if isinstance(model, Logistic):
        for name in scoring.names:
            if not model.coefficients.get(name):
                explanation = f"{name!r} has no coefficient in the model, so it changes no score"
                remedy = "give it a coefficient, or remove it"
                yield Finding("LR307", "lead_scoring.model", explanation, remedy)


def _unused_grades(scoring: LeadScoring, read: Iterable[Condition]) -> Iterator[Finding]:
    named = {text for condition in read for text in _grades_in(condition)}
    for number, grade in enumerate(scoring.grades):
        used = grade.respond_within is not None or grade.priority is not None
        if not used and grade.name not in named:
            lacks = "no rule names it, and it has neither deadline nor priority"
            explanation = f"grade {grade.name!r} changes nothing: {lacks}"
            remedy = "give it respond_within or priority, or read lead.grade in a rule"
            yield Finding("LR308", f"lead_scoring.grade[{number}]", explanation, remedy)


def _grades_in(condition: Condition) -> Iterator[str]:
    for node in walk(condition):
        if isinstance(node, Named):
            yield from _grades_in(node.condition)
        elif isinstance(node, Comparison) and _is_grade(node.left):
            yield from [node.right.value] if isinstance(node.right, Const) else []
        elif isinstance(node, Membership) and _is_grade(node.operand):
            yield from node.values


def _is_grade(asked: object) -> bool:
    return isinstance(asked, Field) and is_score(asked) and asked.name == "grade"


def _odd_words(subject: Subject, scoring: LeadScoring) -> Iterator[Finding]:
    """Signals of the scoring that nothing else knows, where something else knows one like it."""
    known = {
        word for _, condition in conditions_of(subject.router) for word in reads(condition).signals
    }
    for rule in subject.router.rules:
        for scorer in () if rule.score is None else rule.score.walk():
            if isinstance(scorer, intent) and scorer.kind is not None:
                known.update([scorer.kind] if isinstance(scorer.kind, str) else scorer.kind)
    known.update(each.kind for case in subject.router.tests for each in case.lead.signals)
    for number, each in enumerate(scoring.engagement):
        near = None if each.signal in known else nearest(each.signal, known)
        if near is not None:
            explanation = f"no other part of the policy knows the signal {each.signal!r}"
            remedy = f"did you mean {near!r}?"
            yield Finding("LR309", f"lead_scoring.engagement[{number}].signal", explanation, remedy)


def steps(subject: Subject) -> Iterator[Finding]:
    """Yield steps that open while the first offer of a lead of any grade is open still."""
    for number, rule in enumerate(subject.router.rules):
        within = subject.router.terms(rule.name).accept_within
        each = within.values() if isinstance(within, Mapping) else (within,)
        shortest = min(length_of(one) for one in each if one is not None)
        for stage in rule.later:
            if stage.opens < shortest:
                opens, ends = map(duration_in_words, (stage.opens, shortest))
                explanation = (
                    f"opens after {opens}, and an offer of rule {rule.name!r} is open for {ends}; "
                    "a live offer finishes first"
                )
                place = f"rule[{number}].step[{stage.step - 1}].after"
                remedy = "open it later, or lower accept_within"
                yield Finding("LR501", place, explanation, remedy)
