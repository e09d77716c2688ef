"""What the command line may hold, and what becomes of every way in which a command can end.

The rules of this module:

* Exit codes: 0 all is well; 1 there are findings, or rows that could not be used; 2 the command was wrong, or a
  policy, roster or store cannot be used; 130 interrupted.
* Results go to standard output, everything else to standard error.
* Whatever goes wrong in an expected way is told in a message, never in a traceback.
* A reader that goes away, such as ``head``, ends the command in silence.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from io import TextIOWrapper
from sqlite3 import DatabaseError

from leadroute.cli import check, demo, diff, explain, report, route, schema, show, test
from leadroute.cli.output import Screen
from leadroute.errors import LeadrouteError

__all__ = ["main"]

_COMMANDS = (route, explain, check, test, diff, show, schema, report, demo)
_EXIT_CODES = """\
exit codes:
  0    all is well
  1    there are findings, or rows that could not be used
  2    the command was wrong, or a policy, roster or store cannot be used
  130  interrupted
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: The words of the command line; those of the process when not given.

    Returns:
        The exit code.

    Raises:
        SystemExit: The command line cannot be read, or help or the version was asked for.
    """
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        _speak_utf8(stream)
    options = _parser().parse_args(arguments)
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
        screen.note(f"leadroute: {where}{error.strerror or error}")
        return 2
    except (LeadrouteError, DatabaseError) as error:
        screen.note(f"leadroute: {error}")
        return 2
    return code


def _speak_utf8(stream: object) -> None:
    """Read and write UTF-8 whatever the locale says; a byte that is none is named with its row, not a crash."""
    if isinstance(stream, TextIOWrapper):
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")


def _parser() -> ArgumentParser:
    from leadroute import __version__

    parser = ArgumentParser(
        prog="leadroute",
        description="Give every lead to the right rep, and say why.",
        epilog=_EXIT_CODES,
        formatter_class=RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"leadroute {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser
