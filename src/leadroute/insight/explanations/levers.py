"""What could be otherwise about a rep or a lead, out of what the conditions of a policy ask.

The rules of this module:

* What is tried are the words and numbers that conditions name, and their neighbours.
* Nothing that may be personal stands in the words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from math import floor
from typing import Any, Final, TypeAlias

from attrs import evolve

from leadroute.errors import LeadrouteError, ValidationError
from leadroute.insight.explanations.explanation import SHOWN
from leadroute.insight.explanations.question import Change, Lever, Question
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.lead_scoring import LeadScoring, is_score
from leadroute.ranking.router import Router
from leadroute.rules.conditions import (
    Comparison,
    Condition,
    Contains,
    Membership,
    Presence,
    SetRelation,
    TextTest,
    walk,
)
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, SignalStat, literal_text
from leadroute.rules.rule import whole_of
from leadroute.rules.scorer import guards

__all__ = [
    "Asked",
    "lead_lever",
    "named",
    "regraded",
    "rep_lever",
    "scored_levers",
    "skill_change",
    "told",
    "word",
]

Asked: TypeAlias = tuple[Operand, Any]
"""Something that is read from a lead or a rep, and a value that may turn the answer."""

_SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)


def named(router: Router, entity: str, lead: Lead) -> Iterator[Asked]:
    """What conditions look for in a lead or a rep, with the values at which an answer turns. O(conditions)."""
    for condition in _conditions(router):
        for node in walk(condition):
            if isinstance(node, Condition):
                for asked, value in _turning(node, lead):
                    if _entity(asked) == entity:
                        yield asked, frozenset(value) if isinstance(value, set) else value


def rep_lever(rep: Rep, asked: Operand, value: Any, lead: Lead) -> Iterator[Lever]:
    """A value of the rep, unless they have it, or it cannot be changed."""
    if value is None:
        return
    if isinstance(asked, Entry):
        if value != rep.skills.get(asked.key):
            yield (skill_change(rep, {asked.key: value}, lead),)
    elif not isinstance(asked, Field) or asked.name == "id":
        return
    elif asked.custom:
        words = f"{asked.name} was {told(value, lead)}"
        yield (Change("rep", "attributes", {**rep.attributes, asked.name: value}, words),)
    elif asked.kind is Kind.NAMES:
        known = getattr(rep, asked.name)
        if value not in known:
            words = f"{FIELDS['rep'][asked.name].label} included {word(value, lead)}"
            yield (Change("rep", asked.name, known | {value}, words),)
    elif value != getattr(rep, asked.name):
        words = f"{FIELDS['rep'][asked.name].label} was {told(value, lead)}"
        yield (Change("rep", asked.name, value, words),)


def skill_change(rep: Rep, levels: Mapping[str, Any], lead: Lead) -> Change:
    """Other levels in some skills."""
    said = []
    for skill, level in levels.items():
        known = rep.skills.get(skill)
        has = "unknown" if known is None else f"{known:g}"
        said.append(f"level in {word(skill, lead)} was {told(level, lead)} instead of {has}")
    return Change("rep", "skills", {**rep.skills, **levels}, " and ".join(said))


def lead_lever(lead: Lead, asked: Operand, value: Any, now: datetime | None) -> Iterator[Lever]:
    """A value of the lead, unless it has it, or it cannot be changed."""
    if isinstance(asked, SignalStat):
        yield from _signal(asked.signal, value, now or _SOME_DAY, lead)
    elif not isinstance(asked, Field) or asked.name == "id" or is_score(asked):
        return
    elif asked.custom:
        words = f"{asked.name} was {told(value, lead)}"
        yield (Change("lead", "attributes", {**lead.attributes, asked.name: value}, words),)
    elif value != getattr(lead, asked.name):
        words = f"{FIELDS['lead'][asked.name].label} was {told(value, lead)}"
        yield (Change("lead", asked.name, value, words),)


def _signal(kind: str, value: Any, at: datetime, lead: Lead) -> Iterator[Lever]:
    """One more signal; nothing where the policy asks for none, for an instant, or for a kind that cannot be."""
    if not isinstance(value, int | float):
        return
    try:
        signals = (*lead.signals, Signal(kind, at, value))
    except ValidationError:
        return
    words = f"signals had one more {kind!r} of {value:g}"
    yield (Change("lead", "signals", signals, words),)


def scored_levers(question: Question, scoring: LeadScoring, found: LeadScore) -> Iterator[Lever]:
    """Sources, signals and bounds of grades that would have lifted the lead a grade. O(sources + signals + grades).

    Args:
        question: The question.
        scoring: The scoring of the policy.
        found: The lead score as it is.
    """
    lead, score = question.lead, found.score or 0.0
    for source in scoring.sources:
        asked = Field("lead", source.field)
        yield from lead_lever(lead, asked, source.value, question.now)
    for each in scoring.engagement:
        heats = (scoring.half * times / each.points for times in _HEATS)
        levers = (_signal(each.signal, heat, question.now or _SOME_DAY, lead) for heat in heats)
        yield tuple(change for found in levers for lever in found for change in lever)
    for grade in scoring.grades:
        if grade.at_least > score:
            bound = floor(score * 100) / 100
            grades = [each for each in scoring.grades if each.at_least != bound and each != grade]
            lower = evolve(scoring, grades=[*grades, evolve(grade, at_least=bound)])
            words = f"grade {grade.name!r} began at {bound:g} instead of {grade.at_least:g}"
            yield (Change("policy", "lead_scoring", lower, words),)


_HEATS: Final = (1, 4, 20)


def regraded(question: Question, lever: Lever, found: LeadScore) -> Lever:
    """A lever with the grade in its words, where a change of the lead makes it another one."""
    return tuple([_regraded(question, change, found) for change in lever])


def _regraded(question: Question, change: Change, found: LeadScore) -> Change:
    if change.of != "lead":
        return change
    try:
        lead = question.lead.with_changes(**{change.name: change.value})
        grade = question.router.scored(lead, question.now).grade
    except LeadrouteError:  # ranking with the change fails as well, and then nothing is proposed
        return change
    if grade == found.grade:
        return change
    return evolve(change, words=f"{change.words}, which makes its grade {grade or 'none'}")


def word(text: str, lead: Lead) -> str:
    """A word in quotes, unless it is what the lead has in a field that is not shown."""
    for name in FIELDS["lead"]:
        if name not in SHOWN and getattr(lead, name) == text:
            return f"the lead's {FIELDS['lead'][name].label}"
    if text in lead.attributes.values():
        return "the lead's own"
    return repr(text)


def told(value: Any, lead: Lead) -> str:
    """A value in words, withheld where it is the lead's own."""
    if value is None:
        return "not known"
    if isinstance(value, str):
        return word(value, lead)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M %Z}"
    if isinstance(value, frozenset):
        return ", ".join(word(each, lead) for each in sorted(value))
    return literal_text(value)


def _conditions(router: Router) -> Iterator[Condition]:
    qualify = whole_of(router.qualify)
    if qualify is not None:
        yield qualify
    if router.lead_scoring is not None:
        yield from (each.when for each in router.lead_scoring.fit)
    yield from (pool.where for pool in router.pools if pool.where is not None)
    for rule in router.rules:
        yield from (part for part in (rule.when, rule.require) if part is not None)
        yield from guards(rule.score)


def _entity(asked: Operand) -> str:
    if isinstance(asked, Entry):
        return asked.of.entity
    if isinstance(asked, SignalStat):
        return "lead"
    return asked.entity if isinstance(asked, Field) else ""


def _turning(node: Condition, lead: Lead) -> Iterator[Asked]:
    if isinstance(node, Comparison):
        for value in _near(node.right, lead):
            yield node.left, value
        yield node.left, None
        if isinstance(node.right, Field) and node.right.entity == "rep":
            yield from ((node.right, value) for value in _near(node.left, lead))
    elif isinstance(node, Membership):
        yield from ((node.operand, value) for value in (*node.values, None))
    elif isinstance(node, TextTest):
        yield from ((node.operand, value) for value in (node.text.replace("*", ""), None))
    elif isinstance(node, Presence):
        yield node.operand, None
    elif isinstance(node, Contains):
        yield from _contained(node.container, _near(node.item, lead))
    elif isinstance(node, SetRelation):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            groups = (held for held in _near(other, lead) if isinstance(held, Collection))
            yield from _contained(side, (word for held in groups for word in held))


def _contained(container: Operand, words: Iterable[Any]) -> Iterator[Asked]:
    if isinstance(container, Field) and container.kind is Kind.LEVELS:
        yield from ((Entry(container, word), 1) for word in words if isinstance(word, str))
    else:
        custom = isinstance(container, Field) and container.custom
        yield from ((container, {word} if custom else word) for word in words)


def _near(operand: Operand, lead: Lead) -> Iterator[Any]:
    """The values that an operand stands for: a literal with its neighbours, or what the lead has."""
    value: Any = None
    if isinstance(operand, Const):
        value = operand.value
    elif isinstance(operand, Field) and operand.entity == "lead":
        of_lead = lead.attributes.get if operand.custom else lambda name: getattr(lead, name)
        value = of_lead(operand.name)
    if value is None:
        return
    yield value
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (value + 1, value - 1)
