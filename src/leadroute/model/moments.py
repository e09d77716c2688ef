"""Instants as people, CRMs and programs write them.

The rules of this module:

* ISO 8601 with an offset or ``Z`` says everything. Of an instant without an offset the time zone must be declared.
* A date of three numbers has two readings, unless the year goes first or a number above 12 tells the day. Which one is
  right must be declared.
* A local time that the zone has twice, or skips, is refused. So are numbers: nobody says what they count.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadroute.errors import ConfigError
from leadroute.model.given import Refused, plain_value, shown, typed_text

__all__ = ["ORDERS", "moment", "plain_datetime"]

ORDERS: Final = ("dmy", "mdy", "ymd")
"""In which order day, month and year can stand."""

_WRITE: Final = "write an instant such as 2026-01-05T09:00:00Z"
_WEEKDAY: Final = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+)?"
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        "jan feb mar apr may jun jul aug sep oct nov dec".split(),
        1,
    )
}
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES: Final = tuple(
    _WEEKDAY + pattern
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<three>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[-\s]\s*"
        + _MONTH
        + r"(?:,\s*|\s+|-)(?P<year>\d{4}|\d{2})",
        _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<year>\d{4})",
    )
)
_TIME: Final = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?"
    r"(?:\s?(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?)(?:\s\([\w .]*\))?)?"
)
_BETWEEN: Final = r"(?:,\s*|\s+at\s+|\s+|T(?=\d))"
_FLAGS: Final = (
    re.IGNORECASE | re.ASCII
)  # patterns are compiled when first used: importing stays cheap
_MIDNIGHT: Final = time()
_BLANKS: Final = dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), " ")
_LONGEST: Final = 80


def moment(
    given: Any, timezone: str | tzinfo | None = None, dates: str | None = None
) -> datetime | None:
    """Return an instant in UTC, given as a datetime or as text.

    Args:
        given: A datetime, a date, ``2026-03-04T09:00:00Z``, ``4 Mar 2026 9:00 AM`` and the like; ``None`` for what is
            not known. A date alone is its midnight.
        timezone: The zone of an instant that has no offset; without it such an instant is refused.
        dates: In which order the numbers of a date stand, ``dmy``, ``mdy`` or ``ymd``; without it a date that has two
            readings is refused.

    Raises:
        Refused: It is not an instant, or one with two readings; then both are named.

    Example:
        >>> moment("2026-03-04T10:00:00+01:00").isoformat()
        '2026-03-04T09:00:00+00:00'
        >>> moment("04/03/2026 10:00", timezone="Europe/Berlin", dates="dmy").isoformat()
        '2026-03-04T09:00:00+00:00'
    """
    if type(given) is datetime and given.tzinfo is UTC:
        return given
    given = plain_value(given)
    if isinstance(given, str):
        text = typed_text(given)
        if text is None:
            return None
        found = _read(text if text.isascii() else text.translate(_BLANKS), dates)
    elif given is None:
        return None
    elif isinstance(given, datetime):
        found = plain_datetime(given)
    elif isinstance(given, date):
        found = datetime.combine(given, _MIDNIGHT)
    else:
        kind = type(given).__name__
        raise Refused(f"is of type {kind}; write an aware datetime, such as datetime.now(UTC)")
    return _in_utc(found, given, timezone)


def _in_utc(found: datetime, given: Any, timezone: str | tzinfo | None) -> datetime:
    try:
        if found.utcoffset() is None:
            found = _local(found, given, timezone)
        return found.astimezone(UTC)
    except OverflowError:
        raise Refused(
            f"is {given}, which UTC cannot express; write an instant of the years 2 to 9998"
        ) from None


def _local(found: datetime, given: Any, timezone: str | tzinfo | None) -> datetime:
    if timezone is None:
        if not isinstance(given, str):
            raise Refused(
                "is a naive datetime; write an aware one, such as datetime.now(UTC), or give its timezone"
            )
        remedy = "write it like 2026-01-05T09:00:00+01:00, or with Z for UTC, or give its timezone"
        raise Refused(f"is {given[:40]!r}, which has no offset; {remedy}")
    zone = _zone(timezone) if isinstance(timezone, str) else timezone
    first, second = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        happens = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == found
        said = "has twice" if happens else "skips"
        raise Refused(f"is {shown(given)}, which {timezone} {said}; write it with its offset")
    return first


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"timezone is {name[:40]!r}; write an IANA time zone such as 'Europe/Berlin'"
        ) from None


def plain_datetime(given: datetime) -> datetime:
    """Return a plain datetime for one of a subclass, such as a timestamp of pandas."""
    if type(given) is datetime:
        return given
    return datetime.combine(given.date(), given.time(), given.tzinfo).replace(fold=given.fold)


def _read(text: str, dates: str | None) -> datetime:
    if dates not in (None, *ORDERS):
        raise ConfigError(f"dates is {shown(dates)}; write 'dmy', 'mdy' or 'ymd'")
    if len(text) >= 19 and text[4] == text[7] == "-" and text[5:7].isdigit() and text[10] in "T ":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # of another form, or none at all
    for pattern in _DATES:
        shape = re.match(pattern, text, _FLAGS) if len(text) <= _LONGEST else None
        if shape is not None:
            rest = text[shape.end() :]
            between = re.match(_BETWEEN, rest, _FLAGS)
            clock = re.fullmatch(_TIME, rest[between.end() :], _FLAGS) if between else None
            if rest and clock is None:
                continue
            try:
                day = _date(shape.groupdict(), text, dates)
                return datetime.combine(day, _clock(clock) if clock else _MIDNIGHT)
            except ValueError:
                break
    order = f"{_WRITE}, or a date in the order {dates}" if dates else _WRITE
    raise Refused(f"is {text[:40]!r}; {order}")


def _date(parts: dict[str, str], text: str, dates: str | None) -> date:
    if "one" not in parts:
        month = parts["month"]
        number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
        return date(_year(parts["year"]), number, int(parts["day"]))
    one, two, three = int(parts["one"]), int(parts["two"]), int(parts["three"])
    if len(parts["three"]) == 2:
        if dates is None:
            raise _two_readings(text, "in which order its numbers stand is not known")
        year, month_, day = {"dmy": (three, two, one), "mdy": (three, one, two)}.get(
            dates, (one, two, three)
        )
        return date(_year(f"{year:02}"), month_, day)
    orders = {"dmy": (two, one), "mdy": (one, two)}
    readings = {
        date(three, month_, day)
        for order, (month_, day) in orders.items()
        if dates in (None, "ymd", order) and month_ <= 12
    }
    if len(readings) > 1:
        first, second = sorted(readings)
        raise _two_readings(text, f"may be {first} or {second}")
    if not readings:
        raise ValueError
    return readings.pop()


def _year(digits: str) -> int:
    """Return a year of four digits, or of two: 70 is 1970, and 69 is 2069."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _two_readings(text: str, why: str) -> Refused:
    remedy = "say dates='dmy' or 'mdy', or write it like 2026-01-05T09:00:00Z"
    return Refused(f"is {text[:40]!r}: {why}; {remedy}")


def _clock(shape: re.Match[str]) -> time:
    hour, half = int(shape["hour"]), (shape["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    micros = int((shape["fraction"] or "0").ljust(6, "0")[:6])
    return time(
        hour, int(shape["minute"]), int(shape["second"] or 0), micros, _offset(shape["zone"])
    )


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    digits = "".join(filter(str.isdigit, zone))
    ahead = timedelta(hours=int(digits[:2] or 0), minutes=int(digits[2:] or 0))
    return fixed(-ahead if "-" in zone else ahead) if ahead else UTC
