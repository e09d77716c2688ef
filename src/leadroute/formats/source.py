"""Where rows come from: a path, an open text file, or any iterable of lines.

What we open we close; what the host opened stays open.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from io import BufferedIOBase, RawIOBase, TextIOWrapper
from pathlib import Path
from typing import Any, Protocol

from leadroute.errors import ConfigError, FieldError, RowError, UnknownFieldError
from leadroute.model.columns import ColumnMap, as_columns

FORMATS = ("csv", "json", "jsonl")
"""The formats of rows: comma-separated values, a JSON array, and one JSON object per line."""

LONGEST_LINE = 1 << 20
BOM = "\ufeff"
_ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".json": "json"} | dict.fromkeys(
    (".jsonl", ".ndjson"), "jsonl"
)
_SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".numbers")


class _Readable(Protocol):
    def readline(self, limit: int, /) -> str | bytes: ...


Source = str | Path | _Readable | Iterable[str]  # A path, an open file, or an iterable of lines


def name_of(source: Source, name: str = "") -> str:
    """What errors call a source: ``name``, else its path, else ``<stdin>``."""
    if name:
        return name
    return str(source) if isinstance(source, str | Path) else "<stdin>"


def format_of(source: Source, format: str | None = None) -> str:  # noqa: A002 - the host's word for it
    """The format of a source: ``format``, else what the ending of its path says, else ``csv``."""
    if format is not None:
        if format not in FORMATS:
            raise ConfigError(f"format is {format!r:.40}; write one of {', '.join(FORMATS)}")
        return format
    ending = Path(source).suffix.lower() if isinstance(source, str | Path) else ""
    if ending in _SHEETS:
        kind = f"is a workbook ({ending}), which cannot be read"
        raise ConfigError(f"{kind}; save its sheet as CSV UTF-8 and read that file", str(source))
    return _ENDINGS.get(ending, "csv")


@contextmanager
def opened(source: Source, name: str) -> Iterator[Lines]:
    """Give the lines of a source, for as long as the context lasts."""
    if isinstance(source, str | Path):
        with Path(source).open("rb") as file, _decoded(file, name) as text:
            yield Lines(text, name)
    elif isinstance(source, RawIOBase | BufferedIOBase):
        with _decoded(source, name) as text:
            yield Lines(text, name)
    else:
        yield Lines(source, name)


_MARKS = (  # the mark of UTF-32 begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@contextmanager
def _decoded(file: Any, name: str) -> Iterator[TextIOWrapper]:
    """The text of a binary file that somebody else closes."""
    peek = getattr(file, "peek", None)
    if peek is not None:
        start = peek(4)[:4]
    else:
        start = file.read(4)
        file.seek(-len(start), 1)
    if start.startswith(_WORKBOOKS):
        raise ConfigError(
            "is a workbook, which cannot be read; save its sheet as CSV UTF-8 and read that file",
            name,
        )
    encoding = next((found for mark, found in _MARKS if start.startswith(mark)), None)
    errors = "surrogateescape" if encoding is None else "strict"
    text = TextIOWrapper(file, encoding=encoding or "utf-8", errors=errors, newline="")
    try:
        yield text
    finally:
        text.detach()


class Lines:
    """The lines of a source one by one, each with its line ending as it stands.

    ``number`` counts the lines given so far. ``cut`` is true once a line was too long and lost its
    end; the reader of the rows resets it. ``pieces`` is the text as it comes, for a reader that
    does not go by lines.
    """

    def __init__(self, source: _Readable | Iterable[str], name: str) -> None:
        self.name = name
        self.number = 0
        self.cut = False
        self._pieces = _pieces(source)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            piece = next(self._pieces)
            if not isinstance(piece, str):
                remedy = "open the file as text, or give each row as a mapping"
                problem = f"the lines are of type {type(piece).__name__}; {remedy}"
                raise ConfigError(problem, self.name)
            self.number += 1
            if self.number == 1:
                piece = piece.removeprefix(BOM)
            return piece if len(piece) <= LONGEST_LINE else self._shortened(piece)
        except UnicodeDecodeError as error:
            raise self._unreadable(error) from None

    @property
    def pieces(self) -> Iterator[Any]:
        """The text as it comes."""
        try:
            yield from self._pieces
        except UnicodeDecodeError as error:
            raise self._unreadable(error) from None

    def _unreadable(self, error: UnicodeDecodeError) -> RowError:
        problem = f"is not {error.encoding.upper()} text from here on, and was not read further"
        fault = FieldError("file", f"{problem}; save it as CSV in UTF-8")
        return RowError(self.name, self.number + 1, [fault])

    def _shortened(self, piece: str) -> str:
        self.cut = True
        kept, last = piece[:LONGEST_LINE], piece
        while last and not last.endswith(("\n", "\r")) and len(last) > LONGEST_LINE:
            last = next(self._pieces, "")
        return kept + "\n"


def _pieces(source: _Readable | Iterable[str]) -> Iterator[Any]:
    readline = getattr(source, "readline", None)
    if readline is None:
        return iter(source)  # type: ignore[arg-type]
    return iter(partial(readline, LONGEST_LINE + 1), "")


_KEYS = ("preset", "columns")


def load_columns(path: str | Path) -> ColumnMap:
    """Read a column map from TOML.

    It has a ``preset``, and a table ``[columns]`` of fields by headers.

    Args:
        path: The file.

    Raises:
        ConfigError: The file is not such a map.
        OSError: The file cannot be opened.
    """
    try:
        found = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"is not TOML that can be read: {error}", str(path)) from None
    for key in found:
        if key not in _KEYS:
            below = "headers and their fields stand below [columns], such as 'Lead ID' = 'id'"
            unknown = UnknownFieldError("key of a column map", key, _KEYS)
            raise ConfigError(f"{unknown}; {below}", str(path))
    try:
        return ColumnMap(found.get("columns", {}), found.get("preset", ""))
    except ConfigError as error:
        raise error.at(str(path)) from None


def columns_of(given: ColumnMap | Mapping[str, str] | str | Path | None) -> ColumnMap:
    """Return the map that is meant: as ``as_columns``, or the path of a TOML file."""
    named: Any = str(given) if isinstance(given, Path) else given
    if isinstance(named, str) and named.lower().endswith(".toml"):
        return load_columns(named)
    return as_columns(named)
