"""The closed vocabulary of what a store can be asked to do, and the order in which it is done.

* A :class:`Change` is a set of guarded operations. A store applies all of them, or raises
  :class:`~leadroute.errors.ConflictError` for the first one whose guard failed and applies none.
* First means first in canonical order: Once < Check < Put and Drop < Ack and Defer < Add < Raise <
  Emit, each by key. It is also the order in which a store takes its locks, so two changes can never
  wait for each other, and the rows that many changes want (the counters) are locked last and
  shortest.
* A guard looks at the latest committed state, never at what was read before.
* A missing record has version 0, and a missing counter stands at 0.
* A change writes each record, once-key, outbox entry and log position at most once. Several Adds on
  one counter are applied one after the other in the order given, each within its own bounds.
* A change holds at least one Once, Put, Drop, Ack, Defer or Emit. They show whether it took effect,
  which matters when the answer to a commit is lost; a Check, an Add and a Raise show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from attrs import Attribute, field, frozen

from leadroute.errors import FieldError, ValidationError

MAX_KEY = 190
"""The longest key, in characters: what an index of every supported database can hold."""

MAX_DATA = 65_536
"""The longest data text, in bytes of UTF-8."""

ONCE = "once/"
"""What is put before a once-key to read it back: ``store.get(["once/submit:web:17"])``."""

_BIG = 2**63

_Validator = Callable[[object, "Attribute[Any]", Any], None]


def bytes_beyond_limit(text: str) -> int:
    """The size of a text that is too large for a document, in bytes; 0 when it fits."""
    size = len(text.encode()) if len(text) * 4 > MAX_DATA else 0
    return size if size > MAX_DATA else 0


def _refuse(value: object, name: str, problem: str) -> ValidationError:
    return ValidationError(type(value).__name__, "", (FieldError(name, problem),))


def _storable(value: object, name: str, text: str) -> None:
    if type(text) is not str:
        raise _refuse(value, name, f"is {type(text).__name__}; write a text")
    if "\0" in text:
        raise _refuse(
            value, name, "holds a NUL character, which databases cannot keep; leave it out"
        )
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise _refuse(value, name, "holds a lone surrogate, which is not a character; leave it out")


def _name(value: object, attribute: Attribute[str], text: str) -> None:
    """A text of at most MAX_KEY characters, possibly empty."""
    if type(text) is str and len(text) <= MAX_KEY and text.isascii() and "\0" not in text:
        return  # nearly every one, without a further call
    _storable(value, attribute.name, text)
    if len(text) > MAX_KEY:
        problem = f"has {len(text)} characters; at most {MAX_KEY} can be kept"
        raise _refuse(value, attribute.name, problem)


def _key(value: object, attribute: Attribute[str], text: str) -> None:
    _name(value, attribute, text)
    if not text:
        raise _refuse(value, attribute.name, "is empty; write 1 to 190 characters")


def _record_key(value: object, attribute: Attribute[str], text: str) -> None:
    _key(value, attribute, text)
    if text.startswith(ONCE):
        problem = f"starts with {ONCE!r}, which is where once-keys are read; choose another prefix"
        raise _refuse(value, attribute.name, problem)


def _data(value: object, attribute: Attribute[str], text: str) -> None:
    _storable(value, attribute.name, text)
    if size := bytes_beyond_limit(text):
        problem = f"is {size} bytes long; at most {MAX_DATA} can be kept, so keep large documents elsewhere"
        raise _refuse(value, attribute.name, problem)


def _integer(low: int, high: int = _BIG - 1) -> _Validator:
    def check(value: object, attribute: Attribute[int], number: int) -> None:
        if type(number) is not int:
            raise _refuse(value, attribute.name, f"is {type(number).__name__}; write an int")
        if not low <= number <= high:
            raise _refuse(value, attribute.name, f"is {number}; write {low} to {high}")

    return check


def _optional(check: _Validator) -> _Validator:
    def when_given(value: object, attribute: Attribute[int | None], number: int | None) -> None:
        if number is not None:
            check(value, attribute, number)

    return when_given


def _flag(value: object, attribute: Attribute[bool], answer: object) -> None:
    if type(answer) is not bool:
        raise _refuse(value, attribute.name, f"is {type(answer).__name__}; write True or False")


_any_integer = _integer(1 - _BIG)
_instant = _integer(1 - _BIG, _BIG - 2)


@frozen
class Once:
    """Do the change only if ``key`` was never used.

    ConflictError ``duplicate`` carries the value kept under it.

    The key is dated by the latest Emit of its change, which is what :meth:`Store.trim` goes by; a
    once-key committed without an event has no date and is kept for ever.

    Args:
        key: The idempotency key.
        value: A short text to keep with it, such as the lead's id.
        fingerprint: A digest of the request, to tell a repeat from another request under the same key.
    """

    key: str = field(validator=_key)
    value: str = field(default="", validator=_data)
    fingerprint: str = field(default="", validator=_name)


@frozen
class Check:
    """Require that the record has exactly this version.

    0 means that it must be absent. ConflictError ``version``.
    """

    key: str = field(validator=_record_key)
    version: int = field(validator=_integer(0))


@frozen
class Put:
    """Write a record if it has version ``expect`` now.

    The new version is ``expect + 1``. ConflictError ``version``.

    Args:
        key: The record.
        data: Its document.
        expect: The version it was read at; 0 creates it.
        status: The line it waits in, for :meth:`Store.find`.
        owner: Whose it is, for :meth:`Store.find`.
        due: The time of the next step, in microseconds; ``None`` is never.
    """

    key: str = field(validator=_record_key)
    data: str = field(validator=_data)
    expect: int = field(validator=_integer(0, _BIG - 2))
    status: str = field(default="", validator=_name)
    owner: str = field(default="", validator=_name)
    due: int | None = field(default=None, validator=_optional(_instant))


@frozen
class Drop:
    """Delete a record if it has version ``expect``.

    The version is 1 or more. ConflictError ``version``.
    """

    key: str = field(validator=_record_key)
    expect: int = field(validator=_integer(1))


@frozen
class Ack:
    """Take a delivered event out of the outbox.

    ConflictError ``gone`` if it is not there.
    """

    id: int = field(validator=_integer(1))


@frozen
class Defer:
    """Try to deliver an event again later.

    ConflictError ``gone`` if it is not in the outbox.

    Args:
        id: The event.
        until: Not before this instant, in microseconds; ``None`` makes it a dead letter, which waits for a person.
        attempts: The number of attempts so far.
        error: The last error, without personal data.
    """

    id: int = field(validator=_integer(1))
    until: int | None = field(validator=_optional(_any_integer))
    attempts: int = field(validator=_integer(0))
    error: str = field(validator=_data)


@frozen
class Add:
    """Add to a counter if the sum stays within its bounds.

    ConflictError ``limit`` carries the counter as it stands.

    Args:
        key: The counter; a missing one stands at 0.
        delta: The number to add; negative to give back.
        lo: The least the sum may be; ``None`` is without bound.
        hi: The most the sum may be; ``None`` is without bound, 0 is none at all.
    """

    key: str = field(validator=_key)
    delta: int = field(validator=_any_integer)
    lo: int | None = field(default=0, validator=_optional(_any_integer))
    hi: int | None = field(default=None, validator=_optional(_any_integer))

    @property
    def bounds(self) -> tuple[int, int]:
        """The lowest and the highest sum.

        Without bounds these are the limits of 64 bits.
        """
        return (1 - _BIG if self.lo is None else self.lo, _BIG - 1 if self.hi is None else self.hi)


@frozen
class Raise:
    """Raise a counter to at least ``to``; it never conflicts.

    Like Add it commutes, so two processes never have to read again because of it. "When was this
    rep last given a lead" is such a number: as a versioned record it would make every two offers to
    one rep conflict.

    Args:
        key: The counter; a missing one stands at 0.
        to: The smallest value afterwards.
    """

    key: str = field(validator=_key)
    to: int = field(validator=_any_integer)


@frozen
class Emit:
    """Append an event to a lead's log and to the outbox.

    ConflictError ``version`` names the lead and carries the last number in its log, if position ``n`` is taken.

    Args:
        lead: Whose log.
        n: The position in it, from 1. The placement's version, so that the log has no gap.
        type: The kind of event.
        data: Its particulars, without personal data.
        at: The time, in microseconds.
        deliver: True when it waits in the outbox until it is acknowledged.
    """

    lead: str = field(validator=_key)
    n: int = field(validator=_integer(1))
    type: str = field(validator=_key)
    data: str = field(validator=_data)
    at: int = field(validator=_any_integer)
    deliver: bool = field(default=True, validator=_flag)


Op = Once | Check | Put | Drop | Ack | Defer | Add | Raise | Emit

_Place = tuple[int, str, int]
_PLACES: dict[type, Callable[..., _Place]] = {
    Once: lambda op: (0, op.key, 0),
    Check: lambda op: (1, op.key, 0),
    Put: lambda op: (2, op.key, 0),
    Drop: lambda op: (2, op.key, 0),
    Ack: lambda op: (3, "", op.id),
    Defer: lambda op: (3, "", op.id),
    Add: lambda op: (4, op.key, 0),
    Raise: lambda op: (5, op.key, 0),
    Emit: lambda op: (6, op.lead, op.n),
}
_SHOWS_NOTHING = frozenset((Check, Add, Raise))
"""What may stand in a change more than once, and leaves nothing by which the change is recognized."""
_WHAT = {
    0: "once-key {1!r}",
    2: "record {1!r}",
    3: "outbox entry {2}",
    6: "log position {1!r} number {2}",
}


def _place(op: Op) -> _Place:
    return _PLACES[type(op)](op)


def _as_tuple(ops: Iterable[Op]) -> tuple[Op, ...]:
    return tuple(ops)


def _operations(change: object, _: Attribute[tuple[Op, ...]], ops: tuple[Op, ...]) -> None:
    seen: set[_Place] = set()
    for op in ops:
        if type(op) not in _PLACES:
            problem = f"hold a {type(op).__name__}; only the operations of this module can be kept"
            raise _refuse(change, "ops", problem)
        if type(op) in _SHOWS_NOTHING:
            continue
        place = _place(op)
        if place in seen:
            what = _WHAT[place[0]].format(*place)
            problem = f"write {what} twice; a change writes each at most once"
            raise _refuse(change, "ops", problem)
        seen.add(place)
    if not seen:
        problem = (
            "show nothing of their change, which cannot be recognized after a lost answer; "
            "add a Once with a key of its own, or a Put, Drop, Emit, Ack or Defer"
        )
        raise _refuse(change, "ops", problem)


@frozen
class Change:
    """Operations that happen together or not at all.

    Args:
        id: Names the change; it is kept with every event, so that a commit whose answer was lost can be recognized.
        ops: The operations, in any order; at least one of them is a Once, Put, Drop, Ack, Defer or Emit.

    Raises:
        ValidationError: Two operations write the same thing, or none shows whether the change took effect.

    Example:
        >>> Change("c-1", (Put("placement/L-1", "{}", expect=0), Add("rep/open/ada", 1, hi=20))).id
        'c-1'
    """

    id: str = field(validator=_key)
    ops: tuple[Op, ...] = field(converter=_as_tuple, validator=_operations)


def ordered(change: Change) -> tuple[Op, ...]:
    """Return the operations of a change in canonical order.

    Those with the same place keep the order given.

    Example:
        >>> [type(op).__name__ for op in ordered(Change("c-1", (Add("a", 1), Once("k"))))]
        ['Once', 'Add']
    """
    return tuple(sorted(change.ops, key=_place))


@frozen
class Record:
    """A record as a store gives it back.

    A once-key reads as a record too: ``get(["once/<key>"])`` has the kept value as ``data``,
    version 1 and the fingerprint.
    """

    key: str
    version: int
    data: str
    status: str = ""
    owner: str = ""
    due: int | None = None
    fingerprint: str = ""


@frozen
class Event:
    """An event of the log, as a store returns it.

    ``id`` rises within one lead and is a page mark, not the order of commits: never use it as a
    cursor of delivery. ``attempts`` is ``None`` for an event that is not in the outbox, because it
    was acknowledged or not to be delivered.
    """

    id: int
    lead: str
    n: int
    type: str
    data: str
    at: int
    change: str
    until: int | None = None
    attempts: int | None = None
    error: str = ""

    @property
    def delivered(self) -> bool:
        """True when the event is not in the outbox."""
        return self.attempts is None

    @property
    def dead(self) -> bool:
        """True when delivery was stopped until a person decides.

        The event stays in the outbox.
        """
        return self.attempts is not None and self.until is None
