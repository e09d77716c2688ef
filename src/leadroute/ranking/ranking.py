"""What a decision says: who, in which order, why, and why not the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from attrs import NOTHING, asdict, field, fields, frozen
from attrs.converters import optional

from leadroute.model.duration import Within
from leadroute.model.guidance import guided_attributes
from leadroute.model.validation import FrozenDict, one_line
from leadroute.ranking.eligibility import Ineligibility
from leadroute.ranking.lead_score import LeadScore
from leadroute.rules.rule import WAIT


class Outcome(StrEnum):
    """The outcome of a decision, as a code."""

    ASSIGNABLE = "assignable"
    """At least one rep can take the lead now."""

    DISQUALIFIED = "disqualified"
    """The lead did not pass qualification."""

    NO_RULE_MATCHED = "no_rule_matched"
    """There is no rule for this lead."""

    POOL_EMPTY = "pool_empty"
    """The rule's pool has no reps at all."""

    NONE_ELIGIBLE = "none_eligible"
    """There are reps, but none may take this lead, now or later."""

    NONE_AVAILABLE = "none_available"
    """Some reps may take this lead, but all of them are off or full."""

    TOTAL_TIME_OVER = "total_time_over"
    """The time in which the lead is offered, ``total_within``, is over."""

    TOO_OLD = "too_old"
    """The lead is older than ``max_age``, up to which it may wait."""

    LINE_FULL = "line_full"
    """The line of the lead is as long as ``max_waiting``."""

    @property
    def reason(self) -> str:
        """The outcome in words for a sales manager.

        Example:
            >>> Outcome.NONE_AVAILABLE.reason
            'nobody is available now'
        """
        return _REASONS[self]


_REASONS: Final[Mapping[Outcome, str]] = FrozenDict(
    {
        Outcome.ASSIGNABLE: "a rep can take it now",
        Outcome.DISQUALIFIED: "disqualified",
        Outcome.NO_RULE_MATCHED: "no rule matched",
        Outcome.POOL_EMPTY: "the pool is empty",
        Outcome.NONE_ELIGIBLE: "nobody is eligible",
        Outcome.NONE_AVAILABLE: "nobody is available now",
        Outcome.TOTAL_TIME_OVER: "the time for offers is over",
        Outcome.TOO_OLD: "it is too old to wait on",
        Outcome.LINE_FULL: "its line is full",
    }
)


ENDED: Final = (Outcome.TOTAL_TIME_OVER, Outcome.TOO_OLD, Outcome.LINE_FULL)
"""The outcomes after which a lead waits no longer."""


class Source(Protocol):
    """What makes the parts of a ranking when they are looked at."""

    def assignments(self) -> tuple[Assignment, ...]:
        """Who can take the lead, best first."""
        ...

    def rejections(self) -> tuple[Exclusion, ...]:
        """Who cannot, in the order of their ids."""
        ...

    def best(self) -> Assignment | None:
        """The first of the assignments."""
        ...

    def propensities(self) -> Mapping[str, float] | None:
        """The probability with which each comes first; ``None`` when nothing is left to chance."""
        ...

    def fairness_cost(self) -> float:
        """The points that the first scores below what was possible."""
        ...


@frozen
class ScoreTerm:
    """One term of a score.

    Args:
        scorer: The scorer, as a policy file writes it.
        weight: Its weight beside the other terms.
        points: From 0 to 1, or ``None`` when it has no answer and takes no weight.
        reason: The reason for these points, in words for a sales manager.
    """

    scorer: str
    weight: float = field(converter=float)
    points: float | None = field(converter=optional(float))
    reason: str

    def __str__(self) -> str:
        if self.points is None:
            return f"{self.scorer} no answer: {self.reason}"
        times = "" if self.weight == 1 else f" x{self.weight:g}"
        return f"{self.scorer} {self.points:.2f}{times}: {self.reason}"


ScoreTerms: TypeAlias = tuple[ScoreTerm, ...]


def _terms(given: ScoreTerms | Callable[[], ScoreTerms]) -> ScoreTerms:
    return given() if callable(given) else given


@guided_attributes
@frozen(slots=False)  # as for a ranking
class Assignment:
    """One rep who can take the lead, with their rank.

    Args:
        rep_id: The rep.
        label: The name that people see.
        rank: From 1.
        score: Between 0 and 1.
        terms: The terms of the score, or a function that gives them when asked for.
    """

    rep_id: str
    label: str
    rank: int
    score: float
    _terms: ScoreTerms | Callable[[], ScoreTerms] = field(default=(), eq=_terms)

    def __reduce__(self) -> tuple[Any, ...]:
        return Assignment, (self.rep_id, self.label, self.rank, self.score, self.terms)

    @property
    def terms(self) -> ScoreTerms:
        """The terms of the score."""
        return _terms(self._terms)

    def __repr__(self) -> str:
        return (
            f"Assignment(rep_id={self.rep_id!r}, label={self.label!r}, rank={self.rank!r}, "
            f"score={self.score!r}, terms={self.terms!r})"
        )

    @property
    def reason(self) -> str:
        """The reasons for the score of this rep, in words."""
        return "; ".join(map(str, self.terms))

    def to_dict(self) -> dict[str, Any]:
        """Return the assignment as plain data."""
        return {
            "rep_id": self.rep_id,
            "rank": self.rank,
            "score": self.score,
            "terms": [asdict(term) for term in self.terms],
        }

    def __str__(self) -> str:
        return f"{self.label}  {self.score:.2f}  {self.reason}"


@frozen
class Exclusion:
    """One rep who cannot take the lead, with every reason.

    Args:
        rep_id: The rep.
        label: The name that people see.
        obstacles: Every criterion that said no.
    """

    rep_id: str
    label: str
    obstacles: tuple[Ineligibility, ...]

    @property
    def code(self) -> str:
        """The code of the first reason, one of ``eligibility.CODES``."""
        return self.obstacles[0].code

    @property
    def temporary(self) -> bool:
        """True when the rep can take the lead later."""
        return all(obstacle.temporary for obstacle in self.obstacles)

    @property
    def reason(self) -> str:
        """The reasons against the rep, in words."""
        return "; ".join(obstacle.reason for obstacle in self.obstacles)

    def to_dict(self) -> dict[str, Any]:
        """Return the exclusion as plain data."""
        return {
            "rep_id": self.rep_id,
            "obstacles": [
                {
                    "code": each.code,
                    "reason": each.reason,
                    "temporary": each.temporary,
                    "available_at": _iso(each.available_at),
                }
                for each in self.obstacles
            ],
        }

    def __str__(self) -> str:
        return f"{self.label}  {self.reason}"


@guided_attributes
@frozen(repr=False, eq=False, slots=False)  # without slots it is made in half the time
class Ranking:
    """The decision for one lead: every rep of the pool, with reasons.

    ``str()`` is the explanation for a sales manager.

    Args:
        lead_id: The lead.
        outcome: The outcome of the decision.
        rule: The name of the rule that matched; ``None`` when none did. The next one that matches,
            where the fallback of that rule says ``next rule``.
        pool: The name of the pool; ``None`` when no rule matched.
        assignments: The reps who can take the lead, best first; made by ``source`` when not given.
        rejections: The excluded reps, in the order of their ids; made by ``source`` when not given.
        detail: More about the outcome, such as the condition that failed in qualification.
        at: The instant of the decision, when it is known.
        resumes_at: The time of the next decision, when no rep can take the lead now but one can
            later, over all pools that were ranked; the instant of the decision when that depends on
            open work and not on time.
        accept_within: How long an offer of this lead is open.
        policy_version: The version of the policy that decided.
        factor: For ``DISQUALIFIED``: the name of the first factor that the lead did not meet; the
            condition when the policy names no factors.
        verdict: For ``DISQUALIFIED``: the outcome of that factor: ``nurture``, ``reject`` or ``review``.
        other_pools: The results of the other pools, in their order; the rule's own pool comes first when it found no
            rep and the lead goes to a rep of another pool, or to one who is not available.
        fallback_step: The last step when no rep was found: ``wait`` or ``catch_all``; empty when one was.
        ignore_availability: True when schedules, presence, wrap-up and calling hours were ignored.
        notes: Remarks on the decision, such as an unknown time zone of the lead.
        source: The maker of assignments, rejections and figures when they are read.
        lead_score: The lead score, its parts and how much was known; ``None`` when the policy scores no leads.
        step: The number of the step of the rule that is in force; 0 for the rule as it is written.
    """

    lead_id: str
    outcome: Outcome
    rule: str | None = None
    pool: str | None = None
    _assignments: tuple[Assignment, ...] | None = None
    _rejections: tuple[Exclusion, ...] | None = None
    detail: str = ""
    at: datetime | None = None
    resumes_at: datetime | None = None
    accept_within: Within = timedelta(0)
    policy_version: str = ""
    factor: str | None = None
    verdict: str | None = None
    other_pools: tuple[Ranking, ...] = ()
    fallback_step: str = ""
    ignore_availability: bool = False
    notes: tuple[str, ...] = ()
    _source: Source | None = field(default=None, repr=False)
    lead_score: LeadScore | None = None
    step: int = 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ranking):
            return NotImplemented
        return self._said() == other._said()

    def __hash__(self) -> int:
        return hash(
            (self.lead_id, self.outcome, self.rule, self.pool, self.at, self.policy_version)
        )

    def __repr__(self) -> str:
        return f"Ranking({', '.join(f'{name}={value!r}' for name, value in self._said().items())})"

    def _said(self) -> dict[str, Any]:
        """Every part by name, whether it was made before or is made now."""
        names = (each.alias for each in fields(type(self)) if each.repr)
        return {name: getattr(self, name) for name in names}

    @property
    def assignments(self) -> tuple[Assignment, ...]:
        """The reps who can take the lead, best first."""
        if self._assignments is not None:
            return self._assignments
        return () if self._source is None else self._source.assignments()

    @property
    def rejections(self) -> tuple[Exclusion, ...]:
        """The excluded reps, in the order of their ids."""
        if self._rejections is not None:
            return self._rejections
        return () if self._source is None else self._source.rejections()

    @property
    def propensities(self) -> Mapping[str, float]:
        """The probability with which each rep comes first, by rep id.

        Computed when it is read.

        1 for the best and 0 for the others, unless the score leaves something to chance. Log it with the choice: that
        is what makes it possible to say later what another policy would have brought.
        """
        found = None if self._source is None else self._source.propensities()
        if found is not None:
            return found
        return FrozenDict({each.rep_id: float(each.rank == 1) for each in self.assignments})

    @property
    def fairness_cost(self) -> float:
        """The score that the ranking gave up for fairness.

        It is the difference between the highest possible score and the score of the best rep under ``fair_share``.
        """
        return 0.0 if self._source is None else self._source.fairness_cost()

    @property
    def best(self) -> Assignment | None:
        """The first assignment, or ``None`` when no rep can take the lead."""
        source = self._source
        if source is not None and self._assignments is None:
            return source.best()
        return self.assignments[0] if self.assignments else None

    def rejection(self, rep_id: str) -> Exclusion | None:
        """Return the exclusion of a rep.

        It covers this pool and the other pools that were ranked; ``None`` when the rep was not excluded.
        """
        for ranking in (self, *self.other_pools):
            for rejection in ranking.rejections:
                if rejection.rep_id == rep_id:
                    return rejection
        return None

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as plain data for JSON.

        Instants are ISO 8601 text.

        Example:
            >>> ranking = Ranking("L-1", Outcome.NO_RULE_MATCHED)
            >>> ranking.to_dict()["outcome"]
            'no_rule_matched'
        """
        return {
            **_scored(self.lead_score),
            "lead_id": self.lead_id,
            "outcome": self.outcome.value,
            "reason": self.outcome.reason,
            "detail": self.detail,
            "rule": self.rule,
            "pool": self.pool,
            "step": self.step,
            "resumes_at": _iso(self.resumes_at),
            "assignments": [each.to_dict() for each in self.assignments],
            "rejections": [each.to_dict() for each in self.rejections],
            "other_pools": [each.to_dict() for each in self.other_pools],
            "fallback_step": self.fallback_step,
            "ignore_availability": self.ignore_availability,
            "notes": [*self.notes],
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat row for each rep, which ``pandas.DataFrame`` and ``polars.DataFrame`` take.

        Those who can take the lead come first and have a rank and a score; for the others both are ``None``.

        Example:
            >>> Ranking("L-1", Outcome.NO_RULE_MATCHED).rows()
            []
        """
        place = {"lead_id": self.lead_id, "rule": self.rule, "pool": self.pool}
        ranked = [
            {
                **place,
                "rep_id": one.rep_id,
                "rank": one.rank,
                "score": one.score,
                "reason": one.reason,
            }
            for one in self.assignments
        ]
        nothing = {"rank": None, "score": None}
        return ranked + [
            {**place, "rep_id": each.rep_id, **nothing, "reason": each.reason}
            for each in self.rejections
        ]

    @property
    def headline(self) -> str:
        """The answer in one line."""
        lead = one_line(self.lead_id)
        by = under_rule(self.rule, self.step)
        if self.best is not None:
            more = ", though nobody is available" if self.ignore_availability else ""
            return f"Lead {lead} goes to {self.best.label}{by}{more}"
        empty = self.outcome is Outcome.POOL_EMPTY and self.pool is not None
        why = f"the pool {self.pool!r} is empty" if empty else self.outcome.reason
        more = f": {self.detail}" if self.detail else ""
        return f"Lead {lead} goes to nobody{by}: {why}{more}"

    def __str__(self) -> str:
        lines = [self.headline, *score_lines(self.lead_score)]
        labels = [one.label for one in self.assignments] + [one.label for one in self.rejections]
        width = max(map(len, labels), default=0)
        for assignment in self.assignments:
            lines.append(f"  {assignment.rank}. {assignment.label:{width}}  {assignment.score:.2f}")
            lines += [f"       {term}" for term in assignment.terms]
        others = (
            (named_pool(each.pool, each.step), each.outcome, each.rejections)
            for each in self.other_pools
        )
        lines += beside(self.rejections, others, self.notes, width)
        if self.fallback_step:
            lines.append("  It waits" if self.fallback_step == WAIT else "  The catch-all gets it")
        if self.resumes_at is not None and self.resumes_at != self.at:
            lines.append(f"  A rep is back at {self.resumes_at:%Y-%m-%d %H:%M %Z}")
        return "\n".join(lines)


for _each in fields(Ranking):
    if _each.default is not NOTHING:
        setattr(Ranking, _each.name, _each.default)  # where ``ranking_of`` leaves it out


def ranking_of(**said: Any) -> Ranking:
    """Make a ranking for a decision: quickly, as only what is not as by default is kept."""
    found = object.__new__(Ranking)
    object.__setattr__(found, "__dict__", said)
    return found


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _scored(found: LeadScore | None) -> dict[str, Any]:
    """Return the lead score as plain data; nothing when the policy scores no leads."""
    if found is None:
        return {}
    return {
        "lead_score": found.score,
        "lead_grade": found.grade,
        "completeness": found.completeness,
        "lead_score_parts": [{"name": name, "points": points} for name, points in found.parts],
        "lead_score_note": found.note,
    }


def score_lines(found: LeadScore | None) -> Iterator[str]:
    """The line about a lead score: the score, how much was known, and what counted."""
    if found is not None:
        counted = f": {', '.join(found.reasons)}" if found.reasons else ""
        yield f"  Lead score {found.headline}{counted}"


@frozen
class Known:
    """A source of what was made before: what a pickle of a ranking holds."""

    made: tuple[Assignment, ...]
    left: tuple[Exclusion, ...]
    chances: Mapping[str, float] | None
    cost: float

    def assignments(self) -> tuple[Assignment, ...]:
        """Who can take the lead, best first."""
        return self.made

    def rejections(self) -> tuple[Exclusion, ...]:
        """Who cannot."""
        return self.left

    def best(self) -> Assignment | None:
        """The first."""
        return self.made[0] if self.made else None

    def propensities(self) -> Mapping[str, float] | None:
        """The probability with which each comes first."""
        return self.chances

    def fairness_cost(self) -> float:
        """The score that was given up."""
        return self.cost


def under_rule(rule: str | None, step: int) -> str:
    """The rule that decided, and its step, in brackets."""
    at = f", step {step}" if step else ""
    return "" if rule is None else f" (rule {rule!r}{at})"


def left_to_the_next(rules: Sequence[str], last: str | None) -> Iterator[str]:
    """Which rules left a lead to the next one that matches, in words."""
    for one, other in zip(rules, (*rules[1:], last), strict=False):
        yield f"the rule {one!r} found nobody and left the lead to the rule {other!r}"


def named_pool(pool: str | None, step: int) -> str:
    """A pool that was asked, and the step of the rule at which it was."""
    return f"{pool!r}, step {step}" if step else repr(pool)


def beside(
    rejections: Iterable[Exclusion],
    other_pools: Iterable[tuple[str, Outcome, Iterable[Exclusion]]],
    notes: Iterable[str],
    width: int = 0,
) -> Iterator[str]:
    """The lines about everybody and everything but the candidates."""
    for number, each in enumerate(rejections):
        if not number:
            yield "  Not eligible:"
        yield f"     {each.label:{width}}  {each.reason}"
    for pool, outcome, rejected in other_pools:
        yield f"  Pool {pool}: {outcome.reason}"
        yield from (f"     {each}" for each in rejected)
    yield from (f"  Note: {note}" for note in notes)
