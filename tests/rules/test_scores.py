"""Scores as text, and the fields of the catalog."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import close_rate, free_capacity, round_robin, skill_match
from leadroute.errors import ConfigError, ExpressionError, UnknownFieldError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.builders import LEAD
from leadroute.rules.fields import FIELDS, Kind, spec_of
from leadroute.rules.parser import parse
from leadroute.rules.scorer import parse_score
from leadroute.testing.strategies import conditions

SCORERS = {
    "close_rate": close_rate,
    "free_capacity": free_capacity,
    "round_robin": round_robin,
    "skill_match": skill_match,
    "broken": lambda *given, **named: (given, named),
    "worse": lambda: Rep(""),
}

SAME = [
    (
        "3 * skill_match('industry') + free_capacity() + close_rate()",
        3 * skill_match("industry") + free_capacity() + close_rate(),
    ),
    ("free_capacity() * 2", 2 * free_capacity()),
    ("2 * 3 * free_capacity() * 0.5", 3 * free_capacity()),
    ("2 * (free_capacity() + round_robin())", 2 * free_capacity() + 2 * round_robin()),
    ("free_capacity().when(lead.country == 'US')", free_capacity().when(LEAD.country == "US")),
    (
        "(free_capacity() + round_robin()).when(ours)",
        (free_capacity() + round_robin()).when(
            parse("ours", definitions={"ours": LEAD.budget > 1})
        ),
    ),
    ("skill_match(field='industry')", skill_match("industry")),
]


@pytest.mark.parametrize(("text", "built"), SAME, ids=[text for text, _ in SAME])
def test_text_and_python_give_the_same_score(text, built):
    """A score is the same value however it is written, and prints as text that gives it again."""
    defines = {"ours": LEAD.budget > 1}
    assert parse_score(text, SCORERS, definitions=defines) == built
    assert parse_score(str(built), SCORERS, definitions=defines) == built


plain = st.sampled_from([free_capacity(), round_robin(), close_rate(), skill_match("industry")])
weights = st.sampled_from([0, 0.5, 1, 2, 3])
scores = st.recursive(
    plain,
    lambda parts: st.one_of(
        st.builds(lambda a, b: a + b, parts, parts),
        st.builds(lambda weight, a: weight * a, weights, parts),
        st.builds(lambda a, condition: a.when(condition), plain, conditions()),
    ),
    max_leaves=4,
)


@given(scores)
def test_printing_and_parsing_scores_are_inverses(score):
    """The text of any score is read back as the same score."""
    assert parse_score(str(score), SCORERS) == score


REFUSED = [
    ("3", "a number alone is not a score"),
    ("3 + free_capacity()", "a number alone is not a score"),
    ("free_capacity", "a scorer is called: write free_capacity()"),
    ("free_capacty()", "there is no scorer named 'free_capacty'; did you mean 'free_capacity'?"),
    ("free_capacity() * round_robin()", "multiplied by a number"),
    ("free_capacity() - round_robin()", "a score is made of scorers"),
    ("-free_capacity()", "invert(...) is the opposite preference"),
    ("free_capacity() / 2", "a score is made of scorers"),
    ("'a' * free_capacity()", "a score is made of scorers"),
    ("True * free_capacity()", "a score is made of scorers"),
    ("-lead.budget * free_capacity()", "write a number"),
    ("-1 * free_capacity()", "the weight -1"),
    ("free_capacity().when()", "when() takes one condition"),
    ("free_capacity().when(always, always)", "when() takes one condition"),
    ("free_capacity().when(condition=always)", "when() takes one condition"),
    ("free_capacity().when(lead.contry == 'US')", "did you mean 'country'"),
    ("free_capacity().bind(1)", "a score is made of scorers"),
    (
        "free_capacity(1, 2, 3)",
        "free_capacity takes nothing without a name; write free_capacity(units=...)",
    ),
    ("skill_match(**lead)", "there are no powers"),
    ("skill_match(lead.industry)", "a scorer takes literals only"),
    ("broken(1, a=['x'])", "broken() made no scorer, but a value of type tuple"),
    ("worse()", "id is empty"),
    ("worse(1)", "worse() cannot be called like this"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_score_is_refused(text, message):
    """A score calls registered scorers with literals; anything else is refused with its place."""
    with pytest.raises(ConfigError) as caught:
        parse_score(text, SCORERS)
    assert message in str(caught.value)
    assert isinstance(caught.value, ExpressionError | UnknownFieldError)


@pytest.mark.parametrize(("entity", "model"), [("lead", Lead), ("rep", Rep)])
def test_the_catalog_knows_every_field(entity, model):
    """Every field of the model is in the catalog, or is reached in another way that the error names."""
    for attribute in attrs.fields(model):
        if attribute.name not in FIELDS[entity]:
            with pytest.raises(ConfigError, match="cannot be compared; "):
                spec_of(entity, attribute.name)


def test_kinds_are_words():
    """Every kind has its words for messages."""
    assert {kind.expected for kind in Kind} >= {"text", "a number", "anything"}


def test_errors_keep_their_place_and_kind():
    """An error of the text form gains the place of its rule and keeps line, column and excerpt."""
    with pytest.raises(ExpressionError) as caught:
        parse("lead.budget >\n  'a'")
    error = caught.value.at("when").at("rule[2]")
    assert (error.line, error.column, error.place) == (1, 1, "rule[2].when")
    assert str(error).startswith(
        "rule[2].when: line 1, column 1: lead.budget holds a number and 'a' is text"
    )
    with pytest.raises(ConfigError, match="an expression is text, not of type int"):
        parse(5)
