"""Every paced cap from 1 to 60 a month at every demand from 1 to 20 a day, over two simulated years.

Usage: python benchmarks/pacing.py [--quick] [--json]

The statements of docs/explanation/caps.md are held for each pair: every month's total, the year's total within one
of twelve times the cap where the demand suffices, the longest gap, and the largest burst.
"""

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from telling import at_most, figures, options, tell

from leadroute import Cap
from leadroute.model.caps import longest_gap

DAYS = [datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=day) for day in range(730)]
LENGTHS = Counter(f"{day:%Y-%m}" for day in DAYS)


def outside(limit: int) -> int:
    """How many demands break a statement for this cap."""
    cap = Cap(limit, "month", paced=True)
    bounds = [cap.bounds("cap", day, UTC) for day in DAYS]
    return sum(not even(limit, demand, bounds) for demand in range(1, 21))


def even(limit: int, demand: int, bounds: list) -> bool:
    """Whether every statement holds for a cap and a demand."""
    counters, months, taken = Counter(), Counter(), []
    for number, (day, limits) in enumerate(zip(DAYS, bounds, strict=True)):
        today = min(demand, *(bound.most - counters[bound.key] for bound in limits))
        counters.update({bound.key: today for bound in limits})
        months[f"{day:%Y-%m}"] += today
        taken += [number] * bool(today)
        n = LENGTHS[f"{day:%Y-%m}"]
        if demand * n >= limit and today > -(-limit // n):
            return False
    exact = all(months[name] == min(limit, demand * n) for name, n in LENGTHS.items())
    years = [sum(months[f"{year}-{month:02}"] for month in range(1, 13)) for year in (2026, 2027)]
    enough = demand * 28 < limit or all(abs(year - 12 * limit) <= 1 for year in years)
    gap = max(after - before for before, after in pairwise(taken))
    return exact and enough and gap <= longest_gap(limit, 31)


def main(arguments: list[str] | None = None) -> int:
    """Try every pair, report, and return 0 where none is outside."""
    chosen = options(__doc__, "every fifth cap").parse_args(arguments)
    limits = range(1, 61, 5 if chosen.quick else 1)
    broken = at_most("pairs_outside", sum(map(outside, limits)), 0)
    result = {"figures": figures({"pairs": len(limits) * 20}), "bars": [broken]}
    return tell(result, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
