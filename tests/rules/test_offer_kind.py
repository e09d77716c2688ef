"""The kinds of offers: what their text reads as, and what is refused with the remedy."""

from datetime import timedelta

import pytest

from leadroute import Router, Rule
from leadroute.errors import ConfigError
from leadroute.formats.policy_file import dump_policy, parse_policy
from leadroute.rules.offer_kind import BROADCAST, EXCLUSIVE, SUGGEST, OfferKind, offer_kind

TEXTS = ["exclusive", "parallel 3", "parallel 50, one more every 1m30s", "broadcast", "suggest"]


@pytest.mark.parametrize("text", TEXTS)
def test_text_of_a_kind_reads_back(text):
    """What is written is what was said, in a rule and in a policy file."""
    kind = offer_kind(text)
    assert str(kind) == text
    assert offer_kind(kind) == kind
    router = Router(rules=[Rule("all", offer=text)])
    assert router.terms("all").kind == kind
    assert parse_policy(dump_policy(router)) == router


def test_blanks_case_and_words_do_not_matter():
    """A kind is read as people write it."""
    read = offer_kind(" Parallel  3 ,one more every 10 seconds")
    assert read == OfferKind("parallel", 3, timedelta(seconds=10))
    assert (read.first, offer_kind("parallel 3").first) == (1, 3)
    assert [each.most for each in (EXCLUSIVE, BROADCAST, SUGGEST)] == [1, 50, 0]


def test_rule_takes_the_kind_of_its_router():
    """A rule that does not say offers as its router does, and a router exclusively."""
    assert Router(rules=[Rule("all")], offer="parallel 2").terms("all").kind.most == 2
    assert Router(rules=[Rule("all")]).terms("all").kind == EXCLUSIVE
    assert Rule("all").kind == EXCLUSIVE


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("parallel 0", "offer: 'parallel 0' asks nobody; write 'exclusive', 'parallel 3', "),
        ("parallel 1", "'parallel 1' asks one rep at a time; write 'exclusive', or how many"),
        ("parallel 51", "asks more than 50 reps at once; write 'parallel 50' or 'broadcast'"),
        ("parallel 3, one more every 0s", "waits 0s; leave ', one more every 0s' out"),
        ("parallel 3, one more every blue moon", "is not a duration; write it like '90s'"),
        ("all", "is 'all'; write 'exclusive', 'parallel 3', 'parallel 3, one more every 10s', "),
        ("parallel", "is 'parallel'; write 'exclusive'"),
        (3, "is 3; write 'exclusive'"),
    ],
)
def test_bad_kinds_are_refused(given, problem):
    """What nobody can mean is refused with the remedy."""
    with pytest.raises(ConfigError) as caught:
        Rule("all", offer=given)
    assert problem in str(caught.value)


@pytest.mark.parametrize("kind", ["parallel 2", "broadcast", "suggest"])
def test_nobody_accepts_at_once_where_reps_answer(kind):
    """``auto_accept`` is refused beside such offers, also where one comes from the router."""
    told = "auto_accept: cannot stand beside offer = "
    with pytest.raises(ConfigError) as caught:
        Rule("all", offer=kind, auto_accept=True)
    assert str(caught.value).startswith(f"{told}'{kind}', where reps answer; leave one of them out")
    for rule, router in (
        ({"offer": kind}, {"auto_accept": True}),
        ({"auto_accept": True}, {"offer": kind}),
    ):
        with pytest.raises(ConfigError) as caught:
            Router(rules=[Rule("all", **rule)], **router)
        assert str(caught.value).startswith(("rule 'all'." + told, told))
    assert Router(
        rules=[Rule("all", offer=kind, auto_accept=False)], auto_accept=True, offer="exclusive"
    )


def test_auto_accept_is_true_or_false():
    """Anything else is refused."""
    with pytest.raises(ConfigError, match="auto_accept: is 'yes'; write true or false"):
        Rule("all", auto_accept="yes")


@pytest.mark.parametrize(
    ("rule", "router", "problem"),
    [
        (
            {"accept_within": "2m", "remind_before": "2m"},
            {},
            "is 2m, and accept_within is 2m; write a",
        ),
        ({"remind_before": "6m"}, {}, "is 6m, and accept_within is 5m; write a shorter one"),
        ({"accept_within": "1m"}, {"remind_before": "2m"}, "rule 'all'.remind_before: is 2m, and"),
        (
            {"accept_within": {"other": "1m"}, "remind_before": "2m"},
            {},
            "is 2m for 'other', and accept_within is 1m",
        ),
        (
            {"accept_within": "5m", "remind_before": {"other": "9m"}},
            {},
            "is 9m for 'other', and accept_within is 5m; write a shorter one",
        ),
        (
            {"accept_within": "5m", "remind_before": "2m working"},
            {},
            "is 2m working, and accept_within is 5m; write both in working time, or neither",
        ),
        ({"remind_before": "0s"}, {}, "remind_before: is 0s"),
    ],
)
def test_reminders_must_come_before_the_end(rule, router, problem):
    """A reminder as long as the offer, or in other time, is refused when the policy is built."""
    with pytest.raises(ConfigError) as caught:
        Router(rules=[Rule("all", **rule)], **router)
    assert problem in str(caught.value)


def test_reminder_of_one_grade_leaves_the_others_without():
    """A table that names no ``other`` reminds of no other offer."""
    terms = Router(rules=[], accept_within="5m").terms(None)
    assert terms.reminder_of("hot") is None
    text = """format = 1
remind_before = { hot = "1m" }
[[lead_scoring.grade]]
name = "hot"
at_least = 0.9
[[lead_scoring.source]]
source = "demo"
points = 100
[[rule]]
name = "all"
accept_within = "3m working"
"""
    router = parse_policy(text)
    terms = router.terms("all")
    assert str(terms.reminder_of("hot")) == "2m working"
    assert terms.reminder_of("cold") is None
    assert terms.reminder_of(None) is None
    assert parse_policy(dump_policy(router)) == router
