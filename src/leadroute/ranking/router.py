"""The router: a frozen policy, and the one pure function that decides.

The rules of this module:

* ``rank`` reads its arguments and nothing else. The same arguments give the same ranking, whatever the order in which
  the reps stand in the roster.
* The order of one decision: qualify, match, who may, score, sort. Sorted once, never picked and sorted again.
* The sort key is (-score, when last assigned with never first, id). Nothing is left to chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Any, Final, TypeVar

from attrs import evolve, field, frozen

from leadroute.errors import ConfigError, FactTypeError, UnknownFieldError
from leadroute.model.frozen import FrozenDict
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.model.values import aware, clean_fields, cleaned, ident
from leadroute.ranking.chance import given_up, propensities
from leadroute.ranking.eligibility import gate
from leadroute.ranking.ranking import Assignment, Outcome, Part, Ranking, Rejection
from leadroute.ranking.scorers.algebra import fair
from leadroute.rules.closures import PLAIN, Environment, Test, compile_condition
from leadroute.rules.condition import And, Condition
from leadroute.rules.match import Matcher
from leadroute.rules.reading import reads
from leadroute.rules.rule import EVERYONE, Pool, Rule, condition
from leadroute.rules.rule import window as read_window
from leadroute.rules.scorer import Scorer, Term, guards, mean
from leadroute.rules.situation import Situation
from leadroute.rules.vocabulary import declared

__all__ = ["Router"]

T = TypeVar("T")


def _rules(given: Iterable[Rule]) -> tuple[Rule, ...]:
    return _all_of(Rule, "rules", given)


def _pools(given: Iterable[Pool]) -> tuple[Pool, ...]:
    return _all_of(Pool, "pools", given)


def _all_of(kind: type[T], name: str, given: Iterable[T]) -> tuple[T, ...]:
    found = tuple(given) if isinstance(given, Iterable) else (given,)
    for each in found:
        if not isinstance(each, kind):
            kinds = f"{name}=[{kind.__name__}(...), ...]"
            raise ConfigError(f"{name} hold a {type(each).__name__}; write {kinds}")
    return found


def _defines(given: Mapping[str, Condition]) -> FrozenDict[str, Condition]:
    return FrozenDict(given)


def _fields(given: Mapping[str, str]) -> FrozenDict[str, str]:
    return FrozenDict(given)


@frozen(kw_only=True)
class Router:
    """A routing policy. Build it once and keep it for the life of the application.

    Args:
        rules: The rules in order; the first that matches a lead decides.
        qualify: What a lead must fulfil to be routed at all; ``None`` lets every lead through.
        pools: The pools that rules may name.
        window: How long an offer stands when the rule does not say.
        catch_all: Who gets a lead that no rep can take: a rep's id, or the name of a queue that people watch.
        defines: Conditions with a name that policy files may use. Not part of equality: they decide nothing.
        fields: The kinds of custom attributes by name, as for ``parse``. Not part of equality.
        environment: The predicates and lists that the host brings for conditions.

    Raises:
        InvalidValue: A field was refused; every fault is listed.
        ConfigError: Two rules or pools share a name, a rule names a pool that is not there, or a condition asks for
            a predicate that the environment lacks.

    Example:
        >>> from leadroute import LEAD, Rep, Roster, Rule
        >>> router = Router(rules=[Rule("germany", when=LEAD.country == "DE"), Rule("rest")])
        >>> router.rank(Lead("L-1", country="de"), Roster([Rep("ada")])).best.rep_id
        'ada'
    """

    rules: tuple[Rule, ...] = field(converter=_rules)
    qualify: Condition | None = cleaned(condition)
    pools: tuple[Pool, ...] = field(default=(), converter=_pools)
    window: timedelta = field(default=timedelta(minutes=5), converter=read_window)
    catch_all: str = cleaned(ident, default="catch-all")
    defines: Mapping[str, Condition] = field(factory=dict, converter=_defines, eq=False)
    fields: Mapping[str, str] = field(factory=dict, converter=_fields, eq=False)
    environment: Environment = field(default=PLAIN, eq=False, repr=False)
    _matcher: Matcher = field(init=False, eq=False, repr=False)
    _qualifiers: tuple[tuple[Condition, Test], ...] = field(init=False, eq=False, repr=False)
    _members: Mapping[str, Callable[[Rep, datetime | None], bool]] = field(
        init=False, eq=False, repr=False
    )

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        declared(self.fields)
        names = [rule.name for rule in self.rules]
        _refuse_twins("rule", names)
        _refuse_twins("pool", [pool.name for pool in self.pools])
        members = {pool.name: _membership(pool, self.environment) for pool in self.pools}
        for rule in self.rules:
            _check(rule, members, self.environment)
        matcher = Matcher([rule.when for rule in self.rules], names, self.environment)
        object.__setattr__(self, "_matcher", matcher)
        object.__setattr__(self, "_qualifiers", _qualifiers(self.qualify, self.environment))
        object.__setattr__(self, "_members", FrozenDict(members))

    def __reduce__(self) -> tuple[Any, ...]:
        given = (
            self.rules,
            self.qualify,
            self.pools,
            self.window,
            self.catch_all,
            self.defines,
            self.fields,
            self.environment,
        )
        return _router, given

    def match(self, lead: Lead, now: datetime | None = None) -> Rule | None:
        """The first rule whose condition the lead fulfils, or ``None``.

        Raises:
            FactTypeError: A condition met a fact of the wrong type; rule and lead are named.
        """
        position = self._matcher.first(lead, now)
        return None if position is None else self.rules[position]

    def match_all(self, lead: Lead, now: datetime | None = None) -> tuple[Rule, ...]:
        """Every rule whose condition the lead fulfils, in order.

        Raises:
            FactTypeError: A condition met a fact of the wrong type; rule and lead are named.
        """
        return tuple(self.rules[position] for position in self._matcher.all(lead, now))

    def members(
        self, pool: str | None, roster: Roster, now: datetime | None = None
    ) -> tuple[Rep, ...]:
        """The reps of a pool, in the order of their ids.

        Args:
            pool: The pool's name; ``None`` means everyone.
            roster: The reps there are.
            now: The instant, for pools that ask about it.

        Raises:
            UnknownFieldError: There is no such pool.
            FactTypeError: The pool's condition met a fact of the wrong type.
        """
        if pool is None or pool == EVERYONE:
            return roster.reps
        try:
            belongs = self._members[pool]
        except KeyError:
            raise UnknownFieldError("pool", pool, tuple(self._members)) from None
        return tuple(rep for rep in roster if belongs(rep, now))

    def rank(
        self,
        lead: Lead,
        roster: Roster,
        *,
        now: datetime | None = None,
        snapshot: Snapshot | None = None,
        tried: Mapping[str, str] | None = None,
        top: int | None = None,
    ) -> Ranking:
        """Decide who should take a lead, and say why and why not for every rep.

        Pure: nothing is stored, and nothing but the arguments is read. O(reps in the pool) plus matching.

        Args:
            lead: The lead to place.
            roster: The reps there are; their order changes nothing.
            now: The instant of the decision, aware; the lead's ``received_at`` when not given.
            snapshot: How much each rep has open, has won and so on; nothing at all when not given.
            tried: What became of earlier offers of this lead, by rep id; those reps are left out.
            top: How many assignments to give, the best first; ``None`` gives all. Everyone is asked all the same: for
                an answer that does not ask everyone, keep a ``Standing``.

        Returns:
            Every rep of the pool, ranked or rejected, each with reasons.

        Raises:
            FactTypeError: ``now`` is naive, or a condition met a fact of the wrong type.
        """
        instant = lead.received_at if now is None else aware(now)
        failed = self.disqualified(lead, instant)
        if failed:
            return Ranking(lead.id, Outcome.DISQUALIFIED, detail=failed, at=instant)
        rule = self.match(lead, instant)
        if rule is None:
            return Ranking(lead.id, Outcome.NO_RULE, at=instant)
        pool = rule.pool or EVERYONE
        try:
            members = self.members(pool, roster, instant)
            situation = Situation(
                lead, members, pool, snapshot or Snapshot(), instant, self.environment
            )
            return _ranked(rule, situation, tried or {}, rule.window or self.window, top)
        except FactTypeError as error:
            raise error.during(rule.name, lead.id) from None

    def disqualified(self, lead: Lead, now: datetime | None = None) -> str:
        """What of ``qualify`` the lead does not fulfil, in words; empty when it qualifies.

        Raises:
            FactTypeError: ``qualify`` met a fact of the wrong type.
        """
        try:
            failed = [str(part) for part, holds in self._qualifiers if not holds(lead, None, now)]
        except FactTypeError as error:
            raise error.during("qualify", lead.id) from None
        return f"not {' and not '.join(failed)}" if failed else ""

    def rank_many(
        self,
        leads: Iterable[Lead],
        roster: Roster,
        *,
        now: datetime | None = None,
        snapshot: Snapshot | None = None,
    ) -> Iterator[Ranking]:
        """Rank each lead on its own against the same counts, one at a time as you iterate.

        Example:
            >>> router = Router(rules=[Rule("all")])
            >>> leads = (Lead(f"L-{n}") for n in range(2))
            >>> [r.best.rep_id for r in router.rank_many(leads, Roster([Rep("ada")]))]
            ['ada', 'ada']
        """
        for lead in leads:
            yield self.rank(lead, roster, now=now, snapshot=snapshot)


_NOBODY: Final = Lead("nobody")


def _membership(pool: Pool, environment: Environment) -> Callable[[Rep, datetime | None], bool]:
    place = f"pool {pool.name!r}"
    if pool.name == EVERYONE:
        raise ConfigError(f"{EVERYONE!r} is the pool of all reps; choose another name", place)
    reps, where = pool.reps, None
    if pool.where is not None:
        if reads(pool.where).lead:
            raise ConfigError("`where` asks about the lead; move that to a rule's `require`", place)
        where = _compiled(pool.where, environment, f"{place}.where")

    def belongs(rep: Rep, now: datetime | None) -> bool:
        listed = reps is None or rep.id in reps
        return listed and (where is None or where(_NOBODY, rep, now))

    return belongs


def _qualifiers(
    qualify: Condition | None, environment: Environment
) -> tuple[tuple[Condition, Test], ...]:
    if qualify is None:
        return ()
    if reads(qualify).rep:
        raise ConfigError("asks about the rep; move that to a rule's `require`", "qualify")
    parts = qualify.parts if isinstance(qualify, And) else (qualify,)
    return tuple((part, _compiled(part, environment, "qualify")) for part in parts)


def _check(rule: Rule, pools: Mapping[str, object], environment: Environment) -> None:
    place = f"rule {rule.name!r}"
    if rule.pool is not None and rule.pool != EVERYONE and rule.pool not in pools:
        raise UnknownFieldError("pool", rule.pool, (*pools, EVERYONE), place)
    if rule.require is not None:
        _compiled(rule.require, environment, f"{place}.require")
    for guard in guards(rule.score):
        _compiled(guard, environment, f"{place}.score")


def _compiled(condition: Condition, environment: Environment, place: str) -> Test:
    try:
        return compile_condition(condition, environment)
    except ConfigError as error:
        raise error.at(place) from None


def _router(*given: Any) -> Router:
    rules, qualify, pools, window, catch_all, defines, fields, environment = given
    return Router(
        rules=rules,
        qualify=qualify,
        pools=pools,
        window=window,
        catch_all=catch_all,
        defines=defines,
        fields=fields,
        environment=environment,
    )


def _refuse_twins(kind: str, given: list[str]) -> None:
    for one, other in pairwise(sorted(given)):
        if one == other:
            raise ConfigError(f"there are two {kind}s named {one!r}; give each a name of its own")


def _ranked(
    rule: Rule,
    situation: Situation,
    tried: Mapping[str, str],
    window: timedelta,
    top: int | None,
) -> Ranking:
    able, rejected, rejections = [], [], []
    obstacles = gate(rule, situation, tried)
    for rep in situation.reps:
        found = obstacles(rep)
        if found:
            rejected.append(rep)
            rejections.append(Rejection(rep.id, rep.label, found))
        else:
            able.append(rep)
    among = evolve(situation, reps=tuple(able), absent=tuple(rejected))
    score = rule.score
    return Ranking(
        situation.lead.id,
        _outcome(situation.reps, able, rejections),
        rule.name,
        situation.pool,
        _sorted_assignments(score, among, top),
        tuple(rejections),
        at=situation.instant,
        resumes_at=None if able else _resumes_at(situation.instant, rejections),
        window=window,
        chances=partial(propensities, score, among) if score and score.random else None,
        cost=partial(given_up, score, among) if isinstance(score, fair) else None,
    )


def _outcome(members: tuple[Rep, ...], able: list[Rep], rejections: list[Rejection]) -> Outcome:
    if able:
        return Outcome.RANKED
    if not members:
        return Outcome.EMPTY_POOL
    if any(rejection.passing for rejection in rejections):
        return Outcome.NOBODY_AVAILABLE
    return Outcome.NOBODY_ELIGIBLE


def _resumes_at(now: datetime | None, rejections: list[Rejection]) -> datetime | None:
    openings = []
    for rejection in rejections:
        if rejection.passing:
            waits = [obstacle.until for obstacle in rejection.obstacles if obstacle.until]
            openings.append(max(waits, default=now))
    return min((opening for opening in openings if opening is not None), default=None)


def _sorted_assignments(
    score: Scorer | None, situation: Situation, top: int | None
) -> tuple[Assignment, ...]:
    terms = () if score is None else score.terms
    bound = [term.scorer.bind(situation) for term in terms]
    last = situation.snapshot.last_assigned
    keyed = []
    for rep in situation.reps:
        points = tuple(points_of(rep) for points_of in bound)
        total = mean(zip((term.weight for term in terms), points, strict=True)) or 0.0
        keyed.append((-total, last.get(rep.id, -1), rep.id, rep, points))
    keyed.sort(key=lambda entry: entry[:3])
    return assignments(terms, keyed[:top], situation)


def assignments(
    terms: tuple[Term, ...],
    ordered: Iterable[tuple[float, int, str, Rep, tuple[float | None, ...]]],
    situation: Situation,
) -> tuple[Assignment, ...]:
    """The assignments of (score negated, when last assigned, id, rep, points of each term), best first."""
    return tuple(
        Assignment(rep.id, rep.label, rank, -negative, _parts(terms, points, situation, rep))
        for rank, (negative, _, _, rep, points) in enumerate(ordered, 1)
    )


def _parts(
    terms: tuple[Term, ...], points: tuple[float | None, ...], situation: Situation, rep: Rep
) -> tuple[Part, ...]:
    return tuple(
        Part(term.scorer, term.weight, given, partial(term.scorer.reason, situation, rep))
        for term, given in zip(terms, points, strict=True)
    )
