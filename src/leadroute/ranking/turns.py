"""Whose turn it is: exact shares, whatever happens to the team.

The rules of this module:

* Every lead is shared out among the reps who were eligible for it, by weight. Whoever takes it pays one turn. The
  difference is the rep's *credit*; the credits of all who have a weight add up to 0.
* Two counters per rep are all that is kept: ``taken`` (whole turns) and ``excused`` (in parts of a turn, ``UNIT`` to
  the turn). A rep who could not take a lead is excused the share that would have fallen due, so that the credit stays
  where it was: the position is kept and there is no burst of leads on return.
* Counters are only added to, and additions commute: processes need not agree on an order. With everyone eligible
  one lead adds to one counter.
* Joining and a new weight change no credit: a rep enters level with the others. What a leaver was due is shared out
  by weight and taken back if the rep returns, who then finds the credit as it was.
* Weight 0 means never. Weights are exact: 0.1 is one tenth.
* ``deficit`` mode gives the turn to the highest credit: right for eligibility that changes from lead to lead, and
  smooth weighted round robin when it does not. ``strict`` mode is Tijdeman's: with fixed weights and everyone eligible
  no count is ever further than 1 - 1/(2n - 2) turns from its exact share, which is the best possible bound.
* Ties: the heavier weight first, then the id.

Method: R. Tijdeman, "The chairman assignment problem", Discrete Mathematics 32 (1980).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from itertools import pairwise
from math import isfinite, lcm
from typing import Literal, TypeAlias

from attrs import evolve, field, frozen

from leadroute.errors import Fault, InvalidValue, UnknownFieldError

__all__ = [
    "UNIT",
    "Member",
    "Mode",
    "Shift",
    "Turns",
    "align",
    "dues",
    "join",
    "leave",
    "next_turn",
    "order",
    "reweigh",
    "shifts",
    "take",
]

UNIT = (
    232_792_560  # the least common multiple of 1 to 20: shares among up to 20 equal reps are exact
)

Mode: TypeAlias = Literal["deficit", "strict"]
Weight: TypeAlias = int | float | Fraction


def _exact(weight: Weight) -> int | Fraction:
    """The weight as it is written: 0.1 is one tenth, not the nearest binary fraction."""
    if isinstance(weight, bool) or not isinstance(weight, int | float | Fraction):
        raise InvalidValue(
            "Member", "", (Fault("weight", f"is {weight!r}; write a number, 0 or more"),)
        )
    if weight < 0 or not isfinite(weight):
        raise InvalidValue(
            "Member", "", (Fault("weight", f"is {weight}; write a number, 0 or more"),)
        )
    exact = Fraction(repr(weight)) if isinstance(weight, float) else Fraction(weight)
    return exact.numerator if exact.denominator == 1 else exact


@frozen
class Member:
    """One rep's place in a rotation.

    Attributes:
        rep_id: The rep.
        weight: The share of the leads, in proportion to the others; 0 means never.
        taken: Turns taken, ever.
        excused: Turns that need not be taken, in ``UNIT``; below 0 when more are owed.
    """

    rep_id: str
    weight: int | Fraction = field(default=1, converter=_exact)
    taken: int = 0
    excused: int = 0

    @property
    def served(self) -> int:
        """Turns that count as taken, in ``UNIT``."""
        return self.taken * UNIT + self.excused


def _by_id(members: Iterable[Member]) -> tuple[Member, ...]:
    return tuple(sorted(members, key=lambda member: member.rep_id))


@frozen
class Turns:
    """The state of one rotation: its members, in the order of their ids.

    Example:
        >>> team = Turns.of({"ada": 2, "bob": 1})
        >>> for _ in range(4):
        ...     rep_id = next_turn(team)
        ...     team = take(team, rep_id)
        ...     print(rep_id)
        ada
        bob
        ada
        ada
    """

    members: tuple[Member, ...] = field(default=(), converter=_by_id)

    @members.validator
    def _unique(self, _attribute: object, members: tuple[Member, ...]) -> None:
        for one, other in pairwise(members):
            if one.rep_id == other.rep_id:
                raise InvalidValue(
                    "Turns",
                    "",
                    (Fault("members", f"names {one.rep_id!r} twice; name every rep once"),),
                )

    @classmethod
    def of(
        cls,
        weights: Mapping[str, Weight],
        taken: Mapping[str, int] | None = None,
        excused: Mapping[str, int] | None = None,
    ) -> Turns:
        """The rotation that weights and stored counters describe.

        Args:
            weights: The weight of every member.
            taken: Turns taken, by rep; 0 where nothing is stored.
            excused: Turns excused, in ``UNIT``, by rep; 0 where nothing is stored.
        """
        taken, excused = taken or {}, excused or {}
        return cls(
            Member(rep_id, weight, taken.get(rep_id, 0), excused.get(rep_id, 0))
            for rep_id, weight in weights.items()
        )

    def member(self, rep_id: str) -> Member:
        """The member with this id.

        Raises:
            UnknownFieldError: There is none; the message suggests the nearest.
        """
        for member in self.members:
            if member.rep_id == rep_id:
                return member
        raise UnknownFieldError("member", rep_id, [member.rep_id for member in self.members])

    def shares(self) -> list[int]:
        """The weights as whole numbers in the same proportion."""
        scale = lcm(*(member.weight.denominator for member in self.members))
        return [int(member.weight * scale) for member in self.members]


def dues(turns: Turns) -> dict[str, Fraction]:
    """How many turns each member is due: the exact share less the turns that count as taken.

    Returns:
        The credit of every member. Those with a weight add up to 0; without one, it is what returns with the rep.

    Example:
        >>> dues(Turns.of({"ada": 2, "bob": 1}, taken={"ada": 1}))
        {'ada': Fraction(-1, 3), 'bob': Fraction(1, 3)}
    """
    shares = turns.shares()
    whole = sum(shares) or 1
    total = _total(turns)
    return {
        member.rep_id: Fraction(total * share - member.served * whole, whole * UNIT)
        for member, share in zip(turns.members, shares, strict=True)
    }


def _total(turns: Turns) -> int:
    """The turns that count as taken, in ``UNIT``, of all who have a weight."""
    return sum(member.served for member in turns.members if member.weight)


def order(
    turns: Turns,
    eligible: Collection[str] | None = None,
    *,
    mode: Mode = "deficit",
    extra: Mapping[str, int] | None = None,
) -> tuple[str, ...]:
    """The members whose turn it is, first to last.

    Args:
        turns: The rotation.
        eligible: Who may take this lead; ``None`` means everyone.
        mode: ``deficit`` or ``strict``.
        extra: Credit beside the counters, in ``UNIT``, by rep.

    Returns:
        The eligible members with a weight above 0. O(n log n) for n members.

    Example:
        >>> team = Turns.of({"ada": 2, "bob": 1, "cy": 1}, taken={"ada": 1})
        >>> order(team), order(team, {"ada", "cy"})
        (('bob', 'cy', 'ada'), ('cy', 'ada'))
    """
    extra = extra or {}
    shares = turns.shares()
    whole, total = sum(shares), _total(turns)
    able = [
        (member, share)
        for member, share in zip(turns.members, shares, strict=True)
        if share and (eligible is None or member.rep_id in eligible)
    ]
    present = sum(share for _, share in able)
    # What each would be due after this lead, in parts of a turn that are the same for all: exact and whole.
    turn = UNIT * whole * present
    due = {
        member.rep_id: (
            (total * share - (member.served - extra.get(member.rep_id, 0)) * whole) * present
            + UNIT * whole * share
        )
        for member, share in able
    }
    if mode == "deficit":
        key = {member.rep_id: (-due[member.rep_id], -share, 0) for member, share in able}
    else:
        parts = max(2 * len(able) - 2, 1)
        key = {
            member.rep_id: (
                int(due[member.rep_id] * parts < turn),  # the share is not nearly due
                # after so many more leads the share is over, rounded up
                -(
                    (parts * due[member.rep_id] - (parts - 1) * turn)
                    // (parts * UNIT * whole * share)
                ),
                -share,
            )
            for member, share in able
        }
    return tuple(sorted(due, key=key.__getitem__))


def next_turn(
    turns: Turns,
    eligible: Collection[str] | None = None,
    *,
    mode: Mode = "deficit",
    extra: Mapping[str, int] | None = None,
) -> str | None:
    """The first of :func:`order`; ``None`` when nobody is eligible with a weight above 0.

    Example:
        >>> print(next_turn(Turns.of({"ada": 0})))
        None
    """
    return next(iter(order(turns, eligible, mode=mode, extra=extra)), None)


def take(
    turns: Turns,
    rep_id: str,
    eligible: Collection[str] | None = None,
    *,
    covered: int = 0,
    catch_up: Weight | None = None,
) -> Turns:
    """The rotation after ``rep_id`` took a lead.

    Args:
        turns: The rotation before.
        rep_id: Who took it; need not have been first, or eligible. Without a weight, the rep pays and nobody gains.
        eligible: Who could have taken it; the others are excused their share. ``None`` means everyone.
        covered: The part of the turn that a credit pays for, in ``UNIT``.
        catch_up: Up to how many turns of credit a rep who is away may gather; ``None`` gathers nothing, so that the
            position is kept.

    Raises:
        UnknownFieldError: The rep is no member.

    Example:
        Ada is away for one lead and is excused the share that she would have had.

        >>> after = take(Turns.of({"ada": 1, "bob": 1}), "bob", {"bob"})
        >>> dues(after)
        {'ada': Fraction(0, 1), 'bob': Fraction(0, 1)}
    """
    shares = turns.shares()
    in_turn = bool(turns.member(rep_id).weight)
    away = [
        in_turn and eligible is not None and share > 0 and member.rep_id not in eligible
        for member, share in zip(turns.members, shares, strict=True)
    ]
    present = sum(share for share, gone in zip(shares, away, strict=True) if not gone)
    if not present:
        away, present = [False] * len(away), 1
    elif catch_up is not None:
        limit, owed = _exact(catch_up), dues(turns)
        away = [
            gone and owed[member.rep_id] + Fraction(share, present + share) > limit
            for member, share, gone in zip(turns.members, shares, away, strict=True)
        ]
        present = sum(share for share, gone in zip(shares, away, strict=True) if not gone)
    return Turns(
        _turned(
            member,
            int(member.rep_id == rep_id),
            (round(Fraction(UNIT * share, present)) if gone else 0)
            - (covered if member.rep_id == rep_id else 0),
        )
        for member, share, gone in zip(turns.members, shares, away, strict=True)
    )


def _turned(member: Member, taken: int, excused: int) -> Member:
    if not taken and not excused:
        return member
    return evolve(member, taken=member.taken + taken, excused=member.excused + excused)


def reweigh(turns: Turns, rep_id: str, weight: Weight) -> Turns:
    """The rotation with another weight for one member, whose credit stays as it is, like everyone else's.

    Raises:
        UnknownFieldError: The rep is no member.

    Example:
        >>> team = Turns.of({"ada": 1, "bob": 1}, taken={"ada": 3, "bob": 3})
        >>> dues(reweigh(team, "bob", 2))
        {'ada': Fraction(0, 1), 'bob': Fraction(0, 1)}
    """
    old = turns.member(rep_id)
    new = evolve(old, weight=weight)
    credit = dues(turns)[rep_id] * UNIT
    others = [member for member in turns.members if member.weight and member is not old]
    whole = sum(Fraction(member.weight) for member in others)
    served = -credit
    if whole and new.weight:
        served = (
            sum(member.served for member in others) * new.weight - credit * new.weight
        ) / whole - credit
    new = evolve(new, excused=round(served) - new.taken * UNIT)
    return Turns(new if member is old else member for member in turns.members)


def join(turns: Turns, rep_id: str, weight: Weight = 1) -> Turns:
    """The rotation with one member more, level with the others; who had left returns with the credit of that day.

    Raises:
        InvalidValue: The rep is a member already, with a weight above 0.

    Example:
        The newcomer counts as having taken what the others took, share for share: no burst of leads.

        >>> team = join(Turns.of({"ada": 1, "bob": 1}, taken={"ada": 9, "bob": 9}), "cy")
        >>> team.member("cy").excused == 9 * UNIT
        True
    """
    found = [member for member in turns.members if member.rep_id == rep_id]
    if found and found[0].weight:
        problem = f"has {rep_id!r} already; use reweigh() for another weight"
        raise InvalidValue("Turns", "", (Fault("members", problem),))
    if not found:
        turns = Turns((*turns.members, Member(rep_id, 0)))
    return reweigh(turns, rep_id, weight)


def leave(turns: Turns, rep_id: str) -> Turns:
    """The rotation without turns for one member; the record stays, so that leaving and returning gains nothing.

    Raises:
        UnknownFieldError: The rep is no member.
    """
    return reweigh(turns, rep_id, 0)


def align(turns: Turns, weights: Mapping[str, Weight]) -> Turns:
    """The rotation brought to the weights of today: who is new joins, who is missing leaves, the others are reweighed.

    Example:
        >>> team = align(Turns.of({"ada": 1, "bob": 1}), {"bob": 2, "cy": 1})
        >>> [(member.rep_id, member.weight) for member in team.members]
        [('ada', 0), ('bob', 2), ('cy', 1)]
    """
    known = {member.rep_id: member.weight for member in turns.members}
    for rep_id in sorted(weights.keys() - known.keys()):
        turns = join(turns, rep_id, weights[rep_id])
    for rep_id, weight in known.items():
        wanted = _exact(weights.get(rep_id, 0))
        if wanted != weight:
            turns = reweigh(turns, rep_id, wanted)
    return turns


@frozen
class Shift:
    """What to add to one rep's stored counters.

    Attributes:
        rep_id: The rep.
        taken: To add to the turns taken.
        excused: To add to the turns excused, in ``UNIT``.
    """

    rep_id: str
    taken: int
    excused: int


def shifts(before: Turns, after: Turns) -> tuple[Shift, ...]:
    """The additions to the stored counters that lead from one state to the other; they commute with all others.

    Example:
        >>> team = Turns.of({"ada": 1, "bob": 1})
        >>> shifts(team, take(team, "ada"))
        (Shift(rep_id='ada', taken=1, excused=0),)
    """
    known = {member.rep_id: member for member in before.members}
    found = []
    for member in after.members:
        old = known.get(member.rep_id, Member(member.rep_id))
        shift = Shift(member.rep_id, member.taken - old.taken, member.excused - old.excused)
        if shift.taken or shift.excused:
            found.append(shift)
    return tuple(found)
