"""Open time as numbers: the stretches of a calendar in microseconds since 1970, found by bisection.

The rules of this module:

* Time is cut into blocks of 52 weeks. A block holds its open stretches in order, merged, half-open and cut at its
  edges, with the open time before each of them; so a question costs two bisections, however far its answer lies.
* A block is built when it is first asked for and kept. Building it twice gives the same block, so that threads need
  no lock.
* A search gives up after ``HORIZON`` blocks, a little over a hundred years: what has not opened by then never does.
* Local time becomes an instant as RFC 5545 says, which is ``fold=0``: a time that a gap skips is read with the offset
  from before the gap, and a time that occurs twice is its first occurrence. A date that the zone skips has no windows.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from leadroute.model.values import aware
from leadroute.model.windows import DAY_SECONDS, NEVER, Day, Week

__all__ = [
    "Block",
    "Either",
    "Every",
    "Line",
    "Stretch",
    "Weekly",
    "Without",
    "instant",
    "micros",
    "weekly",
]

Stretch = tuple[int, int]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY = EPOCH.toordinal()
_LAST_DAY = date.max.toordinal()
_SECOND = 1_000_000
_DAY = DAY_SECONDS * _SECOND
_EARLIEST = (1 - _EPOCH_DAY) * _DAY
_LATEST = (_LAST_DAY + 1 - _EPOCH_DAY) * _DAY - 1
_TIMES = tuple(time(minute // 60, minute % 60) for minute in range(DAY_SECONDS // 60))

SPAN = 364 * _DAY
HORIZON = 105
_KEPT = 256


def micros(at: datetime, argument: str) -> int:
    """An aware datetime as microseconds since 1970.

    Raises:
        FactTypeError: ``at`` is naive, or no datetime; the message names ``argument``.
    """
    try:
        since = at - EPOCH
    except TypeError:
        aware(at, argument)
        raise
    return (since.days * DAY_SECONDS + since.seconds) * _SECOND + since.microseconds


def instant(at: int) -> datetime:
    """Microseconds since 1970 as a datetime in UTC, held within the years that a datetime can express."""
    return EPOCH + timedelta(microseconds=min(max(at, _EARLIEST), _LATEST))


def local_micros(zone: ZoneInfo, ordinal: int, seconds: int) -> int:
    """The instant of a local time: ``seconds`` after the midnight that begins the date ``ordinal``."""
    days, second = divmod(seconds, DAY_SECONDS)
    ordinal += days
    if ordinal > _LAST_DAY:
        return _LATEST
    minute, rest = divmod(second, 60)
    at = _TIMES[minute] if not rest else _TIMES[minute].replace(second=rest)
    offset = zone.utcoffset(datetime.combine(date.fromordinal(ordinal), at))
    return ((ordinal - _EPOCH_DAY - offset.days) * DAY_SECONDS + second - offset.seconds) * _SECOND


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
        self.opens = array("q")
        self.closes = array("q")
        self.before = array("q")
        self.total = 0
        for opens, closes in stretches:
            self.opens.append(opens)
            self.closes.append(closes)
            self.before.append(self.total)
            self.total += closes - opens

    def until(self, at: int) -> int:
        """The open time in this block before ``at``, which lies in the block."""
        i = bisect_right(self.opens, at) - 1
        if i < 0:
            return 0
        return self.before[i] + min(at, self.closes[i]) - self.opens[i]

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

    def block(self, number: int) -> Block:
        """The block that begins ``number`` spans after 1970."""
        found = self._blocks.get(number)
        if found is None:
            found = Block(self._build(number)) if self.first <= number <= self.last else _CLOSED
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
        left = amount + self.block(start // SPAN).until(start)
        for number in self._numbers(start // SPAN):
            block = self.block(number)
            if left <= block.total:
                i = bisect_left(block.before, left) - 1
                return block.opens[i] + left - block.before[i]
            left -= block.total
        return None

    def stretches(self, start: int, end: int | None) -> Iterator[Stretch]:
        """The stretches between ``start`` and ``end`` (or the horizon), cut there, joined across blocks."""
        numbers = self._numbers(start // SPAN)
        if end is not None:
            numbers = range(numbers.start, min(end // SPAN, self.last) + 1)
        opens = closes = start
        for number in numbers:
            block = self.block(number)
            for i in range(bisect_right(block.closes, start), len(block.opens)):
                if end is not None and block.opens[i] >= end:
                    break
                if block.opens[i] > closes:
                    if closes > opens:
                        yield opens, closes
                    opens = block.opens[i]
                closes = block.closes[i]
        if end is not None:
            closes = min(closes, end)
        if closes > opens:
            yield opens, closes


class Weekly(Line):
    """Weekly windows in a zone, with closed dates and dates that have windows of their own."""

    __slots__ = ("_exceptions", "_holidays", "_week", "_zone")

    def __init__(
        self, week: Week, zone: ZoneInfo, holidays: Container[date], exceptions: Mapping[date, Day]
    ) -> None:
        self._week = week
        self._zone = zone
        self._holidays = holidays
        self._exceptions = exceptions
        if week == NEVER:
            days = [day.toordinal() - _EPOCH_DAY for day, windows in exceptions.items() if windows]
            super().__init__(
                (min(days, default=0) - 3) * _DAY // SPAN,
                (max(days) + 3) * _DAY // SPAN if days else -HORIZON,
            )
        else:
            super().__init__(_EARLIEST // SPAN, _LATEST // SPAN)

    def _build(self, number: int) -> Iterable[Stretch]:
        low, high = number * SPAN, (number + 1) * SPAN
        first = max(_EPOCH_DAY + low // _DAY - 3, 1)
        last = min(_EPOCH_DAY + high // _DAY + 2, _LAST_DAY)
        skips = self._offset(last) - self._offset(first) > timedelta(hours=20)
        zone = self._zone
        found = []
        for ordinal in range(first, last + 1):
            windows = self._windows(date.fromordinal(ordinal))
            if windows and not (skips and self._is_skipped(ordinal)):
                found += [
                    (local_micros(zone, ordinal, opens), local_micros(zone, ordinal, closes))
                    for opens, closes in windows
                ]
        return cut(merge(found), max(low, _EARLIEST), min(high, _LATEST))

    def _windows(self, day: date) -> Day:
        windows = self._exceptions.get(day)
        if windows is not None:
            return windows
        windows = self._week[day.weekday()]
        return () if windows and day in self._holidays else windows

    def _offset(self, ordinal: int, fold: int = 0) -> timedelta:
        return self._zone.utcoffset(datetime.fromordinal(ordinal).replace(fold=fold))

    def _is_skipped(self, ordinal: int) -> bool:
        return self._offset(ordinal, fold=1) - self._offset(ordinal) >= timedelta(days=1)


@lru_cache(maxsize=4096)
def weekly(
    week: Week, zone: str, holidays: Container[date], exceptions: Mapping[date, Day]
) -> Weekly:
    """The line of these windows; equal ones share one line, so that a team's reps share its blocks."""
    return Weekly(week, ZoneInfo(zone), holidays, exceptions)


class Without(Line):
    """A line with some stretches taken out."""

    __slots__ = ("_gaps", "_line")

    def __init__(self, line: Line, gaps: Iterable[Stretch]) -> None:
        super().__init__(line.first, line.last)
        self._line = line
        self._gaps = tuple(merge(gaps))

    def block(self, number: int) -> Block:
        """The block of the line itself wherever nothing is taken out, so that it is shared."""
        low, high = number * SPAN, (number + 1) * SPAN
        if any(opens < high and low < closes for opens, closes in self._gaps):
            return super().block(number)
        return self._line.block(number)

    def _build(self, number: int) -> Iterable[Stretch]:
        low, high = number * SPAN, (number + 1) * SPAN
        gaps = cut(self._gaps, low, high)
        edges = [low, *(edge for gap in gaps for edge in gap), high]
        kept = list(zip(edges[::2], edges[1::2], strict=True))
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
    """The parts of the stretches between ``low`` and ``high``."""
    return [
        (max(opens, low), min(closes, high))
        for opens, closes in stretches
        if opens < high and low < closes
    ]


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
