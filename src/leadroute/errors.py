"""All errors of leadroute, under one base class.

* An error takes its facts as positional arguments, keeps each as an attribute and hands all of them
  to ``Exception``, so that it survives pickling (a process pool sends it home whole).
* ``str()`` says what happened, where, and what to write instead.
* No message carries a lead's personal data, a credential or a connection string.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from attrs import define, field, frozen

__all__ = [
    "ArgumentError",
    "ConfigError",
    "ConflictError",
    "ExpressionError",
    "FieldError",
    "FieldTypeError",
    "InvalidTransitionError",
    "LeadNotFoundError",
    "LeadrouteError",
    "MissingAttributeError",
    "MissingExtraError",
    "NewerFormatError",
    "NotOfferedError",
    "OfferExpiredError",
    "PolicyError",
    "RowError",
    "TransactionRequiredError",
    "TransientError",
    "TruthError",
    "UnknownFieldError",
    "UnknownOutcomeError",
    "ValidationError",
    "nearest",
]


class LeadrouteError(Exception):
    """The base of every error raised by leadroute."""


@frozen(repr=False)
class FieldError:
    """One thing wrong with one field of a value or a row.

    Args:
        field: The field's name.
        problem: The problem and the remedy, without personal data.

    Example:
        >>> str(
        ...     FieldError(
        ...         "employees", "is -3; write 0 or more, or leave it out when it is not known"
        ...     )
        ... )
        'employees is -3; write 0 or more, or leave it out when it is not known'
    """

    field: str
    problem: str

    def __str__(self) -> str:
        return f"{self.field} {self.problem}"

    def __repr__(self) -> str:
        return f"FieldError({self.field!r}, {self.problem!r})"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, or ``None``.

    Example:
        >>> nearest("contry", ["country", "company"])
        'country'
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None


_LISTED = 12  # how many known names a message lists; the rest is counted


def some_of(names: Sequence[str]) -> str:
    """The first of some names; the others are counted."""
    more = len(names) - _LISTED
    return ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")


class ConfigError(LeadrouteError, ValueError):
    """A policy, rule, scorer or option cannot work as it is written.

    Raised while building or loading, never while routing.

    Args:
        problem: The problem and the remedy.
        place: The place, such as ``policy.toml:14: rule[2].when``; empty when there is no file.

    Example:
        >>> str(ConfigError("is 0s; write one such as 5m", "policy.toml:6: rule[0].accept_within"))
        'policy.toml:6: rule[0].accept_within: is 0s; write one such as 5m'
    """

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem, place)
        self.problem = problem
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.place else self.problem

    def at(self, place: str) -> ConfigError:
        """Return the error one level further out.

        ``place`` goes before the place that is known already.

        Example:
            >>> str(ConfigError("is empty", "when").at("rule[2]"))
            'rule[2].when: is empty'
        """
        return type(self)(self.problem, _within(place, self.place))


class UnknownFieldError(ConfigError):
    """A name is not known; the message suggests the nearest one.

    Args:
        entity: The kind of thing that has such names: ``lead``, ``rep``, ``pool`` or ``scorer``.
        name: The unknown name.
        known: The names that would have been right.
        place: The place; empty when there is no file.

    Example:
        >>> str(UnknownFieldError("lead", "contry", ("country", "company")))
        "lead has no field 'contry'; did you mean 'country'?"
    """

    def __init__(self, entity: str, name: str, known: Iterable[str] = (), place: str = "") -> None:
        known = tuple(known)
        LeadrouteError.__init__(self, entity, name, known, place)
        self.entity = entity
        self.name = name
        self.known = known
        self.suggestion = nearest(name, known)
        self.place = place

    @property
    def problem(self) -> str:  # type: ignore[override]
        """The unknown name, and the remedy."""
        of_people = self.entity in ("lead", "rep")
        text = (
            f"{self.entity} has no field {self.name!r}"
            if of_people
            else f"there is no {self.entity} named {self.name!r}"
        )
        if self.suggestion is not None:
            return f"{text}; did you mean {self.suggestion!r}?"
        if of_people:
            text += f"; an attribute of your own is {self.entity}[{self.name!r}]"
        if self.known:
            return f"{text}; known: {some_of(self.known)}"
        return text

    def at(self, place: str) -> UnknownFieldError:
        """The same error one level further out."""
        return UnknownFieldError(self.entity, self.name, self.known, _within(place, self.place))


class ExpressionError(ConfigError):
    r"""The text of a condition or score is not valid.

    Args:
        problem: The problem and the remedy.
        line: The line in the text, counted from 1.
        column: The character in that line, counted from 1.
        excerpt: The part of the line around it, with a caret below.
        place: The place of the text; empty when there is no file.

    Example:
        >>> print(ExpressionError("write == to compare", 1, 9, "  lead.id = 'x'\n          ^"))
        line 1, column 9: write == to compare
          lead.id = 'x'
                  ^
    """

    def __init__(self, problem: str, line: int, column: int, excerpt: str, place: str = "") -> None:
        LeadrouteError.__init__(self, problem, line, column, excerpt, place)
        self.problem = problem
        self.line = line
        self.column = column
        self.excerpt = excerpt
        self.place = place

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}line {self.line}, column {self.column}: {self.problem}\n{self.excerpt}"

    def at(self, place: str) -> ExpressionError:
        """The same error one level further out."""
        place = _within(place, self.place)
        return ExpressionError(self.problem, self.line, self.column, self.excerpt, place)


class PolicyError(ConfigError):
    """A policy file has errors, each on a line of its own.

    Args:
        errors: The errors, each with file, line, table and key.
        place: Where the file stands, when it is part of something larger.

    Example:
        >>> print(
        ...     PolicyError(
        ...         [
        ...             ConfigError("write text in quotes", "policy.toml:5: rule[0].when"),
        ...             UnknownFieldError("pool", "emae", ["emea"], "policy.toml:9: rule[1].pool"),
        ...         ]
        ...     )
        ... )
        policy.toml:5: rule[0].when: write text in quotes
        policy.toml:9: rule[1].pool: there is no pool named 'emae'; did you mean 'emea'?
    """

    def __init__(self, errors: Iterable[ConfigError], place: str = "") -> None:
        errors = tuple(errors)
        LeadrouteError.__init__(self, errors, place)
        self.errors = errors
        self.place = place

    @property
    def problem(self) -> str:  # type: ignore[override]
        """The errors, one after the other."""
        return "\n".join(map(str, self.errors))

    def __str__(self) -> str:
        return "\n".join(
            str(error.at(self.place) if self.place else error) for error in self.errors
        )

    def at(self, place: str) -> PolicyError:
        """The same errors one level further out."""
        return PolicyError(self.errors, _within(place, self.place))


class ArgumentError(LeadrouteError, TypeError):
    """A call has a misspelled, missing or surplus argument.

    Args:
        callee: The type that was called.
        problem: The problem and the remedy.

    Example:
        >>> print(ArgumentError("Lead", "has no argument 'revenue'; write annual_revenue=..."))
        Lead has no argument 'revenue'; write annual_revenue=...
    """

    def __init__(self, callee: str, problem: str) -> None:
        super().__init__(callee, problem)
        self.callee = callee
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.callee} {self.problem}"


class MissingAttributeError(LeadrouteError, AttributeError):
    """A value has no attribute of this name.

    Args:
        kind: The type of the value.
        attribute: The name that was asked for.
        remedy: The right one; ``None`` when none is near.

    Example:
        >>> print(MissingAttributeError("Ranking", "winner", "best.rep_id"))
        Ranking has no 'winner'; write best.rep_id
    """

    def __init__(self, kind: str, attribute: str, remedy: str | None = None) -> None:
        super().__init__(kind, attribute, remedy)
        self.kind = kind
        self.attribute = attribute
        self.remedy = remedy

    def __str__(self) -> str:
        write = "" if self.remedy is None else f"; write {self.remedy}"
        return f"{self.kind} has no {self.attribute!r}{write}"


class TruthError(ConfigError, TypeError):
    """A condition was used as true or false without a lead.

    Example:
        >>> str(TruthError("write (a) & (b) instead of (a) and (b)"))
        'write (a) & (b) instead of (a) and (b)'
    """


def _tuple(given: Iterable[FieldError]) -> tuple[FieldError, ...]:
    return tuple(given)


def _within(outer: str, inner: str) -> str:
    if not inner:
        return outer
    named = inner.startswith(("line ", "territory '"))
    return f"{outer}: {inner}" if named else f"{outer}.{inner}"


@define(slots=False, repr=False)
class ValidationError(LeadrouteError, ValueError):
    """A value was refused; every fault in it is listed.

    Args:
        kind: The type that refused, such as ``Lead`` or ``Rep``.
        ident: The id of the value, or an empty text when the id itself is the trouble.
        faults: Every fault found.

    Example:
        >>> str(ValidationError("Rep", "ada", (FieldError("capacity", "is -1; write 0 or more"),)))
        "Rep 'ada': capacity is -1; write 0 or more"
    """

    kind: str
    ident: str
    faults: tuple[FieldError, ...] = field(converter=_tuple)

    def __str__(self) -> str:
        who = f"{self.kind} {self.ident!r}" if self.ident else self.kind
        return f"{who}: {'; '.join(map(str, self.faults))}"


@define(slots=False, repr=False)
class RowError(LeadrouteError, ValueError):
    """A row of a file is not a valid lead or rep.

    Args:
        source: The file's name, or ``<stdin>``.
        line: The line the row starts on, counted from 1.
        faults: Every fault in the row.

    Example:
        >>> str(RowError("leads.csv", 7, (FieldError("budget", "is not a number"),)))
        'leads.csv:7: budget is not a number'
    """

    source: str
    line: int
    faults: tuple[FieldError, ...] = field(converter=_tuple)

    def __str__(self) -> str:
        return f"{self.source}:{self.line}: {'; '.join(map(str, self.faults))}"


@define(slots=False, repr=False)
class FieldTypeError(LeadrouteError, TypeError):
    """A fact has the wrong type for the condition or call.

    Args:
        field: The field or argument, such as ``lead['score']`` or ``now``.
        found: The value that was found, described without personal data.
        expected: The kind of value that is expected.
        rule: The rule being judged, when there is one.
        lead_id: The lead being judged, when there is one.

    Example:
        >>> str(FieldTypeError("lead['seats']", "text 'ten'", "a number", "enterprise", "L-1"))
        "rule 'enterprise', lead 'L-1': lead['seats'] is text 'ten'; it must be a number"
    """

    field: str
    found: str
    expected: str
    rule: str = ""
    lead_id: str = ""

    def __str__(self) -> str:
        parts = [f"rule {self.rule!r}"] if self.rule else []
        parts += [f"lead {self.lead_id!r}"] if self.lead_id else []
        where = f"{', '.join(parts)}: " if parts else ""
        return f"{where}{self.field} is {self.found}; it must be {self.expected}"


def say_where(error: Exception, rule: str, lead_id: str) -> None:
    """Add rule and lead to an error on its way: to the message of a ``FieldTypeError``, else as a note.

    A rule and a lead that are known already stay.

    Example:
        >>> error = ZeroDivisionError("division by zero")
        >>> say_where(error, "enterprise", "L-1")
        >>> error.__notes__
        ["rule 'enterprise', lead 'L-1'"]
    """
    if isinstance(error, FieldTypeError):
        error.rule, error.lead_id = error.rule or rule, error.lead_id or lead_id
        error.args = (error.field, error.found, error.expected, error.rule, error.lead_id)
    else:
        error.add_note(f"rule {rule!r}, lead {lead_id!r}")


@define(slots=False, repr=False)
class ConflictError(LeadrouteError):
    """A guard of a change failed, and nothing happened. Decide again.

    Args:
        kind: ``duplicate`` (the once-key exists), ``version`` (the record has moved on), ``limit`` (the counter
            would leave its bounds) or ``gone`` (the outbox entry is no longer pending).
        key: The key of the guard that failed.
        current: The version or count found there; for a duplicate, the value kept under the key.

    Example:
        >>> print(ConflictError("limit", "rep/open/ada", 20))
        'rep/open/ada' would leave its bounds (now 20); nothing was written: read again and decide again
    """

    kind: str
    key: str
    current: int | str | None = None

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


@define(slots=False, repr=False)
class NewerFormatError(LeadrouteError):
    """A stored document was written by a newer release of leadroute.

    Args:
        kind: The type of the document, such as ``Placement``.
        lead_id: The lead that it belongs to; empty when it belongs to none.
        found: The format of the document.
        known: The newest format that this release reads.

    Example:
        >>> print(NewerFormatError("Lead", "L-1", 3, 1))
        Lead of lead 'L-1' is stored in format 3; this release reads up to format 1: update leadroute
    """

    kind: str
    lead_id: str
    found: int
    known: int

    def __str__(self) -> str:
        whose = f" of lead {self.lead_id!r}" if self.lead_id else ""
        return (
            f"{self.kind}{whose} is stored in format {self.found}; this release reads up to "
            f"format {self.known}: update leadroute"
        )


@define(slots=False, repr=False)
class TransientError(LeadrouteError):
    """The store was busy and nothing happened; try the change again.

    Args:
        reason: The reason that the store gave, without a connection string.

    Example:
        >>> print(TransientError("database is locked"))
        the store was busy (database is locked); nothing was written: send the same change again
    """

    reason: str

    def __str__(self) -> str:
        return (
            f"the store was busy ({self.reason}); nothing was written: send the same change again"
        )


@define(slots=False, repr=False)
class UnknownOutcomeError(LeadrouteError):
    """The store gave no answer, so a commit happened or not.

    ``store.events(change=...)`` finds the events of a change that happened.

    Args:
        reason: What the driver said.

    Example:
        >>> print(UnknownOutcomeError("disk I/O error"))
        the store gave no answer to a commit (disk I/O error): look for the id of the change in the log
    """

    reason: str

    def __str__(self) -> str:
        return (
            f"the store gave no answer to a commit ({self.reason}): "
            "look for the id of the change in the log"
        )


@define(slots=False, repr=False)
class TransactionRequiredError(LeadrouteError):
    """A store on your connection was used outside a transaction.

    Args:
        store: The name of the store's type.
        remedy: The remedy.

    Example:
        >>> print(TransactionRequiredError("SqliteTransaction", "execute BEGIN IMMEDIATE first"))
        SqliteTransaction is bound to a connection that is not in a transaction; execute BEGIN IMMEDIATE first
    """

    store: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.store} is bound to a connection that is not in a transaction; {self.remedy}"


@define(slots=False, repr=False)
class LeadNotFoundError(LeadrouteError, LookupError):
    """No placement is known for this lead.

    Args:
        lead_id: The id that was asked for.
    """

    lead_id: str

    def __str__(self) -> str:
        return f"no placement for lead {self.lead_id!r}; submit the lead first"


@define(slots=False, repr=False)
class InvalidTransitionError(LeadrouteError):
    """The lead is in a state in which this cannot be done.

    Args:
        lead_id: The lead.
        move: The move that was tried, such as ``accept``.
        rep_id: The rep who tried it; empty when no rep was named.
        state: The present state as a part of a sentence: who has the lead, and since when.

    Example:
        >>> print(InvalidTransitionError("L-1", "release", "", "it is waiting"))
        cannot release lead 'L-1': it is waiting
    """

    lead_id: str
    move: str
    rep_id: str
    state: str

    def __str__(self) -> str:
        who = f"{self.rep_id!r} cannot {self.move}" if self.rep_id else f"cannot {self.move}"
        return f"{who} lead {self.lead_id!r}: {self.state}"


class NotOfferedError(InvalidTransitionError):
    """The lead is not offered to this rep.

    Example:
        >>> print(NotOfferedError("L-1", "accept", "ada", "it is offered to 'bob'"))
        'ada' cannot accept lead 'L-1': it is offered to 'bob'
    """


class OfferExpiredError(InvalidTransitionError):
    """The rep's offer has ended: the answer came too late.

    Example:
        >>> ended = "the offer ended at 2026-01-05 09:05:00 UTC"
        >>> print(OfferExpiredError("L-1", "accept", "ada", ended))
        'ada' cannot accept lead 'L-1': the offer ended at 2026-01-05 09:05:00 UTC
    """


@define(slots=False, repr=False)
class MissingExtraError(LeadrouteError, ImportError):
    """Something needs a package that is not installed.

    Args:
        feature: The feature that needs it.
        extra: The extra that brings it.

    Example:
        >>> str(MissingExtraError("reading iCalendar files", "icalendar"))
        "reading iCalendar files needs an extra: pip install 'leadroute[icalendar]'"
    """

    feature: str
    extra: str

    def __str__(self) -> str:
        return f"{self.feature} needs an extra: pip install 'leadroute[{self.extra}]'"
