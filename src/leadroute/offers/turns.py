"""What an offer did to the credits of its pool, as the log and the placement note it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from leadroute.model.validation import FrozenDict, frozen_counts, frozen_words

__all__ = ["TurnTaken"]


@frozen
class TurnTaken:
    """The effect of an offer on the credits of its pool.

    Args:
        rep_id: Who took the turn.
        taken: How many turns that counts; 0 when one that was given paid for it.
        units: How many leads were shared out.
        shares: Among whom, by weight: hexadecimal digits of a number whose bits are places in the pool's record.
        paid: What was added to each grant of the rep: below 0 where it paid.
        final: Whether the rep has accepted, so that nothing is taken back any more.
    """

    rep_id: str
    taken: int
    units: int
    shares: Mapping[str, str] = field(default=FrozenDict(), converter=frozen_words)
    paid: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    final: bool = False

    def accepted(self) -> TurnTaken:
        """The same, once it is not taken back any more."""
        return evolve(self, shares=FrozenDict(), final=True)
