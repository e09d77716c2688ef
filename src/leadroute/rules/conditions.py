"""Conditions as values, and what they read.

A question about a missing value is answered with false; ``~`` is plain two-valued negation. So
``!=`` and ``not in`` are false for a missing value, while ``~(... == ...)`` is true.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, ClassVar, Final, NoReturn

from attrs import field, frozen
from attrs import fields as attributes_of

from leadroute.errors import ConfigError, TruthError
from leadroute.model.duration import parse_duration
from leadroute.model.given import Refused, moment, number
from leadroute.rules.fields import FIELDS, Kind, plain_literal
from leadroute.rules.operand import (
    Age,
    Arithmetic,
    Const,
    DomainOf,
    Field,
    Now,
    Operand,
    SignalStat,
    constant,
    deeper,
    literal_text,
    settle,
)

RESERVED: Final = frozenset(
    """
    lead rep now present missing always never signal age domain_of is_free_mail overlaps covers check
    weeks days hours minutes seconds instant like startswith endswith contains
    """.split()
)
"""Words of the language, which no definition may take."""


@frozen(eq=False)
class Condition:
    """A question about a lead or a rep: true or false."""

    depth: int = field(init=False, eq=False, repr=False, default=1)
    has_negative: ClassVar[bool] = False

    def __and__(self, other: object) -> Condition:
        return joined(And, self, other)

    def __rand__(self, other: object) -> Condition:
        return joined(And, other, self)

    def __or__(self, other: object) -> Condition:
        return joined(Or, self, other)

    def __ror__(self, other: object) -> Condition:
        return joined(Or, other, self)

    def __invert__(self) -> Condition:
        return Not(self)

    def __bool__(self) -> NoReturn:
        raise TruthError(
            f"the condition `{self}` is judged later, for each lead, and has no truth of its own; use & instead of "
            "`and`, | instead of `or`, ~ instead of `not`, .in_([...]) instead of `in`, and & instead of a chain, "
            "each part in parentheses: "
            "write (LEAD.budget > 1) & (LEAD.employees > 2)"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"


def as_condition(given: object) -> Condition:
    """The condition that ``given`` stands for: itself, or a builder of a flag."""
    if isinstance(given, Condition):
        return given
    convert: Callable[[], Condition] | None = getattr(given, "_as_condition", None)
    if convert is not None:
        return convert()
    raise TruthError(
        f"& and | combine conditions, not a value of type {type(given).__name__}; put each comparison in "
        "parentheses: write (LEAD.budget > 1) & (LEAD.employees > 2)"
    )


def joined(kind: type[And | Or], *parts: object) -> Condition:
    """The parts under one ``And`` or ``Or``, flat; a single part stands for itself."""
    flat: list[Condition] = []
    for part in map(as_condition, parts):
        flat.extend(part.parts if isinstance(part, kind) else (part,))
    return kind(tuple(flat)) if len(flat) > 1 else flat[0]


@frozen(repr=False)
class Constant(Condition):
    """Always true, or always false."""

    value: bool
    has_negative: ClassVar[bool] = True

    def __invert__(self) -> Condition:
        return NEVER if self.value else ALWAYS

    def __str__(self) -> str:
        return "always" if self.value else "never"


ALWAYS: Final = Constant(True)
"""True for every lead."""
NEVER: Final = Constant(False)
"""True for no lead."""


@frozen(repr=False)
class _Joined(Condition):
    parts: tuple[Condition, ...]

    def __attrs_post_init__(self) -> None:
        kind = type(self)
        if len(self.parts) < 2 or any(isinstance(part, kind) for part in self.parts):
            raise ConfigError(
                f"{kind.__name__} takes two or more parts that are no {kind.__name__}; use & and | to join"
            )
        settle(self, depth=deeper(*self.parts))


@frozen(repr=False)
class And(_Joined):
    """True when every part is."""

    def __str__(self) -> str:
        return " and ".join(_chained(self.parts))


@frozen(repr=False)
class Or(_Joined):
    """True when at least one part is."""

    def __str__(self) -> str:
        return " or ".join(map(str, self.parts))


@frozen(repr=False)
class Not(Condition):
    """True when its part is false, also when it is false because a value is missing."""

    part: Condition
    has_negative: ClassVar[bool] = True

    def __attrs_post_init__(self) -> None:
        if self.part.has_negative:
            raise ConfigError("Not takes a part that has no negative of its own; use ~ to negate")
        settle(self, depth=deeper(self.part))

    def __invert__(self) -> Condition:
        return self.part

    def __str__(self) -> str:
        return f"not ({self.part})" if isinstance(self.part, And | Or) else f"not {self.part}"


def _chained(parts: tuple[Condition, ...]) -> Iterable[str]:
    """The parts as text; a lower bound and then an upper one of the same operand are a chain."""
    rest = list(reversed(parts))
    while rest:
        part = rest.pop()
        chain = _chain(part, rest[-1]) if rest else None
        if chain is not None:
            rest.pop()
        yield chain or (f"({part})" if isinstance(part, Or) else str(part))


def _chain(low: Condition, high: Condition) -> str | None:
    if not (isinstance(low, Comparison) and isinstance(high, Comparison)):
        return None
    bounds = low.op in (">", ">=") and high.op in ("<", "<=")
    literal = isinstance(low.right, Const) and isinstance(high.right, Const)
    if not (bounds and literal and low.left == high.left):
        return None
    return f"{low.right} {MIRRORED[low.op]} {low.left} {high.op} {high.right}"


MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
"""The operators of comparisons, with what to ask when their sides are exchanged."""

COMPARABLE: Final = (Kind.TEXT, Kind.NUMBER, Kind.INSTANT, Kind.DURATION, Kind.FLAG, Kind.ANY)


@frozen(repr=False)
class Comparison(Condition):
    """Two operands compared with ``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``. Build it with ``compared``."""

    left: Operand
    op: str
    right: Operand

    def __attrs_post_init__(self) -> None:
        left, right = self.left, _read_beside(self.left.kind, self.right)
        if isinstance(left, Const):
            raise ConfigError(f"{left} {self.op} {right} has a literal on the left; turn it round")
        for side in (left, right):
            if side.kind not in COMPARABLE:
                remedy = WHOLE[side.kind].format(side)
                raise ConfigError(f"{side} holds {side.kind.expected}; {remedy}")
        if left.kind is not right.kind and Kind.ANY not in (left.kind, right.kind):
            raise ConfigError(
                f"{left} holds {left.kind.expected} and {right} is {right.kind.expected}; "
                f"compare values of the same kind{_READERS.get(left.kind, ('', ''))[1]}"
            )
        if self.op not in ("==", "!=") and Kind.FLAG in (left.kind, right.kind):
            raise ConfigError(
                f"{left} {self.op} {right}: true and false have no order; use == or !="
            )
        ordered = self.op not in ("==", "!=")
        settle(self, right=literal_for(left, right, fold=ordered), depth=deeper(left, right))

    def __str__(self) -> str:
        return f"{self.left} {self.op} {self.right}"


WHOLE: Final[Mapping[Kind, str]] = {
    Kind.NAMES: "ask {0}.contains('name') or overlaps({0}, ['name'])",
    Kind.LEVELS: "compare one level, such as {0}['name'] >= 0.5",
}
"""The kinds that are asked about in parts, with what to write."""


def compared(left: Operand, op: str, right: Operand) -> Comparison:
    """The comparison, with a literal on the right."""
    turn = isinstance(left, Const) and not isinstance(right, Const)
    return Comparison(right, MIRRORED[op], left) if turn else Comparison(left, op, right)


_READERS: Final[Mapping[Kind, tuple[Callable[[str], Any], str]]] = {
    Kind.NUMBER: (number, ""),
    Kind.INSTANT: (moment, ", such as '2026-01-05T09:00:00+01:00'"),
    Kind.DURATION: (parse_duration, ", such as '5m' or '2 hours'"),
}
"""How the text of a literal is read beside a field of another kind, and how to write it."""


def _read_beside(kind: Kind, given: Operand) -> Operand:
    """``given``, and where it is text that says a value of this kind, that value."""
    if kind in _READERS and isinstance(given, Const) and given.kind is Kind.TEXT:
        read, _ = _READERS[kind]
        with suppress(ConfigError, Refused):
            return constant(read(given.value))
    return given


def literal_for(beside: Operand, given: Operand, *, fold: bool = False) -> Operand:
    """``given`` as it meets ``beside``: a text literal in the field's normal form."""
    if not isinstance(given, Const) or given.kind not in (Kind.TEXT, Kind.NAMES):
        return given
    if given.kind is Kind.NAMES:
        return constant([_normal(beside, text, fold=fold) for text in given.value])
    return constant(_normal(beside, given.value, fold=fold))


def _normal(beside: Operand, text: str, *, fold: bool) -> str:
    if isinstance(beside, DomainOf):
        spec = FIELDS["lead"]["domain"]
    elif isinstance(beside, Field) and not beside.custom:
        spec = FIELDS[beside.entity][beside.name]
    else:
        return text if fold else plain_literal(text)
    return spec.fold(text) if fold else spec.literal(text)


@frozen(repr=False)
class Named(Condition):
    """A condition under a name of its own, so that rules which use it stay readable."""

    name: str
    condition: Condition

    def __attrs_post_init__(self) -> None:
        if not is_name(self.name):
            raise ConfigError(
                f"{self.name!r} cannot name a condition; write letters, digits and _, a letter first, "
                "and no word of the language"
            )
        settle(self, depth=deeper(self.condition))

    def __str__(self) -> str:
        return self.name


_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")


def is_name(given: object) -> bool:
    """Whether a definition may be called this."""
    return (
        isinstance(given, str)
        and _NAME.fullmatch(given) is not None
        and not keyword.iskeyword(given)
        and given not in RESERVED
    )


@frozen(repr=False)
class Membership(Condition):
    """An operand is (or, negated, is known and is not) one of a list of literals of one kind.

    The literals keep their order; repeated ones are dropped.
    """

    operand: Operand
    values: tuple[Any, ...]
    negated: bool = False

    def __attrs_post_init__(self) -> None:
        if isinstance(self.operand, Const) or self.operand.kind in (*WHOLE, Kind.FLAG):
            raise ConfigError(
                f"{self.operand} cannot be one of a list; "
                "a field that holds text, a number or an instant can"
            )
        found = dict.fromkeys(
            Comparison(self.operand, "==", constant(value)).right for value in self.values
        )
        kinds = {const.kind for const in found}
        if len(kinds) > 1 or Kind.FLAG in kinds:
            raise ConfigError(
                f"the list for {self.operand} mixes kinds; list texts or numbers only"
            )
        values = tuple(const.value for const in found if isinstance(const, Const))
        settle(self, values=values, depth=deeper(self.operand))

    def __str__(self) -> str:
        word = "not in" if self.negated else "in"
        return f"{self.operand} {word} [{', '.join(map(literal_text, self.values))}]"


@frozen(repr=False)
class Contains(Condition):
    """A set or a text contains (or, negated, is known and does not contain) an item."""

    container: Operand
    item: Operand
    negated: bool = False

    def __attrs_post_init__(self) -> None:
        kinds = (Kind.TEXT, Kind.NAMES, Kind.LEVELS, Kind.ANY)
        if not isinstance(self.container, Field | DomainOf) or self.container.kind not in kinds:
            raise ConfigError(
                f"{self.container} contains nothing; a field that holds text or a set does"
            )
        wanted(self.item, Kind.TEXT, "what is contained")
        fold = self.container.kind in (Kind.TEXT, Kind.ANY)
        settle(
            self,
            item=literal_for(self.container, self.item, fold=fold),
            depth=deeper(self.container, self.item),
        )

    def __str__(self) -> str:
        if isinstance(self.item, Const) and not self.negated:
            return f"{self.container}.contains({self.item})"
        return f"{self.item} {'not in' if self.negated else 'in'} {self.container}"


def wanted(operand: Operand, kind: Kind, what: str) -> None:
    """Refuse an operand that cannot be of the kind."""
    if operand.kind not in (kind, Kind.ANY) or isinstance(operand, Arithmetic):
        raise ConfigError(f"{what} must be {kind.expected}; {operand} is {operand.kind.expected}")


@frozen(repr=False)
class TextTest(Condition):
    """A text starts with, ends with or is like a literal.

    In ``like``, ``*`` stands for any text and ``?`` for one character.
    """

    operand: Operand
    op: str
    text: str

    OPS: ClassVar[tuple[str, ...]] = ("startswith", "endswith", "like")

    def __attrs_post_init__(self) -> None:
        if self.op not in self.OPS:
            raise ConfigError(
                f"a text has no {self.op!r}; it has {', '.join(self.OPS)} and contains"
            )
        if not isinstance(self.operand, Field | DomainOf):
            raise ConfigError(f"{self.op} asks about a field, not about {self.operand}")
        wanted(self.operand, Kind.TEXT, f"the field before {self.op}")
        if not isinstance(self.text, str) or not self.text:
            raise ConfigError(f"{self.operand}.{self.op}(...) takes a text that is not empty")
        found = literal_for(self.operand, constant(self.text), fold=True)
        settle(self, text=getattr(found, "value", None))

    def __str__(self) -> str:
        return f"{self.operand}.{self.op}({literal_text(self.text)})"


@frozen(repr=False)
class Presence(Condition):
    """A value is known, or is not. An empty text and an empty set count as not known."""

    operand: Operand
    present: bool = True
    has_negative: ClassVar[bool] = True

    def __attrs_post_init__(self) -> None:
        if isinstance(self.operand, Const):
            raise ConfigError(f"{self.operand} is a literal; ask `is present` of a field")
        settle(self, depth=deeper(self.operand))

    def __invert__(self) -> Condition:
        return Presence(self.operand, not self.present)

    def __str__(self) -> str:
        return f"{self.operand} is {'present' if self.present else 'missing'}"


@frozen(repr=False)
class SetRelation(Condition):
    """One set overlaps another (they share a name), or covers it (it has all its names)."""

    relation: str
    left: Operand
    right: Operand

    RELATIONS: ClassVar[tuple[str, ...]] = ("overlaps", "covers")

    def __attrs_post_init__(self) -> None:
        if self.relation not in self.RELATIONS:
            raise ConfigError(
                f"sets have no relation {self.relation!r}; they have overlaps and covers"
            )
        if isinstance(self.left, Const) and isinstance(self.right, Const):
            raise ConfigError(f"{self.relation} compares two literals; name a field")
        for side in (self.left, self.right):
            wanted(side, Kind.NAMES, f"what {self.relation}() compares")
        settle(
            self, left=literal_for(self.right, self.left), right=literal_for(self.left, self.right)
        )

    def __str__(self) -> str:
        return f"{self.relation}({self.left}, {self.right})"


@frozen(repr=False)
class FreeMail(Condition):
    """An e-mail address or a domain belongs to a provider of free mailboxes."""

    operand: Operand

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.operand, Field | DomainOf):
            raise ConfigError("is_free_mail() takes a field, such as is_free_mail(lead.email)")
        wanted(self.operand, Kind.TEXT, "what is_free_mail() takes")

    def __str__(self) -> str:
        return f"is_free_mail({self.operand})"


@frozen(repr=False)
class PredicateCall(Condition):
    """A call of one of your predicates, by its name."""

    name: str
    arguments: tuple[Any, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ConfigError("predicate(...) takes the name of a registered predicate in quotes")
        settle(
            self,
            name=plain_literal(self.name),
            arguments=tuple(constant(argument).value for argument in self.arguments),
        )

    def __str__(self) -> str:
        return f"predicate({', '.join(map(literal_text, (self.name, *self.arguments)))})"


@frozen
class Reads:
    """What a condition reads."""

    fields: frozenset[Field]
    signals: frozenset[str]
    checks: frozenset[str]
    now: bool

    @property
    def lead(self) -> frozenset[Field]:
        """The fields and attributes of the lead."""
        return frozenset(field for field in self.fields if field.entity == "lead")

    @property
    def rep(self) -> frozenset[Field]:
        """The fields and attributes of the rep."""
        return frozenset(field for field in self.fields if field.entity == "rep")


def walk(condition: Condition) -> Iterator[Condition | Operand]:
    """Every node of the tree, parents first, from left to right. O(nodes)."""
    pending: list[Condition | Operand] = [condition]
    while pending:
        node = pending.pop()
        yield node
        held = [getattr(node, a.name) for a in attributes_of(type(node)) if a.init]
        parts = [
            part
            for value in held
            for part in (value if isinstance(value, tuple) else (value,))
            if isinstance(part, Condition | Operand)
        ]
        pending.extend(reversed(parts))


def reads(condition: Condition) -> Reads:
    """What the condition reads. O(nodes)."""
    nodes = list(walk(condition))
    return Reads(
        frozenset(node for node in nodes if isinstance(node, Field)),
        frozenset(node.signal for node in nodes if isinstance(node, SignalStat)),
        frozenset(node.name for node in nodes if isinstance(node, PredicateCall)),
        any(isinstance(node, Now | Age) for node in nodes),
    )


def definitions(condition: Condition) -> dict[str, Condition]:
    """The named conditions within, innermost first, as ``parse(..., defines=...)`` takes them."""
    found: dict[str, Condition] = {}
    for node in reversed(list(walk(condition))):
        if (
            isinstance(node, Named)
            and found.setdefault(node.name, node.condition) != node.condition
        ):
            raise ConfigError(
                f"the name {node.name!r} stands for two different conditions; rename one"
            )
    return found
