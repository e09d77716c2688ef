"""A backlog of leads, given out at once."""

from leadroute.ranking.batch.assign import (
    Batch,
    BatchAssignment,
    Objective,
    Option,
    Unassigned,
    assign_batch,
)
from leadroute.ranking.batch.solver import Solution, bound, greedy, solve

__all__ = [
    "Batch",
    "BatchAssignment",
    "Objective",
    "Option",
    "Solution",
    "Unassigned",
    "assign_batch",
    "bound",
    "greedy",
    "solve",
]
