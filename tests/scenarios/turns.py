"""Whose turn it is: shares, absence, newcomers, leavers, and what counts as a turn."""

from collections import Counter
from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.world import Racing
from tests.scenarios.desk import NOW, desk, differs, passes, rotate, route, team, with_team

from leadroute import (
    LEAD,
    Lead,
    Outcome,
    Pool,
    Rep,
    Router,
    Rule,
    Snapshot,
    round_robin,
)
from leadroute.ranking.scorers.round_robin import UNIT, dues
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import fair_share, owner


def reps_of(given):
    """The reps that a scenario describes with a weight, and whether they are available."""
    return [
        Rep(each["id"], weight=each.get("weight", 1), active=each.get("available", True))
        for each in given["reps"]
    ]


def counts_of(given):
    """The leads that each rep of a scenario has had."""
    return {each["id"]: each.get("count", 0) for each in given["reps"]}


@passes("cal-27")
def weight_zero_means_never(given, then):
    assert rotate(reps_of(given), counts_of(given)) == [then["winner"]]


@passes("cal-28")
def nobody_has_a_weight(given, then):
    assert "no candidate" in then["result"]
    ranking = Router(rules=[Rule("all", score=round_robin())]).rank(
        Lead("L-1"), team(*reps_of(given)), now=NOW
    )
    assert ranking.best is None
    assert ranking.outcome is Outcome.NONE_ELIGIBLE
    assert {each.obstacles[0].criterion for each in ranking.rejections} == {"weight"}


@passes("cal-29")
def the_order_is_that_of_the_shortfalls(given, then):
    reps, counts = reps_of(given), counts_of(given)
    snapshot = Snapshot(turns={"everyone": counts})
    due = dues(RoutingContext(Lead("L-1"), team(*reps), "everyone", snapshot))
    whole = sum(rep.weight for rep in reps)
    # the shortfalls of the file are those before the lead that is shared out
    before = {rep.id: 1 - due.ahead(place) - rep.weight / whole for place, rep in enumerate(reps)}
    assert {rep_id: round(shortfall, 2) for rep_id, shortfall in before.items()} == {
        rep_id: pytest.approx(shortfall, abs=0.011)
        for rep_id, shortfall in then["shortfalls"].items()
    }
    assert rotate(reps, counts) == then["order"]


@passes("cal-30")
def absence_is_not_made_up(given, then):
    missed = int(given["reps"][0]["away_during"].split()[0])
    away, *others = reps_of(given)
    dispatcher = desk(*others)
    there = Counter(route(dispatcher, missed))
    assert there == {each["id"]: each["count"] for each in given["reps"][1:]}
    back = Counter(route(with_team(dispatcher, away, *others), 20, "back"))
    assert back == then["counts"]


@passes("cal-32")
def a_lead_without_worth_is_made_up_for(given, then):
    own = Rule("own", when=LEAD.owner_id.is_present(), score=fair_share(owner(), 9))
    router = Router(rules=[own, Rule("rest", score=round_robin())])
    dispatcher = desk(*{each["rep"] for each in given["leads"]}, router=router)
    for index, each in enumerate(given["leads"]):
        assert route(dispatcher, 1, f"L{index}", owner_id=each["rep"]) == [each["rep"]]
    now, counts = dispatcher.clock.now(), dispatcher.snapshot()
    due = router.rank(Lead("next"), dispatcher.roster, now=now, snapshot=counts).best
    assert due.rep_id != then["winner"]
    for index, each in enumerate(given["leads"]):
        if each["outcome"] == "no_show" and not given["count_no_show"]:
            expires = NOW + timedelta(days=30)
            dispatcher.credit_turns(
                each["rep"], reason="make_up", cause=f"L{index}-0", expires=expires
            )
    assert route(dispatcher, 1, "next") == [then["winner"]]


@passes("cal-33")
def leads_of_an_owner_are_no_turns(given, then):
    assert not given["count_owner_matches"]
    owned = Rule("owned", when=LEAD.owner_id.is_present(), score=owner())
    router = Router(rules=[owned, Rule("rest", score=round_robin())])
    dispatcher = desk(*{each["rep"] for each in given["leads"]}, router=router)
    assert route(dispatcher, 1, "before") == [given["leads"][0]["rep"]]
    for index, each in enumerate(given["leads"]):
        owner_id = each["rep"] if each["reason"] == "owner_match" else None
        assert route(dispatcher, 1, f"L-{index}", owner_id=owner_id) == [each["rep"]]
    assert route(dispatcher, 1, "next") == [then["winner"]]


@passes("cal-14", "ast-12")
def a_newcomer_is_level(given, then):
    if "counts" in given:
        before = given["counts"]["A"]
        old, new, number, wanted = "A", "B", 100, {"A": 50, "B": 50}
        assert then["counts_new"] == "about 50/50"
    else:
        before = given["reps"][0]["count_before_join"]
        old, new, number, wanted = "old", "new", 10, then["counts"]
    dispatcher = desk(old)
    assert route(dispatcher, before) == [old] * before
    assert Counter(route(with_team(dispatcher, old, new), number, "later")) == wanted


@passes("rc-04")
def who_returns_is_level(given, then):
    here, back = given["lifetime_counts"]
    assert given["lifetime_counts"][back] == 0
    dispatcher = desk(here, Rep(back, active=False))
    route(dispatcher, given["lifetime_counts"][here])
    returned = with_team(dispatcher, here, back)
    assert Counter(route(returned, 4, "later")) == then["counts"]


@passes("fr-09")
def a_leaver_is_followed_by_the_next(given, then):
    dispatcher = desk(*given["reps_before"])
    assert route(dispatcher, 2)[-1] == given["last"]
    left = [rep for rep in given["reps_before"] if rep != given["last"]]
    assert route(with_team(dispatcher, *left), 1, "next") == [then["winner"]]


@passes("onc-02")
def a_deleted_rep_is_followed_by_the_next(given, then):
    deleted = given["last"].split()[0]
    everyone = sorted([*given["reps"], deleted])
    dispatcher = desk(*everyone)
    assert route(dispatcher, everyone.index(deleted) + 1)[-1] == deleted
    assert route(with_team(dispatcher, *given["reps"]), 1, "next") == [then["winner"]]


@passes("dj-08", "ast-14")
def removing_one_who_had_a_turn_skips_nobody(given, then):
    if "pool" in given:
        everyone, taken, removed = given["pool"], given["cursor_index"], "a"
    else:
        everyone, removed = given["reps"], "b"
        taken = everyone.index(given["next"])
    dispatcher = desk(*everyone)
    route(dispatcher, taken)
    left = [rep for rep in everyone if rep != removed]
    assert route(with_team(dispatcher, *left), 1, "next") == [then.get("winner", then.get("next"))]


@passes("od-07")
def equals_get_the_same_day_after_day(given, then):
    dispatcher = desk(*given["reps"])
    found = Counter()
    for day in range(given["runs"]):
        found.update(route(dispatcher, given["leads_per_run"], f"day-{day}"))
        dispatcher.clock.advance("1d")
    assert found == then["counts"]


@passes("fs-13")
def a_break_changes_no_count(given, then):
    first, second = given["counts"]
    both, alone = 2 * given["counts"][second], given["counts"][first] - given["counts"][second]
    dispatcher = desk(first, second)
    route(dispatcher, both)
    route(with_team(dispatcher, first), alone, "alone")
    assert dispatcher.snapshot().turns["everyone"] == given["counts"]
    with_team(dispatcher, Rep(first, active=False), second).sweep()
    back = with_team(dispatcher, first, second)
    assert back.snapshot().turns["everyone"] == then["counts_after"]
    later = []
    for index in range(4):
        back.clock.advance("1m")
        later += route(back, 1, f"later-{index}")
    assert Counter(later) == {first: 2, second: 2}


@passes("lib-09")
def a_full_rep_keeps_the_turn(given, then):
    first = given["rotation_next"]
    dispatcher = desk(*(Rep(rep, capacity=given["cap"]) for rep in given["reps"]))
    for index in range(given["reps"][first]):
        dispatcher.submit(Lead(f"by-hand-{index}"))
        dispatcher.decline(f"by-hand-{index}", dispatcher.placement(f"by-hand-{index}").rep_id)
        dispatcher.assign(f"by-hand-{index}", first, by="manager")
    assert dispatcher.snapshot().open[first] == given["cap"]
    assert route(dispatcher, 1, "routed") == [then["winner"]]
    assert then["a_turn"] == "kept"
    dispatcher.feedback("by-hand-0", "lost")
    assert route(dispatcher, 1, "next") == [first]


@passes("esp-01")
def an_assignment_by_hand_is_no_turn(given, then):
    dispatcher = desk(*given["reps"])
    assert route(dispatcher, 2)[-1] == given["rotation_last"]
    dispatcher.submit(Lead("by-hand"))
    dispatcher.assign("by-hand", "u1", by="manager")
    assert route(dispatcher, 1, "next") == [then["winner"]]


@passes("esp-02")
def leads_of_the_same_second_take_turns(given, then):
    assert route(desk(*given["reps"]), 4) == then["winners"]


@passes("glp-01")
def a_lead_submitted_twice_is_one_turn(given, then):
    dispatcher = desk(*(f"r{index}" for index in range(given["reps"])))
    found = Counter()
    for index in range(60):
        first, second = (dispatcher.submit(Lead(f"L-{index}")) for _ in range(2))
        assert first == second
        found[dispatcher.accept(first.lead_id, first.rep_id).owner] += 1
    assert set(found.values()) == {then["each_rep"]}


@passes("glp-02")
def rules_share_the_rotation_of_their_pool(given, then):
    rules = [
        Rule(name, when=LEAD.source == name, pool="group", score=round_robin())
        for name in given["categories"]
    ]
    router = Router(rules=rules, pools=[Pool("group", reps=given["group"])])
    dispatcher = desk(*given["group"], router=router)
    found = Counter(
        rep for name in given["categories"] for rep in route(dispatcher, 1, name, source=name)
    )
    assert set(found) == set(given["group"])
    assert max(found.values()) - min(found.values()) <= then["counts_max_minus_min"]


@passes("fs-08")
def another_pool_costs_no_turn(given, then):
    queues = given["rep_b_in"]
    pools = [Pool(queues[0], reps=given["q1_order"]), Pool(queues[1], reps=["b"])]
    rules = [
        Rule(pool.name, when=LEAD.source == pool.name, pool=pool.name, score=round_robin("strict"))
        for pool in pools
    ]
    dispatcher = desk(*given["q1_order"], router=Router(rules=rules, pools=pools))
    assert route(dispatcher, 1, "first", source="q1") == [given["q1_last"]]
    assert route(dispatcher, 1, "other", source="q2") == ["b"]
    assert route(dispatcher, 1, "later", source="q1") == [then["winner_q1"]]


@passes("fs-07")
def positions_and_then_who_waited_longest(given, then):
    names = [name for name, _, _ in given["reps"]]
    taken = dict.fromkeys(given["last_offered"], 1)
    found = rotate(names, taken, last_assigned=given["last_offered"])
    assert found[0] == then["next"]
    last = {**given["last_offered"], then["next"]: 3}
    assert rotate(names, dict.fromkeys(names, 1), last_assigned=last)[0] == then["then"]


@passes("lib-10")
def weights_are_spread_smoothly(given, then):
    dispatcher, found = desk(*(Rep(rep, weight=n) for rep, n in given["weights"].items())), []
    for index in range(7):
        found += route(dispatcher, 1, f"L-{index}")
        held = dispatcher.snapshot().credits["everyone"]
        assert max(map(abs, held.values())) < UNIT
    assert found == then["winners"]
    assert not any(held.values())


@differs("kz-01", "A skipped rep (off, full)")
def flapping_gains_and_costs_nothing(given, then):
    """Who comes back stands where they stood: neither jumps the line nor goes to its end."""
    first, flapping, last = given["queue"]
    dispatcher = desk(*given["queue"])
    with_team(dispatcher, first, Rep(flapping, active=False), last).sweep()
    found = route(with_team(dispatcher, *given["queue"]), 3)
    assert found == given["queue"]
    assert found != then["queue"]


@passes("sfr-03")
def each_turn_falls_to_one_lead(given, then):
    before = desk(*given["reps"], score=round_robin())
    assert route(before, 1) == [given["cursor"]]
    second = desk(*given["reps"], score=round_robin(), store=before.store)
    racing = evolve(before, store=Racing(lambda: second.submit(Lead("first")), store=before.store))
    racing.submit(Lead("second"))
    found = [before.placement(lead_id).rep_id for lead_id in ("first", "second")]
    assert found == then["assignments"]
