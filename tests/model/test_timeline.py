"""Stretches of open time as numbers."""

from leadroute.model.timeline import merge


def test_stretches_that_touch_are_one():
    """Stretches are joined where one ends as the next begins, and empty ones are left out."""
    assert merge([(4, 6), (1, 2), (2, 3), (5, 5)]) == [(1, 3), (4, 6)]
