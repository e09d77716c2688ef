"""Conditions as JsonLogic and back, for visual editors such as react-querybuilder.

* Reading and writing are inverses: ``from_jsonlogic(to_jsonlogic(condition)) == condition``, definitions written out.
* What is written means the same in JsonLogic. Where ``null`` would pass there and is false here, a guard
  ``{"!=": [{"var": ...}, null]}`` goes before the question; reading takes such a guard off again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, TypeAlias, TypeGuard

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.formats.source import Malformed, strict_json
from leadroute.model.geography import meeting
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.rules.conditions import (
    ALWAYS,
    NEVER,
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
    compared,
    joined,
)
from leadroute.rules.evaluation import COMPARISONS, LANGUAGE
from leadroute.rules.fields import FIELDS, Kind
from leadroute.rules.operand import Const, Entry, Field, Operand, constant
from leadroute.rules.parser import declared

ORDERS: Final = {op: COMPARISONS[op] for op in ("<", "<=", ">", ">=")}
TEXTS: Final = {"startswith": "startsWith", "endswith": "endsWith"}
"""The tests of texts as react-querybuilder calls them."""
TAGS: Final = "lead.languages"
"""The lead's language and what it is a variant of, a list that only the data has."""


def guards_of(question: Condition) -> tuple[Operand, ...]:
    """The operands that must be known where JsonLogic would let ``null`` pass."""
    match question:
        case Comparison(left=left, op=op, right=Const(value=value)):
            return (left,) if _null_passes(op, value) else ()
        case Comparison(left=left, op="==", right=_):
            return (left,)
        case Comparison(left=left, right=right):
            return (left, right)
        case Membership(operand=operand, negated=True):
            return (operand,)
        case Contains(container=container, item=item, negated=negated):
            asked = () if isinstance(item, Const) else (item,)
            if negated:
                return (container, *asked)
            return asked if container.kind is not Kind.NAMES else ()
        case And(parts=(Comparison(left=left) as low, Comparison() as high)) if spans(low, high):
            passes = (_null_passes(part.op, part.right.value) for part in (low, high))  # type: ignore[union-attr]
            return (left,) if all(passes) else ()
    return ()


def _null_passes(op: str, value: Any) -> bool:
    """Whether JsonLogic, for which ``null`` is 0 in an order, lets ``null op value`` pass."""
    if op not in ORDERS:
        return op == "!="
    return isinstance(value, str | datetime) or ORDERS[op](0, value)


def spans(low: Condition, high: Condition) -> bool:
    """Whether two comparisons ask if one operand lies between two literals, alike at both ends."""
    return (
        isinstance(low, Comparison)
        and isinstance(high, Comparison)
        and (low.op, high.op) in ((">=", "<="), (">", "<"))
        and low.left == high.left
        and isinstance(low.right, Const)
        and isinstance(high.right, Const)
    )


def spoken(question: Condition) -> TypeGuard[Comparison]:
    """Whether a question compares the lead's language, which meets what it varies, with a tag."""
    return (
        isinstance(question, Comparison)
        and question.left == LANGUAGE
        and question.op in ("==", "!=")
        and isinstance(question.right, Const)
    )


def unguarded(parts: tuple[Condition, ...], written: Sequence[Any]) -> Condition | None:
    """The last part of an ``and`` when all the others guard it, else ``None``."""
    *guards, last = parts
    if isinstance(written[-1], dict) and "and" in written[-1]:
        return None
    if isinstance(last, Not) and isinstance(last.part, Membership | Contains):
        last = evolve(last.part, negated=True)
    elif isinstance(last, Not) and spoken(last.part):
        last = evolve(last.part, op="!=")
    needed = tuple(Presence(of) for of in guards_of(last))
    return last if needed and tuple(guards) == needed else None


Json: TypeAlias = Any  # A value that the standard library's ``json`` writes

_SAFE_INTEGER: Final = 2**53


def jsonlogic_data(lead: Lead, rep: Rep | None = None) -> dict[str, Json]:
    """Return the data with which another interpreter judges an exported condition.

    Missing values are ``null``, sets are sorted lists, instants are ISO 8601 text in UTC.
    ``lead.languages`` lists the lead's language and what it is a variant of. Custom attributes are
    under ``attributes``; when you ask whether a set among them is present, declare its kind,
    because an empty set is not.

    Args:
        lead: The lead.
        rep: The rep; without one the data has no ``rep``, and conditions on the rep find nothing.

    Example:
        >>> data = jsonlogic_data(Lead("L-1", country="us", attributes={"tags": {"vip"}}))
        >>> data["lead"]["country"], data["lead"]["attributes"]
        ('US', {'tags': ['vip']})
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
        condition: Comparisons, membership, text and set containment, presence, ``and``, ``or`` and
            ``not`` over the fields and attributes of lead and rep. Definitions are written out.

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


def _presence(asked: Presence) -> Json:
    if asked.operand.kind is Kind.NAMES:
        return {"!!" if asked.present else "!": [_var(asked.operand)]}
    return {"!=" if asked.present else "==": [_var(asked.operand), None]}


def _guarded(guards: tuple[Operand, ...], question: Json) -> Json:
    return (
        {"and": [*({"!=": [_var(each), None]} for each in guards), question]}
        if guards
        else question
    )


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


LARGEST_TEXT: Final = 1 << 20  # how many characters of text are read
MOST_NODES: Final = 10_000  # how many values within values are read
DEEPEST: Final = 64  # how deep they may be nested


def from_jsonlogic(given: Json, *, custom: Mapping[str, str] | None = None) -> Condition:
    """The condition that JsonLogic stands for. O(nodes).

    Args:
        given: A JSON text, or what ``json.loads`` made of one. Fields are read as ``{"var": "lead.country"}`` and
            ``{"var": "rep.level"}``, custom attributes as ``{"var": "lead.attributes.tier"}``.
        custom: The kinds of custom attributes, as for ``parse``. A declared one may also be read as
            ``{"var": "lead.tier"}``.

    Raises:
        ConfigError: A part has no counterpart here, is malformed, or is too large; the message says
            where, as in ``$.and[1].<[0]``.
        UnknownFieldError: There is no such field or operator; the message suggests the nearest.

    Example:
        >>> from_jsonlogic('{"<=": [10, {"var": "lead.employees"}, 50]}')
        <And 10 <= lead.employees <= 50>
        >>> from_jsonlogic({"!": {"in": [{"var": "lead.country"}, ["us", "ca"]]}})
        <Not not lead.country in ['US', 'CA']>
    """
    if isinstance(given, str):
        if len(given) > LARGEST_TEXT:
            raise ConfigError(f"is longer than {LARGEST_TEXT} characters; split it", "$")
        try:
            given = strict_json(given)
        except Malformed as error:
            where = f"line {error.line}, column {error.column}" if error.line else "$"
            raise ConfigError(error.problem, where) from None
    _refuse_large(given)
    return _Reading(declared(custom)).condition(given, "$")


def _refuse_large(given: Json) -> None:
    level, depth, nodes = [given], 0, 0
    while level:
        depth, nodes = depth + 1, nodes + len(level)
        if depth > DEEPEST:
            raise ConfigError(f"is nested more than {DEEPEST} deep; flatten it", "$")
        if nodes > MOST_NODES:
            raise ConfigError(f"holds more than {MOST_NODES} values; split it", "$")
        level = [part for node in level for part in _parts(node)]


def _parts(node: Json) -> Iterator[Json]:
    if isinstance(node, Mapping):
        yield from node.values()
    elif isinstance(node, list | tuple):
        yield from node


@contextmanager
def _at(place: str) -> Iterator[None]:
    """Let an error of building a condition say where in the JSON it arose."""
    try:
        yield
    except ConfigError as error:
        raise error if error.place else error.at(place) from None


@frozen
class _Reading:
    """One JsonLogic rule being read: declared kinds of attributes, and what each operator is."""

    kinds: Mapping[tuple[str, str], Kind] = field(repr=False)

    def condition(self, node: Json, place: str) -> Condition:
        """The condition that a node stands for."""
        if isinstance(node, bool):
            return ALWAYS if node else NEVER
        if not isinstance(node, Mapping) or len(node) != 1:
            problem = (
                'is not a condition; write {"operator": [...]} with one operator, true or false'
            )
            raise ConfigError(problem, place)
        ((op, given),) = node.items()
        read = _READERS.get(op) if isinstance(op, str) else None
        if read is None:
            raise UnknownFieldError("JsonLogic operator", str(op)[:40], tuple(_READERS), place)
        arguments = list(given) if isinstance(given, list | tuple) else [given]
        with _at(f"{place}.{op}"):
            return read(self, op, arguments, f"{place}.{op}")

    def truth(self, node: Json, place: str) -> Condition:
        """The condition that a node stands for where JsonLogic asks whether its value is true."""
        if not (isinstance(node, Mapping) and "var" in node):
            return self.condition(node, place)
        of = self.operand(node, place)
        if of.kind is Kind.FLAG:
            return compared(of, "==", Const(True))
        if of.kind is Kind.NUMBER:
            return compared(of, "!=", Const(0))
        if of.kind in (Kind.TEXT, Kind.NAMES, Kind.INSTANT):
            return Presence(of)
        raise ConfigError("is true or false by what it holds; compare it, as in ==", place)

    def operand(self, node: Json, place: str) -> Operand:
        """The field or attribute that a node reads."""
        path = node.get("var") if isinstance(node, Mapping) and len(node) == 1 else None
        if isinstance(path, list | tuple) and len(path) == 1:
            path = path[0]
        if not isinstance(path, str):
            raise ConfigError('is not a field; write {"var": "lead.country"}', place)
        return self.field(path, f"{place}.var")

    def field(self, path: str, place: str) -> Operand:
        """The field or attribute of a dotted path."""
        with _at(place):
            match path.split("."):
                case [("lead" | "rep") as entity, "attributes", name]:
                    return self._attribute(entity, name)
                case [("lead" | "rep") as entity, name]:
                    if (entity, name) in self.kinds:
                        return self._attribute(entity, name)
                    return Field(entity, name)
                case [("lead" | "rep") as entity, name, key]:
                    return Entry(Field(entity, name), key)
        raise ConfigError(
            f"{path[:40]!r} is not a field; write lead.country, rep.level, lead.attributes.x or rep.skills.x",
            place,
        )

    def _attribute(self, entity: str, name: str) -> Field:
        return Field(entity, name, True, self.kinds.get((entity, name), Kind.ANY))

    def side(self, node: Json, place: str) -> Operand:
        """One side of a comparison: a field or a literal."""
        if isinstance(node, Mapping):
            return self.operand(node, place)
        with _at(place):
            return constant(_literal(node))


def _literal(node: Json) -> Any:
    if node is not None and not isinstance(node, str | int | float):
        raise ConfigError("is not a literal; write text, a number, true or false")
    return node


def _meeting(literal: Operand, beside: Operand) -> Operand:
    """A literal as it meets the operand beside it: text before an instant is an instant."""
    instant = beside.kind is Kind.INSTANT and literal.kind is Kind.TEXT
    return constant(_instant(literal.value)) if instant and isinstance(literal, Const) else literal


def _instant(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        problem = f"{text!r:.40} is not an instant; write one such as 2026-03-02T09:00:00+00:00"
        raise ConfigError(problem) from None


def _count(op: str, arguments: list[Json], *wanted: int) -> None:
    if len(arguments) not in wanted:
        expected = " or ".join(map(str, wanted))
        raise ConfigError(f"has {len(arguments)} arguments; write {expected}")


def _read_comparison(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    plain = {"===": "==", "!==": "!="}.get(op, op)
    _count(op, given, *((2, 3) if op in ("<", "<=") else (2,)))
    if None in given and plain in ("==", "!="):
        known = 1 if given[0] is None else 0
        return Presence(reading.operand(given[known], f"{place}[{known}]"), plain == "!=")
    sides = [reading.side(node, f"{place}[{n}]") for n, node in enumerate(given)]
    pairs = [(sides[n], sides[n + 1]) for n in range(len(sides) - 1)]
    return joined(And, *(compared(_meeting(a, b), plain, _meeting(b, a)) for a, b in pairs))


def _read_in(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    _count(op, given, 2)
    item, among = given
    if among == {"var": TAGS}:
        return compared(LANGUAGE, "==", reading.side(item, f"{place}[0]"))
    if not isinstance(among, list | tuple):
        container = reading.operand(among, f"{place}[1]")
        return Contains(container, reading.side(item, f"{place}[0]"))
    of = reading.operand(item, f"{place}[0]")
    values = []
    for n, node in enumerate(among):
        with _at(f"{place}[1][{n}]"):
            found = _meeting(constant(_literal(node)), of)
            values.append(getattr(found, "value", None))
    return Membership(of, tuple(values))


def _read_some(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    match given:
        case [{"var": "lead.languages"}, {"in": [{"var": ""}, among]}]:
            return _read_in(reading, op, [{"var": "lead.language"}, among], place)
    problem = 'asks about the items of a list; write it of {"var": "lead.languages"} alone'
    raise ConfigError(problem, place)


def _read_text(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    _count(op, given, 2)
    return TextTest(reading.operand(given[0], f"{place}[0]"), op.lower(), given[1])


def _read_and(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    parts = _read_parts(reading, given, place)
    guarded = unguarded(tuple(parts), given) if len(parts) > 1 else None
    return joined(And, *parts) if guarded is None else guarded


def _read_or(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    return joined(Or, *_read_parts(reading, given, place))


def _read_parts(reading: _Reading, given: list[Json], place: str) -> list[Condition]:
    if not given:
        raise ConfigError("has no parts; write one or more", place)
    return [reading.truth(node, f"{place}[{n}]") for n, node in enumerate(given)]


def _read_not(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    _count(op, given, 1)
    found = reading.truth(given[0], f"{place}[0]")
    return ~found if op == "!" else found


def _read_var(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    return reading.truth({op: given}, place.removesuffix(".var"))


def _read_missing(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    listed = len(given) == 1 and isinstance(given[0], list | tuple)
    return joined(Or, *_absences(reading, list(given[0]) if listed else given, place))


def _read_missing_some(reading: _Reading, op: str, given: list[Json], place: str) -> Condition:
    _count(op, given, 2)
    needed, names = given
    absent = _absences(
        reading, list(names) if isinstance(names, list | tuple) else [], f"{place}[1]"
    )
    if type(needed) is not int or needed not in (1, len(absent)):
        raise ConfigError(
            f"asks for {needed!r:.20} known fields; ask for 1 or for all {len(absent)}"
        )
    return joined(And if needed == 1 else Or, *absent)


def _absences(reading: _Reading, names: list[Json], place: str) -> list[Condition]:
    if not names or not all(isinstance(name, str) for name in names):
        raise ConfigError('holds no names of fields; write ["lead.country"]', place)
    return [Presence(reading.field(name, f"{place}[{n}]"), False) for n, name in enumerate(names)]


_Reader: TypeAlias = Callable[[_Reading, str, list[Json], str], Condition]
_READERS: Final[Mapping[str, _Reader]] = {
    **dict.fromkeys(("==", "!=", "===", "!==", *ORDERS), _read_comparison),
    "and": _read_and,
    "or": _read_or,
    "!": _read_not,
    "!!": _read_not,
    "in": _read_in,
    "some": _read_some,
    "missing": _read_missing,
    "missing_some": _read_missing_some,
    "var": _read_var,
    **dict.fromkeys(TEXTS.values(), _read_text),
}
