"""Tests of a policy that live in its file, decided with nothing open and nothing won."""

from __future__ import annotations

from attrs import frozen

from leadroute.errors import FieldTypeError
from leadroute.model.roster import Reps, Roster, roster_of
from leadroute.ranking.case import Case
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.rule import OUTCOMES


@frozen
class Difference:
    """One thing that came out otherwise.

    Args:
        what: ``rule``, ``pool``, ``rep`` or ``outcome``.
        expected: What the case expects.
        found: What the policy did; ``None`` for nothing.
    """

    what: str
    expected: str
    found: str | None

    def __str__(self) -> str:
        found = "nothing" if self.found is None else repr(self.found)
        return f"{self.what}: expected {self.expected!r}, found {found}"


@frozen
class Result:
    """What became of one case.

    Args:
        name: The name of the case.
        differences: What came out otherwise; empty when the case passed.
        ranking: The decision, with every reason; ``None`` when there is none.
        problem: Why there is none.
    """

    name: str
    differences: tuple[Difference, ...] = ()
    ranking: Ranking | None = None
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything came out as expected."""
        return not (self.differences or self.problem)


def run_tests(policy: Router, roster: Reps | None = None) -> list[Result]:
    """Decide every test case of a policy. O(cases x reps).

    Args:
        policy: The policy, whose ``tests`` are run.
        roster: The reps, for the cases that bring none of their own.

    Returns:
        A result for each case, in their order.

    Example:
        >>> from leadroute import Lead, Rep, Rule
        >>> case = Case("anyone", lead=Lead("L-1"), rep="ada")
        >>> policy = Router(rules=[Rule("all")], tests=[case])
        >>> [str(difference) for difference in run_tests(policy)[0].differences]
        ["rep: expected 'ada', found nothing"]
        >>> run_tests(policy, Roster([Rep("ada")]))[0].passed
        True
    """
    team = roster_of(roster or ())
    return [_result(policy, case, team) for case in policy.tests]


def _result(policy: Router, case: Case, roster: Roster) -> Result:
    team = Roster(case.reps) if case.reps else roster
    try:
        ranking = policy.rank(case.lead, team, now=case.now)
    except FieldTypeError as error:
        timeless = error.field == "now" and case.now is None
        remedy = "; a test gives it as now = 2026-03-02T09:00:00Z" if timeless else ""
        return Result(case.name, problem=f"{error}{remedy}")
    differences = (
        Difference(what, expected, found)
        for what, expected in case.expected.items()
        if (found := _found(what, expected, ranking)) != expected
    )
    return Result(case.name, tuple(differences), ranking)


def _found(what: str, expected: str, ranking: Ranking) -> str | None:
    if what == "rep":
        return None if ranking.best is None else ranking.best.rep_id
    if what == "outcome":
        refused = ranking.outcome is Outcome.DISQUALIFIED and expected in OUTCOMES
        return ranking.verdict if refused else ranking.outcome.value
    return ranking.rule if what == "rule" else ranking.pool
