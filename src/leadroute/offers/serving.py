"""Waiting lines are served: by whatever frees a rep, by whoever joins others, and by their clocks.

Lines that are served together are merged by the keys of their entries, so that nobody of a lower
order goes first. A line whose head nobody can take is done; one whose head cannot be judged or
written is read on behind it.
"""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, TypeAlias

from attrs import define, evolve, field

from leadroute.errors import (
    ConflictError,
    LeadrouteError,
    TransientError,
    UnknownOutcomeError,
)
from leadroute.model.duration import to_micros
from leadroute.model.keys import backlog_key, is_total_key, parts
from leadroute.model.validation import FrozenDict
from leadroute.offers import requests, transitions
from leadroute.offers.change import Add, Change, Drop, Op, Put, Record
from leadroute.offers.counts import paced
from leadroute.offers.deadlines import due_events
from leadroute.offers.dispatching import FailedLead
from leadroute.offers.draft import LINE
from leadroute.offers.events import CatchAll, LeadEvent, Offered, TimedOut
from leadroute.offers.lifting import placement_of
from leadroute.offers.lines import Line, Lines, entry_key, length_key, line_key
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import PAGE, Steps
from leadroute.offers.rests import RESTING
from leadroute.offers.steps import Done, LeadSteps
from leadroute.rules.offer_kind import PULL

HEADS: Final = 100
"""How many entries of all lines together are read at once, but one of each line at least."""

_WAITING: Final = length_key("")
_KEPT_TO_THE_LEAD: Final = (LeadrouteError, ValueError, KeyError, TypeError, AttributeError)
_OF_THE_STORE: Final = (TransientError, UnknownOutcomeError)


Bell: TypeAlias = Callable[[LeadSteps, str, Sequence[Record]], Steps[Done]]


def _decided(leads: LeadSteps, lead_id: str, records: Sequence[Record]) -> Steps[Done]:
    return leads.decided(lead_id, records)


def _timed(leads: LeadSteps, lead_id: str, records: Sequence[Record]) -> Steps[Done]:
    def endings(before: Placement, now: datetime) -> Sequence[LeadEvent]:
        return due_events(before, leads.desk_of(before.policy_version).router, now)

    return leads.passed_on(lead_id, endings, records)


BELLS: Final[Mapping[str, Bell]] = FrozenDict(
    {
        "offers": lambda leads, lead_id, records: leads.passed_on(lead_id, leads.expired, records),
        "more": lambda leads, lead_id, records: leads.one_more(lead_id, records),
        "remind": lambda leads, lead_id, records: leads.reminded(lead_id, records),
        "shift": lambda leads, lead_id, records: leads.reported(
            lead_id, transitions.end_of_shift, records
        ),
        **dict.fromkeys(("again", "retry", "gives_up", "step"), _decided),
        **dict.fromkeys(
            ("respond", "close", "follow_up", "respond_warning", "close_warning"), _timed
        ),
    }
)
"""What is done when a clock of a lead rings, by the name of the clock; each looks whether it is due still."""


@define
class Tally:
    """What happened while leads were served.

    Args:
        limit: How many leads may move; ``None`` is without limit.
    """

    limit: int | None = None
    moved: int = 0
    timed_out: int = 0
    offered: int = 0
    catch_all: int = 0
    errors: list[FailedLead] = field(factory=list)
    placements: dict[str, Placement] = field(factory=dict)

    @property
    def full(self) -> bool:
        """Whether no more leads may move."""
        return self.limit is not None and self.moved >= self.limit

    def note(self, done: Done) -> None:
        """Count what a step has done."""
        if done.failed is not None:
            self.errors.append(
                FailedLead(done.placement.lead_id, done.failed.error, done.failed.rule)
            )
        if not done.events:
            return
        self.moved += 1
        self.placements[done.placement.lead_id] = done.placement
        for event in done.events:
            self.timed_out += isinstance(event, TimedOut)
            self.offered += isinstance(event, Offered)
            self.catch_all += isinstance(event, CatchAll)


class Room:
    """The reps who became free, until their room is used.

    Args:
        reps: Their ids.
    """

    __slots__ = ("_reps",)

    def __init__(self, reps: Iterable[str]) -> None:
        self._reps = {*reps}

    def take(self, done: Done) -> None:
        """Forget a rep who has no room for a further lead, however small."""
        for event in done.events:
            if (
                isinstance(event, Offered)
                and done.books is not None
                and any(
                    done.books.counted(key) + event.reservations.get(key, 0) >= most
                    for key, most in event.limits.items()
                    if key in event.reservations and not is_total_key(key)
                )
            ):
                self._reps.discard(event.rep_id)

    @property
    def used(self) -> bool:
        """Whether nobody of them has room."""
        return not self._reps


class Walk:
    """The entries of some lines in their common order, read a page at a time.

    Args:
        lines: The lines.
    """

    __slots__ = ("_active", "_first", "_last", "_more", "_page", "_read", "_spent")

    def __init__(self, lines: Iterable[Line]) -> None:
        self._active = {line.status: line for line in lines}
        self._page = deque[Record]()
        self._read = Counter[str]()
        self._last: Record | None = None
        self._first, self._more, self._spent = 1, True, ""

    def leave(self, line: Line) -> None:
        """Read a line no further."""
        del self._active[line.status]

    def next(self) -> Steps[tuple[str, Line] | None]:
        """The lead that comes next, with its line; ``None`` at the end."""
        if self._spent in self._active:  # its next may stand before the others of the page
            self._page.clear()
            self._more = True
        self._spent = ""
        while self._active and (self._page or self._more):
            if not self._page:
                yield from self._turn()
                continue
            self._last = record = self._page.popleft()
            line = self._active.get(record.status)
            if line is not None:
                self._read[line.status] += 1
                if self._read[line.status] == self._first:
                    self._spent = line.status
                return str(json.loads(record.data)["lead"]), line
        return None

    def _turn(self) -> Steps[None]:
        """Read the next page."""
        self._read.clear()
        self._first = max(1, HEADS // len(self._active))
        found = yield from requests.find(
            status=list(self._active), after=self._last, first=self._first, limit=PAGE
        )
        self._page.extend(found)
        self._more = len(found) == PAGE


@define(eq=False)
class LineSteps:
    """The steps with waiting lines, on top of those with one lead."""

    leads: LeadSteps

    def after(self, done: Done, tally: Tally) -> Steps[None]:
        """Serve the lines of those whom a step has freed.

        What the step did is stored, so no trouble with another lead, nor of the store, may look
        like its failure: the clocks of the lines bring back what is left.
        """
        with suppress(Exception):
            yield from self.freed(done.freed, tally)

    def freed(self, reps: frozenset[str] | None, tally: Tally) -> Steps[None]:
        """Serve the lines that some reps are in until their room is used; ``None`` stands for everybody."""
        if reps is not None and not reps:
            return
        lines = [line for line in (yield from self.waiting(reps)) if not self.is_pulled(line)]
        yield from self.serve(lines, tally, None if reps is None else Room(reps))

    def is_pulled(self, line: Line) -> bool:
        """Whether the leads of a line wait for reps who ask for them."""
        return self.leads.desk_of(line.version).router.terms(line.rule).kind == PULL

    def waiting(self, reps: frozenset[str] | None) -> Steps[list[Line]]:
        """The lines in which leads wait and some reps are; ``None`` stands for everybody."""
        lengths = yield from requests.counts(prefix=_WAITING)
        if not lengths:
            return []
        every = yield from self._read([key.rpartition("/")[2] for key in lengths])
        if reps is None:
            return every
        now = self.leads.now()
        members = [(line, self._lines_of(line).members(line, now)) for line in every]
        return [line for line, who in members if who is None or not who.isdisjoint(reps)]

    def _lines_of(self, line: Line) -> Lines:
        """What knows who is in a line: that of the version of the policy which judges its leads."""
        return self.leads.desk_of(line.version).lines

    def _read(self, line_ids: Sequence[str]) -> Steps[list[Line]]:
        """Some lines, from the store where they were not met before."""
        lines = self.leads.desk.lines
        known = {line_id: lines.known(line_id) for line_id in line_ids}
        keys = {line_key(line_id): line_id for line_id, line in known.items() if line is None}
        found = (yield from requests.get(list(keys))) if keys else {}
        for key, line_id in keys.items():
            known[line_id] = lines.read(line_id, found[key].data if key in found else "")
        return [line for line in known.values() if line is not None]

    def serve(
        self, lines: Iterable[Line], tally: Tally, room: Room | None = None, *, all_of: bool = False
    ) -> Steps[None]:
        """Decide about the leads of some lines in their common order.

        Args:
            lines: The lines.
            tally: What happened so far, and how many leads may move.
            room: Those who became free; the default serves as long as anybody takes a lead.
            all_of: Whether each lead is decided, though nobody can take the one before.
        """
        walk = Walk(lines)
        while not tally.full and (found := (yield from walk.next())) is not None:
            lead_id, line = found
            goes_on = yield from self._serve(lead_id, line, tally, room)
            if room is not None and room.used:
                return
            if not (goes_on or line.mixed or all_of):
                walk.leave(line)

    def _serve(self, lead_id: str, line: Line, tally: Tally, room: Room | None) -> Steps[bool]:
        """Decide about a lead of a line; returns whether the next of its line may fare better."""
        done = yield from self.kept_to(lead_id, self.leads.decided(lead_id, line=line.id), tally)
        if done is None:
            return True
        tally.note(done)
        if room is not None:
            room.take(done)
        stays = done.placement.line == line.id and done.placement.status is Status.WAITING
        return not stays

    def kept_to(self, lead_id: str, step: Steps[Done], tally: Tally) -> Steps[Done | None]:
        """Take a step with one lead; what cannot be read or written of it stops no other lead."""
        try:
            return (yield from step)
        except _OF_THE_STORE:
            raise
        except _KEPT_TO_THE_LEAD as error:
            tally.errors.append(FailedLead(lead_id, error))
            return None

    def sweep(self, tally: Tally, *, early: bool) -> Steps[None]:
        """Do what is due, and serve the lines that are due or that became free."""
        now = to_micros(self.leads.now())
        freed: frozenset[str] | None = frozenset()
        looks: list[Record] = []
        last: Record | None = None
        while not tally.full:
            page = yield from requests.find(upto=now, after=last, limit=PAGE)
            looks += [record for record in page if record.status == LINE]
            for record in sorted(page, key=_by_turn):
                if record.status != LINE and not tally.full:
                    step = self._rested if record.status == RESTING else self.ring
                    freed = both(freed, (yield from step(record, tally)))
            if len(page) < PAGE:
                break
            last = page[-1]
        if early:
            yield from self._retried_early(tally)
        yield from self._served_together(looks, freed, tally, early=early)

    def ring(self, record: Record, tally: Tally) -> Steps[frozenset[str] | None]:
        """Do what is due about one lead; returns whom it freed."""
        placed, records = _placed(record, tally), [record]
        freed: frozenset[str] | None = frozenset()
        due = [] if placed is None else placed.due_clocks(self.leads.now())
        for bell in dict.fromkeys([BELLS[name.partition("/")[0]] for name in due]):
            lead_id = parts(record.key)[-1]
            done = yield from self.kept_to(lead_id, bell(self.leads, lead_id, records), tally)
            if done is None:
                break
            records = []  # what was read is what stands no more
            tally.note(done)
            freed = both(freed, done.freed)
        return freed

    def _rested(self, record: Record, tally: Tally) -> Steps[frozenset[str]]:
        """End the pause or the cool-down of a rep that is over; returns who may be free now."""
        rep_id, leads = parts(record.key)[1], self.leads
        books = leads.books([record])
        try:
            change = yield from books.rep(rep_id)
            change.tidy()
            ops = [*books.operations()]
            yield from requests.commit(Change(leads.change_ids(), ops), again=leads.sends_again)
        except _OF_THE_STORE:
            raise
        except ConflictError:
            return frozenset()  # whoever changed it meanwhile has set its clock
        except LeadrouteError as error:
            tally.errors.append(FailedLead(record.key, error))
            return frozenset()
        return frozenset((rep_id,))

    def _retried_early(self, tally: Tally) -> Steps[None]:
        """Decide about the leads that wait outside of any line."""
        for record in (yield from requests.all_of(status=Status.WAITING.value)):
            if record.due is not None and not tally.full:
                yield from self._retried(record, tally)

    def _retried(self, record: Record, tally: Tally) -> Steps[None]:
        placed, lead_id = _placed(record, tally), parts(record.key)[-1]
        if placed is not None and "retry" in placed.clocks:
            step = self.leads.decided(lead_id, [record])
            done = yield from self.kept_to(lead_id, step, tally)
            if done is not None:
                tally.note(done)

    def _served_together(
        self, looks: list[Record], freed: frozenset[str] | None, tally: Tally, *, early: bool
    ) -> Steps[None]:
        """Serve the lines that are due and those of the freed as one, and set the clocks of the former."""
        found = [self._line(record) for record in looks]
        lines = {line.id: line for line in found}
        reps = None if early else freed
        if reps is None or reps:
            lines |= {line.id: line for line in (yield from self.waiting(reps))}
        yield from self.serve(lines.values(), tally, all_of=early)
        if tally.full:
            return  # what is left is due still
        lengths = {}
        if looks:
            lengths = yield from requests.counts([length_key(line.id) for line in found])
        for record, line in zip(looks, found, strict=True):
            empty = not lengths.get(length_key(line.id), 0)
            # Whoever changed the record meanwhile has set its clock.
            with suppress(ConflictError):
                yield from self._looked_at(record, line, empty=empty)

    def _line(self, record: Record) -> Line:
        line_id, lines = parts(record.key)[-1], self.leads.desk.lines
        return lines.known(line_id) or lines.read(line_id, record.data)

    def _looked_at(self, record: Record, line: Line, *, empty: bool) -> Steps[None]:
        ops: tuple[Op, ...]
        if empty:
            ops = Drop(record.key, record.version), Add(length_key(line.id), 0, lo=0, hi=0)
        else:
            at = yield from self._look_at(line)
            ops = (Put(record.key, record.data, record.version, LINE, due=at),)
        change = Change(self.leads.change_ids(), ops)
        yield from requests.commit(change, again=self.leads.sends_again)

    def _look_at(self, line: Line) -> Steps[int]:
        """When to look at a line next, which is not later than the end of the gap of anybody in it.

        A gap that begins from now on ends later than the line is looked at.
        """
        lines, now, desk = self._lines_of(line), self.leads.now(), self.leads.desk_of(line.version)
        at, terms = to_micros(lines.look_at(line, now)), desk.router.terms(line.rule)
        if terms.backlog_gap is None:
            return at
        members = lines.members(line, now)
        ids = [rep.id for rep in desk.roster] if members is None else sorted(members)
        counted = yield from requests.counts([backlog_key(rep_id) for rep_id in ids])
        gaps = paced(ids, counted, evolve(terms, backlog_burst=None), now)
        return min([at, *[until for _, until in gaps]])


def _placed(record: Record, tally: Tally) -> Placement | None:
    """The placement in a record; ``None`` for one that cannot be read, which is named."""
    lead_id = parts(record.key)[-1]
    try:
        return placement_of(record, lead_id)
    except LeadrouteError as error:
        tally.errors.append(FailedLead(lead_id, error))
        return None


def _by_turn(record: Record) -> tuple[bool, str]:
    """Offers and shifts that end as they come, then waiting leads in their order."""
    if record.status != Status.WAITING:
        return False, ""
    with suppress(LeadrouteError):
        return True, entry_key(placement_of(record, ""))
    return True, record.key


def both(one: frozenset[str] | None, other: frozenset[str] | None) -> frozenset[str] | None:
    """The reps of both; ``None`` stands for everybody."""
    return None if one is None or other is None else one | other
