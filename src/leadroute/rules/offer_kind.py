"""The kinds of offers: to one rep, to several at once, to all of them, or to nobody but as a suggestion."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from attrs import frozen

from leadroute.errors import ConfigError
from leadroute.model.duration import format_duration, parse_duration

MOST: Final = 50
"""How many offers of one lead are open at once, at most."""

_KINDS: Final = (
    "'exclusive', 'parallel 3', 'parallel 3, one more every 10s', 'broadcast', 'pull' or 'suggest'"
)
_PARALLEL: Final = re.compile(
    r"parallel\s{1,3}(\d{1,9})(?:\s{0,3},\s{0,3}one\s{1,3}more\s{1,3}every\s{1,3}(.{1,40}))?",
    re.ASCII,
)


@frozen
class OfferKind:
    """To how many reps a lead is offered at once.

    Its text is what a rule says; ``offer_kind`` reads it.

    Args:
        name: ``exclusive``, ``parallel``, ``broadcast``, ``pull`` or ``suggest``.
        most: How many offers of a lead are open at once, at most; 0 where nobody is asked.
        every: The time after which one more rep is asked; ``None`` asks all at once.

    Example:
        >>> str(offer_kind("parallel 3, one more every 10 seconds"))
        'parallel 3, one more every 10s'
    """

    name: str
    most: int
    every: timedelta | None = None

    @property
    def first(self) -> int:
        """The number of reps who are asked when nobody has an offer."""
        return self.most if self.every is None else 1

    def __str__(self) -> str:
        if self.name != "parallel":
            return self.name
        more = "" if self.every is None else f", one more every {format_duration(self.every)}"
        return f"parallel {self.most}{more}"


EXCLUSIVE: Final = OfferKind("exclusive", 1)
BROADCAST: Final = OfferKind("broadcast", MOST)
PULL: Final = OfferKind("pull", 0)
SUGGEST: Final = OfferKind("suggest", 0)
_NAMED: Final = {kind.name: kind for kind in (EXCLUSIVE, BROADCAST, PULL, SUGGEST)}


def offer_kind(given: Any) -> OfferKind:
    """Return a kind of offers from its text form.

    Raises:
        ConfigError: There is no such kind, or its number or time is out of range.

    Example:
        >>> offer_kind("parallel 3").most
        3
    """
    if isinstance(given, OfferKind):
        return offer_kind(str(given))
    text = given.strip().lower() if isinstance(given, str) else ""
    if text in _NAMED:
        return _NAMED[text]
    found = _PARALLEL.fullmatch(text)
    if found is None:
        raise ConfigError(f"is {given!r:.60}; write {_KINDS}")
    most = int(found[1])
    if not most:
        raise ConfigError(f"'{text:.40}' asks nobody; write {_KINDS}")
    if most == 1:
        problem = "asks one rep at a time; write 'exclusive', or how many may have it at once"
        raise ConfigError(f"'{text:.40}' {problem}, as in 'parallel 3'")
    if most > MOST:
        problem = f"asks more than {MOST} reps at once; write 'parallel {MOST}' or 'broadcast'"
        raise ConfigError(f"'{text:.40}' {problem}")
    every = None if found[2] is None else parse_duration(found[2])
    if every is not None and not every:
        raise ConfigError(f"'{text:.40}' waits 0s; leave ', one more every 0s' out")
    return OfferKind("parallel", most, every)
