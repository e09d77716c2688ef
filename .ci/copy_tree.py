"""Copy what git would commit, or all but the leavings of tools where there is no git.

Usage: copy_tree.py SOURCE TARGET
"""

import shutil
import subprocess
import sys
from pathlib import Path

LEAVINGS = (
    ".git",
    ".venv",
    "venv",
    "build",
    "dist",
    "_build",
    "*.egg-info",
    ".*_cache",
    "__pycache__",
)


def committed(source: Path) -> list[Path] | None:
    """Return the files that git knows or would add, or None outside a repository."""
    command = ["git", "-C", str(source), "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None
    return [Path(name) for name in listed.split("\0") if (source / name).is_file()] or None


def copy(source: Path, target: Path) -> None:
    """Copy the tree at the source to the target, which must not exist."""
    files = committed(source)
    if files is None:
        shutil.copytree(source, target, ignore=shutil.ignore_patterns(*LEAVINGS))
        return
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)


if __name__ == "__main__":
    copy(Path(sys.argv[1]), Path(sys.argv[2]))
