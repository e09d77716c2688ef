"""The rotation over a whole life: shares, absence, newcomers, and which leads take a turn."""

from collections import Counter
from datetime import UTC, datetime
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.offers.world import Racing

from leadroute import (
    LEAD,
    REP,
    ConfigError,
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Rule,
    round_robin,
    scorer,
)
from leadroute.ranking.turns import Turns, next_turn, take
from leadroute.testing import ManualClock

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
ROTATE = Router(rules=[Rule("all", score=round_robin())])


def route(dispatcher, number, prefix="L"):
    """Submit leads, each accepted by whom it is offered to, and give the reps in order."""
    taken = []
    for index in range(number):
        placement = dispatcher.submit(Lead(f"{prefix}-{index}"))
        dispatcher.accept(placement.lead_id, placement.rep_id)
        taken.append(placement.rep_id)
    return taken


def desk(reps, store=None, router=ROTATE):
    """A dispatcher over these reps."""
    return Dispatcher(router, Roster(reps), store or MemoryStore(), ManualClock(NOON))


@given(st.lists(st.integers(1, 6), min_size=2, max_size=6), st.integers(1, 40))
def test_everyone_gets_their_share(weights, number):
    """With everyone there, nobody strays from their exact share by two leads, at any moment."""
    reps = [Rep(f"r{index}", weight=weight) for index, weight in enumerate(weights)]
    counts = Counter()
    for position, rep_id in enumerate(route(desk(reps), number), 1):
        counts[rep_id] += 1
        for rep in reps:
            share = position * rep.weight / sum(weights)
            assert abs(counts[rep.id] - share) < 2


def test_a_rep_who_was_away_gets_no_burst():
    """A rep with weight 300 of 500 who missed 20 leads gets 12 of the next 20, as if they had been there."""
    store = MemoryStore()
    away = Rep("r1", weight=300)
    others = [Rep("r2", weight=100), Rep("r3", weight=100)]
    assert Counter(route(desk(others, store), 20)) == {"r2": 10, "r3": 10}
    assert Counter(route(desk([away, *others], store), 20, "back")) == {"r1": 12, "r2": 4, "r3": 4}


@pytest.mark.parametrize("weight", [1, 2, 5])
def test_a_newcomer_is_not_flooded(weight):
    """Somebody who joins a running rotation takes their share from there on, not what was before them."""
    store = MemoryStore()
    team = [Rep("a"), Rep("b")]
    route(desk(team, store), 100)
    next_leads = route(desk([*team, Rep("new", weight=weight)], store), 2 + weight, "later")
    assert Counter(next_leads) == {"a": 1, "b": 1, "new": weight}


@pytest.mark.parametrize("mode", ["weighted", "strict"])
@given(
    heavy=st.lists(st.sampled_from([1, 1.5, 2, 3, 7]), min_size=1, max_size=3),
    light=st.sampled_from([0.25, 0.5, 0.7, 1]),
    number=st.integers(1, 12),
)
@settings(max_examples=30)
def test_a_newcomer_of_any_weight_gets_a_share(mode, heavy, light, number):
    """Somebody who joins those of greater weight gets their share of the next leads."""
    router = Router(rules=[Rule("all", score=round_robin(mode))])
    store, team = MemoryStore(), [Rep(f"r{index}", weight=each) for index, each in enumerate(heavy)]
    route(desk(team, store, router), number)
    rounds = 4 * int((sum(heavy) + light) / light + 1)
    later = route(desk([*team, Rep("new", weight=light)], store, router), rounds, "later")
    assert abs(later.count("new") - rounds * light / (sum(heavy) + light)) < 2


@pytest.mark.parametrize("mode", ["weighted", "strict"])
@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 0.5), (100, 1)])
def test_a_weight_that_is_lowered_by_much_costs_no_turns(mode, before, after):
    """Who had a greater weight, and more leads, has the share of the new weight from then on, and owes nothing."""
    router = Router(rules=[Rule("all", score=round_robin(mode))])
    store = MemoryStore()
    route(desk([Rep("a", weight=before), Rep("b")], store, router), 60)
    desk_after = desk([Rep("a", weight=after), Rep("b")], store, router)
    later = Counter(route(desk_after, 12, "later"))
    assert abs(later["a"] - 12 * after / (after + 1)) <= 1


def test_a_missed_turn_that_was_counted_twice_is_put_right():
    """Where a scorer of the host guards no turn, what a newcomer missed may be counted twice: they lose no turns."""

    @scorer
    def fewest(situation, rep):
        """Whoever has had the fewest."""
        return 1 / (1 + situation.turns.get(rep.id, 0))

    store, team = MemoryStore(), [Rep("a"), Rep("b")]
    route(desk([*team], store), 100)
    everyone = [*team, Rep("new")]
    second = desk(everyone, store, Router(rules=[Rule("all", score=fewest())]))
    racing = evolve(second, store=Racing(lambda: second.submit(Lead("first")), store=store))
    racing.submit(Lead("second"))
    assert {second.placement(lead_id).rep_id for lead_id in ("first", "second")} == {"new"}
    assert second.snapshot().turns["everyone"]["new"] > 90
    assert Counter(route(desk(everyone, store), 9, "later"))["new"] >= 2


def test_a_newcomer_is_brought_level_once():
    """Of two processes that bring a newcomer level at once, one decides again: what was missed counts once."""
    store, team = MemoryStore(), [Rep("a"), Rep("b")]
    route(desk([*team], store), 100)
    everyone = [*team, Rep("new")]
    second = desk(everyone, store)
    racing = evolve(second, store=Racing(lambda: second.submit(Lead("first")), store=store))
    racing.submit(Lead("second"))
    assert [second.placement(lead_id).rep_id for lead_id in ("first", "second")] == ["new", "a"]
    assert second.snapshot().turns["everyone"] == {"a": 51, "b": 50, "new": 51}


def test_turns_withheld_are_no_turns_too_far_ahead():
    """Who owes many turns is passed over until they are settled, and is not brought level."""
    store = MemoryStore()
    dispatcher = desk([Rep("a"), Rep("b")], store)
    route(dispatcher, 10)
    expires = NOON.replace(year=2027)
    dispatcher.grant("a", -20, reason="skip", cause="C-1", expires=expires, pool="everyone")
    assert set(route(dispatcher, 18, "later")) == {"b"}


def test_who_returns_is_not_passed_over_by_their_id():
    """Where all leads come in the same instant, a rep who was away still gets their share on return."""
    store, everyone = MemoryStore(), [Rep("a"), Rep("b"), Rep("c")]
    route(desk(everyone, store), 9)
    route(desk(everyone[:2], store), 40, "away")
    assert Counter(route(desk(everyone, store), 9, "back")) == {"a": 3, "b": 3, "c": 3}


@pytest.mark.parametrize("mode", ["weighted", "strict"])
def test_leads_for_some_pass_over_nobody_else(mode):
    """Where one rep alone can take most leads, the others take turns with the rest, though the level runs ahead."""
    rule = Rule("all", require=REP.languages.contains(LEAD.language), score=round_robin(mode))
    team = [
        Rep("ada", languages={"de", "en"}),
        Rep("bob", languages={"en"}, weight=2),
        Rep("cy", languages={"en"}),
    ]
    dispatcher, found = desk(team, router=Router(rules=[rule])), Counter()
    for index in range(100):
        language = "de" if index % 10 else "en"
        placement = dispatcher.submit(Lead(f"L-{index}", language=language))
        dispatcher.accept(placement.lead_id, placement.rep_id)
        dispatcher.clock.advance("1m")
        found[language, placement.rep_id] += 1
    assert found["de", "ada"] == 90
    assert min(found["en", "bob"], found["en", "cy"]) >= 4


def test_a_rep_who_declines_keeps_their_place():
    """A declined offer gives the turn back: the rep is next in line for another lead."""
    dispatcher = desk([Rep("a"), Rep("b"), Rep("c")])
    dispatcher.submit(Lead("L-1"))
    dispatcher.decline("L-1", "a", "busy")
    assert dispatcher.placement("L-1").rep_id == "b"
    assert dispatcher.submit(Lead("L-2")).rep_id in {"a", "c"}
    assert dispatcher.snapshot().turns["everyone"].get("a", 0) <= 1


def test_leads_that_do_not_rotate_take_no_turn():
    """A rule without a rotation leaves the turns of its pool alone, so that others keep their order."""
    owned = Rule("owned", when=LEAD.account_id == "A-1")
    router = Router(rules=[owned, Rule("rest", score=round_robin())])
    dispatcher = desk([Rep("a"), Rep("b")], router=router)
    for index in range(5):
        dispatcher.submit(Lead(f"owned-{index}", account_id="A-1"))
    assert dispatcher.snapshot().turns == {}
    assert Counter(route(dispatcher, 4)) == {"a": 2, "b": 2}


def test_a_scorer_of_the_host_may_read_turns():
    """Nobody knows what a function of the host reads, so its leads count as turns."""

    @scorer
    def fewest(situation, rep):
        """Whoever has had the fewest."""
        return 1 / (1 + situation.turns.get(rep.id, 0))

    dispatcher = desk([Rep("a"), Rep("b")], router=Router(rules=[Rule("all", score=fewest())]))
    assert route(dispatcher, 4) == ["a", "b", "a", "b"]


def test_leads_decided_at_once_do_not_share_a_turn():
    """Of two processes that read the same turns, whoever commits second decides again."""
    reps, router = [Rep("a"), Rep("b")], Router(rules=[Rule("all", score=round_robin())])
    one = desk(reps, router=router)
    other = Dispatcher(router, one.roster, one.store, one.clock)
    racing = Dispatcher(
        router, one.roster, Racing(lambda: other.submit(Lead("L-1")), store=one.store), one.clock
    )
    racing.submit(Lead("L-2"))
    given_to = [one.placement(lead_id).rep_id for lead_id in ("L-1", "L-2")]
    assert given_to == ["a", "b"]
    assert Counter(given_to + route(one, 2, "later")) == {"a": 2, "b": 2}


def test_a_turn_may_be_given_back():
    """A declined offer gives the turn back, and the rep is next for another lead."""
    dispatcher = desk([Rep("a"), Rep("b")])
    dispatcher.submit(Lead("L-1"))
    dispatcher.decline("L-1", "a")
    assert dispatcher.submit(Lead("L-2")).rep_id == "a"


STRICT = Router(rules=[Rule("all", score=round_robin("strict"))])


@settings(max_examples=40)
@given(st.lists(st.integers(1, 6), min_size=2, max_size=6), st.integers(1, 40))
def test_strict_rotation_keeps_the_best_bound_there_is(weights, number):
    """With the same candidates all the time, nobody is ever further than 1 - 1/(2n - 2) from the exact share."""
    reps = [Rep(f"r{index}", weight=weight) for index, weight in enumerate(weights)]
    counts, bound = Counter(), 1 - Fraction(1, 2 * len(reps) - 2)
    turns = Turns.of({rep.id: rep.weight for rep in reps})
    for position, rep_id in enumerate(route(desk(reps, router=STRICT), number), 1):
        assert rep_id == next_turn(turns, mode="strict"), "the order is Tijdeman's"
        turns = take(turns, rep_id)
        counts[rep_id] += 1
        for rep in reps:
            share = Fraction(position * rep.weight, sum(weights))
            assert abs(counts[rep.id] - share) <= bound


def test_strict_rotation_with_one_heavy_rep():
    """One rep of weight 1,000 beside 99 of weight 1 stays within the bound at every moment."""
    reps = [Rep("heavy", weight=1_000), *(Rep(f"r{index:02}") for index in range(99))]
    had = 0
    for position, rep_id in enumerate(route(desk(reps, router=STRICT), 120), 1):
        had += rep_id == "heavy"
        assert abs(had - Fraction(position * 1_000, 1_099)) <= 1 - Fraction(1, 198)


def test_strict_rotation_after_an_absence():
    """A rep with weight 300 of 500 who missed 20 leads gets 12 of the next 20, and a newcomer is not flooded."""
    store = MemoryStore()
    away, others = Rep("r1", weight=300), [Rep("r2", weight=100), Rep("r3", weight=100)]
    route(desk(others, store, router=STRICT), 20)
    back = route(desk([away, *others], store, router=STRICT), 20, "back")
    assert Counter(back) == {"r1": 12, "r2": 4, "r3": 4}
    joined = route(desk([away, *others, Rep("new", weight=100)], store, router=STRICT), 12, "new")
    assert Counter(joined) == {"r1": 6, "r2": 2, "r3": 2, "new": 2}
    assert joined[:2] != ["new", "new"]


@settings(max_examples=40)
@given(st.lists(st.sets(st.sampled_from("abc"), min_size=1), max_size=40))
def test_strict_rotation_gathers_no_more_than_a_turn(shifts):
    """However reps come and go, nobody gathers a burst: of nine leads for three, each gets two to four."""
    store = MemoryStore()
    for index, present in enumerate(shifts):
        route(desk([Rep(rep) for rep in sorted(present)], store, router=STRICT), 1, f"s{index}")
    after = Counter(route(desk([Rep("a"), Rep("b"), Rep("c")], store, router=STRICT), 9, "after"))
    assert all(2 <= after[rep] <= 4 for rep in "abc")


def test_strict_rotation_gives_each_turn_once():
    """Two processes that read the same turns do not give both leads to one rep."""
    reps = [Rep("a"), Rep("b")]
    one = desk(reps, router=STRICT)
    other = Dispatcher(STRICT, one.roster, one.store, one.clock)
    racing = Dispatcher(
        STRICT, one.roster, Racing(lambda: other.submit(Lead("L-1")), store=one.store), one.clock
    )
    racing.submit(Lead("L-2"))
    assert [one.placement(lead_id).rep_id for lead_id in ("L-1", "L-2")] == ["a", "b"]


def test_a_mode_that_is_not_known():
    """An unknown mode is refused, with those that there are."""
    with pytest.raises(ConfigError, match=r"'fair' must be one of 'weighted', 'strict'"):
        round_robin("fair")
