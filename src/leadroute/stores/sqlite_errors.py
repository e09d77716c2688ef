"""The errors of the sqlite3 driver as those of leadroute, all in one place.

* Busy is ``TransientError``: nothing was written, and the same change may go through later.
* What cannot go through before a person acts is ``ConfigError``, with the file and the remedy: a file
  that is read-only, damaged, foreign, gone, or on a disk that is full or fails. Nothing was written.
* A COMMIT that fails in another way than these is ``UnknownOutcomeError``; see ``leadroute.stores.sqlite``.
* Anything else, such as a constraint or a trigger of the host's, passes through as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_CANTOPEN,
    SQLITE_CORRUPT,
    SQLITE_ERROR,
    SQLITE_FULL,
    SQLITE_IOERR,
    SQLITE_LOCKED,
    SQLITE_NOTADB,
    SQLITE_PERM,
    SQLITE_PROTOCOL,
    SQLITE_READONLY,
    DatabaseError,
)
from typing import Final

from leadroute.errors import ConfigError, LeadrouteError, TransientError

DAMAGED: Final = frozenset((SQLITE_CORRUPT, SQLITE_NOTADB))
"""The codes of a file whose pages cannot be read."""

_BUSY = frozenset((SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL))
_RIGHTS = (
    "give this process the right to write the file and its folder; on a connection of yours leave out "
    "mode=ro and query_only"
)
_REMEDIES = {
    SQLITE_CORRUPT: "stop all writers, read what check() finds, and put a backup in its place",
    SQLITE_NOTADB: "name a database, or a new file; where it was one before, put a backup in its place",
    SQLITE_FULL: "nothing was written: make room on the disk, then do the same again",
    SQLITE_IOERR: "nothing was written: see what the system says of the disk, then do the same again",
    SQLITE_READONLY: _RIGHTS,
    SQLITE_PERM: _RIGHTS,
}
_MISSING = "name a database, or a new file in a folder that is there"
_CLOSED = (
    "let this process read and write the file, its folder and the files beside it that end in -wal and "
    "-shm, and open as many files as it needs"
)
_TABLES = (
    "make the tables with create(), or take the prefix that they have; if the file has lost some of "
    "them, put a backup in its place"
)
_NO_TABLES = ("no such table: ", "no such column: ", "has no column named ")


def code_of(error: DatabaseError) -> int:
    """The primary code of an error; 0 for one that is of the driver alone."""
    found: int = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return found


def _remedy(error: DatabaseError, file: str) -> str | None:
    """What a person can do; ``None`` where the error is not about the file."""
    code = code_of(error)
    if code == SQLITE_CANTOPEN:
        return _CLOSED if Path(file).is_file() else _MISSING
    if code == SQLITE_ERROR and any(each in str(error) for each in _NO_TABLES):
        return _TABLES
    if str(error).startswith("Could not decode to UTF-8"):
        code = SQLITE_CORRUPT
    return _REMEDIES.get(code)


@contextmanager
def explained(file: Callable[[], str]) -> Iterator[None]:
    """Raise what the driver says of a file as an error of leadroute.

    Args:
        file: Gives the name of the file; asked only after an error.
    """
    try:
        yield
    except DatabaseError as error:
        found = ours(error, file)
        if found is None:
            raise
        raise found from error


def ours(error: DatabaseError, file: Callable[[], str]) -> LeadrouteError | None:
    """The error of leadroute for one of the driver; ``None`` where it is not about the file."""
    if code_of(error) in _BUSY:
        return TransientError(str(error))
    name = file()
    remedy = _remedy(error, name)
    return None if remedy is None else ConfigError(f"{error}; {remedy}", name)
