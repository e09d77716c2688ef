"""The life of many leads, driven by Hypothesis: what holds after every step, on every store."""

import shutil
import tempfile
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.offers.world import START, audit, freed_by, outcomes, placements, within_limits
from tests.profiles import examples

from leadroute import (
    Cap,
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Rule,
    SqliteStore,
    round_robin,
)
from leadroute.errors import (
    InvalidTransitionError,
    LeadNotFoundError,
    TransientError,
    UnknownOutcomeError,
)
from leadroute.model.duration import to_micros
from leadroute.model.keys import free_key, is_open_key, lead_key, open_key
from leadroute.offers import LiveCounts
from leadroute.offers.change import Change, Once, Raise
from leadroute.offers.events import (
    Accepted,
    Assigned,
    Back,
    DeadlineMissed,
    DeadlineWarned,
    FollowUpDue,
    Offered,
    Paused,
    Received,
    Resumed,
)
from leadroute.offers.lifting import event_of
from leadroute.offers.placement import SUGGESTED, Status
from leadroute.offers.transitions import holds
from leadroute.plain import loads
from leadroute.rules.offer_kind import PULL
from leadroute.testing import FailingStore, ManualClock
from leadroute.testing.strategies import IDS, leads, reps, rosters, routers

LEAD_IDS = ("L-1", "L-2", "l/3", "4%", "Ü-5", "L-6")
ABLE = (Rep("ada", level=3, capacity=2), Rep("bob", capacity=1, caps=[Cap(2, "day")]))
lead_ids = st.sampled_from(LEAD_IDS)
policies = st.one_of(
    st.just(Router(rules=[Rule("all", score=round_robin())])),
    routers().map(
        lambda given: evolve(given, rules=(*given.rules, Rule("rest", accept_within="5m")))
    ),
)
mostly = st.sampled_from([True, True, True, False])
rep_ids = st.sampled_from(IDS)
TEMPORARY = {
    "stateful_step_count": 40,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.filter_too_much],
}


def rings(event):
    """What rings with an event: a deadline, one of its warnings, or a follow-up; nothing with others."""
    if isinstance(event, DeadlineMissed):
        return event.deadline, 0
    if isinstance(event, DeadlineWarned):
        return event.deadline, event.number
    return ("follow_up", -event.number) if isinstance(event, FollowUpDue) else None


class Life(RuleBasedStateMachine):
    """Leads, reps and time do what they like; the promises hold all the same."""

    def make_store(self):
        return MemoryStore()

    @initialize(router=policies, roster=rosters())
    def open_the_desk(self, router, roster):
        self.store = self.make_store()
        self.clock = ManualClock(START)
        self.desk = Dispatcher(router, roster.replace(*ABLE), self.store, self.clock)
        self.leads = set()
        self.counts = {}

    @rule(lead=leads(lead_ids))
    def submit(self, lead):
        known = self._known(lead.id)
        # One that was withdrawn comes back, where the terms keep its place.
        stays = known and self.desk.placement(lead.id).status is not Status.WITHDRAWN
        before = self.store.events(limit=10_000)
        placement = self.desk.submit(lead)
        self.leads.add(lead.id)
        assert placement == self.desk.placement(lead.id)
        if stays:
            assert self.store.events(limit=10_000) == before, "submitting twice changed something"

    def _known(self, lead_id):
        """Whether a lead was submitted, and not forgotten since."""
        forgotten = lead_id in self.leads and (
            self.desk.placement(lead_id).status is Status.FORGOTTEN
        )
        return lead_id in self.leads and not forgotten

    def _try(self, lead_id, act):
        """Act on a lead; if that is refused, nothing has happened."""
        before = self.store.events(limit=10_000)
        try:
            placement = act()
        except (InvalidTransitionError, LeadNotFoundError) as refused:
            unknown = isinstance(refused, LeadNotFoundError)
            assert self.store.events(limit=10_000) == before
        else:
            return placement
        assert unknown == (lead_id not in self.leads)
        return None

    @rule(lead_id=lead_ids, rep_id=rep_ids, right=mostly)
    def accept(self, lead_id, rep_id, right):
        held = self.desk.placement(lead_id) if lead_id in self.leads else None
        rep_id = held.rep_id if held and held.rep_id and right else rep_id
        placement = self._try(lead_id, lambda: self.desk.accept(lead_id, rep_id))
        offer = held.offer_to(rep_id) if held else None
        live = offer is not None and self.clock.now() < offer.expires_at
        may = bool(held) and (held.owner == rep_id or live)
        assert (placement is not None) == may
        if placement is not None:
            assert placement.owner == rep_id
            assert self.desk.accept(lead_id, rep_id) == placement

    @rule(lead_id=lead_ids, rep_id=rep_ids, right=mostly)
    def decline(self, lead_id, rep_id, right):
        held = self.desk.placement(lead_id) if lead_id in self.leads else None
        rep_id = held.rep_id if held and held.rep_id and right else rep_id
        placement = self._try(lead_id, lambda: self.desk.decline(lead_id, rep_id, "busy"))
        if placement is not None:
            assert placement.rep_id != rep_id
            assert placement.previous_offers[rep_id].outcome == "declined"

    @rule(rep_id=rep_ids, minutes=st.sampled_from([None, 3, 90]))
    def pause(self, rep_id, minutes):
        """Whoever is paused gets no offer, whatever happens next."""
        if rep_id in self.desk.roster:
            until = None if minutes is None else self.clock.now() + timedelta(minutes=minutes)
            self.desk.pause(rep_id, until=until, why="lunch")
            assert rep_id in self.desk.snapshot().paused

    @rule(rep_id=rep_ids, way=st.sampled_from(["resume", "back"]))
    def somebody_is_back(self, rep_id, way):
        if rep_id in self.desk.roster:
            getattr(self.desk, way)(rep_id)
            assert way == "back" or rep_id not in self.desk.snapshot().paused

    @rule(lead_id=lead_ids, rep_id=rep_ids)
    def another_chance(self, lead_id, rep_id):
        if rep_id in self.desk.roster:
            self._try(lead_id, lambda: self.desk.another_chance(lead_id, rep_id))

    @rule(
        lead_id=lead_ids,
        rep_id=rep_ids,
        kind=st.sampled_from(["declined", "busy", "unreachable"]),
        minutes=st.sampled_from([None, 1, 90]),
    )
    def decline_for_now(self, lead_id, rep_id, kind, minutes):
        """The kind of an answer, and when to ask again, are kept."""
        again = None if minutes is None else timedelta(minutes=minutes)
        held = self.desk.placement(lead_id) if lead_id in self.leads else None
        rep_id = held.offers[-1].rep_id if held and held.offers else rep_id
        before = held and held.offer_to(rep_id)
        decline = partial(self.desk.decline, lead_id, rep_id, kind=kind, retry_after=again)
        placement = self._try(lead_id, decline)
        if placement is not None and before is not None:
            assert placement.previous_offers[rep_id].outcome == kind

    @rule(rep_id=rep_ids)
    def pull(self, rep_id):
        """A lead that a rep pulls is offered to them, whatever the rest of the team does."""
        if rep_id in self.desk.roster:
            found = self.desk.next_for(rep_id)
            if found.placement is None:
                assert found.reason_code
            else:
                assert found.placement.offer_to(rep_id) is not None

    @rule(rep_id=rep_ids, lead_id=lead_ids)
    def claim(self, rep_id, lead_id):
        """What is listed as available can be claimed."""
        if rep_id in self.desk.roster:
            listed = {each.lead_id for each in self.desk.available_leads(rep_id)}
            placement = self._try(lead_id, lambda: self.desk.claim(lead_id, rep_id))
            assert placement is not None or lead_id not in listed

    @rule(lead_id=lead_ids)
    def contacted(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.record_contact(lead_id))
        if placement is not None:
            assert placement.contacted_at is not None

    @rule(lead_id=lead_ids, rep_id=rep_ids, channel=st.sampled_from(["phone", "email"]))
    def contacted_by_anybody(self, lead_id, rep_id, channel):
        if rep_id in self.desk.roster:
            contact = partial(self.desk.record_contact, lead_id, rep=rep_id, channel=channel)
            placement = self._try(lead_id, contact)
            assert placement is None or placement.contacted_at is not None

    @rule(lead_id=lead_ids)
    def reroute(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.reroute(lead_id))
        assert placement is None or placement.owner is None or not placement.offers

    @rule(
        lead_id=lead_ids,
        status=st.sampled_from(["meeting", "won", "lost"]),
        value=st.sampled_from([None, 0, 48_000]),
    )
    def feedback(self, lead_id, status, value):
        placement = self._try(lead_id, lambda: self.desk.feedback(lead_id, status, value=value))
        if placement is not None:
            assert placement.outcome == status
            assert self.desk.feedback(lead_id, status, value=value) == placement

    @rule(early=st.booleans())
    def sweep(self, early):
        now = self.clock.now()
        swept = self.desk.sweep(early=early)
        assert swept.errors == ()
        found = audit(self.store, self.leads).values()
        for placement in found:
            if placement.due is not None:
                assert placement.due > now, "what is due was not done"
                assert swept.next_wakeup <= placement.due
        if early:
            self._check_that_nobody_could_take(found)

    def _check_that_nobody_could_take(self, found):
        """However often the team, the policy and the time have changed."""
        for placement in found:
            if placement.status is Status.WAITING and not self._held_back(placement):
                record = self.store.get([lead_key(placement.lead_id)])[lead_key(placement.lead_id)]
                own = {**self.desk.earlier, self.desk.router.version: self.desk.router}
                ranking = own[placement.policy_version].rank(
                    loads(Lead, record.data),
                    self.desk.roster,
                    now=self.clock.now(),
                    snapshot=self.desk.snapshot(),
                    previous_offers=outcomes(placement),
                )
                assert ranking.best is None, "a lead waits though somebody could take it"

    def _held_back(self, placement):
        """Whether a lead waits for something besides a rep who can take it: its terms say so."""
        own = {**self.desk.earlier, self.desk.router.version: self.desk.router}
        terms = own[placement.policy_version].terms(placement.rule)
        paced = terms.backlog_gap is not None or terms.backlog_burst is not None
        return placement.reason_code == SUGGESTED or terms.kind == PULL or paced

    @rule()
    def five_minutes_pass(self):
        """Every line is looked at: whoever stands at the head of one can be taken by nobody."""
        self.clock.set(self.clock.now() + timedelta(minutes=5))
        self.desk.sweep()
        due = self.store.find(upto=to_micros(self.clock.now()))
        assert due == [], "a sweep leaves nothing due"

    @rule(
        minutes=st.sampled_from([1, 4, 5, 90, 60 * 8, 60 * 24]), back=st.sampled_from([0, 0, 0, 1])
    )
    def time_passes(self, minutes, back):
        self.clock.set(self.clock.now() + timedelta(minutes=-1 if back else minutes))

    @rule(lead_id=lead_ids)
    def an_offer_ends(self, lead_id):
        """Move to the very instant at which an offer is over."""
        due = self.desk.placement(lead_id).due if lead_id in self.leads else None
        self.clock.set(due or self.clock.now())

    @rule(rep=reps())
    def somebody_changes(self, rep):
        self.desk = evolve(self.desk, roster=self.desk.roster.replace(rep))

    @rule(rep_id=rep_ids)
    def somebody_leaves(self, rep_id):
        stay = Roster(rep for rep in self.desk.roster if rep.id != rep_id)
        self.desk = evolve(self.desk, roster=stay)

    @rule(router=policies, kept=st.booleans())
    def policy_changes(self, router, kept):
        """Leads that wait stay with their version where it is kept."""
        known = {each.version: each for each in (*self.desk.earlier.values(), self.desk.router)}
        self.desk = evolve(self.desk, router=router, earlier=known if kept else {})

    @invariant()
    def all_promises_hold(self):
        audit(self.store, self.leads)

    @invariant()
    def nobody_who_is_paused_is_asked(self):
        """No offer is made to a rep between the events of a pause; one that is over stays over."""
        pauses, now = {}, START
        for event in map(event_of, self.store.events(limit=10_000)):
            now = max(now, event.at)
            if isinstance(event, Paused):
                pauses[event.rep_id] = event
            elif isinstance(event, Resumed) or (
                isinstance(event, Back) and event.rep_id in pauses and pauses[event.rep_id].missed
            ):
                pauses.pop(event.rep_id, None)
            elif isinstance(event, Offered) and (pause := pauses.get(event.rep_id)):
                assert pause.until is not None
                assert pause.until <= now

    @invariant()
    def each_deadline_rings_once(self):
        """A deadline is missed once, after each of its warnings, and each follow-up of an owner is due once."""
        for lead_id in self.leads:
            rung = set()
            for event in map(event_of, self.store.events(lead=lead_id)):
                if isinstance(event, Received | Accepted | Assigned):
                    rung = {each for each in rung if each[0] != "follow_up"}
                if isinstance(event, Received):
                    rung.clear()
                elif name := rings(event):
                    assert name not in rung, f"{lead_id}: {name} rang twice"
                    assert name[1] <= 0 or (event.deadline, 0) not in rung
                    rung.add(name)

    @invariant()
    def no_limit_is_passed(self):
        counts = self.store.counts()
        within_limits(self.counts, counts, self.desk.roster, self.clock.now())
        self.counts = counts

    @invariant()
    def counts_can_be_read(self):
        snapshot, held = self.desk.snapshot(), Counter()
        for placement in audit(self.store, self.leads).values():
            held.update(holds(placement))
        for rep_id, units in snapshot.open.items():
            assert held.pop(open_key(rep_id), 0) == units
        assert not any(key.startswith(open_key("")) and units for key, units in held.items())


class LifeOnDisk(Life):
    """The same life over a file."""

    def make_store(self):
        self.folder = tempfile.TemporaryDirectory()
        return SqliteStore(Path(self.folder.name) / "life.db", synchronous="normal")

    def teardown(self):
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()


Life.TestCase.settings = examples(40, **TEMPORARY)
LifeOnDisk.TestCase.settings = examples(10, **TEMPORARY)
TestLife = Life.TestCase
TestLifeOnDisk = LifeOnDisk.TestCase


KEPT = Path(__file__).parents[1] / "data" / "schema-2.sqlite"


class LongLife(Life):
    """A longer life over all that a dispatcher can do, with a store that fails now and then."""

    def make_store(self):
        return FailingStore(super().make_store())

    @initialize(router=policies, roster=rosters())
    def open_the_desk(self, router, roster):
        super().open_the_desk(router, roster)
        self.desk = evolve(self.desk, sleep=lambda _seconds: None)
        self.seconds = 0.0

    @rule(live=st.booleans())
    def counts_are_kept_or_read(self, live):
        """The same promises hold with counters that are kept in step with the log."""
        counts = LiveCounts(self.store, seconds=lambda: self.seconds) if live else None
        self.desk = evolve(self.desk, counts=counts)

    @rule(seconds=st.sampled_from([0.5, 3, 70, 400]))
    def the_process_is_idle(self, seconds):
        self.seconds += seconds

    @rule(
        way=st.sampled_from(
            [
                (TransientError("busy"), "before"),
                (UnknownOutcomeError("gone"), "before"),
                (UnknownOutcomeError("gone"), "after"),
            ]
        ),
        later=st.integers(1, 3),
    )
    def the_store_fails_soon(self, way, later):
        error, when = way
        self.store.fail(self.store.commits + later, error, when=when)

    @rule(lead_id=lead_ids, rep_id=rep_ids)
    def assign(self, lead_id, rep_id):
        if rep_id in self.desk.roster:
            placement = self._try(lead_id, lambda: self.desk.assign(lead_id, rep_id, by="boss"))
            # Whoever exceeds a limit by hand may.
            self.counts = self.store.counts()
            assert placement is None or placement.owner == rep_id

    @rule(lead_id=lead_ids)
    def release(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.release(lead_id))
        assert placement is None or not any(map(is_open_key, placement.reservations))

    @rule(lead_id=lead_ids, stale=st.booleans(), answer=st.sampled_from(["accept", "decline"]))
    def answer_by_token(self, lead_id, stale, answer):
        held = self.desk.placement(lead_id) if lead_id in self.leads else None
        if held is None or not held.offers:
            return
        offer = held.offers[0]
        token = f"{offer.token}!" if stale else offer.token
        act = getattr(self.desk, answer)
        placement = self._try(lead_id, lambda: act(lead_id, offer.rep_id, token=token))
        assert (placement is None) == (stale or self.clock.now() >= offer.expires_at)

    @rule(limit=st.integers(1, 3))
    def sweep_a_little(self, limit):
        before = {each: self.desk.placement(each).steps for each in self.leads}
        self.desk.sweep(limit=limit)
        moved = [each for each in self.leads if self.desk.placement(each).steps > before[each]]
        assert len(moved) <= limit

    @rule(lead_id=lead_ids)
    def withdraw(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.withdraw(lead_id, "spam"))
        assert placement is None or placement.status is Status.WITHDRAWN

    @rule(lead_id=lead_ids)
    def reopen(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.reopen(lead_id))
        assert placement is None or placement.owner is None

    @rule(limit=st.sampled_from([3, 50]))
    def audit_the_store(self, limit):
        """Nothing is ever out of joint but what was not swept in time."""
        result = None
        while result is None or not result.complete:
            result = self.desk.audit(limit, result)
            assert {fault.kind for fault in result.discrepancies} <= {"deadline"}

    @rule(lead_id=lead_ids)
    def reevaluate(self, lead_id):
        placement = self._try(lead_id, lambda: self.desk.reevaluate(lead_id))
        assert placement is None or placement.policy_version == self.desk.router.version

    @rule(lead_id=lead_ids)
    def forget(self, lead_id):
        found = self._try(lead_id, lambda: self.desk.forget(lead_id))
        if found is not None:
            assert found.placement.status is Status.FORGOTTEN
            assert self.desk.forget(lead_id) == found
            assert self.desk.decision(lead_id) is None

    @rule(lead=leads(lead_ids))
    def update(self, lead):
        before = self.desk.placement(lead.id) if lead.id in self.leads else None
        placement = self._try(lead.id, lambda: self.desk.update(lead))
        anew = (Status.WAITING, Status.DISQUALIFIED)
        if placement is not None and before.status not in anew:
            assert (placement.status, placement.offers) == (before.status, before.offers)

    @rule(lead=leads(lead_ids), rep_id=rep_ids)
    def submit_to(self, lead, rep_id):
        if rep_id in self.desk.roster:
            known = self._known(lead.id)
            placement = self.desk.submit(lead, to=rep_id)
            self.leads.add(lead.id)
            self.counts = self.store.counts()
            assert known or placement.owner == rep_id

    @rule(turns=st.sampled_from([1, 2, -1]), cause=st.integers(0, 3))
    def credit_turns(self, turns, cause):
        if not self.desk.roster.reps:
            return
        rep_id = self.desk.roster.reps[0].id
        expires = self.clock.now() + timedelta(days=2)
        given = {"reason": "absence", "cause": f"c-{cause}", "expires": expires, "pool": "everyone"}
        self.desk.credit_turns(rep_id, turns, **given)


class LongLifeOnAnOldFile(LongLife):
    """The same over the file that a release of schema 2 left behind."""

    def make_store(self):
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "crm.db"
        shutil.copy(KEPT, path)
        self.file = SqliteStore(path, synchronous="normal")
        return FailingStore(self.file)

    @initialize(router=policies, roster=rosters())
    def open_the_desk(self, router, roster):
        super().open_the_desk(router, roster)
        self.clock.set(datetime(2026, 3, 2, 9, 4, tzinfo=UTC))
        self.leads = {*placements(self.store)}
        self.keep_who_became_free()
        self.counts = self.store.counts()

    def keep_who_became_free(self):
        """Count it as if that release had, so that the audit need not know which events are its own."""
        lives = {lead: [*map(event_of, self.file.events(lead=lead))] for lead in self.leads}
        ops = [
            Raise(free_key(rep), at)
            for lead, life in lives.items()
            for rep, at in freed_by(lead, life).items()
        ]
        self.file.commit(Change("free", [Once("free"), *ops]))

    def teardown(self):
        if hasattr(self, "file"):
            self.file.close()
            self.folder.cleanup()


# Searches of 2,000 runs of 50 steps, with all terms of offers, passed on 2026-12-01, in about six minutes:
# HYPOTHESIS_PROFILE=nightly pytest --no-cov -n 0 -m slow tests/offers/test_life.py -k "TestLongLife and not Old"
LONG = {**TEMPORARY, "stateful_step_count": 50}
LongLife.TestCase.settings = examples(40, **LONG)
LongLifeOnAnOldFile.TestCase.settings = examples(10, **LONG)
TestLongLife = pytest.mark.slow(LongLife.TestCase)
TestLongLifeOnAnOldFile = pytest.mark.slow(LongLifeOnAnOldFile.TestCase)
