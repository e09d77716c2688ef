"""Rows of other programs to leads and reps: what a cell fills, and every fault with its place.

An empty cell is not known, and so is None, NaN, NaT and ``pandas.NA``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import lru_cache, partial
from inspect import unwrap
from itertools import pairwise
from numbers import Number
from operator import attrgetter, itemgetter
from typing import Any, Final, Generic, Literal, TypedDict, TypeVar

from attrs import Attribute, field, fields, frozen

from leadroute.errors import ConfigError, FieldError, ValidationError
from leadroute.model.caps import Cap
from leadroute.model.columns import (
    ATTRIBUTE,
    CRM_PREFIXES,
    IGNORE,
    PARTS_OF_NAME,
    Column,
    ColumnMap,
    as_columns,
    flattened,
    header_key,
    match_columns,
)
from leadroute.model.geography import country, zeros_restored
from leadroute.model.given import Refused, missing, moment, number, plain_value, shown
from leadroute.model.signal import Signal
from leadroute.model.validation import FrozenDict, frozen_words, open_attributes, timezone

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
    **dict.fromkeys(("level", "capacity", "weight", "pause_after_missed"), "number"),
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
    """Return how cells are read, by kind."""
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
    """Read an instant: ISO 8601 with an offset, or what zone and order make certain."""
    return moment(read_open(given), timezone=timezone, dates=dates)


def read_open(given: Any) -> Any:
    """Read an undeclared attribute: as it stands, but for an instant as ``to_dict`` writes it."""
    if isinstance(given, Mapping) and set(given) == {"$instant"}:
        return moment(given["$instant"])
    return given


def declared(kind: str, read: Reader) -> Reader:
    """Return how an attribute declared to be of a kind is read, and refused when of another."""
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
    """Read an id: text, a whole number as its digits, a UUID as its text."""
    if given.__class__ is not str:
        given = str(given) if type(given).__name__ == "UUID" else read_digits(given)
    if given.__class__ is str:
        given = given.strip()
        if "+" in given and _SCIENTIFIC.fullmatch(given):
            remedy = "export it again with the column as text"
            raise Refused(f"is {given!r}, a long number that a spreadsheet has cut; {remedy}")
    return given


def read_digits(given: Any) -> Any:
    """Read what a table may hold as a number though it is none, such as a phone number."""
    if given.__class__ is str:
        return given
    given = read_whole(given)
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else given


def read_whole(given: Any) -> Any:
    """Read a postal code: a whole float as an integer; the model knows if zeros may be missing."""
    if given.__class__ is str:
        return given
    given = plain_value(given)
    exact = isinstance(given, float) and given.is_integer() and abs(given) < _EXACT
    return int(given) if exact else given


LEAVE_TEXT: Final = (read_digits, read_whole)
"""The readers that leave text as it is."""


def read_flag(given: Any) -> Any:
    """Read a flag: ``true``, ``yes`` or ``1``, ``false``, ``no`` or ``0``, in any letter case."""
    if not isinstance(given, str):
        return given
    found = _FLAGS.get(given.strip().lower())
    if found is None:
        raise Refused(f"is {given[:40]!r}; write true or false")
    return found


def read_names(given: Any) -> Any:
    """Read names with ``;`` between them."""
    return _parts(given) if isinstance(given, str) else given


def _parts(cell: str) -> list[str]:
    return [name for part in cell.split(";") if (name := part.strip())]


def read_levels(given: Any, figure: Reader = _POINT) -> Any:
    """Read skills with their levels; without a level it is 1."""
    if not isinstance(given, str):
        return given
    found: dict[str, float] = {}
    for part in _parts(given):
        name, equals, level = (piece.strip() for piece in part.rpartition("="))
        if not equals:
            name, level = part, "1"
        if "=" in name and "," in part:
            raise Refused(f"have {part[:40]!r}; write ; between several")
        if name in found:
            raise Refused(f"have {name[:40]!r} twice; keep one of them")
        found[name] = figure(level)
    return found


def read_buckets(given: Any, figure: Reader = _POINT) -> Any:
    """Read the most per segment."""
    for part in _parts(given) if isinstance(given, str) else ():
        if "=" not in part:
            raise Refused(f"have {part[:40]!r} without a number; write 'enterprise=2; normal=4'")
    return read_levels(given, figure)


def read_caps(given: Any) -> Any:
    """Read caps."""
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
    """Read signals: text such as ``pricing_page@2026-01-05T09:00:00Z=240; ...``, or objects."""
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


CUSTOM_KINDS: Final = ("text", "number", "instant", "flag", "names")
"""The kinds that a custom attribute can have."""

NOT_UTF8: Final = "is not UTF-8; it may be Windows-1252: save the file as CSV in UTF-8"

_PLACEHOLDER: Final = "unnamed"


V = TypeVar("V")


def _one_of(*words: str) -> Callable[[Any, Any, Any], None]:
    def check(_options: object, attribute: Attribute[Any], given: object) -> None:
        if given is not None and given not in words:
            raise ConfigError(f"{attribute.name} is {given!r:.40}; write one of {', '.join(words)}")

    return check


def _country(given: Any) -> str | None:
    return _option("country", country, given)


def _zone(given: Any) -> str | None:
    return _option("timezone", timezone, given)


def _option(name: str, clean: Callable[[Any], str | None], given: Any) -> str | None:
    try:
        return None if given is None else clean(given)
    except Refused as refused:
        raise ConfigError(f"{name} {refused}") from None


class RowOptions(TypedDict, total=False):
    """The options of one row, by name, for the types of those who hand them on."""

    columns: ColumnMap | Mapping[str, str] | str | None
    custom: Mapping[str, str] | None
    country: str | None
    timezone: str | None
    dates: Literal["dmy", "mdy", "ymd"] | None
    decimal: Literal[".", ","] | None
    extra: Literal["attributes", "ignore", "refuse"]


@frozen(kw_only=True, cache_hash=True)
class ReadOptions:
    """What has to be known of rows before they can be read."""

    columns: ColumnMap = field(default=None, converter=as_columns)
    custom: Mapping[str, str] = field(default=FrozenDict(), converter=frozen_words)
    country: str | None = field(default=None, converter=_country)
    timezone: str | None = field(default=None, converter=_zone)
    dates: str | None = field(default=None, validator=_one_of("dmy", "mdy", "ymd"))
    decimal: str | None = field(default=None, validator=_one_of(".", ","))
    extra: str = field(default="attributes", validator=_one_of("attributes", "ignore", "refuse"))
    on_fault: str = field(default="row", validator=_one_of("row", "field"))

    def __attrs_post_init__(self) -> None:
        for name, kind in self.custom.items():
            if kind not in CUSTOM_KINDS:
                kinds = ", ".join(CUSTOM_KINDS)
                raise ConfigError(f"{name} is declared as {kind!r}; the kinds are {kinds}")

    def kinds(self, entity: str, names: Sequence[str]) -> dict[str, str]:
        """Return the kinds of the attributes of a ``lead`` or a ``rep`` that are no fields."""
        owned = ((*key.rpartition("."), kind) for key, kind in self.custom.items())
        return {
            name: kind
            for owner, _, name, kind in owned
            if (owner or "lead") == entity and name not in names
        }


_TYPED: Final = frozenset(
    ("country", "region", "postal_code", "language", "email", "phone", "domain")
)
"""Fields in which words such as ``n/a`` say that nothing is known, beside numbers and instants."""


@frozen
class _Slot:
    """What one field or attribute is filled from: columns in the order of choice."""

    name: str
    attribute: bool
    read: Reader | None
    columns: tuple[int, ...]
    titles: tuple[str, ...]
    twins: tuple[tuple[int, int], ...]
    typed: bool = False


@lru_cache(maxsize=256)
def _reader_of(kind: Any, headers: tuple[str, ...], options: ReadOptions) -> RowReader[Any]:
    """Return the reader of rows with these headers; the same one for the same headers."""
    return RowReader(kind, headers, options)


def laid_out(
    kind: type[V], row: Mapping[str, Any], options: ReadOptions
) -> tuple[RowReader[V], tuple[Any, ...]]:
    """Return the reader of a row that has its headers with it, and its cells."""
    flat = flattened(row, _names(kind))
    known: Any = kind
    return _reader_of(known, tuple(flat), options), tuple(flat.values())


class RowReader(Generic[V]):
    """Reads rows that have the same headers.

    ``columns`` has what each column fills, ``faults`` what is wrong with the headers.
    """

    def __init__(self, kind: type[V], headers: Sequence[str], options: ReadOptions) -> None:
        self._kind = kind
        # The names are those of fields: a wrong one need not be guarded against.
        self._fill: Callable[..., None] = unwrap(kind.__init__)
        self._options = options
        entity, names = kind.__name__.lower(), _names(kind)
        kinds = options.kinds(entity, names)
        self.columns, self.faults = match_columns(
            headers,
            entity,
            names,
            options.columns,
            kinds,
            extra=options.extra,
            zoned=options.timezone is not None,
        )
        slots = list(_slots(self.columns, kinds, options))
        self._parts = [slot for slot in slots if slot.name in PARTS_OF_NAME]
        columns = [slot.columns[0] for slot in self._parts if len(slot.columns) == 1]
        self._pair = itemgetter(*columns) if len(columns) == len(self._parts) == 2 else None
        self._slots = [slot for slot in slots if slot.name not in PARTS_OF_NAME]
        # Most fields have one column: what is needed of those lies flat, because it is needed for every cell.
        single = [slot for slot in self._slots if len(slot.columns) == 1]
        self._several = [slot for slot in self._slots if len(slot.columns) > 1]
        self._plain = [
            (each.name, each.attribute, each.columns[0], each.read)
            for each in single
            if each.read is None or each.read in LEAVE_TEXT
        ]
        self._typed = [
            (each.name, each.attribute, each.columns[0], each.read, each.titles[0])
            for each in single
            if each.read is not None and each.read not in LEAVE_TEXT
        ]
        self._postal = next((slot for slot in slots if slot.name == "postal_code"), None)
        self._lenient = options.on_fault == "field"
        self._home = "country"
        self._country: str | frozenset[str] | None = options.country
        if "countries" in names and options.country is not None:
            self._home, self._country = "countries", frozenset((options.country,))

    def read(self, cells: Sequence[Any]) -> tuple[V | None, list[FieldError]]:
        """Return the value of a row, if it is one, and what is wrong with the row."""
        given: dict[str, Any] = {}
        attributes: dict[str, Any] = {}
        faults: list[FieldError] = []
        self._read_plain(cells, given, attributes)
        self._read_typed(cells, given, attributes, faults)
        for slot in self._several:
            found = _cell(slot, cells, faults)
            if found is not None:
                (attributes if slot.attribute else given)[slot.name] = found
        if self._parts and "name" not in given:
            given["name"] = self._joined(cells, faults)
        if "id" not in given:
            if not any(fault.field.startswith("id") for fault in faults):
                faults.append(
                    FieldError("id", "is empty; every lead and rep needs an id of its own")
                )
            given["id"] = _PLACEHOLDER
        if self._country is not None and missing(given.get(self._home), typed=True):
            given[self._home] = self._country
        return self._built(given, attributes, faults, cells)

    def _read_plain(
        self, cells: Sequence[Any], given: dict[str, Any], attributes: dict[str, Any]
    ) -> None:
        for name, attribute, at, read in self._plain:
            cell = cells[at]
            if cell.__class__ is not str:
                if missing(cell, typed=False):
                    continue
                cell = cell if read is None else read(cell)
            elif not cell or cell.isspace():
                continue
            (attributes if attribute else given)[name] = cell

    def _read_typed(
        self,
        cells: Sequence[Any],
        given: dict[str, Any],
        attributes: dict[str, Any],
        faults: list[FieldError],
    ) -> None:
        for name, attribute, at, read, title in self._typed:
            cell = cells[at]
            if cell.__class__ is str:
                if not cell or cell.isspace():
                    continue
            elif missing(cell, typed=False):
                continue
            try:
                found = read(cell)
            except Refused as refused:
                faults.append(_fault(title, cell, str(refused)))
            else:
                if found is not None:
                    (attributes if attribute else given)[name] = found

    def _joined(self, cells: Sequence[Any], faults: list[FieldError]) -> str:
        """First and last name with a blank between."""
        if self._pair is not None:
            first, last = self._pair(cells)
            if first.__class__ is last.__class__ is str:
                return f"{first.strip()} {last.strip()}".strip()
        found = []
        for slot in self._parts:
            part = cells[slot.columns[0]]
            if part.__class__ is not str or len(slot.columns) > 1:
                part = _cell(slot, cells, faults)
                part = "" if part is None else str(part)
            if part := part.strip():
                found.append(part)
        return " ".join(found)

    def restored(self, value: V, cells: Sequence[Any]) -> bool:
        """Return whether the postal code got back the zeros that its cell had lost."""
        code = getattr(value, "postal_code", None)
        if self._postal is None or not code or code[0] != "0":
            return False
        known = (cells[at] for at in self._postal.columns if not missing(cells[at], typed=True))
        return zeros_restored(next(known, None), code)

    def _built(
        self,
        given: dict[str, Any],
        attributes: dict[str, Any],
        faults: list[FieldError],
        cells: Sequence[Any],
    ) -> tuple[V | None, list[FieldError]]:
        lenient = self._lenient and given["id"] != _PLACEHOLDER
        while True:
            try:
                value = object.__new__(self._kind)
                if attributes:
                    self._fill(value, **given, attributes=attributes)
                else:
                    self._fill(value, **given)
            except ValidationError as error:
                refused = list(self._refused(error, attributes))
                faults += [_said(slot, problem, cells) for slot, problem in refused]
                taken = [
                    (attributes if slot.attribute else given).pop(slot.name, None)
                    for slot, _ in refused
                ]
                if not lenient or "id" not in given or not any(each is not None for each in taken):
                    return None, faults
            else:
                return (value if lenient or not faults else None), faults

    def _refused(
        self, error: ValidationError, attributes: Mapping[str, Any]
    ) -> Iterator[tuple[_Slot, str]]:
        """Each thing that the model refused, by what filled it."""
        slots = {(slot.name, slot.attribute): slot for slot in self._slots}
        if self._parts and ("name", False) not in slots:
            at, titles = (
                sum(map(attrgetter(each), self._parts), ()) for each in ("columns", "titles")
            )
            slots["name", False] = _Slot("name", False, None, at, titles, ())
        for fault in error.faults:
            if fault.field != "attributes":
                empty = _Slot(fault.field, False, None, (), (), ())
                yield slots.get((fault.field, False), empty), fault.problem
                continue
            for name, value in attributes.items():
                try:
                    open_attributes({name: value})
                except Refused as refused:
                    yield slots[name, True], str(refused).partition("] ")[2]


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in fields(kind) if each.name != "attributes")


def _slots(
    columns: Sequence[Column], kinds: Mapping[str, str], options: ReadOptions
) -> Iterator[_Slot]:
    """What is filled, in the order of the columns."""
    by_kind = readers(options.timezone, options.dates, options.decimal)
    prefixes = CRM_PREFIXES.get(options.columns.preset, {})
    choices: dict[str, list[tuple[int, int]]] = {}
    for at, column in enumerate(columns):
        if column.fills != IGNORE:
            choices.setdefault(column.fills, []).append((column.place, at))
    for target, found in choices.items():
        found.sort()
        attribute = target.startswith(ATTRIBUTE)
        name = target.removeprefix(ATTRIBUTE) if attribute else target
        read = by_kind["open"] if attribute else by_kind.get(FIELD_KINDS.get(name, ""))
        if attribute and name in kinds:
            read = declared(kinds[name], by_kind[kinds[name]])
        if target in prefixes:
            read = _without(prefixes[target], read)
        yield _Slot(
            name,
            attribute,
            read,
            tuple(at for _, at in found),
            tuple(_title(name, target, columns[at].header) for _, at in found),
            tuple((a, b) for (one, a), (other, b) in pairwise(found) if one == other),
            not attribute and (name in _TYPED or FIELD_KINDS.get(name) in ("number", "instant")),
        )


def _title(name: str, target: str, header: str) -> str:
    key = header_key(header)
    plain = key in (header_key(name), header_key(target))
    return target if plain else f"{target} (column {header.strip()[:60]!r})"


def _without(prefix: str, read: Reader | None) -> Reader:
    def without(given: Any) -> Any:
        if isinstance(given, str):
            given = given.strip().removeprefix(prefix)
        return given if read is None else read(given)

    return without


def _cell(slot: _Slot, cells: Sequence[Any], faults: list[FieldError]) -> Any:
    """What a slot is filled with; ``None`` when nothing is known, or when it was refused."""
    for place, title in zip(slot.columns, slot.titles, strict=True):
        cell = cells[place]
        if missing(cell, typed=slot.typed):
            continue
        try:
            if slot.twins:
                _agree(slot, cells)
            return cell if slot.read is None else slot.read(cell)
        except Refused as refused:
            faults.append(_fault(title, cell, str(refused)))
            return None
    return None


def _agree(slot: _Slot, cells: Sequence[Any]) -> None:
    for first, second in slot.twins:
        one, other = cells[first], cells[second]
        if not (missing(one, typed=False) or missing(other, typed=False) or one == other):
            raise Refused("is there twice, with two different values; keep one of them")


def _said(slot: _Slot, problem: str, cells: Sequence[Any]) -> FieldError:
    """What the model refused, with the title of the column that it came from."""
    known = [
        (title, cells[at])
        for at, title in zip(slot.columns, slot.titles, strict=True)
        if not missing(cells[at], typed=False)
    ]
    strange = [(title, cell) for title, cell in known if _is_undecoded(cell)]
    if slot.read is read_names and known and "," in str(known[0][1]):
        problem += "; write ; between several"
    return _fault(*(strange or known)[0], problem) if known else FieldError(slot.name, problem)


def _is_undecoded(cell: Any) -> bool:
    return isinstance(cell, str) and any("\udc80" <= c <= "\udcff" for c in cell)


def _fault(title: str, cell: Any, problem: str) -> FieldError:
    return FieldError(title, NOT_UTF8 if _is_undecoded(cell) else problem)
