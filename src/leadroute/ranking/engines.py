"""The same assignment by a compiled solver, for whoever has one installed.

The rules of this module:

* An engine gives every lead a column within the places and with the highest sum; it knows nothing of leads that are
  left out, which the caller gives a column of their own.
* The packages are imported when an engine is used, never before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from types import MappingProxyType
from typing import Any

from leadroute.errors import MissingExtraError

__all__ = ["ENGINES"]

_Rows = Sequence[Sequence[int | None]]


def _ortools(rows: _Rows, sizes: Sequence[int]) -> list[int]:
    """Minimum-cost flow from the leads through the reps to one sink (OR-tools)."""
    try:
        from ortools.graph.python import min_cost_flow
    except ImportError as error:
        raise MissingExtraError("the engine 'ortools'", "batch") from error
    flow: Any = min_cost_flow.SimpleMinCostFlow()
    sink = len(rows) + len(sizes)
    arcs = [
        (flow.add_arc_with_capacity_and_unit_cost(lead, len(rows) + rep, 1, -value), lead, rep)
        for lead, row in enumerate(rows)
        for rep, value in enumerate(row)
        if value is not None
    ]
    for rep, size in enumerate(sizes):
        flow.add_arc_with_capacity_and_unit_cost(len(rows) + rep, sink, size, 0)
    for lead in range(len(rows)):
        flow.set_node_supply(lead, 1)
    flow.set_node_supply(sink, -len(rows))
    flow.solve()
    column_of = [0] * len(rows)
    for arc, lead, rep in arcs:
        if flow.flow(arc):
            column_of[lead] = rep
    return column_of


def _scipy(rows: _Rows, sizes: Sequence[int]) -> list[int]:
    """The rectangular assignment problem with a column for every place (SciPy)."""
    try:
        from scipy.optimize import linear_sum_assignment
    except ImportError as error:
        raise MissingExtraError("the engine 'scipy'", "batch") from error
    columns = [rep for rep, size in enumerate(sizes) for _ in range(size)]
    worth = [[-inf if value is None else value for value in row] for row in rows]
    table = [[row[rep] for rep in columns] for row in worth]
    _, chosen = linear_sum_assignment(table, maximize=True)
    return [columns[at] for at in chosen]


ENGINES: Mapping[str, Callable[[_Rows, Sequence[int]], list[int]]] = MappingProxyType(
    {"ortools": _ortools, "scipy": _scipy}
)
