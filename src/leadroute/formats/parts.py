"""The files that a policy is made of, and where in them each table and key of the whole stands.

The rules of this module:

* Places are those of the joined policy, as in ``rule[2].when``. An entry of a list is found in the file that it came
  from, at the number that it has there.
* Of a place that no file has, such as a key that is missing, the table around it counts.
* Lines are looked for when somebody asks, because most policies have no errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from attrs import frozen

from leadroute.formats.lines import lines_of

__all__ = ["Part", "Parts", "Spot"]

_ENTRY = re.compile(r"(\w+)\[(\d+)\]")


class Spot(NamedTuple):
    """A line of a file.

    Args:
        file: What errors call the file.
        line: The line, counted from 1; ``None`` when it is not known.
    """

    file: str
    line: int | None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@frozen(eq=False)
class Part:
    """One file.

    Args:
        name: What errors call it.
        text: Its text.
        format: ``toml`` or ``json``.
        document: Its tables.
    """

    name: str
    text: str
    format: str
    document: Mapping[str, Any]

    @cached_property
    def lines(self) -> Mapping[str, int]:
        """The line of every table and key."""
        return lines_of(self.text, self.format)

    def spot(self, place: str) -> Spot:
        """Where a place of this file stands."""
        while place and place not in self.lines:
            place = place.rpartition(".")[0]
        return Spot(self.name, self.lines.get(place))

    def at(self, place: str) -> str:
        r"""What an error at a place of this file begins with.

        Example:
            >>> Part("policy.toml", "format = 1\nextends = 5", "toml", {}).at("extends")
            'policy.toml:2: extends'
        """
        return f"{self.spot(place)}: {place}" if place else self.name


@frozen(eq=False)
class Parts:
    """A policy as its files, joined.

    Args:
        files: The files; the one that builds on all others first.
        document: Their tables, joined.
    """

    files: tuple[Part, ...]
    document: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What errors call the policy."""
        return self.files[0].name

    def spot(self, place: str) -> Spot:
        """Where a place of the policy stands: the file, and the line where it is known."""
        found = [part.spot(within) for part in self.files if (within := self._within(part, place))]
        return next((each for each in found if each.line), Spot(self.name, None))

    def at(self, place: str, key: str = "") -> str:
        """What an error at a place of the policy begins with, on the line of one of its keys when there is one."""
        spot = self.spot(f"{place}.{key}".strip("."))
        return f"{spot}: {place}" if place else str(spot)

    def _within(self, part: Part, place: str) -> str | None:
        """What a place of the policy is called in one of its files; ``None`` when it is not from there."""
        entry = _ENTRY.match(place)
        if entry is None:
            table, _, key = place.partition(".")
            own = part.document.get(table)
            beside = isinstance(own, Mapping) and key and key.partition(".")[0] not in own
            return None if own is None or (beside and part is not self.files[-1]) else place
        name, number = entry[1], int(entry[2])
        sought, own = self.document[name][number], part.document.get(name)
        numbers = [at for at, each in enumerate(own or ()) if each is sought]
        return f"{name}[{numbers[0]}]{place[entry.end() :]}" if numbers else None
