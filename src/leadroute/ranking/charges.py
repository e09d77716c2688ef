"""What a lead counts against when a rep gets it: one place for eligibility, guards and reasons.

Open work is counted in units, caps in leads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from attrs import field, frozen

from leadroute.model.caps import Bound, Cap
from leadroute.model.keys import is_total_key, open_key, segment_open_key, total_holder
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.snapshot import Snapshot
from leadroute.model.validation import known


class Charge(NamedTuple):
    """One counter that a lead counts on.

    Attributes:
        key: The counter.
        units: How much the lead adds to it.
        most: The most that it may stand at now; ``None`` is unlimited.
        segment: The segment whose open work is counted; ``""`` counts all open work.
        cap: The cap whose leads are counted; ``None`` counts open work.
        hard: Whether the most is a limit, or only a preference.
    """

    key: str
    units: int
    most: int | None
    segment: str = ""
    cap: Cap | None = None
    hard: bool = True

    def refuses(self, used: int) -> bool:
        """Whether the lead does not fit beside what is used."""
        return self.hard and self.most is not None and used + self.units > self.most

    @property
    def temporary(self) -> bool:
        """Whether there will be room when time passes or work gets done."""
        if self.cap is not None:
            return self.cap.limit > 0
        return self.most is None or self.most >= self.units

    @property
    def code(self) -> str:
        """The code of its refusal: ``at_capacity`` or ``cap_reached``."""
        return "at_capacity" if self.cap is None else "cap_reached"

    def refusal(self, used: int) -> str:
        """Why the lead does not fit, in words for a sales manager."""
        if self.cap is not None:
            return (
                f"{'the team has' if is_total_key(self.key) else 'has'} {self._had(self.cap, used)}"
            )
        which = f" for {self.segment!r}" if self.segment else ""
        more = "" if self.units == 1 else f", and this lead takes {self.units}"
        if not self.temporary:
            return f"has a capacity of {self.most}{which}{more}"
        return f"is full{which}: {used} of {self.most} open{more}"

    def _had(self, cap: Cap, used: int) -> str:
        if not cap.limit:
            return f"a cap of {cap}"
        daily = cap.paced and cap.is_daily(self.key)
        period = "today" if daily else cap.period_in_words
        if self.most == cap.limit and not cap.paced:
            return f"had {used} of {self.most} {period}{cap.narrowed_in_words}"
        so_far = "" if daily else "so far "
        return f"had {used} of {self.most} {so_far}{period} (the cap is {cap})"


@frozen
class Charges:
    """What one lead counts against, for any rep."""

    lead: Lead
    instant: datetime | None
    pool: str | None
    segment: str | None
    capacity_cost: int
    totals: Sequence[Cap]
    zone: tzinfo
    over_all: tuple[Charge, ...] = field(init=False)

    def __attrs_post_init__(self) -> None:
        over_all = [
            Charge(bound.key, 1, bound.most, "", cap, bound.hard)
            for cap in self.totals
            if cap.counts(self.lead.source, self.pool, self.segment)
            for bound in cap.bounds(total_holder(), self.now, self.zone)
        ]
        object.__setattr__(self, "over_all", tuple(over_all))

    @property
    def now(self) -> datetime:
        """The instant of the offer."""
        return known(self.instant)

    def for_rep(self, rep: Rep) -> Iterator[Charge]:
        """The counters that the lead counts on when this rep gets it."""
        yield from self.own(rep, lambda of, cap: of.bounds(cap, self.now))
        yield from self.over_all

    def own(self, rep: Rep, bounds_of: Callable[[Rep, Cap], Iterable[Bound]]) -> Iterator[Charge]:
        """The counters of the rep alone, open work first."""
        yield Charge(open_key(rep.id), self.capacity_cost, rep.capacity)
        segment = self.segment
        if segment is not None and segment in rep.capacity_by_segment:
            yield Charge(
                segment_open_key(rep.id, segment),
                self.capacity_cost,
                rep.capacity_by_segment[segment],
                segment,
            )
        for cap in rep.caps:
            if cap.counts(self.lead.source, self.pool, self.segment):
                for bound in bounds_of(rep, cap):
                    yield Charge(bound.key, 1, bound.most, "", cap, bound.hard)

    def refused(self, rep: Rep, snapshot: Snapshot) -> Iterable[tuple[Charge, int]]:
        """What has no room for the lead, each limit once, with what is used of it."""
        found = {}
        for charge in self.for_rep(rep):
            used = used_of(charge, rep, snapshot)
            if charge.refuses(used):
                found[charge.code, charge.segment, charge.cap, is_total_key(charge.key)] = (
                    charge,
                    used,
                )
        return found.values()


def used_of(charge: Charge, rep: Rep, snapshot: Snapshot) -> int:
    """What a counter stands at in a snapshot."""
    if charge.cap is None and not charge.segment:
        return snapshot.open.get(rep.id, 0)
    return snapshot.used.get(charge.key, 0)


def counters(reps: Iterable[Rep], totals: Iterable[Cap], zone: tzinfo, now: datetime) -> list[str]:
    """The counters that any lead could count on now, apart from open work: a snapshot's."""
    found = [bound.key for cap in totals for bound in cap.bounds(total_holder(), now, zone)]
    for rep in reps:
        found += [segment_open_key(rep.id, segment) for segment in rep.capacity_by_segment]
        found += [bound.key for cap in rep.caps for bound in rep.bounds(cap, now)]
    return list(dict.fromkeys(found))
