"""Where the keys of a TOML or JSON file stand."""

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.formats.policy_file import write_toml
from leadroute.formats.policy_source import lines_of
from tests.profiles import examples

FILE = '''\
# A comment with [table] and key = "value"
format = 1  # another = 2
"quoted key" = 'a # b'
list = [ # first
  "a", 'b',
  { name = "x", deep = { deeper = 1 } },
  [1, 2],
]
inline = { a = 1, "b.c" = "}" }

[definitions]
large = """
[[rule]]
name = "no rule" \\""" ""\
"""
small = \'\'\'
it's [not] a table\'\'\'
a.b.c = 1979-05-27T07:32:00Z

[[rule]]
name = "one"

[rule.extra]
note = "sub"

[[rule]]
when = "always"
[[rule.step]]
after = "5m"
[[rule.step]]
after = "6m"
'''
LINES = {
    "format": 2,
    "quoted key": 3,
    "list": 4,
    "list[0]": 5,
    "list[1]": 5,
    "list[2]": 6,
    "list[2].name": 6,
    "list[2].deep": 6,
    "list[2].deep.deeper": 6,
    "list[3]": 7,
    "list[3][0]": 7,
    "list[3][1]": 7,
    "inline": 9,
    "inline.a": 9,
    "inline.b.c": 9,
    "definitions": 11,
    "definitions.large": 12,
    "definitions.small": 15,
    "definitions.a": 17,
    "definitions.a.b": 17,
    "definitions.a.b.c": 17,
    "rule[0]": 19,
    "rule[0].name": 20,
    "rule[0].extra": 22,
    "rule[0].extra.note": 23,
    "rule[1]": 25,
    "rule[1].when": 26,
    "rule[1].step[0]": 27,
    "rule[1].step[0].after": 28,
    "rule[1].step[1]": 29,
    "rule[1].step[1].after": 30,
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_every_place_has_its_line(ending):
    """Comments, strings of every kind, arrays, inline tables and sub-tables leave the lines right."""
    text = FILE.replace("\n", ending)
    tomllib.loads(text)
    assert lines_of(text) == LINES


def test_first_line_of_a_table():
    """A table that is opened twice, or over a dotted key, has its first line."""
    assert lines_of("[a.b]\nc = 1\n[a]\nb2.c = 1\nb2.d = 2\n")["a.b2"] == 4
    assert lines_of("[a]\nx.y = 1\nx.z = 2\n")["a.x"] == 2


BROKEN = [
    "[",
    "[[",
    "= 5",
    "a",
    "a =",
    "a = [",
    "a = {",
    "a = {=}",
    "a = [}]",
    '"\\q" = 1',
    "a..b = 1",
    "]]",
    '"""',
]


@pytest.mark.parametrize("text", BROKEN)
def test_other_text(text):
    """Text that is no TOML has some answer, and no error."""
    assert isinstance(lines_of(text), dict)


@given(st.text("[]{}=,.\"'#\n\\ ab1", max_size=40))
@examples(200)
def test_any_text(text):
    """Any text has an answer, and every line in it is a line of the text."""
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


texts = st.text(max_size=8).filter(lambda text: text.isprintable() or "\n" in text)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["name", "a b", "x.y"]), texts, min_size=1), max_size=4
    )
)
@examples(100)
def test_lines_of_what_we_write(tables):
    """Every key that the standard library reads stands in the line that is told."""
    text = write_toml({"format": 1, "rule": tables})
    found = lines_of(text)
    for number, table in enumerate(tomllib.loads(text).get("rule", [])):
        for key in table:
            line = text.splitlines()[found[f"rule[{number}].{key}"] - 1]
            assert line.lstrip('"').startswith(key)


JSON = """\
{
  "format": 1, "a \\"b\\"": "}]{[,:",
  "rule": [
    {"name": "one", "steps": [1, [2,
      3], {}]},
    {
      "when"
        : "always", "extra": {"deep":
          {"deeper": null}}
    }
  ],
  "last": true
}
"""
JSON_LINES = {
    "format": 2,
    'a "b"': 2,
    "rule": 3,
    "rule[0]": 4,
    "rule[0].name": 4,
    "rule[0].steps": 4,
    "rule[0].steps[0]": 4,
    "rule[0].steps[1]": 4,
    "rule[0].steps[1][0]": 4,
    "rule[0].steps[1][1]": 5,
    "rule[0].steps[2]": 5,
    "rule[1]": 6,
    "rule[1].when": 7,
    "rule[1].extra": 8,
    "rule[1].extra.deep": 8,
    "rule[1].extra.deep.deeper": 9,
    "last": 12,
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_json(ending):
    """Objects, arrays, escapes and marks inside of text leave the lines of JSON right."""
    text = JSON.replace("\n", ending)
    json.loads(text)
    assert lines_of(text, "json") == JSON_LINES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"',
        '{"\\q": 1}',
        "}]",
        "5 6",
        "[" * 100_000,
        '{"a":' * 100_000,
        '{"a" 1 {2',
        "[1,,]",
    ],
)
def test_other_json(text):
    """Text that is no JSON has some answer, and no error, however deep it is."""
    assert isinstance(lines_of(text, "json"), dict)


@given(st.text('[]{}:,"\n\\ ab1', max_size=40))
@examples(200)
def test_any_json(text):
    """Any text has an answer, and every line in it is a line of the text."""
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text, "json").values())


def places(value, place=""):
    """Every place below a value."""
    inner = value.items() if isinstance(value, dict) else ()
    named = [(f"{place}.{key}" if place else key, each) for key, each in inner]
    if isinstance(value, list):
        named = [(f"{place}[{number}]", each) for number, each in enumerate(value)]
    for found, each in named:
        yield found
        yield from places(each, found)


@given(
    st.dictionaries(
        texts.filter(bool),
        st.recursive(
            texts | st.integers() | st.none(),
            lambda inner: (
                st.lists(inner, max_size=3) | st.dictionaries(texts.filter(bool), inner, max_size=3)
            ),
            max_leaves=8,
        ),
        max_size=3,
    ),
    st.sampled_from([None, 1]),
)
@examples(100)
def test_every_place_of_json(value, indent):
    """Every place of any JSON has a line, and nothing else has one."""
    assert set(lines_of(json.dumps(value, indent=indent), "json")) == set(places(value))
