"""One key for the spellings of a name: letter case, accents, punctuation, small words and blanks do not count."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_SPELLED: Final = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "\u0131": "i",
        "&": " and ",
        **dict.fromkeys("'\u2019\u2018\u02bc\u02bb`\u00b4", ""),
    }
)
# The marks of Latin, Greek, Cyrillic, Hebrew and Arabic letters; vowel signs of Indian scripts are letters.
_MARKS: Final = "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\u200c-\u200f\ufeff]"
_SMALL: Final = frozenset(("the", "of", "de", "la", "and", "y"))


def fold(name: str) -> str:
    """Return the key under which all spellings of a name meet; empty when it has no letters and digits."""
    plain = unicodedata.normalize("NFKD", name.translate(_SPELLED).casefold().translate(_SPELLED))
    words = "".join([c if _counts(c) else " " for c in re.sub(_MARKS, "", plain)]).split()
    # Single letters side by side are one word: the Y of N.Y. is no "and".
    large = [
        word
        for before, word, after in zip(["", *words], words, [*words[1:], ""], strict=False)
        if word not in _SMALL or (word == "y" and 1 in (len(before), len(after)))
    ]
    return "".join(["saint" if word == "st" else word for word in large or words])


def near_key(key: str, keys: Iterable[str]) -> str | None:
    """Return the key most like ``key`` that begins like it, for a remedy to name; ``None`` when none is near."""
    alike = [each for each in keys if each[:2] == key[:2] and len(each) > 3]
    found = difflib.get_close_matches(key, alike, n=1, cutoff=0.8)
    return found[0] if found else None


def _counts(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"
