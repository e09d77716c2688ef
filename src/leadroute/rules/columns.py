"""From an ordered list of conditions to columns: which rows of an index ask what about each field.

The rules of this module:

* A row is a box of a condition: a span for some fields. Rows are numbered in the order of the conditions.
* Most rules begin with plain questions: a standard field of the lead against literals. They cannot raise, and a span
  says them completely. They are gathered by question, so that what thousands of rules ask is worked out once.
* From its first part that is no plain question, a condition is outlined in full.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from leadroute.rules.condition import And, Comparison, Condition, joined
from leadroute.rules.operand import Const, Field
from leadroute.rules.questions import Membership, TextTest
from leadroute.rules.rows import Demand, Key, field_key, outline
from leadroute.rules.span import Span, span_of

__all__ = ["Column", "Columns", "columns", "spans_of_rows"]

Column: TypeAlias = Sequence[tuple[str, Any, Sequence[int]]]
"""What rows ask about one field: the form and the literal of a question, for ``span_of``, and the numbers of the rows.

A row may be named more than once; then it takes what all of its questions take. Those that are not named take all."""


class Columns(NamedTuple):
    """What an index is made of.

    Args:
        rows: The position of the condition behind each row, ascending.
        fields: What the rows ask about each field.
        residues: What is left to judge of each condition; ``None`` means that its rows say it all.
        demands: For each demand, the first row of each condition that makes it.
        asking_rep: The positions of the conditions that ask about the rep.
    """

    rows: Sequence[int]
    fields: Mapping[Key, Column]
    residues: Sequence[Condition | None]
    demands: Mapping[Demand, Sequence[int]]
    asking_rep: Sequence[int]


def columns(conditions: Iterable[Condition]) -> Columns:
    """The columns of an ordered list of conditions. O(questions asked).

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> found = columns(
        ...     [LEAD.country == "US", (LEAD.country == "US") & LEAD.company.like("*bank*")]
        ... )
        >>> [(key.name, column) for key, column in found.fields.items()]
        [('country', [('==', 'US', [0, 1])])]
        >>> [str(residue) for residue in found.residues]
        ['None', "lead.company.like('*bank*')"]
    """
    rows: list[int] = []
    residues: list[Condition | None] = []
    demands: dict[Demand, list[int]] = defaultdict(list)
    asking_rep: list[int] = []
    plain: dict[_Question, list[int]] = defaultdict(list)
    boxed: dict[tuple[Key, Span], list[int]] = defaultdict(list)
    for position, condition in enumerate(conditions):
        parts = condition.parts if isinstance(condition, And) else (condition,)
        questions = _questions(parts)
        row = len(rows)
        if len(questions) == len(parts):
            for question in questions:
                plain[question].append(row)
            rows.append(position)
            residues.append(None)
            continue
        found = outline(joined(And, *parts[len(questions) :]))
        taken = range(row, row + len(found.boxes))
        for question in questions:
            plain[question].extend(taken)
        for at, box in zip(taken, found.boxes, strict=True):
            for leaf in box.items():
                boxed[leaf].append(at)
        for demand in found.demands:
            demands[demand].append(row)
        rows.extend(position for _ in taken)
        residues.append(found.residue)
        if found.asks_rep:
            asking_rep.append(position)
    return Columns(rows, _by_field(plain, boxed), residues, demands, asking_rep)


def _by_field(
    plain: Mapping[_Question, Sequence[int]], boxed: Mapping[tuple[Key, Span], Sequence[int]]
) -> Mapping[Key, Column]:
    fields: dict[Key, list[tuple[str, Any, Sequence[int]]]] = defaultdict(list)
    for (name, form, literal), rows in plain.items():
        fields[field_key(name)].append((form, literal, rows))
    for (key, span), rows in boxed.items():
        fields[key].append(("span", span, rows))
    return fields


def spans_of_rows(column: Column) -> dict[int, Span]:
    """The span of each row that a column names. O(rows named).

    Example:
        >>> spans_of_rows([(">=", 5, [0, 1]), ("<", 9, [1])])[1].cuts
        ((5, False), (9, False))
    """
    spans: dict[int, Span] = {}
    for form, literal, rows in column:
        span = span_of(form, literal)
        for row in rows:
            spans[row] = spans[row].meet(span) if row in spans else span
    return spans


_Question: TypeAlias = tuple[str, str, Any]
"""The name of a standard field of the lead, the form of the question, and the literal."""


def _questions(parts: Iterable[Condition]) -> list[_Question]:
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
        found.append((operand.name, form, literal))
    return found
