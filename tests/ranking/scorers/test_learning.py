"""Scorers that learn from outcomes."""

from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.ranking.scorers.world import NOW, sold

from leadroute import LEAD, Lead, Rep, Roster, Router, Rule, Snapshot
from leadroute.model.snapshot import ALL, UNIT, Record, TrackRecords, week_of
from leadroute.ranking.estimates import MOST, Prior, posterior, prior_of
from leadroute.ranking.scorers.seniority import _sizes
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import (
    accept_rate,
    at_least,
    close_rate,
    deal_size_fit,
    expertise,
    graduation,
    response_speed,
    revenue_rate,
    round_robin,
    tier,
    tiers,
    top_producer,
)

WEEK = week_of(NOW)
RETAIL = "industry/retail"


def world(lead=None, *, opened=None, levels=None, **records):
    """A situation with these records of this week, of all leads and of retail alike."""
    cells = [
        (name, segment, WEEK, record)
        for name, record in records.items()
        for segment in (ALL, RETAIL)
    ]
    reps = tuple(Rep(name, level=(levels or {}).get(name)) for name in sorted({*records, "zoe"}))
    snapshot = Snapshot(open=opened or {}, track_records=TrackRecords.of(cells))
    return RoutingContext(lead or Lead("L-1", industry="retail"), reps, "p", snapshot, NOW)


def judged(score, context):
    """Points and reason by rep."""
    points = score.bind(context)
    return {rep.id: (points(rep), score.reason(context, rep)) for rep in context.reps}


def test_a_rate_is_shrunk_towards_the_average():
    """One lucky win does not outrank a hundred good ones, and who has no record is average."""
    found = judged(
        close_rate(20), world(ada=Record(won=60, closed=100), bob=Record(won=1, closed=1))
    )
    assert found["ada"][0] == pytest.approx((60 + 20 * 61 / 101) / 120)
    assert found["zoe"][0] == pytest.approx(61 / 101)
    assert found["bob"][0] == pytest.approx((1 + 20 * 61 / 101) / 21)
    assert (
        found["ada"][1] == "won 60 of 100, where all together win 60%; likely between 53% and 67%"
    )


def test_counts_stand_in_for_outcomes():
    """Without outcomes the counts of the snapshot are the record; without any there is no answer."""
    reps = (Rep("ada"), Rep("bob"))
    counted = RoutingContext(
        Lead("L-1"), reps, "p", Snapshot(won={"ada": 5}, closed={"ada": 10, "bob": 10})
    )
    assert judged(close_rate(10), counted)["ada"][0] == pytest.approx(0.375)
    assert judged(close_rate(by="industry"), counted)["ada"] == (
        None,
        "nobody has closed a deal in leads like this yet",
    )
    empty = RoutingContext(Lead("L-1", industry="retail"), reps, "p")
    assert (
        judged(close_rate(by="industry"), empty)["ada"][1]
        == "nobody has closed a deal in retail yet"
    )


def test_old_outcomes_count_less():
    """With a half-life, what is as old as that counts half."""
    ago = [("ada", ALL, WEEK - 4, Record(won=8, closed=8)), ("ada", ALL, WEEK, Record(closed=4))]
    context = RoutingContext(
        Lead("L-1"), (Rep("ada"),), "p", Snapshot(track_records=TrackRecords.of(ago)), NOW
    )
    assert judged(close_rate(1, half_life="4w"), context)["ada"][0] == pytest.approx(0.5)
    assert judged(close_rate(1), context)["ada"][0] == pytest.approx(8 / 12)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(1, 50))
def test_the_shrunk_rate_lies_between_own_rate_and_average(won, lost, others_won, others_lost):
    """A rep's points lie between their own rate and the average, and more wins never give fewer points."""
    others = Record(won=others_won, closed=others_won + others_lost)

    def points(wins):
        own = Record(won=wins, closed=won + lost + 1)
        context = world(ada=own, bob=others)
        average = (wins + others_won) / (own.closed + others.closed)
        found = close_rate(20).bind(context)(Rep("ada"))
        low, high = sorted((wins / own.closed, average))
        assert low - 1e-12 <= found <= high + 1e-12
        return found

    assert points(won + 1) >= points(won)


@pytest.mark.parametrize(
    ("true", "spread"), [((0.3, 0.5, 0.7), (0.1, 0.25)), ((0.5, 0.5, 0.5), (0, 0.01))]
)
def test_the_strength_is_found_in_the_counts(true, spread):
    """Where reps differ the estimated spread says so; where they do not, hardly any is found."""
    found = prior_of([(rate * 1000, 1000) for rate in true])
    assert spread[0] <= found.spread <= spread[1]
    assert found.mean == pytest.approx(0.5)


def test_counts_that_tell_nothing_make_no_difference():
    """One deal each, or the same result for all, gives the largest strength: everyone gets the average."""
    assert prior_of([(1, 1), (0, 1)]).strength == MOST
    assert prior_of([(1, 1), (2, 2)]) == Prior(1.0, MOST, trials=3)
    assert prior_of([(0, 0)]) is None


def beta_share(a, b, x):
    """The probability that a beta variable lies below x, by Simpson's rule on a fine grid."""
    steps = 20_000

    def density(t):
        if not 0 < t < 1:
            return 0.0
        return exp((a - 1) * log(t) + (b - 1) * log(1 - t) + lgamma(a + b) - lgamma(a) - lgamma(b))

    inner = sum((4 if n % 2 else 2) * density(x * n / steps) for n in range(1, steps))
    return (density(0) + inner + density(x)) * x / steps / 3


@pytest.mark.parametrize(("won", "closed"), [(3, 10), (60, 100), (1, 40)])
def test_intervals_hold_what_they_promise(won, closed):
    """The 90 % interval covers 90 % of the beta posterior, within a percent and a half."""
    prior = Prior(0.3, 20)
    low, high = posterior(won, closed, prior).interval(0.9)
    a, b = 0.5 + won + 6, 0.5 + closed - won + 14
    assert beta_share(a, b, high) - beta_share(a, b, low) == pytest.approx(0.9, abs=0.015)


def test_few_outcomes_are_no_certainty():
    """With three leads won of three, a newcomer may win nearly any share, and the more is known the less so."""
    newcomer = [
        close_rate().estimate(world(ada=Record(won=deals, closed=deals)), Rep("zoe"))
        for deals in (3, 30, 3_000)
    ]
    widths = [high - low for low, high in (each.interval(0.9) for each in newcomer)]
    assert widths[0] > 0.3 > widths[1] > widths[2]
    assert widths[2] < 0.01
    given = close_rate(20).estimate(world(ada=Record(won=3, closed=3)), Rep("zoe"))
    assert given == posterior(0, 0, Prior(1.0, 20))


def test_revenue_counts_by_lead():
    """Revenue per lead is shrunk and measured against the best."""
    found = judged(
        revenue_rate(10),
        world(
            ada=Record(closed=10, won=1, value=100_000), bob=Record(closed=10, won=5, value=20_000)
        ),
    )
    assert found["ada"] == (1.0, "80 a lead, where all together bring 60")
    assert found["bob"][0] == pytest.approx(0.5)
    assert found["zoe"][0] == pytest.approx(0.75)
    silent = judged(revenue_rate(by="industry"), world())
    assert silent["zoe"] == (None, "nobody has won a deal of known value in retail yet")


def test_expertise_is_the_leads_worked():
    """Experience counts the leads of this kind, and has no answer where nothing is known."""
    found = judged(expertise(), world(ada=Record(closed=30)))
    assert found["ada"] == (0.75, "30 leads closed in retail")
    assert found["zoe"] == (0.0, "0 leads closed in retail")
    assert judged(expertise(), world(Lead("L-1")))["zoe"] == (
        None,
        "nothing is known in leads like this",
    )


def test_speed_is_measured_in_logarithms():
    """A quick rep gets more than a slow one, who has no record is average, and nobody is judged by nothing."""
    quick = Record(reached=5, log_response=round(5 * UNIT * log(61)))
    slow = Record(reached=5, log_response=round(5 * UNIT * log(3601)))
    found = judged(response_speed("5m", 5), world(ada=quick, bob=slow))
    assert found["ada"][0] > found["zoe"][0] > found["bob"][0]
    assert found["ada"][1] == "takes about 0:02:48 to reach a lead, judged by 5 leads"
    assert judged(response_speed(), world())["zoe"] == (None, "nobody has reached a lead yet")


def test_declining_is_better_than_ignoring():
    """An offer refused counts for more than one that ran out, and less than one accepted."""
    found = judged(
        accept_rate(),
        world(ada=Record(accepted=8), bob=Record(declined=8), cy=Record(ignored=8)),
    )
    assert found["ada"][0] > found["bob"][0] > found["cy"][0]
    assert found["bob"] == (pytest.approx(0.5), "accepted 0, declined 8, let 0 run out")
    assert judged(accept_rate(), world())["zoe"] == (None, "nobody has been offered a lead yet")


def test_the_top_producer_tires():
    """The best producer comes first until they have much more open than the next."""
    best, next_best = Record(won=9, closed=9, value=100_000), Record(won=7, closed=9, value=80_000)
    fresh = judged(top_producer(), world(ada=best, bob=next_best))
    tired = judged(top_producer(), world(ada=best, bob=next_best, opened={"ada": 10}))
    assert (fresh["ada"][0], fresh["bob"][0]) == (1.0, 0.8)
    assert tired["ada"] == (0.5, "1,000 won, the best 1,000; 10 open")
    assert judged(top_producer(), world())["zoe"] == (
        None,
        "nobody has won a deal of known value yet",
    )


def test_large_leads_go_to_the_experienced():
    """A lead of the upper band gives nothing to juniors; one of the lower band keeps seniors free."""
    score = tier("annual_revenue", [1_000_000], [3])
    levels = {"ada": 4, "bob": 1}
    records = {"ada": Record(), "bob": Record()}
    large = judged(score, world(Lead("L-1", annual_revenue=1_000_000), levels=levels, **records))
    small = judged(score, world(Lead("L-1", annual_revenue=999_999), levels=levels, **records))
    assert (large["ada"][0], large["bob"][0]) == (1, 0)
    assert (small["ada"][0], small["bob"][0]) == (0.5, 1)
    assert large["bob"][1] == "on step 0 of 1, where the lead asks for 1"
    assert large["zoe"] == (0, "the rep's level is not known")
    silent = tier("annual_revenue", [1_000_000], [3], unknown=None)
    lead = Lead("L-1", annual_revenue=1_000_000)
    assert judged(silent, world(lead, levels=levels, **records))["zoe"][0] is None
    assert judged(score, world(levels=levels, **records))["ada"] == (
        None,
        "the lead has no annual_revenue",
    )


def test_a_rep_moves_up_by_winning():
    """With wins instead of levels, outcomes decide on which step a rep stands."""
    score = tier("annual_revenue", [1_000_000], wins=[20])
    found = judged(
        score,
        world(
            Lead("L-1", annual_revenue=5e6),
            ada=Record(won=20, closed=30),
            bob=Record(won=19, closed=19),
        ),
    )
    assert (found["ada"][0], found["bob"][0]) == (1, 0)
    steps = judged(graduation([5, 20]), world(ada=Record(won=20, closed=30)))
    assert steps["ada"] == (1.0, "won 20: on step 2 of 2")
    assert steps["zoe"] == (0.0, "won 0: on step 0 of 2")
    assert judged(graduation(by="industry"), world(Lead("L-1")))["zoe"] == (
        None,
        "nothing is known in leads like this",
    )


def deals(*sizes):
    """The record of deals won, of these sizes."""
    return sum(map(sold, sizes), Record(won=len(sizes), closed=len(sizes)))


def test_a_large_deal_never_lands_on_a_rep_of_small_ones():
    """A healthcare prospect of 50,000 never goes to a rep whose deals are all under 5,000 in e-commerce."""
    lead = Lead("L-1", industry="healthcare", budget=50_000)
    small, large = deals(*range(1_000, 5_000, 400)), deals(30_000, 45_000, 80_000)
    context = world(lead, ada=small, bob=large)
    found = judged(deal_size_fit(), context)
    assert found["ada"][0] < 0.001 < 0.4 < found["bob"][0]
    assert found["ada"][1] == "budget 50,000, where their deals are about 2,692"
    assert found["zoe"] == (None, "has won no deal of known value")
    assert judged(deal_size_fit(), world(ada=small))["ada"] == (None, "the lead has no budget")
    nothing = judged(deal_size_fit(), world(Lead("L-1", budget=0), ada=small))["ada"]
    assert nothing == (None, "budget 0 says nothing of the size")
    assert (
        judged(deal_size_fit(), world(Lead("L-1", budget=9), ada=Record(won=1)))["ada"][0] is None
    )

    team = Roster(context.reps)
    score = tiers(at_least(deal_size_fit(), 0.1), round_robin().when(LEAD.budget < 10_000))
    router = Router(rules=[Rule("all", score=score)])
    for busy in range(30):
        snapshot = Snapshot(track_records=context.snapshot.track_records, open={"bob": busy})
        ranking = router.rank(lead, team, snapshot=snapshot)
        assert ranking.best.rep_id == "bob"
        assert ranking.assignments[1].score == 0


def test_one_deal_each_has_a_spread_too():
    """While no rep has two deals, sizes within a factor of e are the same size."""
    found = judged(deal_size_fit(strength=0.001), world(Lead("L-1", budget=1000), ada=deals(1000)))
    assert found["ada"][0] == pytest.approx(1)


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 20), st.integers(1, 10**6))
def test_more_of_what_is_wanted_never_gives_fewer_points(count, more, other, value):
    """More wins, more worth, more acceptance and more experience never cost points."""
    base = {
        "won": count,
        "closed": count + other,
        "value": value,
        "accepted": count,
        "ignored": other,
    }
    better = {
        **base,
        "won": count + min(more, other),
        "value": value + more,
        "accepted": count + more,
    }
    bob = Record(won=5, closed=9, value=5_000, accepted=4, ignored=4)
    for score in (close_rate(20), revenue_rate(), accept_rate(), top_producer(), graduation()):
        before, after = (
            score.bind(world(ada=Record(**record), bob=bob))(Rep("ada"))
            for record in (base, better)
        )
        assert after >= before - 1e-12


def test_a_half_life_needs_the_time():
    """Old outcomes cannot count less while nobody says what time it is."""
    context = RoutingContext(
        Lead("L-1"),
        (Rep("ada"),),
        "p",
        Snapshot(track_records=world(ada=Record(won=1, closed=1)).snapshot.track_records),
    )
    with pytest.raises(Exception, match="now is not known"):
        close_rate(half_life="4w").bind(context)


def test_sizes_of_deals_leave_out_who_has_none():
    """A rep without deals changes neither the mean nor the spread of the sizes."""
    logs, squares = [2 * UNIT, 4 * UNIT], [4 * UNIT, 16 * UNIT]
    everyone = _sizes([1, 1], logs, squares)
    assert everyone[0] == 3
    assert _sizes([1, 1, 0], [*logs, 0], [*squares, 0]) == everyone


@pytest.mark.parametrize("lost", [0, -500])
def test_a_column_of_revenue_says_what_each_rep_gets(lost):
    """All reps at once get what each gets alone, also where a deal was paid back."""
    context = world(ada=Record(closed=10, value=900), bob=Record(closed=5, value=lost))
    score = revenue_rate(20)
    points = score.bind(context)
    assert score.column(context) == pytest.approx([points(rep) for rep in context.reps])


def test_a_column_without_an_answer_says_so_for_everybody():
    """A lead without the field that says what is alike has no expert."""
    context = world(Lead("L-1"), ada=Record(closed=10))
    assert expertise().column(context) == [None] * len(context.reps)
