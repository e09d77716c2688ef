"""Policies as files: read, checked and written.

* Reading and writing are inverses: ``parse_policy(dump_policy(router)) == router``.
* Conditions and scores are read by ``leadroute.rules``; nothing in a file is evaluated or imported.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import fields

from leadroute.errors import ConfigError
from leadroute.formats.policy_cases import case_table
from leadroute.formats.policy_reader import WRITTEN_OF_RULE, Draft, Models, Scorers
from leadroute.formats.policy_source import Part, Parts, format_of, read_document, read_extended
from leadroute.model.duration import format_duration, format_within
from leadroute.model.territory import Territory
from leadroute.model.validation import must_be
from leadroute.ranking.lead_scoring import LeadGrade, LeadScoring, Logistic
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.custom import HostScorer
from leadroute.rules.conditions import Condition, definitions
from leadroute.rules.evaluation import Lists, Predicates
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    DISPOSITIONS,
    Disposition,
    Factor,
    Fallback,
    Rule,
    parts_of,
    steps_as_text,
)
from leadroute.rules.scorer import Scorer, guards
from leadroute.rules.step import Step
from leadroute.rules.terms import said, written
from leadroute.scorers import BUILT_IN

_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_UNSAFE = re.compile(r'[\x00-\x1f"\\\x7f]')
_VERBATIM = re.compile(r"""[^\x00-\x1f'\x7f]*["\\][^\x00-\x1f'\x7f]*""")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def write_toml(document: Mapping[str, Any]) -> str:
    """A document as TOML."""
    values, blocks = {}, list[tuple[str, Mapping[str, Any]]]()
    for name, value in document.items():
        if isinstance(value, Mapping):
            inner = {key: each for key, each in value.items() if _is_tables(each)}
            plain = {key: each for key, each in value.items() if key not in inner}
            blocks.append((f"[{_key(name)}]", plain))
            for key, each in inner.items():
                blocks += [(f"[[{_key(name)}.{_key(key)}]]", table) for table in each]
        elif _is_tables(value):
            blocks.extend(_blocks(_key(name), value))
        else:
            values[name] = value
    parts = ["".join(_lines(values))]
    parts += [f"{title}\n{''.join(_lines(table))}" for title, table in blocks]
    return "\n".join(parts)


def _blocks(
    name: str, tables: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The tables of an array, each with those of its steps behind it."""
    for each in tables:
        steps = each.get("step", ())
        yield f"[[{name}]]", {key: value for key, value in each.items() if key != "step"}
        yield from ((f"[[{name}.step]]", step) for step in steps)


def _is_tables(value: Any) -> bool:
    """Whether a value is written as an array of tables."""
    listed = isinstance(value, list) and bool(value)
    return listed and all(isinstance(each, Mapping) for each in value)


def _lines(table: Mapping[str, Any]) -> Iterable[str]:
    keys = [_key(name) for name in table]
    width = max(map(len, keys), default=0)
    for key, value in zip(keys, table.values(), strict=True):
        yield f"{key:<{width}} = {_value(value)}\n"


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {pairs} }}"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(value: str) -> str:
    if _VERBATIM.fullmatch(value):
        return f"'{value}'"
    return (
        '"'
        + _UNSAFE.sub(lambda found: _SHORT.get(found[0], f"\\u{ord(found[0]):04x}"), value)
        + '"'
    )


FORMAT = 1  # the number of the format that this version reads and writes


def load_policy(
    source: str | Path,
    *,
    format: str | None = None,  # noqa: A002 - the host's word for it
    scorers: Scorers | None = None,
    predicates: Predicates = None,
    lists: Lists = None,
    models: Models | None = None,
) -> Router:
    """The router that a policy file describes.

    Args:
        source: The path of the file.
        format: ``toml`` or ``json``; by the ending of the path when not given.
        scorers: Your own scorers by name, beside the built-in ones.
        predicates: The functions that ``predicate(name)`` calls, by name, as for ``Router``.
        lists: The lists that replace the bundled ones, by name, as for ``Router``.
        models: The models that ``[lead_scoring]`` may name: anything with ``predict_proba``.

    Raises:
        PolicyError: The file has errors; every one is listed with file, line, table and key.
        ConfigError: The file as a whole cannot be read.
        OSError: The file cannot be opened.
    """
    if not isinstance(source, str | Path):
        remedy = "write the path of a file; for its text there is parse_policy"
        raise ConfigError(f"source is {source!r:.60}; {remedy}")
    return _router(read_extended(source, format), scorers, predicates, lists, models)


def parse_policy(
    text: str,
    format: str = "toml",  # noqa: A002 - the host's word for it
    *,
    name: str = "policy",
    scorers: Scorers | None = None,
    predicates: Predicates = None,
    lists: Lists = None,
    models: Models | None = None,
) -> Router:
    """The router that the text of a policy file describes.

    Args:
        text: The text of the file.
        format: ``toml`` or ``json``.
        name: What errors call the file.
        scorers: Your own scorers by name, beside the built-in ones.
        predicates: The functions that ``predicate(name)`` calls, by name, as for ``Router``.
        lists: The lists that replace the bundled ones, by name, as for ``Router``.
        models: The models that ``[lead_scoring]`` may name: anything with ``predict_proba``.

    Raises:
        PolicyError: The text has errors; every one is listed with file, line, table and key.
        ConfigError: The text as a whole cannot be read.

    Example:
        >>> router = parse_policy('''
        ... format = 1
        ... qualify = "lead.budget > 0"
        ...
        ... [[rule]]
        ... name  = "germany"
        ... when  = "lead.country == 'de'"
        ... score = "3 * skill_match('industry') + round_robin()"
        ... ''')
        >>> router.rules[0].when
        <Comparison lead.country == 'DE'>
    """
    document = read_document(text, format, name)
    part = Part(name, text, format, document)
    if "extends" in document:
        problem = "builds on a file beside this one; load it with load_policy"
        raise ConfigError(problem, part.at("extends"))
    return _router(Parts((part,), document), scorers, predicates, lists, models)


def _router(
    parts: Parts,
    scorers: Scorers | None,
    predicates: Predicates,
    lists: Lists,
    models: Models | None,
) -> Router:
    given = parts.document.get("format")
    if type(given) is not int:
        problem = f"write format = {FORMAT} at the top of the policy"
        raise ConfigError(problem, parts.at("format"))
    if given != FORMAT:
        raise ConfigError(
            f"this is format {given}, and this version of leadroute reads format {FORMAT} alone; "
            "write it in that format, or install the version that the policy was written for",
            parts.at("format"),
        )
    named = {**BUILT_IN, **(scorers or {})}
    draft = Draft(parts, named, predicates, lists, models or {})
    return draft.router()


def dump_policy(
    router: Router,
    path: str | Path | None = None,
    format: str | None = None,  # noqa: A002 - the host's word for it
) -> str:
    """Return the text of a router's policy file, and write the file.

    Without a ``path`` nothing is written.

    Args:
        router: The policy.
        path: Where to write it.
        format: ``toml`` or ``json``; by the ending of ``path``, else ``toml``, when not given.

    Raises:
        ConfigError: The policy cannot be written: one name stands for two definitions, or a scorer
            of your own was called with something that no file can hold.
        OSError: The file cannot be written.

    Example:
        >>> from leadroute import LEAD, Router, Rule, round_robin
        >>> router = Router(rules=[Rule("us", when=LEAD.country == "US", score=round_robin())])
        >>> print(dump_policy(router), end="")
        format        = 1
        accept_within = "5m"
        catch_all     = "catch_all"
        <BLANKLINE>
        [[rule]]
        name  = "us"
        when  = "lead.country == 'US'"
        score = "round_robin()"
    """
    must_be(Router, router=router)
    found = format_of("policy.toml" if path is None else path, format)
    document = _document(router)
    text = (
        write_toml(document)
        if found == "toml"
        else json.dumps(document, ensure_ascii=False, allow_nan=False, indent=2) + "\n"
    )
    if path is not None:
        Path(path).write_text(text, encoding="utf-8", newline="\n")
    return text


def _document(router: Router) -> dict[str, Any]:
    document = {
        "format": FORMAT,
        "qualify": str(router.qualify) if isinstance(router.qualify, Condition) else None,
        **dict(said(router)),
        "offline_grace": format_duration(router.offline_grace) if router.offline_grace else None,
        "wrap_up": format_duration(router.wrap_up) if router.wrap_up else None,
        "catch_all": router.catch_all,
        "holidays": sorted(map(str, router.holidays)),
        "caps": [*map(str, router.caps)],
        "timezone": None if router.timezone == "UTC" else router.timezone,
        "fallback": _fallback_table(router.fallback),
        "lint": {"ignore": dict(router.ignore)} if router.ignore else None,
        "custom_fields": dict(router.custom_fields),
        "definitions": {name: str(each) for name, each in _definitions(router).items()},
        "lead_scoring": _scoring_table(router.lead_scoring),
        "feedback": None if router.feedback is None else router.feedback.schema(),
        "disposition": _disposition_tables(router.dispositions),
        "qualification": [
            _factor_table(each) for each in parts_of(router.qualify) if isinstance(each, Factor)
        ],
        "pool": [_pool_table(pool) for pool in router.pools],
        "rule": [_rule_table(rule) for rule in router.rules],
        "territory": [_territory_table(each) for each in router.territories.territories],
        "test": [case_table(case) for case in router.tests],
    }
    return {key: value for key, value in document.items() if value or key == "rule"}


def _known(**table: Any) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value is not None}


def _factor_table(factor: Factor) -> dict[str, Any]:
    condition = str(factor.condition)
    return _known(name=factor.name, require=condition, outcome=factor.outcome, reason=factor.reason)


def _scoring_table(scoring: LeadScoring | None) -> dict[str, Any]:
    if scoring is None:
        return {}
    model: Any = scoring.model
    if isinstance(model, Logistic):
        model = {"intercept": model.intercept, "coefficients": dict(model.coefficients)}
    elif model is not None:
        model = model.name
    fit = [
        {"name": each.name, "when": str(each.when), "points": each.points} for each in scoring.fit
    ]
    engagement = [
        {"signal": each.signal, "points": each.points, "half_life": each.half_life}
        for each in scoring.engagement
    ]
    return _known(
        blend=scoring.blend,
        half=scoring.half,
        model=model,
        fit=fit or None,
        source=[{each.field: each.value, "points": each.points} for each in scoring.sources]
        or None,
        engagement=engagement or None,
        grade=[_grade_table(each) for each in scoring.grades] or None,
    )


def _grade_table(grade: LeadGrade) -> dict[str, Any]:
    within = grade.respond_within
    return _known(
        name=grade.name,
        at_least=grade.at_least,
        respond_within=None if within is None else format_within(within),
        priority=grade.priority,
    )


def _disposition_tables(dispositions: tuple[Disposition, ...]) -> list[dict[str, Any]]:
    if dispositions == DISPOSITIONS:
        return []
    tables = (
        {"name": each.name, "closes": each.closes, "won": each.won, "spellings": [*each.spellings]}
        for each in dispositions
    )
    return [{key: value for key, value in table.items() if value} for table in tables]


def _written_score(rule: Rule) -> Scorer | None:
    for scorer in () if rule.score is None else rule.score.walk():
        if isinstance(scorer, HostScorer) and not scorer.written:
            held = "its arguments must be text, numbers, true, false, lists of these, or scorers"
            raise ConfigError(f"rule {rule.name!r}: {scorer} cannot be written to a file; {held}")
    return rule.score


def _pool_table(pool: Pool) -> dict[str, Any]:
    reps = None if pool.reps is None else sorted(pool.reps)
    wrap_up = None if pool.wrap_up is None else format_duration(pool.wrap_up)
    return _known(
        name=pool.name,
        reps=reps,
        where=None if pool.where is None else str(pool.where),
        wrap_up=wrap_up,
        cool_down=None if pool.cool_down is None else written(pool.cool_down),
        pause_after_missed=pool.pause_after_missed,
    )


def _territory_table(territory: Territory) -> dict[str, Any]:
    table = {each.name: getattr(territory, each.name) for each in fields(Territory) if each.init}
    return {
        name: sorted(value)
        if isinstance(value, frozenset)
        else [*value]
        if isinstance(value, tuple)
        else value
        for name, value in table.items()
        if value not in (None, frozenset())
    }


def _rule_table(rule: Rule) -> dict[str, Any]:
    texts = _known(
        name=rule.name,
        when=rule.when,
        require=rule.require,
        score=_written_score(rule),
        pool=rule.pool,
    )
    found: dict[str, Any] = {key: str(value) for key, value in texts.items()} | dict(said(rule))
    for name in ("segment", *WRITTEN_OF_RULE):
        if (value := getattr(rule, name)) != getattr(_PLAIN_RULE, name):
            found[name] = value
    if fallback := _fallback_table(rule.fallback):
        found["fallback"] = fallback
    if rule.steps:
        found["step"] = [_step_table(each) for each in rule.steps]
    return found


def _step_table(step: Step) -> dict[str, Any]:
    require = None if step.require is None else str(step.require)
    return _known(after=format_duration(step.after), require=require, pool=step.pool)


def _fallback_table(fallback: Fallback) -> dict[str, Any]:
    return {case: steps_as_text(steps) for case, steps in fallback.said()}


_PLAIN_RULE = Rule("plain")


def _definitions(router: Router) -> dict[str, Condition]:
    found = dict(router.definitions)
    for condition in (*router.definitions.values(), *_conditions(router)):
        for name, each in definitions(condition).items():
            if found.setdefault(name, each) != each:
                raise ConfigError(
                    f"the name {name!r} stands for two different conditions; rename one"
                )
    return found


def _conditions(router: Router) -> Iterator[Condition]:
    scoring = router.lead_scoring
    given = [
        *(
            each.condition if isinstance(each, Factor) else each
            for each in parts_of(router.qualify)
        ),
        *(pool.where for pool in router.pools),
        *(each.when for each in (() if scoring is None else scoring.fit)),
    ]
    for rule in router.rules:
        given += (rule.when, rule.require, *guards(rule.score))
        given += [step.require for step in rule.steps]
    return (condition for condition in given if condition is not None)
