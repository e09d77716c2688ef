"""What a commit promises: each guard, the order of operations, and all or nothing."""

from __future__ import annotations

from leadroute.offers.change import (
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Once,
    Op,
    Put,
    Raise,
    Record,
)
from leadroute.offers.store import Store
from leadroute.testing.contract.asking import (
    Promise,
    Promises,
    done,
    emitted,
    put,
    refused,
    same,
    state,
)

__all__ = ["promise"]

promise = Promises()


@promise
def once_keeps_its_value(store: Store) -> None:
    """A once-key reads back with its value and fingerprint."""
    done(store, Once("k", "L-1", "abc"))
    same(store.get(["once/k"]), {"once/k": Record("once/k", 1, "L-1", fingerprint="abc")})


@promise
def once_happens_once(store: Store) -> None:
    """A second change under the same once-key is refused with the first one's value."""
    done(store, Once("k", "L-1", "abc"), Add("a", 1))
    refused(store, Once("k", "L-2", "xyz"), Add("a", 1), kind="duplicate", key="k", current="L-1")


@promise
def once_is_not_kept_by_a_refused_change(store: Store) -> None:
    """A refused change does not use up its once-key."""
    refused(store, Once("k"), Check("r", 1), kind="version", key="r", current=0)
    done(store, Once("k"))


@promise
def once_and_record_are_apart(store: Store) -> None:
    """A once-key and a record may have the same name."""
    done(store, Once("k", "value"), put("k", data="data"))
    same([r.data for r in store.get(["k", "once/k"]).values()], ["data", "value"])


@promise
def check_passes_on_the_version(store: Store) -> None:
    """Check lets a change through at exactly the version."""
    done(store, put("r"))
    same(done(store, Check("r", 1), Add("a", 1)), {"a": 1})


@promise
def check_refuses_another_version(store: Store) -> None:
    """Check refuses an older and a newer version, and says which it found."""
    done(store, put("r"))
    done(store, put("r", 1))
    refused(store, Check("r", 1), Add("a", 1), kind="version", key="r", current=2)
    refused(store, Check("r", 3), Add("a", 1), kind="version", key="r", current=2)


@promise
def check_zero_means_absent(store: Store) -> None:
    """Check of version 0 passes while the record is absent, and refuses once it is there."""
    done(store, Check("r", 0), Add("a", 1))
    done(store, put("r"))
    refused(store, Check("r", 0), kind="version", key="r", current=1)


@promise
def check_of_an_absent_record(store: Store) -> None:
    """Check of a version refuses an absent record as version 0."""
    refused(store, Check("r", 1), kind="version", key="r", current=0)


@promise
def check_does_not_write(store: Store) -> None:
    """Check leaves the version as it is."""
    done(store, put("r"))
    done(store, Check("r", 1))
    same(store.get(["r"])["r"].version, 1)


@promise
def check_goes_with_put(store: Store) -> None:
    """A record may be checked and put by one change; the check sees it as it was before."""
    done(store, put("r"))
    done(store, put("r", 1), Check("r", 1))
    same(store.get(["r"])["r"].version, 2)


@promise
def put_creates(store: Store) -> None:
    """Put at version 0 creates a record at version 1 with every column."""
    done(store, Put("r", "data", 0, "offered", "ada", 7))
    same(store.get(["r"]), {"r": Record("r", 1, "data", "offered", "ada", 7)})


@promise
def put_does_not_create_twice(store: Store) -> None:
    """Put at version 0 refuses a record that is there."""
    done(store, put("r"))
    refused(store, put("r", data="new"), kind="version", key="r", current=1)


@promise
def put_replaces_every_column(store: Store) -> None:
    """Put leaves nothing of the version before."""
    done(store, Put("r", "old", 0, "offered", "ada", 7))
    done(store, Put("r", "new", 1))
    same(store.get(["r"]), {"r": Record("r", 2, "new")})


@promise
def put_counts_versions(store: Store) -> None:
    """Each Put makes the version one more."""
    for expect in range(5):
        done(store, put("r", expect))
    same(store.get(["r"])["r"].version, 5)


@promise
def put_refuses_a_stale_version(store: Store) -> None:
    """Put refuses a version that is not the latest, and says which is."""
    done(store, put("r"))
    done(store, put("r", 1))
    refused(store, put("r", 1, "late"), kind="version", key="r", current=2)
    refused(store, put("r", 3, "early"), kind="version", key="r", current=2)


@promise
def put_refuses_an_absent_record(store: Store) -> None:
    """Put at a version refuses an absent record as version 0."""
    refused(store, put("r", 1), kind="version", key="r", current=0)


@promise
def drop_deletes(store: Store) -> None:
    """Drop at the version deletes the record."""
    done(store, put("r", status="offered", owner="ada"))
    done(store, Drop("r", 1))
    same(state(store), ([], {}, [], {}))


@promise
def drop_refuses_a_stale_version(store: Store) -> None:
    """Drop refuses a version that is not the latest."""
    done(store, put("r"))
    done(store, put("r", 1))
    refused(store, Drop("r", 1), kind="version", key="r", current=2)


@promise
def drop_refuses_an_absent_record(store: Store) -> None:
    """Drop refuses an absent record as version 0."""
    refused(store, Drop("r", 1), kind="version", key="r", current=0)


@promise
def dropped_records_start_again(store: Store) -> None:
    """A dropped record can be created again, at version 1."""
    done(store, put("r"))
    done(store, Drop("r", 1))
    done(store, put("r", data="again"))
    same(store.get(["r"])["r"], Record("r", 1, "again"))


@promise
def empty_changes_are_allowed(store: Store) -> None:
    """A change without operations does nothing."""
    same(done(store), {})
    same(state(store), ([], {}, [], {}))


@promise
def emit_keeps_everything(store: Store) -> None:
    """An event reads back as it was emitted, with the id of its change."""
    store.commit(Change("change-x", (Emit("L", 1, "offered", '{"rep": "ada"}', 5),)))
    (event,) = store.events()
    found = (event.lead, event.n, event.type, event.data, event.at, event.change)
    same(found, ("L", 1, "offered", '{"rep": "ada"}', 5, "change-x"))


@promise
def emit_takes_a_position_once(store: Store) -> None:
    """A position in a lead's log is taken once; the refusal says how far the log is."""
    done(store, emitted("L", 1), emitted("L", 2))
    refused(store, emitted("L", 1), kind="version", key="L", current=2)


@promise
def emit_keeps_leads_apart(store: Store) -> None:
    """Every lead has its own numbers."""
    done(store, emitted("L", 1), emitted("M", 1))
    same([(e.lead, e.n) for e in store.events()], [("L", 1), ("M", 1)])


@promise
def emit_follows_lead_and_number(store: Store) -> None:
    """The events of one change are logged by lead and number, whatever order they were given in."""
    done(store, emitted("M", 2), emitted("L", 2), emitted("M", 1), emitted("L", 1))
    logged = [(e.lead, e.n) for e in store.events()]
    same(logged, [("L", 1), ("L", 2), ("M", 1), ("M", 2)])


@promise
def a_repeated_change_is_recognised(store: Store) -> None:
    """After a lost answer the change's own id stands at its position, and the repeat is refused."""
    change = Change("mine", (put("r"), emitted("L", 1)))
    store.commit(change)
    refused(store, *change.ops, kind="version", key="r", current=1)
    same([event.change for event in store.events(lead="L")], ["mine"])


@promise
def a_refused_change_can_follow_another(store: Store) -> None:
    """A refusal does not stand in the way of the next change."""
    done(store, Add("a", 1, hi=1))
    refused(store, Add("a", 1, hi=1), kind="limit", key="a", current=1)
    same(done(store, Add("a", -1), put("r")), {"a": 0})


def _prepared(store: Store) -> int:
    """A store in which every operation has something to work on; returns an event in the outbox."""
    done(store, Once("seen", "before"), Add("full", 1), Add("open", 1))
    done(store, *(put(f"record/{name}") for name in "abcde"))
    done(store, emitted("old", 1), emitted("old", 2))
    return store.events(lead="old")[0].id


def _fine(event: int) -> list[Op]:
    """One operation of every kind that nothing stands against, in canonical order."""
    return [
        Once("new"),
        Check("record/a", 1),
        put("record/b", 1),
        Drop("record/c", 1),
        Ack(event),
        Defer(event + 1, 9, 1, "later"),
        Add("open", 1),
        Raise("last", 9),
        emitted("lead", 1),
    ]


_Failing = tuple[str, Op, str, str, int | str | None]
_FAILING: list[_Failing] = [
    ("once", Once("seen"), "duplicate", "seen", "before"),
    ("check", Check("record/d", 7), "version", "record/d", 1),
    ("put", put("record/d", 7), "version", "record/d", 1),
    ("drop", Drop("record/e", 7), "version", "record/e", 1),
    ("ack", Ack(10**6), "gone", str(10**6), None),
    ("defer", Defer(10**6 + 1, 1, 1, ""), "gone", str(10**6 + 1), None),
    ("add", Add("full", 1, hi=1), "limit", "full", 1),
    ("emit", emitted("old", 2), "version", "old", 2),
]


def _undoing(op: Op, kind: str, key: str, current: int | str | None) -> Promise:
    def promised(store: Store) -> None:
        """A refused operation undoes all the others, those before it and those after it."""
        others = _fine(_prepared(store))
        refused(store, *others, op, kind=kind, key=key, current=current)
        same(store.get(["once/new"]), {})
        done(store, *others)

    return promised


def _first(position: int) -> Promise:
    def promised(store: Store) -> None:
        """Of several refused operations the first in canonical order is reported."""
        _prepared(store)
        _, _, kind, key, current = _FAILING[position]
        ops = [op for _, op, *_ in _FAILING[position:]]
        refused(store, *ops, kind=kind, key=key, current=current)
        refused(store, *reversed(ops), kind=kind, key=key, current=current)

    return promised


for _position, (_name, _op, _kind, _key, _current) in enumerate(_FAILING):
    for _promised, _title in (
        (_undoing(_op, _kind, _key, _current), f"a_refused_{_name}_undoes_everything"),
        (_first(_position), f"a_refused_{_name}_is_reported_first"),
    ):
        _promised.__name__ = _title
        promise(_promised)


@promise
def first_key_is_reported(store: Store) -> None:
    """Of several refused operations of one kind, the one with the least key is reported."""
    done(store, Add("a", 1), Add("b", 1), put("r"), put("s"))
    full_a, full_b = Add("a", 1, hi=1), Add("b", 1, hi=1)
    refused(store, full_b, full_a, kind="limit", key="a", current=1)
    refused(store, put("s"), Drop("r", 5), kind="version", key="r", current=1)
    refused(store, Ack(12), Defer(11, 1, 1, ""), kind="gone", key="11")
