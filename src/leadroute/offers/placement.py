"""A placement: what is known about one lead on its way to a rep."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from attrs import field, fields_dict, frozen

from leadroute.model.guidance import guided_attributes, without_defaults
from leadroute.model.validation import FrozenDict, frozen_counts, frozen_mapping, one_line
from leadroute.offers.turn_taken import TurnTaken
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
        "busy": "the rep was busy",
        "unreachable": "the rep could not be reached",
        "lost_race": "another rep was faster",
        "timed_out": "the offer timed out",
        "withdrawn": "it was withdrawn",
        "reopened": "it was reopened",
        "rerouted": "it is decided again",
        "forgotten": "it was forgotten",
        "to_pull": "it waits until a rep asks for it",
        "suggested": "it waits to be assigned by hand",
    }
)

TO_PULL: Final = "to_pull"  # the reason code of a lead that waits for a rep to ask for it
SUGGESTED: Final = "suggested"  # the reason code of a lead that waits for an assignment by hand
FAILED: Final = "decision_failed"  # the reason code of a lead whose decision raised an error

KEPT_OFFERS: Final = 200
"""How many of the offers that ended stay in a placement, at least; twice as many at most."""


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
        line: The line that the lead waited in before, if it did.
        claimed: Whether the rep asked for it.
        recorded: False for an offer of an older release, of which the store has no record by rep.
        renewed: True when its record took the place of one of an earlier offer, in the same change.
        remind_at: The time of the reminder before its end; ``None`` when there is none, or there was.
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
    line: str = ""
    claimed: bool = False
    recorded: bool = field(default=True, eq=False)
    renewed: bool = False
    remind_at: datetime | None = None

    @property
    def due(self) -> datetime:
        """The time of its reminder, and then of its end."""
        return self.expires_at if self.remind_at is None else self.remind_at


@frozen
class PreviousOffer:
    """The outcome of the offers to one rep.

    Args:
        outcome: How the last one ended: ``declined``, ``busy``, ``unreachable``, ``timed_out``,
            ``lost_race`` or ``withdrawn``; ``another_chance`` once the rep may be asked again;
            ``missed`` for an owner from whom it was taken because of a deadline.
        at: When it ended. Not part of equality: of an offer that an older release made it is not known.
        times: How many offers of this lead the rep had.
        retry_at: When the rep may be asked again; ``None`` is never in this round.
        round: The number of the round in which the last one was made.
    """

    outcome: str
    at: datetime = field(eq=False)
    times: int = 1
    retry_at: datetime | None = None
    round: int = 1


@guided_attributes
@frozen(repr=False)
class Placement:
    """The state of one lead on its way to a rep.

    Args:
        lead_id: The lead.
        status: The status.
        steps: The number of events so far, which is the number of the last one.
        received_at: The time at which the lead came in: as you gave it, else when it was submitted.
        priority: Its own, else that of its rule, else of its grade; waiting leads with a higher one come first.
        rule: The rule that matched last.
        step: The number of the step of that rule which was in force; 0 for the rule as it is written.
        pool: The pool of the current offer or owner.
        owner: The rep who owns the lead; ``None`` before a rep accepted it.
        catch_all: The name of the catch-all that has it.
        offers: The offers that are open now.
        clocks: The times at which something is to be done about the lead, by name: ``retry`` is the
            next decision, ``again`` the time at which a rep may be asked again, ``step`` the opening of
            the next step of the rule, ``gives_up`` the end of waiting, ``shift`` the end of open work
            with the shift of the owner, ``more`` the time at which one more rep is asked, ``respond``
            and ``close`` are deadlines with their warnings, and ``follow_up`` has the follow-ups.
        line: The line in which it waits; empty when it is in none.
        line_order: What orders it in its line among leads of equal priority and score; ``None`` is its age.
        resumes_at: When it waits: the first time at which a rep is known to be there again.
        offered_at: The time of the current or last offer, or of the assignment by hand.
        accepted_at: The time at which its owner accepted it.
        contacted_at: The time of the first contact.
        closed_at: The time of the closing feedback.
        outcome: The last feedback; for a disqualified lead ``nurture``, ``reject`` or ``review``; for a
            lead that was withdrawn the reason that was given.
        value: Its value, in your currency.
        reason_code: The reason why it is disqualified, waits, or is with the catch-all: an
            ``Outcome``, ``declined``, ``timed_out``, ``reopened`` or ``suggested``; ``withdrawn``;
            ``forgotten``; empty otherwise.
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
        respond_by: The deadline of the first contact; ``None`` for no deadline.
        close_by: The deadline of the closing feedback; ``None`` for no deadline.
        timed_from: The time from which these deadlines count; ``None`` when there are none.
        follow_up_at: The time since which its owner has owed feedback; ``None`` when they do not.
        trigger: What set it off, in a word; empty when nobody said.
        won: Whether it ended as a win.
        error: The class of the exception when the last decision failed; empty otherwise. Its
            message is not kept, because it may hold personal data.
        failures: How many decisions in a row failed.
        round: The number of the round in which the pool is asked, from 1.
        restarted_at: The time at which a rep was last looked for anew: when it was reopened, or taken
            from its owner; ``None`` when it never was.
        withdrawn_at: The time at which it was withdrawn; ``None`` when it is not.
        suggested: When it waits to be assigned by hand: the ids of the reps who may have it, best first,
            at most 50; ``Dispatcher.decision`` has the reasons.
        outcome_reason: The reason of the last feedback; empty for none.
        notes: How many notes are kept beside the lead.
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
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)
    line: str = ""
    line_order: int | None = None
    resumes_at: datetime | None = None
    offered_at: datetime | None = None
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    value: float | None = None
    reason_code: str = ""
    previous_offers: Mapping[str, PreviousOffer] = field(
        default=FrozenDict(), converter=frozen_mapping
    )
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
    round: int = 1
    restarted_at: datetime | None = None
    withdrawn_at: datetime | None = None
    step: int = 0
    suggested: tuple[str, ...] = ()
    close_by: datetime | None = None
    timed_from: datetime | None = None
    follow_up_at: datetime | None = None
    outcome_reason: str = ""
    notes: int = 0

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

        The end of an offer is ``offers``, and the reminder before it ``remind``.
        """
        found = [*self.clocks.items(), *[("offers", offer.expires_at) for offer in self.offers]]
        found += [("remind", each.remind_at) for each in self.offers if each.remind_at is not None]
        in_turn = sorted([(at, name) for name, at in found if at <= now])
        return [*dict.fromkeys(name for _, name in in_turn)]

    @property
    def due(self) -> datetime | None:
        """The time of the next step.

        It is the end of an offer, a reminder before it, the end of open work, or the next decision;
        ``None`` when the lead waits in a line, which has a clock of its own.
        """
        return min((*self.clocks.values(), *[offer.due for offer in self.offers]), default=None)

    def next_return(self, now: datetime) -> datetime | None:
        """Return the next time at which a rep may be asked again.

        ``None`` when no rep is known who will be.
        """
        found = [each.retry_at for each in self.previous_offers.values()]
        return min([at for at in found if at is not None and at > now], default=None)

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
        return _REASONS.get(self.reason_code, self.reason_code) + self._of_round()

    def _of_round(self) -> str:
        """The number of the round, from the second on, as the end of a reason."""
        counts = self.round > 1 and self.status in (Status.WAITING, Status.OFFERED)
        return f" (round {self.round})" if counts else ""

    def _of_rep(self) -> str:
        """Why a rep has it."""
        if self.offers:
            first = " and ".join([offer.rep_id for offer in self.offers])
            step = f", step {self.step}" if self.step else ""
            by = f"came first under rule {self.rule!r}{step}{self._of_round()}"
            return f"{one_line(first)} {by}"
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
        plain["suggested"] = [*self.suggested]
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
    if name
    not in (
        "reservations",
        "turn",
        "clocks",
        "line",
        "line_order",
        "earlier_offers",
        "release_on",
        "timed_from",
        "notes",
    )
)
_TOLD_OF_OFFER: Final = ("token", "rep_id", "pool", "made_at", "expires_at")


def _in_text(given: Iterable[tuple[str, Any]]) -> list[tuple[str, str]]:
    return [(name, value.isoformat()) for name, value in given if isinstance(value, datetime)]
