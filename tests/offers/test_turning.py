"""What time alone makes due is foretold: a host that sweeps at each ``next_wakeup`` is never late."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st
from tests.offers.world import START, Wrapped, desk
from tests.profiles import examples

from leadroute import (
    LEAD,
    Cap,
    Dispatcher,
    Lead,
    MemoryStore,
    Presence,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
)
from leadroute.errors import FieldTypeError
from leadroute.offers.placement import Status
from leadroute.testing import ManualClock

HOUR = timedelta(hours=1)
MICROSECOND = timedelta(microseconds=1)
NEVER = Schedule("never", "UTC")


def waiting(*reps, taken=1, **policy):
    """A desk at which the reps have accepted ``taken`` leads and one more waits."""
    window = policy.pop("accept_within", "52w")
    here = desk(*reps, router=Router(rules=[Rule("all", accept_within=window)], **policy))
    for number in range(taken):
        placement = here.submit(Lead(f"L-{number}"))
        here.accept(placement.lead_id, placement.rep_id)
    assert here.submit(Lead("last")).status is Status.WAITING
    return here


def foretold(here, due):
    """A lead that waits is offered at an instant that is known before, and not a moment earlier."""
    here.clock.set(due - timedelta(minutes=4))
    assert here.sweep().offered == 0
    assert here.next_wakeup() == due
    here.clock.set(due - MICROSECOND)
    assert here.sweep().offered == 0
    here.clock.set(due)
    assert here.sweep().offered == 1


@pytest.mark.parametrize(
    ("cap", "zone", "due"),
    [
        ("1 per hour", "Asia/Kathmandu", datetime(2026, 1, 1, 9, 15, tzinfo=UTC)),
        ("1 per day", "Europe/Berlin", datetime(2026, 1, 1, 23, tzinfo=UTC)),
        ("1 per week", "UTC", datetime(2026, 1, 5, tzinfo=UTC)),
        ("1 per month", "America/New_York", datetime(2026, 2, 1, 5, tzinfo=UTC)),
        ("1 per quarter", "Europe/Berlin", datetime(2026, 3, 31, 22, tzinfo=UTC)),
        ("1 per hour, rolling", "UTC", START + HOUR + timedelta(minutes=5)),
        ("1 per day, rolling", "UTC", datetime(2026, 1, 2, 10, tzinfo=UTC)),
        ("30 per month, paced, burst 1", "UTC", datetime(2026, 1, 2, tzinfo=UTC)),
        ("4 per month, paced", "UTC", datetime(2026, 1, 8, tzinfo=UTC)),
    ],
)
def test_the_turn_of_a_cap_is_foretold(cap, zone, due):
    """A lead that waits for a cap is served at the first instant at which the cap lets it through."""
    foretold(waiting(Rep("ada", timezone=zone, caps=[cap])), due)


def test_the_turn_of_a_cap_over_all_reps():
    """It comes in the calendar of the router, whatever the zones of the reps."""
    here = waiting(Rep("ada", timezone="Asia/Tokyo"), caps=["1 per day"], timezone="Europe/Berlin")
    foretold(here, datetime(2026, 1, 1, 23, tzinfo=UTC))


def test_the_next_step_of_a_ramp():
    """A ramp lets one more through at an instant of its own, to the microsecond."""
    joined = START - timedelta(days=1)
    here = waiting(Rep("ada", caps=["10 per quarter, ramp 90d"], joined_at=joined))
    foretold(here, joined + timedelta(days=9, microseconds=1))


def test_an_opening_beside_somebody_who_is_full():
    """A lead that waits for work to get done is also told of the rep who comes in."""
    late = Rep("bob", schedule="thu 10:00-11:00")
    foretold(waiting(Rep("ada", capacity=1), late), START + HOUR)


def test_the_end_of_a_wrap_up_beside_a_cap():
    """A line is looked at when the wrap-up of a contact that was just made ends."""
    here = desk(
        Rep("ada"), Rep("bob", caps=["1 per day"]), router=Router(rules=[Rule("all")], wrap_up="3m")
    )
    for lead_id in ("L-1", "L-2"):
        here.accept(lead_id, here.submit(Lead(lead_id)).rep_id)
    here.record_contact("L-1")
    assert here.submit(Lead("last")).due is None
    assert here.next_wakeup() == START + timedelta(minutes=3)
    here.clock.advance("3m")
    assert here.sweep().offered == 1


def test_the_last_of_several_caps():
    """A rep with two caps that are reached is looked at when each turns; the earlier turn may come to nothing."""
    here = waiting(Rep("ada", caps=["1 per day", "1 per week"]))
    here.clock.set(datetime(2026, 1, 2, tzinfo=UTC))
    assert here.sweep().offered == 0
    foretold(here, datetime(2026, 1, 5, tzinfo=UTC))


class Broken:
    """Holidays that cannot be asked."""

    def __contains__(self, day):
        raise OSError("no connection")


@pytest.mark.parametrize(
    "rep",
    [
        Rep("bob", caps=[Cap(0, "day")]),
        Rep("bob", schedule=NEVER),
        Rep("bob", active=False, schedule="thu 10:00-11:00"),
        Rep("bob", weight=0, schedule="thu 10:00-11:00"),
        Rep("bob", capacity=1, caps=["5 per day", "0 per week, soft"]),
        Rep("bob", schedule=Schedule("always", "UTC", holidays=Broken())),
    ],
)
def test_what_time_alone_does_not_bring(rep):
    """Whoever never takes a lead, is full, or has a calendar that fails: the line is looked at after five minutes."""
    here = waiting(Rep("ada", capacity=1), rep, taken=1 + (rep.capacity or 0))
    here.clock.set(START + HOUR - timedelta(minutes=2))
    assert here.sweep().offered == 0
    assert here.next_wakeup() == START + HOUR + timedelta(minutes=3)


def test_the_end_of_a_grace_brings_nobody():
    """A rep who drops out counts until the end of the grace, so no lead waits for that end."""
    presence = {"ada": Presence("available", START).becomes("offline", START)}
    here = evolve(
        desk(Rep("ada"), router=Router(rules=[Rule("all")], offline_grace="1h")), presence=presence
    )
    assert here.submit(Lead("L-1")).status is Status.OFFERED
    here.clock.advance("1h")
    assert here.submit(Lead("L-2")).status is Status.WAITING
    assert here.placement("L-2").resumes_at is None


def test_nothing_is_counted_for_the_next_wakeup():
    """It is one record: the counts of the store are not read, whatever waits."""

    class Uncounted(Wrapped):
        def counts(self, *_given, **_page):
            raise AssertionError("read for nothing")

    here = waiting(Rep("ada", schedule="thu 10:00-11:00"), taken=0)
    assert evolve(here, store=Uncounted(here.store)).next_wakeup() == START + timedelta(minutes=5)


LEADS = 5
ZONES = st.sampled_from(
    ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Asia/Tokyo"]
)
WEEKS = st.sampled_from(
    [None, "mon-fri 09:00-17:00", "mon 22:00-06:00; thu 10:00-10:30", "sat-sun 08:00-20:00"]
)
CAPS = st.lists(
    st.sampled_from(
        [
            "1 per hour",
            "1 per day",
            "2 per day, rolling, source web",
            "3 per week, paced",
            "2 per week",
            "1 per day, soft",
            "1 per week, rolling",
        ]
    ),
    max_size=2,
    unique_by=lambda cap: cap.split(",")[0].split()[-1],
)
STARTS = st.sampled_from(
    [
        datetime(2026, 1, 1, 9, tzinfo=UTC),
        datetime(2026, 3, 28, 12, tzinfo=UTC),
        datetime(2026, 4, 4, 12, tzinfo=UTC),
        datetime(2026, 10, 31, 20, 30, tzinfo=UTC),
    ]
)


@st.composite
def rosters(draw):
    """One to three reps with hours, caps and room."""
    return Roster(
        Rep(
            name,
            timezone=draw(ZONES),
            schedule=draw(WEEKS),
            caps=draw(CAPS),
            capacity=draw(st.sampled_from([None, 1, 2, 4])),
        )
        for name in ("ada", "bob", "cy")[: draw(st.integers(1, 3))]
    )


def served(host, router, roster, start, contacts):
    """When each lead is offered first, under a host that tells the next instant of a sweep."""
    clock, end = ManualClock(start), start + timedelta(days=1)
    dispatcher = Dispatcher(router, roster, MemoryStore(), clock)
    for number in range(LEADS):
        dispatcher.submit(Lead(f"L-{number}", source="web" if number % 2 else None))
    for number in contacts:
        placement = dispatcher.placement(f"L-{number}")
        if placement.status is Status.OFFERED:
            dispatcher.accept(placement.lead_id, placement.rep_id)
            dispatcher.record_contact(placement.lead_id)
    found, sweeps = {}, 0
    while True:
        dispatcher.sweep()
        sweeps += 1
        for number in {*range(LEADS)} - found.keys():
            placement = dispatcher.placement(f"L-{number}")
            if placement.offered_at is not None:
                found[number] = placement.offered_at
        following = host(dispatcher)
        if following is None or following > end:
            return found, sweeps
        clock.set(following)


def on_the_grid(dispatcher):
    """Sweep every quarter of an hour, where every boundary of these reps lies."""
    return dispatcher.clock.now() + timedelta(minutes=15)


@examples(40)
@given(rosters(), STARTS, st.sets(st.integers(0, LEADS - 1)), st.sampled_from(["1h", "52w"]))
@example(
    Roster([Rep("ada", caps=["1 per hour"], timezone="Australia/Lord_Howe")]),
    datetime(2026, 4, 4, 12, tzinfo=UTC),
    set(),
    "52w",
)
def test_no_lead_is_served_later_than_by_a_host_that_sweeps_always(roster, start, contacts, window):
    """While only time passes, sweeping at each ``next_wakeup`` offers each lead at the very same instant."""
    router = Router(rules=[Rule("all", accept_within=window, release_on="contact")], wrap_up="15m")
    foretold, sweeps = served(Dispatcher.next_wakeup, router, roster, start, contacts)
    always, _ = served(on_the_grid, router, roster, start, contacts)
    assert foretold == always
    assert sweeps < 600


INSTANTS = st.timedeltas(timedelta(0), timedelta(days=3_652)).map(
    lambda since: datetime(2020, 1, 1, tzinfo=UTC) + since
)


@given(
    st.sampled_from(["hour", "day", "week", "month", "quarter"]),
    st.sampled_from(["", "rolling", "paced"]),
    st.integers(1, 40),
    st.none() | st.timedeltas(timedelta(minutes=1), timedelta(weeks=30)),
    st.sampled_from(
        ["America/Sao_Paulo", "Asia/Beirut", "Africa/Casablanca", "Asia/Tehran", "Europe/London"]
    ),
    INSTANTS,
    st.floats(0, 1),
    st.data(),
)
def test_a_counter_that_is_full_stays_full_until_its_turn(
    per, kind, limit, ramp, zone, now, share, data
):
    """Before its turn no instant lets more through: neither a new counter, nor a higher bound on the old one."""
    if kind == "paced" and per in ("hour", "day"):
        kind = "rolling"
    cap = Cap(limit, per, paced=kind == "paced", rolling=kind == "rolling", ramp=ramp)
    local = ZoneInfo(zone)
    hours = data.draw(st.sampled_from([None, Schedule("mon-fri 09:00-17:00", zone)]))
    since = data.draw(
        st.none() | st.just(now - timedelta(hours=5)) | st.just(now + timedelta(days=1))
    )
    bounds, turns = (
        cap.bounds("cap/ada", now, local, hours, since),
        cap.turns(now, local, hours, since),
    )
    for bound, turn in zip(bounds, turns, strict=True):
        assert turn > now
        for at in (min(now + (turn - now) * share, turn - MICROSECOND), turn - MICROSECOND):
            later = {each.key: each.most for each in cap.bounds("cap/ada", at, local, hours, since)}
            assert later.get(bound.key, -1) == bound.most


@pytest.mark.parametrize("release_on", ["outcome", "contact"])
def test_the_room_of_a_large_lead_goes_to_several_small_ones(release_on):
    """Nobody waits beside room that was given back, since no later instant would bring it."""
    rules = [
        Rule("large", when=LEAD.employees > 5, capacity_cost=2, release_on=release_on),
        Rule("small", capacity_cost=1, release_on=release_on),
    ]
    here = desk(Rep("ada", capacity=2), router=Router(rules=rules))
    here.submit(Lead("large", employees=10))
    here.accept("large", "ada")
    for lead_id in ("L-1", "L-2", "L-3"):
        assert here.submit(Lead(lead_id)).status is Status.WAITING
    here.record_contact("large") if release_on == "contact" else here.feedback("large", "won")
    found = [here.placement(lead_id).status for lead_id in ("L-1", "L-2", "L-3")]
    assert found == [Status.OFFERED, Status.OFFERED, Status.WAITING]


def test_an_early_sweep_serves_who_waits_for_an_opening_hour():
    """After the team has changed, a lead that waits for Saturday is served now, and its log says nothing twice."""
    router = Router(rules=[Rule("all")])
    away, clock = (
        Rep("ada", schedule="sat 09:00-10:00"),
        ManualClock(datetime(2026, 3, 2, tzinfo=UTC)),
    )
    before = Dispatcher(router, Roster([away]), MemoryStore(), clock)
    due = before.submit(Lead("L-early")).resumes_at
    told = before.history("L-early")
    before.sweep(early=True)
    assert before.history("L-early") == told
    after = evolve(before, roster=Roster([away, Rep("bob")]))
    assert after.sweep().offered == 0
    assert after.placement("L-early").resumes_at == due
    assert after.sweep(early=True).offered == 1
    assert after.placement("L-early").rep_id == "bob"
    with pytest.raises(FieldTypeError, match="early"):
        after.sweep(early="yes")
