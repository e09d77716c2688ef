"""All scorers, their combinations, their inputs, and the decorator for your own.

Example:
    >>> from leadroute.scorers import first_of, free_capacity, named_account
    >>> str(first_of(named_account(), free_capacity()))
    'first_of(named_account(), free_capacity())'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from leadroute.model.snapshot import ALL, Record, TrackRecords, week_of
from leadroute.model.validation import FrozenDict
from leadroute.ranking.estimates import prior_of
from leadroute.ranking.ranking import ScoreTerm
from leadroute.ranking.scorers.combinators import (
    at_least,
    clamp,
    fair_share,
    first_of,
    invert,
    max_of,
    tiers,
)
from leadroute.ranking.scorers.custom import scorer
from leadroute.ranking.scorers.engagement import freshness, intent, source_urgency
from leadroute.ranking.scorers.exploration import explore, random_tiebreak
from leadroute.ranking.scorers.fit import (
    distance,
    language,
    same_country,
    skill_match,
    territory_match,
    timezone_overlap,
)
from leadroute.ranking.scorers.holdings import (
    cap_remaining,
    free_capacity,
    named_account,
    owner,
    workload,
)
from leadroute.ranking.scorers.performance import (
    accept_rate,
    close_rate,
    expertise,
    response_speed,
    revenue_rate,
)
from leadroute.ranking.scorers.round_robin import least_recent, longest_idle, round_robin
from leadroute.ranking.scorers.seniority import (
    deal_size_fit,
    graduation,
    rep_value,
    tier,
    top_producer,
)
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Scorer, parse_score

_NAMES: Final = """
    skill_match language same_country territory_match distance timezone_overlap owner
    named_account free_capacity cap_remaining workload round_robin least_recent longest_idle close_rate
    revenue_rate expertise response_speed accept_rate top_producer rep_value tier graduation
    deal_size_fit intent freshness source_urgency random_tiebreak explore max_of first_of tiers
    clamp invert at_least fair_share
"""
BUILT_IN: Mapping[str, Callable[..., Scorer]] = FrozenDict(
    {name: globals()[name] for name in _NAMES.split()}
)
"""The scorers that a policy file may name, by name."""

__all__ = [
    "ALL",
    "BUILT_IN",
    "Record",
    "RoutingContext",
    "ScoreTerm",
    "Scorer",
    "TrackRecords",
    "accept_rate",
    "at_least",
    "cap_remaining",
    "clamp",
    "close_rate",
    "deal_size_fit",
    "distance",
    "expertise",
    "explore",
    "fair_share",
    "first_of",
    "free_capacity",
    "freshness",
    "graduation",
    "intent",
    "invert",
    "language",
    "least_recent",
    "longest_idle",
    "max_of",
    "named_account",
    "owner",
    "parse_score",
    "prior_of",
    "random_tiebreak",
    "rep_value",
    "response_speed",
    "revenue_rate",
    "round_robin",
    "same_country",
    "scorer",
    "skill_match",
    "source_urgency",
    "territory_match",
    "tier",
    "tiers",
    "timezone_overlap",
    "top_producer",
    "week_of",
    "workload",
]
