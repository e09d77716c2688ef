"""A policy file as it is written: places, parts and what it builds on.

* Places are those of the joined policy, as in ``rule[2].when``. An entry of a list is found in the
  file that it came from, at the number that it has there.
* A value of the file replaces that of the base. Tables are joined key by key.
* Of lists such as ``[[rule]]``, an entry takes the place of the base's entry with its name. Entries
  with a new name go before those of the base, so that its last rule stays last.
* ``qualify`` replaces the base's ``[[qualification]]``, and the other way round.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final, NamedTuple

from attrs import define, field, frozen

from leadroute.errors import ConfigError
from leadroute.formats.source import Malformed, strict_json

FORMATS = ("toml", "json")  # the formats of a policy file

LARGEST_FILE = 2 << 20

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+"""
_DEEP_KEY = re.compile(rf"^[ \t]*+\[*+[ \t]*+(?:{_PART}\.[ \t]*+){{8}}", re.MULTILINE)
_DEEP_INLINE = re.compile(rf"[{{,][ \t\n]*+(?:{_PART}\.[ \t]*+){{8}}")


def format_of(path: str | Path, format: str | None = None) -> str:  # noqa: A002 - the host's word for it
    """The format of a policy file: ``format``, else what the ending of its path says."""
    found = Path(path).suffix.lower().removeprefix(".") if format is None else format
    if found not in FORMATS:
        remedy = "end the file's name with .toml or .json, or say format='toml' or format='json'"
        raise ConfigError(f"{found!r:.40} is not a format of policies; {remedy}", str(path))
    return found


def read_text(path: str | Path) -> str:
    """The text of a policy file."""
    with Path(path).open("rb") as file:
        data = file.read(LARGEST_FILE + 1)
    _refuse_large(len(data), str(path))
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = f"byte {error.start + 1} is not UTF-8; save the file as UTF-8"
        raise ConfigError(problem, str(path)) from None


def read_document(text: str, format: str, name: str) -> dict[str, Any]:  # noqa: A002 - as above
    """The tables that a text describes."""
    _refuse_large(len(text), name)
    plain = text.removeprefix("\ufeff")
    try:
        found = _toml(plain) if format_of("", format) == "toml" else strict_json(plain)
    except Malformed as error:
        where = f"{name}: line {error.line}, column {error.column}" if error.line else name
        raise ConfigError(error.problem, where) from None
    if not isinstance(found, dict):
        raise ConfigError('holds no object; write {"format": 1, "rule": [...]}', name)
    return found


def _refuse_large(size: int, name: str) -> None:
    if size > LARGEST_FILE:
        raise ConfigError(f"is larger than {LARGEST_FILE >> 20} MiB; split it", name)


def _toml(text: str) -> dict[str, Any]:
    import tomllib  # asked for rarely, and slow to import

    if deep := _DEEP_KEY.search(text) or _DEEP_INLINE.search(text):
        line = text.count("\n", 0, deep.end()) + 1
        raise Malformed("a key with so many dots is not a key of a policy; shorten it", line, 1)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Malformed(f"is not TOML: {error}") from None
    except RecursionError:
        raise Malformed("is nested too deep; flatten it") from None
    except ValueError:
        raise Malformed("holds a number with thousands of digits; write it shorter") from None


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
    r"""The line of every table and key of a file, by place. O(length)."""
    scan = _Scan(tuple(_tokens(text, _JSON if format == "json" else _TOKEN)))
    if format == "json":
        scan.value("")
    else:
        scan.run()
    return scan.found


@define
class _Token:
    """A mark, a word or a text, with its line."""

    kind: str
    text: str
    line: int


def _tokens(text: str, token: re.Pattern[str]) -> Iterator[_Token]:
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
class _Scan:
    """A walk over the tokens of a file."""

    tokens: tuple[_Token, ...]
    at: int = 0
    found: dict[str, int] = field(factory=dict)
    counts: dict[str, int] = field(factory=dict)
    depth: int = 0

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
        if self._is("=") or self._is(":"):
            self.at += 1
            self.value(place)

    def value(self, place: str) -> None:
        """Note what stands in a value, down to a depth that no policy has."""
        if self.depth < _DEEPEST and (self._is("{") or self._is("[")):
            listed = self._is("[")
            self.depth += 1
            self._several(place, "]" if listed else "}", listed=listed)
            self.depth -= 1
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
                self.value(inner)
                number += 1
            else:
                self._pair(place)
            if self.at == before:
                self.at += 1
        self.at += 1


def _under(place: str, name: str) -> str:
    return f"{place}.{name}" if place else name


def _name(token: _Token) -> str:
    for read in () if token.kind == "word" else (json.loads, _toml_text):
        with suppress(ValueError):
            return str(read(token.text))
    return token.text


def _toml_text(written: str) -> Any:
    return tomllib.loads(f"key = {written}")["key"]


_ENTRY = re.compile(r"((?:\w+\.)?\w+)\[(\d+)\]")


class Spot(NamedTuple):
    """A line of a file."""

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@frozen(eq=False)
class Part:
    """One file."""

    name: str
    text: str
    format: str
    document: Mapping[str, Any]

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """The line of every table and key."""
        return lines_of(self.text, self.format)

    def spot(self, place: str) -> Spot:
        """Where a place of this file stands."""
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return Spot(self.name, self.lines.get(place))

    def at(self, place: str) -> str:
        r"""What an error at a place of this file begins with."""
        return f"{self.spot(place)}: {place}" if place else self.name


@frozen(eq=False)
class Parts:
    """A policy as its files, joined."""

    files: tuple[Part, ...]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What errors call the policy."""
        return self.files[0].name

    def spot(self, place: str) -> Spot:
        """Where a place of the policy stands: the file, and the line where it is known."""
        found = [part.spot(within) for part in self.files if (within := self._within(part, place))]
        return next((each for each in found if each.line), Spot(self.name, None))

    def at(self, place: str, key: str = "") -> str:
        """What an error at a place of the policy begins with, on the line of one of its keys."""
        spot = self.spot(f"{place}.{key}".strip("."))
        return f"{spot}: {place}" if place else str(spot)

    def _within(self, part: Part, place: str) -> str | None:
        """What a place of the policy is called in one of its files; ``None`` when not there."""
        entry = _ENTRY.match(place)
        if entry is None:
            table, _, key = place.partition(".")
            own = part.document.get(table)
            beside = isinstance(own, Mapping) and key and key.partition(".")[0] not in own
            return None if own is None or (beside and part is not self.files[-1]) else place
        name, number = entry[1], int(entry[2])
        sought, own = _listed(self.document, name)[number], _listed(part.document, name)
        numbers = [at for at, each in enumerate(own or ()) if each is sought]
        return f"{name}[{numbers[0]}]{place[entry.end() :]}" if numbers else None


def _listed(document: Mapping[str, Any], name: str) -> Any:
    """The list of this name, which may stand in a table as in ``lead_scoring.fit``."""
    table, _, key = name.rpartition(".")
    within = document.get(table) if table else document
    return within.get(key) if isinstance(within, Mapping) else None


MOST_FILES: Final = 8  # how many files one policy may be made of

_EITHER: Final = {"qualify": "qualification", "qualification": "qualify"}


def read_extended(source: str | Path, format: str | None = None) -> Parts:  # noqa: A002 - the host's word
    """A policy file, joined with the files that it extends."""
    path, seen = Path(source), list[Path]()
    parts = list[Part]()
    given: Any = ""
    while given is not None:
        seen.append(path.resolve())
        found = format_of(path, None if parts else format)
        text = read_text(path)
        document = read_document(text, found, str(path))
        given = document.pop("extends", None)
        parts.append(Part(str(path), text, found, document))
        if given is not None:
            path = _base(path, given, parts[-1])
            _refuse_long(seen, path, parts[0].at("extends"))
    joined: dict[str, Any] = {}
    for part in reversed(parts):
        joined = _joined(joined, part.document)
    return Parts(tuple(parts), joined)


def _base(path: Path, given: Any, part: Part) -> Path:
    named = PurePosixPath(given) if isinstance(given, str) else PurePosixPath("/")
    drive = isinstance(given, str) and any(char in given for char in ":\\\0")
    if named.is_absolute() or ".." in named.parts or drive or not named.name:
        problem = "names no file beside this one or below it; write one such as 'base.toml'"
        raise ConfigError(problem, part.at("extends"))
    return path.parent / named


def _refuse_long(seen: list[Path], path: Path, place: str) -> None:
    if path.resolve() in seen:
        names = " -> ".join(each.name for each in (*seen, path))
        raise ConfigError(f"runs in a circle: {names}; break it", place)
    if len(seen) >= MOST_FILES:
        raise ConfigError(f"joins more than {MOST_FILES} files; join some of them", place)


def _joined(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    replaced = {other for key, other in _EITHER.items() if key in document}
    joined = {key: value for key, value in base.items() if key not in replaced}
    for key, value in document.items():
        joined[key] = _value(base.get(key), value)
    return joined


def _value(base: Any, value: Any) -> Any:
    if isinstance(base, Mapping) and isinstance(value, Mapping):
        lists = {key: _value(base.get(key), each) for key, each in value.items() if _entries(each)}
        return {**base, **value, **lists}
    if _entries(base) and _entries(value):
        names = {*map(_label, base)}
        own = {_label(each): each for each in value if _label(each) in names}
        new = [each for each in value if _label(each) not in names]
        return [*new, *(own.get(_label(each), each) for each in base)]
    return value


_LABELS: Final = ("name", "signal", "source", "channel")


def _label(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    """What an entry of a list is known by: its name, signal, source or channel."""
    return tuple(entry.get(key) for key in _LABELS)


def _entries(given: Any) -> bool:
    """Whether something is a list of tables with names that can be compared."""
    return isinstance(given, list) and all(
        isinstance(each, Mapping) and all(isinstance(each.get(key, ""), str) for key in _LABELS)
        for each in given
    )
