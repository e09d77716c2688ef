import math
from datetime import datetime
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum

import pytest

from leadroute import LEAD, Lead, Rep
from leadroute.errors import ConfigError, ValidationError
from leadroute.model.given import Refused, missing, plain_value, text_of, typed_text
from leadroute.model.lead import Signal
from leadroute.rules.evaluation import evaluate
from leadroute.rules.parser import parse

NAIVE = datetime(2026, 1, 5, 9)  # noqa: DTZ001 - as numpy gives it


def scalar(name, value, **more):
    """A scalar as numpy has them, without numpy."""
    held = {"__module__": "numpy", "shape": (), "item": lambda self: value, **more}
    return type(name, (), held)()


NANOSECONDS = scalar("datetime64", 1, astype=lambda self, unit: scalar("datetime64", NAIVE))
NAT = type("NaTType", (), {})()
NA = type("NAType", (), {})()
Size = IntEnum("Size", {"SMALL": 50})
Channel = StrEnum("Channel", {"WEB": "web"})
Source = Enum("Source", {"EVENT": "event"})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (scalar("float64", 1.5), 1.5),
        (scalar("bool", True), True),
        (scalar("str_", "web"), "web"),
        (scalar("float64", float("nan")), None),
        (NANOSECONDS, NAIVE),
        (Size.SMALL, 50),
        (Channel.WEB, "web"),
        (Source.EVENT, "event"),
        (NAT, None),
        (NA, None),
        (None, None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        ("", ""),
        (0, 0),
        (False, False),
    ],
)
def test_what_a_value_stands_for(given, expected):
    """Enum members and scalars of numpy are plain values; what says that nothing is known is None."""
    found = plain_value(given)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("given", [None, float("nan"), NAT, NA, Decimal("NaN"), "", " \u00a0"])
def test_values_that_are_not_known_anywhere(given):
    """None, NaN, NaT, NA and blank text are not known in any field."""
    assert missing(given, typed=True)
    assert missing(given, typed=False)
    assert Lead("L-1", company=given, country=given, budget=given) == Lead("L-1")


@pytest.mark.parametrize("given", ["-", "--", "n/a", "N/A", " unknown ", "None"])
def test_words_for_not_known_count_in_typed_fields_alone(given):
    """A word for what is not known is kept as a word in free text."""
    assert missing(given, typed=True)
    assert not missing(given, typed=False)
    assert typed_text(given) is None
    assert text_of(given) == given.strip()
    assert Lead("L-1", phone=given, email=given, language=given, deadline=given) == Lead("L-1")
    assert Lead("L-1", company=given, attributes={"x": given}).attributes["x"] == given.strip()


def test_known_values_that_look_empty():
    """Zero, False and the word NA are values."""
    assert not missing(0, typed=True)
    assert not missing(False, typed=True)
    assert not missing("NA", typed=True)


def test_a_value_that_must_be_there():
    """A field without which there is nothing says so when its value is not known."""
    with pytest.raises(ValidationError, match="id is empty"):
        Lead(float("nan"))
    with pytest.raises(ValidationError, match="at is not known; write one"):
        Signal("page", float("nan"))
    with pytest.raises(ValidationError, match="weight is not known; write one"):
        Rep("ada", weight=None)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (5, "is 5 of type int; write text"),
        ("x" * 4_097, "has 4097 characters; write at most 4096"),
        ("a\0", "holds a NUL or half a surrogate pair"),
        ("\ud800", "holds a NUL or half a surrogate pair"),
    ],
)
def test_what_is_no_text(given, problem):
    """Text that a database would refuse is refused here."""
    with pytest.raises(Refused) as refused:
        text_of(given)
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (Decimal("1.5"), "lead.budget == 1.5"),
        (Decimal(5), "lead.budget == 5.0"),
        (Size.SMALL, "lead.budget == 50"),
        (scalar("float64", 2.5), "lead.budget == 2.5"),
    ],
)
def test_literals_of_other_types_read_back(literal, text):
    """A literal in a condition is a plain value, so that its text can be read."""
    condition = LEAD.budget == literal
    assert str(condition) == text
    assert parse(text) == condition


def test_enum_members_and_accents_in_literals():
    """A member of an enum is its value, and an accent of its own is part of its letter."""
    assert str(LEAD.channel == Channel.WEB) == "lead.channel == 'web'"
    assert str(LEAD.source.in_([Source.EVENT])) == "lead.source in ['event']"
    assert evaluate(LEAD.company == "Cafe\u0301", Lead("L-1", company="Caf\u00e9"))
    assert evaluate(LEAD.company.startswith("Cafe\u0301"), Lead("L-1", company="Cafe\u0301 Zoe"))
    with pytest.raises(ConfigError, match="nan cannot be compared; ask `is missing`"):
        LEAD.budget.__gt__(math.nan)
