"""Leads and reps from JSON.

The rules of this module:

* A key that stands twice in one object is an error; the standard library would silently keep the last.
* ``NaN`` and ``Infinity`` are no JSON. A number that needs thousands of digits is no number.
* Text nested too deep is an error like any other, never a crash.
* An object is what ``leadroute.plain.to_dict`` writes; declared custom attributes may also stand beside the fields.
* A line that is not JSON spoils that row alone. An array that is not JSON ends there, because nothing after it can be
  told apart.
* No object is longer than ``LONGEST_LINE`` characters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from leadroute.errors import FieldError, RowError, ValidationError
from leadroute.formats.csv_rows import read_instant
from leadroute.formats.source import BOM, LONGEST_LINE, Lines
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import Refused
from leadroute.plain import from_dict
from leadroute.rules.fields import Kind

__all__ = ["Malformed", "Objects", "array_records", "line_records", "strict_json"]


class Malformed(Exception):
    """Text that is not JSON, or doubtful JSON.

    Args:
        problem: What is wrong and what to write instead.
        line: The line, counted from 1; 0 when it is not known.
        column: The character in that line, counted from 1.
    """

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
        """The value that begins at ``start``, and where it ends.

        Raises:
            Malformed: There is none.
        """
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
        self.problems.append(f"holds {word}, which is no JSON; write null or a finite number")


def strict_json(text: str) -> Any:
    """The value that the whole text stands for.

    Raises:
        Malformed: The text is not JSON, or doubtful.

    Example:
        >>> strict_json('{"a": 1}')
        {'a': 1}
    """
    objects = Objects()
    start = len(text) - len(text.lstrip(" \t\r\n"))
    found, end = objects.decode(text, start)
    if rest := text[end:].lstrip(" \t\r\n"):
        raise Malformed(f"goes on after its end with {rest[:20]!r}; remove that")
    if objects.problems:
        raise Malformed("; ".join(objects.problems))
    return found


V = TypeVar("V", bound=Lead | Rep)

_TOO_LONG = f"has more than {LONGEST_LINE:,} characters; split it"
_BLANK = re.compile(r"[ \t\r\n]*")


def line_records(
    kind: type[V], lines: Lines, kinds: Mapping[str, str]
) -> Iterator[tuple[int, V | RowError]]:
    """The rows of a file with one JSON object per line, with the line of each."""
    for line in lines:
        number = lines.number
        if lines.cut:
            lines.cut = False
            yield number, _refused(lines.name, number, _TOO_LONG)
        elif line.strip():
            try:
                found = strict_json(line.rstrip("\r\n"))
            except Malformed as error:
                yield number, _refused(lines.name, number, _described(error))
            else:
                yield number, _value(kind, lines.name, number, found, kinds)


def array_records(
    kind: type[V], lines: Lines, kinds: Mapping[str, str]
) -> Iterator[tuple[int, V | RowError]]:
    """The rows of a JSON array, with the line that each starts on.

    Raises:
        RowError: The file is no array.
    """
    text = _Text(lines)
    if text.skip() != "[":
        raise _refused(
            lines.name, text.line, "is no JSON array; write [ first, or use the format jsonl"
        )
    text.take()
    closing = text.skip() == "]"
    while not closing:
        line = text.line
        try:
            found, problems = text.value()
        except Malformed as error:
            yield line, _refused(lines.name, line, f"{error.problem}; the rest was not read")
            return
        if problems:
            yield line, _refused(lines.name, line, "; ".join(problems))
        else:
            yield line, _value(kind, lines.name, line, found, kinds)
        mark = text.skip()
        if mark not in (",", "]"):
            problem = "is followed by neither , nor ]; the rest was not read"
            yield line, _refused(lines.name, text.line, problem)
            return
        closing = mark == "]"
        text.take()
        text.skip()


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
        """The value that begins here, and what is doubtful about it.

        Raises:
            Malformed: There is none.
        """
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
        """Read as much again as is left of the window, so that a long object is not parsed line by line."""
        left, self._at = self._window[self._at :], 0
        pieces, size = [left], 0
        while size <= len(left) and (piece := next(self._pieces, "")):
            pieces.append(piece)
            size += len(piece)
        self._window = "".join(pieces)
        return size > 0


def _described(error: Malformed) -> str:
    return f"{error.problem} at character {error.column}" if error.column else error.problem


def _refused(source: str, line: int, problem: str) -> RowError:
    return RowError(source, line, [FieldError("row", problem)])


def _value(
    kind: type[V], source: str, line: int, found: Any, kinds: Mapping[str, str]
) -> V | RowError:
    if not isinstance(found, dict):
        problem = f'is {_called(found)}; write an object such as {{"id": "L-1"}}'
        return _refused(source, line, problem)
    given = dict(found)
    attributes = given.get("attributes", {})
    faults: list[FieldError] = []
    if isinstance(attributes, dict):
        beside = {name: given.pop(name) for name in kinds if name in given}
        faults += (
            FieldError(
                name, "stands twice: beside the fields and in 'attributes'; keep one of them"
            )
            for name in beside
            if name in attributes
        )
        given["attributes"] = _declared({**attributes, **beside}, kinds, faults)
    try:
        value = from_dict(kind, given)
    except ValidationError as error:
        return RowError(source, line, (*faults, *error.faults))
    return RowError(source, line, faults) if faults else value


def _called(found: Any) -> str:
    return "null" if found is None else f"of type {type(found).__name__}"


def _declared(
    attributes: Mapping[str, Any], kinds: Mapping[str, str], faults: list[FieldError]
) -> dict[str, Any]:
    read = {}
    for name, value in attributes.items():
        try:
            read[name] = value if name not in kinds else _as_declared(kinds[name], value)
        except Refused as refused:
            faults.append(FieldError(f"attributes.{name:.60}", str(refused)))
    return read


def _as_declared(kind: str, value: Any) -> Any:
    if value is None:
        return None
    if kind == Kind.INSTANT and isinstance(value, str):
        return read_instant(value)
    if isinstance(value, _TYPES[kind]) and (kind == Kind.FLAG or not isinstance(value, bool)):
        return value
    raise Refused(f"is of type {type(value).__name__}; it must be {Kind(kind).expected}")


_TYPES: Mapping[str, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.NUMBER: (int, float),
    Kind.FLAG: bool,
    Kind.INSTANT: dict,
    Kind.NAMES: list,
}
