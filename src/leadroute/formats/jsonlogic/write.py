"""From conditions to JsonLogic, and the data that it is judged with.

The rules of this module:

* Every node of a condition is written by one function in a table. A node without one has no counterpart.
* A set is present when it holds something, which in JsonLogic is when it counts as true; known it always is.
* A pair of bounds on one operand is written as JsonLogic's ``<=`` or ``<`` of three.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from leadroute.errors import ConfigError
from leadroute.formats.jsonlogic.guard import TAGS, TEXTS, guards_of, spans, spoken, unguarded
from leadroute.model.languages import meeting
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.conditions import (
    And,
    Comparison,
    Condition,
    Constant,
    Contains,
    Membership,
    Named,
    Not,
    Or,
    Presence,
    TextTest,
)
from leadroute.rules.evaluation import LANGUAGE
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, constant

__all__ = ["jsonlogic_data", "to_jsonlogic"]

Json: TypeAlias = Any
"""A value that the standard library's ``json`` writes."""

_SAFE_INTEGER: Final = 2**53


def jsonlogic_data(lead: Lead, rep: Rep | None = None) -> dict[str, Json]:
    """Return the data with which another interpreter judges an exported condition.

    Missing values are ``null``, sets are sorted lists, instants are ISO 8601 text in UTC. ``lead.languages`` lists the
    lead's language and what it is a variant of. Custom attributes are under
    ``attributes``; when you ask whether a set among them is present, declare its kind, because an empty set is not.

    Args:
        lead: The lead.
        rep: The rep; without one the data has no ``rep``, and conditions on the rep find nothing.

    Example:
        >>> data = jsonlogic_data(Lead("L-1", country="us", attributes={"tags": {"vip"}}))
        >>> data["lead"]["country"], data["lead"]["budget"], data["lead"]["attributes"]
        ('US', None, {'tags': ['vip']})
    """
    tags = [] if lead.language is None else list(meeting(lead.language))
    data = {"lead": {**_entity("lead", lead), "languages": tags}}
    return data if rep is None else {**data, "rep": _entity("rep", rep)}


def _entity(kind: str, of: Lead | Rep) -> dict[str, Json]:
    plain = {name: _plain(getattr(of, name)) for name in FIELDS[kind]}
    return {**plain, "attributes": {name: _plain(value) for name, value in of.attributes.items()}}


def _plain(value: Any) -> Json:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value) or None
    return value.isoformat() if isinstance(value, datetime) else value


def to_jsonlogic(condition: Condition) -> Json:
    """The condition as JsonLogic: a value that ``json.dumps`` writes. O(nodes).

    Args:
        condition: Comparisons, membership, text and set containment, presence, ``and``, ``or`` and ``not`` over the
            fields and attributes of lead and rep. Definitions are written out.

    Raises:
        ConfigError: A part has no counterpart in JsonLogic; the message quotes it.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> to_jsonlogic((LEAD.budget >= 1_000) & LEAD.country.in_(["US", "CA"]))
        {'and': [{'>=': [{'var': 'lead.budget'}, 1000]}, {'in': [{'var': 'lead.country'}, ['US', 'CA']]}]}
        >>> to_jsonlogic(LEAD.country != "US")
        {'and': [{'!=': [{'var': 'lead.country'}, None]}, {'!=': [{'var': 'lead.country'}, 'US']}]}
    """
    write = _WRITERS.get(type(condition))
    if write is None:
        raise _no_counterpart(condition)
    return write(condition)


def _no_counterpart(part: object, remedy: str = "") -> ConfigError:
    text = str(part)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return ConfigError(f"`{shown}` has no counterpart in JsonLogic{remedy}")


def _var(of: Operand) -> Json:
    if isinstance(of, Field):
        path = (of.entity, *(["attributes"] if of.custom else []), of.name)
    elif isinstance(of, Entry):
        path = (of.of.entity, of.of.name, of.key)
    else:
        raise _no_counterpart(of, "; export conditions on fields and attributes")
    if any("." in name for name in path):
        raise _no_counterpart(of, ", where a dot in a name is read as a step; rename it")
    return {"var": ".".join(path)}


def _side(of: Operand, beside: Operand) -> Json:
    return _value(of.value, beside) if isinstance(of, Const) else _var(of)


def _value(value: Any, beside: Operand) -> Json:
    if isinstance(value, datetime):
        if beside.kind is not Kind.INSTANT:
            raise _no_counterpart(beside, " as an instant; declare its kind in [custom_fields]")
        return value.isoformat()
    if isinstance(value, int) and abs(value) > _SAFE_INTEGER:
        raise _no_counterpart(value, ", whose numbers are exact up to 2**53 only")
    if not isinstance(value, str | int | float):
        raise _no_counterpart(constant(value))
    return value


def _known(of: Operand) -> Json:
    return {"!=": [_var(of), None]}


def _presence(asked: Presence) -> Json:
    if asked.operand.kind is Kind.NAMES:
        return {"!!" if asked.present else "!": [_var(asked.operand)]}
    return {"!=" if asked.present else "==": [_var(asked.operand), None]}


def _guarded(guards: tuple[Operand, ...], question: Json) -> Json:
    return {"and": [*map(_known, guards), question]} if guards else question


def _comparison(asked: Comparison) -> Json:
    left, right = asked.left, asked.right
    if left.kind is Kind.ANY and right.kind is Kind.ANY:
        raise _no_counterpart(
            asked, ", because the kinds are not known; declare them in [custom_fields]"
        )
    if spoken(asked):
        met = {"in": [_side(right, left), {"var": TAGS}]}
        return _guarded(guards_of(asked), {"!": met} if asked.op == "!=" else met)
    question = {asked.op: [_side(left, right), _side(right, left)]}
    return _guarded(guards_of(asked), question)


def _membership(asked: Membership) -> Json:
    among = [_value(value, asked.operand) for value in asked.values]
    if asked.operand == LANGUAGE:
        return _perhaps_not(asked, _some_tag(among))
    return _perhaps_not(asked, {"in": [_var(asked.operand), among]})


def _some_tag(among: Json) -> Json:
    return {"some": [{"var": TAGS}, {"in": [{"var": ""}, among]}]}


def _contains(asked: Contains) -> Json:
    if asked.container.kind is Kind.LEVELS:
        raise _no_counterpart(asked, f"; ask for a level, such as {asked.container}['name'] > 0")
    if asked.item == LANGUAGE and asked.container == Field("rep", "languages"):
        return _perhaps_not(asked, _some_tag(_var(asked.container)))
    return _perhaps_not(asked, {"in": [_side(asked.item, asked.item), _var(asked.container)]})


def _perhaps_not(asked: Membership | Contains, question: Json) -> Json:
    return _guarded(guards_of(asked), {"!": question} if asked.negated else question)


def _text_test(asked: TextTest) -> Json:
    if asked.op not in TEXTS:
        raise _no_counterpart(asked, "; use startswith, endswith or contains")
    return {TEXTS[asked.op]: [_var(asked.operand), asked.text]}


def _all(asked: And) -> Json:
    written, rest = [], list(reversed(asked.parts))
    while rest:
        part = rest.pop()
        if rest and spans(part, rest[-1]):
            written.append(_between(part, rest.pop()))
        else:
            written.append(to_jsonlogic(part))
    if len(written) == 1:
        return written[0]
    if unguarded(asked.parts, written) is not None:
        written[-1] = {"and": [written[-1]]}
    return {"and": written}


def _between(low: Any, high: Any) -> Json:
    ends = [_value(part.right.value, low.left) for part in (low, high)]
    question = {high.op: [ends[0], _var(low.left), ends[1]]}
    return _guarded(guards_of(And((low, high))), question)


_WRITERS: Final[Mapping[type, Callable[[Any], Json]]] = {
    And: _all,
    Or: lambda asked: {"or": [to_jsonlogic(part) for part in asked.parts]},
    Not: lambda asked: {"!": to_jsonlogic(asked.part)},
    Constant: lambda asked: asked.value,
    Named: lambda asked: to_jsonlogic(asked.condition),
    Comparison: _comparison,
    Membership: _membership,
    Contains: _contains,
    TextTest: _text_test,
    Presence: _presence,
}
