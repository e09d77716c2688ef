"""What is known of a lead's clock."""

import pytest

from leadroute.model.lead_timezone import zones_of


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+1 684 633 1234", "Pacific/Pago_Pago"),
        ("001 684 633 1234", "Pacific/Pago_Pago"),
        ("+1 212 555 0100", None),
    ],
)
def test_longest_dial_code_decides(phone, zone):
    """+1684 is American Samoa, though +1 alone is a continent with many clocks."""
    assert zones_of(phone=phone).zone == zone
