"""Which column of a file, or key of a mapping, fills which field.

* Asked in this order: the caller's own columns, the declared attributes, the preset of the CRM, the
  names of the fields, their synonyms. The first that knows a header decides.
* Each table of headers has the field that is filled and the headers that fill it, in the order of choice: where a row
  has several, the first that is not empty counts. ``name.first`` and ``name.last`` are joined, ``attributes.x`` is the
  attribute ``x``, and ``ignore`` is for what is not read. The headers are the English ones. Letter case, blanks and
  punctuation do not count.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, FieldError, UnknownFieldError
from leadroute.model.validation import FrozenDict

_Table = Mapping[str, tuple[str, ...]]


def _table(lines: str) -> _Table:
    """Read lines of a field and its headers; a line that ends with a bar goes on."""
    pairs = (line.split(" = ") for line in lines.strip().replace(" |\n", " | ").split("\n"))
    return {filled: tuple(headers.split(" | ")) for filled, headers in pairs}


# A code wins over the text beside it. Lead Owner is a name: an attribute, not `owner_id`.
_SALESFORCE: Final = """
id = Lead ID | Id
name = Full Name | Name
name.first = First Name
name.last = Last Name
attributes.salutation = Salutation
attributes.title = Title
company = Company | Company / Account
email = Email
phone = Phone | Mobile Phone | Mobile
domain = Website
attributes.street = Street
attributes.city = City
region = State/Province Code | StateCode | State/Province | State | State/Province (text only)
postal_code = Zip/Postal Code | Postal Code
country = Country Code | Country | Country (text only)
industry = Industry
annual_revenue = Annual Revenue
employees = No. of Employees | Employees | NumberOfEmployees
source = Lead Source
attributes.status = Lead Status | Status
attributes.rating = Rating
attributes.owner = Lead Owner
owner_id = Owner ID
received_at = Created Date
attributes.currency = Lead Currency
attributes.description = Description
attributes.converted = Converted
account_id = ConvertedAccountId
"""

# IP Country is where the browser was, Contact owner a name: both are attributes.
_HUBSPOT: Final = """
id = Record ID | hs_object_id
name.first = First Name
name.last = Last Name
name = Full Name
email = Email | Work email
phone = Phone Number | Mobile Phone Number
attributes.title = Job Title
company = Company Name | Associated Company | company
domain = Website URL | Company Domain Name
attributes.city = City
region = State/Region | state
postal_code = Postal Code | zip
country = Country/Region | country
attributes.ip_country = IP Country
attributes.ip_country_code = IP Country Code
attributes.ip_state = IP State/Region
language = Preferred language | hs_language
industry = Industry
employees = Number of Employees | numemployees
annual_revenue = Annual Revenue
source = Original Source
attributes.source_detail = Original Source Drill-Down 1
attributes.status = Lead Status
attributes.lifecycle_stage = Lifecycle Stage
attributes.owner = Contact owner
owner_id = hubspot_owner_id
received_at = Create Date
account_id = Associated Company ID
attributes.score = Lead Score | HubSpot Score
"""

# Lead - Value is the expected value of a deal: an attribute, not `budget`.
_PIPEDRIVE: Final = """
id = Lead - ID | Lead - Pipedrive System ID | Person - ID
attributes.title = Lead - Title
name = Person - Name | Lead - Contact person | Contact person
name.first = Person - First name
name.last = Person - Last name
email = Person - Email - Work | Person - Email | Person - Email - Home | Person - Email - Other
phone = Person - Phone - Work | Person - Phone - Mobile | Person - Phone
company = Organization - Name | Lead - Organization | Person - Organization | Organization
account_id = Organization - ID | Lead - Organization ID
domain = Person - Website
country = Organization - Address - Country of Address
region = Organization - Address - State/county of Address | Person - State
postal_code = Organization - Address - ZIP/Postal code of Address
attributes.value = Lead - Value
channel = Lead - Source channel
attributes.labels = Lead - Label | Lead - Labels
attributes.owner = Lead - Owner
received_at = Lead - Lead created | Lead - Lead created on
"""

_ZOHO: Final = """
id = Record Id | Lead Id
name = Lead Name
name.first = First Name
name.last = Last Name
company = Company
email = Email | Secondary Email
phone = Phone | Mobile
attributes.title = Title
domain = Website
attributes.street = Street
attributes.city = City
region = State
postal_code = Zip Code
country = Country | Address - Country / Region
industry = Industry
employees = No. of Employees
annual_revenue = Annual Revenue
source = Lead Source
attributes.status = Lead Status
attributes.rating = Rating
attributes.owner = Lead Owner
owner_id = Lead Owner.id
received_at = Created Time
attributes.converted = Is Converted
attributes.description = Description
"""

# Budget and Priority are pick lists of words, Owner is a name: all are attributes.
_DYNAMICS: Final = """
id = (Do Not Modify) Lead | leadid
ignore = (Do Not Modify) Row Checksum
attributes.modified_on = (Do Not Modify) Modified On
name = Name | Full Name
name.first = First Name
name.last = Last Name
attributes.topic = Topic | Subject
attributes.title = Job Title
company = Company Name
email = Email | Email Address | emailaddress1
phone = Business Phone | telephone1 | Mobile Phone | Home Phone
domain = Website | websiteurl
attributes.city = City
region = State/Province | State or Province | Address 1: State/Province | address1_stateorprovince
postal_code = ZIP/Postal Code | Address 1: ZIP/Postal Code | address1_postalcode
country = Country/Region | Country | Address 1: Country/Region | address1_country
industry = Industry
employees = No. of Employees | numberofemployees
annual_revenue = Annual Revenue | revenue
budget = Budget Amount
attributes.budget_status = Budget
attributes.priority = Priority
attributes.rating = Rating
source = Lead Source | leadsourcecode
attributes.timeframe = Purchase Timeframe
attributes.decision_maker = Decision Maker?
attributes.owner = Owner
owner_id = ownerid
attributes.account = Parent Account for lead
account_id = parentaccountid
received_at = Created On
attributes.currency = Currency
attributes.status = Status Reason
"""

# Each question of a form is a column of its own, and becomes an attribute.
_META_LEAD_ADS: Final = """
id = id | lead_id
received_at = created_time
name = full_name
name.first = first_name
name.last = last_name
email = email | work_email
phone = phone_number | phone
company = company_name
attributes.city = city
region = state
country = country
postal_code = zip_code
channel = platform
source = campaign_name
attributes.campaign_id = campaign_id
attributes.ad_id = ad_id
attributes.ad_name = ad_name
attributes.adset_id = adset_id
attributes.adset_name = adset_name
attributes.form_id = form_id
product = form_name
attributes.is_organic = is_organic
attributes.status = lead_status
"""

CRM_COLUMNS: Final[Mapping[str, _Table]] = {
    "salesforce": _table(_SALESFORCE),
    "hubspot": _table(_HUBSPOT),
    "pipedrive": _table(_PIPEDRIVE),
    "zoho": _table(_ZOHO),
    "dynamics": _table(_DYNAMICS),
    "meta_lead_ads": _table(_META_LEAD_ADS),
}
"""The headers of each CRM's exports, by the field that they fill."""

CRM_PREFIXES: Final[Mapping[str, Mapping[str, str]]] = {
    "meta_lead_ads": {
        "id": "l:",
        "phone": "p:",
        "postal_code": "z:",
        "attributes.campaign_id": "c:",
        "attributes.ad_id": "ag:",
        "attributes.adset_id": "as:",
        "attributes.form_id": "f:",
    }
}
"""What a CRM writes before some values and what is taken off, by the field."""

_LEAD_SYNONYMS: Final = """
id = Lead ID | Record ID | Lead Number | External ID | Contact ID | leadgen_id | uuid | referenceId
name = Full Name | Lead Name | Contact Name | Contact
name.first = First Name | Given Name | Forename | fname | Vorname
name.last = Last Name | Surname | Family Name | lname | Nachname
email = Email Address | Mail | Work Email | Business Email | Primary Email
phone = Phone Number | Telephone | Tel | Mobile | Mobile Phone | Office Phone | Business Phone | Contact No |
Work Phone
company = Company Name | Company / Account | Account Name | Organization | Organisation |
Business Name | Employer
domain = Company Domain | Company Domain Name | Website | Website URL | URL
country = Country/Region | Country Code | Country Name | Primary Address Country |
Billing Country | Mailing Country | Land
region = State | State/Province | State/Region | Province | State or Province | State Code |
Primary Address State | Mailing State/Province | Bundesland
postal_code = Postcode | Zip | Zip Code | ZIP/Postal Code | Primary Address Postalcode | PLZ | CEP | PIN Code
language = Preferred language | Locale | Spoken Language
industry = Sector | Vertical
employees = No. of Employees | Number of Employees | Employee Count | Company Size | Headcount
annual_revenue = Revenue | Turnover
budget = Budget Amount
product = Product Interest | Product of Interest | Service
source = Lead Source | Original Source | Campaign Source | utm_source
channel = Source channel | utm_medium | Medium
role = Buying Role | Decision Role
received_at = Created Date | Create Date | Created On | Created Time | Date Created | createdAt |
Submitted At | Timestamp
deadline = Est. Close Date | Expected Close Date
account_id = Company ID | Associated Company ID
owner_id = Lead Owner.id | hubspot_owner_id
"""
LEAD_SYNONYMS: Final = _table(_LEAD_SYNONYMS)
"""The usual words for the fields of a lead, in the order of choice after the field's own name."""

_REP_SYNONYMS: Final = """
id = Rep ID | User ID | Owner ID | Record ID
name = Full Name | Rep Name | User Name
teams = Team
active = Is Active
"""
REP_SYNONYMS: Final = _table(_REP_SYNONYMS)  # the usual words for the fields of a rep


ATTRIBUTE: Final = "attributes."
IGNORE: Final = "ignore"
PARTS_OF_NAME: Final = ("name.first", "name.last")

# Places among the choices of a field: the caller's own columns come first, from 0 on, the synonyms last.
_PRESET: Final = 1_000_000
_OWN_NAME: Final = 2_000_000
_SYNONYM: Final = 3_000_000
_UNKNOWN: Final = -1
_SYNONYMS: Final = {"lead": LEAD_SYNONYMS, "rep": REP_SYNONYMS}


def header_key(header: str) -> str:
    """Return what two spellings of a header have in common."""
    folded = unicodedata.normalize("NFKC", header).casefold()
    kept = "".join([c for c in folded if c.isalnum() or unicodedata.category(c)[0] == "M"])
    return kept or header.strip()


def _frozen_texts(given: Mapping[str, str]) -> FrozenDict[str, str]:
    if not isinstance(given, Mapping):
        raise ConfigError(
            f"columns are of type {type(given).__name__}; write a mapping such as {{'Lead ID': 'id'}}"
        )
    for header, target in given.items():
        if not isinstance(header, str) or not isinstance(target, str):
            raise ConfigError(
                f"columns hold {header!r:.60}: {target!r:.60}; write the header and its field as text"
            )
    return FrozenDict({header.strip(): target.strip() for header, target in given.items()})


@frozen
class ColumnMap:
    """Columns by their headers, and the field that each fills.

    Args:
        columns: The field for each header: a field of ``Lead`` or ``Rep``, ``name.first``,
            ``name.last``, ``attributes.x``, or ``ignore``. Where several fill one field, the first
            in this order that is not empty counts.
        preset: The CRM whose usual headers are known as well, after ``columns``: one of ``salesforce``, ``hubspot``,
            ``pipedrive``, ``zoho``, ``dynamics``, ``meta_lead_ads``; none when empty.

    Raises:
        ConfigError: There is no such preset, or a header or a field is not text.

    Example:
        >>> SALESFORCE.with_columns({"NPS": "attributes.nps"})
        ColumnMap(columns=FrozenDict({'NPS': 'attributes.nps'}), preset='salesforce')
    """

    columns: Mapping[str, str] = field(default=FrozenDict(), converter=_frozen_texts)
    preset: str = field(default="")

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.preset, str):
            raise ConfigError(f"preset is {self.preset!r:.60}; write a name such as 'salesforce'")
        if self.preset and self.preset not in CRM_COLUMNS:
            raise UnknownFieldError("preset of columns", self.preset, CRM_COLUMNS)

    def with_columns(self, columns: Mapping[str, str]) -> ColumnMap:
        """Return the map with more columns; they replace those it has."""
        return evolve(self, columns={**_frozen_texts(columns), **self.columns, **columns})


SALESFORCE: Final = ColumnMap(preset="salesforce")
"""Lead reports, list views and the API of Salesforce."""
HUBSPOT: Final = ColumnMap(preset="hubspot")
"""Exports of contacts and the properties of HubSpot."""
PIPEDRIVE: Final = ColumnMap(preset="pipedrive")
"""Exports of leads and people from Pipedrive."""
ZOHO: Final = ColumnMap(preset="zoho")
"""Exports of leads from Zoho CRM."""
DYNAMICS: Final = ColumnMap(preset="dynamics")
"""Views and logical names of leads in Microsoft Dynamics 365."""
META_LEAD_ADS: Final = ColumnMap(preset="meta_lead_ads")
"""Lead forms of Facebook and Instagram; prefixes such as ``p:`` are taken off."""

PRESETS: Final[Mapping[str, ColumnMap]] = {
    each.preset: each for each in (SALESFORCE, HUBSPOT, PIPEDRIVE, ZOHO, DYNAMICS, META_LEAD_ADS)
}
"""The presets by name."""


def as_columns(given: ColumnMap | Mapping[str, str] | str | None) -> ColumnMap:
    """Return a map from a map, the name of a preset, headers with their fields, or nothing."""
    if isinstance(given, ColumnMap):
        return given
    if isinstance(given, str):
        return PRESETS.get(header_preset(given)) or ColumnMap(preset=given)
    return ColumnMap(given or {})


def header_preset(name: str) -> str:
    """Return the name of a preset as it is kept: lower case, with ``_`` between its words."""
    return "_".join(name.lower().replace("-", " ").replace("_", " ").split())


@frozen
class Column:
    """One column that was found, and what it fills.

    Args:
        header: Its header, as it is written.
        fills: The field, ``attributes.x``, or ``ignore``.
        near: For a column that no one asked for: the field that it is nearly called like; empty when there is none.
        place: Its place among the columns that fill the same field; the lowest counts first.
    """

    header: str
    fills: str
    near: str = ""
    place: int = 0

    @property
    def known(self) -> bool:
        """Whether it fills a field, an attribute that someone named, or is ignored on purpose."""
        return self.place >= 0

    @property
    def plain(self) -> bool:
        """Whether it has the name of what it fills, letter by letter."""
        return self.header.strip() in (self.fills, self.fills.removeprefix(ATTRIBUTE))

    def __str__(self) -> str:
        near = f", nearly {self.near}" if self.near else ""
        return f"{self.header!r} {'is not read' if self.fills == IGNORE else f'fills {self.fills}'}{near}"


def match_columns(
    headers: Sequence[str],
    entity: str,
    names: Collection[str],
    columns: ColumnMap,
    custom: Collection[str] = (),
    *,
    extra: str = "attributes",
    zoned: bool = False,
) -> tuple[tuple[Column, ...], list[FieldError]]:
    """Return what each column fills, and what is wrong with the headers."""
    usual = _usual(entity, columns.preset, frozenset(names))
    own = _own_columns(entity, names, columns, custom)
    found = [_column(header, names, own, usual, extra, zoned=zoned) for header in headers]
    filled = {column.fills for column in found if column.known}
    faults = [
        FieldError(f"column {place}", "has no name; write one, or remove the column")
        for place, header in enumerate(headers, 1)
        if not header.strip()
    ]
    faults += [
        FieldError(f"column {column.header.strip()[:60]!r}", problem)
        for column in found
        if not column.known
        and (
            problem := _problem(column, filled, extra, slip=header_key(column.header) not in usual)
        )
    ]
    return tuple(found), faults


_Places = Mapping[str, tuple[str, int]]


def _own_columns(
    entity: str, names: Collection[str], columns: ColumnMap, custom: Collection[str]
) -> _Places:
    """The columns that the caller names, by their keys: the map's, then the declared attributes."""
    parts = PARTS_OF_NAME if "name" in names else ()
    known = (*names, *parts, IGNORE)
    found: dict[str, tuple[str, int]] = {}
    for place, (header, target) in enumerate(columns.columns.items()):
        if target not in known and not _is_attribute(target):
            problem = f"{UnknownFieldError(entity, target, known)} (an attribute is '{ATTRIBUTE}x')"
            raise ConfigError(problem, f"column {header!r:.60}")
        found.setdefault(header_key(header), (target, place))
    for name in custom:
        found.setdefault(header_key(name), (f"{ATTRIBUTE}{name}", 0))
    return found


def _is_attribute(written: str) -> bool:
    return written[: len(ATTRIBUTE)].lower() == ATTRIBUTE and len(written) > len(ATTRIBUTE)


def _column(
    header: str, names: Collection[str], own: _Places, usual: _Places, extra: str, *, zoned: bool
) -> Column:
    key, given = header_key(header), header.strip()
    if (asked := own.get(key)) is not None:
        return Column(header, asked[0], place=asked[1])
    if _is_attribute(given):
        return Column(header, ATTRIBUTE + given[len(ATTRIBUTE) :].strip())
    target, place = usual.get(key, ("", _UNKNOWN))
    # What another word says is when a lead came in needs a zone, or every row of an export would be refused.
    if target and (zoned or place < _SYNONYM or target not in _INSTANTS):
        return Column(header, target, place=place)
    near = target or _nearly(key, names)
    return Column(header, IGNORE if extra == IGNORE else ATTRIBUTE + _slug(given), near, _UNKNOWN)


def _problem(column: Column, filled: set[str], extra: str, *, slip: bool) -> str:
    given = column.header.strip()[:60]
    if slip and extra != IGNORE and column.near and column.near not in filled:
        own = f"'{ATTRIBUTE}{given}' if it is an attribute of your own"
        return f"is not a field; write {column.near!r}, or {own}"
    if extra == "refuse":
        return f"fills no field; map it to one, to '{ATTRIBUTE}{_slug(given)}', or to '{IGNORE}'"
    return ""


_INSTANTS: Final = frozenset(("received_at", "deadline", "joined_at"))


def _slug(header: str) -> str:
    return header.lower().replace(" ", "_").replace("-", "_")


@cache
def _usual(entity: str, preset: str, names: frozenset[str]) -> _Places:
    """The field of every usual header, by its key: of the preset, the fields, the synonyms."""
    tables: tuple[tuple[int, Mapping[str, Sequence[str]]], ...] = (
        (_PRESET, CRM_COLUMNS[preset] if preset and entity == "lead" else {}),
        (_OWN_NAME, {name: (name,) for name in names}),
        (_SYNONYM, _SYNONYMS[entity]),
    )
    found: dict[str, tuple[str, int]] = {}
    for first, table in tables:
        for target, headers in table.items():
            for place, header in enumerate(headers, first):
                found.setdefault(header_key(header), (target, place))
    return found


def _nearly(key: str, names: Iterable[str]) -> str:
    """The field whose name is a slip or two from the header; empty when there is none."""
    best, fewest = "", 3
    for name in names:
        known = name.replace("_", "")
        allowed = min(fewest - 1, 1 if len(known) < 8 else 2)
        if abs(len(known) - len(key)) <= allowed and (slips := _edits(key, known)) <= allowed:
            best, fewest = name, slips
    return best


def _edits(one: str, other: str) -> int:
    """How many letters to add, drop, change or swap to make one text the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        current = [i]
        for j, b in enumerate(other, 1):
            best = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, before[j - 2] + 1)
            current.append(best)
        before, row = row, current
    return row[-1]


_DEEPEST: Final = 4


def flattened(row: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return a row without nesting: ``Name`` within ``Owner`` becomes ``Owner.Name``."""
    whole = {header_key(name) for name in names}
    if not any(isinstance(value, Mapping) for value in row.values()):
        return {str(header): value for header, value in row.items()}
    return dict(_leaves(row, "", whole, _DEEPEST))


def _leaves(
    row: Mapping[str, Any], outer: str, whole: Collection[str], depth: int
) -> Iterator[tuple[str, Any]]:
    for header, value in row.items():
        nested = isinstance(value, Mapping) and depth and set(value) != {"$instant"}
        if nested and header == "attributes" and _is_record(value):
            if "referenceId" in value and not outer:
                yield "referenceId", value["referenceId"]
        elif nested and header_key(f"{outer}{header}") not in whole:
            yield from _leaves(value, f"{outer}{header}.", whole, depth - 1)
        else:
            yield f"{outer}{header}", value


def _is_record(given: Mapping[str, Any]) -> bool:
    """Whether this is what Salesforce says of a record, and no attributes of the caller's own."""
    address = given.get("url")
    known = "referenceId" in given or (isinstance(address, str) and "/sobjects/" in address)
    return known and set(given) <= {"type", "url", "referenceId"}


def mapping_of(given: object) -> dict[str, Any]:
    """Return the fields of an object by name, none of them computed."""
    names = next((found for look in _LOOKS if (found := look(given)) is not None), None)
    if names is None:
        names = [name for name in _stored(given) if not name.startswith("_")]
    return {name: _get(given, name) for name in names}


def _get(given: Any, name: str) -> Any:
    return getattr(given, name) if hasattr(given, name) else given[name]


def _django(given: Any) -> list[str] | None:
    meta = getattr(type(given), "_meta", None)
    found = getattr(meta, "concrete_fields", None)
    return None if found is None else [each.attname for each in found]


def _mapped(given: Any) -> list[str] | None:
    mapper = getattr(type(given), "__mapper__", None)
    return None if mapper is None else [each.key for each in mapper.column_attrs]


def _declared(given: Any) -> list[str] | None:
    kind = type(given)
    for name in ("__dataclass_fields__", "model_fields", "__pydantic_fields__"):
        if isinstance(found := getattr(kind, name, None), Mapping):
            return list(found)
    found = getattr(kind, "__attrs_attrs__", None) or ()
    return [each.name for each in found] or None


def _listed(given: Any) -> list[str] | None:
    names = getattr(given, "_fields", None)
    if isinstance(names, tuple):
        return list(names)
    keys = getattr(given, "keys", None)
    return list(keys()) if callable(keys) else None


def _stored(given: Any) -> list[str]:
    slots = [name for kind in type(given).__mro__ for name in getattr(kind, "__slots__", ())]
    return [*vars(given)] if hasattr(given, "__dict__") else [n for n in slots if hasattr(given, n)]


_LOOKS: Final = (_django, _mapped, _declared, _listed)
