"""The one rule for each value, in Python, CSV, JSON and policy text: from what is given to the form that is compared.

Each function takes what a caller, a file or a policy holds and returns the normal form, ``None``
when nothing is known, or raises ``Refused`` with a text that completes "<field> ...": what is
wrong, and what to write instead.
"""

from leadroute.model.geography import (
    country,
    covered_region,
    policy_region,
    postal_code,
    region,
    zeros_restored,
)
from leadroute.model.given import (
    Refused,
    domain,
    email,
    missing,
    moment,
    number,
    number_text,
    phone,
    plain_value,
)
from leadroute.model.languages import language, meeting, speaks

__all__ = [
    "Refused",
    "country",
    "covered_region",
    "domain",
    "email",
    "language",
    "meeting",
    "missing",
    "moment",
    "number",
    "number_text",
    "phone",
    "plain_value",
    "policy_region",
    "postal_code",
    "region",
    "speaks",
    "zeros_restored",
]
