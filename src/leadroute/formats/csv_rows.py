"""Rows and territories from CSV.

A row with too few or too many cells is refused whole, because its cells may have moved. Columns without a name at
the end count as long as they are empty. A row of empty cells says nothing and is passed over.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import nullcontext
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, TextIO

from attrs import fields

from leadroute.errors import FieldError, RowError, ValidationError, nearest
from leadroute.formats.source import LONGEST_LINE, Lines, Source, name_of, opened
from leadroute.model.given import Refused, number_text
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.model.row_reader import NOT_UTF8, read_names, read_number
from leadroute.model.territory import Territory

_DELIMITERS: Final = ",;\t"
_SEPARATOR: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)


TableRow = tuple[int, Sequence[str] | RowError]


def table_rows(lines: Lines) -> tuple[int, list[str], Iterator[TableRow]]:
    """Return the header of a table with its line, and its rows with the lines they start on."""
    first, delimiter = _top(lines)
    number, rows = lines.number, chain([first], lines)
    reader = csv.reader(rows, delimiter=delimiter, strict=True)
    try:
        header = next(reader)
    except csv.Error as error:
        raise RowError(lines.name, number, [_unreadable(error)]) from None
    named = len(header)
    while named and not header[named - 1].strip():
        named -= 1
    if faults := list(_unfit(header[:named], lines.cut)):
        raise RowError(lines.name, max(number, 1), faults)
    return number, header[:named], _table_rows(lines, reader, named)


def _top(lines: Lines) -> tuple[str, str]:
    """The first line of the header, and what separates its cells."""
    delimiter = ""
    for line in lines:
        if said := _SEPARATOR.fullmatch(line.strip("\r\n")):
            delimiter = said[1]
        elif line.strip(' \t\r\n"' + (delimiter or _DELIMITERS)):
            return line, delimiter or _delimiter(line)
    return "", delimiter or ","


def _table_rows(lines: Lines, reader: Iterator[list[str]], width: int) -> Iterator[TableRow]:
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
        elif len(cells) == width and cells[0].strip():
            yield start, cells
        elif not any(map(str.strip, cells)):
            continue
        elif len(cells) < width or any(map(str.strip, cells[width:])):
            yield start, _uneven(lines.name, start, width, cells)
        else:
            yield start, cells[:width]


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
    return FieldError("row", f"is not CSV: {said}; double the quotes within a quoted cell")


def _unfit(header: Sequence[str], cut: bool) -> Iterator[FieldError]:
    if not header:
        yield FieldError("file", "is empty; write a header with the names of the columns")
    elif cut:
        yield FieldError(
            "header", f"has more than {LONGEST_LINE:,} characters in one line; split it"
        )
    elif not all(map(_is_plain, header)):
        yield FieldError("header", NOT_UTF8)


def _is_plain(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= c <= "\udfff" for c in text)


def _uneven(source: str, line: int, width: int, cells: Sequence[str]) -> RowError:
    found = f"has {len(cells)} cells where the header has {width}"
    remedy = "put a cell that holds the separator in double quotes"
    return RowError(source, line, [FieldError("row", f"{found}; {remedy}")])


_NUMBERS: Final = ("min_employees", "max_employees", "radius_km", "priority")
_TEXTS: Final = ("name", "parent")


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    **{each.name: read_names for each in fields(Territory) if each.init},
    **dict.fromkeys(_NUMBERS, read_number),
    **dict.fromkeys(_TEXTS, str.strip),
    "center": lambda cell: [read_number(part, ".") for part in read_names(cell)],
}


def read_territories(
    source: Source, *, name: str = ""
) -> tuple[tuple[Territory, ...], list[RowError]]:
    """Read territories from CSV, and a ``RowError`` for each bad row.

    Args:
        source: A path, an open text file, or an iterable of lines. Cells have ``,`` between them,
            or tabs, or ``;`` when the header has more of those.
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
            faults.append(FieldError(f"column {written.strip()[:40]!r}", f"is not a field; {hint}"))
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
                RowError(
                    called, line, [FieldError("row", f"is not CSV: {error}; check its quotes")]
                )
            )
            continue
        if any(map(str.strip, cells)):
            yield line, cells


def _territory(
    called: str, line: int, columns: list[str], cells: list[str]
) -> Territory | RowError:
    if len(cells) != len(columns):
        return _uneven(called, line, len(columns), cells)
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


_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - full-width forms


def write_rows(
    target: str | Path | TextIO,
    columns: Sequence[str],
    rows: Iterable[Mapping[str, Any]],
    *,
    guard: bool = True,
) -> int:
    """Write rows as CSV in UTF-8, one at a time.

    Args:
        target: A path, or an open text file such as ``sys.stdout``, opened with ``newline=""``.
        columns: The names of the columns, in their order.
        rows: For each row its values by column. A column without a value stays empty.
        guard: Whether to put a quote before text that a spreadsheet could take for a formula. Say
            ``False`` only when a program reads the file.

    Returns:
        How many rows were written, the header not counted.

    Raises:
        OSError: The file cannot be written.

    Example:
        >>> import sys
        >>> write_rows(
        ...     sys.stdout,
        ...     ["id", "company", "budget"],
        ...     [{"id": "L-1", "company": "=1+1", "budget": -5}],
        ... )
        "id","company","budget"
        "L-1","'=1+1",-5
        1
    """
    with (
        Path(target).open("w", encoding="utf-8", newline="")
        if isinstance(target, str | Path)
        else nullcontext(target)
    ) as file:
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        writer.writerow([_guarded(column) if guard else column for column in columns])
        count = 0
        for row in rows:
            cells = (cell_of(row.get(column)) for column in columns)
            writer.writerow([_guarded(cell) if guard else cell for cell in cells])
            count += 1
    return count


def row_of(value: Lead | Rep) -> dict[str, Any]:
    """Return the known fields of a lead or a rep by name.

    The names are those of ``read_leads`` and ``read_reps``.

    Example:
        >>> row_of(Lead("L-1", country="de", attributes={"seats": 12}))
        {'id': 'L-1', 'country': 'DE', 'attributes.seats': 12}
    """
    row = {
        attribute.name: given
        for attribute in fields(type(value))
        if attribute.name != "attributes"
        and (given := getattr(value, attribute.name)) != attribute.default
    }
    return row | {f"attributes.{name}": given for name, given in value.attributes.items()}


def cell_of(value: Any) -> str | int | float:
    """What stands in a cell for a value."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        written = number_text(value)  # 50.125 could be read as 50125
        return value if written == repr(value) else written
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Signal):
        return f"{value.kind}@{cell_of(value.at)}={cell_of(value.value)}"
    if isinstance(value, Mapping):
        return "; ".join(f"{name}={cell_of(level)}" for name, level in value.items())
    if isinstance(value, Set):
        return "; ".join(sorted(map(str, value)))
    if isinstance(value, list | tuple):
        return "; ".join(str(cell_of(each)) for each in value)
    return str(value)


def _guarded(cell: str | float) -> str | float:
    if isinstance(cell, str) and cell.lstrip(" \u00a0\ufeff").startswith(_FORMULAS):
        return f"'{cell}"
    return cell
