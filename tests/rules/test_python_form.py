"""The Python form: builders, what they refuse, and that text gives the same tree."""

import copy
import operator
import pickle
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadroute.errors import ConfigError, TruthError, UnknownFieldError
from leadroute.rules.builders import (
    LEAD,
    NOW,
    REP,
    LeadFields,
    RepFields,
    age,
    covers,
    days,
    define,
    domain_of,
    hours,
    instant,
    is_free_mail,
    minutes,
    overlaps,
    predicate,
    seconds,
    signal,
    weeks,
)
from leadroute.rules.conditions import (
    ALWAYS,
    NEVER,
    And,
    Comparison,
    Membership,
    Not,
    Or,
    Presence,
    SetRelation,
    TextTest,
    joined,
)
from leadroute.rules.fields import FIELDS
from leadroute.rules.operand import (
    MAX_DEPTH,
    Arithmetic,
    Const,
    Entry,
    Field,
    SignalStat,
    constant,
    literal_text,
)
from leadroute.rules.parser import parse

SAME = [
    ("lead.budget > 5", LEAD.budget > 5),
    ("5 < lead.budget", LEAD.budget > 5),
    ("lead.budget >= 1_000_000", LEAD.budget >= 1_000_000),
    ("10 <= lead.employees < 50", (LEAD.employees >= 10) & (LEAD.employees < 50)),
    (
        "0 < lead.budget < 5 < lead.employees",
        (LEAD.budget > 0) & (LEAD.budget < 5) & (LEAD.employees > 5),
    ),
    ("lead.country in ['us', 'CA']", LEAD.country.in_(["US", "CA"])),
    ("lead.country in ('US', 'US')", LEAD.country.in_({"US"})),
    ("lead.country not in ['US']", LEAD.country.not_in(["US"])),
    ("not lead.country in ['US']", ~LEAD.country.in_(["US"])),
    ("lead.country == 'us'", LEAD.country == "US"),
    ("lead.email == 'Ann@Example.COM'", LEAD.email == "ann@example.com"),
    ("lead.email is present", LEAD.email.is_present()),
    ("lead.email is missing", ~LEAD.email.is_present()),
    ("not lead.email is missing", LEAD.email.is_present()),
    ("lead.postal_code.startswith('ab')", LEAD.postal_code.startswith("AB")),
    ("lead.company.endswith('GmbH')", LEAD.company.endswith("GmbH")),
    ("lead.company.contains('bank')", LEAD.company.contains("bank")),
    ("'bank' in lead.company", LEAD.company.contains("bank")),
    ("lead.email.like('*@EXAMPLE.com')", LEAD.email.like("*@example.com")),
    ("lead['tags'].contains('vip')", LEAD["tags"].contains("vip")),
    ("'vip' not in lead['tags']", parse("'vip' not in lead['tags']")),
    ("lead.language in rep.languages", LEAD.language.in_(REP.languages)),
    ("lead.language not in rep.languages", LEAD.language.not_in(REP.languages)),
    ("rep.languages.contains('EN')", REP.languages.contains("en")),
    ("overlaps(lead['tags'], rep.teams)", LEAD["tags"].overlaps(REP.teams)),
    ("lead['tags'].overlaps(rep.teams)", overlaps(LEAD["tags"], REP.teams)),
    ("overlaps(lead['tags'], ['a', 'b'])", LEAD["tags"].overlaps(["a", "b"])),
    ("covers(rep.licenses, lead['licenses'])", REP.licenses.covers(LEAD["licenses"])),
    ("rep.licenses.covers(['CA'])", covers(REP.licenses, ["CA"])),
    (
        "lead.budget * 12 + 1 > lead.annual_revenue / 2",
        LEAD.budget * 12 + 1 > LEAD.annual_revenue / 2,
    ),
    ("1 + lead.budget - 2 > 0", (1 + LEAD.budget) - 2 > 0),
    (
        "2 * lead.budget / (1 - lead.budget) > 3 / lead.budget",
        2 * LEAD.budget / (1 - LEAD.budget) > 3 / LEAD.budget,
    ),
    ("-lead.budget < -5", -LEAD.budget < -5),
    ("lead.budget > 2 * 3 + 1", LEAD.budget > 7),
    ("age(lead.received_at) > days(2)", age(LEAD.received_at) > days(2)),
    ("age(lead.received_at) > 2 * days(1)", age(LEAD.received_at) > timedelta(2)),
    ("age(lead.received_at) > -hours(1)", age(LEAD.received_at) > -hours(1)),
    ("lead.deadline < now + weeks(1)", LEAD.deadline < NOW + weeks(1)),
    ("lead.deadline - now < minutes(90)", LEAD.deadline - NOW < minutes(90)),
    (
        "lead.deadline < instant('2026-01-01T01:00:00+01:00')",
        LEAD.deadline < datetime(2026, 1, 1, tzinfo=UTC),
    ),
    ("age(lead.received_at) > seconds(1.5)", age(LEAD.received_at) > seconds(1.5)),
    ("is_free_mail(lead.email)", is_free_mail(LEAD.email)),
    ("domain_of(lead.email) == 'X.com'", domain_of(LEAD.email) == "x.com"),
    ("is_free_mail(domain_of(lead.email))", is_free_mail(domain_of(LEAD.email))),
    ("signal('pricing_page').total >= 240", signal("pricing_page").total >= 240),
    ("signal('mail').count == 0", signal("mail").count == 0),
    ("age(signal('mail').last) < hours(1)", age(signal("mail").last) < hours(1)),
    ("predicate('is_customer')", predicate("is_customer")),
    ("predicate('near', 'Berlin', 50)", predicate("near", "Berlin", 50)),
    ("rep.skills['healthcare'] >= 0.5", REP.skills["healthcare"] >= 0.5),
    ("rep.skills.contains('healthcare')", REP.skills.contains("healthcare")),
    ("rep.active", REP.active == True),  # noqa: E712 - the builder compares
    ("rep.active == True", REP.active == True),  # noqa: E712 - the builder compares
    ("rep.active and rep.level >= 3", REP.active & (REP.level >= 3)),
    ("not rep.active or lead['vip']", ~REP.active | LEAD["vip"]),
    ("lead['vip'] or not rep.active", LEAD["vip"] | ~REP.active),
    ("lead.budget > 1 and lead['vip']", (LEAD.budget > 1) & LEAD["vip"]),
    ("lead.budget > 1 or lead['vip']", (LEAD.budget > 1) | LEAD["vip"]),
    ("lead['vip'] and lead.budget > 1", LEAD["vip"] & (LEAD.budget > 1)),
    ("always", ALWAYS),
    ("True", ALWAYS),
    ("not always", NEVER),
    ("False or never", NEVER | NEVER),
    (
        "lead.budget > 1 and (lead.budget > 2 and lead.budget > 3)",
        (LEAD.budget > 1) & (LEAD.budget > 2) & (LEAD.budget > 3),
    ),
    ("not (lead.budget > 1 or lead.budget < 0)", ~((LEAD.budget > 1) | (LEAD.budget < 0))),
    ("lead['a'] == lead['b']", LEAD["a"] == LEAD["b"]),
    ("lead.country in []", LEAD.country.in_([])),
    (" lead.budget\n  >\t5 ", LEAD.budget > 5),
    (
        "lead.company == 'Ünïcode' and lead.budget > 5",
        (LEAD.company == "Ünïcode") & (LEAD.budget > 5),
    ),
    (r"lead.company == '\'\"\\\u00e9'", LEAD.company == "'\"\\é"),
]


@pytest.mark.parametrize(("text", "built"), SAME, ids=[text.strip() for text, _ in SAME])
def test_text_and_python_give_the_same_tree(text, built):
    """Each construct has one tree, however it is written, and prints as text that gives it again."""
    assert parse(text) == built
    assert parse(str(built)) == built


PRINTED = [
    (LEAD.budget > 5, "lead.budget > 5"),
    ((LEAD.employees >= 10) & (LEAD.employees < 50), "10 <= lead.employees < 50"),
    (
        (LEAD.employees > 10) & (LEAD.employees <= 50) & ALWAYS,
        "10 < lead.employees <= 50 and always",
    ),
    ((LEAD.employees >= 10) & (LEAD.budget < 50), "lead.employees >= 10 and lead.budget < 50"),
    (
        ((LEAD.budget > 1) | (LEAD.budget < 0)) & ALWAYS,
        "(lead.budget > 1 or lead.budget < 0) and always",
    ),
    ((LEAD.budget - (LEAD.budget - 1)) * 2 > 0, "(lead.budget - (lead.budget - 1)) * 2 > 0"),
    (age(LEAD.received_at) > days(14), "age(lead.received_at) > weeks(2)"),
    (age(LEAD.received_at) > hours(36), "age(lead.received_at) > hours(36)"),
    (LEAD["is vip?"].is_present(), "lead['is vip?'] is present"),
    (~LEAD.email.like("*x"), "not lead.email.like('*x')"),
    (predicate("near", True, days(1)), "predicate('near', True, days(1))"),
]


@pytest.mark.parametrize(("condition", "text"), PRINTED, ids=[text for _, text in PRINTED])
def test_conditions_print_as_people_write_them(condition, text):
    """The text form is the shortest way that a person would write the condition."""
    assert str(condition) == text
    assert repr(condition) == f"<{type(condition).__name__} {text}>"


TRUTHS = [
    lambda: bool(LEAD.budget > 1),
    lambda: (LEAD.budget > 1) and (LEAD.employees > 2),
    lambda: (LEAD.budget > 1) or (LEAD.employees > 2),
    lambda: not (LEAD.budget > 1),
    lambda: 1 < LEAD.budget < 5,
    lambda: bool(LEAD.budget),
    lambda: "vip" in LEAD["tags"],
    lambda: list(LEAD["tags"]),
    lambda: list(LEAD),
    lambda: LEAD.budget > 1 & LEAD.employees > 2,
    lambda: (LEAD.budget > 1) & LEAD.employees,
    lambda: LEAD.budget | (LEAD.budget > 1),
    lambda: ~LEAD.budget,
    lambda: (LEAD.budget > 1) & True,
    lambda: 1 | (LEAD.budget > 1),
    lambda: 1 & (LEAD.budget > 1),
    lambda: 5 | LEAD.budget,
]


@pytest.mark.parametrize("use", TRUTHS)
def test_using_a_condition_as_a_truth_shows_the_rewrite(use):
    """`and`, `or`, `not`, chains, `in` and missing parentheses raise a TypeError that shows what to write."""
    with pytest.raises(TruthError, match=r"each (comparison|part) in parentheses") as caught:
        use()
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ConfigError)


REFUSED = [
    (lambda: LEAD.contry, "lead has no field 'contry'; did you mean 'country'?"),
    (lambda: REP.skill, "rep has no field 'skill'; did you mean 'skills'?"),
    (lambda: LEAD.signals, r"lead.signals cannot be compared; write signal\('kind'\)"),
    (lambda: LEAD[""], "an empty text never matches"),
    (lambda: LEAD[" a"], "without space around it"),
    (lambda: LEAD["a" * 5_000], "has 5000 characters; write at most 4096"),
    (lambda: LEAD[5], "takes the name of an attribute"),
    (lambda: LEAD.budget == None, "None cannot be compared; ask `is missing`"),  # noqa: E711 - what is refused
    (lambda: LEAD.budget == object(), "a value of type object cannot be compared"),
    (lambda: LEAD.budget == "5k", "lead.budget holds a number and '5k' is text; compare values of"),
    (lambda: LEAD.deadline < "2026-01-01", r"same kind, such as '2026-01-05T09:00:00\+01:00'$"),
    (lambda: age(LEAD.deadline) > "5 mo", "'5 mo' is text; .* kind, such as '5m' or '2 hours'$"),
    (lambda: LEAD.budget > -float("inf"), "not finite"),
    (lambda: LEAD.budget > 2**63, r"not below 2\*\*63"),
    (lambda: LEAD.country == "Germny", "the literal for lead.country is 'Germny'; did you mean"),
    (lambda: LEAD.company == "", "an empty text never matches"),
    (lambda: LEAD.company == "a\0", "NUL or half a surrogate"),
    (lambda: LEAD["x"] == "\ud800", "NUL or half a surrogate"),
    (lambda: LEAD.company == "a" * 5_000, "5000 characters; write at most 4096"),
    (
        lambda: LEAD.deadline < datetime.fromisoformat("2026-01-01"),
        "naive datetime; it must be an aware one",
    ),
    (lambda: LEAD.deadline < datetime.min.replace(tzinfo=ZoneInfo("Asia/Tokyo")), "out of range"),
    (lambda: age(LEAD.deadline) > timedelta(days=99_999), "longer than 100 years"),
    (lambda: LEAD.country.in_("US"), "take a list"),
    (lambda: LEAD.country.in_(5), "take a list"),
    (lambda: LEAD.country.in_(["US", 5]), "compare values of the same kind"),
    (lambda: LEAD["x"].in_(["a", 5]), "mixes kinds"),
    (lambda: LEAD["x"].in_([True]), "mixes kinds"),
    (lambda: REP.languages.in_(["en"]), "cannot be one of a list"),
    (lambda: REP.active.in_([True]), "cannot be one of a list"),
    (lambda: REP.languages == "en", r"ask rep.languages.contains\('name'\)"),
    (lambda: REP.skills > 0.5, r"compare one level, such as rep.skills\['name'\] >= 0.5"),
    (lambda: REP.skills[5], "takes a name in quotes"),
    (lambda: REP.languages["en"], "it has no .* entries"),
    (lambda: NOW["x"], "has no .* entries"),
    (lambda: REP.active > True, "true and false have no order"),
    (lambda: LEAD.country.contains(5), "must be text"),
    (lambda: NOW.contains("a"), "now contains nothing"),
    (lambda: (LEAD["x"] + 1).contains("a"), "contains nothing"),
    (lambda: LEAD["x"].contains(LEAD["y"] + 1), "must be text"),
    (lambda: LEAD.budget.like("a"), "the field before like must be text"),
    (lambda: NOW.like("a"), "like asks about a field"),
    (lambda: LEAD.company.like(""), "takes a text that is not empty"),
    (lambda: LEAD.company.startswith(("a", "b")), "takes a text that is not empty"),
    (lambda: LEAD["x"].overlaps("a"), "must be a set of names"),
    (lambda: LEAD["x"].overlaps([1]), "holds texts only"),
    (lambda: overlaps(["a"], ["b"]), "compares two literals"),
    (
        lambda: SetRelation("equals", LEAD["x"].operand, LEAD["y"].operand),
        "sets have no relation 'equals'",
    ),
    (lambda: TextTest(LEAD.company.operand, "matches", "a"), "a text has no 'matches'"),
    (lambda: Presence(constant(5)), "5 is a literal"),
    (
        lambda: Comparison(constant(5), ">", LEAD.budget.operand),
        "has a literal on the left; turn it round",
    ),
    (lambda: Membership(constant(5), (5,)), "cannot be one of a list"),
    (lambda: And((ALWAYS,)), "And takes two or more parts"),
    (lambda: Or((ALWAYS, NEVER | ALWAYS)), "Or takes two or more parts"),
    (lambda: Not(ALWAYS), "has no negative of its own"),
    (lambda: Not(~(LEAD.budget > 1)), "has no negative of its own"),
    (lambda: LEAD.country + 1 > 1, "combines text with a number"),
    (lambda: LEAD.received_at + LEAD.deadline > NOW, "combines an instant with an instant"),
    (lambda: age(LEAD.budget), "age.. takes a field that holds an instant"),
    (lambda: age(5), "age.. takes a field that holds an instant"),
    (lambda: domain_of(5), "domain_of.. takes a field"),
    (lambda: domain_of(LEAD.budget), "domain_of.. takes a field that holds text"),
    (lambda: is_free_mail(NOW), "is_free_mail.. takes a field"),
    (lambda: is_free_mail(LEAD.budget), "must be text"),
    (lambda: predicate(5), "in quotes"),
    (lambda: predicate("x", object()), "cannot be compared"),
    (lambda: signal(5).total, "in quotes"),
    (lambda: SignalStat("x", "mean"), "signal\\('x'\\) has no 'mean'; it has total, count, last"),
    (lambda: define("lead", ALWAYS), "'lead' cannot name a condition"),
    (lambda: define("not", ALWAYS), "cannot name a condition"),
    (lambda: define("a b", ALWAYS), "cannot name a condition"),
    (lambda: define(5, ALWAYS), "cannot name a condition"),
    (lambda: instant("tomorrow"), "ISO 8601"),
    (lambda: instant(5), "ISO 8601"),
    (lambda: days("2"), "takes a number"),
    (lambda: days(True), "takes a number"),
    (lambda: weeks(9e9), "longer than 100 years"),
]


@pytest.mark.parametrize(
    ("build", "message"), REFUSED, ids=[message[:50] for _, message in REFUSED]
)
def test_what_cannot_work_is_refused_when_it_is_built(build, message):
    """A condition that can never work raises when it is written, and says what to write instead."""
    with pytest.raises(ConfigError, match=message):
        build()


def test_nesting_is_bounded():
    """A tree that is too deep is refused while it is built, so no walk over it can exhaust the stack."""
    condition = LEAD.budget > 1
    while condition.depth < MAX_DEPTH:
        condition = condition & ALWAYS if isinstance(condition, Or) else condition | NEVER
    with pytest.raises(ConfigError, match="nested more than 32 deep; give its parts names"):
        operator.invert(condition)
    assert parse(str(condition)) == condition


def test_wide_conditions_are_not_deep():
    """A thousand alternatives are one flat node."""
    condition = joined(Or, *[LEAD.budget == number for number in range(1_000)])
    assert condition.depth == 3
    assert len(condition.parts) == 1_000


def test_true_and_one_are_different_literals():
    """`== True` and `== 1` ask different questions, so their trees and hashes differ."""
    assert (LEAD["x"] == True) != (LEAD["x"] == 1)  # noqa: E712 - the builder compares
    assert len({Const(True), Const(1), Const(1.0)}) == 2
    assert hash(Const(1)) == hash(Const(1.0))


def test_the_declared_kind_of_an_attribute_is_no_part_of_equality():
    """A condition read with declared fields equals the one read without."""
    found = parse(
        "lead.tags.contains('a') and lead['seats'] > 5", custom={"tags": "names", "seats": "number"}
    )
    assert found == LEAD["tags"].contains("a") & (LEAD["seats"] > 5)
    assert parse("rep.office == 'Graz'", custom={"rep.office": "text"}) == (REP["office"] == "Graz")


DECLARED = [
    ({"tags": "set"}, "declared as 'set'; the kinds are text, number, instant, flag, names"),
    ({"country": "text"}, "lead.country is a standard field"),
    ({"a b": "text"}, "'a b' cannot be declared"),
    ({"team.x": "text"}, "'team.x' cannot be declared"),
]


@pytest.mark.parametrize(("custom", "message"), DECLARED)
def test_declarations_are_checked(custom, message):
    """A field cannot be declared with an unknown kind or the name of a standard one."""
    with pytest.raises(ConfigError, match=message):
        parse("always", custom=custom)


def test_declared_fields_are_checked_and_suggested():
    """A declared field is held to its kind, and an unknown name may suggest it."""
    with pytest.raises(ConfigError, match=r"lead\['seats'\] holds a number"):
        parse("lead.seats == 'ten'", custom={"seats": "number"})
    with pytest.raises(UnknownFieldError, match="did you mean 'seats'"):
        parse("lead.seat > 1", custom={"seats": "number"})


def test_builders_can_be_looked_at():
    """Facts and entities print, complete and do not pretend to have other attributes."""
    assert repr(LEAD) == "LEAD"
    assert repr(REP.level) == "<FieldExpr rep.level>"
    assert repr(signal("a")) == "signal('a')"
    assert "country" in dir(LEAD)
    with pytest.raises(AttributeError):
        copy.copy(LEAD).__wrapped__  # noqa: B018 - the access is the test
    with pytest.raises(TypeError, match="unhashable"):
        hash(LEAD.budget)


def test_the_parts_of_a_tree_are_values():
    """Operands compare, hash and pickle by value."""
    operand = (LEAD.budget * 2).operand
    assert operand == Arithmetic("*", Field("lead", "budget"), Const(2))
    assert pickle.loads(pickle.dumps(operand)) == operand
    assert hash(Entry(Field("rep", "skills"), "a")) == hash(REP.skills["a"].operand)
    assert literal_text(timedelta(microseconds=1)) == "seconds(1e-06)"
    assert operator.eq(constant({"b", "a"}), constant(["a", "b"]))


def test_text_beside_another_kind_is_read_as_that_kind():
    """A literal is read by the rule by which the field reads its values, and prints as what was read."""
    assert str(LEAD.budget >= "5,000,000") == "lead.budget >= 5000000"
    assert str(LEAD.budget.in_(["5", 6])) == "lead.budget in [5, 6]"
    assert (
        str(age(LEAD.received_at) > "1 hour and 30 minutes")
        == "age(lead.received_at) > minutes(90)"
    )
    assert (LEAD.deadline < "2026-01-01T00:00:00Z") == (
        LEAD.deadline < datetime(2026, 1, 1, tzinfo=UTC)
    )


def test_fields_are_declared_for_editors():
    """Editors and type checkers are told of every field that there is, and of no other."""
    assert list(LeadFields.__annotations__) == list(FIELDS["lead"])
    assert list(RepFields.__annotations__) == list(FIELDS["rep"])
