import math
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ConfigError
from leadroute.model.given import Refused, number, number_text

Size = IntEnum("Size", {"SMALL": 50})


class Scalar(float):
    """A scalar as numpy has them: a subclass of float."""


# Given, the declared decimal sign, and what it means; None for refused. Behind each its source.
NUMBERS = [
    ("50000", None, 50000),  # digits
    ("+50000", None, 50000),
    ("-5", None, -5),  # price-parser reads 5
    ("\u22125", None, -5),  # the minus of Unicode, as LibreOffice can write it
    ("(500)", None, -500),  # the accounting format of Excel
    ("0.500", None, 0.5),  # nobody groups behind a zero
    ("1000.5", None, 1000.5),
    (".5", None, 0.5),
    ("5.", None, 5),
    ("1,234.50", None, 1234.5),  # both signs: the last is the decimal one
    ("1.234,50", None, 1234.5),  # German Excel
    ("1,234,567", None, 1234567),  # one sign twice can only group
    ("1.234.567", None, 1234567),  # real_files.json, val-german-thousands
    ("1 234 567,89", None, 1234567.89),  # French
    ("1\u00a0234,5", None, 1234.5),  # French Excel's blank
    ("1\u202f234,5", None, 1234.5),  # CLDR's French blank
    ("1'234.50", None, 1234.5),  # Swiss
    ("1\u2019000", None, 1000),  # CLDR's Swiss apostrophe
    ("1,00,000", None, 100000),  # Indian lakh, CLDR #,##,##0
    ("12,34,567.5", None, 1234567.5),
    ("$1,234.50", None, 1234.5),  # Salesforce, HubSpot en-US
    ("US$ 5000", None, 5000),
    ("1.234,50 \u20ac", None, 1234.5),  # CLDR de
    ("-$5.50", None, -5.5),
    ("$-5.50", None, -5.5),
    ("EUR 99,9", None, 99.9),
    ("R$ 1.000,00", None, 1000),  # CLDR pt-BR
    ("CHF 1'000.00", None, 1000),
    ("1e6", None, 1000000),  # Python and JSON
    ("1e-05", None, 1e-05),
    ("50.000", ".", 50),
    ("50.000", ",", 50000),
    ("50,000", ".", 50000),
    ("1,5", ",", 1.5),
    ("50.000", None, None),  # 50 or 50000: SuiteCRM #8289
    ("50,000", None, None),
    ("1,234.5,6", ".", None),  # the declared sign ends the groups
    ("1,5,5", ",", None),  # the declared sign twice
    ("0.500", ",", None),  # no group begins with a zero
    ("12,34", ".", None),  # no group has two digits at its end
    ("1.234 567", ",", None),  # two kinds of groups
    ("4.479E+11", None, None),  # Excel has shortened it: SpartnerNL/Laravel-Excel#1789
    ("51-200", None, None),  # a pick list of LinkedIn
    ("1000+", None, None),
    ("10k", None, None),
    ("1.5M", None, None),  # price-parser reads 1.5
    ("50%", None, None),
    ("(-500)", None, None),
    ("--5", None, None),
    (".", None, None),
    ("$", None, None),
    ("abc", None, None),
    ("1" * 41, None, None),
    ("1" * 20, None, None),  # not below 2**63
    ("\u0665\u0660", None, None),  # digits of another script
]


@pytest.mark.parametrize(("written", "decimal", "expected"), NUMBERS)
def test_numbers_as_people_and_spreadsheets_write_them(written, decimal, expected):
    """A text is the number that it can only be, or it is refused."""
    if expected is None:
        with pytest.raises(Refused):
            number(written, decimal)
    else:
        found = number(written, decimal)
        assert found == expected
        assert isinstance(found, int) is isinstance(expected, int)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (5, 5),
        (2.0, 2.0),
        (Decimal("0.5"), 0.5),
        (Fraction(1, 4), 0.25),
        (Size.SMALL, 50),
        (Scalar(1.5), 1.5),
        (2**63 - 1, 2**63 - 1),
        (None, None),
        (math.nan, None),
        (Scalar("nan"), None),
        (Decimal("NaN"), None),
        (Decimal("sNaN"), None),
        ("", None),
        (" n/a ", None),
        ("-", None),
    ],
)
def test_numbers_of_programs(given, expected):
    """Any real number is read; what says that nothing is known is None."""
    assert number(given) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (True, "is True of type bool; write a number"),
        (1j, "is 1j of type complex; write a number"),
        ([], "is [] of type list; write a number"),
        (math.inf, "is infinite or too large; write one below 2**63"),
        (Fraction(10**400), "is infinite or too large"),
        (10**400, "is infinite or too large"),
        ("50.000", "is '50.000', which may be 50000 or 50.000; say which sign is the decimal one"),
        ("4.479E+11", "is '4.479E+11', which a spreadsheet has shortened; show the column"),
        ("10k", "is '10k', which is not a number; write plain digits such as 1000 or 1000.5"),
    ],
)
def test_what_is_no_number(given, problem):
    """A refusal says what is wrong and what to write, with both readings where there are two."""
    with pytest.raises(Refused) as refused:
        number(given)
    assert str(refused.value).startswith(problem)


def test_a_decimal_sign_is_a_comma_or_a_point():
    """Another sign is refused before anything is read."""
    with pytest.raises(ConfigError, match="decimal is ';'; write"):
        number("5", decimal=";")


@given(st.floats(-(2**62), 2**62) | st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_number_written_is_read_back(value):
    """What number_text writes, number reads as the same value, with no sign declared."""
    assert number(number_text(value)) == value


@given(st.integers(-(10**12), 10**12))
def test_groups_change_nothing(value):
    """The groups of two languages come to the same number when the sign is declared."""
    assert number(f"{value:,}", decimal=".") == value
    assert number(f"{value:,}".replace(",", "."), decimal=",") == value
