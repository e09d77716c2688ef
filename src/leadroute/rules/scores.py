"""Scores as text: ``3 * skill_match('industry') + free_capacity().when(lead.country == 'US')``.

``parse_score(str(score)) == score`` for every score built from the registered scorers.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from typing import Any

from attrs import frozen

from leadroute.errors import ConfigError, LeadrouteError, UnknownFieldError
from leadroute.rules.builders import FieldExpr
from leadroute.rules.conditions import Condition
from leadroute.rules.lexer import located
from leadroute.rules.parser import Reader
from leadroute.rules.scorer import Scorer


def parse_score(
    text: str,
    scorers: Mapping[str, Callable[..., Scorer]],
    *,
    definitions: Mapping[str, Condition] | None = None,
    custom: Mapping[str, str] | None = None,
) -> Scorer:
    """The score that a text stands for; the inverse of ``str(score)``.

    Args:
        text: An expression of scorers, ``+``, ``*`` by a number, and ``.when(condition)``.
        scorers: The scorers by name.
        definitions: Conditions that ``.when()`` may use by name.
        custom: The kinds of custom attributes, as for ``parse``.

    Returns:
        The same score that the Python form gives. O(length).

    Raises:
        UnknownFieldError: A scorer is not registered; the message suggests the nearest.
        ExpressionError: The text is not in the language; the message has line, column and what to write instead.

    Example:
        >>> from leadroute import free_capacity, skill_match
        >>> known = {"skill_match": skill_match, "free_capacity": free_capacity}
        >>> score = parse_score("3 * skill_match('industry') + free_capacity()", known)
        >>> score == 3 * skill_match("industry") + free_capacity()
        True
    """
    reader = Reader.of(text, definitions, custom, none=True)
    return reader.walked(_Score(reader, scorers).score)


@frozen
class _Score:
    reader: Reader
    scorers: Mapping[str, Callable[..., Scorer]]

    def score(self, node: ast.expr) -> Scorer:
        """The score that a node stands for."""
        found = self._part(node)
        if isinstance(found, Scorer):
            return found
        raise self.reader.refusal(node, "a number alone is not a score; multiply a scorer with it")

    def _part(self, node: ast.expr) -> Scorer | float:
        match node:
            case ast.BinOp(op=ast.Add()):
                left, right = self.score(node.left), self.score(node.right)
                return self.reader.build(node, lambda: left + right)
            case ast.BinOp(op=ast.Mult()):
                return self._weighted(node)
            case ast.Call(func=ast.Attribute(attr="when") as function):
                return self._guarded(node, function)
            case ast.Call(func=ast.Name(id=name)):
                return self._called(node, name)
            case ast.Constant(value=bool() | str() | None) | ast.UnaryOp(operand=ast.Call()):
                pass
            case ast.Constant() | ast.UnaryOp(op=ast.USub()):
                return self.reader.number(node)
            case ast.Name() if node.id in self.scorers:
                raise self.reader.refusal(node, f"a scorer is called: write {node.id}()")
        raise self.reader.refusal(
            node,
            "a score is made of scorers, +, * by a number, and .when(condition); "
            "invert(...) is the opposite preference",
        )

    def _weighted(self, node: ast.BinOp) -> Scorer | float:
        match self._part(node.left), self._part(node.right):
            case (Scorer() as scorer, int() | float() as weight) | (
                int() | float() as weight,
                Scorer() as scorer,
            ):
                return self.reader.build(node, lambda: weight * scorer)
            case (int() | float() as left, int() | float() as right):
                return left * right
        raise self.reader.refusal(
            node, "a scorer is multiplied by a number, such as 3 * free_capacity()"
        )

    def _guarded(self, node: ast.Call, function: ast.Attribute) -> Scorer:
        scorer = self.score(function.value)
        if len(node.args) != 1 or node.keywords:
            raise self.reader.refusal(
                node, "when() takes one condition, such as lead.country == 'US'"
            )
        condition = self.reader.condition(node.args[0])
        return self.reader.build(node, scorer.when, condition)

    def _is_score(self, node: ast.expr) -> bool:
        match node:
            case ast.BinOp():
                return self._is_score(node.left) or self._is_score(node.right)
            case ast.Call(func=ast.Attribute(attr="when")):
                return True
            case ast.Call(func=ast.Name(id=name)) | ast.Name(id=name):
                return name in self.scorers
        return False

    def _called(self, node: ast.Call, name: str) -> Scorer:
        make = self.scorers.get(name)
        if make is None:
            unknown = UnknownFieldError("scorer", name, self.scorers)
            raise located(unknown, self.reader.text, self.reader.position(node))
        positional = [self._literal(argument) for argument in node.args]
        named = {str(keyword.arg): self._literal(keyword.value) for keyword in node.keywords}
        return self.reader.build(node, _made, name, make, positional, named)

    def _literal(self, node: ast.expr) -> Any:
        if self._is_score(node):
            return self.score(node)
        if isinstance(node, ast.Constant) and node.value is None:
            return None
        found = self.reader.term(node)
        if isinstance(found, FieldExpr):
            raise self.reader.refusal(
                node, "a scorer takes literals only, such as skill_match('industry')"
            )
        return tuple(found) if isinstance(found, list) else found


def _made(
    name: str, make: Callable[..., Scorer], positional: list[Any], named: Mapping[str, Any]
) -> Scorer:
    try:
        found = make(*positional, **named)
    except LeadrouteError as error:
        raise error if isinstance(error, ConfigError) else ConfigError(str(error)) from None
    except TypeError as error:
        raise ConfigError(f"{name}() cannot be called like this: {error}") from None
    if not isinstance(found, Scorer):
        raise ConfigError(f"{name}() made no scorer, but a value of type {type(found).__name__}")
    return found
