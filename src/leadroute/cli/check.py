"""``leadroute check``: a policy held against a roster, before a lead meets either.

The rules of this module:

* What cannot be loaded is an error of the file, told by the loader. What can be loaded and cannot work is a finding.
* A finding is certain: it holds for every lead. Nothing is guessed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from attrs import frozen

from leadroute.cli.inputs import add_json, add_policy, existing, policy_of
from leadroute.cli.screen import Screen
from leadroute.formats.rows import read_reps
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.ranking.router import Router
from leadroute.rules.closures import compile_condition
from leadroute.rules.condition import Condition
from leadroute.rules.fields import FIELDS
from leadroute.rules.reading import reads
from leadroute.rules.rule import Rule

__all__ = ["Finding", "add", "findings", "run"]

_NO_LEAD = Lead("none")


@frozen
class Finding:
    """One thing that cannot work as it is written.

    Args:
        place: Where, such as ``rule 'enterprise'``.
        problem: What is wrong and what to write instead.
    """

    place: str
    problem: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}"


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "check",
        help="validate a policy against a roster",
        description="Load a policy and a roster, and name what cannot work: empty pools, requirements that nobody "
        "meets, rules that no lead reaches, reps that cannot be read.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Load, check and print."""
    router = policy_of(options)
    roster, errors = read_reps(existing(options.reps), custom=router.fields)
    found = [
        *(Finding(f"{error.source}:{error.line}", _listed(error.faults)) for error in errors),
        *findings(router, roster),
    ]
    if options.json:
        told = [{"place": each.place, "problem": each.problem} for each in found]
        counted = {"rules": len(router.rules), "pools": len(router.pools), "reps": len(roster)}
        screen.say(json.dumps({"ok": not found, **counted, "findings": told}, ensure_ascii=False))
    else:
        for each in found:
            screen.say(str(each))
        verdict = f"{len(found)} findings" if found else "no findings"
        screen.say(
            f"{len(router.rules)} rules, {len(router.pools)} pools, {len(roster)} reps: {verdict}"
        )
    return 1 if found else 0


def _listed(faults: Iterable[object]) -> str:
    return "; ".join(map(str, faults))


def findings(router: Router, roster: Roster) -> Iterator[Finding]:
    """What cannot work with these reps. O(rules x reps).

    Args:
        router: The policy.
        roster: The reps that it shall be used with.

    Example:
        >>> from leadroute import Rule
        >>> [str(each) for each in findings(Router(rules=[Rule("all")]), Roster())]
        ['reps: nobody is active, so every lead goes to the catch-all']
    """
    if not any(rep.active for rep in roster):
        yield Finding("reps", "nobody is active, so every lead goes to the catch-all")
        return
    yield from _pools(router, roster)
    yield from _order(router)
    for rule in router.rules:
        yield from _rule(rule, router, roster)


def _pools(router: Router, roster: Roster) -> Iterator[Finding]:
    for pool in router.pools:
        place = f"pool {pool.name!r}"
        strangers = sorted(rep_id for rep_id in pool.reps or () if rep_id not in roster)
        if strangers:
            yield Finding(place, f"names {', '.join(strangers)}, who are not among the reps")
        if not _at_work(router.members(pool.name, roster)):
            yield Finding(place, "has no active reps; change its members or its condition")
        if all(rule.pool != pool.name for rule in router.rules):
            yield Finding(place, "is used by no rule; name it in one, or remove it")


def _order(router: Router) -> Iterator[Finding]:
    open_to_all = [place for place, rule in enumerate(router.rules) if rule.when is None]
    if not open_to_all:
        yield Finding(
            "rules",
            f"none takes every lead, so what matches none goes to {router.catch_all!r} unseen by a rep; "
            "end with a rule without `when`",
        )
        return
    first = open_to_all[0]
    for rule in router.rules[first + 1 :]:
        before = router.rules[first].name
        yield Finding(
            f"rule {rule.name!r}", f"is never reached, because {before!r} takes every lead"
        )


def _rule(rule: Rule, router: Router, roster: Roster) -> Iterator[Finding]:
    members = _at_work(router.members(rule.pool, roster))
    if rule.require is None or not members:
        return
    place = f"rule {rule.name!r}"
    asked = reads(rule.require)
    unheld = [
        field.name
        for field in sorted(asked.rep, key=str)
        if field.name not in FIELDS["rep"]
        and not any(rep.attributes.get(field.name) is not None for rep in members)
    ]
    for name in unheld:
        yield Finding(
            place, f"requires rep[{name!r}], which no rep of its pool has; add it to the reps"
        )
    if not (unheld or asked.lead or asked.signals or asked.checks or asked.now) and not _any_meets(
        rule.require, members, router
    ):
        yield Finding(place, f"nobody in its pool meets the requirement: {rule.require}")


def _at_work(reps: Iterable[Rep]) -> list[Rep]:
    return [rep for rep in reps if rep.active]


def _any_meets(require: Condition, members: list[Rep], router: Router) -> bool:
    test = compile_condition(require, router.environment)
    return any(test(_NO_LEAD, rep, None) for rep in members)
