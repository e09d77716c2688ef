"""Documents of an older format, read as this release writes them.

A lifted placement has no records beside it (its offer, its place in a line): its first change
neither drops nor counts them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from leadroute.model.duration import digest
from leadroute.offers.change import Event, Record
from leadroute.offers.events import KINDS, LeadEvent, Offered
from leadroute.offers.placement import Placement, Status
from leadroute.plain import Recent, document, loads

_recent: Recent[Placement] = Recent(1_000)


def placement_of(record: Record, lead_id: str) -> Placement:
    """Return the placement in a record.

    Raises:
        ValidationError: The document cannot be read.
        NewerFormatError: A newer release of leadroute wrote it.
    """
    return _recent.read(record.data, lambda text: loads(Placement, text, lead_id, lift))


def placement_document(placed: Placement) -> str:
    """The document of a placement, as a store keeps it."""
    text = document(placed)
    _recent.put(text, placed)
    return text


def event_of(event: Event) -> LeadEvent:
    """Return the event in an entry of the log.

    Raises:
        ValidationError: The document cannot be read.
        NewerFormatError: A newer release of leadroute wrote it.
    """
    return loads(KINDS[event.type], event.data, event.lead, lift_in(event.lead))


def lift(kind: type[Any], data: dict[str, Any]) -> dict[str, Any]:
    """The data of a document of format 1 as that of format 2.

    Example:
        >>> old = {"lead_id": "L-1", "status": "waiting", "due": "2026-01-05T09:00:00+00:00"}
        >>> lift(Placement, old)["clocks"]
        {'retry': '2026-01-05T09:00:00+00:00'}
    """
    if kind is Placement:
        return _placement(data)
    return _offered(data) if kind is Offered else data


def lift_in(lead_id: str) -> Callable[[type[Any], dict[str, Any]], dict[str, Any]]:
    """``lift`` for the events of a lead."""
    return lambda kind, data: lift(kind, {**data, "lead_id": lead_id} if kind is Offered else data)


def _offered(data: dict[str, Any]) -> dict[str, Any]:
    lead_id = data.pop("lead_id")
    return {**data, "token": _token(lead_id, data["rep_id"], data["at"])}


def _token(lead_id: str, rep_id: str, offered_at: str) -> str:
    """The token of an offer of format 1: every process works out the same one."""
    return digest(f"{lead_id}\0{rep_id}\0{offered_at}")[:8].hex()


def _placement(data: dict[str, Any]) -> dict[str, Any]:
    status, rep_id, due = data["status"], data.pop("rep_id", None), data.pop("due", None)
    order, ended = data.pop("order", 0), data.get("offered_at") or data.get("received_at")
    previous = data.pop("previous_offers", {})
    lifted = {
        **data,
        "previous_offers": {rep: {"outcome": how, "at": ended} for rep, how in previous.items()},
    }
    if status == Status.OFFERED:
        own: dict[str, Any] = {
            name: lifted.pop(name)
            for name in ("reservations", "release_on", "turn")
            if name in lifted
        }
        offer: dict[str, Any] = {
            "token": _token(data["lead_id"], rep_id, data["offered_at"]),
            "rep_id": rep_id,
            "pool": data["pool"],
            "made_at": data["offered_at"],
            "expires_at": due,
            "order": order,
            "recorded": False,
            **own,
        }
        return {**lifted, "offers": [offer]}
    if status == Status.CATCH_ALL:
        return {**lifted, "catch_all": rep_id}
    clock = "retry" if status == Status.WAITING else "shift"
    return {**lifted, "owner": rep_id, **({} if due is None else {"clocks": {clock: due}})}
