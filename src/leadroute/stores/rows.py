"""What the SQL stores have in common: how rows read, the ends of a page, and closing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Any, Self

from leadroute.offers.change import MAX_KEY, Event, Record

NEVER = 2**63 - 1
"""The due time of a record that is never due, so that one index gives every line in order."""

EARLIEST = -(2**63)
"""A due time before all others."""

_TOP = "\U0010ffff"


def next_prefix(prefix: str) -> str:
    """The least text above every key that starts with ``prefix``."""
    head = prefix.rstrip(_TOP)
    if not head:
        return _TOP * (MAX_KEY + 1)
    following = ord(head[-1]) + 1
    return head[:-1] + chr(0xE000 if following == 0xD800 else following)


def bounds_of(after: Record | None, upto: int | None) -> tuple[tuple[int, str], int]:
    """The place behind which a page of records starts, and the due time with which it ends."""
    end = NEVER if upto is None else min(upto, NEVER - 1)
    if after is None:
        return (EARLIEST, ""), end
    return (NEVER if after.due is None else after.due, after.key), end


def due_and_key(row: tuple[Any, ...]) -> tuple[int, str]:
    """What a row of a record is sorted by."""
    return row[5], row[0]


def record_of(row: tuple[Any, ...]) -> Record:
    """The record of a row."""
    key, version, data, status, owner, due = row
    return Record(key, version, data, status, owner, None if due == NEVER else due)


def event_of(row: tuple[Any, ...]) -> Event:
    """The event of a row of the log with its delivery, if it waits for one."""
    mark, lead, n, kind, data, at, change, until, attempts, error = row
    return Event(mark, lead, n, kind, data, at, change, until, attempts, error or "")


class Closes(ABC):
    """A store that is closed at the end of a ``with`` block."""

    @abstractmethod
    def close(self) -> None:
        """Close every connection."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
