"""Whether the rotation keeps its word: random teams through the dispatcher, and credits worked out beside it.

    python benchmarks/fairness.py [--quick] [--json] [--teams N] [--leads N] [--jobs N]

- `weighted`: 200 random teams (2 to 30 reps, weights 0.25 to 4, requirements by level, language and territory,
  capacity, days off), 5,000 leads each. Nobody's credit is ever outside -1.5 to 1.5.
- The same teams with one offer in twenty declined: figures without a bar, because declined offers move credits further
  than any rotation can prevent.
- `strict`: 200 teams in which everyone takes every lead. Everyone is within 1 - 1/(2n - 2) of the exact share.
- `fair_share(score, k)`, k = 1, 2, 3, under a score that prefers the same reps each time, on teams of both kinds:
  how far ahead of the share, and whether a rep gets a lead who is held back while another is not.
- 8 processes on one SQLite file.
- The planted fault: the rotation before this one, (turns + 1/2) / weight with a level for newcomers, and the old bound
  over its turns. It must break each of these bars.

The benchmark knows the rules that it has made. It reads the log after each call, works out who could have taken each
lead, and keeps the credits of all in whole numbers, as exact as fractions. So the credits that the store keeps are
checked too, after each call. Exit code 1 when a bar is missed.
"""

import json
import os
import random
import sys
import tempfile
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import cycle
from math import ceil, lcm
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import NamedTuple

from telling import at_least, at_most, figures, options, tell

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Rule,
    SqliteStore,
    Territory,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.model.keys import credits_key
from leadroute.ranking.scorers.round_robin import UNIT
from leadroute.rules.rule import EVERYONE
from leadroute.scorers import fair_share
from leadroute.testing import ManualClock

BEGIN = datetime(2026, 1, 5, tzinfo=UTC)
STEP = timedelta(minutes=20)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LANGUAGES = ("en", "de", "fr", "nl")
COUNTRIES = {"north": "SE", "south": "IT", "west": "FR", "east": "PL"}
KINDS = ("level", "below", "language", "territory", "rest")
GRAIN = 20
"""Weights are in twentieths."""
WHOLE = lcm(*range(1, 30 * 4 * GRAIN + 1))
"""One turn: a multiple of the weight of any team, so that every share is a whole number."""
SLACK = 2e-6
"""How far apart a figure and its bound may be and count as equal: ``fair_share`` allows for half of it."""
DECLINED = 0.05
"""The part of the offers that is declined, where any are."""
BOUNDS = (1, 2, 3)
"""The bounds of ``fair_share``, which the teams take in turn."""
PROCESSES = 8
RACED = 6
"""The team of the processes."""


class Team(NamedTuple):
    """A team, and the rules that it is made by."""

    seed: int
    reps: tuple
    rules: tuple
    territories: tuple
    days: dict
    level: int
    kinds: tuple

    def router(self, score):
        """The policy with one score for every rule."""
        rules = [
            Rule(name, score=score, accept_within="2000d", **asked) for name, asked in self.rules
        ]
        return Router(rules=rules, territories=self.territories)

    def lead(self, lead_id):
        """A lead, which depends on its id alone."""
        drawn = random.Random(f"{self.seed}/{lead_id}")
        return Lead(
            lead_id,
            product=drawn.choice(self.kinds),
            language=drawn.choice(LANGUAGES),
            country=drawn.choice([*COUNTRIES.values()]),
            industry=drawn.choice(("oil", "oil", "oil", "gas")),
        )

    def able(self, lead):
        """The reps whom neither rule nor lead excludes for good."""
        tests = {
            "level": lambda rep: rep.level >= self.level,
            "below": lambda rep: rep.level < self.level,
            "language": lambda rep: lead.language in rep.languages,
            "territory": lambda rep: lead.country in {COUNTRIES[each] for each in rep.territories},
            "rest": lambda rep: True,
        }
        return [rep for rep in self.reps if tests[lead.product](rep)]


def drawn_team(seed, *, plain=False, steady=False):
    """A random team.

    Args:
        seed: What it is drawn from.
        plain: Whether everyone takes every lead.
        steady: Whether the candidates depend on the lead alone: no capacity and no days off.
    """
    draw = random.Random(seed)
    size = draw.randint(2, 30)
    days, reps = {}, []
    for number in range(size):
        rep_id = f"r{number:02}"
        told = {}
        if not plain:
            told = {
                "level": draw.randint(1, 4),
                "languages": set(draw.sample(LANGUAGES, draw.randint(1, 3))),
                "territories": set(draw.sample([*COUNTRIES], draw.randint(1, 2))),
            }
        if not plain and not steady:
            told["capacity"] = draw.choice((None, None, 2, 4, 8))
            works = sorted(draw.sample(range(7), draw.choice((7, 7, 6, 5, 4))))
            if len(works) < 7:
                told["schedule"] = ",".join(DAYS[day] for day in works) + " 00:00-24:00"
            days[rep_id] = frozenset(works)
        weight = round(draw.choice((1, draw.uniform(0.25, 4))) * GRAIN) / GRAIN
        skills = {"oil": draw.random(), "gas": draw.random()}
        reps.append(Rep(rep_id, weight=weight, skills=skills, timezone="UTC", **told))
    level = draw.randint(2, 4)
    asked = {
        "level": {"require": REP.level >= level},
        "below": {"require": REP.level < level},
        "language": {"require": LEAD.language.in_(REP.languages)},
        "territory": {"in_territory": True},
        "rest": {},
    }
    kinds = ("rest",) if plain else tuple(draw.choices(KINDS, k=draw.randint(3, 9)))
    rules = tuple((kind, {"when": LEAD.product == kind, **asked[kind]}) for kind in KINDS)
    territories = tuple(Territory(name, countries={code}) for name, code in COUNTRIES.items())
    return Team(seed, tuple(reps), rules, territories, days, level, kinds)


class Audit:
    """Credits worked out from the log of a store and the rules of a team, beside what the store keeps."""

    def __init__(self, team, store, bound=None, old=None):
        self.team, self.store, self.bound, self.old = team, store, bound, old
        self.weights = {rep.id: round(rep.weight * GRAIN) for rep in team.reps}
        self.capacity = {rep.id: rep.capacity for rep in team.reps if rep.capacity is not None}
        self.credits = dict.fromkeys(self.weights, 0)
        self.open = dict.fromkeys(self.weights, 0)
        self.previous_offers = defaultdict(set)
        self.undo, self.known = {}, {}
        self.last = self.low = self.high = self.offers = 0
        self.unexpected = self.passed_over = 0
        self.stored = self.apart = 0.0

    def follow(self):
        """Read what has happened since; return the offers among it, in order."""
        offered = []
        while page := self.store.events(after=self.last, limit=500):
            self.last = page[-1].id
            for event in page:
                if event.type == "offered":
                    data = json.loads(event.data)
                    self.take(event.lead, data["rep_id"], event.at)
                    offered.append((event.lead, data["rep_id"]))
                elif event.type == "declined":
                    self.give_back(event.lead, json.loads(event.data)["rep_id"])
                elif event.type == "feedback":
                    data = json.loads(event.data)
                    self.open[data["rep_id"]] -= 1
        return offered

    def candidates(self, lead_id, at):
        """Who can take a lead at an instant, in microseconds."""
        lead = self.team.lead(lead_id)
        asked = (lead.product, lead.language, lead.country)
        able = self.known.get(asked)
        if able is None:
            able = self.known[asked] = [rep.id for rep in self.team.able(lead)]
        if not self.team.days and lead_id not in self.previous_offers:
            return able
        day, days = datetime.fromtimestamp(at / 1e6, UTC).weekday(), self.team.days
        full, previous_offers = self.capacity, self.previous_offers.get(lead_id, ())
        return [
            rep_id
            for rep_id in able
            if (not days or day in days[rep_id])
            and not (rep_id in full and self.open[rep_id] >= full[rep_id])
            and rep_id not in previous_offers
        ]

    def take(self, lead_id, rep_id, at):
        """Share a lead out among those who could have taken it; the one who takes it pays one turn."""
        found = self.candidates(lead_id, at)
        self.offers += 1
        if rep_id not in found:
            self.unexpected += 1
            return
        held, weights = self.credits, self.weights
        part = WHOLE // sum(weights[each] for each in found)
        for each in found:
            held[each] += part * weights[each]
        if self.bound is not None:
            self.check(rep_id, found)
        held[rep_id] -= WHOLE
        self.open[rep_id] += 1
        self.undo[lead_id] = found, part, None if self.old is None else self.old.take(rep_id, found)
        self.high = max(self.high, *(held[each] for each in found))
        self.low = min(self.low, held[rep_id])

    def check(self, rep_id, found):
        """Whether someone was passed over for a rep who is held back, with this lead shared out already."""
        ahead = {each: 1 - self.credits[each] / WHOLE for each in found}
        limit = max(self.bound, min(ahead.values()))
        self.passed_over += ahead[rep_id] > limit + SLACK

    def give_back(self, lead_id, rep_id):
        """Take back the share and the turn of an offer that was declined."""
        found, part, paid = self.undo.pop(lead_id)
        for each in found:
            self.credits[each] -= part * self.weights[each]
        self.credits[rep_id] += WHOLE
        self.open[rep_id] -= 1
        self.previous_offers[lead_id].add(rep_id)
        self.low = min(self.low, *(self.credits[each] for each in found))
        self.high = max(self.high, self.credits[rep_id])
        if self.old is not None:
            self.old.turns[rep_id] -= paid

    def compare(self):
        """Look at the credits that the store keeps, after what was read of the log."""
        key = credits_key(EVERYONE)
        record = self.store.get([key]).get(key)
        if record is None:
            return
        data = json.loads(record.data)
        for rep_id, credit in zip(data["reps"], data["credits"], strict=True):
            self.stored = max(self.stored, abs(credit) / UNIT)
            self.apart = max(self.apart, abs(credit / UNIT - self.credits[rep_id] / WHOLE))

    @property
    def told(self):
        """What was seen."""
        return {
            "behind": self.high / WHOLE,
            "ahead": -self.low / WHOLE,
            "stored": self.stored,
            "apart": self.apart,
            "unexpected": self.unexpected,
            "passed_over": self.passed_over,
            "offers": self.offers,
            "reps": len(self.weights),
        }


class OldRotation:
    """The planted fault: the default mode before this one, as it stood at commit 6e2fd37.

    The turn goes to the lowest (turns + 1/2) / weight. A pool has one level, the place of the last turn. Who stands
    below it counts as away: they go next, and what they missed is added to their turns.
    """

    def __init__(self):
        self.turns, self.level = defaultdict(int), 0.0

    def standings(self, weights):
        """The place of each candidate, and the turns that they missed."""
        level, low = self.level, {}
        places = {each: (self.turns[each] + 0.5) / weight for each, weight in weights.items()}
        far = {
            each for each, weight in weights.items() if 0 < level < (self.turns[each] - 8) / weight
        }
        present = sum(
            weight
            for each, weight in weights.items()
            if places[each] >= level - 1e-6 and each not in far
        )
        entry = level + (1 / present if present else 0)
        for each, weight in weights.items():
            comes_in = ceil(entry * weight - 0.5)
            if each in far:
                low[each] = level, comes_in - self.turns[each]
            elif places[each] < level - 1e-6:
                low[each] = level, max(0, comes_in - self.turns[each])
            else:
                low[each] = places[each], 0
        return low

    def take(self, rep_id, found):
        """Count a turn; return how many turns it counts as."""
        place, missed = self.standings({each: self.weight_of[each] for each in found})[rep_id]
        self.level = max(self.level, place)
        self.turns[rep_id] += 1 + missed
        return 1 + missed

    def bind(self, team):
        """For a team."""
        self.weight_of = {rep.id: rep.weight for rep in team.reps}
        return self

    def rotation(self):
        """The scorer."""

        @scorer
        def old_rotation(context, rep):
            """The turn before this one."""
            places = context.once("old", lambda: self.standings(weights_of(context.reps)))
            return 1 / (1 + places[rep.id][0])

        return old_rotation()

    def fair(self, bound):
        """The bound on unfairness that counted turns."""

        @scorer
        def old_fair(context, rep):
            """The bound before this one."""
            weights = weights_of(context.reps)
            taken = 1 + sum(self.turns[each] for each in weights)
            ahead = self.turns[rep.id] + 1 - taken * rep.weight / sum(weights.values())
            points = rep.skills.get(context.lead.industry)
            return (1 + points) / 2 if ahead <= bound + 1e-9 else points / 4

        return old_fair()


def weights_of(reps):
    """The weights by rep id."""
    return {rep.id: rep.weight for rep in reps}


def run(seed, leads, kind, bound=None, plain=False, planted=False, declines=0):
    """Give a team its leads, and say what was seen.

    Args:
        seed: The team.
        leads: How many leads.
        kind: ``weighted``, ``strict`` or ``fair``.
        bound: The bound of ``fair``.
        plain: Whether everyone takes every lead.
        planted: Whether the planted fault decides.
        declines: Which part of the offers is declined, on teams with requirements.
    """
    team, store, clock = drawn_team(seed, plain=plain), MemoryStore(), ManualClock(BEGIN)
    old = OldRotation().bind(team) if planted else None
    if kind == "fair":
        score = old.fair(bound) if old else fair_share(skill_match("industry"), bound)
    else:
        score = old.rotation() if old else round_robin(kind)
    desk = Dispatcher(team.router(score), Roster(team.reps), store, clock)
    audit = Audit(team, store, bound, old)
    if plain:
        for number in range(leads):
            desk.submit(team.lead(f"L-{number}"))
            audit.follow()
            audit.compare()
    else:
        lifetimes(team, desk, clock, audit, leads, declines)
    return audit.told


def lifetimes(team, desk, clock, audit, leads, declines):
    """Leads that are accepted, or declined, and closed, which frees capacity for those that wait."""
    draw, owned = random.Random(team.seed), []
    usual = ceil(0.7 * sum(6 if rep.capacity is None else rep.capacity for rep in team.reps))
    for number in range(leads):
        before = clock.now().date()
        if clock.advance(STEP).date() != before:
            desk.sweep()
            answer(desk, audit, draw, owned, declines)
        while len(owned) > usual or (owned and draw.random() < 0.2):
            place = draw.randrange(len(owned))
            owned[place], owned[-1] = owned[-1], owned[place]
            desk.feedback(owned.pop(), "lost")
            answer(desk, audit, draw, owned, declines)
        desk.submit(team.lead(f"L-{number}"))
        answer(desk, audit, draw, owned, declines)


def answer(desk, audit, draw, owned, declines):
    """Decline a part of the offers that have been made, and accept the others."""
    offered = audit.follow()
    audit.compare()
    while offered:
        lead_id, rep_id = offered.pop()
        if draw.random() < declines:
            desk.decline(lead_id, rep_id, "busy")
            offered += audit.follow()
            audit.compare()
        else:
            desk.accept(lead_id, rep_id)
            owned.append(lead_id)


def work(path, number, leads, planted):
    """One of the processes: submit leads, and decline or accept each."""
    team, store = drawn_team(RACED, steady=True), SqliteStore(path)
    old = OldRotation().bind(team) if planted else None
    score = old.rotation() if old else round_robin()
    desk = Dispatcher(team.router(score), Roster(team.reps), store, ManualClock(BEGIN))
    audit, draw = Audit(team, store, old=old), random.Random(number)
    for index in range(leads):
        if old:
            audit.follow()
        placed = desk.submit(team.lead(f"{number}-{index}"))
        while placed.status.value == "offered":
            if draw.random() < DECLINED:
                placed = desk.decline(placed.lead_id, placed.rep_id, "busy")
            else:
                placed = desk.accept(placed.lead_id, placed.rep_id)


def race(leads, *, planted=False):
    """Several processes on one SQLite file, and what its log says afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "leads.db")
        SqliteStore(path).counts(["any"])
        context = get_context("fork")
        started = [
            context.Process(target=work, args=(path, number, leads, planted))
            for number in range(PROCESSES)
        ]
        for each in started:
            each.start()
        for each in started:
            each.join()
        if any(each.exitcode for each in started):
            raise SystemExit("a process failed")
        team, store = drawn_team(RACED, steady=True), SqliteStore(path)
        audit = Audit(team, store)
        audit.follow()
        audit.compare()
        return audit.told


def bound_of(told):
    """The bound of the strict mode."""
    return 1 - 1 / (2 * told["reps"] - 2)


def stray(found):
    """How far from their share anybody was, in either direction, in each run."""
    return [max(each["ahead"], each["behind"]) for each in found]


def by_bound(found):
    """How far beyond each bound anybody was ahead of the share."""
    furthest = defaultdict(list)
    for bound, each in found:
        furthest[bound].append(each["ahead"] - bound)
    return " ".join(f"{max(furthest[bound], default=0):.2f}" for bound in BOUNDS)


def measure(options):
    """Every figure and bar."""
    quick = options.quick
    teams = options.teams or (4 if quick else 200)
    leads = options.leads or (500 if quick else 5_000)
    few, some = max(2, teams // 10), max(leads // 4, min(leads, 500))
    bounds = [(seed, BOUNDS[seed % len(BOUNDS)]) for seed in range(teams)]
    asked = {
        "weighted": [(seed, leads, "weighted") for seed in range(teams)],
        "strict": [(seed, leads, "strict", None, True) for seed in range(teams)],
        "declined": [
            (seed, leads, "weighted", None, False, False, DECLINED) for seed in range(teams)
        ],
        "fair": [(seed, some, "fair", bound) for seed, bound in bounds],
        "fair plain": [(seed, some, "fair", bound, True) for seed, bound in bounds],
        "old": [(seed, some, "weighted", None, False, True) for seed in range(few)],
        "old plain": [(seed, some, "strict", None, True, True) for seed in range(few)],
        "old fair": [(seed, some, "fair", 1, False, True) for seed in range(few)],
        "old fair plain": [(seed, some, "fair", 1, True, True) for seed in range(few)],
    }
    each = 25 if quick else 500
    raced, raced_old = race(each), race(each, planted=True)
    with ProcessPoolExecutor(options.jobs or os.cpu_count()) as pool:
        waiting = {
            name: [pool.submit(run, *each) for each in given] for name, given in asked.items()
        }
        seen = {name: [each.result() for each in found] for name, found in waiting.items()}
    return tells(seen, raced, raced_old, leads, some)


def tells(seen, raced, raced_old, leads, some):
    """The figures and bars out of what was seen."""
    bounded = [*zip(cycle(BOUNDS), seen["fair"])]
    bounded_plain = [*zip(cycle(BOUNDS), seen["fair plain"])]
    strict = [
        far / bound_of(each)
        for far, each in zip(stray(seen["strict"]), seen["strict"], strict=True)
    ]
    sound = [raced]
    for name in ("weighted", "declined", "strict", "fair", "fair plain"):
        sound += seen[name]
    old, declined = stray(seen["old"]), stray(seen["declined"])
    found = {
        "teams of each kind": len(seen["weighted"]),
        "leads for each team, weighted and strict": leads,
        "leads for each team, fair_share and the old rotation": some,
        "offers checked": sum(each["offers"] for each in sound),
        "weighted: turns off the share, median over teams": median(stray(seen["weighted"])),
        "weighted: teams outside of 1.5": sum(far > 1.5 for far in stray(seen["weighted"])),
        "weighted: turns ahead, at most": max(each["ahead"] for each in seen["weighted"]),
        "weighted: turns behind, at most": max(each["behind"] for each in seen["weighted"]),
        "declined offers: turns off the share, median over teams": median(declined),
        "declined offers: turns off the share, at most": max(declined),
        "declined offers: teams outside of 1.5": sum(far > 1.5 for far in declined),
        "strict: turns off the share, at most": max(stray(seen["strict"])),
        "fair_share: turns ahead less k, at most, k 1 to 3": by_bound(bounded),
        "fair_share, everyone takes every lead: the same": by_bound(bounded_plain),
        "8 processes: offers": raced["offers"],
        "old rotation: turns off the share, median over teams": median(old),
        "old rotation: teams outside of 1.5": f"{sum(far > 1.5 for far in old)} of {len(old)}",
    }
    bars = [
        at_most("weighted: turns off the share", max(stray(seen["weighted"])), 1.5),
        at_most("weighted: the same, as stored", max(e["stored"] for e in seen["weighted"]), 1.5),
        at_most("strict: off the share, in 1 - 1/(2n - 2)", max(strict), 1 + SLACK),
        at_most(
            "fair_share(score, k): turns ahead less k, everyone takes every lead",
            max(each["ahead"] - k for k, each in bounded_plain),
            SLACK,
        ),
        at_most(
            "fair_share(score, k): turns ahead less k, with requirements",
            max(each["ahead"] - k for k, each in bounded),
            1 + SLACK,
        ),
        at_most(
            "fair_share: leads to a rep who is held back while another is not",
            sum(each["passed_over"] for _, each in [*bounded, *bounded_plain]),
            0,
        ),
        at_most("8 processes on SQLite: turns off the share", *stray([raced]), 2.5),
        at_most("stored credits beside exact ones, in turns", max(e["apart"] for e in sound), 1e-6),
        at_most("leads to a rep who could not take them", sum(e["unexpected"] for e in sound), 0),
        at_least("old rotation: turns off the share", max(old), 1.5),
        at_least(
            "old rotation: off the share, in 1 - 1/(2n - 2)",
            max(
                far / bound_of(each)
                for far, each in zip(stray(seen["old plain"]), seen["old plain"], strict=True)
            ),
            1 + SLACK,
        ),
        at_least(
            "old bound of 1: turns ahead, everyone takes every lead",
            max(each["ahead"] for each in seen["old fair plain"]),
            1 + SLACK,
        ),
        at_least(
            "old bound of 1: turns ahead, with requirements",
            max(each["ahead"] for each in seen["old fair"]),
            2 + SLACK,
        ),
        at_least(
            "old bound of 1: leads to a rep who is held back while another is not",
            sum(each["passed_over"] for each in seen["old fair"]),
            1,
        ),
        at_least("old rotation, 8 processes: turns off the share", *stray([raced_old]), 2.5),
    ]
    return {"name": "fairness", "figures": figures(found), "bars": bars}


def main(arguments=None):
    """Run it."""
    parser = options(__doc__, "4 teams of each kind, 500 leads each: under 30 seconds")
    parser.add_argument("--teams", type=int, help="how many teams of each kind")
    parser.add_argument("--leads", type=int, help="how many leads for each team")
    parser.add_argument("--jobs", type=int, help="how many teams at once")
    given = parser.parse_args(arguments)
    return tell(measure(given), as_json=given.json)


if __name__ == "__main__":
    sys.exit(main())
