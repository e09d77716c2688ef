"""The calls of a dispatcher with which events are delivered to other systems."""

from __future__ import annotations

from datetime import datetime

from leadroute.offers.outbox import OutboxEvent
from leadroute.offers.pull_calls import Runs


class OutboxCalls:
    """The calls with which events are delivered."""

    __slots__ = ()

    def outbox(self: Runs, limit: int = 100) -> tuple[OutboxEvent, ...]:
        """Return the events that may be delivered now.

        With ``publish=True`` each event waits here until you acknowledge it. Of each lead the first
        event that waits is given, so the events of a lead are delivered in order; one that was
        deferred, or is dead, holds back its own lead alone. An event may come more than once.

        Args:
            limit: How many at most, from 1 up; 100 by default.

        Raises:
            ConfigError: The limit is below 1.

        Example:
            >>> from leadroute import Dispatcher, Lead, Rep, Router, Rule
            >>> from leadroute.stores import MemoryStore
            >>> router = Router(rules=[Rule("all")])
            >>> dispatcher = Dispatcher(router, [Rep("ada")], MemoryStore(), publish=True)
            >>> _ = dispatcher.submit(Lead("L-1"))
            >>> while waiting := dispatcher.outbox():
            ...     for each in waiting:
            ...         print(each.lead_id, each.event.kind)
            ...         dispatcher.ack(each)
            L-1 received
            L-1 offered
        """
        return self._run(self._cases.outbox(limit))

    def ack(self: Runs, event: OutboxEvent) -> None:
        """Record that an event was delivered; repeating it changes nothing."""
        return self._run(self._cases.ack(event))

    def defer(self: Runs, event: OutboxEvent, until: datetime, error: str = "") -> OutboxEvent:
        """Record that the delivery of an event failed.

        After ``max_attempts`` failures it becomes a dead letter, which waits for a person.

        Args:
            event: The event.
            until: When to try again, aware.
            error: What went wrong, without personal data; at most 1,000 characters are kept.

        Returns:
            The event with its attempts, and whether it is dead.

        Raises:
            FieldTypeError: ``until`` is naive, or something is of the wrong kind.
        """
        return self._run(self._cases.defer(event, until, error))

    def dead_letters(self: Runs, limit: int = 100) -> tuple[OutboxEvent, ...]:
        """Return the events whose delivery was given up.

        Args:
            limit: How many at most, from 1 up; 100 by default.

        Raises:
            ConfigError: The limit is below 1.
        """
        return self._run(self._cases.dead_letters(limit))

    def deliver_again(self: Runs, event: OutboxEvent) -> None:
        """Deliver a dead letter again, as if it had never failed.

        Raises:
            ConfigError: It is no dead letter.
        """
        return self._run(self._cases.deliver_again(event))
