"""What the outbox, the trimming and many threads promise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from leadroute.errors import ConflictError
from leadroute.offers.change import Ack, Add, Defer, Emit, Event, Once, Raise
from leadroute.offers.store import Store
from leadroute.testing.contract.asking import (
    Promises,
    done,
    emitted,
    put,
    refused,
    same,
    state,
    together,
)

__all__ = ["promise"]

promise = Promises()


def _event(store: Store, lead: str = "L", n: int = 1, at: int = 0) -> Event:
    done(store, emitted(lead, n, at))
    return store.events(lead=lead)[-1]


@promise
def events_wait_until_acknowledged(store: Store) -> None:
    """An event is pending, however often it is read, until it is acknowledged."""
    event = _event(store)
    same([store.events(pending_at=at) for at in (0, 10, 10**18)], [[event]] * 3)
    done(store, Ack(event.id))
    same(store.events(pending_at=10**18), [])
    same([e.delivered for e in store.events()], [True])


@promise
def events_are_acknowledged_once(store: Store) -> None:
    """A second acknowledgement finds the event gone."""
    event = _event(store)
    done(store, Ack(event.id))
    refused(store, Ack(event.id), kind="gone", key=str(event.id))
    refused(store, Defer(event.id, 1, 1, ""), kind="gone", key=str(event.id))


@promise
def unknown_events_are_gone(store: Store) -> None:
    """What was never in the outbox is gone."""
    refused(store, Ack(99), kind="gone", key="99")
    refused(store, Defer(99, None, 1, ""), kind="gone", key="99")


@promise
def events_not_to_be_delivered_never_wait(store: Store) -> None:
    """An event may be kept in the log alone."""
    done(store, emitted(deliver=False))
    (event,) = store.events()
    same((event.delivered, event.dead, store.events(pending_at=10**18)), (True, False, []))
    refused(store, Ack(event.id), kind="gone", key=str(event.id))


@promise
def events_wait_at_once(store: Store) -> None:
    """An event may be delivered as soon as it is committed, whatever clock dated it."""
    for number, at in enumerate((-(10**15), 0, 10**18)):
        done(store, emitted("L", number + 1, at))
    same([e.n for e in store.events(pending_at=0)], [1, 2, 3])
    same([e.n for e in store.events(pending_at=-(10**15))], [1])


@promise
def new_events_were_never_tried(store: Store) -> None:
    """A new event has no attempts and no error, and is neither delivered nor dead."""
    event = _event(store)
    same((event.attempts, event.error, event.delivered, event.dead), (0, "", False, False))


@promise
def deferred_events_wait_for_their_time(store: Store) -> None:
    """A deferred event is pending from its instant on, and tells what went wrong."""
    event = _event(store)
    done(store, Defer(event.id, 100, 2, "timed out"))
    same(store.events(pending_at=99), [])
    (found,) = store.events(pending_at=100)
    same((found.until, found.attempts, found.error), (100, 2, "timed out"))
    same(store.events(lead="L"), [found])


@promise
def dead_letters_wait_for_a_person(store: Store) -> None:
    """A dead letter is never pending and never lost, and can be delivered again."""
    event = _event(store)
    done(store, Defer(event.id, None, 9, "refused"))
    same(store.events(pending_at=10**18), [])
    same([(e.dead, e.delivered, e.error) for e in store.events()], [(True, False, "refused")])
    done(store, Defer(event.id, 5, 0, ""))
    same([e.id for e in store.events(pending_at=5)], [event.id])
    done(store, Ack(event.id))


@promise
def pending_events_come_by_id(store: Store) -> None:
    """Pending events come by id, in pages, whatever was deferred or acknowledged among them."""
    for n in range(1, 9):
        done(store, emitted("L", n))
    ids = [event.id for event in store.events()]
    done(store, Ack(ids[1]), Defer(ids[0], 50, 1, ""), Defer(ids[4], 99, 1, ""))
    left = [ids[0], ids[2], ids[3], ids[5], ids[6], ids[7]]
    same([e.id for e in store.events(pending_at=50)], left)
    first = store.events(pending_at=50, limit=3)
    same([e.id for e in first], left[:3])
    same([e.id for e in store.events(pending_at=50, after=first[-1].id)], left[3:])


@promise
def pending_events_of_one_lead(store: Store) -> None:
    """Pending and lead together both hold."""
    for n in (1, 2, 3):
        done(store, emitted("L", n), emitted("M", n))
    done(store, Ack(store.events(lead="L")[0].id))
    same([(e.lead, e.n) for e in store.events(lead="L", pending_at=0)], [("L", 2), ("L", 3)])
    same([e.n for e in store.events(lead="L", pending_at=0, after=2)], [3])


@promise
def acknowledging_goes_with_its_effect(store: Store) -> None:
    """An effect in the store and its acknowledgement happen together or not at all."""
    event = _event(store)
    done(store, Ack(event.id), Add("sent", 1))
    refused(store, Ack(event.id), Add("sent", 1), kind="gone", key=str(event.id))
    same(store.counts(), {"sent": 1})


@promise
def ids_are_never_used_again(store: Store) -> None:
    """After trimming, new events get new ids."""
    event = _event(store)
    done(store, Ack(event.id))
    same(store.trim(10), 1)
    later = _event(store, "M")
    same(max(later.id, event.id + 1), later.id)


@promise
def trim_forgets_old_once_keys(store: Store) -> None:
    """A once-key older than the instant is forgotten and may be used again; it has its change's latest date."""
    done(store, Once("old"), emitted("L", 1, 5), emitted("L", 2, 9))
    same((store.trim(9), list(store.get(["once/old"]))), (0, ["once/old"]))
    same(store.trim(10), 1)
    same(store.get(["once/old"]), {})
    done(store, Once("old"))


@promise
def trim_keeps_undated_once_keys(store: Store) -> None:
    """A once-key that was committed without an event has no date and stays."""
    done(store, Once("k"))
    same(store.trim(10**18), 0)
    same(list(store.get(["once/k"])), ["once/k"])


@promise
def trim_forgets_old_events(store: Store) -> None:
    """Events before the instant are forgotten, those at it are kept."""
    for n in (1, 2, 3):
        done(store, emitted("L", n, n * 10, deliver=False))
    same(store.trim(30), 2)
    same([event.n for event in store.events(lead="L")], [3])


@promise
def trim_keeps_what_waits(store: Store) -> None:
    """An event in the outbox is kept, dead or alive, with all that follows it in its lead's log."""
    for n in (1, 2, 3, 4):
        done(store, emitted("L", n, deliver=n == 2))
    done(store, Defer(store.events(pending_at=0)[0].id, None, 3, ""))
    same(store.trim(10**18), 1)
    same([event.n for event in store.events(lead="L")], [2, 3, 4])


@promise
def trim_leaves_no_gap(store: Store) -> None:
    """An event dated before an earlier one, by a clock that stepped back, waits for it."""
    for n, at in ((1, 1), (2, 50), (3, 2)):
        done(store, emitted("L", n, at, deliver=False))
    same(store.trim(10), 1)
    same([event.n for event in store.events(lead="L")], [2, 3])


@promise
def trim_forgets_counters_at_zero(store: Store) -> None:
    """A counter at 0 takes no room for ever."""
    done(store, Add("a", 1), Add("b", 1), Raise("c", 0))
    done(store, Add("a", -1))
    same((store.trim(0), store.trim(0)), (2, 0))
    same(store.counts(), {"b": 1})
    same(done(store, Add("a", 1)), {"a": 1})


@promise
def trim_stops_at_its_limit(store: Store) -> None:
    """Trimming in small steps forgets the same as one great step: once-keys, then events, then counters."""
    for n in range(1, 4):
        done(store, Once(f"k{n}"), emitted("L", n, deliver=False), Add(f"a{n}", 0))
    same([store.trim(10, 4), len(store.get(["once/k1", "once/k3"]))], [4, 0])
    same([event.n for event in store.events()], [2, 3])
    same([store.trim(10, 4), store.trim(10, 4)], [4, 1])


@promise
def trim_keeps_records(store: Store) -> None:
    """Records are never trimmed."""
    done(store, put("r", due=1))
    same((store.trim(10**18), list(store.get(["r"]))), (0, ["r"]))


@promise
def many_threads_one_limit(store: Store) -> None:
    """However many add at once, the limit holds and every place is given."""
    works = {f"{n}": partial(done, store, Add("a", 1, hi=5), emitted(f"L{n}")) for n in range(16)}
    refusals = [a for a in together(works).values() if isinstance(a, ConflictError)]
    same((len(refusals), store.counts(["a"]), len(store.events())), (11, {"a": 5}, 5))


@promise
def many_threads_one_version(store: Store) -> None:
    """Of all who write one version at once, one does."""
    done(store, put("r"))
    works = {f"{n}": partial(done, store, put("r", 1, f"{n}"), Add("a", 1)) for n in range(12)}
    winners = [n for n, a in together(works).items() if not isinstance(a, ConflictError)]
    same((winners, store.counts()), ([store.get(["r"])["r"].data], {"a": 1}))


@promise
def many_threads_one_once_key(store: Store) -> None:
    """Of all who use one once-key at once, one does, and the others hear its value."""
    works = {f"{n}": partial(done, store, Once("k", f"{n}"), Add("a", 1)) for n in range(12)}
    answers = together(works)
    heard = {a.current for a in answers.values() if isinstance(a, ConflictError)}
    winners = {n for n, a in answers.items() if not isinstance(a, ConflictError)}
    same((heard, store.counts()), (winners, {"a": 1}))


@promise
def many_threads_one_event(store: Store) -> None:
    """Of all who acknowledge one event at once, one does."""
    event = _event(store)
    works = {f"{n}": partial(done, store, Ack(event.id), Add("sent", 1)) for n in range(12)}
    together(works)
    same(store.counts(), {"sent": 1})


@promise
def many_threads_in_opposite_orders(store: Store) -> None:
    """Changes that want the same things in opposite orders never wait for each other for ever."""

    def back_and_forth(lead: str) -> None:
        for n in range(1, 6):
            ops = [Add("a", 1), Add("b", 1), Raise("c", n)]
            done(store, *(ops if n % 2 else reversed(ops)), Emit(lead, n, "t", "", n))

    together({f"{n}": partial(back_and_forth, f"L{n}") for n in range(6)})
    same(store.counts(), {"a": 30, "b": 30, "c": 5})


@promise
def many_threads_read_whole_changes(store: Store) -> None:
    """A reader beside writers sees each change whole or not at all."""

    def write(key: str) -> None:
        for _ in range(10):
            done(store, Add(f"left/{key}", 1), Add(f"right/{key}", 1))

    def read() -> None:
        for _ in range(20):
            counts = store.counts()
            for key in "ab":
                same(counts.get(f"left/{key}", 0), counts.get(f"right/{key}", 0))

    works: dict[str, Callable[[], None]] = {"a": partial(write, "a"), "b": partial(write, "b")}
    together({**works, "reader": read})
    same(sum(store.counts().values()), 40)


@promise
def threads_share_one_store(store: Store) -> None:
    """What one thread commits the others read, and nothing is lost among them."""
    together({f"{n}": partial(done, store, put(f"r{n}"), emitted(f"L{n}")) for n in range(16)})
    records, _, events, _ = state(store)
    same((len(records), len({event.id for event in events})), (16, 16))
