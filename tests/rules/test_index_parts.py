import operator
from functools import reduce

from hypothesis import given
from hypothesis import strategies as st

from leadroute.model.lead import Lead
from leadroute.rules.builders import LEAD, NOW, REP, define, predicate
from leadroute.rules.evaluation import Registry, kind_of
from leadroute.rules.match_constraints import (
    MOST_BOXES,
    NOTHING,
    Key,
    Span,
    listed,
    outline,
    span_of,
    starting,
)
from leadroute.rules.matcher import (
    Index,
    Plane,
    bits,
    columns,
    look,
    spans_of_rows,
    splice,
)

VALUES = range(-1, 7)

cuts = st.lists(st.tuples(st.integers(0, 5), st.booleans()), unique=True, max_size=5)
spans = st.builds(Span, cuts.map(lambda found: tuple(sorted(found))), st.booleans(), st.booleans())


def taken(span):
    """What a span takes, at and just above each value, and a missing one."""
    at = [(span.holds(value), span.beyond(value)) for value in VALUES]
    return [answer for both in at for answer in both] + [span.missing]


@given(spans, spans)
def test_spans_follow_the_laws_of_sets(a, b):
    """Meeting, joining and turning round are and, or and not, for each value."""
    assert taken(a.meet(b)) == [x and y for x, y in zip(taken(a), taken(b), strict=True)]
    assert taken(a.join(b)) == [x or y for x, y in zip(taken(a), taken(b), strict=True)]
    assert taken(a.flipped()) == [not x for x in taken(a)]
    assert taken(a.known()) == [*taken(a)[:-1], False]
    assert a.meet(a.flipped()) == NOTHING


@given(st.text("aé\U0010ffff", min_size=1, max_size=3), st.text("aéz\U0010ffff", max_size=4))
def test_a_prefix_is_one_stretch_of_the_line(prefix, text):
    """The texts between a prefix and the prefix with its last character raised are those that start with it."""
    assert starting(prefix).holds(text) == text.startswith(prefix)


@given(st.lists(st.none() | spans, max_size=6))
def test_a_plane_leaves_alive_the_rows_that_take_the_value(found):
    """Row by row, a plane says what the spans say; the first row is the highest bit."""
    assert_plane(Plane.of(len(found), grouped(found)), found)


one = st.integers(0, 5)
several = st.lists(one, max_size=3).map(tuple)
asked = st.one_of(
    st.tuples(st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), one),
    st.tuples(st.sampled_from(["in", "not in"]), several),
    st.tuples(st.just("span"), spans),
)


@given(st.lists(st.tuples(asked, st.lists(st.integers(0, 4), max_size=4)), max_size=6))
def test_a_row_that_asks_more_than_once_takes_what_all_its_questions_take(found):
    """Questions come in any form and may name a row again; those of a row are met."""
    column = [(form, literal, rows) for (form, literal), rows in found]
    met = spans_of_rows(column)
    assert_plane(Plane.of(5, column), [met.get(row) for row in range(5)])


ANSWERS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda value, among: value in among,
    "not in": lambda value, among: value not in among,
}


@given(st.sampled_from(sorted(ANSWERS)), several.filter(bool), st.integers(-1, 6))
def test_the_span_of_a_question_holds_what_answers_it(form, literals, value):
    """Every form takes what Python's own comparison takes, and no missing value."""
    literal = literals if "in" in form else literals[0]
    assert span_of(form, literal).holds(value) is ANSWERS[form](value, literal)
    assert not span_of(form, literal).missing


def test_plain_questions_are_gathered_and_the_rest_is_outlined():
    """A question asked by several rules stands once; what follows the first part that is none is met with it."""
    us, big = LEAD.country == "US", LEAD.employees >= 50
    either = (LEAD.product == "core") | (LEAD.source == "event")
    nothing = (LEAD.budget > 5) & (LEAD.budget < 3)
    found = columns([us & big, us & either & (LEAD.region == "US-1"), us & ~~(nothing | nothing)])
    assert found.rows == [0, 1, 1]
    assert found.fields[Key("field", "country")] == [("==", "US", [0, 1, 2])]
    assert found.fields[Key("field", "employees")] == [(">=", 50, [0])]
    assert sorted(spans_of_rows(found.fields[Key("field", "region")])) == [1, 2]
    assert found.residues == [None, None, None]
    assert columns([us, REP.level > 3]).asking_rep == [1]


@given(st.lists(st.none() | spans, max_size=5), st.lists(st.none() | spans, max_size=3), st.data())
def test_a_spliced_plane_is_the_plane_of_the_spliced_rows(found, new, data):
    """Rows come, go and change, also with values that the plane did not tell apart before."""
    start = data.draw(st.integers(0, len(found)))
    end = data.draw(st.integers(start, len(found)))
    plane = Plane.of(len(found), grouped(found)).spliced(len(found) - end, end - start, new)
    assert_plane(plane, [*found[:start], *new, *found[end:]])


def grouped(found):
    """The rows by their span."""
    rows = {}
    for row, span in enumerate(found):
        if span is not None:
            rows.setdefault(span, []).append(row)
    return [("span", span, of) for span, of in rows.items()]


def assert_plane(plane, found):
    """Check a plane against its rows, at every value and between."""
    for value in (None, *VALUES, *(value + 0.5 for value in VALUES)):
        expected = [
            row
            for row, span in enumerate(found)
            if span is None or (span.missing if value is None else span.holds(value))
        ]
        assert plane.alive(value) == bits(expected, len(found)), value
    assert 0 <= plane.density(len(found)) <= 1


@given(st.integers(0, 2**40), st.integers(0, 20), st.integers(0, 10), st.data())
def test_splicing_bits_is_splicing_digits(mask, low, width, data):
    """Bits are replaced as characters of the binary form would be."""
    new_width = data.draw(st.integers(0, 10))
    new = data.draw(st.integers(0, 2**new_width - 1))
    digits = f"{mask:064b}"
    spliced = digits[: 64 - low - width] + (f"{new:0{new_width}b}" if new_width else "")
    assert splice(mask, low, width, new, new_width) == int(spliced + digits[64 - low :], 2)


def test_alternatives_of_one_field_are_one_box():
    """`or` over one field needs no second row, and a list, a range and a negative combine."""
    (box,) = outline(
        (LEAD.country.in_(["US", "CA"]) | (LEAD.country == "MX")) & ~(LEAD.country == "CA")
    ).boxes
    assert box == {Key("field", "country"): listed(["MX", "US"])}


def test_what_cannot_be_true_has_no_rows():
    """A contradiction is found when the index is built, in `and`, across `or` and in a constant."""
    nothing = (LEAD.country == "US") & (LEAD.country == "CA")
    assert outline(nothing).boxes == ()
    assert outline((LEAD.budget > 1) & (nothing | (LEAD.budget < 0))).boxes == ()
    assert outline((LEAD.budget > 1) & ~((LEAD.budget > 0) | (LEAD.product == "x"))).boxes == ()


def test_a_contradiction_that_may_raise_keeps_a_row():
    """Reading an attribute of the wrong kind is an error even where the answer could only be false."""
    found = outline((LEAD["x"] > 5) & (LEAD["x"] < 3))
    assert (found.boxes, found.residue) == (({},), (LEAD["x"] > 5) & (LEAD["x"] < 3))


def test_too_many_boxes_become_residue():
    """The product of many alternatives is cut off, and what is left out is judged."""
    pairs = [(LEAD.employees > i) | (LEAD.budget > i) for i in range(8)]
    found = outline(reduce(operator.and_, pairs))
    assert len(found.boxes) <= MOST_BOXES
    assert found.residue is not None
    corners = [(LEAD.employees == i) & (LEAD.product == f"p{i}") for i in range(MOST_BOXES + 1)]
    wide = reduce(operator.or_, corners)
    assert outline(wide) == outline(wide)._replace(boxes=({},), residue=wide)


def test_nothing_behind_a_part_that_may_raise_narrows_a_box():
    """A predicate of the host is asked wherever it was reached, whatever stands behind it."""
    before, behind = LEAD.country == "US", LEAD.product == "core"
    (box,) = outline(before & predicate("known") & behind).boxes
    assert list(box) == [Key("field", "country")]
    assert str(outline(before & predicate("known") & behind).residue) == (
        "predicate('known') and lead.product == 'core'"
    )


def test_outlines_know_who_asks_about_a_rep_and_the_time():
    """A field of the rep is noticed wherever it stands; reading the instant is a demand."""
    assert outline(LEAD.country.in_(REP.countries)).asks_rep
    assert outline(REP.skills["law"] > 0.5).asks_rep
    assert outline(LEAD.deadline > NOW).demands == {("", frozenset())}


def test_kinds_of_values_that_subclass():
    """A value of a class derived from a known one has the kind of that one."""

    class Label(str):
        __slots__ = ()

    assert kind_of(Label("x")) == "text"


def test_an_attribute_of_another_kind_is_missing_in_the_plane():
    """The plane of numbers sees no text, and presence sees everything that is not empty."""
    lead = Lead("L-1", attributes={"x": "text", "none": set()})
    assert look(Key("number", "x"))(lead) is None
    assert look(Key("text", "x"))(lead) == "text"
    assert [look(Key("known", name))(lead) for name in ("x", "none", "other")] == [
        True,
        False,
        False,
    ]


def test_a_named_condition_is_outlined_as_what_it_stands_for():
    """A name changes nothing, alone and within another condition."""
    plain = (LEAD.country == "US") | (LEAD.budget > 5)
    named = define("near", plain)
    assert outline(named).boxes == outline(plain).boxes
    assert outline(~named & (LEAD.product == "x")).boxes == (
        outline(~plain & (LEAD.product == "x")).boxes
    )


def test_a_rule_of_several_rows_is_judged_once():
    """Where two alternatives survive and a residue is left, the residue is asked once."""
    asked = []
    registry = Registry({"seen": lambda lead, rep, now: asked.append(lead.id) or False})
    rule = ((LEAD.country == "US") | (LEAD.budget > 5)) & predicate("seen")
    index = Index.of([rule], registry=registry)
    assert index.all(Lead("L-1", country="US", budget=10), None) == ()
    assert asked == ["L-1"]


def test_boxes_of_text_and_presence():
    """The beginning of a text and whether it is known bound a lead; its end does not, and is judged alone."""
    boxes = outline(LEAD.company.startswith("A") & LEAD.region.is_present()).boxes
    assert {key.name for box in boxes for key in box} == {"company", "region"}
    known = outline(LEAD["vip"].is_missing()).boxes
    assert [key.form for box in known for key in box] == ["known"]
    assert outline(LEAD.company.endswith("A")).boxes == ({},)
    assert outline((LEAD.budget + 1).is_present()).boxes == ({},)
