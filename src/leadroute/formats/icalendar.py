"""Time off from iCalendar files, as calendar programs export them.

No title, description or participant of an event is read, kept or repeated.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from leadroute.errors import ConfigError, MissingExtraError
from leadroute.model.schedule import TimeOff
from leadroute.model.validation import is_zone


def read_time_off(text: str | bytes, zone: str | ZoneInfo) -> tuple[TimeOff, ...]:
    """The time off in an iCalendar file, for ``Schedule(..., time_off=...)``.

    Args:
        text: The content of the file.
        zone: The zone of times that name none.

    Raises:
        ConfigError: The zone is not known, the file is not a calendar, or it holds an event that
            repeats or cannot be read; the message gives the event's number.
        MissingExtraError: The package ``icalendar`` is not installed.
    """
    try:
        calendar_of = import_module("icalendar").Calendar.from_ical
    except ModuleNotFoundError:
        raise MissingExtraError("reading iCalendar files", "icalendar") from None
    try:
        events = calendar_of(text).walk("VEVENT")
    except (ValueError, IndexError):
        raise ConfigError("is not an iCalendar file; export the calendar as .ics") from None
    if isinstance(zone, str) and not is_zone(zone):
        raise ConfigError(f"zone is {zone!r:.40}; write an IANA time zone such as 'Europe/Berlin'")
    local = ZoneInfo(zone) if isinstance(zone, str) else zone
    found = []
    for number, event in enumerate(events, start=1):
        if event.get("TRANSP") != "TRANSPARENT" and event.get("STATUS") != "CANCELLED":
            try:
                found.append(_absence(event, local))
            except ValueError:
                raise ConfigError(f"event {number} has no start, or ends before it") from None
            if _lost_zone(event):
                raise ConfigError(
                    f"event {number} names a time zone that is not known; write an IANA time zone, or none"
                )
            if "RRULE" in event or "RDATE" in event:
                raise ConfigError(
                    f"event {number} repeats; write each absence as an event of its own"
                )
    return tuple(found)


def _absence(event: Any, zone: ZoneInfo) -> TimeOff:
    start, end = event.start, event.end
    if isinstance(start, datetime):
        return TimeOff(_aware(start, zone), _aware(end, zone))
    last: date = start if end == start else end - timedelta(days=1)
    return TimeOff(start, last)


def _lost_zone(event: Any) -> bool:
    """Whether a time names a zone that was not found, so that it would count as local."""
    times = [event[name] for name in ("DTSTART", "DTEND") if name in event]
    return any(
        "TZID" in time.params and isinstance(time.dt, datetime) and time.dt.tzinfo is None
        for time in times
    )


def _aware(at: datetime, zone: ZoneInfo) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
