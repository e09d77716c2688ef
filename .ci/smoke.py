"""Prove that the installed wheel works with its run-time dependencies alone.

Run with `python -I` in an environment that holds the wheel and nothing else, from an empty folder.
"""

import subprocess
import sys
from importlib import import_module
from importlib.metadata import distributions, version
from pathlib import Path

# What the wheel brings by itself: its three dependencies, and what those need in turn.
ALLOWED = {"attrs", "cattrs", "leadroute", "sortedcontainers", "typing-extensions", "tzdata"}
# What `python -m venv` brings.
PRESENT = {"pip", "setuptools"}


def run(*arguments: str) -> str:
    """Run the installed command and return what it prints."""
    command = [str(Path(sys.executable).with_name("leadroute")), *arguments]
    finished = subprocess.run(
        command, capture_output=True, check=False, encoding="utf-8", stdin=subprocess.DEVNULL
    )
    if finished.returncode != 0 or finished.stderr:
        message = f"{command}: exit {finished.returncode}\n{finished.stdout}\n{finished.stderr}"
        raise SystemExit(message)
    return finished.stdout


def main() -> None:
    """Import every public name, then run the command."""
    installed = {found.name.lower().replace("_", "-") for found in distributions()} - PRESENT
    assert installed <= ALLOWED, f"more is installed than is declared: {installed - ALLOWED}"

    package = import_module("leadroute")
    assert "site-packages" in str(package.__file__), package.__file__
    assert Path(package.__file__).with_name("py.typed").is_file(), "py.typed is not in the wheel"
    missing = [name for name in package.__all__ if not hasattr(package, name)]
    assert not missing, f"in __all__ and not there: {missing}"
    assert package.__version__ == version("leadroute"), package.__version__

    assert version("leadroute") in run("--version")
    assert "leadroute" in run("--help")
    print(run("demo"))
    print(
        f"smoke: {len(package.__all__)} public names, version, help and demo; {sorted(installed)}"
    )


if __name__ == "__main__":
    main()
