"""What the promises share: short operations, comparisons, and works that run at once."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Barrier
from typing import Any, TypeVar

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import (
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Op,
    Put,
    Raise,
    Record,
)
from leadroute.offers.store import Store

State = tuple[list[Record], dict[str, int], list[Event], dict[str, Record]]

_T = TypeVar("_T")
_numbers = itertools.count(1)
_LATEST = 2**63 - 1
_PATIENCE = 100_000


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


def shown(ops: Sequence[Op], key: str) -> tuple[Op, ...]:
    """Return what makes a change: the operations, and a once-key where none of them shows anything."""
    if all(isinstance(op, Check | Add | Raise) for op in ops):
        return (Once(key), *ops)
    return tuple(ops)


def every(page: Callable[[Any], list[_T]]) -> list[_T]:
    """Return what all pages give, each asked for with the last thing of the one before."""
    found: list[_T] = []
    while more := page(found[-1] if found else None):
        if more[-1] in found:
            raise AssertionError(f"a page was given twice: it ends with {more[-1]!r}")
        found += more
    return found


def every_record(find: Callable[..., list[Record]], mark: Record | None = None) -> list[Record]:
    """Return the records of all pages behind a mark."""
    return every(lambda last: find(after=last or mark))


def every_event(events: Callable[..., list[Event]], mark: str = "id") -> list[Event]:
    """Return the events of all pages; the mark of one is its id, or its number."""
    return every(lambda last: events(after=getattr(last, mark) if last else 0))


class Contract:
    """Promises about a new and empty store, each a method whose docstring is the promise.

    Args:
        store: The store.
        given: The arguments of ``store_contract`` that some promises need.
    """

    needs = ""
    """The argument of ``store_contract`` without which these promises are left out."""

    def __init__(self, store: Store, given: Mapping[str, Any] | None = None) -> None:
        self.store = store
        self.given = given or {}

    def done(self, *ops: Op, by: Store | None = None) -> None:
        """Commit a change that nothing stands against."""
        name = f"change-{next(_numbers)}"
        (by or self.store).commit(Change(name, shown(ops, name)))

    def counted(self, *ops: Op) -> dict[str, int]:
        """Commit a change that nothing stands against, and return all counters after it."""
        self.done(*ops)
        return self.store.counts()

    def state(self, *onces: str, by: Store | None = None) -> State:
        """Return all that a store holds."""
        store = by or self.store
        records = every_record(partial(store.find, limit=500))
        events = every_event(partial(store.events, limit=500))
        known = store.get([f"once/{key}" for key in onces])
        return records, store.counts(), events, known

    def lines(self, change: str = "", by: Store | None = None) -> list[object]:
        """Return what is found by each filter, so by each index: what is gone must be gone there too."""
        store = by or self.store
        return [
            store.find(status="offered"),
            store.find(owner="ada"),
            store.find(status=["offered", "waiting"], owner="ada", first=5),
            store.find(upto=_LATEST),
            store.events(lead="lead"),
            store.events(lead="old", pending_at=_LATEST),
            store.events(pending_at=_LATEST),
            store.events(change=change),
            store.counts(prefix="o"),
        ]

    def refused(
        self,
        *ops: Op,
        kind: str,
        key: str,
        current: int | str | None = None,
        by: Store | None = None,
    ) -> None:
        """Fail unless a change meets this conflict and leaves nothing behind."""
        name = f"refused-{next(_numbers)}"
        ops = shown(ops, name)
        onces = [op.key for op in ops if isinstance(op, Once)]
        before = self.state(*onces, by=by)
        try:
            (by or self.store).commit(Change(name, ops))
        except ConflictError as conflict:
            same((conflict.kind, conflict.key, conflict.current), (kind, key, current))
        else:
            problem = f"the change was done; expected ConflictError({kind!r}, {key!r}, {current!r})"
            raise AssertionError(problem)
        same(self.state(*onces, by=by), before)
        same((by or self.store).events(change=name), [])

    def prepared(self) -> int:
        """Give every operation something to work on; return an event in the outbox."""
        self.done(Once("seen", "before"), Add("full", 1), Add("open", 1))
        self.done(
            *(put(f"record/{name}", status="offered", owner="ada", due=5) for name in "abcde")
        )
        self.done(emitted("old", 1), emitted("old", 2))
        return self.store.events(lead="old")[0].id


def fine(event: int) -> list[Op]:
    """Return one operation of every kind that nothing stands against, in canonical order.

    Args:
        event: What ``Contract.prepared`` has returned.
    """
    return [
        Once("new", "kept"),
        Check("record/a", 1),
        put("record/b", 1, status="waiting", owner="bob", due=9),
        Drop("record/c", 1),
        Ack(event),
        Defer(event + 1, 9, 1, "later"),
        Add("open", 1),
        Raise("over", 9),
        emitted("lead", 1),
    ]


def outcome(work: Callable[[], _T]) -> _T | ConflictError:
    """Return what work gives, or its conflict; TransientError is tried again."""
    for attempt in itertools.count(1):
        try:
            return work()
        except TransientError:
            if attempt == _PATIENCE:
                raise
        except ConflictError as conflict:
            return conflict
    raise AssertionError


@contextmanager
def switching() -> Iterator[None]:
    """Let the interpreter switch between threads as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def together(works: Mapping[str, Callable[[], _T]]) -> dict[str, _T | ConflictError]:
    """Return what each piece of work gives, all started at once; TransientError is tried again."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], _T]) -> _T | ConflictError:
        barrier.wait()
        return outcome(work)

    with switching(), ThreadPoolExecutor(len(works)) as pool:
        return dict(zip(works, pool.map(run, works.values()), strict=True))
