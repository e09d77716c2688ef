"""Rows out: CSV that a spreadsheet opens without running anything in it.

* Text that a spreadsheet could take for a formula gets a quote in front; so do the names of columns.
* What ``cell_of`` writes, ``leadroute.formats.csv_rows`` reads, as long as no name in a set holds ``;``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence, Set
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from attrs import fields

from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.model.values import number_text

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
        target: A path, or an open text file such as ``sys.stdout``. Open one of your own with ``newline=""``.
        columns: The names of the columns, in their order.
        rows: For each row its values by column. A column without a value stays empty.
        guard: Whether to put a quote before text that a spreadsheet could take for a formula. Say ``False`` only when
            a program reads the file.

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
    """The fields of a lead or a rep that are known, by the names that ``read_leads`` and ``read_reps`` know.

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
