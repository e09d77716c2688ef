"""Everything that conditions are written with in Python: ``LEAD`` and ``REP``, and the functions beside them.

Example:
    >>> from leadroute.conditions import LEAD, age, days
    >>> age(LEAD.received_at) < days(7)
    <Comparison age(lead.received_at) < weeks(1)>
"""

from leadroute.rules import builders
from leadroute.rules.builders import *  # noqa: F403 - an address of its own for the very same names
from leadroute.rules.evaluation import evaluate

__all__ = [*builders.__all__, "evaluate"]  # noqa: PLE0604
