"""What if: why a lead went where it went, what would have changed that, and what another policy would change.

Everything here ranks again and stores nothing.
"""

from leadroute.insight.whatif.explanation import Explanation, Failure, Miss, explain
from leadroute.insight.whatif.moves import Move, diff
from leadroute.insight.whatif.proposals import WhyNot, why_not
from leadroute.insight.whatif.question import Change

__all__ = [
    "Change",
    "Explanation",
    "Failure",
    "Miss",
    "Move",
    "WhyNot",
    "diff",
    "explain",
    "why_not",
]
