import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Rep
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.formats.jsonlogic import DEEPEST, from_jsonlogic, jsonlogic_data, to_jsonlogic
from leadroute.rules.builders import NOW, FieldExpr, age, define, domain_of, signal
from leadroute.rules.conditions import ALWAYS, NEVER
from leadroute.rules.evaluation import evaluate
from leadroute.rules.parser import parse
from leadroute.testing.strategies import leads, reps
from tests.formats.jsonlogic import judge, truthy

CUSTOM = {"tier": "text", "seats": "number", "vip": "flag", "due": "instant", "tags": "names"}
AT = datetime(2026, 1, 2, tzinfo=UTC)


def declared(name):
    return FieldExpr(parse(f"lead.{name} is present", custom=CUSTOM).operand)


numbers = st.integers(-3, 3) | st.sampled_from([0.5, 500, 50_000])
words = st.sampled_from(["health", "10", "0", "null", "DE", "b", "Ünï"])
instants = st.sampled_from([AT, AT + timedelta(microseconds=1), AT + timedelta(hours=9)])
number_facts = st.sampled_from(
    [LEAD.budget, REP.level, REP.capacity, REP.skills["health"], declared("seats")]
)
text_facts = st.sampled_from([LEAD.industry, LEAD.country, REP.name, declared("tier")])
instant_facts = st.sampled_from([LEAD.received_at, LEAD.deadline, declared("due")])
set_facts = st.sampled_from([REP.languages, REP.industries, declared("tags")])
flag_facts = st.sampled_from([REP.active, declared("vip")])
COMPARE = [
    FieldExpr.__eq__,
    FieldExpr.__ne__,
    FieldExpr.__lt__,
    FieldExpr.__le__,
    FieldExpr.__gt__,
    FieldExpr.__ge__,
]
compares = st.sampled_from(COMPARE)
members = st.sampled_from([FieldExpr.in_, FieldExpr.not_in])


def asked(how, facts, values):
    return st.builds(lambda ask, fact, value: ask(fact, value), how, facts, values)


questions = st.one_of(
    st.sampled_from([ALWAYS, NEVER]),
    asked(compares, number_facts, numbers | number_facts),
    asked(compares, text_facts.filter(lambda f: f.operand.name != "country"), words | text_facts),
    asked(compares, instant_facts, instants | instant_facts),
    asked(st.sampled_from(COMPARE[:2]), flag_facts, st.booleans() | flag_facts),
    asked(members, number_facts, st.lists(numbers, max_size=3)),
    asked(members, text_facts, st.lists(st.sampled_from(["DE", "US"]), max_size=3)),
    asked(members, instant_facts, st.lists(instants, max_size=3)),
    asked(members, text_facts, set_facts | st.just(LEAD.company)),
    asked(
        st.just(FieldExpr.contains),
        set_facts.filter(lambda f: f.operand.name != "languages"),
        words,
    ),
    asked(
        st.sampled_from([FieldExpr.startswith, FieldExpr.endswith, FieldExpr.contains]),
        text_facts,
        words,
    ),
    st.builds(lambda f, low, high: (low <= f) & (f <= high), number_facts, numbers, numbers),
    st.builds(lambda f, low, high: (low < f) & (f < high), number_facts, numbers, numbers),
    st.builds(lambda f, low, high: (low <= f) & (f < high), text_facts, words, words),
    st.builds(
        lambda ask, fact: ask(fact),
        st.sampled_from([FieldExpr.is_present, FieldExpr.is_missing]),
        number_facts | text_facts | set_facts | instant_facts | flag_facts,
    ),
)
guards = st.builds(
    lambda fact, values: fact.is_present() & ~fact.in_(values),
    number_facts,
    st.lists(numbers, max_size=2),
)
conditions = st.recursive(
    questions | guards,
    lambda parts: st.one_of(
        st.builds(lambda a, b: a & b, parts, parts),
        st.builds(lambda a, b: a | b, parts, parts),
        st.builds(lambda a: ~a, parts),
    ),
    max_leaves=6,
)


def person(lead, given):
    known = {name: value for name, value in given.items() if value is not None}
    kept = {"country": lead.country, "industry": lead.industry, "company": lead.industry}
    return Lead(lead.id, budget=lead.budget, received_at=lead.received_at, attributes=known, **kept)


values = {
    "tier": words,
    "seats": numbers,
    "vip": st.booleans(),
    "due": instants,
    "tags": st.frozensets(words),
}
people = st.builds(
    person,
    leads(),
    st.fixed_dictionaries({name: st.none() | each for name, each in values.items()}),
)


@given(conditions)
def test_round_trip(condition):
    """What is exported is read back as the same condition, from values and from text."""
    written = to_jsonlogic(condition)
    assert from_jsonlogic(written, custom=CUSTOM) == condition
    assert from_jsonlogic(json.dumps(written), custom=CUSTOM) == condition


@given(conditions, people, reps())
def test_same_answer(condition, lead, rep):
    """An interpreter of JsonLogic answers an exported condition as we do, missing values included."""
    data = json.loads(json.dumps(jsonlogic_data(lead, rep)))
    assert truthy(judge(to_jsonlogic(condition), data)) is evaluate(condition, lead, rep)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("lead.industry not in rep.languages", True),
        ("rep.languages is present", False),
        ("rep.languages is missing", True),
    ],
)
def test_empty_set(text, answer):
    """A set that is empty is known, and so it lacks an item; but there is nothing present in it."""
    condition, lead, nobody = parse(text), Lead("L-1", industry="health"), Rep("ada")
    assert evaluate(condition, lead, nobody) is answer
    assert truthy(judge(to_jsonlogic(condition), jsonlogic_data(lead, nobody))) is answer
    assert from_jsonlogic(to_jsonlogic(condition)) == condition


@pytest.mark.parametrize(
    ("text", "lead", "answer"),
    [
        ("lead.country != 'US'", Lead("L-1"), False),
        ("not lead.country == 'US'", Lead("L-1"), True),
        ("lead.budget < 10", Lead("L-1"), False),
        ("lead.budget >= 0", Lead("L-1"), False),
        ("lead.budget >= 0", Lead("L-1", budget=0), True),
        ("lead.budget is present", Lead("L-1", budget=0), True),
        ("-5 <= lead.budget <= 5", Lead("L-1"), False),
        ("lead.product == lead.source", Lead("L-1"), False),
        ("lead.product in lead.company", Lead("L-1", company="nullify"), False),
        ("lead.product not in ['a']", Lead("L-1"), False),
        ("lead.deadline != lead.received_at", Lead("L-1", deadline=AT), False),
    ],
)
def test_null(text, lead, answer):
    """Where JsonLogic would let null pass, the exported rule has a guard."""
    condition = parse(text)
    assert evaluate(condition, lead) is answer
    assert truthy(judge(to_jsonlogic(condition), jsonlogic_data(lead))) is answer


@pytest.mark.parametrize(
    "condition",
    [
        LEAD.language == "de",
        LEAD.language != "de",
        ~(LEAD.language == "de"),
        LEAD.language.in_(["de", "fr"]),
        LEAD.language.not_in(["de", "fr"]),
        LEAD.language.in_(REP.languages),
        LEAD.language.not_in(REP.languages),
    ],
)
def test_languages_are_read_back(condition):
    """A question about a language, which meets its variants, is read as the same question."""
    assert from_jsonlogic(to_jsonlogic(condition)) == condition


@pytest.mark.parametrize(
    ("condition", "written"),
    [
        (LEAD.budget >= 1_000, {">=": [{"var": "lead.budget"}, 1000]}),
        (
            LEAD.budget < 10,
            {"and": [{"!=": [{"var": "lead.budget"}, None]}, {"<": [{"var": "lead.budget"}, 10]}]},
        ),
        ((LEAD.budget >= 10) & (LEAD.budget <= 50), {"<=": [10, {"var": "lead.budget"}, 50]}),
        ((LEAD.budget > 10) & (LEAD.budget < 50), {"<": [10, {"var": "lead.budget"}, 50]}),
        (LEAD["tier"] == "gold", {"==": [{"var": "lead.attributes.tier"}, "gold"]}),
        (
            LEAD.language.in_(REP.languages),
            {
                "some": [
                    {"var": "lead.languages"},
                    {"in": [{"var": ""}, {"var": "rep.languages"}]},
                ]
            },
        ),
        (LEAD.language == "German", {"in": ["de", {"var": "lead.languages"}]}),
        (
            LEAD.language != "de",
            {
                "and": [
                    {"!=": [{"var": "lead.language"}, None]},
                    {"!": {"in": ["de", {"var": "lead.languages"}]}},
                ]
            },
        ),
        (
            LEAD.language.in_(["de", "fr"]),
            {"some": [{"var": "lead.languages"}, {"in": [{"var": ""}, ["de", "fr"]]}]},
        ),
        (LEAD.email.is_missing(), {"==": [{"var": "lead.email"}, None]}),
        (
            LEAD.received_at == AT,
            {"==": [{"var": "lead.received_at"}, "2026-01-02T00:00:00+00:00"]},
        ),
        (~(LEAD.budget == 1), {"!": {"==": [{"var": "lead.budget"}, 1]}}),
        (define("big", LEAD.budget > 9), {">": [{"var": "lead.budget"}, 9]}),
        (LEAD.email.endswith(".org"), {"endsWith": [{"var": "lead.email"}, ".org"]}),
    ],
)
def test_written_form(condition, written):
    """A condition has the form that visual editors know."""
    assert to_jsonlogic(condition) == written


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"===": [{"var": ["lead.country"]}, "de"]}, "lead.country == 'DE'"),
        ({"!==": ["us", {"var": "lead.country"}]}, "lead.country != 'US'"),
        ({">": [5, {"var": "lead.budget"}]}, "lead.budget < 5"),
        ({"!": {"var": "lead.email"}}, "lead.email is missing"),
        ({"!": [{"var": "rep.languages"}]}, "rep.languages is missing"),
        ({"!!": {"var": "lead.budget"}}, "lead.budget != 0"),
        ({"var": "rep.active"}, "rep.active == True"),
        ({"and": [{"var": "lead.deadline"}, True]}, "lead.deadline is present and always"),
        ({"!!": {"and": [{"==": [{"var": "lead.budget"}, 1]}]}}, "lead.budget == 1"),
        ({"missing": "lead.email"}, "lead.email is missing"),
        (
            {"missing": ["lead.email", "lead.phone"]},
            "lead.email is missing or lead.phone is missing",
        ),
        ({"missing": [["lead.email"]]}, "lead.email is missing"),
        (
            {"missing_some": [1, ["lead.email", "lead.phone"]]},
            "lead.email is missing and lead.phone is missing",
        ),
        (
            {"missing_some": [2, ["lead.email", "lead.phone"]]},
            "lead.email is missing or lead.phone is missing",
        ),
        ({"==": [None, {"var": "lead.email"}]}, "lead.email is missing"),
        (
            {"<": [{"var": "lead.received_at"}, "2026-01-02T01:00:00+01:00"]},
            "lead.received_at < instant('2026-01-02T00:00:00+00:00')",
        ),
        (
            {"in": [{"var": "lead.deadline"}, ["2026-01-02T00:00:00Z"]]},
            "lead.deadline in [instant('2026-01-02T00:00:00+00:00')]",
        ),
        ({"in": ["vip", {"var": "lead.tags"}]}, "lead['tags'].contains('vip')"),
        ({"==": [{"var": "rep.skills.health"}, 1]}, "rep.skills['health'] == 1"),
        (
            {
                "and": [
                    {"!=": [{"var": "lead.budget"}, None]},
                    {"<": [{"var": "lead.employees"}, 5]},
                ]
            },
            "lead.budget is present and lead.employees < 5",
        ),
    ],
)
def test_read_form(given, text):
    """What visual editors write is read, in every way in which they write it."""
    assert str(from_jsonlogic(given, custom=CUSTOM)) == text


def nested(depth):
    found = True
    for _ in range(depth):
        found = {"!": found}
    return found


CIRCLE = {}
CIRCLE["!"] = CIRCLE


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (1, '$: is not a condition; write {"operator": [...]} with one operator, true or false'),
        ({}, '$: is not a condition; write {"operator": [...]} with one operator, true or false'),
        (
            {"and": [True, {"or": [None]}]},
            '$.and[1].or[0]: is not a condition; write {"operator": [...]} with one operator, true or false',
        ),
        ({"and": []}, "$.and: has no parts; write one or more"),
        (
            {"some": [{"var": "rep.teams"}, {"in": [{"var": ""}, ["emea"]]}]},
            '$.some: asks about the items of a list; write it of {"var": "lead.languages"} alone',
        ),
        ({"nand": []}, "$: there is no JsonLogic operator named 'nand'; did you mean 'and'?"),
        (
            {3: []},
            (
                "$: there is no JsonLogic operator named '3'; known: ==, !=, ===, !==, <, <=, >, >=, and, or, !, !! "
                "and 7 more"
            ),
        ),
        (
            {"==": [{"var": "lead.contry"}, "US"]},
            "$.==[0].var: lead has no field 'contry'; did you mean 'country'?",
        ),
        (
            {"==": [{"var": "country"}, "US"]},
            "$.==[0].var: 'country' is not a field; write lead.country, rep.level, lead.attributes.x or rep.skills.x",
        ),
        ({"==": [{"var": 3}, "US"]}, '$.==[0]: is not a field; write {"var": "lead.country"}'),
        ({"==": [{"var": "lead.budget"}]}, "$.==: has 1 arguments; write 2"),
        ({"<": [1]}, "$.<: has 1 arguments; write 2 or 3"),
        (
            {"<": [{"var": "lead.budget"}, [1]]},
            "$.<[1]: is not a literal; write text, a number, true or false",
        ),
        (
            {"<": [{"var": "lead.budget"}, "x"]},
            "$.<: lead.budget holds a number and 'x' is text; compare values of the same kind",
        ),
        (
            {"<": [{"var": "lead.deadline"}, "soon"]},
            "$.<: 'soon' is not an instant; write one such as 2026-03-02T09:00:00+00:00",
        ),
        (
            {"in": [{"var": "lead.deadline"}, ["soon"]]},
            "$.in[1][0]: 'soon' is not an instant; write one such as 2026-03-02T09:00:00+00:00",
        ),
        ({"<": [1, 2]}, "$.<: 1 < 2 has a literal on the left; turn it round"),
        (
            {"!": {"var": "lead.attributes.tier"}},
            "$.![0]: is true or false by what it holds; compare it, as in ==",
        ),
        ({"missing": []}, '$.missing: holds no names of fields; write ["lead.country"]'),
        (
            {"missing_some": [1, "lead.email"]},
            '$.missing_some[1]: holds no names of fields; write ["lead.country"]',
        ),
        (
            {"missing_some": [2, ["lead.email", "lead.phone", "lead.name"]]},
            "$.missing_some: asks for 2 known fields; ask for 1 or for all 3",
        ),
        (
            {"startsWith": [{"var": "lead.email"}, 3]},
            "$.startsWith: lead.email.startswith(...) takes a text that is not empty",
        ),
        (nested(80), "$: is nested more than 64 deep; flatten it"),
        (CIRCLE, "$: is nested more than 64 deep; flatten it"),
        ({"and": [True] * 10_000}, "$: holds more than 10000 values; split it"),
        ("{" * 2_000_000, "$: is longer than 1048576 characters; split it"),
        ('{"!": true, "!": false}', "$: has the key '!' twice; keep one of them"),
        ('{"!": tru}', "line 1, column 7: is not JSON: Expecting value"),
        ("[" * 100_000, "$: is nested too deep; flatten it"),
        (
            '{"<": [{"var": "lead.budget"}, NaN]}',
            "$: holds NaN, which is not JSON; write null or a finite number",
        ),
        (
            {"<": [{"var": "lead.budget"}, float("inf")]},
            "$.<[1]: the number is not finite or not below 2**63; write a smaller one",
        ),
    ],
)
def test_refused_json(given, message):
    """What has no counterpart here is refused with its path in the JSON and what to write instead."""
    with pytest.raises(ConfigError) as caught:
        from_jsonlogic(given)
    assert str(caught.value) == message


def test_unknown_operator_suggests():
    """An unknown operator is an error of its own kind, which knows the near name."""
    with pytest.raises(UnknownFieldError) as caught:
        from_jsonlogic({"startWith": []})
    assert caught.value.suggestion == "startsWith"


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        (
            LEAD.email.like("*@x.org"),
            (
                "`lead.email.like('*@x.org')` has no counterpart in JsonLogic; use startswith, "
                "endswith or contains"
            ),
        ),
        (
            signal("page").total > 3,
            (
                "`signal('page').total` has no counterpart in JsonLogic; export conditions on "
                "fields and attributes"
            ),
        ),
        (
            age(LEAD.received_at) > timedelta(days=2),
            (
                "`age(lead.received_at)` has no counterpart in JsonLogic; export "
                "conditions on fields and attributes"
            ),
        ),
        (
            LEAD.budget * 2 > 3,
            (
                "`lead.budget * 2` has no counterpart in JsonLogic; export conditions on fields and "
                "attributes"
            ),
        ),
        (
            LEAD.deadline > NOW,
            "`now` has no counterpart in JsonLogic; export conditions on fields and attributes",
        ),
        (
            domain_of(LEAD.email) == "x.org",
            (
                "`domain_of(lead.email)` has no counterpart in JsonLogic; export "
                "conditions on fields and attributes"
            ),
        ),
        (
            LEAD["due"] > AT,
            "`lead['due']` has no counterpart in JsonLogic as an instant; declare its kind in [custom_fields]",
        ),
        (
            LEAD["a"] == LEAD["b"],
            (
                "`lead['a'] == lead['b']` has no counterpart in JsonLogic, because the kinds are not "
                "known; declare them in [custom_fields]"
            ),
        ),
        (LEAD["a"] == timedelta(days=1), "`days(1)` has no counterpart in JsonLogic"),
        (
            LEAD["a.b"] == 1,
            (
                "`lead['a.b']` has no counterpart in JsonLogic, where a dot in a name is read as a step; "
                "rename it"
            ),
        ),
        (
            LEAD.budget > 2**60,
            (
                "`1152921504606846976` has no counterpart in JsonLogic, whose numbers are exact up to "
                "2**53 only"
            ),
        ),
        (
            REP.skills.contains("x"),
            (
                "`rep.skills.contains('x')` has no counterpart in JsonLogic; ask for a level, such "
                "as rep.skills['name'] > 0"
            ),
        ),
        (
            LEAD["tags"].overlaps(["a" * 90]),
            f"`overlaps(lead['tags'], ['{'a' * 52}...` has no counterpart in JsonLogic",
        ),
    ],
)
def test_refused_condition(condition, problem):
    """What JsonLogic cannot say is refused with the part quoted, and with what to write instead."""
    with pytest.raises(ConfigError) as caught:
        to_jsonlogic(ALWAYS & condition)
    assert str(caught.value) == problem


def test_data():
    """The data for an exported condition: plain values, null for what is missing, lists for sets, the rep if any."""
    lead = Lead("L-1", deadline=AT, attributes={"tags": {"b", "a"}, "none": frozenset()})
    data = jsonlogic_data(lead, Rep("ada", languages={"en"}, skills={"x": 0.5}))
    assert data["lead"]["deadline"] == "2026-01-02T00:00:00+00:00"
    assert data["lead"]["attributes"] == {"tags": ["a", "b"], "none": []}
    assert data["rep"]["languages"] == ["en"]
    assert data["rep"]["skills"] == {"x": 0.5}
    assert data["rep"]["teams"] == []
    assert "rep" not in jsonlogic_data(lead)


def test_deepest_rule_is_read_and_a_deeper_one_refused():
    """Nesting is bounded, and the bound itself is allowed."""
    rule = True
    while depth_of(rule) < DEEPEST:
        rule = {"!": rule}
    assert from_jsonlogic(rule) in (ALWAYS, NEVER)
    with pytest.raises(ConfigError, match=f"nested more than {DEEPEST} deep"):
        from_jsonlogic({"!": rule})


def depth_of(rule):
    """How many values stand within one another."""
    return 1 + depth_of(rule["!"]) if isinstance(rule, dict) else 1
