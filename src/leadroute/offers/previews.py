"""The facts of a lead that a rep may see before the lead is theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from attrs import fields

from leadroute.model.lead import Lead, with_score
from leadroute.offers.placement import Placement
from leadroute.offers.transitions import kept_score
from leadroute.rules.fields import HARMLESS, attribute_of

_DEFAULTS: Final[dict[str, Any]] = {each.name: each.default for each in fields(Lead)}


def as_seen(lead: Lead, placed: Placement, shown: Sequence[str] | None, rep_id: str | None) -> Lead:
    """A lead as a rep may see it, with the score that it had when it was submitted.

    Args:
        lead: The lead.
        placed: Its placement.
        shown: The fields that the terms of its offers name; ``None`` shows those that cannot be personal.
        rep_id: The rep; ``None`` is anybody who does not own the lead.
    """
    mine = rep_id is not None and placed.owner == rep_id
    return with_score(lead if mine else preview_of(lead, shown), kept_score(placed))


def preview_of(lead: Lead, shown: Sequence[str] | None) -> Lead:
    """A lead with its id and the fields that are named; ``None`` names those that cannot be personal."""
    names = HARMLESS if shown is None else shown
    custom = [name for each in names if (name := attribute_of(each)) is not None]
    kept = {name: value for name, value in lead.attributes.items() if name in custom}
    preview = object.__new__(Lead)  # its facts are clean already, and some are read beside others
    facts = {name: getattr(lead, name) for name in _DEFAULTS if name == "id" or name in names}
    attributes = type(_DEFAULTS["attributes"])(kept)
    preview.__dict__.update(_DEFAULTS | facts | {"attributes": attributes})
    return preview
