"""The lint: what is wrong with a policy, before a lead meets it.

The same policy and roster give the same findings, in the order of the policy.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Final

from attrs import evolve

from leadroute.insight.lint.analysis import CODES, Code, Finding, Severity, Subject
from leadroute.insight.lint.deadline_checks import responses
from leadroute.insight.lint.policy_checks import (
    best_first,
    contradictions,
    equal_terms,
    habits,
    order,
    remainder,
    scores,
    steps,
)
from leadroute.insight.lint.requirement_checks import broadcasts, requirements
from leadroute.insight.lint.roster_checks import (
    calls,
    hours,
    names,
    nobody,
    pools,
    shared,
    territories,
    unheld,
    unknown,
    unmet,
)
from leadroute.model.rep import Reps, roster_of
from leadroute.model.validation import aware, must_be
from leadroute.ranking.router import Router

__all__ = ["CODES", "Code", "Finding", "Severity", "check"]


def check(
    router: Router,
    roster: Reps | None = None,
    *,
    now: datetime | None = None,
    lines: Mapping[str, int] | None = None,
) -> tuple[Finding, ...]:
    """Find what is wrong with a policy.

    Args:
        router: The policy. Its ``silences`` leave out what is meant to be as it is.
        roster: The reps it is used with. Without them, only the rules are held against one another.
        now: An instant in the week whose hours are looked at, aware. Without it, they are not.
        lines: The lines of the policy file by place, as ``leadroute.formats.policy_source.lines_of`` gives them.

    Returns:
        The findings. ``leadroute.insight.lint.CODES`` has every code with its severity.

    Raises:
        FieldTypeError: ``now`` is naive, or something is of the wrong kind.

    Complexity: O(rules squared) in the worst case, with a bound beyond which a finding says so.

    Example:
        >>> from leadroute import LEAD, Router, Rule
        >>> rules = [Rule("all"), Rule("big", when=LEAD.employees > 500)]
        >>> found = check(Router(rules=rules))
        >>> print(found[0])
        rule[1]: error LR002: rule 'big' is never reached, because 'all' takes all of its leads \
(for example lead.employees == 501); move it up, or remove it
    """
    must_be(Router, router=router)
    team = None if roster is None else roster_of(roster)
    subject = Subject(router, team, None if now is None else aware(now))
    found = tuple(_found(subject))
    kept = [finding for finding in found if finding.code not in router.ignore]
    kept += _ignored(router.ignore, found, subject)
    return tuple(evolve(each, line=_line(each.place, lines or {})) for each in kept)


_OF_RULES: Final = (contradictions, order, remainder)
_OF_REPS: Final = (names, pools, broadcasts, requirements, unknown, hours, unheld, shared, unmet)
_OF_THE_WHOLE: Final = (
    territories,
    calls,
    habits,
    equal_terms,
    best_first,
    scores,
    steps,
    responses,
)


def _found(subject: Subject) -> Iterator[Finding]:
    of_reps: tuple[Callable[[Subject], Iterator[Finding]], ...] = ()
    if subject.roster is not None:
        of_reps = _OF_REPS if subject.active(None) else (nobody,)
    for look in (*_OF_RULES, *of_reps, *_OF_THE_WHOLE):
        yield from look(subject)


def _ignored(
    ignore: Mapping[str, str], found: Iterable[Finding], subject: Subject
) -> Iterator[Finding]:
    used = {finding.code for finding in found}
    for code in ignore:
        place = f"lint.ignore.{code}"
        if code not in CODES:
            explanation = f"there is no code {code}"
            yield Finding("LR902", place, explanation, "remove it, or correct the code")
        elif code not in used and _looked_for(code, subject):
            explanation = f"no finding has the code {code} ({CODES[code].title})"
            yield Finding("LR901", place, explanation, "remove it")


_OF_PEOPLE: Final = ("LR1", "LR2", "LR305", "LR402", "LR405", "LR406")


def _looked_for(code: str, subject: Subject) -> bool:
    """Tell whether what was given is enough to find this."""
    of_people = code.startswith(_OF_PEOPLE)
    of_hours = code in ("LR201", "LR202")
    return not ((of_people and subject.roster is None) or (of_hours and subject.now is None))


def _line(place: str, lines: Mapping[str, int]) -> int | None:
    """Return the line of a place, or else of the nearest table around it."""
    while place:
        if place in lines:
            return lines[place]
        place = place.rpartition(".")[0]
    return None
