"""The one engine: who may take a lead, who scores how much, who is first, and what that counts against.

The rules of this module:

* Criteria are masks and scores are columns over the candidates. Assignments, exclusions and texts are made when
  somebody looks, from what was read at the decision.
* Whatever a decision entails (the counters that the lead counts against, the turn that it takes) comes out of the same
  decision; nobody works it out again.
* The sort key is (-score, when last assigned with never first, id). Nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from heapq import nsmallest
from itertools import compress, repeat
from operator import and_, le
from typing import Any, NamedTuple, Protocol

from leadroute.model.caps import Cap
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import lead_hours
from leadroute.model.rep import Pauses, Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory_index import Match
from leadroute.model.validation import known
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.ranking.candidates import (
    Candidates,
    CandidateSet,
    Column,
    Limits,
    OnDuty,
    Shift,
    picked,
)
from leadroute.ranking.charges import Charge, Charges
from leadroute.ranking.eligibility import Ask, check_presence, gate, masks, notes_of
from leadroute.ranking.ranking import Assignment, Exclusion, Known, Outcome, Ranking, ScoreTerm
from leadroute.ranking.scorers.combinators import fair_share
from leadroute.ranking.scorers.exploration import fairness_cost, propensities
from leadroute.ranking.scorers.round_robin import Turn, after, dues, turn_of
from leadroute.rules.evaluation import Registry
from leadroute.rules.fallback import CATCH_ALL, WAIT, Fallback, pool_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.scorer import means

__all__ = ["Asked", "Counts", "Decided", "Need", "decide"]


class Need(NamedTuple):
    """What a decision reads of the counts.

    Args:
        candidates: Whose counters.
        limits: What the lead counts against with each of them.
        over_all: What it counts against for any rep.
        pool: The pool whose credits count; ``None`` when the score reads none.
        fields: The counts of a rep that are read, by their names in ``Snapshot``.
        score: Those of them that the score reads.
    """

    candidates: Candidates
    limits: Limits
    over_all: Sequence[Charge]
    pool: str | None
    fields: frozenset[str]
    score: frozenset[str]


class Counts(Protocol):
    """Where the counts of a decision come from: a ``Snapshot``, or a store."""

    def read(self, need: Any) -> Snapshot:
        """The counts of the candidates, at one instant."""
        ...


class Policy(Protocol):
    """What a decision reads of a router."""

    @property
    def registry(self) -> Registry: ...
    @property
    def caps(self) -> Sequence[Cap]: ...
    @property
    def accept_within(self) -> timedelta: ...
    @property
    def wrap_up(self) -> timedelta: ...
    @property
    def fallback(self) -> Fallback: ...
    @property
    def pauses(self) -> Pauses: ...
    @property
    def version(self) -> str: ...

    def charges(
        self, lead: Lead, rule: Rule | None, pool: str | None, now: datetime | None
    ) -> Charges: ...

    def candidate_set(
        self, rule: Rule, pool: str, roster: Roster, now: datetime | None
    ) -> CandidateSet: ...


class Asked(NamedTuple):
    """One lead, with all that a decision about it reads.

    Args:
        router: The policy.
        rule: The rule that matched.
        lead: The lead.
        instant: The instant of the decision; ``None`` when it was not given.
        counts: Where the counts come from.
        previous_offers: What became of earlier offers of this lead, by rep id.
        matches: The territories that the lead is in, most specific first.
    """

    router: Policy
    rule: Rule
    lead: Lead
    instant: datetime | None
    counts: Counts
    previous_offers: Mapping[str, str]
    matches: tuple[Match, ...]


class Decided:
    """One decision under the rule that matched, in one pool.

    Attributes:
        pool: The pool that was asked.
        outcome: How it came out.
        context: Those who can take the lead, with the counts that were read.
        best: The place of the first among ``situation.reps``; -1 when there is nobody.
        score: The points of the first.
        resumes_at: When nobody can take it now: when it is worth deciding again.
        ignore_availability: Whether it was asked without a look at who is at work.
        fallback_step: What happens when no rep was found.
        other_pools: What the other pools said.
    """

    __slots__ = (
        "_asked",
        "_candidates",
        "_charges",
        "_scored",
        "_set",
        "best",
        "context",
        "fallback_step",
        "ignore_availability",
        "other_pools",
        "outcome",
        "pool",
        "resumes_at",
        "score",
    )

    def __init__(
        self, asked: Asked, found: CandidateSet, pool: str, *, ignore_availability: bool
    ) -> None:
        router, _, lead, now, counts, previous_offers, matches = asked
        self._asked, self._set, self.pool = asked, found, pool
        self.ignore_availability = ignore_availability
        self._charges: Charges | None = None
        self._scored: tuple[list[list[float | None]], list[float]] | None = None
        self.other_pools: tuple[Decided, ...] = ()
        self.resumes_at: datetime | None = None
        self.fallback_step = ""
        candidates = found.candidates(lead, now, matches)
        self._candidates = candidates
        source = lead.source if found.sources and lead.source in found.sources else None
        view = candidates.view(
            source, now, self._counts_on, ignore_availability=ignore_availability
        )
        duty = view.duty
        over_all = self._get_charges().over_all if router.caps else ()
        snapshot = counts if type(counts) is Snapshot else self._read(view.limits, over_all)
        if now is None and found.times(
            candidates.reps, snapshot, ignore_availability=ignore_availability
        ):
            known(now)
        asks = self._asks(snapshot) if found.asks or snapshot.presence else ()
        places = _able(duty, view.here, over_all, snapshot, asks, previous_offers)
        if places is None:
            reps, columns = duty.reps, duty.column
        else:
            reps, columns = tuple(picked(duty.reps, places)), partial(_of_some, duty, places)
        self.context = RoutingContext(
            lead, reps, pool, snapshot, now, router.registry, matches, self._absent, column=columns
        )
        self.best, self.score = -1, 0.0
        if reps:
            self.outcome = Outcome.ASSIGNABLE
            self._choose()
        else:
            self._nobody(candidates, view.shifts, over_all, slow=bool(asks))

    def _read(self, limits: Limits, over_all: Sequence[Charge]) -> Snapshot:
        """The counts of the candidates, from where they are kept."""
        found, turns_in = self._set, self.pool if self._set.takes_turns else None
        need = Need(self._candidates, limits, over_all, turns_in, found.fields, found.counters)
        return self._asked.counts.read(need)

    def _asks(self, snapshot: Snapshot) -> Sequence[Ask]:
        """The criteria that are asked rep by rep."""
        if snapshot.presence and not self.ignore_availability:
            check_presence(self._set.members, snapshot.presence)
        return masks(
            self._asked.rule,
            self._look(self._candidates.reps, snapshot),
            self._asked.router.pauses,
            ignore_availability=self.ignore_availability,
        )

    @property
    def rule(self) -> Rule:
        """The rule that matched."""
        return self._asked.rule

    @property
    def rep(self) -> Rep:
        """Who is first."""
        return self.context.reps[self.best]

    def _look(self, reps: tuple[Rep, ...], snapshot: Snapshot) -> RoutingContext:
        """What criteria look at, with these reps."""
        router, _, lead, instant, _, _, matches = self._asked
        return RoutingContext(
            lead, reps, self.pool, snapshot, instant, router.registry, matches, self._absent
        )

    def _absent(self) -> tuple[Rep, ...]:
        able = {rep.id for rep in self.context.reps}
        return tuple([rep for rep in self._set.members if rep.id not in able])

    def _counts_on(self, cap: Cap) -> bool:
        """Whether the lead counts on a cap."""
        return cap.counts(self._asked.lead.source, self.pool, self._asked.rule.counts_as)

    def _get_charges(self) -> Charges:
        if self._charges is None:
            asked = self._asked
            self._charges = asked.router.charges(asked.lead, asked.rule, self.pool, asked.instant)
        return self._charges

    def _choose(self) -> None:
        """Find the first: by score, then by who got a lead least recently, then by id. O(candidates)."""
        mode = self._set.mode
        if mode is not None:  # a round robin alone has one first, and no ties
            self.best, self.score = dues(self.context).first(mode), 1.0
            return
        _, scores = self._score()
        self.score = max(scores)
        if scores.count(self.score) == 1:
            self.best = scores.index(self.score)
            return
        last, reps = self.context.snapshot.last_assigned, self.context.reps
        tied = [place for place, score in enumerate(scores) if score == self.score]
        self.best = min(tied, key=lambda place: last.get(reps[place].id, -1)) if last else tied[0]

    def _score(self) -> tuple[list[list[float | None]], list[float]]:
        """The points of each term and the score, for every candidate; computed once."""
        if self._scored is None:
            columns = [term.scorer.column(self.context) for term in self._set.terms]
            found = means(self._set.weights, columns)
            if None in found:
                found = [points or 0.0 for points in found]
            self._scored = columns, found  # type: ignore[assignment]  # no None is left
        return self._scored  # type: ignore[return-value]  # made just now

    def _nobody(
        self,
        candidates: Candidates,
        shifts: Sequence[Shift],
        over_all: Sequence[Charge],
        *,
        slow: bool,
    ) -> None:
        """Say whether waiting helps, and until when."""
        if not self._set.members:
            self.outcome = Outcome.POOL_EMPTY
            return
        openings = (
            [*self._openings()] if slow else self._shift_openings(candidates, shifts, over_all)
        )
        self.outcome = Outcome.NONE_AVAILABLE if openings else Outcome.NONE_ELIGIBLE
        self.resumes_at = min([at for at in openings if at is not None], default=None)

    def _shift_openings(
        self, candidates: Candidates, shifts: Sequence[Shift], over_all: Sequence[Charge]
    ) -> list[datetime | None]:
        """When those could take the lead who could take it later, where hours and counters alone stand in the way."""
        previous_offers, ids, snapshot = (
            self._asked.previous_offers,
            candidates.ids,
            self.context.snapshot,
        )
        used = snapshot.used.get
        if any(not charge.temporary and charge.refuses(used(charge.key, 0)) for charge in over_all):
            return []
        places: Sequence[int] = range(len(ids))
        if previous_offers:
            places = [place for place in places if ids[place] not in previous_offers]
        never = candidates.column("can refuse for good", self._never)
        if any(never):
            places = [
                place
                for place in places
                if not (never[place] and self._refused(candidates.reps[place]))
            ]
        instant = self._asked.instant
        found: list[datetime | None] = []
        everybody = len(places) == len(ids)
        kinds = candidates.kinds if everybody else {*picked(candidates.shift_of, places)}
        for of in kinds:
            shift = shifts[of] if shifts and of >= 0 else None
            if shift is None or shift.is_open or shift.fails:
                found.append(instant)
            elif shift.opens is not None:
                found.append(shift.opens)
        return found

    def _never(self, rep: Rep) -> bool:
        """Whether a limit of the rep has no room for any lead of the rule, however much gets done."""
        rule = self._asked.rule
        units = [rep.capacity, rep.capacity_by_segment.get(rule.counts_as)]
        return any(most is not None and most < rule.capacity_cost for most in units) or any(
            not cap.limit for cap in rep.caps
        )

    def _refused(self, rep: Rep) -> bool:
        """Whether a limit refuses the rep for good."""
        return any(
            not charge.temporary
            for charge, _ in self._get_charges().refused(rep, self.context.snapshot)
        )

    def _openings(self) -> Iterator[datetime | None]:
        """The same, whatever stands in the way, from every reason."""
        rule, lead, instant = self._asked.rule, self._asked.lead, self._asked.instant
        calling_hours = None
        if rule.calling_hours is not None and not self.ignore_availability:
            calling_hours = lead_hours(lead, rule.calling_hours)
        # Whom rule or lead exclude for good, time does not help.
        for rep, exclusion in self.excluded(self._candidates.reps):
            if exclusion.temporary:
                waits = [
                    obstacle.available_at
                    for obstacle in exclusion.obstacles
                    if obstacle.available_at
                ]
                yield _together(rep.hours, calling_hours, max(waits)) if waits else instant

    def excluded(self, reps: Iterable[Rep] | None = None) -> Iterator[tuple[Rep, Exclusion]]:
        """Everybody of the pool who cannot take the lead, or some of them, with every reason."""
        asked, context = self._asked, self._look(self._set.members, self.context.snapshot)
        obstacles = gate(
            asked.rule,
            context,
            asked.previous_offers,
            self._get_charges(),
            pauses=asked.router.pauses,
            ignore_availability=self.ignore_availability,
        )
        for rep in self._absent() if reps is None else reps:
            yield rep, Exclusion(rep.id, rep.label, obstacles(rep))

    def for_rep(self) -> list[Charge]:
        """The counters that the lead counts on when the first gets it."""
        charges, bounds = self._get_charges(), partial(self._candidates.bounds, self._asked.instant)
        return [*charges.own(self.rep, bounds), *charges.over_all]

    def turn(self) -> Turn | None:
        """What the lead does to the credits of the pool when the first takes it; ``None`` when it is not a turn."""
        score = self._set.score
        if not self._set.takes_turns or not score.is_turn(self.context, self.rep):
            return None
        return turn_of(self.context, self.best)

    def counts_after(self, rep_id: str) -> Snapshot:
        """The counts with the turn that the lead is when a candidate takes it; the same where it is none."""
        context, score = self.context, self._set.score
        place = next(at for at, rep in enumerate(context.reps) if rep.id == rep_id)
        if not score.takes_turns or not score.is_turn(context, context.reps[place]):
            return context.snapshot
        return after(context.snapshot, self.pool, self._set.members, turn_of(context, place))

    def propensities(self) -> Mapping[str, float] | None:
        """The probability with which each comes first; ``None`` when nothing is left to chance."""
        return propensities(self._set.score, self.context) if self._set.random else None

    @property
    def propensity(self) -> float:
        """The probability with which the first comes first."""
        found = self.propensities()
        return 1.0 if found is None else found[self.rep.id]

    @property
    def fairness_cost(self) -> float:
        """The points that the first scores below what was possible."""
        score = self._set.score
        return fairness_cost(score, self.context) if isinstance(score, fair_share) else 0.0

    def first(self) -> Assignment | None:
        """The first; ``None`` when there is nobody."""
        return self._assignment(1, self.best) if self.best >= 0 else None

    def _assignment(self, rank: int, place: int) -> Assignment:
        rep = self.context.reps[place]
        score = self.score if place == self.best else self._score()[1][place]
        return Assignment(rep.id, rep.label, rank, score, partial(self._terms, place))

    def _terms(self, place: int) -> tuple[ScoreTerm, ...]:
        """The terms of a score."""
        context, points = self.context, list[float | None]([self.score])
        if place != self.best or self._set.mode is None:
            points = [column[place] for column in self._score()[0]]
        rep = context.reps[place]
        both = zip(self._set.terms, points, strict=True)
        return tuple(
            ScoreTerm(str(term.scorer), term.weight, one, term.scorer.reason(context, rep))
            for term, one in both
        )

    def assignments(self, top: int | None) -> tuple[Assignment, ...]:
        """Who can take the lead, best first."""
        if self.best < 0:
            return ()
        if top == 1:
            return (self._assignment(1, self.best),)
        _, scores = self._score()
        last, reps = self.context.snapshot.last_assigned, self.context.reps
        keys = [
            (-score, last.get(rep.id, -1), place)
            for place, (score, rep) in enumerate(zip(scores, reps, strict=True))
        ]
        ordered = sorted(keys) if top is None else nsmallest(top, keys)
        return tuple([self._assignment(rank, key[2]) for rank, key in enumerate(ordered, 1)])

    def ranking(self, top: int | None = None) -> Ranking:
        """The decision for people: assignments and exclusions, made when they are looked at.

        Args:
            top: How many assignments to give, the best first; ``None`` gives all.
        """
        asked = self._asked
        router, rule = asked.router, asked.rule
        return Ranking(
            asked.lead.id,
            self.outcome,
            rule.name,
            self.pool,
            None,
            None,
            "",
            asked.instant,
            self.resumes_at,
            rule.accept_within or router.accept_within,
            router.version,
            None,
            None,
            tuple([other.ranking() for other in self.other_pools]) if self.other_pools else (),
            self.fallback_step,
            self.ignore_availability,
            notes_of(rule, asked.lead) if self._set.asks else (),
            Answer(self, top),
            asked.lead.lead_score,
        )


class Answer:
    """What people look at of a decision, made when they do; the source of a ``Ranking``."""

    __slots__ = ("_assignments", "_decided", "_rejections", "_top")

    def __init__(self, decided: Decided, top: int | None) -> None:
        self._decided, self._top = decided, top
        self._assignments: tuple[Assignment, ...] | None = None
        self._rejections: tuple[Exclusion, ...] | None = None

    def assignments(self) -> tuple[Assignment, ...]:
        """Who can take the lead, best first."""
        if self._assignments is None:
            self._assignments = self._decided.assignments(self._top)
        return self._assignments

    def rejections(self) -> tuple[Exclusion, ...]:
        """Who cannot, with every reason."""
        if self._rejections is None:
            self._rejections = tuple([each for _, each in self._decided.excluded()])
        return self._rejections

    def best(self) -> Assignment | None:
        """The first, without the others."""
        if self._assignments is not None:
            return self._assignments[0] if self._assignments else None
        return self._decided.first()

    def propensities(self) -> Mapping[str, float] | None:
        """The probability with which each comes first; ``None`` when nothing is left to chance."""
        return self._decided.propensities()

    def fairness_cost(self) -> float:
        """The points that the first scores below what was possible."""
        return self._decided.fairness_cost

    def __reduce__(self) -> tuple[Any, ...]:
        made = self.assignments(), self.rejections(), self.propensities(), self.fairness_cost()
        return Known, made


def _fits(counts: Mapping[str, int], column: Column) -> Iterable[bool]:
    """Whether each counter of a column has room."""
    return map(le, map(counts.get, column.keys, repeat(0)), column.rooms)


def _able(
    duty: OnDuty,
    limits: Limits,
    over_all: Sequence[Charge],
    snapshot: Snapshot,
    asks: Sequence[Ask],
    previous_offers: Mapping[str, str],
) -> list[int] | None:
    """The places of those on duty who can take the lead; ``None`` when all of them can."""
    used = snapshot.used.get
    for charge in over_all:
        if charge.refuses(used(charge.key, 0)):
            return []
    # Whole columns at the pace of C: with a thousand reps this is most of a decision.
    fits: Iterable[bool] | None = None
    if limits.capacity is not None:
        fits = _fits(snapshot.open, limits.capacity)
    for column in limits.columns:
        more = _fits(snapshot.used, column)
        fits = more if fits is None else map(and_, fits, more)
    every = range(len(duty.reps))
    places: Sequence[int] = every if fits is None else [*compress(every, fits)]
    if previous_offers:
        ids = duty.ids
        places = [place for place in places if ids[place] not in previous_offers]
    for ask in asks:
        places = [place for place in places if not tuple(ask(duty.reps[place]))]
    return None if len(places) == len(duty.reps) else [*places]


def _of_some(
    duty: OnDuty, places: Sequence[int], key: Hashable, value_of: Callable[[Rep], Any]
) -> list[Any]:
    """The values of those on duty who can take the lead."""
    return picked(duty.column(key, value_of), places)


def _together(own: Hours | None, calling_hours: Hours | None, at: datetime) -> datetime:
    """The first instant from ``at`` on at which the rep works and the lead may be called."""
    if own is None or calling_hours is None:
        return at
    return unless_failing(lambda: meeting(own, calling_hours, at), lambda _error: None) or at


def decide(asked: Asked, roster: Roster) -> Decided:
    """What becomes of a lead under the rule that matched: in its pool, or in the others that it names.

    The steps are taken in order, and the first that finds a rep is the last. ``ignore_availability`` asks every pool
    that was asked so far again, in that order. A pool is asked once, however often the steps name it.

    Args:
        asked: The lead, the rule and what else is read.
        roster: The reps.

    Raises:
        FieldTypeError: The requirement or a score met a fact of the wrong type.
    """
    router, rule = asked.router, asked.rule
    pool = rule.pool or EVERYONE
    own = _ask(asked, roster, pool)
    if own.best >= 0:
        return own
    previous_offers, answers = {pool: own}, [own]
    for step in rule.fallback.steps(own.outcome.value, router.fallback):
        if step in (WAIT, CATCH_ALL):
            return _settle(previous_offers, answers, step)
        named = pool_of(step)
        if named in previous_offers:
            continue
        for each in [*previous_offers] if named is None else [named]:
            found = _ask(asked, roster, each, ignore_availability=named is None)
            if found.best >= 0:
                found.other_pools = tuple(previous_offers.values())
                return found
            previous_offers.setdefault(each, found)
            answers.append(found)
    late = any(each.outcome is Outcome.NONE_AVAILABLE for each in answers)
    return _settle(previous_offers, answers, WAIT if late else CATCH_ALL)


def _ask(asked: Asked, roster: Roster, pool: str, *, ignore_availability: bool = False) -> Decided:
    return Decided(
        asked,
        asked.router.candidate_set(asked.rule, pool, roster, asked.instant),
        pool,
        ignore_availability=ignore_availability,
    )


def _settle(
    previous_offers: Mapping[str, Decided], answers: Sequence[Decided], then: str
) -> Decided:
    """The rule's own decision, with when the first of all answers may be another one."""
    own, *others = previous_offers.values()
    own.resumes_at = min([each.resumes_at for each in answers if each.resumes_at], default=None)
    own.other_pools, own.fallback_step = tuple(others), then
    return own
