"""From the data of a policy file to the policy, with every fault at its place.

An unknown key is an error, with the nearest known one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any, TypeAlias, TypeVar

from attrs import evolve, fields

from leadroute.errors import (
    ConfigError,
    PolicyError,
    UnknownFieldError,
    ValidationError,
    nearest,
)
from leadroute.formats.policy_cases import (
    case_of,
    read_expected,
    read_instant,
    read_lead,
    read_reps,
)
from leadroute.formats.policy_source import Parts
from leadroute.model.duration import parse_duration
from leadroute.model.given import Refused
from leadroute.model.territory import Territory
from leadroute.model.validation import ident
from leadroute.ranking.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    Logistic,
    NamedModel,
    Predictor,
    SourcePoints,
    read_points,
    read_priority,
    read_respond_within,
    read_when,
)
from leadroute.ranking.policy_checks import Case
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.parameters import lasting, positive, share
from leadroute.rules.cleaning import read_ignored
from leadroute.rules.conditions import ALWAYS, Condition, reads
from leadroute.rules.evaluation import Lists, Predicates, compile_condition, registry_of
from leadroute.rules.feedback_form import read_form
from leadroute.rules.fields import FIELDS
from leadroute.rules.parser import declared, parse, parse_definitions
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    CASES,
    EVERYONE,
    Disposition,
    Factor,
    Fallback,
    Qualification,
    Rule,
    check_dispositions,
    pool_of,
    read_steps,
)
from leadroute.rules.scorer import Scorer, guards, parse_score
from leadroute.rules.step import Step
from leadroute.rules.terms import READERS, read_cool_down

T = TypeVar("T")


Scorers = Mapping[str, Callable[..., Scorer]]
_Readers = Mapping[str, Callable[[Any], Any]]

MOST_ERRORS = 100
_NUMBER = re.compile(r"\[\d+\]")
_SCORED = ("fit", "engagement", "source", "grade")
_TABLES = "custom_fields definitions qualification disposition pool rule territory test".split()
WRITTEN_OF_RULE = (
    "capacity_cost release_on in_territory max_distance_km calling_hours min_shared_hours priority"
).split()


class Draft:
    """One policy being read."""

    def __init__(
        self, parts: Parts, scorers: Scorers, predicates: Predicates, lists: Lists, models: Models
    ) -> None:
        self._parts = parts
        self._scorers = scorers
        self._models = models
        self._registry, self._lists = registry_of(predicates, lists), lists or {}
        self._errors: list[ConfigError] = []
        self._fields: dict[str, str] = {}
        self._defines: Mapping[str, Condition] = {}
        self._names: dict[str, dict[str, None]] = {}

    def router(self) -> Router:
        """The router that the tables describe."""
        document = {key: it for key, it in self._parts.document.items() if key != "format"}
        self._read_fields(document)
        self._read_defines(document)
        terms = self._table("", "key of a policy", document, self._terms)
        factors = self._factors(document)
        ignore = self._ignored(document)
        dispositions = self._dispositions(document)
        lead_scoring = self._lead_scoring(document)
        pools = self._pools(document)
        fallback = self._fallback("fallback", document.get("fallback"))
        territories = self._territories(document)
        rules = self._rules(document)
        tests = self._tests(document)
        router = None
        with self._under(""):
            if factors and "qualify" in terms:
                raise ConfigError("has both `qualify` and [[qualification]]; keep one of them")
            if not self._errors:
                if factors:
                    terms["qualify"] = Qualification(factors)
                router = Router(
                    rules=rules,
                    pools=pools,
                    tests=tests,
                    territories=territories,
                    definitions=self._defines,
                    custom_fields=self._fields,
                    predicates=self._registry.predicates,
                    lists=self._lists,
                    ignore=ignore,
                    fallback=fallback,
                    lead_scoring=lead_scoring,
                    dispositions=tuple(dispositions) or None,
                    **terms,
                )
        if router is None:
            raise PolicyError(self._errors)
        return router

    @property
    def _terms(self) -> _Readers:
        return {
            "qualify": self._lead_condition,
            **READERS,
            "offline_grace": _duration,
            "wrap_up": _duration,
            "catch_all": _ident,
            "holidays": _dates,
            "caps": _as_written,
            "timezone": _as_written,
            "feedback": read_form,
            **dict.fromkeys(("lint", "fallback", "lead_scoring", *_TABLES), _left_alone),
        }

    def _read_fields(self, document: Mapping[str, Any]) -> None:
        for key, kind in _leaves(self._mapping(document, "custom_fields")):
            with self._under(f"custom_fields.{key}"):
                written = _text(kind)
                declared({key: written})
                self._fields[key.removeprefix("lead.")] = written

    def _read_defines(self, document: Mapping[str, Any]) -> None:
        texts: dict[str, str] = {}
        for name, written in self._mapping(document, "definitions").items():
            with self._under(f"definitions.{name}"):
                texts[name] = _text(written)
        try:
            self._defines = parse_definitions(texts, custom=self._fields)
        except ConfigError as error:
            self._defines = dict.fromkeys(texts, ALWAYS)
            self._find_in_definitions(texts, error)

    def _find_in_definitions(self, texts: Mapping[str, str], first: ConfigError) -> None:
        """Note every error in the definitions, one by one, or else ``first``, which they share."""
        before = len(self._errors)
        for name, written in texts.items():
            with self._under(f"definitions.{name}"):
                parse(written, definitions=self._defines, custom=self._fields)
        if len(self._errors) == before:
            self._note(first.at(self._parts.at("definitions")))

    def _factors(self, document: Mapping[str, Any]) -> list[Factor]:
        readers = {
            "name": self._new("factor"),
            "require": self._lead_condition,
            "outcome": _text,
            "reason": _text,
        }
        return self._each(document, "qualification", _factor, readers, noun="factor")

    def _ignored(self, document: Mapping[str, Any]) -> Mapping[str, str]:
        table = self._mapping(document, "lint")
        readers = {"ignore": read_ignored}
        found: Mapping[str, str] = self._table("lint", "key of [lint]", table, readers).get(
            "ignore", {}
        )
        return found

    def _dispositions(self, document: Mapping[str, Any]) -> list[Disposition]:
        readers = {"name": self._new("disposition")}
        readers |= dict.fromkeys(("closes", "won", "spellings"), _as_written)
        listed: list[Disposition] = []

        def build(**found: Any) -> Disposition:
            listed.append(Disposition(**found))
            check_dispositions(tuple(listed))
            return listed[-1]

        return self._each(document, "disposition", build, readers)

    def _lead_scoring(self, document: Mapping[str, Any]) -> LeadScoring | None:
        if document.get("lead_scoring") is None:
            return None
        table, before = self._mapping(document, "lead_scoring"), len(self._errors)
        readers = {
            "blend": share,
            "half": positive,
            "model": lambda given: read_model(given, self._models),
            **dict.fromkeys(_SCORED, _left_alone),
        }
        terms = self._table("lead_scoring", "key of [lead_scoring]", table, readers)
        fit = self._scored(table, "fit", FitCriterion, ("name", "when"))
        sources = self._scored(table, "source", SourcePoints, ())
        engagement = self._scored(table, "engagement", EngagementSignal, ("signal",))
        grades = self._scored(table, "grade", LeadGrade, ("name", "at_least"))
        model, found = terms.pop("model", None), None
        with self._under("lead_scoring"):
            if len(self._errors) == before:
                found = LeadScoring(
                    fit=fit,
                    engagement=engagement,
                    sources=sources,
                    grades=grades,
                    predicates=self._registry.predicates,
                    lists=self._lists,
                    **terms,
                )
        with self._under("lead_scoring.model"):
            return None if found is None else evolve(found, model=model)
        return None

    def _scored(
        self, scoring: Mapping[str, Any], key: str, kind: Callable[..., T], required: Iterable[str]
    ) -> list[T]:
        """The entries of one list of [lead_scoring]."""
        readers = scored_readers(self._lead_condition, self._new)[key]
        known = self._names.setdefault("scored part", {})

        def build(**found: Any) -> T:
            built = kind(**found)
            if isinstance(built, SourcePoints) and built.name in known:
                raise ConfigError(f"{built.name} stands twice; keep one of them")
            known[getattr(built, "name", "")] = None
            return built

        return self._each(scoring, key, build, readers, required, name=f"lead_scoring.{key}")

    def _pools(self, document: Mapping[str, Any]) -> list[Pool]:
        where = partial(self._asking_nothing_of, "lead")
        readers: _Readers = {
            "name": self._new("pool"),
            "reps": _idents,
            "where": where,
            "cool_down": read_cool_down,
            "pause_after_missed": _as_written,
            "wrap_up": _duration,
        }
        return self._each(document, "pool", Pool, readers)

    def _rules(self, document: Mapping[str, Any]) -> list[Rule]:
        readers: _Readers = {
            "name": self._new("rule"),
            "when": self._lead_condition,
            "require": self._condition,
            "score": self._score,
            "pool": self._known_pool,
            **READERS,
            "segment": _ident,
            **dict.fromkeys(WRITTEN_OF_RULE, _as_written),
            "fallback": _left_alone,
            "step": _left_alone,
        }
        rules: list[Rule] = []
        for place, table in self._tables(document, "rule"):
            fallback = self._fallback(f"{place}.fallback", table.get("fallback"))
            build = partial(_rule, fallback=fallback, steps=self._rule_steps(place, table))
            rules += self._built(place, table, "rule", build, readers)
        return rules

    def _rule_steps(self, place: str, table: Mapping[str, Any]) -> list[Step]:
        readers = {"after": _duration, "require": self._condition, "pool": self._known_pool}
        name = f"{place}.step"
        return self._each(table, "step", Step, readers, ("after",), noun="step", name=name)

    def _fallback(self, place: str, given: Any) -> Fallback:
        if given is not None and not isinstance(given, Mapping):
            problem = f"is {_called(given)}; write {{ none_available = 'pool emea, wait' }}"
            self._note(ConfigError(problem, self._parts.at(place)))
            return Fallback()
        readers = {case: partial(self._steps, case) for case in CASES}
        return Fallback(**self._table(place, "case of fallback", given or {}, readers))

    def _steps(self, case: str, given: Any) -> tuple[str, ...]:
        try:
            found = read_steps(case, given)
        except ConfigError as error:
            raise ConfigError(error.problem) from None
        for pool in filter(None, map(pool_of, found)):
            self._known_pool(pool)
        return found

    def _tests(self, document: Mapping[str, Any]) -> list[Case]:
        rules, pools = self._names.get("rule", {}), (*self._names.get("pool", {}), EVERYONE)
        readers = {
            "name": self._new("test"),
            "lead": read_lead,
            "expect": lambda given: read_expected(given, rules, pools),
            "rep": read_reps,
            "now": read_instant,
        }
        return self._each(document, "test", case_of, readers)

    def _territories(self, document: Mapping[str, Any]) -> list[Territory]:
        known = [each.name for each in fields(Territory) if each.init]
        readers = {**dict.fromkeys(known, _as_written), "name": self._new("territory")}
        return self._each(document, "territory", Territory, readers)

    def _each(
        self,
        document: Mapping[str, Any],
        key: str,
        build: Callable[..., T],
        readers: _Readers,
        required: Iterable[str] = ("name",),
        *,
        noun: str = "",
        name: str = "",
    ) -> list[T]:
        """What is built of each table of a list; of a table with a fault nothing is."""
        noun = noun or name or key
        return [
            built
            for place, table in self._tables(document, key, name)
            for built in self._built(place, table, noun, build, readers, required)
        ]

    def _new(self, kind: str) -> Callable[[Any], str]:
        """A reader of names that refuses one that it has read before."""
        seen = self._names.setdefault(kind, {})

        def read(given: Any) -> str:
            name = _ident(given)
            if name in seen:
                several = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
                raise ConfigError(
                    f"there are two {several} named {name!r}; give each a name of its own"
                )
            seen[name] = None
            return name

        return read

    def _known_pool(self, given: Any) -> str:
        name, known = _ident(given), (*self._names["pool"], EVERYONE)
        if name not in known:
            raise UnknownFieldError("pool", name, known)
        return name

    def _condition(self, given: Any) -> Condition:
        found = parse(_text(given), definitions=self._defines, custom=self._fields)
        compile_condition(found, self._registry)
        return found

    def _lead_condition(self, given: Any) -> Condition:
        return self._asking_nothing_of("rep", given)

    def _asking_nothing_of(self, entity: str, given: Any) -> Condition:
        found = self._condition(given)
        if asked := getattr(reads(found), entity):
            asks = ", ".join(sorted(map(str, asked)))
            raise ConfigError(f"asks about the {entity} ({asks}); move that to a rule's `require`")
        return found

    def _score(self, given: Any) -> Scorer:
        found = parse_score(
            _text(given), self._scorers, definitions=self._defines, custom=self._fields
        )
        for condition in guards(found):
            compile_condition(condition, self._registry)
        return found

    def _built(
        self,
        place: str,
        given: Mapping[str, Any],
        noun: str,
        build: Callable[..., T],
        readers: _Readers,
        required: Iterable[str] = ("name",),
    ) -> Iterator[T]:
        """Yield what is built of a table, unless something in it is wrong or a key is missing."""
        with self._under(place):
            before = len(self._errors)
            found = self._table(place, f"key of a {noun}", given, readers)
            for key in required:
                if given.get(key) is None:
                    remedy = "give it a name of its own" if key == "name" else f"write {key} = ..."
                    problem = f"is missing; {remedy}"
                    self._note(ConfigError(problem, self._parts.at(f"{place}.{key}")))
            if len(self._errors) == before:
                yield build(**found)

    def _table(
        self, place: str, kind: str, given: Mapping[str, Any], readers: _Readers
    ) -> dict[str, Any]:
        """What the readers make of a table; what is wrong is noted and left out, as is ``None``."""
        found = {}
        for key, value in given.items():
            known = key in readers
            with self._under(
                f"{place}.{key}".lstrip(".") if known else place, "" if known else key
            ):
                if key not in readers:
                    raise UnknownFieldError(kind, key[:60], tuple(readers))
                read = None if value is None else readers[key](value)
                if read is not None:
                    found[key] = read
        return found

    def _mapping(self, document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
        given = document.get(name)
        if isinstance(given, Mapping) or given is None:
            return given or {}
        problem = f"is {_called(given)}; write a table [{name}], or an object in JSON"
        self._note(ConfigError(problem, self._parts.at(name)))
        return {}

    def _tables(
        self, document: Mapping[str, Any], key: str, name: str = ""
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        given, name = document.get(key), name or key
        listed = given if isinstance(given, list) else [] if given is None else [given]
        for position, table in enumerate(listed):
            place = f"{name}[{position}]"
            if listed is given and isinstance(table, Mapping):
                yield place, table
            else:
                place = place if listed is given else name
                written = f"[[{re.sub(_NUMBER, '', name)}]]"
                problem = f"is {_called(table)}; write {written}, or a list of objects in JSON"
                self._note(ConfigError(problem, self._parts.at(place)))

    @contextmanager
    def _under(self, place: str, key: str = "") -> Iterator[None]:
        """Note what goes wrong within as an error at ``place``, on the line of a key of it."""
        try:
            yield
        except PolicyError:
            raise
        except ConfigError as error:
            self._note(error.at(self._parts.at(place, key or error.place)))
        except ValidationError as error:
            for fault in error.faults:
                self._note(ConfigError(str(fault), self._parts.at(place, fault.field)))

    def _note(self, error: ConfigError) -> None:
        self._errors.append(error)
        if len(self._errors) >= MOST_ERRORS:
            raise PolicyError(self._errors)


def _rule(**found: Any) -> Rule:
    """A rule, whose steps have another name in a file."""
    try:
        return Rule(**found)
    except ConfigError as error:
        raise ConfigError(error.problem, error.place.replace("steps[", "step[", 1)) from None


def _factor(**found: Any) -> Factor:
    try:
        given = {"condition" if key == "require" else key: value for key, value in found.items()}
        return Factor(**{"condition": None, **given})
    except ValidationError as error:
        told = [str(fault).replace("condition", "require", 1) for fault in error.faults]
        raise ConfigError("; ".join(told)) from None


def _leaves(table: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The entries of a table, with those of its tables ``lead`` and ``rep`` as ``lead.name``."""
    for key, value in table.items():
        if key in FIELDS and isinstance(value, Mapping):
            yield from ((f"{key}.{name}", kind) for name, kind in value.items())
        else:
            yield key, value


def _text(given: Any) -> str:
    if not isinstance(given, str):
        raise ConfigError(f"is {_called(given)}; write text in quotes")
    return given


def _ident(given: Any) -> str:
    try:
        return ident(_text(given))
    except Refused as refused:
        raise ConfigError(str(refused)) from None


def _idents(given: Any) -> frozenset[str]:
    if not isinstance(given, list):
        raise ConfigError(f"is {_called(given)}; write a list of ids such as ['ada', 'bob']")
    return frozenset(map(_ident, given))


def _dates(given: Any) -> frozenset[date]:
    if not isinstance(given, list):
        raise ConfigError(f"is {_called(given)}; write a list of dates such as ['2026-12-25']")
    return frozenset(map(_date, given))


def _date(given: Any) -> date:
    if type(given) is date:
        return given
    try:
        return date.fromisoformat(given)
    except (TypeError, ValueError):
        raise ConfigError(f"holds {given!r:.40}; write dates such as '2026-12-25'") from None


def _duration(given: Any) -> timedelta:
    return parse_duration(_text(given))


def _as_written(given: Any) -> Any:
    """What the value itself checks."""
    return given


def _left_alone(given: Any) -> None:
    """A table, which is read on its own."""


def _called(given: Any) -> str:
    if isinstance(given, bool):
        return "true" if given else "false"
    names = {int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    return names.get(type(given), f"a {type(given).__name__}")


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
        "source": {"source": _words, "channel": _words, "points": read_points},
        "engagement": {
            "signal": new("scored part"),
            "points": positive,
            "half_life": lambda given: lasting(_words(given)),
        },
        "grade": {
            "name": new("grade"),
            "at_least": _bounds(),
            "respond_within": lambda given: read_respond_within(_words(given)),
            "priority": read_priority,
        },
    }


def _words(given: Any) -> str:
    if not isinstance(given, str):
        raise ConfigError(f"is {given!r:.40}; write text in quotes")
    return given


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
