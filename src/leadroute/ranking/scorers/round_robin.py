"""Whose turn it is, and who has waited longest.

* Every lead is shared out by weight among those who could take it, and the rep who takes it pays
  one turn. What was shared out to a rep, less the turns that they took, is their credit. The
  credits of a pool add up to 0.
* Off, full, away, or not what the lead requires: such a rep pays nothing and keeps the credit.
* The order is total: ties go to the heavier weight, then to the id; no clock is read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from fractions import Fraction
from math import inf, lcm
from operator import add
from typing import Final, Literal, NamedTuple

from attrs import evolve, field, frozen

from leadroute.model.duration import from_micros, parse_duration, to_micros
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot, TurnCredit, less, payments, soonest
from leadroute.model.validation import FrozenDict
from leadroute.ranking.scorers.parameters import choice, lasting
from leadroute.rules.describe import plural
from leadroute.rules.routing_context import ZEROS, RoutingContext
from leadroute.rules.scorer import Points, Scorer

MODES: Final = ("weighted", "strict")  # how a round robin puts reps in order

UNIT: Final = 2_327_925_600_000
"""The parts of a turn: a multiple of 1 to 20, so that shares of 20 reps are exact."""

_MICROSECOND = timedelta(microseconds=1)


def exact_weight(rep: Rep) -> int | Fraction:
    """The weight as it is written: 0.1 is one tenth, not the nearest binary fraction."""
    weight = rep.weight
    if isinstance(weight, int):
        return weight
    exact = Fraction(repr(weight))
    return exact.numerator if exact.denominator == 1 else exact


def _whole(weights: Sequence[int | Fraction]) -> Sequence[int]:
    """Weights as whole numbers in the same proportion."""
    if {*map(type, weights)} <= {int}:
        return weights  # type: ignore[return-value]  # looked at just now
    scale = lcm(*(weight.denominator for weight in weights))
    return [int(weight * scale) for weight in weights]


def share(units: int, weight: int, whole: int) -> int:
    """What falls to a weight when so many leads are shared out, in parts, rounded down."""
    return UNIT * units * weight // whole


class Dues(NamedTuple):
    """What every candidate is due with this lead shared out among them.

    Args:
        credits: The credit of each, in parts of a turn times ``scale``.
        weights: The weight of each, in whole numbers.
        whole: The weight of all.
        scale: What the credits are multiplied with: 1, or ``whole``.
        ids: The ids, which break ties.
        shares: What falls to each with this lead, on the scale of the credits and rounded down.
    """

    credits: Sequence[int]
    weights: Sequence[int]
    whole: int
    scale: int
    ids: Sequence[str]
    shares: Sequence[int]

    @property
    def turn(self) -> int:
        """One whole turn on the scale of ``due``."""
        return UNIT * self.scale

    def due(self) -> list[int]:
        """What each is due with this lead, on the scale of the credits and rounded down. O(n)."""
        return [*map(add, self.credits, self.shares)]

    def _lost(self, weight: int) -> int:
        """What a weight loses because its share is rounded down."""
        return UNIT * weight * self.scale % self.whole

    def order(self, mode: str) -> list[int]:
        """The places of the candidates, whose turn it is first. O(n log n)."""
        places = range(len(self.weights))
        if mode == "strict":
            return sorted(places, key=self._strict().__getitem__)
        lost = {weight: -self._lost(weight) for weight in {*self.weights}}
        keys = [
            (-each, lost[weight], -weight, rep_id)
            for each, weight, rep_id in zip(self.due(), self.weights, self.ids, strict=True)
        ]
        return sorted(places, key=keys.__getitem__)

    def first(self, mode: str) -> int:
        """The place of the one whose turn it is. O(n)."""
        if mode == "strict":
            keys = self._strict()
            return min(range(len(keys)), key=keys.__getitem__)
        due = self.due()
        most = max(due)
        if due.count(most) == 1:
            return due.index(most)
        tied = [place for place, each in enumerate(due) if each == most]
        weights = {self.weights[place] for place in tied}
        heaviest = max(weights, key=lambda weight: (self._lost(weight), weight))
        heavy = (place for place in tied if self.weights[place] == heaviest)
        return min(heavy, key=self.ids.__getitem__)

    def _strict(self) -> list[tuple[int, float, int, str]]:
        """Tijdeman's rule: among those whose share is nearly due, the one that ends first.

        R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980).
        """
        turn, parts, by = UNIT * self.whole, max(2 * len(self.weights) - 2, 1), self.whole
        found = []
        for held, weight, rep_id in zip(self.credits, self.weights, self.ids, strict=True):
            # exact: in parts of a turn times the weight of all
            due = held * by // self.scale + UNIT * weight
            # after so many more leads, rounded up; who has no share waits for ever
            left = (parts * due - (parts - 1) * turn) // (parts * UNIT * weight) if weight else -inf
            over = -left
            found.append((int(due * parts < turn), over, -weight, rep_id))
        return found

    def ahead(self, place: int) -> float:
        """How many leads ahead of their share this lead would put a candidate."""
        return 1 - self.due()[place] / self.turn


def dues(context: RoutingContext) -> Dues:
    """What every candidate is due, computed once for a lead. O(candidates).

    Where the counts hold no credits for the pool, the turns stand for them, as if every lead so far
    had been shared out among these candidates.
    """
    return context.once("dues", lambda: _dues(context))


def _dues(context: RoutingContext) -> Dues:
    weights, whole, shares = context.crew.once("shares", lambda: _shares(context.reps))
    snapshot, ids = context.snapshot, context.ids
    known = snapshot.credits.get(context.pool)
    if known is None:
        turns = [*map(context.turns.get, ids, ZEROS)]
        shared, scale, shares = sum(turns), whole, [UNIT * weight for weight in weights]
        credits = [
            UNIT * (shared * weight - taken * whole)
            for weight, taken in zip(weights, turns, strict=True)
        ]
    else:
        scale, credits = 1, [*map(known.get, ids, ZEROS)]
    if snapshot.turn_credits:
        for place, balance in _balances(context):
            credits[place] += balance * UNIT * scale
    return Dues(credits, weights, whole, scale, ids, shares)


def _shares(reps: Sequence[Rep]) -> tuple[Sequence[int], int, Sequence[int]]:
    """The weights of some reps in whole numbers, their sum, and what falls to each when one lead is shared out."""
    weights = _whole([*map(exact_weight, reps)])
    whole = sum(weights) or 1
    return weights, whole, [share(1, weight, whole) for weight in weights]


def _balances(context: RoutingContext) -> list[tuple[int, int]]:
    granted = context.snapshot.turn_credits.get(context.pool)
    if not granted or not any(map(granted.get, context.ids)):
        return []  # and the time is not asked for
    balances = context.balances
    return [
        (place, balances[rep.id]) for place, rep in enumerate(context.reps) if rep.id in balances
    ]


def _mode(given: Literal["weighted", "strict"]) -> str:
    return choice(given, *MODES)


@frozen
class round_robin(Scorer):
    """The next turn in the pool, by weight.

    Formula: every lead is shared by weight among the reps who could take it, and the rep who takes
    it pays one turn. A rep's credit is the sum of their shares, with this lead, minus their turns.
    The candidates are in the order of their credit; ties go to the heavier weight, then to the id.
    The first gets 1, the last 0, the others evenly spaced points. An offer takes its turn at once,
    and gives it back when it is declined, expires or is withdrawn.

    A rep who is off, full or away, or does not meet the requirement, has no share and pays nothing:
    there is nothing to catch up on, and nothing is lost. A new rep is level with the others.

    ``mode="strict"`` is Tijdeman's rule on the same credits: while weights and candidates stay the
    same, no rep is ever further than 1 - 1/(2n - 2) turns from their exact share, which is the best
    possible bound. When candidates differ from lead to lead, ``weighted`` stays closer to the
    shares.

    Args:
        mode: ``"weighted"`` or ``"strict"``.

    Raises:
        ConfigError: The mode is not known.

    Example:
        >>> str(round_robin()), str(round_robin("strict"))
        ('round_robin()', "round_robin('strict')")
    """

    mode: str = field(default="weighted", converter=_mode)

    reads = frozenset({"turns"})  # for its reason: the order itself asks for credits

    @property
    def takes_turns(self) -> bool:
        """It is about nothing else."""
        return True

    def is_turn(self, context: RoutingContext, rep: Rep) -> bool:
        """Always."""
        return True

    def bind(self, context: RoutingContext) -> Points:
        """Order the candidates once.

        O(n log n) for a lead, O(1) for a rep.
        """
        points = dict(zip(context.ids, self.column(context), strict=True))
        return lambda rep: points.get(rep.id, 0.0)

    def column(self, context: RoutingContext) -> list[float | None]:
        """Put the candidates in order once. O(n log n)."""
        order = dues(context).order(self.mode)
        last, found = max(1, len(order) - 1), [0.0] * len(order)
        for position, place in enumerate(order):
            found[place] = 1.0 - position / last
        return found  # type: ignore[return-value]  # every place has points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the turns taken, the weight and the turn credits, in words."""
        taken = context.turns.get(rep.id, 0)
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        told = [f"{plural(taken, 'turn')} taken{weight}"]
        if context.snapshot.turn_credits:
            told += map(str, sorted(context.turn_credits(rep), key=soonest))
        return "; ".join(told)


@frozen
class Turn:
    """What a lead does to the credits of a pool when a rep takes it.

    Args:
        rep_id: Who takes it.
        taken: How many turns that counts.
        units: How many leads are shared out; 0 when a turn that was given pays for it.
        ids: Among whom they are shared out.
        weights: By which weights, in whole numbers.
        paid: What is added to each grant of the rep that pays for it, or that it settles.
    """

    rep_id: str
    taken: int
    units: int
    ids: Sequence[str]
    weights: Sequence[int]
    paid: Mapping[TurnCredit, int] = FrozenDict()

    def shares(self) -> list[int]:
        """What falls to each of ``ids``."""
        whole = sum(self.weights)
        return [share(self.units, weight, whole) for weight in self.weights]


def turn_of(context: RoutingContext, place: int) -> Turn:
    """What the lead does to its pool's credits when the candidate at a place takes it.

    A turn that was given pays without share and turn. Turns that were withheld are settled: the
    lead counts as so many more, all taken by the rep.
    """
    rep, found = context.reps[place], dues(context)
    granted = context.snapshot.turn_credits.get(context.pool, {}).get(rep.id, ())
    paid = payments(granted, context.now) if granted else FrozenDict[TurnCredit, int]()
    price = 1 + sum(paid.values())
    return Turn(
        rep.id, price, price, context.ids if price else [], found.weights if price else [], paid
    )


def after(snapshot: Snapshot, pool: str, members: Sequence[Rep], turn: Turn) -> Snapshot:
    """The counts once a turn is taken: what a simulation goes on with. O(members)."""
    credits = dict(_credits(snapshot, pool, members))
    turns = dict(snapshot.turns.get(pool, {}))
    for rep_id, part in zip(turn.ids, turn.shares(), strict=True):
        credits[rep_id] = credits.get(rep_id, 0) + part
    credits[turn.rep_id] = credits.get(turn.rep_id, 0) - sum(turn.shares())
    turns[turn.rep_id] = turns.get(turn.rep_id, 0) + turn.taken
    granted = dict(snapshot.turn_credits.get(pool, {}))
    if turn.paid:
        granted[turn.rep_id] = less(granted[turn.rep_id], turn.paid)
    return evolve(
        snapshot,
        turns={**snapshot.turns, pool: turns},
        credits={**snapshot.credits, pool: credits},
        turn_credits={**snapshot.turn_credits, pool: granted} if granted else snapshot.turn_credits,
    )


def _credits(snapshot: Snapshot, pool: str, members: Sequence[Rep]) -> Mapping[str, int]:
    """The credits of a pool; those that the turns speak for, where there are none."""
    known = snapshot.credits.get(pool)
    if known is not None:
        return known
    sharing = [rep for rep in members if rep.weight]
    weights = _whole([exact_weight(rep) for rep in sharing])
    taken = [snapshot.turns.get(pool, {}).get(rep.id, 0) for rep in sharing]
    whole, shared = sum(weights), sum(taken)
    return {
        rep.id: UNIT * (shared * weight - own * whole) // whole
        for rep, weight, own in zip(sharing, weights, taken, strict=True)
    }


def _idle_points(since: Mapping[str, int], half: str, context: RoutingContext) -> Points:
    """Points for the time since the instant of each rep; 1 without one. Reads the clock once."""
    now, middle = to_micros(context.now), parse_duration(half) // _MICROSECOND

    def points(rep: Rep) -> float:
        if rep.id not in since:
            return 1.0
        idle = max(0, now - since[rep.id])
        return idle / (idle + middle)

    return points


def _idle_column(
    since: Mapping[str, int], half: str, context: RoutingContext
) -> list[float | None]:
    """The points of ``_idle_points`` for every rep. O(reps)."""
    last, now = since.get, to_micros(context.now)
    middle = parse_duration(half) // _MICROSECOND
    return [
        1.0
        if (at := last(rep_id)) is None
        else (idle := now - at if now > at else 0) / (idle + middle)
        for rep_id in context.ids
    ]


def _minute(instant: int) -> str:
    return f"{from_micros(instant):%Y-%m-%d %H:%M %Z}"


@frozen
class least_recent(Scorer):
    """The time since the rep last got a lead.

    Formula: idle / (idle + half), with idle the time since the last lead; 1 without one.

    Args:
        half: The time since the last lead that gives half a point, such as ``"1d"``.

    Raises:
        ConfigError: ``half`` is not a duration.

    Example:
        >>> str(least_recent("4h"))
        "least_recent('4h')"
    """

    reads = frozenset({"last_assigned"})
    half: str = field(default="1d", converter=lasting)

    def bind(self, context: RoutingContext) -> Points:
        """Read the clock once. O(1) a rep."""
        return _idle_points(context.snapshot.last_assigned, self.half, context)

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the clock once. O(reps)."""
        return _idle_column(context.snapshot.last_assigned, self.half, context)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the time of the rep's last lead, in words."""
        last = context.snapshot.last_assigned.get(rep.id)
        return "no lead so far" if last is None else f"last lead at {_minute(last)}"


@frozen
class longest_idle(Scorer):
    """The time since the rep last became free.

    Formula: idle / (idle + half), with idle the time since the rep last gave back open work: an
    offer ended, or a lead was closed, released, withdrawn, forgotten or given to another rep. A rep
    who has given back nothing so far gets 1. What a rep has open does not count: give reps a
    capacity, or add ``free_capacity``.

    Args:
        half: The time since the rep became free that gives half a point, such as ``"1d"``.

    Raises:
        ConfigError: ``half`` is not a duration.

    Example:
        >>> str(longest_idle()), str(longest_idle("15m"))
        ('longest_idle()', "longest_idle('15m')")
    """

    reads = frozenset({"free_since"})
    half: str = field(default="1d", converter=lasting)

    def bind(self, context: RoutingContext) -> Points:
        """Read the clock once, if any rep became free. O(1) a rep."""
        since = context.snapshot.free_since
        return _idle_points(since, self.half, context) if since else lambda rep: 1.0

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the clock once, if any rep became free. O(reps)."""
        since = context.snapshot.free_since
        return _idle_column(since, self.half, context) if since else [1.0] * len(context.ids)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the time at which the rep last became free, in words."""
        since = context.snapshot.free_since.get(rep.id)
        return (
            "no work given back so far"
            if since is None
            else f"last became free at {_minute(since)}"
        )
