"""How values are checked and cleaned, and a mapping that does not change.

* A cleaner takes what the host gave and returns the normal form, or raises ``Refused`` with what is
  wrong and what would be right. It never guesses.
* The cleaners of personal fields never repeat the value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import cache, lru_cache
from itertools import compress
from numbers import Number
from operator import attrgetter, is_not
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    NoReturn,
    Protocol,
    SupportsFloat,
    TypeAlias,
    TypeVar,
    cast,
)
from zoneinfo import ZoneInfo, available_timezones

from attrs import NOTHING, Attribute, field, fields

from leadroute.errors import ConfigError, FieldError, FieldTypeError, ValidationError, nearest
from leadroute.model.duration import parse_duration
from leadroute.model.given import (
    Refused,
    composed,
    moment,
    plain_datetime,
    plain_value,
    shown,
    text_of,
    withheld,
)
from leadroute.model.given import number as any_number

K = TypeVar("K")
V = TypeVar("V")


class FrozenDict(dict[K, V]):
    """A ``dict`` that refuses to change; hashable and picklable."""

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


def frozen_mapping(given: Mapping[str, Any]) -> FrozenDict[str, Any]:
    """A converter for values by name."""
    return given if type(given) is FrozenDict else FrozenDict(given)


def frozen_counts(given: Mapping[str, int]) -> FrozenDict[str, int]:
    """Counts by name, frozen; an attrs converter."""
    return given if type(given) is FrozenDict else FrozenDict(given)


def frozen_words(given: Mapping[str, str]) -> FrozenDict[str, str]:
    """Words by name, frozen; an attrs converter."""
    return given if type(given) is FrozenDict else FrozenDict(given)


T = TypeVar("T")

_WRITE: Final = {
    "Clock": "a Clock, such as SystemClock()",
    "Hours": "a schedule, such as Schedule('mon-fri 09:00-17:00', 'UTC')",
    "Lead": "a Lead, such as Lead('L-1') or Lead.from_mapping(row)",
    "Mapping": "a mapping from names, such as {'ada': 3}",
    "TrackRecords": "TrackRecords, such as track_records_of(histories)",
    "LeadScoring": "a LeadScoring(...)",
    "Pause": "a Pause, such as Pause(why='lunch')",
    "Roster": "a Roster or several reps, such as [Rep('ada')]",
    "Router": "a Router, such as Router(rules=[Rule('all')])",
    "Snapshot": "a Snapshot, such as Snapshot(open={'ada': 3})",
    "OutboxEvent": "an event as outbox() gives it",
    "AuditResult": "the result of the page before",
    "AsyncStore": "an async store, such as AsyncThread(MemoryStore())",
    "Store": "a Store, such as MemoryStore() or SqliteStore('crm.db')",
    "bool": "True or False",
    "date": "a date, such as date(2026, 1, 5)",
    "frozenset": "a frozenset of dates",
    "str": "text",
    "timedelta": "a timedelta, such as timedelta(seconds=30)",
    "tzinfo": "a time zone, such as ZoneInfo('Europe/Berlin')",
}


def must_be(kind: type[Any], **given: object) -> None:
    """Refuse an argument that is of another kind."""
    for argument, value in given.items():
        if not (isinstance(value, kind) or _has_its_methods(value, kind)):
            write = _WRITE[kind.__name__]
            if kind is str and hasattr(value, "id"):
                write += f", such as the id of the {type(value).__name__.lower()}"
            raise FieldTypeError(argument, f"of type {type(value).__name__}", write)


def _has_its_methods(value: object, kind: type[Any]) -> bool:
    """Whether a protocol is fulfilled by attributes that are looked up late, as proxies do."""
    methods = [name for name in vars(kind) if not name.startswith("_")]
    return Protocol in kind.__bases__ and all(hasattr(value, name) for name in methods)


def every(kind: type[T], **given: Iterable[T]) -> Iterator[T]:
    """Several things of one kind, each asked when its turn comes."""
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


Cleaner = Callable[..., Any]

LONGEST_IDENT = 80
MACHINE_ZONES: Final = frozenset(("Factory", "localtime", "posixrules"))
"""Names that zoneinfo finds and that are no zones: they stand for settings of the machine."""

_AWARE: Final = "such as datetime.now(UTC)"
_IANA_SUCH_AS: Final = "write an IANA time zone such as {!r}"
_IANA: Final = _IANA_SUCH_AS.format("Europe/Berlin")


class NotKnown(Refused):
    """A cleaner's answer to a value that says that nothing is known, where there must be one."""

    def __init__(self) -> None:
        super().__init__("is not known; write one")


def cleaned(clean: Cleaner, default: Any = None, within: str | None = None) -> Any:
    """An attrs field whose value goes through ``clean`` unless it is ``None``."""
    return field(default=default, metadata={"clean": clean, "within": within})


def clean_fields(value: Any) -> None:
    """Replace every field of a frozen value by its normal form, in ``__attrs_post_init__``."""
    faults = []
    read, unsaids, cleaners = _cleaners(value.__class__)
    found = read(value)
    # Most fields of a lead are not given; `compress` passes over them in C.
    for place, name, clean, unsaid, within in compress(cleaners, map(is_not, found, unsaids)):
        given = found[place]
        try:
            normal = clean(given) if within is None else clean(given, getattr(value, within))
        except Refused as refused:
            if isinstance(refused, NotKnown) and unsaid is None:
                object.__setattr__(value, name, None)
            else:
                faults.append(FieldError(name, str(refused)))
        else:
            if normal is None and unsaid is not None:
                faults.append(FieldError(name, str(NotKnown())))
            elif normal is not given:
                object.__setattr__(value, name, normal)
    if faults:
        raise ValidationError(type(value).__name__, _ident_of(value), faults)


_Cleaners: TypeAlias = tuple[tuple[int, str, Cleaner, Any, str | None], ...]
"""Each field's place, name, cleaner, default that is clean (else ``NOTHING``), and field it reads."""


@cache
def _cleaners(
    kind: type[Any],
) -> tuple[Callable[[Any], Sequence[Any]], Sequence[object], _Cleaners]:
    """How the values of the fields are read, their defaults, and the cleaner of each."""
    declared = [each for each in fields(kind) if "clean" in each.metadata]
    found = tuple(
        (
            place,
            a.name,
            a.metadata["clean"],
            a.default if a.default in _UNSAID else NOTHING,
            a.metadata.get("within"),
        )
        for place, a in enumerate(declared)
    )
    read = attrgetter(*[a.name for a in declared])
    several: Callable[[Any], Sequence[Any]]
    several = read if len(found) > 1 else lambda value: (read(value),)
    if len(declared) == len(fields(kind)) and not any(hasattr(kind, a.name) for a in declared):
        several = _from_dict  # without slots the values stand there, in the order of the fields
    return several, tuple(unsaid for *_, unsaid, _ in found), found


def _from_dict(value: Any) -> Sequence[Any]:
    return [*value.__dict__.values()]


_UNSAID: Final[tuple[object, ...]] = (None, frozenset(), (), FrozenDict())


def _ident_of(value: Any) -> str:
    given = getattr(value, "id", "")
    return given[:LONGEST_IDENT] if isinstance(given, str) else ""


def aware(instant: datetime, argument: str = "now") -> datetime:
    """The same instant in UTC."""
    if not isinstance(instant, datetime):
        kind = type(instant).__name__
        raise FieldTypeError(argument, f"of type {kind}", f"an aware datetime, {_AWARE}")
    if type(instant) is not datetime:
        instant = plain_datetime(instant)
    if instant.tzinfo is UTC:
        return instant
    if instant.utcoffset() is None:
        raise FieldTypeError(argument, "a naive datetime", f"an aware one, {_AWARE}")
    return instant.astimezone(UTC)


def known(instant: datetime | None) -> datetime:
    """The instant of a decision, which somebody must have said."""
    if instant is None:
        expected = "given: rank(lead, roster, now=...), or a lead with received_at"
        raise FieldTypeError("now", "not known", expected)
    return instant


_BROKEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def one_line(name: str) -> str:
    r"""Return a name for a text of several lines: without line ends and control characters."""
    return name if name.isprintable() else _BROKEN.sub("?", name)


def text(given: Any) -> str | None:
    """Text without space around it, in normal form C; empty text is ``None``."""
    if type(given) is str and given.isascii() and len(given) <= 80 and "\0" not in given:
        return given.strip() or None
    return text_of(given) or None


def private_text(given: Any) -> str | None:
    """As ``text``, for personal data: a refusal does not repeat the value."""
    if type(given) is str and given.isascii() and len(given) <= 80 and "\0" not in given:
        return given.strip() or None
    return text_of(given, withheld) or None


def _plain(given: str) -> bool:
    return given.isascii() and given.replace("-", "").isalnum()


def ident(given: str) -> str:
    """An id: text, kept exactly as it is, 1 to 80 characters without space around it."""
    if type(given) is str and len(given) <= LONGEST_IDENT and _plain(given):
        return given
    if isinstance(given, Mapping):
        raise Refused("is a mapping; write text, or from_mapping(row) for a whole row")
    given = plain_value(given) if type(given) is not str else given
    found = text_of(given)
    if not found:
        raise Refused("is empty; every lead, rep, rule and pool needs an id of its own")
    if found != given:
        if composed(given) != given:
            raise Refused("has accents as characters of their own; write it in Unicode's form NFC")
        raise Refused("has space around it; strip it, so that it cannot be taken for another id")
    length = len(given) + 2 * (given.count("/") + given.count("%"))
    if length > LONGEST_IDENT:
        raise Refused(
            f"has {length} characters ('/' and '%' count three); write at most {LONGEST_IDENT}"
        )
    return given


def word(given: Any) -> str:
    """A word of the host's list, 1 to 80 characters; a refusal does not repeat it."""
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


def timezone(given: Any) -> str | None:
    """The name of an IANA time zone."""
    name = text(given)
    if name in MACHINE_ZONES:
        raise Refused(f"is {name!r}, which every machine understands otherwise; {_IANA}")
    if name in _ALL_YEAR:
        clock = f"is {name!r}, which knows no summer time"
        raise Refused(f"{clock}; write {_ABBREVIATIONS[name]!r}, or {_ALL_YEAR[name]!r}")
    if name is not None and not is_zone(name):
        raise Refused(f"is {name[:40]!r}; {_IANA_SUCH_AS.format(_zone_like(name))}")
    return name


_ALL_YEAR: Final = {"EST": "America/Panama", "MST": "America/Phoenix"}
"""Zones whose name is that of a winter time, and that are meant by nearly nobody who writes it."""
_ABBREVIATIONS: Final = {
    name: zone
    for zone, names in {
        "America/Chicago": "CST CDT",
        "America/Denver": "MST MDT",
        "America/Los_Angeles": "PST PDT",
        "America/New_York": "EST EDT ET",
        "Europe/Berlin": "CEST",
        "Europe/London": "BST",
    }.items()
    for name in names.split()
}


@lru_cache(maxsize=256)
def _zone_like(name: str) -> str:
    """The zone that is most probably meant: of this abbreviation, of this city, or of nearly this name."""
    if name.upper() in _ABBREVIATIONS:
        return _ABBREVIATIONS[name.upper()]
    if hours := re.fullmatch(r"(?:UTC|GMT)([+-])0?(\d{1,2})(?::?00)?", name, re.ASCII):
        return f"Etc/GMT{'+-'[hours[1] == '+']}{hours[2]}"  # POSIX counts to the west
    zones = sorted(available_timezones() - MACHINE_ZONES)
    city = name.replace(" ", "_").casefold()
    of_city = [zone for zone in zones if zone.casefold().endswith(f"/{city}")]
    return of_city[0] if of_city else nearest(name[:40], zones) or "Europe/Berlin"


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


_PLAIN: Final = 2**53


def number(low: float | None = None, high: float | None = None) -> Cleaner:
    """A cleaner for finite numbers between ``low`` and ``high``, both included."""
    least = -_PLAIN if low is None else low
    most = _PLAIN if high is None else min(high, _PLAIN)

    def clean(given: Any) -> int | float:
        if (type(given) is int or type(given) is float) and least <= given <= most:
            return given
        found = any_number(given)
        if found is None:
            raise NotKnown
        if (low is not None and found < low) or (high is not None and found > high):
            raise Refused(f"is {shown(given)}; write {_span(low, high)}")
        return found

    return clean


def whole(low: int | None = None, high: int | None = None) -> Cleaner:
    """A cleaner for whole numbers between ``low`` and ``high``, both included."""
    finite = number(low, high)
    least = -_PLAIN if low is None else low
    most = _PLAIN if high is None else min(high, _PLAIN)

    def clean(given: Any) -> int:
        if type(given) is int and least <= given <= most:
            return given
        found: int | float = finite(given)
        if isinstance(found, float):
            if not found.is_integer():
                raise Refused(f"is {shown(given)}; write a whole number")
            return int(found)
        return found

    return clean


def _span(low: float | None, high: float | None) -> str:
    if high is None:
        return f"{low} or more; leave it out when it is not known or has no limit"
    return f"a number from {low} to {high}" if low is not None else f"{high} or less"


def duration(given: Any) -> timedelta:
    """A cleaner for durations and their text."""
    try:
        return parse_duration(given)
    except ConfigError as error:
        raise Refused(f"cannot be read: {error}") from None


def flag(given: Any) -> bool:
    """True or false, and nothing that merely looks like it."""
    given = plain_value(given)
    if not isinstance(given, bool):
        raise Refused(f"is {shown(given)}; write true or false")
    return given


def instant(given: Any) -> datetime | None:
    """An instant in UTC; text must say its offset."""
    if type(given) is datetime and given.tzinfo is UTC:
        return given
    return moment(given)


def names(clean: Cleaner = text) -> Cleaner:
    """A cleaner for a set of names, each of them through ``clean``."""

    def clean_all(given: Any) -> frozenset[str]:
        given = plain_value(given)
        if given is None:
            return frozenset()
        if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
            example = f"[{given!r:.40}]" if isinstance(given, str) else "{'a', 'b'}"
            raise Refused(f"is {shown(given)}; write a set of names such as {example}")
        return frozenset(name for name in map(clean, given) if name is not None)

    return clean_all


Names: TypeAlias = Set[str] | list[str] | tuple[str, ...]
"""Names as a caller may write them; one text alone is refused."""


def as_names(given: Names) -> Set[str]:
    """Names as they were given: tells type checkers what a cleaner takes."""
    return cast("Set[str]", given)


_Attribute: TypeAlias = str | float | bool | datetime | Collection[str] | None
Attributes: TypeAlias = Mapping[str, _Attribute]

if TYPE_CHECKING:  # for type checkers alone: a call for each field of each lead takes time

    def as_number(given: SupportsFloat | str | None) -> float | None:
        """Show what a cleaner of numbers takes."""
        return None if given is None else float(given)

    def as_whole(given: SupportsFloat | str | None) -> int | None:
        """Show what a cleaner of whole numbers takes."""
        return None if given is None else int(float(given))

    def as_weight(given: SupportsFloat | str) -> float:
        """Show what a cleaner of numbers that are known takes."""
        return float(given)

    def as_instant(given: datetime | str | None) -> datetime | None:
        """Show what a cleaner of instants takes."""
        return datetime.fromisoformat(given) if isinstance(given, str) else given

    def as_duration(given: timedelta | str | None) -> timedelta | None:
        """Show what a cleaner of durations takes."""
        return timedelta() if isinstance(given, str) else given

    def as_postal_code(given: str | float | None) -> str | None:
        """Show what a cleaner of postal codes takes."""
        return None if given is None else str(given)

    def as_attributes(given: Mapping[str, _Attribute | SupportsFloat | Enum]) -> Attributes:
        """Show what a cleaner of attributes takes."""
        return cast("Attributes", given)
else:
    as_attributes = as_duration = as_instant = as_number = as_postal_code = as_weight = as_whole = (
        None
    )


def by_name(given: Mapping[Any, Any], key: Cleaner, value: Cleaner) -> dict[str, Any]:
    """Each name through ``key`` and its value through ``value``; a refusal tells the name."""
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
            normal = _open_value(plain_value(value))
        except Refused as refused:
            raise Refused(f"[{shown(name)}] {refused}") from None
        if normal is not None:
            found[_key(name)] = normal
    return FrozenDict(found)


def _open_value(value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return private_text(value)
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, Number):
        return any_number(value)
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
