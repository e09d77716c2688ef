"""The best five of M reps by five scorers, for lead after lead, beside asking every rep.

    python benchmarks/ranking.py [--quick] [--json]

- A stream of leads: rank, give the lead to the best, and now and then a rep closes one. The same stream goes through
  a ``Standing``, through a vectorised ranking with numpy that keeps its columns current too, and, for a few leads,
  through a plain loop over the scorers. Before anything is timed all of them must give the same reps with the same
  scores.
- Times are CPU time for each lead: the median for ranking, and the mean over the whole stream, so that what is paid
  now and then counts.
- Reasons: the points of each score for the best five come with the answer; the text is written when asked for.

Exit code 1 when a bar is missed.
"""

import sys
from datetime import UTC, datetime, timedelta
from heapq import nsmallest
from math import fsum
from random import Random
from statistics import mean as average
from statistics import median
from time import process_time

import numpy as np
from telling import at_least, at_most, figures, options, tell

from leadroute import (
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    close_rate,
    headroom,
    rotation,
    scorer,
    skill_match,
    territory_match,
)
from leadroute.ranking.fast import Standing
from leadroute.ranking.scorers.turns import AHEAD, SCALE
from leadroute.rules.scorer import mean
from leadroute.rules.situation import Situation

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
INDUSTRIES = [f"industry {n}" for n in range(12)]
COUNTRIES = ["AT", "BE", "CH", "DE", "ES", "FR", "GB", "IT", "NL", "US"]
REGIONS = [f"{country}-{n}" for country in COUNTRIES for n in range(8)]
SCORE = (
    3 * skill_match("industry") + 2 * territory_match() + headroom() + close_rate(50) + rotation()
)
ROUTER = Router(rules=[Rule("all", score=SCORE)])
BEST = 5
TURN = 20
"""So many leads go to one ranker before it is the turn of the other."""
SIZES = {
    "full": {1_000: 2_000, 10_000: 2_000, 100_000: 1_000},
    "quick": {1_000: 150, 10_000: 60},
}


def team(count, seed=1):
    """Reps with skills, places, capacities and weights, and counts that have been going for a while."""
    dice = Random(seed)
    reps, opened, turns, won, closed, last = [], {}, {}, {}, {}, {}
    for number in range(count):
        name = f"rep-{number:06}"
        capacity, weight = dice.randint(20, 60), dice.choice([0.5, 0.8, 1, 1, 1, 1.3, 2])
        skills = {
            skill: dice.choice([0.25, 0.5, 0.75, 1])
            for skill in dice.sample(INDUSTRIES, dice.randint(1, 3))
        }
        regions = dice.sample(REGIONS, dice.randint(0, 2))
        countries = {dice.choice(COUNTRIES), *(region[:2] for region in regions)}
        reps.append(
            Rep(
                name,
                skills=skills,
                regions=regions,
                countries=countries,
                capacity=capacity,
                weight=weight,
            )
        )
        opened[name] = dice.randint(capacity // 4, capacity - 3)
        turns[name] = max(0, int(dice.gauss(100 * weight, 12)))
        closed[name] = dice.randint(0, 200)
        won[name] = int(closed[name] * dice.uniform(0.15, 0.45))
        last[name] = number
    snapshot = Snapshot(
        open=opened, turns={"everyone": turns}, won=won, closed=closed, last_assigned=last
    )
    return Roster(reps), snapshot


def stream(count, seed=2):
    """Leads, and for every tenth the position of the earlier lead that ends, with its outcome."""
    dice = Random(seed)
    for number in range(count):
        region = dice.choice(REGIONS)
        lead = Lead(
            f"L-{number}", industry=dice.choice(INDUSTRIES), region=region, country=region[:2]
        )
        ends = dice.randrange(number) if number and not number % 10 else None
        yield lead, NOON + timedelta(seconds=number), ends, dice.random() < 0.3


class Loop:
    """Every rep is asked, by the scorers themselves."""

    def __init__(self, roster, snapshot):
        self.standing = Standing(ROUTER, roster, snapshot)
        self.roster = roster

    def best(self, lead, now):
        """The best few as (id, score)."""
        snapshot = self.standing._live
        situation = Situation(lead, self.roster.reps, "everyone", snapshot, now)
        bound = [(term.weight, term.scorer.bind(situation)) for term in SCORE.terms]
        last = snapshot.last_assigned
        keyed = (
            (
                -(mean((weight, points(rep)) for weight, points in bound) or 0.0),
                last.get(rep.id, -1),
                rep.id,
            )
            for rep in self.roster.reps
            if snapshot.open[rep.id] < rep.capacity
        )
        return [(rep_id, -negative) for negative, _, rep_id in nsmallest(BEST, keyed)]


class Columns:
    """A vectorised ranking: a column for each number, kept current as one rep at a time changes."""

    def __init__(self, roster, snapshot):
        reps = roster.reps
        self.ids = [rep.id for rep in reps]
        self.number = {rep_id: number for number, rep_id in enumerate(self.ids)}
        column = lambda values: np.array(list(values), dtype=float)  # noqa: E731
        self.skill = {
            skill: column(rep.skills.get(skill, 0) for rep in reps) for skill in INDUSTRIES
        }
        self.region = {
            region: np.array([region in rep.regions for rep in reps]) for region in REGIONS
        }
        self.country = {
            place: np.array([place in rep.countries for rep in reps]) for place in COUNTRIES
        }
        self.capacity = column(rep.capacity for rep in reps)
        self.weight = column(rep.weight for rep in reps)
        self.open = column(snapshot.open[rep_id] for rep_id in self.ids)
        self.turns = column(snapshot.turns["everyone"][rep_id] for rep_id in self.ids)
        self.won = column(snapshot.won[rep_id] for rep_id in self.ids)
        self.closed = column(snapshot.closed[rep_id] for rep_id in self.ids)
        self.last = np.array([snapshot.last_assigned[rep_id] for rep_id in self.ids])
        self.place = (self.turns + 0.5) / self.weight
        self.level = 0
        self._order()
        self.sums = [self.won.sum(), self.closed.sum()]

    def best(self, lead, now):
        """The best few as (id, score)."""
        near = np.where(self.country[lead.country], 0.5, 0.0)
        near[self.region[lead.region]] = 1.0
        total = 3 * self.skill[lead.industry]
        total += 2 * near
        total += np.maximum(0.0, (self.capacity - self.open) / self.capacity)
        average = min(1.0, self.sums[0] / self.sums[1])
        total += np.minimum(1.0, (self.won + 50 * average) / (self.closed + 50))
        total += 1.0 - self.position / max(1, len(self.order) - 1)
        total /= 8.0
        total[self.open >= self.capacity] = -1
        least = np.partition(total, -BEST)[-BEST]
        keyed = [(-total[n], self.last[n], self.ids[n]) for n in np.flatnonzero(total >= least)]
        return [(rep_id, float(-negative)) for negative, _, rep_id in sorted(keyed)[:BEST]]

    def _order(self):
        """Who is behind the level or too far ahead of it enters there, as ``standings`` says."""
        reached = self.level / SCALE - 1e-6
        behind = self.place < reached
        away = behind | ((self.turns - AHEAD) / self.weight > reached) if reached > 0 else behind
        entry = reached + 1 / fsum(self.weight[~away])
        enters = np.ceil(entry * self.weight - 0.5)
        enters[behind] = np.maximum(enters, self.turns)[behind]
        self.entered = np.where(away, enters, self.turns)
        self.stands = np.where(away, reached, self.place)
        self.order, self.position = np.unique(self.stands, return_inverse=True)

    def assign(self, rep_id, now):
        """The rep got a lead. Nobody gets full or free in this stream, so the order holds everybody."""
        n = self.number[rep_id]
        self.open[n] += 1
        self.last[n] = int(now.timestamp() * 1_000_000)
        self.level = max(self.level, int(self.stands[n] * SCALE))
        self.turns[n] = self.entered[n] + 1
        self.place[n] = (self.turns[n] + 0.5) / self.weight[n]
        self._order()

    def close(self, rep_id, *, won):
        """A lead of the rep has ended."""
        n = self.number[rep_id]
        self.open[n] -= 1
        self.closed[n] += 1
        self.won[n] += won
        self.sums[0] += won
        self.sums[1] += 1


def verify(roster, snapshot, leads, steps):
    """The number of leads for which the three ways do not give the same reps with the same scores."""
    standing, loop, columns = (
        Standing(ROUTER, roster, snapshot),
        Loop(roster, snapshot),
        Columns(roster, snapshot),
    )
    wrong, given = 0, []
    for number, (lead, now, ends, won) in enumerate(leads):
        top = standing.top(lead, BEST, now=now)
        found = list(zip(top.rep_ids, top.scores, strict=True))
        wrong += top.path != "fast" or found != columns.best(lead, now)
        if number % (len(leads) // steps) == 0:
            wrong += found != loop.best(lead, now)
        given.append(top.rep_ids[0])
        for each in (standing, loop.standing, columns):
            each.assign(given[-1], now)
            if ends is not None:
                each.close(given[ends], won=won)
    return wrong


def race(leads, *entrants):
    """CPU seconds for each ranking and for each commit, for every entrant: a ranker, and how it finds the best.

    They take turns, so that a machine which is slow for a while is slow for all.
    """
    times = [([], [], []) for _ in entrants]
    for first in range(0, len(leads), TURN):
        for (ranker, best), (ranking, commits, given) in zip(entrants, times, strict=True):
            for lead, now, ends, won in leads[first : first + TURN]:
                start = process_time()
                given.append(best(lead, now))
                between = process_time()
                ranker.assign(given[-1], now)
                if ends is not None:
                    ranker.close(given[ends], won=won)
                ranking.append(between - start)
                commits.append(process_time() - between)
    return [(ranking, commits) for ranking, commits, _ in times]


def measure(size, count):
    """The figures for so many reps, in microseconds."""
    leads = list(stream(count))
    roster, snapshot = team(size)
    wrong = verify(roster, snapshot, leads[: max(40, count // 10)], 4 if size < 50_000 else 2)
    standing, columns, loop = (
        Standing(ROUTER, roster, snapshot),
        Columns(roster, snapshot),
        Loop(roster, snapshot),
    )
    start = process_time()
    standing.top(leads[0][0], BEST, now=NOON)
    built = process_time() - start
    (ranking, commits), (peer, kept) = race(
        leads,
        (standing, lambda lead, now: standing.top(lead, BEST, now=now).rep_ids[0]),
        (columns, lambda lead, now: columns.best(lead, now)[0][0]),
    )
    few = leads[:: max(1, count // (20 if size < 50_000 else 3))][:20]
    plain = []
    for lead, now, _, _ in few:
        start = process_time()
        loop.best(lead, now)
        plain.append(process_time() - start)
    return {
        "reps": size,
        "leads": count,
        "wrong": wrong,
        "prepare_ms": built * 1e3,
        "rank_us": median(ranking) * 1e6,
        "rank_mean_us": average(ranking) * 1e6,
        "rank_and_commit_us": median(map(sum, zip(ranking, commits, strict=True))) * 1e6,
        "rank_and_commit_mean_us": (average(ranking) + average(commits)) * 1e6,
        "numpy_us": median(peer) * 1e6,
        "numpy_and_commit_us": median(map(sum, zip(peer, kept, strict=True))) * 1e6,
        "loop_us": median(plain) * 1e6,
    }


@scorer(bound=lambda rep: 1.0 if rep.weight > 1 else 0.5)
def bounded(situation, rep):
    """Likes a high weight."""
    return 1.0 if rep.weight > 1 else 0.5


@scorer
def opaque(situation, rep):
    """Likes a high weight."""
    return 1.0 if rep.weight > 1 else 0.5


def cpu(work, times):
    """The median CPU microseconds of some work."""
    spent = []
    for _ in range(times):
        start = process_time()
        work()
        spent.append(process_time() - start)
    return median(spent) * 1e6


def reasons():
    """What reasons and hosts' scorers cost."""
    roster, snapshot = team(10_000)
    lead = next(iter(stream(1)))[0]
    standing = Standing(ROUTER, roster, snapshot)
    top = cpu(lambda: standing.top(lead, BEST, now=NOON), 60)
    kept = cpu(lambda: standing.top(lead, BEST, now=NOON).ranking, 60)
    told = cpu(lambda: str(standing.top(lead, BEST, now=NOON)), 60)
    few, counts = team(200)
    plain = cpu(lambda: ROUTER.rank(lead, few, now=NOON, snapshot=counts), 20)
    full = cpu(lambda: str(ROUTER.rank(lead, few, now=NOON, snapshot=counts)), 20)
    paths = {}
    for host in (bounded(), opaque()):
        router = Router(rules=[Rule("all", score=SCORE + host)])
        paths[host.name] = Standing(router, few, counts).top(lead, BEST, now=NOON).path
    return {
        "top_us": top,
        "with_parts_us": kept,
        "with_text_us": told,
        "plain_200_us": plain,
        "explained_200_us": full,
        "path_bounded": paths["bounded"],
        "path_opaque": paths["opaque"],
    }


def bars(sizes, said):
    """Every bar that the figures are held to."""
    by_size = {each["reps"]: each for each in sizes}
    small, middle, large = (by_size.get(size) for size in SIZES["full"])
    found = [
        at_most("wrong", sum(each["wrong"] for each in sizes), 0),
        at_least("loop_10000", middle["loop_us"] / middle["rank_us"], 150),
        at_most("numpy_10000", middle["rank_us"] / middle["numpy_us"], 0.6),
        *(
            at_most(f"commit_{each['reps']}", each["rank_and_commit_us"] / each["rank_us"], 3)
            for each in sizes
        ),
        at_most("points_kept", said["with_parts_us"] / said["top_us"], 2),
        at_most("explained_200", said["explained_200_us"] / said["plain_200_us"], 4),
        at_least("bounded_is_fast", int(said["path_bounded"] == "fast"), 1),
        at_least("opaque_is_plain", int("no bound" in said["path_opaque"]), 1),
    ]
    if large is not None:
        found += [
            at_least("loop_100000", large["loop_us"] / large["rank_us"], 1_000),
            at_most("numpy_100000", large["rank_us"] / large["numpy_us"], 0.2),
            at_most("growth", large["rank_us"] / small["rank_us"], 6),
        ]
    return found


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    chosen = options(__doc__, "fewer leads and no 100,000 reps").parse_args(arguments)
    sizes = SIZES["quick" if chosen.quick else "full"]
    found = [measure(size, count) for size, count in sizes.items()]
    said = reasons()
    named = {
        f"{name}_{each['reps']}": value
        for each in found
        for name, value in each.items()
        if name != "reps"
    }
    result = {"figures": figures({**named, **said}), "bars": bars(found, said)}
    return tell(result, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
