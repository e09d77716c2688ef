"""What a rule's score asks of the reps of its pool, and the roster does not say.

The rules of this module:

* Only reps who could be given a lead of the rule are looked at: active, with a weight, and not left out by a part of
  the requirement, or of a guard of the score, that does not hang on the lead.
* One finding for each rule and kind of data, however many terms ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from leadroute.errors import FactTypeError
from leadroute.insight.lint.analysis import Subject
from leadroute.insight.lint.finding import Finding
from leadroute.insight.lint.roster_checks import people
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.fit import language, same_country, skill_match, territory_match
from leadroute.ranking.scorers.places import distance, timezone_overlap
from leadroute.ranking.scorers.seniority import tier
from leadroute.rules.condition import And, Condition
from leadroute.rules.reading import reads
from leadroute.rules.scorer import Guarded, Scorer

__all__ = ["unknown"]

_NOBODY = Lead("nobody")


def unknown(subject: Subject) -> Iterator[Finding]:
    """Reps without the data that the score of a rule asks for. O(rules x terms x reps)."""
    covered = _Covered(subject)
    for number, rule in enumerate(subject.router.rules):
        if rule.score is None:
            continue
        found: dict[str, tuple[Scorer, dict[str, Rep]]] = {}
        for scorer, guards in _plain(rule.score, () if rule.require is None else (rule.require,)):
            what, knows = _asked(scorer, covered)
            if not what:
                continue
            lacking = found.setdefault(what, (scorer, {}))[1]
            for rep in subject.active(rule.pool):
                if rep.weight and not knows(rep) and _may_count(subject, guards, rep):
                    lacking[rep.id] = rep
        for what, (scorer, reps) in found.items():
            if reps:
                who = people([reps[rep_id] for rep_id in sorted(reps)])
                explanation = f"{who} without {what}, and rule {rule.name!r} scores by {scorer}"
                remedy = "give them some, or say with unknown= how they score"
                yield Finding("LR111", f"rule[{number}].score", explanation, remedy)


def _plain(
    score: Scorer, guards: tuple[Condition, ...]
) -> Iterator[tuple[Scorer, tuple[Condition, ...]]]:
    """The scorers of a score that are made of no others, each with the conditions under which it counts."""
    inner = (*guards, score.condition) if isinstance(score, Guarded) else guards
    for part in score.inner:
        yield from _plain(part, inner)
    if not score.inner:
        yield score, guards


def _may_count(subject: Subject, guards: Sequence[Condition], rep: Rep) -> bool:
    """Whether no condition is false of the rep whatever the lead."""
    try:
        return all(subject.holds(part, _NOBODY, rep) for part in _settled(guards))
    except FactTypeError:
        return False


def _settled(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """The parts that hang on the rep alone."""
    parts = chain.from_iterable(
        each.parts if isinstance(each, And) else (each,) for each in conditions
    )
    for part in parts:
        asked = reads(part)
        if not (asked.lead or asked.signals or asked.checks or asked.now):
            yield part


class _Covered:
    """Who covers a place, or has a part in a territory."""

    def __init__(self, subject: Subject) -> None:
        atlas = subject.router.territories
        self._names = frozenset(each.name for each in atlas)
        self._ids = frozenset(
            chain.from_iterable((*each.owners, *each.overlays, *each.backups) for each in atlas)
        )

    def holds(self, rep: Rep) -> bool:
        """Whether this rep does."""
        named = bool(rep.regions or rep.countries or rep.id in self._ids)
        return named or not self._names.isdisjoint(rep.territories)


def _asked(scorer: Scorer, covered: _Covered) -> tuple[str, Callable[[Rep], bool]]:
    """What a scorer asks of a rep, and whether it is known; empty when it asks nothing that a roster has."""
    match scorer:
        case skill_match():
            return "skills", lambda rep: bool(rep.skills)
        case language():
            return "languages", lambda rep: bool(rep.languages)
        case same_country():
            return "countries", lambda rep: bool(rep.countries)
        case territory_match():
            return "territory, region and country", covered.holds
        case distance():
            return f"a place in {scorer.latitude!r} and {scorer.longitude!r}", scorer.knows
        case timezone_overlap():
            return "schedule and time zone", lambda rep: (rep.hours or rep.timezone) is not None
        case tier(wins=None):
            return "a level", lambda rep: rep.level is not None
    return "", bool
