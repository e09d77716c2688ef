"""Give every lead to the right rep, and say why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leadroute.clock import Clock, SystemClock
from leadroute.errors import (
    ConfigError,
    ConflictError,
    FieldTypeError,
    LeadNotFoundError,
    LeadrouteError,
    MissingExtraError,
    OfferClosed,
    TransactionRequiredError,
    TransientError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.model.caps import Cap
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Presence, Rep
from leadroute.model.roster import Roster
from leadroute.model.schedule import Schedule
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import Territory
from leadroute.model.territory_index import TerritoryIndex
from leadroute.ranking.lead_scoring import LeadScoring
from leadroute.ranking.ranking import Assignment, Exclusion, Outcome, Ranking
from leadroute.ranking.router import Router
from leadroute.rules.builders import LEAD, REP, signal
from leadroute.rules.disposition import Disposition
from leadroute.rules.fallback import Fallback
from leadroute.rules.rule import Factor, Pool, Qualification, Rule

if TYPE_CHECKING:
    from leadroute.formats.policy_file import dump_policy, load_policy
    from leadroute.insight.explanations import diff, explain, why_not
    from leadroute.insight.lint import check
    from leadroute.offers.dispatcher import Dispatcher
    from leadroute.offers.placement import Placement, Status
    from leadroute.ranking.decision_record import DecisionRecord
    from leadroute.scorers import (
        cap_remaining,
        close_rate,
        free_capacity,
        intent,
        round_robin,
        scorer,
        skill_match,
        territory_match,
    )
    from leadroute.stores.memory import MemoryStore
    from leadroute.stores.sqlite import SqliteStore

    __version__: str

__all__ = [
    "LEAD",
    "REP",
    "Assignment",
    "Cap",
    "Clock",
    "ConfigError",
    "ConflictError",
    "DecisionRecord",
    "Dispatcher",
    "Disposition",
    "Exclusion",
    "Factor",
    "Fallback",
    "FieldTypeError",
    "Lead",
    "LeadNotFoundError",
    "LeadScoring",
    "LeadrouteError",
    "MemoryStore",
    "MissingExtraError",
    "OfferClosed",
    "Outcome",
    "Placement",
    "Pool",
    "Presence",
    "Qualification",
    "Ranking",
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
    "TerritoryIndex",
    "TransactionRequiredError",
    "TransientError",
    "UnknownFieldError",
    "ValidationError",
    "cap_remaining",
    "check",
    "close_rate",
    "diff",
    "dump_policy",
    "explain",
    "free_capacity",
    "intent",
    "load_policy",
    "round_robin",
    "scorer",
    "signal",
    "skill_match",
    "territory_match",
    "why_not",
]


_LATER = {
    "DecisionRecord": "leadroute.ranking.decision_record",
    "Dispatcher": "leadroute.offers.dispatcher",
    "MemoryStore": "leadroute.stores.memory",
    "Placement": "leadroute.offers.placement",
    "SqliteStore": "leadroute.stores.sqlite",
    "Status": "leadroute.offers.placement",
    "cap_remaining": "leadroute.ranking.scorers.load",
    "check": "leadroute.insight.lint",
    "close_rate": "leadroute.ranking.scorers.performance",
    "diff": "leadroute.insight.explanations",
    "dump_policy": "leadroute.formats.policy_file",
    "explain": "leadroute.insight.explanations",
    "free_capacity": "leadroute.ranking.scorers.load",
    "intent": "leadroute.ranking.scorers.engagement",
    "load_policy": "leadroute.formats.policy_file",
    "round_robin": "leadroute.ranking.scorers.round_robin",
    "scorer": "leadroute.ranking.scorers.custom",
    "skill_match": "leadroute.ranking.scorers.fit",
    "territory_match": "leadroute.ranking.scorers.fit",
    "why_not": "leadroute.insight.explanations",
}


def __getattr__(name: str) -> Any:
    """What not every program asks for: imported when it is."""
    if name == "__version__":
        from importlib.metadata import version

        return version("leadroute")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module 'leadroute' has no attribute {name!r}")
