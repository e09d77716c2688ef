"""The turn that an offer takes in its pool."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve, field, frozen

from leadroute.model.validation import FrozenDict, frozen_counts, frozen_words


@frozen
class TurnTaken:
    """The effect of an offer on the credits of its pool.

    Args:
        rep_id: The rep who took the turn.
        taken: The number of turns that it counts; 0 when a turn credit paid for it.
        units: The number of leads that were shared.
        shares: Among whom, by weight: hexadecimal digits of a number whose bits are places in the pool's record.
        paid: The change to each turn credit of the rep: below 0 where it paid.
        final: True after the rep has accepted, when nothing is taken back anymore.
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
