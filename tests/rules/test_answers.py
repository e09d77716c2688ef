"""What conditions answer: missing values, types, time, sets, texts, signals and the host's own predicates."""

import pickle
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.facts import NOW, PREDICATES, answer, leads

from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.rules.builders import LEAD, REP, age, days, define, predicate
from leadroute.rules.conditions import definitions, reads
from leadroute.rules.describe import describe
from leadroute.rules.evaluation import Registry, compile_condition, evaluate, glob
from leadroute.rules.matcher import Matcher
from leadroute.rules.operand import calculate
from leadroute.rules.parser import parse, parse_definitions
from leadroute.testing.strategies import conditions

FULL = Lead(
    "L-1",
    country="US",
    company="First Bank",
    email="ann@gmail.com",
    domain="acme.org",
    language="pt-BR",
    postal_code="90210",
    employees=20,
    budget=500,
    annual_revenue=0,
    received_at=NOW - timedelta(days=3),
    deadline=NOW + timedelta(hours=1),
    signals=[Signal("page", NOW, 200), Signal("page", NOW - timedelta(1), 40)],
    attributes={
        "tags": {"vip", "eu"},
        "score": 7,
        "vip": True,
        "since": NOW,
        "note": "private words",
    },
)
EMPTY = Lead("L-2")
ADA = Rep(
    "ada",
    level=3,
    skills={"health": 0.5},
    languages={"pt-BR"},
    licenses={"CA", "NY"},
    teams={"vip"},
    attributes={"office": "Graz"},
)

HOLDS = [
    "lead.country == 'us'",
    "lead.country != 'DE'",
    "lead.country in ['DE', 'US']",
    "lead.country not in ['DE']",
    "lead.country < 'V'",
    "10 <= lead.employees < 50",
    "lead.employees in [20, 30]",
    "lead.annual_revenue == 0",
    "lead.annual_revenue is present",
    "lead.phone is missing",
    "lead['none'] is missing",
    "lead['tags'] is present",
    "lead.company.startswith('First')",
    "lead.company.endswith('Bank')",
    "lead.company.contains('st B')",
    "lead.email.like('*@GMAIL.com')",
    "lead.postal_code.like('9????')",
    "lead.language.like('pt-*')",
    "'vip' in lead['tags']",
    "'no' not in lead['tags']",
    "overlaps(lead['tags'], rep.teams)",
    "overlaps(lead['tags'], ['eu', 'x'])",
    "covers(rep.licenses, ['CA'])",
    "not covers(rep.licenses, ['CA', 'TX'])",
    "covers(lead['tags'], [])",
    "lead.language in rep.languages",
    "rep.skills['health'] >= 0.5",
    "'health' in rep.skills",
    "'law' not in rep.skills",
    "rep.active",
    "rep['office'] == 'Graz'",
    "lead.budget * 2 + 1 == 1001",
    "lead.budget / 4 > 100",
    "lead.budget - lead.employees == 480",
    "lead['score'] + 1 == 8",
    "age(lead.received_at) > days(2)",
    "age(lead.received_at) == days(3)",
    "lead.deadline - now < hours(2)",
    "lead.deadline > now",
    "age(lead.deadline) < days(0)",
    "age(lead.received_at) / days(1) == 3",
    "age(lead.received_at) * 2 > days(5)",
    "lead['since'] == now",
    "lead['since'] + hours(1) > now",
    "lead.received_at in [instant('2025-12-30T12:00:00+00:00')]",
    "lead.company.like('*B?n*')",
    "not lead.company.like('*B?x*')",
    "signal('page').total >= 240",
    "signal('page').count == 2",
    "signal('page').last == now",
    "signal('none').count == 0",
    "signal('none').total == 0",
    "signal('none').last is missing",
    "is_free_mail(lead.email)",
    "not is_free_mail(lead.domain)",
    "is_free_mail(domain_of(lead.email))",
    "domain_of(lead.email) == 'gmail.com'",
    "lead['vip']",
    "lead['vip'] == True",
    "lead['vip'] != False",
    "predicate('known', 1)",
    "always",
    "not never",
    "lead['score'] == 7 and lead['score'] < 8",
    "lead['score'] >= lead['score']",
    "lead.country == 'DE' or lead.budget > 1",
    "not (lead.country == 'DE' or lead.budget < 1)",
    "lead['tags'] == lead['tags']",
]


@pytest.mark.parametrize("text", HOLDS)
def test_what_holds(text):
    """Each of these holds for a lead and a rep that are fully known."""
    assert compile_condition(parse(text), PREDICATES)(FULL, ADA, NOW) is True


MISSING = [
    "lead.budget > 0",
    "lead.budget < 0",
    "lead.budget == 0",
    "lead.budget != 0",
    "lead.country in ['US']",
    "lead.country not in ['US']",
    "lead.company.contains('a')",
    "'a' not in lead.company",
    "lead.company.startswith('a')",
    "lead.company.like('*')",
    "overlaps(lead['tags'], ['a'])",
    "covers(lead['tags'], [])",
    "'a' in lead['tags']",
    "'a' not in lead['tags']",
    "lead['x'] == lead['y']",
    "lead.language in rep.languages",
    "lead.language not in rep.languages",
    "age(lead.received_at) > days(0)",
    "lead.budget + 1 > 0",
    "lead.employees / 0 == 1",
    "signal('none').count / 0 != 1",
    "signal('none').last < now",
    "is_free_mail(lead.email)",
    "domain_of(lead.email) == 'a.com'",
    "lead['vip']",
    "lead['vip'] == False",
    "rep.skills['law'] < 1",
    "lead.budget > lead.employees",
    "lead.budget is present",
    "lead.budget + 1 is present",
    "lead.domain is present",
]


@pytest.mark.parametrize("text", MISSING)
def test_a_missing_value_answers_false(text):
    """Every question about a missing value is false, and its negation is true."""
    assert compile_condition(parse(text))(EMPTY, ADA, NOW) is False
    assert evaluate(parse(text), EMPTY, ADA, NOW) is False
    assert evaluate(~parse(text), EMPTY, ADA, NOW) is True


def test_empty_sets_count_as_missing_only_for_presence():
    """A rep without languages has none present, and is known not to have any one of them."""
    nobody = Rep("bob")
    assert evaluate(REP.languages.is_missing(), EMPTY, nobody)
    assert not evaluate(REP.skills.is_present(), EMPTY, nobody)
    assert evaluate(parse("'en' not in rep.languages"), EMPTY, nobody)


@pytest.mark.parametrize(
    ("op", "left", "right"),
    [
        ("/", 1, 0),
        ("*", 1e300, 1e300),
        ("/", 10**400, 3),
        ("+", NOW, timedelta(days=10**7)),
        ("/", timedelta(1), 0),
    ],
)
def test_what_has_no_value_counts_as_missing(op, left, right):
    """Division by zero and results out of range are missing values, so a comparison with them is false."""
    assert calculate(op, left, right) is None


WRONG = [
    ("lead['score'] == 'gold'", "lead['score']", "the number 7", "text"),
    ("lead['note'] > 5", "lead['note']", "a text of 13 characters", "a number"),
    ("lead['vip'] > 5", "lead['vip']", "True", "a number"),
    ("lead['score'] == True", "lead['score']", "the number 7", "true or false"),
    ("lead['score']", "lead['score']", "the number 7", "true or false"),
    ("lead['tags'].like('a*')", "lead['tags']", "a set of names", "text"),
    (
        "lead['since'].contains('a')",
        "lead['since']",
        "2026-01-02 12:00:00+00:00",
        "text or a set of names",
    ),
    ("overlaps(lead['score'], ['a'])", "lead['score']", "the number 7", "a set of names"),
    ("age(lead['score']) > days(1)", "lead['score']", "the number 7", "an instant"),
    ("lead['note'] + 1 > 2", "lead['note']", "a text of 13 characters", "a number"),
    (
        "lead['score'] == lead['note']",
        "lead['note']",
        "a text of 13 characters",
        "a number, as lead['score'] is",
    ),
    ("lead['vip'] < lead['vip']", "lead['vip']", "true or false", "something that has an order"),
    ("lead['score'] in ['a']", "lead['score']", "the number 7", "text"),
    ("lead['score'] in rep.languages", "lead['score']", "the number 7", "text"),
    ("is_free_mail(lead['score'])", "lead['score']", "the number 7", "text"),
]


@pytest.mark.parametrize(("text", "field", "found", "expected"), WRONG)
def test_a_wrong_type_is_an_error_that_names_it(text, field, found, expected):
    """An attribute of the wrong type raises, naming field, value and expectation; texts are withheld."""
    with pytest.raises(FieldTypeError) as caught:
        evaluate(parse(text), FULL, ADA, NOW)
    assert (caught.value.field, caught.value.found, caught.value.expected) == (
        field,
        found,
        expected,
    )
    assert "private words" not in str(caught.value)


def test_a_predicate_answers_with_a_bool():
    """A predicate gets lead, rep, instant and its literals; an answer that is no bool is an error."""
    seen = []
    registry = Registry({"ask": lambda *given: seen.append(given) or given[3]})
    assert compile_condition(predicate("ask", True), registry)(FULL, ADA, NOW) is True
    assert seen == [(FULL, ADA, NOW, True)]
    with pytest.raises(
        FieldTypeError,
        match=r"the answer of predicate\('ask', 1\) is the number 1; it must be True or False",
    ):
        compile_condition(predicate("ask", 1), registry)(FULL, ADA, NOW)
    strange = Registry({"ask": lambda *given: object()})
    with pytest.raises(FieldTypeError, match="is of type object"):
        compile_condition(predicate("ask"), strange)(FULL, ADA, NOW)


def test_an_unregistered_predicate_is_refused_when_compiled():
    """A condition that asks an unknown predicate does not compile, and the near name is suggested."""
    with pytest.raises(UnknownFieldError, match="no predicate named 'knwon'; did you mean 'known'"):
        compile_condition(predicate("knwon"), PREDICATES)


def test_the_host_can_replace_the_free_mailboxes():
    """Which providers are free is the host's to say."""
    own = Registry(free_mail={"acme.org"})
    test = compile_condition(parse("is_free_mail(lead.domain)"), own)
    assert test(FULL, None, None)


def test_trying_a_condition_asks_for_what_it_needs():
    """evaluate() says when a rep or the instant is needed, and takes aware instants only."""
    with pytest.raises(ConfigError, match="asks about a rep; give evaluate"):
        evaluate(REP.level > 1, FULL)
    with pytest.raises(ConfigError, match="asks about time; give evaluate"):
        evaluate(age(LEAD.received_at) > days(1), FULL)
    with pytest.raises(FieldTypeError, match="now is a naive datetime"):
        evaluate(LEAD.budget > 1, FULL, now=datetime.fromisoformat("2026-01-01"))


@given(st.lists(st.none() | conditions(rep=False), max_size=5), leads())
def test_the_matcher_agrees_with_one_by_one(found, lead):
    """First and all matches are what judging each condition alone gives, errors included."""
    each = [True if condition is None else answer(condition, lead) for condition in found]
    errors = [position for position, one in enumerate(each) if isinstance(one, str)]
    matcher = Matcher(found, registry=PREDICATES)
    assert len(matcher) == len(found)
    first = next((position for position, one in enumerate(each) if one), None)
    if first in errors:
        with pytest.raises(FieldTypeError, match=f"rule 'rule {first + 1}', lead 'L-1'"):
            matcher.first(lead, NOW)
    else:
        assert matcher.first(lead, NOW) == first
    if errors:
        with pytest.raises(FieldTypeError, match=f"rule 'rule {errors[0] + 1}', lead 'L-1'"):
            matcher.all(lead, NOW)
    else:
        assert matcher.all(lead, NOW) == tuple(position for position, one in enumerate(each) if one)


def test_errors_of_the_matcher_name_the_rule():
    """A wrong type names the rule as its author does; the error survives pickling."""
    matcher = Matcher([LEAD["note"] > 5], names=["enterprise"])
    with pytest.raises(FieldTypeError) as caught:
        matcher.first(FULL, NOW)
    expected = "rule 'enterprise', lead 'L-1': lead['note'] is a text of 13 characters; it must be a number"
    assert str(caught.value) == str(pickle.loads(pickle.dumps(caught.value))) == expected


def test_the_matcher_refuses_what_cannot_match():
    """A condition on the rep has no place in `when`, and every condition has one name."""
    with pytest.raises(
        ConfigError, match=r"big: `when` asks about the rep .rep.level.; move that to `require`"
    ):
        Matcher([REP.level > LEAD.employees], names=["big"])
    with pytest.raises(ConfigError, match="2 conditions have 1 names"):
        Matcher([None, None], names=["a"])


def naive(pattern, text):
    """The definition of a pattern, by recursion."""
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(naive(pattern[1:], text[i:]) for i in range(len(text) + 1))
    return bool(text) and pattern[0] in ("?", text[0]) and naive(pattern[1:], text[1:])


@given(st.text("ab*?", max_size=7), st.text("ab", max_size=9))
def test_patterns_agree_with_their_definition(pattern, text):
    """The linear matcher finds exactly what the definition of the wildcards says."""
    assert glob(pattern)(text) == naive(pattern, text)


def test_definitions_may_use_one_another_in_any_order():
    """A table of definitions resolves itself, and prints by name."""
    found = parse_definitions(
        {"ours": "big and lead.country == 'US'", "big": "lead.employees > 10"}
    )
    assert str(found["ours"]) == "big and lead.country == 'US'"
    assert evaluate(found["ours"], FULL)
    assert definitions(define("ours", found["ours"])) == found


BROKEN = [
    (
        {"a": "b", "b": "a"},
        "a.b: line 1, column 1: definitions use one another in a circle: a -> b -> a; break it",
    ),
    ({"a": "a"}, "definitions use one another in a circle: a -> a"),
    ({"a": "always and"}, "a: line 1, column 11: the expression breaks off; complete it"),
    ({"in": "always"}, "in: 'in' cannot name a condition"),
    ({"enterprise": "always", "b": "enterprize"}, "did you mean 'enterprise'"),
]


@pytest.mark.parametrize(("texts", "message"), BROKEN)
def test_broken_definitions_are_named(texts, message):
    """A circle, a bad name or a bad text in a definition is an error that says which one."""
    with pytest.raises(ConfigError) as caught:
        parse_definitions(texts)
    assert message in str(caught.value)


ELSEWHERE = [
    ("lead.budget > 5 AND lead.country == 'US'", 17, "AND is not in the language; write `and`"),
    ("NOT lead.email is present", 1, "NOT is not in the language; write `not` in small"),
    ("lead.country IN ['US']", 14, "write `in` in small letters"),
    ("lead.budget between 5 and 10", 13, "write a chain, such as 5 <= lead.budget <= 10"),
    ("(lead.company like 'A%') or always", 15, "write a call, such as lead.company.startswith"),
    ("lead.company contains 'and between'", 14, "contains is not in the language; write a call"),
    ("lead.company matches '^A'", 14, "write a call, such as lead.company.like('*bank*')"),
    ("lead.country equals 'US'", 14, "write == to compare"),
    ("lead.budget 'between' 5", 13, "this cannot stand here"),
    ("lead.budget > 5 and and always", 21, "this cannot stand here"),
    ("always always", 8, "this cannot stand here; check it and what stands just before"),
    ("lead.budget > 5,000", 17, "000 begins with 0; write a number without a thousands sign"),
    ("lead.employees in [1,000, 2,000]", 22, "000 begins with 0; write a number without"),
    ("lead.budget > 5,500", 16, "a comma stands in brackets alone; write a number such as 5000"),
    ("lead.budget > 50k", 15, "'50k' is neither a number nor a name; write a number in digits"),
    ("lead.budget > $50", 15, "write an amount as a number alone, such as 5000"),
]


@pytest.mark.parametrize(("text", "column", "message"), ELSEWHERE)
def test_words_of_other_languages_have_their_remedy(text, column, message):
    """What SQL, a spreadsheet or a CRM would take is refused at its place, with what to write."""
    with pytest.raises(ConfigError) as caught:
        parse(text)
    assert (caught.value.line, caught.value.column) == (1, column)
    assert message in str(caught.value)


def test_one_name_has_one_meaning():
    """A tree in which a name stands for two conditions cannot be written out, and says so."""
    with pytest.raises(
        ConfigError, match="the name 'a' stands for two different conditions; rename one"
    ):
        definitions(define("a", LEAD.budget > 1) & define("a", LEAD.budget > 2))


def test_reads_lists_everything_that_is_asked():
    """Fields of lead and rep, attributes, signals, predicates and time are all listed."""
    found = reads(
        parse(
            "lead.budget > rep.level * 2 and predicate('x') and signal('page').last < now and lead['tags'] is present"
            " or rep.skills['a'] > 0 or domain_of(lead.email) == 'a.com'"
        )
    )
    assert {str(field) for field in found.lead} == {"lead.budget", "lead['tags']", "lead.email"}
    assert {str(field) for field in found.rep} == {"rep.level", "rep.skills"}
    assert (found.signals, found.checks, found.now) == ({"page"}, {"x"}, True)


WORDS = [
    (
        "lead.annual_revenue >= 1_000_000 and lead.country in ['US', 'CA']",
        "annual revenue is at least 1,000,000 and country is US or CA",
    ),
    ("lead.country not in ['US', 'CA', 'MX']", "country is known and is not US, CA or MX"),
    ("lead.country in []", "country is one of nothing"),
    (
        "lead.country == 'US' and (lead.budget > 1 or lead.budget is missing)",
        "country is US and (budget is more than 1 or budget is missing)",
    ),
    ("not lead['vip']", "it is not so that (vip is true)"),
    ("lead['vip'] != False", "vip is known and is not false"),
    ("enterprise or never", "enterprise or never"),
    (
        "lead.deadline < instant('2026-07-01T09:00:00+00:00')",
        "deadline is before 2026-07-01 09:00 UTC",
    ),
    ("now >= lead.deadline", "now is at or after deadline"),
    ("age(lead.received_at) > days(2)", "the age of time received is more than 2 days"),
    ("age(lead.deadline) > -hours(2)", "the age of deadline is more than minus 2 hours"),
    (
        "(lead.budget + 1) * 2 <= lead.annual_revenue / 3 - 4",
        "(budget plus 1) times 2 is at most (annual revenue divided by 3) minus 4",
    ),
    ("rep.skills['health'] >= 0.5", "the rep's level in health is at least 0.5"),
    ("rep.languages.contains('en')", "the rep's languages include en"),
    ("'en' not in rep.languages", "the rep's languages are known and do not include en"),
    ("lead.company.contains('Bank')", "company contains Bank"),
    ("'Bank' not in lead.company", "company is known and does not contain Bank"),
    ("lead.email.like('*@x.com')", "e-mail is like '*@x.com'"),
    (
        "lead.company.startswith('A') or lead.company.endswith('B')",
        "company starts with 'A' or company ends with 'B'",
    ),
    ("overlaps(lead['tags'], ['a', 'b'])", "tags and a and b have something in common"),
    ("covers(rep.licenses, [])", "the rep's licenses include all of nothing"),
    (
        "signal('page').total >= 240 and signal('page').count > 1 and signal('page').last is present",
        (
            "the total of page signals is at least 240 and the number of page signals is more than 1 and "
            "the last page signal is known"
        ),
    ),
    ("is_free_mail(lead.email)", "e-mail is with a provider of free mailboxes"),
    ("domain_of(lead.email) != 'a.com'", "the domain of e-mail is known and is not a.com"),
    (
        "predicate('near', 'Graz', 50) and predicate('x')",
        "the predicate 'near' holds with Graz and 50 and the predicate 'x' holds",
    ),
    ("always", "always"),
]


@pytest.mark.parametrize(("text", "words"), WORDS, ids=[words[:40] for _, words in WORDS])
def test_conditions_in_plain_words(text, words):
    """Every construct has a sentence that a sales manager understands."""
    assert describe(parse(text, definitions={"enterprise": LEAD.employees > 500})) == words


@given(conditions())
def test_every_condition_has_words(condition):
    """No condition is without a plain rendering."""
    assert describe(condition)


def test_the_bundled_providers_are_domains():
    """The list of free mailboxes holds normal domains."""
    from leadroute.model.given import domain
    from leadroute.rules.evaluation import FREE_MAIL

    assert all(domain(name) == name for name in FREE_MAIL)
    assert len(FREE_MAIL) > 100
    assert NOW.astimezone(UTC) == NOW
