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
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from leadroute.errors import LeadrouteError
from leadroute.model.atlas import Match
from leadroute.model.hours import Hours
from leadroute.model.keys import cap_holder
from leadroute.model.lead import Lead
from leadroute.model.limits import Bound, Cap
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.territory import Territory
from leadroute.model.values import known
from leadroute.ranking.scorers.round_robin import round_robin
from leadroute.ranking.tally import Tally, Toll
from leadroute.rules.closures import Environment, Test, compile_condition
from leadroute.rules.lead_values import LeadValues, lead_values
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer

__all__ = ["CandidateSet", "Candidates", "Limits", "OnDuty", "Shift", "Teams", "scoring_of"]

T = TypeVar("T")

MOST_CELLS: Final = 2_000_000
"""How many values are kept for one roster before all are forgotten: 16 MB."""

MOST_ROSTERS: Final = 8
"""For how many rosters a router keeps candidates."""

_ALWAYS: Final = float("inf")
_Column: TypeAlias = list[Any]
_ROUND_ROBIN: Final[Scorer] = round_robin()


def scoring_of(rule: Rule) -> Scorer:
    """The score of a rule: its own, else ``round_robin()``."""
    return _ROUND_ROBIN if rule.score is None else rule.score


class Memory:
    """How many values are kept, and what forgets them when they become too many."""

    __slots__ = ("cells", "forget")

    def __init__(self, forget: Callable[[], None]) -> None:
        self.cells, self.forget = 0, forget

    def take(self, cells: int) -> None:
        """Count values that are kept from now on. A decision under way keeps what it holds."""
        self.cells += cells
        if self.cells > MOST_CELLS:
            self.cells = cells
            self.forget()


class Shift(NamedTuple):
    """Whether some hours are open, and until when that is known to stay so.

    Args:
        is_open: Whether they are.
        until: When they next open or close; ``None`` when they never do again.
        fails: Whether the calendar is the host's and failed, so that they count as closed.
    """

    is_open: bool
    until: datetime | None
    fails: bool = False


class Limits(NamedTuple):
    """What a lead counts against with each of some reps, and how much room there is.

    Args:
        tolls: The counters of each rep, apart from caps over all reps.
        capacity: The id of each rep and the most that may be open before; empty where nobody has a capacity.
        rooms: The other counters of each rep with a limit, each with the most that it may stand at before; empty where
            there are none.
        finite: Those counters of each rep that refuse for good; empty where there are none.
        single: ``rooms``, where each rep has exactly one.
        keys: The counters in ``rooms``.
    """

    tolls: Sequence[tuple[Toll, ...]]
    capacity: Sequence[tuple[str, float]]
    rooms: Sequence[tuple[tuple[str, int], ...]]
    finite: Sequence[tuple[Toll, ...]]
    single: Sequence[tuple[str, int]] = ()
    keys: Sequence[str] = ()

    @classmethod
    def of(cls, tolls: Sequence[tuple[Toll, ...]], reps: Sequence[Rep]) -> Limits:
        """The limits of some reps. O(counters)."""
        capacity = [
            (rep.id, _ALWAYS if own[0].most is None else own[0].most - own[0].units)
            for rep, own in zip(reps, tolls, strict=True)
        ]
        rooms = [
            tuple([(toll.key, toll.most - toll.units) for toll in own[1:] if toll.most is not None and toll.hard])
            for own in tolls
        ]
        finite = [tuple([toll for toll in own if not toll.passing]) for own in tolls]
        limited = any(most != _ALWAYS for _, most in capacity)
        alone = {*map(len, rooms)} == {1}
        return cls(
            tolls,
            capacity if limited else (),
            rooms if any(rooms) else (),
            finite if any(finite) else (),
            [own[0] for own in rooms] if alone else (),
            [key for own in rooms for key, _ in own],
        )

    def at(self, places: Sequence[int]) -> Limits:
        """The same for some of the reps."""
        columns = [[column[place] for place in places] if column else () for column in self[:-1]]
        return Limits(*columns)


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
                self.candidates.memory.take(len(found))
            self._columns[key] = found
        return found

    def limits(self, found: Limits) -> Limits:
        """The limits of those who are here, out of those of all candidates."""
        if self.places is None:
            return found
        if self._limits is None or self._limits[0] is not found:
            self._limits = found, found.at(self.places)
        return self._limits[1]


class _Period(NamedTuple):
    """What is known from one instant until another."""

    since: datetime | None
    until: datetime | None
    value: Any

    def holds(self, now: datetime | None) -> bool:
        if self.since is None:
            return True
        return now is not None and self.since <= now and (self.until is None or now < self.until)


class Candidates:
    """Those whom neither rule nor lead excludes for good.

    Attributes:
        reps: They, in the order of their ids.
        ids: Their ids.
        shifts: The hours that any of them has, each once.
        shift_of: For each rep, where theirs are among ``shifts``; -1 when they have none.
    """

    __slots__ = (
        "_columns",
        "_duty",
        "_everybody",
        "_limits",
        "ids",
        "memory",
        "reps",
        "shift_of",
        "shifts",
    )

    def __init__(self, reps: tuple[Rep, ...], memory: Memory) -> None:
        self.reps, self.memory = reps, memory
        self.ids = tuple([rep.id for rep in reps])
        numbers: dict[Hours, int] = {}
        self.shift_of = [
            -1 if (hours := rep.hours) is None else numbers.setdefault(hours, len(numbers)) for rep in reps
        ]
        self.shifts = tuple(numbers)
        self._columns: dict[Hashable, _Column] = {}
        self._duty: _Period | None = None
        self._limits: dict[str | None, _Period] = {}
        self._everybody: OnDuty | None = None
        memory.take(3 * len(reps))

    @property
    def everybody(self) -> tuple[OnDuty, Sequence[Shift]]:
        """All of them, no matter who is at work."""
        if self._everybody is None:
            self._everybody = OnDuty(self, None)
        return self._everybody, ()

    def column(self, key: Hashable, value_of: Callable[[Rep], T]) -> list[T]:
        """The value of each candidate, worked out when it is first asked for."""
        found = self._columns.get(key)
        if found is None:
            found = [value_of(rep) for rep in self.reps]
            self._columns[key] = found
            self.memory.take(len(found))
        return found

    def on_duty(self, now: datetime | None) -> tuple[OnDuty, Sequence[Shift]]:
        """Those at work, and the state of each of ``shifts``.

        Raises:
            FactTypeError: Somebody has hours, and nobody said what time it is.
        """
        found = self._duty
        if found is None or not found.holds(now):
            found = self._duty = self._look(now)
        duty: tuple[OnDuty, Sequence[Shift]] = found.value
        return duty

    def _look(self, now: datetime | None) -> _Period:
        if not self.shifts:
            return _Period(None, None, self.everybody)
        at = known(now)
        shifts = [_shift(hours, at) for hours in self.shifts]
        before = None if self._duty is None else self._duty.value
        is_open = [shift.is_open for shift in shifts]
        if before is not None and is_open == [shift.is_open for shift in before[1]]:
            duty = before[0]  # the same people, so their columns are kept
        else:
            here = [*is_open, True]  # the last one is for who has no hours
            places = [place for place, of in enumerate(self.shift_of) if here[of]]
            duty = OnDuty(self, None if len(places) == len(self.reps) else places)
            self.memory.take(2 * len(places))
        ends = [at if shift.fails else shift.until for shift in shifts]
        until = min([end for end in ends if end is not None], default=None)
        return _Period(at, until, (duty, shifts))

    def limits(self, tally: Callable[[], Tally], source: str | None, now: datetime | None) -> Limits:
        """What a lead counts against with each candidate, for as long as the periods of all caps last.

        Args:
            tally: Gives what the lead counts against.
            source: The lead's source, where any cap asks about it.
            now: The instant of the offer.
        """
        found = self._limits.get(source)
        if found is None or not found.holds(now):
            if len(self._limits) > 64:
                self._limits.clear()
            found = self._limits[source] = self._count(tally(), now)
            self.memory.take(4 * len(self.reps))
        limits: Limits = found.value
        return limits

    def _count(self, tally: Tally, now: datetime | None) -> _Period:
        periods = _Periods(now)
        tolls = [tuple(tally.own(rep, periods.bounds)) for rep in self.reps]
        limits = Limits.of(tolls, self.reps)
        return _Period(None if periods.until is None else now, periods.until, limits)


class _Periods:
    """The counters of caps at one instant: those that differ in the rep's id alone are worked out once."""

    def __init__(self, now: datetime | None) -> None:
        self._now, self.until = now, None
        self._known: dict[Hashable, tuple[Bound, ...]] = {}

    until: datetime | None

    def bounds(self, rep: Rep, cap: Cap) -> Iterable[Bound]:
        """The counters of one of the rep's caps."""
        now, hours = known(self._now), rep.hours
        place = (cap, rep.timezone, id(hours), rep.joined_at)
        found = self._known.get(place)
        if found is None:
            asked = now, rep.zone, hours, rep.joined_at
            found = self._known[place] = cap.bounds("", *asked)
            end = min(cap.turns(*asked))
            self.until = end if self.until is None else min(self.until, end)
        holder = cap_holder(rep.id)
        return [Bound(holder + bound.key, bound.most, bound.hard) for bound in found]


def _shift(hours: Hours, now: datetime) -> Shift:
    try:
        is_open = hours.is_open(now)
        until = None if is_open else hours.next_open(now)
    except LeadrouteError:
        raise
    except Exception:  # noqa: BLE001 - holidays may be any container of the host's
        return Shift(False, None, fails=True)
    if is_open:
        try:
            until = hours.next_close(now)
        except LeadrouteError:
            raise
        except Exception:  # noqa: BLE001 - as above; it is open now, and is asked again next time
            until = now
    return Shift(is_open, until)


class CandidateSet:
    """The reps of one pool under one rule.

    Args:
        rule: The rule.
        members: The reps of the pool, with the holidays of the policy, in the order of their ids.
        environment: The predicates and lists that the host brings for conditions.
        memory: What counts the values that are kept.
        asks: Whether there are criteria besides requirement, territory, hours and limits.

    Attributes:
        sources: The sources whose leads a cap counts.
        score: The score of the rule.
        terms: Its terms.
        weights: Their weights.
        mode: The mode of a round robin that stands alone; ``None`` for any other score.
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
        members: tuple[Rep, ...],
        environment: Environment,
        memory: Memory,
        *,
        asks: bool,
    ) -> None:
        self.rule, self.members, self._memory = rule, members, memory
        self._meets: Test | None = None
        self._values: LeadValues | None = None
        if rule.require is not None:
            self._meets = compile_condition(rule.require, environment)
            self._values = lead_values(rule.require, environment)
        self._fits: dict[Hashable, Candidates] = {}
        caps = [cap for rep in members for cap in rep.caps]
        self.sources = frozenset(cap.source for cap in caps if cap.source is not None)
        self.score = scoring_of(rule)
        self.terms = self.score.terms
        self.weights = [term.weight for term in self.terms]
        self.mode = self.score.mode if isinstance(self.score, round_robin) else None
        self.takes_turns, self.counters = self.score.takes_turns, self.score.counters
        ties = set() if self.mode else {"last_assigned"}
        self.fields = self.counters | {"open", "used"} | ties
        self.asks = asks
        memory.take(len(members))

    def forget(self) -> None:
        """Keep nothing but what belongs to the roster."""
        self._fits.clear()

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
        return Candidates(able, self._memory)


class Teams:
    """The candidates that a router keeps for the rosters it was asked about last."""

    __slots__ = ("_rosters",)

    def __init__(self) -> None:
        self._rosters: OrderedDict[int, _Team] = OrderedDict()

    def of(self, roster: Roster) -> _Team:
        """What is kept for a roster. The roster is held, so no other one can have its number meanwhile."""
        found = self._rosters.get(id(roster))
        if found is None:
            if len(self._rosters) >= MOST_ROSTERS:
                self._rosters.popitem(last=False)
            found = self._rosters[id(roster)] = _Team(roster)
        return found


class _Team:
    """The candidate sets of one roster, by rule and pool."""

    __slots__ = ("_sets", "memory", "roster")

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.memory = Memory(self.forget)
        self._sets: dict[tuple[str, str], CandidateSet] = {}

    def forget(self) -> None:
        for kept in tuple(self._sets.values()):
            kept.forget()

    def get(self, rule: str, pool: str) -> CandidateSet | None:
        """The candidate set of a rule and a pool, if it is kept."""
        return self._sets.get((rule, pool))

    def keep(self, rule: str, pool: str, found: CandidateSet) -> None:
        """Keep a candidate set."""
        self._sets[rule, pool] = found
