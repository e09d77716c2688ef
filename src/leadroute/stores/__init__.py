"""Where placements, counters and events are kept: one protocol and its implementations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from leadroute.offers.store import Store
from leadroute.stores.memory import MemoryStore

if TYPE_CHECKING:
    from leadroute.stores.sqlite import SqliteStore, SqliteTransaction

__all__ = ["MemoryStore", "SqliteStore", "SqliteTransaction", "Store"]


def __getattr__(name: str) -> Any:
    """What needs a database driver, which not every host has use for."""
    if name in ("SqliteStore", "SqliteTransaction"):
        from leadroute.stores import sqlite

        return getattr(sqlite, name)
    raise AttributeError(f"module 'leadroute.stores' has no attribute {name!r}")


def __dir__() -> list[str]:
    """List the public names, imported or not, and nothing else."""
    return [*__all__]
