"""What became of the leads that a rep had before: rates, revenue, experience, speed and answers.

* A rate is shrunk toward the average of the candidates, so that one lucky win does not outrank a hundred good ones.
* Times are taken in logarithms, so that one lead forgotten weighs no more than twenty answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache, partial
from math import expm1
from operator import attrgetter, le
from typing import Any, Final
from weakref import ref

from attrs import field, frozen
from attrs.converters import optional

from leadroute.model.duration import from_micros, parse_duration
from leadroute.model.rep import Rep
from leadroute.model.snapshot import (
    ALL,
    NOTHING,
    UNIT,
    Record,
    Snapshot,
    TrackRecords,
    possible,
    segment_key,
    week_of,
)
from leadroute.ranking.estimates import Estimate, Prior, posterior, prior_of
from leadroute.ranking.scorers.parameters import lasting, positive, share, titles
from leadroute.rules.describe import plural
from leadroute.rules.fields import texts_of
from leadroute.rules.routing_context import ZEROS, RoutingContext
from leadroute.rules.scorer import Points, Scorer


def counted(snapshot: Snapshot, rep_id: str) -> Record:
    """What a rep has won and closed by the plain counts of a snapshot."""
    won, closed = snapshot.won.get(rep_id, 0), snapshot.closed.get(rep_id, 0)
    record = Record(won=won, closed=closed)
    return record if 0 <= won <= closed else possible(record)


def _by(given: Any) -> str | tuple[str, ...] | None:
    return None if given is None else titles(given)


@frozen
class Learning(Scorer):
    """What the scorers share that learn from outcomes.

    Args:
        by: The field of the lead, or a list of fields, that says which leads are similar; all leads when not given.
        half_life: The age at which an outcome counts half, in whole weeks; ``None`` for never.
    """

    reads = frozenset[str]()
    by: str | tuple[str, ...] | None = field(default=None, converter=_by, kw_only=True)
    half_life: str | None = field(default=None, converter=optional(lasting), kw_only=True)

    def records(self, context: RoutingContext) -> Mapping[str, Record]:
        """The record of every candidate by rep id, computed once. O(candidates * weeks)."""
        return context.once((Learning, self.by, self.half_life), lambda: self._records(context))

    def columns(self, context: RoutingContext, *names: str) -> list[list[float]]:
        """Some numbers of the records of every candidate, a list for each name. O(candidates).

        The records of outcomes are remembered for as long as the outcomes are used.
        """
        ids, track_records = context.crew.ids, context.snapshot.track_records
        if not track_records.weeks:
            return self._counted(context.snapshot, ids, names)
        half_life = None if self.half_life is None else parse_duration(self.half_life)
        week = 0 if half_life is None else week_of(context.now)
        segments = tuple([each for each in self._segments(context) if each in track_records.weeks])
        totals = _kept(track_records).totals(segments, half_life, week)
        records = [totals[rep_id] for rep_id in ids]
        return [[*map(attrgetter(name), records)] for name in names]

    def _counted(
        self, snapshot: Snapshot, ids: Sequence[str], names: tuple[str, ...]
    ) -> list[list[float]]:
        if self.by is not None or not {"won", "closed"}.intersection(names):
            return [[0] * len(ids) for _ in names]
        of_won, of_closed = snapshot.won.get, snapshot.closed.get
        won: list[float] = [*map(of_won, ids, ZEROS)]
        closed: list[float] = [*map(of_closed, ids, ZEROS)]
        if not all(map(le, won, closed)) or (won and min(won) < 0):
            records = [counted(snapshot, rep_id) for rep_id in ids]
            won, closed = [each.won for each in records], [each.closed for each in records]
        if names == ("won", "closed"):
            return [won, closed]
        known = {"won": won, "closed": closed}
        return [known[name] if name in known else [0] * len(ids) for name in names]

    def answers(self, context: RoutingContext) -> bool:
        """Whether anything can be known: a segment of the lead, and outcomes or counts."""
        snapshot = context.snapshot
        if self.by is None:
            return bool(snapshot.track_records or snapshot.closed)
        return bool(snapshot.track_records and self._segments(context))

    def record(self, context: RoutingContext, rep: Rep) -> Record:
        """The record of one candidate."""
        return self.records(context).get(rep.id, NOTHING)

    def about(self, context: RoutingContext) -> str:
        """Which leads the record is about, as the end of a phrase; empty for all."""
        if self.by is None:
            return ""
        named = [value for title in self._fields for value in texts_of(context.lead, title)]
        return f" in {', '.join(named)}" if named else " in leads like this"

    @property
    def _fields(self) -> tuple[str, ...]:
        return (self.by,) if isinstance(self.by, str) else self.by or ()

    def _records(self, context: RoutingContext) -> Mapping[str, Record]:
        snapshot = context.snapshot
        if not snapshot.track_records and self.by is None:
            return {rep.id: counted(snapshot, rep.id) for rep in context.reps}
        half_life = None if self.half_life is None else parse_duration(self.half_life)
        now = None if half_life is None else context.now
        segments = self._segments(context)
        return {
            rep.id: possible(
                sum(
                    (
                        snapshot.track_records.total(rep.id, segment, now=now, half_life=half_life)
                        for segment in segments
                    ),
                    NOTHING,
                )
            )
            for rep in context.reps
        }

    def _segments(self, context: RoutingContext) -> tuple[str, ...]:
        if self.by is None:
            return (ALL,)
        return tuple(
            segment_key(title, value)
            for title in self._fields
            for value in texts_of(context.lead, title)
        )


_WEEK: Final = timedelta(weeks=1) // timedelta(microseconds=1)
_MOST: Final = 1_000_000  # how many records are kept for one value of outcomes


class _Totals(dict[str, Record]):
    """What became of each rep's leads in some segments; added up when first asked for."""

    __slots__ = ("_total",)

    def __init__(self, total: Callable[[str], Record]) -> None:
        self._total = total

    def __missing__(self, rep_id: str) -> Record:
        found = self[rep_id] = self._total(rep_id)
        return found


class _Kept:
    """The records of one value of outcomes, which it does not keep alive."""

    __slots__ = ("_of", "_totals")

    def __init__(self, track_records: ref[TrackRecords]) -> None:
        self._of = track_records
        self._totals: dict[tuple[tuple[str, ...], timedelta | None], tuple[int, _Totals]] = {}

    def totals(self, segments: tuple[str, ...], half_life: timedelta | None, week: int) -> _Totals:
        """The records in some segments, as they count in a week."""
        place = segments, half_life
        found = self._totals.get(place)
        if found is None or found[0] != week:
            if sum([len(totals) for _, totals in self._totals.values()]) > _MOST:
                self._totals.clear()
            start = None if half_life is None else from_micros(week * _WEEK)
            found = self._totals[place] = (
                week,
                _Totals(partial(self._total, segments, half_life, start)),
            )
        return found[1]

    def _total(
        self,
        segments: tuple[str, ...],
        half_life: timedelta | None,
        now: datetime | None,
        rep_id: str,
    ) -> Record:
        track_records = self._of() or TrackRecords()
        found = [
            track_records.total(rep_id, segment, now=now, half_life=half_life)
            for segment in segments
        ]
        return possible(sum(found, NOTHING))


_KEPT: Final[dict[int, _Kept]] = {}


def _kept(track_records: TrackRecords) -> _Kept:
    """What is kept for outcomes, by their identity: they are too many to be compared."""
    place = id(track_records)
    found = _KEPT.get(place)
    if found is None:
        # the entry goes with the outcomes, before their number can be given to anything else
        found = _KEPT[place] = _Kept(ref(track_records, lambda _gone: _KEPT.pop(place, None)))
    return found


@frozen
class close_rate(Learning):
    """The rep's win rate, adjusted toward the average of all candidates.

    Formula (the mean of a beta posterior; empirical Bayes): (won + strength * m) / (closed +
    strength), where m is the candidates' won / closed together. When ``strength`` is not given, it
    is the one of the largest marginal likelihood of the candidates' own counts: where reps hardly
    differ it is large, and everyone gets about the average. No answer while none of the candidates
    has closed anything.

    Args:
        strength: The weight of the average in deals, above 0; by default estimated.
        by: The field of the lead, or a list of fields, that says which leads are similar: the rate
            is then that of each rep in this segment, and the average too.
        half_life: The age at which an outcome counts half, such as ``"26w"``; ``None`` for never.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(close_rate(strength=50)), str(close_rate(by="industry", half_life="26w"))
        ('close_rate(50)', "close_rate(by='industry', half_life='26w')")
    """

    reads = frozenset({"won", "closed"})
    strength: float | None = field(default=None, converter=optional(positive))

    def bind(self, context: RoutingContext) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        prior, records = self.prior(context), self.records(context)
        if prior is None:
            return lambda _rep: None

        shrunk = prior.shrunk

        def points(rep: Rep) -> float:
            record = records.get(rep.id, NOTHING)
            return min(1.0, shrunk(record.won, record.closed))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Add up the records of the candidates once.

        O(candidates), plus the estimate of the strength for new counts.
        """
        won, closed = self.columns(context, "won", "closed")
        prior = self.prior_of(won, closed)
        if prior is None:
            return [None] * len(won)
        worth, base = prior.strength, prior.strength * prior.mean
        # no bound is needed: what was won is no more than what was closed, and rounding keeps that order
        return [(good + base) / (whole + worth) for good, whole in zip(won, closed, strict=True)]

    def prior_of(self, won: Sequence[float], closed: Sequence[float]) -> Prior | None:
        """The same as ``prior``, from the columns of the candidates."""
        if self.strength is None:
            return _estimated(tuple(won), tuple(closed))
        trials = sum(closed)
        return Prior(min(1.0, sum(won) / trials), self.strength) if trials else None

    def prior(self, context: RoutingContext) -> Prior | None:
        """Return the average of the candidates, and how much it weighs."""
        return context.once((close_rate, self), lambda: self._prior(context))

    def estimate(self, context: RoutingContext, rep: Rep) -> Estimate:
        """Return the estimate of the rep's rate, for intervals.

        Example:
            >>> from leadroute import Lead, Rep, Snapshot
            >>> ada = Rep("ada")
            >>> counts = Snapshot(won={"ada": 30}, closed={"ada": 100})
            >>> context = RoutingContext(Lead("L-1"), (ada,), "everyone", counts)
            >>> low, high = close_rate(20).estimate(context, ada).interval(0.9)
            >>> f"{low:.2f} to {high:.2f}"
            '0.24 to 0.37'
        """
        record = self.record(context, rep)
        return posterior(record.won, record.closed, self.prior(context))

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's record, the average it is shrunk to, and the interval."""
        prior, about = self.prior(context), self.about(context)
        if prior is None:
            return f"nobody has closed a deal{about} yet"
        record = self.record(context, rep)
        low, high = posterior(record.won, record.closed, prior).interval(0.9)
        return (
            f"won {record.won:g} of {record.closed:g}{about}, where all together win {prior.mean:.0%}; "
            f"likely between {low:.0%} and {high:.0%}"
        )

    def _prior(self, context: RoutingContext) -> Prior | None:
        found = ((record.won, record.closed) for record in self.records(context).values())
        return prior_of(found, self.strength)


@lru_cache(maxsize=64)
def _estimated(won: tuple[float, ...], closed: tuple[float, ...]) -> Prior | None:
    return prior_of(zip(won, closed, strict=True))


@frozen
class revenue_rate(Learning):
    """The rep's revenue per closed lead, adjusted toward the average.

    Formula: r / best, where r = (value + strength * m) / (closed + strength) is the credibility
    estimate (Buehlmann 1967), m the candidates' value / closed together, and best the largest r
    among the candidates. No answer while none of them has won anything of known value.

    Args:
        strength: The weight of the average in leads; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(revenue_rate())
        'revenue_rate()'
    """

    strength: float = field(default=20, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(context), self.records(context)
        if not average:
            return lambda _rep: None
        best = max(self._rate(record, average) for record in records.values())

        def points(rep: Rep) -> float:
            return min(1.0, self._rate(records.get(rep.id, NOTHING), average) / best)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        value, closed = self.columns(context, "value", "closed")
        whole = sum(closed)
        average = max(0.0, sum(value)) / whole if whole else 0.0
        if not average:
            return [None] * len(value)
        worth, base = self.strength, self.strength * average
        if min(value) < 0:
            value = [max(0.0, brought) for brought in value]
        rates = [
            (brought + base) / (ended + worth) for brought, ended in zip(value, closed, strict=True)
        ]
        best = max(rates)
        return [rate / best for rate in rates]  # at most 1, as the best is one of them

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's revenue a lead, shrunk, and the average."""
        average, about = self._average(context), self.about(context)
        if not average:
            return f"nobody has won a deal of known value{about} yet"
        own = self._rate(self.record(context, rep), average)
        return f"{own / 100:,.0f} a lead{about}, where all together bring {average / 100:,.0f}"

    def _rate(self, record: Record, average: float) -> float:
        return (max(0.0, record.value) + self.strength * average) / (record.closed + self.strength)

    def _average(self, context: RoutingContext) -> float:
        records = self.records(context).values()

        def average() -> float:
            closed = sum(record.closed for record in records)
            return max(0.0, sum(record.value for record in records)) / closed if closed else 0.0

        return context.once((revenue_rate, self), average)


@frozen
class expertise(Learning):
    """The number of similar leads that the rep has closed.

    Formula: n / (n + half), where n is the number of the rep's closed leads that share the lead's value in ``by``;
    several fields add up. No answer when the lead has no value there, or no outcomes are given.

    Args:
        half: The number of leads for half a point; above 0.
        by: The field of the lead, or a list of fields, that says which leads are similar.
        half_life: The age at which an outcome counts half, such as ``"52w"``; ``None`` for never.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(expertise()), str(expertise(by="product", half=5))
        ('expertise()', "expertise(5, by='product')")
    """

    half: float = field(default=10, converter=positive)
    by: str | tuple[str, ...] = field(default="industry", converter=titles, kw_only=True)

    def bind(self, context: RoutingContext) -> Points:
        """Look the segments up once. O(candidates) a lead, O(1) a rep."""
        if not self.answers(context):
            return lambda _rep: None
        records = self.records(context)

        def points(rep: Rep) -> float:
            worked = records.get(rep.id, NOTHING).closed
            return worked / (worked + self.half)

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Look the segments up once. O(candidates)."""
        if not self.answers(context):
            return [None] * len(context.reps)
        (closed,), half = self.columns(context, "closed"), self.half
        return [worked / (worked + half) for worked in closed]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the number and the kind of these leads, in words."""
        if not self.answers(context):
            return f"nothing is known{self.about(context)}"
        closed = self.record(context, rep).closed
        return f"{plural(closed, 'lead', '.3g')} closed{self.about(context)}"


_LONGEST = 600.0


@frozen
class response_speed(Learning):
    """The speed at which the rep contacts their leads.

    Formula: half / (half + t), where t is the rep's typical time from offer to first contact:
    exp(l) - 1 seconds with l = (sum of log(1 + seconds) + strength * m) / (reached + strength), and
    m the mean of log(1 + seconds) over the leads of all candidates. No answer while none of them
    has contacted a lead.

    Args:
        half: The time to contact that gives half a point, such as ``"5m"``.
        strength: The weight of the average in leads; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(response_speed("10m"))
        "response_speed('10m')"
    """

    half: str = field(default="5m", converter=lasting)
    strength: float = field(default=5, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(context), self.records(context)
        if average is None:
            return lambda _rep: None
        half = parse_duration(self.half).total_seconds()

        def points(rep: Rep) -> float:
            return half / (half + self._seconds(records.get(rep.id, NOTHING), average))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        logs, reached = self.columns(context, "log_response", "reached")
        whole = sum(reached)
        if not whole:
            return [None] * len(logs)
        half, worth = parse_duration(self.half).total_seconds(), self.strength
        base = worth * (sum(logs) / UNIT / whole)
        typical = [
            (logged / UNIT + base) / (leads + worth)
            for logged, leads in zip(logs, reached, strict=True)
        ]
        if min(typical) < 0.0 or max(typical) > _LONGEST:
            typical = [max(0.0, min(each, _LONGEST)) for each in typical]
        return [half / (half + expm1(each)) for each in typical]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """The rep's typical time, after shrinking, and from how many leads."""
        average, record = self._average(context), self.record(context, rep)
        if average is None:
            return f"nobody has reached a lead{self.about(context)} yet"
        took = timedelta(seconds=round(min(self._seconds(record, average), 1e9)))
        return (
            f"takes about {took} to reach a lead, judged by {plural(record.reached, 'lead', '.3g')}"
        )

    def _seconds(self, record: Record, average: float) -> float:
        typical = (record.log_response / UNIT + self.strength * average) / (
            record.reached + self.strength
        )
        return expm1(max(0.0, min(typical, _LONGEST)))

    def _average(self, context: RoutingContext) -> float | None:
        records = self.records(context).values()

        def average() -> float | None:
            reached = sum(record.reached for record in records)
            return (
                sum(record.log_response for record in records) / UNIT / reached if reached else None
            )

        return context.once((response_speed, self), average)


@frozen
class accept_rate(Learning):
    """The share of offers that the rep answers well.

    A refusal counts for more than silence.

    Formula: (accepted + refusal * declined + strength * m) / (n + strength), where n counts the
    offers that were accepted, declined or ran out, and m is the same share for all candidates
    together. No answer while no rep has been offered anything.

    Args:
        refusal: The points of a refusal, from 0 (like silence) to 1 (like accepting).
        strength: The weight of the average in offers; above 0.
        by: As for ``close_rate``.
        half_life: As for ``close_rate``.

    Raises:
        ConfigError: A parameter cannot be read.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(accept_rate(half_life="4w"))
        "accept_rate(half_life='4w')"
    """

    refusal: float = field(default=0.5, converter=share)
    strength: float = field(default=10, converter=positive)

    def bind(self, context: RoutingContext) -> Points:
        """Add up the candidates' record once. O(candidates) a lead, O(1) a rep."""
        average, records = self._average(context), self.records(context)
        if average is None:
            return lambda _rep: None

        def points(rep: Rep) -> float:
            good, offers = self._answered(records.get(rep.id, NOTHING))
            return min(1.0, (good + self.strength * average) / (offers + self.strength))

        return points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Add up the candidates' record once. O(candidates)."""
        accepted, declined, ignored = self.columns(context, "accepted", "declined", "ignored")
        refusal, worth = self.refusal, self.strength
        good = [taken + refusal * no for taken, no in zip(accepted, declined, strict=True)]
        offers = [
            taken + no + late for taken, no, late in zip(accepted, declined, ignored, strict=True)
        ]
        whole = sum(offers)
        if not whole:
            return [None] * len(offers)
        base = worth * (sum(good) / whole)
        # no bound is needed: what was good is no more than what was offered, and rounding keeps that order
        return [(own + base) / (each + worth) for own, each in zip(good, offers, strict=True)]

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the numbers of accepted, declined and ignored offers, in words."""
        if self._average(context) is None:
            return f"nobody has been offered a lead{self.about(context)} yet"
        record = self.record(context, rep)
        return (
            f"accepted {record.accepted:.3g}, declined {record.declined:.3g}, "
            f"let {record.ignored:.3g} run out{self.about(context)}"
        )

    def _answered(self, record: Record) -> tuple[float, float]:
        good = record.accepted + self.refusal * record.declined
        return good, record.accepted + record.declined + record.ignored

    def _average(self, context: RoutingContext) -> float | None:
        records = self.records(context).values()

        def average() -> float | None:
            found = [self._answered(record) for record in records]
            offers = sum(each for _, each in found)
            return sum(good for good, _ in found) / offers if offers else None

        return context.once((accept_rate, self), average)
