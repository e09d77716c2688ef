"""Findings about names, reps, territories, places and calling hours. Only reps who are active count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain, combinations, groupby
from operator import itemgetter
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from attrs import frozen

from leadroute.errors import FieldTypeError, nearest
from leadroute.insight.coverage import Coverage, coverage, usual_zone
from leadroute.insight.lint.analysis import Finding, Row, Subject, conditions_of
from leadroute.insight.lint.requirement_checks import meets, people, pool_named, rep_parts
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import lead_hours
from leadroute.model.rep import Rep, Roster
from leadroute.model.schedule import Schedule
from leadroute.model.territory import Territory, distance_km
from leadroute.model.territory_index import TerritoryIndex
from leadroute.model.timeline import DAY_NAMES
from leadroute.model.working_hours import Hours, meeting, unless_failing
from leadroute.ranking.scorers.fit import (
    distance,
    language,
    same_country,
    skill_match,
    territory_match,
    timezone_overlap,
)
from leadroute.ranking.scorers.seniority import tier
from leadroute.rules.conditions import (
    Comparison,
    Condition,
    Contains,
    Membership,
    SetRelation,
    walk,
)
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Entry, Field, Operand
from leadroute.rules.rule import WAIT, Rule
from leadroute.rules.scorer import Guarded, Scorer

_SINGULAR = {
    "teams": "team",
    "skills": "skill",
    "languages": "language",
    "countries": "country",
    "regions": "region",
    "territories": "territory",
    "industries": "industry",
    "licenses": "license",
    "accounts": "account",
}
_ID = Field("rep", "id")

_Named: TypeAlias = tuple[Field, str]
"""A field of the rep, and a word that a condition looks for in it."""


def names(subject: Subject) -> Iterator[Finding]:
    """Yield names in pools and conditions that do not fit the roster. O(conditions x reps)."""
    roster = subject.roster or Roster()
    for number, pool in enumerate(subject.router.pools):
        for rep_id in sorted(pool.reps or ()):
            yield from _person(rep_id, f"pool[{number}].reps", roster)
    for place, condition in conditions_of(subject.router):
        for field, word in dict.fromkeys(_asked(condition)):
            if field == _ID:
                yield from _person(word, place, roster)
            else:
                yield from _word(field, word, place, roster)


def _asked(condition: Condition) -> Iterator[_Named]:
    for node in walk(condition):
        match node:
            case Contains(container=container, item=item):
                yield from _held(container, item)
            case Entry(of=Field(entity="rep") as field, key=key):
                yield field, key
            case SetRelation(left=left, right=right):
                yield from _held(left, right)
                yield from _held(right, left)
            case Comparison(left=left, op="==", right=right) if left == _ID:
                yield from _held(left, right)
            case Membership(operand=operand, values=values, negated=False) if operand == _ID:
                yield from _held(operand, Const(values))
            case Field(custom=True, entity="rep"):
                yield node, ""


def _held(by: Operand, given: Operand) -> Iterator[_Named]:
    if not isinstance(by, Field) or by.entity != "rep" or by.custom or not isinstance(given, Const):
        return
    if by.kind in (Kind.NAMES, Kind.LEVELS) or by == _ID:
        words = given.value if isinstance(given.value, tuple) else (given.value,)
        yield from ((by, word) for word in words)


def _person(rep_id: str, place: str, roster: Roster) -> Iterator[Finding]:
    rep = roster.get(rep_id)
    if rep is None:
        explanation = f"names the rep {rep_id!r}, who is not in the roster"
        yield Finding("LR102", place, explanation, _remedy(rep_id, (each.id for each in roster)))
    elif not rep.active:
        explanation = f"names the rep {rep_id!r}, who is not active"
        yield Finding("LR103", place, explanation, "name another rep")


def _word(field: Field, word: str, place: str, roster: Roster) -> Iterator[Finding]:
    """Yield the finding about an attribute, or a word in a field, that no active rep has."""
    name = "attributes" if field.custom else field.name
    known = {held for rep in roster if rep.active for held in getattr(rep, name)}
    wanted = field.name if field.custom else word
    if wanted not in known:
        what = str(field) if field.custom else f"the {_SINGULAR[name]} {word!r}"
        explanation = f"asks for {what}, which no active rep has"
        code = "LR105" if field.custom else "LR104"
        yield Finding(code, place, explanation, _remedy(wanted, known))


def _remedy(name: str, known: Iterable[str]) -> str:
    suggestion = nearest(name, sorted(known))
    return f"did you mean {suggestion!r}?" if suggestion else "correct it, or add it to the reps"


_HALF_A_YEAR = timedelta(weeks=26)


def nobody(subject: Subject) -> Iterator[Finding]:
    """Yield the finding that nobody is active, with what becomes of the leads then."""
    router = subject.router
    held = set()
    for rule in router.rules:
        case = "none_eligible" if subject.members(rule.pool) else "pool_empty"
        held.add(WAIT in rule.fallback.steps(case, router.fallback))
    if all(rule.when is not None for rule in router.rules):
        held.add(WAIT in router.fallback.steps("no_rule_matched"))
    fate = " or ".join(("goes to the catch-all", "waits")[waits] for waits in sorted(held))
    explanation = f"nobody is active, so every lead {fate}"
    yield Finding("LR101", "", explanation, "check the reps")


def pools(subject: Subject) -> Iterator[Finding]:
    """Yield pools without active reps, and pools that no rule uses. O(pools x reps)."""
    router = subject.router
    fallbacks = (router.fallback, *(rule.fallback for rule in router.rules))
    used = {each.pool for rule in router.rules for each in (rule, *rule.later)}
    used |= {pool for fallback in fallbacks for _, pool in fallback.pools()}
    for number, pool in enumerate(router.pools):
        place = f"pool[{number}]"
        error = subject.failing_pools.get(pool.name)
        if error is not None:
            explanation = f"it is not known which reps are in the pool {pool.name!r}: a predicate fails with {error}"
            remedy = "let it answer for every rep, also with a lead without any facts"
            yield Finding("LR110", f"{place}.where", explanation, remedy)
        elif not subject.active(pool.name):
            explanation = f"pool {pool.name!r} has no active reps"
            yield Finding("LR106", place, explanation, "change its members or its condition")
        if pool.name not in used:
            explanation = f"no rule uses the pool {pool.name!r}"
            yield Finding("LR108", place, explanation, "name it in a rule, or remove it")


def hours(subject: Subject) -> Iterator[Finding]:
    """Yield pools without anybody at some hours or at all, and reps without a schedule.

    Hours are counted in the zone that most of the pool keeps, in the week of the instant given and
    in the one half a year later, because the clocks of different zones do not change together.
    """
    for rep_id, error in subject.failing_calendars.items():
        explanation = f"the rep {rep_id!r} has a calendar that fails with {error}"
        yield Finding("LR204", "", explanation, "repair it; until then the rep gets no offers")
    everyone = subject.punctual(None)
    always = [rep for rep in everyone if rep.hours is None]
    if always:
        who = "nobody has" if len(always) == len(everyone) else f"{people(always)} without"
        explanation = f"{who} a schedule, which counts as working day and night"
        yield Finding("LR203", "", explanation, "give every rep a schedule")
    if subject.now is None:
        return
    places = {pool.name: f"pool[{number}]" for number, pool in enumerate(subject.router.pools)}
    for pool in dict.fromkeys(pool_named(rule) for rule in subject.router.rules):
        members = subject.punctual(pool)
        if members and all(rep.hours is not None for rep in members):
            remedy = f"{_fate(subject, pool)}; widen the schedules if that is too long"
            yield from _away(pool, places.get(pool, ""), members, subject.now, remedy)


def _fate(subject: Subject, pool: str) -> str:
    router = subject.router
    fates = {
        ", ".join(rule.fallback.steps("none_available", router.fallback))
        for rule in router.rules
        if pool_named(rule) == pool
    }
    if fates == {WAIT}:
        return "leads wait until a rep is back"
    return f"the policy then says: {' or '.join(sorted(fates))}"


def _away(
    pool: str, place: str, members: Sequence[Rep], now: datetime, remedy: str
) -> Iterator[Finding]:
    zone = usual_zone(members)
    week, later = (_week(members, at, zone) for at in (now, now + _HALF_A_YEAR))
    nobody = f"nobody in the pool {pool!r}"
    holes = week.holes("pool")
    if len(holes) == len(week.hours):
        explanation = f"{nobody} works at any hour of the week from {_from(week)}"
        yield Finding("LR202", place, explanation, "check the schedules")
        return
    told, other = _listed(holes, zone), _listed(later.holes("pool"), zone)
    found = [f"{nobody} is there {told} ({zone.key})"] if told else []
    if other and other != told:
        found.append(f"{nobody} is there in the week from {_from(later)} {other} ({zone.key})")
    if found:
        yield Finding("LR201", place, ", and ".join(found), remedy)


def _week(members: Sequence[Rep], at: datetime, zone: ZoneInfo) -> Coverage:
    local = at.astimezone(zone).date()
    monday = local - timedelta(days=local.weekday())
    return coverage((("pool", rep.hours) for rep in members), monday, zone)


def _from(week: Coverage) -> str:
    return week.hours[0].astimezone(week.zone).date().isoformat()


def _listed(holes: Sequence[datetime], zone: ZoneInfo) -> str:
    """Return the hours of each day, days alike together: ``Mon-Fri 00-09 and 17-24``."""
    days: list[set[int]] = [set() for _ in DAY_NAMES]
    for hole in holes:
        local = hole.astimezone(zone)
        days[local.weekday()].add(local.hour)
    found = []
    for hours, alike in groupby(zip(DAY_NAMES, days, strict=True), itemgetter(1)):
        first, *rest = [name.title() for name, _ in alike]
        if hours:
            span = f"{first}-{rest[-1]}" if rest else first
            found.append(f"{span} {' and '.join(_stretches(hours))}")
    return ", ".join(found)


def _stretches(hours: set[int]) -> Iterator[str]:
    for hour in sorted(hours):
        if hour - 1 not in hours:
            end = next(end for end in range(hour, 25) if end not in hours)
            yield f"{hour:02}-{end:02}"


def unknown(subject: Subject) -> Iterator[Finding]:
    """Yield reps without the data that the score of a rule asks for. O(rules x terms x reps).

    One finding for each rule and kind of data, however many terms ask for it, and of the reps who
    could be given a lead of the rule alone.
    """
    covers = _covering(subject)
    for number, rule in enumerate(subject.router.rules):
        for what, (scorer, reps) in _lacking(subject, rule, covers).items():
            if reps:
                who = people([reps[rep_id] for rep_id in sorted(reps)])
                explanation = f"{who} without {what}, and rule {rule.name!r} scores by {scorer}"
                remedy = "give them some, or say with unknown= how they score"
                yield Finding("LR111", f"rule[{number}].score", explanation, remedy)


def _lacking(
    subject: Subject, rule: Rule, covers: Callable[[Rep], bool]
) -> dict[str, tuple[Scorer, dict[str, Rep]]]:
    """Return the reps without each kind of data, with the first scorer that asks for it."""
    found: dict[str, tuple[Scorer, dict[str, Rep]]] = {}
    guards = () if rule.require is None else (rule.require,)
    for scorer, conditions in () if rule.score is None else _plain(rule.score, guards):
        what, knows = _unknown_asked(scorer, covers)
        if what:
            lacking = found.setdefault(what, (scorer, {}))[1]
            reps = (rep for rep in subject.active(rule.pool) if rep.weight and not knows(rep))
            lacking.update({rep.id: rep for rep in reps if _may_count(subject, conditions, rep)})
    return found


def _plain(
    score: Scorer, guards: tuple[Condition, ...]
) -> Iterator[tuple[Scorer, tuple[Condition, ...]]]:
    """Yield the scorers that are made of no others, each with the conditions it counts under."""
    inner = (*guards, score.condition) if isinstance(score, Guarded) else guards
    for part in score.inner:
        yield from _plain(part, inner)
    if not score.inner:
        yield score, guards


def _may_count(subject: Subject, guards: Sequence[Condition], rep: Rep) -> bool:
    try:
        return meets(subject, rep_parts(guards), rep)
    except FieldTypeError:
        return False


def _covering(subject: Subject) -> Callable[[Rep], bool]:
    """Return a test of whether a rep covers a place, or has a part in a territory."""
    territory_index = subject.router.territories
    named = frozenset(each.name for each in territory_index)
    ids = {
        rep_id
        for each in territory_index
        for rep_id in (*each.owners, *each.overlays, *each.backups)
    }
    return lambda rep: (
        bool(rep.regions or rep.countries or rep.id in ids) or not named.isdisjoint(rep.territories)
    )


def _unknown_asked(
    scorer: Scorer, covers: Callable[[Rep], bool]
) -> tuple[str, Callable[[Rep], bool]]:
    """Return the data that a scorer asks of a rep, with a test for it; empty for none."""
    match scorer:
        case skill_match():
            return "skills", lambda rep: bool(rep.skills)
        case language():
            return "languages", lambda rep: bool(rep.languages)
        case same_country():
            return "countries", lambda rep: bool(rep.countries)
        case territory_match():
            return "territory, region and country", covers
        case distance():
            return f"a place in {scorer.latitude!r} and {scorer.longitude!r}", scorer.knows
        case timezone_overlap():
            return "schedule and time zone", lambda rep: (rep.hours or rep.timezone) is not None
        case tier(wins=None):
            return "a level", lambda rep: rep.level is not None
    return "", bool


_SETS: Final = {
    "regions": "region",
    "countries": "country",
    "industries": "industry",
    "languages": "language",
}
"""The fields of a territory that hold a set, each with the word for one of its members."""


@frozen
class Overlap:
    """Two territories between which only the order of their names decides."""

    first: str
    second: str
    on: tuple[str, ...]

    def __str__(self) -> str:
        shared = ", ".join(self.on) or "every lead"
        return f"{self.first!r} and {self.second!r} both hold {shared}; give one a higher priority"


@frozen
class Hole:
    """A lead that stands for a segment, and that nobody's territory holds."""

    lead_id: str
    territories: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.territories:
            return f"{self.lead_id!r} is in no territory"
        return f"{self.lead_id!r} is in {', '.join(self.territories)}, where there is no rep"


def holes(
    territory_index: TerritoryIndex, segments: Iterable[Lead], reps: Iterable[Rep] = ()
) -> Iterator[Hole]:
    """Yield the segments that no territory with a rep holds.

    Args:
        territory_index: The territories.
        segments: One lead for each kind of lead that you expect.
        reps: The reps, some of whom name their territories themselves.

    Example:
        >>> territory_index = TerritoryIndex(
        ...     [Territory("emea", countries={"DE", "FR"}, owners={"ada"})]
        ... )
        >>> [
        ...     str(hole)
        ...     for hole in holes(
        ...         territory_index, [Lead("germany", country="DE"), Lead("usa", country="US")]
        ...     )
        ... ]
        ["'usa' is in no territory"]
    """
    named = frozenset(name for rep in reps for name in rep.territories)
    for lead in segments:
        found = [match.territory for match in territory_index.lookup(lead)]
        if not any(one.owners or one.overlays or one.backups or one.name in named for one in found):
            yield Hole(lead.id, tuple(one.name for one in found))


def overlaps(territory_index: TerritoryIndex) -> Iterator[Overlap]:
    """Yield pairs of territories that only their names put in order.

    Only territories of one country, one priority, one depth and the same kinds of fields are
    compared with each other: O(n + k^2) for the largest such group of k.

    Example:
        >>> territory_index = TerritoryIndex(
        ...     [Territory("b", countries={"DE"}), Territory("a", countries={"DE", "FR"})]
        ... )
        >>> [str(each) for each in overlaps(territory_index)]
        ["'a' and 'b' both hold country DE; give one a higher priority"]
    """
    groups: defaultdict[tuple[object, ...], list[Territory]] = defaultdict(list)
    for territory in territory_index:
        kind = (_kinds(territory), territory.priority or 0, territory_index.depth(territory.name))
        for country in sorted(territory.wanted("countries")) or [""]:
            groups[*kind, country].append(territory)
    seen = set()
    for one, other in chain.from_iterable(combinations(each, 2) for each in groups.values()):
        if (one.name, other.name) not in seen:
            seen.add((one.name, other.name))
            on = _shared(one, other)
            if on is not None:
                yield Overlap(one.name, other.name, on)


def _kinds(territory: Territory) -> tuple[bool, ...]:
    return (
        bool(territory.wanted("accounts") or territory.wanted("domains")),
        bool(territory.stretches),
        territory.center is not None,
        (territory.min_employees, territory.max_employees) != (None, None),
        *(bool(territory.wanted(name)) for name in _SETS),
    )


def _shared(one: Territory, other: Territory) -> tuple[str, ...] | None:
    """Return what two territories of the same kinds both hold; ``None`` when that is nothing."""
    parts = [_named(one, other), _codes(one, other)]
    for name, singular in _SETS.items():
        both = one.wanted(name) & other.wanted(name)
        left = both - one.unwanted(name) - other.unwanted(name)
        listed = ", ".join(f"{singular} {each}" for each in sorted(left))
        parts.append(None if one.wanted(name) and not left else listed)
    parts += [_near(one, other), _sized(one, other)]
    return None if None in parts else tuple(filter(None, parts))


def _named(one: Territory, other: Territory) -> str | None:
    if not (one.wanted("accounts") or one.wanted("domains")):
        return ""
    accounts = one.wanted("accounts") & other.wanted("accounts")
    domains = one.wanted("domains") & other.wanted("domains")
    return ", ".join(sorted(accounts | domains)) or None


def _codes(one: Territory, other: Territory) -> str | None:
    if not one.stretches:
        return ""
    both = [
        str(mine)
        for mine in one.stretches
        for its in other.stretches
        if len(mine.prefix) == len(its.prefix) and mine.meets(its)
    ]
    return ", ".join(f"postal code {code}" for code in both) or None


def _near(one: Territory, other: Territory) -> str | None:
    if one.center is None or other.center is None or one.radius_km is None:
        return ""
    apart = distance_km(one.center, other.center)
    near = apart <= one.radius_km + (other.radius_km or 0)
    return f"centers {apart:.0f} km apart" if near else None


def _sized(one: Territory, other: Territory) -> str | None:
    low = max(one.min_employees or 0, other.min_employees or 0)
    ends = [each.max_employees for each in (one, other) if each.max_employees is not None]
    return None if ends and low > min(ends) else ""


MOST_TERRITORIES: Final = 1_000
"""How many territories are compared with each other: the worst case is their square."""

_PLACES: Final = frozenset(
    Field("lead", name)
    for name in ("country", "region", "timezone", "industry", "language", "postal_code", "domain")
)


def territories(subject: Subject) -> Iterator[Finding]:
    """Yield territories between which nothing but their names decides. O(territories squared)."""
    territory_index = subject.router.territories
    if len(territory_index) > MOST_TERRITORIES:
        explanation = f"{len(territory_index)} territories were not compared with each other"
        remedy = f"compare fewer than {MOST_TERRITORIES} with leadroute.insight.overlaps"
        yield Finding("LR403", "territory", explanation, remedy)
        return
    for found in overlaps(territory_index):
        explanation, _, remedy = str(found).rpartition("; ")
        yield Finding("LR401", "territory", explanation, remedy)


def unheld(subject: Subject) -> Iterator[Finding]:
    """Yield leads that need a territory, and are in none with a rep of the pool."""
    territory_index = subject.router.territories
    for number, rule in enumerate(subject.router.rules):
        members = subject.active(rule.pool)
        if not rule.in_territory or not members:
            continue
        place = f"rule[{number}].in_territory"
        if not any(each.role(rep) for each in territory_index for rep in members):
            explanation = f"no rep of the pool of rule {rule.name!r} belongs to any territory"
            yield Finding("LR402", place, explanation, "add a territory, or give one a rep")
            continue
        lead = subject.lead_of(number, _places, partial(_unheld, territory_index, members))
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that are in no territory with a rep of its pool"
            )
            remedy = "add a territory, give it a rep, or narrow the rule"
            yield Finding("LR402", place, explanation, remedy, lead)


def _unheld(territory_index: TerritoryIndex, members: Sequence[Rep], lead: Lead) -> bool:
    held = (match.territory.role(rep) for match in territory_index.lookup(lead) for rep in members)
    return not any(held)


def calls(subject: Subject) -> Iterator[Finding]:
    """Yield calling hours that no instant fulfils, for any lead or for some."""
    for number, rule in enumerate(subject.router.rules):
        if rule.calling_hours is None:
            continue
        place = f"rule[{number}].calling_hours"
        if Schedule(rule.calling_hours, "UTC").next_open(subject.instant) is None:
            explanation = f"rule {rule.name!r} never lets its leads be called"
            yield Finding("LR404", place, explanation, "widen the hours, or leave them out")
            continue
        lead = subject.lead_of(
            number, _places, partial(_never, subject.instant, rule.calling_hours)
        )
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads that can never be called, because no hour suits all of the clocks "
                "that they may have"
            )
            yield Finding("LR404", place, explanation, "widen the hours, or narrow the rule", lead)


def _never(now: datetime, calling_hours: str, lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    return hours is not None and hours.next_open(now) is None


def unmet(subject: Subject) -> Iterator[Finding]:
    """Yield leads that may be called when nobody of the pool ever works. O(rules x schedules)."""
    for number, rule in enumerate(subject.router.rules):
        own = {rep.hours for rep in subject.punctual(rule.pool)}
        working = [hours for hours in own if hours is not None and _comes(hours, subject.instant)]
        if rule.calling_hours is None or None in own or not working:
            continue
        lead = subject.lead_of(
            number, _places, partial(_unmet, subject.instant, rule.calling_hours, working)
        )
        if lead is not None:
            explanation = f"rule {rule.name!r} takes leads that may be called only when nobody of its pool ever works"
            remedy = "widen the hours, or name a pool that works then"
            yield Finding("LR406", f"rule[{number}].calling_hours", explanation, remedy, lead)


def _comes(hours: Hours, now: datetime) -> bool:
    return hours.next_open(now) is not None


def _unmet(now: datetime, calling_hours: str, working: Sequence[Hours], lead: Lead) -> bool:
    hours = lead_hours(lead, calling_hours)
    if hours is None or not _comes(hours, now):
        return False
    return all(_never_meet(own, hours, now) for own in working)


def _never_meet(own: Hours, hours: Hours, now: datetime) -> bool:
    return unless_failing(lambda: meeting(own, hours, now) is None, lambda _error: False)


def shared(subject: Subject) -> Iterator[Finding]:
    """Yield reps whose hours are not known, under a rule that requires some of them."""
    for number, rule in enumerate(subject.router.rules):
        if rule.min_shared_hours is None:
            continue
        unknown = [
            rep for rep in subject.active(rule.pool) if rep.hours is None and rep.timezone is None
        ]
        if unknown:
            asks = f"rule {rule.name!r} requires shared hours"
            explanation = f"{people(unknown)} without schedule and time zone, and {asks}"
            remedy = "give them a schedule, or a time zone"
            yield Finding("LR405", f"rule[{number}].min_shared_hours", explanation, remedy)


def _places(row: Row) -> frozenset[Field]:
    return frozenset(asked for asked, _ in row if asked in _PLACES and isinstance(asked, Field))
