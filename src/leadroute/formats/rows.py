"""Leads and reps from rows: CSV with a header, JSON objects line by line, or a JSON array of them.

The rules of this module:

* Rows are read one at a time, in constant memory.
* A bad row is a ``RowError`` among the good ones, with the line it starts on and every fault in it; reading goes on.
* A bad header is raised before the first row, with every fault in it: no row of the file could be right.
* A column that is nearly a standard field is such a fault, so that ``contry`` is never silently a custom attribute.
* What a value may be is decided by the model, never here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from leadroute.errors import ConfigError, FieldError, RowError
from leadroute.formats.csv_rows import table_records
from leadroute.formats.json_rows import array_records, line_records
from leadroute.formats.source import Source, format_of, name_of, opened
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.rules.fields import CUSTOM_KINDS, is_brought

__all__ = ["read_leads", "read_reps"]

V = TypeVar("V", bound=Lead | Rep)

_READERS = {"csv": table_records, "jsonl": line_records, "json": array_records}


def read_leads(
    source: Source,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002 - the host's word for it
    custom: Mapping[str, str] | None = None,
) -> Iterator[Lead | RowError]:
    """The leads of a file, one at a time, with a ``RowError`` in the place of each bad row.

    Constant memory, whatever the length of the file.

    Args:
        source: A path, an open text file such as ``sys.stdin``, or an iterable of lines.
        name: What errors call the source; its path, else ``<stdin>``, when not given.
        format: ``csv``, ``jsonl`` or ``json``; by the ending of the path, else ``csv``, when not given. A CSV file
            may have ``,``, ``;`` or tabs between its cells.
        custom: The kinds of custom attributes by name: ``text``, ``number``, ``flag``, ``instant`` or ``names``.
            What is not declared is text. Names that begin with ``rep.`` are those of reps.

    Yields:
        A lead, or what is wrong with the row that should have been one.

    Raises:
        RowError: The header cannot be right; nothing was read.
        ConfigError: An argument cannot be right.
        OSError: The file cannot be opened.

    Example:
        >>> for found in read_leads(
        ...     ["id,country,budget", "L-1,us,5000", "L-2,us,$5"], name="leads.csv"
        ... ):
        ...     print(found)
        Lead('L-1')
        leads.csv:3: budget is '$5'; write plain digits such as 1000 or 1000.5, or leave it empty when it is not known
    """
    return (found for _, found in _rows(Lead, source, name, format, custom))


def read_reps(
    source: Source,
    *,
    name: str = "",
    format: str | None = None,  # noqa: A002 - the host's word for it
    custom: Mapping[str, str] | None = None,
) -> tuple[Roster, list[RowError]]:
    """The roster that a file describes, and every row of it that is no rep.

    Args:
        source: A path, an open text file, or an iterable of lines.
        name: What errors call the source; its path, else ``<stdin>``, when not given.
        format: ``csv``, ``jsonl`` or ``json``; by the ending of the path, else ``csv``, when not given.
        custom: The kinds of custom attributes, as for ``read_leads``; those of reps are ``rep.name``.

    Returns:
        The reps of the good rows, and the bad rows in their order. The first rep with an id keeps it; a later row
        with the same id is a bad one.

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
    reps: dict[str, Rep] = {}
    lines: dict[str, int] = {}
    errors: list[RowError] = []
    for line, found in _rows(Rep, source, name, format, custom):
        if isinstance(found, RowError):
            errors.append(found)
        elif found.id in reps:
            problem = f"{found.id!r} is on line {lines[found.id]} already; give every rep an id of its own"
            errors.append(RowError(name_of(source, name), line, [FieldError("id", problem)]))
        else:
            reps[found.id], lines[found.id] = found, line
    return Roster(reps.values()), errors


def _rows(
    kind: type[V],
    source: Source,
    name: str,
    format: str | None,  # noqa: A002 - as above
    custom: Mapping[str, str] | None,
) -> Iterator[tuple[int, V | RowError]]:
    entity = kind.__name__.lower()
    read = _READERS[format_of(source, format)]
    kinds = _kinds(entity, custom or {})
    with opened(source, name_of(source, name)) as lines:
        yield from read(kind, lines, kinds)


def _kinds(entity: str, custom: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for key, kind in custom.items():
        owner, _, name = key.rpartition(".")
        if kind not in CUSTOM_KINDS:
            raise ConfigError(
                f"{key} is declared as {kind!r}; the kinds are {', '.join(CUSTOM_KINDS)}"
            )
        if (owner or "lead") == entity and not is_brought(entity, name):
            found[name] = kind
    return found
