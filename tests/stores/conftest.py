"""What the tests of the SQLite store share."""

import pytest

from leadroute import SqliteStore


@pytest.fixture
def path(tmp_path):
    """Where the store's file is."""
    return tmp_path / "crm.db"


@pytest.fixture
def store(path):
    """A store in a file."""
    with SqliteStore(path) as opened:
        yield opened
