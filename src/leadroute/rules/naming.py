"""Facts about a lead or a rep by name, as the parameters of scorers give them.

The rules of this module:

* ``industry`` is a standard field; ``lead['plan']`` and ``rep['plan']`` are attributes of the host's own.
* A name is checked when the scorer is built. A value of the wrong type counts as not known, so that one odd lead holds
  up nobody.
* Names, e-mail addresses and phone numbers are never read: what is read here ends up in reasons and in counters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import Any

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.fields import FIELDS, Kind

__all__ = ["number_of", "number_title", "text_title", "text_titles", "texts_of"]

_PERSONAL = frozenset(("id", "name", "email", "phone"))
_ATTRIBUTE = re.compile(r"(lead|rep)\['([^'\\]+)'\]")


def text_title(given: Any) -> str:
    """The name of a fact of the lead that holds text, or several texts.

    Raises:
        UnknownFieldError: The lead has no such field.

    Example:
        >>> text_title("industry"), text_title("lead['plan']")
        ('industry', "lead['plan']")
    """
    return _title(given, "lead", Kind.TEXT)


def text_titles(given: Any) -> tuple[str, ...]:
    """Several names of facts of the lead that hold text; one alone may stand without a list.

    Raises:
        ConfigError: There are none.
        UnknownFieldError: The lead has no such field.
    """
    alone = isinstance(given, str) or not isinstance(given, Iterable)
    found = tuple(map(text_title, (given,) if alone else given))
    if not found:
        raise ConfigError("the list of fields is empty; name one field or more")
    return found


def number_title(given: Any) -> str:
    """The name of a fact of the lead that holds a number.

    Raises:
        UnknownFieldError: The lead has no such field.

    Example:
        >>> number_title("budget")
        'budget'
    """
    return _title(given, "lead", Kind.NUMBER)


def _title(given: Any, entity: str, kind: Kind) -> str:
    name = str(given)
    shape = _ATTRIBUTE.fullmatch(name)
    if shape is not None and shape[1] == entity:
        return name
    known = tuple(
        found
        for found, spec in FIELDS[entity].items()
        if spec.kind is kind and found not in _PERSONAL
    )
    if name not in known:
        raise UnknownFieldError(entity, name, known)
    return name


def _value(of: Lead | Rep, title: str) -> Any:
    name = _attribute(title)
    return getattr(of, title) if name is None else of.attributes.get(name)


@lru_cache(maxsize=1_024)
def _attribute(title: str) -> str | None:
    shape = _ATTRIBUTE.fullmatch(title)
    return None if shape is None else shape[2]


def texts_of(lead: Lead, title: str) -> tuple[str, ...]:
    """The texts that a fact holds, in order; none when it is not known.

    Example:
        >>> texts_of(Lead("L-1", attributes={"needs": {"sap", "hr"}}), "lead['needs']")
        ('hr', 'sap')
    """
    value = _value(lead, title)
    if isinstance(value, str):
        return (value,)
    return tuple(sorted(value)) if isinstance(value, frozenset) else ()


def number_of(of: Lead | Rep, title: str) -> float | None:
    """The number that a fact holds, or ``None`` when it is not known.

    Example:
        >>> number_of(Lead("L-1", budget=500), "budget")
        500
    """
    value = _value(of, title)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and isfinite(value) else None
