"""The words of the text form, and what each stands for.

The rules of this module:

* A word of the text calls the builder of the Python form; there is nothing else that text can call.
* Words that people try, and that the language says differently, have a remedy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from leadroute.errors import ConfigError
from leadroute.rules import builders
from leadroute.rules.condition import ALWAYS, NEVER, Condition, is_name
from leadroute.rules.fact import Fact
from leadroute.rules.fields import CUSTOM_KINDS, FIELDS, Kind

__all__ = ["CONSTANTS", "FUNCTIONS", "METHODS", "PRESENCE", "REMEDIES", "called", "declared"]

METHODS: Final[Mapping[str, Callable[[Fact, Any], Condition]]] = {
    "startswith": Fact.startswith,
    "endswith": Fact.endswith,
    "like": Fact.like,
    "contains": Fact.contains,
    "overlaps": Fact.overlaps,
    "covers": Fact.covers,
}
FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "age": builders.age,
    "check": builders.check,
    "covers": builders.covers,
    "days": builders.days,
    "domain_of": builders.domain_of,
    "hours": builders.hours,
    "instant": builders.instant,
    "is_free_mail": builders.is_free_mail,
    "minutes": builders.minutes,
    "overlaps": builders.overlaps,
    "seconds": builders.seconds,
    "signal": builders.signal,
    "weeks": builders.weeks,
}
CONSTANTS: Final = {"always": ALWAYS, "never": NEVER}
PRESENCE: Final = {"present": True, "missing": False}
REMEDIES: Final = {
    "is_present": "write `{} is present`",
    "is_missing": "write `{} is missing`",
    "in_": "write `{} in [...]`",
    "not_in": "write `{} not in [...]`",
    "lower": "texts of e-mail, domain and country are compared in one case already; else write `or`",
    "upper": "texts of e-mail, domain and country are compared in one case already; else write `or`",
}


_COUNTS: Final = {"overlaps": 2, "covers": 2}


def called(name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    """What a function or method of the language makes of its arguments.

    Raises:
        ConfigError: There are too few or too many.
    """
    wanted = 1 if isinstance(function, partial) else _COUNTS.get(name, 1)
    right = len(arguments) >= 1 if name == "check" else len(arguments) == wanted
    if not right:
        raise ConfigError(
            f"{name}() takes {wanted} argument{'s' * (wanted > 1)}, not {len(arguments)}"
        )
    return function(*arguments)


def declared(custom: Mapping[str, str] | None) -> dict[tuple[str, str], Kind]:
    """The declared kinds of attributes by entity and name.

    Raises:
        ConfigError: A kind is not one of the five, or a name belongs to a standard field.
    """
    found = {}
    for key, kind in (custom or {}).items():
        entity, _, name = key.rpartition(".")
        entity = entity or "lead"
        if entity not in FIELDS or not is_name(name):
            raise ConfigError(
                f"{key!r} cannot be declared; write a name, or rep.name, of letters, digits and _"
            )
        if name in FIELDS[entity]:
            raise ConfigError(f"{entity}.{name} is a standard field; declare a name of your own")
        if kind not in CUSTOM_KINDS:
            raise ConfigError(
                f"{key} is declared as {kind!r}; the kinds are {', '.join(CUSTOM_KINDS)}"
            )
        found[entity, name] = Kind(kind)
    return found
