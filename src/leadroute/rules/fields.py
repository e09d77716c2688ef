"""The fields of leads and reps: their names, kinds and values.

* A literal that is compared with a field goes through the cleaner of that field, taken from the
  model itself, so ``LEAD.country == "us"`` and a lead from ``us`` meet as ``US``.
* Names, e-mail addresses and phone numbers are never read: what is read here ends up in reasons and in counters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from attrs import fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.geography import policy_region
from leadroute.model.given import Refused
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import Cleaner, ident, number
from leadroute.model.validation import text as clean_text


class Kind(StrEnum):
    """What a field, a literal or a calculation holds."""

    TEXT = "text"
    NUMBER = "number"
    INSTANT = "instant"
    DURATION = "duration"
    FLAG = "flag"
    NAMES = "names"
    LEVELS = "levels"
    ANY = "any"

    @property
    def expected(self) -> str:
        """The kind as the end of a sentence that begins with "it must be"."""
        return _EXPECTED[self]


_EXPECTED = {
    Kind.TEXT: "text",
    Kind.NUMBER: "a number",
    Kind.INSTANT: "an instant",
    Kind.DURATION: "a duration",
    Kind.FLAG: "true or false",
    Kind.NAMES: "a set of names",
    Kind.LEVELS: "a mapping from name to level",
    Kind.ANY: "anything",
}

CUSTOM_KINDS = (Kind.TEXT, Kind.NUMBER, Kind.INSTANT, Kind.FLAG, Kind.NAMES)
"""The kinds that a custom attribute can have."""


@frozen
class FieldSpec:
    """One standard field."""

    entity: str
    name: str
    kind: Kind
    label: str
    clean: Cleaner
    fold: Callable[[str], str]

    def literal(self, given: str) -> str:
        """The form in which a text literal meets this field."""
        if self.kind is Kind.LEVELS:
            return plain_literal(given)
        try:
            found = self.clean({given} if self.kind is Kind.NAMES else given)
        except Refused as refused:
            raise ConfigError(f"the literal for {self.entity}.{self.name} {refused}") from None
        normal = next(iter(found), None) if self.kind is Kind.NAMES else found
        return not_empty(normal)


def not_empty(found: str | None) -> str:
    """``found``, which is not empty."""
    if not found:
        raise ConfigError("an empty text never matches; ask `is missing` or `is present` instead")
    return found


def plain_literal(given: str) -> str:
    """The form in which a text literal meets a field that is not in the catalog."""
    try:
        return not_empty(clean_text(given))
    except Refused as refused:
        raise ConfigError(f"the literal {refused}") from None


_LEAD = {
    Kind.TEXT: {
        "id": "id",
        "name": "name",
        "email": "e-mail",
        "phone": "phone",
        "company": "company",
        "domain": "domain",
        "country": "country",
        "region": "region",
        "postal_code": "postal code",
        "timezone": "time zone",
        "language": "language",
        "industry": "industry",
        "product": "product",
        "source": "source",
        "channel": "channel",
        "role": "role",
        "current_solution": "current solution",
        "account_id": "account",
        "owner_id": "owner",
    },
    Kind.NUMBER: {
        "employees": "number of employees",
        "annual_revenue": "annual revenue",
        "budget": "budget",
        "priority": "priority",
    },
    Kind.INSTANT: {"received_at": "time received", "deadline": "deadline"},
}

_REP = {
    Kind.TEXT: {"id": "id", "name": "name", "timezone": "time zone", "manager_id": "manager"},
    Kind.NUMBER: {"level": "level", "capacity": "capacity", "weight": "weight"},
    Kind.INSTANT: {"joined_at": "start"},
    Kind.FLAG: {"active": "active"},
    Kind.LEVELS: {"skills": "skills"},
    Kind.NAMES: {
        "teams": "teams",
        "languages": "languages",
        "countries": "countries",
        "regions": "regions",
        "territories": "territories",
        "industries": "industries",
        "licenses": "licenses",
        "accounts": "accounts",
    },
}

_FOLDS: Mapping[str, Callable[[str], str]] = {
    "email": str.lower,
    "domain": str.lower,
    "country": str.upper,
    "countries": str.upper,
    "region": str.upper,
    "regions": str.upper,
    "postal_code": str.upper,
}


_SCORE = {
    "score": FieldSpec("lead", "score", Kind.NUMBER, "lead score", number(0), str),
    "grade": FieldSpec("lead", "grade", Kind.TEXT, "grade", ident, str),
    "completeness": FieldSpec(
        "lead", "completeness", Kind.NUMBER, "share of known facts", number(0), str
    ),
}
"""The lead score of the policy, which conditions read as fields of the lead, and no lead brings."""

SCORE_FIELDS: frozenset[str] = frozenset(_SCORE)
"""The names of the fields that the lead scoring of the policy fills."""


def _specs(
    entity: str, model: type, kinds: Mapping[Kind, Mapping[str, str]]
) -> Mapping[str, FieldSpec]:
    declared = {a.name: a.metadata["clean"] for a in fields(model) if "clean" in a.metadata}
    declared |= {"region": policy_region} if "region" in declared else {}
    return MappingProxyType(
        {
            name: FieldSpec(entity, name, kind, label, declared[name], _FOLDS.get(name, str))
            for kind, labels in kinds.items()
            for name, label in labels.items()
        }
    )


FIELDS: Mapping[str, Mapping[str, FieldSpec]] = MappingProxyType(
    {
        "lead": MappingProxyType({**_specs("lead", Lead, _LEAD), **_SCORE}),
        "rep": _specs("rep", Rep, _REP),
    }
)
"""The standard fields by entity and name."""


def is_brought(entity: str, name: str) -> bool:
    """Tell whether a lead or a rep brings a standard field of this name."""
    return name in FIELDS[entity] and not (entity == "lead" and name in SCORE_FIELDS)


_ELSEWHERE = {
    ("lead", "signals"): "write signal('kind').total, .count or .last",
    ("lead", "attributes"): "write lead['name']",
    ("rep", "attributes"): "write rep['name']",
    ("rep", "schedule"): "availability is judged for every rep before the requirement",
    ("rep", "capacity_by_segment"): "capacity is judged for every rep before the requirement",
    ("rep", "caps"): "caps are judged for every rep before the requirement",
    ("rep", "pause_after_missed"): "pauses are judged for every rep before the requirement",
    ("rep", "wrap_up"): "the wrap-up is judged for every rep before the requirement",
}


def spec_of(entity: str, name: str, known: Iterable[str] = ()) -> FieldSpec:
    """The standard field of this name."""
    found = FIELDS[entity].get(name)
    if found is not None:
        return found
    if remedy := _ELSEWHERE.get((entity, name)):
        raise ConfigError(f"{entity}.{name} cannot be compared; {remedy}")
    raise UnknownFieldError(entity, name, (*FIELDS[entity], *known))


PERSONAL: Final = frozenset(("id", "name", "email", "phone"))
"""The standard fields that tell who somebody is."""
HARMLESS: Final = frozenset(
    """
    received_at country region timezone language industry employees annual_revenue budget product source channel
    deadline priority score grade completeness
    """.split()
)
"""The standard fields whose values may be shown, or stand in a counter or a line; all others may be personal."""
CONTACT: Final = frozenset(("name", "email", "phone", "company", "domain", "account_id"))
"""The standard fields by which somebody could reach a lead that is not theirs; shown to its owner alone."""
_ATTRIBUTE = re.compile(r"(lead|rep)\['([^'\\]+)'\]")


def text_title(given: Any) -> str:
    """The name of a fact of the lead that holds text, or several texts."""
    return _title(given, "lead", Kind.TEXT)


def text_titles(given: Any) -> tuple[str, ...]:
    """Several names of facts of the lead that hold text; one alone may stand without a list."""
    alone = isinstance(given, str) or hasattr(given, "operand") or not isinstance(given, Iterable)
    found = tuple(map(text_title, (given,) if alone else given))
    if not found:
        raise ConfigError("the list of fields is empty; name one field or more")
    return found


def preview_titles(given: Any) -> tuple[str, ...]:
    """The names of facts of the lead that a rep may see before they have accepted it.

    Raises:
        ConfigError: A fact tells how to reach the lead, or it is no list.
        UnknownFieldError: The lead has no such fact.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Iterable):
        raise ConfigError(f"is {given!r:.40}; write a list of fields, such as ['country']")
    names = [str(getattr(each, "operand", each)).removeprefix("lead.") for each in given]
    known = [name for name in FIELDS["lead"] if name not in CONTACT and name != "id"]
    for name in names:
        if name in CONTACT:
            problem = "tells how to reach the lead, which is shown to its owner alone; leave it out"
            raise ConfigError(f"{name} {problem}")
        shape = _ATTRIBUTE.fullmatch(name)
        if name not in known and (shape is None or shape[1] != "lead"):
            raise UnknownFieldError("lead", name, known)
    return tuple(dict.fromkeys(names))


def number_title(given: Any) -> str:
    """The name of a fact of the lead that holds a number."""
    return _title(given, "lead", Kind.NUMBER)


def rep_number_title(given: Any) -> str:
    """The name of a fact of the rep that holds a number."""
    return _title(given, "rep", Kind.NUMBER)


def _title(given: Any, entity: str, kind: Kind) -> str:
    operand = getattr(given, "operand", None)  # LEAD.industry, or LEAD["needs"]
    name = str(given if operand is None else operand).removeprefix(f"{entity}.")
    shape = _ATTRIBUTE.fullmatch(name)
    if shape is not None and shape[1] == entity:
        return name
    known = tuple(
        found
        for found, spec in FIELDS[entity].items()
        if spec.kind is kind and found not in PERSONAL
    )
    if name not in known:
        raise UnknownFieldError(entity, name, known)
    return name


def attribute_of(title: str) -> str | None:
    """The name of a custom attribute; ``None`` for the name of a standard field."""
    return _attribute(title)


def _value(of: Lead | Rep, title: str) -> Any:
    name = _attribute(title)
    return getattr(of, title) if name is None else of.attributes.get(name)


@lru_cache(maxsize=1_024)
def _attribute(title: str) -> str | None:
    shape = _ATTRIBUTE.fullmatch(title)
    return None if shape is None else shape[2]


def texts_of(lead: Lead, title: str) -> tuple[str, ...]:
    """The texts that a fact holds, in order; none when it is not known."""
    value = getattr(lead, title) if title in FIELDS["lead"] else _value(lead, title)
    if type(value) is str:
        return (value,)
    return tuple(sorted(value)) if isinstance(value, frozenset) else ()


def number_of(of: Lead | Rep, title: str) -> float | None:
    """The number that a fact holds, or ``None`` when it is not known."""
    value = _value(of, title)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if number and isfinite(value) else None
