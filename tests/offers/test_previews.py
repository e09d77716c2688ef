"""A rep sees of a lead that is not theirs what the terms name, and never how to reach it."""

from random import Random

import pytest
from attrs import evolve, fields
from tests.offers.world import START, desk

from leadroute import (
    LEAD,
    REP,
    Lead,
    Rep,
    Router,
    Rule,
    Signal,
    close_rate,
    round_robin,
    skill_match,
)
from leadroute.errors import ConfigError, FieldTypeError, LeadNotFoundError, UnknownFieldError
from leadroute.formats.policy_file import dump_policy, parse_policy
from leadroute.offers import AsyncDispatcher
from leadroute.offers.requests import run
from leadroute.rules.fields import CONTACT, HARMLESS
from leadroute.scorers import named_account, territory_match
from leadroute.stores import AsyncThread, MemoryStore
from leadroute.testing import ManualClock

SHOWN = ["country", "region", "industry", "employees", "role", "postal_code", "lead['plan']"]
VALUES = {
    "name": ("Zoe Quick", "Bo Li"),
    "email": ("zoe@quick.example", "bo@li.example"),
    "phone": ("+49 30 1234567", "555 0100"),
    "company": ("Quick GmbH", "Li Partners"),
    "domain": ("quick.example", "li.example"),
    "account_id": ("acc-77", "acc-78"),
    "country": ("DE", "US"),
    "region": ("DE-BE", "US-CA"),
    "postal_code": ("10115", "94105"),
    "industry": ("retail", "steel"),
    "employees": (3, 4_000),
    "budget": (0, 50_000),
    "role": ("CTO", "buyer"),
    "current_solution": ("paper", "Excel"),
    "owner_id": ("ada", "gone"),
    "source": ("web", "fair"),
}


def made(number):
    """A lead of which each fact is known or not, by lot."""
    lot = Random(number)
    known = {name: lot.choice(each) for name, each in VALUES.items() if lot.random() < 0.7}
    attributes = {"plan": lot.choice(["gold", "tin"]), "mobile": "+49 171 7654321"}
    return Lead(
        f"L-{number}",
        received_at=START,
        signals=[Signal("visit", START, 1)],
        attributes=attributes if lot.random() < 0.7 else {},
        **known,
    )


def contacts(lead):
    """The values by which a lead can be reached, as they may stand in a text."""
    return [str(value) for name in CONTACT if (value := getattr(lead, name)) is not None]


def offering(**terms):
    """A desk whose rule reads what it can of a lead."""
    rule = Rule(
        "all",
        require=LEAD.email.is_missing() | (REP.level >= 1),
        score=skill_match("company") + skill_match("industry") + named_account() + close_rate(),
        **terms,
    )
    reps = [
        Rep("ada", level=1, skills={"Quick GmbH": 0.5, "retail": 1}, accounts={"quick.example"}),
        Rep("bob", skills={"Li Partners": 1}, accounts={"acc-77"}),
    ]
    return evolve(desk(*reps, router=Router(rules=[rule])), decisions="compact")


@pytest.mark.parametrize(("shown", "leads"), [(SHOWN, 1_000), (None, 100)])
def test_offered_lead_shows_what_the_terms_name(shown, leads):
    """Of 1,000 leads every field that is named is shown and no contact field, and all once it is accepted."""
    here = offering(preview=shown)
    named = HARMLESS if shown is None else {*SHOWN}
    for number in range(leads):
        lead = made(number)
        rep_id = here.submit(lead).rep_id
        for seen in (here.preview(lead.id, rep_id), here.preview(lead.id)):
            for each in fields(Lead):
                if each.name in named or each.name == "id":
                    assert getattr(seen, each.name) == getattr(lead, each.name)
                elif each.name != "attributes":
                    assert getattr(seen, each.name) == each.default
            plan = lead.attributes.get("plan") if shown else None
            assert seen.attributes == ({} if plan is None else {"plan": plan})
        here.accept(lead.id, rep_id)
        assert here.preview(lead.id, rep_id) == lead
        assert here.preview(lead.id, "bob" if rep_id == "ada" else "ada") != lead


def test_texts_of_an_offer_hold_no_contact():
    """Neither the placement nor the worklist nor a reason says how to reach a lead that is not accepted."""
    here = offering()
    for number in range(100):
        lead = made(number)
        placed = here.submit(lead)
        decision = here.decision(lead.id)
        told = [str(placed), placed.reason, repr(placed), str(decision), repr(decision)]
        told += [decision.reason(rep.id) for rep in here.roster]
        told += [f"{item} {item!r}" for item in here.worklist(placed.rep_id)]
        told += [str(here.history(lead.id)), repr(here.preview(lead.id))]
        for value in contacts(lead):
            assert not [text for text in told if value in text]


def test_score_of_the_submission_is_shown():
    """The grade helps to decide about an offer and says nothing personal."""
    router = parse_policy("""format = 1
preview = ["country"]
[[lead_scoring.source]]
source = "demo"
points = 100
[[lead_scoring.grade]]
name = "hot"
at_least = 0.9
[[rule]]
name = "all"
""")
    assert parse_policy(dump_policy(router)) == router
    here = desk("ada", router=router)
    here.submit(Lead("L-1", source="demo", country="DE", email="ann@example.com"))
    seen = here.preview("L-1")
    assert (seen.grade, seen.country, seen.source) == ("hot", "DE", None)
    here.accept("L-1", "ada")
    assert here.preview("L-1", "ada").grade == "hot"


def test_rule_may_show_nothing():
    """An empty list leaves the id, and a rule's own list replaces that of the router."""
    router = Router(rules=[Rule("all", preview=[])], preview=[LEAD.country])
    assert router.terms(None).preview == ("country",)
    here = desk("ada", router=router)
    here.submit(Lead("L-1", country="DE"))
    assert here.preview("L-1", "ada") == Lead("L-1")


def test_waiting_lead_is_shown_as_an_offered_one():
    """What nobody owns is shown by the terms of its rule, and what was forgotten not at all."""
    here = desk("ada", router=Router(rules=[Rule("all", preview=["country"])]))
    here.submit(Lead("L-0"))
    here.submit(Lead("L-1", country="DE", industry="retail", phone="555 0100"))
    assert here.preview("L-1") == Lead("L-1", country="DE")
    here.forget("L-1")
    with pytest.raises(LeadNotFoundError):
        here.preview("L-1")
    with pytest.raises(LeadNotFoundError):
        here.preview("L-2")
    with pytest.raises(FieldTypeError):
        here.preview("L-1", 5)


@pytest.mark.parametrize("field", sorted(CONTACT))
def test_contact_fields_are_refused(field):
    """A policy that would show them is refused, with the remedy."""
    for given in (field, f"lead.{field}", getattr(LEAD, field)):
        with pytest.raises(ConfigError) as caught:
            Rule("all", preview=["country", given])
        problem = "tells how to reach the lead, which is shown to its owner alone; leave it out"
        assert str(caught.value) == f"preview: {field} {problem}"


@pytest.mark.parametrize("field", ["contry", "id", "rep['plan']", "rep.level", 5])
def test_unknown_fields_are_refused(field):
    """A name that is no fact of the lead is refused with the nearest one."""
    with pytest.raises(UnknownFieldError) as caught:
        Rule("all", preview=[field])
    assert "lead has no field" in str(caught.value)


@pytest.mark.parametrize("given", ["country", {"country": True}, 5])
def test_preview_is_a_list(given):
    """One name alone may be a mistake for a list of letters."""
    with pytest.raises(ConfigError, match=r"write a list of fields, such as \['country'\]"):
        Rule("all", preview=given)


def test_async_dispatcher_shows_the_same():
    """The call of an async dispatcher gives the same lead."""
    store, router = MemoryStore(), Router(rules=[Rule("all", score=round_robin())])
    here = AsyncDispatcher(router, [Rep("ada")], AsyncThread(store), ManualClock(START))
    desk("ada", router=router, store=store).submit(Lead("L-1", country="DE", email="a@b.example"))
    assert run(here._cases.preview("L-1"), store, None) == Lead("L-1", country="DE")


def test_territories_show_what_they_are_made_of():
    """A reason of a place names the place, which a preview shows by default."""
    rule = Rule("all", score=territory_match())
    here = evolve(
        desk(Rep("ada", regions=["DE-BE"]), router=Router(rules=[rule])), decisions="compact"
    )
    here.submit(Lead("L-1", country="DE", region="DE-BE", postal_code="10115"))
    assert here.decision("L-1").reason("ada").endswith("covers the region DE-BE")
