"""A placement: what is known about one lead on its way to a rep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from attrs import field, fields_dict, frozen

from leadroute.model.guidance import guided_attributes, without_defaults
from leadroute.model.validation import FrozenDict, frozen_counts, frozen_words, one_line
from leadroute.offers.events import TurnTaken
from leadroute.ranking.ranking import Outcome


class Status(StrEnum):
    """The status of a lead. A lead has exactly one."""

    RECEIVED = "received"
    """Submitted, not yet decided; never stored like this."""

    DISQUALIFIED = "disqualified"
    """Did not pass qualification."""

    WAITING = "waiting"
    """Nobody has it; it will be decided again."""

    OFFERED = "offered"
    """One rep may take it until the offer ends."""

    ACCEPTED = "accepted"
    """A rep owns it and has not reached the lead yet."""

    CONTACTED = "contacted"
    """Its owner has reached the lead."""

    CLOSED = "closed"
    """Its owner has said how it ended."""

    CATCH_ALL = "catch_all"
    """The catch-all has it."""


_REASONS: Final[Mapping[str, str]] = FrozenDict(
    {
        **{each.value: each.reason for each in Outcome},
        "declined": "the rep declined it",
        "timed_out": "the offer timed out",
    }
)

FAILED: Final = "decision_failed"  # the reason code of a lead whose decision raised an error


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
        rep_id: The rep of the offer, the owner, or the name of the catch-all.
        offered_at: The time of the current or last offer, or of the assignment by hand.
        due: The time of the next step: the end of the offer, of the wait, or of open work.
        accepted_at: The time at which its owner accepted it.
        contacted_at: The time of the first contact by its owner.
        closed_at: The time of the closing feedback.
        outcome: The last feedback; for a disqualified lead ``nurture``, ``reject`` or ``review``.
        value: Its value, in your currency.
        reason_code: The reason why it is disqualified, waits, or is with the catch-all: an
            ``Outcome``, ``declined`` or ``timed_out``; empty otherwise.
        previous_offers: The results of earlier offers, by rep id.
        reservations: The units that it counts against, by counter key.
        release_on: The moment at which open work is given back, as ``Rule.release_on``.
        turn: The effect of its offer on the credits of the pool.
        order: The number of its offer among all assignments, while the offer is open.
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
    rep_id: str | None = None
    offered_at: datetime | None = None
    due: datetime | None = None
    accepted_at: datetime | None = None
    contacted_at: datetime | None = None
    closed_at: datetime | None = None
    outcome: str | None = None
    value: float | None = None
    reason_code: str = ""
    previous_offers: Mapping[str, str] = field(default=FrozenDict(), converter=frozen_words)
    reservations: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    release_on: str = "outcome"
    turn: TurnTaken | None = None
    order: int = 0
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
    def owner(self) -> str | None:
        """The rep who owns the lead; ``None`` before a rep accepted it."""
        return self.rep_id if self.accepted_at is not None else None

    @property
    def reason(self) -> str:
        """The reason in words; empty when there is none.

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
        return _REASONS.get(self.reason_code, self.reason_code)

    def to_dict(self) -> dict[str, Any]:
        """Return the placement as plain data for JSON.

        Instants are ISO 8601 text.

        What the store counts the placement against is left out.

        Example:
            >>> from datetime import UTC
            >>> placement = Placement("L-1", Status.WAITING, 1, datetime(2026, 3, 2, tzinfo=UTC))
            >>> placement.to_dict()["status"]
            'waiting'
        """
        plain: dict[str, Any] = {
            name: getattr(self, name)
            for name in fields_dict(type(self))
            if name not in ("reservations", "turn", "order")
        }
        for name, value in plain.items():
            if isinstance(value, datetime):
                plain[name] = value.isoformat()
        return {**plain, "status": self.status.value, "previous_offers": dict(self.previous_offers)}

    def __str__(self) -> str:
        lead, rep = one_line(self.lead_id), one_line(self.rep_id or "")
        if self.status is Status.OFFERED:
            return f"lead {lead} is offered to {rep} until {self.due:%Y-%m-%d %H:%M:%S %Z}"
        if self.owner is not None:
            ended = f" ({self.outcome})" if self.status is Status.CLOSED else ""
            return f"lead {lead} is {self.status} by {rep}{ended}"
        if self.status is Status.CATCH_ALL:
            return f"lead {lead} is with the catch-all {rep}: {self.reason}"
        return f"lead {lead} is {self.status}: {self.reason}"
