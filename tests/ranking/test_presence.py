"""What the host says of a rep this minute, and the time after a contact."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.formats.said import unlined

from leadroute import (
    Lead,
    Outcome,
    Pool,
    Presence,
    Rep,
    Roster,
    Router,
    Rule,
    Snapshot,
    dump_policy,
    free_capacity,
)
from leadroute.errors import ConfigError, FieldTypeError
from leadroute.formats.policy_file import parse_policy
from leadroute.insight.description import describe_policy
from leadroute.model.duration import to_micros

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ADA = Rep("ada", schedule="mon-fri 09:00-17:00", timezone="Europe/Berlin")
ROUTER = Router(rules=[Rule("all", score=free_capacity())], offline_grace="30s", wrap_up="2m")
DROPPED = Presence("available", NOON - timedelta(hours=1)).becomes("offline", NOON)


def told(*, now=NOON, rep=ADA, router=ROUTER, **counts):
    """What stands in the way of a rep."""
    ranking = router.rank(Lead("L-1"), Roster([rep]), now=now, snapshot=Snapshot(**counts))
    return [each for rejection in ranking.rejections for each in rejection.obstacles]


@pytest.mark.parametrize("status", ["busy", "away", "offline"])
def test_presence(status):
    """Whoever is not available is left out for now, with since when, on their own clock."""
    (obstacle,) = told(presence={"ada": Presence(status, NOON - timedelta(hours=1))})
    assert (obstacle.code, obstacle.temporary, obstacle.available_at) == (
        "not_present",
        True,
        None,
    )
    assert obstacle.reason == f"has been {status} since 12:00 CET"
    assert told(presence={"ada": Presence("available", NOON)}) == []


def test_who_is_not_known_is_not_asked():
    """A rep of whom the host says nothing is judged by the schedule alone."""
    assert told(presence={"bob": Presence("busy", NOON)}) == []


def test_both_schedule_and_presence():
    """Presence is an axis of its own: somebody may be off and busy, and time alone brings back only one of them."""
    late = NOON.replace(hour=20)
    found = told(now=late, presence={"ada": Presence("busy", NOON)})
    assert [each.code for each in found] == ["off_hours", "not_present"]
    ranking = ROUTER.rank(
        Lead("L-1"),
        Roster([ADA]),
        now=NOON,
        snapshot=Snapshot(presence={"ada": Presence("busy", NOON)}),
    )
    assert (ranking.outcome, ranking.resumes_at) == (Outcome.NONE_AVAILABLE, NOON)


@pytest.mark.parametrize(("seconds", "reached"), [(0, True), (29, True), (30, False)])
def test_grace(seconds, reached):
    """A connection that drops still counts until the end of the grace, at exactly which it does not."""
    assert (told(now=NOON + seconds * SECOND, presence={"ada": DROPPED}) == []) == reached
    assert told(router=Router(rules=ROUTER.rules), presence={"ada": DROPPED}) != []


def test_wrap_up():
    """After a contact a rep is left alone until the end of the wrap-up, and it is said until when."""
    contacted = {"ada": to_micros(NOON)}
    (obstacle,) = told(now=NOON + SECOND, contacted=contacted)
    assert (obstacle.code, obstacle.temporary) == ("wrapping_up", True)
    assert obstacle.available_at == NOON + timedelta(minutes=2)
    assert obstacle.reason == "is wrapping up until 13:02:00 CET"
    assert told(now=NOON + timedelta(minutes=2), contacted=contacted) == []
    assert told(now=NOON, contacted=contacted, router=Router(rules=ROUTER.rules)) == []


@pytest.mark.parametrize(
    ("own", "pool", "minutes"), [("1m", "9m", 1), (None, "9m", 9), (None, None, 2), ("0s", "9m", 0)]
)
def test_the_wrap_up_of_the_rep_and_of_the_pool(own, pool, minutes):
    """That of the rep counts, else that of the pool that is asked, else that of the router."""
    router = Router(
        rules=[Rule("all", pool="west")],
        pools=[Pool("west", reps={"ada"}, wrap_up=pool)],
        wrap_up="2m",
    )
    ends = NOON + timedelta(minutes=minutes)
    rep, contacted = Rep("ada", wrap_up=own), {"ada": to_micros(NOON)}
    given = {"rep": rep, "router": router, "contacted": contacted}
    assert told(now=ends, **given) == []
    if minutes:
        (obstacle,) = told(now=ends - SECOND, **given)
        assert (obstacle.code, obstacle.available_at) == ("wrapping_up", ends)


def test_the_time_is_not_asked_for_where_nobody_wraps_up():
    """Without an instant a contact stands in nobody's way whose wrap-up is none at all."""
    rest = Router(rules=[Rule("all")], wrap_up="2m")
    rep, contacted = Rep("ada", wrap_up="0s"), {"ada": to_micros(NOON)}
    assert told(now=None, rep=rep, router=rest, contacted=contacted) == []
    with pytest.raises(FieldTypeError, match="rule 'all'"):
        told(now=None, rep=Rep("ada"), router=rest, contacted=contacted)


def test_anyway_does_not_look():
    """Somebody who is busy or wraps up is found anyway, where the policy says so."""
    router = Router(
        rules=[Rule("all", fallback={"none_available": "ignore_availability"})], wrap_up="2m"
    )
    busy = Snapshot(presence={"ada": Presence("busy", NOON)}, contacted={"ada": to_micros(NOON)})
    ranking = router.rank(Lead("L-1"), Roster([ADA]), now=NOON, snapshot=busy)
    assert (ranking.best.rep_id, ranking.ignore_availability) == ("ada", True)


def test_without_the_time():
    """Without an instant nobody can say whether a rep is available."""
    with pytest.raises(FieldTypeError, match="rule 'all'"):
        told(now=None, rep=Rep("ada"), presence={"ada": DROPPED})


def test_in_files():
    """Grace and wrap-up are written and read back, count for the version, and are told in words."""
    text = dump_policy(ROUTER)
    assert 'offline_grace = "30s"\nwrap_up       = "2m"\n' in text
    assert parse_policy(text) == ROUTER
    plain = Router(rules=ROUTER.rules)
    assert (
        len(
            {ROUTER.version, plain.version, Router(rules=ROUTER.rules, offline_grace="30s").version}
        )
        == 3
    )
    assert describe_policy(ROUTER).splitlines()[-3:-1] == [
        "After a contact a rep is left alone for 2 minutes.",
        "A rep whose connection drops still counts as available for 30 seconds.",
    ]
    for wrong, message in (
        ("offline_grace = 5", "policy: offline_grace: is a number; write text in quotes"),
        (
            "wrap_up = 'soon'",
            "policy: wrap_up: 'soon' is not a duration; write it like '90s', '5m', '1h30m', '2d', '1w' or '5 minutes'",
        ),
    ):
        with pytest.raises(ConfigError) as caught:
            parse_policy(f"format = 1\n{wrong}")
        assert unlined(caught.value) == message


@pytest.mark.parametrize("given", [{"presence": {"ada": "busy"}}, {"contacted": {"ada": NOON}}])
def test_counts_of_another_type(given):
    """What cannot be read in a snapshot is refused, with rule, lead and rep named."""
    with pytest.raises(FieldTypeError, match=r"rule 'all', lead 'L-1': the .* of rep 'ada' is of"):
        told(**given)
