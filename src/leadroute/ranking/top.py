"""The best few reps for a lead, and their ranking in words when somebody asks for it.

The rules of this module:

* What the words need is kept with the answer, as it was at that instant. Nothing is written before it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from attrs import field, frozen

from leadroute.model.lead import Lead
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.deciding import assignments
from leadroute.ranking.live import Totals
from leadroute.ranking.ranking import Assignment, Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.ranking.search import Found
from leadroute.ranking.terms import Facts, Live
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.situation import Situation

__all__ = ["FAST", "Top", "written"]

FAST: Final = "fast"
"""The path of an answer that did not ask every rep."""


@frozen
class Top:
    """The best few reps for a lead.

    Args:
        lead_id: The lead.
        rep_ids: Who, best first; empty when nobody can take the lead.
        scores: Their scores.
        points: The points of each term of the score, for each of them; ``None`` for no answer.
        path: ``"fast"``, or ``"plain: "`` and why every rep was asked.
    """

    lead_id: str
    rep_ids: tuple[str, ...]
    scores: tuple[float, ...]
    points: tuple[tuple[float | None, ...], ...]
    path: str
    _ranking: Callable[[], Ranking] = field(eq=False, repr=False)

    @property
    def ranking(self) -> Ranking:
        """The same as a ranking, with reasons; written when asked for.

        It holds these few reps alone, without rejections; when nobody can take the lead, everyone with every reason.
        """
        return self._ranking()

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """These reps as in ``Router.rank``."""
        return self.ranking.assignments

    def __str__(self) -> str:
        return str(self.ranking)


def written(
    router: Router,
    rule: Rule,
    lead: Lead,
    now: datetime | None,
    found: list[Found],
    facts: list[Facts],
    totals: Totals,
) -> Ranking:
    """The ranking of a few reps who were found for a lead, with what their reasons need.

    Args:
        router: The policy.
        rule: The rule.
        lead: The lead.
        now: The instant of the decision.
        found: Who was found, best first.
        facts: What was so for each of them.
        totals: What all candidates had won and closed.
    """
    terms, pool = rule.score.terms if rule.score else (), rule.pool or EVERYONE
    snapshot = Snapshot(
        open={rep.id: opened for rep, opened, *_ in facts},
        turns={pool: {rep.id: turns for rep, _, turns, *_ in facts}},
        granted={pool: {rep.id: granted for rep, *_, granted in facts if granted}},
    )
    records = {rep.id: record for rep, _, _, record, _ in facts}
    reps = tuple(sorted((each[0] for each in facts), key=lambda rep: rep.id))
    ordered = [(*entry[:3], each[0], entry[4]) for entry, each in zip(found, facts, strict=True)]
    situation = Situation(lead, reps, pool, snapshot, now, router.environment)
    live = Live(pool, snapshot, records, totals=totals)
    for term in terms:
        live.tell(situation, term.scorer)
    return Ranking(
        lead.id,
        Outcome.RANKED,
        rule.name,
        pool,
        assignments(terms, ordered, situation),
        at=now,
        window=rule.window or router.window,
        version=router.version,
        path=FAST,
    )
