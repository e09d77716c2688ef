"""The version of a policy: one short text that is the same for equal policies, and differs for others.

The rules of this module:

* It depends on what decides, and on nothing else: no object ids, no hash seeds, no order of sets.
* It is the same in every process and in every version of Python, and survives ``dump_policy`` and ``load_policy``.
* Equal values count alike: 2.0 is 2.
* What is left at its default does not count, so that a new option of leadroute leaves old versions as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from attrs import fields, has

from leadroute.model.duration import digest
from leadroute.rules.condition import Condition, Named
from leadroute.rules.reading import walk
from leadroute.rules.scorer import Scorer, guards

__all__ = ["fingerprint"]

LENGTH: Final = 16
"""How many hexadecimal digits a version has: 64 bits."""


def fingerprint(policy: Any) -> str:
    """The version of a policy. O(size of the policy).

    Args:
        policy: A frozen attrs value that holds conditions, scores and plain values.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> from leadroute.rules.rule import Rule
        >>> fingerprint(Rule("us", when=LEAD.country == "us"))
        '5edf8ac5a12f80c7'
    """
    meant: set[str] = set()
    outline = _outline(policy, meant)
    return digest(ascii((outline, sorted(meant)))).hex()[:LENGTH]


def _outline(value: Any, meant: set[str]) -> Any:
    if isinstance(value, Condition):
        _explain((value,), meant)
        return str(value)
    if isinstance(value, Scorer):
        _explain(guards(value), meant)
        return str(value)
    if isinstance(value, timedelta):
        return value // timedelta(microseconds=1)
    if isinstance(value, Mapping):
        return sorted((str(key), _outline(each, meant)) for key, each in value.items())
    if isinstance(value, frozenset):
        return sorted(ascii(_outline(each, meant)) for each in value)
    if isinstance(value, tuple):
        return [_outline(each, meant) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not has(type(value)):
        return value if isinstance(value, str | int | float | None) else str(value)
    told = [
        (each.name, _outline(given, meant))
        for each in fields(type(value))
        if each.init and each.eq and (given := getattr(value, each.name)) != each.default
    ]
    return [type(value).__name__, told]


def _explain(conditions: Iterable[Condition], meant: set[str]) -> None:
    """Note what the names stand for that conditions use, because their text holds the names alone."""
    for condition in conditions:
        for node in walk(condition):
            if isinstance(node, Named):
                meant.add(f"{node.name} {node.condition}")
