"""The clock of a store: measured against the database before a use case, shared, and never in the way."""

import asyncio
import gc
import threading
import warnings
import weakref
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import ANYONE, START, Wrapped
from tests.profiles import examples

from leadroute import Dispatcher, Lead, MemoryStore, Rep
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.offers import AsyncDispatcher
from leadroute.stores import AsyncThread, StoreClock, SystemClock, TellsTime, to_micros
from leadroute.testing import ManualClock

pytestmark = pytest.mark.filterwarnings("ignore:the clock of this machine:RuntimeWarning")
TEAM = [Rep("ada", capacity=1), Rep("bob", capacity=1)]
WARNED = "the clock of this machine"


class Time:
    """The seconds that have passed since the start, for everybody."""

    def __init__(self):
        self.passed = 0.0

    def now(self):
        return START + timedelta(seconds=self.passed)


class Machine:
    """A machine with a clock that is ahead, and a monotonic clock that began at some time."""

    def __init__(self, time, ahead=0.0, up=1000.0):
        self.time, self.ahead, self.up = time, ahead, up

    def now(self):
        return self.time.now() + timedelta(seconds=self.ahead)

    def monotonic(self):
        return self.up + self.time.passed

    def clock(self, store, **options):
        """The clock of a store on this machine."""
        return StoreClock(store, monotonic=self.monotonic, system=self, **options)


class Server(MemoryStore):
    """A store with a clock that can be asked from afar; ``trips`` has the ways to it and back."""

    def __init__(self, time=None):
        super().__init__()
        self.time = Time() if time is None else time
        self.trips, self.asked, self.error = [], 0, None

    def clock(self):
        self.asked += 1
        if self.error is not None:
            raise self.error
        there, back = self.trips.pop(0) if self.trips else (0, 0)
        self.time.passed += there
        told = to_micros(self.time.now())
        self.time.passed += back
        return told


class AwaitedServer(AsyncThread):
    """An async store with a clock of its own."""

    def __init__(self, time=None):
        super().__init__(MemoryStore())
        self.time, self.asked = Time() if time is None else time, 0

    async def clock(self):
        self.asked += 1
        await asyncio.sleep(0)
        return to_micros(self.time.now())


class Bound(Wrapped):
    """A store inside the transaction of a host."""

    is_bound = True

    def __init__(self, store):
        super().__init__(store)
        self.origin = store


class Logged(Wrapped):
    """A store that notes the requests to it, each of which takes a moment."""

    def __init__(self, store):
        super().__init__(store)
        self.requests = []

    def __getattr__(self, name):
        call = getattr(self.store, name)

        def noted(*arguments, **options):
            self.requests.append(name)
            self.store.time.passed += 0.001
            return call(*arguments, **options)

        return noted if name in ("clock", "commit", "counts", "events", "find", "get") else call


def seconds(duration):
    """A duration as a whole number of microseconds, in seconds."""
    return duration.total_seconds()


SECONDS = st.integers(0, 10_000_000).map(lambda micros: micros / 1_000_000)


@examples(100)
@given(
    trips=st.lists(st.tuples(SECONDS, SECONDS), min_size=3, max_size=3),
    ahead=st.integers(-(10**6), 10**6),
    up=st.floats(0, 10**7),
    later=SECONDS,
)
def test_present_is_right_within_half_the_shortest_round_trip(trips, ahead, up, later):
    """Whatever the machine's own clock shows, how long it runs, and how long the ways are."""
    server = Server()
    server.trips = list(trips)
    clock = Machine(server.time, ahead, up).clock(server)
    clock.measure()
    server.time.passed += later
    wrong = abs(seconds(clock.now() - server.time.now()))
    assert wrong <= min(map(sum, trips)) / 2 + 0.000_002


def test_present_is_aware_and_in_utc():
    """The clock is a source of the present as any other."""
    clock = Machine(Time()).clock(Server())
    assert clock.now() == START
    assert clock.now().tzinfo is UTC
    assert repr(clock) == f"StoreClock({clock.store!r})"


def test_first_question_measures_and_no_other():
    """A host that asks the clock itself waits for the database once."""
    server = Server()
    clock = Machine(server.time).clock(server)
    for _ in range(3):
        clock.now()
        server.time.passed += 1_000
    assert server.asked == 3
    clock.measure()
    assert server.asked == 6


@pytest.mark.parametrize(("refresh", "after"), [("5m", 300), (timedelta(seconds=1), 1)])
def test_dispatcher_measures_again_after_five_minutes(refresh, after):
    """Or after another duration that the host gives; and not before."""
    server = Server()
    clock = Machine(server.time).clock(server, refresh=refresh)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    desk.next_wakeup()
    assert server.asked == 3
    server.time.passed += after - 0.001
    desk.next_wakeup()
    assert server.asked == 3
    server.time.passed += 0.001
    desk.next_wakeup()
    desk.next_wakeup()
    assert server.asked == 6


def test_default_is_the_clock_of_a_store_that_has_one():
    """A store that tells the time is gone by, and any other leaves the machine's clock."""
    told = Dispatcher(ANYONE, TEAM, Server()).clock
    assert isinstance(told, StoreClock)
    assert isinstance(Server(), TellsTime)
    assert isinstance(Dispatcher(ANYONE, TEAM, MemoryStore()).clock, SystemClock)
    awaited = AsyncDispatcher(ANYONE, TEAM, AsyncThread(Server())).clock
    assert isinstance(awaited, StoreClock)
    plain = AsyncDispatcher(ANYONE, TEAM, AsyncThread(MemoryStore())).clock
    assert isinstance(plain, SystemClock)


def test_attribute_of_a_store_that_cannot_be_called_is_no_ability():
    """A store of a host may keep a clock for its own ends."""
    store = MemoryStore()
    store.clock = ManualClock(START)
    assert isinstance(Dispatcher(ANYONE, TEAM, store).clock, SystemClock)


def test_given_clock_wins():
    """With a clock of the host the database is never asked for the time."""
    server = Server()
    desk = Dispatcher(ANYONE, TEAM, server, ManualClock(START + timedelta(hours=1)))
    placed = desk.submit(Lead("L-1"))
    assert placed.offers[0].expires_at == START + timedelta(hours=1, minutes=5)
    assert server.asked == 0


def test_nothing_is_measured_within_a_use_case():
    """However old the offset is, the database is asked for the time before the first request."""
    store = Logged(Server())
    clock = Machine(store.store.time).clock(store, refresh="0s")
    desk = Dispatcher(ANYONE, TEAM, store, clock)
    rep_id = desk.submit(Lead("L-1")).offers[0].rep_id
    calls = [
        lambda: desk.submit(Lead("L-2")),
        lambda: desk.decline("L-1", rep_id),
        lambda: desk.sweep(early=True),
        lambda: desk.placement("L-1"),
    ]
    for call in calls:
        store.requests.clear()
        call()
        assert store.requests[:3] == ["clock"] * 3
        assert "clock" not in store.requests[3:] != []


def test_dispatchers_of_one_store_measure_once():
    """Those that are built for each request, and those over a bound store, know what the first found."""
    server = Server()
    for store in (server, server, Bound(server), Bound(server)):
        desk = Dispatcher(ANYONE, TEAM, store)
        desk.next_wakeup()
        assert isinstance(desk.clock.now(), datetime)
    asyncio.run(AsyncDispatcher(ANYONE, TEAM, AsyncThread(server)).next_wakeup())
    asyncio.run(AsyncDispatcher(ANYONE, TEAM, AsyncThread(Bound(server))).next_wakeup())
    assert server.asked == 3
    assert Dispatcher(ANYONE, TEAM, server).with_roster([]).clock.store is server
    Dispatcher(ANYONE, TEAM, Server()).next_wakeup()
    assert server.asked == 3


def test_bound_store_measures_by_itself_when_its_origin_has_not():
    """A host that binds in each request measures in the first of them alone."""
    server, first = Server(), Logged(Server())
    first.origin = server
    Dispatcher(ANYONE, TEAM, first).next_wakeup()
    assert first.requests[:3] == ["clock"] * 3
    Dispatcher(ANYONE, TEAM, Bound(server)).next_wakeup()
    assert server.asked == 0


def test_shared_offset_keeps_no_store_alive():
    """A store that nobody uses any more is forgotten with what was measured."""
    server = Server()
    Dispatcher(ANYONE, TEAM, server).next_wakeup()
    known = weakref.ref(server)
    del server
    gc.collect()
    assert known() is None


def test_store_that_cannot_be_a_weak_key_has_an_offset_of_its_own():
    """Its clocks measure one by one."""

    class Unhashable(Server):
        __hash__ = None

    server = Unhashable()
    for _ in range(2):
        Dispatcher(ANYONE, TEAM, server).next_wakeup()
    assert server.asked == 6


def test_first_measurement_that_fails_is_told():
    """No present is made up: the error of the store passes through, and the next call tries again."""
    server = Server()
    server.error = ConnectionError("no route")
    clock = Machine(server.time).clock(server)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    for call in (lambda: desk.submit(Lead("L-1")), clock.now, clock.measure):
        with pytest.raises(ConnectionError, match="no route"):
            call()
    server.error = None
    assert desk.submit(Lead("L-1")).offers[0].expires_at == START + timedelta(minutes=5)


def test_later_measurement_that_fails_leaves_the_old_offset():
    """The present goes on, and the database is asked again after five seconds and not before."""
    server = Server()
    clock = Machine(server.time).clock(server)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    desk.next_wakeup()
    server.time.passed, server.error = 300, ConnectionError("no route")
    for passed, asked in ((300, 4), (304.9, 4), (305, 5), (309, 5)):
        server.time.passed = passed
        desk.next_wakeup()
        assert clock.now() == server.time.now()
        assert server.asked == asked
    server.error = None
    server.time.passed = 310
    desk.next_wakeup()
    desk.next_wakeup()
    assert server.asked == 8


def test_machine_that_slept_measures_again_at_its_next_use_case():
    """The monotonic clock stands while a machine sleeps, and its other clock shows that."""
    server = Server()
    machine = Machine(server.time)
    clock = machine.clock(server)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    desk.next_wakeup()
    server.time.passed += 60
    machine.up -= 60
    assert clock.now() == START
    desk.next_wakeup()
    assert clock.now() == START + timedelta(seconds=60) == server.time.now()


def test_step_of_the_clock_of_the_machine_moves_nothing():
    """The offset is measured again, and the present is the same."""
    server = Server()
    machine = Machine(server.time)
    clock = machine.clock(server)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    desk.next_wakeup()
    machine.ahead = 3600
    for asked in (6, 6):
        desk.next_wakeup()
        assert (clock.now(), server.asked) == (START, asked)


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (3600, "3,600.0 seconds ahead of"),
        (-2.5, "2.5 seconds behind"),
    ],
)
def test_wrong_clock_of_the_machine_is_told_once(ahead, said):
    """The warning says by how much and what to do, until the clock was right and is wrong again."""
    server = Server()
    machine = Machine(server.time, ahead)
    clock = machine.clock(server)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        for _ in range(3):
            clock.measure()
    text = (
        f"the clock of this machine is {said} the clock of the database (Server), by which leads "
        "are routed; keep both right with NTP"
    )
    assert [str(each.message) for each in told] == [text]
    machine.ahead = 0
    clock.measure()
    machine.ahead = ahead
    with pytest.warns(RuntimeWarning, match=WARNED):
        clock.measure()


def test_difference_of_a_second_is_not_told():
    """Nor is one that may come from the way to the database alone."""
    server = Server()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Machine(server.time, 1).clock(server).measure()
        server.trips = [(4, 0)] * 3
        Machine(server.time).clock(server).measure()


def test_host_that_makes_errors_of_warnings_has_its_present():
    """The error comes once, and the offset is kept."""
    server = Server()
    desk = Dispatcher(ANYONE, TEAM, server, Machine(server.time, 60).clock(server))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning, match=WARNED):
            desk.next_wakeup()
    assert desk.submit(Lead("L-1")).offers[0].expires_at == START + timedelta(minutes=5)


@pytest.mark.parametrize("given_", ["now", 1.5, True, START])
def test_answer_that_is_no_time_is_refused(given_):
    """The error names the method and its unit."""
    store = MemoryStore()
    store.clock = lambda: given_
    with pytest.raises(FieldTypeError) as told:
        StoreClock(store).now()
    assert str(told.value) == (
        f"store.clock() is of type {type(given_).__name__}; "
        "it must be a whole number of microseconds since 1970"
    )


def test_arguments_that_mean_nothing_are_refused():
    """Each error names what was given and what to give."""
    with pytest.raises(ConfigError) as silent:
        StoreClock(MemoryStore())
    assert str(silent.value) == (
        "MemoryStore has no clock(); give a store that has, or use SystemClock()"
    )
    with pytest.raises(ConfigError, match="'soon' is not a duration"):
        StoreClock(Server(), refresh="soon")
    with pytest.raises(FieldTypeError, match="system is of type NoneType; it must be a Clock"):
        StoreClock(Server(), system=None)


def test_hosts_with_clocks_an_hour_apart_agree_on_offers():
    """An offer ends when it ends by the database, on whichever machine that is looked at."""
    time = Time()
    server = Server(time)
    fast, slow = Machine(time, 1800, 50_000.0), Machine(time, -1800, 7.0)
    here, there = (Dispatcher(ANYONE, TEAM, server, each.clock(server)) for each in (fast, slow))
    placed = here.submit(Lead("L-1"))
    assert placed.offers[0].expires_at == START + timedelta(minutes=5)
    time.passed = 299
    assert (here.sweep().timed_out, there.sweep().timed_out) == (0, 0)
    time.passed = 300
    assert there.sweep().timed_out == 1
    assert here.placement("L-1").offers[0].rep_id != placed.offers[0].rep_id
    time.passed = 599
    assert here.accept("L-1", here.placement("L-1").offers[0].rep_id).owner is not None


def test_async_store_is_awaited():
    """The dispatcher measures before its first use case and after five minutes."""
    server = AwaitedServer()
    clock = Machine(server.time).clock(server)
    desk = AsyncDispatcher(ANYONE, TEAM, server, clock)

    async def lived():
        placed = await desk.submit(Lead("L-1"))
        server.time.passed = 299
        await desk.next_wakeup()
        assert server.asked == 3
        server.time.passed = 300
        await desk.sweep()
        assert server.asked == 6
        return placed

    assert asyncio.run(lived()).offers[0].expires_at == START + timedelta(minutes=5)
    assert clock.now() == START + timedelta(seconds=300)


def test_async_clock_that_was_never_measured_says_so():
    """The error names both ways to measure."""
    clock = Machine(Time()).clock(AwaitedServer())
    with pytest.raises(ConfigError) as told:
        clock.now()
    assert str(told.value) == (
        "the clock of AwaitedServer was never measured; write `await clock.measure()` before "
        "clock.now(), or give it to an AsyncDispatcher"
    )

    async def measured():
        await clock.measure()
        return clock.now()

    assert asyncio.run(measured()) == START


def test_measurement_that_is_cancelled_passes_on():
    """A cancellation is never taken for a failure of the database, and the offset stays."""
    server = AwaitedServer()
    clock = Machine(server.time).clock(server)

    async def cancelled():
        await clock.measure()
        server.time.passed = 300
        task = asyncio.ensure_future(clock.measure_if_due())
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert clock.now() == START + timedelta(seconds=300)


def test_clock_of_the_other_kind_is_refused():
    """The error of each dispatcher says what to write."""
    blocks, awaits = Server(), AwaitedServer()
    with pytest.raises(ConfigError) as one:
        Dispatcher(ANYONE, TEAM, blocks, StoreClock(awaits))
    assert str(one.value) == (
        "clock asks AwaitedServer, an async store; give it to an AsyncDispatcher, "
        "or make a StoreClock of a store that blocks"
    )
    with pytest.raises(ConfigError) as other:
        AsyncDispatcher(ANYONE, TEAM, awaits, StoreClock(blocks))
    assert str(other.value) == (
        "clock asks Server, which blocks; write clock=StoreClock(AsyncThread(store))"
    )


def test_thread_passes_the_ability_on():
    """Only where the store has it, and inside a transaction with the store it was bound from."""
    assert not hasattr(AsyncThread(MemoryStore()), "clock")
    server = Server()
    told = asyncio.run(AsyncThread(server).clock())
    assert told == to_micros(START)
    assert AsyncThread(server).origin is server
    assert AsyncThread(Bound(server)).origin is server


def test_threads_have_one_present():
    """Threads that ask at once, before anything was measured, are told the same."""
    server = Server()
    clock = Machine(server.time, 60).clock(server)
    together, told = threading.Barrier(8), []

    def ask():
        together.wait()
        told.append(clock.now())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert told == [START] * 8


def test_thread_that_measures_again_holds_up_no_other():
    """While a database does not answer, the others go on with the old offset."""
    server = Server()
    clock = Machine(server.time).clock(server)
    desk = Dispatcher(ANYONE, TEAM, server, clock)
    desk.next_wakeup()
    server.time.passed = 300
    asked, goes_on, answer = threading.Event(), threading.Event(), server.clock

    def slow():
        asked.set()
        assert goes_on.wait(30)
        return answer()

    server.clock = slow
    thread = threading.Thread(target=desk.next_wakeup)
    thread.start()
    assert asked.wait(30)
    server.clock = answer
    desk.next_wakeup()
    assert clock.now() == START + timedelta(seconds=300)
    assert server.asked == 3
    goes_on.set()
    thread.join()
    assert server.asked == 6


def test_dispatcher_of_another_roster_keeps_the_clock():
    """What was measured is known to the dispatchers that are made of one."""
    desk = Dispatcher(ANYONE, TEAM, Server())
    assert evolve(desk, publish=True).clock is desk.clock
    assert desk.with_roster([]).clock is desk.clock
