"""What a condition asks of each field, as rows of constraints.

* A cut is a value and a flag: just before the value, or just after it. Membership flips at every cut.
* A condition becomes boxes, each a span for some fields. A lead outside all boxes is one for which the condition is
  false and says so without an error. A lead inside may still be refused by the residue.
* The order of evaluation decides who raises. So nothing that stands behind a part that may raise narrows a box.
* Attributes of the wrong kind raise as well. They are kept apart as demands, so that boxes may
  ignore them: a lead that breaks a demand is judged in full.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias

from leadroute.model.geography import narrower
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Contains,
    FreeMail,
    Membership,
    Named,
    Not,
    Or,
    PredicateCall,
    Presence,
    SetRelation,
    TextTest,
    joined,
)
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Age, Arithmetic, Const, DomainOf, Entry, Field, Now, Operand


class Span(NamedTuple):
    """A set of values of one kind. A named tuple, because an index builds tens of thousands.

    Args:
        cuts: Where membership flips, in ascending order: ``(value, False)`` lies just before the
            value and ``(value, True)`` just after it.
        inside: Whether the values below the first cut belong.
        missing: Whether a missing value belongs.
    """

    cuts: tuple[tuple[Any, bool], ...]
    inside: bool = False
    missing: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a value belongs. O(log cuts)."""
        return self.inside is not bool(bisect_right(self.cuts, (value, False)) & 1)

    def beyond(self, value: Any) -> bool:
        """Whether the values just above ``value`` belong. O(log cuts)."""
        return self.inside is not bool(bisect_right(self.cuts, (value, True)) & 1)

    def flipped(self) -> Span:
        """Everything else, a missing value included."""
        return Span(self.cuts, not self.inside, not self.missing)

    def known(self) -> Span:
        """The same without a missing value."""
        return Span(self.cuts, self.inside)

    def meet(self, other: Span) -> Span:
        """What belongs to both. O(cuts log cuts)."""
        return self if self == other else _merged(self, other, operator.and_)

    def join(self, other: Span) -> Span:
        """What belongs to either. O(cuts log cuts)."""
        return self if self == other else _merged(self, other, operator.or_)


NOTHING: Final = Span(())  # no value at all


def merged(left: Span, right: Span, rule: Callable[[bool, bool], bool]) -> Span:
    """Return the values of which ``rule`` is true, given whether each side has them."""
    a, b = left.inside, right.inside
    inside = before = rule(a, b)
    of_left, of_right = set(left.cuts), set(right.cuts)
    cuts = []
    for cut in sorted(of_left | of_right):
        a ^= cut in of_left
        b ^= cut in of_right
        if rule(a, b) is not before:
            cuts.append(cut)
            before = not before
    return Span(tuple(cuts), inside, rule(left.missing, right.missing))


_merged: Final = lru_cache(maxsize=4_096)(merged)


def listed(values: Iterable[Any]) -> Span:
    """The values themselves."""
    return Span(tuple([(value, after) for value in sorted(set(values)) for after in (False, True)]))


def below(value: Any, *, included: bool) -> Span:
    """Everything below a value, and the value itself when ``included``."""
    return Span(((value, included),), inside=True)


def starting(prefix: str) -> Span:
    """The texts that start with a prefix of one character or more.

    They lie together on the line: from the prefix itself to the first text that is behind all of
    them, which is the prefix with its last character raised.
    """
    head = prefix.rstrip(_LAST)
    end = (((head[:-1] + chr(ord(head[-1]) + 1)), False),) if head else ()
    return Span(((prefix, False), *end))


_LAST: Final = chr(0x10FFFF)


def span_of(form: str, literal: Any) -> Span:
    """What a question about a field takes."""
    return _FORMS[form](literal)


_FORMS: Final[Mapping[str, Callable[[Any], Span]]] = {
    "==": lambda value: listed((value,)),
    "!=": lambda value: listed((value,)).flipped().known(),
    "<": lambda value: below(value, included=False),
    "<=": lambda value: below(value, included=True),
    ">": lambda value: below(value, included=True).flipped().known(),
    ">=": lambda value: below(value, included=False).flipped().known(),
    "in": listed,
    "not in": lambda values: listed(values).flipped().known(),
    "startswith": starting,
    "span": lambda span: span,
}


def field_span(name: str, form: str, literal: Any) -> Span:
    """What a question about a standard field takes; of a language its variants too."""
    if name != "language" or form not in ("==", "!=", "in", "not in"):
        return span_of(form, literal)
    span = NOTHING
    for wanted in (literal,) if isinstance(literal, str) else literal:
        for tag in (wanted, *narrower(wanted)):
            span = span.join(listed((tag,))).join(starting(f"{tag}-"))
    return span if form in ("==", "in") else span.flipped().known()


MOST_BOXES: Final = 32  # how many boxes one condition may take


class Key(NamedTuple):
    """What an index looks at in a lead.

    Args:
        form: ``field``, ``domain`` (what stands behind the @ of a field), ``known`` (whether an
            attribute is present) or the kind of an attribute.
        name: The name of the field or the attribute.
    """

    form: str
    name: str


Box: TypeAlias = Mapping[Key, Span]  # A span for each field that is asked about

Demand: TypeAlias = tuple[str, frozenset[Kind]]
"""The name of an attribute and the kinds that it may have; the empty name is the instant."""


class Outline(NamedTuple):
    """What an index knows of one condition.

    Args:
        boxes: Where it can be true, or raise although every demand is met.
        residue: What is left to judge inside a box; ``None`` means that the boxes say it all.
        demands: What attributes must be for the boxes to be right.
        asks_rep: Whether it asks about the rep.
    """

    boxes: tuple[Box, ...]
    residue: Condition | None
    demands: frozenset[Demand]
    asks_rep: bool


class _Shape(NamedTuple):
    """Boxes, whether they say it all, and whether judging cannot raise once every demand is met."""

    boxes: tuple[Box, ...]
    exact: bool = True
    safe: bool = True


_EVERYTHING: Final[tuple[Box, ...]] = ({},)


def outline(condition: Condition) -> Outline:
    """The boxes, the residue and the demands of a condition. O(nodes x boxes)."""
    demands: set[Demand] = set()
    asks_rep = False
    for operand, kind in _asked(condition):
        if isinstance(operand, Now):
            demands.add(("", frozenset()))
        elif operand.entity == "rep":
            asks_rep = True
        elif operand.custom and kind is not Kind.ANY:
            demands.add((operand.name, _ACCEPTED.get(kind, frozenset((kind,)))))
    parts = condition.parts if isinstance(condition, And) else (condition,)
    shape, left = _conjunction((part, True) for part in parts)
    if demands and not shape.boxes:  # false for every lead, and yet it may raise
        return Outline(_EVERYTHING, condition, frozenset(demands), asks_rep)
    residue = joined(And, *left) if left else None
    return Outline(shape.boxes, residue, frozenset(demands), asks_rep)


def _conjunction(parts: Iterable[tuple[Condition, bool]]) -> tuple[_Shape, list[Condition]]:
    """The parts one after the other, and those of them that the boxes do not settle."""
    boxes, safe = _EVERYTHING, True
    single: dict[Key, Span] = {}
    left = []
    for part, wanted in parts:
        leaf = _leaf(part, wanted) if safe else False
        if isinstance(leaf, tuple):
            key, span = leaf
            single[key] = single[key].meet(span) if key in single else span
            continue
        if isinstance(leaf, bool):
            safe = leaf
            left.append(part)
            continue
        shape = _shape(part, wanted)
        safe = shape.safe
        narrow = len(boxes) * len(shape.boxes) <= MOST_BOXES
        if narrow:
            met = [_met(a, b) for a in boxes for b in shape.boxes]
            boxes = tuple([box for box in met if box is not None])
        if not (narrow and shape.exact):
            left.append(part)
    if boxes is _EVERYTHING and NOTHING not in single.values():
        boxes = (single,)
    elif single:
        met = [None if NOTHING in single.values() else _met(single, box) for box in boxes]
        boxes = tuple([box for box in met if box is not None])
    return _Shape(boxes, exact=not left, safe=safe), left


def _met(left: Box, right: Box) -> Box | None:
    """The box of what lies in both, or ``None`` when nothing does."""
    if not left or not right:
        return left or right
    found = dict(left)
    for key, span in right.items():
        before = found.get(key)
        both = span if before is None else before.meet(span)
        if both == NOTHING:
            return None
        found[key] = both
    return found


def _disjunction(parts: Iterable[tuple[Condition, bool]]) -> _Shape:
    boxes: list[Box] = []
    single: dict[Key, Span] = {}
    exact = safe = True
    for part, wanted in parts:
        shape = _shape(part, wanted)
        for box in shape.boxes:
            if len(box) == 1:
                ((key, span),) = box.items()
                single[key] = single[key].join(span) if key in single else span
            else:
                boxes.append(box)
        exact, safe = exact and shape.exact, safe and shape.safe
    boxes += [{key: span} for key, span in single.items()]
    if {} in boxes or len(boxes) > MOST_BOXES:
        return _Shape(_EVERYTHING, exact and {} in boxes, safe)
    return _Shape(tuple(boxes), exact, safe)


def _shape(condition: Condition, wanted: bool) -> _Shape:
    """Where the condition is true (or, when not ``wanted``, false), or may raise."""
    if isinstance(condition, Named):
        return _shape(condition.condition, wanted)
    if isinstance(condition, Not):
        return _shape(condition.part, not wanted)
    if isinstance(condition, And | Or):
        parts = ((part, wanted) for part in condition.parts)
        return (
            _conjunction(parts)[0] if isinstance(condition, And) is wanted else _disjunction(parts)
        )
    if isinstance(condition, Constant):
        return _Shape(_EVERYTHING if condition.value is wanted else ())
    leaf = _leaf(condition, wanted)
    if isinstance(leaf, tuple):
        return _Shape(() if leaf[1] == NOTHING else (dict((leaf,)),))
    return _Shape(_EVERYTHING, exact=False, safe=leaf is True)


def _leaf(condition: Condition, wanted: bool) -> _Leaf | None:
    """What a leaf says; ``None`` for a condition that is no leaf."""
    read = _LEAVES.get(type(condition))
    found = None if read is None else read(condition)
    return found if wanted or not isinstance(found, tuple) else (found[0], found[1].flipped())


_Leaf: TypeAlias = tuple[Key, Span] | bool
"""A field with the span that makes a leaf true; or else whether judging the leaf is safe."""


def _key(operand: Operand, kind: Kind) -> Key | None:
    if isinstance(operand, Field):
        return _shared(kind, operand.name) if operand.custom else field_key(operand.name)
    if isinstance(operand, DomainOf) and isinstance(operand.of, Field) and not operand.of.custom:
        return _shared("domain", operand.of.name)
    return None


_shared: Final = lru_cache(maxsize=256)(Key)


def field_key(name: str) -> Key:
    """The key of a standard field."""
    return _shared("field", name)


def _comparison(condition: Comparison) -> _Leaf:
    left, right, op = condition.left, condition.right, condition.op
    kind = _compared(condition)
    if kind is Kind.ANY:
        return False
    key = _key(left, kind) if isinstance(right, Const) else None
    if key is None:
        return True
    return key, operand_span(left, op, condition.right.value)  # type: ignore[union-attr]


def operand_span(operand: Operand, form: str, literal: Any) -> Span:
    """What a question about an operand takes, as ``field_span`` says."""
    standard = isinstance(operand, Field) and not operand.custom
    return field_span(operand.name, form, literal) if standard else span_of(form, literal)  # type: ignore[union-attr]


def _membership(condition: Membership) -> _Leaf:
    kind = _listed(condition)
    key = _key(condition.operand, kind)
    if key is None or kind is Kind.ANY:
        return True
    return key, operand_span(
        condition.operand, "not in" if condition.negated else "in", condition.values
    )


def _text_test(condition: TextTest) -> _Leaf:
    key = _key(condition.operand, Kind.TEXT)
    if key is None or condition.op != "startswith":
        return True
    return key, span_of(condition.op, condition.text)


def _presence(condition: Presence) -> _Leaf:
    operand = condition.operand
    if isinstance(operand, Field) and operand.custom:
        return Key("known", operand.name), listed([condition.present])
    key = _key(operand, operand.kind)
    if key is None:
        return True
    empty = listed([""]) if operand.kind is Kind.TEXT else NOTHING
    missing = Span(empty.cuts, empty.inside, missing=True)
    return key, missing.flipped() if condition.present else missing


_LEAVES: Final[Mapping[type, Callable[[Any], _Leaf]]] = {
    Comparison: _comparison,
    Membership: _membership,
    TextTest: _text_test,
    Presence: _presence,
    Contains: lambda _condition: True,
    SetRelation: lambda _condition: True,
    FreeMail: lambda _condition: True,
    PredicateCall: lambda _condition: False,
}

_ACCEPTED: Final[Mapping[Kind, frozenset[Kind]]] = {Kind.LEVELS: frozenset((Kind.TEXT, Kind.NAMES))}
"""What a container of no declared kind may be; ``_asked`` calls it by the kind of a mapping."""

_Asked: TypeAlias = tuple[Operand, Kind]
"""An operand with the kind that an attribute must have in its place."""


def _asked(condition: Condition) -> Iterator[tuple[Field | Now, Kind]]:
    """The fields that judging the condition may read, and whether it reads the instant."""
    pending = [condition]
    while pending:
        node = pending.pop()
        if isinstance(node, And | Or):
            pending.extend(node.parts)
        elif isinstance(node, Not | Named):
            pending.append(node.part if isinstance(node, Not) else node.condition)
        else:
            for side in _SIDES[type(node)](node):
                yield from _within(side)


def _within(side: _Asked) -> Iterator[tuple[Field | Now, Kind]]:
    pending = [side]
    while pending:
        part, kind = pending.pop()
        if isinstance(part, Field | Now):
            yield part, kind
        elif isinstance(part, DomainOf | Age):
            pending.append((part.of, Kind.TEXT if isinstance(part, DomainOf) else Kind.INSTANT))
            pending.extend([(Now(), Kind.INSTANT)] if isinstance(part, Age) else [])
        elif isinstance(part, Arithmetic):
            pending.extend(zip((part.left, part.right), part.kinds, strict=True))
        elif isinstance(part, Entry):
            yield part.of, Kind.LEVELS


def _compared(condition: Comparison) -> Kind:
    left = condition.left.kind
    return condition.right.kind if left is Kind.ANY else left


def _listed(condition: Membership) -> Kind:
    kind = condition.operand.kind
    return Const(condition.values[0]).kind if kind is Kind.ANY and condition.values else kind


def _sides_of_comparison(condition: Comparison) -> tuple[_Asked, ...]:
    kind = _compared(condition)
    left = (condition.left, kind)
    return (left,) if isinstance(condition.right, Const) else (left, (condition.right, kind))


def _sides_of_contains(condition: Contains) -> tuple[_Asked, ...]:
    kind = condition.container.kind
    whole = Kind.LEVELS if kind is Kind.ANY else kind
    return (condition.container, whole), (condition.item, Kind.TEXT)


_SIDES: Final[Mapping[type, Callable[[Any], tuple[_Asked, ...]]]] = {
    Comparison: _sides_of_comparison,
    Membership: lambda condition: ((condition.operand, _listed(condition)),),
    Presence: lambda condition: ((condition.operand, Kind.ANY),),
    TextTest: lambda condition: ((condition.operand, Kind.TEXT),),
    FreeMail: lambda condition: ((condition.operand, Kind.TEXT),),
    Contains: _sides_of_contains,
    SetRelation: lambda condition: ((condition.left, Kind.NAMES), (condition.right, Kind.NAMES)),
    PredicateCall: lambda _condition: (),
    Constant: lambda _condition: (),
}
"""What a leaf compares, each with the kind that an attribute there has to be."""


Question: TypeAlias = tuple[str, str, Any]
"""The name of a standard field of the lead, the form of the question, and the literal."""


def questions_of(parts: Iterable[Condition]) -> list[Question]:
    """The plain questions that a conjunction begins with."""
    found = []
    literal: Any
    for part in parts:
        if isinstance(part, Comparison) and isinstance(part.right, Const):
            operand, form, literal = part.left, part.op, part.right.value
        elif isinstance(part, Membership):
            operand, form, literal = part.operand, "not in" if part.negated else "in", part.values
        elif isinstance(part, TextTest) and part.op == "startswith":
            operand, form, literal = part.operand, part.op, part.text
        else:
            break
        if not isinstance(operand, Field) or operand.custom or operand.entity != "lead":
            break
        if operand.name == "language":
            form, literal = "span", field_span("language", form, literal)
        found.append((operand.name, form, literal))
    return found
