"""The time after a contact in which a rep gets no lead: their own, else that of the pool, else of the router."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.test_steps import wake
from tests.offers.world import START, Racing, audit, desk

from leadroute import Lead, Pool, Rep, Router, Rule, Status
from leadroute.model.keys import contact_key
from leadroute.offers.events import Offered


def router(pool=None, of_all="0s"):
    """A policy with one rule for a pool."""
    return Router(
        rules=[Rule("all", pool="west")],
        pools=[Pool("west", reps={"ada", "bob"}, wrap_up=pool)],
        wrap_up=of_all,
    )


def reached(dispatcher):
    """Let the first rep reach a lead and close it, and say when they get the next one."""
    dispatcher.submit(Lead("first"))
    dispatcher.accept("first", "ada")
    dispatcher.record_contact("first")
    dispatcher.feedback("first", "lost")
    placement = dispatcher.submit(Lead("L-1"))
    if placement.status is Status.WAITING:
        wake(dispatcher, START + timedelta(hours=1))
    offers = [each for each in dispatcher.history("L-1") if isinstance(each, Offered)]
    audit(dispatcher.store, ["first", "L-1"])
    return offers[0].at - START


@pytest.mark.parametrize(
    ("own", "pool", "of_all", "minutes"),
    [
        (None, None, "3m", 3),
        (None, "2m", "3m", 2),
        ("1m", "2m", "3m", 1),
        ("4m", None, "0s", 4),
        (None, "4m", "0s", 4),
        ("0s", "2m", "3m", 0),
        (None, "0s", "3m", 0),
    ],
)
def test_the_nearest_wrap_up_counts(own, pool, of_all, minutes):
    """That of the rep wins, then the pool's, then the router's; at its end exactly the lead is offered."""
    dispatcher = desk(Rep("ada", wrap_up=own), router=router(pool, of_all))
    assert reached(dispatcher) == timedelta(minutes=minutes)


@pytest.mark.parametrize(("own", "pool"), [("2m", None), (None, "2m")])
def test_a_contact_that_another_process_records_meanwhile_stops_the_offer(own, pool):
    """The wrap-up of a rep or a pool is a limit of the commit, so a stale process cannot offer."""
    dispatcher = desk(Rep("ada", wrap_up=own), Rep("bob", capacity=0), router=router(pool))
    dispatcher.submit(Lead("first"), to="ada")
    dispatcher.clock.advance("1m")
    stale = evolve(
        dispatcher, store=Racing(lambda: dispatcher.record_contact("first"), store=dispatcher.store)
    )
    placement = stale.submit(Lead("L-1"))
    assert (placement.status, placement.reason_code) == (Status.WAITING, "none_available")
    limits = [each.limits for each in dispatcher.history("L-1") if isinstance(each, Offered)]
    assert not any(contact_key("ada") in each for each in limits)
