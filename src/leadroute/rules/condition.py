"""Conditions: frozen trees that ask one question about a lead, and possibly a rep.

The rules of this module:

* A condition is a value: plain ``==``, hashable, picklable. Comparison operators live on the builders, not here.
* Conditions combine with ``&``, ``|`` and ``~``. ``bool()`` of a condition is an error that shows the rewrite.
* One question has one tree. ``And`` and ``Or`` are flat, ``~~a`` is ``a``, a literal stands on the right.
* ``str()`` is the text form, and ``parse(str(condition)) == condition``.
* A question about a missing value is answered with false; ``~`` is plain two-valued negation. So ``!=`` and ``not in``
  are false for a missing value, while ``~(... == ...)`` is true.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final, NoReturn

from attrs import field, frozen

from leadroute.errors import ConfigError, TruthError
from leadroute.rules.fields import FIELDS, Kind, plain_literal
from leadroute.rules.operand import (
    Const,
    DomainOf,
    Field,
    Operand,
    constant,
    deeper,
    settle,
)

if TYPE_CHECKING:
    from leadroute.model.lead import Lead
    from leadroute.model.rep import Rep

__all__ = [
    "ALWAYS",
    "NEVER",
    "And",
    "Comparison",
    "Condition",
    "Constant",
    "Named",
    "Not",
    "Or",
    "as_condition",
    "compared",
    "is_name",
    "joined",
    "literal_for",
]

RESERVED: Final = frozenset(
    """
    lead rep now present missing always never signal age domain_of is_free_mail overlaps covers check
    weeks days hours minutes seconds instant like startswith endswith contains
    """.split()
)
"""Words of the language, which no definition may take."""


@frozen(eq=False)
class Condition:
    """A question about a lead, and possibly a rep, that has the answer true or false."""

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
            "`and`, | instead of `or`, ~ instead of `not`, and & instead of a chain, each part in parentheses: "
            "write (LEAD.budget > 1) & (LEAD.employees > 2)"
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"

    def test(self, lead: Lead, rep: Rep | None = None, now: datetime | None = None) -> bool:
        """Judge one lead, for trying a condition out; compile it with ``compile_condition`` to judge many.

        Args:
            lead: The lead.
            rep: The rep, when the condition asks about one.
            now: The instant of the decision, aware, when the condition asks about time.

        Raises:
            ConfigError: The condition asks about a rep or about time, and it was not given.
            FactTypeError: A custom attribute has a type that the condition cannot use.

        Example:
            >>> from leadroute.model.lead import Lead
            >>> from leadroute.rules.builders import LEAD
            >>> (LEAD.budget >= 10_000).test(Lead("L-1", budget=50_000))
            True
        """
        from leadroute.rules.evaluation import judge  # the compiler knows this module

        return judge(self, lead, rep, now)


def as_condition(given: object) -> Condition:
    """The condition that ``given`` stands for: itself, or a builder of a flag such as ``REP.active``.

    Raises:
        TruthError: It stands for none, usually because of missing parentheses.
    """
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


def _flat(parts: tuple[Condition, ...], kind: type) -> None:
    if len(parts) < 2 or any(isinstance(part, kind) for part in parts):
        raise ConfigError(
            f"{kind.__name__} takes two or more parts that are no {kind.__name__}; use & and | to join"
        )


@frozen(repr=False)
class And(Condition):
    """True when every part is."""

    parts: tuple[Condition, ...]

    def __attrs_post_init__(self) -> None:
        _flat(self.parts, And)
        settle(self, depth=deeper(*self.parts))

    def __str__(self) -> str:
        return " and ".join(_chained(self.parts))


@frozen(repr=False)
class Or(Condition):
    """True when at least one part is."""

    parts: tuple[Condition, ...]

    def __attrs_post_init__(self) -> None:
        _flat(self.parts, Or)
        settle(self, depth=deeper(*self.parts))

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
    """The parts as text; a lower bound followed by an upper bound of the same operand becomes a chain."""
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
    return f"{low.right} {_MIRROR[low.op]} {low.left} {high.op} {high.right}"


_MIRROR: Final[Mapping[str, str]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}

COMPARABLE: Final = (Kind.TEXT, Kind.NUMBER, Kind.INSTANT, Kind.DURATION, Kind.FLAG, Kind.ANY)


@frozen(repr=False)
class Comparison(Condition):
    """Two operands compared with ``==``, ``!=``, ``<``, ``<=``, ``>`` or ``>=``. Build it with ``compared``."""

    left: Operand
    op: str
    right: Operand

    def __attrs_post_init__(self) -> None:
        left, right = self.left, self.right
        if isinstance(left, Const):
            raise ConfigError(f"{left} {self.op} {right} has a literal on the left; turn it round")
        for side in (left, right):
            if side.kind not in COMPARABLE:
                remedy = WHOLE[side.kind].format(side)
                raise ConfigError(f"{side} holds {side.kind.expected}; {remedy}")
        if left.kind is not right.kind and Kind.ANY not in (left.kind, right.kind):
            raise ConfigError(
                f"{left} holds {left.kind.expected} and {right} is {right.kind.expected}; "
                "compare values of the same kind"
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
    return Comparison(right, _MIRROR[op], left) if turn else Comparison(left, op, right)


def literal_for(beside: Operand, given: Operand, *, fold: bool = False) -> Operand:
    """``given`` as it meets ``beside``: a text literal in the normal form of that field, anything else as it is."""
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
    """Whether a definition may be called this.

    Example:
        >>> is_name("enterprise"), is_name("lead"), is_name("in")
        (True, False, False)
    """
    return (
        isinstance(given, str)
        and _NAME.fullmatch(given) is not None
        and not keyword.iskeyword(given)
        and given not in RESERVED
    )
