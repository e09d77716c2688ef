"""Who may take a lead and who is best: rules, requirements, tiers, load and ties."""

from datetime import timedelta

from tests.scenarios.desk import NOW, desk, differs, passes, route, team

from leadroute import (
    LEAD,
    REP,
    Lead,
    Outcome,
    Pool,
    Rep,
    Router,
    Rule,
    Snapshot,
    Status,
    free_capacity,
    round_robin,
)
from leadroute.rules.builders import age, days, seconds
from leadroute.scorers import least_recent, owner, tiers, workload

MICROS = 1_000_000


def ranked(reps, *rules, lead=None, now=NOW, **counts):
    """The ranking of a lead by these rules."""
    router = Router(rules=rules)
    return router.rank(lead or Lead("L-1"), team(*reps), now=now, snapshot=Snapshot(**counts))


def able(ranking):
    """The ids of who can take the lead, best first."""
    return [each.rep_id for each in ranking.assignments]


@passes("cal-26")
def no_rule_is_not_everybody(given, then):
    narrow = Rule("narrow", when=LEAD.source == "webinar")
    strict = ranked(given["reps"], narrow)
    assert able(strict) == then["policy"]["strict"] == given["rule_matches"]
    assert strict.outcome is Outcome.NO_RULE_MATCHED
    fallback = ranked(given["reps"], narrow, Rule("everyone else"))
    assert able(fallback) == then["policy"]["fallback_all"]
    assert fallback.rule == "everyone else"


@passes("cal-34", "ast-11")
def who_never_had_a_lead_goes_first(given, then):
    last = {}
    for each in given["reps"]:
        idle = timedelta(days=each["idle_days"]) if "idle_days" in each else timedelta(hours=2)
        if "idle_days" in each or each["last"] is not None:
            last[each["id"]] = round((NOW - idle).timestamp()) * MICROS
    ids = [each["id"] for each in given["reps"]]
    for score in (free_capacity(), least_recent()):
        best = ranked(ids, Rule("all", score=score), last_assigned=last).best
        assert best.rep_id == then["winner"]


@passes("ast-10")
def tiers_are_strict(given, then):
    idle = {each["id"]: each["idle_s"] for each in given["reps"]}
    last = {rep: round(NOW.timestamp() - idle[rep]) * MICROS for rep in idle}
    reps = [Rep(each["id"], level=each["tier"]) for each in given["reps"]]
    score = tiers(least_recent().when(REP.level == 0), least_recent())
    assert ranked(reps, Rule("all", score=score), last_assigned=last).best.rep_id == then["winner"]
    alone = ranked(reps, Rule("all", score=least_recent()), last_assigned=last)
    assert alone.best.rep_id != then["winner"]


@passes("rc-03")
def capacity_comes_before_the_choice(given, then):
    reps = [Rep(each["id"], capacity=each["cap"]) for each in given["reps"]]
    load = {each["id"]: each["open"] for each in given["reps"]}
    ranking = ranked(reps, Rule("all", score=workload()), open=load)
    assert able(ranking) == [then["winner"]]
    assert ranking.rejections[0].reason == "has a capacity of 0"


@passes("sui-01")
def nothing_open_is_the_least_load(given, then):
    ranking = ranked(
        given["reps"], Rule("all", score=workload()), open=given["open"], closed=given["closed"]
    )
    assert ranking.best.rep_id in then["winner_in"]
    assert set(able(ranking)[:2]) == set(then["winner_in"])


@passes("sui-02")
def who_has_left_gets_nothing(given, then):
    reps = [Rep(each["id"], active="employment" not in each) for each in given["reps"]]
    found = route(desk(*reps), 2)
    assert {rep.id: found.count(rep.id) for rep in reps} == then["counts"]


@passes("lib-08")
def only_what_is_allowed_is_eligible(given, then):
    reps = [Rep(rep, attributes={"status": status}) for rep, status in given["statuses"].items()]
    ranking = ranked(reps, Rule("all", require=REP["status"] == "online"))
    assert able(ranking) == then["eligible"]
    assert len(ranking.rejections) == len(reps) - len(then["eligible"])


@passes("hd-01")
def present_before_away_before_anybody(given, then):
    score = tiers(
        round_robin().when(REP["status"] == "active"),
        round_robin().when(REP["status"] == "away"),
        round_robin(),
    )
    wanted = [
        given["reps"],
        {**given["reps"], "a": "away"},
        {**given["reps"], "a": "unavailable", "b": "unavailable"},
    ]
    for statuses, winners in zip(wanted, then["winners"], strict=True):
        reps = [Rep(rep, attributes={"status": status}) for rep, status in statuses.items()]
        ranking = ranked(reps, Rule("all", score=score))
        allowed = winners.replace("any of", "").replace(" or ", ",").replace(" ", "").split(",")
        assert ranking.best.rep_id in allowed
        assert len(able(ranking)) == len(reps), "a lead is never dropped"


@passes("fr-06")
def the_first_rule_that_matches_decides(given, then):
    rules = []
    for each in sorted(given["rules"], key=lambda each: -each["priority"]):
        field, wanted = each["if"].split("==")
        rules.append(Rule(each["name"], when=LEAD[field] == int(wanted), pool=each["name"]))
    pools = [Pool(each["name"], reps=each["reps"]) for each in given["rules"]]
    reps = [rep for each in given["rules"] for rep in each["reps"]]
    lead = Lead("L-1", attributes=given["lead"])
    ranking = Router(rules=rules, pools=pools).rank(lead, team(*reps), now=NOW)
    assert (ranking.rule, ranking.best.rep_id) == (then["rule"], then["winner"])


@passes("rc-01")
def load_and_then_who_waited_longest(given, then):
    reps = [Rep(each["id"], name=each["name"]) for each in given["reps"]]
    load = {each["id"]: each["open"] for each in given["reps"]}
    last = {each["id"]: each["last"] for each in given["reps"]}
    ranking = ranked(reps, Rule("all", score=workload()), open=load, last_assigned=last)
    assert able(ranking) == then["order"]


@passes("rc-05", "cw-25")
def an_absent_owner_does_not_keep_the_lead(given, then):
    owns = given.get("contact_manager", given.get("returning_contact_owner"))
    assert given.get("a_status") == "offline" or given["a_online"] is False
    rule, lead = Rule("all", score=owner() + free_capacity()), Lead("L-1", owner_id=owns)
    assert ranked(given["reps"], rule, lead=lead).best.rep_id == owns
    reps = [Rep(rep, schedule="mon-fri 18:00-20:00" if rep == owns else None) for rep in "ab"]
    assert able(ranked(reps, rule, lead=lead)) == [then["winner"]]


@differs("yf-01", "Weight 0, cap 0, capacity 0")
def zero_is_a_limit(given, then):
    """0 is none at all; no limit is written as nothing."""
    reps = [Rep(each["id"], capacity=each["limit"]) for each in given["reps"]]
    load = {each["id"]: each["open"] for each in given["reps"] if each["open"] is not None}
    rule = Rule("all", score=workload())
    assert able(ranked(reps, rule, open=load)) == ["c"]
    unlimited = [rep.with_changes(capacity=rep.capacity or None) for rep in reps]
    assert sorted(able(ranked(unlimited, rule, open=load))) == then["eligible"]


@passes("yf-02")
def the_default_owner_gets_what_nobody_can_take(given, then):
    assert given["eligible"] == []
    router = Router(rules=[Rule("all")], catch_all=given["default_owner"])
    placement = desk(Rep("a", active=False), router=router).submit(Lead("L-1"))
    assert (placement.status, placement.rep_id) == (Status.CATCH_ALL, then["winner"])


@passes("od-12")
def the_best_lead_goes_to_the_first_who_may(given, then):
    wants = [int(each["domain"].removeprefix("p>=").replace("any", "0")) for each in given["reps"]]
    reps = [
        Rep(each["id"], capacity=each["quota"], attributes={"least": least})
        for each, least in zip(given["reps"], wants, strict=True)
    ]
    dispatcher = desk(*reps, require=LEAD["p"] >= REP["least"])
    best_first = sorted(given["leads"], key=lambda lead: -lead["p"])
    for lead in best_first:
        placement = dispatcher.submit(Lead(lead["id"], attributes={"p": lead["p"]}))
        assert placement.rep_id == then[lead["id"]]


@passes("od-10")
def old_leads_are_for_hands_alone(given, then):
    leads = [
        Lead(f"L-{index}", received_at=NOW - timedelta(days=each["age_days"]))
        for index, each in enumerate(given["leads"])
    ]
    rules = [Rule("all", score=round_robin())]
    router = Router(rules=rules, qualify=age(LEAD.received_at) < days(7))
    dispatcher = desk("a", router=router)
    placed = [dispatcher.submit(lead) for lead in leads]
    assert sum(each.status is Status.OFFERED for each in placed) == then["automatic"]
    by_hand = [dispatcher.assign(lead.id, "a", by="manager") for lead in leads]
    assert sum(each.owner == "a" for each in by_hand) == then["manual"]


@passes("ast-21")
def a_requirement_widens_with_waiting(given, then):
    (first, more), (second, text) = given["rule"]
    most, least = (int(part.split()[-1]) for part in text.split(","))
    widened = given["max_tier"] + int(more)
    waited = age(LEAD.received_at)
    require = (
        ((waited < seconds(first)) & (REP.level <= given["max_tier"]))
        | ((waited >= seconds(first)) & (waited < seconds(second)) & (REP.level <= widened))
        | ((waited >= seconds(second)) & (REP.level >= least) & (REP.level <= most))
    )
    reps = [Rep(each["id"], level=each["tier"]) for each in given["reps"]]
    for wait, eligible in zip((0, first, second), then["eligible"], strict=True):
        lead = Lead("L-1", received_at=NOW - timedelta(seconds=wait))
        assert able(ranked(reps, Rule("all", require=require), lead=lead)) == eligible


@passes("ast-22")
def tiers_become_equal_with_waiting(given, then):
    after, level = given["rule_raise"]
    assert (then["before"], then["after"]) == ("a strictly first", "a and b equal")
    waited = age(LEAD.received_at) >= seconds(after)
    first = round_robin().when((REP.level < level) | (waited & (REP.level <= level)))
    reps = [Rep(each["id"], level=each["tier"]) for each in given["reps"]]
    rule, turns = Rule("all", score=tiers(first, round_robin())), {"everyone": {"a": 5, "b": 0}}
    lead = Lead("L-1", received_at=NOW)
    for turn in ({}, turns):
        assert ranked(reps, rule, lead=lead, turns=turn).best.rep_id == "a"
    later = NOW + timedelta(seconds=after)
    for turns, winner in (({"a": 5, "b": 0}, "b"), ({"a": 0, "b": 5}, "a")):
        equals = ranked(reps, rule, lead=lead, now=later, turns={"everyone": turns}).assignments
        assert {each.terms[0].reason[:11] for each in equals} == {"tier 1 of 2"}
        assert equals[0].rep_id == winner


@passes("fs-03")
def levels_open_with_waiting(given, then):
    waited, step = age(LEAD.received_at), given["step_s"]
    assert given["multiply"]
    require = REP.level <= 1
    for level in map(int, list(given["levels"])[1:]):
        require |= (waited >= seconds(level * step)) & (REP.level <= level)
    reps = [
        Rep(told[0].split()[0], level=int(level), capacity=0 if "busy" in told[0] else None)
        for level, told in given["levels"].items()
    ]
    level_of = {rep.id: rep.level for rep in reps}
    for wait, levels in zip((0, 29, 59, 60, 90), then["open_levels"], strict=True):
        lead = Lead("L-1", received_at=NOW - timedelta(seconds=wait))
        ranking = ranked(reps, Rule("all", require=require), lead=lead)
        shut = {
            each.rep_id
            for each in ranking.rejections
            if "requirement_not_met" in {obstacle.code for obstacle in each.obstacles}
        }
        assert sorted(level_of[rep] for rep in level_of.keys() - shut) == levels
        assert able(ranking) == [rep.id for rep in reps if 1 < rep.level <= max(levels)]


@differs("fs-16", "Ties")
def who_got_a_lead_least_recently(given, then):
    """Idle time runs from when a rep last got a lead; the end of the last one is not read."""
    last = {each["id"]: each["last_offered"] for each in given["reps"]}
    for score in (free_capacity(), least_recent()):
        best = ranked(list(last), Rule("all", score=score), last_assigned=last).best
        assert best.rep_id == min(last, key=last.__getitem__) != then["winner"]


@passes("fs-04")
def an_empty_tier_costs_no_waiting(given, then):
    assert given["skip_empty"]
    (first, nobody), (second, people) = given["levels"].items()
    pools = [Pool(first, reps=nobody), Pool(second, reps=people)]
    rule = Rule("all", pool=first, fallback={"pool_empty": f"pool {second}"})
    lead = Lead("L-1", received_at=NOW)
    ranking = Router(rules=[rule], pools=pools).rank(lead, team(*people), now=NOW)
    assert ranking.best.rep_id == then["winner"]
