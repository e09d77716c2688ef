"""Eight processes race for one place, two hundred times on each database; a control that must fail does."""

import multiprocessing

import pytest
from sqlalchemy import create_engine

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import Add, Change, Emit
from leadroute.stores.sqlalchemy import SqlAlchemyStore
from tests.stores import sql

ROUNDS, WORKERS, LONGEST = 200, 8, 60
server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["tests.stores.sql"])


def until_told(work):
    """Do a work again as long as the store is busy."""
    while True:
        try:
            return work()
        except TransientError:
            continue


def take(store, key, worker, _barrier):
    """Take a place, if there is one."""
    until_told(lambda: store.commit(Change(f"w{worker}", (Add(key, 1, hi=1), event(key, worker)))))


def count_then_take(store, key, worker, barrier):
    """Take a place without a bound, after having counted that there is one: what must not be done."""
    is_free = not store.counts([key])
    barrier.wait(LONGEST)
    if is_free:
        until_told(lambda: store.commit(Change(f"w{worker}", (Add(key, 1), event(key, worker)))))


def event(key, worker):
    """What a worker writes of its own, with the place."""
    return Emit(f"{key}/{worker}", 1, "offered", "{}", 0)


def race(barrier, url, options, worker, target, rounds):
    """Race for the place of each round."""
    engine = create_engine(url, **options)
    store = SqlAlchemyStore(engine)
    store.counts([""])  # so that the first round is like any other
    for number in range(rounds):
        barrier.wait(LONGEST)
        try:
            target(store, f"place/{number}", worker, barrier)
        except ConflictError:
            continue
    engine.dispose()


def places_taken(kind, target, rounds):
    """Run the workers; gives how many places and how many events of workers there are in each round."""
    sql.made(kind)
    sql.empty(kind)
    options = {"connect_args": {"ssl_disabled": True}} if kind == "mariadb" else {}
    arguments = (server.Barrier(WORKERS), sql.url_of(kind), options)
    processes = [
        server.Process(target=race, args=(*arguments, worker, target, rounds))
        for worker in range(WORKERS)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(LONGEST)
    assert [process.exitcode for process in processes] == [0] * WORKERS
    counts = sql.made(kind).counts(prefix="place/")
    with sql.shared_engine(kind).connect() as connection:
        leads = connection.exec_driver_sql("SELECT lead FROM leadroute_event").scalars().all()
    written = [lead.rpartition("/")[0] for lead in leads]
    keys = [f"place/{number}" for number in range(rounds)]
    return [(counts.get(key, 0), written.count(key)) for key in keys]


@pytest.mark.slow
@pytest.mark.parametrize("kind", sql.KINDS)
def test_one_place_is_taken_once(kind):
    """In each round exactly one of eight workers gets the place, and writes what belongs to it."""
    assert places_taken(kind, take, ROUNDS) == [(1, 1)] * ROUNDS


@pytest.mark.slow
@pytest.mark.parametrize("kind", sql.KINDS)
def test_race_catches_who_counts_first(kind):
    """Workers that count and then take, without a bound, take a place more than once, and it is seen."""
    assert any(places > 1 for places, _ in places_taken(kind, count_then_take, 20))
