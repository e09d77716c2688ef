"""What the reads promise: records, counters, lines, pages, keys compared exactly, and times."""

from __future__ import annotations

from leadroute.errors import ConfigError
from leadroute.offers.change import MAX_DATA, Add, Drop, Emit, Once, Put, Record
from leadroute.offers.store import Store
from leadroute.testing.contract.asking import Promise, Promises, done, emitted, put, refused, same

__all__ = ["promise"]

promise = Promises()


def _keys(records: list[Record]) -> list[str]:
    return [record.key for record in records]


@promise
def get_gives_what_exists_in_the_order_asked(store: Store) -> None:
    """Get leaves out what is missing and keeps the order asked, each key once."""
    done(store, put("a"), put("b"), put("c"))
    same(list(store.get(["c", "x", "a", "c"])), ["c", "a"])
    same(store.get([]), {})


@promise
def get_takes_many_keys(store: Store) -> None:
    """Get takes more keys than a statement can hold."""
    done(store, *(put(f"r/{number}") for number in range(50)), *(Once(f"{n}") for n in range(50)))
    keys = [f"r/{number}" for number in range(1500)] + [f"once/{n}" for n in range(1500)]
    same(len(store.get(keys)), 100)


@promise
def counts_by_key(store: Store) -> None:
    """Counts gives the counters asked for, in the order asked, and leaves out those at 0."""
    done(store, Add("b", 1), Add("a", 2), Add("z", 0), Add("other", 1))
    same(list(store.counts(["b", "z", "a", "x", "a"]).items()), [("b", 1), ("a", 2)])
    same(store.counts([]), {})


@promise
def counts_takes_many_keys(store: Store) -> None:
    """Counts takes more keys than a statement can hold."""
    done(store, *(Add(f"{number:04}", 1) for number in range(600)))
    same(len(store.counts([f"{number:04}" for number in range(1500)])), 600)


@promise
def counts_by_prefix(store: Store) -> None:
    """A prefix is compared exactly: no case, no wildcard, nothing beside it."""
    keys = ["rep", "rep/", "rep/a", "rep/b", "rep0", "Rep/a", "rep%", "rep_a", "re"]
    done(store, *(Add(key, 1) for key in keys))
    same(list(store.counts(prefix="rep/")), ["rep/", "rep/a", "rep/b"])
    same(list(store.counts(prefix="rep%")), ["rep%"])
    same(list(store.counts(prefix="rep_")), ["rep_a"])
    same(list(store.counts()), sorted(keys))


@promise
def counts_by_prefix_of_any_letter(store: Store) -> None:
    """A prefix may end in any character, the last of all too."""
    keys = ["\ud7ff1", "\ue0001", "\U0010ffff1", "\U0010ffff\U0010ffff", "é1", "e1"]
    done(store, *(Add(key, 1) for key in keys))
    for prefix in ("\ud7ff", "\ue000", "\U0010ffff", "é", "\U0010ffff\U0010ffff"):
        same(list(store.counts(prefix=prefix)), sorted(k for k in keys if k.startswith(prefix)))


@promise
def counts_leaves_out_zero(store: Store) -> None:
    """A counter back at 0 cannot be told from one never touched."""
    done(store, Add("a", 1), Add("b", 1))
    done(store, Add("a", -1))
    same(store.counts(), {"b": 1})
    same(store.counts(["a"]), {})


@promise
def counts_takes_one_question(store: Store) -> None:
    """Keys and a prefix together are refused."""
    try:
        store.counts(["a"], prefix="b")
    except ConfigError as error:
        same(str(error), "counts takes keys or a prefix, not both")
    else:
        raise AssertionError("keys and prefix were both taken")


def _lines(store: Store) -> None:
    for key, status, owner, due in (
        ("a", "offered", "ada", 30),
        ("b", "offered", "bob", 10),
        ("c", "waiting", "", 20),
        ("d", "offered", "ada", None),
        ("e", "", "ada", 10),
        ("f", "offered", "bob", 20),
    ):
        done(store, Put(key, "{}", 0, status, owner, due))


@promise
def find_by_status(store: Store) -> None:
    """A status gives its line by due time, those never due last."""
    _lines(store)
    same(_keys(store.find(status="offered")), ["b", "f", "a", "d"])
    same(_keys(store.find(status="nothing")), [])


@promise
def find_by_owner(store: Store) -> None:
    """An owner gives all that is theirs."""
    _lines(store)
    same(_keys(store.find(owner="ada")), ["e", "a", "d"])


@promise
def find_by_status_and_owner(store: Store) -> None:
    """Status and owner together both hold."""
    _lines(store)
    same(_keys(store.find(status="offered", owner="ada")), ["a", "d"])
    same(_keys(store.find(status="waiting", owner="ada")), [])


@promise
def find_all(store: Store) -> None:
    """Without a filter find gives everything."""
    _lines(store)
    same(_keys(store.find()), ["b", "e", "c", "f", "a", "d"])


@promise
def find_empty_is_not_any(store: Store) -> None:
    """An empty status or owner is asked for like any other; None is any."""
    _lines(store)
    same(_keys(store.find(status="")), ["e"])
    same(_keys(store.find(owner="")), ["c"])


@promise
def find_upto_is_inclusive(store: Store) -> None:
    """What is due at the instant is due; what is never due is not."""
    _lines(store)
    same(_keys(store.find(status="offered", upto=20)), ["b", "f"])
    same(_keys(store.find(status="offered", upto=19)), ["b"])
    same(_keys(store.find(status="offered", upto=2**63 - 1)), ["b", "f", "a"])


@promise
def find_orders_ties_by_key(store: Store) -> None:
    """What is due at one instant comes by key, in the order of code points."""
    keys = ["z", "a", "Z", "é", "\ufffd", "\U0001f600", "10", "9"]
    done(store, *(put(key, status="s", due=5) for key in keys))
    same(_keys(store.find(status="s")), sorted(keys))


@promise
def find_pages_exactly(store: Store) -> None:
    """Pages of any size, one after the other, give everything once and in order, ties and never-due too."""
    dues = [None, 5, 5, 5, 7, None, None, -3, 5, 0]
    done(store, *(put(f"r{n}", status="s", owner="o", due=due) for n, due in enumerate(dues)))
    for size in (1, 2, 3, 7, 50):
        for status, owner in (("s", None), (None, "o"), ("s", "o"), (None, None)):
            found: list[Record] = []
            while page := store.find(
                status=status, owner=owner, after=found[-1] if found else None, limit=size
            ):
                found += page
            same(found, store.find(status=status, owner=owner))
            same(len(found), len(dues))


@promise
def find_pages_past_what_has_moved(store: Store) -> None:
    """The last record of a page may have been dropped since; the next page starts behind its old place."""
    done(store, *(put(key, status="s", due=5) for key in "abcd"))
    first = store.find(status="s", limit=2)
    done(store, Drop("b", 1), put("a", 1, status="s", due=9))
    same(_keys(store.find(status="s", after=first[-1])), ["c", "d", "a"])


@promise
def find_pages_up_to_an_instant(store: Store) -> None:
    """A page mark and an instant both hold."""
    done(store, *(put(f"r{due}", status="s", due=due) for due in range(5)))
    first = store.find(status="s", upto=3, limit=2)
    same(_keys(store.find(status="s", upto=3, after=first[-1])), ["r2", "r3"])


@promise
def find_follows_a_move(store: Store) -> None:
    """A record put elsewhere leaves its old line."""
    done(store, Put("r", "{}", 0, "offered", "ada", 5))
    done(store, Put("r", "{}", 1, "accepted", "bob"))
    same(_keys(store.find(status="offered") + store.find(owner="ada")), [])
    same(_keys(store.find(status="accepted", owner="bob")), ["r"])


@promise
def limits_of_pages(store: Store) -> None:
    """A limit of 0 gives nothing, one below is refused: 0 is not None."""
    done(store, put("r", status="s"), emitted(), Add("z", 0))
    same((store.find(limit=0), store.events(limit=0), store.trim(0, limit=0)), ([], [], 0))
    for page in (store.find, store.events):
        try:
            page(limit=-1)
        except ConfigError as error:
            same(str(error), "limit is -1; write how many at most, from 0 up")
        else:
            raise AssertionError("a limit below 0 was taken")


@promise
def events_page_by_id(store: Store) -> None:
    """Pages of the log, one after the other, give every event once, by rising id."""
    for n in range(1, 8):
        done(store, emitted("L", n), emitted("M", n))
    everything = store.events()
    same(sorted({event.id for event in everything}), [event.id for event in everything])
    found = store.events(limit=3)
    while page := store.events(after=found[-1].id, limit=3):
        found += page
    same(found, everything)


@promise
def events_of_a_lead_page_by_number(store: Store) -> None:
    """The log of one lead comes by number, and pages by number."""
    for n in (1, 2, 3, 10, 11):
        done(store, emitted("L", n), emitted("M", n))
    same([event.n for event in store.events(lead="L")], [1, 2, 3, 10, 11])
    same([event.n for event in store.events(lead="L", after=2, limit=2)], [3, 10])
    same(store.events(lead="X"), [])


@promise
def what_was_committed_reads_back(store: Store) -> None:
    """Every commit is visible to the next read."""
    for n in range(1, 20):
        done(store, put("r", n - 1, f"{n}"), Add("a", 1), emitted("L", n))
        same((store.get(["r"])["r"].data, store.counts()["a"]), (f"{n}", n))
        same(store.events(lead="L")[-1].n, n)


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


def _apart(keys: list[str]) -> Promise:
    def promised(store: Store) -> None:
        """Keys that only look alike are different keys, as record, counter, once-key, status and lead."""
        for key in keys:
            done(store, Put(key, key, 0, key, key, 1), Add(key, 1), Once(key, key), emitted(key))
        for key in keys:
            same(store.get([key])[key], Record(key, 1, key, key, key, 1))
            same(store.get([f"once/{key}"])[f"once/{key}"].data, key)
            same((store.counts([key]), _keys(store.find(status=key))), ({key: 1}, [key]))
            same((_keys(store.find(owner=key)), len(store.events(lead=key))), ([key], 1))
            refused(store, put(key), kind="version", key=key, current=1)
        same(list(store.counts()), sorted(keys))

    return promised


for _name, _alike in _LOOKALIKES.items():
    _promised = _apart(_alike)
    _promised.__name__ = f"keys_stay_apart_by_{_name}"
    promise(_promised)


@promise
def texts_come_back_as_they_were(store: Store) -> None:
    """Data of every kind reads back to the letter."""
    texts = ["", "'", "\\", "%s ?1 :x", "\n\r\t", "é\u0301\U0001f600", "1e5", "NULL", "{}" * 999]
    for number, text in enumerate(texts):
        done(store, put(f"r{number}", data=text), Emit("L", number + 1, "t", text, 0))
        same(store.get([f"r{number}"])[f"r{number}"].data, text)
        same(store.events(lead="L")[-1].data, text)


@promise
def long_texts_fit(store: Store) -> None:
    """Data may be 64 KiB long."""
    for number, text in enumerate(("x" * MAX_DATA, "é" * (MAX_DATA // 2))):
        done(store, put(f"r{number}", data=text))
        same(store.get([f"r{number}"])[f"r{number}"].data, text)


@promise
def times_of_any_year(store: Store) -> None:
    """Instants from year 1 to year 9999 keep their microseconds and their order; 0 is an instant."""
    times = [-62_135_596_800_000_000, -1, 0, 1, 2_147_483_648_000_000, 253_402_300_799_999_999]
    for number, at in enumerate(times):
        done(store, put(f"r{number}", status="s", due=at), emitted("L", number + 1, at=at))
    same([record.due for record in store.find(status="s")], times)
    same([event.at for event in store.events()], times)
    same(len(store.find(status="s", upto=0)), 3)
