"""A dispatcher on a manual clock, stores that misbehave, and what must be true of every store at any time."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from leadroute import Dispatcher, Lead, Rep, Roster, Router, Rule, Transient, round_robin
from leadroute.model.keys import (
    cap_key,
    closed_key,
    contact_key,
    last_key,
    level_key,
    open_key,
    won_key,
)
from leadroute.offers.events import KINDS, Accepted, Contacted, FeedbackGiven, Offered
from leadroute.offers.machine import rebuild
from leadroute.offers.placement import Placement, Status
from leadroute.plain import loads
from leadroute.stores import MemoryStore
from leadroute.testing import ManualClock

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
OWNED = (Status.ACCEPTED, Status.CONTACTED, Status.CLOSED)
ANYONE = Router(rules=[Rule("all", score=round_robin(), window="5m")])


def team(*reps):
    """A roster of reps, given as reps or as ids with room for one lead."""
    return Roster([Rep(rep, capacity=1) if isinstance(rep, str) else rep for rep in reps])


def desk(*reps, router=ANYONE, store=None, start=START):
    """A dispatcher over a store of its own, with a clock that moves when told."""
    return Dispatcher(
        router, team(*reps), MemoryStore() if store is None else store, ManualClock(start)
    )


def submitted(dispatcher, *lead_ids, **fields):
    """Submit leads one minute apart in age, and return their placements."""
    return [
        dispatcher.submit(Lead(lead_id, received_at=START + timedelta(minutes=n), **fields))
        for n, lead_id in enumerate(lead_ids)
    ]


class Wrapped:
    """A store that passes everything on; the base of those that misbehave."""

    def __init__(self, store=None):
        self.store = MemoryStore() if store is None else store

    def __getattr__(self, name):
        return getattr(self.store, name)


class Failing(Wrapped):
    """A store that refuses the commits with these numbers, counted from 1."""

    def __init__(self, *numbers, store=None):
        super().__init__(store)
        self.numbers, self.commits = numbers, 0

    def commit(self, change):
        self.commits += 1
        if self.commits in self.numbers:
            raise Transient("told to fail")
        return self.store.commit(change)


class Racing(Wrapped):
    """A store where somebody else acts right before the commits of this one."""

    def __init__(self, *rivals, store=None):
        super().__init__(store)
        self.rivals = list(rivals)

    def commit(self, change):
        if self.rivals:
            self.rivals.pop(0)()
        return self.store.commit(change)


class Lagging(Wrapped):
    """A store whose counts, for the next reads, are those of an earlier instant."""

    def __init__(self, store=None):
        super().__init__(store)
        self.old = []

    def counts(self, keys=None, prefix=""):
        return self.old.pop() if self.old else self.store.counts(keys, prefix)


def placements(store):
    """Every placement, read through the lines that stores keep; each must stand in exactly one."""
    found = {}
    for status in Status:
        last = None
        while page := store.find(status=status.value, after=last, limit=3):
            for record in page:
                placement = loads(Placement, record.data)
                assert placement.lead_id not in found, "a lead stands in two lines"
                assert placement.status is status
                assert record.version == len(store.events(lead=placement.lead_id)) - 1
                found[placement.lead_id] = placement
            last = page[-1]
    return found


def audit(store, lead_ids):
    """Check everything that must be true after every step; return the placements by lead."""
    found = placements(store)
    assert set(found) == set(lead_ids), "a lead is lost or made up"
    held, won, closed = Counter(), Counter(), Counter()
    last, reached, levels = {}, {}, {}
    for lead_id, placement in found.items():
        logged = store.events(lead=lead_id)
        assert [event.n for event in logged] == list(range(1, len(logged) + 1))
        history = [loads(KINDS[event.type], event.data) for event in logged]
        assert rebuild(lead_id, history) == placement
        assert placement.status is not Status.RECEIVED
        assert sum(isinstance(event, Accepted) for event in history) == (placement.status in OWNED)
        assert (placement.owner is not None) == (placement.status in OWNED)
        assert (placement.due is not None) == (placement.status in (Status.OFFERED, Status.WAITING))
        offers = [event for event in history if isinstance(event, Offered)]
        assert len({event.rep_id for event in offers}) == len(offers), "offered to one rep twice"
        for event in offers:
            if event.level:
                levels[event.pool] = max(levels.get(event.pool, 0), event.level)
            last[event.rep_id] = max(last.get(event.rep_id, 0), round(event.at.timestamp() * 1e6))
        for event in history:
            if isinstance(event, Contacted):
                at = round(event.at.timestamp() * 1e6)
                reached[event.rep_id] = max(reached.get(event.rep_id, 0), at)
            if isinstance(event, FeedbackGiven) and event.closing:
                closed[event.rep_id] += 1
                won[event.rep_id] += event.status == "won"
        held.update(placement.holds)
    expected = {
        **held,
        **{won_key(rep): n for rep, n in won.items() if n},
        **{closed_key(rep): n for rep, n in closed.items()},
        **{last_key(rep): at for rep, at in last.items()},
        **{contact_key(rep): at for rep, at in reached.items()},
        **{level_key(pool): level for pool, level in levels.items()},
    }
    assert store.counts() == expected, "the counters are not the holds of the placements"
    return found


def within_limits(before, after, roster, now):
    """Nothing may have been added to a counter that stands beyond its limit."""
    for rep in roster:
        limits = {cap_key(rep.id, c.per, c.period(now, rep.zone)): c.limit for c in rep.caps}
        if rep.capacity is not None:
            limits[open_key(rep.id)] = rep.capacity
        for key, limit in limits.items():
            assert after.get(key, 0) <= max(limit, before.get(key, 0)), f"{key} beyond {limit}"
