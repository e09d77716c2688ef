"""A lead: one inquiry to place, with the fields that the field knows."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from copy import copy
from datetime import datetime
from itertools import repeat
from operator import attrgetter, call
from typing import Any, Final, Protocol

from attrs import evolve, field, fields, frozen

from leadroute.model.validation import (
    FrozenDict,
    Refused,
    clean_fields,
    cleaned,
    country,
    domain,
    email,
    ident,
    instant,
    language,
    number,
    open_attributes,
    postal_code,
    private_text,
    text,
    timezone,
    upper,
    whole,
)

__all__ = ["Lead", "Scored", "Signal", "priority_of", "with_score"]


@frozen
class Signal:
    """One thing that a lead did: a page visited, a mail opened, a form sent.

    Args:
        kind: What was done, such as ``pricing_page``.
        at: When, as an aware datetime.
        value: How much of it: seconds on the page, or 1 for a plain event. 0 or more.

    Raises:
        ValidationError: A field was refused; every fault is listed.

    Example:
        >>> from datetime import UTC, datetime
        >>> Signal("pricing_page", datetime(2026, 1, 5, 9, 0, tzinfo=UTC), 240).value
        240
    """

    kind: str = field(metadata={"clean": ident})
    at: datetime = field(metadata={"clean": instant})
    value: float = cleaned(number(0), default=1.0)

    def __attrs_post_init__(self) -> None:
        clean_fields(self)


def _signals(given: Any) -> tuple[Signal, ...]:
    if isinstance(given, Iterable) and not isinstance(given, str | Mapping):
        found = tuple(given)
        if all(isinstance(signal, Signal) for signal in found):
            return tuple(sorted(found, key=lambda signal: (signal.at, signal.kind, signal.value)))
    raise Refused("are not all signals; write [Signal(kind, at, value), ...]")


class Scored(Protocol):
    """The lead score that rules may ask about."""

    @property
    def score(self) -> float | None:
        """From 0 to 1; ``None`` when it is not known."""

    @property
    def grade(self) -> str | None:
        """The name of the grade; ``None`` when there is none."""

    @property
    def completeness(self) -> float | None:
        """The share of the facts that was known, 0 to 1."""

    @property
    def priority(self) -> int | None:
        """The priority of the grade; ``None`` when it has none."""


class _Scorable:
    """The lead score of a lead on its way through a decision: never a fact of the lead, never stored with it."""

    __slots__ = ("_lead_score",)

    @property
    def lead_score(self) -> Any:
        """The lead score; ``None`` before the lead was scored."""
        return getattr(self, "_lead_score", None)

    @property
    def score(self) -> float | None:
        """The score that ``lead.score`` reads in conditions; ``None`` when it is not known."""
        found = self.lead_score
        return None if found is None else found.score

    @property
    def grade(self) -> str | None:
        """The grade that ``lead.grade`` reads in conditions; ``None`` when there is none."""
        found = self.lead_score
        return None if found is None else found.grade

    @property
    def completeness(self) -> float | None:
        """The share of facts that ``lead.completeness`` reads in conditions; ``None`` before scoring."""
        found = self.lead_score
        return None if found is None else found.completeness


@frozen(kw_only=True, repr=False)
class Lead(_Scorable):
    """One inquiry to place.

    Every field but ``id`` may be left out: ``None`` means that it is not known. Values are normalised where they are
    compared: countries, regions and postal codes in upper case, e-mail and domain in lower case and ASCII (IDNA),
    languages as tags, instants in UTC. ``repr`` shows the id alone, because the rest is personal data.

    Args:
        id: The host's own id, 1 to 80 characters.
        received_at: When the lead came in, aware.
        name: The person's name.
        email: Their e-mail address.
        phone: Their phone number, as given.
        company: The company's name.
        domain: The company's internet domain.
        country: ISO 3166-1 alpha-2 code.
        region: ISO 3166-2 code, or the host's own region code.
        postal_code: Text, because of leading zeros.
        timezone: IANA time zone of the lead.
        language: Language tag such as ``en`` or ``pt-BR``.
        industry: The company's industry, in the host's own words.
        employees: The company's head count, 0 or more.
        annual_revenue: The company's revenue in the host's currency.
        budget: What the lead can spend, in the host's currency, 0 or more.
        product: What the lead asks about.
        source: Where the lead came from, such as ``webinar``.
        channel: How the lead arrived, such as ``phone`` or ``form``.
        role: The person's part in the decision, such as ``decision-maker``.
        deadline: When the lead wants to have decided, aware.
        current_solution: What the lead uses today.
        account_id: The account in the host's CRM.
        owner_id: The rep who owns the account or the contact already.
        priority: Higher goes first.
        signals: What the lead did, as ``Signal`` values; kept in the order of time.
        attributes: Anything else by name: text, numbers, flags, aware datetimes, sets of text.

    Raises:
        ValidationError: One or more fields were refused; every fault is listed.

    Example:
        >>> lead = Lead("L-1", country="de", email="Cto@Müller.example", budget=50_000)
        >>> lead.country, lead.email
        ('DE', 'cto@xn--mller-kva.example')
        >>> lead
        Lead('L-1')
    """

    id: str = field(kw_only=False, metadata={"clean": ident})
    received_at: datetime | None = cleaned(instant)
    name: str | None = cleaned(private_text)
    email: str | None = cleaned(email)
    phone: str | None = cleaned(private_text)
    company: str | None = cleaned(text)
    domain: str | None = cleaned(domain)
    country: str | None = cleaned(country)
    region: str | None = cleaned(upper)
    postal_code: str | None = cleaned(postal_code)
    timezone: str | None = cleaned(timezone)
    language: str | None = cleaned(language)
    industry: str | None = cleaned(text)
    employees: int | None = cleaned(whole(0))
    annual_revenue: float | None = cleaned(number())
    budget: float | None = cleaned(number(0))
    product: str | None = cleaned(text)
    source: str | None = cleaned(text)
    channel: str | None = cleaned(text)
    role: str | None = cleaned(text)
    deadline: datetime | None = cleaned(instant)
    current_solution: str | None = cleaned(text)
    account_id: str | None = cleaned(text)
    owner_id: str | None = cleaned(text)
    priority: int | None = cleaned(whole())
    signals: Sequence[Signal] = cleaned(_signals, default=())
    attributes: Mapping[str, str | float | bool | datetime | Set[str] | None] = cleaned(
        open_attributes, default=FrozenDict()
    )

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def __repr__(self) -> str:
        return f"Lead({self.id!r})"

    def with_changes(self, **changes: Any) -> Lead:
        """The same lead with some fields replaced.

        Example:
            >>> Lead("L-1").with_changes(country="us").country
            'US'
        """
        return evolve(self, **changes)


_FIELDS: Final = tuple(each.name for each in fields(Lead))
_facts_of: Final = attrgetter(*_FIELDS)
_SETTERS: Final = tuple(getattr(Lead, name).__set__ for name in _FIELDS)


def with_score(lead: Lead, score: Scored | None) -> Lead:
    """Return a copy of the lead that carries a lead score; equal to the lead, because facts alone count.

    Args:
        lead: The lead.
        score: The lead score; ``None`` for a lead that has none.
    """
    if (
        type(lead) is Lead
    ):  # what attrs and copy do would check every fact again, or take twice as long
        scored: Lead = object.__new__(Lead)
        deque(map(call, _SETTERS, repeat(scored), _facts_of(lead)), 0)
    else:
        scored = copy(lead)
    object.__setattr__(scored, "_lead_score", score)
    return scored


def priority_of(lead: Lead) -> int:
    """Return the priority of a lead: its own, else that of its grade, else 0."""
    if lead.priority is not None:
        return lead.priority
    found: Scored | None = lead.lead_score
    return 0 if found is None else found.priority or 0
