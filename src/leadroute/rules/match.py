"""Which of an ordered list of conditions hold for a lead: the first, or all.

The rules of this module:

* Conditions are asked in order; a place without a condition always matches.
* An error names the rule and the lead. It comes only from a condition that was reached.
* Which engine does the work can be measured and not seen: answers and errors are those of ``PlainMatcher``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from leadroute.rules.condition import Condition
from leadroute.rules.evaluation import PLAIN, Environment
from leadroute.rules.index import Asked, Index
from leadroute.rules.plain import PlainMatcher

__all__ = ["FEW", "Matcher"]

FEW: Final = 4
"""Up to how many conditions are simply asked one after the other."""


class Matcher:
    """An ordered list of conditions, compiled: a few into closures, more into an index.

    Args:
        conditions: The conditions in their order; ``None`` matches every lead.
        names: What errors call them; ``rule 1``, ``rule 2`` ... when left out.
        environment: The host's predicates and free mailboxes.

    Attributes:
        first: ``first(lead, now)`` is the position of the first condition that holds, or ``None``.
        all: ``all(lead, now)`` is the positions of all conditions that hold, in order.

    Both raise a ``FactTypeError`` when a condition that was reached cannot use what it found; it names rule and lead.

    Raises:
        ConfigError: A condition asks about a rep, or the names are not as many as the conditions.
        UnknownFieldError: A predicate is not registered.

    Example:
        >>> from datetime import UTC, datetime
        >>> from leadroute.model.lead import Lead
        >>> from leadroute.rules.builders import LEAD
        >>> matcher = Matcher([LEAD.budget >= 10_000, LEAD.country == "US", None])
        >>> now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        >>> (
        ...     matcher.first(Lead("L-1", country="us"), now),
        ...     matcher.all(Lead("L-1", country="us"), now),
        ... )
        (1, (1, 2))
    """

    __slots__ = ("_engine", "all", "first")

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        environment: Environment = PLAIN,
    ) -> None:
        build = Index.of if len(conditions) > FEW else PlainMatcher
        self._settle(build(conditions, names, environment))

    def _settle(self, engine: Index | PlainMatcher) -> None:
        self._engine = engine
        # Bound here, so that matching a lead takes one call and not two.
        self.first: Asked[int | None] = engine.first
        self.all: Asked[tuple[int, ...]] = engine.all

    def __len__(self) -> int:
        return len(self._engine)

    def replace(self, position: int, condition: Condition | None) -> Matcher:
        """The same conditions with one of them replaced; derived from this matcher, not built again.

        Args:
            position: Which one, from 0.
            condition: What takes its place; ``None`` matches every lead.

        Raises:
            ConfigError: The condition asks about a rep.
            IndexError: There is no such position.
        """
        found = Matcher.__new__(Matcher)
        found._settle(self._engine.replace(position, condition))  # noqa: SLF001 - its own class
        return found
