"""How a cell becomes a value, by the field that it fills.

The rules of this module:

* Text is read by the kind of its field and never guessed at. What is not text is passed on.
* What the value may be is the model's business: here it only gets its type.
* Many names in one cell have ``;`` between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Set
from datetime import datetime
from functools import partial
from numbers import Number
from typing import Any, Final

from leadroute.errors import ConfigError, ValidationError
from leadroute.model.caps import Cap
from leadroute.model.signal import Signal
from leadroute.model.validation import Refused, shown
from leadroute.model.values import moment, number, plain_value

__all__ = [
    "FIELD_KINDS",
    "LEAVE_TEXT",
    "Reader",
    "declared",
    "read_names",
    "read_number",
    "readers",
]

Reader = Callable[[Any], Any]

_FLAGS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_SCIENTIFIC: Final = re.compile(r"\d(?:[.,]\d+)?[eE]\+\d{1,3}", re.ASCII)
_EXACT: Final = 2**53

FIELD_KINDS: Final[Mapping[str, str]] = {
    "id": "id",
    "account_id": "id",
    "owner_id": "id",
    "manager_id": "id",
    "phone": "digits",
    "postal_code": "whole",
    **dict.fromkeys(("employees", "annual_revenue", "budget", "priority"), "number"),
    **dict.fromkeys(("level", "capacity", "weight"), "number"),
    **dict.fromkeys(("received_at", "deadline", "joined_at"), "instant"),
    "active": "flag",
    **dict.fromkeys(("teams", "languages", "countries", "regions", "territories"), "names"),
    **dict.fromkeys(("industries", "licenses", "accounts"), "names"),
    "skills": "levels",
    "capacity_by_segment": "capacity_by_segment",
    "caps": "caps",
    "signals": "signals",
}
"""How a cell of each field is read; of the others as it stands."""


def readers(
    timezone: str | None = None, dates: str | None = None, decimal: str | None = None
) -> Mapping[str, Reader]:
    """Return how cells are read, by kind.

    Args:
        timezone: The IANA zone of instants without an offset; they are refused when not given.
        dates: The order of day, month and year: ``dmy``, ``mdy`` or ``ymd``.
        decimal: The sign before a fraction: ``.`` or ``,``.

    Example:
        >>> readers(decimal=",")["number"]("50.000")
        50000
    """
    instant = partial(read_instant, timezone=timezone, dates=dates)
    figure = partial(read_number, decimal=decimal or ".")
    return {
        "text": _as_it_is,
        "open": read_open,
        "id": read_id,
        "digits": read_digits,
        "whole": read_whole,
        "number": read_number if decimal is None else partial(read_number, decimal=decimal),
        "instant": instant,
        "flag": read_flag,
        "names": read_names,
        "levels": partial(read_levels, figure=figure),
        "capacity_by_segment": partial(read_buckets, figure=figure),
        "caps": read_caps,
        "signals": partial(read_signals, figure=figure, instant=instant),
    }


def read_number(given: Any, decimal: str | None = None) -> Any:
    """Read a number: ``50000``, ``50000.5``, ``1e6``, and with a decimal sign ``50.000,5``."""
    if given.__class__ is not str:
        return given
    if given.isdigit() and given.isascii() and len(given) < 16:
        return int(given)
    return number(given, decimal=decimal)


_POINT: Final = partial(read_number, decimal=".")


def read_instant(given: Any, timezone: str | None = None, dates: str | None = None) -> Any:
    """Read an instant: ISO 8601 with an offset, or what zone and order of the parts make certain."""
    return moment(read_open(given), timezone=timezone, dates=dates)


def read_open(given: Any) -> Any:
    """Read an attribute that nobody declared: as it stands, but for an instant as ``to_dict`` writes it."""
    if isinstance(given, Mapping) and set(given) == {"$instant"}:
        return moment(given["$instant"])
    return given


def declared(kind: str, read: Reader) -> Reader:
    """Return how an attribute is read that is declared to be of a kind, and refused when it is of another."""
    types, expected = _KINDS[kind]

    def checked(given: Any) -> Any:
        found = plain_value(read(given))
        if found is None or (
            isinstance(found, types) and isinstance(found, bool) == (kind == "flag")
        ):
            return found
        raise Refused(f"is of type {type(found).__name__}; it must be {expected}")

    return checked


_KINDS: Final[Mapping[str, tuple[Any, str]]] = {
    "text": (str, "text"),
    "number": (Number, "a number"),
    "flag": (bool, "true or false"),
    "instant": (datetime, "an instant"),
    "names": (list | tuple | Set, "a set of names"),
}


def read_id(given: Any) -> Any:
    """Read an id: text, a whole number as its digits, a UUID as its text.

    Example:
        >>> read_id(901.0)
        '901'
    """
    if given.__class__ is not str:
        given = read_digits(given)
    if given.__class__ is str:
        given = given.strip()
        if "+" in given and _SCIENTIFIC.fullmatch(given):
            remedy = "export it again with the column as text"
            raise Refused(f"is {given!r}, a long number that a spreadsheet has cut; {remedy}")
    return str(given) if type(given).__name__ == "UUID" else given


def read_digits(given: Any) -> Any:
    """Read what a table may hold as a number though it is none, such as a phone number."""
    if given.__class__ is str:
        return given
    given = read_whole(given)
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def read_whole(given: Any) -> Any:
    """Read a postal code: a whole float as an integer, of which the model knows whether zeros may be missing."""
    if given.__class__ is str:
        return given
    given = plain_value(given)
    exact = isinstance(given, float) and given.is_integer() and abs(given) < _EXACT
    return int(given) if exact else given


LEAVE_TEXT: Final = (read_digits, read_whole)
"""The readers that leave text as it is."""


def read_flag(given: Any) -> Any:
    """Read a flag: ``true``, ``yes`` or ``1``, and ``false``, ``no`` or ``0``, in any letter case."""
    if not isinstance(given, str):
        return given
    found = _FLAGS.get(given.strip().lower())
    if found is None:
        raise Refused(f"is {given[:40]!r}; write true or false")
    return found


def read_names(given: Any) -> Any:
    """Read names with ``;`` between them.

    Example:
        >>> read_names("en; de")
        ['en', 'de']
    """
    return _parts(given) if isinstance(given, str) else given


def _parts(cell: str) -> list[str]:
    return [name for part in cell.split(";") if (name := part.strip())]


def read_levels(given: Any, figure: Reader = _POINT) -> Any:
    """Read skills with their levels; without a level it is 1.

    Example:
        >>> read_levels("healthcare=0.9; fintech")
        {'healthcare': 0.9, 'fintech': 1}
    """
    if not isinstance(given, str):
        return given
    found: dict[str, float] = {}
    for part in _parts(given):
        name, equals, level = (piece.strip() for piece in part.rpartition("="))
        if not equals:
            name, level = part, "1"
        if name in found:
            raise Refused(f"have {name[:40]!r} twice; keep one of them")
        found[name] = figure(level)
    return found


def read_buckets(given: Any, figure: Reader = _POINT) -> Any:
    """Read the most per segment.

    Example:
        >>> read_buckets("enterprise=2; normal=4")
        {'enterprise': 2, 'normal': 4}
    """
    for part in _parts(given) if isinstance(given, str) else ():
        if "=" not in part:
            raise Refused(f"have {part[:40]!r} without a number; write 'enterprise=2; normal=4'")
    return read_levels(given, figure)


def read_caps(given: Any) -> Any:
    """Read caps.

    Example:
        >>> [str(cap) for cap in read_caps("5/day; 30 per month, paced")]
        ['5 per day', '30 per month, paced']
    """
    return [_cap(part) for part in _parts(given)] if isinstance(given, str) else given


def _cap(written: str) -> Cap:
    try:
        return Cap.parse(written)
    except ValidationError as error:
        raise Refused("; ".join(map(str, error.faults))) from None
    except ConfigError:
        remedy = "write them like '5 per day; 30 per month'"
        raise Refused(f"are {written[:40]!r}; {remedy}") from None


def read_signals(given: Any, figure: Reader = _POINT, instant: Reader = read_instant) -> Any:
    """Read signals: text such as ``pricing_page@2026-01-05T09:00:00Z=240; webinar@...``, or objects of JSON."""
    if isinstance(given, str):
        return [_signal(*_split(part), figure, instant) for part in _parts(given)]
    if isinstance(given, list | tuple):
        return [_of_object(each, instant) if isinstance(each, Mapping) else each for each in given]
    return given


def _split(written: str) -> tuple[str, str, str]:
    kind, at, rest = written.rpartition("@")
    if not at:
        example = "pricing_page@2026-01-05T09:00:00Z=240"
        raise Refused(f"are {written[:40]!r}; write them like '{example}'")
    at, _, value = rest.partition("=")
    return kind.strip(), at, value or "1"


def _of_object(given: Mapping[str, Any], instant: Reader) -> Signal:
    if not {"kind", "at"} <= set(given) <= {"kind", "at", "value"}:
        raise Refused(f"hold {shown(dict(given))}; write {{'kind': ..., 'at': ..., 'value': ...}}")
    return _signal(given["kind"], given["at"], given.get("value", 1.0), _as_it_is, instant)


def _as_it_is(given: Any) -> Any:
    return given


def _signal(kind: str, at: str | datetime, value: Any, figure: Reader, instant: Reader) -> Signal:
    try:
        return Signal(kind, instant(at), figure(value))
    except ValidationError as error:
        raise Refused(f"hold a signal whose {'; '.join(map(str, error.faults))}") from None
