"""``leadroute check`` and ``leadroute test``: a policy against a roster, and its own tests.

What cannot be loaded is an error of the file, and the exit code is 2. What can be loaded and cannot
work is a finding; errors and warnings make the exit code 1, hints do not. Leads are read and not
routed; a bad row makes it 1. A policy without tests has not passed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from textwrap import indent
from typing import Any

from attrs import evolve

from leadroute.cli.console import (
    Screen,
    add_json,
    add_leads,
    add_now,
    add_policy,
    clock_of,
    existing,
    leads_of,
    policy_of,
    roster_of,
    told_restored,
    unfilled,
)
from leadroute.cli.route import NAMED
from leadroute.errors import ConfigError, PolicyError, RowError
from leadroute.formats.policy_file import load_policy
from leadroute.formats.policy_source import read_extended
from leadroute.formats.rows import read_reps
from leadroute.insight.lint import Finding, Severity, check
from leadroute.insight.trials import Result, run_tests
from leadroute.model.rep import Roster
from leadroute.ranking.router import Router
from leadroute.rules.describe import plural


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "check",
        help="find what is wrong with a policy, before a lead meets it",
        description="Hold a policy against itself and a roster: rules that no lead reaches, conditions that are never "
        "true, empty pools, requirements that nobody meets, names that nobody has, hours without anybody. Errors and "
        "warnings make the exit code 1, hints alone do not. With --leads, say what the columns of the leads fill and "
        "which rows cannot be read.",
        allow_abbrev=False,
    )
    add_policy(parser, required=False)
    add_leads(parser, required=False)
    add_now(parser)
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Load, check and print."""
    if (options.policy is None) != (options.reps is None) or (
        options.policy is None and options.leads is None
    ):
        raise ConfigError("check takes --policy and --reps, or --leads, or all three")
    router = None
    told: dict[str, Any] = {"ok": True}
    if options.policy is not None:
        try:
            router = policy_of(options)
        except PolicyError as error:
            if not options.json:
                raise
            screen.data({"ok": False, "errors": [_told(each) for each in error.errors]})
            return 2
        told |= _policy(options, router, screen)
    if options.leads is not None:
        leads = _leads(options, router, screen)
        told |= {"ok": told["ok"] and not leads["bad"], "leads": leads}
    if options.json:
        screen.data(told)
    return 0 if told["ok"] else 1


def _policy(options: Any, router: Router, screen: Screen) -> dict[str, Any]:
    """What is found in the policy, printed unless it is asked for as JSON."""
    roster, errors = read_reps(existing(options.reps), custom=router.custom_fields)
    unread = [
        Finding("LR100", f"{error.source}:{error.line}", "; ".join(map(str, error.faults)), _REMEDY)
        for error in errors
    ]
    parts = read_extended(options.policy)
    found = [*unread]
    for each in check(router, roster, now=clock_of(options).now()):
        file, line = parts.spot(each.place)
        found.append(evolve(each, line=line, file="" if file == parts.name else file))
    severities = Counter(each.severity for each in found)
    serious = bool(severities[Severity.ERROR] or severities[Severity.WARNING])
    totals = {"rules": len(router.rules), "pools": len(router.pools), "reps": len(roster)}
    if not options.json:
        for each in found:
            screen.say(str(each))
        sizes = ", ".join(plural(count, name.removesuffix("s")) for name, count in totals.items())
        screen.say(f"{sizes}: {_verdict(severities)}")
    return {"ok": not serious, **totals, "findings": [each.plain for each in found]}


def _leads(options: Any, router: Router | None, screen: Screen) -> dict[str, Any]:
    """What the columns of the leads fill and which rows cannot be read, printed unless as JSON."""
    reading = leads_of(options, router)
    counts = Counter[str]()
    bad: list[RowError] = []
    for found in screen.progress("reading", reading):
        counts["bad" if isinstance(found, RowError) else "leads"] += 1
        if isinstance(found, RowError):
            bad += [found] if len(bad) < NAMED else []
        elif _TELLS_WHO.search(found.id):
            counts["personal ids"] += 1
    unread = [] if router is None else unfilled(router, reading, country=options.country)
    if not options.json:
        for line in (*map(str, reading.columns), *map(str, bad)):
            screen.say(line)
        if unread:
            screen.say(f"the policy reads {', '.join(unread)}, which no column fills")
        if counts["personal ids"]:
            alike = (
                f"{plural(counts['personal ids'], 'id')} like an e-mail address or a phone number"
            )
            screen.say(f"{alike}: ids are kept when a lead is forgotten; take ids that tell nobody")
        sizes = f"{plural(counts['leads'], 'lead')}, {plural(counts['bad'], 'bad row')}"
        screen.say(f"{reading.name}: {sizes}{told_restored(reading.restored)}")
    return {
        "leads": counts["leads"],
        "bad": counts["bad"],
        "restored": reading.restored,
        "personal_ids": counts["personal ids"],
        "columns": [
            {"header": each.header, "fills": each.fills, "near": each.near or None}
            for each in reading.columns
        ],
        "unread": unread,
        "faults": [
            {"line": each.line, "field": fault.field, "problem": fault.problem}
            for each in bad
            for fault in each.faults
        ],
    }


_TELLS_WHO = re.compile(r"@|^\+\d[\d ()/.-]{6,}$|^\(?0\d{1,5}[ )/-]+[\d ()/.-]{4,}$")
"""An e-mail address, or a phone number with its plus or with blanks and dashes; digits alone are an id."""

_REMEDY = "correct the row; all other checks leave it out"


def _told(error: ConfigError) -> Mapping[str, Any]:
    where, _, place = error.place.partition(": ")
    file, _, line = where.rpartition(":")
    known = line.isdecimal()
    return {
        "file": file if known else where,
        "line": int(line) if known else None,
        "place": place,
        "problem": error.problem,
    }


def _verdict(severities: Mapping[Severity, int]) -> str:
    told = [plural(severities[each], str(each)) for each in Severity if severities[each]]
    return ", ".join(told) or "no findings"


def add_test(commands: Any) -> None:
    """Put the command ``test`` into the command line."""
    parser = commands.add_parser(
        "test",
        help="run the tests that a policy file carries",
        description="Run the [[test]] cases of a policy file, and say what came out otherwise and why.",
    )
    parser.add_argument("policy", metavar="POLICY", help="the policy: TOML or JSON")
    parser.add_argument(
        "--reps",
        metavar="FILE",
        help="the reps, for tests that bring none: CSV, JSON or JSON lines",
    )
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run_test)


def run_test(options: Any, screen: Screen) -> int:
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
            f"{plural(len(results), 'test')}: {len(results) - failed} passed, {failed} failed"
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
