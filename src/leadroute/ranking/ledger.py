"""Corrections to a rotation: turns given or withheld for a reason, until a date.

The rules of this module:

* An entry gives a rep turns (or takes them, below 0) with a reason, a cause and an expiry. The cause is the id of
  what led to it, usually a lead. Posting the same rep, reason and cause again changes nothing.
* An entry counts until it is spent or until it expires (at ``now >= expires`` it is over).
* The rep's next turn spends the entry that expires first: the entry pays for the turn, or adds to its price.
* A turn that was paid for by an entry is not made up for again. So a rep who returns every lead gets one make-up
  turn, not one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from fractions import Fraction
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.model.values import aware
from leadroute.ranking.turns import UNIT

__all__ = ["Entry", "Ledger", "Reason"]

Reason: TypeAlias = Literal["skip", "make_up", "absence", "joiner"]


def _expiry(instant: datetime) -> datetime:
    return aware(instant, "expires")


def _listed(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(entries)


@frozen
class Entry:
    """Turns given to a rep, or withheld.

    Attributes:
        rep_id: The rep.
        turns: How many turns; below 0 they are withheld.
        reason: ``make_up`` (a lead turned out void), ``skip`` (passed over, or let pass), ``absence`` or ``joiner``.
        cause: The id of what led to it, usually a lead.
        expires: When it is over, an aware datetime.
        spent_on: The lead whose turn it paid for; ``None`` while it is open.
    """

    rep_id: str
    turns: Fraction = field(converter=Fraction)
    reason: Reason
    cause: str
    expires: datetime = field(converter=_expiry)
    spent_on: str | None = None

    @property
    def units(self) -> int:
        """The turns in ``UNIT``."""
        return round(self.turns * UNIT)


@frozen
class Ledger:
    """All entries of one rotation, in the order in which they were posted.

    Example:
        >>> from datetime import UTC
        >>> april = datetime(2026, 4, 1, tzinfo=UTC)
        >>> may = datetime(2026, 5, 1, tzinfo=UTC)
        >>> ledger = Ledger().post(Entry("ada", 1, "make_up", "L-1", may))
        >>> ledger.open(april) == {"ada": UNIT}
        True
        >>> ledger, covered = ledger.spend("ada", "L-2", april)
        >>> covered == UNIT, ledger.open(april)
        (True, {})
        >>> ledger.post(
        ...     Entry("ada", 1, "make_up", "L-2", may)
        ... ) == ledger  # L-2 was a make-up turn itself
        True
    """

    entries: tuple[Entry, ...] = field(default=(), converter=_listed)

    def post(self, entry: Entry) -> Ledger:
        """The ledger with one entry more; the same ledger when it may not be posted again."""
        for known in self.entries:
            if known.rep_id != entry.rep_id:
                continue
            if (known.reason, known.cause) == (entry.reason, entry.cause):
                return self
            if entry.reason == "make_up" and known.spent_on == entry.cause and known.turns > 0:
                return self
        return Ledger((*self.entries, entry))

    def open(self, now: datetime) -> dict[str, int]:
        """The credit of each rep from entries that count at ``now``, in ``UNIT``: ``extra`` for :func:`order`."""
        now = aware(now)
        found: dict[str, int] = {}
        for entry in self.entries:
            if entry.spent_on is None and now < entry.expires:
                found[entry.rep_id] = found.get(entry.rep_id, 0) + entry.units
        return found

    def spend(self, rep_id: str, lead_id: str, now: datetime) -> tuple[Ledger, int]:
        """Let the rep's next entry pay for a turn.

        Args:
            rep_id: Who takes the turn.
            lead_id: The lead of this turn.
            now: Entries that have expired by then pay nothing.

        Returns:
            The ledger with the entry spent, and what it covers in ``UNIT`` (0 when there is none): ``covered`` for
            :func:`leadroute.ranking.turns.take`.
        """
        now = aware(now)
        usable = [
            entry
            for entry in self.entries
            if entry.rep_id == rep_id and entry.spent_on is None and now < entry.expires
        ]
        if not usable:
            return self, 0
        chosen = min(usable, key=lambda entry: entry.expires)
        spent = evolve(chosen, spent_on=lead_id)
        return Ledger(spent if entry is chosen else entry for entry in self.entries), chosen.units

    def expire(self, now: datetime) -> Ledger:
        """The ledger without the entries that are over, spent or not."""
        now = aware(now)
        return Ledger(entry for entry in self.entries if now < entry.expires)
