"""Values as plain data and back: what JSON, a database column or another program can hold.

What can be read is a closed set of types. No type is ever named by the data.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Generic, TypeAlias, TypeVar

from attrs import fields, has
from cattrs import Converter
from cattrs.errors import ClassValidationError
from cattrs.fns import identity
from cattrs.v import transform_error

from leadroute.errors import FieldError, NewerFormatError, ValidationError, nearest
from leadroute.model.caps import Cap
from leadroute.model.duration import (
    Within,
    format_duration,
    format_within,
    parse_duration,
    parse_within,
)
from leadroute.model.given import Refused, moment
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.model.schedule import text_of

__all__ = ["document", "dumps", "from_dict", "loads", "make_converter", "to_dict"]

T = TypeVar("T")

FORMAT: Final = 2
"""The format of the documents that this release writes; one without a number has format 1."""

_INSTANT = "$instant"

compact = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
).encode


def to_dict(value: Any) -> dict[str, Any]:
    """Return a lead, rep or other value as plain data.

    Fields at their default are left out.

    Raises:
        ValidationError: A rep's schedule has no text: its holidays are dates one by one, or it is a combination.

    Example:
        >>> to_dict(Lead("L-1", country="de"))
        {'id': 'L-1', 'country': 'DE'}
    """
    plain: dict[str, Any] = _unstructuring(type(value))(value)  # type: ignore[arg-type]  # a class can be hashed
    return plain


@cache
def _unstructuring(kind: type[Any]) -> Callable[[Any], Any]:
    return make_converter().get_unstructure_hook(kind)


def from_dict(kind: type[T], data: Mapping[str, Any]) -> T:
    """The value of type ``kind`` that ``data`` describes.

    Args:
        kind: ``Lead``, ``Rep``, or another value type of leadroute.
        data: What ``to_dict`` made, or what came from JSON.

    Raises:
        ValidationError: Something in it cannot be right; every fault is listed.

    Example:
        >>> from_dict(
        ...     Lead, {"id": "L-1", "country": "de", "received_at": "2026-01-05T09:00:00Z"}
        ... ).country
        'DE'
    """
    if not isinstance(data, Mapping):
        raise ValidationError(
            kind.__name__, "", [FieldError("data", f"is {type(data).__name__}; write a mapping")]
        )
    try:
        return make_converter().structure(data, kind)
    except ClassValidationError as error:
        faults = [
            FieldError(*_split(message)) for message in transform_error(error, path=kind.__name__)
        ]
        raise ValidationError(kind.__name__, "", faults) from None


def dumps(value: Any) -> str:
    """A value as compact JSON, the same text for equal values."""
    return compact(to_dict(value))


def document(value: Any) -> str:
    """A value as ``dumps`` writes it, with the format that a later release goes by: for a store."""
    return stamped(to_dict(value))


Lift: TypeAlias = Callable[[type[Any], dict[str, Any]], dict[str, Any]]
"""From the data of a document of format 1 to that of format 2."""


class Recent(Generic[T]):
    """The values of the last documents that were read or written, by their text.

    A process reads back much of what it has just written. Values are frozen, so they can be shared.

    Args:
        most: How many are kept, from 1 up.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: dict[str, T] = {}

    def read(self, text: str, read: Callable[[str], T]) -> T:
        """The value of a document, which is read when it is not known."""
        found = self._kept.get(text)
        if found is None:
            found = read(text)
            self.put(text, found)
        return found

    def put(self, text: str, value: T) -> None:
        """Keep the value of a document."""
        if len(self._kept) >= self._most:
            self._kept.clear()
        self._kept[text] = value


def stamped(data: Mapping[str, Any]) -> str:
    """Plain data as a document of a store, with its format."""
    return compact({**data, "format": FORMAT})


def loads(kind: type[T], text: str, lead_id: str = "", lift: Lift | None = None) -> T:
    """The value that ``dumps`` or a store wrote.

    Args:
        kind: The type of the value.
        text: The text.
        lead_id: The lead that it belongs to, for the message of an error.
        lift: What turns the data of an older format into that of this one; not needed by default.

    Raises:
        ValidationError: The text does not describe a value of this type.
        NewerFormatError: A newer release of leadroute wrote it.
    """
    try:
        data = json.loads(text, parse_constant=_no_number, object_pairs_hook=_each_once)
    except (ValueError, RecursionError) as error:
        fault = FieldError("text", f"is not JSON that can be read: {_cause(error)}")
        raise ValidationError(kind.__name__, lead_id, (fault,)) from None
    if isinstance(data, dict):
        found = data.pop("format", 1)
        _check_format(kind.__name__, lead_id, found)
        if lift is not None and found < FORMAT:
            data = lift(kind, data)
    return from_dict(kind, data)


def _check_format(kind: str, lead_id: str, found: Any) -> None:
    if type(found) is not int or found < 1:
        fault = FieldError("format", f"is {found!r:.40}; write {FORMAT}, or leave it out")
        raise ValidationError(kind, lead_id, (fault,))
    if found > FORMAT:
        raise NewerFormatError(kind, lead_id, found, FORMAT)


def _cause(error: ValueError | RecursionError) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else str(error)


def _no_number(written: str) -> float:
    raise ValueError(f"{written} is not a finite number")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in the same object")
    return found


@cache
def make_converter() -> Converter:
    """The cattrs converter that knows every value of leadroute; do not change it."""
    converter = Converter(forbid_extra_keys=True, omit_if_default=True)
    converter.register_unstructure_hook(datetime, datetime.isoformat)
    converter.register_structure_hook(datetime, lambda given, _: _instant(given))
    converter.register_unstructure_hook(timedelta, format_duration)
    converter.register_structure_hook(timedelta, lambda given, _: parse_duration(given))
    converter.register_unstructure_hook(Within, format_within)
    converter.register_structure_hook(Within, lambda given, _: parse_within(given))
    for kept in (str | None, int | None, float | None):  # inlined, where each value would be asked
        converter.register_unstructure_hook(kept, identity)
    converter.register_unstructure_hook_func(lambda kind: kind in _CODERS, _unstructured)
    converter.register_structure_hook_func(lambda kind: kind in _CODERS, _structured)
    return converter


def _split(message: str) -> tuple[str, str]:
    problem, _, path = message.partition(" @ ")
    return path or "value", f"cannot be read: {problem}"


def _instant(given: Any) -> datetime:
    if isinstance(given, datetime):
        return given
    return datetime.fromisoformat(given)


def _lenient_instant(given: Any) -> Any:
    try:
        return moment(given)
    except Refused:
        return given


def _unstructured(value: Lead | Rep) -> dict[str, Any]:
    plain = {}
    for name, default, write in _writers(type(value)):  # type: ignore[arg-type]  # a class can be hashed
        given = getattr(value, name)
        if given is not default and given != default:
            try:
                plain[name] = write(given)
            except Refused as refused:
                fault = FieldError(name, str(refused))
                raise ValidationError(type(value).__name__, value.id, (fault,)) from None
    return plain


@cache
def _writers(kind: type[Lead | Rep]) -> tuple[tuple[str, Any, Callable[[Any], Any]], ...]:
    """The fields of a lead or a rep: name, default, and what turns a value into plain data."""
    coders = _CODERS[kind]
    return tuple(
        (each.name, each.default, coders.get(each.name, _CODER)[0]) for each in fields(kind)
    )


def _structured(data: Any, kind: type[T]) -> T:
    coders, known = _CODERS[kind], [attribute.name for attribute in fields(kind)]  # type: ignore[arg-type]
    faults = [
        FieldError(str(name)[:80], _unknown(str(name), known)) for name in data if name not in known
    ]
    given = {
        name: coders.get(name, _CODER)[1](value) for name, value in data.items() if name in known
    }
    try:
        value = kind(**{"id": "", **given})
    except ValidationError as error:
        raise ValidationError(error.kind, error.ident, (*faults, *error.faults)) from None
    if faults:
        raise ValidationError(kind.__name__, given["id"], faults)
    return value


def _unknown(name: str, known: list[str]) -> str:
    near = nearest(name, known)
    hint = f"did you mean {near!r}?" if near else "put it under 'attributes'"
    return f"is not a field; {hint}"


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind is str or kind is int or kind is float:
        return value
    if isinstance(value, frozenset):
        return sorted(value)
    return str(value) if has(kind) else value


def _attributes_to_plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: {_INSTANT: value.isoformat()} if isinstance(value, datetime) else _plain(value)
        for name, value in given.items()
    }


def _attributes_from_plain(given: Any) -> Any:
    if not isinstance(given, Mapping):
        return given
    return {name: _attribute_from_plain(value) for name, value in given.items()}


def _attribute_from_plain(value: Any) -> Any:
    if not (isinstance(value, Mapping) and set(value) == {_INSTANT}):
        return value
    found = _lenient_instant(value[_INSTANT])
    return found if isinstance(found, datetime) else value


def _signals_to_plain(given: tuple[Signal, ...]) -> list[dict[str, Any]]:
    return [{"kind": each.kind, "at": each.at.isoformat(), "value": each.value} for each in given]


def _signals_from_plain(given: Any) -> Any:
    if not isinstance(given, list | tuple):
        return given
    return [_signal(each) if isinstance(each, Mapping) else each for each in given]


def _signal(given: Mapping[str, Any]) -> Any:
    unfit = set(given) - {"kind", "at", "value"}
    if unfit or not {"kind", "at"} <= set(given):
        return given
    try:
        return Signal(given["kind"], _lenient_instant(given["at"]), given.get("value", 1.0))
    except ValidationError:
        return given


def _caps_to_plain(given: tuple[Cap, ...]) -> dict[str, int] | list[str]:
    plain: dict[str, int] = {cap.per: cap.limit for cap in given}
    return plain if all(cap == Cap(cap.limit, cap.per) for cap in given) else [*map(str, given)]


def _same(given: Any) -> Any:
    return given


_Coder = tuple[Callable[[Any], Any], Callable[[Any], Any]]
_CODER: _Coder = (_plain, _same)
_TIME: _Coder = (datetime.isoformat, _same)
_ATTRIBUTES: _Coder = (_attributes_to_plain, _attributes_from_plain)
_CODERS: Mapping[type, Mapping[str, _Coder]] = {
    Lead: {
        "received_at": _TIME,
        "deadline": _TIME,
        "signals": (_signals_to_plain, _signals_from_plain),
        "attributes": _ATTRIBUTES,
    },
    Rep: {
        "skills": (dict, _same),
        "schedule": (text_of, _same),
        "capacity_by_segment": (dict, _same),
        "caps": (_caps_to_plain, _same),
        "joined_at": _TIME,
        "wrap_up": (format_duration, _same),
        "attributes": _ATTRIBUTES,
    },
}
