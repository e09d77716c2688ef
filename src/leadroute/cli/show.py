"""``leadroute show``: a policy in plain words, or as a picture."""

from __future__ import annotations

from typing import Any

from leadroute.cli.inputs import existing
from leadroute.cli.output import Screen
from leadroute.formats.policy_file import load_policy
from leadroute.insight.description import describe_policy
from leadroute.insight.diagram import graphviz, mermaid

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "show",
        help="say what a policy does, in plain words or as a picture",
        description="Say what a policy does, for people who do not read code: every rule as a sentence, or the whole "
        "policy as a picture.",
        allow_abbrev=False,
    )
    parser.add_argument("policy", metavar="POLICY", help="the policy: TOML or JSON")
    drawn = parser.add_mutually_exclusive_group()
    drawn.add_argument(
        "--mermaid", dest="draw", action="store_const", const=mermaid, help="as a Mermaid chart"
    )
    drawn.add_argument(
        "--graphviz", dest="draw", action="store_const", const=graphviz, help="as a Graphviz graph"
    )
    parser.set_defaults(run=run, draw=describe_policy)


def run(options: Any, screen: Screen) -> int:
    """Load and print."""
    screen.say(options.draw(load_policy(existing(options.policy))).removesuffix("\n"))
    return 0
