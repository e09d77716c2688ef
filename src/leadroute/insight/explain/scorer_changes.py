"""Changes that the scorers of a policy would honor, step by step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from math import log
from typing import Any, Final

from attrs import evolve

from leadroute import scorers
from leadroute.insight.explain.changes import (
    Asked,
    Change,
    Lever,
    Question,
    lead_lever,
    nearer,
    of_counts,
    on_lead_hours,
    parts_in_territories,
    raised_caps,
    rep_lever,
    roomier,
    skill_change,
)
from leadroute.model.rep import Rep
from leadroute.model.snapshot import ALL, UNIT, Record, TrackRecords, segment_key, week_of
from leadroute.model.validation import FrozenDict
from leadroute.ranking.candidates import scoring_of
from leadroute.ranking.scorers.performance import Learning
from leadroute.ranking.scorers.round_robin import UNIT as TURN
from leadroute.rules.describe import plural
from leadroute.rules.fields import number_of, texts_of
from leadroute.rules.operand import Field, SignalStat
from leadroute.rules.rule import EVERYONE, Rule
from leadroute.rules.scorer import Scorer, Sum, WeightedScorer

_LEVELS: Final = tuple(step / 10 for step in range(1, 11))
_LEADS: Final = (1, 2, 5, 10, 20, 50, 100)
_TIMES: Final = (1.5, 2, 3, 5, 10, 100)
_RICHEST: Final = 1e15
_RECEIVED: Final = Field("lead", "received_at")


def wanted(question: Question) -> Iterator[Lever]:
    """Yield what the scorers of all rules look for, inside others and behind guards too."""
    scores = map(scoring_of, question.router.rules)
    for scorer in dict.fromkeys(chain.from_iterable(score.walk() for score in scores)):
        ask = WANTED.get(type(scorer))
        if ask is not None:
            yield from ask(question, scorer)


def weights(rule: Rule) -> Iterator[Lever]:
    """Yield other weights of the terms of a rule's score, where it has several. O(terms)."""
    if not isinstance(rule.score, Sum):
        return
    terms = rule.score.parts
    for place, term in enumerate(terms):
        for times in (_TIMES, tuple(1 / each for each in _TIMES)):
            steps = dict.fromkeys(float(f"{(term.weight or 1) * each:.3g}") for each in times)
            yield tuple(_weighed(rule, terms, place, weight) for weight in steps)


def _weighed(rule: Rule, terms: tuple[WeightedScorer, ...], place: int, weight: float) -> Change:
    term = terms[place]
    score = Sum((*terms[:place], WeightedScorer(weight, term.scorer), *terms[place + 1 :]))
    words = f"the rule {rule.name!r} gave {term.scorer} the weight {weight:g} instead of {term.weight:g}"
    return Change("rule", rule.name, evolve(rule, score=score), words)


def _asked_of_rep(question: Question, asked: Iterable[Asked]) -> Iterator[Lever]:
    for operand, value in asked:
        yield from rep_lever(question.rep, operand, value, question.lead)


def _asked_of_lead(question: Question, asked: Iterable[Asked]) -> Iterator[Lever]:
    for operand, value in asked:
        yield from lead_lever(question.lead, operand, value, question.now)


def _lead_field(title: str) -> Field:
    """Return the field of a name such as ``industry`` or ``lead['plan']``."""
    name = title.removeprefix("lead['").removesuffix("']")
    return Field("lead", name, custom=name != title)


def _rep_field(title: str) -> Field:
    name = title.removeprefix("rep['").removesuffix("']")
    return Field("rep", name, custom=name != title)


def _skills(question: Question, scorer: scorers.skill_match) -> Iterator[Lever]:
    lead, rep = question.lead, question.rep
    skills = scorer.asked(lead)
    for some in dict.fromkeys(((skill,) for skill in skills), None) | {skills: None}:
        known = {skill: rep.skills.get(skill) or 0 for skill in some}
        yield tuple(
            skill_change(rep, {each: level for each, has in known.items() if level > has}, lead)
            for level in _LEVELS
            if known and level > min(known.values())
        )
    if not skills:
        titles = (scorer.field,) if isinstance(scorer.field, str) else scorer.field
        best = sorted(rep.skills, key=lambda skill: (-rep.skills[skill], skill))[:2]
        fields = (_lead_field(title) for title in titles)
        yield from _asked_of_lead(question, ((field, skill) for field in fields for skill in best))


def _shared(rep_field: str, lead_field: str) -> Callable[[Question, Scorer], Iterator[Lever]]:
    """Return the levers of a scorer that looks for the lead's value in a set of the rep."""

    def levers(question: Question, _scorer: Scorer) -> Iterator[Lever]:
        wanted = getattr(question.lead, lead_field)
        yield from _asked_of_rep(question, [(Field("rep", rep_field), wanted)])
        held = sorted(getattr(question.rep, rep_field))
        yield from _asked_of_lead(question, ((Field("lead", lead_field), each) for each in held))

    return levers


def _territory(question: Question, _scorer: scorers.territory_match) -> Iterator[Lever]:
    yield from parts_in_territories(question)
    lead = question.lead
    places = [(Field("rep", "countries"), lead.country), (Field("rep", "regions"), lead.region)]
    yield from _asked_of_rep(question, places)


def _owner(question: Question, scorer: scorers.owner) -> Iterator[Lever]:
    yield from _asked_of_lead(question, [(Field("lead", "owner_id"), question.rep.id)])
    owners = [rep for rep in question.roster if rep.id == question.lead.owner_id]
    yield from _in_their_teams(question, scorer.away, owners)


def _accounts(question: Question, scorer: scorers.named_account) -> Iterator[Lever]:
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
        words = f"the lead's account was {rep.label}'s {whose}"
        yield (Change("team", "accounts", (*freed, theirs), words),)
    yield from _in_their_teams(question, scorer.away, owners)


def _in_their_teams(question: Question, away: str, owners: Iterable[Rep]) -> Iterator[Lever]:
    """Yield a part in the teams of owners who are away, where those stand in."""
    teams = {team for rep in owners for team in rep.teams} if away == "team" else ()
    yield from _asked_of_rep(question, ((Field("rep", "teams"), team) for team in sorted(teams)))


def _less_open(question: Question, _scorer: Scorer) -> Iterator[Lever]:
    counts, rep_id = question.snapshot.open, question.rep.id
    has = counts.get(rep_id, 0)
    yield tuple(
        of_counts(
            "open",
            f"{question.rep.label} had {less} open instead of {has}",
            open={**counts, rep_id: less},
        )
        for less in _fewer(has)
    )


def _fewer(has: int) -> list[int]:
    return [less for less in dict.fromkeys((has - 1, has // 2, 0)) if 0 <= less < has]


def _turns(question: Question, _scorer: scorers.round_robin) -> Iterator[Lever]:
    turns, rep_id = question.snapshot.turns, question.rep.id
    for pool in dict.fromkeys(rule.pool or EVERYONE for rule in question.router.rules):
        of_pool = turns.get(pool, FrozenDict())
        has = of_pool.get(rep_id, 0)
        yield tuple(
            of_counts(
                "turns",
                f"{question.rep.label} had taken {plural(less, 'turn')} in {pool!r} instead of {has}",
                turns={**turns, pool: {**of_pool, rep_id: less}},
                **_credited(question, pool, has - less),
            )
            for less in _fewer(has)
        )


def _credited(question: Question, pool: str, turns: int) -> dict[str, Any]:
    """Return the credits had the rep taken so many turns less, where there are credits."""
    credits, rep_id = question.snapshot.credits, question.rep.id
    if pool not in credits:
        return {}
    held = credits[pool].get(rep_id, 0) + turns * TURN
    return {"credits": {**credits, pool: {**credits[pool], rep_id: held}}}


def _idle(name: str, never: str, longest: str) -> Callable[[Question, Scorer], Iterator[Lever]]:
    """Return the levers of a scorer that looks for an earlier instant of the rep, or for none."""

    def levers(question: Question, _scorer: Scorer) -> Iterator[Lever]:
        instants, label = getattr(question.snapshot, name), question.rep.label
        if question.rep.id not in instants:
            return
        others = {each: at for each, at in instants.items() if each != question.rep.id}
        sooner = {**others, question.rep.id: min(instants.values()) - 1}
        yield (
            of_counts(name, f"{label} {longest}", **{name: sooner}),
            of_counts(name, f"{label} {never}", **{name: others}),
        )

    return levers


def _step(question: Question, scorer: scorers.tier) -> Iterator[Lever]:
    levels = scorer.levels or tuple(range(1, len(scorer.bands) + 1))
    if scorer.wins is None:
        whole = (int(level) for level in (0, *levels) if level == int(level))
        yield from _asked_of_rep(question, ((Field("rep", "level"), level) for level in whole))
    else:
        yield from _won(question, scorer)
    size = _lead_field(scorer.field)
    yield from _asked_of_lead(question, ((size, band) for band in (0, *scorer.bands)))


def _number(question: Question, scorer: scorers.rep_value) -> Iterator[Lever]:
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
            of_counts(
                "won",
                f"{question.rep.label} had won {_more(more)}",
                won={**snapshot.won, rep_id: won + more},
                closed={**snapshot.closed, rep_id: closed + more},
            )
            for more in _LEADS
        )
    worth = _worth(question, scorer)
    logged = log(worth) * UNIT
    size = {"sized": 1, "log_size": logged, "log_size_squared": logged**2 / UNIT}
    deal = Record(closed=1, won=1, value=worth * 100, **size)
    yield _recorded(question, scorer, deal, f"won {{}} of {worth:,.0f} each")
    yield from _instead(question, lambda record: {"won": record.closed}, "won all that they closed")


def _worth(question: Question, scorer: Learning) -> float:
    """Return the lead's size, where the scorer reads one, else twice the average deal."""
    title = getattr(scorer, "field", None)
    size = None if title is None else number_of(question.lead, title)
    if size is not None and 0 < size < _RICHEST:
        return size
    cells = question.snapshot.track_records.cells()
    records = [record for _, segment, _, record in cells if segment == ALL]
    won, value = sum(record.won for record in records), sum(record.value for record in records)
    return max(1.0, 2 * value / won / 100) if won else 1_000.0


def _accepted(question: Question, scorer: scorers.accept_rate) -> Iterator[Lever]:
    def all_accepted(record: Record) -> Mapping[str, float]:
        offers = record.accepted + record.declined + record.ignored
        return {"accepted": offers, "declined": 0, "ignored": 0}

    yield _recorded(question, scorer, Record(offered=1, accepted=1), "accepted {}")
    yield from _instead(question, all_accepted, "accepted every offer")


def _reached(question: Question, scorer: scorers.response_speed) -> Iterator[Lever]:
    yield _recorded(question, scorer, Record(reached=1), "reached {} at once")
    yield from _instead(question, lambda _record: {"log_response": 0}, "reached all leads at once")


def _instead(
    question: Question, other: Callable[[Record], Mapping[str, float]], words: str
) -> Iterator[Lever]:
    """Yield the same leads in the rep's record, with something else become of them."""
    rep_id, before = question.rep.id, question.snapshot.track_records
    after = TrackRecords.of(
        (each, segment, week, evolve(record, **other(record)) if each == rep_id else record)
        for each, segment, week, record in before.cells()
    )
    if after != before:
        yield (
            of_counts("track_records", f"{question.rep.label} had {words}", track_records=after),
        )


def _recorded(question: Question, scorer: Learning, one: Record, words: str) -> Lever:
    """Return more of the same in the rep's record, in the segments that the scorer reads."""
    fields = (scorer.by,) if isinstance(scorer.by, str) else scorer.by or ()
    named = [(title, value) for title in fields for value in texts_of(question.lead, title)]
    segments = [ALL, *(segment_key(title, value) for title, value in named)]
    week = 0 if question.now is None else week_of(question.now)
    like_it = " like this one" if fields else ""
    rep_id, before = question.rep.id, question.snapshot.track_records
    found = []
    for more in _LEADS:
        added = TrackRecords.of((rep_id, each, week, one * more) for each in segments)
        said = f"{question.rep.label} had {words.format(_more(more) + like_it)}"
        found.append(of_counts("track_records", said, track_records=before + added))
    return tuple(found)


def _more(leads: int) -> str:
    return "one more lead" if leads == 1 else f"{leads} more leads"


def _intent(question: Question, scorer: scorers.intent) -> Iterator[Lever]:
    kinds = (scorer.kind,) if isinstance(scorer.kind, str) else scorer.kind or ()
    least = max(scorer.half, scorer.at_least)
    for kind in kinds:
        asked = [(SignalStat(kind, "total"), least * times) for times in (1, 3, 10, 100)]
        yield tuple(chain.from_iterable(_asked_of_lead(question, asked)))


WANTED: Final[Mapping[type, Callable[[Question, Any], Iterable[Lever]]]] = {
    scorers.skill_match: _skills,
    scorers.language: _shared("languages", "language"),
    scorers.same_country: _shared("countries", "country"),
    scorers.territory_match: _territory,
    scorers.distance: lambda question, by: nearer(question, by.latitude, by.longitude),
    scorers.timezone_overlap: lambda question, by: on_lead_hours(question, by.week),
    scorers.owner: _owner,
    scorers.named_account: _accounts,
    scorers.free_capacity: lambda question, by: chain(roomier(question), _less_open(question, by)),
    scorers.cap_remaining: lambda question, _by: raised_caps(question),
    scorers.workload: _less_open,
    scorers.round_robin: _turns,
    scorers.least_recent: _idle(
        "last_assigned", "had got no lead yet", "had waited longest for a lead"
    ),
    scorers.longest_idle: _idle(
        "free_since", "had given back no work yet", "had been free longest"
    ),
    scorers.close_rate: _won,
    scorers.revenue_rate: _won,
    scorers.expertise: _won,
    scorers.response_speed: _reached,
    scorers.accept_rate: _accepted,
    scorers.top_producer: _won,
    scorers.rep_value: _number,
    scorers.tier: _step,
    scorers.graduation: _won,
    scorers.deal_size_fit: _won,
    scorers.intent: _intent,
    scorers.freshness: lambda question, _by: _asked_of_lead(question, [(_RECEIVED, question.now)]),
    scorers.source_urgency: lambda question, by: _asked_of_lead(
        question, ((_lead_field(by.field), source) for source in by.sources)
    ),
    scorers.random_tiebreak: lambda _question, _by: (),
    scorers.explore: _won,
}
"""What can be different for each scorer of the package; the host's own have a weight alone."""
