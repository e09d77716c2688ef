"""The column headers of CRM exports, and the usual words for the fields of a lead: data alone.

Each table has the field that is filled and the headers that fill it, in the order of choice: where
a row has several, the first that is not empty counts. ``name.first`` and ``name.last`` are joined,
``attributes.x`` is the attribute ``x``, and ``ignore`` is for what is not read. The headers are the
English ones. Letter case, blanks and punctuation do not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

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
