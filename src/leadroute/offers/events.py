"""What can happen to a lead, as frozen values: the log from which a placement can be rebuilt.

* An event holds ids, names of the policy, numbers and instants. It never holds a lead's personal data or free text.
* ``kind`` is the short tag under which an event is stored. A tag is never reused for something else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, TypeAlias

from attrs import field, frozen

from leadroute.model.validation import FrozenDict, frozen_counts, frozen_mapping
from leadroute.offers.turn_taken import TurnTaken


@frozen
class Received:
    """The lead was submitted.

    Args:
        at: The time.
        received_at: The time at which the lead came in, if you gave it.
        priority: The lead's own priority, else that of its rule, else of its grade; waiting leads
            with a higher one go first.
        policy_version: The version of the policy at that time.
        lead_score: The lead score, 0 to 1; ``None`` when it is not known.
        lead_grade: The name of the grade; ``None`` when there is none.
        completeness: The share of the facts that was known; ``None`` when the policy scores no leads.
        respond_by: The deadline of the first contact that the grade sets; ``None`` for no deadline.
        trigger: The cause, as a word of your own list; not free text.
    """

    kind: ClassVar[str] = "received"
    at: datetime
    received_at: datetime | None = None
    priority: int = 0
    policy_version: str = ""
    lead_score: float | None = None
    lead_grade: str | None = None
    completeness: float | None = None
    respond_by: datetime | None = None
    trigger: str = ""


@frozen
class Disqualified:
    """The lead did not pass qualification.

    Args:
        at: The time.
        factor: The name of the first factor that it did not meet, or the condition where the policy names none.
        outcome: The outcome of the factor: ``nurture``, ``reject`` or ``review``.
        policy_version: The version of the policy that decided.
    """

    kind: ClassVar[str] = "disqualified"
    at: datetime
    factor: str | None = None
    outcome: str | None = None
    policy_version: str = ""


@frozen
class Offered:
    """The lead was offered to a rep.

    Args:
        at: The time.
        rep_id: To whom.
        rule: The rule that matched.
        pool: The pool in which the rep was found, and whose turn it takes.
        expires_at: The end of the offer; at this instant it is over.
        score: The score that put the rep first.
        reservations: The units that the offer counts against, by counter key; given back when it is
            declined or expires.
        propensity: The probability with which this rep came first; below 1 only where the score
            leaves something to chance.
        fairness_cost: The score that was given up for fairness.
        limits: The most that these counters could stand at, as it was at that instant; those
            without a limit are left out. Of a rep who is left alone after a contact, the latest
            that the last contact may have been.
        release_on: The moment at which open work is given back, as ``Rule.release_on``.
        turn: The effect on the credits of the pool; ``None`` when the lead is not a turn.
        order: Its number among all assignments: microseconds since 1970 (UTC), or one more than the largest so far.
        policy_version: The version of the policy that decided.
        ignore_availability: True when availability was ignored, because no rep was available.
        token: What tells this offer from every other one.
        round: The number of the round in which the pool is asked, from 1.
        reason_code: The reason why another pool is asked at the end of all waiting:
            ``total_time_over``, ``too_old`` or ``line_full``; empty otherwise.
        line: The line that the lead waited in, if it did.
        claimed: Whether the rep asked for it.
        step: The number of the step of the rule that was in force; 0 for the rule as it is written.
        priority: The priority of the lead from now on; ``None`` leaves it as it was.
        more_at: The time at which one more rep is asked beside; ``None`` for none.
        remind_at: The time of the reminder before the end; ``None`` for none.
        renewed: Whether an offer to the same rep ended in the same change.
        clocks: The times at which something is to be done about the lead, by name.
    """

    kind: ClassVar[str] = "offered"
    at: datetime
    rep_id: str
    rule: str
    pool: str
    expires_at: datetime
    score: float
    reservations: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    propensity: float = 1.0
    fairness_cost: float = 0.0
    limits: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    release_on: str = "outcome"
    turn: TurnTaken | None = None
    order: int = 0
    policy_version: str = ""
    ignore_availability: bool = False
    token: str = ""
    line: str = ""
    claimed: bool = False
    step: int = 0
    priority: int | None = None
    more_at: datetime | None = None
    remind_at: datetime | None = None
    round: int = 1
    reason_code: str = ""
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)
    renewed: bool = False


@frozen
class Waiting:
    """No rep was found for the lead, and it waits.

    Args:
        at: The time.
        reason_code: The outcome of the decision, as its code.
        rule: The rule that matched; ``None`` when none did.
        until: The time of the next decision, where the clock alone brings it; ``None`` in a line.
        policy_version: The version of the policy that decided.
        error: The class of the exception when the decision failed; empty otherwise.
        line: The line in which it waits; empty for none.
        resumes_at: The first time at which a rep is known to be there again; ``None`` when that is not known.
        round: The number of the round in which the pool is asked, from 1.
        gives_up_at: The time at which it waits no longer; ``None`` when it waits without end.
        line_order: What orders it among leads of equal priority and score, the least first; ``None`` is its age.
        step: The number of the step of the rule that is in force; 0 for the rule as it is written.
        next_step: The time at which the next step opens; ``None`` when there is none.
        priority: The priority of the lead from now on; ``None`` leaves it as it was.
        suggested: The ids of the reps who may have it, best first, when it waits to be assigned by hand.
        clocks: The times at which something is to be done about the lead, by name.
    """

    kind: ClassVar[str] = "waiting"
    at: datetime
    reason_code: str
    rule: str | None
    until: datetime | None = None
    policy_version: str = ""
    error: str = ""
    line: str = ""
    resumes_at: datetime | None = None
    round: int = 1
    gives_up_at: datetime | None = None
    line_order: int | None = None
    step: int = 0
    next_step: datetime | None = None
    priority: int | None = None
    suggested: tuple[str, ...] = ()
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)


@frozen
class CatchAll:
    """No rep is left for the lead; the catch-all has it.

    Args:
        at: The time.
        reason_code: The outcome of the decision, as its code.
        place: The name of the catch-all.
        policy_version: The version of the policy that decided.
        error: The class of the exception when the decision failed; empty otherwise.
        clocks: The times at which something is to be done about the lead, by name.
        rule: The rule that sets these; ``None`` when there are none.
    """

    kind: ClassVar[str] = "catch_all"
    at: datetime
    reason_code: str
    place: str
    policy_version: str = ""
    error: str = ""
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)
    rule: str | None = None


@frozen
class Accepted:
    """The rep took the lead and owns it now.

    Args:
        at: The time.
        rep_id: The rep.
        until: The time at which open work is given back, when the clock decides that.
        clocks: The times at which something is to be done about the lead, by name.
    """

    kind: ClassVar[str] = "accepted"
    at: datetime
    rep_id: str
    until: datetime | None = None
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)


@frozen
class Assigned:
    """The lead was assigned to a rep by hand.

    The rep owns it now, and the owner before does not.

    Args:
        at: The time.
        rep_id: To whom.
        by: The person who did it, by an id or role of yours.
        rule: The rule that is for this lead; ``None`` when none is.
        reservations: The units that it counts against, by counter key, without a limit.
        over: The counters that it takes past their limits, as far as was known.
        release_on: The moment at which open work is given back, as ``Rule.release_on``.
        until: The time of that moment, when the clock decides it.
        order: Its number among all assignments, as for an offer.
        taken_from: The reps who had it, or an offer of it, until then.
        clocks: The times at which something is to be done about the lead, by name.
    """

    kind: ClassVar[str] = "assigned"
    at: datetime
    rep_id: str
    by: str
    rule: str | None = None
    reservations: Mapping[str, int] = field(default=FrozenDict(), converter=frozen_counts)
    over: tuple[str, ...] = ()
    release_on: str = "outcome"
    until: datetime | None = None
    order: int = 0
    taken_from: tuple[str, ...] = ()
    clocks: Mapping[str, datetime] = field(default=FrozenDict(), converter=frozen_mapping)


@frozen
class Released:
    """The lead stopped counting as open work, and its owner keeps it."""

    kind: ClassVar[str] = "released"
    at: datetime
    rep_id: str


@frozen
class Declined:
    """The rep refused the lead.

    Args:
        at: The time.
        rep_id: The rep.
        reason: A word of your own list of reasons; no free text, because the log keeps no personal data.
        answer: How: ``declined``, ``busy`` or ``unreachable``.
        retry_at: When the lead may be offered to the rep again; ``None`` is never.
    """

    kind: ClassVar[str] = "declined"
    at: datetime
    rep_id: str
    reason: str = ""
    answer: str = "declined"
    retry_at: datetime | None = None


@frozen
class TimedOut:
    """The acceptance window closed without an answer.

    Args:
        at: The time.
        rep_id: The rep.
        until: The end of the pause before the next offer; ``None`` when the lead is decided at once.
    """

    kind: ClassVar[str] = "timed_out"
    at: datetime
    rep_id: str
    until: datetime | None = None


@frozen
class Reminded:
    """The offer to a rep ends soon, and they have not answered."""

    kind: ClassVar[str] = "reminded"
    at: datetime
    rep_id: str


@frozen
class NobodyAdded:
    """No further rep was found for a lead that is offered.

    The offers that are open go on.

    Args:
        at: The time.
        until: The time of the next look for one; ``None`` for none.
    """

    kind: ClassVar[str] = "nobody_added"
    at: datetime
    until: datetime | None = None


@frozen
class OfferWithdrawn:
    """An offer ended because another rep was faster.

    Args:
        at: The time.
        rep_id: The rep.
        reason: The cause, in a word: ``accepted`` when another rep took the lead.
    """

    kind: ClassVar[str] = "offer_withdrawn"
    at: datetime
    rep_id: str
    reason: str = ""


@frozen
class Withdrawn:
    """The lead was ended by hand, without a result.

    Args:
        at: The time.
        reason: The cause, as a word of your own list; not free text.
        taken_from: The reps who had it, or an offer of it, until then.
    """

    kind: ClassVar[str] = "withdrawn"
    at: datetime
    reason: str = ""
    taken_from: tuple[str, ...] = ()


@frozen
class Reopened:
    """A lead that had ended, or that nobody had, is decided again.

    Args:
        at: The time.
        received_at: Its new place in a line, where it does not keep the old one.
    """

    kind: ClassVar[str] = "reopened"
    at: datetime
    received_at: datetime | None = None


@frozen
class AnotherChance:
    """A rep who did not take the lead may be asked again.

    Args:
        at: The time.
        rep_id: The rep.
    """

    kind: ClassVar[str] = "another_chance"
    at: datetime
    rep_id: str


@frozen
class Paused:
    """A rep gets no offer from now on.

    It stands in the log of the rep, ``rep/<id>``, as the next two do.

    Args:
        at: The time.
        rep_id: The rep.
        until: The end; ``None`` lasts until somebody ends it.
        why: The cause, in a word of your own list.
        cover: The rep who gets what is meant for this one by name.
        missed: After how many missed offers in a row it began by itself; 0 for a pause by hand.
    """

    kind: ClassVar[str] = "rep_paused"
    at: datetime
    rep_id: str
    until: datetime | None = None
    why: str = ""
    cover: str | None = None
    missed: int = 0


@frozen
class Resumed:
    """A pause was ended by hand."""

    kind: ClassVar[str] = "rep_resumed"
    at: datetime
    rep_id: str


@frozen
class Back:
    """A rep came to work: logged in, new, or on duty."""

    kind: ClassVar[str] = "rep_back"
    at: datetime
    rep_id: str


@frozen
class Rerouted:
    """A lead that was offered or owned is decided again.

    Args:
        at: The time.
        reason: ``deadline`` when it was taken from an owner who missed one; empty when you asked for it.
        taken_from: The reps who had it, or an offer of it, until then.
    """

    kind: ClassVar[str] = "rerouted"
    at: datetime
    reason: str = ""
    taken_from: tuple[str, ...] = ()


@frozen
class DeadlineWarned:
    """A deadline of the lead is near.

    Args:
        at: The time.
        deadline: ``respond`` for the first contact, ``close`` for the feedback that closes it.
        number: The number of the warning, from 1 up.
        due: The deadline.
        rep_id: The owner; ``None`` when nobody has it.
    """

    kind: ClassVar[str] = "deadline_warned"
    at: datetime
    deadline: str
    number: int
    due: datetime
    rep_id: str | None = None


@frozen
class DeadlineMissed:
    """A deadline of the lead was missed.

    Args:
        at: The time.
        deadline: ``respond`` for the first contact, ``close`` for the feedback that closes it.
        due: The deadline.
        rep_id: The owner; ``None`` when nobody has it.
        tell: The persons to be told: the owner to be reminded, and whom it is escalated to.
    """

    kind: ClassVar[str] = "deadline_missed"
    at: datetime
    deadline: str
    due: datetime
    rep_id: str | None = None
    tell: tuple[str, ...] = ()


@frozen
class FollowUpDue:
    """The owner is asked how it went; no feedback came.

    Args:
        at: The time.
        rep_id: The owner.
        number: The number of the follow-up, from 1 up.
        due: The time at which it was due.
    """

    kind: ClassVar[str] = "follow_up_due"
    at: datetime
    rep_id: str
    number: int
    due: datetime


@frozen
class PolicyChanged:
    """Another version of the policy judges the lead from now on.

    Args:
        at: The time.
        before: The version that judged it so far.
        policy_version: The version that judges it now.
    """

    kind: ClassVar[str] = "policy_changed"
    at: datetime
    before: str
    policy_version: str


@frozen
class Repaired:
    """Something in the store did not fit the lead, and was mended.

    Args:
        at: The time.
        discrepancies: What was wrong: the kinds of ``Discrepancy``.
    """

    kind: ClassVar[str] = "repaired"
    at: datetime
    discrepancies: tuple[str, ...] = ()


@frozen
class Forgotten:
    """All that was known of the lead was erased.

    Args:
        at: The time.
        taken_from: The reps who had it, or an offer of it, until then.
    """

    kind: ClassVar[str] = "forgotten"
    at: datetime
    taken_from: tuple[str, ...] = ()


@frozen
class Updated:
    """More became known of the lead.

    Args:
        at: The time.
        priority: Its priority now.
        lead_score: The lead score now, 0 to 1; ``None`` when it is not known.
        lead_grade: The name of the grade now; ``None`` when there is none.
        completeness: The share of the facts that is known now; ``None`` when the policy scores no leads.
    """

    kind: ClassVar[str] = "updated"
    at: datetime
    priority: int = 0
    lead_score: float | None = None
    lead_grade: str | None = None
    completeness: float | None = None


@frozen
class Contacted:
    """A rep reached the lead.

    Args:
        at: The time.
        rep_id: The rep, who need not be the owner.
        channel: The way, such as ``phone``: a word of your own list.
    """

    kind: ClassVar[str] = "contacted"
    at: datetime
    rep_id: str
    channel: str = ""


@frozen
class FeedbackGiven:
    """The owner reported the result of the lead.

    Args:
        at: The time.
        rep_id: The rep.
        status: The result, in a word of your own.
        closing: True when it ends the work on the lead.
        value: Its value, in your currency.
        won: Whether it counts as a win; by default what closes as ``won``, which is how it was
            before there were dispositions.
        reason: The cause, as a word of your own list.
        by: The person who gave it, by an id or role of yours; empty for the owner.
        note: The number of the note that is kept beside the lead; 0 for none.
    """

    kind: ClassVar[str] = "feedback"
    at: datetime
    rep_id: str
    status: str
    closing: bool
    value: float | None = None
    won: bool = field()
    reason: str = ""
    by: str = ""
    note: int = 0

    @won.default
    def _won_by_name(self) -> bool:
        return self.closing and self.status == "won"


LeadEvent: TypeAlias = (
    Received
    | Disqualified
    | Offered
    | Waiting
    | CatchAll
    | Accepted
    | Assigned
    | Declined
    | TimedOut
    | Reminded
    | NobodyAdded
    | OfferWithdrawn
    | Withdrawn
    | Reopened
    | Rerouted
    | DeadlineWarned
    | DeadlineMissed
    | FollowUpDue
    | AnotherChance
    | Paused
    | Resumed
    | Back
    | PolicyChanged
    | Repaired
    | Forgotten
    | Updated
    | Contacted
    | Released
    | FeedbackGiven
)
"""Any event in the life of a lead, or in the log of a rep."""

KINDS: Mapping[str, type[LeadEvent]] = FrozenDict(
    {
        each.kind: each
        for each in (
            Received,
            Disqualified,
            Offered,
            Waiting,
            CatchAll,
            Accepted,
            Assigned,
            Declined,
            TimedOut,
            Reminded,
            NobodyAdded,
            OfferWithdrawn,
            Withdrawn,
            Reopened,
            Rerouted,
            DeadlineWarned,
            DeadlineMissed,
            FollowUpDue,
            AnotherChance,
            Paused,
            Resumed,
            Back,
            PolicyChanged,
            Repaired,
            Forgotten,
            Updated,
            Contacted,
            Released,
            FeedbackGiven,
        )
    }
)
"""Every event by its tag."""
