"""Contacts, follow-ups, feedback with notes, and leads that are decided again by the facts of now."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.offers.test_deadlines import at_wakeups, timed
from tests.offers.world import START, audit, desk, team

from leadroute import LEAD, Dispatcher, Lead, MemoryStore, Rep, Router, Rule
from leadroute.conditions import predicate
from leadroute.errors import (
    ConfigError,
    FieldTypeError,
    InvalidTransitionError,
    LeadNotFoundError,
    UnknownFieldError,
    ValidationError,
)
from leadroute.events import Contacted, FeedbackGiven, FollowUpDue, Rerouted, track_records_of
from leadroute.formats import parse_policy
from leadroute.insight import report_on
from leadroute.offers import FeedbackForm, FeedbackNote, FormField
from leadroute.offers.placement import Status
from leadroute.stores import MAX_DATA
from leadroute.testing import ManualClock

FORM = {
    "type": "object",
    "required": ["reason"],
    "properties": {
        "reason": {"type": "string", "enum": ["price", "timing"], "title": "Why"},
        "note": {"type": "string", "maxLength": 20},
        "value": {"type": "number", "minimum": 1},
        "seats": {"type": "integer", "minimum": 1, "maximum": 500},
        "decided": {"type": "boolean"},
    },
}


def owned(*reps, **policy):
    """A dispatcher at which ada owns a lead."""
    router = Router(rules=[Rule("all")], **policy)
    here = Dispatcher(
        router, team(*(reps or ("ada", "bob"))), MemoryStore(), ManualClock(START), publish=True
    )
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    return here


def events(here, kind):
    """The events of one kind in the life of the lead."""
    return [event for event in here.history("L-1") if isinstance(event, kind)]


def test_each_contact_is_an_event():
    """Any rep may record a contact, again and again; the first one is the time of the first contact."""
    here = owned()
    first = here.record_contact("L-1")
    here.clock.advance("1h")
    again = here.record_contact("L-1", rep="bob", channel="phone")
    assert first.contacted_at == again.contacted_at == START
    assert (first.status, again.status, again.owner) == (*[Status.CONTACTED] * 2, "ada")
    assert events(here, Contacted) == [
        Contacted(START, "ada"),
        Contacted(START + timedelta(hours=1), "bob", "phone"),
    ]
    with pytest.raises(UnknownFieldError, match="zoe"):
        here.record_contact("L-1", rep="zoe")
    with pytest.raises(ValidationError, match="channel has 81 characters"):
        here.record_contact("L-1", channel="x" * 81)
    here.feedback("L-1", "won")
    with pytest.raises(InvalidTransitionError, match="it is closed"):
        here.record_contact("L-1")
    audit(here.store, ["L-1"])


def test_contact_with_a_lead_that_nobody_owns():
    """A rep who is named may reach a lead before it is theirs, and it stays where it is."""
    here = desk("ada")
    for lead_id in ("L-0", "L-1"):
        here.submit(Lead(lead_id))
    for lead_id, status in (("L-0", Status.OFFERED), ("L-1", Status.WAITING)):
        placed = here.record_contact(lead_id, rep="ada")
        assert (placed.status, placed.contacted_at) == (status, START)
        with pytest.raises(InvalidTransitionError, match="cannot contact"):
            here.record_contact(lead_id)
    here.accept("L-0", "ada")
    assert here.worklist("ada")[0].action == "report"
    audit(here.store, ["L-0", "L-1"])


def test_contact_frees_capacity_where_the_rule_says_so():
    """With `release_on="contact"` the first contact, by whomever, gives the owner's capacity back."""
    here = desk("ada", Rep("bob"), router=Router(rules=[Rule("all", release_on="contact")]))
    here.submit(Lead("L-1"), to="ada")
    here.record_contact("L-1", rep="bob")
    assert here.snapshot().open == {}
    here.record_contact("L-1")
    audit(here.store, ["L-1"])


def test_outcomes_count_the_first_contact_of_the_owner():
    """A lead counts as reached once, and only when its owner was the first to reach it."""
    here = desk(Rep("ada"), Rep("bob"))
    here = evolve(here, track_outcomes_by=[])
    histories = []
    for number, by in enumerate([(None, "bob", None), ("bob", None), (None,)]):
        lead_id = f"L-{number}"
        here.submit(Lead(lead_id))
        owner = here.placement(lead_id).rep_id
        here.accept(lead_id, owner)
        here.clock.advance("1m")
        for rep in by:
            here.record_contact(lead_id, rep={"bob": "bob" if owner == "ada" else "ada"}.get(rep))
    here.reroute("L-2")
    here.accept("L-2", here.placement("L-2").rep_id)
    here.record_contact("L-2")
    here.feedback("L-2", "lost")
    here.reopen("L-2")
    here.accept("L-2", here.placement("L-2").rep_id)
    here.record_contact("L-2")
    histories = [(None, here.history(f"L-{number}")) for number in range(3)]
    assert track_records_of(histories) == here.tracked()
    assert sum(here.tracked().total(rep).reached for rep in ("ada", "bob")) == 3
    assert sum(rep.contacted for rep in report_on(here.store).reps) == 3


def test_follow_ups_are_due_until_feedback():
    """Each follow-up is an event with its number; any feedback ends them, and so does a new owner."""
    here = timed("ada", "bob", follow_up=["10m", "1d", "7d"])
    here = evolve(here, track_outcomes_by=[])
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    assert here.worklist("ada")[0].action == "contact"
    at_wakeups(here, 2)
    assert events(here, FollowUpDue) == [
        FollowUpDue(START + timedelta(minutes=10), "ada", 1, START + timedelta(minutes=10)),
        FollowUpDue(START + timedelta(days=1), "ada", 2, START + timedelta(days=1)),
    ]
    item = here.worklist("ada")[0]
    assert (item.action, item.due) == ("follow_up", START + timedelta(minutes=10))
    assert here.tracked().total("ada").unanswered == 2
    here.feedback("L-1", "meeting")
    assert here.worklist("ada")[0].action == "contact"
    assert here.next_wakeup() is None
    here.assign("L-1", "bob", by="lena")
    assert [*here.placement("L-1").clocks] == ["follow_up/1", "follow_up/2", "follow_up/3"]
    # The new owner may say the same, and has answered by it.
    here.feedback("L-1", "meeting")
    assert here.next_wakeup() is None
    assert len(events(here, FeedbackGiven)) == 2
    audit(here.store, ["L-1"])


def test_follow_up_in_working_time():
    """A follow-up may be due in the working hours of the owner."""
    here = timed(Rep("ada", schedule="mon-fri 09:00-17:00", timezone="UTC"), follow_up="9h working")
    here.submit(Lead("L-1"))
    placed = here.accept("L-1", "ada")
    assert placed.clocks["follow_up/1"] == START + timedelta(days=1, hours=1)


def test_feedback_is_checked_against_the_form():
    """Every field at fault is named, with the remedy and without the text; nothing is stored."""
    here = owned(feedback=FORM)
    before = here.placement("L-1")
    cases = [
        ({}, "reason is missing, and the form requires it"),
        ({"reason": "color"}, "reason is none of price, timing; write one of them"),
        ({"value": 0}, "value is 0.0; write 1 or more"),
        ({"fields": {"seats": 501}}, "seats is 501; write 500 or less"),
        ({"fields": {"seats": 1.5}}, "seats is 1.5; write a whole number"),
        ({"fields": {"seats": float("inf")}}, "seats is no finite number"),
        ({"fields": {"seats": True}}, "seats is of type bool; write a number"),
        ({"fields": {"decided": "yes"}}, "decided is of type str; write true or false"),
        ({"fields": {"seat": 5}}, "seat is not on the form; write 'seats'"),
        ({"fields": {"note": "x"}}, "note is an argument of feedback; give it there"),
        ({"note": "x" * 21}, "note has 21 characters; write at most 20"),
    ]
    for given, message in cases:
        with pytest.raises(ValidationError) as refused:
            here.feedback("L-1", "meeting", **given)
        assert message in str(refused.value)
        assert "x" * 21 not in str(refused.value)
    with pytest.raises(FieldTypeError, match="fields"):
        here.feedback("L-1", "meeting", reason="price", fields=[])
    with pytest.raises(ValidationError, match="status is empty"):
        here.feedback("L-1", "")
    assert here.placement("L-1") == before


def test_feedback_without_a_form():
    """Without a form there are value, reason and note, and no other fields."""
    here = owned()
    with pytest.raises(ValidationError, match="seats is not on the form; leave it out, or put it"):
        here.feedback("L-1", "meeting", fields={"seats": 3})
    placed = here.feedback("L-1", "meeting", reason="price", value=3, by="lena", note="calls back")
    assert (placed.outcome, placed.outcome_reason, placed.value) == ("meeting", "price", 3)
    given = events(here, FeedbackGiven)[0]
    assert (given.reason, given.by, given.note) == ("price", "lena", 1)


def test_notes_stay_with_the_personal_data():
    """Free text and fields are kept beside the lead, never in the log, and are forgotten with it."""
    here = owned(feedback=FORM)
    secret = "her son is ill"
    here.feedback(
        "L-1", "meeting", reason="price", note=secret, fields={"seats": 3, "decided": None}
    )
    here.clock.advance("1m")
    here.feedback("L-1", "meeting", reason="timing", fields={"decided": False})
    assert here.notes("L-1") == (
        FeedbackNote(START, "ada", "", "meeting", secret, {"seats": 3}),
        FeedbackNote(START + timedelta(minutes=1), "ada", "", "meeting", "", {"decided": False}),
    )
    log = [event.data for event in here.store.events(lead="L-1")]
    assert not any(secret in text or "seats" in text for text in log)
    assert secret not in str([each.event for each in here.outbox()])
    audit(here.store, ["L-1"])
    here.forget("L-1")
    assert here.notes("L-1") == ()
    assert not any(secret in record.data for record in here.store.find(limit=1_000))
    with pytest.raises(LeadNotFoundError):
        here.notes("L-2")


def test_the_same_feedback_changes_nothing():
    """Feedback that comes twice is one event and one note; another reason or note is news."""
    here = owned()
    given = {"reason": "price", "note": "calls back"}
    first = here.feedback("L-1", "meeting", **given)
    here.clock.advance("1m")
    assert here.feedback("L-1", "meeting", **given) == here.feedback("L-1", "meeting") == first
    assert here.feedback("L-1", "meeting", note="called").notes == 2
    assert here.feedback("L-1", "meeting", reason="timing").steps == first.steps + 2
    closed = here.feedback("L-1", "won", note="signed")
    assert here.feedback("L-1", "won", note="signed") == closed
    with pytest.raises(InvalidTransitionError, match="it is closed"):
        here.feedback("L-1", "won", note="something else")


def test_first_note_with_feedback_that_was_given_before():
    """A note may be added to what was said without one."""
    here = owned()
    here.feedback("L-1", "meeting")
    assert here.feedback("L-1", "meeting", note="calls back").notes == 1


def test_note_that_is_too_long_is_refused():
    """A note that cannot be kept is refused with its size, and nothing is stored."""
    here = owned(feedback={"properties": {"story": {"type": "string"}}})
    with pytest.raises(ValidationError, match="note has 4097 characters; write at most 4096"):
        here.feedback("L-1", "meeting", note="x" * 4_097)
    with pytest.raises(ValidationError, match=f"at most {MAX_DATA} can be kept, so shorten it"):
        here.feedback("L-1", "meeting", fields={"story": "x" * MAX_DATA})
    assert here.placement("L-1").notes == 0


REFUSED = [
    ([], "is no table; write the form as a JSON Schema of an object"),
    ({"type": "array"}, "a form is of the type 'object'"),
    ({"propertys": {}}, "has 'propertys', which a form does not know; write 'properties'"),
    ({"properties": []}, "properties are no table"),
    ({"properties": {"a": 5}}, "properties.a: is no table"),
    ({"properties": {"a": {}}}, "properties.a: has no type; write one of string"),
    ({"properties": {"a": {"type": "date"}}}, "type is 'date'; write one of string"),
    ({"properties": {"a": {"type": "string", "minLength": 1}}}, "has 'minLength', which a form"),
    ({"properties": {"a": {"type": "string", "minimum": 1}}}, "minimum does not go with the type"),
    ({"properties": {"a": {"type": "number", "minimum": "1"}}}, "minimum is '1'; write a number"),
    (
        {"properties": {"a": {"type": "number", "minimum": 2, "maximum": 1}}},
        "minimum is above maximum; exchange them",
    ),
    ({"properties": {"a": {"type": "string", "maxLength": 0}}}, "maxLength is no whole number"),
    ({"properties": {"a": {"type": "string", "enum": [1]}}}, "enum holds 1, which is of type int"),
    ({"properties": {"a": {"type": "string", "enum": "x"}}}, "'x' stands where a list belongs"),
    ({"properties": {"a": {"type": "string", "title": 1}}}, "title is not text"),
    ({"properties": {"": {"type": "string"}}}, "the name of a field is empty"),
    ({"properties": {"status": {"type": "string"}}}, "'status' is an argument of feedback itself"),
    ({"required": ["a"]}, "requires 'a', which is not on the form; leave it out"),
]


@pytest.mark.parametrize(("form", "message"), REFUSED, ids=[text for _, text in REFUSED])
def test_form_that_cannot_be_is_refused(form, message):
    """A form outside the subset is refused when the policy is built, with the place and the remedy."""
    with pytest.raises(ConfigError) as refused:
        Router(rules=[Rule("all")], feedback=form)
    assert message in str(refused.value)
    assert "feedback" in str(refused.value)


def test_form_in_a_policy_file():
    """A form survives a policy file, and is part of the version of the policy."""
    one = Router(rules=[Rule("all")], feedback=FORM)
    from leadroute import dump_policy

    for kind in ("toml", "json"):
        read = parse_policy(dump_policy(one, format=kind), format=kind)
        assert (read, read.version) == (one, one.version)
    assert one.feedback.schema() == FORM
    fields = {"seats": FormField("integer")}
    assert Router(rules=[], feedback=FeedbackForm(fields)).feedback.properties == fields
    assert one.version != Router(rules=[Rule("all")]).version


def test_update_of_a_lead_that_qualifies_now():
    """A disqualified lead that qualifies later is routed in the same change; another one stays."""
    router = Router(rules=[Rule("all", respond_within="30m")], qualify=LEAD.budget > 10)
    here = desk("ada", router=router)
    here.submit(Lead("L-1", budget=1))
    still = here.update(Lead("L-1", budget=2))
    assert (still.status, [event.kind for event in here.history("L-1")][-1]) == (
        Status.DISQUALIFIED,
        "updated",
    )
    here.clock.advance("1h")
    placed = here.update(Lead("L-1", budget=20))
    assert [event.kind for event in here.history("L-1")][-3:] == ["updated", "reopened", "offered"]
    assert (placed.rep_id, placed.outcome) == ("ada", None)
    assert placed.respond_by == here.clock.now() + timedelta(minutes=30)
    audit(here.store, ["L-1"])


def test_update_of_a_lead_that_cannot_be_judged():
    """A disqualified lead whose qualification raises an error waits, like any other that fails."""

    def asked(lead, _rep, _now):
        if lead.budget is None:
            raise RuntimeError("no answer")
        return lead.budget > 10

    router = Router(rules=[Rule("all")], qualify=predicate("asked"), predicates={"asked": asked})
    here = desk("ada", router=router)
    assert here.submit(Lead("L-1", budget=1)).status is Status.DISQUALIFIED
    placed = here.update(Lead("L-1"))
    assert (placed.status, placed.error) == (Status.WAITING, "RuntimeError")


def test_reroute_of_an_owned_lead():
    """The owner gives a lead up that is rerouted, with its capacity, and may get it again."""
    rules = [Rule("us", when=LEAD.country == "US", require="rep.id == 'bob'"), Rule("all")]
    here = desk(Rep("ada"), "bob", router=Router(rules=rules))
    here.submit(Lead("L-1"))
    here.accept("L-1", "ada")
    assert here.update(Lead("L-1", country="US")).owner == "ada"
    placed = here.reroute("L-1")
    assert (placed.rep_id, placed.owner, placed.previous_offers) == ("bob", None, {})
    assert here.snapshot().open == {"bob": 1}
    assert events(here, Rerouted) == [Rerouted(START, "", ("ada",))]
    here.accept("L-1", "bob")
    here.record_contact("L-1")
    assert here.reroute("L-1").rep_id == "bob"
    audit(here.store, ["L-1"])


def test_reroute_of_an_offered_lead():
    """The offers of a lead that is rerouted end, and the same rep may be asked again."""
    here = desk("ada")
    before = here.submit(Lead("L-1")).offers[0]
    after = here.reroute("L-1").offers[0]
    assert (before.rep_id, after.rep_id) == ("ada", "ada")
    assert before.token != after.token
    assert here.reroute("L-1").rep_id == "ada"
    here.accept("L-1", "ada")
    audit(here.store, ["L-1"])


def test_reroute_of_a_lead_that_nobody_has():
    """A lead that waits, or has ended, cannot be rerouted."""
    here = desk("ada")
    for lead_id in ("L-0", "L-1"):
        here.submit(Lead(lead_id))
    with pytest.raises(InvalidTransitionError, match="cannot reroute lead 'L-1': it is waiting"):
        here.reroute("L-1")
