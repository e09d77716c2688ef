"""E-mail addresses, domains and phone numbers.

A refusal never repeats an e-mail address or a phone number.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, Final

from leadroute.model.given import LONGEST_CACHED, Refused, composed, typed_text, withheld

_CACHED: Final = 4_096
# Possessive, because a pattern that goes back over a domain takes three times as long.
_PLAIN_EMAIL: Final = re.compile(
    r"[A-Za-z0-9_.+-]++@(?:[A-Za-z0-9]++(?:-[A-Za-z0-9]++)*+\.)++[A-Za-z]++"
)
_BLANK: Final = " \t\r\n\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_NAMED: Final = r"[^<>@]*<([^<>]+)>"
_EMAIL: Final = "is not an e-mail address (value withheld); write it like 'name@example.com'"


def email(given: Any) -> str | None:
    """Return an e-mail address in lower case, its domain in ASCII."""
    if type(given) is str and len(given) <= 64 and _PLAIN_EMAIL.fullmatch(given):
        return given if given.islower() else given.lower()
    text = typed_text(given, withheld)
    if text is None:
        return None
    named = re.fullmatch(_NAMED, text.strip(_BLANK))
    address = (named[1] if named else text).strip(_BLANK)
    if address[:7].lower() == "mailto:":
        address = address[7:].partition("?")[0].strip(_BLANK)
    local, _, host = address.rpartition("@")
    found = _ascii(host)
    if not local or found is None or re.search(_UNFIT, local) or len(address) > 254:
        raise Refused(_EMAIL)
    return f"{composed(local.lower())}@{found}"


_UNFIT: Final = r"[\s@,;:<>()\[\]\\\"\u200b-\u200f\u2060\ufeff]"


def domain(given: Any) -> str | None:
    """Return a domain in lower case and ASCII, given by itself or as the address of a website."""
    if type(given) is str and len(given) <= LONGEST_CACHED:
        return _cached_domain(given)
    return _domain(given)


_SCHEME: Final = r"(?:https?:)?//"


def _domain(given: Any) -> str | None:
    text = typed_text(given)
    if text is None:
        return None
    name = text.strip(_BLANK)
    scheme = re.match(_SCHEME, name, re.IGNORECASE)
    if scheme is not None:
        name = name[scheme.end() :].rpartition("@")[2] if "@" in name else name[scheme.end() :]
    host = re.split(r"[/?#]", name, maxsplit=1)[0]
    found = _ascii(re.sub(r":\d{1,5}$", "", host))
    if found is None or "." not in found:
        raise Refused(f"is {text[:60]!r}; write a domain such as 'example.com'")
    while found.startswith("www.") and "." in found[4:]:
        found = found[4:]
    return found


_cached_domain: Final = lru_cache(_CACHED)(_domain)

_DOTS: Final = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))


@lru_cache(_CACHED)
def _ascii(name: str) -> str | None:
    """Return a domain in ASCII; ``None`` when it is none, or the address of a machine."""
    labels = [_label(label) or "" for label in name.translate(_DOTS).rstrip(".").split(".")]
    found = ".".join(labels)
    registered = not labels[-1].isdigit() and "_" not in "".join(labels[-2:])
    return found if all(labels) and registered and len(found) <= 253 else None


_KEPT: Final = "\u00df\u03c2\u200c\u200d"
"""What IDNA 2008 tells apart: the German sharp s, the Greek final sigma, and Indian joiners."""
_IGNORABLE: Final = (
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def _label(label: str) -> str | None:
    """Return a label as IDNA 2008 has it, but for rules on neighbors; ``None`` when it is none."""
    found = label.lower()
    if not label.isascii():
        plain = "".join(
            [c if c in _KEPT else unicodedata.normalize("NFKC", c).casefold() for c in label]
        )
        plain = unicodedata.normalize("NFKC", plain)
        if re.search(_IGNORABLE, plain) or not all(map(_fits, " " + plain, plain)):
            return None
        found = plain if plain.isascii() else f"xn--{plain.encode('punycode').decode()}"
    plain_ascii = all(c.isalnum() or c in "-_" for c in found)
    if not 1 <= len(found) <= 63 or not plain_ascii or "-" in found[0] + found[-1]:
        return None
    return None if label.isascii() and found[:4] == "xn--" and not _decodes(found) else found


def _decodes(label: str) -> bool:
    """Return whether a label in ASCII stands for another one that gives it back."""
    try:
        return _label(label[4:].encode().decode("punycode")) == label
    except UnicodeError:
        return False


def _fits(before: str, character: str) -> bool:
    """Return whether a character can stand in a label behind another one, or a blank."""
    if character in "\u200c\u200d":
        return unicodedata.combining(before) == 9  # behind a virama alone
    kind = unicodedata.category(character)
    return kind[0] == "L" or kind == "Nd" or character == "-" or (kind[0] == "M" and before != " ")


_DIALED: Final = frozenset("+(0123456789")
_PLAIN_PHONE: Final = re.compile(r"[0-9 ().+/-]{2,40}(?<! )").fullmatch
_PREFIX: Final = r"(?:(?:'|p:|tel:|callto:)\s*)+"
_SHORTENED: Final = r"\d(?:[.,]\d+)?E\+?\d+"


def phone(given: Any) -> str | None:
    """Return a phone number as given, without what a program has put before it."""
    if type(given) is str and given[:1] in _DIALED and _PLAIN_PHONE(given):
        return given
    text = typed_text(given, withheld)
    if text is None:
        return None
    prefix = re.match(_PREFIX, text, re.IGNORECASE)
    found = typed_text(text[prefix.end() :]) if prefix else text
    if found is not None and re.fullmatch(_SHORTENED, found, re.IGNORECASE):
        raise Refused("is a number that a spreadsheet has shortened; show it as text and export it")
    return found
