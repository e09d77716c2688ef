"""Findings about deadlines that a policy leaves out, and about ends without effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final

from leadroute.insight.lint.analysis import Finding, Subject
from leadroute.model.duration import WorkingTime, length_of
from leadroute.rules.conditions import And, Comparison, Condition, Membership, Named, Or
from leadroute.rules.describe import duration_in_words
from leadroute.rules.operand import Const, Field
from leadroute.rules.terms import Terms, of_grade

_INBOUND: Final = frozenset("call callback chat contact demo form inbound phone website".split())
"""Words of sources and channels of leads who come by themselves, and wait for an answer."""


def responses(subject: Subject) -> Iterator[Finding]:
    """Yield rules for inbound leads without a deadline of the first contact."""
    router = subject.router
    scoring = router.lead_scoring
    if scoring is not None and any(each.respond_within is not None for each in scoring.grades):
        return
    for number, rule in enumerate(router.rules):
        named = [] if rule.when is None else [*_origins(rule.when)]
        inbound = [name for name in named if _INBOUND & {*name.lower().replace("-", " ").split()}]
        if inbound and router.terms(rule.name).respond_within is None:
            explanation = (
                f"rule {rule.name!r} is for leads of {inbound[0]!r}, "
                "and nothing says how soon they are contacted"
            )
            yield Finding("LR311", f"rule[{number}]", explanation, "write respond_within = '5m'")


def ends(subject: Subject) -> Iterator[Finding]:
    """Yield terms of rounds and ends without effect."""
    for number, rule in enumerate(subject.router.rules):
        terms, place = subject.router.terms(rule.name), f"rule[{number}]"
        several = (terms.rounds or 1) > 1 or terms.wait_between is not None
        if several and (told := _one_offer(terms)):
            explanation = f"rule {rule.name!r} {told}, so there is no second offer"
            remedy = "make it longer, or leave out rounds and wait_between"
            yield Finding("LR502", f"{place}.total_within", explanation, remedy)
        if rule.truncate and terms.total_within is None:
            explanation = f"rule {rule.name!r} cuts offers at an end that it does not have"
            yield Finding("LR502", f"{place}.truncate", explanation, "write total_within too")
        if rule.fallback.cannot_wait is not None and not terms.end:
            explanation = f"a lead of rule {rule.name!r} may wait for ever"
            remedy = "write total_within, max_age or max_waiting, or leave out the steps"
            yield Finding("LR502", f"{place}.fallback.cannot_wait", explanation, remedy)


def _one_offer(terms: Terms) -> str:
    """Why leads of no grade have a second offer; empty where they may have one."""
    named = [
        each for each in (terms.accept_within, terms.total_within) if isinstance(each, Mapping)
    ]
    told = ""
    for grade in dict.fromkeys([None, *[grade for each in named for grade in each]]):
        within, total = terms.accept_within_of(grade), of_grade(terms.total_within, grade)
        if total is None or isinstance(total, WorkingTime):
            return ""
        pause = terms.wait_between or timedelta(0)
        if length_of(within) + pause < total:
            return ""
        ends, offer = duration_in_words(total), duration_in_words(length_of(within) + pause)
        told = told or f"ends offers after {ends}, and one offer takes {offer} with its pause"
    return told


def _origins(condition: Condition) -> Iterator[str]:
    """The sources and channels that a condition names."""
    match condition:
        case Named():
            yield from _origins(condition.condition)
        case And() | Or():
            for part in condition.parts:
                yield from _origins(part)
        case Comparison(op="==", right=Const(value=str() as value)) if _is_origin(condition.left):
            yield value
        case Membership(negated=False) if _is_origin(condition.operand):
            yield from sorted(each for each in condition.values if isinstance(each, str))


def _is_origin(asked: object) -> bool:
    return isinstance(asked, Field) and not asked.custom and asked.name in ("source", "channel")
