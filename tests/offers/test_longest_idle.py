"""Who has been free longest comes first: since when is kept whenever open work is given back."""

from datetime import timedelta

import pytest
from tests.offers.world import START, Wrapped, audit, desk

from leadroute import LEAD, REP, Fallback, Lead, Rep, Router, Rule, round_robin
from leadroute.model.duration import to_micros
from leadroute.model.keys import free_key
from leadroute.scorers import longest_idle

MINUTE = timedelta(minutes=1)
REPS = ("ada", "bob", "cy")
NOBODY = Fallback(none_available="catch_all", none_eligible="catch_all")
LEADS = {"ada": "L-ada", "bob": "L-bob", "cy": "L-cy"}
MORE = Rep("desk", capacity=0)  # takes leads by hand alone
TEAM = (*[Rep(rep_id, capacity=1, accounts={rep_id}) for rep_id in REPS], MORE)


def office(*reps, store=None, score=None, **terms):
    """Reps with room for one lead; a lead with an account is for nobody but the rep whose it is."""
    score, theirs = score or longest_idle(), REP.accounts.contains(LEAD.account_id)
    terms |= {"score": score, "accept_within": "1h", "fallback": NOBODY}
    own = Rule("own", when=LEAD.account_id.is_present(), require=theirs, **terms)
    return desk(*(reps or TEAM), router=Router(rules=[own, Rule("all", **terms)]), store=store)


def offered(here, *order):
    """Offer each rep a lead, one minute apart."""
    for rep_id in order:
        assert here.submit(Lead(LEADS[rep_id], account_id=rep_id)).rep_id == rep_id
        here.clock.advance(MINUTE)


def served(here, *lead_ids):
    """Who gets these leads, one after the other."""
    return [here.submit(Lead(lead_id)).rep_id for lead_id in lead_ids]


def minutes(here):
    """Since when each rep is free, in minutes after the start, as decisions read it and as a store has it."""
    kept = here.store.counts(map(free_key, REPS))
    since = dict(here.snapshot().free_since)
    assert {free_key(rep_id): at for rep_id, at in since.items()} == {**kept}
    return {rep_id: (at - to_micros(START)) / 60_000_000 for rep_id, at in since.items()}


def declined(here, lead_id, rep_id):
    """The rep declines the offer."""
    here.decline(lead_id, rep_id)


def taken_by_hand(here, lead_id, _rep_id):
    """An offer ends because somebody else gets the lead by hand."""
    here.assign(lead_id, "desk", by="boss")


def withdrawn(here, lead_id, _rep_id):
    """The lead ends while it is offered."""
    here.withdraw(lead_id)


def forgotten(here, lead_id, _rep_id):
    """The lead is erased while it is offered."""
    here.forget(lead_id)


def accepted(end):
    """The rep accepts the lead first."""

    def ended(here, lead_id, rep_id):
        here.accept(lead_id, rep_id)
        end(here, lead_id)

    return ended


WAYS = {
    "declined": declined,
    "taken by hand": taken_by_hand,
    "withdrawn": withdrawn,
    "forgotten": forgotten,
    "closed": accepted(lambda here, lead_id: here.feedback(lead_id, "won")),
    "released": accepted(lambda here, lead_id: here.release(lead_id)),
    "handed over": accepted(lambda here, lead_id: here.assign(lead_id, "desk", by="boss")),
    "accepted and withdrawn": accepted(lambda here, lead_id: here.withdraw(lead_id)),
    "accepted and forgotten": accepted(lambda here, lead_id: here.forget(lead_id)),
}


@pytest.mark.parametrize("way", WAYS)
def test_who_became_free_first_gets_the_next_lead(way):
    """However work is given back, the order is that in which the reps became free."""
    here = office()
    offered(here, *REPS)
    assert minutes(here) == {}
    for rep_id in ("cy", "ada", "bob"):
        WAYS[way](here, LEADS[rep_id], rep_id)
        here.clock.advance(MINUTE)
    assert minutes(here) == {"cy": 3, "ada": 4, "bob": 5}
    assert served(here, "N-1", "N-2", "N-3") == ["cy", "ada", "bob"]
    audit(here.store, [*LEADS.values(), "N-1", "N-2", "N-3"])


def test_an_offer_that_runs_out_makes_free():
    """Who let an offer run out is free since that was found out."""
    here = office()
    offered(here, "cy", "ada", "bob")
    for minute in (60, 62.5):  # the offers end in the minutes 60, 61 and 62
        here.clock.set(START + minute * MINUTE)
        here.sweep()
    assert minutes(here) == {"cy": 60, "ada": 62.5, "bob": 62.5}
    assert served(here, "N-1", "N-2", "N-3") == ["cy", "ada", "bob"]
    audit(here.store, [*LEADS.values(), "N-1", "N-2", "N-3"])


@pytest.mark.parametrize("release_on", ["accept", "contact"])
def test_work_that_ends_before_the_lead_does(release_on):
    """Where open work ends at acceptance or at the first contact, the rep is free from then on."""
    here = office(release_on=release_on)
    offered(here, *REPS)
    for rep_id in ("bob", "cy", "ada"):
        here.accept(LEADS[rep_id], rep_id)
        if release_on == "contact":
            assert rep_id not in minutes(here)
            here.record_contact(LEADS[rep_id])
        here.clock.advance(MINUTE)
    assert served(here, "N-1", "N-2", "N-3") == ["bob", "cy", "ada"]
    at, expected = minutes(here), {"bob": 3, "cy": 4, "ada": 5}
    for lead_id in LEADS.values():
        here.feedback(lead_id, "won")  # gives back nothing more
    assert at == minutes(here) == expected
    audit(here.store, [*LEADS.values(), "N-1", "N-2", "N-3"])


def test_who_never_became_free_has_been_idle_longest():
    """A rep who gave back nothing so far comes before all who did."""
    here = office()
    offered(here, "ada", "bob")
    for rep_id in ("bob", "ada"):
        here.decline(LEADS[rep_id], rep_id)
        here.clock.advance(MINUTE)
    assert served(here, "N-1", "N-2", "N-3") == ["cy", "bob", "ada"]


def test_a_rep_goes_to_the_end_each_time():
    """With one lead at a time the reps take them in the order in which they end the ones before."""
    here, order = office(), []
    offered(here, *REPS)
    for rep_id, lead_id in LEADS.items():
        here.accept(lead_id, rep_id)
    work = dict(LEADS)
    for number, done in enumerate(["bob", "bob", "ada", "cy", "cy", "bob"]):
        here.clock.advance(MINUTE)
        here.feedback(work[done], "lost")
        work[done] = f"N-{number}"
        order.append(here.submit(Lead(work[done])).rep_id)
        here.accept(work[done], done)
    assert order == ["bob", "bob", "ada", "cy", "cy", "bob"]
    assert minutes(here) == {"ada": 6, "bob": 9, "cy": 8}
    audit(here.store, [*LEADS.values(), *[f"N-{n}" for n in range(6)]])


def test_a_waiting_lead_goes_to_the_rep_who_is_free_longest():
    """A lead of a line is decided by the same instants as a new one."""
    hours = "mon-fri 09:30-17:00"
    reps = [Rep(rep_id, capacity=1, schedule=hours, timezone="UTC") for rep_id in REPS]
    here = desk(*reps, router=Router(rules=[Rule("all", score=longest_idle())]))
    for rep_id, lead_id in LEADS.items():
        here.submit(Lead(lead_id))
        here.assign(lead_id, rep_id, by="boss")
    assert here.submit(Lead("waits")).rep_id is None
    for rep_id in ("cy", "bob", "ada"):
        here.clock.advance(MINUTE)
        here.feedback(LEADS[rep_id], "lost")
    here.clock.advance("27m")
    here.sweep()
    assert here.placement("waits").rep_id == "cy"
    assert served(here, "N-1", "N-2") == ["bob", "ada"]


def test_work_that_goes_on_makes_nobody_free():
    """A rep who gets by hand what was offered to them has given back nothing."""
    here = office()
    offered(here, *REPS)
    for rep_id, lead_id in LEADS.items():
        here.assign(lead_id, rep_id, by="boss")
        here.record_contact(lead_id)
    assert minutes(here) == {}
    audit(here.store, LEADS.values())


def test_the_instant_is_never_lowered():
    """A clock that goes back leaves it, and where it stands still the last lead decides."""
    here = office()
    offered(here, *REPS)
    here.decline("L-cy", "cy")
    here.clock.set(START)
    assert served(here, "N-1") == ["cy"]
    for lead_id, rep_id in [("N-1", "cy"), ("L-bob", "bob"), ("L-ada", "ada")]:
        here.accept(lead_id, rep_id)
        here.feedback(lead_id, "lost")
    assert minutes(here) == {"ada": 0, "bob": 0, "cy": 3}
    here.clock.set(START + 10 * MINUTE)
    assert served(here, "N-2", "N-3", "N-4") == ["ada", "bob", "cy"]
    audit(here.store, [*LEADS.values(), "N-1", "N-2", "N-3", "N-4"])


def test_open_work_of_a_segment_counts():
    """Who has room again in one segment is free since then, whatever else is open."""
    reps = [Rep(rep_id, capacity_by_segment={"demo": 1}) for rep_id in REPS]
    here = office(*reps, segment="demo")
    assert served(here, *LEADS.values(), "full") == [*REPS, "catch_all"]
    here.clock.advance(MINUTE)
    here.decline("L-bob", "bob")
    assert minutes(here) == {"bob": 1}
    audit(here.store, [*LEADS.values(), "full"])


def test_room_in_a_segment_is_given_back_alone():
    """A lead that leaves its segment and stays with the rep makes room there for others."""
    terms = {"score": longest_idle(), "accept_within": "1h"}
    demo = Rule("demo", when=LEAD.source == "demo", segment="demo", **terms)
    ada = Rep("ada", capacity_by_segment={"demo": 1})
    here = desk(ada, router=Router(rules=[demo, Rule("all", **terms)]))
    here.submit(Lead("L-1", source="demo"))
    here.update(Lead("L-1", source="web"))
    assert minutes(here) == {}
    here.clock.advance(MINUTE)
    here.assign("L-1", "ada", by="boss")
    assert minutes(here) == {"ada": 1}
    audit(here.store, ["L-1"])


def test_caps_that_are_given_back_make_nobody_free():
    """A rep whose lead was released before it went to another has been free since the release."""
    here = office(Rep("ada", capacity=1, caps=["5 per day"]), MORE)
    assert served(here, "L-1") == ["ada"]
    here.accept("L-1", "ada")
    here.clock.advance(MINUTE)
    here.release("L-1")
    here.clock.advance(MINUTE)
    here.assign("L-1", "desk", by="boss")
    assert here.store.counts(prefix="cap/") == {}
    assert minutes(here) == {"ada": 1}
    audit(here.store, ["L-1"])


class Listening(Wrapped):
    """A store that remembers which counters it was asked for."""

    def __init__(self):
        super().__init__()
        self.asked = set()

    def counts(self, keys=None, **page):
        keys = None if keys is None else [*keys]
        self.asked.update(keys or ())
        return self.store.counts(keys, **page)


@pytest.mark.parametrize("score", [round_robin(), longest_idle()], ids=str)
def test_the_instants_are_read_where_the_score_asks(score):
    """They are kept under every policy, and read with the other counts where somebody looks at them."""
    store = Listening()
    here = office(*REPS, store=store, score=score)
    here.submit(Lead("L-1"))
    here.decline("L-1", "ada")
    wanted = {*map(free_key, REPS)} if score == longest_idle() else set()
    assert {key for key in store.asked if key.startswith(free_key(""))} == wanted
    assert minutes(here) == {"ada": 0}
