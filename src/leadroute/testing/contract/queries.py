"""What the reads promise: records, counters, lines, pages, keys compared exactly, and times."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from leadroute.errors import ConfigError, ConflictError, TransientError
from leadroute.offers.change import (
    MAX_DATA,
    Add,
    Change,
    Check,
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

State = tuple[list[Record], dict[str, int], list[Event], dict[str, Record]]

_T = TypeVar("_T")
_numbers = itertools.count(1)


def same(found: object, expected: object) -> None:
    """Fail unless both are equal."""
    if found != expected:
        problem = f"found {found!r}, expected {expected!r}"
        raise AssertionError(problem)


def put(key: str, expect: int = 0, data: str = "{}", **columns: object) -> Put:
    """Return a Put with little to say."""
    return Put(key, data, expect, **columns)  # type: ignore[arg-type]


def emitted(lead: str = "L", n: int = 1, at: int = 0, *, deliver: bool = True) -> Emit:
    """Return an Emit with little to say."""
    return Emit(lead, n, "offered", "{}", at, deliver)


def shown(ops: Sequence[Op], key: str) -> tuple[Op, ...]:
    """Return what makes a change: the operations, and a once-key where none of them shows anything."""
    if all(isinstance(op, Check | Add | Raise) for op in ops):
        return (Once(key), *ops)
    return tuple(ops)


class Contract:
    """Promises about a new and empty store, each a method whose docstring is the promise."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def done(self, *ops: Op) -> None:
        """Commit a change that nothing stands against."""
        name = f"change-{next(_numbers)}"
        self.store.commit(Change(name, shown(ops, name)))

    def counted(self, *ops: Op) -> dict[str, int]:
        """Commit a change that nothing stands against, and return all counters after it."""
        self.done(*ops)
        return self.store.counts()

    def state(self, *onces: str) -> State:
        """Return all that can be seen of the store."""
        records: list[Record] = []
        while page := self.store.find(after=records[-1] if records else None, limit=500):
            records += page
        events: list[Event] = []
        while more := self.store.events(after=events[-1].id if events else 0, limit=500):
            events += more
        known = self.store.get([f"once/{key}" for key in onces])
        return records, self.store.counts(), events, known

    def refused(self, *ops: Op, kind: str, key: str, current: int | str | None = None) -> None:
        """Fail unless a change meets this conflict and leaves nothing behind."""
        ops = shown(ops, f"refused-{next(_numbers)}")
        onces = [op.key for op in ops if isinstance(op, Once)]
        before = self.state(*onces)
        try:
            self.done(*ops)
        except ConflictError as conflict:
            same((conflict.kind, conflict.key, conflict.current), (kind, key, current))
        else:
            problem = f"the change was done; expected ConflictError({kind!r}, {key!r}, {current!r})"
            raise AssertionError(problem)
        same(self.state(*onces), before)


def together(works: Mapping[str, Callable[[], _T]]) -> dict[str, _T | ConflictError]:
    """Return what each piece of work gives, all started at once; TransientError is tried again."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], _T]) -> _T | ConflictError:
        barrier.wait()
        while True:
            try:
                return work()
            except TransientError:
                continue
            except ConflictError as conflict:
                return conflict

    with ThreadPoolExecutor(len(works)) as pool:
        return dict(zip(works, pool.map(run, works.values()), strict=True))


def _keys(records: list[Record]) -> list[str]:
    return [record.key for record in records]


_LOOKALIKES: dict[str, list[str]] = {
    "case": ["key", "KEY", "Key"],
    "trailing_space": ["key", "key ", "key  ", " key", "key\t", "key\n"],
    "accents": ["resume", "résumé", "re\u0301sume\u0301"],
    "width": ["ada", "\uff41da", "ad\u0430"],
    "zero_width": ["ada", "a\u200bda", "\ufeffada"],
    "sharp_s": ["strasse", "straße", "STRASSE", "stra\u017f\u017fe"],
    "dotted_i": ["mike", "m\u0131ke", "MIKE", "M\u0130KE"],
    "numbers": ["1", "01", "1.0", "1e0", "+1", "0x1"],
    "quotes": ["'", '"', "''", "\\'", "`", "$$"],
    "statements": ["'; DROP TABLE x; --", "--", "/*", "%", "_", "?", ":a", "@a", "?1", "{}"],
    "words": ["NULL", "null", "None", "TRUE", "0"],
    "astral": ["\U0001f600", "\U0001f601", "\ufffd", "\U0010ffff"],
    "controls": ["\x01", "\x7f", "\x85", "\u2028", "\r\n", "\n"],
    "length": ["é" * 190, "é" * 189, "\U0001f600" * 190],
}


class Queries(Contract):
    """The promises of the reads."""

    def get_gives_what_exists_in_the_order_asked(self) -> None:
        """Get leaves out what is missing and keeps the order asked, each key once."""
        self.done(put("a"), put("b"), put("c"))
        same(list(self.store.get(["c", "x", "a", "c"])), ["c", "a"])
        same(self.store.get([]), {})

    def get_takes_many_keys(self) -> None:
        """Get takes more keys than a statement can hold."""
        self.done(*(put(f"r/{number}") for number in range(50)), *(Once(f"{n}") for n in range(50)))
        keys = [f"r/{number}" for number in range(1500)] + [f"once/{n}" for n in range(1500)]
        same(len(self.store.get(keys)), 100)

    def counts_by_key(self) -> None:
        """Counts gives the counters asked for, in the order asked, and leaves out those at 0."""
        self.done(Add("b", 1), Add("a", 2), Add("z", 0), Add("other", 1))
        same(list(self.store.counts(["b", "z", "a", "x", "a"]).items()), [("b", 1), ("a", 2)])
        same(self.store.counts([]), {})

    def counts_takes_many_keys(self) -> None:
        """Counts takes more keys than a statement can hold."""
        self.done(*(Add(f"{number:04}", 1) for number in range(600)))
        same(len(self.store.counts([f"{number:04}" for number in range(1500)])), 600)

    def counts_by_prefix(self) -> None:
        """A prefix is compared exactly: no case, no wildcard, nothing beside it."""
        keys = ["rep", "rep/", "rep/a", "rep/b", "rep0", "Rep/a", "rep%", "rep_a", "re"]
        self.done(*(Add(key, 1) for key in keys))
        same(list(self.store.counts(prefix="rep/")), ["rep/", "rep/a", "rep/b"])
        same(list(self.store.counts(prefix="rep%")), ["rep%"])
        same(list(self.store.counts(prefix="rep_")), ["rep_a"])
        same(list(self.store.counts()), sorted(keys))

    def counts_by_prefix_of_any_letter(self) -> None:
        """A prefix may end in any character, the last of all too."""
        keys = ["\ud7ff1", "\ue0001", "\U0010ffff1", "\U0010ffff\U0010ffff", "é1", "e1"]
        self.done(*(Add(key, 1) for key in keys))
        for prefix in ("\ud7ff", "\ue000", "\U0010ffff", "é", "\U0010ffff\U0010ffff"):
            same(
                list(self.store.counts(prefix=prefix)),
                sorted(k for k in keys if k.startswith(prefix)),
            )

    def counts_leaves_out_zero(self) -> None:
        """A counter back at 0 cannot be distinguished from one never touched."""
        self.done(Add("a", 1), Add("b", 1))
        self.done(Add("a", -1))
        same(self.store.counts(), {"b": 1})
        same(self.store.counts(["a"]), {})

    def counts_pages_exactly(self) -> None:
        """Pages of any size give every counter once and by key; those at 0 take no room."""
        keys = ["rep", "rep/", "rep/A", "rep/a", "rep/a/b", "rep/é", "rep/\U0001f600", "rep0"]
        self.done(*(Add(key, 1) for key in keys), Add("rep/Z", 0), Raise("rep/\ufffd", 0))
        for size in (1, 2, 3, 50):
            for prefix in ("rep/", ""):
                found: dict[str, int] = {}
                while page := self.store.counts(
                    prefix=prefix, after=max(found, default=""), limit=size
                ):
                    same((len(page) <= size, found.keys() & page.keys()), (True, set()))
                    found |= page
                same(list(found), sorted(key for key in keys if key.startswith(prefix)))

    def counts_pages_behind_any_text(self) -> None:
        """A page mark need be no counter: greater keys with the prefix follow, and no others."""
        self.done(*(Add(key, 1) for key in ("a", "b", "b/1", "b/2", "c")))
        same(list(self.store.counts(prefix="b", after="a")), ["b", "b/1", "b/2"])
        same(list(self.store.counts(prefix="b", after="b")), ["b/1", "b/2"])
        same(list(self.store.counts(prefix="b", after="b/10")), ["b/2"])
        same(list(self.store.counts(prefix="b", after="c")), [])
        same(list(self.store.counts(after="b/2")), ["c"])
        same(list(self.store.counts(prefix="b", limit=2)), ["b", "b/1"])

    def counts_takes_one_question(self) -> None:
        """Keys are refused together with a prefix, a page mark or a limit."""
        for page in ({"prefix": "b"}, {"after": "b"}, {"limit": 5}):
            try:
                self.store.counts(["a"], **page)
            except ConfigError as error:
                problem = "counts takes keys, or a prefix with its page (after, limit), not both"
                same(str(error), problem)
            else:
                raise AssertionError(f"keys and {page} were both taken")

    def _lines(self) -> None:
        for key, status, owner, due in (
            ("a", "offered", "ada", 30),
            ("b", "offered", "bob", 10),
            ("c", "waiting", "", 20),
            ("d", "offered", "ada", None),
            ("e", "", "ada", 10),
            ("f", "offered", "bob", 20),
        ):
            self.done(Put(key, "{}", 0, status, owner, due))

    def find_by_status(self) -> None:
        """A status gives its line by due time, those never due last."""
        self._lines()
        same(_keys(self.store.find(status="offered")), ["b", "f", "a", "d"])
        same(_keys(self.store.find(status="nothing")), [])

    def find_by_owner(self) -> None:
        """An owner gives all that is theirs."""
        self._lines()
        same(_keys(self.store.find(owner="ada")), ["e", "a", "d"])

    def find_by_status_and_owner(self) -> None:
        """Status and owner together both hold."""
        self._lines()
        same(_keys(self.store.find(status="offered", owner="ada")), ["a", "d"])
        same(_keys(self.store.find(status="waiting", owner="ada")), [])

    def find_by_several_statuses(self) -> None:
        """Several statuses give one line, by due time and key, each record once."""
        self._lines()
        same(_keys(self.store.find(status=["offered", "waiting"])), ["b", "c", "f", "a", "d"])
        same(_keys(self.store.find(status=["waiting", "offered", "waiting"], limit=2)), ["b", "c"])
        same(_keys(self.store.find(status=("offered", ""), owner="ada")), ["e", "a", "d"])
        same(_keys(self.store.find(status=["offered", "waiting"], upto=20)), ["b", "c", "f"])
        same(self.store.find(status=[]), [])

    def find_the_first_of_each_status(self) -> None:
        """So many of each status and no more, whatever the others have, behind the page mark."""
        self._lines()
        both = ["offered", "waiting"]
        same(_keys(self.store.find(status=both, first=1)), ["b", "c"])
        same(_keys(self.store.find(status=both, first=2)), ["b", "c", "f"])
        same(_keys(self.store.find(status="offered", first=3)), ["b", "f", "a"])
        same(_keys(self.store.find(status=both, first=2, limit=2)), ["b", "c"])
        (mark,) = self.store.find(status="offered", first=1)
        same(_keys(self.store.find(status=both, first=1, after=mark)), ["c", "f"])
        same(_keys(self.store.find(status=both, owner="ada", first=1)), ["a"])

    def find_of_many_statuses(self) -> None:
        """More statuses than a statement can hold are asked for at once."""
        self.done(*(put(f"r{n:04}", status=f"s{n}") for n in range(0, 1200, 3)))
        found = self.store.find(status=[f"s{n}" for n in range(1200)], first=1, limit=1000)
        same(_keys(found), [f"r{n:04}" for n in range(0, 1200, 3)])

    def find_refuses_a_first_without_a_status(self) -> None:
        """A number of each status needs statuses, and is 1 or more."""
        for asked in ({"first": 1}, {"status": "s", "first": 0}, {"status": "s", "first": True}):
            try:
                self.store.find(**asked)
            except ConfigError as error:
                same(str(error).startswith(f"first is {asked['first']!r}; write how many"), True)
            else:
                raise AssertionError(f"{asked} was taken")

    def find_what_is_due(self) -> None:
        """Without a status or an owner an instant gives all that is due, and what comes next is found."""
        self._lines()
        same(_keys(self.store.find(upto=20)), ["b", "e", "c", "f"])
        behind = Record(chr(0x10FFFF), 1, "", due=20)
        same(_keys(self.store.find(after=behind, limit=1)), ["a"])
        self.done(Put("a", "{}", 1, "offered", "ada", 5), Drop("b", 1))
        same(_keys(self.store.find(upto=10)), ["a", "e"])

    def find_all(self) -> None:
        """Without a filter find gives everything."""
        self._lines()
        same(_keys(self.store.find()), ["b", "e", "c", "f", "a", "d"])

    def find_empty_is_not_any(self) -> None:
        """An empty status or owner is asked for like any other; None is any."""
        self._lines()
        same(_keys(self.store.find(status="")), ["e"])
        same(_keys(self.store.find(owner="")), ["c"])

    def find_upto_is_inclusive(self) -> None:
        """What is due at the instant is due; what is never due is not."""
        self._lines()
        same(_keys(self.store.find(status="offered", upto=20)), ["b", "f"])
        same(_keys(self.store.find(status="offered", upto=19)), ["b"])
        same(_keys(self.store.find(status="offered", upto=2**63 - 1)), ["b", "f", "a"])

    def find_orders_ties_by_key(self) -> None:
        """What is due at one instant comes by key, in the order of code points."""
        keys = ["z", "a", "Z", "é", "\ufffd", "\U0001f600", "10", "9"]
        self.done(*(put(key, status="s", due=5) for key in keys))
        same(_keys(self.store.find(status="s")), sorted(keys))

    def find_pages_exactly(self) -> None:
        """Pages of any size give everything once and in order, ties and never-due too."""
        dues = [None, 5, 5, 5, 7, None, None, -3, 5, 0]
        self.done(*(put(f"r{n}", status="s", owner="o", due=due) for n, due in enumerate(dues)))
        for size in (1, 2, 3, 7, 50):
            for status, owner in (("s", None), (None, "o"), ("s", "o"), (None, None)):
                found: list[Record] = []
                while page := self.store.find(
                    status=status, owner=owner, after=found[-1] if found else None, limit=size
                ):
                    found += page
                same(found, self.store.find(status=status, owner=owner))
                same(len(found), len(dues))

    def find_pages_past_what_has_moved(self) -> None:
        """The last record of a page may be dropped; the next page starts behind its place."""
        self.done(*(put(key, status="s", due=5) for key in "abcd"))
        first = self.store.find(status="s", limit=2)
        self.done(Drop("b", 1), put("a", 1, status="s", due=9))
        same(_keys(self.store.find(status="s", after=first[-1])), ["c", "d", "a"])

    def find_pages_up_to_an_instant(self) -> None:
        """A page mark and an instant both hold."""
        self.done(*(put(f"r{due}", status="s", due=due) for due in range(5)))
        first = self.store.find(status="s", upto=3, limit=2)
        same(_keys(self.store.find(status="s", upto=3, after=first[-1])), ["r2", "r3"])

    def find_follows_a_move(self) -> None:
        """A record put elsewhere leaves its old line."""
        self.done(Put("r", "{}", 0, "offered", "ada", 5))
        self.done(Put("r", "{}", 1, "accepted", "bob"))
        same(_keys(self.store.find(status="offered") + self.store.find(owner="ada")), [])
        same(_keys(self.store.find(status="accepted", owner="bob")), ["r"])

    def limits_of_pages(self) -> None:
        """A limit of 0 gives nothing, one below is refused: 0 is not None."""
        self.done(put("r", status="s"), emitted(), Add("z", 0), Add("a", 1))
        same((self.store.find(limit=0), self.store.events(limit=0)), ([], []))
        same((self.store.counts(limit=0), self.store.trim(0, limit=0)), ({}, 0))
        for page in (self.store.find, self.store.events, self.store.counts):
            try:
                page(limit=-1)
            except ConfigError as error:
                same(str(error), "limit is -1; write how many at most, from 0 up")
            else:
                raise AssertionError("a limit below 0 was taken")

    def events_page_by_id(self) -> None:
        """Pages of the log, one after the other, give every event once, by rising id."""
        for n in range(1, 8):
            self.done(emitted("L", n), emitted("M", n))
        everything = self.store.events()
        same(sorted({event.id for event in everything}), [event.id for event in everything])
        found = self.store.events(limit=3)
        while page := self.store.events(after=found[-1].id, limit=3):
            found += page
        same(found, everything)

    def events_of_a_lead_page_by_number(self) -> None:
        """The log of one lead comes by number, and pages by number."""
        for n in (1, 2, 3, 10, 11):
            self.done(emitted("L", n), emitted("M", n))
        same([event.n for event in self.store.events(lead="L")], [1, 2, 3, 10, 11])
        same([event.n for event in self.store.events(lead="L", after=2, limit=2)], [3, 10])
        same(self.store.events(lead="X"), [])

    def what_was_committed_reads_back(self) -> None:
        """Every commit is visible to the next read."""
        for n in range(1, 20):
            self.done(put("r", n - 1, f"{n}"), Add("a", 1), emitted("L", n))
            same((self.store.get(["r"])["r"].data, self.store.counts()["a"]), (f"{n}", n))
            same(self.store.events(lead="L")[-1].n, n)

    def texts_come_back_as_they_were(self) -> None:
        """Data of every kind reads back to the letter."""
        texts = [
            "",
            "'",
            "\\",
            "%s ?1 :x",
            "\n\r\t",
            "é\u0301\U0001f600",
            "1e5",
            "NULL",
            "{}" * 999,
        ]
        for number, text in enumerate(texts):
            self.done(put(f"r{number}", data=text), Emit("L", number + 1, "t", text, 0))
            same(self.store.get([f"r{number}"])[f"r{number}"].data, text)
            same(self.store.events(lead="L")[-1].data, text)

    def long_texts_fit(self) -> None:
        """Data may be 64 KiB long."""
        for number, text in enumerate(("x" * MAX_DATA, "é" * (MAX_DATA // 2))):
            self.done(put(f"r{number}", data=text))
            same(self.store.get([f"r{number}"])[f"r{number}"].data, text)

    def times_of_any_year(self) -> None:
        """Instants from year 1 to 9999 keep their microseconds and their order; 0 is an instant."""
        times = [-62_135_596_800_000_000, -1, 0, 1, 2_147_483_648_000_000, 253_402_300_799_999_999]
        for number, at in enumerate(times):
            self.done(put(f"r{number}", status="s", due=at), emitted("L", number + 1, at=at))
        same([record.due for record in self.store.find(status="s")], times)
        same([event.at for event in self.store.events()], times)
        same(len(self.store.find(status="s", upto=0)), 3)


def _apart(keys: list[str]) -> Callable[[Queries], None]:
    def promised(self: Queries) -> None:
        """Keys that only look alike differ, as record, counter, once-key, status and lead."""
        store = self.store
        for key in keys:
            self.done(Put(key, key, 0, key, key, 1), Add(key, 1), Once(key, key), emitted(key))
        for key in keys:
            same(store.get([key])[key], Record(key, 1, key, key, key, 1))
            same(store.get([f"once/{key}"])[f"once/{key}"].data, key)
            same((store.counts([key]), _keys(store.find(status=key))), ({key: 1}, [key]))
            same((_keys(store.find(owner=key)), len(store.events(lead=key))), ([key], 1))
            self.refused(put(key), kind="version", key=key, current=1)
        same(list(store.counts()), sorted(keys))

    return promised


for _name, _alike in _LOOKALIKES.items():
    setattr(Queries, f"keys_stay_apart_by_{_name}", _apart(_alike))
