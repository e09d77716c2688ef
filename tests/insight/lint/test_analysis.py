"""Sets of values, and conditions as rows of them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute import LEAD, REP
from leadroute.conditions import signal
from leadroute.errors import FieldTypeError
from leadroute.insight.lint.analysis import (
    ANYTHING,
    MISSING,
    MOST_ROWS,
    both,
    points,
    rows,
    stretches,
    takes,
    universe,
    without,
)
from leadroute.rules.builders import age, define, hours
from leadroute.rules.conditions import ALWAYS, NEVER, And, Comparison, Condition, joined
from leadroute.rules.evaluation import LANGUAGE, Registry, compile_condition
from leadroute.rules.fields import Kind
from leadroute.rules.match_constraints import NOTHING, listed, span_of, starting
from leadroute.rules.operand import Const
from leadroute.testing.strategies import conditions, leads

NOW = datetime(2026, 1, 2, tzinfo=UTC)
KNOWN = Registry({"known": lambda lead, rep, now, *_: lead.country is not None})
POINTS = (None, *range(-1, 8), 2.5)

sets = st.recursive(
    st.one_of(
        st.builds(span_of, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), st.integers(0, 6)),
        st.builds(listed, st.lists(st.integers(0, 6), max_size=3)),
        st.sampled_from([ANYTHING, MISSING]),
    ),
    lambda parts: st.one_of(
        st.builds(lambda a, b: a.meet(b), parts, parts), st.builds(lambda a: a.flipped(), parts)
    ),
    max_leaves=6,
)


def test_a_language_stands_for_its_variants():
    """A row of a language holds its variants, and the negative of it holds none of them."""
    key = (LANGUAGE, Kind.TEXT)
    for asked in (
        LEAD.language.in_(["de", "no"]),
        (LEAD.language == "de") | (LEAD.language == "no"),
    ):
        spoken = [row[key] for row in rows(asked)]
        found = {
            tag for tag in ("de-AT", "nb", "fr", None) if any(takes(each, tag) for each in spoken)
        }
        assert found == {"de-AT", "nb"}
    for asked in (LEAD.language != "de", LEAD.language.not_in(["de"])):
        (row,) = rows(asked)
        assert {tag for tag in ("de", "de-AT", "fr", None) if takes(row[key], tag)} == {"fr"}


@given(sets, sets)
def test_sets_obey_their_laws(one, other):
    """A value is in what two sets share when it is in both, and in the negative when it is not in the set."""
    for value in POINTS:
        assert takes(one.meet(other), value) == (takes(one, value) and takes(other, value))
        assert takes(one.flipped(), value) == (not takes(one, value))
    assert one.flipped().flipped() == one
    assert (one == NOTHING) == (not one.missing and not list(stretches(one)))


def test_points():
    """A set of single values lists them; one with a stretch does not, and missing is no value."""
    assert points(listed([3, 1, 3])) == (1, 3)
    assert points(MISSING) == ()
    assert points(span_of(">", 3)) is None
    assert points(span_of(">=", 3).meet(span_of("<=", 4))) is None


@pytest.mark.parametrize("prefix", ["90", "a\U0010ffff", "\U0010ffff"])
def test_prefixes(prefix):
    """A prefix is the stretch of exactly the texts that begin with it, at the end of the alphabet too."""
    found = starting(prefix)
    assert all(takes(found, prefix + rest) for rest in ("", "0", "\U0010ffff"))
    assert not any(takes(found, text) for text in ("", "!", prefix[:-1], None))


def in_row(row, lead):
    """Whether a lead is in a row, judged key by key."""
    for (asked, _), values in row.items():
        if isinstance(asked, Condition):
            value = compile_condition(asked, KNOWN)(lead, None, NOW)
            known = takes(values, value)
        else:
            known = any(
                compile_condition(part, KNOWN)(lead, None, NOW) for part in restated(asked, values)
            )
        if not known:
            return False
    return True


def restated(asked, values):
    """The conditions that say that an operand is in a set of values."""
    from leadroute.rules.conditions import Presence

    for low, high in stretches(values):
        found = Presence(asked)
        for cut, ops in ((low, (">=", ">")), (high, ("<", "<="))):
            if cut is not None:
                if isinstance(cut[0], bool):
                    yield Comparison(asked, "==", Const(cut[0]))
                    break
                found = found & bound(asked, ops[cut[1]], cut[0])
        else:
            yield found
    if values.missing:
        yield Presence(asked, present=False)


def bound(asked, op, value):
    """A comparison with a literal as it stands, whatever a field would make of it."""
    found = Comparison(asked, op, Const(value))
    object.__setattr__(found, "right", Const(value))
    return found


@given(conditions(rep=False), leads())
@examples(150)
def test_rows_are_the_condition(condition, lead):
    """A lead fulfils a condition exactly when it is in one of its rows."""
    try:
        holds = compile_condition(condition, KNOWN)(lead, None, NOW)
        found = any(in_row(row, lead) for row in rows(condition))
    except FieldTypeError:
        return
    assert holds == found


near = st.recursive(
    st.one_of(
        st.builds(lambda n: LEAD.budget > n, st.sampled_from([-1, 0, 500, 600])),
        st.builds(lambda n: LEAD.budget <= n, st.sampled_from([0, 499, 50_000])),
        st.builds(LEAD.country.in_, st.lists(st.sampled_from(["US", "DE", "GB"]), max_size=2)),
        st.builds(LEAD.region.startswith, st.sampled_from(["D", "DE-", "U"])),
        st.just(signal("page").count > 0),
    ),
    lambda parts: st.one_of(
        st.builds(lambda a, b: a & b, parts, parts), st.builds(lambda a: ~a, parts)
    ),
    max_leaves=4,
)


@given(near | conditions(rep=False), near, leads())
@examples(150)
def test_what_is_left_of_a_row(one, other, lead):
    """A lead is in what is left of a row exactly when it is in the row and not in the one taken away."""
    pair = [found[0] for found in (rows(one), rows(other)) if found]
    if len(pair) < 2:
        return
    mine, yours = pair
    common = both(mine, yours)
    try:
        inside = in_row(mine, lead), in_row(yours, lead)
        left = [in_row(row, lead) for row in without(mine, yours)]
        shared = common is not None and in_row(common, lead)
    except FieldTypeError:
        return
    assert sum(left) == (inside == (True, False))
    assert shared == all(inside)


def test_words_of_the_language():
    """Constants, names and negations are followed to what they stand for."""
    small = define("small", LEAD.employees < 50)
    assert rows(None) == rows(ALWAYS) == rows() == ({},)
    assert rows(NEVER) == rows(~ALWAYS) == ()
    assert rows(small) == rows(LEAD.employees < 50)
    assert rows(small, LEAD.employees > 60) == ()
    assert len(rows(~small)) == 1


def test_bounds_of_fields():
    """What a field can never be makes a condition never true, and what it always is says nothing."""
    never = [
        LEAD.budget < 0,
        LEAD.id.is_missing(),
        signal("page").count < 0,
        REP.skills["x"] > 1,
        REP.weight < 0,
        (REP.active == True) & (REP.active == False),  # noqa: E712 - the language asks so
        (LEAD["vip"] == True) & (LEAD["vip"] == False),  # noqa: E712 - the language asks so
        LEAD.country.in_([]),
    ]
    assert [rows(condition) for condition in never] == [()] * len(never)
    assert rows(signal("page").total >= 0) == rows(LEAD.id.is_present()) == ({},)
    assert universe((signal("page").last.operand, Kind.INSTANT)) == ANYTHING


def test_negatives_are_false_for_missing():
    """Neither "is not one of" nor "is not" holds for a missing value, while "not" does."""
    for condition in (LEAD.country.not_in(["US"]), LEAD.country != "US"):
        (row,) = rows(condition)
        assert [takes(values, None) for values in row.values()] == [False]
    (row,) = rows(~(LEAD.country == "US"))
    assert [takes(values, None) for values in row.values()] == [True]


def test_ages_and_sums_are_followed():
    """What is worked out is compared like a field."""
    assert rows((age(LEAD.received_at) > hours(3)) & (age(LEAD.received_at) < hours(2))) == ()
    assert rows((LEAD.budget * 2 > 10) & (LEAD.budget * 2 < 10)) == ()


def test_questions_that_are_not_followed():
    """A comparison of two fields is a question of its own, which cannot be true and false at once."""
    asked = LEAD.budget > LEAD.annual_revenue
    assert rows(asked & ~asked) == ()
    assert len(rows(asked & (LEAD.annual_revenue > LEAD.budget))) == 1
    assert len(rows(LEAD["x"].is_present() & LEAD.postal_code.endswith("1"))) == 1


def test_too_many_rows():
    """A condition with more rows than the bound is one question, alone and beside others."""

    def wide(*numbers):
        pairs = [(LEAD[f"a{n}"] == 1) | (LEAD[f"b{n}"] == 1) for n in numbers]
        return joined(And, *pairs)

    assert len(rows(wide(*range(6)))) == MOST_ROWS
    (row,) = rows(wide(*range(7)))
    assert list(row) == [(wide(*range(7)), Kind.FLAG)]
    first, last = wide(0, 1, 2, 3), wide(4, 5, 6)
    (row,) = rows(first, None, last)
    assert list(row) == [(first, Kind.FLAG), (last, Kind.FLAG)]


def test_rows_are_told_once():
    """A row that stands twice counts once."""
    assert len(rows((LEAD.budget > 5) | (LEAD.budget > 5))) == 1
