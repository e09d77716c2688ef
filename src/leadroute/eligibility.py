"""Codes of exclusions, and the hours and limits behind them.

Example:
    >>> from leadroute.eligibility import CODES
    >>> CODES["at_capacity"]
    'The rep has no capacity left for the lead.'
"""

from leadroute.model.caps import allowance, burst, longest_gap
from leadroute.model.lead_timezone import calling_hours, zones_of
from leadroute.ranking.eligibility import CODES, Ineligibility
from leadroute.ranking.ranking import Exclusion, Outcome

__all__ = [
    "CODES",
    "Exclusion",
    "Ineligibility",
    "Outcome",
    "allowance",
    "burst",
    "calling_hours",
    "longest_gap",
    "zones_of",
]
