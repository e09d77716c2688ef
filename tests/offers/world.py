"""A dispatcher on a manual clock, stores that misbehave, and what must be true of every store at any time."""

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import dropwhile, takewhile

from attrs import evolve

from leadroute import Dispatcher, Lead, Rep, Roster, Router, Rule, round_robin
from leadroute.errors import TransientError
from leadroute.model.keys import (
    asked_key,
    backlog_key,
    cap_key,
    closed_key,
    contact_key,
    credits_key,
    decision_key,
    free_key,
    given_key,
    holder_of,
    is_open_key,
    last_key,
    lead_key,
    missed_key,
    offer_key,
    open_key,
    order_key,
    parts,
    rest_key,
    resting_key,
    won_key,
)
from leadroute.offers.counts import Books
from leadroute.offers.draft import LINE, Draft
from leadroute.offers.events import (
    Accepted,
    AnotherChance,
    Assigned,
    Contacted,
    Declined,
    FeedbackGiven,
    Forgotten,
    Offered,
    OfferWithdrawn,
    PolicyChanged,
    Received,
    Reopened,
    Rerouted,
    TimedOut,
    Waiting,
    Withdrawn,
)
from leadroute.offers.lifting import event_of, placement_of
from leadroute.offers.lines import (
    entry_key,
    entry_status,
    length_key,
    line_key,
)
from leadroute.offers.placement import SUGGESTED, Status
from leadroute.offers.requests import run
from leadroute.offers.rests import RESTING, RepState
from leadroute.offers.state_machine import move, rebuild
from leadroute.offers.transitions import holds
from leadroute.plain import loads
from leadroute.ranking.scorers.round_robin import UNIT
from leadroute.stores import STORED, Change, MemoryStore
from leadroute.testing import ManualClock

START = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
_BEGINS = Received | Reopened | Rerouted | Forgotten
OWNED = (Status.ACCEPTED, Status.CONTACTED, Status.CLOSED)
ANYONE = Router(rules=[Rule("all", score=round_robin(), accept_within="5m")])


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


def also_offered(here, lead_id, rep_id, number=1):
    """Offer a lead to a further rep beside the first."""
    leads = here._cases.leads

    def steps():
        books = Books(leads.desk, here.clock.now())
        before, version = yield from leads.known(lead_id, books)
        draft = Draft(lead_id, before, version, books)
        event = next(each for each in here.history(lead_id) if isinstance(each, Offered))
        held = {f"rep/open/{rep_id}": 1}
        more = evolve(
            event,
            rep_id=rep_id,
            token=f"token {rep_id}",
            reservations=held,
            limits=held,
            turn=None,
            order=event.order + number,
            expires_at=event.expires_at + timedelta(minutes=number),
        )
        yield from draft.happen(more)
        return (yield from draft.operations())

    ops = run(steps(), here.store, None)
    here.store.commit(Change(f"offer of {lead_id} to {rep_id}", ops))


def outcomes(placement):
    """How the offers to each rep ended."""
    return {rep_id: each.outcome for rep_id, each in placement.previous_offers.items()}


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
            raise TransientError("told to fail")
        self.store.commit(change)


class Racing(Wrapped):
    """A store where somebody else acts right before the commits of this one."""

    def __init__(self, *rivals, store=None):
        super().__init__(store)
        self.rivals = list(rivals)

    def commit(self, change):
        if self.rivals:
            self.rivals.pop(0)()
        self.store.commit(change)


class Lagging(Wrapped):
    """A store whose counts, for the next reads, are those of an earlier instant."""

    def __init__(self, store=None):
        super().__init__(store)
        self.old = []

    def counts(self, keys=None, **page):
        return self.old.pop() if self.old else self.store.counts(keys, **page)


class Late(Wrapped):
    """A store in which some events cannot be seen yet, as if their transactions were not over."""

    def __init__(self, store=None):
        super().__init__(MemoryStore() if store is None else store)
        self.hidden = set()

    def events(self, **asked):
        return [event for event in self.store.events(**asked) if event.id not in self.hidden]


def placements(store):
    """Every placement, read through the lines that stores keep; each must stand in exactly one."""
    found = {}
    for status in Status:
        last = None
        while page := store.find(status=status.value, after=last, limit=3):
            for record in page:
                placement = placement_of(record, parts(record.key)[-1])
                assert placement.lead_id not in found, "a lead stands in two lines"
                assert placement.status is status
                assert record.version <= len(store.events(lead=placement.lead_id))
                found[placement.lead_id] = placement
            last = page[-1]
    return found


def rotation(store, pool):
    """The records of a pool as one: the reps by place, their turns, their credits, and what they were granted."""
    records, more = [], 0
    while len(records) <= more:
        name = credits_key(pool, len(records))
        record = store.get([name]).get(name)
        if record is None:
            break
        records.append(json.loads(record.data))
        more = records[0].get("more", 0)
    reps = [rep_id for record in records for rep_id in record["reps"]]
    turns = [taken for record in records for taken in record["turns"]]
    held = [credit for record in records for credit in record["credits"]]
    assert len(reps) == len({*reps}) == len(turns) == len(held), "a rep has two places"
    granted = {}
    for number in range(records[0].get("turn_credit_records", 0) if records else 0):
        name = credits_key(pool, f"turn credits {number}")
        for rep_id, credited in json.loads(store.get([name])[name].data).items():
            granted.setdefault(rep_id, {}).update(credited)
    return reps, turns, held, granted


def shared_out(turn, reps):
    """What an offer noted of its turn, in parts of a turn: to whom how much, and what the taker pays."""
    weights = {
        reps[place]: int(weight)
        for weight, digits in turn.shares.items()
        for place, bit in enumerate(reversed(f"{int(digits, 16):b}"))
        if bit == "1"
    }
    whole = sum(weights.values())
    shares = {rep_id: UNIT * turn.units * weight // whole for rep_id, weight in weights.items()}
    return Counter(shares), sum(shares.values())


def standing(history):
    """The offers of one life that were not taken back."""
    live, taken = {}, []
    for event in history:
        if isinstance(event, Offered):
            live[event.rep_id] = event
        elif isinstance(event, Declined | TimedOut | OfferWithdrawn):
            del live[event.rep_id]
        elif isinstance(event, Accepted):
            taken.append(live.pop(event.rep_id))
        elif isinstance(event, Assigned | Withdrawn | Rerouted | Forgotten):
            live.clear()
    return [*taken, *live.values()]


ENDS = (Rerouted, Declined, TimedOut)


def offered_at_once(history):
    """The reps who are offered a lead in the change in which its offers end, as in a new round."""
    rest = dropwhile(lambda each: isinstance(each, TimedOut | PolicyChanged), history)
    return {each.rep_id for each in takewhile(lambda each: isinstance(each, Offered), rest)}


def freed_by(lead_id, history):
    """When each rep last gave back open work of a lead, event by event; a lost race leaves them as idle as before."""
    placement, freed = None, {}
    for number, event in enumerate(history):
        held = holds(placement)
        again = offered_at_once(history[number + 1 :]) if isinstance(event, ENDS) else set()
        placement = move(placement, event, lead_id)
        left = holds(placement)
        for key in () if isinstance(event, OfferWithdrawn) else filter(is_open_key, held):
            if left.get(key, 0) < held[key]:
                rep_id = holder_of(key)
                if rep_id in again:
                    continue  # who gets a lead back in the same change was never free
                freed[rep_id] = max(freed.get(rep_id, 0), round(event.at.timestamp() * 1e6))
    return freed


def audit(store, lead_ids):
    """Check everything that must be true after every step; return the placements by lead."""
    found = placements(store)
    assert set(found) == set(lead_ids), "a lead is lost or made up"
    lives = {lead_id: _checked_life(store, placement) for lead_id, placement in found.items()}
    events = [event for history in lives.values() for event in history]
    held, reached = Counter(), {}
    for placement in found.values():
        held.update(holds(placement))
    _check_forgotten(store, found.values())
    _check_lines(store, found.values())
    _check_offers(store, found.values())
    for event in events:
        if isinstance(event, Contacted):
            at = round(event.at.timestamp() * 1e6)
            reached[event.rep_id] = max(reached.get(event.rep_id, 0), at)
    free = {}
    for lead_id, history in lives.items():
        for rep_id, at in freed_by(lead_id, history).items():
            free[rep_id] = max(free.get(rep_id, 0), at)
    ended = [event for event in events if isinstance(event, FeedbackGiven) and event.closing]
    expected = {
        **held,
        **Counter(won_key(event.rep_id) for event in ended if event.status == "won"),
        **Counter(closed_key(event.rep_id) for event in ended),
        **{contact_key(rep): at for rep, at in reached.items()},
        **{free_key(rep): at for rep, at in free.items()},
    }
    counts = store.counts()
    numbers = (last_key(""), given_key(""))
    numbers = (*numbers, length_key(""), rest_key(""), missed_key(""))
    others = (*numbers, "outcome/", backlog_key(""), "claims/", "lapsed/")
    named = {order_key(), resting_key(), *(key for key in counts if key.startswith(others))}
    assert {key: n for key, n in counts.items() if key not in named} == expected, (
        "the counters are not the holds of the placements"
    )
    _check_rests(store, counts)
    given = [event for event in events if isinstance(event, Offered | Assigned)]
    stands = [event for history in lives.values() for event in standing(history)]
    stands += [event for event in given if isinstance(event, Assigned)]
    _check_orders(counts, given, stands)
    for pool in {event.pool for event in given if isinstance(event, Offered)}:
        offers = [event for event in stands if isinstance(event, Offered) and event.pool == pool]
        _check_credits(store, pool, [event.turn for event in offers if event.turn is not None])
    return found


def _check_forgotten(store, placements):
    """Of a lead that was forgotten nothing is kept but its placement, and every other has its facts."""
    kinds = {record.key.partition("/")[0] + "/" for record in store.find(limit=10_000)}
    assert kinds <= STORED.keys(), "the page on privacy does not tell of everything"
    for each in placements:
        beside = [lead_key(each.lead_id), decision_key(each.lead_id), asked_key(each.lead_id, 0)]
        forgotten = each.status is Status.FORGOTTEN
        kept = store.get(beside)
        assert (lead_key(each.lead_id) not in kept) == forgotten
        assert not (forgotten and kept)


def _check_rests(store, counts):
    """The counters of who gets no offer are what the records say, and each log is without a gap."""
    records = [each for each in store.find(limit=10_000) if each.key.startswith("rep/")]
    found = {parts(each.key)[1]: (each, loads(RepState, each.data)) for each in records}
    rests = {rest_key(rep_id): state.until for rep_id, (_, state) in found.items() if state.until}
    assert {key: n for key, n in counts.items() if key.startswith(rest_key(""))} == rests
    assert counts.get(resting_key(), 0) == sum(state.rests for _, state in found.values())
    for record, state in found.values():
        assert record.status == (RESTING if state.rests else "")
        assert record.due == state.due
        log = [event.n for event in store.events(lead=record.key)]
        assert log == list(range(1, state.events + 1))
    missed = [n for key, n in counts.items() if key.startswith(missed_key(""))]
    assert min(missed, default=0) >= 0


def _check_offers(store, placements):
    """Each open offer has a record that is found by its rep, and no other has one."""
    expected = {
        (offer_key(each.lead_id, offer.rep_id), offer.rep_id)
        for each in placements
        for offer in each.offers
        if offer.recorded
    }
    found = store.find(status="offer", limit=10_000)
    assert {(each.key, each.owner) for each in found} == expected, "the open offers are others"


def _check_lines(store, placements):
    """A line holds exactly the leads that wait in it, is looked at in time, and knows its length."""
    waiting = {entry_key(each): each.line for each in placements if each.line}
    lines = {*waiting.values()}
    found = store.find(status=[entry_status(line) for line in lines], limit=10_000)
    kept = {each.key: each.status.partition("/")[2] for each in found}
    assert kept == waiting, "a line holds other leads"
    lengths = {key.partition("/")[2]: n for key, n in store.counts(prefix=length_key("")).items()}
    assert lengths == Counter(waiting.values()), "a line has another length"
    looked_at = {each.key: each.due for each in store.find(status=LINE, limit=10_000)}
    assert {line_key(line) for line in lines} <= looked_at.keys(), "nobody looks at a line"
    assert None not in looked_at.values()


def _checked_life(store, placement):
    """The history of a lead, which leads to the placement that is kept."""
    logged = store.events(lead=placement.lead_id)
    assert [event.n for event in logged] == list(range(1, len(logged) + 1))
    history = [*map(event_of, logged)]
    assert rebuild(placement.lead_id, history) == placement
    assert placement.status is not Status.RECEIVED
    starts = [n for n, e in enumerate(history) if isinstance(e, _BEGINS)]
    life = history[starts[-1] :]
    assert sum(isinstance(event, Accepted) for event in life) <= 1
    owned = any(isinstance(event, Accepted | Assigned) for event in life)
    assert owned == (placement.owner is not None)
    assert (placement.status in OWNED) == (owned and placement.status is not Status.WITHDRAWN)
    waits = placement.status is Status.WAITING
    placeless = "retry" in placement.clocks or placement.reason_code == SUGGESTED
    assert bool(placement.line) == (waits and not placeless)
    assert bool(placement.offers) == (placement.status is Status.OFFERED)
    assert (placement.due is not None) == (bool(placement.offers) or bool(placement.clocks))
    _check_asked_once(life)
    return history


def _check_asked_once(life):
    """Nobody has two offers in a round, unless they may be asked again."""
    barred, round_ = {}, 1
    for event in life:
        if isinstance(event, Offered | Waiting) and event.round > round_:
            round_ = event.round
            barred = {rep_id: until for rep_id, until in barred.items() if until is not None}
        if isinstance(event, Offered):
            until = barred.get(event.rep_id, event.at)
            assert until is not None, "offered to one rep twice"
            assert until <= event.at, "offered again too early"
            barred[event.rep_id] = None
        elif isinstance(event, Declined):
            barred[event.rep_id] = event.retry_at
        elif isinstance(event, AnotherChance) or (
            isinstance(event, OfferWithdrawn) and event.reason == "accepted"
        ):
            barred[event.rep_id] = event.at


def _check_orders(counts, given, stands):
    """Every assignment has a number of its own, and who was assigned last is told by the largest that stands."""
    numbers = [event.order for event in given]
    assert len(numbers) == len({*numbers}), "two assignments tie"
    assert counts.get(order_key(), 0) == max(numbers, default=0)
    given_to = {event.rep_id for event in given}
    assert {key for key in counts if key.startswith(last_key(""))} <= {*map(last_key, given_to)}
    for rep_id in given_to:
        standing_last = max((event.order for event in stands if event.rep_id == rep_id), default=0)
        assert counts.get(last_key(rep_id), 0) == standing_last


def _check_credits(store, pool, taken):
    """The credits of a pool are what the offers that stand have shared out and taken, to the last part."""
    reps, turns, held, _ = rotation(store, pool)
    expected, counted = Counter(), Counter()
    for turn in taken:
        shares, paid = shared_out(turn, reps)
        expected.update(shares)
        expected[turn.rep_id] -= paid
        counted[turn.rep_id] += turn.taken
    assert {rep_id: n for rep_id, n in zip(reps, turns, strict=True) if n} == {
        rep_id: n for rep_id, n in counted.items() if n
    }, "turns are not those of the offers"
    found = dict(zip(reps, held, strict=True))
    assert {rep_id: n for rep_id, n in found.items() if n} == {
        rep_id: n for rep_id, n in expected.items() if n
    }, "credits are not those of the offers"
    assert sum(held) == 0


def within_limits(before, after, roster, now):
    """Nothing may have been added to a counter that stands beyond its limit."""
    for rep in roster:
        limits = {cap_key(rep.id, c.per, c.period(now, rep.zone)): c.limit for c in rep.caps}
        if rep.capacity is not None:
            limits[open_key(rep.id)] = rep.capacity
        for key, limit in limits.items():
            assert after.get(key, 0) <= max(limit, before.get(key, 0)), f"{key} beyond {limit}"
