"""What a rep has already: open work, room for more, and leads that are theirs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Set
from datetime import datetime, tzinfo
from functools import lru_cache
from operator import getitem
from typing import Literal, NamedTuple, TypeAlias

from attrs import field, frozen

from leadroute.model.caps import Bound, Cap
from leadroute.model.keys import cap_holder
from leadroute.model.rep import Rep
from leadroute.model.territory import domains_of
from leadroute.model.working_hours import Hours
from leadroute.ranking.scorers.parameters import choice, positive, yes_or_no
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


@frozen
class free_capacity(Scorer):
    """The free share of the rep's capacity, or the free units.

    Formula: (capacity - open) / capacity, from 0 to 1; with ``units``, (capacity - open) / the most
    free units of a candidate, so that 10 free of 100 come before 5 free of 5. Without a capacity
    there is always room: 1.

    Args:
        units: Whether to compare free units instead of free shares; default ``False``.

    Raises:
        ConfigError: ``units`` is neither true nor false.

    Example:
        >>> str(free_capacity()), str(free_capacity(units=True))
        ('free_capacity()', 'free_capacity(units=True)')
    """

    reads = frozenset({"open"})
    units: bool = field(default=False, validator=yes_or_no, kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Read the open counts. O(1) a rep, and with units O(candidates) once."""
        open_now = context.snapshot.open
        most = self._most_free(context) if self.units else None

        def points(rep: Rep) -> float:
            if rep.capacity is None:
                return 1.0
            whole = rep.capacity if most is None else max(0, most)
            free = rep.capacity - max(0, open_now.get(rep.id, 0))
            return max(0.0, free / whole) if whole else 0.0

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the open counts. O(reps)."""
        if self.units:
            return [*map(self.bind(context), context.reps)]
        shares = context.crew.column("free shares", lambda rep: _shares(rep.capacity))
        return [*map(getitem, shares, context.open)]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the open units and the capacity, in words."""
        limit = "no limit" if rep.capacity is None else str(rep.capacity)
        return f"{context.snapshot.open.get(rep.id, 0)} open of {limit}"

    def _most_free(self, context: RoutingContext) -> int:
        opened = context.snapshot.open.get
        return max(
            (
                rep.capacity - max(0, opened(rep.id, 0))
                for rep in context.reps
                if rep.capacity is not None
            ),
            default=0,
        )


class _Shares(dict[float, float]):
    """The free share of a capacity by the open work, worked out when it is first asked for."""

    def __init__(self, whole: int | None) -> None:
        self._whole = whole

    def __missing__(self, busy: float) -> float:
        whole = self._whole
        share = max(0.0, min(1.0, (whole - busy) / whole)) if whole else float(whole is None)
        return self.setdefault(busy, share) if len(self) < 256 else share


_shares = lru_cache(maxsize=256)(_Shares)


@frozen
class workload(Scorer):
    """A preference for reps with little open work.

    Formula: half / (half + open / weight), so that a rep of weight 2 with ten open leads counts as
    one of weight 1 with five. A rep of weight 0 gets 0.

    Args:
        half: The number of open leads for half a point; above 0.

    Raises:
        ConfigError: ``half`` is not above 0.

    Example:
        >>> str(workload(20))
        'workload(20)'
    """

    reads = frozenset({"open"})
    half: float = field(default=10, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Read the open counts. O(1) a rep."""
        open_now, half = context.snapshot.open, self.half

        def points(rep: Rep) -> float:
            busy = half * rep.weight
            return busy / (busy + max(0, open_now.get(rep.id, 0))) if busy else 0.0

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Read the open counts. O(reps)."""
        opened, half = context.snapshot.open.get, self.half
        room = context.column((workload, half), lambda rep: (rep.id, half * rep.weight))
        return [
            free / (free + (busy if (busy := opened(rep_id, 0)) > 0 else 0)) if free else 0.0
            for rep_id, free in room
        ]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the open work and the weight, in words."""
        weight = f", weight {rep.weight:g}" if rep.weight != 1 else ""
        return f"{context.snapshot.open.get(rep.id, 0)} open{weight}"


@frozen
class cap_remaining(Scorer):
    """The share of the rep's caps that is left.

    It is the preference behind soft caps.

    Formula: (limit - used) / limit, not below 0, of the cap of which least is left; of a paced cap,
    what is allowed by now. A cap of 0 leaves nothing. No answer when the rep has no caps.

    Example:
        >>> str(cap_remaining())
        'cap_remaining()'
    """

    reads = frozenset({"used"})

    def bind(self, context: RoutingContext) -> Points:
        """O(caps) a rep."""

        def points(rep: Rep) -> float | None:
            return min((share for share, _, _ in _left(context, rep)), default=None)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """O(caps), and the counters of all of them once in a period."""
        own = context.column(cap_remaining, _Counters().add)
        places = [place for _, place in own]
        if not any(place >= 0 for place in places):
            return [None] * len(places)
        used, partly = context.snapshot.used.get, -1 in places
        found: list[float] = []
        for rooms in own[0][0].rooms(context.now):
            everybody = not partly and len(rooms) == len(places)
            here = rooms if everybody else [rooms[place] for place in places]
            left = [
                (share if (share := 1 - used(key, 0) / most) > 0.0 else 0.0) if most else 0.0
                for key, most in here
            ]
            found = [*map(min, found, left)] if found else left
        if partly:
            return [
                None if place < 0 else points for place, points in zip(places, found, strict=True)
            ]
        return found  # type: ignore[return-value]  # every place has points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the cap with the least left, and its use."""
        found = min(_left(context, rep), key=lambda left: left[0], default=None)
        return "no caps" if found is None else f"{found[1]} used of {found[2]}"


def _left(context: RoutingContext, rep: Rep) -> Iterator[tuple[float, int, Cap]]:
    for cap in rep.caps:
        for bound in rep.bounds(cap, context.now):
            used = context.snapshot.used.get(bound.key, 0)
            yield max(0.0, 1 - used / bound.most) if bound.most else 0.0, used, cap


class _Calendar(NamedTuple):
    """A cap in the calendar of some reps: their counters differ in the rep's id alone."""

    cap: Cap
    zone: tzinfo
    hours: Hours | None
    since: datetime | None

    def bounds(self, now: datetime) -> tuple[Bound, ...]:
        return self.cap.bounds("", now, *self[1:])

    def until(self, now: datetime) -> datetime:
        return min(self.cap.turns(now, *self[1:]))


_Rooms: TypeAlias = list[tuple[str, int]]
"""A counter of each rep, and the most that it may stand at."""


class _Counters:
    """The counters of a team's caps, computed once in a period."""

    __slots__ = ("_calendars", "_numbers", "_of", "_period")

    def __init__(self) -> None:
        self._calendars: list[_Calendar] = []
        self._numbers: dict[Hashable, int] = {}
        self._of: list[tuple[str, list[int]]] = []
        self._period: tuple[datetime, datetime, list[_Rooms]] | None = None

    def add(self, rep: Rep) -> tuple[_Counters, int]:
        """Take a rep with caps up, and tell where they are in ``rooms``; -1 when they have none."""
        if not rep.caps:
            return self, -1
        self._of.append((cap_holder(rep.id), [self._number(rep, cap) for cap in rep.caps]))
        return self, len(self._of) - 1

    def _number(self, rep: Rep, cap: Cap) -> int:
        # only a paced cap asks for the hours, and only a ramp for the first day
        hours = rep.hours if cap.paced else None
        since = rep.joined_at if cap.ramp is not None else None
        zone = rep.zone
        kind = (cap, zone, id(hours), since)
        number = self._numbers.get(kind)
        if number is None:
            number = self._numbers[kind] = len(self._calendars)
            self._calendars.append(_Calendar(cap, zone, hours, since))
        return number

    def rooms(self, now: datetime) -> list[_Rooms]:
        """One counter of each rep, then another of each; a rep with fewer has one repeated."""
        period = self._period
        if period is None or not period[0] <= now < period[1]:
            bounds = [calendar.bounds(now) for calendar in self._calendars]
            until = min([calendar.until(now) for calendar in self._calendars])
            told = [
                [(holder + each.key, each.most) for number in own for each in bounds[number]]
                for holder, own in self._of
            ]
            rounds = range(max(map(len, told)))
            found = [[each[min(number, len(each) - 1)] for each in told] for number in rounds]
            period = self._period = now, until, found
        return period[2]


def _away(given: Literal["anyone", "team", "manager"]) -> str:
    return choice(given, "anyone", "team", "manager")


@frozen
class _Sticky(Scorer):
    """What both scorers share: who owns the lead, and who stands in."""

    reads = frozenset[str]()
    away: str = field(default="anyone", converter=_away)

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        raise TypeError(
            f"{type(self).__name__} does not say who owns a lead; define _owns(situation)"
        )

    def bind(self, context: RoutingContext) -> Points:
        """Find the owners once. O(members of the pool) a lead, O(1) a rep."""
        owns = self._owns(context)
        if any(map(owns, context.reps)):
            return lambda rep: float(owns(rep))
        stand_ins = self._stand_ins(context)
        if not any(rep.id in stand_ins for rep in context.reps):
            return lambda rep: None
        return lambda rep: float(rep.id in stand_ins)

    def _owners(self, context: RoutingContext) -> Set[str] | None:
        """The ids of the lead's owners, here or not; ``None`` when nobody can own it."""
        raise TypeError(
            f"{type(self).__name__} does not say who owns a lead; define _owners(situation)"
        )

    def column(self, context: RoutingContext) -> list[float | None]:
        """Find the owners once. O(reps), and O(pool) when they are away and have stand-ins."""
        owners, ids = self._owners(context), context.ids
        if owners is None:
            return [None] * len(ids)
        theirs: Set[str] = owners
        if owners.isdisjoint(ids):
            theirs = self._stand_ins(context)
            if theirs.isdisjoint(ids):
                return [None] * len(ids)
        return [1.0 if rep_id in theirs else 0.0 for rep_id in ids]

    def owns(self, context: RoutingContext, rep: Rep) -> bool:
        """Whether the lead is theirs."""
        return self._owns(context)(rep)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Who owns the lead, and whether they are here."""
        owns = self._owns(context)
        if owns(rep):
            return "the lead is theirs"
        present = [other.label for other in context.reps if owns(other)]
        if present:
            return f"the lead belongs to {', '.join(present)}"
        absent = [other.label for other in context.absent if owns(other)]
        if not absent:
            return "the owner of the lead is not in the pool"
        stands_in = rep.id in self._stand_ins(context)
        named = "cover" if rep.id in self._covers(context) else self.away
        role = f"; stands in as {named}" if stands_in else ""
        return f"the lead belongs to {', '.join(absent)}, who cannot take it{role}"

    def _stand_ins(self, context: RoutingContext) -> frozenset[str]:
        covers = self._covers(context)
        if covers:
            return covers
        if self.away == "anyone":
            return frozenset()
        owns = self._owns(context)
        absent = [rep for rep in context.absent if owns(rep)]
        if self.away == "manager":
            return frozenset(rep.manager_id for rep in absent if rep.manager_id is not None)
        teams = frozenset(team for rep in absent for team in rep.teams)
        return frozenset(rep.id for rep in context.reps if not teams.isdisjoint(rep.teams))

    def _covers(self, context: RoutingContext) -> frozenset[str]:
        """The reps who are named to get what is meant for owners who are paused."""
        paused = context.snapshot.paused
        if not paused:
            return frozenset()
        owns = self._owns(context)
        pauses = [paused[rep.id] for rep in context.absent if rep.id in paused and owns(rep)]
        named = [pause.cover for pause in pauses if pause.until is None or pause.lasts(context.now)]
        return frozenset(filter(None, named))


@frozen
class owner(_Sticky):
    """A preference for the rep who owns the lead's account or contact.

    Formula: 1 for the rep in ``lead.owner_id``, 0 for the others. When the owner cannot take the
    lead, their stand-in gets 1: the cover that was named when they were paused, else as ``away``
    says. No answer when the lead has no owner, or the owner is away without a stand-in.

    Args:
        away: The stand-ins of an owner who is away: ``"anyone"``, ``"team"`` or ``"manager"``.

    Raises:
        ConfigError: ``away`` is another word.

    Example:
        >>> str(10 * owner("team"))
        "10 * owner('team')"
    """

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        owner_id = context.lead.owner_id
        return lambda rep: rep.id == owner_id

    def _owners(self, context: RoutingContext) -> frozenset[str] | None:
        owner_id = context.lead.owner_id
        return None if owner_id is None else frozenset((owner_id,))


@frozen
class named_account(_Sticky):
    """A preference for the rep with the lead's company as an account.

    Formula: 1 when ``lead.account_id``, ``lead.domain`` or ``lead.company`` is among
    ``rep.accounts``, 0 for the others. Without a domain, that of the e-mail address counts; upper
    and lower case are the same, and an account ``example.com`` holds ``eu.example.com``. When no
    such rep can take the lead, their stand-in gets 1: the cover that was named when they were
    paused, else as ``away`` says. No answer when no rep has the account, or its
    owners are away without a stand-in.

    Args:
        away: The stand-ins of an owner who is away: ``"anyone"``, ``"team"`` or ``"manager"``.

    Raises:
        ConfigError: ``away`` is another word.

    Example:
        >>> str(named_account())
        'named_account()'
    """

    def _owns(self, context: RoutingContext) -> Callable[[Rep], bool]:
        lead = context.lead
        named = frozenset(filter(None, (lead.account_id, lead.domain, lead.company)))
        domains = frozenset(domains_of(lead))
        return lambda rep: (
            not named.isdisjoint(rep.accounts)
            or not domains.isdisjoint(_in_lower_case(rep.accounts))
        )

    def _owners(self, context: RoutingContext) -> Set[str] | None:
        lead = context.lead
        named = [*filter(None, (lead.account_id, lead.domain, lead.company))]
        domains = domains_of(lead)
        if not named and not domains:
            return None
        register = next(iter(context.column(named_account, _Register().add)), None)
        return frozenset() if register is None else register.owners(named, domains)


class _Register:
    """Whose account each is, over a team."""

    __slots__ = ("_accounts", "_domains")

    def __init__(self) -> None:
        self._accounts: dict[str, set[str]] = {}
        self._domains: dict[str, set[str]] = {}

    def add(self, rep: Rep) -> _Register:
        """Take up the accounts of a rep."""
        for account in rep.accounts:
            self._accounts.setdefault(account, set()).add(rep.id)
            self._domains.setdefault(account.lower(), set()).add(rep.id)
        return self

    def owners(self, named: Iterable[str], domains: Iterable[str]) -> Set[str]:
        """The ids of those who have one of these."""
        found = [self._accounts[name] for name in named if name in self._accounts]
        found += [self._domains[name] for name in domains if name in self._domains]
        return frozenset().union(*found)


@lru_cache(maxsize=4_096)
def _in_lower_case(accounts: frozenset[str]) -> frozenset[str]:
    return frozenset(map(str.lower, accounts))
