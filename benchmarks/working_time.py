"""Working time: how fast, beside businesstimedelta, workalendar and business-duration.

Usage: python benchmarks/working_time.py [--quick] [--json]

A peer is timed only on questions that it answers as leadroute does; the answers are compared first.
All of them are asked in turn, round by round, and the medians compared, so that a busy machine
slows all of them. Two more figures: a deadline a year ahead, in multiples of one on the same day;
and the first question that a new schedule is asked, which builds its year.

The bars: 20 times as fast as the peer on every question, and a year ahead within 3 times the same
day. The questions marked "plain" are the least that can be asked (one window a day, UTC, no
holidays). There a peer has next to nothing to do, and those bars are missed.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from time import perf_counter
from typing import Any

import businesstimedelta
import pandas as pd
import pytz
from business_duration import businessDuration
from telling import at_least, at_most, figures, options, tell
from workalendar.europe import Netherlands

from leadroute.model.schedule import Schedule

START = datetime(2026, 5, 7, 7, 30, tzinfo=UTC)
SAME_DAY, YEAR_AHEAD = timedelta(hours=2), timedelta(hours=2080)
FASTER, YEAR_RATIO = 20.0, 3.0
PLAIN = "plain: "

Question = Callable[[], Any]


def peer(zone: Any, *, lunch: bool, days: dict[date, str]) -> tuple[Any, Any]:
    """Return office hours as businesstimedelta has them, and the working day alone."""
    week = [0, 1, 2, 3, 4]
    day = businesstimedelta.WorkDayRule(
        start_time=time(9), end_time=time(17), working_days=week, tz=zone
    )
    rules = [day]
    if lunch:
        rules.append(
            businesstimedelta.LunchTimeRule(
                start_time=time(12), end_time=time(13), working_days=week, tz=zone
            )
        )
    if days:
        rules.append(businesstimedelta.HolidayRule(days, tz=zone))
    return businesstimedelta.Rules(rules), day


def questions() -> dict[str, tuple[Question, Question]]:
    """Return each comparison: what leadroute is asked, and what the peer is asked."""
    calendar = Netherlands()
    days = {day: str(name) for year in (2026, 2027) for day, name in calendar.holidays(year)}
    rep = Schedule("mon-fri 09:00-12:00,13:00-17:00", "Europe/Amsterdam", holidays=days)
    rules, _ = peer(pytz.timezone("Europe/Amsterdam"), lunch=True, days=days)
    bare = Schedule("mon-fri 09:00-17:00", "UTC")
    plain, day = peer(pytz.utc, lunch=False, days={})
    dutch = Schedule("mon-fri 00:00-24:00", "UTC", holidays=days)
    later, monday = START + timedelta(days=60, hours=5), datetime(2026, 5, 4, tzinfo=UTC)
    first, last = (pd.to_datetime(at.replace(tzinfo=None)) for at in (START, later))
    closed_days = list(days)
    office = Schedule("mon-fri 09:00-17:00", "UTC", holidays=days)

    def lasting(hours: float) -> Any:
        return businesstimedelta.BusinessTimeDelta(rules, hours=hours)

    two, forty, year = map(lasting, (2, 40, 1820))
    plain_two = businesstimedelta.BusinessTimeDelta(plain, hours=2)

    def whole_days(count: int) -> date:
        found = dutch.add_working_time(monday, timedelta(days=count))
        return (found or monday).date() - timedelta(days=1)

    return {
        "add_working_time, 2 hours | businesstimedelta": (
            lambda: rep.add_working_time(START, SAME_DAY),
            lambda: START + two,
        ),
        "add_working_time, 40 hours | businesstimedelta": (
            lambda: rep.add_working_time(START, timedelta(hours=40)),
            lambda: START + forty,
        ),
        "add_working_time, 1,820 hours | businesstimedelta": (
            lambda: rep.add_working_time(START, timedelta(hours=1820)),
            lambda: START + year,
        ),
        "add_working_time, 250 whole days | workalendar": (
            lambda: whole_days(250),
            lambda: calendar.add_working_days(date(2026, 5, 3), 250),
        ),
        "open_between, sixty days | businesstimedelta": (
            lambda: rep.open_between(START, later),
            lambda: rules.difference(START, later).timedelta,
        ),
        "open_between, sixty days | business-duration": (
            lambda: office.open_between(START, later) / timedelta(hours=1),
            lambda: float(
                businessDuration(
                    first, last, time(9), time(17), holidaylist=closed_days, unit="hour"
                )
            ),
        ),
        "is_open | businesstimedelta": (
            lambda: rep.is_open(START),
            lambda: rules.next(START)[0] == START,
        ),
        f"{PLAIN}add_working_time, 2 hours | businesstimedelta": (
            lambda: bare.add_working_time(START, SAME_DAY),
            lambda: START + plain_two,
        ),
        f"{PLAIN}add_working_time, 20 whole days | workalendar": (
            lambda: whole_days(20),
            lambda: calendar.add_working_days(date(2026, 5, 3), 20),
        ),
        f"{PLAIN}is_open | businesstimedelta": (
            lambda: bare.is_open(START),
            lambda: day.next(START)[0] == START,
        ),
        f"{PLAIN}is_open, by date | workalendar": (
            lambda: dutch.is_open(START),
            lambda: calendar.is_working_day(START.date()),
        ),
    }


def seconds(ask: Question, number: int) -> float:
    """Return how long one question takes, on average over a number of them."""
    begin = perf_counter()
    for _ in range(number):
        ask()
    return (perf_counter() - begin) / number


def interleaved(asks: list[Question], rounds: int, spent: float) -> list[float]:
    """Return the median seconds of each question, all of them asked in every round."""
    numbers = [max(1, int(spent / max(seconds(ask, 2), 1e-7))) for ask in asks]
    times = [
        [seconds(ask, number) for ask, number in zip(asks, numbers, strict=True)]
        for _ in range(rounds)
    ]
    return [median(column) for column in zip(*times, strict=True)]


def first_answer(rounds: int) -> float:
    """Return the median seconds of a new schedule's first deadline."""
    found = []
    for minute in range(rounds):
        begin = perf_counter()
        schedule = Schedule(f"mon-fri 09:{minute % 60:02}-17:{minute // 60:02}", "Europe/Amsterdam")
        schedule.add_working_time(START, SAME_DAY)
        found.append(perf_counter() - begin)
    return median(found)


def measure(rounds: int, spent: float) -> dict[str, list[dict[str, Any]]]:
    """Measure every question, in microseconds and in multiples, and judge the bars."""
    found, bars = {}, []
    for name, (ours, theirs) in questions().items():
        mine, other = ours(), theirs()
        if mine != other:
            raise SystemExit(f"{name}: the answers differ: {mine} and {other}")
        fast, slow = interleaved([ours, theirs], rounds, spent)
        found[f"{name}: leadroute, us"] = fast * 1e6
        bars.append(at_least(f"{name}: times faster", round(slow / fast, 1), FASTER))
    zoned = Schedule("mon-fri 09:00-17:00", "Europe/Amsterdam", holidays=[date(2026, 12, 25)])
    same, year = interleaved(
        [
            lambda: zoned.add_working_time(START, SAME_DAY),
            lambda: zoned.add_working_time(START, YEAR_AHEAD),
        ],
        rounds,
        spent,
    )
    found |= {
        "same day, us": same * 1e6,
        "a year ahead, us": year * 1e6,
        "first answer of a new schedule, us": first_answer(5 * rounds) * 1e6,
    }
    bars.append(at_most("a year ahead, against the same day", round(year / same, 2), YEAR_RATIO))
    return {"figures": figures(found), "bars": bars}


def main() -> int:
    """Measure, report, and tell whether the bars hold."""
    chosen = options(__doc__, "fewer rounds").parse_args()
    return tell(measure(*((7, 0.01) if chosen.quick else (21, 0.05))), as_json=chosen.json)


if __name__ == "__main__":
    raise SystemExit(main())
