"""The router: a frozen policy, and the one pure function that decides.

``rank`` reads its arguments and nothing else. The same arguments give the same ranking, whatever
the order in which the reps stand in the roster.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

from attrs import field, frozen
from attrs import fields as attrs_fields

from leadroute.errors import FieldTypeError, UnknownFieldError, say_where
from leadroute.model.caps import Cap, as_caps
from leadroute.model.caps import caps as clean_caps
from leadroute.model.given import shown
from leadroute.model.guidance import guided, guided_attributes, without_defaults
from leadroute.model.lead import Lead, priority_of
from leadroute.model.rep import Pauses, Rep, Reps, Roster, roster_of
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory_index import TerritoryIndex
from leadroute.model.validation import FrozenDict, aware, clean_fields, cleaned, ident, must_be
from leadroute.ranking.candidates import CandidateSet, Team, Teams, likely
from leadroute.ranking.decide import Decided
from leadroute.ranking.deciding import Matched, Question, decide, deciding, ended_ranking
from leadroute.ranking.eligibility import Charges
from leadroute.ranking.lead_scoring import LeadScoring
from leadroute.ranking.policy_checks import (
    Case,
    as_cases,
    as_defines,
    as_dispositions,
    as_fields,
    as_grace,
    as_lead_scoring,
    as_pools,
    as_rules,
    as_territory_index,
    as_wrap_up,
    check_deadlines,
    check_fallback,
    check_rule,
    fingerprint,
    holiday_dates,
    membership,
    observing,
    qualifiers,
    refuse_twins,
    scoring_with,
    zone_name,
)
from leadroute.ranking.ranking import Outcome, Ranking
from leadroute.rules.cleaning import ConditionLike, read_ignored
from leadroute.rules.conditions import ALWAYS, Condition, reads
from leadroute.rules.describe import denied
from leadroute.rules.evaluation import Predicate, Registry, Test, registry_of
from leadroute.rules.feedback_form import FeedbackForm, read_form
from leadroute.rules.matcher import Matcher
from leadroute.rules.parser import declared
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    DISPOSITIONS,
    EVERYONE,
    Disposition,
    Factor,
    Fallback,
    Qualification,
    Rule,
    qualification,
    read_fallback,
)
from leadroute.rules.terms import (
    DEFAULTS,
    ByGrade,
    Terms,
    accept_within,
    check_terms,
    check_together,
)


def _as_qualify(
    given: ConditionLike | Qualification | None,
) -> Condition | Qualification | None:
    return cast("Condition | Qualification | None", given)


_NOTHING: Final = Snapshot()
_NOBODY: Final[Mapping[str, str]] = FrozenDict()


@guided
@guided_attributes
@frozen(kw_only=True, slots=False, repr=False)  # cached properties need a place for their values
class Router(Terms):
    """A routing policy. Build it once and keep it.

    It takes the terms of ``leadroute.offers.Terms`` too, for rules that do not say.

    Args:
        rules: The rules in order; the first that matches a lead applies.
        qualify: The conditions that a lead must meet before any rule: a condition, or a
            ``Qualification`` by named factors; ``None`` accepts every lead.
        pools: The pools that rules may name.
        accept_within: How long an offer is open when the rule does not say; 5 minutes by default,
            also for grades that are not named.
        catch_all: The owner of leads that no rep can take: a rep's id, or the name of a queue that people watch.
        holidays: Dates, each local to the rep, on which no rep with a schedule works, unless the schedule overrides it.
        definitions: Conditions with a name that policy files may use. Not part of equality: they decide nothing.
        custom_fields: The kinds of custom attributes by name, as for ``parse``. Not part of equality.
        tests: Leads and the expected result, for ``run_tests``. Not part of equality.
        predicates: The functions that ``predicate(name)`` in a condition calls, by name: each is
            called with the lead, the rep and the instant (``None`` where there is none) and returns
            whether it holds. Not part of equality.
        lists: Lists that replace the bundled ones, by name: ``free_mail``, the domains of free
            mailboxes. Not part of equality.
        caps: Caps over all reps together, such as ``["100 per day, source webinar"]``.
        timezone: The IANA zone of these caps; UTC when not given.
        territories: The territories, for rules with ``in_territory=True`` and for ``territory_match()``.
        fallback: The steps when no rep is found: ``Fallback``, or a mapping with its cases.
        lead_scoring: How leads are scored before they are qualified, for ``lead.score`` and ``lead.grade`` in
            conditions, and for priorities and deadlines; ``None`` (default) scores no lead.
        dispositions: The words that feedback may use, and which of them close a lead or win it.
        feedback: The form of feedback, as a ``FeedbackForm`` or as the JSON Schema of an object;
            ``None`` (default) takes a value, a reason and a note.
        offline_grace: How long a rep who goes from available to offline still counts as available, such as ``"30s"``.
        wrap_up: How long a rep gets no new lead after a contact, such as ``"2m"``.
        ignore: Codes that ``leadroute.check`` ignores, each with the reason. Not part of equality.

    Raises:
        ValidationError: A field was refused; every fault is listed.
        ConfigError: An ignored code has no reason, two rules or pools share a name, a rule names an unknown pool, a
            condition names an unknown predicate, or steps of ``fallback`` cannot be taken.

    Example:
        >>> from leadroute import LEAD, Rep, Roster, Rule
        >>> router = Router(rules=[Rule("germany", when=LEAD.country == "DE"), Rule("rest")])
        >>> router.rank(Lead("L-1", country="de"), Roster([Rep("ada")])).best.rep_id
        'ada'
    """

    rules: tuple[Rule, ...] = field(converter=as_rules, kw_only=False)
    qualify: Condition | Qualification | None = field(
        default=None, converter=_as_qualify, metadata={"clean": qualification}
    )
    pools: tuple[Pool, ...] = field(default=(), converter=as_pools)
    accept_within: ByGrade | None = field(default=DEFAULTS.accept_within, converter=accept_within)
    catch_all: str = cleaned(ident, default="catch_all")
    holidays: frozenset[date] = field(default=frozenset(), converter=holiday_dates)
    definitions: Mapping[str, Condition] = field(factory=dict, converter=as_defines, eq=False)
    custom_fields: Mapping[str, str] = field(factory=dict, converter=as_fields, eq=False)
    tests: tuple[Case, ...] = field(default=(), converter=as_cases, eq=False, repr=False)
    predicates: Mapping[str, Predicate] = field(factory=dict, eq=False, repr=False)
    lists: Mapping[str, Container[str]] = field(factory=dict, eq=False, repr=False)
    caps: Sequence[Cap] = field(default=(), converter=as_caps, metadata={"clean": clean_caps})
    timezone: str = cleaned(zone_name, default="UTC")
    territories: TerritoryIndex = field(default=TerritoryIndex(()), converter=as_territory_index)
    offline_grace: timedelta = field(default=timedelta(0), converter=as_grace)
    wrap_up: timedelta = field(default=timedelta(0), converter=as_wrap_up)
    fallback: Fallback = field(default=Fallback(), converter=read_fallback)
    ignore: Mapping[str, str] = field(factory=dict, converter=read_ignored, eq=False)
    lead_scoring: LeadScoring | None = field(default=None, converter=as_lead_scoring)
    dispositions: tuple[Disposition, ...] = field(
        default=None, converter=as_dispositions, metadata={"default": DISPOSITIONS}
    )
    feedback: FeedbackForm | None = field(default=None, converter=read_form)
    registry: Registry = field(init=False, eq=False, repr=False)
    _scoring: LeadScoring | None = field(init=False, eq=False, repr=False)
    _matcher: Matcher = field(init=False, eq=False, repr=False)
    _qualifiers: tuple[tuple[Factor | Condition, Test], ...] = field(
        init=False, eq=False, repr=False
    )
    _members: Mapping[str, Callable[[Rep, datetime | None], bool]] = field(
        init=False, eq=False, repr=False
    )
    _named: Mapping[str, Pool] = field(init=False, eq=False, repr=False)
    _terms: Mapping[str, Terms] = field(init=False, eq=False, repr=False)
    _restless: frozenset[str] = field(init=False, eq=False, repr=False)
    _asked: tuple[Any, ...] = field(init=False, eq=False, repr=False)
    _teams: Teams = field(factory=Teams, init=False, eq=False, repr=False)

    __repr__ = without_defaults

    def __attrs_post_init__(self) -> None:
        # Checks and compiles everything once, so that a decision only looks things up.
        clean_fields(self)
        declared(self.custom_fields)
        names = [rule.name for rule in self.rules]
        refuse_twins("rule", names)
        refuse_twins("pool", [pool.name for pool in self.pools])
        graded = () if self.lead_scoring is None else self.lead_scoring.grades
        grades = [each.name for each in graded]
        check_terms(self, grades, "")
        check_deadlines(self, self.rules, [each.respond_within for each in graded])
        own = self.over(DEFAULTS)
        terms = {rule.name: rule.over(own) for rule in self.rules}
        for name, each in (("", own), *terms.items()):
            check_together(each, f"rule {name!r}" if name else "")
        object.__setattr__(self, "_terms", FrozenDict({"": own, **terms}))
        object.__setattr__(self, "registry", registry_of(self.predicates, self.lists))
        members = {pool.name: membership(pool, self.registry) for pool in self.pools}
        for rule in self.rules:
            check_rule(rule, members, self.registry)
            check_terms(rule, grades, f"rule {rule.name!r}")
        check_fallback(self.fallback, members)
        matcher = Matcher([rule.when for rule in self.rules], names, self.registry)
        object.__setattr__(self, "_matcher", matcher)
        scoring = scoring_with(self.lead_scoring, self.predicates, self.lists)
        object.__setattr__(self, "_scoring", scoring)
        object.__setattr__(self, "_qualifiers", qualifiers(self.qualify, self.registry))
        object.__setattr__(self, "_members", FrozenDict(members))
        named = FrozenDict({each.name: each for each in self.pools})
        object.__setattr__(self, "_named", named)
        # Pools whose members may change between two decisions: these are never kept.
        restless = [
            each.name for each in self.pools if each.where is not None and _changes(each.where)
        ]
        object.__setattr__(self, "_restless", frozenset(restless))
        # What every lead is asked, side by side: with ``__getattr__`` each look-up takes long.
        lookup = self.territories.lookup if len(self.territories) else None
        asked = scoring, self._qualifiers, matcher.first, self.rules, lookup, self._teams
        object.__setattr__(self, "_asked", asked)

    def __reduce__(self) -> tuple[Any, ...]:
        return _router, tuple(getattr(self, name) for name in _GIVEN)

    def rule(self, name: str) -> Rule:
        """The rule of this name.

        Raises:
            UnknownFieldError: There is none.
        """
        for rule in self.rules:
            if rule.name == name:
                return rule
        raise UnknownFieldError("rule", name, [rule.name for rule in self.rules])

    def priority_of(self, lead: Lead, rule: Rule | None) -> int:
        """Return the priority of a lead, its rule or its grade."""
        own = None if rule is None else rule.priority
        score = lead.lead_score
        if self.lead_scoring is None or score is None or own is not None:
            return priority_of(lead, own)
        grade = self.lead_scoring.grade(score.grade)
        return priority_of(lead, None if grade is None else grade.priority)

    @cached_property
    def prioritizes(self) -> bool:
        """True when a rule has a priority."""
        return any(rule.priority is not None for rule in self.rules)

    def terms(self, rule: str | None) -> Terms:
        """Return the complete terms of a rule.

        For a name that is no rule's, they are those of the policy.
        """
        return self._terms.get(rule or "", self._terms[""])

    def pool(self, name: str) -> Pool | None:
        """Return the pool of this name, or ``None`` where there is none."""
        return self._named.get(name)

    @cached_property
    def zone(self) -> tzinfo:
        """The zone in which the caps over all reps are counted."""
        return ZoneInfo(self.timezone)

    def pauses(self, pool: str) -> Pauses:
        """Return the time for which contacts and dropped connections count."""
        named = self._named.get(pool)
        own = None if named is None else named.wrap_up
        return Pauses(self.offline_grace, self.wrap_up if own is None else own)

    @cached_property
    def relaxes(self) -> bool:
        """True when a rule has steps."""
        return any(rule.later for rule in self.rules)

    def charges(
        self, lead: Lead, rule: Rule | None, pool: str | None, now: datetime | None
    ) -> Charges:
        """Return the counters that a lead adds to, offered or assigned now.

        Args:
            lead: The lead.
            rule: The rule that matched; ``None`` when none did.
            pool: The pool through which it is placed; ``None`` when it is assigned by hand.
            now: The instant.

        Raises:
            FieldTypeError: A cap over all reps counts the lead, and the time was not given.
        """
        segment, cost = (None, 1) if rule is None else (rule.counts_as, rule.capacity_cost)
        return Charges(lead, now, pool, segment, cost, self.caps, self.zone)

    @cached_property
    def version(self) -> str:
        """The version of this policy: 16 hexadecimal digits.

        They are the same wherever the same policy is loaded.
        Every decision carries it. O(size of the policy), once.

        Example:
            >>> from leadroute import Rule, dump_policy
            >>> from leadroute.formats.policy_file import parse_policy
            >>> router = Router(rules=[Rule("all", accept_within="5m")])
            >>> router.version == parse_policy(dump_policy(router)).version
            True
        """
        return fingerprint(self)

    def match(self, lead: Lead, now: datetime | None = None) -> Rule | None:
        """The first rule whose condition the lead fulfils, or ``None``.

        Raises:
            FieldTypeError: A condition met a fact of the wrong type; rule and lead are named.
        """
        if not isinstance(lead, Lead):
            must_be(Lead, lead=lead)
        if self._scoring is not None:
            lead = self.scored(lead, now)
        position = self._matcher.first(lead, now)
        return None if position is None else self.rules[position]

    def match_each(self, leads: Iterable[Lead], now: datetime | None = None) -> list[Rule | None]:
        """``match`` for every lead, in order."""
        return [self.match(lead, now) for lead in leads]

    def match_all(self, lead: Lead, now: datetime | None = None) -> tuple[Rule, ...]:
        """Return every rule that matches the lead, in order.

        Errors are those of ``match``.
        """
        must_be(Lead, lead=lead)
        lead = self.scored(lead, now)
        return tuple(self.rules[position] for position in self._matcher.all(lead, now))

    def scored(self, lead: Lead, now: datetime | None) -> Lead:
        """Return the lead with the lead score that rules read.

        The same lead comes back when the policy scores no leads, or the lead was scored before. O(criteria + signals).

        Args:
            lead: The lead.
            now: The instant of the decision.

        Raises:
            FieldTypeError: A criterion met a fact of the wrong type, or depends on an instant that is not known.
        """
        if self._scoring is None or lead.lead_score is not None:
            return lead
        try:
            return self._scoring.scored(lead, now)
        except Exception as error:
            say_where(error, "lead_scoring", lead.id)
            raise

    def members(
        self, pool: str | None, roster: Reps, now: datetime | None = None
    ) -> tuple[Rep, ...]:
        """The reps of a pool, in the order of their ids.

        Args:
            pool: The pool's name; ``None`` means everyone.
            roster: The reps there are.
            now: The instant, for pools that ask about it.

        Raises:
            UnknownFieldError: There is no such pool.
            FieldTypeError: The pool's condition met a fact of the wrong type.
        """
        roster = roster_of(roster)
        if pool is None or pool == EVERYONE:
            return roster.reps
        try:
            belongs = self._members[pool]
        except KeyError:
            raise UnknownFieldError("pool", pool, tuple(self._members)) from None
        reps, where = self._named[pool].reps, self._named[pool].where
        if reps is None:
            found = likely(
                self._teams.of(roster).by_value, ALWAYS if where is None else where, roster
            )
        else:
            found = [rep for rep_id in sorted(reps) if (rep := roster.get(rep_id)) is not None]
        return tuple([rep for rep in found if belongs(rep, now)])

    def candidate_set(
        self, rule: Rule, pool: str, roster: Roster, now: datetime | None
    ) -> CandidateSet:
        """Return the candidates of a rule, computed once for a roster.

        O(1); the first time O(reps).

        Args:
            rule: One of the rules.
            pool: The pool.
            roster: The reps there are.
            now: The instant, for pools that ask about it: those are looked at anew each time.

        Raises:
            UnknownFieldError: There is no such pool.
            FieldTypeError: The pool's condition met a fact of the wrong type.
        """
        team = self._teams.of(roster)
        found = team.sets.get((rule.name, pool, rule.step))
        if found is None:
            members = observing(self.members(pool, roster, now), self.holidays)
            more = (rule.max_distance_km, rule.min_shared_hours, rule.calling_hours)
            pauses = self.pauses(pool)
            asks = any(map(pauses.after_contact, members)) or any(each is not None for each in more)
            kept = Team(roster) if pool in self._restless else team
            offer = self.terms(rule.name), self.version
            found = CandidateSet(rule, pool, members, self.registry, kept, offer, pauses, asks=asks)
            kept.sets[rule.name, pool, rule.step] = found
        return found

    def team(self, roster: Roster) -> Team:
        """Return the values that are kept for a roster.

        They are kept for the rosters that were asked about last.
        """
        return self._teams.of(roster)

    def working(self, reps: Iterable[Rep]) -> tuple[Rep, ...]:
        """The reps with the holidays of the policy."""
        return observing(tuple(reps), self.holidays)

    def rule_after(self, name: str, lead: Lead, now: datetime | None) -> Rule | None:
        """Return the next rule that matches a lead, at its age."""
        names = [rule.name for rule in self.rules]
        for position in self._matcher.all(lead, now):
            if position > names.index(name):
                return _aged(self.rules[position], lead, now)
        return None

    def restless(self, pool: str) -> bool:
        """Return whether the members of a pool may change at any time."""
        return pool in self._restless

    def rank(
        self,
        lead: Lead,
        roster: Reps,
        *,
        now: datetime | None = None,
        snapshot: Snapshot | None = None,
        previous_offers: Mapping[str, str] | None = None,
        top: int | None = None,
        ended: Outcome | None = None,
    ) -> Ranking:
        """Decide which rep should take a lead, with all reasons.

        It stores nothing and reads nothing but its arguments. Results that depend on policy and
        roster alone are kept for a ``Roster``, so use the same one as long as no rep changes; a
        list is read anew at each call, which takes longer. O(candidates) plus matching; reasons are
        written when they are read.

        Args:
            lead: The lead.
            roster: The reps, as a ``Roster`` or a list; their order changes nothing.
            now: The instant of the decision, aware; the lead's ``received_at`` when not given.
            snapshot: The counts of each rep, such as open leads; all 0 when not given.
            previous_offers: The results of earlier offers of this lead, by rep id; these reps are excluded.
            top: The number of assignments, best first; ``None`` means all.
            ended: The reason why the lead may wait no longer, one of ``TOTAL_TIME_OVER``, ``TOO_OLD`` and
                ``LINE_FULL``: only the pools of ``fallback.cannot_wait`` are asked. ``None`` (default) for none.

        Returns:
            Every rep of the pool, ranked or rejected, each with reasons.

        Raises:
            FieldTypeError: ``now`` is naive, an argument is of the wrong kind, or a fact of the wrong type was met.
        """
        counts = _NOTHING if snapshot is None else snapshot
        if not isinstance(counts, Snapshot):
            must_be(Snapshot, snapshot=counts)
        if top is not None and (type(top) is not int or top < 1):
            raise FieldTypeError("top", shown(top), "a whole number, 1 or more")
        found = Router._question(self, lead, roster, now, previous_offers)
        if isinstance(found, Ranking):
            return found if ended is None else ended_ranking(found, ended)
        return decide(found, counts, ended).ranking(top)

    def judge(
        self,
        lead: Lead,
        roster: Reps,
        now: datetime | None,
        snapshot: Snapshot,
        previous_offers: Mapping[str, str] | None = None,
    ) -> Decided | Ranking:
        """Rank without text: the decision behind ``rank``.

        Args:
            lead: The lead to place.
            roster: The reps there are.
            now: The instant of the decision, aware; the lead's ``received_at`` when not given.
            snapshot: The counts of the candidates.
            previous_offers: What became of earlier offers of this lead, by rep id.

        Returns:
            The decision under the rule that matched; a ``Ranking`` without reps when the lead does
            not qualify, or there is no rule for it.

        Raises:
            FieldTypeError: As for ``rank``.
        """
        found = self._question(lead, roster, now, previous_offers)
        return found if isinstance(found, Ranking) else decide(found, snapshot)

    def judging(
        self,
        lead: Lead,
        roster: Reps,
        now: datetime | None,
        previous_offers: Mapping[str, str] | None = None,
    ) -> Matched | Ranking:
        """Begin a decision whose counts are not all there yet.

        Args:
            lead: The lead to place.
            roster: The reps there are.
            now: The instant of the decision, aware; the lead's ``received_at`` when not given.
            previous_offers: What became of earlier offers of this lead, by rep id.

        Returns:
            The rule that matched, and the decision under it; a ``Ranking`` without reps when the
            lead does not qualify, or there is no rule for it.

        Raises:
            FieldTypeError: As for ``rank``.
        """
        found = self._question(lead, roster, now, previous_offers)
        return found if isinstance(found, Ranking) else Matched(found[1], deciding(found))

    def _question(
        self,
        lead: Lead,
        roster: Reps,
        now: datetime | None,
        previous_offers: Mapping[str, str] | None,
    ) -> Question | Ranking:
        """Match the lead; a ``Ranking`` where that decides already."""
        if not isinstance(lead, Lead):
            must_be(Lead, lead=lead)
        if not isinstance(roster, Roster):
            roster = roster_of(roster)
        before = _NOBODY if previous_offers is None else _copied(previous_offers)
        instant = lead.received_at if now is None else aware(now)
        scoring, qualifiers, first, rules, lookup, teams = self._asked
        if scoring is not None:
            lead = self.scored(lead, instant)
        if qualifiers:
            failed = self._disqualified(lead, instant)
            if failed:
                return self._refused(lead, failed, instant)
        position = first(lead, instant)
        if position is None:
            (step,) = self.fallback.steps("no_rule_matched")
            return Ranking(
                lead.id,
                Outcome.NO_RULE_MATCHED,
                at=instant,
                policy_version=self.version,
                fallback_step=step,
                lead_score=lead.lead_score,
            )
        matches = () if lookup is None else lookup(lead)
        rule, sets = rules[position], teams.of(roster).sets
        if rule.later:
            rule = _aged(rule, lead, instant)
        return self, rule, roster, lead, instant, before, matches, sets

    def qualifies(self, lead: Lead, now: datetime | None = None) -> bool:
        """Return whether the lead meets ``qualify``.

        Raises:
            FieldTypeError: ``qualify`` met a fact of the wrong type.
        """
        if not isinstance(lead, Lead):
            must_be(Lead, lead=lead)
        return not (self._qualifiers and self._disqualified(self.scored(lead, now), now))

    def _disqualified(self, lead: Lead, now: datetime | None) -> list[Factor | Condition]:
        try:
            return [part for part, holds in self._qualifiers if not holds(lead, None, now)]
        except Exception as error:
            say_where(error, "qualify", lead.id)
            raise

    def _refused(
        self, lead: Lead, failed: list[Factor | Condition], now: datetime | None
    ) -> Ranking:
        first = failed[0]
        reasons = [
            str(part) if isinstance(part, Factor) else denied(part, self.registry.predicates)
            for part in failed
        ]
        return Ranking(
            lead.id,
            Outcome.DISQUALIFIED,
            detail="; ".join(reasons),
            at=now,
            policy_version=self.version,
            factor=first.name if isinstance(first, Factor) else str(first),
            verdict=first.outcome if isinstance(first, Factor) else None,
            lead_score=lead.lead_score,
        )


def _copied(previous_offers: Mapping[str, str]) -> Mapping[str, str]:
    if type(previous_offers) is FrozenDict:
        return previous_offers
    must_be(Mapping, previous_offers=previous_offers)
    return FrozenDict(previous_offers)


def _aged(rule: Rule, lead: Lead, instant: datetime | None) -> Rule:
    """The rule as it is at the age of the lead; as it is written where the age is not known."""
    since = lead.received_at
    return rule if since is None or instant is None else rule.aged(instant - since)


def _changes(where: Condition) -> bool:
    """Whether a condition can answer otherwise for the same rep: with time, or as your predicates do."""
    asked = reads(where)
    return asked.now or bool(asked.checks)


_GIVEN: Final = tuple(each.name for each in attrs_fields(Router) if each.init)


def _router(*given: Any) -> Router:
    return Router(**dict(zip(_GIVEN, given, strict=True)))
