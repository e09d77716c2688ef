import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, Lead, Rep, Territory
from leadroute.model import geography
from leadroute.model.geography import (
    COUNTRIES,
    country,
    covered_region,
    fold,
    policy_region,
    postal_code,
    region,
    zeros_restored,
)
from leadroute.model.given import Refused
from leadroute.model.territory import Place
from leadroute.rules.evaluation import evaluate
from tests.shared import shared_path


def read(clean, *given):
    """What a cleaner makes of something; None when it refuses it."""
    try:
        return clean(*given)
    except Refused:
        return None


@pytest.mark.parametrize(
    ("kind", "clean", "names"),
    [
        ("countries", country, ("given",)),
        ("regions", region, ("given", "country")),
        ("postal", postal_code, ("given", "country")),
    ],
)
def test_spellings_gathered_elsewhere(kind, clean, names):
    """Each spelling means what ISO 3166, CLDR and the CRMs say, and none is taken for another."""
    cases = json.loads(shared_path("vectors/values.json").read_text(encoding="utf-8"))[kind]
    found = {tuple(case[name] for name in names): case["expected"] for case in cases}
    assert {given: read(clean, *given) for given in found} == found


@pytest.mark.parametrize("code", sorted(COUNTRIES))
def test_every_country_has_a_name_and_a_code(code):
    """A country is found by its code in any case and by its names."""
    assert country(code) == country(code.lower()) == country(f" {code} ") == code
    assert code in geography._names().values()


def test_keys_are_folded():
    """Every key of the tables is its own fold, so that a look-up can find it; no key is empty."""
    keys = {*geography._names(), *geography._shared(), *geography._elsewhere()}
    codes = {key for table in geography._regions().values() for key in table if len(key) <= 3}
    regions = {key for table in geography._regions().values() for key in table} - codes
    assert {key for key in keys | regions if fold(key) != key or not key} == set()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("Congo", "is 'Congo', which may be 'CD' or 'CG'; write one of them"),
        ("Germny", "is 'Germny'; did you mean 'DE'?"),
        (
            "N.A.",
            "is 'N.A.'; write an ISO 3166-1 alpha-2 code such as 'US'",
        ),
        ("EU", "is 'EU'; write an ISO 3166-1 alpha-2 code such as 'US'"),
        (840, "is 840 of type int; write text"),
    ],
)
def test_what_is_no_country(given, problem):
    """A refusal names the two countries that share a name, or the one with a name like it."""
    with pytest.raises(Refused) as refused:
        country(given)
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    "given", [None, "", " ", "-", "--", "N/A", "unknown", "None", float("nan")]
)
def test_places_that_are_not_known(given):
    """What says that nothing is known is None; NA is Namibia, Nayarit or Naples."""
    assert (
        country(given) is region(given, "US") is policy_region(given) is postal_code(given) is None
    )
    assert (country("NA"), region("NA", "MX"), region("NA", "IT")) == ("NA", "MX-NAY", "IT-NA")


@pytest.mark.parametrize(
    ("given", "country", "expected"),
    [
        ("US-CA", None, "US-CA"),
        ("us_ca", None, "US-CA"),
        ("US-California", None, "US-CA"),
        ("US-CA", "DE", "US-CA"),
        ("DE-BE", "US", "DE-BE"),
        ("us-7", None, "US-7"),
        ("US-7", "US", "US-7"),
        ("California", None, "US-CA"),
        ("de-be", None, "DE-BE"),
        ("LA", "US", "US-LA"),
        ("N.Y.", "US", "US-NY"),
        ("La Rioja", "ES", "LA RIOJA"),
        ("La-Rioja", "ES", "LA-RIOJA"),
        ("by", "DE", "BY"),
        ("CA", "IT", "IT-CA"),
        ("California", "DE", "DE-CALIFORNIA"),
        ("Punjab", "PK", "PK-PB"),
        ("north", None, "NORTH"),
        ("x" * 90, None, "X" * 90),
    ],
)
def test_regions(given, country, expected):
    """A region is read in its country; elsewhere it stays as given, but never looks like a state."""
    assert region(given, country) == expected
    assert region(expected, country) == expected


@pytest.mark.parametrize(
    ("given", "country", "problem"),
    [
        ("WA", None, "is 'WA', which without a country may be 'AU-WA' or 'US-WA'; write one of"),
        ("CA", None, "is 'CA', which without a country may be 'US-CA'; write it so, or give the"),
        ("Georgia", None, "is 'Georgia', which without a country may be 'US-GA' or 'GE'"),
        ("Florida", None, "is 'Florida', which without a country may be 'US-FL' or 'UY-FD'"),
        ("Califronia", "US", "is 'Califronia', which is not a region of US; did you mean 'US-CA'"),
        ("ZZ", "US", "is 'ZZ', which is not a region of US; write a code such as 'US-CA'"),
        ("US-ZZ", None, "is 'US-ZZ', which is not a region of US"),
        ("US-ZZ", "CA", "is 'US-ZZ', which is not a region of CA"),
        ("NE-Brasca", "US", "is 'NE-Brasca', which is not a region of US"),
    ],
)
def test_what_is_no_region(given, country, problem):
    """A refusal names every place that may be meant."""
    with pytest.raises(Refused) as refused:
        region(given, country)
    assert str(refused.value).startswith(problem)


def test_regions_that_a_policy_names():
    """A short code that one country alone has needs no country in a policy; beside one country it is read there."""
    assert policy_region("CA") == "US-CA"
    assert read(policy_region, "WA") is None
    assert covered_region("WA", {"AU"}) == "AU-WA"
    assert covered_region("DE-BE", {"US"}) == "DE-BE"
    assert covered_region("Ontario", {"US"}) == "CA-ON"
    assert covered_region("CA", {"US", "CA"}) == "US-CA"
    with pytest.raises(Refused):
        covered_region("WA", ())


@pytest.mark.parametrize("said", ["California", "CA", "US-CA", "calif.", "us-ca"])
@pytest.mark.parametrize("written", ["California", "CA", "US-CA"])
def test_one_state_is_one_value(said, written):
    """A state is the same by name and code, in leads, conditions, territories and coverage."""
    lead = Lead("L-1", country="United States", region=written)
    assert lead.region == "US-CA"
    assert evaluate(LEAD.region == said, lead)
    assert evaluate(LEAD.region.in_([said, "US-NY"]), lead)
    assert not evaluate(LEAD.region == said, Lead("L-2", country="US", region="NY"))
    assert Territory("west", regions={said}).fit(Place.of(lead)) == ("region US-CA",)
    assert Territory("west", countries={"USA"}, regions={f"!{said}"}).fit(Place.of(lead)) is None
    assert Rep("ada", countries={"US"}, regions={said}).regions == {"US-CA"}


@pytest.mark.parametrize(
    ("given", "country", "expected"),
    [
        ("D-01067", "DE", "01067"),
        ("DE-1067", "DE", "01067"),
        (1067, "DE", "01067"),
        (1067.0, "DE", "01067"),
        ("2108-0123", "US", "02108-0123"),
        ("021080123", "US", "02108-0123"),
        ("01310100", "BR", "01310-100"),
        ("1310-100", "BR", "01310-100"),
        ("1000001", "PT", "1000-001"),
        ("00001", "PL", "00-001"),
        ("110 00", "CZ", "11000"),
        ("A10A5T9", "KZ", "A10A5T9"),
        ("sw1a1aa", "GB", "SW1A 1AA"),
        ("SW1A", "GB", "SW1A"),
        ("k1a0b1", "CA", "K1A 0B1"),
        ("1011ab", "NL", "1011 AB"),
        ("D02AF30", "IE", "D02 AF30"),
        ("sw1a1aa", None, "SW1A 1AA"),
        ("1011ab", "XK", "1011 AB"),
        ("c1001  aaa", "AR", "C1001 AAA"),
        ("1" * 90, None, "1" * 90),
    ],
)
def test_postal_codes(given, country, expected):
    """A postal code is written as its country writes it, with the zeros that a program took."""
    assert postal_code(given, country) == expected
    assert postal_code(expected, country) == expected


@pytest.mark.parametrize(
    ("given", "country", "problem"),
    [
        (1067, None, "is the number 1067; write text, because a number loses leading zeros"),
        (1067, "GB", "is the number 1067; write text"),
        ("1067.0", None, "is '1067.0', a number that may have lost zeros; write the code as text"),
        (1067.5, "DE", "is 1067.5 of type float; write text"),
        (True, "DE", "is True of type bool; write text"),
        ("12", "US", "is '12'; write the 5 digits of a code of US"),
        ("101", "AT", "is '101'; write the 4 digits of a code of AT"),
        ("abcde", "DE", "is 'abcde'; write the 5 digits of a code of DE"),
        ("1067", "NL", "is '1067'; write the four digits and two letters of NL"),
        ("123", "KZ", "is '123'; write the 6 digits of a code of KZ"),
    ],
)
def test_what_is_no_postal_code(given, country, problem):
    """Zeros that nobody can tell are not made up."""
    with pytest.raises(Refused) as refused:
        postal_code(given, country)
    assert str(refused.value).startswith(problem)


@pytest.mark.parametrize(
    ("given", "found", "expected"),
    [
        ("2108", "02108", True),
        ("2108.0", "02108", True),
        (2108, "02108", True),
        ("02108", "02108", False),
        ("110 00", "11000", False),
        ("", None, False),
    ],
)
def test_restored_zeros_can_be_counted(given, found, expected):
    """It can be told afterwards whether a postal code has got zeros back."""
    assert zeros_restored(given, found) is expected


@given(st.text(max_size=12), st.sampled_from([None, "US", "DE", "IT", "BR", "JP", "GB", "CA"]))
def test_reading_twice_changes_nothing(text, where):
    """What comes out of a reading goes through it unchanged."""
    for clean in (region, policy_region, postal_code):
        once = read(clean, text, where)
        assert once is None or clean(once, where) == once
    once = read(country, text)
    assert once is None or country(once) == once
