"""Rotations: exact shares, checked in fractions against definitions and against sequences computed elsewhere."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import combinations_with_replacement, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.shared import shared_path

from leadroute.errors import InvalidValue, UnknownFieldError
from leadroute.ranking.turns import (
    UNIT,
    Member,
    Shift,
    Turns,
    align,
    dues,
    join,
    leave,
    next_turn,
    order,
    reweigh,
    shifts,
    take,
)

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


def team(weights, **counters):
    """A rotation whose ids keep the order of the weights."""
    return Turns.of({name(at): weight for at, weight in enumerate(weights)}, **counters)


def name(at):
    return f"r{at:03}"


def run(turns, count, mode="deficit", eligible=None):
    """The reps of the next turns, and the state after them."""
    taken = []
    for _ in range(count):
        rep_id = next_turn(turns, eligible, mode=mode)
        turns = take(turns, rep_id, eligible)
        taken.append(rep_id)
    return taken, turns


def deviation(weights, sequence):
    """The largest distance of any count from its exact share, at any moment."""
    whole, counts, worst = sum(weights), [0] * len(weights), Fraction()
    for moment, at in enumerate(sequence, start=1):
        counts[at] += 1
        worst = max(
            worst,
            *(
                Fraction(abs(c * whole - moment * w), whole)
                for c, w in zip(counts, weights, strict=True)
            ),
        )
    return worst


def strict_sequence(weights, count):
    """The reps of the next turns in strict mode, as places in the weights."""
    return [int(rep_id[1:]) for rep_id in run(team(weights), count, "strict")[0]]


@pytest.mark.parametrize(("mode", "reference"), [("strict", "tijdeman"), ("deficit", "swrr")])
def test_the_sequences_computed_elsewhere(mode, reference):
    """Both modes reproduce the exact sequences and largest deviations of the shared vectors."""
    for vector in json.loads(shared_path("vectors/fairness.json").read_text())["vectors"]:
        weights = vector["weights"]
        taken, _ = run(team(weights), sum(weights), mode)
        sequence = [int(rep_id[1:]) for rep_id in taken]
        assert deviation(weights, sequence) == Fraction(vector["max_dev"][reference]), weights
        if "sequence" in vector:
            assert sequence == vector["sequence"][reference], weights


def test_strict_keeps_the_best_bound_for_every_small_weight_vector():
    """No count is ever further than 1 - 1/(2n-2) from its share: all weights up to 4, up to 5 reps, two cycles."""
    for reps in range(2, 6):
        for weights in combinations_with_replacement(range(4, 0, -1), reps):
            sequence = strict_sequence(weights, 2 * sum(weights))
            assert deviation(weights, sequence) <= 1 - Fraction(1, 2 * reps - 2), weights


@pytest.mark.parametrize(
    "weights", LARGER, ids=lambda weights: f"{len(weights)}-sharing-{sum(weights)}"
)
def test_strict_keeps_the_best_bound_for_larger_weights(weights):
    """The same for heavy reps among light ones, where stride scheduling is off by dozens."""
    cycles = 2 if sum(weights) < 500 else 1
    sequence = strict_sequence(weights, cycles * sum(weights))
    assert deviation(weights, sequence) <= 1 - Fraction(1, 2 * len(weights) - 2)


weight_lists = st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any)


@settings(max_examples=40)
@given(weight_lists, st.data())
def test_credits_add_up_to_nothing(weights, data):
    """Whatever happens, what one is owed the others have had."""
    turns = team(weights)
    for _ in range(10):
        turns = take(turns, *data.draw(turn_of(turns)))
    assert sum(dues(turns)[member.rep_id] for member in turns.members if member.weight) == 0


def turn_of(turns):
    """A rep who takes a lead, and who was eligible for it."""
    ids = [member.rep_id for member in turns.members]
    return st.tuples(st.sampled_from(ids), st.sets(st.sampled_from(ids)))


@settings(max_examples=40)
@given(weight_lists, st.data())
def test_credits_follow_the_definition(weights, data):
    """Every lead adds w/W to those who were eligible, and the taker pays 1: to a billionth of a turn."""
    turns = team(weights)
    owed = dict.fromkeys((member.rep_id for member in turns.members), Fraction())
    weight_of = {member.rep_id: member.weight for member in turns.members}
    for _ in range(12):
        rep_id, eligible = data.draw(turn_of(turns))
        turns = take(turns, rep_id, eligible)
        owed[rep_id] -= 1
        if not weight_of[rep_id]:
            continue
        sharing = {rep for rep in eligible if weight_of[rep]} or set(owed)
        present = sum(weight_of[rep] for rep in sharing)
        for rep in sharing:
            owed[rep] += Fraction(weight_of[rep], present)
        for rep, credit in dues(turns).items():
            assert abs(credit - owed[rep]) <= Fraction(12 * 6, UNIT)


@settings(max_examples=40)
@given(weight_lists, st.data())
def test_deficit_picks_the_highest_credit(weights, data):
    """The turn goes to whoever has the highest credit once this lead is shared out; ties to weight, then id."""
    turns = team(weights)
    for _ in range(8):
        _, eligible = data.draw(turn_of(turns))
        able = [m for m in turns.members if m.weight and m.rep_id in eligible]
        chosen = next_turn(turns, eligible)
        if not able:
            assert chosen is None
            continue
        present = sum(member.weight for member in able)
        owed = dues(turns)
        ranked = sorted(
            able, key=lambda m: (-owed[m.rep_id] - Fraction(m.weight, present), -m.weight, m.rep_id)
        )
        assert order(turns, eligible) == tuple(member.rep_id for member in ranked)
        turns = take(turns, chosen, eligible)


@settings(max_examples=40)
@given(weight_lists, st.data())
def test_nobody_is_ever_a_turn_ahead_when_all_are_eligible(weights, data):
    """Whatever happened before, a turn taken with everyone eligible leaves its taker less than 1 ahead."""
    turns = team(weights)
    for _ in range(data.draw(st.integers(0, 12))):
        turns = take(turns, *data.draw(turn_of(turns)))
    chosen = next_turn(turns)
    n = sum(weight > 0 for weight in weights)
    assert dues(take(turns, chosen))[chosen] >= Fraction(1, n) - 1


@settings(max_examples=40)
@given(weight_lists, st.randoms(use_true_random=False), st.data())
def test_turns_commute(weights, random, data):
    """Additions of several processes give the same counters in any order."""
    turns = team(weights)
    steps = data.draw(st.lists(turn_of(turns), max_size=8))
    one = two = turns
    for step in steps:
        one = take(one, *step)
    random.shuffle(steps)
    for step in steps:
        two = take(two, *step)
    assert one == two


@given(weight_lists, st.data())
def test_shifts_rebuild_the_state(weights, data):
    """Adding the shifts to stored counters gives the state after the turn; an unchanged rep writes nothing."""
    before = team(weights)
    after = take(before, *data.draw(turn_of(before)))
    added = {shift.rep_id: shift for shift in shifts(before, after)}
    rebuilt = team(
        weights,
        taken={rep_id: shift.taken for rep_id, shift in added.items()},
        excused={rep_id: shift.excused for rep_id, shift in added.items()},
    )
    assert rebuilt == after
    assert shifts(after, after) == ()


def test_with_everyone_eligible_one_counter_moves():
    """A lead that all could take is one addition, whatever the size of the team."""
    before = team([1] * 50)
    assert shifts(before, take(before, "r007")) == (Shift("r007", 1, 0),)


def test_a_shift_for_a_newcomer_starts_from_nothing():
    """A member that was not stored yet is added with what it is excused."""
    before = team([1, 1], taken={"r000": 2, "r001": 2})
    assert shifts(before, join(before, "r002")) == (Shift("r002", 0, 2 * UNIT),)


class TestScenarios:
    """The scenarios of the open systems, with the outcome that they should have had."""

    def test_time_off_returns_level(self):
        """cal-30: back with weight 300 of 500 after 20 leads, she gets 12 of the next 20, not all of them."""
        turns = Turns.of({"r1": 300, "r2": 100, "r3": 100})
        while_away, turns = run(turns, 20, eligible={"r2", "r3"})
        assert while_away.count("r2") == while_away.count("r3") == 10
        assert turns.member("r1").excused == 30 * UNIT
        after, _ = run(turns, 20)
        assert [after.count(rep) for rep in ("r1", "r2", "r3")] == [12, 4, 4]

    def test_weight_0_means_never(self):
        """cal-27: weight 0 is never, not the last resort."""
        turns = Turns.of({"z": 0, "a": 100, "b": 100}, taken={"a": 6, "b": 2})
        assert order(turns, {"z", "a"}) == ("a",)

    def test_all_weights_0_is_nobody(self):
        """cal-28: no candidate, and no division by zero."""
        turns = Turns.of({"a": 0, "b": 0})
        assert order(turns) == ()
        assert next_turn(turns, mode="strict") is None
        assert take(turns, "a").member("a").taken == 1

    @pytest.mark.parametrize("mode", ["deficit", "strict"])
    def test_a_leaver_is_followed_by_the_next(self, mode):
        """fr-09, onc-02: after a, b the rotation goes on at c when b leaves."""
        _, turns = run(team([1] * 4), 2, mode)
        assert next_turn(leave(turns, "r001"), mode=mode) == "r002"

    def test_nobody_is_passed_over_when_another_leaves(self):
        """dj-08, ast-14: the next is c, whether a or b goes."""
        _, turns = run(team([1] * 4), 2)
        assert next_turn(leave(turns, "r000")) == next_turn(leave(turns, "r001")) == "r002"

    def test_a_newcomer_is_level(self):
        """ast-12, cal-14: 100 leads after the join are shared 50 to 50."""
        turns = join(Turns.of({"A": 1}, taken={"A": 100}), "B")
        taken, _ = run(turns, 100)
        assert taken.count("A") == taken.count("B") == 50

    def test_one_lead_a_day_is_shared(self):
        """od-07: 30 runs of one lead each give 15 to each of two."""
        taken, _ = run(Turns.of({"junior": 1, "senior": 1}), 30)
        assert taken.count("senior") == 15

    def test_leads_of_the_same_second_go_round(self):
        """esp-02, esp-01, fs-07: no clock is read, so a tie of clocks cannot repeat a turn."""
        assert run(team([1] * 3), 4)[0] == ["r000", "r001", "r002", "r000"]

    def test_smooth_weighted_round_robin(self):
        """lib-10: weights 5, 1, 1 interleave."""
        assert run(Turns.of({"a": 5, "b": 1, "c": 1}), 7)[0] == list("aabacaa")

    def test_flapping_does_not_jump_the_line(self):
        """kz-01: who goes and comes back has the place kept, neither better nor worse."""
        _, turns = run(team([1] * 3), 1)
        flapped = turns
        for _ in range(5):
            flapped = join(leave(flapped, "r001"), "r001")
        assert dues(flapped) == dues(turns)


@given(weight_lists.filter(lambda weights: sum(weights) > 0), st.integers(0, 40), st.integers(1, 4))
def test_a_newcomer_has_no_run_for_joining(weights, before, weight):
    """With no more than half of the weight, a newcomer never takes three in a row; equals never even two."""
    _, turns = run(team(weights), before)
    turns = join(turns, "new", min(weight, sum(weights)))
    taken, _ = run(turns, 20)
    assert not any(
        set(three) == {"new"} for three in zip(taken, taken[1:], taken[2:], strict=False)
    )


def test_an_equal_newcomer_never_takes_two_in_a_row():
    """Among equals a newcomer comes once a round, from the first round on."""
    for size in range(1, 8):
        for before in range(2 * size):
            _, turns = run(team([1] * size), before)
            taken, _ = run(join(turns, "new"), 4 * size)
            assert ("new", "new") not in set(pairwise(taken)) or size == 1


@given(weight_lists, st.integers(0, 30), st.data())
def test_a_change_of_the_team_changes_no_credit(weights, before, data):
    """Joining and a new weight leave everyone's credit as it was, to a billionth."""
    _, turns = run(team(weights), before)
    owed = dues(turns)
    rep_id = data.draw(st.sampled_from([m.rep_id for m in turns.members if m.weight]))
    for changed in (
        reweigh(turns, rep_id, data.draw(st.integers(1, 9))),
        join(turns, "new", data.draw(st.integers(1, 9))),
    ):
        for rep, credit in dues(changed).items():
            assert abs(credit - owed.get(rep, 0)) <= Fraction(1, UNIT)


@given(weight_lists, st.integers(0, 30), st.data())
def test_what_a_leaver_was_due_is_shared_out_and_taken_back(weights, before, data):
    """The others share it by weight; a return undoes that, so that going and coming gains nothing."""
    _, turns = run(team(weights), before)
    owed = dues(turns)
    gone = data.draw(st.sampled_from([member for member in turns.members if member.weight]))
    left = leave(turns, gone.rep_id)
    whole = sum(weights) - gone.weight
    for member in left.members:
        share = Fraction(member.weight, whole) if member.weight else 0
        gained = 0 if member.rep_id == gone.rep_id else owed[gone.rep_id] * share
        assert abs(dues(left)[member.rep_id] - owed[member.rep_id] - gained) <= Fraction(1, UNIT)
    back = join(left, gone.rep_id, gone.weight)
    for rep, credit in dues(back).items():
        assert abs(credit - owed[rep]) <= Fraction(2, UNIT)


def test_the_last_to_leave_starts_afresh():
    """With nobody else there is nothing to be behind or ahead of."""
    _, turns = run(Turns.of({"ada": 1}), 3)
    assert dues(leave(turns, "ada")) == {"ada": 0}
    assert dues(join(leave(turns, "ada"), "ada")) == {"ada": 0}
    assert dues(reweigh(turns, "ada", 5)) == {"ada": 0}


def test_align_follows_the_roster():
    """Newcomers join, the missing leave, the others get their new weight; nothing to do changes nothing."""
    _, turns = run(Turns.of({"ada": 1, "bob": 1, "cy": 2}), 5)
    aligned = align(turns, {"ada": 1, "bob": 3, "dee": 0.5})
    weights = {member.rep_id: member.weight for member in aligned.members}
    assert weights == {"ada": 1, "bob": 3, "cy": 0, "dee": Fraction(1, 2)}
    assert align(aligned, {"ada": 1, "bob": 3, "dee": 0.5}) is aligned


@given(st.lists(st.integers(1, 5), min_size=2, max_size=5), st.integers(0, 3), st.integers(1, 20))
def test_catch_up_is_limited(weights, limit, leads):
    """Who is away gathers credit up to the limit and not beyond; the others share the rest."""
    turns = team(weights)
    others = {member.rep_id for member in turns.members} - {"r000"}
    for _ in range(leads):
        turns = take(turns, next_turn(turns, others), others, catch_up=limit)
    credit = dues(turns)["r000"]
    assert 0 <= credit <= limit
    assert limit == 0 or leads * weights[0] < limit * sum(weights) or credit > limit - 1


def test_catch_up_gives_the_leads_missed():
    """With a limit of 3, four leads of absence among two are two turns to catch up."""
    turns = team([1, 1])
    for _ in range(4):
        turns = take(turns, "r001", {"r001"}, catch_up=3)
    assert dues(turns)["r000"] == 2
    assert run(turns, 4)[0] == ["r000"] * 4


def test_weights_are_exact():
    """A tenth is a tenth: 0.1, 0.2 and 0.7 share ten leads as 1, 2 and 7."""
    taken, turns = run(Turns.of({"a": 0.1, "b": 0.2, "c": 0.7}), 10)
    assert [taken.count(rep) for rep in "abc"] == [1, 2, 7]
    assert set(dues(turns).values()) == {0}


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (-1, "weight is -1; write a number, 0 or more"),
        (float("nan"), "weight is nan; write a number, 0 or more"),
        (float("inf"), "weight is inf; write a number, 0 or more"),
        (True, "weight is True; write a number, 0 or more"),
        ("2", "weight is '2'; write a number, 0 or more"),
    ],
)
def test_a_weight_is_a_number(weight, said):
    """What is no finite number of at least 0 is refused."""
    with pytest.raises(InvalidValue) as caught:
        Member("ada", weight)
    assert str(caught.value) == f"Member: {said}"


def test_a_rep_is_a_member_once():
    """Two records of one rep would share one turn twice."""
    with pytest.raises(InvalidValue) as caught:
        Turns([Member("ada"), Member("ada")])
    assert str(caught.value) == "Turns: members names 'ada' twice; name every rep once"
    with pytest.raises(InvalidValue) as caught:
        join(team([1]), "r000")
    assert str(caught.value) == (
        "Turns: members has 'r000' already; use reweigh() for another weight"
    )


def test_an_unknown_rep_is_named():
    """A turn for somebody who is no member is an error with the nearest name."""
    with pytest.raises(UnknownFieldError) as caught:
        take(Turns.of({"ada": 1}), "adda")
    assert str(caught.value) == "there is no member named 'adda'; did you mean 'ada'?"


def test_a_turn_that_a_credit_pays_for_comes_next_and_costs_nothing():
    """Ada's credit puts her first; the turn that it pays for leaves the rotation as if it had not been."""
    turns = take(Turns.of({"ada": 1, "bob": 1, "cy": 1}), "ada")
    assert next_turn(turns) == "bob"
    assert next_turn(turns, extra={"ada": 2 * UNIT}) == "ada"
    after = take(turns, "ada", covered=UNIT)
    assert dues(after) == dues(turns)
    assert after.member("ada").taken == 2


@settings(max_examples=30)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6))
def test_deficit_mode_over_serves_nobody_by_a_turn(weights):
    """With everyone eligible nobody is ever more than 1 - 1/n ahead, and after each cycle all are level."""
    turns = team(weights)
    for _ in range(sum(weights)):
        turns = take(turns, next_turn(turns))
        assert min(dues(turns).values()) >= Fraction(1, len(weights)) - 1
    assert set(dues(turns).values()) == {0}
