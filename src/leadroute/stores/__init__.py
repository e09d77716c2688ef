"""Where placements, counters and events are kept: one protocol and its implementations."""

from leadroute.stores.memory import MemoryStore
from leadroute.stores.protocol import Store

__all__ = ["MemoryStore", "Store"]
