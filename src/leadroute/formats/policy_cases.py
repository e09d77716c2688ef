"""The tests of a policy file: each a table with a lead, and what is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, TypeVar

from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError, ValidationError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import aware
from leadroute.plain import from_dict, to_dict
from leadroute.ranking.policy_checks import EXPECTATIONS, Case

T = TypeVar("T")


def read_lead(given: Any) -> Lead:
    """The lead of a test."""
    if not isinstance(given, Mapping):
        raise ConfigError("is not a table; write { country = 'DE', budget = 500 }")
    return _read(Lead, {"id": "test", **given})


def read_reps(given: Any) -> tuple[Rep, ...]:
    """The reps of a test's own."""
    if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given):
        raise ConfigError("is not a list of tables; write [[test.rep]] tables, each with an id")
    return tuple(_read(Rep, each) for each in given)


def _read(kind: type[T], given: Mapping[str, Any]) -> T:
    try:
        return from_dict(kind, given)
    except ValidationError as error:
        raise ConfigError(str(error)) from None


def read_instant(given: Any) -> datetime:
    """The instant of a test."""
    try:
        found = datetime.fromisoformat(given) if isinstance(given, str) else given
        return aware(found, "now")
    except (ValueError, FieldTypeError):
        raise ConfigError("is not an instant; write one such as 2026-03-02T09:00:00Z") from None


def read_expected(given: Any, rules: Iterable[str], pools: Iterable[str]) -> dict[str, str]:
    """What a test expects."""
    if not isinstance(given, Mapping) or not given:
        raise ConfigError(
            "is not a table with an expectation; write { rule = 'the name of a rule' }"
        )
    known = {"rule": tuple(rules), "pool": tuple(pools)}
    for key, value in given.items():
        if key not in EXPECTATIONS:
            raise UnknownFieldError("expectation", str(key)[:60], EXPECTATIONS)
        if not isinstance(value, str):
            raise ConfigError(f"{key} is not text; write it in quotes")
        if key in known and value not in known[key]:
            raise UnknownFieldError(key, value[:60], known[key])
    return dict(given)


def case_of(**found: Any) -> Case:
    """The case that the parts of a table, already read, make."""
    for name in ("lead", "expect"):
        if name not in found:
            raise ConfigError(f"{name} is missing; write {name} = {{ ... }}")
    try:
        return Case(
            found["name"],
            lead=found["lead"],
            reps=found.get("rep", ()),
            now=found.get("now"),
            **found["expect"],
        )
    except ValidationError as error:
        raise ConfigError("; ".join(map(str, error.faults)), "expect") from None


def case_table(case: Case) -> dict[str, Any]:
    """The table that describes a case."""
    table = {
        "name": case.name,
        "lead": to_dict(case.lead),
        "expect": case.expected,
        "now": None if case.now is None else case.now.isoformat(),
        "rep": [to_dict(rep) for rep in case.reps],
    }
    return {key: value for key, value in table.items() if value}
