"""When a rep is there, and how many leads fit into a period."""

from datetime import datetime, timedelta
from itertools import groupby, pairwise
from zoneinfo import ZoneInfo

from tests.scenarios.desk import MONDAY, passes, team

from leadroute import Cap, Lead, Rep, Router, Rule, Schedule, Snapshot

DAY = timedelta(days=1)


@passes("rc-06")
def hours_are_local(given, then):
    zone = ZoneInfo(given["tz"])
    schedule = Schedule.parse(f"mon-sun {given['hours']}", given["tz"])
    change = datetime(2026, 11, 1, 8, 30, tzinfo=zone)
    probes = [change - DAY, change]
    assert probes[0].utcoffset() != probes[1].utcoffset()
    assert [schedule.is_open(probe) for probe in probes] == then["open"]
    assert all(schedule.is_open(probe.replace(hour=9)) for probe in probes)


@passes("onc-06")
def a_window_past_midnight(given, then):
    opens, closes = given["window"]
    schedule = Schedule.parse(f"mon-sun {opens}-{closes}", given["tz"])
    days = [MONDAY, MONDAY + DAY, MONDAY + DAY, MONDAY + DAY]
    hours = [(23, 0), (5, 59), (6, 0), (12, 0)]
    for day, (hour, minute), inside, resume in zip(
        days, hours, then["inside"], then["resume_at"], strict=True
    ):
        now = day.replace(hour=hour, minute=minute)
        assert schedule.is_open(now) is inside
        if resume is not None:
            assert resume == f"{opens} same day"
            assert schedule.next_open(now) == day.replace(hour=22)


@passes("goa-06")
def who_is_on_duty_hangs_on_the_clock_alone(given, then):
    """No cursor moves with the shifts, so that nothing has to catch up after the process was down."""
    shift, names = timedelta(hours=given["shift_h"]), ("first", "second", "third")
    assert len(names) == given["participants"]
    reps = []
    for position, name in enumerate(names):
        start = MONDAY + position * shift
        end = "24:00" if start.hour else f"{given['shift_h']}:00"
        reps.append(Rep(name, schedule=f"{start:%a} {start:%H:%M}-{end}".lower()))
    router = Router(rules=[Rule("on duty")])
    for hours, position in ((0, given["position"]), (30, then["position"])):
        ranking = router.rank(Lead("L-1"), team(*reps), now=MONDAY + timedelta(hours=hours))
        assert [each.rep_id for each in ranking.assignments] == [names[position]]


def given_leads(cap, start, days, demand):
    """How many leads of a demand a rep with a cap gets on each day."""
    rep = Rep("a", caps=[cap])
    router, roster, used, found = Router(rules=[Rule("all")]), team(rep), {}, []
    for day in range(days):
        now, got = start + day * DAY + DAY / 2, 0
        for index in range(demand):
            ranking = router.rank(
                Lead(f"L-{day}-{index}"), roster, now=now, snapshot=Snapshot(used=used)
            )
            if ranking.best is None:
                break
            for bound in rep.bounds(rep.caps[0], now):
                used[bound.key] = used.get(bound.key, 0) + 1
            got += 1
        found.append(got)
    return found


@passes("od-02")
def a_month_gives_its_cap_to_the_lead(given, then):
    june = datetime(2026, 6, 1, tzinfo=MONDAY.tzinfo)
    for limit, desired in zip(given["monthly_cap"], then["desired"], strict=True):
        by_day = given_leads(Cap(limit, "month", paced=True), june, 30, limit)
        assert sum(by_day) == desired
        assert max(by_day) <= limit // 30 + 2, "spread over the month"


@passes("od-11")
def a_paced_cap_does_not_echo(given, then):
    cap = Cap(given["cap_30d"], "month", paced=True)
    by_day = given_leads(cap, MONDAY, given["days"], given["demand_per_day"])
    empty = [len(list(run)) for zero, run in groupby(by_day, key=lambda got: got == 0) if zero]
    assert max(empty, default=0) <= then["max_zero_run_days"]
    assert then["per_day"] == "about 1"
    assert 0.9 < sum(by_day) / given["days"] < 1.1
    assert all(before + after <= 3 for before, after in pairwise(by_day))


class Broken:
    """A calendar that cannot be asked."""

    def __contains__(self, day):
        raise OSError("no connection")


@passes("cal-35")
def a_broken_calendar_keeps_out_its_rep_alone(given, then):
    calendars = {"raises": Broken(), "ok": ()}
    reps = [
        Rep(
            each["id"],
            schedule=Schedule("mon-sun 09:00-17:00", "UTC", holidays=calendars[each["calendar"]]),
        )
        for each in given["reps"]
    ]
    now = MONDAY + DAY / 2
    ranking = Router(rules=[Rule("all")]).rank(Lead("L-1"), team(*reps), now=now)
    assert [each.rep_id for each in ranking.assignments] == [then["winner"]]
    (rejection,) = ranking.rejections
    assert rejection.reason == "has a calendar that fails with OSError"
    assert rejection.temporary


@passes("ast-24")
def wrap_up_ends_at_its_end(given, then):
    router = Router(rules=[Rule("all")], wrap_up=f"{given['wrapup_s']}s")
    ended = MONDAY + timedelta(seconds=given["last_end"])
    snapshot = Snapshot(contacted={"a": round(ended.timestamp() * 1_000_000)})
    for second, available in zip((14, 15), then["available"], strict=True):
        now = MONDAY + timedelta(seconds=second)
        ranking = router.rank(Lead("L-1"), team("a"), now=now, snapshot=snapshot)
        assert (ranking.best is not None) is available
