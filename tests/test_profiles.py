"""A run says how many examples it tries and which tests it leaves out."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests import profiles

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize(
    ("profile", "count", "previous_offers"),
    [("dev", 100, 20), ("dev", 2, 1), ("ci", 100, 100), ("nightly", 100, 5000)],
)
def test_examples_follow_the_profile(monkeypatch, profile, count, previous_offers):
    """The number that a law names is scaled by the profile, and no law tries nothing."""
    monkeypatch.setattr(profiles, "PROFILE", profile)
    assert profiles.examples(count).max_examples == previous_offers


def test_law_without_a_number_follows_the_profile():
    """The profile of the run is loaded, and judges nothing by the clock."""
    usual = settings.default
    assert usual.max_examples == profiles.examples().max_examples
    assert usual.deadline is None
    assert usual.derandomize == (profiles.PROFILE != "nightly")


@pytest.fixture
def collect(pytester):
    """Return a function that runs pytest on a folder of two tests, one of them slow, and returns how it ended."""
    pytester.makepyfile(
        test_two="import pytest\n@pytest.mark.slow\ndef test_slow(): pass\ndef test_quick(): pass\n"
    )
    pytester.makeconftest((ROOT / "conftest.py").read_text("utf-8"))
    pytester.makeini(f"[pytest]\nmarkers = slow: slow\npythonpath = {ROOT}\n")

    def run(*arguments):
        return pytester.runpytest_inprocess("-q", *arguments)

    return run


LEFT_OUT = "slow tests left out: 1 (`pytest -m slow` runs them)"


@pytest.mark.parametrize(
    ("arguments", "passed", "said"),
    [
        ([], "1 passed", True),
        (["-n1"], "1 passed", True),
        (["-m", "slow"], "1 passed", False),
        (["test_two.py::test_slow"], "1 passed", False),
    ],
)
def test_slow_tests_are_left_out_aloud(collect, arguments, passed, said):
    """The summary says what was left out; a mark or a test that is asked for by name is run."""
    printed = str(collect(*arguments).stdout)
    assert passed in printed
    assert (LEFT_OUT in printed) == said


@pytest.mark.parametrize("workers", ["-n0", "-n1"])
def test_a_name_that_has_no_test_fails_the_run(collect, pytester, workers):
    """Tests that a file names are left out; a line of it that no test begins like is told, and the run fails."""
    names = pytester.path / "dear"
    names.write_text("# dear\ntest_two.py::test_qui\ntest_two.py::test_gone\n", encoding="utf-8")
    ended = collect(workers, "--without", "dear", "-m", "slow or not slow")
    printed = str(ended.stdout)
    assert "1 passed" in printed
    assert "ERROR: dear: no test here is test_two.py::test_gone" in printed.splitlines()
    assert ended.ret == pytest.ExitCode.USAGE_ERROR
