"""The counts that a decision reads from a store.

* What is read may be stale; the guards of the commit decide.
* ``Books`` are what one step has read, from the first read to its change. A record of credits is
  read once in it, changed in it, and written by its change.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain, compress
from typing import Any, Final

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, FieldTypeError
from leadroute.model.duration import to_micros
from leadroute.model.keys import (
    backlog_key,
    closed_key,
    contact_key,
    credits_key,
    free_key,
    last_key,
    open_key,
    order_key,
    parts,
    rep_key,
    resting_key,
    unanswered_key,
    won_key,
)
from leadroute.model.rep import Presence, Rep, Roster
from leadroute.model.snapshot import COUNTS, Snapshot, TrackRecords
from leadroute.model.validation import FrozenDict
from leadroute.offers import requests
from leadroute.offers.change import Op, Record
from leadroute.offers.lines import Lines, length_key
from leadroute.offers.live_counts import LiveCounts
from leadroute.offers.requests import Steps
from leadroute.offers.rests import RESTING, RepChange, RepState, as_counts, states_of
from leadroute.offers.turn_credits import PoolCredits, more_keys
from leadroute.ranking.decide import Need
from leadroute.ranking.eligibility import check_presence, counters
from leadroute.ranking.router import Router
from leadroute.rules.rule import EVERYONE
from leadroute.rules.terms import Terms

_parts = lru_cache(maxsize=100_000)(parts)

_KEYS: Final = FrozenDict(
    {
        "open": open_key,
        "last_assigned": last_key,
        "won": won_key,
        "closed": closed_key,
        "contacted": contact_key,
        "free_since": free_key,
    }
)
"""The counters of a rep, by their names in ``Snapshot``."""


_WAITING: Final = length_key("")
_LINES: Final = "waiting lines"

OFFER: Final = "offer"
"""The status of the record of an offer."""

OPEN_OFFERS: Final = (OFFER, "offered")
"""The statuses of what is offered; the second is that of a placement of an older release."""


def _key_of(key: Callable[[str], str]) -> Callable[[Rep], str]:
    return lambda rep: key(rep.id)


_KEY_OF: Final = FrozenDict({name: _key_of(key) for name, key in _KEYS.items()})


def by_rep(given: Mapping[str, Presence]) -> Mapping[str, Presence]:
    """A converter for your presence: the very mapping that you go on changing."""
    if not isinstance(given, Mapping):
        expected = "a mapping such as {'ada': Presence('busy', since)}"
        raise FieldTypeError("presence", f"of type {type(given).__name__}", expected)
    return given


def by_version(given: Mapping[str, Router]) -> Mapping[str, Router]:
    """A converter for earlier versions of a policy."""
    if not isinstance(given, Mapping):
        expected = "a mapping such as {router.version: router}"
        raise FieldTypeError("earlier", f"of type {type(given).__name__}", expected)
    for version, router in given.items():
        if not isinstance(router, Router):
            kind = f"of type {type(router).__name__}"
            raise FieldTypeError(f"earlier[{version!r:.40}]", kind, "a Router")
        if version != router.version:
            problem = f"earlier[{version!r:.40}] is a policy of version {router.version!r}"
            raise ConfigError(f"{problem}; write {{router.version: router}}")
    return FrozenDict(given)


@frozen(eq=False)
class Desk:
    """What a decision reads besides the lead and the store.

    Args:
        router: The policy.
        roster: The reps.
        track_records: The results of earlier leads.
        presence: Whether each rep is at work this minute, by rep id.
        tokens: Gives each offer its token.
        publish: Whether events wait for delivery.
        decisions: How much of a decision is kept: ``compact``, ``full`` or ``none``.
        counts: The counters that this process keeps in step; ``None`` reads them for each decision.
        lines: The waiting lines of this policy for these reps.
    """

    router: Router
    roster: Roster
    track_records: TrackRecords
    presence: Mapping[str, Presence]
    tokens: Callable[[], str]
    publish: bool = False
    decisions: str = "none"
    counts: LiveCounts | None = None
    lines: Lines = field(init=False)

    def __attrs_post_init__(self) -> None:
        kept = self.router.team(self.roster).kept
        lines = kept.get(_LINES)
        if lines is None:
            lines = kept[_LINES] = Lines(self.router, self.roster)
        object.__setattr__(self, "lines", lines)

    def working(self, rep_id: str) -> Rep | None:
        """The rep with the holidays of the policy; ``None`` for one who has left the roster."""
        found = self.roster.get(rep_id)
        return None if found is None else self.router.working((found,))[0]


class Books:
    """What one step has read, each thing once, and what it has done to the credits.

    Args:
        desk: The policy, the reps and what else a decision reads.
        now: The instant of the step.

    Attributes:
        also: Counters to read with those of the first decision.
        line: The line that the lead is offered out of; empty where it did not wait in one.
        desk: As given, or that of an earlier version of the policy, once the lead is known to have one.
    """

    __slots__ = (
        "_asked",
        "_counts",
        "_credits",
        "_held",
        "_in_step",
        "_offered",
        "_records",
        "_reps",
        "_resting",
        "_snapshots",
        "also",
        "desk",
        "line",
        "now",
    )

    def __init__(self, desk: Desk, now: datetime) -> None:
        self.desk, self.now = desk, now
        self.also: tuple[str, ...] = ()
        self.line = ""
        self._records: dict[str, Record | None] = {}
        self._counts: dict[str, int] = {}
        self._asked: set[str] = set()
        self._credits: dict[str, PoolCredits] = {}
        self._held = Counter[str]()
        self._offered: dict[str, list[Record]] = {}
        self._snapshots: list[Snapshot] = []
        self._in_step = False
        self._reps: dict[str, RepChange] = {}
        self._resting: dict[str, RepState] | None = None

    def give_back(self, held: Mapping[str, int]) -> None:
        """Leave out of the counts what the lead counts on itself, which its change gives back."""
        self._held.update(held)

    def note(self, record: Record) -> None:
        """Take a record that was read elsewhere."""
        self._records[record.key] = record

    def records(self, keys: Iterable[str]) -> Steps[dict[str, Record]]:
        """Some records, those of them that exist."""
        known, wanted = self._records, list(keys)
        missing = [key for key in wanted if key not in known]
        if missing:
            found = yield from requests.get(missing)
            for key in missing:
                known[key] = found.get(key)
        return {key: record for key in wanted if (record := known[key]) is not None}

    def counts(self, keys: Iterable[str], *, of_reps: bool = False) -> Steps[Mapping[str, int]]:
        """Read some counters, those that were not read before; returns all that were.

        Missing ones stand at 0. Those of reps are asked for together, as there may be thousands.
        """
        missing = [key for key in keys if key not in self._asked]
        if not missing:
            return self._counts
        self._asked.update(missing)
        live = self.desk.counts
        if live is not None:
            if not self._in_step:
                yield from live.step(self.now)
                self._in_step = True
            known = live.known
            self._counts.update({key: count for key in missing if (count := known.get(key))})
            missing = [] if of_reps else [key for key in missing if key.startswith(_WAITING)]
        if missing:
            self._counts.update((yield from requests.counts(missing)))
        return self._counts

    def seen(self) -> dict[str, int]:
        """The counters that were read, as they stood."""
        return {key: self._counts.get(key, 0) for key in self._asked}

    def counted(self, key: str) -> int:
        """A counter that was read already; 0 where it was not."""
        return self._counts.get(key, 0)

    def offered(self, rep_id: str) -> Steps[list[Record]]:
        """The records of the open offers to a rep."""
        found = self._offered.get(rep_id)
        if found is None:
            found = yield from requests.all_of(status=OPEN_OFFERS, owner=rep_id)
            self._offered[rep_id] = found
        return found

    def rep(self, rep_id: str) -> Steps[RepChange]:
        """What is kept of a rep, with what this step has done to it."""
        found = self._reps.get(rep_id)
        if found is None:
            name = rep_key(rep_id)
            record = (yield from self.records([name])).get(name)
            found = self._reps[rep_id] = RepChange(rep_id, record, self.now)
        return found

    def _at_rest(self) -> Steps[dict[str, RepState]]:
        """The reps who get no offer, as this step has left them."""
        if self._resting is None:
            some = self.counted(resting_key())
            found = (yield from requests.all_of(status=RESTING)) if some else ()
            self._resting = states_of(found)
        if not self._reps:
            return self._resting
        return self._resting | {rep_id: each.after for rep_id, each in self._reps.items()}

    def credits(self, pool: str) -> Steps[PoolCredits]:
        """The credits of a pool, with what this step has done to them."""
        if pool not in self._credits:
            first = credits_key(pool)
            found = yield from self.records([first])
            more = more_keys(pool, found.get(first))
            if more:
                found |= yield from self.records(more)
            self._credits[pool] = PoolCredits(pool, found)
        return self._credits[pool]

    def keys_of(self, need: Need) -> list[str]:
        """The counters that a decision reads. It may ask the calendars of the host."""
        crew, router = need.candidates.crew, self.desk.router
        columns = [crew.column(("counter", name), _KEY_OF[name]) for name in self._wanted(need)]
        asked = [*chain(*columns), *need.limits.keys, *[charge.key for charge in need.over_all]]
        if "used" in need.score:
            asked += counters(crew.reps, router.caps, router.zone, self.now)
        return asked

    def _wanted(self, need: Need) -> list[str]:
        wanted = [name for name in _KEYS if name in need.fields]
        if need.limits.capacity is None and "open" not in need.score:
            wanted.remove("open")
        return wanted

    def read(self, need: Need, keys: Sequence[str]) -> Steps[Snapshot]:
        """Read the counts of the candidates. O(candidates)."""
        # The credits first: a turn that is taken after they were read makes this step conflict, so the
        # number of the last assignment, which is read behind them, is still the last one at the commit.
        credits = None if need.pool is None else (yield from self.credits(need.pool))
        crew = need.candidates.crew
        if self.desk.counts is not None:
            yield from self.counts(keys, of_reps=True)
            keys = ()
        found = yield from self.counts((*keys, *self.also, order_key(), resting_key()))
        if self._held:
            found = {key: count - self._held[key] for key, count in found.items()}
        named = dict[str, Any]()
        for name in self._wanted(need):
            values = [*map(found.get, crew.column(("counter", name), _KEY_OF[name]))]
            named[name] = FrozenDict(compress(zip(crew.ids, values, strict=True), values))
        if credits is not None:
            named["credits"] = FrozenDict({need.pool: credits.credits()})
            if "turns" in need.score:
                named["turns"] = FrozenDict({need.pool: credits.turns()})
            granted = credits.turn_credits(self.now)
            if granted:
                named["turn_credits"] = FrozenDict({need.pool: granted})
        if at_rest := (yield from self._at_rest()):
            named |= as_counts(at_rest, self.now)
        if self.line:
            named["paced"] = yield from self._paced(need)
        presence = self.desk.presence
        snapshot = Snapshot(
            used=FrozenDict(found),
            track_records=self.desk.track_records,
            presence=_present(crew.reps, presence) if presence else FrozenDict(),
            **named,
        )
        self._snapshots.append(snapshot)
        return snapshot

    def _paced(self, need: Need) -> Steps[Mapping[str, int]]:
        """Who gets no further lead out of a line now, by the terms of the rule."""
        terms, ids = self.desk.router.terms(need.rule.name), need.candidates.crew.ids
        if terms.backlog_gap is None and terms.backlog_burst is None:
            return FrozenDict()
        keys = [key for rep_id in ids for key in (backlog_key(rep_id), unanswered_key(rep_id))]
        found = yield from requests.counts(keys)  # from the store itself, to the instant
        self._counts.update(found)
        self._asked.update(keys)
        return FrozenDict(paced(ids, found, terms, self.now))

    def merged(self) -> Snapshot:
        """The counts of all pools that were asked, as one."""
        if not self._snapshots:
            return Snapshot(track_records=self.desk.track_records)
        first, *others = self._snapshots
        for each in others:
            told: dict[str, Any] = {
                name: {**getattr(first, name), **getattr(each, name)} for name in COUNTS
            }
            first = evolve(first, **told)
        return first

    def next_order(self) -> Steps[int]:
        """The number of the next assignment: microseconds since 1970, or one above the largest."""
        found = yield from self.counts([order_key()])
        return max(to_micros(self.now), found.get(order_key(), 0) + 1)

    def operations(self) -> Iterator[Op]:
        """What writes the credits, and what is kept of reps, that this step has changed."""
        for credits in self._credits.values():
            yield from credits.operations()
        for rep in self._reps.values():
            yield from rep.operations(publish=self.desk.publish)


def paced(
    rep_ids: Iterable[str], counted: Mapping[str, int], terms: Terms, now: datetime
) -> Iterator[tuple[str, int]]:
    """Who gets no further lead out of a line, with the microseconds when that ends; 0 with an answer."""
    gap, burst = terms.backlog_gap or timedelta(0), terms.backlog_burst
    last, at = to_micros(now - gap), to_micros(now)
    for rep_id in rep_ids:
        had = counted.get(backlog_key(rep_id), 0)
        if burst is not None and counted.get(unanswered_key(rep_id), 0) >= burst:
            yield rep_id, 0
        elif had > last:
            yield rep_id, had - last + at


def counted(desk: Desk, now: datetime) -> Steps[Snapshot]:
    """The counts of all reps at this instant. O(reps), so it is not for every lead."""
    router, by_kind = desk.router, defaultdict[str, dict[str, int]](dict)
    for counter, count in (yield from requests.counts(prefix="rep/")).items():
        _, kind, rep_id = _parts(counter)
        by_kind[kind][rep_id] = count
    books, pools = Books(desk, now), list[PoolCredits]()
    for pool in (EVERYONE, *[each.name for each in router.pools]):
        pools.append((yield from books.credits(pool)))
    caps = counters(desk.roster, router.caps, router.zone, now)
    used = (yield from requests.counts(caps)) if caps else FrozenDict[str, int]()
    at_rest = states_of((yield from requests.all_of(status=RESTING)))
    return Snapshot(
        open=by_kind["open"],
        used=used,
        turns={each.pool: turns for each in pools if (turns := each.turns())},
        credits={each.pool: held for each in pools if (held := each.credits())},
        last_assigned=by_kind["last"],
        won=by_kind["won"],
        closed=by_kind["closed"],
        contacted=by_kind["contact"],
        free_since=by_kind["free"],
        missed=by_kind["missed"],
        **as_counts(at_rest, now),
        presence=_present(desk.roster.reps, desk.presence) if desk.presence else FrozenDict(),
        track_records=desk.track_records,
        turn_credits={each.pool: granted for each in pools if (granted := each.turn_credits(now))},
    )


def _present(reps: Sequence[Rep], presence: Mapping[str, Presence]) -> FrozenDict[str, Presence]:
    check_presence(reps, presence)
    found = {rep.id: presence.get(rep.id) for rep in reps}
    return FrozenDict({rep_id: each for rep_id, each in found.items() if each is not None})
