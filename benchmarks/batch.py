"""How good and how fast the batch assignment is, beside OR-tools, SciPy and greedy.

    python benchmarks/batch.py [--quick] [--json]

Every method solves the same markets in one process; the optimum of OR-tools is the oracle and is compared before any
time is reported. Times are CPU time of solving alone: the peers' models are built outside the clock. The methods take
turns, and medians are compared, so that a slow moment of the machine is shared; the largest take one turn. ``--quick``
leaves out all but one of the largest markets and SciPy there (which takes minutes). Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import sys
from random import Random
from statistics import median
from time import process_time

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment
from telling import at_least, at_most, figures, options, tell

from leadroute.ranking.batch.solver import bound, solve

EXACT_BAR, NEAR_BAR, GAP_BAR = 15.0, 4.0, 0.0005
MARKETS = [
    # leads, reps, places per lead, share of eligible pairs
    (100, 20, 1.05, 1.0),
    (100, 20, 1.5, 1.0),
    (1_000, 50, 1.05, 1.0),
    (1_000, 50, 1.05, 0.3),
    (1_000, 50, 1.5, 1.0),
    (10_000, 200, 1.05, 1.0),
    (10_000, 200, 1.3, 1.0),
]
SMALL, LARGE = 10_000, 1_000_000  # cells: many turns below, one turn and no SciPy above


def market(leads, reps, slack, density, seed=1):
    """Points from 0 to 1,000: good reps are good for everyone, and every kind of lead has its own favourites."""
    random = Random(f"{leads} {reps} {slack} {density} {seed}")
    quality = [random.random() for _ in range(reps)]
    liking = [[random.random() for _ in range(12)] for _ in range(reps)]
    points = []
    for _ in range(leads):
        kind, value = random.randrange(12), random.random()
        points.append(
            [
                int(
                    1_000
                    * (
                        0.45 * quality[rep] * value
                        + 0.3 * liking[rep][kind]
                        + 0.25 * random.random()
                    )
                )
                if density == 1 or random.random() < density
                else None
                for rep in range(reps)
            ]
        )
    total = int(leads * slack)
    return points, [total // reps + (rep < total % reps) for rep in range(reps)]


def timed(work):
    """The result, and its CPU time."""
    start = process_time()
    result = work()
    return result, process_time() - start


def by_ortools(points, capacity):
    """The optimum by minimum-cost flow; building the model is not timed."""
    table = np.array([[-1 if value is None else value for value in row] for row in points])
    lead, rep = np.nonzero(table >= 0)
    leads, reps = table.shape
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        lead, leads + rep, np.ones(len(lead), int), -table[lead, rep]
    )
    flow.add_arcs_with_capacity_and_unit_cost(
        leads + np.arange(reps),
        np.full(reps, leads + reps),
        np.array(capacity),
        np.zeros(reps, int),
    )
    flow.set_nodes_supplies(np.arange(leads), np.ones(leads, int))
    flow.set_node_supply(leads + reps, -leads)
    start = process_time()
    status = flow.solve()
    seconds = process_time() - start
    if status != flow.OPTIMAL:
        raise SystemExit(f"OR-tools found no optimum: status {status}")
    return -flow.optimal_cost(), seconds


def by_scipy(points, capacity):
    """The optimum with a column for every place; building the table is not timed."""
    table = np.array([[-np.inf if value is None else value for value in row] for row in points])
    table = np.repeat(table, capacity, axis=1)
    start = process_time()
    rows, columns = linear_sum_assignment(table, maximize=True)
    return int(table[rows, columns].sum()), process_time() - start


def _turns(cells):
    """So many turns each method takes: many where one is short."""
    return 51 if cells < SMALL else 9 if cells < LARGE else 1


def compare(leads, reps, slack, density, *, scipy_too):
    """The figures and the bars of one market."""
    points, capacity = market(leads, reps, slack, density)
    turns = [
        (
            by_ortools(points, capacity),
            timed(lambda: solve(points, capacity)),
            timed(lambda: solve(points, capacity, gap=GAP_BAR)),
        )
        for _ in range(_turns(leads * reps))
    ]
    (best, _), (exact, _), (near, _) = turns[0]
    ortools, exact_time, near_time = (
        median(seconds for _, seconds in runs) for runs in zip(*turns, strict=True)
    )
    row = {
        "optimum": best,
        "ortools_ms": ortools * 1e3,
        "exact_ms": exact_time * 1e3,
        "exact_ratio": exact_time / ortools,
        "near_ms": near_time * 1e3,
        "near_ratio": near_time / ortools,
        "near_gap": 1 - near.points / best,
        "near_gap_promised": near.gap,
        "greedy_gap": exact.gap_to_greedy,
        "greedy_left_out": leads - exact.greedy_placed,
    }
    if scipy_too:
        row["scipy_ms"] = by_scipy(points, capacity)[1] * 1e3
    held = exact.points == bound(points, capacity, exact) == best and exact.placed == leads
    bars = [
        at_least("exact and proved by its prices", held, True),
        at_most("exact, in OR-tools' time", round(row["exact_ratio"], 2), EXACT_BAR),
        at_most("near, the gap", row["near_gap"], GAP_BAR),
        at_most("near, the gap that it promises", near.gap, GAP_BAR),
        at_most("near, in OR-tools' time", round(row["near_ratio"], 2), NEAR_BAR),
    ]
    if scipy_too and leads >= 1_000:
        bars.append(at_most("exact, in SciPy's time", row["exact_ms"] / row["scipy_ms"], 1))
    return row, bars


def measure(*, quick):
    """Solve every market and judge the bars."""
    found, bars = {}, []
    for leads, reps, slack, density in MARKETS[:-1] if quick else MARKETS:
        market = f"{leads:,} x {reps}, {slack} places a lead, density {density}"
        within = leads * reps < LARGE or not quick
        row, held = compare(leads, reps, slack, density, scipy_too=within)
        found |= {f"{market}: {name}": value for name, value in row.items()}
        bars += [bar | {"name": f"{market}: {bar['name']}"} for bar in held]
    return {"figures": figures(found, 5), "bars": bars}


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    chosen = options(__doc__, "under half a minute").parse_args(arguments)
    return tell(measure(quick=chosen.quick), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
