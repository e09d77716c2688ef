"""Who is experienced enough: producers, tiers, graduation, and the size of usual deals."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Sequence
from math import exp, log, sqrt
from typing import Any, Final, TypeVar

from attrs import field as parameter
from attrs import frozen
from attrs.converters import optional

from leadroute.errors import ConfigError
from leadroute.model.rep import Rep
from leadroute.model.snapshot import NOTHING, UNIT, Record
from leadroute.ranking.scorers.parameters import (
    ascending,
    points_or_none,
    positive,
    share,
    yes_or_no,
)
from leadroute.ranking.scorers.performance import Learning
from leadroute.rules.fields import number_of, number_title, rep_number_title
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


@frozen
class top_producer(Learning):
    """The revenue that the rep has won, less with much open work.

    Formula: value / best * fatigue / (fatigue + open): the rep's revenue won over the largest among
    the candidates, damped by the leads the rep has open, so that the best one is not buried. No
    answer while none of the candidates has won anything of known value.

    Args:
        fatigue: The number of open leads that halves the points; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(top_producer(half_life="13w"))
        "top_producer(half_life='13w')"
    """

    reads = frozenset({"open"})
    fatigue: float = parameter(default=10, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Find the best once. O(candidates) a lead, O(1) a rep."""
        records, open_now = self.records(context), context.snapshot.open
        best = self._best(context)
        if best <= 0:
            return lambda _rep: None

        def points(rep: Rep) -> float:
            produced = min(1.0, max(0.0, records.get(rep.id, NOTHING).value) / best)
            return produced * self.fatigue / (self.fatigue + max(0, open_now.get(rep.id, 0)))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Find the best once. O(candidates)."""
        (value,), opened = self.columns(context, "value"), context.snapshot.open.get
        best, fatigue = max(value, default=0.0), self.fatigue
        if best <= 0:
            return [None] * len(value)
        return [
            (own / best if own > 0.0 else 0.0)
            * fatigue
            / (fatigue + (busy if (busy := opened(rep_id, 0)) > 0 else 0))
            for own, rep_id in zip(value, context.ids, strict=True)
        ]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's revenue, the best one's, and what the rep has open."""
        best = self._best(context)
        if best <= 0:
            return f"nobody has won a deal of known value{self.about(context)} yet"
        own = self.record(context, rep).value
        busy = context.snapshot.open.get(rep.id, 0)
        return f"{own / 100:,.0f} won{self.about(context)}, the best {best / 100:,.0f}; {busy} open"

    def _best(self, context: RoutingContext) -> float:
        return max((record.value for record in self.records(context).values()), default=0.0)


@frozen
class rep_value(Scorer):
    """A number of the rep, such as the level.

    Formula: (value - least) / (most - least) among the candidates, or 1 minus that with ``higher=False``; 1 when all
    candidates have the same. No answer for a rep whose number is not known.

    Args:
        field: ``level``, ``capacity``, ``weight``, or an attribute such as ``rep['quality']``.
        higher: Whether a higher number comes first; default ``True``.

    Raises:
        ConfigError: ``higher`` is neither true nor false.
        UnknownFieldError: The rep has no such number.

    Example:
        >>> print(rep_value("level"), "+", rep_value("rep['rate']", higher=False))
        rep_value('level') + rep_value("rep['rate']", higher=False)
    """

    reads = frozenset[str]()
    field: str = parameter(converter=rep_number_title)
    higher: bool = parameter(default=True, validator=yes_or_no, kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Find the least and the most once a lead. O(candidates)."""
        known = self._known(context)
        least, most = min(known, default=0.0), max(known, default=0.0)

        def points(rep: Rep) -> float | None:
            value = number_of(rep, self.field)
            if value is None:
                return None
            if most == least:
                return 1.0
            share = (value - least) / (most - least)
            return share if self.higher else 1 - share

        return points

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's number, and between which numbers the candidates lie."""
        value = number_of(rep, self.field)
        if value is None:
            return f"{self.field} is not known"
        known = self._known(context)
        return f"{self.field} is {value:g}, between {min(known):g} and {max(known):g}"

    def _known(self, context: RoutingContext) -> list[float]:
        numbers = (number_of(rep, self.field) for rep in context.reps)
        return [number for number in numbers if number is not None]


@frozen
class tier(Learning):
    """The match of the rep's step with the size of the lead.

    Formula: the lead's step is the number of ``bands`` that its ``field`` reaches; the rep's step
    is the number of ``levels`` that ``rep.level`` reaches, or, with ``wins``, the number of
    ``wins`` that the rep's won leads reach. A rep below the lead's step gets 0, others 1 - (steps
    above) / (bands + 1). A rep whose level is not known gets ``unknown``. No answer when the lead's
    field is not known.

    Args:
        field: The field of the lead with its size, such as ``annual_revenue``, or an attribute.
        bands: The sizes at which the steps begin, ascending.
        levels: The level that each step asks for, ascending; 1, 2, 3 ... when not given.
        wins: The won leads that each step asks for, ascending, instead of levels.
        unknown: The points of a rep without a level, from 0 to 1; ``None`` for no answer. Not with ``wins``.
        by: As for ``close_rate``; counts only with ``wins``.
        half_life: As for ``close_rate``; counts only with ``wins``.

    Raises:
        ConfigError: A parameter cannot be read, there are not as many levels or wins as bands, or both are given.
        UnknownFieldError: The lead has no such number.

    Example:
        >>> str(tier("annual_revenue", [1_000_000], levels=[3]))
        "tier('annual_revenue', [1000000], [3])"
    """

    field: str = parameter(converter=number_title)
    bands: tuple[float, ...] = parameter(converter=ascending)
    levels: tuple[float, ...] | None = parameter(default=None, converter=optional(ascending))
    wins: tuple[float, ...] | None = parameter(default=None, converter=optional(ascending))
    unknown: float | None = parameter(default=0, converter=optional(share), kw_only=True)

    def __attrs_post_init__(self) -> None:
        if self.levels is not None and self.wins is not None:
            raise ConfigError("tier() takes levels or wins, not both")
        if len(self._steps) != len(self.bands):
            counts = f"{len(self.bands)} bands and {len(self._steps)} steps of the rep"
            raise ConfigError(
                f"tier() has {counts}; write one level, or number of wins, for each band"
            )

    def bind(self, context: RoutingContext) -> Points:
        """Find the lead's step once. O(bands) a rep."""
        asked, unknown = self._asked(context), points_or_none(self.unknown)

        def points(rep: Rep) -> float | None:
            if asked is None:
                return None
            reached = self._reached(context, rep)
            return unknown if reached is None else self._fit(reached - asked)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Find the lead's step once.

        O(reps) with ``wins``; by level the result is kept for each step of a lead.
        """
        asked = self._asked(context)
        if self.wins is None or asked is None:
            return super().column(context)
        (won,), steps = self.columns(context, "won"), self._steps
        points = [self._fit(reached - asked) for reached in range(len(steps) + 1)]
        return [points[bisect_right(steps, each)] for each in won]

    def depends(self, context: RoutingContext) -> Hashable | None:
        """The lead's step, where outcomes do not count."""
        asked = self._asked(context)
        return (asked,) if self.wins is None or asked is None else None

    @property
    def reads(self) -> frozenset[str]:  # type: ignore[override]
        """Return the records that make the steps; empty without ``wins``."""
        return _NOTHING_READ if self.wins is None else graduation.reads

    def _fit(self, above: int) -> float:
        return 0.0 if above < 0 else 1 - above / (len(self.bands) + 1)

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The lead's step and the rep's."""
        asked, reached = self._asked(context), self._reached(context, rep)
        if asked is None:
            return f"the lead has no {self.field}"
        if reached is None:
            return "the rep's level is not known"
        return f"on step {reached} of {len(self.bands)}, where the lead asks for {asked}"

    @property
    def _steps(self) -> tuple[float, ...]:
        return self.wins or self.levels or tuple(range(1, len(self.bands) + 1))

    def _asked(self, context: RoutingContext) -> int | None:
        return _step(number_of(context.lead, self.field), self.bands)

    def _reached(self, context: RoutingContext, rep: Rep) -> int | None:
        own = rep.level if self.wins is None else self.record(context, rep).won
        return _step(own, self._steps)


def _step(size: float | None, bands: tuple[float, ...]) -> int | None:
    return None if size is None else sum(size >= band for band in bands)


@frozen
class graduation(Learning):
    """The progress of the rep by deals won.

    Formula: the number of ``wins`` that the rep's won leads reach, over the number of steps. No
    answer when no outcomes are given.

    Args:
        wins: The won leads at which the steps begin, ascending.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: ``wins`` do not ascend.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> from leadroute import LEAD
        >>> str(graduation([5, 20]).when(LEAD.annual_revenue >= 1_000_000))
        'graduation([5, 20]).when(lead.annual_revenue >= 1000000)'
    """

    reads = frozenset({"won", "closed"})
    wins: tuple[float, ...] = parameter(default=(5, 20, 50), converter=ascending)

    def bind(self, context: RoutingContext) -> Points:
        """Look the records up once. O(steps) a rep."""
        if not self.answers(context):
            return lambda _rep: None
        return lambda rep: self._reached(context, rep) / len(self.wins)

    def column(self, context: RoutingContext) -> list[float | None]:
        """Look the records up once. O(candidates)."""
        if not self.answers(context):
            return [None] * len(context.reps)
        (won,), wins = self.columns(context, "won"), self.wins
        points = [reached / len(wins) for reached in range(len(wins) + 1)]
        return [points[bisect_right(wins, each)] for each in won]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's wins and step."""
        if not self.answers(context):
            return f"nothing is known{self.about(context)}"
        won = self.record(context, rep).won
        step = f"on step {self._reached(context, rep)} of {len(self.wins)}"
        return f"won {won:.3g}{self.about(context)}: {step}"

    def _reached(self, context: RoutingContext, rep: Rep) -> int:
        return sum(self.record(context, rep).won >= wins for wins in self.wins)


_NOTHING_READ: Final = frozenset[str]()

NARROWEST: Final = 0.5
"""The least spread of a rep's deals, in logarithms: a factor of 1.6 is the same size."""

UNKNOWN_SPREAD: Final = 1.0  # the spread of a rep's deals while no rep has two


@frozen
class deal_size_fit(Learning):
    """The likelihood that the rep wins a lead of this size.

    Formula: exp(-z * z / 2) with z = (log(size) - m) / s: m is the mean of the log of the deals the
    rep has won, shrunk by ``strength`` deals toward that of all candidates, and s the spread of
    log sizes within reps, pooled, at least 0.5. So a rep whose deals are a tenth or ten times the
    size gets next to nothing. No answer when the lead's size is not known or not above 0, or the
    rep has won nothing of known value.

    Args:
        field: The field of the lead with its size, such as ``budget``, or an attribute.
        strength: The weight of the average in deals; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such number.

    Example:
        >>> str(deal_size_fit())
        'deal_size_fit()'
    """

    field: str = parameter(default="budget", converter=number_title)
    strength: float = parameter(default=1, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Add up the candidates' deals once. O(candidates) a lead, O(1) a rep."""
        size, records = number_of(context.lead, self.field), self.records(context)
        average, spread = self._all(context)
        if size is None or size <= 0:
            return lambda _rep: None
        logged = log(size)

        def points(rep: Rep) -> float | None:
            record = records.get(rep.id, NOTHING)
            if record.sized <= 0:
                return None
            return exp(-(((logged - self._center(record, average)) / spread) ** 2) / 2)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Add up the candidates' deals once. O(candidates)."""
        size = number_of(context.lead, self.field)
        if size is None or size <= 0:
            return [None] * len(context.reps)
        found = self.columns(context, "sized", "log_size", "log_size_squared")
        average, spread = _sizes(*found)
        logged, worth, base = log(size), self.strength, self.strength * average
        return [
            None
            if sized <= 0
            else exp(-(((logged - (total / UNIT + base) / (sized + worth)) / spread) ** 2) / 2)
            for sized, total in zip(*found[:2], strict=True)
        ]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The lead's size and the rep's typical one."""
        size, record = number_of(context.lead, self.field), self.record(context, rep)
        if size is None:
            return f"the lead has no {self.field}"
        if size <= 0:
            return f"{self.field} {size:g} says nothing of the size"
        if record.sized <= 0:
            return f"has won no deal of known value{self.about(context)}"
        typical = exp(min(self._center(record, self._all(context)[0]), 600.0))
        return f"{self.field} {size:,.0f}, where their deals{self.about(context)} are about {typical:,.0f}"

    def _center(self, record: Record, average: float) -> float:
        return (record.log_size / UNIT + self.strength * average) / (record.sized + self.strength)

    def _all(self, context: RoutingContext) -> tuple[float, float]:
        records = self.records(context).values()
        return context.once(
            (deal_size_fit, self),
            lambda: _sizes(
                [record.sized for record in records],
                [record.log_size for record in records],
                [record.log_size_squared for record in records],
            ),
        )


def _sizes(
    sized: Sequence[float], logs: Sequence[float], squares: Sequence[float]
) -> tuple[float, float]:
    """Mean and spread of log sizes, from each rep's deals, their logs, and the squares."""
    if min(sized, default=0) <= 0:
        known = [each for each in zip(sized, logs, squares, strict=True) if each[0] > 0]
        if not known:
            return 0.0, UNKNOWN_SPREAD
        sized, logs, squares = zip(*known, strict=True)
    deals = sum(sized)
    average = sum(logs) / UNIT / deals
    within = sum(
        [
            square / UNIT - (total / UNIT) ** 2 / count
            for count, total, square in zip(sized, logs, squares, strict=True)
        ]
    )
    freedom = deals - len(sized)
    spread = sqrt(max(0.0, within) / freedom) if freedom > 0 else UNKNOWN_SPREAD
    return average, max(NARROWEST, spread)


T = TypeVar("T")


def alike(
    context: RoutingContext, key: Hashable, value_of: Callable[[Any], Hashable]
) -> tuple[list[Any], list[int]]:
    """The first rep of each kind, and the number of each rep's kind: a kind shares its answer."""
    first: list[Any] = []
    numbers: dict[Hashable, int] = {}

    def numbered(rep: Any) -> tuple[list[Any], int]:
        value = value_of(rep)
        number = numbers.get(value)
        if number is None:
            number = numbers[value] = len(first)
            first.append(rep)
        return first, number

    found = context.column(key, numbered)
    return (found[0][0] if found else []), [number for _, number in found]
