"""What the tests of offers share."""

import pytest

from leadroute import MemoryStore, SqliteStore


@pytest.fixture(params=["memory", "file"])
def store(request, tmp_path):
    """A store in memory, and one in a file."""
    if request.param == "memory":
        yield MemoryStore()
        return
    with SqliteStore(tmp_path / "crm.db", synchronous="normal") as found:
        yield found
