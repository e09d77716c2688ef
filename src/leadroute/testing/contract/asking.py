"""How the contract asks: small questions with answers that say what was expected.

The rules of this module:

* A promise is a function of an empty store; its docstring is one sentence that says what is promised.
* A failed promise is an ``AssertionError`` that shows both sides. No test framework is needed.
* A refused change is compared with the whole visible state before it: a refusal leaves nothing behind.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from threading import Barrier, Thread
from typing import TypeVar

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import Change, Emit, Event, Once, Op, Put, Record
from leadroute.offers.store import Store

__all__ = [
    "Promise",
    "Promises",
    "State",
    "done",
    "emitted",
    "put",
    "refused",
    "same",
    "state",
    "together",
]

Promise = Callable[[Store], None]
State = tuple[list[Record], dict[str, int], list[Event], dict[str, Record]]

_T = TypeVar("_T")
_numbers = itertools.count(1)


class Promises(list[Promise]):
    """The promises of one module; as a decorator it takes in another."""

    __slots__ = ()

    def __call__(self, promise: Promise) -> Promise:
        """Take in a promise."""
        self.append(promise)
        return promise


def same(found: object, expected: object) -> None:
    """Fail unless both are equal."""
    if found != expected:
        problem = f"found {found!r}, expected {expected!r}"
        raise AssertionError(problem)


def put(key: str, expect: int = 0, data: str = "{}", **columns: object) -> Put:
    """A Put with little to say."""
    return Put(key, data, expect, **columns)  # type: ignore[arg-type]


def emitted(lead: str = "L", n: int = 1, at: int = 0, *, deliver: bool = True) -> Emit:
    """An Emit with little to say."""
    return Emit(lead, n, "offered", "{}", at, deliver)


def done(store: Store, *ops: Op) -> dict[str, int]:
    """Commit a change that nothing stands against."""
    return dict(store.commit(Change(f"change-{next(_numbers)}", ops)))


def state(store: Store, *onces: str) -> State:
    """All that can be seen of a store."""
    records: list[Record] = []
    while page := store.find(after=records[-1] if records else None, limit=500):
        records += page
    events: list[Event] = []
    while more := store.events(after=events[-1].id if events else 0, limit=500):
        events += more
    return records, store.counts(), events, store.get([f"once/{key}" for key in onces])


def refused(store: Store, *ops: Op, kind: str, key: str, current: int | str | None = None) -> None:
    """A change meets this conflict and leaves nothing behind."""
    onces = [op.key for op in ops if isinstance(op, Once)]
    before = state(store, *onces)
    try:
        done(store, *ops)
    except ConflictError as conflict:
        same((conflict.kind, conflict.key, conflict.current), (kind, key, current))
    else:
        problem = f"the change was done; expected ConflictError({kind!r}, {key!r}, {current!r})"
        raise AssertionError(problem)
    same(state(store, *onces), before)


def together(works: Mapping[str, Callable[[], _T]]) -> dict[str, _T | ConflictError]:
    """What each piece of work gives, all started at one moment; TransientError is tried again."""
    barrier = Barrier(len(works))
    answers: dict[str, _T | ConflictError] = {}
    failures: list[BaseException] = []

    def run(name: str, work: Callable[[], _T]) -> None:
        barrier.wait()
        try:
            while name not in answers:
                try:
                    answers[name] = work()
                except TransientError:
                    continue
                except ConflictError as conflict:
                    answers[name] = conflict
        except BaseException as failure:  # noqa: BLE001 - carried to the thread that asked
            failures.append(failure)

    threads = [Thread(target=run, args=item) for item in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return answers
