"""What a policy does to known leads: its own tests, and who loses which lead to whom under another policy.

A test is decided with nothing open and nothing won.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from itertools import chain, islice
from typing import Any, Final

from attrs import asdict, evolve, fields, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.lead import Lead
from leadroute.model.rep import Reps, Roster, roster_of
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import every, must_be, one_line
from leadroute.ranking.policy_checks import Case
from leadroute.ranking.ranking import Assignment, Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.rule import OUTCOMES, Rule

PORTION: Final = 8_192  # how many leads are read at a time


@frozen
class Move:
    """One lead that another policy would give to another rep.

    Args:
        lead_id: The lead.
        before: The rep under the old policy; ``None`` when there is none.
        after: The rep under the new policy; ``None`` when there is none.
        rule_before: The rule under the old policy; ``None`` when none matched.
        rule_after: The rule under the new policy; ``None`` when none matched.
        reason: What makes the difference, in words.
        label_before: The name of the rep under the old policy; empty when there is none.
        label_after: The name of the rep under the new policy; empty when there is none.
    """

    lead_id: str
    before: str | None
    after: str | None
    rule_before: str | None
    rule_after: str | None
    reason: str
    label_before: str = ""
    label_after: str = ""

    @property
    def plain(self) -> dict[str, Any]:
        """The move as data for programs."""
        return asdict(self, filter=lambda each, _: not each.name.startswith("label"))

    def __str__(self) -> str:
        before, after = self.label_before or "nobody", self.label_after or "nobody"
        return f"{one_line(self.lead_id)}: {before} -> {after}: {self.reason}"


def diff(
    old: Router,
    new: Router,
    leads: Iterable[Lead],
    roster: Reps,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    unjudged: Callable[[FieldTypeError], object] | None = None,
) -> Iterator[Move]:
    """Yield the leads that another policy gives to another rep.

    Memory is constant.

    Args:
        old: The policy as it is.
        new: The new policy.
        leads: The leads; read a portion of ``PORTION`` at a time.
        roster: The reps there are.
        now: As for ``Router.rank``.
        snapshot: As for ``Router.rank``.
        unjudged: Told why, for each lead that a policy cannot judge, and the others go on; without it, that is raised.

    Raises:
        FieldTypeError: As for ``Router.rank``, for a lead that has to be ranked.

    Complexity: two matches a lead, and two rankings where they differ; constant memory.

    Example:
        >>> from leadroute import REP, Rep, Rule
        >>> team = [Rep("ada", level=1), Rep("bob", level=3)]
        >>> old = Router(rules=[Rule("all")])
        >>> new = Router(rules=[Rule("all", require=REP.level >= 2)])
        >>> for move in diff(old, new, [Lead("L-1")], team):
        ...     print(move)
        L-1: ada -> bob: ada: level is 1; the rule asks for 2 or more
    """
    must_be(Router, old=old, new=new)
    roster = roster_of(roster)
    unchanged, pending = _unchanged(old, new), every(Lead, leads=leads)
    portions = iter(lambda: tuple(islice(pending, PORTION)), ())
    for lead in chain.from_iterable(_doubtful(old, new, each, now, unchanged) for each in portions):
        try:
            before = old.rank(lead, roster, now=now, snapshot=snapshot)
            after = new.rank(lead, roster, now=now, snapshot=snapshot)
        except FieldTypeError as error:
            if unjudged is None:
                raise
            unjudged(error)
            continue
        (one, was), (other, now_is) = _who(before.best), _who(after.best)
        if one != other:
            rules, why = (before.rule, after.rule), _why(before, after)
            yield Move(lead.id, one, other, *rules, why, was, now_is)


_BESIDE_RULES: Final = (
    *[each.name for each in fields(Router) if each.eq and each.name != "rules"],
    "predicates",
    "lists",
)


def _unchanged(old: Router, new: Router) -> frozenset[str | None] | None:
    """Return the rules under which a lead cannot move; ``None`` where more than rules differs."""
    if any(getattr(old, name) != getattr(new, name) for name in _BESIDE_RULES):
        return None
    before = {rule.name: rule for rule in old.rules}
    return frozenset(
        [None, *(rule.name for rule in new.rules if _ranks_alike(before.get(rule.name), rule))]
    )


def _ranks_alike(one: Rule | None, other: Rule) -> bool:
    # They differ in nothing but the leads that they take.
    return one is not None and (one == other or evolve(one, when=other.when) == other)


def _doubtful(
    old: Router,
    new: Router,
    leads: tuple[Lead, ...],
    now: datetime | None,
    unchanged: frozenset[str | None] | None,
) -> Iterable[Lead]:
    """Return the leads that have to be ranked to know whether they move."""
    if unchanged is None:
        return leads
    try:
        rules = [router.match_each(leads, now) for router in (old, new)]
    except TypeError:  # ranking says of which lead, or knows the instant that each was received
        return leads
    before, after = ([rule.name if rule else None for rule in found] for found in rules)
    return [
        lead
        for lead, one, other in zip(leads, before, after, strict=True)
        if one != other or one not in unchanged
    ]


def _who(best: Assignment | None) -> tuple[str | None, str]:
    return (None, "") if best is None else (best.rep_id, best.label)


def _why(before: Ranking, after: Ranking) -> str:
    told = [*_regraded(before, after)]
    if before.rule != after.rule:
        told.append(f"{_rule(after)} instead of {_rule(before)}")
    if after.best is None:
        told.append(f"{after.outcome.reason}{f': {after.detail}' if after.detail else ''}")
    if before.best is None:
        told.append(f"before, {before.outcome.reason}")
    else:
        told += _lost(before.best, after)
    return "; ".join(told)


def _regraded(before: Ranking, after: Ranking) -> Iterator[str]:
    """How the lead is graded otherwise."""
    was, now = (
        None if each.lead_score is None else each.lead_score.grade for each in (before, after)
    )
    if was != now:
        yield f"grade {now or 'none'} instead of {was or 'none'}"


def _rule(ranking: Ranking) -> str:
    return "no rule" if ranking.rule is None else f"rule {ranking.rule!r}"


def _lost(best: Assignment, after: Ranking) -> Iterator[str]:
    """Say what became of the rep who had the lead."""
    for assignment in after.assignments:
        if assignment.rep_id == best.rep_id:
            first = after.assignments[0]
            yield f"{first.label} scores {first.score:.2f} and {best.label} {assignment.score:.2f}"
            return
    rejection = after.rejection(best.rep_id)
    if rejection is not None:
        yield f"{best.label}: {rejection.reason}"
    elif after.pool is not None:
        yield f"{best.label} is not in the pool {after.pool!r}"


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
