"""Policies as TOML and JSON: what is read, what is refused, and that writing is the inverse."""

import json
import pickle
import re
import tomllib
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute import (
    LEAD,
    REP,
    Lead,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    dump_policy,
    free_capacity,
    load_policy,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.errors import ConfigError, PolicyError, UnknownFieldError
from leadroute.formats.policy_file import parse_policy, write_toml
from leadroute.rules.builders import define, predicate
from leadroute.scorers import BUILT_IN, close_rate, max_of
from leadroute.testing.strategies import conditions
from tests.formats.said import unlined
from tests.profiles import examples

NO_DURATION = "is not a duration; write it like '90s', '5m', '1h30m', '2d', '1w' or '5 minutes'"

FULL = """
format = 1
qualify = "lead.budget > 0 and lead.email is present"
accept_within = "10m"
catch_all = "inbox"

[custom_fields]
seats = "number"
"lead.vip" = "flag"
rep.office = "text"

[definitions]
large = "lead.seats >= 100 or huge"
huge = "lead.employees > 5000"

[[pool]]
name = "emea"
reps = ["ada", "bob"]
where = "rep.office == 'Koblenz'"

[[rule]]
name = "large"
when = "large and lead.vip"
require = "rep.level >= 3 and lead.language in rep.languages"
score = "3 * skill_match('industry') + free_capacity().when(huge)"
pool = "emea"
accept_within = "90s"

[[rule]]
name = "rest"
"""


def refusal(text, form="toml", **options):
    """What is said about a policy that has errors, without the file and the line."""
    with pytest.raises(ConfigError) as caught:
        parse_policy(text, form, name="p", **options)
    copy = pickle.loads(pickle.dumps(caught.value))
    assert str(copy) == str(caught.value)
    return [line.removeprefix("p: ") for line in unlined(caught.value).splitlines()]


def faults(*lines, **options):
    """What is said about a policy with these lines after the number of the format."""
    return refusal("\n".join(["format = 1", *lines]), **options)


def test_everything_is_read():
    """A policy with every table and key gives the router that code would build."""
    large = define("large", (LEAD["seats"] >= 100) | define("huge", LEAD.employees > 5000))
    router = parse_policy(FULL)
    assert router == Router(
        qualify=(LEAD.budget > 0) & LEAD.email.is_present(),
        accept_within="10m",
        catch_all="inbox",
        pools=[Pool("emea", reps={"ada", "bob"}, where=REP["office"] == "Koblenz")],
        rules=[
            Rule(
                "large",
                when=large & (LEAD["vip"] == True),  # noqa: E712 - the language's way to ask a flag
                require=(REP.level >= 3) & LEAD.language.in_(REP.languages),
                score=3 * skill_match("industry")
                + free_capacity().when(define("huge", LEAD.employees > 5000)),
                pool="emea",
                accept_within="90s",
            ),
            Rule("rest"),
        ],
    )
    assert router.custom_fields == {"seats": "number", "vip": "flag", "rep.office": "text"}
    assert list(router.definitions) == ["large", "huge"]


def test_a_policy_routes():
    """What is loaded decides like any other router."""
    router = parse_policy(FULL)
    lead = Lead("L-1", budget=1, email="a@b.de", employees=1)
    ranking = router.rank(lead, Roster([Rep("ada")]))
    assert (ranking.best.rep_id, ranking.rule) == ("ada", "rest")
    assert ranking.accept_within == timedelta(minutes=10)


def test_json_says_the_same():
    """The same policy in JSON gives the same router; null means left out."""
    data = tomllib.loads(FULL)
    data["rule"][1]["when"] = None
    assert parse_policy(json.dumps(data), "json") == parse_policy(FULL)


@pytest.mark.parametrize("form", ["toml", "json"])
def test_files_are_written_and_read(tmp_path, form):
    """What is dumped to a path is loaded from it, with definitions and fields that no rule uses."""
    path = tmp_path / f"policy.{form}"
    router = parse_policy(FULL)
    text = dump_policy(router, path)
    again = load_policy(path)
    assert path.read_bytes().decode() == text
    assert (again, again.custom_fields, again.definitions) == (
        router,
        router.custom_fields,
        router.definitions,
    )
    assert dump_policy(again, format=form) == text


def test_dumping_is_readable():
    """A dumped policy is what a person would write."""
    assert dump_policy(parse_policy(FULL)) == (
        """format        = 1
qualify       = "lead.budget > 0 and lead.email is present"
accept_within = "10m"
catch_all     = "inbox"

[custom_fields]
seats        = "number"
vip          = "flag"
"rep.office" = "text"

[definitions]
large = "lead['seats'] >= 100 or huge"
huge  = "lead.employees > 5000"

[[pool]]
name  = "emea"
reps  = ["ada", "bob"]
where = "rep['office'] == 'Koblenz'"

[[rule]]
name          = "large"
when          = "large and lead['vip'] == True"
require       = "rep.level >= 3 and lead.language in rep.languages"
score         = "3 * skill_match('industry') + free_capacity().when(huge)"
pool          = "emea"
accept_within = "1m30s"

[[rule]]
name = "rest"
"""
    )


def test_definitions_in_use_are_dumped():
    """A condition that was given a name in code keeps it, wherever it stands."""
    big = define("big", LEAD.employees > 500)
    router = Router(
        rules=[Rule("a", score=round_robin().when(define("us", LEAD.country == "US")))],
        qualify=big,
        definitions={"mine": ~define("deep", LEAD.budget > 1)},
    )
    again = parse_policy(dump_policy(router))
    assert again == router
    assert again.definitions == {
        "mine": ~define("deep", LEAD.budget > 1),
        "deep": LEAD.budget > 1,
        "big": LEAD.employees > 500,
        "us": LEAD.country == "US",
    }


@scorer
def near(context, rep, *given, **named):
    """Is near."""
    return 0.5


@pytest.mark.parametrize(
    "given",
    [
        ["US", "CA"],
        ["US"],
        [2, True],
        ("x'y", 1.5),
        -1,
        near(1),
        close_rate(5),
        2 * free_capacity() + round_robin(),
        free_capacity().when(LEAD.budget > 5),
    ],
    ids=str,
)
def test_what_a_scorer_of_the_host_is_called_with_is_written_and_read(given):
    """Text, numbers, lists and scorers come back as they were, and lists as the tuples that files give."""
    router = Router(rules=[Rule("all", score=2 * near(given, of=given))])
    again = parse_policy(dump_policy(router), scorers={"near": near})
    assert (again, again.version, hash(again.rules[0].score)) == (
        router,
        router.version,
        hash(router.rules[0].score),
    )


@pytest.mark.parametrize(
    "given",
    [
        None,
        {"k": 1},
        frozenset({"a"}),
        [None],
        [["a"]],
        [],
        float("inf"),
        1e300,
        2**63,
        near(None),
        max_of(free_capacity(), near(None)),
        [free_capacity()],
    ],
    ids=str,
)
def test_what_no_file_can_hold_is_not_written(given):
    """A policy that could not be read back is refused when it is dumped; the rule and the scorer are named."""
    router = Router(rules=[Rule("all", score=round_robin() + near(given).when(LEAD.budget > 1))])
    with pytest.raises(ConfigError, match=r"rule 'all': near\(.*\) cannot be written to a file"):
        dump_policy(router)


def test_one_name_for_two_conditions_cannot_be_dumped():
    """A name that stands for two conditions is refused."""
    router = Router(
        rules=[Rule("a", when=define("x", LEAD.budget > 1))], definitions={"x": LEAD.budget > 2}
    )
    with pytest.raises(ConfigError) as caught:
        dump_policy(router)
    assert str(caught.value) == ("the name 'x' stands for two different conditions; rename one")


letters = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
idents = st.text(letters, min_size=1, max_size=9).filter(lambda text: text.strip() == text)
windows = st.timedeltas(timedelta(microseconds=1), timedelta(days=400))
leads_only = conditions(rep=False)
weighted = st.sampled_from(
    [round_robin(), free_capacity(), skill_match("industry"), skill_match("product")]
)
scores = st.one_of(
    weighted,
    st.builds(lambda a, b, n: n * a + b, weighted, weighted, st.integers(1, 9)),
    st.builds(lambda a, c: a.when(c), weighted, conditions()),
)


@st.composite
def routers(draw):
    """Routers over the whole language."""
    pools = draw(st.lists(idents, max_size=2, unique=True))
    maybe = st.none()
    rules = [
        Rule(
            name,
            when=draw(maybe | leads_only),
            require=draw(maybe | conditions()),
            score=draw(maybe | scores),
            pool=draw(st.sampled_from([None, "everyone", *pools])),
            accept_within=draw(maybe | windows),
        )
        for name in draw(st.lists(idents, max_size=3, unique=True))
    ]
    return Router(
        rules=rules,
        pools=[
            Pool(
                name,
                reps=draw(st.frozensets(idents, max_size=2)),
                where=draw(maybe | st.just(REP.level > 1)),
            )
            for name in pools
        ],
        qualify=draw(maybe | leads_only),
        accept_within=draw(windows),
        catch_all=draw(idents),
        custom_fields=draw(st.sampled_from([{}, {"plan": "text"}, {"rep.x1": "names"}])),
        predicates=KNOWN,
    )


KNOWN = {"known": lambda *given: True}


@examples(40)
@given(routers(), st.sampled_from(["toml", "json"]))
def test_writing_and_reading_are_inverses(router, form):
    """Every router comes back from its file as it was."""
    text = dump_policy(router, format=form)
    again = parse_policy(text, form, predicates=KNOWN)
    assert again == router
    assert again.custom_fields == router.custom_fields
    assert dump_policy(again, format=form) == text


@given(
    st.dictionaries(
        st.text(max_size=5).filter(lambda text: text.isprintable()),
        st.text().filter(lambda text: not any("\ud800" <= char <= "\udfff" for char in text)),
    )
)
def test_any_text_is_written_as_toml(table):
    """Text with quotes, backslashes and control characters reads back."""
    assert tomllib.loads(write_toml({"t": table, "l": list(table)})) == {
        "t": table,
        "l": list(table),
    }


def test_the_host_brings_scorers_and_predicates():
    """A policy may name the host's scorers and predicates, once they are handed in."""

    @scorer
    def nearby(context, rep):
        return 1.0

    text = "format = 1\n[[rule]]\nname = 'a'\nwhen = \"predicate('vip')\"\nscore = 'nearby()'"
    brought = {
        "scorers": {"nearby": nearby},
        "predicates": {"vip": lambda *given: True},
    }
    router = parse_policy(text, **brought)
    assert router.rules[0].when == predicate("vip")
    assert refusal(text) == [
        "rule[0].when: there is no predicate named 'vip'",
        f"rule[0].score: line 1, column 1: {UnknownFieldError('scorer', 'nearby', BUILT_IN)}",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "format: write format = 1 at the top of the policy"),
        ("format = true", "format: write format = 1 at the top of the policy"),
        *(
            (
                f"format = {number}",
                (
                    f"format: this is format {number}, and this version of leadroute reads format 1 alone; "
                    "write it in that format, or install the version that the policy was written for"
                ),
            )
            for number in (0, 2)
        ),
        ("format = ", "is not TOML: Invalid value (at end of document)"),
        ("format = 1\nx = " + "[" * 100_000, "is nested too deep; flatten it"),
        ("format = " + "9" * 5000, "holds a number with thousands of digits; write it shorter"),
        (
            "format = 1\n" + "a." * 100_000 + "b = 1",
            "line 2, column 1: a key with so many dots is not a key of a policy; shorten it",
        ),
        (
            "x = {a = 1, " + '"a" . ' * 100_000 + "b = 1}",
            "line 1, column 1: a key with so many dots is not a key of a policy; shorten it",
        ),
        (
            " " * 2**20 + "x",
            "is not TOML: Expected '=' after a key in a key/value pair (at end of document)",
        ),
        ("#" * (2 * 2**20 + 1), "is larger than 2 MiB; split it"),
    ],
)
def test_what_is_no_policy_is_refused(text, said):
    """A text that is no policy in TOML is refused as a whole."""
    assert refusal(text) == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", 'holds no object; write {"format": 1, "rule": [...]}'),
        ('{"format": 1, "format": 1}', "has the key 'format' twice; keep one of them"),
        ('{"format": NaN}', "holds NaN, which is not JSON; write null or a finite number"),
        ('{"format": 1,\n "rule"}', "line 2, column 8: is not JSON: Expecting ':' delimiter"),
        ('{"format": ' + "[" * 100_000, "is nested too deep; flatten it"),
    ],
)
def test_doubtful_json_is_refused(text, said):
    """A text that is no policy in JSON is refused as a whole."""
    assert refusal(text, "json") == [said]


def test_every_error_is_reported_at_once():
    """Each error stands on a line with table and key; expressions keep line, column and excerpt."""
    found = faults(
        'qualify = "rep.level > 1"',
        "accept_within = 5",
        'catch_all = ""',
        "colour = 1",
        "[custom_fields]",
        'seats = "numbr"',
        'country = "text"',
        "plan = 1",
        "[definitions]",
        'a = "b and lead.budgt > 1"',
        'b = "lead.x >"',
        "c = 1",
        "[[pool]]",
        'name = "p"',
        "[[pool]]",
        'name = "p"',
        'reps = "ada"',
        "where = \"lead.country == 'US'\"",
        "[[pool]]",
        "reps = [1]",
        "[[rule]]",
        "when = \"b and lead.country = 'US'\"",
        'score = "free_capacty()"',
        'pool = "q"',
        "[[rule]]",
        "name = 3",
        'accept_within = "0s"',
        'require = "b and rep.lvel > 1"',
        'whn = "x"',
    )
    assert [re.sub("(known: qualify, accept_within),.*", r"\1", each) for each in found] == [
        "custom_fields.seats: seats is declared as 'numbr'; the kinds are text, number, instant, flag, names",
        "custom_fields.country: lead.country is a standard field; declare a name of your own",
        "custom_fields.plan: is a number; write text in quotes",
        "definitions.c: is a number; write text in quotes",
        "definitions.a: line 1, column 7: lead has no field 'budgt'; did you mean 'budget'?",
        "definitions.b: line 1, column 9: the expression breaks off; complete it",
        "  lead.x >",
        "          ^",
        "qualify: asks about the rep (rep.level); move that to a rule's `require`",
        f"accept_within: 5 {NO_DURATION}",
        "catch_all: is empty; every lead, rep, rule and pool needs an id of its own",
        "there is no key of a policy named 'colour'; known: qualify, accept_within",
        "pool[0]: pool 'p' has no members; write reps={...} or where=...",
        "pool[1].name: there are two pools named 'p'; give each a name of its own",
        "pool[1].reps: is text; write a list of ids such as ['ada', 'bob']",
        "pool[1].where: asks about the lead (lead.country); move that to a rule's `require`",
        "pool[2].reps: is a number; write text in quotes",
        "pool[2].name: is missing; give it a name of its own",
        "rule[0].when: line 1, column 20: write == to compare",
        "  b and lead.country = 'US'",
        "                     ^",
        "rule[0].score: line 1, column 1: there is no scorer named 'free_capacty'; did you mean 'free_capacity'?",
        "rule[0].pool: there is no pool named 'q'; known: p, everyone",
        "rule[0].name: is missing; give it a name of its own",
        "rule[1].name: is a number; write text in quotes",
        "rule[1].accept_within: is 0s; write some time, such as '5m'",
        "rule[1].require: line 1, column 7: rep has no field 'lvel'; did you mean 'level'?",
        "rule[1]: there is no key of a rule named 'whn'; did you mean 'when'?",
    ]


def test_the_list_of_errors_ends():
    """A file that is something else entirely is given up after a hundred errors."""
    assert len(faults(*(f"key{n} = 1" for n in range(300)))) == 100
    assert len(faults(*["[[rule]]\nx = 1"] * 300)) == 100


def test_errors_are_kept_one_by_one():
    """The error of a file holds each error for a program to show; it can be placed further out."""
    with pytest.raises(PolicyError) as caught:
        parse_policy("format = 1\naccept_within = true\nqualify = 2021-01-01", name="p")
    error = caught.value
    assert [each.place for each in error.errors] == ["p:2: accept_within", "p:3: qualify"]
    assert str(error.at("tenant 7")) == (
        f"tenant 7.p:2: accept_within: True {NO_DURATION}\n"
        "tenant 7.p:3: qualify: is a date; write text in quotes"
    )
    assert error.at("a").at("b").problem == str(error)


def test_a_circle_of_definitions_is_shown():
    """Definitions that use one another in a circle are an error of the table."""
    (first, *_) = faults("[definitions]", 'a = "b"', 'b = "a"')
    assert first.startswith(
        "definitions.a.b: line 1, column 1: definitions use one another in a circle"
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["rule = 3"], "rule: is a number; write [[rule]], or a list of objects in JSON"),
        (
            ["[rule]", "name = 'x'"],
            "rule: is a table; write [[rule]], or a list of objects in JSON",
        ),
        (["pool = ['x']"], "pool[0]: is text; write [[pool]], or a list of objects in JSON"),
        (
            ["definitions = 'x'"],
            "definitions: is text; write a table [definitions], or an object in JSON",
        ),
        (
            ["custom_fields = [1.5]"],
            "custom_fields: is a list; write a table [custom_fields], or an object in JSON",
        ),
        (
            ["[[rules]]"],
            "there is no key of a policy named 'rules'; did you mean 'rule'?",
        ),
        (
            ["[[pool]]", "name = 'everyone'", "reps = []"],
            "pool 'everyone': 'everyone' is the pool of all reps; choose another name",
        ),
    ],
)
def test_tables_of_another_shape_are_refused(lines, said):
    """A table where a list belongs, or the other way round, is named with the right form."""
    assert faults(*lines)[0].removeprefix("p.") == said


def test_expressions_may_run_over_lines():
    """A long condition may stand on several lines; an error in it has its own line."""
    lines = ["[[rule]]", "name = 'a'", 'when = """', "lead.budget > 1", 'and lead.contry == 1"""']
    assert faults(*lines) == [
        "rule[0].when: line 2, column 5: lead has no field 'contry'; did you mean 'country'?"
    ]


def test_spreadsheet_endings_and_marks_are_no_matter(tmp_path):
    """A byte order mark and carriage returns change nothing."""
    path = tmp_path / "policy.TOML"
    path.write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", "\r\n").encode())
    assert load_policy(str(path)) == parse_policy(FULL) == parse_policy(f"\ufeff{FULL}")


def test_files_that_cannot_be_read_are_named(tmp_path):
    """Another encoding, another ending and a file that is too large are errors with the path."""
    path = tmp_path / "policy.toml"
    path.write_bytes(b"format = 1 # M\xfcller")
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    assert str(caught.value) == f"{path}: byte 15 is not UTF-8; save the file as UTF-8"
    path.write_bytes(b"#" * (2 * 2**20 + 1))
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    assert str(caught.value) == f"{path}: is larger than 2 MiB; split it"
    with pytest.raises(ConfigError) as caught:
        load_policy(tmp_path / "policy.yaml")
    assert str(caught.value) == (
        f"{tmp_path / 'policy.yaml'}: 'yaml' is not a format of policies; "
        "end the file's name with .toml or .json, or say format='toml' or format='json'"
    )
    with pytest.raises(FileNotFoundError):
        load_policy(tmp_path / "none.toml")


def test_the_format_can_be_said(tmp_path):
    """The format wins over the ending of the path."""
    path = tmp_path / "policy.conf"
    dump_policy(parse_policy(FULL), path, format="json")
    assert load_policy(path, format="json") == parse_policy(FULL)


words = st.sampled_from(
    [
        "format",
        "rule",
        "pool",
        "definitions",
        "fields",
        "name",
        "when",
        "score",
        "reps",
        "where",
        "lead.budget > 1",
        "a",
    ]
)
trees = st.recursive(
    st.none() | st.booleans() | st.integers() | words | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(words, trees, max_size=5))
def test_any_document_is_read_or_refused(document):
    """Whatever a file holds, the answer is a router or an error about the policy."""
    try:
        parse_policy(json.dumps({**document, "format": 1}), "json")
    except ConfigError as error:
        said = str(error)
    else:
        said = "read"
    assert said


def test_otherwise_in_files():
    """What happens when nobody is found is read from its table and from rules, and written back."""
    router = parse_policy(
        """
format = 1
[fallback]
no_rule_matched = "wait"
none_available = ["pool a, b", "ignore_availability"]
[[pool]]
name = "a, b"
reps = ["ada"]
[[rule]]
name = "r"
fallback = { pool_empty = "pool a, b" }
""".replace('"pool a, b" }', '["pool a, b"] }')
    )
    assert router.fallback.none_available == ("pool a, b", "ignore_availability")
    assert router.rules[0].fallback.pool_empty == ("pool a, b",)
    for kind in ("toml", "json"):
        assert parse_policy(dump_policy(router, format=kind), kind) == router


def test_otherwise_errors():
    """Every wrong step of a file is reported at once, each at its place."""
    with pytest.raises(PolicyError) as caught:
        parse_policy("""
format = 1
[fallback]
no_rule_matched = "ignore_availability"
pool_empty = "pool emae"
[[pool]]
name = "emea"
reps = ["ada"]
[[rule]]
name = "r"
fallback = "wait"
[[rule]]
name = "s"
fallback = { none_available = "wait, ignore_availability", pool_empt = "wait", none_eligible = 5 }
""")
    assert [unlined(error).removeprefix("policy: ") for error in caught.value.errors] == [
        (
            "fallback.no_rule_matched: says 'ignore_availability', which helps only none_available: "
            "nobody else is there to take the lead"
        ),
        "fallback.pool_empty: there is no pool named 'emae'; did you mean 'emea'?",
        "rule[0].fallback: is text; write { none_available = 'pool emea, wait' }",
        "rule[1].fallback.none_available: goes on with 'ignore_availability' after 'wait', which is the end",
        "rule[1].fallback: there is no case of fallback named 'pool_empt'; did you mean 'pool_empty'?",
        (
            "rule[1].fallback.none_eligible: is 5; write steps such as 'pool emea, wait' or 'catch_all'"
        ),
    ]


def test_two_territories_of_one_name():
    """Two territories of one name are refused, in good English."""
    twice = 'format = 1\n[[territory]]\nname = "x"\n[[territory]]\nname = "x"\n'
    with pytest.raises(PolicyError, match=r"territory\[1\]\.name: there are two territories named"):
        parse_policy(twice)


STEPS = """
format = 1

[[pool]]
name    = "emea"
reps    = ["ada"]
wrap_up = "2m"

[[rule]]
name     = "all"
pool     = "emea"
priority = 5

[[rule.step]]
after   = "10m"
require = "rep.level >= 2"

[[rule.step]]
after = "30m"
pool  = "everyone"
"""


def test_steps_are_tables_of_their_rule():
    """They are read, written as tables behind their rule, and read back, in both formats."""
    router = parse_policy(STEPS)
    assert [each.opens for each in router.rules[0].later] == [
        timedelta(minutes=10),
        timedelta(minutes=30),
    ]
    assert (router.rules[0].priority, router.pools[0].wrap_up) == (5, timedelta(minutes=2))
    text = dump_policy(router)
    assert '[[rule.step]]\nafter   = "10m"\nrequire = "rep.level >= 2"\n\n[[rule.step]]' in text
    assert parse_policy(text) == router
    written = json.dumps(tomllib.loads(text))
    assert parse_policy(written, "json") == router


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('after = "30m"', 'after = "10m"', "policy:18: rule[0].step[1]: opens after 10m, as the"),
        ('after = "30m"', 'after = "5m"', "policy:18: rule[0].step[1]: opens after 5m, which is"),
        ('after = "30m"', "", "policy:18: rule[0].step[1].after: is missing; write after = ..."),
        ('after = "30m"', "after = 5", "policy:19: rule[0].step[1].after: is a number; write text"),
        (
            'after = "30m"',
            'aftr = ""',
            "policy:19: rule[0].step[1]: there is no key of a step named",
        ),
        ('"everyone"', '"emae"', "policy:20: rule[0].step[1].pool: there is no pool named 'emae'"),
        ('"everyone"', '"emea"', "policy:18: rule[0].step[1]: changes nothing: after 30m the same"),
        (
            'pool  = "everyone"',
            "",
            "policy:18: rule[0].step[1]: the step after 30m changes nothing",
        ),
        (
            "level >= 2",
            "levl >= 2",
            "policy:16: rule[0].step[0].require: line 1, column 1: rep has",
        ),
        ('"2m"', '"2x"', "policy:7: pool[0].wrap_up: '2x' is not a duration"),
    ],
)
def test_steps_that_cannot_be_meant_are_named(old, new, message):
    """Each fault stands on the line of its step or key."""
    with pytest.raises(PolicyError) as caught:
        parse_policy(STEPS.replace(old, new))
    assert message in str(caught.value)


def test_steps_of_another_shape_are_refused():
    """A step that is no table is refused with how to write one."""
    with pytest.raises(PolicyError) as caught:
        parse_policy("format = 1\n[[rule]]\nname = 'all'\nstep = 3\n")
    remedy = "write [[rule.step]], or a list of objects in JSON"
    assert str(caught.value) == f"policy:4: rule[0].step: is a number; {remedy}"


def test_definitions_are_found_in_steps():
    """A condition by its name is written once, and read back, where a step alone uses it."""
    senior = define("senior", REP.level >= 2)
    router = Router(rules=[Rule("all", steps=[{"after": "1h", "require": senior}])])
    assert "[definitions]" in dump_policy(router)
    assert parse_policy(dump_policy(router)).rules == router.rules
