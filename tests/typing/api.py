"""The public API as a user's type checker sees it. Read by mypy, never run."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, assert_type

import leadroute
from leadroute import (
    LEAD,
    REP,
    Assignment,
    Cap,
    Dispatcher,
    Factor,
    Fallback,
    Lead,
    MemoryStore,
    Pool,
    Presence,
    Ranking,
    Rep,
    Roster,
    Router,
    Rule,
    Signal,
    Territory,
    free_capacity,
    round_robin,
    scorer,
    skill_match,
)
from leadroute.batch import assign_batch
from leadroute.conditions import Condition
from leadroute.insight import DecisionRecord
from leadroute.ranking.decision_record import decide, rerun
from leadroute.scorers import RoutingContext
from leadroute.stores import AsyncThread, Clock, StoreClock
from leadroute.testing import ManualClock

assert_type(leadroute.__version__, str)
at = datetime(2026, 3, 2, 9, tzinfo=UTC)

# The id comes first and is needed; the rest is named.
lead = Lead("L-1", received_at=at, country="us", signals=[Signal("pricing_page", at, 240)])
assert_type(lead.id, str)
assert_type(lead.country, str | None)
assert_type(lead.employees, int | None)
Lead()  # type: ignore[call-arg]
Lead("L-1", at)  # type: ignore[call-arg]
Router(Rule("all"), pools=Pool("west", reps=["ada"]))
Lead("L-1", employees=["many"])  # type: ignore[arg-type]
Lead("L-1", received_at=5)  # type: ignore[arg-type]
Lead("L-1", employees="5", budget=Decimal(5), received_at="2026-03-02T09:00:00Z", postal_code=2108)
Lead("L-1", attributes={"seats": Decimal(5), "tier": "gold", "tags": ["a", "b"], "since": at})
assert_type(lead.budget, float | None)
assert_type(lead.received_at, datetime | None)
Lead("L-1", contry="us")  # type: ignore[call-arg]
lead.country = "DE"  # type: ignore[misc]
Signal("pricing_page")  # type: ignore[call-arg]

# What a person writes is accepted: plain sets, lists and dictionaries.
rep = Rep("ada", level=4, skills={"healthcare": 0.9}, languages={"en", "de"}, caps=[Cap(5, "day")])
assert_type(rep.id, str)
Rep("ada", level="4", weight=Decimal(2), capacity="5", joined_at="2026-03-02T09:00:00Z")
assert_type(rep.weight, float)
assert_type(rep.capacity, int | None)
assert_type(rep.active, bool)
Rep()  # type: ignore[call-arg]

# A policy, as the design writes it.
router = Router(
    qualify=(LEAD.budget > 0) & LEAD.email.is_present(),
    rules=[
        Rule(
            "enterprise",
            when=LEAD.annual_revenue >= 1_000_000,
            require=REP.level >= 3,
            score=3 * skill_match("industry") + free_capacity(),
            accept_within="5m",
        ),
        Rule("everyone else", score=round_robin()),
    ],
)
ranking = router.rank(lead, Roster([rep]))
assert_type(ranking, Ranking)
assert_type(ranking.best, Assignment | None)
decision = decide(router, lead, Roster([rep]))
assert_type(decision, DecisionRecord)
assert_type(rerun(decision, router, lead, Roster([rep])).changed, tuple[str, ...])
batch = assign_batch(router, [lead], Roster([rep]), objective=lambda one, _: one.budget or 0.0)
assert_type(batch.owners["L-1"], str)

# What happens when nobody is found: text, a list, or a mapping.
steps = Fallback(no_rule_matched="wait", none_available=["pool emea", "ignore_availability"])
Router(rules=[Rule("r", fallback=steps)], fallback={"pool_empty": "wait"})
Fallback(nobody="wait")  # type: ignore[call-arg]
assert_type(ranking.other_pools, tuple[Ranking, ...])
assert_type(ranking.fallback_step, str)
desk = Dispatcher(router, Roster([rep]), MemoryStore(), presence={"ada": Presence("busy", at)})
Router(
    rules=[Rule("r", calling_hours="mon-fri 09:00-20:00", min_shared_hours=0.5)],
    offline_grace="30s",
    wrap_up="2m",
)

# What is accepted is what is annotated.
Rep("ada", caps=["5 per day", Cap(20, "week")], teams=["west"], skills={"saas"}, languages=("en",))
Rep("ada", caps={"day": 5}, skills=["saas"])
Rep("ada", caps=5)  # type: ignore[arg-type]
Rep("ada", languages="en")  # type: ignore[arg-type]
assert_type(rep.skills["healthcare"], float)
Lead("L-1", attributes={"tags": ["a", "b"], "seats": 5})
Territory("west", regions=["US-CA", "US-OR"], owners={"ada"})
Pool("west", reps=["ada", rep])
Pool("east", where="rep.teams.contains('east')")
Rule("text", when="lead.country == 'US'", require=REP["vip"], accept_within=timedelta(minutes=5))
Rule("not text", when=True)  # type: ignore[arg-type]
Rule("mode", release_on="contacted")  # type: ignore[arg-type]
Factor("budget", "lead.budget > 0", "nurture")
Factor("budget", LEAD.budget > 0, "later")  # type: ignore[arg-type]
Router([Rule("all")], qualify="lead.budget > 0", caps="100 per day", holidays=[at.date()])
Cap(5, "daily")  # type: ignore[arg-type]
round_robin("random")  # type: ignore[arg-type]
skill_match("industry", need="any")  # type: ignore[arg-type]

# A list of reps is a roster.
assert_type(router.rank(lead, [rep]), Ranking)
assert_type(assign_batch(router, [lead], (rep,)).owners["L-1"], str)
assert_type(Dispatcher(router, [rep], MemoryStore()).roster, Roster)
router.rank(lead, ["ada"])  # type: ignore[list-item]

# Fields are known by their names, attributes by their brackets.
assert_type(LEAD.anual_revenue, Any)  # type: ignore[attr-defined]
assert_type(REP.country, Any)  # type: ignore[attr-defined]
assert_type(LEAD["tier"] == "gold", Condition)
assert_type(REP.skills["saas"] >= 0.5, Condition)


# A scorer of your own keeps its arguments.
@scorer
def speaks(context: RoutingContext, rep: Rep, tag: str, points: float = 1.0) -> float | None:
    """Speaks the language."""
    return points if tag in rep.languages else 0.0


Rule("german", score=2 * speaks("de", points=0.5) + free_capacity())
speaks("de", point=0.5)  # type: ignore[call-arg]
speaks(5)  # type: ignore[arg-type]


# A dispatcher knows its clock.
Dispatcher(router, [rep], MemoryStore(), ManualClock(at)).clock.advance("5m")
assert_type(desk, Dispatcher)
assert_type(desk.clock, Clock)


def swept(dispatcher: Dispatcher) -> Clock:
    """Take a dispatcher with any clock."""
    return dispatcher.clock


swept(Dispatcher(router, [rep], MemoryStore(), ManualClock(at)))
Dispatcher(router, [rep], MemoryStore(), clock=lambda: at)


class Server(MemoryStore):
    """A store that tells the time."""

    def clock(self) -> int:
        """Tell the time."""
        return 0


async def measured() -> None:
    """Measure a clock, and await that of an async store."""
    blocking, awaited = StoreClock(Server()), StoreClock(AsyncThread(Server()))
    assert_type(blocking.now(), datetime)
    assert_type(await awaited.measure(), None)
    blocking.measure()
    blocking.measure_if_due()
    await blocking.measure()  # type: ignore[misc]
    desk = Dispatcher(router, [rep], Server(), clock=blocking)
    assert_type(desk, Dispatcher[StoreClock[Server]])
    StoreClock(MemoryStore())  # type: ignore[type-var]


def asked(clock: StoreClock) -> datetime:
    """Take the clock of any store."""
    return clock.now()


Dispatcher(router, [rep], MemoryStore(), clock=5)  # type: ignore[arg-type]
