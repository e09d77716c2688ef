from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ConfigError
from leadroute.model.given import Refused, moment

BERLIN = "Europe/Berlin"


class Timestamp(datetime):
    """An instant as pandas has them: a subclass of datetime."""


# Given, the declared zone and order, and the instant; None for refused. Behind each its source.
DATES = [
    ("2026-03-04T09:00:00Z", None, None, "2026-03-04T09:00:00"),  # ISO 8601
    ("2026-03-04T09:00:00.123456Z", None, None, "2026-03-04T09:00:00.123456"),
    ("2026-03-04T10:00:00+01:00", None, None, "2026-03-04T09:00:00"),
    ("2026-03-04T09:00Z", None, None, "2026-03-04T09:00:00"),
    ("2024-06-01T08:12:34+0000", None, None, "2024-06-01T08:12:34"),  # real_files.json, val-dates
    ("2024-06-01T08:12:34.000+0000", None, None, "2024-06-01T08:12:34"),  # Salesforce API
    ("2024-06-01 08:12:34 UTC", None, None, "2024-06-01T08:12:34"),  # val-dates
    ("2024-06-01 08:12:34+00", None, None, "2024-06-01T08:12:34"),  # PostgreSQL
    ("2024-06-01 08:12:34 +02:00", None, None, "2024-06-01T06:12:34"),  # Ruby
    ("2024-06-01 08:12:34", BERLIN, None, "2024-06-01T06:12:34"),  # SuiteCRM, MySQL
    ("2024-06-01 08:12", BERLIN, None, "2024-06-01T06:12:00"),  # HubSpot's export
    ("2024-06-01", "UTC", None, "2024-06-01T00:00:00"),
    ("2024/06/01 08:12", "UTC", None, "2024-06-01T08:12:00"),  # Japanese exports
    ("15 Apr, 2021 00:03:00", "UTC", None, "2021-04-15T00:03:00"),  # Zoho, val-dates
    ("15 Apr 2021 00:03:00", "UTC", None, "2021-04-15T00:03:00"),
    ("15-Apr-2021", "UTC", None, "2021-04-15T00:00:00"),  # Excel, Oracle
    ("Apr 15, 2021 12:03 AM", "UTC", None, "2021-04-15T00:03:00"),  # Zoho en-US
    ("April 15, 2021 at 3:00 PM", "UTC", None, "2021-04-15T15:00:00"),  # macOS
    ("Thu, 15 Apr 2021 00:03:00 +0000", None, None, "2021-04-15T00:03:00"),  # RFC 2822
    ("Thu, 15 Apr 2021 00:03:00 GMT", None, None, "2021-04-15T00:03:00"),  # RFC 7231
    ("08/10/2024, 21:35", "UTC", "dmy", "2024-10-08T21:35:00"),  # Meta lead ads, val-dates
    ("08/10/2024, 21:35", "UTC", "mdy", "2024-08-10T21:35:00"),
    ("11-07-2026 08:46:23", "UTC", "dmy", "2026-07-11T08:46:23"),  # vtiger, fmt-quoted-newline-rtl
    ("15.04.2021 00:03", "UTC", None, "2021-04-15T00:03:00"),  # no month 15
    ("04/15/2021", "UTC", None, "2021-04-15T00:00:00"),
    ("05/05/2021", "UTC", None, "2021-05-05T00:00:00"),  # one day either way
    ("6/1/2024 8:12 AM", "UTC", "mdy", "2024-06-01T08:12:00"),  # Salesforce en-US
    ("6/1/24 8:12 PM", "UTC", "mdy", "2024-06-01T20:12:00"),  # Excel en-US
    ("1.6.24", "UTC", "dmy", "2024-06-01T00:00:00"),  # Excel de
    ("24/06/01", "UTC", "ymd", "2024-06-01T00:00:00"),
    ("01/06/98", "UTC", "dmy", "1998-06-01T00:00:00"),
    ("12:00 PM 6/1/2024", "UTC", "mdy", None),
    ("08/10/2024, 21:35", "UTC", None, None),  # two readings
    ("08/10/2024", "UTC", "ymd", None),  # the year is not first
    ("15/04/2021", "UTC", "mdy", None),  # not in the declared order
    ("6/1/24", "UTC", None, None),
    ("2024-06-01 08:12:34", None, None, None),  # whose eight o'clock
    ("2024-06-01", None, None, None),
    ("2026-13-01", "UTC", None, None),  # dateparser reads January
    ("2026-02-30T09:00:00Z", None, None, None),
    ("32/01/2021", "UTC", None, None),
    ("20260304", "UTC", None, None),  # fromisoformat reads it
    ("2026-W10-3", "UTC", None, None),
    ("2026-W10-3T09:00:00Z", None, None, None),
    ("1717229554", "UTC", None, None),  # seconds? milliseconds?
    ("4", "UTC", None, None),  # dateutil reads the fourth of this month
    ("March", "UTC", None, None),
    ("10:30", "UTC", None, None),
    ("2024-06-01 08:12:34 EST", None, None, None),  # a name of several zones
    ("2024-06-01 13:00 PM", "UTC", None, None),
    ("2024-06-01 25:00", "UTC", None, None),
    ("2024-06-01 tomorrow", "UTC", None, None),
    ("45352.5", "UTC", None, None),  # Excel's serial number
    ("2026-10-25 02:30", BERLIN, None, None),  # comes twice
    ("2026-03-29 02:30", BERLIN, None, None),  # is skipped
]


@pytest.mark.parametrize(("written", "zone", "order", "expected"), DATES)
def test_instants_as_crms_write_them(written, zone, order, expected):
    """A text is the instant that it can only be, or it is refused."""
    if expected is None:
        with pytest.raises(Refused):
            moment(written, zone, order)
    else:
        found = moment(written, zone, order)
        assert found == datetime.fromisoformat(expected).replace(tzinfo=UTC)
        assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("given", "zone", "expected"),
    [
        (datetime(2026, 1, 5, 9, tzinfo=UTC), None, datetime(2026, 1, 5, 9, tzinfo=UTC)),
        (Timestamp(2026, 1, 5, 9, tzinfo=UTC), None, datetime(2026, 1, 5, 9, tzinfo=UTC)),
        (datetime(2026, 1, 5, 9), BERLIN, datetime(2026, 1, 5, 8, tzinfo=UTC)),  # noqa: DTZ001
        (datetime(2026, 1, 5, 9), ZoneInfo(BERLIN), datetime(2026, 1, 5, 8, tzinfo=UTC)),  # noqa: DTZ001
        (date(2026, 1, 5), BERLIN, datetime(2026, 1, 4, 23, tzinfo=UTC)),
        (None, None, None),
        ("", None, None),
        ("none", None, None),
        (float("nan"), None, None),
    ],
)
def test_instants_of_programs(given, zone, expected):
    """Datetimes of any class and dates are read; what says that nothing is known is None."""
    found = moment(given, zone)
    assert found == expected
    assert type(found) in (datetime, type(None))


@pytest.mark.parametrize(
    ("given", "zone", "problem"),
    [
        (1717229554, "UTC", "is of type int; write an aware datetime, such as"),
        (datetime(2026, 1, 5), None, "is a naive datetime; write an aware one"),  # noqa: DTZ001
        ("2026-01-05 09:00", None, "is '2026-01-05 09:00', which has no offset; write it like"),
        ("08/10/2024", "UTC", "is '08/10/2024': may be 2024-08-10 or 2024-10-08; say dates='dmy'"),
        ("8/10/24", "UTC", "is '8/10/24': in which order its numbers stand is not known; say"),
        ("2026-10-25 02:30", BERLIN, "is '2026-10-25 02:30', which Europe/Berlin has twice; write"),
        ("2026-03-29 02:30", BERLIN, "is '2026-03-29 02:30', which Europe/Berlin skips; write it"),
        ("soon", None, "is 'soon'; write an instant such as 2026-01-05T09:00:00Z"),
        (
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            None,
            "is 0001-01-01 00:00:00+01:00, which UTC cannot express; write an instant of the years",
        ),
    ],
)
def test_what_is_no_instant(given, zone, problem):
    """A refusal says what is wrong and what to write, with both readings where there are two."""
    with pytest.raises(Refused) as refused:
        moment(given, zone)
    assert str(refused.value).startswith(problem)


def test_zones_and_orders_that_there_are_not():
    """A zone or an order that cannot be is an error of the call, not of a row."""
    with pytest.raises(ConfigError, match="timezone is 'Mars'; write an IANA time zone"):
        moment("2026-01-05 09:00", "Mars")
    with pytest.raises(ConfigError, match="dates is 'ydm'; write 'dmy', 'mdy' or 'ymd'"):
        moment("2026-01-05 09:00", "UTC", "ydm")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)))  # noqa: DTZ001
def test_one_instant_in_every_form(local):
    """A date comes to the same instant in each order, when the order is declared."""
    local = local.replace(microsecond=0)
    expected = local.replace(tzinfo=UTC)
    for order, form in (
        ("dmy", "%d/%m/%Y"),
        ("mdy", "%m/%d/%Y"),
        ("ymd", "%Y/%m/%d"),
        ("dmy", "%d.%m.%y"),
    ):
        for clock in ("%H:%M:%S", "%I:%M:%S %p"):
            assert moment(local.strftime(f"{form} {clock}"), "UTC", order) == expected
