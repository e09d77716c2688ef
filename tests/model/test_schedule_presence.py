"""What presence promises about the minute at hand."""

from datetime import UTC, datetime, timedelta

import pytest

from leadroute.errors import FieldTypeError, ValidationError
from leadroute.model.rep import STATUSES, Presence, wrapped_up

TEN = datetime(2026, 1, 5, 10, tzinfo=UTC)
GRACE = timedelta(seconds=30)
MOMENT = timedelta.resolution


@pytest.mark.parametrize("status", STATUSES)
def test_only_available(status):
    """Only a rep who is available can take a lead."""
    assert Presence(status, TEN).is_available(TEN) == (status == "available")


def test_grace():
    """A rep whose connection drops counts as available until exactly the end of the grace."""
    dropped = Presence("available", TEN).becomes("offline", TEN)
    assert dropped.is_available(TEN + GRACE - MOMENT, GRACE)
    assert not dropped.is_available(TEN + GRACE, GRACE)
    assert not dropped.is_available(TEN)


@pytest.mark.parametrize("status", ["away", "busy"])
def test_no_grace(status):
    """Who says to be away or busy is so at once, and dropping out of that is no grace."""
    left = Presence("available", TEN).becomes(status, TEN)
    assert not left.is_available(TEN, GRACE)
    assert not left.becomes("offline", TEN).is_available(TEN, GRACE)


def test_same_report_again():
    """A report that changes nothing does not start the grace anew."""
    dropped = Presence("available", TEN).becomes("offline", TEN)
    assert dropped.becomes("offline", TEN + GRACE) is dropped


def test_refusals():
    """An unknown status and a naive instant are refused."""
    with pytest.raises(ValidationError) as caught:
        Presence("lunch", TEN)
    assert str(caught.value) == (
        "Presence: status is 'lunch'; write 'available', 'away', 'busy' or 'offline'"
    )
    with pytest.raises(FieldTypeError, match=r"^now is a naive datetime"):
        Presence("offline", TEN, "available").is_available(TEN.replace(tzinfo=None))
    with pytest.raises(
        ValidationError, match=r"^Presence: since is a naive datetime; write an aware"
    ):
        Presence("offline", TEN.replace(tzinfo=None))


def test_wrap_up():
    """A rep is free at exactly the end of the wrap-up, and always before the first contact."""
    five = timedelta(minutes=5)
    assert not wrapped_up(TEN, TEN + five - MOMENT, five)
    assert wrapped_up(TEN, TEN + five, five)
    assert wrapped_up(None, TEN, five)
    with pytest.raises(FieldTypeError, match=r"^contact is a naive datetime"):
        wrapped_up(TEN.replace(tzinfo=None), TEN, five)
