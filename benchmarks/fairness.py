"""How fair the rotation is and what a turn costs, beside recomputing it from the past.

    python benchmarks/fairness.py [--quick] [--json] [--full]

- The bound: with fixed weights and everyone eligible no count is ever further than 1 - 1/(2n-2) turns from its exact
  share. Checked in whole numbers, to two full cycles, for 20 larger weight vectors and for every vector of up to 6
  reps with weights up to 6 (``--full``; else up to 5 reps).
- The cost of a turn at 100,000 reps, in turns at 100 reps; and of recomputing one turn at 1,000 reps from 10,000 past
  assignments, in turns of the rotor. Both are CPU time, the median of alternating rounds.
- What concurrency costs: with routers that see the counters late by so many turns, how far a count strays.

Exit code 1 when a bar is missed.
"""

import sys
from itertools import combinations_with_replacement
from math import gcd
from random import Random
from statistics import median
from time import process_time

from telling import at_least, at_most, figures, options, tell

from leadroute.ranking.rotor import Rotor
from leadroute.ranking.turns import Turns, next_turn, take

LARGER = [
    [1000, *[1] * 99],
    [90, *[1] * 10],
    [43, 1, 1],
    [29, 1, 1, 1],
    [9, 9, 1, 1, 1],
    [200, 200, 1, 1, 1],
    [6, 3, 3, 3, 3, 2],
    [7] * 7,
    [1] * 20,
    list(range(1, 13)),
    [2**k for k in range(8)],
    [97, 89, 83, 79, 73, 71, 67],
    [100, 10, 1],
    [100, 99, 98],
    [50, 25, 12, 6, 3, 1],
    [1, 1, 2, 3, 5, 8, 13, 21],
    [15, 14, 1, 1, 1, 1],
    [11, 7, 5, 3, 2],
    [31, 30, 29, 1, 1],
    [64, 8, 8, 8, 1, 1, 1, 1],
]


def stray(weights):
    """The largest distance from the exact share, in 1/W turns, over two cycles of the strict rotation.

    A count moves by one turn at its own turn and drifts evenly between, so the extremes are just before and after it.
    """
    whole = sum(weights)
    rotor = Rotor(team(weights))
    counts = [0] * len(weights)
    worst = 0
    for moment in range(1, 2 * whole + 1):
        at = int(rotor.take())
        behind = (moment - 1) * weights[at] - counts[at] * whole
        counts[at] += 1
        ahead = counts[at] * whole - moment * weights[at]
        worst = max(worst, behind, ahead)
    return worst


def team(weights, **counters):
    """A rotation whose ids are numbers, in the order of the weights."""
    return Turns.of({f"{at:06}": weight for at, weight in enumerate(weights)}, **counters)


def within_bound(weights):
    """Whether two cycles keep 1 - 1/(2n-2), in whole numbers."""
    parts = 2 * len(weights) - 2
    return stray(weights) * parts <= (parts - 1) * sum(weights)


def small_vectors(reps):
    """Every weight vector of 2 to ``reps`` reps with weights up to 6, but for order and a common factor."""
    for count in range(2, reps + 1):
        for weights in combinations_with_replacement(range(6, 0, -1), count):
            if gcd(*weights) == 1:
                yield list(weights)


def turn_cost(rotor, turns):
    """CPU microseconds per turn."""
    start = process_time()
    for _ in range(turns):
        rotor.take()
    return (process_time() - start) / turns * 1e6


def recompute(past, since, weights):
    """Whose turn it is, from the assignments of the period: the largest shortfall, counted in one pass."""
    counts = dict.fromkeys(weights, 0)
    for assignment in past:
        if assignment["at"] >= since and assignment["rep_id"] in counts:
            counts[assignment["rep_id"]] += 1
    whole, total = sum(weights.values()), sum(counts.values()) + 1
    return max(weights, key=lambda rep_id: total * weights[rep_id] - counts[rep_id] * whole)


def costs(turns, rounds):
    """Medians over alternating rounds: the turn at 100, 1,000 and 100,000 reps, and the recomputation."""
    random = Random(7)
    rotors = {}
    for reps in (100, 1_000, 100_000):
        rotor = Rotor(team([random.randint(1, 100) for _ in range(reps)]))
        for _ in range(reps):
            rotor.take()
        rotors[reps] = rotor
    weights = {f"{at:06}": random.randint(1, 100) for at in range(1_000)}
    chosen = random.choices(list(weights), weights.values(), k=10_000)
    past = [{"lead_id": f"L-{at}", "rep_id": rep_id, "at": at} for at, rep_id in enumerate(chosen)]
    spent = {"100": [], "1000": [], "100000": [], "recompute": []}
    for _ in range(rounds):
        for reps, rotor in rotors.items():
            spent[str(reps)].append(turn_cost(rotor, turns))
        start = process_time()
        for _ in range(3):
            recompute(past, 0, weights)
        spent["recompute"].append((process_time() - start) / 3 * 1e6)
    return {name: median(times) for name, times in spent.items()}


def late(delay, weights, turns):
    """How far a count strays when every decision misses the last ``delay`` turns."""
    seen = real = team(weights)
    queue, whole, worst = [], sum(weights), 0.0
    for moment in range(1, turns + 1):
        chosen = next_turn(seen)
        real = take(real, chosen)
        queue.append(chosen)
        if len(queue) > delay:
            seen = take(seen, queue.pop(0))
        for member, weight in zip(real.members, weights, strict=True):
            worst = max(worst, abs(member.taken - moment * weight / whole))
    return worst


def measure(*, quick, full):
    """All figures, and the bars that they are held to."""
    vectors = list(small_vectors(6 if full else 5 if not quick else 4))
    cost = costs(5_000 if quick else 20_000, 5 if quick else 9)
    growth = cost["100000"] / cost["100"]
    against = cost["recompute"] / cost["1000"]
    small = sum(not within_bound(weights) for weights in vectors)
    larger = sum(not within_bound(weights) for weights in LARGER)
    heavy = stray(LARGER[0]) / sum(LARGER[0])
    found = {
        "small_vectors": len(vectors),
        "larger_vectors": len(LARGER),
        "stray_1000_to_99x1": heavy,
        **{f"turn_us_{reps}_reps": cost[reps] for reps in ("100", "1000", "100000")},
        "recompute_us": cost["recompute"],
        **{
            f"stray_{delay}_turns_late": late(delay, [3, 2, 1, 1, 1], 300)
            for delay in (0, 1, 2, 4, 8)
        },
    }
    bars = [
        at_most("small_vectors_over_bound", small, 0),
        at_most("larger_vectors_over_bound", larger, 0),
        at_most("turn_100000_to_100", round(growth, 2), 4),
        at_least("recompute_to_turn", round(against), 500),
    ]
    return {"figures": figures(found, 4), "bars": bars}


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    parser = options(__doc__, "fewer rounds, vectors of up to 4 reps")
    parser.add_argument("--full", action="store_true", help="every weight vector of up to 6 reps")
    chosen = parser.parse_args(arguments)
    return tell(measure(quick=chosen.quick, full=chosen.full), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
