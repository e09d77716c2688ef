"""What the use cases ask of a store, as values, and the loops that carry it out.

A use case is a generator: it yields requests and is sent the answers, so that the same logic runs
over a store that blocks and over one that is awaited.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator, Mapping, Sequence
from random import random
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from leadroute.errors import ConfigError, ConflictError, TransientError, UnknownOutcomeError
from leadroute.model.timeline import LATEST
from leadroute.offers.change import Change, Event, Record
from leadroute.offers.store import AsyncStore, Store

T = TypeVar("T")


class Request(NamedTuple):
    """One call of a store, or a pause.

    Args:
        method: The name of the method; ``pause`` for a pause.
        arguments: Its arguments by position; of a pause the seconds.
        options: Its arguments by name.
    """

    method: str
    arguments: tuple[Any, ...] = ()
    options: Mapping[str, Any] = {}


Steps: TypeAlias = Generator[Request, Any, T]
"""A use case under way."""

Pause: TypeAlias = Callable[[float], Any]
AsyncPause: TypeAlias = Callable[[float], Awaitable[Any]]

PAUSE: Final = "pause"


def run(steps: Steps[T], store: Store, pause: Pause) -> T:
    """Carry out a use case over a store."""
    try:
        request = next(steps)
        while True:
            try:
                answer = _called(request, store, pause)(*request.arguments, **request.options)
            except BaseException as error:  # noqa: BLE001 - the use case decides what to do
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result


async def run_async(steps: Steps[T], store: AsyncStore, pause: AsyncPause) -> T:
    """Carry out a use case over an async store."""
    try:
        request = next(steps)
        while True:
            try:
                call = _called(request, store, pause)
                answer = await call(*request.arguments, **request.options)
            except BaseException as error:  # noqa: BLE001 - the use case decides what to do
                request = steps.throw(error)
            else:
                request = steps.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result


def _called(request: Request, store: object, pause: Callable[..., Any]) -> Callable[..., Any]:
    called: Callable[..., Any] = (
        pause if request.method == PAUSE else getattr(store, request.method)
    )
    return called


def get(keys: Sequence[str]) -> Steps[dict[str, Record]]:
    """Ask for records."""
    found: dict[str, Record] = yield Request("get", (keys,))
    return found


def counts(keys: Sequence[str] | None = None, *, prefix: str = "") -> Steps[dict[str, int]]:
    """Ask for counters, by key or by prefix."""
    found: dict[str, int] = yield Request("counts", (keys,), {"prefix": prefix})
    return found


def find(**options: Any) -> Steps[list[Record]]:
    """Ask for a page of records, with the arguments of ``Store.find``."""
    found: list[Record] = yield Request("find", (), options)
    return found


def check_limit(limit: object, of: str = "") -> None:
    """Refuse a limit that is no whole number from 1 up."""
    if type(limit) is not int or limit < 1:
        raise ConfigError(f"limit is {limit!r:.40}; write how many{of} at most, from 1 up")


def log_of(lead_id: str) -> Steps[list[Event]]:
    """Ask for all entries in the log of a lead that were not trimmed, in order."""
    log: list[Event] = []
    while True:
        after = log[-1].n if log else 0
        page = yield from events(lead=lead_id, after=after, limit=PAGE)
        log += page
        if len(page) < PAGE:
            return log


def newest_event(upto: int = LATEST) -> Steps[int]:
    """The id of the newest event up to an instant, in two requests for each of its binary digits."""

    def is_behind(event_id: int) -> Steps[bool]:
        page = yield from events(after=event_id, limit=1)
        return bool(page) and page[0].at <= upto

    low, step = 0, 1
    while (yield from is_behind(low + step)):
        low, step = low + step, 2 * step
    high = low + step
    while low < high:  # nothing that is wanted has a higher id than high
        middle = (low + high) // 2
        if (yield from is_behind(middle)):
            low = middle + 1
        else:
            high = middle
    return low


PAGE: Final = 500
"""How many records are read at once."""


def all_of(**options: Any) -> Steps[list[Record]]:
    """Ask for all records that ``Store.find`` finds, a page at a time."""
    records: list[Record] = []
    while True:
        last = records[-1] if records else None
        page = yield from find(**options, after=last, limit=PAGE)
        records += page
        if len(page) < PAGE:
            return records


def events(**options: Any) -> Steps[list[Event]]:
    """Ask for a page of the log, with the arguments of ``Store.events``."""
    found: list[Event] = yield Request("events", (), options)
    return found


def trim(before: int, limit: int) -> Steps[int]:
    """Ask to forget what is older, with the arguments of ``Store.trim``."""
    forgotten: int = yield Request("trim", (before, limit))
    return forgotten


def purge() -> Steps[bool]:
    """Ask a store to overwrite what was deleted; returns whether nothing of it is left."""
    purged: bool = yield Request("purge")
    return purged


PATIENCE: Final = 30.0
"""For how many seconds of pauses a step is tried again, before its error reaches the host."""

_FIRST_PAUSE: Final = 0.0005
_LONGEST_PAUSE: Final = 0.05


def _pauses() -> Iterator[Request]:
    """Growing pauses with jitter, until patience ends."""
    spent, longest = 0.0, _FIRST_PAUSE
    while spent < PATIENCE:
        seconds = longest * (0.5 + random() / 2)  # noqa: S311 - a pause is no secret
        yield Request(PAUSE, (seconds,))
        spent += seconds
        longest = min(2 * longest, _LONGEST_PAUSE)


def ignored(_lost: ConflictError) -> None:
    """Take no note of a race that was lost."""


def persistently(
    step: Callable[[], Steps[T]],
    *,
    again: bool,
    lost: Callable[[ConflictError], object] = ignored,
) -> Steps[T]:
    """Take a step until it loses no race; only once where reading again would show the same.

    Args:
        step: The step.
        again: Whether it is taken again.
        lost: Is told of each race that was lost.
    """
    pauses = _pauses()
    while True:
        try:
            return (yield from step())
        except ConflictError as error:
            lost(error)
            pause = next(pauses, None) if again else None
            if pause is None:
                raise
        yield pause


def commit(change: Change, *, again: bool) -> Steps[None]:
    """Commit a change, and send the same one again when the store was busy or gave no answer.

    Args:
        change: The change.
        again: False inside a transaction of the host, in which nothing is sent twice.
    """
    pauses = _pauses()
    while True:
        try:
            yield Request("commit", (change,))
        except (TransientError, UnknownOutcomeError) as error:
            pause = next(pauses, None) if again else None
            if pause is None:
                raise
            lost = isinstance(error, UnknownOutcomeError)
        else:
            return
        yield pause
        if lost and (yield from _happened(change)):
            return


def _happened(change: Change) -> Steps[bool]:
    """Whether a change is in the log. One that emits nothing is sent again, and then conflicts."""
    pauses = _pauses()
    while True:
        try:
            return bool((yield from events(change=change.id, limit=1)))
        except TransientError:
            pause = next(pauses, None)
            if pause is None:
                raise
        yield pause
