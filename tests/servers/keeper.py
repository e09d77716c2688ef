"""Keep one server of a run of tests: start it, and stop it when the run ends, however that ends.

Usage: keeper.py LOCK FOLDER ACCOUNT SIGNAL COMMAND...

The process that runs the tests holds a lock on a file. The system takes the lock from it when it ends, even if it is
killed; then the keeper sends the signal to its server and removes the folder. The server is the keeper's child, so no
other process is ever hit. While the server runs, the file `running` in the folder holds its process id.

This is a script for an interpreter without the packages of the tests.
"""

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

PATIENCE = 10


def as_account(name: str) -> dict[str, object]:
    """Return the options of a process that runs as an account; an empty name is this one."""
    if not name:
        return {}
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def stop_with_run(lock: Path, server: subprocess.Popen, signal: int, over: Event) -> None:
    """Wait for the end of the run, then stop the server."""
    with suppress(FileNotFoundError), lock.open("rb") as file:
        fcntl.lockf(file, fcntl.LOCK_SH)
    over.set()
    server.send_signal(signal)
    try:
        server.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()


def keep(lock: Path, folder: Path, account: str, signal: int, command: list[str]) -> None:
    """Run a server until it ends or the run does."""
    over = Event()
    server = subprocess.Popen(command, cwd=folder, **as_account(account))
    (folder / "running").write_text(str(server.pid), encoding="utf-8")
    Thread(target=stop_with_run, args=(lock, server, signal, over), daemon=True).start()
    server.wait()
    if over.is_set():
        remove(folder)


def remove(folder: Path) -> None:
    """Remove the folder of a server, and with the last one that of the run."""
    shutil.rmtree(folder, ignore_errors=True)
    if not any(path.is_dir() for path in folder.parent.glob("*")):
        shutil.rmtree(folder.parent, ignore_errors=True)


def main(lock: str, folder: str, account: str, signal: str, *command: str) -> None:
    """Go into the background and keep the server."""
    running = Path(folder, "running")
    running.touch()
    if os.fork():
        return
    os.setsid()  # the keys that interrupt the tests do not reach the server
    try:
        keep(Path(lock), Path(folder), account, int(signal), [*command])
    finally:
        running.unlink(missing_ok=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
