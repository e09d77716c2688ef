"""What the dispatcher does with a lead for which nobody was found, case by case."""

from datetime import timedelta

from tests.offers.world import START, audit, desk, placements

from leadroute import LEAD, Lead, Pool, Rep, Router, Rule, Status, round_robin
from leadroute.offers.events import CatchAll, Offered, Waiting

NIGHT = Rep("ada", schedule="mon-sun 20:00-24:00")  # START is at 09:00
NOON = Rep("bob", schedule="mon-sun 12:00-13:00")
POOLS = [Pool("own", reps={"ada"}), Pool("other", reps={"bob"})]


def routed(**steps):
    """A router whose only rule is for the pool of ada."""
    return Router(
        rules=[Rule("r", pool="own", fallback=steps, score=round_robin(), accept_within="5m")],
        pools=POOLS,
    )


def test_waits_for_the_first_pool_that_opens():
    """A held lead is decided again when the first of all pools opens, and its offer names that pool."""
    d = desk(NIGHT, NOON, router=routed(none_available="pool other"))
    assert d.submit(Lead("L-1")).resumes_at == START.replace(hour=12)
    d.clock.set(START.replace(hour=12))
    assert d.sweep().offered == 1
    offered = d.history("L-1")[-1]
    assert (offered.rep_id, offered.pool, offered.ignore_availability) == ("bob", "other", False)
    assert d.snapshot().turns == {"other": {"bob": 1}}
    assert d.placement("L-1").pool == "other"


def test_routed_anyway_is_logged():
    """An offer to somebody who is not at work says so in the log."""
    d = desk(NIGHT, NOON, router=routed(none_available="pool other, ignore_availability"))
    assert d.submit(Lead("L-1")).rep_id == "ada"
    offered = d.history("L-1")[-1]
    assert isinstance(offered, Offered)
    assert (offered.pool, offered.ignore_availability) == ("own", True)
    assert d.decline("L-1", "ada").status is Status.CATCH_ALL


def test_after_everybody_declined():
    """The steps for nobody eligible follow when all of the rule's reps were asked."""
    d = desk("ada", "bob", router=routed(none_eligible="pool other"))
    assert d.submit(Lead("L-1")).rep_id == "ada"
    assert d.decline("L-1", "ada").rep_id == "bob"
    assert d.decline("L-1", "bob").reason_code == "none_eligible"
    assert d.placement("L-1").status is Status.CATCH_ALL


def test_without_a_rule_it_waits():
    """A lead that no rule is for waits, says so once, and is served when the policy has a rule for it."""
    small = Router(rules=[Rule("big", when=LEAD.budget > 9)], fallback={"no_rule_matched": "wait"})
    d = desk("ada", router=small)
    placement = d.submit(Lead("L-1"))
    assert (placement.status, placement.rule, placement.due) == (Status.WAITING, None, None)
    for _ in range(3):
        d.clock.advance(timedelta(hours=1))
        assert d.sweep().offered == 0
    assert [type(event) for event in d.history("L-1")][1:] == [Waiting]
    better = desk(
        "ada", router=Router(rules=[Rule("all")]), store=d.store, start=START + timedelta(hours=9)
    )
    assert better.sweep().offered == 1
    audit(better.store, ["L-1"])


def test_an_empty_pool_holds_or_is_caught():
    """By default the catch-all gets it; told to hold, it waits for somebody to join."""
    d = desk("bob", router=routed())
    assert isinstance(d.submit(Lead("L-1")) and d.history("L-1")[-1], CatchAll)
    d = desk("bob", router=routed(pool_empty="wait"))
    assert d.submit(Lead("L-1")).reason_code == "pool_empty"
    joined = desk("ada", "bob", router=d.router, store=d.store)
    assert joined.sweep(early=True).offered == 1
    assert placements(d.store)["L-1"].rep_id == "ada"


def test_anyway_when_there_is_room_again():
    """A lead that waits for room with somebody who is off gets it as soon as there is, routed anyway."""
    full = NIGHT.with_changes(capacity=1)
    d = desk(full, router=routed(none_available="ignore_availability"))
    d.accept(d.submit(Lead("L-1")).lead_id, "ada")
    assert d.submit(Lead("L-2")).status is Status.WAITING
    d.feedback("L-1", "lost")
    assert d.placement("L-2").rep_id == "ada"
    assert d.history("L-2")[-1].ignore_availability
