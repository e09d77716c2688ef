"""Which values of one field a rule takes: sets of values, as the places on a line where membership changes.

The rules of this module:

* A cut is a value and a flag: just before the value, or just after it. Membership flips at every cut.
* One form stands for equality, lists, ranges, prefixes and their negatives, so that they meet, join and turn round
  without a case for each pair of them.
* Whether a missing value is taken is a flag of its own, because a missing value has no place on the line.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

__all__ = ["NOTHING", "Span", "below", "listed", "span_of", "starting"]


class Span(NamedTuple):
    """A set of values of one kind. A named tuple, because tens of thousands are built and hashed for an index.

    Args:
        cuts: Where membership flips, in ascending order: ``(value, False)`` lies just before the value and
            ``(value, True)`` just after it.
        inside: Whether the values below the first cut belong.
        missing: Whether a missing value belongs.

    Example:
        >>> low = below(50, included=False)
        >>> low.holds(49), low.holds(50), low.flipped().holds(50)
        (True, False, True)
    """

    cuts: tuple[tuple[Any, bool], ...]
    inside: bool = False
    missing: bool = False

    def holds(self, value: Any) -> bool:
        """Whether a value belongs. O(log cuts)."""
        return self.inside is not bool(bisect_right(self.cuts, (value, False)) & 1)

    def beyond(self, value: Any) -> bool:
        """Whether the values just above ``value`` belong. O(log cuts)."""
        return self.inside is not bool(bisect_right(self.cuts, (value, True)) & 1)

    def flipped(self) -> Span:
        """Everything else, a missing value included."""
        return Span(self.cuts, not self.inside, not self.missing)

    def known(self) -> Span:
        """The same without a missing value."""
        return Span(self.cuts, self.inside)

    def meet(self, other: Span) -> Span:
        """What belongs to both. O(cuts log cuts)."""
        return self if self == other else _merged(self, other, operator.and_)

    def join(self, other: Span) -> Span:
        """What belongs to either. O(cuts log cuts)."""
        return self if self == other else _merged(self, other, operator.or_)


NOTHING: Final = Span(())
"""No value at all."""


@lru_cache(maxsize=4_096)
def _merged(left: Span, right: Span, rule: Callable[[bool, bool], bool]) -> Span:
    a, b = left.inside, right.inside
    inside = before = rule(a, b)
    of_left, of_right = set(left.cuts), set(right.cuts)
    cuts = []
    for cut in sorted(of_left | of_right):
        a ^= cut in of_left
        b ^= cut in of_right
        if rule(a, b) is not before:
            cuts.append(cut)
            before = not before
    return Span(tuple(cuts), inside, rule(left.missing, right.missing))


def listed(values: Iterable[Any]) -> Span:
    """The values themselves.

    Example:
        >>> listed(["US", "CA"]).holds("CA"), listed([]) == NOTHING
        (True, True)
    """
    return Span(tuple([(value, after) for value in sorted(set(values)) for after in (False, True)]))


def below(value: Any, *, included: bool) -> Span:
    """Everything below a value, and the value itself when ``included``."""
    return Span(((value, included),), inside=True)


def starting(prefix: str) -> Span:
    """The texts that start with a prefix of one character or more.

    They lie together on the line: from the prefix itself to the first text that is behind all of them, which is the
    prefix with its last character raised.

    Example:
        >>> starting("90").cuts
        (('90', False), ('91', False))
    """
    head = prefix.rstrip(_LAST)
    end = (((head[:-1] + chr(ord(head[-1]) + 1)), False),) if head else ()
    return Span(((prefix, False), *end))


_LAST: Final = chr(0x10FFFF)


def span_of(form: str, literal: Any) -> Span:
    """What a question about a field takes.

    Args:
        form: How the question compares: ``==``, ``<=``, ``in``, ``startswith`` ...; ``span`` when it is a span already.
        literal: What it compares with.

    Example:
        >>> span_of(">=", 50).holds(50), span_of("not in", ["US", "CA"]).holds("MX")
        (True, True)
    """
    return _FORMS[form](literal)


_FORMS: Final[Mapping[str, Callable[[Any], Span]]] = {
    "==": lambda value: listed((value,)),
    "!=": lambda value: listed((value,)).flipped().known(),
    "<": lambda value: below(value, included=False),
    "<=": lambda value: below(value, included=True),
    ">": lambda value: below(value, included=True).flipped().known(),
    ">=": lambda value: below(value, included=False).flipped().known(),
    "in": listed,
    "not in": lambda values: listed(values).flipped().known(),
    "startswith": starting,
    "span": lambda span: span,
}
