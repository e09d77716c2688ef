"""Everything that conditions are written with in Python: ``LEAD`` and ``REP``, and the functions beside them.

Example:
    >>> from leadroute.conditions import LEAD, age, days
    >>> age(LEAD.received_at) < days(7)
    <Comparison age(lead.received_at) < weeks(1)>
"""

from leadroute.rules.builders import (
    LEAD,
    NOW,
    REP,
    SignalFacts,
    age,
    check,
    covers,
    days,
    define,
    domain_of,
    hours,
    instant,
    is_free_mail,
    minutes,
    overlaps,
    seconds,
    signal,
    weeks,
)

__all__ = [
    "LEAD",
    "NOW",
    "REP",
    "SignalFacts",
    "age",
    "check",
    "covers",
    "days",
    "define",
    "domain_of",
    "hours",
    "instant",
    "is_free_mail",
    "minutes",
    "overlaps",
    "seconds",
    "signal",
    "weeks",
]
