from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import FieldTypeError
from leadroute.model import validation
from leadroute.model.validation import FrozenDict, Refused, aware, names, number, whole

HUGE = 10**5_000
NAIVE = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def named(given):
    """A name for a case whose value may be too long to print."""
    return getattr(given, "__name__", type(given).__name__)


@pytest.mark.parametrize(
    ("clean", "given", "found"),
    [
        (validation.text, "  a b ", "a b"),
        (validation.text, " ", None),
        (validation.private_text, " Ann ", "Ann"),
        (validation.ident, "a/b%", "a/b%"),
        (validation.word, " won ", "won"),
        (validation.upper, "de-be", "DE-BE"),
        (validation.upper, " ", None),
        (validation.country, "de", "DE"),
        (validation.country, "", None),
        (validation.postal_code, "sw1a 1aa", "SW1A 1AA"),
        (validation.timezone, "Europe/Berlin", "Europe/Berlin"),
        (validation.timezone, "", None),
        (validation.language, "PT_br", "pt-BR"),
        (validation.language, "zh-hant-tw", "zh-Hant-TW"),
        (validation.language, "en-oxendict", "en-oxendict"),
        (validation.language, " ", None),
        (validation.domain, "Müller.Example.", "xn--mller-kva.example"),
        (validation.domain, "", None),
        (validation.email, "Ann.B+c@MÜLLER.de", "ann.b+c@xn--mller-kva.de"),
        (validation.email, "", None),
        (number(0), Decimal("1.5"), 1.5),
        (number(0), 0, 0),
        (number(-5, 5), -5, -5),
        (whole(), -3, -3),
        (whole(0), 2**63 - 1, 2**63 - 1),
        (validation.flag, False, False),
        (names(), ["b", "a", " ", "a "], frozenset("ab")),
        (validation.levels, {"x": 0, "y": 1}, {"x": 0, "y": 1}),
        (validation.levels, {"x"}, {"x": 1.0}),
    ],
)
def test_what_is_accepted(clean, given, found):
    """Values are brought into the one form in which they are compared; empty text is not known."""
    assert clean(given) == found


@pytest.mark.parametrize(
    ("clean", "given", "problem"),
    [
        (validation.text, 5, "is 5 of type int; write text"),
        (validation.text, HUGE, "is too long to show of type int; write text"),
        (validation.text, "x" * 4_097, "has 4097 characters; write at most 4096"),
        (validation.text, "a\0", "holds a NUL or half a surrogate pair"),
        (validation.text, "\ud800", "holds a NUL or half a surrogate pair"),
        (validation.ident, "", "is empty; every lead, rep, rule and pool needs an id of its own"),
        (validation.ident, " a", "has space around it"),
        (validation.ident, "/" * 27, "has 81 characters ('/' and '%' count three)"),
        (validation.word, " ", "is empty; write a word of your own list"),
        (validation.country, "UK", "is 'UK'; write 'GB'"),
        (
            validation.country,
            "XX",
            "is 'XX'; write an ISO 3166-1 alpha-2 code such as 'US' or 'DE'",
        ),
        (validation.postal_code, 1234, "is the number 1234; write text"),
        (validation.timezone, "Mars", "is 'Mars'; write an IANA time zone such as 'Europe/Berlin'"),
        (
            validation.timezone,
            "localtime",
            "which every machine understands otherwise; write an IANA",
        ),
        (
            validation.timezone,
            "Factory",
            "which every machine understands otherwise; write an IANA",
        ),
        (
            validation.timezone,
            "posixrules",
            "which every machine understands otherwise; write an IANA",
        ),
        (validation.timezone, "right/Europe/Berlin", "write an IANA time zone"),
        (validation.timezone, "../etc", "write an IANA time zone"),
        (validation.timezone, "Europe", "write an IANA time zone"),
        (validation.language, "english language", "write a language tag such as 'en' or 'pt-BR'"),
        (validation.language, "e", "write a language tag"),
        (validation.language, "en-", "write a language tag"),
        (
            validation.domain,
            "https://a.de/x",
            "is 'https://a.de/x'; write a domain such as 'example.com'",
        ),
        (validation.domain, "localhost", "write a domain"),
        (validation.domain, "a" * 64 + ".de", "write a domain"),
        (number(), float("nan"), "is infinite, not a number, or too large; write one below 2**63"),
        (number(), float("-inf"), "is infinite"),
        (number(), HUGE, "too large"),
        (number(), 2**63, "too large"),
        (number(), Decimal("1e400"), "is infinite"),
        (number(), Decimal("sNaN"), "of type Decimal; write a number"),
        (number(), True, "is True of type bool; write a number"),
        (number(), "5", "is '5' of type str; write a number"),
        (
            number(0),
            -1,
            "is -1; write 0 or more; leave it out when it is not known or has no limit",
        ),
        (number(0, 1), 2, "is 2; write a number from 0 to 1"),
        (number(None, 1), 2, "is 2; write 1 or less"),
        (whole(), 1.0, "is 1.0; write a whole number"),
        (validation.flag, 1, "is 1; write true or false"),
        (validation.instant, NAIVE, "is a naive datetime; write an aware one"),
        (validation.instant, "2026", "is of type str; write an aware datetime"),
        (
            validation.instant,
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            "write an instant of the years 2 to 9998",
        ),
        (names(), "abc", "is 'abc'; write a set of names such as {'a', 'b'}"),
        (names(), 5, "is 5; write a set of names"),
        (names(), [5], "is 5 of type int; write text"),
        (validation.levels, {"x": 2}, "['x'] is 2; write a number from 0 to 1"),
        (validation.levels, {" ": 1}, "[' '] is empty; write a name"),
        (validation.open_attributes, [], "is of type list; write a mapping from name to value"),
        (
            validation.open_attributes,
            {"a": object()},
            "['a'] is of type object; write text, a number",
        ),
        (validation.open_attributes, {"a": {"b": 1}}, "['a'] is of type dict"),
        (validation.open_attributes, {HUGE: 1}, "of type int; write text"),
    ],
    ids=named,
)
def test_what_is_refused(clean, given, problem):
    """A refusal says what is wrong and what would be right, however odd the value."""
    with pytest.raises(Refused) as refused:
        clean(given)
    assert problem in str(refused.value)


SECRET = "canary-4711"


@pytest.mark.parametrize(
    ("clean", "given"),
    [
        (validation.email, f"{SECRET} at example.com"),
        (validation.email, f"{SECRET}@"),
        (validation.email, f"a b{SECRET}@example.com"),
        (validation.private_text, [SECRET]),
        (validation.private_text, SECRET + "\0"),
        (validation.word, SECRET * 10),
        (validation.open_attributes, {"a": [{"name": SECRET}]}),
        (validation.open_attributes, {"a": [SECRET + "\0"]}),
    ],
)
def test_personal_data_is_never_repeated(clean, given):
    """The refusal of a personal field withholds the value."""
    with pytest.raises(Refused) as refused:
        clean(given)
    assert SECRET not in str(refused.value)


def test_attributes():
    """Attributes may be text, numbers, flags, instants and sets of text; what is not known is left out."""
    at = datetime(2026, 1, 1, 10, tzinfo=timezone(timedelta(hours=1)))
    given = {
        "a": " x ",
        "b": 0,
        "c": False,
        "d": at,
        "e": ["y", "y"],
        "f": None,
        "g": " ",
        "h": Decimal(2),
    }
    found = validation.open_attributes(given)
    assert found == {"a": "x", "b": 0, "c": False, "d": at, "e": frozenset("y"), "h": 2.0}
    assert found["d"].tzinfo is UTC
    assert isinstance(found, FrozenDict)


@pytest.mark.parametrize(
    ("given", "said"),
    [(NAIVE, "start is a naive datetime"), (5, "start is of type int")],
)
def test_naive_instants_are_refused(given, said):
    """The error names the argument and shows what would be right."""
    with pytest.raises(FieldTypeError, match=f"{said}; it must be an aware (one|datetime), such"):
        aware(given, "start")


@given(st.text())
def test_cleaning_twice_changes_nothing(given):
    """What a cleaner gives, it accepts and keeps."""
    for clean in (
        validation.text,
        validation.upper,
        validation.domain,
        validation.email,
        validation.language,
    ):
        try:
            once = clean(given)
        except Refused:
            continue
        assert once is None or clean(once) == once
