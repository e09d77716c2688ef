"""The table of answers, row by row: who is told, cool-down, missed offers, and whether the lead comes back."""

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.offers.world import ANYONE, START, also_offered, audit, desk, outcomes

from leadroute import Lead, Pool, Rep, Router, Rule, Status
from leadroute.errors import ConfigError, OfferExpiredError, UnknownFieldError, ValidationError
from leadroute.formats import dump_policy, parse_policy
from leadroute.offers import ANSWERS
from leadroute.offers.events import (
    AnotherChance,
    Declined,
    Offered,
    OfferWithdrawn,
    Paused,
    TimedOut,
    Withdrawn,
)
from leadroute.rules.terms import COOLING, Terms

PAGE = Path(__file__).parents[2] / "docs" / "how_to" / "offers.md"
SECONDS = {"declined": 30, "busy": 60, "unreachable": 5, "timed_out": 10}
COOL = {answer: f"{seconds}s" for answer, seconds in SECONDS.items()}
TEAM = Pool("team", reps={"ada", "bob"}, pause_after_missed=3)


def policy(pool=TEAM, **terms):
    """A policy of one rule whose leads wait when nobody is left."""
    terms = {"accept_within": "5m", "fallback": {"none_eligible": "wait"}, **terms}
    return Router(rules=[Rule("all", pool="team", **terms)], pools=[pool])


def world(*reps, router=None, **terms):
    """A dispatcher whose events wait for delivery."""
    here = desk(*(reps or [Rep("ada")]), router=router or policy(**terms))
    return evolve(here, publish=True)


def answered(here, answer, lead_id="L-1", rep_id="ada"):
    """End the offer of a lead to a rep in one of the ways there are."""
    if answer == "accepted":
        here.accept(lead_id, rep_id)
    elif answer == "withdrawn":
        here.withdraw(lead_id)
    elif answer == "lost_race":
        also_offered(here, lead_id, "bob")
        here.accept(lead_id, "bob")
    elif answer == "timed_out":
        here.clock.advance("5m")
        here.sweep()
    else:
        here.decline(lead_id, rep_id, kind=answer)


def missed_twice(here):
    """Let the rep miss two offers in a row."""
    for number in (1, 2):
        here.submit(Lead(f"missed-{number}"))
        here.clock.advance("5m")
        here.sweep()
        here.clock.advance("1m")
    assert here.snapshot().missed == {"ada": 2}


def told(here, lead_id="L-1"):
    """The events of a lead that wait for delivery, in order."""
    found = []
    while events := [each for each in here.outbox() if each.lead_id == lead_id]:
        found.append(events[0].event)
        here.ack(events[0])
    return found


@pytest.mark.parametrize("answer", ANSWERS)
def test_who_is_told(answer):
    """The event of an answer is delivered, and names those whom the row says."""
    here = world("ada", Rep("bob", schedule="mon-fri 10:00-11:00"))
    if answer not in ("lost_race", "accepted"):
        here = world(Rep("ada", weight=9), Rep("bob"))
    while here.submit(Lead("L-1")).rep_id != "ada":
        pytest.fail("the offer goes to ada first")
    if answer == "accepted":
        also_offered(here, "L-1", "bob")
    answered(here, answer)
    events = told(here)
    row = ANSWERS[answer]
    kinds = {"timed_out": TimedOut, "withdrawn": Withdrawn, "lost_race": OfferWithdrawn}
    named = []
    if "the rep" in row.told:
        (event,) = (each for each in events if isinstance(each, kinds[answer]))
        named.append("the rep")
        assert "ada" in (getattr(event, "rep_id", ""), *getattr(event, "taken_from", ()))
    if "the next rep" in row.told:
        named.append("the next rep")
        assert [each.rep_id for each in events if isinstance(each, Offered)] == ["ada", "bob"]
    if "the other reps with an offer" in row.told:
        named.append("the other reps with an offer")
        assert [each.rep_id for each in events if isinstance(each, OfferWithdrawn)] == ["bob"]
    assert set(named) == set(row.told)


@pytest.mark.parametrize("answer", ANSWERS)
def test_cool_down(answer):
    """A rep gets no offer for the time that the term says for their answer, and a lost race never cools anybody."""
    here = world("ada", "bob", cool_down=COOL)
    here = evolve(here, roster=[Rep("ada")])
    here.submit(Lead("L-1"))
    answered(here, answer)
    waited = SECONDS.get(answer, 0)
    assert (waited > 0) == ANSWERS[answer].cools == (answer in COOLING)
    placed = here.submit(Lead("L-2"))
    if not waited:
        assert placed.rep_id == "ada"
        return
    now = here.clock.now()
    assert here.decision("L-2").pools[0].excluded == {"cooling_down": ("ada",)}
    assert placed.resumes_at == now + timedelta(seconds=waited) == here.next_wakeup()
    here.clock.advance(f"{waited - 1}s")
    here.sweep()
    assert here.placement("L-2").status is Status.WAITING
    here.clock.advance("1s")
    here.sweep()
    assert here.placement("L-2").rep_id == "ada"
    audit(here.store, ["L-1", "L-2"])


@pytest.mark.parametrize("answer", ANSWERS)
def test_nobody_cools_down_by_default(answer):
    """Without the term a rep gets the next lead at once."""
    here = world(Rep("ada"))
    here.submit(Lead("L-1"))
    answered(here, answer)
    assert here.submit(Lead("L-2")).rep_id == "ada"
    assert here.snapshot().cooling == {}


@pytest.mark.parametrize("answer", ANSWERS)
def test_missed_offers(answer):
    """Silence adds to the missed offers, any answer of the rep ends them, and nothing else touches them."""
    here = world(Rep("ada"))
    missed_twice(here)
    here.submit(Lead("L-1"))
    answered(here, answer)
    row = ANSWERS[answer]
    after = here.snapshot().missed.get("ada", 0)
    pauses = [event for event in logged(here) if isinstance(event, Paused)]
    if row.missed == "one more":
        assert [each.missed for each in pauses] == [3]
        assert after == 0
    else:
        assert pauses == []
        assert after == {"none": 0, "as before": 2}[row.missed]


def logged(here, rep_id="ada"):
    """The log of a rep; nothing where none was kept."""
    return here.history(f"rep/{rep_id}") if here.store.events(lead=f"rep/{rep_id}") else ()


@pytest.mark.parametrize("answer", ANSWERS)
def test_the_lead_comes_back_or_not(answer):
    """A lead is offered again to a rep who did not refuse it or miss it, and to nobody else."""
    here = world(Rep("ada"))
    here.submit(Lead("L-1"))
    answered(here, answer)
    if answer == "lost_race":
        here.withdraw("L-1")
    if answer == "accepted":
        here.feedback("L-1", "won")
    if answer in ("accepted", "withdrawn", "lost_race"):
        here.reopen("L-1")
    here.sweep(early=True)
    placed = here.placement("L-1")
    assert (placed.rep_id == "ada") == ANSWERS[answer].comes_back
    if not ANSWERS[answer].comes_back:
        assert outcomes(placed) == {"ada": answer}
        assert here.decision("L-1").pools[0].excluded == {"already_offered": ("ada",)}


def table():
    """The table of answers as the page has it."""
    yield "| Answer | What has happened | Who is told | `cool_down` | Missed in a row | The lead comes back to them |"
    yield "|---|---|---|---|---|---|"
    for name, row in ANSWERS.items():
        cools = "as the term says" if row.cools else "never"
        back = "yes" if row.comes_back else "no"
        cells = f"`{name}`", row.meaning, ", ".join(row.told), cools, row.missed, back
        yield f"| {' | '.join(cells)} |"


def test_the_page_has_the_table():
    """The page on offers shows the very table that the code goes by."""
    assert "\n".join(table()) in PAGE.read_text("utf-8")


@given(
    st.lists(
        st.sampled_from(["accepted", "declined", "busy", "unreachable", "timed_out"]), max_size=9
    )
)
def test_only_silence_counts_and_any_answer_resets(answers):
    """A rep is paused exactly after three offers in a row that ran out."""
    here, streak = world(Rep("ada")), 0
    for number, answer in enumerate(answers):
        if here.submit(Lead(f"L-{number}")).rep_id != "ada":
            assert here.snapshot().paused["ada"].missed == streak == 3
            return
        answered(here, answer, f"L-{number}")
        streak = streak + 1 if answer == "timed_out" else 0
        assert here.snapshot().missed.get("ada", 0) == (streak if streak < 3 else 0)
    assert bool(here.snapshot().paused) == (streak >= 3)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["submit", "declined", "busy", "timed_out", "pause", "resume", "back"]),
            st.sampled_from(["ada", "bob"]),
            st.integers(0, 40),
        ),
        max_size=25,
    )
)
def test_no_offer_to_a_rep_who_is_paused_or_cools_down(steps):
    """Whatever happens in whichever order, every offer finds a rep who rests neither by hand nor by the clock."""
    here = world(Rep("ada"), Rep("bob"), cool_down=COOL, accept_within="45s")
    rests, leads = {"ada": (False, START), "bob": (False, START)}, []
    for name, rep_id, seconds in steps:
        here.clock.advance(f"{seconds}s")
        paused, until = rests[rep_id]
        if name == "submit":
            leads.append(f"L-{len(leads)}")
            here.submit(Lead(leads[-1]))
        elif name in ("pause", "resume", "back"):
            getattr(here, name)(rep_id)
            rests[rep_id] = ({"pause": True, "resume": False}.get(name, paused), until)
        else:
            here.sweep()
            for item in here.worklist(rep_id)[:1]:
                if name != "timed_out":
                    here.decline(item.placement.lead_id, rep_id, kind=name)
        here.sweep()
    for rep_id in rests:
        _check_rests(here, rep_id, leads)
    audit(here.store, leads)


def _check_rests(here, rep_id, leads):
    """No offer to the rep was made between a pause and its end, nor within a cool-down."""
    events = [event for lead_id in leads for event in here.history(lead_id)]
    offers = [e.at for e in events if isinstance(e, Offered) and e.rep_id == rep_id]
    ended = [e for e in events if isinstance(e, Declined | TimedOut) and e.rep_id == rep_id]
    log = logged(here, rep_id)
    backs = [event.at for event in log if event.kind == "rep_back"]
    for event in ended:
        answer = event.answer if isinstance(event, Declined) else "timed_out"
        end = event.at + timedelta(seconds=SECONDS[answer])
        end = min([end, *[at for at in backs if at >= event.at]])
        assert not [at for at in offers if event.at < at < end]
    for event in log:
        if isinstance(event, Paused):
            kinds = ("rep_resumed", "rep_back") if event.missed else ("rep_resumed",)
            ends = [each.at for each in log if each.kind in kinds and each.at >= event.at]
            end = min(ends, default=here.clock.now() + timedelta(1))
            assert not [at for at in offers if event.at < at < end]


def test_a_kind_of_decline_is_kept():
    """How a rep declined stands in the log and in the placement, and is not counted against them."""
    here = world(Rep("ada"))
    here.submit(Lead("L-1"))
    placed = here.decline("L-1", "ada", "in a call", kind="busy")
    assert outcomes(placed) == {"ada": "busy"}
    (event,) = (each for each in here.history("L-1") if isinstance(each, Declined))
    assert (event.answer, event.reason, event.retry_at) == ("busy", "in a call", None)
    assert here.decline("L-1", "ada", kind="busy") == placed


@pytest.mark.parametrize("given_as", ["10m", timedelta(minutes=10), START + timedelta(minutes=10)])
def test_retry_after(given_as):
    """A lead comes back to the rep who said when, at that instant, by sweeps at the wake-up alone."""
    here = desk("ada", router=ANYONE)
    here.submit(Lead("L-1"))
    placed = here.decline("L-1", "ada", kind="busy", retry_after=given_as)
    assert placed.status is Status.WAITING
    assert placed.previous_offers["ada"].retry_at == START + timedelta(minutes=10)
    assert placed.resumes_at == START + timedelta(minutes=10)
    while (wakeup := here.next_wakeup()) < START + timedelta(minutes=10):
        here.clock.set(wakeup)
        here.sweep()
        assert here.placement("L-1").status is Status.WAITING
    here.clock.set(wakeup)
    here.sweep()
    assert here.placement("L-1").rep_id == "ada"
    assert "again" not in here.placement("L-1").clocks


def test_others_are_asked_before_a_rep_comes_back():
    """A rep who may be asked again later does not keep the lead from the next one."""
    here = desk(Rep("ada", weight=2), Rep("bob"))
    assert here.submit(Lead("L-1")).rep_id == "ada"
    assert here.decline("L-1", "ada", retry_after="10m").rep_id == "bob"
    waiting = here.decline("L-1", "bob")
    assert (waiting.status, waiting.reason) == (Status.WAITING, "nobody is available now")
    here.clock.advance("10m")
    here.sweep()
    assert here.placement("L-1").rep_id == "ada"
    assert here.decline("L-1", "ada").status is Status.CATCH_ALL


def test_a_clock_that_brings_nobody_is_set_anew():
    """Where the rep cannot take the lead when they may be asked again, it waits on for the next of them."""
    here = desk(Rep("ada", weight=2), Rep("bob"), router=policy())
    here.submit(Lead("L-1"))
    here.decline("L-1", "ada", retry_after="10m")
    here.decline("L-1", "bob", retry_after="20m")
    here.pause("ada")
    here.clock.advance("10m")
    here.sweep()
    assert here.placement("L-1").clocks == {"again": START + timedelta(minutes=20)}
    here.clock.advance("10m")
    here.sweep()
    assert here.placement("L-1").rep_id == "bob"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "lazy"}, "kind is 'lazy'; write one of declined, busy, unreachable"),
        ({"retry_after": "soon"}, "retry_after 'soon' is not a duration"),
        ({"retry_after": "0s"}, "retry_after is over already at 2026-01-01 09:00:00 UTC"),
        ({"retry_after": START}, "retry_after is over already"),
    ],
)
def test_an_answer_that_cannot_be_kept(more, said):
    """A kind or a time that makes no sense is refused with the remedy, and the offer stays."""
    here = world(Rep("ada"))
    here.submit(Lead("L-1"))
    with pytest.raises(ValidationError) as refused:
        here.decline("L-1", "ada", **more)
    assert said in str(refused.value)
    assert here.placement("L-1").rep_id == "ada"


def test_another_chance():
    """A rep who declined is offered the lead once more, and the catch-all gives it up."""
    here = desk("ada")
    here.submit(Lead("L-1"))
    assert here.decline("L-1", "ada").status is Status.CATCH_ALL
    placed = here.another_chance("L-1", "ada")
    assert (placed.rep_id, placed.status) == ("ada", Status.OFFERED)
    assert outcomes(placed) == {"ada": "another_chance"}
    assert here.another_chance("L-1", "ada") == placed
    assert sum(isinstance(each, AnotherChance) for each in here.history("L-1")) == 1
    assert here.decline("L-1", "ada").previous_offers["ada"].times == 2


def test_another_chance_for_a_lead_in_a_line():
    """A lead that waits is decided again at once, and one that is offered stays where it is."""
    here = world("ada", "bob")
    first = here.submit(Lead("L-1")).rep_id
    other = here.decline("L-1", first).rep_id
    assert here.another_chance("L-1", first).rep_id == other
    assert here.decline("L-1", other).rep_id == first
    waiting = here.decline("L-1", first)
    assert waiting.status is Status.WAITING
    assert here.another_chance("L-1", other).rep_id == other
    with pytest.raises(UnknownFieldError, match="'cy'"):
        here.another_chance("L-1", "cy")


def test_another_chance_for_a_rep_of_long_ago():
    """A rep whose offer has left the placement gets another chance, too, and one who never had an offer does not."""
    reps = [f"r-{number:03}" for number in range(401)]
    here = desk(*reps, router=Router(rules=[Rule("all", fallback={"none_eligible": "wait"})]))
    placed = here.submit(Lead("L-1"))
    first = placed.rep_id
    while placed.earlier_offers == 0:
        placed = here.decline("L-1", placed.rep_id)
    assert first not in placed.previous_offers
    here.another_chance("L-1", first)
    while placed.status is Status.OFFERED:
        last, placed = placed.rep_id, here.decline("L-1", placed.rep_id)
    assert last == first
    assert here.another_chance("L-1", reps[0]).rep_id == reps[0]


def test_the_pool_says_more_than_the_rule_and_the_rule_more_than_the_policy():
    """Of a cool-down each answer is looked up in the pool, then the rule, then the policy."""
    router = parse_policy("""
format = 1
cool_down = "20s"

[[pool]]
name = "team"
reps = ["ada"]
cool_down = { busy = "1m" }

[[rule]]
name = "all"
pool = "team"
cool_down = { declined = "30s", timed_out = "0s" }
""")
    assert parse_policy(dump_policy(router)) == router
    for answer, seconds in {"declined": 30, "busy": 60, "unreachable": 20}.items():
        here = desk(Rep("ada"), router=router)
        here.submit(Lead("L-1"))
        answered(here, answer)
        assert here.snapshot().cooling == {"ada": round((START.timestamp() + seconds) * 1_000_000)}
    here = desk(Rep("ada"), router=router)
    here.submit(Lead("L-1"))
    answered(here, "timed_out")
    assert here.snapshot().cooling == {}


def test_the_number_of_a_rep_wins_over_that_of_the_pool():
    """A rep with a number of their own is paused by it, also without a pool."""
    for rep, router in (
        (Rep("ada", pause_after_missed=1), policy()),
        (Rep("ada", pause_after_missed=1), ANYONE),
    ):
        here = desk(rep, router=router)
        here.submit(Lead("L-1"))
        here.clock.advance("5m")
        here.sweep()
        assert here.snapshot().paused["ada"].missed == 1


def test_a_rep_who_left_is_not_counted():
    """The silence of a rep who is not in the roster any more has no effect, and stops no lead."""
    here = desk(Rep("ada", pause_after_missed=1), Rep("bob"))
    while here.submit(Lead("L-1")).rep_id != "ada":
        pytest.fail("ada comes first")
    left = here.with_roster([Rep("bob")])
    left.clock.advance("5m")
    left.sweep()
    assert left.placement("L-1").rep_id == "bob"
    assert left.snapshot().paused == {}


@pytest.mark.parametrize(
    ("terms", "said"),
    [
        ({"cool_down": {}}, "cool_down: is empty; write"),
        ({"cool_down": {"accepted": "5s"}}, "there is no answer named 'accepted'"),
        ({"cool_down": {"busy": "soon"}}, "cool_down: busy: 'soon' is not a duration"),
        ({"cool_down": "soon"}, "cool_down: 'soon' is not a duration"),
        ({"keep_place": "soon"}, "keep_place: 'soon' is not a duration"),
    ],
)
def test_terms_that_cannot_be_read(terms, said):
    """A term that makes no sense is refused when it is built, with the remedy."""
    for build in (lambda: Rule("all", **terms), lambda: Terms(**terms)):
        with pytest.raises(ConfigError) as refused:
            build()
        assert said in str(refused.value)


@pytest.mark.parametrize("number", [0, -1, 1.5])
def test_a_number_of_missed_offers_is_whole(number):
    """A rep cannot be paused after no missed offer, or after half of one."""
    for build in (
        lambda: Rep("a", pause_after_missed=number),
        lambda: evolve(TEAM, pause_after_missed=number),
    ):
        with pytest.raises(ValidationError, match="pause_after_missed"):
            build()


def test_a_late_answer_does_not_end_the_missed_offers():
    """Who accepts after the end was silent all the same."""
    here = world(Rep("ada"))
    here.submit(Lead("L-1"))
    here.clock.advance("5m")
    with pytest.raises(OfferExpiredError):
        here.accept("L-1", "ada")
    here.sweep()
    assert here.snapshot().missed == {"ada": 1}
