"""Write src/leadroute/model/timezone_data.py: the time zones and the dial codes of every country.

Usage: python .ci/zones.py ZONE1970_TAB COUNTRY_CODES_CSV > src/leadroute/model/timezone_data.py

The first file comes with tzdata, the second is datahub.io's country-codes; both are in the public
domain. Of the zones of one country that have shown the same clock since 2024, only the first (the
most populous) is kept: for the hours of the day ahead they are one.
"""

import csv
import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from textwrap import fill
from zoneinfo import ZoneInfo

HEAD = '''"""The time zones and the dial codes of every country, written by .ci/zones.py; do not edit.

Sources: zone1970.tab of tzdata and country-codes of datahub.io, both in the public domain.
"""

__all__ = ["DIAL_CODES", "ZONES"]
'''
# The names under which these clocks are known; the table would have smaller places in front of them.
KNOWN = {
    "America/Manaus",
    "America/Mexico_City",
    "America/Rio_Branco",
    "America/Sao_Paulo",
    "America/Tijuana",
    "Asia/Vladivostok",
    "Asia/Yekaterinburg",
    "Australia/Adelaide",
    "Australia/Sydney",
    "Europe/Moscow",
}
MOMENTS = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=12 * step) for step in range(5 * 730)]


@cache
def clock(name: str) -> tuple[timedelta | None, ...]:
    """Return what a zone's clock shows, twice a day for five years."""
    zone = ZoneInfo(name)
    return tuple(moment.astimezone(zone).utcoffset() for moment in MOMENTS)


def zones(path: Path) -> dict[str, list[str]]:
    """Return the countries of each zone, without the zones that add no clock to a country."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    named = [
        (code, row[0][:2] != code, row[2] not in KNOWN, row[2])
        for row in rows
        for code in row[0].split(",")
    ]
    countries: dict[str, list[str]] = {}
    seen: dict[str, set[tuple[timedelta | None, ...]]] = defaultdict(set)
    # A country's own zones come before those that it shares as a guest.
    for code, _, _, name in sorted(named, key=lambda each: each[1:3]):
        if clock(name) not in seen[code]:
            seen[code].add(clock(name))
            countries.setdefault(name, []).append(code)
    return countries


def dial_codes(path: Path) -> dict[str, list[str]]:
    """Return the countries of each dial code."""
    countries: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            for code in row["Dial"].split(","):
                digits = "".join(filter(str.isdigit, code))
                if digits and len(row["ISO3166-1-Alpha-2"]) == 2:
                    countries.setdefault(digits, []).append(row["ISO3166-1-Alpha-2"])
    return dict(sorted(countries.items()))


def table(name: str, countries: dict[str, list[str]]) -> str:
    """Return a table as Python: entries of a key and its countries, with semicolons between."""
    entries = "; ".join(" ".join([key, *codes]) for key, codes in countries.items())
    lines = fill(entries, 100, break_long_words=False, break_on_hyphens=False)
    return f'\n{name} = """\n{lines}\n"""'


if __name__ == "__main__":
    zone_tab, country_codes = map(Path, sys.argv[1:])
    print(HEAD + table("ZONES", zones(zone_tab)) + table("DIAL_CODES", dial_codes(country_codes)))
