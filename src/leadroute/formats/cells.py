"""What a cell of text means: from the text in a table to the value of a field.

The rules of this module:

* An empty cell is ``None``: not known. Nothing else is, so ``NA`` is Namibia and ``null`` is a word.
* A cell is read by the kind of its field and never guessed at. What the value may be is the model's business.
* Many names in one cell have ``;`` between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from leadroute.errors import ConfigError, InvalidValue
from leadroute.model.caps import Cap
from leadroute.model.lead import Signal
from leadroute.model.validation import Refused
from leadroute.rules.fields import FIELDS, Kind

__all__ = ["READERS", "Reader", "read_instant", "reader_of"]

Reader = Callable[[str], Any]

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?\d+", re.ASCII)
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXACT = 2**53


def reader_of(entity: str, name: str) -> Reader:
    """How a cell of the standard field ``name`` of a ``lead`` or a ``rep`` is read.

    Example:
        >>> reader_of("lead", "employees")("250"), reader_of("rep", "languages")("en; de")
        (250, ['en', 'de'])
    """
    special = _SPECIAL.get(name)
    if special is not None:
        return special
    spec = FIELDS[entity].get(name)
    return READERS[spec.kind] if spec is not None else str


def read_number(cell: str) -> int | float:
    """A number in plain digits: ``50000``, ``50000.5``, ``1e6``.

    Example:
        >>> read_number("1e6")
        1000000
    """
    written = cell.strip()
    if len(written) > 40 or not _NUMBER.fullmatch(written):
        remedy = "write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"
        raise Refused(f"is {cell[:40]!r}; {remedy}")
    if _WHOLE.fullmatch(written):
        return int(written)
    found = float(written)
    return int(found) if found.is_integer() and abs(found) < _EXACT else found


def read_flag(cell: str) -> bool:
    """A flag: ``true``, ``yes`` or ``1``, and ``false``, ``no`` or ``0``, in any case."""
    found = _FLAGS.get(cell.strip().lower())
    if found is None:
        raise Refused(f"is {cell[:40]!r}; write true or false")
    return found


def read_instant(cell: str) -> datetime:
    """An instant in ISO 8601 with an offset or ``Z``."""
    try:
        found = datetime.fromisoformat(cell.strip().upper())
    except ValueError:
        raise Refused(f"is {cell[:40]!r}; write an instant such as 2026-01-05T09:00:00Z") from None
    if found.utcoffset() is None:
        raise Refused(
            f"is {cell[:40]!r}, which has no offset; write it like 2026-01-05T09:00:00+01:00, or with Z for UTC"
        )
    return found


def read_names(cell: str) -> list[str]:
    """Names with ``;`` between them."""
    return [name for part in cell.split(";") if (name := part.strip())]


def read_skills(cell: str) -> dict[str, float]:
    """Skills with their levels, such as ``healthcare=0.9; fintech``; without a level it is 1.

    Example:
        >>> read_skills("healthcare=0.9; fintech")
        {'healthcare': 0.9, 'fintech': 1}
    """
    found: dict[str, float] = {}
    for part in read_names(cell):
        name, equals, level = (piece.strip() for piece in part.rpartition("="))
        if not equals:
            name, level = part, "1"
        if name in found:
            raise Refused(f"have {name[:40]!r} twice; keep one of them")
        found[name] = read_number(level)
    return found


def read_buckets(cell: str) -> dict[str, float]:
    """The most per segment, such as ``enterprise=2; normal=4``.

    Example:
        >>> read_buckets("enterprise=2; normal=4")
        {'enterprise': 2, 'normal': 4}
    """
    for part in read_names(cell):
        if "=" not in part:
            raise Refused(f"have {part[:40]!r} without a number; write 'enterprise=2; normal=4'")
    return read_skills(cell)


def read_caps(cell: str) -> list[Cap]:
    """Caps, such as ``5 per day; 30 per month, paced``.

    Example:
        >>> [str(cap) for cap in read_caps("5/day; 30 per month, paced")]
        ['5 per day', '30 per month, paced']
    """
    return [_cap(part) for part in read_names(cell)]


def _cap(written: str) -> Cap:
    try:
        return Cap.parse(written)
    except InvalidValue as error:
        raise Refused("; ".join(map(str, error.faults))) from None
    except ConfigError:
        remedy = "write them like '5 per day; 30 per month'"
        raise Refused(f"are {written[:40]!r}; {remedy}") from None


def read_signals(cell: str) -> list[Signal]:
    """Signals, such as ``pricing_page@2026-01-05T09:00:00Z=240; webinar@2026-01-06T15:00:00Z``."""
    return [_signal(part) for part in read_names(cell)]


def _signal(written: str) -> Signal:
    kind, at, rest = written.rpartition("@")
    if not at:
        raise Refused(
            f"are {written[:40]!r}; write them like 'pricing_page@2026-01-05T09:00:00Z=240'"
        )
    instant, equals, value = rest.partition("=")
    try:
        return Signal(kind.strip(), read_instant(instant), read_number(value) if equals else 1.0)
    except InvalidValue as error:
        raise Refused(f"hold a signal whose {'; '.join(map(str, error.faults))}") from None


READERS: Mapping[str, Reader] = MappingProxyType(
    {
        Kind.TEXT: str,
        Kind.NUMBER: read_number,
        Kind.FLAG: read_flag,
        Kind.INSTANT: read_instant,
        Kind.NAMES: read_names,
        Kind.LEVELS: read_skills,
    }
)
"""How a cell is read, by the kind of its field."""

_SPECIAL: Mapping[str, Reader] = {
    "buckets": read_buckets,
    "caps": read_caps,
    "signals": read_signals,
}
