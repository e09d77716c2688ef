"""The stores that every behaviour is tested on."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

from leadroute.stores import MemoryStore, SqliteStore, SqliteTransaction
from tests.stores.hosts import django_atomic, sqlalchemy_session


def memory():
    """A store in memory."""
    return nullcontext(MemoryStore())


@contextmanager
def sqlite() -> Iterator[SqliteStore]:
    """A store in a file, without the wait for the disk."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SqliteStore(Path(folder, "a.db"), synchronous="normal") as store,
    ):
        yield store


@contextmanager
def joined() -> Iterator[SqliteTransaction]:
    """A store inside one open transaction of a host, with another prefix."""
    with closing(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)) as db:
        db.row_factory = sqlite3.Row
        db.execute("BEGIN IMMEDIATE")
        store = SqliteTransaction(db, prefix="crm")
        store.create()
        yield store


def bound(open_host):
    """Return how to make a store inside the transaction of a host's framework."""

    @contextmanager
    def make_store() -> Iterator[SqliteTransaction]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "a.db")
            with SqliteStore(path, synchronous="normal") as store, open_host(path) as host:
                yield store.bind(host)

    return make_store


STORES = {
    "memory": memory,
    "sqlite": sqlite,
    "joined": joined,
    "sqlalchemy": bound(sqlalchemy_session),
    "django": bound(django_atomic),
}
"""Ways to make a store, by name."""

HOSTS = ("joined", "sqlalchemy", "django")
"""Those inside one transaction of a host, which is not for many threads."""
