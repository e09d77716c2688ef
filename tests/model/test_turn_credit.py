"""Turns given beside the share, or withheld, as values."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadroute.errors import ValidationError
from leadroute.model.snapshot import REASONS, TurnCredit, balances, counting, less, payments

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)

credited = st.builds(
    TurnCredit,
    st.integers(-2, 5).map(lambda hours: NOON + hours * HOUR),
    st.sampled_from(REASONS),
    st.sampled_from(["L-1", "L-2"]),
    st.integers(-3, 3).filter(bool),
)
several = st.lists(credited, max_size=5, unique_by=lambda credit: (credit.reason, credit.cause))


@given(several)
def test_a_turn_settles_what_is_withheld_and_uses_what_is_given(some):
    """What a turn costs follows from the balance alone, and what is left is the balance less what was used."""
    now = NOON
    paid = payments(some, now)
    before = balances({"ada": tuple(some)}, now).get("ada", 0)
    after = sum(credit.turns for credit in counting(less(some, paid), now))
    assert 1 + sum(paid.values()) == (0 if before > 0 else 1 - before)
    assert after == max(0, before - 1)
    assert all(credit.turns < 0 or -credit.turns <= units < 0 for credit, units in paid.items())
    assert all(credit.expires > now for credit in paid)
    assert all(left.turns for left in less(some, paid))


def test_what_ends_first_pays_first():
    """Nothing ends unused while something else is used up."""
    late, soon = (
        TurnCredit(NOON + 2 * HOUR, "absence", "flu", 2),
        TurnCredit(NOON + HOUR, "make_up", "L-1"),
    )
    assert payments([late, soon], NOON) == {soon: -1}
    assert payments([late, soon], NOON + HOUR) == {late: -1}
    assert less([late, soon], {late: -1}) == (TurnCredit(late.expires, "absence", "flu", 1), soon)


def test_it_is_over_at_its_very_end():
    """At the instant of its end a grant counts no more."""
    credit = TurnCredit(NOON, "joiner", "2026-03", 3)
    assert balances({"ada": (credit,)}, NOON - timedelta(microseconds=1)) == {"ada": 3}
    assert balances({"ada": (credit,)}, NOON) == {}
    assert payments((credit,), NOON) == {}


@pytest.mark.parametrize(
    ("turns", "reason", "told"),
    [
        (1, "make_up", "has a make-up turn for x until 2026-03-04 12:00 UTC"),
        (3, "absence", "has 3 absence turns for x until 2026-03-04 12:00 UTC"),
        (-1, "absence", "owes an absence turn for x until 2026-03-04 12:00 UTC"),
        (-2, "skip", "owes 2 skip turns for x until 2026-03-04 12:00 UTC"),
        (1, "joiner", "has a joiner turn for x until 2026-03-04 12:00 UTC"),
    ],
)
def test_it_is_told_in_words(turns, reason, told):
    """A grant reads as a sentence about the rep."""
    assert str(TurnCredit(NOON, reason, "x", turns)) == told


def test_every_fault_is_named():
    """No turns at all, an unknown reason, an empty cause and a naive end are refused, all at once."""
    with pytest.raises(ValidationError) as caught:
        TurnCredit(NOON.replace(tzinfo=None), "bonus", "", 0)
    told = str(caught.value)
    for problem in (
        "expires is a naive datetime",
        "reason is 'bonus'; write one of make_up, skip, absence, joiner",
        "cause is empty",
        "turns is 0; write how many turns are given, or below 0 how many are withheld",
    ):
        assert problem in told
    with pytest.raises(ValidationError, match="turns is 1001"):
        TurnCredit(NOON, "skip", "x", 1001)
