from hypothesis import given
from hypothesis import strategies as st
from tests.rules.facts import NOW, PREDICATES, leads

from leadroute.errors import FactTypeError
from leadroute.rules.index import Index
from leadroute.rules.plain import PlainMatcher
from leadroute.testing.strategies import conditions

policies = st.lists(st.none() | conditions(rep=False), max_size=8)
moments = st.sampled_from([NOW, NOW, NOW, None])


def said(ask, *arguments):
    """The answer of a matcher, or the text of its error."""
    try:
        return ask(*arguments)
    except (FactTypeError, TypeError) as error:
        return str(error)


@given(policies, leads(), moments)
def test_the_index_answers_as_the_reference(found, lead, now):
    """First match, all matches and errors are those of judging one condition after the other."""
    index, plain = (
        Index.of(found, environment=PREDICATES),
        PlainMatcher(found, environment=PREDICATES),
    )
    assert len(index) == len(plain)
    assert said(index.first, lead, now) == said(plain.first, lead, now)
    assert said(index.all, lead, now) == said(plain.all, lead, now)


@given(policies.filter(bool), st.none() | conditions(rep=False), st.data(), leads(), moments)
def test_an_edit_equals_a_rebuild(found, condition, data, lead, now):
    """Replacing one condition, more than once, gives what building anew would give."""
    index = Index.of(found, environment=PREDICATES)
    for _ in range(2):
        position = data.draw(st.integers(0, len(found) - 1))
        found[position] = condition
        index = index.replace(position, condition)
        plain = PlainMatcher(found, environment=PREDICATES)
        assert said(index.first, lead, now) == said(plain.first, lead, now)
        assert said(index.all, lead, now) == said(plain.all, lead, now)
        condition = data.draw(conditions(rep=False))


@given(policies, st.lists(leads(), max_size=40), moments)
def test_many_leads_at_once_are_answered_as_one_by_one(found, many, now):
    """The bulk path gives the same answers, and raises for the same lead first."""
    index = Index.of(found, environment=PREDICATES)
    expected = said(lambda: [index.first(lead, now) for lead in many])
    assert said(index.first_of_each, many, now) == expected
