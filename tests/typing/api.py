"""The public API as a user's type checker sees it. Read by mypy, never run."""

from datetime import UTC, datetime
from typing import assert_type

from leadroute.model.lead import Lead, Signal
from leadroute.model.limits import Cap
from leadroute.model.rep import Rep

at = datetime(2026, 3, 2, 9, tzinfo=UTC)

# The id comes first and is needed; the rest is named.
lead = Lead("L-1", received_at=at, country="us", signals=[Signal("pricing_page", at, 240)])
assert_type(lead.id, str)
assert_type(lead.country, str | None)
assert_type(lead.employees, int | None)
Lead()  # type: ignore[call-arg]
Lead("L-1", "us")  # type: ignore[misc]
Lead("L-1", employees="many")  # type: ignore[arg-type]
Lead("L-1", contry="us")  # type: ignore[call-arg]
lead.country = "DE"  # type: ignore[misc]

# What a person writes is accepted: plain sets, lists and dictionaries.
rep = Rep("ada", level=4, skills={"healthcare": 0.9}, languages={"en", "de"}, caps=[Cap(5, "day")])
assert_type(rep.id, str)
assert_type(rep.capacity, int | None)
assert_type(rep.active, bool)
Rep()  # type: ignore[call-arg]
