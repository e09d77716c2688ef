"""Hypothesis strategies for a host's own tests. Needs hypothesis (``pip install 'leadroute[test]'``).

The rules of this module:

* A strategy builds through the public builders, so everything it gives can also be written by hand.
* Every feature of leads, reps and policies has a branch here. A new feature gets a new branch.
* Those for conditions are in ``leadroute.testing.grammar``.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping

from attrs import evolve
from hypothesis import strategies as st

from leadroute.model.caps import PERIODS, Cap
from leadroute.model.duration import to_micros
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import STATUSES, Presence, Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    SourcePoints,
)
from leadroute.ranking.router import Router
from leadroute.rules import builders
from leadroute.rules.builders import LEAD, REP
from leadroute.rules.conditions import ALWAYS, NEVER, Condition
from leadroute.rules.disposition import DISPOSITIONS, Disposition
from leadroute.rules.fallback import Fallback, pool_of
from leadroute.rules.rule import Pool, Rule
from leadroute.rules.scorer import Scorer
from leadroute.scorers import (
    close_rate,
    free_capacity,
    intent,
    round_robin,
    skill_match,
    territory_match,
)
from leadroute.testing.grammar import (
    COUNTRIES,
    LANGUAGES,
    conditions,
    durations,
    instants,
    names,
    numbers,
    words,
)

__all__ = [
    "conditions",
    "durations",
    "fallback",
    "instants",
    "lead_scorings",
    "leads",
    "names",
    "numbers",
    "presences",
    "reps",
    "rosters",
    "routers",
    "scorers",
    "snapshots",
    "words",
]

IDS = ("ada", "bob", "cy/d", "50%", "Éva", "x y")
POOLS = ("emea", "a/b%")
SCHEDULES = (None, None, "mon-fri 09:00-17:00", "mon-sun 22:00-06:00", "never")
ZONES = (None, "Europe/Berlin", "America/New_York")
CALLING = ("mon-fri 09:00-20:00", "sat 10:00-18:00", "always")
INDUSTRIES = ("health", "retail")


def leads(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Lead]:
    """Leads that a small team could get, with few distinct values so that rules match often.

    Args:
        ids: The ids to take; ``L-0`` to ``L-9`` and some with unusual characters when not given.

    Example:
        >>> isinstance(leads().example(), Lead)  # doctest: +SKIP
        True
    """
    plain = st.sampled_from([*(f"L-{number}" for number in range(10)), "l/1", "100%", "Ü-1"])
    return st.builds(
        Lead,
        plain if ids is None else ids,
        received_at=st.none() | instants,
        country=st.sampled_from([None, *COUNTRIES]),
        timezone=st.sampled_from([None, None, "Asia/Tokyo"]),
        region=st.sampled_from([None, "DE-BE", "US-CA"]),
        language=st.sampled_from([None, *LANGUAGES]),
        industry=st.sampled_from([None, *INDUSTRIES]),
        budget=st.sampled_from([None, 0, 500, 50_000]),
        priority=st.sampled_from([None, -1, 0, 0, 3]),
        signals=st.lists(
            st.builds(Signal, st.sampled_from(["page", "mail"]), instants, st.integers(0, 300)),
            max_size=2,
        ),
        attributes=st.dictionaries(names, words.filter(str.strip) | numbers | instants, max_size=2),
    )


def reps(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Rep]:
    """Reps, some of them off, full, inactive, without weight or without any limit.

    Args:
        ids: The ids to take; a few names, some with unusual characters, when not given.
    """
    limits = st.sampled_from([0, 1, 1, 2, 5])
    return st.builds(
        Rep,
        st.sampled_from(IDS) if ids is None else ids,
        name=st.sampled_from([None, "Ada L."]),
        level=st.sampled_from([None, 1, 3]),
        skills=st.dictionaries(st.sampled_from(INDUSTRIES), st.sampled_from([0, 0.5, 1])),
        languages=st.frozensets(st.sampled_from(LANGUAGES)),
        countries=st.frozensets(st.sampled_from(COUNTRIES)),
        regions=st.frozensets(st.sampled_from(["DE-BE", "US-CA"])),
        timezone=st.sampled_from(ZONES),
        schedule=st.sampled_from(SCHEDULES),
        capacity=st.sampled_from([None, 0, 1, 1, 2, 5]),
        caps=st.lists(
            st.builds(Cap, limits, st.sampled_from(PERIODS)), max_size=2, unique_by=lambda c: c.per
        ),
        weight=st.sampled_from([0, 0.5, 1, 1, 1, 3]),
        active=st.sampled_from([True, True, True, False]),
    )


def presences(
    ids: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Mapping[str, Presence]]:
    """What a host knows of its reps this minute, by rep id; of some it knows nothing.

    Args:
        ids: The ids of the reps; as for ``reps`` when not given.
    """
    status = st.sampled_from(STATUSES)
    known = st.builds(Presence, status, instants, status)
    return st.dictionaries(st.sampled_from(IDS) if ids is None else ids, known, max_size=4)


def snapshots() -> st.SearchStrategy[Snapshot]:
    """What has been counted of a small team: open leads, turns, contacts and presence."""
    counts = st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), max_size=4)
    micros = st.dictionaries(st.sampled_from(IDS), instants.map(to_micros), max_size=4)
    return st.builds(
        Snapshot,
        open=counts,
        turns=st.dictionaries(st.sampled_from(("everyone", *POOLS)), counts, max_size=2),
        last_assigned=micros,
        contacted=micros,
        presence=presences(),
    )


def rosters(max_size: int = 5) -> st.SearchStrategy[Roster]:
    """Rosters of at most ``max_size`` reps, the empty one among them."""
    unique = st.lists(reps(), max_size=max_size, unique_by=lambda rep: rep.id)
    return st.builds(Roster, unique)


def scorers() -> st.SearchStrategy[Scorer]:
    """Scores made of the built-in scorers, weighted, added up and guarded."""
    plain = st.one_of(
        st.sampled_from(["industry", "language", "product"]).map(skill_match),
        st.sampled_from([territory_match(), free_capacity(), round_robin(), close_rate()]),
        st.sampled_from([round_robin("strict")]),
        st.sampled_from([1, 20]).map(lambda strength: close_rate(strength=strength)),
        st.builds(
            intent, st.sampled_from([None, "page"]), st.sampled_from([1, 240]), st.just("3d")
        ),
    )
    return st.recursive(
        plain,
        lambda parts: st.one_of(
            st.builds(operator.add, parts, parts),
            st.builds(operator.mul, parts, st.sampled_from([0, 0.5, 1, 2, 3])),
            st.builds(lambda part, guard: part.when(guard), parts, _guards()),
        ),
        max_leaves=4,
    )


def routers() -> st.SearchStrategy[Router]:
    """Routers with up to three rules over two pools, whose conditions no lead can break."""
    pools = st.sampled_from(
        [
            (Pool("emea", reps={"ada", "bob", "Éva"}), Pool("a/b%", where=REP.level >= 3)),
            (
                Pool("emea", reps={"nobody"}),
                Pool("a/b%", reps={"50%", "ada"}, where=REP.level >= 1),
            ),
        ]
    )
    rule = st.tuples(
        st.none() | _asks(),
        st.none() | _guards(),
        st.none() | scorers(),
        st.sampled_from([None, None, "everyone", *POOLS]),
        st.sampled_from([None, "1m", "2h"]),
        fallback(),
        st.sampled_from([None, None, None, *CALLING]),
        st.sampled_from([None, None, None, 0.25, 1]),
    )
    return st.builds(
        lambda qualify, found, known, no_rule, elsewhere, offline_grace, wrap_up, scoring, words: (
            Router(
                qualify=qualify,
                rules=[
                    Rule(
                        f"rule {n}",
                        when=when,
                        require=require,
                        score=score,
                        pool=pool,
                        accept_within=window,
                        fallback=_without(steps, pool or "everyone"),
                        calling_hours=calling_hours,
                        min_shared_hours=overlap,
                    )
                    for n, (
                        when,
                        require,
                        score,
                        pool,
                        window,
                        steps,
                        calling_hours,
                        overlap,
                    ) in enumerate(found)
                ],
                pools=known,
                offline_grace=offline_grace,
                wrap_up=wrap_up,
                fallback=evolve(elsewhere, no_rule=no_rule),
                lead_scoring=scoring,
                dispositions=words,
            )
        ),
        st.sampled_from([None, None, LEAD.budget > 0]),
        st.lists(rule, max_size=3),
        pools,
        st.sampled_from([None, None, "wait", "catch_all"]),
        fallback(),
        st.sampled_from(["0s", "0s", "90s"]),
        st.sampled_from(["0s", "0s", "5m"]),
        st.none() | lead_scorings(),
        st.sampled_from([DISPOSITIONS, (*DISPOSITIONS, Disposition("done", closes=True))]),
    )


def lead_scorings() -> st.SearchStrategy[LeadScoring]:
    """Lead scorings whose conditions no lead can break."""
    fit = st.builds(
        lambda when, points: FitCriterion(str(when), when, points),
        st.sampled_from(
            [
                LEAD.country == "DE",
                LEAD.budget >= 1_000,
                LEAD.region.is_present() | (LEAD.budget > 0),
            ]
        ),
        st.sampled_from([20, 0.5, -5]),
    )
    grades = [LeadGrade("hot", 0.7, "5m", 2), LeadGrade("warm", 0.25)]
    return st.builds(
        LeadScoring,
        fit=st.lists(fit, max_size=3, unique_by=lambda each: each.name),
        engagement=st.sampled_from([(), (EngagementSignal("page", 0.01, "1d"),)]),
        sources=st.sampled_from([(), (SourcePoints(source="webinar", points=9),)]),
        blend=st.sampled_from([0, 0.5, 1]),
        grades=st.sampled_from([(), grades]),
    )


def fallback() -> st.SearchStrategy[Fallback]:
    """What happens when nobody is found, as a rule may say it; often nothing at all."""
    pools = [f"pool {name}" for name in ("everyone", *POOLS)]

    def steps(*more: str) -> st.SearchStrategy[list[str] | None]:
        asked = st.lists(st.sampled_from([*pools, *more]), max_size=2, unique=True)
        ends = st.sampled_from([[], ["wait"], ["catch_all"]])
        joined = st.builds(operator.add, asked, ends)
        return st.none() | joined.map(lambda found: found or None)

    return st.builds(
        Fallback,
        empty_pool=steps(),
        nobody_eligible=steps(),
        nobody_available=steps("ignore_availability"),
    )


def _without(given: Fallback, pool: str) -> Fallback:
    kept = {
        case: [step for step in steps if pool_of(step) != pool] or None
        for case, steps in given.said()
    }
    return Fallback(**kept)


def _asks() -> st.SearchStrategy[Condition]:
    return st.sampled_from(
        [
            LEAD.country == "DE",
            LEAD.budget >= 1_000,
            LEAD.region.is_present(),
            builders.signal("page").count > 0,
            LEAD.score >= 0.5,
            LEAD.grade == "hot",
            ALWAYS,
        ]
    )


def _guards() -> st.SearchStrategy[Condition]:
    return st.sampled_from(
        [REP.level >= 3, LEAD.language.in_(REP.languages), LEAD.budget > 0, ALWAYS, NEVER]
    )
