"""Who may belong to a pool at all, without a look at everybody."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Pool, Rep, Roster, Router, Rule
from leadroute.ranking.candidates import asked_first, by_value, likely
from leadroute.rules.builders import define
from leadroute.rules.evaluation import evaluate

TEAM = Roster(
    [
        Rep("ada", teams={"emea", "large"}, level=3, manager_id="zoe", skills={"oil": 1}),
        Rep("bob", teams={"apac"}, level=1),
        Rep("cy", teams={"emea"}, level=1, manager_id="zoe"),
    ]
)


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        (REP.teams.contains("emea"), ("teams", "emea")),
        (REP.manager_id == "zoe", ("manager_id", "zoe")),
        (define("ours", REP.teams.contains("emea")), ("teams", "emea")),
        (REP.teams.contains("emea") & (REP.level > 2), ("teams", "emea")),
        ((REP.level > 2) & REP.teams.contains("emea"), None),
        (REP.teams.contains("emea") | (REP.level > 2), None),
        (~REP.teams.contains("emea"), None),
        (REP["region"] == "north", None),
        (REP.level == 3, None),
        (REP.manager_id != "zoe", None),
        (REP.manager_id == LEAD.owner_id, None),
    ],
    ids=str,
)
def test_what_a_condition_asks_first(where, asked):
    """A condition that begins with one value of one field is looked up by it, and no other is."""
    assert asked_first(where) == asked


def test_a_field_that_holds_no_texts_is_not_looked_up():
    """Of a field with numbers or levels everybody is asked."""
    assert by_value(TEAM, "skills") is None
    assert likely({"skills": None}, REP.manager_id == "zoe", TEAM) == [TEAM["ada"], TEAM["cy"]]
    kept = {"manager_id": None}
    assert likely(kept, REP.manager_id == "zoe", TEAM) == TEAM.reps


@given(
    st.lists(st.sets(st.sampled_from("abc")), min_size=1, max_size=6),
    st.sampled_from("abcd"),
    st.integers(0, 2),
)
def test_members_are_those_of_whom_the_condition_holds(teams, name, level):
    """A look at the index gives the same reps as a look at everybody."""
    roster = Roster(
        Rep(f"r{number}", teams=each, level=number % 3) for number, each in enumerate(teams)
    )
    for where in (REP.teams.contains(name), REP.teams.contains(name) & (REP.level >= level)):
        router = Router(rules=[Rule("all", pool="p")], pools=[Pool("p", where=where)])
        expected = [rep for rep in roster if evaluate(where, Lead("L-1"), rep)]
        assert list(router.members("p", roster)) == expected
