"""The assignment of a lead to a rep by hand, with all that a new owner sets in motion."""

from __future__ import annotations

from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.offers import deadlines, transitions
from leadroute.offers.counts import Books
from leadroute.offers.events import Assigned
from leadroute.offers.placement import Placement
from leadroute.offers.requests import Steps


def assigned_by_hand(
    before: Placement, lead: Lead, rep: Rep, by: str, books: Books
) -> Steps[tuple[Assigned, ...]]:
    """The assignment of a lead, with its score, to a rep; nothing when it is theirs already."""
    router = books.desk.router
    rule = router.match(lead, books.now)
    charges = router.charges(lead, rule, None, books.now)
    assigned = yield from transitions.assignment(before, rep, by, rule, charges, books)
    return tuple([deadlines.assigned(each, before, rule, books) for each in assigned])
