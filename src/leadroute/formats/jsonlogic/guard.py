"""Where JsonLogic lets ``null`` pass and we do not, and what must stand before such a question."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeGuard

from attrs import evolve

from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Contains,
    Membership,
    Not,
    Presence,
)
from leadroute.rules.evaluation import LANGUAGE
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Operand

ORDERS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
TEXTS: Final = {"startswith": "startsWith", "endswith": "endsWith"}
"""The tests of texts as react-querybuilder calls them."""
TAGS: Final = "lead.languages"
"""The lead's language and what it is a variant of, a list that only the data has."""


def guards_of(question: Condition) -> tuple[Operand, ...]:
    """The operands that must be known where JsonLogic would let ``null`` pass."""
    match question:
        case Comparison(left=left, op=op, right=Const(value=value)):
            return (left,) if _null_passes(op, value) else ()
        case Comparison(left=left, op="==", right=_):
            return (left,)
        case Comparison(left=left, right=right):
            return (left, right)
        case Membership(operand=operand, negated=True):
            return (operand,)
        case Contains(container=container, item=item, negated=negated):
            asked = () if isinstance(item, Const) else (item,)
            if negated:
                return (container, *asked)
            return asked if container.kind is not Kind.NAMES else ()
        case And(parts=(Comparison(left=left) as low, Comparison() as high)) if spans(low, high):
            passes = (_null_passes(part.op, part.right.value) for part in (low, high))  # type: ignore[union-attr]
            return (left,) if all(passes) else ()
    return ()


def _null_passes(op: str, value: Any) -> bool:
    """Whether JsonLogic, for which ``null`` comes to 0 in an order, answers ``null op value`` with true."""
    if op not in ORDERS:
        return op == "!="
    return isinstance(value, str | datetime) or ORDERS[op](0, value)


def spans(low: Condition, high: Condition) -> bool:
    """Whether two comparisons ask if one operand lies between two literals, both with the ends or both without."""
    return (
        isinstance(low, Comparison)
        and isinstance(high, Comparison)
        and (low.op, high.op) in ((">=", "<="), (">", "<"))
        and low.left == high.left
        and isinstance(low.right, Const)
        and isinstance(high.right, Const)
    )


def spoken(question: Condition) -> TypeGuard[Comparison]:
    """Whether a question compares the lead's language, which meets what it is a variant of, with a tag."""
    return (
        isinstance(question, Comparison)
        and question.left == LANGUAGE
        and question.op in ("==", "!=")
        and isinstance(question.right, Const)
    )


def unguarded(parts: tuple[Condition, ...], written: Sequence[Any]) -> Condition | None:
    """The question that the parts of an ``and`` are when all but the last guard it, else ``None``."""
    *guards, last = parts
    if isinstance(written[-1], dict) and "and" in written[-1]:
        return None
    if isinstance(last, Not) and isinstance(last.part, Membership | Contains):
        last = evolve(last.part, negated=True)
    elif isinstance(last, Not) and spoken(last.part):
        last = evolve(last.part, op="!=")
    needed = tuple(Presence(of) for of in guards_of(last))
    return last if needed and tuple(guards) == needed else None
