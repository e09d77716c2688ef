"""The same changes in memory and in SQLite: equal answers and an equal state, always."""

from hypothesis import given
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
    ordered,
)
from leadroute.testing.contract.queries import Contract
from tests.profiles import examples
from tests.stores.places import memory, sqlite

keys = st.sampled_from(["a", "A", "a ", "é", "'", "\U0001f600"])
versions = st.integers(0, 3)
small = st.integers(-3, 3)
bounds = st.none() | st.integers(-4, 4)
times = st.none() | st.integers(-2, 2)
data = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=["\0"]), max_size=5)
operations = st.one_of(
    st.builds(Once, keys, data, data),
    st.builds(Check, keys, versions),
    st.builds(Put, keys, data, versions, st.sampled_from("st"), st.sampled_from("op"), times),
    st.builds(Drop, keys, st.integers(1, 3)),
    st.builds(Ack, st.integers(1, 6)),
    st.builds(Defer, st.integers(1, 6), times, versions, data),
    st.builds(Add, keys, small, bounds, bounds),
    st.builds(Raise, keys, small),
    st.builds(Emit, keys, st.integers(1, 4), keys, data, small, st.booleans()),
)


def _once_each(ops):
    kept = []
    for op in ops:
        try:
            Change("c", (*kept, op))
        except ValueError:
            continue
        kept.append(op)
    return tuple(kept)


changes = st.lists(operations, max_size=5).map(_once_each)
steps = st.lists(changes | st.integers(-2, 3), min_size=1, max_size=12)


def _answer(store, number, step):
    if isinstance(step, int):
        return store.trim(step, limit=number)
    try:
        return dict(store.commit(Change(f"c{number}", step)))
    except ConflictError as conflict:
        return (conflict.kind, conflict.key, conflict.current)


def _pages(store, **sought):
    """Every page of two, and what comes behind a mark that is no record's."""
    found = []
    while page := store.find(after=found[-1] if found else None, limit=2, **sought):
        found += page
    assert found == store.find(**sought)
    marks = [Record(key, 1, "", due=due) for key in ("A", "\U0010ffff") for due in (0, None)]
    return found, [store.find(after=mark, **sought) for mark in marks]


def _seen(store):
    onces = [f"once/{key}" for key in ("a", "A", "a ", "é", "'", "\U0001f600")]
    return (
        Contract(store).state(),
        store.get(onces),
        [store.find(status=s, owner=o, upto=0, limit=3) for s in "st" for o in "op"],
        [store.find(owner=o) for o in "op"],
        [
            store.find(status=["s", "t"], owner=o, first=n)
            for o in (None, "o")
            for n in (None, 1, 2)
        ],
        store.find(status=["t", "u"], upto=0, first=1),
        _pages(store, upto=1),
        _pages(store, status=["s", "t"]),
        _pages(store, status=["s", "t"], first=2),
        _pages(store, status=["s", "t"], owner="p", first=1, upto=1),
        [store.events(pending_at=at, limit=3) for at in (-1, 0, 1)],
        [store.events(lead=lead, pending_at=0) for lead in ("a", "A")],
        store.counts(["A", "a "]),
        store.counts(prefix="a"),
    )


@examples(500)
@given(steps)
def test_memory_and_sqlite_cannot_be_told_apart(steps):
    """Any changes and trims, in any order, give the same answers and leave the same state."""
    with memory() as model, sqlite() as store:
        for number, step in enumerate(steps, 1):
            assert _answer(store, number, step) == _answer(model, number, step)
            assert _seen(store) == _seen(model)


@given(changes)
def test_order_never_depends_on_the_order_given(ops):
    """A change and the same change with its kinds turned round do the same."""
    turned = Change("c", sorted(ops, key=lambda op: type(op).__name__))
    assert sorted(map(repr, ordered(turned))) == sorted(map(repr, ordered(Change("c", ops))))
    with memory() as one, memory() as two:
        assert _answer(one, 1, ops) == _answer(two, 1, turned.ops)
        assert Contract(one).state() == Contract(two).state()
