"""Where a lead goes when its rule finds nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Fallback,
    Lead,
    Outcome,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    round_robin,
)
from leadroute.formats.policy_file import dump_policy, parse_policy
from leadroute.model.duration import from_micros
from leadroute.model.rep import wrapped_up
from leadroute.rules.builders import predicate
from leadroute.testing.strategies import instants, leads, rosters, routers, snapshots

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
TEAM = Roster(
    [
        Rep("ada", schedule="tue 09:00-17:00"),
        Rep("bob", schedule="mon 15:00-17:00"),
        Rep("cy", level=3),
    ]
)
POOLS = [Pool(name, reps={name}) for name in ("ada", "bob", "cy", "nobody")]


def asked(
    *, rule="ada", require=None, previous_offers=None, now=MONDAY, snapshot=None, team=TEAM, **steps
):
    """The ranking of a lead under a rule of this pool with these steps."""
    router = Router(
        rules=[Rule("r", pool=rule, require=require, fallback=steps, score=round_robin())],
        pools=POOLS,
    )
    return router.rank(
        Lead("L-1"), team, now=now, previous_offers=previous_offers, snapshot=snapshot
    )


def test_the_next_pool():
    """The first pool that has somebody gets the lead; the others tell why they could not."""
    found = asked(none_available="pool bob, pool cy, pool nobody")
    assert (found.best.rep_id, found.pool, found.fallback_step, found.ignore_availability) == (
        "cy",
        "cy",
        "",
        False,
    )
    assert [(each.pool, each.outcome) for each in found.other_pools] == [
        ("ada", Outcome.NONE_AVAILABLE),
        ("bob", Outcome.NONE_AVAILABLE),
    ]
    assert str(found).splitlines() == [
        "Lead L-1 goes to cy (rule 'r')",
        "  1. cy  1.00",
        "       round_robin() 1.00: 0 turns taken",
        "  Pool 'ada': nobody is available now",
        "     ada  is not working until Tue 2026-01-06 09:00 UTC",
        "  Pool 'bob': nobody is available now",
        "     bob  is not working until Mon 2026-01-05 15:00 UTC",
    ]


def test_everybody_is_away():
    """With nobody anywhere the lead waits until the first pool opens."""
    found = asked(none_available="pool bob")
    assert (found.best, found.pool, found.fallback_step) == (None, "ada", "wait")
    assert found.resumes_at == MONDAY.replace(hour=15)
    assert [each.pool for each in found.other_pools] == ["bob"]
    assert str(found).splitlines()[-2:] == [
        "  It waits",
        "  A rep is back at 2026-01-05 15:00 UTC",
    ]


@pytest.mark.parametrize(
    ("pool", "steps", "then"),
    [
        ("nobody", {}, "catch_all"),
        ("nobody", {"pool_empty": "wait"}, "wait"),
        ("nobody", {"pool_empty": "pool bob"}, "wait"),
        ("nobody", {"pool_empty": "pool bob, catch_all"}, "catch_all"),
        ("ada", {}, "wait"),
        ("ada", {"none_available": "catch_all"}, "catch_all"),
        ("ada", {"none_available": "pool nobody"}, "wait"),
    ],
)
def test_what_follows(pool, steps, then):
    """The last step says it; else a lead waits if somebody could take it later, and is caught if not."""
    assert asked(rule=pool, **steps).fallback_step == then


def test_nobody_may_take_it():
    """A requirement that nobody meets, or reps who were all tried, lead to the steps of that case."""
    high = {"require": REP.level >= 3, "none_eligible": "pool cy"}
    assert asked(**high).best.rep_id == "cy"
    previous_offers = {"ada": "declined", "cy": "timed_out"}
    found = asked(previous_offers=previous_offers, none_eligible="pool cy")
    assert (found.outcome, found.fallback_step) == (Outcome.NONE_ELIGIBLE, "catch_all")
    assert found.other_pools[0].rejections[0].reason == "was offered this lead before: timed out"


def test_anyway():
    """Somebody who is off is found, in the pools asked so far and in their order, and it is said."""
    found = asked(none_available="pool bob, ignore_availability")
    assert (found.best.rep_id, found.pool, found.ignore_availability) == ("ada", "ada", True)
    assert found.headline == "Lead L-1 goes to ada (rule 'r'), though nobody is available"
    assert [(each.pool, each.ignore_availability) for each in found.other_pools] == [
        ("ada", False),
        ("bob", False),
    ]
    full = TEAM.replace(TEAM["ada"].with_changes(capacity=1))
    found = asked(
        none_available="pool bob, ignore_availability",
        team=full,
        snapshot=Snapshot(open={"ada": 1}),
    )
    assert (found.best.rep_id, found.pool) == ("bob", "bob")


def test_anyway_keeps_to_the_limits():
    """Capacity, caps, requirements and earlier offers hold all the same."""
    for rep in (
        TEAM["ada"].with_changes(capacity=0),
        TEAM["ada"].with_changes(caps=["0 per day"]),
        TEAM["ada"].with_changes(active=False),
        TEAM["ada"].with_changes(weight=0),
    ):
        for case in ("none_available", "none_eligible"):
            steps = {"none_available": "ignore_availability"} if case == "none_available" else {}
            assert asked(team=Roster([rep]), **steps).best is None
    full = Roster([TEAM["ada"].with_changes(capacity=1)])
    found = asked(
        team=full,
        snapshot=Snapshot(open={"ada": 1}),
        none_available="ignore_availability, pool cy",
    )
    assert (found.best, found.fallback_step) == (None, "wait")
    assert [each.pool for each in found.other_pools] == ["cy"]


def test_anyway_waits_for_work_to_get_done():
    """Who is off and full is waited for until there is room, not until they are back, because that is no matter."""
    full = Roster([TEAM["ada"].with_changes(capacity=1)])
    busy = Snapshot(open={"ada": 1})
    found = asked(team=full, snapshot=busy, none_available="ignore_availability")
    assert (found.fallback_step, found.resumes_at, found.other_pools) == ("wait", MONDAY, ())
    assert asked(team=full, snapshot=busy).resumes_at == datetime(2026, 1, 6, 9, tzinfo=UTC)


def test_no_rule():
    """A lead without a rule is caught, or waits where the router says so."""
    for fallback, then in ((Fallback(), "catch_all"), (Fallback(no_rule_matched="wait"), "wait")):
        router = Router(rules=[Rule("r", when=LEAD.budget > 0)], fallback=fallback)
        assert router.rank(Lead("L-1"), TEAM, now=MONDAY).fallback_step == then


def test_the_router_speaks_for_its_rules():
    """What the router says holds for every rule that says nothing; its own pool is not asked twice."""
    router = Router(
        rules=[Rule("a", when=LEAD.budget > 0, pool="ada"), Rule("b", pool="bob")],
        pools=POOLS,
        fallback={"none_available": "pool bob, pool cy"},
    )
    for lead, told in ((Lead("L", budget=1), ["ada", "bob"]), (Lead("L"), ["bob"])):
        found = router.rank(lead, TEAM, now=MONDAY)
        assert (found.best.rep_id, [each.pool for each in found.other_pools]) == ("cy", told)


def test_a_pool_is_asked_once():
    """However often the steps name a pool, its reps are judged once, and anyway once more."""
    questions = []

    def asked_about(_lead, rep, _now):
        questions.append(rep.id)
        return True

    router = Router(
        rules=[Rule("r", pool="ada", require=predicate("asked"))],
        pools=POOLS,
        fallback={"none_available": "pool ada, pool bob, ignore_availability"},
        predicates={"asked": asked_about},
    )
    full = [Rep(name, capacity=1) for name in ("ada", "bob")]
    counts = Snapshot(open={"ada": 1, "bob": 1})
    found = router.rank(Lead("L-1"), Roster(full), now=MONDAY, snapshot=counts)
    assert questions == ["ada", "bob", "ada", "bob"]
    assert [each.pool for each in found.other_pools] == ["bob"]


def test_caps_and_turns_of_the_other_pool():
    """A lead that overflows counts against the caps of the pool in which the rep is found."""
    router = Router(
        rules=[Rule("r", pool="ada", fallback={"none_available": "pool cy"})],
        pools=POOLS,
        caps=["1 per day, pool cy"],
    )
    (key,) = [
        charge.key
        for charge in router.charges(Lead("L"), router.rules[0], "cy", MONDAY).for_rep(TEAM["cy"])
        if charge.cap
    ]
    assert router.rank(Lead("L"), TEAM, now=MONDAY).best.rep_id == "cy"
    full = router.rank(Lead("L"), TEAM, now=MONDAY, snapshot=Snapshot(used={key: 1}))
    assert full.other_pools[0].rejections[0].obstacles[0].code == "cap_reached"


def is_there(rep, counts, router, now):
    """Whether a rep is at work, by their hours, the host, and their last contact."""
    presence, contact = counts.presence.get(rep.id), counts.contacted.get(rep.id)
    reached = None if contact is None else from_micros(contact)
    return (
        (rep.hours is None or rep.hours.is_open(now))
        and (presence is None or presence.is_available(now, router.offline_grace))
        and (not router.wrap_up or wrapped_up(reached, now, router.wrap_up))
    )


@examples(60)
@given(routers(), leads(), rosters(), instants, snapshots())
def test_laws(router, lead, team, now, counts):
    """Somebody is found or it is said what follows; a file says the same; whoever is off is found anyway."""
    found = router.rank(lead, team, now=now, snapshot=counts)
    read = parse_policy(dump_policy(router))
    assert read.rank(lead, team, now=now, snapshot=counts) == found
    if found.outcome is Outcome.DISQUALIFIED:
        assert (found.fallback_step, found.other_pools) == ("", ())
        return
    assert bool(found.best) != bool(found.fallback_step)
    assert found.fallback_step in ("", "wait", "catch_all")
    if found.fallback_step == "wait" and found.resumes_at is not None:
        assert found.resumes_at >= now
    for each in found.assignments:
        assert found.ignore_availability or is_there(team[each.rep_id], counts, router, now)
    if found.ignore_availability or (found.other_pools and found.best):
        assert found.other_pools[0].best is None


def test_the_window_is_that_of_the_rule():
    """An offer in another pool stands as long as the rule says."""
    router = Router(
        rules=[Rule("r", pool="ada", accept_within="7m", fallback={"none_available": "pool cy"})],
        pools=POOLS,
    )
    assert router.rank(Lead("L"), TEAM, now=MONDAY).accept_within == timedelta(minutes=7)
