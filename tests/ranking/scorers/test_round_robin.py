"""Rotations: exact shares, checked in fractions against definitions and against sequences computed elsewhere."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.profiles import examples
from tests.shared import shared_path

from leadroute import LEAD, Lead, Rep, Snapshot
from leadroute.model.snapshot import TurnCredit
from leadroute.ranking.scorers.round_robin import (
    MODES,
    UNIT,
    Dues,
    after,
    dues,
    round_robin,
    share,
    turn_of,
)
from leadroute.rules.routing_context import RoutingContext
from leadroute.scorers import owner

NOW = datetime(2026, 3, 4, tzinfo=UTC)
LARGER = [
    [1000, *[1] * 99],
    [90, *[1] * 10],
    [43, 1, 1],
    [29, 1, 1, 1],
    [9, 9, 1, 1, 1],
    [200, 200, 1, 1, 1],
    [6, 3, 3, 3, 3, 2],
    [7] * 7,
    [1] * 20,
    list(range(1, 13)),
    [2**k for k in range(8)],
    [97, 89, 83, 79, 73, 71, 67],
    [100, 10, 1],
    [100, 99, 98],
    [50, 25, 12, 6, 3, 1],
    [1, 1, 2, 3, 5, 8, 13, 21],
    [15, 14, 1, 1, 1, 1],
    [11, 7, 5, 3, 2],
    [31, 30, 29, 1, 1],
    [64, 8, 8, 8, 1, 1, 1, 1],
]


class Rotation:
    """The credits of a pool as a store keeps them: what was shared out, less what was paid."""

    def __init__(self, weights, held=None):
        named = (
            weights if isinstance(weights, dict) else {name(n): w for n, w in enumerate(weights)}
        )
        self.reps = {rep_id: Rep(rep_id, weight=weight) for rep_id, weight in named.items()}
        self.credits = dict.fromkeys(self.reps, 0) | (held or {})

    def context(self, eligible=None, turn_credits=()):
        """A lead that these could take."""
        able = sorted(self.reps if eligible is None else eligible)
        reps = tuple(self.reps[rep_id] for rep_id in able if self.reps[rep_id].weight)
        counts = Snapshot(credits={"p": self.credits}, turn_credits={"p": dict(turn_credits)})
        return RoutingContext(Lead("L-1"), reps, "p", counts, NOW)

    def order(self, mode="weighted", eligible=None, turn_credits=()):
        """The ids, whose turn it is first."""
        context = self.context(eligible, turn_credits)
        return [context.reps[place].id for place in dues(context).order(mode)]

    def take(self, rep_id, eligible=None, turn_credits=()):
        """A lead is shared out, and a rep pays for it."""
        context = self.context(eligible, turn_credits)
        ids = [rep.id for rep in context.reps]
        turn = turn_of(context, ids.index(rep_id))
        parts = turn.shares()
        for each, part in zip(turn.ids, parts, strict=True):
            self.credits[each] += part
        self.credits[rep_id] -= sum(parts)
        return turn

    def run(self, count, mode="weighted", eligible=None):
        """The reps of the next turns."""
        taken = []
        for _ in range(count):
            context = self.context(eligible)
            taken.append(context.reps[dues(context).first(mode)].id)
            self.take(taken[-1], eligible)
        return taken


def name(at):
    return f"r{at:03}"


def deviation(weights, sequence):
    """The largest distance of any count from its exact share, at any moment."""
    whole, counts, worst = sum(weights), [0] * len(weights), Fraction()
    for moment, at in enumerate(sequence, start=1):
        counts[at] += 1
        pairs = zip(counts, weights, strict=True)
        worst = max(worst, *(Fraction(abs(c * whole - moment * w), whole) for c, w in pairs))
    return worst


def sequence(weights, count, mode):
    """The reps of the next turns, as places in the weights."""
    return [int(rep_id[1:]) for rep_id in Rotation(weights).run(count, mode)]


@pytest.mark.parametrize(("mode", "reference"), [("strict", "tijdeman"), ("weighted", "swrr")])
def test_the_sequences_computed_elsewhere(mode, reference):
    """Both modes reproduce the exact sequences and largest deviations of the shared vectors."""
    for vector in json.loads(shared_path("vectors/fairness.json").read_text())["vectors"]:
        weights = vector["weights"]
        found = sequence(weights, sum(weights), mode)
        assert deviation(weights, found) == Fraction(vector["max_dev"][reference]), weights
        if "sequence" in vector:
            assert found == vector["sequence"][reference], weights


def test_strict_keeps_the_best_bound_for_every_small_weight_vector():
    """No count is ever further than 1 - 1/(2n-2) from its share: all weights up to 4, up to 4 reps, two cycles."""
    for reps in range(2, 5):
        for weights in combinations_with_replacement(range(4, 0, -1), reps):
            found = sequence(weights, 2 * sum(weights), "strict")
            assert deviation(weights, found) <= 1 - Fraction(1, 2 * reps - 2), weights


@pytest.mark.slow
@pytest.mark.parametrize(
    "weights", LARGER, ids=lambda weights: f"{len(weights)}-sharing-{sum(weights)}"
)
def test_strict_keeps_the_best_bound_for_larger_weights(weights):
    """The same for heavy reps among light ones, where stride scheduling is off by dozens."""
    found = sequence(weights, sum(weights), "strict")
    assert deviation(weights, found) <= 1 - Fraction(1, 2 * len(weights) - 2)


weight_lists = st.lists(st.integers(1, 9), min_size=1, max_size=6)


def able_of(rotation):
    """Who is eligible for a lead."""
    return st.sets(st.sampled_from([*rotation.reps]), min_size=1)


@examples(40)
@given(weight_lists, st.sampled_from(MODES), st.data())
def test_credits_add_up_to_nothing(weights, mode, data):
    """Whatever happens, what one is owed the others have had, to the last part of a turn."""
    rotation = Rotation(weights)
    for _ in range(10):
        able = data.draw(able_of(rotation))
        rotation.take(data.draw(st.sampled_from(rotation.order(mode, able))), able)
        assert sum(rotation.credits.values()) == 0


@examples(40)
@given(weight_lists, st.data())
def test_credits_follow_the_definition(weights, data):
    """Every lead adds w/W to those who were eligible, and the taker pays 1: to a billionth of a turn."""
    rotation = Rotation(weights)
    owed = dict.fromkeys(rotation.reps, Fraction())
    for _ in range(12):
        able = data.draw(able_of(rotation))
        rep_id = data.draw(st.sampled_from(sorted(able)))
        present = sum(rotation.reps[each].weight for each in able)
        rotation.take(rep_id, able)
        owed[rep_id] -= 1
        for each in able:
            owed[each] += Fraction(rotation.reps[each].weight, present)
        for each, credit in rotation.credits.items():
            assert abs(Fraction(credit, UNIT) - owed[each]) <= Fraction(12 * 6, UNIT)


@examples(40)
@given(weight_lists, st.data())
def test_weighted_puts_the_highest_credit_first(weights, data):
    """Reps come in the order of their credit with this lead shared out; ties to weight, then id."""
    rotation = Rotation(weights)
    for _ in range(8):
        able = data.draw(able_of(rotation))
        present = sum(rotation.reps[each].weight for each in able)
        keys = {
            each: (
                -Fraction(rotation.credits[each], UNIT)
                - Fraction(rotation.reps[each].weight, present),
                -rotation.reps[each].weight,
                each,
            )
            for each in able
        }
        assert rotation.order(eligible=able) == sorted(able, key=keys.__getitem__)
        rotation.take(data.draw(st.sampled_from(sorted(able))), able)


@examples(60)
@given(weight_lists, st.sampled_from(MODES), st.data())
def test_the_first_is_the_first_of_the_order(weights, mode, data):
    """Who is found first without sorting is whoever comes first in the order, with credits and with turns alone."""
    amounts = st.integers(-3, 3).map(lambda turns: turns * UNIT) | st.integers(-UNIT, UNIT)
    held = {name(n): data.draw(amounts) for n in range(len(weights))}
    context = Rotation(weights, held).context()
    turns = {rep_id: data.draw(st.integers(0, 5)) for rep_id in held}
    by_turns = RoutingContext(Lead("L-1"), context.reps, "p", Snapshot(turns={"p": turns}))
    for each in (context, by_turns):
        found = dues(each)
        assert found.first(mode) == found.order(mode)[0]
        assert sorted(found.order(mode)) == [*range(len(weights))]


@examples(40)
@given(weight_lists, st.lists(st.integers(0, 9), min_size=6, max_size=6))
def test_turns_stand_for_credits_that_are_not_known(weights, taken):
    """Where only turns are known, every lead so far counts as shared out among the candidates."""
    rotation = Rotation(weights)
    reps = tuple(rotation.reps.values())
    turns = {rep.id: count for rep, count in zip(reps, taken, strict=False)}
    whole, leads = sum(weights), sum(turns.values()) + 1
    found = dues(RoutingContext(Lead("L-1"), reps, "p", Snapshot(turns={"p": turns})))
    owed = [Fraction(leads * rep.weight, whole) - turns[rep.id] for rep in reps]
    assert [found.ahead(place) for place in range(len(reps))] == pytest.approx(
        [float(1 - each) for each in owed]
    )


@examples(40)
@given(weight_lists, st.data())
def test_nobody_is_ever_a_turn_ahead_when_all_are_eligible(weights, data):
    """Whatever happened before, a turn taken with everyone eligible leaves its taker less than 1 ahead."""
    rotation = Rotation(weights)
    for _ in range(data.draw(st.integers(0, 12))):
        able = data.draw(able_of(rotation))
        rotation.take(data.draw(st.sampled_from(sorted(able))), able)
    (chosen,) = rotation.run(1)
    assert Fraction(rotation.credits[chosen], UNIT) >= Fraction(1, len(weights)) - 1


@examples(30)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_weighted_mode_over_serves_nobody_by_a_turn(weights):
    """With everyone eligible nobody is ever more than 1 - 1/n ahead, and after each cycle all are level."""
    rotation, rounding = Rotation(weights), len(weights) * sum(weights)
    for _ in range(sum(weights)):
        rotation.run(1)
        least = Fraction(min(rotation.credits.values()), UNIT)
        assert least >= Fraction(1, len(weights)) - 1 - Fraction(rounding, UNIT)
    assert all(abs(credit) <= rounding for credit in rotation.credits.values())


class TestScenarios:
    """The scenarios of the open systems, with the outcome that they should have had."""

    def test_time_off_returns_level(self):
        """cal-30: back with weight 300 of 500 after 20 leads, she gets 12 of the next 20, not all of them."""
        rotation = Rotation({"r1": 300, "r2": 100, "r3": 100})
        while_away = rotation.run(20, eligible={"r2", "r3"})
        assert while_away.count("r2") == while_away.count("r3") == 10
        assert rotation.credits["r1"] == 0
        after = rotation.run(20)
        assert [after.count(rep) for rep in ("r1", "r2", "r3")] == [12, 4, 4]

    @pytest.mark.parametrize("mode", MODES)
    def test_a_leaver_is_followed_by_the_next(self, mode):
        """fr-09, onc-02: after a, b the rotation goes on at c when b leaves."""
        rotation = Rotation([1] * 4)
        rotation.run(2, mode)
        assert rotation.order(mode, {"r000", "r002", "r003"})[0] == "r002"

    def test_nobody_is_passed_over_when_another_leaves(self):
        """dj-08, ast-14: the next is c, whether a or b goes."""
        rotation = Rotation([1] * 4)
        rotation.run(2)
        for gone in ("r000", "r001"):
            assert rotation.order(eligible={*rotation.reps} - {gone})[0] == "r002"

    def test_a_newcomer_is_level(self):
        """ast-12, cal-14: 100 leads after the join are shared 50 to 50."""
        rotation = Rotation({"A": 1})
        rotation.run(100)
        taken = Rotation({"A": 1, "B": 1}, rotation.credits).run(100)
        assert taken.count("A") == taken.count("B") == 50

    def test_one_lead_a_day_is_shared(self):
        """od-07: 30 runs of one lead each give 15 to each of two."""
        assert Rotation({"junior": 1, "senior": 1}).run(30).count("senior") == 15

    def test_leads_of_the_same_second_go_round(self):
        """esp-02, esp-01, fs-07: no clock is read, so a tie of clocks cannot repeat a turn."""
        assert Rotation([1] * 3).run(4) == ["r000", "r001", "r002", "r000"]

    def test_smooth_weighted_round_robin(self):
        """lib-10: weights 5, 1, 1 interleave."""
        assert Rotation({"a": 5, "b": 1, "c": 1}).run(7) == list("aabacaa")


def test_an_equal_newcomer_never_takes_two_in_a_row():
    """Among equals a newcomer comes once a round, from the first round on."""
    for size in range(1, 8):
        for before in range(2 * size):
            rotation = Rotation([1] * size)
            rotation.run(before)
            everyone = dict.fromkeys([*rotation.reps, "new"], 1)
            taken = Rotation(everyone, rotation.credits).run(4 * size)
            assert ("new", "new") not in set(pairwise(taken)) or size == 1


def test_weights_are_exact():
    """A tenth is a tenth: 0.1, 0.2 and 0.7 share ten leads as 1, 2 and 7."""
    rotation = Rotation({"a": 0.1, "b": 0.2, "c": 0.7})
    taken = rotation.run(10)
    assert [taken.count(rep) for rep in "abc"] == [1, 2, 7]
    assert set(rotation.credits.values()) == {0}
    assert share(1, 3, 4) == UNIT * 3 // 4


def test_a_turn_that_a_grant_pays_for_comes_next_and_costs_nothing():
    """A make-up turn puts Ada first; the turn that it pays for leaves the rotation as if it had not been."""
    rotation = Rotation({"ada": 1, "bob": 1, "cy": 1})
    rotation.take("ada")
    assert rotation.order()[0] == "bob"
    credit = TurnCredit(NOW.replace(year=2027), "make_up", "L-9")
    turn_credits = {"ada": (credit,)}
    assert rotation.order(turn_credits=turn_credits)[0] == "ada"
    before = dict(rotation.credits)
    turn = rotation.take("ada", turn_credits=turn_credits)
    assert (turn.taken, turn.shares(), turn.paid) == (0, [], {credit: -1})
    assert rotation.credits == before
    withheld = TurnCredit(NOW.replace(year=2027), "skip", "L-8", -2)
    turn = rotation.take("bob", turn_credits={"bob": (withheld,)})
    assert (turn.taken, sum(turn.shares()), turn.paid) == (3, 3 * UNIT, {withheld: 2})


def test_a_simulation_pays_with_what_was_granted():
    """A turn that was given pays once: then the counts of a simulation hold it no more."""
    team, at = (Rep("ada"), Rep("bob")), datetime(2026, 3, 4, tzinfo=UTC)
    extra = TurnCredit(at + timedelta(days=1), "make_up", "L-0")
    counts = Snapshot(turn_credits={"p": {"bob": (extra,)}})
    context = RoutingContext(Lead("L-1"), team, "p", counts, at)
    assert dues(context).first("weighted") == 1
    left = after(counts, "p", team, turn_of(context, 1))
    assert left.turn_credits == {"p": {"bob": ()}}
    assert left.credits == {"p": {"ada": 0, "bob": 0}}
    assert left.turns == {"p": {"bob": 0}}


def test_a_guarded_rotation_takes_a_turn_where_its_condition_holds():
    """Where the condition of a guard is false, the lead is no turn and nobody's already."""
    team = (Rep("ada"),)
    for lead, holds in ((Lead("L-1", country="US"), True), (Lead("L-1"), False)):
        context = RoutingContext(lead, team, "p")
        for score in (round_robin(), owner() + round_robin()):
            guarded = score.when(LEAD.country == "US")
            assert guarded.is_turn(context, team[0]) is holds
        owned = RoutingContext(lead.with_changes(owner_id="ada"), team, "p")
        assert owner().when(LEAD.country == "US").owns(owned, team[0]) is holds


def test_tie_goes_to_the_heavier_weight():
    """Of two who are due the same, the heavier weight comes first, whatever their ids."""
    tied = Dues([UNIT // 2, 0], [1, 3], 4, 1, ["ada", "bob"], [UNIT // 4, 3 * UNIT // 4])
    assert tied.due() == [3 * UNIT // 4] * 2
    assert tied.order("weighted") == [1, 0]
    assert tied.first("weighted") == 1
