"""Who is paused or cools down is left out of a ranking, and the cover of an owner stands in."""

from datetime import UTC, datetime, timedelta

import pytest

from leadroute import Lead, Rep, Router, Rule, Snapshot
from leadroute.errors import FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.rep import Pause
from leadroute.scorers import named_account, owner

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATER = AT + timedelta(minutes=30)
TEAM = [Rep("ada", accounts={"Acme"}), Rep("bob"), Rep("cy")]


def test_who_rests_is_left_out_with_a_code():
    """A pause and a cool-down are reasons of their own, each with its end."""
    router = Router(rules=[Rule("all")])
    snapshot = Snapshot(
        paused={"ada": Pause(LATER, "lunch"), "cy": Pause(AT)}, cooling={"bob": to_micros(LATER)}
    )
    ranking = router.rank(Lead("L-1"), TEAM, now=AT, snapshot=snapshot)
    assert ranking.best.rep_id == "cy"
    told = {each.rep_id: (each.code, each.reason) for each in ranking.rejections}
    assert told == {
        "ada": ("paused", "is paused until Mon 2026-03-02 09:30 UTC: lunch"),
        "bob": ("cooling_down", "gets no offer until 09:30:00 UTC, after the last one"),
    }
    without = router.rank(Lead("L-1"), TEAM[:2], now=AT, snapshot=snapshot)
    assert without.resumes_at == LATER
    assert router.rank(Lead("L-1"), TEAM, now=LATER, snapshot=snapshot).rejections == ()


def test_the_time_is_asked_for_only_where_there_is_an_end():
    """A pause without an end needs no instant; anything else does."""
    router = Router(rules=[Rule("all")])
    snapshot = Snapshot(paused={"ada": Pause()})
    assert router.rank(Lead("L-1"), TEAM, snapshot=snapshot).best.rep_id == "bob"
    for timed in (Snapshot(paused={"ada": Pause(LATER)}), Snapshot(cooling={"ada": 1})):
        with pytest.raises(FieldTypeError, match="now"):
            router.rank(Lead("L-1"), TEAM, snapshot=timed)


@pytest.mark.parametrize(
    "score", [owner(), named_account(), owner("team"), named_account("manager")]
)
def test_a_cover_stands_in_for_a_paused_owner(score):
    """The point of an owner who is paused goes to the cover, by which way ever the points are asked."""
    router = Router(rules=[Rule("all", score=score)])
    lead = Lead("L-1", owner_id="ada", company="Acme")
    snapshot = Snapshot(paused={"ada": Pause(LATER, cover="cy"), "bob": Pause(AT, cover="ada")})
    ranking = router.rank(lead, TEAM, now=AT, snapshot=snapshot)
    assert [(each.rep_id, each.score) for each in ranking.assignments] == [
        ("cy", 1.0),
        ("bob", 0.0),
    ]
    first = ranking.best.terms[0]
    assert first.reason == "the lead belongs to ada, who cannot take it; stands in as cover"
    assert router.rank(lead, TEAM, now=LATER, snapshot=snapshot).best.rep_id == "ada"


def test_a_cover_of_a_pause_that_is_over_stands_in_for_nobody():
    """An owner who is away for another reason has no cover any more."""
    router = Router(rules=[Rule("all", score=owner())])
    team = [Rep("ada", active=False), Rep("bob"), Rep("cy")]
    for pause in (Pause(AT, cover="cy"), Pause()):
        snapshot = Snapshot(paused={"ada": pause})
        ranking = router.rank(Lead("L-1", owner_id="ada"), team, now=AT, snapshot=snapshot)
        assert ranking.best.terms[0].points is None
