"""What `diff` promises about leads that both policies treat alike, and about leads that cannot be judged."""

from datetime import UTC, datetime
from itertools import cycle
from unittest.mock import patch

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute import LEAD, REP, Lead, Rep, Roster, Router, Rule
from leadroute.errors import FieldTypeError
from leadroute.insight import diff
from leadroute.insight import trials as module
from leadroute.rules.builders import age, days
from leadroute.testing.strategies import leads, rosters, routers

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
TEAM = Roster([Rep("ada", level=1), Rep("bob", level=3)])
OLD = Router(
    rules=[
        Rule("big", when=LEAD.employees >= 500, require=REP.level >= 3),
        Rule("germany", when=LEAD.country == "DE"),
        Rule("rest"),
    ]
)
LEADS = [
    Lead("L-1", employees=900),
    Lead("L-2", employees=200),
    Lead("L-3", country="de"),
    Lead("L-4"),
]


def with_rule(router, number, **changes):
    """A router with one rule changed."""
    rules = list(router.rules)
    rules[number] = evolve(rules[number], **changes)
    return evolve(router, rules=rules)


@given(routers(), routers(), st.lists(leads(), max_size=4), rosters())
@examples(60)
def test_a_change_of_rules_alone_names_the_same_leads(old, other, given_leads, roster):
    """Where leads are spared the ranking, exactly those move whose best rep is another one."""
    whens = [rule.when for rule in other.rules]
    swapped = [
        evolve(rule, when=when)
        for rule, when in zip(old.rules, cycle(whens or [None]), strict=False)
    ]
    for rules in (swapped, (*old.rules[1:], *old.rules[:1]), old.rules[1:]):
        new = evolve(old, rules=rules)
        best = [
            tuple(router.rank(lead, roster, now=NOW).best for router in (old, new))
            for lead in given_leads
        ]
        moves = diff(old, new, given_leads, roster, now=NOW)
        assert [(move.lead_id, move.before, move.after) for move in moves] == [
            (lead.id, one and one.rep_id, two and two.rep_id)
            for lead, (one, two) in zip(given_leads, best, strict=True)
            if (one and one.rep_id) != (two and two.rep_id)
        ]


def test_only_leads_whose_rule_changed_are_ranked():
    """A wider rule moves the leads that it takes now; nobody else is ranked, in whatever portions the leads come."""
    new = with_rule(OLD, 0, when=LEAD.employees >= 100)
    ranked = []
    rank = Router.rank

    def noted(router, lead, roster, **given):
        ranked.append(lead.id)
        return rank(router, lead, roster, **given)

    with patch.object(Router, "rank", noted), patch.object(module, "PORTION", 3):
        found = list(diff(OLD, new, iter(LEADS), TEAM, now=NOW))
    assert [(move.lead_id, move.before, move.after) for move in found] == [("L-2", "ada", "bob")]
    assert ranked == ["L-2", "L-2"]


def test_a_rule_that_ranks_otherwise_has_its_leads_ranked():
    """A lead moves under a rule of the same name that requires something else, or where more than the rules differs."""
    stricter = with_rule(OLD, 1, require=REP.level >= 2)
    assert [move.lead_id for move in diff(OLD, stricter, LEADS, TEAM, now=NOW)] == ["L-3"]
    closed = evolve(OLD, caps=["0 per day"])
    assert [move.after for move in diff(OLD, closed, LEADS, TEAM, now=NOW)] == [None] * 4


def test_a_policy_that_asks_what_time_it_is():
    """Without an instant each lead is judged at the moment at which it was received."""
    lead = Lead("L-1", received_at=NOW)
    new = with_rule(OLD, 1, when=age(LEAD.received_at) < days(1), require=REP.level >= 3)
    assert [move.after for move in diff(OLD, new, [lead], TEAM)] == ["bob"]


def test_leads_that_cannot_be_judged():
    """The error is raised, or told while the others go on."""
    new = with_rule(OLD, 1, when=LEAD["x"] > 5, require=REP.level >= 3)
    bad, good = (Lead(f"L-{x}", attributes={"x": x}) for x in ("text", 9))
    with pytest.raises(FieldTypeError, match="rule 'germany', lead 'L-text'"):
        list(diff(OLD, new, [bad, good], TEAM, now=NOW))
    told = []
    found = list(diff(OLD, new, [bad, good], TEAM, now=NOW, unjudged=told.append))
    assert [move.lead_id for move in found] == ["L-9"]
    assert "lead 'L-text'" in str(*told)
