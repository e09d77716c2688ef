"""A store copied into another: what is equal afterwards, what is refused, and that a dispatcher goes on there."""

import threading
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given

from leadroute import Dispatcher, Lead, MemoryStore, Rep, Router, Rule, SqliteStore
from leadroute.errors import ConfigError, FieldTypeError, TransientError, UnknownOutcomeError
from leadroute.offers.change import Ack, Add, Change, Drop, Emit, Event, Once, Put, Record
from leadroute.stores import AsyncThread, CopyResult, copy_store
from leadroute.testing import FailingStore, ManualClock
from tests.profiles import examples
from tests.stores import sql
from tests.stores.drawn import KEYS, followed, seen, steps
from tests.stores.places import memory, sqlite

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
WAYS = {"memory to sqlite": (memory, sqlite), "sqlite to memory": (sqlite, memory)}
both_ways = pytest.mark.parametrize(("old", "new"), WAYS.values(), ids=WAYS)
SERVERS = {
    "postgresql": sql.OWN["postgresql"],
    "mariadb": sql.OWN["mariadb"],
}


@pytest.fixture(params=SERVERS)
def server(request):
    """How to make an empty store on a server."""
    request.getfixturevalue(request.param)
    return SERVERS[request.param]


def alike(shown):
    """What is seen of a store, but for the ids of events and the versions of records."""
    if isinstance(shown, Event):
        return evolve(shown, id=0)
    if isinstance(shown, Record):
        return evolve(shown, version=0)
    if isinstance(shown, dict):
        return {key: alike(each) for key, each in shown.items()}
    if isinstance(shown, list | tuple):
        return [alike(each) for each in shown]
    return shown


@both_ways
def test_any_history_is_copied(old, new):
    """Whatever happened to the source, the copy shows the same, at once or with a pass in the middle."""

    @examples(60)
    @given(steps)
    def copied(drawn):
        with old() as source, new() as target:
            half = len(drawn) // 2
            is_trimmed = any(isinstance(each, int) for each in drawn[half:])
            for number, _ in enumerate(followed(source, drawn)):
                if number == half and not is_trimmed:
                    copy_store(source, target)
            copy_store(source, target, onces=KEYS)
            assert alike(seen(target)) == alike(seen(source))
            assert copy_store(source, target, onces=KEYS) == CopyResult(0, 0, 0)

    copied()


def desk(store, clock=None):
    """A dispatcher with few places, so that leads wait, and with every event published."""
    router = Router(rules=[Rule("all", accept_within="5m")])
    reps = [Rep("ada", capacity=12), Rep("bob", capacity=12)]
    clock = clock or ManualClock(START)
    return Dispatcher(router, reps, store, clock, publish=True, max_attempts=2)


def work(here, first, leads=12):
    """Submit leads, accept or decline some, end some, deliver some events and give up on others."""
    for number in range(first, first + leads):
        placed = here.submit(Lead(f"L-{number}"))
        if placed.rep_id and number % 4 == 0:
            here.accept(placed.lead_id, placed.rep_id)
            if number % 8 == 0:
                here.feedback(placed.lead_id, "won")
        elif placed.rep_id and number % 4 == 1:
            here.decline(placed.lead_id, placed.rep_id)
        for event in here.outbox(limit=3):
            if event.number == 2 and number % 3 == 0:
                here.defer(event, START, "no answer")
            else:
                here.ack(event)


def goes_on(here, before):
    """Check that a store is sound and that its leads go on as they would have."""
    assert here.audit(limit=10_000).discrepancies == ()
    for dead in here.dead_letters():
        here.deliver_again(dead)
    for lead_id, status in before.items():
        assert here.placement(lead_id).status == status
    here.clock.advance("10m")
    here.sweep()
    work(here, 5000)
    for lead_id in before:
        placed = here.placement(lead_id)
        if placed.status == "offered":
            here.accept(lead_id, placed.rep_id)
            here.feedback(lead_id, "lost")
        elif placed.status in ("accepted", "waiting"):
            here.withdraw(lead_id)
    while events := here.outbox():
        for event in events:
            here.ack(event)
    assert here.audit(limit=10_000).discrepancies == ()


@both_ways
def test_a_store_that_is_used_moves(old, new):
    """Passes while a dispatcher works, and a last one when it rests, give a store that serves it."""
    with old() as source, new() as target:
        moves(source, target)


def test_a_file_moves_to_a_server(server):
    """A file that is used moves to PostgreSQL or MariaDB, where nothing is amiss and its leads go on."""
    with sqlite() as source, server() as target:
        moves(source, target, rounds=5)


def test_a_server_moves_back_to_a_file(server):
    """What was copied to a server comes back as it was."""
    with sqlite() as source, server() as middle, sqlite() as target:
        work(desk(source), 0)
        source.commit(Change("o", (Once("k", "v", "f"), Put("\U0001f600 ", "'\\%s", 0, due=-7))))
        copy_store(source, middle, onces=["k"])
        copy_store(middle, target, onces=["k"])
        assert alike(seen(target)) == alike(seen(middle)) == alike(seen(source))
        assert copy_store(source, middle, onces=["k"]) == CopyResult(0, 0, 0)


def moves(source, target, rounds=30):
    """Move a store while some rounds of work are done in it, and see that it was."""
    clock = ManualClock(START)
    here = desk(source, clock)
    work(here, 0)
    ended = threading.Event()

    def go_on():
        for number in range(1000, 1000 + 12 * rounds, 12):
            if not ended.is_set():
                work(here, number)

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        passes = [copy_store(source, target) for _ in range(3)]
    finally:
        ended.set()
        thread.join()
    assert passes[0].events
    work(here, 9000)
    copy_store(source, target)
    assert copy_store(source, target) == CopyResult(0, 0, 0)
    assert {e.lead: e.n for e in log(target)} == {e.lead: e.n for e in log(source)}
    leads = [each.key for each in records(source) if each.key.startswith("placement/")]
    before = {key[10:]: here.placement(key[10:]).status for key in leads}
    dead = [(each.lead_id, each.number) for each in here.dead_letters()]
    there = desk(target, clock)
    assert [(each.lead_id, each.number) for each in there.dead_letters()] == dead != []
    goes_on(there, before)


def log(store):
    """The whole log of a store."""
    return store.events(limit=100_000)


def records(store):
    """All records of a store."""
    return store.find(limit=100_000)


def test_offers_and_entries_that_come_again():
    """A record that was dropped and made anew in the source can be dropped in the target."""
    source, target = MemoryStore(), MemoryStore()
    source.commit(Change("c-1", (Put("offer/L/ada", "1", 0), Put("placement/L", "{}", 0))))
    copy_store(source, target)
    source.commit(Change("c-2", (Drop("offer/L/ada", 1), Put("placement/L", "[]", 1))))
    source.commit(Change("c-3", (Put("offer/L/ada", "2", 0),)))
    assert copy_store(source, target) == CopyResult(2, 0, 0)
    assert {each.key: (each.version, each.data) for each in records(target)} == {
        "offer/L/ada": (1, "2"),
        "placement/L": (2, "[]"),
    }


def test_repairs_go_on_in_a_copy():
    """An audit repairs in the target too, where the record that counts repairs has another version."""
    source, target = MemoryStore(), MemoryStore()
    here = desk(source)
    for number in range(3):
        source.commit(Change("c", (Add("rep/open/ada", 5), Put(f"x/{number}", "", 0))))
        assert [each.repaired for each in here.audit(repair=True).discrepancies] == [True]
    copy_store(source, target)
    target.commit(Change("c", (Add("rep/open/ada", 5), Put("y", "", 0))))
    assert [each.repaired for each in desk(target).audit(repair=True).discrepancies] == [True]
    assert [event.n for event in target.events(lead="leadroute/audit")] == [1, 2, 3, 4]


def test_one_store_is_not_copied_onto_itself(tmp_path):
    """Source and target may not be one store, by whatever way it was opened, and it stays as it was."""
    with SqliteStore(tmp_path / "a.db") as source, SqliteStore(tmp_path / "a.db") as again:
        work(desk(source), 0)
        before = seen(source)
        for target in (source, again, FailingStore(source)):
            with pytest.raises(ConfigError, match="are one store; name another target"):
                copy_store(source, target)
        assert seen(source) == before


def test_a_target_with_other_leads_is_refused():
    """Leads that the source does not have are named, and nothing is written."""
    source, target = MemoryStore(), MemoryStore()
    work(desk(source), 0, 3)
    target.commit(Change("c", tuple(Put(f"placement/M%2F{n}", "{}", 0) for n in range(14))))
    before = seen(target)
    with pytest.raises(ConfigError) as refusal:
        copy_store(source, target)
    named = ", ".join(sorted(f"M/{n}" for n in range(14))[:12])
    problem = f"the target holds leads that the source does not have: {named} and 2 more"
    assert str(refusal.value) == f"{problem}; copy into an empty store"
    assert seen(target) == before


def test_a_target_that_was_used_is_refused():
    """A copy never undoes what happened in the target, and says where it saw that."""
    source, target = MemoryStore(), MemoryStore()
    work(desk(source), 0, 3)
    copy_store(source, target)
    last = target.events(lead="L-0")[-1].n
    desk(target).accept("L-2", desk(target).placement("L-2").rep_id)
    n = target.events(lead="L-2")[-1].n
    with pytest.raises(ConfigError) as refusal:
        copy_store(source, target)
    problem = f"event {n} of 'L-2' is in the target and not in the source"
    reason = "the target was used, or the source trimmed, since the last copy"
    assert str(refusal.value) == f"{problem}: {reason}; copy into an empty store"
    assert target.events(lead="L-0")[-1].n == last


def test_an_event_that_was_delivered_in_the_target_is_refused():
    """An event that left the outbox of the target alone shows that the target was used."""
    source, target = MemoryStore(), MemoryStore()
    source.commit(Change("c", (Emit("L", 1, "a", "{}", 0),)))
    copy_store(source, target)
    (event,) = target.events()
    target.commit(Change("d", (Ack(event.id),)))
    with pytest.raises(ConfigError, match="waits in the source and was delivered in the target"):
        copy_store(source, target)


def test_a_source_that_was_trimmed_between_passes_is_refused():
    """A log that has lost its beginning since the last pass is not put behind an older one."""
    source, target = MemoryStore(), MemoryStore()
    source.commit(Change("c", (Emit("L", 1, "a", "{}", 0, deliver=False),)))
    copy_store(source, target)
    source.trim(1)
    with pytest.raises(ConfigError, match=r"event 1 of 'L' .* or the source trimmed"):
        copy_store(source, target)


def test_what_is_no_store_is_refused():
    """Both must be stores whose calls block."""
    store = MemoryStore()
    for pair in ((store, AsyncThread(store)), (AsyncThread(store), store)):
        with pytest.raises(ConfigError, match="AsyncThread is an async store; give one whose"):
            copy_store(*pair)
    with pytest.raises(FieldTypeError, match="target"):
        copy_store(store, "crm.db")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_target_that_fails_now_and_then(when):
    """Each commit may be busy or lose its answer: nothing is done twice and nothing left out."""
    source = MemoryStore()
    work(desk(source), 0)
    source.commit(Change("o", (Once("k", "v", "f"), Put("x", "", 0))))
    for number in range(1, 60):
        target = FailingStore(MemoryStore())
        error = TransientError("busy") if when == "before" else UnknownOutcomeError("lost")
        target.fail(number, error, when=when)
        copy_store(source, target, onces=["k", "not there"])
        assert alike(seen(target)) == alike(seen(source))
        if number >= target.commits:
            break
    assert target.get(["once/k"]) == source.get(["once/k"])


def test_a_copy_that_broke_off_goes_on():
    """After any error the next pass does the rest, and no mark of the copy is left."""
    source, plain = MemoryStore(), MemoryStore()
    work(desk(source), 0)
    for number in range(2, 200, 7):
        target = FailingStore(plain)
        target.fail(number, KeyboardInterrupt())
        try:
            copy_store(source, target)
        except KeyboardInterrupt:
            continue
        break
    assert alike(seen(plain)) == alike(seen(source))
    assert plain.get(["leadroute/copy"]) == {}
