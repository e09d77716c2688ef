"""The command line: what it may hold, and every way in which a command can end.

Results go to standard output, everything else to standard error. Whatever goes wrong in an expected
way is said in a message, never in a traceback.
"""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from io import TextIOWrapper
from sqlite3 import DatabaseError
from typing import Any, NoReturn

from leadroute.cli import check, demo, explain, report, route
from leadroute.cli.console import Screen, existing
from leadroute.cli.store import unseen
from leadroute.errors import LeadrouteError
from leadroute.formats.json_schema import policy_schema
from leadroute.formats.policy_file import load_policy
from leadroute.insight.description import describe_policy, graphviz, mermaid

_EXIT_CODES = """\
exit codes:
  0    all is well
  1    there are findings, or rows that could not be used
  2    the command was wrong, or a policy, roster or store cannot be used
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _speak_utf8(stream)
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:  # by the parser of the command, whose usage names what it takes
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    screen = Screen(sys.stdout, sys.stderr, os.environ)
    try:
        code: int = options.run(options, screen)
        screen.close()
    except BrokenPipeError:
        # What Python would still flush at its end has no reader either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        screen.note("leadroute: interrupted")
        return 130
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        screen.note(unseen(f"leadroute: {where}{error.strerror or error}"))
        return 2
    except (LeadrouteError, DatabaseError) as error:
        screen.note(unseen(f"leadroute: {error}"))
        return 2
    return code


def _speak_utf8(stream: object) -> None:
    # Whatever the locale says; a byte that is not UTF-8 is named with its row, and is not a crash.
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")


class _Parser(ArgumentParser):
    """A parser that takes no abbreviated options, and repeats no password."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "allow_abbrev": False})

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command."""
        super().error(unseen(message))


def _parser() -> ArgumentParser:
    from leadroute import __version__

    parser = _Parser(
        prog="leadroute",
        description="Give every lead to the right rep, and say why.",
        epilog=_EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"leadroute {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=_Parser
    )
    for add in (route.add, explain.add, check.add, check.add_test, explain.add_diff):
        add(commands)
    for add in (_add_show, _add_schema, report.add, demo.add):
        add(commands)
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return parser


def _add_show(commands: Any) -> None:
    parser = commands.add_parser(
        "show",
        help="say what a policy does, in plain words or as a picture",
        description="Say what a policy does, for people who do not read code: every rule as a sentence, or the whole "
        "policy as a picture.",
    )
    parser.add_argument("policy", metavar="POLICY", help="the policy: TOML or JSON")
    drawn = parser.add_mutually_exclusive_group()
    for option, draw, what in (
        ("--mermaid", mermaid, "as a Mermaid chart"),
        ("--graphviz", graphviz, "as a Graphviz graph"),
    ):
        drawn.add_argument(option, dest="draw", action="store_const", const=draw, help=what)
    parser.set_defaults(run=_show, draw=describe_policy)


def _show(options: Any, screen: Screen) -> int:
    screen.say(options.draw(load_policy(existing(options.policy))).removesuffix("\n"))
    return 0


def _add_schema(commands: Any) -> None:
    parser = commands.add_parser(
        "schema",
        help="print the JSON Schema of policy files, for editors",
        description="Print the JSON Schema of policy files, with which editors complete and check them.",
    )
    parser.set_defaults(run=_schema)


def _schema(_options: Any, screen: Screen) -> int:
    screen.say(json.dumps(policy_schema(), indent=2, ensure_ascii=False))
    return 0
