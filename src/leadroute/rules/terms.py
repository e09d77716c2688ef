"""The terms on which the leads of a rule are offered.

A rule says what it wants otherwise than its router, and a router what it wants otherwise than
``DEFAULTS``. What has a value for each grade of a lead has one for ``other`` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, Literal, TypeAlias, cast, get_args

from attrs import Attribute, field, fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.duration import (
    Within,
    WorkingTime,
    format_within,
    length_of,
    parse_duration,
    parse_within,
)
from leadroute.model.given import Refused
from leadroute.model.validation import FrozenDict, ident
from leadroute.rules.deadline_terms import (
    BreachStep,
    read_follow_up,
    read_on_breach,
    read_warn_before,
)
from leadroute.rules.fields import preview_titles
from leadroute.rules.offer_kind import EXCLUSIVE, PULL, OfferKind, offer_kind

OTHER: Final = "other"
"""The key of what holds for leads of every grade that is not named, and of none."""

ByGrade: TypeAlias = Within | Mapping[str, Within]
"""How long something may take: for every lead, or by the grade of the lead."""
WithinLike: TypeAlias = str | Within
"""``"5m"``, ``"15m working"``, or the value."""

COOLING: Final = ("declined", "busy", "unreachable", "timed_out")
"""The ends of an offer after which a rep may cool down."""

CoolDown: TypeAlias = timedelta | Mapping[str, timedelta]
"""How long a rep gets no offer after one of theirs ended: however it did, or by how."""
CoolDownLike: TypeAlias = str | timedelta | Mapping[str, str | timedelta]


def read_within(given: Any) -> Within:
    """A duration from its text form; it must be longer than nothing."""
    found = parse_within(given)
    if not length_of(found):
        raise ConfigError("is 0s; write some time, such as '5m'")
    return found


def by_grade(given: WithinLike | Mapping[str, WithinLike]) -> ByGrade:
    """A converter for a duration, or one for each grade."""
    such = '{ hot = "2m", other = "10m" }'
    return cast("ByGrade", _by_key(given, _grade, read_within, such))


def _grade(given: Any) -> str:
    try:
        return str(ident(given))
    except Refused as refused:
        raise ConfigError(f"the grade {refused}") from None


def read_cool_down(given: CoolDownLike) -> CoolDown:
    """A duration, or one for each way in which an offer may end."""
    such = '{ declined = "30s", timed_out = "10s" }'
    return cast("CoolDown", _by_key(given, _answer, parse_duration, such))


def _answer(given: Any) -> str:
    if given not in COOLING:
        raise UnknownFieldError("answer", str(given), COOLING)
    return str(given)


def _by_key(given: Any, key: Callable[[Any], str], read: Callable[[Any], Any], such: str) -> Any:
    """What is read of a value, or of each value of a table by its key."""
    if not isinstance(given, Mapping):
        return read(given)
    if not given:
        raise ConfigError(f"is empty; write {such}")
    found = {}
    for named, value in given.items():
        name = key(named)
        try:
            found[name] = read(value)
        except ConfigError as error:
            raise ConfigError(f"{named}: {error.problem}") from None
    return FrozenDict(found)


def yes_or_no(given: Any) -> bool:
    """A term that holds or does not."""
    if not isinstance(given, bool):
        raise ConfigError(f"is {given!r:.40}; write true or false")
    return given


Backlog: TypeAlias = Literal["oldest", "newest", "freshest"]
"""Which of the waiting leads of equal priority and score comes first."""
BACKLOGS: Final[tuple[Backlog, ...]] = get_args(Backlog)


def read_backlog(given: Any) -> Backlog:
    """The order of waiting leads from its word."""
    if given not in BACKLOGS:
        raise ConfigError(f"is {given!r:.40}; write one of {', '.join(BACKLOGS)}")
    return cast("Backlog", given)


def read_gap(given: Any) -> timedelta:
    """A pause between offers from its text form; it must be longer than nothing."""
    found = parse_duration(given)
    if not found:
        raise ConfigError("is 0s; write a pause such as '20s', or leave it out")
    return found


def read_count(given: Any) -> int:
    """A whole number from 1 up."""
    if type(given) is not int or given < 1:
        raise ConfigError(f"is {given!r:.40}; write a whole number from 1 up, or leave it out")
    return given


READERS: Final[Mapping[str, Callable[[Any], Any]]] = FrozenDict(
    {
        "accept_within": by_grade,
        "rounds": read_count,
        "wait_between": read_gap,
        "total_within": by_grade,
        "truncate": yes_or_no,
        "max_age": by_grade,
        "max_waiting": read_count,
        "respond_within": by_grade,
        "close_within": by_grade,
        "warn_before": read_warn_before,
        "on_breach": read_on_breach,
        "follow_up": read_follow_up,
        "offer": offer_kind,
        "remind_before": by_grade,
        "auto_accept": yes_or_no,
        "preview": preview_titles,
        "backlog": read_backlog,
        "backlog_gap": read_gap,
        "backlog_burst": read_count,
        "claims_per_hour": read_count,
        "lapsed_claims": read_count,
        "cool_down": read_cool_down,
        "keep_place": parse_duration,
    }
)
"""What reads each term, by its name."""


def _read(name: str, given: Any) -> Any:
    """What is read of a term; what is refused is said with the name of the term."""
    try:
        return None if given is None else READERS[name](given)
    except ConfigError as error:
        raise error.at(name) from None


def accept_within(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how long an offer is open."""
    return cast("ByGrade | None", _read("accept_within", given))


def respond_within(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how soon a lead is contacted."""
    return cast("ByGrade | None", _read("respond_within", given))


def close_within(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how soon a lead is closed."""
    return cast("ByGrade | None", _read("close_within", given))


def warn_before(given: Iterable[str | timedelta] | str | None) -> tuple[timedelta, ...] | None:
    """A converter for the warnings before a deadline."""
    return cast("tuple[timedelta, ...] | None", _read("warn_before", given))


def on_breach(given: Iterable[str | BreachStep] | str | None) -> tuple[BreachStep, ...] | None:
    """A converter for what is done when a deadline is missed."""
    return cast("tuple[BreachStep, ...] | None", _read("on_breach", given))


def follow_up(given: Iterable[WithinLike] | str | None) -> tuple[Within, ...] | None:
    """A converter for the schedule of follow-ups."""
    return cast("tuple[Within, ...] | None", _read("follow_up", given))


def cool_down(given: CoolDownLike | None) -> CoolDown | None:
    """A converter for how long a rep gets no offer after one of theirs ended."""
    return cast("CoolDown | None", _read("cool_down", given))


def keep_place(given: str | timedelta | None) -> timedelta | None:
    """A converter for how long a lead that was withdrawn keeps its place."""
    return cast("timedelta | None", _read("keep_place", given))


def offer(given: str | OfferKind | None) -> OfferKind | None:
    """A converter for the kind of the offers."""
    return cast("OfferKind | None", _read("offer", given))


def remind_before(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how long before its end an offer is reminded of."""
    return cast("ByGrade | None", _read("remind_before", given))


def preview(given: Iterable[Any] | None) -> tuple[str, ...] | None:
    """A converter for the facts that are shown before a lead is accepted."""
    return cast("tuple[str, ...] | None", _read("preview", given))


def auto_accept(given: bool | None) -> bool | None:
    """A converter for whether offers are accepted at once."""
    return cast("bool | None", _read("auto_accept", given))


def backlog(given: Backlog | None) -> Backlog | None:
    """A converter for the order of waiting leads."""
    return cast("Backlog | None", _read("backlog", given))


def backlog_gap(given: str | timedelta | None) -> timedelta | None:
    """A converter for the least time between two waiting leads."""
    return cast("timedelta | None", _read("backlog_gap", given))


def backlog_burst(given: int | None) -> int | None:
    """A converter for the number of unanswered offers."""
    return cast("int | None", _read("backlog_burst", given))


def claims_per_hour(given: int | None) -> int | None:
    """A converter for the number of claims in an hour."""
    return cast("int | None", _read("claims_per_hour", given))


def lapsed_claims(given: int | None) -> int | None:
    """A converter for the number of lapsed claims in a day."""
    return cast("int | None", _read("lapsed_claims", given))


def rounds(given: int | None) -> int | None:
    """A converter for how often the pool is gone through."""
    return cast("int | None", _read("rounds", given))


def wait_between(given: str | timedelta | None) -> timedelta | None:
    """A converter for the pause after an offer that nobody answered."""
    return cast("timedelta | None", _read("wait_between", given))


def total_within(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how long a lead is offered in all."""
    return cast("ByGrade | None", _read("total_within", given))


def truncate(given: bool | None) -> bool | None:
    """A converter for what becomes of the offer in flight."""
    return cast("bool | None", _read("truncate", given))


def max_age(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for the age at which a lead waits no longer."""
    return cast("ByGrade | None", _read("max_age", given))


def max_waiting(given: int | None) -> int | None:
    """A converter for how many leads may wait in one line."""
    return cast("int | None", _read("max_waiting", given))


@frozen(kw_only=True, slots=False)  # a router has a place for cached properties, and inherits
class Terms:
    """The terms on which leads are offered.

    ``None`` leaves a term to the router.
    ``Rule`` and ``Router`` take them by name, as policy files do.

    Args:
        accept_within: How long an offer is open, such as ``"5m"``, or ``"15m working"`` in the working
            hours of the rep who is asked; or by grade, as in ``{"hot": "2m", "other": "10m"}``.
        respond_within: The deadline of the first contact, from when the lead came in, such as
            ``"4h working"``, or by grade. Where the grade of the lead sets one too, the earlier counts.
            Working time is that of the owner, and of the pool before there is one: the hours in
            which any rep of it works. None by default.
        close_within: The deadline of the feedback that closes the lead, likewise. None by default.
        warn_before: The warnings before each deadline, such as ``["10m", "2m"]``, in working time
            where the deadline is. Those that are not shorter than it are left out. None by default.
        on_breach: The steps when a deadline is missed: ``"remind"`` (default), ``"escalate lena"``,
            ``"reassign"``, or several of them.
        follow_up: The times after acceptance at which the owner is asked how it went, such as
            ``["10m", "1d", "7d"]``, until there is feedback. None by default.
        cool_down: How long a rep gets no offer after one of theirs ended without their taking the
            lead, such as ``"30s"``; or by how it ended, as in ``{"declined": "30s", "timed_out": "10s"}``,
            with ``busy`` and ``unreachable``. What a pool says wins. None at all by default.
        keep_place: How long a lead that was withdrawn has its old place in its line when it comes
            back, such as ``"60s"``; afterwards it has a new one. By default the place is kept for
            good, and a lead that was withdrawn comes back by ``reopen`` alone, not by ``submit``.
        offer: To how many reps a lead is offered at once: ``"exclusive"`` (default) to one,
            ``"parallel 3"`` to three, ``"parallel 3, one more every 10s"`` to one and then to one more
            every 10 seconds until three have it, ``"broadcast"`` to all up to 50. Who accepts first has
            it. With ``"pull"`` leads wait for ``next_for`` and ``claim``, with which reps ask for them
            themselves. With ``"suggest"`` nobody is asked, and the lead waits with its ranking for ``assign``.
        remind_before: How long before the end of an offer the event ``Reminded`` happens, such as
            ``"2m"``, shorter than ``accept_within`` and in the same time; or by grade. None by default.
        auto_accept: Whether an offer is accepted at once, for reps who cannot refuse; ``False`` by default.
        rounds: How often the pool is gone through, 1 or more; 1 by default. When every rep who may
            take the lead was asked, the next round asks them again.
        wait_between: The pause after an offer that nobody answered, such as ``"30s"``, before the
            lead is offered again; no pause by default.
        total_within: How long after it came in a lead is offered in all, such as ``"1h"`` or ``"4h
            working"`` in the hours of the pool, or by grade. After that there is no new offer in
            the pool, and the steps of ``fallback.cannot_wait`` follow; no end by default.
        truncate: Whether the offer in flight ends with ``total_within`` too; by default it finishes.
        max_age: The age since it came in at which a lead waits no longer, as for ``total_within``:
            the steps of ``fallback.cannot_wait`` follow; no end by default.
        max_waiting: How many leads may wait in one line, 1 or more. A new lead that finds its line
            full takes the steps of ``fallback.cannot_wait``; any number by default.
        preview: The fields of the lead that ``Dispatcher.preview`` shows before the lead is accepted,
            such as ``["country", "industry"]``, never those by which it can be reached; by default
            those that cannot be personal, without custom attributes.
        backlog: Which of the waiting leads of equal priority and score comes first: the ``oldest``
            (the default), the ``newest`` to come in, or the ``freshest``: the one with the latest signal.
        backlog_gap: The least time between two waiting leads that one rep is offered, such as
            ``"20s"``; none by default. A new lead that finds a rep at once does not count.
        backlog_burst: The most offers of waiting leads that one rep may have unanswered, 1 or more; no
            limit by default.
        claims_per_hour: The most leads that one rep may pull in an hour of the clock, 1 or more; no limit
            by default.
        lapsed_claims: The number of pulled leads, 1 or more, that a rep may let run out in one day of
            their own before they can pull no more; no limit by default.

    Raises:
        ConfigError: A term cannot be read.

    Example:
        >>> from leadroute import Rule
        >>> Rule("hot", accept_within={"hot": "2m"}).accept_within
        FrozenDict({'hot': datetime.timedelta(seconds=120)})
    """

    accept_within: ByGrade | None = field(default=None, converter=accept_within)
    rounds: int | None = field(default=None, converter=rounds)
    wait_between: timedelta | None = field(default=None, converter=wait_between)
    total_within: ByGrade | None = field(default=None, converter=total_within)
    truncate: bool | None = field(default=None, converter=truncate)
    max_age: ByGrade | None = field(default=None, converter=max_age)
    max_waiting: int | None = field(default=None, converter=max_waiting)
    respond_within: ByGrade | None = field(default=None, converter=respond_within)
    close_within: ByGrade | None = field(default=None, converter=close_within)
    warn_before: tuple[timedelta, ...] | None = field(default=None, converter=warn_before)
    on_breach: tuple[BreachStep, ...] | None = field(default=None, converter=on_breach)
    follow_up: tuple[Within, ...] | None = field(default=None, converter=follow_up)
    offer: OfferKind | None = field(default=None, converter=offer)
    remind_before: ByGrade | None = field(default=None, converter=remind_before)
    auto_accept: bool | None = field(default=None, converter=auto_accept)
    preview: tuple[str, ...] | None = field(default=None, converter=preview)
    backlog: Backlog | None = field(default=None, converter=backlog)
    backlog_gap: timedelta | None = field(default=None, converter=backlog_gap)
    backlog_burst: int | None = field(default=None, converter=backlog_burst)
    claims_per_hour: int | None = field(default=None, converter=claims_per_hour)
    lapsed_claims: int | None = field(default=None, converter=lapsed_claims)
    cool_down: CoolDown | None = field(default=None, converter=cool_down, metadata={"by": COOLING})
    keep_place: timedelta | None = field(default=None, converter=keep_place)

    def over(self, other: Terms) -> Terms:
        """Return these terms, completed by those of another."""
        return Terms(
            **{
                each.name: over(
                    getattr(self, each.name), getattr(other, each.name), each.metadata.get("by")
                )
                for each in TERMS
            }
        )

    @property
    def kind(self) -> OfferKind:
        """The kind of the offers, where it is said."""
        return EXCLUSIVE if self.offer is None else self.offer

    def accept_within_of(self, grade: str | None) -> Within:
        """The time for which a lead of a grade is offered."""
        return cast("Within", of_grade(self.accept_within, grade))

    def reminder_of(self, grade: str | None) -> Within | None:
        """The time from an offer to its reminder; ``None`` for none."""
        before = of_grade(self.remind_before, grade)
        if before is None:
            return None
        within = self.accept_within_of(grade)
        until = length_of(within) - length_of(before)
        return WorkingTime(until) if isinstance(within, WorkingTime) else until

    @property
    def end(self) -> bool:
        """True when there is an end of waiting or of offers."""
        ends = (self.total_within, self.max_age, self.max_waiting)
        return any(each is not None for each in ends)


def over(own: Any, other: Any, keys: Iterable[str] | None = None) -> Any:
    """A term, completed by another: one for each key by what the other says of the rest."""
    if own is None:
        return other
    if other is None or not isinstance(own, Mapping):
        return own
    rest = other if isinstance(other, Mapping) else dict.fromkeys(keys or (OTHER,), other)
    return FrozenDict({**rest, **own})


def of_grade(given: ByGrade | None, grade: str | None) -> Within | None:
    """The value of a term for a grade, where there is one for each."""
    if not isinstance(given, Mapping):
        return given
    own = None if grade is None else given.get(grade)
    return given.get(OTHER) if own is None else own


def cool_down_after(given: CoolDown | None, answer: str) -> timedelta:
    """How long a rep gets no offer after one ended like this."""
    found = given.get(answer) if isinstance(given, Mapping) else given
    return timedelta(0) if found is None or answer not in COOLING else found


TERMS: Final[tuple[Attribute[Any], ...]] = fields(Terms)
"""The terms there are."""

DEFAULTS: Final = Terms(
    accept_within=timedelta(minutes=5),
    rounds=1,
    truncate=False,
    backlog="oldest",
    offer=EXCLUSIVE,
    on_breach="remind",
)
"""The terms of a policy that says nothing of them."""


def said(terms: Terms) -> Iterator[tuple[str, Any]]:
    """The terms that a rule or a router says, as plain data for a policy file."""
    for each in TERMS:
        value = getattr(terms, each.name)
        if value is not None:
            yield each.name, written(value)


def written(value: Any) -> Any:
    """The value of a term as plain data for a policy file."""
    if isinstance(value, Mapping):
        return {key: written(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [written(each) for each in value]
    if isinstance(value, bool | int):
        return value
    return format_within(value) if isinstance(value, timedelta) else str(value)


def check_terms(terms: Terms, grades: Iterable[str], place: str) -> None:
    """Refuse terms for a grade that the policy does not have."""
    known = (*grades, OTHER)
    for each in TERMS:
        value = getattr(terms, each.name)
        if "by" in each.metadata:
            continue
        for grade in value if isinstance(value, Mapping) else ():
            if grade not in known:
                raise UnknownFieldError("grade", grade, known, f"{place}.{each.name}".lstrip("."))


def check_together(terms: Terms, place: str = "") -> None:
    """Refuse terms that contradict one another; those that are not said contradict nothing."""
    if terms.auto_accept and terms.kind not in (EXCLUSIVE, PULL):
        problem = (
            f"cannot stand beside offer = '{terms.kind}', where reps answer; leave one of them out"
        )
        raise ConfigError(problem, f"{place}.auto_accept".lstrip("."))
    if terms.remind_before is not None and terms.accept_within is not None:
        _check_reminder(terms, f"{place}.remind_before".lstrip("."))
    if terms.accept_within is not None:
        _check_ends(terms, place)


def _check_reminder(terms: Terms, place: str) -> None:
    given = (terms.accept_within, terms.remind_before)
    named_grades = [grade for each in given if isinstance(each, Mapping) for grade in each]
    for grade in dict.fromkeys([*named_grades, OTHER]):
        within, before = (of_grade(each, grade) for each in given)
        if within is None or before is None:
            continue
        of = "" if not named_grades else f" for {grade!r}"
        said = f"is {format_within(before)}{of}, and accept_within is {format_within(within)}"
        if isinstance(before, WorkingTime) and not isinstance(within, WorkingTime):
            raise ConfigError(f"{said}; write both in working time, or neither", place)
        if length_of(before) >= length_of(within):
            raise ConfigError(f"{said}; write a shorter one", place)


def _check_ends(terms: Terms, place: str) -> None:
    """Refuse an end of all offers, or of waiting, that comes before the end of the first offer."""
    within = terms.accept_within
    for name in ("total_within", "max_age"):
        given = getattr(terms, name)
        grades = {grade for each in (given, within) if isinstance(each, Mapping) for grade in each}
        for grade in sorted(grades) or [None]:
            end, offer = of_grade(given, grade), of_grade(within, grade)
            if end is not None and offer is not None and _is_shorter(end, offer):
                where = f"{place}.{name}" if grade is None else f"{place}.{name}.{grade}"
                raise ConfigError(
                    f"is {format_within(end)}, shorter than accept_within, which is "
                    f"{format_within(offer)}; make it longer, or accept_within shorter",
                    where.lstrip("."),
                )


def _is_shorter(end: Within, offer: Within) -> bool:
    """Whether an end surely comes before that of an offer; hours may be long between two working days."""
    surely = isinstance(end, timedelta) or not isinstance(offer, timedelta)
    return surely and length_of(end) < length_of(offer)
