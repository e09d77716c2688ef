"""The contract as a whole: which promises are asked of a store, and which it lacks an ability for."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any

from leadroute.testing.contract.common import Contract, emitted, put, same
from leadroute.testing.contract.hosts import Hosts, Nested
from leadroute.testing.contract.outbox import Outbox
from leadroute.testing.contract.processes import Forked, Reopened
from leadroute.testing.contract.queries import Queries
from leadroute.testing.contract.races import Races
from leadroute.testing.contract.running import Opened, loop_in_thread, names, opened, sentence
from leadroute.testing.contract.writes import Writes

_Any = AbstractContextManager[Any] | AbstractAsyncContextManager[Any]


class Creates(Contract):
    """The promise of a store that creates its tables."""

    needs = "CreatesTables"

    def create_may_be_called_again(self) -> None:
        """Creating the tables again loses nothing of what is in them."""
        self.done(put("r"), emitted())
        before = self.state()
        store: Any = self.store
        for _ in range(2):
            store.create()
        same(self.state(), before)
        self.done(put("r", 1))


class Tells(Contract):
    """The promise of a store that tells the time."""

    needs = "TellsTime"

    def the_clock_tells_microseconds(self) -> None:
        """The clock tells whole microseconds since 1970, of this century, and goes on with time."""
        store: Any = self.store
        told = [store.clock() for _ in range(3)]
        same({type(at) for at in told}, {int})
        same(sorted(told), told)
        same(10**15 < told[0] < 5 * 10**15, True)


_KINDS: tuple[type[Contract], ...] = (
    *(Writes, Queries, Outbox, Races, Hosts, Nested, Reopened, Forked, Creates, Tells),
)


class Promises(list[tuple[str, Callable[[], None]]]):
    """The checks of a contract by name, and what was left out.

    Attributes:
        lacking: The promises that are not asked of this store, each with the argument or ability it needs.
    """

    lacking: Mapping[str, str]


def store_contract(
    make_store: Callable[[], Opened],
    *,
    abilities: Collection[type] = (),
    threads: bool = True,
    transaction: Callable[[Any], _Any] | None = None,
    nested: Callable[[Any], _Any] | None = None,
    reopen: Callable[[Any], Callable[[], Opened]] | None = None,
) -> Promises:
    """Return the tests of the store contract, by name.

    The store may be awaited: then each check runs its own event loop, and what is asked of threads is
    asked of tasks. No store is made before a check is called.

    Args:
        make_store: Gives a context manager, async or not, around a new and empty store.
        abilities: What the store can do besides: ``CreatesTables``, ``TellsTime``.
        threads: False for a store that is one connection, such as one that is bound.
        transaction: Takes the store and gives a context manager around a transaction of the host, which yields what
            ``bind`` takes, commits at its end and rolls back what raises.
        nested: The same for a nested transaction; takes what ``transaction`` has given.
        reopen: Takes the store and returns what opens another on the same data, also in another process: a
            function without arguments that can be pickled and gives a context manager.

    Returns:
        Names and checks. A check raises AssertionError with what was found and expected. The list's
        ``lacking`` names each promise that is left out, and what it needs.

    Example:
        >>> from contextlib import nullcontext
        >>> from leadroute.stores import MemoryStore
        >>> contract = store_contract(lambda: nullcontext(MemoryStore()))
        >>> for name, check in contract:
        ...     check()
        >>> contract.lacking["the_clock_tells_microseconds"]
        'TellsTime'
    """
    given = {"transaction": transaction, "nested": transaction and nested, "reopen": reopen}
    has = {"", *(name for name, value in given.items() if value is not None)}
    has |= {ability.__name__ for ability in abilities}
    if threads:
        has.add("threads")
    if reopen is not None and hasattr(os, "fork"):
        has.add("fork")
    promises = [*names(_KINDS)]
    found = Promises(
        (name, _checking(make_store, kind, name, given))
        for kind, name in promises
        if kind.needs in has
    )
    found.lacking = {name: kind.needs for kind, name in promises if kind.needs not in has}
    return found


def _checking(
    make_store: Callable[[], Opened], kind: type[Contract], name: str, given: Mapping[str, Any]
) -> Callable[[], None]:
    def check() -> None:
        with opened(make_store(), loop_in_thread) as store:
            getattr(kind(store, given), name)()

    check.__doc__ = sentence(kind, name)
    return check
