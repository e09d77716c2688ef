import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Rep, Territory
from leadroute.model import geography
from leadroute.model.geography import fold, language, meeting, narrower, speaks
from leadroute.model.given import Refused
from leadroute.model.territory import Place
from leadroute.rules.evaluation import evaluate
from leadroute.rules.matcher import Index
from tests.shared import shared_path

TAGS = (
    "de",
    "de-AT",
    "de-DE",
    "zh",
    "zh-Hans",
    "zh-Hant",
    "zh-CN",
    "zh-TW",
    "no",
    "nb",
    "nn",
    "nb-NO",
)


def test_spellings_gathered_elsewhere():
    """Each spelling means what CLDR and the CRMs say, and none is taken for another."""
    cases = json.loads(shared_path("vectors/values.json").read_text(encoding="utf-8"))["languages"]
    found = {}
    for case in cases:
        try:
            found[case["given"]] = language(case["given"])
        except Refused:
            found[case["given"]] = None
    assert found == {case["given"]: case["expected"] for case in cases}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("PT_br", "pt-BR"),
        ("zh-hant-tw", "zh-TW"),
        ("zh-Hans-CN", "zh-CN"),
        ("zh_CHS", "zh-Hans"),
        ("zh-yue", "yue"),
        ("en-oxendict", "en-oxendict"),
        ("en-uk", "en-GB"),
        ("de-1996", "de-1996"),
        ("Oji-Cree", "ojs"),
        ("en-US-u-hc-h12", "en-US-u-hc-h12"),
        ("es_LA", "es-419"),
        ("iw", "he"),
        ("sh", "sr-Latn"),
        ("tl", "fil"),
        ("German - Austria", "de-AT"),
        ("Serbian (Cyrillic)", "sr-Cyrl"),
        ("Spanish (Latin America)", "es-419"),
        ("pt (Portugal)", "pt-PT"),
        (" ", None),
        ("none", None),
        (float("nan"), None),
    ],
)
def test_languages(given, expected):
    """A language is read by tag or name, and kept as the tag."""
    assert language(given) == expected
    assert language(expected) == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("Deutch", "is 'Deutch', which is not a language; did you mean 'de'?"),
        ("english language", "is 'english language', which is not a language"),
        ("Multilingual", "is 'Multilingual', which is not a language"),
        ("xx", "is 'xx', which is not a language; write a language tag such as 'en' or 'pt-BR'"),
        ("en-XX", "is 'en-XX', which is not a language"),
        ("en-USA", "is 'en-USA', which is not a language"),
        ("bas-allemand", "is 'bas-allemand', which is not a language"),
        ("en-", "is 'en-', which is not a language"),
        ("e", "is 'e', which is not a language"),
        ("German (Atlantis)", "is 'German (Atlantis)', which is not a language"),
        ("Brazilian Portuguese (Brazil)", "is 'Brazilian Portuguese (Brazil)', which is not a"),
        ("Elvish (Austria)", "is 'Elvish (Austria)', which is not a language"),
        ("x" * 90, "is 'xxxxx"),
        (5, "is 5 of type int; write text"),
    ],
)
def test_what_is_no_language(given, problem):
    """A refusal names the language with a name like it."""
    with pytest.raises(Refused) as refused:
        language(given)
    assert str(refused.value).startswith(problem)


def test_keys_are_folded():
    """Every key of the table is its own fold, so that a look-up can find it; every tag can be read."""
    assert {key for key in geography._languages() if fold(key) != key or not key} == set()
    assert {tag for tag in geography._languages().values() if language(tag) != tag} == set()


@pytest.mark.parametrize("wanted", TAGS)
@pytest.mark.parametrize("spoken", TAGS)
def test_a_language_meets_its_variants_everywhere(wanted, spoken):
    """Conditions, requirements, territories and the index agree on which tags meet."""
    lead, rep = Lead("L-1", language=spoken), Rep("ada", languages={wanted})
    meets = wanted in meeting(spoken)
    assert speaks(spoken, [wanted]) is meets
    assert evaluate(LEAD.language == wanted, lead) is meets
    assert evaluate(LEAD.language != wanted, lead) is not meets
    assert evaluate(LEAD.language.in_([wanted, "fr"]), lead) is meets
    assert evaluate(LEAD.language.not_in([wanted, "fr"]), lead) is not meets
    assert evaluate(LEAD.language.in_(REP.languages), lead, rep) is meets
    assert evaluate(LEAD.language.not_in(REP.languages), lead, rep) is not meets
    assert (Territory("t", languages={wanted}).fit(Place.of(lead)) is not None) is meets
    asked = [LEAD.language == wanted, LEAD.language != wanted, ~(LEAD.language == wanted)]
    held = [0, 3] if meets else [1, 2]
    index = Index.of([*asked, LEAD.language.in_([wanted]), LEAD.language.not_in([wanted])])
    assert index.all(lead) == tuple(sorted(held if meets else [*held, 4]))


def test_a_language_that_is_not_known_meets_nothing():
    """A question about a missing language is answered with false."""
    nobody = Lead("L-1")
    assert not speaks(None, ["de"])
    assert not evaluate(LEAD.language == "de", nobody)
    assert not evaluate(LEAD.language != "de", nobody)
    assert not evaluate(LEAD.language.in_(REP.languages), nobody, Rep("ada", languages={"de"}))
    assert narrower("no") == ("nb", "nn")


@given(st.text(max_size=12))
def test_reading_twice_changes_nothing(text):
    """What comes out of a reading goes through it unchanged."""
    try:
        once = language(text)
    except Refused:
        return
    assert once is None or language(once) == once
