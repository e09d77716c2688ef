"""What it costs to find the territories of a lead among 1,000 and among 100,000.

Usage: python benchmarks/territory.py [--quick] [--json]

Both atlases are made by the same recipe: named accounts, postal beginnings and ranges, regions, verticals, sizes and
circles, the same number of each for every thousand territories. The same leads are looked up in both, in turns, and
the medians compared. Before anything is timed, each answer of the small atlas is compared with a look at every
territory. The bar: 100,000 territories cost at most 3 times what 1,000 cost.
"""

import random
import sys
from statistics import median
from time import perf_counter

from telling import at_most, figures, options, tell

from leadroute import Lead, Territory
from leadroute.model.territory import Place
from leadroute.model.territory_index import TerritoryIndex

RATIO = 3.0
COUNTRIES = ("DE", "FR", "US", "GB", "IT", "ES", "PL", "NL")
INDUSTRIES = [f"industry {number}" for number in range(40)]


def territories(count: int) -> list[Territory]:
    """A mixture of every kind of territory."""
    dice, found = random.Random(count), []
    for number in range(count):
        name, country = f"t{number}", dice.choice(COUNTRIES)
        kind = number % 10
        if kind < 3:
            found.append(Territory(name, accounts={f"A-{number}"}, domains={f"c{number}.example"}))
        elif kind < 5:
            found.append(Territory(name, postal={f"{country}:{dice.randrange(100_000):05}"}))
        elif kind == 5:
            low = dice.randrange(99_900)
            codes = f"{country}:{low:05}..{low + dice.randrange(1, 100):05}"
            found.append(Territory(name, postal={codes}))
        elif kind == 6:
            found.append(Territory(name, regions={f"{country}-{number}"}))
        elif kind == 7:
            small = dice.randrange(1_000)
            fields = {"min_employees": small, "max_employees": small + 50}
            vertical = {f"{dice.choice(INDUSTRIES)}/{number // 100}"}
            found.append(Territory(name, countries={country}, industries=vertical, **fields))
        elif kind == 8:
            center = (dice.uniform(-60, 60), dice.uniform(-180, 180))
            found.append(Territory(name, center=center, radius_km=dice.uniform(1, 50)))
        else:
            found.append(Territory(name, languages={"de"}, domains={f"d{number}.example"}))
    return found


def leads(count: int) -> list[Lead]:
    """Leads of which most are in some territory of the small atlas."""
    dice = random.Random(7)
    return [
        Lead(
            f"L-{number}",
            account_id=f"A-{dice.randrange(2_000)}",
            domain=f"c{dice.randrange(2_000)}.example",
            country=(country := dice.choice(COUNTRIES)),
            region=f"{country}-{dice.randrange(1_000)}",
            postal_code=f"{dice.randrange(100_000):05}",
            industry=f"{dice.choice(INDUSTRIES)}/{dice.randrange(10)}",
            employees=dice.randrange(1_000),
            language="de",
            attributes={"lat": dice.uniform(-60, 60), "lon": dice.uniform(-180, 180)},
        )
        for number in range(count)
    ]


def check(territory_index: TerritoryIndex, asked: list[Lead]) -> int:
    """Compare with a look at every territory; return how many territories were found."""
    found = 0
    for lead in asked:
        place = Place.of(lead)
        expected = {each.name for each in territory_index if each.fit(place) is not None}
        names = {match.territory.name for match in territory_index.lookup(lead)}
        assert names == expected, f"{lead.id}: {names ^ expected}"
        found += len(names)
    return found


def timed(territory_index: TerritoryIndex, asked: list[Lead]) -> float:
    """Microseconds for one lookup."""
    start = perf_counter()
    for lead in asked:
        territory_index.lookup(lead)
    return (perf_counter() - start) / len(asked) * 1e6


def measure(quick: bool) -> dict[str, list[dict[str, object]]]:
    """Build both atlases, check, time in turns, and judge the bar."""
    rounds, asked = (5, leads(100)) if quick else (15, leads(1_000))
    small = TerritoryIndex(territories(1_000))
    start = perf_counter()
    large = TerritoryIndex(territories(100_000))
    built = perf_counter() - start
    found = check(small, asked[:50])
    pairs = [(timed(small, asked), timed(large, asked)) for _ in range(rounds)]
    of_small, of_large = (median(column) for column in zip(*pairs, strict=True))
    ratio = round(of_large / of_small, 2)
    return {
        "figures": figures(
            {
                "leads": len(asked),
                "found_in_50": found,
                "build_100k_s": built,
                "lookup_1k_us": of_small,
                "lookup_100k_us": of_large,
            }
        ),
        "bars": [at_most("lookup_ratio", ratio, RATIO)],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where the bar holds."""
    chosen = options(__doc__, "100 leads and 5 rounds").parse_args(arguments)
    return tell(measure(chosen.quick), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
