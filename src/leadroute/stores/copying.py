"""A store copied into another of any kind, by what every store can do and nothing else.

* Each step reads what both hold and writes the difference, so a copy may break off anywhere, run again, and
  catch up with a source that has gone on. Only a pass while nobody writes leaves both alike.
* Ids of events and versions of records are the target's own. So a dead letter is found under the target's id
  of its event, and a record of version 1, which guards may take for granted, has version 1 again.
* A target that has been used is refused, because a copy would undo what happened there.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from os import urandom
from time import sleep
from typing import Final, ParamSpec, TypeVar

from attrs import evolve, frozen

from leadroute.errors import (
    ConfigError,
    ConflictError,
    LeadrouteError,
    TransientError,
    UnknownOutcomeError,
    some_of,
)
from leadroute.model.keys import parts, placement_key
from leadroute.model.validation import must_be
from leadroute.offers.change import (
    ONCE,
    Ack,
    Add,
    Change,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Op,
    Put,
    Record,
)
from leadroute.offers.outbox import DEAD, dead_key
from leadroute.offers.store import Store, is_async

P = ParamSpec("P")
T = TypeVar("T")

_MARK: Final = "leadroute/copy"
"""The record in a target while it is copied into, by which counters are set once."""

_PAGE: Final = 200
_PAUSES: Final = tuple(min(0.001 * 2**n, 0.5) for n in range(60))
_EMPTY: Final = "copy into an empty store"


@frozen
class CopyResult:
    """The result of a pass of ``copy_store``.

    Args:
        records: How many records and once-keys were written or removed.
        counters: How many counters were set.
        events: How many events were added or have another delivery.
    """

    records: int
    counters: int
    events: int


def copy_store(source: Store, target: Store, *, onces: Iterable[str] = ()) -> CopyResult:
    """Copy a store into another, or catch up with it.

    Records, counters, the log and the outbox are copied; the source is only read. You can stop it
    and run it again, also while the source is used: each pass writes what is different.

    To move, make passes while your processes work on the source. Then stop them, make a last pass, and
    start them on the target, with new dispatchers: ids of events and versions of records are not those of
    the source, so nothing that was read before is of use there. Trim neither store between passes.

    Args:
        source: The store that is read.
        target: An empty store, or one that this source was copied into and nobody has used since.
        onces: Your own once-keys to copy; a store cannot list them, and leadroute keeps none. They have no date in
            the target, so they are never trimmed.

    Raises:
        ConfigError: Both are one store, the target holds what the source does not have, or the source was trimmed.

    Example:
        >>> from leadroute.stores import MemoryStore
        >>> old, new = MemoryStore(), MemoryStore()
        >>> _ = old.commit(Change("c-1", (Put("placement/L-1", "{}", 0), Add("rep/open/ada", 1))))
        >>> copy_store(old, new)
        CopyResult(records=1, counters=1, events=0)
        >>> copy_store(old, new)
        CopyResult(records=0, counters=0, events=0)
    """
    must_be(Store, source=source, target=target)
    for store in (source, target):
        if is_async(store):
            kind = type(store).__name__
            raise ConfigError(f"{kind} is an async store; give one whose calls block")
    work = _Copying(source, target)
    work.refuse_other_events()
    work.refuse_other_leads()
    try:
        work.begin()
        events, records = work.events(), work.records()
        records += work.removed() + work.onces(onces)
        copied = CopyResult(records, work.counters(), events)
    except BaseException:
        with suppress(LeadrouteError):
            work.end()
        raise
    work.finish()
    return copied


class _Copying:
    """The steps of one pass."""

    def __init__(self, source: Store, target: Store) -> None:
        self.source, self.target = source, target
        self._dead: set[str] = set()
        # Inside a transaction of the host, reading again shows the same.
        self._pauses = () if getattr(target, "is_bound", False) else _PAUSES

    def _settled(self, step: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """Take a step that can be taken again, until nothing stands in its way."""
        for pause in self._pauses:
            try:
                return step(*given, **named)
            except (ConflictError, TransientError, UnknownOutcomeError):
                sleep(pause)
        return step(*given, **named)

    def _in_all(self, step: Callable[[list[T]], int], pages: Iterable[list[T]]) -> int:
        return sum(self._settled(step, page) for page in pages)

    def _logged(self, store: Store) -> Iterator[list[Event]]:
        page = self._settled(store.events, limit=_PAGE)
        while page:
            yield page
            page = self._settled(store.events, after=page[-1].id, limit=_PAGE)

    def _recorded(self, store: Store) -> Iterator[list[Record]]:
        page = self._settled(store.find, limit=_PAGE)
        while page:
            yield page
            page = self._settled(store.find, after=page[-1], limit=_PAGE)

    def refuse_other_events(self) -> None:
        """Refuse a target with an event that is not in the source."""
        for page in self._logged(self.target):
            beside = self._settled(_beside, self.source, page)
            for event in page:
                if not _is_same_event(event, beside.get((event.lead, event.n))):
                    problem = (
                        f"event {event.n} of {event.lead!r} is in the target and not in the source"
                    )
                    reason = "the target was used, or the source trimmed, since the last copy"
                    raise ConfigError(f"{problem}: {reason}; {_EMPTY}")

    def refuse_other_leads(self) -> None:
        """Refuse a target with a lead that is not in the source."""
        others = list[str]()
        for page in self._recorded(self.target):
            keys = [record.key for record in page if record.key.startswith(placement_key(""))]
            known = self._settled(self.source.get, keys)
            others += [parts(key)[1] for key in keys if key not in known]
        if others:
            problem = f"the target holds leads that the source does not have: {some_of(others)}"
            raise ConfigError(f"{problem}; {_EMPTY}")

    def begin(self) -> None:
        """Mark the target, and refuse it when that shows in the source."""
        mark = urandom(16).hex()
        self._settled(lambda: self.target.commit(Change(_MARK, (self._marked(mark),))))
        shown = self._settled(self.source.get, [_MARK]).get(_MARK)
        if shown is not None and shown.data == mark:
            raise ConfigError("source and target are one store; name another target")

    def _marked(self, data: str = "") -> Put:
        before = self.target.get([_MARK]).get(_MARK)
        return Put(_MARK, data, 0 if before is None else before.version)

    def end(self) -> None:
        """Take the mark away."""
        for record in self.target.get([_MARK]).values():
            self.target.commit(Change(_MARK, (Drop(_MARK, record.version),)))

    def finish(self) -> None:
        """Take the mark away, until nothing stands in its way."""
        self._settled(self.end)

    def events(self) -> int:
        """Copy the log, in its order, and how each event stands in the outbox."""
        return self._in_all(self._page_of_log, self._logged(self.source))

    def _page_of_log(self, page: list[Event]) -> int:
        there = _beside(self.target, page)
        missing = [event for event in page if (event.lead, event.n) not in there]
        for name, events in groupby(missing, key=lambda event: event.change):
            self.target.commit(Change(name, [_emit(event) for event in events]))
        # What was emitted just now stands as it should, unless its delivery was put off.
        there |= _beside(self.target, [event for event in missing if not _is_as_emitted(event)])
        moved = {
            event: op
            for event in page
            if (known := there.get((event.lead, event.n))) and (op := _delivery(event, known))
        }
        if moved:
            self.target.commit(Change(_MARK, moved.values()))
        return len({*missing, *moved})

    def records(self) -> int:
        """Copy the records."""
        return self._in_all(self._page_of_records, self._recorded(self.source))

    def _page_of_records(self, page: list[Record]) -> int:
        wanted = [*filter(None, map(self._renamed, page))]
        there = self.target.get([record.key for record in wanted])
        new = [record for record in wanted if not _is_same_record(record, there.get(record.key))]
        anew = [there.pop(each.key) for each in new if each.version == 1 and each.key in there]
        if anew:
            self.target.commit(Change(_MARK, [Drop(each.key, each.version) for each in anew]))
        if new:
            self.target.commit(
                Change(_MARK, [_put(record, there.get(record.key)) for record in new])
            )
        return len(new)

    def _renamed(self, record: Record) -> Record | None:
        """The record as the target has it; ``None`` where it has none, or not yet."""
        if record.key == _MARK:
            return None
        if record.status != DEAD:
            return record
        told = json.loads(record.data)
        lead, n = told["lead"], told["n"]
        found = self.target.events(lead=lead, after=n - 1, limit=1)
        if not found or found[0].n != n:
            return None
        moved = evolve(record, key=dead_key(found[0].id))
        self._dead.add(moved.key)
        return moved

    def removed(self) -> int:
        """Remove the records that the source does not have."""
        return self._in_all(self._page_of_others, self._recorded(self.target))

    def _page_of_others(self, page: list[Record]) -> int:
        known = {*self.source.get([each.key for each in page if each.status != DEAD]), *self._dead}
        others = [each.key for each in page if each.key not in known and each.key != _MARK]
        drops = [Drop(each.key, each.version) for each in self.target.get(others).values()]
        if drops:
            self.target.commit(Change(_MARK, drops))
        return len(drops)

    def onces(self, keys: Iterable[str]) -> int:
        """Copy once-keys."""
        wanted = [ONCE + key for key in keys]
        return self._settled(self._page_of_onces, wanted) if wanted else 0

    def _page_of_onces(self, keys: list[str]) -> int:
        there = self.target.get(keys)
        missing = [each for key, each in self.source.get(keys).items() if key not in there]
        ops = [Once(each.key.removeprefix(ONCE), each.data, each.fingerprint) for each in missing]
        if ops:
            self.target.commit(Change(_MARK, ops))
        return len(ops)

    def counters(self) -> int:
        """Set the counters, each by what it lacks; the mark shows that it was done."""
        stand = self._settled(self.source.counts, prefix="")
        there = self._settled(self.target.counts, prefix="")
        keys = [key for key in sorted({*stand, *there}) if stand.get(key) != there.get(key)]
        batches = [keys[first : first + _PAGE] for first in range(0, len(keys), _PAGE)]
        return self._in_all(self._page_of_counters, batches)

    def _page_of_counters(self, keys: list[str]) -> int:
        mark = self._marked()  # so an answer that was lost cannot be done twice
        stand, there = self.source.counts(keys), self.target.counts(keys)
        lack = {key: stand.get(key, 0) - there.get(key, 0) for key in keys}
        ops = [Add(key, delta, lo=None) for key, delta in lack.items() if delta]
        if ops:
            self.target.commit(Change(_MARK, (mark, *ops)))
        return len(ops)


def _beside(store: Store, page: Iterable[Event]) -> dict[tuple[str, int], Event]:
    """The events in a store at the places of a page."""
    places: dict[str, list[int]] = {}
    for event in page:
        places.setdefault(event.lead, []).append(event.n)
    found: dict[tuple[str, int], Event] = {}
    for lead, numbers in places.items():
        first, last = min(numbers), max(numbers)
        while first <= last:
            events = store.events(lead=lead, after=first - 1, limit=min(last - first + 1, _PAGE))
            found |= {(event.lead, event.n): event for event in events}
            first = events[-1].n + 1 if events else last + 1
    return found


def _is_same_event(one: Event, other: Event | None) -> bool:
    def told(event: Event) -> tuple[object, ...]:
        return event.lead, event.n, event.type, event.data, event.at, event.change

    return other is not None and told(one) == told(other)


def _is_as_emitted(event: Event) -> bool:
    """Whether an event stands in the outbox as its emission puts it there, or not at all."""
    return event.delivered or (event.until, event.attempts, event.error) == (
        min(event.at, 0),
        0,
        "",
    )


def _emit(event: Event) -> Emit:
    told = event.lead, event.n, event.type, event.data, event.at
    return Emit(*told, deliver=not event.delivered)


def _delivery(event: Event, there: Event) -> Op | None:
    """What makes an event of the target stand in the outbox as it does in the source."""
    stands = event.until, event.attempts, event.error
    if stands == (there.until, there.attempts, there.error):
        return None
    if event.attempts is None:
        return Ack(there.id)
    if there.attempts is None:
        problem = (
            f"event {event.n} of {event.lead!r} waits in the source and was delivered in the target"
        )
        raise ConfigError(f"{problem}, which was used since the last copy; {_EMPTY}")
    return Defer(there.id, event.until, event.attempts, event.error)


def _is_same_record(record: Record, there: Record | None) -> bool:
    """Whether a record is there with all that it says, at a version that guards may expect."""
    if there is None or (record.version == 1 != there.version):
        return False
    return evolve(there, version=record.version) == record


def _put(record: Record, there: Record | None) -> Put:
    expect = 0 if there is None else there.version
    return Put(record.key, record.data, expect, record.status, record.owner, record.due)
