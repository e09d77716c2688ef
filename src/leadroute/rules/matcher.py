"""Which of an ordered list of conditions hold for a lead: the first, or all.

* Answers and errors are those of ``PlainMatcher``, for every lead.
* A lead that breaks a demand of some rule is judged in full, because that rule raises there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol, TypeAlias, TypeVar

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, say_where
from leadroute.model.lead import Lead
from leadroute.rules.conditions import ALWAYS, Condition, reads
from leadroute.rules.evaluation import PLAIN, Registry, Test, compile_condition
from leadroute.rules.fields import CUSTOM_KINDS, Kind
from leadroute.rules.match_bitmaps import (
    Look,
    Plane,
    bits,
    columns,
    kind_of,
    look,
    spans_of_rows,
    splice,
)
from leadroute.rules.match_constraints import Demand, Key
from leadroute.rules.operand import settle


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
