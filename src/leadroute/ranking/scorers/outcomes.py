"""What became of the leads that a rep had before."""

from __future__ import annotations

from attrs import field, frozen

from leadroute.model.rep import Rep
from leadroute.ranking.scorers.fit import positive
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["close_rate"]


@frozen
class close_rate(Scorer):
    """The share of deals that the rep wins, shrunk towards the share of all candidates.

    A rep with few deals is taken to be average until their own record says otherwise, so that one lucky win does not
    outrank a hundred good ones. Formula (the mean of a beta posterior): (won + strength * m) / (closed + strength),
    where m is the candidates' won / closed together. No answer while none of them has closed anything.

    Args:
        strength: How many deals the average is worth; above 0.

    Raises:
        ConfigError: ``strength`` is not above 0.

    Example:
        >>> str(close_rate(strength=50))
        'close_rate(50)'
    """

    name = "close_rate"
    strength: float = field(default=20, converter=positive)

    def bind(self, situation: Situation) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average = self._average(situation)
        won, closed = situation.snapshot.won, situation.snapshot.closed

        def points(rep: Rep) -> float | None:
            if average is None:
                return None
            expected = self.strength * average
            return (won.get(rep.id, 0) + expected) / (closed.get(rep.id, 0) + self.strength)

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """The rep's record, and the average it is shrunk to."""
        average = self._average(situation)
        if average is None:
            return "nobody has closed a deal yet"
        won = situation.snapshot.won.get(rep.id, 0)
        closed = situation.snapshot.closed.get(rep.id, 0)
        return f"won {won} of {closed}, where all together win {average:.0%}"

    def _average(self, situation: Situation) -> float | None:
        closed = sum(situation.snapshot.closed.get(rep.id, 0) for rep in situation.reps)
        won = sum(situation.snapshot.won.get(rep.id, 0) for rep in situation.reps)
        return won / closed if closed else None
