import json
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Lead, Placement, Rep, Schedule, Signal, Status
from leadroute.errors import ValidationError
from leadroute.offers.events import KINDS, Declined, FeedbackGiven, Offered
from leadroute.offers.placement import Offer, PreviousOffer
from leadroute.plain import dumps, from_dict, loads, to_dict
from leadroute.testing.strategies import instants, leads, reps

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@given(leads() | reps())
def test_people_are_read_back(value):
    """A lead or a rep survives the way through a dict and through JSON."""
    assert from_dict(type(value), to_dict(value)) == value
    assert loads(type(value), dumps(value)) == value
    json.dumps(to_dict(value), allow_nan=False)


EVENTS = [
    Offered(AT, "ada", "r", "p", AT + timedelta(minutes=5), 0.5, {"rep/open/ada": 1}),
    Declined(AT, "ada", "busy"),
    FeedbackGiven(AT, "ada", "won", True, 48_000),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.kind)
def test_events_are_read_back(event):
    """An event survives JSON, instants and mappings included."""
    assert loads(type(event), dumps(event)) == event


@given(instants, st.dictionaries(st.text(), st.integers(0, 5)))
def test_placements_are_read_back(at, holds):
    """A placement survives JSON, and equal placements have the same text."""
    placement = Placement(
        "L-1",
        Status.WAITING,
        3,
        at,
        clocks={"retry": at},
        offers=(Offer("t", "ada", "p", at, at, holds),),
        previous_offers={"a": PreviousOffer("declined", at, 2)},
        reservations=holds,
    )
    twin = loads(Placement, dumps(placement))
    assert twin == placement
    assert dumps(twin) == dumps(placement)
    assert hash(twin) == hash(placement)


def test_defaults_are_left_out():
    """Only what was said is written."""
    assert to_dict(Rep("ada", weight=1, active=True)) == {"id": "ada"}
    assert to_dict(Lead("L-1", employees=0)) == {"id": "L-1", "employees": 0}


def test_the_plain_form_of_everything():
    """Instants are ISO 8601, sets are sorted lists, schedules are their text with the zone."""
    lead = Lead(
        "L-1",
        received_at=AT,
        signals=[Signal("page", AT, 2)],
        attributes={"at": AT, "tags": {"b", "a"}, "n": 1, "text": "2026-01-05T09:00:00+00:00"},
    )
    assert to_dict(lead) == {
        "id": "L-1",
        "received_at": "2026-01-05T09:00:00+00:00",
        "signals": [{"kind": "page", "at": "2026-01-05T09:00:00+00:00", "value": 2}],
        "attributes": {
            "at": {"$instant": "2026-01-05T09:00:00+00:00"},
            "tags": ["a", "b"],
            "n": 1,
            "text": "2026-01-05T09:00:00+00:00",
        },
    }
    rep = Rep("ada", schedule=Schedule("mon 09:00-17:00", "Europe/Berlin"), caps={"day": 5})
    plain = to_dict(rep)
    assert plain["caps"] == {"day": 5}
    assert "Europe/Berlin" in plain["schedule"]
    assert from_dict(Rep, plain) == rep


class Fridays:
    """Holidays that are told date by date."""

    def __contains__(self, day):
        return day.weekday() == 4


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (
            Schedule("always", "UTC", holidays=Fridays()),
            (
                "Rep 'ada': schedule has holidays that a Fridays tells date by date, so they have no text; "
                "give the dates, such as holidays=set(country_holidays('NL', years=range(2026, 2031)))"
            ),
        ),
        (
            Schedule("always", "UTC") & Schedule("mon 09:00-17:00", "UTC"),
            (
                "Rep 'ada': schedule is a combination, which has no text; "
                "write its parts, and combine them after reading"
            ),
        ),
    ],
)
def test_hours_without_a_text_are_not_written(hours, said):
    """What could not be read back is refused when it is written, and the rep is named."""
    with pytest.raises(ValidationError) as caught:
        dumps(Rep("ada", schedule=hours))
    assert str(caught.value) == said


def test_holidays_of_the_package_are_written_by_their_dates():
    """The remedy works: the dates of the years that were asked for survive the way through JSON."""
    holidays = pytest.importorskip("holidays", reason="an extra")
    dates = set(holidays.country_holidays("NL", years=range(2026, 2031)))
    rep = Rep("ada", schedule=Schedule("always", "Europe/Amsterdam", holidays=dates))
    assert loads(Rep, dumps(rep)) == rep
    assert date(2030, 4, 22) in rep.schedule.holidays


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (Lead, {}, "Lead: id is empty; every lead, rep, rule and pool needs an id of its own"),
        (Lead, [], "Lead: data is list; write a mapping"),
        (
            Lead,
            {"id": "L-1", "contry": "DE", "budget": -1},
            "Lead 'L-1': contry is not a field; did you mean 'country'?; budget is -1",
        ),
        (
            Lead,
            {"id": "L-1", "zzz": 1},
            "Lead 'L-1': zzz is not a field; put it under 'attributes'",
        ),
        (
            Lead,
            {"id": "L-1", "received_at": "yesterday"},
            "received_at is 'yesterday'; write an instant such as",
        ),
        (Lead, {"id": "L-1", "received_at": 5}, "received_at is of type int"),
        (Lead, {"id": "L-1", "signals": 5}, "signals are not all signals"),
        (Lead, {"id": "L-1", "signals": [5]}, "signals are not all signals"),
        (Lead, {"id": "L-1", "signals": [{"kind": "x"}]}, "signals are not all signals"),
        (
            Lead,
            {"id": "L-1", "signals": [{"kind": "x", "at": "2026-01-01"}]},
            "signals are not all signals",
        ),
        (Lead, {"id": "L-1", "attributes": 5}, "attributes is of type int"),
        (
            Lead,
            {"id": "L-1", "attributes": {"a": {"$instant": "x"}}},
            "attributes ['a'] is of type dict",
        ),
        (Rep, {"id": "ada", "skills": 5}, "skills is 5"),
        (Placement, {"lead_id": "L-1"}, "Placement: "),
        (Placement, {"lead_id": "L-1", "status": "lost", "steps": 1}, "status"),
        (Placement, 5, "Placement: "),
        (Declined, {"at": "2026-01-01T00:00:00Z", "rep_id": "a", "extra": 1}, "extra"),
    ],
)
def test_data_that_cannot_be_read(kind, data, said):
    """Every fault is reported as ValidationError, with the field named."""
    with pytest.raises(ValidationError) as refused:
        from_dict(kind, data)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "text is not JSON that can be read: Expecting property name"),
        ('{"id": "a", "id": "b"}', "a key stands twice in the same object"),
        ('{"id": "a", "budget": NaN}', "NaN is not a finite number"),
        ('{"id": "a", "budget": -Infinity}', "-Infinity is not a finite number"),
        ('{"id": "a", "budget": 1e999}', "budget is infinite"),
        ("[" * 100_000, "text is not JSON that can be read"),
        (f'{{"id": "a", "budget": {"9" * 5_000}}}', "text is not JSON that can be read"),
    ],
    ids=range(7),
)
def test_text_that_cannot_be_read(text, said):
    """Broken, doubled, infinite or endless JSON is an ValidationError, and nothing worse."""
    with pytest.raises(ValidationError) as refused:
        loads(Lead, text)
    assert said in str(refused.value)


@given(st.dictionaries(st.text(max_size=9), st.none() | st.integers() | st.text(max_size=5)))
def test_any_mapping_is_read_or_refused(data):
    """Whatever the data, the answer is a value or ValidationError."""
    for kind in (Lead, Rep, Placement, *KINDS.values()):
        with suppress(ValidationError):
            assert isinstance(from_dict(kind, data), kind)


def test_datetimes_are_taken_as_they_are():
    """A dict that holds datetimes already, as from a database, is read as well."""
    assert from_dict(Lead, {"id": "L-1", "received_at": AT}).received_at == AT
    assert from_dict(Declined, {"at": AT, "rep_id": "ada"}).at == AT
