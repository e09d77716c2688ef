"""Time off from iCalendar files, as calendar programs export them.

The rules of this module:

* Every event that blocks time is time off. Events that are marked as free, or cancelled, are left out.
* An all-day event is whole local dates. A time without a zone is local to the rep.
* Repeating events are refused: write each absence, or make it part of the weekly windows.
* No title, description or participant of an event is read, kept or repeated.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from leadroute.errors import ConfigError, MissingExtra
from leadroute.model.schedule import TimeOff

__all__ = ["read_time_off"]


def read_time_off(text: str | bytes, zone: str | ZoneInfo) -> tuple[TimeOff, ...]:
    """The time off in an iCalendar file, for ``Schedule(..., time_off=...)``.

    Args:
        text: The content of the file.
        zone: The zone of times that name none.

    Raises:
        ConfigError: The file is no calendar, or it holds a repeating event; the message gives the event's number.
        MissingExtra: The package ``icalendar`` is not installed.
    """
    try:
        calendar_of = import_module("icalendar").Calendar.from_ical
    except ModuleNotFoundError:
        raise MissingExtra("reading iCalendar files", "icalendar") from None
    try:
        events = calendar_of(text).walk("VEVENT")
    except (ValueError, IndexError):
        raise ConfigError("is not an iCalendar file; export the calendar as .ics") from None
    local = ZoneInfo(zone) if isinstance(zone, str) else zone
    found = []
    for number, event in enumerate(events, start=1):
        if _blocks(event):
            try:
                found.append(_absence(event, local))
            except ValueError:
                raise ConfigError(f"event {number} has no start, or ends before it") from None
            if "RRULE" in event or "RDATE" in event:
                raise ConfigError(
                    f"event {number} repeats; write each absence as an event of its own"
                )
    return tuple(found)


def _blocks(event: Any) -> bool:
    return not (event.get("TRANSP") == "TRANSPARENT" or event.get("STATUS") == "CANCELLED")


def _absence(event: Any, zone: ZoneInfo) -> TimeOff:
    start, end = event.start, event.end
    if isinstance(start, datetime):
        return TimeOff(_aware(start, zone), _aware(end, zone))
    last: date = end - timedelta(days=1)
    return TimeOff(start, max(start, last))


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
