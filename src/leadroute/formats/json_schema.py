"""A JSON Schema of policy files, made from the code that reads them, for editors.

Whatever the schema refuses, ``parse_policy`` refuses. The text of conditions and scores is left to ``parse_policy``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, Final

from attrs import fields

from leadroute.formats.policy_file import FORMAT
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.territory import Territory
from leadroute.ranking.policy_checks import EXPECTATIONS
from leadroute.ranking.ranking import Outcome
from leadroute.rules.fields import CUSTOM_KINDS, FIELDS, Kind
from leadroute.rules.rule import CASES, OUTCOMES, RELEASE_ON
from leadroute.rules.terms import BACKLOGS, COOLING

Schema = dict[str, Any]

_KINDS: Final[Mapping[Kind, Schema]] = {
    Kind.TEXT: {"type": ["string", "null"]},
    Kind.NUMBER: {"type": ["number", "null"]},
    Kind.INSTANT: {"type": ["string", "null"], "format": "date-time"},
    Kind.FLAG: {"type": "boolean"},
    Kind.NAMES: {"type": "array", "items": {"type": "string"}},
    Kind.LEVELS: {"type": "object", "additionalProperties": {"type": "number"}},
}


def _is(description: str, kind: str, **more: Any) -> Schema:
    return {"description": description, "type": kind, **more}


def _or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def _text(description: str) -> Schema:
    return _or_null(_is(description, "string"))


def _number(description: str, **bounds: float) -> Schema:
    return _or_null(_is(description, "number", **bounds))


def _choice(description: str, *values: str) -> Schema:
    return {"description": description, "enum": [*values, None]}


def _list_of(items: Schema) -> Schema:
    return {"type": ["array", "null"], "items": items}


def _table_of(values: Schema) -> Schema:
    return {"type": ["object", "null"], "additionalProperties": values}


def _table(description: str, properties: Schema, *required: str) -> Schema:
    return {
        "description": description,
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


def _name(what: str) -> Schema:
    return _is(f"The name of the {what}, unique.", "string", minLength=1, maxLength=80)


def _fallback(cases: Iterable[str]) -> Schema:
    steps = {
        "description": "Steps in order, with commas between: pool NAME, ignore_availability, "
        "first_back within 48h, next rule, wait or catch_all.",
        "type": ["string", "array", "null"],
        "items": {"type": "string"},
    }
    return _or_null(_table("What happens when nobody is found.", dict.fromkeys(cases, steps)))


def _entity(kind: str, model: type[Any]) -> Schema:
    known = FIELDS[kind]
    properties = {
        each.name: _KINDS[known[each.name].kind] if each.name in known else {}
        for each in fields(model)
        if each.init
    }
    return _table(f"A {kind}.", properties)


_WHOLE: Final = {"type": ["integer", "null"]}
_NAMES: Final = _list_of({"type": "string"})
_KIND: Final = {"description": "What a custom attribute holds.", "enum": [*map(str, CUSTOM_KINDS)]}
_POINTS: Final = {
    **_number("What it adds; below 0 for what speaks against the lead."),
    "not": {"const": 0},
}

_FACTOR: Final = _table(
    "One thing that a lead must fulfil.",
    {
        "name": _name("factor"),
        "require": _is("Condition that must hold of the lead.", "string"),
        "outcome": _choice("What becomes of a lead of which it does not hold.", *OUTCOMES),
        "reason": _text("Why, in words."),
    },
    "name",
    "require",
)
_MODEL: Final = _table(
    "A logistic model.",
    {
        "intercept": _number("The log-odds of a lead without any feature."),
        "coefficients": _table_of({"type": "number"}),
    },
)
_CRITERION: Final = _table(
    "What a lead is.",
    {
        "name": _is("The name of the criterion, unique.", "string"),
        "when": _is("Condition on the lead.", "string"),
        "points": _POINTS,
    },
    "name",
    "when",
)
_SOURCE: Final = _table(
    "Points for where a lead came from.",
    {
        "source": _text("Where the lead came from; either this or channel."),
        "channel": _text("How the lead arrived."),
        "points": _POINTS,
    },
)
_SIGNAL: Final = _table(
    "What a lead did.",
    {
        "signal": _is("The kind of signal, unique.", "string"),
        "points": _number("What each unit of its value adds while it is new.", exclusiveMinimum=0),
        "half_life": _text("The age at which it counts half, such as 7d."),
    },
    "signal",
)
_BOUND: Final = "The score from which on a lead belongs to it."
_GRADE: Final = _table(
    "A grade of leads by score.",
    {
        "name": _name("grade"),
        "at_least": _is(_BOUND, "number", minimum=0, maximum=1),
        "respond_within": _text("The time within which such a lead must be contacted."),
        "priority": _or_null(_is("Higher goes first.", "integer")),
    },
    "name",
    "at_least",
)
_LEAD_SCORING: Final = _table(
    "How leads are scored before they are qualified.",
    {
        "blend": _number("How much fit counts beside engagement.", minimum=0, maximum=1),
        "half": _number("The heat that gives half of full engagement.", exclusiveMinimum=0),
        "model": {
            "description": "The name of a model that the caller hands in, or plain coefficients.",
            "anyOf": [{"type": ["string", "null"]}, _MODEL],
        },
        "fit": _list_of(_CRITERION),
        "source": _list_of(_SOURCE),
        "engagement": _list_of(_SIGNAL),
        "grade": _list_of(_GRADE),
    },
)
_DISPOSITION: Final = _table(
    "A word that feedback may use.",
    {
        "name": _name("disposition"),
        "closes": _or_null(_is("Whether it ends the work on the lead.", "boolean")),
        "won": _or_null(_is("Whether it counts as a win.", "boolean")),
        "spellings": {"description": "Other words that mean the same.", **_NAMES},
    },
    "name",
)
_COOL_DOWN: Final[Schema] = {
    "description": "How long a rep gets no offer after one ended, or by how it ended.",
    "type": ["string", "object", "null"],
    "properties": {answer: {"type": "string"} for answer in COOLING},
    "additionalProperties": False,
}
_POOL: Final = _table(
    "A named set of reps that share one rotation.",
    {
        "name": _name("pool"),
        "reps": {"description": "The ids of its members.", **_NAMES},
        "where": _text("Condition on the rep."),
        "cool_down": _COOL_DOWN,
        "pause_after_missed": {**_WHOLE, "minimum": 1},
        "wrap_up": _text("How long a rep is left alone after a contact, such as 2m."),
    },
    "name",
) | {
    "anyOf": [
        {"required": ["reps"], "properties": {"reps": {"type": "array"}}},
        {"required": ["where"], "properties": {"where": {"type": "string"}}},
    ]
}
_BY_GRADE: Final[Schema] = {
    "type": ["string", "object", "null"],
    "additionalProperties": {"type": "string"},
}
_SEVERAL: Final[Schema] = {
    "type": ["string", "array", "null"],
    "items": {"type": "string"},
    "minItems": 1,
}


def _count(description: str) -> Schema:
    return _or_null(_is(description, "integer", minimum=1))


_TERMS: Final[Schema] = {
    "accept_within": {
        "description": "How long an offer stands, such as 5m or 15m working, or by grade.",
        **_BY_GRADE,
    },
    "rounds": {**_WHOLE, "description": "How often the pool is gone through.", "minimum": 1},
    "wait_between": _text("The pause after an offer that nobody answered, such as 30s."),
    "total_within": {
        "description": "How long a lead is offered in all, such as 1h, or by grade.",
        **_BY_GRADE,
    },
    "truncate": {
        "description": "Whether the offer in flight ends with total_within.",
        "type": ["boolean", "null"],
    },
    "max_age": {
        "description": "The age at which a lead waits no longer, such as 2d, or by grade.",
        **_BY_GRADE,
    },
    "max_waiting": {**_WHOLE, "description": "How many leads one line holds.", "minimum": 1},
    "respond_within": {
        "description": "How soon a lead is contacted, such as 4h working, or by grade.",
        **_BY_GRADE,
    },
    "close_within": {"description": "How soon a lead is closed, or by grade.", **_BY_GRADE},
    "warn_before": _SEVERAL | {"description": "Warnings before a deadline, such as 10m."},
    "on_breach": _SEVERAL
    | {"description": "What is done about a missed deadline: remind, escalate NAME, reassign."},
    "follow_up": _SEVERAL | {"description": "When the owner is asked how it went, such as 1d."},
    "cool_down": _COOL_DOWN,
    "keep_place": _text("How long a withdrawn lead keeps its place in the line, such as 60s."),
    "backlog": _choice("Which waiting leads come first, of equal priority and score.", *BACKLOGS),
    "backlog_gap": _text("The least time between two waiting leads for one rep, such as 20s."),
    "backlog_burst": _count("The most waiting leads that a rep may have unanswered."),
    "claims_per_hour": _count("The most leads that a rep may pull in an hour."),
    "lapsed_claims": _count("How many pulled leads a rep may let run out in a day."),
    "offer": _text(
        "exclusive, parallel 3, 'parallel 3, one more every 10s', broadcast, pull or suggest."
    ),
    "remind_before": {
        "description": "How long before its end an offer is reminded of, such as 2m, or by grade.",
        **_BY_GRADE,
    },
    "preview": {"description": "The fields shown before the lead is accepted.", **_NAMES},
    "auto_accept": _or_null(_is("Whether an offer is accepted at once.", "boolean")),
}
_STEP: Final = _table(
    "Who may take leads of the rule that have waited.",
    {
        "after": _is("The age of the lead at which it opens, such as 10m.", "string"),
        "require": _text("Condition on the rep, or on rep and lead, in place of the one so far."),
        "pool": _text("The name of the pool in place of the one so far."),
    },
    "after",
) | {
    "anyOf": [
        {"required": [key], "properties": {key: {"type": "string"}}} for key in ("require", "pool")
    ]
}
_RULE: Final = _table(
    "Which leads it is for, which reps may take them, and on what terms.",
    {
        "name": _name("rule"),
        "when": _text("Condition on the lead; every lead when left out."),
        "require": _text("Condition on the rep, or on rep and lead."),
        "score": _text("What is preferred, such as 3 * skill_match('industry') + free_capacity()."),
        "pool": _text("The name of a pool, or everyone."),
        **_TERMS,
        "segment": _text(
            "The name under which its leads count in capacity_by_segment and in caps."
        ),
        "capacity_cost": {**_WHOLE, "minimum": 0},
        "release_on": _choice("When it gives capacity back.", *RELEASE_ON),
        "in_territory": {"type": ["boolean", "null"]},
        "max_distance_km": {"type": ["number", "null"], "minimum": 0},
        "calling_hours": _text("When leads may be called, such as mon-fri 09:00-20:00."),
        "min_shared_hours": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": 1},
        "priority": {**_WHOLE, "description": "Of its leads; higher goes first."},
        "fallback": _fallback(case for case in CASES if case != "no_rule_matched"),
        "step": _list_of(_STEP),
    },
    "name",
)
_TERRITORY: Final = _table(
    "A named geography, vertical or account list.",
    {
        **{each.name: _NAMES for each in fields(Territory) if each.init},
        **dict.fromkeys(("min_employees", "max_employees", "priority"), _WHOLE),
        "radius_km": {"type": ["number", "null"], "minimum": 0},
        "center": {"type": ["array", "null"], "items": {"type": "number"}},
        "parent": {"type": ["string", "null"]},
        "name": _name("territory"),
    },
    "name",
)
_EXPECTED: Final = {
    **{each: {"type": "string"} for each in EXPECTATIONS},
    "outcome": {"enum": [*(each.value for each in Outcome), *OUTCOMES]},
}
_TEST: Final = _table(
    "A lead, and what shall become of it.",
    {
        "name": _name("test"),
        "lead": _entity("lead", Lead),
        "expect": {**_table("What shall come out.", _EXPECTED), "minProperties": 1},
        "rep": _list_of({**_entity("rep", Rep), "required": ["id"]}),
        "now": {"type": ["string", "null"], "format": "date-time"},
    },
    "name",
    "lead",
    "expect",
)
_FORM_FIELD: Final = _table(
    "One field of the form.",
    {
        "type": _choice("What it holds.", "string", "number", "integer", "boolean"),
        "enum": {"type": "array"},
        "minimum": {"type": "number"},
        "maximum": {"type": "number"},
        "maxLength": {"type": "integer", "minimum": 1},
        "title": _text("What it is called for people."),
    },
    "type",
)
_FORM: Final = _table(
    "The form of feedback, itself a JSON Schema of an object.",
    {
        "type": {"const": "object"},
        "properties": _table_of(_FORM_FIELD),
        "required": _list_of({"type": "string"}),
    },
)
_POLICY: Final = {
    "format": {"description": "The number of the format.", "const": FORMAT},
    "extends": _text("The file that this one builds on, such as base.toml."),
    "qualify": _text("Condition that a lead must fulfil; every lead when left out."),
    **_TERMS,
    "offline_grace": _text("How long a rep whose connection drops still counts, such as 30s."),
    "wrap_up": _text("How long a rep is left alone after a contact, such as 2m."),
    "catch_all": _text("Who gets a lead that nobody can take."),
    "caps": {
        "description": "Caps over all reps together, such as 100 per day.",
        "anyOf": [{"type": "null"}, {"type": "array"}, {"type": "object"}],
    },
    "timezone": _text("The IANA zone in whose calendar those are counted."),
    "holidays": _list_of({"type": "string", "format": "date"}),
    "fallback": _fallback(CASES),
    "lint": _or_null(
        _is(
            "What the lint keeps quiet about.",
            "object",
            additionalProperties=False,
            properties={"ignore": _table_of(_text("Why this code is ignored."))},
        )
    ),
    "custom_fields": {
        "type": ["object", "null"],
        "properties": {entity: {"anyOf": [_KIND, _table_of(_KIND)]} for entity in FIELDS},
        "additionalProperties": _KIND,
    },
    "definitions": _table_of(_text("Condition that others may use by this name.")),
    "lead_scoring": _or_null(_LEAD_SCORING),
    "feedback": _or_null(_FORM),
    "disposition": _list_of(_DISPOSITION),
    "qualification": _list_of(_FACTOR),
    "pool": _list_of(_POOL),
    "rule": _list_of(_RULE),
    "territory": _list_of(_TERRITORY),
    "test": _list_of(_TEST),
}


def policy_schema() -> Schema:
    """The schema of a policy file, as a value that ``json.dumps`` writes.

    Example:
        >>> policy_schema()["properties"]["format"]
        {'description': 'The number of the format.', 'const': 1}
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "leadroute policy",
        "type": "object",
        "required": ["format"],
        "additionalProperties": False,
        "not": {"required": ["qualify", "qualification"]},
        "properties": deepcopy(_POLICY),
    }
