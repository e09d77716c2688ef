"""``leadroute diff``: the leads that another policy would give to somebody else.

The rules of this module:

* Each lead is judged on its own. Nothing is stored, and memory stays constant.
* A bad row, or a lead that a policy cannot judge, is named, and the others go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from leadroute.cli.inputs import (
    add_json,
    add_leads,
    add_now,
    clock_of,
    existing,
    leads_of,
    roster_of,
)
from leadroute.cli.output import Screen, in_json
from leadroute.formats.policy_file import load_policy
from leadroute.insight.explanations import diff
from leadroute.model.lead import Lead

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "diff",
        help="say which leads another policy would give to somebody else, and why",
        description="Rank every lead under two policies, and name each that goes to somebody else, from whom to whom, "
        "and why. Nothing is stored.",
        allow_abbrev=False,
    )
    parser.add_argument("old", metavar="OLD", help="the policy as it is: TOML or JSON")
    parser.add_argument("new", metavar="NEW", help="the policy as it shall be: TOML or JSON")
    parser.add_argument(
        "--reps", required=True, metavar="FILE", help="the reps: CSV, JSON or JSON lines"
    )
    add_leads(parser)
    add_now(parser)
    add_json(parser, "one JSON object per lead that moves")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Rank, compare and print."""
    old, new = (load_policy(existing(path)) for path in (options.old, options.new))
    roster = roster_of(options, new)
    now = clock_of(options).now()
    leads = moved = bad = 0

    def refuse(error: Exception) -> None:
        nonlocal bad
        bad += 1
        screen.note(str(error))

    def readable() -> Iterator[Lead]:
        nonlocal leads
        for lead in leads_of(options, new):
            if isinstance(lead, Lead):
                leads += 1
                yield lead
            else:
                refuse(lead)

    for move in diff(old, new, readable(), roster, now=now, unjudged=refuse):
        moved += 1
        screen.say(in_json(move.plain) if options.json else str(move))
    screen.note(f"{moved} of {leads} leads move; {bad} could not be judged")
    return 1 if bad else 0
