"""The figures that a manager needs, counted from a store: where the leads are, and what each rep and rule made of them.

The rules of this module:

* One pass over the placements says where every lead is now; one pass over the log says what the reps did.
* Pages are read one at a time. What is kept is a few numbers for each rep, rule and reason, the offers that stand, and
  eight bytes for each acceptance, for the median.
* The acceptance rate is of the offers that were answered or ran out. An offer that stands is not yet a failure.
* A rate or a median of nothing is ``None``, never 0.
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from typing import Final

from attrs import Factory, define, frozen

from leadroute.model.coverage import Coverage
from leadroute.offers.change import Event, Record
from leadroute.offers.events import (
    KINDS,
    Accepted,
    Contacted,
    Declined,
    FeedbackGiven,
    LeadEvent,
    Offered,
    TimedOut,
)
from leadroute.offers.placement import Placement, Status
from leadroute.offers.store import Store
from leadroute.plain import loads

__all__ = ["ReasonFigures", "RepFigures", "Report", "RuleFigures", "report_on"]

PAGE: Final = 500
"""How many records or events are read at once."""


@frozen
class RepFigures:
    """What one rep made of their offers.

    Args:
        rep_id: The rep.
        offered: Offers made to them.
        accepted: Offers they took.
        declined: Offers they refused.
        timed_out: Offers that ran out without an answer.
        contacted: Leads they reached.
        won: Deals they won.
        value: What the deals they won were worth, in the host's currency.
        time_to_accept: The median from offer to acceptance; ``None`` when they accepted nothing.
    """

    rep_id: str
    offered: int = 0
    accepted: int = 0
    declined: int = 0
    timed_out: int = 0
    contacted: int = 0
    won: int = 0
    value: float = 0.0
    time_to_accept: timedelta | None = None

    @property
    def acceptance_rate(self) -> float | None:
        """The share of the offers now over that were taken, from 0 to 1; ``None`` when none is over.

        Example:
            >>> RepFigures("ada", offered=5, accepted=3, declined=1).acceptance_rate
            0.75
        """
        over = self.accepted + self.declined + self.timed_out
        return self.accepted / over if over else None


@frozen
class RuleFigures:
    """What became of the leads that a rule matched last.

    Args:
        rule: The rule's name.
        leads: Leads that it matched.
        accepted: Those that a rep took.
        won: Those that were won.
    """

    rule: str
    leads: int = 0
    accepted: int = 0
    won: int = 0


@frozen
class ReasonFigures:
    """Why leads are not with a rep.

    Args:
        status: Where they are: disqualified, waiting or caught.
        reason_code: The reason that the decision gave.
        leads: How many.
    """

    status: str
    reason_code: str
    leads: int


@frozen
class Report:
    """The figures of one store.

    Args:
        leads: How many leads there are.
        statuses: How many stand where, in the order of a lead's life, without those that have none.
        reps: The reps who had an offer, by id.
        rules: The rules that matched a lead, by name.
        reasons: Why leads are not with a rep, the most frequent first.
        coverage: How many can take a lead in each hour of a week; ``None`` when nobody said who works.
    """

    leads: int
    statuses: tuple[tuple[str, int], ...]
    reps: tuple[RepFigures, ...]
    rules: tuple[RuleFigures, ...]
    reasons: tuple[ReasonFigures, ...]
    coverage: Coverage | None = None


def report_on(store: Store, coverage: Coverage | None = None) -> Report:
    """Count everything in a store. O(leads and events), a page at a time.

    The passes are not one transaction: while others write, the figures may be a few leads apart.

    Args:
        store: Where a dispatcher kept its placements.
        coverage: What ``coverage_of`` counted, to stand beside them.

    Returns:
        The figures, the same for the same content.

    Example:
        >>> from leadroute import Dispatcher, Lead, MemoryStore, Rep, Roster, Router, Rule
        >>> store = MemoryStore()
        >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), Roster([Rep("ada")]), store)
        >>> _ = dispatcher.submit(Lead("L-1")), dispatcher.accept("L-1", "ada")
        >>> report_on(store).statuses
        (('accepted', 1),)
    """
    counts = _Counts()
    for status in Status:
        for record in _records(store, status):
            counts.place(loads(Placement, record.data))
    for event in _events(store):
        counts.happen(event.lead, loads(KINDS[event.type], event.data))
    return counts.report(coverage)


def _records(store: Store, status: Status) -> Iterator[Record]:
    last: Record | None = None
    while page := store.find(status=status, after=last, limit=PAGE):
        yield from page
        last = page[-1]


def _events(store: Store) -> Iterator[Event]:
    last = 0
    while page := store.events(after=last, limit=PAGE):
        yield from page
        last = page[-1].id


@define
class _RepTally:
    """The running numbers of one rep."""

    offered: int = 0
    accepted: int = 0
    declined: int = 0
    timed_out: int = 0
    contacted: int = 0
    won: int = 0
    value: float = 0.0
    delays: array[int] = Factory(lambda: array("q"))

    def figures(self, rep_id: str) -> RepFigures:
        """The numbers as they are reported."""
        delay = timedelta(microseconds=round(median(self.delays))) if self.delays else None
        return RepFigures(
            rep_id,
            self.offered,
            self.accepted,
            self.declined,
            self.timed_out,
            self.contacted,
            self.won,
            self.value,
            delay,
        )


class _Counts:
    """The running numbers of a report."""

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.reasons: Counter[tuple[Status, str]] = Counter()
        self.matched: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        self.reps: defaultdict[str, _RepTally] = defaultdict(_RepTally)
        self.standing: dict[str, Offered] = {}

    def place(self, placement: Placement) -> None:
        """Count where a lead is."""
        self.statuses[placement.status] += 1
        if placement.reason_code:
            self.reasons[placement.status, placement.reason_code] += 1
        if placement.rule is not None:
            self.matched[placement.rule] += 1
            self.taken[placement.rule] += placement.owner is not None
            self.won[placement.rule] += placement.won

    def happen(self, lead_id: str, event: LeadEvent) -> None:
        """Count what a rep did."""
        if isinstance(event, Offered):
            self.reps[event.rep_id].offered += 1
            self.standing[lead_id] = event
        elif isinstance(event, Accepted):
            self.reps[event.rep_id].accepted += 1
            self._answered(lead_id, event)
        elif isinstance(event, Declined):
            self.reps[event.rep_id].declined += 1
            self.standing.pop(lead_id, None)
        elif isinstance(event, TimedOut):
            self.reps[event.rep_id].timed_out += 1
            self.standing.pop(lead_id, None)
        elif isinstance(event, Contacted):
            self.reps[event.rep_id].contacted += 1
        elif isinstance(event, FeedbackGiven) and event.won:
            self.reps[event.rep_id].won += 1
            self.reps[event.rep_id].value += event.value or 0.0

    def _answered(self, lead_id: str, event: Accepted) -> None:
        offer = self.standing.pop(lead_id, None)
        if offer is not None:
            delay = (event.at - offer.at) // timedelta(microseconds=1)
            self.reps[event.rep_id].delays.append(delay)

    def report(self, coverage: Coverage | None) -> Report:
        """The numbers as they are reported."""
        reasons = sorted(self.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        return Report(
            self.statuses.total(),
            tuple((status.value, n) for status in Status if (n := self.statuses[status])),
            tuple(tally.figures(rep_id) for rep_id, tally in sorted(self.reps.items())),
            tuple(
                RuleFigures(rule, leads, self.taken[rule], self.won[rule])
                for rule, leads in sorted(self.matched.items())
            ),
            tuple(ReasonFigures(status.value, why, n) for (status, why), n in reasons),
            coverage,
        )
