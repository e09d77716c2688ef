"""Pauses, their ends, covers, and the return to work, over a store."""

import asyncio
import json
from contextlib import closing, nullcontext
from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.world import ANYONE, START, Failing, Racing, audit, desk

from leadroute import Lead, Pool, Rep, Router, Rule, Snapshot, Status
from leadroute.errors import (
    ConfigError,
    FieldTypeError,
    TransientError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.model.duration import to_micros
from leadroute.model.keys import rep_key, rest_key, resting_key
from leadroute.model.timeline import LATEST
from leadroute.offers import AsyncDispatcher, LiveCounts, Pause
from leadroute.offers.events import Back, Offered, Paused, Resumed
from leadroute.offers.rests import RESTING
from leadroute.scorers import named_account, owner
from leadroute.stores import Add, AsyncThread, Change, MemoryStore, Put, SqliteStore
from leadroute.testing import ManualClock

LATER = START + timedelta(minutes=30)


def test_a_paused_rep_gets_no_offer():
    """From the call on the rep gets nothing, and the reason says why and until when."""
    here = desk("ada", Rep("bob", weight=9))
    assert here.pause("bob", until=LATER, why="lunch") == Pause(LATER, "lunch")
    assert here.submit(Lead("L-1")).rep_id == "ada"
    assert here.decision("L-1").pools[0].excluded == {"paused": ("bob",)}
    ranking = here.router.rank(Lead("L-2"), here.roster, now=START, snapshot=here.snapshot())
    (obstacle,) = ranking.rejection("bob").obstacles
    assert obstacle.code == "paused"
    assert obstacle.reason == "is paused until Thu 2026-01-01 09:30 UTC: lunch"
    assert (obstacle.temporary, obstacle.available_at) == (True, LATER)
    audit(here.store, ["L-1"])


def test_a_pause_ends_by_the_clock():
    """At its end the lines of the rep are served, by a sweep at the wake-up alone."""
    here = desk("ada")
    here.pause("ada", until=START + timedelta(minutes=3))
    waiting = here.submit(Lead("L-1"))
    assert (waiting.status, waiting.resumes_at) == (Status.WAITING, START + timedelta(minutes=3))
    assert here.next_wakeup() == START + timedelta(minutes=3)
    here.clock.set(here.next_wakeup())
    here.sweep()
    assert here.placement("L-1").rep_id == "ada"
    assert here.snapshot().paused == {}
    assert here.store.counts([resting_key(), rest_key("ada")]) == {}
    audit(here.store, ["L-1"])


def test_a_pause_that_is_over_does_not_wait_for_a_sweep():
    """At its end the rep gets offers, whether or not a sweep ran."""
    here = desk("ada")
    here.pause("ada", until=LATER)
    here.clock.set(LATER)
    assert here.submit(Lead("L-1")).rep_id == "ada"
    here.pause("ada")
    assert here.submit(Lead("L-2")).status is Status.WAITING
    audit(here.store, ["L-1", "L-2"])


def test_resume_serves_the_lines_of_the_rep():
    """The end of a pause gives the rep what waited for them, and says so."""
    here = desk("ada")
    here.pause("ada")
    here.submit(Lead("L-1"))
    (moved,) = here.resume("ada")
    assert (moved.lead_id, moved.rep_id) == ("L-1", "ada")
    assert here.resume("ada") == ()
    kinds = [type(event) for event in here.history("rep/ada")]
    assert kinds == [Paused, Resumed]


def test_each_call_is_one_event_in_the_log_and_in_the_outbox():
    """A pause, its end and a return are delivered in order, each once, under the log of the rep."""
    here = evolve(desk("ada"), publish=True)
    here.pause("ada", why="lunch")
    here.pause("ada", why="lunch")
    here.pause("ada", why="training", until=LATER)
    here.resume("ada")
    here.back("ada")
    found = []
    while events := here.outbox():
        found.append((events[0].lead_id, events[0].event))
        here.ack(events[0])
    assert found == [
        ("rep/ada", Paused(START, "ada", None, "lunch")),
        ("rep/ada", Paused(START, "ada", LATER, "training")),
        ("rep/ada", Resumed(START, "ada")),
        ("rep/ada", Back(START, "ada")),
    ]
    audit(here.store, [])


def test_back_ends_what_began_by_itself():
    """Who is back gets leads at once, unless somebody has paused them by hand."""
    rep = Rep("ada", pause_after_missed=1)
    rule = Rule("all", accept_within="5m", cool_down="1h", fallback={"none_eligible": "wait"})
    here = desk(rep, router=Router(rules=[rule]))
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    here.sweep()
    seen = here.snapshot()
    assert (seen.paused["ada"], list(seen.cooling)) == (Pause(missed=1), ["ada"])
    assert str(seen.paused["ada"]) == "is paused: 1 missed offers in a row"
    here.submit(Lead("L-2"))
    assert [placed.lead_id for placed in here.back("ada")] == ["L-2"]
    seen = here.snapshot()
    assert (seen.paused, seen.cooling, seen.missed) == ({}, {}, {})
    here.pause("ada")
    assert here.back("ada") == ()
    assert here.snapshot().paused == {"ada": Pause()}


def test_back_sets_the_missed_offers_to_nothing():
    """Who logs in anew begins a new row of missed offers."""
    here = desk(Rep("ada", pause_after_missed=2))
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    here.sweep()
    assert here.snapshot().missed == {"ada": 1}
    here.back("ada")
    assert here.snapshot().missed == {}


def test_offers_stay_open_and_silence_during_a_pause_does_not_count():
    """A pause ends no offer; the rep may accept it, and is not blamed for one that runs out."""
    here = desk(Rep("ada", pause_after_missed=2))
    for lead_id in ("L-1", "L-2"):
        assert here.submit(Lead(lead_id)).rep_id == "ada"
    here.pause("ada")
    assert here.accept("L-1", "ada").owner == "ada"
    here.clock.advance("5m")
    here.sweep()
    assert here.snapshot().missed == {}
    assert here.snapshot().paused == {"ada": Pause()}


@pytest.mark.parametrize("counts", [False, True])
@pytest.mark.parametrize("kind", [MemoryStore, SqliteStore])
def test_a_process_that_has_read_too_early_makes_no_offer(tmp_path, kind, counts):
    """A pause between the read and the commit wins, and the lead goes to the next rep."""
    store = MemoryStore() if kind is MemoryStore else SqliteStore(tmp_path / "leads.db")
    with closing(store) if kind is SqliteStore else nullcontext():
        _check_that_the_pause_wins(store, counts)


def _check_that_the_pause_wins(store, counts):
    """Pause a rep right before the commit of an offer to them."""
    router = Router(rules=[Rule("all")])
    here = desk(Rep("ada", weight=9), Rep("bob"), router=router, store=store)
    racing = Racing(lambda: here.pause("ada"), store=store)
    live = LiveCounts(racing) if counts else None
    slow = evolve(here, store=racing, counts=live, sleep=lambda _seconds: None)
    assert slow.submit(Lead("L-1")).rep_id == "bob"
    assert slow.submit(Lead("L-2")).rep_id == "bob"
    here.resume("ada")
    assert slow.submit(Lead("L-3")).rep_id == "ada"


def test_two_processes_that_time_out_offers_count_both():
    """Of two misses at once none is lost, because each sees the number that it adds to."""
    here = desk(Rep("ada", pause_after_missed=3))
    for lead_id in ("L-1", "L-2", "L-3"):
        here.submit(Lead(lead_id))
    here.clock.advance("5m")
    expiries = here._cases.leads.passed_on
    from leadroute.offers import transitions
    from leadroute.offers.requests import run

    def rival():
        run(expiries("L-2", transitions.expiries), here.store, None)

    slow = evolve(here, store=Racing(rival, store=here.store), sleep=lambda _seconds: None)
    slow.sweep()
    assert here.snapshot().paused == {"ada": Pause(missed=3)}


def test_the_cover_gets_what_is_meant_for_a_paused_rep_by_name():
    """Leads of the owner, of a named account, and those that are handed over by name go to the cover."""
    for score, lead in (
        (owner(), {"owner_id": "ada"}),
        (named_account("team"), {"company": "Acme"}),
        (owner("manager"), {"owner_id": "ada"}),
    ):
        reps = (
            Rep("ada", accounts={"Acme"}, teams={"west"}, manager_id="dan"),
            Rep("bob", teams={"west"}),
            Rep("cy"),
            Rep("dan"),
        )
        here = desk(*reps, router=Router(rules=[Rule("all", score=score)]))
        assert here.submit(Lead("L-1", **lead)).rep_id == "ada"
        here.pause("ada", cover="cy")
        assert here.submit(Lead("L-2", **lead)).rep_id == "cy"
        reason = (
            here.router.rank(Lead("L-3", **lead), here.roster, now=START, snapshot=here.snapshot())
            .best.terms[0]
            .reason
        )
        assert reason == "the lead belongs to ada, who cannot take it; stands in as cover"
        assert here.submit(Lead("L-4"), to="ada").owner == "cy"
        here.resume("ada")
        assert here.submit(Lead("L-5", **lead)).rep_id == "ada"
        assert here.submit(Lead("L-6"), to="ada").owner == "ada"
        assert here.assign("L-2", "ada", by="boss").owner == "ada"


def test_a_cover_of_a_pause_that_is_over_or_of_another_team():
    """A cover counts during the pause, and one who has left the roster gets nothing."""
    router = Router(rules=[Rule("all", score=owner())])
    here = desk(Rep("ada"), Rep("bob", weight=9), Rep("cy"), router=router)
    snapshot = Snapshot(paused={"ada": Pause(LATER, cover="cy")})
    lead = Lead("L-1", owner_id="ada")
    assert router.rank(lead, here.roster, now=START, snapshot=snapshot).best.rep_id == "cy"
    assert router.rank(lead, here.roster, now=LATER, snapshot=snapshot).best.rep_id == "ada"
    away = here.roster.replace(Rep("ada", active=False))
    scored = router.rank(lead, away, now=LATER, snapshot=snapshot).best.terms[0].reason
    assert scored == "the lead belongs to ada, who cannot take it"
    here.pause("ada", cover="cy")
    smaller = here.with_roster([Rep("ada"), Rep("bob")])
    assert smaller.submit(Lead("L-2"), to="ada").owner == "ada"


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda here: here.pause("cy"), UnknownFieldError, "'cy'"),
        (lambda here: here.resume("cy"), UnknownFieldError, "'cy'"),
        (lambda here: here.back("cy"), UnknownFieldError, "'cy'"),
        (lambda here: here.pause("ada", cover="cy"), UnknownFieldError, "'cy'"),
        (lambda here: here.pause("ada", cover="ada"), ConfigError, "cannot cover for 'ada'"),
        (lambda here: here.pause("ada", until=START), ConfigError, "until: is over already"),
        (lambda here: here.pause("ada", until="tomorrow"), FieldTypeError, "until"),
        (lambda here: here.pause("ada", why="x" * 81), ValidationError, "why has 81 characters"),
        (lambda here: here.pause(7), FieldTypeError, "rep_id"),
    ],
)
def test_a_pause_that_cannot_be(call, error, said):
    """What makes no sense is refused with the remedy, and nothing is kept."""
    here = desk("ada", "bob")
    with pytest.raises(error) as refused:
        call(here)
    assert said in str(refused.value)
    assert here.store.find() == []


def test_a_snapshot_says_who_is_paused_and_who_cools_down():
    """``Router.rank`` leaves out who rests, and needs the time only where an end is given."""
    router, team = Router(rules=[Rule("all")]), [Rep("ada"), Rep("bob")]
    snapshot = Snapshot(paused={"ada": Pause()}, cooling={"bob": to_micros(LATER)})
    ranking = router.rank(Lead("L-1"), team, now=START, snapshot=snapshot)
    assert [(each.rep_id, each.code) for each in ranking.rejections] == [
        ("ada", "paused"),
        ("bob", "cooling_down"),
    ]
    assert ranking.resumes_at == START
    assert ranking.rejection("bob").reason == "gets no offer until 09:30:00 UTC, after the last one"
    timeless = router.rank(Lead("L-1"), team, snapshot=Snapshot(paused={"ada": Pause()}))
    assert timeless.best.rep_id == "bob"
    with pytest.raises(FieldTypeError, match="now"):
        router.rank(Lead("L-1"), team, snapshot=snapshot)
    with pytest.raises(FieldTypeError, match="paused"):
        Snapshot(paused={"ada": "lunch"})
    with pytest.raises(FieldTypeError, match="cooling"):
        Snapshot(cooling={"ada": START})


def test_nobody_is_asked_to_work_through_a_pause():
    """A step that ignores availability finds nobody who is paused or cools down."""
    rule = Rule("all", fallback={"none_available": "ignore_availability"})
    here = desk(Rep("ada"), router=Router(rules=[rule]))
    here.pause("ada")
    assert here.submit(Lead("L-1")).status is Status.WAITING


def test_a_record_that_cannot_be_read_keeps_its_rep_from_offers():
    """Who a newer release knows more about gets no offer from this one, and stops no other rep."""
    here = desk("ada", "bob")
    here.pause("ada", until=LATER)
    (record,) = here.store.find(status=RESTING)
    text = json.dumps({**json.loads(record.data), "format": 99})
    told = record.key, text, record.version, record.status
    here.store.commit(Change("newer", (Put(*told, due=record.due),)))
    assert here.submit(Lead("L-1")).rep_id == "bob"
    here.clock.set(LATER)
    result = here.sweep()
    assert [failed.lead_id for failed in result.errors] == ["rep/ada"]
    assert here.snapshot().paused["ada"].why == "record cannot be read"


def test_whoever_changed_a_rest_first_has_set_its_clock():
    """A sweep that loses the race for the end of a pause leaves it to the other one."""
    here = desk("ada")
    here.pause("ada", until=LATER)
    here.clock.set(LATER)
    slow = evolve(here, store=Racing(lambda: here.pause("ada"), store=here.store))
    slow.sweep()
    assert here.snapshot().paused == {"ada": Pause()}


def test_an_audit_finds_and_mends_the_counters_of_rests():
    """A counter that does not fit the record of its rep is named and set right."""
    here = desk("ada", "bob")
    here.pause("ada")
    here.submit(Lead("L-1"))
    assert here.audit().discrepancies == ()
    wrong = (Add(rest_key("ada"), -5), Add(rest_key("bob"), 7), Add(resting_key(), 2))
    here.store.commit(Change("wrong", (*wrong, Put("once", "{}", 0))))
    found = here.audit(repair=True).discrepancies
    assert {each.about for each in found} == {rest_key("ada"), rest_key("bob"), resting_key()}
    assert all(each.repaired for each in found)
    assert here.store.counts([rest_key("ada"), rest_key("bob"), resting_key()]) == {
        rest_key("ada"): LATEST,
        resting_key(): 1,
    }
    assert here.audit().discrepancies == ()


def test_rests_cost_nothing_where_nobody_rests():
    """A lead reads nothing more where nobody is paused, and one page of records where somebody is."""

    class Counting(MemoryStore):
        asked = 0

        def find(self, **options):
            self.asked += options.get("status") == RESTING
            return super().find(**options)

    here = desk("ada", "bob", store=Counting())
    here.submit(Lead("L-1"))
    assert here.store.asked == 0
    here.pause("ada")
    here.submit(Lead("L-2"))
    assert here.store.asked == 1


def test_the_async_twin_pauses_too():
    """The same calls over a store that is awaited."""

    async def life():
        here = AsyncDispatcher(ANYONE, [Rep("ada")], AsyncThread(MemoryStore()), ManualClock(START))
        await here.pause("ada", cover=None)
        assert (await here.submit(Lead("L-1"))).status is Status.WAITING
        assert [each.rep_id for each in await here.resume("ada")] == ["ada"]
        declined = await here.decline("L-1", "ada", kind="busy", retry_after="1m")
        assert declined.status is Status.WAITING
        assert (await here.another_chance("L-1", "ada")).rep_id == "ada"
        assert await here.back("ada") == ()

    asyncio.run(life())


def test_keep_place():
    """A lead that comes back within the time has its place, at the end of it a new one."""
    router = Router(rules=[Rule("all", keep_place="60s")])
    for seconds, since in ((59, START), (60, START + timedelta(seconds=60))):
        for again in ("submit", "reopen"):
            here = desk("ada", router=router)
            here.submit(Lead("L-1"))
            here.withdraw("L-1", "hung up")
            assert here.placement("L-1").withdrawn_at == START
            here.clock.advance(f"{seconds}s")
            back = here.submit(Lead("L-1")) if again == "submit" else here.reopen("L-1")
            assert (back.received_at, back.withdrawn_at) == (since, None)
            assert here.submit(Lead("L-1")) == back
            audit(here.store, ["L-1"])


def test_without_keep_place_a_withdrawn_lead_comes_back_by_hand_alone():
    """By default a repeated submission does not revive a lead, and one that is reopened has its old place."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    withdrawn = here.withdraw("L-1", "spam")
    here.clock.advance("1h")
    assert here.submit(Lead("L-1")) == withdrawn
    assert here.reopen("L-1").received_at == START


def test_of_two_who_revive_a_lead_one_does():
    """A lead that was submitted again twice at once is decided once."""
    router = Router(rules=[Rule("all", keep_place="60s")])
    here = desk("ada", router=router)
    here.submit(Lead("L-1"))
    here.withdraw("L-1")
    racing = Racing(lambda: here.submit(Lead("L-1")), store=here.store)
    slow = evolve(here, store=racing, sleep=lambda _seconds: None)
    assert slow.submit(Lead("L-1")).rep_id == "ada"
    assert sum(isinstance(each, Offered) for each in here.history("L-1")) == 2


def test_the_pool_of_a_rep_counts():
    """A pool's number of missed offers is for offers through it."""
    pools = [Pool("team", reps={"ada"}, pause_after_missed=1)]
    here = desk(Rep("ada"), router=Router(rules=[Rule("all", pool="team")], pools=pools))
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    here.sweep()
    assert here.snapshot().paused == {"ada": Pause(missed=1)}
    assert here.store.get([rep_key("ada")])[rep_key("ada")].due is None


def test_a_store_that_fails_is_no_fault_of_a_rep():
    """A sweep that cannot write the end of a pause says so, and the next one does it."""
    here = desk("ada")
    here.pause("ada", until=LATER)
    here.clock.set(LATER)
    broken = Failing(*range(1, 10_000), store=here.store)
    slow = evolve(here, store=broken, sleep=lambda _seconds: None)
    with pytest.raises(TransientError):
        slow.sweep()
    here.sweep()
    assert here.store.counts([resting_key()]) == {}
