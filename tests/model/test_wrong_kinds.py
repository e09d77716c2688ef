"""Wrong kinds of things given to schedules, caps, presence and their like are refused by name."""

from datetime import UTC, date, datetime, timedelta

import pytest

from leadroute import Cap, Presence, Schedule
from leadroute.errors import FieldTypeError
from leadroute.insight.coverage import coverage, coverage_of
from leadroute.model.lead_timezone import calling_hours, zones_of
from leadroute.model.rep import Pauses, wrapped_up
from leadroute.model.schedule import TimeOff
from leadroute.model.working_hours import AllOf, AnyOf
from leadroute.ranking.router import Router

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
NAIVE = datetime.fromisoformat("2026-01-05T09:00")
OFFICE = Schedule("mon-fri 09:00-17:00", "UTC")
DAILY, GROWING = Cap(5, "day"), Cap(5, "day", ramp="8w")
BUSY = Presence("busy", NOW)
INSTANT = "an aware datetime, such as datetime.now(UTC)"
AWARE = "an aware one, such as datetime.now(UTC)"
LASTING = "a timedelta, such as timedelta(seconds=30)"


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Schedule.parse(None), "text is of type NoneType; it must be text"),
        (lambda: TimeOff.parse(5), "text is of type int; it must be text"),
        (lambda: Cap.parse(b"5 per day"), "text is of type bytes; it must be text"),
        (
            lambda: OFFICE.closed_on(None),
            "dates is of type NoneType; it must be a frozenset of dates",
        ),
        (lambda: AllOf(None), "parts is of type NoneType; it must be schedules"),
        (lambda: AnyOf(5), "parts is of type int; it must be schedules"),
        (lambda: BUSY.is_available(NOW, 30), f"offline_grace is of type int; it must be {LASTING}"),
        (
            lambda: wrapped_up(NOW, NOW, None),
            f"wrap_up is of type NoneType; it must be {LASTING}",
        ),
        (lambda: Pauses(5), f"offline_grace is of type int; it must be {LASTING}"),
        (lambda: Pauses(wrap_up="2m"), f"wrap_up is of type str; it must be {LASTING}"),
        (lambda: DAILY.period(None, UTC), f"now is of type NoneType; it must be {INSTANT}"),
        (lambda: DAILY.bounds("x", NAIVE, UTC), f"now is a naive datetime; it must be {AWARE}"),
        (
            lambda: DAILY.turns(NOW, "UTC"),
            "zone is of type str; it must be a time zone, such as ZoneInfo('Europe/Berlin')",
        ),
        (lambda: GROWING.at(5, NOW), f"now is of type int; it must be {INSTANT}"),
        (lambda: GROWING.at(NOW, NAIVE), f"since is a naive datetime; it must be {AWARE}"),
        (lambda: zones_of(5), "country is of type int; it must be text"),
        (lambda: zones_of(phone=49), "phone is of type int; it must be text"),
        (
            lambda: coverage([], None, "UTC"),
            "week_start is of type NoneType; it must be a date, such as date(2026, 1, 5)",
        ),
        (
            lambda: coverage([("a", "always")], date(2026, 1, 5), "UTC"),
            "schedule is of type str; it must be a schedule, such as Schedule('mon-fri 09:00-17:00', 'UTC')",
        ),
        (
            lambda: coverage_of(Router(rules=[]), None, NOW),
            "roster is of type NoneType; it must be a Roster or several reps, such as [Rep('ada')]",
        ),
    ],
)
def test_refused(call, said):
    """The message names the argument, what it is and what to write."""
    with pytest.raises(FieldTypeError) as caught:
        call()
    assert str(caught.value) == said


def test_a_ramp_that_cannot_be_read_is_named():
    """So that it is not looked for elsewhere in the cap."""
    with pytest.raises(ValueError, match="ramp: 5 is not a duration; write it like '90s'"):
        Cap(5, "day", ramp=5)


def test_a_zone_that_this_machine_does_not_know_gives_no_hours():
    """When it may be called is then not known, rather than an error in the middle of a decision."""
    assert calling_hours("always", zones_of(timezone="Mars/Phobos")) is None
    assert calling_hours("always", zones_of("DE")).is_open(NOW)


def test_a_ramp_of_a_rep_without_a_beginning():
    """There is nothing to grow from, and the whole limit holds."""
    assert GROWING.at(NOW) == 5
    assert GROWING.at(NOW, NOW + timedelta(days=1)) == 1
