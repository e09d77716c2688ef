"""The public API as a user's type checker sees it. Read by mypy, never run."""

from datetime import UTC, datetime
from typing import assert_type

from leadroute.model.lead import Lead

lead = Lead("L-1", received_at=datetime(2026, 3, 2, 9, tzinfo=UTC), country="us")
assert_type(lead.id, str)
assert_type(lead.country, str | None)
assert_type(lead.employees, int | None)
Lead("L-2", employees="many")  # type: ignore[arg-type]
