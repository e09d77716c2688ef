"""The vocabulary of changes: what is refused on construction, and the canonical order."""

import itertools

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ValidationError
from leadroute.offers.change import (
    MAX_DATA,
    MAX_KEY,
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Event,
    Once,
    Put,
    Raise,
    ordered,
)

BIG = 2**63

REFUSALS = [
    (lambda: Once(""), "Once: key is empty; write 1 to 190 characters"),
    (lambda: Once("k" * 191), "Once: key has 191 characters; at most 190 can be kept"),
    (
        lambda: Once("a\0b"),
        "Once: key holds a NUL character, which databases cannot keep; leave it out",
    ),
    (
        lambda: Once("a\ud800"),
        "Once: key holds a lone surrogate, which is not a character; leave it out",
    ),
    (lambda: Once(7), "Once: key is int; write a text"),
    (lambda: Once("k", fingerprint="f" * 191), "Once: fingerprint has 191 characters"),
    (lambda: Check("once/k", 1), "Check: key starts with 'once/', which is where once-keys are"),
    (lambda: Check("k", -1), "Check: version is -1; write 0 to 9223372036854775807"),
    (lambda: Check("k", True), "Check: version is bool; write an int"),
    (lambda: Put("k", "\0", 0), "Put: data holds a NUL character"),
    (lambda: Put("k", "x" * (MAX_DATA + 1), 0), "Put: data is 65537 bytes long; at most 65536"),
    (lambda: Put("k", "é" * MAX_DATA, 0), "Put: data is 131072 bytes long; at most 65536"),
    (lambda: Put("k", "", BIG - 1), "Put: expect is 9223372036854775807; write 0 to"),
    (lambda: Put("k", "", 0, status=None), "Put: status is NoneType; write a text"),
    (lambda: Put("k", "", 0, owner="o" * 191), "Put: owner has 191 characters"),
    (lambda: Put("k", "", 0, due=1.5), "Put: due is float; write an int"),
    (lambda: Put("k", "", 0, due=BIG - 1), "Put: due is 9223372036854775807; write"),
    (lambda: Drop("k", 0), "Drop: expect is 0; write 1 to"),
    (lambda: Ack(0), "Ack: id is 0; write 1 to"),
    (lambda: Defer(1, "soon", 0, ""), "Defer: until is str; write an int"),
    (lambda: Defer(1, None, -1, ""), "Defer: attempts is -1; write 0 to"),
    (lambda: Add("k", BIG), "Add: delta is 9223372036854775808; write -9223372036854775807 to"),
    (lambda: Add("k", 1, hi=1.0), "Add: hi is float; write an int"),
    (lambda: Add("k", 1, lo="0"), "Add: lo is str; write an int"),
    (lambda: Raise("k", None), "Raise: to is NoneType; write an int"),
    (lambda: Emit("", 1, "t", "", 0), "Emit: lead is empty"),
    (lambda: Emit("L", 0, "t", "", 0), "Emit: n is 0; write 1 to"),
    (lambda: Emit("L", 1, "", "", 0), "Emit: type is empty"),
    (lambda: Emit("L", 1, "t", "", 0, deliver=1), "Emit: deliver is int; write True or False"),
    (lambda: Change("", ()), "Change: id is empty"),
    (lambda: Change("c", ("op",)), "Change: ops hold a str; only the operations of this module"),
    (
        lambda: Change("c", (Once("k"), Once("k", "v"))),
        "Change: ops write once-key 'k' twice; a change writes each at most once",
    ),
    (lambda: Change("c", (Put("r", "", 0), Drop("r", 1))), "ops write record 'r' twice"),
    (lambda: Change("c", (Ack(3), Defer(3, 1, 1, ""))), "ops write outbox entry 3 twice"),
    (
        lambda: Change("c", (Emit("L", 2, "a", "", 0), Emit("L", 2, "b", "", 0))),
        "ops write log position 'L' number 2 twice",
    ),
    (
        lambda: Change("c", ()),
        "cannot be recognized after a lost answer; add a Once with a key of its own, or a Put, Drop,",
    ),
    (
        lambda: Change("c", (Check("r", 1), Add("a", 1), Raise("a", 1))),
        "Change: ops show nothing of their change",
    ),
]


SHOWING = [
    Once("k"),
    Put("r", "", 0),
    Drop("r", 1),
    Emit("L", 1, "t", "", 0),
    Ack(1),
    Defer(1, 1, 1, ""),
]


@pytest.mark.parametrize("op", SHOWING, ids=lambda op: type(op).__name__)
def test_one_operation_that_shows_its_change_is_enough(op):
    """A change is recognized by any of its operations that leaves more than a number."""
    assert Change("c", (Add("a", 1), op)).ops == (Add("a", 1), op)


@pytest.mark.parametrize(("build", "message"), REFUSALS, ids=[text for _, text in REFUSALS])
def test_what_cannot_be_kept_is_refused(build, message):
    """A refusal names the operation, the part, what it is and what to write."""
    with pytest.raises(ValidationError) as refusal:
        build()
    assert message in str(refusal.value)


def test_the_edges_are_taken():
    """The longest key, the longest text and the greatest numbers are fine."""
    Put("é" * MAX_KEY, "x" * MAX_DATA, BIG - 2, "s" * MAX_KEY, "", BIG - 2)
    Put("k", "é" * (MAX_DATA // 2), 0, due=1 - BIG)
    Add("k", 1 - BIG, lo=None, hi=BIG - 1)
    Add("once/k", 0, 0, 0)


def test_one_thing_may_be_checked_and_added_to_often():
    """Checks, Adds and Raises may repeat; a record may be checked and written."""
    ops = (Check("r", 1), Check("r", 1), Put("r", "", 1), Add("a", 1), Add("a", 2), Raise("a", 1))
    assert Change("c", [*ops, Raise("a", 2)]).ops == (*ops, Raise("a", 2))


def test_operations_are_frozen():
    """A change cannot be changed."""
    with pytest.raises(FrozenInstanceError):
        Once("k").key = "other"


def test_canonical_order():
    """Once, Check, Put and Drop, Ack and Defer, Add, Raise, Emit: each by key."""
    ops = (
        Once("a"),
        Once("b"),
        Check("a", 1),
        Drop("a", 1),
        Put("b", "", 0),
        Ack(2),
        Defer(10, 1, 1, ""),
        Add("a", 1),
        Add("b", 1),
        Raise("a", 1),
        Emit("L", 2, "t", "", 0),
        Emit("L", 10, "t", "", 0),
        Emit("M", 1, "t", "", 0),
    )
    assert ordered(Change("c", reversed(ops))) == ops
    for one, two in itertools.combinations(ops[1:], 2):
        assert ordered(Change("c", (two, one, ops[0]))) == (ops[0], one, two)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(-3, 3)), max_size=8))
def test_adds_to_one_counter_keep_their_order(adds):
    """Ordering is stable: only the key decides."""
    ops = (Once("k"), *(Add(key, delta) for key, delta in adds))
    kept = ordered(Change("c", ops))
    for key in "ab":
        assert [op for op in kept if op.key == key] == [op for op in ops if op.key == key]


def test_bounds_of_add():
    """None is the end of 64 bits, 0 is 0."""
    assert Add("a", 1).bounds == (0, BIG - 1)
    assert Add("a", 1, lo=None, hi=0).bounds == (1 - BIG, 0)


@pytest.mark.parametrize(
    ("until", "attempts", "delivered", "dead"),
    [(None, None, True, False), (0, 0, False, False), (None, 3, False, True)],
)
def test_delivery_of_an_event(until, attempts, delivered, dead):
    """An event is delivered, waiting or dead."""
    event = Event(1, "L", 1, "t", "", 0, "c", until, attempts)
    assert (event.delivered, event.dead) == (delivered, dead)
