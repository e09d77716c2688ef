"""How an index reads a lead: one value for each plane, ``None`` where it is missing.

The rules of this module:

* A look never raises. An attribute of another kind than the plane's is as good as missing there; whether it makes a
  rule raise is watched apart.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.rules.evaluation import TYPES, reader
from leadroute.rules.fields import Kind
from leadroute.rules.operand import DomainOf, Field
from leadroute.rules.rows import Key

__all__ = ["Look", "kind_of", "look"]

Look: TypeAlias = Callable[[Lead], Any]
"""From a lead to its value in one plane."""

_KINDS: Final[Mapping[type, Kind]] = {
    str: Kind.TEXT,
    bool: Kind.FLAG,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    datetime: Kind.INSTANT,
    frozenset: Kind.NAMES,
}


def kind_of(value: object) -> Kind:
    """The kind of an attribute's value.

    Example:
        >>> kind_of(True), kind_of(1)
        (<Kind.FLAG: 'flag'>, <Kind.NUMBER: 'number'>)
    """
    found = _KINDS.get(type(value))
    return found or next(kind for kind, types in TYPES.items() if isinstance(value, types))


def look(key: Key) -> Look:
    """How a lead is read for the plane of a key.

    Example:
        >>> look(Key("domain", "email"))(Lead("L-1", email="ann@example.com"))
        'example.com'
    """
    name = key.name
    if key.form == "field":
        return operator.attrgetter(name)
    if key.form == "domain":
        read = reader(DomainOf(Field("lead", name)), Kind.TEXT)
        return lambda lead: read(lead, None, None)
    if key.form == "known":
        return lambda lead: lead.attributes.get(name) not in _EMPTY
    kind = Kind(key.form)

    def attribute(lead: Lead) -> Any:
        value = lead.attributes.get(name)
        return value if value is not None and kind_of(value) is kind else None

    return attribute


_EMPTY: Final[tuple[object, ...]] = (None, "", frozenset())
