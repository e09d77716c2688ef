"""The form of feedback, given as data: a subset of JSON Schema."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

from attrs import asdict, field, fields_dict, frozen

from leadroute.errors import ConfigError, FieldError, nearest
from leadroute.model.given import Refused
from leadroute.model.validation import FrozenDict, ident

ARGUMENTS: Final = ("value", "reason", "note")
"""The fields of a form that are arguments of ``feedback``; the others are given in ``fields``."""
_KINDS: Final = ("string", "number", "integer", "boolean")
_KEYWORDS: Final = ("type", "properties", "required")


def _listed(given: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(given, str) or not isinstance(given, list | tuple):
        raise ConfigError(f"{given!r:.40} stands where a list belongs; write one in brackets")
    return tuple(given)


@frozen
class FormField:
    """One field of a form.

    Args:
        type: ``string``, ``number``, ``integer`` or ``boolean``.
        enum: The values that it may have; empty for any.
        minimum: The smallest number that it may be; ``None`` for any.
        maximum: The largest number that it may be; ``None`` for any.
        maxLength: The most characters that a text may have; ``None`` for as many as can be kept.
        title: What it is called for people; empty for its name.

    Raises:
        ConfigError: Something of it cannot be, or does not go with its type.
    """

    type: str
    enum: tuple[Any, ...] = field(default=(), converter=_listed)
    minimum: float | None = None
    maximum: float | None = None
    maxLength: int | None = None  # noqa: N815 - as JSON Schema calls it
    title: str = ""

    def __attrs_post_init__(self) -> None:
        if self.type not in _KINDS:
            raise ConfigError(f"type is {self.type!r:.40}; write one of {', '.join(_KINDS)}")
        numeric = self.type in ("number", "integer")
        for name, bound, fits in (
            ("minimum", self.minimum, numeric),
            ("maximum", self.maximum, numeric),
            ("maxLength", self.maxLength, self.type == "string"),
        ):
            if bound is not None and not fits:
                raise ConfigError(f"{name} does not go with the type {self.type!r}; leave it out")
            if bound is not None and (
                isinstance(bound, bool) or not isinstance(bound, int | float)
            ):
                raise ConfigError(f"{name} is {bound!r:.40}; write a number")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ConfigError("minimum is above maximum; exchange them")
        if self.maxLength is not None and (type(self.maxLength) is not int or self.maxLength < 1):
            raise ConfigError("maxLength is no whole number from 1 up; write such as 500")
        for each in self.enum:
            if problem := self._of_kind(each):
                raise ConfigError(f"enum holds {each!r:.40}, which {problem}")
        if not isinstance(self.title, str):
            raise ConfigError("title is not text; write it in quotes")

    def problem(self, given: Any) -> str | None:
        """Say the fault of a value; ``None`` when it fits.

        A text is not repeated, because it may be personal.
        """
        wrong = self._of_kind(given)
        if wrong is not None:
            return wrong
        if self.enum and given not in self.enum:
            return f"is none of {', '.join(map(str, self.enum))}; write one of them"
        if self.minimum is not None and given < self.minimum:
            return f"is {given!r}; write {self.minimum:g} or more"
        if self.maximum is not None and given > self.maximum:
            return f"is {given!r}; write {self.maximum:g} or less"
        if self.maxLength is not None and len(given) > self.maxLength:
            return f"has {len(given)} characters; write at most {self.maxLength}"
        return None

    def _of_kind(self, given: Any) -> str | None:
        kind = type(given).__name__
        if self.type == "string":
            return None if isinstance(given, str) else f"is of type {kind}; write text"
        if self.type == "boolean":
            return None if isinstance(given, bool) else f"is of type {kind}; write true or false"
        if isinstance(given, bool) or not isinstance(given, int | float):
            return f"is of type {kind}; write a number"
        if not isfinite(given):
            return "is no finite number; write one"
        if self.type == "integer" and given != int(given):
            return f"is {given!r}; write a whole number"
        return None


def _properties(given: Mapping[str, Any]) -> Mapping[str, FormField]:
    if not isinstance(given, Mapping):
        raise ConfigError("properties are no table; write the fields by their names")
    return FrozenDict({_field_name(name): _form_field(name, each) for name, each in given.items()})


@frozen
class FeedbackForm:
    """The fields of feedback, by name.

    Args:
        properties: The fields, as ``FormField`` or as data. ``value``, ``reason`` and ``note`` are the
            arguments of ``feedback``; the others are given in its ``fields``.
        required: The names of the fields without which feedback is refused.

    Raises:
        ConfigError: A field cannot be read, or one that is required is not on the form.

    Example:
        >>> form = FeedbackForm({"budget": {"type": "number", "minimum": 0}}, ["budget"])
        >>> [str(each) for each in form.faults({"budget": -1})]
        ['budget is -1; write 0 or more']
    """

    properties: Mapping[str, FormField] = field(converter=_properties)
    required: tuple[str, ...] = field(default=(), converter=_listed)

    def __attrs_post_init__(self) -> None:
        for name in self.required:
            if name not in self.properties:
                raise ConfigError(
                    f"requires {name!r:.40}, which is not on the form; {_remedy(name, self.properties)}"
                )

    def faults(self, given: Mapping[str, Any]) -> Iterator[FieldError]:
        """Yield the faults of feedback, field by field."""
        for name in self.required:
            if given.get(name) is None:
                yield FieldError(name, "is missing, and the form requires it")
        for name, value in given.items():
            known = self.properties.get(name)
            if known is not None and value is not None:
                problem = known.problem(value)
                if problem is not None:
                    yield FieldError(name, problem)
            elif known is None and name not in ARGUMENTS:
                yield FieldError(
                    str(name)[:80], f"is not on the form; {_remedy(name, self.properties)}"
                )

    def schema(self) -> dict[str, Any]:
        """The form as the JSON Schema that it was read from."""
        properties = {
            name: {
                key: [*value] if isinstance(value, tuple) else value
                for key, value in asdict(each, recurse=False).items()
                if value not in (None, (), "")
            }
            for name, each in self.properties.items()
        }
        required = {"required": [*self.required]} if self.required else {}
        return {"type": "object", "properties": properties, **required}


NO_FORM: Final = FeedbackForm({})


def read_form(given: FeedbackForm | Mapping[str, Any] | None) -> FeedbackForm | None:
    """A converter for the form of feedback."""
    if given is None or isinstance(given, FeedbackForm):
        return given
    if not isinstance(given, Mapping):
        raise ConfigError("feedback: is no table; write the form as a JSON Schema of an object")
    _check_keywords(given, _KEYWORDS, "feedback")
    if given.get("type", "object") != "object":
        raise ConfigError("feedback.type: a form is of the type 'object'; write that")
    try:
        return FeedbackForm(given.get("properties", {}), given.get("required", ()))
    except ConfigError as error:
        raise error.at("feedback") from None


def _field_name(name: Any) -> str:
    try:
        found = ident(name)
    except Refused as refused:
        raise ConfigError(f"the name of a field {refused}") from None
    if found in ("status", "by"):
        raise ConfigError(
            f"{found!r} is an argument of feedback itself; give the field another name"
        )
    return found


def _form_field(name: Any, given: Any) -> FormField:
    if isinstance(given, FormField):
        return given
    if not isinstance(given, Mapping):
        raise ConfigError(f"properties.{name}: is no table; write such as {{ type = 'string' }}")
    _check_keywords(given, tuple(fields_dict(FormField)), f"properties.{name}")
    if "type" not in given:
        raise ConfigError(f"properties.{name}: has no type; write one of {', '.join(_KINDS)}")
    try:
        return FormField(**given)
    except ConfigError as error:
        raise error.at(f"properties.{name}") from None


def _check_keywords(given: Mapping[str, Any], known: tuple[str, ...], place: str) -> None:
    for name in given:
        if name not in known:
            raise ConfigError(
                f"{place}: has {name!r:.40}, which a form does not know; {_remedy(name, known)}"
            )


def _remedy(name: Any, known: Mapping[str, Any] | tuple[str, ...]) -> str:
    near = nearest(str(name), known)
    if near is not None:
        return f"write {near!r}"
    return f"write one of {', '.join(known)}" if known else "leave it out, or put it on the form"
