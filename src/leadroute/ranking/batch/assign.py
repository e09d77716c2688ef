"""A backlog of leads given out at once, under the whole policy, with the prices that explain it.

* Every limit is checked again, lead by lead, when the assignment is made up. So none is ever passed.
* The answer is the best there is where a place with a rep is the same whichever lead takes it.
  Where leads take different room, finding the best is a packing problem; then the places are given
  out class by class, in rounds, and the answer is never worse than one lead after the other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from fractions import Fraction
from functools import partial
from itertools import groupby
from math import ceil, fsum, isfinite, log10
from typing import Any, Final, TypeAlias

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, FieldError, ValidationError
from leadroute.model.keys import is_total_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep, Reps, Roster, roster_of
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import FrozenDict, aware, every, one_line
from leadroute.ranking.batch.solver import Engine, solve
from leadroute.ranking.decide import Decided
from leadroute.ranking.eligibility import used_of
from leadroute.ranking.ranking import Assignment, Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.describe import plural

Objective: TypeAlias = Callable[[Lead, Assignment], float]
"""What giving a lead to a rep is worth, 0 or more."""


@frozen
class Option:
    """A rep who could have a lead.

    Args:
        rep_id: The rep.
        worth: The value of the lead with this rep.
        price: What the place is worth to the other leads that compete for it; ``None`` where prices say nothing.
    """

    rep_id: str
    worth: float
    price: float | None = None

    def __str__(self) -> str:
        price = "" if self.price is None else f", the place costs {self.price:.2f}"
        return f"{one_line(self.rep_id)}: worth {self.worth:.2f}{price}"


@frozen
class BatchAssignment:
    """A lead and the rep who gets it.

    Args:
        lead_id: The lead.
        priority: Its priority.
        rule: The rule that matched.
        pool: The pool of the rep.
        chosen: The rep, with worth and price.
        runner_up: The best other rep, worth less price; ``None`` when no other rep could take it.
    """

    lead_id: str
    priority: int
    rule: str
    pool: str
    chosen: Option
    runner_up: Option | None
    _assignment: Callable[[], Assignment] = field(eq=False, repr=False)

    @property
    def rep_id(self) -> str:
        """The rep who gets the lead."""
        return self.chosen.rep_id

    @property
    def assignment(self) -> Assignment:
        """The rank of the rep for the lead, with score and reasons.

        It is ranked again when it is read.
        """
        return self._assignment()

    def __str__(self) -> str:
        rather = "" if self.runner_up is None else f"; next best {self.runner_up}"
        return f"{one_line(self.lead_id)} to {self.chosen}{rather}"


@frozen
class Unassigned:
    """A lead without a rep.

    Args:
        lead_id: The lead.
        priority: Its priority.
        outcome: The outcome of its ranking; ``ASSIGNABLE`` when a rep could take it, and all their
            places went to others.
        reason: The reason, in words.
        full: Those who could take it.
    """

    lead_id: str
    priority: int
    outcome: Outcome
    reason: str
    full: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{one_line(self.lead_id)} stays: {self.reason}"


@frozen
class Batch:
    """The assignment of a backlog, with reasons.

    ``str()`` is the explanation for a sales manager.

    Args:
        placed: The leads with a rep: the highest priority first, then the oldest.
        left: The leads without a rep, in the same order.
        points: The sum of the values.
        exact: True when no better assignment exists: with ``gap=0``, and when a place is the same for every lead.
        greedy_placed: The number of leads placed one after the other, each with the best free rep.
        greedy_points: The sum of their values.
    """

    placed: tuple[BatchAssignment, ...]
    left: tuple[Unassigned, ...]
    points: float
    exact: bool
    greedy_placed: int
    greedy_points: float

    @property
    def owners(self) -> Mapping[str, str]:
        """The rep of each lead that is placed, by lead id."""
        return FrozenDict({each.lead_id: each.rep_id for each in self.placed})

    def to_dict(self) -> dict[str, Any]:
        """Return the batch as plain data, which JSON can hold."""
        return {
            "points": self.points,
            "exact": self.exact,
            "greedy_placed": self.greedy_placed,
            "greedy_points": self.greedy_points,
            "leads": self.rows(),
        }

    def rows(self) -> list[dict[str, Any]]:
        """Return a flat row for each lead, for data frames.

        Leads that nobody gets have ``None`` for the rep, and the reason.
        """
        placed = [
            {
                "lead_id": each.lead_id,
                "rep_id": each.rep_id,
                "rule": each.rule,
                "pool": each.pool,
                "priority": each.priority,
                "worth": each.chosen.worth,
                "price": each.chosen.price,
                "reason": str(each),
            }
            for each in self.placed
        ]
        nothing = dict.fromkeys(("rep_id", "rule", "pool", "worth", "price"))
        return placed + [
            {**nothing, "lead_id": each.lead_id, "priority": each.priority, "reason": each.reason}
            for each in self.left
        ]

    @property
    def gap_to_greedy(self) -> float:
        """The share of the points that greedy misses.

        It is below 0 when greedy has more, from fewer leads or lower classes.
        """
        return 1 - self.greedy_points / self.points if self.points else 0.0

    def __str__(self) -> str:
        several = len(self.placed) + len(self.left)
        headline = f"{len(self.placed)} of {plural(several, 'lead')} placed, worth {self.points:.2f} together"
        greedy = f"one after the other: {plural(self.greedy_placed, 'lead')}, worth {self.greedy_points:.2f}"
        return "\n".join([headline, greedy, *(f"  {each}" for each in (*self.placed, *self.left))])


FINE: Final = 1_000_000  # worths are told apart to this part of the power of ten above the largest

_LAST: Final = datetime.max.replace(tzinfo=UTC)


@frozen
class _Need:
    """What a lead takes of one limit when a rep gets it, and how much there was of it at first."""

    key: str
    units: int
    room: int


@frozen(eq=False)
class _Wish:
    """A lead, what it is worth with each rep who may take it, best first, and what it takes."""

    lead: Lead
    ranking: Ranking
    worth: Mapping[str, float]
    needs: Mapping[str, tuple[_Need, ...]]
    rank: Callable[[], Ranking]
    priority: int


@frozen(eq=False)
class _Room:
    """What is taken of every limit so far, and what still fits."""

    most: int | None
    taken: Counter[str] = field(factory=Counter)
    had: Counter[str] = field(factory=Counter)

    def fits(self, wish: _Wish, rep_id: str) -> bool:
        if self.most is not None and self.had[rep_id] >= self.most:
            return False
        return all(self.taken[need.key] + need.units <= need.room for need in wish.needs[rep_id])

    def take(self, wish: _Wish, rep_id: str) -> None:
        self.had[rep_id] += 1
        for need in wish.needs[rep_id]:
            self.taken[need.key] += need.units

    def places(self, rep_id: str, needs: Sequence[tuple[_Need, ...]]) -> int | None:
        """How many leads with these needs fit at least; exactly where they need the same."""
        found = None if self.most is None else self.most - self.had[rep_id]
        for key, each in _by_key(needs).items():
            left = min(need.room for need in each) - self.taken[key]
            if sum(need.units for need in each) > left:
                fit = max(1, left // max(need.units for need in each))
                found = fit if found is None else min(found, fit)
        return found


def _most(given: Any) -> int | None:
    if given is not None and (type(given) is not int or given < 0):
        raise ConfigError(f"most is {given!r:.40}; write a whole number, 0 or more")
    return given


def _objective(given: Objective | None) -> Objective:
    if given is not None and not callable(given):
        raise ConfigError(f"objective is {given!r:.40}; write a function of lead and assignment")
    return given or (lambda _lead, assignment: assignment.score)


@frozen
class BatchOptions:
    """The aim and the method of a batch; see ``assign_batch``."""

    objective: Objective = field(default=None, converter=_objective)
    most: int | None = field(default=None, converter=_most)
    gap: float = 0.0
    engine: Engine = "python"
    top: float = 1.0

    def points(self, worth: float) -> int:
        """A worth as the whole number that ``solve`` wants."""
        return round(worth / self.top * FINE)

    def worth(self, points: Fraction) -> float:
        """The worth of so many points."""
        return float(points) * self.top / FINE


Choice: TypeAlias = tuple[Option, Option | None]


def assign_batch(
    router: Router,
    leads: Iterable[Lead],
    roster: Reps,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    objective: Objective | None = None,
    most: int | None = None,
    gap: float = 0.0,
    engine: Engine = "python",
) -> Batch:
    """Assign a backlog so that the sum over all leads is highest.

    It stores nothing, like ``Router.rank``.

    Args:
        router: The policy.
        leads: The leads, each once; their order changes nothing. Those of a higher ``priority``,
            their own or that of their grade, come first.
        roster: The reps.
        now: The instant of the decision; each lead's ``received_at`` when not given.
        snapshot: The counts.
        objective: What giving a lead to a rep is worth, 0 or more: a function of the lead and its
            ``Assignment``; the score when not given.
        most: The most leads for one rep, beside their limits. ``round_robin()`` spreads the leads
            by itself: each is a turn that the next one sees.
        gap: The share of the worth that may be given up for speed. Not with priorities.
        engine: ``python``, or ``ortools`` or ``scipy`` with the extra ``batch``. Not with priorities.

    Raises:
        ValidationError: A lead is given twice.
        ConfigError: ``most``, ``gap`` or ``engine`` cannot be right, or no number is given.
        FieldTypeError: As for ``Router.rank``.
        MissingExtraError: The engine's package is not installed.

    Example:
        >>> from leadroute import Rep, Roster, Router, Rule, skill_match
        >>> router = Router(rules=[Rule("all", score=skill_match("industry"))])
        >>> ada = Rep("ada", skills={"oil": 0.9, "gas": 0.8}, capacity=1)
        >>> team = Roster([ada, Rep("bob", skills={"oil": 0.7}, capacity=1)])
        >>> leads = [Lead("L-1", industry="oil"), Lead("L-2", industry="gas")]
        >>> sorted(assign_batch(router, leads, team).owners.items())
        [('L-1', 'bob'), ('L-2', 'ada')]
    """
    terms = BatchOptions(objective, most, gap, engine)
    wishes = _wishes(router, leads, roster_of(roster), now, snapshot or Snapshot(), terms)
    top = max((worth for wish in wishes for worth in wish.worth.values()), default=0.0)
    terms = evolve(terms, top=10.0 ** ceil(log10(top)) if top else 1.0)
    alike = _alike(wishes)
    chosen = _best(wishes, terms, alike=alike)
    greedy = _one_by_one(wishes, _Room(terms.most))
    if _merit(wishes, greedy, terms) > _merit(wishes, chosen, terms):
        chosen = greedy
    return Batch(
        tuple(_placed(wish, chosen) for wish in wishes if wish.lead.id in chosen),
        tuple(_left(wish) for wish in wishes if wish.lead.id not in chosen),
        fsum(option.worth for option, _ in chosen.values()),
        alike and not terms.gap,
        len(greedy),
        fsum(option.worth for option, _ in greedy.values()),
    )


def _line(given: tuple[int, Lead]) -> tuple[int, float, datetime, str]:
    priority, lead = given
    score = -1.0 if lead.score is None else lead.score
    return -priority, -score, lead.received_at or _LAST, lead.id


def _wishes(
    router: Router,
    leads: Iterable[Lead],
    roster: Roster,
    now: datetime | None,
    counts: Snapshot,
    terms: BatchOptions,
) -> list[_Wish]:
    """What each lead may have: by priority, then the best lead score, then the oldest.

    A lead that takes a turn moves the credits that the next one sees: it counts as taken by the
    first who still has room. Else the whole backlog would be one rep's turn.
    """
    known: dict[Any, tuple[_Need, ...]] = {}
    wishes, room = [], _Room(terms.most)
    for priority, lead in _in_order(router, leads, now):
        rank = partial(router.rank, lead, roster, now=now, snapshot=counts)
        found = router.judge(lead, roster, now, counts)
        ranking = found if isinstance(found, Ranking) else found.ranking()
        worth = {each.rep_id: _checked(terms.objective, lead, each) for each in ranking.assignments}
        needs = {}
        for rep_id in worth:
            place = (rep_id, ranking.rule, ranking.pool, lead.source, ranking.at)
            if place not in known:
                known[place] = tuple(_needs(router, lead, ranking, roster[rep_id], counts))
            needs[rep_id] = known[place]
        bare = evolve(ranking, assignments=(), rejections=(), source=None)
        wish = _Wish(lead, bare, worth, needs, rank, priority)
        wishes.append(wish)
        taker = next((rep_id for rep_id in worth if room.fits(wish, rep_id)), None)
        if taker is not None and isinstance(found, Decided):
            room.take(wish, taker)
            counts = found.counts_after(taker)
    return wishes


def _in_order(
    router: Router, leads: Iterable[Lead], now: datetime | None
) -> list[tuple[int, Lead]]:
    """The leads, scored, in the order in which they are served, each with its priority."""
    instant, found = None if now is None else aware(now), []
    for each in every(Lead, leads=leads):
        at = instant or each.received_at
        lead = router.scored(each, at)
        rule = router.match(lead, at) if router.prioritizes else None
        found.append((router.priority_of(lead, rule), lead))
    ordered = sorted(found, key=_line)
    twice = sorted(
        name for name, count in Counter(lead.id for _, lead in ordered).items() if count > 1
    )
    if twice:
        faults = [
            FieldError("leads", f"hold {name!r} twice; give every lead once") for name in twice
        ]
        raise ValidationError("Batch", "", faults)
    return ordered


def _checked(worth_of: Objective, lead: Lead, assignment: Assignment) -> float:
    worth = worth_of(lead, assignment)
    number = isinstance(worth, int | float) and not isinstance(worth, bool)
    if not number or not worth >= 0 or not isfinite(worth):
        problem = f"the objective gives {worth!r:.40} for lead {lead.id!r}"
        raise ConfigError(f"{problem} with rep {assignment.rep_id!r}; give a number, 0 or more")
    return float(worth)


def _needs(
    router: Router, lead: Lead, ranking: Ranking, rep: Rep, counts: Snapshot
) -> Iterator[_Need]:
    rule = None if ranking.rule is None else router.rule(ranking.rule)
    found: dict[str, _Need] = {}
    for charge in router.charges(lead, rule, ranking.pool, ranking.at).for_rep(rep):
        if charge.hard and charge.most is not None and charge.units:
            need = _Need(charge.key, charge.units, charge.most - used_of(charge, rep, counts))
            found[charge.key] = min(need, found.get(charge.key, need), key=lambda each: each.room)
    yield from found.values()


def _alike(wishes: Sequence[_Wish]) -> bool:
    """Whether a place with a rep is the same for every lead, so that places can be counted."""
    everywhere: defaultdict[str, list[int]] = defaultdict(list)
    for wish in wishes:
        for need in {need for needs in wish.needs.values() for need in needs}:
            if is_total_key(need.key):
                everywhere[need.key].append(need.room)
    if any(len(rooms) > min(rooms) for rooms in everywhere.values()):
        return False
    takers: defaultdict[str, list[tuple[_Need, ...]]] = defaultdict(list)
    for wish in wishes:
        for rep_id, needs in wish.needs.items():
            takers[rep_id].append(needs)
    return not any(
        sum(need.units for need in each) > min(need.room for need in each)
        and (len(each) < len(needs) or len(set(each)) > 1)
        for needs in takers.values()
        for each in _by_key(needs).values()
    )


def _by_key(needs: Iterable[tuple[_Need, ...]]) -> Mapping[str, list[_Need]]:
    found: defaultdict[str, list[_Need]] = defaultdict(list)
    for each in needs:
        for need in each:
            found[need.key].append(need)
    return found


def _best(wishes: Sequence[_Wish], terms: BatchOptions, *, alike: bool) -> dict[str, Choice]:
    """The best assignment in one go where places are alike, else class by class in rounds."""
    chosen: dict[str, Choice] = {}
    room = _Room(terms.most)
    classes = [list(group) for _, group in groupby(wishes, key=lambda wish: wish.priority)]
    for group in [list(wishes)] if alike else classes:
        waiting = group
        while found := list(_round(waiting, room, terms)):
            chosen |= _taken(found, room)
            waiting = [wish for wish in waiting if wish.lead.id not in chosen]
    return chosen


def _taken(found: Iterable[tuple[_Wish, Choice]], room: _Room) -> dict[str, Choice]:
    """Those of a round for whom there is still room, which they take."""
    taken: dict[str, Choice] = {}
    for wish, choice in found:
        if room.fits(wish, choice[0].rep_id):
            room.take(wish, choice[0].rep_id)
            taken[wish.lead.id] = choice
    return taken


def _round(
    wishes: Sequence[_Wish], room: _Room, terms: BatchOptions
) -> Iterator[tuple[_Wish, Choice]]:
    """The best assignment for the places that are free now."""
    able = [[rep_id for rep_id in wish.worth if room.fits(wish, rep_id)] for wish in wishes]
    takers: defaultdict[str, list[tuple[_Need, ...]]] = defaultdict(list)
    for wish, reps in zip(wishes, able, strict=True):
        for rep_id in reps:
            takers[rep_id].append(wish.needs[rep_id])
    columns = sorted(takers)
    rows: list[list[int | None]] = []
    for wish, reps in zip(wishes, able, strict=True):
        may = frozenset(reps)
        rows.append([terms.points(wish.worth[rep]) if rep in may else None for rep in columns])
    places = [room.places(rep_id, takers[rep_id]) for rep_id in columns]
    priorities = [wish.priority for wish in wishes]
    several = len(set(priorities)) > 1
    solution = solve(
        rows, places, priorities=priorities if several else None, gap=terms.gap, engine=terms.engine
    )
    for wish, row, at, unit in zip(wishes, rows, solution.rep_of, solution.units, strict=True):
        if at is not None:
            nets = {
                column: points * unit - solution.prices[column]
                for column, points in enumerate(row)
                if points is not None and column != at
            }
            options = [at, *sorted(nets, key=nets.__getitem__, reverse=True)[:1]]
            found = [
                Option(
                    name := columns[each],
                    wish.worth[name],
                    terms.worth(solution.prices[each] / unit),
                )
                for each in options
            ]
            yield wish, (found[0], found[1] if nets else None)


def _one_by_one(wishes: Sequence[_Wish], room: _Room) -> dict[str, Choice]:
    """Each lead in turn with the best rep who has room: what the batch is measured against."""
    chosen: dict[str, Choice] = {}
    for wish in wishes:
        able = [rep_id for rep_id in wish.worth if room.fits(wish, rep_id)]
        if able:
            rep_id = max(able, key=wish.worth.__getitem__)
            room.take(wish, rep_id)
            chosen[wish.lead.id] = Option(rep_id, wish.worth[rep_id]), None
    return chosen


def _merit(
    wishes: Sequence[_Wish], chosen: Mapping[str, Choice], terms: BatchOptions
) -> list[tuple[int, int]]:
    """How many leads are placed and their points, the highest priority first."""
    found = []
    for _, group in groupby(wishes, key=lambda wish: wish.priority):
        points = [
            terms.points(chosen[wish.lead.id][0].worth) for wish in group if wish.lead.id in chosen
        ]
        found.append((len(points), sum(points)))
    return found


def _placed(wish: _Wish, chosen: Mapping[str, Choice]) -> BatchAssignment:
    option, runner_up = chosen[wish.lead.id]

    def assignment() -> Assignment:
        return next(each for each in wish.rank().assignments if each.rep_id == option.rep_id)

    return BatchAssignment(
        wish.lead.id,
        wish.priority,
        str(wish.ranking.rule),
        str(wish.ranking.pool),
        option,
        runner_up,
        assignment,
    )


def _left(wish: _Wish) -> Unassigned:
    ranking, full = wish.ranking, tuple(sorted(wish.worth))
    if full:
        reason = f"every place that it could have goes to another lead: {', '.join(full)}"
    else:
        reason = ranking.outcome.reason + (f": {ranking.detail}" if ranking.detail else "")
    return Unassigned(wish.lead.id, wish.priority, ranking.outcome, reason, full)
