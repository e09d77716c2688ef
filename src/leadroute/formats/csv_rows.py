"""Leads, reps and territories from CSV.

The rules of this module:

* An empty cell is ``None``: not known. Nothing else is, so ``NA`` is Namibia and ``null`` is a word.
* A cell is read by the kind of its field and never guessed at. What the value may be is the model's business.
* Many names in one cell have ``;`` between them.
* The header alone decides what separates the cells.
* A row begins on the line of its first cell; quoted cells may run over many lines.
* A row with too few or too many cells is refused whole, because its cells may have moved.
* The columns are the fields of ``Territory``, in any order and case; ``name`` must be there.
* Many names in one cell have ``;`` between them. An empty cell says nothing.
* ``center`` is two numbers with ``;`` between: latitude and longitude.
* Rows are checked one by one, so that one bad row is one error. Parents are checked when all rows are there.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from types import MappingProxyType
from typing import Any, Final, TypeVar

from attrs import fields, frozen

from leadroute.errors import ConfigError, FieldError, RowError, ValidationError, nearest
from leadroute.formats.source import LONGEST_LINE, Lines, Source, name_of, opened
from leadroute.model.caps import Cap
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.model.territory import Territory
from leadroute.model.validation import Refused
from leadroute.rules.fields import FIELDS, Kind

__all__ = ["READERS", "Reader", "read_instant", "read_territories", "reader_of", "table_records"]


Reader = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXACT = 2**53


def reader_of(entity: str, name: str) -> Reader:
    """How a cell of the standard field ``name`` of a ``lead`` or a ``rep`` is read.

    Example:
        >>> reader_of("lead", "employees")("250"), reader_of("rep", "languages")("en; de")
        (250, ['en', 'de'])
    """
    special = _SPECIAL.get(name)
    if special is not None:
        return special
    spec = FIELDS[entity].get(name)
    return READERS[spec.kind] if spec is not None else str


def read_number(cell: str) -> int | float:
    """A number in plain digits: ``50000``, ``50000.5``, ``1e6``.

    Example:
        >>> read_number("1e6")
        1000000
    """
    written = cell.strip()
    if len(written) > 40 or not _NUMBER.fullmatch(written):
        remedy = "write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"
        raise Refused(f"is {cell[:40]!r}; {remedy}")
    if _WHOLE.fullmatch(written):
        return int(written)
    found = float(written)
    return int(found) if found.is_integer() and abs(found) < _EXACT else found


def read_flag(cell: str) -> bool:
    """A flag: ``true``, ``yes`` or ``1``, and ``false``, ``no`` or ``0``, in any case."""
    found = _FLAGS.get(cell.strip().lower())
    if found is None:
        raise Refused(f"is {cell[:40]!r}; write true or false")
    return found


def read_instant(cell: str) -> datetime:
    """An instant in ISO 8601 with an offset or ``Z``."""
    try:
        found = datetime.fromisoformat(cell.strip().upper())
    except ValueError:
        raise Refused(f"is {cell[:40]!r}; write an instant such as 2026-01-05T09:00:00Z") from None
    if found.utcoffset() is None:
        raise Refused(
            f"is {cell[:40]!r}, which has no offset; write it like 2026-01-05T09:00:00+01:00, or with Z for UTC"
        )
    return found


def read_names(cell: str) -> list[str]:
    """Names with ``;`` between them."""
    return [name for part in cell.split(";") if (name := part.strip())]


def read_skills(cell: str) -> dict[str, float]:
    """Skills with their levels, such as ``healthcare=0.9; fintech``; without a level it is 1.

    Example:
        >>> read_skills("healthcare=0.9; fintech")
        {'healthcare': 0.9, 'fintech': 1}
    """
    found: dict[str, float] = {}
    for part in read_names(cell):
        name, equals, level = (piece.strip() for piece in part.rpartition("="))
        if not equals:
            name, level = part, "1"
        if name in found:
            raise Refused(f"have {name[:40]!r} twice; keep one of them")
        found[name] = read_number(level)
    return found


def read_buckets(cell: str) -> dict[str, float]:
    """The most per segment, such as ``enterprise=2; normal=4``.

    Example:
        >>> read_buckets("enterprise=2; normal=4")
        {'enterprise': 2, 'normal': 4}
    """
    for part in read_names(cell):
        if "=" not in part:
            raise Refused(f"have {part[:40]!r} without a number; write 'enterprise=2; normal=4'")
    return read_skills(cell)


def read_caps(cell: str) -> list[Cap]:
    """Caps, such as ``5 per day; 30 per month, paced``.

    Example:
        >>> [str(cap) for cap in read_caps("5/day; 30 per month, paced")]
        ['5 per day', '30 per month, paced']
    """
    return [_cap(part) for part in read_names(cell)]


def _cap(written: str) -> Cap:
    try:
        return Cap.parse(written)
    except ValidationError as error:
        raise Refused("; ".join(map(str, error.faults))) from None
    except ConfigError:
        remedy = "write them like '5 per day; 30 per month'"
        raise Refused(f"are {written[:40]!r}; {remedy}") from None


def read_signals(cell: str) -> list[Signal]:
    """Signals, such as ``pricing_page@2026-01-05T09:00:00Z=240; webinar@2026-01-06T15:00:00Z``."""
    return [_signal(part) for part in read_names(cell)]


def _signal(written: str) -> Signal:
    kind, at, rest = written.rpartition("@")
    if not at:
        raise Refused(
            f"are {written[:40]!r}; write them like 'pricing_page@2026-01-05T09:00:00Z=240'"
        )
    instant, equals, value = rest.partition("=")
    try:
        return Signal(kind.strip(), read_instant(instant), read_number(value) if equals else 1.0)
    except ValidationError as error:
        raise Refused(f"hold a signal whose {'; '.join(map(str, error.faults))}") from None


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.TEXT: str,
        Kind.NUMBER: read_number,
        Kind.FLAG: read_flag,
        Kind.INSTANT: read_instant,
        Kind.NAMES: read_names,
        Kind.LEVELS: read_skills,
    }
)
"""How a cell is read, by the kind of its field."""

_SPECIAL: Mapping[str, Reader] = {
    "capacity_by_segment": read_buckets,
    "caps": read_caps,
    "signals": read_signals,
}


V = TypeVar("V", bound=Lead | Rep)

_DELIMITERS = ",;\t"
_PREFIX = "attributes."
_NOT_UTF8 = "is not UTF-8; save the file as UTF-8"
_PLACEHOLDER = "unnamed"


@frozen
class _Column:
    """One column: the field or the custom attribute that it fills, and how its cells are read."""

    name: str
    custom: bool
    read: Reader


def table_records(
    kind: type[V], lines: Lines, kinds: Mapping[str, str]
) -> Iterator[tuple[int, V | RowError]]:
    """The rows of a table with the line each starts on.

    Raises:
        RowError: The header cannot be right.
    """
    first = next((line for line in lines if line.strip()), "")
    number, rows = lines.number, chain([first], lines)
    reader = csv.reader(rows, delimiter=_delimiter(first), strict=True)
    columns = _columns(kind, lines, number, reader, kinds)
    while True:
        start = lines.number + 1
        lines.cut = False
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield start, RowError(lines.name, start, [_unreadable(error)])
            continue
        if lines.cut:
            problem = f"has more than {LONGEST_LINE:,} characters in one line; split it"
            yield start, RowError(lines.name, start, [FieldError("row", problem)])
        elif len(cells) > 1 or any(map(str.strip, cells)):
            yield start, _row(kind, lines.name, start, columns, cells)


def _delimiter(header: str) -> str:
    plain = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=plain.count)


def _unreadable(error: csv.Error) -> FieldError:
    said = str(error)
    if "end of data" in said:
        return FieldError(
            "row", "has a quoted cell that is never closed; close it with a double quote"
        )
    if "field limit" in said:
        limit = f"{csv.field_size_limit():,} characters"
        return FieldError(
            "row", f"has a cell of more than {limit}; shorten it, or close its quotes"
        )
    return FieldError("row", f"is no CSV: {said}; double the quotes within a quoted cell")


def _columns(
    kind: type[V], lines: Lines, number: int, reader: Iterator[list[str]], kinds: Mapping[str, str]
) -> Sequence[_Column]:
    try:
        header = next(reader)
    except csv.Error as error:
        raise RowError(lines.name, number, [_unreadable(error)]) from None
    columns: list[_Column] = []
    faults = list(_unfit(header, lines.cut))
    for position, written in enumerate(() if faults else header, 1):
        try:
            columns.append(_column(kind, written, kinds))
        except Refused as refused:
            label = repr(written.strip()[:60]) if written.strip() else str(position)
            faults.append(FieldError(f"column {label}", str(refused)))
    faults += _unfit_together(columns) if columns else ()
    if faults:
        raise RowError(lines.name, max(number, 1), faults)
    return columns


def _unfit(header: Sequence[str], cut: bool) -> Iterator[FieldError]:
    if not header:
        yield FieldError("file", "is empty; write a header with the names of the columns")
    elif cut or not all(map(_is_plain, header)):
        yield FieldError("header", "is no UTF-8 text; save the file as CSV in UTF-8")


def _unfit_together(columns: Sequence[_Column]) -> Iterator[FieldError]:
    titles = Counter(map(_title, columns))
    for title, times in titles.items():
        if times > 1:
            yield FieldError(f"column {title!r}", f"is there {times} times; keep one of them")
    if "id" not in titles:
        yield FieldError("column 'id'", "is missing; every row needs an id of its own")


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _title(column: _Column) -> str:
    return f"{_PREFIX}{column.name}" if column.custom else column.name


def _column(kind: type[V], written: str, kinds: Mapping[str, str]) -> _Column:
    given = written.strip()
    if given.lower().startswith(_PREFIX):
        return _custom(given[len(_PREFIX) :].strip(), kinds)
    name = given.lower().replace(" ", "_").replace("-", "_")
    if name in kinds:
        return _custom(name, kinds)
    standard = [a.name for a in fields(kind) if a.name != "attributes"]
    squeezed = {each.replace("_", ""): each for each in standard}
    found = squeezed.get(name.replace("_", ""))
    if found is not None:
        return _Column(found, False, reader_of(kind.__name__.lower(), found))
    if near := _nearly(name, standard):
        raise Refused(
            f"is no field; write {near!r}, or '{_PREFIX}{given[:60]}' if it is an attribute of your own"
        )
    return _custom(name, kinds)


def _nearly(name: str, standard: Sequence[str]) -> str | None:
    found = nearest(name, standard)
    if found is None:
        return None
    slips = _edits(name, found)
    return found if slips <= (1 if len(found) < 8 else 2) else None


def _edits(one: str, other: str) -> int:
    """How many letters to add, drop, change or swap with their neighbour to make one text the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        current = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]


def _custom(name: str, kinds: Mapping[str, str]) -> _Column:
    if not name:
        raise Refused("has no name; write one, or remove the column")
    return _Column(name, True, READERS[kinds.get(name, "text")])


def _uneven(source: str, line: int, columns: Sequence[Any], cells: Sequence[str]) -> RowError:
    found = f"has {len(cells)} cells where the header has {len(columns)}"
    remedy = "put a cell that holds the separator in double quotes"
    return RowError(source, line, [FieldError("row", f"{found}; {remedy}")])


def _row(
    kind: type[V], source: str, line: int, columns: Sequence[_Column], cells: Sequence[str]
) -> V | RowError:
    if len(cells) != len(columns):
        return _uneven(source, line, columns, cells)
    faults: list[FieldError] = []
    given: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell.strip():
            continue
        try:
            found = column.read(_utf8(cell))
        except Refused as refused:
            faults.append(FieldError(_title(column), str(refused)))
        else:
            (attributes if column.custom else given)[column.name] = found
    if "id" not in given:
        if not any(fault.field == "id" for fault in faults):
            faults.append(FieldError("id", "is empty; every lead and rep needs an id of its own"))
        given["id"] = _PLACEHOLDER
    try:
        value = kind(**given, attributes=attributes)
    except ValidationError as error:
        return RowError(source, line, (*faults, *error.faults))
    return RowError(source, line, faults) if faults else value


def _utf8(cell: str) -> str:
    if cell.isascii() or not any("\udc80" <= c <= "\udcff" for c in cell):
        return cell
    raise Refused(_NOT_UTF8)


_NUMBERS: Final = ("min_employees", "max_employees", "radius_km", "priority")
_TEXTS: Final = ("name", "parent")


def _center(cell: str) -> list[float]:
    return [read_number(part) for part in read_names(cell)]


_READERS: Final[Mapping[str, Reader]] = {
    **{each.name: read_names for each in fields(Territory) if each.init},
    **dict.fromkeys(_NUMBERS, read_number),
    **dict.fromkeys(_TEXTS, str.strip),
    "center": _center,
}


def read_territories(
    source: Source, *, name: str = ""
) -> tuple[tuple[Territory, ...], list[RowError]]:
    """The territories of a CSV file, and every row of it that is none.

    Args:
        source: A path, an open text file, or an iterable of lines. Cells have ``,`` between them, or tabs, or ``;``
            when the header has more of those.
        name: What errors call the source; its path, else ``<stdin>``, when not given.

    Returns:
        The territories of the good rows, and the bad rows, both in their order. The first row with a name keeps it.

    Raises:
        RowError: The header cannot be right; nothing was read.
        OSError: The file cannot be opened.

    Example:
        >>> lines = ["name,countries,postal,owners", "berlin,DE,10; 12,ada", "paris,Narnia,75,eve"]
        >>> good, bad = read_territories(lines, name="areas.csv")
        >>> [each.name for each in good], [str(error) for error in bad]
        (['berlin'], ["areas.csv:3: countries is 'Narnia'; write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'"])
    """
    called = name_of(source, name)
    good: dict[str, Territory] = {}
    bad: list[RowError] = []
    with opened(source, called) as lines:
        header = next((line for line in lines if line.strip()), "")
        delimiter = max(",;\t", key=header.count)
        first = lines.number
        columns = _territories_columns(
            called, max(first, 1), next(csv.reader([header], delimiter=delimiter), [])
        )
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        for line, cells in _rows(reader, called, first, bad):
            found = _territory(called, line, columns, cells)
            if isinstance(found, RowError):
                bad.append(found)
            elif found.name in good:
                problem = (
                    f"is {found.name!r}, which an earlier row has; give each a name of its own"
                )
                bad.append(RowError(called, line, [FieldError("name", problem)]))
            else:
                good[found.name] = found
    return tuple(good.values()), bad


def _territories_columns(called: str, line: int, header: list[str]) -> list[str]:
    faults, columns = [], []
    for written in header:
        column = written.strip().lower().replace(" ", "_").replace("-", "_")
        columns.append(column)
        if column not in _READERS:
            near = nearest(column, tuple(_READERS))
            hint = f"did you mean {near!r}?" if near else f"write one of {', '.join(_READERS)}"
            faults.append(FieldError(f"column {written.strip()[:40]!r}", f"is no field; {hint}"))
        elif columns.count(column) > 1:
            faults.append(FieldError(f"column {column!r}", "is there twice; keep one of them"))
    if "name" not in columns:
        faults.append(
            FieldError("column 'name'", "is missing; every territory needs a name of its own")
        )
    if faults:
        raise RowError(called, line, faults)
    return columns


def _rows(
    reader: Any, called: str, first: int, bad: list[RowError]
) -> Iterator[tuple[int, list[str]]]:
    while True:
        line = first + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            bad.append(
                RowError(called, line, [FieldError("row", f"is no CSV: {error}; check its quotes")])
            )
            continue
        if any(map(str.strip, cells)):
            yield line, cells


def _territory(
    called: str, line: int, columns: list[str], cells: list[str]
) -> Territory | RowError:
    if len(cells) != len(columns):
        return _uneven(called, line, columns, cells)
    faults: list[FieldError] = []
    given: dict[str, Any] = {"name": ""}
    for column, cell in zip(columns, cells, strict=True):
        try:
            if cell.strip():
                given[column] = _READERS[column](cell)
        except Refused as refused:
            faults.append(FieldError(column, str(refused)))
    try:
        territory = Territory(**given)
    except ValidationError as error:
        return RowError(called, line, (*faults, *error.faults))
    return RowError(called, line, faults) if faults else territory
