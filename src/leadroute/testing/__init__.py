"""What a host needs to test its own use of leadroute. Never imported by ``import leadroute``."""

from leadroute.testing.clock import ManualClock

__all__ = ["ManualClock"]
