"""Leads, reps and a registry for the tests of the language."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from leadroute.errors import FieldTypeError
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.rules.evaluation import Registry, compile_condition
from leadroute.testing.strategies import COUNTRIES, LANGUAGES, NAMES, WORDS

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
PREDICATES = Registry({"known": lambda lead, rep, now, *arguments: len(arguments) == 1})

words = st.sampled_from(WORDS)
instants = st.integers(-48, 48).map(lambda hours: NOW + timedelta(hours=hours))
values = st.one_of(
    words, st.integers(-3, 3), st.booleans(), instants, st.frozensets(words, max_size=3)
)
attributes = st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
maybe = st.none()


def leads():
    """Leads with few distinct values, so that conditions hold and fail about equally often."""
    return st.builds(
        Lead,
        st.just("L-1"),
        received_at=maybe | instants,
        deadline=maybe | instants,
        company=maybe | words,
        product=maybe | words,
        industry=maybe | words,
        email=maybe | st.sampled_from(["ann@example.com", "bo@gmail.com"]),
        postal_code=maybe | st.sampled_from(["90210", "01067"]),
        country=maybe | st.sampled_from(COUNTRIES),
        language=maybe | st.sampled_from(LANGUAGES),
        employees=maybe | st.integers(0, 3),
        budget=maybe | st.sampled_from([0, 0.5, 2, 10_000]),
        signals=st.lists(
            st.builds(Signal, st.sampled_from(["page", "mail"]), instants), max_size=3
        ),
        attributes=attributes,
    )


def reps():
    """Reps to go with the leads."""
    return st.builds(
        Rep,
        st.just("ada"),
        name=maybe | words,
        level=maybe | st.integers(0, 3),
        skills=st.dictionaries(st.just("health"), st.sampled_from([0, 0.5, 1])),
        languages=st.frozensets(st.sampled_from(LANGUAGES)),
        licenses=st.frozensets(words, max_size=3),
        territories=st.frozensets(words, max_size=3),
        attributes=attributes,
    )


def answer(condition, lead, rep=None, registry=PREDICATES):
    """What a condition says, or the text of its error."""
    try:
        return compile_condition(condition, registry)(lead, rep, NOW)
    except FieldTypeError as error:
        return str(error)
