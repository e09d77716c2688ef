"""The policies of the main path, each beside the loop over dicts that a careful person would write for it.

The rules of this module:

* A policy is a function that gives a router, a maker of teams, a maker of leads and a loop. A further one is one more
  function in ``POLICIES``.
* There are two loops for each policy. The plain one goes through the rules in order and keeps the reps as dicts. The
  tuned one finds rules and reps by country in a dict and keeps the facts of the reps in tuples, as somebody would who
  has measured it.
* A loop keeps its counts in plain dicts. It asks each zone for the time once a lead, the first test that fails ends a
  rep, and it goes through the reps once and sorts nothing. It never calls the library to decide.
* Teams and leads come from a seed. The clock moves with the leads, through the busy hours of working days.
"""

from collections import defaultdict, deque
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from leadroute import (
    LEAD,
    REP,
    Lead,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    Territory,
    close_rate,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.model.duration import to_micros
from leadroute.ranking.scorers.round_robin import UNIT

COUNTRIES = ("US", "CA", "GB", "DE", "FR", "ES", "BR", "AU", "JP", "SG")
INDUSTRIES = ("finance", "healthcare", "logistics", "manufacturing", "retail", "software")
LARGE = 1_000_000
"""The revenue from which on a lead has rules of its own."""

ZONES = ("Europe/Athens", "Europe/Berlin", "Europe/London", "America/Sao_Paulo", "America/New_York")
HOURS = "mon-fri 08:00-18:00"
FIRST_DAY = datetime(2026, 3, 10, tzinfo=UTC)
OPENS, CLOSES = timedelta(hours=11, minutes=30), timedelta(hours=16, minutes=30)
NIGHT = timedelta(hours=2)
"""Leads come in between ``OPENS`` and ``CLOSES``, when most zones work; nobody works at ``NIGHT``."""

CAP = 30
PACE = 660
"""The caps: leads of a rep a day, and leads of a rep a month where they are paced."""

HELD = 8
"""So many leads are open for each rep on average; then the oldest is closed."""


class Policy(NamedTuple):
    """A policy in both forms, and what comes to it.

    Attributes:
        router: The policy of the library.
        team: A function of a number of reps that gives the roster.
        lead: A function of a source of randomness and a number that gives a lead.
        loop: A function of the roster that gives the tuned loop by hand, with counts of its own.
        plain: The same for the plain loop.
        daily: How many leads come in a day for each rep.
    """

    router: Router
    team: object
    lead: object
    loop: object
    plain: object
    daily: int


class Case(NamedTuple):
    """One lead as the library and as the loop get it, and when it comes in."""

    lead: Lead
    plain: dict
    now: datetime


def stream(policy, size, seed=3):
    """Yield leads without end, at an even pace through the busy hours of one working day after another."""
    random, day, at, number = Random(seed), FIRST_DAY, OPENS, 0
    step = (CLOSES - OPENS) / (policy.daily * size)
    while True:
        lead = policy.lead(random, number)
        yield Case(lead, plain(lead), day + at)
        number, at = number + 1, at + step
        if at >= CLOSES:
            day += timedelta(days=3 if day.weekday() == 4 else 1)
            at = OPENS


def plain(lead):
    """A lead as a dict of what the policies ask about."""
    return {
        "country": lead.country,
        "industry": lead.industry,
        "language": lead.language,
        "revenue": lead.annual_revenue,
    }


class Loop:
    """What the loops share: the counts, and what a lead changes in them."""

    def __init__(self, roster):
        self.roster = roster
        self.open = dict.fromkeys((rep.id for rep in roster), 0)
        self.last = dict.fromkeys((rep.id for rep in roster), 0)
        self.won, self.closed = {}, {}
        self.credits = {}
        self.used = {}
        self.zones = [(name, ZoneInfo(name), defaultdict(dict)) for name in ZONES]
        self.held = deque()
        self.ended = 0

    def working(self, now):
        """For each zone at work, the leads that each of its reps has had today; each zone is asked once."""
        found = {}
        for name, zone, days in self.zones:
            local = now.astimezone(zone)
            if local.weekday() < 5 and 8 <= local.hour < 18:
                found[name] = days[local.toordinal()]
        return found

    def take(self, rep_id, now):
        """Count a lead for a rep; where many are open, the oldest one ends."""
        rep = self.roster[rep_id]
        self.open[rep_id] += 1
        self.last[rep_id] = to_micros(now)
        for cap in rep.caps:
            for bound in rep.bounds(cap, now):
                self.used[bound.key] = self.used.get(bound.key, 0) + 1
        self.count(rep, now)
        self.held.append(rep_id)
        if len(self.held) > HELD * len(self.open):
            self.end(self.held.popleft())

    def count(self, rep, now):
        """Count a lead against the cap, where the loop looks for it."""
        for name, zone, days in self.zones:
            if name == rep.timezone:
                today = days[now.astimezone(zone).toordinal()]
                today[rep.id] = today.get(rep.id, 0) + 1

    def end(self, rep_id):
        """A lead of a rep ends; three of ten are won."""
        self.open[rep_id] -= 1
        self.ended += 1
        if self.closed:
            self.closed[rep_id] += 1
            self.won[rep_id] += self.ended % 10 < 3

    def fill(self):
        """Everybody is full."""
        self.open = {rep.id: rep.capacity for rep in self.roster}

    def counts(self):
        """A copy of the counts, as the library takes them."""
        found = {
            "open": dict(self.open),
            "used": dict(self.used),
            "last_assigned": dict(self.last),
            "won": dict(self.won),
            "closed": dict(self.closed),
        }
        found["credits"] = {"everyone": dict(self.credits)}
        return found

    def snapshot(self):
        """The counts as the library takes them, built anew."""
        return Snapshot(**self.counts())


# ---- 20 rules, a least level, hours in five zones, a capacity and a cap; by skill and room, or by turns alone


def rule_table():
    """The first 19 rules as (country, least revenue, least level); the last one is for everyone else."""
    found = []
    for number in range(19):
        large = LARGE if number < len(COUNTRIES) else 0
        found.append((COUNTRIES[number % len(COUNTRIES)], large, 1 + number % 3))
    return found


def office_router(score):
    """The policy of 20 rules with one score."""
    rules = [
        Rule(
            f"rule {number}",
            when=(LEAD.country == country) & (LEAD.annual_revenue >= revenue),
            require=REP.level >= level,
            score=score,
        )
        for number, (country, revenue, level) in enumerate(rule_table())
    ]
    return Router(rules=[*rules, Rule("everyone else", require=REP.level >= 1, score=score)])


def office_team(size, seed=1):
    """Reps of four levels in five zones, all with skills, a capacity and a cap."""
    random = Random(seed)
    return Roster(
        Rep(
            f"rep-{number:05}",
            level=1 + number % 4,
            skills={each: round(random.uniform(0.05, 1), 2) for each in INDUSTRIES},
            timezone=ZONES[number % 5],
            schedule=HOURS,
            capacity=20 + 10 * (number % 3),
            weight=1 + number % 3,
            caps=[f"{CAP} per day"],
        )
        for number in range(size)
    )


def office_lead(random, number):
    """A lead with a company of its own."""
    return Lead(
        f"L-{number}",
        company=f"Company {number}",
        email=f"buyer@company-{number}.example",
        country=random.choice(COUNTRIES),
        industry=random.choice(INDUSTRIES),
        annual_revenue=random.randrange(2 * LARGE),
        employees=random.randrange(5_000),
    )


class OfficeLoop(Loop):
    """By skill and room, with the rules of each country in a dict."""

    def __init__(self, roster):
        super().__init__(roster)
        self.rules = defaultdict(list)
        for country, revenue, level in rule_table():
            self.rules[country].append((revenue, level))
        self.rows = [self.row(rep) for rep in roster]

    def row(self, rep):
        """What the loop asks about a rep."""
        return rep.id, rep.level, rep.timezone, rep.capacity, dict(rep.skills)

    def least(self, lead):
        """The least level that the first rule that takes the lead requires."""
        revenue = lead["revenue"]
        for least, level in self.rules[lead["country"]]:
            if revenue >= least:
                return level
        return 1

    def candidates(self, lead):
        """The ids of the reps whom the rule does not exclude for good."""
        least = self.least(lead)
        return {rep.id for rep in self.roster if rep.level >= least}

    def pick(self, lead, now):
        """The best rep and the score, or ``None``."""
        least, working = self.least(lead), self.working(now)
        industry, opened, last = lead["industry"], self.open, self.last
        best, most, since = None, -1.0, 0
        for rep_id, level, zone, capacity, skills in self.rows:
            if level < least or zone not in working:
                continue
            held = opened[rep_id]
            if held >= capacity or working[zone].get(rep_id, 0) >= CAP:
                continue
            total = 3 * skills.get(industry, 0.0) + (capacity - held) / capacity
            if total > most or (total == most and last[rep_id] < since):
                best, most, since = rep_id, total, last[rep_id]
        return best and (best, most / 4)


class TurnLoop(OfficeLoop):
    """By turns: the lead is shared out by weight among those who could take it, and whoever takes it pays."""

    def __init__(self, roster):
        super().__init__(roster)
        self.credits = dict.fromkeys(self.open, 0)
        self.weights = {int(rep.weight) for rep in roster}

    def row(self, rep):
        """What the loop asks about a rep."""
        return rep.id, rep.level, rep.timezone, rep.capacity, int(rep.weight)

    def pick(self, lead, now):
        """The rep of the highest credit, and 1; ``None`` for nobody. It moves the credits."""
        least, working = self.least(lead), self.working(now)
        opened, able, weights = self.open, [], 0
        for rep_id, level, zone, capacity, weight in self.rows:
            if level < least or zone not in working:
                continue
            if opened[rep_id] >= capacity or working[zone].get(rep_id, 0) >= CAP:
                continue
            weights += weight
            able.append((rep_id, weight))
        if not able:
            return None
        # Shares are whole parts of a turn, rounded down; what was cut off tells equals apart.
        shares = {weight: UNIT * weight // weights for weight in self.weights}
        owed, paid, best, most, heaviest = self.credits, 0, None, -UNIT * UNIT, 0
        for rep_id, weight in able:
            share = shares[weight]
            paid += share
            owed[rep_id] = due = owed[rep_id] + share
            if due > most or (
                due == most
                and (UNIT * weight % weights, weight) > (UNIT * heaviest % weights, heaviest)
            ):
                best, most, heaviest = rep_id, due, weight
        owed[best] -= paid
        return best, 1.0


class PlainOffice(OfficeLoop):
    """By skill and room, the rules in order and the reps as dicts."""

    def __init__(self, roster):
        super().__init__(roster)
        self.table = [
            {"country": country, "revenue": revenue, "level": level}
            for country, revenue, level in rule_table()
        ]

    def row(self, rep):
        """What the loop asks about a rep."""
        return {
            "id": rep.id,
            "level": rep.level,
            "zone": rep.timezone,
            "capacity": rep.capacity,
            "weight": int(rep.weight),
            "skills": dict(rep.skills),
        }

    def least(self, lead):
        """The least level that the first rule that takes the lead requires."""
        for rule in self.table:
            if lead["country"] == rule["country"] and lead["revenue"] >= rule["revenue"]:
                return rule["level"]
        return 1

    def able(self, lead, now):
        """Yield the reps who can take the lead."""
        least, working, opened = self.least(lead), self.working(now), self.open
        for rep in self.rows:
            if rep["level"] < least or rep["zone"] not in working:
                continue
            if opened[rep["id"]] >= rep["capacity"]:
                continue
            if working[rep["zone"]].get(rep["id"], 0) < CAP:
                yield rep

    def pick(self, lead, now):
        """The best rep and the score, or ``None``."""
        industry, opened, last = lead["industry"], self.open, self.last
        best, most, since = None, -1.0, 0
        for rep in self.able(lead, now):
            rep_id, capacity = rep["id"], rep["capacity"]
            total = 3 * rep["skills"].get(industry, 0.0) + (capacity - opened[rep_id]) / capacity
            if total > most or (total == most and last[rep_id] < since):
                best, most, since = rep_id, total, last[rep_id]
        return best and (best, most / 4)


class PlainTurns(PlainOffice):
    """By turns, the rules in order and the reps as dicts."""

    def __init__(self, roster):
        super().__init__(roster)
        self.credits = dict.fromkeys(self.open, 0)

    def pick(self, lead, now):
        """The rep of the highest credit, and 1; ``None`` for nobody. It moves the credits."""
        able = [*self.able(lead, now)]
        if not able:
            return None
        weights = sum(rep["weight"] for rep in able)
        owed, paid, best, most = self.credits, 0, None, None
        for rep in able:
            share, cut = divmod(UNIT * rep["weight"], weights)
            paid += share
            owed[rep["id"]] = due = owed[rep["id"]] + share
            key = due, cut, rep["weight"]
            if most is None or key > most:
                best, most = rep["id"], key
        owed[best] -= paid
        return best, 1.0


def by_skill():
    """20 rules, a least level, hours in five zones, a capacity, a cap of 30 a day; by skill and free room."""
    score = 3 * skill_match("industry") + free_capacity()
    return Policy(office_router(score), office_team, office_lead, OfficeLoop, PlainOffice, daily=15)


def by_turn():
    """The same, and round robin alone decides."""
    router = office_router(round_robin())
    return Policy(router, office_team, office_lead, TurnLoop, PlainTurns, daily=15)


# ---- Six territories, a language, the close rate and a paced cap


TERRITORIES = {
    "america": ("US", "CA"),
    "brazil": ("BR",),
    "britain": ("GB",),
    "continent": ("DE", "FR"),
    "iberia": ("ES",),
    "pacific": ("AU", "JP", "SG"),
}
SPOKEN = {"US": "es", "CA": "fr", "GB": "en", "DE": "de", "FR": "fr", "ES": "es", "BR": "pt"}
LANGUAGES = ("de", "es", "fr", "pt")


def home_router():
    """Two rules over six territories."""
    common = {
        "in_territory": True,
        "require": LEAD.language.in_(REP.languages),
        "score": close_rate(20),
    }
    return Router(
        rules=[
            Rule("large", when=LEAD.annual_revenue >= LARGE, **common),
            Rule("everyone else", **common),
        ],
        territories=[Territory(name, countries=own) for name, own in TERRITORIES.items()],
    )


def home_team(size, seed=1):
    """Reps with two territories each, four in small teams, who speak English and two more languages."""
    random, names = Random(seed), tuple(TERRITORIES)
    own = 2 if size > 20 else 4
    return Roster(
        Rep(
            f"rep-{number:05}",
            territories=[names[(number + step) % 6] for step in (0, 2, 4, 5)[:own]],
            languages=["en", *random.sample(LANGUAGES, 2)],
            timezone=ZONES[number % 5],
            schedule=HOURS,
            capacity=20 + 10 * (number % 3),
            caps=[f"{PACE} per month, paced"],
        )
        for number in range(size)
    )


def home_lead(random, number):
    """A lead that speaks English, or, one in four, the language of its country."""
    country = random.choice(COUNTRIES)
    return Lead(
        f"L-{number}",
        company=f"Company {number}",
        email=f"buyer@company-{number}.example",
        country=country,
        language=SPOKEN.get(country, "en") if random.random() < 0.25 else "en",
        industry=random.choice(INDUSTRIES),
        annual_revenue=random.randrange(2 * LARGE),
    )


class HomeLoop(Loop):
    """By close rate, with the reps of each territory in a dict."""

    def __init__(self, roster):
        super().__init__(roster)
        random = Random(4)
        for rep_id in self.open:
            self.closed[rep_id] = random.randint(1, 200)
            self.won[rep_id] = int(self.closed[rep_id] * random.uniform(0.1, 0.5))
        self.months = {name: defaultdict(dict) for name in ZONES}
        self.paces = {}
        self.homes = {
            country: [
                (rep.id, set(rep.languages), rep.timezone, rep.capacity)
                for rep in roster
                if name in rep.territories
            ]
            for name, own in TERRITORIES.items()
            for country in own
        }

    def candidates(self, lead):
        """The ids of the reps whom neither the territory nor the language excludes."""
        language = lead["language"]
        return {rep_id for rep_id, spoken, *_ in self.homes[lead["country"]] if language in spoken}

    def working(self, now):
        """For each zone at work: leads today, the most today, leads this month, the most this month by now."""
        found = {}
        for name, zone, days in self.zones:
            local = now.astimezone(zone)
            if local.weekday() < 5 and 8 <= local.hour < 18:
                day = local.toordinal()
                pace = self.paces.get(day)
                if pace is None:
                    pace = self.paces[day] = paced(local.date())
                month = self.months[name][local.year, local.month]
                found[name] = days[day], pace[1], month, pace[0]
        return found

    def count(self, rep, now):
        """Count a lead against the day and the month."""
        super().count(rep, now)
        local = now.astimezone(ZoneInfo(rep.timezone))
        month = self.months[rep.timezone][local.year, local.month]
        month[rep.id] = month.get(rep.id, 0) + 1

    def pick(self, lead, now):
        """The best rep and the score, or ``None``."""
        working, language, opened = self.working(now), lead["language"], self.open
        won, closed, able, wins, ends = self.won, self.closed, [], 0, 0
        for rep_id, spoken, zone, capacity in self.homes[lead["country"]]:
            if language not in spoken or zone not in working or opened[rep_id] >= capacity:
                continue
            today, most_today, month, most = working[zone]
            if today.get(rep_id, 0) >= most_today or month.get(rep_id, 0) >= most:
                continue
            wins += won[rep_id]
            ends += closed[rep_id]
            able.append(rep_id)
        if not able:
            return None
        prior, last = 20 * min(1.0, wins / ends), self.last
        best, most, since = None, -1.0, 0
        for rep_id in able:
            rate = (won[rep_id] + prior) / (closed[rep_id] + 20)
            if rate > most or (rate == most and last[rep_id] < since):
                best, most, since = rep_id, rate, last[rep_id]
        return best, most


class PlainHomes(HomeLoop):
    """By close rate, the reps as dicts."""

    def __init__(self, roster):
        super().__init__(roster)
        self.places = {country: name for name, own in TERRITORIES.items() for country in own}
        self.rows = [
            {
                "id": rep.id,
                "territories": set(rep.territories),
                "languages": set(rep.languages),
                "zone": rep.timezone,
                "capacity": rep.capacity,
            }
            for rep in roster
        ]

    def able(self, lead, now):
        """Yield the ids of the reps who can take the lead."""
        place, language = self.places[lead["country"]], lead["language"]
        working, opened = self.working(now), self.open
        for rep in self.rows:
            if place not in rep["territories"] or language not in rep["languages"]:
                continue
            rep_id = rep["id"]
            if rep["zone"] not in working or opened[rep_id] >= rep["capacity"]:
                continue
            today, most_today, month, most = working[rep["zone"]]
            if today.get(rep_id, 0) < most_today and month.get(rep_id, 0) < most:
                yield rep_id

    def pick(self, lead, now):
        """The best rep and the score, or ``None``."""
        able, won, closed, last = [*self.able(lead, now)], self.won, self.closed, self.last
        if not able:
            return None
        prior = 20 * min(1.0, sum(won[each] for each in able) / sum(closed[each] for each in able))
        best, most, since = None, -1.0, 0
        for rep_id in able:
            rate = (won[rep_id] + prior) / (closed[rep_id] + 20)
            if rate > most or (rate == most and last[rep_id] < since):
                best, most, since = rep_id, rate, last[rep_id]
        return best, most


def paced(today):
    """The most leads of a rep this month by now, and today: an even pace over the working days."""
    days = [date(today.year, today.month, 1)]
    while (following := days[-1] + timedelta(days=1)).month == today.month:
        days.append(following)
    worked = [day for day in days if day.weekday() < 5]
    begun = sum(day <= today for day in worked)
    return -(-PACE * begun // len(worked)), -(-PACE // len(worked)) + 1


def by_home():
    """Six territories, the lead's language among the rep's, close_rate(20), a paced monthly cap."""
    return Policy(home_router(), home_team, home_lead, HomeLoop, PlainHomes, daily=12)


POLICIES = {"skill": by_skill, "turn": by_turn, "home": by_home}
"""The policies by name. One more is one more entry."""
