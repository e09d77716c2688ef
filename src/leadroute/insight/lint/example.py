"""Invented leads that show what a finding means.

The rules of this module:

* A lead is put together from one row, and counts for nothing until it was judged: the caller says what must hold.
* The same row gives the same lead.
* A predicate of the host may fail on an invented lead. Then the lead shows nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from attrs import define, field

from leadroute.errors import LeadrouteError
from leadroute.insight.lint.rows import Key, Row
from leadroute.insight.lint.values import Cut, Values
from leadroute.model.countries import COUNTRIES
from leadroute.model.lead import Lead, Signal
from leadroute.model.validation import Refused
from leadroute.rules.condition import Condition
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import Age, Const, DomainOf, Field, SignalStat
from leadroute.rules.questions import Contains, FreeMail, SetRelation, TextTest

__all__ = ["candidates", "invented", "shown_by"]

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
    """The first lead invented from one of the rows of which ``holds`` is true; ``None`` when there is none."""
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
    """A lead that is likely to be in the row, or ``None`` when no values can be found.

    Args:
        row: What the lead should be like.
        now: The instant that ages are counted from.
    """
    draft = _Draft(now)
    for key, values in row.items():
        if values.missing:
            continue
        if not draft.put(key, values):
            return None
    try:
        return draft.lead()
    except LeadrouteError:
        return None


@define
class _Draft:
    """A lead in the making."""

    now: datetime
    fields: dict[str, Any] = field(factory=dict)
    attributes: dict[str, Any] = field(factory=dict)
    stats: dict[str, dict[str, Any]] = field(factory=dict)

    def put(self, key: Key, values: Values) -> bool:
        """Give the lead a value of these; false when there is none."""
        asked, kind = key
        if isinstance(asked, Condition):
            if True in values:
                self.answer(asked)
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

    def answer(self, asked: Condition) -> None:
        """Make the lead one of which a question is true, where that is easy."""
        if isinstance(asked, TextTest):
            text = asked.text.replace("*", "").replace("?", "x")
            text = f"someone{text}" if text.startswith("@") else text
            self._offer(asked.operand, text)
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
        if not isinstance(operand, Field) or operand.entity != "lead":
            return
        known = self.attributes.get(operand.name)
        if isinstance(known, set) and isinstance(value, set):
            value = known | value
        self._set(operand, value)

    def _set(self, operand: Field, value: Any) -> None:
        (self.attributes if operand.custom else self.fields)[operand.name] = value

    def lead(self) -> Lead:
        """The lead.

        Raises:
            LeadrouteError: Its values do not go together.
        """
        signals = [
            each for kind, stats in self.stats.items() for each in self._signals(kind, stats)
        ]
        return Lead(
            self.fields.pop("id", "example"),
            **self.fields,
            signals=signals,
            attributes=self.attributes,
        )

    def _signals(self, kind: str, stats: Mapping[str, Any]) -> Iterator[Signal]:
        total = stats.get("total", 0)
        count = math.ceil(stats.get("count", 1 if total or "last" in stats else 0))
        last = stats.get("last", self.now)
        for number in range(min(count, 1_000)):
            yield Signal(kind, last, 0 if number else total)


def candidates(values: Values, kind: Kind, name: str, now: datetime) -> Iterator[Any]:
    """Values of a set that a field can have, the plainest first; not all of them."""
    usual = _USUAL.get(name, _TEXTS) if kind is Kind.TEXT else ()
    found = [
        *usual,
        *(value for low, high in values.stretches for value in _within(low, high, kind, now)),
    ]
    clean = FIELDS["lead"][name].clean if name in FIELDS["lead"] else None
    for value in dict.fromkeys(found):
        if value not in values:
            continue
        try:
            if clean is None or clean(value) == value:
                yield value
        except Refused:
            continue


def _within(low: Cut | None, high: Cut | None, kind: Kind, now: datetime) -> Iterator[Any]:
    """Values in a stretch, or near its ends."""
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
