"""Kill -9 in the middle of four processes that route 2,000 leads to 20 reps over one SQLite file, again and again.

python benchmarks/killing.py            50 runs of 2,000 leads
python benchmarks/killing.py --quick    3 runs of 200 leads
python benchmarks/killing.py --json     one object with figures and bars
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from telling import at_least, at_most, figures, options, tell

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.offers import soak


def main() -> int:
    """Run the soak and say what the audits found."""
    parser = options(__doc__, "3 runs of 200 leads")
    parser.add_argument("--runs", type=int, help="how many runs")
    chosen = parser.parse_args()
    runs, leads, longest = (3, 200, 0.4) if chosen.quick else (50, 2_000, 2.0)
    runs = chosen.runs or runs
    kills, wrong = 0, []
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            job = soak.Job(Path(folder) / "leads.db", leads, capacity=leads // 25)
            killed = soak.run(job, kills=4, seed=seed, longest=longest)
            kills += killed.kills
            wrong += [f"run {seed}: {line}" for line in soak.audit(job)]
            if killed.exits != (0,) * soak.WORKERS:
                wrong.append(f"run {seed}: workers ended with {killed.exits}")
        if not chosen.json:
            print(f"run {seed}: {killed.kills} killed, {len(wrong)} faults so far", flush=True)
    bars = [
        at_most("faults found by the audits", len(wrong), 0),
        at_least("workers killed", kills, runs),
    ]
    found = {"runs": runs, "leads": leads, "kills": kills, "faults": wrong}
    return tell({"figures": figures(found), "bars": bars}, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
