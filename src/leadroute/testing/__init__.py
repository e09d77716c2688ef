"""Help for the tests of your application; ``import leadroute`` never loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import by_name, on_demand

if TYPE_CHECKING:
    from leadroute.testing.contract import store_contract
    from leadroute.testing.doubles import CountingStore, FailingStore, ManualClock

__all__ = ["CountingStore", "FailingStore", "ManualClock", "store_contract"]

_HOMES = by_name(
    {
        "leadroute.testing.contract": "store_contract",
        "leadroute.testing.doubles": "CountingStore FailingStore ManualClock",
    }
)

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
