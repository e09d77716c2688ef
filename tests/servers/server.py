"""A running server, and databases of one's own on it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from uuid import uuid4

from attrs import evolve, field, frozen


class Unavailable(Exception):
    """A server cannot be had here; the message says why and names the command that brings it."""


@frozen
class Server:
    """Where a server answers, and one of its databases."""

    kind: str
    port: int
    user: str
    password: str = field(repr=False)
    database: str
    host: str = "127.0.0.1"

    def url(self, driver: str) -> str:
        """Return the address for SQLAlchemy, such as "postgresql+psycopg://..."."""
        dialect = "mysql" if self.kind == "mariadb" else "postgresql"
        place = f"{self.host}:{self.port}/{self.database}"
        return f"{dialect}+{driver}://{self.user}:{self.password}@{place}"


@contextmanager
def new_database(server: Server) -> Iterator[Server]:
    """Make an empty database, and drop it at the end with every connection to it."""
    name = f"t_{uuid4().hex}"
    execute(server, f"CREATE DATABASE {name}")
    try:
        yield evolve(server, database=name)
    finally:
        drop(server, name)


def drop(server: Server, name: str) -> None:
    """Drop a database that may be in use."""
    if server.kind != "mariadb":
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")
        return
    from pymysql.err import OperationalError

    users = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
    for (user,) in execute(server, users):
        with suppress(OperationalError):  # it has gone meanwhile
            execute(server, f"KILL {user}")
    execute(server, f"DROP DATABASE {name}")


def execute(server: Server, statement: str) -> list[tuple]:
    """Run a statement in a connection of its own, outside a transaction, and return the rows."""
    with closing(connect(server)) as connection, closing(connection.cursor()) as cursor:
        cursor.execute(statement)
        return [*cursor.fetchall()] if cursor.description else []


def connect(server: Server) -> object:
    """Open a connection that commits each statement by itself."""
    address = {
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "autocommit": True,
    }
    if server.kind == "mariadb":
        import pymysql

        # Without `ssl_disabled` it reads the certificates of the system for each connection: 50 ms.
        return pymysql.connect(**address, database=server.database, ssl_disabled=True)
    import psycopg

    return psycopg.connect(**address, dbname=server.database, connect_timeout=10)


def answers(server: Server) -> bool:
    """Tell whether a server takes statements."""
    try:
        return bool(execute(server, "SELECT 1"))
    except ImportError as error:
        raise Unavailable(f"{error}: pip install '.[test]'") from error
    except Exception:  # noqa: BLE001 -- each driver has errors of its own
        return False
