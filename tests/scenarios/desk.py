"""What the adapters share: which scenario is told by which adapter, and a dispatcher on a manual clock.

The rules of this package:

* An adapter plays the scenario on the real library, and asserts the ``then`` of the file. It never takes the expected
  value from leadroute itself.
* Where leadroute decides otherwise on purpose, the adapter is listed with the question of
  ``docs/explanation/choices.md`` that says so, and asserts what leadroute does instead.
* What needs a part of the dispatcher that does not exist yet is listed in ``WAITING``, with the part.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from attrs import evolve, frozen

from leadroute import (
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    round_robin,
)
from leadroute.testing import ManualClock

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(hours=12)

Play = Callable[[Mapping[str, Any], Mapping[str, Any]], None]


@frozen
class Adapter:
    """How a scenario is played; ``question`` is where leadroute decides otherwise on purpose."""

    play: Play
    question: str | None = None


ADAPTERS: dict[str, Adapter] = {}


def passes(*scenarios: str) -> Callable[[Play], Play]:
    """The adapter of scenarios that come out as they should."""

    def listed(play: Play) -> Play:
        for scenario in scenarios:
            assert scenario not in ADAPTERS, f"{scenario} has two adapters"
            ADAPTERS[scenario] = Adapter(play)
        return play

    return listed


def differs(scenario: str, question: str) -> Callable[[Play], Play]:
    """The adapter of a scenario that leadroute answers otherwise, on purpose."""

    def listed(play: Play) -> Play:
        assert scenario not in ADAPTERS, f"{scenario} has two adapters"
        ADAPTERS[scenario] = Adapter(play, question)
        return play

    return listed


WAITING: Mapping[str, str] = MappingProxyType(
    {
        "ast-23": "the service level of first contacts",
    }
)


def desk(*reps, score=None, store=None, start=NOW, router=None, **terms):
    """A dispatcher over reps, given as reps or ids, with one rule unless there is a router."""
    chosen = round_robin() if score is None else score
    policy = router or Router(rules=[Rule("all", score=chosen, accept_within="5m", **terms)])
    return Dispatcher(
        policy, team(*reps), MemoryStore() if store is None else store, ManualClock(start)
    )


def team(*reps):
    """A roster of reps, given as reps or ids."""
    return Roster([Rep(rep) if isinstance(rep, str) else rep for rep in reps])


def with_team(dispatcher, *reps):
    """The same dispatcher, after the team has changed."""
    return evolve(dispatcher, roster=team(*reps))


def route(dispatcher, number, prefix="L", **fields):
    """Submit leads that are accepted at once, and give the reps in order."""
    found = []
    for index in range(number):
        placement = dispatcher.submit(Lead(f"{prefix}-{index}", **fields))
        dispatcher.accept(placement.lead_id, placement.rep_id)
        found.append(placement.rep_id)
    return found


def rotate(reps, turns, **fields):
    """The ids of a ranking by rotation after some turns."""
    router = Router(rules=[Rule("all", score=round_robin())])
    snapshot = Snapshot(turns={"everyone": turns}, **fields)
    ranking = router.rank(Lead("L-1"), team(*reps), now=NOW, snapshot=snapshot)
    return [each.rep_id for each in ranking.assignments]
