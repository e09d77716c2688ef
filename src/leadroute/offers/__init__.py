"""Placements and the dispatcher: offers, answers and turn credits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

if TYPE_CHECKING:
    from leadroute.model.snapshot import TurnCredit
    from leadroute.offers.async_dispatcher import AsyncDispatcher
    from leadroute.offers.auditing import AuditResult, Discrepancy
    from leadroute.offers.decisions import Decision, PoolDecision
    from leadroute.offers.dispatcher import Dispatcher
    from leadroute.offers.dispatching import FailedLead, ForgetResult, SweepResult
    from leadroute.offers.events import TurnTaken
    from leadroute.offers.live_counts import LiveCounts
    from leadroute.offers.outbox import OutboxEvent
    from leadroute.offers.placement import Offer, Placement, PreviousOffer, Status
    from leadroute.offers.queries import WorkItem
    from leadroute.rules.rule import DISPOSITIONS
    from leadroute.rules.terms import Terms

__all__ = [
    "DISPOSITIONS",
    "AsyncDispatcher",
    "AuditResult",
    "Decision",
    "Discrepancy",
    "Dispatcher",
    "FailedLead",
    "ForgetResult",
    "LiveCounts",
    "Offer",
    "OutboxEvent",
    "Placement",
    "PoolDecision",
    "PreviousOffer",
    "Status",
    "SweepResult",
    "Terms",
    "TurnCredit",
    "TurnTaken",
    "WorkItem",
]

_HOMES = {
    "AsyncDispatcher": "leadroute.offers.async_dispatcher",
    "AuditResult": "leadroute.offers.auditing",
    "DISPOSITIONS": "leadroute.rules.rule",
    "Decision": "leadroute.offers.decisions",
    "Dispatcher": "leadroute.offers.dispatcher",
    "FailedLead": "leadroute.offers.dispatching",
    "Discrepancy": "leadroute.offers.auditing",
    "ForgetResult": "leadroute.offers.dispatching",
    "LiveCounts": "leadroute.offers.live_counts",
    "Offer": "leadroute.offers.placement",
    "OutboxEvent": "leadroute.offers.outbox",
    "Placement": "leadroute.offers.placement",
    "PoolDecision": "leadroute.offers.decisions",
    "PreviousOffer": "leadroute.offers.placement",
    "Status": "leadroute.offers.placement",
    "SweepResult": "leadroute.offers.dispatching",
    "Terms": "leadroute.rules.terms",
    "TurnCredit": "leadroute.model.snapshot",
    "TurnTaken": "leadroute.offers.events",
    "WorkItem": "leadroute.offers.queries",
}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
