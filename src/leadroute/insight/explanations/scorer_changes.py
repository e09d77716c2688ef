"""What the scorers of a policy look for, as levers.

The rules of this module:

* ``WANTED`` has an entry for every scorer that comes with the package. Chance alone has nothing to change.
* A scorer inside another one, or behind a guard, is asked like any other. The host's own have a weight and no more.
* Levels and records are raised step by step, so that the mildest step that suffices is found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from math import log
from typing import Any, Final

from attrs import evolve

from leadroute.insight.explanations.gates import (
    nearer,
    on_lead_hours,
    parts_in_territories,
    raised_caps,
    roomier,
)
from leadroute.insight.explanations.levers import Asked, lead_lever, rep_lever, skill_change
from leadroute.insight.explanations.question import Change, Lever, Question
from leadroute.model.rep import Rep
from leadroute.model.track_record import ALL, UNIT, Record, TrackRecords, segment_key, week_of
from leadroute.model.validation import FrozenDict
from leadroute.ranking.candidates import scoring_of
from leadroute.ranking.scorers.engagement import freshness, intent, source_urgency
from leadroute.ranking.scorers.exploration import explore, random_tiebreak
from leadroute.ranking.scorers.fit import language, same_country, skill_match, territory_match
from leadroute.ranking.scorers.load import cap_remaining, free_capacity, workload
from leadroute.ranking.scorers.ownership import named_account, owner
from leadroute.ranking.scorers.performance import (
    Learning,
    accept_rate,
    close_rate,
    expertise,
    response_speed,
    revenue_rate,
)
from leadroute.ranking.scorers.places import distance, timezone_overlap
from leadroute.ranking.scorers.round_robin import UNIT as TURN
from leadroute.ranking.scorers.round_robin import least_recent, round_robin
from leadroute.ranking.scorers.seniority import (
    deal_size_fit,
    graduation,
    rep_value,
    tier,
    top_producer,
)
from leadroute.rules.fields import number_of, texts_of
from leadroute.rules.operand import Field, SignalStat
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.scorer import Scorer, Sum, Term

__all__ = ["WANTED", "wanted", "weights"]

_LEVELS: Final = tuple(step / 10 for step in range(1, 11))
_LEADS: Final = (1, 2, 5, 10, 20, 50, 100)
_TIMES: Final = (1.5, 2, 3, 5, 10, 100)
_RICHEST: Final = 1e15


def wanted(question: Question) -> Iterator[Lever]:
    """What the scorers of all rules look for. O(scorers), each scorer once."""
    scores = map(scoring_of, question.router.rules)
    for scorer in dict.fromkeys(chain.from_iterable(score.walk() for score in scores)):
        ask = WANTED.get(type(scorer))
        if ask is not None:
            yield from ask(question, scorer)


def weights(rule: Rule) -> Iterator[Lever]:
    """Other weights of the terms of a rule's score, where it has several. O(terms)."""
    if not isinstance(rule.score, Sum):
        return
    terms = rule.score.parts
    for place, term in enumerate(terms):
        for times in (_TIMES, tuple(1 / each for each in _TIMES)):
            steps = dict.fromkeys(float(f"{(term.weight or 1) * each:.3g}") for each in times)
            yield tuple(_weighed(rule, terms, place, weight) for weight in steps)


def _weighed(rule: Rule, terms: tuple[Term, ...], place: int, weight: float) -> Change:
    term = terms[place]
    score = Sum((*terms[:place], Term(weight, term.scorer), *terms[place + 1 :]))
    words = f"the rule {rule.name!r} gave {term.scorer} the weight {weight:g} instead of {term.weight:g}"
    return Change("rule", rule.name, evolve(rule, score=score), words)


def _asked_of_rep(question: Question, asked: Iterable[Asked]) -> Iterator[Lever]:
    for operand, value in asked:
        yield from rep_lever(question.rep, operand, value, question.lead)


def _asked_of_lead(question: Question, asked: Iterable[Asked]) -> Iterator[Lever]:
    for operand, value in asked:
        yield from lead_lever(question.lead, operand, value, question.now)


def _lead_field(title: str) -> Field:
    """The field of a name such as ``industry`` or ``lead['plan']``."""
    name = title.removeprefix("lead['").removesuffix("']")
    return Field("lead", name, custom=name != title)


def _rep_field(title: str) -> Field:
    name = title.removeprefix("rep['").removesuffix("']")
    return Field("rep", name, custom=name != title)


def _skills(question: Question, scorer: skill_match) -> Iterator[Lever]:
    lead, rep = question.lead, question.rep
    skills = scorer.asked(lead)
    for some in dict.fromkeys(((skill,) for skill in skills), None) | {skills: None}:
        known = [rep.skills.get(skill) or 0 for skill in some]
        steps = [level for level in _LEVELS if some and level > min(known)]
        lever = tuple(
            skill_change(
                rep,
                {skill: level for skill, has in zip(some, known, strict=True) if level > has},
                lead,
            )
            for level in steps
        )
        yield lever
    if not skills:
        titles = (scorer.field,) if isinstance(scorer.field, str) else scorer.field
        best = sorted(rep.skills, key=lambda skill: (-rep.skills[skill], skill))[:2]
        fields = (_lead_field(title) for title in titles)
        yield from _asked_of_lead(question, ((field, skill) for field in fields for skill in best))


def _language(question: Question, _scorer: language) -> Iterator[Lever]:
    yield from _asked_of_rep(question, [(Field("rep", "languages"), question.lead.language)])
    spoken = sorted(question.rep.languages)
    yield from _asked_of_lead(question, ((Field("lead", "language"), each) for each in spoken))


def _country(question: Question, _scorer: same_country) -> Iterator[Lever]:
    yield from _asked_of_rep(question, [(Field("rep", "countries"), question.lead.country)])
    covered = sorted(question.rep.countries)
    yield from _asked_of_lead(question, ((Field("lead", "country"), each) for each in covered))


def _territory(question: Question, _scorer: territory_match) -> Iterator[Lever]:
    yield from parts_in_territories(question)
    lead = question.lead
    places = [(Field("rep", "countries"), lead.country), (Field("rep", "regions"), lead.region)]
    yield from _asked_of_rep(question, places)


def _distance(question: Question, scorer: distance) -> Iterator[Lever]:
    yield from nearer(question, scorer.latitude, scorer.longitude)


def _hours(question: Question, scorer: timezone_overlap) -> Iterator[Lever]:
    yield from on_lead_hours(question, scorer.week)


def _owner(question: Question, scorer: owner) -> Iterator[Lever]:
    yield from _asked_of_lead(question, [(Field("lead", "owner_id"), question.rep.id)])
    owners = [rep for rep in question.roster if rep.id == question.lead.owner_id]
    yield from _in_their_teams(question, scorer.away, owners)


def _accounts(question: Question, scorer: named_account) -> Iterator[Lever]:
    lead, rep = question.lead, question.rep
    named = dict.fromkeys(filter(None, (lead.account_id, lead.domain, lead.company)))
    owners = [each for each in question.roster if not each.accounts.isdisjoint(named)]
    if rep not in owners:
        yield from _asked_of_rep(question, ((Field("rep", "accounts"), name) for name in named))
    others = [each for each in owners if each.id != rep.id]
    if others:
        freed = [each.with_changes(accounts=each.accounts - named.keys()) for each in others]
        theirs = rep.with_changes(accounts=rep.accounts | named.keys())
        whose = f"instead of {', '.join(each.id for each in others)}'s"
        words = f"the lead's account was {rep.id}'s {whose}"
        yield (Change("team", "accounts", (*freed, theirs), words),)
    yield from _in_their_teams(question, scorer.away, owners)


def _in_their_teams(question: Question, away: str, owners: Iterable[Rep]) -> Iterator[Lever]:
    """A part in the teams of owners who are away, where those stand in."""
    teams = {team for rep in owners for team in rep.teams} if away == "team" else ()
    yield from _asked_of_rep(question, ((Field("rep", "teams"), team) for team in sorted(teams)))


def _room(question: Question, _scorer: free_capacity) -> Iterator[Lever]:
    yield from roomier(question)
    yield from _less_open(question, workload())


def _less_open(question: Question, _scorer: Scorer) -> Iterator[Lever]:
    counts, rep_id = question.snapshot.open, question.rep.id
    has = counts.get(rep_id, 0)
    lever = tuple(
        Change(
            "counts",
            "open",
            {"open": {**counts, rep_id: less}},
            f"{rep_id} had {less} open instead of {has}",
        )
        for less in dict.fromkeys((has - 1, has // 2, 0))
        if 0 <= less < has
    )
    yield lever


def _caps(question: Question, _scorer: cap_remaining) -> Iterator[Lever]:
    yield from raised_caps(question)


def _turns(question: Question, _scorer: round_robin) -> Iterator[Lever]:
    turns, rep_id = question.snapshot.turns, question.rep.id
    for pool in dict.fromkeys(rule.pool or EVERYONE for rule in question.router.rules):
        of_pool = turns.get(pool, FrozenDict())
        has = of_pool.get(rep_id, 0)
        lever = tuple(
            Change(
                "counts",
                "turns",
                {
                    "turns": {**turns, pool: {**of_pool, rep_id: less}},
                    **_credited(question, pool, has - less),
                },
                f"{rep_id} had taken {less} turns in {pool!r} instead of {has}",
            )
            for less in dict.fromkeys((has - 1, has // 2, 0))
            if 0 <= less < has
        )
        yield lever


def _credited(question: Question, pool: str, turns: int) -> dict[str, Any]:
    """The credits had the rep taken so many turns less, where there are credits."""
    credits, rep_id = question.snapshot.credits, question.rep.id
    if pool not in credits:
        return {}
    held = credits[pool].get(rep_id, 0) + turns * TURN
    return {"credits": {**credits, pool: {**credits[pool], rep_id: held}}}


def _idle(question: Question, _scorer: least_recent) -> Iterator[Lever]:
    last, rep_id = question.snapshot.last_assigned, question.rep.id
    if rep_id not in last:
        return
    others = {each: at for each, at in last.items() if each != rep_id}
    words = f"{rep_id} had got no lead yet"
    never = Change("counts", "last_assigned", {"last_assigned": others}, words)
    sooner = {**others, rep_id: min(last.values()) - 1}
    words = f"{rep_id} had waited longest for a lead"
    yield Change("counts", "last_assigned", {"last_assigned": sooner}, words), never


def _step(question: Question, scorer: tier) -> Iterator[Lever]:
    levels = scorer.levels or tuple(range(1, len(scorer.bands) + 1))
    if scorer.wins is None:
        whole = (int(level) for level in (0, *levels) if level == int(level))
        yield from _asked_of_rep(question, ((Field("rep", "level"), level) for level in whole))
    else:
        yield from _won(question, scorer)
    size = _lead_field(scorer.field)
    yield from _asked_of_lead(question, ((size, band) for band in (0, *scorer.bands)))


def _number(question: Question, scorer: rep_value) -> Iterator[Lever]:
    numbers = [number_of(rep, scorer.field) for rep in question.roster]
    known = [number for number in numbers if number is not None]
    if known:
        best = max(known) if scorer.higher else min(known)
        asked = _rep_field(scorer.field)
        for value in (best, best + 1 if scorer.higher else best - 1):
            yield from rep_lever(question.rep, asked, value, question.lead)


def _won(question: Question, scorer: Learning) -> Iterator[Lever]:
    snapshot, rep_id = question.snapshot, question.rep.id
    if not snapshot.track_records and scorer.by is None:
        won, closed = snapshot.won.get(rep_id, 0), snapshot.closed.get(rep_id, 0)
        yield tuple(
            Change(
                "counts",
                "won",
                {
                    "won": {**snapshot.won, rep_id: won + more},
                    "closed": {**snapshot.closed, rep_id: closed + more},
                },
                f"{rep_id} had won {_more(more)}",
            )
            for more in _LEADS
        )
    worth = _worth(question, scorer)
    logged = log(worth) * UNIT
    deal = Record(
        closed=1,
        won=1,
        value=worth * 100,
        sized=1,
        log_size=logged,
        log_size_squared=logged**2 / UNIT,
    )
    yield _recorded(question, scorer, deal, f"won {{}} of {worth:,.0f} each")
    yield from _instead(question, lambda record: {"won": record.closed}, "won all that they closed")


def _worth(question: Question, scorer: Learning) -> float:
    """What the deals would have been worth: the lead's size, where the scorer reads one, else twice the average."""
    title = getattr(scorer, "field", None)
    size = None if title is None else number_of(question.lead, title)
    if size is not None and 0 < size < _RICHEST:
        return size
    cells = question.snapshot.track_records.cells()
    records = [record for _, segment, _, record in cells if segment == ALL]
    won, value = sum(record.won for record in records), sum(record.value for record in records)
    return max(1.0, 2 * value / won / 100) if won else 1_000.0


def _accepted(question: Question, scorer: accept_rate) -> Iterator[Lever]:
    yield _recorded(question, scorer, Record(offered=1, accepted=1), "accepted {}")
    yield from _instead(
        question,
        lambda record: {
            "accepted": record.accepted + record.declined + record.ignored,
            "declined": 0,
            "ignored": 0,
        },
        "accepted every offer",
    )


def _reached(question: Question, scorer: response_speed) -> Iterator[Lever]:
    yield _recorded(question, scorer, Record(reached=1), "reached {} at once")
    yield from _instead(question, lambda _record: {"log_response": 0}, "reached all leads at once")


def _instead(
    question: Question, other: Callable[[Record], Mapping[str, float]], words: str
) -> Iterator[Lever]:
    """The same leads in the rep's record, with something else become of them."""
    rep_id, before = question.rep.id, question.snapshot.track_records
    after = TrackRecords.of(
        (each, segment, week, evolve(record, **other(record)) if each == rep_id else record)
        for each, segment, week, record in before.cells()
    )
    if after != before:
        yield (
            Change("counts", "track_records", {"track_records": after}, f"{rep_id} had {words}"),
        )


def _recorded(question: Question, scorer: Learning, one: Record, words: str) -> Lever:
    """More of the same in the rep's record, in the segments that the scorer reads."""
    fields = (scorer.by,) if isinstance(scorer.by, str) else scorer.by or ()
    named = [(title, value) for title in fields for value in texts_of(question.lead, title)]
    segments = [ALL, *(segment_key(title, value) for title, value in named)]
    week = 0 if question.now is None else week_of(question.now)
    like_it = " like this one" if fields else ""
    return tuple(
        Change(
            "counts",
            "track_records",
            {
                "track_records": question.snapshot.track_records
                + TrackRecords.of((question.rep.id, each, week, one * more) for each in segments)
            },
            f"{question.rep.id} had {words.format(_more(more) + like_it)}",
        )
        for more in _LEADS
    )


def _more(leads: int) -> str:
    return "one more lead" if leads == 1 else f"{leads} more leads"


def _intent(question: Question, scorer: intent) -> Iterator[Lever]:
    kinds = (scorer.kind,) if isinstance(scorer.kind, str) else scorer.kind or ()
    least = max(scorer.half, scorer.at_least)
    for kind in kinds:
        asked = [(SignalStat(kind, "total"), least * times) for times in (1, 3, 10, 100)]
        yield tuple(chain.from_iterable(_asked_of_lead(question, asked)))


def _fresh(question: Question, _scorer: freshness) -> Iterator[Lever]:
    yield from _asked_of_lead(question, [(Field("lead", "received_at"), question.now)])


def _source(question: Question, scorer: source_urgency) -> Iterator[Lever]:
    field = _lead_field(scorer.field)
    yield from _asked_of_lead(question, ((field, source) for source in scorer.sources))


def _nothing(_question: Question, _scorer: Scorer) -> Iterator[Lever]:
    return iter(())


WANTED: Final[Mapping[type, Callable[[Question, Any], Iterator[Lever]]]] = {
    skill_match: _skills,
    language: _language,
    same_country: _country,
    territory_match: _territory,
    distance: _distance,
    timezone_overlap: _hours,
    owner: _owner,
    named_account: _accounts,
    free_capacity: _room,
    cap_remaining: _caps,
    workload: _less_open,
    round_robin: _turns,
    least_recent: _idle,
    close_rate: _won,
    revenue_rate: _won,
    expertise: _won,
    response_speed: _reached,
    accept_rate: _accepted,
    top_producer: _won,
    rep_value: _number,
    tier: _step,
    graduation: _won,
    deal_size_fit: _won,
    intent: _intent,
    freshness: _fresh,
    source_urgency: _source,
    random_tiebreak: _nothing,
    explore: _won,
}
"""What can be otherwise for each scorer that comes with the package."""
