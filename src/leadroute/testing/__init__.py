"""Help for the tests of your application; ``import leadroute`` never loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

if TYPE_CHECKING:
    from leadroute.testing.clock import ManualClock
    from leadroute.testing.contract import store_contract

__all__ = ["ManualClock", "store_contract"]

_HOMES = {"ManualClock": "leadroute.testing.clock", "store_contract": "leadroute.testing.contract"}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
