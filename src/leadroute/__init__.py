"""Give every lead to the right rep, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadroute.clock import Clock, SystemClock
from leadroute.errors import (
    ConfigError,
    Conflict,
    FactTypeError,
    InvalidValue,
    LeadNotFound,
    LeadrouteError,
    MissingExtra,
    NoTransaction,
    OfferClosed,
    Transient,
    UnknownFieldError,
)
from leadroute.formats.policy import dump_policy, load_policy
from leadroute.model.atlas import Atlas
from leadroute.model.lead import Lead, Signal
from leadroute.model.limits import Cap
from leadroute.model.presence import Presence
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.schedule import Schedule
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import Territory
from leadroute.offers.dispatcher import Dispatcher
from leadroute.offers.placement import Placement, Status
from leadroute.ranking.decision import Decision
from leadroute.ranking.ranking import Assignment, Outcome, Ranking, Rejection
from leadroute.ranking.router import Router
from leadroute.ranking.scorers import (
    cap_room,
    close_rate,
    headroom,
    intent,
    rotation,
    scorer,
    skill_match,
    territory_match,
)
from leadroute.rules.builders import LEAD, REP, signal
from leadroute.rules.otherwise import Otherwise
from leadroute.rules.qualification import Factor, Qualification
from leadroute.rules.rule import Pool, Rule
from leadroute.stores import MemoryStore, SqliteStore

if TYPE_CHECKING:
    from leadroute.insight.lint import check
    from leadroute.insight.whatif import diff, explain, why_not

    __version__: str

__all__ = [
    "LEAD",
    "REP",
    "Assignment",
    "Atlas",
    "Cap",
    "Clock",
    "ConfigError",
    "Conflict",
    "Decision",
    "Dispatcher",
    "FactTypeError",
    "Factor",
    "InvalidValue",
    "Lead",
    "LeadNotFound",
    "LeadrouteError",
    "MemoryStore",
    "MissingExtra",
    "NoTransaction",
    "OfferClosed",
    "Otherwise",
    "Outcome",
    "Placement",
    "Pool",
    "Presence",
    "Qualification",
    "Ranking",
    "Rejection",
    "Rep",
    "Roster",
    "Router",
    "Rule",
    "Schedule",
    "Signal",
    "Snapshot",
    "SqliteStore",
    "Status",
    "SystemClock",
    "Territory",
    "Transient",
    "UnknownFieldError",
    "cap_room",
    "check",
    "close_rate",
    "diff",
    "dump_policy",
    "explain",
    "headroom",
    "intent",
    "load_policy",
    "rotation",
    "scorer",
    "signal",
    "skill_match",
    "territory_match",
    "why_not",
]


def __getattr__(name: str) -> Any:
    """What is asked for rarely, and slow to import."""
    if name == "__version__":
        from importlib.metadata import version

        return version("leadroute")
    if name == "check":
        from leadroute.insight.lint import check

        return check
    if name in ("diff", "explain", "why_not"):
        from leadroute.insight.whatif import diff, explain, why_not

        return {"diff": diff, "explain": explain, "why_not": why_not}[name]
    raise AttributeError(f"module 'leadroute' has no attribute {name!r}")
