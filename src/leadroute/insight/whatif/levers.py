"""What could be otherwise about a rep or a lead, out of what a policy asks.

The rules of this module:

* A lever is a field, its new value, and the change in words. The nearest to what is comes first.
* Nothing that may be personal stands in the words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeAlias

from leadroute.errors import InvalidValue
from leadroute.insight.whatif.explanation import SHOWN
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import Rep
from leadroute.ranking.router import Router
from leadroute.ranking.scorers import skill_match, territory_match
from leadroute.rules.condition import Comparison, Condition
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.naming import texts_of
from leadroute.rules.operand import Const, Entry, Field, Operand, SignalStat, literal_text
from leadroute.rules.qualification import whole_of
from leadroute.rules.questions import Contains, Membership, Presence, SetRelation, TextTest
from leadroute.rules.reading import walk
from leadroute.rules.scorer import Guarded, Scorer, guards

__all__ = ["Lever", "lead_values", "rep_values"]

Lever: TypeAlias = tuple[str, Any, str]
"""A field, its new value, and the change in words."""

_SOME_DAY = datetime(2026, 1, 5, tzinfo=UTC)
_Asked: TypeAlias = tuple[Operand, Any]


def rep_values(router: Router, lead: Lead, rep: Rep, open_now: int) -> Iterator[Lever]:
    """What could be otherwise about a rep. O(conditions)."""
    if not rep.active:
        yield "active", True, "account was active"
    if rep.hours is not None:
        yield "schedule", None, "schedule was open at that time"
    if rep.capacity is not None:
        for more in dict.fromkeys((max(rep.capacity, open_now) + 1, 10 * (open_now + 1))):
            if more > rep.capacity:
                yield "capacity", more, f"capacity was {more} instead of {rep.capacity}"
    if rep.caps:
        yield "caps", (), "caps were not there"
    for weight in (1,) if not rep.weight else (rep.weight * 2, rep.weight * 10):
        yield "weight", weight, f"weight was {weight:g} instead of {rep.weight:g}"
    wanted = [*_named(router, "rep", lead), *_scored(router, lead)]
    for asked, value in dict.fromkeys(_hashable(wanted)):
        yield from _rep_lever(rep, asked, value, lead)


def _hashable(asked: Iterable[_Asked]) -> Iterator[_Asked]:
    return ((operand, frozenset(v) if isinstance(v, set) else v) for operand, v in asked)


def _rep_lever(rep: Rep, asked: Operand, value: Any, lead: Lead) -> Iterator[Lever]:
    if value is None:
        return
    if isinstance(asked, Entry):
        known = rep.skills.get(asked.key)
        if value != known:
            has = "unknown" if known is None else f"{known:g}"
            words = f"level in {_word(asked.key, lead)} was {_told(value, lead)} instead of {has}"
            yield "skills", {**rep.skills, asked.key: value}, words
    elif not isinstance(asked, Field) or asked.name == "id":
        return
    elif asked.custom:
        words = f"{asked.name} was {_told(value, lead)}"
        yield "attributes", {**rep.attributes, asked.name: value}, words
    elif asked.kind is Kind.NAMES:
        if value not in getattr(rep, asked.name):
            label = FIELDS["rep"][asked.name].label
            yield (
                asked.name,
                getattr(rep, asked.name) | {value},
                f"{label} included {_word(value, lead)}",
            )
    elif value != getattr(rep, asked.name):
        label = FIELDS["rep"][asked.name].label
        yield asked.name, value, f"{label} was {_told(value, lead)}"


def _word(word: str, lead: Lead) -> str:
    """A word in quotes, unless it is what the lead has in a field that is not shown."""
    for name in FIELDS["lead"]:
        if name not in SHOWN and getattr(lead, name) == word:
            return f"the lead's {FIELDS['lead'][name].label}"
    if word in lead.attributes.values():
        return "the lead's own"
    return repr(word)


def lead_values(router: Router, lead: Lead, now: datetime | None) -> Iterator[Lever]:
    """What could be otherwise about a lead. O(conditions)."""
    for asked, value in dict.fromkeys(_hashable(_named(router, "lead", lead))):
        if isinstance(asked, SignalStat):
            at = now or lead.received_at or _SOME_DAY
            yield from _signal(asked.signal, value, at, lead)
        elif isinstance(asked, Field) and asked.custom:
            words = f"{asked.name} was {_told(value, lead)}"
            yield "attributes", {**lead.attributes, asked.name: value}, words
        elif isinstance(asked, Field) and asked.name != "id" and value != getattr(lead, asked.name):
            yield asked.name, value, f"{FIELDS['lead'][asked.name].label} was {_told(value, lead)}"


def _signal(kind: str, value: Any, at: datetime, lead: Lead) -> Iterator[Lever]:
    """One more signal; nothing where the policy asks for none, for an instant, or for a kind that cannot be."""
    if not isinstance(value, int | float):
        return
    try:
        signals = (*lead.signals, Signal(kind, at, value))
    except InvalidValue:
        return
    yield "signals", signals, f"signals had one more {kind!r} of {value:g}"


def _told(value: Any, lead: Lead) -> str:
    if value is None:
        return "not known"
    if isinstance(value, str):
        return _word(value, lead)
    if isinstance(value, frozenset):
        return ", ".join(_word(word, lead) for word in sorted(value))
    return literal_text(value)


def _conditions(router: Router) -> Iterator[Condition]:
    qualify = whole_of(router.qualify)
    if qualify is not None:
        yield qualify
    yield from (pool.where for pool in router.pools if pool.where is not None)
    for rule in router.rules:
        yield from (part for part in (rule.when, rule.require) if part is not None)
        yield from guards(rule.score)


def _named(router: Router, entity: str, lead: Lead) -> Iterator[_Asked]:
    """What conditions look for in a lead or a rep, with the values at which an answer turns."""
    for condition in _conditions(router):
        for node in walk(condition):
            if isinstance(node, Condition):
                for asked, value in _turning(node, lead):
                    if _entity(asked) == entity:
                        yield asked, value


def _entity(asked: Operand) -> str:
    if isinstance(asked, Entry):
        return asked.of.entity
    if isinstance(asked, SignalStat):
        return "lead"
    return asked.entity if isinstance(asked, Field) else ""


def _turning(node: Condition, lead: Lead) -> Iterator[_Asked]:
    if isinstance(node, Comparison):
        for value in _near(node.right, lead):
            yield node.left, value
        yield node.left, None
        if isinstance(node.right, Field) and node.right.entity == "rep":
            yield from ((node.right, value) for value in _near(node.left, lead))
    elif isinstance(node, Membership):
        yield from ((node.operand, value) for value in (*node.values, None))
    elif isinstance(node, TextTest):
        yield from ((node.operand, value) for value in (node.text.replace("*", ""), None))
    elif isinstance(node, Presence):
        yield node.operand, None
    elif isinstance(node, Contains):
        yield from _contained(node.container, _near(node.item, lead))
    elif isinstance(node, SetRelation):
        for side, other in ((node.left, node.right), (node.right, node.left)):
            yield from _contained(side, (w for ws in _near(other, lead) for w in ws))


def _contained(container: Operand, words: Iterable[Any]) -> Iterator[_Asked]:
    for word in words:
        if isinstance(container, Field) and container.kind is Kind.LEVELS:
            yield Entry(container, word), 1
        else:
            custom = isinstance(container, Field) and container.custom
            yield container, {word} if custom else word


def _near(operand: Operand, lead: Lead) -> Iterator[Any]:
    """The values that an operand stands for: a literal with its neighbours, or what the lead has."""
    value: Any = None
    if isinstance(operand, Const):
        value = operand.value
    elif isinstance(operand, Field) and operand.entity == "lead":
        of_lead = lead.attributes.get if operand.custom else lambda name: getattr(lead, name)
        value = of_lead(operand.name)
    if value is None:
        return
    yield value
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (value + 1, value - 1)


def _scored(router: Router, lead: Lead) -> Iterator[_Asked]:
    """What scorers look for in a rep."""
    for rule in router.rules:
        for term in () if rule.score is None else rule.score.terms:
            scorer: Scorer = term.scorer
            while isinstance(scorer, Guarded):
                scorer = scorer.scorer
            if isinstance(scorer, skill_match):
                titles = (scorer.field,) if isinstance(scorer.field, str) else scorer.field
                for word in (word for title in titles for word in texts_of(lead, title)):
                    yield from ((Entry(Field("rep", "skills"), word), level) for level in (0.5, 1))
            elif isinstance(scorer, territory_match):
                for name, place in (("countries", lead.country), ("regions", lead.region)):
                    if place is not None:
                        yield Field("rep", name), place
