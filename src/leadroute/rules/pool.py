"""A pool: a named set of reps who take turns with one another."""

from __future__ import annotations

from collections.abc import Iterable, Set
from datetime import timedelta
from typing import Any, cast

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.rep import Rep
from leadroute.model.validation import (
    as_duration,
    as_whole,
    clean_fields,
    duration,
    ident,
    names,
    whole,
)
from leadroute.rules.cleaning import condition, given_condition
from leadroute.rules.conditions import Condition
from leadroute.rules.terms import CoolDown, cool_down


def _as_ids(given: Iterable[str | Rep] | None) -> Set[str] | None:
    return cast("Set[str] | None", given)


def _rep_id(given: Any) -> str:
    return ident(given.id if isinstance(given, Rep) else given)


@guided
@frozen(kw_only=True, repr=False)
class Pool:
    """A named set of reps who take turns with one another.

    Args:
        name: The pool's name, 1 to 80 characters.
        reps: The ids of its members; ``None`` means that ``where`` alone decides.
        where: A condition on the rep; ``None`` means that ``reps`` alone decides.
        cool_down: How long its reps get no offer after one ended, as the term of rules; what it
            says wins over that. ``None`` leaves it to the rule.
        pause_after_missed: After how many offers in a row that ran out a rep is paused, from 1 up;
            ``None`` is never.
        wrap_up: How long a rep gets no new lead through this pool after a contact, such as ``"2m"``;
            ``None`` leaves it to the router, and a rep's own comes first.

    Raises:
        ValidationError: A field was refused.
        ConfigError: Neither ``reps`` nor ``where`` was given, or ``cool_down`` cannot be read.

    Example:
        >>> sorted(Pool("emea", reps={"bob", "ada"}).reps)
        ['ada', 'bob']
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    reps: Set[str] | None = field(
        default=None, converter=_as_ids, metadata={"clean": names(_rep_id)}
    )
    where: Condition | None = field(
        default=None, converter=given_condition, metadata={"clean": condition}
    )
    cool_down: CoolDown | None = field(default=None, converter=cool_down)
    pause_after_missed: int | None = field(
        default=None, converter=as_whole, metadata={"clean": whole(1)}
    )
    wrap_up: timedelta | None = field(
        default=None, converter=as_duration, metadata={"clean": duration}
    )

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if self.reps is None and self.where is None:
            raise ConfigError(f"pool {self.name!r} has no members; write reps={{...}} or where=...")
