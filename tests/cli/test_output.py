"""How results are shown on a terminal, in a pipe, with and without colour."""

import builtins
import io

import pytest

from leadroute.cli import console as module
from leadroute.cli.console import Screen

ROWS = [("ada", "1,200", "80%"), ("bob", "-", "5%")]


@pytest.fixture
def no_rich(monkeypatch):
    """An environment without the cli extra."""
    real = builtins.__import__

    def importing(name, *arguments, **options):
        if name.partition(".")[0] == "rich":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", importing)


def table(out, environment):
    """A table as it is shown on a stream."""
    screen = Screen(out, io.StringIO(), environment)
    screen.head("Figures")
    screen.table(("rep", "offers", "rate"), ROWS)
    return out.getvalue()


PLAIN = "Figures\n  rep  offers  rate\n  ada   1,200   80%\n  bob       -    5%\n"


def test_plain_table():
    """In a pipe a table is plain text whose columns line up, figures to the right."""
    assert table(io.StringIO(), {}) == PLAIN


def test_no_color(terminal):
    """NO_COLOR makes the text plain on a terminal too."""
    assert table(terminal, {"NO_COLOR": "1"}) == PLAIN


def test_without_the_extra(terminal, no_rich):
    """Without the cli extra the text is plain on a terminal too."""
    assert table(terminal, {}) == PLAIN


def test_rich_table(terminal, monkeypatch):
    """On a terminal with the extra, headings are bold and the table has a rule; the figures are the same."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    shown = table(terminal, {})
    assert "\x1b[1mFigures" in shown
    assert "─" in shown
    assert "1,200" in shown


def test_empty_table():
    """A table without rows is its names."""
    out = io.StringIO()
    Screen(out, out, {}).table(("rep", "offers"), [])
    assert out.getvalue() == "  rep  offers\n"


def test_control_characters_are_not_shown():
    """What a file held cannot move the cursor or change the colour of a terminal."""
    out = io.StringIO()
    screen = Screen(out, out, {})
    screen.say("a\x1b[2J\nb")
    screen.note("c\x07")
    screen.table(("x",), [("d\x9b",)])
    assert out.getvalue() == "a?[2J\nb\nc?\n  x\n  d?\n"


def test_no_progress_in_a_pipe():
    """Where nobody watches there is no progress."""
    err = io.StringIO()
    assert list(Screen(io.StringIO(), err, {}).progress("routing", range(3))) == [0, 1, 2]
    assert err.getvalue() == ""


def test_plain_progress(terminal, monkeypatch):
    """On a terminal without colour one line counts, and ends when the work ends."""
    monkeypatch.setattr(module, "STEP", 2)
    screen = Screen(io.StringIO(), terminal, {"NO_COLOR": "1"})
    assert list(screen.progress("routing", range(5))) == [0, 1, 2, 3, 4]
    assert terminal.getvalue() == "\rrouting: 2\rrouting: 4\rrouting: 5\n"


def test_short_work_shows_no_progress(terminal):
    """Work that is done at once leaves no line behind."""
    screen = Screen(io.StringIO(), terminal, {"NO_COLOR": "1"})
    assert list(screen.progress("routing", range(3))) == [0, 1, 2]
    assert terminal.getvalue() == ""


def test_rich_progress(terminal, monkeypatch):
    """On a terminal with the extra a bar counts, and every item comes through."""
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen(io.StringIO(), terminal, {})
    assert list(screen.progress("routing", range(5))) == [0, 1, 2, 3, 4]
    assert "routing" in terminal.getvalue()
