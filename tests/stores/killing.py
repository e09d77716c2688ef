"""Kill workers at any moment, start them again, and let them finish.

A target is a function of a module, called as ``target(argument, number)`` in a process of its own. It must carry on
where a killed one stopped and return when its work is done. The moments come from a seed. Only processes started here
are killed, each through its own handle.
"""

import multiprocessing
import random
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event
from typing import Any

from attrs import frozen

_spawn = multiprocessing.get_context("spawn")
_LONGEST = 120


@frozen
class Killed:
    """How often a worker was killed at work, and how the last worker of every number ended."""

    kills: int
    exits: tuple[int | None, ...]


def _work(target: Callable[[Any, int], object], argument: Any, number: int, ready: Event) -> None:
    ready.set()
    target(argument, number)


def kill_and_drain(
    target: Callable[[Any, int], object],
    argument: Any,
    *,
    workers: int = 4,
    kills: int = 8,
    seed: int = 1,
    longest: float = 0.05,
) -> Killed:
    """Run workers, kill a random one up to ``kills`` times within ``longest`` seconds of work, and drain."""
    chance = random.Random(seed)

    def start(number: int) -> tuple[SpawnProcess, Event]:
        ready = _spawn.Event()
        process = _spawn.Process(target=_work, args=(target, argument, number, ready))
        process.start()
        return process, ready

    running = [start(number) for number in range(workers)]
    killed = 0
    try:
        for _ in range(kills):
            number = chance.randrange(workers)
            process, ready = running[number]
            ready.wait(_LONGEST)
            process.join(chance.uniform(0, longest))
            if process.is_alive():
                process.kill()
                killed += 1
            process.join()
            process.close()
            running[number] = start(number)
        for process, _ in running:
            process.join(_LONGEST)
        return Killed(killed, tuple(process.exitcode for process, _ in running))
    finally:
        for process, _ in running:
            process.kill()
            process.join()
            process.close()
