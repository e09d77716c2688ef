"""A rep: one person who can take leads, and whether they are at work this minute; and the roster of them.

* Presence is set by you and never computed. A rep can be called when the schedule is open *and* the
  presence says so.
* A rep who drops out for less than the grace has not left: connections flap. The grace covers
  ``offline`` only, since nobody is ``busy`` or ``away`` by accident.
* A roster has its reps in one stable order, and finds them by id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, cast
from zoneinfo import ZoneInfo

from attrs import evolve, field, frozen

from leadroute.errors import FieldError, UnknownFieldError, ValidationError
from leadroute.model.caps import Bound, Cap, as_caps, caps
from leadroute.model.geography import country, covered_region, language
from leadroute.model.given import Refused, shown
from leadroute.model.guidance import guided, without_defaults
from leadroute.model.keys import cap_holder
from leadroute.model.schedule import Schedule
from leadroute.model.validation import (
    Attributes,
    FrozenDict,
    Names,
    as_attributes,
    as_duration,
    as_instant,
    as_names,
    as_weight,
    as_whole,
    aware,
    by_name,
    clean_fields,
    cleaned,
    duration,
    flag,
    ident,
    instant,
    levels,
    must_be,
    names,
    number,
    of_kind,
    one_line,
    open_attributes,
    text,
    timezone,
    whole,
    word,
)
from leadroute.model.working_hours import Hours

Status = Literal["available", "away", "busy", "offline"]
STATUSES: Final[tuple[Status, ...]] = ("available", "away", "busy", "offline")

_NO_TIME = timedelta(0)


def _status(given: Any) -> Status:
    for status in STATUSES:
        if given == status:
            return status
    raise Refused(f"is {given!r:.40}; write 'available', 'away', 'busy' or 'offline'")


def _said(given: Any) -> str:
    return "" if given == "" else word(given)


_LOCAL: Final = "%a %Y-%m-%d %H:%M %Z"


@guided
@frozen
class Presence:
    """The presence of a rep: available, away, busy or offline.

    Args:
        status: ``available``, ``away``, ``busy`` or ``offline``.
        since: The time at which that began, aware.
        before: The status before it, which a grace lets stand for a while; ``offline`` when it is not known.

    Example:
        >>> from datetime import UTC
        >>> ten = datetime(2026, 1, 5, 10, tzinfo=UTC)
        >>> dropped = Presence("available", ten).becomes("offline", ten)
        >>> dropped.is_available(ten + timedelta(seconds=29), offline_grace=timedelta(seconds=30))
        True
    """

    status: Status = field(metadata={"clean": _status})
    since: datetime = field(metadata={"clean": instant})
    before: Status = cleaned(_status, default="offline")

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def becomes(self, status: Status, at: datetime) -> Presence:
        """Return the presence after a report of ``status`` at ``at``.

        The same report again changes nothing.
        """
        return self if status == self.status else Presence(status, at, self.status)

    def is_available(self, now: datetime, offline_grace: timedelta = _NO_TIME) -> bool:
        """Return whether the rep can take a lead at ``now``.

        Args:
            now: An aware datetime.
            offline_grace: How long a rep who went from available to offline still counts as
                available; at exactly its end they no longer do.
        """
        if not isinstance(offline_grace, timedelta):
            must_be(timedelta, offline_grace=offline_grace)
        if self.status == "offline" and self.before == "available":
            return aware(now) - self.since < offline_grace
        return self.status == "available"


def wrapped_up(contact: datetime | None, now: datetime, wrap_up: timedelta) -> bool:
    """Whether the time after a contact is over at ``now``."""
    if not isinstance(wrap_up, timedelta):
        must_be(timedelta, wrap_up=wrap_up)
    return contact is None or aware(now) - aware(contact, "contact") >= wrap_up


@guided
@frozen
class Pause:
    """A pause of a rep, during which they get no offer.

    Args:
        until: Its end, aware; ``None`` lasts until somebody ends it.
        why: The cause, in a word of your own list.
        cover: The id of the rep who gets the leads that are meant for this one by name.
        missed: After how many missed offers in a row it began by itself; 0 for a pause by hand.

    Example:
        >>> print(Pause(why="training"))
        is paused: training
    """

    until: datetime | None = field(default=None, metadata={"clean": instant})
    why: str = field(default="", metadata={"clean": _said})
    cover: str | None = cleaned(ident)
    missed: int = field(default=0, metadata={"clean": whole(0)})

    def __attrs_post_init__(self) -> None:
        clean_fields(self)

    def lasts(self, now: datetime) -> bool:
        """Return whether it goes on at ``now``.

        At exactly its end it does not.
        """
        return self.until is None or aware(now) < self.until

    def in_words(self, zone: tzinfo) -> str:
        """Return the pause in words, on the clock of a zone."""
        until = "" if self.until is None else f" until {self.until.astimezone(zone):{_LOCAL}}"
        missed = f"{self.missed} missed offers in a row" if self.missed else ""
        why = "; ".join(filter(None, (missed, one_line(self.why))))
        return f"is paused{until}{': ' if why else ''}{why}"

    def __str__(self) -> str:
        return self.in_words(UTC)


@frozen
class Pauses:
    """For how long what has just happened to a rep still counts."""

    offline_grace: timedelta = field(default=_NO_TIME, validator=of_kind(timedelta))
    wrap_up: timedelta = field(default=_NO_TIME, validator=of_kind(timedelta))

    def after_contact(self, rep: Rep) -> timedelta:
        """How long a rep gets no new lead after a contact: their own time, else that of all."""
        return self.wrap_up if rep.wrap_up is None else rep.wrap_up


def _schedule(given: Any) -> Hours | str | None:
    if isinstance(given, Hours):
        return given
    written = text(given)
    if written is not None:
        _parsed(written, "UTC")
    return written


def _as_skills(given: Mapping[str, float] | Names) -> Mapping[str, float]:
    return cast("Mapping[str, float]", given)


def _buckets(given: Any) -> FrozenDict[str, int]:
    if not isinstance(given, Mapping):
        raise Refused(f"are {shown(given)}; write the most per segment such as {{'enterprise': 2}}")
    return FrozenDict(sorted(by_name(given, ident, whole(0)).items()))


def _regions(given: Any, countries: Set[str] = frozenset()) -> frozenset[str]:
    found: frozenset[str] = names(partial(covered_region, countries=countries))(given)
    return found


@lru_cache(maxsize=4_096)
def _parsed(written: str, zone: str) -> Schedule:
    try:
        return Schedule.parse(written, zone)
    except ValidationError as error:
        raise Refused(f"cannot be read: {error}") from None


@guided
@frozen(kw_only=True, repr=False)
class Rep:
    """One person who can take leads.

    Args:
        id: Your own id, 1 to 80 characters.
        name: The name that people see; the id when not given.
        teams: The teams they belong to.
        level: Seniority, 0 or more; higher is more experienced.
        skills: Skills with a level from 0 to 1 each. A bare set of names gives each the level 1.
        languages: Languages they speak, by tag or name; ``de`` is any German, ``de-AT`` that of Austria alone.
        countries: Countries they cover, by code or name.
        regions: Regions they cover, by code or name; in their country when they cover one.
        territories: Names of the territories they cover.
        industries: Industries they cover.
        licenses: Licenses they hold.
        timezone: Their IANA time zone; the schedule's zone, else UTC, when not given.
        schedule: Working hours: a ``Schedule``, or text such as ``"mon-fri 09:00-17:00"`` in their
            time zone; ``None`` means always.
        capacity: The most open work, in units (``Rule.capacity_cost``); ``None`` means no limit, 0 none.
        capacity_by_segment: The most open work of each segment (``Rule.segment``), by name; a lead
            needs free units in its segment and in ``capacity``.
        caps: Limits per period: ``Cap`` values, or text such as ``"30 per month, paced"``.
        joined_at: The time at which they started, aware; caps with a ramp grow from then on.
        weight: Their share of the turns, such as 2 for twice as many; 0 means no leads.
        manager_id: The id of their manager.
        wrap_up: How long they get no new lead after a contact, such as ``"2m"``; ``None`` leaves it
            to the pool and the router.
        accounts: Their named accounts.
        active: False excludes them from all leads.
        pause_after_missed: After how many offers in a row that ran out they are paused, from 1 up;
            ``None`` leaves it to the pool.
        attributes: Anything else by name: text, numbers, flags, aware datetimes, sets of text.

    Raises:
        ValidationError: One or more fields were refused; every fault is listed.

    Example:
        >>> ada = Rep(
        ...     "ada", level=4, skills={"healthcare": 0.9}, languages={"EN", "de"}, capacity=20
        ... )
        >>> ada.skills["healthcare"], sorted(ada.languages)
        (0.9, ['de', 'en'])
    """

    id: str = field(kw_only=False, metadata={"clean": ident})
    name: str | None = cleaned(text)
    teams: Set[str] = field(default=frozenset(), converter=as_names, metadata={"clean": names()})
    level: int | None = field(default=None, converter=as_whole, metadata={"clean": whole(0)})
    skills: Mapping[str, float] = field(
        default=FrozenDict(), converter=_as_skills, metadata={"clean": levels}
    )
    languages: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names(language)}
    )
    countries: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names(country)}
    )
    regions: Set[str] = field(
        default=frozenset(),
        converter=as_names,
        metadata={"clean": _regions, "within": "countries"},
    )
    territories: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names()}
    )
    industries: Set[str] = field(
        default=frozenset(), converter=as_names, metadata={"clean": names()}
    )
    licenses: Set[str] = field(default=frozenset(), converter=as_names, metadata={"clean": names()})
    timezone: str | None = cleaned(timezone)
    schedule: Hours | str | None = cleaned(_schedule)
    capacity: int | None = field(default=None, converter=as_whole, metadata={"clean": whole(0)})
    capacity_by_segment: Mapping[str, int] = cleaned(_buckets, default=FrozenDict())
    caps: Sequence[Cap] = field(default=(), converter=as_caps, metadata={"clean": caps})
    joined_at: datetime | None = field(
        default=None, converter=as_instant, metadata={"clean": instant}
    )
    weight: float = field(default=1, converter=as_weight, metadata={"clean": number(0)})
    manager_id: str | None = cleaned(text)
    wrap_up: timedelta | None = field(
        default=None, converter=as_duration, metadata={"clean": duration}
    )
    accounts: Set[str] = field(default=frozenset(), converter=as_names, metadata={"clean": names()})
    active: bool = cleaned(flag, default=True)
    pause_after_missed: int | None = field(
        default=None, converter=as_whole, metadata={"clean": whole(1)}
    )
    attributes: Attributes = field(
        default=FrozenDict(), converter=as_attributes, metadata={"clean": open_attributes}
    )

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if isinstance(self.schedule, str):
            zone = self.timezone or "UTC"
            object.__setattr__(self, "schedule", _parsed(self.schedule, zone))

    @property
    def hours(self) -> Hours | None:
        """The working hours; ``None`` means always."""
        return self.schedule if isinstance(self.schedule, Hours) else None

    @property
    def label(self) -> str:
        """The name of the rep on one line, or the id."""
        return one_line(self.name or self.id)

    @property
    def zone(self) -> tzinfo:
        """The zone their calendar days are counted in."""
        if self.timezone is not None:
            return ZoneInfo(self.timezone)
        return self.schedule.zone if isinstance(self.schedule, Hours) else UTC

    def bounds(self, cap: Cap, now: datetime) -> tuple[Bound, ...]:
        """Return the counters of the rep's caps for a lead offered now."""
        return cap.bounds(cap_holder(self.id), now, self.zone, self.hours, self.joined_at)

    def turns(self, cap: Cap, now: datetime) -> tuple[datetime, ...]:
        """Return when each of these counters may allow more leads."""
        return cap.turns(now, self.zone, self.hours, self.joined_at)

    def with_changes(self, **changes: Any) -> Rep:
        """The same rep with some fields replaced.

        Example:
            >>> Rep("ada").with_changes(active=False).active
            False
        """
        return evolve(self, **changes)


def _sorted_reps(reps: Iterable[Rep]) -> tuple[Rep, ...]:
    found = tuple(reps) if isinstance(reps, Iterable) else (reps,)
    strays: list[object] = [rep for rep in found if type(rep) is not Rep]
    if strays:
        raise ValidationError(
            "Roster",
            "",
            [
                FieldError(
                    "reps", f"hold a {type(strays[0]).__name__}; write Roster([Rep(...), ...])"
                )
            ],
        )
    ordered = tuple(sorted(found, key=lambda rep: rep.id))
    twice = {a.id for a, b in pairwise(ordered) if a.id == b.id}
    if twice:
        faults = [
            FieldError("reps", f"hold {name!r} twice; give every rep an id of its own")
            for name in sorted(twice)
        ]
        raise ValidationError("Roster", "", faults)
    return ordered


@guided
@frozen(repr=False)
class Roster:
    """The reps. The order in which they are given changes nothing.

    Args:
        reps: The reps, each id once.

    Raises:
        ValidationError: Two reps have the same id, or something is not a rep.

    Example:
        >>> team = Roster([Rep("bob"), Rep("ada")])
        >>> [rep.id for rep in team], len(team), "ada" in team
        (['ada', 'bob'], 2, True)
    """

    reps: tuple[Rep, ...] = field(default=(), converter=_sorted_reps)
    _by_id: FrozenDict[str, Rep] = field(init=False, eq=False)
    brief: bool = field(init=False, default=False, eq=False)
    """True for a roster that was made for one call: a router keeps nothing for the next one."""

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_by_id", FrozenDict({rep.id: rep for rep in self.reps}))

    def __iter__(self) -> Iterator[Rep]:
        return iter(self.reps)

    def __len__(self) -> int:
        return len(self.reps)

    def __contains__(self, rep_id: object) -> bool:
        return rep_id in self._by_id

    def __repr__(self) -> str:
        return f"<Roster of {len(self.reps)} reps>"

    def get(self, rep_id: str) -> Rep | None:
        """The rep with this id, or ``None``. O(1)."""
        return self._by_id.get(rep_id)

    def __getitem__(self, rep_id: str) -> Rep:
        try:
            return self._by_id[rep_id]
        except KeyError:
            raise UnknownFieldError("rep in the roster", rep_id, tuple(self._by_id)) from None

    def replace(self, *reps: Rep) -> Roster:
        """Return a roster with these reps added or replaced.

        A rep replaces the rep with the same id. O(n log n).

        Example:
            >>> team = Roster([Rep("ada"), Rep("bob")])
            >>> team.replace(team["ada"].with_changes(active=False))["ada"].active
            False
        """
        return Roster((self._by_id | {rep.id: rep for rep in reps}).values())


Reps: TypeAlias = Roster | Iterable[Rep]
"""The reps as a caller may give them: a roster, or a list."""


def roster_of(given: Reps) -> Roster:
    """Return the roster that a caller gave, or one of the reps that they gave.

    A list is read once, here: what happens to it later changes nothing.
    """
    if isinstance(given, Roster):
        return given
    if isinstance(given, str | bytes | Mapping) or not isinstance(given, Iterable):
        must_be(Roster, roster=given)
    found = Roster(given)
    object.__setattr__(found, "brief", True)
    return found
