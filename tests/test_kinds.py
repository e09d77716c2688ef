"""Objects of the wrong kind: every way in names the argument, what it was given, and what to write."""

from datetime import UTC, datetime

import pytest

from leadroute import (
    REP,
    Dispatcher,
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    check,
    dump_policy,
    explain,
    free_capacity,
    load_policy,
    why_not,
)
from leadroute.batch import assign_batch
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.insight import coverage_of, diff, rerun, run_tests
from leadroute.model.validation import every, must_be
from leadroute.ranking.decision_record import decide
from leadroute.stores import MemoryStore, SqliteStore

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
ADA = Rep("ada")
LEAD = Lead("L-1")
BOB = Rep("bob")
TEAM = Roster([ADA, BOB])
ROUTER = Router(rules=[Rule("all", accept_within="5m")])


def owned():
    """A dispatcher with one lead that Ada owns."""
    dispatcher = Dispatcher(ROUTER, TEAM, MemoryStore())
    dispatcher.submit(LEAD)
    dispatcher.accept("L-1", "ada")
    return dispatcher


CALLS = {
    "lead is of type NoneType; it must be a Lead": [
        lambda: ROUTER.rank(None, TEAM),
        lambda: ROUTER.match(None),
        lambda: ROUTER.match_all(None),
        lambda: ROUTER.qualifies(None),
        lambda: decide(ROUTER, None, TEAM),
        lambda: owned().submit(None),
        lambda: explain(ROUTER, None, TEAM),
        lambda: why_not(ROUTER, None, "ada", TEAM),
    ],
    r"roster is of type \w+; it must be a Roster or several reps, such as \[Rep\('ada'\)\]": [
        lambda: ROUTER.rank(LEAD, {"ada": ADA}),
        lambda: ROUTER.members(None, "ada"),
        lambda: Dispatcher(ROUTER, None, MemoryStore()),
        lambda: check(ROUTER, 5),
        lambda: why_not(ROUTER, LEAD, "ada", None),
        lambda: coverage_of(ROUTER, None, NOON),
        lambda: assign_batch(ROUTER, [LEAD], None),
        lambda: run_tests(ROUTER, 5),
    ],
    "snapshot is of type dict; it must be a Snapshot": [
        lambda: ROUTER.rank(LEAD, TEAM, snapshot={}),
    ],
    "previous_offers is of type str; it must be a mapping": [
        lambda: ROUTER.rank(LEAD, TEAM, previous_offers="ada")
    ],
    "top is 0; it must be a whole number, 1 or more": [lambda: ROUTER.rank(LEAD, TEAM, top=0)],
    "top is 'x'; it must be a whole number": [lambda: ROUTER.rank(LEAD, TEAM, top="x")],
    "leads is of type Lead; it must be several, such as \\[Lead\\(...\\)": [
        lambda: assign_batch(ROUTER, LEAD, TEAM),
    ],
    "leads\\[1\\] is of type str; it must be a Lead": [
        lambda: assign_batch(ROUTER, [LEAD, "L-2"], TEAM),
    ],
    "router is of type NoneType; it must be a Router": [
        lambda: Dispatcher(None, TEAM, MemoryStore()),
        lambda: check(None),
        lambda: dump_policy(None),
        lambda: explain(None, LEAD, TEAM),
        lambda: why_not(None, LEAD, "ada", TEAM),
    ],
    "new is of type NoneType; it must be a Router": [
        lambda: list(diff(ROUTER, None, [LEAD], TEAM))
    ],
    "store is of type str; it must be a Store, such as": [
        lambda: Dispatcher(ROUTER, TEAM, "leads.db")
    ],
    "clock is of type NoneType; it must be a Clock": [
        lambda: Dispatcher(ROUTER, TEAM, MemoryStore(), clock=None)
    ],
    "track_records is of type dict; it must be TrackRecords": [
        lambda: Dispatcher(ROUTER, TEAM, MemoryStore(), track_records={}),
        lambda: Snapshot(track_records={}),
    ],
    "lead_id is of type Lead; it must be text": [
        lambda: owned().placement(LEAD),
        lambda: owned().history(LEAD),
        lambda: owned().accept(LEAD, "ada"),
    ],
    "rep_id is of type Rep; it must be text": [
        lambda: owned().accept("L-1", ADA),
        lambda: owned().decline("L-1", ADA),
        lambda: owned().assign("L-1", ADA, by="boss"),
    ],
    "rep is of type Rep; it must be text": [lambda: why_not(ROUTER, LEAD, ADA, TEAM)],
    "open is of type list; it must be a mapping": [lambda: Snapshot(open=["ada"])],
    r"turns\['everyone'\] is of type int; it must be a mapping": [
        lambda: Snapshot(turns={"everyone": 3})
    ],
    r"open\['ada'\] is None; it must be a number": [lambda: Snapshot(open={"ada": None})],
    r"won\['ada'\] is nan; it must be a number": [lambda: Snapshot(won={"ada": float("nan")})],
    r"turns\['everyone'\]\['ada'\] is 'x'; it must be a number": [
        lambda: Snapshot(turns={"everyone": {"ada": "x"}})
    ],
    r"last_assigned\['ada'\] is datetime.*; it must be microseconds since 1970": [
        lambda: Snapshot(last_assigned={"ada": NOON})
    ],
    r"free_since\['ada'\] is datetime.*; it must be microseconds since 1970": [
        lambda: Snapshot(free_since={"ada": NOON})
    ],
    "predicates is of type int; it must be a mapping": [
        lambda: Router(rules=[Rule("all")], predicates=5)
    ],
    "definitions is of type int; it must be a mapping": [
        lambda: Router(rules=[Rule("all")], definitions=5)
    ],
    "custom_fields is of type list; it must be a mapping": [
        lambda: Router(rules=[Rule("all")], custom_fields=["plan"])
    ],
    "condition is of type bool; it must be a condition": [lambda: free_capacity().when(True)],
}


@pytest.mark.parametrize(
    ("message", "call"), [(message, call) for message, calls in CALLS.items() for call in calls]
)
def test_a_wrong_kind_is_named(message, call):
    """The error names the argument, the type that was given, and what belongs there."""
    with pytest.raises(FieldTypeError, match=message):
        call()


@pytest.mark.parametrize(
    ("message", "call"),
    [
        (
            "grace: 'x' is not a duration; write it like",
            lambda: Router(rules=[], offline_grace="x"),
        ),
        ("wrap_up: 5 is not a duration; write it like", lambda: Router(rules=[], wrap_up=5)),
        (
            "objective is 5; write a function",
            lambda: assign_batch(ROUTER, [LEAD], TEAM, objective=5),
        ),
        (
            "gap is 'x'; write 0 for the optimum",
            lambda: assign_batch(ROUTER, [LEAD], TEAM, gap="x"),
        ),
        ("source is 5; write the path of a file; for its text", lambda: load_policy(5)),
        ("path is 5; write the name of a file", lambda: SqliteStore(5)),
    ],
)
def test_an_option_of_the_wrong_kind_is_named(message, call):
    """An option that cannot be used is refused with its name and what to write."""
    with pytest.raises(ConfigError, match=message):
        call()


def test_a_subclass_is_of_the_kind():
    """A value of a subclass is taken, and so is whatever has the methods of a protocol."""

    class Quoted(str):
        __slots__ = ()

    must_be(str, lead_id=Quoted("L-1"))
    Dispatcher(ROUTER, TEAM, MemoryStore(), clock=type("Fixed", (), {"now": lambda _self: NOON})())


def test_a_proxy_is_of_the_kind_of_what_it_stands_for():
    """A store that a host wraps, and that passes every call on, is a store."""

    class Proxy:
        def __init__(self, store):
            self.store = store

        def __getattr__(self, name):
            return getattr(self.store, name)

    assert Dispatcher(ROUTER, TEAM, Proxy(MemoryStore())).submit(LEAD).rep_id == "ada"


def test_several_are_asked_one_at_a_time():
    """What comes before a stray is given out before the stray is refused."""
    leads = every(Lead, leads=iter([LEAD, None]))
    assert next(leads) is LEAD
    with pytest.raises(FieldTypeError, match="leads\\[1\\] is of type NoneType"):
        next(leads)


TAKES_REPS = [
    lambda reps: ROUTER.rank(LEAD, reps),
    lambda reps: ROUTER.members(None, reps),
    lambda reps: check(ROUTER, reps),
    lambda reps: explain(ROUTER, LEAD, reps).ranking,
    lambda reps: why_not(ROUTER, LEAD, "ada", reps),
    lambda reps: decide(ROUTER, LEAD, reps),
    lambda reps: rerun(decide(ROUTER, LEAD, TEAM), ROUTER, LEAD, reps).changed,
    lambda reps: assign_batch(ROUTER, [LEAD], reps),
    lambda reps: coverage_of(ROUTER, reps, NOON),
    lambda reps: run_tests(ROUTER, reps),
    lambda reps: list(diff(ROUTER, STRICT, [LEAD, Lead("L-2")], reps)),
    lambda reps: Dispatcher(ROUTER, reps, MemoryStore()).submit(LEAD).rep_id,
]
STRICT = Router(rules=[Rule("all", require=REP.id != "ada")])


@pytest.mark.parametrize("call", TAKES_REPS)
@pytest.mark.parametrize("kind", [list, tuple, set, iter], ids=lambda kind: kind.__name__)
def test_several_reps_are_a_roster(call, kind):
    """A roster may be given as a list, or anything else that yields reps, with the same result."""
    assert call(kind([BOB, ADA])) == call(TEAM)


def test_a_list_is_read_anew_and_kept_nowhere():
    """A list that changes between two calls is seen as it is, and rosters that are kept stay kept."""
    reps = [ADA]
    router = Router(rules=[Rule("all", score=free_capacity())])
    router.rank(LEAD, TEAM)
    kept = router._teams.of(TEAM)
    for number in range(20):
        reps.append(Rep(f"rep {number}"))
        assert len(router.rank(LEAD, reps).assignments) == len(reps)
    assert router._teams.of(TEAM) is kept


def test_a_dispatcher_reads_its_list_once():
    """What happens to a list after a dispatcher was made of it changes nothing."""
    reps = [ADA]
    dispatcher = Dispatcher(ROUTER, reps, MemoryStore())
    reps.clear()
    assert dispatcher.submit(LEAD).rep_id == "ada"
