"""From events to the outcomes that scorers learn from: out of the log, or counted as they happen.

* The segments of a lead are read from the lead itself, because events hold no facts about it. A
  lead that was erased still counts, in the segment of all leads.
* Counting parts of a log and adding up gives the same as counting all of it, as long as each lead's
  events stay together. Counting each event as it happens gives the same, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from math import log, log1p
from typing import Final

from leadroute.errors import ConfigError
from leadroute.model.keys import key
from leadroute.model.lead import Lead
from leadroute.model.snapshot import ALL, UNIT, Record, TrackRecords, segment_key, week_of
from leadroute.model.validation import FrozenDict
from leadroute.offers.change import Add
from leadroute.offers.events import (
    Accepted,
    Assigned,
    Contacted,
    Declined,
    FeedbackGiven,
    FollowUpDue,
    Forgotten,
    LeadEvent,
    Offered,
    Reopened,
    Rerouted,
    TimedOut,
)
from leadroute.offers.placement import Placement
from leadroute.rules.fields import FIELDS, HARMLESS, Kind, text_titles, texts_of

LONGEST_SEGMENT: Final = 70
"""The longest segment as it stands in a key, so that rep, week and name fit beside it."""

_COUNTED: Mapping[type, Record] = {
    Offered: Record(offered=1),
    Accepted: Record(accepted=1),
    Declined: Record(declined=1),
    TimedOut: Record(ignored=1),
    FollowUpDue: Record(unanswered=1),
}


def track_records_of(
    histories: Iterable[tuple[Lead | None, Sequence[LeadEvent]]], by: Iterable[str] = ()
) -> TrackRecords:
    """Return the track records in the logs of leads.

    Args:
        histories: Each lead (``None`` when it was erased) with all of its events, in order.
        by: The fields of the lead that scorers segment by, such as ``industry``, or ``lead['plan']`` for an attribute.

    Returns:
        The outcomes of every rep: of all leads, and of each value of each field in ``by``. O(events).

    Raises:
        ConfigError: A field may be personal.
        UnknownFieldError: The lead has no such field.

    Example:
        >>> from datetime import UTC
        >>> at = datetime(2026, 1, 5, 9, tzinfo=UTC)
        >>> log = [Accepted(at, "ada"), FeedbackGiven(at, "ada", "won", True, 500.0)]
        >>> track_records_of([(Lead("L-1", industry="retail"), log)], ["industry"]).total(
        ...     "ada", "industry/retail"
        ... ).won
        1
    """
    fields = fields_of(by)
    return TrackRecords.of(
        cell for lead, events in histories for cell in _cells(lead, _counted(events), fields)
    )


def fields_of(by: Iterable[str]) -> tuple[str, ...]:
    """A converter for the fields by which outcomes are counted: each once, one without a list."""
    alone = isinstance(by, str) or not isinstance(by, Iterable)
    named = [by] if alone else list(by)
    titles = tuple(dict.fromkeys(text_titles(named))) if named else ()
    for title in titles:
        if title in FIELDS["lead"] and title not in HARMLESS:
            harmless = sorted(each for each in HARMLESS if FIELDS["lead"][each].kind is Kind.TEXT)
            problem = "is a fact that may be personal, and outcomes are counted for ever"
            raise ConfigError(f"{title} {problem}; name one of {', '.join(harmless)}")
    return titles


def counts_of(
    before: Placement | None, events: Sequence[LeadEvent], lead: Lead, by: Iterable[str] = ()
) -> Iterator[Add]:
    """The operations that count what happens now, for ``Outcomes.from_counters`` to read."""
    since = {}
    if before is not None and before.rep_id is not None and before.offered_at is not None:
        since[before.rep_id] = before.offered_at
    track_records = TrackRecords.of(_cells(lead, _counted(events, since, before), tuple(by)))
    for counter, count in track_records.counters().items():
        yield Add(counter, count, lo=None)


def _cells(
    lead: Lead | None, counted: Iterable[tuple[str, datetime, Record]], by: tuple[str, ...]
) -> Iterator[tuple[str, str, int, Record]]:
    for rep_id, at, record in counted:
        for segment in (ALL, *_segments(lead, by)):
            yield rep_id, segment, week_of(at), record


def _segments(lead: Lead | None, fields: tuple[str, ...]) -> Iterator[str]:
    if lead is None:
        return iter(())
    segments = (segment_key(name, value) for name in fields for value in texts_of(lead, name))
    return (segment for segment in segments if len(key(segment)) <= LONGEST_SEGMENT)


def _counted(
    events: Sequence[LeadEvent],
    since: Mapping[str, datetime] = FrozenDict(),
    before: Placement | None = None,
) -> Iterator[tuple[str, datetime, Record]]:
    offered_at, contacts = dict(since), [*_first_contacts(events, before)]
    for event in events:
        if isinstance(event, Offered | Accepted | Declined | TimedOut | FollowUpDue):
            yield event.rep_id, event.at, _COUNTED[type(event)]
        if isinstance(event, Offered | Assigned):
            offered_at[event.rep_id] = event.at
        elif isinstance(event, Contacted):
            if any(event is each for each in contacts):
                since_offer = event.at - offered_at.get(event.rep_id, event.at)
                yield event.rep_id, event.at, _response(since_offer)
        elif isinstance(event, FeedbackGiven) and event.closing:
            yield event.rep_id, event.at, _ending(event)


def _first_contacts(events: Sequence[LeadEvent], before: Placement | None) -> Iterator[Contacted]:
    """The contacts that count: the first with a lead, where its owner made it."""
    owner = None if before is None else before.owner
    reached = before is not None and before.contacted_at is not None
    for event in events:
        if isinstance(event, Accepted | Assigned):
            owner = event.rep_id
        elif isinstance(event, Rerouted | Reopened | Forgotten):
            owner, reached = None, reached and isinstance(event, Rerouted)
        elif isinstance(event, Contacted):
            if not reached and event.rep_id == owner:
                yield event
            reached = True


def _response(took: timedelta) -> Record:
    seconds = max(0.0, took.total_seconds())
    return Record(reached=1, log_response=round(UNIT * log1p(seconds)))


def _ending(event: FeedbackGiven) -> Record:
    if not event.won:
        return Record(closed=1)
    worth = event.value or 0.0
    won = Record(closed=1, won=1, value=round(100 * worth))
    if worth <= 0:
        return won
    return won + Record(
        sized=1, log_size=round(UNIT * log(worth)), log_size_squared=round(UNIT * log(worth) ** 2)
    )
