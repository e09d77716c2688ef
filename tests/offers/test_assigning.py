"""Assignment by hand, hand-over and release: what counts against whom."""

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.offers.world import desk, team

from leadroute import (
    LEAD,
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Router,
    Rule,
    Schedule,
    Status,
    round_robin,
)
from leadroute.errors import (
    InvalidTransitionError,
    LeadNotFoundError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    cap_key,
    free_key,
    given_key,
    last_key,
    open_key,
    order_key,
    segment_open_key,
)
from leadroute.offers.events import Assigned, Released
from leadroute.ranking.scorers.round_robin import UNIT
from leadroute.testing import ManualClock

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
DAY = cap_key("ada", "day", "2026-03-10")


def office(*reps, start=NOON, **terms):
    """A desk with one rule of these terms."""
    return desk(
        *reps,
        router=Router(rules=[Rule("all", score=round_robin(), accept_within="5m", **terms)]),
        start=start,
    )


def test_an_assignment_counts_for_load_and_caps_but_not_for_the_turn():
    """The new owner has more open and has used their cap, and their turn is still to come."""
    d = office(Rep("ada", capacity=1, caps=["1 per day"]))
    assert d.submit(Lead("L-1")).status is Status.OFFERED
    assert d.submit(Lead("L-2")).status is Status.WAITING
    placement = d.assign("L-2", "ada", by="manager")
    assert (placement.status, placement.owner) == (Status.ACCEPTED, "ada")
    counts = d.store.counts()
    assert (counts[open_key("ada")], counts[DAY]) == (2, 2)
    assert d.snapshot().turns == {"everyone": {"ada": 1}}
    assert d.snapshot().credits == {"everyone": {"ada": 0}}
    event = d.history("L-2")[-1]
    assert isinstance(event, Assigned)
    assert (event.by, event.rule) == ("manager", "all")
    assert event.over == (open_key("ada"), DAY), "the log says which limits it passed"


def test_beyond_the_limit_is_visible_and_closes_the_door():
    """A rep beyond their capacity gets nothing more, and the reason says how much they have."""
    d = office(Rep("ada", capacity=1))
    for lead in ("L-1", "L-2"):
        d.submit(Lead(lead))
        d.assign(lead, "ada", by="manager")
    d.submit(Lead("L-3"))
    ranking = d.router.rank(Lead("L-4"), d.roster, now=NOON, snapshot=d.snapshot())
    assert ranking.rejections[0].reason == "is full: 2 of 1 open"
    d.feedback("L-1", "won")
    assert d.placement("L-3").status is Status.WAITING, "one of two given back leaves no room"
    d.feedback("L-2", "won")
    assert d.placement("L-3").rep_id == "ada"


def test_a_hand_over_gives_back_load_and_caps_and_keeps_the_turn():
    """Whoever hands a lead over has room again; the turn that they took stays taken."""
    d = office(Rep("ada", capacity=1, caps=["1 per day"]), Rep("bob", capacity=5))
    d.submit(Lead("L-1"))
    d.accept("L-1", "ada")
    placement = d.assign("L-1", "bob", by="ada")
    assert placement.owner == "bob"
    counts = d.store.counts()
    assert counts == {
        open_key("bob"): 1,
        free_key("ada"): to_micros(d.clock.now()),
        last_key("ada"): counts[last_key("ada")],
        last_key("bob"): counts[last_key("ada")] + 1,
        given_key("ada"): counts[last_key("ada")],
        given_key("bob"): counts[last_key("ada")] + 1,
        order_key(): counts[last_key("ada")] + 1,
    }
    assert d.snapshot().turns == {"everyone": {"ada": 1}}
    assert d.snapshot().credits == {"everyone": {"ada": -UNIT // 2, "bob": UNIT // 2}}


def test_an_offer_that_is_assigned_elsewhere_is_no_turn():
    """Whoever had not answered yet keeps place, and can accept no more."""
    d = office(Rep("ada", capacity=1), Rep("bob"))
    d.submit(Lead("L-1"))
    d.assign("L-1", "bob", by="manager")
    assert d.snapshot().turns == {}
    assert not any(d.snapshot().credits["everyone"].values())
    with pytest.raises(InvalidTransitionError, match="'bob' has had it since"):
        d.accept("L-1", "ada")


def test_assigning_to_the_owner_changes_nothing():
    """The same assignment twice is one."""
    d = office("ada")
    d.submit(Lead("L-1"))
    first = d.assign("L-1", "ada", by="manager")
    assert d.assign("L-1", "ada", by="manager") == first
    assert first.contacted_at is None


def test_a_lead_that_was_contacted_stays_so():
    """A hand-over after the first contact is no step back."""
    d = office("ada", "bob")
    d.submit(Lead("L-1"))
    d.accept("L-1", "ada")
    d.record_contact("L-1")
    assert d.assign("L-1", "bob", by="manager").status is Status.CONTACTED


def test_a_lead_that_no_rule_is_for_can_be_assigned():
    """The catch-all's lead counts for whoever takes it from there."""
    d = desk("ada", router=Router(rules=[Rule("never", when=LEAD.budget > 1)]))
    assert d.submit(Lead("L-1")).status is Status.CATCH_ALL
    placement = d.assign("L-1", "ada", by="ada")
    assert (placement.owner, placement.rule) == ("ada", None)
    assert d.store.counts()[open_key("ada")] == 1


def test_what_cannot_be_assigned_is_refused():
    """An ended lead, an unknown lead, an unknown rep and an empty name each have their error."""
    d = office("ada", "bob")
    with pytest.raises(LeadNotFoundError):
        d.assign("L-1", "ada", by="manager")
    d.submit(Lead("L-1"))
    with pytest.raises(UnknownFieldError, match="there is no rep in the roster named 'adda'"):
        d.assign("L-1", "adda", by="manager")
    with pytest.raises(ValidationError, match="Assigned 'L-1': by is empty"):
        d.assign("L-1", "ada", by="")
    d.accept("L-1", "ada")
    d.feedback("L-1", "lost")
    with pytest.raises(InvalidTransitionError, match="cannot assign lead 'L-1'"):
        d.assign("L-1", "bob", by="manager")
    with pytest.raises(InvalidTransitionError, match="cannot release lead 'L-2'"):
        desk_without_owner().release("L-2")


def desk_without_owner():
    """A desk with a lead that waits."""
    d = office(Rep("ada", capacity=0))
    d.submit(Lead("L-2"))
    return d


@pytest.mark.parametrize(
    ("release_on", "stage"),
    [
        ("accept", "accepted"),
        ("contact", "contacted"),
        ("outcome", "closed"),
        ("shift_end", "closed"),
    ],
)
def test_room_comes_back_at_the_stage_of_the_rule(release_on, stage):
    """Open work ends when the rule says so, and the lead that waits gets the room at once."""
    d = office(Rep("ada", capacity=1), release_on=release_on)
    d.submit(Lead("L-1"))
    d.submit(Lead("L-2"))
    for name, act in (
        ("accepted", lambda: d.accept("L-1", "ada")),
        ("contacted", lambda: d.record_contact("L-1")),
        ("closed", lambda: d.feedback("L-1", "won")),
    ):
        assert d.placement("L-2").status is Status.WAITING
        act()
        if name == stage:
            break
    assert d.placement("L-2").rep_id == "ada"
    assert d.store.counts()[open_key("ada")] == 1


@pytest.mark.parametrize("release_on", ["accept", "contact"])
def test_what_is_no_open_work_is_none_for_the_next_owner(release_on):
    """A lead handed over after it stopped being open work takes no capacity."""
    d = office("ada", "bob", release_on=release_on)
    d.submit(Lead("L-1"))
    d.accept("L-1", "ada")
    d.record_contact("L-1")
    d.assign("L-1", "bob", by="manager")
    assert open_key("bob") not in d.store.counts()


def test_a_release_makes_room_and_keeps_the_owner():
    """A lead that goes on without work is nobody's load, and stays its owner's."""
    d = office(Rep("ada", capacity=1))
    d.submit(Lead("L-1"))
    d.submit(Lead("L-2"))
    d.accept("L-1", "ada")
    assert d.release("L-1").owner == "ada"
    assert d.placement("L-2").rep_id == "ada"
    assert d.release("L-1") == d.placement("L-1"), "released twice is released once"
    assert isinstance(d.history("L-1")[-1], Released)


@pytest.mark.parametrize("manual", [False, True])
def test_the_end_of_the_shift_makes_room(manual):
    """Open work of a shift ends with it, by the sweep, and the store can say when that is."""
    rep = Rep("ada", capacity=1, schedule=Schedule("mon-fri 09:00-17:00", "UTC"))
    d = office(rep, release_on="shift_end")
    d.submit(Lead("L-1"))
    placement = d.assign("L-1", "ada", by="m") if manual else d.accept("L-1", "ada")
    assert placement.due == d.next_wakeup() == NOON.replace(hour=17)
    assert d.sweep().next_wakeup == placement.due
    d.clock.set(placement.due)
    d.sweep()
    after = d.placement("L-1")
    assert (after.owner, after.due, after.status) == ("ada", None, Status.ACCEPTED)
    assert open_key("ada") not in d.store.counts()


def test_a_lead_needs_room_in_its_bucket_and_in_all():
    """Two of enterprise, four of normal, five together: every one of the three limits holds."""
    capacity_by_segment = {"enterprise": 2, "normal": 4}
    rules = [
        Rule("enterprise", when=LEAD.budget > 100, accept_within="5m"),
        Rule("rest", segment="normal", accept_within="5m"),
    ]
    clock = ManualClock(NOON)
    ada = team(Rep("ada", capacity=5, capacity_by_segment=capacity_by_segment))
    d = Dispatcher(Router(rules=rules), ada, MemoryStore(), clock)
    for n in range(4):
        d.submit(Lead(f"E-{n}", budget=500))
    assert d.store.counts()[segment_open_key("ada", "enterprise")] == 2
    ranking = d.router.rank(Lead("E-9", budget=500), ada, now=NOON, snapshot=d.snapshot())
    assert ranking.rejections[0].reason == "is full for 'enterprise': 2 of 2 open"
    for n in range(4):
        d.submit(Lead(f"N-{n}"))
    counts = d.store.counts()
    assert (counts[segment_open_key("ada", "normal")], counts[open_key("ada")]) == (3, 5)


def test_a_lead_may_cost_more_than_one():
    """Units are counted, and a lead that can never fit waits for nobody."""
    d = office(Rep("ada", capacity=3), capacity_cost=2)
    d.submit(Lead("L-1"))
    assert d.store.counts()[open_key("ada")] == 2
    ranking = d.router.rank(Lead("L-2"), d.roster, now=NOON, snapshot=d.snapshot())
    assert ranking.rejections[0].reason == "is full: 2 of 3 open, and this lead takes 2"
    assert ranking.rejections[0].temporary
    never = office(Rep("ada", capacity=1), capacity_cost=2)
    assert never.submit(Lead("L-1")).status is Status.CATCH_ALL
    free = office(Rep("ada", capacity=0), capacity_cost=0)
    assert free.submit(Lead("L-1")).rep_id == "ada"


def test_a_cap_over_all_reps_counts_all_of_them():
    """The cap of a source is one, however many reps there are."""
    router = Router(
        rules=[Rule("all", accept_within="5m")],
        caps=["1 per day, source web"],
        timezone="Europe/Berlin",
    )
    d = desk(Rep("ada"), Rep("bob"), router=router, start=NOON)
    assert d.submit(Lead("L-1", source="web")).status is Status.OFFERED
    d.accept("L-1", "ada")
    assert d.submit(Lead("L-2", source="web")).status is Status.WAITING
    assert d.submit(Lead("L-3", source="fair")).status is Status.OFFERED
    ranking = router.rank(Lead("L-4", source="web"), d.roster, now=NOON, snapshot=d.snapshot())
    reason = "the team has had 1 of 1 today (source web)"
    assert reason in ranking.rejections[0].reason
    d.clock.set(datetime(2026, 3, 10, 23, 0, tzinfo=UTC))
    d.sweep()
    assert d.placement("L-2").status is Status.OFFERED, "midnight in Berlin"


def test_a_paced_cap_says_how_much_is_allowed_by_now():
    """The reason names the allowance of today beside the cap."""
    ada = team(Rep("ada", caps=["14 per month, paced"]))
    router = Router(rules=[Rule("all")])
    d = Dispatcher(router, ada, MemoryStore(), ManualClock(datetime(2026, 3, 1, 9, tzinfo=UTC)))
    d.submit(Lead("L-1"))
    ranking = router.rank(Lead("L-2"), ada, now=d.clock.now(), snapshot=d.snapshot())
    reason = ranking.rejections[0].reason
    assert reason == "has had 1 of 1 so far this month (the cap is 14 per month, paced)"


def test_fourteen_a_month_is_fourteen():
    """A paced cap of 14 gives 14 in a month of one lead a day, through the store."""
    ada = team(Rep("ada", caps=["14 per month, paced"]))
    clock = ManualClock(datetime(2026, 3, 1, 9, tzinfo=UTC))
    router = Router(rules=[Rule("all", accept_within="5m")])
    d = Dispatcher(router, ada, MemoryStore(), clock)
    got = []
    for day in range(31):
        found = router.rank(Lead("probe"), ada, now=clock.now(), snapshot=d.snapshot()).best
        if found:
            d.submit(Lead(f"L-{day}"))
            d.accept(f"L-{day}", "ada")
            got.append(day)
        clock.advance("1d")
    assert len(got) == 14
    assert max(after - before for before, after in itertools.pairwise(got)) <= 3


def test_what_is_given_back_is_what_was_recorded():
    """A decline after midnight gives back yesterday's cap, not today's."""
    d = office(Rep("ada", caps=["1 per day"]), start=NOON.replace(hour=23, minute=58))
    d.submit(Lead("L-1"))
    d.clock.advance(timedelta(minutes=6))
    d.sweep()
    assert DAY not in d.store.counts()
    assert d.submit(Lead("L-2")).rep_id == "ada"


class Failing:
    """A calendar of the host's that fails from some moment on."""

    broken = False

    def __contains__(self, day):
        if self.broken:
            raise OSError("no connection")
        return False


@pytest.mark.parametrize("manual", [False, True])
def test_a_calendar_that_fails_does_not_stop_an_owner(manual):
    """Where the end of the shift cannot be told, the lead is taken all the same and frees on its outcome."""
    calendar = Failing()
    hours = Schedule("mon-fri 09:00-17:00", "UTC", holidays=calendar)
    d = office(Rep("ada", capacity=1, schedule=hours), release_on="shift_end")
    d.submit(Lead("L-1"))
    hours.line._blocks.clear()
    calendar.broken = True
    placement = d.assign("L-1", "ada", by="m") if manual else d.accept("L-1", "ada")
    assert (placement.owner, placement.due) == ("ada", None)
    d.feedback("L-1", "won")
    assert open_key("ada") not in d.store.counts()


def test_a_shift_ends_where_a_holiday_of_the_policy_begins():
    """The holidays of the policy count for the end of the shift as they do for who is at work."""
    router = Router(rules=[Rule("all", release_on="shift_end")], holidays=[date(2026, 3, 11)])
    d = desk(Rep("ada", schedule="always"), router=router, start=NOON)
    d.submit(Lead("L-1"))
    assert d.accept("L-1", "ada").due == datetime(2026, 3, 11, tzinfo=UTC)
