"""Give every lead to the right rep, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadroute.lazy import by_name, on_demand

if TYPE_CHECKING:
    from leadroute.errors import LeadrouteError
    from leadroute.formats.policy_file import dump_policy, load_policy
    from leadroute.insight.explain.explanation import explain
    from leadroute.insight.explain.why_not import why_not
    from leadroute.insight.lint import check
    from leadroute.model.caps import Cap
    from leadroute.model.lead import Lead, Signal
    from leadroute.model.rep import Presence, Rep, Roster
    from leadroute.model.schedule import Schedule
    from leadroute.model.snapshot import Snapshot
    from leadroute.model.territory import Territory
    from leadroute.offers.dispatcher import Dispatcher
    from leadroute.offers.placement import Placement, Status
    from leadroute.ranking.lead_scoring import LeadScoring
    from leadroute.ranking.ranking import Assignment, Exclusion, Outcome, Ranking
    from leadroute.ranking.router import Router
    from leadroute.ranking.scorers.custom import scorer
    from leadroute.ranking.scorers.fit import skill_match
    from leadroute.ranking.scorers.holdings import free_capacity
    from leadroute.ranking.scorers.performance import close_rate
    from leadroute.ranking.scorers.round_robin import round_robin
    from leadroute.rules.builders import LEAD, REP
    from leadroute.rules.pool import Pool
    from leadroute.rules.rule import Disposition, Factor, Fallback, Qualification, Rule
    from leadroute.stores.memory import MemoryStore
    from leadroute.stores.sqlite import SqliteStore

    __version__: str

__all__ = [
    "LEAD",
    "REP",
    "Assignment",
    "Cap",
    "Dispatcher",
    "Disposition",
    "Exclusion",
    "Factor",
    "Fallback",
    "Lead",
    "LeadScoring",
    "LeadrouteError",
    "MemoryStore",
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
    "Territory",
    "__version__",
    "check",
    "close_rate",
    "dump_policy",
    "explain",
    "free_capacity",
    "load_policy",
    "round_robin",
    "scorer",
    "skill_match",
    "why_not",
]

# Where a public name is defined. Nothing is imported before it is asked for: `import leadroute` costs nothing.
_HOMES = by_name(
    {
        "leadroute.ranking.ranking": "Assignment Exclusion Outcome Ranking",
        "leadroute.model.caps": "Cap",
        "leadroute.offers.dispatcher": "Dispatcher",
        "leadroute.rules.pool": "Pool",
        "leadroute.rules.rule": "Disposition Factor Fallback Qualification Rule",
        "leadroute.rules.builders": "LEAD REP",
        "leadroute.model.lead": "Lead Signal",
        "leadroute.ranking.lead_scoring": "LeadScoring",
        "leadroute.errors": "LeadrouteError",
        "leadroute.stores.memory": "MemoryStore",
        "leadroute.offers.placement": "Placement Status",
        "leadroute.model.rep": "Presence Rep Roster",
        "leadroute.ranking.router": "Router",
        "leadroute.model.schedule": "Schedule",
        "leadroute.model.snapshot": "Snapshot",
        "leadroute.stores.sqlite": "SqliteStore",
        "leadroute.model.territory": "Territory",
        "leadroute.insight.lint": "check",
        "leadroute.ranking.scorers.performance": "close_rate",
        "leadroute.formats.policy_file": "dump_policy load_policy",
        "leadroute.insight.explain.explanation": "explain",
        "leadroute.ranking.scorers.holdings": "free_capacity",
        "leadroute.ranking.scorers.round_robin": "round_robin",
        "leadroute.ranking.scorers.custom": "scorer",
        "leadroute.ranking.scorers.fit": "skill_match",
        "leadroute.insight.explain.why_not": "why_not",
    }
)

_late, __dir__ = on_demand(__name__, __all__, _HOMES)


def __getattr__(name: str) -> Any:
    """Return a public name, loaded when it is first asked for."""
    if name == "__version__":
        from importlib.metadata import version

        return version("leadroute")
    return _late(name)
