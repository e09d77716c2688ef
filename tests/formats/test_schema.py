import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from leadroute import dump_policy
from leadroute.errors import PolicyError, UnknownFieldError
from leadroute.formats.json_schema import policy_schema
from leadroute.formats.policy_file import parse_policy
from leadroute.testing.strategies import routers
from tests.formats.test_cases import POLICY, TEST
from tests.formats.test_extends import BASE, CHILD, FACTORS

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = policy_schema()
VALIDATOR = Draft202012Validator(SCHEMA)


def plain(text):
    return json.loads(json.dumps(tomllib.loads(text), default=str))


def test_the_schema_is_one():
    """The schema is itself valid, and plain JSON."""
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize("path", ["examples/data/policy.toml", "tests/real/maven.toml"])
def test_examples(path):
    """The example policies are valid."""
    VALIDATOR.validate(plain((ROOT / path).read_text(encoding="utf-8")))


@pytest.mark.parametrize("text", [BASE, CHILD, FACTORS, POLICY + TEST])
def test_every_table(text):
    """Every kind of table is valid."""
    VALIDATOR.validate(plain(text))


@given(routers())
def test_dumped(router):
    """Whatever dump_policy writes is valid."""
    VALIDATOR.validate(json.loads(dump_policy(router, format="json")))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "format = 2",
        'format = "1"',
        "format = 1\naccept_within = 5",
        "format = 1\ncolour = 'red'",
        "format = 1\n[custom_fields]\nseats = 'money'",
        "format = 1\n[definitions]\nbig = 5",
        "format = 1\n[[rule]]\nwhen = 'always'",
        "format = 1\n[[rule]]\nname = ''",
        "format = 1\n[[rule]]\nname = 'a'\npol = 'b'",
        "format = 1\n[rule]\nname = 'a'",
        "format = 1\n[[pool]]\nname = 'a'",
        "format = 1\n[[pool]]\nname = 'a'\nreps = [5]",
        "format = 1\n[[qualification]]\nname = 'a'",
        "format = 1\n[[qualification]]\nname = 'a'\nrequire = 'always'\noutcome = 'drop'",
        "format = 1\nqualify = 'always'\n[[qualification]]\nname = 'a'\nrequire = 'always'",
        "format = 1\n[fallback]\nno_rule_matched = 5",
        "format = 1\n[fallback]\nempty = 'wait'",
        "format = 1\n[[rule]]\nname = 'a'\nfallback = 'wait'",
        "format = 1\n[[rule]]\nname = 'a'\nfallback = { no_rule_matched = 'wait' }",
        "format = 1\n[[test]]\nname = 'a'\nlead = {}",
        "format = 1\n[[test]]\nname = 'a'\nlead = {}\nexpect = {}",
        "format = 1\n[[test]]\nname = 'a'\nlead = { contry = 'DE' }\nexpect = { rep = 'a' }",
        "format = 1\n[[test]]\nname = 'a'\nlead = { budget = 'x' }\nexpect = { rep = 'a' }",
        "format = 1\n[[test]]\nname = 'a'\nlead = {}\nexpect = { outcome = 'gone' }",
        "format = 1\n[[test]]\nname = 'a'\nlead = {}\nexpect = { rep = 'a' }\nrep = [{}]",
    ],
)
def test_broken(text):
    """A broken policy is refused by the schema, and by the parser."""
    assert not VALIDATOR.is_valid(plain(text))
    with pytest.raises(ValueError, match="policy"):
        parse_policy(text)


@pytest.mark.parametrize("table", ["", "qualification", "pool", "rule", "territory", "test"])
def test_same_keys(table):
    """The schema knows exactly the keys that the parser knows."""
    text = f"format = 1\n{f'[[{table}]]' if table else ''}\ncolour = 'red'"
    with pytest.raises(PolicyError) as caught:
        parse_policy(text)
    (known,) = [set(e.known) for e in caught.value.errors if isinstance(e, UnknownFieldError)]
    properties = SCHEMA["properties"]
    found = set(properties[table]["items"]["properties"]) if table else set(properties)
    assert found - {"format", "extends"} == known
