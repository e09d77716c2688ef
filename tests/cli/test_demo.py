"""What `leadroute demo` promises."""

import json
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conftest import RUN_ELSEWHERE, matches, sessions

from leadroute import Dispatcher, Lead, MemoryStore, Roster, Router, Rule
from leadroute.cli import demo
from leadroute.cli.demo import work_through
from leadroute.testing import ManualClock

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def shown():
    """What the demonstration prints, in a process of its own. It is run once for all, since it takes seconds."""
    command = "import sys; from leadroute.cli import main; sys.exit(main(['demo']))"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", command],
        capture_output=True,
        check=True,
        encoding="utf-8",
    )


def test_is_short_and_quiet(shown):
    """The demonstration fits on two screens and says nothing on standard error."""
    assert shown.stderr == ""
    assert len(shown.stdout.splitlines()) <= 80
    assert max(map(len, shown.stdout.splitlines())) <= 100


@pytest.mark.parametrize(
    "line",
    [
        "  Lead demo-1 goes to Ada Okafor (rule 'enterprise, Americas')",
        "    1. Ada Okafor   0.93",
        "       Bob Tran     level is 2; the rule asks for 3 or more",
        "  15:00 lead demo-1 is offered to ada until 2026-02-25 15:10:00 UTC",
        "  15:02 lead demo-1 is accepted by ada",
        "  15:03 jack declines",
        "  15:03 lead demo-2 is offered to hugo until 2026-02-25 15:08:00 UTC",
        "  15:08 hugo has not answered; the sweep passes the lead on",
        "  15:08 lead demo-2 is offered to ada until 2026-02-25 15:13:00 UTC",
        "  15:08 lead demo-3 is disqualified: did not pass 'lead.budget > 0'",
        "  15:58 lead demo-1 is closed by ada (won)",
        "503 leads",
    ],
)
def test_tells_the_whole_story(shown, line):
    """A ranking with reasons, an offer, an accept, a decline, a time-out, a lead refused, and feedback are shown."""
    assert line in shown.stdout.splitlines()


def test_reps_answer_most_of_their_offers(shown):
    """Nearly every lead is accepted and closed: the team works, and is seen to work."""
    (closed,) = re.findall(r"^ +closed +([0-9]+) ", shown.stdout, re.MULTILINE)
    rates = re.findall(r" ([0-9]+)%  +[0-9]m ", shown.stdout)
    assert int(closed) > 400
    assert len(rates) == 12
    assert min(map(int, rates)) >= 60


def test_is_the_same_every_time(shown):
    """It prints to the letter what it printed when it was last changed: `leadroute demo > tests/data/demo.txt`."""
    assert shown.stdout == (ROOT / "tests" / "data" / "demo.txt").read_text(encoding="utf-8")


def test_is_what_the_page_shows(shown):
    """The page of the command shows the demonstration as it is; the tests of the page leave that to this one."""
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```console\n(.+?)^```$", page, re.DOTALL | re.MULTILINE)
    found = dict(session for block in blocks for session in sessions(block))
    assert [command for command in found if command in RUN_ELSEWHERE] == ["leadroute demo"]
    assert matches(found["leadroute demo"], shown.stdout)


def test_json_is_one_object(leadroute, monkeypatch):
    """With --json the report at the end is one object, and every lead is in exactly one state."""
    few = 40
    monkeypatch.setattr(
        demo, "work_through", lambda leads, *others: work_through(leads[:few], *others)
    )
    ended = leadroute("demo", "--json")
    found = json.loads(ended.out)
    assert (ended.code, ended.err, found["leads"]) == (0, "", few)
    assert sum(found["statuses"].values()) == few


def test_data_of_an_installed_wheel(tmp_path, monkeypatch):
    """The copy of the data that the wheel carries is used where there is one, else that of the checkout."""
    monkeypatch.setattr(demo, "files", lambda _package: tmp_path)
    assert Path(str(demo.bundled())).parts[-2:] == ("examples", "data")
    (tmp_path / "_demo").mkdir()
    assert demo.bundled() == tmp_path / "_demo"


def test_leads_without_a_time_are_left_out():
    """The office works through leads that say when they came in, in the order of time."""
    store, clock = MemoryStore(), ManualClock(datetime(2026, 3, 2, tzinfo=UTC))
    dispatcher = Dispatcher(Router(rules=[Rule("all")]), Roster(), store, clock)
    times = (datetime(2026, 3, 2, hour, tzinfo=UTC) for hour in (9, 8))
    work_through(
        [Lead("b", received_at=next(times)), Lead("a", received_at=next(times)), Lead("c")],
        dispatcher,
        clock,
    )
    assert [event.lead for event in store.events()][::2] == ["a", "b"]
