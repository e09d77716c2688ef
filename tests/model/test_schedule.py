"""What a schedule answers where the clock on the wall misleads."""

import pickle
from copy import deepcopy
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

from leadroute.errors import FieldTypeError, ValidationError
from leadroute.model.given import Refused
from leadroute.model.schedule import Schedule, TimeOff, text_of
from leadroute.model.timeline import SPAN, instant
from leadroute.model.validation import MACHINE_ZONES
from leadroute.model.working_hours import AllOf, AnyOf, Closed, overlap, unless_failing

NEW_YORK = ZoneInfo("America/New_York")
OFFICE = Schedule("mon-fri 09:00-17:00", "America/New_York")
ALWAYS = Schedule("always", "UTC")
NEVER = Schedule("never", "UTC")
HOUR = timedelta(hours=1)
NAIVE = datetime.fromisoformat("2026-01-01T00:00")


def local(text, zone):
    """A local time as an aware datetime."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def written(hours, start, end, zone):
    """The open stretches between two local times, as local text."""
    key = ZoneInfo(zone)
    return [
        f"{opens.astimezone(key):%a %d %H:%M%z}-{closes.astimezone(key):%a %d %H:%M%z}"
        for opens, closes in hours.windows(local(start, zone), local(end, zone))
    ]


def test_half_open():
    """The opening instant is open and the closing instant is closed."""
    moment = timedelta.resolution
    opens, closes = (datetime(2026, 1, 5, hour, tzinfo=NEW_YORK) for hour in (9, 17))
    assert [OFFICE.is_open(at) for at in (opens - moment, opens, closes - moment, closes)] == [
        False,
        True,
        True,
        False,
    ]


def test_next_open_now():
    """The next opening of what is open is now."""
    at = datetime(2026, 1, 5, 10, 30, tzinfo=NEW_YORK)
    assert OFFICE.next_open(at) == at
    assert OFFICE.next_open(at).tzinfo is UTC


def test_next_close():
    """The next close ends the stretch that is open, or else the next one."""
    assert OFFICE.next_close(local("2026-01-05T10:00", "America/New_York")) == local(
        "2026-01-05T17:00", "America/New_York"
    )
    assert OFFICE.next_close(local("2026-01-05T17:00", "America/New_York")) == local(
        "2026-01-06T17:00", "America/New_York"
    )


def test_ends_at_close():
    """Work that fills a day to its end is done at closing time, not at the next opening."""
    start = local("2026-01-05T09:00", "America/New_York")
    assert OFFICE.add_working_time(start, 8 * HOUR) == local("2026-01-05T17:00", "America/New_York")
    assert OFFICE.add_working_time(start, 8 * HOUR + timedelta.resolution) == (
        local("2026-01-06T09:00", "America/New_York") + timedelta.resolution
    )


def test_zero_duration():
    """No work is done at once, whether it is open or not."""
    sunday = local("2026-01-04T12:00", "America/New_York")
    assert OFFICE.add_working_time(sunday, timedelta(0)) == sunday
    assert NEVER.add_working_time(sunday, timedelta(0)) == sunday


def test_negative_duration():
    """A negative duration is refused."""
    with pytest.raises(ValidationError) as caught:
        OFFICE.add_working_time(datetime(2026, 1, 1, tzinfo=UTC), -HOUR)
    assert str(caught.value) == (
        "add_working_time: duration is -1 day, 23:00:00; write zero or more"
    )


def test_backwards():
    """Between two instants in the wrong order there is no open time, and there are no windows."""
    late, early = datetime(2026, 1, 6, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    assert OFFICE.open_between(late, early) == timedelta(0)
    assert list(OFFICE.windows(late, early)) == []
    assert list(ALWAYS.windows(early, early)) == []


@pytest.mark.parametrize("argument", ["start", "end"])
@pytest.mark.parametrize("ask", [OFFICE.open_between, OFFICE.windows])
def test_naive_range(ask, argument):
    """A naive end of a range is refused by its name."""
    given = {"start": datetime(2026, 1, 1, tzinfo=UTC), "end": datetime(2026, 1, 2, tzinfo=UTC)}
    with pytest.raises(
        FieldTypeError, match=f"^{argument} is a naive datetime; it must be an aware"
    ):
        ask(**given | {argument: NAIVE})


@pytest.mark.parametrize(
    ("ask", "argument"),
    [
        (OFFICE.is_open, "at"),
        (OFFICE.next_open, "after"),
        (OFFICE.next_close, "after"),
        (lambda at: OFFICE.add_working_time(at, HOUR), "start"),
        (lambda at: OFFICE.add_days(at, 1), "start"),
        (lambda at: overlap(OFFICE, ALWAYS, at, at), "start"),
    ],
)
def test_naive(ask, argument):
    """A naive instant is refused by the name of its argument, and so is a date."""
    with pytest.raises(
        FieldTypeError, match=f"^{argument} is a naive datetime; it must be an aware"
    ):
        ask(NAIVE)
    with pytest.raises(FieldTypeError, match=f"^{argument} is of type date; it must be an aware"):
        ask(date(2026, 1, 1))


def test_never():
    """What is never open says so, without searching."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert NEVER.next_open(at) is NEVER.next_close(at) is NEVER.add_working_time(at, HOUR) is None
    assert NEVER.open_between(datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)) == (
        timedelta(0)
    )
    assert not NEVER.is_open(at)


def test_every_date_closed():
    """Holidays that never end make a schedule that never opens, and the search for it ends."""

    class Everyday:
        def __contains__(self, day):
            return True

    closed = Schedule("always", "UTC", holidays=Everyday())
    assert closed.next_open(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert closed.next_close(datetime(2026, 1, 1, tzinfo=UTC)) is None
    assert closed.add_working_time(datetime(2026, 1, 1, tzinfo=UTC), HOUR) is None


def test_always():
    """What is always open never closes."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert ALWAYS.next_close(at) is None
    assert ALWAYS.add_working_time(at, timedelta(days=800)) == at + timedelta(days=800)
    assert list(ALWAYS.windows(at, at + timedelta(days=800))) == [(at, at + timedelta(days=800))]


def test_only_overrides():
    """A schedule of dated windows alone opens on those dates and then never again."""
    days = {
        date(1999, 5, 1): "10:00-12:00",
        date(2031, 5, 1): "10:00-12:00",
        date(2050, 1, 1): None,
    }
    fairs = Schedule("never", "Asia/Tokyo", overrides=days)
    start = datetime(1990, 1, 1, tzinfo=UTC)
    assert fairs.next_open(start) == local("1999-05-01T10:00", "Asia/Tokyo")
    assert fairs.add_working_time(start, 3 * HOUR) == local("2031-05-01T11:00", "Asia/Tokyo")
    assert fairs.add_working_time(start, 5 * HOUR) is None
    assert fairs.next_open(datetime(2031, 6, 1, tzinfo=UTC)) is None


def test_start_in_gap():
    """A start that the clocks skip counts from the instant that it names."""
    nights = Schedule("always", "America/New_York")
    start = local("2025-03-09T02:30", "America/New_York")
    assert nights.add_working_time(start, HOUR) == datetime(2025, 3, 9, 8, 30, tzinfo=UTC)


def test_window_in_gap():
    """A window that lies in a gap is open after it, one that a gap swallows is not open at all."""
    inside = Schedule("sun 02:15-02:45", "America/New_York")
    assert written(inside, "2025-03-08", "2025-03-10", "America/New_York") == [
        "Sun 09 03:15-0400-Sun 09 03:45-0400"
    ]
    for text in ("sun 02:00-03:00", "sun 02:30-03:15"):
        swallowed = Schedule(text, "America/New_York")
        assert written(swallowed, "2025-03-08", "2025-03-10", "America/New_York") == []
        assert swallowed.next_open(local("2025-03-08T12:00", "America/New_York")) > local(
            "2025-03-16T01:00", "America/New_York"
        )


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        (
            "Australia/Lord_Howe",  # half an hour back at 02:00
            "2025-04-05T12:00",
            "2025-04-06T12:00",
            ["Sun 06 01:00+1100-Sun 06 03:00+1030"],
        ),
        (
            "Antarctica/Troll",  # two hours forward at 01:00
            "2025-03-29T12:00",
            "2025-03-30T12:00",
            [],
        ),
    ],
)
def test_uncommon_shifts(zone, start, end, expected):
    """Clocks that change by half an hour, or by two, are followed."""
    early = Schedule("mon-sun 01:00-03:00", zone)
    assert written(early, start, end, zone) == expected


def test_skipped_date():
    """A date that a zone skips has no windows, and does not lend them to the next one."""
    samoa = Schedule("mon-fri 09:00-17:00", "Pacific/Apia")
    assert samoa.add_working_time(local("2011-12-29T16:30", "Pacific/Apia"), HOUR) == local(
        "2012-01-02T09:30", "Pacific/Apia"
    )
    shifts = Schedule("thu 22:00-06:00", "Pacific/Apia")
    assert written(shifts, "2011-12-28", "2012-01-02", "Pacific/Apia") == [
        "Thu 29 22:00-1000-Sat 31 06:00+1400"
    ]


def test_date_line():
    """Where three dates are current at one instant, each zone keeps its own."""
    at = datetime(2026, 1, 5, 10, 30, tzinfo=UTC)
    dates = {
        zone: Schedule("mon 00:00-24:00", zone).is_open(at)
        for zone in ("Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago")
    }
    assert dates == {"Pacific/Kiritimati": False, "UTC": True, "Pacific/Pago_Pago": False}


@pytest.mark.parametrize("year", range(1974, 2038, 3))
def test_nights_of_a_year(year):
    """Night shifts keep their wall time around every change of the clocks, wherever it falls in our blocks."""
    nights = Schedule("mon-sun 22:00-06:00", "America/New_York")
    start, end = (datetime(y, 7, 1, 12, tzinfo=NEW_YORK) for y in (year, year + 1))
    shown = {
        (opens.astimezone(NEW_YORK).time(), closes.astimezone(NEW_YORK).time())
        for opens, closes in nights.windows(start, end)
    }
    assert shown == {(time(22), time(6))}


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/London"])
@pytest.mark.parametrize("block", [40, 55, 58])
def test_block_edges(zone, block):
    """Where one block ends and the next begins, nothing is lost and nothing is cut in two."""
    edge = instant(block * SPAN)
    nights = Schedule("mon-sun 20:00-19:00", zone)
    start, end = edge - timedelta(days=3), edge + timedelta(days=3)
    stretches = list(nights.windows(start, end))
    assert sum((closes - opens for opens, closes in stretches), timedelta(0)) == 6 * 23 * HOUR
    assert {closes - opens for opens, closes in stretches[1:-1]} == {23 * HOUR}
    assert nights.next_close(edge) - nights.next_open(edge) <= 23 * HOUR


def test_short_summer():
    """A summer time of one week is followed."""
    recife = Schedule("mon-fri 09:00-17:00", "America/Recife")
    shown = [
        opens.hour
        for opens, _ in recife.windows(*(datetime(2000, 10, d, tzinfo=UTC) for d in (5, 19)))
    ]
    assert shown == [12, 12, 11, 11, 11, 11, 11, 12, 12, 12]


@pytest.mark.parametrize("zone", sorted(available_timezones() - MACHINE_ZONES)[::12])
def test_no_round_trip_within_three_days(zone):
    """No zone changes its clocks and changes them back within three days: the look every third day misses nothing."""
    key = ZoneInfo(zone)
    for start in range(-50_000, 5_000, 3):
        days = [NAIVE + timedelta(days=start + step) for step in range(4)]
        if key.utcoffset(days[0]) == key.utcoffset(days[3]):
            assert key.utcoffset(days[1]) == key.utcoffset(days[2]) == key.utcoffset(days[0])


@pytest.mark.parametrize("zone", ["localtime", ZoneInfo("Factory")])
def test_a_zone_of_the_machine_is_refused(zone):
    """A schedule means the same wherever it is read, so it is not kept in a setting of the machine."""
    with pytest.raises(
        ValidationError, match="which every machine understands otherwise; write an"
    ):
        Schedule("always", zone)


def test_holiday_closes_the_shift_that_opens_on_it():
    """A holiday closes the night that begins on it, and not the end of the night before."""
    nights = Schedule("mon-sun 22:00-06:00", "Europe/Paris", holidays=[date(2026, 12, 25)])
    assert written(nights, "2026-12-24T12:00", "2026-12-27T12:00", "Europe/Paris") == [
        "Thu 24 22:00+0100-Fri 25 06:00+0100",
        "Sat 26 22:00+0100-Sun 27 06:00+0100",
    ]


def test_override_wins():
    """An override opens a weekend or a holiday, and closes a weekday."""
    days = {
        date(2026, 1, 3): "10:00-12:00",
        date(2026, 1, 1): [("11:00", "12:00")],
        "2026-01-05": None,
    }
    shop = Schedule("mon-fri 09:00-17:00", "UTC", overrides=days, holidays={date(2026, 1, 1)})
    assert written(shop, "2026-01-01", "2026-01-06", "UTC") == [
        "Thu 01 11:00+0000-Thu 01 12:00+0000",
        "Fri 02 09:00+0000-Fri 02 17:00+0000",
        "Sat 03 10:00+0000-Sat 03 12:00+0000",
    ]


def test_time_off():
    """Time off takes whole local dates, or what lies between two instants."""
    off = [
        (date(2026, 1, 5), date(2026, 1, 6)),
        (local("2026-01-07T10:00", "Asia/Tokyo"), local("2026-01-07T11:30", "Asia/Tokyo")),
        date(2026, 1, 9),
    ]
    rep = Schedule("mon-fri 09:00-17:00; sun 22:00-06:00", "Asia/Tokyo", time_off=off)
    assert written(rep, "2026-01-04T12:00", "2026-01-10", "Asia/Tokyo") == [
        "Sun 04 22:00+0900-Mon 05 00:00+0900",
        "Wed 07 09:00+0900-Wed 07 10:00+0900",
        "Wed 07 11:30+0900-Wed 07 17:00+0900",
        "Thu 08 09:00+0900-Thu 08 17:00+0900",
    ]


def test_time_off_shares_the_rest():
    """Reps who differ in their time off share the open time of every other year."""
    plain = Schedule("mon-fri 08:00-16:00", "UTC")
    away = Schedule("mon-fri 08:00-16:00", "UTC", time_off=["2026-01-05"])
    number = 1_600_000_000_000_000 // SPAN
    assert away.line.block(number) is plain.line.block(number)


def test_microseconds():
    """Microseconds are kept."""
    start = datetime(2026, 1, 5, 16, 59, 59, 999_999, tzinfo=NEW_YORK)
    assert OFFICE.add_working_time(start, timedelta(microseconds=2)) == datetime(
        2026, 1, 6, 9, 0, 0, 1, tzinfo=NEW_YORK
    )
    assert OFFICE.open_between(start, start + HOUR) == timedelta(microseconds=1)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Pacific/Pago_Pago"])
def test_ends_of_time(zone):
    """At both ends of the years that a datetime can express, the answers stay plain."""
    key = ZoneInfo(zone)
    shop = Schedule("always", zone)
    for at in (datetime.min.replace(tzinfo=key), datetime.max.replace(tzinfo=key)):
        assert shop.is_open(at) in (True, False)
        assert shop.next_close(at) is None or shop.next_close(at).year >= 9999
        shop.next_open(at)
        shop.add_working_time(at, timedelta(0))
    last = datetime.max.replace(tzinfo=UTC) - HOUR
    assert shop.add_working_time(last, timedelta.max) is None


def test_all_of():
    """An intersection is open where all of its parts are, in whatever zones they are kept."""
    rep = Schedule("mon-fri 09:00-17:00", "America/New_York")
    lead = Schedule("mon-fri 09:00-17:30", "Europe/London")
    lunch = Schedule("mon-fri 20:00-22:30", "Asia/Kolkata")
    both = rep & lead
    assert written(both, "2025-03-12", "2025-03-13", "Europe/London") == [
        "Wed 12 13:00+0000-Wed 12 17:30+0000"
    ]
    assert written(both & lunch, "2025-03-12", "2025-03-13", "Europe/London") == [
        "Wed 12 14:30+0000-Wed 12 17:00+0000"
    ]
    assert both & lunch == AllOf([rep, lead, lunch])
    assert str(both) == (
        "(mon-fri 09:00-17:00; in America/New_York) & (mon-fri 09:00-17:30; in Europe/London)"
    )
    assert both.zone.key == "America/New_York"
    assert NEVER & rep != NEVER
    assert (NEVER & rep).next_open(datetime(2026, 1, 1, tzinfo=UTC)) is None


def test_any_of():
    """A union is open where any of its parts is, and joins what touches."""
    early, late = (Schedule(f"mon {text}", "UTC") for text in ("06:00-14:00", "14:00-22:00"))
    tokyo = Schedule("tue 08:00-09:00", "Asia/Tokyo")
    team = early | late | tokyo
    assert written(team, "2026-01-05", "2026-01-06", "UTC") == [
        "Mon 05 06:00+0000-Mon 05 22:00+0000",
        "Mon 05 23:00+0000-Tue 06 00:00+0000",
    ]
    assert team == AnyOf((early, late, tokyo))
    assert str(early | late) == "(mon 06:00-14:00; in UTC) | (mon 14:00-22:00; in UTC)"
    assert team.zone.key == "UTC"


def test_closed():
    """What is turned around is open when it was closed, and turned around twice it is as it was."""
    quiet = Schedule("mon-sun 21:00-08:00", "Europe/London")
    office = Schedule("mon 06:00-22:00", "Europe/London")
    assert written(office & ~quiet, "2026-01-05", "2026-01-06", "Europe/London") == [
        "Mon 05 08:00+0000-Mon 05 21:00+0000"
    ]
    at = local("2026-01-05T12:00", "Europe/London")
    assert (~quiet).is_open(at)
    assert (~~quiet).next_open(at) == quiet.next_open(at)
    assert (~NEVER).next_close(at) is (~ALWAYS).next_open(at) is None
    assert ~quiet == ~quiet != ~office
    assert str(~quiet) == "~(mon-sun 21:00-08:00; in Europe/London)"
    assert (~quiet).zone.key == "Europe/London"
    with pytest.raises(FieldTypeError, match=r"^parts is of type str; it must be schedules$"):
        Closed("mon 09:00-17:00")


def test_combine_with_strangers():
    """Only schedules combine, and nothing is no combination."""
    with pytest.raises(TypeError):
        OFFICE & "mon 09:00-17:00"
    with pytest.raises(TypeError):
        OFFICE | None
    with pytest.raises(FieldTypeError, match=r"^parts is of type str; it must be schedules$"):
        AllOf("mon")
    with pytest.raises(
        ValidationError, match=r"^Hours: parts is empty; combine one schedule or more$"
    ):
        AnyOf([])


def test_overlap():
    """The overlap of two schedules is the open time of their intersection."""
    lead = Schedule("mon-fri 09:00-17:30", "Europe/London")
    week = local("2025-03-10T00:00", "UTC"), local("2025-03-17T00:00", "UTC")
    assert overlap(OFFICE, lead, *week) == (OFFICE & lead).open_between(*week) == 5 * 4.5 * HOUR
    assert overlap(OFFICE, lead, *reversed(week)) == timedelta(0)


def test_centuries():
    """A question about centuries is answered, and little of the answer is kept."""
    shop = Schedule("mon-sun 09:00-10:00", "UTC")
    start, end = (datetime(year, 1, 1, tzinfo=UTC) for year in (1700, 2000))
    assert shop.open_between(start, end) == (end - start) / 24
    assert len(shop.line._blocks) < 256


VALUES = [
    OFFICE,
    NEVER,
    Schedule("mon-fri 22:00-06:00; sun 00:00-24:00", "Asia/Kolkata", holidays=["2026-01-26"]),
    Schedule(
        "mon 09:00:30-12:00,13:00-17:00",
        "Europe/Oslo",
        overrides={"2026-12-24": "09:00-13:00", "2026-12-25": None},
        time_off=[
            (date(2026, 7, 1), date(2026, 7, 14)),
            date(2026, 8, 1),
            (datetime(2026, 9, 1, 9, tzinfo=UTC), datetime(2026, 9, 1, 10, 30, tzinfo=UTC)),
        ],
    ),
]


@pytest.mark.parametrize("schedule", VALUES)
def test_text_round_trip(schedule):
    """A schedule reads back from its text."""
    assert Schedule.parse(str(schedule)) == schedule


@pytest.mark.parametrize("value", [*VALUES, OFFICE & NEVER, OFFICE | ALWAYS, ~OFFICE])
def test_copies(value):
    """Copies and pickles are equal, hash alike, and still answer."""
    at = datetime(2026, 1, 5, 15, tzinfo=UTC)
    value.is_open(at)
    for copy in (pickle.loads(pickle.dumps(value)), deepcopy(value)):
        assert copy == value
        assert hash(copy) == hash(value)
        assert copy.is_open(at) == value.is_open(at)


def test_frozen():
    """A schedule cannot be changed, only replaced."""
    with pytest.raises(FrozenInstanceError):
        OFFICE.zone = "UTC"
    assert evolve(OFFICE, zone="UTC") == Schedule("mon-fri 09:00-17:00", "UTC")
    assert Schedule("mon-fri 09:00-17:00", "America/Toronto") != OFFICE


def test_lazy_holidays():
    """Holidays that are worked out date by date are asked, not copied, and equal only themselves."""

    class Mondays:
        def __contains__(self, day):
            return day.weekday() == 0

    mondays = Mondays()
    shop = Schedule("mon-fri 09:00-17:00", "UTC", holidays=mondays)
    assert shop.next_open(datetime(2026, 1, 5, 10, tzinfo=UTC)) == datetime(
        2026, 1, 6, 9, tzinfo=UTC
    )
    assert shop == Schedule("mon-fri 09:00-17:00", "UTC", holidays=mondays)
    assert hash(shop) == hash(Schedule("mon-fri 09:00-17:00", "UTC", holidays=shop.holidays))
    assert shop != Schedule("mon-fri 09:00-17:00", "UTC", holidays=Mondays())
    assert str(shop) == "mon-fri 09:00-17:00; holidays of Lazy(Mondays); in UTC"
    with pytest.raises(Refused) as caught:
        text_of(shop)
    assert str(caught.value) == (
        "has holidays that a Mondays tells date by date, so they have no text; "
        "give the dates, such as holidays=set(country_holidays('NL', years=range(2026, 2031)))"
    )


def test_holidays_package():
    """The calendars of the holidays package plug in."""
    holidays = pytest.importorskip("holidays")
    shop = Schedule("mon-fri 09:00-17:00", "Europe/Amsterdam", holidays=holidays.NL())
    assert shop.next_open(datetime(2026, 4, 27, 8, tzinfo=UTC)) == datetime(
        2026, 4, 28, 7, tzinfo=UTC
    )


def test_add_days():
    """Nominal days keep the local time, whatever the clocks do."""
    start = local("2025-03-08T12:00", "America/New_York")
    assert OFFICE.add_days(start, 1) - start == 23 * HOUR
    second = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)  # the second 01:30 of the night
    assert OFFICE.add_days(second, 0) == second
    assert OFFICE.add_days(second - 25 * HOUR, 1) == second - HOUR


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"zone": "Europe/Amsterdm"},
            "zone is 'Europe/Amsterdm'; write an IANA time zone such as 'Europe/Amsterdam'",
        ),
        ({"zone": "?"}, "zone is '?'; write an IANA time zone such as 'Europe/Berlin'"),
        ({"zone": ""}, "zone is missing; write an IANA time zone such as 'Europe/Berlin'"),
        ({"zone": 5}, "zone is 5 of type int; write text"),
        (
            {"holidays": [datetime(2026, 1, 1, tzinfo=UTC)]},
            (
                "holidays has the datetime 2026-01-01 00:00:00+00:00; write a date, because a holiday is "
                "local to the zone"
            ),
        ),
        (
            {"holidays": ["1 May"]},
            "holidays has '1 May' for a date; write datetime.date(2026, 12, 25) or '2026-12-25'",
        ),
        (
            {"holidays": "2026-01-01"},
            (
                "holidays is '2026-01-01'; write a collection of dates, or anything that answers 'date in "
                "holidays'"
            ),
        ),
        (
            {"overrides": [date(2026, 1, 1)]},
            (
                "overrides is [datetime.date(2026, 1, 1)]; write a mapping from dates to windows, None for "
                "closed"
            ),
        ),
        (
            {"time_off": "2026-01-01"},
            "time_off is '2026-01-01'; write a list, each item a date, two dates, or two aware datetimes",
        ),
        (
            {"time_off": [(date(2026, 2, 1), date(2026, 1, 1))]},
            (
                "time_off has (datetime.date(2026, 2, 1), datetime.date(2026, 1, 1)): TimeOff: end is "
                "2026-01-01, before the start 2026-02-01; swap them"
            ),
        ),
        (
            {"time_off": [(date(2026, 2, 1), datetime(2026, 2, 2, tzinfo=UTC))]},
            (
                "TimeOff: start is 2026-02-01 and end is 2026-02-02 00:00:00+00:00; write a date, two dates, "
                "or two aware datetimes, not one of each"
            ),
        ),
        (
            {"time_off": [(NAIVE, NAIVE)]},
            "start is a naive datetime; it must be an aware one",
        ),
        ({"time_off": [7]}, "TimeOff: start and end are 7 and 7; write a date, two dates, or two"),
        ({"time_off": ["May"]}, "TimeOff: text is 'May'; write '2026-07-01..2026-07-14'"),
        (
            {"time_off": ["2026-02-01..2026-01-01"]},
            "TimeOff: end is 2026-01-01, before the start 2026-02-01; swap them",
        ),
    ],
)
def test_refusals(given, problem):
    """What cannot be read is refused with its name and what to write instead."""
    arguments = {"week": "mon 09:00-17:00", "zone": "UTC"} | given
    with pytest.raises(ValidationError) as caught:
        Schedule(**arguments)
    assert problem in str(caught.value)


def test_all_faults_at_once():
    """Every argument that is wrong is listed."""
    with pytest.raises(ValidationError) as caught:
        Schedule("mon", "Mars", holidays=3)
    assert [fault.field for fault in caught.value.faults] == ["week", "zone", "holidays"]


def test_time_off_of_one_instant():
    """An absence that starts at an instant needs its end: without one it would be no absence at all."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for absence in (at, "2026-01-05T09:00Z", "2026-07-01..", [at]):
        with pytest.raises(
            ValidationError, match=r"time_off has .*: TimeOff: (end is missing|text is)"
        ):
            Schedule("always", "UTC", time_off=[absence])
    empty = TimeOff(at, at)
    assert TimeOff.parse(str(empty).lower()) == empty
    assert Schedule("always", "UTC", time_off=[empty]).is_open(at)


@pytest.mark.parametrize("absence", [(), (date(2026, 7, 1),) * 3])
def test_time_off_of_too_many_values(absence):
    """One absence is one value or two."""
    with pytest.raises(
        ValidationError, match=f"has {len(absence)} values for one absence; write a date"
    ):
        Schedule("always", "UTC", time_off=[absence])


@pytest.mark.parametrize("duration", [None, 3600, 1.5, "2h"])
def test_a_duration_is_a_timedelta(duration):
    """Seconds and text are no durations, and the message names the argument."""
    with pytest.raises(FieldTypeError, match=r"duration is of type \w+; it must be a timedelta"):
        ALWAYS.add_working_time(datetime(2026, 1, 5, tzinfo=UTC), duration)


@pytest.mark.parametrize("days", [None, 1.5, "1", True])
def test_days_are_whole(days):
    """Days that are no whole number are refused."""
    with pytest.raises(FieldTypeError, match=r"days is of type \w+; it must be a whole number"):
        ALWAYS.add_days(datetime(2026, 1, 5, tzinfo=UTC), days)


@pytest.mark.parametrize("days", [10**30, -(10**9), 3_000_000])
def test_days_that_lead_out_of_time(days):
    """A date that no datetime can express is refused in words."""
    with pytest.raises(
        ValidationError, match=r"days leads from 2026-01-05 out of the years 1 to 9999"
    ):
        ALWAYS.add_days(datetime(2026, 1, 5, tzinfo=UTC), days)


def test_what_text_says_twice_is_refused():
    """Text that gives a date or a zone twice does not lose one of them in silence."""
    twice = "always; 2026-12-24 09:00-13:00; 2026-12-24 15:00-16:00; in UTC; in Asia/Tokyo"
    with pytest.raises(ValidationError) as caught:
        Schedule.parse(twice)
    assert str(caught.value) == (
        "Schedule: overrides has 2026-12-24 twice; join its windows by ','; "
        "zone is given twice, UTC and Asia/Tokyo; keep one"
    )


def test_combination_of_schedules_has_no_text():
    """Only a schedule is written as text; a combination of two says what to do instead."""
    office = Schedule("mon-fri 09:00-17:00", "UTC")
    with pytest.raises(Refused, match="is a combination, which has no text"):
        text_of(office & office)


def test_error_of_the_library_is_no_failing_calendar():
    """What fails in a host's calendar is caught; what this library says is wrong is not."""
    with pytest.raises(FieldTypeError):
        unless_failing(lambda: Schedule("always", "UTC").is_open("noon"), lambda _error: None)


def test_holidays_told_date_by_date_have_no_text():
    """A schedule whose calendar answers for any date cannot be written, and says what to write instead."""

    class Sundays:
        """A calendar without an end."""

        def __contains__(self, day):
            return day.weekday() == 6

    with pytest.raises(Refused, match="a Sundays tells date by date, so they have no text"):
        text_of(Schedule("always", "UTC", holidays=Sundays()))
    assert text_of(Schedule("always", "UTC")) == "always; in UTC"
