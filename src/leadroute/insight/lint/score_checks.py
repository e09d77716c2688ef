"""Findings about scores: terms that choose nobody, a best rep who drowns, and lead scoring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from math import exp, fsum
from typing import Final

from leadroute.errors import nearest
from leadroute.insight.lint.analysis import Finding, Subject, conditions_of, rows
from leadroute.ranking.lead_scoring import FitCriterion, LeadScoring, Logistic, is_score
from leadroute.ranking.scorers.custom import HostScorer
from leadroute.rules.conditions import Comparison, Condition, Membership, Named, reads, walk
from leadroute.rules.operand import Const, Field
from leadroute.rules.rule import Rule
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
