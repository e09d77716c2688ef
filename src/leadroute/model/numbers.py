"""Numbers as people, spreadsheets and programs write them.

The rules of this module:

* Digits in groups of three and a decimal sign: comma, point, blank and apostrophe may part the groups. A comma may part
  them as in India too: two, and three at the end.
* A minus may stand before or behind, and brackets mean one.
* One comma or point with three digits behind it has two readings, ``50.000``, unless the decimal sign is declared.
* A currency's sign or code before or behind comes off; no amount is converted.
* Ranges, ``10k``, ``50%`` and what a spreadsheet has shortened (``4.5E+11``) are no numbers.
"""

from __future__ import annotations

import re
from decimal import Decimal
from math import inf
from numbers import Integral, Real
from typing import Any, Final

from leadroute.errors import ConfigError
from leadroute.model.given import Refused, plain_value, shown, typed_text

__all__ = ["number", "number_text"]

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
    """Return a number, given as any number of Python's or numpy's, or as text.

    Args:
        given: ``50000``, ``Decimal("0.5")``, ``"$1,234.50"``, ``"1.234,50 €"`` and the like; ``None`` for what is not
            known.
        decimal: The decimal sign of text, ``.`` or ``,``; without it a text that has two readings is refused.

    Returns:
        An ``int`` for whole numbers, else a ``float``.

    Raises:
        Refused: It is not a number, not below 2**63, or a text with two readings; then both are named.

    Example:
        >>> number("$1,234.50"), number("50.000", decimal=","), number(2.0)
        (1234.5, 50000, 2.0)
    """
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
        remedy = "say which sign is the decimal one, decimal='.' or ',', or write plain digits"
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
    """Return a number as text that ``number`` reads back without a declared decimal sign.

    Example:
        >>> number_text(50.125), number_text(1000), number_text(0.5)
        ('50.1250', '1000', '0.5')
    """
    written = repr(value)
    head, point, tail = written.lstrip("-").partition(".")
    doubtful = bool(point) and len(tail) == 3 and len(head) <= 3 and head[0] != "0"
    return f"{written}0" if doubtful else written
