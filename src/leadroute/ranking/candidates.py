"""The candidates of a rule in a pool, computed once and kept from lead to lead.

* A ``CandidateSet`` belongs to one rule, pool and roster. What does not depend on
  lead, counts or instant is asked once.
* ``Candidates`` are those whom neither rule nor lead excludes for good: active, with a weight,
  meeting the requirement, in the territory. Leads that are equal in what is asked of them share
  one. Counters are read for candidates alone.
* Everything kept is bounded by the number of values (``MOST_CELLS``) and can be forgotten at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import compress, zip_longest
from typing import Any, Final, NamedTuple, TypeAlias

from leadroute.model.caps import Bound, Cap
from leadroute.model.keys import cap_holder, is_open_key, segment_open_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Pauses, Rep, Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import Territory
from leadroute.model.territory_index import Match
from leadroute.model.validation import known
from leadroute.model.working_hours import Hours, unless_failing
from leadroute.ranking.scorers.round_robin import round_robin
from leadroute.rules.conditions import And, Comparison, Condition, Contains, Named
from leadroute.rules.evaluation import LeadValues, Registry, Test, compile_condition, lead_values
from leadroute.rules.operand import Const, Field, Operand
from leadroute.rules.routing_context import Crew
from leadroute.rules.rule import Rule
from leadroute.rules.scorer import Scorer, averaging
from leadroute.rules.terms import Terms

ByValue: TypeAlias = Mapping[str, Sequence[Rep]]


def asked_first(where: Condition) -> tuple[str, str] | None:
    """The field of the rep and the value with which a condition begins, if it begins so."""
    if isinstance(where, Named):
        return asked_first(where.condition)
    if isinstance(where, And):
        # The first part alone: a later one is not asked where an earlier one says no.
        return asked_first(where.parts[0])
    if isinstance(where, Contains) and not where.negated:
        return _named(where.container, where.item)
    if isinstance(where, Comparison) and where.op == "==":
        return _named(where.left, where.right)
    return None


def _named(field: Operand, value: Operand) -> tuple[str, str] | None:
    plain = isinstance(field, Field) and field.entity == "rep" and not field.custom
    if plain and isinstance(value, Const) and isinstance(value.value, str):
        return field.name, value.value  # type: ignore[union-attr]  # looked at just now
    return None


def by_value(roster: Roster, name: str) -> ByValue | None:
    """The reps by the values of a field of texts; ``None`` for any other. O(values of reps)."""
    found: dict[str, list[Rep]] = {}
    for rep in roster.reps:
        value = getattr(rep, name)
        if not isinstance(value, frozenset | str | None):
            return None
        for each in value if isinstance(value, frozenset) else (value or "",):
            found.setdefault(each, []).append(rep)
    return found


def likely(kept: dict[str, ByValue | None], where: Condition, roster: Roster) -> Sequence[Rep]:
    """Those for whom a condition may hold, in the order of their ids."""
    asked = asked_first(where)
    if asked is None:
        return roster.reps
    name, value = asked
    if name not in kept:
        kept[name] = by_value(roster, name)
    found = kept[name]
    return roster.reps if found is None else found.get(value, ())


MOST_CELLS: Final = 500_000
CELLS_A_REP: Final = 400
"""How many values are kept for a roster and for each rep; one takes about 8 bytes."""

MOST_ROSTERS: Final = 8
"""For how many rosters a router keeps candidates."""

_ALWAYS: Final = float("inf")
_MOST_VIEWS: Final = 64
"""For how many sources of leads the view is kept."""

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_FOR_EVER: Final = datetime.max.replace(tzinfo=UTC)
_CountedBy: TypeAlias = tuple[str | None, str | None, str | None]
"""What a cap asks about a lead: source, pool and segment."""
Rooms: TypeAlias = tuple[tuple[str, float], ...]
"""Counters, each with the most that it may stand at before a lead."""

NO_LIMIT: Final[tuple[str, float]] = ("", _ALWAYS)
"""A counter that no rep has, for the columns of reps with fewer limits."""
_ROUND_ROBIN: Final[Scorer] = round_robin()


def scoring_of(rule: Rule) -> Scorer:
    """The score of a rule: its own, else ``round_robin()``."""
    return _ROUND_ROBIN if rule.score is None else rule.score


class Memory:
    """What a roster's candidates share: the calendars looked at, and a bound on what is kept."""

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
    """Whether some hours are open, and until when that is known to stay so."""

    is_open: bool
    since: datetime
    until: datetime
    opens: datetime | None
    fails: bool = False


class View(NamedTuple):
    """What is known of the candidates for leads from one source, from one instant until another.

    Args:
        since: From when on.
        until: Until when.
        crew: Those at work.
        shifts: The state of each of the candidates' hours; none where nobody asked.
        limits: How much room each candidate has.
        here: The same of those at work.
    """

    since: datetime
    until: datetime
    crew: Crew
    shifts: Sequence[Shift]
    limits: Limits
    here: Limits


class Column(NamedTuple):
    """One counter of each of some reps, the most that it may stand at, and the least of these."""

    keys: Sequence[str]
    rooms: Sequence[float]
    least: float

    @classmethod
    def of(cls, keys: Sequence[str], rooms: Sequence[float]) -> Column:
        """The counters of some reps."""
        return cls(keys, rooms, min(rooms, default=_ALWAYS))

    def part(self, part: Sequence[bool]) -> Column:
        """The same for some of the reps."""
        return Column.of([*compress(self.keys, part)], [*compress(self.rooms, part)])


class Limits(NamedTuple):
    """How much room some reps have for a lead, and on which counters.

    Args:
        capacity: The open work of each rep; ``None`` where no rep has a capacity.
        columns: The first, the second ... other counter of each rep with a limit; an empty key for a rep who has fewer.
        keys: The counters in ``columns``; none of those of some of the reps.
    """

    capacity: Column | None
    columns: Sequence[Column]
    keys: Sequence[str] = ()

    @classmethod
    def of(cls, capacity: Column | None, rooms: Sequence[Rooms]) -> Limits:
        """The limits of some reps."""
        ranks = zip_longest(*rooms, fillvalue=NO_LIMIT)
        columns = [Column.of(*zip(*limits, strict=True)) for limits in ranks]
        return cls(capacity, columns, [key for column in columns for key in column.keys if key])

    def code(self, at: int, snapshot: Snapshot) -> str:
        """The code of the first limit that has no room with the rep at a place, as ``Charges`` orders them."""
        capacity, used = self.capacity, snapshot.used.get
        if capacity is not None and snapshot.open.get(capacity.keys[at], 0) > capacity.rooms[at]:
            return "at_capacity"
        columns = self.columns
        full = [each.keys[at] for each in columns if used(each.keys[at], 0) > each.rooms[at]]
        return "at_capacity" if any(map(is_open_key, full)) else "cap_reached"

    def part(self, part: Sequence[bool]) -> Limits:
        """The same for some of the reps."""
        capacity = None if self.capacity is None else self.capacity.part(part)
        return Limits(capacity, [column.part(part) for column in self.columns])


class _Stretch(NamedTuple):
    """What is known from one instant until another: one value, so that threads see it whole."""

    since: datetime
    until: datetime
    value: Any

    def holds(self, at: datetime) -> bool:
        return self.since <= at < self.until


_NEVER: Final = _Stretch(_LONG_AGO, _LONG_AGO, None)


class _CapPeriod:
    """One cap as it counts for all reps of one calendar."""

    __slots__ = ("_asked", "_cap", "_last")

    def __init__(self, cap: Cap, rep: Rep) -> None:
        self._cap, self._asked = cap, (rep.zone, rep.hours, rep.joined_at)
        self._last = _NEVER

    def at(self, now: datetime) -> _Stretch:
        """The counters and their rooms at an instant, without whose they are, until they are other ones."""
        found = self._last
        if not found.holds(now):
            until = min(self._cap.turns(now, *self._asked))
            bounds = self._cap.bounds("", now, *self._asked)
            found = self._last = _Stretch(now, until, (bounds, _rooms(bounds)))
        return found


class _Caps:
    """The caps on which leads from one source count, of all candidates."""

    __slots__ = ("_candidates", "_holders", "_last", "_of", "_periods")

    def __init__(self, candidates: Candidates, lead: _CountedBy, memory: Memory) -> None:
        known: dict[_CapPeriod, int] = {}
        self._of = []
        for rep in candidates.crew.reps:
            own = [memory.period(cap, rep) for cap in rep.caps if cap.counts(*lead)]
            self._of.append(tuple([known.setdefault(each, len(known)) for each in own]))
        self._periods = tuple(known)
        self._holders = [cap_holder(rep.id) for rep in candidates.crew.reps]
        self._candidates = candidates
        self._last = _NEVER
        if not known:
            limits = Limits.of(candidates.capacity, candidates.capacity_by_segment)
            self._last = _Stretch(_LONG_AGO, _FOR_EVER, limits)

    def limits(self, now: datetime | None) -> _Stretch:
        """How much room each candidate has at an instant, and from when until when that is so."""
        last = self._last
        if self._periods:
            at = known(now)
            if not last.holds(at):
                last = self._last = self._look(at)
        return last

    def _look(self, at: datetime) -> _Stretch:
        stretches = [period.at(at) for period in self._periods]
        found = [stretch.value[1] for stretch in stretches]
        rooms: list[Rooms] = [
            tuple([(holder + key, room) for number in of for key, room in found[number]])
            for holder, of in zip(self._holders, self._of, strict=True)
        ]
        capacity_by_segment = self._candidates.capacity_by_segment
        if any(capacity_by_segment):
            rooms = [
                (*first, *more) for first, more in zip(capacity_by_segment, rooms, strict=True)
            ]
        since = max([stretch.since for stretch in stretches])
        until = min([stretch.until for stretch in stretches])
        return _Stretch(since, until, Limits.of(self._candidates.capacity, rooms))


def _rooms(bounds: Iterable[Bound]) -> Rooms:
    return tuple([(bound.key, bound.most - 1) for bound in bounds if bound.hard])


class Candidates:
    """The reps whom neither rule nor lead excludes for good.

    Args:
        reps: These reps, in the order of their ids.
        rule: The rule, for what its leads take of a capacity.
        memory: What is kept of calendars, and a bound on what is kept.
        kept: Whether they serve more than one lead.

    Attributes:
        crew: The reps, with the columns of values that are kept of them.
        capacity: The open work of each; ``None`` where no rep has a capacity.
        capacity_by_segment: The counter of the rule's segment, for each who has one.
        shifts: The hours that any of them has, each once.
        shift_of: For each rep, where theirs are among ``shifts``; -1 when they have none.
        kinds: What stands in ``shift_of``, each once.
    """

    __slots__ = (
        "_caps",
        "_everybody",
        "_kept",
        "_last",
        "_left_out",
        "_memory",
        "_views",
        "capacity",
        "capacity_by_segment",
        "crew",
        "kinds",
        "shift_of",
        "shifts",
    )

    def __init__(
        self, reps: tuple[Rep, ...], rule: Rule, memory: Memory, *, kept: bool = True
    ) -> None:
        self._memory, self._kept = memory, kept
        self._left_out: Mapping[str, Sequence[str]] | None = None
        self.crew = Crew(reps, take=memory.take if kept else None)
        numbers: dict[Hours, int] = {}
        self.shift_of = [
            -1 if (hours := rep.hours) is None else numbers.setdefault(hours, len(numbers))
            for rep in reps
        ]
        self.shifts, self.kinds = tuple(numbers), frozenset(self.shift_of)
        limited = any(rep.capacity is not None for rep in reps)
        rooms = [
            _ALWAYS if rep.capacity is None else rep.capacity - rule.capacity_cost for rep in reps
        ]
        self.capacity = Column.of(self.crew.ids, rooms) if limited else None
        self.capacity_by_segment = [_segment_room(rep, rule) for rep in reps]
        self._last = _NEVER
        self._everybody = _Stretch(_LONG_AGO, _FOR_EVER, (None, ()))
        self._caps: dict[str | None, _Caps] = {}
        self._views: dict[tuple[str | None, bool], View] = {}
        self.take(300 + 6 * len(reps))

    def left_out(
        self, found: CandidateSet, lead: Lead, now: datetime | None
    ) -> Iterable[tuple[str, Sequence[str]]]:
        """The ids of the members whom rule or lead exclude for good, by the code of the first reason."""
        if self._left_out is None:
            self._left_out = found.left_out(frozenset(self.crew.ids), lead, now)
            self.take(50 + len(found.members))
        return self._left_out.items()

    def take(self, cells: int) -> None:
        """Count values that are kept."""
        if self._kept:
            self._memory.take(cells)

    def view(
        self, lead: _CountedBy, now: datetime | None, *, by_source: bool, ignore_availability: bool
    ) -> View:
        """Those at work and how much room they have, kept until an hour or a period ends."""
        key = lead[0] if by_source else None, ignore_availability
        last = self._views.get(key)
        if last is not None and now is not None and last[0] <= now < last[1]:
            return last
        limits, duty = self._limits(key[0], lead, now), self._everybody
        if self.shifts and not ignore_availability:
            at, duty = known(now), self._last
            if not duty.holds(at):
                duty = self._last = self._look(at)
        since, until = max(limits.since, duty.since), min(limits.until, duty.until)
        part, shifts = duty.value
        crew, here = self.crew, limits.value
        if part is not None:
            crew, here = crew.part(part), here.part(part)
        found = View(since, until, crew, shifts, limits.value, here)
        if len(self._views) >= _MOST_VIEWS:
            self._views.clear()
        self._views[key] = found
        return found

    def _look(self, at: datetime) -> _Stretch:
        shifts = [self._memory.shift(hours, at) for hours in self.shifts]
        here = [*[shift.is_open for shift in shifts], True]  # the last one is for who has no hours
        part = None if all(here) else [here[of] for of in self.shift_of]
        since = max([shift.since for shift in shifts])
        until = min([shift.until for shift in shifts])
        return _Stretch(since, until, (part, shifts))

    def _limits(self, source: str | None, lead: _CountedBy, now: datetime | None) -> _Stretch:
        caps = self._caps.get(source)
        if caps is None:
            caps = self._caps[source] = _Caps(self, lead, self._memory)
            self.take(100 + 30 * len(self.crew.reps))
        return caps.limits(now)

    def bounds(self, now: datetime | None, rep: Rep, cap: Cap) -> Iterable[Bound]:
        """The counters of one of a rep's caps, as ``Rep.bounds`` gives them."""
        holder, bounds = cap_holder(rep.id), self._memory.period(cap, rep).at(known(now)).value[0]
        return [Bound(holder + bound.key, bound.most, bound.hard) for bound in bounds]


def _segment_room(rep: Rep, rule: Rule) -> Rooms:
    most = rep.capacity_by_segment.get(rule.counts_as)
    return (
        ()
        if most is None
        else ((segment_open_key(rep.id, rule.counts_as), most - rule.capacity_cost),)
    )


def _shift(hours: Hours, now: datetime) -> Shift:
    def state() -> Shift:
        if hours.is_open(now):
            # It is open, so a calendar that fails later on is asked again next time.
            ends = unless_failing(partial(hours.next_close, now), lambda _error: now)
            return Shift(True, now, ends or _FOR_EVER, None)
        opens = hours.next_open(now)
        return Shift(False, now, opens or _FOR_EVER, opens)

    return unless_failing(state, lambda _error: Shift(False, now, now, None, fails=True))


def _stops_for_a_time(snapshot: Snapshot, rep: Rep) -> bool:
    """Whether the counts say until when a rep gets no offer."""
    pause = snapshot.paused.get(rep.id)
    ends = rep.id in snapshot.cooling or bool(snapshot.paced.get(rep.id))
    return ends or (pause is not None and pause.until is not None)


class CandidateSet:
    """The reps of one pool under one rule.

    Args:
        rule: The rule.
        pool: The pool.
        members: The reps of the pool, with the holidays of the policy, in the order of their ids.
        registry: The predicates and lists of the policy.
        team: What is kept for the roster: rules that exclude the same reps for good share their candidates.
        offer: The terms of the offers, and the version of the policy.
        pauses: For how long what has just happened to a rep still counts in this pool.
        asks: Whether there are criteria besides requirement, territory, hours and limits.

    Attributes:
        offer: The terms of the offers, and the version of the policy.
        pauses: For how long what has just happened to a rep still counts in this pool.
        sources: The sources whose leads a cap counts.
        score: The score of the rule.
        counts_as: The segment of the rule.
        terms: Its terms.
        scorers: What gives their points.
        means: What makes the score of theirs.
        mode: The mode of a round robin that stands alone; ``None`` for any other score.
        random: Whether the points depend on luck.
        registry: The predicates and lists of the policy.
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
        "counts_as",
        "fields",
        "means",
        "members",
        "mode",
        "offer",
        "pauses",
        "random",
        "registry",
        "rule",
        "score",
        "scorers",
        "sources",
        "takes_turns",
        "terms",
    )

    def __init__(
        self,
        rule: Rule,
        pool: str,
        members: tuple[Rep, ...],
        registry: Registry,
        team: Team,
        offer: tuple[Terms, str],
        pauses: Pauses,
        *,
        asks: bool,
    ) -> None:
        self.rule, self.members, self._memory = rule, members, team.memory
        self._meets: Test | None = None
        self._values: LeadValues | None = None
        if rule.require is not None:
            self._meets = compile_condition(rule.require, registry)
            self._values = lead_values(rule.require, registry)
        caps = [cap for rep in members for cap in rep.caps]
        self.sources = frozenset(cap.source for cap in caps if cap.source is not None)
        self.score = scoring_of(rule)
        self.terms = self.score.terms
        self.scorers = [term.scorer for term in self.terms]
        self.means = averaging([term.weight for term in self.terms], 0.0)
        self.counts_as = rule.counts_as
        self.mode = self.score.mode if isinstance(self.score, round_robin) else None
        self.takes_turns, self.counters = self.score.takes_turns, self.score.counters
        self.random = self.score.random
        ties = set() if self.mode else {"last_assigned"}
        self.fields = self.counters | {"open", "used"} | ties
        self.asks, self.registry, self.offer, self.pauses = asks, registry, offer, pauses
        if any(map(pauses.after_contact, members)):
            self.fields |= {"contacted"}
        narrowed = any(rep.capacity_by_segment for rep in members) or any(
            cap.segment for cap in caps
        )
        segment = self.counts_as if narrowed else None
        alike = pool, rule.require, rule.in_territory, rule.capacity_cost, segment
        self._fits = team.fits.setdefault(alike, {})

    def is_timed(
        self,
        able: Iterable[Rep],
        snapshot: Snapshot,
        *,
        ignore_availability: bool,
    ) -> bool:
        """Whether a decision, or a reason for one of the members, asks what time it is. O(members).

        Hours and presence are asked of every member, and the rest after a contact of those alone
        whom neither rule nor lead excludes for good. Caps ask for themselves.
        """
        if any(map(partial(_stops_for_a_time, snapshot), self.members)):
            return True
        if ignore_availability:
            return False
        seen, contacted = snapshot.presence, snapshot.contacted
        return any(
            rep.hours is not None or seen.get(rep.id) is not None for rep in self.members
        ) or any(
            contacted.get(rep.id) is not None and self.pauses.after_contact(rep) for rep in able
        )

    def absent(self, able: Iterable[str]) -> tuple[Rep, ...]:
        """The members who are not among those with these ids."""
        ids = {*able}
        return tuple([rep for rep in self.members if rep.id not in ids])

    def home(self, matches: Iterable[Match]) -> Territory | None:
        """The most specific of the lead's territories that has a rep among the members."""
        for match in matches:
            if any(map(match.territory.role, self.members)):
                return match.territory
        return None

    def candidates(
        self, lead: Lead, now: datetime | None, matches: tuple[Match, ...]
    ) -> Candidates:
        """Return the reps whom neither rule nor lead excludes for good."""
        values = self._values
        if self._meets is not None and values is None:
            return self._choose(lead, now, matches, kept=False)
        key: Hashable = None if values is None else values(lead)
        if self.rule.in_territory:
            key = key, tuple([match.territory.name for match in matches])
        found = self._fits.get(key)
        if found is None:
            found = self._choose(lead, now, matches)
            self._fits[key] = found
        return found

    def left_out(
        self, able: frozenset[str], lead: Lead, now: datetime | None
    ) -> Mapping[str, Sequence[str]]:
        """The ids of the other members, by the code of what excludes each for good. O(members)."""
        meets, found = self._meets, dict[str, list[str]]()
        for rep in self.members:
            if rep.id in able:
                continue
            if not rep.active:
                code = "inactive"
            elif not rep.weight:
                code = "zero_weight"
            elif meets is not None and not meets(lead, rep, now):
                code = "requirement_not_met"
            else:
                code = "outside_territory"
            found.setdefault(code, []).append(rep.id)
        return found

    def _choose(
        self,
        lead: Lead,
        now: datetime | None,
        matches: tuple[Match, ...],
        *,
        kept: bool = True,
    ) -> Candidates:
        meets, reps = self._meets, self.members
        if meets is not None:
            reps = tuple([rep for rep in reps if meets(lead, rep, now)])
        if self.rule.in_territory:
            home = self.home(matches)
            reps = (
                () if home is None else tuple([rep for rep in reps if home.role(rep) is not None])
            )
        able = tuple([rep for rep in reps if rep.active and rep.weight])
        return Candidates(able, self.rule, self._memory, kept=kept)


class Teams:
    """The candidates that a router keeps for the rosters it was asked about last."""

    __slots__ = ("_last", "_teams")

    def __init__(self) -> None:
        self._teams: tuple[Team, ...] = ()
        self._last: Team | None = None

    def of(self, roster: Roster) -> Team:
        """What is kept for a roster."""
        last = self._last
        if last is not None and last.roster is roster:
            return last
        found = next((team for team in self._teams if team.roster is roster), None)
        if found is None:
            found = Team(roster)
            if not roster.brief:
                self._teams = (*self._teams[1 - MOST_ROSTERS :], found)
        self._last = found
        return found


class Team:
    """What is kept for one roster.

    Attributes:
        kept: What others keep for it, by name.
    """

    __slots__ = ("by_value", "fits", "kept", "memory", "roster", "sets")

    def __init__(self, roster: Roster) -> None:
        self.roster = roster
        self.sets: dict[tuple[str, str, int], CandidateSet] = {}
        self.fits: dict[Hashable, dict[Hashable, Candidates]] = {}
        self.by_value: dict[str, ByValue | None] = {}
        self.kept: dict[str, Any] = {}
        self.memory = Memory(len(roster), self._forget)

    def _forget(self) -> None:
        for kept in tuple(self.fits.values()):
            kept.clear()
