"""Counters that a process keeps in step with the log: never behind for long, and what they choose is what is right."""

from contextlib import suppress
from random import Random

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.offers.world import START, Late, Wrapped, audit, desk

from leadroute import Cap, Lead, Rep, Router, Rule, SqliteStore, free_capacity, round_robin
from leadroute.errors import (
    ConfigError,
    ConflictError,
    FieldTypeError,
    InvalidTransitionError,
)
from leadroute.model.keys import open_key
from leadroute.offers import LiveCounts
from leadroute.offers.change import Add, Change, Emit, Once
from leadroute.offers.placement import Status
from leadroute.offers.requests import run
from leadroute.stores import AsyncThread, MemoryStore

POLICY = Router(
    rules=[
        Rule("german", when="lead.country == 'DE'", score=free_capacity(), accept_within="1h"),
        Rule("all", score=round_robin(), accept_within="1h"),
    ],
    caps=["40/day"],
)
REPS = [Rep(f"r{n}", capacity=1 + n % 3, caps=[Cap(4, "day")]) for n in range(6)]


class Seconds:
    """A clock of seconds that is moved by hand."""

    def __init__(self):
        self.at = 1_000.0

    def __call__(self):
        return self.at


class Counted(Wrapped):
    """A store that notes how many counters were read by key, and how often by prefix."""

    def __init__(self, store=None):
        super().__init__(MemoryStore() if store is None else store)
        self.keys = self.prefixes = 0

    def counts(self, keys=None, prefix=""):
        self.keys += len(keys or ())
        self.prefixes += keys is None and prefix != "waiting/"
        return self.store.counts(keys, prefix=prefix)


def live(here, seconds):
    """The desk with counts of its own."""
    return evolve(here, counts=LiveCounts(here.store, seconds=seconds))


def kept_of(store):
    """The counters of reps as they stand in a store."""
    named = ("rep/", "segment/", "cap/", "total/", "order")
    return {key: n for key, n in store.counts().items() if key.startswith(named)}


def known_of(counts):
    """The counters that are known, but those at 0."""
    return {key: n for key, n in counts.known.items() if n}


def in_step(here):
    """The counters that are known, after one more step."""
    run(here.counts.step(here.clock.now()), here.store, None)
    return known_of(here.counts)


STEPS = st.tuples(
    st.sampled_from(
        ["submit", "accept", "decline", "won", "assign", "release", "withdraw", "forget", "sweep"]
    ),
    st.integers(0, 9),
    st.sampled_from([0.0, 0.4, 2.0, 70.0, 400.0]),
    st.booleans(),
)


def act(here, what, lead_id, rep_id):
    """Do something with a lead that was submitted."""
    if what == "assign":
        here.assign(lead_id, rep_id, by="boss")
    elif what == "sweep":
        here.clock.advance("30m")
        here.sweep()
    elif what == "won":
        here.feedback(lead_id, "won")
    elif what in ("accept", "decline"):
        getattr(here, what)(lead_id, here.placement(lead_id).rep_id or rep_id)
    else:
        getattr(here, what)(lead_id)


MOVES = (
    lambda here, lead_id: here.assign(lead_id, "r5", by="boss"),
    lambda here, lead_id: here.withdraw(lead_id),
    lambda here, lead_id: here.forget(lead_id),
    lambda here, lead_id: here.release(lead_id),
    lambda here, lead_id: here.record_contact(lead_id),
    lambda here, lead_id: here.feedback(lead_id, "won"),
)


@given(st.lists(STEPS, max_size=40))
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_both_choose_as_the_policy_does_on_full_counts(steps):
    """Two processes, one with live counts: whatever either does, each offer is the first of a full ranking."""
    seconds, plain = Seconds(), desk(*REPS, router=POLICY)
    quick = live(plain, seconds)
    leads = []
    for what, number, later, by_quick in steps:
        here = quick if by_quick else plain
        seconds.at += later
        plain.clock.advance("1s")
        lead_id = leads[number % len(leads)] if leads else ""
        if what == "submit" or not leads:
            lead = Lead(f"L-{len(leads)}", country="DE" if number % 2 else "FR")
            leads.append(lead.id)
            counts = here.snapshot()
            ranking = here.router.rank(lead, here.roster, now=here.clock.now(), snapshot=counts)
            placed = here.submit(lead)
            first = None if ranking.best is None else ranking.best.rep_id
            assert (placed.offers[0].rep_id if placed.offers else None) == first
            continue
        with suppress(InvalidTransitionError):
            act(here, what, lead_id, f"r{number % 6}")
    assert in_step(quick) == kept_of(plain.store)
    audit(plain.store, set(leads))


def test_pool_of_any_size_is_not_read_again():
    """After the first decision, submitting and accepting reads the counters of the reps who moved alone."""
    store = Counted()
    reps = [Rep(f"r{n:04}", capacity=3, caps=[Cap(9, "day")]) for n in range(1_000)]
    here = live(desk(*reps, router=POLICY, store=store), Seconds())
    here.submit(Lead("first"))
    store.keys = store.prefixes = 0
    for n in range(20):
        placed = here.submit(Lead(f"L-{n}", country="DE"))
        here.accept(placed.lead_id, placed.rep_id)
    assert store.prefixes == 0
    assert store.keys < 20 * 60


@pytest.mark.parametrize("kind", ["memory", "file"])
def test_change_that_is_committed_late_is_seen(kind, tmp_path):
    """Ids are not the order of commits: what becomes visible behind a newer id is read within a second."""
    inner = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "crm.db")
    store, seconds = Late(inner), Seconds()
    plain = desk(
        "ada", "bob", "cy", router=Router(rules=[Rule("all", score=free_capacity())]), store=store
    )
    quick = live(plain, seconds)
    quick.submit(Lead("L-0"))
    before = len(inner.events())
    plain.assign("L-0", "bob", by="boss")
    store.hidden = {event.id for event in inner.events()[before:]}
    plain.submit(Lead("L-1"))
    quick.submit(Lead("L-2"))
    assert known_of(quick.counts) != kept_of(inner)
    store.hidden = set()
    seconds.at += 1.0
    quick.submit(Lead("L-3"))
    assert in_step(quick) == kept_of(inner)
    if kind == "file":
        inner.close()


@pytest.mark.parametrize("pause", [61.0, 300.0])
def test_everything_is_read_again_after_a_pause(pause):
    """Out of step for a minute, or after five minutes: all counters are read, whatever the log says."""
    store, seconds = Counted(), Seconds()
    here = live(desk("ada", "bob", store=store), seconds)
    here.submit(Lead("L-0"))
    store.store.commit(Change("behind the log", (Add(open_key("bob"), 1), Once("k"))))
    assert in_step(here) != kept_of(store.store)
    seconds.at += pause
    store.prefixes = 0
    assert in_step(here) == kept_of(store.store)
    assert store.prefixes == 4


def test_all_that_moves_a_counter_names_its_reps():
    """Every call, by another process: after one step the counters are those of the store."""
    store, seconds = MemoryStore(), Seconds()
    plain = desk(*REPS, router=POLICY, store=store)
    quick = live(plain, seconds)
    quick.submit(Lead("first"))
    random = Random(5)
    for n in range(60):
        lead_id = f"L-{n}"
        placed = plain.submit(Lead(lead_id, country=random.choice(["DE", "FR"])))
        if placed.status is Status.OFFERED:
            plain.accept(lead_id, placed.rep_id)
        if placed.status is Status.OFFERED:
            random.choice(MOVES)(plain, lead_id)
        seconds.at += 0.01
        assert in_step(quick) == kept_of(store), n


def test_repair_of_an_audit_is_followed():
    """A counter that an audit mends is read again."""
    store = MemoryStore()
    here = live(desk("ada", "bob", store=store), Seconds())
    here.submit(Lead("L-0"))
    store.commit(Change("odd", (Add(open_key("bob"), 1), Emit("odd", 1, "odd", "{}", 0))))
    assert in_step(here).get(open_key("bob")) is None
    assert evolve(here, counts=None).audit(repair=True).discrepancies
    assert in_step(here) == kept_of(store)


def test_limit_conflict_corrects_a_stale_counter():
    """A rep who is full after all is left out by the decision that follows, and by all later ones."""
    store, seconds = Late(), Seconds()
    plain = desk("ada", "bob", store=store)
    quick = live(plain, seconds)
    quick.submit(Lead("L-0"))
    plain.decline("L-0", "ada")
    in_step(quick)
    before = len(store.store.events())
    assert plain.submit(Lead("L-1")).rep_id == "ada"
    store.hidden = {event.id for event in store.store.events()[before:]}
    assert quick.counts.known.get(open_key("ada"), 0) == 0
    assert quick.submit(Lead("L-2")).status is Status.WAITING
    assert quick.counts.known[open_key("ada")] == 1
    quick.counts.correct(ConflictError("version", open_key("ada"), 7))
    assert quick.counts.known[open_key("ada")] == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"counts": 5}, "counts is 5; give LiveCounts"),
        ({"counts": LiveCounts(MemoryStore())}, "counts are kept of another store"),
    ],
)
def test_wrong_counts_are_refused(given, message):
    """Each mistake by name."""
    with pytest.raises(ConfigError, match=message):
        evolve(desk("ada"), **given)


def test_counts_are_of_a_store():
    """A file name is none, and is refused with what to write."""
    with pytest.raises(FieldTypeError, match="store is of type str; it must be a Store, such as"):
        LiveCounts("crm.db")


def test_counts_say_how_many_they_keep():
    """Of a store that blocks or is awaited."""
    assert repr(LiveCounts(MemoryStore())) == "<LiveCounts with 0 counters>"
    assert repr(LiveCounts(AsyncThread(MemoryStore()))) == "<LiveCounts with 0 counters>"
    assert START.tzinfo is not None


def test_counts_stay_in_step_for_minutes(monkeypatch):
    """With pages of two events and a step each half minute: nothing is missed, and little is remembered."""
    monkeypatch.setattr("leadroute.offers.live_counts.PAGE", 2)
    store, seconds = MemoryStore(), Seconds()
    plain = desk(*REPS, router=POLICY, store=store)
    quick = live(plain, seconds)
    in_step(quick)
    for n in range(12):
        for more in "ab":
            placed = plain.submit(Lead(f"L-{n}{more}"))
            plain.accept(placed.lead_id, placed.rep_id)
            plain.feedback(placed.lead_id, "won")
        seconds.at += 30
        plain.clock.advance("30s")
        assert in_step(quick) == kept_of(store)
    assert len(quick.counts._seen) < len(store.events(limit=1_000))
