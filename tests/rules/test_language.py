"""Laws of the whole language, over generated conditions, leads and reps."""

import pickle

from hypothesis import given
from hypothesis import strategies as st
from tests.rules.facts import NOW, PREDICATES, answer, leads, reps

from leadroute.errors import ConfigError
from leadroute.rules.builders import LEAD, age, define
from leadroute.rules.conditions import definitions, reads
from leadroute.rules.evaluation import compile_condition
from leadroute.rules.parser import parse, parse_definitions
from leadroute.testing.strategies import conditions


@given(conditions())
def test_printing_and_parsing_are_inverses(condition):
    """The text form of any condition is read back as the same condition."""
    assert parse(str(condition)) == condition
    assert hash(parse(str(condition))) == hash(condition)


@given(conditions())
def test_conditions_survive_pickling(condition):
    """A condition sent to another process arrives as the same condition, of the same depth."""
    found = pickle.loads(pickle.dumps(condition))
    assert found == condition
    assert found.depth == condition.depth


@given(conditions(), leads(), reps())
def test_text_and_python_give_the_same_answers(condition, lead, rep):
    """What was read from text judges like what was built in Python."""
    assert answer(parse(str(condition)), lead, rep) == answer(condition, lead, rep)


@given(conditions(), leads(), reps())
def test_negation_is_two_valued(condition, lead, rep):
    """Exactly one of a condition and its negation holds, whatever is missing."""
    found = answer(condition, lead, rep)
    assert answer(~condition, lead, rep) == (found if isinstance(found, str) else not found)
    assert ~~condition == condition


@given(conditions(), conditions(), leads(), reps())
def test_de_morgan(a, b, lead, rep):
    """Negating a conjunction is the disjunction of the negations, as far as both can be judged."""
    left, right = answer(~(a & b), lead, rep), answer(~a | ~b, lead, rep)
    assert left == right


@given(conditions(), conditions(), conditions())
def test_joining_is_associative(a, b, c):
    """However conditions are grouped while joining, the tree is the same."""
    assert (a & b) & c == a & (b & c)
    assert (a | b) | c == a | (b | c)


@given(conditions(), leads(), reps())
def test_a_name_changes_nothing_but_the_text(condition, lead, rep):
    """A definition answers like its condition, prints as its name and reads the same fields."""
    named = define("mine", condition)
    assert str(named) == "mine"
    assert answer(named, lead, rep) == answer(condition, lead, rep)
    assert reads(named) == reads(condition)
    assert parse("not mine", definitions={"mine": condition}) == ~named
    assert parse(str(named), definitions=definitions(named)) == named


@given(st.lists(conditions(), min_size=1, max_size=4))
def test_a_table_of_definitions_is_read_back(found):
    """Definitions can be written out as text and read again."""
    texts = {f"d{i}": str(condition) for i, condition in enumerate(found)}
    assert list(parse_definitions(texts).values()) == found


@given(conditions(), leads(), reps())
def test_a_condition_reads_only_what_it_says(condition, lead, rep):
    """Fields outside of reads() can change without changing the answer."""
    asked = reads(condition)
    fields = {field.name for field in asked.lead if not field.custom}
    changes = {"company": "Other", "budget": 77, "country": "FR"}
    changed = lead.with_changes(**{k: v for k, v in changes.items() if k not in fields})
    if not asked.checks:
        assert answer(condition, changed, rep) == answer(condition, lead, rep)


@given(conditions(), leads(), reps())
def test_a_compiled_condition_always_answers_a_bool(condition, lead, rep):
    """The answer is True or False, or an error that names the attribute."""
    found = answer(condition, lead, rep)
    assert isinstance(found, bool) or "it must be" in found
    compile_condition(condition, PREDICATES)
    assert NOW.tzinfo is not None


@given(
    st.text(min_size=1),
    st.sampled_from(["company", "postal_code", "region", "email", "domain", "language", "name"]),
)
def test_any_literal_is_read_back(text, name):
    """A literal with any characters is refused, or prints and reads back in its normal form."""
    fact = getattr(LEAD, name)
    for ask in (fact.__eq__, fact.__lt__, fact.like, fact.contains, LEAD[name].__eq__):
        try:
            condition = ask(text)
        except ConfigError:
            continue
        assert parse(str(condition)) == condition


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(), st.timedeltas())
def test_any_number_and_duration_is_read_back(number, duration):
    """A number or duration of any size is refused, or prints and reads back exactly."""
    for build in (lambda: LEAD.budget > number, lambda: age(LEAD.deadline) > duration):
        try:
            condition = build()
        except ConfigError:
            continue
        assert parse(str(condition)) == condition
