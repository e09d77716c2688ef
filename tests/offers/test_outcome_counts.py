"""Outcomes from the log of events."""

from datetime import UTC, datetime
from math import log

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Dispatcher, Lead, MemoryStore, Rep, Roster, Router, Rule
from leadroute.errors import UnknownFieldError
from leadroute.model.snapshot import UNIT, Record, TrackRecords, week_of
from leadroute.offers.events import Offered
from leadroute.offers.outcome_counts import track_records_of
from leadroute.scorers import close_rate, explore, fair_share
from leadroute.testing.doubles import ManualClock

START = datetime(2026, 1, 5, 9, tzinfo=UTC)


def desk(score=None, **more):
    """A dispatcher for two reps."""
    router = Router(rules=[Rule("all", accept_within="5m", score=score)])
    team = Roster([Rep("ada"), Rep("bob")])
    return Dispatcher(router, team, MemoryStore(), ManualClock(START), **more)


def worked(here, lead, *, ended="won", value=None):
    """Work a lead to its end: the first rep lets it run out, the second takes it."""
    first = here.submit(lead).rep_id
    here.clock.advance("5m")
    here.sweep()
    second = here.placement(lead.id).rep_id
    here.accept(lead.id, second)
    here.clock.advance("1m")
    here.record_contact(lead.id)
    here.feedback(lead.id, ended, value=value)
    return first, second


def test_outcomes_are_counted_from_the_log():
    """Offers, answers, contacts and endings count for the rep to whom they happened, by segment."""
    here, lead = desk(), Lead("L-1", industry="retail")
    first, second = worked(here, lead, value=500)
    found = track_records_of([(lead, here.history("L-1"))], ["industry"])
    for segment in ("", "industry/retail"):
        ignored, won = found.total(first, segment), found.total(second, segment)
        assert (ignored.offered, ignored.ignored, ignored.accepted) == (1, 1, 0)
        assert (won.offered, won.accepted, won.reached, won.closed, won.won) == (1, 1, 1, 1, 1)
        assert (won.value, won.sized, won.log_size) == (50_000, 1, round(UNIT * log(500)))
        assert won.log_response == round(UNIT * log(61))
    assert set(found.weeks[""][second]) == {week_of(START)}


def test_an_erased_lead_still_counts():
    """A lead whose facts are gone belongs to no segment, and counts among all leads."""
    here = desk()
    _, second = worked(here, Lead("L-1", industry="retail"))
    found = track_records_of([(None, here.history("L-1"))], ["industry"])
    assert set(found.weeks) == {""}
    assert (found.total(second).won, found.total(second).sized) == (1, 0)


@pytest.mark.parametrize(("ended", "won"), [("won", 1), ("lost", 0)])
def test_endings_are_told_apart(ended, won):
    """Only what was won counts as won; a refusal counts as declined."""
    here = desk()
    _, second = worked(here, Lead("L-1"), ended=ended)
    here.decline("L-2", here.submit(Lead("L-2")).rep_id)
    found = track_records_of((None, here.history(each)) for each in ("L-1", "L-2"))
    assert (found.total(second).closed, found.total(second).won) == (1, won)
    assert sum(found.total(each).declined for each in ("ada", "bob")) == 1


@given(st.lists(st.sampled_from(["won", "lost"]), max_size=4), st.integers(0, 4))
def test_parts_of_the_log_add_up(endings, cut):
    """Counting two parts of the log and adding gives the same as counting all of it."""
    here = desk()
    for number, ended in enumerate(endings):
        worked(here, Lead(f"L-{number}"), ended=ended, value=100 + number)
    log = [(None, here.history(f"L-{number}")) for number in range(len(endings))]
    parts = track_records_of(log[:cut]) + track_records_of(log[cut:])
    assert parts.counters() == track_records_of(log).counters()
    assert TrackRecords.from_counters(parts.counters()).counters() == parts.counters()


def test_a_dispatcher_decides_by_the_outcomes_it_is_given():
    """Outcomes handed to a dispatcher are what its scorers learn from."""
    week = week_of(START)
    found = TrackRecords.of(
        [("ada", "", week, Record(closed=5)), ("bob", "", week, Record(won=5, closed=5))]
    )
    here = desk(close_rate(1), track_records=found)
    assert here.submit(Lead("L-3")).rep_id == "bob"
    assert here.snapshot().track_records == found


def test_every_offer_keeps_its_propensity_and_cost():
    """The log says with which probability each rep was chosen, and what fairness cost."""
    here = desk(explore())
    here.submit(Lead("L-1"))
    (offer,) = [each for each in here.history("L-1") if isinstance(each, Offered)]
    assert offer.propensity == pytest.approx(0.5, abs=0.02)
    assert offer.fairness_cost == 0
    plain = desk(fair_share(close_rate()))
    plain.submit(Lead("L-1"))
    assert plain.history("L-1")[1].propensity == 1


def test_outcomes_are_counted_as_they_happen():
    """A dispatcher that learns counts the same in the store as the log gives, by segment, hand-overs included."""
    here = desk(track_outcomes_by=["industry"])
    leads = [Lead("L-1", industry="retail"), Lead("L-2", industry="oil/gas"), Lead("L-3")]
    worked(here, leads[0], value=500)
    worked(here, leads[1], ended="lost")
    first = here.submit(leads[2]).rep_id
    here.decline("L-3", first, "busy")
    here.clock.advance("2m")
    here.assign("L-3", first, by="manager")
    here.clock.advance("9d")
    here.record_contact("L-3")
    here.feedback("L-3", "won", value=0.5)
    found = track_records_of([(lead, here.history(lead.id)) for lead in leads], ["industry"])
    assert here.tracked() == found
    assert here.tracked().total(first).log_response > 0
    assert here.tracked().total(first, "industry/retail").offered == 1
    assert here.tracked().total(first).log_size < 0


def test_outcomes_may_be_counted_without_segments():
    """Without fields all leads count together, and nothing is read for it."""
    here = desk(track_outcomes_by=[])
    worked(here, Lead("L-1", industry="retail"))
    assert set(here.tracked().weeks) == {""}
    assert here.tracked() == track_records_of([(None, here.history("L-1"))])


def test_nothing_is_counted_unless_asked():
    """A dispatcher that does not learn keeps no outcomes."""
    here = desk()
    worked(here, Lead("L-1"))
    assert here.tracked() == TrackRecords()


def test_a_value_too_long_for_a_key_is_no_segment():
    """A lead with a value that no key can hold counts among all leads, in the log as in the store."""
    here, lead = desk(track_outcomes_by=["industry"]), Lead("L-1", industry="x" * 200)
    worked(here, lead)
    assert set(here.tracked().weeks) == {""}
    assert here.tracked() == track_records_of([(lead, here.history("L-1"))], ["industry"])


def test_a_scorer_learns_from_what_the_store_has_counted():
    """Counted outcomes that are handed to the next dispatcher decide, by segment."""
    here = desk(close_rate(1, by="industry"), track_outcomes_by=["industry"])
    for number in range(4):
        rep_id = here.submit(Lead(f"L-{number}", industry="oil")).rep_id
        here.accept(f"L-{number}", rep_id)
        here.feedback(f"L-{number}", "won" if rep_id == "bob" else "lost")
        here.clock.advance("1m")
    assert here.submit(Lead("untaught", industry="oil")).rep_id == "ada"
    taught = evolve(here, track_records=here.tracked())
    assert taught.track_records.total("bob", "industry/oil").won == 2
    assert taught.submit(Lead("next-1", industry="oil")).rep_id == "bob"
    assert taught.submit(Lead("next-2", industry="oil")).rep_id == "bob"


@pytest.mark.parametrize("named", ["email", "name", "phone", "id", "industrie", "employees", 5])
def test_only_segments_can_be_learned_by(named):
    """Personal fields, numbers and typing errors are refused when a dispatcher is built, and for a log as well."""
    with pytest.raises(UnknownFieldError, match=f"lead has no field '{named}'"):
        desk(track_outcomes_by=[named])
    with pytest.raises(UnknownFieldError, match=f"lead has no field '{named}'"):
        track_records_of([], [named])


def test_a_field_counts_once():
    """A field that is named twice counts once, and one alone needs no list."""
    for track_outcomes_by in (["industry", "industry"], "industry"):
        here = desk(track_outcomes_by=track_outcomes_by)
        rep_id = here.submit(Lead("L-1", industry="retail")).rep_id
        assert here.tracked().total(rep_id, "industry/retail") == Record(offered=1)
