import json

import pytest

from leadroute import LEAD, Factor, Qualification, dump_policy, load_policy
from leadroute.errors import ConfigError, PolicyError
from leadroute.formats.policy_file import parse_policy
from leadroute.formats.policy_source import MOST_FILES
from tests.formats.said import unlined

BASE = """
format = 1
qualify = "lead.budget > 0"
accept_within = "10m"
catch_all = "desk"

[custom_fields]
seats = "number"

[definitions]
large = "lead.seats >= 500"

[[pool]]
name = "emea"
reps = ["ada"]

[[rule]]
name = "large"
when = "large"

[[rule]]
name = "rest"
"""
CHILD = """
format = 1
extends = "shared/base.toml"
accept_within = "3m"

[definitions]
small = "lead.seats < 10"

[[rule]]
name = "small"
when = "small"

[[rule]]
name = "rest"
pool = "emea"
"""
FACTORS = """
format = 1

[[qualification]]
name = "budget"
require = "lead.budget > 0"
outcome = "nurture"
reason = "has no budget"

[[qualification]]
name = "mail"
require = "lead.email is present"

[[rule]]
name = "all"
"""


@pytest.fixture
def write(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return write


def refused(path):
    with pytest.raises(ConfigError) as caught:
        load_policy(path)
    return unlined(caught.value)


def test_joined(write):
    """A file replaces what it says itself, and takes the rest from its base; its last rule stays last."""
    write("shared/base.toml", BASE)
    router = load_policy(write("policy.toml", CHILD))
    assert [rule.name for rule in router.rules] == ["small", "large", "rest"]
    assert router.rules[2].pool == "emea"
    assert str(router.accept_within) == "0:03:00"
    assert (router.catch_all, str(router.qualify)) == ("desk", "lead.budget > 0")
    assert set(router.definitions) == {"small", "large"}
    assert parse_policy(dump_policy(router)) == router


def test_json_base(write):
    """A base may be JSON, and its errors are told in its name."""
    base = write("base.json", json.dumps({"format": 1, "rule": [{"name": "all", "pool": "emae"}]}))
    path = write("policy.toml", 'format = 1\nextends = "base.json"\n')
    assert refused(path) == f"{base}: rule[0].pool: there is no pool named 'emae'; known: everyone"


def test_doubtful_lists(write):
    """A list that is no list of tables with names replaces that of the base, and is told."""
    write("base.toml", 'format = 1\n[[rule]]\nname = "all"\n')
    path = write("policy.toml", 'format = 1\nextends = "base.toml"\nrule = [3]\n')
    assert "rule[0]: is a number; write [[rule]], or a list of objects in JSON" in refused(path)
    path = write("policy.toml", 'format = 1\nextends = "base.toml"\n[[rule]]\nname = []\n')
    assert "rule[0].name: is a list; write text in quotes" in refused(path)


@pytest.mark.parametrize(
    "named",
    [
        '"/etc/passwd"',
        '"../base.toml"',
        '"a/../../base.toml"',
        '"C:base.toml"',
        '"a\\\\b.toml"',
        '""',
        "5",
        '"."',
    ],
)
def test_only_beside_or_below(write, named):
    """A base stands beside the file or below it."""
    path = write("policy.toml", f"format = 1\nextends = {named}\n")
    assert refused(path) == (
        f"{path}: extends: names no file beside this one or below it; write one such as 'base.toml'"
    )


def test_circle(write):
    """Files that extend one another in a circle are refused, and the circle is shown."""
    write("a.toml", 'format = 1\nextends = "b.toml"\n')
    path = write("b.toml", 'format = 1\nextends = "a.toml"\n')
    assert (
        refused(path) == f"{path}: extends: runs in a circle: b.toml -> a.toml -> b.toml; break it"
    )


def test_many(write):
    """A policy is made of a bounded number of files."""
    for number in range(MOST_FILES):
        write(f"{number}.toml", f'format = 1\nextends = "{number + 1}.toml"\n')
    path = write("0.toml", 'format = 1\nextends = "1.toml"\n')
    assert (
        refused(path) == f"{path}: extends: joins more than {MOST_FILES} files; join some of them"
    )


def test_text_alone():
    """A text without a file cannot extend one."""
    with pytest.raises(ConfigError) as caught:
        parse_policy('format = 1\nextends = "base.toml"\n')
    assert unlined(caught.value) == (
        "policy: extends: builds on a file beside this one; load it with load_policy"
    )


def test_factors(write):
    """A file may name its factors, each with its outcome and reason, and dump writes them back."""
    router = parse_policy(FACTORS)
    assert router.qualify == Qualification(
        [
            Factor("budget", LEAD.budget > 0, "nurture", "has no budget"),
            Factor("mail", LEAD.email.is_present()),
        ]
    )
    assert parse_policy(dump_policy(router)) == router
    assert parse_policy(dump_policy(router)).version == router.version


def test_factors_replace_qualify(write):
    """The factors of a file replace the condition of its base, and the other way round."""
    write("shared/base.toml", BASE)
    path = write("policy.toml", 'extends = "shared/base.toml"\n' + FACTORS)
    assert isinstance(load_policy(path).qualify, Qualification)
    write("base.toml", FACTORS)
    path = write("policy.toml", 'format = 1\nextends = "base.toml"\nqualify = "lead.budget > 5"\n')
    assert load_policy(path).qualify == (LEAD.budget > 5)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            'qualify = "always"\n[[qualification]]\nname = "a"\nrequire = "always"\n',
            "policy: has both `qualify` and [[qualification]]; keep one of them",
        ),
        (
            '[[qualification]]\nname = "a"\n',
            "policy: qualification[0]: require is missing; write what a lead must meet, such as LEAD.budget > 0",
        ),
        (
            '[[qualification]]\nname = "a"\nrequire = "always"\noutcome = "drop"\n',
            "policy: qualification[0]: outcome is 'drop'; write one of nurture, reject, review",
        ),
        (
            '[[qualification]]\nname = "a"\nrequire = "rep.level > 1"\n',
            "policy: qualification[0].require: asks about the rep (rep.level); move that to a rule's `require`",
        ),
        (
            '[[qualification]]\nrequire = "always"\n',
            "policy: qualification[0].name: is missing; give it a name of its own",
        ),
        (
            '[[qualification]]\nname = "a"\nrequires = "always"\n',
            "policy: qualification[0]: there is no key of a factor named 'requires'; did you mean 'require'?",
        ),
    ],
)
def test_wrong_factors(text, problem):
    """What is wrong with a factor is told at its place."""
    with pytest.raises(PolicyError) as caught:
        parse_policy("format = 1\n" + text)
    assert problem in unlined(caught.value).splitlines()
