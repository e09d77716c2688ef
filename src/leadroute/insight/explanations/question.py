"""One question about a decision: everything that it hangs on, and the same decision with something otherwise.

The rules of this module:

* A change is a value. It says of what it is, and it is made by ranking again with it; nothing is ever stored.
* A lever is one change in several strengths, the mildest first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.ranking import Ranking
from leadroute.ranking.router import Router
from leadroute.rules.rule import Rule

__all__ = ["Change", "Lever", "Question"]


@frozen
class Change:
    """One thing that would have to be otherwise.

    Args:
        of: ``rep``, ``team``, ``pool``, ``rule``, ``policy``, ``lead``, ``moment``, ``previous_offers`` or ``counts``.
        name: The field; of a pool and of a rule their name; of the moment ``now``; of what was tried the rep's id.
        value: The new value of the field. Of the team the reps as they would be, of a pool its members, of a rule the
            whole new rule, of counts the fields of the snapshot with their new values. Not shown: it may hold more
            than what was changed.
        words: The change in words, such as ``capacity was 4 instead of 3``.
    """

    of: Literal[
        "rep", "team", "pool", "rule", "policy", "lead", "moment", "previous_offers", "counts"
    ]
    name: str
    value: Any = field(repr=False)
    words: str

    def __str__(self) -> str:
        owned = self.of in ("rep", "lead", "policy")
        return f"the {self.of}'s {self.words}" if owned else self.words


Lever: TypeAlias = tuple[Change, ...]
"""One change in one or more strengths, the mildest first."""


@frozen
class Question:
    """Why a lead does not go to a rep.

    Args:
        router: The policy.
        lead: The lead.
        rep: The rep.
        roster: The reps there are.
        now: The instant of the decision, when it is known.
        snapshot: The counts.
        previous_offers: What became of earlier offers of the lead, by rep id.
    """

    router: Router
    lead: Lead
    rep: Rep
    roster: Roster
    now: datetime | None
    snapshot: Snapshot
    previous_offers: Mapping[str, str]

    def ranked(self, changes: Iterable[Change] = ()) -> Ranking:
        """The decision with these changes made; of two that change the same thing the later one counts.

        Raises:
            LeadrouteError: A value cannot be, or a condition cannot use it.
        """
        made: dict[str, dict[str, Any]] = {}
        for change in changes:
            made.setdefault(change.of, {})[change.name] = change.value
        counts = {
            name: value
            for fields in made.get("counts", {}).values()
            for name, value in fields.items()
        }
        roster = self.roster
        for rep in chain.from_iterable(made.get("team", {}).values()):
            roster = roster.replace(rep)
        return self._router(made).rank(
            self.lead.with_changes(**made.get("lead", {})),
            roster.replace(roster[self.rep.id].with_changes(**made.get("rep", {}))),
            now=made.get("moment", {}).get("now", self.now),
            snapshot=evolve(self.snapshot, **counts),
            previous_offers=made.get("previous_offers", {}).get(self.rep.id, self.previous_offers),
        )

    def _router(self, made: Mapping[str, Mapping[str, Any]]) -> Router:
        changed: dict[str, Any] = dict(made.get("policy", {}))
        if pools := made.get("pool"):
            changed["pools"] = tuple(
                evolve(pool, reps=pools[pool.name]) if pool.name in pools else pool
                for pool in self.router.pools
            )
        if rules := made.get("rule"):
            changed["rules"] = tuple(rules.get(rule.name, rule) for rule in self.router.rules)
        return evolve(self.router, **changed) if changed else self.router

    def rule(self, ranking: Ranking) -> Rule | None:
        """The rule that decided; ``None`` when none did."""
        return None if ranking.rule is None else self.router.rule(ranking.rule)
