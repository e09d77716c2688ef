"""Why not this rep, and the smallest change that would have given them the lead.

The rules of this module:

* Single changes are tried first, then pairs. Every proposal was ranked again, with the rep in first place.
* Changes of the rep come before changes of the pool, and those before changes of the lead.
* What is tried comes from the policy: the words and numbers that its conditions name, and what its scorers read.
* The search is bounded by ``MOST_TRIALS`` rankings. Nothing found is no proof that there is nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import combinations, islice
from typing import Any, Literal

from attrs import evolve, field, frozen

from leadroute.errors import LeadrouteError
from leadroute.insight.whatif.levers import lead_values, rep_values
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.ranking import Ranking
from leadroute.ranking.router import Router

__all__ = ["MOST_TRIALS", "Change", "WhyNot", "why_not"]

MOST_TRIALS = 600
"""How many rankings one question may cost."""

MOST_PROPOSALS = 5


@frozen
class Change:
    """One thing that would have to be otherwise.

    Args:
        of: ``rep``, ``pool`` or ``lead``.
        name: The field; of a pool its name.
        value: The new value of the field. Not shown: it may hold more than what was changed.
        words: The change in words, such as ``capacity is 4``.
    """

    of: Literal["rep", "pool", "lead"]
    name: str
    value: Any = field(repr=False)
    words: str

    def __str__(self) -> str:
        return f"the {self.of}'s {self.words}" if self.of != "pool" else self.words


@frozen
class WhyNot:
    """Why a rep did not get a lead, and what would have given it to them.

    Args:
        rep_id: The rep.
        ranking: The decision as it is.
        reason: Why it is not this rep; empty when it is.
        proposals: The smallest changes found, each one change or two that go together.
    """

    rep_id: str
    ranking: Ranking
    reason: str
    proposals: tuple[tuple[Change, ...], ...]

    @property
    def plain(self) -> dict[str, Any]:
        """The answer as data for programs."""
        return {
            "lead_id": self.ranking.lead_id,
            "rep_id": self.rep_id,
            "reason": self.reason,
            "proposals": [
                [{"of": each.of, "name": each.name, "words": each.words} for each in changes]
                for changes in self.proposals
            ],
        }

    def __str__(self) -> str:
        if not self.reason:
            return self.ranking.headline
        lines = [self.ranking.headline, f"  Why not {self.rep_id}: {self.reason}"]
        if not self.proposals:
            lines.append("  No small change would have changed that.")
        else:
            lines.append(f"  It would have gone to {self.rep_id} if")
            lines += [f"     {' and '.join(map(str, changes))}" for changes in self.proposals]
        return "\n".join(lines)


def why_not(
    router: Router,
    lead: Lead,
    rep_id: str,
    roster: Roster,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    tried: Mapping[str, str] | None = None,
) -> WhyNot:
    """Say why a lead does not go to a rep, and the smallest changes that would have given it to them.

    Args:
        router: The policy.
        lead: The lead.
        rep_id: The rep.
        roster: The reps there are.
        now: As for ``Router.rank``.
        snapshot: As for ``Router.rank``.
        tried: As for ``Router.rank``.

    Raises:
        UnknownFieldError: The rep is not in the roster.
        FactTypeError: As for ``Router.rank``.

    Complexity: at most ``MOST_TRIALS`` rankings.

    Example:
        >>> from leadroute import REP, Rule
        >>> router = Router(rules=[Rule("all", require=REP.level >= 3)])
        >>> team = Roster([Rep("ada", level=3), Rep("bob", level=1, weight=2)])
        >>> print(why_not(router, Lead("L-1"), "bob", team).reason)
        the rule requires that the rep's level is at least 3
    """
    rep = roster[rep_id]
    case = _Case(router, lead, rep, roster, now, snapshot or Snapshot(), tried or {})
    ranking = case.ranked(())
    if _goes_to(ranking, rep_id):
        return WhyNot(rep_id, ranking, "", ())
    found = tuple(islice(_proposals(case), MOST_PROPOSALS))
    size = min(map(len, found), default=0)
    proposals = tuple(changes for changes in found if len(changes) == size)
    return WhyNot(rep_id, ranking, _reason(ranking, rep_id), proposals)


def _goes_to(ranking: Ranking, rep_id: str) -> bool:
    return ranking.best is not None and ranking.best.rep_id == rep_id


def _reason(ranking: Ranking, rep_id: str) -> str:
    behind = next((each for each in ranking.assignments if each.rep_id == rep_id), None)
    if behind is not None:
        first = ranking.assignments[0]
        return (
            f"is number {behind.rank} with {behind.score:.2f}, behind {first.label} with "
            f"{first.score:.2f}"
        )
    rejection = ranking.rejection(rep_id)
    if rejection is not None:
        return rejection.reason
    if ranking.pool is not None:
        return f"is not in the pool {ranking.pool!r}"
    return ranking.detail or ranking.outcome.value


@frozen
class _Case:
    """One question, with everything that it hangs on."""

    router: Router
    lead: Lead
    rep: Rep
    roster: Roster
    now: datetime | None
    snapshot: Snapshot
    tried: Mapping[str, str]

    def ranked(self, changes: tuple[Change, ...]) -> Ranking:
        """The decision with these changes made.

        Raises:
            LeadrouteError: A value cannot be, or a condition cannot use it.
        """
        of: dict[str, dict[str, Any]] = {"rep": {}, "pool": {}, "lead": {}}
        for change in changes:
            of[change.of][change.name] = change.value
        pools = tuple(
            evolve(pool, reps=of["pool"][pool.name]) if pool.name in of["pool"] else pool
            for pool in self.router.pools
        )
        router = evolve(self.router, pools=pools) if of["pool"] else self.router
        lead = self.lead.with_changes(**of["lead"])
        roster = self.roster.replace(self.rep.with_changes(**of["rep"]))
        now = self.now or self.lead.received_at
        return router.rank(lead, roster, now=now, snapshot=self.snapshot, tried=self.tried)


def _proposals(case: _Case) -> Iterator[tuple[Change, ...]]:
    """The changes that give the lead to the rep: single ones, and pairs when there is no single one."""
    changes, trials, single = list(_changes(case)), 0, False
    for size in (1, 2):
        for tried in combinations(changes, size):
            if trials == MOST_TRIALS:
                return
            if size == 2 and (tried[0].of, tried[0].name) == (tried[1].of, tried[1].name):
                continue
            trials += 1
            try:
                right = _goes_to(case.ranked(tried), case.rep.id)
            except LeadrouteError:
                continue
            if right:
                single = size == 1
                yield tried
        if single:
            return


def _changes(case: _Case) -> Iterator[Change]:
    lead, rep = case.lead, case.rep
    open_now = case.snapshot.open.get(rep.id, 0)
    for name, value, words in rep_values(case.router, lead, rep, open_now):
        yield Change("rep", name, value, words)
    for pool in case.router.pools:
        if pool.reps is not None and rep.id not in pool.reps:
            words = f"the pool {pool.name!r} had {rep.id} in it"
            yield Change("pool", pool.name, pool.reps | {rep.id}, words)
    for name, value, words in lead_values(case.router, lead, case.now):
        yield Change("lead", name, value, words)
