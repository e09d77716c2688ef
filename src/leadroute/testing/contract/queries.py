"""What the reads promise: records, counters, lines, pages, keys compared exactly, and times."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from leadroute.errors import ConfigError
from leadroute.offers.change import (
    MAX_DATA,
    Ack,
    Add,
    Change,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Put,
    Raise,
    Record,
)
from leadroute.testing.contract.common import (
    Contract,
    emitted,
    every_event,
    every_record,
    put,
    same,
)


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
    "length": ["é" * 190, "é" * 189, "\U0001f600" * 190, "x" * 189 + "y", "x" * 190],
    "a_letter": ["ada", "adam", "ad", "dada", "adb"],
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
                expected = sorted(key for key in keys if key.startswith(prefix))
                while page := self.store.counts(
                    prefix=prefix, after=max(found, default=""), limit=size
                ):
                    same(list(page), expected[len(found) :][:size])
                    found |= page
                same(list(found), expected)

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
        same(_keys(self.store.find(status=["offered", ""], owner="ada", first=1)), ["e", "a"])
        same(_keys(self.store.find(status=["", "offered"], owner="ada", first=2)), ["e", "a", "d"])

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
                seek: Any = partial(self.store.find, status=status, owner=owner, limit=size)
                found = every_record(seek)
                same(found, self.store.find(status=status, owner=owner))
                same((len(found), len(seek())), (len(dues), min(size, len(dues))))

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
        pages: list[Any] = [self.store.find, self.store.events, self.store.counts]
        for page in (*pages, partial(self.store.trim, 0)):
            try:
                page(limit=-1)
            except ConfigError as error:
                same(str(error), "limit is -1; write how many at most, from 0 up")
            else:
                raise AssertionError("a limit below 0 was taken")
        same(self.store.trim(0), 1)

    def events_page_by_id(self) -> None:
        """Pages of the log, one after the other, give every event once, by rising id."""
        for n in range(1, 8):
            self.done(emitted("L", n), emitted("M", n))
        everything = self.store.events()
        same(sorted({event.id for event in everything}), [event.id for event in everything])
        same(self.store.events(limit=3), everything[:3])
        same(every_event(partial(self.store.events, limit=3)), everything)
        same([event.n for event in everything if event.lead == "L"], [*range(1, 8)])

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
            " ",
            " x  ",
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

    def find_forgets_old_places(self) -> None:
        """A record that was dropped, or has a new status, owner or due time, is found at no old place."""
        for key in ("drop", "status", "owner", "due", "never"):
            self.done(Put(key, "{}", 0, "old", "ada", 5))
        self.done(Drop("drop", 1), Put("status", "{}", 1, "new", "ada", 5))
        self.done(Put("owner", "{}", 1, "old", "bob", 5), Put("due", "{}", 1, "old", "ada", 6))
        self.done(Put("never", "{}", 1, "old", "ada"))
        find = self.store.find
        same(_keys(find(status="old")), ["owner", "due", "never"])
        same(_keys(find(owner="ada")), ["status", "due", "never"])
        same(_keys(find(status="old", owner="ada")), ["due", "never"])
        same(_keys(find(upto=5)), ["owner", "status"])
        same(_keys(find(status=["old", "new"], first=2)), ["owner", "status", "due"])
        same(_keys(find(status="old", owner="ada", upto=6)), ["due"])
        same(_keys(find()), ["owner", "status", "due", "never"])
        self.done(put("zero", due=0), put("none"), Put("drop", "{}", 0, "old", "ada", 4))
        same(
            _keys(find(status="") + find(owner="") + find(upto=0)), ["zero", "none"] * 2 + ["zero"]
        )
        self.done(Drop("zero", 1), put("none", 1, status="s", owner="o"))
        same(find(status="") + find(owner="") + find(upto=0), [])
        same(_keys(find(status="old", limit=1) + find(owner="ada", limit=1)), ["drop", "drop"])

    def find_takes_a_mark_of_any_kind(self) -> None:
        """A page starts behind the place of its mark, also one that was never due or lies between."""
        self._lines()
        for status in (None, "offered"):
            behind = _keys(self.store.find(status=status, after=Record("c", 1, "")))
            same(behind, ["d"])
            same(_keys(self.store.find(status=status, after=Record("d", 1, ""))), [])
            before = Record("\U0010ffff", 1, "", due=-(10**17))
            same(self.store.find(status=status, after=before), self.store.find(status=status))
        between = Record("c", 9, "other", "other", "other", 10)
        same(_keys(self.store.find(after=between, owner="ada")), ["e", "a", "d"])

    def find_tells_the_instant_to_the_microsecond(self) -> None:
        """What is due a microsecond later is not due yet."""
        instant = 1_700_000_000_000_001
        self.done(put("now", status="s", due=instant), put("later", status="s", due=instant + 1))
        same(_keys(self.store.find(status="s", upto=instant)), ["now"])
        same(_keys(self.store.find(upto=instant - 1)), [])

    def limits_are_100_and_500_unless_given(self) -> None:
        """Find gives 100, counts all, the log 500; a greater limit gives more, and pages give all."""
        self.done(*(put(f"r{n:03}", status=f"s{n % 2}", owner="o", due=n // 7) for n in range(230)))
        self.done(*(Add(f"a{n:04}", 1) for n in range(520)))
        keys = [f"r{n:03}" for n in range(230)]
        asks: list[dict[str, Any]] = [{}, {"owner": "o"}, {"status": ["s0", "s1"]}, {"upto": 99}]
        for asked in asks:
            seek: Callable[..., list[Record]] = partial(self.store.find, **asked)
            same(_keys(seek()), keys[:100])
            same(_keys(seek(limit=229)), keys[:229])
            same(_keys(every_record(seek)), keys)
        same(len(self.store.find(status="s0")), 100)
        same(len(self.store.find(status=["s0", "s1"], first=105, limit=500)), 210)
        same(len(self.store.counts(prefix="a")), 520)
        same(len(self.store.counts(prefix="a", limit=519)), 519)

    def pages_hold_while_others_write(self) -> None:
        """What comes, goes or moves between two pages neither repeats nor hides anything else."""
        keys = [f"r{n}" for n in range(8)]
        self.done(*(put(key, status="s", owner="o", due=5) for key in keys))
        self.done(*(Add(key, 1) for key in keys))
        asks: list[dict[str, Any]] = [
            {},
            {"status": "s"},
            {"owner": "o"},
            {"status": ["s", "t"]},
            {"upto": 7},
        ]
        firsts = [(asked, self.store.find(**asked, limit=4)) for asked in asks]
        counters = self.store.counts(limit=4)
        self.done(
            *(Drop(f"r{n}", 1) for n in (0, 3, 5)), put("r1", 1, status="s", owner="o", due=6)
        )
        self.done(*(put(key, status="s", owner="o", due=5) for key in ("r", "r35")))
        self.done(*(Add(f"r{n}", -1) for n in (0, 3, 5)), Add("r", 1), Add("r35", 1))
        for asked, page in firsts:
            found = every_record(partial(self.store.find, **asked, limit=2), page[-1])
            same((_keys(page), _keys(found)), (keys[:4], ["r35", "r4", "r6", "r7", "r1"]))
        same(list(self.store.counts(after=max(counters))), ["r35", "r4", "r6", "r7"])

    def logs_hold_while_others_write(self) -> None:
        """Acknowledging and trimming between two pages of a log or of the outbox hides nothing else."""
        for n in range(1, 9):
            self.done(emitted("L", n, deliver=False), emitted(f"M{n}"))
        waiting = self.store.events(pending_at=0, limit=3)
        log, own = self.store.events(limit=4), self.store.events(lead="L", limit=4)
        self.done(*(Ack(event.id) for event in waiting))
        self.store.trim(1, limit=4)
        rest = self.store.events(pending_at=0, after=waiting[-1].id)
        same([event.lead for event in rest], ["M4", "M5", "M6", "M7", "M8"])
        same([e.n for e in self.store.events(lead="L", after=own[-1].n)], [5, 6, 7, 8])
        same(len(self.store.events(after=log[-1].id)), 12)

    def counts_below_zero_are_told(self) -> None:
        """A counter below 0 is told like any other, by key, by prefix and on a page."""
        self.done(Add("a", -3, lo=None), Add("b", 1))
        same((self.store.counts(["b", "a"]), self.store.counts()), ({"b": 1, "a": -3},) * 2)
        same(self.store.counts(prefix="", limit=1), {"a": -3})

    def events_of_a_lead_come_by_number_not_by_id(self) -> None:
        """The log of a lead comes by number, in whatever order its events were written."""
        for n in (3, 1, 2):
            self.done(emitted("L", n, deliver=False), emitted("M", n))
        log = partial(self.store.events, lead="L")
        same([event.n for event in log()], [1, 2, 3])
        same([[e.n for e in log(after=1)], [e.n for e in log(limit=2)]], [[2, 3], [1, 2]])
        same([event.n for event in self.store.events(lead="M", pending_at=0)], [1])
        same([event.n for event in self.store.events(pending_at=0)], [1])

    def what_was_not_there_reads_back_too(self) -> None:
        """What was asked for before it was there, or before it changed, is found as it is now."""
        asks: list[Callable[[], object]] = [
            lambda: len(self.store.get(["r", "once/k"])),
            lambda: len(self.store.counts(["a"])),
            lambda: len(self.store.counts(prefix="a")),
            lambda: len(self.store.find(status="s")),
            lambda: len(self.store.find(owner="o")),
            lambda: len(self.store.find(upto=5)),
            lambda: len(self.store.events()),
            lambda: len(self.store.events(lead="L")),
            lambda: len(self.store.events(pending_at=0)),
            lambda: len(self.store.events(change="one")),
        ]
        same([ask() for ask in asks], [0] * 10)
        one = put("r", status="s", owner="o", due=5), Add("a", 1), emitted("L"), Once("k")
        self.store.commit(Change("one", one))
        same([ask() for ask in asks], [2, *[1] * 9])
        self.done(Drop("r", 1), Add("a", -1), Ack(self.store.events()[0].id))
        same([ask() for ask in asks], [1, 0, 0, 0, 0, 0, 1, 1, 0, 1])

    def answers_belong_to_the_caller(self) -> None:
        """What was answered stays as it was, and what the caller does to it changes nothing."""
        self.done(put("r", status="s", owner="o", due=5), Add("a", 1), emitted("L"), Once("k"))
        asks: list[Callable[[], Any]] = [
            lambda: self.store.get(["r", "once/k"]),
            lambda: self.store.counts(["a"]),
            self.store.counts,
            self.store.find,
            lambda: self.store.find(status="s"),
            lambda: self.store.find(owner="o"),
            self.store.events,
            lambda: self.store.events(lead="L"),
            lambda: self.store.events(pending_at=0),
        ]
        before, kept = [ask() for ask in asks], [ask().copy() for ask in asks]
        for ask in asks:
            ask().clear()
        same([ask() for ask in asks], kept)
        self.done(put("r", 1, "new"), Add("a", 1), Ack(self.store.events()[0].id), emitted("L", 2))
        same([ask() == old for ask, old in zip(asks, kept, strict=True)].count(True), 0)
        same(before, kept)

    def answers_are_plain_values(self) -> None:
        """Answers are dicts and lists of records and events, with texts and whole numbers of Python."""
        self.done(put("r", due=5), put("s"), Add("a", 1), emitted("L"), Once("k"))
        self.done(emitted("M", deliver=False))
        for record in (*self.store.get(["r", "s", "once/k"]).values(), *self.store.find()):
            kinds = [
                type(each) for each in (record.key, record.version, record.data, record.status)
            ]
            same((type(record), kinds), (Record, [str, int, str, str]))
            same(type(record.due) in (int, type(None)), True)
        for event in self.store.events():
            numbers = (event.id, event.n, event.at, event.until, event.attempts)
            same((type(event), {type(n) for n in numbers} <= {int, type(None)}), (Event, True))
            texts = (event.lead, event.type, event.data, event.change, event.error)
            same({type(text) for text in texts}, {str})
        counted = self.store.counts()
        same((type(counted), type(self.store.find()), type(counted["a"])), (dict, list, int))
        same((type(self.store.events()), type(self.store.get([]))), (list, dict))
        same(type(self.store.trim(0)), int)

    def every_text_may_be_long(self) -> None:
        """Every text keeps its whole length and each letter, in every column, with blanks around it."""
        texts = (f" {'x' * 188} ", "x" * MAX_DATA), ("\U0001f600" * 190, "é" * 32_768)
        for name, data in (*texts, ("0012", "1e5"), ("+1.50", "0x1 ")):
            ops = Put(name, data, 0, name, name), Once(name, data, name), Add(name, 1)
            self.store.commit(Change(name, (*ops, Emit(name, 1, name, data, 0))))
            (event,) = self.store.events(change=name)
            self.done(Defer(event.id, None, 1, data))
            same(self.store.get([name])[name], Record(name, 1, data, name, name))
            kept = Record(f"once/{name}", 1, data, fingerprint=name)
            same(self.store.get([f"once/{name}"]), {f"once/{name}": kept})
            same(self.store.counts([name]), {name: 1})
            (event,) = self.store.events(lead=name)
            same((event.lead, event.type, event.data, event.change), (name, name, data, name))
            same((event.error, event.dead), (data, True))
            self.refused(Once(name), kind="duplicate", key=name, current=data)

    def numbers_of_64_bits(self) -> None:
        """Due times, times of events, numbers, attempts and instants of delivery have 64 bits."""
        most = 2**63 - 1
        for number, due in enumerate((1 - 2**63, -(2**53) - 1, 2**31, 2**53 + 1, most - 1)):
            self.done(put(f"r{number}", status="s", due=due), emitted("L", number + 1, due))
            same(self.store.get([f"r{number}"])[f"r{number}"].due, due)
            same(self.store.events(lead="L", after=number)[0].at, due)
        same(_keys(self.store.find(upto=1 - 2**63)), ["r0"])
        same(_keys(self.store.find(status="s", upto=2**53)), ["r0", "r1", "r2"])
        self.done(emitted("M", 2**53 + 1), emitted("N", most))
        same([e.n for each in "MN" for e in self.store.events(lead=each)], [2**53 + 1, most])
        same(self.store.events(lead="M", after=2**53 + 1), [])
        (event,) = self.store.events(lead="N")
        for until in (most, 1 - 2**63):
            self.done(Defer(event.id, until, 2**31, ""))
            (found,) = self.store.events(lead="N")
            same((found.until, found.attempts), (until, 2**31))
        same([e.lead for e in self.store.events(pending_at=1 - 2**63, lead="N")], ["N"])


def _apart(keys: list[str]) -> Callable[[Queries], None]:
    def promised(self: Queries) -> None:
        """Keys that only look alike differ, as record, counter, once-key, status and lead."""
        store = self.store
        for n, key in enumerate(keys, 1):
            ops = Put(key, key, 0, key, key, 1), Add(key, 1), Once(key, key), emitted(key, n)
            store.commit(Change(key, ops))
        for key in keys:
            same(store.get([key])[key], Record(key, 1, key, key, key, 1))
            same(store.get([f"once/{key}"])[f"once/{key}"].data, key)
            same((store.counts([key]), _keys(store.find(status=key))), ({key: 1}, [key]))
            same((_keys(store.find(owner=key)), len(store.events(lead=key))), ([key], 1))
            same(_keys(store.find(status=[key, "none"], owner=key, first=1)), [key])
            same([event.change for event in store.events(change=key)], [key])
            same([event.lead for event in store.events(lead=key, pending_at=0)], [key])
            self.refused(put(key), kind="version", key=key, current=1)
        same(list(store.counts()), sorted(keys))
        same(len(store.events(pending_at=0)), len(keys))
        for prefix in keys:
            begins = [key for key in sorted(keys) if key.startswith(prefix)]
            same(list(store.counts(prefix=prefix)), begins)

    return promised


for _name, _alike in _LOOKALIKES.items():
    setattr(Queries, f"keys_stay_apart_by_{_name}", _apart(_alike))
