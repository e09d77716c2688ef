"""What goes wrong with one lead is kept to that lead, and nothing is refused for trouble of our own."""

import json
from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.test_dispatcher import audit
from tests.offers.world import START, desk, outcomes, submitted

from leadroute import LEAD, Lead, Rep, Router, Rule, scorer
from leadroute.errors import (
    ConfigError,
    ConflictError,
    FieldTypeError,
    LeadNotFoundError,
    NewerFormatError,
    NotOfferedError,
    TransientError,
    ValidationError,
)
from leadroute.model.keys import lead_key, placement_key
from leadroute.offers import queries
from leadroute.offers.placement import Status
from leadroute.ranking.decide import Decided
from leadroute.stores import Change, Drop, MemoryStore, Put

RAISED = {
    "key": KeyError("Ann Lee"),
    "stop": StopIteration(),
    "conflict": ConflictError("version", "not of a store"),
    "type": FieldTypeError("x", "y", "z"),
}


@scorer
def moody(context, rep):
    """Raise what the lead asks for."""
    if context.lead.id in RAISED:
        raise RAISED[context.lead.id]
    return 1.0


MOODY = Router(rules=[Rule("r", score=moody())])


@pytest.mark.parametrize("lead_id", RAISED)
def test_lead_whose_decision_fails_goes_to_the_catch_all(lead_id):
    """It is stored with the class of the error, never its message, and the log leads to its placement."""
    here = desk("ada", router=MOODY)
    placement = here.submit(Lead(lead_id))
    kind = type(RAISED[lead_id]).__name__
    assert placement.status is Status.CATCH_ALL
    assert (placement.error, placement.reason_code) == (kind, "decision_failed")
    assert placement.reason == f"the decision failed with {kind}"
    assert "Ann Lee" not in json.dumps([each.data for each in here.store.events()])
    assert here.submit(Lead(lead_id)) == placement
    assert here.assign(lead_id, "ada", by="manager").error == ""
    audit(here.store, {lead_id})


def test_caller_may_have_the_error_instead():
    """With ``on_error="raise"`` the error itself is raised and nothing is stored."""
    here = desk("ada", router=MOODY)
    with pytest.raises(KeyError) as raised:
        here.submit(Lead("key"), on_error="raise")
    assert raised.value is RAISED["key"]
    audit(here.store, set())
    with pytest.raises(ConfigError, match="on_error is 'ignore'; write 'catch_all' or 'raise'"):
        here.submit(Lead("key"), on_error="ignore")


def test_failed_decision_leaves_no_turn_behind(monkeypatch):
    """A decision that fails once the rep was chosen writes no credit."""
    here = desk(Rep("ada"), Rep("bob"), router=Router(rules=[Rule("r")]))
    monkeypatch.setattr(Decided, "turn", lambda _self, _place: 1 / 0)
    assert here.submit(Lead("L-1")).error == "ZeroDivisionError"
    assert here.snapshot().credits == {}


def test_waiting_lead_is_decided_again_after_a_pause_that_doubles():
    """30 seconds, a minute, two ... up to an hour; the count begins anew when a decision comes through."""
    here = desk("ada", router=Router(rules=[Rule("r")]))
    submitted(here, "L-1", "key")
    broken = evolve(here, router=MOODY)
    broken.feedback(broken.accept("L-1", "ada").lead_id, "lost")
    pauses = []
    for _ in range(9):
        found = here.placement("key")
        pauses.append(found.due - here.clock.now())
        here.clock.set(found.due - timedelta(seconds=1))
        assert broken.sweep().errors == ()
        here.clock.advance("1s")
        (failed,) = broken.sweep().errors
        assert (failed.lead_id, failed.rule, failed.error) == ("key", "r", RAISED["key"])
        assert str(failed) == "rule 'r', lead 'key': 'Ann Lee'"
    assert pauses == [timedelta(seconds=min(3600, 30 * 2**n)) for n in range(9)]
    assert broken.next_wakeup() == here.placement("key").due
    assert here.placement("key").failures == 10
    here.clock.advance("1h")
    assert here.sweep().offered == 1
    assert (here.placement("key").failures, here.placement("key").error) == (0, "")
    audit(here.store, {"L-1", "key"})


def rewritten(store, key, change, name="rewritten"):
    """Write a record with another document."""
    record = store.get([key])[key]
    data = change(record.data)
    put = Put(key, data, record.version, record.status, record.owner, record.due)
    store.commit(Change(name, [put]))


def newer(data):
    """The document as a newer release may write it."""
    return json.dumps({**json.loads(data), "format": 9})


def test_broken_leads_hold_up_no_other():
    """Erased, of a newer format, broken or raising: the others are served in the same sweep, and each is named once."""
    here = desk("ada", router=Router(rules=[Rule("r")]))
    bad = ["erased", "newer", "newer lead", "broken", *RAISED]
    good = [f"L-{n}" for n in range(30)]
    here.submit(Lead("first"))
    for lead_id in (*bad, *good):
        here.submit(Lead(lead_id, priority=9 if lead_id in bad else 0))
    erased = lead_key("erased")
    here.store.commit(Change("erase", [Drop(erased, here.store.get([erased])[erased].version)]))
    rewritten(here.store, placement_key("newer"), newer, "a")
    rewritten(here.store, lead_key("newer lead"), newer, "b")
    rewritten(here.store, placement_key("broken"), lambda _data: "{", "c")
    roomy = desk(Rep("ada", capacity=99), router=MOODY, store=here.store)
    swept = roomy.sweep(early=True)
    assert swept.offered == len(good)
    kinds = {each.lead_id: type(each.error) for each in swept.errors}
    assert len(swept.errors) == len(bad)
    assert kinds == {
        "erased": LeadNotFoundError,
        "newer": NewerFormatError,
        "newer lead": NewerFormatError,
        "broken": ValidationError,
        **{lead_id: type(error) for lead_id, error in RAISED.items()},
    }
    assert roomy.sweep().errors == (), "a lead that failed waits for its time"


def test_broken_offer_holds_up_no_other():
    """An offer that cannot be read is named, the others time out, and its rep goes on."""
    here = desk(Rep("ada", capacity=9), router=Router(rules=[Rule("r", accept_within="5m")]))
    submitted(here, "L-1", "L-2", "L-3")
    rewritten(here.store, placement_key("L-2"), newer)
    assert here.decline("L-3", "ada").status is Status.CATCH_ALL
    here.clock.advance("5m")
    swept = here.sweep()
    assert swept.timed_out == 1
    assert [each.lead_id for each in swept.errors] == ["L-2"]


def test_interrupt_passes_through_with_nothing_half_done():
    """What ends the program is no fault of a lead."""

    @scorer
    def impatient(context, rep):
        raise KeyboardInterrupt

    here = desk("ada", router=Router(rules=[Rule("r", score=impatient())]))
    with pytest.raises(KeyboardInterrupt):
        here.submit(Lead("L-1"))
    audit(here.store, set())


class Failing(MemoryStore):
    """A store that is busy when told."""

    busy = ()

    def counts(self, keys=None, **page):
        if "counts" in self.busy:
            raise TransientError("busy")
        return super().counts(keys, **page)

    def get(self, keys):
        if "lead" in self.busy and keys[0].startswith("lead/"):
            raise TransientError("busy")
        return super().get(keys)

    def find(self, **asked):
        if "find" in self.busy:
            raise TransientError("busy")
        return super().find(**asked)


def test_trouble_of_the_store_is_no_fault_of_the_lead():
    """A store that is busy while a lead is decided is reported as such, and the lead is not given away."""
    here = desk("ada", store=Failing())
    here.store.busy = ("counts",)
    with pytest.raises(TransientError):
        here.submit(Lead("L-1"))
    here.store.busy = ()
    assert here.submit(Lead("L-1")).rep_id == "ada"


def test_call_that_is_stored_does_not_raise_for_another_lead():
    """Feedback stands though the store is busy while others are served; the next sweep serves them."""
    here = desk("ada", store=Failing())
    submitted(here, "L-1", "L-2")
    here.accept("L-1", "ada")
    here.store.busy = ("find",)
    assert here.feedback("L-1", "won").status is Status.CLOSED
    here.store.busy = ()
    assert here.placement("L-2").status is Status.WAITING
    here.clock.advance("5m")
    assert here.sweep().offered == 1


def test_decline_of_a_lead_that_was_erased_stands():
    """The next decision cannot be made, and the decline is kept."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    key = lead_key("L-1")
    here.store.commit(Change("erase", [Drop(key, here.store.get([key])[key].version)]))
    declined = here.decline("L-1", "ada")
    assert outcomes(declined) == {"ada": "declined"}
    assert (declined.error, declined.due) == ("LeadNotFoundError", START + timedelta(seconds=30))
    here.clock.advance("30s")
    (failed,) = here.sweep().errors
    assert (
        str(failed) == "rule 'all', lead 'L-1': no placement for lead 'L-1'; submit the lead first"
    )


def test_lead_that_is_too_large_is_refused_with_its_largest_field():
    """Nothing is stored, and the message names lead, field, size and limit."""
    here = desk("ada")
    large = Lead("L-1", company="Acme", attributes={f"n{n}": "é" * 4_000 for n in range(10)})
    with pytest.raises(ValidationError) as refusal:
        here.submit(large)
    assert str(refusal.value) == (
        "Lead 'L-1': attributes makes the lead 80135 bytes long; at most 65536 can be kept, so shorten it"
    )
    audit(here.store, set())
    assert here.submit(Lead("L-1", attributes={"note": "e" * 4_000})).rep_id == "ada"


def test_rule_of_a_lead_that_cannot_be_matched_is_not_known():
    """A failed decision names the rule where matching works."""
    here = desk("ada", router=Router(rules=[Rule("r", when=LEAD["seats"] > 5)]))
    assert here.submit(Lead("L-1", attributes={"seats": "ten"})).error == "FieldTypeError"


def test_declining_twice_changes_nothing():
    """A decline that is sent again, also after a failure, is as harmless as an acceptance."""
    here = desk("ada", "bob", store=Failing())
    here.submit(Lead("L-1"))
    here.store.busy = ("find",)
    with pytest.raises(TransientError):
        here.decline("L-1", "ada")
    here.store.busy = ()
    assert here.placement("L-1").rep_id == "ada"
    assert here.decline("L-1", "ada").rep_id == "bob"
    told = here.history("L-1")
    assert here.decline("L-1", "ada").rep_id == "bob"
    here.accept("L-1", "bob")
    assert here.decline("L-1", "ada").owner == "bob"
    assert here.history("L-1")[:-1] == told
    with pytest.raises(NotOfferedError):
        here.decline("L-1", "bob")
    audit(here.store, {"L-1"})


def test_placements_of_a_status_are_read_a_page_at_a_time(monkeypatch):
    """All of a status are given, soonest due first, however many pages they are."""
    monkeypatch.setattr(queries, "PAGE", 2)
    here = desk(Rep("ada", capacity=9))
    submitted(here, "L-1", "L-2", "L-3", "L-4", "L-5")
    found = [placed.lead_id for placed in queries.placements(here.store, Status.OFFERED)]
    assert found == ["L-1", "L-2", "L-3", "L-4", "L-5"]
    assert [*queries.placements(here.store, Status.WAITING)] == []
