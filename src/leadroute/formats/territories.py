"""Territories from CSV: a row each, with every error at its line.

The rules of this module:

* The columns are the fields of ``Territory``, in any order and case; ``name`` must be there.
* Many names in one cell have ``;`` between them. An empty cell says nothing.
* ``center`` is two numbers with ``;`` between: latitude and longitude.
* Rows are checked one by one, so that one bad row is one error. Parents are checked when all rows are there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from typing import Any, Final

from attrs import fields

from leadroute.errors import Fault, InvalidValue, RowError, nearest
from leadroute.formats.cells import Reader, read_names, read_number
from leadroute.formats.source import Source, name_of, opened
from leadroute.model.territory import Territory
from leadroute.model.validation import Refused

__all__ = ["read_territories"]

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
        >>> lines = ["name,countries,postal,owners", "berlin,DE,10; 12,ada", "paris,FRA,75,eve"]
        >>> good, bad = read_territories(lines, name="areas.csv")
        >>> [each.name for each in good], [str(error) for error in bad]
        (['berlin'], ["areas.csv:3: countries is 'FRA'; write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'"])
    """
    called = name_of(source, name)
    good: dict[str, Territory] = {}
    bad: list[RowError] = []
    with opened(source, called) as lines:
        header = next((line for line in lines if line.strip()), "")
        delimiter = max(",;\t", key=header.count)
        first = lines.number
        columns = _columns(
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
                bad.append(RowError(called, line, [Fault("name", problem)]))
            else:
                good[found.name] = found
    return tuple(good.values()), bad


def _columns(called: str, line: int, header: list[str]) -> list[str]:
    faults, columns = [], []
    for written in header:
        column = written.strip().lower().replace(" ", "_").replace("-", "_")
        columns.append(column)
        if column not in _READERS:
            near = nearest(column, tuple(_READERS))
            hint = f"did you mean {near!r}?" if near else f"write one of {', '.join(_READERS)}"
            faults.append(Fault(f"column {written.strip()[:40]!r}", f"is no field; {hint}"))
        elif columns.count(column) > 1:
            faults.append(Fault(f"column {column!r}", "is there twice; keep one of them"))
    if "name" not in columns:
        faults.append(Fault("column 'name'", "is missing; every territory needs a name of its own"))
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
                RowError(called, line, [Fault("row", f"is no CSV: {error}; check its quotes")])
            )
            continue
        if any(map(str.strip, cells)):
            yield line, cells


def _territory(
    called: str, line: int, columns: list[str], cells: list[str]
) -> Territory | RowError:
    if len(cells) != len(columns):
        found = f"has {len(cells)} cells where the header has {len(columns)}"
        remedy = "put a cell that holds the separator in double quotes"
        return RowError(called, line, [Fault("row", f"{found}; {remedy}")])
    faults: list[Fault] = []
    given: dict[str, Any] = {"name": ""}
    for column, cell in zip(columns, cells, strict=True):
        try:
            if cell.strip():
                given[column] = _READERS[column](cell)
        except Refused as refused:
            faults.append(Fault(column, str(refused)))
    try:
        territory = Territory(**given)
    except InvalidValue as error:
        return RowError(called, line, (*faults, *error.faults))
    return RowError(called, line, faults) if faults else territory
