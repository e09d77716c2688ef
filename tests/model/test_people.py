"""Leads, reps, rosters and caps as values."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import Cap, Lead, Rep, Roster, Schedule, Signal, Snapshot
from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.model.duration import format_duration, from_micros, parse_duration, to_micros
from leadroute.model.keys import cap_holder, is_open_key, key, open_key, parts
from leadroute.model.validation import FrozenDict, aware
from leadroute.testing.strategies import leads, reps, rosters

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def test_every_fault_of_a_lead_is_listed():
    """All wrong fields are reported at once, with the lead named and no personal data."""
    with pytest.raises(ValidationError) as refused:
        Lead("L-1", email="secret", country="Nowhere", employees=-3, budget="much", attributes=5)
    assert refused.value.kind == "Lead"
    assert [fault.field for fault in refused.value.faults] == [
        "email",
        "country",
        "employees",
        "budget",
        "attributes",
    ]
    assert str(refused.value).startswith("Lead 'L-1': email is not an e-mail address")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("ident", ["", None, 5, "x" * 81])
def test_an_id_is_needed(ident):
    """An id is text of 1 to 80 characters; nothing else stands in for it."""
    for kind in (Lead, Rep):
        with pytest.raises(ValidationError, match=f"{kind.__name__}.*: id "):
            kind(ident)


def test_zero_is_not_unknown():
    """0 is kept as 0 and None as None, in every field that has both."""
    lead = Lead("L-1", employees=0, budget=0, annual_revenue=0, priority=0)
    assert (lead.employees, lead.budget, lead.annual_revenue, lead.priority) == (0, 0, 0, 0)
    rep = Rep("ada", capacity=0, level=0, weight=0, caps={"day": 0})
    assert (rep.capacity, rep.level, rep.weight, rep.caps) == (0, 0, 0, (Cap(0, "day"),))
    assert (Lead("L-1").employees, Rep("ada").capacity, Rep("ada").weight) == (None, None, 1)


def test_signals_stand_in_the_order_of_time():
    """The order in which signals are given changes nothing."""
    late, early = Signal("page", AT + timedelta(1)), Signal("mail", AT, 0)
    assert Lead("L-1", signals=[late, early]) == Lead("L-1", signals=(early, late))
    for wrong in ([5], "page", {"kind": "page"}):
        with pytest.raises(ValidationError, match="signals are not all signals; write"):
            Lead("L-1", signals=wrong)
    with pytest.raises(ValidationError, match=r"Signal: kind .*; at .*; value is -1"):
        Signal("", AT.replace(tzinfo=None), -1)


def test_a_changed_lead_is_cleaned_again():
    """Changing a field gives a new lead, checked like any other."""
    lead = Lead("L-1", country="de")
    assert lead.with_changes(country="us") == Lead("L-1", country="US")
    with pytest.raises(ValidationError, match="country is 'zz'"):
        lead.with_changes(country="zz")


def test_a_lead_shows_its_id_alone():
    """The repr of a lead holds no personal data."""
    assert repr(Lead("L-1", name="Ann", email="ann@example.com")) == "Lead('L-1')"


def test_values_do_not_change():
    """Leads and reps are frozen, hashable and equal by what they hold; changes give new values."""
    rep = Rep("ada", skills={"health": 1}, attributes={"tags": {"a"}})
    with pytest.raises(AttributeError):
        rep.capacity = 5
    with pytest.raises(TypeError, match="this mapping is frozen"):
        rep.skills["health"] = 0
    assert rep.with_changes(capacity=5).with_changes(capacity=None) == rep
    assert hash(rep) == hash(Rep("ada", skills={"health": 1}, attributes={"tags": ["a"]}))
    with pytest.raises(ValidationError):
        rep.with_changes(capacity=-1)


@given(leads(), reps(), rosters())
def test_values_survive_pickling(lead, rep, roster):
    """A process pool gets equal values, with equal hashes."""
    for value in (lead, rep, roster):
        twin = pickle.loads(pickle.dumps(value))
        assert twin == value == copy.deepcopy(value)
        assert hash(twin) == hash(value)


def test_a_schedule_is_read_in_the_reps_zone():
    """Text hours are local to the rep; without a zone they are UTC."""
    there = Rep("ada", schedule="mon-fri 09:00-17:00", timezone="America/New_York")
    assert there.hours.is_open(AT + timedelta(hours=5))
    assert not there.hours.is_open(AT)
    assert Rep("ada", schedule="mon-fri 09:00-17:00").hours.is_open(AT)
    assert Rep("ada").hours is None
    assert Rep("ada", schedule=" ").hours is None
    with pytest.raises(ValidationError, match="Rep 'ada': schedule cannot be read: "):
        Rep("ada", schedule="whenever")


def test_the_zone_of_a_rep():
    """Calendar days are counted in the rep's zone, else the schedule's, else UTC."""
    berlin = Schedule("mon 09:00-17:00", "Europe/Berlin")
    assert Rep("ada", timezone="Asia/Tokyo", schedule=berlin).zone == ZoneInfo("Asia/Tokyo")
    assert Rep("ada", schedule=berlin).zone == ZoneInfo("Europe/Berlin")
    assert Rep("ada", schedule=berlin & berlin).zone == ZoneInfo("Europe/Berlin")
    assert Rep("ada").zone is UTC


def test_what_people_call_a_rep():
    """The name, else the id."""
    assert (Rep("a", name="Ada").label, Rep("a").label) == ("Ada", "a")


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"day": -1}, "caps limit is -1; write 0 or more"),
        ({"day": None}, "caps limit is not known; write one"),
        ({"year": 1}, "caps per is 'year'; write one of hour, day, week, month, quarter"),
        ("5", "caps hold one that cannot be read: '5' is not a cap; write it like '5 per day'"),
        (5, "caps is 5; write caps such as"),
        ([5], "caps are not all caps"),
        ([Cap(1, "day"), Cap(2, "day")], "caps have two limits per day; keep the lower one"),
    ],
)
def test_caps_that_cannot_be(given, problem):
    """A wrong cap says what is wrong with it."""
    with pytest.raises(ValidationError) as refused:
        Rep("ada", caps=given)
    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("per", "period"),
    [
        ("hour", "2026-01-01T01+0100"),
        ("day", "2026-01-01"),
        ("week", "2026-W01"),
        ("month", "2026-01"),
        ("quarter", "2026-Q1"),
    ],
)
def test_periods_are_local(per, period):
    """A period is one of the rep's own calendar: in Berlin the year begins an hour before UTC's."""
    at = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
    assert Cap(1, per).period(at, ZoneInfo("Europe/Berlin")) == period
    (bound,) = Cap(1, "day").bounds(cap_holder("a/b"), at - timedelta(hours=1), UTC)
    assert (bound.key, bound.most) == ("cap/a%2Fb/day/2025-12-31", 1)
    assert Rep("x", caps=[Cap(1, "month"), Cap(2, "hour")]).caps == (
        Cap(2, "hour"),
        Cap(1, "month"),
    )


def test_the_hour_that_comes_twice_is_two_hours():
    """When clocks go back, the repeated hour has a period of its own."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    cap, zone = Cap(1, "hour"), ZoneInfo("Europe/Berlin")
    assert cap.period(first, zone) != cap.period(first + timedelta(hours=1), zone)


@given(st.lists(reps(), max_size=5, unique_by=lambda rep: rep.id), st.randoms())
def test_the_order_of_a_roster_changes_nothing(found, shuffler):
    """Rosters of the same reps are equal, however they were put together."""
    mixed = list(found)
    shuffler.shuffle(mixed)
    roster = Roster(found)
    assert roster == Roster(mixed) == Roster().replace(*mixed)
    assert [rep.id for rep in roster] == sorted(rep.id for rep in found)
    assert len(roster) == len(found)
    assert all(rep.id in roster and roster.get(rep.id) == roster[rep.id] == rep for rep in found)


def test_a_roster_refuses_strays_and_twins():
    """Two reps of one id, or something that is no rep, is named."""
    with pytest.raises(
        ValidationError, match="Roster: reps hold 'ada' twice; give every rep an id"
    ):
        Roster([Rep("ada"), Rep("ada", level=2), Rep("bob")])
    for wrong in (["ada"], 5):
        with pytest.raises(ValidationError, match=r"reps hold a \w+; write Roster\(\[Rep"):
            Roster(wrong)


def test_an_unknown_rep():
    """Get gives None, and the brackets suggest the nearest id."""
    team = Roster([Rep("ada")])
    assert team.get("adda") is None
    with pytest.raises(UnknownFieldError, match="no rep in the roster named 'adda'; did you mean"):
        team["adda"]
    assert repr(team) == "<Roster of 1 reps>"


def test_nothing_is_counted_in_an_empty_snapshot():
    """Whatever is missing counts as 0."""
    assert Snapshot().open.get("ada", 0) == 0


@pytest.mark.parametrize("name", ["clear", "pop", "popitem", "setdefault", "update"])
def test_a_frozen_mapping_refuses_every_change(name):
    """No method of dict changes it, and neither do the operators."""
    frozen = FrozenDict({"a": 1})
    with pytest.raises(TypeError, match="this mapping is frozen"):
        getattr(frozen, name)()
    with pytest.raises(TypeError, match="this mapping is frozen"):
        frozen |= {"b": 2}
    with pytest.raises(TypeError, match="this mapping is frozen"):
        del frozen["a"]
    assert frozen == {"a": 1}
    assert repr(frozen) == "FrozenDict({'a': 1})"
    assert frozen | {"b": 2} == {"a": 1, "b": 2}


@given(st.timedeltas(timedelta(0), timedelta(days=36_525)))
def test_durations_are_read_back(duration):
    """The text form of a duration reads back as the duration."""
    assert parse_duration(format_duration(duration)) == duration == parse_duration(duration)


@pytest.mark.parametrize(
    "given",
    [
        *("", "5", "m", "-5m", "1s1m", "5M", "5 mo", "5 months", "12345678s", "٣m", "1.5 hours"),
        *("1h30", "5m,", "1h and", "and 5m", "1hand30m", "5 min utes", "00:05:00", "5    m"),
        *(5, None),
    ],
)
def test_what_is_no_duration(given):
    """Anything else is refused with examples."""
    with pytest.raises(ConfigError, match="is not a duration; write it like '90s'"):
        parse_duration(given)


@pytest.mark.parametrize(
    ("words", "short"),
    [
        ("5 m", "5m"),
        ("5 min", "5m"),
        ("5 Minutes", "5m"),
        ("2 HOURS", "2h"),
        ("90 secs", "90s"),
        ("1h 30m", "1h30m"),
        ("1 hr, 30 mins", "1h30m"),
        ("1 hour and 30 minutes", "1h30m"),
        ("1 day, 2 hours, and 5 min", "1d2h5m"),
        ("3 wks", "3w"),
        ("7 milliseconds 8 microseconds", "7ms8us"),
    ],
)
def test_durations_in_words(words, short):
    """A duration may be written in the words that people use, where they have one meaning."""
    assert parse_duration(words) == parse_duration(short)


@pytest.mark.parametrize("given", ["5300w", timedelta(seconds=-1), timedelta(days=36_526)])
def test_durations_out_of_range(given):
    """A duration is never negative, and at most 100 years."""
    with pytest.raises(ConfigError, match="a duration lies between 0 and 100 years"):
        parse_duration(given)


@given(st.integers(-(10**16), 10**17))
def test_instants_are_exact(micros):
    """Microseconds survive the way to a datetime and back."""
    assert to_micros(from_micros(micros)) == micros


@given(st.lists(st.text(), min_size=1))
def test_keys_are_told_apart(named):
    """A key gives back its parts, so no two lists of parts share a key."""
    assert list(parts(key(*named))) == named


def test_which_counters_count_open_leads():
    """Open leads of a rep are told from everything else that is held."""
    assert is_open_key(open_key("a/b"))
    assert not is_open_key(key("turn", "rep", "open"))


def test_one_cap_may_stand_alone():
    """The text of one cap is a list of one."""
    assert Rep("ada", caps="5 per day") == Rep("ada", caps=["5 per day"])


def test_a_mapping_with_a_fault_is_refused_with_all_of_them():
    """What a mapping holds is checked as a row is, and every fault is named."""
    with pytest.raises(ValidationError, match=r"budget is 'much'.*country is 'zz'"):
        Lead.from_mapping({"id": "L-1", "budget": "much", "country": "zz"})


def test_a_record_of_salesforce_is_a_lead():
    """The reference of a record in a tree is the id where there is none."""
    record = {"attributes": {"type": "Lead", "referenceId": "ref1"}, "Company": "Acme"}
    assert Lead.from_mapping(record, columns="salesforce") == Lead("ref1", company="Acme")


def test_an_instant_of_another_class_is_an_instant():
    """A subclass of datetime, as pandas has one, counts as the instant that it is."""

    class Stamp(datetime):
        """An instant of another library."""

    at = Stamp(2026, 1, 5, 9, tzinfo=UTC)
    assert type(aware(at)) is datetime
    assert aware(at) == at
