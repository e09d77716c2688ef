"""How good and how fast the batch assignment is, beside OR-tools, SciPy and greedy.

    python benchmarks/batch.py [--quick] [--json]

Every method solves the same markets in one process; the optimum of OR-tools is the oracle and is compared before any
time is reported. Times are CPU time of solving alone: the peers' models are built outside the clock. ``--quick``
leaves out all but one of the largest markets and SciPy there (which takes minutes). Exit code 1 when a bar is missed.
"""

from __future__ import annotations

import argparse
import json
import sys
from random import Random
from time import process_time

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment

from leadroute.ranking.batch import bound, solve

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
SMALL, LARGE = 100_000, 1_000_000  # cells: repeat below, no SciPy above


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


def timed(work, repeat):
    """The result, and the least CPU time of ``repeat`` runs."""
    times = []
    for _ in range(repeat):
        start = process_time()
        result = work()
        times.append(process_time() - start)
    return result, min(times)


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


def measure(leads, reps, slack, density, *, scipy_too):
    """One row of the table."""
    points, capacity = market(leads, reps, slack, density)
    repeat = 5 if leads * reps < SMALL else 1
    peers = [by_ortools(points, capacity) for _ in range(repeat)]
    best, ortools = peers[0][0], min(seconds for _, seconds in peers)
    exact, exact_time = timed(lambda: solve(points, capacity), repeat)
    near, near_time = timed(lambda: solve(points, capacity, gap=GAP_BAR), repeat)
    row = {
        "market": f"{leads:,} x {reps}, {slack} places a lead, density {density}",
        "optimum": best,
        "exact_equals_optimum": exact.points == best and exact.placed == leads,
        "prices_prove_it": bound(points, capacity, exact) == best,
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
        found = [by_scipy(points, capacity) for _ in range(repeat)]
        row["scipy_ms"] = min(seconds for _, seconds in found) * 1e3
        row["scipy_ratio"] = row["exact_ms"] / row["scipy_ms"]
        row["scipy_agrees"] = found[0][0] == best
    large = leads >= 1_000
    row["bars"] = {
        "exact": row["exact_equals_optimum"] and row["prices_prove_it"],
        "exact_time": row["exact_ratio"] <= EXACT_BAR,
        "faster_than_scipy": not large or not scipy_too or row["scipy_ratio"] < 1,
        "near_gap": row["near_gap"] <= row["near_gap_promised"] <= GAP_BAR,
        "near_time": leads < 10_000 or row["near_ratio"] <= NEAR_BAR,
    }
    return row


def main(argv=None):
    """Measure, print, and say whether the bars hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under half a minute")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(argv)
    chosen = MARKETS[:-1] if options.quick else MARKETS
    rows = []
    for leads, reps, slack, density in chosen:
        within = leads * reps < LARGE or not options.quick
        rows.append(measure(leads, reps, slack, density, scipy_too=within))
        if not options.json:
            show(rows[-1])
    good = all(all(row["bars"].values()) for row in rows)
    if options.json:
        print(
            json.dumps(
                {"benchmark": "batch", "quick": options.quick, "passed": good, "rows": rows},
                indent=1,
            )
        )
    return 0 if good else 1


def show(row):
    """One market in words."""
    print(row["market"])
    print(
        f"  exact {row['exact_ms']:.1f} ms = {row['exact_ratio']:.1f} x OR-tools ({row['ortools_ms']:.1f} ms);"
        f" optimum {row['optimum']:,} reached: {row['exact_equals_optimum']}, proved: {row['prices_prove_it']}"
    )
    if "scipy_ms" in row:
        print(f"  SciPy {row['scipy_ms']:.1f} ms; exact takes {row['scipy_ratio']:.2f} of its time")
    print(
        f"  near {row['near_ms']:.1f} ms = {row['near_ratio']:.1f} x OR-tools; gap {row['near_gap']:.4%},"
        f" promised {row['near_gap_promised']:.4%}"
    )
    print(f"  greedy misses {row['greedy_gap']:.2%} and leaves out {row['greedy_left_out']}")
    missed = [name for name, held in row["bars"].items() if not held]
    print(f"  bars: {'missed ' + ', '.join(missed) if missed else 'held'}")


if __name__ == "__main__":
    sys.exit(main())
