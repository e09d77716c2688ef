"""What is said about the clock of a lead, and what is left open."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest

from leadroute.model.geography import COUNTRIES
from leadroute.model.lead_timezone import (
    _OVERSEAS,
    _REGIONS,
    ZoneGuess,
    _table,
    calling_hours,
    zones_of,
)
from leadroute.model.schedule import Schedule
from leadroute.model.timezone_data import ZONES
from tests.shared import shared_path


@pytest.mark.parametrize(
    ("known", "zone"),
    [
        ({"country": "DE"}, "Europe/Berlin"),
        ({"country": "NL"}, "Europe/Brussels"),
        ({"country": "JP"}, "Asia/Tokyo"),
        ({"country": "US", "region": "CA"}, "America/Los_Angeles"),
        ({"country": "US", "region": "US-NY"}, "America/New_York"),
        ({"region": "CA-YT"}, "America/Whitehorse"),
        ({"region": "DE-BY"}, "Europe/Berlin"),
        ({"country": "AU", "region": "QLD"}, "Australia/Brisbane"),
        ({"country": "US", "region": "US-PR"}, "America/Puerto_Rico"),
        ({"country": "US", "region": "GU"}, "Pacific/Guam"),
        ({"country": "FR", "region": "FR-974"}, "Asia/Dubai"),
        ({"country": "FR", "region": "FR-IDF"}, "Europe/Paris"),
        ({"phone": "+49 30 901820"}, "Europe/Berlin"),
        ({"region": "TX", "phone": "+49 30 901820"}, "Europe/Berlin"),
        ({"region": "South-West", "phone": "+49 30 901820"}, "Europe/Berlin"),
        ({"phone": "0049 30 901820"}, "Europe/Berlin"),
        ({"phone": "+44 20 7946 0000"}, "Europe/London"),
        ({"country": "US", "timezone": "Asia/Tokyo"}, "Asia/Tokyo"),
    ],
)
def test_certain(known, zone):
    """A zone is named where the country, the region or the phone number leaves no doubt."""
    guess = zones_of(**known)
    assert guess.zone == zone
    assert guess.candidates == (zone,)


@pytest.mark.parametrize(
    ("known", "count", "reason"),
    [
        ({"country": "US"}, 8, "country US has 8 clocks"),
        ({"country": "US", "region": "TX"}, 2, "region US-TX has 2 clocks"),
        ({"country": "US", "region": "??"}, 8, "country US has 8 clocks"),
        ({"country": "XX"}, 0, "country XX has no known clocks"),
        ({"phone": "+7 495 000 00 00"}, 13, "dial code +7 has 13 clocks"),
        (
            {"phone": "030 901820"},
            0,
            "no zone, country, region or international phone number is known",
        ),
        ({"phone": "+0"}, 0, "no zone, country, region or international phone number is known"),
        ({}, 0, "no zone, country, region or international phone number is known"),
    ],
)
def test_uncertain(known, count, reason):
    """Where there is doubt no zone is named, every one that it may be is listed, and the reason says why."""
    guess = zones_of(**known)
    assert guess.zone is None
    assert guess.reason == reason
    assert len(guess.candidates) == len(set(guess.candidates)) == count


def test_no_phone_number_in_a_reason():
    """A reason holds the dial code of a phone number and no more of it."""
    assert zones_of(phone="+4930901820").reason == "dial code +49"


def test_every_zone_exists():
    """Every zone of the tables is one that the machine knows, and every country has one."""
    named = {zone for country in COUNTRIES for zone in zones_of(country).candidates}
    assert named <= available_timezones()
    assert {country for country in COUNTRIES if not zones_of(country).candidates} <= {
        "BV",
        "HM",
        "XK",
    }


def test_regions_overseas_have_clocks():
    """Every region that is a country of its own has a clock, or several, in the table of countries."""
    owners = {owner for found in _table(_OVERSEAS).values() for owner in found}
    assert owners <= _table(ZONES).keys() & COUNTRIES


def test_regions_agree_with_their_country():
    """A region's zones are zones of its country, so that the two never contradict each other."""
    moments = [datetime(2026, month, 15, tzinfo=UTC) for month in range(1, 13)]

    def clocks(zones):
        return {
            tuple(at.astimezone(ZoneInfo(zone)).utcoffset() for at in moments) for zone in zones
        }

    for region, zones in _table(_REGIONS).items():
        assert clocks(zones) <= clocks(zones_of(region[:2]).candidates), region


def test_table_is_that_of_tzdata():
    """The table has the countries of the tzdata that it was written from, and no others."""
    rows = shared_path("data/geo/zone1970.tab").read_text(encoding="utf-8").splitlines()
    codes = {code for row in rows if row[0] != "#" for code in row.split("\t")[0].split(",")}
    assert set(_table(ZONES)) == codes


def test_calling_hours():
    """A lead is called by the clock of the lead, and in doubt only when it suits every clock."""
    week = "mon-fri 09:00-20:00"
    assert calling_hours(week, zones_of("DE")) == Schedule(week, "Europe/Berlin")
    hours = calling_hours(week, zones_of("US", "TX"))
    assert hours.next_open(datetime(2026, 1, 5, 12, tzinfo=UTC)) == datetime(
        2026, 1, 5, 16, tzinfo=UTC
    )
    assert hours.next_close(datetime(2026, 1, 5, 20, tzinfo=UTC)) == datetime(
        2026, 1, 6, 2, tzinfo=UTC
    )
    assert calling_hours(week, ZoneGuess(None, (), "nothing")) is None
