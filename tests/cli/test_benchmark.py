"""What the benchmark of `leadroute route` reports."""

import json

import pytest
from benchmarks import route


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few leads: the benchmark itself is what is tested, not the machine."""
    monkeypatch.setattr(route, "QUICK", (20, 40))


def test_json(capsys):
    """With --json the figures and the bar on memory are one object, and the bar holds."""
    assert route.main(["--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [figure["name"] for figure in found["figures"]] == [
        "peak_mib_20",
        "cpu_seconds_20",
        "seconds_20",
        "rate_20",
        "peak_mib_40",
        "cpu_seconds_40",
        "seconds_40",
        "rate_40",
    ]
    (bar,) = found["bars"]
    assert (bar["name"], bar["bound"], bar["ok"]) == ("peak_ratio", 1.3, True)


def test_broken_bar(capsys, monkeypatch):
    """A bar that does not hold is printed as such, and the exit code is 1."""
    monkeypatch.setattr(route, "RATIO", 0.1)
    assert route.main(["--quick"]) == 1
    assert "FAILED peak_ratio: " in capsys.readouterr().out
