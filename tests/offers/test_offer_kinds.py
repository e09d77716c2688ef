"""Offers to several reps at once, suggestions, reminders, and offers that need no answer."""

from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import START, audit, desk, outcomes, submitted, team

from leadroute import LEAD, Lead, Pool, Rep, Router, Rule, Status, round_robin
from leadroute.errors import InvalidTransitionError, NotOfferedError
from leadroute.events import (
    Accepted,
    NobodyAdded,
    Offered,
    OfferWithdrawn,
    Reminded,
    Waiting,
)
from leadroute.offers.requests import run
from leadroute.scorers import rep_value
from leadroute.stores import Change, MemoryStore, Put
from leadroute.testing import CountingStore

IDS = ("ada", "bob", "cy", "dan", "eve")


def office(*reps, **terms):
    """A desk with one rule, which says these terms."""
    rule = {"score": round_robin(), "accept_within": "5m", **terms}
    return desk(*(reps or IDS), router=Router(rules=[Rule("all", **rule)]))


def asked(placement):
    """Who has an offer, in turn."""
    return [offer.rep_id for offer in placement.offers]


def at(here, seconds):
    """The placement after a sweep at so many seconds."""
    here.clock.set(START + timedelta(seconds=seconds))
    swept = here.sweep()
    assert not swept.errors
    return here.placement("L-1")


def test_parallel_offers_go_to_the_best():
    """All come out of one decision, in its order and in one change, each with a token and a turn of its own."""
    here = office(offer="parallel 3")
    placed = here.submit(Lead("L-1"))
    assert asked(placed) == ["ada", "bob", "cy"]
    assert len({offer.token for offer in placed.offers}) == 3
    orders = [offer.order for offer in placed.offers]
    assert orders == sorted({*orders})
    assert [offer.turn.rep_id for offer in placed.offers] == ["ada", "bob", "cy"]
    assert len(here.store.events()) == 4
    assert here.store.counts(prefix="rep/open/") == {f"rep/open/{rep}": 1 for rep in asked(placed)}
    assert here.submit(Lead("L-2")).offers[0].rep_id == "dan", "who has an offer is behind"
    audit(here.store, {"L-1", "L-2"})


def test_who_has_no_room_is_not_among_them():
    """Only reps who could take the lead are asked, however many the rule wants."""
    reps = [Rep("ada", capacity=0), Rep("bob"), Rep("cy", schedule="sat 10:00-11:00"), Rep("dan")]
    here = office(*reps, offer="parallel 3")
    assert asked(here.submit(Lead("L-1"))) == ["bob", "dan"]
    audit(here.store, {"L-1"})


def test_scores_order_the_offers():
    """The ranking of the score is the order of the offers, whatever else it is."""
    reps = [Rep(rep, level=level) for rep, level in zip(IDS, (1, 5, 3, 4, 2), strict=True)]
    here = office(*reps, offer="parallel 3", score=rep_value("level"))
    placed = here.submit(Lead("L-1"))
    ranked = here.router.rank(Lead("L-1"), here.roster, now=START)
    assert asked(placed) == [each.rep_id for each in ranked.assignments[:3]] == ["bob", "dan", "cy"]
    scores = [event.score for event in here.history("L-1") if isinstance(event, Offered)]
    assert scores == [each.score for each in ranked.assignments[:3]]


def test_first_accept_wins_and_the_others_lose_nothing():
    """The others end in the same change: no turn, no idle time, no room is lost to them."""
    here = office(offer="parallel 3")
    here.submit(Lead("L-1"))
    before = here.snapshot()
    here.clock.advance("1m")
    placed = here.accept("L-1", "bob")
    assert (placed.owner, placed.offers) == ("bob", ())
    assert before.free_since == here.snapshot().free_since == {}
    assert {rep: n for rep, n in here.snapshot().turns["everyone"].items() if n} == {"bob": 1}
    assert [type(event) for event in here.history("L-1")[-3:]] == [
        OfferWithdrawn,
        OfferWithdrawn,
        Accepted,
    ]
    with pytest.raises(NotOfferedError, match="'bob' has had it since"):
        here.accept("L-1", "ada")
    audit(here.store, {"L-1"})


def test_lines_of_those_who_lost_are_served():
    """A lead that waited for one of them is offered as soon as another has accepted."""
    here = office("ada", "bob", offer="parallel 2")
    submitted(here, "L-1", "L-2")
    assert here.placement("L-2").status is Status.WAITING
    here.accept("L-1", "ada")
    assert asked(here.placement("L-2")) == ["bob"]
    audit(here.store, {"L-1", "L-2"})


def test_who_declines_is_replaced_from_the_ranking():
    """As many have an offer as the rule says, as long as somebody is left to ask."""
    here = office(offer="parallel 3")
    here.submit(Lead("L-1"))
    assert asked(here.decline("L-1", "bob")) == ["ada", "cy", "dan"]
    assert asked(here.decline("L-1", "ada")) == ["cy", "dan", "eve"]
    assert asked(here.decline("L-1", "eve")) == ["cy", "dan"]
    audit(here.store, {"L-1"})
    assert at(here, 300).status is Status.CATCH_ALL
    assert {*outcomes(here.placement("L-1"))} == {*IDS}
    audit(here.store, {"L-1"})


def test_one_more_after_a_while():
    """One is asked at once, and one more each time, until the number of the rule have an offer."""
    here = office(offer="parallel 3, one more every 10s")
    placed = here.submit(Lead("L-1"))
    assert (asked(placed), placed.due) == (["ada"], START + timedelta(seconds=10))
    assert asked(at(here, 9)) == ["ada"]
    assert asked(at(here, 10)) == ["ada", "bob"]
    assert here.next_wakeup() == START + timedelta(seconds=20)
    placed = at(here, 20)
    assert (asked(placed), placed.due) == (["ada", "bob", "cy"], START + timedelta(minutes=5))
    assert asked(here.decline("L-1", "ada")) == ["bob", "cy", "dan"]
    audit(here.store, {"L-1"})


def test_clock_that_is_not_due_asks_nobody():
    """A process that comes too late, after another has asked one more, changes nothing."""
    here = office(offer="parallel 3, one more every 10s")
    here.submit(Lead("L-1"))
    at(here, 10)
    done = run(here._cases.leads.one_more("L-1"), here.store, None)
    assert (asked(done.placement), done.events) == (["ada", "bob"], ())


def test_no_decision_is_kept_of_one_more_where_none_is_wanted():
    """Asking one more keeps its decision as any other does."""
    for decisions, kept in (("none", None), ("compact", "bob")):
        here = evolve(office(offer="parallel 2, one more every 10s"), decisions=decisions)
        here.submit(Lead("L-1"))
        assert asked(at(here, 10)) == ["ada", "bob"]
        decision = here.decision("L-1")
        assert (None if decision is None else decision.rep_id) == kept


def test_one_who_ends_before_the_next_is_replaced_at_once():
    """The number that have an offer does not fall, and the clock of the next goes on."""
    here = office(offer="parallel 3, one more every 10s")
    here.submit(Lead("L-1"))
    at(here, 10)
    here.clock.advance("2s")
    assert asked(here.decline("L-1", "ada")) == ["bob", "cy"]
    assert asked(at(here, 20)) == ["bob", "cy", "dan"]
    here = office(offer="parallel 3, one more every 10s")
    here.submit(Lead("L-1"))
    here.clock.advance("3s")
    placed = here.decline("L-1", "ada")
    assert (asked(placed), placed.due) == (["bob"], START + timedelta(seconds=13))


def test_look_for_one_more_comes_later_each_time():
    """Where nobody is found the offers stay, and the next look comes after twice as long."""
    here = office("ada", "bob", offer="parallel 3, one more every 10s")
    here.submit(Lead("L-0"))
    here.accept("L-0", "ada")
    placed = here.submit(Lead("L-1"))
    assert asked(placed) == ["bob"]
    assert at(here, 10).due == START + timedelta(seconds=20)
    assert at(here, 20).due == START + timedelta(seconds=40)
    assert isinstance(here.history("L-1")[-1], NobodyAdded)
    here.feedback("L-0", "won")
    assert asked(at(here, 40)) == ["bob", "ada"]
    audit(here.store, {"L-0", "L-1"})


def test_broadcast_asks_all_up_to_fifty():
    """The best 50 are asked, and who declines is not replaced, because everybody was asked."""
    here = office(*[Rep(f"rep {n:02}") for n in range(60)], offer="broadcast")
    placed = here.submit(Lead("L-1"))
    assert asked(placed) == [f"rep {n:02}" for n in range(50)]
    assert len(here.decline("L-1", "rep 00").offers) == 49
    assert len(at(here, 300).offers) == 10
    here.accept("L-1", "rep 55")
    audit(here.store, {"L-1"})


@pytest.mark.parametrize(("kind", "most"), [("broadcast", 20), ("parallel 21", 20)])
def test_round_robin_of_thousands_asks_fewer(kind, most):
    """Each offer notes among whom its turn was shared, and a placement has a largest size."""
    here = office(*[Rep(f"rep {n:04}") for n in range(6_000)], offer=kind)
    assert len(here.submit(Lead("L-1")).offers) == most
    here.decline("L-1", "rep 0000")
    assert len(here.placement("L-1").offers) == most - (kind == "broadcast")
    assert len(here.store.get(["placement/L-1"])["placement/L-1"].data) < 60_000
    scored = {"offer": kind, "score": rep_value("level")}
    many = office(*[Rep(f"rep {n:04}") for n in range(6_000)], **scored)
    assert len(many.submit(Lead("L-1")).offers) == (50 if kind == "broadcast" else 21)


def test_offers_of_one_lead_count_once_for_the_team():
    """A cap over all reps counts leads, not offers, and its last place is enough for three offers."""
    rule = Rule("all", score=round_robin(), offer="parallel 3", accept_within="5m")
    here = desk(*IDS, "flo", router=Router(rules=[rule], caps=["1 per day"]))
    assert len(here.submit(Lead("L-1")).offers) == 3
    assert [*here.store.counts(prefix="total/").values()] == [1]
    assert here.submit(Lead("L-2")).status is Status.WAITING
    assert asked(here.decline("L-1", "bob")) == ["ada", "cy", "dan"]
    here.accept("L-1", "cy")
    audit(here.store, {"L-1", "L-2"})
    assert [*here.store.counts(prefix="total/").values()] == [1]


def test_one_more_is_not_refused_by_the_lead_itself():
    """The cap that the lead has filled lets it be offered to one more."""
    rule = Rule("all", score=round_robin(), offer="parallel 2, one more every 10s")
    here = desk(*IDS, router=Router(rules=[rule], caps=["1 per day"]))
    here.submit(Lead("L-1"))
    assert asked(at(here, 10)) == ["ada", "bob"]
    audit(here.store, {"L-1"})


def test_further_reps_are_of_the_same_pool_and_rule():
    """While an offer is open nobody of another pool is asked, and no other rule applies."""
    pools = [Pool("west", reps={"ada", "bob"}), Pool("east", reps={"cy"})]
    rules = [
        Rule("small", when=LEAD.employees < 10, pool="west"),
        Rule(
            "large",
            pool="west",
            offer="parallel 3",
            fallback={"none_eligible": "pool east"},
        ),
    ]
    here = desk("ada", "bob", "cy", router=Router(rules=rules, pools=pools))
    placed = here.submit(Lead("L-1", employees=50))
    assert asked(placed) == ["ada", "bob"]
    assert asked(here.decline("L-1", "ada")) == ["bob"]
    here.update(Lead("L-1", employees=5))
    assert asked(here.decline("L-1", "bob")) == [], "the rule for small leads knows nobody else"
    audit(here.store, {"L-1"})


def test_offers_of_a_policy_that_is_gone_go_on():
    """Live offers of another kind stay, are not added to, and the lead goes on by the policy of today."""
    before = office(offer="parallel 3")
    before.submit(Lead("L-1"))
    today = Router(rules=[Rule("all", score=round_robin(), accept_within="5m")])
    here = evolve(before, router=today)
    assert asked(here.decline("L-1", "ada")) == ["bob", "cy"]
    assert asked(at(here, 300)) == ["dan"]
    audit(here.store, {"L-1"})


def test_clock_of_a_policy_that_is_gone_stops():
    """Nobody is added any more, and nothing is due before the offer ends."""
    before = office(offer="parallel 3, one more every 10s")
    before.submit(Lead("L-1"))
    here = evolve(before, router=Router(rules=[Rule("all", accept_within="5m")]))
    placed = at(here, 10)
    assert (asked(placed), placed.due) == (["ada"], START + timedelta(minutes=5))
    assert here.history("L-1")[-1] == NobodyAdded(START + timedelta(seconds=10))


def test_failure_while_offers_are_open_changes_nothing_else():
    """A decision that raises an error leaves the other offers, and the sweep names the lead."""

    def broken(lead, rep, now):
        raise ValueError("no")

    fine = Router(
        rules=[Rule("all", require="predicate('ok')", offer="parallel 2")],
        predicates={"ok": lambda lead, rep, now: True},
    )
    here = desk(*IDS, router=fine)
    here.submit(Lead("L-1"))
    bad = evolve(here, router=evolve(fine, predicates={"ok": broken}))
    assert asked(bad.decline("L-1", "ada")) == ["bob"]
    audit(here.store, {"L-1"})


def test_facts_that_cannot_be_read_leave_the_offers():
    """Nobody is added then, and the offers that are open stay."""
    here = office(offer="parallel 2")
    here.submit(Lead("L-1"))
    kept = here.store.get(["lead/L-1"])["lead/L-1"]
    here.store.commit(Change("broken", [Put("lead/L-1", "{", kept.version)]))
    assert asked(here.decline("L-1", "ada")) == ["bob"]


def test_suggested_lead_waits_for_an_assignment():
    """It holds nothing and has no clock; the ranking is in the placement and its reasons in the decision."""
    here = evolve(office(offer="suggest"), decisions="compact")
    placed = here.submit(Lead("L-1"))
    assert (placed.status, placed.reason_code, placed.due) == (Status.WAITING, "suggested", None)
    assert placed.suggested == IDS
    assert str(placed) == "lead L-1 is waiting: it waits to be assigned by hand"
    assert placed.to_dict()["suggested"] == [*IDS]
    decision = here.decision("L-1")
    assert decision.rep_id == "ada"
    assert [*decision.pools[0].scores] == [*IDS]
    here.clock.advance("9d")
    assert here.sweep().placements == ()
    assert here.sweep(early=True).placements == ()
    with pytest.raises(NotOfferedError):
        here.accept("L-1", "ada")
    owned = here.assign("L-1", "cy", by="boss")
    assert (owned.owner, owned.suggested) == ("cy", ())
    audit(here.store, {"L-1"})


def test_suggestion_is_made_anew():
    """``reevaluate`` and ``update`` decide again, and the same suggestion is no event."""
    here = office(offer="suggest")
    here.submit(Lead("L-1"))
    assert here.reevaluate("L-1").steps == 2
    here = evolve(here, roster=team("ada", "bob"))
    placed = here.reevaluate("L-1")
    assert (placed.suggested, placed.steps) == (("ada", "bob"), 3)
    updated = here.update(Lead("L-1", country="DE"))
    assert (updated.suggested, updated.reason_code) == (("ada", "bob"), "suggested")
    audit(here.store, {"L-1"})


def test_suggestion_waits_for_somebody_to_suggest():
    """Where nobody could take it now the leads wait in a line, and are suggested when somebody can."""
    here = office("ada", offer="suggest")
    here.submit(Lead("L-0"))
    here.assign("L-0", "ada", by="boss")
    for placed in submitted(here, "L-1", "L-2"):
        assert (placed.reason_code, bool(placed.line)) == ("none_available", True)
    here.feedback("L-0", "won")
    for lead_id in ("L-1", "L-2"):
        placed = here.placement(lead_id)
        assert (placed.reason_code, placed.suggested, placed.line) == ("suggested", ("ada",), "")
        assert isinstance(here.history(lead_id)[-1], Waiting)
    audit(here.store, {"L-0", "L-1", "L-2"})


def test_reminder_comes_once_before_the_end():
    """A sweep that is due then says so, in the outbox too, and the offer ends as before."""
    here = evolve(office(remind_before="2m"), publish=True)
    placed = here.submit(Lead("L-1"))
    assert placed.due == here.next_wakeup() == START + timedelta(minutes=3)
    assert at(here, 179).steps == 2
    assert at(here, 180).due == START + timedelta(minutes=5)
    assert at(here, 200).steps == 3
    assert here.history("L-1")[-1] == Reminded(START + timedelta(minutes=3), "ada")
    kinds = []
    while waiting := here.outbox():
        kinds += [each.event.kind for each in waiting]
        for each in waiting:
            here.ack(each)
    assert kinds == ["received", "offered", "reminded"]
    assert at(here, 300).rep_id == "bob"
    audit(here.store, {"L-1"})


def test_reminder_that_comes_too_late_is_left_out():
    """A sweep after the end of the offer reminds nobody."""
    here = office(remind_before="2m")
    here.submit(Lead("L-1"))
    assert at(here, 301).rep_id == "bob"
    assert Reminded not in map(type, here.history("L-1"))


def test_each_of_several_offers_has_its_reminder():
    """Of the reps who have an offer each is reminded of their own."""
    here = office(offer="parallel 2, one more every 1m", remind_before="2m")
    here.submit(Lead("L-1"))
    at(here, 60)
    at(here, 180)
    at(here, 240)
    told = [event for event in here.history("L-1") if isinstance(event, Reminded)]
    assert [(event.rep_id, (event.at - START).seconds) for event in told] == [
        ("ada", 180),
        ("bob", 240),
    ]
    audit(here.store, {"L-1"})


def test_reminder_in_working_time():
    """It comes so much working time before the end, in the hours of the rep."""
    rep = Rep("ada", schedule="mon-fri 09:00-17:00", timezone="UTC")
    here = office(rep, accept_within="8h working", remind_before="1h")
    here.clock.advance("1h")  # Thursday 10:00
    assert here.submit(Lead("L-1")).due == START + timedelta(hours=8)
    here = office(rep, accept_within="8h working", remind_before="30m")
    here.clock.advance("1h")
    assert here.submit(Lead("L-1")).due == START + timedelta(hours=24, minutes=30)


@pytest.mark.parametrize("release_on", ["outcome", "accept", "shift_end"])
def test_offer_that_needs_no_answer(release_on):
    """The lead is accepted in the change that offers it, within the limits of the rep."""
    rep = Rep("ada", capacity=1, schedule="mon-fri 09:00-17:00", timezone="UTC")
    here = office(rep, auto_accept=True, release_on=release_on)
    placed = here.submit(Lead("L-1"))
    assert (placed.status, placed.owner) == (Status.ACCEPTED, "ada")
    assert [event.kind for event in here.history("L-1")] == ["received", "offered", "accepted"]
    assert placed.due == (START + timedelta(hours=8) if release_on == "shift_end" else None)
    second = here.submit(Lead("L-2"))
    assert (second.status is Status.ACCEPTED) is (release_on == "accept")
    assert here.feedback("L-1", "won").status is Status.CLOSED
    assert here.placement("L-2").owner == "ada"
    audit(here.store, {"L-1", "L-2"})


def test_parallel_offer_is_as_many_requests_as_an_exclusive_one():
    """Three offers come out of the reads of one."""
    asked_for = {}
    for kind in ("exclusive", "parallel 3"):
        store = CountingStore(MemoryStore())
        here = desk(*IDS, router=Router(rules=[Rule("all", offer=kind)]), store=store)
        here.submit(Lead("L-1"))
        asked_for[kind] = len(store.requests)
    assert asked_for["parallel 3"] == asked_for["exclusive"]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["submit", "accept", "decline", "sweep", "won", "withdraw", "assign"]),
        st.integers(0, 3),
        st.sampled_from(IDS),
        st.sampled_from([0, 5, 10, 30, 120]),
    ),
    max_size=25,
)
KINDS = ["parallel 2", "parallel 3, one more every 10s", "broadcast", "suggest", "exclusive"]


@given(STEPS, st.sampled_from(KINDS), st.sampled_from([None, "1m"]))
def test_laws_of_several_offers(steps, kind, reminder):
    """At most k offers are open, nobody has two, the first accept wins, and counters are reservations."""
    here = office(*[Rep(rep, capacity=2) for rep in IDS], offer=kind, remind_before=reminder)
    most, known = here.router.terms("all").kind.most, set()
    calls = {
        "accept": here.accept,
        "decline": here.decline,
        "won": lambda lead_id, _: here.feedback(lead_id, "won"),
        "withdraw": lambda lead_id, _: here.withdraw(lead_id),
        "assign": lambda lead_id, rep_id: here.assign(lead_id, rep_id, by="boss"),
    }
    for name, number, rep_id, seconds in steps:
        here.clock.advance(f"{seconds}s")
        lead_id = f"L-{number}"
        if name == "submit":
            here.submit(Lead(lead_id))
            known.add(lead_id)
        elif name == "sweep":
            assert not here.sweep().errors
        elif lead_id in known:
            with suppress(InvalidTransitionError):  # an answer out of turn
                calls[name](lead_id, rep_id)
        found = audit(here.store, known)
        for placed in found.values():
            ids = asked(placed)
            assert len(ids) == len({*ids}) <= most
            assert not (placed.owner and ids)
