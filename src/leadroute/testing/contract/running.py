"""How the promises are run: on a store that blocks, or on one that is awaited, in an event loop of its own.

An event loop runs in a thread beside the promise, which gives it each call. So the promises to many
threads are kept by as many tasks of that loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from inspect import iscoroutinefunction
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from leadroute.offers.store import AsyncStore, Store, is_async

T = TypeVar("T")
Run = Callable[[Coroutine[Any, Any, Any]], Any]
Opened = AbstractContextManager[Store | AsyncStore] | AbstractAsyncContextManager[AsyncStore]


class Awaited:
    """An async store as one that blocks: each call is awaited by ``run``."""

    def __init__(self, store: Any, run: Run) -> None:
        self.itself, self.awaits = store, run

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.itself, name)
        if not iscoroutinefunction(found):
            return found
        return lambda *given, **named: self.awaits(found(*given, **named))


def raw(store: Any) -> Any:
    """Return the store itself, as ``make_store`` has given it."""
    return store.itself if isinstance(store, Awaited) else store


def like(store: Any, found: Any) -> Any:
    """Return another store that blocks or is awaited as the first."""
    return Awaited(found, store.awaits) if isinstance(store, Awaited) else found


@contextmanager
def loop_in_thread() -> Iterator[Run]:
    """Run an event loop in a thread of its own, and give what awaits there."""
    loops: SimpleQueue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = SimpleQueue()

    async def life() -> None:
        ended = asyncio.Event()
        loops.put((asyncio.get_running_loop(), ended))
        await ended.wait()

    thread = Thread(target=lambda: asyncio.run(life()), daemon=True)
    thread.start()
    loop, ended = loops.get()
    try:
        yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result()
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


@contextmanager
def entered(manager: Any, run: Run | None) -> Iterator[Any]:
    """Enter a context manager of either kind."""
    if hasattr(manager, "__enter__"):
        with manager as given:
            yield given
        return
    if run is None:
        raise TypeError(
            f"{type(manager).__name__} is an async context manager of a store that blocks"
        )
    given = run(manager.__aenter__())
    try:
        yield given
    except BaseException as error:
        if not run(manager.__aexit__(type(error), error, error.__traceback__)):
            raise
    else:
        run(manager.__aexit__(None, None, None))


@contextmanager
def opened(manager: Any, runs: Callable[[], AbstractContextManager[Run]]) -> Iterator[Any]:
    """Give a store that blocks, whatever was made.

    Args:
        manager: What gives the store, awaited or not.
        runs: Gives what an async store is awaited by; it is made before the store.
    """
    if not hasattr(manager, "__enter__"):
        with runs() as run, entered(manager, run) as store:
            yield Awaited(store, run)
        return
    with manager as store:
        if not is_async(store):
            yield store
            return
        with runs() as run:
            yield Awaited(store, run)


def sentence(kind: type[Any], name: str) -> str:
    """Return what a promise says."""
    return str(getattr(kind, name).__doc__)


def names(kinds: Collection[type[Any]]) -> Iterator[tuple[type[Any], str]]:
    """Give the promises of some classes, each with its class."""
    for kind in kinds:
        yield from ((kind, name) for name in vars(kind) if name[0] != "_" and name != "needs")
