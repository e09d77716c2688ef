"""Findings about deadlines that a policy leaves out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from leadroute.insight.lint.analysis import Finding, Subject
from leadroute.rules.conditions import And, Comparison, Condition, Membership, Named, Or
from leadroute.rules.operand import Const, Field

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
