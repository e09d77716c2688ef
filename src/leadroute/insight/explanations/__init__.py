"""What if: why a lead went where it went, what would have changed that, and what another policy would change.

Everything here ranks again and stores nothing.
"""

from leadroute.insight.explanations.explanation import Explanation, Failure, Miss, explain
from leadroute.insight.explanations.moves import Move, diff
from leadroute.insight.explanations.proposals import WhyNot, why_not
from leadroute.insight.explanations.question import Change

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
