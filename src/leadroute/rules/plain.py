"""The straightforward engine: every condition as closures, asked one after the other. The reference for the index.

The rules of this module:

* Conditions are asked in order; a place without a condition always matches.
* An error names the rule and the lead. It comes only from a condition that was reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from leadroute.errors import ConfigError, FactTypeError
from leadroute.model.lead import Lead
from leadroute.rules.condition import ALWAYS, Condition
from leadroute.rules.evaluation import PLAIN, Environment, compile_condition
from leadroute.rules.reading import reads

__all__ = ["PlainMatcher", "refuse_rep", "rule_names"]


def rule_names(
    conditions: Sequence[Condition | None], names: Sequence[str] | None
) -> tuple[str, ...]:
    """What errors call the conditions: the names given, or ``rule 1``, ``rule 2`` ...

    Raises:
        ConfigError: The names are not as many as the conditions.

    Example:
        >>> rule_names([None, None], None)
        ('rule 1', 'rule 2')
    """
    if names is None:
        return tuple(f"rule {i + 1}" for i in range(len(conditions)))
    if len(names) != len(conditions):
        raise ConfigError(f"{len(conditions)} conditions have {len(names)} names; give each one")
    return tuple(names)


def refuse_rep(name: str, condition: Condition) -> None:
    """Refuse a condition that asks about the rep, because a rule is matched before there is one.

    Raises:
        ConfigError: It does; the message names the rule and what it asks.
    """
    if asked := reads(condition).rep:
        asks = ", ".join(sorted(map(str, asked)))
        raise ConfigError(f"{name}: `when` asks about the rep ({asks}); move that to `require`")


class PlainMatcher:
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
        >>> matcher = PlainMatcher([LEAD.budget >= 10_000, LEAD.country == "US", None])
        >>> now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        >>> (
        ...     matcher.first(Lead("L-1", country="us"), now),
        ...     matcher.all(Lead("L-1", country="us"), now),
        ... )
        (1, (1, 2))
    """

    __slots__ = ("_conditions", "_environment", "_names", "_tests")

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        environment: Environment = PLAIN,
    ) -> None:
        self._names = rule_names(conditions, names)
        for name, condition in zip(self._names, conditions, strict=True):
            if condition is not None:
                refuse_rep(name, condition)
        self._conditions, self._environment = tuple(conditions), environment
        self._tests = tuple(
            compile_condition(ALWAYS if condition is None else condition, environment)
            for condition in conditions
        )

    def __len__(self) -> int:
        return len(self._tests)

    def first(self, lead: Lead, now: datetime | None = None) -> int | None:
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

    def all(self, lead: Lead, now: datetime | None = None) -> tuple[int, ...]:
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

    def replace(self, position: int, condition: Condition | None) -> PlainMatcher:
        """The same conditions with one replaced.

        Raises:
            ConfigError: The condition asks about a rep.
            IndexError: There is no such position.
        """
        place = range(len(self))[position]
        conditions = (*self._conditions[:place], condition, *self._conditions[place + 1 :])
        return PlainMatcher(conditions, self._names, self._environment)
