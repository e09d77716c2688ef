"""What counters promise: bounds inside the write, sums in order, marks that only rise."""

from __future__ import annotations

from leadroute.offers.change import Add, Raise
from leadroute.offers.store import Store
from leadroute.testing.contract.asking import Promises, done, put, refused, same

__all__ = ["promise"]

promise = Promises()

_BIGGEST = 2**63 - 1


@promise
def add_starts_from_zero(store: Store) -> None:
    """A missing counter stands at 0."""
    same(done(store, Add("a", 3)), {"a": 3})
    same(done(store, Add("a", -1)), {"a": 2})
    same(store.counts(["a"]), {"a": 2})


@promise
def add_stops_at_the_upper_limit(store: Store) -> None:
    """Add reaches its limit and not one more; the refusal says where the counter stands."""
    done(store, Add("a", 1, hi=2))
    done(store, Add("a", 1, hi=2))
    refused(store, Add("a", 1, hi=2), kind="limit", key="a", current=2)


@promise
def add_checks_the_limit_on_the_first_add(store: Store) -> None:
    """A missing counter is bounded like any other."""
    refused(store, Add("a", 3, hi=2), kind="limit", key="a", current=0)


@promise
def add_without_a_limit(store: Store) -> None:
    """An upper limit of None is none."""
    same(done(store, Add("a", 10**15, hi=None)), {"a": 10**15})


@promise
def add_with_a_limit_of_zero(store: Store) -> None:
    """An upper limit of 0 lets nothing in: 0 is not None."""
    refused(store, Add("a", 1, hi=0), kind="limit", key="a", current=0)


@promise
def add_stops_at_zero(store: Store) -> None:
    """The lower limit is 0 unless another is given."""
    refused(store, Add("a", -1), kind="limit", key="a", current=0)
    done(store, Add("a", 1))
    refused(store, Add("a", -2), kind="limit", key="a", current=1)


@promise
def add_without_a_lower_limit(store: Store) -> None:
    """A lower limit of None lets the counter go below 0."""
    same(done(store, Add("a", -5, lo=None)), {"a": -5})
    same(store.counts(), {"a": -5})


@promise
def add_stops_at_a_lower_limit(store: Store) -> None:
    """A lower limit below 0 holds."""
    done(store, Add("a", -2, lo=-2))
    refused(store, Add("a", -1, lo=-2), kind="limit", key="a", current=-2)


@promise
def add_gives_back_below_a_lowered_limit(store: Store) -> None:
    """Giving back needs no room: only the sum is judged."""
    done(store, Add("a", 5))
    same(done(store, Add("a", -1)), {"a": 4})
    refused(store, Add("a", -1, hi=2), kind="limit", key="a", current=4)


@promise
def add_more_than_the_limit_to_a_negative_counter(store: Store) -> None:
    """A delta beyond the limit is fine where the sum is within it."""
    done(store, Add("a", -4, lo=None))
    same(done(store, Add("a", 5, hi=1)), {"a": 1})


@promise
def add_of_nothing_is_judged(store: Store) -> None:
    """Adding 0 asks whether the counter is within the bounds."""
    same(done(store, Add("a", 0)), {"a": 0})
    done(store, Add("a", 3))
    refused(store, Add("a", 0, hi=2), kind="limit", key="a", current=3)


@promise
def adds_to_one_counter_are_summed(store: Store) -> None:
    """Several Adds to one counter all count."""
    same(done(store, Add("a", 1), Add("a", 2), Add("a", 3, hi=6)), {"a": 6})


@promise
def adds_to_one_counter_keep_their_order(store: Store) -> None:
    """Several Adds to one counter apply in the order given, each within its own bounds."""
    done(store, Add("a", 2))
    done(store, Add("a", -1), Add("a", 1, hi=2))
    refused(store, Add("a", 1, hi=2), Add("a", -1), kind="limit", key="a", current=2)
    refused(store, Add("a", -1), Add("a", 2, hi=2), kind="limit", key="a", current=1)


@promise
def add_keeps_big_numbers(store: Store) -> None:
    """A counter holds 64 bits, and a sum beyond them is a limit, not a rounding."""
    done(store, Add("a", _BIGGEST - 1))
    same(done(store, Add("a", 1)), {"a": _BIGGEST})
    refused(store, Add("a", 1), kind="limit", key="a", current=_BIGGEST)
    refused(store, Add("a", _BIGGEST), kind="limit", key="a", current=_BIGGEST)


@promise
def add_keeps_big_negative_numbers(store: Store) -> None:
    """The same downwards."""
    same(done(store, Add("a", -_BIGGEST, lo=None)), {"a": -_BIGGEST})
    refused(store, Add("a", -1, lo=None), kind="limit", key="a", current=-_BIGGEST)


@promise
def raise_creates(store: Store) -> None:
    """Raise makes a missing counter stand at its mark."""
    same(done(store, Raise("a", 1_700_000_000_000_000)), {"a": 1_700_000_000_000_000})


@promise
def raise_lifts_and_never_lowers(store: Store) -> None:
    """Raise keeps the greatest mark."""
    same([done(store, Raise("a", to))["a"] for to in (5, 3, 9, 9)], [5, 5, 9, 9])


@promise
def raise_starts_from_zero(store: Store) -> None:
    """A mark below 0 leaves a missing counter at 0."""
    same(done(store, Raise("a", -5)), {"a": 0})
    same(store.counts(), {})


@promise
def raise_lifts_negative_counters(store: Store) -> None:
    """A counter below 0 can be lifted to a mark below 0."""
    done(store, Add("a", -9, lo=None))
    same(done(store, Raise("a", -5)), {"a": -5})


@promise
def raise_comes_after_add(store: Store) -> None:
    """Raise sees what the Adds of its change made."""
    same(done(store, Raise("a", 4), Add("a", 3)), {"a": 4})
    same(done(store, Raise("a", 4), Add("a", 3)), {"a": 7})


@promise
def commit_returns_the_counters(store: Store) -> None:
    """A commit returns every counter it named, those at 0 too, and no other."""
    done(store, Add("other", 1), Add("b", 1))
    same(done(store, Add("a", 2), Add("b", -1), Raise("c", 3), put("r")), {"a": 2, "b": 0, "c": 3})
    same(done(store, put("s")), {})
