"""Errors of building and loading: a policy, rule or option that cannot work as it is written."""

from __future__ import annotations

from collections.abc import Iterable

from leadroute.errors.base import LeadrouteError, nearest

__all__ = ["ConfigError", "ExpressionError", "PolicyError", "TruthError", "UnknownFieldError"]


_LISTED = 12
"""How many known names a message lists; the rest is counted."""


class ConfigError(LeadrouteError, ValueError):
    """A policy, rule, scorer or option cannot work as it is written.

    Raised while building or loading, never while routing.

    Args:
        problem: What is wrong and what to write instead.
        place: Where it stands, such as ``policy.toml:14: rule[2].when``; empty when there is no file.

    Example:
        >>> str(ConfigError("window must be longer than 0s", "policy.toml:6: rule[0].window"))
        'policy.toml:6: rule[0].window: window must be longer than 0s'
    """

    def __init__(self, problem: str, place: str = "") -> None:
        super().__init__(problem, place)
        self.problem = problem
        self.place = place

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}" if self.place else self.problem

    def at(self, place: str) -> ConfigError:
        """The same error one level further out: ``place`` is put before what is already known.

        Example:
            >>> str(ConfigError("is empty", "when").at("rule[2]"))
            'rule[2].when: is empty'
        """
        return type(self)(self.problem, _within(place, self.place))


class UnknownFieldError(ConfigError):
    """A name that is not known; the message suggests the nearest one that is.

    Args:
        entity: What the name should be a part of, such as ``lead``, ``rep``, ``pool`` or ``scorer``.
        name: The unknown name.
        known: The names that would have been right.
        place: Where it stands; empty when there is no file.

    Example:
        >>> str(UnknownFieldError("lead", "contry", ("country", "company")))
        "lead has no field 'contry'; did you mean 'country'?"
    """

    def __init__(self, entity: str, name: str, known: Iterable[str] = (), place: str = "") -> None:
        known = tuple(known)
        LeadrouteError.__init__(self, entity, name, known, place)
        self.entity = entity
        self.name = name
        self.known = known
        self.suggestion = nearest(name, known)
        self.place = place

    @property
    def problem(self) -> str:  # type: ignore[override]
        """What is wrong and what to write instead."""
        text = (
            f"{self.entity} has no field {self.name!r}"
            if self.entity in ("lead", "rep")
            else f"there is no {self.entity} named {self.name!r}"
        )
        if self.suggestion is not None:
            return f"{text}; did you mean {self.suggestion!r}?"
        if self.known:
            more = len(self.known) - _LISTED
            shown = ", ".join(self.known[:_LISTED]) + (f" and {more} more" if more > 0 else "")
            return f"{text}; known: {shown}"
        return text

    def at(self, place: str) -> UnknownFieldError:
        """The same error one level further out."""
        return UnknownFieldError(self.entity, self.name, self.known, _within(place, self.place))


class ExpressionError(ConfigError):
    r"""The text of a condition or a score is not in the language.

    Args:
        problem: What is wrong and what to write instead.
        line: The line in the text, counted from 1.
        column: The character in that line, counted from 1.
        excerpt: The part of the line around it, with a caret below.
        place: Where the text stands; empty when there is no file.

    Example:
        >>> print(ExpressionError("write == to compare", 1, 9, "  lead.id = 'x'\n          ^"))
        line 1, column 9: write == to compare
          lead.id = 'x'
                  ^
    """

    def __init__(self, problem: str, line: int, column: int, excerpt: str, place: str = "") -> None:
        LeadrouteError.__init__(self, problem, line, column, excerpt, place)
        self.problem = problem
        self.line = line
        self.column = column
        self.excerpt = excerpt
        self.place = place

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        return f"{where}line {self.line}, column {self.column}: {self.problem}\n{self.excerpt}"

    def at(self, place: str) -> ExpressionError:
        """The same error one level further out."""
        place = _within(place, self.place)
        return ExpressionError(self.problem, self.line, self.column, self.excerpt, place)


class PolicyError(ConfigError):
    """A policy file has errors; every one of them is listed on a line of its own.

    Args:
        errors: What is wrong, each with file, line, table and key.
        place: Where the file stands, when it is part of something larger.

    Example:
        >>> print(
        ...     PolicyError(
        ...         [
        ...             ConfigError("write text in quotes", "policy.toml:5: rule[0].when"),
        ...             UnknownFieldError("pool", "emae", ["emea"], "policy.toml:9: rule[1].pool"),
        ...         ]
        ...     )
        ... )
        policy.toml:5: rule[0].when: write text in quotes
        policy.toml:9: rule[1].pool: there is no pool named 'emae'; did you mean 'emea'?
    """

    def __init__(self, errors: Iterable[ConfigError], place: str = "") -> None:
        errors = tuple(errors)
        LeadrouteError.__init__(self, errors, place)
        self.errors = errors
        self.place = place

    @property
    def problem(self) -> str:  # type: ignore[override]
        """Every error, one after the other."""
        return "\n".join(map(str, self.errors))

    def __str__(self) -> str:
        return "\n".join(
            str(error.at(self.place) if self.place else error) for error in self.errors
        )

    def at(self, place: str) -> PolicyError:
        """The same errors one level further out."""
        return PolicyError(self.errors, _within(place, self.place))


class TruthError(ConfigError, TypeError):
    """A condition was used as if it were true or false already; it is judged later, for each lead.

    Example:
        >>> str(TruthError("write (a) & (b) instead of (a) and (b)"))
        'write (a) & (b) instead of (a) and (b)'
    """


def _within(outer: str, inner: str) -> str:
    if not inner:
        return outer
    return f"{outer}: {inner}" if inner.startswith("line ") else f"{outer}.{inner}"
