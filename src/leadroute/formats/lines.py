"""Where in a TOML or JSON file a key stands, which the standard library does not say.

The rules of this module:

* The text is TOML or JSON that was read already. Of other text the answer is whatever can be made out, and never an
  error.
* Places are written as in ``rule[2].when``, counted from 0, as in the errors of a policy.
* Nothing is kept of the values but what stands in their tables.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import define, field

__all__ = ["lines_of"]

_TOKEN = re.compile(
    r'''
      (?P<text> """(?:[^"\\]|\\[\s\S]|"{1,2}(?!"))*+"{3,5}
              | \'\'\'(?:[^\']|\'{1,2}(?!\'))*+\'{3,5}
              | "(?:[^"\\\n]|\\.)*+"
              | \'[^\'\n]*+\'
      )
    | (?P<mark> [\[\]{}=,.] | \n )
    | (?P<word> [^\s\[\]{}=,."'#]++ )
    | (?P<none> \#[^\n]*+ | [ \t\r]++ | . )
    ''',
    re.VERBOSE,
)


def lines_of(text: str, format: str = "toml") -> Mapping[str, int]:  # noqa: A002 - the host's word for it
    r"""The line of every table and key of a file, by place. O(length).

    Args:
        text: The text of the file.
        format: ``toml`` or ``json``.

    Returns:
        Lines counted from 1, by place. A table that is opened twice has its first line.

    Example:
        >>> found = lines_of('format = 1\n\n[[rule]]\nname = "us"\nwhen = "always"\n')
        >>> found["format"], found["rule[0]"], found["rule[0].when"]
        (1, 3, 5)
        >>> lines_of('{"rule": [\n {"name": "us"}]}', "json")
        {'rule': 1, 'rule[0]': 2, 'rule[0].name': 2}
    """
    if format == "json":
        return _json_lines(text)
    scan = _Scan(tuple(_tokens(text)))
    scan.run()
    return scan.found


@define
class _Token:
    """A mark, a word or a text, with its line."""

    kind: str
    text: str
    line: int


def _tokens(text: str, token: re.Pattern[str] = _TOKEN) -> Iterator[_Token]:
    line = 1
    for match in token.finditer(text):
        kind, written = str(match.lastgroup), match.group()
        if kind != "none":
            yield _Token(kind, written, line)
        line += written.count("\n")


_JSON = re.compile(
    r"""
      (?P<text> "(?:[^"\\]|\\[\s\S])*+"? )
    | (?P<mark> [\[\]{},:] )
    | (?P<word> [^\s\[\]{},:"]++ )
    | (?P<none> \s++ )
    """,
    re.VERBOSE,
)


_DEEPEST: Final = 100


@define
class _Level:
    """An object or an array that is open, with what comes next in it."""

    place: str
    listed: bool
    number: int = 0
    key: str | None = None

    def next(self) -> str:
        """The place of the value that begins now."""
        if not self.listed:
            return _under(self.place, self.key or "")
        self.number += 1
        return f"{self.place}[{self.number - 1}]"


def _json_lines(text: str) -> Mapping[str, int]:
    """The lines of JSON, down to a depth that no policy has. It keeps its own stack, so that none is too deep."""
    found: dict[str, int] = {}
    levels = [_Level("", listed=False)]
    for token in _tokens(text, _JSON):
        level = levels[-1]
        if token.kind == "text" and not level.listed and level.key is None and len(levels) > 1:
            level.key = _unquoted(token.text)
            if len(levels) < _DEEPEST:
                found.setdefault(_under(level.place, level.key), token.line)
        elif token.text in "]}":
            levels = levels[:-1] or levels
        elif token.text == ",":
            level.key = None
        elif token.text != ":":
            place = level.next() if len(levels) < _DEEPEST else ""
            if place:
                found.setdefault(place, token.line)
            if token.text in "[{":
                levels.append(_Level(place, listed=token.text == "["))
    return found


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return text


@define
class _Scan:
    """A walk over the tokens of a file."""

    tokens: tuple[_Token, ...]
    at: int = 0
    found: dict[str, int] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)

    def run(self) -> None:
        """Note the line of every table and key."""
        table = ""
        while self.at < len(self.tokens):
            if self._is("\n"):
                self.at += 1
            elif self._is("["):
                table = self._header()
            else:
                self._pair(table)
                self._end()

    def _is(self, mark: str) -> bool:
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token is not None and token.kind == "mark" and token.text == mark

    def _header(self) -> str:
        line = self.tokens[self.at].line
        self.at += 1
        listed = self._is("[")
        self.at += listed
        *outer, last = self._key() or [""]
        place = ""
        for name in outer:
            place = self._latest(_under(place, name))
        place = _under(place, last)
        if listed:
            number = self.counts.get(place, 0)
            self.counts[place] = number + 1
            place = f"{place}[{number}]"
        self.found.setdefault(place, line)
        self._end()
        return place

    def _latest(self, place: str) -> str:
        count = self.counts.get(place)
        return f"{place}[{count - 1}]" if count else place

    def _end(self) -> None:
        """Go on to the next line."""
        while self.at < len(self.tokens) and not self._is("\n"):
            self.at += 1

    def _key(self) -> list[str]:
        names = []
        while self.at < len(self.tokens) and self.tokens[self.at].kind != "mark":
            names.append(_name(self.tokens[self.at]))
            self.at += 1
            if not self._is("."):
                break
            self.at += 1
        return names

    def _pair(self, table: str) -> None:
        """One ``key = value``, with what stands in the value."""
        line, place = self.tokens[self.at].line, table
        for name in self._key():
            place = _under(place, name)
            self.found.setdefault(place, line)
        if self._is("="):
            self.at += 1
            self._value(place)

    def _value(self, place: str) -> None:
        if self._is("{"):
            self._several(place, "}", listed=False)
        elif self._is("["):
            self._several(place, "]", listed=True)
        else:
            while self.at < len(self.tokens) and not any(map(self._is, ",]}\n")):
                self.at += 1

    def _several(self, place: str, end: str, *, listed: bool) -> None:
        """The elements of an array, or the pairs of an inline table."""
        self.at += 1
        number = 0
        while self.at < len(self.tokens) and not self._is(end):
            before = self.at
            if self._is(",") or self._is("\n"):
                self.at += 1
            elif listed:
                inner = f"{place}[{number}]"
                self.found.setdefault(inner, self.tokens[self.at].line)
                self._value(inner)
                number += 1
            else:
                self._pair(place)
            if self.at == before:
                self.at += 1
        self.at += 1


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _name(token: _Token) -> str:
    if token.kind == "word":
        return token.text
    try:
        found: str = tomllib.loads(f"key = {token.text}")["key"]
    except ValueError:
        return token.text
    return found
