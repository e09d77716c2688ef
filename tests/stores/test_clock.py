"""Clocks: the machine's, and one that moves only when told."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from leadroute.clock import Clock, SystemClock
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.testing import ManualClock

START = datetime(2025, 3, 4, 9, 0, tzinfo=UTC)


def test_the_system_clock_is_aware_and_does_not_stand():
    """The machine's clock gives UTC and shows nothing else."""
    clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert isinstance(clock, Clock)
    assert repr(clock) == "SystemClock()"


def test_a_manual_clock_moves_only_when_told():
    """It stands, advances by text or timedelta, and can be set back."""
    clock = ManualClock(START)
    assert isinstance(clock, Clock)
    assert clock.now() == START
    assert clock.advance("5m") == START + timedelta(minutes=5) == clock.now()
    assert clock.advance(timedelta(seconds=1)) == START + timedelta(seconds=301)
    assert clock.set(START) == START == clock.now()
    assert repr(clock) == "ManualClock(2025-03-04T09:00:00+00:00)"


def test_a_manual_clock_gives_utc():
    """An instant in another zone is the same instant in UTC."""
    clock = ManualClock(START.astimezone(timezone(timedelta(hours=2))))
    assert clock.now().isoformat() == "2025-03-04T09:00:00+00:00"


def test_a_manual_clock_refuses_what_is_no_instant():
    """The message names the argument and what to write."""
    with pytest.raises(FieldTypeError) as naive:
        ManualClock(datetime(2025, 3, 4))  # noqa: DTZ001
    assert "start is a naive datetime; it must be an aware one" in str(naive.value)
    with pytest.raises(FieldTypeError) as text:
        ManualClock(START).set("2025-03-04")
    assert "instant is of type str; it must be an aware datetime" in str(text.value)


def test_a_manual_clock_does_not_go_back_by_advancing():
    """Back is `set`, so that a sign cannot be mistaken."""
    with pytest.raises(ConfigError, match="out of range"):
        ManualClock(START).advance(timedelta(seconds=-1))
