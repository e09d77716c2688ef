"""Who gets no offer for a while: a pause or a cool-down, in one record for each rep.

* The record says why and until when. The counter ``rep/rest/<rep>`` says the same as one instant,
  and every offer checks it, so that a process that has read too early makes none.
* The counter ``resting`` is the number of records of reps who rest. Where it is 0, as mostly,
  nobody reads a record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final, TypeAlias

from attrs import evolve, frozen

from leadroute.errors import LeadrouteError
from leadroute.model.duration import to_micros
from leadroute.model.keys import missed_key, parts, rep_key, rest_key, resting_key
from leadroute.model.rep import Pause
from leadroute.model.timeline import LATEST
from leadroute.model.validation import FrozenDict
from leadroute.offers.change import Add, Emit, Op, Put, Record
from leadroute.offers.events import Back, Paused, Resumed
from leadroute.plain import document, loads

RESTING: Final = "resting"
"""The status of the record of a rep who gets no offer; that of other reps is empty."""

RepEvent: TypeAlias = Paused | Resumed | Back


@frozen
class RepState:
    """What is kept of a rep.

    Args:
        events: How many events the log of the rep has.
        pause: The pause; ``None`` for none.
        cooling: Until when there is no offer after the last one; ``None`` for no such time.
    """

    events: int = 0
    pause: Pause | None = None
    cooling: datetime | None = None

    def at(self, now: datetime) -> RepState:
        """Return the same without what is over."""
        pause, cooling = self.pause, self.cooling
        return RepState(
            self.events,
            None if pause is None or not pause.lasts(now) else pause,
            None if cooling is None or cooling <= now else cooling,
        )

    @property
    def until(self) -> int:
        """Before when there is no offer, in microseconds."""
        found = [0 if self.cooling is None else to_micros(self.cooling)]
        if self.pause is not None:
            found.append(LATEST if self.pause.until is None else to_micros(self.pause.until))
        return max(found)

    @property
    def due(self) -> int | None:
        """The first end of a pause or a cool-down, in microseconds."""
        ends = [self.cooling, None if self.pause is None else self.pause.until]
        return min([to_micros(at) for at in ends if at is not None], default=None)

    @property
    def rests(self) -> bool:
        """Whether the rep gets no offer."""
        return self.pause is not None or self.cooling is not None


AWAKE: Final = RepState()
_UNREADABLE: Final = RepState(pause=Pause(why="record cannot be read"))


class RepChange:
    """What is kept of one rep, and what a step does to it.

    Args:
        rep_id: The rep.
        record: What was read; ``None`` when there is nothing.
        now: The instant of the step.

    Attributes:
        after: What is kept after the step.
    """

    __slots__ = ("_before", "_counts", "_events", "_now", "_version", "after", "rep_id")

    def __init__(self, rep_id: str, record: Record | None, now: datetime) -> None:
        self.rep_id, self._now = rep_id, now
        self._version = 0 if record is None else record.version
        self._before = AWAKE if record is None else loads(RepState, record.data)
        self.after = self._before
        self._events: list[RepEvent] = []
        self._counts: list[Add] = []

    def tidy(self) -> None:
        """Leave out what is over."""
        self.after = self.after.at(self._now)

    def cool(self, until: datetime) -> None:
        """Let no offer be made before an instant."""
        self.tidy()
        cooling = self.after.cooling or until
        self.after = evolve(self.after, cooling=max(cooling, until))

    def pause(self, pause: Pause) -> None:
        """Let no offer be made during a pause, which takes the place of one before."""
        self.tidy()
        self._happen(
            Paused(self._now, self.rep_id, pause.until, pause.why, pause.cover, pause.missed)
        )
        self.after = evolve(self.after, pause=pause)

    def resume(self) -> None:
        """End a pause."""
        self.tidy()
        self._happen(Resumed(self._now, self.rep_id))
        self.after = evolve(self.after, pause=None)

    def come_back(self) -> None:
        """End a cool-down, and a pause that began by itself."""
        self.tidy()
        self._happen(Back(self._now, self.rep_id))
        pause = self.after.pause
        kept = None if pause is None or pause.missed else pause
        self.after = evolve(self.after, pause=kept, cooling=None)

    def miss(self, seen: int, now: int) -> None:
        """Set how many offers in a row were missed, where it is what was seen."""
        if seen != now:
            self._counts.append(Add(missed_key(self.rep_id), now - seen, lo=now, hi=now))

    def _happen(self, event: RepEvent) -> None:
        self._events.append(event)
        self.after = evolve(self.after, events=self.after.events + 1)

    def operations(self, *, publish: bool) -> Iterator[Op]:
        """What the step does to the store."""
        yield from self._counts
        before, after, name = self._before, self.after, rep_key(self.rep_id)
        if before == after:
            return
        for number, event in enumerate(self._events, before.events + 1):
            at = to_micros(event.at)
            yield Emit(name, number, event.kind, document(event), at, publish)
        status = RESTING if after.rests else ""
        yield Put(name, document(after), self._version, status, due=after.due)
        if before.until != after.until:
            delta, until = after.until - before.until, after.until
            yield Add(rest_key(self.rep_id), delta, lo=until, hi=until)
        if before.rests != after.rests:
            yield Add(resting_key(), 1 if after.rests else -1)


def states_of(records: Iterable[Record]) -> dict[str, RepState]:
    """What some records keep, by rep id; who cannot be read about gets no offer."""
    found = dict[str, RepState]()
    for record in records:
        rep_id = parts(record.key)[1]
        found[rep_id] = _UNREADABLE
        with suppress(LeadrouteError):
            found[rep_id] = loads(RepState, record.data)
    return found


def as_counts(states: Mapping[str, RepState], now: datetime) -> dict[str, Mapping[str, Any]]:
    """Who is paused and who cools down, by the names of a snapshot."""
    paused, cooling = dict[str, Pause](), dict[str, int]()
    for rep_id, state in states.items():
        current = state.at(now)
        if current.pause is not None:
            paused[rep_id] = current.pause
        if current.cooling is not None:
            cooling[rep_id] = to_micros(current.cooling)
    return {"paused": FrozenDict(paused), "cooling": FrozenDict(cooling)}
