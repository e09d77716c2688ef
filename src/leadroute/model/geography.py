"""Countries, regions, postal codes and languages: the one form of each spelling.

* A full code says its country itself; any other region is read within the lead's country. Without
  one, a name is read that one place in the world has alone.
* Zeros are given back to a postal code only where a country's codes are digits of one length.
* A language is a tag, which meets every variant of it: ``de`` meets ``de-AT``. A variant meets only itself and what is
  more exact.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from itertools import takewhile
from typing import Any, Final, NamedTuple

from leadroute.model.given import LONGEST_CACHED, Refused, composed, plain_value, typed_text

COUNTRIES = frozenset(
    """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
""".split()
)
"""The 249 assigned codes, and ``XK``, which is in general use for Kosovo."""


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
    """Return the key under which all spellings of a name meet; empty without letters and digits."""
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
    """Return the key most like ``key`` that begins like it; ``None`` when none is near."""
    alike = [each for each in keys if each[:2] == key[:2] and len(each) > 3]
    found = difflib.get_close_matches(key, alike, n=1, cutoff=0.8)
    return found[0] if found else None


def _counts(character: str) -> bool:
    return character.isalnum() or unicodedata.category(character)[0] == "M"


_CACHED: Final = 4_096


def country(given: Any) -> str | None:
    """Return the ISO 3166-1 alpha-2 code of a country, given by code, alpha-3 code or name."""
    if type(given) is str and given in COUNTRIES:
        return given
    if type(given) is str and len(given) <= LONGEST_CACHED:
        return _cached_country(given)
    return _country(given)


def _country(given: Any) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    code = text.upper()
    if code in COUNTRIES:
        return code
    key = fold(text)
    found = _names().get(key)
    if found is not None:
        return found
    both = _shared().get(key)
    if both is not None:
        raise Refused(f"is {text[:40]!r}, which may be {_either(both)}; write one of them")
    near = _near_country(key)
    hint = (
        f"did you mean {near!r}?"
        if near
        else "write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'"
    )
    raise Refused(f"is {text[:40]!r}; {hint}")


_cached_country: Final = lru_cache(_CACHED)(_country)


def _either(codes: tuple[str, ...] | list[str]) -> str:
    return " or ".join(map(repr, codes))


def _entries(table: str) -> list[list[str]]:
    return [entry.split() for entry in table.split(";")]


@cache
def _names() -> Mapping[str, str]:
    from leadroute.model.place_names import NAMES

    return {key: code for code, *keys in _entries(NAMES) for key in keys}


@cache
def _shared() -> Mapping[str, tuple[str, ...]]:
    from leadroute.model.place_names import SHARED

    return {key: tuple(codes) for key, *codes in _entries(SHARED)}


@lru_cache(_CACHED)
def _near_country(key: str) -> str | None:
    names = _names()
    near = near_key(key, names)
    return None if near is None else names[near]


_FULL: Final = r"([A-Z]{2})[-_ ]+(\S.*)"


def region(given: Any, country: str | None = None) -> str | None:
    """Return the ISO 3166-2 code of a region of AU, BR, CA, IN, MX or US, given by code or name."""
    if type(given) is str and len(given) <= LONGEST_CACHED:
        return _cached_region(given, country)
    return _region(given, country)


def policy_region(given: Any, country: str | None = None) -> str | None:
    """Return the region that a policy or rep names: as ``region``, or a unique short code."""
    return _region(given, country, in_policy=True)


def covered_region(given: Any, countries: Iterable[str] = ()) -> str | None:
    """Return a region covered beside countries: in the country that has it, else by itself."""
    only, *others = [*countries, None][:2]
    if only is not None and others == [None]:
        try:
            return policy_region(given, only)
        except Refused:
            pass  # outside of that country
    return policy_region(given)


def _region(given: Any, country: str | None, *, in_policy: bool = False) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    upper = composed(text.upper())
    full = re.fullmatch(_FULL, upper)
    if full is not None and full[1] in COUNTRIES:
        found = _full_region(text, full[1], full[2], country)
        if found is not None:
            return found
    tables = _regions()
    if country is not None and country in tables:
        return _look_up(text, country)
    keys = _keys(text)
    elsewhere = _elsewhere().get(keys[-1])
    if country is not None:
        # What reads as a state of another country says whose it is here.
        if elsewhere is not None and elsewhere.startswith(f"{country}-"):
            return elsewhere
        taken = any(key in table for table in tables.values() for key in keys)
        return f"{country}-{upper}" if taken else upper
    readings = [table[key] for table in tables.values() for key in keys if key in table]
    readings = sorted(set(readings))
    if not readings:
        return upper
    if len(readings) == 1 and elsewhere is None and (in_policy or len(keys[-1]) > 3):
        return readings[0]
    places = list(dict.fromkeys([*readings, *([elsewhere] if elsewhere else [])]))
    remedy = "write one of them" if len(places) > 1 else "write it so"
    raise Refused(
        f"is {text[:40]!r}, which without a country may be {_either(places)}; {remedy}, or give the country (--country)"
    )


_cached_region: Final = lru_cache(_CACHED)(_region)


def _full_region(text: str, prefix: str, rest: str, country: str | None) -> str | None:
    """Return the region of a text that begins like a full code; ``None`` when it is none."""
    table = _regions().get(prefix)
    if table is None:
        short = len(rest) <= 3 or country in (None, prefix)  # and not a name such as La-Rioja
        return f"{prefix}-{rest}" if short else None
    found = next((table[key] for key in _keys(rest) if key in table), None)
    if found is None and any(map(str.isdigit, rest)):
        return f"{prefix}-{rest}"  # no code of theirs has a digit: it is the caller's own
    return _look_up(text, prefix) if found is None and country in (None, prefix) else found


def _look_up(text: str, country: str) -> str:
    table = _regions()[country]
    for key in _keys(text):
        if key in table:
            return table[key]
    near = near_key(_keys(text)[-1], table)
    hint = (
        f"did you mean {table[near]!r}?" if near else f"write a code such as {_SAMPLES[country]!r}"
    )
    raise Refused(f"is {text[:40]!r}, which is not a region of {country}; {hint}")


_SAMPLES: Final = {
    "AU": "AU-NSW",
    "BR": "BR-SP",
    "CA": "CA-ON",
    "IN": "IN-MH",
    "MX": "MX-JAL",
    "US": "US-CA",
}


def _keys(text: str) -> tuple[str, ...]:
    """Return the keys of a region: a bare code first, because LA and DE are small words as well."""
    return text.lower(), fold(text)


@cache
def _regions() -> Mapping[str, Mapping[str, str]]:
    from leadroute.model.place_names import REGIONS

    tables: dict[str, dict[str, str]] = {}
    for code, *keys in _entries(REGIONS):
        tables.setdefault(code[:2], {}).update(dict.fromkeys(keys, code))
    return tables


@cache
def _elsewhere() -> Mapping[str, str]:
    from leadroute.model.place_names import ELSEWHERE

    return dict(_entries(ELSEWHERE))


class _Digits(NamedTuple):
    """Postal codes of digits alone.

    Args:
        length: How many digits each has.
        zeros: With how many zeros they begin at most.
        hyphen: Behind how many digits a hyphen stands; 0 for none.
    """

    length: int
    zeros: int = 0
    hyphen: int = 0


_ZIP: Final = frozenset("US PR VI GU AS MP".split())
_POSTAL: Final[Mapping[str, _Digits]] = {
    **dict.fromkeys("FI IT KE LK PR US VI".split(), _Digits(5, 2)),
    **dict.fromkeys("DE DZ ES FR GT KR LA LT MM MX MY PE SK TR UA".split(), _Digits(5, 1)),
    **dict.fromkeys("AU DK GE NZ PH".split(), _Digits(4, 1)),
    **dict.fromkeys("NO ZA".split(), _Digits(4, 3)),
    **dict.fromkeys("CN CO EC KZ RO SG".split(), _Digits(6, 1)),
    **dict.fromkeys("AT BD BE BG CH CY HU LI LU SI TN".split(), _Digits(4)),
    **dict.fromkeys("AS CZ EE GR GU HR ID MA MP SE TH".split(), _Digits(5)),
    **dict.fromkeys("BY IN KG RU TJ UZ".split(), _Digits(6)),
    "BR": _Digits(8, 1, 5),
    "JP": _Digits(7, 2, 3),
    "PL": _Digits(5, 0, 2),
    "PT": _Digits(7, 0, 4),
}
_SIGNS: Final = {
    "AT": "A",
    "BE": "B",
    "DE": "D",
    "ES": "E",
    "FI": "FIN",
    "FR": "F",
    "IT": "I",
    "LU": "L",
}
"""What stands before the codes of a country beside its own code, as in ``D-01067``."""

_SPACED: Final = (
    "[A-Z]{1,2}[0-9][A-Z0-9]?(?=[0-9][A-Z]{2}$)|[A-Z][0-9][A-Z](?=[0-9][A-Z][0-9]$)"
    "|[0-9]{4}(?=[A-Z]{2}$)|[AC-Y][0-9][0-9W](?=[0-9AC-Y]{4}$)"
)
_AS_NUMBER: Final = r"([0-9]+)\.0+"


def postal_code(given: Any, country: str | None = None) -> str | None:
    """Return a postal code as its country writes it, in upper case, with the zeros it has lost."""
    if type(given) is str:
        return (_cached_code if len(given) <= LONGEST_CACHED else _postal_code)(given, country)
    given = plain_value(given)
    if isinstance(given, int | float) and not isinstance(given, bool) and given == given // 1:
        if country not in _POSTAL:
            raise Refused(
                f"is the number {given}; write text, because a number loses leading zeros"
            )
        given = str(int(given))
    return _postal_code(given, country)


def _postal_code(given: Any, country: str | None) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    code = " ".join(composed(text.upper()).split())
    number = re.fullmatch(_AS_NUMBER, code)
    if country is not None and country in _POSTAL:
        return _digits(number[1] if number else code, text, country)
    if number is not None:
        raise Refused(
            f"is {text[:20]!r}, a number that may have lost zeros; write the code as text"
        )
    bare = code.replace(" ", "")
    spaced = re.match(_SPACED, bare)
    if spaced is not None:
        return f"{spaced[0]} {bare[spaced.end() :]}"
    if country == "NL" and bare.isdigit() and len(bare) <= 4:
        raise Refused(f"is {text[:20]!r}; write the four digits and two letters of NL, '1011 AB'")
    return code


_cached_code: Final = lru_cache(_CACHED)(_postal_code)


def _digits(code: str, text: str, country: str) -> str:
    length, zeros, hyphen = _POSTAL[country]
    for sign in (country, _SIGNS.get(country, country)):
        code = code.removeprefix(sign).lstrip(" -") if code.startswith(f"{sign}-") else code
    code, suffix = _zip(code) if country in _ZIP else (code, "")
    digits = code.replace(" ", "").replace("-", "")
    lost = length - len(digits)
    if not (digits.isascii() and digits.isdigit() and 0 <= lost <= zeros):
        if country == "KZ" and not digits.isdigit():
            return code  # the newer codes have letters
        raise Refused(f"is {text[:20]!r}; write the {length} digits of a code of {country}")
    whole = digits.zfill(length)
    return f"{whole[:hyphen]}-{whole[hyphen:]}" if hyphen else whole + suffix


def _zip(code: str) -> tuple[str, str]:
    """Return a ZIP code and its four more digits with the hyphen."""
    five, hyphen, four = code.partition("-")
    if hyphen and len(four) == 4 and four.isdigit():
        return five, f"-{four}"
    return (code[:5], f"-{code[5:]}") if len(code) == 9 and code.isdigit() else (code, "")


def zeros_restored(given: Any, found: str | None) -> bool:
    """Return whether ``postal_code`` gave zeros back: ``found`` has more digits than given."""
    written = str(plain_value(given)).strip()
    number = re.fullmatch(_AS_NUMBER, written)
    before = sum(map(str.isdigit, number[1] if number else written))
    return found is not None and sum(map(str.isdigit, found)) > before


def language(given: Any) -> str | None:
    """Return the language tag of a language, given by tag or name."""
    if type(given) is str and len(given) <= LONGEST_CACHED:
        return _cached_language(given)
    return _language(given)


def _language(given: Any) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    found = _tag(text) or _languages().get(fold(text)) or _variant(text)
    if found is not None:
        return _ONE_FORM.get(found, found)
    key = fold(text)
    names = _languages()
    near = near_key(key, names)
    hint = (
        f"did you mean {names[near]!r}?" if near else "write a language tag such as 'en' or 'pt-BR'"
    )
    raise Refused(f"is {text[:40]!r}, which is not a language; {hint}")


_cached_language: Final = lru_cache(_CACHED)(_language)

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
    return _OLD_COUNTRIES.get(part.upper(), part.upper()) if len(part) in (2, 3) else part


_OLD_COUNTRIES: Final = {"UK": "GB"}
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
    named = _languages().get(fold(shape[1])) or _tag(shape[1])
    variant = shape[2] or shape[3]
    form = _FORMS.get(fold(variant))
    try:
        form = form or country(variant)
    except Refused:
        return None
    return None if named is None or form is None or "-" in named else f"{named}-{form}"


@cache
def _languages() -> Mapping[str, str]:
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
