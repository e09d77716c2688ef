"""Which ids a file has had, in the same memory however long it is."""

from __future__ import annotations

import sqlite3
from array import array
from collections.abc import Iterable
from typing import Final

SLOTS: Final = 1 << 13
LARGEST: Final = SLOTS << 5
FULL: Final = LARGEST * 5 // 8
"""How many ids are kept in memory before they go to a temporary file."""

_LINES: Final = 1 << 32


class SeenIds:
    """The ids of the rows that were read, with the line and the content of each.

    Ids are kept as hashes of 64 bits: that two of a million are mistaken for one has a probability of 1 in 30 million.
    """

    def __init__(self) -> None:
        self._slots = SLOTS
        self._ids = array("q", bytes(8 * SLOTS))
        self._rows = array("q", self._ids)
        self._left = SLOTS * 5 // 8
        self._file: sqlite3.Connection | None = None

    def earlier(self, ident: str, content: object, line: int) -> int | None:
        """Return the line of an earlier row that has the id and another content; ``None`` when there is none."""
        key, row = hash(ident) or 1, (hash(content) >> 33) * _LINES + line
        at = self._slot(key)
        found = self._rows[at] if self._ids[at] else self._stored(key)
        if found is not None:
            return None if found // _LINES == row // _LINES else found % _LINES
        self._ids[at], self._rows[at] = key, row
        self._left -= 1
        if not self._left:
            self._make_room()
        return None

    def _slot(self, key: int) -> int:
        """The slot that has the id, or the empty one where it belongs."""
        ids, last = self._ids, self._slots - 1
        at = key & last
        while (held := ids[at]) and held != key:
            at = (at + 1) & last
        return at

    def _make_room(self) -> None:
        # One by one: a list of all would take more memory than they do.
        kept = ((key, row) for key, row in zip(self._ids, self._rows, strict=True) if key)
        full = self._slots == LARGEST
        if full:
            self._store(kept)
        self._slots = min(4 * self._slots, LARGEST)
        self._ids = array("q", bytes(8 * self._slots))
        self._rows = array("q", self._ids)
        self._left = self._slots * 5 // 8
        for key, row in () if full else kept:
            at = self._slot(key)
            self._ids[at], self._rows[at] = key, row
            self._left -= 1

    def close(self) -> None:
        """Drop what is kept."""
        if self._file is not None:
            self._file.close()

    def _stored(self, key: int) -> int | None:
        if self._file is None:
            return None
        found = self._file.execute("SELECT row FROM seen WHERE id = ?", (key,)).fetchone()
        return None if found is None else int(found[0])

    def _store(self, kept: Iterable[tuple[int, int]]) -> None:
        if self._file is None:
            # A file without a name is one that SQLite removes; its cache in memory has 2 MB.
            self._file = sqlite3.connect("", isolation_level=None)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("CREATE TABLE seen (id INTEGER PRIMARY KEY, row INTEGER)")
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO seen VALUES (?, ?)", kept)
        self._file.execute("COMMIT")
