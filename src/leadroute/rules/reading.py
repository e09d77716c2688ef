"""What a condition reads: the fields, signals and predicates that its answer depends on."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import fields as attributes_of
from attrs import frozen

from leadroute.errors import ConfigError
from leadroute.rules.condition import Condition, Named
from leadroute.rules.operand import Age, Field, Now, Operand, SignalStat
from leadroute.rules.questions import Check

__all__ = ["Reads", "definitions", "reads", "walk"]


@frozen
class Reads:
    """What a condition reads.

    Args:
        fields: The standard fields and attributes, of the lead and of the rep.
        signals: The kinds of signals.
        checks: The names of the host's predicates; what those read is not known.
        now: Whether the answer changes with the instant of the decision.
    """

    fields: frozenset[Field]
    signals: frozenset[str]
    checks: frozenset[str]
    now: bool

    @property
    def lead(self) -> frozenset[Field]:
        """The fields and attributes of the lead."""
        return frozenset(field for field in self.fields if field.entity == "lead")

    @property
    def rep(self) -> frozenset[Field]:
        """The fields and attributes of the rep."""
        return frozenset(field for field in self.fields if field.entity == "rep")


def walk(condition: Condition) -> Iterator[Condition | Operand]:
    """Every node of the tree, parents first, from left to right. O(nodes).

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> [str(node) for node in walk(LEAD.budget > 5)]
        ['lead.budget > 5', 'lead.budget', '5']
    """
    pending: list[Condition | Operand] = [condition]
    while pending:
        node = pending.pop()
        yield node
        held = [getattr(node, a.name) for a in attributes_of(type(node)) if a.init]
        parts = [
            part
            for value in held
            for part in (value if isinstance(value, tuple) else (value,))
            if isinstance(part, Condition | Operand)
        ]
        pending.extend(reversed(parts))


def reads(condition: Condition) -> Reads:
    """What the condition reads. O(nodes).

    Example:
        >>> from leadroute.rules.builders import LEAD, REP
        >>> asked = reads(LEAD.language.in_(REP.languages))
        >>> [str(field) for field in asked.rep]
        ['rep.languages']
    """
    nodes = list(walk(condition))
    return Reads(
        frozenset(node for node in nodes if isinstance(node, Field)),
        frozenset(node.signal for node in nodes if isinstance(node, SignalStat)),
        frozenset(node.name for node in nodes if isinstance(node, Check)),
        any(isinstance(node, Now | Age) for node in nodes),
    )


def definitions(condition: Condition) -> dict[str, Condition]:
    """The named conditions within, innermost first, as ``parse(..., defines=...)`` takes them. O(nodes).

    Raises:
        ConfigError: One name stands for two conditions.

    Example:
        >>> from leadroute.rules.builders import LEAD, define
        >>> definitions(~define("big", LEAD.employees > 500))
        {'big': <Comparison lead.employees > 500>}
    """
    found: dict[str, Condition] = {}
    for node in reversed(list(walk(condition))):
        if (
            isinstance(node, Named)
            and found.setdefault(node.name, node.condition) != node.condition
        ):
            raise ConfigError(
                f"the name {node.name!r} stands for two different conditions; rename one"
            )
    return found
