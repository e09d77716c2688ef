"""Figures for a manager: where the leads are, and the results of each rep and rule."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from statistics import median
from typing import Final

from attrs import frozen

from leadroute.insight.coverage import Coverage
from leadroute.offers.change import Event
from leadroute.offers.events import (
    Accepted,
    Contacted,
    Declined,
    FeedbackGiven,
    LeadEvent,
    Offered,
    TimedOut,
)
from leadroute.offers.lifting import event_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.queries import PAGE, placements
from leadroute.offers.store import Store


@frozen
class RepFigures:
    """The offers and results of one rep.

    Args:
        rep_id: The rep.
        offered: Offers made to them.
        accepted: Offers they took.
        declined: Offers they refused.
        timed_out: Offers that ran out without an answer.
        contacted: Leads they reached.
        won: Deals they won.
        value: The value of the deals they won, in your currency.
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
        """The share of accepted offers, from 0 to 1.

        Open offers do not count; ``None`` when there are no others.

        Example:
            >>> RepFigures("ada", offered=5, accepted=3, declined=1).acceptance_rate
            0.75
        """
        over = self.accepted + self.declined + self.timed_out
        return self.accepted / over if over else None


@frozen
class RuleFigures:
    """The leads of one rule, and their results.

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
    """The leads without a rep, by reason.

    Args:
        status: Their status: ``disqualified``, ``waiting`` or ``catch_all``.
        reason_code: The reason, as ``Placement.reason_code``.
        reason: The same in words.
        leads: The number of leads.
    """

    status: str
    reason_code: str
    reason: str
    leads: int


@frozen
class Report:
    """The figures of one store.

    Args:
        leads: The number of leads.
        statuses: The number of leads by status, in the order of a lead's life, without zeros.
        reps: The reps who had an offer, by id.
        rules: The rules that matched a lead, by name.
        reasons: The reasons why leads are not with a rep, the most frequent first.
        coverage: The available reps in each hour of a week; ``None`` without a policy and reps.
    """

    leads: int
    statuses: tuple[tuple[str, int], ...]
    reps: tuple[RepFigures, ...]
    rules: tuple[RuleFigures, ...]
    reasons: tuple[ReasonFigures, ...]
    coverage: Coverage | None = None


def report_on(store: Store, coverage: Coverage | None = None) -> Report:
    """Count the leads and events of a store.

    O(leads and events), a page at a time.

    The passes are not one transaction: while others write, the figures may be a few leads apart.

    Args:
        store: The store of a dispatcher.
        coverage: The result of ``coverage_of``, to print with it.

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
        for placement in placements(store, status):
            counts.place(placement)
    for event in _events(store):
        counts.happen(event.lead, event_of(event))
    return counts.report(coverage)


def _events(store: Store) -> Iterator[Event]:
    last = 0
    while page := store.events(after=last, limit=PAGE):
        yield from page
        last = page[-1].id


_COUNTED: Final[Mapping[type, str]] = {
    Offered: "offered",
    Accepted: "accepted",
    Declined: "declined",
    TimedOut: "timed_out",
    Contacted: "contacted",
}


class _Counts:
    """The running numbers of a report."""

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.reasons: Counter[tuple[Status, str, str]] = Counter()
        self.matched: Counter[str] = Counter()
        self.taken: Counter[str] = Counter()
        self.won: Counter[str] = Counter()
        self.reps: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.values: defaultdict[str, float] = defaultdict(float)
        self.delays: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self.standing: dict[str, Offered] = {}
        self.reached: set[str] = set()

    def place(self, placement: Placement) -> None:
        """Count where a lead is."""
        self.statuses[placement.status] += 1
        if placement.reason_code:
            reason = placement.status, placement.reason_code, placement.reason
            self.reasons[reason] += 1
        if placement.rule is not None:
            self.matched[placement.rule] += 1
            self.taken[placement.rule] += placement.owner is not None
            self.won[placement.rule] += placement.won

    def happen(self, lead_id: str, event: LeadEvent) -> None:
        """Count what a rep did."""
        if isinstance(event, Contacted):
            if lead_id in self.reached:
                return  # a lead counts once, for whoever reached it first
            self.reached.add(lead_id)
        if isinstance(event, Offered | Accepted | Declined | TimedOut | Contacted):
            self.reps[event.rep_id][_COUNTED[type(event)]] += 1
        if isinstance(event, Offered):
            self.standing[lead_id] = event
        elif isinstance(event, Accepted | Declined | TimedOut):
            offer = self.standing.pop(lead_id, None)
            if offer is not None and isinstance(event, Accepted):
                delay = (event.at - offer.at) // timedelta(microseconds=1)
                self.delays[event.rep_id].append(delay)
        elif isinstance(event, FeedbackGiven) and event.won:
            self.reps[event.rep_id]["won"] += 1
            self.values[event.rep_id] += event.value or 0.0

    def _of_rep(self, rep_id: str) -> RepFigures:
        delays = self.delays.get(rep_id)
        delay = timedelta(microseconds=round(median(delays))) if delays else None
        value = self.values.get(rep_id, 0.0)
        return RepFigures(rep_id, **self.reps[rep_id], value=value, time_to_accept=delay)

    def report(self, coverage: Coverage | None) -> Report:
        """Return the figures."""
        reasons = sorted(self.reasons.items(), key=lambda entry: (-entry[1], entry[0]))
        return Report(
            self.statuses.total(),
            tuple((status.value, n) for status in Status if (n := self.statuses[status])),
            tuple(self._of_rep(rep_id) for rep_id in sorted(self.reps)),
            tuple(
                RuleFigures(rule, leads, self.taken[rule], self.won[rule])
                for rule, leads in sorted(self.matched.items())
            ),
            tuple(ReasonFigures(*told, n) for told, n in reasons),
            coverage,
        )
