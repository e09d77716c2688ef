"""What the benchmarks of `leadroute route` and of the main path report."""

import json
from itertools import islice
from types import SimpleNamespace

import pytest
from attrs import evolve
from benchmarks import main_path, route

from leadroute import Roster, Router, Rule

SMALL = evolve(
    main_path.QUICK,
    largest=20,
    seconds=0.01,
    warming=0.01,
    cold=(5,),
    first=4,
    different=40,
    submit=(20,),
    teams=2,
)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Few leads: the benchmark itself is what is tested, not the machine."""
    monkeypatch.setattr(route, "QUICK", (20, 40))
    monkeypatch.setattr(route, "QUICK_LEADS", 30)
    monkeypatch.setattr(main_path, "QUICK", SMALL)
    # A look for garbage would go through all that other tests have left in this process, once for each measurement.
    monkeypatch.setattr(main_path, "gc", SimpleNamespace(collect=lambda: 0))


def test_json(capsys, monkeypatch):
    """With --json the figures and the bars on memory and on the parts are one object, and the bars hold."""
    # What the start of Python varies by is more than 30 leads take.
    monkeypatch.setattr(route, "PARTS", 1_000)
    assert route.main(["--quick", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [figure["name"] for figure in found["figures"]] == [
        "peak_mib_20",
        "cpu_seconds_20",
        "seconds_20",
        "rate_20",
        "peak_mib_40",
        "cpu_seconds_40",
        "seconds_40",
        "rate_40",
        "read_cpu_seconds_30",
        "rank_cpu_seconds_30",
        "commit_cpu_seconds_30",
        "route_cpu_seconds_30",
        "start_cpu_seconds",
    ]
    assert [(bar["name"], bar["bound"], bar["ok"]) for bar in found["bars"]] == [
        ("peak_ratio", 1.3, True),
        ("parts_ratio", 1_000, True),
    ]


def test_broken_bar(capsys, monkeypatch):
    """A bar that does not hold is printed as such, and the exit code is 1."""
    found = dict.fromkeys(("peak_mib", "cpu_seconds", "seconds", "rate"), 1.0)
    monkeypatch.setattr(route, "measured", lambda _count: found)
    monkeypatch.setattr(route, "beside_parts", lambda _count: ({}, 1.0))
    monkeypatch.setattr(route, "RATIO", 0.1)
    assert route.main(["--quick"]) == 1
    assert "FAILED peak_ratio: " in capsys.readouterr().out


def test_parts():
    """What `leadroute route` is measured against are three parts, each of which takes time."""
    spent = route.parts(20)
    assert list(spent) == ["read", "rank", "commit"]
    assert all(seconds > 0 for seconds in spent.values())


def test_main_path(capsys):
    """With --quick --json the main path gives one object with every bar, and exit code 0 only if all hold."""
    code = main_path.main(["--quick", "--json"])
    found = json.loads(capsys.readouterr().out)
    assert [bar["name"] for bar in found["bars"]] == [
        "memory_growth_mib",
        "skill_5_tuned_ratio",
        "skill_5_plain_ratio",
        "skill_20_tuned_ratio",
        "skill_20_plain_ratio",
        "skill_nobody_off_tuned_ratio",
        "skill_nobody_off_plain_ratio",
        "skill_nobody_full_tuned_ratio",
        "skill_nobody_full_plain_ratio",
        "turn_5_tuned_ratio",
        "turn_5_plain_ratio",
        "turn_nobody_off_tuned_ratio",
        "turn_nobody_off_plain_ratio",
        "turn_nobody_full_tuned_ratio",
        "turn_nobody_full_plain_ratio",
        "home_5_tuned_ratio",
        "home_5_plain_ratio",
        "home_nobody_off_tuned_ratio",
        "home_nobody_off_plain_ratio",
        "home_nobody_full_tuned_ratio",
        "home_nobody_full_plain_ratio",
        "skill_5_new_roster_ratio",
        "skill_5_new_day_ratio",
        "skill_20_submit_ratio",
        "skill_20_keys_of_others",
        "skill_reasons_ratio",
        "teams_submit_ratio",
        "teams_keys_of_others",
    ]
    assert code == (0 if all(bar["ok"] for bar in found["bars"]) else 1)
    placed = {f["name"]: f["value"] for f in found["figures"] if f["name"].endswith("_placed")}
    assert len(placed) == 4
    assert min(placed.values()) > 0.8


def test_everything_is_measured():
    """The full run measures every policy at every size, every cold start and every dispatcher."""
    full = list(main_path.measurements(main_path.FULL))
    policies = 3
    assert len(full) == 1 + policies * (5 + 1) + policies * (2 + 3 + 1) + 1


def test_planted_difference(monkeypatch):
    """Nothing is timed on where the loop and the library disagree."""
    loop = main_path.hand_loops.OfficeLoop
    monkeypatch.setattr(loop, "pick", lambda self, lead, now: ("rep-00000", 0.1))
    with pytest.raises(SystemExit, match="by the library"):
        main_path.beside_loop("skill", 5, SMALL)


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (None, None, True),
        (None, ("a", 1.0), False),
        (("a", 1.0), None, False),
        (("a", 1.0), ("b", 1.0), False),
        (("a", 1.0), ("a", 0.9), False),
        (("a", 0.1 + 0.2), ("a", 0.3), True),
    ],
)
def test_same(one, other, agree):
    """Both must find the same rep with the same score, or nobody."""
    assert main_path.same(one, other) is agree


def test_planted_leak(monkeypatch):
    """A router that keeps something of every lead misses the bar on memory."""

    class Leaking:
        """It never forgets."""

        def __init__(self):
            self.kept = []

        def rank(self, lead, roster, **given):
            """Keep 16 KiB a lead."""
            self.kept.append(bytearray(2**14))

    monkeypatch.setattr(main_path, "different_router", Leaking)
    _, (bar,) = main_path.memory(evolve(SMALL, different=2_000))
    assert not bar["ok"]


def test_planted_reading():
    """Counters of reps who are no candidates are counted, those of candidates are not."""
    policy = main_path.POLICIES["skill"]()
    team = policy.team(4)
    router = Router(rules=[Rule("all", score=policy.router.rules[0].score)])
    office = main_path.Office(router, team, main_path.stream(policy, 4))
    everyone = {rep.id for rep in team}
    office.watch(3, lambda case: everyone)
    assert (office.strays, office.read > 0) == (0, True)
    office.watch(3, lambda case: set())
    assert office.strays > 0


def test_turns_by_hand():
    """The loop for round robin shares out by weight, and its credits add up to nothing."""
    policy = main_path.POLICIES["turn"]()
    team = policy.team(6)
    loop = policy.loop(Roster(rep.with_changes(level=4) for rep in team))
    given = dict.fromkeys(loop.open, 0)
    for case in islice(main_path.stream(policy, 6), 20):  # nobody opens or closes meanwhile
        given[loop.pick(case.plain, case.now.replace(hour=13))[0]] += 1
    assert sum(loop.credits.values()) == 0
    whole = sum(rep.weight for rep in team)
    for rep in team:
        assert abs(given[rep.id] - 20 * rep.weight / whole) < 1
