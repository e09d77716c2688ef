import re
from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leadroute import (
    LEAD,
    REP,
    Factor,
    Lead,
    Pool,
    Qualification,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
)
from leadroute.insight.description import graphviz, mermaid
from leadroute.testing.strategies import routers

ROUTER = Router(
    qualify=LEAD.budget > 0,
    rules=[
        Rule("us", when=LEAD.country == "US", pool="americas"),
        Rule("de", when=LEAD.country == "DE", pool="americas"),
    ],
    pools=[Pool("americas", reps={"ada"})],
    catch_all="desk",
)


def test_mermaid():
    """The chart leads from the lead over qualification and the rules in order to pools and catch-all."""
    arrows = [line.strip() for line in mermaid(ROUTER).splitlines() if "->" in line]
    assert arrows == [
        "lead --> qualify",
        'qualify -- "no" --> disqualified',
        'qualify -- "yes" --> rule1',
        'rule1 -- "yes" --> terms1',
        'rule1 -- "no" --> rule2',
        'rule2 -- "yes" --> terms2',
        "terms1 --> pool1",
        "terms2 --> pool1",
        'rule2 -- "no" --> catch',
        'pool1 -- "pool empty or none eligible" --> catch',
        'pool1 -- "none available" --> wait',
    ]


def test_graphviz():
    """The graph has the same boxes and arrows as the chart."""
    text = graphviz(ROUTER)
    assert '    rule1 [shape=hexagon, label="Rule 1: us\\ncountry is US"]\n' in text
    assert '    pool1 [shape=cylinder, label="Pool: americas"]\n' in text
    assert '    rule1 -> rule2 [label="no"]\n' in text
    assert text.count("->") == mermaid(ROUTER).count("->")


def test_rule_after_every_lead():
    """A rule that no lead reaches has no arrow to it."""
    text = mermaid(Router(rules=[Rule("all"), Rule("never")]))
    assert "--> rule2" not in text
    assert "rule2 --> terms2" in text


NASTY = st.text(
    st.sampled_from(list("\"'<>&#;`|[](){}\\-= \n\t\x1b\u202eaÉ☃%")), min_size=1, max_size=12
)


@given(NASTY.filter(lambda text: text.strip() == text and text.isprintable()))
@pytest.mark.parametrize("draw", [mermaid, graphviz])
def test_labels_stay_inside(draw, text):
    """Whatever a policy holds, its text cannot leave its label, and the shape of the picture stays the same."""
    plain = Router(rules=[Rule("name", when=LEAD.company == "x")], catch_all="desk")
    nasty = Router(rules=[Rule(text, when=LEAD["x"] == text)], catch_all=text)
    outside = [re.sub(r'"(?:[^"\\]|\\.)*"', '""', draw(router)) for router in (plain, nasty)]
    assert outside[0] == outside[1]


def test_mermaid_escapes():
    """What has a meaning in Mermaid or HTML becomes a numeric entity."""
    router = Router(rules=[], catch_all='<b>"x" & #1;`')
    assert 'catch(["#60;b#62;#34;x#34; #38; #35;1#59;#96;"])' in mermaid(router)


def test_control_characters():
    """A control character of a literal does not reach the picture."""
    router = Router(rules=[Rule("a", when=LEAD["x"] == "a\x1b[31mb\u202ec")])
    for text in (mermaid(router), graphviz(router)):
        assert not re.search("[\x1b\u202e]", text)


@given(routers())
def test_every_policy_has_a_picture(router):
    """Every box is drawn once, and every arrow joins two boxes."""
    for text in (graphviz(router),):
        boxes = re.findall(r"^    (\w+) \[shape", text, re.MULTILINE)
        assert len(boxes) == len(set(boxes))
        ends = re.findall(r"^    (\w+) -> (\w+)", text, re.MULTILINE)
        assert {end for arrow in ends for end in arrow} <= set(boxes)


def test_factors():
    """Factors stand one after the other, with one box for each thing that may become of a lead."""
    factors = [
        Factor("budget", LEAD.budget > 0, "nurture"),
        Factor("mail", LEAD.email.is_present(), "review"),
        Factor("size", LEAD.employees > 5, "nurture"),
    ]
    text = graphviz(Router(qualify=Qualification(factors), rules=[Rule("all")]))
    assert re.findall(r"^    (\w+ -> \w+.*)", text, re.MULTILINE)[:7] == [
        "lead -> factor1",
        'factor1 -> nurture [label="no"]',
        'factor1 -> factor2 [label="yes"]',
        'factor2 -> review [label="no"]',
        'factor2 -> factor3 [label="yes"]',
        'factor3 -> nurture [label="no"]',
        'factor3 -> rule1 [label="yes"]',
    ]
    assert text.count('shape=oval, label="nurture"') == 1


def test_when_nobody_is_found():
    """The pools that are asked next have arrows that say when; a lead without a rule may wait."""
    router = Router(
        rules=[Rule("us", when=LEAD.country == "US", pool="a", fallback={"pool_empty": "wait"})],
        pools=[Pool("a", reps={"ada"}), Pool("b", reps={"bob"})],
        fallback={
            "no_rule_matched": "wait",
            "none_available": "pool a, pool b, ignore_availability",
        },
    )
    text = mermaid(router)
    assert "offered for 5 minutes<br/>When the pool is empty, it waits." in text
    arrows = [line.strip() for line in text.splitlines() if "->" in line]
    assert arrows == [
        "lead --> rule1",
        'rule1 -- "yes" --> terms1',
        "terms1 --> pool1",
        'terms1 -- "none available" --> pool2',
        'rule1 -- "no" --> wait',
        'pool1 -- "pool empty" --> wait',
        'pool1 -- "none eligible" --> catch',
        'pool2 -- "none available" --> wait',
    ]


def test_one_end():
    """Where every case ends alike, one arrow says so; a calling time and a share of hours stand with the terms."""
    held = dict.fromkeys(("pool_empty", "none_eligible", "none_available"), "catch_all")
    rule = Rule("all", fallback=held, calling_hours="mon-fri 09:00-20:00", min_shared_hours=0.5)
    text = mermaid(Router(rules=[rule]))
    assert 'pool1 -- "nobody can take it" --> catch' in text
    assert "--> wait" not in text
    assert "called mon-fri 09:00-20:00" in text
    assert "who work 50% of the lead's" in text


def test_steps_without_an_end():
    """Where the steps name pools alone, a lead waits if somebody there may come back, or has its end."""
    rule = Rule("all", pool="a", fallback={"pool_empty": "pool b", "none_available": "pool b"})
    router = Router(rules=[rule], pools=[Pool("a", where=REP.level > 8), Pool("b", reps={"bob"})])
    assert [line.strip() for line in mermaid(router).splitlines()[-4:]] == [
        'terms1 -- "none available" --> pool2',
        'pool2 -- "pool empty" --> catch',
        'pool2 -- "pool empty, then none available or none available" --> wait',
        'pool1 -- "none eligible" --> catch',
    ]
    monday = datetime(2026, 1, 5, 9, tzinfo=UTC)
    asleep = Schedule("sat 09:00-10:00", "UTC")
    ends = {
        router.rank(Lead("L-1"), Roster([rep]), now=monday).fallback_step
        for rep in (Rep("bob", weight=0, capacity=0), Rep("bob", schedule=asleep))
    }
    assert ends == {"catch_all", "wait"}


def test_steps_and_the_next_rule_have_arrows():
    """Pools that open after a wait are drawn, and a lead goes on to the next rule behind the last of them."""
    first = Rule(
        "a",
        pool="americas",
        steps=[{"after": "10m", "pool": "everyone"}],
        fallback={"none_available": "first_back within 2h, next rule, catch_all"},
    )
    last = Rule("b", pool="americas", fallback={"none_available": "next rule"})
    arrows = [line.strip() for line in mermaid(evolve(ROUTER, rules=[first, last])).splitlines()]
    assert 'terms1 -- "after waiting" --> pool2' in arrows
    assert 'pool2 -- "none available, and a rep is back in time" --> wait' in arrows
    assert 'pool2 -- "none available" --> rule2' in arrows
    assert 'pool1 -- "pool empty or none eligible or none available" --> catch' not in arrows
    assert 'pool1 -- "none available" --> wait' in arrows
