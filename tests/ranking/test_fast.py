"""The fast path gives what the plain path gives."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadroute import LEAD, REP, Cap, Lead, Pool, Rep, Roster, Router, Rule, Snapshot
from leadroute.errors import ConfigError, FactTypeError, UnknownFieldError
from leadroute.model.outcomes import ALL, Outcomes, Record
from leadroute.ranking.fast import Standing
from leadroute.ranking.layout import Layout
from leadroute.ranking.live import Order, Totals
from leadroute.ranking.scorers import (
    close_rate,
    headroom,
    language,
    rotation,
    scorer,
    skill_match,
    territory_match,
    workload,
)

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SKILLS = ("health", "oil", "retail")
PLACES = ("DE", "FR", "US")


@scorer(bound=lambda rep: (rep.level or 0) / 4)
def keen(situation, rep):
    """Keen on it."""
    many = len(situation.reps) + len(situation.absent) + situation.snapshot.open.get(rep.id, 0)
    return (rep.level or 0) / 4 / (1 + many % 3)


@scorer
def odd(situation, rep):
    """Odd."""
    return (rep.level or 0) / 4


levels = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.integers(0, 97).map(lambda n: n / 97)
ids = st.sampled_from([f"r{n:02}" for n in range(14)])
reps = st.builds(
    Rep,
    ids,
    level=st.integers(0, 4),
    skills=st.dictionaries(st.sampled_from(SKILLS), levels),
    countries=st.sets(st.sampled_from(PLACES)),
    regions=st.sets(st.sampled_from(["DE-BY", "US-CA"])),
    capacity=st.sampled_from([None, 0, 1, 2, 5]),
    weight=st.sampled_from([0, 0.5, 1, 1, 1, 2, 3]),
    active=st.sampled_from([True, True, True, False]),
    schedule=st.sampled_from([None, None, "mon-fri 09:00-17:00", "mon 09:30-11:00", "never"]),
    caps=st.sampled_from([(), (), (Cap(1, "hour"),), (Cap(2, "day"), Cap(9, "week"))]),
)
terms = st.sampled_from(
    [
        skill_match("industry"),
        skill_match(["industry", "product"]),
        skill_match(["industry", "product", "lead['needs']"], "all", at_least=0.4),
        skill_match("industry", at_least=0.5),
        territory_match(),
        headroom(),
        workload(3),
        rotation(),
        close_rate(10),
        close_rate(50),
        keen(),
        language(),
        close_rate(),
        headroom().when(LEAD.budget > 5),
    ][:11]
)
weighted = st.tuples(st.sampled_from([0, 0.3, 1, 1, 2, 3]), terms).map(
    lambda pair: pair[0] * pair[1]
)
scores = st.lists(weighted, min_size=1, max_size=5).map(sum)
leads = st.builds(
    Lead,
    st.sampled_from(["L-1", "L-2"]),
    industry=st.sampled_from([None, *SKILLS, "mining"]),
    product=st.sampled_from([None, *SKILLS]),
    country=st.sampled_from([None, *PLACES]),
    region=st.sampled_from([None, "DE-BY", "US-CA"]),
    attributes=st.sampled_from([{}, {"needs": set(SKILLS)}]),
)
numbers = st.dictionaries(ids, st.integers(0, 4))
snapshots = st.builds(
    lambda opened, turns, last, won, lost: Snapshot(
        open=opened,
        turns={"everyone": turns},
        last_assigned=last,
        won=won,
        closed={key: won.get(key, 0) + count for key, count in lost.items()},
    ),
    *[numbers] * 5,
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["assign", "assign", "assign", "release", "back", "won", "lost", "wait"]),
        st.integers(0, 13),
        leads,
        st.integers(1, 6),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def same(standing, lead, k, now, tried):
    """The fast answer, after it was found to be the first k of the plain one."""
    plain = standing.router.rank(
        lead, standing.roster, now=now, snapshot=standing.snapshot, tried=tried
    )
    top = standing.top(lead, k, now=now, tried=tried)
    assert top.rep_ids == tuple(each.rep_id for each in plain.assignments[:k])
    assert top.assignments == plain.assignments[:k]
    assert [each.reason for each in top.assignments] == [
        each.reason for each in plain.assignments[:k]
    ]
    assert top.scores == tuple(each.score for each in plain.assignments[:k])
    assert (top.ranking.outcome, top.ranking.window) == (plain.outcome, plain.window)
    return top


def change(standing, move, rep_id, now):
    """Tell the standing what happened."""
    if move == "assign":
        standing.assign(rep_id, now)
    elif move == "release":
        standing.release(rep_id)
    elif move == "back":
        standing.release(rep_id, "everyone")
    elif move != "wait":
        standing.close(rep_id, won=move == "won")


@given(
    st.lists(reps, min_size=1, max_size=14, unique_by=lambda rep: rep.id), scores, snapshots, steps
)
@settings(max_examples=60, deadline=None)
def test_same_as_plain(team, score, snapshot, moves):
    """Whatever the reps, the score and what happens, the best few are those of the plain path."""
    standing = Standing(Router(rules=[Rule("all", score=score)]), Roster(team), snapshot)
    now = MONDAY
    for move, number, lead, k, again in moves:
        rep_id = team[number % len(team)].id
        change(standing, move, rep_id, now)
        now += timedelta(minutes=7 * number - 20)
        same(standing, lead, k, now, {rep_id: "declined"} if again else None)
