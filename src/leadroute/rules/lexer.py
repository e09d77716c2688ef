"""The first look at an expression: is it short, flat and made of the language's words and signs?

Outside quotes only ASCII is allowed, because Python folds look-alike letters into one name.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from attrs import frozen

from leadroute.errors import ConfigError, ExpressionError, UnknownFieldError

MAX_LENGTH: Final = 10_000  # the most characters of an expression
MAX_TOKENS: Final = 2_500  # the most words, literals and signs of an expression
MAX_BRACKETS: Final = 64  # how deep brackets may be nested
_LONGEST_NUMBER: Final = 32

_TOKEN: Final = re.compile(
    r"(?P<space>[ \t\r\n]+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<number>[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<sign><=|>=|==|!=|[-<>+*/()\[\],.=])"
)
_ESCAPE: Final = re.compile(r"\\(?:[\\'\"nrt]|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8})")

_WORDS: Final = frozenset({"and", "or", "not", "in", "is", "True", "False"})
_REFUSED_WORDS: Final = {
    "None": "None cannot be compared; ask `is missing` or `is present`",
    "if": "there is no `if`; combine conditions with `and`, `or` and `not`",
    "else": "there is no `else`; combine conditions with `and`, `or` and `not`",
    "lambda": "there are no functions here; register a predicate and write predicate('name')",
    "for": "there are no loops; write `in [...]`, overlaps(...) or covers(...)",
}
_REFUSED_SIGNS: Final = {
    "&": "write `and` instead of &",
    "|": "write `or` instead of |",
    "~": "write `not` instead of ~",
    "!": "write `not`, or != to compare",
    ":": "there are no slices, functions or assignments; write one condition",
    ";": "write one expression; join conditions with `and`",
    "%": "numbers have + - * / only",
    "^": "numbers have + - * / only",
    "{": "write a list in square brackets, such as ['US', 'CA']",
    "}": "write a list in square brackets, such as ['US', 'CA']",
    "#": "an expression has no comments; put them on a line of their own in the file",
    "\\": "a backslash stands only inside quotes; a line may simply go on",
    "@": "text stands in quotes, such as '*@example.com'",
    "$": "write an amount as a number alone, such as 5000, and a field as lead.name or rep.name",
    "`": "text stands in quotes, such as 'US'",
    "\0": "the text holds a NUL character; remove it",
}
_CURLY: Final = "\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb\u00b4"
_PAIRS: Final = {")": "(", "]": "["}


def fault(text: str, position: int, problem: str) -> ExpressionError:
    """The error for what stands at ``position`` of ``text``, with line, column and excerpt."""
    before = text[:position]
    line = before.count("\n") + 1
    start = before.rfind("\n") + 1
    end = text.find("\n", position)
    whole = text[start : end if end >= 0 else len(text)]
    column = position - start
    first = max(0, column - 50)
    shown = "".join(c if c.isprintable() else "?" for c in whole[first : column + 45])
    excerpt = f"  {shown}\n  {' ' * (column - first)}^"
    return ExpressionError(problem, line, column + 1, excerpt)


def located(error: ConfigError, text: str, position: int) -> ConfigError:
    """``error`` with the place where it arose in ``text``; an unknown name keeps its kind."""
    found = fault(text, position, error.problem)
    if isinstance(error, UnknownFieldError):
        return error.at(f"line {found.line}, column {found.column}")
    return error if isinstance(error, ExpressionError) else found


def scan(text: str, *, none: bool = False) -> str:
    r"""The text on one line, each character where it was, once it is known to be harmless."""
    if not isinstance(text, str):
        raise ConfigError(f"an expression is text, not of type {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        problem = f"the expression has {len(text)} characters; at most {MAX_LENGTH} are read"
        raise fault(text, MAX_LENGTH, problem)
    tokens = list(_tokens(text, none=none))
    if not tokens:
        raise fault(text, 0, "the expression is empty; write a condition, or leave the key out")
    _check_neighbors(text, tokens)
    _check_brackets(text, tokens)
    flat = [" "] * len(text)
    for token in tokens:
        flat[token.start : token.end] = list(token.text)
    return "".join(flat)


@frozen
class _Token:
    kind: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def _tokens(text: str, *, none: bool) -> Iterator[_Token]:
    position = count = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise fault(text, position, _stray(text[position]))
        token = _Token(str(found.lastgroup), found.group(), position)
        position = found.end()
        if token.kind == "space":
            continue
        count += 1
        if count > MAX_TOKENS:
            problem = f"the expression has more than {MAX_TOKENS} words and signs; shorten it"
            raise fault(text, token.start, problem)
        objection = None if none and token.text == "None" else _objection(token)
        if objection is not None:
            raise fault(text, token.start, objection)
        yield token


def _stray(character: str) -> str:
    if character in "'\"":
        return f"this {character} opens a text that is not closed on its line; close it"
    if character in _REFUSED_SIGNS:
        return _REFUSED_SIGNS[character]
    if character in _CURLY:
        return f"{character} is a typographic quote; write ' or \""
    if character.isascii():
        return f"the character {character!r} is not in the language; remove it"
    named = (
        f"{character} (U+{ord(character):04X})"
        if character.isprintable()
        else f"U+{ord(character):04X}"
    )
    return f"{named} stands outside quotes; names and signs are plain ASCII letters, digits and _"


def _objection(token: _Token) -> str | None:
    """What is wrong with a token, or ``None``."""
    text = token.text
    if token.kind == "name":
        if text in _REFUSED_WORDS:
            return _REFUSED_WORDS[text]
        if text.startswith("_"):
            return f"names that begin with _ are not in the language: {text[:40]!r}"
        if keyword.iskeyword(text) and text not in _WORDS:
            return f"the word {text!r} is not in the language; combine with `and`, `or` and `not`"
    elif token.kind == "number" and len(text) > _LONGEST_NUMBER:
        return f"the number has {len(text)} characters; write at most {_LONGEST_NUMBER}"
    elif token.kind == "number" and text[0] == "0" and text[1:2].isdigit():
        return f"{text} begins with 0; write a number without a thousands sign, such as 5000"
    elif token.kind == "text":
        if "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
            return "the text holds a NUL or half a surrogate pair; remove it"
        if bad := _bad_escape(text):
            return f"{bad} is not an escape; write \\\\ for a backslash"
    return None


def _bad_escape(text: str) -> str | None:
    at = text.find("\\")
    while at >= 0:
        found = _ESCAPE.match(text, at)
        if found is None:
            return text[at : at + 2]
        at = text.find("\\", found.end())
    return None


_VALUES: Final = frozenset({"name", "number", "text"})
_DOUBLED: Final = {
    ("*", "*"): "there are no powers; multiply",
    ("/", "/"): "there is no whole-number division; use /",
    ("<", ">"): "write != for unequal",
    ("=", "="): "write == without a space",
}


def _check_neighbors(text: str, tokens: Sequence[_Token]) -> None:
    for left, right in pairwise(tokens):
        touching = left.end == right.start
        if touching and left.kind in _VALUES and right.kind in _VALUES:
            raise fault(text, left.start, _touching(left, right))
        if left.kind == right.kind == "text":
            raise fault(text, right.start, "two texts stand side by side; a comma is missing")
        if problem := _DOUBLED.get((left.text, right.text)):
            raise fault(text, left.start, problem)


def _touching(left: _Token, right: _Token) -> str:
    if left.kind == "name" and right.kind == "text":
        return f"texts have no prefix such as {left.text[:40]!r}; remove it"
    if left.kind == "text":
        return "triple quotes and texts without a space between are not in the language"
    written = (left.text + right.text)[:40]
    return f"{written!r} is neither a number nor a name; write a number in digits, such as 50000"


def _check_brackets(text: str, tokens: Sequence[_Token]) -> None:
    opened: list[_Token] = []
    for token in tokens:
        if token.text in ("(", "["):
            opened.append(token)
            if len(opened) > MAX_BRACKETS:
                problem = f"brackets are nested more than {MAX_BRACKETS} deep; give parts names"
                raise fault(text, token.start, problem)
        elif token.text == "," and not opened:
            problem = "a comma stands in brackets alone; write a number such as 5000 without it"
            raise fault(text, token.start, problem)
        elif token.text in _PAIRS and (not opened or opened.pop().text != _PAIRS[token.text]):
            problem = f"this {token.text} does not close what was opened; check the brackets"
            raise fault(text, token.start, problem)
    if opened:
        problem = f"this {opened[-1].text} is never closed; close it or remove it"
        raise fault(text, opened[-1].start, problem)
