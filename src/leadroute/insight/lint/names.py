"""What conditions name against what the reps have: ids, skills, languages, territories and the host's own attributes.

The rules of this module:

* Only reps who are active count. A name that only a rep who left has is a name that nobody has.
* The nearest name that somebody has is suggested.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from leadroute.errors import nearest
from leadroute.insight.lint.analysis import Subject
from leadroute.insight.lint.finding import Finding
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.rules.condition import Comparison, Condition
from leadroute.rules.fields import Kind
from leadroute.rules.operand import Const, Entry, Field, Operand
from leadroute.rules.questions import Contains, Membership, SetRelation
from leadroute.rules.reading import walk

__all__ = ["names"]

_SINGULAR = {
    "teams": "team",
    "skills": "skill",
    "languages": "language",
    "countries": "country",
    "regions": "region",
    "territories": "territory",
    "industries": "industry",
    "licences": "licence",
    "accounts": "account",
}


@frozen
class _Named:
    """A word that a condition looks for in a field of the rep."""

    field: Field
    word: str


def names(subject: Subject) -> Iterator[Finding]:
    """Names in pools and conditions that do not fit the roster. O(conditions x reps)."""
    roster = subject.roster or Roster()
    for number, pool in enumerate(subject.router.pools):
        for rep_id in sorted(pool.reps or ()):
            yield from _person(rep_id, f"pool[{number}].reps", roster)
    for place, condition in subject.conditions():
        for asked in dict.fromkeys(_asked(condition)):
            if asked.field.name == "id" and not asked.field.custom:
                yield from _person(asked.word, place, roster)
            elif asked.field.custom:
                yield from _attribute(asked.field, place, roster)
            else:
                yield from _word(asked, place, roster)


def _asked(condition: Condition) -> Iterator[_Named]:
    for node in walk(condition):
        if isinstance(node, Contains):
            yield from _held(node.container, node.item)
        elif isinstance(node, Entry) and node.of.entity == "rep":
            yield _Named(node.of, node.key)
        elif isinstance(node, SetRelation):
            yield from _held(node.left, node.right)
            yield from _held(node.right, node.left)
        elif isinstance(node, Comparison) and node.op == "==" and _is_id(node.left):
            yield from _held(node.left, node.right)
        elif isinstance(node, Membership) and not node.negated and _is_id(node.operand):
            yield from _held(node.operand, Const(node.values))
        elif isinstance(node, Field) and node.custom and node.entity == "rep":
            yield _Named(node, "")


def _is_id(operand: Operand) -> bool:
    return operand == Field("rep", "id")


def _held(by: Operand, given: Operand) -> Iterator[_Named]:
    if not isinstance(by, Field) or by.entity != "rep" or by.custom or not isinstance(given, Const):
        return
    if by.kind in (Kind.NAMES, Kind.LEVELS) or _is_id(by):
        words = given.value if isinstance(given.value, tuple) else (given.value,)
        yield from (_Named(by, word) for word in words)


def _person(rep_id: str, place: str, roster: Roster) -> Iterator[Finding]:
    rep = roster.get(rep_id)
    if rep is None:
        explanation = f"names the rep {rep_id!r}, who is not in the roster"
        yield Finding("LR102", place, explanation, _remedy(rep_id, (each.id for each in roster)))
    elif not rep.active:
        explanation = f"names the rep {rep_id!r}, who is not active"
        yield Finding("LR103", place, explanation, "name somebody else")


def _attribute(field: Field, place: str, roster: Roster) -> Iterator[Finding]:
    known = {name for rep in _active(roster) for name in rep.attributes}
    if field.name not in known:
        explanation = f"asks for {field}, which no active rep has"
        yield Finding("LR105", place, explanation, _remedy(field.name, known))


def _word(asked: _Named, place: str, roster: Roster) -> Iterator[Finding]:
    known = {word for rep in _active(roster) for word in getattr(rep, asked.field.name)}
    if asked.word not in known:
        what = _SINGULAR[asked.field.name]
        explanation = f"asks for the {what} {asked.word!r}, which no active rep has"
        yield Finding("LR104", place, explanation, _remedy(asked.word, known))


def _active(roster: Roster) -> Iterator[Rep]:
    return (rep for rep in roster if rep.active)


def _remedy(name: str, known: Iterator[str] | set[str]) -> str:
    suggestion = nearest(name, sorted(known))
    return f"did you mean {suggestion!r}?" if suggestion else "correct it, or add it to the reps"
