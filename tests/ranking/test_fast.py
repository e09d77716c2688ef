"""The fast path gives what the plain path gives."""

from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadroute import LEAD, REP, Cap, Lead, Pool, Rep, Roster, Router, Rule, Schedule, Snapshot
from leadroute.errors import ConfigError, FactTypeError, UnknownFieldError
from leadroute.model.grants import Grant
from leadroute.model.keys import open_key, turn_key
from leadroute.model.outcomes import ALL, Outcomes, Record
from leadroute.model.territory import Territory
from leadroute.offers.plan import happening
from leadroute.ranking.bands import EVEN, Bands
from leadroute.ranking.fast import Standing
from leadroute.ranking.layout import Layout
from leadroute.ranking.live import Order, Totals
from leadroute.ranking.scorers.turns import standings
from leadroute.rules.builders import age, check, days
from leadroute.rules.closures import Environment
from leadroute.scorers import (
    close_rate,
    headroom,
    language,
    rotation,
    scorer,
    skill_match,
    territory_match,
    workload,
)

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
SKILLS = ("health", "oil", "retail")
PLACES = ("DE", "FR", "US")


@scorer(bound=lambda rep: (rep.level or 0) / 4)
def keen(situation, rep):
    """Keen on it."""
    many = len(situation.reps) + len(situation.absent) + situation.snapshot.open.get(rep.id, 0)
    return (rep.level or 0) / 4 / (1 + many % 3)


@scorer
def odd(situation, rep):
    """Odd."""
    return (rep.level or 0) / 4


levels = st.sampled_from([0.0, 0.25, 0.5, 1.0]) | st.integers(0, 97).map(lambda n: n / 97)
ids = st.sampled_from([f"r{n:02}" for n in range(14)])
reps = st.builds(
    Rep,
    ids,
    level=st.integers(0, 4),
    skills=st.dictionaries(st.sampled_from(SKILLS), levels),
    countries=st.sets(st.sampled_from(PLACES)),
    regions=st.sets(st.sampled_from(["DE-BY", "US-CA"])),
    capacity=st.sampled_from([None, 0, 1, 2, 5]),
    weight=st.sampled_from([0, 0.5, 1, 1, 1, 2, 3]),
    active=st.sampled_from([True, True, True, False]),
    schedule=st.sampled_from([None, None, "mon-fri 09:00-17:00", "mon 09:30-11:00", "never"]),
    caps=st.sampled_from([(), (), (Cap(1, "hour"),), (Cap(2, "day"), Cap(9, "week"))]),
    buckets=st.sampled_from([{}, {}, {"all": 1}, {"all": 3, "other": 0}]),
)
terms = st.sampled_from(
    [
        skill_match("industry"),
        skill_match(["industry", "product"]),
        skill_match(["industry", "product", "lead['needs']"], "all", at_least=0.4),
        skill_match("industry", at_least=0.5),
        territory_match(),
        headroom(),
        workload(3),
        rotation(),
        close_rate(10),
        close_rate(50),
        close_rate(),
        keen(),
    ]
)
weighted = st.tuples(st.sampled_from([0, 0.3, 1, 1, 2, 3]), terms).map(
    lambda pair: pair[0] * pair[1]
)
FAST_OR_WHY = {
    "fast",
    "plain: nobody can take the lead",
    "plain: the rule has no score with weight",
}
scores = st.lists(weighted, min_size=1, max_size=5).map(sum)
leads = st.builds(
    Lead,
    st.sampled_from(["L-1", "L-2"]),
    industry=st.sampled_from([None, *SKILLS, "mining"]),
    product=st.sampled_from([None, *SKILLS]),
    country=st.sampled_from([None, *PLACES]),
    region=st.sampled_from([None, "DE-BY", "US-CA"]),
    attributes=st.sampled_from([{}, {"needs": set(SKILLS)}]),
)
numbers = st.dictionaries(ids, st.integers(0, 4))
grants = st.builds(
    Grant,
    st.sampled_from([-30, 5, 20, 60, 9_000]).map(lambda n: MONDAY + timedelta(minutes=n)),
    st.sampled_from(["make_up", "skip"]),
    st.sampled_from(["L-1", "L-2", "L-3"]),
    st.sampled_from([1, 1, 2, -1, -3]),
)
snapshots = st.builds(
    lambda opened, turns, last, won, lost, level, granted: Snapshot(
        open=opened,
        turns={"everyone": turns},
        levels={"everyone": level} if level else {},
        last_assigned=last,
        won=won,
        closed={key: won.get(key, 0) + count for key, count in lost.items()},
        granted={"everyone": granted} if granted else {},
    ),
    numbers,
    numbers | st.dictionaries(ids, st.integers(0, 60)),
    *[numbers] * 3,
    st.sampled_from([0, 0, 1_500_000, 2_250_000, 4_500_000]),
    st.just({}) | st.dictionaries(ids, st.lists(grants, max_size=3).map(tuple), max_size=4),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["assign", "assign", "assign", "release", "back", "won", "lost", "wait"])
        | grants,
        st.integers(0, 13),
        leads,
        st.integers(1, 6),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def same(standing, lead, k, now, tried):
    """The fast answer, after it was found to be the first k of the plain one."""
    plain = standing.router.rank(
        lead, standing.roster, now=now, snapshot=standing.snapshot, tried=tried
    )
    top = standing.top(lead, k, now=now, tried=tried)
    assert top.rep_ids == tuple(each.rep_id for each in plain.assignments[:k])
    assert top.assignments == plain.assignments[:k]
    assert [each.reason for each in top.assignments] == [
        each.reason for each in plain.assignments[:k]
    ]
    assert top.scores == tuple(each.score for each in plain.assignments[:k])
    assert (top.ranking.outcome, top.ranking.window) == (plain.outcome, plain.window)
    return top


def change(standing, move, rep_id, now, rule="all"):
    """Tell the standing what happened."""
    if isinstance(move, Grant):
        standing.grant(rep_id, move)
    elif move == "assign":
        standing.assign(rep_id, now, rule=rule)
    elif move == "release":
        standing.release(rep_id, rule=rule)
    elif move == "back":
        standing.release(rep_id, "everyone")
    elif move != "wait":
        standing.close(rep_id, won=move == "won", rule=rule)


@given(
    st.lists(reps, min_size=1, max_size=14, unique_by=lambda rep: rep.id),
    scores,
    snapshots,
    steps,
    st.sampled_from([1, 1, 0, 2]),
    st.sampled_from([(), (), (), (Cap(4, "week", paced=True),), (Cap(2, "hour", rolling=True),)]),
    st.sampled_from([1, 3, 2_048]),
)
@settings(max_examples=80, deadline=None)
def test_same_as_plain(team, score, snapshot, moves, cost, caps, window):
    """Whatever the reps, the score and what happens, the best few are those of the plain path."""
    with seen_through(window):
        stays_the_same(team, score, snapshot, moves, cost, caps)


def seen_through(window):
    """The order in windows of so many places each, so that a few reps need several."""
    return mock.patch.multiple("leadroute.ranking.layout", _WINDOW=window, _WIDER=1)


def stays_the_same(team, score, snapshot, moves, cost, caps):
    """Let all of it happen to a standing, and compare after every step."""
    team[0] = team[0].with_changes(caps=caps or team[0].caps)
    rules = [Rule("all", score=score, cost=cost)]
    standing = Standing(Router(rules=rules), Roster(team), snapshot)
    now = MONDAY
    for move, number, lead, k, again in moves:
        rep_id = team[number % len(team)].id
        change(standing, move, rep_id, now)
        now += timedelta(minutes=7 * number - 20)
        top = same(standing, lead, k, now, {rep_id: "declined"} if again else None)
        assert top.path in FAST_OR_WHY or (caps and "moves with the time" in top.path)


def crowd(count, **changes):
    """Reps that differ little, so that many are level."""
    return Roster(
        [
            Rep(
                f"r{n:03}",
                skills={"oil": (n % 40) / 40} if n % 3 else {},
                countries={PLACES[n % 3]},
                capacity=3 + n % 5,
                weight=1 + n % 2,
                **changes,
            )
            for n in range(count)
        ]
    )


@pytest.mark.parametrize("window", [1, 4, 9, 2_048])
@pytest.mark.parametrize(
    "score",
    [
        rotation() + headroom(),
        2 * skill_match("industry") + rotation() + close_rate(5),
        territory_match() + workload(),
    ],
    ids=str,
)
def test_same_for_long(score, window):
    """Over a long stream, with reps that get full, free and better, the best few stay those of the plain path."""
    with seen_through(window):
        keeps_the_same(Standing(Router(rules=[Rule("all", score=score)]), crowd(60)))


def keeps_the_same(standing):
    """Let a long stream of leads go by, and compare now and then."""
    given = []
    for number in range(260):
        now = MONDAY + timedelta(minutes=number)
        lead = Lead("L", industry="oil", country=PLACES[number % 3])
        top = standing.top(lead, 3, now=now)
        if number % 5 == 0:
            same(standing, lead, 3, now, None)
        standing.assign(top.rep_ids[0], now)
        given.append(top.rep_ids[0])
        if number % 3:
            standing.close(given.pop(number * 7 % len(given)), won=number % 4 == 0)
    assert top.path == "fast"


def test_same_with_many_weights_and_places():
    """So do they where every rep has a weight of their own, or more places than there are bands."""
    for weights in (40, 3):
        roster = Roster(
            [
                Rep(f"r{n:03}", weight=1 + n % weights / 7, skills={"oil": n % 5 / 4}, capacity=9)
                for n in range(40)
            ]
        )
        turns = {f"r{n:03}": n * 7 % 31 for n in range(40)}
        score = rotation() + headroom() + skill_match("industry")
        router = Router(rules=[Rule("all", score=score)])
        standing = Standing(router, roster, Snapshot(turns={"everyone": turns}))
        for number in range(50):
            top = same(standing, Lead("L", industry="oil"), 3, MONDAY, None)
            standing.assign(top.rep_ids[number % 3], MONDAY)
            standing.release(top.rep_ids[0], "everyone" if number % 4 else None)


@pytest.mark.parametrize("score", [rotation(), rotation() + 3 * headroom()], ids=str)
def test_same_when_many_are_too_far_ahead(score):
    """So do they where the turns of many are more than their weight explains, until the level has come near them."""
    reps = [Rep(f"r{n:03}", weight=(0.5, 1, 2)[n % 3], capacity=5 + n % 4) for n in range(60)]
    turns = {rep.id: int(rep.weight * 100) + n * 37 % 49 - 24 for n, rep in enumerate(reps)}
    router = Router(rules=[Rule("all", score=score)])
    standing = Standing(router, Roster(reps), Snapshot(turns={"everyone": turns}))
    far = set()
    for number in range(160):
        now = MONDAY + timedelta(minutes=number)
        top = same(standing, Lead("L"), 4, now, None)
        chosen = top.rep_ids[0] if number % 6 else reps[number // 2 % 60].id
        standing.assign(chosen, now)
        standing.release(chosen)
        far.add(len(lane_of(standing).live.order._keys))
    assert max(far) > 12
    assert min(far) == 0


@pytest.mark.parametrize("told", [True, False])
def test_same_when_a_grant_ends(told):
    """Time alone ends what was granted, whether it was there from the start or came later; earlier it still counts."""
    grant = Grant(MONDAY + timedelta(minutes=10), "make_up", "L-1")
    granted = {} if told else {"everyone": {"r004": (grant,)}}
    turns = {f"r{n:03}": 2 for n in range(9)}
    router = Router(rules=[Rule("all", score=rotation() + 0.1 * headroom())])
    standing = Standing(router, crowd(9), Snapshot(turns={"everyone": turns}, granted=granted))
    before = same(standing, Lead("L"), 9, MONDAY - timedelta(minutes=1), None)
    if told:
        standing.grant("r004", grant)
    for minute, counts in ((0, True), (9, True), (10, False), (11, False), (5, True), (10, False)):
        top = same(standing, Lead("L"), 9, MONDAY + timedelta(minutes=minute), None)
        assert top.path == "fast"
        assert ("make-up" in str(top)) == counts
        assert top.rep_ids != before.rep_ids or counts != told


def lane_of(standing):
    """The prepared candidates of the one rule."""
    (lane,) = standing._lanes.values()
    return lane


def test_few_are_asked():
    """Of many reps less than a tenth is asked, also when all of them start exactly level."""
    score = skill_match("industry") + headroom() + rotation()
    roster = Roster([Rep(f"r{n:03}", skills={"oil": 1}, capacity=9) for n in range(400)])
    standing = Standing(Router(rules=[Rule("all", score=score)]), roster)
    standing.top(Lead("L", industry="oil"), now=MONDAY)
    lane, asked = lane_of(standing), []
    (weight, room), *others = lane._terms
    lane._terms = [(weight, Counting(room, asked)), *others]
    for _ in range(50):
        standing.assign(standing.top(Lead("L", industry="oil"), now=MONDAY).rep_ids[0], MONDAY)
    assert len(asked) < 50 * 400 / 10


@pytest.mark.parametrize("window", [1, 4, 9, 2_048])
@pytest.mark.parametrize("behind", [1, 20, 59])
def test_who_is_best_may_be_in_any_window(window, behind):
    """A rep whose turn it is comes first from far down the order, though many above have scores of their own."""
    team = Roster([Rep(f"r{number:03}", capacity=100) for number in range(60)])
    turns = {f"r{number:03}": 1 + number % 2 for number in range(60) if number != behind}
    snapshot = Snapshot(
        open={f"r{number:03}": number for number in range(60)}, turns={"everyone": turns}
    )
    standing = Standing(Router(rules=[Rule("all", score=headroom() + rotation())]), team, snapshot)
    with seen_through(window):
        found = same(standing, Lead("L"), 1, MONDAY, None)
    assert (len(lane_of(standing)._layout.windows) > 1) == (window < 100)
    assert (found.path, found.rep_ids) == ("fast", (f"r{behind:03}" if behind < 50 else "r000",))


@pytest.mark.parametrize("window", [5, 9, 2_048])
def test_who_comes_back_to_equals_may_come_first(window):
    """Of reps in equal states a few are asked, and whoever has changed since, even when lowest among them."""
    snapshot = Snapshot(
        open={"r019": 1}, last_assigned={f"r{number:03}": 1 + number for number in range(19)}
    )
    team = Roster([Rep(f"r{number:03}", capacity=5) for number in range(20)])
    standing = Standing(Router(rules=[Rule("all", score=headroom())]), team, snapshot)
    with seen_through(window):
        assert same(standing, Lead("L"), 1, MONDAY, None).rep_ids == ("r000",)
    standing.release("r019")
    assert same(standing, Lead("L"), 1, MONDAY, None).rep_ids == ("r019",)


def test_a_level_that_a_stranger_raised():
    """A rep of another rule in the same pool takes a turn: whoever falls behind the level is level with the others."""
    rules = [
        Rule("senior", when=LEAD.budget > 5, require=REP.level >= 1, score=rotation()),
        Rule("all", score=rotation()),
    ]
    team = Roster([Rep("ada", level=1), Rep("bob", level=1), Rep("cem")])
    turns = {"everyone": {"bob": 3, "cem": 5}}
    standing = Standing(
        Router(rules=rules), team, Snapshot(turns=turns, last_assigned={"ada": 5, "cem": 1})
    )
    lead = Lead("L", budget=9)
    assert same(standing, lead, 1, MONDAY, None).rep_ids == ("ada",)
    standing.assign("cem", MONDAY, rule="all")
    assert same(standing, lead, 1, MONDAY, None).rep_ids == ("bob",)


class Counting:
    """A term that counts how often it is asked."""

    def __init__(self, term, asked):
        self.state, self.most, self.settle, self.answers = (
            term.state,
            term.most,
            term.settle,
            term.answers,
        )
        self.asked = asked

    def asker(self, states, place):
        """The state, counted."""
        return lambda number: (self.asked.append(number), states[place][number])[1]


@scorer(bound=lambda rep: 1)
def modest(situation, rep):
    """Could give everything, and gives nothing."""
    return 0


def test_settles_when_stale():
    """When too many reps are asked in vain the order is settled anew, and the answers stay right."""
    standing = Standing(Router(rules=[Rule("all", score=rotation() + modest())]), crowd(50))
    layouts = set()
    for number in range(20):
        now = MONDAY + timedelta(minutes=number)
        standing.assign(same(standing, Lead("L"), 4, now, None).rep_ids[0], now)
        layouts.add(lane_of(standing)._layout)
    assert len(layouts) > 1


@scorer(bound=lambda rep: 1)
def moody(situation, rep):
    """Gives the last rep no number for one lead."""
    return 2 if (situation.lead.id, rep.id) == ("L-bad", "r009") else 1


def test_a_lead_that_fails_again_and_again_harms_no_other():
    """However often a lead is refused half-way, those asked before it failed can be asked for the next one."""
    standing = Standing(Router(rules=[Rule("all", score=moody() + headroom())]), crowd(10))
    standing.assign("r000", MONDAY)
    standing.release("r000")
    for _ in range(300):
        with pytest.raises(FactTypeError, match="the answer of moody"):
            standing.top(Lead("L-bad"), 10, now=MONDAY)
    assert same(standing, Lead("L"), 10, MONDAY, None).path == "fast"


@pytest.mark.parametrize("strength", [None, 5])
def test_counts_that_are_not_whole(strength):
    """A record of part of a deal is taken as it is, by asking every rep."""
    snapshot = Snapshot(won={"r000": 1.5, "r001": 0.5}, closed={"r000": 3.5, "r001": 1})
    router = Router(rules=[Rule("all", score=close_rate(strength) + headroom())])
    standing = Standing(router, crowd(4), snapshot)
    path = same(standing, Lead("L"), 4, MONDAY, None).path
    assert path.endswith("reads counts that are no whole numbers")
    standing.close("r001", won=True)
    same(standing, Lead("L"), 4, MONDAY, None)


def test_strength_is_estimated_anew():
    """A close rate without a strength follows the counts: a few outcomes that move it change nothing but the order."""
    standing = Standing(Router(rules=[Rule("all", score=close_rate() + headroom())]), crowd(12))
    strengths = set()
    for number in range(60):
        assert same(standing, Lead("L"), 4, MONDAY, None).path == "fast"
        standing.close(f"r{number % 12:03}", won=(number // 12 + number) % 4 < number % 12 // 3)
        strengths.add(lane_of(standing).live.totals.prior(None).strength)
    assert len(strengths) > 2


def test_strength_that_moves_turns_the_order():
    """When outcomes show that reps differ, a short perfect record comes before a long good one, on both paths."""
    closed = {"a": 4, **{f"b{n}": 100 for n in range(20)}, **{f"c{n}": 100 for n in range(20)}}
    won = {rep_id: {"a": 4, "b": 55, "c": 45}[rep_id[0]] for rep_id in closed}
    router = Router(rules=[Rule("all", score=close_rate())])
    standing = Standing(router, Roster(map(Rep, closed)), Snapshot(won=won, closed=closed))
    assert same(standing, Lead("L"), 1, MONDAY, None).rep_ids == ("b0",)
    for n in range(10):
        for _ in range(100):
            standing.close(f"c{n}", won=False)
    assert same(standing, Lead("L"), 1, MONDAY, None).rep_ids == ("a",)


def test_settles_when_there_is_no_room():
    """When more reps rise than there are spare slots the order is settled anew."""
    roster = crowd(60)
    opened = {rep.id: 2 for rep in roster}
    standing = Standing(
        Router(rules=[Rule("all", score=headroom())]), roster, Snapshot(open=opened)
    )
    standing.top(Lead("L"), now=MONDAY)
    before = lane_of(standing)._layout
    for rep in roster:
        standing.release(rep.id)
        standing.release(rep.id)
        same(standing, Lead("L"), 5, MONDAY, None)
    assert lane_of(standing)._layout is not before


def test_splits_are_forgotten(monkeypatch):
    """What leads have asked for is kept for so many of them, and worked out again after that."""
    monkeypatch.setattr("leadroute.ranking.classes._KEPT", 2)
    standing = Standing(Router(rules=[Rule("all", score=skill_match("industry"))]), crowd(9))
    for industry in ("oil", "gas", "tin", "oil"):
        same(standing, Lead("L", industry=industry), 3, MONDAY, None)


def test_a_level_skill_is_cut_into_few_classes():
    """Many different levels of a skill make few classes, and several skills fewer still."""
    both = skill_match(["industry", "product"])
    roster = Roster(
        [Rep(f"r{n:03}", skills={"oil": n / 97, "gas": (n * 7 % 97) / 97}) for n in range(97)]
    )
    standing = Standing(Router(rules=[Rule("all", score=both + headroom())]), roster)
    lead = Lead("L", industry="oil", product="gas")
    same(standing, lead, 7, MONDAY, None)
    assert len(lane_of(standing)._splitting.splits(lead)[0].shares) <= 17


def test_a_predicate_of_the_host():
    """A requirement that asks a predicate of the host, or the time, takes the plain path."""
    asks = Environment({"on_duty": lambda lead, rep, now: True})
    for require, path in (
        (check("on_duty"), "plain: the requirement asks a predicate of the host"),
        (age(REP["since"]) > days(1), "plain: the requirement asks what time it is"),
    ):
        router = Router(rules=[Rule("all", require=require, score=headroom())], environment=asks)
        assert Standing(router, crowd(3)).top(Lead("L"), now=MONDAY).path == path


def why(score, **rule):
    """The path of a rule with this score."""
    router = Router(rules=[Rule("all", score=score, **rule)])
    return Standing(router, crowd(3)).top(Lead("L", budget=1), now=MONDAY).path


@pytest.mark.parametrize(
    ("score", "path"),
    [
        (headroom() + language(), "plain: language() has no bound"),
        (odd(), "plain: odd() has no bound"),
        (close_rate(), "fast"),
        (
            close_rate(5, by="industry"),
            "plain: close_rate(5, by='industry') reads outcomes by segment or week",
        ),
        (0 * headroom(), "plain: the rule has no score with weight"),
        (None, "plain: the rule has no score with weight"),
        (
            headroom().when(LEAD.budget > 5),
            "plain: headroom().when(lead.budget > 5) has no bound",
        ),
        (keen(), "fast"),
    ],
    ids=str,
)
def test_path_says_why(score, path):
    """A score that the fast path cannot bound is ranked by asking everybody, and the path says why."""
    assert why(score) == path


@pytest.mark.parametrize(
    ("require", "path"),
    [
        (REP.level >= LEAD.employees, "plain: the requirement asks about the lead"),
        (REP.weight < 2, "fast"),
        (REP.weight > 9, "plain: nobody can take the lead"),
    ],
    ids=str,
)
def test_requirement(require, path):
    """A requirement on the rep alone stays fast; one that asks about the lead does not."""
    assert why(headroom(), require=require) == path


@pytest.mark.parametrize(
    ("rule", "router", "path"),
    [
        ({"territory": True}, {}, "plain: the rule asks whose territory the lead is in"),
        ({"within_km": 5}, {}, "plain: the rule asks how far away the lead is"),
        ({}, {"caps": ["9 per day"]}, "plain: the router has caps over all reps"),
        (
            {"score": territory_match()},
            {"territories": [Territory("south", regions={"DE-BY"}, owners={"r000"})]},
            "plain: territory_match() may read the territories of the lead",
        ),
        ({}, {"territories": [Territory("south", regions={"DE-BY"}, owners={"r000"})]}, "fast"),
        ({"cost": 2, "segment": "big"}, {"holidays": [MONDAY.date()]}, "fast"),
    ],
)
def test_features_of_the_policy(rule, router, path):
    """What hangs on the lead takes the plain path; both paths give the same, whatever the policy asks for."""
    rules = [Rule("all", **{"score": rotation(), **rule})]
    standing = Standing(Router(rules=rules, **router), crowd(6))
    assert standing.top(Lead("L", region="DE-BY"), now=MONDAY).path in {
        path,
        "plain: nobody can take the lead",
    }
    for number in range(12):
        top = same(standing, Lead("L", region="DE-BY"), 3, MONDAY, None)
        if top.rep_ids:
            standing.assign(top.rep_ids[0], MONDAY, lead=Lead("L", region="DE-BY"))
            standing.release(f"r{number % 6:03}", rule="all")


def test_holidays_close_schedules():
    """On a holiday of the router nobody with a schedule is found, on the next day they are."""
    router = Router(rules=[Rule("all", score=rotation())], holidays=[MONDAY.date()])
    roster = Roster([Rep("ada", schedule="mon-fri 09:00-17:00"), Rep("bob")])
    standing = Standing(router, roster)
    assert same(standing, Lead("L"), 2, MONDAY, None).rep_ids == ("bob",)
    next_day = same(standing, Lead("L"), 2, MONDAY + timedelta(days=1), None)
    assert (next_day.path, next_day.rep_ids) == ("fast", ("ada", "bob"))


@pytest.mark.parametrize(
    ("cap", "why"),
    [
        ("5 per day, source web", "asks about the lead"),
        ("5 per week, paced", "moves with the time"),
        ("5 per day, rolling", "moves with the time"),
        ("5 per day, ramp 8w", "moves with the time"),
    ],
)
def test_caps_that_move(cap, why):
    """A cap whose room hangs on the lead or on every minute takes the plain path; other caps do not."""
    router = Router(rules=[Rule("all", score=headroom())])
    moving = Standing(router, Roster([Rep("ada", caps=[cap])]))
    assert moving.top(Lead("L"), now=MONDAY).path == f"plain: the cap {cap!r} of rep 'ada' {why}"
    still = Roster([Rep("ada", caps=["5 per day, soft", "9 per week, segment all"])])
    assert Standing(router, still).top(Lead("L"), now=MONDAY).path == "fast"


SCORES = [rotation(), rotation() + language(), rotation("strict")]


@pytest.mark.parametrize("score", SCORES, ids=str)
@pytest.mark.parametrize("level", [0, 5_500_000])
def test_counts_as_a_dispatcher_does(score, level):
    """An assignment moves every counter, the turns with those missed, and the level as an offer does."""
    rules = [Rule("all", score=score, cost=3)]
    router, lead = Router(rules=rules, caps=["40 per day"] if level else ()), Lead("L")
    team = Roster(
        [
            Rep("ada", weight=2, caps=["9 per day", "8 per day, soft"], buckets={"all": 30}),
            Rep("bob", capacity=40),
            Rep("cem", weight=0.5),
            Rep("off", weight=0),
        ]
    )
    turns = {"ada": 4, "bob": 5, "cem": 2}
    standing = Standing(
        router,
        team,
        Snapshot(turns={"everyone": turns}, levels={"everyone": level} if level else {}),
    )
    for _ in range(9):
        before = standing.snapshot
        ranking = router.rank(lead, team, now=MONDAY, snapshot=before, tried={"bob": "declined"})
        offered = happening(ranking, router, lead, team, before, MONDAY)
        taken = standing.assign(offered.rep_id, MONDAY, lead=lead, tried=["bob"])
        after = standing.snapshot
        assert taken == offered.holds[turn_key("everyone", offered.rep_id)]
        assert after.turns["everyone"][offered.rep_id] == taken + before.turns["everyone"].get(
            offered.rep_id, 0
        )
        assert after.levels["everyone"] == offered.level
        moved = {key: after.used[key] - before.used.get(key, 0) for key in after.used}
        opened = after.open[offered.rep_id] - before.open.get(offered.rep_id, 0)
        held = {key: units for key, units in moved.items() if units}
        expected = {**offered.holds}
        del expected[turn_key("everyone", offered.rep_id)]
        assert opened == expected.pop(open_key(offered.rep_id)) == 3
        assert held == expected
    assert standing.assign("off", MONDAY) == 0
    assert standing.assign("ada", MONDAY, "elsewhere") == 0


def test_path_is_told():
    """The explanation names the path; asking the router alone says nothing of it."""
    standing = Standing(Router(rules=[Rule("all", score=headroom())]), crowd(3))
    assert str(standing.top(Lead("L"), now=MONDAY)).endswith("\n  Ranked on the fast path")
    assert "path" not in str(standing.router.rank(Lead("L"), standing.roster, now=MONDAY))


def test_pools():
    """Pools of reps stay fast, each rule with turns of its own; a pool that asks the time does not."""
    router = Router(
        rules=[
            Rule("big", when=LEAD.budget > 5, pool="few", score=rotation()),
            Rule("late", when=LEAD.budget > 2, pool="late", score=rotation()),
            Rule("rest", score=rotation()),
        ],
        pools=[
            Pool("few", where=REP.weight > 1),
            Pool("late", where=REP["until"] > MONDAY.replace(year=2027)),
            Pool("odd", reps={"r000"}),
        ],
    )
    standing = Standing(router, crowd(6))
    for number in range(20):
        lead = Lead("L", budget=number % 9)
        top = same(standing, lead, 2, MONDAY, None)
        if top.rep_ids:
            standing.assign(top.rep_ids[0], MONDAY, top.ranking.pool)


def test_outside_the_rules():
    """Leads that do not qualify, or that no rule is for, get the plain answer."""
    router = Router(
        rules=[Rule("big", when=LEAD.budget > 5, score=headroom())], qualify=LEAD.budget > 1
    )
    standing = Standing(router, crowd(3))
    assert same(standing, Lead("L"), 2, MONDAY, None).path == "plain: the lead is not qualified"
    assert same(standing, Lead("L", budget=3), 2, MONDAY, None).path == "plain: no rule matched"
    assert same(standing, Lead("L", budget=9), 2, MONDAY, None).path == "fast"


def test_time_goes_both_ways():
    """Reps come and go by their schedules and caps, whichever way time goes."""
    roster = Roster(
        [
            *crowd(4, schedule="mon-fri 09:00-17:00"),
            Rep("cap", caps=[Cap(1, "hour")]),
            Rep("both", caps=[Cap(1, "day")], schedule="mon 09:30-10:00"),
        ]
    )
    standing = Standing(Router(rules=[Rule("all", score=rotation())]), roster)
    for minutes in (0, 31, 59, 60, 61, 480, 500, -20, 35, 36, 9_000):
        now = MONDAY + timedelta(minutes=minutes)
        top = same(standing, Lead("L"), 6, now, {"cap": "declined"} if minutes == 36 else None)
        standing.assign("cap", now)
        standing.assign(top.rep_ids[-1] if top.rep_ids else "both", now)


def test_without_the_time():
    """Without an instant, reps with schedules need the plain path, which says what is missing; others do not."""
    rules = [Rule("all", score=headroom())]
    assert Standing(Router(rules=rules), crowd(3)).top(Lead("L")).path == "fast"
    timed = Standing(Router(rules=rules), crowd(3, schedule="mon 09:00-17:00"))
    for _ in range(2):
        with pytest.raises(FactTypeError, match="now"):
            timed.top(Lead("L"))
        assert timed.top(Lead("L"), now=MONDAY).path == "fast"


def test_wrong_facts_are_raised():
    """A fact of the wrong type is raised as by the router, with rule and lead."""
    router = Router(rules=[Rule("all", require=REP["seats"] > 5, score=headroom())])
    standing = Standing(router, crowd(2, attributes={"seats": "many"}))
    for _ in range(2):
        with pytest.raises(FactTypeError, match="rule 'all'"):
            standing.top(Lead("L"), now=MONDAY)


def test_outcomes_by_week():
    """Counts that come as outcomes by week take the plain path."""
    outcomes = Outcomes.of([("r000", ALL, 2900, Record(won=1, closed=3))])
    router = Router(rules=[Rule("all", score=close_rate(5))])
    standing = Standing(router, crowd(3), Snapshot(outcomes=outcomes))
    assert same(standing, Lead("L"), 2, MONDAY, None).path.endswith("by segment or week")


def test_reasons_are_of_their_instant():
    """The reasons of an answer do not change when the counts do."""
    score = headroom() + rotation() + close_rate(5)
    standing = Standing(Router(rules=[Rule("all", score=score)]), crowd(3))
    standing.close("r001", won=True)
    top = standing.top(Lead("L"), 2, now=MONDAY)
    said = str(top)
    standing.assign(top.rep_ids[0], MONDAY)
    standing.close(top.rep_ids[1], won=False)
    assert str(top) == said


def test_mistakes_are_named():
    """A rep that is not there, a naive time and a count below 1 are refused."""
    standing = Standing(Router(rules=[Rule("all", score=headroom())]), crowd(2))
    with pytest.raises(UnknownFieldError, match="r009"):
        standing.assign("r009", MONDAY)
    with pytest.raises(UnknownFieldError, match="r009"):
        standing.release("r009")
    with pytest.raises(FactTypeError, match="at"):
        standing.assign("r000", MONDAY.replace(tzinfo=None))
    with pytest.raises(ConfigError, match="k is 0; ask for one rep or more"):
        standing.top(Lead("L"), 0)


@scorer(bound=lambda rep, most: most)
def promising(situation, rep, most):
    """Answers what the level says."""
    return None if rep.level is None else rep.level / 4


@pytest.mark.parametrize(
    ("most", "level", "message"),
    [
        (0.5, 3, "0.75.*a number up to its bound, 0.5"),
        (0.5, None, "None.*a number up to its bound, 0.5"),
        (2, 3, "the bound of promising.2. for rep 'a'.*a number from 0 to 1"),
    ],
)
def test_a_bound_is_kept(most, level, message):
    """A host's scorer that breaks its bound is named, on either path."""
    roster = Roster([Rep("a", level=level)])
    router = Router(rules=[Rule("all", score=promising(most))])
    for rank in (
        Standing(router, roster).top,
        lambda lead, now: router.rank(lead, roster, now=now),
    ):
        with pytest.raises(FactTypeError, match=message):
            rank(Lead("L"), now=MONDAY)


def test_router_top():
    """The router gives the first few alone when asked, and rejects the same reps."""
    router, roster = Router(rules=[Rule("all", score=rotation())]), crowd(9)
    full, few = (router.rank(Lead("L"), roster, now=MONDAY, top=top) for top in (None, 2))
    assert (few.assignments, few.rejections) == (full.assignments[:2], full.rejections)


keys = st.tuples(
    st.integers(0, 6) | st.integers(7, 30),
    st.sampled_from([0.5, 1, 2, 3]),
    st.sampled_from([0, 0, 0, 1, 3, -2]),
)


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.none() | keys, st.sampled_from([0, 400_000, 1_500_000])),
        max_size=20,
    )
)
def test_order_is_that_of_the_standings(moves):
    """Whoever moves and however the level rises, places and points are those of the standings."""
    order, held, level = Order(), {}, 0
    for who in range(6):
        held[who] = who, 1, 0
        order.replace(who, None, held[who])
    for who, key, more in moves:
        order.replace(who, held[who], key)
        held[who], level = key, level + more
        able = {each: found for each, found in held.items() if found}
        plain = {each for each, found in able.items() if not found[2]}
        present = {each for each in plain if order.place(able[each]) is not None}
        assert all(0 <= order.points(found) <= 1 for found in able.values())
        moved = set(order.rise(level))
        stand = {each for each in plain if order.place(able[each]) is not None}
        assert present ^ stand <= moved <= plain
        team = [Rep(f"r{each}", weight=weight) for each, (_, weight, _) in able.items()]
        turns = {f"r{each}": taken for each, (taken, _, _) in able.items()}
        balances = {f"r{each}": given for each, (_, _, given) in able.items() if given}
        stands = standings(team, turns, level, balances)
        ordered = sorted({each.place for each in stands.values()})
        points = {
            each: 1.0 - ordered.index(stands[f"r{each}"].place) / max(1, len(ordered) - 1)
            for each in able
        }
        assert order.at([each.place for each in stands.values()]) == [*points.values()]
        for each, found in able.items():
            assert order.standing(found) == stands[f"r{each}"]
            assert order.points(found) == points[each]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 39),
            st.none()
            | st.tuples(
                st.integers(0, 60),
                st.sampled_from([0.5, 1, 2, 3]),
                st.sampled_from([0, 0, 0, 0, 1, 3, -2]),
            ),
            st.sampled_from([0, 0, 0, 1_000_000, 9_000_000]),
        ),
        max_size=60,
    ),
    st.integers(1, 2),
)
def test_bands_hold_what_they_promise(moves, step):
    """Nobody has more points than the band of their key says, and in an even band all have the very same."""
    order, held, level = Order(), {who: (who * step, 1, 0) for who in range(40)}, 0
    for who, key in held.items():
        order.replace(who, None, key)
    bands, where = Bands(order), {}
    for who, key in held.items():
        where[who] = bands.of(key, set(where.values()))
    for who, key, more in moves:
        order.replace(who, held.pop(who, None), key)
        where.pop(who, None)
        if key is not None:
            held[who] = key
            where[who] = bands.of(key, set(where.values()))
        level += more
        for each in order.rise(level):
            where[each] = bands.of(held[each], set(where.values()))
        points, held_by, exact = bands.steps({band: band for band in where.values()}, 1)
        assert points == sorted(points, reverse=True)
        for most, band, even in zip(points, held_by, exact, strict=True):
            found = {order.points(held[each]) for each in held if where[each] == band}
            assert max(found) <= most
            assert not even or found == {most}


def test_who_was_too_far_ahead_and_left():
    """When the level comes near a rep who has left meanwhile, nobody moves; who has come back moves once."""
    order, key = Order(), (50, 1, 0)
    order.rise(1_000_000)
    for number in (0, 1, 1):
        order.replace(number, None, key)
        order.replace(number, key, None)
    order.replace(1, None, key)
    assert order.rise(42_000_000) == []
    assert order.rise(42_100_000) == [1]
    assert order.place(key) == 50.5


def test_totals():
    """Who closed nothing tells nothing, and who leaves takes the record along."""
    totals = Totals()
    totals.add(1, 0)
    assert totals.prior(5) is None
    totals.add(1, 2)
    totals.add(1, 4)
    totals.add(1, 2, -1)
    assert (totals.mean, totals.copy().mean) == (0.25, 0.25)


def test_layout_without_reps():
    """Nobody is laid out as nobody."""
    layout = Layout([], [], [])
    assert (layout.able, layout.bits) == (0, {})


def test_who_is_put_where_they_are_stays():
    """Reps who are put into the band that they are in already stay there, however many they are."""
    layout = Layout([(-0.5, "", 0, f"r{n}", n) for n in range(9)], [()] * 9, [EVEN] * 9)
    before = dict(layout.bands)
    layout.put_all(range(9), lambda number: EVEN)
    assert layout.bands == before


def test_layout_lifts_who_rose_at_once():
    """A rep whose bound rises above their slot moves up at the first change, and is loose there alone."""
    layout = Layout([(-0.9, "", 0, "", 0), (-0.1, "", 0, "", 1)], [("de",), ("fr",)], [None, None])
    assert layout.change(1, 0.95)
    assert layout.slots[1] > layout.slots[0]
    assert layout.loose == layout.bits["fr"] == 1 << layout.slots[1]


class Unsteady:
    """A calendar of the host's that fails now and then."""

    broken = True

    def __contains__(self, day):
        if self.broken:
            raise OSError("no connection")
        return False


def test_a_calendar_that_fails_keeps_out_its_rep_alone():
    """The fast path leaves out the rep whose calendar fails, and asks again when time has passed."""
    calendar = Unsteady()
    hours = Schedule("always", "UTC", holidays=calendar)
    router = Router(rules=[Rule("all", score=headroom())])
    standing = Standing(router, Roster([Rep("ada", schedule=hours), Rep("bob")]))
    for minute, broken, able in (
        (0, True, ("bob",)),
        (1, True, ("bob",)),
        (2, False, ("ada", "bob")),
    ):
        calendar.broken = broken
        top = standing.top(Lead("L-1"), 2, now=MONDAY + timedelta(minutes=minute))
        assert (top.path, top.rep_ids) == ("fast", able)
