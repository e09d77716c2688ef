"""What a condition compares: fields, literals, signals, time and calculations, as frozen values.

Every operand has a kind. A custom attribute has ``Kind.ANY`` unless its kind was declared; what it
is compared with then says what it must hold.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, ClassVar, Final, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.given import LONGEST_TEXT, composed, plain_value
from leadroute.model.validation import aware
from leadroute.rules.fields import Kind, plain_literal, spec_of

MAX_DEPTH: Final = 32  # how deep operands and conditions may be nested

_LARGEST_INT: Final = 2**63 - 1
_LONGEST: Final = timedelta(days=36_525)


def deeper(*parts: Operand | Any) -> int:
    """The depth of a node with these parts."""
    depth: int = 1 + max((part.depth for part in parts), default=0)
    if depth > MAX_DEPTH:
        raise ConfigError(
            f"the condition is nested more than {MAX_DEPTH} deep; give its parts names with define()"
        )
    return depth


def settle(node: Any, **derived: Any) -> None:
    """Store what a frozen node derives from its parts; for use in ``__attrs_post_init__``."""
    for name, value in derived.items():
        object.__setattr__(node, name, value)


def _derived(default: Any = None) -> Any:
    return field(init=False, eq=False, repr=False, default=default)


@frozen
class Field:
    """A standard field or a custom attribute of the lead or the rep."""

    entity: str
    name: str
    custom: bool = False
    kind: Kind = field(default=Kind.ANY, eq=False, repr=False)
    depth: ClassVar[int] = 1

    def __attrs_post_init__(self) -> None:
        if not self.custom:
            settle(self, kind=spec_of(self.entity, self.name).kind)
        elif not isinstance(self.name, str) or plain_literal(self.name) != self.name:
            raise ConfigError(
                f"{self.entity}[...] takes the name of an attribute, without space around it"
            )

    def __str__(self) -> str:
        return f"{self.entity}[{self.name!r}]" if self.custom else f"{self.entity}.{self.name}"


@frozen
class Entry:
    """One level out of a mapping from name to level, such as ``rep.skills['healthcare']``."""

    of: Field
    key: str
    kind: ClassVar[Kind] = Kind.NUMBER
    depth: ClassVar[int] = 1

    def __attrs_post_init__(self) -> None:
        if self.of.kind is not Kind.LEVELS:
            raise ConfigError(f"{self.of} holds {self.of.kind.expected}; it has no [...] entries")
        if not isinstance(self.key, str):
            raise ConfigError(f"{self.of}[...] takes a name in quotes")
        settle(self, key=plain_literal(self.key))

    def __str__(self) -> str:
        return f"{self.of}[{self.key!r}]"


_STATS: Final[Mapping[str, Kind]] = {
    "total": Kind.NUMBER,
    "count": Kind.NUMBER,
    "last": Kind.INSTANT,
}


@frozen
class SignalStat:
    """What a lead's signals of one kind come to: ``total``, ``count``, or ``last`` instant."""

    signal: str
    stat: str
    depth: ClassVar[int] = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.signal, str):
            raise ConfigError("signal(...) takes the kind of the signal in quotes")
        settle(self, signal=plain_literal(self.signal))
        if self.stat not in _STATS:
            raise ConfigError(
                f"signal({self.signal!r}) has no {self.stat!r}; it has {', '.join(_STATS)}"
            )

    @property
    def kind(self) -> Kind:
        """What it holds."""
        return _STATS[self.stat]

    def __str__(self) -> str:
        return f"signal({self.signal!r}).{self.stat}"


@frozen
class Now:
    """The instant of the decision."""

    kind: ClassVar[Kind] = Kind.INSTANT
    depth: ClassVar[int] = 1

    def __str__(self) -> str:
        return "now"


@frozen
class Age:
    """How long ago an instant was; negative when it is still to come."""

    of: Operand
    kind: ClassVar[Kind] = Kind.DURATION
    depth: int = _derived(1)

    def __attrs_post_init__(self) -> None:
        _demand(self.of, Kind.INSTANT, "age()")
        settle(self, depth=deeper(self.of))

    def __str__(self) -> str:
        return f"age({self.of})"


@frozen
class DomainOf:
    """What stands after the ``@`` of an e-mail address."""

    of: Operand
    kind: ClassVar[Kind] = Kind.TEXT
    depth: ClassVar[int] = 1

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.of, Field):
            raise ConfigError("domain_of() takes a field, such as domain_of(lead.email)")
        _demand(self.of, Kind.TEXT, "domain_of()")

    def __str__(self) -> str:
        return f"domain_of({self.of})"


def _demand(of: Operand, kind: Kind, who: str) -> None:
    if isinstance(of, Const) or of.kind not in (kind, Kind.ANY):
        raise ConfigError(f"{who} takes a field that holds {kind.expected}, not {of}")


@frozen
class Const:
    """A literal: text, number, flag, instant, duration or texts. Build it with ``constant``."""

    depth: ClassVar[int] = 1
    value: Any = field(eq=lambda value: (isinstance(value, bool), value))

    @property
    def kind(self) -> Kind:
        """What it holds."""
        return next(kind for of, kind in _KINDS if isinstance(self.value, of))

    def __str__(self) -> str:
        return literal_text(self.value)


_KINDS: Final[tuple[tuple[Any, Kind], ...]] = (
    (bool, Kind.FLAG),
    (int | float, Kind.NUMBER),
    (str, Kind.TEXT),
    (datetime, Kind.INSTANT),
    (timedelta, Kind.DURATION),
    (tuple, Kind.NAMES),
)

_UNITS: Final = {
    "weeks": timedelta(weeks=1),
    "days": timedelta(days=1),
    "hours": timedelta(hours=1),
    "minutes": timedelta(minutes=1),
    "seconds": timedelta(seconds=1),
}


def literal_text(value: Any) -> str:
    """The text form of a literal."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(literal_text, value))}]"
    if isinstance(value, datetime):
        return f"instant({value.isoformat()!r})"
    if isinstance(value, timedelta):
        for name, unit in _UNITS.items():
            if value % unit == timedelta(0):
                return f"{name}({value // unit})"
        return f"seconds({value.total_seconds()!r})"
    return repr(value)


def constant(value: object) -> Const:
    """The literal for a value, in its normal form."""
    given, value = value, plain_value(value)
    if isinstance(value, bool | str):
        found: Any = _text(value) if isinstance(value, str) else value
    elif isinstance(value, Real | Decimal):
        found = _number(value)
    elif isinstance(value, datetime):
        found = _instant(value)
    elif isinstance(value, timedelta):
        found = _duration(value)
    elif isinstance(value, Iterable) and not isinstance(value, bytes | Mapping):
        found = _texts(value)
    elif value is None:
        raise ConfigError(f"{given} cannot be compared; ask `is missing` or `is present` instead")
    else:
        raise ConfigError(
            f"a value of type {type(value).__name__} cannot be compared; write text, a number, True or False, "
            "an aware datetime, a timedelta or a list of texts"
        )
    return Const(found)


def _text(value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise ConfigError(f"the literal has {len(value)} characters; write at most {LONGEST_TEXT}")
    if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
        raise ConfigError("the literal holds a NUL or half a surrogate pair; remove it")
    return composed(value)


def _number(value: Any) -> float:
    if abs(value) > _LARGEST_INT:
        raise ConfigError("the number is not finite or not below 2**63; write a smaller one")
    return int(value) if isinstance(value, Integral) else float(value)


def _instant(value: datetime) -> datetime:
    try:
        return aware(value, "the literal")
    except FieldTypeError as error:
        raise ConfigError(str(error)) from None
    except OverflowError:
        raise ConfigError("the instant is out of range; write one of the years 2 to 9998") from None


def _duration(value: timedelta) -> timedelta:
    if abs(value) > _LONGEST:
        raise ConfigError("the duration is longer than 100 years; write a shorter one")
    return timedelta(value.days, value.seconds, value.microseconds)


def _texts(value: Iterable[object]) -> tuple[str, ...]:
    found = [*map(plain_value, value)]
    if not all(isinstance(text, str) for text in found):
        raise ConfigError("a list that stands for a set holds texts only, such as ['gold', 'vip']")
    texts = [plain_literal(_text(text)) for text in found]
    return tuple(sorted(texts) if isinstance(value, set | frozenset) else dict.fromkeys(texts))


_N, _I, _D = Kind.NUMBER, Kind.INSTANT, Kind.DURATION

_SUMS: Final[Mapping[tuple[str, Kind, Kind], Kind]] = {
    ("+", _N, _N): _N,
    ("-", _N, _N): _N,
    ("*", _N, _N): _N,
    ("/", _N, _N): _N,
    ("-", _I, _I): _D,
    ("+", _I, _D): _I,
    ("-", _I, _D): _I,
    ("+", _D, _I): _I,
    ("+", _D, _D): _D,
    ("-", _D, _D): _D,
    ("*", _D, _N): _D,
    ("*", _N, _D): _D,
    ("/", _D, _N): _D,
    ("/", _D, _D): _N,
}

_OPERATIONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

_BINDING: Final = {"+": 1, "-": 1, "*": 2, "/": 2}


def calculate(op: str, left: Any, right: Any) -> Any:
    """The outcome of one arithmetic step, or ``None``: divided by zero, or out of range."""
    try:
        found = _OPERATIONS[op](left, right)
        return found if not isinstance(found, float) or math.isfinite(found) else None
    except (ZeroDivisionError, OverflowError):
        return None


@frozen
class Arithmetic:
    """Two operands added, subtracted, multiplied or divided. Build it with ``arithmetic``.

    Numbers combine with numbers; instants and durations as in the standard library's ``datetime``. A custom
    attribute of unknown kind counts as a number, and as an instant beside an instant or a duration.
    """

    op: str
    left: Operand
    right: Operand
    kind: Kind = _derived(Kind.ANY)
    kinds: tuple[Kind, Kind] = _derived()
    depth: int = _derived(1)

    def __attrs_post_init__(self) -> None:
        found = next(
            (
                (of, kind)
                for of, kind in _SUMS.items()
                if of[0] == self.op
                and _may_be(self.left.kind, of[1])
                and _may_be(self.right.kind, of[2])
            ),
            None,
        )
        if found is None:
            raise ConfigError(
                f"{self.left} {self.op} {self.right} combines {self.left.kind.expected} with "
                f"{self.right.kind.expected}; numbers combine with numbers, instants with durations"
            )
        settle(self, kinds=found[0][1:], kind=found[1], depth=deeper(self.left, self.right))

    def __str__(self) -> str:
        binding = _BINDING[self.op]
        left = _bracketed(self.left, binding)
        return f"{left} {self.op} {_bracketed(self.right, binding + 1)}"


Operand: TypeAlias = Field | Entry | SignalStat | Now | Age | DomainOf | Const | Arithmetic
"""Something that a condition can look at; its ``kind`` says what it holds."""


def _may_be(found: Kind, wanted: Kind) -> bool:
    return found is wanted or (found is Kind.ANY and wanted is not Kind.DURATION)


def _bracketed(part: Operand, binding: int) -> str:
    loose = isinstance(part, Arithmetic) and _BINDING[part.op] < binding
    return f"({part})" if loose else str(part)


def arithmetic(op: str, left: Operand, right: Operand) -> Operand:
    """``left op right``, computed at once when both are literals."""
    tree = Arithmetic(op, left, right)
    if not (isinstance(left, Const) and isinstance(right, Const)):
        return tree
    found = calculate(op, left.value, right.value)
    if found is None:
        raise ConfigError(f"{tree} has no finite value; write one that can be worked out")
    return constant(found)
