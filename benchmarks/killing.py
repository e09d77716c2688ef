"""Kill -9 in the middle of four processes that route 2,000 leads to 20 reps over one SQLite file, again and again.

python benchmarks/killing.py            50 runs of 2,000 leads
python benchmarks/killing.py --quick    3 runs of 200 leads
python benchmarks/killing.py --json     one object with figures and bars
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.offers import soak


def main() -> int:
    """Run the soak and say what the audits found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="3 runs of 200 leads")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--runs", type=int, help="how many runs")
    options = parser.parse_args()
    runs, leads, longest = (3, 200, 0.4) if options.quick else (50, 2_000, 2.0)
    runs = options.runs or runs
    kills, wrong = 0, []
    for seed in range(runs):
        with tempfile.TemporaryDirectory() as folder:
            job = soak.Job(Path(folder) / "leads.db", leads, capacity=leads // 25)
            killed = soak.run(job, kills=4, seed=seed, longest=longest)
            kills += killed.kills
            wrong += [f"run {seed}: {line}" for line in soak.audit(job)]
            if killed.exits != (0,) * soak.WORKERS:
                wrong.append(f"run {seed}: workers ended with {killed.exits}")
        if not options.json:
            print(f"run {seed}: {killed.kills} killed, {len(wrong)} faults so far", flush=True)
    bars = [
        {"name": "faults found by the audits", "value": len(wrong), "bound": 0, "ok": not wrong},
        {"name": "workers killed", "value": kills, "bound": runs, "ok": kills >= runs},
    ]
    figures = {"runs": runs, "leads": leads, "kills": kills, "faults": wrong}
    if options.json:
        print(json.dumps({"figures": figures, "bars": bars}))
    else:
        print("\n".join(wrong) or f"{runs} runs, {kills} kills: nothing lost, nothing doubled")
    return 0 if all(bar["ok"] for bar in bars) else 1


if __name__ == "__main__":
    sys.exit(main())
