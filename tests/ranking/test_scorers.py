from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from leadroute import (
    Lead,
    Rep,
    Signal,
    Snapshot,
    close_rate,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.rules.builders import LEAD, REP, age, hours
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import distance, intent, scorer, territory_match

AT = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
PLAIN = Lead("L-1")


def judged(score, rep, lead=PLAIN, reps=(), **counts):
    """The points and the reason that a score gives a rep."""
    context = RoutingContext(lead, (rep, *reps), "p", Snapshot(**counts), AT)
    return score.bind(context)(rep), score.reason(context, rep)


HEALTH = Lead("L-1", industry="health")


@pytest.mark.parametrize(
    ("rep", "lead", "expected"),
    [
        (Rep("a", skills={"health": 0.9}), HEALTH, (0.9, "health at level 0.9")),
        (Rep("a", skills={"retail": 1}), HEALTH, (0.0, "health at level 0")),
        (Rep("a", skills={"health": 0}), HEALTH, (0, "health at level 0")),
        (Rep("a"), HEALTH, (0, "no skills are known")),
        (Rep("a", skills={"health": 1}), Lead("L-1"), (None, "the lead has no industry")),
    ],
)
def test_skill_match(rep, lead, expected):
    """The level in the skill asked for; no answer where lead or rep say nothing."""
    assert judged(skill_match("industry"), rep, lead) == expected


@pytest.mark.parametrize("field", ["budget", "industri", "nope", 5])
def test_skill_match_asks_for_a_text_field(field):
    """Only a text field of the lead can name a skill."""
    with pytest.raises(UnknownFieldError, match=f"lead has no field '{field}'"):
        skill_match(field)


BERLIN = Lead("L-1", country="DE", region="DE-BE")


@pytest.mark.parametrize(
    ("rep", "lead", "expected"),
    [
        (Rep("a", regions={"DE-BE"}), BERLIN, (1, "covers the region DE-BE")),
        (Rep("a", countries={"DE"}), BERLIN, (0.5, "covers the country DE")),
        (Rep("a", countries={"FR"}), BERLIN, (0, "does not cover DE DE-BE")),
        (Rep("a", regions={"FR-1"}), Lead("L", country="DE"), (0, "does not cover DE")),
        (Rep("a"), BERLIN, (0, "no places are known")),
        (
            Rep("a", countries={"FR"}),
            Lead("L-1"),
            (None, "the lead has no region and no country"),
        ),
    ],
)
def test_territory_match(rep, lead, expected):
    """The closer the place, the more points; no answer where a place is missing."""
    assert judged(territory_match(), rep, lead) == expected


@pytest.mark.parametrize(
    ("capacity", "open_now", "expected"),
    [
        (None, 99, (1, "99 open of no limit")),
        (4, 1, (0.75, "1 open of 4")),
        (1, 3, (0, "3 open of 1")),
        (0, 0, (0, "0 open of 0")),
    ],
)
def test_headroom(capacity, open_now, expected):
    """The free share of the capacity, never below 0; without a limit there is always room."""
    rep = Rep("a", capacity=capacity)
    assert judged(free_capacity(), rep, open={"a": open_now}) == expected


def test_close_rate():
    """Few deals are shrunk towards the average of the candidates."""
    a, b = Rep("a"), Rep("b")
    won, closed = {"a": 1, "b": 29}, {"a": 1, "b": 59}
    points, reason = judged(close_rate(20), a, reps=(b,), won=won, closed=closed)
    assert points == pytest.approx((1 + 20 * 0.5) / 21)
    assert reason.startswith("won 1 of 1, where all together win 50%; likely between 3")
    assert judged(close_rate(), a, reps=(b,)) == (None, "nobody has closed a deal yet")
    assert judged(close_rate(), a, won={}, closed={"a": 5})[0] == 0


@pytest.mark.parametrize("strength", [0, -1, float("nan"), True, "5", 1e15])
def test_close_rate_asks_for_a_strength(strength):
    """The strength is a number above 0."""
    with pytest.raises(ConfigError, match="must be a number above 0"):
        close_rate(strength)
    assert close_rate(2.5).strength == 2.5


def test_intent():
    """Newer and stronger signals count more; future ones do not count at all."""
    lead = Lead(
        "L-1",
        signals=[
            Signal("page", AT, 2),
            Signal("page", AT - timedelta(7), 2),
            Signal("mail", AT, 9),
            Signal("page", AT + timedelta(1), 9),
        ],
    )
    points, reason = judged(intent("page"), Rep("a"), lead)
    assert points == pytest.approx(3 / 4)
    assert reason == "signals of page amount to 3"
    assert judged(intent(), Rep("a"), lead)[0] == pytest.approx(12 / 13)
    assert judged(intent("call"), Rep("a"), lead) == (None, "no signals of call")
    assert judged(intent(), Rep("a")) == (None, "no signals of any kind")


def test_intent_reads_its_half_life():
    """Half-lives of the same length are the same, and none is refused."""
    assert intent(half_life="7d") == intent(half_life=timedelta(7)) == intent()
    with pytest.raises(ConfigError, match="is not a duration"):
        intent(half_life="week")
    with pytest.raises(ConfigError, match="half-life"):
        intent(half_life="0s")


def test_rotation():
    """Who is due most goes first; ties go to the heavier weight, then to the id; points are evenly spaced."""
    a, b, c, d = Rep("a"), Rep("b", weight=3), Rep("c"), Rep("d")
    reps = (a, b, c, d)
    turns = {"p": {"a": 1, "b": 2, "c": 1, "d": 0}, "other": {"d": 9}}
    context = RoutingContext(Lead("L-1"), reps, "p", Snapshot(turns=turns), AT)
    points = round_robin().bind(context)
    assert [points(rep) for rep in reps] == [1 - 2 / 3, 1 - 1 / 3, 0.0, 1.0]
    assert round_robin().reason(context, b) == "2 turns taken, weight 3"
    assert round_robin().reason(context, d) == "0 turns taken"
    assert judged(round_robin(), a)[0] == 1


def test_rotation_follows_the_weights():
    """Over 60 turns with weights 1, 2 and 3 each gets the exact share, and is never far from it."""
    reps = tuple(Rep(name, weight=weight) for name, weight in (("a", 1), ("b", 2), ("c", 3)))
    taken = {"a": 0, "b": 0, "c": 0}
    for turn in range(1, 61):
        context = RoutingContext(Lead("L-1"), reps, "p", Snapshot(turns={"p": dict(taken)}), AT)
        points = round_robin().bind(context)
        first = max(reps, key=lambda rep, points=points: (points(rep), rep.id))
        taken[first.id] += 1
        assert all(abs(taken[rep.id] - turn * rep.weight / 6) < 1 for rep in reps)
    assert taken == {"a": 10, "b": 20, "c": 30}


def test_distance_knows_who_has_a_place():
    """A rep without a place is told from one with a place."""
    near = distance()
    assert near.knows(Rep("ada", attributes={"lat": 1, "lon": 2}))
    assert not near.knows(Rep("bob"))


def test_condition_that_asks_for_the_time_is_asked_of_each_rep():
    """What depends on more than the lead's values is not remembered for the next lead."""
    reps = (Rep("ada", level=3), Rep("bob", level=1))
    context = RoutingContext(PLAIN, reps, "p", Snapshot(), AT)
    assert context.holds((REP.level > 2) & (age(LEAD.received_at) < hours(1))) == [False, False]
    assert context.holds(REP.level > 2) == [True, False]


def test_scorer_of_the_host_is_written_where_its_arguments_are_plain():
    """Text, numbers, flags, lists of them and scorers stand in a policy file; other values do not."""

    @scorer
    def liked(context, rep, *arguments, **keywords):
        """How much the host likes the rep."""
        return 1

    assert liked("a", 1, True, [1, 2], of=close_rate()).written
    assert not liked(object()).written
    assert not liked(float("nan")).written
    assert not liked([]).written


def test_arguments_that_the_function_does_not_take():
    """A scorer that would fail at every lead is refused when it is made."""

    @scorer
    def near(context, rep, km):
        return 1.0

    @scorer
    def alone(rep):
        return 1.0

    assert str(near(5)) == "near(5)"
    for made, said in (
        (partial(near), "near() cannot be called like this: missing a required argument: 'km'; "),
        (partial(near, 5, 6), "near() cannot be called like this: too many positional arguments; "),
        (partial(near, mi=5), "near() cannot be called like this: "),
        (partial(alone), "alone() cannot be called like this: too many positional arguments; "),
    ):
        with pytest.raises(ConfigError) as caught:
            made()
        assert str(caught.value).startswith(said)
        assert str(caught.value).endswith("; a scorer is a function of (context, rep, ...)")
    assert str(scorer(min)()) == "min()"  # a function in C without a signature
