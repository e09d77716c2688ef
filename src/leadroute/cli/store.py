"""What ``--store`` names: a file of SQLite, or a database by its URL for SQLAlchemy.

``route`` makes what is missing, the file and its tables; all other commands read what is there. Tables that are there
are used as they are, so that ``route`` needs no right to make any. No message holds a password.
"""

from __future__ import annotations

import re
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from leadroute.cli.console import existing
from leadroute.errors import ConfigError, TransientError, UnknownOutcomeError
from leadroute.offers.store import Store
from leadroute.stores import SqliteStore

if TYPE_CHECKING:
    from sqlalchemy import URL, Engine

LIKE: Final = "postgresql+psycopg://user@host/database"

_SECRET: Final = re.compile(r"(?<=:/)(/?[^:/?#\s@]*:)\S*(?=@)|(?<=password=)[^&\s]+", re.IGNORECASE)


def add_store(parser: ArgumentParser, help: str, *, required: bool = False) -> None:  # noqa: A002
    """The option that names the store."""
    parser.add_argument(
        "--store",
        required=required,
        metavar="STORE",
        help=f"{help}: a SQLite file, or the URL of a database such as {LIKE}",
    )


def unseen(text: str) -> str:
    """Return the text without the passwords of the URLs in it."""
    return _SECRET.sub(lambda found: f"{found[1] or ''}***", text)


def file_of(name: str) -> Path | None:
    """The file that a store is in; ``None`` for a server."""
    if "://" not in name:
        return Path(name)
    kind, _, path = name.partition(":///")
    return Path(path.partition("?")[0]) if kind.startswith("sqlite") and path else None


@contextmanager
def opened(name: str, *, makes: bool = False) -> Iterator[Store]:
    """Open the store that an option names.

    Args:
        name: The option.
        makes: Whether a store that is not there is made, for a command that writes.
    """
    file = file_of(name)
    if not makes and file is not None:
        existing(str(file))
    if "://" in name:
        with _database(name, makes=makes) as store:
            yield store
    else:
        with SqliteStore(name, synchronous="normal" if makes else "full") as store:
            yield store


@contextmanager
def _database(name: str, *, makes: bool) -> Iterator[Store]:
    from leadroute.stores.sqlalchemy import SqlAlchemyStore

    engine = _engine(name)
    place = engine.url.set(query={}).render_as_string()
    with _told(place, engine), engine.connect() as connection:
        has_tables = engine.dialect.has_table(connection, "leadroute_schema")
    try:
        with _told(place, engine), SqlAlchemyStore(engine) as store:
            if makes and not has_tables:
                store.create()
            elif not has_tables:
                raise ConfigError("holds no leads yet; `leadroute route` makes the tables", place)
            yield store
    finally:
        engine.dispose()


def _engine(name: str) -> Engine:
    from sqlalchemy import create_engine

    from leadroute.stores.sqlalchemy import drivers

    try:
        engine: Engine = drivers.made(name, create_engine, is_async=False)
    except ConfigError as error:
        raise ConfigError(str(error), "--store") from None
    return engine


@contextmanager
def _told(place: str, engine: Engine) -> Iterator[None]:
    """Say in one line, with the URL, what the database says."""
    from sqlalchemy.exc import SQLAlchemyError

    driver: Any = engine.dialect.loaded_dbapi
    try:
        yield
    except (SQLAlchemyError, driver.Error) as error:
        raise ConfigError(_line(error, engine.url), place) from None
    except (TransientError, UnknownOutcomeError) as error:
        remedy = "run the same command again: what is done stays"
        raise ConfigError(f"{error.reason}; {remedy}", place) from None


def _line(error: BaseException, url: URL) -> str:
    """The first line of what an error says; a server has its number before it."""
    found = getattr(error, "orig", None) or error
    said = found.args[-1] if found.args else found
    line = (str(said).strip() or type(found).__name__).splitlines()[0]
    return line.replace(url.password, "***") if url.password else line
