"""Eight processes race for one lead, two hundred times each way; a dispatcher that looks before it takes is caught."""

import multiprocessing
from collections import Counter
from datetime import timedelta
from multiprocessing.connection import wait

import pytest
from attrs import evolve

from leadroute import Dispatcher, Lead, Rep, Roster, Router, Rule
from leadroute.errors import ConflictError, InvalidTransitionError, TransientError
from leadroute.offers import Status
from leadroute.offers.change import Add, Change, Drop, Emit, Put
from leadroute.stores import SqliteStore
from leadroute.testing import ManualClock
from tests.offers.world import START, Wrapped, audit

ROUNDS, WORKERS, LONGEST = 200, 8, 300
CAUGHT = (AssertionError, InvalidTransitionError)
WINDOW = timedelta(minutes=5)
server = multiprocessing.get_context("forkserver")
server.set_forkserver_preload(["tests.offers.world"])

REPS = [Rep(f"rep {n}", capacity=10_000) for n in range(WORKERS)]
BUSY = Roster([Rep("busy", capacity=0), Rep("gone", capacity=1)])


class Blind(Wrapped):
    """A store that writes what was decided on what was seen, whatever has happened since: what must not be done."""

    def __init__(self, store, barrier):
        super().__init__(store)
        self.barrier, self.looks = barrier, True

    def commit(self, change):
        if self.looks:
            self.looks = False
            self.barrier.wait(LONGEST)
        while True:
            try:
                return self.store.commit(Change(change.id, tuple(self.forced(change))))
            except (ConflictError, TransientError):
                continue

    def forced(self, change):
        """The operations of a change without what guards them."""
        keys = [op.key for op in change.ops if isinstance(op, Put | Drop)]
        found, logged = self.store.get(keys), Counter()
        for op in change.ops:
            if isinstance(op, Put):
                yield evolve(op, expect=found[op.key].version if op.key in found else 0)
            elif isinstance(op, Drop):
                yield from [Drop(op.key, found[op.key].version)] if op.key in found else ()
            elif isinstance(op, Add):
                yield evolve(op, lo=None, hi=None)
            elif isinstance(op, Emit):
                logged[op.lead] += 1
                yield evolve(op, n=len(self.store.events(lead=op.lead)) + logged[op.lead])
            else:
                yield op


class Race:
    """One way to race for a lead.

    Args:
        path: The file of the store.
        worker: The number of the process.
        barrier: Where all meet.
        blind: Whether the guards of the store are left out.
    """

    rules = (Rule("all", accept_within=WINDOW),)

    def __init__(self, path, worker, barrier, *, blind):
        self.store = SqliteStore(path, synchronous="normal")
        self.worker, self.barrier, self.blind = worker, barrier, blind
        self.rep_id, self.router = f"rep {worker}", Router(rules=self.rules)

    def desk(self, at, reps=REPS, *, store=None):
        """A dispatcher at an instant."""
        return Dispatcher(self.router, reps, store or self.store, ManualClock(at))

    def run(self, rounds):
        """Race so many times; returns the numbers of the rounds that this worker has won."""
        won = []
        for number in range(rounds):
            at = START + timedelta(hours=number)
            if not self.worker:
                self.prepare(number, at)
            self.barrier.wait(LONGEST)
            store = Blind(self.store, self.barrier) if self.blind else self.store
            if self.take(f"L-{number}", at, store):
                won.append(number)
            self.barrier.wait(LONGEST)
            if not (self.worker or self.blind):
                self.finish(f"L-{number}", at)
        self.store.close()
        return won

    def finish(self, lead_id, at):
        """What comes after a round."""


class Pulled(Race):
    """Each rep asks for the next lead of one line."""

    def prepare(self, number, at):
        """Let a lead wait."""
        here = self.desk(at, BUSY)
        if not number:
            here.submit(Lead("first"))
            here.accept("first", "gone")
        here.submit(Lead(f"L-{number}"))

    def take(self, lead_id, at, store):
        """Ask for a lead, and take it."""
        here = self.desk(at, store=store)
        found = here.next_for(self.rep_id)
        if found.placement is None:
            return False
        if not self.blind:
            here.accept(lead_id, self.rep_id)
        return True


class Late(Race):
    """Half of the workers accept an offer at its last instant, and half end it."""

    def prepare(self, number, at):
        """Offer a lead."""
        self.desk(at).submit(Lead(f"L-{number}"))

    def take(self, lead_id, at, store):
        """Accept, or end what has run out."""
        (offer,) = self.desk(at).placement(lead_id).offers
        self.barrier.wait(LONGEST)
        if self.worker % 2:
            swept = self.desk(at + WINDOW, store=store).sweep()
            return bool(swept.timed_out)
        try:
            early = self.desk(at + WINDOW - timedelta(microseconds=1), store=store)
            early.accept(lead_id, offer.rep_id)
        except InvalidTransitionError:
            return False
        return not self.worker  # of those who accept for one rep, one counts

    def finish(self, lead_id, at):
        """Let the rep who was asked next accept."""
        here = self.desk(at + WINDOW)
        for offer in here.placement(lead_id).offers:
            here.accept(lead_id, offer.rep_id)


class Parallel(Race):
    """Each rep accepts the offer that all of them have of one lead."""

    rules = (Rule("all", accept_within=WINDOW, offer=f"parallel {WORKERS}"),)

    def prepare(self, number, at):
        """Offer a lead to everybody."""
        assert len(self.desk(at).submit(Lead(f"L-{number}")).offers) == WORKERS

    def take(self, lead_id, at, store):
        """Accept."""
        try:
            self.desk(at, store=store).accept(lead_id, self.rep_id)
        except InvalidTransitionError:
            return False
        return True


def work(kind, path, worker, barrier, blind, rounds, answer):
    """One worker."""
    answer.send(kind(path, worker, barrier, blind=blind).run(rounds))


def raced(kind, path, rounds, *, blind=False):
    """Let eight workers race; returns how many have won each round."""
    SqliteStore(path).close()
    barrier = server.Barrier(WORKERS)
    pipes = [server.Pipe(duplex=False) for _ in range(WORKERS)]
    processes = [
        server.Process(target=work, args=(kind, path, n, barrier, blind, rounds, pipes[n][1]))
        for n in range(WORKERS)
    ]
    for process in processes:
        process.start()
    wins = [0] * rounds
    for (question, _), process in zip(pipes, processes, strict=True):
        wait([question, process.sentinel], LONGEST)
        assert question.poll(), "a worker does not answer"
        for number in question.recv():
            wins[number] += 1
    for process in processes:
        process.join(LONGEST)
    return wins


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Pulled, Parallel, Late])
def test_race_for_a_lead_has_one_winner(kind, tmp_path):
    """Each lead has one owner, who was told so, and the counters are what the leads hold."""
    path = tmp_path / "race.db"
    wins = raced(kind, path, ROUNDS)
    assert wins == [1] * ROUNDS
    with SqliteStore(path) as store:
        leads = [f"L-{n}" for n in range(ROUNDS)]
        found = audit(store, leads + ["first"] * (kind is Pulled))
        assert all(found[lead_id].status is Status.ACCEPTED for lead_id in leads)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Pulled, Parallel, Late])
def test_race_without_guards_has_many_winners(kind, tmp_path):
    """A dispatcher that looks before it takes lets several have a lead, and the counters tell."""
    path = tmp_path / "blind.db"
    wins = raced(kind, path, 1, blind=True)
    assert min(wins) > 1
    with SqliteStore(path) as store, pytest.raises(CAUGHT):
        audit(store, [f"L-{n}" for n in range(1)] + ["first"] * (kind is Pulled))
