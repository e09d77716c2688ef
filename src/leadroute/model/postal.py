"""Postal codes as text: beginnings and ranges of them.

A range holds both its ends, and whatever begins with its last one. A range of numbers holds only codes that begin
with as many digits.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from attrs import frozen

from leadroute.model.validation import Refused, shown, upper
from leadroute.model.values import country

_REMEDY = "write a beginning such as 'DE:10', or a range such as 'DE:10000..19999'"


def squashed(code: str) -> str:
    """A postal code without spaces and hyphens."""
    return code.replace(" ", "").replace("-", "")


@frozen(order=True)
class Stretch:
    """Postal codes from ``first`` to ``last`` of one country, or of any."""

    country: str
    first: str
    last: str

    @property
    def prefix(self) -> str:
        """How all of them begin."""
        shared = 0
        for one, other in zip(self.first, self.last, strict=False):
            if one != other:
                break
            shared += 1
        return self.first[:shared]

    def holds(self, country: str | None, code: str) -> bool:
        """Whether a code of a country is one of them. O(1)."""
        if not code or (self.country and self.country != country):
            return False
        if self.counted and not (len(code) >= len(self.last) and code[: len(self.last)].isdigit()):
            return False
        return self.first <= code and (code <= self.last or code.startswith(self.last))

    @property
    def counted(self) -> bool:
        """Whether it is a range of numbers of the same length."""
        both = self.first + self.last
        return self.first != self.last and len(self.first) == len(self.last) and both.isdigit()

    def meets(self, other: Stretch) -> bool:
        """Whether some code can be in both."""
        if self.country and other.country and self.country != other.country:
            return False
        return self.first <= other.last + "\uffff" and other.first <= self.last + "\uffff"

    def __str__(self) -> str:
        codes = self.first if self.first == self.last else f"{self.first}..{self.last}"
        return f"{self.country}:{codes}" if self.country else codes


def postal(given: Any) -> str:
    """A cleaner for beginnings and ranges of postal codes."""
    head, colon, rest = (upper(given) or "").rpartition(":")
    code = country(head) if colon else ""
    first, dots, last = map(squashed, rest.partition(".."))
    last = last if dots else first
    plain = (first + last).isalnum() and (first + last).isascii() and bool(first) and bool(last)
    if code is None or not plain:
        raise Refused(f"hold {shown(given)}; {_REMEDY}")
    if first > last:
        raise Refused(f"hold {shown(given)}, which ends before it begins; {_REMEDY}")
    return str(Stretch(code, first, last))


@lru_cache(maxsize=65_536)
def stretch(written: str) -> Stretch:
    """The stretch that a cleaned text stands for."""
    head, _, rest = written.rpartition(":")
    first, dots, last = rest.partition("..")
    return Stretch(head, first, last if dots else first)
