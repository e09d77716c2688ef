"""A roster: the reps, in one stable order, found by id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

from attrs import field, frozen

from leadroute.errors import FieldError, UnknownFieldError, ValidationError
from leadroute.model.guidance import guided
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict, must_be


def _sorted_reps(reps: Iterable[Rep]) -> tuple[Rep, ...]:
    found = tuple(reps) if isinstance(reps, Iterable) else (reps,)
    strays: list[object] = [rep for rep in found if type(rep) is not Rep]
    if strays:
        raise ValidationError(
            "Roster",
            "",
            [
                FieldError(
                    "reps", f"hold a {type(strays[0]).__name__}; write Roster([Rep(...), ...])"
                )
            ],
        )
    ordered = tuple(sorted(found, key=lambda rep: rep.id))
    twice = {a.id for a, b in pairwise(ordered) if a.id == b.id}
    if twice:
        faults = [
            FieldError("reps", f"hold {name!r} twice; give every rep an id of its own")
            for name in sorted(twice)
        ]
        raise ValidationError("Roster", "", faults)
    return ordered


@guided
@frozen(repr=False)
class Roster:
    """The reps. The order in which they are given changes nothing.

    Args:
        reps: The reps, each id once.

    Raises:
        ValidationError: Two reps have the same id, or something is not a rep.

    Example:
        >>> team = Roster([Rep("bob"), Rep("ada")])
        >>> [rep.id for rep in team], len(team), "ada" in team
        (['ada', 'bob'], 2, True)
    """

    reps: tuple[Rep, ...] = field(default=(), converter=_sorted_reps)
    _by_id: FrozenDict[str, Rep] = field(init=False, eq=False)
    brief: bool = field(init=False, default=False, eq=False)
    """True for a roster that was made for one call: a router keeps nothing for the next one."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_id", FrozenDict({rep.id: rep for rep in self.reps}))

    def __iter__(self) -> Iterator[Rep]:
        return iter(self.reps)

    def __len__(self) -> int:
        return len(self.reps)

    def __contains__(self, rep_id: object) -> bool:
        return rep_id in self._by_id

    def __repr__(self) -> str:
        return f"<Roster of {len(self.reps)} reps>"

    def get(self, rep_id: str) -> Rep | None:
        """The rep with this id, or ``None``. O(1)."""
        return self._by_id.get(rep_id)

    def __getitem__(self, rep_id: str) -> Rep:
        try:
            return self._by_id[rep_id]
        except KeyError:
            raise UnknownFieldError("rep in the roster", rep_id, tuple(self._by_id)) from None

    def replace(self, *reps: Rep) -> Roster:
        """Return a roster with these reps added or replaced.

        A rep replaces the rep with the same id. O(n log n).

        Example:
            >>> team = Roster([Rep("ada"), Rep("bob")])
            >>> team.replace(team["ada"].with_changes(active=False))["ada"].active
            False
        """
        return Roster((self._by_id | {rep.id: rep for rep in reps}).values())


Reps: TypeAlias = Roster | Iterable[Rep]
"""The reps as a caller may give them: a roster, or a list."""


def roster_of(given: Reps) -> Roster:
    """Return the roster that a caller gave, or one of the reps that they gave.

    A list is read once, here: what happens to it later changes nothing.
    """
    if isinstance(given, Roster):
        return given
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        must_be(Roster, roster=given)
    found = Roster(given)
    object.__setattr__(found, "brief", True)
    return found
