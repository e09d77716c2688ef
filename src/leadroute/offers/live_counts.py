"""Counters that a process keeps in step with the log, so that a large pool is not read for each lead."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Final

from leadroute.errors import ConfigError, ConflictError
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    REP_COUNTERS,
    holder_of,
    is_kept_by_rep,
    is_total_key,
    order_key,
    resting_key,
)
from leadroute.model.validation import must_be
from leadroute.offers import requests
from leadroute.offers.change import Event
from leadroute.offers.requests import PAGE, Steps
from leadroute.offers.store import AsyncStore, Store

_AGAIN: Final = 1.0
"""The log of the last minute is read again at most so often, in seconds."""

_LATE: Final = 60.0
"""How many seconds after a higher id a change may still be committed."""

_RELOAD: Final = 300.0
"""After so many seconds all counters are read again, whatever the log says."""

_EVERYBODY: Final = "/"
"""Under which the counters of all reps together are found, beside those of a rep of this name."""

_PREFIXES: Final = ("rep/", "segment/", "cap/", "total/")
_OTHERS: Final = (order_key(), resting_key())


class LiveCounts:
    """Counters of all reps in step with the log of a store.

    Make one for each process and hand it to its dispatchers. Each decision reads the newest events
    and the counters of the reps that they name; a pool of any size costs the same. What is a moment
    old is allowed: the limits of a change are checked by the store, and a rep who is full after all
    is left out by the decision that follows.

    Args:
        store: The store of the dispatchers, or the one that they bind to a transaction.
        seconds: A clock that never goes back; ``time.monotonic`` by default.

    Raises:
        FieldTypeError: It is no store.

    Example:
        >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
        >>> from leadroute.stores import MemoryStore
        >>> store = MemoryStore()
        >>> counts = LiveCounts(store)
        >>> team = [Rep("ada", capacity=1), Rep("bob", capacity=1)]
        >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), team, store, counts=counts)
        >>> [dispatcher.submit(Lead(lead_id)).rep_id for lead_id in ("L-1", "L-2")]
        ['ada', 'bob']
    """

    def __init__(
        self, store: Store | AsyncStore, *, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        must_be(Store, store=store)
        self.store = store
        self.known: dict[str, int] = {}
        self._keys_of: dict[str, set[str]] = {}
        self._seconds = seconds
        self._newest = 0
        self._seen: dict[int, float] = {}
        self._marks: deque[tuple[float, int]] = deque()
        self._read_again = self._reloaded = self._in_step = float("-inf")

    def __repr__(self) -> str:
        return f"<LiveCounts with {len(self.known)} counters>"

    def step(self, at: datetime) -> Steps[None]:
        """Read the newest events, or all counters after a pause.

        Args:
            at: The instant of the decision.
        """
        now = self._seconds()
        if now - self._in_step > _LATE or now - self._reloaded >= _RELOAD:
            yield from self._reload(now, at)
        else:
            after = self._newest
            if now - self._read_again >= _AGAIN:
                after, self._read_again = self._a_minute_ago(now), now
            yield from self._follow(after, now)
        self._in_step = now

    def correct(self, error: ConflictError) -> None:
        """Take what a limit conflict said of a counter."""
        if error.kind == "limit" and type(error.current) is int:
            self._set(error.key, error.current)

    def _reload(self, now: float, at: datetime) -> Steps[None]:
        """Read all counters. Events that come meanwhile, or late, are read by the next steps."""
        minute_ago = to_micros(at) - round(_LATE * 1_000_000)
        self._newest = yield from requests.newest_event(minute_ago)
        self._marks = deque([(now, self._newest)])
        self._seen.clear()
        found = dict[str, int]()
        for prefix in _PREFIXES:
            found |= yield from requests.counts(prefix=prefix)
        found |= yield from requests.counts(_OTHERS)
        keys_of = dict[str, set[str]]()
        for name in found:
            if whose := _whose(name):
                keys_of.setdefault(whose, set()).add(name)
        self.known, self._keys_of, self._reloaded = found, keys_of, now

    def _a_minute_ago(self, now: float) -> int:
        """The id that was the newest a minute ago: a change with a higher one may have come late."""
        marks = self._marks
        while len(marks) > 1 and marks[1][0] <= now - _LATE:
            marks.popleft()
        for event_id in [each for each, at in self._seen.items() if at <= now - 2 * _LATE]:
            del self._seen[event_id]
        return marks[0][1]

    def _follow(self, after: int, now: float) -> Steps[None]:
        """Read the counters that events behind an id may have moved."""
        new: list[Event] = []
        while True:
            page = yield from requests.events(after=after, limit=PAGE)
            new += [event for event in page if event.id not in self._seen]
            after = page[-1].id if page else after
            if len(page) < PAGE:
                break
        if not new:
            return
        keys = self._moved_by(new)
        found = yield from requests.counts(keys)
        for name in keys:
            self._set(name, found.get(name, 0))
        self._seen.update(dict.fromkeys([event.id for event in new], now))
        if after > self._newest:
            self._newest = after
            self._marks.append((now, after))

    def _moved_by(self, events: Sequence[Event]) -> list[str]:
        """The counters that events may have moved: all of the reps that they name."""
        reps, keys = dict[str, None](), dict.fromkeys(_OTHERS)
        for event in events:
            told = json.loads(event.data)
            reps.update(dict.fromkeys([told["rep_id"]] if "rep_id" in told else []))
            reps.update(dict.fromkeys(told.get("taken_from", ())))
            keys.update(dict.fromkeys(told.get("reservations", ())))
            keys.update(dict.fromkeys(_repaired(told.get("discrepancies", ()))))
        keys.update(dict.fromkeys(self._keys_of.get(_EVERYBODY, ())))
        for rep_id in reps:
            keys.update(dict.fromkeys([key_of(rep_id) for key_of in REP_COUNTERS]))
            keys.update(dict.fromkeys(self._keys_of.get(rep_id, ())))
        return list(keys)

    def _set(self, name: str, count: int) -> None:
        self.known[name] = count
        if whose := _whose(name):
            self._keys_of.setdefault(whose, set()).add(name)


def _whose(name: str) -> str:
    """The rep of whom a counter counts something; all of them have the same totals."""
    if is_kept_by_rep(name):
        return holder_of(name)
    return _EVERYBODY if is_total_key(name) else ""


def _repaired(told: Iterable[str]) -> list[str]:
    """The counters that an audit has mended."""
    return [each.removeprefix("counter ") for each in told if each.startswith("counter ")]


def counts_of(store: object, given: object) -> None:
    """Refuse counts that are not kept of a store, or of the one that it is bound to."""
    if given is None:
        return
    if not isinstance(given, LiveCounts):
        raise ConfigError(f"counts is {given!r:.60}; give LiveCounts(store)")
    if given.store is not store and not getattr(store, "is_bound", False):
        raise ConfigError("counts are kept of another store; make LiveCounts of this one")
