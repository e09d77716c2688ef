"""The last decision about a lead, kept with it, so that its reasons outlast the counts behind them.

``compact`` keeps who was scored how and who was left out by which code; ``full`` keeps besides all
that making the decision again takes, in pages, because one document has a largest size.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, Final, Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError
from leadroute.model.duration import to_micros
from leadroute.model.keys import decision_key
from leadroute.model.lead import Lead, with_score
from leadroute.model.rep import Rep, Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import FrozenDict, frozen_counts, one_line
from leadroute.offers import requests
from leadroute.offers.change import MAX_DATA, Drop, Op, Put, Record, bytes_beyond_limit
from leadroute.offers.counts import Books
from leadroute.offers.judging import Chosen, Failed, Judged
from leadroute.offers.placement import FAILED
from leadroute.offers.requests import Steps
from leadroute.plain import dumps, loads, stamped
from leadroute.ranking.decide import Decided
from leadroute.ranking.decision_record import DecisionRecord, Rerun, rerun
from leadroute.ranking.eligibility import CODES
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.ranking import (
    Outcome,
    Ranking,
    ScoreTerm,
    left_to_the_next,
    named_pool,
    under_rule,
)
from leadroute.ranking.router import Router

Keeping: TypeAlias = Literal["compact", "full", "none"]
KEEPING: Final = ("compact", "full", "none")

DECISION: Final = "decision"
"""The status of the record of a decision."""

BY_NAME: Final = 200
"""How many reps a decision names; those beyond are counted."""

LONGEST_REASON: Final = 500
"""How many characters of the reason of a term are kept."""

_NEVER_DUE: Final = 2**62
"""What is added to an instant by which nothing wakes up: it lies behind the end of the calendar."""

_PAGE: Final = MAX_DATA // 4
"""How many characters a page has: a character takes at most four bytes."""


def kept_at(micros: int) -> int:
    """When a decision was made, as the time of its record, which ``trim`` goes by and no sweep does."""
    return _NEVER_DUE + micros


def keeping(given: str) -> str:
    """A converter: how much of a decision is kept."""
    if given not in KEEPING:
        raise ConfigError(f"decisions is {given!r:.40}; write 'compact', 'full' or 'none'")
    return given


def _named(given: Mapping[str, Sequence[str]]) -> FrozenDict[str, tuple[str, ...]]:
    return FrozenDict({code: tuple(ids) for code, ids in given.items()})


def _numbers(given: Mapping[str, float]) -> FrozenDict[str, float]:
    return FrozenDict({rep_id: float(each) for rep_id, each in given.items()})


@frozen
class PoolDecision:
    """The part of one pool in a decision.

    Args:
        pool: The pool.
        outcome: The outcome there.
        scores: The score of each rep who could take the lead, by rep id.
        more: How many more could, whose scores are not kept.
        excluded: The ids of the others, by the code of the first reason of each.
        excluded_more: How many more were left out, by code.
        step: The number of the step of the rule at which it was asked; 0 for the rule as it is written.
    """

    pool: str
    outcome: str
    scores: Mapping[str, float] = field(default=FrozenDict(), converter=_numbers)
    more: int = 0
    excluded: Mapping[str, tuple[str, ...]] = field(default=FrozenDict(), converter=_named)
    excluded_more: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    step: int = 0

    def reason(self, rep_id: str) -> str:
        """The reason against a rep; empty when nothing is kept of it."""
        return next((CODES[code] for code, ids in self.excluded.items() if rep_id in ids), "")

    def lines(self) -> Iterator[str]:
        """Return those who were left out, a line for each code."""
        for code in CODES:
            ids, more = self.excluded.get(code, ()), self.excluded_more.get(code, 0)
            if ids or more:
                told = [*ids, f"{more} more"] if more else ids
                yield f"     {', '.join(told)}  {code}: {CODES[code]}"


@frozen
class Full:
    """All that making a decision again takes.

    Args:
        record: The decision with every reason in words.
        lead: The lead.
        lead_score: The lead score that the decision read; ``None`` where the policy scored no leads.
        roster: The reps.
        snapshot: The counts that were read.
        previous_offers: What became of earlier offers, by rep id.
    """

    record: DecisionRecord
    lead: Lead
    lead_score: LeadScore | None
    roster: tuple[Rep, ...]
    snapshot: Snapshot
    previous_offers: Mapping[str, str]


@frozen
class Decision:
    """The last decision about a lead, as of its instant.

    Args:
        lead_id: The lead.
        at: The instant.
        outcome: An ``Outcome``, or ``decision_failed``.
        policy_version: The version of the policy that decided.
        rule: The name of the rule that matched; ``None`` when none did.
        rep_id: The rep who came first; ``None`` when there was nobody.
        terms: The terms of that rep's score.
        propensities: The probability of coming first, of each rep who had any, where it is left to
            chance.
        fairness_cost: The score that was given up for fairness.
        pools: What each pool said: the one whose rep came first, or the rule's own, is the first.
        fallback_step: What happens when no rep was found: ``wait`` or ``catch_all``.
        resumes_at: When nobody could take it: the first time at which somebody may.
        ignore_availability: Whether availability was ignored.
        factor: The first factor that the lead did not meet.
        verdict: The outcome of that factor.
        detail: More about the outcome, such as the condition that failed in qualification.
        error: The class of the exception when the decision failed.
        behind: Whether the lead waits behind others, though a rep could have taken it.
        passed_on: The rules that found nobody and left the lead to the next one that matches.
        pages: The records that hold ``full``.
        full: All that making it again takes; ``None`` unless ``decisions="full"``.

    Example:
        >>> from leadroute import Dispatcher, Rep, Router, Rule
        >>> from leadroute.stores import MemoryStore
        >>> team = [Rep("ada", capacity=2), Rep("bob", capacity=0)]
        >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), team, MemoryStore())
        >>> _ = dispatcher.submit(Lead("L-1"))
        >>> decision = dispatcher.decision("L-1")
        >>> decision.rep_id, decision.reason("bob")
        ('ada', 'The rep has no capacity left for the lead.')
    """

    lead_id: str
    at: datetime
    outcome: str
    policy_version: str = ""
    rule: str | None = None
    rep_id: str | None = None
    terms: tuple[ScoreTerm, ...] = ()
    propensities: Mapping[str, float] = field(default=FrozenDict(), converter=_numbers)
    fairness_cost: float = 0.0
    pools: tuple[PoolDecision, ...] = ()
    fallback_step: str = ""
    resumes_at: datetime | None = None
    ignore_availability: bool = False
    factor: str | None = None
    verdict: str | None = None
    detail: str = ""
    error: str = ""
    behind: bool = False
    passed_on: tuple[str, ...] = ()
    pages: tuple[str, ...] = field(default=(), repr=False)
    full: Full | None = field(default=None, repr=False)

    @property
    def step(self) -> int:
        """The number of the step of the rule; 0 for none."""
        return self.pools[0].step if self.pools else 0

    def reason(self, rep_id: str) -> str:
        """The reason for or against a rep.

        Empty when nothing is kept of the rep.
        """
        if self.full is not None:
            return _in_full(self.full.record, rep_id)
        if rep_id == self.rep_id:
            return "; ".join(map(str, self.terms))
        for pool in self.pools:
            if rep_id in pool.scores:
                return f"scored {pool.scores[rep_id]:.2f}"
        return next((why for pool in self.pools if (why := pool.reason(rep_id))), "")

    def rerun(self, router: Router) -> Rerun:
        """Make the decision again as of its instant, and compare.

        Args:
            router: The policy, of then or of now.

        Raises:
            ConfigError: The decision was not kept in full.
        """
        full = self.full
        if full is None:
            remedy = "give the dispatcher decisions='full' to keep that from now on"
            raise ConfigError(f"what the decision read is not kept; {remedy}")
        lead = full.lead if full.lead_score is None else with_score(full.lead, full.lead_score)
        given = full.record, router, lead, Roster(full.roster)
        return rerun(*given, snapshot=full.snapshot, previous_offers=full.previous_offers)

    def __str__(self) -> str:
        if self.full is not None:
            return str(self.full.record)
        rule = under_rule(self.rule, self.step)
        to = "nobody" if self.rep_id is None else one_line(self.rep_id)
        lines = [
            f"Lead {one_line(self.lead_id)} went to {to}{rule}, {self.at:%Y-%m-%d %H:%M:%S %Z}"
        ]
        if self.ignore_availability:
            lines.append("  Though nobody was available")
        if self.rep_id is None:
            lines.append(f"  Because {self._because()}")
        for number, pool in enumerate(self.pools):
            if number:
                named = named_pool(pool.pool, pool.step)
                lines.append(f"  Pool {named}: {Outcome(pool.outcome).reason}")
            lines += self._scores(pool)
            lines += pool.lines()
        lines += [f"  Note: {note}" for note in left_to_the_next(self.passed_on, self.rule)]
        if self.fallback_step:
            lines.append(f"  Then: {self.fallback_step}")
        lines.append(f"  Policy version {self.policy_version}")
        return "\n".join(lines)

    def _because(self) -> str:
        if self.outcome == FAILED:
            return f"the decision failed with {self.error}"
        if self.behind:
            return "others waited before it"
        reason = Outcome(self.outcome).reason
        return f"{reason}: {self.detail}" if self.detail else reason

    def _scores(self, pool: PoolDecision) -> Iterator[str]:
        ranked = sorted(pool.scores, key=lambda each: (each != self.rep_id, -pool.scores[each]))
        for rank, rep_id in enumerate(ranked, 1):
            yield f"  {rank}. {rep_id}  {pool.scores[rep_id]:.2f}"
            if rep_id == self.rep_id:
                yield from (f"       {term}" for term in self.terms)
        if pool.more:
            yield f"  and {pool.more} more"


def _in_full(record: DecisionRecord, rep_id: str) -> str:
    for each in record.candidates:
        if each.rep_id == rep_id:
            return "; ".join(map(str, each.terms))
    excluded = [
        *record.rejections,
        *[one for pool in record.other_pools for one in pool.rejections],
    ]
    return next((each.reason for each in excluded if each.rep_id == rep_id), "")


def _told(judged: Judged, books: Books) -> dict[str, Any]:
    """A decision as plain data, by the names of ``Decision``; what stands at its default is left out."""
    told: dict[str, Any] = {"at": books.now.isoformat()}
    if isinstance(judged, Failed):
        error = type(judged.error).__name__
        return told | {"outcome": FAILED, "rule": judged.rule, "error": error}
    if isinstance(judged, Ranking):
        names = ("factor", "verdict", "detail", "fallback_step")
        told["outcome"] = judged.outcome.value
        return told | {name: given for name in names if (given := getattr(judged, name))}
    found = judged.decided if isinstance(judged, Chosen) else judged
    told |= {"outcome": found.outcome.value, "rule": found.rule.name}
    told["pools"] = [*map(_of_pool, (found, *found.other_pools))]
    if found.passed_on:
        told["passed_on"] = found.passed_on
    if found.ignore_availability:
        told["ignore_availability"] = True
    if isinstance(judged, Chosen):
        told |= {"rep_id": found.rep.id, "terms": [*map(_term, found.terms())]}
        if judged.fairness_cost:
            told["fairness_cost"] = judged.fairness_cost
        chances = found.propensities()
        if chances is not None:
            told["propensities"] = {rep_id: each for rep_id, each in chances.items() if each}
        return told
    if found.resumes_at is not None:
        told["resumes_at"] = found.resumes_at.isoformat()
    return told | {"fallback_step": found.fallback_step}


def _term(term: ScoreTerm) -> dict[str, Any]:
    """A term of a score as ``to_dict`` writes it, in a fifth of the time; a long reason is cut."""
    points, reason = term.points, term.reason[:LONGEST_REASON]
    return {"scorer": term.scorer, "weight": term.weight, "points": points, "reason": reason}


def _of_pool(found: Decided) -> dict[str, Any]:
    """What a pool said, by the names of ``PoolDecision``."""
    told: dict[str, Any] = {"pool": found.pool, "outcome": found.outcome.value}
    if found.rule.step:
        told["step"] = found.rule.step
    scores = dict(found.totals())
    if len(scores) > BY_NAME:
        told["more"] = len(scores) - BY_NAME
        scores = dict(islice(scores.items(), BY_NAME)) | {found.rep.id: found.score}
    if scores:
        told["scores"] = scores
    left, excluded, beyond = BY_NAME - len(scores), dict[str, list[str]](), dict[str, int]()
    for code, ids in found.codes():
        named = ids[:left]
        if named:
            excluded.setdefault(code, []).extend(named)
            left -= len(named)
        if len(ids) > len(named):
            beyond[code] = beyond.get(code, 0) + len(ids) - len(named)
    if excluded:
        told["excluded"] = excluded
    if beyond:
        told["excluded_more"] = beyond
    return told


def operations(
    judged: Judged,
    lead: Lead,
    asked: Mapping[str, str],
    books: Books,
    before: Record | None,
    *,
    behind: bool = False,
) -> Iterator[Op]:
    """What keeps a decision in place of the one before it.

    Args:
        judged: The decision.
        lead: The lead.
        asked: What became of earlier offers.
        books: What was read.
        before: The record of the decision before.
        behind: Whether the lead waits behind others, though there was a rep for it.
    """
    desk, version = books.desk, 0 if before is None else before.version
    told = {**_told(judged, books), "lead_id": lead.id, "policy_version": desk.router.version}
    if behind:
        told |= {"behind": True, "rep_id": None, "outcome": Outcome.NONE_AVAILABLE.value}
    pages = list[str]()
    if desk.decisions == "full" and not isinstance(judged, Failed):
        text = _full(judged, lead, asked, books)
        pages = [text[at : at + _PAGE] for at in range(0, len(text), _PAGE)]
        told["pages"] = [
            decision_key(lead.id, f"{version}-{number}") for number in range(len(pages))
        ]
    text = stamped(told)
    if bytes_beyond_limit(text):
        text = stamped({**told, "terms": []})
    yield Put(decision_key(lead.id), text, version, DECISION, due=kept_at(to_micros(books.now)))
    for key, page in zip(told.get("pages", ()), pages, strict=True):
        yield Put(key, page, 0)
    yield from dropped_pages(before)


def dropped_pages(before: Record | None) -> Iterator[Drop]:
    """What drops the pages of a decision."""
    pages = () if before is None else json.loads(before.data).get("pages", ())
    for key in pages:
        yield Drop(key, 1)


def _full(
    judged: Chosen | Decided | Ranking, lead: Lead, asked: Mapping[str, str], books: Books
) -> str:
    """All that making a decision again takes."""
    roster, snapshot = books.desk.roster, books.merged()
    found = judged.decided if isinstance(judged, Chosen) else judged
    ranking = found if isinstance(found, Ranking) else found.ranking()
    given: dict[str, Any] = {"snapshot": snapshot, "previous_offers": asked}
    record = DecisionRecord.of(ranking, lead, roster, **given)
    return dumps(Full(record, lead, lead.lead_score, roster.reps, snapshot, asked))


def decision_of(record: Record, lead_id: str) -> Steps[Decision]:
    """The decision in a record, with its pages."""
    found = loads(Decision, record.data, lead_id)
    if not found.pages:
        return found
    pages = yield from requests.get(found.pages)
    text = "".join([pages[key].data for key in found.pages if key in pages])
    return evolve(found, full=loads(Full, text, lead_id))
