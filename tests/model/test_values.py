from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import FieldTypeError
from leadroute.model import geography, validation
from leadroute.model import given as values
from leadroute.model.given import Refused
from leadroute.model.validation import FrozenDict, aware, names, number, whole

HUGE = 10**5_000
Channel = Enum("Channel", {"WEB": "web"})
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
        (validation.timezone, "Europe/Berlin", "Europe/Berlin"),
        (validation.timezone, "", None),
        (number(0), Decimal("1.5"), 1.5),
        (number(0), 0, 0),
        (number(-5, 5), -5, -5),
        (whole(), -3, -3),
        (whole(0), 2**63 - 1, 2**63 - 1),
        (number(), "5", 5),
        (whole(), 250.0, 250),
        (whole(0), Decimal(5), 5),
        (validation.text, "e\u0301", "\u00e9"),
        (validation.text, Channel.WEB, "web"),
        (validation.text, float("nan"), None),
        (validation.private_text, "e\u0301", "\u00e9"),
        (validation.ident, Channel.WEB, "web"),
        (validation.instant, "2026-01-05T09:00:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        (validation.flag, False, False),
        (names(), float("nan"), frozenset()),
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
        (
            validation.timezone,
            "EST",
            "no summer time; write 'America/New_York', or 'America/Panama'",
        ),
        (validation.timezone, "PST", "write an IANA time zone such as 'America/Los_Angeles'"),
        (validation.timezone, "new york", "write an IANA time zone such as 'America/New_York'"),
        (validation.timezone, "Europe/Berln", "write an IANA time zone such as 'Europe/Berlin'"),
        (validation.timezone, "UTC+2", "write an IANA time zone such as 'Etc/GMT-2'"),
        (validation.timezone, "GMT-05:00", "write an IANA time zone such as 'Etc/GMT+5'"),
        (validation.timezone, "right/Europe/Berlin", "write an IANA time zone"),
        (validation.timezone, "../etc", "write an IANA time zone"),
        (validation.timezone, "Europe", "write an IANA time zone"),
        (number(), float("nan"), "is not known; write one"),
        (number(), float("-inf"), "is infinite"),
        (number(), HUGE, "too large"),
        (number(), 2**63, "too large"),
        (number(), Decimal("1e400"), "is infinite"),
        (number(), Decimal("sNaN"), "is not known; write one"),
        (number(), True, "is True of type bool; write a number"),
        (number(), "5 pm", "is '5 pm', which is not a number; write plain digits"),
        (
            number(0),
            -1,
            "is -1; write 0 or more; leave it out when it is not known or has no limit",
        ),
        (number(0, 1), 2, "is 2; write a number from 0 to 1"),
        (number(None, 1), 2, "is 2; write 1 or less"),
        (whole(), 1.5, "is 1.5; write a whole number"),
        (
            validation.ident,
            "e\u0301",
            "has accents as characters of their own; write it in Unicode's form NFC",
        ),
        (
            validation.ident,
            {"id": "1"},
            "is a mapping; write text, or from_mapping(row) for a whole",
        ),
        (validation.flag, 1, "is 1; write true or false"),
        (validation.instant, NAIVE, "is a naive datetime; write an aware one"),
        (validation.instant, "2026", "is '2026'; write an instant such as 2026-01-05T09:00:00Z"),
        (
            validation.instant,
            datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
            "write an instant of the years 2 to 9998",
        ),
        (names(), "abc", "is 'abc'; write a set of names such as ['abc']"),
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
        geography.country,
        values.domain,
        values.email,
        geography.language,
        values.phone,
        geography.region,
    ):
        try:
            once = clean(given)
        except Refused:
            continue
        assert once is None or clean(once) == once
