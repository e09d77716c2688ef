"""Weekly windows: how opening hours are written, kept and read back.

* A window is a pair of seconds after local midnight. It belongs to the date on which it opens.
* A window that closes at or before its opening time runs past midnight: ``22:00-06:00`` closes at
  30:00. ``24:00`` is the end of the day, and ``09:00-09:00`` lasts 24 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import time
from typing import Any, NamedTuple

from leadroute.model.validation import Refused

DAY_SECONDS = 86_400
DAY_NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LONG_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY_NUMBERS = {
    name: number for names in (DAY_NAMES, _LONG_NAMES) for number, name in enumerate(names)
}

_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?", re.ASCII)
_WINDOW_REMEDY = "write windows such as '09:00-12:00,13:00-17:00' or [('09:00', '17:00')]"
_DAYS_REMEDY = "write days such as 'mon', 'mon-fri' or 'mon,wed,sat-sun'"


class Window(NamedTuple):
    """One stretch of open time on one date, half-open: open at ``opens``, closed at ``closes``."""

    opens: int
    closes: int

    def __str__(self) -> str:
        longest = self.opens + DAY_SECONDS
        overnight = DAY_SECONDS < self.closes <= longest
        return f"{_format_time(self.opens)}-{_format_time(self.closes - DAY_SECONDS * overnight)}"


Day = tuple[Window, ...]
Week = tuple[Day, Day, Day, Day, Day, Day, Day]

NEVER: Week = ((), (), (), (), (), (), ())
_WHOLE_DAY: Day = (Window(0, DAY_SECONDS),)
ALWAYS: Week = (_WHOLE_DAY,) * 7


def parse_week(given: Any) -> Week:
    """The windows of a week, Monday first."""
    if isinstance(given, str):
        return _parse_week_text(given)
    if isinstance(given, Mapping):
        return _collect(given.items())
    if isinstance(given, tuple) and len(given) == 7:
        return _collect(zip(DAY_NAMES, given, strict=True))
    raise Refused(
        f"is {given!r:.60}; write text such as 'mon-fri 09:00-17:00', or a mapping from days to windows"
    )


def _parse_week_text(text: str) -> Week:
    plain = text.strip().lower()
    if plain in ("always", "24/7"):
        return ALWAYS
    if plain == "never":
        return NEVER
    items = [item.split(None, 1) for item in plain.split(";") if item.strip()]
    if not items:
        raise Refused("is empty; write 'never' for a schedule that is never open")
    for item in items:
        if len(item) < 2:
            missing = "days" if item[0][:1].isdigit() else "windows"
            raise Refused(f"has {item[0]!r:.60} without {missing}; write 'mon-fri 09:00-17:00'")
    return _collect((days, windows) for days, windows in items)


def _collect(entries: Iterable[tuple[Any, Any]]) -> Week:
    found: list[list[Window]] = [[] for _ in DAY_NAMES]
    for days, given in entries:
        windows = parse_day(given)
        for number in _parse_days(days):
            found[number].extend(windows)
    mon, tue, wed, thu, fri, sat, sun = map(_merged, found)
    return mon, tue, wed, thu, fri, sat, sun


def _parse_days(given: Any) -> list[int]:
    if not isinstance(given, str):
        raise Refused(f"has {given!r:.60} for a day; {_DAYS_REMEDY}")
    numbers: list[int] = []
    for part in given.lower().split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        names = (first, last) if dash else (first, first)
        try:
            start, end = (_DAY_NUMBERS[name] for name in names)
        except KeyError:
            raise Refused(f"has {part.strip()!r:.60} for a day; {_DAYS_REMEDY}") from None
        numbers.extend((start + step) % 7 for step in range((end - start) % 7 + 1))
    return numbers


def parse_day(given: Any) -> Day:
    """The windows of one date, in order, merged where they overlap or touch."""
    if given is None:
        return ()
    if isinstance(given, str):
        plain = given.strip().lower()
        if plain == "closed":
            return ()
        pairs: Iterable[Any] = (part.split("-") for part in plain.split(","))
    elif isinstance(given, Iterable):
        pairs = given
    else:
        raise Refused(f"has {given!r:.60} for windows; {_WINDOW_REMEDY}")
    return _merged(_parse_window(pair) for pair in pairs)


def _parse_window(pair: Any) -> Window:
    if isinstance(pair, Window):
        return pair
    if isinstance(pair, str):
        pair = pair.split("-")
    if not isinstance(pair, list | tuple) or len(pair) != 2:
        raise Refused(f"has {pair!r:.60} for a window; {_WINDOW_REMEDY}")
    opens, closes = map(_parse_time, pair)
    if opens >= DAY_SECONDS:
        raise Refused(
            f"has a window that opens at {_format_time(opens)}; write it on the day after"
        )
    if closes > 2 * DAY_SECONDS:
        raise Refused(f"has a window that closes at {_format_time(closes)}; the latest is 48:00")
    return Window(opens, closes if closes > opens else closes + DAY_SECONDS)


def _parse_time(given: Any) -> int:
    if isinstance(given, time) and given.tzinfo is None and not given.microsecond:
        return given.hour * 3600 + given.minute * 60 + given.second
    shape = _TIME.fullmatch(given.strip()) if isinstance(given, str) else None
    if shape is not None:
        hours, minutes, seconds = (int(part or 0) for part in shape.groups())
        if minutes < 60 and seconds < 60:
            return hours * 3600 + minutes * 60 + seconds
    raise Refused(
        f"has {given!r:.60} for a time; write hours and minutes such as '09:00' or '24:00'"
    )


def _merged(windows: Iterable[Window]) -> Day:
    merged: list[Window] = []
    for window in sorted(windows):
        if merged and window.opens <= merged[-1].closes:
            merged[-1] = Window(merged[-1].opens, max(merged[-1].closes, window.closes))
        else:
            merged.append(window)
    return tuple(merged)


def format_week(week: Week) -> str:
    """The text that reads back as ``week``."""
    if week == NEVER:
        return "never"
    if week == ALWAYS:
        return "always"
    days_of: dict[Day, list[int]] = {}
    for number, windows in enumerate(week):
        if windows:
            days_of.setdefault(windows, []).append(number)
    return "; ".join(
        f"{_format_days(days)} {format_day(windows)}" for windows, days in days_of.items()
    )


def _format_days(numbers: list[int]) -> str:
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ",".join(
        DAY_NAMES[run[0]] if len(run) == 1 else f"{DAY_NAMES[run[0]]}-{DAY_NAMES[run[-1]]}"
        for run in runs
    )


def format_day(windows: Day) -> str:
    """The text that reads back as the windows of one date."""
    return ",".join(map(str, windows)) or "closed"


def _format_time(seconds: int) -> str:
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02}:{minute:02}:{second:02}" if second else f"{hour:02}:{minute:02}"
