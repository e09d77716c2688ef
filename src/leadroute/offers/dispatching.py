"""What a sweep did, and what an erasure."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from leadroute.model.validation import one_line
from leadroute.offers.placement import Placement


@frozen
class FailedLead:
    """A lead whose decision failed, with what went wrong.

    Args:
        lead_id: The lead.
        error: The exception, of leadroute or of a scorer, predicate or calendar of yours.
        rule: The name of the rule that matched; ``None`` when it is not known.
    """

    lead_id: str
    error: Exception
    rule: str | None = None

    def __str__(self) -> str:
        rule = f"rule {self.rule!r}, " if self.rule else ""
        said = str(self.error) or type(self.error).__name__
        return said if said.startswith("rule ") else f"{rule}lead {self.lead_id!r}: {said}"


@frozen
class SweepResult:
    """The result of one sweep.

    Args:
        timed_out: Offers that had run out.
        offered: Leads that were offered to a rep.
        catch_all: Leads that went to the catch-all.
        next_wakeup: When the next sweep can have work; as ``Dispatcher.next_wakeup``.
        errors: Leads whose decision failed, such as after a mistake in a new policy, or whose
            documents cannot be read. They hold up no other lead. They wait, and are decided again
            after 30 seconds, then twice as long each time, up to an hour.
        placements: The leads that moved, as they stood then: which lead went to whom.
    """

    timed_out: int = 0
    offered: int = 0
    catch_all: int = 0
    next_wakeup: datetime | None = None
    errors: tuple[FailedLead, ...] = ()
    placements: tuple[Placement, ...] = field(default=(), repr=False)


@frozen
class ForgetResult:
    """The result of erasing a lead.

    Args:
        placement: The lead as it stands.
        complete: Whether nothing is left of it in the files of the store either. A reader of a SQLite
            file can hinder that, and so does a transaction of yours that is not over.
            It is never true on a server, which overwrites at a time of its own.
    """

    placement: Placement
    complete: bool = True

    def __str__(self) -> str:
        told = f"lead {one_line(self.placement.lead_id)} is forgotten"
        if self.complete:
            return told
        remedy = "forget it again once readers and your transaction are done"
        return f"{told}; older copies may be left in the files of the store: {remedy}"
