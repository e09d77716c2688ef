"""Why not this rep, and the smallest change that would have given them the lead."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import combinations, islice
from typing import Any, Final

from attrs import define, frozen

from leadroute.errors import ConfigError, LeadrouteError, UnknownFieldError
from leadroute.insight.explain.changes import (
    Change,
    Lever,
    Question,
    lead_lever,
    limits,
    named,
    regraded,
    rep_lever,
    scored_levers,
    terms,
    waits,
)
from leadroute.insight.explain.scorer_changes import wanted, weights
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep, Reps, Roster, roster_of
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import must_be
from leadroute.ranking.ranking import Assignment, Outcome, Ranking
from leadroute.ranking.router import Router

MOST_TRIALS = 600
"""How many rankings one question may cost. Nothing found is not a proof that there is nothing."""

MOST_PROPOSALS = 8
"""How many changes are proposed at most."""


@frozen
class WhyNot:
    """Why a rep did not get a lead, and what would have given it to them.

    Args:
        rep_id: The rep.
        ranking: The decision as it is.
        reason: Why it is not this rep; empty when it is.
        proposals: The smallest changes found, each one change or two that go together.
        label: The name that people see.
    """

    rep_id: str
    ranking: Ranking
    reason: str
    proposals: tuple[tuple[Change, ...], ...]
    label: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of the reason: of ``CODES``, or the outcome where no pool was asked.

        Empty when the rep gets the lead, or is behind another in the ranking.
        """
        if any(each.rep_id == self.rep_id for each in self.ranking.assignments):
            return ()
        if (rejection := self.ranking.rejection(self.rep_id)) is not None:
            return tuple(dict.fromkeys(each.code for each in rejection.obstacles))
        return ("not_in_pool",) if self.ranking.pool is not None else (self.ranking.outcome.value,)

    @property
    def plain(self) -> dict[str, Any]:
        """The answer as data for programs."""
        return {
            "lead_id": self.ranking.lead_id,
            "rep_id": self.rep_id,
            "codes": [*self.codes],
            "reason": self.reason,
            "proposals": [
                [{"of": each.of, "name": each.name, "words": each.words} for each in changes]
                for changes in self.proposals
            ],
        }

    def __str__(self) -> str:
        if not self.reason:
            return self.ranking.headline
        found = [f"     {' and '.join(map(str, changes))}" for changes in self.proposals]
        gone = f"  It would have gone to {self.label} if"
        head = gone if found else "  No small change would have changed that."
        why = f"  Why not {self.label}: {self.reason}"
        return "\n".join([self.ranking.headline, why, head, *found])


def why_not(
    router: Router,
    lead: Lead,
    rep: str,
    roster: Reps,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    previous_offers: Mapping[str, str] | None = None,
) -> WhyNot:
    """Say why a rep does not get a lead, with remedies.

    Args:
        router: The policy.
        lead: The lead.
        rep: The id of the rep, or the name where no other rep has it.
        roster: The reps there are.
        now: As for ``Router.rank``.
        snapshot: As for ``Router.rank``.
        previous_offers: As for ``Router.rank``.

    Raises:
        UnknownFieldError: The rep is not in the roster.
        ConfigError: Several reps have this name.
        FieldTypeError: As for ``Router.rank``.

    Complexity: at most ``MOST_TRIALS`` rankings.

    Example:
        >>> from leadroute import REP, Rep, Rule
        >>> router = Router(rules=[Rule("all", require=REP.level >= 3)])
        >>> team = [Rep("ada", level=3), Rep("bob", level=1, weight=2)]
        >>> print(why_not(router, Lead("L-1"), "bob", team).reason)
        level is 1; the rule asks for 3 or more
    """
    must_be(Router, router=router)
    must_be(Lead, lead=lead)
    roster = roster_of(roster)
    must_be(str, rep=rep)
    found = _rep(roster, rep)
    instant = lead.received_at if now is None else now
    before = previous_offers or {}
    question = Question(router, lead, found, roster, instant, snapshot or Snapshot(), before)
    ranking = question.ranked()
    if _goes_to(ranking, found.id):
        return WhyNot(found.id, ranking, "", (), found.label)
    changes = tuple(islice(_proposals(question, ranking), MOST_PROPOSALS))
    size = min(map(len, changes), default=0)
    proposals = tuple(each for each in changes if len(each) == size)
    return WhyNot(found.id, ranking, _reason(question, ranking), proposals, found.label)


def _rep(roster: Roster, given: str) -> Rep:
    """Return the rep of an id, else of a name."""
    if given in roster:
        return roster[given]
    name = given.strip().casefold()
    called = [rep for rep in roster if rep.name is not None and rep.name.casefold() == name]
    if len(called) > 1:
        ids = ", ".join(repr(rep.id) for rep in called)
        raise ConfigError(f"{len(called)} reps are called {given!r:.90}; give an id: {ids}")
    if called:
        return called[0]
    known = [text for rep in roster for text in (rep.id, rep.name) if text is not None]
    raise UnknownFieldError("rep in the roster", given, known)


def _goes_to(ranking: Ranking, rep_id: str) -> bool:
    return ranking.best is not None and ranking.best.rep_id == rep_id


def _reason(question: Question, ranking: Ranking) -> str:
    rep_id = question.rep.id
    behind = next((each for each in ranking.assignments if each.rep_id == rep_id), None)
    if behind is not None:
        return _behind(behind, ranking.assignments[0], question.snapshot.last_assigned)
    if (rejection := ranking.rejection(rep_id)) is not None:
        return rejection.reason
    if ranking.pool is not None:
        return f"is not in the pool {ranking.pool!r}"
    return ranking.detail or ranking.outcome.reason


def _behind(rep: Assignment, first: Assignment, last: Mapping[str, int]) -> str:
    """Why a rep who can take the lead is not the first, and what broke a tie."""
    if rep.score != first.score:
        other = f"behind {first.label} with {first.score:.2f}"
        return f"is number {rep.rank} with {rep.score:.2f}, {other}"
    tie = f"ties with {first.label} at {rep.score:.2f}"
    if last.get(rep.rep_id) == last.get(first.rep_id):
        return f"{tie}, and {first.rep_id!r} comes before {rep.rep_id!r} in the order of the ids"
    if first.rep_id not in last:
        return f"{tie}, and {first.label} has not had a lead yet"
    return f"{tie}, and the last lead of {first.label} is longer ago"


@define
class _Search:
    """The rankings that one question costs."""

    question: Question
    left: int

    def ranked(self, changes: Iterable[Change]) -> Ranking | None:
        """Rank with these changes; ``None`` when they cannot be made, or the search is over."""
        if not self.left:
            return None
        self.left -= 1
        try:
            return self.question.ranked(changes)
        except LeadrouteError:
            return None

    def works(self, *changes: Change) -> bool:
        ranking = self.ranked(changes)
        return ranking is not None and _goes_to(ranking, self.question.rep.id)

    def mildest(self, lever: Lever, *others: Change) -> Change:
        """Return the mildest change of a lever that suffices, where its strongest does."""
        *milder, strongest = lever
        return next((each for each in milder if self.works(each, *others)), strongest)


def _proposals(question: Question, first: Ranking) -> Iterator[tuple[Change, ...]]:
    """Yield single changes that give the lead to the rep, or pairs when there are none.

    Pairs of what brought the rep nearer are tried first.
    """
    search, found = _Search(question, MOST_TRIALS), set[tuple[str, str]]()
    levers = list(_levers(question, first))
    promise = {}
    for place, lever in enumerate(levers):
        if (of := (lever[-1].of, lever[-1].name)) in found and _is_number(lever[-1].value):
            continue  # a number of the same thing that suffices was named before it
        ranking = search.ranked(lever[-1:])
        if ranking is not None and _goes_to(ranking, question.rep.id):
            found.add(of)
            yield (search.mildest(lever),)
        promise[place] = _distance(ranking, question.rep.id)
    if found:
        return
    for places in combinations(sorted(promise, key=promise.__getitem__), 2):
        one, other = (levers[place] for place in sorted(places))
        apart = (one[-1].of, one[-1].name) != (other[-1].of, other[-1].name)
        if apart and search.works(one[-1], other[-1]):
            milder = search.mildest(one, other[-1])
            yield milder, search.mildest(other, milder)
        if not search.left:
            return


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _distance(ranking: Ranking | None, rep_id: str) -> tuple[int, float]:
    """Return the distance from the first place: behind, excluded, not in the pool, or no rule."""
    if ranking is None:
        return 5, 0
    for each in ranking.assignments:
        if each.rep_id == rep_id:
            return 0, ranking.assignments[0].score - each.score
    if (rejection := ranking.rejection(rep_id)) is not None:
        return 1, len(rejection.obstacles)
    if ranking.pool is not None:
        return 2, 0
    return (3 if ranking.outcome is Outcome.NO_RULE_MATCHED else 4), 0


def _levers(question: Question, first: Ranking) -> Iterator[Lever]:
    router, lead, rep = question.router, question.lead, question.rep
    rule = question.rule(first)
    found = [*limits(question, rule)]
    for asked, value in dict.fromkeys(named(router, "rep", lead)):
        found += rep_lever(rep, asked, value, lead)
    found += wanted(question)
    for pool in router.pools:
        if pool.reps is not None and rep.id not in pool.reps:
            words = f"the pool {pool.name!r} had {rep.label} in it"
            found.append((Change("pool", pool.name, pool.reps | {rep.id}, words),))
    found += terms(question, rule, first.pool)
    if rule is not None:
        found += weights(rule)
    for asked, value in dict.fromkeys(named(router, "lead", lead)):
        found += lead_lever(lead, asked, value, question.now)
    if router.lead_scoring is not None and first.lead_score is not None:
        found += scored_levers(question, router.lead_scoring, first.lead_score)
        found = [regraded(question, lever, first.lead_score) for lever in found]
    found += waits(question, first)
    unique: dict[str, Lever] = {}
    for lever in found:
        if lever:
            unique.setdefault(str(lever[-1]), lever)
    return iter(sorted(unique.values(), key=lambda lever: _ORDER.index(lever[-1].of)))


_ORDER: Final = "rep team pool rule policy lead moment previous_offers counts".split()
"""Whose changes come first."""
