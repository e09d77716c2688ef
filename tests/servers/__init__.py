"""Real database servers for the tests.

A test asks for one while it runs, by a fixture of the same name or by a function, and takes a database of its own:

    with new_database(servers.postgresql()) as place:
        engine = create_engine(place.url("psycopg"))

There is one server of a kind in a run of tests. The first test that asks starts it, whichever process that is in, and
it ends with the run. Where there is none, the test is skipped with the reason and the command that brings it, or fails
if LEADROUTE_SERVERS is "required".

A program without pytest has its own servers, which wait for the disk, while it is `running`:

    with servers.running(), new_database(servers.durable("postgresql")) as place: ...
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedWriter
from pathlib import Path
from typing import NoReturn

from attrs import asdict, frozen

from tests.servers import keeper, kinds
from tests.servers.server import Server, Unavailable, answers, execute, new_database

__all__ = [
    "Server",
    "Unavailable",
    "durable",
    "execute",
    "mariadb",
    "new_database",
    "pgbouncer",
    "postgresql",
    "running",
]

RUN = "LEADROUTE_RUN"
NEED = "LEADROUTE_SERVERS"
LONGEST = 60
MEMORY = Path("/dev/shm")
ROOM = 2**30
ATTEMPTS = 3
DURABLE = {"postgresql": (kinds.postgresql, "postgres"), "mariadb": (kinds.mariadb, "mysql")}


def postgresql() -> Server:
    """Return the PostgreSQL of this run."""
    return shared("postgresql", lambda folder: kinds.postgresql(folder, own(folder, "postgres")))


def mariadb() -> Server:
    """Return the MariaDB of this run."""
    return shared("mariadb", lambda folder: kinds.mariadb(folder, own(folder, "mysql")))


def pgbouncer() -> Server:
    """Return the PgBouncer of this run, in front of its PostgreSQL."""
    behind = postgresql()
    return shared(
        "pgbouncer", lambda folder: kinds.pgbouncer(folder, own(folder, "postgres"), behind)
    )


def durable(kind: str) -> Server:
    """Return a server of this run that waits for the disk as in production, or raise Unavailable."""
    plan, name = DURABLE[kind]
    return found(f"{kind}-durable", lambda folder: plan(folder, own(folder, name), durable=True))


def own(folder: Path, name: str) -> str:
    """Give a folder to the account that a server runs as, and return the account."""
    account = kinds.account(name)
    if account:
        shutil.chown(folder, account)
    return account


def shared(kind: str, plan: Callable[[Path], kinds.Plan]) -> Server:
    """Return the server of a kind, or skip the test that asks."""
    try:
        return found(kind, plan)
    except Unavailable as error:
        unavailable(str(error))


def found(kind: str, plan: Callable[[Path], kinds.Plan]) -> Server:
    """Return the server of a kind that the processes of this run share; the first one starts it."""
    run = Path(os.environ[RUN])
    state = run / f"{kind}.json"
    with locked(run / f"{kind}.lock"):
        if not state.exists():
            state.write_text(json.dumps(outcome(run, kind, plan)), encoding="utf-8")
    told = json.loads(state.read_text(encoding="utf-8"))
    if "server" not in told:
        raise Unavailable(told["reason"])
    return Server(**told["server"])


def outcome(run: Path, kind: str, plan: Callable[[Path], kinds.Plan]) -> dict[str, object]:
    """Return the started server as data, or why there is none: nobody tries again in this run."""
    try:
        return {"server": asdict(start(run, kind, plan))}
    except Unavailable as error:
        return {"reason": str(error)}


def unavailable(reason: str) -> NoReturn:
    """Skip the test that asks, or let it fail where the servers are required."""
    import pytest

    if os.environ.get(NEED) == "required":
        pytest.fail(f"{reason} ({NEED} is set)", pytrace=False)
    pytest.skip(reason)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on a file, which is free again when this process ends."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def start(run: Path, kind: str, plan: Callable[[Path], kinds.Plan]) -> Server:
    """Start a server; one that ends at once has perhaps lost its port to somebody, so try again."""
    for attempt in range(ATTEMPTS):
        folder = run / f"{kind}-{os.getpid()}-{attempt}"
        folder.mkdir(mode=0o700)
        planned = plan(folder)
        arguments = [run / "lock", folder, planned.account, planned.stop, *planned.command]
        command = [sys.executable, "-I", keeper.__file__, *map(str, arguments)]
        with (folder / "log").open("ab") as log:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if comes_up(folder, planned.server):
            return planned.server
    log = (folder / "log").read_text(encoding="utf-8", errors="replace")
    raise Unavailable(f"{planned.command[0]} does not start: {log[-2000:]}")


def comes_up(folder: Path, server: Server) -> bool:
    """Wait until a server answers; tell that it has ended or takes too long."""
    running = folder / "running"
    return wait(lambda: answers(server) or not running.exists(), LONGEST) and running.exists()


def wait(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait until a condition holds; tell that it does not in time."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


@frozen
class Run:
    """A run of tests: as long as it holds its lock, its servers run."""

    folder: Path
    lock: BufferedWriter
    outer: str | None

    def end(self) -> None:
        """Let the keepers stop their servers, and wait for them."""
        self.lock.close()
        restore(self.outer)
        if not wait(lambda: not any(self.folder.glob("*/running")), 2 * keeper.PATIENCE):
            raise RuntimeError(f"a server of the tests still runs: see {self.folder}/*/running")
        shutil.rmtree(self.folder, ignore_errors=True)


def memory() -> Path | None:
    """Return the file system in memory if programs may run there and it has room: tables are made fast there."""
    if not os.access(MEMORY, os.W_OK):
        return None
    about = os.statvfs(MEMORY)
    roomy = about.f_bavail * about.f_frsize > ROOM
    return MEMORY if roomy and not about.f_flag & os.ST_NOEXEC else None


def begin_run(parent: Path | None = None) -> Run:
    """Make the folder of a run, in memory or in a given one, and name it to every process that this one starts."""
    folder = Path(tempfile.mkdtemp(prefix="leadroute-run-", dir=parent or memory()))
    folder.chmod(0o711)  # the account of a server passes through to its own folder
    lock = (folder / "lock").open("wb")
    fcntl.lockf(lock, fcntl.LOCK_EX)
    outer = os.environ.get(RUN)
    restore(str(folder))
    return Run(folder, lock, outer)


@contextmanager
def running(parent: Path | None = None) -> Iterator[Path]:
    """Begin a run for a program without pytest, in a folder on disk, and stop its servers at the end."""
    run = begin_run(parent or Path(tempfile.gettempdir()))
    try:
        yield run.folder
    finally:
        run.end()


def restore(folder: str | None) -> None:
    """Name the folder of the run that goes on, if there is one."""
    if folder is None:
        os.environ.pop(RUN, None)
    else:
        os.environ[RUN] = folder
