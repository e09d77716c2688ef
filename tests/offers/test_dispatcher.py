import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from attrs import evolve
from tests.offers.world import (
    ANYONE,
    START,
    Failing,
    Lagging,
    Racing,
    audit,
    desk,
    outcomes,
    submitted,
    team,
)

from leadroute import (
    LEAD,
    REP,
    Cap,
    Dispatcher,
    Disposition,
    Lead,
    LeadrouteError,
    MemoryStore,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    SqliteStore,
    Status,
    free_capacity,
)
from leadroute.errors import (
    ConflictError,
    FieldTypeError,
    InvalidTransitionError,
    LeadNotFoundError,
    NotOfferedError,
    OfferExpiredError,
    TransientError,
    ValidationError,
)
from leadroute.offers import requests
from leadroute.offers.events import CatchAll, Declined, Offered, Received, TimedOut, Waiting
from leadroute.testing import ManualClock


def kinds(dispatcher, lead_id):
    return [type(event) for event in dispatcher.history(lead_id)]


def test_a_lead_is_offered_with_its_window():
    """Submitting qualifies, decides and offers in one change."""
    here = desk("ada")
    placement = here.submit(Lead("L-1", received_at=START - timedelta(hours=1)))
    assert placement.status is Status.OFFERED
    assert (placement.rep_id, placement.rule, placement.pool) == ("ada", "all", "everyone")
    assert placement.due == START + timedelta(minutes=5)
    assert placement.received_at == START - timedelta(hours=1)
    assert kinds(here, "L-1") == [Received, Offered]
    assert str(placement) == "lead L-1 is offered to ada until 2026-01-01 09:05:00 UTC"


def test_submitting_twice_is_one_placement():
    """The second submission gives the placement as it is now, even with other facts."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    accepted = here.accept("L-1", "ada")
    assert here.submit(Lead("L-1", country="DE")) == accepted
    assert len(here.history("L-1")) == 3


def test_a_duplicate_that_won_the_race_is_found():
    """When somebody else submits the same lead at the same time, both get the one placement."""
    store = Racing()
    here = desk("ada", "bob", store=store)
    store.rivals.append(lambda: evolve(here, store=store.store).submit(Lead("L-1")))
    assert here.submit(Lead("L-1")).steps == 2
    audit(store.store, {"L-1"})


@pytest.mark.parametrize(
    ("router", "status", "code", "said"),
    [
        (Router(rules=[]), Status.CATCH_ALL, "no_rule_matched", "no rule matched"),
        (
            Router(rules=[Rule("r", pool="p")], pools=[Pool("p", reps={"zoe"})]),
            Status.CATCH_ALL,
            "pool_empty",
            "the pool is empty",
        ),
        (
            Router(rules=[Rule("r", require=REP.level > 5)]),
            Status.CATCH_ALL,
            "none_eligible",
            "nobody is eligible",
        ),
        (
            Router(rules=[Rule("r")], qualify=(LEAD.budget > 0) & (LEAD.employees >= 10)),
            Status.DISQUALIFIED,
            "disqualified",
            "did not pass 'lead.budget > 0'",
        ),
    ],
)
def test_a_lead_that_no_rep_can_take(router, status, code, said):
    """Each way of finding nobody has its own status or reason, and the lead is kept."""
    here = desk("ada", router=router)
    placement = here.submit(Lead("L-1"))
    assert (placement.status, placement.reason_code) == (status, code)
    assert placement.rep_id == ("catch_all" if status is Status.CATCH_ALL else None)
    assert said in str(placement)
    assert said in placement.reason
    with pytest.raises(InvalidTransitionError, match=r"catch-all|disqualified"):
        here.accept("L-1", "ada")
    assert here.sweep().next_wakeup is None
    audit(here.store, {"L-1"})


def test_nothing_is_stored_when_a_fact_has_the_wrong_type():
    """The error names rule and lead, and the lead can be submitted again once it is mended."""
    here = desk("ada", router=Router(rules=[Rule("r")], qualify=LEAD["seats"] > 5))
    with pytest.raises(FieldTypeError, match="rule 'qualify', lead 'L-1': lead\\['seats'\\]"):
        here.submit(Lead("L-1", attributes={"seats": "ten"}), on_error="raise")
    audit(here.store, set())
    assert here.submit(Lead("L-1", attributes={"seats": 10})).rep_id == "ada"


@pytest.mark.parametrize(
    "call", ["accept", "decline", "record_contact", "feedback", "placement", "history"]
)
def test_an_unknown_lead(call):
    """Asking about a lead that was never submitted says so."""
    arguments = {"accept": ["ada"], "decline": ["ada"], "feedback": ["won"]}.get(call, [])
    with pytest.raises(
        LeadNotFoundError, match="no placement for lead 'L-9'; submit the lead first"
    ):
        getattr(desk("ada"), call)("L-9", *arguments)


def test_accepting():
    """The rep owns the lead; accepting again changes nothing; others hear who has it since when."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    accepted = here.accept("L-1", "ada")
    assert (accepted.owner, accepted.due, accepted.accepted_at) == ("ada", None, START)
    here.clock.advance("1h")
    assert here.accept("L-1", "ada") == accepted
    with pytest.raises(InvalidTransitionError) as refused:
        here.accept("L-1", "bob")
    assert str(refused.value) == (
        "'bob' cannot accept lead 'L-1': it is accepted; 'ada' has had it since 2026-01-01 09:00:00 UTC"
    )


def test_the_window_is_half_open():
    """A microsecond before its end an offer can be taken; at its end it is over, swept or not."""
    last = desk("ada")
    last.submit(Lead("L-1"))
    last.clock.advance(timedelta(minutes=5) - timedelta(microseconds=1))
    assert last.sweep().timed_out == 0
    assert last.accept("L-1", "ada").owner == "ada"
    late = desk("ada", "bob")
    late.submit(Lead("L-1"))
    late.clock.advance("5m")
    for call in (late.accept, late.decline):
        with pytest.raises(
            InvalidTransitionError, match="the offer ended at 2026-01-01 09:05:00 UTC"
        ):
            call("L-1", "ada")
    swept = late.sweep()
    assert (swept.timed_out, swept.offered, swept.catch_all) == (1, 1, 0)
    assert swept.next_wakeup == START + timedelta(minutes=10)
    with pytest.raises(
        InvalidTransitionError, match="it is offered to 'bob' until 2026-01-01 09:10:00 UTC"
    ):
        late.accept("L-1", "ada")
    assert kinds(late, "L-1") == [Received, Offered, TimedOut, Offered]


def test_declining_passes_on_at_once():
    """The next rep has the offer when decline returns, and the last decline leads to the catch-all."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    assert here.decline("L-1", "ada", "too small").rep_id == "bob"
    assert Declined(START, "ada", "too small") in here.history("L-1")
    caught = here.decline("L-1", "bob")
    assert (caught.status, caught.reason_code) == (Status.CATCH_ALL, "none_eligible")
    assert outcomes(caught) == {"ada": "declined", "bob": "declined"}
    assert kinds(here, "L-1")[-1] is CatchAll
    audit(here.store, {"L-1"})


def test_a_reason_is_a_word():
    """A reason that could be free text is refused without being repeated, before anything happens."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    with pytest.raises(
        ValidationError, match="Declined 'L-1': reason has 81 characters"
    ) as refused:
        here.decline("L-1", "ada", "x" * 81)
    assert "xxx" not in str(refused.value)
    assert here.placement("L-1").status is Status.OFFERED


def test_contact_and_feedback():
    """Each contact is noted; feedback that ends the work frees the capacity and counts the deal."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    with pytest.raises(
        InvalidTransitionError, match="cannot contact lead 'L-1': it is offered to 'ada'"
    ):
        here.record_contact("L-1")
    with pytest.raises(InvalidTransitionError, match="cannot give feedback on lead 'L-1'"):
        here.feedback("L-1", "won")
    here.accept("L-1", "ada")
    here.feedback("L-1", "meeting")
    contacted = here.record_contact("L-1")
    assert here.record_contact("L-1") == evolve(contacted, steps=contacted.steps + 1)
    assert contacted.status is Status.CONTACTED
    met = here.feedback("L-1", "meeting", value=10)
    assert (met.status, met.value) == (Status.CONTACTED, 10)
    assert here.feedback("L-1", "meeting", value=10) == met
    assert here.snapshot().open == {"ada": 1}
    won = here.feedback("L-1", "won", value=48_000)
    assert (won.status, won.outcome, won.value, won.closed_at) == (
        Status.CLOSED,
        "won",
        48_000,
        START,
    )
    assert here.feedback("L-1", "won") == here.feedback("L-1", "won", value=48_000) == won
    with pytest.raises(InvalidTransitionError, match="it is closed; 'ada' has had it since"):
        here.feedback("L-1", "lost")
    assert str(won) == "lead L-1 is closed by ada (won)"
    counts = here.snapshot()
    assert (counts.open, counts.won, counts.closed) == ({}, {"ada": 1}, {"ada": 1})
    assert counts.turns == {"everyone": {"ada": 1}}
    audit(here.store, {"L-1"})


def test_a_closed_lead_cannot_be_contacted_for_the_first_time():
    """After the end there is no first contact any more."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    here.feedback("L-1", "spam")
    with pytest.raises(InvalidTransitionError, match="cannot contact lead 'L-1': it is closed"):
        here.record_contact("L-1")


def test_the_dispositions_of_the_policy_say_what_ends_the_work():
    """A word of the policy's own may close the lead, and a usual end may leave it open."""
    words = [Disposition("parked", closes=True), Disposition("lost")]
    here = desk(Rep("ada"), router=Router(rules=[Rule("all")], dispositions=words))
    submitted(here, "L-1", "L-2")
    for lead_id in ("L-1", "L-2"):
        here.accept(lead_id, "ada")
    assert here.feedback("L-1", "Parked").status is Status.CLOSED
    assert here.feedback("L-2", "lost").status is Status.ACCEPTED


@pytest.mark.parametrize(
    ("status", "value", "problem"),
    [
        ("", None, "status is empty; write a word of your own list"),
        (5, None, "status is withheld .* of type int; write text"),
        ("x" * 81, None, "status has 81 characters; .* no free text"),
        ("won", float("nan"), "value is not known; write one"),
        ("won", True, "value is True of type bool; write a number"),
    ],
)
def test_feedback_that_cannot_be_kept(status, value, problem):
    """A status is a word and a value a finite number; anything else is refused and changes nothing."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    before = here.accept("L-1", "ada")
    with pytest.raises(ValidationError, match=f"FeedbackGiven 'L-1': {problem}"):
        here.feedback("L-1", status, value=value)
    assert here.placement("L-1") == before


def test_freed_capacity_goes_to_the_lead_that_waits_first():
    """By priority, then age: not to the newcomer, and not by the order of submission."""
    here = desk("ada")
    here.submit(Lead("held", received_at=START))
    here.accept("held", "ada")
    here.submit(Lead("young", received_at=START - timedelta(hours=1)))
    here.submit(Lead("old", received_at=START - timedelta(hours=2)))
    here.submit(Lead("urgent", received_at=START, priority=1))
    here.submit(Lead("low", received_at=START - timedelta(hours=9), priority=-1))
    assert {p.status for p in map(here.placement, ("young", "old", "urgent", "low"))} == {
        Status.WAITING
    }
    order = []
    for _ in range(4):
        current = next(
            p
            for p in map(here.placement, ("held", "young", "old", "urgent", "low"))
            if p.owner and p.status is not Status.CLOSED
        )
        here.feedback(current.lead_id, "lost")
        assert here.submit(Lead(f"new-{len(order)}", priority=-9)).status is Status.WAITING
        offered = next(
            p
            for p in map(here.placement, ("young", "old", "urgent", "low"))
            if p.status is Status.OFFERED
        )
        order.append(offered.lead_id)
        here.accept(offered.lead_id, "ada")
    assert order == ["urgent", "old", "young", "low"]


def test_declining_serves_the_lead_that_waits():
    """The room that a decline frees is filled before decline returns."""
    here = desk("ada")
    submitted(here, "L-1", "L-2")
    here.decline("L-1", "ada")
    assert here.placement("L-2").rep_id == "ada"


def test_leads_that_go_elsewhere_do_not_use_up_freed_capacity():
    """When the first waiting lead turns out to be for nobody, the next one gets the room."""
    here = desk("ada", "bob")
    submitted(here, "L-1", "L-2", "first", "second")
    here.accept("L-1", "ada")
    here.accept("L-2", "bob")
    rest = evolve(here, router=Router(rules=[Rule("all", when=LEAD.id != "first")]))
    rest.feedback("L-1", "lost")
    assert rest.placement("first").status is Status.CATCH_ALL
    assert rest.placement("second").rep_id == "ada"


def test_everybody_away():
    """The lead waits until the next opening, says so once, and is served then."""
    here = desk(
        Rep("ada", schedule="thu 10:00-11:00"), Rep("bob", schedule="fri 10:00-11:00"), start=START
    )
    waiting = here.submit(Lead("L-1"))
    opens = START + timedelta(hours=1)
    assert (waiting.status, waiting.due, waiting.resumes_at) == (Status.WAITING, None, opens)
    here.clock.advance("58m")
    swept = here.sweep()
    assert (swept.offered, swept.next_wakeup) == (0, opens)
    here.clock.advance("2m")
    assert here.sweep().offered == 1
    assert here.placement("L-1").rep_id == "ada"
    assert kinds(here, "L-1") == [Received, Waiting, Offered]


def test_waiting_for_work_to_get_done_is_said_once():
    """Sweeping a lead that waits on writes no event."""
    here = desk("ada")
    submitted(here, "L-1", "L-2")
    here.accept("L-1", "ada")
    for _ in range(3):
        here.clock.advance("1m")
        here.sweep()
    assert kinds(here, "L-2") == [Received, Waiting]


@pytest.mark.parametrize(
    "rep", [Rep("ada", capacity=0), Rep("ada", caps=[Cap(0, "day")]), Rep("ada", weight=0)]
)
def test_none_at_all_is_no_wait(rep):
    """A rep who can never take a lead is not waited for."""
    assert desk(rep).submit(Lead("L-1")).status is Status.CATCH_ALL


def test_a_cap_frees_with_its_period():
    """A cap holds for the calendar period, whatever became of the lead."""
    here = desk(Rep("ada", caps=[Cap(1, "day")]))
    submitted(here, "L-1", "L-2")
    here.accept("L-1", "ada")
    here.feedback("L-1", "lost")
    assert here.placement("L-2").status is Status.WAITING
    here.clock.advance("1d")
    assert here.sweep().offered == 1


def test_a_lead_that_cannot_be_judged_holds_up_no_other():
    """It waits on, the sweep reports it and serves the others; decline and feedback do not fail."""
    here = desk("ada", "bob")
    submitted(here, "L-1", "L-2")
    here.submit(Lead("bad", priority=9, attributes={"seats": "ten"}))
    here.submit(Lead("good"))
    typo = evolve(here, router=Router(rules=[Rule("r", when=(LEAD["seats"] > 5) | (LEAD.id > ""))]))
    assert typo.decline("L-1", "ada").status is Status.WAITING
    assert typo.placement("good").rep_id == "ada"
    typo.clock.advance("30s")
    (failed,) = typo.sweep().errors
    assert "rule 'r', lead 'bad'" in str(failed)
    assert (failed.lead_id, failed.rule, type(failed.error)) == ("bad", None, FieldTypeError)
    assert typo.placement("bad").reason == "the decision failed with FieldTypeError"
    here.clock.advance("1m")
    assert here.sweep().errors == ()
    here.decline("L-2", "bob")
    assert here.placement("bad").rep_id == "bob"
    audit(here.store, {"L-1", "L-2", "bad", "good"})


def test_a_declined_lead_that_cannot_be_judged_waits():
    """The decline stands, and the lead is kept for the sweep."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1", attributes={"seats": "ten"}))
    typo = evolve(here, router=Router(rules=[Rule("r", when=LEAD["seats"] > 5)]))
    assert outcomes(typo.decline("L-1", "ada")) == {"ada": "declined"}
    assert typo.placement("L-1").reason_code == "decision_failed"
    assert here.sweep().offered == 0
    assert here.sweep(early=True).offered == 1
    assert (here.placement("L-1").error, here.placement("L-1").failures) == ("", 0)


def test_a_rep_who_left_can_finish():
    """An offer outlives the roster: accept, feedback and decline work for a rep who is gone."""
    here = desk("ada", "bob")
    submitted(here, "L-1", "L-2")
    gone = evolve(here, roster=team())
    assert gone.accept("L-1", "ada").owner == "ada"
    assert gone.feedback("L-1", "won").status is Status.CLOSED
    assert gone.decline("L-2", "bob").reason_code == "pool_empty"
    audit(here.store, {"L-1", "L-2"})


def test_capacity_lowered_below_what_is_open():
    """What is open stays open and can be finished; nothing new is added until there is room."""
    here = desk(Rep("ada", capacity=3))
    submitted(here, "L-1", "L-2")
    low = evolve(here, roster=team(Rep("ada", capacity=1)))
    low.accept("L-1", "ada")
    low.accept("L-2", "ada")
    assert low.submit(Lead("L-3")).status is Status.WAITING
    low.feedback("L-1", "lost")
    assert low.placement("L-3").status is Status.WAITING
    low.feedback("L-2", "lost")
    assert low.placement("L-3").rep_id == "ada"


def test_unusual_ids():
    """Ids with separators, signs and letters of any script are told apart."""
    ids = ["a/b", "a%2Fb", "100%", "Ünï/ço∂é", "a", "A"]
    here = desk(*(Rep(name, capacity=1, caps=[Cap(1, "day")]) for name in ids))
    owners = {here.submit(Lead(name)).rep_id for name in ids}
    assert owners == set(ids)
    assert set(here.snapshot().open) == set(ids)
    audit(here.store, ids)


def test_stale_counts_never_overbook():
    """A decision on old counts meets the guard, is taken again, and lands elsewhere."""
    store = Lagging()
    emptiest = Router(rules=[Rule("all", score=free_capacity(), accept_within="5m")])
    here = desk("ada", "bob", store=store, router=emptiest)
    here.submit(Lead("L-1"))
    store.old = [{}, {}]
    assert here.submit(Lead("L-2")).rep_id == "bob"
    audit(store.store, {"L-1", "L-2"})


def test_counts_that_never_catch_up():
    """Once it has lost races for as long as it has patience, the conflict reaches the host, and nothing is stored."""
    store, paused = Lagging(), []
    here = evolve(desk("ada", store=store), sleep=paused.append)
    here.submit(Lead("L-1"))
    store.old = [{}] * 2_000
    with pytest.raises(ConflictError, match="'rep/open/ada' would leave its bounds \\(now 1\\)"):
        here.submit(Lead("L-2"))
    assert requests.PATIENCE <= sum(paused) < requests.PATIENCE + 1
    assert max(paused) < 0.1
    audit(store.store, {"L-1"})


def test_a_race_for_the_last_place():
    """When another process takes the last place first, the lead goes to the next rep."""
    store = Racing()
    here = desk("ada", "bob", store=store)
    rival = evolve(here, store=store.store)
    store.rivals.append(lambda: rival.submit(Lead("other")))
    assert here.submit(Lead("L-1")).rep_id == "bob"
    assert here.placement("other").rep_id == "ada"
    audit(store.store, {"L-1", "other"})


def test_a_race_between_accept_and_sweep():
    """Whoever commits first wins; the other changes nothing."""
    store = Racing()
    here = desk("ada", "bob", store=store)
    here.submit(Lead("L-1"))
    late = evolve(here, store=store.store, clock=ManualClock(START + timedelta(hours=1)))
    store.rivals.append(late.sweep)
    with pytest.raises(InvalidTransitionError, match="it is offered to 'bob'"):
        here.accept("L-1", "ada")
    audit(store.store, {"L-1"})


def test_a_race_between_decline_and_sweep():
    """When a sweep passes a declined lead on first, decline gives what has become of it."""
    store = Racing()
    here = desk("ada", "bob", "cy", store=store)
    here.submit(Lead("L-1"))
    rival = evolve(here, store=store.store)
    store.rivals += [lambda: None, rival.sweep]
    assert here.decline("L-1", "ada").rep_id == "bob"
    assert kinds(here, "L-1") == [Received, Offered, Declined, Offered]


def test_a_race_between_two_sweeps():
    """An offer that another sweep has ended is not ended twice."""
    store = Racing()
    here = desk("ada", "bob", store=store)
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    store.rivals.append(evolve(here, store=store.store).sweep)
    assert here.sweep().timed_out == 0
    assert kinds(here, "L-1") == [Received, Offered, TimedOut, Offered]


@pytest.mark.parametrize("number", range(1, 8))
def test_a_crash_at_any_commit_loses_nothing(number):
    """After a crash at any commit everything holds, and the next calls put all leads in their place."""
    store = Failing(number)
    here = desk("ada", "bob", store=store)
    known = set()

    def attempt(call, *arguments):
        try:
            known.add(call(*arguments).lead_id)
        except TransientError:
            audit(store.store, known)
            known.add(call(*arguments).lead_id)

    for lead_id in ("L-1", "L-2", "L-3"):
        attempt(here.submit, Lead(lead_id))
        audit(store.store, known)
    try:
        here.decline("L-1", "ada")
    except TransientError:
        audit(store.store, known)
    here.sweep()
    assert {here.placement(name).status for name in known} <= {Status.OFFERED, Status.WAITING}
    assert len(known) == 3
    here.sweep()
    assert {p.rep_id for p in map(here.placement, known) if p.rep_id} == {"ada", "bob"}


def test_store_that_is_busy_once_is_asked_again():
    """A commit that a busy store refused is sent again, after a pause."""
    store, paused = Failing(3), []
    here = evolve(desk("ada", "bob", store=store), sleep=paused.append)
    here.submit(Lead("L-1"))
    assert here.decline("L-1", "ada").rep_id == "bob"
    here.accept("L-1", "bob")
    assert (store.commits, len(paused)) == (4, 1)
    audit(store.store, {"L-1"})


def test_threads_over_one_file_never_overbook(tmp_path):
    """Many threads submit, accept and decline over one file: no limit is passed and nothing is lost."""
    roster = team(Rep("ada", capacity=3), Rep("bob", capacity=2, caps=[Cap(4, "day")]))
    with SqliteStore(tmp_path / "crm.db", synchronous="normal") as store:
        start, failures = Barrier(6), []

        def work(worker):
            here = Dispatcher(ANYONE, roster, store, ManualClock(START))
            start.wait()
            try:
                for n in range(6):
                    placement = here.submit(Lead(f"L-{worker}-{n}"))
                    if placement.status is Status.OFFERED:
                        act = here.accept if n % 2 else here.decline
                        act(placement.lead_id, placement.rep_id)
            except LeadrouteError as error:
                failures.append(error)

        threads = [Thread(target=work, args=(n,)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        audit(store, {f"L-{worker}-{n}" for worker in range(6) for n in range(6)})
        counts = store.counts()
        assert counts.get("rep/open/ada", 0) <= 3
        assert counts.get("rep/open/bob", 0) <= 2
        assert counts.get("cap/bob/day/2026-01-01", 0) <= 4


def test_a_host_that_rolls_back_takes_everything_with_it(tmp_path):
    """In the host's transaction a submission lives and dies with it."""
    path = tmp_path / "crm.db"
    with SqliteStore(path) as store:
        connection = sqlite3.connect(path, isolation_level=None)
        here = Dispatcher(ANYONE, team("ada"), store.bind(connection), ManualClock(START))
        connection.execute("BEGIN IMMEDIATE")
        here.submit(Lead("L-1"))
        connection.execute("ROLLBACK")
        audit(store, set())
        connection.execute("BEGIN IMMEDIATE")
        here.submit(Lead("L-1"))
        here.accept("L-1", "ada")
        connection.execute("COMMIT")
        connection.close()
        assert audit(store, {"L-1"})["L-1"].owner == "ada"


def test_a_memory_transaction_rolls_back():
    """The store in memory undoes a submission with its host's block."""
    store = MemoryStore()
    here = desk("ada", store=store)
    with suppress(KeyError), store.transaction():
        assert here.submit(Lead("L-1")).rep_id == "ada"
        raise KeyError
    audit(store, set())


def test_long_queues_are_swept_in_pages(monkeypatch):
    """A sweep reaches every due lead, however many pages they fill."""
    monkeypatch.setattr("leadroute.offers.queries.PAGE", 2)
    here = desk(Rep("ada"))
    submitted(here, *(f"L-{n}" for n in range(5)))
    here.clock.advance("5m")
    assert here.sweep().timed_out == 5
    assert len(here.history("L-0")) == 4


def test_late_wrong_and_illegal_answers_are_told_apart():
    """A late answer, an answer of a rep without an offer and an illegal move each raise an error of their own."""
    here = desk("ada", "bob")
    here.submit(Lead("L-1"))
    with pytest.raises(NotOfferedError):
        here.accept("L-1", "bob")
    here.clock.advance("5m")
    for _ in range(2):  # before the sweep has seen it, and after
        with pytest.raises(OfferExpiredError):
            here.accept("L-1", "ada")
        here.sweep()
    with pytest.raises(NotOfferedError):
        here.decline("L-1", "zoe")
    with pytest.raises(InvalidTransitionError) as illegal:
        here.release("L-1")
    assert type(illegal.value) is InvalidTransitionError
    here.decline("L-1", "bob")
    with pytest.raises(NotOfferedError):
        here.accept("L-1", "bob")


def test_the_store_keeps_codes():
    """No outcome stands in the store in words."""
    here = desk(Rep("ada", capacity=0), router=Router(rules=[Rule("r")]))
    assert here.submit(Lead("L-1")).reason_code == "none_eligible"
    kept = [record.data for record in here.store.find(status="catch_all")]
    kept += [event.data for event in here.store.events(lead="L-1")]
    assert "none_eligible" in kept[0]
    assert not any("nobody" in text for text in kept)


def test_a_function_may_be_the_clock():
    """A function that returns the present is a clock."""
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    dispatcher = Dispatcher(
        Router([Rule("all")]), Roster([Rep("ada")]), MemoryStore(), clock=lambda: at
    )
    assert dispatcher.submit(Lead("L-1")).offered_at == at
