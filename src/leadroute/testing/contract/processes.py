"""What a store promises beside another one on the same data: in this process, in others, and after a fork."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from leadroute.offers.change import Ack, Add, Change, Drop, Emit, Once, Put
from leadroute.offers.store import Store
from leadroute.testing.contract.common import Contract, emitted, outcome, put, same
from leadroute.testing.contract.running import Opened, Run, loop_in_thread, opened, raw

_LONGEST = 120.0
_PLACES = 40
Open = Callable[[], Opened]
Work = Callable[[Open, Any, int], object]


@contextmanager
def _here() -> Iterator[Run]:
    """Await in this thread: what is forked here has no other."""
    with asyncio.Runner() as runner:
        yield runner.run


def _take(open_store: Open, barrier: Any, number: int) -> object:
    """Take places of one limit, and numbers of one log, as long as there are any."""
    taken, versions = 0, 0
    with opened(open_store(), loop_in_thread) as store:
        barrier.wait(_LONGEST)
        for place in range(1, _PLACES + 1):
            ops = Add("places", 1, hi=_PLACES // 2), Emit(f"L{number}", taken + 1, "t", "", 0)
            if outcome(partial(store.commit, Change(f"{number}", ops))) is None:
                taken += 1
            ops_ = Once(f"once {place}"), Put("r", "", place - 1), Emit("log", place, "t", "", 0)
            if outcome(partial(store.commit, Change(f"{number}", ops_))) is None:
                versions += 1
    return taken, versions


def _fork(open_store: Open, _: Any, __: int) -> object:
    """Use a store, fork, and use it in the child and in the parent, each more than once."""
    with opened(open_store(), _here) as store:
        _use(store, "before")
        sys.stdout.flush()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # a driver may have threads
            child = os.fork()
        if not child:
            _end_with(partial(_in_child, open_store, store))
        for turn in range(3):
            _use(store, f"parent {turn}")
        _, status = os.waitpid(child, 0)
        same(os.waitstatus_to_exitcode(status), 0)
        _use(store, "after")
        return sorted(store.counts())


def _use(store: Store, name: str) -> None:
    outcome(partial(store.commit, Change(name, (Add(name, 1), Once(name), Put(name, "", 0)))))
    same((store.counts([name]), len(store.get([name, f"once/{name}"]))), ({name: 1}, 2))


def _in_child(open_store: Open, store: Any) -> None:
    """Use the parent's store; an async one in an event loop of the child's own."""
    with opened(_Given(raw(store)), _here) as mine:
        for turn in range(3):
            _use(mine, f"child {turn}")


class _Given:
    """A context manager around a store that stays open."""

    def __init__(self, store: Any) -> None:
        self._store = store

    def __enter__(self) -> Any:
        return self._store

    def __exit__(self, *_: object) -> None:
        return


def _end_with(work: Callable[[], None]) -> None:
    """Work, and end this process as the child of a fork must: without what its parent will do."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - the parent is told by the status
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _told(answer: Any, work: Work, open_store: Open, barrier: Any, number: int) -> None:
    """Work in a process of one's own, and tell what came of it."""
    try:
        answer.send((True, work(open_store, barrier, number)))
    except BaseException:  # noqa: BLE001 - whatever it is, the process that waits is told
        answer.send((False, traceback.format_exc()))


def in_processes(work: Work, open_store: Open, many: int) -> list[Any]:
    """Return what each of some processes gives, all let go at one moment."""
    methods = multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    barrier, pipes = context.Barrier(many), [context.Pipe(duplex=False) for _ in range(many)]
    arguments = [(end, work, open_store, barrier, n) for n, (_, end) in enumerate(pipes)]
    processes = [context.Process(target=_told, args=each, daemon=False) for each in arguments]
    for process in processes:
        process.start()
    for _, end in pipes:
        end.close()
    return [_heard(pipe, process) for (pipe, _), process in zip(pipes, processes, strict=True)]


def _heard(pipe: Any, process: Any) -> Any:
    with pipe:
        try:
            fine, answer = pipe.recv() if pipe.poll(_LONGEST) else (False, "no answer")
        except EOFError:
            fine, answer = False, "it ended without an answer"
        process.join(_LONGEST)
    if not fine:
        raise AssertionError(f"a process failed: {answer}")
    return answer


class Reopened(Contract):
    """The promises to stores on the same data."""

    needs = "reopen"

    def _open(self) -> Open:
        found: Open = self.given["reopen"](raw(self.store))
        return found

    def two_stores_on_the_same_data_agree(self) -> None:
        """What one store commits the other reads at once, and its guards look at it."""
        with opened(self._open()(), loop_in_thread) as other:
            one: Sequence[Store] = (self.store, other)
            for n in range(1, 7):
                mine, theirs = one[n % 2], one[(n + 1) % 2]
                self.done(
                    put("r", n - 1, f"{n}", status=f"s{n}"), emitted("L", n), Add("a", 1), by=mine
                )
                same(self.state(by=theirs), self.state(by=mine))
                same([each.data for each in theirs.find(status=f"s{n}")], [f"{n}"])
                same(len(theirs.events(lead="L")), n)
                self.refused(put("r", n - 1), kind="version", key="r", current=n, by=theirs)
                self.refused(Add("a", 1, hi=n), kind="limit", key="a", current=n, by=theirs)
                self.refused(emitted("L", n), kind="version", key="L", current=n, by=theirs)
            first, *_ = other.events(pending_at=0)
            self.done(Ack(first.id), Drop("r", 6), by=self.store)
            self.refused(Ack(first.id), kind="gone", key=str(first.id), by=other)
            same((other.find(), [e.n for e in other.events(pending_at=0)]), ([], [2]))

    def processes_share_limits_versions_and_logs(self) -> None:
        """Processes take every place of a limit, every version, once-key and number, and none of them twice."""
        found = in_processes(_take, self._open(), 2)
        taken, versions = (sum(each) for each in zip(*found, strict=True))
        same((taken, versions), (_PLACES // 2, _PLACES))
        same(self.store.counts(), {"places": _PLACES // 2})
        same([event.n for event in self.store.events(lead="log")], [*range(1, _PLACES + 1)])
        same(self.store.get(["r"])["r"].version, _PLACES)
        logs = [len(self.store.events(lead=f"L{number}")) for number in range(2)]
        same(logs, [mine for mine, _ in found])


class Forked(Contract):
    """The promise to a process that forks."""

    needs = "fork"

    def stores_survive_a_fork(self) -> None:
        """A store that was used before a fork works in the child and in the parent."""
        open_store: Open = self.given["reopen"](raw(self.store))
        ((*names,),) = in_processes(_fork, open_store, 1)
        expected = [
            "after",
            "before",
            *(f"{who} {n}" for who in ("child", "parent") for n in range(3)),
        ]
        same(names, expected)
        same(sorted(self.store.counts()), expected)
