"""Coverage: how many can take a lead in each hour of a week.

The rules of this module:

* An hour is an elapsed hour, counted from the local midnight that begins the week. A week in which the clocks change
  has 167 hours or 169; where they change by half an hour, the last one is half as long.
* The figure of an hour is the average number of people in it: two who are there for half of it count as one. So the
  figures add up to the open time exactly.
* No schedule means always there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from html import escape
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.model.opening_hours import DAY_NAMES
from leadroute.model.schedule import Schedule
from leadroute.model.timeline import instant, local_micros
from leadroute.model.validation import FrozenDict, must_be
from leadroute.model.working_hours import Hours

__all__ = ["Coverage", "coverage", "heat_map", "heat_map_svg"]

_HOUR = 3_600_000_000
_ALWAYS = Schedule("always", "UTC")
_CELL, _LEFT, _TOP, _GAP = 22, 40, 34, 24


@frozen
class Coverage:
    """How many can take a lead in each hour of a week, by pool or segment.

    Args:
        zone: The zone in which the week is counted.
        hours: When each hour begins, in UTC.
        people: The average number of people in each hour, by group.
    """

    zone: ZoneInfo = field(eq=str)
    hours: tuple[datetime, ...]
    people: FrozenDict[str, tuple[float, ...]]

    def holes(self, group: str) -> tuple[datetime, ...]:
        """The hours of the week in which nobody of the group is there at any moment."""
        return tuple(
            hour for hour, people in zip(self.hours, self.people[group], strict=True) if not people
        )

    def grid(self, group: str) -> list[list[float | None]]:
        """The week as seven rows of 24 local hours, Monday's row where Monday falls.

        An hour that the clocks skip is ``None``; one that they repeat has the smaller figure of the two.
        """
        rows: list[list[float | None]] = [[None] * 24 for _ in DAY_NAMES]
        first = self.hours[0].astimezone(self.zone).date()
        for at, people in zip(self.hours, self.people[group], strict=True):
            local = at.astimezone(self.zone)
            row = rows[(local.date() - first).days]
            known = row[local.hour]
            row[local.hour] = people if known is None else min(people, known)
        return rows


def coverage(
    schedules: Iterable[tuple[str, Hours | None]], week_start: date, zone: str | ZoneInfo
) -> Coverage:
    """Count who is there in each hour of a week.

    Args:
        schedules: Pairs of a group's name and the schedule of one of its people; a group without people is named by
            leaving it out.
        week_start: The first date of the seven.
        zone: The zone in which the week is counted.

    Raises:
        ValidationError: ``zone`` is no time zone.
        FieldTypeError: ``week_start`` is no date, or something is no schedule.

    Complexity: O(h) for the hours of the week and each *different* schedule of a group.

    Example:
        >>> office = Schedule("mon-fri 09:00-17:00", "Europe/Berlin")
        >>> week = coverage(
        ...     [("sales", office), ("sales", office)], date(2026, 1, 5), "Europe/Berlin"
        ... )
        >>> len(week.hours), len(week.holes("sales")), max(week.people["sales"])
        (168, 128, 2.0)
    """
    must_be(date, week_start=week_start)
    local = Schedule("never", zone).zone
    low, high = (local_micros(local, week_start.toordinal() + days, 0) for days in (0, 7))
    edges = [*range(low, high, _HOUR), high]
    groups: dict[str, Counter[Any]] = {}
    for name, hours in schedules:
        if hours is not None:
            must_be(Hours, schedule=hours)
        groups.setdefault(name, Counter())[(hours or _ALWAYS).line] += 1
    people = {name: _people(lines, edges) for name, lines in groups.items()}
    return Coverage(local, tuple(map(instant, edges[:-1])), FrozenDict(people))


def _people(lines: Mapping[Any, int], edges: list[int]) -> tuple[float, ...]:
    return tuple(
        sum(count * line.measure(start, end) for line, count in lines.items()) / (end - start)
        for start, end in pairwise(edges)
    )


def heat_map(week: Coverage) -> str:
    """The coverage as text: a table for each group, ``.`` where nobody is there.

    Example:
        >>> lunch = Schedule("mon 12:00-13:30", "UTC")
        >>> print(heat_map(coverage([("sales", lunch)], date(2026, 1, 5), "UTC")).splitlines()[0])
        sales, week of 2026-01-05 in UTC
    """
    tables = []
    for group in week.people:
        lines = [_title(week, group), "    " + "".join(f"{hour:02}".rjust(4) for hour in range(24))]
        lines += [
            (name.ljust(4) + "".join(_figure(people).rjust(4) for people in row)).rstrip()
            for name, row in _named_rows(week, group)
        ]
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def heat_map_svg(week: Coverage) -> str:
    """The coverage as an SVG picture: a block for each group, the darker the more people."""
    most = max((people for row in week.people.values() for people in row), default=0) or 1
    height = _TOP + 7 * _CELL + _GAP
    parts = []
    for number, group in enumerate(week.people):
        top = number * height
        parts.append(_text(0, top + 14, _title(week, group)))
        parts += [_text(_LEFT + hour * _CELL, top + 30, f"{hour:02}") for hour in range(24)]
        for day, (name, row) in enumerate(_named_rows(week, group)):
            y = top + _TOP + day * _CELL
            parts.append(_text(0, y + 15, name))
            parts += [_cell(hour, y, name, people, most) for hour, people in enumerate(row)]
    width, total = _LEFT + 24 * _CELL, max(1, len(week.people) * height)
    body = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="coverage" '
        f'viewBox="0 0 {width} {total}" font-family="sans-serif" font-size="11">\n{body}\n</svg>\n'
    )


def _title(week: Coverage, group: str) -> str:
    first = week.hours[0].astimezone(week.zone).date()
    return f"{group}, week of {first} in {week.zone.key}"


def _named_rows(week: Coverage, group: str) -> list[tuple[str, list[float | None]]]:
    start = week.hours[0].astimezone(week.zone).weekday()
    rows = week.grid(group)
    return [(DAY_NAMES[(start + day) % 7], row) for day, row in enumerate(rows)]


def _figure(people: float | None) -> str:
    if people is None:
        return ""
    if not people:
        return "."
    return f"{people:.1f}".removesuffix(".0").replace("0.", ".") if people >= 0.05 else "+"


def _text(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}">{escape(text)}</text>'


def _cell(hour: int, y: int, day: str, people: float | None, most: float) -> str:
    if people is None:
        return ""
    shade = f"{people / most:.2f}"
    title = f"{day} {hour:02}:00: {people:.1f}"
    return (
        f'<rect x="{_LEFT + hour * _CELL}" y="{y}" width="{_CELL - 2}" height="{_CELL - 2}" '
        f'fill="#1f6f54" fill-opacity="{shade}" stroke="#c8d2ce"><title>{title}</title></rect>'
    )
