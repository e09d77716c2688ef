"""Who gets which lead of a backlog, and why: what ``Router.assign_batch`` gives.

The rules of this module:

* Every lead is there once: with a rep, or with the reason why nobody gets it.
* A price is what a place with a rep is worth to the other leads that compete for it. Each lead is where its worth less
  the price is highest, so the prices explain the choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from attrs import field, frozen

from leadroute.model.lead import Lead
from leadroute.model.validation import FrozenDict
from leadroute.ranking.ranking import Assignment, Outcome

__all__ = ["Batch", "BatchAssignment", "Objective", "Option", "Unassigned"]

Objective: TypeAlias = Callable[[Lead, Assignment], float]
"""What giving a lead to a rep is worth, 0 or more."""


@frozen
class Option:
    """A rep who could have a lead.

    Args:
        rep_id: The rep.
        worth: What the lead is worth there.
        price: What the place is worth to the other leads that compete for it; ``None`` where prices say nothing.
    """

    rep_id: str
    worth: float
    price: float | None = None

    def __str__(self) -> str:
        price = "" if self.price is None else f", the place costs {self.price:.2f}"
        return f"{self.rep_id}: worth {self.worth:.2f}{price}"


@frozen
class BatchAssignment:
    """A lead and the rep who gets it.

    Args:
        lead_id: The lead.
        priority: Its priority.
        rule: The rule that matched.
        pool: The pool of the rep.
        chosen: The rep, with worth and price.
        runner_up: The best other rep, worth less price; ``None`` when nobody else could take it.
    """

    lead_id: str
    priority: int
    rule: str
    pool: str
    chosen: Option
    runner_up: Option | None
    _assignment: Callable[[], Assignment] = field(eq=False, repr=False)

    @property
    def rep_id(self) -> str:
        """Who gets the lead."""
        return self.chosen.rep_id

    @property
    def assignment(self) -> Assignment:
        """The rep's place in the ranking of the lead, with score and reasons; ranked again when asked for."""
        return self._assignment()

    def __str__(self) -> str:
        rather = "" if self.runner_up is None else f"; next best {self.runner_up}"
        return f"{self.lead_id} to {self.chosen}{rather}"


@frozen
class Unassigned:
    """A lead that nobody gets.

    Args:
        lead_id: The lead.
        priority: Its priority.
        outcome: How its ranking came out; ``RANKED`` when somebody could take it, and all their places went to others.
        reason: Why, in words.
        full: Those who could take it.
    """

    lead_id: str
    priority: int
    outcome: Outcome
    reason: str
    full: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.lead_id} stays: {self.reason}"


@frozen
class Batch:
    """Who gets which lead of a backlog, and why. ``str()`` is the explanation for a sales manager.

    Args:
        placed: The leads that somebody gets: the highest priority first, then the best lead score, then the oldest.
        left: The leads that nobody gets, in the same order.
        points: What the assignment is worth, added up.
        exact: Whether no better assignment exists: with ``gap=0``, and where a place is the same for every lead.
        greedy_placed: How many leads are placed one after the other, each with the best rep still free.
        greedy_points: What that is worth.
    """

    placed: tuple[BatchAssignment, ...]
    left: tuple[Unassigned, ...]
    points: float
    exact: bool
    greedy_placed: int
    greedy_points: float

    @property
    def owners(self) -> Mapping[str, str]:
        """The rep of each lead that is placed, by lead id."""
        return FrozenDict({each.lead_id: each.rep_id for each in self.placed})

    @property
    def gap_to_greedy(self) -> float:
        """The share of the points that greedy misses; below 0 when it has more, from fewer leads or lower classes."""
        return 1 - self.greedy_points / self.points if self.points else 0.0

    def __str__(self) -> str:
        several = len(self.placed) + len(self.left)
        headline = f"{len(self.placed)} of {several} leads placed, worth {self.points:.2f} together"
        greedy = f"one after the other: {self.greedy_placed} leads, worth {self.greedy_points:.2f}"
        return "\n".join([headline, greedy, *(f"  {each}" for each in (*self.placed, *self.left))])
