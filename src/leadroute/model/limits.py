"""Caps: how many leads a rep may take in a period of their own calendar."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Any

from attrs import field, frozen

from leadroute.errors import InvalidValue
from leadroute.model.keys import cap_key
from leadroute.model.values import Refused, clean_fields, shown, whole

__all__ = ["PERIODS", "Cap", "caps"]

PERIODS = ("hour", "day", "week", "month", "quarter")


def _period(given: Any) -> str:
    if given not in PERIODS:
        raise Refused(f"is {shown(given)}; write one of {', '.join(PERIODS)}")
    return str(given)


@frozen
class Cap:
    """At most ``limit`` leads in each calendar period, in the rep's own time zone.

    Args:
        limit: 0 or more; 0 means none at all.
        per: ``hour``, ``day``, ``week`` (from Monday), ``month`` or ``quarter``.

    Raises:
        InvalidValue: A field was refused.

    Example:
        >>> str(Cap(30, "month"))
        '30 per month'
    """

    limit: int = field(metadata={"clean": whole(0)})
    per: str = field(metadata={"clean": _period})

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __str__(self) -> str:
        return f"{self.limit} per {self.per}"

    def period(self, now: datetime, zone: tzinfo) -> str:
        """The name of the period that ``now`` lies in, such as ``2026-03`` for a month.

        Example:
            >>> from datetime import UTC
            >>> Cap(5, "week").period(datetime(2026, 1, 1, tzinfo=UTC), UTC)
            '2026-W01'
        """
        local = now.astimezone(zone)
        if self.per == "hour":
            return local.strftime("%Y-%m-%dT%H%z")
        if self.per == "day":
            return local.strftime("%Y-%m-%d")
        if self.per == "week":
            return local.strftime("%G-W%V")
        if self.per == "month":
            return local.strftime("%Y-%m")
        return f"{local.year:04}-Q{(local.month + 2) // 3}"

    def key(self, rep_id: str, now: datetime, zone: tzinfo) -> str:
        """The counter that leads of this rep count on in the period of ``now``."""
        return cap_key(rep_id, self.per, self.period(now, zone))


def caps(given: Any) -> tuple[Cap, ...]:
    """A cleaner for the caps of a rep: ``Cap`` values, or a mapping such as ``{"day": 5}``."""
    if isinstance(given, Mapping):
        try:
            found = tuple(Cap(limit, per) for per, limit in given.items())
        except InvalidValue as error:
            raise Refused("; ".join(map(str, error.faults))) from None
    elif isinstance(given, Iterable) and not isinstance(given, str):
        found = tuple(given)
    else:
        raise Refused(f"is {shown(given)}; write caps such as [Cap(5, 'day')] or {{'day': 5}}")
    if not all(isinstance(cap, Cap) for cap in found):
        raise Refused("are not all caps; write caps such as [Cap(5, 'day')] or {'day': 5}")
    if len({cap.per for cap in found}) < len(found):
        raise Refused("have two limits for the same period; keep the lower one")
    return tuple(sorted(found, key=lambda cap: PERIODS.index(cap.per)))
