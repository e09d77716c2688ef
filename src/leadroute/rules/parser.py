"""Conditions from text.

Nothing is ever evaluated. The text is scanned, parsed by the standard library's ``ast``, and each
node that is in the language calls the builder that the Python form uses; any other node is refused.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import pairwise
from keyword import iskeyword
from typing import Any, Final, TypeVar

from attrs import frozen

from leadroute.errors import ConfigError, ExpressionError, UnknownFieldError
from leadroute.rules import builders
from leadroute.rules.builders import FieldExpr, SignalFacts, member, negative, operand_of, truth
from leadroute.rules.conditions import (
    ALWAYS,
    NEVER,
    And,
    Condition,
    Constant,
    Named,
    Or,
    Presence,
    compared,
    is_name,
    joined,
)
from leadroute.rules.describe import plural
from leadroute.rules.fields import CUSTOM_KINDS, FIELDS, Kind, is_brought, spec_of
from leadroute.rules.lexer import fault, located, scan
from leadroute.rules.operand import Const, Field, Operand, SignalStat, arithmetic, constant

METHODS: Final[Mapping[str, Callable[[FieldExpr, Any], Condition]]] = {
    name: getattr(FieldExpr, name)
    for name in ("startswith", "endswith", "like", "contains", "overlaps", "covers")
}
FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    name: getattr(builders, name)
    for name in (
        "age predicate covers days domain_of hours instant is_free_mail minutes overlaps seconds signal weeks"
    ).split()
}
CONSTANTS: Final = {"always": ALWAYS, "never": NEVER}
PRESENCE: Final = {"present": True, "missing": False}
REMEDIES: Final = {
    "is_present": "write `{} is present`",
    "is_missing": "write `{} is missing`",
    "in_": "write `{} in [...]`",
    "not_in": "write `{} not in [...]`",
    "lower": "texts of e-mail, domain and country are compared in one case already; else write `or`",
    "upper": "texts of e-mail, domain and country are compared in one case already; else write `or`",
}

_OTHER_LANGUAGES: Final = {
    **{word: f"write `{word}` in small letters" for word in ("and", "or", "not", "in", "is")},
    "between": "write a chain, such as 5 <= lead.budget <= 10",
    "equals": "write == to compare",
    **dict.fromkeys(METHODS, "write a call, such as lead.company.startswith('A')"),
    **dict.fromkeys(("matches", "ilike"), "write a call, such as lead.company.like('*bank*')"),
}
"""What to write instead of the words with which SQL, spreadsheets and CRMs join values."""
_WORD: Final = re.compile(r"(?<![\w.])[A-Za-z]+(?= )|'[^']*'|\"[^\"]*\"")

_COUNTS: Final = {"overlaps": 2, "covers": 2}


def called(name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    """What a function or method of the language makes of its arguments."""
    wanted = 1 if isinstance(function, partial) else _COUNTS.get(name, 1)
    right = len(arguments) >= 1 if name == "predicate" else len(arguments) == wanted
    if not right:
        raise ConfigError(f"{name}() takes {plural(wanted, 'argument')}, not {len(arguments)}")
    return function(*arguments)


def declared(custom: Mapping[str, str] | None) -> dict[tuple[str, str], Kind]:
    """The declared kinds of attributes by entity and name."""
    found = {}
    for key, kind in (custom or {}).items():
        entity, _, name = key.rpartition(".")
        entity = entity or "lead"
        if entity not in FIELDS or not is_name(name):
            raise ConfigError(
                f"{key!r} cannot be declared; write a name, or rep.name, of letters, digits and _"
            )
        if is_brought(entity, name):
            raise ConfigError(f"{entity}.{name} is a standard field; declare a name of your own")
        if kind not in CUSTOM_KINDS:
            raise ConfigError(
                f"{key} is declared as {kind!r}; the kinds are {', '.join(CUSTOM_KINDS)}"
            )
        found[entity, name] = Kind(kind)
    return found


def parse_definitions(
    texts: Mapping[str, str], *, custom: Mapping[str, str] | None = None
) -> dict[str, Condition]:
    """Parse a table of definitions.

    They can use one another in any order.

    Args:
        texts: The expressions by name.
        custom: As for ``parse``.

    Returns:
        The conditions by name, for ``parse(..., defines=...)``.

    Raises:
        ConfigError: Definitions use one another in a circle, or a name is a word of the language.

    Example:
        >>> found = parse_definitions(
        ...     {"ours": "big and lead.country == 'US'", "big": "lead.employees > 500"}
        ... )
        >>> found["ours"]
        <And big and lead.country == 'US'>
    """
    found = _Definitions(texts, custom)
    return {name: found[name] for name in texts}


class _Definitions(Mapping[str, Condition]):
    """Definitions that are parsed when they are asked for."""

    def __init__(self, texts: Mapping[str, str], custom: Mapping[str, str] | None) -> None:
        self._texts = texts
        self._custom = custom
        self._found: dict[str, Condition] = {}
        self._open: list[str] = []

    def __getitem__(self, name: str) -> Condition:
        if name in self._open:
            circle = " -> ".join((*self._open[self._open.index(name) :], name))
            raise ConfigError(f"definitions use one another in a circle: {circle}; break it")
        if name not in self._found:
            self._open.append(name)
            try:
                text = self._texts[name]
                self._found[name] = parse(text, definitions=self, custom=self._custom)
                Named(name, ALWAYS)
            except ConfigError as error:
                raise error.at(name) from None
            finally:
                self._open.pop()
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


T = TypeVar("T")

_ORDER: Final[Mapping[type[ast.cmpop], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_SUMS: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
}


def parse(
    text: str,
    *,
    definitions: Mapping[str, Condition] | None = None,
    custom: Mapping[str, str] | None = None,
) -> Condition:
    """The condition that a text stands for; the inverse of ``str(condition)``.

    Args:
        text: An expression of at most 10,000 characters; it may run over several lines.
        definitions: Conditions that the text may use by name.
        custom: The kinds of custom attributes by name: ``text``, ``number``, ``flag``, ``instant``
            or ``names``. They can then be written ``lead.tags`` as well as ``lead['tags']``, and
            are checked like the standard fields. ``rep.office`` declares an attribute of the rep.

    Returns:
        The same tree that the Python form gives. O(length).

    Raises:
        UnknownFieldError: A field, function or definition is not known; see the suggestion.
        ExpressionError: The text is not in the language; see line, column and remedy.

    Example:
        >>> from leadroute.rules.builders import LEAD
        >>> parse("lead.budget > 0 and lead.email is present") == (
        ...     LEAD.budget > 0
        ... ) & LEAD.email.is_present()
        True
    """
    return Reader.of(text, definitions, custom).condition_of_text()


@frozen
class Reader:
    """One text on its way to a tree; shared by conditions and scores."""

    text: str
    flat: str
    definitions: Mapping[str, Condition]
    kinds: Mapping[tuple[str, str], Kind]

    @classmethod
    def of(
        cls,
        text: str,
        definitions: Mapping[str, Condition] | None,
        custom: Mapping[str, str] | None,
        *,
        none: bool = False,
    ) -> Reader:
        """A reader for ``text``, which the scan found harmless; ``none`` allows ``None`` in it."""
        return cls(text, scan(text, none=none), definitions or {}, declared(custom))

    def condition_of_text(self) -> Condition:
        """The condition that the whole text stands for."""
        return self.walked(self.condition)

    def walked(self, walk: Callable[[ast.expr], T]) -> T:
        """What ``walk`` makes of the text's syntax tree."""
        try:
            return walk(ast.parse(self.flat[self.indent :].rstrip(), mode="eval").body)
        except SyntaxError as error:
            raise self._unreadable(error.offset or 0) from None
        except (RecursionError, MemoryError):
            problem = "the expression is nested too deep; give its parts names"
            raise fault(self.text, 0, problem) from None

    @property
    def indent(self) -> int:
        """How many blanks stand before the expression."""
        return len(self.flat) - len(self.flat.lstrip())

    def _unreadable(self, offset: int) -> ExpressionError:
        end = len(self.flat.rstrip())
        position = self.indent + offset - 1 if offset > 0 else end
        if position >= end:
            return fault(self.text, end, "the expression breaks off; complete it")
        if self.flat[position] == "=":
            return fault(self.text, position, "write == to compare")
        for word in _WORD.finditer(self.flat):
            remedy = _OTHER_LANGUAGES.get(word.group().lower())
            if remedy is not None and not iskeyword(word.group()):
                return fault(
                    self.text, word.start(), f"{word.group()} is not in the language; {remedy}"
                )
        problem = "this cannot stand here; check it and what stands just before"
        return fault(self.text, position, problem)

    def position(self, node: ast.expr) -> int:
        """Where in the text a node begins."""
        before = self.flat.lstrip().encode()[: node.col_offset]
        return self.indent + len(before.decode())

    def refusal(self, node: ast.expr, problem: str) -> ExpressionError:
        """The error for a node."""
        return fault(self.text, self.position(node), problem)

    def build(self, node: ast.expr, builder: Callable[..., T], *parts: Any, **options: Any) -> T:
        """What a builder makes; its error gets the place of the node."""
        try:
            return builder(*parts, **options)
        except ConfigError as error:
            raise located(error, self.text, self.position(node)) from None

    # --- conditions -----------------------------------------------------------------------------------------------

    def condition(self, node: ast.expr) -> Condition:
        """The condition that a node stands for."""
        if isinstance(node, ast.BoolOp):
            kind = And if isinstance(node.op, ast.And) else Or
            return self.build(node, joined, kind, *map(self.condition, node.values))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return ~self.condition(node.operand)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        if isinstance(node, ast.Constant) and isinstance(node.value, bool):
            return Constant(node.value)
        if isinstance(node, ast.Name) and node.id not in _VALUE_NAMES:
            return self._named(node)
        found = self.term(node, condition=True)
        if isinstance(found, Condition):
            return found
        if isinstance(found, FieldExpr):
            return self.build(node, truth, found.operand)
        raise self.refusal(node, "a value is not a condition; compare it with a field")

    def _named(self, node: ast.Name) -> Condition:
        name = node.id
        if name in CONSTANTS:
            return CONSTANTS[name]
        if name in self.definitions:
            return self.build(node, lambda: Named(name, self.definitions[name]))
        if name in FIELDS["lead"]:
            raise self.refusal(node, f"{name!r} is a field of the lead; write lead.{name}")
        if name.lower() in ("true", "false"):
            raise self.refusal(node, f"write {name.capitalize()}")
        unknown = UnknownFieldError("definition", name, [*self.definitions, *CONSTANTS])
        if unknown.suggestion is None:
            raise self.refusal(node, f"{unknown.problem}; text stands in quotes: {name!r}")
        raise located(unknown, self.text, self.position(node))

    def _compare(self, node: ast.Compare) -> Condition:
        if len(node.ops) > 1 or type(node.ops[0]) in _ORDER:
            return self._chain(node)
        left, op, right = node.left, node.ops[0], node.comparators[0]
        if isinstance(op, ast.In | ast.NotIn):
            among = self.term(right)
            if not isinstance(among, FieldExpr | list):
                raise self.refusal(
                    right, "`in` takes a list, such as ['US', 'CA'], or a field that holds a set"
                )
            listed = among.operand if isinstance(among, FieldExpr) else tuple(among)
            return self.build(
                node, member, self._operand(left), listed, negated=isinstance(op, ast.NotIn)
            )
        word = right.id if isinstance(right, ast.Name) else None
        if isinstance(op, ast.IsNot) or word not in PRESENCE:
            raise self.refusal(
                right, "after `is` comes `present` or `missing`; write == to compare values"
            )
        return self.build(node, Presence, self._operand(left), PRESENCE[word])

    def _chain(self, node: ast.Compare) -> Condition:
        operands = list(map(self._operand, (node.left, *node.comparators)))
        links = []
        for op, (left, right) in zip(node.ops, pairwise(operands), strict=True):
            if type(op) not in _ORDER:
                raise self.refusal(
                    node, "a chain holds < <= > >= == != only; join `in` and `is` with `and`"
                )
            links.append(self.build(node, compared, left, _ORDER[type(op)], right))
        return self.build(node, joined, And, *links)

    def number(self, node: ast.expr) -> float:
        """The number that a node stands for."""
        found = self.term(node)
        if isinstance(found, int | float) and not isinstance(found, bool):
            return found
        raise self.refusal(node, "write a number")

    # --- values ---------------------------------------------------------------------------------------------------

    def _operand(self, node: ast.expr) -> Operand:
        found = self.term(node)
        return self.build(node, operand_of, found)

    def term(self, node: ast.expr, *, condition: bool = False) -> Any:
        """The fact, signals, literal, list or (when allowed) condition that a node stands for."""
        found = self._any(node)
        if isinstance(found, SignalFacts):
            raise self.refusal(node, f"{found} needs .total, .count or .last")
        if isinstance(found, Condition) and not condition:
            raise self.refusal(
                node,
                "a condition cannot be compared or calculated with; combine it with `and`, `or`, `not`",
            )
        return found

    def _any(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return self._literal(node)
            case ast.List() | ast.Tuple():
                return self._list(node)
            case ast.Name():
                return self._name(node)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.BinOp():
                return self._sum(node)
            case ast.UnaryOp():
                return self._unary(node)
            case ast.Call():
                return self._call(node)
            case ast.Compare() | ast.BoolOp():
                return self.condition(node)
        raise self.refusal(node, "this is not in the language; write the values themselves")

    def _literal(self, node: ast.Constant) -> Any:
        self.build(node, constant, node.value)
        return node.value

    def _list(self, node: ast.List | ast.Tuple) -> list[Any]:
        found = []
        for item in node.elts:
            value = self.term(item)
            if isinstance(value, FieldExpr | list):
                raise self.refusal(
                    item, "a list holds literals only, such as ['US', 'CA']; write `or` for fields"
                )
            found.append(value)
        return found

    def _name(self, node: ast.Name) -> Any:
        if node.id == "now":
            return builders.NOW
        if node.id in FIELDS:
            raise self.refusal(
                node, f"name a field, such as {node.id}.{next(iter(FIELDS[node.id]))}"
            )
        return self._named(node)

    def _attribute(self, node: ast.Attribute) -> Any:
        of = node.value
        if isinstance(of, ast.Name) and of.id in FIELDS:
            return self.build(node, self._field, of.id, node.attr)
        found = self._call(of) if isinstance(of, ast.Call) else self.term(of)
        if isinstance(found, SignalFacts):
            return self.build(node, lambda: FieldExpr(SignalStat(found.kind, node.attr)))
        shown = found.operand if isinstance(found, FieldExpr) else "this"
        if node.attr in METHODS:
            raise self.refusal(node, f"write {shown}.{node.attr}(...)")
        raise self.refusal(
            node,
            f"{shown} has no part {node.attr!r}; only lead.field, rep.field and signal('kind').total have",
        )

    def _field(self, entity: str, name: str) -> FieldExpr:
        kind = self.kinds.get((entity, name))
        if kind is not None and name not in FIELDS[entity]:
            return FieldExpr(Field(entity, name, custom=True, kind=kind))
        spec_of(entity, name, [known for of, known in self.kinds if of == entity])
        return FieldExpr(Field(entity, name))

    def _subscript(self, node: ast.Subscript) -> FieldExpr:
        if not (isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)):
            raise self.refusal(
                node, "between [ and ] stands a name in quotes, such as lead['tags']"
            )
        name, of = node.slice.value, node.value
        if isinstance(of, ast.Name) and of.id in FIELDS:
            kind = self.kinds.get((of.id, name), Kind.ANY)
            return self.build(node, lambda: FieldExpr(Field(of.id, name, custom=True, kind=kind)))
        found = self.term(of)
        if not isinstance(found, FieldExpr):
            raise self.refusal(node, "only lead, rep and rep.skills have [...] entries")
        return self.build(node, found.__getitem__, name)

    def _sum(self, node: ast.BinOp) -> Any:
        op = _SUMS.get(type(node.op))
        if op is None:
            raise self.refusal(node, "numbers have + - * / only")
        left, right = self._operand(node.left), self._operand(node.right)
        return _unwrapped(self.build(node, arithmetic, op, left, right))

    def _unary(self, node: ast.UnaryOp) -> Any:
        if isinstance(node.op, ast.Not):
            return self.condition(node)
        if not isinstance(node.op, ast.USub):
            raise self.refusal(node, "a sign before a number is -; leave + out")
        return _unwrapped(self.build(node, negative, self._operand(node.operand)))

    def _call(self, node: ast.Call) -> Any:
        arguments = self._arguments(node)
        if isinstance(node.func, ast.Name):
            name = node.func.id
            function = FUNCTIONS.get(name)
            if function is None:
                raise located(
                    UnknownFieldError("function", name, FUNCTIONS), self.text, self.position(node)
                )
            return self.build(node, called, name, function, arguments)
        if not isinstance(node.func, ast.Attribute):
            raise self.refusal(node, "only the functions of the language can be called")
        return self._method(node, node.func, arguments)

    def _method(self, node: ast.Call, function: ast.Attribute, arguments: list[Any]) -> Any:
        name, of = function.attr, self.term(function.value)
        method = METHODS.get(name)
        if not isinstance(of, FieldExpr):
            raise self.refusal(
                node,
                f"a literal has no {name!r}; ask a field, such as lead.company.startswith('A')",
            )
        if method is None:
            if remedy := REMEDIES.get(name):
                raise self.refusal(
                    node, f"{of.operand} has no {name!r}; {remedy.format(of.operand)}"
                )
            raise located(
                UnknownFieldError("method", name, METHODS), self.text, self.position(node)
            )
        return self.build(node, called, name, partial(method, of), arguments)

    def _arguments(self, node: ast.Call) -> list[Any]:
        for keyword in node.keywords:
            raise self.refusal(keyword.value, "write the argument without a name")
        return [self.term(argument) for argument in node.args]


def _unwrapped(operand: Operand) -> Any:
    return operand.value if isinstance(operand, Const) else FieldExpr(operand)


_VALUE_NAMES: Final = ("now", *FIELDS)
