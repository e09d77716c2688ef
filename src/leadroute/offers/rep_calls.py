"""The calls of a dispatcher that are about one rep: pauses, the return to work, another chance."""

from __future__ import annotations

from datetime import datetime

from leadroute.model.rep import Pause
from leadroute.offers.placement import Placement
from leadroute.offers.pull_calls import Runs


class RepCalls:
    """The calls that are about one rep."""

    __slots__ = ()

    def another_chance(self: Runs, lead_id: str, rep_id: str) -> Placement:
        """Give a rep another chance at a lead.

        A lead that waits, or is with the catch-all, is decided again in the same change. It changes
        nothing where the rep may be asked already.

        Args:
            lead_id: The lead.
            rep_id: The rep, who declined, missed or lost an offer of it.

        Raises:
            InvalidTransitionError: The lead has an owner, or has ended.
            LeadNotFoundError: The lead was never submitted.
            UnknownFieldError: The rep is not in the roster.
        """
        return self._run(self._cases.another_chance(lead_id, rep_id))

    def pause(
        self: Runs,
        rep_id: str,
        *,
        until: datetime | None = None,
        why: str = "",
        cover: str | None = None,
    ) -> Pause:
        """Give a rep no offer from now on.

        Offers that are open stay open. It takes the place of a pause before, with an event in the log
        ``rep/<id>``; the same pause again changes nothing.

        Args:
            rep_id: The rep.
            until: The end, aware; by default the pause lasts until ``resume``.
            why: The cause: a word of your own list, up to 80 characters; not free text, because it
                goes into the log, which keeps no personal data.
            cover: The rep who gets what is meant for this one by name: as ``owner()``,
                ``named_account()`` and ``submit(to=)`` say it. Nobody by default.

        Raises:
            ConfigError: The end is over already, or a rep is their own cover.
            UnknownFieldError: A rep is not in the roster.
            ValidationError: ``why`` cannot be kept.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> team = [Rep("ada"), Rep("bob")]
            >>> dispatcher = Dispatcher(Router(rules=[Rule("all")]), team, MemoryStore())
            >>> print(dispatcher.pause("ada", why="training"))
            is paused: training
            >>> dispatcher.submit(Lead("L-1")).rep_id
            'bob'
        """
        return self._run(self._cases.pause(rep_id, until, why, cover))

    def resume(self: Runs, rep_id: str) -> tuple[Placement, ...]:
        """End the pause of a rep.

        The lines that the rep is in are served.

        Returns:
            The leads that moved.

        Raises:
            UnknownFieldError: The rep is not in the roster.
        """
        return self._run(self._cases.resume(rep_id))

    def back(self: Runs, rep_id: str) -> tuple[Placement, ...]:
        """Record that a rep logged in, is new or is on duty.

        The lines that the rep is in are served. It ends a cool-down and a pause that began by
        itself, and sets the missed offers to 0. A pause by hand goes on.

        Returns:
            The leads that moved.

        Raises:
            UnknownFieldError: The rep is not in the roster.
        """
        return self._run(self._cases.back(rep_id))
