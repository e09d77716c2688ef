"""What every store checks alike."""

import pytest

from leadroute.errors import ConfigError
from leadroute.offers.store import one_question, page_size


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
