import pytest
from benchmarks import policies as workload
from benchmarks.policies import condition, facts, holds, policy
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.facts import NOW, PREDICATES, leads

from leadroute.errors import ConfigError, FieldTypeError, LeadrouteError
from leadroute.model.lead import Lead
from leadroute.rules.builders import LEAD, REP, predicate
from leadroute.rules.conditions import NEVER
from leadroute.rules.evaluation import Registry
from leadroute.rules.matcher import FEW, Index, Matcher, PlainMatcher
from leadroute.testing.strategies import conditions

one = st.none() | conditions(rep=False)
policies = st.lists(one, max_size=8)
edits = st.lists(st.tuples(st.integers(0, 7), one), min_size=1, max_size=3)
moments = st.sampled_from([NOW, NOW, NOW, None])


def said(ask, *arguments):
    """The answer of a matcher, or the text of its error."""
    try:
        return ask(*arguments)
    except (FieldTypeError, TypeError) as error:
        return str(error)


@given(policies, leads(), moments)
def test_the_index_answers_as_the_reference(found, lead, now):
    """First match, all matches and errors are those of judging one condition after the other."""
    index, plain = (
        Index.of(found, registry=PREDICATES),
        PlainMatcher(found, registry=PREDICATES),
    )
    assert len(index) == len(plain)
    assert said(index.first, lead, now) == said(plain.first, lead, now)
    assert said(index.all, lead, now) == said(plain.all, lead, now)


@given(policies.filter(bool), edits, leads(), moments)
def test_an_edit_equals_a_rebuild(found, changes, lead, now):
    """Replacing one condition, more than once, gives what building anew would give."""
    index = Index.of(found, registry=PREDICATES)
    for place, new in changes:
        position = place % len(found)
        found = [*found[:position], new, *found[position + 1 :]]
        index = index.replace(position, new)
        plain = PlainMatcher(found, registry=PREDICATES)
        assert said(index.first, lead, now) == said(plain.first, lead, now)
        assert said(index.all, lead, now) == said(plain.all, lead, now)


@pytest.mark.parametrize("size", [0, 1, FEW, FEW + 1, 40])
def test_the_matcher_picks_an_engine_and_nobody_can_tell(size):
    """First, all, many and replace are the same on both sides of the threshold."""
    given = [condition(rule) for rule in policy(size, 3)] if size else []
    matcher, plain = Matcher(given), PlainMatcher(given)
    many = workload.leads(facts(50, 4))
    assert len(matcher) == size
    for lead in many:
        assert matcher.first(lead, NOW) == plain.first(lead, NOW)
        assert matcher.all(lead, NOW) == plain.all(lead, NOW)
    if size:
        edited = matcher.replace(-1, LEAD.country == "US")
        other = plain.replace(-1, LEAD.country == "US")
        for lead in many:
            assert edited.first(lead, NOW) == other.first(lead, NOW)
        with pytest.raises(IndexError):
            matcher.replace(size, None)


@pytest.mark.slow
def test_ten_thousand_rules_agree_with_the_naive_truth():
    """First and all matches of realistic leads are what a plain walk over the rules finds."""
    rules, given = policy(10_000, 1), facts(100, 2)
    index = Index.of([condition(rule) for rule in rules])
    many = workload.leads(given)
    for lead, known in zip(many, given, strict=True):
        expected = tuple(number for number, rule in enumerate(rules) if holds(rule, known))
        assert index.all(lead, None) == expected
        assert index.first(lead, None) == expected[0]


def test_a_rule_that_can_never_hold_is_edited_as_any_other():
    """A contradiction of plain questions is never the answer, and gives way to what replaces it."""
    never = (LEAD.country == "US") & (LEAD.country == "CA") & (LEAD["x"] > 5)
    index = Index.of([never, LEAD.country == "US", None])
    lead = Lead("L-1", country="US", attributes={"x": "text"})
    assert index.all(lead, None) == (1, 2)
    assert index.replace(0, LEAD.country == "US").all(lead, None) == (0, 1, 2)
    assert index.replace(1, never).all(lead, None) == (2,)
    assert index.replace(1, never).replace(1, None).all(lead, None) == (1, 2)


def test_errors_of_the_index_are_those_of_the_reference():
    """Conditions on the rep, predicates that nobody registered and wrong names are refused alike."""
    cases = [
        ([LEAD.country == "US", REP.level > 3], None),
        ([None, predicate("no such")], None),
        ([NEVER & predicate("no such")], None),
        ([None], ["a", "b"]),
    ]
    for rules, names in cases:
        with pytest.raises(LeadrouteError) as of_plain:
            PlainMatcher(rules, names)
        with pytest.raises(type(of_plain.value)) as of_index:
            Index.of(rules, names)
        assert str(of_index.value) == str(of_plain.value)
    with pytest.raises(ConfigError, match=r"rule 1: `when` asks about the rep .rep.level."):
        Index.of([None]).replace(0, REP.level > 3)


def test_an_error_comes_from_the_first_rule_that_was_reached():
    """A wrong type behind the first match is not noticed; before it, rule and lead are named."""
    lead = Lead("L-1", country="US", attributes={"x": "text"})
    reached = Index.of([LEAD["x"] > 5, LEAD.country == "US"], ["one", "two"])
    with pytest.raises(FieldTypeError, match="rule 'one', lead 'L-1': lead\\['x'\\] is a text"):
        reached.first(lead, None)
    behind = Index.of(
        [LEAD.country == "US", (LEAD.country == "DE") & (LEAD["x"] > 5), LEAD["x"] > 5]
    )
    assert behind.first(lead, None) == 0
    with pytest.raises(FieldTypeError, match="rule 'rule 3', lead 'L-1'"):
        behind.all(lead, None)


def test_a_predicate_is_asked_as_often_as_by_the_reference():
    """The host's predicate sees the leads that it would see, once for each rule that reaches it."""
    asked = []
    registry = Registry({"seen": lambda lead, rep, now: asked.append(lead.id) or False})
    rules = [
        (LEAD.country == "US") & predicate("seen") & (LEAD.product == "x"),
        predicate("seen"),
        None,
    ]
    index = Index.of(rules, registry=registry)
    assert index.first(Lead("L-1", country="US"), None) == 2
    assert index.first(Lead("L-2"), None) == 2
    assert asked == ["L-1", "L-1", "L-2"]
