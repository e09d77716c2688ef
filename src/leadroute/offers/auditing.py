"""A store is compared with itself: counters, side records, logs and deadlines, and mended where asked.

* The log of a lead is the truth about it; where it was trimmed, its placement is.
* What is found is looked at again before it is named, so that leads that move meanwhile are no fault.
* Counters are sums over all leads, so they are compared at the end; those of caps only where
  nothing was logged since the beginning.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, NamedTuple

from attrs import evolve, field, frozen

from leadroute.errors import ConflictError, LeadrouteError
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    holder_of,
    is_open_key,
    lead_key,
    offer_key,
    open_key,
    parts,
    placement_key,
    rep_key,
    rest_key,
    resting_key,
    unanswered_key,
)
from leadroute.model.validation import FrozenDict, frozen_counts, must_be
from leadroute.offers import requests
from leadroute.offers.change import Add, Change, Drop, Emit, Op, Put, Record
from leadroute.offers.counts import OFFER
from leadroute.offers.draft import LINE, entry_put, offer_put, placement_put
from leadroute.offers.events import Repaired
from leadroute.offers.lifting import event_of, placement_of
from leadroute.offers.lines import (
    LOOK_WITHIN,
    Line,
    entry_key,
    entry_status,
    length_key,
    line_key,
)
from leadroute.offers.placement import Placement, Status
from leadroute.offers.queries import OPEN, placements_of
from leadroute.offers.requests import PAGE, Steps
from leadroute.offers.rests import RESTING, states_of
from leadroute.offers.serving import LineSteps, Tally
from leadroute.offers.state_machine import move, rebuild
from leadroute.offers.transitions import holds
from leadroute.plain import document, stamped

AUDIT: Final = "leadroute/audit"
"""Whose log has the repairs that belong to no lead."""

_FORMAT: Final = '"format"'
_HELD: Final = (
    *(open_key(""), unanswered_key(""), "segment/", "cap/", "total/", length_key("")),
    *(rest_key(""), resting_key()),
)


@frozen
class Discrepancy:
    """One thing in a store that does not fit the others.

    Args:
        kind: ``counter``, ``entry``, ``offer``, ``line``, ``log``, ``deadline``, ``lead`` or ``document``.
        about: The id of the lead, or the counter.
        problem: What is wrong, in words.
        repaired: Whether it was mended, which an event says.
    """

    kind: str
    about: str
    problem: str
    repaired: bool = False

    def __str__(self) -> str:
        done = "; repaired" if self.repaired else ""
        return f"{self.kind} {self.about}: {self.problem}{done}"


@frozen
class AuditResult:
    """The result of a page of an audit.

    Args:
        discrepancies: What is wrong on this page.
        records: How many records were looked at, on all pages so far.
        complete: Whether this is the last page.
        mark: Where the next page goes on.
        held: What the leads so far hold, by counter.
        since: The newest event when the audit began.
    """

    discrepancies: tuple[Discrepancy, ...] = ()
    records: int = 0
    complete: bool = False
    mark: Record | None = field(default=None, repr=False)
    held: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts, repr=False)
    since: int = field(default=0, repr=False)


class _Look(NamedTuple):
    """What is so about one lead, all of it at one version.

    Args:
        record: The record of its placement.
        kept: The placement in it; ``None`` when it cannot be read.
        truth: The placement that its log leads to; the kept one where the log was trimmed.
        beside: The records of it that are there, of those that should be.
    """

    record: Record
    kept: Placement | None
    truth: Placement
    beside: Mapping[str, Record]


def _beside(placed: Placement) -> list[str]:
    """The records that should be there beside a placement."""
    keys = [entry_key(placed)] if placed.line else []
    return keys + [
        offer_key(placed.lead_id, each.rep_id) for each in placed.offers if each.recorded
    ]


def look(lead_id: str) -> Steps[_Look | None]:
    """What is so about a lead; ``None`` when there is nothing to go by."""
    name = placement_key(lead_id)
    record = (yield from requests.get([name])).get(name)
    while record is not None:
        kept = truth = _readable(record, lead_id)
        log = yield from requests.log_of(lead_id)
        if log and log[0].n == 1:
            rebuilt = rebuild(lead_id, map(event_of, log))
            if kept != rebuilt:  # an equal one may be of an older release, with other records
                truth = rebuilt
        if truth is None:
            return None
        found = yield from requests.get([name, lead_key(lead_id), *_beside(truth)])
        again = found.pop(name, None)
        if again == record:
            return _Look(record, kept, truth, found)
        record = again  # it has moved meanwhile
    return None


def _readable(record: Record, lead_id: str) -> Placement | None:
    with suppress(LeadrouteError):
        return placement_of(record, lead_id)
    return None


def _discrepancies(seen: _Look, now: datetime) -> Iterator[Discrepancy]:
    """What does not fit about a lead."""
    _, kept, truth, beside = seen
    lead_id = truth.lead_id
    if kept is None:
        yield Discrepancy("document", lead_id, "its placement cannot be read")
    elif kept != truth:
        yield Discrepancy(
            "log", lead_id, f"is {kept.status} at step {kept.steps}, and {_said(truth)}"
        )
    elif _is_misplaced(seen):
        yield Discrepancy(
            "deadline", lead_id, f"is found under another status, rep or time: {_said(truth)}"
        )
    elif truth.due is not None and truth.due + LOOK_WITHIN < now:
        yield Discrepancy("deadline", lead_id, f"was due at {truth.due:%Y-%m-%d %H:%M:%S %Z}")
    if truth.line and entry_key(truth) not in beside:
        yield Discrepancy("entry", lead_id, f"waits in line {truth.line}, where it has no place")
    for offer in truth.offers:
        if offer.recorded and offer_key(lead_id, offer.rep_id) not in beside:
            yield Discrepancy("offer", lead_id, f"is offered to {offer.rep_id}, who cannot find it")
    if truth.status is not Status.FORGOTTEN and lead_key(lead_id) not in beside:
        yield Discrepancy("lead", lead_id, "its facts are not there")


def _is_misplaced(seen: _Look) -> bool:
    """Whether a placement is found under another status, rep or time than its own."""
    record, should = seen.record, placement_put(seen.truth, seen.record.version)
    if (record.status, record.due) != (should.status, should.due):
        return True
    # An older release kept other owners beside what it wrote.
    return record.owner != should.owner and _FORMAT in record.data


def _said(truth: Placement) -> str:
    return f"its log says {truth.status} at step {truth.steps}"


@frozen(eq=False)
class AuditSteps:
    """The steps of an audit."""

    lines: LineSteps

    def page(self, limit: int, after: AuditResult | None, *, repair: bool) -> Steps[AuditResult]:
        """Look at some records and, on the last page, at the counters."""
        requests.check_limit(limit, " records")
        must_be(bool, repair=repair)
        if after is None:
            after = AuditResult(since=(yield from requests.newest_event()))
        must_be(AuditResult, after=after)
        found, held = list[Discrepancy](), Counter(after.held)
        mark, left = after.mark, limit
        while left:
            most = min(left, PAGE)
            records = yield from requests.find(after=mark, limit=most)
            for record in records:
                found += yield from self._record(record, held, repair=repair)
            left -= len(records)
            mark = records[-1] if records else mark
            if len(records) < most:
                found += yield from self._counters(held, after.since, repair=repair)
                return AuditResult(tuple(found), after.records + limit - left, complete=True)
        records_so_far = after.records + limit
        return evolve(
            after, discrepancies=tuple(found), records=records_so_far, mark=mark, held=held
        )

    def _record(
        self, record: Record, held: Counter[str], *, repair: bool
    ) -> Steps[list[Discrepancy]]:
        """Compare what one record says."""
        kind, *rest = parts(record.key)
        if kind == "placement":
            return (yield from self._lead(rest[0], held, repair=repair))
        if kind == OFFER:
            return (yield from self._stray(record, rest[0], kind, repair=repair))
        if kind == "rep":
            state = states_of([record])[rest[0]]
            held[rest_key(rest[0])] = state.until
            held[resting_key()] += state.rests
        if kind == "wait":
            lead_id = str(json.loads(record.data)["lead"])
            return (yield from self._stray(record, lead_id, "entry", repair=repair))
        return []

    def _lead(self, lead_id: str, held: Counter[str], *, repair: bool) -> Steps[list[Discrepancy]]:
        seen = yield from look(lead_id)
        if seen is None:
            return [
                Discrepancy("document", lead_id, "its placement cannot be read, nor its whole log")
            ]
        held.update(holds(seen.truth))
        if seen.truth.line:
            held[length_key(seen.truth.line)] += 1
        now = self.lines.leads.now()
        found = [*_discrepancies(seen, now)]
        if not (repair and found):
            return found
        if [each.kind for each in found] == ["deadline"] and seen.kept == seen.truth:
            done = yield from self._ring(seen)
            return [evolve(each, repaired=done) for each in found]
        missing = [op for op in _side_records(seen.truth) if op.key not in seen.beside]
        done = yield from self._mended(seen, found, missing)
        return [evolve(each, repaired=done and each.kind != "lead") for each in found]

    def _ring(self, seen: _Look) -> Steps[bool]:
        """Do what is due about a lead; one that is only found under another time is written anew."""
        if _is_misplaced(seen):
            return (yield from self._mended(seen, [], []))
        tally = Tally()
        freed = yield from self.lines.ring(seen.record, tally)
        with suppress(Exception):  # what is due is done; who waits is served by the next sweep
            yield from self.lines.freed(freed, tally)
        return bool(tally.moved)

    def _stray(
        self, record: Record, lead_id: str, kind: str, *, repair: bool
    ) -> Steps[list[Discrepancy]]:
        """Compare a record that stands beside a placement with it."""
        seen = yield from look(lead_id)
        if seen is not None and record.key in _beside(seen.truth):
            return []
        if record.key not in (yield from requests.get([record.key])):
            return []  # it went meanwhile
        fault = Discrepancy(kind, lead_id, f"has a record of an {kind} that is none: {record.key}")
        if not repair:
            return [fault]
        drop = Drop(record.key, record.version)
        if seen is None:
            done = yield from self._noted([fault], [drop])
        else:
            done = yield from self._mended(seen, [fault], [drop])
        return [evolve(fault, repaired=done)]

    def _mended(self, seen: _Look, found: Sequence[Discrepancy], ops: Sequence[Op]) -> Steps[bool]:
        """Write a lead as its log has it, with an event; returns whether nobody was faster."""
        leads, lead_id = self.lines.leads, seen.truth.lead_id
        event = Repaired(leads.now(), tuple([each.kind for each in found] or ["deadline"]))
        after = move(seen.truth, event, lead_id)
        told = lead_id, after.steps, event.kind, document(event), to_micros(event.at)
        emit = Emit(*told, leads.desk.publish)
        put = placement_put(after, seen.record.version)
        return (yield from self._committed([emit, put, *ops]))

    def _noted(self, found: Sequence[Discrepancy], ops: Sequence[Op]) -> Steps[bool]:
        """Mend what belongs to no lead, with an event in the log of the audit."""
        leads = self.lines.leads
        record = (yield from requests.get([AUDIT])).get(AUDIT)
        # The document counts, not the version: that of a copy is another.
        number, version = 0, 0
        if record is not None:
            number, version = json.loads(record.data)["repairs"], record.version
        event = Repaired(leads.now(), tuple([f"{each.kind} {each.about}" for each in found]))
        told = AUDIT, number + 1, event.kind, document(event), to_micros(event.at)
        count = Put(AUDIT, stamped({"repairs": number + 1}), version)
        return (yield from self._committed([Emit(*told, leads.desk.publish), count, *ops]))

    def _committed(self, ops: Sequence[Op]) -> Steps[bool]:
        leads = self.lines.leads
        try:
            yield from requests.commit(Change(leads.change_ids(), ops), again=leads.sends_again)
        except ConflictError:
            return False  # it has moved meanwhile; the next audit looks at it again
        return True

    def _counters(
        self, held: Counter[str], since: int, *, repair: bool
    ) -> Steps[list[Discrepancy]]:
        """Compare the counters with what all leads hold."""
        quiet = yield from _nothing_since(since)
        stand = dict[str, int]()
        for prefix in _HELD:
            stand |= yield from requests.counts(prefix=prefix)
        found, freed = list[Discrepancy](), set[str]()
        for name in sorted({*stand, *held}):
            if stand.get(name, 0) == held[name]:
                continue
            should = yield from self._recounted(name, held[name], quiet=quiet)
            now = (yield from requests.counts([name])).get(name, 0)
            if should is None or should == now:
                continue
            fault = Discrepancy("counter", name, f"stands at {now}; the leads make {should}")
            if repair:
                add = Add(name, should - now, lo=should, hi=should)
                fault = evolve(fault, repaired=(yield from self._noted([fault], [add])))
                if is_open_key(name) or name.startswith(rest_key("")):
                    freed.add(holder_of(name))
            found.append(fault)
        found += yield from self._looked_at(held, repair=repair)
        with suppress(Exception):  # the counters are right; who waits is served by the next sweep
            yield from self.lines.freed(frozenset(freed), Tally())
        return found

    def _recounted(self, name: str, held: int, *, quiet: bool) -> Steps[int | None]:
        """What a counter should stand at now; ``None`` where only a quiet store could tell."""
        if name.startswith(length_key("")):
            line = parts(name)[-1]
            return len((yield from requests.all_of(status=entry_status(line))))
        if name == resting_key():
            return len((yield from requests.all_of(status=RESTING)))
        if name.startswith(rest_key("")):
            record = (yield from requests.get([rep_key(holder_of(name))])).values()
            return sum(state.until for state in states_of(record).values())
        if not is_open_key(name):
            return held if quiet else None
        records = yield from requests.all_of(status=OPEN, owner=holder_of(name))
        placed = {each.lead_id: each for each in (yield from placements_of(records))}
        return sum(holds(each).get(name, 0) for each in placed.values())

    def _looked_at(self, held: Counter[str], *, repair: bool) -> Steps[list[Discrepancy]]:
        """The lines with leads in them at which nobody looks."""
        lines = [
            parts(name)[-1] for name, n in held.items() if n and name.startswith(length_key(""))
        ]
        there = yield from requests.get([line_key(line) for line in lines])
        found = list[Discrepancy]()
        for line in lines:
            name = line_key(line)
            if name in there or not (yield from requests.find(status=entry_status(line), limit=1)):
                continue
            fault = Discrepancy("line", line, "leads wait in it, and nobody looks at it")
            if repair:
                anyone = Line(line, None, {"anyone": True}, mixed=True).document()
                due = to_micros(self.lines.leads.now())
                ops = [Put(name, anyone, 0, LINE, due=due)]
                fault = evolve(fault, repaired=(yield from self._noted([fault], ops)))
            found.append(fault)
        return found


def _nothing_since(event_id: int) -> Steps[bool]:
    """Whether nothing was logged since an event but repairs, which move no counter of a lead."""
    while page := (yield from requests.events(after=event_id, limit=PAGE)):
        if any(event.type != Repaired.kind for event in page):
            return False
        event_id = page[-1].id
    return True


def _side_records(placed: Placement) -> Iterator[Put]:
    """What writes the records beside a placement."""
    if placed.line:
        yield entry_put(placed)
    yield from (offer_put(placed.lead_id, each) for each in placed.offers if each.recorded)
