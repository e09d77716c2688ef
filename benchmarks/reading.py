"""What reading an export costs: beside ``csv.DictReader``, beside our own headers, with many columns, and in memory.

Usage: python benchmarks/reading.py [--quick] [--json]

The export has the headers of Salesforce and is generated with a seed. The bars are ratios of CPU seconds, each the best
of several rounds that are interleaved, so that a busy machine slows both sides:

- reading 100,000 rows with ``columns="salesforce"`` against ``csv.DictReader`` and one ``Lead(...)`` a row;
- the same against the same rows under our own headers;
- a header of 10,000 unknown columns and ten rows against one of 1,000;
- ``Lead(...)`` of ten values that need no cleaning against a frozen attrs class of these ten fields without converters;
- 100,000 rows with names of country, region and language against the same rows with their codes;
- a peak of resident memory, in processes of their own: 1,000,000 rows against 100,000, with --quick 100,000 and 25,000.
"""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import attrs
from telling import at_most, figures, options, tell

from leadroute import Lead
from leadroute.formats.rows import read_leads

ROWS = 100_000
ROUNDS = 5
WIDTHS = (1_000, 10_000)
SIZES = (100_000, 1_000_000)
LEADS = 20_000
QUICK_ROUNDS = 3
QUICK_ROWS = 20_000
QUICK_SIZES = (25_000, 100_000)

FIELDS = {
    "id": "Lead ID",
    "name.first": "First Name",
    "name.last": "Last Name",
    "company": "Company / Account",
    "email": "Email",
    "phone": "Phone",
    "country": "Country Code",
    "region": "State/Province Code",
    "postal_code": "Zip/Postal Code",
    "employees": "No. of Employees",
    "annual_revenue": "Annual Revenue",
    "source": "Lead Source",
}
PLACES = (("US", "US-CA", "94105"), ("DE", "DE-BE", "10115"), ("GB", "GB-LND", "SW1A 1AA"))
NAMED = (
    (("United States", "California", "English"), ("US", "US-CA", "en")),
    (("Canada", "Ontario", "French"), ("CA", "CA-ON", "fr")),
    (("Brazil", "São Paulo", "Portuguese"), ("BR", "BR-SP", "pt")),
    (("Australia", "Victoria", "German"), ("AU", "AU-VIC", "de")),
)
"""Places and languages by name, and by code."""

SOURCES = ("Web", "Referral", "Trade Show", "Partner")
READER = """
import sys
from leadroute.formats.rows import read_leads
print(sum(1 for _ in read_leads(sys.argv[1], columns="salesforce")))
"""


def cells(count: int) -> Iterator[list[str]]:
    """Yield the cells of so many leads, in the order of ``FIELDS``."""
    random = Random(7)
    for number in range(count):
        country, region, code = random.choice(PLACES)
        employees = random.randrange(1, 5_000)
        yield [
            f"00Q{number:012}",
            "Ann",
            f"Lee {number % 977}",
            f"Company {number % 4_001}",
            f"buyer-{number}@company-{number % 4_001}.example",
            f"+1 415 555 {number % 10_000:04}",
            country,
            region,
            code,
            str(employees),
            str(employees * 1_000),
            random.choice(SOURCES),
        ]


def write(path: Path, header: list[str], rows: Iterator[list[str]]) -> None:
    """Write a table."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)


def own_row(row: list[str]) -> list[str]:
    """A row under our own headers: the name is one cell."""
    return [row[0], f"{row[1]} {row[2]}", *row[3:]]


def by_hand(path: Path) -> int:
    """Read the export as a script would without leadroute's reader; return how many leads there are."""
    count = 0
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            Lead(
                row["Lead ID"],
                name=f"{row['First Name']} {row['Last Name']}",
                company=row["Company / Account"],
                email=row["Email"],
                phone=row["Phone"],
                country=row["Country Code"],
                region=row["State/Province Code"],
                postal_code=row["Zip/Postal Code"],
                employees=int(row["No. of Employees"]),
                annual_revenue=float(row["Annual Revenue"]),
                source=row["Lead Source"],
            )
            count += 1
    return count


def by_reader(path: Path, **given: str) -> int:
    """Read a table with ``read_leads``; return how many leads there are."""
    return sum(isinstance(row, Lead) for row in read_leads(path, **given))


def fastest(work: dict[str, Callable[[], int]], rounds: int, expected: int) -> dict[str, float]:
    """The least CPU seconds that each piece of work took in interleaved rounds."""
    spent: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, run in work.items():
            began = time.process_time()
            if run() != expected:
                raise SystemExit(f"{name} did not read {expected} leads")
            spent[name].append(time.process_time() - began)
    return {name: min(times) for name, times in spent.items()}


def tables(folder: Path, rounds: int, count: int) -> dict[str, float]:
    """The CPU seconds of reading so many leads in three ways."""
    mapped, own = folder / "mapped.csv", folder / "own.csv"
    write(mapped, list(FIELDS.values()), cells(count))
    header = ["id", "name", *(name for name in FIELDS if not name.startswith(("id", "name")))]
    write(own, header, map(own_row, cells(count)))
    work = {
        "by_hand": lambda: by_hand(mapped),
        "own_headers": lambda: by_reader(own),
        "mapped": lambda: by_reader(mapped, columns="salesforce"),
    }
    return fastest(work, rounds, count)


@attrs.frozen
class Plain:
    """Ten fields of a lead, kept as they are given."""

    id: str
    name: str | None = None
    email: str | None = None
    company: str | None = None
    country: str | None = None
    region: str | None = None
    language: str | None = None
    employees: int | None = None
    annual_revenue: float | None = None
    source: str | None = None


def made(kind: type[Lead] | type[Plain], count: int) -> int:
    """Make so many leads of ten values that need no cleaning; return how many were made."""
    for _ in range(count):
        kind(
            "L-1",
            name="Ann Lee",
            email="ann@acme.example",
            company="Acme",
            country="US",
            region="US-CA",
            language="en",
            employees=900,
            annual_revenue=2_000_000.0,
            source="webinar",
        )
    return count


def objects(rounds: int) -> dict[str, float]:
    """The CPU seconds of making leads, and of a class that cleans nothing."""
    work = {"lead": lambda: made(Lead, LEADS), "plain": lambda: made(Plain, LEADS)}
    return fastest(work, rounds, LEADS)


def names(folder: Path, rounds: int, count: int) -> dict[str, float]:
    """The CPU seconds of reading places and languages by name and by code."""
    work = {}
    for index, name in enumerate(("names", "codes")):
        path = folder / f"{name}.csv"
        rows = ([f"L-{row}", *NAMED[row % len(NAMED)][index]] for row in range(count))
        write(path, ["id", "country", "region", "language"], rows)
        work[name] = lambda path=path: by_reader(path)
    return fastest(work, rounds, count)


def wide(folder: Path, rounds: int) -> dict[str, float]:
    """The CPU seconds of reading ten rows with so many unknown columns."""
    work = {}
    for width in WIDTHS:
        path = folder / f"wide-{width}.csv"
        header = ["id", *(f"Custom Field {number}" for number in range(width))]
        write(path, header, iter([[f"L-{row}", *["x"] * width] for row in range(10)]))
        work[f"columns_{width}"] = lambda path=path: by_reader(path)
    return fastest(work, rounds, 10)


def peak(folder: Path, count: int) -> float:
    """The peak of resident memory, in MiB, of a process that reads so many rows."""
    path = folder / f"rows-{count}.csv"
    write(path, list(FIELDS.values()), cells(count))
    command = [sys.executable, "-c", READER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as process:
        printed = process.stdout.read()
        # Waiting in this way tells what this one process has used.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if printed.strip() != str(count):
        raise SystemExit(f"{printed!r} rows of {count} were read")
    # Linux counts in KiB, macOS in bytes.
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(rounds: int, rows: int, sizes: tuple[int, int]) -> dict[str, list[dict[str, object]]]:
    """Measure and judge the bars."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        spent = tables(folder, rounds, rows)
        widths = wide(folder, rounds)
        named = names(folder, rounds, rows)
        single = objects(rounds)
        peaks = {f"peak_mib_{count}": peak(folder, count) for count in sizes}
    narrow, broad = (widths[f"columns_{width}"] for width in WIDTHS)
    small, large = peaks.values()
    return {
        "figures": figures({**spent, **widths, **named, **single, **peaks}, 4),
        "bars": [
            at_most("mapped_to_dict_reader", spent["mapped"] / spent["by_hand"], 1.5),
            at_most("mapped_to_own_headers", spent["mapped"] / spent["own_headers"], 1.3),
            at_most("unknown_columns", broad / narrow, 15),
            at_most("names_to_codes", named["names"] / named["codes"], 1.3),
            at_most("lead_to_plain", single["lead"] / single["plain"], 6),
            at_most("peak_ratio", large / small, 1.3),
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where every bar holds."""
    quick = "3 rounds instead of 5, 20,000 rows instead of 100,000, and memory at 100,000, not 1,000,000"
    chosen = options(__doc__, quick).parse_args(arguments)
    given = (QUICK_ROUNDS, QUICK_ROWS, QUICK_SIZES) if chosen.quick else (ROUNDS, ROWS, SIZES)
    found = measure(*given)
    return tell(found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
