"""Why this rule, why not an earlier one, and every rep's reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from attrs import asdict, frozen

from leadroute.model.lead import Lead
from leadroute.model.rep import Reps
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import must_be
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.conditions import Condition
from leadroute.rules.describe import bracketed, describe, facts_of, false_parts
from leadroute.rules.rule import whole_of


@frozen
class Failure:
    """A part of a condition that was false.

    Args:
        condition: The part, as text of the language.
        words: The part in plain words.
        facts: What the lead has in the fields that the part reads, by what people call them.
    """

    condition: str
    words: str
    facts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        facts = ", ".join(f"{name} {value}" for name, value in self.facts)
        return f"not true that {self.words}" + (f" ({facts})" if facts else "")


@frozen
class Miss:
    """A rule that was asked first and did not match.

    Args:
        rule: The name of the rule.
        failures: The parts of its condition that were false.
    """

    rule: str
    failures: tuple[Failure, ...]

    def __str__(self) -> str:
        return f"{self.rule!r}: {'; '.join(map(str, self.failures))}"


@frozen
class Explanation:
    """Why a lead goes where it goes. ``str()`` is the text for a sales manager.

    Args:
        ranking: Every rep with every reason.
        words: The condition of the rule that matched, in plain words; empty when none did.
        earlier: The rules that were asked before, and why they did not match; of a lead that does
            not qualify the conditions that it does not meet, under the name ``qualify``.
    """

    ranking: Ranking
    words: str
    earlier: tuple[Miss, ...]

    @property
    def plain(self) -> dict[str, Any]:
        """Rule and earlier rules as data for programs; the ranking is a value of its own."""
        earlier = [
            (miss.rule, [{**asdict(each), "facts": dict(each.facts)} for each in miss.failures])
            for miss in self.earlier
        ]
        return {
            "lead_id": self.ranking.lead_id,
            "rule": self.ranking.rule,
            "because": self.words,
            "earlier": [{"rule": rule, "failures": failures} for rule, failures in earlier],
        }

    def __str__(self) -> str:
        lines = [str(self.ranking)]
        if self.words:
            lines.append(f"  Why this rule: {self.words}")
        if self.ranking.outcome is Outcome.DISQUALIFIED:
            lines.append("  Why not qualified:")
            lines += [f"     {failure}" for miss in self.earlier for failure in miss.failures]
        elif self.earlier:
            lines.append("  Why no earlier rule:" if self.ranking.rule else "  Why no rule:")
            lines += [f"     {miss}" for miss in self.earlier]
        return "\n".join(lines)


def explain(
    router: Router,
    lead: Lead,
    roster: Reps,
    *,
    now: datetime | None = None,
    snapshot: Snapshot | None = None,
    previous_offers: Mapping[str, str] | None = None,
) -> Explanation:
    """Say why a lead goes where it goes.

    Args:
        router: The policy.
        lead: The lead.
        roster: The reps there are.
        now: As for ``Router.rank``.
        snapshot: As for ``Router.rank``.
        previous_offers: As for ``Router.rank``.

    Raises:
        FieldTypeError: As for ``Router.rank``.

    Example:
        >>> from leadroute import LEAD, Rep, Rule
        >>> rules = [Rule("germany", when=LEAD.country == "DE"), Rule("rest")]
        >>> found = explain(Router(rules=rules), Lead("L-1", country="us"), [Rep("ada")])
        >>> print(found.earlier[0])
        'germany': not true that country is DE (country is US)
    """
    must_be(Router, router=router)
    ranking = router.rank(lead, roster, now=now, snapshot=snapshot, previous_offers=previous_offers)
    lead = router.scored(lead, ranking.at)
    qualify = whole_of(router.qualify)
    if ranking.outcome is Outcome.DISQUALIFIED and qualify is not None:
        failures = _failures(qualify, router, lead, ranking.at)
        return Explanation(ranking, "", (Miss("qualify", tuple(failures)),))
    names = [rule.name for rule in router.rules]
    matched = len(names) if ranking.rule is None else names.index(ranking.rule)
    when = None if ranking.rule is None else router.rules[matched].when
    missed = tuple(
        Miss(rule.name, tuple(_failures(rule.when, router, lead, ranking.at)))
        for rule in router.rules[:matched]
        if rule.when is not None
    )
    words = "" if when is None else describe(when, router.registry.predicates)
    return Explanation(ranking, words, missed)


def _failures(
    condition: Condition, router: Router, lead: Lead, now: datetime | None
) -> Iterator[Failure]:
    """Yield the parts of a condition that are false; itself when it has no parts."""
    for part in false_parts(condition, router.registry, lead, None, now):
        words = bracketed(part, router.registry.predicates)
        yield Failure(str(part), words, facts_of(part, lead, None, now))
