"""The command as tests call it, and the files that they hand to it."""

from io import StringIO
from pathlib import Path

import pytest
from attrs import frozen

from leadroute.cli import main

POLICY = """\
format = 1
qualify = "lead.budget > 0"
accept_within = "5m"
catch_all = "desk"

[[rule]]
name = "big"
when = "lead.employees >= 100"
require = "rep.level >= 3"
score = "2 * skill_match('industry') + free_capacity()"

[[rule]]
name = "rest"
"""
REPS = """\
id,level,skills,capacity,weight
ada,4,healthcare=0.9,2,1
bob,1,,1,2
"""
LEADS = """\
id,employees,industry,budget
L-1,500,healthcare,10
L-2,5,,10
L-3,5,,0
"""
NOW = "2026-03-02T09:00:00Z"


@frozen
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def leadroute(capsys):
    """Run the command, and say how it ended."""

    def run(*words):
        try:
            code = main([str(word) for word in words])
        except SystemExit as ended:
            code = ended.code
        return Ended(code, *capsys.readouterr())

    return run


@pytest.fixture
def files(tmp_path):
    """A folder with a policy, two reps and three leads, which is the current one."""
    (tmp_path / "policy.toml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "reps.csv").write_text(REPS, encoding="utf-8")
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def given(files, monkeypatch):
    """The options that name these files."""
    monkeypatch.chdir(files)
    return ("--policy", "policy.toml", "--reps", "reps.csv", "--leads", "leads.csv", "--now", NOW)


class Terminal(StringIO):
    """A stream that a person watches."""

    def isatty(self):
        """Say so."""
        return True


@pytest.fixture
def terminal():
    """A terminal that remembers what it shows."""
    return Terminal()


@pytest.fixture
def write(files):
    """Write one of the files anew."""

    def rewrite(name, text):
        Path(files / name).write_text(text, encoding="utf-8")

    return rewrite
