"""Use cases driven request by request: with a failure at any commit, or two of them in every order."""

from copy import deepcopy

from attrs import evolve
from tests.offers.world import Wrapped

from leadroute.errors import ConflictError, TransientError, UnknownOutcomeError


class Crash(BaseException):
    """The process dies."""


class Breaking(Wrapped):
    """A store that fails once, at the commit with this number, in one of three ways."""

    def __init__(self, store, number, way):
        super().__init__(store)
        self.number, self.way, self.commits = number, way, 0

    def commit(self, change):
        self.commits += 1
        if self.commits != self.number:
            return self.store.commit(change)
        if self.way == "busy before":
            raise TransientError("told to fail")
        if self.way == "dies before":
            raise Crash
        self.store.commit(change)
        raise UnknownOutcomeError("no answer") if self.way == "no answer" else Crash


def ended(scene, how, lead_id):
    """The scene, in which a lead was withdrawn or forgotten."""

    def after():
        here = scene()
        getattr(here, how)(lead_id)
        return here

    return after


WAYS = ("busy before", "no answer", "dies before", "dies after")


def every_failure(scene, call, settled):
    """Break each commit of a call in each way, make the same call again, and compare; return how many there were.

    Args:
        scene: Makes a dispatcher over a new store, always the same.
        call: The call, of a dispatcher.
        settled: Checks a dispatcher when all is done, and gives what must be equal without a failure.
    """
    points = 0
    whole = scene()
    call(whole)
    expected = settled(whole)
    for way in WAYS:
        number = 1
        while True:
            here = scene()
            broken = Breaking(here.store, number, way)
            try:
                call(evolve(here, store=broken, sleep=lambda _seconds: None))
            except Crash:
                call(here)
            if broken.commits < number:
                break
            points += 1
            assert settled(here) == expected, f"commit {number}, {way}"
            number += 1
    return points


class Process:
    """A call that goes on by one request at a time."""

    def __init__(self, steps):
        self.steps, self.answer, self.error, self.done = steps, None, None, False
        self.heard = []
        self.request = None
        self.has_read = False
        self.go()

    def go(self):
        try:
            if self.error is not None:
                error, self.error = self.error, None
                self.request = self.steps.throw(error)
            else:
                self.request = self.steps.send(self.answer)
        except StopIteration:
            self.done = True
        except Exception as error:  # noqa: BLE001 - a refusal is an answer to its caller
            self.done, self.error = True, error

    @property
    def reads(self):
        """Whether the request at hand leaves the store as it is."""
        return self.request[0] != "commit"

    def ask(self, store):
        """Let the store answer the request at hand, and run on to the next."""
        self.has_read = self.reads
        method, arguments, options = self.request
        if method == "pause":
            self.answer = None
        else:
            try:
                self.answer = getattr(store, method)(*arguments, **options)
            except ConflictError as error:
                self.error = error
        self.heard.append(repr((self.answer, self.error)))
        self.go()


def seen(store):
    """What can be told of a store, for comparing two of them; ids of changes are left out."""
    state = store._state
    records = tuple(
        sorted((r.key, r.version, r.data, r.status, r.owner, r.due) for r in state.records.values())
    )
    return records, tuple(sorted((k, n) for k, n in state.counters.items() if n))


def every_order(scene, calls, check, *, crashes=0):
    """Run two calls in every order of their requests, each followed by a check; return how many ends there were.

    A schedule is a text of 0 and 1: whose request is answered next; ``x`` and ``y`` end the first or
    the second call for good. What was met before with the same requests at hand is not run again.
    A run goes on with the first of what can happen next; each of the others is a run of its own later.

    Of two requests that read, one after the other, the first call's is first: the other order gives
    the same. A call dies before its first request or right after a commit: to read and die is the same.
    """
    ends, met, pending = 0, set(), [""]
    while pending:
        run = Run(scene, calls, pending.pop())
        while live := run.live():
            state = run.state()
            letters = [] if state in met else run.letters(live, crashes)
            met.add(state)
            if not letters:
                break
            first, *others = letters
            pending += [run.schedule + letter for letter in others]
            run.follow(first)
        else:
            ends += 1
            check(run.here, run.processes, run.dead, run.schedule)
    return ends, len(met)


class Run:
    """Two calls on a new scene, after a schedule."""

    def __init__(self, scene, calls, schedule):
        self.here, self.schedule, self.dead = scene(), "", set()
        self.processes = [Process(call(self.here)) for call in calls]
        for letter in schedule:
            self.follow(letter)

    def follow(self, letter):
        """Do what the next letter of the schedule says."""
        self.schedule += letter
        if letter in "xy":
            self.dead.add("xy".index(letter))
        else:
            self.processes["01".index(letter)].ask(self.here.store)

    def letters(self, live, crashes):
        """What can happen next, without what comes to the same as something else."""
        last = self.schedule[-1:]
        found = ["01"[n] for n in live]
        if last == "1" and self.processes[1].has_read and live[0] == 0 and self.processes[0].reads:
            found = found[1:]
        if len(self.dead) < crashes:
            found += [
                "xy"[n] for n in live if last in ("", "01"[n]) and not self.processes[n].has_read
            ]
        return found

    def live(self):
        """The numbers of the calls that go on."""
        return [n for n, each in enumerate(self.processes) if not each.done and n not in self.dead]

    def state(self):
        """All that what follows depends on."""
        heard = tuple((each.done, *each.heard) for each in self.processes)
        return seen(self.here.store), heard, tuple(sorted(self.dead))


def copied(store):
    """A store with the same content."""
    twin = type(store)()
    twin._state = deepcopy(store._state)
    return twin
