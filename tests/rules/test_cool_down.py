"""The terms of answers: cool-downs by how an offer ended, kept places, and the number of a pool."""

from datetime import timedelta

import pytest

from leadroute import Pool, Rule
from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.rules.terms import COOLING, Terms, cool_down_after, over

SECOND = timedelta(seconds=1)


def test_a_cool_down_is_for_each_end_or_by_it():
    """A duration is for all ends that may have one, a table for those that it names."""
    assert [cool_down_after(5 * SECOND, end) for end in COOLING] == [5 * SECOND] * 4
    table = Terms(cool_down={"busy": "1m"}).cool_down
    assert cool_down_after(table, "busy") == 60 * SECOND
    for given, end in ((table, "declined"), (5 * SECOND, "lost_race"), (None, "busy")):
        assert cool_down_after(given, end) == timedelta(0)


def test_a_table_is_completed_by_what_stands_further_out():
    """Of an end that a table does not name, the term behind it decides."""
    own = Terms(cool_down={"busy": "1m"})
    assert own.over(Terms()).cool_down == {"busy": 60 * SECOND}
    found = own.over(Terms(cool_down="5s")).cool_down
    assert found == dict.fromkeys(COOLING, 5 * SECOND) | {"busy": 60 * SECOND}
    both = own.over(Terms(cool_down={"busy": "9s", "declined": "5s"})).cool_down
    assert both == {"busy": 60 * SECOND, "declined": 5 * SECOND}
    assert over(None, SECOND, COOLING) == SECOND
    assert over(SECOND, {"busy": SECOND}, COOLING) == SECOND


def test_what_cannot_be_a_cool_down():
    """An unknown end, an empty table and no duration are refused, each with its name."""
    with pytest.raises(
        UnknownFieldError, match="there is no answer named 'bussy'; did you mean 'busy'"
    ):
        Rule("all", cool_down={"bussy": "1m"})
    with pytest.raises(ConfigError, match="cool_down: is empty; write"):
        Rule("all", cool_down={})
    with pytest.raises(ConfigError, match="cool_down: busy: 'soon' is not a duration"):
        Pool("all", reps={"ada"}, cool_down={"busy": "soon"})


def test_a_kept_place_and_the_number_of_a_pool():
    """A place is kept for a duration, and a pool pauses after a whole number from 1 up."""
    assert Rule("all", keep_place="60s").keep_place == 60 * SECOND
    assert Pool("all", reps={"ada"}, pause_after_missed=3).pause_after_missed == 3
    with pytest.raises(ValidationError, match="pause_after_missed"):
        Pool("all", reps={"ada"}, pause_after_missed=0)
    with pytest.raises(ConfigError, match="has no members"):
        Pool("all", pause_after_missed=3)
