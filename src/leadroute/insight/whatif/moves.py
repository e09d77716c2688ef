"""What another policy would change: who loses which lead to whom, and why.

The rules of this module:

* Leads are ranked one at a time under both policies, each on its own. Memory stays constant.
* A lead moves when its best rep is another one, or there is none under one of the policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from attrs import frozen

from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.ranking import Assignment, Ranking
from leadroute.ranking.router import Router

__all__ = ["Move", "diff"]


@frozen
class Move:
    """One lead that another policy would give to somebody else.

    Args:
        lead_id: The lead.
        before: The rep under the old policy; ``None`` when there is none.
        after: The rep under the new policy; ``None`` when there is none.
        rule_before: The rule under the old policy; ``None`` when none matched.
        rule_after: The rule under the new policy; ``None`` when none matched.
        why: What makes the difference, in words.
    """

    lead_id: str
    before: str | None
    after: str | None
    rule_before: str | None
    rule_after: str | None
    why: str

    @property
    def plain(self) -> dict[str, Any]:
        """The move as data for programs."""
        return {
            "lead_id": self.lead_id,
            "before": self.before,
            "after": self.after,
            "rule_before": self.rule_before,
            "rule_after": self.rule_after,
            "why": self.why,
        }

    def __str__(self) -> str:
        return f"{self.lead_id}: {self.before or 'nobody'} -> {self.after or 'nobody'}: {self.why}"


def diff(
    old: Router,
    new: Router,
    leads: Iterable[Lead],
    roster: Roster,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
) -> Iterator[Move]:
    """The leads that a new policy would give to somebody else, one at a time as you iterate.

    Args:
        old: The policy as it is.
        new: The policy as it shall be.
        leads: The leads; read one at a time.
        roster: The reps there are.
        now: As for ``Router.rank``.
        snapshot: As for ``Router.rank``.

    Raises:
        FactTypeError: As for ``Router.rank``.

    Complexity: two rankings a lead, constant memory.

    Example:
        >>> from leadroute import REP, Rep, Rule
        >>> team = Roster([Rep("ada", level=1), Rep("bob", level=3)])
        >>> old = Router(rules=[Rule("all")])
        >>> new = Router(rules=[Rule("all", require=REP.level >= 2)])
        >>> for move in diff(old, new, [Lead("L-1")], team):
        ...     print(move)
        L-1: ada -> bob: ada: the rule requires that the rep's level is at least 2
    """
    for lead in leads:
        before = old.rank(lead, roster, now=now, snapshot=snapshot)
        after = new.rank(lead, roster, now=now, snapshot=snapshot)
        one, other = _id(before.best), _id(after.best)
        if one != other:
            why = _why(before, after)
            yield Move(lead.id, one, other, before.rule, after.rule, why)


def _id(best: Assignment | None) -> str | None:
    return None if best is None else best.rep_id


def _why(before: Ranking, after: Ranking) -> str:
    told = []
    if before.rule != after.rule:
        told.append(f"{_rule(after)} instead of {_rule(before)}")
    if after.best is None:
        told.append(f"{after.outcome.value}{f': {after.detail}' if after.detail else ''}")
    if before.best is None:
        told.append(f"before, {before.outcome.value}")
    else:
        told += _lost(before.best, after)
    return "; ".join(told)


def _rule(ranking: Ranking) -> str:
    return "no rule" if ranking.rule is None else f"rule {ranking.rule!r}"


def _lost(best: Assignment, after: Ranking) -> Iterator[str]:
    """What the rep who had the lead is under the new policy."""
    for assignment in after.assignments:
        if assignment.rep_id == best.rep_id:
            first = after.assignments[0]
            yield f"{first.label} scores {first.score:.2f} and {best.label} {assignment.score:.2f}"
            return
    rejection = after.rejection(best.rep_id)
    if rejection is not None:
        yield f"{best.label}: {rejection.reason}"
    elif after.pool is not None:
        yield f"{best.label} is not in the pool {after.pool!r}"
