"""The questions that a condition can ask beside comparisons: membership, sets, texts, presence and the host's own.

The rules of this module:

* A question checks its operands when it is built and brings its literals into the form of the field they meet.
* ``negated`` is for what has a negative in the language (``not in``); it is false for a missing value too.
"""

from __future__ import annotations

from typing import Any, ClassVar

from attrs import frozen

from leadroute.errors import ConfigError
from leadroute.rules.condition import WHOLE, Comparison, Condition, literal_for
from leadroute.rules.fields import Kind, plain_literal
from leadroute.rules.operand import (
    Arithmetic,
    Const,
    DomainOf,
    Field,
    Operand,
    constant,
    deeper,
    literal_text,
    settle,
)

__all__ = [
    "Check",
    "Contains",
    "FreeMail",
    "Membership",
    "Presence",
    "SetRelation",
    "TextTest",
]


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
    """Refuse an operand that cannot be of the kind.

    Raises:
        ConfigError: It cannot.
    """
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
    """One set overlaps another (they share a name), or covers it (it has every name of the other)."""

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
            self,
            left=literal_for(self.right, self.left),
            right=literal_for(self.left, self.right),
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
class Check(Condition):
    """A predicate of the host's own, known by its registered name."""

    name: str
    arguments: tuple[Any, ...] = ()

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.name, str):
            raise ConfigError("check(...) takes the name of a registered predicate in quotes")
        settle(
            self,
            name=plain_literal(self.name),
            arguments=tuple(constant(argument).value for argument in self.arguments),
        )

    def __str__(self) -> str:
        return f"check({', '.join(map(literal_text, (self.name, *self.arguments)))})"
