"""Where a lead goes when its rule finds nobody: the next pool, somebody anyway, a wait, or the catch-all.

The rules of this module:

* The steps are taken in order, and the first that finds somebody is the last. Every pool that was asked before is told.
* ``anyway`` asks every pool that was asked so far, in that order.
* A pool is asked once, however often the steps name it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import evolve

from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules.otherwise import CATCH_ALL, HOLD, pool_of
from leadroute.rules.rule import EVERYONE

__all__ = ["settled"]


def settled(own: Ranking, steps: Sequence[str], ask: Callable[[str, bool], Ranking]) -> Ranking:
    """What becomes of a lead for which nobody was found in the rule's own pool. O(pools asked).

    Args:
        own: What the rule's own pool said.
        steps: What to do then.
        ask: The same question to another pool, with whether it is no matter who is at work.

    Returns:
        The ranking of the pool that has somebody; else the rule's own, with what happens then. Both tell what the
        other pools said.
    """
    asked, answers = {own.pool or EVERYONE: own}, [own]
    for step in steps:
        if step in (HOLD, CATCH_ALL):
            return _nobody(asked, answers, step)
        named = pool_of(step)
        if named in asked:
            continue
        for pool in [*asked] if named is None else [named]:
            found = ask(pool, named is None)
            if found.best is not None:
                return evolve(found, others=tuple(asked.values()))
            asked.setdefault(pool, found)
            answers.append(found)
    late = any(each.outcome is Outcome.NOBODY_AVAILABLE for each in answers)
    return _nobody(asked, answers, HOLD if late else CATCH_ALL)


def _nobody(asked: Mapping[str, Ranking], answers: Sequence[Ranking], then: str) -> Ranking:
    """The rule's own ranking, with when the first of all answers may be another one."""
    own, *others = asked.values()
    resumes = min((each.resumes_at for each in answers if each.resumes_at), default=None)
    return evolve(own, others=tuple(others), then=then, resumes_at=resumes)
