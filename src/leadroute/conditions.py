"""Conditions in Python and as text: build, parse and evaluate them.

Example:
    >>> from leadroute.conditions import LEAD, age, days, parse
    >>> age(LEAD.received_at) < days(7)
    <Comparison age(lead.received_at) < weeks(1)>
    >>> parse("age(lead.received_at) < days(7)") == (age(LEAD.received_at) < days(7))
    True
"""

from leadroute.rules.builders import (
    LEAD,
    NOW,
    REP,
    FieldExpr,
    SignalFacts,
    age,
    covers,
    days,
    define,
    domain_of,
    hours,
    instant,
    is_free_mail,
    minutes,
    overlaps,
    predicate,
    seconds,
    signal,
    weeks,
)
from leadroute.rules.conditions import ALWAYS, NEVER, Condition
from leadroute.rules.describe import describe
from leadroute.rules.evaluation import Predicate, evaluate
from leadroute.rules.matcher import Matcher
from leadroute.rules.parser import parse, parse_definitions

__all__ = [
    "ALWAYS",
    "LEAD",
    "NEVER",
    "NOW",
    "REP",
    "Condition",
    "FieldExpr",
    "Matcher",
    "Predicate",
    "SignalFacts",
    "age",
    "covers",
    "days",
    "define",
    "describe",
    "domain_of",
    "evaluate",
    "hours",
    "instant",
    "is_free_mail",
    "minutes",
    "overlaps",
    "parse",
    "parse_definitions",
    "predicate",
    "seconds",
    "signal",
    "weeks",
]
