"""What could have been otherwise about a decision, and the same decision with that changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from math import ceil, floor, pi
from typing import Any, Final, Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.errors import LeadrouteError, ValidationError
from leadroute.insight.lint.analysis import conditions_of
from leadroute.model.caps import Bound, Cap
from leadroute.model.duration import format_duration, from_micros
from leadroute.model.keys import segment_open_key, total_holder
from leadroute.model.lead import Lead, Signal
from leadroute.model.lead_timezone import OFFICE, lead_hours
from leadroute.model.rep import Presence, Rep, Roster
from leadroute.model.schedule import Schedule
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import EARTH_KM, distance_km, position_of
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.lead_scoring import LeadScoring, is_score
from leadroute.ranking.ranking import Ranking
from leadroute.ranking.router import Router
from leadroute.rules.conditions import (
    Comparison,
    Condition,
    Contains,
    Membership,
    SetRelation,
    TextTest,
    walk,
)
from leadroute.rules.conditions import Presence as IsKnown
from leadroute.rules.fields import FIELDS, HARMLESS, Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, SignalStat, literal_text
from leadroute.rules.rule import EVERYONE, Rule


@frozen
class Change:
    """One thing that would have to be different for another decision.

    Args:
        of: ``rep``, ``team``, ``pool``, ``rule``, ``policy``, ``lead``, ``moment``, ``previous_offers`` or ``counts``.
        name: The field; of a pool and of a rule their name; of the moment ``now``; of what was tried the rep's id.
        value: The new value of the field. Of the team the reps as they would be, of a pool its
            members, of a rule the whole new rule, of counts the fields of the snapshot with their
            new values. Not shown: it may hold more than what was changed.
        words: The change in words, such as ``capacity was 4 instead of 3``.
    """

    of: Literal[
        "rep", "team", "pool", "rule", "policy", "lead", "moment", "previous_offers", "counts"
    ]
    name: str
    value: Any = field(repr=False)
    words: str

    def __str__(self) -> str:
        owned = self.of in ("rep", "lead", "policy")
        return f"the {self.of}'s {self.words}" if owned else self.words


Lever: TypeAlias = tuple[Change, ...]
"""One change in one or more strengths, the mildest first."""


def _of_rule(rule: Rule, words: str, **fields: Any) -> Change:
    return Change("rule", rule.name, evolve(rule, **fields), f"the rule {rule.name!r} {words}")


def of_counts(name: str, words: str, **fields: Any) -> Change:
    """Return a change of fields of the snapshot, called by the first of them."""
    return Change("counts", name, fields, words)


@frozen
class Question:
    """A decision that is asked about, with everything that it depends on."""

    router: Router
    lead: Lead
    rep: Rep
    roster: Roster
    now: datetime | None
    snapshot: Snapshot
    previous_offers: Mapping[str, str]

    def ranked(self, changes: Iterable[Change] = ()) -> Ranking:
        """Rank with these changes made; of two that change the same thing the later one counts."""
        made: dict[str, dict[str, Any]] = {}
        for change in changes:
            made.setdefault(change.of, {})[change.name] = change.value
        counts: dict[str, Any] = {}
        for fields in made.get("counts", {}).values():
            counts.update(fields)
        roster = self.roster
        for rep in chain.from_iterable(made.get("team", {}).values()):
            roster = roster.replace(rep)
        return self._router(made).rank(
            self.lead.with_changes(**made.get("lead", {})),
            roster.replace(roster[self.rep.id].with_changes(**made.get("rep", {}))),
            now=made.get("moment", {}).get("now", self.now),
            snapshot=evolve(self.snapshot, **counts),
            previous_offers=made.get("previous_offers", {}).get(self.rep.id, self.previous_offers),
        )

    def _router(self, made: Mapping[str, Mapping[str, Any]]) -> Router:
        changed: dict[str, Any] = dict(made.get("policy", {}))
        if pools := made.get("pool"):
            changed["pools"] = tuple(
                evolve(pool, reps=pools[pool.name]) if pool.name in pools else pool
                for pool in self.router.pools
            )
        if rules := made.get("rule"):
            changed["rules"] = tuple(rules.get(rule.name, rule) for rule in self.router.rules)
        return evolve(self.router, **changed) if changed else self.router

    def rule(self, ranking: Ranking) -> Rule | None:
        """Return the rule that decided; ``None`` when none did."""
        return None if ranking.rule is None else self.router.rule(ranking.rule)


Asked: TypeAlias = tuple[Operand, Any]
"""Something that is read from a lead or a rep, and a value that may turn the answer."""

_SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)


def named(router: Router, entity: str, lead: Lead) -> Iterator[Asked]:
    """Yield what conditions read of a lead or a rep, with the values that turn an answer."""
    for node in chain.from_iterable(walk(condition) for _, condition in conditions_of(router)):
        for asked, value in _turning(node, lead):
            if _entity(asked) == entity:
                yield asked, frozenset(value) if isinstance(value, set) else value


def rep_lever(rep: Rep, asked: Operand, value: Any, lead: Lead) -> Iterator[Lever]:
    """Yield a value of the rep, unless they have it, or it cannot be changed."""
    if value is None:
        return
    if isinstance(asked, Entry):
        if value != rep.skills.get(asked.key):
            yield (skill_change(rep, {asked.key: value}, lead),)
    elif isinstance(asked, Field) and asked.kind is Kind.NAMES and not asked.custom:
        known = getattr(rep, asked.name)
        if value not in known:
            words = f"{FIELDS['rep'][asked.name].label} included {word(value, lead)}"
            yield (Change("rep", asked.name, known | {value}, words),)
    else:
        yield from _field("rep", rep, asked, value, lead)


def _field(
    of: Literal["rep", "lead"], owner: Rep | Lead, asked: Operand, value: Any, lead: Lead
) -> Iterator[Lever]:
    if not isinstance(asked, Field) or asked.name == "id" or is_score(asked):
        return
    if asked.custom:
        words = f"{asked.name} was {told(value, lead)}"
        yield (Change(of, "attributes", {**owner.attributes, asked.name: value}, words),)
    elif value != getattr(owner, asked.name):
        words = f"{FIELDS[of][asked.name].label} was {told(value, lead)}"
        yield (Change(of, asked.name, value, words),)


def skill_change(rep: Rep, levels: Mapping[str, Any], lead: Lead) -> Change:
    """Return the change to other levels in some skills."""
    said = []
    for skill, level in levels.items():
        known = rep.skills.get(skill)
        has = "unknown" if known is None else f"{known:g}"
        said.append(f"level in {word(skill, lead)} was {told(level, lead)} instead of {has}")
    return Change("rep", "skills", {**rep.skills, **levels}, " and ".join(said))


def lead_lever(lead: Lead, asked: Operand, value: Any, now: datetime | None) -> Iterator[Lever]:
    """Yield a value of the lead, unless it has it, or it cannot be changed."""
    if isinstance(asked, SignalStat):
        yield from _signal(asked.signal, value, now or _SOME_DAY, lead)
    else:
        yield from _field("lead", lead, asked, value, lead)


def _signal(kind: str, value: Any, at: datetime, lead: Lead) -> Iterator[Lever]:
    if not isinstance(value, int | float):
        return
    try:
        signals = (*lead.signals, Signal(kind, at, value))
    except ValidationError:  # of a kind that cannot be
        return
    words = f"signals had one more {kind!r} of {value:g}"
    yield (Change("lead", "signals", signals, words),)


def scored_levers(question: Question, scoring: LeadScoring, found: LeadScore) -> Iterator[Lever]:
    """Yield sources, signals and bounds of grades that would have lifted the lead a grade."""
    lead, score = question.lead, found.score or 0.0
    for source in scoring.sources:
        asked = Field("lead", source.field)
        yield from lead_lever(lead, asked, source.value, question.now)
    for each in scoring.engagement:
        heats = (scoring.half * times / each.points for times in _HEATS)
        levers = (_signal(each.signal, heat, question.now or _SOME_DAY, lead) for heat in heats)
        yield tuple(change for found in levers for lever in found for change in lever)
    for grade in scoring.grades:
        if grade.at_least > score:
            bound = floor(score * 100) / 100
            grades = [each for each in scoring.grades if each.at_least != bound and each != grade]
            lower = evolve(scoring, grades=[*grades, evolve(grade, at_least=bound)])
            words = f"grade {grade.name!r} began at {bound:g} instead of {grade.at_least:g}"
            yield (Change("policy", "lead_scoring", lower, words),)


_HEATS: Final = (1, 4, 20)


def regraded(question: Question, lever: Lever, found: LeadScore) -> Lever:
    """Return a lever with the grade in its words, where a change of the lead alters it."""
    return tuple([_regraded(question, change, found) for change in lever])


def _regraded(question: Question, change: Change, found: LeadScore) -> Change:
    if change.of != "lead":
        return change
    try:
        lead = question.lead.with_changes(**{change.name: change.value})
        grade = question.router.scored(lead, question.now).grade
    except LeadrouteError:  # ranking with the change fails as well, and then nothing is proposed
        return change
    if grade == found.grade:
        return change
    return evolve(change, words=f"{change.words}, which makes its grade {grade or 'none'}")


def word(text: str, lead: Lead) -> str:
    """Quote a word, unless it is the lead's own in a field that is not shown."""
    for name in FIELDS["lead"]:
        if name not in HARMLESS and getattr(lead, name) == text:
            return f"the lead's {FIELDS['lead'][name].label}"
    return "the lead's own" if text in lead.attributes.values() else repr(text)


def told(value: Any, lead: Lead) -> str:
    """Return a value in words, withheld where it is the lead's own."""
    if value is None:
        return "not known"
    if isinstance(value, str | frozenset):
        words = [value] if isinstance(value, str) else sorted(value)
        return ", ".join(word(each, lead) for each in words)
    return f"{value:%Y-%m-%d %H:%M %Z}" if isinstance(value, datetime) else literal_text(value)


def _entity(asked: Operand) -> str:
    field = asked.of if isinstance(asked, Entry) else asked
    return "lead" if isinstance(field, SignalStat) else getattr(field, "entity", "")


def _turning(node: Condition | Operand, lead: Lead) -> Iterator[Asked]:
    match node:
        case Comparison(left=left, right=right):
            yield from ((left, value) for value in (*_near(right, lead), None))
            if isinstance(right, Field) and right.entity == "rep":
                yield from ((right, value) for value in _near(left, lead))
        case Membership(operand=operand, values=values):
            yield from ((operand, value) for value in (*values, None))
        case TextTest(operand=operand, text=text):
            yield from ((operand, value) for value in (text.replace("*", ""), None))
        case IsKnown(operand=operand):
            yield operand, None
        case Contains(container=container, item=item):
            yield from _contained(container, _near(item, lead))
        case SetRelation(left=left, right=right):
            for side, other in ((left, right), (right, left)):
                groups = (held for held in _near(other, lead) if isinstance(held, Collection))
                yield from _contained(side, chain.from_iterable(groups))


def _contained(container: Operand, words: Iterable[Any]) -> Iterator[Asked]:
    if isinstance(container, Field) and container.kind is Kind.LEVELS:
        yield from ((Entry(container, word), 1) for word in words if isinstance(word, str))
    else:
        custom = isinstance(container, Field) and container.custom
        yield from ((container, {word} if custom else word) for word in words)


def _near(operand: Operand, lead: Lead) -> Iterator[Any]:
    """Yield the values of an operand: a literal with its neighbors, or what the lead has."""
    value: Any = None
    if isinstance(operand, Const):
        value = operand.value
    elif isinstance(operand, Field) and operand.entity == "lead":
        custom = operand.custom
        value = lead.attributes.get(operand.name) if custom else getattr(lead, operand.name)
    if value is None:
        return
    yield value
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (value + 1, value - 1)


# What is tried are the words and numbers that conditions name and their neighbors, and the nearest round limit that
# suffices. Nothing that may be personal stands in the words.
_SECOND: Final = timedelta(seconds=1)
_MINUTE: Final = timedelta(minutes=1)
_NEAR: Final = (1_000, 500, 200, 100, 50, 20, 10, 5, 1, 0)
_SHARES: Final = (0.75, 0.5, 0.25, 0.1)
_KM: Final = EARTH_KM * pi / 180 * (1 + 1e-9)
"""A degree of latitude in kilometers, a little long, so that rounding leaves nobody outside."""


def limits(question: Question, rule: Rule | None) -> Iterator[Lever]:
    """Yield what could be different about the rep: at work, weight, hours, room, caps and place."""
    rep = question.rep
    if not rep.active:
        yield (Change("rep", "active", True, "account was active"),)
    if rep.hours is not None:
        yield (Change("rep", "schedule", None, "schedule was open at that time"),)
    yield from roomier(question, 1 if rule is None else rule.capacity_cost)
    yield from raised_caps(question)
    weights = (1,) if not rep.weight else (rep.weight * 2, rep.weight * 10)
    yield tuple(
        Change("rep", "weight", more, f"weight was {more:g} instead of {rep.weight:g}")
        for more in weights
    )
    if rule is not None:
        if rule.in_territory:
            yield from parts_in_territories(question)
        if rule.max_distance_km is not None:
            yield from nearer(question, "lat", "lon")
        if rule.min_shared_hours is not None:
            yield from on_lead_hours(question, OFFICE)


def roomier(question: Question, cost: int = 1) -> Iterator[Lever]:
    """Yield more capacity, and more of it for each segment. O(segments)."""
    rep, needs = question.rep, max(1, cost)
    if rep.capacity is not None:
        has = question.snapshot.open.get(rep.id, 0)
        steps = dict.fromkeys((max(rep.capacity, has) + needs, 10 * (has + needs)))
        lever = [
            Change("rep", "capacity", more, f"capacity was {more} instead of {rep.capacity}")
            for more in steps
            if more > rep.capacity
        ]
        yield *lever, Change("rep", "capacity", None, "capacity had no limit")
    for name, most in rep.capacity_by_segment.items():
        more = max(most, question.snapshot.used.get(segment_open_key(rep.id, name), 0)) + needs
        words = f"room for {name!r} was {more} instead of {most}"
        yield (
            Change("rep", "capacity_by_segment", {**rep.capacity_by_segment, name: more}, words),
        )


def raised_caps(question: Question) -> Iterator[Lever]:
    """Yield higher caps of the rep, then of the policy. O(caps)."""
    rep, router, now = question.rep, question.router, question.now
    if now is not None:
        for cap in rep.caps:
            yield _raised(question, "rep", rep.caps, cap, rep.bounds(cap, now))
    if rep.caps:
        yield (Change("rep", "caps", (), "caps were not there"),)
    if now is not None:
        for cap in router.caps:
            bounds = cap.bounds(total_holder(), now, router.zone)
            yield _raised(question, "policy", router.caps, cap, bounds)


def _raised(
    question: Question,
    of: Literal["rep", "policy"],
    caps: Sequence[Cap],
    cap: Cap,
    bounds: Iterable[Bound],
) -> Lever:
    used = max(question.snapshot.used.get(bound.key, 0) for bound in bounds)
    steps = sorted({max(cap.limit, used) + 1, 2 * (max(cap.limit, used) + 1), 100 * (used + 1)})
    found = []
    for higher in (evolve(cap, limit=more) for more in steps if more > cap.limit):
        others = tuple(higher if each == cap else each for each in caps)
        found.append(Change(of, "caps", others, f"cap was '{higher}' instead of '{cap}'"))
    return tuple(found)


def parts_in_territories(question: Question) -> Iterator[Lever]:
    """Yield a part in each territory of the lead, the most specific one first. O(territories)."""
    rep = question.rep
    for match in question.router.territories.lookup(question.lead):
        name = match.territory.name
        if match.territory.role(rep) is None:
            words = f"territories included {name!r}"
            yield (Change("rep", "territories", rep.territories | {name}, words),)


def nearer(question: Question, latitude: str, longitude: str) -> Iterator[Lever]:
    """Yield the rep nearer to the lead, by steps; else the lead at the rep's place."""
    lead, rep = question.lead.attributes, question.rep.attributes
    there, here = (
        position_of({"lat": each.get(latitude), "lon": each.get(longitude)}) for each in (lead, rep)
    )
    if there is None:
        if here is not None:
            at = {**lead, latitude: here[0], longitude: here[1]}
            yield (Change("lead", "attributes", at, "place was known, and that of the rep"),)
        return
    away = None if here is None else distance_km(here, there)
    lever = []
    for km in _NEAR:
        if away is None or km < away:
            degrees = km / _KM if there[0] <= 0 else -km / _KM
            at = {**rep, latitude: there[0] + degrees, longitude: there[1]}
            words = f"place was {km} km from the lead's"
            lever.append(Change("rep", "attributes", at, words))
    yield tuple(lever)


def on_lead_hours(question: Question, week: str) -> Iterator[Lever]:
    """Yield the rep at work in the lead's hours; else the lead on the rep's clock."""
    rep, hours = question.rep, lead_hours(question.lead, week)
    if hours is None:
        yield from _same_clock(question)
    elif rep.hours != hours:
        words = f"schedule was {week} on the lead's clock"
        yield (Change("rep", "schedule", hours, words),)


def _same_clock(question: Question) -> Iterator[Lever]:
    own = getattr(question.rep.zone, "key", None)
    if own is not None and own != question.lead.timezone:
        yield (Change("lead", "timezone", own, f"time zone was {own!r}"),)


def terms(question: Question, rule: Rule | None, pool: str | None) -> Iterator[Lever]:
    """Yield what could be different about the rule that decided, and about the policy."""
    if rule is not None:
        yield from _terms_of_rule(question, rule)
    router, now = question.router, question.now
    if now is None:
        return
    presence = _absence(question)
    if presence and presence.status == "offline" and presence.before == "available":
        longer = ((now - presence.since) // _MINUTE + 1) * _MINUTE
        words = f"offline_grace was {_lasting(longer, router.offline_grace)}"
        yield (Change("policy", "offline_grace", longer, words),)
    contact = question.snapshot.contacted.get(question.rep.id)
    if contact is not None:
        since = (now - from_micros(contact)) // _SECOND * _SECOND
        yield from _shorter_wrap_up(question, since, pool)
    schedule = question.rep.schedule
    if isinstance(schedule, Schedule):
        today = now.astimezone(schedule.zone).date()
        if today in router.holidays:
            left = router.holidays - {today}
            yield (Change("policy", "holidays", left, f"holidays left out {today}"),)


def _terms_of_rule(question: Question, rule: Rule) -> Iterator[Lever]:
    if rule.in_territory:
        yield (_of_rule(rule, "asked for no territory", in_territory=False),)
    if rule.max_distance_km is not None:
        there = position_of(question.lead.attributes)
        here = position_of(question.rep.attributes)
        lever = []
        if there is not None and here is not None:
            km = max(rule.max_distance_km, ceil(distance_km(here, there)))
            words = f"reached {km:g} km instead of {rule.max_distance_km:g}"
            lever.append(_of_rule(rule, words, max_distance_km=km))
        yield *lever, _of_rule(rule, "reached any distance", max_distance_km=None)
    if rule.calling_hours is not None:
        yield (_of_rule(rule, "allowed calls at any time", calling_hours=None),)
        yield from _same_clock(question)
    if (asked := rule.min_shared_hours) is not None:
        milder = [
            _of_rule(
                rule,
                f"asked for {less:.0%} shared hours instead of {asked:.0%}",
                min_shared_hours=less,
            )
            for less in _SHARES
            if less < asked
        ]
        yield *milder, _of_rule(rule, "asked for no shared hours", min_shared_hours=None)


def _shorter_wrap_up(question: Question, since: timedelta, pool: str | None) -> Iterator[Lever]:
    """Yield a shorter wrap-up: of the policy, or of the rep where they or the pool have one."""
    rep, router = question.rep, question.router
    pauses = router.pauses(pool or EVERYONE)
    has = pauses.after_contact(rep)
    if timedelta(0) <= since < has:
        words = f"wrap_up was {_lasting(since, has)}"
        shared = rep.wrap_up is None and pauses.wrap_up == router.wrap_up
        yield (Change("policy" if shared else "rep", "wrap_up", since, words),)


def _lasting(other: timedelta, has: timedelta) -> str:
    return f"{format_duration(other)} instead of {format_duration(has)}"


def _absence(question: Question) -> Presence | None:
    """Return the rep's presence where it keeps them from the lead."""
    presence, now = question.snapshot.presence.get(question.rep.id), question.now
    if presence is None or now is None or presence.is_available(now, question.router.offline_grace):
        return None
    return presence


def waits(question: Question, ranking: Ranking) -> Iterator[Lever]:
    """Yield no earlier offer, another presence, and later moments."""
    rep, snapshot = question.rep, question.snapshot
    if rep.id in question.previous_offers:
        others = {each: why for each, why in question.previous_offers.items() if each != rep.id}
        words = f"the lead had not been offered to {rep.label} before"
        yield (Change("previous_offers", rep.id, others, words),)
    presence = _absence(question)
    if presence is not None and question.now is not None:
        here = {**snapshot.presence, rep.id: Presence("available", question.now)}
        words = f"{rep.label} was available instead of {presence.status}"
        yield (of_counts("presence", words, presence=here),)
    if rep.id in snapshot.paused:
        left = {each: pause for each, pause in snapshot.paused.items() if each != rep.id}
        yield (of_counts("paused", f"{rep.label} was not paused", paused=left),)
    if rep.id in snapshot.paced:
        free = {each: until for each, until in snapshot.paced.items() if each != rep.id}
        gap = snapshot.paced[rep.id] > 0
        words = (
            "got the last lead that waited" if gap else "had answered the last leads that waited"
        )
        told = f"{rep.label} {words}{' earlier' * gap}"
        yield (of_counts("paced", told, paced=free),)
    rejection = ranking.rejection(rep.id)
    obstacles = () if rejection is None else rejection.obstacles
    moments = {each.available_at for each in obstacles if each.available_at is not None}
    for later in sorted(moments | {*_next_steps(question, ranking)}):
        words = f"it was decided at {later.astimezone(rep.zone):%a %Y-%m-%d %H:%M:%S %Z}"
        yield (Change("moment", "now", later, words),)


def _next_steps(question: Question, ranking: Ranking) -> Iterator[datetime]:
    """Yield the instants at which the steps of the rule open that are still to come."""
    rule, since, now = question.rule(ranking), question.lead.received_at, question.now
    if rule is None or since is None or now is None:
        return
    for stage in rule.later:
        if stage.opens > now - since:
            yield since + stage.opens
