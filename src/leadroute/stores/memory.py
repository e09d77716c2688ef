"""A store in the memory of one process: for tests, scripts, replays and simulations.

The rules of this module:

* One lock around every call, so it may be shared between threads.
* A commit first checks every guard and then writes, so there is never anything to roll back.
* It answers exactly as the stores with a database do; they share one contract.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

from attrs import evolve
from sortedcontainers import SortedDict, SortedList

from leadroute.errors import ConfigError, Conflict
from leadroute.offers.change import (
    ONCE,
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Put,
    Raise,
    Record,
    ordered,
)
from leadroute.stores.protocol import page_size

__all__ = ["MemoryStore"]

_Place = tuple[bool, int, str]


def _place(record: Record) -> _Place:
    """Where a record stands in a line: by due time, those never due last, then by key."""
    return (record.due is None, record.due or 0, record.key)


class _State:
    """Everything the store knows."""

    __slots__ = (
        "counters",
        "events",
        "last_id",
        "logs",
        "onces",
        "outbox",
        "owners",
        "records",
        "statuses",
    )

    def __init__(self) -> None:
        self.onces: dict[str, tuple[Record, int | None]] = {}
        self.records: dict[str, Record] = {}
        self.statuses: defaultdict[str, SortedList] = defaultdict(SortedList)
        self.owners: defaultdict[str, SortedList] = defaultdict(SortedList)
        self.counters: SortedDict = SortedDict()
        self.events: SortedDict = SortedDict()
        self.logs: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self.outbox: dict[int, tuple[int | None, int, str]] = {}
        self.last_id = 0

    def copy(self) -> _State:
        """A second state that shares the frozen values and nothing else."""
        twin = _State()
        twin.onces = dict(self.onces)
        for record in self.records.values():
            twin.put(record)
        twin.counters = SortedDict(self.counters)
        twin.events = SortedDict(self.events)
        twin.logs = defaultdict(dict, {lead: dict(log) for lead, log in self.logs.items()})
        twin.outbox = dict(self.outbox)
        twin.last_id = self.last_id
        return twin

    def version(self, key: str) -> int:
        record = self.records.get(key)
        return 0 if record is None else record.version

    def put(self, record: Record) -> None:
        self.drop(record.key)
        self.records[record.key] = record
        place = _place(record)
        self.statuses[record.status].add(place)
        self.owners[record.owner].add(place)

    def drop(self, key: str) -> None:
        old = self.records.pop(key, None)
        if old is not None:
            place = _place(old)
            for lines, name in ((self.statuses, old.status), (self.owners, old.owner)):
                lines[name].remove(place)
                if not lines[name]:
                    del lines[name]

    def append(self, op: Emit, change: str) -> None:
        self.last_id += 1
        self.events[self.last_id] = Event(
            self.last_id, op.lead, op.n, op.type, op.data, op.at, change
        )
        self.logs[op.lead][op.n] = self.last_id
        if op.deliver:
            self.outbox[self.last_id] = (min(op.at, 0), 0, "")

    def forget(self, id: int) -> None:
        event: Event = self.events.pop(id)
        log = self.logs[event.lead]
        del log[event.n]
        if not log:
            del self.logs[event.lead]


class MemoryStore:
    """A store that keeps everything in memory and forgets it with the process.

    Example:
        >>> store = MemoryStore()
        >>> store.commit(
        ...     Change("c-1", (Put("placement/L-1", "{}", expect=0), Add("rep/open/ada", 1, hi=20)))
        ... )
        {'rep/open/ada': 1}
        >>> store.get(["placement/L-1"])["placement/L-1"].version
        1
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._state = _State()

    def __repr__(self) -> str:
        return f"<MemoryStore with {len(self._state.records)} records and {len(self._state.events)} events>"

    @contextmanager
    def transaction(self) -> Iterator[MemoryStore]:
        """A transaction of a host, for its tests: what is committed inside is undone if the block raises.

        Other threads wait until it ends. It copies the whole state first, O(size of the store).
        """
        with self._lock:
            before = self._state.copy()
            try:
                yield self
            except BaseException:
                self._state = before
                raise

    def commit(self, change: Change) -> Mapping[str, int]:
        """Apply every operation of the change, or none. O(operations * log(records))."""
        ops = ordered(change)
        with self._lock:
            state = self._state
            counters: dict[str, int] = {}
            for op in ops:
                _GUARDS[type(op)](state, op, counters)
            dated = max((op.at for op in ops if type(op) is Emit), default=None)
            for op in ops:
                if type(op) is Put:
                    state.put(Record(op.key, op.expect + 1, op.data, op.status, op.owner, op.due))
                elif type(op) is Emit:
                    state.append(op, change.id)
                elif type(op) is Once:
                    kept = Record(ONCE + op.key, 1, op.value, fingerprint=op.fingerprint)
                    state.onces[op.key] = (kept, dated)
                elif type(op) is Drop:
                    state.drop(op.key)
                elif type(op) is Ack:
                    del state.outbox[op.id]
                elif type(op) is Defer:
                    state.outbox[op.id] = (op.until, op.attempts, op.error)
            state.counters.update(counters)
            return counters

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """The records that exist among ``keys``, in the order asked; ``once/<key>`` reads a once-key."""
        with self._lock:
            found = ((key, self._record(key)) for key in keys)
            return {key: record for key, record in found if record is not None}

    def _record(self, key: str) -> Record | None:
        if not key.startswith(ONCE):
            return self._state.records.get(key)
        record, _ = self._state.onces.get(key.removeprefix(ONCE), (None, None))
        return record

    def counts(self, keys: Sequence[str] | None = None, prefix: str = "") -> dict[str, int]:
        """The counters named by ``keys``, or all whose key starts with ``prefix``, by key, without those at 0."""
        if keys is not None and prefix:
            raise ConfigError("counts takes keys or a prefix, not both")
        with self._lock:
            counters = self._state.counters
            if keys is not None:
                return {key: n for key in sorted(set(keys)) if (n := counters.get(key, 0))}
            found: dict[str, int] = {}
            for key in counters.irange(prefix):
                if not key.startswith(prefix):
                    break
                if counters[key]:
                    found[key] = counters[key]
            return found

    def find(
        self,
        *,
        status: str | None = None,
        owner: str | None = None,
        upto: int | None = None,
        after: Record | None = None,
        limit: int = 100,
    ) -> list[Record]:
        """The records of a status, an owner or both, by (due, key); those that are never due come last."""
        with self._lock:
            records = self._state.records
            found: list[Record] = []
            size = page_size(limit)
            for place in self._line(status, owner, after):
                record = records[place[2]]
                if len(found) == size or (
                    upto is not None and (record.due is None or record.due > upto)
                ):
                    break
                if (status is None or record.status == status) and (
                    owner is None or record.owner == owner
                ):
                    found.append(record)
            return found

    def _line(
        self, status: str | None, owner: str | None, after: Record | None
    ) -> Iterable[_Place]:
        """The places of the shortest line that holds what is sought, from behind ``after``."""
        state = self._state
        lines = [] if status is None else [state.statuses.get(status, SortedList())]
        lines += [] if owner is None else [state.owners.get(owner, SortedList())]
        line = min(lines, key=len) if lines else SortedList(map(_place, state.records.values()))
        return cast(
            "Iterable[_Place]",
            line.irange(_place(after), inclusive=(False, True)) if after else line,
        )

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
    ) -> list[Event]:
        """Pages of the log: all by id, or those of one lead by number."""
        with self._lock:
            state = self._state
            ids: Iterable[int]
            if lead is not None:
                log = state.logs.get(lead, {})
                ids = [log[n] for n in sorted(log) if n > after]
            elif pending_at is not None:
                ids = (id for id in state.outbox if id > after)
            else:
                ids = state.events.irange(after, inclusive=(False, True))
            if pending_at is not None:
                ids = (id for id in ids if self._pending(id, pending_at))
            return [self._event(id) for id in islice(ids, page_size(limit))]

    def _pending(self, id: int, at: int) -> bool:
        until, _, _ = self._state.outbox.get(id, (None, 0, ""))
        return until is not None and until <= at

    def _event(self, id: int) -> Event:
        event: Event = self._state.events[id]
        delivery = self._state.outbox.get(id)
        if delivery is None:
            return event
        until, attempts, error = delivery
        return evolve(event, until=until, attempts=attempts, error=error)

    def trim(self, before: int, limit: int = 1000) -> int:
        """Forget at most ``limit`` things that are older than ``before`` and no longer needed."""
        with self._lock:
            state = self._state
            size = page_size(limit)
            dated = (
                (at, key) for key, (_, at) in state.onces.items() if at is not None and at < before
            )
            onces = sorted(dated)[:size]
            events = list(islice(self._outdated(before), size - len(onces)))
            zeros = (key for key, n in state.counters.items() if not n)
            counters = list(islice(zeros, size - len(onces) - len(events)))
            for _, key in onces:
                del state.onces[key]
            for id in events:
                state.forget(id)
            for key in counters:
                del state.counters[key]
            return len(onces) + len(events) + len(counters)

    def _outdated(self, before: int) -> Iterator[int]:
        state = self._state

        def needed(id: int) -> bool:
            return id in state.outbox or state.events[id].at >= before

        for id, event in state.events.items():
            log = state.logs[event.lead]
            if not needed(id) and not any(
                n < event.n and needed(other) for n, other in log.items()
            ):
                yield id


def _once(state: _State, op: Once, counters: dict[str, int]) -> None:
    if op.key in state.onces:
        raise Conflict("duplicate", op.key, state.onces[op.key][0].data)


def _check(state: _State, op: Check, counters: dict[str, int]) -> None:
    if (found := state.version(op.key)) != op.version:
        raise Conflict("version", op.key, found)


def _write(state: _State, op: Put | Drop, counters: dict[str, int]) -> None:
    if (found := state.version(op.key)) != op.expect:
        raise Conflict("version", op.key, found)


def _deliver(state: _State, op: Ack | Defer, counters: dict[str, int]) -> None:
    if op.id not in state.outbox:
        raise Conflict("gone", str(op.id))


def _add(state: _State, op: Add, counters: dict[str, int]) -> None:
    current = counters.get(op.key, state.counters.get(op.key, 0))
    low, high = op.bounds
    if not low <= current + op.delta <= high:
        raise Conflict("limit", op.key, current)
    counters[op.key] = current + op.delta


def _raise(state: _State, op: Raise, counters: dict[str, int]) -> None:
    counters[op.key] = max(counters.get(op.key, state.counters.get(op.key, 0)), op.to)


def _emit(state: _State, op: Emit, counters: dict[str, int]) -> None:
    log = state.logs.get(op.lead, {})
    if op.n in log:
        raise Conflict("version", op.lead, max(log))


_GUARDS: dict[type, Callable[[_State, Any, dict[str, int]], None]] = {
    Once: _once,
    Check: _check,
    Put: _write,
    Drop: _write,
    Ack: _deliver,
    Defer: _deliver,
    Add: _add,
    Raise: _raise,
    Emit: _emit,
}
