"""Where in a TOML file a key stands, which the standard library does not say.

The rules of this module:

* The text is TOML that was read already. Of other text the answer is whatever can be made out, and never an error.
* Places are written as in ``rule[2].when``, counted from 0, as in the errors of a policy.
* Nothing is kept of the values but what stands in their tables.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping

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


def lines_of(text: str) -> Mapping[str, int]:
    r"""The line of every table and key of a TOML file, by place. O(length).

    Args:
        text: The text of the file.

    Returns:
        Lines counted from 1, by place. A table that is opened twice has its first line.

    Example:
        >>> found = lines_of('format = 1\n\n[[rule]]\nname = "us"\nwhen = "always"\n')
        >>> found["format"], found["rule[0]"], found["rule[0].when"]
        (1, 3, 5)
    """
    scan = _Scan(tuple(_tokens(text)))
    scan.run()
    return scan.found


@define
class _Token:
    """A mark, a word or a text, with its line."""

    kind: str
    text: str
    line: int


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind, written = str(match.lastgroup), match.group()
        if kind != "none":
            yield _Token(kind, written, line)
        line += written.count("\n")


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
