"""How often a dispatcher waits for PostgreSQL, counted between the two, for `stores.py`.

A proxy passes all bytes on. PostgreSQL ends its answer to each request that the client waits for (a query, or a Sync)
with one message ReadyForQuery, whose type is Z: these are counted. Its messages are a letter and a length, which holds
from the first byte on where neither TLS nor GSSAPI is asked for.
"""

import socket
from contextlib import closing, contextmanager, suppress
from itertools import pairwise
from threading import Thread

from store_ways import Place, store_of
from store_work import lead, router, team

from leadroute import Dispatcher

CLEAR = "?sslmode=disable&gssencmode=disable"
CALLS = ("submit", "accept", "decline")


class Counting:
    """A proxy in front of PostgreSQL that counts round trips."""

    def __init__(self, host, port):
        self.behind = host, port
        self.trips = 0
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Serve each client in threads of its own."""
        with suppress(OSError):  # it is closed
            while True:
                client, _ = self.listening.accept()
                server = socket.create_connection(self.behind)
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                Thread(target=passed, args=(client, server, None), daemon=True).start()
                Thread(target=passed, args=(server, client, self.seen()), daemon=True).start()

    def seen(self):
        """Return what is told of each part of a server's answers, before the client gets it."""
        rest = b""

        def see(part):
            nonlocal rest
            rest += part
            while len(rest) >= 5:
                size = 1 + int.from_bytes(rest[1:5], "big")
                if len(rest) < size:
                    return
                self.trips += rest[:1] == b"Z"
                rest = rest[size:]

        return see


def passed(one, other, see):
    """Pass on all that one says to the other."""
    with suppress(OSError), one, other:
        while part := one.recv(65_536):
            if see:
                see(part)
            other.sendall(part)


@contextmanager
def proxy(server):
    """A proxy in front of a server, for a while."""
    found = Counting(server.host, server.port)
    with closing(found.listening):
        yield found


def counted(server, prefix):
    """The round trips of each call, on an engine of the store's own and in a transaction of the host."""
    told = {}
    with proxy(server) as between:
        url = server.url("psycopg").replace(f":{server.port}/", f":{between.port}/") + CLEAR
        store = store_of(Place("postgresql", url, ""), prefix)
        engine = store._engine.engine
        made = Dispatcher(router(), team(20), store)
        told |= {f"trips_own_{name}": found for name, found in calls(made, between, "own")}
        with engine.begin() as connection:
            here = Dispatcher(router(), team(20), store.bind(connection))
            # The host's BEGIN goes out with the first call.
            told |= {f"trips_bound_{name}": found for name, found in calls(here, between, "bound")}
        engine.dispose()
    return told


def calls(desk, between, name):
    """The trips of calls, after one of each has connected and found out what is there."""
    for attempt in range(2):
        one, two = (f"{name} {attempt} {kind}" for kind in ("accepted", "declined"))
        declining = desk.submit(lead(two)).rep_id
        marks = [between.trips]
        accepting = desk.submit(lead(one)).rep_id
        marks.append(between.trips)
        desk.accept(one, accepting)
        marks.append(between.trips)
        assert desk.decline(two, declining).rep_id not in (None, declining)
        marks.append(between.trips)
    trips = (after - before for before, after in pairwise(marks))
    return zip(CALLS, trips, strict=True)
