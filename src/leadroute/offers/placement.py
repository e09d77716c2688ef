"""A placement: what is known about one lead on its way to a rep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from attrs import field, fields_dict, frozen

from leadroute.model.guidance import guided_attributes, without_defaults
from leadroute.model.validation import FrozenDict, frozen_counts, one_line
from leadroute.offers.events import TurnTaken
from leadroute.ranking.ranking import Outcome


class Status(StrEnum):
    """The status of a lead. A lead has exactly one."""

    RECEIVED = "received"
    """Submitted, not yet decided; never stored like this."""

    DISQUALIFIED = "disqualified"
    """Did not pass qualification."""

    WAITING = "waiting"
    """No rep has it; it stands in a line, or is decided again at a certain time."""

    OFFERED = "offered"
    """A rep may take it until the offer ends."""

    ACCEPTED = "accepted"
    """A rep owns it and has not reached the lead yet."""

    CONTACTED = "contacted"
    """Its owner has reached the lead."""

    CLOSED = "closed"
    """Its owner has said how it ended."""

    CATCH_ALL = "catch_all"
    """The catch-all has it."""

    WITHDRAWN = "withdrawn"
    """It was ended by hand, without a result."""

    FORGOTTEN = "forgotten"
    """All that was known of it was erased; the same id submitted again is a new lead."""


_REASONS: Final[Mapping[str, str]] = FrozenDict(
    {
        **{each.value: each.reason for each in Outcome},
        "declined": "the rep declined it",
        "timed_out": "the offer timed out",
        "withdrawn": "it was withdrawn",
        "reopened": "it was reopened",
        "forgotten": "it was forgotten",
    }
)

FAILED: Final = "decision_failed"  # the reason code of a lead whose decision raised an error

KEPT_OFFERS: Final = 200
"""How many of the offers that ended stay in a placement, at least; twice as many at most."""


def _by_name(given: Mapping[str, Any]) -> FrozenDict[str, Any]:
    return given if type(given) is FrozenDict else FrozenDict(given)


@frozen
class Offer:
    """An offer of a lead to one rep.

    Args:
        token: What tells it from every other offer.
        rep_id: The rep.
        pool: The pool in which the rep was found.
        made_at: The time at which it was made.
        expires_at: The end of the offer; at this instant it is over.
        reservations: The units that it counts against, by counter key.
        release_on: The moment at which open work is given back, as ``Rule.release_on``.
        turn: Its effect on the credits of the pool; ``None`` when it is not a turn.
        order: Its number among all assignments.
        recorded: False for an offer of an older release, of which the store has no record by rep.
    """

    token: str
    rep_id: str
    pool: str
    made_at: datetime
    expires_at: datetime
    reservations: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    release_on: str = "outcome"
    turn: TurnTaken | None = None
    order: int = 0
    recorded: bool = field(default=True, eq=False)


@frozen
class PreviousOffer:
    """The outcome of the offers to one rep.

    Args:
        outcome: How the last one ended: ``declined``, ``timed_out`` or ``withdrawn``.
        at: When it ended. Not part of equality: of an offer that an older release made it is not known.
        times: How many offers of this lead the rep had.
    """

    outcome: str
    at: datetime = field(eq=False)
    times: int = 1


@guided_attributes
@frozen(repr=False)
class Placement:
    """The state of one lead on its way to a rep.

    Args:
        lead_id: The lead.
        status: The status.
        steps: The number of events so far, which is the number of the last one.
        received_at: The time at which the lead came in: as you gave it, else when it was submitted.
        priority: Its own, else that of its grade; waiting leads with a higher one come first.
        rule: The rule that matched last.
        pool: The pool of the current offer or owner.
        owner: The rep who owns the lead; ``None`` before a rep accepted it.
        catch_all: The name of the catch-all that has it.
        offers: The offers that are open now.
        clocks: The times at which something is to be done about the lead, by name: ``retry`` is the
            next decision, ``shift`` the end of open work with the shift of the owner.
        line: The line in which it waits; empty when it is in none.
        resumes_at: When it waits: the first time at which a rep is known to be there again.
        offered_at: The time of the current or last offer, or of the assignment by hand.
        accepted_at: The time at which its owner accepted it.
        contacted_at: The time of the first contact by its owner.
        closed_at: The time of the closing feedback.
        outcome: The last feedback; for a disqualified lead ``nurture``, ``reject`` or ``review``; for a
            lead that was withdrawn the reason that was given.
        value: Its value, in your currency.
        reason_code: The reason why it is disqualified, waits, or is with the catch-all: an
            ``Outcome``, ``declined``, ``timed_out`` or ``reopened``; ``withdrawn``; ``forgotten``;
            empty otherwise.
        previous_offers: What became of the last offers, by rep id.
        earlier_offers: How many reps had an offer before those; their ids are kept beside the placement.
        reservations: The units that it counts against once it has an owner, by counter key.
        release_on: The moment at which open work is given back, as ``Rule.release_on``.
        turn: The effect of its acceptance on the credits of the pool.
        factor: The name of the factor that disqualified it, or the condition when the policy has no factors.
        policy_version: The version of the policy that decided last.
        lead_score: The lead score as of the submission, 0 to 1; ``None`` when it was not known.
        lead_grade: The name of its grade; ``None`` when it has none.
        completeness: The share of the facts that was known then; ``None`` when the policy scored no leads.
        respond_by: The deadline of the first contact that its grade sets; ``None`` for no deadline.
        trigger: What set it off, in a word; empty when nobody said.
        won: Whether it ended as a win.
        error: The class of the exception when the last decision failed; empty otherwise. Its
            message is not kept, because it may hold personal data.
        failures: How many decisions in a row failed.
    """

    lead_id: str
    status: Status
    steps: int
    received_at: datetime
    priority: int = 0
    rule: str | None = None
    pool: str | None = None
    owner: str | None = None
    catch_all: str | None = None
    offers: tuple[Offer, ...] = ()
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=_by_name)
    line: str = ""
    resumes_at: datetime | None = None
    offered_at: datetime | None = None
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    value: float | None = None
    reason_code: str = ""
    previous_offers: Mapping[str, PreviousOffer] = field(default=FrozenDict(), converter=_by_name)
    earlier_offers: int = 0
    reservations: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    release_on: str = "outcome"
    turn: TurnTaken | None = None
    factor: str | None = None
    policy_version: str = ""
    lead_score: float | None = None
    lead_grade: str | None = None
    completeness: float | None = None
    respond_by: datetime | None = None
    trigger: str = ""
    won: bool = field()
    error: str = ""
    failures: int = 0

    __repr__ = without_defaults

    @won.default
    def _won_by_name(self) -> bool:
        return self.closed_at is not None and self.outcome == "won"

    @property
    def rep_id(self) -> str | None:
        """The owner, the rep of the first offer, or the catch-all."""
        return self.owner or (self.offers[0].rep_id if self.offers else self.catch_all)

    def due_clocks(self, now: datetime) -> list[str]:
        """Return the names of the clocks that are due, in turn.

        The end of an offer is ``offers``.
        """
        found = [*self.clocks.items(), *[("offers", offer.expires_at) for offer in self.offers]]
        in_turn = sorted([(at, name) for name, at in found if at <= now])
        return [*dict.fromkeys(name for _, name in in_turn)]

    @property
    def due(self) -> datetime | None:
        """The time of the next step.

        It is the end of an offer or of open work, or the next decision; ``None`` when the lead
        waits in a line, which has a clock of its own.
        """
        return min(
            (*self.clocks.values(), *[offer.expires_at for offer in self.offers]), default=None
        )

    def offer_to(self, rep_id: str) -> Offer | None:
        """The open offer to a rep; ``None`` when there is none."""
        return next((offer for offer in self.offers if offer.rep_id == rep_id), None)

    @property
    def reason(self) -> str:
        """The reason for the status in words.

        ``Dispatcher.decision`` has the reason of every rep.

        Example:
            >>> from datetime import UTC
            >>> at = datetime(2026, 1, 5, 9, tzinfo=UTC)
            >>> Placement("L-1", Status.WAITING, 2, at, reason_code="none_available").reason
            'nobody is available now'
        """
        if self.reason_code == Outcome.DISQUALIFIED and self.factor:
            return f"did not pass {self.factor!r}"
        if self.reason_code == FAILED:
            return f"the decision failed with {self.error}"
        if self.status is Status.WITHDRAWN and self.outcome:
            return f"it was withdrawn: {self.outcome}"
        if not self.reason_code:
            return self._of_rep()
        return _REASONS.get(self.reason_code, self.reason_code)

    def _of_rep(self) -> str:
        """Why a rep has it."""
        if self.offers:
            first = " and ".join([offer.rep_id for offer in self.offers])
            return f"{one_line(first)} came first under rule {self.rule!r}"
        owner = one_line(self.owner or "")
        if self.status is Status.CLOSED:
            return f"{owner} closed it as {self.outcome}"
        if self.status is Status.CONTACTED:
            return f"{owner} has reached the lead"
        return f"{owner} has had it since {self.accepted_at:%Y-%m-%d %H:%M:%S %Z}" if owner else ""

    def to_dict(self) -> dict[str, Any]:
        """Return the placement as plain data for JSON.

        Instants are ISO 8601 text. What the store counts the placement against is left out.

        Example:
            >>> from datetime import UTC
            >>> placement = Placement("L-1", Status.WAITING, 1, datetime(2026, 3, 2, tzinfo=UTC))
            >>> placement.to_dict()["status"]
            'waiting'
        """
        plain = {name: getattr(self, name) for name in (*_TOLD, "rep_id", "due")}
        offers = [{name: getattr(each, name) for name in _TOLD_OF_OFFER} for each in self.offers]
        previous = {rep_id: each.outcome for rep_id, each in self.previous_offers.items()}
        plain |= {"status": self.status.value, "offers": offers, "previous_offers": previous}
        for told in (plain, *offers):
            told.update(_in_text(told.items()))
        return plain

    def __str__(self) -> str:
        lead, rep = one_line(self.lead_id), one_line(self.rep_id or "")
        if self.status is Status.OFFERED:
            until = f"{self.offers[0].expires_at:%Y-%m-%d %H:%M:%S %Z}"
            more = len(self.offers) - 1
            others = f" and {more} more" if more else ""
            return f"lead {lead} is offered to {rep}{others} until {until}"
        if self.owner is not None and self.status is not Status.WITHDRAWN:
            ended = f" ({self.outcome})" if self.status is Status.CLOSED else ""
            return f"lead {lead} is {self.status} by {rep}{ended}"
        if self.status is Status.CATCH_ALL:
            return f"lead {lead} is with the catch-all {rep}: {self.reason}"
        return f"lead {lead} is {self.status}: {self.reason}"


_TOLD: Final = tuple(
    name
    for name in fields_dict(Placement)
    if name not in ("reservations", "turn", "clocks", "line", "earlier_offers", "release_on")
)
_TOLD_OF_OFFER: Final = ("token", "rep_id", "pool", "made_at", "expires_at")


def _in_text(given: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, value.isoformat()) for name, value in given if isinstance(value, datetime)]
