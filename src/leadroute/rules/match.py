"""Which of an ordered list of conditions hold for a lead: the first, or all.

The rules of this module:

* Conditions are asked in order; a place without a condition always matches.
* An error names the rule and the lead. It comes only from a condition that was reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadroute.errors import ConfigError, FactTypeError
from leadroute.model.lead import Lead
from leadroute.rules.closures import PLAIN, Environment, compile_condition
from leadroute.rules.condition import ALWAYS, Condition
from leadroute.rules.reading import reads

__all__ = ["Matcher"]


class Matcher:
    """An ordered list of conditions, compiled.

    Args:
        conditions: The conditions in their order; ``None`` matches every lead.
        names: What errors call them; ``rule 1``, ``rule 2`` ... when left out.
        environment: The host's predicates and free mailboxes.

    Raises:
        ConfigError: A condition asks about a rep, or the names are not as many as the conditions.
        UnknownFieldError: A predicate is not registered.

    Example:
        >>> from datetime import UTC, datetime
        >>> from leadroute.rules.builders import LEAD
        >>> matcher = Matcher([LEAD.budget >= 10_000, LEAD.country == "US", None])
        >>> now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        >>> (
        ...     matcher.first(Lead("L-1", country="us"), now),
        ...     matcher.all(Lead("L-1", country="us"), now),
        ... )
        (1, (1, 2))
    """

    __slots__ = ("_names", "_tests")

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        environment: Environment = PLAIN,
    ) -> None:
        self._names = (
            tuple(f"rule {i + 1}" for i in range(len(conditions)))
            if names is None
            else tuple(names)
        )
        if len(self._names) != len(conditions):
            raise ConfigError(
                f"{len(conditions)} conditions have {len(self._names)} names; give each one"
            )
        for name, condition in zip(self._names, conditions, strict=True):
            if condition is not None and (asked := reads(condition).rep):
                asks = ", ".join(sorted(map(str, asked)))
                raise ConfigError(
                    f"{name}: `when` asks about the rep ({asks}); move that to `require`"
                )
        self._tests = tuple(
            compile_condition(ALWAYS if condition is None else condition, environment)
            for condition in conditions
        )

    def __len__(self) -> int:
        return len(self._tests)

    def first(self, lead: Lead, now: datetime | None) -> int | None:
        """The position of the first condition that holds, or ``None``. O(conditions).

        Raises:
            FactTypeError: A condition that was reached cannot use what it found; rule and lead are named.
        """
        position = 0
        try:
            for test in self._tests:
                if test(lead, None, now):
                    return position
                position += 1
        except FactTypeError as error:
            raise error.during(self._names[position], lead.id) from error
        return None

    def all(self, lead: Lead, now: datetime | None) -> tuple[int, ...]:
        """The positions of all conditions that hold, in order. O(conditions).

        Raises:
            FactTypeError: A condition cannot use what it found; rule and lead are named.
        """
        found = []
        position = 0
        try:
            for test in self._tests:
                if test(lead, None, now):
                    found.append(position)
                position += 1
        except FactTypeError as error:
            raise error.during(self._names[position], lead.id) from error
        return tuple(found)
