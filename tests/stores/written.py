"""Write the store that the next schema upgrades: a lead in every status, a live offer, counters and a log.

Usage: python -m tests.stores.written FILE

This program wrote ``tests/data/schema-2.sqlite``, which is never written again: it is what a user has whose release
knew schema 2 alone.
"""

import sys
from datetime import UTC, datetime, timedelta

from leadroute import (
    LEAD,
    REP,
    Cap,
    Dispatcher,
    Factor,
    Fallback,
    Lead,
    Pool,
    Qualification,
    Rep,
    Roster,
    Router,
    Rule,
    SqliteStore,
    round_robin,
)
from leadroute.stores import Ack, Change
from leadroute.testing import ManualClock

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ROUTER = Router(
    qualify=Qualification([Factor("budget", LEAD.budget > 0, "nurture", "has no budget yet")]),
    rules=[
        Rule(
            "large",
            when=LEAD.employees >= 500,
            pool="seniors",
            score=round_robin(),
            capacity_cost=2,
            segment="enterprise",
            accept_within="10m",
        ),
        Rule("small", when=LEAD.employees < 50, score=round_robin(), release_on="contact"),
        Rule("odd", when=LEAD.country == "FR", require=REP.level > 9),
        Rule("late", when=LEAD.country == "JP", pool="night"),
    ],
    pools=[Pool("seniors", reps={"ada", "bob"}), Pool("night", reps={"dan"})],
    fallback=Fallback(none_eligible="catch_all"),
    catch_all="desk",
    wrap_up="1m",
)
TEAM = Roster(
    [
        Rep(
            "ada",
            capacity=10,
            capacity_by_segment={"enterprise": 6},
            caps=[Cap(9, "day"), Cap(30, "month")],
        ),
        Rep("bob", capacity=10, caps=[Cap(9, "day")], weight=2),
        Rep("cy"),
        Rep("dan", schedule="sat 09:00-10:00"),
    ]
)


def write(path):
    """Route leads until there is one in every status, and leave offers, credits and once-keys behind."""
    clock = ManualClock(START)
    with SqliteStore(path) as store:
        desk = Dispatcher(ROUTER, TEAM, store, clock, track_outcomes_by=["country"], publish=True)
        sizes = {"won": 9, "contacted": 10, "accepted": 11, "declined": 12, "offered": 900}
        for name, employees in sizes.items():
            lead = Lead(
                f"L-{name}", employees=employees, country="DE", budget=5, priority=employees
            )
            desk.submit(lead)
            clock.advance("1s")
        for name in ("won", "contacted", "accepted"):
            desk.accept(f"L-{name}", desk.placement(f"L-{name}").rep_id)
            clock.advance("1s")
        desk.decline("L-declined", desk.placement("L-declined").rep_id)
        for name in ("won", "contacted"):
            desk.record_contact(f"L-{name}")
        desk.feedback("L-won", "won", value=1200.0)
        desk.submit(Lead("L-poor", employees=5, budget=0))
        desk.submit(Lead("L-odd", country="FR", budget=5, email="personal@example.com"))
        desk.submit(Lead("L-waiting", country="JP", budget=5))
        clock.advance("2m")
        desk.submit(Lead("L-late", employees=800, budget=5))
        desk.submit(Lead("L-hand", country="FR", budget=5))
        desk.assign("L-hand", "cy", by="manager")
        made_up = START + timedelta(days=60)
        delivered = [Ack(event.id) for event in store.events(limit=5)]
        store.commit(Change("delivered", delivered))
        desk.credit_turns("ada", 2, reason="absence", cause="flu", expires=made_up, pool="seniors")


if __name__ == "__main__":
    write(sys.argv[1])
