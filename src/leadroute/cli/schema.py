"""``leadroute schema``: the JSON Schema of policy files, for editors."""

from __future__ import annotations

import json
from typing import Any

from leadroute.cli.output import Screen
from leadroute.formats.policy_schema import policy_schema

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of policy files, for editors",
        description="Print the JSON Schema of policy files, with which editors complete and check them.",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Print the schema."""
    screen.say(json.dumps(policy_schema(), indent=2, ensure_ascii=False))
    return 0
