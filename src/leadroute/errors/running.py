"""Errors of use: a value that is refused, a fact that does not fit, a store that says no, a move that is too late."""

from __future__ import annotations

from collections.abc import Iterable

from leadroute.errors.base import Fault, LeadrouteError

__all__ = [
    "Conflict",
    "FactTypeError",
    "InvalidValue",
    "LeadNotFound",
    "MissingExtra",
    "NoTransaction",
    "OfferClosed",
    "RowError",
    "Transient",
]


class InvalidValue(LeadrouteError, ValueError):
    """A value was refused on construction; every fault in it is listed, not only the first.

    Args:
        kind: The type that refused, such as ``Lead`` or ``Rep``.
        ident: The id of the value, or an empty text when the id itself is the trouble.
        faults: Every fault found.

    Example:
        >>> str(InvalidValue("Rep", "ada", (Fault("capacity", "is -1; write 0 or more"),)))
        "Rep 'ada': capacity is -1; write 0 or more"
    """

    def __init__(self, kind: str, ident: str, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        super().__init__(kind, ident, faults)
        self.kind = kind
        self.ident = ident
        self.faults = faults

    def __str__(self) -> str:
        who = f"{self.kind} {self.ident!r}" if self.ident else self.kind
        return f"{who}: {'; '.join(map(str, self.faults))}"


class RowError(LeadrouteError, ValueError):
    """A row of a file could not become a lead or a rep.

    Args:
        source: The file's name, or ``<stdin>``.
        line: The line the row starts on, counted from 1.
        faults: Every fault in the row.

    Example:
        >>> str(RowError("leads.csv", 7, (Fault("budget", "is not a number"),)))
        'leads.csv:7: budget is not a number'
    """

    def __init__(self, source: str, line: int, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        super().__init__(source, line, faults)
        self.source = source
        self.line = line
        self.faults = faults

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {'; '.join(map(str, self.faults))}"


class FactTypeError(LeadrouteError, TypeError):
    """A fact has a type that the condition or the call cannot use.

    Args:
        field: The field or argument, such as ``lead['score']`` or ``now``.
        found: What was found, described without personal data.
        expected: What would have been right.
        rule: The rule being judged, when there is one.
        lead_id: The lead being judged, when there is one.

    Example:
        >>> str(FactTypeError("lead['seats']", "text 'ten'", "a number", "enterprise", "L-1"))
        "rule 'enterprise', lead 'L-1': lead['seats'] is text 'ten'; it must be a number"
    """

    def __init__(
        self, field: str, found: str, expected: str, rule: str = "", lead_id: str = ""
    ) -> None:
        super().__init__(field, found, expected, rule, lead_id)
        self.field = field
        self.found = found
        self.expected = expected
        self.rule = rule
        self.lead_id = lead_id

    def __str__(self) -> str:
        parts = [f"rule {self.rule!r}"] if self.rule else []
        parts += [f"lead {self.lead_id!r}"] if self.lead_id else []
        where = f"{', '.join(parts)}: " if parts else ""
        return f"{where}{self.field} is {self.found}; it must be {self.expected}"

    def during(self, rule: str = "", lead_id: str = "") -> FactTypeError:
        """The same error with the rule and the lead named, keeping those already known."""
        return FactTypeError(
            self.field, self.found, self.expected, self.rule or rule, self.lead_id or lead_id
        )


class Conflict(LeadrouteError):
    """A guard of a change failed and nothing happened. Read again, decide again.

    Args:
        kind: ``duplicate`` (the once-key exists), ``version`` (the record has moved on), ``limit`` (the counter
            would leave its bounds) or ``gone`` (the outbox entry is no longer pending).
        key: The key of the guard that failed.
        current: The version or count found there; for a duplicate, the value kept under the key.

    Example:
        >>> print(Conflict("limit", "rep/open/ada", 20))
        'rep/open/ada' would leave its bounds (now 20); nothing was written: read again and decide again
    """

    def __init__(self, kind: str, key: str, current: int | str | None = None) -> None:
        super().__init__(kind, key, current)
        self.kind = kind
        self.key = key
        self.current = current

    def __str__(self) -> str:
        said = _CONFLICTS.get(self.kind, self.kind)
        now = "" if self.current is None else f" (now {self.current!r})"
        return f"{self.key!r} {said}{now}; nothing was written: read again and decide again"


_CONFLICTS = {
    "duplicate": "has been done before",
    "version": "has changed since it was read",
    "limit": "would leave its bounds",
    "gone": "is no longer pending",
}


class Transient(LeadrouteError):
    """The store was busy; nothing happened, and the same change may be sent again.

    Args:
        reason: What the store said, without a connection string.

    Example:
        >>> print(Transient("database is locked"))
        the store was busy (database is locked); nothing was written: send the same change again
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"the store was busy ({self.reason}); nothing was written: send the same change again"
        )


class NoTransaction(LeadrouteError):
    """A store bound to the host's connection was used outside a transaction.

    Args:
        store: The name of the store's type.
        remedy: What to write before using it.

    Example:
        >>> print(NoTransaction("SqliteTransaction", "execute BEGIN IMMEDIATE first"))
        SqliteTransaction is bound to a connection that is not in a transaction; execute BEGIN IMMEDIATE first
    """

    def __init__(self, store: str, remedy: str) -> None:
        super().__init__(store, remedy)
        self.store = store
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.store} is bound to a connection that is not in a transaction; {self.remedy}"


class LeadNotFound(LeadrouteError, LookupError):
    """No placement is known for this lead.

    Args:
        lead_id: The id that was asked for.
    """

    def __init__(self, lead_id: str) -> None:
        super().__init__(lead_id)
        self.lead_id = lead_id

    def __str__(self) -> str:
        return f"no placement for lead {self.lead_id!r}; submit the lead first"


class OfferClosed(LeadrouteError):
    """The move is not possible, because the offer or the placement has moved on.

    Args:
        lead_id: The lead.
        move: What was tried, such as ``accept``.
        rep_id: Who tried it; empty when no rep was named.
        state: What is so instead, as a sentence part: who has the lead and since when.

    Example:
        >>> print(OfferClosed("L-1", "accept", "ada", "it is offered to 'bob'"))
        'ada' cannot accept lead 'L-1': it is offered to 'bob'
    """

    def __init__(self, lead_id: str, move: str, rep_id: str, state: str) -> None:
        super().__init__(lead_id, move, rep_id, state)
        self.lead_id = lead_id
        self.move = move
        self.rep_id = rep_id
        self.state = state

    def __str__(self) -> str:
        who = f"{self.rep_id!r} cannot {self.move}" if self.rep_id else f"cannot {self.move}"
        return f"{who} lead {self.lead_id!r}: {self.state}"


class MissingExtra(LeadrouteError, ImportError):
    """Something needs a package that is not installed.

    Args:
        feature: What needs it.
        extra: The extra that brings it.

    Example:
        >>> str(MissingExtra("reading iCalendar files", "icalendar"))
        "reading iCalendar files needs an extra: pip install 'leadroute[icalendar]'"
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(feature, extra)
        self.feature = feature
        self.extra = extra

    def __str__(self) -> str:
        return f"{self.feature} needs an extra: pip install 'leadroute[{self.extra}]'"
