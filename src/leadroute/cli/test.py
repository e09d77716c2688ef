"""``leadroute test``: the tests that a policy file carries.

The rules of this module:

* A line for each test; one that fails is followed by what differs and by the whole decision.
* A policy without tests has not passed.
"""

from __future__ import annotations

from textwrap import indent
from typing import Any

from leadroute.cli.inputs import add_json, existing, roster_of
from leadroute.cli.output import Screen
from leadroute.formats.policy_file import load_policy
from leadroute.insight.policy_tests import Result, run_tests
from leadroute.model.roster import Roster

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "test",
        help="run the tests that a policy file carries",
        description="Run the [[test]] cases of a policy file, and say what came out otherwise and why.",
        allow_abbrev=False,
    )
    parser.add_argument("policy", metavar="POLICY", help="the policy: TOML or JSON")
    parser.add_argument(
        "--reps",
        metavar="FILE",
        help="the reps, for tests that bring none: CSV, JSON or JSON lines",
    )
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Load, run and print."""
    router = load_policy(existing(options.policy))
    roster = Roster() if options.reps is None else roster_of(options, router)
    results = run_tests(router, roster)
    failed = sum(not result.passed for result in results)
    if options.json:
        screen.data(_plain(results))
    else:
        for result in results:
            _tell(result, screen)
        screen.say(
            f"{len(results)} tests: {len(results) - failed} passed, {failed} failed"
            if results
            else f"no tests in {options.policy}; add [[test]] tables"
        )
    return 1 if failed or not results else 0


def _tell(result: Result, screen: Screen) -> None:
    screen.say(f"{'ok  ' if result.passed else 'FAIL'}  {result.name}")
    for difference in result.differences:
        screen.say(f"      {difference}")
    if result.problem:
        screen.say(f"      {result.problem}")
    elif not result.passed:
        screen.say(indent(str(result.ranking), "      | "))


def _plain(results: list[Result]) -> dict[str, Any]:
    told = [
        {
            "name": result.name,
            "passed": result.passed,
            "differences": [
                {"what": each.what, "expected": each.expected, "found": each.found}
                for each in result.differences
            ],
            "problem": result.problem,
            "ranking": None if result.ranking is None else str(result.ranking),
        }
        for result in results
    ]
    return {"ok": bool(results) and all(result.passed for result in results), "tests": told}
