"""What the outbox, the trimming and many threads promise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from leadroute.errors import ConfigError, ConflictError
from leadroute.offers.change import Ack, Add, Change, Defer, Emit, Event, Once, Raise
from leadroute.testing.contract.queries import Contract, emitted, put, same, together


class Outbox(Contract):
    """The promises of the outbox, of trimming, and to many threads."""

    def _event(self, lead: str = "L", n: int = 1, at: int = 0) -> Event:
        self.done(emitted(lead, n, at))
        return self.store.events(lead=lead)[-1]

    def events_wait_until_acknowledged(self) -> None:
        """An event is pending, however often it is read, until it is acknowledged."""
        event = self._event()
        same([self.store.events(pending_at=at) for at in (0, 10, 10**18)], [[event]] * 3)
        self.done(Ack(event.id))
        same(self.store.events(pending_at=10**18), [])
        same([e.delivered for e in self.store.events()], [True])

    def events_are_acknowledged_once(self) -> None:
        """A second acknowledgement finds the event gone."""
        event = self._event()
        self.done(Ack(event.id))
        self.refused(Ack(event.id), kind="gone", key=str(event.id))
        self.refused(Defer(event.id, 1, 1, ""), kind="gone", key=str(event.id))

    def unknown_events_are_gone(self) -> None:
        """What was never in the outbox is gone."""
        self.refused(Ack(99), kind="gone", key="99")
        self.refused(Defer(99, None, 1, ""), kind="gone", key="99")

    def events_not_to_be_delivered_never_wait(self) -> None:
        """An event may be kept in the log alone."""
        self.done(emitted(deliver=False))
        (event,) = self.store.events()
        same((event.delivered, event.dead, self.store.events(pending_at=10**18)), (True, False, []))
        self.refused(Ack(event.id), kind="gone", key=str(event.id))

    def events_wait_at_once(self) -> None:
        """An event may be delivered as soon as it is committed, whatever clock dated it."""
        for lead, at in (("L", -(10**15)), ("M", 0), ("N", 10**18)):
            self.done(emitted(lead, 1, at))
        same([e.lead for e in self.store.events(pending_at=0)], ["L", "M", "N"])
        same([e.lead for e in self.store.events(pending_at=-(10**15))], ["L"])

    def new_events_were_never_tried(self) -> None:
        """A new event has no attempts and no error, and is neither delivered nor dead."""
        event = self._event()
        same((event.attempts, event.error, event.delivered, event.dead), (0, "", False, False))

    def deferred_events_wait_for_their_time(self) -> None:
        """A deferred event is pending from its instant on, and tells what went wrong."""
        event = self._event()
        self.done(Defer(event.id, 100, 2, "timed out"))
        same(self.store.events(pending_at=99), [])
        (found,) = self.store.events(pending_at=100)
        same((found.until, found.attempts, found.error), (100, 2, "timed out"))
        same(self.store.events(lead="L"), [found])

    def dead_letters_wait_for_a_person(self) -> None:
        """A dead letter is never pending and never lost, and can be delivered again."""
        event = self._event()
        self.done(Defer(event.id, None, 9, "refused"))
        same(self.store.events(pending_at=10**18), [])
        same(
            [(e.dead, e.delivered, e.error) for e in self.store.events()],
            [(True, False, "refused")],
        )
        self.done(Defer(event.id, 5, 0, ""))
        same([e.id for e in self.store.events(pending_at=5)], [event.id])
        self.done(Ack(event.id))

    def pending_events_come_by_id(self) -> None:
        """Pending events come by id, in pages, whatever was deferred or acknowledged among them."""
        for lead in "ABCDEFGH":
            self.done(emitted(lead, 1))
        ids = [event.id for event in self.store.events()]
        self.done(Ack(ids[1]), Defer(ids[0], 50, 1, ""), Defer(ids[4], 99, 1, ""))
        left = [ids[0], ids[2], ids[3], ids[5], ids[6], ids[7]]
        same([e.id for e in self.store.events(pending_at=50)], left)
        first = self.store.events(pending_at=50, limit=3)
        same([e.id for e in first], left[:3])
        same([e.id for e in self.store.events(pending_at=50, after=first[-1].id)], left[3:])

    def pending_events_of_one_lead(self) -> None:
        """Pending and lead together both hold."""
        for n in (1, 2, 3):
            self.done(emitted("L", n), emitted("M", n))
        self.done(Ack(self.store.events(lead="L")[0].id))
        same([(e.lead, e.n) for e in self.store.events(lead="L", pending_at=0)], [("L", 2)])
        same(self.store.events(lead="L", pending_at=0, after=2), [])

    def events_of_a_lead_are_delivered_in_order(self) -> None:
        """The first event of a lead that waits is pending, and no other, also behind a dead letter."""
        for n in (1, 2, 3):
            self.done(emitted("L", n))
        first, second, _ = self.store.events()
        same([e.n for e in self.store.events(pending_at=10**18)], [1])
        self.done(Defer(first.id, 50, 1, "timed out"))
        same(self.store.events(pending_at=49), [])
        self.done(Defer(first.id, None, 2, "refused"), emitted("M"))
        same([e.lead for e in self.store.events(pending_at=10**18)], ["M"])
        self.done(Defer(first.id, 50, 0, ""))
        same([e.lead for e in self.store.events(pending_at=49)], ["M"])
        same([e.n for e in self.store.events(lead="L", pending_at=50)], [1])
        self.done(Ack(first.id))
        same([e.n for e in self.store.events(lead="L", pending_at=49)], [2])
        self.done(Ack(second.id))
        same([e.n for e in self.store.events(lead="L", pending_at=49)], [3])

    def a_change_is_found_by_its_id(self) -> None:
        """The events of a change show that it was committed."""
        self.store.commit(Change("one", (emitted("L", 1), emitted("M", 1), Add("a", 1))))
        self.store.commit(Change("two", (emitted("L", 2),)))
        found = self.store.events(change="one")
        same([(e.lead, e.n, e.change) for e in found], [("L", 1, "one"), ("M", 1, "one")])
        same([e.lead for e in self.store.events(change="one", after=found[0].id)], ["M"])
        same([e.lead for e in self.store.events(change="one", limit=1)], ["L"])
        same(self.store.events(change="three"), [])

    def a_change_is_asked_for_alone(self) -> None:
        """Events of a change, and of a lead or those pending, are two questions."""
        for other in ({"lead": "L"}, {"pending_at": 0}):
            try:
                self.store.events(change="one", **other)
            except ConfigError:
                continue
            same("answered", "refused")

    def acknowledging_goes_with_its_effect(self) -> None:
        """An effect in the store and its acknowledgement happen together or not at all."""
        event = self._event()
        self.done(Ack(event.id), Add("sent", 1))
        self.refused(Ack(event.id), Add("sent", 1), kind="gone", key=str(event.id))
        same(self.store.counts(), {"sent": 1})

    def ids_are_never_used_again(self) -> None:
        """After trimming, new events get new ids."""
        event = self._event()
        self.done(Ack(event.id))
        same(self.store.trim(10), 1)
        later = self._event("M")
        same(max(later.id, event.id + 1), later.id)

    def trim_forgets_old_once_keys(self) -> None:
        """A once-key older than the instant may be used again; it has its change's latest date."""
        self.done(Once("old"), emitted("L", 1, 5), emitted("L", 2, 9))
        same((self.store.trim(9), list(self.store.get(["once/old"]))), (0, ["once/old"]))
        same(self.store.trim(10), 1)
        same(self.store.get(["once/old"]), {})
        self.done(Once("old"))

    def trim_keeps_undated_once_keys(self) -> None:
        """A once-key that was committed without an event has no date and stays."""
        self.done(Once("k"))
        same(self.store.trim(10**18), 0)
        same(list(self.store.get(["once/k"])), ["once/k"])

    def trim_forgets_old_events(self) -> None:
        """Events before the instant are forgotten, those at it are kept."""
        for n in (1, 2, 3):
            self.done(emitted("L", n, n * 10, deliver=False))
        same(self.store.trim(30), 2)
        same([event.n for event in self.store.events(lead="L")], [3])

    def trim_keeps_what_waits(self) -> None:
        """An event in the outbox is kept, dead or alive, with all that follows it in its log."""
        for n in (1, 2, 3, 4):
            self.done(emitted("L", n, deliver=n == 2))
        self.done(Defer(self.store.events(pending_at=0)[0].id, None, 3, ""))
        same(self.store.trim(10**18), 1)
        same([event.n for event in self.store.events(lead="L")], [2, 3, 4])

    def trim_leaves_no_gap(self) -> None:
        """An event dated before an earlier one, by a clock that stepped back, waits for it."""
        for n, at in ((1, 1), (2, 50), (3, 2)):
            self.done(emitted("L", n, at, deliver=False))
        same(self.store.trim(10), 1)
        same([event.n for event in self.store.events(lead="L")], [2, 3])

    def trim_forgets_counters_at_zero(self) -> None:
        """A counter at 0 takes no room for ever."""
        self.done(Add("a", 1), Add("b", 1), Raise("c", 0))
        self.done(Add("a", -1))
        same((self.store.trim(0), self.store.trim(0)), (2, 0))
        same(self.store.counts(), {"b": 1})
        same(self.done(Add("a", 1)), {"a": 1})

    def trim_stops_at_its_limit(self) -> None:
        """Trimming in small steps forgets the same as one step: once-keys, events, counters."""
        for n in range(1, 4):
            self.done(Once(f"k{n}"), emitted("L", n, deliver=False), Add(f"a{n}", 0))
        same([self.store.trim(10, 4), len(self.store.get(["once/k1", "once/k3"]))], [4, 0])
        same([event.n for event in self.store.events()], [2, 3])
        same([self.store.trim(10, 4), self.store.trim(10, 4)], [4, 1])

    def trim_keeps_records(self) -> None:
        """Records are never trimmed."""
        self.done(put("r", due=1))
        same((self.store.trim(10**18), list(self.store.get(["r"]))), (0, ["r"]))

    def many_threads_one_limit(self) -> None:
        """However many add at once, the limit holds and every place is given."""
        works = {f"{n}": partial(self.done, Add("a", 1, hi=5), emitted(f"L{n}")) for n in range(16)}
        refusals = [a for a in together(works).values() if isinstance(a, ConflictError)]
        same((len(refusals), self.store.counts(["a"]), len(self.store.events())), (11, {"a": 5}, 5))

    def many_threads_one_version(self) -> None:
        """Of all who write one version at once, one does."""
        self.done(put("r"))
        works = {f"{n}": partial(self.done, put("r", 1, f"{n}"), Add("a", 1)) for n in range(12)}
        winners = [n for n, a in together(works).items() if not isinstance(a, ConflictError)]
        same((winners, self.store.counts()), ([self.store.get(["r"])["r"].data], {"a": 1}))

    def many_threads_one_once_key(self) -> None:
        """Of all who use one once-key at once, one does, and the others hear its value."""
        works = {f"{n}": partial(self.done, Once("k", f"{n}"), Add("a", 1)) for n in range(12)}
        answers = together(works)
        heard = {a.current for a in answers.values() if isinstance(a, ConflictError)}
        winners = {n for n, a in answers.items() if not isinstance(a, ConflictError)}
        same((heard, self.store.counts()), (winners, {"a": 1}))

    def many_threads_one_event(self) -> None:
        """Of all who acknowledge one event at once, one does."""
        event = self._event()
        works = {f"{n}": partial(self.done, Ack(event.id), Add("sent", 1)) for n in range(12)}
        together(works)
        same(self.store.counts(), {"sent": 1})

    def many_threads_in_opposite_orders(self) -> None:
        """Changes that want the same things in opposite orders never wait for each other."""

        def back_and_forth(lead: str) -> None:
            for n in range(1, 6):
                ops = [Add("a", 1), Add("b", 1), Raise("c", n)]
                self.done(*(ops if n % 2 else reversed(ops)), Emit(lead, n, "t", "", n))

        together({f"{n}": partial(back_and_forth, f"L{n}") for n in range(6)})
        same(self.store.counts(), {"a": 30, "b": 30, "c": 5})

    def many_threads_read_whole_changes(self) -> None:
        """A reader beside writers sees each change whole or not at all."""

        def write(key: str) -> None:
            for _ in range(10):
                self.done(Add(f"left/{key}", 1), Add(f"right/{key}", 1))

        def read() -> None:
            for _ in range(20):
                counts = self.store.counts()
                for key in "ab":
                    same(counts.get(f"left/{key}", 0), counts.get(f"right/{key}", 0))

        works: dict[str, Callable[[], None]] = {"a": partial(write, "a"), "b": partial(write, "b")}
        together({**works, "reader": read})
        same(sum(self.store.counts().values()), 40)

    def threads_share_one_store(self) -> None:
        """What one thread commits the others read, and nothing is lost among them."""
        together({f"{n}": partial(self.done, put(f"r{n}"), emitted(f"L{n}")) for n in range(16)})
        records, _, events, _ = self.state()
        same((len(records), len({event.id for event in events})), (16, 16))
