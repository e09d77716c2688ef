"""Where the keys of a TOML file stand."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadroute.formats.lines import lines_of
from leadroute.formats.toml import write_toml

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

[define]
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
    "define": 11,
    "define.large": 12,
    "define.small": 15,
    "define.a": 17,
    "define.a.b": 17,
    "define.a.b.c": 17,
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
@settings(max_examples=200)
def test_any_text(text):
    """Any text has an answer, and every line in it is a line of the text."""
    assert all(1 <= line <= text.count("\n") + 1 for line in lines_of(text).values())


texts = st.text(max_size=8).filter(lambda text: text.isprintable() or "\n" in text)


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["name", "a b", "x.y"]), texts, min_size=1), max_size=4
    )
)
@settings(max_examples=100)
def test_lines_of_what_we_write(tables):
    """Every key that the standard library reads stands in the line that is told."""
    text = write_toml({"format": 1, "rule": tables})
    found = lines_of(text)
    for number, table in enumerate(tomllib.loads(text).get("rule", [])):
        for key in table:
            line = text.splitlines()[found[f"rule[{number}].{key}"] - 1]
            assert line.lstrip('"').startswith(key)
