"""Leads and reps from JSON.

A key that stands twice in one object is an error; the standard library would keep the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from leadroute.errors import FieldError, RowError
from leadroute.formats.source import BOM, LONGEST_LINE, Lines


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
                yield number, _refused(lines.name, number, _described(error))
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


def _described(error: Malformed) -> str:
    return f"{error.problem} at character {error.column}" if error.column else error.problem


def _refused(source: str, line: int, problem: str) -> RowError:
    return RowError(source, line, [FieldError("row", problem)])


def _object(source: str, line: int, found: Any) -> Row:
    if isinstance(found, dict):
        return found
    called = "null" if found is None else f"of type {type(found).__name__}"
    return _refused(source, line, f'is {called}; write an object such as {{"id": "L-1"}}')
