"""The built-in scorers, each a frozen value, and the decorator for the host's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from leadroute.model.frozen import FrozenDict
from leadroute.ranking.scorers.fit import nearness, skill_match, territory_match
from leadroute.ranking.scorers.host import scorer
from leadroute.ranking.scorers.interest import intent
from leadroute.ranking.scorers.load import cap_room, headroom
from leadroute.ranking.scorers.outcomes import close_rate
from leadroute.ranking.scorers.turns import rotation
from leadroute.rules.scorer import Scorer

__all__ = [
    "BUILT_IN",
    "cap_room",
    "close_rate",
    "headroom",
    "intent",
    "nearness",
    "rotation",
    "scorer",
    "skill_match",
    "territory_match",
]

BUILT_IN: Mapping[str, Callable[..., Scorer]] = FrozenDict(
    {
        each.name: each
        for each in (
            skill_match,
            territory_match,
            nearness,
            headroom,
            cap_room,
            close_rate,
            intent,
            rotation,
        )
    }
)
"""The scorers that a policy file may name, by name."""
