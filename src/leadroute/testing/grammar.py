"""Hypothesis strategies for the conditions of the language. Needs hypothesis (``pip install 'leadroute[test]'``).

The rules of this module:

* A strategy builds through the public builders, so everything it gives can also be written by hand.
* Every construct of the language has a branch here. A new construct gets a new branch.
"""

from __future__ import annotations

import operator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import strategies as st

from leadroute.rules import builders
from leadroute.rules.builders import LEAD, NOW, REP, FieldExpr
from leadroute.rules.conditions import ALWAYS, NEVER, Condition

__all__ = ["conditions", "durations", "instants", "names", "numbers", "words"]

WORDS = ("a", "b", "gold", "90210", "Ünï", "it's", 'say "hi"', "back\\slash", "two words", "\x1b")
NAMES = ("tags", "x", "is vip?")
COUNTRIES = ("US", "DE", "GB")
LANGUAGES = ("en", "de", "pt-BR")
COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
SUMS = (operator.add, operator.sub, operator.mul, operator.truediv)

DOMAIN = builders.domain_of(LEAD.email)

words = st.sampled_from(WORDS)
names = st.sampled_from(NAMES)
numbers = st.one_of(
    st.integers(-3, 3),
    st.sampled_from([0.5, -2.25, 1e300 / 1e290, 10_000, 2**40]),
)
instants = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2026-01-03"),
    timezones=st.just(UTC),
)
durations = st.one_of(
    st.integers(-72, 72).map(builders.hours),
    st.integers(0, 3_000_000_000).map(lambda microseconds: timedelta(microseconds=microseconds)),
)


def conditions(
    *, rep: bool = True, checks: tuple[str, ...] = ("known",)
) -> st.SearchStrategy[Condition]:
    """Conditions over the whole language, small enough to read in a failure.

    Args:
        rep: Whether conditions may ask about the rep as well.
        checks: Names of predicates that ``predicate(name)`` may ask; none when empty.

    Returns:
        A strategy for conditions, nested a few levels deep. Attributes are ``tags``, ``x`` and ``is vip?``.

    Example:
        >>> from leadroute.rules.conditions import Condition
        >>> isinstance(conditions().example(), Condition)  # doctest: +SKIP
        True
    """
    return _conditions(rep, checks)


@cache  # Hypothesis looks through every new strategy, which takes longer than drawing from it
def _conditions(rep: bool, checks: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    asked = st.one_of(
        st.sampled_from([ALWAYS, NEVER]),
        _comparisons(rep),
        _memberships(rep),
        _texts(rep),
        _sets(rep),
        _presences(rep),
        *(
            [st.builds(builders.predicate, st.sampled_from(checks), numbers | words)]
            if checks
            else []
        ),
    )
    return st.deferred(lambda: st.recursive(asked, _joined, max_leaves=6))


def _joined(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    return st.one_of(
        st.builds(operator.and_, parts, parts),
        st.builds(operator.or_, parts, parts),
        st.builds(operator.invert, parts),
    )


def _attribute(entity: Any, name: str) -> FieldExpr:
    return FieldExpr(entity[name].operand)


def _custom(rep: bool) -> st.SearchStrategy[FieldExpr]:
    entities = st.sampled_from([LEAD, REP] if rep else [LEAD])
    found: st.SearchStrategy[FieldExpr] = st.builds(_attribute, entities, names)
    return found


def _numbers(rep: bool) -> st.SearchStrategy[FieldExpr]:
    standard = [
        LEAD.budget,
        LEAD.employees,
        builders.signal("page").total,
        builders.signal("page").count,
    ]
    asked = [REP.level, REP.weight, REP.skills["health"]] if rep else []
    plain = st.sampled_from([*standard, *asked]) | _custom(rep)
    found: st.SearchStrategy[FieldExpr] = st.recursive(plain, _summed, max_leaves=3)
    return found


def _summed(parts: st.SearchStrategy[FieldExpr]) -> st.SearchStrategy[FieldExpr]:
    step = st.sampled_from(SUMS)
    found: st.SearchStrategy[FieldExpr] = st.one_of(
        st.builds(lambda op, a, b: op(a, b), step, parts, parts | numbers),
        st.builds(lambda op, a, b: op(a, b), step, numbers, parts),
        st.builds(operator.neg, parts),
    )
    return found


def _instants() -> st.SearchStrategy[FieldExpr]:
    plain: Any = st.sampled_from(
        [LEAD.received_at, LEAD.deadline, builders.signal("page").last, NOW]
    )
    moved = st.builds(lambda op, a, b: op(a, b), st.sampled_from(SUMS[:2]), plain, durations)
    found: st.SearchStrategy[FieldExpr] = plain | moved
    return found


def _durations() -> st.SearchStrategy[FieldExpr]:
    aged = _instants().map(builders.age)
    return st.one_of(
        aged,
        st.builds(operator.sub, _instants(), _instants()),
        st.builds(operator.mul, aged, numbers),
        st.builds(operator.truediv, aged, st.integers(1, 3)),
    )


def _text_facts(rep: bool) -> st.SearchStrategy[FieldExpr]:
    standard = [LEAD.company, LEAD.product, LEAD.postal_code]
    return st.sampled_from([*standard, *([REP.name, REP.manager_id] if rep else [])]) | _custom(rep)


def _comparisons(rep: bool) -> st.SearchStrategy[Condition]:
    compare = st.sampled_from(COMPARISONS)

    def pair(left: Any, right: Any) -> st.SearchStrategy[Condition]:
        return st.builds(lambda op, a, b: op(a, b), compare, left, right)

    equal = st.sampled_from(COMPARISONS[:2])
    flags = st.builds(lambda op, a, b: op(a, b), equal, _custom(rep), st.booleans())
    coded = [
        (LEAD.country, COUNTRIES),
        (LEAD.language, LANGUAGES),
        (LEAD.email, ("Ann@Example.com",)),
        (DOMAIN, ("Example.com", "gmail.com")),
    ]
    span = st.builds(lambda f, low, high: (low <= f) & (f < high), _numbers(rep), numbers, numbers)
    return st.one_of(
        pair(_numbers(rep), numbers),
        pair(numbers, _numbers(rep)),
        pair(_numbers(rep), _numbers(rep)),
        pair(_instants(), instants | _instants()),
        pair(_durations(), durations | _durations()),
        pair(_text_facts(rep), words.filter(str.strip) | _text_facts(rep)),
        pair(_custom(rep), _custom(rep)),
        flags,
        span,
        *(pair(st.just(fact), st.sampled_from(codes)) for fact, codes in coded),
    )


def _memberships(rep: bool) -> st.SearchStrategy[Condition]:
    how = st.sampled_from([FieldExpr.in_, FieldExpr.not_in])

    def among(facts: st.SearchStrategy[FieldExpr], values: Any) -> st.SearchStrategy[Condition]:
        lists = st.lists(values, max_size=4)
        return st.builds(lambda ask, fact, listed: ask(fact, listed), how, facts, lists)

    sets = [LEAD["tags"], *([REP.languages, REP.skills] if rep else [])]
    codes = st.sampled_from([LEAD.language, LEAD["x"], LEAD.company])
    return st.one_of(
        among(_text_facts(rep), words),
        among(_numbers(rep), numbers),
        among(_instants(), instants),
        among(st.just(LEAD.country), st.sampled_from(COUNTRIES)),
        st.builds(lambda ask, fact, of: ask(fact, of), how, codes, st.sampled_from(sets)),
    )


def _texts(rep: bool) -> st.SearchStrategy[Condition]:
    patterns = st.text("ab*?'é ", min_size=1, max_size=6)
    asked = st.sampled_from([FieldExpr.startswith, FieldExpr.endswith, FieldExpr.like])
    return st.one_of(
        st.builds(
            lambda ask, fact, text: ask(fact, text),
            asked,
            _text_facts(rep) | st.just(DOMAIN),
            patterns,
        ),
        st.sampled_from([LEAD.email, LEAD.domain, LEAD["x"], DOMAIN]).map(builders.is_free_mail),
    )


def _sets(rep: bool) -> st.SearchStrategy[Condition]:
    facts = st.sampled_from(
        [LEAD["tags"], LEAD["x"], *([REP.territories, REP["tags"], REP.licenses] if rep else [])]
    )
    listed = st.lists(words, max_size=3)
    related = st.sampled_from([builders.overlaps, builders.covers])
    contained = words if not rep else words | st.just(LEAD.industry)
    return st.one_of(
        st.builds(lambda how, a, b: how(a, b), related, facts, facts | listed),
        st.builds(lambda how, a, b: how(a, b), related, listed, facts),
        st.builds(FieldExpr.contains, facts | _text_facts(rep), contained),
    )


def _presences(rep: bool) -> st.SearchStrategy[Condition]:
    facts: Any = _numbers(rep) | _instants() | _text_facts(rep)
    return st.builds(
        lambda ask, fact: ask(fact),
        st.sampled_from([FieldExpr.is_present, FieldExpr.is_missing]),
        facts,
    )
