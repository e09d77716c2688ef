"""Why a rule cannot be prepared for the fast path, in words.

The rules of this module:

* What is prepared once must be the same for every lead, and change only when a count changes or at a time known
  beforehand. Whatever is not is named here, and every rep is asked instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from leadroute.model.rep import Rep
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.fit import territory_match
from leadroute.ranking.scorers.host import HostScorer
from leadroute.ranking.scorers.turns import rotation
from leadroute.rules.condition import Condition
from leadroute.rules.reading import reads
from leadroute.rules.rule import EVERYONE, Rule

__all__ = ["asks", "moves"]


def asks(rule: Rule, router: Router) -> str:
    """Why the candidates or the points hang on the lead or the time; empty when they do not."""
    return (
        _hangs(rule.require, "the requirement")
        or _pool_hangs(rule.pool, router)
        or next(_features(rule, router), "")
    )


def moves(members: Iterable[Rep]) -> str:
    """Why the room under the caps of these reps hangs on the lead or on every minute; empty when it does not."""
    return next(_caps(members), "")


def _pool_hangs(name: str | None, router: Router) -> str:
    where = {pool.name: pool.where for pool in router.pools}.get(name or EVERYONE)
    return _hangs(where, f"the pool {name!r}")


def _features(rule: Rule, router: Router) -> Iterator[str]:
    if rule.territory:
        yield "the rule asks whose territory the lead is in"
    if rule.within_km is not None:
        yield "the rule asks how far away the lead is"
    if rule.calling is not None:
        yield "the rule asks when the lead may be called"
    if rule.overlap is not None:
        yield "the rule asks when the lead works"
    if router.wrap_up:
        yield "the policy leaves reps alone after a contact"
    if router.caps:
        yield "the router has caps over all reps"
    yield from _scorers(rule, router)


def _scorers(rule: Rule, router: Router) -> Iterator[str]:
    for scorer in rule.score.walk() if rule.score else ():
        if isinstance(scorer, rotation) and scorer.mode != "webster":
            yield f"{scorer} weighs all candidates against each other"
    for term in rule.score.terms if rule.score and router.territories else ():
        if isinstance(term.scorer, territory_match | HostScorer):
            yield f"{term.scorer} may read the territories of the lead"


def _caps(members: Iterable[Rep]) -> Iterator[str]:
    for rep in members:
        for cap in rep.caps:
            if cap.source is not None:
                yield f"the cap {str(cap)!r} of rep {rep.id!r} asks about the lead"
            if cap.paced or cap.rolling or cap.ramp is not None:
                yield f"the cap {str(cap)!r} of rep {rep.id!r} moves with the time"


def _hangs(condition: Condition | None, what: str) -> str:
    if condition is None:
        return ""
    asked = reads(condition)
    if asked.lead or asked.signals:
        return f"{what} asks about the lead"
    if asked.now:
        return f"{what} asks what time it is"
    return f"{what} asks a predicate of the host" if asked.checks else ""
