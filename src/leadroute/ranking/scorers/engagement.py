"""How warm, how new and how urgent a lead is, judged by what it did and where it came from.

These scorers judge the lead, so every rep gets the same points and alone they change no order. Guard them:
``intent().when(rep.level >= 3)`` lifts the seniors for warm leads and the others for cold ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from math import exp2
from typing import Any

from attrs import field as parameter
from attrs import frozen
from attrs.converters import optional

from leadroute.errors import ConfigError
from leadroute.model.duration import parse_duration
from leadroute.model.rep import Rep
from leadroute.ranking.scorers.parameters import (
    lasting,
    not_negative,
    numbers,
    positive,
    share,
    words,
)
from leadroute.rules.describe import plural
from leadroute.rules.fields import text_title, texts_of
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.scorer import Points, Scorer


def _kinds(given: Any) -> str | tuple[str, ...] | None:
    found = None if given is None else words(given)
    return found[0] if found is not None and len(found) == 1 else found


def _half_lives(given: Any) -> str | tuple[str, ...]:
    if isinstance(given, list | tuple):
        return tuple(map(lasting, given))
    return lasting(given)


@frozen
class _OfLead(Scorer):
    """What the scorers share that judge the lead: every rep gets the same points."""

    reads = frozenset[str]()

    def _points(self, context: RoutingContext) -> float | None:
        raise TypeError(f"{type(self).__name__} does not judge a lead; define _points(situation)")

    def bind(self, context: RoutingContext) -> Points:
        """Judge the lead once. O(1) a rep."""
        points = self._points(context)
        return lambda _rep: points

    def column(self, context: RoutingContext) -> list[float | None]:
        """Judge the lead once."""
        return [self._points(context)] * len(context.reps)


@frozen
class intent(_OfLead):
    """The interest of the lead from its signals; newer ones count more.

    Formula: h / (h + half), where h is the sum of weight * value * 2 ** (-age / half_life) over the signals of these
    kinds up to now; 0 when h is below ``at_least``. No answer for a lead without any such signal.

    Args:
        kind: The kind of signal to count, or a list of kinds; every kind when not given.
        half: The heat that gives half a point; above 0. 240 suits seconds, 1 suits plain events.
        half_life: The age at which a signal counts half, such as ``"7d"``; a list with one for each
            kind, or one for all of them.
        weights: The weight of each kind; a list with one for each kind.
        at_least: The heat, cooled like the rest, below which there are no points: four minutes on
            the pricing page are 240 when new and 120 a half-life later.
            ``.when(signal("pricing_page").total >= 240)`` is a bound on the time spent, however
            long ago.

    Raises:
        ConfigError: A parameter cannot be read, or a list does not go with the kinds.

    Example:
        >>> str(intent("pricing_page", half=240))
        "intent('pricing_page', 240)"
        >>> str(intent(["pricing_page", "demo"], 240, ["1d", "1w"], [1, 600], at_least=240))
        "intent(['pricing_page', 'demo'], 240, ['1d', '1w'], [1, 600], 240)"
    """

    kind: str | tuple[str, ...] | None = parameter(default=None, converter=_kinds)
    half: float = parameter(default=1, converter=positive)
    half_life: str | tuple[str, ...] = parameter(default="1w", converter=_half_lives)
    weights: tuple[float, ...] | None = parameter(default=None, converter=optional(numbers))
    at_least: float = parameter(default=0, converter=not_negative)

    def __attrs_post_init__(self) -> None:
        kinds = len(self._kinds)
        for name, listed in (("half_life", self.half_life), ("weights", self.weights)):
            if isinstance(listed, tuple) and len(listed) != kinds:
                raise ConfigError(
                    f"intent() has {kinds} kinds and {len(listed)} {name}; write one each"
                )

    def _points(self, context: RoutingContext) -> float | None:
        heat = self._heat(context)
        if heat is None:
            return None
        return heat / (heat + self.half) if heat >= self.at_least else 0.0

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the interest that the lead showed, in words."""
        heat = self._heat(context)
        what = ", ".join(self._kinds) or "any kind"
        if heat is None:
            return f"no signals of {what}"
        short = f", below {self.at_least:g}" if heat < self.at_least else ""
        return f"signals of {what} amount to {heat:.3g}{short}"

    @property
    def _kinds(self) -> tuple[str, ...]:
        if self.kind is None:
            return ()
        return (self.kind,) if isinstance(self.kind, str) else self.kind

    def _heat(self, context: RoutingContext) -> float | None:
        heats = list(self._heats(context))
        return min(sum(heats), 1e300) if heats else None

    def _heats(self, context: RoutingContext) -> Iterator[float]:
        kinds = self._kinds
        half_lives = self.half_life if isinstance(self.half_life, tuple) else (self.half_life,)
        lasts = [parse_duration(half_life) for half_life in half_lives]
        for signal in context.lead.signals:
            if signal.at > context.now or (kinds and signal.kind not in kinds):
                continue
            position = kinds.index(signal.kind) if kinds else 0
            weight = 1 if self.weights is None else self.weights[position]
            last = lasts[position] if len(lasts) > 1 else lasts[0]
            yield weight * signal.value * _decay(context.now - signal.at, last)


def _decay(age: timedelta, half_life: timedelta) -> float:
    return exp2(-min(age / half_life, 2000.0))


@frozen
class freshness(_OfLead):
    """The freshness of the lead.

    Formula: 2 ** (-age / half_life), with age the time since the lead came in, where known.

    Args:
        half_life: The age at which a lead gets half a point, such as ``"1h"``.

    Raises:
        ConfigError: ``half_life`` is not a duration.

    Example:
        >>> str(freshness("30m"))
        "freshness('30m')"
    """

    half_life: str = parameter(default="1h", converter=lasting)

    def _points(self, context: RoutingContext) -> float | None:
        received = context.lead.received_at
        if received is None:
            return None
        age = max(timedelta(0), context.now - received)
        return _decay(age, parse_duration(self.half_life))

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the age of the lead, in words."""
        received = context.lead.received_at
        if received is None:
            return "it is not known when the lead came in"
        return f"the lead is {_old(max(timedelta(0), context.now - received))} old"


def _old(age: timedelta) -> str:
    """An age in the unit that suits it: minutes up to two hours, hours up to two days, days."""
    for unit, named in ((timedelta(days=1), "day"), (timedelta(hours=1), "hour")):
        if age > 2 * unit:
            return plural(age / unit, named, ".0f")
    return plural(age / timedelta(minutes=1), "minute", ".0f")


def _shares(given: Any) -> tuple[float, ...]:
    return tuple(map(share, numbers(given)))


@frozen
class source_urgency(_OfLead):
    """The urgency of the lead by its source.

    Formula: the urgency listed for the lead's source; ``fallback`` for a source that is not listed.
    No answer when the source is not known, or is not listed and there is no ``fallback``.

    Args:
        sources: The sources, such as ``["phone", "webinar"]``.
        urgency: The urgency of each, from 0 to 1.
        fallback: The urgency of any other source; ``None`` for no answer.
        field: The field of the lead to look at: ``source``, ``channel``, or an attribute.

    Raises:
        ConfigError: There are not as many urgencies as sources, or one is not between 0 and 1.
        UnknownFieldError: The lead has no such text field.

    Example:
        >>> str(source_urgency(["phone", "webinar"], [1, 0.3], field="channel"))
        "source_urgency(['phone', 'webinar'], [1, 0.3], field='channel')"
    """

    sources: tuple[str, ...] = parameter(converter=words)
    urgency: tuple[float, ...] = parameter(converter=_shares)
    fallback: float | None = parameter(default=None, converter=optional(share))
    field: str = parameter(default="source", converter=text_title)

    def __attrs_post_init__(self) -> None:
        if len(self.sources) != len(self.urgency):
            counts = f"{len(self.sources)} sources and {len(self.urgency)} urgencies"
            raise ConfigError(f"source_urgency() has {counts}; write one urgency for each source")

    def reason(self, context: RoutingContext, rep: Rep) -> str:
        """Return the source of the lead, in words."""
        found = texts_of(context.lead, self.field)
        return f"{self.field} is {', '.join(found)}" if found else f"the lead has no {self.field}"

    def _points(self, context: RoutingContext) -> float | None:
        listed = dict(zip(self.sources, self.urgency, strict=True))
        found = texts_of(context.lead, self.field)
        known = [listed[source] for source in found if source in listed]
        return max(known) if known else self.fallback if found else None
