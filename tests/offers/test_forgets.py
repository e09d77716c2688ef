"""A dispatcher that forgets one thing is caught, by name: the checks of these tests see what they are for."""

import pytest
from tests.offers.test_parallel_offers import offered_to
from tests.offers.world import audit, desk

from leadroute import Lead, Rep
from leadroute.model.validation import FrozenDict
from leadroute.offers import draft, state_machine
from leadroute.offers.change import Add, Change, Drop, Put
from leadroute.offers.draft import Draft
from leadroute.offers.events import OfferWithdrawn, Waiting
from leadroute.offers.placement import Status


def without(unwanted):
    """A patch of ``Draft.operations`` that leaves out some operations."""
    whole = Draft.operations

    def operations(self):
        ops = yield from whole(self)
        return [op for op in ops if not unwanted(op)]

    return operations


def life():
    """Leads that are offered, wait, are declined, run out and end; every step is checked."""
    here = desk(Rep("ada", capacity=1), Rep("bob", capacity=1))
    known = set()

    def did(lead_id, call, *given, **named):
        known.add(lead_id)
        call(*given, **named)
        audit(here.store, known)

    for n in range(4):
        did(f"L-{n}", here.submit, Lead(f"L-{n}"))
    did("L-0", here.decline, "L-0", here.placement("L-0").rep_id)
    owned = [n for n in known if here.placement(n).status is Status.OFFERED]
    did(owned[0], here.accept, owned[0], here.placement(owned[0]).rep_id)
    did(owned[0], here.feedback, owned[0], "won")
    here.clock.advance("5m")
    here.sweep()
    audit(here.store, known)


FORGOTTEN = {
    "the record of an offer that ended": (
        lambda op: isinstance(op, Drop) and op.key.startswith("offer/"),
        "the open offers are others",
    ),
    "what an offer held": (
        lambda op: isinstance(op, Add) and op.key.startswith("rep/open/") and op.delta < 0,
        "the counters are not the holds",
    ),
    "the entry of a line": (
        lambda op: isinstance(op, Put) and op.key.startswith("wait/"),
        "a line holds other leads",
    ),
    "the length of a line": (
        lambda op: isinstance(op, Add) and op.key.startswith("waiting/"),
        "a line has another length",
    ),
    "the clock of a line": (
        lambda op: isinstance(op, Put) and op.key.startswith("line/"),
        "nobody looks at a line",
    ),
}


@pytest.mark.parametrize("forgotten", FORGOTTEN)
def test_what_is_forgotten_is_found(forgotten, monkeypatch):
    """One operation that is left out breaks a promise."""
    unwanted, message = FORGOTTEN[forgotten]
    monkeypatch.setattr(Draft, "operations", without(unwanted))
    with pytest.raises(AssertionError, match=message):
        life()


def test_nothing_is_forgotten():
    """The same life with all of its operations keeps every promise."""
    life()


def test_withdrawal_that_is_forgotten_is_found(monkeypatch):
    """An offer that another rep's acceptance ends must give back what it did to its rep."""
    whole = draft._ended
    assert outcome_of_a_race() == "lost_race"

    def ended(before, event):
        return [] if isinstance(event, OfferWithdrawn) else whole(before, event)

    monkeypatch.setattr(draft, "_ended", ended)
    with pytest.raises(AssertionError):
        outcome_of_a_race()


def outcome_of_a_race():
    """Two reps have an offer, one accepts; what became of the other one's."""
    here = desk("ada", "bob")
    offered_to(here, "bob")
    accepted = here.accept("L-1", "ada")
    audit(here.store, {"L-1"})
    return accepted.previous_offers["bob"].outcome


def test_clock_of_a_failed_lead_that_is_forgotten_is_found(monkeypatch):
    """A lead that failed, is in no line and has no clock is told by the checks of every placement."""
    whole = state_machine._waiting

    def waiting(before, event):
        return {**whole(before, event), "clocks": FrozenDict()}

    monkeypatch.setitem(state_machine._CHANGES, Waiting, waiting)
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    here.store.commit(Change("erase", [Drop("lead/L-1", 1)]))
    here.decline("L-1", "ada")
    with pytest.raises(AssertionError):
        audit(here.store, {"L-1"})
