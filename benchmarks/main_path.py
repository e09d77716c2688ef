"""What one lead costs on the path that every lead takes, beside a loop over dicts written by hand.

Usage: python benchmarks/main_path.py [--quick] [--json]

- ``Router.rank(top=1)`` against two loops of ``hand_loops``, for each policy and size of team: ``plain``, over dicts
  and with the rules in order, and ``tuned``, over tuples and with dicts by country. All decide the same leads on the
  same counts, in blocks that take turns, and every answer of the library is compared with the loop's. The ratio is the
  median over the blocks. The bound is the same for both.
- Leads that nobody can take; the first leads after a new roster and on a new day; memory after many different leads.
- ``Dispatcher.submit`` against its parts: one ``rank(top=1)`` on the counts of the store, and the same changes
  committed bare. 10,000 reps in 500 teams against one team. Which counters the store is asked for.
- Every reason written out, against ``rank(top=1)``.

Times are CPU time. With --quick there are fewer leads and blocks, and the largest team has one policy.
"""

import gc
import resource
import sys
from collections import deque
from contextlib import suppress
from datetime import timedelta
from itertools import islice, pairwise
from math import isclose
from pathlib import Path
from random import Random
from statistics import median
from time import process_time

import hand_loops
from attrs import evolve, field, mutable
from hand_loops import NIGHT, POLICIES, stream
from telling import at_most, figures, options, tell

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Lead,
    Pool,
    Roster,
    Router,
    Rule,
    Snapshot,
    Territory,
    close_rate,
)
from leadroute.model.geography import COUNTRIES
from leadroute.model.keys import open_key, parts
from leadroute.offers.change import Add, Change, Once
from leadroute.stores import MemoryStore

LOOP = {5: 3, 20: 2.5, 100: 1.5, 1_000: 1.2, 10_000: 1.2}
"""At most so many times the loop, by the number of reps."""
NOBODY = 3
COLD = 5
GROWN_MIB = 10
SUBMIT = {20: 3.5, 100: 3.5, 1_000: 3}
TEAMS = 1.5
REASONS = 60

TEAM = 20
ANYWHERE = sorted(COUNTRIES)
"""The reps of one team, where there are many teams."""


@mutable
class Sizes:
    """How much is measured: everything here is smaller with --quick, and smallest in the tests."""

    largest: int = 10_000
    seconds: float = 4.0
    """CPU time for one ratio."""
    warming: float = 4.0
    """CPU time for the leads before, which are not counted."""
    block: int = 2_000
    """Reps asked in one block: 100 leads of 20 reps, 2 leads of 1,000."""
    cold: tuple = (100, 1_000)
    first: int = 120
    repeats: int = 3
    different: int = 1_000_000
    submit: tuple = (20, 100, 1_000)
    teams: int = 500
    every: bool = True
    """Whether the slow measurements are made for every policy, and not for the first one alone."""

    def leads(self, size):
        """The leads of one block for a team of this size."""
        return max(2, min(100, self.block // size))

    def chosen(self):
        """The policies of the slow measurements."""
        return list(POLICIES) if self.every else list(POLICIES)[:1]


FULL = Sizes()
QUICK = Sizes(seconds=0.3, warming=1.5, repeats=2, different=20_000, every=False)


# ---- Time


def timed(work, *given, **named):
    """What a function gives, and the CPU time that it took, without that of the clock."""
    began = process_time()
    found = work(*given, **named)
    return found, process_time() - began - CLOCK


def clock_cost():
    """The CPU time between two looks at the clock."""
    looks = [process_time() for _ in range(2_000)]
    return median(b - a for a, b in pairwise(looks))


CLOCK = clock_cost()


# ---- The library beside the loop


class Pair:
    """A policy in both forms over the same team and the same leads."""

    def __init__(self, name, size):
        self.policy = POLICIES[name]()
        self.router, self.roster = self.policy.router, self.policy.team(size)
        self.cases = stream(self.policy, size)
        self.shadow = self.policy.loop(self.roster)
        makers = {"tuned": self.policy.loop, "plain": self.policy.plain}
        self.loops = {kind: make(self.roster) for kind, make in makers.items()}
        self.placed = self.asked = 0

    def by_library(self, cases):
        """CPU time of the library for some leads; each answer is compared with that of a second loop."""
        spent = 0.0
        for case in cases:
            found, took = self.ranked(case)
            spent += took
            expected = self.shadow.pick(case.plain, case.now)
            self.check(case, found, expected)
            if expected is not None:
                self.shadow.take(expected[0], case.now)
                self.placed += 1
            self.asked += 1
        return spent

    def ranked(self, case):
        """The answer of the library, and the CPU time that it took."""
        return timed(first, self.router, case.lead, self.roster, case.now, self.shadow.snapshot())

    def by_loop(self, kind, cases):
        """CPU time of a loop for some leads."""
        loop, spent = self.loops[kind], 0.0
        for case in cases:
            found, took = timed(loop.pick, case.plain, case.now)
            spent += took
            if found is not None:
                loop.take(found[0], case.now)
        return spent

    def turns(self, count, change=lambda case: case):
        """CPU time of the library and of each loop for the next leads, by name."""
        cases = [change(case) for case in self.block(count)]
        spent = {"rank": self.by_library(cases)}
        return spent | {kind: self.by_loop(kind, cases) for kind in self.loops}

    def check(self, case, found, expected):
        """Refuse to go on where the two disagree."""
        if not same(found, expected):
            raise SystemExit(f"{case.lead.id}: {found} by the library, {expected} by the loop")

    def block(self, count):
        """The next leads."""
        return list(islice(self.cases, count))


def first(router, lead, roster, now, snapshot):
    """The best rep and the score, or ``None``."""
    best = router.rank(lead, roster, now=now, snapshot=snapshot, top=1).best
    return None if best is None else (best.rep_id, best.score)


def same(found, expected):
    """Whether both found the same rep with the same score, or nobody."""
    if found is None or expected is None:
        return found is expected
    return found[0] == expected[0] and isclose(found[1], expected[1])


def in_turns(one, other, seconds):
    """Run both in blocks that take turns, until the time is used; each gives the CPU time of its block.

    Returns:
        The median ratio, and the CPU times of all blocks of both.
    """
    ones, others = [], []
    while len(ones) < 3 or sum(ones) + sum(others) < seconds:
        ones.append(one())
        others.append(other())
    return median(a / b for a, b in zip(ones, others, strict=True)), ones, others


def rounds(pair, count, seconds, change=lambda case: case):
    """Blocks of the library and of the loops in turns, until the time is used: a dict of CPU times for each block."""
    found = []
    while len(found) < 3 or sum(sum(each.values()) for each in found) < seconds:
        found.append(pair.turns(count, change))
    return found


def ratio(blocks, kind):
    """The median over the blocks of what the library takes against a loop."""
    return median(each["rank"] / each[kind] for each in blocks)


def beside_loop(name, size, sizes):
    """The ratio of the library to the loops for one policy and size of team."""
    pair, count = Pair(name, size), sizes.leads(size)
    warm(pair, size, sizes)
    blocks = rounds(pair, count, sizes.seconds)
    named = f"{name}_{size}"
    told = {
        f"{named}_{kind}_us": 1e6 * median(each[kind] for each in blocks) / count
        for kind in blocks[0]
    }
    told[f"{named}_placed"] = pair.placed / pair.asked
    bars = [
        at_most(f"{named}_{kind}_ratio", ratio(blocks, kind), LOOP[size]) for kind in pair.loops
    ]
    return told, bars


def warm(pair, size, sizes):
    """Let all decide some leads that are not counted: as many as a cold start is measured over, if time allows."""
    spent, left = 0.0, sizes.first
    while left > 0 and spent < sizes.warming:
        count = min(left, sizes.leads(size))
        spent += sum(pair.turns(count).values())
        left -= count


def nobody(name, sizes):
    """Leads that nobody can take: everybody is off, or full."""
    bars = []
    for why in ("off", "full"):
        pair = Pair(name, 100)
        if why == "full":
            for loop in (pair.shadow, *pair.loops.values()):
                loop.fill()
        warm(pair, 100, evolve(sizes, first=20))
        pair.placed = 0
        change = at_night if why == "off" else lambda case: case
        blocks = rounds(pair, 20, sizes.seconds / 4, change)
        if pair.placed:
            raise SystemExit(f"{pair.placed} leads were placed where everybody is {why}")
        bars += [
            at_most(f"{name}_nobody_{why}_{kind}_ratio", ratio(blocks, kind), NOBODY)
            for kind in pair.loops
        ]
    return {}, bars


def at_night(case):
    """The same lead when nobody works."""
    return case._replace(now=midnight(case.now))


def midnight(now):
    """The same day, when nobody works, a little later for each lead."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day + NIGHT + (now - day) / 24


# ---- The first leads after a change


def first_leads(name, size, sizes):
    """The first leads after a new roster of the same values, and on a new day, against the same leads again."""
    pair = Pair(name, size)
    inputs = []
    for case in pair.block(sizes.first):
        inputs.append((case.lead, case.now, pair.shadow.counts()))
        found = pair.shadow.pick(case.plain, case.now)
        if found is not None:
            pair.shadow.take(found[0], case.now)

    def run(roster, days=0):
        later = timedelta(days=days)
        return sum(
            timed(first, pair.router, lead, roster, now + later, Snapshot(**counts))[1]
            for lead, now, counts in inputs
        )

    def against_warm(roster, days=0):
        cold = run(roster, days)
        return cold / median(run(roster, days) for _ in range(2))

    new = [against_warm(pair.policy.team(size)) for _ in range(sizes.repeats)]
    run(pair.roster)
    days = [against_warm(pair.roster, day) for day in range(1, sizes.repeats + 1)]
    bars = [
        at_most(f"{name}_{size}_new_roster_ratio", median(new), COLD),
        at_most(f"{name}_{size}_new_day_ratio", median(days), COLD),
    ]
    return {}, bars


# ---- Memory


def different_router():
    """A policy that asks about whatever the leads differ in."""
    common = {"require": LEAD.language.in_(REP.languages), "score": close_rate(20)}
    return Router(
        rules=[
            Rule("webmail", when=LEAD.email.endswith("@mail.example"), **common),
            Rule("named", when=LEAD.company == "Company 7", **common),
            Rule("large", when=LEAD.budget >= 500_000, in_territory=True, **common),
            Rule("everyone else", in_territory=True, **common),
        ],
        territories=[
            Territory("west", postal=[f"US:{n}" for n in range(5, 10)]),
            Territory("east", postal=[f"US:{n}" for n in range(5)]),
            Territory("abroad", countries=["GB", "IE"]),
        ],
    )


def different_lead(random, number):
    """A lead that shares as good as no value with another one."""
    country = random.choice(("US", "GB", "IE"))
    tag = f"{random.choice(('en', 'de', 'fr'))}-{random.choice(ANYWHERE)}"
    return Lead(
        f"L-{number}",
        company=f"Company {number}",
        email=f"buyer-{number}@host-{number}.example",
        country=country,
        postal_code=f"{random.randrange(100_000):05}-{number % 10_000:04}",
        language=random.choice(("en", "de", "fr", tag)),
        industry=f"industry {number}",
        budget=number + random.random(),
        annual_revenue=random.random() * 1e6,
        source=f"source {number}",
        attributes={"seats": number, "plan": f"plan {number}"},
    )


def memory(sizes):
    """How much resident memory grows after the first tenth of many different leads."""
    router = different_router()
    names = ("west", "east", "abroad")
    team = [
        rep.with_changes(territories=[names[n % 3]], languages=["en", "de", "fr"], schedule=None)
        for n, rep in enumerate(hand_loops.office_team(TEAM))
    ]
    roster, random, snapshot = Roster(team), Random(5), Snapshot(closed={"rep-00000": 3})
    tenth, begun = sizes.different // 10, 0.0
    for number in range(sizes.different):
        if number == tenth:
            begun = resident_mib()
        now = hand_loops.FIRST_DAY + hand_loops.OPENS + timedelta(milliseconds=number)
        router.rank(different_lead(random, number), roster, now=now, snapshot=snapshot, top=1)
    grown = resident_mib() - begun
    return {"different_leads": sizes.different}, [at_most("memory_growth_mib", grown, GROWN_MIB)]


def resident_mib():
    """The resident memory now; its peak where the system does not say."""
    gc.collect()
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() / 2**20
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


# ---- The dispatcher


class Watching(MemoryStore):
    """A store in memory that keeps the changes it was given and, when asked to, the counters it was asked for."""

    def __init__(self):
        super().__init__()
        self.changes = []
        self.keys = None

    def commit(self, change):
        """Keep the change, and apply it."""
        super().commit(change)
        self.changes.append(change)

    def counts(self, keys=None, **page):
        """Note which counters are read, and read them."""
        found = super().counts(keys, **page)
        if self.keys is not None:
            self.keys.update(found if keys is None else keys)
        return found


@mutable
class Hands:
    """A clock whose hands are moved."""

    at: object = field(default=None)

    def now(self):
        """What they show."""
        return self.at


class Office:
    """A dispatcher over a store in memory, the leads that come to it, and a bare store for the same changes."""

    def __init__(self, router, roster, cases):
        self.store, self.bare, self.clock = Watching(), MemoryStore(), Hands()
        self.router, self.roster, self.cases = router, roster, cases
        self.dispatcher = Dispatcher(router, roster, self.store, self.clock)
        self.open = deque()
        self.strays = self.read = 0
        self.begin()

    def begin(self):
        """Every rep has some leads open, so that there is a counter for each."""
        ops = [Add(open_key(rep.id), 2) for rep in self.roster]
        self.store.commit(Change("begin", (Once("begin"), *ops)))

    def submit(self, count):
        """CPU time to submit the next leads, and of the parts: one ``rank`` each, and the bare commits."""
        submitted = parted = 0.0
        ranks = []
        for case in islice(self.cases, count):
            self.clock.at = case.now
            snapshot = self.dispatcher.snapshot()
            self.replay()
            placement, took = timed(self.dispatcher.submit, case.lead)
            submitted += took
            ranks.append((case.lead, self.roster, case.now, snapshot))
            (change,) = self.store.changes
            self.store.changes.clear()
            parted += timed(self.bare.commit, change)[1]
            self.follow(placement)
        parted += sum(timed(first, self.router, *each)[1] for each in ranks)
        return submitted, parted

    def replay(self):
        """Bring the bare store up to where the other one is."""
        for change in self.store.changes:
            self.bare.commit(change)
        self.store.changes.clear()

    def follow(self, placement):
        """The rep accepts; where many leads are open, the oldest one is lost."""
        if placement.rep_id is None:
            return
        self.dispatcher.accept(placement.lead_id, placement.rep_id)
        self.open.append(placement.lead_id)
        if len(self.open) > 6 * len(self.roster):
            self.dispatcher.feedback(self.open.popleft(), "lost")

    def watch(self, count, candidates):
        """Submit leads and count the counters that are read of reps who are no candidates."""
        for case in islice(self.cases, count):
            self.clock.at = case.now
            able, self.store.keys = candidates(case), set()
            placement = self.dispatcher.submit(case.lead)
            keys, self.store.keys = self.store.keys, None
            self.read += len(keys)
            for key in keys:
                about = {part for part in parts(key) if part in self.roster}
                self.strays += not about <= able
            self.follow(placement)


def submits(name, size, sizes):
    """``submit`` against its parts, and which counters it reads."""
    policy = POLICIES[name]()
    roster = policy.team(size)
    office, loop = Office(policy.router, roster, stream(policy, size)), policy.loop(roster)
    count = max(2, sizes.leads(size) // 2)
    office.submit(min(sizes.first, count))
    blocks = []
    while len(blocks) < 3 or sum(map(sum, blocks)) < sizes.seconds:
        blocks.append(office.submit(count))
    office.watch(20, lambda case: loop.candidates(case.plain))
    ratio = median(whole / parted for whole, parted in blocks)
    named = f"{name}_{size}"
    told = {
        f"{named}_submit_us": 1e6 * median(whole for whole, _ in blocks) / count,
        f"{named}_parts_us": 1e6 * median(parted for _, parted in blocks) / count,
        f"{named}_keys_a_lead": office.read / 20,
    }
    bars = [
        at_most(f"{named}_submit_ratio", ratio, SUBMIT[size]),
        at_most(f"{named}_keys_of_others", office.strays, 0),
    ]
    return told, bars


def team_office(teams):
    """An office with some teams of 20 reps; a lead names its team, and there is a rule for each."""
    policy = POLICIES["skill"]()
    named = [f"team-{number:03}" for number in range(teams)]
    score = policy.router.rules[0].score
    roster = Roster(
        rep.with_changes(teams=[named[number // TEAM]])
        for number, rep in enumerate(policy.team(teams * TEAM))
    )
    ids = [rep.id for rep in roster]
    pools = [
        Pool(name, where=REP.teams.contains(name))
        if number % 2
        else Pool(name, reps=ids[number * TEAM : (number + 1) * TEAM])
        for number, name in enumerate(named)
    ]
    rules = [Rule(name, when=LEAD.source == name, pool=name, score=score) for name in named]
    random = Random(6)
    # The pace is that of one team, so that as many leads meet the same hours in both offices.
    cases = (
        case._replace(lead=case.lead.with_changes(source=random.choice(named)))
        for case in stream(policy, TEAM)
    )
    return Office(Router(rules=rules, pools=pools), roster, cases)


def many_teams(sizes):
    """10,000 reps in 500 teams of 20 against one team of 20."""
    many, one = team_office(sizes.teams), team_office(1)
    for office in (many, one):
        office.submit(sizes.first // 2)
    count = 10 if sizes.every else 4
    ratio, ones, others = in_turns(
        lambda: many.submit(count)[0], lambda: one.submit(count)[0], sizes.seconds
    )
    many.watch(
        10, lambda case: {rep.id for rep in many.router.members(case.lead.source, many.roster)}
    )
    told = {
        "teams_submit_us": 1e6 * median(ones) / count,
        "team_submit_us": 1e6 * median(others) / count,
    }
    bars = [
        at_most("teams_submit_ratio", ratio, TEAMS),
        at_most("teams_keys_of_others", many.strays, 0),
    ]
    return told, bars


# ---- Reasons


def reasons(name, sizes):
    """Every reason of 100 reps written out, against ``rank(top=1)``."""
    pair = Pair(name, 100)
    warm(pair, 100, evolve(sizes, first=20))
    blocks = deque()

    def written(*given):
        lead, roster, now, snapshot = given
        return str(pair.router.rank(lead, roster, now=now, snapshot=snapshot))

    def in_full():
        cases = pair.block(4)
        blocks.append(
            [(case.lead, pair.roster, case.now, pair.shadow.snapshot()) for case in cases]
        )
        return sum(timed(written, *each)[1] for each in blocks[-1])

    def alone():
        return sum(timed(first, pair.router, *each)[1] for each in blocks.pop())

    ratio, _, _ = in_turns(in_full, alone, sizes.seconds / 2)
    return {}, [at_most(f"{name}_reasons_ratio", ratio, REASONS)]


# ---- All of it


def measurements(sizes):
    """Every measurement, as functions that give figures and bars; memory first, before there is anything to reuse."""
    yield lambda: memory(sizes)
    for number, name in enumerate(POLICIES):
        for size in LOOP:
            if size < sizes.largest or (size == sizes.largest and (sizes.every or not number)):
                yield lambda name=name, size=size: beside_loop(name, size, sizes)
        yield lambda name=name: nobody(name, sizes)
    for name in sizes.chosen():
        for size in sizes.cold:
            yield lambda name=name, size=size: first_leads(name, size, sizes)
        for size in sizes.submit:
            yield lambda name=name, size=size: submits(name, size, sizes)
        yield lambda name=name: reasons(name, sizes)
    yield lambda: many_teams(sizes)


def measure(sizes):
    """Measure everything and judge the bars."""
    told, bars = {}, []
    for each in measurements(sizes):
        found, judged = each()
        told |= found
        bars += judged
        gc.collect()
    return {"figures": figures(told), "bars": bars}


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    chosen = options(__doc__, "fewer leads, and one policy for the slow parts").parse_args(
        arguments
    )
    return tell(measure(QUICK if chosen.quick else FULL), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
