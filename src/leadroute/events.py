"""Events in the life of a lead, and the placement they make.

Example:
    >>> from leadroute.events import Offered, rebuild
    >>> Offered.kind, rebuild("L-1", []) is None
    ('offered', True)
"""

from leadroute.offers.events import (
    KINDS,
    Accepted,
    AnotherChance,
    Assigned,
    Back,
    CatchAll,
    Contacted,
    DeadlineMissed,
    DeadlineWarned,
    Declined,
    Disqualified,
    FeedbackGiven,
    FollowUpDue,
    Forgotten,
    LeadEvent,
    NobodyAdded,
    Offered,
    OfferWithdrawn,
    Paused,
    PolicyChanged,
    Received,
    Released,
    Reminded,
    Reopened,
    Repaired,
    Rerouted,
    Resumed,
    TimedOut,
    Updated,
    Waiting,
    Withdrawn,
)
from leadroute.offers.lifting import event_of
from leadroute.offers.outcome_counts import track_records_of
from leadroute.offers.state_machine import MOVES, rebuild

__all__ = [
    "KINDS",
    "MOVES",
    "Accepted",
    "AnotherChance",
    "Assigned",
    "Back",
    "CatchAll",
    "Contacted",
    "DeadlineMissed",
    "DeadlineWarned",
    "Declined",
    "Disqualified",
    "FeedbackGiven",
    "FollowUpDue",
    "Forgotten",
    "LeadEvent",
    "NobodyAdded",
    "OfferWithdrawn",
    "Offered",
    "Paused",
    "PolicyChanged",
    "Received",
    "Released",
    "Reminded",
    "Reopened",
    "Repaired",
    "Rerouted",
    "Resumed",
    "TimedOut",
    "Updated",
    "Waiting",
    "Withdrawn",
    "event_of",
    "rebuild",
    "track_records_of",
]
