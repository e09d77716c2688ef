"""The whole of leadroute on one page: a policy, a team, a lead, an offer and its result."""

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
    close_rate,
    free_capacity,
    round_robin,
    skill_match,
)

router = Router(
    qualify=(LEAD.budget > 0) & LEAD.email.is_present(),
    rules=[
        Rule(
            "enterprise",
            when=LEAD.annual_revenue >= 1_000_000,
            require=REP.level >= 3,
            score=3 * skill_match("industry") + free_capacity() + close_rate(),
            accept_within="5m",
        ),
        Rule("everyone else", score=round_robin()),
    ],
)
team = Roster(
    [
        Rep("ada", level=4, skills={"healthcare": 0.9}, languages={"en", "de"}, capacity=20),
        Rep("bob", level=1, capacity=10, weight=2),
    ]
)

lead = Lead(
    "L-1", annual_revenue=2_000_000, industry="healthcare", budget=50_000, email="cto@example.com"
)

ranking = router.rank(lead, team)
assert ranking.best is not None  # None when no rep can take the lead
assert ranking.best.rep_id == "ada"
print(ranking)  # every rep with every reason

store = MemoryStore()  # or SqliteStore("crm.db")
dispatcher = Dispatcher(router, team, store)
print(dispatcher.submit(lead).status)  # qualify, decide and offer; safe to repeat
print(dispatcher.accept("L-1", "ada"))  # or decline(..., reason=...), or nothing, and then:
dispatcher.sweep()  # expired offers and waiting leads; call it often
print(dispatcher.record_contact("L-1"))
print(dispatcher.feedback("L-1", status="won", value=48_000))
