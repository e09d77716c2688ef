"""The clock of a store: the monotonic clock of the machine, set by the clock of the database.

* The present is the monotonic clock plus an offset. It asks nobody, so a failing database does not stop it.
* The offset is measured before a use case and never within one, at its first use and every five minutes.
* What was measured is one value that is replaced as a whole. No lock is held, so threads never wait for one another
  and a fork keeps it. Two threads that measure at once both measure right.
* Default clocks of one store, and of what is bound from it (its ``origin``), share what was measured.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from inspect import iscoroutinefunction
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Generic,
    NamedTuple,
    Protocol,
    TypeGuard,
    cast,
    overload,
)
from weakref import WeakKeyDictionary

from attrs import Attribute

from leadroute.clock import Clock, SystemClock
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.duration import from_micros, parse_duration
from leadroute.model.validation import must_be
from leadroute.offers.requests import Request, Steps, run, run_async
from leadroute.offers.store import TellsTime

_SAMPLES: Final = 3
"""How often the database is asked; the answer with the shortest round trip is kept."""

_AGAIN: Final = 5.0
"""A measurement that failed is tried again after so many seconds at the earliest."""

_TOLERATED: Final = timedelta(seconds=1)
"""By how much the clock of the machine may differ before a warning."""

_UNIT: Final = "a whole number of microseconds since 1970"

_MACHINE: Final = SystemClock()


class AwaitedTime(Protocol):
    """The protocol of an async store that tells the time of its database."""

    async def clock(self) -> int:
        """The time of the database in microseconds since 1970."""
        ...


if TYPE_CHECKING:
    from typing_extensions import TypeVar

    AnyStore_co = TypeVar("AnyStore_co", bound=TellsTime | AwaitedTime, covariant=True, default=Any)
else:  # the default is for type checkers, who know it before Python 3.13 does
    from typing import TypeVar

    AnyStore_co = TypeVar("AnyStore_co", covariant=True)


class _Sample(NamedTuple):
    """One answer of the database."""

    trip: float
    zero: datetime


class _Measured(NamedTuple):
    """What a measurement found.

    Args:
        zero: The instant at which the monotonic clock stood at 0.
        at: When it was measured, by the monotonic clock.
        ahead: By how much the clock of the machine was ahead of that of the database.
        is_off: Whether that is more than is tolerated, whatever the round trip.
    """

    zero: datetime
    at: float
    ahead: timedelta
    is_off: bool


class _Shared:
    """What the clocks of one store know."""

    __slots__ = ("measured", "tried")

    def __init__(self) -> None:
        self.measured: _Measured | None = None
        self.tried = float("-inf")


_shared: Final[WeakKeyDictionary[Any, _Shared]] = WeakKeyDictionary()


def _shared_by(store: object) -> _Shared:
    """What is known of the store, or of the one that it was bound from."""
    origin = getattr(store, "origin", store)
    try:
        return _shared.get(origin) or _shared.setdefault(origin, _Shared())
    except TypeError:  # what cannot be a weak key shares nothing
        return _Shared()


class StoreClock(Generic[AnyStore_co]):
    """A clock that goes by the time of a store's database.

    It is the default of a dispatcher whose store has the ability ``clock``. So offers end at the
    same instant on every machine, however wrong the clock of a machine is. The offset between
    ``monotonic`` and the database is right within half a round trip. Dispatchers measure it before a
    use case, and ``now`` asks nobody. After a step of the machine's own clock, or a pause in which
    the machine slept, the next use case measures again.

    Args:
        store: A store with the ability ``clock``, such as one over a database server.
        refresh: After how long a dispatcher measures again, as ``"5m"`` or a ``timedelta``.
        monotonic: The seconds of a clock that never goes back.
        system: The clock of the machine, which is compared and never used.

    Attributes:
        store: The store.
        is_awaited: True when the store is an async one, so that measuring is awaited.

    Raises:
        ConfigError: The store does not tell the time, or the duration is none.
        FieldTypeError: ``system`` is not a clock.

    Warns:
        RuntimeWarning: The clock of the machine differs from the database's by more than a second.

    Example:
        >>> from leadroute.stores import MemoryStore
        >>> class Server(MemoryStore):
        ...     def clock(self) -> int:
        ...         return 1_700_000_000_000_000
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     clock = StoreClock(Server(), monotonic=lambda: 60.0)
        ...     str(clock.now())
        '2023-11-14 22:13:20+00:00'
    """

    def __init__(
        self,
        store: AnyStore_co,
        *,
        refresh: timedelta | str = "5m",
        monotonic: Callable[[], float] = time.monotonic,
        system: Clock = _MACHINE,
    ) -> None:
        if not tells_time(store):
            kind = type(store).__name__
            raise ConfigError(f"{kind} has no clock(); give a store that has, or use SystemClock()")
        must_be(Clock, system=system)
        self.store = store
        self.is_awaited = iscoroutinefunction(store.clock)
        self._refresh = parse_duration(refresh).total_seconds()
        self._monotonic, self._system = monotonic, system
        usual = monotonic is time.monotonic and system is _MACHINE
        self._shared = _shared_by(store) if usual else _Shared()

    def __repr__(self) -> str:
        return f"StoreClock({self.store!r})"

    def now(self) -> datetime:
        """Return the present as an aware datetime in UTC.

        The first call measures, unless a dispatcher has done so.

        Raises:
            ConfigError: The store is an async one, and nothing was measured yet.
        """
        measured = self._shared.measured
        if measured is None:
            measured = self._first()
        return measured.zero + timedelta(seconds=self._monotonic())

    @overload
    def measure(self: StoreClock[TellsTime]) -> None: ...
    @overload
    def measure(self: StoreClock[AwaitedTime]) -> Coroutine[Any, Any, None]: ...
    def measure(self) -> Any:
        """Measure the offset now; await it when the store is async.

        The store is asked three times, and its errors pass through.
        """
        return self._carried_out(self._measuring())

    @overload
    def measure_if_due(self: StoreClock[TellsTime]) -> None: ...
    @overload
    def measure_if_due(self: StoreClock[AwaitedTime]) -> Coroutine[Any, Any, None]: ...
    def measure_if_due(self) -> Any:
        """Measure the offset when the last measurement is too old.

        Await it when the store is async. A dispatcher calls it before each use case. An error of the
        store is raised as long as nothing was measured; later the old offset stays, and the next
        use case after five seconds tries again.
        """
        return self._carried_out(self._measuring_if_due())

    def _first(self) -> _Measured:
        if self.is_awaited:
            raise ConfigError(
                f"the clock of {type(self.store).__name__} was never measured; write "
                "`await clock.measure()` before clock.now(), or give it to an AsyncDispatcher"
            )
        self._carried_out(self._measuring())
        return cast("_Measured", self._shared.measured)

    def _carried_out(self, steps: Steps[None]) -> Any:
        store, pause = cast("Any", self.store), cast("Any", time.sleep)  # it never pauses
        return (run_async if self.is_awaited else run)(steps, store, pause)

    def _measuring(self) -> Steps[None]:
        self._keep((yield from self._asking()))

    def _measuring_if_due(self) -> Steps[None]:
        known, now = self._shared.measured, self._monotonic()
        if known is not None and not self._is_due(known, now):
            return
        self._shared.tried = now  # before the first request, so that other threads go on
        try:
            best = yield from self._asking()
        except Exception:  # once it was measured, the present does not depend on the database
            if known is None:
                raise
        else:
            self._keep(best)

    def _asking(self) -> Steps[_Sample]:
        """Ask the database some times; the answer with the shortest round trip is the best."""
        samples = []
        for _ in range(_SAMPLES):
            asked = self._monotonic()
            told = yield Request("clock")
            answered = self._monotonic()
            if type(told) is not int:
                raise FieldTypeError("store.clock()", f"of type {type(told).__name__}", _UNIT)
            middle = timedelta(seconds=(asked + answered) / 2)
            samples.append(_Sample(answered - asked, from_micros(told) - middle))
        return min(samples)

    def _keep(self, best: _Sample) -> None:
        shared, at, ahead = self._shared, self._monotonic(), self._ahead(best.zero)
        was_off = shared.measured is not None and shared.measured.is_off
        is_off = abs(ahead) - timedelta(seconds=best.trip / 2) > _TOLERATED
        shared.measured, shared.tried = _Measured(best.zero, at, ahead, is_off), float("-inf")
        if is_off and not was_off:
            self._warn(ahead)

    def _is_due(self, known: _Measured, now: float) -> bool:
        """Whether a measurement is old, or the machine has slept or set its clock since."""
        if now - self._shared.tried < _AGAIN:
            return False
        is_old = now - known.at >= self._refresh
        return is_old or abs(self._ahead(known.zero) - known.ahead) > _TOLERATED

    def _ahead(self, zero: datetime) -> timedelta:
        """By how much the clock of the machine is ahead of the database's now."""
        return self._system.now() - (zero + timedelta(seconds=self._monotonic()))

    def _warn(self, ahead: timedelta) -> None:
        seconds, where = abs(ahead.total_seconds()), "ahead of" if ahead > timedelta() else "behind"
        warnings.warn(
            f"the clock of this machine is {seconds:,.1f} seconds {where} the clock of the database "
            f"({type(self.store).__name__}), by which leads are routed; keep both right with NTP",
            RuntimeWarning,
            stacklevel=1,
        )


def tells_time(store: object) -> TypeGuard[TellsTime]:
    """Whether a store has the ability ``clock``."""
    return callable(getattr(store, "clock", None))


def default_clock(dispatcher: Any) -> Clock:
    """The clock of a dispatcher that was given none."""
    store = dispatcher.store
    return StoreClock(store) if tells_time(store) else _MACHINE


def blocking_clock(_dispatcher: object, _field: Attribute[Any], clock: object) -> None:
    """A validator: a clock that is measured without awaiting."""
    if isinstance(clock, StoreClock) and clock.is_awaited:
        kind = type(clock.store).__name__
        raise ConfigError(
            f"clock asks {kind}, an async store; give it to an AsyncDispatcher, "
            "or make a StoreClock of a store that blocks"
        )


def awaited_clock(_dispatcher: object, _field: Attribute[Any], clock: object) -> None:
    """A validator: a clock that is measured by awaiting."""
    if isinstance(clock, StoreClock) and not clock.is_awaited:
        kind = type(clock.store).__name__
        raise ConfigError(
            f"clock asks {kind}, which blocks; write clock=StoreClock(AsyncThread(store))"
        )
