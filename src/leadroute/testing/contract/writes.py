"""What a commit promises, and what the outbox, the trimming and many threads do.

A commit has guards, an order of operations, all or nothing, and counters with bounds.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from leadroute.errors import ConfigError, ConflictError
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
from leadroute.testing.contract.queries import Contract, Queries, emitted, put, same, together

_BIGGEST = 2**63 - 1


def _fine(event: int) -> list[Op]:
    """Return one operation of every kind that nothing stands against, in canonical order."""
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


class Writes(Contract):
    """The promises of a commit."""

    def _prepared(self) -> int:
        """Give every operation something to work on; return an event in the outbox."""
        self.done(Once("seen", "before"), Add("full", 1), Add("open", 1))
        self.done(*(put(f"record/{name}") for name in "abcde"))
        self.done(emitted("old", 1), emitted("old", 2))
        return self.store.events(lead="old")[0].id

    def once_keeps_its_value(self) -> None:
        """A once-key reads back with its value and fingerprint."""
        self.done(Once("k", "L-1", "abc"))
        same(self.store.get(["once/k"]), {"once/k": Record("once/k", 1, "L-1", fingerprint="abc")})

    def once_happens_once(self) -> None:
        """A second change under the same once-key is refused with the first one's value."""
        self.done(Once("k", "L-1", "abc"), Add("a", 1))
        self.refused(Once("k", "L-2", "xyz"), Add("a", 1), kind="duplicate", key="k", current="L-1")

    def once_is_not_kept_by_a_refused_change(self) -> None:
        """A refused change does not use up its once-key."""
        self.refused(Once("k"), Check("r", 1), kind="version", key="r", current=0)
        self.done(Once("k"))

    def once_and_record_are_apart(self) -> None:
        """A once-key and a record may have the same name."""
        self.done(Once("k", "value"), put("k", data="data"))
        same([r.data for r in self.store.get(["k", "once/k"]).values()], ["data", "value"])

    def check_passes_on_the_version(self) -> None:
        """Check lets a change through at exactly the version."""
        self.done(put("r"))
        same(self.counted(Check("r", 1), Add("a", 1)), {"a": 1})

    def check_refuses_another_version(self) -> None:
        """Check refuses an older and a newer version, and says which it found."""
        self.done(put("r"))
        self.done(put("r", 1))
        self.refused(Check("r", 1), Add("a", 1), kind="version", key="r", current=2)
        self.refused(Check("r", 3), Add("a", 1), kind="version", key="r", current=2)

    def check_zero_means_absent(self) -> None:
        """Check of version 0 passes while the record is absent, and refuses once it is there."""
        self.done(Check("r", 0), Add("a", 1))
        self.done(put("r"))
        self.refused(Check("r", 0), kind="version", key="r", current=1)

    def check_of_an_absent_record(self) -> None:
        """Check of a version refuses an absent record as version 0."""
        self.refused(Check("r", 1), kind="version", key="r", current=0)

    def check_does_not_write(self) -> None:
        """Check leaves the version as it is."""
        self.done(put("r"))
        self.done(Check("r", 1))
        same(self.store.get(["r"])["r"].version, 1)

    def check_goes_with_put(self) -> None:
        """A record may be checked and put by one change; the check sees it as it was before."""
        self.done(put("r"))
        self.done(put("r", 1), Check("r", 1))
        same(self.store.get(["r"])["r"].version, 2)

    def put_creates(self) -> None:
        """Put at version 0 creates a record at version 1 with every column."""
        self.done(Put("r", "data", 0, "offered", "ada", 7))
        same(self.store.get(["r"]), {"r": Record("r", 1, "data", "offered", "ada", 7)})

    def put_does_not_create_twice(self) -> None:
        """Put at version 0 refuses a record that is there."""
        self.done(put("r"))
        self.refused(put("r", data="new"), kind="version", key="r", current=1)

    def put_replaces_every_column(self) -> None:
        """Put leaves nothing of the version before."""
        self.done(Put("r", "old", 0, "offered", "ada", 7))
        self.done(Put("r", "new", 1))
        same(self.store.get(["r"]), {"r": Record("r", 2, "new")})

    def put_counts_versions(self) -> None:
        """Each Put makes the version one more."""
        for expect in range(5):
            self.done(put("r", expect))
        same(self.store.get(["r"])["r"].version, 5)

    def put_refuses_a_stale_version(self) -> None:
        """Put refuses a version that is not the latest, and says which is."""
        self.done(put("r"))
        self.done(put("r", 1))
        self.refused(put("r", 1, "late"), kind="version", key="r", current=2)
        self.refused(put("r", 3, "early"), kind="version", key="r", current=2)

    def put_refuses_an_absent_record(self) -> None:
        """Put at a version refuses an absent record as version 0."""
        self.refused(put("r", 1), kind="version", key="r", current=0)

    def drop_deletes(self) -> None:
        """Drop at the version deletes the record."""
        self.done(put("r", status="offered", owner="ada"))
        self.done(Drop("r", 1))
        same(self.state(), ([], {}, [], {}))

    def drop_refuses_a_stale_version(self) -> None:
        """Drop refuses a version that is not the latest."""
        self.done(put("r"))
        self.done(put("r", 1))
        self.refused(Drop("r", 1), kind="version", key="r", current=2)

    def drop_refuses_an_absent_record(self) -> None:
        """Drop refuses an absent record as version 0."""
        self.refused(Drop("r", 1), kind="version", key="r", current=0)

    def dropped_records_start_again(self) -> None:
        """A dropped record can be created again, at version 1."""
        self.done(put("r"))
        self.done(Drop("r", 1))
        self.done(put("r", data="again"))
        same(self.store.get(["r"])["r"], Record("r", 1, "again"))

    def emit_keeps_everything(self) -> None:
        """An event reads back as it was emitted, with the id of its change."""
        self.store.commit(Change("change-x", (Emit("L", 1, "offered", '{"rep": "ada"}', 5),)))
        (event,) = self.store.events()
        found = (event.lead, event.n, event.type, event.data, event.at, event.change)
        same(found, ("L", 1, "offered", '{"rep": "ada"}', 5, "change-x"))

    def emit_takes_a_position_once(self) -> None:
        """A position in a lead's log is taken once; the refusal says how far the log is."""
        self.done(emitted("L", 1), emitted("L", 2))
        self.refused(emitted("L", 1), kind="version", key="L", current=2)

    def emit_keeps_leads_apart(self) -> None:
        """Every lead has its own numbers."""
        self.done(emitted("L", 1), emitted("M", 1))
        same([(e.lead, e.n) for e in self.store.events()], [("L", 1), ("M", 1)])

    def emit_follows_lead_and_number(self) -> None:
        """The events of one change are logged by lead and number, whatever their order."""
        self.done(emitted("M", 2), emitted("L", 2), emitted("M", 1), emitted("L", 1))
        logged = [(e.lead, e.n) for e in self.store.events()]
        same(logged, [("L", 1), ("L", 2), ("M", 1), ("M", 2)])

    def a_repeated_change_is_recognised(self) -> None:
        """After a lost answer the change's own id stands there, and the repeat is refused."""
        change = Change("mine", (put("r"), emitted("L", 1)))
        self.store.commit(change)
        self.refused(*change.ops, kind="version", key="r", current=1)
        same([event.change for event in self.store.events(lead="L")], ["mine"])

    def a_refused_change_can_follow_another(self) -> None:
        """A refusal does not stand in the way of the next change."""
        self.done(Add("a", 1, hi=1))
        self.refused(Add("a", 1, hi=1), kind="limit", key="a", current=1)
        same(self.counted(Add("a", -1), put("r")), {})

    def first_key_is_reported(self) -> None:
        """Of several refused operations of one kind, the one with the least key is reported."""
        self.done(Add("a", 1), Add("b", 1), put("r"), put("s"))
        full_a, full_b = Add("a", 1, hi=1), Add("b", 1, hi=1)
        self.refused(full_b, full_a, kind="limit", key="a", current=1)
        self.refused(put("s"), Drop("r", 5), kind="version", key="r", current=1)
        self.refused(Ack(12), Defer(11, 1, 1, ""), kind="gone", key="11")

    def add_starts_from_zero(self) -> None:
        """A missing counter stands at 0."""
        same(self.counted(Add("a", 3)), {"a": 3})
        same(self.counted(Add("a", -1)), {"a": 2})
        same(self.store.counts(["a"]), {"a": 2})

    def add_stops_at_the_upper_limit(self) -> None:
        """Add reaches its limit and not one more; the refusal says where the counter stands."""
        self.done(Add("a", 1, hi=2))
        self.done(Add("a", 1, hi=2))
        self.refused(Add("a", 1, hi=2), kind="limit", key="a", current=2)

    def add_checks_the_limit_on_the_first_add(self) -> None:
        """A missing counter is bounded like any other."""
        self.refused(Add("a", 3, hi=2), kind="limit", key="a", current=0)

    def add_without_a_limit(self) -> None:
        """An upper limit of None is none."""
        same(self.counted(Add("a", 10**15, hi=None)), {"a": 10**15})

    def add_with_a_limit_of_zero(self) -> None:
        """An upper limit of 0 lets nothing in: 0 is not None."""
        self.refused(Add("a", 1, hi=0), kind="limit", key="a", current=0)

    def add_stops_at_zero(self) -> None:
        """The lower limit is 0 unless another is given."""
        self.refused(Add("a", -1), kind="limit", key="a", current=0)
        self.done(Add("a", 1))
        self.refused(Add("a", -2), kind="limit", key="a", current=1)

    def add_without_a_lower_limit(self) -> None:
        """A lower limit of None lets the counter go below 0."""
        same(self.counted(Add("a", -5, lo=None)), {"a": -5})

    def add_stops_at_a_lower_limit(self) -> None:
        """A lower limit below 0 holds."""
        self.done(Add("a", -2, lo=-2))
        self.refused(Add("a", -1, lo=-2), kind="limit", key="a", current=-2)

    def add_gives_back_below_a_lowered_limit(self) -> None:
        """Giving back needs no room: only the sum is judged."""
        self.done(Add("a", 5))
        same(self.counted(Add("a", -1)), {"a": 4})
        self.refused(Add("a", -1, hi=2), kind="limit", key="a", current=4)

    def add_more_than_the_limit_to_a_negative_counter(self) -> None:
        """A delta beyond the limit is fine where the sum is within it."""
        self.done(Add("a", -4, lo=None))
        same(self.counted(Add("a", 5, hi=1)), {"a": 1})

    def add_of_nothing_is_judged(self) -> None:
        """Adding 0 asks whether the counter is within the bounds."""
        same(self.counted(Add("a", 0)), {})
        self.done(Add("a", 3))
        self.refused(Add("a", 0, hi=2), kind="limit", key="a", current=3)

    def adds_to_one_counter_are_summed(self) -> None:
        """Several Adds to one counter all count."""
        same(self.counted(Add("a", 1), Add("a", 2), Add("a", 3, hi=6)), {"a": 6})

    def adds_to_one_counter_keep_their_order(self) -> None:
        """Several Adds to one counter apply in the order given, each within its own bounds."""
        self.done(Add("a", 2))
        self.done(Add("a", -1), Add("a", 1, hi=2))
        self.refused(Add("a", 1, hi=2), Add("a", -1), kind="limit", key="a", current=2)
        self.refused(Add("a", -1), Add("a", 2, hi=2), kind="limit", key="a", current=1)

    def add_keeps_big_numbers(self) -> None:
        """A counter holds 64 bits, and a sum beyond them is a limit, not a rounding."""
        self.done(Add("a", _BIGGEST - 1))
        same(self.counted(Add("a", 1)), {"a": _BIGGEST})
        self.refused(Add("a", 1), kind="limit", key="a", current=_BIGGEST)
        self.refused(Add("a", _BIGGEST), kind="limit", key="a", current=_BIGGEST)

    def add_keeps_big_negative_numbers(self) -> None:
        """The same downwards."""
        same(self.counted(Add("a", -_BIGGEST, lo=None)), {"a": -_BIGGEST})
        self.refused(Add("a", -1, lo=None), kind="limit", key="a", current=-_BIGGEST)

    def raise_creates(self) -> None:
        """Raise makes a missing counter stand at its mark."""
        same(self.counted(Raise("a", 1_700_000_000_000_000)), {"a": 1_700_000_000_000_000})

    def raise_lifts_and_never_lowers(self) -> None:
        """Raise keeps the greatest mark."""
        same([self.counted(Raise("a", to))["a"] for to in (5, 3, 9, 9)], [5, 5, 9, 9])

    def raise_starts_from_zero(self) -> None:
        """A mark below 0 leaves a missing counter at 0."""
        same(self.counted(Raise("a", -5)), {})

    def raise_lifts_negative_counters(self) -> None:
        """A counter below 0 can be lifted to a mark below 0."""
        self.done(Add("a", -9, lo=None))
        same(self.counted(Raise("a", -5)), {"a": -5})

    def raise_comes_after_add(self) -> None:
        """Raise sees what the Adds of its change made."""
        same(self.counted(Raise("a", 4), Add("a", 3)), {"a": 4})
        same(self.counted(Raise("a", 4), Add("a", 3)), {"a": 7})


def _undoing(op: Op, kind: str, key: str, current: int | str | None) -> Callable[[Writes], None]:
    def promised(self: Writes) -> None:
        """A refused operation undoes all the others, those before it and those after it."""
        others = _fine(self._prepared())
        self.refused(*others, op, kind=kind, key=key, current=current)
        same(self.store.get(["once/new"]), {})
        self.done(*others)

    return promised


def _first(position: int) -> Callable[[Writes], None]:
    def promised(self: Writes) -> None:
        """Of several refused operations the first in canonical order is reported."""
        self._prepared()
        _, _, kind, key, current = _FAILING[position]
        ops = [op for _, op, *_ in _FAILING[position:]]
        self.refused(*ops, kind=kind, key=key, current=current)
        self.refused(*reversed(ops), kind=kind, key=key, current=current)

    return promised


for _position, (_name, _op, _kind, _key, _current) in enumerate(_FAILING):
    setattr(Writes, f"a_refused_{_name}_undoes_everything", _undoing(_op, _kind, _key, _current))
    setattr(Writes, f"a_refused_{_name}_is_reported_first", _first(_position))


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
        same(self.counted(Add("a", 1)), {"a": 1, "b": 1})

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


def store_contract(
    make_store: Callable[[], AbstractContextManager[Store]],
) -> list[tuple[str, Callable[[], None]]]:
    """Return the tests of the store contract, by name.

    Args:
        make_store: Gives a context manager around a new and empty store.

    Returns:
        Names and checks. A check raises AssertionError with what was found and expected.

    Example:
        >>> from contextlib import nullcontext
        >>> from leadroute.stores import MemoryStore
        >>> for name, check in store_contract(lambda: nullcontext(MemoryStore())):
        ...     check()
    """

    def checking(kind: type[Outbox | Queries | Writes], name: str) -> Callable[[], None]:
        def check() -> None:
            with make_store() as store:
                getattr(kind(store), name)()

        check.__doc__ = getattr(kind, name).__doc__
        return check

    promises = [(kind, name) for kind in (Writes, Queries, Outbox) for name in vars(kind)]
    return [(name, checking(kind, name)) for kind, name in promises if name[0] != "_"]
