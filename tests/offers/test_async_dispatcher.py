"""The dispatcher over a store that is awaited does what its twin does, and a cancellation leaves nothing half done."""

import asyncio
import inspect
from datetime import timedelta

import pytest
from attrs import evolve, fields
from tests.offers.exploring import copied, seen
from tests.offers.world import ANYONE, START, audit, desk

from leadroute import Dispatcher, Lead, MemoryStore, Rep, Roster, SqliteStore
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.offers import AsyncDispatcher
from leadroute.stores import AsyncThread
from leadroute.testing import ManualClock

METHODS = [
    name
    for name, _ in inspect.getmembers(Dispatcher, inspect.isfunction)
    if name[0] != "_" and name != "with_roster"
]


def awaited(store, *reps, router=ANYONE, clock=None):
    """An async dispatcher over a store, with a clock that moves when told."""
    clock = ManualClock(START) if clock is None else clock
    return AsyncDispatcher(router, Roster(Rep(rep, capacity=1) for rep in reps), store, clock)


class Awaited:
    """A store in memory whose calls are awaited, and which may be stopped before or after a call."""

    def __init__(self, store=None, stop=None):
        self.store = MemoryStore() if store is None else store
        self.stop, self.calls = stop, 0

    async def _answer(self, name, *arguments, **options):
        self.calls += 1
        number, when = self.stop or (0, "")
        if self.calls == number and when == "before":
            raise asyncio.CancelledError
        await asyncio.sleep(0)
        answer = getattr(self.store, name)(*arguments, **options)
        if self.calls == number:
            raise asyncio.CancelledError
        return answer

    async def commit(self, change):
        return await self._answer("commit", change)

    async def get(self, keys):
        return await self._answer("get", keys)

    async def counts(self, keys=None, **page):
        return await self._answer("counts", keys, **page)

    async def find(self, **asked):
        return await self._answer("find", **asked)

    async def events(self, **asked):
        return await self._answer("events", **asked)

    async def trim(self, before, limit=1000):
        return await self._answer("trim", before, limit)


def told_of(method):
    """The signature of a method, but for what it is bound to."""
    signature = inspect.signature(method)
    (_, *arguments) = signature.parameters.values()
    return arguments, signature.return_annotation


@pytest.mark.parametrize("name", METHODS)
def test_methods_are_twins(name):
    """Each method has the signature and the words of its twin, and is awaited."""
    one, other = getattr(Dispatcher, name), getattr(AsyncDispatcher, name)
    assert told_of(one) == told_of(other)
    assert one.__doc__ == other.__doc__
    assert inspect.iscoroutinefunction(other)
    assert not inspect.iscoroutinefunction(one)


def test_surface_is_the_same():
    """No name of the one is missing in the other, nor an argument."""
    names = [
        {name for name in dir(each) if name[0] != "_"} for each in (Dispatcher, AsyncDispatcher)
    ]
    assert names[0] == names[1]
    assert [each.name for each in fields(Dispatcher)] == [
        each.name for each in fields(AsyncDispatcher)
    ]


async def life(desk, clock):
    """Some of everything; what comes of it."""
    told = [await desk.submit(Lead(f"L-{n}", received_at=START)) for n in range(4)]
    told.append(await desk.decline("L-0", told[0].rep_id))
    told.append(await desk.accept("L-1", told[1].rep_id))
    told += [await desk.record_contact("L-1"), await desk.feedback("L-1", "won", value=3)]
    clock.advance("5m")
    told.append(await desk.sweep())
    told += [await desk.assign("L-3", "ada", by="boss"), await desk.reroute("L-3")]
    told += [await desk.assign("L-3", "ada", by="boss"), await desk.release("L-3")]
    expires = START + timedelta(days=1)
    told.append(await desk.credit_turns("ada", reason="skip", cause="L-9", expires=expires))
    told += [await desk.history("L-0"), await desk.snapshot(), await desk.tracked()]
    told += [await desk.decision("L-0"), await desk.trim(clock.now())]
    told += [await desk.placement("L-2"), await desk.next_wakeup()]
    told += [await desk.placements(status="accepted"), await desk.worklist("ada")]
    told += [await desk.withdraw("L-3", "spam"), await desk.reopen("L-3")]
    told.append(await desk.update(Lead("L-3", country="DE")))
    told += [await desk.preview("L-1"), await desk.notes("L-1")]
    told += [await desk.submit(Lead("W", received_at=START)), await desk.reevaluate("W")]
    told += [await desk.forget("L-2"), await desk.audit(repair=True)]
    first = (await desk.outbox())[0]
    await desk.ack(first)
    for _ in range(2):
        dead = await desk.defer((await desk.outbox(1))[0], START, "no")
    told += [await desk.dead_letters(), await desk.deliver_again(dead), await desk.outbox()]
    return told


class Blocking:
    """A dispatcher that blocks, behind methods that are awaited."""

    def __init__(self, dispatcher):
        self.dispatcher = dispatcher

    def __getattr__(self, name):
        async def call(*given, **named):
            return getattr(self.dispatcher, name)(*given, **named)

        return call


@pytest.mark.parametrize("kind", ["memory", "threads", "file"])
def test_both_do_the_same(kind, tmp_path):
    """The same calls have the same results, over memory, threads and a file."""
    clocks = [ManualClock(START), ManualClock(START)]
    loud = {"publish": True, "max_attempts": 2, "tokens": lambda: "t"}
    plain = evolve(desk("ada", "bob"), clock=clocks[0], **loud)
    expected = asyncio.run(life(Blocking(evolve(plain, change_ids=_numbered())), clocks[0]))
    file = SqliteStore(tmp_path / "crm.db") if kind == "file" else MemoryStore()
    store = Awaited(file) if kind == "memory" else AsyncThread(file)
    twin = awaited(store, "ada", "bob", clock=clocks[1])
    found = asyncio.run(life(evolve(twin, **loud, change_ids=_numbered()), clocks[1]))
    assert found == expected
    audit_of = {*[f"L-{n}" for n in range(4)], "W"}
    assert {each.lead for each in file.events(limit=99)} == audit_of
    if kind == "file":
        file.close()


def _numbered():
    numbers = iter(range(10**6))
    return lambda: f"c-{next(numbers)}"


@pytest.mark.parametrize("when", ["before", "after"])
def test_call_that_is_cancelled_leaves_nothing_half_done(when):
    """At every await of every call: the store is as before the call, or as after a whole step of it."""
    here = desk("ada", "bob")
    for lead_id in ("L-0", "L-1", "L-2"):
        here.submit(Lead(lead_id, received_at=START))
    here.accept("L-0", "ada")
    calls = {
        "submit": lambda desk: desk.submit(Lead("new")),
        "accept": lambda desk: desk.accept("L-1", "bob"),
        "decline": lambda desk: desk.decline("L-1", "bob"),
        "feedback": lambda desk: desk.feedback("L-0", "won"),
        "sweep": lambda desk: desk.sweep(early=True),
    }
    stops = 0
    for call in calls.values():
        number = 1
        while True:
            store = Awaited(copied(here.store), (number, when))
            twin = evolve(awaited(store, "ada", "bob"), sleep=asyncio.sleep)
            try:
                asyncio.run(call(twin))
            except asyncio.CancelledError:
                stops += 1
            leads = {"L-0", "L-1", "L-2"} | {each.lead for each in store.store.events(limit=99)}
            audit(store.store, leads)
            if store.calls < number:
                break
            number += 1
    assert stops >= 15


def test_thread_that_works_is_waited_for():
    """A cancellation while a call is under way in its thread comes after its end, not before."""

    async def cancelled(loop_store, started, go_on):
        task = asyncio.ensure_future(loop_store.counts(prefix=""))
        await started.wait()
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
        go_on()
        with pytest.raises(asyncio.CancelledError):
            await task

    async def scene():
        import threading

        loop, started, release, ended = (
            asyncio.get_running_loop(),
            asyncio.Event(),
            threading.Event(),
            [],
        )

        class Slow(MemoryStore):
            def counts(self, keys=None, **page):
                loop.call_soon_threadsafe(started.set)
                release.wait()
                ended.append(True)
                return {}

        await cancelled(AsyncThread(Slow()), started, release.set)
        return ended

    assert asyncio.run(scene()) == [True]


def test_cancelled_call_whose_thread_fails_is_cancelled():
    """What the caller hears of a call that was cancelled is the cancellation, whatever its thread raised."""

    async def scene():
        import threading

        loop, started, release = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

        class Broken(MemoryStore):
            def get(self, keys):
                loop.call_soon_threadsafe(started.set)
                release.wait()
                raise OSError("gone")

        task = asyncio.ensure_future(AsyncThread(Broken()).get(["lead/L-1"]))
        await started.wait()
        task.cancel()
        await asyncio.sleep(0)
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(scene())


def test_store_of_the_other_kind_is_refused():
    """The error names the class that takes the store."""
    with pytest.raises(
        ConfigError, match="Awaited is an async store; give it to an AsyncDispatcher"
    ):
        Dispatcher(ANYONE, [], Awaited())
    message = (
        r"MemoryStore is not an async store; give it to a Dispatcher, or write AsyncThread\(store\)"
    )
    with pytest.raises(ConfigError, match=message):
        AsyncDispatcher(ANYONE, [], MemoryStore())
    with pytest.raises(ConfigError, match="Awaited is an async store; use it as it is"):
        AsyncThread(Awaited())
    with pytest.raises(FieldTypeError):
        AsyncDispatcher(ANYONE, [], "crm.db")
    with pytest.raises(ConfigError, match="tokens is 'abc'; give a function"):
        Dispatcher(ANYONE, [], MemoryStore(), tokens="abc")


def test_thread_store_says_what_it_wraps():
    """The abilities of the store and its repr pass through, and so does trim."""
    store = AsyncThread(MemoryStore())
    assert (store.is_bound, store.sees_commits) == (False, True)
    assert repr(store).startswith("AsyncThread(<MemoryStore")
    assert asyncio.run(store.trim(0)) == 0
    assert asyncio.run(store.events()) == []


def test_other_roster_serves_at_once():
    """``with_roster`` gives the same dispatcher with other reps."""

    async def scene():
        here = awaited(Awaited(), "ada")
        await here.submit(Lead("L-1"))
        await here.submit(Lead("L-2"))
        other = here.with_roster([Rep("ada", capacity=1), Rep("bob")])
        await other.sweep(early=True)
        return (await other.placement("L-2")).rep_id

    assert asyncio.run(scene()) == "bob"
    assert seen(MemoryStore()) == ((), ())
