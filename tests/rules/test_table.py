"""The table of the language in the documentation: every line is true."""

import re
from pathlib import Path

import pytest

from leadroute.rules import builders
from leadroute.rules.conditions import ALWAYS, NEVER
from leadroute.rules.evaluation import evaluate
from leadroute.rules.parser import FUNCTIONS, METHODS, parse

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "language.md"
SOURCE = PAGE.read_text(encoding="utf-8")
ROWS = re.findall(r"^\| [^|]+ \| `([^`]+)` \| `((?:[^`|]|\\\|)+)` \|$", SOURCE, re.MULTILINE)
NAMES = {name: getattr(builders, name) for name in builders.__all__} | {
    "ALWAYS": ALWAYS,
    "NEVER": NEVER,
}
DEFINES = {"enterprise": builders.LEAD.employees >= 20}


@pytest.fixture(scope="module")
def facts():
    """The lead, the rep, the host and the instant of the page."""
    (block,) = re.findall(r"```python\n([^`]*lead = Lead\(.*?)```", SOURCE, re.DOTALL)
    found = {"parse": parse}
    exec(block, found)
    return found


@pytest.mark.parametrize(("text", "code"), ROWS, ids=[text for text, _ in ROWS])
def test_every_line_of_the_table_is_true(text, code, facts):
    """Text and Python form are one tree, and it holds for the lead and the rep of the page."""
    built = eval(code.replace("\\|", "|"), dict(NAMES))
    found = parse(text, definitions=DEFINES)
    assert found == built
    assert evaluate(found, facts["lead"], facts["rep"], facts["now"], predicates=facts["near"])


def test_the_table_is_complete():
    """Every function and method of the language stands in the table or its line on durations."""
    assert len(ROWS) > 30
    shown = " ".join(text for text, _ in ROWS)
    missing = {name for name in (*FUNCTIONS, *METHODS) if f"{name}(" not in shown}
    assert missing == {"weeks", "minutes", "seconds"}
