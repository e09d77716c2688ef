"""Findings about what rules and their steps ask of reps. Only reps who are active count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import Final

from leadroute.insight.lint.analysis import Finding, Subject
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.conditions import And, Condition, reads
from leadroute.rules.offer_kind import BROADCAST, MOST
from leadroute.rules.rule import EVERYONE, Rule

_NOBODY: Final = Lead("nobody")


def requirements(subject: Subject) -> Iterator[Finding]:
    """Yield requirements that nobody in the pool meets, for any lead or some. O(rules x reps)."""
    for number, rule in enumerate(subject.router.rules):
        if not subject.reached[number]:
            continue
        for stage in (rule, *rule.later):
            step = f".step[{stage.step - 1}]" if stage.step else ""
            yield from _requirement(subject, number, stage, f"rule[{number}]{step}.require")
        for one, other in pairwise((rule, *rule.later)):
            yield from _shut_out(subject, one, other, f"rule[{number}].step[{other.step - 1}]")


def broadcasts(subject: Subject) -> Iterator[Finding]:
    """Yield rules that offer to all at once where a pool has more reps than are asked. O(rules x reps)."""
    for number, rule in enumerate(subject.router.rules):
        if subject.router.terms(rule.name).kind != BROADCAST:
            continue
        alone = rep_parts([] if rule.require is None else [rule.require])
        able = [rep for rep in subject.active(rule.pool) if meets(subject, alone, rep)]
        if len(able) > MOST:
            explanation = (
                f"rule {rule.name!r} offers to all at once, and of the {len(able)} reps who may take its leads "
                f"the best {MOST} are asked"
            )
            remedy = "write offer = 'parallel 5', which asks the next as others decline, or narrow the rule"
            yield Finding("LR113", f"rule[{number}].offer", explanation, remedy)


def _shut_out(subject: Subject, before: Rule, after: Rule, place: str) -> Iterator[Finding]:
    """Yield the finding about reps of the pool who could take a lead until a step opens."""
    if after.require is None or pool_named(before) != pool_named(after):
        return
    asked = [[] if each.require is None else rep_parts([each.require]) for each in (before, after)]
    shut = [
        rep
        for rep in subject.active(before.pool)
        if meets(subject, asked[0], rep) and not meets(subject, asked[1], rep)
    ]
    if shut:
        explanation = f"{people(shut)} shut out by the step, though they could take leads before"
        remedy = "let it ask for the one or the other, as in \"'de' in rep.languages or ...\""
        yield Finding("LR112", place, explanation, remedy)


def _requirement(subject: Subject, number: int, rule: Rule, place: str) -> Iterator[Finding]:
    """Yield the finding about the requirement of a rule, or of a step of it."""
    members, require, pool = subject.active(rule.pool), rule.require, pool_named(rule)
    if require is None or not members:
        return
    alone = rep_parts([require])
    able = [rep for rep in members if meets(subject, alone, rep)]
    if not able:
        explanation = f"nobody in the pool {pool!r} meets it: {require}"
        yield Finding("LR107", place, explanation, "lower it, or change the pool or the reps")
    # A step that is still to come opens at once for leads that nobody may take.
    elif not rule.later and (lead := _unserved(subject, number, require, able)):
        explanation = (
            f"rule {rule.name!r} takes leads for which nobody in the pool {pool!r} meets the requirement: "
            f"{require}"
        )
        yield Finding("LR109", place, explanation, "add such a rep, or narrow the rule", lead)


def pool_named(rule: Rule) -> str:
    """Return the name of the pool of a rule."""
    return rule.pool or EVERYONE


def rep_parts(conditions: Iterable[Condition]) -> list[Condition]:
    """Return the parts that depend on the rep alone."""
    parts = (each.parts if isinstance(each, And) else (each,) for each in conditions)
    asked = [(part, reads(part)) for part in chain.from_iterable(parts)]
    return [part for part, of in asked if not (of.lead or of.signals or of.checks or of.now)]


def meets(subject: Subject, parts: Iterable[Condition], rep: Rep) -> bool:
    """Tell whether a rep meets conditions on reps alone."""
    return all(subject.holds(part, _NOBODY, rep) for part in parts)


def _unserved(
    subject: Subject, number: int, require: Condition, able: Sequence[Rep]
) -> Lead | None:
    """Return a lead of the rule, which spells out its fields, and for which no rep is able."""
    asked = reads(require)
    if not asked.lead or asked.signals or asked.checks:
        return None

    def nobody_can(lead: Lead) -> bool:
        return not any(subject.holds(require, lead, rep) for rep in able)

    return subject.lead_of(number, lambda _row: asked.lead, nobody_can)


def people(reps: Sequence[Rep]) -> str:
    """Return some reps as the subject of a sentence."""
    shown = ", ".join(repr(rep.id) for rep in reps[:3])
    more = f" and {len(reps) - 3} more" if len(reps) > 3 else ""
    return f"the rep {shown} is" if len(reps) == 1 else f"the reps {shown}{more} are"
