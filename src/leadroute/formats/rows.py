"""Leads and reps from files and tables: CSV, JSON, JSON lines, data frames, mappings; and time off from calendars.

* Every row is a lead or a ``RowError`` with the line it starts on and every fault in it; reading goes on.
* One id twice with different content is a fault of the later row; the same row again is not.
* No title, description or participant of an event in a calendar is read, kept or repeated.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from zoneinfo import ZoneInfo

from leadroute.errors import ConfigError, FieldError, MissingExtraError, RowError
from leadroute.formats.csv_rows import table_rows
from leadroute.formats.source import array_rows, columns_of, format_of, line_rows, name_of, opened
from leadroute.model.columns import Column, ColumnMap
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep, Roster
from leadroute.model.row_reader import ReadOptions, RowReader, laid_out
from leadroute.model.schedule import TimeOff
from leadroute.model.validation import FrozenDict, is_zone

FULL: Final = 160_000  # how many ids are kept in memory before they go to a temporary file
_LINES: Final = 1 << 32


class SeenIds:
    """The ids of the rows that were read, with the line and the content of each.

    Ids are kept as hashes of 64 bits: that two of a million are mistaken for one has a probability of 1 in 30 million.
    """

    def __init__(self) -> None:
        self._rows: dict[int, int] = {}
        self._file: sqlite3.Connection | None = None

    def earlier(self, ident: str, content: object, line: int) -> int | None:
        """Return the line of an earlier row with the id and other content; ``None`` without one."""
        key, row = hash(ident), (hash(content) >> 33) * _LINES + line
        found: int | None = self._rows.setdefault(key, row)
        if found is row:
            found = self._stored(key)
            if found is not None:
                del self._rows[key]  # the line on which it came first counts
            elif len(self._rows) >= FULL:
                self._store()
        if found is None or found // _LINES == row // _LINES:
            return None
        return found % _LINES

    def close(self) -> None:
        """Drop what is kept."""
        if self._file is not None:
            self._file.close()

    def _stored(self, key: int) -> int | None:
        if self._file is None:
            return None
        found = self._file.execute("SELECT row FROM seen WHERE id = ?", (key,)).fetchone()
        return None if found is None else int(found[0])

    def _store(self) -> None:
        if self._file is None:
            # A file without a name is one that SQLite removes; its cache in memory has 2 MB.
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, row INTEGER)")
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO seen VALUES (?, ?)", self._rows.items())
        self._file.execute("COMMIT")
        self._rows.clear()


V = TypeVar("V", bound=Lead | Rep)

Columns = ColumnMap | Mapping[str, str] | str | Path | None
Dates = Literal["dmy", "mdy", "ymd"] | None
Decimal = Literal[".", ","] | None
Extra = Literal["attributes", "ignore", "refuse"]
OnFault = Literal["row", "field"]

_Rows = Iterator[tuple[int, Any]]
_ID = re.compile(r"\b(id|no|nr|number|key|ref|reference|uuid|guid|code)\b|id$", re.IGNORECASE)


class Reading(Iterator[V | RowError], Generic[V]):
    """The rows of a source, read one at a time, and what its columns fill."""

    def __init__(
        self, kind: type[V], source: Any, name: str, form: str | None, options: ReadOptions
    ) -> None:
        self.name = name or ("<rows>" if _is_frame(source) else name_of(source))
        self.restored = 0
        """How many postal codes got back the zeros that a spreadsheet had cut."""
        self.broken_off = False
        """Whether a fault ended the reading, and the rest of the source was not read."""
        self._kind = kind
        self._options = options
        self.line = 0
        """The line that the last row starts on."""
        self._columns: dict[object, Column] = {}
        self._last: RowReader[V] | None = None
        self._started = False
        # The format is refused here, before anybody waits for the first row.
        self._rows = self._read(source, None if _is_frame(source) else format_of(source, form))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What each column fills. JSON and mappings have those of the rows read so far."""
        self._start()
        return tuple(self._columns.values())

    def __iter__(self) -> Iterator[V | RowError]:  # noqa: PYI034 - the generator alone is faster
        self._start()
        return self._rows

    def __next__(self) -> V | RowError:
        self._start()
        return next(self._rows)

    def _start(self) -> None:
        if not self._started:
            self._started = True
            next(self._rows, None)

    def _read(self, source: Any, form: str | None) -> Iterator[V | RowError]:
        seen = SeenIds()
        with ExitStack() as stack:
            stack.callback(seen.close)
            line, header, rows = _laid(source, form, self.name, stack)
            reader = None if header is None else self._reader(line, header)
            yield None  # type: ignore[misc]  # taken by _start: the header is read
            yield from self._results(rows, reader, seen)

    def _results(
        self, rows: _Rows, reader: RowReader[V] | None, seen: SeenIds
    ) -> Iterator[V | RowError]:
        read = self._value if reader is None else reader.read
        try:
            for self.line, row in rows:
                if row.__class__ is RowError:
                    yield row
                    continue
                value, faults = read(row)
                if reader is not None and value is not None and reader.restored(value, row):
                    self.restored += 1
                if value is not None and (problem := self._twice(value, row, seen)):
                    faults.append(FieldError("id", problem))
                elif value is not None:
                    yield value
                if faults:
                    yield RowError(self.name, self.line, faults)
        except RowError as error:  # the rest cannot be read
            self.broken_off = True
            yield error

    def _twice(self, value: V, row: Any, seen: SeenIds) -> str:
        """What is wrong with the id of a lead that an earlier row has; empty when nothing is."""
        if self._kind is Rep:  # a roster is whole in memory, and read_reps asks there
            return ""
        # Cells of text are compared as they are, which is cheaper than the leads, and as one text to be hashed once.
        content = "\0".join(row) if row.__class__ is list else value
        earlier = seen.earlier(value.id, content, self.line)
        if earlier is None:
            return ""
        problem = f"{value.id!r} is on line {earlier} already, with other content"
        return f"{problem}; give every lead an id of its own"

    def _reader(self, line: int, header: Sequence[str]) -> RowReader[V]:
        reader = RowReader(self._kind, header, self._options)
        self._columns = dict(enumerate(reader.columns))
        faults = list(reader.faults)
        if not any(column.fills == "id" for column in reader.columns):
            faults.append(_without_id(header))
        if faults:
            raise RowError(self.name, line, faults)
        return reader

    def _value(self, row: Mapping[str, Any]) -> tuple[V | None, list[FieldError]]:
        """The value of a row that has its headers with it, if any, and what is wrong with it."""
        reader, cells = laid_out(self._kind, row, self._options)
        if reader is not self._last:
            self._last = reader
            self._columns |= {column.header: column for column in reader.columns}
        value, faults = reader.read(cells)
        if reader.faults:
            return None, [*reader.faults, *faults]
        if value is not None and reader.restored(value, cells):
            self.restored += 1
        return value, faults


def _without_id(header: Sequence[str]) -> FieldError:
    likely = [name.strip() for name in header if _ID.search(name)] or [
        next(map(str.strip, header), "Lead ID")
    ]
    maps = " or ".join(f"{{{name[:40]!r}: 'id'}}" for name in likely[:3])
    option = f"--map {f'{likely[0][:40]}=id'!r}"
    problem = "is missing; every row needs an id of its own: say which column has it"
    return FieldError("column 'id'", f"{problem}, as with columns={maps}, or {option}")


def _laid(
    source: Any, form: str | None, name: str, stack: ExitStack
) -> tuple[int, Sequence[str] | None, _Rows]:
    """The line of the header, the header that all rows share, and the rows with their lines."""
    if _is_frame(source):
        return 0, *_frame(source)
    if isinstance(source, Mapping):
        raise ConfigError("is one mapping; write rows, such as [row]", name)
    if not isinstance(source, str | Path) and not hasattr(source, "readline"):
        rows = iter(source)
        first = next(rows, "")
        source = chain((first,), rows) if first != "" else rows
        if isinstance(first, Mapping):
            return 0, None, _mappings(source, name)
    lines = stack.enter_context(opened(source, name))
    if form == "csv":
        return table_rows(lines)
    return 0, None, line_rows(lines) if form == "jsonl" else array_rows(lines)


def _mappings(rows: Iterable[Any], name: str) -> _Rows:
    for number, row in enumerate(rows, 1):
        if isinstance(row, Mapping):
            yield number, row
        else:
            problem = f"is of type {type(row).__name__}; write a mapping such as {{'id': 'L-1'}}"
            yield number, RowError(name, number, [FieldError("row", problem)])


def _is_frame(source: object) -> bool:
    return hasattr(source, "columns") and (
        hasattr(source, "itertuples") or hasattr(source, "iter_rows")
    )


def _frame(source: Any) -> tuple[list[str], _Rows]:
    """The columns and rows of a data frame of pandas or polars; a named index is a column."""
    header = [str(name) for name in source.columns]
    if not hasattr(source, "itertuples"):
        return header, enumerate(source.iter_rows(), 1)
    index = getattr(source.index, "name", None)
    rows = source.itertuples(index=index is not None, name=None)
    return header if index is None else [str(index), *header], enumerate(rows, 1)


def read_leads(
    source: Any,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002 - the host's word for it
    custom: Mapping[str, str] | None = None,
    columns: Columns = None,
    country: str | None = None,
    timezone: str | None = None,
    dates: Dates = None,
    decimal: Decimal = None,
    extra: Extra = "attributes",
    on_fault: OnFault = "row",
) -> Reading[Lead]:
    """Read leads lazily, and a ``RowError`` for each bad row.

    Memory is constant, whatever the length of the file. ``columns`` of what is returned says what each column fills,
    and ``restored`` counts the postal codes that got back the zeros that a spreadsheet had cut.

    Args:
        source: A path, an open file, lines, mappings, or a data frame of pandas or polars.
        name: What errors call the source; its path, else ``<stdin>`` or ``<rows>``, when not given.
        format: ``csv``, ``jsonl`` or ``json``; by the ending of the path, else ``csv``, when not
            given. A CSV file may have ``,``, ``;`` or tabs between its cells.
        custom: The kinds of custom attributes by name: ``text``, ``number``, ``flag``, ``instant`` or ``names``.
            What is not declared is text. Names that begin with ``rep.`` are those of reps.
        columns: What the columns fill, where their names do not say it: ``SALESFORCE`` or another
            ``ColumnMap``, the name of a preset, or fields by headers such as ``{"Lead ID": "id"}``.
        country: The country of rows that name none, such as ``US`` for a file with states alone.
        timezone: The IANA zone of instants without an offset. They are refused without it.
        dates: The order in dates such as 3/4/2026: ``dmy``, ``mdy`` or ``ymd``; else refused.
        decimal: The sign before a fraction, ``.`` or ``,``, for numbers such as 50.000.
        extra: What becomes of columns that fill nothing: ``attributes``, ``ignore`` or ``refuse``.
        on_fault: What a fault takes away: the ``row``, or the ``field`` alone; then the
            ``RowError`` comes after its lead.

    Raises:
        RowError: The header cannot be right; nothing was read. It comes with the first row.
        ConfigError: An argument cannot be right, or the file is a workbook.
        OSError: The file cannot be opened.

    Example:
        >>> for found in read_leads(
        ...     ["Lead ID,State,Employees", "L-1,California,5000", "L-2,Ohio,many"],
        ...     name="leads.csv",
        ...     country="US",
        ... ):
        ...     print(str(found).partition(";")[0])
        Lead('L-1')
        leads.csv:3: employees is 'many', which is not a number
    """
    options = ReadOptions(
        columns=columns_of(columns),
        custom=FrozenDict(custom or {}),
        country=country,
        timezone=timezone,
        dates=dates,
        decimal=decimal,
        extra=extra,
        on_fault=on_fault,
    )
    return Reading(Lead, source, name, format, options)


def read_reps(
    source: Any,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002 - the host's word for it
    custom: Mapping[str, str] | None = None,
    columns: Columns = None,
    country: str | None = None,
    timezone: str | None = None,
    dates: Dates = None,
    decimal: Decimal = None,
    extra: Extra = "attributes",
    on_fault: OnFault = "row",
) -> tuple[Roster, list[RowError]]:
    """Read a roster, and a ``RowError`` for each bad row.

    Args:
        source: As for ``read_leads``; so are the other arguments.
        name: What errors call the source.
        format: ``csv``, ``jsonl`` or ``json``.
        custom: The kinds of custom attributes, as for ``read_leads``, such as ``rep.name``.
        columns: What the columns fill, where their names do not say it.
        country: The country of reps that name none, such as ``US`` where ``regions`` has ``WA``.
        timezone: The IANA zone of instants without an offset. It is not the time zone of the reps.
        dates: The order in dates such as 3/4/2026.
        decimal: The sign before a fraction.
        extra: What becomes of columns that fill nothing.
        on_fault: What a fault takes away: the ``row``, or the ``field`` alone.

    Returns:
        The reps of the good rows, and the bad rows in their order. The first rep with an id keeps
        it; a later row with the same id is a bad one.

    Raises:
        RowError: The header cannot be right; nothing was read.
        ConfigError: An argument cannot be right.
        OSError: The file cannot be opened.

    Example:
        >>> lines = ["id,languages,skills,caps", "ada,en; de,healthcare=0.9; fintech,5 per day"]
        >>> roster, errors = read_reps(lines)
        >>> sorted(roster["ada"].languages), roster["ada"].skills["fintech"], errors
        (['de', 'en'], 1, [])
    """
    options = ReadOptions(
        columns=columns_of(columns),
        custom=FrozenDict(custom or {}),
        country=country,
        timezone=timezone,
        dates=dates,
        decimal=decimal,
        extra=extra,
        on_fault=on_fault,
    )
    reading = Reading(Rep, source, name, format, options)
    reps: dict[str, Rep] = {}
    lines: dict[str, int] = {}
    errors: list[RowError] = []
    for found in reading:
        if isinstance(found, RowError):
            errors.append(found)
        elif found.id in reps:
            problem = f"{found.id!r} is on line {lines[found.id]} already; give every rep an id of its own"
            errors.append(RowError(reading.name, reading.line, [FieldError("id", problem)]))
        else:
            reps[found.id], lines[found.id] = found, reading.line
    return Roster(reps.values()), errors


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
