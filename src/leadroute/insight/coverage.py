"""When the reps of a policy are there: the hours of a week by pool and by segment.

The rules of this module:

* Who is active and has a weight counts in each pool that a rule names, and in each segment whose rules name a pool of
  theirs. A rep who is in several pools counts in each of them.
* The holidays of the policy count. Whose calendar fails is not there.
* The week begins on the Monday before the instant, in the zone that most of the reps keep.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from leadroute.model.coverage import Coverage, coverage
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.schedule import Schedule
from leadroute.model.validation import aware, must_be
from leadroute.model.working_hours import Hours, unless_failing
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.router import Router
from leadroute.rules.rule import EVERYONE

__all__ = ["coverage_of", "usual_zone"]

_NOBODY: Final = Schedule("never", "UTC")
_WEEK: Final = timedelta(weeks=1)


def coverage_of(
    router: Router, roster: Roster, now: datetime, zone: str | ZoneInfo | None = None
) -> Coverage:
    """How many can take a lead in each hour of the week of an instant, by pool and segment.

    Args:
        router: The policy.
        roster: The reps.
        now: An instant of the week, aware.
        zone: The zone in which the week is counted; that which most of the reps keep when not given.

    Raises:
        FieldTypeError: ``now`` is naive, or something is of the wrong kind.
        ValidationError: ``zone`` is no time zone.

    Complexity: O(reps x rules + hours x different schedules).

    Example:
        >>> from datetime import UTC
        >>> from leadroute import Rule
        >>> router = Router(rules=[Rule("rest", segment="small")])
        >>> team = Roster([Rep("ada", schedule="mon-fri 09:00-17:00", timezone="Europe/Berlin")])
        >>> week = coverage_of(router, team, datetime(2026, 1, 5, tzinfo=UTC))
        >>> [(group, sum(people)) for group, people in week.people.items()]
        [('everyone', 40.0), ('segment small', 40.0)]
    """
    must_be(Router, router=router)
    must_be(Roster, roster=roster)
    instant = aware(now)
    taking = tuple(rep for rep in roster if rep.active and rep.weight)
    local = Schedule("never", usual_zone(taking) if zone is None else zone).zone
    date = instant.astimezone(local).date()
    found = []
    for group, pools in _groups(router).items():
        members = {
            rep.id: rep for pool in pools for rep in router.members(pool, Roster(taking), instant)
        }
        reps = observing(tuple(members.values()), router.holidays)
        found += [(group, hours) for hours in (_NOBODY, *_answering(reps, instant))]
    return coverage(found, date - timedelta(days=date.weekday()), local)


def usual_zone(reps: Iterable[Rep]) -> ZoneInfo:
    """The zone that most of the reps with a schedule keep, the first by name of several; UTC when nobody has one.

    Example:
        >>> usual_zone([Rep("ada", schedule="always", timezone="Asia/Tokyo"), Rep("bob")]).key
        'Asia/Tokyo'
    """
    zones = Counter(rep.hours.zone.key for rep in reps if rep.hours is not None)
    return ZoneInfo(min(zones, key=lambda name: (-zones[name], name), default="UTC"))


def _groups(router: Router) -> dict[str, dict[str, None]]:
    """The pools of each group, in the order of the rules: first the pools themselves, then the segments."""
    named = [rule.pool or EVERYONE for rule in router.rules]
    groups = {pool: {pool: None} for pool in named}
    for rule, pool in zip(router.rules, named, strict=True):
        if rule.segment is not None:
            groups.setdefault(f"segment {rule.segment}", {})[pool] = None
    return groups


def _answering(reps: Iterable[Rep], now: datetime) -> Iterator[Hours | None]:
    """The hours of the reps whose calendars can be asked about this week."""
    for rep in reps:
        hours = rep.hours
        if hours is None or unless_failing(partial(_asked, hours, now), lambda _error: False):
            yield hours


def _asked(hours: Hours, now: datetime) -> bool:
    hours.open_between(now - _WEEK, now + _WEEK)
    return True
