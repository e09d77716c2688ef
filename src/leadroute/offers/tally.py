"""From the log of events to the outcomes that scorers learn from.

The rules of this module:

* An outcome counts in the week in which it happened, for the rep to whom it happened.
* The segments of a lead are read from the lead itself, because events hold no facts about it. A lead that was erased
  still counts, in the segment of all leads.
* Counting parts of a log and adding up gives the same as counting all of it, as long as each lead's events stay
  together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import log, log1p

from leadroute.model.lead import Lead
from leadroute.model.outcomes import ALL, UNIT, Outcomes, Record, segment_key, week_of
from leadroute.offers.events import (
    Accepted,
    Contacted,
    Declined,
    FeedbackGiven,
    Happening,
    Offered,
    TimedOut,
)
from leadroute.offers.plan import WON
from leadroute.rules.naming import texts_of

__all__ = ["outcomes_of"]

_COUNTED: Mapping[type, Record] = {
    Offered: Record(offered=1),
    Accepted: Record(accepted=1),
    Declined: Record(declined=1),
    TimedOut: Record(ignored=1),
}


def outcomes_of(
    histories: Iterable[tuple[Lead | None, Sequence[Happening]]], by: Iterable[str] = ()
) -> Outcomes:
    """What became of the leads of every rep.

    Args:
        histories: Each lead (``None`` when it was erased) with all of its events, in order.
        by: The fields of the lead that scorers segment by, such as ``industry``, or ``lead['plan']`` for an attribute.

    Returns:
        The outcomes of every rep: of all leads, and of each value of each field in ``by``. O(events).

    Example:
        >>> from datetime import UTC
        >>> at = datetime(2026, 1, 5, 9, tzinfo=UTC)
        >>> log = [Accepted(at, "ada"), FeedbackGiven(at, "ada", "won", True, 500.0)]
        >>> outcomes_of([(Lead("L-1", industry="retail"), log)], ["industry"]).total(
        ...     "ada", "industry/retail"
        ... ).won
        1
    """
    fields = tuple(by)
    return Outcomes.of(
        (rep_id, segment, week_of(at), record)
        for lead, events in histories
        for rep_id, at, record in _counted(events)
        for segment in (ALL, *_segments(lead, fields))
    )


def _segments(lead: Lead | None, fields: tuple[str, ...]) -> Iterator[str]:
    if lead is not None:
        for name in fields:
            for value in texts_of(lead, name):
                yield segment_key(name, value)


def _counted(events: Sequence[Happening]) -> Iterator[tuple[str, datetime, Record]]:
    offered_at: dict[str, datetime] = {}
    for event in events:
        if isinstance(event, Offered | Accepted | Declined | TimedOut):
            yield event.rep_id, event.at, _COUNTED[type(event)]
        if isinstance(event, Offered):
            offered_at[event.rep_id] = event.at
        elif isinstance(event, Contacted):
            yield (
                event.rep_id,
                event.at,
                _response(event.at - offered_at.get(event.rep_id, event.at)),
            )
        elif isinstance(event, FeedbackGiven) and event.closing:
            yield event.rep_id, event.at, _ending(event)


def _response(took: timedelta) -> Record:
    seconds = max(0.0, took.total_seconds())
    return Record(reached=1, log_response=round(UNIT * log1p(seconds)))


def _ending(event: FeedbackGiven) -> Record:
    if event.status != WON:
        return Record(closed=1)
    worth = event.value or 0.0
    won = Record(closed=1, won=1, value=round(100 * worth))
    if worth <= 0:
        return won
    return won + Record(
        sized=1, log_size=round(UNIT * log(worth)), log_size_squared=round(UNIT * log(worth) ** 2)
    )
