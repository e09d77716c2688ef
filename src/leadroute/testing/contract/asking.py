"""How the contract asks: small questions whose answers show both sides, without a test framework."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import Change, Emit, Event, Once, Op, Put, Record
from leadroute.offers.store import Store

State = tuple[list[Record], dict[str, int], list[Event], dict[str, Record]]

_T = TypeVar("_T")
_numbers = itertools.count(1)


def same(found: object, expected: object) -> None:
    """Fail unless both are equal."""
    if found != expected:
        problem = f"found {found!r}, expected {expected!r}"
        raise AssertionError(problem)


def put(key: str, expect: int = 0, data: str = "{}", **columns: object) -> Put:
    """Return a Put with little to say."""
    return Put(key, data, expect, **columns)  # type: ignore[arg-type]


def emitted(lead: str = "L", n: int = 1, at: int = 0, *, deliver: bool = True) -> Emit:
    """Return an Emit with little to say."""
    return Emit(lead, n, "offered", "{}", at, deliver)


class Contract:
    """Promises about a new and empty store, each a method whose docstring is the promise."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def done(self, *ops: Op) -> dict[str, int]:
        """Commit a change that nothing stands against."""
        return dict(self.store.commit(Change(f"change-{next(_numbers)}", ops)))

    def state(self, *onces: str) -> State:
        """Return all that can be seen of the store."""
        records: list[Record] = []
        while page := self.store.find(after=records[-1] if records else None, limit=500):
            records += page
        events: list[Event] = []
        while more := self.store.events(after=events[-1].id if events else 0, limit=500):
            events += more
        known = self.store.get([f"once/{key}" for key in onces])
        return records, self.store.counts(), events, known

    def refused(self, *ops: Op, kind: str, key: str, current: int | str | None = None) -> None:
        """Fail unless a change meets this conflict and leaves nothing behind."""
        onces = [op.key for op in ops if isinstance(op, Once)]
        before = self.state(*onces)
        try:
            self.done(*ops)
        except ConflictError as conflict:
            same((conflict.kind, conflict.key, conflict.current), (kind, key, current))
        else:
            problem = f"the change was done; expected ConflictError({kind!r}, {key!r}, {current!r})"
            raise AssertionError(problem)
        same(self.state(*onces), before)


def together(works: Mapping[str, Callable[[], _T]]) -> dict[str, _T | ConflictError]:
    """Return what each piece of work gives, all started at one moment; TransientError is tried again."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], _T]) -> _T | ConflictError:
        barrier.wait()
        while True:
            try:
                return work()
            except TransientError:
                continue
            except ConflictError as conflict:
                return conflict

    with ThreadPoolExecutor(len(works)) as pool:
        return dict(zip(works, pool.map(run, works.values()), strict=True))
