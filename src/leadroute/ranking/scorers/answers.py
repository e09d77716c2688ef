"""How a rep answers: how fast, and whether at all.

The rules of this module:

* Times are taken in logarithms, so that one lead forgotten over a weekend does not outweigh twenty quick answers.
* A rep's record is shrunk towards that of all candidates; who has no record is taken to be average.
* Declining is an answer. It counts for more than letting an offer run out, because the next rep gets the lead sooner.
"""

from __future__ import annotations

from datetime import timedelta
from math import expm1

from attrs import field, frozen

from leadroute.model.duration import parse_duration
from leadroute.model.rep import Rep
from leadroute.model.track_record import NOTHING, UNIT, Record
from leadroute.ranking.scorers.evidence import Learning
from leadroute.ranking.scorers.parameters import lasting, positive, share
from leadroute.rules.scorer import Points
from leadroute.rules.situation import Situation

__all__ = ["accept_rate", "response_speed"]

_LONGEST = 600.0


@frozen
class response_speed(Learning):
    """How fast the rep reaches the leads they are offered.

    Formula: half / (half + t), where t is the rep's typical time from offer to first contact: exp(l) - 1 seconds with
    l = (sum of log(1 + seconds) + strength * m) / (reached + strength), and m the mean of log(1 + seconds) over the
    leads of all candidates. No answer while none of them has reached anybody.

    Args:
        half: The time to contact that gives half a point, such as ``"5m"``.
        strength: How many leads the average is worth; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(response_speed("10m"))
        "response_speed('10m')"
    """

    name = "response_speed"
    half: str = field(default="5m", converter=lasting)
    strength: float = field(default=5, converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(situation), self.records(situation)
        if average is None:
            return lambda _rep: None
        half = parse_duration(self.half).total_seconds()

        def points(rep: Rep) -> float:
            return half / (half + self._seconds(records.get(rep.id, NOTHING), average))

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        logs, reached = self.columns(situation, "log_response", "reached")
        whole = sum(reached)
        if not whole:
            return [None] * len(logs)
        half, worth = parse_duration(self.half).total_seconds(), self.strength
        base = worth * (sum(logs) / UNIT / whole)
        typical = [
            (logged / UNIT + base) / (leads + worth)
            for logged, leads in zip(logs, reached, strict=True)
        ]
        if min(typical) < 0.0 or max(typical) > _LONGEST:
            typical = [max(0.0, min(each, _LONGEST)) for each in typical]
        return [half / (half + expm1(each)) for each in typical]

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The rep's typical time, after shrinking, and from how many leads."""
        average, record = self._average(situation), self.record(situation, rep)
        if average is None:
            return f"nobody has reached a lead{self.about(situation)} yet"
        took = timedelta(seconds=round(min(self._seconds(record, average), 1e9)))
        return f"takes about {took} to reach a lead, judged by {record.reached:.3g} leads"

    def _seconds(self, record: Record, average: float) -> float:
        typical = (record.log_response / UNIT + self.strength * average) / (
            record.reached + self.strength
        )
        return expm1(max(0.0, min(typical, _LONGEST)))

    def _average(self, situation: Situation) -> float | None:
        records = self.records(situation).values()

        def average() -> float | None:
            reached = sum(record.reached for record in records)
            return (
                sum(record.log_response for record in records) / UNIT / reached if reached else None
            )

        return situation.once((response_speed, self), average)


@frozen
class accept_rate(Learning):
    """How reliably the rep answers offers, a refusal counting for more than silence.

    Formula: (accepted + refusal * declined + strength * m) / (n + strength), where n counts the offers that were
    accepted, declined or ran out, and m is the same share for all candidates together. No answer while nobody has
    been offered anything.

    Args:
        refusal: What a refusal is worth, from 0 (like silence) to 1 (like accepting).
        strength: How many offers the average is worth; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(accept_rate(half_life="4w"))
        "accept_rate(half_life='4w')"
    """

    name = "accept_rate"
    refusal: float = field(default=0.5, converter=share)
    strength: float = field(default=10, converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(situation), self.records(situation)
        if average is None:
            return lambda _rep: None

        def points(rep: Rep) -> float:
            good, offers = self._answered(records.get(rep.id, NOTHING))
            return min(1.0, (good + self.strength * average) / (offers + self.strength))

        return points

    def column(self, situation: Situation) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        accepted, declined, ignored = self.columns(situation, "accepted", "declined", "ignored")
        refusal, worth = self.refusal, self.strength
        good = [taken + refusal * no for taken, no in zip(accepted, declined, strict=True)]
        offers = [
            taken + no + late for taken, no, late in zip(accepted, declined, ignored, strict=True)
        ]
        whole = sum(offers)
        if not whole:
            return [None] * len(offers)
        base = worth * (sum(good) / whole)
        # no bound is needed: what was good is no more than what was offered, and rounding keeps that order
        return [(own + base) / (each + worth) for own, each in zip(good, offers, strict=True)]

    def reason(self, situation: Situation, rep: Rep) -> str:
        """What became of the rep's offers."""
        if self._average(situation) is None:
            return f"nobody has been offered a lead{self.about(situation)} yet"
        record = self.record(situation, rep)
        return (
            f"accepted {record.accepted:.3g}, declined {record.declined:.3g}, "
            f"let {record.ignored:.3g} run out{self.about(situation)}"
        )

    def _answered(self, record: Record) -> tuple[float, float]:
        good = record.accepted + self.refusal * record.declined
        return good, record.accepted + record.declined + record.ignored

    def _average(self, situation: Situation) -> float | None:
        records = self.records(situation).values()

        def average() -> float | None:
            found = [self._answered(record) for record in records]
            offers = sum(each for _, each in found)
            return sum(good for good, _ in found) / offers if offers else None

        return situation.once((accept_rate, self), average)
