"""The best assignment of a backlog, against brute force and against its own prices."""

from __future__ import annotations

import sys
from fractions import Fraction
from itertools import product
from math import inf
from types import ModuleType, SimpleNamespace

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples

from leadroute.errors import ConfigError, MissingExtraError, UnknownFieldError, ValidationError
from leadroute.ranking.batch.solver import ENGINES, bound, greedy, solve


@st.composite
def backlogs(draw, leads=5, reps=3, top=9):
    """Points and places: dense or sparse, scarce or plenty, with and without limits."""
    width = draw(st.integers(1, reps))
    cell = st.none() | st.integers(0, top)
    points = draw(st.lists(st.lists(cell, min_size=width, max_size=width), max_size=leads))
    capacity = draw(st.lists(st.none() | st.integers(0, 3), min_size=width, max_size=width))
    return points, capacity


def all_assignments(points, capacity):
    """Every assignment that keeps to eligibility and capacity."""
    options = [[None, *(r for r, v in enumerate(row) if v is not None)] for row in points]
    for rep_of in product(*options):
        if all(limit is None or rep_of.count(rep) <= limit for rep, limit in enumerate(capacity)):
            yield rep_of


def total(points, rep_of, leads=None):
    """How many leads are placed and their points."""
    chosen = [
        points[lead][rep]
        for lead, rep in enumerate(rep_of)
        if rep is not None and (leads is None or lead in leads)
    ]
    return len(chosen), sum(chosen)


def assert_allowed(points, capacity, rep_of):
    for lead, rep in enumerate(rep_of):
        assert rep is None or points[lead][rep] is not None
    for rep, limit in enumerate(capacity):
        assert limit is None or rep_of.count(rep) <= limit


@examples(50)
@given(backlogs())
def test_brute_force_finds_nothing_better(backlog):
    """As many leads as possible are placed, and their points are the highest possible."""
    points, capacity = backlog
    found = solve(points, capacity)
    assert_allowed(points, capacity, found.rep_of)
    best = max(total(points, rep_of) for rep_of in all_assignments(points, capacity))
    assert (found.placed, found.points) == best == total(points, found.rep_of)
    assert found.gap == 0.0


@examples(50)
@given(backlogs(leads=30, reps=6, top=1000))
def test_the_prices_prove_the_optimum(backlog):
    """The bound that follows from the prices alone is reached: nothing better exists."""
    points, capacity = backlog
    found = solve(points, capacity)
    assert_allowed(points, capacity, found.rep_of)
    assert bound(points, capacity, found) == found.points == found.bound


@examples(50)
@given(backlogs(leads=30, reps=6, top=1000))
def test_every_lead_is_where_it_is_worth_most_after_the_price(backlog):
    """No lead would rather be elsewhere, and a rep with a place to spare costs nothing."""
    points, capacity = backlog
    found = solve(points, capacity)
    for row, rep in zip(points, found.rep_of, strict=True):
        nets = {r: v - found.prices[r] for r, v in enumerate(row) if v is not None}
        assert max([*nets.values(), -found.left_out]) == nets.get(rep, -found.left_out)
    for rep, limit in enumerate(capacity):
        if limit is None or found.rep_of.count(rep) < limit:
            assert found.prices[rep] == 0


@examples(30)
@given(backlogs(leads=30, reps=25, top=50), st.randoms(use_true_random=False))
def test_the_order_of_leads_and_reps_does_not_matter(backlog, random):
    """Shuffling the rows and the columns changes neither the number placed nor the points."""
    points, capacity = backlog
    found = solve(points, capacity)
    columns = list(range(len(capacity)))
    random.shuffle(columns)
    shuffled = [[row[column] for column in columns] for row in points]
    random.shuffle(shuffled)
    again = solve(shuffled, [capacity[column] for column in columns])
    assert (again.placed, again.points) == (found.placed, found.points)


@examples(30)
@given(backlogs(leads=40, reps=25, top=1000))
def test_wide_rows_use_short_lists_and_stay_exact(backlog):
    """With more reps than fit a short list the prices prove the optimum as well."""
    points, capacity = backlog
    found = solve(points, capacity)
    assert bound(points, capacity, found) == found.points


@examples(50)
@given(backlogs(leads=25, reps=6, top=1000), st.sampled_from([0.3, 0.01, 0.0005]))
def test_the_gap_is_kept(backlog, gap):
    """The near-optimal answer misses at most the stated share, places as many, and proves its bound."""
    points, capacity = backlog
    near, best = solve(points, capacity, gap=gap), solve(points, capacity)
    assert_allowed(points, capacity, near.rep_of)
    assert near.placed == best.placed
    assert near.points <= best.points <= near.bound
    assert near.gap <= gap
    assert best.points <= bound(points, capacity, near) < near.bound + 1


@examples(50)
@given(backlogs(leads=5, reps=3), st.data())
def test_priorities_are_lexicographic(backlog, data):
    """Brute force over (placed, points) of each priority in turn finds nothing better."""
    points, capacity = backlog
    priorities = data.draw(st.lists(st.integers(-1, 1), min_size=len(points), max_size=len(points)))
    levels = sorted(set(priorities), reverse=True)
    leads_of = [{at for at, p in enumerate(priorities) if p == level} for level in levels]

    def merit(rep_of):
        return tuple(total(points, rep_of, leads) for leads in leads_of)

    found = solve(points, capacity, priorities=priorities)
    assert_allowed(points, capacity, found.rep_of)
    assert merit(found.rep_of) == max(map(merit, all_assignments(points, capacity)))


@examples(50)
@given(backlogs(leads=20, reps=6, top=100), st.data())
def test_a_lower_priority_costs_a_higher_one_nothing(backlog, data):
    """The highest priority does as well as if the other leads were not there."""
    points, capacity = backlog
    priorities = data.draw(st.lists(st.integers(0, 2), min_size=len(points), max_size=len(points)))
    first = {lead for lead, priority in enumerate(priorities) if priority == max(priorities)}
    found = solve(points, capacity, priorities=priorities)
    alone = solve([row for lead, row in enumerate(points) if lead in first], capacity)
    assert total(points, found.rep_of, first) == (alone.placed, alone.points)
    reached = sum(
        points[lead][rep] * found.units[lead]
        for lead, rep in enumerate(found.rep_of)
        if rep is not None
    )
    assert bound(points, capacity, found) == reached


def test_many_priorities_and_large_points_stay_exact():
    """Neither is limited: thirty classes of a million points are as lexicographic as two."""
    points = [[10**6 - lead, 10**6 - 2 * lead, None] for lead in range(60)]
    found = solve(points, [10, 10, 5], priorities=[lead // 2 for lead in range(60)])
    assert [lead for lead, rep in enumerate(found.rep_of) if rep is not None] == list(range(40, 60))
    assert solve([[2**400, 2**390], [2**400, 5]], [1, 1]).rep_of == (1, 0)
    for gap in (0.0, 0.0005):
        assert solve([[2**1100, 2**1090], [2**1100, 5]], [1, 1], gap=gap).rep_of == (1, 0)


@given(backlogs(leads=20, reps=6, top=100))
def test_one_priority_is_none(backlog):
    """Equal priorities give what no priorities give, by the other method."""
    points, capacity = backlog
    chained = solve(points, capacity, priorities=[7] * len(points))
    sold = solve(points, capacity)
    assert (chained.placed, chained.points) == (sold.placed, sold.points)


@given(backlogs(leads=20, reps=6))
def test_the_bottleneck_explains_who_is_left_out(backlog):
    """The leads left out can go to the bottleneck alone, whose places are all taken by its own leads."""
    points, capacity = backlog
    found = solve(points, capacity)
    neck = set(found.bottleneck)
    bound_to_neck = [
        row
        for row in points
        if {rep for rep, value in enumerate(row) if value is not None}
        <= neck | {rep for rep, limit in enumerate(capacity) if limit == 0}
    ]
    left_out = len(points) - found.placed
    if left_out:
        assert len(bound_to_neck) == sum(capacity[rep] for rep in neck) + left_out
    else:
        assert found.bottleneck == ()


@given(backlogs(leads=20, reps=6))
def test_greedy_keeps_the_rules_and_is_never_better(backlog):
    """The baseline obeys eligibility and capacity, and what it reaches is reported."""
    points, capacity = backlog
    found, rep_of = solve(points, capacity), greedy(points, capacity)
    assert_allowed(points, capacity, rep_of)
    assert total(points, rep_of) == (found.greedy_placed, found.greedy_points)
    assert total(points, rep_of) <= (found.placed, found.points)


def test_greedy_serves_higher_priorities_first():
    """The order of the baseline is the priority, then the order given."""
    assert greedy([[1], [1], [1]], [1], [0, 5, 5]) == (None, 0, None)


def test_the_gap_to_greedy_is_a_share_of_the_points():
    """Greedy misses 7 of 17 points when it gives away the one good place of the second lead."""
    found = solve([[9, 8], [9, 1]], [1, 1])
    assert (found.rep_of, found.points, found.greedy_points) == ((1, 0), 17, 10)
    assert found.gap_to_greedy == pytest.approx(7 / 17)
    assert solve([[0]], [1]).gap_to_greedy == 0.0


def test_an_empty_backlog_is_placed():
    """No leads, no reps, or no places at all are ordinary inputs."""
    assert solve([], [3, None]).rep_of == ()
    assert solve([[], []], []).rep_of == (None, None)
    assert solve([[5], [6]], [0]).rep_of == (None, None)
    assert solve([], [1], priorities=[]).rep_of == ()


def test_a_rep_without_places_has_the_price_of_the_place_it_lacks():
    """With one place more the points would rise by the price."""
    closed, opened = solve([[9, 4]], [0, 1]), solve([[9, 4]], [1, 1])
    assert closed.prices[0] == 5 == opened.points - closed.points


def test_0_places_and_no_limit_differ():
    """0 is none at all, None is no limit."""
    assert solve([[1, 5], [1, 5]], [None, 0]).rep_of == (0, 0)


@pytest.mark.parametrize(
    ("points", "capacity", "said"),
    [
        ([[1, 2]], [1], "points[0] has 2 numbers; write one for each of the 1 reps"),
        ([[3, -1]], [1, 1], "points[0][1] is -1; write a whole number, 0 or more, or None"),
        ([[0.5]], [1], "points[0][0] is 0.5; write a whole number, 0 or more, or None"),
        ([[True]], [1], "points[0][0] is True; write a whole number, 0 or more, or None"),
        ([[1]], [-1], "capacity[0] is -1; write 0 or more, or None for no limit"),
    ],
)
def test_what_cannot_be_right_is_refused(points, capacity, said):
    """The message names the cell, what it holds and what to write."""
    with pytest.raises(ValidationError) as caught:
        solve(points, capacity)
    assert str(caught.value) == f"Batch: {said}"


def test_priorities_are_one_whole_number_per_lead():
    """A missing priority and one that is no whole number are named together."""
    with pytest.raises(ValidationError) as caught:
        solve([[1], [1]], [1], priorities=[1.5])
    assert str(caught.value) == (
        "Batch: priorities has 1 numbers; write one for each of the 2 leads; "
        "priorities[0] is 1.5; write a whole number"
    )


def test_many_faults_are_cut_short():
    """A table of the wrong type names its first faults, not ten thousand."""
    with pytest.raises(ValidationError) as caught:
        solve([[0.5] * 10] * 10, [1] * 10)
    assert len(caught.value.faults) == 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"gap": 1}, "gap is 1; write 0 for the optimum, or a share below 1 such as 0.0005"),
        (
            {"gap": 0.1, "priorities": [1]},
            "priorities are placed exactly and in pure Python; leave out gap and engine",
        ),
        (
            {"gap": 0.1, "engine": "scipy"},
            "the engine 'scipy' is exact; leave out gap, or leave out engine",
        ),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, said):
    """Nothing is ignored in silence."""
    with pytest.raises(ConfigError) as caught:
        solve([[1]], [1], **options)
    assert str(caught.value) == said


def test_an_unknown_engine_gets_a_suggestion():
    """A typing error in the engine's name is answered with the near name."""
    with pytest.raises(UnknownFieldError, match="did you mean 'ortools'"):
        solve([[1]], [1], engine="ortool")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_missing_engine_names_the_extra(engine, monkeypatch):
    """Without the package the error says what to install."""
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    monkeypatch.setitem(sys.modules, "ortools.graph.python", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'leadroute\[batch\]'"):
        solve([[1]], [1], engine=engine)


@pytest.mark.parametrize(
    ("engine", "package"), [("ortools", "ortools.graph.python"), ("scipy", "scipy.optimize")]
)
@examples(40)
@given(backlog=backlogs(leads=20, reps=6, top=100))
def test_the_engines_agree(engine, package, backlog):
    """A compiled solver places as many leads for the same points, and its prices prove it too."""
    pytest.importorskip(package)
    points, capacity = backlog
    theirs, ours = solve(points, capacity, engine=engine), solve(points, capacity)
    assert (theirs.placed, theirs.points) == (ours.placed, ours.points)
    assert bound(points, capacity, theirs) == theirs.points


class Flow:
    """Stands in for OR-tools: the same calls, solved by the library itself."""

    def __init__(self):
        self.arcs, self.supplies = [], {}

    def add_arc_with_capacity_and_unit_cost(self, tail, head, capacity, cost):
        self.arcs.append((tail, head, capacity, cost))
        return len(self.arcs) - 1

    def set_node_supply(self, node, supply):
        self.supplies[node] = supply

    def solve(self):
        sink = max(self.supplies)
        assert self.supplies.pop(sink) == -len(self.supplies) == -sum(self.supplies.values())
        places = {tail: capacity for tail, head, capacity, _ in self.arcs if head == sink}
        reps = sorted(places)
        cost = {(tail, head): cost for tail, head, _, cost in self.arcs}
        points = [
            [-cost[lead, rep] if (lead, rep) in cost else None for rep in reps]
            for lead in sorted(self.supplies)
        ]
        found = solve(points, [places[rep] for rep in reps])
        self.chosen = {(lead, reps[column]) for lead, column in enumerate(found.rep_of)}

    def flow(self, arc):
        return self.arcs[arc][:2] in self.chosen


def linear_sum_assignment(table, *, maximize):
    """Stands in for SciPy: the same call, solved by the library itself."""
    assert maximize
    points = [[None if value == -inf else value for value in row] for row in table]
    return range(len(points)), solve(points, [1] * len(points[0])).rep_of


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("capacity", [[2, 1, 0], [1, 1, 0]])
def test_an_engine_is_handed_the_whole_market(engine, capacity, monkeypatch):
    """Eligibility, places and leads that must be left out reach the engine, and its answer comes back."""
    package = ModuleType("ortools.graph.python")
    package.min_cost_flow = SimpleNamespace(SimpleMinCostFlow=Flow)
    optimize = ModuleType("scipy.optimize")
    optimize.linear_sum_assignment = linear_sum_assignment
    for module in (package, optimize):
        monkeypatch.setitem(sys.modules, module.__name__, module)
        for parent in ("ortools", "ortools.graph", "scipy"):
            monkeypatch.setitem(sys.modules, parent, ModuleType(parent))
    points = [[9, 8, 5], [9, None, 7], [9, 1, None]]
    theirs, ours = (solve(points, capacity, engine=name) for name in (engine, "python"))
    assert (theirs.placed, theirs.points) == (ours.placed, ours.points)
    assert bound(points, capacity, theirs) == theirs.points


def test_prices_that_prove_nothing_are_refused():
    """A price below 0 makes no bound."""
    found = evolve(solve([[1, 1]], [1, None]), prices=(Fraction(-1), Fraction(2)))
    with pytest.raises(ValidationError) as caught:
        bound([[1, 1]], [1, None], found)
    assert str(caught.value) == "Solution: prices[0] is -1; it must be 0 or more"
