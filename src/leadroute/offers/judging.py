"""The one place where a policy judges a lead of the store."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeAlias

from leadroute.errors import say_where
from leadroute.model.keys import credits_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.offers.counts import Books
from leadroute.offers.lines import Line, length_key, line_key
from leadroute.offers.placement import FAILED
from leadroute.offers.requests import Steps
from leadroute.ranking.candidates import scoring_of
from leadroute.ranking.decide import Decided, Need
from leadroute.ranking.deciding import Deciding
from leadroute.ranking.eligibility import Charge, Ineligibility
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.ranking.scorers.round_robin import Turn
from leadroute.rules.offer_kind import MOST
from leadroute.rules.rule import EVERYONE, Rule


class Failed(NamedTuple):
    """What a rule, a scorer, a predicate or a calendar raised.

    Args:
        error: The exception.
        rule: The name of the rule that matched; ``None`` when it is not known.
    """

    error: Exception
    rule: str | None


class Choice(NamedTuple):
    """A rep who was chosen, with all that the offer says.

    Args:
        rep: The rep.
        score: The points.
        charged: The counters that the lead counts on.
        turn: What it does to the credits of the pool; ``None`` when it is not a turn.
        propensity: The probability with which this rep comes first; 1 where nothing is left to chance.
    """

    rep: Rep
    score: float
    charged: list[Charge]
    turn: Turn | None
    propensity: float


class Chosen(NamedTuple):
    """A decision for some reps.

    Args:
        decided: The decision.
        choices: The reps, best first.
        fairness_cost: The points that the first scores below what was possible.
    """

    decided: Decided
    choices: Sequence[Choice]
    fairness_cost: float


Judged: TypeAlias = Chosen | Decided | Ranking | Failed


class Begun(NamedTuple):
    """A decision whose counts were not read yet.

    Args:
        lead: The lead, with its score.
        asked: Who had an offer of it before, with how the last one ended.
        line: Where it would wait; ``None`` when it would not.
        rule: The rule that matched; ``None`` when none did.
        outcome: The decision under way, or what is known without counts.
    """

    lead: Lead
    asked: Mapping[str, str]
    line: Line | None
    rule: Rule | None
    outcome: Deciding | Ranking | Failed

    def keys(self) -> Iterator[str]:
        """The records that the decision, or its change, reads."""
        return keys_read(self.rule, self.line)

    def counters(self) -> tuple[str, ...]:
        """The counters that its change looks at."""
        return () if self.line is None else (length_key(self.line.id),)


def keys_read(rule: Rule | None, line: Line | None) -> Iterator[str]:
    """The records that a decision under a rule, or its change, reads."""
    if rule is not None and scoring_of(rule).takes_turns:
        yield credits_key(rule.pool or EVERYONE)
    if line is not None:
        yield line_key(line.id)


def begin(lead: Lead, asked: Mapping[str, str], books: Books) -> Begun:
    """Match a lead, as far as no counts are needed. Whatever the policy raises is a value."""
    desk, now, rule = books.desk, books.now, None
    try:
        lead = desk.router.scored(lead, now)
        found = desk.router.judging(lead, desk.roster, now, asked)
        if isinstance(found, Ranking):
            without_rule = found.outcome is Outcome.NO_RULE_MATCHED
            return Begun(lead, asked, desk.lines.no_rule if without_rule else None, None, found)
        rule, deciding = found
        return Begun(lead, asked, desk.lines.line_of(lead, rule, asked, now), rule, deciding)
    except Exception as error:  # noqa: BLE001 - as below
        return Begun(lead, asked, None, rule, _failed(error, lead, rule))


def finish(begun: Begun, books: Books, most: int | None = None) -> Steps[Judged]:
    """Read the counts and decide. What the policy raises is a value; what the store raises passes.

    Args:
        begun: The decision.
        books: What the step reads.
        most: How many reps may be chosen; ``None`` for as many as the kind of the offers says.
    """
    found = begun.outcome
    if isinstance(found, Ranking | Failed):
        return found
    return (yield from goes_on(found, begun, books, most))


def goes_on(
    deciding: Deciding, begun: Begun, books: Books, most: int | None = None
) -> Steps[Judged]:
    """Take a decision to its end, reading the counts that it asks for."""
    answer = None
    while True:
        found = _next(begun, deciding, books, answer, most)
        if not isinstance(found, _Asked):
            return found
        answer = yield from books.read(*found)


def in_line(begun: Begun, found: Judged, books: Books) -> tuple[Judged, Line | None]:
    """A decision with the line of the lead, which is another one where a later step decided."""
    decided = found.decided if isinstance(found, Chosen) else found
    before = begun.rule
    if not isinstance(decided, Decided) or before is None:
        return found, begun.line
    rule = decided.rule
    if rule.name != before.name or rule.step == before.step:
        return found, begun.line
    try:
        line = books.desk.lines.line_of(begun.lead, rule, begun.asked, books.now)
    except Exception as error:  # noqa: BLE001 - as below
        return _failed(error, begun.lead, rule), begun.line
    return found, line


class _Asked(NamedTuple):
    need: Need
    keys: list[str]


def _next(
    begun: Begun, deciding: Deciding, books: Books, answer: Snapshot | None, most: int | None
) -> Judged | _Asked:
    """Go on with a decision until it asks for counts, or is made."""
    try:
        try:
            need = deciding.send(answer).need()  # type: ignore[arg-type]  # None begins it
        except StopIteration as done:
            return _chosen(done.value, most)
        return _Asked(need, books.keys_of(need))
    except Exception as error:  # noqa: BLE001 - here alone, so that no lead holds up another
        return _failed(error, begun.lead, begun.rule)


_SHARED: Final = 120_000
"""Among how many reps the turns of a lead's open offers may be shared, so that its placement can be kept."""


def most_open(found: Decided) -> int:
    """The number of offers of one lead that may be open at once: fewer in a round robin of thousands."""
    return MOST if not found.takes_turns else max(1, min(MOST, _SHARED // len(found.context.ids)))


def _chosen(found: Decided, most: int | None) -> Chosen | Decided:
    if found.place < 0:
        return found
    kind = found.terms_of_offer.kind
    chances, several = found.propensities(), kind.first if most is None else most
    several, choices = min(several, most_open(found)), []
    for place, score in found.first(several) if several else ():
        rep = found.context.reps[place]
        told = found.for_rep(place), found.turn(place)
        choices.append(Choice(rep, score, *told, 1.0 if chances is None else chances[rep.id]))
    return Chosen(found, choices, found.fairness_cost())


def pulled(judged: Judged, rep_id: str) -> Chosen | Ineligibility:
    """A decision with this rep first, or why they cannot take the lead."""
    if isinstance(judged, Failed):
        return unjudged(judged.error)
    if isinstance(judged, Ranking):
        return Ineligibility(judged.outcome.value, judged.outcome.reason)
    found = judged.decided if isinstance(judged, Chosen) else judged
    if found.give_to(rep_id):
        return _chosen(found, 1)  # type: ignore[return-value]  # there is somebody
    exclusion = found.exclusion(rep_id)
    if exclusion is None:
        return Ineligibility("not_in_pool", "is not in the pool that is asked")
    return Ineligibility(exclusion.code, exclusion.reason, exclusion.temporary)


def unjudged(error: Exception) -> Ineligibility:
    """The reason for which nobody can have a lead whose decision failed."""
    return Ineligibility(FAILED, f"the decision failed with {type(error).__name__}")


def _failed(error: Exception, lead: Lead, rule: Rule | None) -> Failed:
    # A generator turns a StopIteration of a scorer into a RuntimeError.
    if isinstance(error, RuntimeError) and isinstance(error.__cause__, StopIteration):
        error = error.__cause__
    if rule is not None:
        say_where(error, rule.name, lead.id)
    return Failed(error, None if rule is None else rule.name)


def qualifies(scored: Lead, books: Books) -> bool:
    """Whether a lead may be decided; one that cannot be judged is left to the decision."""
    try:
        return books.desk.router.qualifies(scored, books.now)
    except Exception:  # noqa: BLE001 - whatever a predicate raises is the lead's own trouble
        return True
