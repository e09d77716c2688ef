"""Findings about names and reps.

The rules of this module:

* Only reps who are active count. A name that only a rep who left has is a name that nobody has.
* The nearest name that somebody has is suggested.
* Only reps who are active count.
* A requirement that also looks at the lead is judged by the parts that do not, and by leads whose fields the rule
  itself spells out. Nothing is guessed about other leads.
* Hours are counted in the zone that most of the pool keeps, in the week of the instant given and in the one half a
  year later, because the clocks of different zones do not change together.
* Only reps who could be given a lead of the rule are looked at: active, with a weight, and not left out by a part of
  the requirement, or of a guard of the score, that does not hang on the lead.
* One finding for each rule and kind of data, however many terms ask for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import chain, islice, product
from typing import Any
from zoneinfo import ZoneInfo

from attrs import frozen

from leadroute.errors import FieldTypeError, nearest
from leadroute.insight.coverage import usual_zone
from leadroute.insight.lint.analysis import Subject, shown_by
from leadroute.insight.lint.finding import Finding
from leadroute.insight.lint.rows import Row
from leadroute.insight.lint.values import among
from leadroute.model.coverage import Coverage, coverage
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.ranking.scorers.fit import language, same_country, skill_match, territory_match
from leadroute.ranking.scorers.places import distance, timezone_overlap
from leadroute.ranking.scorers.seniority import tier
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Contains,
    Membership,
    SetRelation,
    reads,
    walk,
)
from leadroute.rules.evaluation import LANGUAGE
from leadroute.rules.fallback import WAIT
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Entry, Field, Operand
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.scorer import Guarded, Scorer

__all__ = [
    "MOST_LEADS",
    "hours",
    "names",
    "nobody",
    "people",
    "pools",
    "requirements",
    "spelled",
    "unknown",
]


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


@frozen
class _Named:
    """A word that a condition looks for in a field of the rep."""

    field: Field
    word: str


def names(subject: Subject) -> Iterator[Finding]:
    """Names in pools and conditions that do not fit the roster. O(conditions x reps)."""
    roster = subject.roster or Roster()
    for number, pool in enumerate(subject.router.pools):
        for rep_id in sorted(pool.reps or ()):
            yield from _person(rep_id, f"pool[{number}].reps", roster)
    for place, condition in subject.conditions():
        for asked in dict.fromkeys(_asked(condition)):
            if asked.field.name == "id" and not asked.field.custom:
                yield from _person(asked.word, place, roster)
            elif asked.field.custom:
                yield from _attribute(asked.field, place, roster)
            else:
                yield from _word(asked, place, roster)


def _asked(condition: Condition) -> Iterator[_Named]:
    for node in walk(condition):
        if isinstance(node, Contains):
            yield from _held(node.container, node.item)
        elif isinstance(node, Entry) and node.of.entity == "rep":
            yield _Named(node.of, node.key)
        elif isinstance(node, SetRelation):
            yield from _held(node.left, node.right)
            yield from _held(node.right, node.left)
        elif isinstance(node, Comparison) and node.op == "==" and _is_id(node.left):
            yield from _held(node.left, node.right)
        elif isinstance(node, Membership) and not node.negated and _is_id(node.operand):
            yield from _held(node.operand, Const(node.values))
        elif isinstance(node, Field) and node.custom and node.entity == "rep":
            yield _Named(node, "")


def _is_id(operand: Operand) -> bool:
    return operand == Field("rep", "id")


def _held(by: Operand, given: Operand) -> Iterator[_Named]:
    if not isinstance(by, Field) or by.entity != "rep" or by.custom or not isinstance(given, Const):
        return
    if by.kind in (Kind.NAMES, Kind.LEVELS) or _is_id(by):
        words = given.value if isinstance(given.value, tuple) else (given.value,)
        yield from (_Named(by, word) for word in words)


def _person(rep_id: str, place: str, roster: Roster) -> Iterator[Finding]:
    rep = roster.get(rep_id)
    if rep is None:
        explanation = f"names the rep {rep_id!r}, who is not in the roster"
        yield Finding("LR102", place, explanation, _remedy(rep_id, (each.id for each in roster)))
    elif not rep.active:
        explanation = f"names the rep {rep_id!r}, who is not active"
        yield Finding("LR103", place, explanation, "name somebody else")


def _attribute(field: Field, place: str, roster: Roster) -> Iterator[Finding]:
    known = {name for rep in _active(roster) for name in rep.attributes}
    if field.name not in known:
        explanation = f"asks for {field}, which no active rep has"
        yield Finding("LR105", place, explanation, _remedy(field.name, known))


def _word(asked: _Named, place: str, roster: Roster) -> Iterator[Finding]:
    known = {word for rep in _active(roster) for word in getattr(rep, asked.field.name)}
    if asked.word not in known:
        what = _SINGULAR[asked.field.name]
        explanation = f"asks for the {what} {asked.word!r}, which no active rep has"
        yield Finding("LR104", place, explanation, _remedy(asked.word, known))


def _active(roster: Roster) -> Iterator[Rep]:
    return (rep for rep in roster if rep.active)


def _remedy(name: str, known: Iterator[str] | set[str]) -> str:
    suggestion = nearest(name, sorted(known))
    return f"did you mean {suggestion!r}?" if suggestion else "correct it, or add it to the reps"


MOST_LEADS = 64
"""How many leads are invented for one row of a rule."""

_HALF_A_YEAR = timedelta(weeks=26)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def nobody(subject: Subject) -> Iterator[Finding]:
    """A roster in which nobody is active, and what becomes of the leads then."""
    router = subject.router
    held = {
        WAIT in rule.fallback.steps(_without_reps(subject, rule), router.fallback)
        for rule in router.rules
    }
    if all(rule.when is not None for rule in router.rules):
        held.add(WAIT in router.fallback.steps("no_rule"))
    fate = " or ".join(("goes to the catch-all", "waits")[waits] for waits in sorted(held))
    explanation = f"nobody is active, so every lead {fate}"
    yield Finding("LR101", "", explanation, "check the reps")


def _without_reps(subject: Subject, rule: Rule) -> str:
    """How a lead of this rule comes out when nobody is active."""
    return "nobody_eligible" if subject.members(rule.pool) else "empty_pool"


def pools(subject: Subject) -> Iterator[Finding]:
    """Pools without active reps, and pools that no rule uses. O(pools x reps)."""
    used = {rule.pool for rule in subject.router.rules} | set(_overflow(subject))
    for number, pool in enumerate(subject.router.pools):
        place = f"pool[{number}]"
        error = subject.failing_pools.get(pool.name)
        if error is not None:
            explanation = (
                f"nobody can tell who is in the pool {pool.name!r}: a predicate fails with {error}"
            )
            remedy = "let it answer for every rep, with a lead of which nothing is known"
            yield Finding("LR110", f"{place}.where", explanation, remedy)
        elif not subject.active(pool.name):
            explanation = f"pool {pool.name!r} has no active reps"
            yield Finding("LR106", place, explanation, "change its members or its condition")
        if pool.name not in used:
            explanation = f"no rule uses the pool {pool.name!r}"
            yield Finding("LR108", place, explanation, "name it in a rule, or remove it")


def _overflow(subject: Subject) -> Iterator[str]:
    """The pools that are asked when nobody is found."""
    router = subject.router
    for fallback in (router.fallback, *(rule.fallback for rule in router.rules)):
        yield from (pool for _, pool in fallback.pools())


def requirements(subject: Subject) -> Iterator[Finding]:
    """Requirements that nobody in the rule's pool meets, for any lead or for some. O(rules x reps)."""
    for number, rule in enumerate(subject.router.rules):
        members = subject.active(rule.pool)
        if rule.require is None or not members or not subject.reached[number]:
            continue
        place = f"rule[{number}].require"
        able = _able(subject, rule.require, members)
        if not able:
            explanation = f"nobody in the pool {_pool(rule)!r} meets it: {rule.require}"
            yield Finding("LR107", place, explanation, "lower it, or change the pool or the reps")
            continue
        lead = _unserved(subject, number, rule.require, able)
        if lead is not None:
            explanation = (
                f"rule {rule.name!r} takes leads for whom nobody in the pool {_pool(rule)!r} meets the requirement: "
                f"{rule.require}"
            )
            yield Finding("LR109", place, explanation, "add such a rep, or narrow the rule", lead)


def _pool(rule: Rule) -> str:
    return rule.pool or EVERYONE


def _able(subject: Subject, require: Condition, members: Sequence[Rep]) -> list[Rep]:
    """The reps who meet every part of a requirement that does not hang on the lead."""
    parts = require.parts if isinstance(require, And) else (require,)
    settled = []
    for part in parts:
        asked = reads(part)
        if not (asked.lead or asked.signals or asked.checks or asked.now):
            settled.append(part)
    nobody = Lead("nobody")
    return [rep for rep in members if all(subject.holds(part, nobody, rep) for part in settled)]


def _unserved(
    subject: Subject, number: int, require: Condition, able: Sequence[Rep]
) -> Lead | None:
    """A lead that comes to this rule, whose fields the rule spells out, and for whom no rep is able."""
    rule = subject.router.rules[number]
    asked = reads(require)
    if not asked.lead or asked.signals or asked.checks:
        return None

    def shows(lead: Lead) -> bool:
        mine = subject.qualifies(lead) and subject.router.match(lead, subject.instant) is rule
        return mine and not any(subject.holds(require, lead, rep) for rep in able)

    for row in subject.reached[number]:
        lead = shown_by(islice(spelled(row, asked.lead), MOST_LEADS), subject.instant, shows)
        if lead is not None:
            return lead
    return None


def spelled(row: Row, fields: frozenset[Field]) -> Iterator[Row]:
    """The row once for each combination of values of these fields; nothing unless the row lists all of them."""
    keys = [key for key in row if key[0] in fields]
    if {key[0] for key in keys} != fields:
        return
    listed: list[tuple[Any, ...]] = []
    for key in keys:
        # A language stands for its variants too, which nobody lists.
        points = row[key].named if key[0] == LANGUAGE else row[key].points
        if points is None or row[key].missing:
            return
        listed.append(points)
    for combination in product(*listed):
        exact = {key: among([value]) for key, value in zip(keys, combination, strict=True)}
        yield {**row, **exact}


def hours(subject: Subject) -> Iterator[Finding]:
    """Pools that somebody is missing from at some hours, that never work, and reps without a schedule."""
    for rep_id, error in subject.failing_calendars.items():
        explanation = f"the rep {rep_id!r} has a calendar that fails with {error}"
        yield Finding("LR204", "", explanation, "mend it; until then the rep is offered nothing")
    everyone = subject.punctual(None)
    always = [rep for rep in everyone if rep.hours is None]
    if always:
        who = "nobody has" if len(always) == len(everyone) else f"{people(always)} without"
        explanation = f"{who} a schedule, which counts as working day and night"
        yield Finding("LR203", "", explanation, "give every rep a schedule")
    if subject.now is None:
        return
    places = {pool.name: f"pool[{number}]" for number, pool in enumerate(subject.router.pools)}
    for pool in dict.fromkeys(_pool(rule) for rule in subject.router.rules):
        members = subject.punctual(pool)
        if members and all(rep.hours is not None for rep in members):
            remedy = f"{_fate(subject, pool)}; widen the schedules if that is too long"
            yield from _away(pool, places.get(pool, ""), members, subject.now, remedy)


def people(reps: Sequence[Rep]) -> str:
    """Some reps as the subject of a sentence.

    Example:
        >>> people([Rep("ada"), Rep("bob")])
        "the reps 'ada', 'bob' are"
    """
    shown = ", ".join(repr(rep.id) for rep in reps[:3])
    more = f" and {len(reps) - 3} more" if len(reps) > 3 else ""
    return f"the rep {shown} is" if len(reps) == 1 else f"the reps {shown}{more} are"


def _fate(subject: Subject, pool: str) -> str:
    """What becomes of the leads of a pool while nobody of it is there."""
    router = subject.router
    fates = {
        ", ".join(rule.fallback.steps("nobody_available", router.fallback))
        for rule in router.rules
        if _pool(rule) == pool
    }
    if fates == {WAIT}:
        return "leads wait until somebody is back"
    return f"the policy then says: {' or '.join(sorted(fates))}"


def _away(
    pool: str, place: str, members: Sequence[Rep], now: datetime, remedy: str
) -> Iterator[Finding]:
    zone = usual_zone(members)
    week, later = (_week(members, at, zone) for at in (now, now + _HALF_A_YEAR))
    holes = week.holes("pool")
    if len(holes) == len(week.hours):
        explanation = (
            f"nobody in the pool {pool!r} works at any hour of the week from {_from(week)}"
        )
        yield Finding("LR202", place, explanation, "check the schedules")
        return
    told = _listed(holes, zone)
    other = _listed(later.holes("pool"), zone)
    explanation = f"nobody in the pool {pool!r} is there {told} ({zone.key})" if told else ""
    if other and other != told:
        also = f"nobody in the pool {pool!r} is there in the week from {_from(later)} {other} ({zone.key})"
        explanation = f"{explanation}, and {also}" if explanation else also
    if explanation:
        yield Finding("LR201", place, explanation, remedy)


def _week(members: Sequence[Rep], at: datetime, zone: ZoneInfo) -> Coverage:
    local = at.astimezone(zone).date()
    monday: date = local - timedelta(days=local.weekday())
    return coverage((("pool", rep.hours) for rep in members), monday, zone)


def _from(week: Coverage) -> str:
    return week.hours[0].astimezone(week.zone).date().isoformat()


def _listed(holes: Sequence[datetime], zone: ZoneInfo) -> str:
    """Hours as stretches of each day, days alike put together: ``Mon-Fri 00-09 and 17-24, Sat-Sun 00-24``."""
    days: list[set[int]] = [set() for _ in _DAYS]
    for hole in holes:
        local = hole.astimezone(zone)
        days[local.weekday()].add(local.hour)
    found, start = [], 0
    for day in range(1, len(_DAYS) + 1):
        if day < len(_DAYS) and days[day] == days[start]:
            continue
        if days[start]:
            name = _DAYS[start] if day - start == 1 else f"{_DAYS[start]}-{_DAYS[day - 1]}"
            found.append(f"{name} {' and '.join(_stretches(days[start]))}")
        start = day
    return ", ".join(found)


def _stretches(hours: set[int]) -> Iterator[str]:
    for hour in sorted(hours):
        if hour - 1 not in hours:
            end = next(end for end in range(hour, 25) if end not in hours)
            yield f"{hour:02}-{end:02}"


_NOBODY = Lead("nobody")


def unknown(subject: Subject) -> Iterator[Finding]:
    """Reps without the data that the score of a rule asks for. O(rules x terms x reps)."""
    covered = _Covered(subject)
    for number, rule in enumerate(subject.router.rules):
        if rule.score is None:
            continue
        found: dict[str, tuple[Scorer, dict[str, Rep]]] = {}
        for scorer, guards in _plain(rule.score, () if rule.require is None else (rule.require,)):
            what, knows = _unknown_asked(scorer, covered)
            if not what:
                continue
            lacking = found.setdefault(what, (scorer, {}))[1]
            for rep in subject.active(rule.pool):
                if rep.weight and not knows(rep) and _may_count(subject, guards, rep):
                    lacking[rep.id] = rep
        for what, (scorer, reps) in found.items():
            if reps:
                who = people([reps[rep_id] for rep_id in sorted(reps)])
                explanation = f"{who} without {what}, and rule {rule.name!r} scores by {scorer}"
                remedy = "give them some, or say with unknown= how they score"
                yield Finding("LR111", f"rule[{number}].score", explanation, remedy)


def _plain(
    score: Scorer, guards: tuple[Condition, ...]
) -> Iterator[tuple[Scorer, tuple[Condition, ...]]]:
    """The scorers of a score that are made of no others, each with the conditions under which it counts."""
    inner = (*guards, score.condition) if isinstance(score, Guarded) else guards
    for part in score.inner:
        yield from _plain(part, inner)
    if not score.inner:
        yield score, guards


def _may_count(subject: Subject, guards: Sequence[Condition], rep: Rep) -> bool:
    """Whether no condition is false of the rep whatever the lead."""
    try:
        return all(subject.holds(part, _NOBODY, rep) for part in _settled(guards))
    except FieldTypeError:
        return False


def _settled(conditions: Sequence[Condition]) -> Iterator[Condition]:
    """The parts that hang on the rep alone."""
    parts = chain.from_iterable(
        each.parts if isinstance(each, And) else (each,) for each in conditions
    )
    for part in parts:
        asked = reads(part)
        if not (asked.lead or asked.signals or asked.checks or asked.now):
            yield part


class _Covered:
    """Who covers a place, or has a part in a territory."""

    def __init__(self, subject: Subject) -> None:
        territory_index = subject.router.territories
        self._names = frozenset(each.name for each in territory_index)
        self._ids = frozenset(
            chain.from_iterable(
                (*each.owners, *each.overlays, *each.backups) for each in territory_index
            )
        )

    def holds(self, rep: Rep) -> bool:
        """Whether this rep does."""
        named = bool(rep.regions or rep.countries or rep.id in self._ids)
        return named or not self._names.isdisjoint(rep.territories)


def _unknown_asked(scorer: Scorer, covered: _Covered) -> tuple[str, Callable[[Rep], bool]]:
    """What a scorer asks of a rep, and whether it is known; empty when it asks nothing that a roster has."""
    match scorer:
        case skill_match():
            return "skills", lambda rep: bool(rep.skills)
        case language():
            return "languages", lambda rep: bool(rep.languages)
        case same_country():
            return "countries", lambda rep: bool(rep.countries)
        case territory_match():
            return "territory, region and country", covered.holds
        case distance():
            return f"a place in {scorer.latitude!r} and {scorer.longitude!r}", scorer.knows
        case timezone_overlap():
            return "schedule and time zone", lambda rep: (rep.hours or rep.timezone) is not None
        case tier(wins=None):
            return "a level", lambda rep: rep.level is not None
    return "", bool
