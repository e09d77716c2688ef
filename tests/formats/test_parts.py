"""On which line of which file the errors of a policy stand."""

import json

import pytest

from leadroute import load_policy
from leadroute.errors import ConfigError
from leadroute.formats.policy_file import parse_policy
from leadroute.formats.policy_source import Part, Parts, Spot

NO_DURATION = "is not a duration; write it like '90s', '5m', '1h30m', '2d', '1w' or '5 minutes'"

BASE = """\
format = 1

[definitions]
large = "lead.employees > 500"
small = "lead.employes < 10"

[[pool]]
name = "emea"

[[rule]]
name = "rest"
pool = "emae"
"""
OWN = """\
format = 1
extends = "base.toml"

[definitions]
tiny = "lead.employees < two"

[[rule]]
name = "small"
wen = "small"

[[rule]]
name = "rest"
capacity_cost = -1
"""


def refusal(read, *given):
    """What is said about a policy, line by line."""
    with pytest.raises(ConfigError) as caught:
        read(*given)
    return str(caught.value).splitlines()


@pytest.fixture
def write(tmp_path):
    """Writes a file and gives its path."""

    def written(name, text):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return written


def test_lines_of_toml():
    """An error stands on the line of its key; a key that is missing on that of its table; an unknown key on its own."""
    text = 'format = 1\n\naccept_within = 5\n[[rule]]\nwhen = """\nlead.budget > 1 and\nlead.x"""\n'
    text += '[[rule]]\nname = "a"\n\npol = 1\n'
    said = refusal(parse_policy, text)
    assert [line.split(" ")[0] for line in said if line.startswith("policy:")] == [
        "policy:3:",
        "policy:5:",
        "policy:4:",
        "policy:11:",
    ]
    assert said[0] == f"policy:3: accept_within: 5 {NO_DURATION}"


def test_lines_of_json():
    """In JSON too."""
    text = '{"format": 1,\n "rule": [\n  {"name": "a",\n   "accept_within": 5},\n  {"nam": "b"}]}'
    assert refusal(parse_policy, text, "json") == [
        f"policy:4: rule[0].accept_within: 5 {NO_DURATION}",
        "policy:5: rule[1]: there is no key of a rule named 'nam'; did you mean 'name'?",
        "policy:5: rule[1].name: is missing; give it a name of its own",
    ]


def test_lines_follow_an_edit():
    """Lines put above an error move it down by as many."""
    text = 'format = 1\n[[rule]]\nname = "a"\naccept_within = 5\n'
    edited = text.replace("[[rule]]", '# more\n\n[[rule]]\nname = "new"\n\n[[rule]]')
    assert refusal(parse_policy, text) == [f"policy:4: rule[0].accept_within: 5 {NO_DURATION}"]
    assert refusal(parse_policy, edited) == [f"policy:9: rule[1].accept_within: 5 {NO_DURATION}"]


def test_the_file_of_the_part_is_named(write):
    """An error of a policy that builds on another stands in the file that its words come from."""
    base, own = write("base.toml", BASE), write("policy.toml", OWN)
    said = refusal(load_policy, own)
    assert said[0].startswith(
        f"{base}:5: definitions.small: line 1, column 1: lead has no field 'employes'"
    )
    places = [line.partition(": ")[0] for line in said if line.startswith(str(own.parent))]
    assert places == [f"{base}:5", f"{own}:5", f"{base}:7", f"{own}:9", f"{own}:13"]


def test_an_entry_that_is_not_replaced_is_the_bases(write):
    """The number of a rule is its number in the whole, and the line is that of the file that has it."""
    base = write(
        "base.json", json.dumps({"format": 1, "rule": [{"name": "rest", "pool": "x"}]}, indent=1)
    )
    own = write("policy.toml", 'extends = "base.json"\n[[rule]]\nname = "a"\n')
    assert refusal(load_policy, own) == [
        f"{base}:6: rule[1].pool: there is no pool named 'x'; known: everyone"
    ]


def test_what_stands_nowhere_has_no_line():
    """The whole, and a key that no file has, are told with the name alone."""
    parts = Parts((Part("p", "format = 1", "toml", {"format": 1}),), {"format": 1})
    assert (parts.at(""), parts.at("accept_within"), parts.at("format")) == (
        "p",
        "p: accept_within",
        "p:1: format",
    )
    assert parts.spot("rule") == Spot("p", None)
    assert parts.files[0].at("") == "p"
    assert refusal(
        parse_policy,
        'format = 1\nqualify = "always"\n[[qualification]]\nname="a"\nrequire="always"\n',
    ) == ["policy: has both `qualify` and [[qualification]]; keep one of them"]
