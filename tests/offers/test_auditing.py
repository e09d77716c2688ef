"""What an audit finds in a store: each planted fault once, nothing else, and nothing after a repair."""

import json
from collections import Counter
from datetime import timedelta
from random import Random

import pytest
from attrs import evolve
from tests.offers.world import START, audit, desk

from leadroute import Cap, Lead, Rep, Router, Rule, free_capacity, round_robin
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.events import KINDS, Repaired
from leadroute.model.keys import open_key, placement_key
from leadroute.offers.auditing import AUDIT, AuditResult
from leadroute.offers.change import Add, Change, Drop, Emit, Put
from leadroute.offers.lines import entry_key, length_key, line_key
from leadroute.offers.placement import Status
from leadroute.offers.requests import newest_event, run
from leadroute.plain import document, stamped
from leadroute.stores import MemoryStore
from leadroute.testing.contract.common import shown

POLICY = Router(
    rules=[
        Rule("german", when="lead.country == 'DE'", score=free_capacity(), accept_within="2h"),
        Rule("all", score=round_robin(), accept_within="1h"),
    ]
)


def world(store, leads=120):
    """A desk with many leads in every state."""
    reps = [Rep(f"rep {n}", capacity=4, caps=[Cap(9, "day")]) for n in range(12)]
    here = desk(*reps, router=POLICY, store=store)
    random = Random(7)
    for n in range(leads):
        country = random.choice(["DE", "FR"])
        here.submit(Lead(f"L/{n:03}", country=country, received_at=START + timedelta(seconds=n)))
        placed = here.placement(f"L/{n:03}")
        step = random.random()
        if placed.status is Status.OFFERED and step < 0.6:
            here.accept(placed.lead_id, placed.rep_id)
        if step < 0.3 and placed.status is Status.OFFERED:
            here.feedback(placed.lead_id, "won")
        if step > 0.95:
            here.withdraw(placed.lead_id)
        if 0.9 < step < 0.92:
            here.forget(placed.lead_id)
    return here


def audited(here, limit=97, **options):
    """All faults, found page by page."""
    result, faults = None, []
    while result is None or not result.complete:
        result = here.audit(limit, result, **options)
        faults += result.discrepancies
    return faults


def ids(here):
    """The ids of all leads."""
    return {event.lead for event in here.store.events(limit=100_000)} - {AUDIT}


class Planting:
    """Plants faults, each in a lead or counter of its own."""

    def __init__(self, here, seed=3):
        self.here, self.store = here, here.store
        self.free = [here.placement(lead_id) for lead_id in sorted(ids(here))]
        Random(seed).shuffle(self.free)
        self.planted = Counter()
        self.number = 0

    def commit(self, *ops):
        self.number += 1
        name = f"planted {self.number}"
        self.store.commit(Change(name, shown(ops, name)))

    def take(self, fits):
        found = next(placed for placed in self.free if fits(placed))
        self.free.remove(found)
        return found

    def record(self, key):
        return self.store.get([key])[key]

    def counter(self):
        name = open_key(f"rep {len([1 for kind, _ in self.planted if kind == 'counter'])}")
        self.commit(Add(name, 3, lo=None))
        self.planted["counter", name] += 1

    def cap(self):
        name = next(
            key for key in self.store.counts(prefix="cap/") if ("counter", key) not in self.planted
        )
        self.commit(Add(name, -1, lo=None))
        self.planted["counter", name] += 1

    def entry(self):
        placed = self.take(lambda each: each.line)
        self.commit(Drop(entry_key(placed), 1))
        self.planted["entry", placed.lead_id] += 1

    def stray_entry(self):
        placed = self.take(lambda each: not each.line and each.status is not Status.FORGOTTEN)
        told = stamped({"lead": placed.lead_id})
        line = next(each.line for each in self.free if each.line)
        self.commit(Put(entry_key(placed), told, 0, f"wait/{line}"))
        self.planted["entry", placed.lead_id] += 1

    def offer(self):
        placed = self.take(lambda each: each.offers)
        name = f"offer/{placed.lead_id.replace('/', '%2F')}/{placed.offers[0].rep_id}"
        self.commit(Drop(name, 1))
        self.planted["offer", placed.lead_id] += 1

    def stray_offer(self):
        placed = self.take(lambda each: each.status is Status.ACCEPTED)
        told = stamped({"lead": placed.lead_id, "order": 1, "pool": "everyone"})
        name = f"offer/{placed.lead_id.replace('/', '%2F')}/rep 1"
        self.commit(Put(name, told, 0, "offer", "rep 1"))
        self.planted["offer", placed.lead_id] += 1

    def log(self):
        placed = self.take(lambda each: each.status is Status.ACCEPTED)
        record = self.record(placement_key(placed.lead_id))
        data = document(evolve(placed, status=Status.CLOSED, outcome="won"))
        self.commit(Put(record.key, data, record.version, "closed"))
        self.planted["log", placed.lead_id] += 1

    def deadline(self):
        placed = self.take(lambda each: each.offers)
        record = self.record(placement_key(placed.lead_id))
        self.commit(Put(record.key, record.data, record.version, record.status, record.owner))
        self.planted["deadline", placed.lead_id] += 1

    def line(self):
        name = next(line for line in self.store.counts(prefix=length_key("")))
        line = name.rpartition("/")[2]
        self.commit(Drop(line_key(line), self.record(line_key(line)).version))
        self.planted["line", line] += 1

    def length(self):
        name = [*self.store.counts(prefix=length_key(""))][-1]
        self.commit(Add(name, 2))
        self.planted["counter", name] += 1


def named(faults):
    """The kinds of faults with what they are about."""
    return Counter((fault.kind, fault.about) for fault in faults)


def test_healthy_store_has_no_faults(store):
    """Nothing is named, whatever the size of a page, and nothing is changed by a repair of nothing."""
    here = world(store)
    before = len(store.events(limit=100_000))
    assert audited(here) == audited(here, 10_000) == audited(here, 7, repair=True) == []
    assert len(store.events(limit=100_000)) == before


def test_planted_faults_are_each_named_once_and_mended(store):
    """300 faults of ten kinds: each is found once, each repair is an event, and none is left."""
    here = world(store, 600)
    plant = Planting(here)
    plant.line()
    plant.length()
    for _ in range(10):
        plant.counter()
        plant.cap()
    while plant.planted.total() < 300:
        for kind in ("entry", "stray_entry", "offer", "stray_offer", "log", "deadline"):
            try:
                getattr(plant, kind)()
            except StopIteration:
                continue
    found = audited(here)
    assert named(found) == plant.planted
    assert not any(fault.repaired for fault in found)
    log = len(store.events(limit=100_000))
    mended = audited(here, repair=True)
    assert named(mended) == plant.planted
    assert all(fault.repaired for fault in mended)
    new = store.events(after=log, limit=100_000)
    assert sum(event.type == Repaired.kind for event in new) == len(mended)
    assert audited(here) == []
    leads = ids(here)
    assert {event.lead for event in new} <= {AUDIT, *leads}


def test_mended_store_keeps_every_promise(store):
    """After a repair all is as the log has it, to the last counter."""
    here = world(store)
    plant = Planting(here)
    for kind in ("counter", "cap", "entry", "offer", "log", "deadline", "line", "length"):
        getattr(plant, kind)()
    assert len(audited(here, repair=True)) == 8
    store.commit(Change("x", (Drop(AUDIT, store.get([AUDIT])[AUDIT].version),)))
    audit(Quiet(store), ids(here))


class Quiet:
    """The store without the log of the audit."""

    def __init__(self, store):
        self.store = store

    def __getattr__(self, name):
        return getattr(self.store, name)


def test_what_was_due_and_not_swept_is_named_and_done(store):
    """An offer that ended unnoticed for five minutes is a fault; its repair passes the lead on."""
    here = desk("ada", "bob", store=store)
    here.submit(Lead("L-1"))
    here.clock.advance("9m")
    assert audited(here) == []
    here.clock.advance("2m")
    (fault,) = audited(here)
    assert str(fault) == "deadline L-1: was due at 2026-01-01 09:05:00 UTC"
    (done,) = audited(here, repair=True)
    assert str(done) == f"{fault}; repaired"
    assert here.placement("L-1").rep_id == "bob"
    assert audited(here) == []


def test_repair_that_lost_a_race_says_so():
    """A lead that another process moves at that moment is left alone, and named as not repaired."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    kept = here.store.get(["offer/L-1/ada"])["offer/L-1/ada"]
    back = Put(kept.key, kept.data, 0, kept.status, kept.owner)
    here.store.commit(Change("planted", (Drop(kept.key, 1),)))

    class Overtaken(Quiet):
        """A store in which the lead is withdrawn just before the repair."""

        def commit(self, change):
            if any(isinstance(op, Emit) and op.type == Repaired.kind for op in change.ops):
                here.store.commit(Change("put back", (back,)))
                here.withdraw("L-1")
            self.store.commit(change)

    (fault,) = audited(evolve(here, store=Overtaken(here.store)), repair=True)
    assert (fault.kind, fault.repaired) == ("offer", False)
    assert here.placement("L-1").status is Status.WITHDRAWN
    assert audited(here) == []


def test_placement_found_under_another_rep_is_put_right(store):
    """A rep finds the lead that they own again."""
    here = desk("ada", "bob", store=store)
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    record = store.get([placement_key("L-1")])[placement_key("L-1")]
    store.commit(Change("x", (Put(record.key, record.data, record.version, record.status, "bob"),)))
    (done,) = audited(here, repair=True)
    assert (done.kind, done.repaired) == ("deadline", True)
    assert [item.placement.lead_id for item in here.worklist("ada")] == ["L-1"]
    assert audited(here) == []


def test_freed_capacity_serves_who_waits(store):
    """A counter that stood too high held a lead up; its repair gives the lead to the rep."""
    here = desk("ada", store=store)
    store.commit(Change("planted", (Add(open_key("ada"), 1), Emit("x", 1, "odd", "{}", 0))))
    here.submit(Lead("L-1"))
    assert here.placement("L-1").status is Status.WAITING
    (fault,) = audited(here, repair=True)
    assert str(fault) == "counter rep/open/ada: stands at 1; the leads make 0; repaired"
    assert here.placement("L-1").rep_id == "ada"


def test_unreadable_placement_is_named(store):
    """With its log it is written anew; without it is named, and stays."""
    here = desk("ada", "bob", store=store)
    for lead_id in ("L-1", "L-2"):
        here.submit(Lead(lead_id))
        record = store.get([placement_key(lead_id)])[placement_key(lead_id)]
        put = Put(record.key, "{", record.version, record.status, record.owner, record.due)
        store.commit(Change(f"planted {lead_id}", (put,)))
    found = audited(here, repair=True)
    assert named(found) == {("document", "L-1"): 1, ("document", "L-2"): 1}
    assert here.placement("L-1").status is Status.OFFERED
    assert audited(here) == []
    here.clock.advance("11m")
    here.trim(here.clock.now())
    record = store.get([placement_key("L-1")])[placement_key("L-1")]
    put = Put(record.key, "{", record.version, record.status, record.owner, record.due)
    store.commit(Change("planted again", (put,)))
    texts = [str(fault) for fault in audited(here) if fault.kind == "document"]
    assert texts == ["document L-1: its placement cannot be read, nor its whole log"]


def test_lost_facts_are_named_and_cannot_be_mended(store):
    """Nobody can know what the lead said."""
    here = desk("ada", store=store)
    here.submit(Lead("L-1"))
    store.commit(Change("planted", (Drop("lead/L-1", 1),)))
    (fault,) = audited(here, repair=True)
    assert str(fault) == "lead L-1: its facts are not there"


def test_record_of_a_lead_that_is_not_there(store):
    """An entry of an unknown lead is dropped, with an event in the log of the audit."""
    here = desk("ada", store=store)
    told = stamped({"lead": "gone"})
    store.commit(Change("planted", (Put("wait/0-0-0/gone/x", told, 0, "wait/x"),)))
    (fault,) = audited(here, repair=True)
    assert (
        str(fault)
        == "entry gone: has a record of an entry that is none: wait/0-0-0/gone/x; repaired"
    )
    (event,) = store.events(lead=AUDIT)
    assert json.loads(event.data)["discrepancies"] == ["entry gone"]
    assert KINDS[event.type] is Repaired
    assert audited(here) == []


def test_trimmed_log_leaves_the_placement_as_the_truth(store):
    """Where the log does not begin at its beginning, the placement speaks for itself."""
    here = world(store, 20)
    here.clock.advance("11m")
    assert here.trim(here.clock.now())
    assert audited(here) == []


def test_history_is_right_after_a_trim(store):
    """Events that are left come once, in order, also beyond a page of them."""
    here = desk(Rep("ada"), store=store)
    here.accept("L-1", here.submit(Lead("L-1")).rep_id)
    here.clock.advance("1h")
    for n in range(600):
        here.update(Lead("L-1", budget=n))
    here.trim(START + timedelta(minutes=1))
    history = here.history("L-1")
    assert len(history) == 600
    assert len({id(event) for event in history}) == 600
    assert [event.n for event in store.events(lead="L-1", limit=1)] == [4]


def test_what_moves_meanwhile_is_no_fault():
    """A lead that is accepted between two looks, and a counter that moves with it, are not named."""
    here = world(MemoryStore(), 60)
    offered = list(here.placements(status="offered", limit=500))

    class Moving(Quiet):
        """A store in which another process accepts a lead at each look at a log."""

        def events(self, **asked):
            if asked.get("lead") and offered:
                placed = offered.pop()
                here.accept(placed.lead_id, placed.rep_id)
            return self.store.events(**asked)

    moving = evolve(here, store=Moving(here.store))
    assert audited(moving, 10) == []
    assert offered == []


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 8, 64, 100, 129])
def test_newest_event_is_found(number):
    """By asking for a page behind an id, twice as far each time, and then half as far."""
    store = MemoryStore()
    for n in range(number):
        store.commit(Change(f"c{n}", (Emit(f"L-{n}", 1, "odd", "{}", 0),)))
    assert run(newest_event(), store, None) == number


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda it: it.audit(0), ConfigError, "limit is 0; write how many records at most"),
        (lambda it: it.audit(5, "L-1"), FieldTypeError, "after is"),
        (lambda it: it.audit(repair=1), FieldTypeError, "repair is"),
    ],
)
def test_wrong_questions_are_refused(call, error, message):
    """Each by name."""
    with pytest.raises(error, match=message):
        call(desk("ada"))


def test_result_is_where_the_next_page_goes_on():
    """It tells how many records were looked at, and shows nothing of what only the next page needs."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    first = here.audit(1)
    assert (first.records, first.complete) == (1, False)
    last = here.audit(100, first)
    assert last.complete
    assert repr(last) == f"AuditResult(discrepancies=(), records={last.records}, complete=True)"
    assert isinstance(last, AuditResult)
