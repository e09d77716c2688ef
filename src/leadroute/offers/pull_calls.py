"""The calls of a dispatcher with which reps ask for leads themselves, and see what they may."""

from __future__ import annotations

from typing import Protocol, TypeVar

from leadroute.model.lead import Lead
from leadroute.offers.placement import Placement
from leadroute.offers.pulling import AvailableLead, LinePosition, NextLead
from leadroute.offers.requests import Steps
from leadroute.offers.use_cases import UseCases

T = TypeVar("T")


class Runs(Protocol):
    """What a dispatcher has of its own."""

    @property
    def _cases(self) -> UseCases: ...
    def _run(self, steps: Steps[T]) -> T: ...


class PullCalls:
    """The calls with which reps ask for leads."""

    __slots__ = ()

    def next_for(self: Runs, rep_id: str) -> NextLead:
        """Offer a rep the best waiting lead that they may take.

        The waiting leads of all lines that the rep is in come by priority, then lead score, then by
        the ``backlog`` of the rule. Who may take them is decided as always. The lead is offered to
        the rep alone until the offer ends; two reps never get the same one. It takes no turn, and
        each call gives another lead. O(lines of the rep).

        Args:
            rep_id: The rep who asks.

        Raises:
            UnknownFieldError: The rep is not in the roster.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> print(dispatcher.next_for("ada"))
            no lead waits for 'ada'
        """
        return self._run(self._cases.next_for(rep_id))

    def available_leads(self: Runs, rep_id: str, *, limit: int = 20) -> tuple[AvailableLead, ...]:
        """Return the waiting leads that a rep may claim now, best first.

        They come in the order of ``next_for``. Nothing is changed.

        Args:
            rep_id: The rep.
            limit: How many leads at most, from 1 up; 20 by default.

        Raises:
            ConfigError: The limit is below 1.
            UnknownFieldError: The rep is not in the roster.
        """
        return self._run(self._cases.available_leads(rep_id, limit))

    def claim(self: Runs, lead_id: str, rep_id: str) -> Placement:
        """Offer a waiting lead to the rep who has chosen it.

        It is an offer as ``next_for`` makes it. A rep who has the lead already, or an offer of it, gets it as it is.

        Args:
            lead_id: The lead.
            rep_id: The rep.

        Raises:
            InvalidTransitionError: The rep may not take it, or it waits no more.
            LeadNotFoundError: The lead was never submitted.
            UnknownFieldError: The rep is not in the roster.
        """
        return self._run(self._cases.claim(lead_id, rep_id))

    def position(self: Runs, lead_id: str) -> LinePosition | None:
        """Return the place of a waiting lead in its line.

        It comes with an estimate of its wait, from the leads of the line that were served lately,
        once there were 20 of them. O(place).

        Args:
            lead_id: The lead.

        Returns:
            The place and the estimate, or ``None`` when the lead waits in no line.

        Raises:
            LeadNotFoundError: The lead was never submitted.
        """
        return self._run(self._cases.position(lead_id))

    def preview(self: Runs, lead_id: str, rep_id: str | None = None) -> Lead:
        """Return a lead as a rep may see it now.

        Its owner sees all of it. Anybody else sees the fields that the terms of its rule name as
        ``preview``; by default those that cannot be personal. Its score and grade are those of its
        submission.

        Args:
            lead_id: The lead.
            rep_id: The rep; ``None`` (default) is anybody who does not own the lead.

        Raises:
            LeadNotFoundError: The lead was never submitted, or it was forgotten.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), [Rep("ada")], MemoryStore())
            >>> _ = dispatcher.submit(Lead("L-1", country="DE", email="ann@example.com"))
            >>> seen = dispatcher.preview("L-1", "ada")
            >>> seen.country, seen.email
            ('DE', None)
            >>> _ = dispatcher.accept("L-1", "ada")
            >>> dispatcher.preview("L-1", "ada").email
            'ann@example.com'
        """
        return self._run(self._cases.preview(lead_id, rep_id))
