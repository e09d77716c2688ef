"""What a wrong name is answered with: the right one, in an error of leadroute.

* Nothing is asked before Python has refused the call or the attribute.
* A name that people often try is answered by ``_ARGUMENTS`` or ``_ATTRIBUTES``, any other by the nearest that there is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Parameter, signature
from typing import Any, Final, NoReturn, TypeVar

from attrs import Attribute, fields

from leadroute.errors import ArgumentError, LeadrouteError, MissingAttributeError, nearest, some_of
from leadroute.model.columns import LEAD_SYNONYMS, REP_SYNONYMS

_Table = Mapping[str, Mapping[str, str]]

_CAPS: Final = "cap daily_cap daily_limit limit limits max_per_day quota"
_TIMEOUT: Final = "expires sla timeout ttl window"
_ARGUMENTS: Final[_Table] = {
    "Lead": {
        "annual_revenue=...": "arr revenue turnover",
        "attributes={'tier': 'gold'}": "custom custom_fields extra fields metadata tags",
        "employees=...": "company_size headcount size",
        "name='Ann Lee'": "first_name full_name last_name",
        "received_at=...": "created created_at submitted_at timestamp",
        "Router(lead_scoring=LeadScoring(...)), which computes it": "grade score",
    },
    "Rep": {
        "active=True or False": "available enabled is_active",
        "capacity=10": "max_leads max_open max_open_leads",
        "caps='5 per day'": _CAPS,
        "level=3": "rank seniority",
        "regions={'US-CA'}": "state states",
        "schedule='mon-fri 09:00-17:00'": "availability hours shifts working_hours",
        "timezone='America/New_York'": "time_zone tz zone",
        "weight=2": "share",
    },
    "Rule": {
        "when=...": "condition conditions criteria filter if_ match where",
        "accept_within='5m'": _TIMEOUT,
        "pool='west', and Router(pools=[Pool('west', reps={'ada'})])": (
            "assign_to assignee members owner rep reps roster team users"
        ),
        "the rules in their order: the first that matches applies": "order",
        "steps=[Step(after='10m', pool='everyone')]": "escalation relax step then",
        "weights in the score, such as 3 * free_capacity(), or Rep(weight=2)": "weight weights",
    },
    "Router": {
        "accept_within='5m'": _TIMEOUT,
        "catch_all='ada'": "default default_owner owner",
        "the reps where leads are ranked: router.rank(lead, reps)": "reps roster team users",
    },
    "Pool": {
        "reps={'ada', 'bob'}": "ids members users",
        "where=REP.teams.contains('west')": "condition filter team teams when",
    },
    "Factor": {"condition=...": "filter when where"},
    "Qualification": {"factors=[Factor('budget', LEAD.budget > 0)]": "conditions min_score when"},
    "Schedule": {
        "zone='America/New_York'": "timezone tz",
        "week='mon-fri 09:00-17:00'": "days end hours start",
    },
    "Cap": {"limit=5": "count max maximum", "per='day'": "every interval period unit"},
    "Territory": {
        "postal={'94*'}": "postal_codes postcodes zip zip_codes zips",
        "regions={'US-CA'}": "provinces state states",
    },
    "Dispatcher": {
        "Rule(accept_within='5m') or Router(accept_within='5m')": f"accept_within {_TIMEOUT}",
        "roster=[Rep('ada')]": "reps team users",
    },
    "Snapshot": {"open={'ada': 3}": "counts open_leads"},
}
"""What to write, and the names that people try instead, by the type that they call."""

_ATTRIBUTES: Final[_Table] = {
    "Ranking": {
        "best.rep_id": "assignee chosen owner rep rep_id top winner",
        "assignments": "candidates ranked reps results",
        "rejections": "excluded exclusions rejected",
        "str(ranking)": "explanation reason reasons",
    },
    "Assignment": {"rep_id": "assignee id owner rep", "label": "name"},
    "Placement": {"rep_id": "assigned_to assignee rep user"},
    "Router": {"rank(lead, reps)": "assign choose decide pick route"},
    "Dispatcher": {
        "submit(lead)": "add dispatch offer route",
        "sweep()": "poll process run tick",
        "placement(lead_id)": "get lookup state status",
    },
    "FieldExpr": {
        "in_([...])": "any_of is_in isin one_of",
        "like('*text*')": "ilike match matches regex",
        "is_missing()": "is_none is_null isna isnull",
        "is_present()": "exists is_not_null notna notnull",
        ">= and <=, each in parentheses: (LEAD.budget >= 1) & (LEAD.budget <= 2)": "between",
    },
}
_EXAMPLES: Final = {
    "Cap": "Cap(5, 'day')",
    "Dispatcher": "Dispatcher(router, [Rep('ada')], MemoryStore())",
    "Factor": "Factor('budget', LEAD.budget > 0)",
    "Lead": "Lead('L-1', country='US')",
    "Pool": "Pool('west', reps={'ada', 'bob'})",
    "Presence": "Presence('available', datetime.now(UTC))",
    "Rep": "Rep('ada', capacity=10)",
    "Roster": "Roster([Rep('ada'), Rep('bob')])",
    "Router": "Router(rules=[Rule('all')], catch_all='ada')",
    "Rule": "Rule('us', when=LEAD.country == 'US')",
    "Schedule": "Schedule('mon-fri 09:00-17:00', 'Europe/Berlin')",
    "skill_match": "skill_match('industry')",
}
"""A right call of each type that is often called wrongly."""

_SYNONYMS: Final = {"Lead": LEAD_SYNONYMS, "Rep": REP_SYNONYMS}

T = TypeVar("T")


def guided(kind: type[T]) -> type[T]:
    """Decorate a class so that the error for a wrong argument names the right one."""
    called: Callable[..., None] = kind.__init__
    name, own = kind.__name__, [*vars(kind).get("__annotations__", ())]

    @wraps(called)
    def checked(*arguments: Any, **named: Any) -> None:
        try:
            called(*arguments, **named)
        except LeadrouteError:
            raise
        except TypeError:
            problem = _misfit(name, called, arguments, named, own)
            if problem is None:
                raise
            raise ArgumentError(name, problem) from None

    kind.__init__ = checked  # type: ignore[method-assign]
    return kind


def guided_attributes(kind: type[T]) -> type[T]:
    """Decorate a class so that the error for an attribute that does not exist names the right one."""
    kind.__getattr__ = _missing  # type: ignore[attr-defined]
    return kind


def _misfit(
    kind: str,
    called: Callable[..., None],
    arguments: tuple[Any, ...],
    named: Mapping[str, Any],
    own: Sequence[str],
) -> str | None:
    """What is wrong with the arguments of a call, its own before the inherited; ``None`` when they fit."""
    _, *takes = signature(called).parameters.values()
    known = sorted([each.name for each in takes], key=lambda name: name not in own)
    strange = [name for name in named if name not in known]
    if strange:
        return "; ".join(
            f"has no argument {name!r}; {_remedy(kind, name, known)}" for name in strange
        )
    placed = [each.name for each in takes if each.kind is not Parameter.KEYWORD_ONLY]
    if len(arguments) - 1 > len(placed):
        first = f"only {' and '.join(placed)}" if placed else "nothing"
        return f"takes {first} without a name; {example(kind, known)}"
    given = {*placed[: len(arguments) - 1], *named}
    needed = [
        each.name for each in takes if each.default is Parameter.empty and each.name not in given
    ]
    return f"needs {' and '.join(needed)}; {example(kind, needed)}" if needed else None


def example(kind: str, names: Sequence[str] = ()) -> str:
    """Say how a type is called rightly."""
    call = _EXAMPLES.get(kind) or f"{kind}({', '.join(f'{name}=...' for name in names)})"
    return f"write {call}"


def _remedy(kind: str, guess: str, known: Sequence[str]) -> str:
    written = _answer(_ARGUMENTS, kind, guess)
    if written is not None:
        return f"write {written}"
    near = nearest(guess, known) or _synonym(kind, guess)
    if near is not None:
        return f"did you mean {near!r}?"
    if "attributes" in known:
        return f"what has no field goes into attributes={{{guess!r}: ...}}"
    return f"known: {some_of(known)}"


def _answer(table: _Table, kind: str, guess: str) -> str | None:
    for written, guesses in table.get(kind, {}).items():
        if guess in guesses.split():
            return written
    return None


def _synonym(kind: str, guess: str) -> str | None:
    """The field that a column of this name fills."""
    from leadroute.model.columns import header_key

    for name, headers in _SYNONYMS.get(kind, {}).items():
        if header_key(guess) in map(header_key, headers):
            return name
    return None


def _missing(value: object, name: str) -> NoReturn:
    """Raise for an attribute that does not exist."""
    kind = type(value).__name__
    if name.startswith("_"):
        raise AttributeError(f"{kind!r} object has no attribute {name!r}", name=name, obj=value)
    written = _answer(_ATTRIBUTES, kind, name)
    if written is None:
        written = nearest(name, [each for each in dir(value) if not each.startswith("_")])
    raise MissingAttributeError(kind, name, written)


def _usual(value: Any, declared: Attribute[Any]) -> object:
    default: Any = declared.metadata.get("default", declared.default)
    make = getattr(default, "factory", None)
    if make is None:
        return default
    return make(value) if default.takes_self else make()


def without_defaults(value: Any) -> str:
    """Return the call that makes a frozen value, without what is as by default; for use as ``__repr__``."""
    shown: list[str] = []
    for each in sorted(fields(type(value)), key=lambda each: each.kw_only is True):
        found = getattr(value, each.name)
        if each.init and each.repr and found != _usual(value, each):
            first = not shown and not each.kw_only
            shown.append(repr(found) if first else f"{each.alias}={found!r}")
    return f"{type(value).__name__}({', '.join(shown)})"
