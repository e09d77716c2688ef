"""What a store is bound to, as a user's type checker sees it. Read by mypy, never run."""

import sqlite3
from typing import assert_type

from sqlalchemy import Connection, Engine
from sqlalchemy.orm import Session, scoped_session

from leadroute import SqliteStore
from leadroute.stores import BindsToTransaction, CreatesTables, SqliteTransaction


def bound(
    store: SqliteStore,
    own: sqlite3.Connection,
    session: Session,
    scoped: scoped_session[Session],
    connection: Connection,
    engine: Engine,
) -> None:
    """Bind what a host has."""
    assert_type(store.bind(own), SqliteTransaction)
    store.bind(session)
    store.bind(scoped)
    store.bind(connection)
    # A transaction is asked for, not what makes one.
    store.bind(engine)  # type: ignore[arg-type]
    store.bind("crm.db")  # type: ignore[arg-type]


def able(creates: CreatesTables, binds: BindsToTransaction) -> None:
    """Use a store for what it can do, whatever it is."""
    creates.create()
    binds.bind(object()).get(["placement/L-1"])


def use(store: SqliteStore) -> None:
    """Use what a SQLite store can do."""
    able(store, store)
