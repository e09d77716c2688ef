"""The names under which things are counted and kept, in one place.

* A key is parts joined by ``/``. A ``/`` or ``%`` inside a part is percent-encoded, so no two things share a key.
* ``placement/<lead>``, ``lead/<lead>``, ``offer/<lead>/<rep>``, ``asked/<lead>/<n>``,
  ``decision/<lead>``, ``credits/<pool>`` and ``turn_credit/...`` are records; everything else here is a counter.
"""

from __future__ import annotations


def key(*named: str) -> str:
    """Parts joined into one key."""
    joined = "/".join(named)
    if "%" not in joined and joined.count("/") == len(named) - 1:  # as nearly every key
        return joined
    return "/".join([part.replace("%", "%25").replace("/", "%2F") for part in named])


def parts(found: str) -> tuple[str, ...]:
    """The parts of a key, as they were before they were joined; the inverse of ``key``."""
    return tuple(part.replace("%2F", "/").replace("%25", "%") for part in found.split("/"))


def placement_key(lead_id: str) -> str:
    """The record of a placement."""
    return key("placement", lead_id)


def lead_key(lead_id: str) -> str:
    """The record that holds the lead itself: the only place with personal data."""
    return key("lead", lead_id)


def offer_key(lead_id: str, rep_id: str) -> str:
    """The record of an open offer, which is found by its rep."""
    return key("offer", lead_id, rep_id)


def asked_key(lead_id: str, number: int) -> str:
    """The record of reps who had an offer long before."""
    return key("asked", lead_id, str(number))


def decision_key(lead_id: str, page: str = "") -> str:
    """The record of the last decision about a lead, or a page of it."""
    return key("decision", lead_id, page) if page else key("decision", lead_id)


def open_key(rep_id: str) -> str:
    """The counter of leads that a rep has open."""
    return key("rep", "open", rep_id)


def segment_open_key(rep_id: str, segment: str) -> str:
    """The counter of open work of a rep in one segment."""
    return key("segment", rep_id, segment)


def is_open_key(found: str) -> bool:
    """Whether this counts open work of a rep, all of it or that of a segment."""
    return found.startswith((open_key(""), "segment/"))


def won_key(rep_id: str) -> str:
    """The counter of deals won."""
    return key("rep", "won", rep_id)


def cap_holder(rep_id: str) -> str:
    """How the counters of a rep's caps begin."""
    return key("cap", rep_id)


def total_holder() -> str:
    """How the counters of caps over all reps begin."""
    return "total"


def is_total_key(found: str) -> bool:
    """Whether this counts leads of all reps."""
    return found.startswith("total/")


def cap_key(rep_id: str, per: str, period: str) -> str:
    """The counter of leads against a cap in one of its periods."""
    return key("cap", rep_id, per, period)


def holder_of(found: str) -> str:
    """The rep of whom a counter counts something."""
    named = parts(found)
    return named[2] if named[0] == "rep" else named[1]


def closed_key(rep_id: str) -> str:
    """The counter of deals ended."""
    return key("rep", "closed", rep_id)


def contact_key(rep_id: str) -> str:
    """The instant of the last contact, in microseconds; only ever raised."""
    return key("rep", "contact", rep_id)


def free_key(rep_id: str) -> str:
    """The instant at which a rep last gave back open work, in microseconds; only ever raised."""
    return key("rep", "free", rep_id)


def last_key(rep_id: str) -> str:
    """The number of the last assignment or standing offer: microseconds, or more where they tie."""
    return key("rep", "last", rep_id)


def given_key(rep_id: str) -> str:
    """The number of the last assignment that stands: accepted, or by hand. Only ever raised."""
    return key("rep", "given", rep_id)


def order_key() -> str:
    """The counter of the largest number that any assignment has had; only ever raised."""
    return "order"


def credits_key(pool: str, more: int | str = 0) -> str:
    """The record of the credits of a pool; many reps or turn credits have further ones."""
    return key("credits", pool, str(more)) if more else key("credits", pool)


def turn_credit_key(pool: str, rep_id: str, reason: str, cause: str) -> str:
    """The record of the turns credited to a rep in a pool for one reason and cause."""
    return key("turn_credit", pool, rep_id, reason, cause)


REP_COUNTERS = (open_key, won_key, closed_key, contact_key, last_key, given_key, free_key)
"""The counters that each rep has, whatever their caps."""


def is_kept_by_rep(found: str) -> bool:
    """Whether this counts something of one rep."""
    return found.startswith(("rep/", "segment/", "cap/"))
