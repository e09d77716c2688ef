"""What fails, or comes at an unlikely moment, while terms are followed holds up nobody else."""

from datetime import timedelta

from tests.offers.world import START, audit, desk

from leadroute import Dispatcher, Lead, MemoryStore, Rep, Router, Rule
from leadroute.model.duration import to_micros
from leadroute.model.keys import placement_key
from leadroute.offers import transitions
from leadroute.offers.change import Change, Once, Put
from leadroute.offers.placement import Status
from leadroute.offers.steps import LeadSteps
from leadroute.testing import ManualClock


def test_bell_that_fails_stops_no_other(monkeypatch):
    """A lead whose clock cannot be followed is named, and the next one is passed on."""
    here = desk(Rep("ada"), Rep("bob"))
    for lead_id in ("L-1", "L-2"):
        here.submit(Lead(lead_id))
    real = transitions.expiries

    def broken(before, *more):
        if before.lead_id == "L-1":
            raise KeyError("broken")
        return real(before, *more)

    monkeypatch.setattr(transitions, "expiries", broken)
    here.clock.advance("5m")
    swept = here.sweep()
    assert [each.lead_id for each in swept.errors] == ["L-1"]
    assert [each.lead_id for each in swept.placements] == ["L-2"]


def test_early_sweep_names_what_it_cannot_read():
    """A waiting placement that cannot be read is named by an early sweep before its time comes."""
    here = desk(Rep("ada"))
    later = to_micros(START + timedelta(hours=1))
    broken = Put(placement_key("L-1"), "{", 0, Status.WAITING.value, due=later)
    here.store.commit(Change("broken", [Once("broken"), broken]))
    assert [each.lead_id for each in here.sweep(early=True).errors] == ["L-1"]


def test_early_sweep_leaves_a_lead_with_a_clock_of_another_kind():
    """A lead that waits in a line with a deadline is served with its line, and by no other way."""
    router = Router(rules=[Rule("all", respond_within="1h")])
    here = desk("ada", router=router)
    first, second = here.submit(Lead("L-1")), here.submit(Lead("L-2"))
    assert (first.status, second.status) == (Status.OFFERED, Status.WAITING)
    assert "retry" not in second.clocks
    assert second.clocks
    assert here.sweep(early=True).placements == ()
    audit(here.store, ["L-1", "L-2"])


def test_early_decision_that_fails_is_named(monkeypatch):
    """A lead that is decided before its time, and cannot be, is named and stays as it is."""
    moods = [True]

    def own(_lead, _rep, _now):
        return moods[0] or 1 / 0

    router = Router(rules=[Rule("all", require="predicate('own')")], predicates={"own": own})
    here = desk(Rep("ada"), router=router)
    here.submit(Lead("L-1"))
    moods[0] = False
    here.decline("L-1", "ada")
    before = here.placement("L-1")
    assert "retry" in before.clocks

    def broken(_self, *_given, **_named):
        raise KeyError("broken")
        yield

    monkeypatch.setattr(LeadSteps, "decided", broken)
    assert {each.lead_id for each in here.sweep(early=True).errors} == {"L-1"}
    assert here.placement("L-1") == before


def test_lead_past_its_total_time_cannot_be_pulled():
    """A lead whose time is over is given to nobody who asks for it, though no sweep has ended it yet."""
    router = Router(rules=[Rule("all", offer="pull", accept_within="5m", total_within="10m")])
    clock = ManualClock(START)
    here = Dispatcher(router, [Rep("ada")], MemoryStore(), clock, decisions="none")
    here.submit(Lead("L-1"))
    here.submit(Lead("L-2"))
    assert here.next_for("ada").placement.lead_id == "L-1"
    clock.advance("10m")
    found = here.next_for("ada")
    assert found.placement is None
    assert found.reason_code == "total_time_over"
