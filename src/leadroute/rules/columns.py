"""From an ordered list of conditions to columns: which rows of an index ask what about each field.

The rules of this module:

* A row is a box of a condition: a span for some fields. Rows are numbered in the order of the conditions.
* Most rules begin with plain questions: a standard field of the lead against literals. They cannot raise and a span
  says them completely. They are gathered by question, so that what thousands of rules ask is worked out once.
* From the first part on that is no plain question, a condition is outlined in full.
* A column has one span for a row. Where a condition asks twice about a field, its spans have met.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, NamedTuple, TypeAlias

from leadroute.rules.condition import And, Comparison, Condition, joined
from leadroute.rules.operand import Const, Field, Operand
from leadroute.rules.questions import Membership, TextTest
from leadroute.rules.rows import Demand, Key, field_key, outline
from leadroute.rules.span import SPANS, Span

__all__ = ["Column", "Columns", "columns", "spans_of_rows"]

Column: TypeAlias = Sequence[tuple[Span, Sequence[int]]]
"""Spans with the rows that have them, by number. No row is named twice; rows that are not named take every value."""


class Columns(NamedTuple):
    """What an index is made of.

    Args:
        rows: The position of the condition behind each row, ascending.
        columns: What the rows ask about each field.
        residues: What is left to judge of each condition; ``None`` means that its rows say it all.
        demands: The rows that are right only if an attribute is as demanded; the first row of each condition.
        asking_rep: The positions of the conditions that ask about the rep.
    """

    rows: Sequence[int]
    columns: Mapping[Key, Column]
    residues: Sequence[Condition | None]
    demands: Mapping[Demand, Sequence[int]]
    asking_rep: Sequence[int]


def columns(conditions: Iterable[Condition]) -> Columns:
    """The columns of an ordered list of conditions. O(questions asked).

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> found = columns([LEAD.country == "US", (LEAD.country == "US") & LEAD.company.like("*bank*")])
        >>> [(key.name, [rows for _, rows in column]) for key, column in found.columns.items()]
        [('country', [[0, 1]])]
        >>> [str(residue) for residue in found.residues]
        ['None', "lead.company.like('*bank*')"]
    """
    rows: list[int] = []
    residues: list[Condition | None] = []
    demands: dict[Demand, list[int]] = defaultdict(list)
    asking_rep: list[int] = []
    plain: dict[_Question, list[int]] = defaultdict(list)
    boxed: dict[Key, dict[Span, list[int]]] = defaultdict(lambda: defaultdict(list))
    for position, condition in enumerate(conditions):
        parts = condition.parts if isinstance(condition, And) else (condition,)
        questions = [_QUESTIONS[type(part)](part) for part in parts]
        row = len(rows)
        if None not in questions:
            for question in questions:
                plain[question].append(row)  # type: ignore[index]
            rows.append(position)
            residues.append(None)
            continue
        begun = questions.index(None)
        found = outline(joined(And, *parts[begun:]))
        taken = range(row, row + len(found.boxes))
        for question in questions[:begun]:
            plain[question].extend(taken)  # type: ignore[index]
        for at, box in zip(taken, found.boxes, strict=True):
            for key, span in box.items():
                boxed[key][span].append(at)
        for demand in found.demands:
            demands[demand].append(row)
        rows.extend([position] * len(taken))
        residues.append(found.residue)
        if found.asks_rep:
            asking_rep.append(position)
    gathered: dict[Key, list[tuple[Span, list[int]]]] = defaultdict(list)
    for (name, form, value), of in plain.items():
        gathered[field_key(name)].append((SPANS[form](value), of))
    for key, by_span in boxed.items():
        gathered[key].extend(by_span.items())
    return Columns(
        rows, {key: _met(column) for key, column in gathered.items()}, residues, demands, asking_rep
    )


def spans_of_rows(found: Columns, key: Key) -> list[Span | None]:
    """The span that each row has in one column; ``None`` takes every value. O(rows).

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> found = columns([LEAD.budget > 5, LEAD.country == "US"])
        >>> [span is None for span in spans_of_rows(found, field_key("country"))]
        [True, False]
    """
    spans: list[Span | None] = [None] * len(found.rows)
    for span, rows in found.columns.get(key, ()):
        for row in rows:
            spans[row] = span
    return spans


def _met(column: Column) -> Column:
    """The column with the spans of each row met."""
    named = list(chain.from_iterable(rows for _, rows in column))
    if len(set(named)) == len(named):
        return column
    spans: dict[int, Span] = {}
    for span, rows in column:
        for row in rows:
            spans[row] = spans[row].meet(span) if row in spans else span
    found: dict[Span, list[int]] = defaultdict(list)
    for row, span in spans.items():
        found[span].append(row)
    return tuple(found.items())


_Question: TypeAlias = tuple[str, str, Any]
"""The name of a standard field of the lead, the form of the question, and the literal."""


def _of_comparison(condition: Comparison) -> _Question | None:
    left, right = condition.left, condition.right
    return (left.name, condition.op, right.value) if isinstance(right, Const) and _plain(left) else None  # type: ignore[union-attr]


def _of_membership(condition: Membership) -> _Question | None:
    operand = condition.operand
    if not _plain(operand):
        return None
    return operand.name, "not in" if condition.negated else "in", condition.values  # type: ignore[union-attr]


def _of_text_test(condition: TextTest) -> _Question | None:
    operand = condition.operand
    plain = condition.op == "startswith" and _plain(operand)
    return (operand.name, "startswith", condition.text) if plain else None


def _plain(operand: Operand) -> bool:
    return isinstance(operand, Field) and not operand.custom and operand.entity == "lead"


_QUESTIONS: Final[Mapping[type, Callable[[Any], _Question | None]]] = defaultdict(
    lambda: lambda _condition: None,
    {Comparison: _of_comparison, Membership: _of_membership, TextTest: _of_text_test},
)
"""The plain question that a condition is, by its type."""
