"""The reference for ``Router.rank``: a plain loop that asks everything of everybody, one after another.

Slow and obviously right. It keeps nothing, shares nothing with the engine's candidates and columns, and makes every
reason at once. Only the words of the reasons come from ``gate``; whether a rep may take a lead is asked here again.
"""

from collections.abc import Mapping
from datetime import timedelta
from fractions import Fraction
from typing import NamedTuple

from attrs import evolve

from leadroute.errors import say_where
from leadroute.model.duration import from_micros, parse_duration
from leadroute.model.lead import Lead
from leadroute.model.lead_timezone import OFFICE, lead_hours, shared_hours
from leadroute.model.snapshot import Snapshot
from leadroute.model.territory import distance_km, position_of
from leadroute.model.validation import aware, known
from leadroute.model.working_hours import meeting
from leadroute.ranking.eligibility import gate, notes_of, used_of
from leadroute.ranking.policy_checks import observing
from leadroute.ranking.ranking import Assignment, Exclusion, Outcome, Ranking, ScoreTerm
from leadroute.ranking.scorers.exploration import propensities
from leadroute.rules.describe import denied
from leadroute.rules.evaluation import compile_condition
from leadroute.rules.routing_context import RoutingContext
from leadroute.rules.rule import Factor, Rule, parts_of
from leadroute.rules.scorer import mean
from leadroute.scorers import fair_share, round_robin

UNIT = 2_327_925_600_000
SLACK = Fraction(1, 10**6)


class Found(NamedTuple):
    """What the loop finds: the ranking with all its parts made, and the figures that come with it."""

    ranking: Ranking
    propensities: Mapping[str, float] = {}
    fairness_cost: float = 0.0


def reference_rank(router, lead, roster, now=None, snapshot=None, previous_offers=None):
    """Who should take the lead, and why and why not for everybody."""
    at = lead.received_at if now is None else aware(now)
    snapshot, previous_offers = snapshot or Snapshot(), dict(previous_offers or {})
    refused = _refused(router, lead, at)
    if refused is not None:
        return Found(refused)
    rule = next((each for each in router.rules if _matches(router, each, lead, at)), None)
    if rule is None:
        steps = router.fallback.no_rule_matched or ("catch_all",)
        nothing = Ranking(
            lead.id,
            Outcome.NO_RULE_MATCHED,
            at=at,
            policy_version=router.version,
            fallback_step=steps[0],
        )
        return Found(nothing)

    def ask(stage, pool, *, ignore_availability=False):
        return _ask(
            router, stage, pool, lead, roster, at, snapshot, previous_offers, ignore_availability
        )

    try:
        return _under(router, rule, ask, lead, at)
    except Exception as error:
        say_where(error, rule.name, lead.id)
        raise


class Stage(NamedTuple):
    """A rule as it is at one of its steps, by number; 0 is the rule as it is written."""

    number: int
    rule: Rule


def _stages(rule, lead, at):
    """The rule at the step that is in force, and at those that are still to come."""
    age = timedelta(0) if at is None or lead.received_at is None else at - lead.received_at
    require, pool = rule.require, rule.pool
    found, first = [Stage(0, evolve(rule, steps=()))], 0
    for number, step in enumerate(rule.steps, 1):
        require = require if step.require is None else step.require
        pool = step.pool or pool
        found.append(Stage(number, evolve(rule, require=require, pool=pool, steps=())))
        if age >= step.after:
            first = number
    return found[first:]


def _under(router, rule, ask, lead, at):
    """What a rule says of a lead: at its steps, by its fallback, or by the next rule that matches."""
    before = []
    for stage in _stages(rule, lead, at):
        found = ask(stage, stage.rule.pool or "everyone")
        outcome = found.ranking.outcome
        if outcome in (Outcome.ASSIGNABLE, Outcome.NONE_AVAILABLE):
            break
        before.append(found.ranking)
    else:
        before.pop()
    last = stage.number == len(rule.steps)
    if outcome is Outcome.NONE_AVAILABLE and not last:
        found = found._replace(ranking=evolve(found.ranking, fallback_step="wait"))
    elif outcome is not Outcome.ASSIGNABLE:
        found = _overflow(router, stage, ask, found.ranking, lead, at)
    others = (*before, *found.ranking.other_pools)
    return found._replace(ranking=evolve(found.ranking, other_pools=others))


def _refused(router, lead, at):
    failed = []
    for part in parts_of(router.qualify):
        condition = part.condition if isinstance(part, Factor) else part
        try:
            if not compile_condition(condition, router.registry)(lead, None, at):
                failed.append(part)
        except Exception as error:
            say_where(error, "qualify", lead.id)
            raise
    if not failed:
        return None
    named = isinstance(failed[0], Factor)
    told = "; ".join(
        str(each) if isinstance(each, Factor) else denied(each, router.registry.predicates)
        for each in failed
    )
    more = {"factor": str(failed[0])}
    if named:
        more = {"factor": failed[0].name, "verdict": failed[0].outcome}
    return Ranking(
        lead.id, Outcome.DISQUALIFIED, detail=told, at=at, policy_version=router.version, **more
    )


def _matches(router, rule, lead, at):
    try:
        return rule.when is None or compile_condition(rule.when, router.registry)(lead, None, at)
    except Exception as error:
        say_where(error, rule.name, lead.id)
        raise


def _overflow(router, stage, ask, own, lead, at):
    """One step after another until somebody is found, once the rule's own pool was asked."""
    rule, case = stage.rule, own.outcome.name.lower()
    steps = getattr(rule.fallback, case) or getattr(router.fallback, case)
    steps = steps or (("wait",) if case == "none_available" else ("catch_all",))
    firsts, answers, then = {own.pool: own}, [own], None
    for step in steps:
        back = min([each.resumes_at for each in answers if each.resumes_at], default=None)
        asked = []
        if step in ("wait", "catch_all"):
            then = step
        elif step.startswith("first_back within "):
            then = "wait" if _soon(back, at, step.removeprefix("first_back within ")) else None
        elif step == "next rule":
            behind = router.rules[[each.name for each in router.rules].index(rule.name) + 1 :]
            other = next((each for each in behind if _matches(router, each, lead, at)), None)
            if other is not None:
                return _left(rule, firsts, back, _under(router, other, ask, lead, at), other)
        elif step == "ignore_availability":
            asked = [(pool, True) for pool in firsts]
        else:
            asked = [(pool, False) for pool in [step.removeprefix("pool ")] if pool not in firsts]
        if then is not None:
            break
        for pool, ignore_availability in asked:
            found = ask(stage, pool, ignore_availability=ignore_availability)
            if found.ranking.assignments:
                asked_before = tuple(firsts.values())
                return found._replace(ranking=evolve(found.ranking, other_pools=asked_before))
            firsts.setdefault(pool, found.ranking)
            answers.append(found.ranking)
    late = any(each.outcome is Outcome.NONE_AVAILABLE for each in answers)
    _, *others = firsts.values()
    resumes_at = min([each.resumes_at for each in answers if each.resumes_at], default=None)
    then = then or ("wait" if late else "catch_all")
    return Found(evolve(own, other_pools=tuple(others), fallback_step=then, resumes_at=resumes_at))


def _soon(back, at, within):
    return back is not None and at is not None and back <= at + parse_duration(within)


def _left(rule, firsts, back, found, other):
    """What another rule says of a lead, with what was asked before and a note that it was left to it."""
    ranking = found.ranking
    note = f"the rule {rule.name!r} found nobody and left the lead to the rule {other.name!r}"
    if not ranking.assignments:
        times = [each for each in (back, ranking.resumes_at) if each is not None]
        ranking = evolve(ranking, resumes_at=min(times, default=None))
    others = (*firsts.values(), *ranking.other_pools)
    notes = (note, *ranking.notes)
    return found._replace(ranking=evolve(ranking, other_pools=others, notes=notes))


def _ask(router, stage, pool, lead, roster, at, snapshot, previous_offers, ignore_availability):
    """One pool: who may take the lead, who may not and why, and who comes first."""
    number, rule = stage
    members = observing(_members(router, pool, roster, at), router.holidays)
    matches = router.territories.lookup(lead) if router.territories else ()
    all_of_them = RoutingContext(lead, members, pool, snapshot, at, router.registry, matches)
    charges = router.charges(lead, rule, pool, at)
    obstacles = gate(
        rule,
        all_of_them,
        previous_offers,
        charges,
        pauses=router.pauses(pool),
        ignore_availability=ignore_availability,
    )
    able, absent, rejections = [], [], []
    for rep in members:
        found = obstacles(rep)
        assert (not found) == _may(
            router, rule, all_of_them, charges, previous_offers, ignore_availability, rep
        ), found
        if found:
            absent.append(rep)
            rejections.append(Exclusion(rep.id, rep.label, found))
        else:
            able.append(rep)
    context = RoutingContext(
        lead, tuple(able), pool, snapshot, at, router.registry, matches, tuple(absent)
    )
    temporary = [each for each in rejections if all(one.temporary for one in each.obstacles)]
    outcome, back = Outcome.ASSIGNABLE, None
    if not able:
        outcome = Outcome.NONE_AVAILABLE if temporary else Outcome.NONE_ELIGIBLE
        outcome = outcome if members else Outcome.POOL_EMPTY
        hours = {rep.id: rep.hours for rep in members}
        calling_hours = (
            None
            if ignore_availability or rule.calling_hours is None
            else lead_hours(lead, rule.calling_hours)
        )
        backs = [_back(hours[each.rep_id], calling_hours, each.obstacles, at) for each in temporary]
        back = min((each for each in backs if each is not None), default=None)
    score = round_robin() if rule.score is None else rule.score
    assignments = _sorted(score, context)
    chances = {each.rep_id: float(each.rank == 1) for each in assignments}
    ranking = Ranking(
        lead.id,
        outcome,
        rule.name,
        pool,
        assignments,
        tuple(rejections),
        at=at,
        resumes_at=back,
        accept_within=rule.accept_within or router.accept_within,
        policy_version=router.version,
        ignore_availability=ignore_availability,
        notes=notes_of(rule, lead),
        step=number,
    )
    if score.random:
        chances = propensities(score, context)
    return Found(ranking, chances, _given_up(score, context, assignments))


def _members(router, pool, roster, at):
    if pool == "everyone":
        return tuple(roster)
    (found,) = (each for each in router.pools if each.name == pool)
    listed = [rep for rep in roster if found.reps is None or rep.id in found.reps]
    if found.where is None:
        return tuple(listed)
    belongs = compile_condition(found.where, router.registry)
    return tuple(rep for rep in listed if belongs(Lead("nobody"), rep, at))


def _may(router, rule, context, charges, previous_offers, ignore_availability, rep):
    """Whether the rep may take the lead, asked in the plainest way."""
    lead, at, snapshot = context.lead, context.instant, context.snapshot
    if not rep.active or rep.weight == 0 or rep.id in previous_offers:
        return False
    if rule.require is not None and not compile_condition(rule.require, router.registry)(
        lead, rep, at
    ):
        return False
    if not _near(rule, context, rep) or _is_stopped(context, rep):
        return False
    for charge in charges.for_rep(rep):
        limited = charge.hard and charge.most is not None
        if limited and used_of(charge, rep, snapshot) + charge.units > charge.most:
            return False
    return ignore_availability or _at_work(router, rule, context, rep)


def _near(rule, context, rep):
    lead = context.lead
    if rule.in_territory:
        with_reps = [
            each.territory
            for each in context.matches
            if any(each.territory.role(one) is not None for one in context.reps)
        ]
        if not with_reps or with_reps[0].role(rep) is None:
            return False
    if rule.max_distance_km is not None:
        there, here = position_of(lead.attributes), position_of(rep.attributes)
        if there is None or here is None or distance_km(here, there) > rule.max_distance_km:
            return False
    if rule.min_shared_hours is None:
        return True
    shared = shared_hours(lead, OFFICE, context.instant)
    share = None if shared is None else shared.share(rep)
    return share is not None and share >= rule.min_shared_hours


def _is_stopped(context, rep):
    """Whether the rep gets no offer at all: paused, cooling down, or paced."""
    at, snapshot = context.instant, context.snapshot
    pause, cooling = snapshot.paused.get(rep.id), snapshot.cooling.get(rep.id)
    if pause is not None and (pause.until is None or known(at) < pause.until):
        return True
    if cooling is not None and known(at) < from_micros(cooling):
        return True
    paced = snapshot.paced.get(rep.id)
    return paced is not None and (not paced or known(at) < from_micros(paced))


def _at_work(router, rule, context, rep):
    at, snapshot = context.instant, context.snapshot
    if rep.hours is not None and not rep.hours.is_open(known(at)):
        return False
    presence, contact = snapshot.presence.get(rep.id), snapshot.contacted.get(rep.id)
    if presence is not None and not presence.is_available(known(at), router.offline_grace):
        return False
    own = {pool.name: pool.wrap_up for pool in router.pools}.get(context.pool)
    for wrap_up in (rep.wrap_up, own, router.wrap_up):
        if wrap_up is not None:
            break
    if wrap_up and contact is not None and known(at) - from_micros(contact) < wrap_up:
        return False
    hours = None if rule.calling_hours is None else lead_hours(context.lead, rule.calling_hours)
    if hours is None:
        return True
    if not hours.is_open(known(at)):
        return False
    meets = rep.hours is None or rep.hours.next_open(at) is None or hours.next_open(at) is None
    return meets or meeting(rep.hours, hours, at) is not None


def _back(own, calling_hours, obstacles, at):
    """When the rep could take the lead: when the last obstacle is gone, and both rep and lead can be reached."""
    waits = [each.available_at for each in obstacles if each.available_at is not None]
    if not waits:
        return at
    if own is None or calling_hours is None:
        return max(waits)
    return meeting(own, calling_hours, max(waits)) or max(waits)


def _sorted(score, context):
    if not context.reps:
        return ()
    bound = [(term, points_of(term.scorer, context)) for term in score.terms]
    keyed = []
    for rep in context.reps:
        terms = tuple(
            ScoreTerm(str(term.scorer), term.weight, points(rep), term.scorer.reason(context, rep))
            for term, points in bound
        )
        total = mean((term.weight, term.points) for term in terms) or 0.0
        last = context.snapshot.last_assigned.get(rep.id, -1)
        keyed.append((-total, last, rep.id, rep, terms))
    keyed.sort(key=lambda each: each[:3])
    return tuple(
        Assignment(rep.id, rep.label, rank, -negative, terms)
        for rank, (negative, _, _, rep, terms) in enumerate(keyed, 1)
    )


def points_of(scorer, context):
    """The points of each rep; round robin and fair share by their definitions, in fractions."""
    if isinstance(scorer, fair_share):
        return _fair(scorer, context)
    if scorer == round_robin():
        return _in_turn(context)
    return scorer.bind(context)


def due_of(context):
    """The credit of each rep in turns, with this lead shared out among them."""
    snapshot, pool, reps = context.snapshot, context.pool, context.reps
    weights = {rep.id: Fraction(repr(rep.weight)) for rep in reps}
    whole, turns = sum(weights.values()), snapshot.turns.get(pool, {})
    taken = sum(turns.get(rep.id, 0) for rep in reps)
    found = {}
    for rep in reps:
        share = weights[rep.id] / whole
        if pool in snapshot.credits:
            credit = Fraction(snapshot.credits[pool].get(rep.id, 0), UNIT)
        else:
            credit = taken * share - turns.get(rep.id, 0)
        credited = snapshot.turn_credits.get(pool, {}).get(rep.id, ())
        given = sum(credit.turns for credit in credited if context.now < credit.expires)
        found[rep.id] = credit + share + given
    return found, weights


def _in_turn(context):
    due, weights = due_of(context)
    order = sorted(due, key=lambda rep_id: (-due[rep_id], -weights[rep_id], rep_id))
    return lambda rep: 1.0 - order.index(rep.id) / max(1, len(order) - 1)


def _fair(score, context):
    due, _ = due_of(context)
    points = points_of(score.scorer, context)
    beyond = sorted({each for each in due.values() if 1 - each > Fraction(score.ahead) + SLACK})

    def found(rep):
        own = points(rep) or 0.0
        if due[rep.id] in beyond:
            return (beyond.index(due[rep.id]) + own / 2) / (2 * len(beyond))
        return (1 + own) / 2

    return found


def _given_up(score, context, assignments):
    if not isinstance(score, fair_share) or not assignments:
        return 0.0
    bound = [(term.weight, points_of(term.scorer, context)) for term in score.scorer.terms]
    free = {
        rep.id: mean((weight, points(rep)) for weight, points in bound) or 0.0
        for rep in context.reps
    }
    return max(free.values()) - free[assignments[0].rep_id]
