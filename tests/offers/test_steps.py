"""The steps of rules: who else may take a lead that has waited, and when exactly."""

from datetime import timedelta

from tests.offers.world import START, audit, desk

from leadroute import Lead, Rep, Status
from leadroute.formats import parse_policy

SPEAKERS = parse_policy("""
format = 1

[[rule]]
name    = "german speakers"
require = "'de' in rep.languages"

[[rule.step]]
after   = "10m"
require = "'en' in rep.languages"

[[rule.step]]
after   = "30m"
require = "always"
""")
ANNA = Rep("anna", languages={"de"}, capacity=1)
BOB = Rep("bob", languages={"en"}, capacity=1)
CY = Rep("cy", capacity=1)


def wake(dispatcher, until):
    """Sweep at each wakeup and at no other time; return the instants."""
    found = []
    while (at := dispatcher.next_wakeup()) is not None and at <= until:
        dispatcher.clock.set(at)
        dispatcher.sweep()
        found.append(at - START)
    return found


def owned(dispatcher, lead_id):
    """Submit a lead that the first rep takes, so that they have no room."""
    placement = dispatcher.submit(Lead(lead_id))
    return dispatcher.accept(lead_id, placement.rep_id)


def test_a_step_opens_at_its_instant_with_sweeps_at_the_wakeups_alone():
    """A lead for which nobody has room is offered through a step 10 minutes after it was received."""
    dispatcher = desk(ANNA, BOB, router=SPEAKERS)
    owned(dispatcher, "before")
    placement = dispatcher.submit(Lead("L-1"))
    assert (placement.status, placement.step) == (Status.WAITING, 0)
    assert placement.clocks == {"step": START + timedelta(minutes=10)}
    assert timedelta(minutes=10) in wake(dispatcher, START + timedelta(minutes=10))
    placement = dispatcher.placement("L-1")
    assert (placement.rep_id, placement.offered_at) == ("bob", START + timedelta(minutes=10))
    assert placement.step == 1
    assert placement.reason == "bob came first under rule 'german speakers', step 1"
    audit(dispatcher.store, ["before", "L-1"])
