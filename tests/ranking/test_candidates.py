"""What is kept of candidates from lead to lead, and when it is looked at again."""

from copy import deepcopy
from datetime import UTC, datetime, timedelta

import pytest

from leadroute import LEAD, REP, Cap, Lead, Pool, Presence, Rep, Roster, Router, Rule, Snapshot
from leadroute.errors import FieldTypeError
from leadroute.model import territory_index
from leadroute.model.duration import to_micros
from leadroute.model.keys import segment_open_key
from leadroute.model.schedule import Schedule
from leadroute.model.snapshot import TurnCredit
from leadroute.model.territory import Territory
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules import routing_context
from leadroute.scorers import free_capacity, graduation, round_robin

MONDAY = datetime(2026, 1, 5, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Holidays:
    """Holidays of a host, which can be made to fail from some year on."""

    def __init__(self, fails_from):
        self.fails_from = fails_from

    def __contains__(self, day):
        if day.year >= self.fails_from:
            raise OSError(day)
        return False


def test_a_calendar_that_fails_later_keeps_nobody_out_now():
    """Who is at work now takes the lead, though nobody can say until when."""
    always = Schedule("always", "UTC", holidays=Holidays(2027))
    team = Roster([Rep("ada", schedule=always), Rep("bob", active=False)])
    router = Router(rules=[Rule("all")])
    for number in range(2):
        assert router.rank(Lead(f"L-{number}"), team, now=MONDAY).best.rep_id == "ada"


def test_a_calendar_that_fails_now_keeps_its_rep_out():
    """The rep waits for the calendar, and the others take the leads."""
    always = Schedule("always", "UTC", holidays=Holidays(2026))
    team = Roster([Rep("ada", schedule=always), Rep("bob")])
    ranking = Router(rules=[Rule("all")]).rank(Lead("L-1"), team, now=MONDAY)
    assert ranking.best.rep_id == "bob"
    assert "calendar that fails with OSError" in ranking.rejections[0].reason


def test_many_shifts_are_forgotten_and_found_again(monkeypatch):
    """However many combinations of open hours there are, only so many are kept."""
    monkeypatch.setattr(routing_context, "_MOST_PARTS", 2)
    team = Roster(
        Rep(f"r{hour:02}", schedule=f"mon-sun {hour:02}:00-{hour + 1:02}:00") for hour in range(23)
    )
    router = Router(rules=[Rule("all")])
    start = MONDAY.replace(hour=0)
    for _ in range(2):
        for hour in range(23):
            found = router.rank(Lead("L-1"), team, now=start + hour * HOUR)
            assert found.best.rep_id == f"r{hour:02}"


def test_many_places_are_forgotten_and_found_again(monkeypatch):
    """However many places leads come from, only so many are kept."""
    monkeypatch.setattr(territory_index, "PLACES", 2)
    lands = [Territory(name, countries={name}, owners={name}) for name in ("DE", "FR", "US")]
    team = Roster([Rep("DE"), Rep("FR"), Rep("US")])
    router = Router(rules=[Rule("all", in_territory=True)], territories=lands)
    for country in ("DE", "FR", "US", "DE"):
        assert router.rank(Lead("L-1", country=country), team).best.rep_id == country


def test_rosters_beyond_the_last_are_worked_out_again():
    """A router that is asked about many rosters answers for each as for the first time."""
    router = Router(rules=[Rule("all", require=REP.level >= 2)])
    rosters = [Roster([Rep(f"r{n}", level=2), Rep("junior")]) for n in range(12)]
    for roster in (*rosters, *rosters):
        assert router.rank(Lead("L-1"), roster).best.rep_id == roster.reps[1].id


def test_a_cap_asks_for_the_instant_of_the_decision():
    """Without an instant a team with caps cannot be judged, and the error names rule and lead."""
    team = Roster([Rep("ada", caps=[Cap(1, "day")])])
    with pytest.raises(FieldTypeError, match="rule 'all', lead 'L-1': now is not known"):
        Router(rules=[Rule("all")]).rank(Lead("L-1"), team)


NARROW = ("1 per day, source webinar", "1 per day, segment big", "1 per day, pool emea")
CREDITED = (TurnCredit(MONDAY, "make_up", "L-9", 1),)
ASKED = {
    **{f"a cap, {cap}": ({}, {"caps": [cap]}, {}) for cap in NARROW},
    **{f"a cap over all, {cap}": ({"caps": [cap]}, {}, {}) for cap in NARROW},
    "presence": ({}, {}, {"presence": {"ada": Presence("available", MONDAY)}}),
    "a turn credit": (
        {},
        {},
        {"turn_credits": {pool: {"ada": CREDITED} for pool in ("emea", "apac")}},
    ),
    "hours": ({}, {"schedule": "always"}, {}),
    "a contact": ({"wrap_up": "2m"}, {}, {"contacted": {"ada": to_micros(MONDAY)}}),
}
"""What may ask for the instant: of the policy, of the rep "ada", and of the counts."""


def unasked(found, rep):
    """What of it asks for nothing: caps for a lead that they do not count, and all else of another rep."""
    policy, of_rep, counts = deepcopy(found)
    for held in (*counts.values(), *counts.get("turn_credits", {}).values()):
        if "ada" in held:
            held[rep] = held.pop("ada")
    return policy, of_rep if "caps" in of_rep else {}, counts


@pytest.mark.parametrize("found", ASKED.values(), ids=ASKED)
def test_a_decision_without_an_instant_is_refused_where_one_is_asked_for(found):
    """Whatever asks for the instant refuses the decision at once, and what does not ask for it stands in no way."""

    def ranked(asked, lead, name, segment):
        policy, of_rep, counts = asked
        rule = Rule("all", pool=name, segment=segment, score=round_robin())
        pools = [Pool(each, reps={"ada", "bob"}) for each in ("emea", "apac")]
        team = Roster([Rep("ada", **of_rep), Rep("bob"), Rep("cy")])
        router = Router(rules=[rule], pools=pools, **policy)
        return router.rank(lead, team, snapshot=Snapshot(**counts))

    counted = Lead("L-1", source="webinar")
    with pytest.raises(FieldTypeError, match="rule 'all', lead 'L-1': now is not known"):
        ranked(found, counted, "emea", "big")
    ranking = ranked(unasked(found, "cy"), Lead("L-1", source="phone"), "apac", "small")
    assert [each.rep_id for each in ranking.assignments] == ["ada", "bob"]
    assert ranking.rejections == ()


def test_a_reason_asks_for_the_instant_of_the_decision():
    """A rep who is full and had a contact needs the instant too, for the reasons are read later."""
    team = Roster([Rep("ada", capacity=1), Rep("bob")])
    counts = {"open": {"ada": 1}, "contacted": {"ada": to_micros(MONDAY)}}
    with pytest.raises(FieldTypeError, match="now is not known"):
        Router(rules=[Rule("all")], wrap_up="2m").rank(
            Lead("L-1"), team, snapshot=Snapshot(**counts)
        )


def test_rankings_compare_by_what_they_say():
    """Two rankings are equal, with equal hashes, when all they say is; nothing else is equal to one."""
    router, team = (
        Router(rules=[Rule("all", score=free_capacity())]),
        Roster([Rep("ada"), Rep("bob")]),
    )
    one, other = (router.rank(Lead("L-1"), team) for _ in range(2))
    assert one == other
    assert len({one, other}) == 1
    assert one != router.rank(Lead("L-1"), team, top=1)
    assert one != "L-1"
    assert Ranking("L-1", Outcome.NO_RULE_MATCHED).assignments == ()
    assert Ranking("L-1", Outcome.NO_RULE_MATCHED).rejections == ()


def test_what_is_asked_must_be_of_the_kind():
    """A lead, a roster, counts and earlier offers of another kind are refused by name."""
    router, team = Router(rules=[Rule("all")], qualify=LEAD.budget > 0), Roster([Rep("ada")])
    assert router.qualifies(Lead("L-1", budget=1))
    assert not router.qualifies(Lead("L-1"))
    with pytest.raises(FieldTypeError, match="lead is of type str"):
        router.qualifies("L-1")
    with pytest.raises(FieldTypeError, match="previous_offers is of type list"):
        router.rank(Lead("L-1", budget=1), team, previous_offers=[])
    with pytest.raises(FieldTypeError, match="snapshot is of type dict"):
        router.rank(Lead("L-1", budget=1), team, snapshot={})
    assert (
        router.rank(Lead("L-1", budget=1), team, previous_offers={}, snapshot=Snapshot()).best
        is not None
    )


def test_candidates_are_kept_for_the_territory_of_the_lead():
    """Leads of two territories go to the reps of each, though both are in as many of them."""
    team = Roster([Rep("ada", territories={"north"}), Rep("bob", territories={"south"})])
    places = [Territory("north", countries={"DE"}), Territory("south", countries={"IT"})]
    router = Router(rules=[Rule("all", in_territory=True)], territories=places)
    north, south = (
        router.rank(Lead("L-1", country=country), team).best.rep_id for country in ("DE", "IT")
    )
    assert (north, south) == ("ada", "bob")


def test_exclusion_names_the_rep_that_is_asked_about():
    """The reason why a rep was left out is found by id; who can take the lead has none."""
    team = Roster([Rep("ada"), Rep("bob", active=False)])
    ranking = Router(rules=[Rule("all")]).rank(Lead("L-1"), team)
    assert ranking.rejection("bob").reason == "is not active"
    assert ranking.rejection("ada") is None


def test_rules_of_many_leads_are_those_of_each():
    """Matching many leads gives what matching each of them gives."""
    router = Router(rules=[Rule("big", when=LEAD.budget > 5)])
    leads = [Lead("L-1", budget=9), Lead("L-2")]
    assert router.match_each(leads) == [router.match(lead) for lead in leads]
    assert router.match_each(leads) == [router.rules[0], None]


@pytest.mark.parametrize(("open_work", "fits"), [(1, True), (2, False)])
def test_segment_has_room_for_the_whole_lead(open_work, fits):
    """A lead that takes two units needs two of the rep's segment."""
    rule = Rule("big", segment="big", capacity_cost=2)
    counts = Snapshot(used={segment_open_key("ada", "big"): open_work})
    team = Roster([Rep("ada", capacity_by_segment={"big": 3})])
    assert (Router(rules=[rule]).rank(Lead("L-1"), team, snapshot=counts).best is not None) == fits


def test_views_by_source_are_bounded():
    """Caps that ask about many sources are kept for the last ones alone, and answer the same."""
    caps = [Cap(1, "day", source=f"s{number}") for number in range(70)]
    router, team = Router([Rule("all")]), Roster([Rep("ada", caps=caps)])
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    for number in (*range(70), 0):
        lead = Lead("L-1", source=f"s{number}")
        assert router.rank(lead, team, now=at).best.rep_id == "ada"


def test_no_instant_is_needed_where_availability_is_ignored():
    """A full team is asked again without a look at hours, and nothing asks what time it is."""
    rule = Rule("all", fallback={"none_available": ["ignore_availability"]})
    full = Snapshot(open={"ada": 1})
    ranking = Router(rules=[rule]).rank(Lead("L-1"), [Rep("ada", capacity=1)], snapshot=full)
    assert (ranking.outcome, ranking.fallback_step) == (Outcome.NONE_AVAILABLE, "wait")


def test_nobody_has_turn_credits_without_an_instant():
    """The balances of a pool in which none were given are empty, whatever the time."""
    context = routing_context.RoutingContext(Lead("L-1"), (Rep("ada"),), "everyone")
    assert context.balances == {}


def test_graduation_abstains_where_no_deal_has_ended():
    """Nobody has a record to graduate by, so the score has no answer for anybody."""
    context = routing_context.RoutingContext(Lead("L-1"), (Rep("ada"), Rep("bob")), "everyone")
    assert graduation().column(context) == [None, None]
