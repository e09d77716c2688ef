"""Where placements, counters and events are kept: one protocol and its implementations."""

from leadroute.offers.store import Store
from leadroute.stores.memory import MemoryStore
from leadroute.stores.sqlite import SqliteStore, SqliteTransaction

__all__ = ["MemoryStore", "SqliteStore", "SqliteTransaction", "Store"]
