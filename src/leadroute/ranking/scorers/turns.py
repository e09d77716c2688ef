"""Whose turn it is, and who has waited longest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from math import ceil, floor, fsum
from typing import Any, Final

from attrs import field, frozen

from leadroute.model.duration import parse_duration
from leadroute.model.frozen import FrozenDict
from leadroute.model.grants import soonest
from leadroute.model.instants import from_micros, to_micros
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import choice, lasting
from leadroute.ranking.turns import UNIT, Turns
from leadroute.ranking.turns import order as in_turn
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = [
    "AHEAD",
    "MODES",
    "SCALE",
    "Level",
    "Standing",
    "account",
    "least_recent",
    "price",
    "reached",
    "round_robin",
    "standings",
    "turn_of",
]

MODES: Final = ("weighted", "strict")
"""How a rotation puts reps in order."""

_MICROSECOND = timedelta(microseconds=1)


SCALE: Final = 1_000_000
"""The level of a rotation is kept as a whole number of these parts of a turn at weight 1."""

_ROUNDING: Final = 1e-6

AHEAD: Final = 8
"""So many turns ahead of the level can processes put a rep that decide at once; who is further ahead is told apart."""


@frozen
class Standing:
    """Where a rep stands in a rotation.

    Args:
        place: The lowest goes next: (turns + 1/2) / weight, which is Webster's divisor method.
        missed: The turns that the rep missed by being away, which are not made up.
    """

    place: float
    missed: int = 0


@frozen
class Level:
    """How far a rotation has come, for whoever is behind it.

    Whoever is behind it goes next, whatever the weight: a place of their own that moved on with the level would never
    come. What they pay for that turn brings them to the entry.

    Args:
        reached: The lowest place of those who have been there, and the place of all who are behind.
        entry: Where those who were away come in with their first turn.
    """

    reached: float
    entry: float

    @classmethod
    def of(cls, level: int, present: float) -> Level:
        """The level at which the candidates of a pool stand.

        Args:
            level: Where the rep stood who was given the last turn, in parts of ``SCALE``.
            present: The weight of all who are not behind it.
        """
        lowest = reached(level)
        return cls(lowest, lowest + (1 / present if present else 0))

    def standing(self, turns: int, weight: float, balance: int = 0) -> Standing:
        """Where a rep stands: their turns, a weight above 0, and the turns given beside them less those withheld."""
        taken, given = account(turns, balance)
        place = (taken + 0.5) / weight
        if is_ahead(turns, weight, self.reached):
            place, missed = self.reached + (taken - turns) / weight, self.turns(weight) - turns
        elif place < self.reached:
            place, missed = self.reached, max(0, self.turns(weight) - taken)
        else:
            missed = 0
        return Standing(place - given / weight, missed)

    def turns(self, weight: float) -> int:
        """The turns with which those of a weight come in who were away, before their next one."""
        return ceil(self.entry * weight - 0.5)


def is_ahead(turns: int, weight: float, lowest: float) -> bool:
    """Whether a rep is further ahead of the lowest place than turns alone can bring them.

    Then they were taken at another weight, or were counted twice as missed by two processes at once.

    Example:
        >>> is_ahead(80, 1, reached(40 * SCALE)), is_ahead(80, 2, reached(40 * SCALE))
        (True, False)
    """
    return 0 < lowest < ahead_until(turns, weight)


def ahead_until(turns: int, weight: float) -> float:
    """The lowest place from which on a rep is no longer further ahead than turns alone can bring them."""
    return (turns - AHEAD) / weight


def is_level(turns: int, weight: float, balance: int, lowest: float) -> bool:
    """Whether a rep is neither behind the lowest place nor too far ahead of it."""
    taken, _ = account(turns, balance)
    return (taken + 0.5) / weight >= lowest and not is_ahead(turns, weight, lowest)


def reached(level: int) -> float:
    """The lowest place that is not behind a level."""
    return level / SCALE - _ROUNDING


def standings(
    reps: Iterable[Rep],
    turns: Mapping[str, int],
    level: int,
    balances: Mapping[str, int] = FrozenDict(),
) -> Mapping[str, Standing]:
    """Where each candidate with a weight stands in the rotation of their pool. O(reps).

    Whoever could take every lead is never behind the level, because the rotation always goes to the one who is
    furthest behind. So a rep who is behind it was away, off, full or not yet there. They go next, and enter level with
    the others: the turns that they missed are counted with the one that they take.
    Turns that were given put a rep that much before the own place, wherever that is.

    Args:
        reps: The candidates.
        turns: The turns that each has taken, by rep id.
        level: Where the rep stood who was given the last turn, in parts of ``SCALE``.
        balances: The turns that reps were given beside their share, less those withheld, by rep id.

    Example:
        >>> found = standings([Rep("old"), Rep("new")], {"old": 10}, 95 * SCALE // 10)
        >>> found["old"], found["new"]
        (Standing(place=10.5, missed=0), Standing(place=9.499999, missed=10))
    """
    sharing = [rep for rep in reps if rep.weight]
    told = {rep.id: (turns.get(rep.id, 0), rep.weight, balances.get(rep.id, 0)) for rep in sharing}
    lowest = reached(level)
    present = (of[1] for of in told.values() if is_level(*of, lowest))
    stands = Level.of(level, fsum(present))
    return {rep_id: stands.standing(*of) for rep_id, of in told.items()}


def account(turns: int, balance: int) -> tuple[int, int]:
    """The turns that stand as taken, with those withheld, and the turns given.

    Example:
        >>> account(7, 2), account(7, -2)
        ((7, 2), (9, 0))
    """
    return turns - min(0, balance), max(0, balance)


def _accounts(
    reps: Iterable[Rep], turns: Mapping[str, int], balances: Mapping[str, int]
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    taken, given = {rep.id: turns.get(rep.id, 0) for rep in reps}, dict[str, int]()
    for rep_id in balances.keys() & taken.keys():
        taken[rep_id], given[rep_id] = account(taken[rep_id], balances[rep_id])
    return taken, given


def _mode(given: Any) -> str:
    return choice(given, *MODES)


@frozen
class round_robin(Scorer):
    """Whose turn it is in the pool, by weight.

    Formula: the candidates are put in the order of (turns taken + 1/2) / weight (Webster's divisor method); the
    first gets 1, the last 0, those between get evenly spaced points, and equals get the same. A turn is taken by an
    offer and given back when the offer is declined or runs out, so in the end it moves on accept. A rep who was away
    enters level with the others: what they missed is not made up, and a newcomer is not flooded. Each turn falls to one
    lead only: of processes that decide at the same moment, whoever commits second decides again.

    ``mode="strict"`` is Tijdeman's rule: while weights and candidates stay the same, nobody is ever further than
    1 - 1/(2n - 2) turns from their exact share, which is the best that any rotation can promise. A rep who was
    away keeps up to one turn. Rules of one pool share its turns, so give them the same mode.

    Args:
        mode: ``"weighted"`` or ``"strict"``.

    Raises:
        ConfigError: The mode is not known.

    Example:
        >>> str(round_robin()), str(round_robin("strict"))
        ('round_robin()', "round_robin('strict')")
    """

    name = "round_robin"
    mode: str = field(default="weighted", converter=_mode)

    @property
    def takes_turns(self) -> bool:
        """It is about nothing else."""
        return True

    def bind(self, situation: Situation) -> Points:
        """Put the candidates in order once. O(n log n) a lead, O(1) a rep."""
        put = _strictly if self.mode == "strict" else standings
        return _placed(put(situation.reps, situation.turns, situation.level, situation.balances))

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many turns were taken, for what weight, and what the rep was granted."""
        taken = situation.turns.get(rep.id, 0)
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        told = [f"{taken} turns taken{weight}"]
        if situation.snapshot.granted:
            told += map(str, sorted(situation.grants(rep), key=soonest))
        return "; ".join(told)


def _placed(found: Mapping[str, Standing]) -> Points:
    places = {rep_id: standing.place for rep_id, standing in found.items()}
    order = sorted(set(places.values()))
    last = max(1, len(order) - 1)
    points_at = {at: 1.0 - position / last for position, at in enumerate(order)}

    def points(rep: Rep) -> float:
        return points_at[places[rep.id]] if rep.id in places else 0.0

    return points


def _strictly(
    reps: Iterable[Rep],
    turns: Mapping[str, int],
    level: int,
    balances: Mapping[str, int] = FrozenDict(),
) -> Mapping[str, Standing]:
    """Where each candidate with a weight stands by Tijdeman's rule: the first has place 0. O(n log n).

    The level is the turns taken for each unit of weight. With the same candidates nobody is a whole turn behind it, so
    whoever is was away, and misses the whole turns. Among themselves those go in the order of the turns that they have
    had: where the level moves on with leads that they cannot take, the same one would always be first.
    """
    sharing = [rep for rep in reps if rep.weight]
    weights = {rep.id: rep.weight for rep in sharing}
    taken, given = _accounts(sharing, turns, balances)
    lowest = reached(level)
    missed = {}
    for rep_id, weight in weights.items():
        whole, had = floor(weight * level / SCALE), turns.get(rep_id, 0)
        ahead = is_ahead(had, weight, lowest)
        missed[rep_id] = whole - had if ahead else max(0, whole - taken[rep_id])
    served = {rep_id: taken[rep_id] + missed[rep_id] for rep_id in weights}
    extra = {rep_id: UNIT * count for rep_id, count in given.items()}
    first_to_last = in_turn(Turns.of(weights, served), mode="strict", extra=extra)
    first_to_last = _among_themselves(
        first_to_last,
        sorted(filter(missed.get, first_to_last), key=lambda each: taken[each] / weights[each]),
    )
    return {rep_id: Standing(place, missed[rep_id]) for place, rep_id in enumerate(first_to_last)}


def _among_themselves(first_to_last: Iterable[str], some: Sequence[str]) -> tuple[str, ...]:
    """The same order, with some of it put in another order among themselves."""
    again, moved = iter(some), frozenset(some)
    return tuple([next(again) if each in moved else each for each in first_to_last])


def turn_of(
    score: Scorer,
    reps: Iterable[Rep],
    turns: Mapping[str, int],
    level: int,
    rep_id: str,
    balances: Mapping[str, int] = FrozenDict(),
) -> tuple[int, int]:
    """What an offer to a rep does to the rotation of their pool.

    Args:
        score: The score that placed the lead.
        reps: The candidates.
        turns: The turns that each has taken, by rep id.
        level: How far the rotation has come.
        rep_id: Who gets the offer, of a weight above 0.
        balances: The turns that reps were given beside their share, less those withheld, by rep id.

    Returns:
        How many turns it takes, and how far the rotation comes with it. It takes 1, and those that the rep missed by
        being away, and those withheld; one that was given takes its place.

    Example:
        >>> turn_of(round_robin("strict"), [Rep("ada"), Rep("bob")], {"ada": 1}, 0, "bob")
        (1, 1000000)
    """
    able, cost = tuple(reps), price(balances.get(rep_id, 0))
    if any(isinstance(each, round_robin) and each.mode == "strict" for each in score.walk()):
        found = _strictly(able, turns, level, balances)
        taken = sum(turns.get(each, 0) + standing.missed for each, standing in found.items())
        whole = fsum(rep.weight for rep in able)
        came = floor((taken + min(1, cost)) / whole * SCALE)
        return cost + found[rep_id].missed, max(level, came)
    standing = standings(able, turns, level, balances)[rep_id]
    return cost + standing.missed, max(level, int(standing.place * SCALE))


def price(balance: int) -> int:
    """The turns that a lead counts for somebody who was given turns, or from whom they were withheld.

    Example:
        >>> price(0), price(3), price(-2)
        (1, 0, 3)
    """
    return max(0, 1 - balance)


@frozen
class least_recent(Scorer):
    """How long ago the rep last got a lead.

    Formula: idle / (idle + half), with idle the time since the last lead; 1 for a rep who never got one.

    Args:
        half: The time since the last lead that gives half a point, such as ``"1d"``.

    Raises:
        ConfigError: ``half`` is no duration.

    Example:
        >>> str(least_recent("4h"))
        "least_recent('4h')"
    """

    name = "least_recent"
    half: str = field(default="1d", converter=lasting)

    def bind(self, situation: Situation) -> Points:
        """Read the clock once. O(1) a rep."""
        last, now = situation.snapshot.last_assigned, to_micros(situation.now)
        half = parse_duration(self.half) // _MICROSECOND

        def points(rep: Rep) -> float:
            if rep.id not in last:
                return 1.0
            idle = max(0, now - last[rep.id])
            return idle / (idle + half)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """When the last lead was."""
        last = situation.snapshot.last_assigned.get(rep.id)
        return (
            "no lead so far"
            if last is None
            else f"last lead at {from_micros(last):%Y-%m-%d %H:%M %Z}"
        )
