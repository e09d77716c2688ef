"""Lead scoring and dispositions in policy files."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, Disposition, Lead, Router, Rule, dump_policy, load_policy
from leadroute.errors import ConfigError
from leadroute.formats.json_schema import policy_schema
from leadroute.formats.policy_file import parse_policy
from leadroute.insight.description import describe_policy, graphviz, mermaid
from leadroute.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    Logistic,
    NamedModel,
    SourcePoints,
)
from leadroute.rules.builders import define

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
POLICY = """
format = 1

[definitions]
large = "lead.employees >= 500"

[lead_scoring]
blend = 0.6
half = 2

[[lead_scoring.fit]]
name = "large"
when = "large"
points = 30

[[lead_scoring.source]]
source = "webinar"
points = 5

[[lead_scoring.source]]
channel = "phone"

[[lead_scoring.engagement]]
signal = "pricing_page"
points = 0.01
half_life = "1d"

[[lead_scoring.grade]]
name = "hot"
at_least = 0.7
respond_within = "5m"
priority = 2

[[lead_scoring.grade]]
name = "warm"
at_least = 0.3

[[disposition]]
name = "sold"
closes = true
won = true
spellings = ["closed won"]

[[disposition]]
name = "no"
closes = true

[[rule]]
name = "hot"
when = "lead.grade == 'hot' and lead.completeness > 0.5"

[[rule]]
name = "rest"
"""
IN_PYTHON = Router(
    lead_scoring=LeadScoring(
        fit=[FitCriterion("large", define("large", LEAD.employees >= 500), 30)],
        sources=[SourcePoints(source="webinar", points=5), SourcePoints(channel="phone")],
        engagement=[EngagementSignal("pricing_page", 0.01, "1d")],
        blend=0.6,
        half=2,
        grades=[LeadGrade("warm", 0.3), LeadGrade("hot", 0.7, "5m", 2)],
    ),
    dispositions=[
        Disposition("sold", closes=True, won=True, spellings=["closed won"]),
        Disposition("no", closes=True),
    ],
    rules=[
        Rule("hot", when=(LEAD.grade == "hot") & (LEAD.completeness > 0.5)),
        Rule("rest"),
    ],
)


def test_file_and_python_give_the_same_router():
    """What a file says is what Python builds, with the same version and the same scores."""
    router = parse_policy(POLICY)
    assert router == IN_PYTHON
    assert router.version == IN_PYTHON.version
    lead = Lead("L-1", employees=800, source="webinar")
    assert router.scored(lead, NOW).lead_score == IN_PYTHON.scored(lead, NOW).lead_score


WORDS = st.text("abcdefgh '\"\\é", min_size=1, max_size=9).filter(lambda text: text.strip() == text)
POINTS = st.sampled_from([1, 20, -15, 0.5, 0.01, 1e14])
ABOVE_0 = st.sampled_from([1, 2, 0.01, 1000])
LASTING = st.sampled_from(["5m", "1d", "2w", "1h30m"])
WHEN = st.sampled_from(
    [LEAD.employees >= 500, LEAD.country.in_(["DE", "FR"]) | (LEAD.role == "chief")]
)


@st.composite
def scorings(draw):
    """Any lead scoring."""
    names = draw(st.lists(WORDS, unique=True, max_size=5))
    cut = draw(st.integers(0, len(names)))
    sources = draw(st.lists(WORDS, unique=True, max_size=2))
    bounds = draw(st.lists(st.integers(0, 100), unique=True, max_size=3))
    found = LeadScoring(
        fit=[FitCriterion(name, draw(WHEN), draw(POINTS)) for name in names[:cut]],
        engagement=[EngagementSignal(name, draw(ABOVE_0), draw(LASTING)) for name in names[cut:]],
        sources=[SourcePoints(source=each, points=draw(POINTS)) for each in sources],
        blend=draw(st.sampled_from([0, 0.5, 0.25, 1])),
        half=draw(ABOVE_0),
        grades=[
            LeadGrade(f"g{n}", bound / 100, draw(st.none() | LASTING), draw(st.none() | st.just(3)))
            for n, bound in enumerate(bounds)
        ],
    )
    if found.names and draw(st.booleans()):
        return evolve(found, model=Logistic(draw(POINTS), {found.names[0]: draw(POINTS)}))
    return found


@given(scorings(), st.sampled_from(["toml", "json"]))
def test_every_scoring_can_be_written(scoring, written_as):
    """What is written reads back equal, with the same version, and the JSON Schema knows its keys."""
    router = Router(rules=[Rule("all")], lead_scoring=scoring)
    written = dump_policy(router, format=written_as)
    again = parse_policy(written, written_as)
    assert (again, again.version) == (router, router.version)
    assert dump_policy(again, format=written_as) == written
    if written_as == "json":
        known = policy_schema()["properties"]["lead_scoring"]["properties"]
        table = json.loads(written)["lead_scoring"]
        assert set(table) <= set(known)
        for key in ("fit", "engagement", "source", "grade"):
            for each in table.get(key, []):
                assert set(each) <= set(known[key]["items"]["properties"])


class Half:
    """A model that always says one half."""

    def predict_proba(self, rows):
        """One half for each row."""
        return [[0.5, 0.5] for _ in rows]


def test_a_model_is_handed_in_by_name():
    """A file names the model, the caller hands it in, and what is written names it again."""
    text = POLICY.replace("blend = 0.6", 'model = "odds"')
    router = parse_policy(text, models={"odds": Half()})
    assert router.scored(Lead("L-1"), NOW).score == 0.5
    assert router.lead_scoring.model == NamedModel("odds", Half())
    assert 'model = "odds"' in dump_policy(router)
    assert "by the model odds" in describe_policy(router)
    with pytest.raises(
        ConfigError, match=r"'odds' was not handed in; load the policy with models="
    ):
        parse_policy(text)
    with pytest.raises(ConfigError, match=r"'odds' was not handed in; did you mean 'odd'\?"):
        parse_policy(text, models={"odd": Half()})
    with pytest.raises(ConfigError, match="has no predict_proba"):
        parse_policy(text, models={"odds": 3})


BAD = [
    ("[lead_scoring]\nblend = 3", 3, "lead_scoring.blend: 3 must be a number from 0 to 1"),
    ("[lead_scoring]\nhalf = 0", 3, "lead_scoring.half: 0 must be a number above 0"),
    ("[lead_scoring]\nhlf = 1", 3, "no key of [lead_scoring] named 'hlf'; did you mean 'half'?"),
    ("[lead_scoring]\nmodel = 3", 3, "lead_scoring.model: is 3; write the name of a model"),
    (
        "[lead_scoring]\nmodel = { intercpt = 1 }",
        3,
        "no key of a model named 'intercpt'; did you mean 'intercept'?",
    ),
    (
        "[lead_scoring]\nmodel = { intercept = 'x' }",
        3,
        "lead_scoring.model: 'x' is not a coefficient",
    ),
    (
        (
            "[lead_scoring]\nmodel = { coefficients = { lrge = 2 } }\n[[lead_scoring.fit]]\n"
            'name = "large"\nwhen = "lead.budget > 1"'
        ),
        3,
        "lead_scoring.model: there is no feature named 'lrge'; did you mean 'large'?",
    ),
    ("lead_scoring = 5", 2, "lead_scoring: is a number; write a table [lead_scoring]"),
    ("[lead_scoring]\nfit = 5", 3, "lead_scoring.fit: is a number; write [[lead_scoring.fit]]"),
    (
        '[[lead_scoring.fit]]\nname = "a"\nwhen = "lead.budget > 1"\npoints = "x"',
        5,
        "lead_scoring.fit[0].points: points are 'x'; write a number other than 0",
    ),
    ('[[lead_scoring.fit]]\nname = "a"', 2, "lead_scoring.fit[0].when: is missing; write when"),
    (
        '[[lead_scoring.fit]]\nname = "a"\nwhen = "lead.score > 0.5"',
        4,
        "lead_scoring.fit[0].when: asks lead.score, which the lead scoring itself works out",
    ),
    (
        '[[lead_scoring.fit]]\nname = "a"\nwhen = "rep.level > 1"',
        4,
        "lead_scoring.fit[0].when: asks about the rep (rep.level)",
    ),
    (
        (
            '[[lead_scoring.fit]]\nname = "a"\nwhen = "lead.budget > 1"\n'
            '[[lead_scoring.engagement]]\nsignal = "a"'
        ),
        6,
        "lead_scoring.engagement[0].signal: there are two scored parts named 'a'",
    ),
    ("[[lead_scoring.engagement]]\npoints = 1", 2, "lead_scoring.engagement[0].signal: is missing"),
    (
        '[[lead_scoring.engagement]]\nsignal = "a"\nhalf_life = "0s"',
        4,
        "lead_scoring.engagement[0].half_life: a half-life of 0s would forget everything",
    ),
    ("[[lead_scoring.source]]\npoints = 1", 2, "lead_scoring.source[0]: names both source and"),
    (
        '[[lead_scoring.source]]\nsource = "a"\n[[lead_scoring.source]]\nsource = "a"',
        4,
        "lead_scoring.source[1]: source a stands twice; keep one of them",
    ),
    (
        (
            '[[lead_scoring.grade]]\nname = "a"\nat_least = 0\n'
            '[[lead_scoring.grade]]\nname = "a"\nat_least = 1'
        ),
        6,
        "lead_scoring.grade[1].name: there are two grades named 'a'; give each a name of its own",
    ),
    (
        (
            '[[lead_scoring.grade]]\nname = "a"\nat_least = 0.5\n'
            '[[lead_scoring.grade]]\nname = "b"\nat_least = 0.50'
        ),
        7,
        "lead_scoring.grade[1].at_least: two grades begin at 0.5; give each a score of its own",
    ),
    (
        '[[lead_scoring.grade]]\nname = "a"\nat_least = 0\nrespond_within = 5',
        5,
        "lead_scoring.grade[0].respond_within: is 5; write text in quotes",
    ),
    (
        '[[lead_scoring.grade]]\nname = "a"\nat_least = 0\npriority = 1.5',
        5,
        "lead_scoring.grade[0].priority: priority is 1.5",
    ),
    (
        '[[disposition]]\nname = "a"\n[[disposition]]\nname = "b"\nspellings = ["A"]',
        4,
        "disposition[1]: the dispositions 'a' and 'b' both mean 'A'; give each words of its own",
    ),
    ('[[disposition]]\nname = "a"\nwon = true', 2, "disposition[0]: 'a' wins and does not close"),
    ('[[disposition]]\nname = "a"\nends = true', 4, "no key of a disposition named 'ends'"),
]


@pytest.mark.parametrize(("text", "line", "problem"), BAD, ids=[each[2] for each in BAD])
def test_bad_input_has_its_line_and_remedy(text, line, problem):
    """Each fault is told with the file, the line and what to write instead."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(f"format = 1\n{text}\n", name="policy.toml")
    (told,) = str(caught.value).splitlines()
    assert told.startswith(f"policy.toml:{line}: "), told
    assert problem in told


def test_a_file_may_build_on_the_scoring_of_another(tmp_path):
    """An entry takes the place of the base's entry of its name, signal or source; faults have their file and line."""
    (tmp_path / "base.toml").write_text(POLICY)
    own = """
format = 1
extends = "base.toml"

[lead_scoring]
half = 5

[[lead_scoring.engagement]]
signal = "pricing_page"
points = 3

[[lead_scoring.engagement]]
signal = "demo"

[[lead_scoring.source]]
source = "webinar"
points = 9

[[lead_scoring.grade]]
name = "hot"
at_least = 0.9

[[disposition]]
name = "no"
"""
    (tmp_path / "own.toml").write_text(own)
    router = load_policy(tmp_path / "own.toml")
    found = router.lead_scoring
    assert (found.half, found.blend, len(found.fit)) == (5, 0.6, 1)
    assert [(each.signal, each.points) for each in found.engagement] == [
        ("demo", 1),
        ("pricing_page", 3),
    ]
    assert [(each.name, each.points) for each in found.sources] == [
        ("source webinar", 9),
        ("channel phone", 1),
    ]
    assert [(each.name, each.respond_within) for each in found.grades] == [
        ("hot", None),
        ("warm", None),
    ]
    assert [(each.name, each.closes) for each in router.dispositions] == [
        ("sold", True),
        ("no", False),
    ]
    (tmp_path / "base.toml").write_text(POLICY.replace("points = 30", "points = 0"))
    with pytest.raises(ConfigError, match=r"base.toml:14: lead_scoring.fit\[0\].points"):
        load_policy(tmp_path / "own.toml")
    (tmp_path / "base.toml").write_text(POLICY)
    (tmp_path / "own.toml").write_text(own.replace("points = 9", "points = 0"))
    with pytest.raises(ConfigError, match=r"own.toml:17: lead_scoring.source\[0\].points"):
        load_policy(tmp_path / "own.toml")


def test_the_scoring_in_words_and_pictures():
    """Parts, grades and dispositions are told to people who read no code."""
    told = describe_policy(IN_PYTHON)
    assert told.splitlines()[:7] == [
        "Every lead is scored from 0 to 1 when it comes in, 60% by what it is and 40% by what it did.",
        "- large: large (+30)",
        "- source is webinar (+5)",
        "- channel is phone (+1)",
        "- signals of pricing page: +0.01 a unit, half of it after 1 day",
        "Grade hot from 0.7 on: to be contacted within 5 minutes, priority 2.",
        "Grade warm from 0.3 on.",
    ]
    assert 'Feedback "sold" wins and closes the lead; also written closed won.' in told
    assert 'Feedback "no" closes the lead.' in told
    assert '"large" means: number of employees is at least 500.' in told
    open_ended = Router(rules=[], dispositions=[Disposition("later")])
    assert 'Feedback "later" leaves the lead open.' in describe_policy(open_ended)
    for draw in (mermaid, graphviz):
        for qualify in (None, LEAD.budget > 0):
            picture = draw(evolve(IN_PYTHON, qualify=qualify))
            assert "Grade hot from 0.7 on: to be contacted" in picture
            assert re.search(r"lead -->? ?score|lead -> score", picture)
    ways = {
        "by what it is": LeadScoring(fit=IN_PYTHON.lead_scoring.fit),
        "by what it did": LeadScoring(engagement=[EngagementSignal("x")]),
        "by the model coefficients; what counts towards it": LeadScoring(model=Logistic(0, {})),
    }
    for basis, scoring in ways.items():
        told = describe_policy(Router(rules=[], lead_scoring=scoring))
        assert told.startswith(f"Every lead is scored from 0 to 1 when it comes in, {basis}.")


def test_an_empty_table_scores_nothing():
    """A table without a part gives every lead no score; one that is left out scores no lead at all."""
    empty = parse_policy("format = 1\n[lead_scoring]\n")
    assert empty.lead_scoring == LeadScoring()
    assert empty.scored(Lead("L-1"), NOW).lead_score.score is None
    assert parse_policy("format = 1").lead_scoring is None


def schema_keys(schema, place=""):
    """Every key of the JSON Schema as (table, key), the tables within tables behind a dot."""
    for key, each in schema["properties"].items():
        inner = each.get("items", each)
        # Values of their own: a lead, a rep, a cool-down, and in a rule the steps that [fallback] has too.
        own = key == "cool_down" or (place in ("rule", "test") and key != "step")
        if "properties" in inner and not own:
            yield from schema_keys(inner, f"{place}.{key}".lstrip("."))
        else:
            yield place or "top", key


def test_the_page_lists_every_key():
    """The table "Every key" of the policy page holds every key of the JSON Schema."""
    page = (ROOT / "docs/reference/policy.md").read_text(encoding="utf-8")
    table = page.partition("## Every key")[2].partition("\n## ")[0]
    listed = set()
    for place, keys in re.findall(r"^\| ([^|]+) \| ([^|]+) \|", table, re.MULTILINE):
        table_name = re.sub(r"[`\[\]]", "", place).strip()
        listed |= {
            (table_name, key.strip("[]").split(".")[-1]) for key in re.findall(r"`([^`]+)`", keys)
        }
    # What hosts name themselves has no keys of ours: attributes and definitions.
    named = {("top", "definitions"), ("custom_fields", "lead"), ("custom_fields", "rep")}
    assert set(schema_keys(policy_schema())) - listed - named == set()


def test_a_deadline_reads_as_a_duration():
    """What a file says in words is a duration in Python."""
    (hot, warm) = parse_policy(POLICY).lead_scoring.grades
    assert (hot.respond_within, warm.respond_within) == (timedelta(minutes=5), None)
