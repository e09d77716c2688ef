"""Every routing scenario restated from other systems: it passes, differs on purpose, or waits for a named part."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
from tests.scenarios.desk import ADAPTERS, WAITING
from tests.shared import shared_path

for module in ("turns", "choosing", "hours", "life"):
    import_module(f"tests.scenarios.{module}")

CHOICES = Path(__file__).parents[2] / "docs" / "explanation" / "choices.md"
MAY_WAIT = {
    "broadcast",
    "config-change",
    "auto-pause",
    "decline-vs-timeout",
    "escalation",
    "reporting",
    "reservation-leak",
    "resume",
    "timeouts",
}
"""The categories that are about offers, pull, wrap-up and SLA."""


@pytest.fixture(scope="module", name="scenarios")
def every_scenario():
    """Every scenario by its id."""
    listed = json.loads(shared_path("vectors/scenarios.json").read_text("utf-8"))["scenarios"]
    assert len(listed) == 82
    return {each["id"]: each for each in listed}


@pytest.mark.parametrize("name", sorted(ADAPTERS))
def test_scenario(scenarios, name):
    """The scenario comes out as it should, or as the documentation says where leadroute decides otherwise."""
    ADAPTERS[name].play(scenarios[name]["given"], scenarios[name]["then"])


@pytest.mark.parametrize("name", sorted(WAITING))
def test_waiting_scenario(scenarios, name):
    """Only what needs a part of offers, pull, wrap-up or SLA that is not there yet may wait."""
    assert scenarios[name]["category"] in MAY_WAIT
    pytest.skip(f"waits for {WAITING[name]}")


def test_every_scenario_is_in_one_group(scenarios):
    """No scenario is forgotten, listed twice, or made up."""
    assert not ADAPTERS.keys() & WAITING.keys()
    assert ADAPTERS.keys() | WAITING.keys() == scenarios.keys()


def test_every_difference_is_documented(scenarios):
    """A scenario may come out otherwise only where the documentation has the question, and names the scenario."""
    rows = re.findall(r"^\| ([^|]+?) \|.*$", CHOICES.read_text("utf-8"), re.MULTILINE)
    for name, adapter in ADAPTERS.items():
        if adapter.question is not None:
            assert adapter.question in rows, f"{name}: no row {adapter.question!r}"
