"""How values are checked and cleaned, and a mapping that does not change.

The rules of this module:

* Only what a host hands in is asked, once, where it comes in.
* A subclass is of the kind, and for a protocol whatever has its methods.
* A cleaner takes what the host gave and returns the normal form, or raises ``Refused`` with what is wrong and what
  would be right. It never guesses.
* ``clean_fields`` runs every cleaner of a value and reports all faults together.
* ``None`` never reaches a cleaner: it means not known, or no limit. 0 means 0.
* The cleaners of personal fields never repeat the value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, NoReturn, Protocol, TypeVar
from zoneinfo import ZoneInfo

from attrs import NOTHING, Attribute, field, fields

from leadroute.errors import FieldError, FieldTypeError, ValidationError
from leadroute.model.countries import COUNTRIES, MISNOMERS

__all__ = [
    "Cleaner",
    "FrozenDict",
    "Refused",
    "aware",
    "by_name",
    "clean_fields",
    "cleaned",
    "country",
    "domain",
    "email",
    "every",
    "flag",
    "frozen_counts",
    "frozen_words",
    "ident",
    "instant",
    "known",
    "language",
    "levels",
    "must_be",
    "names",
    "number",
    "of_kind",
    "open_attributes",
    "postal_code",
    "private_text",
    "shown",
    "text",
    "timezone",
    "upper",
    "whole",
    "word",
]


K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A ``dict`` that refuses to change; hashable and picklable.

    Example:
        >>> skills = FrozenDict({"healthcare": 0.9})
        >>> skills["healthcare"] = 1.0
        Traceback (most recent call last):
        ...
        TypeError: this mapping is frozen; build a new one, such as FrozenDict({**old, key: value})
    """

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[FrozenDict[K, V]], tuple[dict[K, V]]]:
        return FrozenDict, (dict(self),)

    def __repr__(self) -> str:
        return f"FrozenDict({super().__repr__()})"

    def _refuse(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise TypeError(
            "this mapping is frozen; build a new one, such as FrozenDict({**old, key: value})"
        )

    __setitem__ = _refuse
    __delitem__ = _refuse
    __ior__ = _refuse
    clear = _refuse
    pop = _refuse
    popitem = _refuse
    setdefault = _refuse
    update = _refuse


def frozen_counts(given: Mapping[str, int]) -> FrozenDict[str, int]:
    """Counts by name, frozen; an attrs converter."""
    return FrozenDict(given)


def frozen_words(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """Words by name, frozen; an attrs converter."""
    return FrozenDict(given)


T = TypeVar("T")

_WRITE: Final = {
    "Clock": "a Clock, such as SystemClock()",
    "Environment": "an Environment, such as Environment(predicates={'vip': is_vip})",
    "Hours": "a schedule, such as Schedule('mon-fri 09:00-17:00', 'UTC')",
    "Lead": "a Lead, such as Lead('L-1')",
    "Mapping": "a mapping from names, such as {'ada': 3}",
    "TrackRecords": "TrackRecords, such as track_records_of(histories)",
    "LeadScoring": "a LeadScoring(...)",
    "Roster": "a Roster, such as Roster([Rep('ada')])",
    "Router": "a Router, such as Router(rules=[Rule('all')])",
    "Snapshot": "a Snapshot, such as Snapshot(open={'ada': 3})",
    "Store": "a Store, such as MemoryStore()",
    "bool": "True or False",
    "date": "a date, such as date(2026, 1, 5)",
    "frozenset": "a frozenset of dates",
    "str": "text",
    "timedelta": "a timedelta, such as timedelta(seconds=30)",
    "tzinfo": "a time zone, such as ZoneInfo('Europe/Berlin')",
}


def must_be(kind: type[Any], **given: object) -> None:
    """Refuse an argument that is of another kind.

    Args:
        kind: What it must be.
        given: The arguments, by name.

    Raises:
        FieldTypeError: One is something else; the message names it, its type and what to write.

    Example:
        >>> must_be(str, lead_id=17)
        Traceback (most recent call last):
        ...
        leadroute.errors.FieldTypeError: lead_id is of type int; it must be text
    """
    for argument, value in given.items():
        if not (isinstance(value, kind) or _has_its_methods(value, kind)):
            raise FieldTypeError(argument, f"of type {type(value).__name__}", _WRITE[kind.__name__])


def _has_its_methods(value: object, kind: type[Any]) -> bool:
    """Whether a protocol is fulfilled, though by attributes that are looked up when asked for, as proxies do."""
    methods = [name for name in vars(kind) if not name.startswith("_")]
    return Protocol in kind.__bases__ and all(hasattr(value, name) for name in methods)


def every(kind: type[T], **given: Iterable[T]) -> Iterator[T]:
    """Several things of one kind, each asked when its turn comes.

    Args:
        kind: What each must be.
        given: The argument, by name.

    Raises:
        FieldTypeError: It cannot be gone through, or it holds something else.
    """
    ((argument, values),) = given.items()
    if not isinstance(values, Iterable):
        expected = f"several, such as [{kind.__name__}(...), ...]"
        raise FieldTypeError(argument, f"of type {type(values).__name__}", expected)
    for number, value in enumerate(values):
        must_be(kind, **{f"{argument}[{number}]": value})
        yield value


def of_kind(kind: type[Any]) -> Callable[[Any, Attribute[Any], Any], None]:
    """A validator for an attrs field, as ``must_be``."""

    def check(_value: object, attribute: Attribute[Any], given: object) -> None:
        must_be(kind, **{attribute.name: given})

    return check


Cleaner = Callable[[Any], Any]

LONGEST_TEXT = 4_096
LONGEST_IDENT = 80
MACHINE_ZONES: Final = frozenset(("Factory", "localtime", "posixrules"))
"""Names that zoneinfo finds and that are no zones: what they stand for is a setting of the machine."""

_LARGEST_INT = 2**63 - 1
_AWARE: Final = "such as datetime.now(UTC)"
_IANA: Final = "write an IANA time zone such as 'Europe/Berlin'"


class Refused(Exception):
    """A cleaner's answer to a value that it cannot accept; the text completes "<field> ..."."""


def cleaned(clean: Cleaner, default: Any = None) -> Any:
    """An attrs field whose value goes through ``clean`` unless it is ``None``."""
    return field(default=default, metadata={"clean": clean})


def clean_fields(value: Any) -> None:
    """Replace every field of a frozen value by its normal form; for use in ``__attrs_post_init__``.

    Raises:
        ValidationError: One or more fields were refused; every fault is listed.
    """
    faults = []
    for name, clean, unsaid in _cleaners(value.__class__):
        given = getattr(value, name)
        if given is unsaid:
            continue
        try:
            normal = clean(given)
        except Refused as refused:
            faults.append(FieldError(name, str(refused)))
        else:
            if normal is not given:
                object.__setattr__(value, name, normal)
    if faults:
        raise ValidationError(type(value).__name__, _ident_of(value), faults)


@cache
def _cleaners(kind: type[Any]) -> tuple[tuple[str, Cleaner, Any], ...]:
    """Each field's name and cleaner, and the default that needs no cleaning; ``NOTHING`` where there is none."""
    declared: tuple[Attribute[Any], ...] = fields(kind)
    return tuple(
        (a.name, a.metadata["clean"], a.default if a.default in _UNSAID else NOTHING)
        for a in declared
        if "clean" in a.metadata
    )


_UNSAID: Final[tuple[object, ...]] = (None, frozenset(), (), FrozenDict())


def _ident_of(value: Any) -> str:
    given = getattr(value, "id", "")
    return given[:LONGEST_IDENT] if isinstance(given, str) else ""


def aware(instant: datetime, argument: str = "now") -> datetime:
    """The same instant in UTC.

    Raises:
        FieldTypeError: ``instant`` is naive, or no datetime at all; the message names ``argument``.

    Example:
        >>> aware(datetime(2026, 1, 5, 9, 0), "start")
        Traceback (most recent call last):
        ...
        leadroute.errors.FieldTypeError: start is a naive datetime; it must be an aware one, such as datetime.now(UTC)
    """
    if not isinstance(instant, datetime):
        kind = type(instant).__name__
        raise FieldTypeError(argument, f"of type {kind}", f"an aware datetime, {_AWARE}")
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise FieldTypeError(argument, "a naive datetime", f"an aware one, {_AWARE}")
    return instant.astimezone(UTC)


def known(instant: datetime | None) -> datetime:
    """The instant of a decision, which somebody must have said.

    Raises:
        FieldTypeError: Nobody said what time it is.
    """
    if instant is None:
        expected = "given: rank(lead, roster, now=...), or a lead with received_at"
        raise FieldTypeError("now", "not known", expected)
    return instant


def shown(given: Any) -> str:
    """What was given, as a message repeats it: at most 60 characters."""
    try:
        return f"{given!r:.60}"
    except ValueError:  # an int of more digits than Python prints
        return "too long to show"


def _withheld(_given: Any) -> str:
    return "withheld (personal data)"


def text(given: Any) -> str | None:
    """Text without space around it; empty text is ``None``."""
    return _storable(given, shown) or None


def private_text(given: Any) -> str | None:
    """As ``text``, for personal data: a refusal does not repeat the value."""
    return _storable(given, _withheld) or None


def _storable(given: Any, show: Callable[[Any], str]) -> str:
    if not isinstance(given, str):
        raise Refused(f"is {show(given)} of type {type(given).__name__}; write text")
    if len(given) > LONGEST_TEXT:
        raise Refused(f"has {len(given)} characters; write at most {LONGEST_TEXT}")
    if "\0" in given or not _encodable(given):
        raise Refused("holds a NUL or half a surrogate pair, which databases refuse; remove it")
    return given.strip()


def _encodable(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


def ident(given: str) -> str:
    """An id: text, kept exactly as it is, 1 to 80 characters without space around it."""
    stripped = _storable(given, shown)
    if not stripped:
        raise Refused("is empty; every lead, rep, rule and pool needs an id of its own")
    if stripped != given:
        raise Refused("has space around it; strip it, so that it cannot be taken for another id")
    length = len(given) + 2 * (given.count("/") + given.count("%"))
    if length > LONGEST_IDENT:
        raise Refused(
            f"has {length} characters ('/' and '%' count three); write at most {LONGEST_IDENT}"
        )
    return given


def word(given: Any) -> str:
    """A word of the host's own list, 1 to 80 characters; a refusal does not repeat it, in case it is free text."""
    found = private_text(given)
    if found is None:
        raise Refused("is empty; write a word of your own list")
    if len(found) > LONGEST_IDENT:
        remedy = f"write a word of your own list, at most {LONGEST_IDENT}, and no free text"
        raise Refused(f"has {len(found)} characters; {remedy}")
    return found


def upper(given: Any) -> str | None:
    """Text in upper case, such as a region code (ISO 3166-2)."""
    found = text(given)
    return found.upper() if found else None


def country(given: Any) -> str | None:
    """An ISO 3166-1 alpha-2 code in upper case."""
    code = upper(given)
    if code is None or code in COUNTRIES:
        return code
    hint = MISNOMERS.get(code)
    remedy = f"write {hint!r}" if hint else "write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'"
    raise Refused(f"is {given[:40]!r}; {remedy}")


def postal_code(given: Any) -> str | None:
    """A postal code in upper case; text only, because a number has lost its leading zeros."""
    if isinstance(given, int):
        raise Refused(f"is the number {given}; write text, because a number loses leading zeros")
    return upper(given)


def timezone(given: Any) -> str | None:
    """The name of an IANA time zone."""
    name = text(given)
    if name in MACHINE_ZONES:
        raise Refused(f"is {name!r}, which every machine understands otherwise; {_IANA}")
    if name is not None and not is_zone(name):
        raise Refused(f"is {name[:40]!r}; {_IANA}")
    return name


@lru_cache(maxsize=1_024)
def is_zone(name: str) -> bool:
    """Whether ``name`` is a time zone known on this machine, and the same on every other."""
    if name in MACHINE_ZONES or name.startswith(("posix/", "right/")):
        return False
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def language(given: Any) -> str | None:
    """A language tag in the customary case: ``en``, ``pt-BR``, ``zh-Hant``."""
    tag = text(given)
    if tag is None:
        return None
    parts = tag.replace("_", "-").split("-")
    if not (2 <= len(parts[0]) <= 8 and parts[0].isalpha() and all(_subtag(p) for p in parts)):
        raise Refused(f"is {tag[:40]!r}; write a language tag such as 'en' or 'pt-BR'")
    return "-".join([parts[0].lower(), *(_cased(part) for part in parts[1:])])


def _subtag(part: str) -> bool:
    return 1 <= len(part) <= 8 and part.isascii() and part.isalnum()


def _cased(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return part.upper() if len(part) == 2 else part.lower()


def domain(given: Any) -> str | None:
    """A domain name in lower case, in its ASCII (IDNA) form, without a trailing dot."""
    name = text(given)
    if name is None:
        return None
    found = _idna(name)
    if found is None or "." not in found:
        raise Refused(
            f"is {name[:60]!r}; write a domain such as 'example.com', without a scheme or path"
        )
    return found


def email(given: Any) -> str | None:
    """An e-mail address in lower case, its domain in ASCII (IDNA) form."""
    address = private_text(given)
    if address is None:
        return None
    local, _, host = address.rpartition("@")
    found = _idna(host)
    if not local or found is None or any(c.isspace() for c in local):
        raise Refused("is not an e-mail address (value withheld); write it like 'name@example.com'")
    return f"{local.lower()}@{found}"


def _idna(name: str) -> str | None:
    try:
        found = name.lower().encode("idna").decode("ascii").lower().rstrip(".")
    except UnicodeError:
        return None
    allowed = all(c.isalnum() or c in "-._" for c in found)
    return found if found and allowed and not found.startswith(".") else None


def number(low: float | None = None, high: float | None = None) -> Cleaner:
    """A cleaner for finite numbers between ``low`` and ``high``, both included."""

    def clean(given: Any) -> int | float:
        found = float(given) if isinstance(given, Decimal) and not given.is_snan() else given
        if isinstance(found, bool) or not isinstance(found, int | float):
            raise Refused(f"is {shown(given)} of type {type(given).__name__}; write a number")
        if not abs(found) <= _LARGEST_INT:
            raise Refused("is infinite, not a number, or too large; write one below 2**63")
        if (low is not None and found < low) or (high is not None and found > high):
            raise Refused(f"is {shown(given)}; write {_span(low, high)}")
        return found

    return clean


def whole(low: int | None = None, high: int | None = None) -> Cleaner:
    """A cleaner for whole numbers between ``low`` and ``high``, both included."""
    finite = number(low, high)

    def clean(given: Any) -> int:
        found: int | float = finite(given)
        if not isinstance(found, int):
            raise Refused(f"is {shown(given)}; write a whole number")
        return found

    return clean


def _span(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low} or more; leave it out when it is not known or has no limit"
    return f"a number from {low} to {high}" if low is not None else f"{high} or less"


def flag(given: Any) -> bool:
    """True or false, and nothing that merely looks like it."""
    if not isinstance(given, bool):
        raise Refused(f"is {shown(given)}; write true or false")
    return given


def instant(given: Any) -> datetime:
    """An aware datetime, kept in UTC."""
    try:
        return aware(given)
    except FieldTypeError as error:
        raise Refused(f"is {error.found}; write {error.expected}") from None
    except OverflowError:
        raise Refused(
            f"is {given}, which UTC cannot express; write an instant of the years 2 to 9998"
        ) from None


def names(clean: Cleaner = text) -> Cleaner:
    """A cleaner for a set of names, each of them through ``clean``."""

    def clean_all(given: Any) -> frozenset[str]:
        if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
            raise Refused(f"is {shown(given)}; write a set of names such as {{'a', 'b'}}")
        return frozenset(name for name in map(clean, given) if name is not None)

    return clean_all


def by_name(given: Mapping[Any, Any], key: Cleaner, value: Cleaner) -> dict[str, Any]:
    """Each name through ``key`` and what it stands for through ``value``; a refusal tells the name."""
    found = {}
    for name, held in given.items():
        try:
            found[key(name)] = value(held)
        except Refused as refused:
            raise Refused(f"[{shown(name)}] {refused}") from None
    return found


def levels(given: Any) -> FrozenDict[str, float]:
    """Skills with their level from 0 to 1; a bare set of names gives each the level 1."""
    if not isinstance(given, Mapping):
        return FrozenDict(dict.fromkeys(sorted(names()(given)), 1.0))
    return FrozenDict(by_name(given, _key, number(0, 1)))


def open_attributes(given: Any) -> FrozenDict[str, Any]:
    """Custom attributes: text, finite numbers, flags, aware datetimes and sets of text, by name."""
    if not isinstance(given, Mapping):
        raise Refused(f"is of type {type(given).__name__}; write a mapping from name to value")
    found = {}
    for name, value in given.items():
        try:
            normal = None if value is None else _open_value(value)
        except Refused as refused:
            raise Refused(f"[{shown(name)}] {refused}") from None
        if normal is not None:
            found[_key(name)] = normal
    return FrozenDict(found)


def _open_value(value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return private_text(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, int | float | Decimal):
        return number()(value)
    if isinstance(value, Iterable) and not isinstance(value, Mapping | bytes):
        return names(private_text)(value)
    raise Refused(
        f"is of type {type(value).__name__}; write text, a number, a flag, a datetime or a set"
    )


def _key(name: Any) -> str:
    found = text(name)
    if found is None:
        raise Refused("is empty; write a name")
    return found
