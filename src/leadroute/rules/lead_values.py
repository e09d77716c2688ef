"""The part of a lead that a condition looks at: leads that are equal in it get the same answer for the same rep."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, TypeAlias

from leadroute.model.lead import Lead
from leadroute.rules.conditions import Condition, FreeMail, reads, walk
from leadroute.rules.evaluation import FREE_MAIL, Registry

LeadValues: TypeAlias = Callable[[Lead], Hashable]

_ALIKE: Final = ()


@lru_cache(maxsize=4_096)
def lead_values(condition: Condition, registry: Registry) -> LeadValues | None:
    """A function from a lead to the values that the condition reads of it."""
    asked = reads(condition)
    own_list = registry.free_mail is not FREE_MAIL and any(
        isinstance(node, FreeMail) for node in walk(condition)
    )
    if asked.now or asked.checks or asked.signals or own_list:
        return None
    plain = sorted(field.name for field in asked.lead if not field.custom)
    custom = sorted(field.name for field in asked.lead if field.custom)
    if custom:
        return _with_attributes(tuple(plain), tuple(custom))
    return attrgetter(*plain) if plain else _alike


def _alike(_lead: Lead) -> Hashable:
    return _ALIKE


def _with_attributes(plain: tuple[str, ...], custom: tuple[str, ...]) -> LeadValues:
    """Attributes with their types, because True equals 1 and a condition tells them apart."""

    def values(lead: Lead) -> Hashable:
        found: list[Any] = [getattr(lead, name) for name in plain]
        for name in custom:
            value = lead.attributes.get(name)
            found += [type(value), value]
        return tuple(found)

    return values
