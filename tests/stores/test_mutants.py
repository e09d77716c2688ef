"""Every store with one thing wrong breaks the promise that is named for it, in memory and in SQLite."""

from contextlib import contextmanager
from datetime import timedelta
from functools import partial

import pytest

from leadroute.stores import MemoryStore, SqliteStore
from leadroute.testing import store_contract
from leadroute.testing.contract import hosts
from tests.stores import places
from tests.stores.mutants import HOSTED, MUTANTS, REOPENED, Around, Binding, Impatient


def named(table):
    """The parameters of some mutants, by the names of their classes."""
    return [pytest.param(mutant, table[mutant], id=mutant.__name__) for mutant in table]


def sound(store):
    """No mutant: the store that is broken otherwise."""
    return store


@contextmanager
def in_memory(mutant, make_store=MemoryStore):
    """A mutant in memory."""
    yield mutant(make_store())


@contextmanager
def in_sqlite(mutant, **options):
    """A mutant in a file of SQLite."""
    with places.sqlite() as store, reopened(store._path, sound, **options) as found:
        yield mutant(found)


@contextmanager
def reopened(path, mutant, **options):
    """A mutant on a file that is there."""
    with SqliteStore(path, synchronous="normal", **options) as store:
        yield mutant(store)


def inner(store):
    """The store in a mutant, or the sound one."""
    return getattr(store, "store", store)


def in_file(mutant, store):
    """Return what opens the file of a store again, with the same mutant."""
    return partial(reopened, inner(store)._path, mutant)


HOSTS = {
    "memory": {
        "make": partial(in_memory, make_store=Binding),
        "transaction": lambda store: inner(store).transaction(),
        "nested": lambda host: host.transaction(),
    },
    "memory, in no patience": {
        "make": partial(in_memory, make_store=Impatient),
        "transaction": lambda store: inner(store).transaction(),
        "nested": lambda host: host.transaction(),
    },
    "sqlite": {
        "make": in_sqlite,
        "transaction": lambda store: places.transaction(inner(store)),
        "nested": places.nested,
    },
    "sqlite, in no patience": {
        "make": partial(in_sqlite, busy_timeout=timedelta(milliseconds=1)),
        "transaction": lambda store: places.transaction(inner(store)),
        "nested": places.nested,
    },
}


def keeps(contract, promise):
    """Whether a promise is kept."""
    try:
        dict(contract)[promise]()
    except Exception:  # noqa: BLE001 - a store may break in any way
        return False
    return True


def hosted(place, mutant):
    """The contract of a store with transactions of a host."""
    options = dict(HOSTS[place])
    make = options.pop("make")
    return store_contract(partial(make, mutant), **options)


@pytest.mark.parametrize("make", [in_memory, in_sqlite], ids=["memory", "sqlite"])
@pytest.mark.parametrize(("mutant", "promise"), named(MUTANTS))
def test_a_broken_store_breaks_a_promise(mutant, promise, make):
    """A store with one thing wrong breaks the promise that is named for it."""
    assert not keeps(store_contract(partial(make, mutant)), promise)


@pytest.mark.parametrize("place", ["memory", "sqlite"])
@pytest.mark.parametrize(("mutant", "promise"), named(HOSTED))
def test_a_broken_bound_store_breaks_a_promise(monkeypatch, mutant, promise, place):
    """A store that goes wrong inside a transaction breaks the promise that is named for it."""
    busy = promise.startswith("who_waits")
    monkeypatch.setattr(
        hosts, "_SOON", 30
    )  # a thread that answers late, on a busy machine, answers
    assert not keeps(hosted(place + ", in no patience" * busy, mutant), promise)


@pytest.mark.parametrize(("mutant", "promise"), named(REOPENED))
def test_a_broken_store_breaks_a_promise_to_processes(mutant, promise):
    """A store that goes wrong beside another one breaks the promise that is named for it."""
    contract = store_contract(partial(in_sqlite, mutant), reopen=partial(in_file, mutant))
    assert not keeps(contract, promise)


@pytest.mark.parametrize("make", [in_memory, in_sqlite], ids=["memory", "sqlite"])
def test_a_wrapper_that_breaks_nothing_keeps_every_promise(make):
    """The control of the controls: a wrapper alone keeps each promise that a mutant breaks."""
    contract = store_contract(partial(make, Around))
    assert [
        promise for promise in sorted(set(MUTANTS.values())) if not keeps(contract, promise)
    ] == []


@pytest.mark.parametrize("place", HOSTS)
def test_a_host_that_breaks_nothing_keeps_every_promise(place):
    """The control of those inside a transaction, with a store that waits and one that does not."""
    contract = hosted(place, sound)
    asked = set(HOSTED.values())
    assert [promise for promise in sorted(asked) if not keeps(contract, promise)] == []


def test_there_are_seventy_mutants():
    """So many kinds of breakage are told, each of them by a promise of the contract."""
    contract = {name for name, _ in places.TEN["sqlite"]}
    assert len(MUTANTS) + len(HOSTED) + len(REOPENED) >= 70
    assert {*MUTANTS.values(), *HOSTED.values(), *REOPENED.values()} <= contract
