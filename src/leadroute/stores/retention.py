"""What a dispatcher keeps in a store, for how long, and how it is erased."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen

from leadroute.model.validation import FrozenDict


@frozen
class Stored:
    """One kind of thing that is kept.

    Args:
        what: What it holds.
        personal: Whether it may hold personal data of a lead.
        until: How long it stays.
        erased_by: What erases it before.
    """

    what: str
    personal: bool
    until: str
    erased_by: str


_ALWAYS: Final = "for good"
_FORGET: Final = "forget"
_NOBODY: Final = "nothing; it tells nothing of a lead"

STORED: Final[Mapping[str, Stored]] = FrozenDict(
    {
        "lead/": Stored("the lead with all its facts", True, _ALWAYS, _FORGET),
        "decision/": Stored(
            "the last decision: scores, codes, the reasons of the first; in full also the lead",
            True,
            "until trimmed",
            _FORGET,
        ),
        "note/": Stored("what was written with feedback", True, _ALWAYS, _FORGET),
        "placement/": Stored(
            "the id of the lead, its status, reps, times, outcome and value",
            False,
            _ALWAYS,
            "forget, but for the id, the time it came in, the steps and the caps it counts on",
        ),
        "offer/": Stored("a live offer: ids of lead and rep", False, "while it is open", _FORGET),
        "asked/": Stored("ids of reps who had an offer long before", False, _ALWAYS, _FORGET),
        "wait/": Stored("the place of a lead in its line", False, "while it waits", _FORGET),
        "line/": Stored(
            "what the leads of a line have in common, of fields that tell nobody",
            False,
            "while leads wait in it",
            _NOBODY,
        ),
        "dead/": Stored(
            "the id of a lead with a dead letter", False, "until it is delivered", "ack"
        ),
        "rep/": Stored(
            "that a rep is paused, why, until when, and who covers for them",
            False,
            _ALWAYS,
            _NOBODY,
        ),
        "credits/": Stored("turns and credits of reps", False, _ALWAYS, _NOBODY),
        "turn_credit/": Stored(
            "turns given to a rep, with the id of their cause", False, _ALWAYS, _NOBODY
        ),
        "leadroute/": Stored(
            "how many repairs an audit made; that a copy is under way", False, _ALWAYS, _NOBODY
        ),
        "events": Stored(
            "ids of lead and rep, names of the policy, numbers and times",
            False,
            "until trimmed, and acknowledged where they are published",
            "trim",
        ),
        "counters": Stored(
            "numbers by rep, cap and period, line, and the fields that outcomes are counted by",
            False,
            _ALWAYS,
            _NOBODY,
        ),
    }
)
"""What a store holds, by how its key begins; ``events`` and ``counters`` are the log and all counters.

Example:
    >>> [kind for kind, each in STORED.items() if each.personal]
    ['lead/', 'decision/', 'note/']
"""
