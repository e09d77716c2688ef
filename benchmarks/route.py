"""What `leadroute route` needs for many leads: memory that does not grow, and how many leads a second.

Usage: python benchmarks/route.py [--quick] [--json]

100,000 leads x 50 reps x 20 rules with a SQLite store, and 10,000 beside them; with --quick 4,000 and 1,000. The inputs
are generated with a seed. The command runs in a process of its own, whose peak of resident memory the operating system
tells. The one bar is the ratio of the two peaks.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from telling import at_most, figures, options, tell

RATIO = 1.3
REPS = 50
RULES = 20
SIZES = (10_000, 100_000)
QUICK = (1_000, 4_000)

COUNTRIES = ("US", "CA", "GB", "DE", "FR", "ES", "BR", "AU", "JP", "SG")
INDUSTRIES = ("finance", "healthcare", "logistics", "manufacturing", "retail", "software")
COMMAND = "import sys; from leadroute.cli import main; sys.exit(main())"


def policy() -> Iterator[str]:
    """Yield the lines of a policy of 20 rules."""
    yield 'format = 1\nqualify = "lead.budget > 0 and lead.email is present"\nwindow = "5m"'
    for number in range(RULES - 1):
        country = COUNTRIES[number % len(COUNTRIES)]
        least = 1_000_000 if number < len(COUNTRIES) else 0
        yield f"""
[[rule]]
name = "rule {number}"
when = "lead.country == '{country}' and lead.annual_revenue >= {least}"
require = "rep.level >= {1 + number % 3}"
score = "3 * skill_match('industry') + headroom() + round_robin()"
"""
    yield '[[rule]]\nname = "everyone else"\nscore = "round_robin()"'


def reps(random: Random) -> Iterator[str]:
    """Yield the lines of a roster of 50 reps without limits, so that every lead is decided in full."""
    yield "id,level,skills,countries,capacity,weight"
    for number in range(REPS):
        skills = "; ".join(f"{each}={random.random():.2f}" for each in INDUSTRIES)
        yield f"rep-{number:02},{1 + number % 4},{skills},{COUNTRIES[number % 10]},1000000,{1 + number % 3}"


def leads(random: Random, count: int) -> Iterator[str]:
    """Yield the lines of so many leads; one in ten has no budget."""
    yield "id,email,country,industry,employees,annual_revenue,budget"
    for number in range(count):
        country = COUNTRIES[int(random.random() * 10)]
        industry = INDUSTRIES[int(random.random() * 6)]
        employees = int(random.random() * 5_000)
        budget = 0 if random.random() < 0.1 else 10_000
        email = f"buyer-{number}@example.com"
        yield f"L-{number:07},{email},{country},{industry},{employees},{employees * 1_000},{budget}"


def write(path: Path, lines: Iterator[str]) -> None:
    """Write lines, one at a time."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def measured(count: int) -> dict[str, float]:
    """Route so many leads in a new process; return its peak memory and its rate."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        write(folder / "policy.toml", policy())
        write(folder / "reps.csv", reps(Random(1)))
        write(folder / "leads.csv", leads(Random(2), count))
        words = "route --policy policy.toml --reps reps.csv --leads leads.csv --store route.db"
        words += " --output rows.csv --now 2026-03-03T15:00:00Z"
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words.split()], cwd=folder, stderr=subprocess.DEVNULL
        )
        # Waiting in this way tells what this one process has used.
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        with (folder / "rows.csv").open(encoding="utf-8") as file:
            rows = sum(1 for _ in file) - 1
    if process.returncode or rows != count:
        raise SystemExit(f"exit code {process.returncode}, {rows} rows for {count} leads")
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "peak_mib": usage.ru_maxrss / unit,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "seconds": spent,
        "rate": count / spent,
    }


def measure(sizes: tuple[int, int]) -> dict[str, list[dict[str, object]]]:
    """Measure both sizes and judge the bar."""
    small, large = sizes
    found = {count: measured(count) for count in sizes}
    ratio = round(found[large]["peak_mib"] / found[small]["peak_mib"], 3)
    return {
        "figures": figures(
            {f"{name}_{count}": value for count in sizes for name, value in found[count].items()}
        ),
        "bars": [at_most("peak_ratio", ratio, RATIO)],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where the bar holds."""
    chosen = options(__doc__, "4,000 leads, not 100,000").parse_args(arguments)
    return tell(measure(QUICK if chosen.quick else SIZES), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
