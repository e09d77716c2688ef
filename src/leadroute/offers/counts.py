"""The counts that a decision reads from a store.

* What is read may be stale; the guards of the commit decide.
* ``Books`` are the counts of one step, from the first read to its change. A record of credits is
  read once in it, changed in it, and written by its change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress
from typing import Any, Final

from attrs import field, frozen

from leadroute.errors import FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    closed_key,
    contact_key,
    given_key,
    last_key,
    open_key,
    order_key,
    parts,
    won_key,
)
from leadroute.model.rep import Presence, Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.track_record import TrackRecords
from leadroute.model.validation import FrozenDict
from leadroute.offers import queries
from leadroute.offers.change import Put
from leadroute.offers.store import Store
from leadroute.offers.turn_credits import PoolCredits
from leadroute.ranking.charges import counters
from leadroute.ranking.decide import Need
from leadroute.ranking.eligibility import check_presence
from leadroute.ranking.router import Router
from leadroute.rules.rule import EVERYONE

_parts = lru_cache(maxsize=100_000)(parts)

_KEYS: Final = FrozenDict(
    {
        "open": open_key,
        "last_assigned": last_key,
        "won": won_key,
        "closed": closed_key,
        "contacted": contact_key,
    }
)
"""The counters of a rep, by their names in ``Snapshot``."""


def _key_of(key: Callable[[str], str]) -> Callable[[Rep], str]:
    return lambda rep: key(rep.id)


_KEY_OF: Final = FrozenDict({name: _key_of(key) for name, key in _KEYS.items()})


def by_rep(given: Mapping[str, Presence]) -> Mapping[str, Presence]:
    """A converter for your presence: the very mapping that you go on changing."""
    if not isinstance(given, Mapping):
        expected = "a mapping such as {'ada': Presence('busy', since)}"
        raise FieldTypeError("presence", f"of type {type(given).__name__}", expected)
    return given


@frozen(eq=False)
class Books:
    """The counts of one step, read when they are needed."""

    store: Store
    router: Router
    now: datetime
    track_records: TrackRecords
    presence: Mapping[str, Presence]
    _credits: dict[str, PoolCredits] = field(factory=dict, init=False)
    _order: list[int] = field(factory=list, init=False)
    _trouble: list[Exception] = field(factory=list, init=False)

    def read(self, need: Need) -> Snapshot:
        """Read the counts of the candidates. O(candidates)."""
        try:
            return self._read(need)
        except Exception as error:
            self._trouble.append(error)
            raise

    @property
    def troubled(self) -> bool:
        """Whether reading failed: then an error is not one of the lead that is decided."""
        return bool(self._trouble)

    def forget(self) -> None:
        """Leave the credits as they are stored: the decision that changed them failed."""
        self._credits.clear()

    def _read(self, need: Need) -> Snapshot:
        # The credits first: a turn that is taken after they were read makes this step conflict, so the
        # number of the last assignment, which is read behind them, is still the last one at the commit.
        credits = None if need.pool is None else self.credits(need.pool)
        crew, limits = need.candidates.crew, need.limits
        wanted = [name for name in _KEYS if name in need.fields]
        if limits.capacity is None and "open" not in need.score:
            wanted.remove("open")
        if self.router.wrap_up and "contacted" not in wanted:
            wanted.append("contacted")
        columns = [crew.column(("counter", name), _KEY_OF[name]) for name in wanted]
        asked = [*chain(*columns), *limits.keys, *[charge.key for charge in need.over_all]]
        asked.append(order_key())
        if "used" in need.score:
            router = self.router
            asked += counters(crew.reps, router.caps, router.zone, self.now)
        found = self.store.counts(asked)
        self._order.append(found.get(order_key(), 0))
        named = dict[str, Any]()
        for name, column in zip(wanted, columns, strict=True):
            values = [*map(found.get, column)]
            named[name] = FrozenDict(compress(zip(crew.ids, values, strict=True), values))
        if credits is not None:
            named["credits"] = FrozenDict({need.pool: credits.credits()})
            if "turns" in need.score:
                named["turns"] = FrozenDict({need.pool: credits.turns()})
            granted = credits.turn_credits(self.now)
            if granted:
                named["turn_credits"] = FrozenDict({need.pool: granted})
        return Snapshot(
            used=FrozenDict(found),
            track_records=self.track_records,
            presence=_present(crew.reps, self.presence) if self.presence else FrozenDict(),
            **named,
        )

    def counts(self, keys: Sequence[str]) -> dict[str, int]:
        """Some counters as they stand."""
        return self.store.counts(keys)

    def credits(self, pool: str) -> PoolCredits:
        """The credits of a pool, with what this step has done to them."""
        if pool not in self._credits:
            self._credits[pool] = PoolCredits(self.store, pool)
        return self._credits[pool]

    def next_order(self) -> int:
        """The number of the next assignment: microseconds since 1970, or one above the largest."""
        so_far = self._order[-1] if self._order else self.counts([order_key()]).get(order_key(), 0)
        return max(to_micros(self.now), so_far + 1)

    def order_without(self, rep_id: str, lead_id: str) -> int:
        """The number of the rep's last assignment but for one lead's offer. O(open offers)."""
        given = given_key(rep_id)
        found = [self.store.counts([given]).get(given, 0)]
        offers = queries.offered(self.store, rep_id)
        found += [offer.order for offer in offers if offer.lead_id != lead_id]
        return max(found)

    def operations(self) -> Iterator[Put]:
        """What writes the credits that this step has changed."""
        for credits in self._credits.values():
            yield from credits.operations()


def counted(
    store: Store,
    roster: Roster,
    router: Router,
    now: datetime,
    track_records: TrackRecords,
    presence: Mapping[str, Presence],
) -> Snapshot:
    """Return the counts of all reps at this instant. O(reps), so it is not for every lead."""
    by_kind: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for counter, count in store.counts(prefix="rep/").items():
        _, kind, rep_id = _parts(counter)
        by_kind[kind][rep_id] = count
    pools = [PoolCredits(store, pool) for pool in (EVERYONE, *[each.name for each in router.pools])]
    caps = counters(roster, router.caps, router.zone, now)
    return Snapshot(
        open=by_kind["open"],
        used=store.counts(caps) if caps else FrozenDict(),
        turns={each.pool: turns for each in pools if (turns := each.turns())},
        credits={each.pool: held for each in pools if (held := each.credits())},
        last_assigned=by_kind["last"],
        won=by_kind["won"],
        closed=by_kind["closed"],
        contacted=by_kind["contact"],
        presence=_present(roster.reps, presence) if presence else FrozenDict(),
        track_records=track_records,
        turn_credits={each.pool: granted for each in pools if (granted := each.turn_credits(now))},
    )


def _present(reps: Sequence[Rep], presence: Mapping[str, Presence]) -> FrozenDict[str, Presence]:
    check_presence(reps, presence)
    found = {rep.id: presence.get(rep.id) for rep in reps}
    return FrozenDict({rep_id: each for rep_id, each in found.items() if each is not None})
