"""A change taken apart by kind, so that each kind is one statement, and its guards told in Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

from attrs import frozen

from leadroute.errors import ConflictError
from leadroute.offers.change import (
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Once,
    Put,
    Raise,
    ordered,
)
from leadroute.stores.rows import NEVER

_Op = TypeVar("_Op")

LEAST, MOST = 1 - 2**63, 2**63 - 1


@frozen
class Sum:
    """All additions to one counter: their total, and where the counter may stand before them."""

    key: str
    delta: int
    low: int
    high: int
    parts: tuple[Add, ...]

    @classmethod
    def of(cls, parts: tuple[Add, ...]) -> Sum:
        """Merge the additions to one counter; each must hold in its turn, so all bound what was before."""
        total, low, high = 0, LEAST, MOST
        for part in parts:
            total += part.delta
            least, most = part.bounds
            low, high = max(low, least - total), min(high, most - total)
        if low > high or not LEAST <= total <= MOST:  # it holds nowhere, and fits no column
            total, low, high = 0, MOST, LEAST
        return cls(parts[0].key, total, low, high, parts)

    def refused(self, before: int) -> ConflictError:
        """The refusal of the first addition that a counter does not bear."""
        for part in self.parts:
            least, most = part.bounds
            if not least <= before + part.delta <= most:
                break
            before += part.delta
        return ConflictError("limit", self.key, before)


@frozen
class Parts:
    """The operations of a change by kind, each kind in canonical order."""

    id: str
    dated: int | None
    onces: tuple[Once, ...]
    checks: tuple[Check, ...]
    new: tuple[Put, ...]
    changed: tuple[Put, ...]
    drops: tuple[Drop, ...]
    acks: tuple[Ack, ...]
    defers: tuple[Defer, ...]
    sums: tuple[Sum, ...]
    raises: tuple[tuple[str, int], ...]
    emits: tuple[Emit, ...]

    @property
    def writes(self) -> tuple[Put | Drop, ...]:
        """What is written to records."""
        return self.new + self.changed + self.drops

    @property
    def entries(self) -> list[int]:
        """The entries of the outbox that are settled or put off."""
        return sorted([op.id for op in self.acks] + [op.id for op in self.defers])

    @classmethod
    def of(cls, change: Change) -> Parts:
        """Take a change apart."""
        by_kind: dict[type, list[Any]] = {}
        for op in ordered(change):
            by_kind.setdefault(type(op), []).append(op)

        def kind(of: type[_Op]) -> list[_Op]:
            return by_kind.get(of, [])

        puts, emits = kind(Put), kind(Emit)
        return cls(
            change.id,
            max((op.at for op in emits), default=None),
            tuple(kind(Once)),
            tuple(kind(Check)),
            tuple(op for op in puts if not op.expect),
            tuple(op for op in puts if op.expect),
            tuple(kind(Drop)),
            tuple(kind(Ack)),
            tuple(kind(Defer)),
            tuple(Sum.of(tuple(same)) for same in _by_key(kind(Add))),
            tuple((same[0].key, max(op.to for op in same)) for same in _by_key(kind(Raise))),
            tuple(emits),
        )

    def refused(self, kind: str, key: str, current: int | str | None = None) -> ConflictError:
        """The refusal that a database has told of."""
        if kind == "limit":
            of_key = {each.key: each for each in self.sums}
            return of_key[key].refused(int(current or 0))
        return ConflictError("version" if kind == "log" else kind, key, current)

    def first_refused(
        self,
        onces: Mapping[str, str],
        versions: Mapping[str, int],
        waiting: Container[int],
        counters: Mapping[str, int],
        taken: Mapping[str, Sequence[int]],
    ) -> ConflictError | None:
        """The first operation that does not hold where these things stand; ``None`` when all do.

        Args:
            onces: The values of the once-keys that are taken.
            versions: The records that exist.
            waiting: The outbox.
            counters: Those that are not at 0.
            taken: For each lead the numbers of its log, from the first that is asked for up.
        """
        checked = [(op.key, op.version) for op in self.checks]
        written = sorted((op.key, op.expect) for op in self.writes)
        refusals = chain(
            (
                ConflictError("duplicate", op.key, onces[op.key])
                for op in self.onces
                if op.key in onces
            ),
            (
                ConflictError("version", key, versions.get(key, 0))
                for key, version in (*checked, *written)
                if versions.get(key, 0) != version
            ),
            (ConflictError("gone", str(mark)) for mark in self.entries if mark not in waiting),
            (
                each.refused(counters.get(each.key, 0))
                for each in self.sums
                if not each.low <= counters.get(each.key, 0) <= each.high
            ),
            (
                ConflictError("version", op.lead, max(taken[op.lead]))
                for op in self.emits
                if op.n in taken[op.lead]
            ),
        )
        return next(refusals, None)


def _by_key(ops: Iterable[Any]) -> Iterable[list[Any]]:
    groups: dict[str, list[Any]] = {}
    for op in ops:
        groups.setdefault(op.key, []).append(op)
    return groups.values()


def document(change: Change) -> dict[str, Any]:
    """The change as PostgreSQL is given it, by kinds of operations; what is empty is left out.

    It is built from the operations in one pass, because each offer pays for it.
    """
    rows: dict[str, list[Any]] = {}
    adds: dict[str, list[Add]] = {}
    raises: dict[str, int] = {}
    dated: int | None = None
    for op in change.ops:
        if isinstance(op, Add):
            adds.setdefault(op.key, []).append(op)
        elif isinstance(op, Raise):
            raises[op.key] = max(op.to, raises.get(op.key, op.to))
        else:
            name, told = _TOLD[type(op)](op)
            rows.setdefault(name, []).append(told)
            if isinstance(op, Emit):
                dated = op.at if dated is None else max(dated, op.at)
    if raises:
        # To raise and to add are one statement, but for what is below 0 and what is added to as well.
        up = [key for key, to in raises.items() if to >= 0 and key not in adds]
        rows["up"] = up
        rows["raise"] = [{"k": key, "t": to} for key, to in raises.items() if key not in up]
    sums = (Sum.of(tuple(same)) for same in adds.values())
    rows["add"] = [{"k": each.key, "d": each.delta, "l": each.low, "h": each.high} for each in sums]
    rows["add"] += [{"k": key, "d": raises[key]} for key in rows.get("up", ())]
    if "check" in rows:
        written = {row["k"] for name in ("new", "put", "drop") for row in rows.get(name, ())}
        for row in rows["check"]:
            row["w"] = row["k"] in written
    return {"id": change.id, "at": dated} | {name: found for name, found in rows.items() if found}


def _put(op: Put) -> tuple[str, dict[str, Any]]:
    due = NEVER if op.due is None else op.due
    row = {"k": op.key, "e": op.expect, "s": op.status, "o": op.owner, "d": due, "t": op.data}
    return "put" if op.expect else "new", row


def _emit(op: Emit) -> tuple[str, dict[str, Any]]:
    row = {"l": op.lead, "n": op.n, "y": op.type, "t": op.data, "a": op.at, "d": op.deliver}
    return "emit", row


def _defer(op: Defer) -> tuple[str, dict[str, Any]]:
    return "defer", {"i": op.id, "u": op.until, "n": op.attempts, "r": op.error}


_TOLD: Mapping[type, Callable[[Any], tuple[str, dict[str, Any]]]] = {
    Once: lambda op: ("once", {"k": op.key, "v": op.value, "f": op.fingerprint}),
    Check: lambda op: ("check", {"k": op.key, "v": op.version}),
    Put: _put,
    Drop: lambda op: ("drop", {"k": op.key, "e": op.expect}),
    Ack: lambda op: ("ack", {"i": op.id}),
    Defer: _defer,
    Emit: _emit,
}

as_json: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode
"""A document as text."""
