"""Ways of doing the same that take turns, each in several processes at once, for `stores.py`.

The rules of this module:

* A way is made once in each process, from its name. It prepares a number of items, and does them one by one.
* In each round every way has one slice of time. What it needs is prepared before, in all processes, outside the time.
* The rate of a way in a round is the sum over the processes. Two ways are compared within a round: what slows the
  machine down for a while slows both. Every other round goes backwards.
"""

import gc
import multiprocessing
import traceback
from contextlib import contextmanager, suppress
from itertools import count
from statistics import median
from time import perf_counter

STEP, REACH = 64, 10**7
"""The numbers of a process are a step apart, and each crew has a range of its own, so that all numbers differ."""

CREWS = count()


class Way:
    """One way of doing something: it is given to subclasses to prepare items, and to do one of them."""

    spare = 20
    """So many warm it up, and are prepared beyond what a slice takes."""

    def __init__(self, place, numbers):
        self.place = place
        self.numbers = numbers
        self.told = {}

    def items(self, count):
        """Prepare so many."""
        return [None] * count

    def do(self, item):
        """Do one."""
        raise NotImplementedError

    def run(self, items, seconds):
        """Do items until the time is over or none is left; returns how many, and in what time."""
        do, done = self.do, 0
        begun = perf_counter()
        end = begun + seconds
        for item in items:
            do(item)
            done += 1
            if perf_counter() >= end:
                break
        return done, perf_counter() - begun

    def close(self):
        """Give back what was taken."""


def warmed(way):
    """Do some items, and return the rate."""
    done, spent = way.run(way.items(way.spare), 5)
    return done / spent


def work(pipe, kinds, place, number):
    """Be one of the processes: do what the pipe says, until it says None."""
    gc.disable()
    gc.freeze()
    numbers, ways, rates = count(number, STEP), {}, {}
    try:
        while message := pipe.recv():
            name, seconds = message
            if name not in ways:
                ways[name] = kinds[name](place, numbers)
                rates[name] = warmed(ways[name])
            way = ways[name]
            items = way.items(int(rates[name] * seconds * 1.4) + way.spare)
            gc.collect()
            pipe.send("ready")
            pipe.recv()
            done, spent = way.run(items, seconds)
            rates[name] = done / spent
            del items
            pipe.send((done / spent, way.told))
        for way in ways.values():
            way.close()
    except Exception:  # noqa: BLE001 -- whoever waits must hear of it, whatever it is
        pipe.send(RuntimeError(traceback.format_exc()))


class Crew:
    """Processes that do the same thing at the same time."""

    def __init__(self, kinds, place, size):
        context, first = multiprocessing.get_context("fork"), REACH * next(CREWS)
        self.pipes, self.processes = [], []
        for number in range(size):
            here, there = context.Pipe()
            process = context.Process(
                target=work, args=(there, kinds, place, first + number), daemon=True
            )
            process.start()
            there.close()
            self.pipes.append(here)
            self.processes.append(process)

    def heard(self):
        """What each process answers."""
        answers = [pipe.recv() for pipe in self.pipes]
        for answer in answers:
            if isinstance(answer, Exception):
                raise answer
        return answers

    def slice(self, name, seconds):
        """How many a second the processes do together; and what they tell, summed or at worst."""
        for pipe in self.pipes:
            pipe.send((name, seconds))
        self.heard()
        for pipe in self.pipes:
            pipe.send("go")
        answers = self.heard()
        told = {}
        for _, each in answers:
            for key, value in each.items():
                join = max if key.startswith("worst") else int.__add__
                told[key] = join(told.get(key, 0), value)
        return sum(rate for rate, _ in answers), told

    def end(self):
        """Let the processes end."""
        for pipe, process in zip(self.pipes, self.processes, strict=True):
            with suppress(OSError):  # it has ended by itself
                pipe.send(None)
            process.join(10)
            if process.is_alive():
                process.kill()


@contextmanager
def crew(kinds, place, size):
    """A crew for a while."""
    found = Crew(kinds, place, size)
    try:
        yield found
    finally:
        found.end()


class Rates:
    """The rates of some ways, round by round."""

    def __init__(self, found, told):
        self.found = found
        self.told = told

    def rate(self, name):
        """The median rate of a way."""
        return median(self.found[name])

    def microseconds(self, name):
        """The median time of one, where one process worked."""
        return 1e6 / self.rate(name)

    def ratio(self, name, other):
        """The median of the ratios within a round."""
        pairs = zip(self.found[name], self.found[other], strict=True)
        return median(one / two for one, two in pairs)


def in_turns(kinds, place, size, rounds, seconds):
    """Let the ways take turns."""
    found, told = {name: [] for name in kinds}, {}
    with crew(kinds, place, size) as workers:
        for name in kinds:
            workers.slice(name, seconds / 3)
        for turn in range(rounds):
            for name in list(kinds)[:: -1 if turn % 2 else 1]:
                rate, told[name] = workers.slice(name, seconds)
                found[name].append(rate)
    return Rates(found, told)
