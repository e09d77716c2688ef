"""Rows of a table: CSV with a header, cells between ``,``, ``;`` or tabs, quoted by the rules of RFC 4180.

The rules of this module:

* The header alone decides what separates the cells.
* A row begins on the line of its first cell; quoted cells may run over many lines.
* A row with too few or too many cells is refused whole, because its cells may have moved.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from attrs import fields, frozen

from leadroute.errors import Fault, InvalidValue, RowError, nearest
from leadroute.formats.cells import READERS, Reader, reader_of
from leadroute.formats.source import LONGEST_LINE, Lines
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import Refused

__all__ = ["table_records"]

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
            yield start, RowError(lines.name, start, [Fault("row", problem)])
        elif len(cells) > 1 or any(map(str.strip, cells)):
            yield start, _row(kind, lines.name, start, columns, cells)


def _delimiter(header: str) -> str:
    plain = "".join(header.split('"')[::2])
    return max(_DELIMITERS, key=plain.count)


def _unreadable(error: csv.Error) -> Fault:
    said = str(error)
    if "end of data" in said:
        return Fault("row", "has a quoted cell that is never closed; close it with a double quote")
    if "field limit" in said:
        limit = f"{csv.field_size_limit():,} characters"
        return Fault("row", f"has a cell of more than {limit}; shorten it, or close its quotes")
    return Fault("row", f"is no CSV: {said}; double the quotes within a quoted cell")


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
            faults.append(Fault(f"column {label}", str(refused)))
    faults += _unfit_together(columns) if columns else ()
    if faults:
        raise RowError(lines.name, max(number, 1), faults)
    return columns


def _unfit(header: Sequence[str], cut: bool) -> Iterator[Fault]:
    if not header:
        yield Fault("file", "is empty; write a header with the names of the columns")
    elif cut or not all(map(_is_plain, header)):
        yield Fault("header", "is no UTF-8 text; save the file as CSV in UTF-8")


def _unfit_together(columns: Sequence[_Column]) -> Iterator[Fault]:
    titles = Counter(map(_title, columns))
    for title, times in titles.items():
        if times > 1:
            yield Fault(f"column {title!r}", f"is there {times} times; keep one of them")
    if "id" not in titles:
        yield Fault("column 'id'", "is missing; every row needs an id of its own")


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


def _row(
    kind: type[V], source: str, line: int, columns: Sequence[_Column], cells: Sequence[str]
) -> V | RowError:
    if len(cells) != len(columns):
        found = f"has {len(cells)} cells where the header has {len(columns)}"
        remedy = "put a cell that holds the separator in double quotes"
        return RowError(source, line, [Fault("row", f"{found}; {remedy}")])
    faults: list[Fault] = []
    given: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for column, cell in zip(columns, cells, strict=True):
        if not cell.strip():
            continue
        try:
            found = column.read(_utf8(cell))
        except Refused as refused:
            faults.append(Fault(_title(column), str(refused)))
        else:
            (attributes if column.custom else given)[column.name] = found
    if "id" not in given:
        if not any(fault.field == "id" for fault in faults):
            faults.append(Fault("id", "is empty; every lead and rep needs an id of its own"))
        given["id"] = _PLACEHOLDER
    try:
        value = kind(**given, attributes=attributes)
    except InvalidValue as error:
        return RowError(source, line, (*faults, *error.faults))
    return RowError(source, line, faults) if faults else value


def _utf8(cell: str) -> str:
    if cell.isascii() or not any("\udc80" <= c <= "\udcff" for c in cell):
        return cell
    raise Refused(_NOT_UTF8)
