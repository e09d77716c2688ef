"""The best few of many reps for lead after lead, without asking everybody each time.

The rules of this module:

* A ``Standing`` holds the counts itself, and is told of every change. ``Router.rank`` with its ``snapshot`` gives the
  same order, the same scores and the same reasons.
* The fast path needs a score whose every term is ``skill_match``, ``territory_match``, ``headroom``, ``workload``,
  ``rotation``, ``close_rate`` over all leads, or a host's scorer with a bound; and candidates that do not hang on the
  lead. Anything else is ranked by asking every rep, and ``Top.path`` says why.
* An answer is of its instant: its reasons do not change when the counts do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from operator import neg

from attrs import evolve

from leadroute.errors import ConfigError, FactTypeError
from leadroute.model.frozen import FrozenDict
from leadroute.model.grants import Grant, balances, less, payments
from leadroute.model.instants import to_micros
from leadroute.model.keys import bucket_key, open_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.values import aware
from leadroute.ranking.closing import observing
from leadroute.ranking.eligibility import gate
from leadroute.ranking.lane import Lane
from leadroute.ranking.refusal import asks, moves
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.evidence import counted
from leadroute.ranking.scorers.turns import SCALE, price, turn_of
from leadroute.ranking.tally import Tally
from leadroute.ranking.terms import NOBODY
from leadroute.ranking.top import FAST, Top, written
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.scorer import Scorer
from leadroute.rules.situation import Situation

__all__ = ["Standing", "Top"]

_NOBODY: FrozenDict[str, int] = FrozenDict()


class Standing:
    """The reps of a router and their counts, kept so that the best few for a lead are found fast.

    It belongs to one thread. Rules are prepared when the first lead comes for them, in O(reps * log(reps)); after that
    a lead is asked about in the time that a few reps take, and a change is taken in O(log(reps)), plus
    O(reps / 64) machine operations on bits in both cases. A rep whom the level of a rotation passes costs one such
    change, once. A close rate whose strength is estimated costs some milliseconds when the record of any candidate has
    changed.

    Args:
        router: The policy.
        roster: The reps.
        snapshot: The counts to begin with; nothing at all when not given. Where it has turns without the level of their
            pool, the first assignment sets the level, and who is more than eight turns ahead of it enters there.

    Example:
        >>> from datetime import UTC
        >>> from leadroute import headroom, rotation, Rule
        >>> router = Router(rules=[Rule("all", score=headroom() + rotation())])
        >>> standing = Standing(router, Roster([Rep("ada", capacity=5), Rep("bob", capacity=5)]))
        >>> noon = datetime(2026, 1, 5, 12, tzinfo=UTC)
        >>> standing.top(Lead("L-1"), 1, now=noon).rep_ids
        ('ada',)
        >>> standing.assign("ada", noon)
        1
        >>> standing.top(Lead("L-2"), 2, now=noon).rep_ids
        ('bob', 'ada')
    """

    def __init__(self, router: Router, roster: Roster, snapshot: Snapshot | None = None) -> None:
        given = snapshot or Snapshot()
        self.router, self.roster = router, roster
        self._open, self._used = dict(given.open), dict(given.used)
        self._turns = {pool: dict(turns) for pool, turns in given.turns.items()}
        self._granted = {pool: dict(granted) for pool, granted in given.granted.items()}
        self._levels, self._last = dict(given.levels), dict(given.last_assigned)
        self._won, self._closed = dict(given.won), dict(given.closed)
        self._live = evolve(
            given,
            open=self._open,
            used=self._used,
            turns=self._turns,
            levels=self._levels,
            last_assigned=self._last,
            won=self._won,
            closed=self._closed,
            granted=self._granted,
        )
        self._records = {
            rep.id: counted(self._live, rep.id)
            for rep in roster
            if rep.id in self._won or rep.id in self._closed
        }
        self._lanes: dict[str, Lane | str] = {}

    @property
    def snapshot(self) -> Snapshot:
        """The counts of this moment, as a value of their own. O(reps)."""
        return evolve(
            self._live,
            open=FrozenDict(self._open),
            used=FrozenDict(self._used),
            turns=FrozenDict({pool: FrozenDict(turns) for pool, turns in self._turns.items()}),
            levels=FrozenDict(self._levels),
            last_assigned=FrozenDict(self._last),
            won=FrozenDict(self._won),
            closed=FrozenDict(self._closed),
            granted=FrozenDict(
                {pool: FrozenDict(granted) for pool, granted in self._granted.items() if granted}
            ),
        )

    def grant(self, rep_id: str, grant: Grant, pool: str = EVERYONE) -> None:
        """The rep was given turns, or they were withheld, as by ``Dispatcher.grant``.

        Args:
            rep_id: The rep.
            grant: How many turns, why, and until when.
            pool: The pool.

        Raises:
            UnknownFieldError: There is no such rep.
        """
        granted = self._granted.setdefault(pool, {})
        rep = self.roster[rep_id]
        granted[rep.id] = (*granted.get(rep.id, ()), grant)
        self._changed(rep.id)

    def assign(
        self,
        rep_id: str,
        at: datetime,
        pool: str | None = None,
        *,
        rule: str | None = None,
        lead: Lead | None = None,
        tried: Iterable[str] = (),
        anyway: bool = False,
    ) -> int:
        """The rep was offered a lead: everything counts as it does in a ``Dispatcher``.

        Args:
            rep_id: The rep.
            at: When, aware.
            pool: The pool in which the rep was found; that of the rule when not given.
            rule: The rule that placed it, for its cost and its segment; the first rule of the pool when not given.
            lead: The lead, for caps and requirements that ask about it.
            tried: Who was offered the lead before.
            anyway: Whether it was routed without a look at who is at work, as ``Ranking.anyway``.

        Returns:
            How many turns it took: 1 and those that the rep missed by being away or that were withheld; 0 when the turn
            was a granted one, or the rule has no rotation.

        Raises:
            UnknownFieldError: There is no such rep or rule.
            FactTypeError: ``at`` is naive.
        """
        rep, instant = self.roster[rep_id], aware(at, "at")
        placed_by = self._rule(rule, pool or EVERYONE)
        where = pool or (placed_by and placed_by.pool) or EVERYONE
        tally = self.router.tally(lead or NOBODY, placed_by, where, instant)
        taken = 0 if placed_by is None else self._take_turn(rep, placed_by, tally, tried, anyway)
        for key, units in {toll.key: toll.units for toll in tally.tolls(rep)}.items():
            if key == open_key(rep_id):
                self._open[rep_id] = self._open.get(rep_id, 0) + units
            else:
                self._used[key] = self._used.get(key, 0) + units
        self._last[rep_id] = to_micros(instant)
        self._changed(rep_id)
        return taken

    def _rule(self, name: str | None, pool: str) -> Rule | None:
        if name is not None:
            return self.router.rule(name)
        return next((rule for rule in self.router.rules if (rule.pool or EVERYONE) == pool), None)

    def _take_turn(
        self, rep: Rep, rule: Rule, tally: Tally, tried: Iterable[str], anyway: bool
    ) -> int:
        if rule.score is None or not rep.weight or not self._takes_turns(rule.name, rule.score):
            return 0
        pool = tally.pool or EVERYONE
        usual = pool == (rule.pool or EVERYONE) and not anyway
        lane = self._lane(rule, tally.now) if usual else None
        level, granted = self._levels.get(pool, 0), self._granted.get(pool)
        balance = balances(granted, tally.now) if granted else _NOBODY
        if isinstance(lane, Lane):
            lane.advance(tally.now)
            standing = lane.standing(rep, tried)
            cost = price(balance.get(rep.id, 0))
            taken, reached = cost + standing.missed, max(level, int(standing.place * SCALE))
        else:
            able = {*self._able(rule, tally, tried, anyway), rep}
            turns = self._turns.get(pool, {})
            taken, reached = turn_of(rule.score, able, turns, level, rep.id, balance)
        self._levels[pool] = reached
        self._turn(rep.id, pool, taken)
        if granted and rep.id in granted:
            granted[rep.id] = less(granted[rep.id], payments(granted[rep.id], tally.now))
        return taken

    def _takes_turns(self, name: str, score: Scorer) -> bool:
        lane = self._lanes.get(name)
        return lane.takes_turns if isinstance(lane, Lane) else score.takes_turns

    def _able(self, rule: Rule, tally: Tally, tried: Iterable[str], anyway: bool) -> list[Rep]:
        pool = tally.pool or EVERYONE
        members = self._members(pool, tally.now)
        router, lead = self.router, tally.lead
        situation = Situation(
            lead,
            members,
            pool,
            self._live,
            tally.now,
            router.environment,
            router.territories.lookup(lead) if router.territories else (),
        )
        before = dict.fromkeys(tried, "tried")
        obstacles = gate(rule, situation, before, tally, pauses=router.pauses, anyway=anyway)
        return [rep for rep in members if not obstacles(rep)]

    def _members(self, pool: str | None, now: datetime | None) -> tuple[Rep, ...]:
        return observing(self.router.members(pool, self.roster, now), self.router.holidays)

    def release(
        self, rep_id: str, pool: str | None = None, *, turns: int = 1, rule: str | None = None
    ) -> None:
        """The rep has one lead less open.

        Args:
            rep_id: The rep.
            pool: The pool in which the turns taken are given back; ``None`` keeps them taken.
            turns: How many turns, as ``assign`` said; a turn that was granted comes back by granting it again.
            rule: The rule that placed the lead, for its cost and its segment; a lead of cost 1 when not given.

        Raises:
            UnknownFieldError: There is no such rep or rule.
        """
        self._free(self.roster[rep_id], rule)
        if pool is not None:
            self._turn(rep_id, pool, -turns)
        self._changed(rep_id)

    def close(self, rep_id: str, *, won: bool, rule: str | None = None) -> None:
        """A lead of the rep has ended: it is no longer open; one more closed, and one more won if it was.

        Args:
            rep_id: The rep.
            won: Whether it was won.
            rule: As for ``release``.

        Raises:
            UnknownFieldError: There is no such rep or rule.
        """
        self._free(self.roster[rep_id], rule)
        self._closed[rep_id] = self._closed.get(rep_id, 0) + 1
        self._won[rep_id] = self._won.get(rep_id, 0) + won
        self._records[rep_id] = counted(self._live, rep_id)
        self._changed(rep_id)

    def _free(self, rep: Rep, name: str | None) -> None:
        rule = None if name is None else self.router.rule(name)
        units = 1 if rule is None else rule.cost
        self._open[rep.id] = max(0, self._open.get(rep.id, 0) - units)
        if rule is not None and rule.counts_as in rep.buckets:
            bucket = bucket_key(rep.id, rule.counts_as)
            self._used[bucket] = max(0, self._used.get(bucket, 0) - units)

    def _turn(self, rep_id: str, pool: str, by: int) -> None:
        turns = self._turns.setdefault(pool, {})
        turns[rep_id] = max(0, turns.get(rep_id, 0) + by)

    def _changed(self, rep_id: str) -> None:
        for lane in self._lanes.values():
            if isinstance(lane, Lane):
                lane.refresh(rep_id)

    def top(
        self,
        lead: Lead,
        k: int = 5,
        *,
        now: datetime | None = None,
        tried: Mapping[str, str] | None = None,
    ) -> Top:
        """The best few reps for a lead: the first of ``Router.rank``, exactly.

        Args:
            lead: The lead to place.
            k: How many, 1 or more.
            now: The instant of the decision, aware; the lead's ``received_at`` when not given. Going back in time is
                allowed, and costs a look at every rep with a schedule or a cap.
            tried: What became of earlier offers of this lead, by rep id; those reps are left out.

        Raises:
            ConfigError: ``k`` is below 1.
            FactTypeError: As for ``Router.rank``.
        """
        if k < 1:
            raise ConfigError(f"k is {k}; ask for one rep or more")
        instant = lead.received_at if now is None else aware(now)
        if not self.router.qualifies(lead, instant):
            return self._plain(lead, k, instant, tried, "the lead is not qualified")
        rule = self.router.match(lead, instant)
        if rule is None:
            return self._plain(lead, k, instant, tried, "no rule matched")
        lane = self._lane(rule, instant)
        if isinstance(lane, str):
            return self._plain(lead, k, instant, tried, lane)
        if instant is not None:
            lane.advance(instant)
        try:
            found, totals = lane.best(lead, k, instant, tried or ())
        except FactTypeError as error:
            raise error.during(rule.name, lead.id) from None
        if not found:
            return self._plain(lead, k, instant, tried, "nobody can take the lead")
        negated, _, rep_ids, numbers, points = zip(*found, strict=True)
        facts = [*map(lane.facts.__getitem__, numbers)]
        told = partial(written, self.router, rule, lead, instant, found, facts, totals)
        return Top(
            lead.id,
            rep_ids,
            tuple(map(neg, negated)),
            points,
            FAST,
            told,
        )

    def _plain(
        self, lead: Lead, k: int, now: datetime | None, tried: Mapping[str, str] | None, why: str
    ) -> Top:
        path = f"plain: {why}"
        ranking = self.router.rank(
            lead, self.roster, now=now, snapshot=self.snapshot, tried=tried, top=k
        )
        told = evolve(ranking, path=path)
        return Top(
            lead.id,
            tuple(each.rep_id for each in told.assignments),
            tuple(each.score for each in told.assignments),
            tuple(tuple(part.points for part in each.parts) for each in told.assignments),
            path,
            lambda: told,
        )

    def _lane(self, rule: Rule, now: datetime | None) -> Lane | str:
        if self._live.presence:
            return "the presence of reps changes at any time"
        lane = self._lanes.get(rule.name)
        if lane is None:
            lane = self._prepared(rule, now)
            if now is None and isinstance(lane, str):
                return lane
            self._lanes[rule.name] = lane
        if now is None and isinstance(lane, Lane) and lane.timed:
            return "nobody said what time it is"
        return lane

    def _prepared(self, rule: Rule, now: datetime | None) -> Lane | str:
        why = asks(rule, self.router)
        if why:
            return why
        try:
            members = self._members(rule.pool, now)
            why = moves(members)
            if why:
                return why
            lane = Lane(
                rule,
                rule.pool or EVERYONE,
                members,
                self._live,
                self._records,
                self.router,
                now,
            )
        except FactTypeError as error:
            return str(error)
        return lane.refusal or lane
