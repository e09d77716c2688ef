"""The methods of a dispatcher that read what its store holds, and keep the store in order."""

from __future__ import annotations

from datetime import datetime

from leadroute.model.snapshot import Snapshot, TrackRecords
from leadroute.offers.auditing import AuditResult
from leadroute.offers.decisions import Decision
from leadroute.offers.events import LeadEvent
from leadroute.offers.placement import Placement, Status
from leadroute.offers.pull_calls import Runs
from leadroute.offers.queries import WorkItem


class StoreReading:
    """What a dispatcher can be asked about its store. It decides nothing."""

    __slots__ = ()

    def placement(self: Runs, lead_id: str) -> Placement:
        """Return the placement of a lead as it is now.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.placement(lead_id))

    def decision(self: Runs, lead_id: str) -> Decision | None:
        """Return the last decision about a lead, as of its instant.

        It says who came first and why, and why not the others, whatever changed since.

        Returns:
            The decision; ``None`` when none is kept: nobody decided, it was trimmed, or
            ``decisions="none"``.

        Raises:
            LeadNotFoundError: The lead was never submitted.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> team = [Rep("ada"), Rep("bob", active=False)]
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), team, MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1"))
            >>> dispatcher.decision("L-1").pools[0].excluded["inactive"]
            ('bob',)
        """
        return self._run(self._cases.decision(lead_id))

    def audit(
        self: Runs,
        limit: int = 1000,
        after: AuditResult | None = None,
        *,
        repair: bool = False,
    ) -> AuditResult:
        """Compare what a store holds with itself, a page at a time.

        Placements are compared with their logs, places in lines and offers with placements,
        deadlines with the clock, and on the last page counters with what the leads hold. What moves
        meanwhile is looked at again. The counters of caps are compared only where nothing was
        logged since the first page. O(records), some requests for each lead.

        Args:
            limit: How many records to look at, from 1 up; 1,000 by default.
            after: The result of the page before; none by default.
            repair: Whether to mend what was found, each with an event; default ``False``.

        Returns:
            What was found on this page, and whether it is the last.

        Raises:
            ConfigError: The limit is below 1.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1"))
            >>> result = dispatcher.audit()
            >>> result.complete, result.discrepancies
            (True, ())
        """
        return self._run(self._cases.audit(limit, after, repair))

    def trim(self: Runs, before: datetime, limit: int = 1000) -> int:
        """Forget old events and decisions that are not needed anymore.

        Events stay as long as they wait in the outbox, and those of the last ten minutes in any
        case. Placements and counters stay.

        Args:
            before: What is older may go; aware.
            limit: How many events, and how many decisions, at most, from 1 up; 1,000 by default.

        Returns:
            How many things were forgotten; 0 when there is no more.

        Raises:
            ConfigError: The limit is below 1.
            FieldTypeError: ``before`` is naive.
        """
        return self._run(self._cases.trim(before, limit))

    def placements(
        self: Runs,
        *,
        rep_id: str | None = None,
        status: Status | str | None = None,
        rule: str | None = None,
        after: Placement | None = None,
        limit: int = 100,
    ) -> tuple[Placement, ...]:
        """Return a page of placements, what is due first in front.

        Args:
            rep_id: Only leads that are offered to this rep, or that the rep owns and works on.
            status: Only leads in this status.
            rule: Only leads that this rule matched last.
            after: The last placement of the page before; none by default.
            limit: How many at most, from 1 up; 100 by default.

        Returns:
            The placements that can be read; fewer than ``limit`` when there are no more.

        Raises:
            ConfigError: The limit is below 1.
            ValueError: There is no such status.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1"))
            >>> [placed.lead_id for placed in dispatcher.placements(rep_id="ada")]
            ['L-1']
        """
        return self._run(self._cases.placements(rep_id, status, rule, after, limit))

    def worklist(self: Runs, rep_id: str) -> tuple[WorkItem, ...]:
        """Return what a rep has to do.

        These are the live offers and the open leads of the rep, by priority, then by what is due
        first, then by age. O(open leads of the rep).

        Args:
            rep_id: The rep, who need not be in the roster any more.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1"))
            >>> dispatcher.worklist("ada")[0].action
            'answer'
        """
        return self._run(self._cases.worklist(rep_id))

    def history(self: Runs, lead_id: str) -> tuple[LeadEvent, ...]:
        """Return all events of a lead, in order.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.history(lead_id))

    def snapshot(self: Runs) -> Snapshot:
        """Return the counts that a decision reads now. O(reps)."""
        return self._run(self._cases.snapshot())

    def tracked(self: Runs) -> TrackRecords:
        """Return the outcomes that ``track_outcomes_by`` has counted.

        O(reps * weeks * segments): do not call it for every lead.
        """
        return self._run(self._cases.tracked())
