"""Why a lead went where it went, and what would have changed that.

Everything here ranks again and stores nothing.
"""

from leadroute.insight.explain.changes import Change
from leadroute.insight.explain.explanation import Explanation, Failure, Miss, explain
from leadroute.insight.explain.why_not import WhyNot, why_not

__all__ = ["Change", "Explanation", "Failure", "Miss", "WhyNot", "explain", "why_not"]
