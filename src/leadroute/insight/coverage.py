"""Coverage: the reps who can take a lead in each hour of a week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from functools import partial
from html import escape
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

from attrs import field, frozen

from leadroute.model.rep import Rep, Reps, roster_of
from leadroute.model.schedule import Schedule
from leadroute.model.timeline import DAY_NAMES, instant, local_micros
from leadroute.model.validation import FrozenDict, aware, must_be
from leadroute.model.working_hours import Hours, unless_failing
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router
from leadroute.rules.rule import EVERYONE

_HOUR = 3_600_000_000
_ALWAYS = Schedule("always", "UTC")
_CELL, _LEFT, _TOP, _GAP = 22, 40, 34, 24


@frozen
class Coverage:
    """The number of available reps in each hour of a week.

    Args:
        zone: The zone in which the week is counted.
        hours: The starts of the hours, in UTC.
        people: The average number of people in each hour, by group.
    """

    zone: ZoneInfo = field(eq=str)
    hours: tuple[datetime, ...]
    people: FrozenDict[str, tuple[float, ...]]

    def holes(self, group: str) -> tuple[datetime, ...]:
        """Return the hours in which no rep of the group works."""
        return tuple(
            hour for hour, people in zip(self.hours, self.people[group], strict=True) if not people
        )

    def grid(self, group: str) -> list[list[float | None]]:
        """Return the week as seven rows of 24 local hours.

        A row is where its day is: Monday's row for Monday.

        An hour that the clocks skip is ``None``; one that they repeat has its smaller figure.
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

    The figure of an hour is the average number of people in it, so that the figures add up to the open time exactly.
    """
    must_be(date, week_start=week_start)
    local = Schedule("never", zone).zone
    low, high = (local_micros(local, week_start.toordinal() + days, 0) for days in (0, 7))
    # Elapsed hours: a week in which the clocks change has 167 or 169; by half an hour, the last one is half as long.
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
    """Draw the coverage as text, a table for each group.

    ``.`` means that no rep works.

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
    """Draw the coverage as SVG: the more reps, the darker."""
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


_NOBODY: Final = Schedule("never", "UTC")
_WEEK: Final = timedelta(weeks=1)


def coverage_of(
    router: Router, roster: Reps, now: datetime, zone: str | ZoneInfo | None = None
) -> Coverage:
    """Count the available reps in each hour of a week.

    Reps who are active and have a weight count in each pool that a rule names, and in each segment whose rules name a
    pool of theirs. The holidays of the policy count; a rep whose calendar fails is not there.

    Args:
        router: The policy.
        roster: The reps.
        now: An instant of the week, aware.
        zone: The zone in which the week is counted; by default that of most of the reps.

    Raises:
        FieldTypeError: ``now`` is naive, or something is of the wrong kind.
        ValidationError: ``zone`` is not a time zone.

    Complexity: O(reps x rules + hours x different schedules).

    Example:
        >>> from datetime import UTC
        >>> from leadroute import Rule
        >>> router = Router(rules=[Rule("rest", segment="small")])
        >>> team = [Rep("ada", schedule="mon-fri 09:00-17:00", timezone="Europe/Berlin")]
        >>> week = coverage_of(router, team, datetime(2026, 1, 5, tzinfo=UTC))
        >>> [(group, sum(people)) for group, people in week.people.items()]
        [('everyone', 40.0), ('segment small', 40.0)]
    """
    must_be(Router, router=router)
    roster = roster_of(roster)
    instant = aware(now)
    taking = tuple(rep for rep in roster if rep.active and rep.weight)
    local = Schedule("never", usual_zone(taking) if zone is None else zone).zone
    date = instant.astimezone(local).date()
    found = []
    for group, pools in _groups(router).items():
        members = {rep.id: rep for pool in pools for rep in router.members(pool, taking, instant)}
        reps = observing(tuple(members.values()), router.holidays)
        found += [(group, hours) for hours in (_NOBODY, *_answering(reps, instant))]
    return coverage(found, date - timedelta(days=date.weekday()), local)


def usual_zone(reps: Iterable[Rep]) -> ZoneInfo:
    """Return the most frequent zone of the schedules, the first by name of several; else UTC."""
    zones = Counter(rep.hours.zone.key for rep in reps if rep.hours is not None)
    return ZoneInfo(min(zones, key=lambda name: (-zones[name], name), default="UTC"))


def _groups(router: Router) -> dict[str, dict[str, None]]:
    """Return the pools of each group: first the pools themselves, then the segments."""
    named = [[each.pool or EVERYONE for each in (rule, *rule.later)] for rule in router.rules]
    groups = {pool: {pool: None} for pools in named for pool in pools}
    for rule, pools in zip(router.rules, named, strict=True):
        if rule.segment is not None:
            groups.setdefault(f"segment {rule.segment}", {}).update(dict.fromkeys(pools))
    return groups


def _answering(reps: Iterable[Rep], now: datetime) -> Iterator[Hours | None]:
    for rep in reps:
        hours = rep.hours
        if hours is None or not failing(partial(hours.open_between, now - _WEEK, now + _WEEK)):
            yield hours


def failing(ask: Callable[[], object]) -> str:
    """Return the kind of error that something of yours fails with; empty when it answers."""

    def answers() -> str:
        ask()
        return ""

    return unless_failing(answers, lambda error: type(error).__name__)
