"""Languages as tags, and which tags meet.

A tag meets every variant of it: ``de`` meets ``de-AT``. A variant meets only itself and what is more exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any, Final

from leadroute.model.geography import COUNTRIES, country, fold, near_key
from leadroute.model.given import LONGEST_CACHED, Refused, typed_text

_CACHED: Final = 4_096


def language(given: Any) -> str | None:
    """Return the language tag of a language, given by tag or name."""
    if type(given) is str and len(given) <= LONGEST_CACHED:
        return _cached(given)
    return _language(given)


def _language(given: Any) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    found = _tag(text) or _names().get(fold(text)) or _variant(text)
    if found is not None:
        return _ONE_FORM.get(found, found)
    key = fold(text)
    names = _names()
    near = near_key(key, names)
    hint = (
        f"did you mean {names[near]!r}?" if near else "write a language tag such as 'en' or 'pt-BR'"
    )
    raise Refused(f"is {text[:40]!r}, which is not a language; {hint}")


_cached: Final = lru_cache(_CACHED)(_language)

_SHAPE: Final = r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*"
_ONE_FORM: Final = {
    "zh-Hans-CN": "zh-CN",
    "zh-Hans-SG": "zh-SG",
    "zh-Hant-HK": "zh-HK",
    "zh-Hant-MO": "zh-MO",
    "zh-Hant-TW": "zh-TW",
    "zh-CHS": "zh-Hans",
    "zh-CHT": "zh-Hant",
    "es-LA": "es-419",  # as Facebook has it; few speak Spanish in Laos
    "es-XL": "es-419",
}


def _tag(text: str) -> str | None:
    """Return the tag in its customary case; ``None`` when it is none."""
    tag = text.replace("_", "-")
    if not re.fullmatch(_SHAPE, tag):
        return None
    primary, *rest = tag.lower().split("-")
    if (
        rest
        and len(rest[0]) == 3
        and rest[0].isalpha()
        and (rest[0] in _old_tags() or rest[0] in _primary())
    ):
        primary = rest.pop(0)  # zh-yue is yue
    primary = _old_tags().get(primary, primary)
    if primary.partition("-")[0] not in _primary():
        return None
    # What follows a single letter is an extension, of which anything may be said.
    plain = [_cased(part) for part in takewhile(lambda part: len(part) > 1, rest)]
    found = "-".join([primary, *plain, *rest[len(plain) :]])
    return found if all(map(_is_known, plain)) or found in _ONE_FORM else None


_SCRIPTS: Final = frozenset(
    """
    Adlm Arab Armn Beng Cans Cher Cyrl Deva Ethi Geor Grek Gujr Guru Hans Hant Hebr Hira Jpan Kana Khmr Knda Kore Laoo
    Latn Mlym Mong Mymr Nkoo Olck Orya Rohg Sinh Syrc Taml Telu Tfng Thaa Thai Tibt Vaii Yiii
    """.split()
)
_VARIANTS: Final = frozenset(
    "1901 1994 1996 ekavsk ijekavsk oxendict polyton posix tarask valencia".split()
)


def _is_known(part: str) -> bool:
    """Return whether a part of a tag is a country, an area, a script or a variant."""
    if len(part) == 2:
        return part in COUNTRIES
    return part in _SCRIPTS or part in _VARIANTS or (len(part) == 3 and part.isdigit())


def _cased(part: str) -> str:
    if len(part) == 4 and part.isalpha():
        return part.title()
    return _REGIONS.get(part.upper(), part.upper()) if len(part) in (2, 3) else part


_REGIONS: Final = {"UK": "GB"}
_VARIANT: Final = r"(.+?)(?:\s*\((.+)\)|\s+[-\u2013\u2014]\s+(.+))"
_FORMS: Final = {
    "simplified": "Hans",
    "traditional": "Hant",
    "latin": "Latn",
    "cyrillic": "Cyrl",
    "arabic": "Arab",
    "latinamerica": "419",
}


def _variant(text: str) -> str | None:
    """Return the tag of a name with its variant, such as ``German (Austria)``."""
    shape = re.fullmatch(_VARIANT, text)
    if shape is None:
        return None
    named = _names().get(fold(shape[1])) or _tag(shape[1])
    variant = shape[2] or shape[3]
    form = _FORMS.get(fold(variant))
    try:
        form = form or country(variant)
    except Refused:
        return None
    return None if named is None or form is None or "-" in named else f"{named}-{form}"


@cache
def _names() -> Mapping[str, str]:
    from leadroute.model.language_names import NAMES

    return {
        key: tag for entry in NAMES.split(";") for tag, *keys in [entry.split()] for key in keys
    }


@cache
def _old_tags() -> Mapping[str, str]:
    from leadroute.model.language_names import OLD_TAGS

    return dict(entry.split() for entry in OLD_TAGS.split(";"))


@cache
def _primary() -> frozenset[str]:
    from leadroute.model.language_names import PRIMARY

    return frozenset(PRIMARY.split())


_WITHIN: Final = {
    "nb": "no",
    "nn": "no",
    "zh-CN": "zh-Hans",
    "zh-SG": "zh-Hans",
    "zh-HK": "zh-Hant",
    "zh-MO": "zh-Hant",
    "zh-TW": "zh-Hant",
}
"""Variants of which the tag does not say what they are a variant of."""


@lru_cache(_CACHED)
def meeting(tag: str) -> tuple[str, ...]:
    """Return the tags that a language meets: itself, and what it is a variant of, closest first."""
    found = [tag]
    while wider := _WITHIN.get(found[-1]) or found[-1].rpartition("-")[0]:
        found.append(wider)
    return tuple(found)


def narrower(tag: str) -> tuple[str, ...]:
    """Return the variants of a language that do not begin with its tag, as ``nb`` of ``no``."""
    return tuple(narrow for narrow, wide in _WITHIN.items() if wide == tag)


def speaks(tag: str | None, wanted: Iterable[str]) -> bool:
    """Return whether a language meets one of the tags."""
    return tag is not None and not frozenset(wanted).isdisjoint(meeting(tag))
