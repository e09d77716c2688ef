"""A step that lost a race, met a busy store or got no answer is taken again, within a limit."""

import pytest
from attrs import evolve
from tests.offers.world import START, Racing, audit, desk

from leadroute import Lead, MemoryStore, Rep
from leadroute.errors import ConflictError, TransientError, UnknownOutcomeError
from leadroute.offers import requests
from leadroute.offers.placement import Status
from leadroute.offers.state_machine import rebuild
from leadroute.stores import Change, Put
from leadroute.testing import FailingStore


class Silent(MemoryStore):
    """A store that is asked in vain for the log, for so many times."""

    silent = 0

    def events(self, **asked):
        if asked.get("change") is not None and self.silent:
            self.silent -= 1
            raise TransientError("busy")
        return super().events(**asked)


def failing(*errors, store=None, when="before", first=1):
    """A desk whose commits fail one after the other, and the pauses that it makes."""
    store, pauses = FailingStore(MemoryStore() if store is None else store), []
    for number, error in enumerate(errors, first):
        store.fail(number, error, when=when)
    return evolve(desk("ada", "bob", store=store), sleep=pauses.append), pauses


def test_busy_store_is_sent_the_same_change_again():
    """The pauses grow, and the change keeps its id."""
    here, pauses = failing(*[TransientError("busy")] * 5)
    assert here.submit(Lead("L-1")).rep_id == "ada"
    assert len(pauses) == 5
    assert pauses[-1] > pauses[0]
    assert {event.change for event in here.store.events()} == {here.store.events()[0].change}


def test_store_that_stays_busy_is_told():
    """When patience ends the error reaches the host, and nothing is stored."""
    here, pauses = failing(*[TransientError("busy")] * 3_000)
    with pytest.raises(TransientError):
        here.submit(Lead("L-1"))
    assert sum(pauses) >= requests.PATIENCE
    audit(here.store, set())


@pytest.mark.parametrize("when", ["before", "after"])
def test_commit_without_an_answer_is_looked_up(when):
    """Whether it has happened is seen in the log by its id: it is done once, and only once."""
    here, pauses = failing(UnknownOutcomeError("gone"), when=when)
    assert here.submit(Lead("L-1")).rep_id == "ada"
    assert [event.type for event in here.store.events()] == ["received", "offered"]
    assert here.store.commits == (1 if when == "after" else 2)
    assert len(pauses) == 1
    audit(here.store, {"L-1"})


def test_log_that_cannot_be_read_at_once_is_read_again():
    """The question whether a change has happened is asked until it is answered, or patience ends."""
    here, pauses = failing(UnknownOutcomeError("gone"), store=Silent(), when="after")
    here.store._store.silent = 3
    assert here.submit(Lead("L-1")).rep_id == "ada"
    assert len(pauses) == 4
    here, _ = failing(UnknownOutcomeError("gone"), store=Silent(), when="after")
    here.store._store.silent = 10**9
    with pytest.raises(TransientError):
        here.submit(Lead("L-1"))


class Bound(Racing):
    """A store in a transaction of its host."""

    is_bound = True


class Seeing(Bound):
    """One that sees what others commit meanwhile."""

    sees_commits = True


def test_nothing_is_sent_twice_in_a_transaction_of_the_host():
    """There the host decides what to do with an error."""
    for error in (TransientError("busy"), UnknownOutcomeError("gone")):
        store = FailingStore(Bound())
        store.fail(1, error)
        here = evolve(desk("ada", store=store), sleep=lambda _seconds: pytest.fail("paused"))
        with pytest.raises(type(error)):
            here.submit(Lead("L-1"))
        assert store.commits == 1


@pytest.mark.parametrize(("kind", "placed"), [(Bound, None), (Seeing, "bob")])
def test_conflict_is_decided_again_where_reading_again_shows_more(kind, placed):
    """In a transaction that sees no other commit, a conflict is the host's."""
    store = kind()
    here = evolve(desk("ada", "bob", store=store), sleep=lambda _seconds: None)
    rival = evolve(here, store=store.store)
    store.rivals.append(lambda: rival.submit(Lead("first")))
    if placed is None:
        with pytest.raises(ConflictError):
            here.submit(Lead("second"))
    else:
        assert here.submit(Lead("second")).rep_id == placed


def test_trouble_of_the_store_in_a_sweep_is_told():
    """A sweep has no step of its own to protect: what the store raises reaches the host."""
    here, _ = failing()
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    for number in range(2, 5_000):
        here.store.fail(number, TransientError("busy"))
    with pytest.raises(TransientError):
        here.sweep()
    assert here.placement("L-1").rep_id == "ada"


def test_pages_of_any_size_serve_all(monkeypatch):
    """What is due, what waits, and a history are read a page at a time."""
    for module in ("requests", "serving"):
        monkeypatch.setattr(f"leadroute.offers.{module}.PAGE", 2)
    monkeypatch.setattr("leadroute.offers.serving.HEADS", 2)
    here = desk(*[Rep(f"r{n}", capacity=1) for n in range(5)])
    for n in range(9):
        here.submit(Lead(f"L-{n}", received_at=START))
    here.clock.advance("5m")
    swept = here.sweep()
    assert (swept.timed_out, swept.errors) == (5, ())
    assert rebuild("L-0", here.history("L-0")) == here.placement("L-0")
    roomy = here.with_roster([Rep(f"r{n}", capacity=3) for n in range(5)])
    assert roomy.sweep(early=True).offered == 4
    assert all(here.placement(f"L-{n}").status is Status.OFFERED for n in range(9))
    audit(here.store, {f"L-{n}" for n in range(9)})


def test_limit_ends_a_sweep_in_the_middle_of_a_line():
    """What is left is due still, so the next sweep goes on."""
    here = desk(Rep("ada", capacity=0), Rep("bob", schedule="thu 10:00-11:00"))
    for n in range(4):
        here.submit(Lead(f"L-{n}", received_at=START))
    here.clock.advance("1h")
    assert [here.sweep(limit=3).offered for _ in range(3)] == [3, 1, 0]
    assert here.sweep(early=True, limit=1).offered == 0


def test_limit_that_a_page_has_used_up_ends_a_sweep(monkeypatch):
    """No further page is read."""
    monkeypatch.setattr("leadroute.offers.serving.PAGE", 2)
    here = desk(*[Rep(f"r{n}", capacity=1) for n in range(6)])
    for n in range(6):
        here.submit(Lead(f"L-{n}"))
    here.clock.advance("5m")
    assert [here.sweep(limit=2).timed_out for _ in range(4)] == [2, 2, 2, 0]


def test_limit_holds_for_leads_that_are_tried_early():
    """An early sweep tries leads outside of lines too, as many as it may."""
    here = desk("ada", "bob", "cy")
    for n in range(3):
        key = f"placement/L-{n}"
        here.submit(Lead(f"L-{n}"))
        here.decline(f"L-{n}", here.placement(f"L-{n}").rep_id)
        del key
    assert here.sweep(early=True, limit=1).errors == ()


def test_waiting_lead_that_cannot_be_read_comes_in_its_turn():
    """Its place among those that are due is that of its key, and it is named."""
    here = desk("ada")
    put = Put("placement/broken", "{", 0, "waiting", "", 0)
    here.store.commit(Change("broken", [put]))
    (failed,) = here.sweep().errors
    assert failed.lead_id == "broken"
