"""``leadroute check``: a policy held against a roster, before a lead meets either.

The rules of this module:

* What cannot be loaded is an error of the file, told by the loader, and the exit code is 2. What can be loaded and
  cannot work is a finding.
* Both have their line, in the file of which the policy has it, when it builds on others.
* Errors and warnings make the exit code 1. Hints do not.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from attrs import evolve

from leadroute.cli.inputs import add_json, add_now, add_policy, clock_of, existing, policy_of
from leadroute.cli.output import Screen
from leadroute.errors import ConfigError, PolicyError
from leadroute.formats.policy_source import read_extended
from leadroute.formats.rows import read_reps
from leadroute.insight.lint import Finding, Severity, check

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "check",
        help="find what is wrong with a policy, before a lead meets it",
        description="Hold a policy against itself and a roster: rules that no lead reaches, conditions that are never "
        "true, empty pools, requirements that nobody meets, names that nobody has, hours without anybody. Errors and "
        "warnings make the exit code 1, hints alone do not.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_now(parser)
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Load, check and print."""
    try:
        router = policy_of(options)
    except PolicyError as error:
        if not options.json:
            raise
        told = {"ok": False, "errors": [_told(each) for each in error.errors]}
        screen.say(json.dumps(told, ensure_ascii=False))
        return 2
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
    counted = {"rules": len(router.rules), "pools": len(router.pools), "reps": len(roster)}
    if options.json:
        told = {"ok": not serious, **counted, "findings": [each.plain for each in found]}
        screen.say(json.dumps(told, ensure_ascii=False))
    else:
        for each in found:
            screen.say(str(each))
        sizes = ", ".join(f"{count} {name}" for name, count in counted.items())
        screen.say(f"{sizes}: {_verdict(severities)}")
    return 1 if serious else 0


_REMEDY = "put the row right; it is left out of what follows"


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
    told: Sequence[str] = [
        f"{severities[each]} {each}{'s' * (severities[each] != 1)}"
        for each in Severity
        if severities[each]
    ]
    return ", ".join(told) or "no findings"
