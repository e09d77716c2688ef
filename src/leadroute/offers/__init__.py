"""Placements and the dispatcher: offers, answers and turn credits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

if TYPE_CHECKING:
    from leadroute.model.rep import Pause
    from leadroute.model.snapshot import TurnCredit
    from leadroute.offers.answers import ANSWERS, Answer
    from leadroute.offers.async_dispatcher import AsyncDispatcher
    from leadroute.offers.auditing import AuditResult, Discrepancy
    from leadroute.offers.decisions import Decision, PoolDecision
    from leadroute.offers.dispatcher import Dispatcher
    from leadroute.offers.dispatching import FailedLead, ForgetResult, SweepResult
    from leadroute.offers.feedback import FeedbackNote
    from leadroute.offers.live_counts import LiveCounts
    from leadroute.offers.outbox import OutboxEvent
    from leadroute.offers.placement import Offer, Placement, PreviousOffer, Status
    from leadroute.offers.pulling import AvailableLead, LinePosition, NextLead
    from leadroute.offers.queries import WorkItem
    from leadroute.offers.turn_taken import TurnTaken
    from leadroute.rules.deadline_terms import BreachStep
    from leadroute.rules.feedback_form import FeedbackForm, FormField
    from leadroute.rules.offer_kind import OfferKind
    from leadroute.rules.rule import DISPOSITIONS
    from leadroute.rules.step import Step
    from leadroute.rules.terms import Terms

__all__ = [
    "ANSWERS",
    "DISPOSITIONS",
    "Answer",
    "AsyncDispatcher",
    "AuditResult",
    "AvailableLead",
    "BreachStep",
    "Decision",
    "Discrepancy",
    "Dispatcher",
    "FailedLead",
    "FeedbackForm",
    "FeedbackNote",
    "ForgetResult",
    "FormField",
    "LinePosition",
    "LiveCounts",
    "NextLead",
    "Offer",
    "OfferKind",
    "OutboxEvent",
    "Pause",
    "Placement",
    "PoolDecision",
    "PreviousOffer",
    "Status",
    "Step",
    "SweepResult",
    "Terms",
    "TurnCredit",
    "TurnTaken",
    "WorkItem",
]

_HOMES = {
    "ANSWERS": "leadroute.offers.answers",
    "Answer": "leadroute.offers.answers",
    "Pause": "leadroute.model.rep",
    "AsyncDispatcher": "leadroute.offers.async_dispatcher",
    "AuditResult": "leadroute.offers.auditing",
    "DISPOSITIONS": "leadroute.rules.rule",
    "BreachStep": "leadroute.rules.deadline_terms",
    "FeedbackForm": "leadroute.rules.feedback_form",
    "FeedbackNote": "leadroute.offers.feedback",
    "FormField": "leadroute.rules.feedback_form",
    "Decision": "leadroute.offers.decisions",
    "Dispatcher": "leadroute.offers.dispatcher",
    "FailedLead": "leadroute.offers.dispatching",
    "Discrepancy": "leadroute.offers.auditing",
    "ForgetResult": "leadroute.offers.dispatching",
    "AvailableLead": "leadroute.offers.pulling",
    "LinePosition": "leadroute.offers.pulling",
    "NextLead": "leadroute.offers.pulling",
    "LiveCounts": "leadroute.offers.live_counts",
    "Offer": "leadroute.offers.placement",
    "OfferKind": "leadroute.rules.offer_kind",
    "OutboxEvent": "leadroute.offers.outbox",
    "Placement": "leadroute.offers.placement",
    "PoolDecision": "leadroute.offers.decisions",
    "PreviousOffer": "leadroute.offers.placement",
    "Status": "leadroute.offers.placement",
    "Step": "leadroute.rules.step",
    "SweepResult": "leadroute.offers.dispatching",
    "Terms": "leadroute.rules.terms",
    "TurnCredit": "leadroute.model.snapshot",
    "TurnTaken": "leadroute.offers.turn_taken",
    "WorkItem": "leadroute.offers.queries",
}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
