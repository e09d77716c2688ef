"""How interested a lead is, judged by what it did."""

from __future__ import annotations

from datetime import timedelta
from math import exp2

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.duration import format_duration, parse_duration
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.fit import positive
from leadroute.rules.scorer import Points, Scorer
from leadroute.rules.situation import Situation

__all__ = ["intent"]


def _half_life(given: str | timedelta) -> str:
    found = parse_duration(given)
    if not found:
        raise ConfigError("a half-life is longer than 0s; write it like '7d'")
    return format_duration(found)


@frozen
class intent(Scorer):
    """How warm the lead is, from its signals, newer ones counting more.

    Every rep gets the same points, so on its own it orders nobody: guard it. ``intent().when(REP.level >= 3)`` lifts
    the seniors for warm leads and the others for cold ones.

    Formula: h / (h + half), where h is the sum of value * 2 ** (-age / half_life) over the signals of this kind up to
    now. No answer for a lead without any signal.

    Args:
        kind: The kind of signal to count; every kind when not given.
        half: The heat that gives half a point; above 0. 240 suits seconds on a page, 1 suits plain events.
        half_life: The age at which a signal counts half, such as ``"7d"``.

    Raises:
        ConfigError: A parameter cannot be read.

    Example:
        >>> str(intent("pricing_page", half=240))
        "intent('pricing_page', 240)"
    """

    name = "intent"
    kind: str | None = None
    half: float = field(default=1, converter=positive)
    half_life: str = field(default="1w", converter=_half_life)

    def bind(self, situation: Situation) -> Points:
        """Add up the signals once. O(signals) a lead, O(1) a rep."""
        heat = self._heat(situation)
        warmth = None if heat is None else heat / (heat + self.half)

        def points(_rep: Rep) -> float | None:
            return warmth

        return points

    def reason(self, situation: Situation, rep: Rep) -> str:
        """How much interest the lead showed."""
        heat = self._heat(situation)
        what = self.kind or "any kind"
        return (
            f"no signals of {what}" if heat is None else f"signals of {what} amount to {heat:.3g}"
        )

    def _heat(self, situation: Situation) -> float | None:
        signals = [signal for signal in situation.lead.signals if self.kind in (None, signal.kind)]
        if not signals:
            return None
        now, half_life = situation.now, parse_duration(self.half_life)
        return sum(
            signal.value * exp2(-((now - signal.at) / half_life))
            for signal in signals
            if signal.at <= now
        )
