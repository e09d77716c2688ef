"""Two weeks in an invented office: leads come in, and reps who answer by a fixed pattern.

The rules of this module:

* What a rep does with an offer follows from a checksum of lead and rep, so every run is the same.
* Things happen in the order of their instants. Whoever is late finds that the lead has moved on.
* Time-outs and openings are swept when they are due, or up to ten minutes later.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Final
from zlib import crc32

from leadroute.errors import OfferClosed
from leadroute.model.keys import parts
from leadroute.model.lead import Lead
from leadroute.offers.dispatcher import Dispatcher
from leadroute.offers.placement import Status
from leadroute.testing.clock import ManualClock

__all__ = ["work_through"]

SWEEP: Final = timedelta(minutes=10)
DECLINES: Final = 9
"""How many offers of a hundred are declined."""
SILENT: Final = 12
"""How many offers of a hundred are not answered."""


def work_through(leads: Iterable[Lead], dispatcher: Dispatcher, clock: ManualClock) -> None:
    """Submit every lead when it comes in, and let the reps answer.

    Args:
        leads: The leads, each with ``received_at``, in any order.
        dispatcher: Whose policy, reps and store are used.
        clock: The dispatcher's clock; it moves forward to the last thing that happens.
    """
    office = _Office(dispatcher, clock)
    for lead in leads:
        if lead.received_at is not None:
            office.plan(lead.received_at, partial(office.receive, lead))
    office.work()


class _Office:
    """The agenda of what will happen, and what the reps do."""

    def __init__(self, dispatcher: Dispatcher, clock: ManualClock) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._planned = 0
        self._answered: set[tuple[str, int]] = set()
        self._sweep_at: datetime | None = None

    def plan(self, at: datetime, what: Callable[[], object]) -> None:
        """Put something on the agenda; of two things at one instant, what was put there first goes first."""
        self._planned += 1
        heappush(self._agenda, (at, self._planned, what))

    def work(self) -> None:
        """Do everything on the agenda, in the order of time."""
        while self._agenda:
            at, _, what = heappop(self._agenda)
            self._clock.set(max(at, self._clock.now()))
            with suppress(OfferClosed):
                what()
            self._see_offers()

    def receive(self, lead: Lead) -> None:
        """A lead comes in."""
        self._dispatcher.submit(lead)
        self._plan_sweep(self._clock.now() + SWEEP)

    def _plan_sweep(self, at: datetime) -> None:
        if self._sweep_at is None or at < self._sweep_at:
            self._sweep_at = at
            self.plan(at, self._sweep)

    def _sweep(self) -> None:
        now = self._clock.now()
        self._sweep_at = None
        swept = self._dispatcher.sweep()
        if swept.next_due is not None and swept.next_due > now:
            self._plan_sweep(max(swept.next_due, now + SWEEP))

    def _see_offers(self) -> None:
        """Let the rep of every new offer make up their mind."""
        for offer in self._dispatcher.store.find(status=Status.OFFERED.value):
            if (offer.key, offer.version) not in self._answered:
                self._answered.add((offer.key, offer.version))
                self._answer(parts(offer.key)[-1], offer.owner)

    def _answer(self, lead_id: str, rep_id: str) -> None:
        mood = crc32(f"{lead_id} {rep_id}".encode())
        soon = self._clock.now() + timedelta(seconds=20 + mood % 157)
        if mood % 100 < DECLINES:
            self.plan(soon, partial(self._dispatcher.decline, lead_id, rep_id, reason="no-time"))
        elif mood % 100 >= DECLINES + SILENT:
            self.plan(soon, partial(self._take, lead_id, rep_id, mood))

    def _take(self, lead_id: str, rep_id: str, mood: int) -> None:
        """The rep accepts, calls within the half hour, and knows in a few days how it ended."""
        self._dispatcher.accept(lead_id, rep_id)
        now = self._clock.now()
        self.plan(
            now + timedelta(minutes=5 + mood % 25), partial(self._dispatcher.contacted, lead_id)
        )
        won = mood % 7 < 2
        closing = partial(
            self._dispatcher.feedback,
            lead_id,
            "won" if won else "lost",
            value=1_000 * (2 + mood % 40) if won else None,
        )
        self.plan(now + timedelta(hours=20 + mood % 90), closing)
