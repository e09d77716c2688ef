"""The candidates of a rule in a pool, worked out once and kept from lead to lead.

The rules of this module:

* A ``CandidateSet`` belongs to one rule, pool and roster. What does not hang on lead, counts or instant is asked once.
* ``Candidates`` are those whom neither rule nor lead excludes for good: active, with a weight, meeting the requirement,
  in the territory. Leads that are equal in what is asked of them share one. Counters are read for candidates alone.
* ``OnDuty`` are the candidates at work, for as long as nobody's hours begin or end.
* Everything kept is bounded by the number of values (``MOST_CELLS``) and can be forgotten at any time.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from leadroute.errors import LeadrouteError
from leadroute.model.atlas import Match
from leadroute.model.hours import Hours
from leadroute.model.keys import bucket_key, cap_holder
from leadroute.model.lead import Lead
from leadroute.model.limits import Bound, Cap
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.territory import Territory
from leadroute.model.values import known
from leadroute.ranking.scorers.round_robin import round_robin
from leadroute.rules.closures import Environment, Test, compile_condition
from leadroute.rules.lead_values import LeadValues, lead_values
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer

__all__ = ["CandidateSet", "Candidates", "Limits", "OnDuty", "Rooms", "Shift", "Team", "Teams", "scoring_of"]

T = TypeVar("T")

MOST_CELLS: Final = 500_000
CELLS_A_REP: Final = 400
"""How many values are kept for one roster, and more for each rep, before all are forgotten; one takes about 8 bytes."""

MOST_ROSTERS: Final = 8
"""For how many rosters a router keeps candidates."""

_ALWAYS: Final = float("inf")
_MOST_CREWS: Final = 64
"""For how many combinations of open hours those on duty are kept."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)
_Column: TypeAlias = list[Any]
Rooms: TypeAlias = tuple[tuple[str, float], ...]
"""Counters, each with the most that it may stand at before a lead."""

NO_LIMIT: Final[tuple[str, float]] = ("", _ALWAYS)
"""A counter that there is not."""
_ROUND_ROBIN: Final[Scorer] = round_robin()


def scoring_of(rule: Rule) -> Scorer:
    """The score of a rule: its own, else ``round_robin()``."""
    return _ROUND_ROBIN if rule.score is None else rule.score


class Memory:
    """What the candidates of one roster share: the calendars that were looked at, and a bound on what is kept."""

    __slots__ = ("_forget", "_most", "cells", "periods", "shifts")

    def __init__(self, reps: int, forget: Callable[[], None]) -> None:
        self._forget, self._most = forget, MOST_CELLS + CELLS_A_REP * reps
        self.cells = 0
        self.shifts: dict[Hours, Shift] = {}
        self.periods: dict[Hashable, _CapPeriod] = {}

    def take(self, cells: int) -> None:
        """Count values that are kept from now on. A decision under way keeps what it holds."""
        self.cells += cells
        if self.cells > self._most:
            self.cells = cells
            self._forget()

    def shift(self, hours: Hours, at: datetime) -> Shift:
        """The state of some hours at an instant."""
        found = self.shifts.get(hours)
        if found is None or not found.since <= at < found.until:
            found = self.shifts[hours] = _shift(hours, at)
        return found

    def period(self, cap: Cap, rep: Rep) -> _CapPeriod:
        """A cap as it counts for all reps of the rep's calendar."""
        place = (cap, rep.timezone, rep.hours, rep.joined_at)
        found = self.periods.get(place)
        if found is None:
            found = self.periods[place] = _CapPeriod(cap, rep)
        return found


class Shift(NamedTuple):
    """Whether some hours are open, and until when that is known to stay so.

    Args:
        is_open: Whether they are.
        since: From when on.
        until: Until when.
        opens: When they next open; ``None`` when they never do, or are open.
        fails: Whether the calendar is the host's and failed, so that they count as closed.
    """

    is_open: bool
    since: datetime
    until: datetime
    opens: datetime | None
    fails: bool = False


class Limits(NamedTuple):
    """How much room some reps have for a lead, and on which counters.

    Args:
        capacity: The id of each rep and the most that may be open before; empty where nobody has a capacity.
        columns: The first, the second ... other counter of each rep with a limit, and the most that it may stand at
            before; ``NO_LIMIT`` for a rep who has fewer.
    """

    capacity: Sequence[tuple[str, float]]
    columns: Sequence[Sequence[tuple[str, float]]]

    @classmethod
    def of(cls, capacity: Sequence[tuple[str, float]], rooms: Sequence[Rooms]) -> Limits:
        """The limits of some reps."""
        most = max(map(len, rooms), default=0)
        if most == 1 and all(rooms):
            return cls(capacity, [[own[0] for own in rooms]])
        padded = [own + (NO_LIMIT,) * (most - len(own)) for own in rooms]
        return cls(capacity, [[own[number] for own in padded] for number in range(most)])

    def at(self, places: Sequence[int]) -> Limits:
        """The same for some of the reps."""
        capacity = [self.capacity[place] for place in places] if self.capacity else ()
        return Limits(capacity, [[column[at] for at in places] for column in self.columns])

    def keys(self) -> list[str]:
        """The counters in ``columns``."""
        return [key for column in self.columns for key, _ in column if key]


class OnDuty:
    """The candidates who are at work, and what is known of them.

    Attributes:
        reps: They, in the order of their ids.
        ids: Their ids.
        places: Where they stand among the candidates; ``None`` when all of them are here.
    """

    __slots__ = ("_columns", "_limits", "candidates", "ids", "places", "reps")

    def __init__(self, candidates: Candidates, places: list[int] | None) -> None:
        self.candidates, self.places = candidates, places
        if places is None:
            self.reps, self.ids = candidates.reps, candidates.ids
        else:
            self.reps = tuple([candidates.reps[place] for place in places])
            self.ids = tuple([candidates.ids[place] for place in places])
        self._columns: dict[Hashable, _Column] = {}
        self._limits: tuple[Limits, Limits] | None = None

    def column(self, key: Hashable, value_of: Callable[[Rep], T]) -> list[T]:
        """The value of each rep, worked out when it is first asked for."""
        found = self._columns.get(key)
        if found is None:
            found = self.candidates.column(key, value_of)
            if self.places is not None:
                found = [found[place] for place in self.places]
                self.candidates.memory.take(50 + len(found))
            self._columns[key] = found
        return found

    def limits(self, found: Limits) -> Limits:
        """The limits of those who are here, out of those of all candidates."""
        if self.places is None:
            return found
        if self._limits is None or self._limits[0] is not found:
            self._limits = found, found.at(self.places)
        return self._limits[1]


class _CapPeriod:
    """One cap as it counts for all reps of one calendar: the counters of this instant, until the next one.

    Attributes:
        bounds: The counters without whose they are, each with the most that it may stand at and whether that is hard.
        rooms: The hard ones, each with the most that it may stand at before a lead.
    """

    __slots__ = ("_cap", "_rep", "bounds", "rooms", "since", "until")

    def __init__(self, cap: Cap, rep: Rep) -> None:
        self._cap, self._rep = cap, rep
        self.bounds: tuple[Bound, ...] = ()
        self.rooms: Rooms = ()
        self.since = self.until = _LONG_AGO

    def look(self, now: datetime) -> None:
        """Work the counters out for an instant."""
        rep = self._rep
        asked = now, rep.zone, rep.hours, rep.joined_at
        self.bounds = self._cap.bounds("", *asked)
        self.rooms = tuple([(bound.key, bound.most - 1) for bound in self.bounds if bound.hard])
        self.since, self.until = now, min(self._cap.turns(*asked))


class _Caps:
    """The caps on which leads from one source count, of all candidates.

    Args:
        reps: The candidates.
        counts: Whether a lead counts on a cap.
        fixed: The counters of each that do not hang on the instant.
        memory: What is kept of calendars.
    """

    __slots__ = ("_fixed", "_holders", "_of", "_periods", "_rooms", "_since", "_until")

    def __init__(
        self,
        reps: Sequence[Rep],
        counts: Callable[[Cap], bool],
        fixed: Sequence[Rooms],
        memory: Memory,
    ) -> None:
        known: dict[_CapPeriod, int] = {}
        self._of = []
        for rep in reps:
            own = [memory.period(cap, rep) for cap in rep.caps if counts(cap)]
            self._of.append(tuple([known.setdefault(each, len(known)) for each in own]))
        self._periods = tuple(known)
        self._holders = [cap_holder(rep.id) for rep in reps]
        self._fixed = fixed
        self._rooms: list[Rooms] | None = None
        self._since = self._until = _LONG_AGO

    def rooms(self, now: datetime | None) -> tuple[Sequence[Rooms], bool]:
        """The counters with a limit of each candidate at an instant, and whether they are other ones than before.

        Raises:
            FactTypeError: There are caps, and nobody said what time it is.
        """
        if not self._periods:
            return self._fixed, False
        at = known(now)
        if self._rooms is not None and self._since <= at < self._until:
            return self._rooms, False
        for period in self._periods:
            if not period.since <= at < period.until:
                period.look(at)
        self._since = max([period.since for period in self._periods])
        self._until = min([period.until for period in self._periods])
        if len(self._periods) == 1 or {*map(len, self._of)} == {1}:
            found = [period.rooms for period in self._periods]
            self._rooms = [
                tuple([(holder + key, room) for key, room in found[of[0]]]) if of else ()
                for holder, of in zip(self._holders, self._of, strict=True)
            ]
        else:
            self._rooms = [
                tuple(
                    [
                        (holder + key, room)
                        for number in of
                        for key, room in self._periods[number].rooms
                    ]
                )
                for holder, of in zip(self._holders, self._of, strict=True)
            ]
        if any(self._fixed):
            self._rooms = [
                (*first, *more) for first, more in zip(self._fixed, self._rooms, strict=True)
            ]
        return self._rooms, True


class Candidates:
    """Those whom neither rule nor lead excludes for good.

    Attributes:
        reps: They, in the order of their ids.
        ids: Their ids.
        shifts: The hours that any of them has, each once.
        shift_of: For each rep, where theirs are among ``shifts``; -1 when they have none.
    """

    __slots__ = (
        "_by_open",
        "_capacity",
        "_caps",
        "_columns",
        "_duty",
        "_everybody",
        "_kept",
        "_known",
        "_rule",
        "_since",
        "_until",
        "ids",
        "memory",
        "reps",
        "shift_of",
        "shifts",
    )

    def __init__(self, reps: tuple[Rep, ...], rule: Rule, memory: Memory) -> None:
        self.reps, self.memory, self._rule = reps, memory, rule
        self.ids = tuple([rep.id for rep in reps])
        numbers: dict[Hours, int] = {}
        self.shift_of = [
            -1 if (hours := rep.hours) is None else numbers.setdefault(hours, len(numbers))
            for rep in reps
        ]
        self.shifts = tuple(numbers)
        self._columns: dict[Hashable, _Column] = {}
        self._known: list[Shift] = []
        self._by_open: dict[tuple[bool, ...], OnDuty] = {}
        self._duty: OnDuty | None = None
        self._since = self._until = _LONG_AGO
        self._everybody: OnDuty | None = None
        limited = any(rep.capacity is not None for rep in reps)
        self._capacity: Sequence[tuple[str, float]] = ()
        if limited:
            self._capacity = [
                (rep.id, _ALWAYS if rep.capacity is None else rep.capacity - rule.cost)
                for rep in reps
            ]
        self._caps: dict[str | None, _Caps] = {}
        self._kept: dict[str | None, Limits] = {}
        memory.take(300 + 6 * len(reps))

    @property
    def everybody(self) -> OnDuty:
        """All of them, no matter who is at work."""
        if self._everybody is None:
            self._everybody = OnDuty(self, None)
        return self._everybody

    def column(self, key: Hashable, value_of: Callable[[Rep], T]) -> list[T]:
        """The value of each candidate, worked out when it is first asked for."""
        found = self._columns.get(key)
        if found is None:
            found = [value_of(rep) for rep in self.reps]
            self._columns[key] = found
            self.memory.take(50 + len(found))
        return found

    def on_duty(self, now: datetime | None) -> OnDuty:
        """Those at work.

        Raises:
            FactTypeError: Somebody has hours, and nobody said what time it is.
        """
        if not self.shifts:
            return self.everybody
        at = known(now)
        if self._duty is None or not self._since <= at < self._until:
            self._duty = self._look(at)
        return self._duty

    def states(self) -> Sequence[Shift]:
        """The state of each of ``shifts`` when those on duty were last asked for."""
        return self._known

    def _look(self, at: datetime) -> OnDuty:
        look = self.memory.shift
        self._known = [look(hours, at) for hours in self.shifts]
        self._since = max([shift.since for shift in self._known])
        self._until = min([shift.until for shift in self._known])
        is_open = tuple([shift.is_open for shift in self._known])
        found = self._by_open.get(is_open)
        if found is None:
            here = [*is_open, True]  # the last one is for who has no hours
            places = [place for place, of in enumerate(self.shift_of) if here[of]]
            found = OnDuty(self, None if len(places) == len(self.reps) else places)
            if len(self._by_open) >= _MOST_CREWS:
                self._by_open.clear()
            self._by_open[is_open] = found
            self.memory.take(100 + 3 * len(places))
        return found

    def limits(
        self, counts: Callable[[Cap], bool], source: str | None, now: datetime | None
    ) -> Limits:
        """How much room each candidate has for a lead.

        Args:
            counts: Whether the lead counts on a cap.
            source: The lead's source, where any cap asks about it.
            now: The instant of the offer.
        """
        caps = self._caps.get(source)
        if caps is None:
            caps = self._caps[source] = _Caps(self.reps, counts, self._buckets(), self.memory)
            self.memory.take(100 + 30 * len(self.reps))
        rooms, other = caps.rooms(now)
        found = self._kept.get(source)
        if other or found is None:
            found = self._kept[source] = Limits.of(self._capacity, rooms)
        return found

    def _buckets(self) -> list[Rooms]:
        segment, cost = self._rule.counts_as, self._rule.cost
        return [
            ((bucket_key(rep.id, segment), rep.buckets[segment] - cost),)
            if segment in rep.buckets
            else ()
            for rep in self.reps
        ]


def _shift(hours: Hours, now: datetime) -> Shift:
    try:
        is_open = hours.is_open(now)
        until = None if is_open else hours.next_open(now)
    except LeadrouteError:
        raise
    except Exception:  # noqa: BLE001 - holidays may be any container of the host's
        return Shift(False, now, now, None, fails=True)
    if not is_open:
        return Shift(False, now, until or _FOR_EVER, until)
    try:
        ends = hours.next_close(now)
    except LeadrouteError:
        raise
    except Exception:  # noqa: BLE001 - as above; it is open now, and is asked again next time
        ends = now
    return Shift(True, now, _FOR_EVER if ends is None else ends, None)


class CandidateSet:
    """The reps of one pool under one rule.

    Args:
        rule: The rule.
        pool: The pool.
        members: The reps of the pool, with the holidays of the policy, in the order of their ids.
        environment: The predicates and lists that the host brings for conditions.
        team: What is kept for the roster: rules that exclude the same reps for good share their candidates.
        asks: Whether there are criteria besides requirement, territory, hours and limits.

    Attributes:
        sources: The sources whose leads a cap counts.
        score: The score of the rule.
        terms: Its terms.
        weights: Their weights.
        mode: The mode of a round robin that stands alone; ``None`` for any other score.
        random: Whether the points hang on luck.
        takes_turns: Whether the score reads the turns of the pool.
        counters: The counts of a rep that the score reads, by their names in ``Snapshot``.
        fields: The same, with what limits and ties read.
    """

    __slots__ = (
        "_fits",
        "_meets",
        "_memory",
        "_values",
        "asks",
        "counters",
        "fields",
        "members",
        "mode",
        "random",
        "rule",
        "score",
        "sources",
        "takes_turns",
        "terms",
        "weights",
    )

    def __init__(
        self,
        rule: Rule,
        pool: str,
        members: tuple[Rep, ...],
        environment: Environment,
        team: Team,
        *,
        asks: bool,
    ) -> None:
        self.rule, self.members, self._memory = rule, members, team.memory
        self._meets: Test | None = None
        self._values: LeadValues | None = None
        if rule.require is not None:
            self._meets = compile_condition(rule.require, environment)
            self._values = lead_values(rule.require, environment)
        caps = [cap for rep in members for cap in rep.caps]
        self.sources = frozenset(cap.source for cap in caps if cap.source is not None)
        self.score = scoring_of(rule)
        self.terms = self.score.terms
        self.weights = [term.weight for term in self.terms]
        self.mode = self.score.mode if isinstance(self.score, round_robin) else None
        self.takes_turns, self.counters = self.score.takes_turns, self.score.counters
        self.random = self.score.random
        ties = set() if self.mode else {"last_assigned"}
        self.fields = self.counters | {"open", "used"} | ties
        self.asks = asks
        narrowed = any(rep.buckets for rep in members) or any(cap.segment for cap in caps)
        alike = pool, rule.require, rule.territory, rule.cost, rule.counts_as if narrowed else None
        self._fits = team.fits.setdefault(alike, {})

    def home(self, matches: Iterable[Match]) -> Territory | None:
        """The most specific of the lead's territories that has a rep among the members."""
        for match in matches:
            if any(map(match.territory.role, self.members)):
                return match.territory
        return None

    def candidates(
        self, lead: Lead, now: datetime | None, matches: tuple[Match, ...]
    ) -> Candidates:
        """Those whom neither rule nor lead excludes for good.

        Raises:
            FactTypeError: The requirement met a fact of the wrong type.
        """
        values = self._values
        if self._meets is not None and values is None:
            return self._choose(lead, now, matches)
        key: Hashable = None if values is None else values(lead)
        if self.rule.territory:
            key = key, tuple([match.territory.name for match in matches])
        found = self._fits.get(key)
        if found is None:
            found = self._choose(lead, now, matches)
            self._fits[key] = found
        return found

    def _choose(self, lead: Lead, now: datetime | None, matches: tuple[Match, ...]) -> Candidates:
        meets, reps = self._meets, self.members
        if meets is not None:
            reps = tuple([rep for rep in reps if meets(lead, rep, now)])
        if self.rule.territory:
            home = self.home(matches)
            reps = () if home is None else tuple([rep for rep in reps if home.role(rep) is not None])
        able = tuple([rep for rep in reps if rep.active and rep.weight])
        return Candidates(able, self.rule, self._memory)


class Teams:
    """The candidates that a router keeps for the rosters it was asked about last."""

    __slots__ = ("_rosters",)

    def __init__(self) -> None:
        self._rosters: OrderedDict[int, Team] = OrderedDict()

    def of(self, roster: Roster) -> Team:
        """What is kept for a roster. The roster is held, so no other one can have its number meanwhile."""
        found = self._rosters.get(id(roster))
        if found is None:
            if len(self._rosters) >= MOST_ROSTERS:
                self._rosters.popitem(last=False)
            found = self._rosters[id(roster)] = Team(roster)
        return found


class Team:
    """What is kept for one roster.

    Attributes:
        sets: The candidate set of each rule and pool.
        fits: The candidates by pool and all else that excludes for good, and then by the values of the lead.
        memory: What bounds it.
    """

    __slots__ = ("_roster", "fits", "memory", "sets")

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self.sets: dict[tuple[str, str], CandidateSet] = {}
        self.fits: dict[Hashable, dict[Hashable, Candidates]] = {}
        self.memory = Memory(len(roster), self._forget)

    def _forget(self) -> None:
        for kept in tuple(self.fits.values()):
            kept.clear()
