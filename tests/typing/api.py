"""The public API as a user's type checker sees it. Read by mypy, never run."""

from datetime import UTC, datetime
from typing import assert_type

import leadroute
from leadroute import (
    LEAD,
    REP,
    Assignment,
    Cap,
    Dispatcher,
    Fallback,
    Lead,
    MemoryStore,
    Presence,
    Ranking,
    Rep,
    Roster,
    Router,
    Rule,
    Signal,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.batch import assign_batch
from leadroute.insight import DecisionRecord
from leadroute.ranking.decision_record import decide, rerun

assert_type(leadroute.__version__, str)
at = datetime(2026, 3, 2, 9, tzinfo=UTC)

# The id comes first and is needed; the rest is named.
lead = Lead("L-1", received_at=at, country="us", signals=[Signal("pricing_page", at, 240)])
assert_type(lead.id, str)
assert_type(lead.country, str | None)
assert_type(lead.employees, int | None)
Lead()  # type: ignore[call-arg]
Lead("L-1", at)  # type: ignore[call-arg]
Lead("L-1", employees="many")  # type: ignore[arg-type]
Lead("L-1", contry="us")  # type: ignore[call-arg]
lead.country = "DE"  # type: ignore[misc]
Signal("pricing_page")  # type: ignore[call-arg]

# What a person writes is accepted: plain sets, lists and dictionaries.
rep = Rep("ada", level=4, skills={"healthcare": 0.9}, languages={"en", "de"}, caps=[Cap(5, "day")])
assert_type(rep.id, str)
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
