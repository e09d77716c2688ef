"""Turns granted by a dispatcher: what they do to the rotation, what pays, what ends, and what is made up for."""

import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.offers.world import Racing, audit, rotation, standing
from tests.profiles import examples

from leadroute import (
    LEAD,
    Dispatcher,
    Lead,
    MemoryStore,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    SqliteStore,
    round_robin,
)
from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.model.duration import to_micros
from leadroute.model.keys import key, parts
from leadroute.model.snapshot import REASONS, TurnCredit
from leadroute.offers import turn_credits
from leadroute.testing import ManualClock

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MAY = datetime(2026, 5, 1, tzinfo=UTC)
MODES = [round_robin(), round_robin("strict")]

each_mode = pytest.mark.parametrize("score", MODES, ids=str)


def desk(*reps, score=MODES[0], store=None, router=None, clock=None):
    """A dispatcher over these reps, with one rule unless there is a router."""
    team = Roster([Rep(rep) if isinstance(rep, str) else rep for rep in reps])
    policy = router or Router(rules=[Rule("all", score=score, accept_within="5m")])
    return Dispatcher(policy, team, store or MemoryStore(), clock or ManualClock(NOON))


def route(dispatcher, number, prefix="L"):
    """Submit leads, each accepted by whom it is offered to, and give the reps in order."""
    taken = []
    for index in range(number):
        placement = dispatcher.submit(Lead(f"{prefix}-{index}"))
        dispatcher.accept(placement.lead_id, placement.rep_id)
        taken.append(placement.rep_id)
    return "".join(taken)


def words(dispatcher, rep_id):
    """The reason that the rotation gives for a rep."""
    ranking = dispatcher.router.rank(
        Lead("asked"),
        dispatcher.roster,
        now=dispatcher.clock.now(),
        snapshot=dispatcher.snapshot(),
    )
    (found,) = (each for each in ranking.assignments if each.rep_id == rep_id)
    return found.terms[0].reason


@each_mode
def test_a_make_up_turn_comes_next_and_leaves_the_rotation_as_it_was(score):
    """Bob's void lead is made up for at once, and then the rotation goes on as if that lead had not been."""
    dispatcher = desk("a", "b", "c", score=score)
    assert route(dispatcher, 3) == "abc"
    dispatcher.credit_turns("b", reason="make_up", cause="L-1", expires=MAY)
    assert words(dispatcher, "b").endswith(
        "1 turn taken; has a make-up turn for L-1 until 2026-05-01 00:00 UTC"
    )
    assert route(dispatcher, 7, "M")[0] == "b"
    assert Counter(route(dispatcher, 30, "N")) == {"a": 10, "b": 10, "c": 10}
    assert dispatcher.snapshot().turn_credits == {}
    assert "make-up" not in words(dispatcher, "b")


@each_mode
def test_withheld_turns_are_skipped_once(score):
    """Who owes two turns is passed over until the others are two ahead, and owes nothing any more."""
    dispatcher = desk("a", "b", score=score)
    assert route(dispatcher, 4) == "abab"
    dispatcher.credit_turns("a", -2, reason="skip", cause="desk duty", expires=MAY)
    assert words(dispatcher, "a") == (
        "2 turns taken; owes 2 skip turns for desk duty until 2026-05-01 00:00 UTC"
    )
    after = route(dispatcher, 20, "M")
    assert Counter(after) == {"a": 9, "b": 11}
    assert set(after[:2]) == {"b"}
    assert dispatcher.snapshot().turn_credits == {}


@each_mode
def test_who_returns_every_lead_gets_one_make_up_turn(score):
    """The lead of a make-up turn earns no further one, and what was granted stays granted once."""
    dispatcher = desk("a", "b", score=score)
    assert route(dispatcher, 1) == "a"
    first = dispatcher.credit_turns("a", reason="make_up", cause="L-0", expires=MAY)
    assert first == TurnCredit(MAY, "make_up", "L-0")
    assert (
        dispatcher.credit_turns("a", 5, reason="make_up", cause="L-0", expires=MAY + DAY) == first
    )
    following = route(dispatcher, 2, "M")
    again, other = f"M-{following.index('a')}", f"M-{following.index('b')}"
    assert dispatcher.credit_turns("a", reason="make_up", cause=again, expires=MAY) is None
    assert dispatcher.credit_turns("b", reason="make_up", cause=other, expires=MAY) is not None
    assert dispatcher.credit_turns("a", reason="absence", cause=again, expires=MAY) is not None


def test_a_make_up_turn_that_is_declined_is_kept():
    """An offer that is refused gives the granted turn back; it pays for the next one, and the log says so."""
    dispatcher = desk("a", "b")
    route(dispatcher, 2)
    dispatcher.credit_turns("b", reason="make_up", cause="L-1", expires=MAY)
    assert dispatcher.submit(Lead("M-1")).rep_id == "b"
    assert dispatcher.snapshot().turn_credits == {}
    dispatcher.decline("M-1", "b", "busy")
    assert dispatcher.snapshot().turn_credits == {
        "everyone": {"b": (TurnCredit(MAY, "make_up", "L-1"),)}
    }
    assert route(dispatcher, 1, "N") == "b"
    turn = dispatcher.history("N-0")[1].turn
    assert turn.paid == {key(str(to_micros(MAY)), "make_up", "L-1"): -1}
    assert (turn.rep_id, turn.taken, turn.units, turn.shares) == ("b", 0, 0, {})


@each_mode
def test_a_grant_is_over_at_its_end(score):
    """At the very instant of its end a grant counts no more; the next one clears it away."""
    dispatcher = desk("a", "b", "c", score=score)
    route(dispatcher, 3)
    dispatcher.credit_turns("c", 2, reason="absence", cause="flu", expires=NOON + DAY)
    dispatcher.clock.set(NOON + DAY - timedelta(microseconds=1))
    assert "2 absence turns for flu" in words(dispatcher, "c")
    dispatcher.clock.set(NOON + DAY)
    assert words(dispatcher, "c") == "1 turn taken"
    assert route(dispatcher, 3, "M") == "abc"
    assert set(rotation(dispatcher.store, "everyone")[3]) == {"c"}
    dispatcher.credit_turns("c", reason="skip", cause="M-0", expires=MAY)
    (left,) = rotation(dispatcher.store, "everyone")[3]["c"]
    assert parts(left)[1:] == ("skip", "M-0")


def test_two_leads_are_never_paid_for_by_one_turn():
    """Two processes see one granted turn: the one that commits second decides again."""
    one = desk("a", "b", "c")
    route(one, 3)
    one.credit_turns("b", reason="make_up", cause="L-1", expires=MAY)
    other = Dispatcher(one.router, one.roster, one.store, one.clock)
    racing = Dispatcher(
        one.router,
        one.roster,
        Racing(lambda: other.submit(Lead("M-1")), store=one.store),
        one.clock,
    )
    racing.submit(Lead("M-2"))
    assert [one.placement(lead).rep_id for lead in ("M-1", "M-2")] == ["b", "a"]
    assert one.snapshot().turn_credits == {}


def test_two_hosts_grant_the_same_thing_once():
    """Who comes second finds what the first has granted."""
    one = desk("a", "b")
    route(one, 1)
    rival = Racing(
        lambda: one.credit_turns("a", reason="make_up", cause="L-0", expires=MAY), store=one.store
    )
    other = Dispatcher(one.router, one.roster, rival, one.clock)
    found = other.credit_turns("a", 3, reason="make_up", cause="L-0", expires=MAY + DAY)
    assert found == TurnCredit(MAY, "make_up", "L-0")
    assert one.snapshot().turn_credits == {"everyone": {"a": (found,)}}


def test_the_pool_is_that_of_the_lead():
    """A turn is granted where the lead was placed; without such a lead, it has to be said where."""
    rules = [
        Rule("emea", when=LEAD.country == "DE", pool="emea", score=round_robin()),
        Rule("rest", score=round_robin()),
    ]
    router = Router(rules=rules, pools=[Pool("emea", reps={"a", "b"})])
    dispatcher = desk("a", "b", router=router)
    dispatcher.submit(Lead("L-1", country="DE"))
    dispatcher.credit_turns("a", reason="make_up", cause="L-1", expires=MAY)
    dispatcher.credit_turns("a", reason="joiner", cause="2026-03", expires=MAY, pool="everyone")
    assert set(dispatcher.snapshot().turn_credits) == {"emea", "everyone"}
    with pytest.raises(ConfigError) as caught:
        dispatcher.credit_turns("a", reason="joiner", cause="2026-04", expires=MAY)
    assert str(caught.value) == (
        "no lead '2026-04' was placed through a pool; write pool=, one of 'emea' or 'everyone'"
    )
    with pytest.raises(UnknownFieldError, match="emea"):
        dispatcher.credit_turns("a", reason="joiner", cause="2026-04", expires=MAY, pool="emae")


def test_what_cannot_be_granted_is_refused():
    """A rep nobody knows, a grant that is over, and a key that no store can keep change nothing."""
    dispatcher = desk("a", "b")
    with pytest.raises(UnknownFieldError, match="no rep in the roster"):
        dispatcher.credit_turns("zoe", reason="skip", cause="x", expires=MAY)
    with pytest.raises(ValidationError, match="expires is 2026-03-04 12:00 UTC, which is past"):
        dispatcher.credit_turns("a", reason="skip", cause="x", expires=NOON)
    pools = [Pool("p" * 80, reps={"r" * 80})]
    long = desk("r" * 80, router=Router(rules=[Rule("all", pool="p" * 80)], pools=pools))
    with pytest.raises(ValidationError, match=r"cause makes a key of 19\d characters; write a sh"):
        long.credit_turns("r" * 80, reason="skip", cause="c" * 20, expires=MAY, pool="p" * 80)
    assert dispatcher.store.counts() == long.store.counts() == {}


moves = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from([0, 0, 0, 0, 1, 1, 2, -1, -3])),
    max_size=25,
)


@examples(40)
@given(moves, st.sampled_from(MODES))
def test_everyone_gets_their_share_and_what_was_granted(steps, score):
    """Whatever is granted, in the end each has had the share, and that much more or less."""
    dispatcher, granted = desk("a", "b", "c", score=score), Counter()
    for number, (rep_id, turns) in enumerate(steps):
        if turns:
            dispatcher.credit_turns(rep_id, turns, reason="skip", cause=f"g-{number}", expires=MAY)
            granted[rep_id] += turns
        else:
            route(dispatcher, 1, f"M{number}")
    route(dispatcher, 3 * (20 + sum(map(abs, granted.values()))), "N")
    owned = Counter(
        dispatcher.placement(event.lead).owner
        for event in dispatcher.store.events(limit=100_000)
        if event.n == 1
    )
    net = {rep_id: owned[rep_id] - granted[rep_id] for rep_id in "abc"}
    assert max(net.values()) - min(net.values()) <= 1
    assert dispatcher.snapshot().turn_credits == {}


class Office(RuleBasedStateMachine):
    """Grants, offers, answers and time, over two stores at once."""

    @initialize(score=st.sampled_from(MODES))
    def open(self, score):
        self.folder = tempfile.TemporaryDirectory()
        self.clock, self.number = ManualClock(NOON), 0
        disk = SqliteStore(Path(self.folder.name) / "office.db", synchronous="normal")
        self.desks = [
            evolve(
                desk("a", "b", "c", score=score, store=store, clock=self.clock),
                tokens=partial(str, "token"),
            )
            for store in (MemoryStore(), disk)
        ]
        self.turn_credits, self.leads = {}, []

    def both(self, act):
        """Do it in both offices, and find the same."""
        memory, disk = (act(each) for each in self.desks)
        assert memory == disk
        return memory

    @rule(
        rep_id=st.sampled_from("abc"),
        turns=st.sampled_from([1, 1, 2, -1, -2]),
        reason=st.sampled_from(REASONS),
        cause=st.integers(0, 5),
        hours=st.sampled_from([1, 3, 48]),
    )
    def credit(self, rep_id, turns, reason, cause, hours):
        cause, expires = f"L-{cause}", self.clock.now() + timedelta(hours=hours)
        known = self.turn_credits.get((rep_id, reason, cause))
        found = self.both(
            lambda each: each.credit_turns(
                rep_id, turns, reason=reason, cause=cause, expires=expires, pool="everyone"
            )
        )
        if known is not None:
            assert found == known
        elif found is None:
            assert reason == "make_up"
            assert self.was_granted(rep_id, cause)
        else:
            assert not (reason == "make_up" and self.was_granted(rep_id, cause))
            self.turn_credits[rep_id, reason, cause] = found

    def was_granted(self, rep_id, lead_id):
        placed = self.desks[0].placement(lead_id) if lead_id in self.leads else None
        return turn_credits.was_credited(placed, rep_id)

    @rule()
    def submit(self):
        lead = Lead(f"L-{self.number}")
        self.number += 1
        self.leads.append(lead.id)
        self.both(lambda each: each.submit(lead))

    @rule(answer=st.sampled_from(["accept", "accept", "decline"]))
    def answer(self, answer):
        for lead_id in self.leads:
            placement = self.desks[0].placement(lead_id)
            if placement.status == "offered" and self.clock.now() < placement.due:
                self.both(lambda each: getattr(each, answer)(lead_id, placement.rep_id))  # noqa: B023
                return

    @rule(minutes=st.sampled_from([3, 5, 60, 180]))
    def time_passes(self, minutes):
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))
        self.both(lambda each: each.sweep())

    @invariant()
    def the_logs_rebuild_the_grants(self):
        """What was granted less what the offers hold is what the store has, and neither passes 0."""
        if not hasattr(self, "desks"):
            return
        snapshot = self.both(lambda each: each.snapshot())
        held, taken = Counter(), Counter()
        for lead_id in self.leads:
            for offered in standing(self.desks[0].history(lead_id)):
                held.update({(offered.rep_id, paid): n for paid, n in offered.turn.paid.items()})
                taken[offered.rep_id] += offered.turn.taken
        now, expected = self.clock.now(), {}
        for (rep_id, reason, cause), credit in self.turn_credits.items():
            about = key(str(to_micros(credit.expires)), reason, cause)
            left = credit.turns + held[rep_id, about]
            assert min(credit.turns, 0) <= left <= max(credit.turns, 0), "paid twice"
            if left and now < credit.expires:
                expected.setdefault(rep_id, set()).add((credit.expires, reason, cause, left))
        assert expected == {
            rep_id: {(each.expires, each.reason, each.cause, each.turns) for each in credited}
            for rep_id, credited in snapshot.turn_credits.get("everyone", {}).items()
        }
        for each in self.desks:
            audit(each.store, self.leads)
        assert {rep_id: n for rep_id, n in taken.items() if n} == snapshot.turns.get("everyone", {})

    def teardown(self):
        if hasattr(self, "desks"):
            self.desks[1].store.close()
            self.folder.cleanup()


Office.TestCase.settings = examples(25, stateful_step_count=30)
TestOffice = Office.TestCase
