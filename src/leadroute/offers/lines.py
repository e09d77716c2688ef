"""Waiting lines: which leads wait together, in which order, for whom, and until when.

* One line holds the leads of one rule, at one step of it, that are alike in all that decides for good who may take
  them: what the requirement and the territory read of the lead, and who had an offer before. So
  whoever may take one of them may take each.
* Who is in a line is worked out from these values, and never stored: a new roster changes no line.
* Nothing here reads a store.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from math import floor
from typing import Any, Final, NamedTuple, TypeGuard

from attrs import field, frozen

from leadroute.errors import LeadrouteError, ValidationError
from leadroute.model.duration import digest, later, to_micros
from leadroute.model.keys import key
from leadroute.model.lead import Lead, with_score
from leadroute.model.lead_timezone import clock_of
from leadroute.model.rep import Rep, Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory_index import Match
from leadroute.model.validation import FrozenDict
from leadroute.model.working_hours import unless_failing
from leadroute.offers.placement import KEPT_OFFERS, Placement
from leadroute.plain import compact, from_dict, stamped, to_dict
from leadroute.ranking.eligibility import fits
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.router import Router
from leadroute.rules.conditions import Comparison, Condition, FreeMail, reads, walk
from leadroute.rules.evaluation import FREE_MAIL
from leadroute.rules.fields import HARMLESS, SCORE_FIELDS
from leadroute.rules.operand import Field
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.rule import EVERYONE, NEXT_RULE, Rule, pool_of
from leadroute.rules.terms import Backlog

LOOK_WITHIN: Final = timedelta(minutes=5)
"""A line is looked at this often, so that a process that dies loses no lead."""

_MOST_BYTES: Final = 40_000
_MOST_KEPT: Final = 20_000
_NO_COUNTS: Final = Snapshot()
_CASES: Final = ("pool_empty", "none_eligible", "none_available")


@frozen
class Line:
    """A waiting line.

    Args:
        id: Its name in keys: it follows from the rest.
        rule: The rule; ``None`` for leads for which there is no rule.
        values: What decides who may take its leads, as plain data; with the step of the rule, from 1.
        asked: Who had an offer before.
        mixed: Whether its leads may differ in who may take them, so that one does not speak for the others.
        version: The version of the policy that judges its leads.
    """

    id: str
    rule: str | None
    values: Mapping[str, Any] = field(default=FrozenDict(), hash=False)
    asked: tuple[str, ...] = ()
    mixed: bool = False
    version: str = ""

    @property
    def status(self) -> str:
        """The status of its entries in the store, which finds them by it."""
        return entry_status(self.id)

    def document(self) -> str:
        """What a store keeps of it."""
        told = {"rule": self.rule, "values": self.values, "asked": self.asked}
        return stamped({**told, "mixed": self.mixed, "version": self.version})


def entry_status(line_id: str) -> str:
    """The status of the entries of a line."""
    return key("wait", line_id)


def line_key(line_id: str) -> str:
    """The record that says when to look at a line."""
    return key("line", line_id)


def length_key(line_id: str) -> str:
    """The counter of the leads in a line."""
    return key("waiting", line_id)


def entry_key(placed: Placement) -> str:
    """The record of a lead in its line. Entries sort as they are served: priority, score, place, id."""
    score = placed.lead_score
    order = placed.line_order
    told = (
        f"{2**63 - placed.priority:016x}",
        f"{2**41 if score is None else round((1 - score) * 2**40):011x}",
        f"{(to_micros(placed.received_at) if order is None else order) + 2**60:016x}",
    )
    return key("wait", "-".join(told), placed.lead_id, placed.line)


def order_of(lead: Lead, received_at: datetime, backlog: Backlog | None) -> int | None:
    """What orders a lead in a line among those of equal priority and score; ``None`` is its age.

    The freshest is the one with the latest signal; its coming in counts as one.
    """
    if backlog in (None, "oldest"):
        return None
    seen = [signal.at for signal in lead.signals] if backlog == "freshest" else []
    return -to_micros(max([*seen, received_at]))


def read_line(line_id: str, text: str) -> Line:
    """The line of a record; one that cannot be read holds leads of any kind."""
    try:
        data = json.loads(text)
        told = data["rule"], data["values"], tuple(data["asked"]), data["mixed"]
        return Line(line_id, *told, data.get("version", ""))
    except (ValueError, KeyError, TypeError):
        return Line(line_id, None, {"anyone": True}, (), mixed=True)


def _line(
    rule: str | None, values: dict[str, Any], asked: Iterable[str], version: str, *, mixed: bool
) -> Line:
    ids = tuple(sorted(asked))
    text = compact([rule, values, ids, mixed, version])
    if len(text) > _MOST_BYTES:  # its leads are alike, but this is too much to keep
        values = {"anyone": True, **{name: values[name] for name in ("step",) if name in values}}
    return Line(digest(text)[:12].hex(), rule, values, ids, mixed, version)


NO_LINE: Final = Line("", None)
"""No line at all."""


class _Stretch(NamedTuple):
    since: datetime
    until: datetime
    turn: datetime | None
    gap: timedelta | None


class Lines:
    """The lines of one policy for one roster, and what was worked out about them.

    Attributes:
        no_rule: The line of leads that wait without a rule.
    """

    __slots__ = (
        "_known",
        "_look_within",
        "_looks",
        "_members",
        "_named",
        "_of",
        "_rules",
        "_sources",
        "no_rule",
        "roster",
        "router",
    )

    def __init__(self, router: Router, roster: Roster) -> None:
        self.router, self.roster = router, roster
        self._named = {rule.name: rule for rule in router.rules}
        self._rules: dict[tuple[str, int], _RuleLines] = {}
        caps = (*router.caps, *[cap for rep in roster for cap in rep.caps])
        self._sources = frozenset(cap.source for cap in caps if cap.source is not None)
        self._of: dict[Hashable, Line] = {}
        self.no_rule = _line(None, {}, (), router.version, mixed=False)
        self._known: dict[str, Line] = {self.no_rule.id: self.no_rule}
        self._members: dict[str, frozenset[str] | None] = {}
        self._looks: dict[str, _Stretch] = {}
        pauses = [router.wrap_up, *[pool.wrap_up for pool in router.pools]]
        pauses += [rep.wrap_up for rep in roster]
        self._look_within = min([LOOK_WITHIN, *filter(None, pauses)])

    def line_of(self, lead: Lead, rule: Rule, asked: Mapping[str, Any], now: datetime) -> Line:
        """The line in which a lead waits. O(1) for a lead like one before.

        It may call predicates of the host.
        """
        lines = self._lines_of(rule)
        if len(asked) > KEPT_OFFERS:  # a line of its own
            own = {"lead": digest(lead.id)[:12].hex()}
            return self._remember(_line(rule.name, own, (), self.router.version, mixed=True))
        ids = frozenset(asked)
        alike = lines.alike(lead)
        place = None if alike is None else (rule.name, rule.step, alike, ids)
        found = None if place is None else self._of.get(place)
        if found is None:
            values, version = lines.values(lead, now), self.router.version
            found = self._remember(_line(rule.name, values, ids, version, mixed=lines.mixed))
            if place is not None:
                if len(self._of) >= _MOST_KEPT:
                    self._of.clear()
                self._of[place] = found
        return found

    def _remember(self, line: Line) -> Line:
        if len(self._known) >= _MOST_KEPT:
            for kept in (self._known, self._members, self._looks):
                kept.clear()
        return self._known.setdefault(line.id, line)

    def known(self, line_id: str) -> Line | None:
        """A line that was met before."""
        return self._known.get(line_id)

    def rule_of(self, line: Line) -> Rule | None:
        """The rule of a line at its step; ``None`` when it has none, or the policy has it no more."""
        rule = None if line.rule is None else self._named.get(line.rule)
        step = line.values.get("step", 0)
        if rule is None or not step:
            return rule
        return next((each for each in rule.later if each.step == step), None)

    def _lines_of(self, rule: Rule) -> _RuleLines:
        place = rule.name, rule.step
        found = self._rules.get(place)
        if found is None:
            found = _RuleLines(rule, self.router, self.roster, self._sources)
            self._rules[place] = found
        return found

    def read(self, line_id: str, text: str) -> Line:
        """A line as a store keeps it."""
        return self._remember(read_line(line_id, text))

    def members(self, line: Line, now: datetime) -> frozenset[str] | None:
        """Who may take a lead of the line; ``None`` stands for everybody. O(reps) the first time."""
        if line.id not in self._members:
            self._members[line.id] = self._who(line, now)
        return self._members[line.id]

    def _who(self, line: Line, now: datetime) -> frozenset[str] | None:
        if "anyone" in line.values or line.version != self.router.version:
            return None
        if line.rule is None:
            return frozenset()
        rule = self.rule_of(line)
        if rule is None or line.mixed:
            return None
        found = self._lines_of(rule).members(line.values, now)
        return None if found is None else found - frozenset(line.asked)

    def look_at(self, line: Line, now: datetime) -> datetime:
        """When to look at a line next.

        It is the next opening, or turn of a cap, of anybody in it, and never later than five
        minutes. It follows from the members and the instant, never from counters, which would make
        it wrong a moment later.
        """
        kept = self._looks.get(line.id)
        if kept is None or not kept.since <= now < kept.until:
            reps = self._reps(self.members(line, now))
            turn, gap = self._turn(reps, now), self.router.terms(line.rule).backlog_gap
            until = later(now, timedelta(hours=1)) if turn is None else turn
            if gap is not None and not any(_at_work(rep, now) for rep in reps):
                gap = None  # no gap can begin
            kept = self._looks[line.id] = _Stretch(now, until, turn, gap)
        latest = later(now, min(self._look_within, kept.gap or LOOK_WITHIN))
        return latest if kept.turn is None else min(kept.turn, latest)

    def _reps(self, members: frozenset[str] | None) -> tuple[Rep, ...]:
        roster = self.roster
        reps = roster.reps
        if members is not None:
            reps = tuple([rep for rep_id in members if (rep := roster.get(rep_id)) is not None])
        return tuple(self.router.working(reps))

    def _turn(self, reps: Iterable[Rep], now: datetime) -> datetime | None:
        router = self.router
        turns = [turn for cap in router.caps for turn in cap.turns(now, router.zone)]
        for rep in reps:
            if rep.active and rep.weight:
                turns += unless_failing(partial(_turns, rep, now), lambda _error: [])
        return min([at for at in turns if at > now], default=None)


def _at_work(rep: Rep, now: datetime) -> bool:
    hours = rep.hours
    return hours is None or unless_failing(partial(hours.is_open, now), lambda _error: False)


def _turns(rep: Rep, now: datetime) -> list[datetime]:
    opens = None if rep.hours is None else rep.hours.next_open(now)
    turns = [turn for cap in rep.caps for turn in rep.turns(cap, now)]
    return turns if opens is None else [opens, *turns]


class _RuleLines:
    """What decides for good who may take the leads of one rule."""

    def __init__(self, rule: Rule, router: Router, roster: Roster, sources: frozenset[str]) -> None:
        self.rule, self._router, self._roster = rule, router, roster
        steps = [each for case in _CASES for each in rule.fallback.steps(case, router.fallback)]
        named = () if rule.later else filter(None, map(pool_of, steps))
        self._pools = tuple(dict.fromkeys((rule.pool or EVERYONE, *named)))
        asked = None if rule.require is None else reads(rule.require)
        fields = frozenset() if asked is None else asked.lead
        own_list = router.registry.free_mail is not FREE_MAIL and _reads_free_mail(rule.require)
        # The reps of another rule depend on which one matches the lead.
        self.mixed = (
            bool(asked and (asked.now or asked.signals))
            or any(map(router.restless, self._pools))
            or (NEXT_RULE in steps and not rule.later)
        )
        self._sources = sources
        self._place = rule.max_distance_km is not None or rule.min_shared_hours is not None
        self._loose = (
            self._place
            or bool(asked and asked.checks)
            or own_list
            or any(each.custom or each.name not in HARMLESS for each in fields)
        )
        self._plain = sorted(each.name for each in fields if not each.custom)
        self._numbers = {} if rule.require is None else dict(_numbers(rule.require, roster))

    def alike(self, lead: Lead) -> Hashable:
        """What equal leads have in common; ``None`` where only asking the reps tells."""
        if self._loose:
            return None
        values: list[Any] = [getattr(lead, name) for name in self._plain]
        return (*values, self._territories(lead), self._zone(lead), self._source(lead))

    def _source(self, lead: Lead) -> str | None:
        """The source, where a cap counts the leads of it alone."""
        return lead.source if lead.source in self._sources else None

    def _territories(self, lead: Lead) -> tuple[str, ...]:
        if not self.rule.in_territory:
            return ()
        return tuple([match.territory.name for match in self._router.territories.lookup(lead)])

    def _zone(self, lead: Lead) -> str:
        return "" if self.rule.calling_hours is None else str(clock_of(lead))

    def values(self, lead: Lead, now: datetime) -> dict[str, Any]:
        """What a line keeps of its leads, as plain data without anything personal."""
        values: dict[str, Any] = {"step": self.rule.step} if self.rule.step else {}
        territories, zone = self._territories(lead), self._zone(lead)
        if self.rule.in_territory:
            values["territories"] = list(territories)
        if (source := self._source(lead)) is not None:
            values["source"] = source
        if zone:
            values["zone"] = digest(zone)[:6].hex()
        if self.mixed:
            return values
        if self._loose:
            return {**values, "among": sorted(self._among(lead, now))}
        scores = {name: getattr(lead, name) for name in self._plain if name in SCORE_FIELDS}
        if scores:
            values["score"] = scores
        facts = self._facts(lead)
        return {**values, "lead": facts} if facts else values

    def _facts(self, lead: Lead) -> dict[str, Any]:
        given = {name: getattr(lead, name) for name in self._plain if name not in SCORE_FIELDS}
        for name, numbers in self._numbers.items():
            with suppress(ValidationError):
                given[name] = getattr(Lead("-", **{name: _between(given[name], numbers)}), name)
        facts = to_dict(Lead("-", **given))
        del facts["id"]
        return facts

    def _among(self, lead: Lead, now: datetime) -> set[str]:
        router = self._router
        matches = router.territories.lookup(lead) if router.territories else ()
        found: set[str] = set()
        for pool in self._pools:
            candidates = self._candidates(pool, lead, now, matches)
            if self._place:
                context = RoutingContext(
                    lead, tuple(candidates), pool, _NO_COUNTS, now, router.registry, matches
                )
                asks = tuple(fits(self.rule, context))
                candidates = [
                    rep for rep in candidates if not any(map(any, (a(rep) for a in asks)))
                ]
            found |= {rep.id for rep in candidates}
        return found

    def _candidates(
        self, pool: str, lead: Lead, now: datetime, matches: tuple[Match, ...]
    ) -> Sequence[Rep]:
        members = self._router.candidate_set(self.rule, pool, self._roster, now)
        return members.candidates(lead, now, matches).crew.reps

    def members(self, values: Mapping[str, Any], now: datetime) -> frozenset[str] | None:
        """Who may take a lead with these values; ``None`` where they are of another policy."""
        if "among" in values:
            return frozenset(values["among"])
        try:
            lead = _lead_with(values)
            matches = self._matches(values)
            found = [self._candidates(pool, lead, now, matches) for pool in self._pools]
        except LeadrouteError:
            return None
        return frozenset(rep.id for reps in found for rep in reps)

    def _matches(self, values: Mapping[str, Any]) -> tuple[Match, ...]:
        territories = self._router.territories
        return tuple([Match(territories[name], ()) for name in values.get("territories", ())])


def _lead_with(values: Mapping[str, Any]) -> Lead:
    lead = from_dict(Lead, {**values.get("lead", {}), "id": "-"})
    scores = values.get("score")
    return lead if scores is None else with_score(lead, LeadScore("-", **scores))


def _reads_free_mail(require: Condition | None) -> bool:
    return require is not None and any(isinstance(node, FreeMail) for node in walk(require))


def _numbers(require: Condition, roster: Roster) -> Iterator[tuple[str, list[float]]]:
    """The fields of the lead that are only compared with numbers of reps, with these numbers."""
    nodes = list(walk(require))
    everywhere = Counter(node for node in nodes if isinstance(node, Field))
    compared: dict[Field, list[Field]] = {}
    sides = [(node.left, node.right) for node in nodes if isinstance(node, Comparison)]
    for one, other in (*sides, *[(right, left) for left, right in sides]):
        if _is_plain(one, "lead") and _is_plain(other, "rep"):
            compared.setdefault(one, []).append(other)
    for asked, others in compared.items():
        if everywhere[asked] == len(others) and asked.name not in SCORE_FIELDS:
            found = {getattr(rep, other.name) for rep in roster for other in others}
            yield asked.name, sorted(each for each in found if _is_number(each))


def _is_plain(operand: object, entity: str) -> TypeGuard[Field]:
    return isinstance(operand, Field) and operand.entity == entity and not operand.custom


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _between(value: Any, numbers: Sequence[float]) -> Any:
    """One number for all that lie between the same two of some numbers; those themselves stay."""
    if not _is_number(value) or value in numbers or not numbers:
        return value
    place = bisect_left(numbers, value)
    if not place:
        return numbers[0] - 1
    whole = floor(numbers[place - 1]) + 1
    return whole if place == len(numbers) or whole < numbers[place] else value
