"""Wrong names of arguments and attributes, and reprs without defaults. Most guesses: tests/test_first_guesses.py."""

import inspect
import pickle

import pytest

import leadroute
from leadroute import Cap, Dispatcher, Lead, MemoryStore, Pool, Rep, Roster, Router, Rule, Schedule
from leadroute.errors import ArgumentError, LeadrouteError, MissingAttributeError
from leadroute.model.guidance import _ARGUMENTS, _ATTRIBUTES, guided
from leadroute.model.signal import Signal
from leadroute.rules.builders import FieldExpr
from leadroute.scorers import free_capacity, skill_match

ROUTER = Router([Rule("all")])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Lead("1", revenue=5), "Lead has no argument 'revenue'; write annual_revenue=..."),
        (lambda: Lead("1", contry="US"), "Lead has no argument 'contry'; did you mean 'country'?"),
        (
            lambda: Lead("1", postcode=1),
            "Lead has no argument 'postcode'; did you mean 'postal_code'",
        ),
        (
            lambda: Lead("1", xyz=1),
            "no argument 'xyz'; what has no field goes into attributes={'xyz'",
        ),
        (
            lambda: Rule("a", xyz=1, abc=2),
            "no argument 'xyz'; known: name, when, .*; has no .*'abc'",
        ),
        (lambda: Rule("a", True), r"Rule takes only name without a name; write Rule\('us', when="),
        (lambda: free_capacity(5), "free_capacity takes nothing without a name; write free_cap"),
        (lambda: Cap(5), r"Cap needs per; write Cap\(5, 'day'\)"),
        (Signal, r"Signal needs kind and at; write Signal\(kind=..., at=...\)"),
        (
            lambda: Rep("a").with_changes(daily_cap=5),
            "Rep has no argument 'daily_cap'; write caps=",
        ),
        (lambda: Lead("1", state="CA"), "Lead has no argument 'state'; did you mean 'region'"),
    ],
)
def test_wrong_arguments_are_told_the_right_ones(call, message):
    """A call that Python refuses is refused with the right name, as an error of leadroute that is a TypeError."""
    with pytest.raises(ArgumentError, match=message) as caught:
        call()
    assert isinstance(caught.value, LeadrouteError)
    assert isinstance(caught.value, TypeError)


def test_other_type_errors_pass():
    """A TypeError that the arguments did not cause comes out as it is."""

    @guided
    class Broken:
        def __init__(self, one=None):
            raise TypeError("of its own")

    with pytest.raises(TypeError, match=r"^of its own$"):
        Broken(one=1)


def test_signatures_are_kept():
    """What is decorated shows editors and `help` the arguments that it had."""
    assert "annual_revenue" in inspect.signature(Lead).parameters
    assert list(inspect.signature(Cap).parameters)[:2] == ["limit", "per"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ROUTER.route, r"Router has no 'route'; write rank\(lead, reps\)"),
        (lambda: ROUTER.rnak, "Router has no 'rnak'; write rank"),
        (lambda: ROUTER.zzz, "Router has no 'zzz'$"),
        (lambda: Dispatcher(ROUTER, Roster(), MemoryStore()).tick, r"write sweep\(\)"),
    ],
)
def test_wrong_attributes_are_told_the_right_ones(call, message):
    """An attribute that does not exist is refused with the right name, as an AttributeError of leadroute."""
    with pytest.raises(MissingAttributeError, match=message) as caught:
        call()
    assert isinstance(caught.value, AttributeError)


def test_probing_is_answered_as_ever():
    """`hasattr`, copying and pickling ask for names that do not exist, and go on."""
    ranking = ROUTER.rank(Lead("L-1"), Roster([Rep("ada")]))
    assert not hasattr(ranking, "winner")
    with pytest.raises(AttributeError, match="has no attribute '_ipython_display_'"):
        _ = ranking._ipython_display_
    assert pickle.loads(pickle.dumps(ranking)) == ranking


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Rep("ada"), "Rep('ada')"),
        (Rep("ada", level=4, caps="5 per day"), "Rep('ada', level=4, caps=(Cap(5, per='day'),))"),
        (
            Rule("all", score=3 * skill_match("industry")),
            "Rule('all', score=3 * skill_match('industry'))",
        ),
        (Pool("west", reps={"ada"}), "Pool('west', reps=frozenset({'ada'}))"),
        (Router([Rule("all")], catch_all="ada"), "Router((Rule('all'),), catch_all='ada')"),
        (free_capacity(), "free_capacity()"),
        (Schedule("mon 9:00-10:00", "UTC"), "<Schedule mon 09:00-10:00; in UTC>"),
    ],
)
def test_reprs_leave_defaults_out(value, text):
    """A repr shows what was said, and nothing else."""
    assert repr(value) == text


def test_repr_of_a_placement_leaves_computed_defaults_out():
    """A default that is made from the other fields is a default, too."""
    dispatcher = Dispatcher(ROUTER, Roster([Rep("ada")]), MemoryStore())
    assert "won" not in repr(dispatcher.submit(Lead("L-1")))


def test_no_guess_is_a_name_that_exists():
    """What the tables answer is wrong: an argument or an attribute of this name would never be asked for there."""
    for kind, answers in _ARGUMENTS.items():
        known = inspect.signature(getattr(leadroute, kind)).parameters
        assert not {*" ".join(answers.values()).split()} & {*known}, kind
    for kind, answers in _ATTRIBUTES.items():
        names = dir(getattr(leadroute, kind, FieldExpr))
        assert not {*" ".join(answers.values()).split()} & {*names}, kind
