"""What all errors share: their base, what is wrong with a field, and the nearest known name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["Fault", "LeadrouteError", "nearest"]


class LeadrouteError(Exception):
    """The base of every error raised by leadroute."""


class Fault:
    """One thing wrong with one field of a value or a row.

    Args:
        field: The field's name.
        problem: What is wrong with it and what would be right, without personal data.

    Example:
        >>> str(Fault("employees", "is -3; write 0 or more, or leave it out when it is not known"))
        'employees is -3; write 0 or more, or leave it out when it is not known'
    """

    __slots__ = ("field", "problem")

    def __init__(self, field: str, problem: str) -> None:
        self.field = field
        self.problem = problem

    def __str__(self) -> str:
        return f"{self.field} {self.problem}"

    def __repr__(self) -> str:
        return f"Fault({self.field!r}, {self.problem!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fault) and (self.field, self.problem) == (
            other.field,
            other.problem,
        )

    def __hash__(self) -> int:
        return hash((self.field, self.problem))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or ``None`` when none is near.

    Example:
        >>> nearest("contry", ["country", "company"])
        'country'
    """
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return found[0] if found else None
