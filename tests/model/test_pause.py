"""A pause as a value: its words, its end, and what cannot be one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from leadroute import Rep, Snapshot
from leadroute.errors import FieldTypeError, ValidationError
from leadroute.model.rep import Pause

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_the_words_of_a_pause():
    """A pause says until when on the clock of the rep, how it came about, and why."""
    assert str(Pause()) == "is paused"
    assert str(Pause(why="lunch")) == "is paused: lunch"
    assert (
        str(Pause(AT, missed=3))
        == "is paused until Mon 2026-03-02 09:00 UTC: 3 missed offers in a row"
    )
    berlin = ZoneInfo("Europe/Berlin")
    assert Pause(AT).in_words(berlin) == "is paused until Mon 2026-03-02 10:00 CET"


def test_the_end_of_a_pause_is_half_open():
    """At exactly its end a pause is over; one without an end lasts."""
    assert Pause(AT).lasts(AT - timedelta(microseconds=1))
    assert not Pause(AT).lasts(AT)
    assert Pause().lasts(AT)


@pytest.mark.parametrize(
    "fields",
    [{"until": datetime(2026, 3, 2)}, {"why": "x" * 81}, {"cover": ""}, {"missed": -1}],  # noqa: DTZ001 - refused
)
def test_a_pause_that_cannot_be(fields):
    """Each field is checked, and named when it is refused."""
    with pytest.raises(ValidationError, match=next(iter(fields))):
        Pause(**fields)


def test_a_snapshot_holds_pauses_alone():
    """Who is paused is said by a ``Pause``, and until when somebody cools down by a number."""
    assert Snapshot(paused={"ada": Pause()}).paused["ada"] == Pause()
    with pytest.raises(FieldTypeError, match=r"paused\['ada'\]"):
        Snapshot(paused={"ada": "lunch"})
    with pytest.raises(FieldTypeError, match=r"cooling\['ada'\]"):
        Snapshot(cooling={"ada": AT})


def test_a_number_of_missed_offers():
    """A rep may have a number of missed offers of their own, from 1 up."""
    assert Rep("ada", pause_after_missed=3).pause_after_missed == 3
    assert Rep("ada").pause_after_missed is None
    with pytest.raises(ValidationError, match="pause_after_missed"):
        Rep("ada", pause_after_missed=0)
