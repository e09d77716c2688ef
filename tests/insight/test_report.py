"""What the report counts."""

from datetime import UTC, datetime, timedelta

import pytest

from leadroute import LEAD, Dispatcher, Lead, MemoryStore, Rep, Roster, Router, Rule
from leadroute.insight import ReasonFigures, RepFigures, Report, RuleFigures, report, report_on
from leadroute.testing import ManualClock

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def dispatcher():
    """A dispatcher with two reps, who are offered leads in turn."""
    router = Router(
        qualify=LEAD.budget > 0,
        rules=[Rule("big", when=LEAD.employees > 100, require=LEAD.employees < 5000), Rule("rest")],
    )
    team = Roster([Rep("ada", capacity=3), Rep("bob", capacity=3)])
    return Dispatcher(router, team, MemoryStore(), ManualClock(NOW))


def submit(dispatcher, *numbers, **facts):
    """Submit leads with these numbers."""
    for number in numbers:
        dispatcher.submit(Lead(f"L-{number}", budget=1, **facts))


def test_nothing():
    """An empty store has a report without figures."""
    assert report_on(MemoryStore()) == Report(0, (), (), (), ())


def test_rep_figures(dispatcher):
    """A rep's offers, answers, contacts and deals are counted, with the median time to accept."""
    submit(dispatcher, 1, 2, 3)
    dispatcher.clock.advance("1m")
    dispatcher.accept("L-1", "ada")
    dispatcher.clock.advance("2m")
    dispatcher.accept("L-3", "ada")
    dispatcher.record_contact("L-1")
    dispatcher.feedback("L-1", "won", value=500)
    dispatcher.feedback("L-3", "lost")
    ada, bob = report_on(dispatcher.store).reps
    assert ada == RepFigures("ada", 2, 2, 0, 0, 1, 1, 500.0, timedelta(minutes=2))
    assert bob == RepFigures("bob", 1)
    assert (ada.acceptance_rate, bob.acceptance_rate, bob.time_to_accept) == (1.0, None, None)


def test_deal_without_a_value_counts(dispatcher):
    """A deal won counts even where nobody said what it was worth, and an interim word does not close it."""
    submit(dispatcher, 1)
    dispatcher.accept("L-1", "ada")
    dispatcher.feedback("L-1", "meeting")
    assert report_on(dispatcher.store).reps[0].won == 0
    dispatcher.feedback("L-1", "won")
    (ada,) = report_on(dispatcher.store).reps
    assert (ada.won, ada.value) == (1, 0.0)


def test_declines_and_timeouts(dispatcher):
    """A decline and a time-out count for the rep who had the offer, and lower their rate."""
    submit(dispatcher, 1)
    dispatcher.decline("L-1", "ada")
    dispatcher.clock.advance("5m")
    dispatcher.sweep()
    ada, bob = report_on(dispatcher.store).reps
    assert (ada.declined, ada.timed_out, ada.acceptance_rate) == (1, 0, 0.0)
    assert (bob.declined, bob.timed_out, bob.acceptance_rate) == (0, 1, 0.0)


def test_statuses_in_the_order_of_a_life(dispatcher):
    """Statuses stand in the order of a lead's life, and those without leads are left out."""
    submit(dispatcher, *range(8))
    dispatcher.submit(Lead("poor", budget=0))
    dispatcher.accept("L-0", "ada")
    found = report_on(dispatcher.store)
    assert found.leads == 9
    assert found.statuses == (
        ("disqualified", 1),
        ("waiting", 2),
        ("offered", 5),
        ("accepted", 1),
    )


def test_reasons(dispatcher):
    """Why leads are not with a rep is counted by status, the most frequent first."""
    submit(dispatcher, *range(8))
    dispatcher.submit(Lead("poor", budget=0))
    submit(dispatcher, "huge", employees=9000)
    assert report_on(dispatcher.store).reasons == (
        ReasonFigures("waiting", "none_available", "nobody is available now", 2),
        ReasonFigures("catch_all", "none_eligible", "nobody is eligible", 1),
        ReasonFigures("disqualified", "disqualified", "did not pass 'lead.budget > 0'", 1),
    )


def test_rules(dispatcher):
    """Leads are counted under the rule that matched them, with those taken and those won."""
    submit(dispatcher, 1, 2, employees=200)
    submit(dispatcher, 3)
    dispatcher.accept("L-1", "ada")
    dispatcher.feedback("L-1", "won")
    assert report_on(dispatcher.store).rules == (
        RuleFigures("big", 2, 1, 1),
        RuleFigures("rest", 1, 0, 0),
    )


def test_pages(dispatcher, monkeypatch):
    """Nothing is lost or counted twice between pages."""
    submit(dispatcher, *range(6))
    whole = report_on(dispatcher.store)
    monkeypatch.setattr(report, "PAGE", 2)
    monkeypatch.setattr("leadroute.offers.queries.PAGE", 2)
    assert report_on(dispatcher.store) == whole
    assert (whole.leads, sum(rep.offered for rep in whole.reps)) == (6, 6)


def test_acceptance_whose_offer_was_forgotten(dispatcher):
    """An acceptance still counts when the offer has been trimmed from the log, without a time to accept."""
    submit(dispatcher, 1)
    store = dispatcher.store
    dispatcher.clock.advance("1m")
    dispatcher.accept("L-1", "ada")
    store.trim(store.events()[-1].at)
    (ada,) = report_on(store).reps
    assert (ada.offered, ada.accepted, ada.time_to_accept) == (0, 1, None)
