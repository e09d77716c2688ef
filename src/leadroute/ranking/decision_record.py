"""A decision on record: what was decided, on what, and why; it can be stored and made again.

* A record is complete: every rep of the pool with every reason, the points of every score, what broke a tie, and the
  probability with which each rep came first. Nothing in it is computed when it is read.
* It holds plain values alone, so ``leadroute.plain`` writes it as JSON: equal as bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.duration import Within
from leadroute.model.lead import Lead
from leadroute.model.rep import Reps, roster_of
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import FrozenDict, one_line
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.policy_checks import fingerprint
from leadroute.ranking.ranking import (
    ENDED,
    Exclusion,
    Outcome,
    Ranking,
    ScoreTerm,
    beside,
    named_pool,
    score_lines,
    under_rule,
)

if TYPE_CHECKING:
    from leadroute.ranking.router import Router

_INPUTS: Final = ("lead", "roster", "snapshot", "previous_offers")


def _inputs(given: Mapping[str, str]) -> FrozenDict[str, str]:
    return FrozenDict(given)


def _in_utc(instant: datetime) -> datetime:
    return instant.astimezone(UTC)


_ALIKE: Final = (
    *("lead_id", "at", "policy_version", "outcome", "rule", "pool", "rejections", "detail"),
    *("factor", "verdict", "resumes_at", "accept_within", "fairness_cost"),
    *("fallback_step", "ignore_availability", "notes", "lead_score", "step"),
)
"""What a record holds as the ranking does."""


@frozen
class Candidate:
    """One rep who could have taken the lead."""

    rep_id: str
    label: str
    score: float = field(converter=float)
    terms: tuple[ScoreTerm, ...]
    propensity: float = field(converter=float)
    last_assigned: int | None = None


@frozen
class Asked:
    """Another pool that was asked, and found no rep."""

    pool: str
    outcome: Outcome
    rejections: tuple[Exclusion, ...]
    step: int = 0


@frozen(kw_only=True)
class DecisionRecord:
    """One decision, complete and ready to be stored.

    ``decide`` makes one; ``leadroute.plain.dumps`` and ``loads`` write and read it.

    Args:
        lead_id: The lead.
        at: The instant of the decision; ``None`` when it was not given.
        policy_version: The version of the policy.
        inputs: The digests of ``lead``, ``roster``, ``snapshot`` and ``previous_offers``: 16 hexadecimal digits each.
        outcome: The outcome.
        rule: The name of the rule that matched.
        pool: The name of the pool.
        candidates: The reps who could take the lead, best first.
        rejections: The excluded reps, in the order of their ids, with every reason.
        fairness_cost: The score that was given up for fairness.
        accept_within: How long an offer is open.
        detail: More about the outcome, such as what failed in qualification.
        factor: The first factor that the lead did not meet.
        verdict: The outcome of that factor.
        resumes_at: The time of the next decision.
        other_pools: The other pools that were asked, in order.
        fallback_step: What happens when no rep was found: ``wait`` or ``catch_all``.
        ignore_availability: True when availability was ignored.
        notes: Remarks, such as an unknown time zone of the lead.
        lead_score: The lead score and its parts; ``None`` when the policy scored no leads.
        step: The number of the step of the rule that was in force; 0 for the rule as it is written.

    Example:
        >>> from leadroute import Lead, Rep, Roster, Router, Rule, free_capacity
        >>> router = Router(rules=[Rule("all", score=free_capacity())])
        >>> team = Roster([Rep("ada", capacity=2), Rep("bob", capacity=0)])
        >>> decision = decide(router, Lead("L-1"), team)
        >>> decision.rep_id, decision.rejections[0].reason
        ('ada', 'has a capacity of 0')
        >>> print(rerun(decision, router, Lead("L-1"), team))
        lead L-1: the same decision again, for ada
    """

    lead_id: str
    at: datetime | None = field(default=None, converter=optional(_in_utc))
    policy_version: str
    inputs: Mapping[str, str] = field(converter=_inputs)
    outcome: Outcome
    rule: str | None = None
    pool: str | None = None
    candidates: tuple[Candidate, ...] = ()
    rejections: tuple[Exclusion, ...] = ()
    fairness_cost: float = field(default=0.0, converter=float)
    accept_within: Within = timedelta(0)
    detail: str = ""
    factor: str | None = None
    verdict: str | None = None
    resumes_at: datetime | None = field(default=None, converter=optional(_in_utc))
    other_pools: tuple[Asked, ...] = ()
    fallback_step: str = ""
    ignore_availability: bool = False
    notes: tuple[str, ...] = ()
    lead_score: LeadScore | None = None
    step: int = 0

    @classmethod
    def of(
        cls,
        ranking: Ranking,
        lead: Lead,
        roster: Reps,
        *,
        snapshot: Snapshot | None = None,
        previous_offers: Mapping[str, str] | None = None,
    ) -> DecisionRecord:
        """Return the record of a ranking that was made of these inputs.

        O(reps x terms + size of the inputs).

        Args:
            ranking: The ranking in full: without ``top``.
            lead: The lead.
            roster: The reps.
            snapshot: The counts; nothing at all when not given.
            previous_offers: The results of earlier offers.
        """
        counts = snapshot or Snapshot()
        chances = ranking.propensities
        candidates = (
            Candidate(
                each.rep_id,
                each.label,
                each.score,
                each.terms,
                chances[each.rep_id],
                counts.last_assigned.get(each.rep_id),
            )
            for each in ranking.assignments
        )
        given = (lead, roster_of(roster), counts, FrozenDict(previous_offers or {}))
        others = (
            Asked(str(each.pool), each.outcome, each.rejections, each.step)
            for each in ranking.other_pools
        )
        return cls(
            inputs=dict(zip(_INPUTS, map(fingerprint, given), strict=True)),
            candidates=tuple(candidates),
            other_pools=tuple(others),
            **{name: getattr(ranking, name) for name in _ALIKE},
        )

    @property
    def rep_id(self) -> str | None:
        """The rep who came first; ``None`` without any."""
        return self.candidates[0].rep_id if self.candidates else None

    @property
    def ended(self) -> Outcome | None:
        """Why the lead might wait no longer; ``None`` where it might."""
        outcomes = (self.outcome, *[each.outcome for each in self.other_pools[:1]])
        return next((each for each in outcomes if each in ENDED), None)

    @property
    def first_label(self) -> str:
        """The name or id of the rep who came first."""
        return self.candidates[0].label if self.candidates else "nobody"

    @property
    def tie_break(self) -> Literal["", "last assigned", "id"]:
        """The reason why the first comes before the second.

        Empty when their scores differ.
        """
        if len(self.candidates) < 2:
            return ""
        first, second = self.candidates[:2]
        if first.score != second.score:
            return ""
        return "last assigned" if first.last_assigned != second.last_assigned else "id"

    def __str__(self) -> str:
        by = under_rule(self.rule, self.step)
        when = f"{self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "at a time nobody said"
        lines = [f"Lead {one_line(self.lead_id)} went to {self.first_label}{by}, {when}"]
        lines += score_lines(self.lead_score)
        if self.ignore_availability:
            lines.append("  Though nobody was available")
        if not self.candidates:
            lines.append(
                f"  Because {self.outcome.reason}" + (f": {self.detail}" if self.detail else "")
            )
        for rank, each in enumerate(self.candidates, 1):
            lines.append(f"  {rank}. {each.label}  {each.score:.2f}")
            lines += [f"       {term}" for term in each.terms]
        if self.tie_break:
            lines.append(f"  Equal scores, put in order by: {self.tie_break}")
        others = (
            (named_pool(each.pool, each.step), each.outcome, each.rejections)
            for each in self.other_pools
        )
        lines += beside(self.rejections, others, self.notes)
        lines += [f"  Then: {self.fallback_step}"] if self.fallback_step else []
        lines.append(f"  Policy version {self.policy_version}")
        return "\n".join(lines)


@frozen
class Rerun:
    """A decision, and the same one made again."""

    before: DecisionRecord
    after: DecisionRecord

    @property
    def same(self) -> bool:
        """Whether the two are equal in everything."""
        return self.before == self.after

    @property
    def changed(self) -> tuple[str, ...]:
        """What changed of the inputs: ``policy``, ``lead``, ``roster``, ``snapshot``, ``previous_offers``."""
        policy = ("policy",) if self.before.policy_version != self.after.policy_version else ()
        then, again = self.before.inputs, self.after.inputs
        return policy + tuple(name for name in _INPUTS if then.get(name) != again[name])

    def __str__(self) -> str:
        lead, first = f"lead {one_line(self.before.lead_id)}", self.after.first_label
        if self.same:
            return f"{lead}: the same decision again, for {first}"
        was = self.before.first_label
        who = f"still {first}" if first == was else f"{first} instead of {was}"
        if not self.changed:
            return (
                f"{lead}: the same inputs give another decision, {who}; "
                "something else changed: leadroute, or a scorer, predicate or list of yours"
            )
        return f"{lead}: {who}; changed since: {', '.join(map(self._change, self.changed))}"

    def _change(self, name: str) -> str:
        if name == "policy":
            return f"the policy, from version {self.before.policy_version} to {self.after.policy_version}"
        return {"previous_offers": "the earlier offers"}.get(name, f"the {name}")


def decide(
    router: Router,
    lead: Lead,
    roster: Reps,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    previous_offers: Mapping[str, str] | None = None,
    ended: Outcome | None = None,
) -> DecisionRecord:
    """Rank a lead, and return a complete record to store.

    It writes out every reason.

    Args and errors are those of ``Router.rank``. O(reps x terms + size of the inputs).

    Example:
        >>> from leadroute import Rep, Rule
        >>> router = Router(rules=[Rule("all")])
        >>> decide(router, Lead("L-1"), Roster([Rep("bob"), Rep("ada")])).rep_id
        'ada'
    """
    roster = roster_of(roster)
    given: dict[str, Any] = {"snapshot": snapshot, "previous_offers": previous_offers}
    ranking = router.rank(lead, roster, now=now, ended=ended, **given)
    return DecisionRecord.of(ranking, lead, roster, **given)


def rerun(
    record: DecisionRecord,
    router: Router,
    lead: Lead,
    roster: Reps,
    *,
    snapshot: Snapshot | None = None,
    previous_offers: Mapping[str, str] | None = None,
) -> Rerun:
    """Make the decision again as of its time, and compare.

    With the same inputs under the same policy the two are equal, and so are their bytes. Where they
    are not, the result says what differs.

    Args:
        record: The decision on record.
        router: The policy, of then or of now.
        lead: The lead.
        roster: The reps.
        snapshot: The counts.
        previous_offers: The results of earlier offers.
    """
    given: dict[str, Any] = {"snapshot": snapshot, "previous_offers": previous_offers}
    after = decide(router, lead, roster, now=record.at, ended=record.ended, **given)
    return Rerun(record, after)
