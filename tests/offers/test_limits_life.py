"""No life of leads takes a bucket or a cap past its limit, or offers a lead to somebody who is not there.

Driven by Hypothesis, checked from the log alone.
"""

import contextlib
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.offers.world import Wrapped, placements
from tests.profiles import examples

from leadroute import (
    LEAD,
    Dispatcher,
    Lead,
    Pool,
    Presence,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Status,
)
from leadroute.errors import InvalidTransitionError, LeadNotFoundError
from leadroute.offers.events import (
    Assigned,
    Contacted,
    Declined,
    FeedbackGiven,
    Offered,
    Released,
    TimedOut,
)
from leadroute.offers.transitions import holds
from leadroute.testing import ManualClock

START = datetime(2026, 3, 27, 9, 0, tzinfo=UTC)  # two days before the clocks of Berlin change
BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = Schedule("mon-sat 06:00-22:00", BERLIN)
OTHER = Schedule("wed-mon 00:00-24:00", BERLIN)
HOURS = "mon-sat 07:00-21:00"
CALLING = Schedule(HOURS, BERLIN)
GRACE, WRAP_UP = timedelta(minutes=10), timedelta(minutes=31)
BURST = 2
LEADS = [f"L-{n}" for n in range(14)]
REPS = ("ada", "bob")
LIMITS = {
    "ada": {"capacity": 5, "capacity_by_segment": {"big": 2, "small": 4}},
    "bob": {"capacity": 4, "capacity_by_segment": {"big": 2}},
}
TEAM = Roster(
    [
        Rep("ada", caps=["4 per day", "2 per day, source web"], schedule=OFFICE, **LIMITS["ada"]),
        Rep(
            "bob",
            caps=["6 per month, paced, burst 2", "3 per day, rolling", "1 per hour, soft"],
            schedule=OFFICE,
            **LIMITS["bob"],
        ),
    ]
)
ROUTER = Router(
    rules=[
        Rule(
            "big",
            when=LEAD.budget > 100,
            segment="big",
            capacity_cost=2,
            pool="all",
            accept_within="1h",
        ),
        Rule(
            "call",
            when=LEAD.channel == "phone",
            segment="small",
            release_on="contact",
            accept_within="1h",
            pool="first",
            calling_hours=HOURS,
            fallback={
                "none_available": "pool second, ignore_availability",
                "none_eligible": "pool second",
            },
        ),
        Rule(
            "shift_end",
            when=LEAD.channel == "chat",
            segment="small",
            release_on="shift_end",
            accept_within="1h",
            pool="first",
            fallback={"none_available": "ignore_availability", "none_eligible": "wait"},
        ),
        Rule("small", accept_within="1h", fallback={"none_available": "pool second"}),
    ],
    pools=[Pool("all", reps=set(REPS)), Pool("first", reps={"ada"}), Pool("second", reps={"bob"})],
    caps=["5 per day, source web", "4 per week, pool all", "1 per day, pool second"],
    timezone="Europe/Berlin",
    offline_grace=GRACE,
    wrap_up=WRAP_UP,
)
numbers = st.integers(0, len(LEADS) - 1)
lead_ids, rep_ids = st.sampled_from(LEADS), st.sampled_from(REPS)


class Stale(Wrapped):
    """A store that answers, for the next reads, with the counts of an earlier instant."""

    def __init__(self):
        super().__init__()
        self.earlier, self.reads, self.lagged = {}, 0, False

    def lag(self, reads):
        self.earlier, self.reads = self.store.counts(), max(self.reads, reads)

    def counts(self, keys=None, prefix=""):
        if not self.reads:
            return self.store.counts(keys, prefix=prefix)
        self.reads -= 1
        self.lagged = True
        asked = self.earlier if keys is None else keys
        return {
            key: self.earlier[key]
            for key in asked
            if key in self.earlier and key.startswith(prefix)
        }


class Limits(RuleBasedStateMachine):
    """Everything happens in any order; the limits hold all the same."""

    @initialize()
    def open_the_desk(self):
        self.store, self.clock, self.presence = Stale(), ManualClock(START), {}
        self.leads, self.seen, self.reached = {}, Counter(), {}
        self._staffed_by(TEAM)

    def _staffed_by(self, team):
        self.desk = Dispatcher(ROUTER, team, self.store, self.clock, presence=self.presence)

    @rule(
        lead_id=lead_ids,
        budget=st.sampled_from([1, 1, 1, 500]),
        source=st.sampled_from(["web", "fair"]),
        channel=st.sampled_from([None, "phone", "phone", "chat"]),
    )
    def submit(self, lead_id, budget, source, channel):
        lead = Lead(lead_id, budget=budget, source=source, channel=channel, country="DE")
        self.leads.setdefault(lead_id, lead)
        self.desk.submit(self.leads[lead_id])

    def _try(self, act, *given, **named):
        with contextlib.suppress(InvalidTransitionError, LeadNotFoundError):
            act(*given, **named)

    @rule(
        number=numbers,
        answers=st.sampled_from([["accept"], ["accept", "record_contact"], ["decline"]]),
    )
    def answer(self, number, answers):
        lead_id = self._one(Status.OFFERED, number)
        if lead_id is not None:
            rep_id = self.desk.placement(lead_id).rep_id
            for answer in answers:
                given = (lead_id,) if answer == "record_contact" else (lead_id, rep_id)
                self._try(getattr(self.desk, answer), *given)

    @rule(number=numbers, step=st.sampled_from(["record_contact", "release"]))
    def work(self, number, step):
        lead_id = self._one(Status.ACCEPTED, number)
        if lead_id is not None:
            self._try(getattr(self.desk, step), lead_id)

    def _one(self, status, number):
        """One of the leads that stand like this."""
        found = [each for each in self.leads if self.desk.placement(each).status is status]
        return found[number % len(found)] if found else None

    @rule(lead_id=lead_ids, status=st.sampled_from(["won", "lost", "meeting"]))
    def say(self, lead_id, status):
        self._try(self.desk.feedback, lead_id, status)

    @rule(lead_id=lead_ids, rep_id=rep_ids)
    def assign(self, lead_id, rep_id):
        self._try(self.desk.assign, lead_id, rep_id, by="manager")

    @rule(minutes=st.sampled_from([-90, 5, 30, 61, 600, 1440, 1500, 10_080]))
    def move_the_clock(self, minutes):
        self.clock.set(self.clock.now() + timedelta(minutes=minutes))

    @rule(rep_id=rep_ids, schedule=st.sampled_from([OFFICE, OTHER, None]))
    def change_the_schedule(self, rep_id, schedule):
        roster = self.desk.roster
        changed = roster[rep_id].with_changes(schedule=schedule, timezone="Europe/Berlin")
        self._staffed_by(roster.replace(changed))

    @rule(rep_id=rep_ids, status=st.sampled_from(["available", "available", "busy", "offline"]))
    def change_the_presence(self, rep_id, status):
        before = self.presence.get(rep_id, Presence("available", START))
        self.presence[rep_id] = before.becomes(status, self.clock.now())

    @rule(rep_id=rep_ids)
    def forget_the_presence(self, rep_id):
        self.presence.pop(rep_id, None)

    @rule(reads=st.sampled_from([3, 12, 60]))
    def lag(self, reads):
        self.store.lag(reads)

    @rule()
    def sweep(self):
        self.desk.sweep()

    @invariant()
    def counters_are_the_holds(self):
        """What is counted is what the placements hold, apart from the tallies of deals, instants and the order."""
        held = Counter()
        for placement in placements(self.store.store).values():
            held.update(holds(placement))
        counted = self.store.store.counts()
        tallies = (
            "order",
            "rep/last/",
            "rep/given/",
            "rep/won/",
            "rep/closed/",
            "rep/contact/",
            "rep/free/",
            "waiting/",
        )
        assert {k: n for k, n in counted.items() if not k.startswith(tallies)} == dict(held)

    @invariant()
    def who_is_offered_a_lead_is_there(self):
        """Unless it was routed anyway, and then nobody who is there was known of.

        That a rep has come back is only known from the counts that were read; that one has left is guarded.
        """
        events = [
            (lead_id, event)
            for lead_id in self.leads
            for event in self.desk.history(lead_id)[self.seen[lead_id] :]
        ]
        for lead_id, event in sorted(events, key=lambda found: found[1].kind != "contacted"):
            self.seen[lead_id] += 1
            if isinstance(event, Contacted):
                latest = self.reached.get(event.rep_id, event.at)
                self.reached[event.rep_id] = max(latest, event.at)
            elif isinstance(event, Offered):
                there = self._is_there(event)
                assert there != event.ignore_availability or (there and self.store.lagged)
        self.store.lagged = False

    def _is_there(self, offered):
        rep, at = self.desk.roster[offered.rep_id], offered.at
        presence, reached = self.presence.get(rep.id), self.reached.get(rep.id)
        return (
            (rep.hours is None or rep.hours.is_open(at))
            and (presence is None or presence.is_available(at, GRACE))
            and (reached is None or at >= reached + WRAP_UP)
            and (offered.rule != "call" or CALLING.is_open(at))
        )

    @invariant()
    def no_limit_is_passed(self):
        """Counted from the log, without the code under test, and without what was assigned by hand."""
        held = [found for lead in self.leads if (found := self._held(lead))]
        for rep_id, limits in LIMITS.items():
            mine = [each for each in held if each["rep"] == rep_id]
            work = [each for each in mine if each["open"]]
            assert sum(each["cost"] for each in work) <= limits["capacity"]
            for bucket, most in limits["capacity_by_segment"].items():
                assert sum(e["cost"] for e in work if e["segment"] == bucket) <= most
            days = Counter(each["at"].astimezone(BERLIN).date() for each in mine)
            months = Counter(f"{each['at'].astimezone(BERLIN):%Y-%m}" for each in mine)
            if rep_id == "ada":
                assert max(days.values(), default=0) <= 4
                web = Counter(e["at"].astimezone(BERLIN).date() for e in mine if e["web"])
                assert max(web.values(), default=0) <= 2
            else:
                assert max(days.values(), default=0) <= BURST
                assert max(months.values(), default=0) <= 6
                for end in (each["at"] for each in mine):
                    ago = end - timedelta(days=1)
                    assert sum(ago < each["at"] <= end for each in mine) <= 3
        web = Counter(e["at"].astimezone(BERLIN).date() for e in held if e["web"])
        assert max(web.values(), default=0) <= 5
        weeks = Counter(
            e["at"].astimezone(BERLIN).isocalendar()[:2] for e in held if e["segment"] == "big"
        )
        assert max(weeks.values(), default=0) <= 4
        second = Counter(e["at"].astimezone(BERLIN).date() for e in held if e["pool"] == "second")
        assert max(second.values(), default=0) <= 1

    def _held(self, lead_id):
        """What the log says a lead counts against, unless it was assigned by hand."""
        lead, found = self.leads[lead_id], None
        release_on = {"phone": "contact"}.get(lead.channel)
        big = lead.budget > 100
        for event in self.desk.history(lead_id):
            if isinstance(event, Offered):
                found = {
                    "rep": event.rep_id,
                    "at": event.at,
                    "pool": event.pool,
                    "web": lead.source == "web",
                    "segment": "big" if big else "small" if lead.channel else "other",
                    "cost": 2 if big else 1,
                    "open": True,
                }
            elif isinstance(event, Declined | TimedOut | Assigned):
                found = None
            elif found and (
                isinstance(event, Released)
                or (isinstance(event, FeedbackGiven) and event.closing)
                or (event.kind == "contacted" and release_on == "contact" and not big)
            ):
                found["open"] = False
        return found


TestLimits = Limits.TestCase
TestLimits.settings = examples(40, stateful_step_count=40)
