"""Hypothesis strategies for tests of your own (``pip install 'leadroute[test]'``)."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, TypeAlias

from attrs import evolve
from hypothesis import strategies as st

from leadroute.model.caps import PERIODS, Cap
from leadroute.model.duration import to_micros
from leadroute.model.lead import Lead, Signal
from leadroute.model.rep import STATUSES, Presence, Rep, Roster
from leadroute.model.snapshot import Snapshot
from leadroute.ranking.lead_scoring import (
    EngagementSignal,
    FitCriterion,
    LeadGrade,
    LeadScoring,
    SourcePoints,
)
from leadroute.ranking.router import Router
from leadroute.rules import builders
from leadroute.rules.builders import LEAD, NOW, REP, FieldExpr
from leadroute.rules.conditions import ALWAYS, NEVER, Condition
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    DISPOSITIONS,
    Disposition,
    Fallback,
    Rule,
    first_back,
    pool_of,
)
from leadroute.rules.scorer import Scorer
from leadroute.rules.step import Step
from leadroute.scorers import (
    close_rate,
    free_capacity,
    intent,
    round_robin,
    skill_match,
    territory_match,
)

Facts: TypeAlias = st.SearchStrategy[FieldExpr]
Conditions: TypeAlias = st.SearchStrategy[Condition]

WORDS = ("a", "b", "gold", "90210", "Ünï", "it's", 'say "hi"', "back\\slash", "two words", "\x1b")
NAMES = ("tags", "x", "is vip?")
COUNTRIES = ("US", "DE", "GB")
LANGUAGES = ("en", "de", "pt-BR")
COMPARISONS = (operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge)
SUMS = (operator.add, operator.sub, operator.mul, operator.truediv)

DOMAIN = builders.domain_of(LEAD.email)

DONE = Disposition("done", closes=True)

words = st.sampled_from(WORDS)
names = st.sampled_from(NAMES)
numbers = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, -2.25, 1e300 / 1e290, 10_000, 2**40]))
instants = st.datetimes(
    datetime.fromisoformat("2026-01-01"),
    datetime.fromisoformat("2026-01-03"),
    timezones=st.just(UTC),
)
durations = st.one_of(
    st.integers(-72, 72).map(builders.hours),
    st.integers(0, 3_000_000_000).map(lambda microseconds: timedelta(microseconds=microseconds)),
)


def conditions(*, rep: bool = True, checks: tuple[str, ...] = ("known",)) -> Conditions:
    """Build conditions over the whole language, small enough to read in a failure."""
    return _conditions(rep, checks)


@cache  # Hypothesis looks through every new strategy, which takes longer than drawing from it
def _conditions(rep: bool, checks: tuple[str, ...]) -> Conditions:
    asked = st.one_of(
        st.sampled_from([ALWAYS, NEVER]),
        _comparisons(rep),
        _memberships(rep),
        _texts(rep),
        _sets(rep),
        _presences(rep),
        *(
            [st.builds(builders.predicate, st.sampled_from(checks), numbers | words)]
            if checks
            else []
        ),
    )
    return st.deferred(lambda: st.recursive(asked, _joined, max_leaves=6))


def _joined(parts: Conditions) -> Conditions:
    return st.one_of(
        st.builds(operator.and_, parts, parts),
        st.builds(operator.or_, parts, parts),
        st.builds(operator.invert, parts),
    )


def _attribute(entity: Any, name: str) -> FieldExpr:
    return FieldExpr(entity[name].operand)


def _custom(rep: bool) -> Facts:
    entities = st.sampled_from([LEAD, REP] if rep else [LEAD])
    return st.builds(_attribute, entities, names)


def _numbers(rep: bool) -> Facts:
    pages = builders.signal("page")
    standard = [LEAD.budget, LEAD.employees, pages.total, pages.count]
    asked = [REP.level, REP.weight, REP.skills["health"]] if rep else []
    plain = st.sampled_from([*standard, *asked]) | _custom(rep)
    return st.recursive(plain, _summed, max_leaves=3)


def _summed(parts: Facts) -> Facts:
    step = st.sampled_from(SUMS)
    return st.one_of(
        st.builds(operator.call, step, parts, parts | numbers),
        st.builds(operator.call, step, numbers, parts),
        st.builds(operator.neg, parts),
    )


def _instants() -> Facts:
    standard = [LEAD.received_at, LEAD.deadline, builders.signal("page").last, NOW]
    plain: Facts = st.sampled_from(standard)
    return plain | st.builds(operator.call, st.sampled_from(SUMS[:2]), plain, durations)


def _durations() -> Facts:
    aged = _instants().map(builders.age)
    return st.one_of(
        aged,
        st.builds(operator.sub, _instants(), _instants()),
        st.builds(operator.mul, aged, numbers),
        st.builds(operator.truediv, aged, st.integers(1, 3)),
    )


def _text_facts(rep: bool) -> Facts:
    standard = [LEAD.company, LEAD.product, LEAD.postal_code]
    return st.sampled_from([*standard, *([REP.name, REP.manager_id] if rep else [])]) | _custom(rep)


def _comparisons(rep: bool) -> Conditions:
    compare = st.sampled_from(COMPARISONS)

    def pair(left: Any, right: Any) -> Conditions:
        return st.builds(operator.call, compare, left, right)

    equal = st.sampled_from(COMPARISONS[:2])
    flags = st.builds(operator.call, equal, _custom(rep), st.booleans())
    coded = [
        (LEAD.country, COUNTRIES),
        (LEAD.language, LANGUAGES),
        (LEAD.email, ("Ann@Example.com",)),
        (DOMAIN, ("Example.com", "gmail.com")),
    ]
    span = st.builds(lambda f, low, high: (low <= f) & (f < high), _numbers(rep), numbers, numbers)
    return st.one_of(
        pair(_numbers(rep), numbers),
        pair(numbers, _numbers(rep)),
        pair(_numbers(rep), _numbers(rep)),
        pair(_instants(), instants | _instants()),
        pair(_durations(), durations | _durations()),
        pair(_text_facts(rep), words.filter(str.strip) | _text_facts(rep)),
        pair(_custom(rep), _custom(rep)),
        flags,
        span,
        *(pair(st.just(fact), st.sampled_from(codes)) for fact, codes in coded),
    )


def _memberships(rep: bool) -> Conditions:
    how = st.sampled_from([FieldExpr.in_, FieldExpr.not_in])

    def among(facts: Facts, values: Any) -> Conditions:
        lists = st.lists(values, max_size=4)
        return st.builds(operator.call, how, facts, lists)

    sets = [LEAD["tags"], *([REP.languages, REP.skills] if rep else [])]
    codes = st.sampled_from([LEAD.language, LEAD["x"], LEAD.company])
    return st.one_of(
        among(_text_facts(rep), words),
        among(_numbers(rep), numbers),
        among(_instants(), instants),
        among(st.just(LEAD.country), st.sampled_from(COUNTRIES)),
        st.builds(operator.call, how, codes, st.sampled_from(sets)),
    )


def _texts(rep: bool) -> Conditions:
    patterns = st.text("ab*?'é ", min_size=1, max_size=6)
    asked = st.sampled_from([FieldExpr.startswith, FieldExpr.endswith, FieldExpr.like])
    return st.one_of(
        st.builds(operator.call, asked, _text_facts(rep) | st.just(DOMAIN), patterns),
        st.sampled_from([LEAD.email, LEAD.domain, LEAD["x"], DOMAIN]).map(builders.is_free_mail),
    )


def _sets(rep: bool) -> Conditions:
    facts = st.sampled_from(
        [LEAD["tags"], LEAD["x"], *([REP.territories, REP["tags"], REP.licenses] if rep else [])]
    )
    listed = st.lists(words, max_size=3)
    related = st.sampled_from([builders.overlaps, builders.covers])
    contained = words if not rep else words | st.just(LEAD.industry)
    return st.one_of(
        st.builds(operator.call, related, facts, facts | listed),
        st.builds(operator.call, related, listed, facts),
        st.builds(FieldExpr.contains, facts | _text_facts(rep), contained),
    )


def _presences(rep: bool) -> Conditions:
    facts: Any = _numbers(rep) | _instants() | _text_facts(rep)
    return st.builds(
        operator.call, st.sampled_from([FieldExpr.is_present, FieldExpr.is_missing]), facts
    )


IDS = ("ada", "bob", "cy/d", "50%", "Éva", "x y")
POOLS = ("emea", "a/b%")
SCHEDULES = (None, None, "mon-fri 09:00-17:00", "mon-sun 22:00-06:00", "never")
ZONES = (None, "Europe/Berlin", "America/New_York")
STEPS = (
    (),
    (),
    (Step(after="10m", require=REP.level >= 1),),
    (Step(after="90s", pool="a/b%"), Step(after="1h", pool="everyone", require="always")),
)
CALLING = ("mon-fri 09:00-20:00", "sat 10:00-18:00", "always")
INDUSTRIES = ("health", "retail")


def leads(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Lead]:
    """Build leads of few distinct values, so that rules match often."""
    plain = st.sampled_from([*(f"L-{number}" for number in range(10)), "l/1", "100%", "Ü-1"])
    return st.builds(
        Lead,
        plain if ids is None else ids,
        received_at=st.none() | instants,
        country=st.sampled_from([None, *COUNTRIES]),
        timezone=st.sampled_from([None, None, "Asia/Tokyo"]),
        region=st.sampled_from([None, "DE-BE", "US-CA"]),
        language=st.sampled_from([None, *LANGUAGES]),
        industry=st.sampled_from([None, *INDUSTRIES]),
        budget=st.sampled_from([None, 0, 500, 50_000]),
        priority=st.sampled_from([None, -1, 0, 0, 3]),
        signals=st.lists(
            st.builds(Signal, st.sampled_from(["page", "mail"]), instants, st.integers(0, 300)),
            max_size=2,
        ),
        attributes=st.dictionaries(names, words.filter(str.strip) | numbers | instants, max_size=2),
    )


def reps(ids: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Rep]:
    """Build reps, some of them off, full, inactive, without weight or without any limit."""
    limits = st.sampled_from([0, 1, 1, 2, 5])
    return st.builds(
        Rep,
        st.sampled_from(IDS) if ids is None else ids,
        name=st.sampled_from([None, "Ada L."]),
        level=st.sampled_from([None, 1, 3]),
        skills=st.dictionaries(st.sampled_from(INDUSTRIES), st.sampled_from([0, 0.5, 1])),
        languages=st.frozensets(st.sampled_from(LANGUAGES)),
        countries=st.frozensets(st.sampled_from(COUNTRIES)),
        regions=st.frozensets(st.sampled_from(["DE-BE", "US-CA"])),
        timezone=st.sampled_from(ZONES),
        schedule=st.sampled_from(SCHEDULES),
        capacity=st.sampled_from([None, 0, 1, 1, 2, 5]),
        wrap_up=st.sampled_from([None, None, None, "0s", "10m"]),
        caps=st.lists(
            st.builds(Cap, limits, st.sampled_from(PERIODS)), max_size=2, unique_by=lambda c: c.per
        ),
        weight=st.sampled_from([0, 0.5, 1, 1, 1, 3]),
        active=st.sampled_from([True, True, True, False]),
    )


def presences(
    ids: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Mapping[str, Presence]]:
    """Build the presence of some reps, by rep id."""
    status = st.sampled_from(STATUSES)
    known = st.builds(Presence, status, instants, status)
    return st.dictionaries(st.sampled_from(IDS) if ids is None else ids, known, max_size=4)


def snapshots() -> st.SearchStrategy[Snapshot]:
    """Build the counts of a small team: open leads, turns, contacts and presence."""
    counts = st.dictionaries(st.sampled_from(IDS), st.integers(0, 3), max_size=4)
    micros = st.dictionaries(st.sampled_from(IDS), instants.map(to_micros), max_size=4)
    return st.builds(
        Snapshot,
        open=counts,
        turns=st.dictionaries(st.sampled_from(("everyone", *POOLS)), counts, max_size=2),
        last_assigned=micros,
        contacted=micros,
        presence=presences(),
        free_since=micros,
    )


def rosters(max_size: int = 5) -> st.SearchStrategy[Roster]:
    """Build rosters of at most ``max_size`` reps, the empty one among them."""
    unique = st.lists(reps(), max_size=max_size, unique_by=lambda rep: rep.id)
    return st.builds(Roster, unique)


def scorers() -> st.SearchStrategy[Scorer]:
    """Build scores made of the built-in scorers, weighted, added up and guarded."""
    plain = st.one_of(
        st.sampled_from(["industry", "language", "product"]).map(skill_match),
        st.sampled_from([territory_match(), free_capacity(), round_robin(), close_rate()]),
        st.sampled_from([round_robin("strict")]),
        st.sampled_from([1, 20]).map(lambda strength: close_rate(strength=strength)),
        st.builds(
            intent, st.sampled_from([None, "page"]), st.sampled_from([1, 240]), st.just("3d")
        ),
    )
    return st.recursive(
        plain,
        lambda parts: st.one_of(
            st.builds(operator.add, parts, parts),
            st.builds(operator.mul, parts, st.sampled_from([0, 0.5, 1, 2, 3])),
            st.builds(lambda part, guard: part.when(guard), parts, _guards()),
        ),
        max_leaves=4,
    )


def _pools() -> st.SearchStrategy[tuple[Pool, ...]]:
    """Build the two pools of a router."""
    return st.sampled_from(
        [
            (
                Pool("emea", reps={"ada", "bob", "Éva"}, wrap_up="3m", pause_after_missed=3),
                Pool("a/b%", where=REP.level >= 3, cool_down={"declined": "5s"}),
            ),
            (
                Pool("emea", reps={"nobody"}),
                Pool("a/b%", reps={"50%", "ada"}, where=REP.level >= 1),
            ),
        ]
    )


def routers() -> st.SearchStrategy[Router]:
    """Build routers with up to three rules over two pools, whose conditions no lead can break."""
    rules = st.builds(
        _rule,
        when=st.none() | _asks(),
        require=st.none() | _guards(),
        score=st.none() | scorers(),
        pool=st.sampled_from([None, None, "everyone", *POOLS]),
        accept_within=st.sampled_from([None, "1m", "2h", "15m working", {"other": "3m"}]),
        **_ends(),
        deadlines=_deadlines(),
        **_offer_terms(),
        **_kinds_of_offers(),
        fallback=fallback(),
        steps=st.sampled_from(STEPS),
        priority=st.sampled_from([None, None, None, -1, 5]),
        calling_hours=st.sampled_from([None, None, None, *CALLING]),
        min_shared_hours=st.sampled_from([None, None, None, 0.25, 1]),
    )
    return st.builds(
        Router,
        qualify=st.sampled_from([None, None, LEAD.budget > 0]),
        rules=st.lists(rules, max_size=3).map(_numbered),
        pools=_pools(),
        offline_grace=st.sampled_from(["0s", "0s", "90s"]),
        wrap_up=st.sampled_from(["0s", "0s", "5m"]),
        fallback=st.builds(
            lambda given, steps: evolve(given, no_rule_matched=steps),
            fallback(),
            st.sampled_from([None, None, "wait", "catch_all"]),
        ),
        lead_scoring=st.none() | lead_scorings(),
        dispositions=st.sampled_from([DISPOSITIONS, (*DISPOSITIONS, DONE)]),
    )


def _deadlines() -> st.SearchStrategy[dict[str, Any]]:
    """Terms of deadlines that go together."""
    warned = {"warn_before": ["10m", "2m"], "on_breach": ["remind", "escalate lena", "reassign"]}
    return st.sampled_from(
        [
            {},
            {},
            {"respond_within": "5m", "follow_up": ["10m", "1d", "8h working"]},
            {"respond_within": {"other": "30m"}, "close_within": "14d"},
            {"respond_within": "4h working", **warned},
        ]
    )


def _numbered(rules: list[Rule]) -> list[Rule]:
    return [evolve(rule, name=f"rule {number}") for number, rule in enumerate(rules)]


def _ends() -> dict[str, st.SearchStrategy[Any]]:
    """Terms that end offers and waiting, by name."""
    return {
        "rounds": st.sampled_from([None, None, 3]),
        "wait_between": st.sampled_from([None, None, "30s"]),
        "total_within": st.sampled_from([None, None, "1d", "9h working", {"other": "4h"}]),
        "truncate": st.sampled_from([None, None, False, True]),
        "max_age": st.sampled_from([None, None, "7d"]),
        "max_waiting": st.sampled_from([None, None, 50]),
    }


def _offer_terms() -> dict[str, st.SearchStrategy[Any]]:
    """The terms of answers, of leads that wait, and of those that reps pull."""
    return {
        "cool_down": st.sampled_from([None, None, "30s", {"busy": "1m", "timed_out": "10s"}]),
        "keep_place": st.sampled_from([None, None, "60s"]),
        "backlog": st.sampled_from([None, None, "oldest", "newest", "freshest"]),
        "backlog_gap": st.sampled_from([None, None, "20s"]),
        "backlog_burst": st.sampled_from([None, None, 1, 3]),
        "claims_per_hour": st.sampled_from([None, None, 10]),
        "lapsed_claims": st.sampled_from([None, None, 3]),
    }


def _kinds_of_offers() -> dict[str, st.SearchStrategy[Any]]:
    """To how many reps leads are offered, and what reminds of an offer."""
    kinds = [None, None, "parallel 2", "parallel 3, one more every 10s", "pull", "suggest"]
    return {
        "offer": st.sampled_from(kinds),
        "remind_before": st.sampled_from([None, None, "30s", {"other": "10s"}]),
        "preview": st.sampled_from([None, None, ["country", "lead['plan']"], []]),
    }


def _rule(
    pool: str | None,
    fallback: Fallback,
    steps: tuple[Step, ...],
    deadlines: Mapping[str, Any],
    **terms: Any,
) -> Rule:
    """Build a rule that asks no pool twice, and whose steps change something."""
    own = pool or "everyone"
    opened = {own, *[step.pool for step in steps]}
    if own in [step.pool for step in steps]:
        opened, steps = {own}, ()
    kept = {
        case: [each for each in said if pool_of(each) not in opened] or None
        for case, said in fallback.said()
    }
    kept = {case: said for case, said in kept.items() if said and not first_back(said[-1])}
    return Rule("rule", pool=pool, fallback=Fallback(**kept), steps=steps, **deadlines, **terms)


def lead_scorings() -> st.SearchStrategy[LeadScoring]:
    """Build lead scorings whose conditions no lead can break."""
    fit = st.builds(
        lambda when, points: FitCriterion(str(when), when, points),
        st.sampled_from(
            [
                LEAD.country == "DE",
                LEAD.budget >= 1_000,
                LEAD.region.is_present() | (LEAD.budget > 0),
            ]
        ),
        st.sampled_from([20, 0.5, -5]),
    )
    grades = [LeadGrade("hot", 0.7, "5m", 2), LeadGrade("warm", 0.25)]
    return st.builds(
        LeadScoring,
        fit=st.lists(fit, max_size=3, unique_by=lambda each: each.name),
        engagement=st.sampled_from([(), (EngagementSignal("page", 0.01, "1d"),)]),
        sources=st.sampled_from([(), (SourcePoints(source="webinar", points=9),)]),
        blend=st.sampled_from([0, 0.5, 1]),
        grades=st.sampled_from([(), grades]),
    )


def fallback() -> st.SearchStrategy[Fallback]:
    """Build the steps of a rule for when no rep is found; often none."""
    pools = [f"pool {name}" for name in ("everyone", *POOLS)]
    others = ["next rule", "first_back within 2h"]

    def steps(*more: str) -> st.SearchStrategy[list[str] | None]:
        asked = st.lists(st.sampled_from([*pools, *others, *more]), max_size=2, unique=True)
        ends = st.sampled_from([[], ["wait"], ["catch_all"]])
        joined = st.builds(operator.add, asked, ends)
        given = joined.filter(lambda found: not found or not first_back(found[-1]))
        return st.none() | given.map(lambda found: found or None)

    return st.builds(
        Fallback,
        pool_empty=steps(),
        none_eligible=steps(),
        none_available=steps("ignore_availability"),
        cannot_wait=st.none()
        | st.lists(st.sampled_from(pools), min_size=1, max_size=2, unique=True),
    )


def _asks() -> Conditions:
    pages = builders.signal("page").count > 0
    home, size = LEAD.country == "DE", LEAD.budget >= 1_000
    scored = [LEAD.score >= 0.5, LEAD.grade == "hot"]
    return st.sampled_from([home, size, LEAD.region.is_present(), pages, *scored, ALWAYS])


def _guards() -> Conditions:
    return st.sampled_from(
        [REP.level >= 3, LEAD.language.in_(REP.languages), LEAD.budget > 0, ALWAYS, NEVER]
    )
