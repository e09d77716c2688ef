"""Territories, distances and caps in a decision: who may, who should, and why."""

from datetime import UTC, datetime

import pytest

from leadroute import Lead, Outcome, Rep, Roster, Router, Rule, Snapshot, Territory
from leadroute.errors import ConfigError, UnknownFieldError, ValidationError
from leadroute.scorers import cap_remaining, distance, territory_match

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
AREAS = [
    Territory("germany", countries={"DE"}, owners={"ada"}, overlays={"bob"}, backups={"cy"}),
    Territory("berlin", postal={"DE:10"}, owners={"eve"}),
    Territory("empty", postal={"DE:101"}),
]
TEAM = Roster([Rep(name) for name in ("ada", "bob", "cy", "dan", "eve")])
BERLIN = Lead("L-1", country="DE", postal_code="10115")
MUNICH = Lead("L-2", country="DE", postal_code="80331")


def reasons(ranking):
    """Why each rep was left out."""
    return {each.rep_id: each.reason for each in ranking.rejections}


def test_only_the_territory_of_the_lead_may_take_it():
    """The most specific territory that has a rep decides; everybody else hears which one that is."""
    router = Router(rules=[Rule("own", in_territory=True)], territories=AREAS)
    ranking = router.rank(BERLIN, TEAM, now=NOON)
    assert [each.rep_id for each in ranking.assignments] == ["eve"]
    assert reasons(ranking)["ada"] == (
        "has no part in the lead's territory 'berlin' (postal code DE:10)"
    )
    ranking = router.rank(MUNICH, TEAM, now=NOON)
    assert [each.rep_id for each in ranking.assignments] == ["ada", "bob", "cy"]


def test_a_lead_without_a_territory_is_nobodys():
    """Where no territory with a rep holds the lead, nobody is eligible, and the reason says so."""
    router = Router(rules=[Rule("own", in_territory=True)], territories=AREAS)
    ranking = router.rank(Lead("L-3", country="US"), TEAM, now=NOON)
    assert ranking.outcome is Outcome.NONE_ELIGIBLE
    assert reasons(ranking)["ada"].startswith("no territory holds US")
    nowhere = reasons(router.rank(Lead("L-4"), TEAM, now=NOON))["ada"]
    assert nowhere == "no territory holds the lead, of which neither country nor region is known"
    none = Router(rules=[Rule("own", in_territory=True)])
    assert none.rank(BERLIN, TEAM, now=NOON).outcome is Outcome.NONE_ELIGIBLE


def test_the_part_in_a_territory_gives_points():
    """Owner before overlay before backup, and a wider territory counts half."""
    router = Router(rules=[Rule("all", score=territory_match())], territories=AREAS)
    found = {each.rep_id: each for each in router.rank(MUNICH, TEAM, now=NOON).assignments}
    points = {name: each.score for name, each in found.items()}
    assert points == {"ada": 1, "bob": 0.75, "cy": 0.5, "dan": 0, "eve": 0}
    assert found["bob"].terms[0].reason == "overlay of germany: country DE"
    assert found["dan"].terms[0].reason == "has no part in germany"
    scores = {each.rep_id: each.score for each in router.rank(BERLIN, TEAM, now=NOON).assignments}
    assert scores == {"eve": 1, "ada": 0.5, "bob": 0.375, "cy": 0.25, "dan": 0}


def test_without_territories_the_places_of_the_rep_count():
    """The scorer falls back to regions and countries where no territory holds the lead."""
    router = Router(rules=[Rule("all", score=territory_match())], territories=AREAS)
    team = Roster([Rep("us", countries={"US"}), Rep("fr", countries={"FR"})])
    scores = router.rank(Lead("L-4", country="US"), team, now=NOON).assignments
    assert [(each.rep_id, each.score) for each in scores] == [("us", 0.5), ("fr", 0)]


def test_work_on_site_has_a_radius():
    """Who lives too far away may not, who lives nearer is preferred, and half a position is none."""
    spot = {"lat": 52.52, "lon": 13.405}
    team = Roster(
        [
            Rep("near", attributes={"lat": 52.4, "lon": 13.05}),
            Rep("here", attributes=spot),
            Rep("far", attributes={"lat": 48.1, "lon": 11.6}),
            Rep("half", attributes={"lat": 52.5}),
        ]
    )
    router = Router(rules=[Rule("site", max_distance_km=80, score=distance(100))])
    ranking = router.rank(Lead("L-1", attributes=spot), team, now=NOON)
    assert [each.rep_id for each in ranking.assignments] == ["here", "near"]
    assert ranking.assignments[1].terms[0].reason == "28 km away"
    assert reasons(ranking) == {
        "far": "is 508 km away; the rule asks for 80 km or less",
        "half": "the distance is not known, as the rep has no lat and lon; the rule asks for 80 km or less",
    }
    unknown = router.rank(Lead("L-2"), team, now=NOON)
    assert (
        reasons(unknown)["here"]
        == "the distance is not known, as the lead has no lat and lon; the rule asks for 80 km or less"
    )


def test_a_soft_cap_is_a_preference():
    """A rep beyond a soft cap may still take a lead, and whoever is below goes first."""
    team = Roster(
        [Rep("a", caps=["4 per day, soft"]), Rep("b", caps=["2 per day, soft"]), Rep("c")]
    )
    used = {"cap/a/day/2026-03-10": 1, "cap/b/day/2026-03-10": 3}
    router = Router(rules=[Rule("all", score=cap_remaining())])
    ranking = router.rank(Lead("L-1"), team, now=NOON, snapshot=Snapshot(used=used))
    found = {each.rep_id: each.terms[0] for each in ranking.assignments}
    assert {name: part.points for name, part in found.items()} == {"a": 0.75, "b": 0, "c": None}
    assert found["a"].reason == "1 used of 4 per day, soft"
    assert found["c"].reason == "no caps"
    nothing = Roster([Rep("z", caps=["0 per day, soft"])])
    assert router.rank(Lead("L-1"), nothing, now=NOON).assignments[0].score == 0


def test_each_limit_is_told_once():
    """A rolling cap has many counters and one reason."""
    team = Roster([Rep("ada", caps=["1 per day, rolling"])])
    (rep,) = team
    used = {bound.key: 1 for bound in rep.bounds(rep.caps[0], NOON)}
    router = Router(rules=[Rule("all")])
    ranking = router.rank(Lead("L-1"), team, now=NOON, snapshot=Snapshot(used=used))
    assert reasons(ranking) == {"ada": "has had 1 of 1 in the last 24 hours"}


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (
            lambda: Rule("a", release_on="never"),
            "release_on is 'never'; write one of outcome, contact",
        ),
        (lambda: Rule("a", capacity_cost=-1), "capacity_cost is -1; write 0 or more"),
        (lambda: Rule("a", in_territory="x"), "territory is 'x'; write true or false"),
        (lambda: Rule("a", max_distance_km=-1), "max_distance_km is -1"),
        (lambda: Router(rules=[], timezone=""), "timezone is empty; write an IANA time zone"),
        (lambda: Router(rules=[], timezone="Mars"), "timezone is 'Mars'"),
        (lambda: Router(rules=[], caps=["5"]), "caps hold one that cannot be read"),
    ],
)
def test_terms_that_cannot_be_are_refused(build, said):
    """A refusal names the term and the remedy."""
    with pytest.raises((ValidationError, ConfigError)) as refused:
        build()
    assert said in str(refused.value)


def test_a_rule_is_found_by_its_name():
    """An unknown name is refused with the nearest."""
    router = Router(rules=[Rule("germany")])
    assert router.rule("germany") is router.rules[0]
    with pytest.raises(UnknownFieldError, match="did you mean 'germany'"):
        router.rule("germny")
