"""The names under which things are counted and kept, in one place.

* A key is parts joined by ``/``. A ``/`` or ``%`` inside a part is percent-encoded, so no two things share a key.
* ``placement/<lead>``, ``lead/<lead>``, ``offer/<lead>/<rep>``, ``asked/<lead>/<n>``,
  ``decision/<lead>``, ``note/<lead>/<n>``, ``rep/<rep>``, ``credits/<pool>`` and
  ``turn_credit/...`` are records;
  everything else here is a counter.
"""

from __future__ import annotations

from functools import partial


def key(*named: str) -> str:
    """Parts joined into one key."""
    joined = "/".join(named)
    if "%" not in joined and joined.count("/") == len(named) - 1:  # as nearly every key
        return joined
    return "/".join([part.replace("%", "%25").replace("/", "%2F") for part in named])


def parts(found: str) -> tuple[str, ...]:
    """The parts of a key, as they were before they were joined; the inverse of ``key``."""
    return tuple(part.replace("%2F", "/").replace("%25", "%") for part in found.split("/"))


# Records, by the id of the lead. The lead itself is the only place with personal data.
placement_key = partial(key, "placement")
lead_key = partial(key, "lead")
offer_key = partial(key, "offer")  # and by that of the rep, who is asked for it

rep_key = partial(key, "rep")  # why a rep gets no offer; its log has the same name

# Counters of a rep, by their id.
open_key = partial(key, "rep", "open")  # leads that are open
won_key = partial(key, "rep", "won")  # deals won
closed_key = partial(key, "rep", "closed")  # deals ended
contact_key = partial(key, "rep", "contact")  # the last contact in microseconds; only ever raised
free_key = partial(key, "rep", "free")  # when open work was last given back; only ever raised
last_key = partial(key, "rep", "last")  # the number of the last assignment or standing offer
backlog_key = partial(key, "rep", "backlog")  # the last offer of a waiting lead; only ever raised
unanswered_key = partial(key, "rep", "unanswered")  # offers of waiting leads that are open
claims_holder = partial(key, "claims")  # how the counters of pulled leads begin, by period
lapsed_holder = partial(key, "lapsed")  # and of those that ran out
given_key = partial(key, "rep", "given")  # that of the last assignment that stands; only raised
rest_key = partial(key, "rep", "rest")  # before when there is no offer to them, in microseconds
missed_key = partial(key, "rep", "missed")  # how many offers in a row they have missed
segment_open_key = partial(key, "segment")  # open work in one segment, by its name too
cap_holder = partial(key, "cap")  # how the counters of a rep's caps begin
cap_key = partial(key, "cap")  # leads against a cap, by its period and when that is

# The number of an assignment is its microseconds, or more where they tie.
turn_credit_key = partial(key, "turn_credit")  # turns credited, by pool, rep, reason and cause


def asked_key(lead_id: str, number: int) -> str:
    """The record of reps who had an offer long before."""
    return key("asked", lead_id, str(number))


def decision_key(lead_id: str, page: str = "") -> str:
    """The record of the last decision about a lead, or a page of it."""
    return key("decision", lead_id, page) if page else key("decision", lead_id)


def note_key(lead_id: str, number: int) -> str:
    """The record of a note about a lead, from 1 up."""
    return key("note", lead_id, str(number))


def note_keys(lead_id: str, notes: int) -> list[str]:
    """The records of all notes about a lead."""
    return [note_key(lead_id, number) for number in range(1, notes + 1)]


def is_claims_key(found: str) -> bool:
    """Whether this counts leads that a rep has pulled."""
    return found.startswith("claims/")


def is_open_key(found: str) -> bool:
    """Whether this counts open work of a rep, all of it or that of a segment."""
    return found.startswith((open_key(""), "segment/"))


def total_holder() -> str:
    """How the counters of caps over all reps begin."""
    return "total"


def is_total_key(found: str) -> bool:
    """Whether this counts leads of all reps."""
    return found.startswith("total/")


def holder_of(found: str) -> str:
    """The rep of whom a counter counts something."""
    named = parts(found)
    return named[2] if named[0] == "rep" else named[1]


def order_key() -> str:
    """The counter of the largest number that any assignment has had; only ever raised."""
    return "order"


def resting_key() -> str:
    """The counter of the reps who get no offer; where it is 0, nobody is asked about it."""
    return "resting"


def credits_key(pool: str, more: int | str = 0) -> str:
    """The record of the credits of a pool; many reps or turn credits have further ones."""
    return key("credits", pool, str(more)) if more else key("credits", pool)


REP_COUNTERS = (
    *(open_key, won_key, closed_key, contact_key, last_key, given_key, free_key),
    *(rest_key, missed_key),
)
"""The counters that each rep has, whatever their caps."""


def is_kept_by_rep(found: str) -> bool:
    """Whether this counts something of one rep."""
    return found.startswith(("rep/", "segment/", "cap/"))
