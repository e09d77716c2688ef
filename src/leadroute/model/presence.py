"""Presence: what the host knows about a rep this minute, apart from any schedule.

The rules of this module:

* Presence is set by the host and never worked out. A rep can be called when the schedule is open *and* the presence
  says so.
* A rep who drops out for less than the grace has not left: connections flap. The grace covers ``offline`` only, since
  nobody is ``busy`` or ``away`` by accident.
* After a contact a rep is wrapping up. At exactly the end of the wrap-up they are free again.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final, Literal

from attrs import field, frozen

from leadroute.model.kinds import must_be, of_kind
from leadroute.model.values import Refused, aware, clean_fields, cleaned, instant

__all__ = ["STATUSES", "Pauses", "Presence", "Status", "wrapped_up"]

Status = Literal["available", "away", "busy", "offline"]
STATUSES: Final[tuple[Status, ...]] = ("available", "away", "busy", "offline")

_NO_TIME = timedelta(0)


def _status(given: Any) -> Status:
    for status in STATUSES:
        if given == status:
            return status
    raise Refused(f"is {given!r:.40}; write 'available', 'away', 'busy' or 'offline'")


@frozen
class Presence:
    """Whether a rep is at work this minute, and since when.

    Args:
        status: ``available``, ``away``, ``busy`` or ``offline``.
        since: When that began (aware).
        before: The status before it, which a grace lets stand for a while; ``offline`` when it is not known.

    Example:
        >>> from datetime import UTC
        >>> ten = datetime(2026, 1, 5, 10, tzinfo=UTC)
        >>> dropped = Presence("available", ten).becomes("offline", ten)
        >>> dropped.is_available(ten + timedelta(seconds=29), grace=timedelta(seconds=30))
        True
    """

    status: Status = field(metadata={"clean": _status})
    since: datetime = field(metadata={"clean": instant})
    before: Status = cleaned(_status, default="offline")

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def becomes(self, status: Status, at: datetime) -> Presence:
        """The presence after the host reports ``status`` at ``at``; the same report again changes nothing."""
        return self if status == self.status else Presence(status, at, self.status)

    def is_available(self, now: datetime, grace: timedelta = _NO_TIME) -> bool:
        """Whether the rep can take a lead at ``now``.

        Args:
            now: An aware datetime.
            grace: How long a rep who went from available to offline still counts as available; at exactly its end
                they no longer do.
        """
        if not isinstance(grace, timedelta):
            must_be(timedelta, grace=grace)
        if self.status == "offline" and self.before == "available":
            return aware(now) - self.since < grace
        return self.status == "available"


def wrapped_up(contact: datetime | None, now: datetime, wrap_up: timedelta) -> bool:
    """Whether the time after a contact is over at ``now``.

    Args:
        contact: When the rep's last contact ended; ``None`` when there was none.
        now: An aware datetime.
        wrap_up: How long the rep is left alone afterwards. At exactly its end the rep is free.

    Example:
        >>> from datetime import UTC
        >>> ended = datetime(2026, 1, 5, 10, tzinfo=UTC)
        >>> wrapped_up(ended, ended + timedelta(minutes=5), timedelta(minutes=5))
        True
    """
    if not isinstance(wrap_up, timedelta):
        must_be(timedelta, wrap_up=wrap_up)
    return contact is None or aware(now) - aware(contact, "contact") >= wrap_up


@frozen
class Pauses:
    """For how long what has just happened to a rep still counts.

    Args:
        grace: How long a rep who went from available to offline still counts as available.
        wrap_up: How long a rep is left alone after a contact.
    """

    grace: timedelta = field(default=_NO_TIME, validator=of_kind(timedelta))
    wrap_up: timedelta = field(default=_NO_TIME, validator=of_kind(timedelta))
