"""The life of a lead as a table, and the one function that moves a placement.

* ``move`` is the only way from one placement to the next. It looks the move up before it changes anything.
* A placement is nothing but its events put together: ``rebuild(events)`` gives the stored placement.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from operator import attrgetter
from typing import Any, Final

from attrs import fields_dict

from leadroute.errors import InvalidTransitionError
from leadroute.model.keys import is_open_key
from leadroute.model.validation import FrozenDict
from leadroute.offers.events import (
    Accepted,
    Assigned,
    CatchAll,
    Contacted,
    Declined,
    Disqualified,
    FeedbackGiven,
    LeadEvent,
    Offered,
    Received,
    Released,
    TimedOut,
    Waiting,
)
from leadroute.offers.placement import Placement, Status

MOVES: Mapping[tuple[Status, type[LeadEvent]], Status] = FrozenDict(
    {
        (Status.RECEIVED, Disqualified): Status.DISQUALIFIED,
        (Status.RECEIVED, Offered): Status.OFFERED,
        (Status.RECEIVED, Waiting): Status.WAITING,
        (Status.RECEIVED, CatchAll): Status.CATCH_ALL,
        (Status.WAITING, Disqualified): Status.DISQUALIFIED,
        (Status.WAITING, Offered): Status.OFFERED,
        (Status.WAITING, Waiting): Status.WAITING,
        (Status.WAITING, CatchAll): Status.CATCH_ALL,
        (Status.OFFERED, Accepted): Status.ACCEPTED,
        (Status.OFFERED, Declined): Status.WAITING,
        (Status.OFFERED, TimedOut): Status.WAITING,
        (Status.ACCEPTED, Contacted): Status.CONTACTED,
        (Status.ACCEPTED, FeedbackGiven): Status.ACCEPTED,
        (Status.ACCEPTED, Released): Status.ACCEPTED,
        (Status.CONTACTED, FeedbackGiven): Status.CONTACTED,
        (Status.CONTACTED, Released): Status.CONTACTED,
        (Status.DISQUALIFIED, Assigned): Status.ACCEPTED,
        (Status.WAITING, Assigned): Status.ACCEPTED,
        (Status.OFFERED, Assigned): Status.ACCEPTED,
        (Status.ACCEPTED, Assigned): Status.ACCEPTED,
        (Status.CONTACTED, Assigned): Status.CONTACTED,
        (Status.CATCH_ALL, Assigned): Status.ACCEPTED,
    }
)
"""Every legal move: in this status, this event leads to that. Closing feedback: ``CLOSED``."""


def move(before: Placement | None, event: LeadEvent, lead_id: str) -> Placement:
    """The placement after an event."""
    if before is None:
        if not isinstance(event, Received):
            raise InvalidTransitionError(lead_id, _recording(event), "", "it was never submitted")
        since = event.received_at or event.at
        return Placement(
            lead_id,
            Status.RECEIVED,
            1,
            since,
            event.priority,
            policy_version=event.policy_version,
            lead_score=event.lead_score,
            lead_grade=event.lead_grade,
            completeness=event.completeness,
            respond_by=event.respond_by,
            trigger=event.trigger,
            won=False,
        )
    status = MOVES.get((before.status, type(event)))
    if status is None:
        raise InvalidTransitionError(lead_id, _recording(event), "", state_of(before))
    if isinstance(event, FeedbackGiven) and event.closing:
        status = Status.CLOSED
    changes = _CHANGES[type(event)](before, event)
    kept = zip(_FIELDS, _VALUES(before), strict=True)  # as attrs.evolve, in half the time
    return Placement(**{**dict(kept), "status": status, "steps": before.steps + 1, **changes})


_FIELDS: Final = tuple(fields_dict(Placement))
_VALUES: Final = attrgetter(*_FIELDS)


def _recording(event: LeadEvent) -> str:
    return f"record {event.kind!r} for"


def rebuild(lead_id: str, events: Iterable[LeadEvent]) -> Placement | None:
    """Return the placement that these events make.

    They begin with the first event; ``None`` when there are none.

    Raises:
        InvalidTransitionError: The events are not a legal life.
    """
    start: Placement | None = None
    return reduce(lambda placement, event: move(placement, event, lead_id), events, start)


def state_of(placement: Placement) -> str:
    """What is so now, as the end of an error message: who has the lead, and since when."""
    if placement.status is Status.OFFERED:
        return f"it is offered to {placement.rep_id!r} until {placement.due:%Y-%m-%d %H:%M:%S %Z}"
    if placement.owner is not None:
        since = f"{placement.accepted_at:%Y-%m-%d %H:%M:%S %Z}"
        return f"it is {placement.status}; {placement.owner!r} has had it since {since}"
    if placement.status is Status.CATCH_ALL:
        return f"it is with the catch-all {placement.rep_id!r}"
    return f"it is {placement.status}"


_DECIDED: Final = FrozenDict({"error": "", "failures": 0})


def _disqualified(_before: Placement, event: Disqualified) -> dict[str, Any]:
    return {
        "reason_code": event.kind,
        "factor": event.factor,
        "outcome": event.outcome,
        "due": None,
        "policy_version": event.policy_version,
        **_DECIDED,
    }


def _offered(_before: Placement, event: Offered) -> dict[str, Any]:
    return {
        "rule": event.rule,
        "pool": event.pool,
        "rep_id": event.rep_id,
        "offered_at": event.at,
        "due": event.expires_at,
        "reservations": event.reservations,
        "release_on": event.release_on,
        "turn": event.turn,
        "order": event.order,
        "reason_code": "",
        "policy_version": event.policy_version,
        **_DECIDED,
    }


def _waiting(before: Placement, event: Waiting) -> dict[str, Any]:
    return {
        "rule": event.rule,
        "reason_code": event.reason_code,
        "due": event.until,
        "policy_version": event.policy_version,
        "error": event.error,
        "failures": before.failures + 1 if event.error else 0,
    }


def _caught(_before: Placement, event: CatchAll) -> dict[str, Any]:
    return {
        "rep_id": event.place,
        "reason_code": event.reason_code,
        "due": None,
        "policy_version": event.policy_version,
        "error": event.error,
        "failures": 0,
    }


def _accepted(before: Placement, event: Accepted) -> dict[str, Any]:
    freed = _released(before) if before.release_on == "accept" else {}
    turn = None if before.turn is None else before.turn.accepted()
    kept = {"turn": turn, "order": 0}
    return {"accepted_at": event.at, "due": event.until} | kept | freed


def _assigned(before: Placement, event: Assigned) -> dict[str, Any]:
    return {
        "rep_id": event.rep_id,
        "rule": event.rule,
        "offered_at": event.at,
        "accepted_at": event.at,
        "due": event.until,
        "reservations": event.reservations,
        "turn": before.turn if before.owner is not None else None,
        "order": 0,
        "release_on": event.release_on,
        "reason_code": "",
        **_DECIDED,
    }


def _released(before: Placement, _event: LeadEvent | None = None) -> dict[str, Any]:
    kept = {key: units for key, units in before.reservations.items() if not is_open_key(key)}
    return {"reservations": FrozenDict(kept), "due": None}


def _returned(before: Placement, event: Declined | TimedOut) -> dict[str, Any]:
    return {
        "rep_id": None,
        "pool": None,
        "due": event.at,
        "reservations": FrozenDict(),
        "turn": None,
        "order": 0,
        "previous_offers": FrozenDict({**before.previous_offers, event.rep_id: event.kind}),
        "reason_code": event.kind,
    }


def _contacted(before: Placement, event: Contacted) -> dict[str, Any]:
    freed = _released(before) if before.release_on == "contact" else {}
    return {"contacted_at": event.at} | freed


def _feedback(before: Placement, event: FeedbackGiven) -> dict[str, Any]:
    changes: dict[str, Any] = {"outcome": event.status}
    if event.value is not None:
        changes["value"] = event.value
    if event.closing:
        changes |= {"closed_at": event.at, "won": event.won} | _released(before)
    return changes


_CHANGES: Mapping[type[LeadEvent], Callable[[Placement, Any], dict[str, Any]]] = {
    Disqualified: _disqualified,
    Offered: _offered,
    Waiting: _waiting,
    CatchAll: _caught,
    Accepted: _accepted,
    Assigned: _assigned,
    Released: _released,
    Declined: _returned,
    TimedOut: _returned,
    Contacted: _contacted,
    FeedbackGiven: _feedback,
}
