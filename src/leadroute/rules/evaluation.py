"""Conditions as nested closures: the plain evaluator, and the reference for every faster one.

* Messages never repeat a text out of an attribute, because it may be personal.
* A question about a missing value is answered with false.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Container, Hashable, Mapping
from datetime import datetime
from functools import lru_cache
from inspect import signature
from operator import attrgetter
from typing import Any, Final, TypeAlias

from attrs import field, frozen

from leadroute.errors import ConfigError, FieldTypeError, UnknownFieldError
from leadroute.model.geography import meeting
from leadroute.model.given import shown
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import FrozenDict, aware, must_be
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
    PredicateCall,
    Presence,
    SetRelation,
    TextTest,
    reads,
    walk,
)
from leadroute.rules.fields import Kind
from leadroute.rules.operand import (
    Age,
    Arithmetic,
    Const,
    DomainOf,
    Entry,
    Field,
    Now,
    Operand,
    SignalStat,
    calculate,
)

FREE_MAIL: Final = frozenset(
    """
    126.com 163.com alice.it aol.com arcor.de bigpond.com bluewin.ch bol.com.br btinternet.com centrum.cz
    comcast.net cox.net daum.net duck.com eircom.net email.com email.cz fastmail.com fastmail.fm free.fr
    freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com hotmail.co.uk
    hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hushmail.com icloud.com inbox.com inbox.ru
    interia.pl juno.com kakao.com kpnmail.nl laposte.net libero.it list.ru live.ca live.co.uk live.com live.de
    live.fr live.nl mac.com mail.com mail.de mail.ru me.com msn.com mweb.co.za naver.com neuf.fr ntlworld.com
    o2.pl onet.pl online.de optonline.net orange.fr outlook.com outlook.de outlook.es outlook.fr outlook.it
    pm.me poczta.onet.pl posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com
    rocketmail.com rogers.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be
    sympatico.ca t-online.de talktalk.net telenet.be telus.net terra.com.br tiscali.it tuta.com tutanota.com
    uol.com.br verizon.net virgilio.it virginmedia.com vodafone.it wanadoo.fr web.de windowslive.com wp.pl
    xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de
    yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com
    """.split()
)
"""Domains of providers of free mailboxes."""


_Search = Callable[[str, int], int]
"""From a text and a position to the end of the first match at or after it, or -1."""


def glob(pattern: str) -> Callable[[str], bool]:
    """The test whether a whole text is like ``pattern``. O(text + pattern) for each call."""
    pieces = pattern.split("*")
    if len(pieces) == 1:
        return lambda text: len(text) == len(pattern) and _fits(pattern, text, 0)
    head, tail = pieces[0], pieces[-1]
    middle = [_search(piece) for piece in pieces[1:-1] if piece]
    shortest = len(head) + len(tail)

    def test(text: str) -> bool:
        last = len(text) - len(tail)
        if len(text) < shortest or not _fits(head, text, 0) or not _fits(tail, text, last):
            return False
        position = len(head)
        for search in middle:
            position = search(text, position)
            if position < 0 or position > last:
                return False
        return True

    return test


def _fits(piece: str, text: str, start: int) -> bool:
    if "?" not in piece:
        return text.startswith(piece, start)
    return all(piece[i] in ("?", text[start + i]) for i in range(len(piece)))


def _search(piece: str) -> _Search:
    if "?" in piece:
        return _shift_and(piece)

    def find(text: str, start: int) -> int:
        found = text.find(piece, start)
        return found + len(piece) if found >= 0 else -1

    return find


def _shift_and(piece: str) -> _Search:
    wild = sum(1 << i for i, c in enumerate(piece) if c == "?")
    masks = {
        c: wild | sum(1 << i for i, other in enumerate(piece) if other == c) for c in set(piece)
    }
    matched: Final = 1 << (len(piece) - 1)

    def find(text: str, start: int) -> int:
        state = 0
        for i in range(start, len(text)):
            state = (state << 1 | 1) & masks.get(text[i], wild)
            if state & matched:
                return i + 1
        return -1

    return find


Read: TypeAlias = Callable[[Lead, Rep | None, datetime | None], Any]
"""From lead, rep and instant to the value of an operand, or ``None``."""

TYPES: Final[Mapping[Kind, Any]] = {
    Kind.TEXT: str,
    Kind.NUMBER: (int, float),
    Kind.INSTANT: datetime,
    Kind.FLAG: bool,
    Kind.NAMES: frozenset,
}


_KINDS: Final[Mapping[type, Kind]] = {
    str: Kind.TEXT,
    bool: Kind.FLAG,
    int: Kind.NUMBER,
    float: Kind.NUMBER,
    datetime: Kind.INSTANT,
    frozenset: Kind.NAMES,
}


def kind_of(value: object) -> Kind:
    """The kind of an attribute's value."""
    found = _KINDS.get(type(value))
    return found or next(kind for kind, types in TYPES.items() if isinstance(value, types))


def reader(operand: Operand, kind: Kind) -> Read:
    """The function that reads the operand; an attribute is checked to be of ``kind``."""
    read: Read = _OPERANDS[type(operand)](operand)
    if not (isinstance(operand, Field) and operand.custom) or kind is Kind.ANY:
        return read
    types, flag = TYPES.get(kind, ()), kind is Kind.FLAG

    def checked(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        value = read(lead, rep, now)
        if value is None or (isinstance(value, types) and isinstance(value, bool) is flag):
            return value
        raise FieldTypeError(str(operand), described(value), kind.expected)

    return checked


def described(value: object) -> str:
    """A value in a message: its type, and itself unless it may be personal."""
    if isinstance(value, str):
        return f"a text of {len(value)} characters"
    if isinstance(value, bool | datetime):
        return str(value)
    if isinstance(value, int | float):
        return f"the number {value}"
    return "a set of names" if isinstance(value, frozenset) else f"of type {type(value).__name__}"


def _field(operand: Field) -> Read:
    name = operand.name
    if operand.custom:
        if operand.entity == "lead":
            return lambda lead, rep, now: lead.attributes.get(name)
        return lambda lead, rep, now: rep.attributes.get(name)  # type: ignore[union-attr]
    get = operator.attrgetter(name)
    if operand.entity == "lead":
        return lambda lead, rep, now: get(lead)
    return lambda lead, rep, now: get(rep)


def _entry(operand: Entry) -> Read:
    read, key = _field(operand.of), operand.key
    return lambda lead, rep, now: read(lead, rep, now).get(key)


def _signal(operand: SignalStat) -> Read:
    kind = operand.signal

    def total(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return sum(signal.value for signal in lead.signals if signal.kind == kind)

    def count(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return sum(1 for signal in lead.signals if signal.kind == kind)

    def last(lead: Lead, _rep: Rep | None, _now: datetime | None) -> Any:
        return max((signal.at for signal in lead.signals if signal.kind == kind), default=None)

    return {"total": total, "count": count, "last": last}[operand.stat]


def _age(operand: Age) -> Read:
    read = reader(operand.of, Kind.INSTANT)

    def passed(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        since = read(lead, rep, now)
        return None if since is None else now - since

    return passed


def _domain_of(operand: DomainOf) -> Read:
    read = reader(operand.of, Kind.TEXT)

    def domain(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        address = read(lead, rep, now)
        return None if address is None else address.rpartition("@")[2].lower() or None

    return domain


def _const(operand: Const) -> Read:
    value = frozenset(operand.value) if isinstance(operand.value, tuple) else operand.value
    return lambda lead, rep, now: value


def _arithmetic(operand: Arithmetic) -> Read:
    op = operand.op
    left, right = map(reader, (operand.left, operand.right), operand.kinds)

    def outcome(lead: Lead, rep: Rep | None, now: datetime | None) -> Any:
        a = left(lead, rep, now)
        b = right(lead, rep, now)
        return None if a is None or b is None else calculate(op, a, b)

    return outcome


_OPERANDS: Final[Mapping[type, Callable[[Any], Read]]] = {
    Field: _field,
    Entry: _entry,
    SignalStat: _signal,
    Now: lambda _operand: lambda lead, rep, now: now,
    Age: _age,
    DomainOf: _domain_of,
    Const: _const,
    Arithmetic: _arithmetic,
}


Test: TypeAlias = Callable[[Lead, Rep | None, datetime | None], bool]
"""A compiled condition: lead, rep and instant to true or false."""


Predicate: TypeAlias = Callable[..., bool]
"""A function of yours that conditions can call.

It gets the lead, the rep or ``None``, the instant or ``None``, and the arguments of the call.
"""

Predicates: TypeAlias = Mapping[str, Predicate] | None
"""The functions that ``predicate(name)`` calls, by name."""

Lists: TypeAlias = Mapping[str, Container[str]] | None
"""The lists that replace the bundled ones, by name."""


def _frozen(given: Mapping[str, Predicate]) -> FrozenDict[str, Predicate]:
    return FrozenDict(given)


@frozen(eq=False)
class Registry:
    """The predicates and lists that conditions may name."""

    predicates: Mapping[str, Predicate] = field(factory=FrozenDict, converter=_frozen)
    free_mail: Container[str] = FREE_MAIL


PLAIN: Final = Registry()  # no predicates, and the bundled list of free mailboxes

LISTS: Final = ("free_mail",)  # the lists that a policy may replace


def registry_of(predicates: Predicates = None, lists: Lists = None) -> Registry:
    """Return the registry of these predicates and lists."""
    functions, names = {} if predicates is None else predicates, {} if lists is None else lists
    must_be(Mapping, predicates=functions)
    must_be(Mapping, lists=names)
    for name, function in functions.items():
        if not callable(function):
            remedy = "write a function of (lead, rep, now)"
            raise ConfigError(f"predicates[{name!r:.60}] is {shown(function)}; {remedy}")
    for name in names:
        if name not in LISTS:
            raise UnknownFieldError("list", str(name)[:60], LISTS)
    return Registry(functions, **names) if functions or names else PLAIN


def compile_condition(condition: Condition, registry: Registry = PLAIN) -> Test:
    """The condition as a function ``test(lead, rep, now)``."""
    return _CONDITIONS[type(condition)](condition, registry)


def evaluate(
    condition: Condition,
    lead: Lead,
    rep: Rep | None = None,
    now: datetime | None = None,
    *,
    predicates: Predicates = None,
    lists: Lists = None,
) -> bool:
    """Evaluate a condition for one lead.

    A ``Matcher`` evaluates it for many.

    Args:
        condition: The condition.
        lead: The lead.
        rep: The rep, when the condition asks about one.
        now: The instant of the decision, aware, when the condition asks about time.
        predicates: The functions that ``predicate(name)`` calls, by name, as for ``Router``.
        lists: The lists that replace the bundled ones, by name, as for ``Router``.

    Raises:
        ConfigError: The condition asks about a rep or about time, and it was not given.
        FieldTypeError: A custom attribute has a type that the condition cannot use.

    Example:
        >>> from leadroute.model.lead import Lead
        >>> from leadroute.rules.builders import LEAD
        >>> evaluate(LEAD.budget >= 10_000, Lead("L-1", budget=50_000))
        True
    """
    registry = registry_of(predicates, lists)
    test, needs_rep, needs_now = _compiled(condition, registry)
    if needs_rep and rep is None:
        raise ConfigError(f"`{condition}` asks about a rep; give evaluate() a rep")
    if needs_now and now is None:
        raise ConfigError(f"`{condition}` asks about time; give evaluate() now=, an aware datetime")
    return test(lead, rep, None if now is None else aware(now))


@lru_cache(maxsize=4_096)
def _compiled(condition: Condition, registry: Registry) -> tuple[Test, bool, bool]:
    asked = reads(condition)
    return compile_condition(condition, registry), bool(asked.rep), asked.now


def _all(condition: And, registry: Registry) -> Test:
    tests = tuple(compile_condition(part, registry) for part in condition.parts)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        for part in tests:
            if not part(lead, rep, now):
                return False
        return True

    return test


def _any(condition: Or, registry: Registry) -> Test:
    tests = tuple(compile_condition(part, registry) for part in condition.parts)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        for part in tests:
            if part(lead, rep, now):
                return True
        return False

    return test


def _not(condition: Not, registry: Registry) -> Test:
    part = compile_condition(condition.part, registry)
    return lambda lead, rep, now: not part(lead, rep, now)


def _constant(condition: Constant, _registry: Registry) -> Test:
    value = condition.value
    return lambda lead, rep, now: value


COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
"""The operators of comparisons."""


def _comparison(condition: Comparison, _registry: Registry) -> Test:
    left, right, compare = condition.left, condition.right, COMPARISONS[condition.op]
    if left.kind is Kind.ANY and right.kind is Kind.ANY:
        return _alike(condition)
    kind = right.kind if left.kind is Kind.ANY else left.kind
    read, other = reader(left, kind), reader(right, kind)
    if isinstance(right, Const):
        literal = right.value
        if left == LANGUAGE and condition.op in ("==", "!="):
            return _spoken(read, frozenset((literal,)), condition.op == "!=")

        def against(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
            value = read(lead, rep, now)
            return value is not None and bool(compare(value, literal))

        return against

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a = read(lead, rep, now)
        b = other(lead, rep, now)
        return a is not None and b is not None and bool(compare(a, b))

    return test


LANGUAGE: Final = Field("lead", "language")
"""The field of which a value meets more than what it equals: ``de-AT`` is German too."""


def _spoken(read: Read, wanted: frozenset[str], negated: bool) -> Test:
    """Whether the lead's language meets one of some tags."""

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        tag = read(lead, rep, now)
        return tag is not None and wanted.isdisjoint(meeting(tag)) is negated

    return test


def _alike(condition: Comparison) -> Test:
    """A comparison of two attributes, whose kinds are known only when a lead comes."""
    compare, ordered = COMPARISONS[condition.op], condition.op not in ("==", "!=")
    read, other = reader(condition.left, Kind.ANY), reader(condition.right, Kind.ANY)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a, b = read(lead, rep, now), other(lead, rep, now)
        if a is None or b is None:
            return False
        kind = kind_of(a)
        if kind is not kind_of(b):
            raise FieldTypeError(
                str(condition.right), described(b), f"{kind.expected}, as {condition.left} is"
            )
        if ordered and kind in (Kind.FLAG, Kind.NAMES):
            raise FieldTypeError(str(condition.left), kind.expected, "something that has an order")
        return bool(compare(a, b))

    return test


def _membership(condition: Membership, _registry: Registry) -> Test:
    values = condition.values
    kind = Const(values[0]).kind if values else Kind.ANY
    read, among, negated = reader(condition.operand, kind), frozenset(values), condition.negated
    if condition.operand == LANGUAGE:
        return _spoken(read, among, negated)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and (value in among) is not negated

    return test


def _contains(condition: Contains, _registry: Registry) -> Test:
    container, negated = condition.container, condition.negated
    read, item = reader(container, container.kind), reader(condition.item, Kind.TEXT)
    spoken = condition.item == LANGUAGE and container == Field("rep", "languages")

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        whole, part = read(lead, rep, now), item(lead, rep, now)
        if whole is None or part is None:
            return False
        if not isinstance(whole, str | frozenset | Mapping):
            raise FieldTypeError(str(container), described(whole), "text or a set of names")
        if spoken:
            return any(tag in whole for tag in meeting(part)) is not negated
        return (part in whole) is not negated

    return test


def _text_test(condition: TextTest, _registry: Registry) -> Test:
    read, text, op = reader(condition.operand, Kind.TEXT), condition.text, condition.op
    if op == "like":
        like = glob(text)
        found: Callable[[str], bool] = like
    elif op == "startswith":
        found = lambda value: value.startswith(text)  # noqa: E731 - one of three, side by side
    else:
        found = lambda value: value.endswith(text)  # noqa: E731 - one of three, side by side

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and found(value)

    return test


def _presence(condition: Presence, _registry: Registry) -> Test:
    read, present = reader(condition.operand, Kind.ANY), condition.present

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        empty = value is None or (isinstance(value, str | frozenset | Mapping) and not value)
        return empty is not present

    return test


def _set_relation(condition: SetRelation, _registry: Registry) -> Test:
    left, right = reader(condition.left, Kind.NAMES), reader(condition.right, Kind.NAMES)
    covering = condition.relation == "covers"

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        a, b = left(lead, rep, now), right(lead, rep, now)
        if a is None or b is None:
            return False
        return bool(a >= b) if covering else not a.isdisjoint(b)

    return test


def _free_mail(condition: FreeMail, registry: Registry) -> Test:
    read, free = reader(condition.operand, Kind.TEXT), registry.free_mail

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        value = read(lead, rep, now)
        return value is not None and value.rpartition("@")[2].lower() in free

    return test


def _must_take(condition: PredicateCall, predicate: Predicate) -> None:
    """Refuse a predicate that cannot be called with what it is called with."""
    try:
        signature(predicate).bind(None, None, None, *condition.arguments)
    except TypeError as error:
        more = "".join(f", {name}" for name in map(repr, condition.arguments))
        remedy = f"write it for (lead, rep, now{more}), where rep and now may be None"
        raise ConfigError(f"{condition} cannot be called: {error}; {remedy}") from None
    except ValueError:  # a function of C that does not say what it takes
        return


def _predicate(condition: PredicateCall, registry: Registry) -> Test:
    predicate = registry.predicates.get(condition.name)
    if predicate is None:
        raise UnknownFieldError("predicate", condition.name, sorted(registry.predicates))
    arguments = condition.arguments
    _must_take(condition, predicate)

    def test(lead: Lead, rep: Rep | None, now: datetime | None) -> bool:
        try:
            answer = predicate(lead, rep, now, *arguments)
        except Exception as error:
            beside = "" if rep is None else f", rep {rep.id!r}"
            error.add_note(f"{condition}, lead {lead.id!r}{beside}")
            raise
        if not isinstance(answer, bool):
            raise FieldTypeError(f"the answer of {condition}", described(answer), "True or False")
        return answer

    return test


_CONDITIONS: Final[Mapping[type, Callable[[Any, Registry], Test]]] = {
    And: _all,
    Or: _any,
    Not: _not,
    Constant: _constant,
    Named: lambda condition, registry: compile_condition(condition.condition, registry),
    Comparison: _comparison,
    Membership: _membership,
    Contains: _contains,
    TextTest: _text_test,
    Presence: _presence,
    SetRelation: _set_relation,
    FreeMail: _free_mail,
    PredicateCall: _predicate,
}


LeadValues: TypeAlias = Callable[[Lead], Hashable]

_ALIKE: Final = ()


@lru_cache(maxsize=4_096)
def lead_values(condition: Condition, registry: Registry) -> LeadValues | None:
    """A function from a lead to the values that the condition reads of it."""
    asked = reads(condition)
    own_list = registry.free_mail is not FREE_MAIL and any(
        isinstance(node, FreeMail) for node in walk(condition)
    )
    if asked.now or asked.checks or asked.signals or own_list:
        return None
    plain = sorted(field.name for field in asked.lead if not field.custom)
    custom = sorted(field.name for field in asked.lead if field.custom)
    if custom:
        return _with_attributes(tuple(plain), tuple(custom))
    return attrgetter(*plain) if plain else lambda _lead: _ALIKE


def _with_attributes(plain: tuple[str, ...], custom: tuple[str, ...]) -> LeadValues:
    """Attributes with their types, because True equals 1 and a condition tells them apart."""

    def values(lead: Lead) -> Hashable:
        found: list[Any] = [getattr(lead, name) for name in plain]
        for name in custom:
            value = lead.attributes.get(name)
            found += [type(value), value]
        return tuple(found)

    return values
