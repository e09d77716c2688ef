import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import given

from leadroute import (
    LEAD,
    REP,
    Dispatcher,
    Lead,
    MemoryStore,
    Pool,
    Rep,
    Roster,
    Router,
    Rule,
    dump_policy,
    free_capacity,
)
from leadroute.formats.policy_file import parse_policy
from leadroute.ranking.policy_checks import fingerprint
from leadroute.rules.builders import define
from leadroute.testing import ManualClock
from leadroute.testing.strategies import routers

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
BIG = define("big", LEAD.employees > 500)
ROUTER = Router(
    qualify=LEAD.budget > 0,
    rules=[Rule("us", when=LEAD.country == "US", pool="all", accept_within="5m"), Rule("rest")],
    pools=[Pool("all", reps={"ada", "bob"})],
)


def test_known():
    """The version of a policy is the same text for ever, in every version of Python."""
    assert ROUTER.version == "6dbe498cc9c11d1e"


def test_other_process():
    """Another process with another hash seed finds the same version."""
    text = dump_policy(ROUTER)
    code = "import sys, leadroute.formats.policy_file as p; print(p.parse_policy(sys.stdin.read()).version)"
    for seed in ("0", "1"):
        found = subprocess.run(
            [sys.executable, "-c", code],
            input=text,
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == ROUTER.version


@given(routers())
def test_round_trip(router):
    """Writing a policy and reading it back keeps its version."""
    assert parse_policy(dump_policy(router)).version == router.version


@pytest.mark.parametrize(
    "changed",
    [
        evolve(ROUTER, qualify=None),
        evolve(ROUTER, accept_within="6m"),
        evolve(ROUTER, catch_all="desk"),
        evolve(ROUTER, rules=ROUTER.rules[::-1]),
        evolve(ROUTER, pools=[Pool("all", reps={"ada"})]),
        evolve(ROUTER, rules=[evolve(ROUTER.rules[0], score=free_capacity()), ROUTER.rules[1]]),
        evolve(ROUTER, rules=[evolve(ROUTER.rules[0], require=REP.level > 1), ROUTER.rules[1]]),
    ],
)
def test_change(changed):
    """A policy that decides otherwise has another version."""
    assert changed.version != ROUTER.version


def test_what_names_mean():
    """The version depends on what a name stands for, in conditions and in scores."""
    other = define("big", LEAD.employees > 501)
    assert (
        Router(rules=[Rule("a", when=BIG)]).version != Router(rules=[Rule("a", when=other)]).version
    )
    scored = [Router(rules=[Rule("a", score=free_capacity().when(name))]) for name in (BIG, other)]
    assert scored[0].version != scored[1].version


def test_what_decides_nothing():
    """Definitions that nothing uses, and declared kinds, do not count."""
    assert (
        evolve(ROUTER, definitions={"big": BIG}, custom_fields={"seats": "number"}).version
        == ROUTER.version
    )


@frozen
class Other:
    """A value with what a later policy may hold."""

    mapping: dict
    instant: datetime = AT


def test_other_values():
    """Mappings count in no order, and other values by their text."""
    one, two = Other({"a": 1, "b": timedelta(1)}), Other({"b": timedelta(1), "a": 1})
    assert fingerprint(one) == fingerprint(two)
    assert fingerprint(one) != fingerprint(Other({"a": 1, "b": timedelta(1)}, AT + timedelta(1)))


def test_every_decision_carries_it():
    """The ranking, the events and the placement of a lead say which version decided."""
    team, clock = (
        Roster([Rep("ada", schedule="mon-fri 09:00-17:00", timezone="UTC")]),
        ManualClock(AT),
    )
    router = Router(rules=[Rule("us", when=LEAD.country == "US")])
    dispatcher = Dispatcher(router, team, MemoryStore(), clock)
    assert dispatcher.submit(Lead("L-1", country="US")).policy_version == router.version
    assert dispatcher.submit(Lead("L-2")).policy_version == router.version
    clock.set(AT + timedelta(hours=9))
    assert dispatcher.submit(Lead("L-3", country="US")).policy_version == router.version
    for lead, kinds in (
        ("L-1", ["received", "offered"]),
        ("L-2", ["received", "catch_all"]),
        ("L-3", ["received", "waiting"]),
    ):
        history = dispatcher.history(lead)
        assert [event.kind for event in history] == kinds
        assert {event.policy_version for event in history} == {router.version}
    assert router.rank(Lead("L-1", country="US"), team, now=AT).policy_version == router.version
    assert router.rank(Lead("L-1"), team, now=AT).policy_version == router.version
