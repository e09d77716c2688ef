"""What became of the leads that a rep had before: rates, revenue, experience.

The rules of this module:

* A rate is shrunk towards the average of the candidates, so that one lucky win does not outrank a hundred good ones.
* Nobody is judged before anybody has a record: there is no answer then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.rep import Rep
from leadroute.model.track_record import NOTHING, Record
from leadroute.ranking.empirical_bayes import Estimate, Prior, posterior, prior_of
from leadroute.ranking.scorers.evidence import Learning
from leadroute.ranking.scorers.parameters import positive
from leadroute.rules.fields import text_titles
from leadroute.rules.scorer import Points
from leadroute.rules.situation import Situation

__all__ = ["close_rate", "expertise", "revenue_rate"]


@frozen
class close_rate(Learning):
    """The share of deals that the rep wins, shrunk towards the share of all candidates.

    Formula (the mean of a beta posterior; empirical Bayes): (won + strength * m) / (closed + strength), where m is the
    candidates' won / closed together. When ``strength`` is not given, it is the one of the largest marginal likelihood
    of the candidates' own counts: where reps hardly differ it is large, and everyone gets about the average. No answer
    while none of the candidates has closed anything.

    Args:
        strength: How many deals the average is worth, above 0; estimated from the counts when not given.
        by: The field of the lead, or a list of fields, that says which leads are similar: the rate is then that of
            each rep in this segment, and the average too.
        half_life: The age at which an outcome counts half, such as ``"26w"``; ``None`` counts all alike.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(close_rate(strength=50)), str(close_rate(by="industry", half_life="26w"))
        ('close_rate(50)', "close_rate(by='industry', half_life='26w')")
    """

    name = "close_rate"
    reads = frozenset({"won", "closed"})
    strength: float | None = field(default=None, converter=optional(positive))

    def bind(self, situation: Situation) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        prior, records = self.prior(situation), self.records(situation)
        if prior is None:
            return lambda _rep: None

        shrunk = prior.shrunk

        def points(rep: Rep) -> float:
            record = records.get(rep.id, NOTHING)
            return min(1.0, shrunk(record.won, record.closed))

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Add up the candidates' record once. O(candidates), and the estimate of the strength for new counts."""
        won, closed = self.columns(situation, "won", "closed")
        prior = self.prior_of(won, closed)
        if prior is None:
            return [None] * len(won)
        worth, base = prior.strength, prior.strength * prior.mean
        # no bound is needed: what was won is no more than what was closed, and rounding keeps that order
        return [(good + base) / (whole + worth) for good, whole in zip(won, closed, strict=True)]

    def prior_of(self, won: Sequence[float], closed: Sequence[float]) -> Prior | None:
        """The same as ``prior``, from the columns of the candidates."""
        if self.strength is None:
            return _estimated(tuple(won), tuple(closed))
        trials = sum(closed)
        return Prior(min(1.0, sum(won) / trials), self.strength) if trials else None

    def prior(self, situation: Situation) -> Prior | None:
        """What the candidates' records say before looking at one rep: the average, and what it is worth."""
        return situation.once((close_rate, self), lambda: self._prior(situation))

    def estimate(self, situation: Situation, rep: Rep) -> Estimate:
        """What is known of the rep's rate, for intervals.

        Example:
            >>> from leadroute import Lead, Rep, Snapshot
            >>> ada = Rep("ada")
            >>> counts = Snapshot(won={"ada": 30}, closed={"ada": 100})
            >>> situation = Situation(Lead("L-1"), (ada,), "everyone", counts)
            >>> low, high = close_rate(20).estimate(situation, ada).interval(0.9)
            >>> f"{low:.2f} to {high:.2f}"
            '0.24 to 0.37'
        """
        record = self.record(situation, rep)
        return posterior(record.won, record.closed, self.prior(situation))

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The rep's record, the average it is shrunk to, and the interval."""
        prior, about = self.prior(situation), self.about(situation)
        if prior is None:
            return f"nobody has closed a deal{about} yet"
        record = self.record(situation, rep)
        low, high = posterior(record.won, record.closed, prior).interval(0.9)
        return (
            f"won {record.won:g} of {record.closed:g}{about}, where all together win {prior.mean:.0%}; "
            f"likely between {low:.0%} and {high:.0%}"
        )

    def _prior(self, situation: Situation) -> Prior | None:
        found = ((record.won, record.closed) for record in self.records(situation).values())
        return prior_of(found, self.strength)


@lru_cache(maxsize=64)
def _estimated(won: tuple[float, ...], closed: tuple[float, ...]) -> Prior | None:
    return prior_of(zip(won, closed, strict=True))


@frozen
class revenue_rate(Learning):
    """What a lead is worth in the rep's hands: revenue won per lead closed, shrunk towards that of all candidates.

    Formula: r / best, where r = (value + strength * m) / (closed + strength) is the credibility estimate (Buehlmann
    1967), m the candidates' value / closed together, and best the largest r among the candidates. No answer while
    none of them has won anything of known value.

    Args:
        strength: How many leads the average is worth; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(revenue_rate())
        'revenue_rate()'
    """

    name = "revenue_rate"
    strength: float = field(default=20, converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(situation), self.records(situation)
        if not average:
            return lambda _rep: None
        best = max(self._rate(record, average) for record in records.values())

        def points(rep: Rep) -> float:
            return min(1.0, self._rate(records.get(rep.id, NOTHING), average) / best)

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        value, closed = self.columns(situation, "value", "closed")
        whole = sum(closed)
        average = max(0.0, sum(value)) / whole if whole else 0.0
        if not average:
            return [None] * len(value)
        worth, base = self.strength, self.strength * average
        if min(value) < 0:
            value = [max(0.0, brought) for brought in value]
        rates = [
            (brought + base) / (ended + worth) for brought, ended in zip(value, closed, strict=True)
        ]
        best = max(rates)
        return [rate / best for rate in rates]  # at most 1, as the best is one of them

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The rep's revenue a lead, shrunk, and the average."""
        average, about = self._average(situation), self.about(situation)
        if not average:
            return f"nobody has won a deal of known value{about} yet"
        own = self._rate(self.record(situation, rep), average)
        return f"{own / 100:,.0f} a lead{about}, where all together bring {average / 100:,.0f}"

    def _rate(self, record: Record, average: float) -> float:
        return (max(0.0, record.value) + self.strength * average) / (record.closed + self.strength)

    def _average(self, situation: Situation) -> float:
        records = self.records(situation).values()

        def average() -> float:
            closed = sum(record.closed for record in records)
            return max(0.0, sum(record.value for record in records)) / closed if closed else 0.0

        return situation.once((revenue_rate, self), average)


def _similar(given: Any) -> str | tuple[str, ...]:
    found = text_titles(given)
    return found[0] if len(found) == 1 else found


@frozen
class expertise(Learning):
    """How many leads like this one the rep has worked to the end.

    Formula: n / (n + half), where n is the number of the rep's closed leads that share the lead's value in ``by``;
    several fields add up. No answer when the lead has no value there, or no outcomes are given.

    Args:
        half: How many leads give half a point; above 0.
        by: The field of the lead, or a list of fields, that says which leads are similar.
        half_life: The age at which an outcome counts half, such as ``"52w"``; ``None`` counts all alike.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(expertise()), str(expertise(by="product", half=5))
        ('expertise()', "expertise(5, by='product')")
    """

    name = "expertise"
    half: float = field(default=10, converter=positive)
    by: str | tuple[str, ...] = field(default="industry", converter=_similar, kw_only=True)

    def bind(self, situation: Situation) -> Points:
        """Look the segments up once. O(candidates) a lead, O(1) a rep."""
        if not self.answers(situation):
            return lambda _rep: None
        records = self.records(situation)

        def points(rep: Rep) -> float:
            worked = records.get(rep.id, NOTHING).closed
            return worked / (worked + self.half)

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Look the segments up once. O(candidates)."""
        if not self.answers(situation):
            return [None] * len(situation.reps)
        (closed,), half = self.columns(situation, "closed"), self.half
        return [worked / (worked + half) for worked in closed]

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How many leads, and of which kind."""
        if not self.answers(situation):
            return f"nothing is known{self.about(situation)}"
        return f"{self.record(situation, rep).closed:.3g} leads closed{self.about(situation)}"
