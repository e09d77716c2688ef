import operator
import pickle
from functools import reduce
from unittest.mock import patch

import pytest
from benchmarks import policies as workload
from benchmarks.policies import condition, facts, policy
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.facts import NOW, PREDICATES, leads
from tests.rules.test_index import moments, said

from leadroute.errors import FactTypeError
from leadroute.model.lead import Lead
from leadroute.rules import sample as module
from leadroute.rules.builders import LEAD, check
from leadroute.rules.closures import Environment
from leadroute.rules.index import Index
from leadroute.rules.look import look
from leadroute.rules.sample import Sample
from leadroute.testing.grammar import COUNTRIES, NAMES, WORDS
from leadroute.testing.strategies import conditions

questions = [
    LEAD.country == COUNTRIES[0],
    LEAD.country != COUNTRIES[1],
    LEAD.employees >= 2,
    LEAD.employees < 1,
    LEAD.postal_code.startswith("9"),
    LEAD.product.in_(WORDS[:2]),
    LEAD.budget.is_missing(),
    LEAD.budget > 1,
    LEAD[NAMES[0]] > 0,
]
plain = st.lists(st.sampled_from(questions), min_size=1, max_size=3).map(
    lambda parts: reduce(operator.and_, parts)
)
policies = st.lists(plain | conditions(rep=False), min_size=1, max_size=8)
bounds = st.fixed_dictionaries(
    {
        "SHARE": st.integers(1, 4),
        "COMBINATIONS": st.integers(0, 10),
        "GROUPINGS": st.integers(0, 2),
        "PORTION": st.integers(1, 12),
    }
)


@given(
    st.lists(policies, min_size=1, max_size=3),
    st.lists(leads(), min_size=1, max_size=8),
    st.lists(st.integers(0, 7), min_size=1, max_size=40),
    moments,
    bounds,
)
def test_a_sample_answers_every_policy_as_one_by_one(several, some, again, now, little):
    """However often a lead occurs, and however little may be remembered, answers and the first error are the same."""
    many = [some[place % len(some)] for place in again]
    sample = Sample(many)
    with patch.multiple(module, **little):
        for found in (*several, several[0]):
            index = Index.of(found, environment=PREDICATES)
            expected = said(lambda: [index.first(lead, now) for lead in many])  # noqa: B023 - used at once
            assert said(index.first_of_each, sample, now) == expected


@pytest.mark.parametrize("count", [0, 1, 5, 600])
def test_a_sample_of_any_size_answers_realistic_policies(count):
    """No lead, a few and many: two policies on one sample give what each gives one by one."""
    many = workload.leads(facts(count, 4))
    sample = Sample(many)
    for seed in (1, 2):
        index = Index.of([condition(rule) for rule in policy(300, seed)])
        assert index.first_of_each(sample, None) == [index.first(lead, None) for lead in many]


def test_a_field_is_read_once_for_all_policies():
    """The second policy that asks about a field reads no lead, and a new field is read alone."""
    sample = Sample([Lead("L-1", country="US"), Lead("L-2", employees=5)])
    read = []

    def noted(key):
        read.append(key.name)
        return look(key)

    with patch.object(module, "look", noted):
        for rule in (LEAD.country == "US", LEAD.country == "DE", LEAD.employees > 3):
            Index.of([rule & (LEAD.country != "CA")]).first_of_each(sample, None)
    assert read == ["country", "employees"]


def test_fields_that_go_together_are_met_once_for_each_combination():
    """Where the leads come in few combinations, the rows of a policy are met so often, and not for each lead."""
    many = [Lead("L-1", country="US", product="x"), Lead("L-2", country="DE")] * 50
    index = Index.of([(LEAD.country == "US") & (LEAD.product == "x"), None])
    met = []

    def noted(left, right):
        met.append(1)
        return left & right

    with patch.object(module.operator, "and_", noted):
        assert index.first_of_each(Sample(many), None) == [0, 1] * 50
    assert len(met) == 2


def test_how_fields_are_grouped_is_remembered_for_a_few_policies_only():
    """When policies ask about more sets of fields than are remembered, it starts anew."""
    sample = Sample([Lead("L-1", country="US")])
    names = ["country", "product", "source", "industry", "channel", "role", "region", "company"]
    for name in [*names, "domain"]:
        Index.of([getattr(LEAD, name).is_present()]).first_of_each(sample, None)
    assert len(sample._layouts) == 1
    assert len(names) == module.GROUPINGS


@pytest.mark.parametrize("size", [2, 300, 70_000])
def test_numbers_of_values_are_kept_in_as_few_bytes_as_they_need(size):
    """One byte a lead for a field of up to 256 values, two for up to 65,536, and more only beyond."""
    packed = module._packed(range(size), size)
    assert list(packed) == list(range(size))
    assert memoryview(packed).itemsize == {2: 1, 300: 2, 70_000: 4}[size]


def test_an_error_is_that_of_the_first_lead_that_raises():
    """A lead of another kind is judged in full, in the order of the leads, and named in the error."""
    wrong = {"x": "text"}
    index = Index.of(
        [(LEAD.country == "US") & (LEAD["x"] > 5), LEAD["x"] > 7, None], ["a", "b", "c"]
    )
    fine = Lead("L-1", attributes={"x": 9})
    sample = Sample(
        [fine, Lead("L-2", attributes=wrong), Lead("L-3", country="US", attributes=wrong)]
    )
    with pytest.raises(FactTypeError, match=r"rule 'b', lead 'L-2': lead\['x'\] is a text"):
        index.first_of_each(sample, None)
    assert index.first_of_each(Sample([fine, Lead("L-4")]), None) == [1, 2]


def test_a_predicate_is_asked_for_each_lead_that_reaches_it():
    """Leads that are alike in all fields may differ for the host, so each is asked about."""
    asked = []
    environment = Environment({"seen": lambda lead, rep, now: asked.append(lead.id) or True})
    index = Index.of([(LEAD.country == "US") & check("seen"), None], environment=environment)
    sample = Sample([Lead("L-1", country="US"), Lead("L-2"), Lead("L-3", country="US")])
    assert index.first_of_each(sample, NOW) == [0, 1, 0]
    assert asked == ["L-1", "L-3"]


def test_a_sample_is_a_value():
    """Samples of equal leads are equal whatever was asked; they are pickled, iterated, and shown without the leads."""
    many = [Lead("L-1", country="US"), Lead("L-2")]
    sample, other = Sample(iter(many)), Sample(many)
    index = Index.of([LEAD.country == "US"])
    assert index.first_of_each(sample, None) == [0, None]
    assert sample == other
    assert hash(sample) == hash(other)
    assert (list(sample), len(sample), repr(sample)) == (many, 2, "<Sample of 2 leads>")
    again = pickle.loads(pickle.dumps(sample))
    assert again == sample
    assert index.first_of_each(again, None) == [0, None]
