"""What `import leadroute` loads, and how long that takes beside attrs and cattrs.

Usage: python benchmarks/import_time.py [--quick] [--json]

Three things are measured, each in new interpreters:

- The modules: `python -X importtime -c "import leadroute"` may name leadroute, its three
  dependencies (with typing_extensions, which cattrs needs) and the standard library.
- The time: importing leadroute, in multiples of importing attrs and cattrs alone.
  The two are interleaved, and the medians compared, so that a busy machine slows both.
- The time of the first names that a program asks for. Nothing is imported before, so this is what they cost; it is
  a figure and has no bar.
"""

import subprocess
import sys
from statistics import median

from telling import at_most, figures, options, tell

OURS = "import leadroute"
NAMES = "from leadroute import Lead, Rep, Roster, Router, Rule"
THEIRS = "import attrs, cattrs"
DEPENDENCIES = {"attr", "attrs", "cattr", "cattrs", "sortedcontainers", "typing_extensions"}
RATIO = 1.6


def loaded(statement: str) -> tuple[list[str], float]:
    """Return the modules that a statement adds to a new interpreter, and its milliseconds."""
    code = f"import sys; start = {{*sys.modules}}; {statement}; print(*{{*sys.modules}} - start)"
    command = [sys.executable, "-X", "importtime", "-c", code]
    finished = subprocess.run(command, capture_output=True, check=True, encoding="utf-8")
    rows = [
        line.removeprefix("import time:").split("|") for line in finished.stderr.splitlines()[1:]
    ]
    # The interpreter starts the same way for both statements, and that is no part of either.
    start = next(index for index, row in enumerate(rows) if row[2].strip() == "site") + 1
    return finished.stdout.split(), sum(int(row[0]) for row in rows[start:]) / 1000


def foreign(modules: list[str]) -> list[str]:
    """Return the modules that neither leadroute, its dependencies nor Python bring."""
    return sorted(name for name in modules if not known(name.partition(".")[0]))


def known(package: str) -> bool:
    """Tell whether a top-level package is ours, a dependency or of the standard library."""
    # The data that sysconfig reads are a module named after the platform.
    of_python = package in sys.stdlib_module_names or package.startswith("_sysconfigdata_")
    return of_python or package in DEPENDENCIES or package == "leadroute"


def measure(rounds: int) -> dict[str, list[dict[str, object]]]:
    """Measure in interleaved rounds and judge the bars."""
    loaded(NAMES)  # the first import compiles
    ours, names, theirs = [], [], []
    for _ in range(rounds):
        ours.append(loaded(OURS)[1])
        modules, spent = loaded(NAMES)
        names.append(spent)
        theirs.append(loaded(THEIRS)[1])
    ratio = median(ours) / median(theirs)
    strangers = foreign(modules)
    own = [name for name in modules if name.partition(".")[0] == "leadroute"]
    return {
        "figures": figures(
            {
                "rounds": rounds,
                "leadroute_ms": median(ours),
                "names_ms": median(names),
                "dependencies_ms": median(theirs),
                "modules": len(modules),
                "own_modules": len(own),
                "foreign_modules": strangers,
            }
        ),
        "bars": [
            at_most("foreign_modules", len(strangers), 0),
            at_most(
                "testing_modules", sum(name.startswith("leadroute.testing") for name in own), 0
            ),
            at_most("time_ratio", round(ratio, 2), RATIO),
        ],
    }


def main(arguments: list[str] | None = None) -> int:
    """Measure, report, and return 0 where every bar holds."""
    chosen = options(__doc__, "3 rounds, not 15").parse_args(arguments)
    return tell(measure(3 if chosen.quick else 15), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
