"""The one engine: which reps of a pool may take a lead, their scores, and what the lead counts against.

* Criteria are masks and scores are columns over the candidates. Assignments, exclusions and texts
  are made when they are read, from what was read at the decision.
* Whatever a decision entails (the counters that the lead counts against, the turn that it takes)
  comes out of the same decision; nothing computes it again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from heapq import nsmallest
from itertools import compress
from operator import and_, le
from typing import Any, NamedTuple, Protocol, Self

from leadroute.model.caps import Cap
from leadroute.model.duration import Within
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import lead_hours
from leadroute.model.rep import Rep, Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory_index import Match
from leadroute.model.validation import known
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.ranking.candidates import Candidates, CandidateSet, Limits, View
from leadroute.ranking.eligibility import (
    Ask,
    Charge,
    Charges,
    check_presence,
    gate,
    masks,
    notes_of,
)
from leadroute.ranking.ranking import (
    Assignment,
    Exclusion,
    Known,
    Outcome,
    Ranking,
    ScoreTerm,
    left_to_the_next,
    ranking_of,
)
from leadroute.ranking.scorers.combinators import fair_share
from leadroute.ranking.scorers.exploration import fairness_cost, propensities
from leadroute.ranking.scorers.round_robin import Turn, after, dues, turn_of
from leadroute.rules.routing_context import ZEROS, Crew, RoutingContext
from leadroute.rules.rule import EVERYONE, Fallback, Rule
from leadroute.rules.terms import Terms

__all__ = ["Decided", "Need"]


class Need(NamedTuple):
    """What a decision reads of the counts.

    Args:
        rule: The rule that matched.
        candidates: Whose counters.
        limits: What the lead counts against with each of them.
        over_all: What it counts against for any rep.
        pool: The pool whose credits count; ``None`` when the score reads none.
        fields: The counts of a rep that are read, by their names in ``Snapshot``.
        score: Those of them that the score reads.
    """

    rule: Rule
    candidates: Candidates
    limits: Limits
    over_all: Sequence[Charge]
    pool: str | None
    fields: frozenset[str]
    score: frozenset[str]


class Policy(Protocol):
    """What a decision reads of a router."""

    @property
    def caps(self) -> Sequence[Cap]: ...
    @property
    def fallback(self) -> Fallback: ...

    def rule_after(self, name: str, lead: Lead, now: datetime | None) -> Rule | None: ...

    def charges(
        self, lead: Lead, rule: Rule | None, pool: str | None, now: datetime | None
    ) -> Charges: ...

    def candidate_set(
        self, rule: Rule, pool: str, roster: Roster, now: datetime | None
    ) -> CandidateSet: ...


class Decided:
    """One decision under the rule that matched, in one pool.

    It is made in two steps, so that whoever reads counts from a store can wait for them in between.

    Args:
        router: The policy.
        rule: The rule that matched.
        pool: The pool that is asked.
        found: The reps of that pool under the rule.
        lead: The lead.
        now: The instant of the decision; ``None`` when it was not given.
        previous_offers: What became of earlier offers of this lead, by rep id.
        matches: The territories that the lead is in, most specific first.
        ignore_availability: Whether it is asked without a look at who is at work.

    Attributes:
        rule: The rule that matched.
        pool: The pool that was asked.
        outcome: How it came out.
        context: Those who can take the lead, with the counts that were read.
        place: Where the first is among ``context.reps``; -1 when there is nobody.
        score: The points of the first.
        resumes_at: When nobody can take it now: when it is worth deciding again.
        ignore_availability: Whether it was asked without a look at who is at work.
        fallback_step: What happens when no rep was found.
        other_pools: What the other pools said.
        passed_on: The rules that found nobody and left the lead to the next one that matches.
    """

    place = -1
    score = 0.0
    resumes_at: datetime | None = None
    fallback_step = ""
    passed_on: tuple[str, ...] = ()
    _charges: Charges | None = None
    _assignments: tuple[Assignment, ...] | None = None
    _rejections: tuple[Exclusion, ...] | None = None
    _top: int | None = None

    def __init__(
        self,
        router: Policy,
        rule: Rule,
        pool: str,
        found: CandidateSet,
        lead: Lead,
        now: datetime | None,
        previous_offers: Mapping[str, str],
        matches: tuple[Match, ...],
        *,
        ignore_availability: bool = False,
    ) -> None:
        self.rule, self._router, self._set = rule, router, found
        self._previous_offers, self.ignore_availability = previous_offers, ignore_availability
        self.pool, self._lead, self._instant, self._matches = pool, lead, now, matches
        self.outcome = Outcome.ASSIGNABLE
        self._over_all: Sequence[Charge] = ()
        self.other_pools: tuple[Decided, ...] = ()
        self._scored: tuple[list[list[float | None]], list[float]] | None = None
        self._candidates = found.candidates(lead, now, matches)
        self._view = self._candidates.view(
            (lead.source, pool, found.counts_as),
            now,
            by_source=lead.source in found.sources,
            ignore_availability=ignore_availability,
        )
        if router.caps:
            self._charges = router.charges(lead, rule, pool, now)
            self._over_all = self._charges.over_all

    def need(self) -> Need:
        """The counts that ``settle`` takes."""
        found = self._set
        turns_in = self.pool if found.takes_turns else None
        limits, over_all = self._view.limits, self._over_all
        read = (self._candidates, limits, over_all, turns_in, found.fields, found.counters)
        return Need(self.rule, *read)

    def settle(self, snapshot: Snapshot) -> Self:
        """Decide on these counts."""
        lead, now, found = self._lead, self._instant, self._set
        pool, registry, matches = self.pool, found.registry, self._matches
        asks: Sequence[Ask] = ()
        if now is None or found.asks or _asks_each(snapshot):
            reps = self._candidates.crew.reps
            asks = self._asks(RoutingContext(lead, reps, pool, snapshot, now, registry, matches))
        crew, opened = _able(self._view, self._over_all, snapshot, asks, self._previous_offers)
        absent = partial(found.absent, crew.ids)  # of nothing that holds the context
        self.context = RoutingContext(
            lead, crew.reps, pool, snapshot, now, registry, matches, absent, None, crew, opened
        )
        if crew.reps:
            self._choose()
        else:
            self._nobody(slow=bool(asks))
        return self

    def _asks(self, context: RoutingContext) -> Sequence[Ask]:
        """The criteria that are asked rep by rep."""
        found, everybody, snapshot = self._set, self.ignore_availability, context.snapshot
        if context.instant is None and found.is_timed(
            context.reps,
            snapshot,
            ignore_availability=everybody,
        ):
            known(context.instant)
        if not found.asks and not _asks_each(snapshot):
            return ()
        if snapshot.presence and not everybody:
            check_presence(found.members, snapshot.presence)
        return masks(self.rule, context, found.pauses, ignore_availability=everybody)

    def in_own_pool(self) -> Decided:
        """The decision in the pool of the rule, where it went on to others."""
        if self.place < 0 or self.is_own:
            return self
        return next(each for each in reversed(self.other_pools) if each.is_own)

    @property
    def is_own(self) -> bool:
        """Whether the pool of the rule was asked, and not one of its fallback."""
        return self.pool == (self.rule.pool or EVERYONE) and not self.ignore_availability

    def end(self, ended: Outcome) -> None:
        """Leave the lead to the steps for one that may wait no longer."""
        self.place, self.outcome, self.score = -1, ended, 0.0
        self._assignments = self._scored = None

    def steps(self, case: str) -> tuple[str, ...]:
        """The steps of the fallback in a case."""
        return self.rule.fallback.steps(case, self._router.fallback)

    def in_pool(self, pool: str, roster: Roster) -> Decided:
        """The same decision in another pool, for which counts are still to be read."""
        members = self._router.candidate_set(self.rule, pool, roster, self._instant)
        given = self._lead, self._instant, self._previous_offers, self._matches
        return Decided(self._router, self.rule, pool, members, *given)

    @property
    def terms_of_offer(self) -> Terms:
        """The complete terms of the rule."""
        return self._set.offer[0]

    @property
    def takes_turns(self) -> bool:
        """Whether the score is about turns."""
        return self._set.takes_turns

    @property
    def grade(self) -> str | None:
        """The grade of the lead."""
        score = self._lead.lead_score
        return None if score is None else score.grade

    @property
    def accept_within(self) -> Within:
        """How long an offer of the lead is open."""
        return self.terms_of_offer.accept_within_of(self.grade)

    @property
    def rep(self) -> Rep:
        """The rep who comes first."""
        return self.context.reps[self.place]

    def give_to(self, rep_id: str) -> bool:
        """Put another rep first who can take the lead; returns whether they can."""
        ids = self.context.ids
        if self.place < 0 or rep_id not in ids:
            return False
        place = ids.index(rep_id)
        if place != self.place:
            self.score, self.place = self._score()[1][place], place
        return True

    def exclusion(self, rep_id: str) -> Exclusion | None:
        """Why a rep cannot take the lead, in the first pool that has them; ``None`` where none has."""
        asked = (self, *self.other_pools) if self.place < 0 else (*self.other_pools, self)
        for found in asked:
            reps = [rep for rep in found._set.members if rep.id == rep_id]  # noqa: SLF001 - its own kind
            for _, exclusion in found.excluded(reps):
                return exclusion
        return None

    def _get_charges(self) -> Charges:
        if self._charges is None:
            context = self.context
            self._charges = self._router.charges(
                context.lead, self.rule, context.pool, context.instant
            )
        return self._charges

    def _choose(self) -> None:
        """Find the first: by score, then who got a lead least recently, then id. O(candidates)."""
        mode = self._set.mode
        if mode is not None:  # a round robin alone has one first, and no ties
            self.place, self.score = dues(self.context).first(mode), 1.0
            return
        context, found = self.context, self._set
        columns = [scorer.column(context) for scorer in found.scorers]
        scores = found.means(columns)
        self._scored = columns, scores
        self.score = most = max(scores)
        self.place = scores.index(most)
        if scores.count(most) == 1:
            return
        last, reps = self.context.snapshot.last_assigned, self.context.reps
        tied = [place for place, score in enumerate(scores) if score == most]
        if last:
            self.place = min(tied, key=lambda place: last.get(reps[place].id, -1))

    def _score(self) -> tuple[list[list[float | None]], list[float]]:
        """The points of each term and the score, for every candidate; computed once."""
        if self._scored is None:
            columns = [scorer.column(self.context) for scorer in self._set.scorers]
            self._scored = columns, self._set.means(columns)
        return self._scored

    def _nobody(self, *, slow: bool) -> None:
        """Say whether waiting helps, and until when."""
        if not self._set.members:
            self.outcome = Outcome.POOL_EMPTY
            return
        openings = [*self._openings()] if slow else self._shift_openings()
        self.outcome = Outcome.NONE_AVAILABLE if openings else Outcome.NONE_ELIGIBLE
        self.resumes_at = min([at for at in openings if at is not None], default=None)

    def _shift_openings(self) -> list[datetime | None]:
        """When those could take the lead later whom hours and counters alone stop."""
        candidates, previous_offers = self._candidates, self._previous_offers
        crew, shifts, used = candidates.crew, self._view.shifts, self.context.snapshot.used.get
        if any(each.refuses(used(each.key, 0)) for each in self._over_all if not each.temporary):
            return []
        kinds: Collection[int] = candidates.kinds
        never = crew.column("can refuse for good", self._never)
        if previous_offers or any(never):
            every = zip(candidates.shift_of, crew.reps, never, strict=True)
            kinds = {
                of
                for of, rep, may in every
                if rep.id not in previous_offers and not (may and self._refused(rep))
            }
        instant = self.context.instant
        found: list[datetime | None] = []
        for of in kinds:
            # Without hours (-1) a rep is at work now, and only a counter stands in the way.
            shift = shifts[of] if shifts and of >= 0 else None
            if shift is None or shift.is_open or shift.fails:
                found.append(instant)
            elif shift.opens is not None:
                found.append(shift.opens)
        return found

    def _never(self, rep: Rep) -> bool:
        """Whether a limit of the rep has no room for any lead of the rule, whatever gets done."""
        rule = self.rule
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
        rule, lead, instant = self.rule, self.context.lead, self.context.instant
        calling_hours = None
        if rule.calling_hours is not None and not self.ignore_availability:
            calling_hours = lead_hours(lead, rule.calling_hours)
        # Whom rule or lead exclude for good, time does not help.
        for rep, exclusion in self.excluded(self._candidates.crew.reps):
            if exclusion.temporary:
                waits = [
                    obstacle.available_at
                    for obstacle in exclusion.obstacles
                    if obstacle.available_at
                ]
                yield (
                    _first_common_instant(rep.hours, calling_hours, max(waits))
                    if waits
                    else instant
                )

    def _of_everybody(self) -> RoutingContext:
        """What criteria look at, of everybody in the pool."""
        it, reps = self.context, self._set.members
        given = (it.snapshot, it.instant, it.registry, it.matches, lambda: it.absent)
        return RoutingContext(it.lead, reps, it.pool, *given)

    def excluded(self, reps: Iterable[Rep] | None = None) -> Iterator[tuple[Rep, Exclusion]]:
        """Everybody of the pool who cannot take the lead, or some of them, with every reason."""
        obstacles = gate(
            self.rule,
            self._of_everybody(),
            self._previous_offers,
            self._get_charges(),
            pauses=self._set.pauses,
            ignore_availability=self.ignore_availability,
        )
        for rep in self.context.absent if reps is None else reps:
            yield rep, Exclusion(rep.id, rep.label, obstacles(rep))

    def codes(self) -> Iterator[tuple[str, Sequence[str]]]:
        """The ids of those who cannot take the lead, by the code of the first reason of each.

        A code may come several times. Nothing is written for people, so it is O(candidates) and cheap.
        """
        context = self.context
        if self._set.asks or self._previous_offers or _asks_each(context.snapshot):
            for rep, exclusion in self.excluded():
                yield exclusion.code, (rep.id,)
            return
        view = self._view
        yield from self._candidates.left_out(self._set, self._lead, self._instant)
        every = self._candidates.crew.ids
        if view.crew.ids is not every:
            at_work = frozenset(view.crew.ids)
            yield "off_hours", [rep_id for rep_id in every if rep_id not in at_work]
        able = frozenset(context.ids)
        for at, rep_id in enumerate(view.crew.ids):
            if rep_id not in able:
                yield view.here.code(at, context.snapshot), (rep_id,)

    def totals(self) -> Iterable[tuple[str, float]]:
        """The score of each who can take the lead, in the order of their ids."""
        if self.place < 0:
            return ()
        return zip(self.context.crew.ids, self._score()[1], strict=True)

    def for_rep(self, place: int) -> list[Charge]:
        """The counters that the lead counts on when the candidate at a place gets it."""
        charges, bounds = (
            self._get_charges(),
            partial(self._candidates.bounds, self.context.instant),
        )
        return [*charges.own(self.context.reps[place], bounds), *charges.over_all]

    def turn(self, place: int) -> Turn | None:
        """What the lead does to the credits of the pool when a candidate takes it; ``None`` when it is not a turn."""
        score = self._set.score
        if not self._set.takes_turns or not score.is_turn(self.context, self.context.reps[place]):
            return None
        return turn_of(self.context, place)

    def counts_after(self, rep_id: str) -> Snapshot:
        """The counts with the turn of the lead when a candidate takes it; the same without one."""
        context, score = self.context, self._set.score
        place = next(at for at, rep in enumerate(context.reps) if rep.id == rep_id)
        if not score.takes_turns or not score.is_turn(context, context.reps[place]):
            return context.snapshot
        return after(context.snapshot, self.pool, self._set.members, turn_of(context, place))

    def propensities(self) -> Mapping[str, float] | None:
        """The probability with which each comes first; ``None`` when nothing is left to chance."""
        chance = self._set.random and self.place >= 0
        return propensities(self._set.score, self.context) if chance else None

    def fairness_cost(self) -> float:
        """The points that the first scores below what was possible."""
        score = self._set.score
        if isinstance(score, fair_share) and self.place >= 0:
            return fairness_cost(score, self.context)
        return 0.0

    def best(self) -> Assignment | None:
        """The first; ``None`` when there is nobody."""
        place = self.place
        return self._assignment(1, place, self.score) if place >= 0 else None

    def _assignment(self, rank: int, place: int, score: float) -> Assignment:
        rep = self.context.reps[place]
        return Assignment(rep.id, rep.label, rank, score, partial(self._terms, place))

    def terms(self) -> tuple[ScoreTerm, ...]:
        """The terms of the score of the first."""
        return self._terms(self.place)

    def _terms(self, place: int) -> tuple[ScoreTerm, ...]:
        """The terms of a score."""
        context, points = self.context, list[float | None]([self.score])
        if place != self.place or self._set.mode is None:
            points = [column[place] for column in self._score()[0]]
        rep = context.reps[place]
        both = zip(self._set.terms, points, strict=True)
        return tuple(
            ScoreTerm(str(term.scorer), term.weight, one, term.scorer.reason(context, rep))
            for term, one in both
        )

    def assignments(self) -> tuple[Assignment, ...]:
        """Who can take the lead, best first."""
        if self._assignments is None:
            self._assignments = self._ordered()
        return self._assignments

    def _ordered(self) -> tuple[Assignment, ...]:
        if self.place < 0:
            return ()
        if self._top == 1:
            return (self._assignment(1, self.place, self.score),)
        ordered = enumerate(self._best_first(self._top), 1)
        return tuple([self._assignment(rank, place, score) for rank, (place, score) in ordered])

    def _best_first(self, most: int | None) -> list[tuple[int, float]]:
        """The places of the candidates with their scores, best first; not more than so many."""
        _, scores = self._score()
        last, reps = self.context.snapshot.last_assigned, self.context.reps
        keys = [
            (-score, last.get(rep.id, -1), place)
            for place, (score, rep) in enumerate(zip(scores, reps, strict=True))
        ]
        ordered = sorted(keys) if most is None else nsmallest(most, keys)
        return [(place, -score) for score, _, place in ordered]

    def first(self, most: int) -> list[tuple[int, float]]:
        """Where the first so many stand among ``context.reps``, with their scores. O(candidates)."""
        if most == 1 or len(self.context.reps) == 1:
            return [(self.place, self.score)]
        mode = self._set.mode
        if mode is None:
            return self._best_first(most)
        order = dues(self.context).order(mode)
        last = len(order) - 1
        return [(place, 1.0 - rank / last) for rank, place in enumerate(order[:most])]

    def rejections(self) -> tuple[Exclusion, ...]:
        """Who cannot, with every reason."""
        if self._rejections is None:
            self._rejections = tuple([each for _, each in self.excluded()])
        return self._rejections

    def __reduce__(self) -> tuple[Any, ...]:
        made = self.assignments(), self.rejections(), self.propensities(), self.fairness_cost()
        return Known, made

    def ranking(self, top: int | None = None) -> Ranking:
        """The decision for people: assignments and exclusions, made when they are read."""
        rule, lead, self._top = self.rule, self._lead, top
        found = ranking_of(
            lead_id=lead.id,
            outcome=self.outcome,
            rule=rule.name,
            pool=self.pool,
            at=self._instant,
            accept_within=self.accept_within,
            policy_version=self._set.offer[1],
            lead_score=lead.lead_score,
            _source=self,
        )
        if rule.step:
            vars(found)["step"] = rule.step
        if self._set.asks or self.place < 0 or self.other_pools:
            vars(found).update(
                resumes_at=self.resumes_at,
                other_pools=tuple([other.ranking() for other in self.other_pools]),
                fallback_step=self.fallback_step,
                ignore_availability=self.ignore_availability,
                notes=self._notes(),
            )
        return found

    def _notes(self) -> tuple[str, ...]:
        """What is worth a remark: who left the lead to this rule, and what is not known."""
        passed_on = left_to_the_next(self.passed_on, self.rule.name)
        return (*passed_on, *(notes_of(self.rule, self._lead) if self._set.asks else ()))


def _asks_each(snapshot: Snapshot) -> bool:
    """Whether the counts hold something that is asked rep by rep."""
    seen = snapshot
    return bool(seen.presence or seen.paused or seen.cooling or seen.paced)


def _able(
    view: View,
    over_all: Sequence[Charge],
    snapshot: Snapshot,
    asks: Sequence[Ask],
    previous_offers: Mapping[str, str],
) -> tuple[Crew, list[int] | None]:
    """Those on duty who can take the lead, and the open work of each where it was read."""
    _, _, crew, _, _, (capacity, columns, _) = view
    used, opened, fits = snapshot.used.get, None, None
    full = over_all and any(charge.refuses(used(charge.key, 0)) for charge in over_all)
    if full or not crew.ids:
        return crew.part([False] * len(crew.ids)), None
    # Whole columns at the pace of C: with a thousand reps this is most of a decision. Mostly nobody
    # is at a limit, and then the largest count tells.
    if capacity is not None:
        opened = [*map(snapshot.open.get, crew.ids, ZEROS)]
        if max(opened) > capacity.least:
            fits = [*map(le, opened, capacity.rooms)]
            columns = columns if any(fits) else ()
    for keys, rooms, least in columns:
        counts = [*map(used, keys, ZEROS)]
        if max(counts) > least:
            more = [*map(le, counts, rooms)]
            fits = more if fits is None else [*map(and_, fits, more)]
    if previous_offers or asks:
        every = [True] * len(crew.ids) if fits is None else fits
        both = zip(every, crew.ids, strict=True)
        fits = [fit and rep not in previous_offers for fit, rep in both]
    for ask in asks:
        them = zip(fits or (), crew.reps, strict=True)
        fits = [fit and not tuple(ask(rep)) for fit, rep in them]
    if fits is None or all(fits):
        return crew, opened
    return crew.part(fits), None if opened is None else [*compress(opened, fits)]


def _first_common_instant(own: Hours | None, calling_hours: Hours | None, at: datetime) -> datetime:
    """The first instant from ``at`` on at which the rep works and the lead may be called."""
    if own is None or calling_hours is None:
        return at
    return unless_failing(lambda: meeting(own, calling_hours, at), lambda _error: None) or at
