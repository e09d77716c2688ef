"""Dispositions: the words of feedback, and what each of them ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from unicodedata import normalize

from attrs import field, frozen

from leadroute.errors import ConfigError, nearest
from leadroute.model.guidance import guided
from leadroute.model.validation import Refused, word

__all__ = ["DISPOSITIONS", "Disposition", "check_dispositions", "find_disposition"]


def _word(given: Any) -> str:
    try:
        found = word(given)
    except Refused as refused:
        raise ConfigError(f"a word of feedback {refused}") from None
    if not _plain(found):
        raise ConfigError(f"{given!r:.60} has neither a letter nor a digit; write a word")
    return found


def _words(given: str | Iterable[str]) -> tuple[str, ...]:
    listed = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else given
    return tuple(map(_word, listed))


@guided
@frozen
class Disposition:
    """One word that feedback may use, and what it means for the lead.

    Args:
        name: The word, up to 80 characters; it is what placements and events keep.
        closes: Whether it ends the work on the lead, and so frees its rep; default ``False``.
        won: Whether it counts as a win; default ``False``. What wins also closes.
        spellings: Other words that mean the same, such as those of a CRM.

    Raises:
        ConfigError: A word cannot be kept, or it wins without closing.

    Example:
        >>> Disposition("won", closes=True, won=True, spellings=["Closed Won"]).spellings
        ('Closed Won',)
    """

    name: str = field(converter=_word)
    closes: bool = field(default=False, kw_only=True)
    won: bool = field(default=False, kw_only=True)
    spellings: tuple[str, ...] = field(default=(), converter=_words, kw_only=True)

    def __attrs_post_init__(self) -> None:
        for name in ("closes", "won"):
            if type(getattr(self, name)) is not bool:
                raise ConfigError(f"{name} is {getattr(self, name)!r:.40}; write true or false")
        if self.won and not self.closes:
            raise ConfigError(f"{self.name!r} wins and does not close; write closes = true too")


def _plain(given: str) -> str:
    """A word as it is compared: letters and digits alone, in one case."""
    return "".join(filter(str.isalnum, normalize("NFKC", given).casefold()))


@lru_cache(maxsize=64)
def _by_word(dispositions: Sequence[Disposition]) -> Mapping[str, Disposition]:
    found: dict[str, Disposition] = {}
    for each in dispositions:
        for said in (each.name, *each.spellings):
            other = found.setdefault(_plain(said), each)
            if other is not each:
                both = f"the dispositions {other.name!r} and {each.name!r} both mean {said!r}"
                raise ConfigError(f"{both}; give each words of its own")
    return found


def check_dispositions(dispositions: tuple[Disposition, ...]) -> None:
    """Refuse dispositions that feedback could not tell apart.

    Raises:
        ConfigError: There are none, or two mean the same word.
    """
    if not dispositions:
        raise ConfigError("there are no dispositions; list one that closes, or leave them out")
    _by_word(dispositions)


def find_disposition(dispositions: tuple[Disposition, ...], status: str) -> Disposition:
    """Return the disposition that a word of feedback means, whatever its case, blanks and punctuation.

    Args:
        dispositions: Those of the policy.
        status: The word.

    Raises:
        Refused: It means none; the message names the nearest word, or all of them where none is near. It does not
            repeat the word, which may be free text about a person.

    Example:
        >>> find_disposition(DISPOSITIONS, " CLOSED-WON").name
        'won'
    """
    known = _by_word(dispositions)
    plain = _plain(word(status))
    found = known.get(plain)
    if found is not None:
        return found
    near = max(_within(status, known), key=len, default=None) or nearest(plain, known)
    if near is not None:
        remedy = f"did you mean {known[near].name!r}?"
    else:
        remedy = f"the policy lists {', '.join(each.name for each in dispositions)}"
    raise Refused(f"is not a disposition of the policy; {remedy}")


def _within(status: str, known: Mapping[str, Disposition]) -> Iterator[str]:
    """The known words that stand in a longer text, such as ``Closed Lost`` in ``Closed-Lost to a competitor``."""
    words = [*filter(None, map(_plain, re.split(r"[\W_]+", status)))]
    for first in range(len(words)):
        for last in range(first + 1, min(first + MOST_WORDS, len(words)) + 1):
            joined = "".join(words[first:last])
            if joined in known:
                yield joined


MOST_WORDS: Final = 4
"""How many words in a row are taken for one that the policy lists."""

DISPOSITIONS: Final = (
    Disposition("in progress"),
    Disposition("meeting"),
    Disposition("won", closes=True, won=True, spellings=["closed won"]),
    Disposition("lost", closes=True, spellings=["closed lost"]),
    Disposition("unqualified", closes=True, spellings=["disqualified"]),
    Disposition("duplicate", closes=True),
    Disposition("spam", closes=True),
    Disposition("closed", closes=True),
)
"""The dispositions of a policy that lists none."""
