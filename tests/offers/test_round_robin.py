"""The rotation through the dispatcher: credits, shares, absence, grants, races, and the order of assignments."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import Racing, Wrapped, audit, rotation
from tests.profiles import examples

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Lead,
    MemoryStore,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    Schedule,
    SqliteStore,
    free_capacity,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.batch import assign_batch
from leadroute.errors import ConfigError, ConflictError
from leadroute.model.duration import to_micros
from leadroute.model.keys import credits_key, order_key, parts, resting_key
from leadroute.offers import requests, turn_credits
from leadroute.offers.lines import length_key
from leadroute.ranking.scorers.round_robin import UNIT
from leadroute.scorers import fair_share, first_of, named_account, owner
from leadroute.testing import ManualClock

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MODES = ("weighted", "strict")
each_mode = pytest.mark.parametrize("mode", MODES)
modes = st.sampled_from(MODES)
weights = st.sampled_from([0.25, 0.5, 1, 1, 1.5, 2, 3, 4])
quick = examples(30)


def policy(mode="weighted", **terms):
    """One rule by rotation."""
    return Router(rules=[Rule("all", score=round_robin(mode), accept_within="5m", **terms)])


def desk(*reps, router=None, mode="weighted", store=None, start=NOON):
    """A dispatcher over these reps, with one rule by rotation unless there is a router."""
    team = Roster([Rep(rep) if isinstance(rep, str) else rep for rep in reps])
    clock = ManualClock(start)
    return Dispatcher(
        router or policy(mode), team, MemoryStore() if store is None else store, clock
    )


def with_team(dispatcher, *reps):
    """The same office after the team has changed."""
    return evolve(
        dispatcher, roster=Roster([Rep(rep) if isinstance(rep, str) else rep for rep in reps])
    )


def one(dispatcher, lead_id, **fields):
    """A lead, a minute after the one before, that is accepted by whom it is offered to."""
    dispatcher.clock.advance("1m")
    placement = dispatcher.submit(Lead(lead_id, **fields))
    dispatcher.accept(lead_id, placement.rep_id)
    return placement.rep_id


def route(dispatcher, number, prefix="L", **fields):
    """So many leads; who got them, in order."""
    return [one(dispatcher, f"{prefix}-{index}", **fields) for index in range(number)]


def credits_of(dispatcher, pool="everyone"):
    """The credit of each rep of a pool in turns."""
    held = dispatcher.snapshot().credits.get(pool, {})
    return {rep_id: credit / UNIT for rep_id, credit in held.items()}


def exactly(dispatcher, pool="everyone"):
    """Whatever the record of a pool says: turns, credits, and what is granted, without who has nothing."""
    reps, turns, held, granted = rotation(dispatcher.store, pool)
    named = {rep: pair for rep, *pair in zip(reps, turns, held, strict=True) if any(pair)}
    return named, {rep: each for rep, each in granted.items() if each}


# What each lead is shared out among.

SENIORS = [Rep("s1", level=3), Rep("s2", level=3)]
JUNIORS = [Rep("j1", weight=3, level=1), Rep("j2", level=1)]


def by_level(mode, *, both):
    """Leads for seniors and others, both by rotation in the default pool."""
    score, enterprise = round_robin(mode), LEAD.source == "ent"
    small = (REP.level < 3) if both else None
    return Router(
        rules=[
            Rule("ent", when=enterprise, require=REP.level >= 3, score=score, accept_within="5m"),
            Rule("small", require=small, score=score, accept_within="5m"),
        ]
    )


@each_mode
@pytest.mark.parametrize(("many", "few"), [(5, 1), (1, 5), (1, 1)])
@pytest.mark.parametrize("weight", [3, 1, 0.5])
def test_leads_that_juniors_cannot_take_move_no_junior(mode, many, few, weight):
    """Among juniors who share some leads, each has the share by weight, however many leads the seniors take."""
    juniors = [evolve(JUNIORS[0], weight=weight), JUNIORS[1]]
    dispatcher, found = desk(*SENIORS, *juniors, router=by_level(mode, both=True)), Counter()
    for index in range(80 // few):
        found.update(route(dispatcher, many, f"ent-{index}", source="ent"))
        found.update(route(dispatcher, few, f"small-{index}"))
    small = 80 // few * few
    share = Fraction(small) * Fraction(weight) / (Fraction(weight) + 1)
    assert abs(found["j1"] - share) < 1
    assert found["j1"] + found["j2"] == small
    assert abs(found["s1"] - found["s2"]) <= 1


@each_mode
def test_three_quarters_of_eighty_are_sixty(mode):
    """80 times five leads for seniors and one other: 60 and 20 for juniors of weight 3 and 1."""
    dispatcher, found = desk(*SENIORS, *JUNIORS, router=by_level(mode, both=True)), Counter()
    for index in range(80):
        found.update(route(dispatcher, 5, f"ent-{index}", source="ent"))
        found.update(route(dispatcher, 1, f"small-{index}"))
    assert found == {"s1": 200, "s2": 200, "j1": 60, "j2": 20}


@each_mode
def test_a_requirement_on_one_rule_alone(mode):
    """Where everybody shares the other leads, all have what was shared out to them, within a turn and a half."""
    dispatcher, found = desk(*SENIORS, *JUNIORS, router=by_level(mode, both=False)), Counter()
    shared = Counter()
    for index in range(80):
        found.update(route(dispatcher, 5, f"ent-{index}", source="ent"))
        found.update(route(dispatcher, 1, f"small-{index}"))
        shared.update({"s1": Fraction(5, 2), "s2": Fraction(5, 2)})
        shared.update({"s1": Fraction(1, 6), "s2": Fraction(1, 6)})
        shared.update({"j1": Fraction(1, 2), "j2": Fraction(1, 6)})
        for rep_id, share in shared.items():
            assert abs(found[rep_id] - share) <= (1.5 if mode == "weighted" else 2)
    assert abs(found["j1"] - 40) <= 1
    assert abs(found["j2"] - Fraction(40, 3)) <= 1


@each_mode
def test_a_language_inside_one_rule(mode):
    """German leads for the seniors alone; of the others j1 with three times the weight gets three times as many."""
    languages = {"s": {"de"}, "j": {"en"}}
    team = [evolve(rep, languages=languages[rep.id[0]]) for rep in (*SENIORS, *JUNIORS)]
    router = policy(mode, require=REP.languages.contains(LEAD.language))
    dispatcher, found = desk(*team, router=router), Counter()
    for index in range(80):
        found.update(route(dispatcher, 5, f"de-{index}", language="de"))
        found.update(route(dispatcher, 1, f"en-{index}", language="en"))
    assert found == {"s1": 200, "s2": 200, "j1": 60, "j2": 20}


@each_mode
def test_leads_that_overflow_from_seniors_who_are_off(mode):
    """While the seniors are off their leads go to everybody, by weight; then each pool goes on as it stood."""
    score = round_robin(mode)
    rules = [
        Rule(
            "ent",
            when=LEAD.source == "ent",
            pool="seniors",
            score=score,
            accept_within="5m",
            fallback={"none_available": "pool juniors"},
        ),
        Rule("small", pool="juniors", score=score, accept_within="5m"),
    ]
    pools = [Pool("seniors", reps={"s1", "s2"}), Pool("juniors", reps={"j1", "j2"})]
    router = Router(rules=rules, pools=pools)
    off = [evolve(rep, schedule=Schedule("mon-fri 09:00-17:00", "UTC")) for rep in SENIORS]
    dispatcher, found = desk(*off, *JUNIORS, router=router), Counter()
    found.update(route(dispatcher, 3, "day", source="ent"))
    assert set(found) == {"s1", "s2"}
    before = exactly(dispatcher, "seniors")
    dispatcher.clock.set(NOON.replace(hour=20))
    night = Counter()
    for index in range(20):
        night.update(route(dispatcher, 5, f"ent-{index}", source="ent"))
        night.update(route(dispatcher, 1, f"small-{index}"))
    assert night == {"j1": 90, "j2": 30}
    assert exactly(dispatcher, "seniors") == before
    dispatcher.clock.set(NOON + timedelta(days=1))
    found.update(route(dispatcher, 3, "next", source="ent"))
    assert found == {"s1": 3, "s2": 3}


# A bound on unfairness.


@pytest.mark.parametrize("ahead", [1, 1.5, 2, 3])
@pytest.mark.parametrize("number", [2, 3, 5])
def test_nobody_is_further_ahead_than_the_bound(ahead, number):
    """However much the score prefers one, nobody is further ahead of their share than was said, and it is used."""
    reps = [Rep(f"r{index}", skills={"oil": index / number}) for index in range(number)]
    score = fair_share(skill_match("industry"), ahead)
    router = Router(rules=[Rule("all", score=score, accept_within="5m")])
    dispatcher, found = desk(*reps, router=router), Counter()
    most = 0
    for position in range(1, 41):
        found[one(dispatcher, f"L-{position}", industry="oil")] += 1
        leads = max(found.values()) - Fraction(position, number)
        most = max(most, leads)
        assert leads <= ahead
    assert most > ahead - 1 / Fraction(number) - Fraction(1, 1000)


def test_two_equal_reps_within_one_turn():
    """``fair_share(score, 1)``, one always preferred, 40 leads: never more than 1 ahead, which is a difference of 2."""
    reps = [Rep("ada", skills={"oil": 1}), Rep("bob", skills={"oil": 0})]
    router = Router(
        rules=[Rule("all", score=fair_share(skill_match("industry"), 1), accept_within="5m")]
    )
    dispatcher, found, widest = desk(*reps, router=router), Counter(), 0
    for index in range(40):
        found[one(dispatcher, f"L-{index}", industry="oil")] += 1
        widest = max(widest, abs(found["ada"] - found["bob"]))
    assert widest == 2
    assert abs(found["ada"] - 20) <= 1


# What is no turn.


@each_mode
def test_a_credited_turn_swaps_nobody(mode):
    """Three reps, a lead each minute, a turn credited to bob: he has it next, and then the order goes on."""
    dispatcher = desk("ada", "bob", "cy", mode=mode)
    assert route(dispatcher, 3) == ["ada", "bob", "cy"]
    dispatcher.credit_turns("bob", reason="make_up", cause="L-1", expires=NOON + timedelta(days=30))
    assert route(dispatcher, 4, "M") == ["bob", "ada", "bob", "cy"]
    assert dispatcher.snapshot().turn_credits == {}


@each_mode
@given(at=st.integers(0, 5), turns=st.integers(1, 3), to=st.sampled_from(["ada", "bob", "cy"]))
@quick
def test_a_credited_turn_moves_no_credit(mode, at, turns, to):
    """Wherever in the round it comes, what was credited is paid at once, and all go on as without it."""
    plain, other = desk("ada", "bob", "cy", mode=mode), desk("ada", "bob", "cy", mode=mode)
    assert route(plain, at) == route(other, at)
    other.credit_turns(to, turns, reason="make_up", cause="x", expires=NOON + timedelta(days=30))
    found, wanted = route(other, 12 + turns, "M"), route(plain, 12, "M")
    assert Counter(found) - Counter(wanted) == {to: turns}
    assert exactly(plain)[0].keys() == exactly(other)[0].keys()
    assert credits_of(plain) == credits_of(other)


def hand(dispatcher, number, to):
    """Leads given by hand: each is offered to nobody before."""
    for index in range(number):
        dispatcher.clock.advance("1m")
        dispatcher.submit(Lead(f"hand-{index}", source="hand"))
        dispatcher.assign(f"hand-{index}", to, by="manager")


@each_mode
@pytest.mark.parametrize("way", ["assign", "owner", "first_of", "sum", "account"])
@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("to", ["ada", "bob", "cy"])
def test_a_lead_by_hand_or_to_its_owner_is_no_turn(mode, way, at, to):
    """Before, after and in the middle of a round: the others go on as if it had not been."""
    turn = round_robin(mode)
    scores = {
        "assign": turn,
        "owner": owner(),
        "first_of": first_of(owner(), turn),
        "sum": 9 * owner() + turn,
        "account": 9 * named_account() + turn,
    }
    own = Rule("own", when=LEAD.source == "own", score=scores[way], accept_within="5m")
    shut = Rule("hand", when=LEAD.source == "hand", require=REP.level > 99)
    rules = [own, shut, Rule("all", score=turn, accept_within="5m")]
    team = [Rep(rep_id, accounts={f"{rep_id}.com"}) for rep_id in ("ada", "bob", "cy")]
    dispatcher = desk(*team, router=Router(rules=rules))
    found = route(dispatcher, at)
    before = exactly(dispatcher)
    if way == "assign":
        hand(dispatcher, 4, to)
    else:
        named = {"email": f"x@{to}.com"} if way == "account" else {"owner_id": to}
        assert route(dispatcher, 4, "own", source="own", **named) == [to] * 4
    assert exactly(dispatcher) == before
    found += route(dispatcher, 6 - at, "later")
    assert found == ["ada", "bob", "cy"] * 2


@each_mode
def test_an_owner_who_is_away_leaves_a_turn_to_others(mode):
    """``first_of(owner(), round_robin())``: where nobody who owns the lead is there, it is a turn like any other."""
    router = Router(
        rules=[Rule("all", score=first_of(owner(), round_robin(mode)), accept_within="5m")]
    )
    dispatcher = desk(Rep("ada", active=False), "bob", "cy", router=router)
    assert route(dispatcher, 4, owner_id="ada") == ["bob", "cy", "bob", "cy"]
    assert dispatcher.snapshot().turns == {"everyone": {"bob": 2, "cy": 2}}


def test_leads_that_do_not_rotate_take_no_turn():
    """A rule by another score leaves the credits of its pool alone, so that others keep their order."""
    full = Rule("full", when=LEAD.account_id == "A-1", score=free_capacity(), accept_within="5m")
    dispatcher = desk("a", "b", router=Router(rules=[full, *policy().rules]))
    route(dispatcher, 5, "own", account_id="A-1")
    assert dispatcher.snapshot().turns == dispatcher.snapshot().credits == {}
    assert dispatcher.store.get([credits_key("everyone")]) == {}
    assert route(dispatcher, 4) == ["a", "b", "a", "b"]


def test_a_scorer_of_the_host_may_read_turns():
    """Nobody knows what a function of the host reads, so its leads count as turns."""

    @scorer
    def fewest(context, rep):
        """Whoever has had the fewest."""
        return 1 / (1 + context.turns.get(rep.id, 0))

    dispatcher = desk("a", "b", router=Router(rules=[Rule("all", score=fewest())]))
    assert route(dispatcher, 4) == ["a", "b", "a", "b"]


# When the clock stands still.


def waited(mode):
    """A rule without a score, and the same written out."""
    return [Router(rules=[Rule("all", accept_within="5m")]), policy(mode)]


@each_mode
@pytest.mark.parametrize("number", [2, 3, 5])
@pytest.mark.parametrize("written", [0, 1])
def test_leads_that_waited_overnight_are_shared_at_nine(mode, number, written):
    """Thirty leads wait; at nine everybody opens at once, and one sweep gives each as many."""
    hours = Schedule("mon-fri 09:00-17:00", "UTC")
    reps = [Rep(f"r{index}", schedule=hours) for index in range(number)]
    dispatcher = desk(*reps, router=waited(mode)[written], start=NOON.replace(hour=2))
    for index in range(30):
        assert dispatcher.submit(Lead(f"L-{index}")).rep_id is None
    dispatcher.clock.set(NOON.replace(hour=9))
    assert dispatcher.sweep().offered == 30
    found = Counter(dispatcher.placement(f"L-{index}").rep_id for index in range(30))
    assert found == {rep.id: 30 // number for rep in reps}


@each_mode
@pytest.mark.parametrize("number", [2, 3, 5])
@pytest.mark.parametrize("written", [0, 1])
def test_a_batch_is_shared(mode, number, written):
    """Thirty leads given out at one instant are as many for each, from where the turns stand."""
    dispatcher = desk(*(f"r{index}" for index in range(number)), router=waited(mode)[written])
    route(dispatcher, number)
    leads = [Lead(f"B-{index}") for index in range(30)]
    for counts in (None, dispatcher.snapshot()):
        batch = assign_batch(
            dispatcher.router, leads, dispatcher.roster, now=dispatcher.clock.now(), snapshot=counts
        )
        assert set(Counter(batch.owners.values()).values()) == {30 // number}


@each_mode
@given(st.lists(weights, min_size=1, max_size=5), st.booleans(), st.integers(1, 25))
@quick
def test_the_time_makes_no_difference(mode, given_weights, without, number):
    """Whether the clock stands still, moves or goes back, the same reps get the same leads."""
    reps = [Rep(f"r{index}", weight=weight) for index, weight in enumerate(given_weights)]
    router, found = waited(mode)[0 if without and mode == "weighted" else 1], []
    for pace in (0, 1, -1):
        dispatcher = desk(*reps, router=router)
        taken = []
        for index in range(number):
            dispatcher.clock.set(dispatcher.clock.now() + pace * MINUTE)
            taken.append(dispatcher.submit(Lead(f"L-{index}")).rep_id)
        found.append(taken)
    assert found[0] == found[1] == found[2]


# Shares.


def bound_of(mode, number):
    """How far anybody may be from the exact share while everybody is there."""
    return 1.5 if mode == "weighted" else 1 - Fraction(1, max(1, 2 * number - 2))


@each_mode
@given(st.lists(weights, min_size=2, max_size=6), st.integers(1, 40))
@quick
def test_everyone_gets_their_share(mode, given_weights, number):
    """With everyone there, nobody strays further from the exact share than is promised, at any moment."""
    reps = [Rep(f"r{index}", weight=weight) for index, weight in enumerate(given_weights)]
    dispatcher, found, whole = desk(*reps, mode=mode), Counter(), sum(map(Fraction, given_weights))
    for position in range(1, number + 1):
        found[one(dispatcher, f"L-{position}")] += 1
        for rep in reps:
            share = position * Fraction(rep.weight) / whole
            assert abs(found[rep.id] - share) <= bound_of(mode, len(reps))
            # what is kept is the same, rounded down to parts of a turn a lead, which the taker makes up
            slack = number * len(reps) / UNIT
            assert abs(credits_of(dispatcher)[rep.id] - (share - found[rep.id])) <= slack


def tijdeman(given_weights, number):
    """The chairman assignment by the book, in fractions: who gets each lead."""
    whole, found = sum(map(Fraction, given_weights)), []
    shares = [Fraction(weight) / whole for weight in given_weights]
    count, bound = Counter(), 1 - Fraction(1, 2 * len(shares) - 2)
    for position in range(1, number + 1):
        able = [
            place
            for place, share in enumerate(shares)
            if share * position - count[place] >= 1 - bound
        ]
        ends = [-(-(count[place] + bound) // shares[place]) for place in able]
        keys = [(end, -shares[place], place) for end, place in zip(ends, able, strict=True)]
        found.append(min(keys)[2])
        count[found[-1]] += 1
    return found


@given(st.lists(weights, min_size=2, max_size=5), st.integers(1, 30))
@quick
def test_strict_keeps_the_best_bound_there_is_by_any_order(given_weights, number):
    """The order of Tijdeman, written down on its own, keeps the same bound that the dispatcher keeps."""
    reps = [Rep(f"r{index}", weight=weight) for index, weight in enumerate(given_weights)]
    found = route(desk(*reps, mode="strict"), number)
    count, whole = Counter(), sum(map(Fraction, given_weights))
    for position, (rep_id, by_the_book) in enumerate(
        zip(found, tijdeman(given_weights, number), strict=True), 1
    ):
        count[rep_id] += 1
        count[by_the_book, "book"] += 1
        for place, rep in enumerate(reps):
            share = position * Fraction(rep.weight) / whole
            for had in (count[rep.id], count[place, "book"]):
                assert abs(had - share) <= 1 - Fraction(1, 2 * len(reps) - 2)


def test_strict_with_one_heavy_rep():
    """One rep of weight 1,000 beside 99 of weight 1 stays within the bound at every moment."""
    reps = [Rep("heavy", weight=1_000), *(Rep(f"r{index:02}") for index in range(99))]
    had = 0
    for position, rep_id in enumerate(route(desk(*reps, mode="strict"), 120), 1):
        had += rep_id == "heavy"
        assert abs(had - Fraction(position * 1_000, 1_099)) <= 1 - Fraction(1, 198)


@st.composite
def offices(draw):
    """A small team with levels and languages, and the leads of some weeks."""
    reps = [
        Rep(
            f"r{index}",
            weight=draw(weights),
            level=draw(st.integers(1, 3)),
            languages=draw(st.sets(st.sampled_from(["de", "en", "fr"]), min_size=1)),
        )
        for index in range(draw(st.integers(2, 6)))
    ]
    leads = draw(
        st.lists(
            st.tuples(st.sampled_from(["de", "en", "fr"]), st.sampled_from(["1", "2", "3"])),
            min_size=5,
            max_size=60,
        )
    )
    return reps, leads


def demanding(mode):
    """Rules whose requirements ask for a level and a language, by rotation in one pool."""
    speaks = REP.languages.contains(LEAD.language)
    return Router(
        rules=[
            Rule(
                f"level {level}",
                when=LEAD.source == level,
                require=speaks & (REP.level >= int(level)),
                score=round_robin(mode),
                accept_within="5m",
            )
            for level in ("1", "2", "3")
        ]
    )


@given(offices(), modes, st.randoms(use_true_random=False))
@examples(60)
def test_every_lead_is_shared_out_among_who_could_take_it(office, mode, random):
    """With any requirements and absences: credits are what was shared out less what was taken, and stay small."""
    reps, leads = office
    dispatcher = desk(*reps, router=demanding(mode))
    shared, here = Counter(), {rep.id for rep in reps}
    for index, (language, level) in enumerate(leads):
        if random.random() < 0.1:
            here = {rep.id for rep in reps if random.random() < 0.8}
        dispatcher = with_team(dispatcher, *(evolve(rep, active=rep.id in here) for rep in reps))
        dispatcher.clock.advance("1m")
        placement = dispatcher.submit(Lead(f"L-{index}", language=language, source=level))
        able = [
            rep
            for rep in reps
            if rep.id in here and language in rep.languages and rep.level >= int(level)
        ]
        assert (placement.rep_id in {rep.id for rep in able}) == bool(able)
        if not able:
            continue
        dispatcher.accept(placement.lead_id, placement.rep_id)
        whole = sum(Fraction(rep.weight) for rep in able)
        for rep in able:
            shared[rep.id] += Fraction(rep.weight) / whole
        shared[placement.rep_id] -= 1
        held = credits_of(dispatcher)
        for rep in reps:
            assert abs(held.get(rep.id, 0) - shared[rep.id]) < 1e-9
        assert sum(dispatcher.snapshot().credits["everyone"].values()) == 0
        if mode == "weighted":
            assert max(map(abs, held.values())) <= 1.5
    audit(dispatcher.store, {f"L-{index}" for index in range(len(leads))})


@given(offices(), st.sampled_from([1, 1.5, 2]), st.sampled_from(["0", "1", "2", "3", "4", "5"]))
@examples(40)
def test_the_bound_holds_where_requirements_vary(office, ahead, liked):
    """No lead goes to who would be too far ahead while a candidate would not; if all would, to who is least ahead."""
    reps, leads = office

    @scorer
    def favourite(context, rep):
        """One that the host likes best."""
        return float(rep.id == f"r{liked}")

    speaks = REP.languages.contains(LEAD.language)
    score = fair_share(favourite(), ahead)
    router = Router(rules=[Rule("all", require=speaks, score=score, accept_within="5m")])
    dispatcher = desk(*reps, router=router)
    for index, (language, _) in enumerate(leads):
        able = [rep for rep in reps if language in rep.languages]
        if not able:
            continue
        held, whole = credits_of(dispatcher), sum(rep.weight for rep in able)
        leads_ahead = {rep.id: 1 - rep.weight / whole - held.get(rep.id, 0) for rep in able}
        taker = one(dispatcher, f"L-{index}", language=language)
        assert leads_ahead[taker] <= max(ahead, min(leads_ahead.values())) + 2e-6
        assert leads_ahead[taker] <= ahead + 1
        if f"r{liked}" in leads_ahead and leads_ahead[f"r{liked}"] <= ahead:
            assert taker == f"r{liked}"


# Who is off, joins, leaves, returns or has a new weight.


WAYS = ("inactive", "full", "away", "left")


def absent(rep, way):
    """A rep who cannot take leads now, in one way or another."""
    if way == "inactive":
        return evolve(rep, active=False)
    if way == "full":
        return evolve(rep, capacity=0)
    return evolve(rep, schedule=Schedule("never", "UTC")) if way == "away" else None


@each_mode
@pytest.mark.parametrize("way", WAYS)
@given(
    given_weights=st.lists(weights, min_size=2, max_size=5),
    before=st.integers(0, 12),
    missed=st.integers(1, 15),
)
@examples(12)  # eight times: in each mode and way
def test_who_is_absent_owes_nothing_and_is_owed_nothing(mode, way, given_weights, before, missed):
    """While they are absent no turn and no credit of theirs moves, and afterwards all have their shares again."""
    rep, *others = [Rep(f"r{index}", weight=each) for index, each in enumerate(given_weights)]
    dispatcher = desk(rep, *others, mode=mode)
    route(dispatcher, before)
    stood = credits_of(dispatcher).get(rep.id, 0)
    gone = absent(rep, way)
    route(with_team(dispatcher, *[each for each in (gone, *others) if each]), missed, "missed")
    assert credits_of(dispatcher).get(rep.id, 0) == stood
    whole, found = sum(map(Fraction, given_weights)), Counter()
    for position, rep_id in enumerate(route(dispatcher, 20, "back"), 1):
        found[rep_id] += 1
        share = position * Fraction(rep.weight) / whole
        assert abs(found[rep.id] - share) <= 3, "no burst and no drought"


@each_mode
@given(
    given_weights=st.lists(weights, min_size=1, max_size=4),
    weight=weights,
    before=st.integers(0, 60),
)
@quick
def test_a_newcomer_is_level(mode, given_weights, weight, before):
    """Whatever was before: from the first lead on a newcomer has the share by weight, no more and no less."""
    team = [Rep(f"r{index}", weight=each) for index, each in enumerate(given_weights)]
    dispatcher = desk(*team, mode=mode)
    route(dispatcher, before)
    held = credits_of(dispatcher)
    joined = with_team(dispatcher, *team, Rep("new", weight=weight))
    whole, found = sum(map(Fraction, (*given_weights, weight))), Counter()
    for position in range(1, 31):
        found[one(joined, f"later-{position}")] += 1
        assert abs(found["new"] - position * Fraction(weight) / whole) <= 1.5
        for rep in team:
            share = position * Fraction(rep.weight) / whole + Fraction(held.get(rep.id, 0))
            assert abs(found[rep.id] - share) <= 2


@each_mode
@pytest.mark.parametrize("weight", [1, 2, 5])
@pytest.mark.parametrize("before", [100, 101])
def test_a_newcomer_is_not_flooded(mode, weight, before):
    """Somebody who joins a running rotation takes their share from there on, not what was before them."""
    dispatcher = desk("a", "b", mode=mode)
    route(dispatcher, before)
    later = route(
        with_team(dispatcher, "a", "b", Rep("new", weight=weight)), 2 * (2 + weight), "later"
    )
    assert abs(Counter(later)["new"] - 2 * weight) <= 1


@each_mode
@pytest.mark.parametrize(("before", "after"), [(3, 1), (1, 0.5), (100, 1), (1, 3), (1, 100)])
@pytest.mark.parametrize("number", [59, 60, 61])
def test_a_new_weight_counts_from_the_next_lead_on(mode, before, after, number):
    """Who had another weight, and other leads, has the share of the new weight from then on, and owes nothing."""
    dispatcher = desk(Rep("a", weight=before), "b", mode=mode)
    route(dispatcher, number)
    later = Counter(route(with_team(dispatcher, Rep("a", weight=after), "b"), 12, "later"))
    assert abs(later["a"] - Fraction(12) * Fraction(after) / (Fraction(after) + 1)) <= 1.5


@each_mode
def test_a_leaver_takes_their_credit_along(mode):
    """Whoever leaves moves nobody, and who comes back stands where they stood."""
    dispatcher = desk("a", "b", "c", mode=mode)
    route(dispatcher, 2)
    held = credits_of(dispatcher)
    left = with_team(dispatcher, "a", "b")
    route(left, 10, "left")
    assert credits_of(dispatcher)["c"] == held["c"]
    assert one(dispatcher, "back") == "c"


@quick
@given(st.lists(st.sets(st.sampled_from("abc"), min_size=1), max_size=40), modes)
def test_nobody_gathers_a_burst(shifts, mode):
    """However reps come and go: of nine leads for three, each gets one to five."""
    dispatcher = desk("a", "b", "c", mode=mode)
    for index, present in enumerate(shifts):
        one(with_team(dispatcher, *sorted(present)), f"s-{index}")
    after = Counter(route(dispatcher, 9, "after"))
    assert all(1 <= after[rep_id] <= 5 for rep_id in "abc")


# What is given back.


ENDINGS = ("decline", "time out", "assign away", "assign to the same")


def end(dispatcher, lead_id, ending):
    """End an offer unaccepted, in one way or another; nobody else may have the lead."""
    rep_id = dispatcher.placement(lead_id).rep_id
    if ending == "decline":
        dispatcher.decline(lead_id, rep_id)
    elif ending == "time out":
        dispatcher.clock.advance("5m")
        dispatcher.sweep()
    else:
        other = next(rep.id for rep in dispatcher.roster if rep.id != rep_id)
        dispatcher.assign(lead_id, rep_id if "same" in ending else other, by="manager")


@each_mode
@pytest.mark.parametrize("ending", ENDINGS)
@given(given_weights=st.lists(weights, min_size=2, max_size=6), before=st.integers(0, 9))
@quick
def test_an_offer_that_ends_gives_back_share_and_turn(mode, ending, given_weights, before):
    """Credits, turns and order are to the last part what they were before the offer, when nobody takes the lead."""
    team = [Rep(f"r{index}", weight=each) for index, each in enumerate(given_weights)]
    dispatcher = desk(*team, mode=mode)
    route(dispatcher, before)
    dispatcher.clock.advance("1m")
    stood, last = exactly(dispatcher), dispatcher.snapshot().last_assigned
    offered = dispatcher.submit(Lead("ends"))
    assert exactly(dispatcher) != stood
    nobody = [evolve(rep, active=rep.id == offered.rep_id) for rep in team]
    end(with_team(dispatcher, *nobody), "ends", ending)
    assert exactly(dispatcher) == stood
    after = dispatcher.snapshot().last_assigned
    if ending in ("decline", "time out"):
        assert after == last
    else:
        owner_id = dispatcher.placement("ends").owner
        assert {rep: n for rep, n in after.items() if rep != owner_id} == {
            rep: n for rep, n in last.items() if rep != owner_id
        }
        assert after[owner_id] == max(after.values()) > offered.offers[0].turn.taken


steps = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), st.sampled_from(["de", "en"])),
        st.tuples(st.sampled_from(["accept", *ENDINGS, "hand over", "won"]), st.integers(0, 9)),
        st.tuples(st.just("grant"), st.sampled_from([1, 2, -1, -2])),
    ),
    max_size=40,
)


@each_mode
@given(
    given_weights=st.lists(weights, min_size=2, max_size=5),
    steps=steps,
    most=st.sampled_from([2, 1_000]),
)
@examples(40)
def test_credits_are_those_of_the_offers_that_stand(mode, given_weights, steps, most):
    """Any sequence of offers and their ends, in records of any size: what is kept is what the offers that stand did."""
    team = [
        Rep(f"r{index}", weight=each, languages={"en", *(["de"] if index % 2 else [])})
        for index, each in enumerate(given_weights)
    ]
    router = policy(mode, require=REP.languages.contains(LEAD.language))
    dispatcher, leads = desk(*team, router=router), []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(turn_credits, "MOST_REPS", most)
        for number, (what, which) in enumerate(steps):
            dispatcher.clock.advance("1m")
            if what == "submit":
                dispatcher.submit(Lead(f"L-{number}", language=which))
                leads.append(f"L-{number}")
            elif what == "grant":
                expires = NOON + timedelta(days=9)
                dispatcher.credit_turns(
                    "r0", which, reason="skip", cause=f"{number}", expires=expires, pool="everyone"
                )
            elif leads:
                lead_id = leads[which % len(leads)]
                placement = dispatcher.placement(lead_id)
                offered = placement.status == "offered" and dispatcher.clock.now() < placement.due
                if what == "accept" and offered:
                    dispatcher.accept(lead_id, placement.rep_id)
                elif what in ENDINGS and offered:
                    end(dispatcher, lead_id, what)
                elif what == "hand over" and placement.status == "accepted":
                    dispatcher.assign(lead_id, "r1", by="manager")
                elif what == "won" and placement.status == "accepted":
                    dispatcher.feedback(lead_id, "won")
        audit(dispatcher.store, leads)
    reps = rotation(dispatcher.store, "everyone")[0]
    more = dispatcher.store.get([credits_key("everyone", 1)])
    assert bool(more) == (len(reps) > most)


@each_mode
@pytest.mark.parametrize("ending", ENDINGS[:2])
@given(given_weights=st.lists(weights, min_size=2, max_size=5), before=st.integers(0, 6))
@quick
def test_who_declines_is_as_if_they_had_been_off(mode, ending, given_weights, before):
    """The lead goes to the next, shared out among the others; who declined owes nothing and is owed nothing."""
    team = [Rep(f"r{index}", weight=each) for index, each in enumerate(given_weights)]
    asked, off = desk(*team, mode=mode), desk(*team, mode=mode)
    assert route(asked, before) == route(off, before)
    first = asked.submit(Lead("ends")).rep_id
    end(asked, "ends", ending)
    away = with_team(off, *(evolve(rep, active=rep.id != first) for rep in team))
    assert asked.placement("ends").rep_id == away.submit(Lead("ends")).rep_id
    assert exactly(asked) == exactly(off)
    for index in range(9):
        assert asked.submit(Lead(f"M-{index}")).rep_id == off.submit(Lead(f"M-{index}")).rep_id


@each_mode
@pytest.mark.parametrize("ending", ENDINGS[:2])
def test_of_two_who_declines_is_next(mode, ending):
    """The turn is given back: the rep is first for another lead."""
    dispatcher = desk("a", "b", mode=mode)
    dispatcher.submit(Lead("L-1"))
    end(dispatcher, "L-1", ending)
    assert dispatcher.placement("L-1").rep_id == "b"
    assert dispatcher.submit(Lead("L-2")).rep_id == "a"


@each_mode
def test_a_hand_over_keeps_the_turn_that_was_taken(mode):
    """Who accepted has had the turn, and the next owner has not, however often the lead changes hands."""
    dispatcher = desk("a", "b", "c", mode=mode)
    one(dispatcher, "L-1")
    stood = exactly(dispatcher)
    for owner_id in ("b", "c", "a", "b"):
        dispatcher.assign("L-1", owner_id, by="manager")
        assert exactly(dispatcher) == stood


# Records and pools.


@each_mode
@pytest.mark.parametrize("most", [1, 2, 3, 4, 1_000])
def test_a_pool_of_many_reps_has_many_records(mode, most, monkeypatch):
    """Cut by rep, the credits are the same, and so is what an offer gives back."""
    team = [Rep(f"r{index}", weight=1 + index % 3) for index in range(7)]
    whole = desk(*team, mode=mode)
    wanted = [whole.submit(Lead(f"L-{index}")).rep_id for index in range(20)]
    monkeypatch.setattr(turn_credits, "MOST_REPS", most)
    cut = desk(*team, mode=mode)
    assert [cut.submit(Lead(f"L-{index}")).rep_id for index in range(20)] == wanted
    assert exactly(cut) == exactly(whole)
    assert cut.snapshot() == whole.snapshot()
    keys = [credits_key("everyone", number) for number in range(10)]
    assert len(cut.store.get(keys)) == -(-7 // most)
    for dispatcher in (whole, cut):
        dispatcher.decline("L-3", dispatcher.placement("L-3").rep_id)
        dispatcher.assign("L-5", "r6", by="manager")
    assert exactly(cut) == exactly(whole)
    audit(cut.store, {f"L-{index}" for index in range(20)})


def test_ids_that_fill_a_record():
    """Long ids are cut into records before a document is too long, and all take their turns."""
    team = [Rep("é" * 74 + f"{index:06}") for index in range(400)]
    dispatcher = desk(*team)
    found = [dispatcher.submit(Lead(f"L-{index}")).rep_id for index in range(3)]
    assert found == [rep.id for rep in team[:3]]
    assert len(dispatcher.store.get([credits_key("everyone", number) for number in range(9)])) == 3
    audit(dispatcher.store, {f"L-{index}" for index in range(3)})


def test_a_pool_of_1200():
    """A pool past the size of one record: each lead goes to the next, and what is declined comes back."""
    dispatcher = desk(*(f"r{index:04}" for index in range(1_200)))
    found = [dispatcher.submit(Lead(f"L-{index}")).rep_id for index in range(5)]
    assert found == [f"r{index:04}" for index in range(5)]
    assert dispatcher.store.get([credits_key("everyone", 1)])
    stood = exactly(dispatcher)
    assert dispatcher.submit(Lead("last")).rep_id == "r0005"
    alone = with_team(dispatcher, "r0005")
    alone.decline("last", "r0005")
    assert exactly(dispatcher) == stood
    audit(dispatcher.store, {"last", *(f"L-{index}" for index in range(5))})


@pytest.mark.slow
def test_any_number_of_grants_fits():
    """Whatever is granted to a team of 20, leads are still offered."""
    dispatcher, expires = desk(*(f"r{index:02}" for index in range(20))), NOON + timedelta(days=30)
    for index in range(800):
        cause = f"{index:080}"
        dispatcher.credit_turns(
            f"r{index % 20:02}", reason="absence", cause=cause, expires=expires, pool="everyone"
        )
    assert dispatcher.submit(Lead("L-1")).rep_id == "r00"


@each_mode
@pytest.mark.parametrize(
    "names", [("emea", "everyone"), ("a/b", "a%2Fb"), ("a", "a/1"), ("x", "y")]
)
def test_two_pools_do_not_mix(mode, names):
    """What happens in one pool moves no credit of the other, though the same reps are in both."""
    first, second = names
    pools = [Pool(name, reps={"ada", "bob", "cy"}) for name in names if name != "everyone"]
    rules = [
        Rule(name, when=LEAD.source == name, pool=name, score=round_robin(mode), accept_within="5m")
        for name in names
    ]
    dispatcher = desk(*("ada", "bob", "cy"), router=Router(rules=rules, pools=pools))
    assert route(dispatcher, 4, "one", source=first) == ["ada", "bob", "cy", "ada"]
    stood = exactly(dispatcher, first)
    assert route(dispatcher, 4, "two", source=second) == ["ada", "bob", "cy", "ada"]
    assert exactly(dispatcher, first) == stood == exactly(dispatcher, second)
    dispatcher.credit_turns(
        "cy", reason="skip", cause="x", expires=NOON + timedelta(days=9), pool=first
    )
    assert route(dispatcher, 2, "three", source=second) == ["bob", "cy"]
    assert route(dispatcher, 3, "four", source=first) == ["cy", "bob", "cy"]


# Who was assigned last.


@each_mode
@pytest.mark.parametrize("pace", [timedelta(0), -MINUTE, MINUTE, timedelta(microseconds=1)])
def test_no_two_assignments_tie(mode, pace):
    """Whatever the clock does, over restarts on the same store, offered or by hand: each number is the largest."""
    dispatcher, numbers = desk("a", "b", "c", mode=mode), []
    for index in range(12):
        dispatcher = evolve(dispatcher, clock=ManualClock(dispatcher.clock.now() + pace))
        placement = dispatcher.submit(Lead(f"L-{index}"))
        if index % 3 == 2:
            placement = dispatcher.assign(f"L-{index}", "b", by="manager")
        last = dispatcher.snapshot().last_assigned
        assert last[placement.rep_id] == max(last.values())
        numbers.append(last[placement.rep_id])
    assert numbers == sorted({*numbers})
    assert dispatcher.store.counts([order_key()]) == {order_key(): numbers[-1]}
    audit(dispatcher.store, {f"L-{index}" for index in range(12)})


def test_the_number_is_the_time_where_that_is_larger():
    """Microseconds since 1970, and one more than the largest where the clock has not moved on."""
    dispatcher = desk("a", "b")
    for index, ahead in enumerate((0, 0, -5, 9)):
        dispatcher.clock.set(NOON + ahead * timedelta(microseconds=1))
        dispatcher.submit(Lead(f"L-{index}"))
    now = to_micros(NOON)
    assert dispatcher.history("L-0")[1].order == now
    assert [dispatcher.history(f"L-{index}")[1].order - now for index in range(4)] == [0, 1, 2, 9]


@pytest.mark.parametrize("ending", ENDINGS[:2])
@given(taken=st.integers(0, 6), offers=st.integers(1, 3))
@quick
def test_the_number_goes_back_with_the_offer(ending, taken, offers):
    """An offer that nobody accepts leaves the rep where they were; offers end in the order of a stack."""
    dispatcher = desk("a", "b")
    route(dispatcher, taken)
    last = dispatcher.snapshot().last_assigned
    alone = with_team(dispatcher, "a")
    for index in range(offers):
        alone.submit(Lead(f"open-{index}"))
    if ending == "time out":
        alone.clock.advance("5m")
        alone.sweep()
    else:
        for index in reversed(range(offers)):
            alone.decline(f"open-{index}", "a")
    found = dispatcher.snapshot().last_assigned
    if ending == "decline" or offers == 1:
        assert found == last
    assert found.get("b") == last.get("b")


def test_the_number_goes_back_whichever_offer_ends_first():
    """Two offers that are open at once, the earlier declined first: neither leaves a trace."""
    dispatcher = desk("a")
    for index in range(2):
        dispatcher.submit(Lead(f"open-{index}"))
    for index in range(2):
        dispatcher.decline(f"open-{index}", "a")
    assert dispatcher.snapshot().last_assigned == {}


@pytest.mark.parametrize("score", [free_capacity(), skill_match("industry")])
def test_ties_go_to_who_waits_longest_however_the_clock_stands(score):
    """Among equals of a score that takes no turns, leads go round, all at one instant."""
    router = Router(rules=[Rule("all", score=score, accept_within="5m")])
    dispatcher = desk("a", "b", "c", router=router)
    found = [dispatcher.submit(Lead(f"L-{index}")).rep_id for index in range(9)]
    assert found == ["a", "b", "c"] * 3
    assert dispatcher.snapshot().credits == {}


def two_pools(mode):
    """A policy with two pools that share no record."""
    pools = [Pool("one", reps={"a", "b"}), Pool("two", reps={"a", "b"})]
    rules = [
        Rule(pool.name, when=LEAD.source == pool.name, pool=pool.name, score=round_robin(mode))
        for pool in pools
    ]
    return Router(rules=rules, pools=pools)


@each_mode
def test_a_number_goes_back_to_what_stands_after_a_race(mode):
    """One rep gets an offer in each of two pools at once; the end of one leaves the number of the other."""
    here = desk("a", router=two_pools(mode))

    def earlier():
        here.clock.set(NOON - MINUTE)
        here.submit(Lead("L-1", source="one"))

    evolve(here, store=Racing(earlier, store=here.store)).submit(Lead("L-2", source="two"))
    here.decline("L-2", "a")
    assert here.snapshot().last_assigned == {"a": here.history("L-1")[1].order}


# Races.


@each_mode
@pytest.mark.parametrize("rivals", [1, 2, 5])
def test_leads_decided_at_once_do_not_share_a_turn(mode, rivals):
    """Of processes that read the same credits, whoever commits later decides again, on what is so then."""
    here = desk("a", "b", "c", mode=mode)
    acts = [lambda number=number: here.submit(Lead(f"R-{number}")) for number in range(rivals)]
    racing = evolve(here, store=Racing(*acts, store=here.store))
    racing.submit(Lead("last"))
    given_to = [here.placement(f"R-{number}").rep_id for number in range(rivals)]
    given_to.append(here.placement("last").rep_id)
    assert given_to == (["a", "b", "c"] * 2)[: rivals + 1]
    audit(here.store, {"last", *(f"R-{number}" for number in range(rivals))})


@each_mode
@pytest.mark.parametrize("act", ["decline", "assign", "grant", "sweep", "accept"])
def test_a_race_with_something_else_that_moves_the_credits(mode, act):
    """A turn that is given back, or granted, while another lead is decided: that one is decided again."""
    here = desk("a", "b", "c", mode=mode)
    here.submit(Lead("L-1"))
    acts = {
        "decline": lambda: with_team(here, "a").decline("L-1", "a"),
        "assign": lambda: here.assign("L-1", "c", by="manager"),
        "grant": lambda: here.credit_turns(
            "a", 2, reason="skip", cause="x", expires=NOON + timedelta(days=9), pool="everyone"
        ),
        "sweep": lambda: (here.clock.advance("5m"), with_team(here, "a").sweep()),
        "accept": lambda: here.accept("L-1", "a"),
    }
    racing = evolve(here, store=Racing(acts[act], store=here.store))
    assert racing.submit(Lead("L-2")).rep_id == ("b" if act == "accept" else "a")
    audit(here.store, {"L-1", "L-2"})


class Losing(Wrapped):
    """A store where somebody else has always been faster, for so many commits."""

    def __init__(self, times, store=None):
        super().__init__(store)
        self.times, self.lost = times, 0

    def commit(self, change):
        if self.lost < self.times:
            self.lost += 1
            raise ConflictError("version", credits_key("everyone"), self.lost)
        self.store.commit(change)


@each_mode
@pytest.mark.parametrize("times", [1, 51, 400])
def test_there_is_no_limit_to_lost_races(mode, times):
    """More than fifty lost in a row, and the lead is still placed; the pauses grow, differ and stay short."""
    pauses = []
    dispatcher = evolve(desk("a", "b", mode=mode, store=Losing(times)), sleep=pauses.append)
    assert dispatcher.submit(Lead("L-1")).rep_id == "a"
    assert len(pauses) == times
    assert all(0 <= pause <= 0.05 for pause in pauses)
    assert times == 1 or len({*pauses}) > times // 2
    audit(dispatcher.store, {"L-1"})


@pytest.mark.parametrize("busy_timeout", [0, 5, 30])
def test_a_race_that_never_ends_is_told(busy_timeout, monkeypatch):
    """The conflict reaches the host when patience is over, not earlier and not much later, and nothing is stored."""
    pauses = []
    monkeypatch.setattr(requests, "PATIENCE", busy_timeout)
    dispatcher = evolve(desk("a", "b", store=Losing(10**9)), sleep=pauses.append)
    with pytest.raises(ConflictError):
        dispatcher.submit(Lead("L-1"))
    assert busy_timeout <= sum(pauses) <= busy_timeout + 0.05
    assert dispatcher.store.counts() == {}
    assert dispatcher.store.events() == []


@each_mode
def test_real_files_and_many_threads(mode, tmp_path):
    """Four threads on one file: every lead is placed, and nobody strays from the share."""
    path = tmp_path / "race.db"
    with SqliteStore(path, synchronous="normal") as store:
        here = desk("a", "b", "c", mode=mode, store=store)
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda number: here.submit(Lead(f"L-{number}")), range(60)))
        found = Counter(here.placement(f"L-{number}").rep_id for number in range(60))
        assert found == {"a": 20, "b": 20, "c": 20}
        assert not any(abs(n) > 1e-9 for n in credits_of(here).values())


# What is read.


class Recorded(Wrapped):
    """A store that remembers which counters and records it was asked for."""

    def __init__(self, store=None):
        super().__init__(store)
        self.asked, self.all = set(), 0

    def counts(self, keys=None, prefix=""):
        self.all += keys is None and prefix != length_key("")
        self.asked.update(keys or ())
        return self.store.counts(keys, prefix=prefix)


@each_mode
@pytest.mark.parametrize("scored", [False, True])
def test_the_counters_of_candidates_alone_are_read(mode, scored):
    """Of 60 reps 7 may take the lead: no counter of the others is asked for, and nothing is read as a whole."""
    score = round_robin(mode) + free_capacity() if scored else round_robin(mode)
    teams = [{"team": f"t{index % 9}"} for index in range(60)]
    reps = [
        Rep(
            f"r{index:02}",
            skills={each["team"]: 1},
            capacity=5,
            caps=["3 per day"],
            active=index != 13,
        )
        for index, each in enumerate(teams)
    ]
    able = {rep.id for rep in reps if "t4" in rep.skills and rep.active}
    assert len(able) == 6
    rules = [
        Rule(
            name,
            when=LEAD.source == name,
            require=REP.skills.contains(name),
            score=score,
            accept_within="5m",
        )
        for name in (f"t{index}" for index in range(9))
    ]
    store = Recorded()
    dispatcher = desk(*reps, router=Router(rules=rules), store=store)
    for index in range(3):
        placement = dispatcher.submit(Lead(f"L-{index}", source="t4"))
        dispatcher.accept(placement.lead_id, placement.rep_id)
        dispatcher.feedback(placement.lead_id, "won")
    assert store.all == 0
    named = {key for key in store.asked if key not in (order_key(), resting_key())}
    assert named
    for key in named:
        kind, *rest = parts(key)
        if kind == "waiting":  # the length of a line
            continue
        assert (rest[1] if kind == "rep" else rest[0]) in able, f"{key} was read"


def test_a_mode_that_is_not_known():
    """An unknown mode is refused, with those that there are."""
    with pytest.raises(ConfigError, match=r"'fair' must be one of 'weighted', 'strict'"):
        round_robin("fair")
