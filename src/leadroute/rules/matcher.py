"""Which of an ordered list of conditions hold for a lead: the first, or all; by bitmaps over the values of a field.

* Answers and errors are those of ``PlainMatcher``, for every lead.
* A lead that breaks a demand of some rule is judged in full, because that rule raises there.
* A look never raises. An attribute of another kind than the plane's is as good as missing there;
  whether it makes a rule raise is watched apart.
* Row ``r`` of ``n`` is bit ``n - 1 - r``: the first row alive is the highest bit.
"""

from __future__ import annotations

import operator
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Any, Final, NamedTuple, Protocol, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, say_where
from leadroute.model.lead import Lead
from leadroute.rules.conditions import (
    ALWAYS,
    And,
    Condition,
    joined,
    reads,
)
from leadroute.rules.evaluation import (
    PLAIN,
    Registry,
    Test,
    compile_condition,
    kind_of,
    reader,
)
from leadroute.rules.fields import CUSTOM_KINDS, Kind
from leadroute.rules.match_constraints import (
    Demand,
    Key,
    Question,
    Span,
    field_key,
    outline,
    questions_of,
    span_of,
)
from leadroute.rules.operand import DomainOf, Field, settle

Look: TypeAlias = Callable[[Lead], Any]  # from a lead to its value in one plane


def look(key: Key) -> Look:
    """How a lead is read for the plane of a key."""
    name = key.name
    if key.form == "field":
        return operator.attrgetter(name)
    if key.form == "domain":
        read = reader(DomainOf(Field("lead", name)), Kind.TEXT)
        return lambda lead: read(lead, None, None)
    if key.form == "known":
        return lambda lead: lead.attributes.get(name) not in _EMPTY
    kind = Kind(key.form)

    def attribute(lead: Lead) -> Any:
        value = lead.attributes.get(name)
        return value if value is not None and kind_of(value) is kind else None

    return attribute


_EMPTY: Final[tuple[object, ...]] = (None, "", frozenset())


def bits(rows: Iterable[int], size: int) -> int:
    """The integer that has the bits of these rows of ``size``. O(rows + size)."""
    if not rows:
        return 0
    found = bytearray(size // 8 + 1)
    for row in rows:
        found[row >> 3] |= 128 >> (row & 7)
    return int.from_bytes(found, "big") >> (8 - size % 8)


def splice(mask: int, low: int, width: int, new: int, new_width: int) -> int:
    """``mask`` with ``width`` bits from ``low`` up replaced by ``new_width`` bits of ``new``."""
    upper = mask >> (low + width)
    return ((upper << new_width | new) << low) | (mask & ((1 << low) - 1))


@frozen(eq=False)
class Plane:
    """The rows alive for each value of one field. Build it with ``Plane.of``.

    Args:
        table: The rows of listed values, and of ``None`` for a missing one.
        breaks: The values at which the rows of unlisted values change, ascending.
        segments: The rows of unlisted values: below the first break, from it on, and so on.
    """

    table: Mapping[Any, int]
    breaks: Sequence[Any]
    segments: Sequence[int]

    @classmethod
    def of(cls, size: int, column: Column) -> Plane:
        """The plane of ``size`` rows."""
        return reduce(Plane.meet, [cls._flat(size, *layer) for layer in _layers(column)])

    @classmethod
    def _flat(cls, size: int, column: Column, named: Iterable[int]) -> Plane:
        """The plane of a column that names no row twice."""
        free = ((1 << size) - 1) ^ bits(named, size)
        gaps, absents = list[int](), list[int]()
        listed: dict[Any, list[int]] = defaultdict(list)
        at: dict[Any, list[int]] = defaultdict(list)
        behind: dict[Any, list[int]] = defaultdict(list)
        for form, literal, rows in column:
            if form == "==":
                listed[literal].extend(rows)
            elif form == "in":
                for value in literal:
                    listed[value].extend(rows)
            else:
                span = span_of(form, literal)
                gaps += rows if span.inside else ()
                absents += rows if span.missing else ()
                for value, after in span.cuts:
                    (behind if after else at)[value].extend(rows)
        gap = free | bits(gaps, size)
        table: dict[Any, int] = {None: free | bits(absents, size)}
        breaks, segments = [], [gap]
        for value in sorted({*listed, *at, *behind}):
            exact = gap ^ bits(at.get(value, ()), size)
            beyond = exact ^ bits(behind.get(value, ()), size)
            exact |= bits(listed.get(value, ()), size)
            if beyond != gap:
                breaks.append(value)
                segments.append(beyond)
                gap = beyond
            if exact != gap:
                table[value] = exact
        return cls(table, breaks, segments)

    def alive(self, value: Any) -> int:
        """The rows that a value leaves alive. O(log breaks)."""
        found = self.table.get(value)
        return self.segments[bisect_right(self.breaks, value)] if found is None else found

    def meet(self, other: Plane) -> Plane:
        """The rows that both planes leave alive. O(different values)."""
        told = {*self.table, *other.table}
        table = {value: self.alive(value) & other.alive(value) for value in told}
        breaks = sorted({*self.breaks, *other.breaks})
        segments = [self.segments[0] & other.segments[0]]
        for value in breaks:
            mine = self.segments[bisect_right(self.breaks, value)]
            segments.append(mine & other.segments[bisect_right(other.breaks, value)])
        return Plane(table, breaks, segments)

    def density(self, size: int) -> float:
        """Which part of the rows a value leaves alive, over all different values."""
        told = [*self.table.values(), *self.segments]
        return sum(map(int.bit_count, told)) / (len(told) * max(size, 1))

    def spares_last(self) -> bool:
        """Whether the last row takes every value."""
        return all(rows & 1 for rows in (*self.table.values(), *self.segments))

    def spliced(self, low: int, width: int, spans: Sequence[Span | None]) -> Plane:
        """The plane with ``width`` rows from bit ``low`` up replaced by rows with these spans."""
        table, breaks, segments = dict(self.table), list(self.breaks), list(self.segments)
        for span in filter(None, spans):
            for value in dict.fromkeys(value for value, _ in span.cuts):
                _tell_apart(value, span, table, breaks, segments)
        count = len(spans)

        def change(mask: int, answers: Iterable[bool]) -> int:
            new = 0
            for answer in answers:
                new = new << 1 | answer
            return splice(mask, low, width, new, count)

        for value, mask in table.items():
            held = (
                span is None or (span.missing if value is None else span.holds(value))
                for span in spans
            )
            table[value] = change(mask, held)
        segments[0] = change(segments[0], (span is None or span.inside for span in spans))
        for place, value in enumerate(breaks, 1):
            held = (span is None or span.beyond(value) for span in spans)
            segments[place] = change(segments[place], held)
        return Plane(table, breaks, segments)


def _layers(column: Column) -> list[tuple[Column, set[int]]]:
    """The column in parts that name no row twice, each with the rows that it names."""
    named = set[int]().union(*(rows for _, _, rows in column))
    if len(named) == sum(len(rows) for _, _, rows in column):
        return [(column, named)]
    layers: list[tuple[list[Any], set[int]]] = []
    for asked in column:
        rows = asked[2]
        layer = next((layer for layer in layers if layer[1].isdisjoint(rows)), None)
        if layer is None:
            layer = ([], set())
            layers.append(layer)
        layer[0].append(asked)
        layer[1].update(rows)
    return list(layers)


def _tell_apart(
    value: Any, span: Span, table: dict[Any, int], breaks: list[Any], segments: list[int]
) -> None:
    """Make room for a span that changes at a value."""
    place = bisect_left(breaks, value)
    below = span.inside is not bool(bisect_left(span.cuts, (value, False)) & 1)
    at, beyond = span.holds(value), span.beyond(value)
    if below is not beyond and (place == len(breaks) or breaks[place] != value):
        breaks.insert(place, value)
        segments.insert(place + 1, segments[place])
    if at is not beyond:
        table.setdefault(value, segments[bisect_right(breaks, value)])


Column: TypeAlias = Sequence[tuple[str, Any, Sequence[int]]]
"""What rows ask about one field: form and literal of a question, for ``span_of``, and the rows.

A row may be named more than once; then it takes what all of its questions take. Those that are not named take all."""


class Columns(NamedTuple):
    """What an index is made of.

    Args:
        rows: The position of the condition behind each row, ascending.
        fields: What the rows ask about each field.
        residues: What is left to judge of each condition; ``None`` means that its rows say it all.
        demands: For each demand, the first row of each condition that makes it.
        asking_rep: The positions of the conditions that ask about the rep.
    """

    rows: Sequence[int]
    fields: Mapping[Key, Column]
    residues: Sequence[Condition | None]
    demands: Mapping[Demand, Sequence[int]]
    asking_rep: Sequence[int]


def columns(conditions: Iterable[Condition]) -> Columns:
    """The columns of an ordered list of conditions. O(questions asked)."""
    rows: list[int] = []
    residues: list[Condition | None] = []
    demands: dict[Demand, list[int]] = defaultdict(list)
    asking_rep: list[int] = []
    plain: dict[Question, list[int]] = defaultdict(list)
    boxed: dict[tuple[Key, Span], list[int]] = defaultdict(list)
    for position, condition in enumerate(conditions):
        parts = condition.parts if isinstance(condition, And) else (condition,)
        questions = questions_of(parts)
        row = len(rows)
        if len(questions) == len(parts):
            for question in questions:
                plain[question].append(row)
            rows.append(position)
            residues.append(None)
            continue
        found = outline(joined(And, *parts[len(questions) :]))
        taken = range(row, row + len(found.boxes))
        for question in questions:
            plain[question].extend(taken)
        for at, box in zip(taken, found.boxes, strict=True):
            for leaf in box.items():
                boxed[leaf].append(at)
        for demand in found.demands:
            demands[demand].append(row)
        rows.extend(position for _ in taken)
        residues.append(found.residue)
        if found.asks_rep:
            asking_rep.append(position)
    return Columns(rows, _by_field(plain, boxed), residues, demands, asking_rep)


def _by_field(
    plain: Mapping[Question, Sequence[int]], boxed: Mapping[tuple[Key, Span], Sequence[int]]
) -> Mapping[Key, Column]:
    fields: dict[Key, list[tuple[str, Any, Sequence[int]]]] = defaultdict(list)
    for (name, form, literal), rows in plain.items():
        fields[field_key(name)].append((form, literal, rows))
    for (key, span), rows in boxed.items():
        fields[key].append(("span", span, rows))
    return fields


def spans_of_rows(column: Column) -> dict[int, Span]:
    """The span of each row that a column names. O(rows named)."""
    spans: dict[int, Span] = {}
    for form, literal, rows in column:
        span = span_of(form, literal)
        for row in rows:
            spans[row] = spans[row].meet(span) if row in spans else span
    return spans


def rule_names(
    conditions: Sequence[Condition | None], names: Sequence[str] | None
) -> tuple[str, ...]:
    """What errors call the conditions: the names given, or ``rule 1``, ``rule 2`` ..."""
    if names is None:
        return tuple(f"rule {i + 1}" for i in range(len(conditions)))
    if len(names) != len(conditions):
        raise ConfigError(f"{len(conditions)} conditions have {len(names)} names; give each one")
    return tuple(names)


def refuse_rep(name: str, condition: Condition) -> None:
    """Refuse a condition that asks about the rep, because a rule is matched before there is one."""
    if asked := reads(condition).rep:
        asks = ", ".join(sorted(map(str, asked)))
        raise ConfigError(f"{name}: `when` asks about the rep ({asks}); move that to `require`")


class PlainMatcher:
    """An ordered list of conditions, compiled."""

    __slots__ = ("_conditions", "_names", "_registry", "_tests")

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        registry: Registry = PLAIN,
    ) -> None:
        self._names = rule_names(conditions, names)
        for name, condition in zip(self._names, conditions, strict=True):
            if condition is not None:
                refuse_rep(name, condition)
        self._conditions, self._registry = tuple(conditions), registry
        self._tests = tuple(
            compile_condition(ALWAYS if condition is None else condition, registry)
            for condition in conditions
        )

    def __len__(self) -> int:
        return len(self._tests)

    def first(self, lead: Lead, now: datetime | None = None) -> int | None:
        """The position of the first condition that holds, or ``None``. O(conditions)."""
        position = 0
        try:
            for test in self._tests:
                if test(lead, None, now):
                    return position
                position += 1
        except Exception as error:
            say_where(error, self._names[position], lead.id)
            raise
        return None

    def all(self, lead: Lead, now: datetime | None = None) -> tuple[int, ...]:
        """The positions of all conditions that hold, in order. O(conditions)."""
        found = []
        position = 0
        try:
            for test in self._tests:
                if test(lead, None, now):
                    found.append(position)
                position += 1
        except Exception as error:
            say_where(error, self._names[position], lead.id)
            raise
        return tuple(found)

    def replace(self, position: int, condition: Condition | None) -> PlainMatcher:
        """The same conditions with one replaced."""
        place = range(len(self))[position]
        conditions = (*self._conditions[:place], condition, *self._conditions[place + 1 :])
        return PlainMatcher(conditions, self._names, self._registry)


_JUDGE: Final = -1  # the answer of a row that its boxes alone do not decide

_Answer_co = TypeVar("_Answer_co", covariant=True)

_Watched: TypeAlias = tuple[tuple[str, Mapping[Kind, int]], ...]
"""For each attribute, the rules that raise on each kind; under the empty name, on no instant."""


class Asked(Protocol[_Answer_co]):
    """How a list of conditions is asked about a lead, and the instant of the decision."""

    def __call__(self, lead: Lead, now: datetime | None = None) -> _Answer_co:
        """The answer."""
        ...


@frozen(eq=False, repr=False, kw_only=True)
class Index:
    """An ordered list of conditions as an index, with the interface of ``PlainMatcher``.

    Args:
        names: What errors call the conditions.
        registry: The predicates and lists of the policy.
        conditions: The conditions in their order.
        tests: The compiled residue of each condition; ``None`` where the boxes say it all.
        rows: The position of the condition behind each row, ascending.
        planes: The plane of each field that is tested.
        demands: The rules that make each demand, by the bit of their first row.

    Attributes:
        first: ``first(lead, now)`` is the position of the first condition that holds, or ``None``,
            in O(fields x conditions / 64) and little of it.
        all: ``all(lead, now)`` is the positions of all conditions that hold, in order.

    Both raise a ``FieldTypeError`` when a condition that was reached cannot use what it found.
    """

    names: tuple[str, ...]
    registry: Registry
    conditions: tuple[Condition, ...]
    tests: tuple[Test | None, ...]
    rows: tuple[int, ...]
    planes: Mapping[Key, Plane]
    demands: Mapping[Demand, int]
    first: Asked[int | None] = field(init=False)
    all: Asked[tuple[int, ...]] = field(init=False)
    _watched: _Watched = field(init=False)
    _whole: dict[int, Test] = field(init=False, factory=dict)

    @classmethod
    def of(
        cls,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        registry: Registry = PLAIN,
    ) -> Index:
        """The index of an ordered list of conditions. O(conditions x (fields + values / 64))."""
        called = rule_names(conditions, names)
        given = tuple(ALWAYS if one is None else one for one in conditions)
        found = columns(given)
        for position in found.asking_rep:
            refuse_rep(called[position], given[position])
        size = len(found.rows)
        return cls(
            names=called,
            registry=registry,
            conditions=given,
            tests=tuple([_compiled(residue, registry) for residue in found.residues]),
            rows=tuple(found.rows),
            planes={key: Plane.of(size, column) for key, column in found.fields.items()},
            demands={demand: bits(of, size) for demand, of in found.demands.items()},
        )

    def __attrs_post_init__(self) -> None:
        positions = self.rows
        size = len(positions)
        found = [_JUDGE if self.tests[position] else position for position in positions]
        answers = (None, *reversed(found))
        residual = bits([row for row, it in enumerate(found) if it == _JUDGE], size)
        alike = positions == tuple(range(len(self.conditions)))
        planes = sorted(self.planes.items(), key=lambda item: item[1].density(size))
        looks = tuple((look(key), plane) for key, plane in planes)
        catch_all = bool(size) and all(plane.spares_last() for plane in self.planes.values())
        alive = _survivors(looks, (1 << size) - 1, int(catch_all))
        watched = _watched(self.demands)

        def first(lead: Lead, now: datetime | None = None) -> int | None:
            rows = alive(lead)
            found = answers[rows.bit_length()]
            if watched or found == _JUDGE:
                strange = self._strange(lead, now)
                if strange or found == _JUDGE:
                    return next(self._judged(rows, strange, lead, now), None)
            return found

        def every(lead: Lead, now: datetime | None = None) -> tuple[int, ...]:
            rows = alive(lead)
            if residual or watched:
                strange = self._strange(lead, now)
                if strange or rows & residual:
                    return tuple(self._judged(rows, strange, lead, now))
            found = []
            while rows:
                top = rows.bit_length()
                rows ^= 1 << (top - 1)
                found.append(size - top)
            return tuple(found if alike else dict.fromkeys([positions[row] for row in found]))

        settle(self, _watched=watched, first=first, all=every)

    def __len__(self) -> int:
        return len(self.names)

    def replace(self, position: int, condition: Condition | None) -> Index:
        """Return an index with one condition replaced. O(values x conditions / 64)."""
        place = range(len(self))[position]
        given = ALWAYS if condition is None else condition
        new, old = columns([given]), columns([self.conditions[place]])
        if new.asking_rep:
            refuse_rep(self.names[place], given)
        width, count, size = len(old.rows), len(new.rows), len(self.rows)
        row = bisect_left(self.rows, place)
        low = size - row - width
        planes = dict(self.planes)
        for key in {*planes, *new.fields}:
            before, after = (spans_of_rows(one.fields.get(key, ())) for one in (old, new))
            if width != count or before != after:
                plane = planes[key] if key in planes else Plane.of(size, ())
                planes[key] = plane.spliced(low, width, [*map(after.get, range(count))])
        demands = {}
        for demand in {*self.demands, *new.demands}:
            first = 1 << (count - 1) if demand in new.demands else 0
            demands[demand] = splice(self.demands.get(demand, 0), low, width, first, count)
        return evolve(
            self,
            conditions=_with(self.conditions, place, given),
            tests=_with(self.tests, place, _compiled(new.residues[0], self.registry)),
            rows=(*self.rows[:row], *[place] * count, *self.rows[row + width :]),
            planes=planes,
            demands=demands,
        )

    def _strange(self, lead: Lead, now: datetime | None) -> int:
        """The rules that this lead, or not knowing the time, may make raise."""
        found = 0
        for name, raising in self._watched:
            if not name:
                found |= raising[Kind.INSTANT] if now is None else 0
            elif (value := lead.attributes.get(name)) is not None:
                found |= raising.get(kind_of(value), 0)
        return found

    def _judged(self, alive: int, strange: int, lead: Lead, now: datetime | None) -> Iterator[int]:
        """The positions that hold, in order."""
        rows, tests = self.rows, self.tests
        alive |= strange
        before = None
        while alive:
            top = alive.bit_length()
            alive ^= 1 << (top - 1)
            position = rows[-top]
            if position == before:
                continue
            before = position
            test = self._in_full(position) if strange else tests[position]
            try:
                held = test is None or test(lead, None, now)
            except Exception as error:
                say_where(error, self.names[position], lead.id)
                raise
            if held:
                yield position

    def _in_full(self, position: int) -> Test:
        found = self._whole.get(position)
        if found is None:
            found = compile_condition(self.conditions[position], self.registry)
            self._whole[position] = found
        return found


def _compiled(residue: Condition | None, registry: Registry) -> Test | None:
    return None if residue is None else compile_condition(residue, registry)


def _with(items: tuple[Any, ...], place: int, item: Any) -> tuple[Any, ...]:
    return (*items[:place], item, *items[place + 1 :])


def _watched(demands: Mapping[Demand, int]) -> _Watched:
    found: dict[str, dict[Kind, int]] = {}
    for (name, accepted), mask in demands.items():
        raising = found.setdefault(name, {})
        for kind in set(CUSTOM_KINDS) - accepted if name else (Kind.INSTANT,):
            raising[kind] = raising.get(kind, 0) | mask
    return tuple(found.items())


def _survivors(
    looks: Sequence[tuple[Look, Plane]], everything: int, floor: int
) -> Callable[[Lead], int]:
    """The function from a lead to the rows that all planes leave alive."""
    listed = [(read, it.table.get, it.segments[0]) for read, it in looks if not it.breaks]
    ranged = [(read, it.table, it.breaks, it.segments) for read, it in looks if it.breaks]

    def alive(lead: Lead) -> int:
        rows = everything
        for read, find, other in listed:
            rows &= find(read(lead), other)
            if rows <= floor:
                return rows
        for read, table, breaks, segments in ranged:
            value = read(lead)
            found = table.get(value)
            rows &= segments[bisect_right(breaks, value)] if found is None else found
            if rows <= floor:
                break
        return rows

    return alive


FEW: Final = 4  # up to how many conditions are simply asked one after the other


class Matcher:
    """A compiled, ordered list of conditions.

    A few conditions become functions, more become an index.

    Args:
        conditions: The conditions in their order; ``None`` matches every lead.
        names: The names of the conditions in errors; ``rule 1``, ``rule 2`` ... when left out.
        registry: The predicates and lists of the policy.

    Attributes:
        first: ``first(lead, now)`` is the position of the first condition that holds, or ``None``.
        all: ``all(lead, now)`` is the positions of all conditions that hold, in order.

    Both raise a ``FieldTypeError`` when a condition that was reached cannot use what it found.

    Raises:
        ConfigError: A condition asks about a rep, or the names are not as many as the conditions.
        UnknownFieldError: A predicate is not registered.

    Example:
        >>> from datetime import UTC, datetime
        >>> from leadroute.model.lead import Lead
        >>> from leadroute.rules.builders import LEAD
        >>> matcher = Matcher([LEAD.budget >= 10_000, LEAD.country == "US", None])
        >>> now = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
        >>> (
        ...     matcher.first(Lead("L-1", country="us"), now),
        ...     matcher.all(Lead("L-1", country="us"), now),
        ... )
        (1, (1, 2))
    """

    __slots__ = ("_engine", "all", "first")

    def __init__(
        self,
        conditions: Sequence[Condition | None],
        names: Sequence[str] | None = None,
        registry: Registry = PLAIN,
    ) -> None:
        build = Index.of if len(conditions) > FEW else PlainMatcher
        self._settle(build(conditions, names, registry))

    def _settle(self, engine: Index | PlainMatcher) -> None:
        self._engine = engine
        # Bound here, so that matching a lead takes one call and not two.
        self.first: Asked[int | None] = engine.first
        self.all: Asked[tuple[int, ...]] = engine.all

    def __len__(self) -> int:
        return len(self._engine)

    def replace(self, position: int, condition: Condition | None) -> Matcher:
        """Return the matcher with one condition replaced, not built again.

        Args:
            position: Which one, from 0.
            condition: The new condition; ``None`` matches every lead.

        Raises:
            ConfigError: The condition asks about a rep.
            IndexError: There is no such position.
        """
        found = Matcher.__new__(Matcher)
        found._settle(self._engine.replace(position, condition))  # noqa: SLF001 - its own class
        return found
