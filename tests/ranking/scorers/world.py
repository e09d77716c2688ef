"""Leads, reps, outcomes and scorers for the laws of scoring."""

from datetime import UTC, datetime, timedelta
from math import log
from random import Random

from attrs import evolve, fields_dict
from hypothesis import strategies as st

from leadroute import LEAD, REP, Lead, Rep, Signal, Snapshot, scorers
from leadroute.model.duration import to_micros
from leadroute.model.snapshot import ALL, UNIT, Record, TrackRecords, segment_key, week_of
from leadroute.rules.routing_context import RoutingContext

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
IDS = ("ada", "bob", "cy", "dee")
INDUSTRIES = ("health", "retail")

maybe = st.none()


class Draw(Random):
    """Values drawn from a seed; a situation has a hundred of them, too many to draw one by one."""

    def maybe(self, *values):
        """One of the values, or ``None``."""
        return self.choice((None, *values))

    def some(self, *values):
        """Any of the values."""
        return {value for value in values if self.random() < 0.5}

    def instant(self):
        """An instant of the last weeks, or of the next days."""
        return NOW + timedelta(hours=self.randint(-2000, 100))

    def attributes(self):
        """A place on earth or none, and what is needed."""
        place = [-91, -45.5, 0, 52.52, 180, "north", True]
        named = {
            "lat": self.choice(place),
            "lon": self.choice(place),
            "needs": self.some(*INDUSTRIES),
        }
        return {name: value for name, value in named.items() if self.random() < 0.8}

    def lead(self):
        """A lead with anything or nothing known."""
        return Lead(
            self.choice(["L-1", "L-2", "L-3"]),
            received_at=self.choice([None, self.instant()]),
            country=self.maybe("DE", "US", "BR"),
            region=self.maybe("US-TX", "DE-BE"),
            phone=self.maybe("+44 20 7946 0000"),
            timezone=self.maybe("Asia/Tokyo"),
            language=self.maybe("en", "en-GB", "pt-BR"),
            industry=self.maybe(*INDUSTRIES),
            source=self.maybe("phone", "webinar", "other"),
            budget=self.maybe(0, 0.01, 500, 50_000, 2**62),
            annual_revenue=self.maybe(-5, 0, 10_000, 1_000_000),
            owner_id=self.maybe(*IDS),
            account_id=self.maybe("acme"),
            domain=self.maybe("acme.example"),
            signals=[
                Signal(
                    self.choice(["pricing", "demo", "mail"]),
                    self.instant(),
                    self.choice([0, 1, 240, 2.0**62]),
                )
                for _ in range(self.randint(0, 3))
            ],
            attributes=self.attributes(),
        )

    def rep(self, rep_id):
        """A rep with anything or nothing known."""
        return Rep(
            rep_id,
            teams=self.some("red", "blue"),
            level=self.maybe(0, 1, 2, 3, 4),
            skills={name: self.choice([0, 0.5, 1]) for name in self.some(*INDUSTRIES)},
            languages=self.some("en", "en-US", "de"),
            countries=self.some("DE", "US"),
            regions=self.some("US-TX", "DE-BE"),
            timezone=self.maybe("Europe/Berlin", "Asia/Tokyo"),
            schedule=self.maybe("mon-fri 09:00-17:00", "sat 10:00-12:00"),
            capacity=self.maybe(0, 1, 5),
            weight=self.choice([0, 1, 2.5]),
            manager_id=self.maybe(*IDS),
            accounts=self.some("acme", "acme.example"),
            attributes=self.attributes(),
        )

    def record(self):
        """A record in which nothing contradicts: no more won than closed, and sums of real deals and times."""
        closed = self.randint(0, 60)
        won = self.randint(0, closed)
        counted = {
            name: self.randint(0, 9) for name in ("offered", "accepted", "declined", "ignored")
        }
        found = Record(closed=closed, won=won, **counted)
        for _ in range(self.randint(0, min(won, 3))):
            found += sold(self.choice([100, 4_000, 70_000]))
        for _ in range(self.randint(0, 2)):
            found += Record(reached=1, log_response=self.randint(0, 15_000_000))
        return found

    def impossible(self):
        """A record in which anything may contradict anything, as after corrections in another week."""
        counts = [-100, -10, -1, 0, 1, 7, 10, 10**12]
        return Record(**{name: self.choice(counts) for name in fields_dict(Record)})

    def impossible_situation(self):
        """A situation whose counts cannot be."""
        context = self.context()
        counts = {
            name: {
                rep_id: self.choice([-10, -1, 0, 1, 6, 11, 10**12]) for rep_id in self.some(*IDS)
            }
            for name in ("open", "won", "closed")
        }
        cells = [
            (self.choice(IDS), segment, week_of(NOW) - self.randint(0, 3), self.impossible())
            for segment in (ALL, segment_key("industry", "health"))
            for _ in range(self.randint(0, 4))
        ]
        snapshot = evolve(context.snapshot, track_records=TrackRecords.of(cells), **counts)
        return evolve(context, snapshot=snapshot)

    def counts(self):
        """A count for some of the reps."""
        return {rep_id: self.randint(0, 7) for rep_id in self.some(*IDS)}

    def track_records(self):
        """A few records of a few reps, segments and weeks."""
        segments = [ALL, *(segment_key("industry", each) for each in INDUSTRIES)]
        return TrackRecords.of(
            (
                self.choice(IDS),
                self.choice(segments),
                week_of(NOW) - self.randint(-1, 30),
                self.record(),
            )
            for _ in range(self.randint(0, 8))
        )

    def context(self):
        """A lead with some reps who can take it and some who cannot."""
        everyone = tuple(map(self.rep, IDS))
        here = self.randint(0, len(IDS))
        closed = self.counts()
        snapshot = Snapshot(
            open=self.counts(),
            turns={"p": self.counts()},
            last_assigned={rep_id: to_micros(self.instant()) for rep_id in self.some(*IDS)},
            free_since={rep_id: to_micros(self.instant()) for rep_id in self.some(*IDS)},
            closed=closed,
            won={rep_id: self.randint(0, count) for rep_id, count in closed.items()},
            track_records=self.track_records(),
        )
        return RoutingContext(
            self.lead(), everyone[:here], "p", snapshot, NOW, absent=everyone[here:]
        )


def sold(size):
    """The record of the worth of one deal."""
    return Record(
        value=100 * size,
        sized=1,
        log_size=round(UNIT * log(size)),
        log_size_squared=round(UNIT * log(size) ** 2),
    )


def situations(*, impossible=False):
    """Any situation, or any whose counts cannot be."""
    drawn = Draw.impossible_situation if impossible else Draw.context
    return st.integers(0, 2**32).map(lambda seed: drawn(Draw(seed)))


def track_records():
    """Any outcomes."""
    return st.integers(0, 2**32).map(lambda seed: Draw(seed).track_records())


by = st.sampled_from([None, "industry", ["industry", "source"]])
half_life = st.sampled_from([None, "4w", "90d"])
few = st.sampled_from([1, 2.5, 20])
away = st.sampled_from(["anyone", "team", "manager"])
learning = {"by": by, "half_life": half_life}
unknown = {"unknown": st.sampled_from([0, None, 0.5, 1])}


def built(name, *given, **named):
    """Scorers of one name with drawn parameters."""
    return st.builds(getattr(scorers, name), *given, **named)


plain = st.one_of(
    built(
        "skill_match",
        st.sampled_from(["industry", ("industry", "lead['needs']")]),
        st.sampled_from(["some", "all"]),
        st.sampled_from([0, 0.6]),
        **unknown,
    ),
    built("language", st.sampled_from([0, 0.8, 1]), **unknown),
    built("same_country", **unknown),
    built("territory_match", **unknown),
    built("distance", few, **unknown),
    built(
        "timezone_overlap",
        st.sampled_from(["mon-fri 09:00-17:00", "sun 08:00-09:30"]),
        **unknown,
    ),
    built("owner", away),
    built("named_account", away=away),
    built("free_capacity", units=st.booleans()),
    built("rep_value", st.sampled_from(["level", "rep['lat']"]), higher=st.booleans()),
    built("workload", few),
    built("round_robin"),
    built("least_recent", st.sampled_from(["1d", "90s"])),
    built("longest_idle", st.sampled_from(["1d", "90s"])),
    built("close_rate", maybe | few, **learning),
    built("revenue_rate", few, **learning),
    built("expertise", few, by=st.just("industry"), half_life=half_life),
    built("response_speed", st.sampled_from(["5m", "1h"]), few, **learning),
    built("accept_rate", st.sampled_from([0, 0.5, 1]), few, **learning),
    built("top_producer", few, **learning),
    built("tier", st.just("annual_revenue"), st.just([1, 1_000_000]), **learning),
    built("tier", st.just("budget"), st.just([500]), st.just([3]), **unknown),
    built("tier", st.just("budget"), st.just([500]), wins=st.just([3]), **learning),
    built("graduation", st.sampled_from([(5, 20, 50), [1]]), **learning),
    built("deal_size_fit", st.just("budget"), few, **learning),
    built("intent", maybe | st.just("pricing"), few),
    built(
        "intent",
        st.just(["pricing", "demo"]),
        few,
        st.sampled_from(["1d", ["1d", "1w"]]),
        st.sampled_from([None, [1, 0.5]]),
        st.sampled_from([0, 240]),
    ),
    built("freshness", st.sampled_from(["1h", "30m"])),
    built("source_urgency", st.just(["phone", "webinar"]), st.just([1, 0.3]), maybe | st.just(0.5)),
    built("random_tiebreak"),
    built("explore", maybe | few, **learning),
)


def _combined(parts):
    several = st.lists(parts, min_size=1, max_size=3)
    bounds = st.sampled_from([0, 0.25, 0.5, 1])
    guards = st.sampled_from([REP.level >= 2, LEAD.budget > 400])
    return st.one_of(
        st.builds(lambda found: scorers.max_of(*found), several),
        st.builds(lambda found: scorers.first_of(*found), several),
        st.builds(scorers.clamp, parts, st.sampled_from([0, 0.25]), st.sampled_from([0.5, 1])),
        st.builds(scorers.invert, parts),
        st.builds(scorers.at_least, parts, bounds),
        st.builds(lambda one, other: one + other, parts, parts),
        st.builds(lambda weight, one: weight * one, st.sampled_from([0, 0.5, 3]), parts),
        st.builds(lambda one, guard: one.when(guard), parts, guards),
    )


inner = st.recursive(plain, _combined, max_leaves=4)
tiered = st.lists(inner, min_size=1, max_size=3).map(lambda found: scorers.tiers(*found))
scores = st.one_of(
    inner, tiered, st.builds(scorers.fair_share, inner | tiered, st.sampled_from([1, 1.5, 2.5]))
)
