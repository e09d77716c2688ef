"""Events that wait for delivery to other systems, in order for each lead, until they are acknowledged."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, ConflictError, FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.keys import key
from leadroute.model.validation import aware, must_be
from leadroute.offers import requests
from leadroute.offers.change import Ack, Change, Defer, Drop, Event, Op, Put
from leadroute.offers.events import LeadEvent
from leadroute.offers.lifting import event_of
from leadroute.offers.requests import Steps
from leadroute.offers.steps import LeadSteps
from leadroute.plain import stamped

DEAD: Final = "dead"
"""The status of the record of a dead letter."""

LONGEST_ERROR: Final = 1_000
"""How many characters of an error are kept."""


@frozen
class OutboxEvent:
    """An event that waits for delivery.

    Args:
        id: Its number in the store, for your own records; not the order of commits.
        lead_id: The lead.
        number: Its number in the log of the lead, from 1 up without a gap.
        attempts: How many deliveries have failed so far.
        error: What the last one failed with; empty when none did.
        dead: Whether it waits for a person, after too many failures.
    """

    id: int
    lead_id: str
    number: int
    attempts: int = 0
    error: str = ""
    dead: bool = False
    _entry: Event = field(kw_only=True, repr=False, eq=False)

    @property
    def event(self) -> LeadEvent:
        """The event itself.

        Raises:
            NewerFormatError: A newer release of leadroute wrote it.
        """
        return event_of(self._entry)


def _as_outbox(entry: Event) -> OutboxEvent:
    attempts = entry.attempts or 0
    told = entry.id, entry.lead, entry.n, attempts, entry.error, entry.dead
    return OutboxEvent(*told, entry=entry)


def dead_key(event_id: int) -> str:
    """The record by which a dead letter is found."""
    return key(DEAD, str(event_id))


@frozen(eq=False)
class OutboxSteps:
    """The steps with the outbox.

    Args:
        leads: The clock, the ids of changes, and what is sent again.
        max_attempts: After how many failures an event is dead.
    """

    leads: LeadSteps
    max_attempts: int

    def pending(self, limit: int) -> Steps[tuple[OutboxEvent, ...]]:
        """The events that may be delivered now, the first one of each lead."""
        requests.check_limit(limit)
        at = to_micros(self.leads.now())
        found = yield from requests.events(pending_at=at, limit=limit)
        return tuple(map(_as_outbox, found))

    def acknowledged(self, event: OutboxEvent) -> Steps[None]:
        """Take an event out of the outbox; twice is as good as once."""
        must_be(OutboxEvent, event=event)
        ops: list[Op] = [Ack(event.id)]
        if event.dead:
            ops.append(Drop(dead_key(event.id), 1))
        yield from self._unless_gone(ops)

    def deferred(self, event: OutboxEvent, until: datetime, error: str) -> Steps[OutboxEvent]:
        """Note a failed delivery: the event waits, or is dead after too many."""
        must_be(OutboxEvent, event=event)
        must_be(str, error=error)
        attempts = event.attempts + 1
        dead = attempts >= self.max_attempts
        at = None if dead else to_micros(aware(until, "until"))
        kept = error[:LONGEST_ERROR]
        ops: list[Op] = [Defer(event.id, at, attempts, kept)]
        if dead:
            told = stamped({"lead": event.lead_id, "n": event.number})
            ops.append(Put(dead_key(event.id), told, 0, DEAD))
        yield from self._unless_gone(ops)
        return evolve(event, attempts=attempts, error=kept, dead=dead)

    def dead_letters(self, limit: int) -> Steps[tuple[OutboxEvent, ...]]:
        """The events that wait for a person."""
        requests.check_limit(limit)
        found = list[OutboxEvent]()
        for record in (yield from requests.find(status=DEAD, limit=limit)):
            told = json.loads(record.data)
            page = yield from requests.events(lead=told["lead"], after=told["n"] - 1, limit=1)
            found += map(_as_outbox, page)
        return tuple(found)

    def revived(self, event: OutboxEvent) -> Steps[None]:
        """Let a dead letter be delivered again, as if it had never failed."""
        must_be(OutboxEvent, event=event)
        if not event.dead:
            raise ConfigError(f"event {event.id} is no dead letter; it is delivered by itself")
        at = to_micros(self.leads.now())
        yield from self._unless_gone([Defer(event.id, at, 0, ""), Drop(dead_key(event.id), 1)])

    def _unless_gone(self, ops: list[Op]) -> Steps[None]:
        """Commit, unless another worker has done the same before."""
        with suppress(ConflictError):
            change = Change(self.leads.change_ids(), ops)
            yield from requests.commit(change, again=self.leads.sends_again)


def attempts(given: int) -> int:
    """A converter: how many failures make an event dead."""
    if type(given) is not int:
        raise FieldTypeError("max_attempts", f"of type {type(given).__name__}", "a whole number")
    if given < 1:
        raise ConfigError(f"max_attempts is {given}; write a number from 1 up")
    return given
