"""The close rate on a real-looking pipeline: 30 agents, 6,711 closed deals, and hardly any true difference."""

import csv
from datetime import UTC, datetime

import pytest

from leadroute import Lead, Rep, Snapshot
from leadroute.lead_scoring import calibration
from leadroute.model.snapshot import ALL, Record, TrackRecords, segment_key, week_of
from leadroute.ranking.estimates import prior_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import close_rate
from tests.shared import shared_path

NOW = datetime(2018, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def deals():
    """The closed deals: agent, product, when and whether won."""
    with (shared_path("data/maven_crm") / "sales_pipeline.csv").open(encoding="utf-8") as rows:
        return [
            (
                row["sales_agent"],
                row["product"],
                datetime.fromisoformat(row["close_date"]).replace(tzinfo=UTC),
                row["deal_stage"] == "Won",
            )
            for row in csv.DictReader(rows)
            if row["deal_stage"] in ("Won", "Lost")
        ]


@pytest.fixture(scope="module")
def context(deals):
    """A lead for the product that sells most, with the agents and their record."""
    cells = [
        (agent, segment, week_of(at), Record(won=won, closed=1))
        for agent, product, at, won in deals
        for segment in (ALL, segment_key("product", product))
    ]
    agents = tuple(Rep(agent) for agent in sorted({agent for agent, *_ in deals}))
    snapshot = Snapshot(track_records=TrackRecords.of(cells))
    return RoutingContext(Lead("L-1", product="GTX Basic"), agents, "everyone", snapshot, NOW)


def test_the_true_spread_between_agents_is_about_a_point(context):
    """Raw rates run from 55 to 70 %, and the scorer sees through it: the strength is over 500 deals."""
    prior = close_rate().prior(context)
    records = [close_rate().record(context, rep) for rep in context.reps]
    raw = [record.won / record.closed for record in records]
    assert (round(min(raw), 2), round(max(raw), 2)) == (0.55, 0.7)
    assert prior.mean == pytest.approx(0.6315, abs=1e-4)
    assert prior.strength > 500
    assert prior.spread == pytest.approx(0.009, abs=0.002)


@pytest.mark.parametrize("score", [close_rate(by="product"), close_rate(half_life="26w")], ids=str)
def test_segments_and_ages_tell_agents_apart_no_better(context, score):
    """By product, or with older deals counting less, there is as little to learn."""
    assert score.prior(context).strength > 500


def test_the_best_agent_is_hardly_better_than_the_average(context):
    """After shrinkage all agents lie within three points of each other, where raw rates differ by fifteen."""
    points = close_rate().bind(context)
    found = [points(rep) for rep in context.reps]
    assert max(found) - min(found) < 0.03


def test_the_past_does_not_tell_the_future(deals):
    """Rates of the first half predict the second: shrunk ones are no worse than the average, raw ones are."""
    half = sorted(at for _, _, at, _ in deals)[len(deals) // 2]
    past = {agent: [0, 0] for agent, *_ in deals}
    for agent, _, at, won in deals:
        if at <= half:
            past[agent][0] += won
            past[agent][1] += 1
    prior = prior_of(past.values())

    def brier(rate):
        return calibration(
            (rate(*past[agent]), won) for agent, _, at, won in deals if at > half
        ).brier

    average = brier(lambda won, closed: prior.mean)
    assert brier(prior.shrunk) <= average + 1e-4
    assert brier(lambda won, closed: won / closed) > average
