"""A store in the memory of one process: for tests, scripts, replays and simulations.

A commit first checks every guard and then writes, so there is never anything to roll back.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import chain, islice, takewhile
from math import inf

from attrs import evolve
from sortedcontainers import SortedDict, SortedList

from leadroute.errors import ConflictError
from leadroute.offers.change import (
    MAX_KEY,
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
    Op,
    Put,
    Raise,
    Record,
    ordered,
)
from leadroute.offers.store import one_page_of_counts, one_question, page_size, statuses_of

_Place = tuple[bool, int, str]
_LAST = chr(0x10FFFF) * (MAX_KEY + 1)


def _place(record: Record) -> _Place:
    """Where a record stands in a line: by due time, those never due last, then by key."""
    return (record.due is None, record.due or 0, record.key)


class _State:
    """Everything the store knows."""

    __slots__ = (
        "changes",
        "counters",
        "dues",
        "events",
        "last_id",
        "logs",
        "onces",
        "outbox",
        "owners",
        "queues",
        "records",
        "statuses",
    )

    def __init__(self) -> None:
        self.onces: dict[str, tuple[Record, int | None]] = {}
        self.records: dict[str, Record] = {}
        self.statuses: defaultdict[str, SortedList[_Place]] = defaultdict(SortedList)
        self.owners: defaultdict[str, SortedList[_Place]] = defaultdict(SortedList)
        self.dues: SortedList[_Place] = SortedList()
        self.counters: SortedDict[str, int] = SortedDict()
        self.events: SortedDict[int, Event] = SortedDict()
        self.logs: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self.changes: defaultdict[str, list[int]] = defaultdict(list)
        self.outbox: dict[int, tuple[int | None, int, str]] = {}
        self.queues: defaultdict[str, SortedList[int]] = defaultdict(SortedList)
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
        twin.changes = defaultdict(list, {of: [*marks] for of, marks in self.changes.items()})
        for mark, delivery in self.outbox.items():
            twin.deliver(mark, delivery)
        twin.last_id = self.last_id
        return twin

    def count(self, key: str, changed: Mapping[str, int]) -> int:
        """A counter as it stands in the middle of a change."""
        return changed[key] if key in changed else self.counters.get(key, 0)

    def sum(self, op: Add, changed: Mapping[str, int]) -> int:
        """The counter after the Add, if it may stand there."""
        current = self.count(op.key, changed)
        low, high = op.bounds
        if not low <= current + op.delta <= high:
            raise ConflictError("limit", op.key, current)
        return current + op.delta

    def guard(self, op: Once | Check | Put | Drop | Ack | Defer | Emit) -> None:
        """Raise ConflictError unless the operation may be done."""
        if isinstance(op, Once):
            if op.key in self.onces:
                raise ConflictError("duplicate", op.key, self.onces[op.key][0].data)
        elif isinstance(op, Emit):
            log = self.logs.get(op.lead, {})
            if op.n in log:
                raise ConflictError("version", op.lead, max(log))
        elif isinstance(op, Ack | Defer):
            if op.id not in self.outbox:
                raise ConflictError("gone", str(op.id))
        else:
            expected = op.version if isinstance(op, Check) else op.expect
            if (version := self.version(op.key)) != expected:
                raise ConflictError("version", op.key, version)

    def write(self, op: Op, change: str, dated: int | None) -> None:
        """Do what was guarded, except for the counters."""
        if isinstance(op, Put):
            self.put(Record(op.key, op.expect + 1, op.data, op.status, op.owner, op.due))
        elif isinstance(op, Emit):
            self.append(op, change)
        elif isinstance(op, Once):
            kept = Record(ONCE + op.key, 1, op.value, fingerprint=op.fingerprint)
            self.onces[op.key] = (kept, dated)
        elif isinstance(op, Drop):
            self.drop(op.key)
        elif isinstance(op, Ack):
            self.deliver(op.id, None)
        elif isinstance(op, Defer):
            self.deliver(op.id, (op.until, op.attempts, op.error))

    def version(self, key: str) -> int:
        record = self.records.get(key)
        return 0 if record is None else record.version

    def put(self, record: Record) -> None:
        self.drop(record.key)
        self.records[record.key] = record
        place = _place(record)
        self.statuses[record.status].add(place)
        self.owners[record.owner].add(place)
        if record.due is not None:
            self.dues.add(place)

    def drop(self, key: str) -> None:
        old = self.records.pop(key, None)
        if old is not None:
            place = _place(old)
            for lines, name in ((self.statuses, old.status), (self.owners, old.owner)):
                lines[name].remove(place)
                if not lines[name]:
                    del lines[name]
            if old.due is not None:
                self.dues.remove(place)

    def append(self, op: Emit, change: str) -> None:
        self.last_id += 1
        self.events[self.last_id] = Event(
            self.last_id, op.lead, op.n, op.type, op.data, op.at, change
        )
        self.logs[op.lead][op.n] = self.last_id
        if op.deliver:
            self.deliver(self.last_id, (min(op.at, 0), 0, ""))
        self.changes[change].append(self.last_id)

    def deliver(self, mark: int, delivery: tuple[int | None, int, str] | None) -> None:
        """Set how an event stands in the outbox; ``None`` takes it out."""
        event: Event = self.events[mark]
        before, queue = self.outbox.pop(mark, None), self.queues[event.lead]
        if before is not None:
            queue.remove(event.n)
        if delivery is not None:
            self.outbox[mark] = delivery
            queue.add(event.n)  # a dead letter too holds back its lead
        if not queue:
            del self.queues[event.lead]

    def pending(self, mark: int, at: int) -> bool:
        """Whether an event may be delivered: its time has come, and no earlier one of its lead waits."""
        until, _, _ = self.outbox.get(mark, (None, 0, ""))
        event: Event = self.events[mark]
        return until is not None and until <= at and self.queues[event.lead][0] == event.n

    def forget(self, mark: int) -> None:
        """Remove an event from the log, its change and its lead."""
        event: Event = self.events.pop(mark)
        marks = self.changes[event.change]
        marks.remove(mark)
        if not marks:
            del self.changes[event.change]
        log = self.logs[event.lead]
        del log[event.n]
        if not log:
            del self.logs[event.lead]


class MemoryStore:
    """A store in memory, which ends with the process.

    Example:
        >>> store = MemoryStore()
        >>> store.commit(
        ...     Change("c-1", (Put("placement/L-1", "{}", expect=0), Add("rep/open/ada", 1, hi=20)))
        ... )
        >>> store.counts(prefix="rep/open/")
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
        """Open a transaction, for tests.

        Changes inside are undone if the block raises.

        Other threads wait until it ends. It copies the whole state first, O(size of the store).
        """
        with self._lock:
            before = self._state.copy()
            try:
                yield self
            except BaseException:
                self._state = before
                raise

    def commit(self, change: Change) -> None:
        """Apply every operation of the change, or none. O(operations * log(records))."""
        ops = ordered(change)
        with self._lock:
            state = self._state
            counters: dict[str, int] = {}
            for op in ops:
                if isinstance(op, Add):
                    counters[op.key] = state.sum(op, counters)
                elif isinstance(op, Raise):
                    counters[op.key] = max(state.count(op.key, counters), op.to)
                else:
                    state.guard(op)
            # The age of a once-key, for its retention, is that of the change's last event.
            dated = max((op.at for op in ops if isinstance(op, Emit)), default=None)
            for op in ops:
                state.write(op, change.id, dated)
            state.counters.update(counters)

    def get(self, keys: Sequence[str]) -> dict[str, Record]:
        """Return the existing records among ``keys``, in their order.

        ``once/<key>`` reads a once-key.
        """
        with self._lock:
            found = ((key, self._record(key)) for key in keys)
            return {key: record for key, record in found if record is not None}

    def _record(self, key: str) -> Record | None:
        if not key.startswith(ONCE):
            return self._state.records.get(key)
        record, _ = self._state.onces.get(key.removeprefix(ONCE), (None, None))
        return record

    def counts(
        self,
        keys: Sequence[str] | None = None,
        *,
        prefix: str = "",
        after: str = "",
        limit: int | None = None,
    ) -> dict[str, int]:
        """Return the counters of ``keys``, or a page of those with ``prefix``.

        Counters at 0 are left out. O(keys), or O(log(counters) + page).
        """
        one_page_of_counts(keys, prefix, after, limit)
        with self._lock:
            counters = self._state.counters
            if keys is not None:
                get = counters.get
                return {key: n for key in keys if (n := get(key))}
            behind = counters.irange(max(prefix, after), inclusive=(after < prefix, True))
            among = takewhile(lambda key: key.startswith(prefix), behind)
            return {key: counters[key] for key in islice(filter(counters.get, among), limit)}

    def find(
        self,
        *,
        status: str | Sequence[str] | None = None,
        owner: str | None = None,
        upto: int | None = None,
        after: Record | None = None,
        limit: int = 100,
        first: int | None = None,
    ) -> list[Record]:
        """Return the records with some statuses, of an owner, or due.

        They are in the order of (due, key); records that are never due come last.
        O(statuses + log(records) + page).
        """
        statuses, size = statuses_of(status, first), page_size(limit)
        with self._lock:
            records = self._state.records
            start = None if after is None else _place(after)
            latest = None if upto is None else (False, upto, _LAST)
            whole = start is None and latest is None
            parts: list[Iterable[_Place]] = [
                part if whole else part.irange(start, latest, (False, True))
                for part in self._parts(statuses, owner)
            ]
            if statuses is None and owner is None and upto is None:
                parts = [chain(*parts, self._never_due(start))]
            elif statuses is not None and owner is not None:
                parts = [self._narrowed(part, statuses, first) for part in parts]
            elif first is not None:
                parts = [islice(part, first) for part in parts]
            return [records[place[2]] for place in islice(merge(*parts), size)]

    def _parts(self, statuses: list[str] | None, owner: str | None) -> list[SortedList[_Place]]:
        state = self._state
        if owner is not None:
            return [state.owners[owner]] if owner in state.owners else []
        if statuses is not None:
            return [state.statuses[each] for each in statuses if each in state.statuses]
        return [state.dues]

    def _never_due(self, start: _Place | None) -> Iterator[_Place]:
        """The places of what is never due, sorted only when somebody asks for it."""
        places = (_place(each) for each in self._state.records.values() if each.due is None)
        yield from sorted(place for place in places if start is None or place > start)

    def _narrowed(
        self, part: Iterable[_Place], statuses: Sequence[str], first: int | None
    ) -> Iterator[_Place]:
        left: dict[str, float] = dict.fromkeys(statuses, inf if first is None else first)
        for place in part:
            status = self._state.records[place[2]].status
            if left.get(status, 0):
                left[status] -= 1
                yield place

    def events(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        lead: str | None = None,
        pending_at: int | None = None,
        change: str | None = None,
    ) -> list[Event]:
        """Return a page of the log, or of one lead or change."""
        one_question(change, lead, pending_at)
        with self._lock:
            state = self._state
            ids: Iterable[int]
            if change is not None:
                ids = (mark for mark in state.changes.get(change, ()) if mark > after)
            elif lead is not None:
                log = state.logs.get(lead, {})
                ids = [log[n] for n in sorted(log) if n > after]
            elif pending_at is not None:
                ids = sorted(mark for mark in state.outbox if mark > after)
            else:
                ids = state.events.irange(after, inclusive=(False, True))
            if pending_at is not None:
                ids = (mark for mark in ids if state.pending(mark, pending_at))
            return [self._event(mark) for mark in islice(ids, page_size(limit))]

    def _event(self, mark: int) -> Event:
        event: Event = self._state.events[mark]
        delivery = self._state.outbox.get(mark)
        if delivery is None:
            return event
        until, attempts, error = delivery
        return evolve(event, until=until, attempts=attempts, error=error)

    def trim(self, before: int, limit: int = 1000) -> int:
        """Delete at most ``limit`` entries that are not needed anymore.

        They are older than ``before``.
        """
        with self._lock:
            state = self._state
            size = page_size(limit)
            dated = ((key, at) for key, (_, at) in state.onces.items())
            onces = sorted(key for key, at in dated if at is not None and at < before)[:size]
            events = list(islice(self._outdated(before), size - len(onces)))
            zeros = (key for key, n in state.counters.items() if not n)
            counters = list(islice(zeros, size - len(onces) - len(events)))
            for key in onces:
                del state.onces[key]
            for mark in events:
                state.forget(mark)
            for key in counters:
                del state.counters[key]
            return len(onces) + len(events) + len(counters)

    def _outdated(self, before: int) -> Iterator[int]:
        state = self._state

        def needed(mark: int) -> bool:
            return mark in state.outbox or state.events[mark].at >= before

        for mark, event in state.events.items():
            log = state.logs[event.lead]
            if not needed(mark) and not any(
                n < event.n and needed(other) for n, other in log.items()
            ):
                yield mark
