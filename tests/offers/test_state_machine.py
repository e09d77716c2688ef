from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from tests.offers.world import outcomes

from leadroute import Lead, MemoryStore, Rep, Roster, Router, Rule, Snapshot
from leadroute.errors import InvalidTransitionError
from leadroute.model.snapshot import TrackRecords
from leadroute.offers import transitions
from leadroute.offers.change import Add, Change, Emit, Put, Raise
from leadroute.offers.counts import Books, Desk
from leadroute.offers.draft import Draft
from leadroute.offers.events import (
    KINDS,
    Accepted,
    AnotherChance,
    Assigned,
    Back,
    CatchAll,
    Contacted,
    DeadlineMissed,
    DeadlineWarned,
    Declined,
    Disqualified,
    FeedbackGiven,
    FollowUpDue,
    Forgotten,
    NobodyAdded,
    Offered,
    OfferWithdrawn,
    Paused,
    PolicyChanged,
    Received,
    Released,
    Reminded,
    Reopened,
    Repaired,
    Rerouted,
    Resumed,
    TimedOut,
    Updated,
    Waiting,
    Withdrawn,
)
from leadroute.offers.placement import Status
from leadroute.offers.requests import run
from leadroute.offers.state_machine import MOVES, move, rebuild, state_of
from leadroute.offers.transitions import holds
from leadroute.offers.turn_taken import TurnTaken
from leadroute.ranking.scorers.round_robin import turn_of
from leadroute.rules.routing_context import RoutingContext

ROUTER, TEAM = Router(rules=[Rule("r", pool=None)]), Roster([Rep("ada"), Rep("bob")])
AT = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
DUE = AT + timedelta(minutes=5)
EXAMPLES = {
    Received: Received(AT),
    Disqualified: Disqualified(AT, "no budget"),
    Offered: Offered(
        AT, "ada", "r", "p", DUE, 0.5, {"rep/open/ada": 1, "cap/ada/day/1": 1}, token="t-ada"
    ),
    Waiting: Waiting(AT, "none_available", "r", line="l"),
    CatchAll: CatchAll(AT, "no_rule_matched", "catch_all"),
    Accepted: Accepted(AT, "ada"),
    Declined: Declined(AT, "ada"),
    TimedOut: TimedOut(DUE, "ada"),
    Reminded: Reminded(AT, "ada"),
    NobodyAdded: NobodyAdded(AT, DUE),
    OfferWithdrawn: OfferWithdrawn(AT, "ada", "accepted"),
    Withdrawn: Withdrawn(AT, "spam"),
    Reopened: Reopened(AT),
    Rerouted: Rerouted(AT, "", ("ada",)),
    DeadlineWarned: DeadlineWarned(AT, "respond", 1, DUE, "ada"),
    DeadlineMissed: DeadlineMissed(DUE, "respond", DUE, "ada", ("ada", "lena")),
    FollowUpDue: FollowUpDue(DUE, "ada", 1, DUE),
    AnotherChance: AnotherChance(AT, "ada"),
    Paused: Paused(AT, "ada", DUE, "lunch", "bob"),
    Resumed: Resumed(AT, "ada"),
    Back: Back(AT, "ada"),
    PolicyChanged: PolicyChanged(AT, "v1", "v2"),
    Repaired: Repaired(AT, ("entry",)),
    Forgotten: Forgotten(AT),
    Updated: Updated(AT, 3),
    Contacted: Contacted(AT, "ada"),
    FeedbackGiven: FeedbackGiven(AT, "ada", "meeting", closing=False),
    Assigned: Assigned(AT, "bob", "manager", reservations={"rep/open/bob": 1}),
    Released: Released(AT, "ada"),
}
LIVES = {
    Status.RECEIVED: [Received],
    Status.DISQUALIFIED: [Received, Disqualified],
    Status.WAITING: [Received, Waiting],
    Status.OFFERED: [Received, Offered],
    Status.ACCEPTED: [Received, Offered, Accepted],
    Status.CONTACTED: [Received, Offered, Accepted, Contacted],
    Status.CATCH_ALL: [Received, CatchAll],
    Status.WITHDRAWN: [Received, CatchAll, Withdrawn],
    Status.FORGOTTEN: [Received, CatchAll, Forgotten],
}
CLOSING = FeedbackGiven(AT, "ada", "won", closing=True, value=5)


def books(store=None):
    """The counts of a step over a store that is empty unless it is given."""
    desk = Desk(ROUTER, TEAM, TrackRecords(), {}, lambda: "token")
    return Asked(MemoryStore() if store is None else store, Books(desk, AT))


class Asked:
    """The counts of a step, whose requests are answered at once."""

    def __init__(self, store, books):
        self.store, self.books = store, books

    def credits(self, pool):
        return run(self.books.credits(pool), self.store, None)


def operations(before, events, lead_id, version, step):
    """The placement after some events, and what the change does to the store."""

    def steps():
        draft = Draft(lead_id, before, version, step.books)
        for event in events:
            yield from draft.happen(event)
        ops = yield from draft.operations()
        return draft.placed, ops

    return run(steps(), step.store, None)


def lived(status):
    """A placement in a status, by the events that lead there."""
    if status is Status.CLOSED:
        return rebuild("L-1", [*(EXAMPLES[kind] for kind in LIVES[Status.ACCEPTED]), CLOSING])
    return rebuild("L-1", [EXAMPLES[kind] for kind in LIVES[status]])


def test_every_event_has_an_example():
    """The examples cover the whole vocabulary, whose tags are unique."""
    assert set(EXAMPLES) == set(KINDS.values())
    assert all(KINDS[kind.kind] is kind for kind in EXAMPLES)


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.__name__)
def test_the_table_is_the_whole_law(status, kind):
    """A move in the table leads where it says; any other is refused and says what is so instead."""
    before, event = lived(status), EXAMPLES[kind]
    if (status, kind) in MOVES:
        after = move(before, event, "L-1")
        assert after.status is MOVES[status, kind]
        assert after.steps == before.steps + 1
    else:
        with pytest.raises(InvalidTransitionError) as refused:
            move(before, event, "L-1")
        assert str(refused.value) == (
            f"cannot record {kind.kind!r} for lead 'L-1': {state_of(before)}"
        )


def test_a_life_begins_with_a_submission():
    """Nothing can happen to a lead that was never submitted."""
    assert rebuild("L-1", []) is None
    with pytest.raises(
        InvalidTransitionError, match="cannot record 'offered' for lead 'L-1': it was never"
    ):
        move(None, EXAMPLES[Offered], "L-1")


def test_what_is_given_back():
    """A decline and a time-out give back everything; the end of the work gives back the open lead alone."""
    for kind in (Declined, TimedOut):
        after = move(lived(Status.OFFERED), EXAMPLES[kind], "L-1")
        assert (holds(after), after.rep_id, after.pool) == ({}, None, None)
        assert outcomes(after) == {"ada": kind.kind}
    assert lived(Status.CLOSED).reservations == {"cap/ada/day/1": 1}


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (Status.RECEIVED, "lead L-1 is received: "),
        (Status.DISQUALIFIED, "lead L-1 is disqualified: did not pass 'no budget'"),
        (Status.WAITING, "lead L-1 is waiting: nobody is available now"),
        (Status.OFFERED, "lead L-1 is offered to ada until 2026-01-01 09:05:00 UTC"),
        (Status.ACCEPTED, "lead L-1 is accepted by ada"),
        (Status.CONTACTED, "lead L-1 is contacted by ada"),
        (Status.CLOSED, "lead L-1 is closed by ada (won)"),
        (Status.CATCH_ALL, "lead L-1 is with the catch-all catch_all: no rule matched"),
        (Status.WITHDRAWN, "lead L-1 is withdrawn: it was withdrawn: spam"),
    ],
)
def test_a_placement_in_one_line(status, said):
    """The text of a placement says who has the lead."""
    assert str(lived(status)) == said


def test_feedback_keeps_the_value():
    """Feedback without a value leaves the one that was given before."""
    valued = move(lived(Status.ACCEPTED), FeedbackGiven(AT, "ada", "a", False, 5), "L-1")
    assert move(valued, FeedbackGiven(AT, "ada", "b", False), "L-1").value == 5


def test_the_operations_of_a_change():
    """What is counted is the difference of the holds, with the rep's limits as guards."""
    offered = evolve(EXAMPLES[Offered], limits={"rep/open/ada": 3})
    events = [EXAMPLES[Received], offered]
    after, ops = operations(None, events, "L-1", 0, books())
    assert Add("rep/open/ada", 1, hi=3) in ops
    assert Add("cap/ada/day/1", 1) in ops
    assert [(op.n, op.type) for op in ops if isinstance(op, Emit)] == [
        (1, "received"),
        (2, "offered"),
    ]
    offer, put = (op for op in ops if isinstance(op, Put))
    assert (offer.key, offer.expect, offer.owner) == ("offer/L-1/ada", 0, "ada")
    assert (put.key, put.expect, put.status, put.owner) == ("placement/L-1", 0, "offered", "")
    assert [op.key for op in ops if isinstance(op, Raise)] == ["rep/last/ada", "order"]
    _, back = operations(after, [EXAMPLES[Declined]], "L-1", 1, books())
    assert Add("rep/open/ada", -1, lo=None) in back
    _, closing = operations(lived(Status.ACCEPTED), [CLOSING], "L-1", 1, books())
    assert Add("rep/won/ada", 1) in closing
    lost = FeedbackGiven(AT, "ada", "lost", closing=True)
    _, closing = operations(lived(Status.ACCEPTED), [lost], "L-1", 1, books())
    assert not any(isinstance(op, Add) and "won" in op.key for op in closing)


def test_a_turn_is_written_at_its_version_and_given_back_to_the_last_part():
    """An offer writes the record of its pool at the version that was read; a decline writes it as it was."""
    store = MemoryStore()
    store.commit(Change("c-1", (Put("credits/p", '{"reps":[],"turns":[],"credits":[]}', 0),)))
    step = books(store)
    team = (Rep("ada", weight=3), Rep("bob", weight=0.7))
    turn = step.credits("p").take(turn_of(RoutingContext(Lead("L-1"), team, "p", Snapshot()), 0))
    assert isinstance(turn, TurnTaken)
    offered = evolve(EXAMPLES[Offered], turn=turn, order=7)
    after, ops = operations(None, [EXAMPLES[Received], offered], "L-1", 0, step)
    assert [(op.key, op.expect) for op in ops if isinstance(op, Put)] == [
        ("credits/p", 1),
        ("offer/L-1/ada", 0),
        ("placement/L-1", 0),
    ]
    store.commit(Change("c-2", ops))
    assert after.offers[0].turn == turn
    assert not any(books(store).credits("p").credits()[rep_id] == 0 for rep_id in ("ada", "bob"))
    for ending in (Declined, TimedOut, Assigned):
        step = books(store)
        moved, back = operations(after, [EXAMPLES[ending]], "L-1", 1, step)
        assert step.credits("p").credits() == {"ada": 0, "bob": 0}
        assert moved.turn is None
        assert Add("rep/last/ada", -7, lo=0, hi=0) in back
    accepted, kept = operations(after, [EXAMPLES[Accepted]], "L-1", 1, books(store))
    assert accepted.turn == turn.accepted()
    assert [op.key for op in kept if isinstance(op, Put)] == ["placement/L-1"]


def test_a_change_without_events():
    """There is no change in which nothing happens."""
    with pytest.raises(InvalidTransitionError, match="nothing happened to it"):
        operations(None, [], "L-1", 0, books())


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.OFFERED])
def test_only_offers_expire(status):
    """Nothing but an offer runs out."""
    assert transitions.expiries(lived(status), DUE) == []


@pytest.mark.parametrize(
    "status",
    [
        status
        for status in LIVES
        if status not in (Status.RECEIVED, Status.CLOSED, Status.WITHDRAWN, Status.FORGOTTEN)
    ],
)
def test_lead_that_has_not_ended_is_assigned_by_hand(status):
    """Whatever became of a lead, it can be given to a rep by hand, who then owns it."""
    after = move(lived(status), EXAMPLES[Assigned], "L-1")
    assert after.owner == EXAMPLES[Assigned].rep_id
    contacted = status is Status.CONTACTED
    assert after.status is (Status.CONTACTED if contacted else Status.ACCEPTED)
