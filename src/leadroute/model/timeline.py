"""Open time as numbers: weekly windows, and stretches in microseconds since 1970, found by bisection.

* A window is a pair of seconds after local midnight. It belongs to the date on which it opens.
* A window that closes at or before its opening time runs past midnight: ``22:00-06:00`` closes at
  30:00. ``24:00`` is the end of the day, and ``09:00-09:00`` lasts 24 hours.
* Time is cut into blocks of 52 weeks. A block holds its open stretches in order, merged, half-open
  and cut at its edges, with the open time before each of them; so a question costs two bisections,
  however far its answer lies.
* A block is built when it is first asked for and kept. Building it twice gives the same block, so
  that threads need no lock.
* Local time becomes an instant as RFC 5545 says, which is ``fold=0``: a time that a gap skips is
  read with the offset from before the gap, and a time that occurs twice is its first occurrence.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from leadroute.model.given import Refused
from leadroute.model.validation import aware

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


Stretch = tuple[int, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000
EARLIEST = (date.min.toordinal() - EPOCH.toordinal()) * _DAY
LATEST = (date.max.toordinal() + 1 - EPOCH.toordinal()) * _DAY - 1
"""The instants of the years that a datetime can express."""

SPAN = 364 * _DAY
HORIZON = 105
_KEPT = 256


def micros(at: datetime, argument: str) -> int:
    """An aware datetime as microseconds since 1970."""
    try:
        return whole(at - EPOCH)
    except TypeError:
        return whole(aware(at, argument) - EPOCH)


def whole(since: timedelta) -> int:
    """A duration in microseconds."""
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def instant(at: int) -> datetime:
    """Microseconds since 1970 as a datetime in UTC, within the years that it can express."""
    try:
        return EPOCH + timedelta(0, at // 1_000_000, at % 1_000_000)
    except OverflowError:
        return EPOCH + timedelta(microseconds=EARLIEST if at < 0 else LATEST)


class Block:
    """The open stretches of 52 weeks.

    Attributes:
        opens: Where each stretch begins.
        closes: Where each stretch ends, the end itself closed.
        before: The open time in this block before each stretch.
        total: The open time of the whole block.
    """

    __slots__ = ("before", "closes", "opens", "total")

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        found = list(stretches)
        self.opens = array("q", [opens for opens, _ in found])
        self.closes = array("q", [closes for _, closes in found])
        ends = accumulate((closes - opens for opens, closes in found), initial=0)
        *before, self.total = ends
        self.before = array("q", before)

    def until(self, at: int) -> int:
        """The open time in this block before ``at``, which lies in the block."""
        i = bisect_right(self.opens, at) - 1
        if i < 0:
            return 0
        closes = self.closes[i]
        return self.before[i] + (min(closes, at)) - self.opens[i]

    def stretches(self) -> Iterable[Stretch]:
        """The stretches in order."""
        return zip(self.opens, self.closes, strict=True)


_CLOSED = Block(())


class Line(ABC):
    """Open and closed time without end, as blocks."""

    __slots__ = ("_blocks", "first", "last")

    def __init__(self, first: int, last: int) -> None:
        self._blocks: dict[int, Block] = {}
        self.first = first
        self.last = last

    @abstractmethod
    def _build(self, number: int) -> Iterable[Stretch]:
        """The merged stretches of one block, cut at its edges."""

    def _block(self, number: int) -> Block:
        return Block(self._build(number))

    def block(self, number: int) -> Block:
        """The block that begins ``number`` spans after 1970."""
        return self._blocks.get(number) or self._keep(number)

    def _keep(self, number: int) -> Block:
        found = self._block(number) if self.first <= number <= self.last else _CLOSED
        if len(self._blocks) >= _KEPT:
            self._blocks.clear()
        self._blocks[number] = found
        return found

    def _numbers(self, start: int) -> range:
        return range(max(start, self.first), min(start + HORIZON, self.last + 1))

    def is_open(self, at: int) -> bool:
        """Whether ``at`` lies in a stretch."""
        block = self.block(at // SPAN)
        i = bisect_right(block.opens, at) - 1
        return i >= 0 and at < block.closes[i]

    def next_open(self, after: int) -> int | None:
        """The first open instant from ``after`` on."""
        for number in self._numbers(after // SPAN):
            block = self.block(number)
            i = bisect_right(block.closes, after)
            if i < len(block.opens):
                return max(after, block.opens[i])
        return None

    def next_close(self, after: int) -> int | None:
        """The end of the stretch that is open at ``after``, or of the next one."""
        for _, closes in self.stretches(after, None):
            return closes if closes < (after // SPAN + HORIZON) * SPAN else None
        return None

    def measure(self, start: int, end: int) -> int:
        """The open time from ``start`` to ``end``; 0 when ``end`` does not follow ``start``."""
        if end <= start:
            return 0
        first, last = start // SPAN, end // SPAN
        between = range(max(first, self.first), min(last, self.last + 1))
        whole = sum(self.block(number).total for number in between)
        return whole - self.block(first).until(start) + self.block(last).until(end)

    def advance(self, start: int, amount: int) -> int | None:
        """The first instant by which ``amount`` of open time has passed since ``start``."""
        if not amount:
            return start
        first = start // SPAN
        block = self.block(first)
        left = amount + block.until(start)
        if left > block.total:
            for number in range(first + 1, min(first + HORIZON, self.last + 1)):
                left -= block.total
                block = self.block(number)
                if left <= block.total:
                    break
            else:
                return None
        i = bisect_left(block.before, left) - 1
        return block.opens[i] + left - block.before[i]

    def stretches(self, start: int, end: int | None) -> Iterator[Stretch]:
        """The stretches between ``start`` and ``end`` (or the horizon), cut and joined."""
        opens = closes = start
        for begins, ends in self._pieces(start, end):
            if begins > closes:
                if closes > opens:
                    yield opens, closes
                opens = begins
            closes = ends
        if end is not None:
            closes = min(closes, end)
        if closes > opens:
            yield opens, closes

    def _pieces(self, start: int, end: int | None) -> Iterator[Stretch]:
        """The stretches of each block that end after ``start`` and begin before ``end``, if any."""
        numbers = self._numbers(start // SPAN)
        if end is not None:
            numbers = range(numbers.start, min(end // SPAN, self.last) + 1)
        for number in numbers:
            block = self.block(number)
            for i in range(bisect_right(block.closes, start), len(block.opens)):
                if end is not None and block.opens[i] >= end:
                    return
                yield block.opens[i], block.closes[i]


class Without(Line):
    """A line with some stretches taken out."""

    __slots__ = ("_gaps", "_line")

    def __init__(self, line: Line, gaps: Iterable[Stretch]) -> None:
        super().__init__(line.first, line.last)
        self._line = line
        self._gaps = tuple(merge(gaps))

    def _block(self, number: int) -> Block:
        low, high = number * SPAN, (number + 1) * SPAN
        touched = any(opens < high and low < closes for opens, closes in self._gaps)
        return super()._block(number) if touched else self._line.block(number)

    def _build(self, number: int) -> Iterable[Stretch]:
        low, high = number * SPAN, (number + 1) * SPAN
        kept = spaces(cut(self._gaps, low, high), low, high)
        return meet(list(self._line.block(number).stretches()), kept)


class Every(Line):
    """Open where every line is open."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = tuple(lines)
        super().__init__(
            max(line.first for line in self._lines), min(line.last for line in self._lines)
        )

    def _build(self, number: int) -> Iterable[Stretch]:
        first, *others = (list(line.block(number).stretches()) for line in self._lines)
        for other in others:
            first = meet(first, other)
        return first


class Either(Line):
    """Open where any of the lines is open."""

    __slots__ = ("_lines",)

    def __init__(self, lines: Iterable[Line]) -> None:
        self._lines = tuple(lines)
        super().__init__(
            min(line.first for line in self._lines), max(line.last for line in self._lines)
        )

    def _build(self, number: int) -> Iterable[Stretch]:
        return merge(stretch for line in self._lines for stretch in line.block(number).stretches())


class Outside(Line):
    """Open where the line is closed."""

    __slots__ = ("_line",)

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__(EARLIEST // SPAN, LATEST // SPAN)

    def _build(self, number: int) -> Iterable[Stretch]:
        low, high = max(number * SPAN, EARLIEST), min((number + 1) * SPAN, LATEST)
        return spaces(self._line.block(number).stretches(), low, high)


def spaces(stretches: Iterable[Stretch], low: int, high: int) -> list[Stretch]:
    """What lies between merged stretches, from ``low`` to ``high``."""
    edges = [low, *(edge for stretch in stretches for edge in stretch), high]
    found = zip(edges[::2], edges[1::2], strict=True)
    return [(opens, closes) for opens, closes in found if opens < closes]


def merge(stretches: Iterable[Stretch]) -> list[Stretch]:
    """The stretches in order, without the empty ones, joined where they overlap or touch."""
    merged: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if opens >= closes:
            continue
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], closes)
        else:
            merged.append((opens, closes))
    return merged


def cut(stretches: Iterable[Stretch], low: int, high: int) -> list[Stretch]:
    """The parts of ordered stretches between ``low`` and ``high``."""
    found = [stretch for stretch in stretches if stretch[0] < high and low < stretch[1]]
    if found:
        found[0] = max(found[0][0], low), found[0][1]
        found[-1] = found[-1][0], min(found[-1][1], high)
    return found


def meet(left: list[Stretch], right: list[Stretch]) -> list[Stretch]:
    """The parts that lie in both of two ordered lists of merged stretches."""
    both = []
    i = j = 0
    while i < len(left) and j < len(right):
        opens, closes = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if opens < closes:
            both.append((opens, closes))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both


_SECOND = 1_000_000
_WEEKLY_DAY = DAY_SECONDS * _SECOND
_STRIDE = 3
_EPOCH_DAY = EPOCH.toordinal()
_LAST_DAY = date.max.toordinal()


def local_micros(zone: ZoneInfo, ordinal: int, seconds: int) -> int:
    """The instant of a local time, ``seconds`` after the midnight of the date ``ordinal``."""
    days, second = divmod(seconds, DAY_SECONDS)
    return _plain(ordinal, seconds) - whole(_offset(zone, ordinal + days, second))


def _plain(ordinal: int, seconds: int) -> int:
    return ((ordinal - _EPOCH_DAY) * DAY_SECONDS + seconds) * _SECOND


def _offset(zone: ZoneInfo, ordinal: int, seconds: int = 0, fold: int = 0) -> timedelta:
    local = datetime.fromordinal(min(ordinal, _LAST_DAY)) + timedelta(0, seconds)
    return zone.utcoffset(local.replace(fold=fold)) or timedelta(0)


@lru_cache(maxsize=2048)
def _dates(zone: ZoneInfo, number: int) -> tuple[tuple[int, int | None], ...]:
    """The dates whose windows may reach a block, with their midnight where the offset is steady."""
    first = max(_EPOCH_DAY + number * SPAN // _WEEKLY_DAY - 3, 1)
    last = min(_EPOCH_DAY + (number + 1) * SPAN // _WEEKLY_DAY + 2, _LAST_DAY)
    probes = range(first, last + 1 + 2 * _STRIDE, _STRIDE)
    offsets = [whole(_offset(zone, ordinal)) for ordinal in probes]
    found: list[tuple[int, int | None]] = []
    for ordinal in range(first, last + 1):
        here = (ordinal - first) // _STRIDE
        if offsets[here] == offsets[here + 1] == offsets[here + 2]:
            found.append((ordinal, _plain(ordinal, 0) - offsets[here]))
        elif _offset(zone, ordinal, fold=1) - _offset(zone, ordinal) < timedelta(days=1):
            found.append((ordinal, None))
    return tuple(found)


class Weekly(Line):
    """Weekly windows in a zone, with closed dates and dates that have windows of their own."""

    __slots__ = ("_exceptions", "_holidays", "_regular", "_week", "_zone")

    def __init__(
        self, week: Week, zone: ZoneInfo, holidays: Container[date], exceptions: Mapping[date, Day]
    ) -> None:
        self._week = week
        self._zone = zone
        self._holidays = holidays
        self._exceptions = exceptions
        self._regular = not exceptions and holidays == frozenset()
        if week == NEVER:
            days = [day.toordinal() - _EPOCH_DAY for day, windows in exceptions.items() if windows]
            super().__init__(
                (min(days, default=0) - 3) * _WEEKLY_DAY // SPAN,
                (max(days) + 3) * _WEEKLY_DAY // SPAN if days else -HORIZON,
            )
        else:
            super().__init__(EARLIEST // SPAN, LATEST // SPAN)

    def _build(self, number: int) -> Iterable[Stretch]:
        zone = self._zone
        found = []
        for ordinal, midnight in _dates(zone, number):
            for opens, closes in self._windows(ordinal):
                if midnight is not None:
                    found.append((midnight + opens * _SECOND, midnight + closes * _SECOND))
                else:
                    found.append(
                        (local_micros(zone, ordinal, opens), local_micros(zone, ordinal, closes))
                    )
        return cut(merge(found), max(number * SPAN, EARLIEST), min((number + 1) * SPAN, LATEST))

    def _windows(self, ordinal: int) -> Day:
        usual = self._week[(ordinal - 1) % 7]
        if self._regular:
            return usual
        day = date.fromordinal(ordinal)
        windows = self._exceptions.get(day)
        if windows is not None:
            return windows
        return () if usual and day in self._holidays else usual


@lru_cache(maxsize=4096)
def weekly(
    week: Week, zone: str, holidays: Container[date], exceptions: Mapping[date, Day]
) -> Weekly:
    """The line of these windows; equal ones share it, so that a team's reps share its blocks."""
    return Weekly(week, ZoneInfo(zone), holidays, exceptions)
