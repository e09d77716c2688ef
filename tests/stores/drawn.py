"""Drawn changes that mostly go through, and all that can be seen of a store afterwards.

An operation is drawn before anybody knows what the store will hold. ``NOW`` and what follows it stand for the version,
number, sum or entry that holds when the change is made, and ``Latest`` puts that in. What is drawn as it stands mostly
meets a conflict: about every third change does.
"""

from collections import defaultdict
from itertools import chain

from attrs import evolve
from hypothesis import strategies as st

from leadroute.errors import ConflictError
from leadroute.offers.change import (
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Once,
    Put,
    Raise,
    Record,
)
from leadroute.testing.contract.common import Contract, shown

NOW = 50
KEYS = ("a", "A", "a ", "é", "'", "\U0001f600")

keys = st.sampled_from(KEYS)
counters = st.sampled_from(["a", "a", "A", "a ", "é"])
leads = st.sampled_from(["a", "a", "A"])
versions = st.sampled_from([*[NOW] * 24, 0, 1, 2])
positions = st.sampled_from([*[NOW] * 6, *[NOW + 1] * 6, *[NOW + 2] * 6, 1, 1, 2])
"""The next position in the log of a lead, the one after it, or the first that is free."""
entries = st.sampled_from([*[NOW, NOW + 1, NOW + 2] * 4, 1])
"""One of the events in the outbox."""
deltas = st.sampled_from([NOW, NOW, 1, 2, 3, -1, -2, 0])
"""What brings a counter back to 0, or a number."""
trims = st.integers(0, 3)
small = st.integers(-3, 3)
times = st.none() | st.integers(-2, 2)
data = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\0"]), max_size=3)
lows = st.sampled_from([None, None, 0, 0, -1, -3, 0, None, 1])
"""The least that a sum may be, less the sum."""
highs = lows.map(lambda low: low and -low)
puts = st.builds(Put, keys, data, versions, st.sampled_from("st"), st.sampled_from("op"), times)
drops = st.builds(Drop, keys, st.sampled_from([NOW, NOW, NOW, 1, 2]))
emits = st.builds(Emit, leads, positions, keys, data, st.integers(-1, 2), st.booleans())
onces = st.builds(Once, keys, data, data)
adds = st.builds(Add, counters, deltas, lows, highs)
raises = st.builds(Raise, counters, small)
others = (
    *(onces, drops, raises),
    st.builds(Check, keys, versions),
    st.builds(Ack, entries),
    st.builds(Defer, entries, times, st.integers(0, 3), data),
)
chosen = st.sampled_from([*[puts] * 4, *[emits] * 3, *[adds] * 2, *others, *others[-2:]])
mixed = st.lists(chosen.flatmap(lambda operations: operations), min_size=1, max_size=6)
dated = st.tuples(onces, onces, emits, emits)
counted = st.tuples(adds, raises, adds, adds)
changes = st.sampled_from([*[mixed] * 4, dated, counted]).flatmap(lambda kind: kind)
steps = st.lists(
    st.integers(0, 5).flatmap(lambda n: changes if n else trims),
    min_size=6,
    max_size=14,
)
"""Changes, and instants before which the store is trimmed."""


class Latest:
    """What a store holds, for the operations of one change; each sees those before it."""

    def __init__(self, records=(), counters=(), events=(), _onces=()):
        self.versions = {record.key: record.version for record in records}
        self.counters = dict(counters)
        self.logs = defaultdict(set)
        for event in events:
            self.logs[event.lead].add(event.n)
        self.waiting = [event.id for event in events if not event.delivered]

    def change(self, name, ops):
        """The change of the drawn operations, without what it would write twice or is not there."""
        kept = []
        for op in filter(None, map(self._now, ops)):
            try:
                Change(name, shown((*kept, op), name))
            except ValueError:
                continue
            kept.append(op)
        return Change(name, shown(kept, name))

    def _now(self, op):
        """The operation as it is done now; ``None`` where there is nothing to do it to."""
        if isinstance(op, Put | Check | Drop):
            name = "version" if isinstance(op, Check) else "expect"
            version = self.versions.get(op.key, 0)
            if getattr(op, name) == NOW:
                op = None if isinstance(op, Drop) and not version else evolve(op, **{name: version})
        elif isinstance(op, Add):
            op = self._added(op)
        elif isinstance(op, Emit):
            op = self._next(op)
        elif isinstance(op, Ack | Defer) and op.id >= NOW:
            op = self.waiting and evolve(op, id=self.waiting[op.id % len(self.waiting)])
        return op

    def _added(self, op):
        before = self.counters.get(op.key, 0)
        delta = -before if op.delta == NOW else op.delta
        found = self.counters[op.key] = before + delta
        bounds = {"lo": op.lo, "hi": op.hi}
        near = {name: by if by is None else found + by for name, by in bounds.items()}
        return evolve(op, delta=delta, **near)

    def _next(self, op):
        log = self.logs[op.lead]
        last = max(log, default=0)
        free = min({*range(1, last + 2)} - log)
        n = {NOW: last + 1, NOW + 1: last + 2, NOW + 2: free}.get(op.n, op.n)
        log.add(n)
        return evolve(op, n=n)


def answer(store, step, most):
    """What a store says to a change, or to the instant before which it trims so many entries."""
    if isinstance(step, int):
        return store.trim(step, limit=most)
    try:
        return store.commit(step)
    except ConflictError as conflict:
        return (conflict.kind, conflict.key, conflict.current)


def pages(store, **sought):
    """Every page of two, and what comes behind a mark that is no record's."""
    found, last = [], None
    while len(found) < len(KEYS) and (page := store.find(after=last, limit=2, **sought)):
        found.append(page)
        last = page[-1]
    if "first" not in sought:  # which counts behind the mark, so that each page has its own
        assert [*chain(*found)] == store.find(**sought)
    marks = [Record(key, 1, "", due=due) for key in ("A", "\U0010ffff") for due in (0, None)]
    return found, [store.find(after=mark, **sought) for mark in marks]


def seen(store):
    """All that can be seen of a store, what it holds first, and the answers to many questions."""
    return (
        Contract(store).state(*KEYS),
        [store.find(status=s, owner=o, upto=0, limit=3) for s in "st" for o in "op"],
        [store.find(owner=o) for o in "op"],
        [
            store.find(status=["s", "t"], owner=o, first=n)
            for o in (None, "o")
            for n in (None, 1, 2)
        ],
        store.find(status=["t", "u"], upto=0, first=1),
        pages(store, upto=1),
        pages(store, status=["s", "t"]),
        pages(store, status=["s", "t"], first=2),
        pages(store, status=["s", "t"], owner="p", first=1, upto=1),
        [store.events(pending_at=at, limit=3) for at in (-1, 0, 1)],
        [store.events(lead=lead, pending_at=0) for lead in ("a", "A")],
        [store.events(lead="a", after=n, limit=2) for n in (0, 2)],
        store.counts(["a ", "A", "é"]),
        store.counts(prefix="a"),
        [store.counts(after=mark, limit=most) for mark in ("", "A", "a") for most in (1, 2)],
        store.counts(prefix="a", after="a", limit=1),
    )


def followed(store, drawn):
    """Do the drawn steps; after each, its form at that time, the answer, and all that can be seen."""
    latest = seen(store)
    for number, given in enumerate(drawn, 1):
        trims_now = isinstance(given, int)
        step = given if trims_now else Latest(*latest[0]).change(f"c{number}", given)
        most = number % 3
        said, latest = answer(store, step, most), seen(store)
        yield step, most, said, latest
