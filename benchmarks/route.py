"""What `leadroute route` needs for many leads: memory that does not grow, and CPU time beside that of its parts.

Usage: python benchmarks/route.py [--quick] [--json]

Leads x 50 reps x 20 rules with a SQLite store. The inputs are generated with a seed. The command runs in a process of
its own, whose peak of resident memory and CPU time the operating system tells. There are two bars:

- the peak for 100,000 leads against that for 10,000; with --quick 4,000 and 1,000;
- the CPU time for 20,000 leads, with --quick 2,000, against the sum of its parts: reading the rows, one
  ``rank(top=1)`` for each lead on the counts of that moment, and committing the same changes to a bare SQLite store.
  What the command takes for a file without leads is the start of Python and is taken off.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from telling import at_most, figures, options, tell

from leadroute import Dispatcher, SqliteStore, load_policy
from leadroute.formats.rows import read_leads, read_reps
from leadroute.testing.doubles import ManualClock

RATIO = 1.3
PARTS = 2.5
REPS = 50
RULES = 20
SIZES = (10_000, 100_000)
QUICK = (1_000, 4_000)
LEADS = 20_000
QUICK_LEADS = 2_000
NOW = datetime(2026, 3, 3, 15, tzinfo=UTC)

COUNTRIES = ("US", "CA", "GB", "DE", "FR", "ES", "BR", "AU", "JP", "SG")
INDUSTRIES = ("finance", "healthcare", "logistics", "manufacturing", "retail", "software")
COMMAND = "import sys; from leadroute.cli import main; sys.exit(main())"


def policy() -> Iterator[str]:
    """Yield the lines of a policy of 20 rules."""
    yield 'format = 1\nqualify = "lead.budget > 0 and lead.email is present"\naccept_within = "5m"'
    for number in range(RULES - 1):
        country = COUNTRIES[number % len(COUNTRIES)]
        least = 1_000_000 if number < len(COUNTRIES) else 0
        yield f"""
[[rule]]
name = "rule {number}"
when = "lead.country == '{country}' and lead.annual_revenue >= {least}"
require = "rep.level >= {1 + number % 3}"
score = "3 * skill_match('industry') + free_capacity() + round_robin()"
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


def prepare(folder: Path, count: int) -> None:
    """Write the policy, the reps and so many leads."""
    write(folder / "policy.toml", policy())
    write(folder / "reps.csv", reps(Random(1)))
    write(folder / "leads.csv", leads(Random(2), count))


def measured(count: int) -> dict[str, float]:
    """Route so many leads in a new process; return its peak memory and its rate."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, count)
        words = "route --policy policy.toml --reps reps.csv --leads leads.csv --store route.db"
        words += f" --output rows.csv --now {NOW.isoformat()}"
        began = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *words.split()], cwd=folder, stderr=subprocess.DEVNULL
        )
        # Waiting in this way tells what this one process has used.
        _, status, usage = os.wait4(process.pid, 0)
        spent = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"exit code {process.returncode}: {COMMAND} {words}")
        with (folder / "rows.csv").open(encoding="utf-8") as file:
            rows = sum(1 for _ in file) - 1
    if rows != count:
        raise SystemExit(f"{rows} rows for {count} leads")
    # Linux counts in KiB, macOS in bytes.
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return {
        "peak_mib": usage.ru_maxrss / unit,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "seconds": spent,
        "rate": count / spent,
    }


class Recorder:
    """A store that keeps the changes that it passes on."""

    def __init__(self, store: SqliteStore) -> None:
        self.store = store
        self.changes: list[object] = []

    def commit(self, change):
        """Keep the change, and pass it on."""
        self.changes.append(change)
        self.store.commit(change)

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)


def parts(count: int) -> dict[str, float]:
    """CPU seconds of what routing so many leads cannot do without: rows read, leads ranked, changes committed."""
    with TemporaryDirectory() as name, ExitStack() as opened:
        folder = Path(name)
        prepare(folder, count)
        router = load_policy(folder / "policy.toml")
        roster, _ = read_reps(folder / "reps.csv")
        began = time.process_time()
        found = list(read_leads(folder / "leads.csv"))
        spent = {"read": time.process_time() - began, "rank": 0.0, "commit": 0.0}
        store = opened.enter_context(SqliteStore(folder / "route.db", synchronous="normal"))
        recorder = Recorder(store)
        dispatcher = Dispatcher(router, roster, recorder, ManualClock(NOW))
        for lead in found:
            snapshot = dispatcher.snapshot()
            began = time.process_time()
            router.rank(lead, roster, now=NOW, snapshot=snapshot, top=1)
            spent["rank"] += time.process_time() - began
            dispatcher.submit(lead)
        bare = opened.enter_context(SqliteStore(folder / "bare.db", synchronous="normal"))
        began = time.process_time()
        for change in recorder.changes:
            bare.commit(change)
        spent["commit"] = time.process_time() - began
    return spent


def beside_parts(count: int) -> tuple[dict[str, float], float]:
    """The CPU seconds of the command and of its parts, and how many times the parts the command takes."""
    start = measured(0)["cpu_seconds"]
    whole = measured(count)["cpu_seconds"]
    spent = parts(count)
    told = {f"{name}_cpu_seconds_{count}": value for name, value in spent.items()}
    told |= {f"route_cpu_seconds_{count}": whole, "start_cpu_seconds": start}
    return told, (whole - start) / sum(spent.values())


def measure(sizes: tuple[int, int], count: int) -> dict[str, list[dict[str, object]]]:
    """Measure both sizes, and the parts of so many leads, and judge the bars."""
    small, large = sizes
    found = {each: measured(each) for each in sizes}
    ratio = round(found[large]["peak_mib"] / found[small]["peak_mib"], 3)
    told = {f"{name}_{each}": value for each in sizes for name, value in found[each].items()}
    more, times = beside_parts(count)
    return {
        "figures": figures(told | more),
        "bars": [at_most("peak_ratio", ratio, RATIO), at_most("parts_ratio", times, PARTS)],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where both bars hold."""
    quick = "4,000 leads, not 100,000, and 2,000, not 20,000"
    chosen = options(__doc__, quick).parse_args(arguments)
    found = measure(QUICK, QUICK_LEADS) if chosen.quick else measure(SIZES, LEADS)
    return tell(found, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
