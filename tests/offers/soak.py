"""Workers that route the same leads over one SQLite file and may be killed at any moment, and the audit of the file."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from attrs import frozen
from tests.stores.killing import Killed, kill_and_drain

from leadroute import Dispatcher, Lead, Rep, Roster, Router, Rule, SqliteStore, Status, round_robin
from leadroute.errors import InvalidTransitionError
from leadroute.model.keys import is_open_key, parts
from leadroute.offers.state_machine import rebuild
from leadroute.testing import ManualClock

REPS = 20
WORKERS = 4
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@frozen
class Job:
    """What the workers share: the file, how many leads there are, and how many each rep may have open."""

    path: Path
    leads: int
    capacity: int


def dispatcher(job: Job, store: SqliteStore) -> Dispatcher:
    """The dispatcher that every worker builds for itself."""
    team = Roster(Rep(f"rep-{number:02}", capacity=job.capacity) for number in range(REPS))
    router = Router(rules=[Rule("all", score=round_robin(), accept_within="1h")])
    return Dispatcher(router, team, store, ManualClock(NOON))


def work(job: Job, number: int) -> None:
    """Route every fourth lead: most are accepted, some declined once, some won at once; then look at each again."""
    with SqliteStore(job.path, synchronous="normal") as store:
        desk = dispatcher(job, store)
        for index in range(number, job.leads, WORKERS):
            placement = desk.submit(Lead(f"L-{index:05}"))
            try:
                if (
                    index % 10 == 3
                    and not placement.previous_offers
                    and placement.status is Status.OFFERED
                ):
                    placement = desk.decline(placement.lead_id, placement.rep_id or "", "busy")
                if placement.status is Status.OFFERED:
                    placement = desk.accept(placement.lead_id, placement.rep_id or "")
                if index % 4 == number and placement.status is Status.ACCEPTED and index % 3 == 0:
                    desk.feedback(placement.lead_id, "won", value=100)
            except InvalidTransitionError:
                continue


def run(job: Job, *, kills: int, seed: int, longest: float) -> Killed:
    """Start the workers, kill some of them in the middle, and let the rest finish the work."""
    return kill_and_drain(work, job, workers=WORKERS, kills=kills, seed=seed, longest=longest)


def audit(job: Job) -> list[str]:
    """Everything that is wrong in the file; empty when nothing is."""
    wrong = []
    with sqlite3.connect(job.path) as connection:
        (integrity,) = connection.execute("pragma integrity_check").fetchone()
    connection.close()
    if integrity != "ok":
        wrong.append(f"integrity: {integrity}")
    held: Counter[str] = Counter()
    with SqliteStore(job.path, synchronous="normal") as store:
        desk = dispatcher(job, store)
        for index in range(job.leads):
            lead_id = f"L-{index:05}"
            placement = desk.placement(lead_id)
            numbers = [event.n for event in store.events(lead=lead_id)]
            if numbers != list(range(1, placement.steps + 1)):
                wrong.append(f"{lead_id}: the log has the numbers {numbers}")
            if rebuild(lead_id, desk.history(lead_id)) != placement:
                wrong.append(f"{lead_id}: the log does not rebuild the placement")
            held.update(placement.reservations)
        counts = {**store.counts(prefix="rep/open/"), **store.counts(prefix="turn/")}
        if counts != dict(held):
            wrong.append(f"the counters {counts} are not what is held: {dict(held)}")
        for counter, count in counts.items():
            if is_open_key(counter) and count > job.capacity:
                wrong.append(f"{parts(counter)[-1]} has {count} open, of {job.capacity}")
        records = store.find(limit=10 * job.leads)
        placements = [record.key for record in records if record.key.startswith("placement/")]
        if len(placements) != job.leads:
            wrong.append(f"{len(placements)} placements for {job.leads} leads")
    return wrong
