"""Every store keeps the contract, and the contract notices stores that do not."""

import asyncio
import sqlite3
from contextlib import closing, contextmanager, nullcontext
from itertools import count

import pytest
from attrs import evolve

from leadroute.errors import LeadrouteError, TransientError
from leadroute.offers.change import Ack, Add, Change, Check, Drop, Emit, Once, Put, Raise
from leadroute.stores import (
    AsyncThread,
    BindsToTransaction,
    CreatesTables,
    MemoryStore,
    SqliteStore,
    Store,
    TellsTime,
    memory,
)
from leadroute.testing.contract import store_contract
from leadroute.testing.contract.queries import Contract, shown, together
from leadroute.testing.doubles import METHODS
from tests.stores.places import HOSTS, STORES

PARTS = count()
CASES = [
    pytest.param(check, id=f"{store}-{name}")
    for store, make_store in STORES.items()
    for name, check in store_contract(make_store)
    if not (store in HOSTS and name.startswith(("many_threads", "threads")))
]


def in_threads(make_store):
    """A store, each of whose calls runs in a thread of one event loop."""

    class Threaded:
        def __init__(self, store, run):
            self._store, self._twin, self._run = store, AsyncThread(store), run

        def __getattr__(self, name):
            if name not in METHODS:
                return getattr(self._store, name)
            return lambda *given, **named: self._run(getattr(self._twin, name)(*given, **named))

    @contextmanager
    def made():
        with make_store() as store, asyncio.Runner() as runner:
            yield Threaded(store, runner.run)

    return made


THREADED = [
    pytest.param(check, id=f"{store}-{name}")
    for store in ("memory", "sqlite")
    for name, check in store_contract(in_threads(STORES[store]))
    if not name.startswith(("many_threads", "threads"))
]


@pytest.mark.parametrize("check", THREADED)
def test_store_in_threads_keeps_the_contract(check):
    """A store that is awaited keeps every promise of the store that it wraps."""
    check()


@pytest.mark.parametrize("check", CASES)
def test_the_store_keeps_the_contract(check):
    """Every store keeps every promise; one connection of a host is not for many threads."""
    check()


def test_the_contract_is_large_and_its_promises_are_told_apart():
    """There are at least 60 promises, each with its own name and a sentence."""
    contract = store_contract(STORES["memory"])
    assert len({name for name, _ in contract}) == len(contract) >= 60
    assert all(check.__doc__.endswith(".") for _, check in contract)


@pytest.mark.parametrize("make_store", STORES.values(), ids=STORES)
def test_stores_have_the_six_methods(make_store):
    """Every store is a Store to a type checker and at run time."""
    with make_store() as store:
        assert isinstance(store, Store)


def part(change, *ops):
    """Return a part of a change, with a once-key of its own where it shows nothing."""
    return Change(change.id, shown(ops, f"part {next(PARTS)}"))


ABILITIES = (CreatesTables, BindsToTransaction, TellsTime)


class Telling(MemoryStore):
    """A store with a clock of its own."""

    def clock(self):
        return 0


def test_abilities_are_asked_for_one_by_one(tmp_path):
    """A store has the abilities that it has methods for, each apart from the others."""

    def abilities(store):
        return [ability for ability in ABILITIES if isinstance(store, ability)]

    assert abilities(MemoryStore()) == []
    assert abilities(Telling()) == [TellsTime]
    with SqliteStore(tmp_path / "crm.db") as store:
        assert abilities(store) == [CreatesTables, BindsToTransaction]
        with closing(sqlite3.connect(tmp_path / "crm.db")) as connection:
            assert abilities(store.bind(connection)) == [CreatesTables]


class NoGuard(MemoryStore):
    """Counters without bounds."""

    def commit(self, change):
        ops = (evolve(o, lo=None, hi=None) if isinstance(o, Add) else o for o in change.ops)
        super().commit(Change(change.id, ops))


class NoVersions(MemoryStore):
    """The last write wins."""

    def commit(self, change):
        def blind(op):
            known = self.get([op.key]) if isinstance(op, Put | Drop) else {}
            return evolve(op, expect=known[op.key].version) if known else op

        ops = map(blind, (op for op in change.ops if not isinstance(op, Check)))
        super().commit(Change(change.id, ops))


class NoOnce(MemoryStore):
    """Once-keys that never refuse."""

    def commit(self, change):
        ops = (o for o in change.ops if not (isinstance(o, Once) and self.get([f"once/{o.key}"])))
        super().commit(part(change, *ops))


class PartialRollback(MemoryStore):
    """Operations one by one, without undoing what went before."""

    def commit(self, change):
        for op in memory.ordered(change):
            super().commit(part(change, op))


class LostAck(MemoryStore):
    """Acknowledgements that do not arrive."""

    def commit(self, change):
        super().commit(part(change, *(op for op in change.ops if not isinstance(op, Ack))))


class FoldedKeys(MemoryStore):
    """Keys compared without case, as some databases do by default."""

    def commit(self, change):
        ops = (evolve(o, key=o.key.casefold()) if hasattr(o, "key") else o for o in change.ops)
        super().commit(Change(change.id, ops))


class PaddedKeys(MemoryStore):
    """Keys compared without trailing spaces, as MariaDB does by default."""

    def commit(self, change):
        ops = (
            evolve(o, key=o.key.rstrip(" ") or "-") if hasattr(o, "key") else o for o in change.ops
        )
        super().commit(Change(change.id, ops))


class DeliverAll(MemoryStore):
    """Events that were not to be delivered, delivered."""

    def commit(self, change):
        ops = (evolve(o, deliver=True) if isinstance(o, Emit) else o for o in change.ops)
        super().commit(Change(change.id, ops))


class Cursor(MemoryStore):
    """Delivery by a cursor over ids instead of a set of what is pending."""

    def __init__(self):
        super().__init__()
        self.cursor = 0

    def commit(self, change):
        super().commit(change)
        self.cursor = max([self.cursor, *(op.id for op in change.ops if isinstance(op, Ack))])

    def events(self, *, after=0, limit=500, lead=None, pending_at=None, change=None):
        start = after if pending_at is None else max(after, self.cursor)
        return super().events(
            after=start, limit=limit, lead=lead, pending_at=pending_at, change=change
        )


class LowerMark(MemoryStore):
    """Raise that sets."""

    def commit(self, change):
        super().commit(change)
        for op in change.ops:
            if isinstance(op, Raise):
                delta = op.to - self.counts([op.key]).get(op.key, 0)
                super().commit(part(change, Add(op.key, delta, lo=None)))


class LooseTies(MemoryStore):
    """Pages by due time alone."""

    def find(self, *, after=None, **asked):
        return super().find(after=after and evolve(after, key="\U0010ffff"), **asked)


class OneStatus(MemoryStore):
    """Of several statuses the first alone."""

    def find(self, *, status=None, **asked):
        alone = status if status is None or isinstance(status, str) else status[0]
        return super().find(status=alone, **asked)


class AllOfEach(MemoryStore):
    """All records of each status, however few were asked for."""

    def find(self, *, first=None, **asked):
        return super().find(**asked)


class PagesOfZeros(MemoryStore):
    """Counters at 0 left out after the page was cut."""

    def counts(self, keys=None, *, prefix="", after="", limit=None):
        found = super().counts(keys, prefix=prefix)
        every = sorted({*found, *(key for key in self._state.counters if key.startswith(prefix))})
        page = [key for key in every if key > after][:limit]
        return {key: found[key] for key in page if key in found} if keys is None else found


class PagesAgain(MemoryStore):
    """A page of counters that begins with the last one of the page before."""

    def counts(self, keys=None, *, prefix="", after="", limit=None):
        found = super().counts(keys, prefix=prefix)
        return dict([pair for pair in found.items() if pair[0] >= after][:limit])


class GreedyTrim(MemoryStore):
    """Trimming that forgets what waits in the outbox."""

    def trim(self, before, limit=1000):
        waiting = self.events(pending_at=before, limit=limit)
        if waiting:
            super().commit(Change("trim", (Ack(event.id) for event in waiting)))
        return super().trim(before, limit)


class Lenient(MemoryStore):
    """Questions that make no sense, answered somehow."""

    def counts(self, keys=None, **page):
        return super().counts(keys, **(page if keys is None else {}))

    def find(self, *, limit=100, **asked):
        return super().find(limit=abs(limit), **asked)


class OutOfOrder(MemoryStore):
    """Every event that waits, though an earlier one of its lead waits too."""

    def events(self, *, after=0, limit=500, lead=None, pending_at=None, change=None):
        if pending_at is None:
            return super().events(after=after, limit=limit, lead=lead, change=change)
        found = super().events(after=after, limit=limit, lead=lead)
        return [each for each in found if each.until is not None and each.until <= pending_at]


class Forgetful(MemoryStore):
    """Events without the change that they came with."""

    def events(self, *, after=0, limit=500, lead=None, pending_at=None, change=None):
        if change is not None:
            return []
        return super().events(after=after, limit=limit, lead=lead, pending_at=pending_at)


MUTANTS = [
    Lenient,
    OutOfOrder,
    Forgetful,
    NoGuard,
    NoVersions,
    NoOnce,
    PartialRollback,
    LostAck,
    FoldedKeys,
    PaddedKeys,
    DeliverAll,
    Cursor,
    LowerMark,
    LooseTies,
    OneStatus,
    AllOfEach,
    PagesOfZeros,
    PagesAgain,
    GreedyTrim,
]


def broken_promises(make_store):
    """The names of the promises that a store does not keep."""
    broken = []
    for name, check in store_contract(lambda: nullcontext(make_store())):
        try:
            check()
        except (AssertionError, LeadrouteError, LookupError):
            broken.append(name)
    return broken


@pytest.mark.parametrize("mutant", MUTANTS)
def test_the_contract_notices_a_broken_store(mutant):
    """A store with one thing wrong breaks at least one promise; the sound one breaks none."""
    assert broken_promises(mutant)


def test_the_contract_notices_another_order(monkeypatch):
    """A store that reports another than the first refusal breaks promises."""
    monkeypatch.setattr(memory, "ordered", lambda change: tuple(reversed(change.ops)))
    assert "a_refused_once_is_reported_first" in broken_promises(MemoryStore)


def test_the_sound_store_breaks_no_promise():
    """The control of the controls."""
    assert broken_promises(MemoryStore) == []


def test_a_change_that_should_be_refused_and_is_not_fails():
    """The contract says which refusal it expected."""
    with pytest.raises(AssertionError, match="the change was done; expected ConflictError"):
        Contract(MemoryStore()).refused(kind="limit", key="a", current=1)


def test_a_failing_thread_fails_the_contract():
    """What goes wrong in a thread is raised where the contract is read."""
    with pytest.raises(ZeroDivisionError):
        together({"a": lambda: 1 // 0})


def test_a_busy_store_is_asked_again():
    """TransientError is no answer: the work is done again until it gives one."""
    tries = []

    def work():
        tries.append(1)
        if len(tries) < 3:
            raise TransientError("busy")
        return "done"

    assert together({"a": work}) == {"a": "done"}


def test_a_host_can_test_with_a_transaction_in_memory():
    """The memory store's transaction keeps what a block did, and undoes it when the block raises."""
    store = MemoryStore()
    event = Emit("L", 1, "t", "", 0)
    with store.transaction() as inside:
        inside.commit(Change("c", (Put("r", "", 0, "s", "o", 1), Add("a", 1), event, Once("k"))))
    with pytest.raises(KeyboardInterrupt), store.transaction():  # noqa: PT012
        store.commit(Change("d", (Drop("r", 1), Add("a", 1), Ack(1), Emit("L", 2, "t", "", 0))))
        raise KeyboardInterrupt
    assert repr(store) == "<MemoryStore with 1 records and 1 events>"
    assert (store.counts(), len(store.events(pending_at=0))) == ({"a": 1}, 1)
    assert [r.key for r in store.find(status="s", owner="o")] == ["r"]
    assert store.get(["once/k"])
