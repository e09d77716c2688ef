"""The engine against the reference loop: any policy, team, counts and scorers, lead after lead with one router.

A long run: ``HYPOTHESIS_PROFILE=nightly pytest -n 0 tests/ranking/test_engine.py``. 17,500 cases, 7,500 of them in the
first law, passed on 2026-12-01, in 390 s of processor time.
"""

import pickle
from copy import deepcopy
from datetime import date, timedelta
from functools import cached_property
from random import Random
from zlib import crc32

import pytest
from attrs import evolve, fields_dict
from hypothesis import Phase, event, given
from hypothesis import strategies as st
from tests.profiles import examples
from tests.ranking.reference import UNIT, reference_rank
from tests.ranking.scorers.world import IDS, NOW, Draw, scores

from leadroute import LEAD, REP, Pool, Presence, Roster, Router, Rule, Snapshot, scorer
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.caps import Cap
from leadroute.model.duration import to_micros
from leadroute.model.rep import STATUSES, Pause
from leadroute.model.schedule import Schedule
from leadroute.model.snapshot import TurnCredit
from leadroute.model.territory import Territory
from leadroute.ranking import candidates
from leadroute.ranking.eligibility import counters
from leadroute.rules import builders
from leadroute.rules.rule import Factor, Qualification
from leadroute.scorers import cap_remaining, fair_share, free_capacity, language, round_robin, tiers
from leadroute.testing.strategies import conditions, scorers

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A world hangs on one seed, of which no smaller one is simpler: nothing is gained by shrinking it."""

MICROSECOND = timedelta(microseconds=1)
TEAM = (*IDS, "eve", "Éva/x")
POOLS = ("emea", "a/b%", "fresh", "ghost", "known")
SCHEDULES = (
    *("mon-fri 09:00-17:00", "sat 10:00-12:00", "mon-sun 22:00-06:00", "wed 12:00-13:00"),
    *("never", "always", "mon-fri 09:00-12:00, 13:00-18:00"),
)
ZONES = ("Europe/Berlin", "Asia/Tokyo", "America/New_York", "Asia/Kolkata")
CAPS = (
    *("0 per day", "1 per day", "2 per hour", "3 per quarter", "1 per day, soft", "2 per month"),
    *("2 per hour, rolling", "3 per day, rolling", "2 per week, paced", "9 per month, paced"),
    *("4 per month, paced, burst 1", "1 per hour", "1 per day, rolling"),
    *("1 per day, source webinar", "0 per week, source phone", "1 per week, pool emea"),
    *("1 per month, segment big", "1 per hour, segment rule 0", "2 per day"),
)
RAMPS = ("5 per week, ramp 8w", "9 per hour, rolling, ramp 2w", "9 per quarter, paced, ramp 8w")
RELAXED = (REP.level > 0, REP.languages.contains("en"), LEAD.budget > 99)
TOTALS = (["2 per day"], ["1 per week, source webinar"], ["3 per hour, rolling"], ["0 per day"])
STEPS = (
    "pool everyone",
    *(f"pool {name}" for name in POOLS),
    "next rule",
    "first_back within 20h",
    "ignore_availability",
    "wait",
    "catch_all",
)
JUMPS = (*(0, 0, 0, 1, 60, 2_220, 3_600, 14_400, 18_000, 32_400), *(86_400, 259_200, 2_160_000))


def told(*seen):
    """A number from 0 to 1 that hangs on everything that was seen."""
    return crc32(repr(seen).encode()) % 101 / 100


@scorer
def nosy(context, rep):
    """Looks at everything that there is."""
    counts = context.snapshot
    plain = ("open", "won", "closed", "contacted", "free_since")
    of_rep = [getattr(counts, name).get(rep.id) for name in plain]
    by_pool = [counts.turns.get(context.pool), counts.credits.get(context.pool)]
    shared = context.once("nosy", lambda: [each.id for each in context.reps])
    known = context.column(("nosy", context.lead.country), lambda each: each.level)
    absent = sorted(each.id for each in context.absent)
    places = [match.territory.name for match in context.matches]
    seen = (of_rep, sorted(counts.used.items()), by_pool, counts.last_assigned.get(rep.id), shared)
    more = (known, absent, places, context.instant, context.lead.id, sorted(rep.languages))
    return told(seen, more)


@scorer
def fussy(context, rep, how):
    """Breaks for some reps and leads."""
    if rep.id in ("bob", "dee") and context.lead.country == "DE":
        if how == "raise":
            raise ArithmeticError(f"no {rep.id} today")
        return 7
    return None if rep.level is None else 0.5


def knows(lead, rep, now, *arguments):
    """A predicate of the host's that looks at whom and when it is asked."""
    return told(lead.budget, lead.country, rep and rep.level, now and now.hour, arguments) > 0.4


def fails(lead, rep, now):
    """A predicate of the host's that breaks for one rep."""
    if rep is not None and rep.id == "cy" and lead.country == "US":
        raise ArithmeticError("cy broke it")
    return True


PREDICATES = {"known": knows, "fails": fails}
LISTS = {"free_mail": {"gmail.com"}}
TERRITORY_INDEX = [
    Territory("germany", countries={"DE"}, owners={"ada"}, overlays={"bob"}, backups={"eve"}),
    Territory("berlin", countries={"DE"}, industries={"health"}, owners={"cy", "dee"}),
    Territory("texas", regions={"US-TX"}, owners={"nobody"}),
    Territory("america", countries={"US"}, owners={"Éva/x", "bob"}),
]
REQUIRED = [
    REP.level >= 2,
    LEAD.language.in_(REP.languages),
    LEAD.country.in_(REP.countries) | (LEAD.budget < 100),
    REP.level * 1_000 >= LEAD.budget,
    LEAD["x"] == REP["x"],
    LEAD["x"] == 1,
    LEAD["x"].in_([1, 2]),
    (LEAD["x"] == 1) | (REP.level >= 2),
    REP["limit"] >= LEAD["size"],
    builders.predicate("known"),
    builders.predicate("known", 3) & (REP.level >= 1),
    builders.predicate("fails"),
    builders.NOW - REP["since"] > timedelta(days=1),
    builders.age(LEAD.received_at) < timedelta(hours=90),
    builders.signal("pricing").count > 0,
    builders.overlaps(LEAD["needs"], REP.industries) | LEAD["needs"].is_missing(),
    builders.is_free_mail(LEAD.email) | (REP.level >= 3),
]
plain_hosts = st.sampled_from(
    [
        nosy(),
        2 * nosy() + free_capacity(),
        fair_share(nosy(), 1),
        tiers(language().when(REP.level >= 2), nosy()),
        nosy().when(LEAD.language.in_(REP.languages)) + 0.5 * round_robin(),
        fussy("raise"),
        free_capacity() + fussy("range").when(LEAD.budget > 400),
    ]
)
rotations = st.sampled_from(
    [
        None,
        None,
        round_robin(),
        round_robin("strict"),
        cap_remaining() + round_robin(),
        3 * cap_remaining(),
    ]
)
any_score = st.one_of(rotations, scores, scorers(), plain_hosts)


class World(Draw):
    """A policy, a team and the leads that come in, drawn from a seed."""

    @cached_property
    def theme(self):
        """What there is much of in this world."""
        return self.choice(["caps", "totals", "territory", "attributes", "hours", ""])

    @cached_property
    def odds(self):
        """How often anything else stands in the way of a lead."""
        return self.choice([0.01, 0.02] if self.theme else [0.05, 0.25])

    @cached_property
    def caps(self):
        """The caps that reps have."""
        return [*self.sample(CAPS, 2), *self.sample(RAMPS, 1)]

    def rarely(self, plain, *odd):
        """The first value, or one of those that stand in somebody's way."""
        return self.choice(odd) if self.random() < self.odds else plain

    def chance(self, often, *themes):
        """Yes so often, and nearly always where it is the theme."""
        return self.random() < (0.9 if self.theme in themes else often)

    def condition(self, drawn):
        """One of the usual conditions, or any at all."""
        if self.theme == "attributes":
            return self.choice([LEAD["x"] == 1, LEAD["x"] == REP["x"], LEAD["x"].is_present()])
        return self.choice(drawn) if drawn and self.chance(0.3) else self.choice(REQUIRED)

    def steps(self, case, own):
        """What happens when nobody is found."""
        if self.random() < 0.4:
            return None
        fitting = [each for each in STEPS if each not in [f"pool {pool}" for pool in own]]
        if case != "none_available":
            fitting.remove("ignore_availability")
        found = self.sample(fitting[:-2], self.randint(0, 3))
        found = [*found, *self.choice([[], ["wait"], ["catch_all"]])]
        return None if not found or found[-1].startswith("first_back") else found

    def fallback(self, *own):
        """The same for each case."""
        cases = ("pool_empty", "none_eligible", "none_available")
        return {case: self.steps(case, own) for case in cases}

    def relaxing(self, pool):
        """The steps of a rule with a pool: often none, else one or two."""
        to = self.choice([each for each in ("everyone", *POOLS) if each != pool])
        first = {"after": self.choice(["1m", "1h"]), "require": self.choice(RELAXED)}
        last = {"after": "4h", "pool": to} | self.choice([{}, {"require": "always"}])
        return self.choice([[], [], [], [first], [last], [first, last]])

    def rule(self, number, score, drawn, asked):
        """A rule with a bit of everything."""
        pool = self.choice([None, None, None, "emea", "known", self.choice(["everyone", *POOLS])])
        steps = self.relaxing(pool or "everyone")
        opened = [step["pool"] for step in steps if "pool" in step]
        return Rule(
            f"rule {number}",
            when=self.choice([LEAD.budget > 400, LEAD.country == "DE", *asked])
            if self.chance(0.2)
            else None,
            require=self.condition(drawn) if self.chance(0.4, "attributes") else None,
            score=score,
            pool=pool,
            accept_within=self.maybe("1m"),
            segment=self.maybe("big"),
            capacity_cost=self.choice([0, 1, 1, 2]),
            in_territory=self.chance(0.1, "territory"),
            max_distance_km=self.rarely(None, 7_000),
            min_shared_hours=self.rarely(None, 0.25),
            calling_hours=self.rarely(
                None, None, "mon-fri 09:00-20:00", "sat 10:00-18:00", "always"
            ),
            fallback=self.fallback(pool or "everyone", *opened),
            steps=steps,
        )

    def router(self, found, drawn, asked):
        """A policy with a rule for each score."""
        budget = Factor("budget", LEAD.budget > 0, "nurture", "has no budget")
        factors = Qualification([budget, Factor("place", LEAD.country != "BR")])
        return Router(
            rules=[self.rule(number, score, drawn, asked) for number, score in enumerate(found)],
            pools=[
                Pool("emea", reps={"ada", "bob", "eve", "gone"}, wrap_up=self.maybe("0s", "9m")),
                Pool("a/b%", where=REP.level >= 2),
                Pool("fresh", where=builders.NOW - REP["since"] > timedelta(days=1)),
                Pool("ghost", reps={"gone"}),
                Pool("known", reps={*TEAM}, where=builders.predicate("known", 1)),
            ],
            qualify=self.rarely(None, None, factors, LEAD.budget.is_present() & (LEAD.budget > 0)),
            holidays=self.choice([(), (), [date(2026, 3, 5), date(2026, 3, 6)]]),
            caps=self.choice(TOTALS) if self.chance(self.odds, "totals") else (),
            timezone=self.choice(["UTC", *ZONES]),
            territories=TERRITORY_INDEX if self.chance(0.6, "territory") else (),
            fallback={**self.fallback(), "no_rule_matched": self.maybe("wait", "catch_all")},
            offline_grace=self.choice(["0s", "30s"]),
            wrap_up=self.choice(["0s", "0s", "5m"]),
            predicates=PREDICATES,
            lists=LISTS,
        )

    def hours(self):
        """The hours of a rep: often none, sometimes two schedules in two zones."""
        one, other = (Schedule(self.choice(SCHEDULES), self.choice(ZONES)) for _ in range(2))
        shifts = [None, None, self.choice(SCHEDULES), one, one & other, one | other, ~one]
        return self.rarely("mon-fri 09:00-17:00", *shifts) if self.chance(0.4, "hours") else None

    def rep(self, rep_id):
        """A rep with anything or nothing known, and any limits."""
        by_label = {
            (cap.label, cap.soft): cap
            for cap in map(Cap.parse, self.sample(self.caps, self.randint(1, 3)))
        }
        attributes = {
            "lat": 52.5,
            "lon": 13.4,
            "x": self.choice([True, 1, 1.0, "a", 2]),
            "limit": self.choice([1, 2, 2, 3]),
            "since": self.choice([NOW, NOW - timedelta(days=3), NOW + timedelta(days=1)]),
            "tags": self.some("a", "gold"),
        }
        found = super().rep(rep_id)
        return found.with_changes(
            schedule=self.hours(),
            weight=self.rarely(self.choice([0.1, 0.5, 1, 1, 1, 2.5, 3]), 0),
            active=self.rarely(True, False),
            capacity=self.rarely(self.choice([None, 3, 5]), 0, 1, 2),
            caps=by_label.values() if self.chance(0.4, "caps") else [],
            capacity_by_segment=self.rarely({}, {"big": 1}, {"rule 0": 0, "big": 2}),
            joined_at=self.choice([None, NOW - timedelta(days=self.randint(0, 70))]),
            industries=self.some("health", "retail"),
            wrap_up=self.choice([None, None, None, "0s", "7m"]),
            name=self.maybe("Ada L."),
            attributes=attributes | (dict(found.attributes) if self.chance(self.odds) else {}),
        )

    def lead(self):
        """A lead with anything or nothing known."""
        found = super().lead()
        more = {"x": self.maybe(True, 1, 1.0, False, "a"), "size": self.choice([1, 2, 3])}
        email = self.maybe("a@gmail.com", "b@corp.example")
        return found.with_changes(attributes=more | dict(found.attributes), email=email)

    def edge(self, rep, at):
        """When something next changes for a rep: their hours, or the periods of their caps."""
        found = [at.replace(minute=0, microsecond=0)]
        if rep.hours is not None:
            found += [rep.hours.next_open(at + MICROSECOND), rep.hours.next_close(at)]
        found += [turn for cap in rep.caps for turn in rep.turns(cap, at)[:2]]
        return self.choice([each for each in found if each is not None])

    def leads(self):
        """Leads that differ in a field or two, as what is kept for one could be taken for another."""
        first = self.lead()
        change = {
            "attributes": first.attributes
            | {"x": 1 if first.attributes.get("x") is True else True},
            "language": self.maybe("en", "en-GB", "de"),
            "country": self.maybe("DE", "US"),
            "industry": self.maybe("health", "retail"),
            "budget": self.maybe(0, 500, 3_000),
            "source": self.maybe("phone", "webinar"),
            "id": self.choice(["L-1", "L-2"]),
        }
        changed = [first.with_changes(**{name: value}) for name, value in change.items()]
        return [first, self.lead(), *self.sample(changed, 4)]

    def mappings(self, router, roster, now):
        """What goes into a snapshot, as the caller has it: plain dicts."""
        closed, ids = self.counts(), [rep.id for rep in roster]
        pools = [pool for pool in ("everyone", *POOLS) if self.random() < 0.6]
        at = now or NOW
        keys = counters(roster, router.caps, router.zone, at)
        counted = [key for key in keys if self.chance(3 * self.odds, "caps", "totals")]

        def micros(hours):
            chosen = [each for each in ids if self.random() < 0.6]
            return {each: to_micros(at) - 60_000_000 * self.randint(0, hours) for each in chosen}

        def credit():
            return {
                each: self.choice([-2, -1, 0, 1]) * UNIT // self.choice([1, 2, 3]) for each in ids
            }

        def credited():
            ends = at + timedelta(hours=self.choice([-1, 1, 40]))
            return (TurnCredit(ends, "make_up", "L-9", self.choice([1, 2, -1])),)

        absent = self.random() > self.odds
        return {
            "open": {each: self.randint(0, 3) for each in ids if self.chance(0.5)},
            "used": {each: self.choice([0, 0, 1, 2, 3]) for each in counted},
            "turns": {pool: self.counts() for pool in pools},
            "credits": {pool: credit() for pool in pools if self.random() < 0.5},
            "last_assigned": micros(2),
            "free_since": micros(2),
            "closed": closed,
            "won": {each: self.randint(0, count) for each, count in closed.items()},
            "track_records": self.track_records(),
            "contacted": micros(10),
            "presence": {}
            if absent
            else {each: Presence(*self.presence(at)) for each in ids if self.random() < 0.5},
            **self.stops(at, ids),
            "turn_credits": {}
            if self.random() < 0.7
            else {
                pool: {each: credited() for each in ids if self.random() < 0.5} for pool in pools
            },
        }

    def stops(self, at, ids):
        """Who is paused, cools down or is paced, mostly nobody; some for a time that is over."""

        def some():
            return [each for each in ids if self.random() < 0.4] if self.random() < 0.3 else []

        def end():
            return at + timedelta(minutes=self.choice([-1, 0, 1, 90]))

        pauses = {each: Pause(self.choice([None, end()]), "lunch") for each in some()}
        return {
            "paused": pauses,
            "cooling": {each: to_micros(end()) for each in some()},
            "missed": {each: self.randint(0, 3) for each in some()},
            "paced": {
                each: self.choice([0, to_micros(at + timedelta(minutes=1))]) for each in some()
            },
        }

    def presence(self, at):
        """A status, since when, and the one before."""
        since = at - timedelta(seconds=self.choice([5, 30, 600]))
        return self.choice(STATUSES), since, self.choice(STATUSES)

    def counts(self):
        """A count for some of the team."""
        return {rep_id: self.randint(0, 4) for rep_id in TEAM if self.random() < 0.6}

    def roster(self):
        """Some of the team."""
        return Roster([self.rep(rep_id) for rep_id in TEAM if self.chance(0.85)])

    def asks(self, router, roster, count):
        """What ``rank`` is asked, time after time: lead, now, counts and what was tried."""
        leads, at, given = self.leads(), NOW, None
        for _ in range(count):
            at += timedelta(seconds=self.choice(JUMPS) * self.choice([1, 1, 1, -1]))
            if len(roster) and self.chance(0.5):
                at = self.edge(self.choice(roster.reps), at) - self.choice([0, 0, 1]) * MICROSECOND
            now = None if self.chance(0.03) else at
            if given is None or self.random() < 0.4:
                given = self.mappings(router, roster, now)
            previous_offers = {rep_id: "declined" for rep_id in TEAM if self.chance(self.odds)}
            yield self.choice(leads), now, deepcopy(given), self.choice([None, {}, previous_offers])


worlds = st.tuples(
    st.integers(0, 2**32).map(World),
    st.lists(any_score, min_size=1, max_size=4),
    st.lists(conditions(), max_size=2),
    st.lists(conditions(rep=False), max_size=1),
)


FIELDS = (
    "lead_id",
    "outcome",
    "rule",
    "pool",
    "detail",
    "at",
    "resumes_at",
    "accept_within",
    "policy_version",
)
MORE_FIELDS = ("factor", "verdict", "fallback_step", "ignore_availability", "notes", "step")


def described(ranking, propensities=None, fairness_cost=None):
    """Everything that a ranking says, in plain values."""
    chances = ranking.propensities if propensities is None else propensities
    return {name: getattr(ranking, name) for name in (*FIELDS, *MORE_FIELDS)} | {
        "best": ranking.best and (ranking.best.rep_id, ranking.best.rank, ranking.best.score),
        "assignments": [
            (
                (each.rep_id, each.label, each.rank, each.score, each.reason),
                [(p.scorer, p.weight, p.points, p.reason, str(p)) for p in each.terms],
            )
            for each in ranking.assignments
        ],
        "rejections": [(each.rep_id, each.label, each.obstacles) for each in ranking.rejections],
        "other_pools": [described(other) for other in ranking.other_pools],
        "propensities": dict(chances),
        "fairness_cost": ranking.fairness_cost if fairness_cost is None else fairness_cost,
        "text": str(ranking),
    }


def answer(call, *given, **named):
    """What a call gives, or the error that it ends in."""
    try:
        return call(*given, **named)
    except (FieldTypeError, ArithmeticError) as error:
        return error


def check(router, roster, lead, now, counts, previous_offers, got):
    """Whether the engine says what the reference says, or fails as it does."""
    snapshot = Snapshot(**counts)
    found = answer(reference_rank, router, lead, roster, now, snapshot, previous_offers)
    expected = found if isinstance(found, Exception) else described(*found)
    if not isinstance(expected, Exception):
        assert not isinstance(got, Exception), (got, expected)
        more = f"{' of many' * (len(got.assignments) > 2)}{' elsewhere' * bool(got.other_pools)}"
        more += " at a step" * bool(got.step)
        event(f"{got.outcome.name}{more}{' anyway' * got.ignore_availability}")
        assert described(got) == expected
        return
    instant = now or lead.received_at
    if instant is None and any(rule.score is not None for rule in router.rules):
        return  # a part of a score that has no say is not asked, so it does not miss the time
    assert isinstance(got, Exception), (expected, described(got))
    event(type(expected).__name__)
    found = [
        answer(reference_rank, router, lead, team, now, snapshot, previous_offers)
        for team in (roster, *(Roster([rep]) for rep in roster))
    ]
    errors = {(type(each), str(each)) for each in found if isinstance(each, Exception)}
    if len(errors) == 1 and instant:  # without it, all that ask for it fail
        assert (type(got), str(got)) in errors


def policy(world, found, drawn, asked):
    """The policy of a world; without the drawn conditions where they cannot be asked."""
    seed = world.getstate()
    try:
        return world.router(found, drawn, asked)
    except ConfigError:
        world.setstate(seed)
        return world.router(found, [], [])


@examples(150, phases=PHASES)
@given(worlds, st.sampled_from([candidates.MOST_CELLS, 40, 0]))
def test_the_engine_says_what_the_reference_says(drawn, most):
    """Every score, reason and error is that of the plain loop, however the leads before it looked."""
    world, *rest = drawn
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "MOST_CELLS", most)
        router, roster = policy(world, *rest), world.roster()
        again = Roster(Random(1).sample(roster.reps, len(roster)))
        for number, (lead, now, counts, previous_offers) in enumerate(
            world.asks(router, roster, 16)
        ):
            team = again if number % 3 == 2 else roster
            snapshot = Snapshot(**counts)
            got = answer(
                router.rank, lead, team, now=now, snapshot=snapshot, previous_offers=previous_offers
            )
            check(router, roster, lead, now, counts, previous_offers, got)


@examples(50, phases=PHASES)
@given(worlds, st.booleans())
def test_the_instant_is_asked_for_where_the_reference_asks(drawn, plain):
    """Without any instant the engine refuses what the plain loop refuses, and decides all else."""
    world, found, *rest = drawn
    router, roster = policy(world, [None] if plain else found, *rest), world.roster()
    for lead, _, counts, previous_offers in world.asks(router, roster, 4):
        timeless = lead.with_changes(received_at=None)
        more = {"snapshot": Snapshot(**counts), "previous_offers": previous_offers}
        got = answer(router.rank, timeless, roster, **more)
        check(router, roster, timeless, None, counts, previous_offers, got)


@examples(50, phases=PHASES)
@given(worlds, st.integers(1, 4))
def test_the_first_few_are_the_head_of_all(drawn, top):
    """Asked for the first few, the engine gives the head of the full ranking, and the same of the others."""
    world, *rest = drawn
    router, roster = policy(world, *rest), world.roster()
    for lead, now, counts, previous_offers in world.asks(router, roster, 3):
        more = {"now": now, "snapshot": Snapshot(**counts), "previous_offers": previous_offers}
        whole = answer(router.rank, lead, roster, **more)
        for many in (1, top):
            head = answer(router.rank, lead, roster, **more, top=many)
            if isinstance(whole, Exception):
                assert (type(head), str(head)) == (type(whole), str(whole))
                continue
            assert head.best == whole.best
            assert evolve(whole, assignments=whole.assignments[:many]) == head
            assert head.propensities.items() <= whole.propensities.items()


@examples(50, phases=PHASES)
@given(worlds)
def test_reasons_are_about_what_was_read(drawn):
    """What the caller does to its mappings after the decision changes no reason."""
    world, *rest = drawn
    router, roster = policy(world, *rest), world.roster()
    for lead, now, counts, previous_offers in world.asks(router, roster, 3):
        before, tried_before = deepcopy(counts), deepcopy(previous_offers)
        got = answer(
            router.rank,
            lead,
            roster,
            now=now,
            snapshot=Snapshot(**counts),
            previous_offers=previous_offers,
        )
        for name in fields_dict(Snapshot):
            if name in ("track_records", "paced"):
                continue
            for inner in counts[name].values():
                if isinstance(inner, dict):
                    inner.clear()
            counts[name].clear()
        if previous_offers is not None:
            previous_offers.update(dict.fromkeys(TEAM, "later"))
        check(router, roster, lead, now, before, tried_before, got)


@examples(50, phases=PHASES)
@given(worlds)
def test_a_ranking_is_a_value(drawn):
    """It is equal to itself made again, changed and pickled, before and after its parts were made."""
    world, *rest = drawn
    router, roster = policy(world, *rest), world.roster()
    for lead, now, counts, previous_offers in world.asks(router, roster, 2):
        more = {"now": now, "snapshot": Snapshot(**counts), "previous_offers": previous_offers}
        found = answer(router.rank, lead, roster, **more)
        if isinstance(found, Exception):
            continue
        fresh = pickle.dumps(router.rank(lead, roster, **more))
        changed = evolve(router.rank(lead, roster, **more), detail="")
        said = described(found)
        assert described(pickle.loads(fresh)) == said
        assert described(pickle.loads(pickle.dumps(found))) == said
        assert pickle.loads(fresh) == router.rank(lead, roster, **more) == found
        assert evolve(changed, detail=found.detail) == found
        assert repr(router.rank(lead, roster, **more)) == repr(found)
        assert found != evolve(found, lead_id="other")
