"""Every store keeps the contract, and the contract notices stores that do not."""

import sqlite3
from collections import Counter
from contextlib import closing

import pytest

from leadroute.errors import TransientError
from leadroute.offers.change import Ack, Add, Change, Drop, Emit, Once, Put
from leadroute.stores import (
    BindsToTransaction,
    CreatesTables,
    MemoryStore,
    SqliteStore,
    Store,
    TellsTime,
)
from leadroute.testing.contract.common import Contract, together
from tests.stores.places import MORE, STORES, TEN

QUICK = ("sqlalchemy", "django", "bound_sqlite")


def cases(contracts):
    """The checks of some contracts, each with its name."""
    return [
        pytest.param(
            check,
            id=f"{store}-{name}",
            marks=[pytest.mark.slow] * (contracts is MORE and store not in QUICK),
        )
        for store, contract in contracts.items()
        for name, check in contract
    ]


@pytest.mark.parametrize("check", cases(TEN))
def test_the_store_keeps_the_contract(check):
    """Every store keeps every promise that it has the ability for."""
    check()


@pytest.mark.parametrize("check", cases(MORE))
def test_the_store_like_another_keeps_the_contract(check):
    """Every store that shares its code with another keeps every promise too."""
    check()


def test_the_contract_is_large_and_its_promises_are_told_apart():
    """There are at least 180 promises, each with its own name and a sentence."""
    contract = TEN["memory"]
    assert len({name for name, _ in contract}) == len(contract) >= 180
    assert all(check.__doc__.endswith(".") for _, check in contract)


def test_the_ten_stores_keep_more_than_two_thousand_promises():
    """The ten stores are asked for 2,000 promises and more, and none of these is left out at run time."""
    assert len(TEN) == 10
    assert sum(map(len, TEN.values())) >= 2_000


def test_what_a_store_lacks_is_told_by_name():
    """Each promise is asked of a store, or is listed with the ability that it needs."""
    whole = {name for contract in TEN.values() for name, _ in contract}
    for contract in (*TEN.values(), *MORE.values()):
        asked = {name for name, _ in contract}
        assert asked.isdisjoint(contract.lacking)
        assert asked | set(contract.lacking) == whole
    lacking = {name: Counter(contract.lacking.values()) for name, contract in TEN.items()}
    assert set(lacking["memory"]) == {
        *("transaction", "nested", "reopen", "fork", "CreatesTables", "TellsTime"),
    }
    assert lacking["async_thread"] == lacking["memory"]
    assert set(lacking["sqlite_bound"]) == {*lacking["memory"], "threads"} - {"CreatesTables"}
    assert [name for name, needs in TEN["sqlite"].lacking.items()] == [
        "the_clock_tells_microseconds"
    ]
    assert lacking["postgresql"] == lacking["async_mariadb"] == {}


@pytest.mark.parametrize("make_store", STORES.values(), ids=STORES)
def test_stores_have_the_six_methods(make_store):
    """Every store is a Store to a type checker and at run time."""
    with make_store() as store:
        assert isinstance(store, Store)


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
