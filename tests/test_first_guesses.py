"""What a newcomer writes first: each guess works, or is refused with the right word.

The guesses were written before the library was looked at, by the habits of CRMs and of Python.
"""

import re
from datetime import UTC, date, datetime, timedelta

import pytest

import leadroute
from leadroute.errors import LeadrouteError

NAMES = {name: getattr(leadroute, name) for name in leadroute.__all__}
NAMES |= {"datetime": datetime, "date": date, "timedelta": timedelta, "UTC": UTC}
LEAD_1 = NAMES["Lead"]("L-1", country="US", industry="saas")
ADA, BOB = (NAMES["Rep"](name, languages=["en"]) for name in ("ada", "bob"))
ROUTER = NAMES["Router"]([NAMES["Rule"]("all")])

WORKS = """
Lead(id="1")
Lead("1", country="USA", region="CA", postal_code="94105", language="English")
Lead("1", employees="50", annual_revenue="5,000,000", budget=None)
Lead("1", received_at="2026-01-05T09:00:00Z")
Lead("1", attributes={"tier": "gold", "tags": ["a", "b"]})
Lead.from_mapping({"Id": "1", "First Name": "Ann", "State": "CA", "Country": "US"})
Rep("ann", capacity="5", weight="2", level="3")
Rep("ann", languages=["English", "de"], skills=["saas", "crm"], countries=("US",), teams={"west"})
Rep("ann", caps="5 per day")
Rep("ann", caps="5/day")
Rep("ann", caps={"day": 5, "week": 20})
Rep("ann", caps=["5 per day", Cap(20, "week")])
Rep("ann", schedule="Mon-Fri 9:00-17:00", timezone="America/New_York")
Rep("ann", schedule="24/7")
Router([Rule("all")])
Router(Rule("all"))
Router(rules=[Rule("us", when="lead.country == 'US'"), Rule("rest")], accept_within="2 hours")
router.rank(lead, [ada, bob])
router.rank(lead, (ada, bob)).best.rep_id
router.rank(lead, {ada, bob})
router.rank(lead, (rep for rep in [ada, bob]))
router.rank(lead, [ada, bob], now=datetime(2026, 1, 5, tzinfo=UTC), top=1)
str(router.rank(lead, [ada, bob]))
Roster([ada, bob])["ada"]
Rule("us", when=LEAD.country == "United States")
Rule("us", when=LEAD.country.in_(["US", "Canada"]))
Rule("us", when=(LEAD.country == "US") & (LEAD.employees > "50"))
Rule("us", when=(LEAD.language == "German") | LEAD["vip"])
Rule("us", when=LEAD["tier"] == "gold")
Rule("us", when=LEAD.email.endswith("@gmail.com"))
Rule("us", when="lead.budget > 5 and not lead.country in ['US', 'CA']")
Rule("us", require=REP.languages.contains(LEAD.language), score=0.7 * free_capacity() + 0.3 * close_rate())
Rule("us", require=REP.skills.contains("saas"))
Rule("us", require=REP.id == "ada")
Rule("us", score=skill_match("industry"))
Rule("us", score=skill_match(LEAD.industry))
Rule("us", score=skill_match(LEAD["needs"]))
Rule("us", accept_within="5 min")
Rule("us", accept_within="1h 30m")
Rule("us", accept_within="1 hour and 30 minutes")
Rule("us", accept_within=timedelta(minutes=5))
Pool("west", reps=["ada", "bob"])
Pool("west", reps=[ada, bob])
Pool("west", where=REP.teams.contains("west"))
Schedule("Monday-Friday 09:00-17:00", "America/New_York")
Cap(5, per="day")
Territory("west", regions=["CA", "Oregon"])
Dispatcher(router, [ada, bob], MemoryStore()).submit(lead).rep_id
Dispatcher(router, [ada], store=MemoryStore(), clock=lambda: datetime(2026, 1, 5, tzinfo=UTC))
check(router, [ada, bob])
explain(router, lead, [ada, bob])
why_not(router, lead, "bob", [ada, bob]).reason
round_robin("strict")
"""

# Each guess, and the word that the refusal must have.
REFUSED = """
Lead() -> Lead('L-1'
Lead(1) -> write text
Lead({"id": "1", "Country": "US"}) -> from_mapping
Lead.from_mapping(lead) -> from_object
Lead.from_object("L-1") -> dataclass
Router([Rule("us", when="predicate('vip')")], predicates={"vip": lambda lead: True}) -> (lead, rep, now)
Lead("1", revenue=5_000_000) -> annual_revenue
Lead("1", contry="US") -> country
Lead("1", state="CA", country="US") -> region
Lead("1", zip="94105") -> postal_code
Lead("1", first_name="Ann") -> name=
Lead("1", company_name="Acme") -> company
Lead("1", company_size=50) -> employees
Lead("1", created_at="2026-01-05T09:00:00Z") -> received_at
Lead("1", custom={"tier": "gold"}) -> attributes
Lead("1", tier="gold") -> attributes
Lead("1", score=80) -> lead_scoring
Lead("1", received_at=datetime(2026, 1, 5)) -> datetime.now(UTC)
Lead("1", received_at="2026-01-05") -> offset
Lead("1", employees="50-100") -> plain digits
Lead("1", timezone="PST") -> America/Los_Angeles
Rep(name="Ann") -> id
Rep("ann", daily_cap=5) -> caps=
Rep("ann", max_leads=10) -> capacity
Rep("ann", caps=5) -> 5 per day
Rep("ann", weight="high") -> number
Rep("ann", languages="en") -> ['en']
Rep("ann", language="en") -> languages
Rep("ann", territory="US-CA") -> territories
Rep("ann", team="west") -> teams
Rep("ann", email="ann@example.com") -> attributes
Rep("ann", working_hours="Mon-Fri 9-17") -> schedule=
Rep("ann", schedule="9-17") -> mon-fri 09:00-17:00
Rep("ann", schedule="mon-fri 9am-5pm") -> 09:00
Rep("ann", timezone="EST") -> America/New_York
Rep("ann", timezone="New York") -> America/New_York
Rep("ann", tz="America/New_York") -> timezone=
Rep("ann", active="yes") -> true or false
Rule(when=LEAD.country == "US") -> name
Rule("us", LEAD.country == "US") -> when=
Rule("us", condition=LEAD.country == "US") -> when=
Rule("us", scorer=free_capacity()) -> score
Rule("us", requires=REP.level >= 3) -> require
Rule("us", timeout="5m") -> accept_within
Rule("us", order=1) -> order
Rule("us", reps=["ada"]) -> Pool(
Rule("us", pool=["ada", "bob"]) -> Pool(
Rule("us", when=lambda lead: lead.country == "US") -> predicate
Rule("us", when=LEAD.country == "US" and LEAD.employees > 50) -> &
Rule("us", when=LEAD.country == "US" & LEAD.employees > 50) -> parentheses
Rule("us", when=LEAD.country in ["US", "CA"]) -> .in_(
Rule("us", when=10 < LEAD.employees < 50) -> chain
Rule("us", when=not LEAD.country) -> ~
Rule("us", when=LEAD.country == None) -> is missing
Rule("us", when=LEAD.country is None) -> is_missing()
Rule("us", when=[LEAD.country == "US", LEAD.budget > 5]) -> &
Rule("us", when={"country": "US"}) -> LEAD.country == 'US'
Rule("us", when=lead.country == "US") -> LEAD.country == 'US'
Rule("us", when="country == 'US'") -> lead.country
Rule("us", when="lead.country = 'US'") -> ==
Rule("us", when="lead.country == US") -> quotes
Rule("us", when="lead.country == 'US' && lead.budget > 5") -> `and`
Rule("us", when="lead.tier == 'gold'") -> lead['tier']
Rule("us", when=LEAD.tier == "gold") -> lead['tier']
Rule("us", when=LEAD.anual_revenue > 5) -> annual_revenue
Rule("us", when=LEAD.country == "Atlantis") -> alpha-2
Rule("us", when=LEAD.received_at > datetime(2026, 1, 5)) -> datetime.now(UTC)
Rule("us", when=LEAD.received_at > "2026-01-05") -> +01:00
Rule("us", when=LEAD.country.isin(["US"])) -> in_(
Rule("us", when=LEAD.employees.between(5, 50)) -> >=
Rule("us", when=LEAD.email.matches(".*@gmail.com")) -> like(
Rule("us", when=LEAD.email.notnull()) -> is_present()
Rule("us", require="en" in REP.languages) -> .contains('en')
Rule("us", require=LEAD.language in REP.languages) -> .contains(lead.language)
Rule("us", require=REP.skills == "saas") -> rep.skills['name']
Rule("us", score=free_capacity) -> free_capacity()
Rule("us", score=skill_match) -> skill_match('industry')
Rule("us", score=skill_match()) -> skill_match('industry')
Rule("us", score=2 * free_capacity) -> free_capacity()
Rule("us", score=skill_match("industry") + free_capacity) -> free_capacity()
Rule("us", score=skill_match + free_capacity()) -> skill_match('industry')
Rule("us", score=free_capacity() + 1) -> 2 * free_capacity()
Rule("us", score=free_capacity() * "2") -> a number
Rule("us", score="round_robin") -> without quotes
Rule("us", score=[round_robin(), free_capacity()]) -> 2 * free_capacity() + round_robin()
Rule("us", score=lambda lead, rep: 1) -> @scorer
Rule("us", score=scorer(lambda lead, rep: 1)) -> brackets
Rule("us", accept_within=300) -> '5m'
Rule("us", accept_within="300") -> '5m'
Router() -> rules
Router([Rule("all")], [ada]) -> rules
Router([Rule("all")], reps=[ada]) -> rank(lead, reps)
Router([Rule("all")], default="ada") -> catch_all
Router([Rule("us", pool="west")]) -> pool
router.route(lead) -> rank(
router.rank(lead, ada) -> [Rep(
router.rank(lead, ["ada"]) -> Rep(
router.rank([lead], [ada]) -> a Lead
router.rank({"id": "1"}, [ada]) -> Lead.from_mapping
router.rank(lead, [ada], now=datetime(2026, 1, 5)) -> datetime.now(UTC)
router.rank(lead, [ada], snapshot={"ada": 3}) -> Snapshot(open=
router.rank(lead, [ada, ada]) -> twice
router.rank(lead, [ada]).winner -> best.rep_id
router.rank(lead, [ada]).best.name -> label
Roster(ada, bob) -> Roster([
Pool(["ada", "bob"]) -> name
Pool("west", members=["ada"]) -> reps=
Pool("west", reps="ada") -> ['ada']
Schedule("mon-fri 09:00-17:00") -> Europe/Berlin
Schedule("mon-fri 09:00-17:00", timezone="UTC") -> zone=
Cap("5 per day") -> Cap(5, 'day')
Cap(5, "daily") -> day
Cap(5, period="day") -> per=
Territory("west", states=["CA"]) -> regions=
Territory("west", zip_codes=["94*"]) -> postal=
Qualification(LEAD.budget > 0) -> Factor(
Qualification(min_score=50) -> factors=
Fallback("wait") -> none_available
Snapshot(open_leads={"ada": 3}) -> open=
Presence("online", datetime(2026, 1, 5, tzinfo=UTC)) -> 'available'
Dispatcher(router, [ada]) -> MemoryStore()
Dispatcher(router, [ada], "crm.db") -> SqliteStore('crm.db')
Dispatcher(router, [ada], MemoryStore(), timeout="5m") -> accept_within
Dispatcher(router, [ada], MemoryStore()).route(lead) -> submit(
Dispatcher(router, [ada], MemoryStore()).tick() -> sweep()
Dispatcher(router, [ada], MemoryStore()).submit(lead).assignee -> rep_id
why_not(router, lead, ada, [ada]) -> id of the rep
close_rate(days=30) -> half_life
"""


def lines(text):
    """Return the lines that hold a guess."""
    return [line for line in text.splitlines() if line]


def written(guess):
    """Run a guess with the names that a newcomer has."""
    names = NAMES | {"lead": LEAD_1, "ada": ADA, "bob": BOB, "router": ROUTER}
    return eval(guess, names)


@pytest.mark.parametrize("guess", lines(WORKS))
def test_guess_works(guess):
    """The guess works as it stands."""
    assert written(guess) is not None


@pytest.mark.parametrize(("guess", "word"), [re.split(" -> ", line) for line in lines(REFUSED)])
def test_guess_is_refused_with_the_right_word(guess, word):
    """The guess raises an error of leadroute whose message has what to write."""
    with pytest.raises(LeadrouteError) as caught:
        written(guess)
    assert word in str(caught.value)


def test_there_are_enough_guesses():
    """A hundred and more, each once."""
    guesses = [*lines(WORKS), *lines(REFUSED)]
    assert len(guesses) == len(set(guesses)) >= 150
