"""One policy as the lint sees it: conditions as rows of values, reps, and invented leads."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cached_property, partial
from itertools import islice, product
from typing import Any, Final, TypeAlias

from attrs import define, field, fields, frozen

from leadroute.errors import LeadrouteError
from leadroute.insight.coverage import failing
from leadroute.model.geography import COUNTRIES
from leadroute.model.given import Refused
from leadroute.model.lead import Lead, Signal, with_score
from leadroute.model.rep import Rep, Roster
from leadroute.model.validation import FrozenDict
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.router import Router
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Contains,
    FreeMail,
    Membership,
    Named,
    Not,
    Or,
    Presence,
    SetRelation,
    TextTest,
)
from leadroute.rules.evaluation import LANGUAGE, compile_condition
from leadroute.rules.fields import FIELDS, SCORE_FIELDS, Kind
from leadroute.rules.match_constraints import (
    NOTHING,
    Span,
    listed,
    merged,
    operand_span,
    span_of,
    starting,
)
from leadroute.rules.operand import (
    Age,
    Const,
    DomainOf,
    Entry,
    Field,
    Operand,
    SignalStat,
    literal_text,
)
from leadroute.rules.rule import whole_of
from leadroute.rules.scorer import guards


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    """Something cannot work."""

    WARNING = "warning"
    """Something works otherwise than whoever wrote it can have meant."""

    HINT = "hint"
    """Something to look at; it may well be meant."""


@frozen
class Code:
    """One kind of finding."""

    severity: Severity
    title: str


# A code never gets a second meaning and is never renumbered: hosts silence findings by it.
_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

CODES: Mapping[str, Code] = FrozenDict(
    {
        "LR001": Code(_E, "a condition that no lead or rep can meet"),
        "LR002": Code(_E, "a rule behind others that take all of its leads"),
        "LR003": Code(_E, "a rule with the condition of an earlier rule"),
        "LR004": Code(_H, "two rules that share leads and treat them differently"),
        "LR005": Code(_W, "no rule for some leads"),
        "LR006": Code(_E, "a rule for leads that never qualify"),
        "LR007": Code(_W, "a region of another country"),
        "LR100": Code(_E, "a row of the reps that cannot be read"),
        "LR101": Code(_E, "nobody is active"),
        "LR102": Code(_E, "a rep who is not in the roster"),
        "LR103": Code(_W, "a rep who has left"),
        "LR104": Code(_W, "a skill, language, territory or other word that no rep has"),
        "LR105": Code(_W, "an attribute that no rep has"),
        "LR106": Code(_E, "a pool without active reps"),
        "LR107": Code(_E, "a requirement that nobody in the pool meets"),
        "LR108": Code(_W, "a pool that no rule uses"),
        "LR109": Code(_W, "leads for which nobody in the pool meets the requirement"),
        "LR110": Code(_E, "a pool whose predicate fails"),
        "LR111": Code(_H, "reps without the data that a score asks for"),
        "LR112": Code(_W, "a step that shuts out reps"),
        "LR113": Code(_H, "a broadcast to more reps than are asked"),
        "LR201": Code(_H, "hours of the week with nobody"),
        "LR202": Code(_W, "a pool that never works"),
        "LR203": Code(_H, "no schedule"),
        "LR204": Code(_E, "a calendar that fails"),
        "LR301": Code(_H, "availability is the only criterion"),
        "LR302": Code(_H, "nothing reads quality or intent"),
        "LR303": Code(_H, "every source is treated alike"),
        "LR304": Code(_H, "a term of a score that is equal for every rep"),
        "LR305": Code(_H, "the best rep first, and nothing that spreads the leads"),
        "LR306": Code(_W, "a grade that no lead can reach"),
        "LR307": Code(_W, "points without effect"),
        "LR308": Code(_H, "a grade without a rule, a deadline or a priority"),
        "LR309": Code(_H, "a signal whose word is near another one"),
        "LR310": Code(_W, "a lead score is read, and nothing scores leads"),
        "LR311": Code(_H, "inbound leads without a deadline of the first contact"),
        "LR401": Code(_H, "territories between which only their names decide"),
        "LR402": Code(_W, "leads of a territory rule that nobody's territory holds"),
        "LR403": Code(_H, "too many territories to compare them all"),
        "LR404": Code(_W, "calling hours that never come"),
        "LR405": Code(_W, "reps without known hours under a rule that requires shared ones"),
        "LR406": Code(_W, "leads that may be called only when nobody of the pool works"),
        "LR501": Code(_W, "a step that opens before the first offer ends"),
        "LR901": Code(_W, "an ignored code that is not found"),
        "LR902": Code(_W, "an ignored code that does not exist"),
        "LR903": Code(_H, "too many rules to compare them all"),
    }
)
"""Every code with its severity and title."""


@frozen
class Finding:
    """One thing that the lint found.

    Args:
        code: Which kind, such as ``LR002``.
        place: Table and key, such as ``rule[2].when``, counted from 0; empty for the whole policy.
        explanation: What is wrong.
        remedy: What to do about it.
        lead: An invented lead that shows it, where one does.
        line: The line in the policy file, counted from 1; ``None`` when there is no file.
        file: The file that the policy has it from; empty when it is the policy's own.
    """

    code: str
    place: str
    explanation: str
    remedy: str
    lead: Lead | None = None
    line: int | None = None
    file: str = ""

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return CODES[self.code].severity

    @property
    def plain(self) -> dict[str, Any]:
        """The finding as data for programs: text, numbers and ``None`` alone."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "place": self.place,
            "line": self.line,
            "file": self.file or None,
            "explanation": self.explanation,
            "remedy": self.remedy,
            "example": None if self.lead is None else told(self.lead),
        }

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}"
        where = "".join(f"{each}: " for each in (self.file, line, self.place) if each)
        shows = "" if self.lead is None else f" (for example {told(self.lead)})"
        return f"{where}{self.severity} {self.code}: {self.explanation}{shows}; {self.remedy}"


def told(lead: Lead) -> str:
    """Return what is known of an invented lead, in the words of the language."""
    known = [
        f"lead.{field.name} == {literal_text(value)}"
        for field in fields(Lead)
        if field.name not in ("id", "signals", "attributes")
        and (value := getattr(lead, field.name)) is not None
    ]
    known += [
        f"lead.{name} == {literal_text(value)}"
        for name in sorted(SCORE_FIELDS)
        if (value := getattr(lead, name)) is not None
    ]
    known += [f"lead[{name!r}] == {_shown(value)}" for name, value in lead.attributes.items()]
    known += [f"signal({signal.kind!r}) of {signal.value:g}" for signal in lead.signals]
    return ", ".join(known) or "a lead without any facts"


def _shown(value: Any) -> str:
    return literal_text(tuple(sorted(value)) if isinstance(value, frozenset) else value)


MOST_ROWS: Final = 64  # A condition with more rows than this counts as one question

MOST_LEADS: Final = 64  # how many leads are invented for one row of a rule

Key: TypeAlias = tuple[Operand | Condition, Kind]
"""What is looked at, and as what kind. Any other condition is a question, true or false."""

Row: TypeAlias = Mapping[Key, Span]
"""A box: the values of each key with which it holds. A key that is not there may have any value."""

ANYTHING: Final = Span((), inside=True, missing=True)
MISSING: Final = Span((), missing=True)
_KNOWN: Final = ANYTHING.known()
_TRUE: Final = listed([True])
_FLAGS: Final = listed([False, True])
_AT_LEAST_0: Final = span_of(">=", 0)
_SIZE: Final = span_of("<", 0).flipped()
_LEVEL: Final = _AT_LEAST_0.meet(span_of("<=", 1))
_BOUNDS: Final[Mapping[tuple[str, str], Span]] = {
    ("lead", "id"): _KNOWN,
    ("lead", "employees"): _SIZE,
    ("lead", "budget"): _SIZE,
    ("lead", "score"): _LEVEL._replace(missing=True),
    ("lead", "completeness"): _LEVEL._replace(missing=True),
    ("rep", "id"): _KNOWN,
    ("rep", "level"): _SIZE,
    ("rep", "capacity"): _SIZE,
    ("rep", "weight"): _AT_LEAST_0,
    ("rep", "active"): _FLAGS,
}
_KNOWN_KINDS: Final = (Kind.TEXT, Kind.NUMBER, Kind.INSTANT, Kind.FLAG)


def universe(key: Key) -> Span:
    """Return every value that a key can have at all."""
    asked, kind = key
    if isinstance(asked, Condition):
        return _FLAGS
    if isinstance(asked, Field) and not asked.custom:
        return _BOUNDS.get((asked.entity, asked.name), ANYTHING)
    if isinstance(asked, SignalStat) and asked.stat != "last":
        return _AT_LEAST_0
    if isinstance(asked, Entry):
        return _LEVEL._replace(missing=True)
    return _FLAGS._replace(missing=True) if kind is Kind.FLAG else ANYTHING


class _TooMany(Exception):
    """A condition has more rows than are worth looking at."""


def rows(*conditions: Condition | None) -> tuple[Row, ...]:
    """Return the rows of all the conditions together; none when they can never hold at once."""
    asked = [condition for condition in conditions if condition is not None]
    try:
        return tuple(_product([_rows_of(condition) for condition in asked]))
    except _TooMany:
        return tuple(_product([_one(condition) for condition in asked]))


def _rows_of(condition: Condition) -> list[Row]:
    try:
        return _branch(condition, holds=True)
    except _TooMany:
        return _one(condition)


def _one(condition: Condition) -> list[Row]:
    return [{(condition, Kind.FLAG): _TRUE}]


def _branch(condition: Condition, *, holds: bool) -> list[Row]:
    if isinstance(condition, Named):
        return _branch(condition.condition, holds=holds)
    if isinstance(condition, Not):
        return _branch(condition.part, holds=not holds)
    if isinstance(condition, Constant):
        return [{}] if condition.value is holds else []
    if isinstance(condition, And | Or):
        parts = [_branch(part, holds=holds) for part in condition.parts]
        joined = isinstance(condition, And) is holds
        return _product(parts) if joined else _few(row for part in parts for row in part)
    key, values = _asked(condition)
    every = universe(key)
    values = _common(values if holds else values.flipped(), every)
    if values == every:
        return [{}]
    return [] if values == NOTHING else [{key: values}]


def _product(parts: Iterable[list[Row]]) -> list[Row]:
    found: list[Row] = [{}]
    for part in parts:
        joined = (both(one, other) for one, other in product(found, part))
        found = _few(row for row in joined if row is not None)
    return found


def _few(given: Iterator[Row]) -> list[Row]:
    found: list[Row] = []
    for row in given:
        if len(found) == MOST_ROWS:
            raise _TooMany
        if row not in found:
            found.append(row)
    return found


def _common(one: Span, other: Span) -> Span:
    # Not Span.meet, which remembers: of equal values such as 5 and 5.0 the policy's own are shown.
    return merged(one, other, operator.and_)


def both(one: Row, other: Row) -> Row | None:
    """Return what two rows have in common; ``None`` when that is nothing. O(keys)."""
    found = dict(one)
    for key, values in other.items():
        common = _common(found[key], values) if key in found else values
        if common == NOTHING:
            return None
        found[key] = common
    return found


def without(row: Row, other: Row) -> list[Row]:
    """Return one row without the other, in rows that have nothing in common. O(keys)."""
    found: list[Row] = []
    inside = dict(row)
    for key, values in other.items():
        mine = inside[key] if key in inside else universe(key)
        common = _common(mine, values)
        if common == NOTHING:
            return [row]
        if (beyond := _common(mine, values.flipped())) != NOTHING:
            found.append({**inside, key: beyond})
        inside[key] = common
    return found


def _asked(condition: Condition) -> tuple[Key, Span]:
    """Return what a leaf asks, and the values with which it holds.

    Equal questions are equal keys, and different ones count as independent: less is proven, and nothing false.
    """
    match condition:
        case Comparison(left=left, op=op, right=Const(value=value, kind=kind)):
            return (left, kind), operand_span(left, op, value)
        case Membership(operand=operand, values=values, negated=negated):
            kind = Const(values[0]).kind if values else operand.kind
            return (operand, kind), operand_span(operand, "not in" if negated else "in", values)
        case TextTest(operand=operand, op="startswith", text=text):
            return (operand, Kind.TEXT), starting(text)
        case Presence(operand=SignalStat() | Field(custom=False) as operand) if (
            operand.kind in _KNOWN_KINDS
        ):
            return (operand, operand.kind), _KNOWN if condition.present else MISSING
    return (condition, Kind.FLAG), _TRUE


def stretches(values: Span) -> Iterator[tuple[Any, Any]]:
    """Yield the cuts around each stretch of a set; ``None`` is without end."""
    ends = [*([None] if values.inside else []), *values.cuts]
    return zip(ends[::2], [*ends, None][1::2], strict=True)


def takes(values: Span, value: Any) -> bool:
    """Tell whether a value, or ``None`` for a missing one, is in a set."""
    return values.missing if value is None else values.holds(value)


def points(values: Span) -> tuple[Any, ...] | None:
    """Return the single values of a set; ``None`` when a stretch has more than one."""
    ends = list(stretches(values))
    if any(low is None or high is None or low[0] != high[0] for low, high in ends):
        return None
    return tuple(low[0] for low, _ in ends)


def named(values: Span) -> tuple[Any, ...]:
    """Return the values of a set that stand alone, without those between two others."""
    ends = stretches(values)
    return tuple(low[0] for low, high in ends if low and high and low[0] == high[0])


_TEXTS = ("example", "another", "third")
_USUAL: Mapping[str, tuple[str, ...]] = {
    "country": ("US", "DE", *sorted(COUNTRIES)),
    "language": ("en", "de", "fr", "es"),
    "timezone": ("UTC", "Europe/Berlin"),
    "email": ("someone@example.com", "someone@example.net", "someone@example.org"),
    "domain": ("example.com", "example.net", "example.org"),
}
_STEPS: Mapping[Kind, Any] = {
    Kind.NUMBER: 1,
    Kind.DURATION: timedelta(minutes=1),
    Kind.INSTANT: timedelta(minutes=1),
}


def shown_by(rows: Iterable[Row], now: datetime, holds: Callable[[Lead], bool]) -> Lead | None:
    """Return the first lead invented from one of the rows of which ``holds`` is true."""
    for row in rows:
        lead = invented(row, now)
        if lead is not None and _judged(holds, lead):
            return lead
    return None


def _judged(holds: Callable[[Lead], bool], lead: Lead) -> bool:
    try:
        return holds(lead)
    except Exception:  # noqa: BLE001 - the predicates of a host may raise anything
        return False


def invented(row: Row, now: datetime) -> Lead | None:
    """Return a lead that is likely to be in the row; ``None`` when there are no values for it.

    The same row gives the same lead. It counts for nothing until it was judged.
    """
    draft = _Draft(now)
    for key, values in row.items():
        if not values.missing and not draft.put(key, values):
            return None
    try:
        return draft.lead()
    except LeadrouteError:  # its values do not go together
        return None


@define
class _Draft:
    """A lead in the making."""

    now: datetime
    fields: dict[str, Any] = field(factory=dict)
    attributes: dict[str, Any] = field(factory=dict)
    stats: dict[str, dict[str, Any]] = field(factory=dict)

    def put(self, key: Key, values: Span) -> bool:
        """Give the lead one of these values; false when there is none."""
        asked, kind = key
        if isinstance(asked, Condition):
            if values.holds(True):
                self._answer(asked)
            return True
        name = asked.name if isinstance(asked, Field) and not asked.custom else ""
        if isinstance(asked, DomainOf):
            name = "domain"
        found = next(candidates(values, kind, name, self.now), None)
        if found is None:
            return False
        if isinstance(asked, Age):
            asked, found = asked.of, self.now - found
        if isinstance(asked, DomainOf):
            asked, found = asked.of, f"someone@{found}"
        if isinstance(asked, Field) and asked.entity == "lead":
            self._set(asked, found)
        elif isinstance(asked, SignalStat):
            self.stats.setdefault(asked.signal, {})[asked.stat] = found
        return True

    def _answer(self, asked: Condition) -> None:
        """Make the lead one of which a question is true, where that is easy."""
        if isinstance(asked, TextTest):
            text = asked.text.replace("*", "").replace("?", "x")
            self._offer(asked.operand, f"someone{text}" if text.startswith("@") else text)
        elif isinstance(asked, FreeMail):
            self._offer(asked.operand, "someone@gmail.com")
        elif isinstance(asked, Contains) and isinstance(asked.item, Const) and not asked.negated:
            text = asked.item.value
            self._offer(asked.container, text if asked.container.kind is Kind.TEXT else {text})
        elif isinstance(asked, SetRelation):
            sides = (asked.left, asked.right)
            names = {n for side in sides if isinstance(side, Const) for n in side.value}
            for side in sides:
                self._offer(side, names)

    def _offer(self, operand: object, value: Any) -> None:
        if isinstance(operand, DomainOf):
            operand, value = operand.of, f"someone@{value}"
        if isinstance(operand, Field) and operand.entity == "lead":
            known = self.attributes.get(operand.name)
            together = isinstance(known, set) and isinstance(value, set)
            self._set(operand, known | value if together else value)

    def _set(self, operand: Field, value: Any) -> None:
        (self.attributes if operand.custom else self.fields)[operand.name] = value

    def lead(self) -> Lead:
        """Return the lead."""
        signals = [
            each for kind, stats in self.stats.items() for each in self._signals(kind, stats)
        ]
        known = {"id": "example", **self.fields}
        score = {name: known.pop(name) for name in SCORE_FIELDS & known.keys()}
        lead = Lead(**known, signals=signals, attributes=self.attributes)
        return with_score(lead, LeadScore(lead.id, **score)) if score else lead

    def _signals(self, kind: str, stats: Mapping[str, Any]) -> Iterator[Signal]:
        total = stats.get("total", 0)
        count = math.ceil(stats.get("count", 1 if total or "last" in stats else 0))
        last = stats.get("last", self.now)
        for number in range(min(count, 1_000)):
            yield Signal(kind, last, 0 if number else total)


def candidates(values: Span, kind: Kind, name: str, now: datetime) -> Iterator[Any]:
    """Yield some values of a set that a field can have, the plainest first."""
    usual = _USUAL.get(name, _TEXTS) if kind is Kind.TEXT else ()
    near = (value for low, high in stretches(values) for value in _within(low, high, kind, now))
    clean = FIELDS["lead"][name].clean if name in FIELDS["lead"] else None
    for value in dict.fromkeys([*usual, *near]):
        try:
            if takes(values, value) and (clean is None or clean(value) == value):
                yield value
        except Refused:
            continue


def _within(low: Any, high: Any, kind: Kind, now: datetime) -> Iterator[Any]:
    """Yield values in a stretch, or near its ends."""
    ends = [cut[0] for cut in (low, high) if cut is not None]
    yield from ends
    if kind is Kind.TEXT:
        yield from (f"{end}{more}" for end in ends for more in ("0", "a"))
    step = _STEPS.get(kind)
    if step is None:
        return
    try:
        if kind is Kind.NUMBER and ends:
            yield math.floor(ends[0]) + 1
        if len(ends) == 2:
            yield ends[0] + (ends[1] - ends[0]) / 2
        yield from (end + sign for end in ends for sign in (step, -step))
    except OverflowError:
        return
    if not ends:
        yield {Kind.NUMBER: 1, Kind.INSTANT: now}.get(kind, step)


_YEAR = timedelta(weeks=53)
_SOME_MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)


@define(slots=False)
class Subject:
    """One policy, with roster and instant where they are known, computed once for all checks."""

    router: Router
    roster: Roster | None = None
    now: datetime | None = None

    @property
    def instant(self) -> datetime:
        """The instant at which invented leads are judged."""
        return self.now or _SOME_MONDAY

    @cached_property
    def qualified(self) -> tuple[Row, ...]:
        """The leads that qualify."""
        return rows(whole_of(self.router.qualify))

    @cached_property
    def taken(self) -> tuple[tuple[Row, ...], ...]:
        """For each rule the leads that meet its condition, whatever other rules do."""
        return tuple(rows(rule.when) for rule in self.router.rules)

    @cached_property
    def reached(self) -> tuple[tuple[Row, ...], ...]:
        """For each rule the leads that qualify and meet its condition."""
        return tuple(rows(whole_of(self.router.qualify), rule.when) for rule in self.router.rules)

    def qualifies(self, lead: Lead) -> bool:
        """Tell whether a lead qualifies."""
        qualify = whole_of(self.router.qualify)
        return qualify is None or self.holds(qualify, lead)

    def holds(self, condition: Condition, lead: Lead, rep: Rep | None = None) -> bool:
        """Tell whether a condition holds for a lead, and a rep where it asks about one."""
        return compile_condition(condition, self.router.registry)(lead, rep, self.instant)

    def lead_of(
        self, number: int, asked: Callable[[Row], frozenset[Field]], holds: Callable[[Lead], bool]
    ) -> Lead | None:
        """Return a lead that comes to a rule and of which ``holds`` is true.

        Only leads are tried whose fields, those that are ``asked`` for, the rule itself spells out.
        """
        rule = self.router.rules[number]

        def shows(lead: Lead) -> bool:
            mine = self.qualifies(lead) and self.router.match(lead, self.instant) is rule
            return mine and holds(lead)

        for row in self.reached[number]:
            lead = shown_by(islice(spelled(row, asked(row)), MOST_LEADS), self.instant, shows)
            if lead is not None:
                return lead
        return None

    def active(self, pool: str | None) -> tuple[Rep, ...]:
        """Return the active members of a pool."""
        return tuple(rep for rep in self.members(pool) if rep.active)

    def punctual(self, pool: str | None) -> tuple[Rep, ...]:
        """Return the active members of a pool whose calendars answer."""
        return tuple(rep for rep in self.active(pool) if rep.id not in self.failing_calendars)

    def members(self, pool: str | None) -> tuple[Rep, ...]:
        """Return the members of a pool, active or not; nobody where its condition fails."""
        if pool in self.failing_pools:
            return ()
        return self.router.members(pool, self.roster or Roster(), self.instant)

    @cached_property
    def failing_pools(self) -> Mapping[str, str]:
        """The pools whose condition one of your predicates makes fail, with the kind of error."""
        roster = self.roster or Roster()
        asked = {
            pool.name: partial(self.router.members, pool.name, roster, self.instant)
            for pool in self.router.pools
        }
        return {name: error for name, ask in asked.items() if (error := failing(ask))}

    @cached_property
    def failing_calendars(self) -> Mapping[str, str]:
        """The active reps whose calendar fails within a year, with the kind of error."""
        first, last = self.instant, self.instant + _YEAR
        return {
            rep.id: error
            for rep in self.active(None)
            if rep.hours is not None
            if (error := failing(partial(rep.hours.open_between, first, last)))
        }


def spelled(row: Row, fields: frozenset[Field]) -> Iterator[Row]:
    """Yield the row for each combination of these fields' values, if it lists all of them."""
    keys = [key for key in row if key[0] in fields]
    # A language stands for its variants too, which nobody lists.
    listing = [
        None if row[key].missing else (named if key[0] == LANGUAGE else points)(row[key])
        for key in keys
    ]
    if not fields or {key[0] for key in keys} != fields or None in listing:
        return
    for combination in product(*(values or () for values in listing)):
        yield {**row, **{key: listed([v]) for key, v in zip(keys, combination, strict=True)}}


def conditions_of(router: Router) -> Iterator[tuple[str, Condition]]:
    """Yield every condition of a policy with its place, such as ``rule[2].when``, from 0."""
    found = [("qualify", whole_of(router.qualify))]
    if router.lead_scoring is not None:
        criteria = enumerate(router.lead_scoring.fit)
        found += [(f"lead_scoring.fit[{number}].when", each.when) for number, each in criteria]
    found += [(f"pool[{number}].where", pool.where) for number, pool in enumerate(router.pools)]
    for number, rule in enumerate(router.rules):
        found += [(f"rule[{number}].when", rule.when), (f"rule[{number}].require", rule.require)]
        found += [
            (f"rule[{number}].step[{place}].require", step.require)
            for place, step in enumerate(rule.steps)
        ]
        found += [(f"rule[{number}].score", guard) for guard in guards(rule.score)]
    yield from ((place, condition) for place, condition in found if condition is not None)
