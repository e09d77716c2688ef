"""What is kept of the last decision about a lead: who, why, and why not the others, whatever changes later."""

from datetime import timedelta

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.offers.world import START, desk, team

from leadroute import (
    LEAD,
    REP,
    Factor,
    Fallback,
    Lead,
    Pool,
    Presence,
    Qualification,
    Rep,
    Router,
    Rule,
    Territory,
    free_capacity,
    round_robin,
    skill_match,
)
from leadroute.eligibility import CODES
from leadroute.errors import ConfigError, LeadNotFoundError
from leadroute.model.duration import to_micros
from leadroute.offers.change import MAX_DATA
from leadroute.offers.placement import Status
from leadroute.plain import compact, dumps
from leadroute.ranking.decision_record import decide
from leadroute.scorers import explore, scorer

TEAM = [
    Rep("ada", capacity=2, languages=["de"], skills={"crm": 0.9}),
    Rep("bob", capacity=1, languages=["de", "en"], skills={"crm": 0.4}),
    Rep("cy", capacity=3, languages=["en"], schedule="Mon-Fri 12:00-20:00"),
    Rep("dan", caps="2/day", languages=["de"]),
    Rep("eve", active=False),
    Rep("fay", weight=0),
    Rep("gus", capacity=1, languages=["fr"], schedule="Mon-Fri 09:00-17:00"),
]
SPEAKS = REP.languages.contains(LEAD.language)
SCORES = {
    "turns": round_robin(),
    "skills": skill_match("product") * 2 + free_capacity(),
    "chance": explore(),
}


def policy(score, *, overflow=False):
    """Rules for German and other leads, with qualification, and another pool where wanted."""
    steps = ["pool second", "wait"] if overflow else ["wait"]
    return Router(
        rules=[
            Rule(
                "german",
                when=LEAD.language == "de",
                require=SPEAKS,
                pool="first" if overflow else None,
                score=SCORES[score],
                accept_within="10m",
            ),
            Rule("english", when=LEAD.language == "en", require=SPEAKS, accept_within="10m"),
            Rule("all", when=LEAD.language.is_present(), score=SCORES[score], accept_within="10m"),
        ],
        pools=[Pool("first", reps=["ada", "bob", "eve"]), Pool("second", reps=["cy", "dan"])],
        qualify=Qualification([Factor("budget", LEAD.budget > 5, "nurture")]),
        fallback=Fallback(**dict.fromkeys(("none_eligible", "none_available"), steps)),
    )


def explained(dispatcher, lead):
    """What the policy says of a lead on the counts as they are now."""
    before = dispatcher.placement(lead.id).previous_offers if lead.id in known(dispatcher) else {}
    return dispatcher.router.rank(
        lead,
        dispatcher.roster,
        now=dispatcher.clock.now(),
        snapshot=dispatcher.snapshot(),
        previous_offers={rep_id: each.outcome for rep_id, each in before.items()},
    )


def known(dispatcher):
    """The leads that the store knows."""
    return {placed.lead_id for placed in dispatcher.placements(limit=500)}


def assert_same(decision, ranking):
    """The decision says what the ranking said at that instant: scores, codes, terms and chances."""
    assert decision.outcome == ranking.outcome
    assert (decision.rule, decision.factor, decision.verdict) == (
        ranking.rule,
        ranking.factor,
        ranking.verdict,
    )
    assert (decision.fallback_step, decision.resumes_at) == (
        ranking.fallback_step,
        ranking.resumes_at,
    )
    asked = [ranking, *ranking.other_pools] if ranking.rule is not None else []
    assert [pool.pool for pool in decision.pools] == [each.pool for each in asked]
    for pool, each in zip(decision.pools, asked, strict=True):
        assert pool.scores == {one.rep_id: one.score for one in each.assignments}
        found = {rep_id: code for code, ids in pool.excluded.items() for rep_id in ids}
        assert found == {one.rep_id: one.code for one in each.rejections}
        assert all(pool.reason(rep_id) == CODES[code] for rep_id, code in found.items())
    if ranking.best is None:
        assert (decision.rep_id, decision.terms) == (None, ())
        return
    assert (decision.rep_id, decision.terms) == (ranking.best.rep_id, ranking.best.terms)
    assert decision.reason(ranking.best.rep_id) == ranking.best.reason
    chances = {rep_id: chance for rep_id, chance in ranking.propensities.items() if chance}
    assert (decision.propensities or {ranking.best.rep_id: 1.0}) == chances


LEADS = st.builds(
    dict,
    language=st.sampled_from(["de", "en", "fr", None]),
    product=st.sampled_from(["crm", None]),
    budget=st.sampled_from([3, 9]),
    source=st.sampled_from(["web", None]),
)


@given(
    st.sampled_from(sorted(SCORES)),
    st.booleans(),
    st.booleans(),
    st.lists(st.tuples(LEADS, st.integers(0, 3)), min_size=1, max_size=20),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_decision_is_what_was_said_at_its_instant(score, overflow, away, leads):
    """In every state, after the counts have changed: outcome, scores, codes, terms and chances are those of then."""
    presence = {"dan": Presence("busy", START)} if away else {}
    dispatcher = evolve(desk(*TEAM, router=policy(score, overflow=overflow)), presence=presence)
    expected = {}
    for number, (fields, then) in enumerate(leads):
        lead = Lead(f"L-{number}", **fields)
        ranking = explained(dispatcher, lead)
        placed = dispatcher.submit(lead)
        if not dispatcher.decision(lead.id).behind:
            expected[lead.id] = ranking
        dispatcher.clock.advance("1m")
        if then and placed.status is Status.OFFERED:
            dispatcher.accept(lead.id, placed.rep_id)
            if then > 1:
                dispatcher.record_contact(lead.id)
    for lead_id, ranking in expected.items():
        decision = dispatcher.decision(lead_id)
        assert_same(decision, ranking)
        assert decision.policy_version == dispatcher.router.version
        assert decision.full is None
        assert str(decision)


def test_decision_of_a_decline_knows_who_was_asked():
    """The next decision takes the place of the first, and who declined is left out by its code."""
    dispatcher = desk("ada", "bob")
    first = dispatcher.submit(Lead("L-1"))
    before = dispatcher.decision("L-1")
    dispatcher.clock.advance("1m")
    ranking = explained(dispatcher, Lead("L-1"))
    dispatcher.decline("L-1", first.rep_id)
    after = dispatcher.decision("L-1")
    assert (before.rep_id, after.rep_id) == ("ada", "bob")
    assert after.at - before.at == timedelta(minutes=1)
    assert after.pools[0].excluded == {"already_offered": ("ada",)}
    assert ranking.lead_id == "L-1"


def test_decision_reads_aloud():
    """The text names rep, rule, instant, scores, codes and what happens then."""
    dispatcher = desk(*TEAM, router=policy("skills"))
    dispatcher.submit(Lead("L-1", language="de", product="crm", budget=9))
    assert str(dispatcher.decision("L-1")).splitlines() == [
        "Lead L-1 went to ada (rule 'german'), 2026-01-01 09:00:00 UTC",
        "  1. ada  0.93",
        "       skill_match('product') 0.90 x2: crm at level 0.9",
        "       free_capacity() 1.00: 0 open of 2",
        "  2. bob  0.60",
        "  3. dan  0.33",
        "     eve  inactive: The rep takes no leads at all.",
        "     fay  zero_weight: The rep has weight 0.",
        "     cy, gus  requirement_not_met: The rep does not meet what the rule requires.",
        f"  Policy version {dispatcher.router.version}",
    ]
    decision = dispatcher.decision("L-1")
    assert decision.reason("bob") == "scored 0.60"
    assert decision.reason("cy") == "The rep does not meet what the rule requires."
    assert decision.reason("nobody") == ""


@pytest.mark.parametrize(
    ("lead", "because"),
    [
        (Lead("L-1", budget=3), "  Because disqualified: budget (LEAD.budget > 5) failed"),
        (Lead("L-1", budget=9), "  Because no rule matched"),
        (Lead("L-1", budget=9, language="fi"), "  Because nobody is eligible"),
    ],
)
def test_decision_without_a_rep_says_why(lead, because):
    """Disqualified, without a rule, or with nobody eligible: the reason stands in the text."""
    router = evolve(policy("turns"), rules=policy("turns").rules[:1])
    if lead.language:
        router = Router(rules=[Rule("finnish", require=SPEAKS)])
    dispatcher = desk(*TEAM, router=router)
    dispatcher.submit(lead)
    assert str(dispatcher.decision("L-1")).splitlines()[1].startswith(because[:20])


def test_lead_behind_others_says_so():
    """A lead that joins a line, though a rep could take it, says that others waited before it."""
    dispatcher = desk("ada")
    dispatcher.submit(Lead("L-1"))
    dispatcher.submit(Lead("L-2"))
    hidden = evolve(dispatcher, roster=team("ada", "bob"))
    hidden.submit(Lead("L-3"))
    found = {lead_id: hidden.decision(lead_id) for lead_id in ("L-2", "L-3")}
    assert found["L-2"].rep_id == "bob"
    assert (found["L-3"].rep_id, found["L-3"].behind) == (None, True)
    assert "  Because others waited before it" in str(found["L-3"])
    assert found["L-3"].pools[0].scores == {"bob": 1.0}


@scorer
def broken(_context, _rep):
    """A scorer with a mistake."""
    raise RuntimeError("ann@example.com")


def test_failed_decision_names_the_class_of_its_error():
    """The message may hold personal data, so only the class is kept."""
    dispatcher = desk("ada", router=Router(rules=[Rule("all", score=broken())]))
    dispatcher.submit(Lead("L-1"))
    decision = dispatcher.decision("L-1")
    assert (decision.outcome, decision.error, decision.rule) == (
        "decision_failed",
        "RuntimeError",
        "all",
    )
    assert "  Because the decision failed with RuntimeError" in str(decision)
    assert "ann@example.com" not in dispatcher.store.get(["decision/L-1"])["decision/L-1"].data


def test_large_teams_are_counted_beyond_200():
    """The first 200 are named, the winner among them; of the others there are numbers by code."""
    reps = [Rep(f"r{n:03}", capacity=int(n >= 100)) for n in range(450)]
    last = Rep("z", capacity=5)
    router = Router(rules=[Rule("all", score=free_capacity(units=True))])
    dispatcher = desk(*reps, last, router=router)
    dispatcher.submit(Lead("L-1"))
    decision = dispatcher.decision("L-1")
    pool = decision.pools[0]
    assert (decision.rep_id, len(pool.scores), pool.more) == ("z", 201, 151)
    assert (pool.excluded, pool.excluded_more) == ({}, {"at_capacity": 100})
    assert "  and 151 more" in str(decision)
    assert "     100 more  at_capacity: The rep has no capacity left" in str(decision)
    assert "z  1.00" in str(decision)


def test_compact_is_hardly_more_than_what_it_must_hold():
    """Ids with totals or codes, the terms of the winner and the chances take most of the bytes."""
    reps = [Rep(f"rep-{n:02}", capacity=n % 3, languages=["de"]) for n in range(40)]
    dispatcher = desk(*reps, router=policy("chance"))
    lead = Lead("L-1", language="de", budget=9)
    ranking = explained(dispatcher, lead)
    dispatcher.submit(lead)
    must = {
        "scores": {one.rep_id: one.score for one in ranking.assignments},
        "codes": {one.rep_id: one.code for one in ranking.rejections},
        "terms": [[t.scorer, t.weight, t.points, t.reason] for t in ranking.best.terms],
        "chances": {rep_id: chance for rep_id, chance in ranking.propensities.items() if chance},
    }
    text = dispatcher.store.get(["decision/L-1"])["decision/L-1"].data
    assert len(text) <= 1.2 * len(compact(must))


@scorer
def chatty(_context, _rep):
    """A scorer that says too much."""
    return 1.0, "ä" * 5_000


def test_long_reasons_are_cut():
    """However much scorers say, the decision fits into a document."""
    score = chatty()
    for weight in range(2, 90):
        score = score + chatty() * weight
    dispatcher = desk("ada", router=Router(rules=[Rule("all", score=score)]))
    dispatcher.submit(Lead("L-1"))
    text = dispatcher.store.get(["decision/L-1"])["decision/L-1"].data
    assert len(text.encode()) <= MAX_DATA
    assert dispatcher.decision("L-1").terms == ()
    some = desk("ada", router=Router(rules=[Rule("all", score=chatty())]))
    some.submit(Lead("L-1"))
    assert len(some.decision("L-1").terms[0].reason) == 500


@pytest.mark.parametrize("score", sorted(SCORES))
def test_full_decision_is_made_again(store, score):
    """Later, with other counts: the same record byte for byte, every reason in words, also over several pages."""
    crowd = [Rep(f"r{n:03}", capacity=1, languages=["fr"]) for n in range(700)]
    router = policy(score, overflow=True)
    dispatcher = evolve(desk(*TEAM, *crowd, router=router, store=store), decisions="full")
    rankings = {}
    for number in range(6):
        lead = Lead(f"L-{number}", language=("de", "fr", "en")[number % 3], product="crm", budget=9)
        rankings[lead.id] = decide(
            router,
            lead,
            dispatcher.roster,
            now=dispatcher.clock.now(),
            snapshot=dispatcher.snapshot(),
        )
        dispatcher.submit(lead)
        dispatcher.clock.advance("1m")
    assert len(dispatcher.decision("L-0").pages) > 1
    for lead_id, said in rankings.items():
        found = dispatcher.decision(lead_id)
        if found.behind:
            continue
        again = found.rerun(router)
        assert again.same
        assert dumps(again.after) == dumps(found.full.record)
        # The number of the last assignment is read only where it breaks a tie.
        candidates = [evolve(each, last_assigned=None) for each in said.candidates]
        found_candidates = found.full.record.candidates
        assert [evolve(each, last_assigned=None) for each in found_candidates] == candidates
        assert found.full.record.rejections == said.rejections
        assert str(found) == str(found.full.record)
        for each in (
            *said.rejections,
            *[one for pool in said.other_pools for one in pool.rejections],
        ):
            assert found.reason(each.rep_id)
        if said.candidates:
            first = said.candidates[0]
            assert found.reason(first.rep_id) == "; ".join(map(str, first.terms))


def test_pages_of_the_decision_before_are_dropped(store):
    """No page is left behind, whatever replaces the decision, and however it is kept then."""
    dispatcher = evolve(desk("ada", "bob", "cy", store=store), decisions="full")
    dispatcher.decline("L-1", dispatcher.submit(Lead("L-1")).rep_id)
    pages = dispatcher.decision("L-1").pages
    assert list(store.get([f"decision/L-1/{n}-0" for n in range(3)])) == list(pages)
    compacted = evolve(dispatcher, decisions="compact")
    compacted.decline("L-1", compacted.placement("L-1").rep_id)
    assert store.get(pages) == {}
    with pytest.raises(ConfigError, match="give the dispatcher decisions='full'"):
        compacted.decision("L-1").rerun(compacted.router)


def test_decisions_are_kept_where_wanted(store):
    """With ``none`` nothing is written and nothing found; what was kept before keeps its own instant."""
    dispatcher = evolve(desk("ada", "bob", store=store), decisions="none")
    dispatcher.submit(Lead("L-1"))
    assert dispatcher.decision("L-1") is None
    kept = evolve(dispatcher, decisions="compact")
    kept.submit(Lead("L-2"))
    kept.clock.advance("1m")
    dispatcher.decline("L-2", dispatcher.placement("L-2").rep_id)
    assert dispatcher.decision("L-2").at == START
    assert kept.submit(Lead("mine"), to="ada").owner == "ada"
    assert kept.decision("mine") is None


def test_decisions_are_trimmed_with_the_log(store):
    """What is older goes, at most so much at once; the placement stays, and no sweep sees the record."""
    dispatcher = evolve(desk(Rep("ada"), store=store), decisions="full")
    for number in range(5):
        dispatcher.accept(f"L-{number}", dispatcher.submit(Lead(f"L-{number}")).rep_id)
        dispatcher.clock.advance("1h")
    assert dispatcher.next_wakeup() is None
    assert dispatcher.sweep().errors == ()
    before = START + timedelta(hours=3)
    found = []
    while forgotten := dispatcher.trim(before, limit=2):
        found.append(forgotten)
    assert len(found) > 1
    assert [dispatcher.decision(f"L-{n}") is None for n in range(5)] == [True] * 3 + [False] * 2
    assert min(event.at for event in store.events()) == to_micros(before)
    assert dispatcher.placement("L-0").status is Status.ACCEPTED


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda it: it.decision("L-9"), "no placement for lead 'L-9'"),
        (lambda it: it.trim(START, limit=0), "limit is 0; write how many at most"),
        (lambda it: it.trim(START.replace(tzinfo=None)), "before is a naive datetime"),
        (lambda it: evolve(it, decisions="all"), "decisions is 'all'; write 'compact', 'full'"),
    ],
)
def test_wrong_questions(call, message):
    """Each is refused by name, and nothing changes."""
    with pytest.raises((ConfigError, LeadNotFoundError, TypeError), match=message):
        call(desk("ada"))


def test_decision_without_availability_names_every_pool():
    """A lead that goes to a rep who is off says so, with what each pool said before."""
    late = "Mon-Fri 12:00-20:00"
    router = Router(
        rules=[
            Rule(
                "all",
                pool="day",
                fallback=Fallback(none_available=["pool night", "ignore_availability"]),
            )
        ],
        pools=[Pool("day", reps=["ada"]), Pool("night", reps=["bob"])],
    )
    dispatcher = desk(Rep("ada", schedule=late), Rep("bob", schedule=late), router=router)
    dispatcher.submit(Lead("L-1"))
    assert str(dispatcher.decision("L-1")).splitlines()[:-1] == [
        "Lead L-1 went to ada (rule 'all'), 2026-01-01 09:00:00 UTC",
        "  Though nobody was available",
        "  1. ada  1.00",
        "       round_robin() 1.00: 0 turns taken",
        "  Pool 'day': nobody is available now",
        "     ada  off_hours: The rep's schedule is closed now, or cannot be read.",
        "  Pool 'night': nobody is available now",
        "     bob  off_hours: The rep's schedule is closed now, or cannot be read.",
    ]


def test_full_decision_needs_no_counts():
    """A lead that does not qualify is decided again without any."""
    dispatcher = evolve(desk(*TEAM, router=policy("turns")), decisions="full")
    dispatcher.submit(Lead("L-1", budget=3))
    found = dispatcher.decision("L-1")
    assert found.rerun(dispatcher.router).same
    assert found.reason("ada") == ""


def test_rep_outside_the_territory_is_left_out_by_its_code():
    """Where the rule asks for a part in the territory of the lead, whoever has none is named so."""
    west = Territory("west", regions={"US-CA"}, owners={"ada"})
    router = Router(rules=[Rule("west", in_territory=True)], territories=[west])
    dispatcher = desk("ada", "bob", router=router)
    lead = Lead("L-1", country="US", region="US-CA")
    ranking = explained(dispatcher, lead)
    dispatcher.submit(lead)
    assert_same(dispatcher.decision("L-1"), ranking)
    assert dispatcher.decision("L-1").pools[0].excluded == {"outside_territory": ("bob",)}


def test_team_that_takes_no_leads_at_all():
    """A cap of none over all reps stands in everybody's way for good."""
    router = Router(rules=[Rule("all")], caps=["0/day"])
    dispatcher = desk("ada", "bob", router=router)
    ranking = explained(dispatcher, Lead("L-1"))
    dispatcher.submit(Lead("L-1"))
    assert_same(dispatcher.decision("L-1"), ranking)
    assert dispatcher.decision("L-1").pools[0].excluded == {"cap_reached": ("ada", "bob")}
