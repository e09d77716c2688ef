"""A lead: one inquiry to place, with the fields that the field knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import datetime
from typing import Any, ClassVar, Literal, Protocol, Unpack

from attrs import evolve, field, frozen

from leadroute.errors import FieldTypeError, ValidationError
from leadroute.model.columns import ColumnMap, as_columns, mapping_of
from leadroute.model.geography import country, language, postal_code, region
from leadroute.model.given import domain, email, phone
from leadroute.model.guidance import guided
from leadroute.model.row_reader import ReadOptions, RowOptions, laid_out
from leadroute.model.signal import Signal
from leadroute.model.signal import signals as clean_signals
from leadroute.model.validation import (
    Attributes,
    FrozenDict,
    as_attributes,
    as_instant,
    as_number,
    as_postal_code,
    as_whole,
    clean_fields,
    cleaned,
    ident,
    instant,
    number,
    open_attributes,
    private_text,
    text,
    timezone,
    whole,
)

__all__ = ["Lead", "Scored", "Signal", "priority_of", "with_score"]


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
    """The lead score of a lead within a decision: no fact of the lead, never stored with it."""

    _lead_score: ClassVar[Any] = None

    @property
    def lead_score(self) -> Any:
        """The lead score; ``None`` before the lead was scored."""
        return self._lead_score

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
        """The share of facts that ``lead.completeness`` reads; ``None`` before scoring."""
        found = self.lead_score
        return None if found is None else found.completeness


@guided
@frozen(kw_only=True, repr=False, slots=False)  # without slots it is made in less time
class Lead(_Scorable):
    """One inquiry to place.

    Every field except ``id`` is optional: ``None``, NaN and blank text mean that it is not known.
    Values are converted into the form in which they are compared: countries and regions as codes,
    postal codes as their country writes them, e-mail and domain in lower case and ASCII (IDNA),
    languages as tags, instants in UTC, text in normal form C. ``repr`` shows the id alone, because
    the rest is personal data.

    Args:
        id: Your own id, 1 to 80 characters.
        received_at: The time at which the lead came in, aware.
        name: The person's name.
        email: Their e-mail address.
        phone: Their phone number, as given.
        company: The company's name.
        domain: The company's internet domain, or the address of its website.
        country: Code or name: ``US``, ``USA``, ``United States``; kept as the ISO 3166-1 alpha-2 code.
        region: State or province by code or name, read within the country: ``CA``, ``California``; kept as the ISO
            3166-2 code for AU, BR, CA, IN, MX and US, as given in upper case elsewhere.
        postal_code: Text; lost leading zeros are restored where all codes of the country have one length.
        timezone: IANA time zone of the lead.
        language: Tag or name: ``pt-BR``, ``Portuguese (Brazil)``; kept as the tag.
        industry: The company's industry, in your own words.
        employees: The company's head count, 0 or more.
        annual_revenue: The company's revenue in your currency.
        budget: The amount that the lead can spend, in your currency, 0 or more.
        product: The product that the lead asks about.
        source: The source of the lead, such as ``webinar``.
        channel: The channel of the lead, such as ``phone`` or ``form``.
        role: The person's part in the decision, such as ``decision-maker``.
        deadline: The time by which the lead wants to decide, aware.
        current_solution: The solution that the lead uses today.
        account_id: The account in your CRM.
        owner_id: The rep who owns the account or the contact already.
        priority: Higher goes first.
        signals: ``Signal`` values; kept in the order of time.
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
    received_at: datetime | None = field(
        default=None, converter=as_instant, metadata={"clean": instant}
    )
    name: str | None = cleaned(private_text)
    email: str | None = cleaned(email)
    phone: str | None = cleaned(phone)
    company: str | None = cleaned(text)
    domain: str | None = cleaned(domain)
    country: str | None = cleaned(country)
    region: str | None = cleaned(region, within="country")
    postal_code: str | None = field(
        default=None, converter=as_postal_code, metadata={"clean": postal_code, "within": "country"}
    )
    timezone: str | None = cleaned(timezone)
    language: str | None = cleaned(language)
    industry: str | None = cleaned(text)
    employees: int | None = field(default=None, converter=as_whole, metadata={"clean": whole(0)})
    annual_revenue: float | None = field(
        default=None, converter=as_number, metadata={"clean": number()}
    )
    budget: float | None = field(default=None, converter=as_number, metadata={"clean": number(0)})
    product: str | None = cleaned(text)
    source: str | None = cleaned(text)
    channel: str | None = cleaned(text)
    role: str | None = cleaned(text)
    deadline: datetime | None = field(
        default=None, converter=as_instant, metadata={"clean": instant}
    )
    current_solution: str | None = cleaned(text)
    account_id: str | None = cleaned(text)
    owner_id: str | None = cleaned(text)
    priority: int | None = field(default=None, converter=as_whole, metadata={"clean": whole()})
    signals: Sequence[Signal] = cleaned(clean_signals, default=())
    attributes: Attributes = field(
        default=FrozenDict(), converter=as_attributes, metadata={"clean": open_attributes}
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

    @classmethod
    def from_mapping(
        cls,
        row: Mapping[str, Any],
        *,
        columns: ColumnMap | Mapping[str, str] | str | None = None,
        custom: Mapping[str, str] | None = None,
        country: str | None = None,
        timezone: str | None = None,
        dates: Literal["dmy", "mdy", "ymd"] | None = None,
        decimal: Literal[".", ","] | None = None,
        extra: Literal["attributes", "ignore", "refuse"] = "attributes",
    ) -> Lead:
        """Return the lead of one row.

        A row is a mapping, such as one of ``csv.DictReader`` or of a JSON answer.

        Args:
            row: Values by the names of their columns.
            columns: What the columns fill, where their names do not say it: ``SALESFORCE`` or another ``ColumnMap``,
                the name of a preset, or fields by headers such as ``{"Lead ID": "id"}``.
            custom: The kinds of custom attributes by name.
            country: The country, where the row names none.
            timezone: The IANA zone of instants without an offset.
            dates: The order in dates such as 3/4/2026.
            decimal: The sign before a fraction.
            extra: What becomes of columns that fill nothing.

        Raises:
            ValidationError: Something of the row was refused; every fault is listed.
            FieldTypeError: The row is not a mapping.
            ConfigError: An argument cannot be right.

        Example:
            >>> row = {"Lead ID": "00Q1", "First Name": "Ann", "Last Name": "Lee", "Zip": "94105"}
            >>> lead = Lead.from_mapping(row)
            >>> lead.name, lead.postal_code
            ('Ann Lee', '94105')
        """
        options = ReadOptions(
            columns=columns,
            custom=FrozenDict(custom or {}),
            country=country,
            timezone=timezone,
            dates=dates,
            decimal=decimal,
            extra=extra,
        )
        if not isinstance(row, Mapping):
            expected = "a mapping such as {'id': 'L-1'}; Lead.from_object reads an object"
            raise FieldTypeError("row", f"of type {type(row).__name__}", expected)
        reader, cells = laid_out(cls, row, options)
        found, faults = reader.read(cells)
        if found is None or reader.faults:
            raise ValidationError("Lead", "", (*reader.faults, *faults))
        return found

    @classmethod
    def from_object(cls, given: object, **options: Unpack[RowOptions]) -> Lead:
        """Return the lead that an object holds.

        It can be a row of an ORM, a dataclass or a pydantic model.

        Args:
            given: The object. Its fields are what a row has as columns; properties are read where
                ``columns`` names them.
            options: As for ``from_mapping``, but ``extra`` is ``ignore`` when not given: such
                objects hold much that is not about the lead.

        Raises:
            ValidationError: Something of the object was refused; every fault is listed.
            FieldTypeError: The object has no fields.

        Example:
            >>> from types import SimpleNamespace
            >>> contact = SimpleNamespace(pk=7, email_address="ann@example.com", orders=[])
            >>> Lead.from_object(contact, columns={"pk": "id"}).email
            'ann@example.com'
        """
        row = mapping_of(given)
        named = as_columns(options.get("columns")).columns
        row |= {name: getattr(given, name) for name in named if hasattr(given, name)}
        if not row:
            expected = "an object with fields, such as a dataclass or a row of an ORM"
            raise FieldTypeError("the object", f"of type {type(given).__name__}", expected)
        options.setdefault("extra", "ignore")
        return cls.from_mapping(row, **options)


def with_score(lead: Lead, score: Scored | None) -> Lead:
    """Return a copy of the lead with a lead score; equal to the lead, because facts alone count."""
    # What attrs would do checks every fact again.
    scored = object.__new__(Lead) if type(lead) is Lead else copy(lead)
    scored.__dict__.update(lead.__dict__, _lead_score=score)
    return scored


def priority_of(lead: Lead, of_rule: int | None = None) -> int:
    """Return the priority of a lead: its own, else that of its rule, else of its grade, else 0."""
    if lead.priority is not None:
        return lead.priority
    if of_rule is not None:
        return of_rule
    found: Scored | None = lead.lead_score
    return 0 if found is None else found.priority or 0
