"""Outcomes as counts."""

import pickle
from datetime import UTC, datetime, timedelta

from hypothesis import given

from leadroute.model.snapshot import ALL, NOTHING, Record, TrackRecords, segment_key, week_of
from tests.ranking.scorers.world import NOW, track_records


@given(track_records())
def test_counters_hold_everything(found):
    """What a store keeps as counters is read back as the same outcomes, but for records of nothing."""
    again = TrackRecords.from_counters(
        {**found.counters(), "rep/open/ada": 3, "outcome/odd": 1, "outcome/a/b/1/odd": 2}
    )
    assert again.counters() == found.counters()
    for rep_id, segment, week, record in found.cells():
        assert again.weeks.get(segment, {}).get(rep_id, {}).get(week, NOTHING) == record


@given(track_records(), track_records(), track_records())
def test_outcomes_add_up_in_any_order(one, two, three):
    """Adding is the adding of counters, whatever comes first."""
    assert (one + two).counters() == (two + one).counters()
    assert ((one + two) + three).counters() == (one + (two + three)).counters()
    assert (one + TrackRecords()).counters() == one.counters()


@given(track_records())
def test_nothing_is_forgotten_without_a_half_life(found):
    """The total of a rep is the sum of their weeks, and a half-life only ever takes away."""
    for rep_id in ("ada", "bob"):
        total = found.total(rep_id)
        weeks = found.weeks.get(ALL, {}).get(rep_id, {}).values()
        assert total == sum(weeks, NOTHING)
        aged = found.total(rep_id, now=NOW, half_life=timedelta(weeks=4))
        assert aged.won <= total.won
        assert found.total(rep_id, half_life=timedelta(weeks=4)) == total


def test_outcomes_are_values():
    """Outcomes compare, hash and pickle; empty ones are false; a record shows what it holds."""
    found = TrackRecords.of(
        [
            ("ada", segment_key("plan", "a/b"), 3, Record(won=1)),
            ("ada", "plan/a%2Fb", 3, Record(won=2)),
        ]
    )
    assert pickle.loads(pickle.dumps(found)) == found
    assert hash(found) == hash(TrackRecords.of(found.cells()))
    assert (bool(found), bool(TrackRecords())) == (True, False)
    assert repr(found.total("ada", "plan/a%2Fb")) == "Record(won=3)"
    assert repr(Record(won=3) * 0.5) == "Record(won=1.5)"


def test_weeks_begin_at_the_same_instant_everywhere():
    """A week is 604,800 seconds since 1970, whatever the zone."""
    assert week_of(datetime(1970, 1, 7, 23, 59, 59, tzinfo=UTC)) == 0
    assert week_of(datetime(1970, 1, 8, tzinfo=UTC)) == 1
