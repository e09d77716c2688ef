"""Offers over a store: what is accepted, declined, timed out, waiting, repeated and done at once."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread

import pytest
from attrs import evolve
from tests.offers.world import Wrapped, also_offered
from tests.scenarios.desk import NOW, desk, differs, passes, route, with_team

from leadroute import LEAD, REP, Lead, Rep, Router, Rule, SqliteStore, Status, round_robin
from leadroute.errors import InvalidTransitionError, NotOfferedError
from leadroute.model.duration import from_micros
from leadroute.model.rep import Presence
from leadroute.offers.events import Accepted, CatchAll, FeedbackGiven, Offered, TimedOut


def told(dispatcher, kind):
    """The events of one kind in the life of lead L-1."""
    return [event for event in dispatcher.history("L-1") if isinstance(event, kind)]


class Together(Wrapped):
    """A store whose first commits wait for each other, so that all have read before any writes."""

    def __init__(self, barrier, store):
        super().__init__(store)
        self.barriers = [barrier]

    def commit(self, change):
        if self.barriers:
            self.barriers.pop().wait(timeout=10)
        self.store.commit(change)


def at_once(*calls):
    """Do all of this in threads of its own, and raise what went wrong."""
    errors = []

    def called(call):
        try:
            call()
        except BaseException as error:  # noqa: BLE001 - told to the test
            errors.append(error)

    threads = [Thread(target=called, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert errors == []


def workers(dispatcher, number):
    """The same dispatcher in several processes that read before any of them writes."""
    barrier = Barrier(number)
    return [evolve(dispatcher, store=Together(barrier, dispatcher.store)) for _ in range(number)]


@passes("cal-31")
def a_lead_is_routed_once(given, then):
    dispatcher = desk("a", "b")
    first, second = (dispatcher.submit(Lead("L-1", email=given["lead"]["email"])) for _ in range(2))
    assert len(told(dispatcher, Offered)) == then["assignments"]
    assert (first.rep_id == second.rep_id) is then["same_rep"]


@passes("cw-22")
def freed_capacity_goes_to_who_waits_longest(given, then):
    dispatcher = desk(Rep(given["rep"], capacity=given["capacity"]))
    for number in range(1, 5):
        dispatcher.clock.advance("1m")
        if dispatcher.submit(Lead(f"L-{number}")).status is Status.OFFERED:
            dispatcher.accept(f"L-{number}", given["rep"])
    dispatcher.feedback("L-1", "won")
    dispatcher.submit(Lead("L-5"))
    status = {number: dispatcher.placement(f"L-{number}").status for number in range(1, 6)}
    got = [number for number in status if status[number] is not Status.WAITING]
    assert got == then["order_assigned"]
    assert status[5].value == then["lead5"]


@passes("cw-23")
def silence_passes_the_lead_on(given, then):
    window = f"{given['reply_timeout_s']}s"
    rule = Rule(
        "all", score=round_robin(), accept_within=window, fallback={"none_eligible": "wait"}
    )
    dispatcher = desk(*given["reps"], router=Router(rules=[rule]))
    assert dispatcher.submit(Lead("L-1")).rep_id == given["reps"][0]
    dispatcher.clock.advance(window)
    dispatcher.sweep()
    assert dispatcher.placement("L-1").rep_id == then["winner"]
    dispatcher.clock.advance(window)
    dispatcher.sweep()
    assert then["if_nobody"] == "back to queue"
    assert dispatcher.placement("L-1").status is Status.WAITING


@passes("cw-24")
def dropping_out_loses_nothing(given, then):
    presence = {given["rep"]: Presence("available", NOW), "other": Presence("available", NOW)}
    router = Router(rules=[Rule("all", require=REP.id == given["rep"])], offline_grace="60s")
    dispatcher = evolve(desk(given["rep"], "other", router=router), presence=presence)
    owned = [f"L-{index}" for index in range(given["open"])]
    route(dispatcher, given["open"])
    presence[given["rep"]] = presence[given["rep"]].becomes("offline", NOW)
    dispatcher.clock.advance("40s")
    dispatcher.sweep()
    assert dispatcher.submit(Lead("new")).rep_id == given["rep"], "within the grace"
    presence[given["rep"]] = presence[given["rep"]].becomes("available", dispatcher.clock.now())
    dispatcher.sweep()
    owners = Counter(dispatcher.placement(lead_id).owner for lead_id in owned)
    assert sum(owners.values()) - owners[given["rep"]] == then["reassigned"]


@passes("ast-13")
def a_silent_rep_is_not_asked_again_while_others_are_free(given, then):
    silent, _ = given["reps"]
    assert not given["silent_answers"]
    dispatcher = desk(*given["reps"], score=round_robin())
    while dispatcher.submit(Lead("L-1")).rep_id != silent:
        dispatcher.decline("L-1", dispatcher.placement("L-1").rep_id)
        dispatcher = desk(silent, Rep(then["next_offer"], schedule="mon-fri 12:01-18:00"))
    dispatcher.clock.advance("5m")
    dispatcher.sweep()
    assert dispatcher.placement("L-1").rep_id == then["next_offer"]


@passes("ast-15")
def one_offer_at_a_time(given, then):
    """Capacity that is given back on acceptance counts offers, and nothing else."""
    rules = [
        Rule(queue, when=LEAD.source == queue, release_on="accept")
        for queue in given["rep_in_queues"]
    ]
    rep = Rep("a", capacity=given["max_concurrent_offers"])
    dispatcher = desk(rep, router=Router(rules=rules))
    at_once(
        *(
            lambda worker=worker, queue=queue: worker.submit(Lead(queue, source=queue))
            for worker, queue in zip(workers(dispatcher, 2), given["rep_in_queues"], strict=True)
        )
    )
    found = [dispatcher.placement(queue).status for queue in given["rep_in_queues"]]
    assert found.count(Status.OFFERED) == then["offers_to_rep"]
    assert found.count(Status.WAITING) == 1
    offered = given["rep_in_queues"][found.index(Status.OFFERED)]
    dispatcher.accept(offered, "a")
    dispatcher.sweep()
    found = [dispatcher.placement(queue).status for queue in given["rep_in_queues"]]
    assert sorted(found) == [Status.ACCEPTED, Status.OFFERED]


@passes("ast-16")
def a_withdrawn_lead_leaves_nothing_behind(given, then):
    dispatcher = desk(Rep(given["rep"], capacity=1))
    dispatcher.submit(Lead("L-1"))
    dispatcher.withdraw("L-1")
    assert bool(dispatcher.snapshot().open) is then["a_pending"]
    assert bool(dispatcher.worklist(given["rep"])) is then["a_pending"]
    assert dispatcher.submit(Lead("L-2")).rep_id == given["rep"]


@passes("fs-01")
def each_answer_has_its_own_delay_and_only_silence_counts(given, then):
    """Which answer costs how long, and what counts against the rep."""
    cool_down = {
        "declined": f"{given['reject_delay']}s",
        "busy": f"{given['busy_delay']}s",
        "timed_out": f"{given['no_answer_delay']}s",
        "unreachable": f"{then['not_before_s']['unreachable']}s",
    }
    rule = Rule("all", accept_within="5m", cool_down=cool_down)
    for answer, seconds in then["not_before_s"].items():
        dispatcher = desk(Rep("a", pause_after_missed=9), router=Router(rules=[rule]))
        dispatcher.submit(Lead("L-1"))
        if answer == "timeout":
            dispatcher.clock.advance("5m")
            dispatcher.sweep()
        elif answer == "withdrawn":
            dispatcher.withdraw("L-1")
        elif answer == "lost_race":
            also_offered(dispatcher, "L-1", "b")
            dispatcher.accept("L-1", "b")
        else:
            dispatcher.decline("L-1", "a", kind=answer)
        snapshot, now = dispatcher.snapshot(), dispatcher.clock.now()
        before = snapshot.cooling.get("a")
        waits = 0 if before is None else (from_micros(before) - now).total_seconds()
        assert waits == seconds, answer
        assert snapshot.missed.get("a", 0) == then["no_answer_count_inc"][answer], answer


@passes("fs-02")
def a_streak_of_missed_offers_pauses_the_rep(given, then):
    rep = Rep("a", pause_after_missed=given["max_no_answer"])
    dispatcher = desk(rep)
    found = []
    for number, answer in enumerate(["timeout", "timeout", "accept", *["timeout"] * 3]):
        placed = dispatcher.submit(Lead(f"L-{number}"))
        assert placed.rep_id == "a"
        if answer == "accept":
            dispatcher.accept(placed.lead_id, "a")
        else:
            dispatcher.clock.advance("5m")
            dispatcher.sweep()
        paused = "a" in dispatcher.snapshot().paused
        found.append(given["on_max"] if paused else "Available")
    assert found == then["status"]
    dispatcher.back("a")
    assert dispatcher.submit(Lead("last")).rep_id == "a"


@passes("fs-10")
def a_lead_that_comes_back_soon_keeps_its_place(given, then):
    assert (then["t80"], then["t95"]) == ("old position and join time kept", "new position")
    for back_at, first in ((80, "L-1"), (95, "L-2")):
        dispatcher = desk(Rep("a", capacity=1), keep_place=f"{given['keep_s']}s")
        route(dispatcher, 1, "busy")
        started = dispatcher.clock.now()
        joined = dispatcher.submit(Lead("L-1")).received_at
        dispatcher.clock.advance("10s")
        dispatcher.submit(Lead("L-2"))
        dispatcher.clock.advance("20s")
        dispatcher.withdraw("L-1")
        dispatcher.clock.advance(f"{back_at - 30}s")
        back = dispatcher.submit(Lead("L-1"))
        now = dispatcher.clock.now()
        assert (now - started).total_seconds() == back_at
        assert back.received_at == (joined if first == "L-1" else now)
        dispatcher.feedback("busy-0", "won")
        assert dispatcher.placement(first).rep_id == "a"


@passes("ast-17")
def the_end_is_counted_once(given, then):
    dispatcher = desk(given["rep"])
    route(dispatcher, 1, "L-1")
    lead_id = "L-1-0"
    at_once(
        *(
            lambda worker=worker: worker.feedback(lead_id, "won")
            for worker in workers(dispatcher, 2)
        )
    )
    assert dispatcher.snapshot().closed[given["rep"]] == then["completed"]
    ends = [event for event in dispatcher.history(lead_id) if isinstance(event, FeedbackGiven)]
    assert len(ends) == then["completed"]


@passes("ast-18")
def a_lead_that_cannot_use_the_rep_blocks_nobody(given, then):
    heavy, light = given["queues"]
    assert heavy["weight"] > light["weight"]
    assert not heavy["rep_tier_allowed"]
    rules = [
        Rule(heavy["id"], when=LEAD.source == heavy["id"], require=REP.level >= 2),
        Rule(light["id"], when=LEAD.source == light["id"]),
    ]
    rep, expert = Rep("a", level=1, capacity=1), Rep("expert", level=2, schedule="sat 09:00-10:00")
    dispatcher = desk(rep, expert, router=Router(rules=rules))
    route(dispatcher, 1, "busy", source=light["id"])
    for queue in given["queues"]:
        lead = Lead(queue["id"], source=queue["id"], priority=queue["weight"])
        assert dispatcher.submit(lead).status is Status.WAITING
    dispatcher.feedback("busy-0", "lost")
    assert then["a"] == f"{light['id']} lead"
    assert dispatcher.placement(light["id"]).rep_id == "a"
    assert dispatcher.placement(heavy["id"]).status is Status.WAITING


@passes("ast-19")
def the_longest_waiting_of_all_rules_is_next(given, then):
    waits = {queue["id"]: queue["head_wait"] for queue in given["queues"]}
    rules = [Rule(queue, when=LEAD.source == queue) for queue in waits]
    dispatcher = desk(Rep("a", capacity=1), router=Router(rules=rules))
    route(dispatcher, 1, "busy", source="q1")
    longest = max(waits.values())
    for wait in range(longest, -1, -1):
        for queue in [queue for queue in waits if waits[queue] == wait]:
            dispatcher.submit(
                Lead(f"{queue} head", received_at=dispatcher.clock.now(), source=queue)
            )
        dispatcher.clock.advance("1m")
    dispatcher.feedback("busy-0", "lost")
    assert dispatcher.placement(then["first"]).status is Status.OFFERED
    dispatcher.submit(Lead("vip", received_at=dispatcher.clock.now(), source="q1", priority=1))
    served = [then["first"]]
    for expected in ("vip", "q1 head"):
        dispatcher.accept(served[-1], "a")
        dispatcher.feedback(served[-1], "won")
        assert dispatcher.placement(expected).status is Status.OFFERED
        served.append(expected)


@differs("fs-05", "A rep who declined")
def who_declined_is_not_asked_again(given, then):
    """The memory is the lead's, as there; when all have declined, the catch-all has it."""
    dispatcher = desk(*given["reps"])
    offers = [dispatcher.submit(Lead("L-1")).rep_id]
    while (placement := dispatcher.decline("L-1", offers[-1])).status is Status.OFFERED:
        offers.append(placement.rep_id)
    *once, again = then["offers"]
    assert offers == once
    assert again in offers
    assert placement.rep_id == "catch_all"


@differs("fs-06", "A rep who declined")
def an_absent_rep_does_not_stop_the_lead(given, then):
    """It goes on when the absent rep is back, and not round again to those who let it run out."""
    first, second, absent = (rep.split()[0] for rep in given["reps"])
    assert then["next"] == first
    dispatcher = desk(first, second, Rep(absent, schedule="mon-fri 13:00-18:00"))
    dispatcher.submit(Lead("L-1"))
    for _ in range(2):
        dispatcher.clock.advance("5m")
        dispatcher.sweep()
    assert dispatcher.placement("L-1").previous_offers.keys() == {first, second}
    assert dispatcher.placement("L-1").status is Status.WAITING
    dispatcher.clock.set(dispatcher.placement("L-1").resumes_at)
    dispatcher.sweep()
    assert dispatcher.placement("L-1").rep_id == absent


@differs("fs-09", "Free capacity")
def priority_comes_before_age(given, then):
    """Waiting adds nothing to a priority, so that there is no sum of the two."""
    assert then["score"] == {each["id"]: each["wait"] + each["base"] for each in given["leads"]}
    for longer in (1, 100):
        dispatcher = desk(Rep("a", capacity=1))
        route(dispatcher, 1, "busy")
        for each in sorted(given["leads"], key=lambda each: -each["wait"]):
            dispatcher.submit(
                Lead(each["id"], received_at=dispatcher.clock.now(), priority=each["base"])
            )
            dispatcher.clock.advance(f"{each['wait'] * longer}s")
        dispatcher.feedback("busy-0", "lost")
        assert dispatcher.placement(then["first"]).status is Status.OFFERED


@passes("fs-14")
def a_lead_that_is_taken_frees_the_rep(given, then):
    (rep,) = given["reps"]
    dispatcher = desk(Rep(rep, capacity=1), Rep("other", weight=0))
    assert dispatcher.submit(Lead("L-1")).rep_id == rep
    assert dispatcher.submit(Lead("L-2")).status is Status.WAITING
    dispatcher.assign("L-1", "other", by="manager")
    assert then["a_state"] == "waiting"
    assert dispatcher.placement("L-2").rep_id == rep
    with pytest.raises(InvalidTransitionError):
        dispatcher.accept("L-1", rep)


@passes("fs-15")
def nothing_is_lost_when_the_process_ends(given, then):
    with TemporaryDirectory() as folder:
        restarted(given, then, Path(folder) / "leads.db")


def restarted(given, then, path):
    """The same scenario over a file that outlives the first process."""
    first, second = given["states"]
    before = desk(first, second, store=SqliteStore(path))
    assert before.submit(Lead("L-1")).rep_id == first
    before.store.close()
    after = desk(first, second, store=SqliteStore(path), start=before.clock.advance("1h"))
    assert "never 'Trying'" in then["x"]
    assert after.sweep().timed_out == 1
    assert after.placement("L-1").rep_id == second
    assert then[first] == then[second] == "Waiting"
    assert {rep: n for rep, n in after.snapshot().open.items() if n} == {second: 1}
    after.store.close()


@passes("rc-02")
def capacity_holds_across_processes(given, then):
    dispatcher = desk(Rep("a", capacity=given["cap"]))
    route(dispatcher, given["open"])
    at_once(
        *(
            lambda worker=worker, n=n: worker.submit(Lead(f"at-once-{n}"))
            for n, worker in enumerate(workers(dispatcher, given["workers"]))
        )
    )
    assert dispatcher.snapshot().open["a"] == then["open_after"]
    waiting = dispatcher.store.find(status=Status.WAITING.value)
    assert len(waiting) == given["open"] + given["workers"] - given["cap"]


@passes("onc-03")
def an_old_timer_does_nothing(given, then):
    dispatcher = desk("a", "b")
    dispatcher.submit(Lead("L-1"))
    dispatcher.clock.advance("1m")
    dispatcher.decline("L-1", "a")
    dispatcher.clock.advance("4m")
    assert then["effect"] == "none"
    assert dispatcher.sweep().timed_out == 0, "the first offer's time has come, and it is over"
    assert dispatcher.placement("L-1").rep_id == "b"
    dispatcher.accept("L-1", "b")
    dispatcher.clock.advance("1h")
    assert dispatcher.sweep().timed_out == 0
    assert dispatcher.placement("L-1").owner == "b"


@differs("onc-08", "Offer deadline")
def a_late_sweep_is_enough(given, then):
    """Nothing watches the timers: an offer ends at its deadline, and any later sweep passes the lead on, once."""
    assert given["next_step_due"] == "now-6min"
    assert then["flagged"]
    dispatcher = desk("a", "b")
    due = dispatcher.submit(Lead("L-1")).due
    dispatcher.clock.set(due)
    dispatcher.clock.advance("6m")
    with pytest.raises(InvalidTransitionError):
        dispatcher.accept("L-1", "a")
    assert dispatcher.sweep().timed_out == 1
    assert dispatcher.sweep().timed_out == 0
    assert dispatcher.placement("L-1").rep_id == "b"
    assert len(told(dispatcher, TimedOut)) == 1


@passes("ast-20")
def the_total_ends_the_last_offer_where_wanted(given, then):
    """Asterisk calls it ``timeoutpriority``: whether the total or the offer decides when both run."""
    for truncate, expected in (
        (True, then["deadline_priority_total"]),
        (False, then["deadline_priority_offer"]),
    ):
        terms = {
            "accept_within": f"{given['offer_timeout_s']}s",
            "wait_between": f"{given['retry_s']}s",
            "total_within": f"{given['total_s']}s",
            "truncate": truncate,
        }
        rule = Rule("all", score=round_robin(), **terms)
        dispatcher = desk("a", "b", router=Router(rules=[rule]))
        dispatcher.submit(Lead("L-1"))
        swept(dispatcher)
        second = told(dispatcher, Offered)[1]
        assert (second.at - NOW).total_seconds() == 9
        assert (second.expires_at - second.at).total_seconds() == expected


def swept(dispatcher):
    """Sweep whenever there is something to do, until there is nothing."""
    while (at := dispatcher.next_wakeup()) is not None:
        dispatcher.clock.set(at)
        dispatcher.sweep()


@passes("fs-11")
def the_total_waits_for_the_offer_in_flight(given, then):
    rule = Rule("all", accept_within="50s", total_within=f"{given['max_wait_s']}s")
    dispatcher = desk("a", "b", router=Router(rules=[rule]))
    dispatcher.submit(Lead("L-1"))
    dispatcher.clock.advance("50s")
    dispatcher.sweep()
    dispatcher.clock.advance("10s")
    dispatcher.sweep()
    dispatcher.clock.advance("3s")
    placement = dispatcher.accept("L-1", dispatcher.placement("L-1").rep_id)
    assert placement.status.value == then["end"]


@passes("onc-04")
def the_pool_is_gone_through_again_so_often(given, then):
    """We count the rounds, they count the restarts; what is left at the end is with the catch-all."""
    rule = Rule("all", accept_within="5m", rounds=given["repeat_max"] + 1)
    dispatcher = desk("a", "b", router=Router(rules=[rule]))
    dispatcher.submit(Lead("L-1"))
    swept(dispatcher)
    offers = told(dispatcher, Offered)
    assert max(each.round for each in offers) - 1 == then["restarts"]
    assert len(offers) == 2 * (then["restarts"] + 1)
    assert then["then"] == "finished and logged"
    assert dispatcher.placement("L-1").status is Status.CATCH_ALL
    assert len(told(dispatcher, CatchAll)) == 1


@passes("fs-17")
def the_first_of_two_accepts_at_once_has_it(given, then):
    assert given["strategy"] == "ring-all"
    dispatcher = desk(*given["reps"], offer="broadcast")
    before = dispatcher.snapshot()
    dispatcher.submit(Lead("L-1"))
    refused = []

    def accepts(worker, rep):
        try:
            worker.accept("L-1", rep)
        except NotOfferedError:
            refused.append(rep)

    at_once(
        *(
            lambda worker=worker, rep=rep: accepts(worker, rep)
            for worker, rep in zip(workers(dispatcher, 2), given["reps"], strict=False)
        )
    )
    accepted = told(dispatcher, Accepted)
    assert len(accepted) == then["owners"]
    assert refused == [rep for rep in ("a", "b") if rep != accepted[0].rep_id]
    (loser,) = refused
    after = dispatcher.snapshot()
    assert {rep: n for rep, n in after.open.items() if n} == {accepted[0].rep_id: 1}
    penalised = any(
        getattr(after, name).get(loser) != getattr(before, name).get(loser)
        for name in ("free_since", "closed", "won")
    )
    assert (penalised or bool(after.turns["everyone"].get(loser))) is then["loser_penalised"]


@passes("fs-18")
def one_more_is_asked_each_time(given, then):
    reps, delay = given["reps"], given["delay_s"]
    dispatcher = desk(*reps, offer=f"parallel {len(reps)}, one more every {delay}s")
    dispatcher.submit(Lead("L-1"))
    for _ in range(25):
        dispatcher.clock.advance("1s")
        dispatcher.sweep()
    offered = {e.rep_id: (e.at - NOW).seconds for e in told(dispatcher, Offered)}
    assert offered == then["offered_at_s"]
    live = {offer.rep_id for offer in dispatcher.placement("L-1").offers}
    assert (live == {*reps}) is then["all_still_live"]


@passes("fs-12")
def a_lead_outlives_the_kind_of_its_offers(given, then):
    """Offers that are open end as they were made, and the lead goes on under the policy of today."""
    assert given["strategy_before"] == "ring-all"
    before = desk("a", "b", offer="broadcast")
    leads = [f"L-{number}" for number in range(given["leads_in_flight"])]
    for lead_id in leads:
        assert len(before.submit(Lead(lead_id)).offers) == 2
    today = evolve(before, router=Router(rules=[Rule("all", score=round_robin())]))
    today = with_team(today, "a", "b", "c", "d")
    today.clock.advance("5m")
    today.sweep()
    assert then["lead"] == "back to waiting and dispatched"
    assert then["never"] == "stuck"
    for lead_id in leads:
        placed = today.placement(lead_id)
        assert [offer.rep_id for offer in placed.offers] == ["c"]
        assert placed.policy_version == today.router.version
        assert today.accept(lead_id, "c").owner == "c"
