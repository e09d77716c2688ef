"""Objects of the wrong kind, refused by name before anything is done with them.

The rules of this module:

* Only what a host hands in is asked, once, where it comes in.
* A subclass is of the kind, and for a protocol whatever has its methods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol, TypeVar

from attrs import Attribute

from leadroute.errors import FactTypeError

__all__ = ["every", "must_be", "of_kind"]

T = TypeVar("T")

_WRITE: Final = {
    "Clock": "a Clock, such as SystemClock()",
    "Environment": "an Environment, such as Environment(predicates={'vip': is_vip})",
    "Hours": "a schedule, such as Schedule('mon-fri 09:00-17:00', 'UTC')",
    "Lead": "a Lead, such as Lead('L-1')",
    "Mapping": "a mapping from names, such as {'ada': 3}",
    "Outcomes": "Outcomes, such as outcomes_of(histories)",
    "Roster": "a Roster, such as Roster([Rep('ada')])",
    "Router": "a Router, such as Router(rules=[Rule('all')])",
    "Snapshot": "a Snapshot, such as Snapshot(open={'ada': 3})",
    "Store": "a Store, such as MemoryStore()",
    "bool": "True or False",
    "date": "a date, such as date(2026, 1, 5)",
    "frozenset": "a frozenset of dates",
    "str": "text",
    "timedelta": "a timedelta, such as timedelta(seconds=30)",
    "tzinfo": "a time zone, such as ZoneInfo('Europe/Berlin')",
}


def must_be(kind: type[Any], **given: object) -> None:
    """Refuse an argument that is of another kind.

    Args:
        kind: What it must be.
        given: The arguments, by name.

    Raises:
        FactTypeError: One is something else; the message names it, its type and what to write.

    Example:
        >>> must_be(str, lead_id=17)
        Traceback (most recent call last):
        ...
        leadroute.errors.FactTypeError: lead_id is of type int; it must be text
    """
    for argument, value in given.items():
        if not (isinstance(value, kind) or _has_its_methods(value, kind)):
            raise FactTypeError(argument, f"of type {type(value).__name__}", _WRITE[kind.__name__])


def _has_its_methods(value: object, kind: type[Any]) -> bool:
    """Whether a protocol is fulfilled, though by attributes that are looked up when asked for, as proxies do."""
    methods = [name for name in vars(kind) if not name.startswith("_")]
    return Protocol in kind.__bases__ and all(hasattr(value, name) for name in methods)


def every(kind: type[T], **given: Iterable[T]) -> Iterator[T]:
    """Several things of one kind, each asked when its turn comes.

    Args:
        kind: What each must be.
        given: The argument, by name.

    Raises:
        FactTypeError: It cannot be gone through, or it holds something else.
    """
    ((argument, values),) = given.items()
    if not isinstance(values, Iterable):
        expected = f"several, such as [{kind.__name__}(...), ...]"
        raise FactTypeError(argument, f"of type {type(values).__name__}", expected)
    for number, value in enumerate(values):
        must_be(kind, **{f"{argument}[{number}]": value})
        yield value


def of_kind(kind: type[Any]) -> Callable[[Any, Attribute[Any], Any], None]:
    """A validator for an attrs field, as ``must_be``."""

    def check(_value: object, attribute: Attribute[Any], given: object) -> None:
        must_be(kind, **{attribute.name: given})

    return check
