"""The loan applications of BPI 2012 replayed through a dispatcher: real arrivals, real answers, a manual clock."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path

from attrs import field, frozen, mutable

from leadroute import (
    Dispatcher,
    Lead,
    MemoryStore,
    Placement,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    Status,
    free_capacity,
    round_robin,
)
from leadroute.testing import ManualClock

OFFICE = Schedule("mon-fri 09:00-21:00; sat 10:00-17:00", "Europe/Amsterdam")
AGENTS = 8
CAPACITY = 5
WORK = timedelta(minutes=30)
"""How long an accepted application keeps a place; the log does not say when an agent put one away."""

SUBMIT, TOUCH, CLOSE = range(3)


@frozen
class Case:
    """One application: when it came, when and by whom it was really touched, and how it ended."""

    id: str
    submitted: datetime
    touched: datetime | None
    agent: str
    won: bool


def read(path: Path) -> list[Case]:
    """The cases of the file, in the order of time."""
    with path.open(encoding="utf-8", newline="") as file:
        return sorted(map(_case, csv.DictReader(file)), key=lambda case: (case.submitted, case.id))


def _case(row: dict[str, str]) -> Case:
    touches = sorted(
        (row[f"{step}_first_start_utc"], row[f"{who}_first_user"])
        for step, who in (("lead_task", "lead"), ("completion", "completion"))
        if row[f"{step}_first_start_utc"]
    )
    touched = datetime.fromisoformat(touches[0][0]) if touches else None
    return Case(
        f"bpi-{row['case_id']}",
        datetime.fromisoformat(row["submitted_utc"]),
        touched,
        touches[0][1] if touches else "",
        row["won"] == "1",
    )


def team(cases: list[Case]) -> Roster:
    """The agents who really touched the most applications first, all of them in the hours of the office."""
    busiest = Counter(case.agent for case in cases if case.agent).most_common(AGENTS)
    return Roster(Rep(f"agent-{agent}", schedule=OFFICE, capacity=CAPACITY) for agent, _ in busiest)


@mutable
class Replay:
    """Every case submitted, accepted or left to run out as it really happened, at the instant it really happened."""

    cases: list[Case]
    roster: Roster
    store: MemoryStore = field(factory=MemoryStore)
    most_open: Counter[str] = field(factory=Counter)

    def run(self) -> Dispatcher:
        """Replay all cases, then let what is left come to its end."""
        by_id = {case.id: case for case in self.cases}
        clock = ManualClock(self.cases[0].submitted)
        router = Router(
            rules=[Rule("applications", score=round_robin() + free_capacity(), accept_within="5m")],
            catch_all="back-office",
        )
        dispatcher = Dispatcher(router, self.roster, self.store, clock)
        agenda = list(self._agenda())
        heapify(agenda)
        while agenda:
            at, kind, lead_id = heappop(agenda)
            self._sweep_until(dispatcher, clock, at)
            clock.set(at)
            placement = self._happen(dispatcher, kind, by_id[lead_id])
            self._note_open()
            if placement.status is Status.ACCEPTED and kind == TOUCH:
                heappush(agenda, (at + WORK, CLOSE, lead_id))
        self._sweep_until(dispatcher, clock, None)
        return dispatcher

    def _sweep_until(
        self, dispatcher: Dispatcher, clock: ManualClock, end: datetime | None
    ) -> None:
        """Sweep whenever something is due up to ``end``; for ever, when there is no end, until nothing is."""
        due = dispatcher.next_wakeup()
        while due is not None and (end is None or due <= end):
            clock.set(due)
            due = dispatcher.sweep().next_wakeup
            self._note_open()

    def _agenda(self) -> Iterator[tuple[datetime, int, str]]:
        for case in self.cases:
            yield case.submitted, SUBMIT, case.id
            if case.touched is not None:
                yield case.touched, TOUCH, case.id

    def _happen(self, dispatcher: Dispatcher, kind: int, case: Case) -> Placement:
        if kind == SUBMIT:
            return dispatcher.submit(Lead(case.id, received_at=case.submitted))
        if kind == CLOSE:
            dispatcher.record_contact(case.id)
            return dispatcher.feedback(case.id, "won" if case.won else "lost")
        placement = dispatcher.placement(case.id)
        if placement.status is Status.OFFERED and placement.rep_id is not None:
            return dispatcher.accept(case.id, placement.rep_id)
        return placement

    def _note_open(self) -> None:
        for counter, count in self.store.counts(prefix="rep/open/").items():
            self.most_open[counter] = max(self.most_open[counter], count)
