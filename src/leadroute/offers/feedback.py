"""What is said about a lead by its rep: the result, and notes that are kept with the personal data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

from attrs import evolve, field, frozen

from leadroute.errors import FieldError, InvalidTransitionError, ValidationError
from leadroute.model.keys import note_key, note_keys
from leadroute.model.validation import (
    FrozenDict,
    frozen_mapping,
    must_be,
    number,
    private_text,
    word,
)
from leadroute.offers.change import MAX_DATA, Op, Put, bytes_beyond_limit
from leadroute.offers.counts import Books
from leadroute.offers.events import FeedbackGiven, LeadEvent
from leadroute.offers.placement import Placement, Status
from leadroute.offers.requests import Steps
from leadroute.offers.state_machine import MOVES, state_of
from leadroute.offers.steps import Done, LeadSteps
from leadroute.offers.transitions import clean
from leadroute.plain import document, loads
from leadroute.rules.feedback_form import ARGUMENTS, NO_FORM, FeedbackForm
from leadroute.rules.rule import Disposition, find_disposition

_worth: Final = number(-1e12, 1e12)
"""A cleaner for the value of a lead: counters add up to a hundred thousand of the largest in a week."""
_KIND: Final = FeedbackGiven.__name__


@frozen
class FeedbackNote:
    """A note about a lead.

    It is personal data, which ``forget`` erases.

    Args:
        at: The time.
        rep_id: The owner at that time.
        by: The person who gave it, by an id or role of yours; empty for the owner.
        status: The result that was given with it.
        text: The note; empty for none.
        fields: The fields of the form.
    """

    at: datetime
    rep_id: str
    by: str = ""
    status: str = ""
    text: str = ""
    fields: Mapping[str, Any] = field(default=FrozenDict(), converter=frozen_mapping)


@frozen
class Said:
    """What is given as feedback.

    Args:
        status: The result.
        value: The value of the deal.
        reason: The cause, in a word.
        note: Free text.
        by: The person who gives it.
        fields: The fields of the form.
    """

    status: str
    value: float | None = None
    reason: str = ""
    note: str = ""
    by: str = ""
    fields: Mapping[str, Any] = FrozenDict()


def given(leads: LeadSteps, lead_id: str, said: Said) -> Steps[Done]:
    """Record feedback, and what was written with it beside the lead."""
    kept: list[str] = []

    def events_of(before: Placement, books: Books) -> Steps[Sequence[LeadEvent]]:
        kept.clear()
        router = leads.desk.router
        event = _event(before, said, router.dispositions, books.now)
        note = _note(before, event, said, router.feedback or NO_FORM)
        last = None if note is None else (yield from _last(before, books, note.at))
        if _is_known(before, event) and note == last:
            return ()
        if before.owner is None or (before.status, FeedbackGiven) not in MOVES:
            raise InvalidTransitionError(lead_id, "give feedback on", "", state_of(before))
        if note is None:
            return (event,)
        kept.append(_written(lead_id, note))
        return (evolve(event, note=before.notes + 1),)

    def beside(events: Sequence[LeadEvent]) -> tuple[Op, ...]:
        numbers = [event.note for event in events if isinstance(event, FeedbackGiven)]
        return tuple(
            [Put(note_key(lead_id, n), text, 0) for n, text in zip(numbers, kept, strict=False)]
        )

    return (yield from leads.advanced(lead_id, events_of, beside=beside))


def _event(
    before: Placement, said: Said, dispositions: tuple[Disposition, ...], now: datetime
) -> FeedbackGiven:
    """What the log keeps of feedback."""
    find = partial(find_disposition, dispositions)
    found: Disposition = clean(before, _KIND, "status", find, said.status)
    value = None if said.value is None else float(clean(before, _KIND, "value", _worth, said.value))
    reason, by = [
        "" if each == "" else str(clean(before, _KIND, name, word, each))
        for name, each in (("reason", said.reason), ("by", said.by))
    ]
    owner = before.owner or ""
    return FeedbackGiven(now, owner, found.name, found.closes, value, found.won, reason, by)


def _note(
    before: Placement, event: FeedbackGiven, said: Said, form: FeedbackForm
) -> FeedbackNote | None:
    """What is kept beside the lead; ``None`` when nothing was written."""
    must_be(Mapping, fields=said.fields)
    text = clean(before, _KIND, "note", private_text, said.note) or ""
    given = {"value": event.value, "reason": event.reason or None, "note": text or None}
    faults = [*form.faults({**said.fields, **given})]
    faults += [
        FieldError(name, "is an argument of feedback; give it there")
        for name in ARGUMENTS
        if name in said.fields
    ]
    if faults:
        raise ValidationError(_KIND, before.lead_id, tuple(faults))
    fields = {name: value for name, value in said.fields.items() if value is not None}
    if not (text or fields):
        return None
    return FeedbackNote(event.at, event.rep_id, event.by, event.status, text, fields)


def _is_known(before: Placement, event: FeedbackGiven) -> bool:
    """Whether the same was said before, and nobody has asked since."""
    same = before.outcome == event.status and event.value in (None, before.value)
    asked = any(name.startswith("follow_up/") for name in before.clocks)
    ended = before.status is Status.CLOSED or not event.closing
    reason = event.reason in ("", before.outcome_reason)
    return same and reason and ended and not asked and before.follow_up_at is None


def _last(before: Placement, books: Books, at: datetime) -> Steps[FeedbackNote | None]:
    """The last note about a lead, as if it had been written at an instant."""
    if not before.notes:
        return None
    key = note_key(before.lead_id, before.notes)
    record = (yield from books.records([key])).get(key)
    return None if record is None else evolve(loads(FeedbackNote, record.data), at=at)


def _written(lead_id: str, note: FeedbackNote) -> str:
    text = document(note)
    size = bytes_beyond_limit(text)
    if size:
        problem = f"makes the note {size} bytes long; at most {MAX_DATA} can be kept, so shorten it"
        raise ValidationError(_KIND, lead_id, (FieldError("note", problem),))
    return text


def notes(leads: LeadSteps, lead_id: str) -> Steps[tuple[FeedbackNote, ...]]:
    """The notes about a lead, oldest first."""
    books = leads.books()
    placed, _ = yield from leads.known(lead_id, books)
    keys = note_keys(lead_id, placed.notes)
    found = yield from books.records(keys)
    return tuple([loads(FeedbackNote, found[key].data, lead_id) for key in keys if key in found])
