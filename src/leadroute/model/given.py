"""What a caller, a file or a policy holds, before it is read: plain Python for it, numbers, instants, and addresses.

* There is one rule for each value, here and in ``geography``. Each function returns the normal form,
  ``None`` when nothing is known, or raises ``Refused`` with a text that completes "<field> ...": what is wrong, and
  what to write instead.
* A refusal never repeats an e-mail address or a phone number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from datetime import timezone as fixed
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from math import inf
from numbers import Integral, Number, Real
from typing import Any, Final
from zoneinfo import ZoneInfo

from leadroute.errors import ConfigError

LONGEST_TEXT: Final = 4_096


class Refused(Exception):
    """A cleaner's answer to a value that it cannot accept; the text completes "<field> ..."."""


def shown(given: Any) -> str:
    """Return what was given, as a message repeats it: at most 60 characters."""
    try:
        return f"{given!r:.60}"
    except ValueError:  # an int of more digits than Python prints
        return "too long to show"


def withheld(_given: Any) -> str:
    """Return what stands for personal data in a message."""
    return "withheld (personal data)"


_UNKNOWN: Final = frozenset(("-", "--", "n/a", "unknown", "none"))
_NO_VALUE: Final = frozenset(("NAType", "NaTType"))


def missing(value: Any, typed: bool) -> bool:
    """Return whether a value says that nothing is known."""
    if isinstance(value, str):
        word = value.strip()
        return not word or (typed and len(word) <= 7 and word.casefold() in _UNKNOWN)
    if value is None or type(value).__name__ in _NO_VALUE:
        return True
    if isinstance(value, Decimal):  # comparing a signaling NaN raises
        return value.is_nan()
    return isinstance(value, Number) and bool(value != value)  # NaN alone is not itself


def plain_value(given: Any) -> Any:
    """Return the plain value of an enum member, a numpy scalar, or a mark for what is missing."""
    if isinstance(given, Enum):
        given = given.value
    if type(given).__module__ == "numpy" and getattr(given, "shape", None) == ():
        if type(given).__name__ == "datetime64":  # its nanoseconds would come out as a plain number
            given = given.astype("datetime64[us]")
        given = given.item()
    if isinstance(given, str):
        return given if type(given) is str else str.__str__(given)
    return None if missing(given, typed=False) else given


def composed(text: str) -> str:
    """Return a text in normal form C, so that an accented letter is one character."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def text_of(given: Any, show: Callable[[Any], str] = shown) -> str:
    """Return text in normal form C without blanks around it; empty when nothing is known."""
    if type(given) is not str:
        given = plain_value(given)
        if given is None:
            return ""
        if not isinstance(given, str):
            raise Refused(f"is {show(given)} of type {type(given).__name__}; write text")
    if len(given) > LONGEST_TEXT:
        raise Refused(f"has {len(given)} characters; write at most {LONGEST_TEXT}")
    if "\0" in given or not (given.isascii() or _encodable(given)):
        raise Refused("holds a NUL or half a surrogate pair, which databases refuse; remove it")
    return composed(given).strip()


def _encodable(given: str) -> bool:
    try:
        given.encode()
    except UnicodeEncodeError:
        return False
    return True


LONGEST_CACHED: Final = 80  # longer texts are read again each time, so that nothing large is kept


def typed_text(given: Any, show: Callable[[Any], str] = shown) -> str | None:
    """Return text for a field with a form of its own; ``None`` when ``missing``."""
    found = text_of(given, show)
    return None if missing(found, typed=True) else found


_LARGEST: Final = 2**63 - 1
_EXACT: Final = 2**53
_LONGEST: Final = 40
_BLANKS: Final = dict.fromkeys(map(ord, "\u00a0\u2009\u202f\t'\u2019"), " ")
_CURRENCIES: Final = (
    "AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR JPY KES KRW MXN MYR NGN NOK NZD "
    "PEN PHP PKR PLN RMB RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD VND ZAR TL RM Rp R"
)
_CURRENCY: Final = (
    r"(?:(?:US|AU|CA|NZ|HK|MX|NT|[ACSR])?[$\u00a2-\u00a5\u20a0-\u20c0]|"
    + "|".join(_CURRENCIES.split())
    + r"|Rs\.?|Fr\.?|kr\.?|z\u0142|K\u010d|Ft)"
)
_CURRENCY_BEFORE: Final = rf"^{_CURRENCY}(?=[ \d.,+-])"
_CURRENCY_BEHIND: Final = rf"(?<=[ \d.,]){_CURRENCY}$"
_FLOAT: Final = r"[+-]?(\d+\.?\d*|\.\d+)e[+-]?\d{1,3}"
_SHORTENED: Final = r"[+-]?\d[.,]?\d*E[+-]?\d+"
_REMEDY: Final = "write plain digits such as 1000 or 1000.5, or leave it empty when it is not known"


def number(given: Any, decimal: str | None = None) -> int | float | None:
    """Return a number, given as any number of Python's or numpy's, or as text."""
    kind = type(given)
    if kind is not int and kind is not float:
        given = plain_value(given)
        if isinstance(given, str):
            text = typed_text(given)
            return None if text is None else _bounded(_read(text, decimal))
        if given is None:
            return None
    if isinstance(given, bool) or not isinstance(given, Real | Decimal):
        raise Refused(f"is {shown(given)} of type {type(given).__name__}; write a number")
    return _bounded(given)


def _bounded(given: Any) -> int | float | None:
    try:
        found = int(given) if isinstance(given, Integral) else float(given)
    except OverflowError:  # a fraction of huge parts
        found = inf
    if found != found:  # NaN alone is not itself
        return None
    if not abs(found) <= _LARGEST:
        raise Refused("is infinite or too large; write one below 2**63")
    return found


def _read(text: str, decimal: str | None) -> int | float:
    if decimal not in (None, ".", ","):
        raise ConfigError(f"decimal is {shown(decimal)}; write '.' or ','")
    if re.fullmatch(_SHORTENED, text, re.ASCII):
        remedy = "show the column as a number and export it again"
        raise Refused(f"is {text[:40]!r}, which a spreadsheet has shortened; {remedy}")
    if re.fullmatch(_FLOAT, text, re.ASCII):
        return _whole(float(text))
    body = text.translate(_BLANKS).strip()
    sign, body = _signed(body)
    for currency in (_CURRENCY_BEFORE, _CURRENCY_BEHIND):
        body = re.sub(currency, "", body, flags=re.IGNORECASE).strip()
    if not sign:
        sign, body = _signed(body)
    found = _plain(body, decimal, text) if len(body) <= _LONGEST else None
    if found is None:
        raise Refused(f"is {text[:40]!r}, which is not a number; {_REMEDY}")
    return _whole(-found if sign == "-" else found)


def _signed(body: str) -> tuple[str, str]:
    if body.startswith("(") and body.endswith(")"):
        return "-", body[1:-1].strip()
    if body.endswith("-") and body[-2:-1].isdigit():  # behind a decimal sign it stands for no cents
        return "-", body[:-1]
    sign = body[:1].replace("\u2212", "-")
    return (sign, body[1:].lstrip()) if sign in ("-", "+") and sign else ("", body)


def _whole(found: float) -> int | float:
    exact = isinstance(found, float) and found.is_integer() and abs(found) < _EXACT
    return int(found) if exact else found


def _plain(body: str, decimal: str | None, text: str) -> int | float | None:
    """Return the number that digits with signs stand for; ``None`` when they stand for none."""
    point = decimal or _decimal_sign(body, text)
    head, mark, tail = body.partition(point) if point else (body, "", "")
    if not _grouped(head) or not (tail.isdigit() or not tail) or not body.isascii():
        return None
    digits = "".join(filter(str.isdigit, head))
    if not digits and not tail:
        return None
    return float(f"{digits or 0}.{tail or 0}") if mark else int(digits)


def _decimal_sign(body: str, text: str) -> str:
    """Return the decimal sign of a text of which nobody has said it; empty when it has none."""
    points = [c for c in body if c in ".,"]
    if len(set(points)) == 2:
        return points[-1]
    if len(points) != 1:
        return ""
    point = points[0]
    head, _, tail = body.partition(point)
    if len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0" and (head + tail).isdigit():
        both = f"may be {head}{tail} or {head}.{tail}"
        remedy = "say which sign is the decimal one, decimal='.' or ',' (--decimal), or write plain digits"
        raise Refused(f"is {text[:40]!r}, which {both}; {remedy}")
    return point


def _grouped(head: str) -> bool:
    """Return whether digits stand together, or in groups of three, or in groups as in India."""
    marks = set(filter(lambda c: not c.isdigit(), head))
    if not marks:
        return True
    if len(marks) > 1 or not marks <= {" ", ".", ","}:
        return False
    mark = marks.pop()
    first, *middle, last = head.split(mark)
    threes = 1 <= len(first) <= 3 and all(len(group) == 3 for group in middle)
    indian = mark == "," and 1 <= len(first) <= 2 and all(len(group) == 2 for group in middle)
    return first[:1] != "0" and len(last) == 3 and (threes or indian)


def number_text(value: float) -> str:
    """Return a number as text that ``number`` reads back without a declared decimal sign."""
    written = repr(value)
    head, point, tail = written.lstrip("-").partition(".")
    doubtful = bool(point) and len(tail) == 3 and len(head) <= 3 and head[0] != "0"
    return f"{written}0" if doubtful else written


ORDERS: Final = ("dmy", "mdy", "ymd")  # in which order day, month and year can stand

_WRITE: Final = "write an instant such as 2026-01-05T09:00:00Z"
_WEEKDAY: Final = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*[,.]?\s+)?"
_MONTHS: Final = {
    name: n for n, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)
}
_MONTH: Final = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_DATES: Final = tuple(
    _WEEKDAY + pattern
    for pattern in (
        r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})",
        r"(?P<one>\d{1,2})(?P<mark>[-/.])(?P<two>\d{1,2})(?P=mark)(?P<three>\d{4}|\d{2})",
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[-\s]\s*"
        + _MONTH
        + r"(?:,\s*|\s+|-)(?P<year>\d{4}|\d{2})",
        _MONTH + r"\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,\s*|\s+)(?P<year>\d{4})",
    )
)
_TIME: Final = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s?(?P<half>[ap])\.?m\.?)?"
    r"(?:\s?(?P<zone>z|utc|gmt|(?:utc|gmt)?[+-]\d{2}(?::?\d{2})?)(?:\s\([\w .]*\))?)?"
)
_BETWEEN: Final = r"(?:,\s*|\s+at\s+|\s+|T(?=\d))"
_FLAGS: Final = (
    re.IGNORECASE | re.ASCII
)  # patterns are compiled when first used: importing stays cheap
_MIDNIGHT: Final = time()
_MOMENT_BLANKS: Final = dict.fromkeys(map(ord, "\u00a0\u2009\u202f"), " ")
_LONGEST_MOMENT: Final = 80


def moment(
    given: Any, timezone: str | tzinfo | None = None, dates: str | None = None
) -> datetime | None:
    """Return an instant in UTC, given as a datetime or as text."""
    if type(given) is datetime and given.tzinfo is UTC:
        return given
    given = plain_value(given)
    if isinstance(given, str):
        text = typed_text(given)
        if text is None:
            return None
        found = _read_moment(text if text.isascii() else text.translate(_MOMENT_BLANKS), dates)
    elif given is None:
        return None
    elif isinstance(given, datetime):
        found = plain_datetime(given)
    elif isinstance(given, date):
        found = datetime.combine(given, _MIDNIGHT)
    else:
        kind = type(given).__name__
        raise Refused(f"is of type {kind}; write an aware datetime, such as datetime.now(UTC)")
    return _in_utc(found, given, timezone)


def _in_utc(found: datetime, given: Any, timezone: str | tzinfo | None) -> datetime:
    try:
        if found.utcoffset() is None:
            found = _local(found, given, timezone)
        return found.astimezone(UTC)
    except OverflowError:
        raise Refused(
            f"is {given}, which UTC cannot express; write an instant of the years 2 to 9998"
        ) from None


def _local(found: datetime, given: Any, timezone: str | tzinfo | None) -> datetime:
    if timezone is None:
        if not isinstance(given, str):
            raise Refused(
                "is a naive datetime; write an aware one, such as datetime.now(UTC), or give its timezone"
            )
        remedy = "write it like 2026-01-05T09:00:00+01:00, or with Z for UTC, or give the timezone (--timezone)"
        raise Refused(f"is {given[:40]!r}, which has no offset; {remedy}")
    zone = _zone(timezone) if isinstance(timezone, str) else timezone
    first, second = (found.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if first.utcoffset() != second.utcoffset():
        happens = first.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == found
        said = "has twice" if happens else "skips"
        raise Refused(f"is {shown(given)}, which {timezone} {said}; write it with its offset")
    return first


@lru_cache(64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigError(
            f"timezone is {name[:40]!r}; write an IANA time zone such as 'Europe/Berlin'"
        ) from None


def plain_datetime(given: datetime) -> datetime:
    """Return a plain datetime for one of a subclass, such as a timestamp of pandas."""
    if type(given) is datetime:
        return given
    return datetime.combine(given.date(), given.time(), given.tzinfo).replace(fold=given.fold)


def _read_moment(text: str, dates: str | None) -> datetime:
    if dates not in (None, *ORDERS):
        raise ConfigError(f"dates is {shown(dates)}; write 'dmy', 'mdy' or 'ymd'")
    if len(text) >= 19 and text[4] == text[7] == "-" and text[5:7].isdigit() and text[10] in "T ":
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass  # of another form, or none at all
    for pattern in _DATES:
        shape = re.match(pattern, text, _FLAGS) if len(text) <= _LONGEST_MOMENT else None
        if shape is not None:
            rest = text[shape.end() :]
            between = re.match(_BETWEEN, rest, _FLAGS)
            clock = re.fullmatch(_TIME, rest[between.end() :], _FLAGS) if between else None
            if rest and clock is None:
                continue
            try:
                day = _date(shape.groupdict(), text, dates)
                return datetime.combine(day, _clock(clock) if clock else _MIDNIGHT)
            except ValueError:
                break
    order = f"{_WRITE}, or a date in the order {dates}" if dates else _WRITE
    raise Refused(f"is {text[:40]!r}; {order}")


def _date(parts: dict[str, str], text: str, dates: str | None) -> date:
    if "one" not in parts:
        month = parts["month"]
        number = int(month) if month.isdigit() else _MONTHS[month[:3].lower()]
        return date(_year(parts["year"]), number, int(parts["day"]))
    one, two, three = int(parts["one"]), int(parts["two"]), int(parts["three"])
    if len(parts["three"]) == 2:
        if dates is None:
            raise _two_readings(text, "in which order its numbers stand is not known")
        year, month_, day = {"dmy": (three, two, one), "mdy": (three, one, two)}.get(
            dates, (one, two, three)
        )
        return date(_year(f"{year:02}"), month_, day)
    orders = {"dmy": (two, one), "mdy": (one, two)}
    readings = {
        date(three, month_, day)
        for order, (month_, day) in orders.items()
        if dates in (None, "ymd", order) and month_ <= 12
    }
    if len(readings) > 1:
        first, second = sorted(readings)
        raise _two_readings(text, f"may be {first} or {second}")
    if not readings:
        raise ValueError
    return readings.pop()


def _year(digits: str) -> int:
    """Return a year of four digits, or of two: 70 is 1970, and 69 is 2069."""
    year = int(digits)
    return year if len(digits) == 4 else year + (2000 if year < 70 else 1900)


def _two_readings(text: str, why: str) -> Refused:
    remedy = "say dates='dmy' or 'mdy' (--dates), or write it like 2026-01-05T09:00:00Z"
    return Refused(f"is {text[:40]!r}: {why}; {remedy}")


def _clock(shape: re.Match[str]) -> time:
    hour, half = int(shape["hour"]), (shape["half"] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "p" else 0)
    micros = int((shape["fraction"] or "0").ljust(6, "0")[:6])
    return time(
        hour, int(shape["minute"]), int(shape["second"] or 0), micros, _offset(shape["zone"])
    )


def _offset(zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    digits = "".join(filter(str.isdigit, zone))
    ahead = timedelta(hours=int(digits[:2] or 0), minutes=int(digits[2:] or 0))
    return fixed(-ahead if "-" in zone else ahead) if ahead else UTC


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
_SHORTENED_PHONE: Final = r"\d(?:[.,]\d+)?E\+?\d+"


def phone(given: Any) -> str | None:
    """Return a phone number as given, without what a program has put before it."""
    if type(given) is str and given[:1] in _DIALED and _PLAIN_PHONE(given):
        return given
    text = typed_text(given, withheld)
    if text is None:
        return None
    prefix = re.match(_PREFIX, text, re.IGNORECASE)
    found = typed_text(text[prefix.end() :]) if prefix else text
    if found is not None and re.fullmatch(_SHORTENED_PHONE, found, re.IGNORECASE):
        raise Refused("is a number that a spreadsheet has shortened; show it as text and export it")
    return found
