"""The store protocol, its operations, and the stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

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
    )
    from leadroute.offers.store import Store
    from leadroute.stores.memory import MemoryStore
    from leadroute.stores.sqlite import SqliteStore, SqliteTransaction

__all__ = [
    "MAX_DATA",
    "MAX_KEY",
    "ONCE",
    "Ack",
    "Add",
    "Change",
    "Check",
    "Clock",
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
    "SystemClock",
    "from_micros",
    "to_micros",
]

_HOMES = {
    "Ack": "leadroute.offers.change",
    "Add": "leadroute.offers.change",
    "Change": "leadroute.offers.change",
    "Check": "leadroute.offers.change",
    "Clock": "leadroute.clock",
    "Defer": "leadroute.offers.change",
    "Drop": "leadroute.offers.change",
    "Emit": "leadroute.offers.change",
    "Event": "leadroute.offers.change",
    "MAX_DATA": "leadroute.offers.change",
    "MAX_KEY": "leadroute.offers.change",
    "MemoryStore": "leadroute.stores.memory",
    "ONCE": "leadroute.offers.change",
    "Once": "leadroute.offers.change",
    "Op": "leadroute.offers.change",
    "Put": "leadroute.offers.change",
    "Raise": "leadroute.offers.change",
    "Record": "leadroute.offers.change",
    "SqliteStore": "leadroute.stores.sqlite",
    "SqliteTransaction": "leadroute.stores.sqlite",
    "Store": "leadroute.offers.store",
    "SystemClock": "leadroute.clock",
    "from_micros": "leadroute.model.duration",
    "to_micros": "leadroute.model.duration",
}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
