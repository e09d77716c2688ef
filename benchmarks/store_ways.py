"""The ways to keep a change that `stores.py` compares: by hand with a bare driver, and by a store.

By hand there are two, on tables of the same form:

- the statements one by one in a transaction, as a host without a store would write them: an insert for each record and
  event, an insert that adds for each counter, with the guards of the change;
- one call of the function in PostgreSQL, in autocommit, with the JSON made before.

Each way has tables of its own, by its prefix, so none writes to what another has filled.
"""

import asyncio
import os
import sqlite3
from itertools import cycle, islice
from time import perf_counter
from typing import NamedTuple

import asyncpg
import policies
import psycopg
from sqlalchemy import create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine
from store_turns import Way
from store_work import START, changes, lead, router, team, together

from leadroute import Dispatcher, Roster, Router, Rule, Snapshot, free_capacity
from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import Add, Emit, Put, Raise, ordered
from leadroute.stores import SqliteStore
from leadroute.stores.rows import NEVER
from leadroute.stores.sqlalchemy import AsyncSqlAlchemyStore, SqlAlchemyStore
from leadroute.stores.sqlalchemy.parts import as_json, document
from leadroute.testing import CountingStore


class Place(NamedTuple):
    """Where the tables are: a URL for SQLAlchemy, a folder on disk, and when SQLite waits for the disk."""

    kind: str
    url: str
    folder: str
    mode: str = ""


RECORD = "INSERT INTO {0}_record (key, version, status, owner, due, data) VALUES (?, 1, ?, ?, ?, ?)"
ADD = (
    "INSERT INTO {0}_counter AS c (key, n) VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET n = c.n + excluded.n WHERE c.n + excluded.n BETWEEN ? AND ?"
)
RAISE = (
    "INSERT INTO {0}_counter AS c (key, n) VALUES (?, ?) "
    "ON CONFLICT (key) DO UPDATE SET n = greatest(c.n, excluded.n)"
)
EVENT = "INSERT INTO {0}_event (lead, n, type, at, change, data) VALUES (?, ?, ?, ?, ?, ?)"


def by_hand(prefix, given, sqlite=False):
    """The statements of a change, each with its values; each writes one row, or the change must not be."""
    found = []
    for op in ordered(given):
        match op:
            case Put():
                due = NEVER if op.due is None else op.due
                found.append((RECORD, (op.key, op.status, op.owner, due, op.data)))
            case Add():
                found.append((ADD, (op.key, op.delta, *op.bounds)))
            case Raise():
                found.append((RAISE, (op.key, op.to)))
            case Emit():
                values = (op.lead, op.n, op.type, op.at, given.id, op.data)
                found.append((EVENT, values))
            case _:
                raise NotImplementedError(op)
    return [(dialect(text.format(prefix), sqlite), values) for text, values in found]


def dialect(statement, sqlite):
    """A statement as the driver has it."""
    return statement.replace("greatest", "max") if sqlite else statement.replace("?", "%s")


def bare(url):
    """The URL for a driver without SQLAlchemy."""
    return url.replace("+psycopg", "")


def as_text(given):
    """The JSON of a change."""
    return as_json(document(given))


class Committing(Way):
    """A way that commits changes, each made from one of the templates."""

    prefix = templates = None

    def items(self, count):
        """The changes, as this way takes them."""
        return [self.item(each) for each in changes(self.templates, self.numbers, count)]

    def item(self, given):
        """A change as this way takes it."""
        return given


class Together(Committing):
    """Mixed in: a hundred assignments are one change."""

    size, spare = 100, 3

    def items(self, count):
        """Changes for a hundred leads each."""
        return [
            self.item(together(self.templates, islice(self.numbers, self.size)))
            for _ in range(count)
        ]


class Statements(Committing):
    """By hand in psycopg, statement by statement in a transaction."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.connection = psycopg.connect(bare(place.url))

    def item(self, given):
        """The statements."""
        return by_hand(self.prefix, given)

    def do(self, item):
        """Run them, and commit."""
        with self.connection.cursor() as cursor:
            for statement, values in item:
                cursor.execute(statement, values)
                if cursor.rowcount != 1:
                    raise RuntimeError(statement)
        self.connection.commit()

    def close(self):
        """Close the connection."""
        self.connection.close()


class Call(Committing):
    """By hand in psycopg: one call of the function, which commits itself."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.connection = psycopg.connect(bare(place.url), autocommit=True)
        self.statement = f"SELECT {self.prefix}_commit_3(%s)"

    def item(self, given):
        """The JSON."""
        return as_text(given)

    def do(self, item):
        """Call the function."""
        ((answer,),) = self.connection.execute(self.statement, (item,)).fetchall()
        if answer:
            raise RuntimeError(answer)

    def close(self):
        """Close the connection."""
        self.connection.close()


def engine_of(place, prefix):
    """An engine of one connection."""
    if place.kind == "postgresql":
        return create_engine(place.url, pool_size=1, max_overflow=0)
    if place.kind == "mariadb":
        # Without `ssl_disabled` it reads the certificates of the system for each connection.
        return create_engine(place.url, connect_args={"ssl_disabled": True})
    engine = create_engine(f"sqlite:///{file_of(place, prefix)}")

    @event.listens_for(engine, "connect")
    def set_mode(driver, _record):
        driver.execute(f"PRAGMA synchronous = {place.mode}")

    return engine


def file_of(place, prefix):
    """A file of SQLite for each way: none pays for what another has left in the log."""
    return f"{place.folder}/{prefix}-{place.mode}.db"


def store_of(place, prefix):
    """A store on an engine of its own."""
    return SqlAlchemyStore(engine_of(place, prefix), prefix=prefix)


class Own(Committing):
    """A store on its own engine, which counts what it must try again."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.store = store_of(place, self.prefix)
        if place.kind == "sqlite":
            self.store.create()
        self.told = {"conflicts": 0}

    def do(self, item):
        """Commit until it is done; where it never is, something else is wrong."""
        for _ in range(100):
            try:
                return self.store.commit(item)
            except (ConflictError, TransientError):
                self.told["conflicts"] += 1
        return self.store.commit(item)

    def close(self):
        """Close the connection."""
        self.store._engine.engine.dispose()


class Bound(Own):
    """A store inside a transaction of the host, which begins and commits it."""

    def do(self, item):
        """Commit one change in a transaction."""
        with self.store._engine.engine.begin() as connection:
            self.store.bind(connection).commit(item)


class Awaited(Committing):
    """A way whose items are awaited one after the other."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.runner = asyncio.Runner()
        self.runner.run(self.connect())

    async def connect(self):
        """Connect."""
        raise NotImplementedError

    async def done(self, item):
        """Do one."""
        raise NotImplementedError

    def run(self, items, seconds):
        """Do items until the time is over or none is left."""
        return self.runner.run(self.running(items, seconds))

    async def running(self, items, seconds):
        """As :meth:`Way.run`."""
        done = 0
        begun = perf_counter()
        end = begun + seconds
        for item in items:
            await self.done(item)
            done += 1
            if perf_counter() >= end:
                break
        return done, perf_counter() - begun


class AsyncCall(Awaited):
    """By hand in asyncpg: one call of the function."""

    async def connect(self):
        """Connect."""
        self.connection = await asyncpg.connect(bare(self.place.url))
        self.statement = f"SELECT {self.prefix}_commit_3($1)"

    def item(self, given):
        """The JSON."""
        return as_text(given)

    async def done(self, item):
        """Call the function."""
        if answer := await self.connection.fetchval(self.statement, item):
            raise RuntimeError(answer)

    def close(self):
        """Close the connection."""
        self.runner.run(self.connection.close())
        self.runner.close()


class AsyncOwn(Awaited):
    """A store over asyncpg on its own engine."""

    async def connect(self):
        """Make the engine."""
        url = self.place.url.replace("psycopg", "asyncpg")
        self.engine = create_async_engine(url, pool_size=1, max_overflow=0)
        self.store = AsyncSqlAlchemyStore(self.engine, prefix=self.prefix)

    async def done(self, item):
        """Commit one change."""
        await self.store.commit(item)

    def close(self):
        """Close the connection."""
        self.runner.run(self.engine.dispose())
        self.runner.close()


class BareSqlite(Committing):
    """By hand in sqlite3, statement by statement in a transaction."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        file = file_of(place, self.prefix)
        SqliteStore(file, prefix=self.prefix).close()
        self.connection = sqlite3.connect(file, isolation_level=None)
        self.connection.execute(f"PRAGMA synchronous = {place.mode}")

    def item(self, given):
        """The statements."""
        return by_hand(self.prefix, given, sqlite=True)

    def do(self, item):
        """Run them, and commit."""
        cursor = self.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        for statement, values in item:
            if cursor.execute(statement, values).rowcount != 1:
                raise RuntimeError(statement)
        cursor.execute("COMMIT")

    def close(self):
        """Close the file."""
        self.connection.close()


class OwnSqlite(Committing):
    """The store over sqlite3."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        file = file_of(place, self.prefix)
        self.store = SqliteStore(file, prefix=self.prefix, synchronous=place.mode)

    def do(self, item):
        """Commit one change."""
        self.store.commit(item)

    def close(self):
        """Close the file."""
        self.store.close()


class Submit(Way):
    """Whole calls of `submit` by a dispatcher, and how often it decided."""

    prefix, size, turns = "", 20, False

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.store = CountingStore(store_of(place, self.prefix))
        self.desk = Dispatcher(router(turns=self.turns), team(self.size), self.store)
        self.told = {"offers": 0, "decisions": 0, "worst_decisions": 0}

    def items(self, count):
        """New leads."""
        return [lead(f"S-{number:09}") for number in islice(self.numbers, count)]

    def do(self, item):
        """Submit one."""
        self.store.requests.clear()
        self.desk.submit(item)
        decided = self.store.requests.count("commit")
        self.told["offers"] += 1
        self.told["decisions"] += decided
        self.told["worst_decisions"] = max(self.told["worst_decisions"], decided)


class Smallest(Call):
    """The smallest commit there is, by hand in psycopg: one row."""

    def item(self, given):
        """The key of a counter."""
        return given.id

    def do(self, item):
        """Insert it."""
        self.connection.execute(f"INSERT INTO {self.prefix}_counter VALUES (%s, 1)", (item,))


class Rank(Way):
    """Matching a lead with many rules, and ranking a pool."""

    rules, size, seed = 10_000, 100, 7

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        found = policies.policy(self.rules, self.seed)
        self.router = Router(
            rules=[
                Rule(f"rule {number}", when=policies.condition(each), score=free_capacity())
                for number, each in enumerate(found)
            ]
        )
        self.leads = list(policies.leads(policies.facts(300, self.seed)))
        self.roster, self.snapshot = Roster(team(self.size)), Snapshot()
        for each in self.leads:
            self.do(each)

    def items(self, count):
        """Leads, again and again."""
        return islice(cycle(self.leads), count)

    def do(self, item):
        """Find the best rep."""
        given = {"now": START, "snapshot": self.snapshot, "top": 1}
        self.router.rank(item, self.roster, **given)


class Disk(Way):
    """Eight kilobytes written to the disk, and waited for."""

    def __init__(self, place, numbers):
        super().__init__(place, numbers)
        self.file = os.open(f"{place.folder}/waited", os.O_CREAT | os.O_RDWR)
        self.page = os.urandom(8192)

    def do(self, item):
        """Write them over what was there, and wait."""
        os.pwrite(self.file, self.page, 0)
        os.fdatasync(self.file)

    def close(self):
        """Close the file."""
        os.close(self.file)


def way(kind, prefix, templates=None, **more):
    """A way on the tables with a prefix, with changes made from templates."""
    return type(kind.__name__, (kind,), {"prefix": prefix, "templates": templates, **more})


class OwnTogether(Together, Own):
    """A store on its own engine that keeps a hundred assignments in one change."""
