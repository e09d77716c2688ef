"""Lead scores: how good and how urgent a lead is.

Example:
    >>> from leadroute.lead_scoring import LeadGrade
    >>> LeadGrade("hot", 0.7, "5m").name
    'hot'
"""

from __future__ import annotations

from leadroute.ranking.estimates import Bin, Calibration, calibration
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    Logistic,
    NamedModel,
    Predictor,
    SourcePoints,
)

__all__ = [
    "Bin",
    "Calibration",
    "EngagementSignal",
    "FitCriterion",
    "LeadGrade",
    "LeadScore",
    "LeadScoring",
    "Logistic",
    "NamedModel",
    "Predictor",
    "SourcePoints",
    "calibration",
]
