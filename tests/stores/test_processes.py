"""Many processes on one file: limits, versions and starts raced, and workers killed at any moment."""

import multiprocessing
import sqlite3
from contextlib import closing, suppress
from multiprocessing.connection import wait

import pytest

from leadroute.errors import ConflictError
from leadroute.offers.change import Add, Change, Check, Emit, Once, Put
from leadroute.stores import SqliteStore
from tests.stores.killing import kill_and_drain

spawn = multiprocessing.get_context("spawn")
LONGEST = 30


def in_processes(target, arguments):
    """What each call gives, each in a process of its own, all let go at one moment."""
    barrier = spawn.Barrier(len(arguments))
    pipes = [spawn.Pipe(duplex=False) for _ in arguments]
    processes = [
        spawn.Process(target=target, args=(barrier, answer, *values))
        for values, (_, answer) in zip(arguments, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    answers = []
    for process, (question, _) in zip(processes, pipes, strict=True):
        wait([question, process.sentinel], LONGEST)
        answers.append(question.recv() if question.poll() else None)
    for process, ends in zip(processes, pipes, strict=True):
        process.join(LONGEST)
        process.close()
        for end in ends:
            end.close()
    return answers


def take_places(barrier, answer, path, number, places):
    """Take places of one limit as long as there are any; tell how many."""
    with SqliteStore(path, synchronous="normal") as store:
        barrier.wait(LONGEST)
        taken = 0
        try:
            while True:
                event = Emit(f"L-{number}", taken + 1, "offered", "{}", 0)
                store.commit(Change("c", (Add("rep/open/ada", 1, hi=places), event)))
                taken += 1
        except ConflictError:
            answer.send(taken)


def count_then_take(barrier, answer, path, number, places):
    """Take a place without a guard, after having counted that there is one: what must not be done."""
    with SqliteStore(path, synchronous="normal") as store:
        barrier.wait(LONGEST)
        free = store.counts(["rep/open/ada"]).get("rep/open/ada", 0) < places
        barrier.wait(LONGEST)
        if free:
            store.commit(Change("c", (Add("rep/open/ada", 1), Once(f"taken-{number}"))))
        answer.send(int(free))


def write_version(barrier, answer, path, number):
    """Write the next version of one record, again and again; tell which were one's own."""
    with SqliteStore(path, synchronous="normal") as store:
        barrier.wait(LONGEST)
        won = []
        for version in range(1, 40):
            try:
                ops = (Check("lead", version), Put("lead", f"{number}", version))
                store.commit(Change("c", ops))
                won.append(version)
            except ConflictError:
                continue
        answer.send(won)


def start(barrier, answer, path, number):
    """Make a store where there may be none, and use it."""
    barrier.wait(LONGEST)
    with SqliteStore(path, synchronous="normal") as store:
        store.commit(Change("c", (Add("started", 1), Once(f"start-{number}"))))
    answer.send("ok")


def test_processes_never_take_more_than_the_limit(tmp_path):
    """Two processes with connections of their own take every place of a limit and not one more."""
    path = tmp_path / "crm.db"
    taken = in_processes(take_places, [(path, number, 200) for number in range(2)])
    with SqliteStore(path) as store:
        assert (sum(taken), store.counts()) == (200, {"rep/open/ada": 200})
        assert len(store.events(limit=1000)) == 200


def test_counting_before_taking_is_noticed(tmp_path):
    """The negative control: who counts first and takes then exceeds the limit, and it shows."""
    path = tmp_path / "crm.db"
    SqliteStore(path).close()
    assert in_processes(count_then_take, [(path, number, 1) for number in range(2)]) == [1, 1]
    with SqliteStore(path) as store:
        assert store.counts() == {"rep/open/ada": 2}


def test_processes_never_write_one_version_twice(tmp_path):
    """Of all processes that write a version, exactly one does, and no version is left out."""
    path = tmp_path / "crm.db"
    with SqliteStore(path) as store:
        store.commit(Change("c", (Put("lead", "", 0),)))
    won = in_processes(write_version, [(path, number) for number in range(3)])
    versions = sorted(version for mine in won for version in mine)
    assert versions == list(range(1, len(versions) + 1))
    with SqliteStore(path) as store:
        assert store.get(["lead"])["lead"].version == len(versions) + 1


def test_eight_processes_may_make_one_store(tmp_path):
    """Eight processes that start at one moment on no file make one store, and each can use it."""
    path = tmp_path / "crm.db"
    assert in_processes(start, [(path, number) for number in range(8)]) == ["ok"] * 8
    with SqliteStore(path) as store, closing(sqlite3.connect(path)) as host:
        assert store.counts() == {"started": 8}
        assert host.execute("SELECT version FROM leadroute_schema").fetchall() == [(3,)]


LEADS = 60
REPS = 3


def route(path, number):
    """Offer and complete every lead of one worker, from wherever a killed one stopped."""
    with SqliteStore(path) as store:
        for place in range(LEADS):
            lead, rep = f"{number}-{place}", f"rep/open/{place % REPS}"
            offer = (
                Once(f"submit:{lead}"),
                Put(f"placement/{lead}", "{}", 0, "offered", rep, place),
                Add(rep, 1, hi=4),
                Emit(lead, 1, "offered", "{}", place),
            )
            complete = (
                Put(f"placement/{lead}", "{}", 1, "done", rep),
                Add(rep, -1),
                Emit(lead, 2, "completed", "{}", place),
            )
            for ops in (offer, complete):
                with suppress(ConflictError):
                    store.commit(Change(f"{lead}-{number}", ops))


def audit(path, workers):
    """Every fault in a store that all workers are done with."""
    faults = []
    with SqliteStore(path) as store, closing(sqlite3.connect(path)) as host:
        if host.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
            faults.append("the file is damaged")
        if counters := store.counts():
            faults.append(f"held for ever: {counters}")
        for lead in (f"{number}-{place}" for number in range(workers) for place in range(LEADS)):
            log = [event.n for event in store.events(lead=lead)]
            record = store.get([f"placement/{lead}"]).get(f"placement/{lead}")
            if record is None or (record.version, record.status, log) != (2, "done", [1, 2]):
                faults.append(f"{lead}: {record}, {log}")
        waiting = [each for each in store.events(limit=10_000) if not each.delivered]
        if len(waiting) != 2 * workers * LEADS:
            faults.append("events are missing from the outbox")
    return faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_killed_writers_lose_and_double_nothing(tmp_path, seed):
    """Workers killed at random moments and started again leave every lead done once and a sound file."""
    path = tmp_path / "crm.db"
    killed = kill_and_drain(route, path, workers=3, kills=6, seed=seed, longest=0.03)
    assert killed.exits == (0, 0, 0)
    assert killed.kills > 0
    assert audit(path, 3) == []


def route_without_guard(path, number):
    """Like `route`, but each operation is a change of its own: what must not be done."""
    with SqliteStore(path) as store:
        for place in range(LEADS):
            lead = f"{number}-{place}"
            if not store.get([f"placement/{lead}"]):
                store.commit(Change("c", (Put(f"placement/{lead}", "{}", 0),)))
                store.commit(Change("c", (Put(f"placement/{lead}", "{}", 1, "done"),)))


def test_the_audit_sees_what_is_missing(tmp_path):
    """The negative control: leads without their events are found."""
    path = tmp_path / "crm.db"
    route_without_guard(path, 0)
    faults = audit(path, 1)
    assert len(faults) == LEADS + 1
    assert faults[-1] == "events are missing from the outbox"
