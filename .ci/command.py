"""Print a command of the README, so that the gate runs what the reader is told to type.

Usage: command.py NAME

The command NAME stands alone in the first fenced block after the comment `<!-- command: NAME -->`.
"""

import re
import sys
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"


def command(name: str, text: str) -> str:
    """Return the one line of the block marked with the name."""
    found = re.findall(rf"<!-- command: {re.escape(name)} -->\n+```sh\n([^\n]+)\n```\n", text)
    if len(found) != 1:
        message = f"README.md: expected one command marked {name!r} of one line, found {len(found)}"
        raise SystemExit(message)
    return found[0]


if __name__ == "__main__":
    print(command(sys.argv[1], README.read_text(encoding="utf-8")))
