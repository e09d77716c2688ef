"""Wildcard patterns in linear time: ``*`` stands for any text, ``?`` for one character.

The rules of this module:

* No regular expression and no backtracking: each piece between two stars is looked for once, leftmost, after the
  last one.
* A piece with ``?`` is searched with one shift and one mask per character (Baeza-Yates and Gonnet 1992, shift-and).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["glob"]

_Search = Callable[[str, int], int]
"""From a text and a position to the end of the first match at or after it, or -1."""


def glob(pattern: str) -> Callable[[str], bool]:
    """The test whether a whole text is like ``pattern``. O(text + pattern) string work for each call.

    Example:
        >>> mail = glob("*@example.???")
        >>> mail("ann@example.com"), mail("ann@example.com.au")
        (True, False)
    """
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return lambda text: len(text) == len(pattern) and _fits(pattern, text, 0)
    head, tail = pieces[0], pieces[-1]
    middle = [_search(piece) for piece in pieces[1:-1] if piece]
    shortest = len(head) + len(tail)

    def test(text: str) -> bool:
        last = len(text) - len(tail)
        if len(text) < shortest or not _fits(head, text, 0) or not _fits(tail, text, last):
            return False
        position = len(head)
        for search in middle:
            position = search(text, position)
            if position < 0 or position > last:
                return False
        return True

    return test


def _fits(piece: str, text: str, start: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, start)
    return all(piece[i] in ("?", text[start + i]) for i in range(len(piece)))


def _search(piece: str) -> _Search:
    if "?" in piece:
        return _shift_and(piece)

    def find(text: str, start: int) -> int:
        found = text.find(piece, start)
        return found + len(piece) if found >= 0 else -1

    return find


def _shift_and(piece: str) -> _Search:
    wild = sum(1 << i for i, c in enumerate(piece) if c == "?")
    masks = {
        c: wild | sum(1 << i for i, other in enumerate(piece) if other == c) for c in set(piece)
    }
    matched: Final = 1 << (len(piece) - 1)

    def find(text: str, start: int) -> int:
        state = 0
        for i in range(start, len(text)):
            state = (state << 1 | 1) & masks.get(text[i], wild)
            if state & matched:
                return i + 1
        return -1

    return find
