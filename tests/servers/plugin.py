"""The servers as fixtures, and their end with the run of the process that was started by hand."""

import os

import pytest

if os.name == "posix":
    from tests import servers

RUN = pytest.StashKey["servers.Run"]()


def pytest_configure(config: pytest.Config) -> None:
    """Begin a run; the workers of xdist are part of the run of the process that starts them."""
    if os.name == "posix" and not hasattr(config, "workerinput"):
        config.stash[RUN] = servers.begin_run()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers."""
    if run := config.stash.get(RUN, None):
        run.end()


def of(kind: str) -> object:
    """Return a running server, or skip the test that asks where they cannot run."""
    if os.name != "posix":
        pytest.skip("the servers of the tests need a POSIX system")
    return getattr(servers, kind)()


@pytest.fixture(scope="session")
def postgresql():
    """The PostgreSQL of this run."""
    return of("postgresql")


@pytest.fixture(scope="session")
def mariadb():
    """The MariaDB of this run."""
    return of("mariadb")


@pytest.fixture(scope="session")
def pgbouncer():
    """The PgBouncer of this run, in front of its PostgreSQL."""
    return of("pgbouncer")
