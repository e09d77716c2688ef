"""Lead scores: how good and how urgent a lead is.

Example:
    >>> from leadroute.lead_scoring import LeadGrade
    >>> str(LeadGrade("hot", 0.7, "5m").sla)
    '0:05:00'
"""

from leadroute.ranking.lead_scoring import (
    Bin,
    Calibration,
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScore,
    LeadScoring,
    Logistic,
    Predictor,
    calibration,
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
    "Predictor",
    "calibration",
]
