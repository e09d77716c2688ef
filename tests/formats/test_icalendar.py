"""What a calendar file says about time off."""

import sys
from datetime import UTC, date, datetime

import pytest

from leadroute.errors import ConfigError, MissingExtraError
from leadroute.formats.rows import read_time_off
from leadroute.model.schedule import Schedule, TimeOff


def calendar(*events):
    """A calendar file with events of these lines."""
    blocks = ["\r\n".join(["BEGIN:VEVENT", "UID:x", *lines, "END:VEVENT"]) for lines in events]
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//x//EN"]
    return "\r\n".join([*head, *blocks, "END:VCALENDAR", ""])


def test_all_day():
    """An all-day event is dates, the last of which iCalendar does not count."""
    text = calendar(
        ["DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260715"],
        ["DTSTART;VALUE=DATE:20260801"],
    )
    off = (TimeOff(date(2026, 7, 1), date(2026, 7, 14)), TimeOff(date(2026, 8, 1)))
    assert read_time_off(text, "Europe/Berlin") == off
    assert Schedule("always", "Europe/Berlin", time_off=off).time_off == off


def test_instants():
    """Times in UTC, in a named zone and without one, and lengths instead of ends, are all instants."""
    text = calendar(
        ["DTSTART:20260701T080000Z", "DTEND:20260701T090000Z"],
        ["DTSTART;TZID=America/New_York:20260702T080000", "DURATION:PT1H"],
        ["DTSTART:20260703T100000", "DTEND:20260703T110000"],
    )
    assert read_time_off(text.encode(), "Europe/Berlin") == tuple(
        TimeOff(
            datetime(2026, 7, day, hour, tzinfo=UTC), datetime(2026, 7, day, hour + 1, tzinfo=UTC)
        )
        for day, hour in ((1, 8), (2, 12), (3, 8))
    )


def test_free_and_cancelled():
    """Events that block no time are no time off."""
    text = calendar(
        ["DTSTART;VALUE=DATE:20260701", "TRANSP:TRANSPARENT"],
        ["DTSTART;VALUE=DATE:20260702", "STATUS:CANCELLED", "RRULE:FREQ=DAILY"],
    )
    assert read_time_off(text, "UTC") == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("hello", "is not an iCalendar file; export the calendar as .ics"),
        ("", "is not an iCalendar file; export the calendar as .ics"),
        (
            calendar(
                ["DTSTART;VALUE=DATE:20260701"],
                ["DTSTART;VALUE=DATE:20260801", "RRULE:FREQ=YEARLY"],
            ),
            "event 2 repeats; write each absence as an event of its own",
        ),
        (calendar(["SUMMARY:secret"]), "event 1 has no start, or ends before it"),
        (
            calendar(["DTSTART:20260701T080000Z", "DTEND:20260701T070000Z"]),
            "event 1 has no start, or ends before it",
        ),
        (
            calendar(["DTSTART;VALUE=DATE:20260715", "DTEND;VALUE=DATE:20260701"]),
            "event 1 has no start, or ends before it",
        ),
        (
            calendar(["DTSTART;TZID=Mars:20260701T080000", "DURATION:PT1H"]),
            "event 1 names a time zone that is not known; write an IANA time zone, or none",
        ),
    ],
)
def test_refusals(text, problem):
    """What cannot be read is refused, without a word of what the event is about."""
    with pytest.raises(ConfigError) as caught:
        read_time_off(text, "UTC")
    assert str(caught.value) == problem


def test_a_zone_that_is_not_known():
    """The zone of times that name none must be one."""
    with pytest.raises(ConfigError, match=r"zone is 'Mars'; write an IANA time zone"):
        read_time_off(calendar(), "Mars")


def test_an_all_day_event_of_no_days():
    """An all-day event that ends on the date on which it starts is that date, as some programs write it."""
    text = calendar(["DTSTART;VALUE=DATE:20260701", "DTEND;VALUE=DATE:20260701"])
    assert read_time_off(text, "UTC") == (TimeOff(date(2026, 7, 1)),)


def test_missing_extra(monkeypatch):
    """Without the package the error names the extra to install."""
    monkeypatch.setitem(sys.modules, "icalendar", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'leadroute\[icalendar\]'"):
        read_time_off("", "UTC")
