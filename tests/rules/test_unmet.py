"""The parts of a condition that are false, in words."""

from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from hypothesis import given
from tests.rules.facts import PREDICATES

from leadroute import LEAD, REP, Lead, Rep, Roster, Router, Rule
from leadroute.conditions import NEVER, covers, overlaps, predicate, signal
from leadroute.errors import ConfigError
from leadroute.rules.builders import define
from leadroute.rules.describe import (
    bracketed,
    denied,
    describe,
    docline,
    false_parts,
    plural,
    unmet,
    value_in_words,
)
from leadroute.rules.evaluation import PLAIN, Registry, compile_condition
from leadroute.testing.strategies import conditions, leads, reps

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
BOB = Rep(
    "bob",
    name="Bob Stone",
    level=2,
    skills={"sap": 0.4},
    teams={"smb"},
    languages={"en", "fr"},
    joined_at=NOW,
    attributes={"desk": "Graz", "tags": frozenset("ba"), "certified": False, "hired": NOW},
)
LEAD_1 = Lead(
    "L-1",
    email="jo@acme.example",
    account_id="A-1",
    country="US",
    budget=5_000,
    attributes={"plan": "gold", "seats": 12, "needs": frozenset({"hr"})},
)

TOLD = {
    "level is 2; the rule asks for 3": REP.level == 3,
    "level is 2; the rule asks for 3 or more": REP.level >= 3,
    "level is 2; the rule asks for 1 or less": REP.level <= 1,
    "level is 2; the rule asks for less than 2": REP.level < 2,
    "level is 2; the rule asks for more than 2": REP.level > 2,
    "level is 2; the rule asks for anything but 2": REP.level != 2,
    "level is 2; the rule asks for less than 1": ~(REP.level >= 1),
    "level is 2; the rule asks for 1 or 3": REP.level.in_([1, 3]),
    "level is 2; the rule asks for anything but 1 or 2": REP.level.not_in([1, 2]),
    "level is 2; the rule asks for anything but 2 or 4": ~REP.level.in_([2, 4]),
    "capacity is not known; the rule asks for 3 or more": REP.capacity >= 3,
    "level in sap is 0.4; the rule asks for 0.5 or more": REP.skills["sap"] >= 0.5,
    "level in jira is not known; the rule asks for 0.5 or more": REP.skills["jira"] >= 0.5,
    "skills are sap; the rule asks for jira": REP.skills.contains("jira"),
    "languages are en and fr; the rule asks for de": REP.languages.contains("de"),
    "licenses are not known; the rule asks for CA": REP.licenses.contains("CA"),
    "teams are smb; the rule asks for anybody without smb": ~REP.teams.contains("smb"),
    "desk is Graz; the rule asks for Wien": REP["desk"] == "Wien",
    "tags are a and b; the rule asks for c": REP["tags"].contains("c"),
    "certified is false; the rule asks for true": REP["certified"] == True,  # noqa: E712
    "start is 2026-03-02 09:00 UTC; the rule asks for a time before 2026-03-02 09:00 UTC": REP.joined_at
    < NOW,
    "start is 2026-03-02 09:00 UTC; the rule asks for a time after 2026-03-02 09:00 UTC": ~(
        REP.joined_at <= NOW
    ),
    "hired is 2026-03-02 09:00 UTC; the rule asks for a time before 2026-03-02 09:00 UTC": REP[
        "hired"
    ]
    < NOW,
    "level is 2; the rule asks for 3 or more; and teams are smb; the rule asks for vip": define(
        "senior", (REP.level >= 3) & REP.languages.contains("fr")
    )
    & REP.teams.contains("vip"),
    "level is 2 and teams are smb; the rule requires that "
    "the rep's level is at least 3 or the rep's teams include vip": (REP.level >= 3)
    | REP.teams.contains("vip"),
    "level is 2 and teams are smb; the rule requires that "
    "it is not so that (the rep's level is at least 1 or the rep's teams include vip)": ~(
        (REP.level >= 1) | REP.teams.contains("vip")
    ),
    "languages are en and fr; the rule asks for the lead's language (not known)": LEAD.language.in_(
        REP.languages
    ),
    "accounts are not known; the rule asks for the lead's account (withheld)": LEAD.account_id.in_(
        REP.accounts
    ),
    "level is 2; the rule asks for the lead's budget (5,000) or more": LEAD.budget <= REP.level,
    "level is 2; the rule asks for the lead's budget (5,000)": LEAD.budget == REP.level,
    "level is 2; the rule asks for less than the number of demo signals (0)": REP.level
    < signal("demo").count,
    "licenses are not known; the rule asks for all of CA and TX": covers(
        REP.licenses, ["CA", "TX"]
    ),
    "teams are smb; the rule requires that it is not so that (the rep's teams include all of smb)": ~covers(
        REP.teams, ["smb"]
    ),
    "teams are smb; the rule requires that the rep's teams and a and b have something in common": overlaps(
        REP.teams, ["a", "b"]
    ),
    "level is 2 and capacity is not known; the rule requires that "
    "the rep's level is at least the rep's capacity": REP.level >= REP.capacity,
    "the lead's country is US; the rule requires that country is CA": LEAD.country == "CA",
    "the lead's e-mail is withheld; the rule requires that e-mail is a@b.example": LEAD.email
    == "a@b.example",
    "the lead's plan is withheld and the lead's needs are withheld; the rule requires that "
    "plan is x or needs contains y": (LEAD["plan"] == "x") | LEAD["needs"].contains("y"),
    "the lead's seats is 12; the rule requires that seats is less than 9": LEAD["seats"] < 9,
    "the number of demo signals is 0; the rule requires that the number of demo signals is more than 1": signal(
        "demo"
    ).count
    > 1,
    "the rule takes no rep at all": NEVER,
}


@pytest.mark.parametrize(("words", "require"), TOLD.items(), ids=[*map(str, range(len(TOLD)))])
def test_a_requirement_that_is_not_met(words, require):
    """The failing part is told with what the rep has and what the rule asks for; what is missing is said to be."""
    (rejection,) = (
        Router(rules=[Rule("all", require=require)]).rank(LEAD_1, Roster([BOB])).rejections
    )
    assert rejection.reason == words


def test_a_part_that_was_not_asked_is_no_reason():
    """A part that cannot be judged, behind one that is false, is not among the false ones."""
    require = (REP.level >= 3) & (REP["desk"] > 3)
    assert [*false_parts(require, PLAIN, LEAD_1, BOB, NOW)] == [REP.level >= 3]


def test_a_predicate_behind_what_is_false_may_fail():
    """A predicate that relies on the part before it does no harm when that part is false."""

    def rich(lead, rep, now):
        return lead.budget > rep.level * 1_000

    require = (REP.level >= 3) & predicate("rich")
    router = Router(rules=[Rule("all", require=require)], predicates={"rich": rich})
    (rejection,) = router.rank(Lead("L-1"), Roster([Rep("bob", level=1)])).rejections
    assert rejection.reason == "level is 1; the rule asks for 3 or more"


@given(conditions(), leads(), reps())
def test_a_condition_is_false_because_of_its_parts(condition, lead, rep):
    """Where a condition is false, each part that is told is false, and there are words for it."""
    try:
        held = compile_condition(condition, PREDICATES)(lead, rep, NOW)
    except TypeError:
        return
    if not held:
        parts = [*false_parts(condition, PREDICATES, lead, rep, NOW)]
        assert parts
        assert not any(compile_condition(part, PREDICATES)(lead, rep, NOW) for part in parts)
        assert unmet(condition, PREDICATES)(lead, rep, NOW)


def test_a_predicate_says_what_its_docstring_says():
    """The first line of the docstring is the words of a predicate; without one its name is."""

    def licensed(lead, rep, now, state="CA"):
        """The rep is licensed in the state.

        More that nobody reads.
        """
        return False

    class Strange:
        """No words of a predicate."""

        def __call__(self, lead, rep, now):
            return False

    def europe(lead, rep, now):
        """EU law lets the rep call."""
        return False

    predicates = {"licensed": licensed, "strange": Strange(), "europe": europe}
    assert describe(predicate("licensed"), predicates) == "the rep is licensed in the state"
    assert describe(~predicate("licensed", "TX"), predicates) == (
        "it is not so that (the rep is licensed in the state with TX)"
    )
    assert describe(predicate("europe"), predicates) == "EU law lets the rep call"
    assert describe(predicate("strange"), predicates) == "the predicate 'strange' holds"
    assert unmet(predicate("licensed"), Registry(predicates))(LEAD_1, BOB, NOW) == (
        "the rule requires that the rep is licensed in the state"
    )
    qualify = predicate("europe") | (LEAD.budget > 9_000)
    ranking = Router(rules=[], qualify=qualify, predicates=predicates).rank(LEAD_1, Roster([BOB]))
    assert ranking.detail == "not true that (EU law lets the rep call or budget is more than 9,000)"


def test_an_error_of_a_predicate_says_where():
    """An exception keeps its type, and notes the predicate, the lead, the rep where there is one, and the rule."""
    ask = predicate("ask", 5)

    def fails(lead, rep, now, most):
        raise KeyError("x")

    noted = "predicate('ask', 5), lead 'L-1'"
    for given_, notes in (
        ({"rules": [Rule("a", when=ask)]}, [noted, "rule 'a', lead 'L-1'"]),
        (
            {"rules": [Rule("a", when=ask)] * 1, "qualify": ask},
            [noted, "rule 'qualify', lead 'L-1'"],
        ),
        ({"rules": [Rule("a", require=ask)]}, [f"{noted}, rep 'bob'", "rule 'a', lead 'L-1'"]),
    ):
        router = Router(predicates={"ask": fails}, **given_)
        with pytest.raises(KeyError) as caught:
            router.rank(LEAD_1, Roster([BOB]))
        assert caught.value.__notes__ == notes


@pytest.mark.parametrize(
    ("function", "takes"),
    [(lambda lead: True, False), (lambda lead, rep, now, n: True, True), (max, True)],
)
def test_a_predicate_that_cannot_be_called_is_told_when_the_policy_is_built(function, takes):
    """A function for other arguments is refused before the first lead; one that does not say is believed."""
    told = pytest.raises(ConfigError, match=r"write it for \(lead, rep, now, 5\)")
    with nullcontext() if takes else told:
        Router([Rule("a", when=predicate("ask", 5))], predicates={"ask": function})


def test_words_beside_conditions():
    """Brackets stand where "not" could be misread, long sets are counted, and one is no plural."""
    either = (LEAD.budget > 1) | (LEAD.country == "US")
    assert bracketed(either) == "(budget is more than 1 or country is US)"
    assert denied(LEAD.country == "US") == "not true that country is US"
    assert value_in_words(frozenset("abcdefg")) == "a, b, c, d, e, f and g"
    assert value_in_words(frozenset("abcdefgh")) == "a, b, c, d, e, f and 2 more"
    assert (plural(1, "turn"), plural(0, "turn"), plural(1.2, "turn", ".0f")) == (
        "1 turn",
        "0 turns",
        "1 turn",
    )
    assert docline(lambda: 1) == ""


def test_a_reason_stays_on_one_line():
    """What a rep is called or brings breaks no line and moves no cursor."""
    rep = Rep("bob", attributes={"desk": "a\nb\x1b[31m"})
    assert unmet(REP["desk"] == "x", PLAIN)(LEAD_1, rep, NOW) == (
        "desk is a?b?[31m; the rule asks for x"
    )
