"""How the values of ``[lead_scoring]`` are read, key by key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from leadroute.errors import ConfigError, UnknownFieldError, nearest
from leadroute.ranking.lead_scoring import (
    Logistic,
    NamedModel,
    Predictor,
    read_points,
    read_priority,
    read_respond_within,
    read_when,
)
from leadroute.ranking.scorers.parameters import lasting, positive, share
from leadroute.rules.conditions import Condition

Models: TypeAlias = Mapping[str, Predictor]
Reader: TypeAlias = Callable[[Any], Any]


def scored_readers(
    condition: Callable[[Any], Condition], new: Callable[[str], Reader]
) -> Mapping[str, Mapping[str, Reader]]:
    """Return the readers of each list of ``[lead_scoring]``, by key."""
    return {
        "fit": {
            "name": new("scored part"),
            "when": lambda given: read_when(condition(given)),
            "points": read_points,
        },
        "source": {"source": _text, "channel": _text, "points": read_points},
        "engagement": {"signal": new("scored part"), "points": positive, "half_life": _lasting},
        "grade": {
            "name": new("grade"),
            "at_least": _bounds(),
            "respond_within": lambda given: read_respond_within(_text(given)),
            "priority": read_priority,
        },
    }


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ConfigError(f"is {given!r:.40}; write text in quotes")
    return given


def _lasting(given: Any) -> str:
    return lasting(_text(given))


def _bounds() -> Reader:
    """A reader of the bounds of grades that refuses one that it has read before."""
    seen: set[float] = set()

    def read(given: Any) -> float:
        bound = share(given)
        if bound in seen:
            raise ConfigError(f"two grades begin at {bound:g}; give each a score of its own")
        seen.add(bound)
        return bound

    return read


def read_model(given: Any, models: Models) -> Logistic | NamedModel:
    """Read the model: the name of one that was handed in, or plain coefficients."""
    if isinstance(given, str):
        if given not in models:
            near = nearest(given, models)
            hint = "" if near is None else f"did you mean {near!r}? Or "
            raise ConfigError(
                f"the model {given!r:.90} was not handed in; {hint}load the policy with "
                f"models={{{given!r:.90}: ...}}"
            )
        return NamedModel(given, models[given])
    if not isinstance(given, Mapping):
        remedy = "write the name of a model, or { intercept = -2, coefficients = { ... } }"
        raise ConfigError(f"is {given!r:.40}; {remedy}")
    known = {"intercept": 0, "coefficients": {}}
    for key in given:
        if key not in known:
            raise UnknownFieldError("key of a model", str(key)[:60], known)
    found = {**known, **{key: each for key, each in given.items() if each is not None}}
    return Logistic(found["intercept"], found["coefficients"])
