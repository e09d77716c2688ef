"""What every store checks alike."""

import pytest

from leadroute.errors import ConfigError
from leadroute.offers.store import one_page_of_counts, one_question, page_size, statuses_of


@pytest.mark.parametrize("limit", [-1, True, "5", None])
def test_limit_of_a_page_is_a_whole_number(limit):
    """A page holds so many from 0 up; anything else is refused."""
    with pytest.raises(ConfigError, match="write how many at most, from 0 up"):
        page_size(limit)
    assert [page_size(0), page_size(5)] == [0, 5]


def test_events_of_a_change_are_narrowed_by_nothing_else():
    """A page of the events of a change takes neither a lead nor an instant."""
    with pytest.raises(ConfigError, match="not both"):
        one_question("c", "L-1")
    one_question("c", None)
    one_question(None, "L-1", 5)


@pytest.mark.parametrize("page", [("b", "", None), ("", "b", None), ("", "", 0), ("b", "b/1", 5)])
def test_counters_are_asked_for_by_keys_or_by_page(page):
    """Counters by key are narrowed by no prefix, page mark or limit."""
    with pytest.raises(ConfigError, match=r"a prefix with its page \(after, limit\), not both"):
        one_page_of_counts([], *page)
    one_page_of_counts(None, *page)
    one_page_of_counts([], "", "", None)


def test_limit_of_counters_is_that_of_any_page():
    """A page of counters takes a limit as every page does."""
    with pytest.raises(ConfigError, match="limit is -1; write how many at most, from 0 up"):
        one_page_of_counts(None, "", "", -1)


@pytest.mark.parametrize(("status", "first"), [(None, 1), ("s", 0), ("s", True), ("s", 1.0)])
def test_number_of_each_status(status, first):
    """How many of each status are wanted is 1 or more, and needs a status."""
    with pytest.raises(ConfigError, match="write how many of each status at most, from 1 up"):
        statuses_of(status, first)


def test_statuses_are_asked_for_once():
    """One status may stand without a list, and several are told apart."""
    assert statuses_of(None, None) is None
    assert statuses_of("s", 2) == ["s"]
    assert statuses_of(("b", "a", "b"), None) == ["b", "a"]
