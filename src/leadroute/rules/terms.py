"""The terms on which the leads of a rule are offered.

A rule says what it wants otherwise than its router, and a router what it wants otherwise than
``Terms.DEFAULTS``. What has a value for each grade of a lead has one for ``other`` too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, TypeAlias, cast

from attrs import Attribute, field, fields, frozen

from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.model.duration import Within, format_within, length_of, parse_within
from leadroute.model.given import Refused
from leadroute.model.validation import FrozenDict, ident

OTHER: Final = "other"
"""The key of what holds for leads of every grade that is not named, and of none."""

ByGrade: TypeAlias = Within | Mapping[str, Within]
"""How long something may take: for every lead, or by the grade of the lead."""
WithinLike: TypeAlias = str | Within
"""``"5m"``, ``"15m working"``, or the value."""


def read_within(given: Any) -> Within:
    """A duration from its text form; it must be longer than nothing."""
    found = parse_within(given)
    if not length_of(found):
        raise ConfigError("is 0s; an offer must be open for some time, such as '5m'")
    return found


def by_grade(given: WithinLike | Mapping[str, WithinLike]) -> ByGrade:
    """A converter for a duration, or one for each grade."""
    if not isinstance(given, Mapping):
        return read_within(given)
    if not given:
        raise ConfigError('is empty; write { hot = "2m", other = "10m" }')
    found: dict[str, Within] = {}
    for grade, within in given.items():
        try:
            found[ident(grade)] = read_within(within)
        except Refused as refused:
            raise ConfigError(f"the grade {refused}") from None
        except ConfigError as error:
            raise ConfigError(f"{grade}: {error.problem}") from None
    return FrozenDict(found)


def named(name: str, read: Callable[[Any], Any], given: Any) -> Any:
    """What is read of a term; what is refused is said with the name of the term."""
    try:
        return None if given is None else read(given)
    except ConfigError as error:
        raise error.at(name) from None


def accept_within(given: WithinLike | Mapping[str, WithinLike] | None) -> ByGrade | None:
    """A converter for how long an offer is open."""
    return cast("ByGrade | None", named("accept_within", by_grade, given))


@frozen(kw_only=True, slots=False)  # a router has a place for cached properties, and inherits
class Terms:
    """The terms on which leads are offered.

    ``None`` leaves a term to the router.
    ``Rule`` and ``Router`` take them by name, as policy files do.

    Args:
        accept_within: How long an offer is open, such as ``"5m"``, or ``"15m working"`` in the working
            hours of the rep who is asked; or by grade, as in ``{"hot": "2m", "other": "10m"}``.

    Raises:
        ConfigError: A term cannot be read.

    Example:
        >>> from leadroute import Rule
        >>> Rule("hot", accept_within={"hot": "2m"}).accept_within
        FrozenDict({'hot': datetime.timedelta(seconds=120)})
    """

    accept_within: ByGrade | None = field(
        default=None, converter=accept_within, metadata={"read": by_grade}
    )

    def over(self, other: Terms) -> Terms:
        """Return these terms, completed by those of another."""
        return Terms(
            **{
                each.name: _over(getattr(self, each.name), getattr(other, each.name))
                for each in TERMS
            }
        )

    def accept_within_of(self, grade: str | None) -> Within:
        """The time for which a lead of a grade is offered."""
        return cast("Within", _of_grade(self.accept_within, grade))


def _over(own: Any, other: Any) -> Any:
    if own is None:
        return other
    if not isinstance(own, Mapping):
        return own
    return FrozenDict({**(other if isinstance(other, Mapping) else {OTHER: other}), **own})


def _of_grade(given: Any, grade: str | None) -> Any:
    """The value for a grade, where there is one for each."""
    if not isinstance(given, Mapping):
        return given
    return given.get(grade, given[OTHER])


TERMS: Final[tuple[Attribute[Any], ...]] = fields(Terms)
"""The terms there are."""

DEFAULTS: Final = Terms(accept_within=timedelta(minutes=5))
"""The terms of a policy that says nothing of them."""


def said(terms: Terms) -> Iterator[tuple[str, Any]]:
    """The terms that a rule or a router says, as plain data for a policy file."""
    for each in TERMS:
        value = getattr(terms, each.name)
        if value is not None:
            yield each.name, _written(value)


def _written(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _written(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return [_written(each) for each in value]
    if isinstance(value, bool | int):
        return value
    return format_within(value) if isinstance(value, timedelta) else str(value)


READERS: Final[Mapping[str, Callable[[Any], Any]]] = FrozenDict(
    {each.name: each.metadata["read"] for each in TERMS}
)
"""What reads each term, by its name."""


def check_terms(terms: Terms, grades: Iterable[str], place: str) -> None:
    """Refuse terms for a grade that the policy does not have."""
    known = (*grades, OTHER)
    for each in TERMS:
        value = getattr(terms, each.name)
        for grade in value if isinstance(value, Mapping) else ():
            if grade not in known:
                raise UnknownFieldError("grade", grade, known, f"{place}.{each.name}".lstrip("."))
