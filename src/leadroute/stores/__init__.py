"""The store protocol, its operations, and the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import by_name, on_demand

if TYPE_CHECKING:
    from leadroute.clock import Clock, SystemClock
    from leadroute.model.duration import from_micros, to_micros
    from leadroute.offers.change import (
        MAX_DATA,
        MAX_KEY,
        ONCE,
        Ack,
        Add,
        Change,
        Check,
        Defer,
        Drop,
        Emit,
        Event,
        Once,
        Op,
        Put,
        Raise,
        Record,
        ordered,
    )
    from leadroute.offers.store import (
        AsyncStore,
        BindsToTransaction,
        CreatesTables,
        Store,
        TellsTime,
        one_page_of_counts,
        one_question,
        page_size,
        statuses_of,
    )
    from leadroute.offers.store_clock import StoreClock
    from leadroute.rules.fields import HARMLESS
    from leadroute.stores.copying import CopyResult, copy_store
    from leadroute.stores.memory import MemoryStore
    from leadroute.stores.retention import STORED, Stored
    from leadroute.stores.sqlite import SqliteStore, SqliteTransaction
    from leadroute.stores.threads import AsyncThread

__all__ = [
    "HARMLESS",
    "MAX_DATA",
    "MAX_KEY",
    "ONCE",
    "STORED",
    "Ack",
    "Add",
    "AsyncStore",
    "AsyncThread",
    "BindsToTransaction",
    "Change",
    "Check",
    "Clock",
    "CopyResult",
    "CreatesTables",
    "Defer",
    "Drop",
    "Emit",
    "Event",
    "MemoryStore",
    "Once",
    "Op",
    "Put",
    "Raise",
    "Record",
    "SqliteStore",
    "SqliteTransaction",
    "Store",
    "StoreClock",
    "Stored",
    "SystemClock",
    "TellsTime",
    "copy_store",
    "from_micros",
    "one_page_of_counts",
    "one_question",
    "ordered",
    "page_size",
    "statuses_of",
    "to_micros",
]

_HOMES = by_name(
    {
        "leadroute.offers.change": "Ack Add Change Check Defer Drop Emit Event MAX_DATA MAX_KEY "
        "ONCE Once Op Put Raise Record ordered",
        "leadroute.clock": "Clock SystemClock",
        "leadroute.rules.fields": "HARMLESS",
        "leadroute.stores.copying": "CopyResult copy_store",
        "leadroute.stores.memory": "MemoryStore",
        "leadroute.stores.retention": "STORED Stored",
        "leadroute.stores.sqlite": "SqliteStore SqliteTransaction",
        "leadroute.stores.threads": "AsyncThread",
        "leadroute.offers.store": "AsyncStore BindsToTransaction CreatesTables Store TellsTime "
        "one_page_of_counts one_question page_size statuses_of",
        "leadroute.offers.store_clock": "StoreClock",
        "leadroute.model.duration": "from_micros to_micros",
    }
)

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
