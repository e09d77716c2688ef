"""Place a backlog at once: the best assignment of many leads to reps with limited places.

* Points are whole numbers, so that "the best" is exact. ``None`` marks a rep who is not eligible
  for a lead and is never chosen. No rep receives more leads than there are places.
* First as many leads as possible are placed, then the points are as high as possible. With
  priorities both hold for the highest before the next is looked at: no lead displaces one of a
  higher priority, or costs it a point.
* Every answer comes with prices, and the prices prove it: a place with a rep costs what the place
  is worth to the leads that compete for it. Each lead is where it is worth most after the price; a
  rep with a place to spare costs nothing. :func:`bound` does the sum.

Method: ``auction`` comes near the optimum; ``min_cost_flow`` makes the last gains and turns the
prices into a proof. Priorities are placed by cheapest chains alone, a point of a higher priority
being worth more than everything below it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import inf, lcm
from operator import mul
from types import MappingProxyType, NoneType
from typing import Any, Literal, TypeAlias

from attrs import frozen

from leadroute.errors import (
    ConfigError,
    FieldError,
    MissingExtraError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.ranking.batch.methods import Auction, options, place, polish, shortfall

Points: TypeAlias = Sequence[Sequence[int | None]]
Engine: TypeAlias = Literal["python", "ortools", "scipy"]

FINENESS = 400  # the step of the auction is this part of the highest points at least
COARSENESS = 100  # and this part at most
SHOWN = 20  # so many faults are named
_KINDS = {int, NoneType}


@frozen
class Solution:
    """An assignment of leads to reps, with prices that prove it.

    Attributes:
        rep_of: The column of the rep for every lead; ``None`` for a lead that is left out.
        placed: How many leads are placed.
        points: Their points, added up.
        prices: What one more place with each rep would add, in points of the last class. 0 for a
            rep with a place to spare.
        left_out: What it would be worth to leave out one lead more.
        units: What a point of each lead counts in the prices: 1 without classes.
        bound: No assignment that places as many leads has more points than this.
        greedy_placed: How many leads are placed when each takes the best rep still free, in order.
        greedy_points: Their points.
        bottleneck: The reps whose full calendars leave leads out: a lead that is left out is
            eligible for these alone, and so are more leads than they have places. Empty when nobody
            is left out, and with classes.
    """

    rep_of: tuple[int | None, ...]
    placed: int
    points: int
    prices: tuple[Fraction, ...]
    left_out: Fraction
    units: tuple[int, ...]
    bound: int
    greedy_placed: int
    greedy_points: int
    bottleneck: tuple[int, ...]

    @property
    def gap(self) -> float:
        """The largest share of the points that can be missing.

        0.0 for an exact answer.
        """
        return 1 - self.points / self.bound if self.bound else 0.0

    @property
    def gap_to_greedy(self) -> float:
        """The share of these points that the greedy assignment misses.

        Greedy may have placed fewer leads as well.
        """
        return 1 - self.greedy_points / self.points if self.points else 0.0


def solve(
    points: Points,
    capacity: Sequence[int | None],
    *,
    priorities: Sequence[int] | None = None,
    gap: float = 0.0,
    engine: Engine = "python",
) -> Solution:
    """Find the best assignment of leads to reps.

    Args:
        points: One row per lead with the points of every rep, 0 or more; ``None`` when the rep is not eligible.
        capacity: The places of every rep; ``None`` means no limit, 0 means none.
        priorities: The priority of every lead, higher first; ``None`` makes all leads equal.
        gap: 0 for the optimum; else the share of the points that may be given up for speed, below 1. The number of
            leads placed is the highest all the same. Refused together with ``priorities``.
        engine: ``python`` needs nothing; ``ortools`` and ``scipy`` need the extra ``batch`` and
            find the same points. Refused together with ``priorities`` or ``gap``.

    Returns:
        The assignment with its prices.

    Raises:
        ValidationError: A row, a capacity or a priority cannot be right; every fault is named.
        ConfigError: ``gap`` or ``engine`` is not known, or does not go with the other options.
        MissingExtraError: The engine's package is not installed.

    Example:
        Greedy gives the first lead its favorite and leaves 1 point for the second.

        >>> best = solve([[9, 8], [9, 1]], [1, 1])
        >>> best.rep_of, best.points, best.greedy_points
        ((1, 0), 17, 10)
        >>> [int(price) for price in best.prices]
        [1, 0]
    """
    top = _checked(points, capacity, priorities)
    _check_options(gap, engine, ordered=priorities is not None)
    most = len(points) + 1
    places = [most if limit is None else min(limit, most) for limit in capacity]
    columns = [rep for rep, count in enumerate(places) if count]
    rows: Points = points
    if len(columns) < len(places):
        rows = [[row[rep] for rep in columns] for row in points]
    sizes = [places[rep] for rep in columns]
    rival = greedy(rows, sizes, priorities)
    reached = _earned(rows, rival)
    bottleneck: list[int] = []
    if not points:
        sale = _Sale([], [0] * len(sizes), [])
    elif priorities is not None:
        sale = _sell_in_order(rows, sizes, priorities, top)
    else:
        if None in rival:
            left, bottleneck = shortfall(rows, sizes)
            if left:
                rows, sizes = [[*row, 0] for row in rows], [*sizes, left]
        sale = _sold(engine, rows, sizes, top, gap, reached)
    return _solution(
        points,
        capacity,
        columns,
        sale,
        greedy_placed=len(points) - rival.count(None),
        greedy_points=reached,
        bottleneck=tuple(columns[at] for at in bottleneck),
    )


@frozen
class _Sale:
    """What a method returns; a column beyond the reps is the place of a lead that is left out.

    Prices, and the points that may be missing, are counted in parts of a point: so many as ``scale``.
    """

    column_of: Sequence[int]
    prices: Sequence[int]
    units: Sequence[int]
    missing: int = 0
    scale: int = 1


def _sold(
    engine: Engine, rows: Points, sizes: Sequence[int], top: int, gap: float, likely: int
) -> _Sale:
    if engine == "python":
        return _sell(rows, sizes, top, gap, likely)
    return _polished(rows, sizes, ENGINES[engine](rows, sizes), [0] * len(sizes))


def _sell(rows: Points, sizes: Sequence[int], top: int, gap: float, likely: int) -> _Sale:
    """Give every lead a column within the gap, ``likely`` being the points expected."""
    scale = -(-FINENESS // max(top, 1))
    market = rows if scale == 1 else [_scaled(row, scale) for row in rows]
    auction = Auction(options(market, top * scale), sizes)
    auction.sell(_step(top * scale, Fraction(gap) * likely * scale / len(sizes)))
    missing, prices = auction.slack(), auction.prices
    if gap and missing <= Fraction(gap) * (_earned(rows, auction.rep_of) * scale + missing):
        lowest = min(prices)
        costs = [price - lowest for price in prices]
        return _Sale(auction.rep_of, costs, [1] * len(rows), missing, scale)
    return _polished(rows, sizes, auction.rep_of, [price // scale for price in prices])


def _step(top: int, share: Fraction) -> int:
    """The step of an auction that may miss so many points a rep: about one step for each."""
    return max(1, top // FINENESS, min(top // COARSENESS, round(share * 5 / 4)))


def _polished(rows: Points, sizes: Sequence[int], start: Sequence[int], prices: list[int]) -> _Sale:
    network = polish(rows, sizes, start, prices)
    return _Sale(network.assignment(), network.prices, [1] * len(rows))


def _sell_in_order(
    rows: Points, sizes: Sequence[int], priorities: Sequence[int], top: int
) -> _Sale:
    """Give every lead a column, the highest priority first and undisturbed."""
    penalty = len(rows) * top + 1
    unit_of: dict[int, int] = {}
    below = 0
    for priority, count in sorted(Counter(priorities).items()):
        unit_of[priority] = below + 1
        below += count * (top + penalty) * unit_of[priority]
    units = [unit_of[priority] for priority in priorities]
    worth = [[*_scaled(row, unit), -penalty * unit] for row, unit in zip(rows, units, strict=True)]
    order = sorted(range(len(rows)), key=lambda lead: (-priorities[lead], lead))
    network = place(worth, [*sizes, len(rows) + 1], order)
    return _Sale(network.assignment(), [*network.prices[:-1], penalty], units)


def _solution(
    points: Points,
    capacity: Sequence[int | None],
    columns: Sequence[int],
    sale: _Sale,
    **found: Any,
) -> Solution:
    rep_of = tuple(columns[at] if at < len(columns) else None for at in sale.column_of)
    scale, units = sale.scale, sale.units
    costs = [0] * len(capacity)
    for rep, cost in zip(columns, sale.prices, strict=False):
        costs[rep] = cost
    nets = [
        0 if rep is None else points[lead][rep] * units[lead] * scale - costs[rep]  # type: ignore[operator]
        for lead, rep in enumerate(rep_of)
    ]
    outside = len(sale.prices) > len(columns)
    left_out = sale.prices[-1] if outside else max(0, -min(nets, default=0))
    for rep in set(range(len(capacity))) - set(columns):
        offers = [
            value * unit * scale - (-left_out * unit if held is None else net)
            for row, unit, held, net in zip(points, units, rep_of, nets, strict=True)
            if (value := row[rep]) is not None
        ]
        costs[rep] = max([0, *offers])
    earned = _earned(points, rep_of)
    return Solution(
        rep_of=rep_of,
        placed=len(points) - rep_of.count(None),
        points=earned,
        prices=tuple(Fraction(cost, scale) for cost in costs),
        left_out=Fraction(left_out, scale),
        units=tuple(units),
        bound=earned + sale.missing // scale,
        **found,
    )


def greedy(
    points: Points, capacity: Sequence[int | None], priorities: Sequence[int] | None = None
) -> tuple[int | None, ...]:
    """Assign each lead in order to the best rep with a place.

    :func:`solve` is compared with it.

    Args:
        points: As for :func:`solve`.
        capacity: As for :func:`solve`.
        priorities: Higher goes first; equal ones go in the order given.

    Returns:
        The column of the rep for every lead. With L leads and R reps in O(L * R).

    Example:
        >>> greedy([[9, 8], [9, 1]], [1, 1])
        (0, 1)
    """
    left: list[float] = [inf if limit is None else limit for limit in capacity]
    open_reps = [rep for rep, places in enumerate(left) if places]
    order = sorted(
        range(len(points)), key=lambda lead: 0 if priorities is None else -priorities[lead]
    )
    rep_of: list[int | None] = [None] * len(points)
    for lead in order:
        row = points[lead]
        best, most = None, -1
        for rep in open_reps:
            value = row[rep]
            if value is not None and value > most:
                best, most = rep, value
        if best is None:
            continue
        rep_of[lead] = best
        left[best] -= 1
        if not left[best]:
            open_reps.remove(best)
    return tuple(rep_of)


def bound(points: Points, capacity: Sequence[int | None], solution: Solution) -> Fraction:
    """Return the bound that the prices of a solution prove.

    No assignment that places as many leads has more points.

    It is the sum of what all places cost and of what each lead could have at best after the price.
    It is computed from the prices alone, so it checks :func:`solve` and does not trust it. For an
    exact solution it equals the points; with priorities the points of each lead count ``units``
    times, here as there.

    Args:
        points: As given to :func:`solve`.
        capacity: As given to :func:`solve`.
        solution: What it returned.

    Raises:
        ValidationError: A price is below 0: such prices prove nothing.

    Example:
        >>> rows = [[9, 8], [9, 1]]
        >>> int(bound(rows, [1, 1], solve(rows, [1, 1])))
        17
    """
    faults = [
        FieldError(f"prices[{rep}]", f"is {price}; it must be 0 or more")
        for rep, price in enumerate(solution.prices)
        if price < 0
    ]
    if faults:
        raise ValidationError("Solution", "", faults)
    scale = lcm(*(price.denominator for price in (solution.left_out, *solution.prices)))
    prices = [int(price * scale) for price in solution.prices]
    left_out = int(solution.left_out * scale)
    limits = [len(points) if limit is None else min(limit, len(points)) for limit in capacity]
    total = sum(map(mul, prices, limits))
    for row, unit, rep in zip(points, solution.units, solution.rep_of, strict=True):
        factor = unit * scale
        nets = [
            value * factor - price
            for value, price in zip(row, prices, strict=True)
            if value is not None
        ]
        total += max([-left_out * unit, *nets])
        if rep is None:
            total += left_out * unit
    return Fraction(total, scale)


def _scaled(row: Sequence[int | None], factor: int) -> list[int | None]:
    return [None if value is None else value * factor for value in row]


def _earned(points: Points, rep_of: Sequence[int | None]) -> int:
    return sum(
        points[lead][rep]  # type: ignore[misc]
        for lead, rep in enumerate(rep_of)
        if rep is not None
    )


def _checked(
    points: Points, capacity: Sequence[int | None], priorities: Sequence[int] | None
) -> int:
    """Refuse what is no whole number, naming the first places; return the highest points."""
    faults = [
        FieldError(f"capacity[{rep}]", f"is {limit!r}; write 0 or more, or None for no limit")
        for rep, limit in enumerate(capacity)
        if not _whole_or_none(limit)
    ]
    top = _highest(points, len(capacity))
    if top is None:
        faults += chain.from_iterable(
            _row_faults(lead, row, len(capacity)) for lead, row in enumerate(points)
        )
    if priorities is not None:
        if len(priorities) != len(points):
            faults.append(
                FieldError(
                    "priorities",
                    f"has {len(priorities)} numbers; write one for each of the {len(points)} leads",
                )
            )
        faults += [
            FieldError(f"priorities[{lead}]", f"is {value!r}; write a whole number")
            for lead, value in enumerate(priorities)
            if type(value) is not int
        ]
    if faults:
        raise ValidationError("Batch", "", faults[:SHOWN])
    return top or 0


def _highest(points: Points, width: int) -> int | None:
    """The highest points of a table of that width that holds what it may, or else None."""
    if not set(map(len, points)) <= {width}:
        return None
    if not set(map(type, chain.from_iterable(points))) <= _KINDS:
        return None
    numbers = list(filter(None, chain.from_iterable(points)))
    return max(numbers, default=0) if min(numbers, default=0) >= 0 else None


def _row_faults(lead: int, row: Sequence[int | None], width: int) -> Iterator[FieldError]:
    if len(row) != width:
        yield FieldError(
            f"points[{lead}]", f"has {len(row)} numbers; write one for each of the {width} reps"
        )
        return
    for rep, value in enumerate(row):
        if not _whole_or_none(value):
            yield FieldError(
                f"points[{lead}][{rep}]", f"is {value!r}; write a whole number, 0 or more, or None"
            )


def _whole_or_none(value: object) -> bool:
    return value is None or (type(value) is int and value >= 0)


def _check_options(gap: float, engine: str, *, ordered: bool) -> None:
    if type(gap) not in (int, float) or not 0 <= gap < 1:
        raise ConfigError(
            f"gap is {gap!r}; write 0 for the optimum, or a share below 1 such as 0.0005"
        )
    if engine != "python" and engine not in ENGINES:
        raise UnknownFieldError("engine", engine, ("python", *ENGINES))
    if ordered and (gap or engine != "python"):
        raise ConfigError(
            "priorities are placed exactly and in pure Python; leave out gap and engine"
        )
    if gap and engine != "python":
        raise ConfigError(f"the engine {engine!r} is exact; leave out gap, or leave out engine")


_Rows = Sequence[Sequence[int | None]]


def _ortools(rows: _Rows, sizes: Sequence[int]) -> list[int]:
    """Minimum-cost flow from the leads through the reps to one sink (OR-tools)."""
    try:
        from ortools.graph.python import min_cost_flow
    except ImportError as error:
        raise MissingExtraError("the engine 'ortools'", "batch") from error
    flow: Any = min_cost_flow.SimpleMinCostFlow()
    sink = len(rows) + len(sizes)
    arcs = [
        (flow.add_arc_with_capacity_and_unit_cost(lead, len(rows) + rep, 1, -value), lead, rep)
        for lead, row in enumerate(rows)
        for rep, value in enumerate(row)
        if value is not None
    ]
    for rep, size in enumerate(sizes):
        flow.add_arc_with_capacity_and_unit_cost(len(rows) + rep, sink, size, 0)
    for lead in range(len(rows)):
        flow.set_node_supply(lead, 1)
    flow.set_node_supply(sink, -len(rows))
    flow.solve()
    column_of = [0] * len(rows)
    for arc, lead, rep in arcs:
        if flow.flow(arc):
            column_of[lead] = rep
    return column_of


def _scipy(rows: _Rows, sizes: Sequence[int]) -> list[int]:
    """The rectangular assignment problem with a column for every place (SciPy)."""
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise MissingExtraError("the engine 'scipy'", "batch") from error
    columns = [rep for rep, size in enumerate(sizes) for _ in range(size)]
    worth = [[-inf if value is None else value for value in row] for row in rows]
    table = [[row[rep] for rep in columns] for row in worth]
    _, chosen = linear_sum_assignment(table, maximize=True)
    return [columns[at] for at in chosen]


ENGINES: Mapping[str, Callable[[_Rows, Sequence[int]], list[int]]] = MappingProxyType(
    {"ortools": _ortools, "scipy": _scipy}
)
