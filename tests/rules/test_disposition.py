"""The words of feedback, and what each of them ends."""

import pytest

from leadroute import Disposition, Lead, Rep, Roster, Router, Rule
from leadroute.errors import ConfigError
from leadroute.model.given import Refused
from leadroute.rules.rule import DISPOSITIONS, find_disposition

# Words of feedback as exports of CRMs have them; None where the policy lists none such.
WORDS = {
    "Won": "won",
    "WON": "won",
    " won ": "won",
    "Closed Won": "won",
    "closedwon": "won",
    "CLOSED_WON": "won",
    "Closed-Won": "won",
    "Closed / Won": "won",
    "closed   won": "won",
    "\uff37on": "won",
    "Lost": "lost",
    "LOST": "lost",
    "Closed Lost": "lost",
    "closedlost": "lost",
    "Closed - Lost": "lost",
    "Closed": "closed",
    "CLOSED": "closed",
    "Disqualified": "unqualified",
    "DISQUALIFIED": "unqualified",
    "Unqualified": "unqualified",
    "un-qualified": "unqualified",
    "Duplicate": "duplicate",
    "SPAM": "spam",
    "Spam!": "spam",
    "In Progress": "in progress",
    "IN_PROGRESS": "in progress",
    "in-progress": "in progress",
    "Meeting": "meeting",
    "Closed-Lost to Competition": None,
    "Closed - Converted": None,
    "Not won": None,
    "Wonn": None,
    "Qualified": None,
    "Open - Not Contacted": None,
    "Working - Contacted": None,
    "Nurturing": None,
    "Gewonnen": None,
    "Perdu": None,
    "ganado": None,
    "Выиграно": None,
    "成約": None,
    "no budget, call Jo Doe at 555 1234": None,
}
NAMES = [each.name for each in DISPOSITIONS]


@pytest.mark.parametrize(("said", "meant"), WORDS.items(), ids=repr)
def test_words_of_crm_exports(said, meant):
    """Each is understood, or refused with the nearest word or all of them, and none leaves a lead open by mistake."""
    if meant is not None:
        found = find_disposition(DISPOSITIONS, said)
        assert found.name == meant
        assert found.closes is (meant not in ("in progress", "meeting"))
        assert found.won is (meant == "won")
        return
    with pytest.raises(Refused) as caught:
        find_disposition(DISPOSITIONS, said)
    told = str(caught.value)
    near = [name for name in NAMES if f"did you mean {name!r}?" in told]
    assert near or told.endswith(f"the policy lists {', '.join(NAMES)}")
    assert "555" not in told


def test_the_nearest_word():
    """The nearest is told by a word within, or by its letters."""
    near = {"Closed-Lost to Competition": "lost", "Closed - Converted": "closed", "Wonn": "won"}
    for said, name in near.items():
        with pytest.raises(Refused, match=f"did you mean {name!r}"):
            find_disposition(DISPOSITIONS, said)


REFUSED = [
    (lambda: Disposition(""), "a word of feedback is empty"),
    (lambda: Disposition("--"), "'--' has neither a letter nor a digit"),
    (lambda: Disposition("x" * 81), "a word of feedback has 81 characters"),
    (lambda: Disposition("won", won=True), "'won' wins and does not close"),
    (lambda: Disposition("won", closes="yes"), "closes is 'yes'; write true or false"),
    (lambda: Disposition("won", closes=True, spellings=[5]), "a word of feedback is withheld"),
    (lambda: Router(rules=[], dispositions=[]), "there are no dispositions"),
    (lambda: Router(rules=[], dispositions=["won"]), "dispositions hold a str; write"),
    (
        lambda: Router(
            rules=[], dispositions=[Disposition("sold"), Disposition("won", spellings="SOLD")]
        ),
        "the dispositions 'sold' and 'won' both mean 'SOLD'; give each words of its own",
    ),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=[each[1] for each in REFUSED])
def test_dispositions_that_cannot_be_right(build, message):
    """A word that cannot be told apart, or that contradicts itself, is refused when it is built."""
    with pytest.raises(ConfigError) as caught:
        build()
    assert message in str(caught.value)


def test_a_word_may_be_spelled_twice_for_itself():
    """A spelling that is the name itself in other letters is no second meaning."""
    assert find_disposition((Disposition("won", spellings=["WON"]),), "Won").name == "won"
    router = Router(rules=[Rule("all")], dispositions=[Disposition("done", closes=True)])
    assert router.rank(Lead("L-1"), Roster([Rep("ada")])).best.rep_id == "ada"
