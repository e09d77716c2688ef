"""A behavior signal: one thing that a lead did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import field, frozen

from leadroute.model.given import Refused
from leadroute.model.guidance import guided
from leadroute.model.validation import clean_fields, cleaned, ident, instant, number


@guided
@frozen
class Signal:
    """Something that a lead did, such as a page visit.

    Args:
        kind: What was done, such as ``pricing_page``.
        at: When, as an aware datetime.
        value: How much of it: seconds on the page, or 1 for a plain event. 0 or more.

    Raises:
        ValidationError: A field was refused; every fault is listed.

    Example:
        >>> from datetime import UTC, datetime
        >>> Signal("pricing_page", datetime(2026, 1, 5, 9, 0, tzinfo=UTC), 240).value
        240
    """

    kind: str = field(metadata={"clean": ident})
    at: datetime = field(metadata={"clean": instant})
    value: float = cleaned(number(0), default=1.0)

    def __attrs_post_init__(self) -> None:
        clean_fields(self)


def signals(given: Any) -> tuple[Signal, ...]:
    """A cleaner for signals, which are kept in the order of time."""
    if isinstance(given, Iterable) and not isinstance(given, str | Mapping):
        found = tuple(given)
        if all(isinstance(signal, Signal) for signal in found):
            return tuple(sorted(found, key=lambda signal: (signal.at, signal.kind, signal.value)))
    raise Refused("are not all signals; write [Signal(kind, at, value), ...]")
