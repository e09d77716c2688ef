"""Rounds of the pool, pauses between offers, and the end of waiting: total time, age and length of a line."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import START, audit, desk

from leadroute import LEAD, Lead, Pool, Rep, Router, Rule, Status, round_robin
from leadroute.conditions import predicate
from leadroute.eligibility import Outcome
from leadroute.errors import ConfigError, InvalidTransitionError
from leadroute.events import CatchAll, Offered, TimedOut, Waiting
from leadroute.formats import parse_policy
from leadroute.lead_scoring import LeadGrade, LeadScoring, SourcePoints


def world(*reps, pools=(), **terms):
    """A dispatcher with one rule on some terms; offers are open for a minute."""
    rule = Rule("all", score=round_robin(), **{"accept_within": "1m", **terms})
    return desk(*reps, router=Router(rules=[rule], pools=pools))


def told(dispatcher, kind, lead_id="L-1"):
    """The events of one kind in the life of a lead."""
    return [event for event in dispatcher.history(lead_id) if isinstance(event, kind)]


def slept(dispatcher, until):
    """Sweep when the dispatcher says, and at no other time, until an instant; returns when it did."""
    swept = []
    while (at := dispatcher.next_wakeup()) is not None and at <= until:
        assert at not in swept, "it wakes up twice for one thing"
        dispatcher.clock.set(at)
        dispatcher.sweep()
        swept.append(at)
    dispatcher.clock.set(until)
    return swept


def after(seconds):
    """So many seconds after the start."""
    return START + timedelta(seconds=seconds)


@pytest.fixture(name="boss")
def pool_of_managers():
    """A pool beside that of the rule."""
    return Pool("managers", reps={"boss"})


def test_pool_is_gone_through_in_rounds():
    """Everybody is asked once in each round, declined or silent, and then the catch-all has the lead."""
    dispatcher = world("a", "b", rounds=3)
    dispatcher.submit(Lead("L-1"))
    dispatcher.decline("L-1", dispatcher.placement("L-1").rep_id)
    slept(dispatcher, after(3_600))
    offers = told(dispatcher, Offered)
    assert [each.round for each in offers] == [1, 1, 2, 2, 3, 3]
    for number in (0, 2, 4):
        assert {each.rep_id for each in offers[number : number + 2]} == {"a", "b"}
    placed = dispatcher.placement("L-1")
    assert (placed.status, placed.reason_code) == (Status.CATCH_ALL, "none_eligible")
    assert placed.previous_offers["a"].times == placed.previous_offers["a"].round == 3
    assert placed.round == 3
    audit(dispatcher.store, ["L-1"])


def test_round_is_part_of_the_reasons():
    """From the second round on, the reason says the number of the round."""
    dispatcher = world(Rep("a", schedule="thu 09:00-10:00"), rounds=2)
    assert "round" not in dispatcher.submit(Lead("L-1")).reason
    slept(dispatcher, after(60))
    placed = dispatcher.placement("L-1")
    assert placed.reason == "a came first under rule 'all' (round 2)"
    assert placed.to_dict()["round"] == 2


def test_round_begins_though_nobody_is_there():
    """A lead waits in its next round for those who are off, in the line of leads that nobody was asked for."""
    dispatcher = world(Rep("a", schedule="thu 08:00-09:01; fri 09:00-10:00"), rounds=2)
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(60))
    placed = dispatcher.placement("L-1")
    assert (placed.status, placed.round) == (Status.WAITING, 2)
    assert placed.reason == "nobody is available now (round 2)"
    assert dispatcher.submit(Lead("L-2")).line == placed.line
    slept(dispatcher, after(86_400))
    assert dispatcher.placement("L-1").rep_id == "a"
    audit(dispatcher.store, ["L-1", "L-2"])


def test_round_goes_on_while_somebody_was_not_asked():
    """Who is off and was not asked yet is waited for; there is no second round without them."""
    dispatcher = world("a", Rep("b", schedule="fri 09:00-10:00"), rounds=2)
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(60))
    assert dispatcher.placement("L-1").status is Status.WAITING
    assert dispatcher.placement("L-1").round == 1


def test_rounds_end_with_the_steps_of_the_case(boss):
    """After the last round the steps for none_eligible are taken, which may ask another pool."""
    given = {"rounds": 2, "pool": "team", "fallback": {"none_eligible": "pool managers"}}
    dispatcher = world("a", "boss", pools=[Pool("team", reps={"a"}), boss], **given)
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(3_600))
    offers = [(each.rep_id, each.round) for each in told(dispatcher, Offered)]
    assert offers == [("a", 1), ("a", 2), ("boss", 2)]
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL


def test_rounds_of_a_rule_where_nobody_may_ever_take_the_lead():
    """A round in which nobody can be asked does not begin."""
    rule = Rule("all", require=LEAD.country == "DE", rounds=5)
    placed = desk("a", router=Router(rules=[rule])).submit(Lead("L-1"))
    assert (placed.status, placed.round) == (Status.CATCH_ALL, 1)


def test_rounds_of_very_many_reps():
    """What became of offers long ago stands beside the placement, with the round of each."""
    reps = [f"r{number}" for number in range(401)]
    dispatcher = world(*reps, rounds=2)
    dispatcher.submit(Lead("L-1"))
    for _ in range(802):
        dispatcher.decline("L-1", dispatcher.placement("L-1").rep_id)
    offers = told(dispatcher, Offered)
    for number in (1, 2):
        assert sorted(e.rep_id for e in offers if e.round == number) == sorted(reps)
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL
    assert not dispatcher.audit().discrepancies


def test_pause_after_an_offer_that_nobody_answered():
    """The next offer comes after the pause, to the second, and an answer needs none."""
    dispatcher = world("a", "b", "c", wait_between="40s")
    dispatcher.submit(Lead("L-1"))
    assert slept(dispatcher, after(99)) == [after(60)]
    placed = dispatcher.placement("L-1")
    assert (placed.status, placed.reason_code, placed.due) == (
        Status.WAITING,
        "timed_out",
        after(100),
    )
    assert told(dispatcher, TimedOut)[0].until == after(100)
    assert dispatcher.update(Lead("L-1", company="more is known")).status is Status.WAITING
    dispatcher.sweep()
    assert dispatcher.placement("L-1").status is Status.WAITING
    slept(dispatcher, after(100))
    assert dispatcher.placement("L-1").status is Status.OFFERED
    assert dispatcher.decline("L-1", dispatcher.placement("L-1").rep_id).status is Status.OFFERED
    audit(dispatcher.store, ["L-1"])


def test_total_time_ends_with_the_catch_all():
    """After the total no new offer is made, and an event says where the lead went, and why."""
    dispatcher = world(*"abcdefgh", total_within="150s")
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(3_600))
    assert [each.at for each in told(dispatcher, Offered)] == [START, after(60), after(120)]
    (caught,) = told(dispatcher, CatchAll)
    assert (caught.at, caught.reason_code) == (after(180), "total_time_over")
    placed = dispatcher.placement("L-1")
    assert placed.reason == "the time for offers is over"
    assert "the time for offers is over" in str(dispatcher.decision("L-1"))
    audit(dispatcher.store, ["L-1"])


def test_total_time_cuts_the_last_offer_where_wanted():
    """With truncate the last offer ends with the total."""
    dispatcher = world(*"abcd", total_within="150s", truncate=True)
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(3_600))
    assert told(dispatcher, Offered)[-1].expires_at == after(150)
    assert told(dispatcher, CatchAll)[0].at == after(150)


def test_lead_that_waits_goes_at_its_total_time(boss):
    """A waiting lead wakes the sweep at the end of its total time, and asks the pool of its fallback."""
    pools = [Pool("team", reps={"a"}), boss]
    steps = {"cannot_wait": "pool managers"}
    dispatcher = world("a", "boss", pools=pools, pool="team", total_within="10m", fallback=steps)
    dispatcher.submit(Lead("busy"))
    dispatcher.accept("busy", "a")
    assert dispatcher.submit(Lead("L-1")).clocks == {"gives_up": after(600)}
    slept(dispatcher, after(600))
    (offer,) = told(dispatcher, Offered)
    assert (offer.at, offer.rep_id, offer.reason_code) == (after(600), "boss", "total_time_over")
    assert offer.expires_at == after(660)
    slept(dispatcher, after(660))
    assert dispatcher.placement("L-1").reason_code == "total_time_over"
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL
    audit(dispatcher.store, ["busy", "L-1"])


def test_no_offer_after_the_total_time_without_a_sweep():
    """Capacity that becomes free after the total, but before the sweep, is not given to the lead."""
    dispatcher = world("a", total_within="10m")
    dispatcher.submit(Lead("busy"))
    dispatcher.accept("busy", "a")
    dispatcher.submit(Lead("L-1"))
    dispatcher.clock.set(after(600))
    dispatcher.feedback("busy", "won")
    assert dispatcher.placement("L-1").reason_code == "total_time_over"


def test_pause_ends_with_the_total_time():
    """A lead does not stand in its pause longer than its total time."""
    dispatcher = world("a", "b", wait_between="1h", total_within="5m")
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(400))
    assert told(dispatcher, CatchAll)[0].at == after(300)
    late = world("a", "b", wait_between="1h", total_within="60s")
    late.submit(Lead("L-1"))
    slept(late, after(60))
    assert late.placement("L-1").status is Status.CATCH_ALL


def test_age_ends_waiting_and_not_offers():
    """A lead that is too old waits no longer; while a rep is there for it, it is offered still."""
    dispatcher = world("a", "b", max_age="90s")
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(120))
    assert [each.at for each in told(dispatcher, Offered)] == [START, after(60)]
    waits = world("a", max_age="90s")
    waits.submit(Lead("busy"))
    waits.submit(Lead("L-1"))
    waits.accept("busy", "a")
    slept(waits, after(90))
    assert waits.placement("L-1").reason_code == "too_old"
    assert waits.placement("L-1").reason == "it is too old to wait on"
    old = world("a", Rep("b", schedule="fri 09:00-10:00"), max_age="60s")
    old.submit(Lead("L-1"))
    slept(old, after(60))
    assert old.placement("L-1").reason_code == "too_old"


def test_age_of_a_lead_that_is_old_when_it_is_submitted():
    """An old lead is offered while a rep is there for it, and does not begin to wait."""
    dispatcher = world("a", max_age="1h")
    old = START - timedelta(days=3)
    assert dispatcher.submit(Lead("L-1", received_at=old)).status is Status.OFFERED
    assert dispatcher.submit(Lead("L-2", received_at=old)).reason_code == "too_old"
    assert dispatcher.submit(Lead("L-3", received_at=START)).status is Status.WAITING


def test_total_time_counts_from_reopening():
    """A lead that is reopened has its whole time again."""
    dispatcher = world("a", total_within="10m", max_age="20m")
    dispatcher.submit(Lead("L-1"))
    dispatcher.clock.advance("1h")
    dispatcher.sweep()
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL
    placed = dispatcher.reopen("L-1")
    assert placed.restarted_at == after(3_600)
    assert (placed.status, placed.reason_code) == (Status.CATCH_ALL, "none_eligible")


def test_line_has_a_largest_length():
    """A new lead that finds its line full goes to the named place at once."""
    dispatcher = world("a", max_waiting=2)
    statuses = [dispatcher.submit(Lead(f"L-{number}")) for number in range(4)]
    assert [each.reason_code for each in statuses] == [
        "",
        "none_available",
        "none_available",
        "line_full",
    ]
    assert statuses[3].reason == "its line is full"
    dispatcher.decline("L-0", "a")
    assert dispatcher.submit(Lead("L-4")).status is Status.WAITING
    audit(dispatcher.store, [f"L-{number}" for number in range(5)])


def test_lead_without_a_rule_waits_no_longer_than_it_may():
    """The terms of the router hold for leads for which there is no rule."""
    rule = Rule("de", when=LEAD.country == "DE")
    router = Router(rules=[rule], total_within="1h", fallback={"no_rule_matched": "wait"})
    dispatcher = desk("a", router=router)
    assert dispatcher.submit(Lead("L-1")).status is Status.WAITING
    slept(dispatcher, after(3_600))
    assert dispatcher.placement("L-1").reason_code == "total_time_over"
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL


def test_working_time_is_that_of_the_pool():
    """A total in working time passes while a rep of the pool works, and on the clock where that is not known."""
    hours = {"schedule": "mon-fri 09:00-11:00", "timezone": "UTC"}
    more = {"schedule": "mon-fri 10:00-12:00", "timezone": "UTC"}
    dispatcher = world(Rep("a", capacity=0, **hours), Rep("b", **more), total_within="4h working")
    placed = dispatcher.submit(Lead("L-1"))
    assert placed.clocks == {"gives_up": START + timedelta(days=1, hours=1)}
    always = world(Rep("a", **hours), Rep("b", capacity=0), total_within="4h working")
    always.submit(Lead("L-1"))
    assert always.submit(Lead("L-2")).clocks.get("gives_up", after(14_400)) == after(14_400)


def test_terms_survive_a_policy_file():
    """What a policy file says of rounds and ends is what it is written back as."""
    text = """format = 1
max_age = "8h working"
wait_between = "30s"

[[rule]]
name = "all"
rounds = 2
total_within = { other = "1h" }
truncate = true
max_waiting = 50

[rule.fallback]
cannot_wait = "pool everyone"
"""
    router = parse_policy(text.replace("pool everyone", "catch_all"))
    terms = router.terms("all")
    assert (terms.rounds, terms.truncate, terms.max_waiting) == (2, True, 50)
    assert terms.wait_between == timedelta(seconds=30)


@given(
    st.integers(1, 3),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(2, 6),
    st.booleans(),
)
def test_lead_is_never_waiting_after_its_end(reps, rounds, pause, total, truncate):
    """With sweeps at next_wakeup alone, a lead is offered until its end, and never waits after it."""
    terms = {"rounds": rounds, "total_within": f"{total}m", "truncate": truncate}
    terms |= {"wait_between": f"{pause}m"} if pause else {}
    dispatcher = world(*[f"r{number}" for number in range(reps)], **terms)
    dispatcher.submit(Lead("L-1"))
    swept = slept(dispatcher, after(3_600))
    end = after(60 * total)
    assert all(each.at < end for each in told(dispatcher, Offered))
    assert all(each.at < end for each in told(dispatcher, Waiting))
    assert len(told(dispatcher, Offered)) <= reps * rounds
    (caught,) = told(dispatcher, CatchAll)
    assert caught.at <= (end if truncate else end + timedelta(minutes=1))
    assert caught.at in swept
    audit(dispatcher.store, ["L-1"])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"rounds": 0}, "rounds: is 0; write a whole number from 1 up"),
        ({"rounds": True}, "rounds: is True; write a whole number"),
        ({"wait_between": "0s"}, "wait_between: is 0s; write a pause such as '20s'"),
        ({"total_within": "0s"}, "total_within: is 0s; write some time"),
        ({"truncate": "yes"}, "truncate: is 'yes'; write true or false"),
        ({"max_waiting": 0}, "max_waiting: is 0; write a whole number from 1 up"),
        ({"fallback": {"cannot_wait": "wait"}}, "says 'wait', and the lead may wait no longer"),
        ({"fallback": {"cannot_wait": "next rule"}}, "write steps such as 'pool managers"),
        ({"fallback": {"cannot_wait": "first_back within 2h, catch_all"}}, "may wait no longer"),
    ],
)
def test_bad_terms_are_refused(terms, message):
    """What cannot be meant is refused when a rule is built, with the remedy."""
    with pytest.raises(ConfigError) as caught:
        Rule("all", **terms)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({"total_within": "4m"}, "rule 'all'.total_within: is 4m, shorter than accept_within"),
        ({"max_age": "4m"}, "max_age: is 4m, shorter than accept_within, which is 5m; make it"),
        ({"total_within": {"hot": "4m", "other": "1h"}}, "rule 'all'.total_within.hot: is 4m"),
        (
            {"accept_within": {"hot": "2m", "other": "2h"}, "total_within": "1h"},
            "total_within.other: is 1h, shorter than accept_within, which is 2h",
        ),
        ({"accept_within": "2h working", "max_age": "1h"}, "which is 2h working"),
    ],
)
def test_ends_before_the_first_offer_ends_are_refused(terms, message):
    """An end that surely comes before that of the first offer is refused when the router is built."""
    scoring = LeadScoring(
        sources=[SourcePoints(source="demo", points=1)], grades=[LeadGrade("hot", 0.5)]
    )
    with pytest.raises(ConfigError) as caught:
        Router(rules=[Rule("all", **terms)], lead_scoring=scoring)
    assert message in str(caught.value)


def test_ends_in_working_time_may_be_longer_than_they_look():
    """An hour of working time may take days, so it may stand beside a window of two hours."""
    rule = Rule("all", accept_within="2h", total_within="1h working", max_age="2h")
    assert Router(rules=[rule]).terms("all").end


def test_ends_by_grade():
    """Each grade has an end of its own, and none where the table does not name it."""
    scoring = LeadScoring(
        sources=[SourcePoints(source="demo", points=100)],
        grades=[LeadGrade("hot", 0.5), LeadGrade("cold", 0)],
    )
    rule = Rule("all", total_within={"hot": "10m"})
    dispatcher = desk("a", router=Router(rules=[rule], lead_scoring=scoring))
    dispatcher.submit(Lead("busy"))
    hot = dispatcher.submit(Lead("L-1", source="demo"))
    assert hot.clocks == {"gives_up": after(600)}
    assert dispatcher.submit(Lead("L-2")).clocks == {}


@pytest.mark.parametrize("kind", ["suggest", "pull"])
def test_lead_that_nobody_is_asked_about_has_an_end_too(kind, boss):
    """A suggested lead, and one that reps pull, is offered to the manager at its end."""
    pools, steps = [Pool("team", reps={"a"}), boss], {"cannot_wait": "pool managers"}
    terms = {"pools": pools, "pool": "team", "fallback": steps}
    dispatcher = world("a", "boss", offer=kind, total_within="10m", **terms)
    assert dispatcher.submit(Lead("L-1")).status is Status.WAITING
    slept(dispatcher, after(599))
    assert dispatcher.placement("L-1").status is Status.WAITING
    dispatcher.clock.set(after(600))
    if kind == "pull":
        with pytest.raises(InvalidTransitionError, match="comes too late: the time for offers"):
            dispatcher.claim("L-1", "a")
    dispatcher.sweep()
    assert dispatcher.placement("L-1").rep_id == "boss"
    slept(dispatcher, after(660))
    assert dispatcher.placement("L-1").reason_code == "total_time_over"
    audit(dispatcher.store, ["L-1"])


def test_nobody_more_is_asked_after_the_total_time():
    """Where one more rep is asked from time to time, that ends with the total."""
    kind = "parallel 9, one more every 10s"
    dispatcher = world(*"abcdefghi", offer=kind, total_within="60s", accept_within="60s")
    dispatcher.submit(Lead("L-1"))
    slept(dispatcher, after(3_600))
    assert max(each.at for each in told(dispatcher, Offered)) == after(50)
    assert dispatcher.placement("L-1").reason_code == "total_time_over"


def test_busy_rep_is_not_asked_before_their_time_in_the_next_round():
    """A round asks everybody again, but one who said when to come back only then."""
    dispatcher = world("a", "b", rounds=2)
    dispatcher.submit(Lead("L-1"))
    first = dispatcher.placement("L-1").rep_id
    dispatcher.decline("L-1", first, kind="busy", retry_after="10m")
    second = dispatcher.placement("L-1").rep_id
    placed = dispatcher.decline("L-1", second)
    assert (placed.rep_id, placed.round) == (second, 2)
    placed = dispatcher.decline("L-1", second)
    assert placed.status is Status.WAITING
    slept(dispatcher, after(600))
    assert dispatcher.placement("L-1").rep_id == first
    audit(dispatcher.store, ["L-1"])


class Failing:
    """A predicate that fails when told."""

    def __init__(self):
        self.fails = False

    def __call__(self, _lead, _rep, _now):
        if self.fails:
            raise RuntimeError("told to fail")
        return True


def test_lead_whose_decision_fails_has_an_end_too():
    """A lead that is decided again and again without success is with the catch-all at its end."""
    failing = Failing()
    terms = {"accept_within": "1m", "total_within": "5m", "rounds": 2}
    rule = Rule("all", require=predicate("fails"), **terms)
    dispatcher = desk("a", "b", router=Router(rules=[rule], predicates={"fails": failing}))
    dispatcher.submit(Lead("L-1"))
    failing.fails = True
    slept(dispatcher, after(3_600))
    (caught,) = told(dispatcher, CatchAll)
    assert (caught.at, caught.reason_code) == (after(300), "decision_failed")


def test_decision_at_the_end_is_made_again():
    """A decision that is kept in full is the same when it is made again, with the reason of its end."""
    pools = [Pool("team", reps={"a"}), Pool("managers", reps={"boss"})]
    rule = Rule("all", pool="team", total_within="5m", fallback={"cannot_wait": "pool managers"})
    router = Router(rules=[rule], pools=pools)
    dispatcher = evolve(desk("a", "boss", router=router), decisions="full")
    dispatcher.submit(Lead("L-1"))
    for status in (Status.OFFERED, Status.CATCH_ALL):
        slept(dispatcher, dispatcher.next_wakeup())
        assert dispatcher.placement("L-1").status is status
        decision = dispatcher.decision("L-1")
        assert decision.full.record.ended is Outcome.TOTAL_TIME_OVER
        assert decision.rerun(router).same
    assert "the time for offers is over" in str(decision)


def test_ranking_of_a_lead_that_may_wait_no_longer():
    """A ranking can be made as of the end: its own pool is left out, without a rule it is the catch-all."""
    rule = Rule("de", when=LEAD.country == "DE", fallback={"cannot_wait": "catch_all"})
    router = Router(rules=[rule], qualify=LEAD.budget > 0)
    team, ended = [Rep("a")], Outcome.TOO_OLD
    lead = Lead("L-1", country="DE", budget=1)
    found = router.rank(lead, team, now=START, ended=ended)
    assert (found.outcome, found.best, found.fallback_step) == (ended, None, "catch_all")
    assert found.propensities == {}
    found = router.rank(lead.with_changes(country="FR"), team, now=START, ended=ended)
    assert (found.outcome, found.fallback_step) == (ended, "catch_all")
    found = router.rank(Lead("L-2"), team, now=START, ended=ended)
    assert found.outcome is Outcome.DISQUALIFIED


def test_ranking_at_the_end_leaves_out_the_pool_that_a_case_goes_on_to():
    """Whom the rule would ask now, because its own pool is empty, is asked at the end no more."""
    steps = {"pool_empty": "pool backup", "cannot_wait": "pool managers"}
    pools = [Pool("own", reps={"gone"}), Pool("backup", reps={"a"}), Pool("managers", reps={"b"})]
    router = Router(rules=[Rule("all", pool="own", fallback=steps)], pools=pools)
    team, lead = [Rep("a"), Rep("b")], Lead("L-1")
    assert router.rank(lead, team, now=START).best.rep_id == "a"
    found = router.rank(lead, team, now=START, ended=Outcome.TOO_OLD)
    assert (found.best.rep_id, found.pool) == ("b", "managers")
