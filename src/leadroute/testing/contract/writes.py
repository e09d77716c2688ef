"""What a commit promises: guards, an order of operations, all or nothing, and counters with bounds."""

from __future__ import annotations

from collections.abc import Callable

from leadroute.errors import ConflictError, UnknownOutcomeError
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
from leadroute.testing.contract.common import Contract, emitted, fine, put, same
from leadroute.testing.doubles import FailingStore

_BIGGEST = 2**63 - 1


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

    def once_keeps_an_empty_value(self) -> None:
        """An empty value is kept and told like any other, and a key may begin like the place of once-keys."""
        self.done(Once("once/k"))
        same(self.store.get(["once/once/k"]), {"once/once/k": Record("once/once/k", 1, "")})
        self.refused(Once("once/k", "x"), kind="duplicate", key="once/k", current="")

    def check_leaves_no_trace(self) -> None:
        """Check of an absent record makes no record, and one of a present record changes no column."""
        self.done(put("r", status="s", owner="o", due=4))
        before = self.store.find()
        self.done(Check("absent", 0), Check("r", 1))
        same((self.store.find(), self.store.get(["absent", "r"])), (before, {"r": before[0]}))

    def check_goes_with_drop(self) -> None:
        """A record may be checked and dropped by one change."""
        self.done(put("r"))
        self.done(Check("r", 1), Drop("r", 1))
        same(self.store.find(), [])

    def put_of_the_same_is_a_new_version(self) -> None:
        """A Put that changes nothing makes the version one more like any other."""
        self.done(put("r", data="same", status="s"))
        self.done(put("r", 1, "same", status="s"))
        same(self.store.get(["r"]), {"r": Record("r", 2, "same", "s")})

    def dropped_records_were_never_there(self) -> None:
        """A dropped record stands at version 0 for every guard."""
        self.done(put("r"))
        self.done(put("r", 1))
        self.done(Drop("r", 2))
        self.refused(Check("r", 2), kind="version", key="r", current=0)
        self.refused(put("r", 2), kind="version", key="r", current=0)
        self.refused(Drop("r", 2), kind="version", key="r", current=0)
        self.done(Check("r", 0), Put("r", "again", 0, "s", "o", 3))
        same(self.store.find(status="s", owner="o", upto=3), [Record("r", 1, "again", "s", "o", 3)])

    def emit_tells_the_last_number(self) -> None:
        """The refusal tells the greatest number of the log: no count of it, and not the newest."""
        self.done(emitted("L", 10))
        self.done(emitted("L", 2))
        self.refused(emitted("L", 2), kind="version", key="L", current=10)
        self.done(emitted("L", 3))

    def positions_are_numbers(self) -> None:
        """Positions and ids are compared as numbers: 9 comes before 10."""
        self.done(emitted("L", 10), emitted("L", 9))
        same([event.n for event in self.store.events()], [9, 10])
        self.refused(Ack(1010), Ack(909), kind="gone", key="909")
        self.done(emitted("M", 9), emitted("M", 10))
        self.refused(emitted("M", 10), emitted("L", 10), kind="version", key="L", current=10)

    def numbers_of_a_lead_have_no_gap(self) -> None:
        """A refused change takes no number of a lead, whatever it emits besides."""
        self.done(emitted("L", 1), Add("a", 1))
        for n in (2, 3):
            self.refused(emitted("L", n), emitted("L", 1), kind="version", key="L", current=n - 1)
            self.refused(emitted("L", n), Add("a", 1, hi=1), kind="limit", key="a", current=1)
            self.done(emitted("L", n))
        same([event.n for event in self.store.events(lead="L")], [1, 2, 3])
        ids = [event.id for event in self.store.events(lead="L")]
        same(sorted(set(ids)), ids)

    def keys_are_locked_in_the_order_of_code_points(self) -> None:
        """Of several refused keys the least by code point is reported, whatever their order."""
        keys = ["Z", "a", "\ufffd", "\U0001f600"]
        self.done(*(put(key) for key in keys), *(Once(key, key) for key in keys))
        self.done(*(Add(key, 1) for key in keys), *(emitted(key) for key in keys))
        for least, *others in (keys[at : at + 2] for at in range(3)):
            both = [*others, least]
            self.refused(*map(put, both), kind="version", key=least, current=1)
            self.refused(*map(Once, both), kind="duplicate", key=least, current=least)
            self.refused(*map(emitted, both), kind="version", key=least, current=1)
            full = [Add(key, 1, hi=1) for key in both]
            self.refused(*full, kind="limit", key=least, current=1)

    def add_with_a_lower_limit_above_zero(self) -> None:
        """A lower limit above 0 holds for a missing counter too."""
        self.refused(Add("a", 1, lo=2), kind="limit", key="a", current=0)
        same(self.counted(Add("a", 2, lo=2)), {"a": 2})

    def add_with_an_upper_limit_below_zero(self) -> None:
        """An upper limit below 0 holds, and is reached exactly."""
        self.refused(Add("a", -4, lo=None, hi=-5), kind="limit", key="a", current=0)
        same(self.counted(Add("a", -5, lo=None, hi=-5)), {"a": -5})

    def raises_of_one_counter_keep_the_greatest(self) -> None:
        """Several Raises of one counter leave the greatest mark, in any order."""
        same(self.counted(Raise("a", 7), Raise("a", 9), Raise("a", 8)), {"a": 9})

    def counters_keep_to_themselves(self) -> None:
        """An Add and a Raise touch no other counter, in one change or in the next."""
        self.done(Add("a", 1), Add("b", 2), Raise("c", 3))
        same(self.counted(Add("b", 2), Raise("a", 1)), {"a": 1, "b": 4, "c": 3})

    def a_change_of_many_operations(self) -> None:
        """A change may hold many operations of each kind, and is done or refused as one."""
        puts = [put(f"r{n:03}", status="s") for n in range(150)]
        emits, adds = (
            [emitted("L", n) for n in range(1, 151)],
            [Add(f"a{n}", 1) for n in range(150)],
        )
        self.refused(*puts, *emits, *adds, Add("z", 1, hi=0), kind="limit", key="z", current=0)
        self.done(*puts, *emits, *adds)
        found = self.store.find(status="s", limit=200), self.store.events(), self.store.counts()
        same([len(each) for each in found], [150, 150, 150])
        entries = [event.id for event in self.store.events()]
        drops = [Drop(each.key, 1) for each in puts]
        self.refused(*drops, *map(Ack, entries), Ack(10**9), kind="gone", key=str(10**9))
        self.done(*drops, *map(Ack, entries))
        same((self.store.find(), self.store.events(pending_at=0)), ([], []))

    def a_change_sent_again_is_refused(self) -> None:
        """A change whose answer was lost can be sent again: it meets itself, and nothing is done twice."""
        self.done(put("r"), put("dropped"), emitted("L", 1))
        (event,) = self.store.events()
        shows: dict[Op, tuple[str, str, int | str | None]] = {
            Once("k", "mine"): ("duplicate", "k", "mine"),
            put("r", 1): ("version", "r", 2),
            Drop("dropped", 1): ("version", "dropped", 0),
            Ack(event.id): ("gone", str(event.id), None),
            emitted("L", 2): ("version", "L", 2),
        }
        for op, (kind, key, current) in shows.items():
            change = Change(f"of {kind} {key}", (op, Add("a", 1), Raise("b", 5)))
            self.store.commit(change)
            before = self.state("k"), self.lines(change.id)
            for _ in range(2):
                try:
                    self.store.commit(change)
                except ConflictError as conflict:
                    same((conflict.kind, conflict.key, conflict.current), (kind, key, current))
                else:
                    raise AssertionError(f"{change} was done twice")
            same((self.state("k"), self.lines(change.id)), before)
        same(self.store.counts(), {"a": 5, "b": 5})

    def a_lost_acknowledgment_is_found(self) -> None:
        """After a commit whose answer was lost its events are there, and after one that failed none are."""
        lost = FailingStore(self.store)
        lost.fail(1, UnknownOutcomeError("before it was done"), when="before")
        lost.fail(2, UnknownOutcomeError("after it was done"), when="after")
        change = Change("mine", (put("r"), Add("a", 1, hi=1), emitted("L", 1)))
        for known in (0, 1):
            try:
                lost.commit(change)
            except UnknownOutcomeError:
                same(len(lost.events(change="mine")), known)
        self.refused(*change.ops, kind="version", key="r", current=1)
        same(self.store.counts(), {"a": 1})


def _undoing(op: Op, kind: str, key: str, current: int | str | None) -> Callable[[Writes], None]:
    def promised(self: Writes) -> None:
        """A refused operation undoes all the others, those before it and those after it."""
        others = fine(self.prepared())
        before = self.lines()
        self.refused(*others, op, kind=kind, key=key, current=current)
        same(self.lines(), before)
        same(self.store.get(["once/new"]), {})
        self.done(*others)

    return promised


def _first(position: int) -> Callable[[Writes], None]:
    def promised(self: Writes) -> None:
        """Of several refused operations the first in canonical order is reported."""
        self.prepared()
        _, _, kind, key, current = _FAILING[position]
        ops = [op for _, op, *_ in _FAILING[position:]]
        self.refused(*ops, kind=kind, key=key, current=current)
        self.refused(*reversed(ops), kind=kind, key=key, current=current)

    return promised


for _position, (_name, _op, _kind, _key, _current) in enumerate(_FAILING):
    setattr(Writes, f"a_refused_{_name}_undoes_everything", _undoing(_op, _kind, _key, _current))
    setattr(Writes, f"a_refused_{_name}_is_reported_first", _first(_position))
