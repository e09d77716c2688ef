"""Where rows come from: a path, an open text file, or any iterable of lines; and rows of JSON.

* What we open we close; what the host opened stays open.
* A key that stands twice in one JSON object is an error; the standard library would keep the last.
"""

from __future__ import annotations

import json
import re
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


class Malformed(Exception):
    """Text that is not JSON, or doubtful JSON."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem, line, column)
        self.problem = problem
        self.line = line
        self.column = column


class Objects:
    """A decoder that notes the keys that stand twice instead of dropping them.

    ``problems`` holds what is doubtful in what was decoded since it was last cleared.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        )

    def decode(self, text: str, start: int = 0) -> tuple[Any, int]:
        """The value that begins at ``start``, and where it ends."""
        self.problems.clear()
        try:
            found, end = self._decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            raise Malformed(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
        except ValueError:
            raise Malformed("holds a number with thousands of digits; write it shorter") from None
        except RecursionError:
            raise Malformed("is nested too deep; flatten it") from None
        return found, end

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                self.problems.append(f"has the key {key[:40]!r} twice; keep one of them")
            found[key] = value
        return found

    def _constant(self, word: str) -> None:
        self.problems.append(f"holds {word}, which is not JSON; write null or a finite number")


def strict_json(text: str) -> Any:
    """The value that the whole text stands for."""
    objects = Objects()
    start = len(text) - len(text.lstrip(" \t\r\n"))
    found, end = objects.decode(text, start)
    if rest := text[end:].lstrip(" \t\r\n"):
        raise Malformed(f"goes on after its end with {rest[:20]!r}; remove that")
    if objects.problems:
        raise Malformed("; ".join(objects.problems))
    return found


_TOO_LONG = f"has more than {LONGEST_LINE:,} characters; split it"
_BLANK = re.compile(r"[ \t\r\n]*")
_UNDER = ("records", "value", "results", "data", "items", "leads")
"""The keys under which programs put their array."""

Row = dict[str, Any] | RowError


def line_rows(lines: Lines) -> Iterator[tuple[int, Row]]:
    """Yield the objects of a file with one on each line, with the line of each."""
    for line in lines:
        number = lines.number
        if lines.cut:
            lines.cut = False
            yield number, _refused(lines.name, number, _TOO_LONG)
        elif line.strip():
            try:
                found = strict_json(line.rstrip("\r\n"))
            except Malformed as error:
                at = f" at character {error.column}" if error.column else ""
                yield number, _refused(lines.name, number, f"{error.problem}{at}")
            else:
                yield number, _object(lines.name, number, found)


def array_rows(lines: Lines) -> Iterator[tuple[int, Row]]:
    """Return the objects of an array, with the line that each starts on."""
    text = _Text(lines)
    _enter(text, lines.name)
    return _objects(text, lines.name)


def _objects(text: _Text, name: str) -> Iterator[tuple[int, Row]]:
    text.take()
    closing = text.skip() == "]"
    while not closing:
        line = text.line
        try:
            found, problems = text.value()
        except Malformed as error:
            raise _refused(name, line, f"{error.problem}; the rest was not read") from None
        if problems:
            yield line, _refused(name, line, "; ".join(problems))
        else:
            yield line, _object(name, line, found)
        mark = text.skip()
        if mark not in (",", "]"):
            problem = "is followed by neither , nor ]; the rest was not read"
            raise _refused(name, text.line, problem)
        closing = mark == "]"
        text.take()
        text.skip()


def _enter(text: _Text, name: str) -> None:
    """Go to the array: at the top, or under one of the keys that programs use."""
    mark = text.skip()
    while mark in ("{", ","):
        text.take()
        text.skip()
        try:
            key, _ = text.value()
            if text.skip() != ":":
                break
            text.take()
            mark = text.skip()
            if key in _UNDER and mark == "[":
                return
            text.value()
        except Malformed:
            break
        mark = text.skip()
    if mark != "[":
        known = ", ".join(map(repr, _UNDER[:-1]))
        problem = (
            f"is not a JSON array; write [ first, put the array under {known} or {_UNDER[-1]!r}"
        )
        raise _refused(name, text.line, f"{problem}, or use the format jsonl")


class _Text:
    """The text of an array: a window that moves over the file, and the line that it has come to."""

    def __init__(self, lines: Lines) -> None:
        self.line = 1
        self._pieces = lines.pieces
        self._objects = Objects()
        self._window = next(self._pieces, "").removeprefix(BOM)
        self._at = 0

    def skip(self) -> str:
        """Go to the next character that is not blank, and give it; empty at the end."""
        while True:
            end = _BLANK.match(self._window, self._at).end()  # type: ignore[union-attr]
            self._move(end)
            if end < len(self._window) or not self._grow():
                return self._window[end : end + 1]

    def take(self) -> None:
        """Go past one character."""
        self._move(self._at + 1)

    def value(self) -> tuple[Any, list[str]]:
        """The value that begins here, and what is doubtful about it."""
        while True:
            try:
                found, end = self._objects.decode(self._window, self._at)
            except Malformed:
                if len(self._window) - self._at > LONGEST_LINE or not self._grow():
                    raise
                continue
            if end < len(self._window) or not self._grow():
                self._move(end)
                return found, list(self._objects.problems)

    def _move(self, end: int) -> None:
        self.line += self._window.count("\n", self._at, end)
        self._at = end

    def _grow(self) -> bool:
        """Read as much again as is left of the window: no long object is parsed line by line."""
        left, self._at = self._window[self._at :], 0
        pieces, size = [left], 0
        while size <= len(left) and (piece := next(self._pieces, "")):
            pieces.append(piece)
            size += len(piece)
        self._window = "".join(pieces)
        return size > 0


def _refused(source: str, line: int, problem: str) -> RowError:
    return RowError(source, line, [FieldError("row", problem)])


def _object(source: str, line: int, found: Any) -> Row:
    if isinstance(found, dict):
        return found
    called = "null" if found is None else f"of type {type(found).__name__}"
    return _refused(source, line, f'is {called}; write an object such as {{"id": "L-1"}}')
