"""The ends of an offer in one table: who is told, what it leads to for the rep, and for the lead.

Only the rep's own silence counts against them, and any answer of theirs sets that to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, TypeAlias

from attrs import frozen

from leadroute.model.duration import later
from leadroute.model.keys import missed_key
from leadroute.model.rep import Pause
from leadroute.model.validation import FrozenDict
from leadroute.offers.counts import Books, Desk
from leadroute.offers.events import (
    Accepted,
    AnotherChance,
    Declined,
    LeadEvent,
    OfferWithdrawn,
    TimedOut,
)
from leadroute.offers.placement import Offer, Placement, PreviousOffer
from leadroute.offers.requests import Steps
from leadroute.offers.state_machine import ended_by
from leadroute.rules.terms import COOLING, cool_down_after, over

Told: TypeAlias = Literal["the rep", "the next rep", "the other reps with an offer"]
Missed: TypeAlias = Literal["one more", "none", "as before"]


@frozen
class Answer:
    """One end of an offer.

    Args:
        meaning: What has happened.
        told: Who is told of it by an event.
        missed: How many offers in a row the rep has missed after it.
        cools: Whether the rep may cool down: whether ``cool_down`` can name it. Nobody does by default.
        comes_back: Whether the lead may be offered to the rep again without further ado.
    """

    meaning: str
    told: tuple[Told, ...]
    missed: Missed
    cools: bool = False
    comes_back: bool = False


_NEXT: Final[tuple[Told, ...]] = ("the next rep",)
_REP: Final[tuple[Told, ...]] = ("the rep",)

ANSWERS: Final[Mapping[str, Answer]] = FrozenDict(
    {
        "accepted": Answer(
            "the rep took the lead", ("the other reps with an offer",), "none", comes_back=True
        ),
        "declined": Answer("the rep does not want the lead", _NEXT, "none", cools=True),
        "busy": Answer("the rep has no time now", _NEXT, "none", cools=True),
        "unreachable": Answer("the rep could not be reached", _NEXT, "none", cools=True),
        "timed_out": Answer("the rep said nothing", (*_REP, *_NEXT), "one more", cools=True),
        "withdrawn": Answer("the lead was taken back", _REP, "as before", comes_back=True),
        "lost_race": Answer("another rep was faster", _REP, "as before", comes_back=True),
    }
)
"""What each end of an offer leads to, by its name in ``Placement.previous_offers``."""

DECLINES: Final = ("declined", "busy", "unreachable")
"""The kinds of answers with which a rep declines."""


def is_asked_again(previous: PreviousOffer, now: datetime) -> bool:
    """Return whether a lead may be offered again to a rep who had an offer of it."""
    if previous.retry_at is not None:
        return previous.retry_at <= now
    return is_open(previous.outcome)


def is_open(outcome: str) -> bool:
    """Return whether a rep whose offer ended like this may be asked again at once."""
    known = ANSWERS.get(outcome)
    return outcome == AnotherChance.kind if known is None else known.comes_back


def follow(before: Placement, event: LeadEvent, desk: Desk, books: Books) -> Steps[None]:
    """Let the end of an offer have its effect on the rep: cool-down, missed offers, and a pause.

    Args:
        before: The lead, with the offer.
        event: What ended the offer; anything else has no effect.
        desk: The policy under which the offer was made.
        books: What the step has read, and what it writes.
    """
    if not isinstance(event, Accepted | Declined | TimedOut | OfferWithdrawn):
        return
    offer: Offer = before.offer_to(event.rep_id)  # type: ignore[assignment]  # it has ended just now
    name = "accepted" if isinstance(event, Accepted) else ended_by(event)
    pool, rep = desk.router.pool(offer.pool), desk.roster.get(offer.rep_id)
    own = None if pool is None else pool.cool_down
    cool = cool_down_after(over(own, desk.router.terms(before.rule).cool_down, COOLING), name)
    if cool:
        (yield from books.rep(event.rep_id)).cool(later(event.at, cool))
    most = None if rep is None else rep.pause_after_missed
    if most is None and pool is not None:
        most = pool.pause_after_missed
    if most is not None:
        yield from _count(event.rep_id, ANSWERS[name].missed, most, books)


def _count(rep_id: str, missed: Missed, most: int, books: Books) -> Steps[None]:
    """Count the offers that a rep has missed in a row; too many are a pause."""
    if missed == "as before":
        return
    name = missed_key(rep_id)
    seen = (yield from books.counts([name])).get(name, 0)
    if missed == "none" and not seen:
        return
    change = yield from books.rep(rep_id)
    if missed == "none":
        change.miss(seen, 0)
    elif change.after.at(books.now).pause is None:
        if seen + 1 < most:
            change.miss(seen, seen + 1)
        else:
            change.miss(seen, 0)
            change.pause(Pause(missed=seen + 1))
