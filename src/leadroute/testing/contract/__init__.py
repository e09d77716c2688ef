"""The contract of every store, for those who write one. It needs no test framework.

Use it so with pytest, or with anything else that can call functions::

    @pytest.mark.parametrize(("name", "check"), store_contract(make_store))
    def test_the_store_keeps_the_contract(name, check):
        check()

A store that keeps every promise can carry the whole of leadroute. A race is only a race between distinct connections:
``make_store`` should give a store as the application would build it, with its pool.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from leadroute.offers.store import Store
from leadroute.testing.contract.queries import Queries
from leadroute.testing.contract.writes import Outbox, Writes

__all__ = ["store_contract"]


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
