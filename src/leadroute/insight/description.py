"""A policy for people who do not read code: in plain words, one sentence a rule, and as a graph in two notations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from enum import Enum
from textwrap import wrap
from typing import Any, Final

from attrs import field, frozen

from leadroute import scorers
from leadroute.insight.lint.analysis import conditions_of
from leadroute.insight.terms_in_words import (
    cool_down_in_words,
    names_in_words,
    terms_in_words,
    within_in_words,
)
from leadroute.model.duration import parse_duration
from leadroute.ranking.lead_scoring import LeadGrade, LeadScoring, Logistic
from leadroute.ranking.router import Router
from leadroute.ranking.scorers.performance import Learning
from leadroute.rules.conditions import And, Condition, Or, definitions
from leadroute.rules.describe import describe, duration_in_words, plural
from leadroute.rules.fields import FIELDS
from leadroute.rules.pool import Pool
from leadroute.rules.rule import (
    CASES,
    CATCH_ALL,
    DISPOSITIONS,
    EVERYONE,
    IGNORE_AVAILABILITY,
    NEXT_RULE,
    WAIT,
    Disposition,
    Factor,
    Fallback,
    Qualification,
    Rule,
    first_back,
    pool_of,
)
from leadroute.rules.scorer import Guarded, Scorer
from leadroute.rules.terms import Terms

_COUNTS: Final = {2: "twice", 3: "three times", 0.5: "half"}
_FATES: Final = {
    "nurture": "it is nurtured",
    "reject": "it is rejected",
    "review": "a person reviews it",
}
_CASES: Final = {
    "no_rule_matched": "no rule is for a lead",
    "pool_empty": "the pool is empty",
    "none_eligible": "nobody may take it",
    "none_available": "nobody is available",
    "cannot_wait": "a lead may wait no longer",
}
_STEPS: Final = {
    IGNORE_AVAILABILITY: "a rep who is not available gets it",
    WAIT: "it waits",
    CATCH_ALL: "it goes to the catch-all",
    NEXT_RULE: "the next rule that fits it decides",
}
_OF_REP: Final = "the rep's "


def describe_policy(router: Router) -> str:
    """Describe the whole policy in plain words.

    It has a line for each rule, pool and definition.

    Example:
        >>> from leadroute import LEAD, REP, free_capacity
        >>> enterprise = Rule(
        ...     "enterprise",
        ...     when=LEAD.annual_revenue >= 1_000_000,
        ...     require=REP.level >= 3,
        ...     score=free_capacity(),
        ... )
        >>> print(describe_policy(Router(rules=[enterprise, Rule("rest")])))
        The first rule that fits a lead decides.
        1. enterprise: If annual revenue is at least 1,000,000, then reps whose level is at least 3, best first by \
free capacity, offered for 5 minutes.
        2. rest: Every other lead: all reps, best first by whose turn it is, offered for 5 minutes.
        A lead that no rep can take goes to catch_all.
    """
    return "\n".join(_lines(router))


def _lines(router: Router) -> Iterator[str]:
    if router.lead_scoring is not None:
        yield from scoring_in_words(router.lead_scoring)
    yield from _qualification(router)
    yield "The first rule that fits a lead decides."
    for number, rule in enumerate(router.rules, 1):
        yield f"{number}. {rule.name}: {describe_rule(rule, router.terms(rule.name), first=number == 1)}"
    for pool in router.pools:
        left_alone = [] if pool.wrap_up is None else [_left_alone(pool.wrap_up)]
        yield f"Pool {pool.name}: {'; '.join([_members(pool), *left_alone, *_answers(pool)])}."
    if router.holidays:
        yield f"Nobody with working hours works on {', '.join(map(str, sorted(router.holidays)))}."
    if router.wrap_up:
        yield f"{_left_alone(router.wrap_up).capitalize()}."
    if router.offline_grace:
        offline_grace = duration_in_words(router.offline_grace)
        yield f"A rep whose connection drops still counts as available for {offline_grace}."
    yield f"A lead that no rep can take goes to {router.catch_all}."
    yield from (
        f"Unless a rule says otherwise: w{said[1:]}" for said in fallback_in_words(router.fallback)
    )
    if router.dispositions != DISPOSITIONS:
        yield from _dispositions(router.dispositions)
    for name, condition in _definitions(router).items():
        yield f'"{name}" means: {describe(condition)}.'


def _left_alone(wrap_up: timedelta) -> str:
    lasting = f"is left alone for {duration_in_words(wrap_up)}" if wrap_up else "is asked at once"
    return f"after a contact a rep {lasting}"


def scoring_in_words(scoring: LeadScoring) -> Iterator[str]:
    """How leads are scored, a line for each part and grade."""
    yield f"Every lead is scored from 0 to 1 when it comes in, {_basis(scoring)}."
    for criterion in scoring.fit:
        yield f"- {criterion.name}: {describe(criterion.when)} ({criterion.points:+g})"
    for source in scoring.sources:
        yield f"- {source.field} is {source.value} ({source.points:+g})"
    for each in scoring.engagement:
        age = duration_in_words(parse_duration(each.half_life))
        yield f"- signals of {names_in_words(each.signal)}: {each.points:+g} a unit, half of it after {age}"
    for grade in scoring.grades:
        yield f"{_grade(grade)}."


def _basis(scoring: LeadScoring) -> str:
    if scoring.model is not None:
        name = "coefficients" if isinstance(scoring.model, Logistic) else scoring.model.name
        return f"by the model {name}; what counts towards it"
    done, been = bool(scoring.engagement), bool(scoring.fit or scoring.sources)
    if done and been:
        return f"{scoring.blend:.0%} by what it is and {1 - scoring.blend:.0%} by what it did"
    return "by what it did" if done else "by what it is"


def _grade(grade: LeadGrade) -> str:
    notes = []
    if grade.respond_within is not None:
        notes.append(f"to be contacted within {within_in_words(grade.respond_within)}")
    if grade.priority is not None:
        notes.append(f"priority {grade.priority}")
    said = f"Grade {grade.name} from {grade.at_least:g} on"
    return f"{said}: {', '.join(notes)}" if notes else said


def _dispositions(dispositions: Iterable[Disposition]) -> Iterator[str]:
    for each in dispositions:
        ends = "wins and closes the lead" if each.won else "closes the lead"
        said = ends if each.closes else "leaves the lead open"
        also = f"; also written {', '.join(each.spellings)}" if each.spellings else ""
        yield f'Feedback "{each.name}" {said}{also}.'


def _qualification(router: Router) -> Iterator[str]:
    if isinstance(router.qualify, Qualification):
        yield "A lead is placed only if it meets every factor:"
        for factor in router.qualify.factors:
            because = f" ({factor.reason})" if factor.reason else ""
            yield (
                f"- {factor.name}: {describe(factor.condition)}; otherwise {_FATES[factor.outcome]}{because}."
            )
    elif router.qualify is not None:
        yield f"A lead is placed only if {describe(router.qualify)}."


def _definitions(router: Router) -> Mapping[str, Condition]:
    found: dict[str, Condition] = {}
    for _, condition in conditions_of(router):
        found |= definitions(condition)
    return found


def describe_rule(rule: Rule, terms: Terms, *, first: bool = True) -> str:
    """Describe a rule in one sentence."""
    if rule.when is not None:
        leads = f"If {describe(rule.when)}, then"
    else:
        leads = "Every lead:" if first else "Every other lead:"
    offered = terms_in_words(terms)
    called = (
        "" if rule.calling_hours is None else f", called {rule.calling_hours} on the lead's clock"
    )
    first_ones = "" if rule.priority is None else f", with priority {rule.priority}"
    told = f"{leads} {who(rule)}, {preference(rule.score)}, {offered}{called}{first_ones}."
    return " ".join((told, *steps_in_words(rule), *fallback_in_words(rule.fallback)))


def steps_in_words(rule: Rule) -> Iterator[str]:
    """Say who may take leads that have waited, a sentence for each step."""
    for stage in rule.later:
        yield f"After {duration_in_words(stage.opens)}: {who(stage)}."


def fallback_in_words(fallback: Fallback) -> Iterator[str]:
    """Say what happens when no rep is found, a sentence for each case that the policy names."""
    for case, steps in fallback.said():
        yield f"When {_CASES[case]}, {', then '.join(map(_step, steps))}."


def _step(step: str) -> str:
    within = first_back(step)
    if within is not None:
        return f"it waits for a rep who is back within {duration_in_words(within)}"
    return _STEPS.get(step) or f"the pool {pool_of(step)} is asked"


def who(rule: Rule) -> str:
    """Say which reps may take the leads of a rule."""
    reps = "reps" if rule.pool in (None, EVERYONE) else f"reps of the pool {rule.pool}"
    if rule.in_territory:
        reps += " in the lead's territory"
    if rule.max_distance_km is not None:
        reps += f" within {rule.max_distance_km:g} km of the lead"
    if rule.min_shared_hours is not None:
        reps += f" who work {rule.min_shared_hours:.0%} of the lead's hours"
    return f"all {reps}" if rule.require is None else f"{reps} {_required(rule.require)}"


def _required(require: Condition) -> str:
    parts = require.parts if isinstance(require, And) else (require,)
    said = [describe(part) for part in parts]
    if not isinstance(require, Or) and all(text.startswith(_OF_REP) for text in said):
        return " and ".join(f"whose {_theirs(text[len(_OF_REP) :])}" for text in said)
    return f"for whom {_theirs(describe(require))}"


def _theirs(text: str) -> str:
    return text.replace(_OF_REP, "their ")


def _members(pool: Pool) -> str:
    listed = None if pool.reps is None else ", ".join(sorted(pool.reps)) or "nobody"
    if pool.where is None:
        return str(listed)
    fitting = f"reps {_required(pool.where)}"
    return fitting if listed is None else f"of {listed}, the {fitting}"


def _answers(pool: Pool) -> Iterator[str]:
    if pool.cool_down:
        yield f"after an answer a rep is left alone for {cool_down_in_words(pool.cool_down)}"
    if (missed := pool.pause_after_missed) is not None:
        yield f"paused after {missed} missed offers in a row"


def preference(score: Scorer | None) -> str:
    """Say which reps come first."""
    return f"best first by {_score(scorers.round_robin() if score is None else score)}"


def _score(score: Scorer) -> str:
    *most, last = [_term(term.weight, term.scorer) for term in score.terms]
    return f"{', '.join(most)} and {last}" if most else last


def _term(weight: float, scorer: Scorer) -> str:
    asked = []
    while isinstance(scorer, Guarded):
        asked.append(describe(scorer.condition))
        scorer = scorer.scorer
    word = _SCORERS.get(type(scorer), str)
    notes = list(_learned(scorer))
    notes += [] if weight == 1 else [f"counts {_COUNTS.get(weight, f'{weight:g} times')}"]
    notes += [f"if {condition}" for condition in asked]
    said = word if isinstance(word, str) else word(scorer)
    return f"{said} ({', '.join(notes)})" if notes else said


def _learned(scorer: Scorer) -> Iterator[str]:
    if not isinstance(scorer, Learning) or (
        isinstance(scorer, scorers.tier) and scorer.wins is None
    ):
        return
    if scorer.by is not None and not isinstance(scorer, scorers.expertise):
        yield f"among leads of the same {names_in_words(scorer.by)}"
    if scorer.half_life is not None:
        age = duration_in_words(parse_duration(scorer.half_life))
        yield f"those {age} old count half"


def _of_rep(field: str) -> str:
    known = FIELDS["rep"].get(field)
    return field.removeprefix("rep['").removesuffix("']") if known is None else known.label


def _interest(scorer: scorers.intent) -> str:
    return "interest shown" + (
        "" if scorer.kind is None else f" by {names_in_words(scorer.kind)} signals"
    )


def _several(scorer: scorers.max_of | scorers.first_of | scorers.tiers, joint: str) -> str:
    return joint.join(map(_score, scorer.scorers))


_SCORERS: Final[Mapping[type, str | Callable[[Any], str]]] = {
    scorers.skill_match: lambda scorer: f"skill in the lead's {names_in_words(scorer.field)}",
    scorers.language: "how well they speak the lead's language",
    scorers.same_country: "whether they cover the lead's country",
    scorers.territory_match: "nearness of their territory",
    scorers.distance: "nearness to the lead",
    scorers.timezone_overlap: "working hours shared with the lead",
    scorers.owner: "whether the lead is theirs already",
    scorers.named_account: "whether the lead's company is a named account of theirs",
    scorers.free_capacity: lambda by: "free units of capacity" if by.units else "free capacity",
    scorers.cap_remaining: "what is left of their caps",
    scorers.workload: "how little they have open",
    scorers.round_robin: "whose turn it is",
    scorers.least_recent: "time since their last lead",
    scorers.longest_idle: "time since they last became free",
    scorers.close_rate: "share of leads won",
    scorers.revenue_rate: "revenue won per lead",
    scorers.expertise: lambda scorer: (
        f"leads of the same {names_in_words(scorer.by)} worked before"
    ),
    scorers.response_speed: "how fast they reach their leads",
    scorers.accept_rate: "how reliably they answer offers",
    scorers.top_producer: "revenue won",
    scorers.rep_value: lambda by: f"{'higher' if by.higher else 'lower'} {_of_rep(by.field)}",
    scorers.tier: lambda scorer: (
        f"whether their level suits the lead's {names_in_words(scorer.field)}"
    ),
    scorers.graduation: "how far they have moved up by winning",
    scorers.deal_size_fit: lambda scorer: (
        f"whether they win leads of such {names_in_words(scorer.field)}"
    ),
    scorers.intent: _interest,
    scorers.freshness: "how new the lead is",
    scorers.source_urgency: lambda scorer: f"urgency of the lead's {names_in_words(scorer.field)}",
    scorers.random_tiebreak: "lot",
    scorers.explore: "a share of leads won that they may well have",
    scorers.max_of: lambda scorer: f"the best of ({_several(scorer, '; ')})",
    scorers.first_of: lambda scorer: f"the first that is known of ({_several(scorer, '; ')})",
    scorers.tiers: lambda scorer: _several(scorer, ", and only then "),
    scorers.clamp: lambda by: f"{_score(by.scorer)} (from {by.low:g} to {by.high:g})",
    scorers.invert: lambda scorer: f"the opposite of {_score(scorer.scorer)}",
    scorers.at_least: lambda by: f"{_score(by.scorer)} (where it is {by.bound:g} or more)",
    scorers.fair_share: lambda by: (
        f"{_score(by.scorer)}, as long as nobody gets more than {plural(by.ahead, 'lead', 'g')} ahead of their share"
    ),
}
"""What each scorer that comes with the package is called."""


WIDTH: Final = 40  # after how many characters a line of a label ends


_NOBODY: Final = tuple(case for case in CASES if case != "no_rule_matched")
"""The cases in which a rule matched and nobody was found."""

_EVERY_CASE: Final = {case.replace("_", " ") for case in _NOBODY if case != "cannot_wait"}


class _Shape(Enum):
    """What a box stands for: its brackets in Mermaid, and its shape in Graphviz."""

    EVENT = ("([", "])", "oval")
    QUESTION = ("{{", "}}", "hexagon")
    TERMS = ("[", "]", "box")
    POOL = ("[(", ")]", "cylinder")


@frozen
class _Box:
    name: str
    shape: _Shape
    lines: tuple[str, ...]


@frozen
class _Arrow:
    tail: str
    head: str
    label: str = ""


@frozen
class _Graph:
    boxes: list[_Box] = field(factory=list)
    arrows: list[_Arrow] = field(factory=list)

    def box(self, name: str, shape: _Shape, *texts: str) -> str:
        """Draw a box, its texts broken into lines, and return its name."""
        lines = tuple(line for text in texts for line in wrap(_printable(text), WIDTH))
        self.boxes.append(_Box(name, shape, lines))
        return name

    def arrow(self, tail: str, head: str, label: str = "") -> None:
        """Draw an arrow."""
        self.arrows.append(_Arrow(tail, head, label))


def _printable(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def mermaid(router: Router) -> str:
    """Draw the policy as a Mermaid flow chart.

    GitHub and many editors display it. O(rules).

    Example:
        >>> print(mermaid(Router(rules=[Rule("all")])), end="")
        flowchart TD
            lead(["A lead comes in"])
            rule1["Rule 1: all<br/>every lead"]
            terms1["all reps<br/>best first by whose turn it is<br/>offered for 5 minutes"]
            pool1[("Pool: everyone")]
            catch(["catch_all"])
            wait(["the lead waits"])
            lead --> rule1
            rule1 --> terms1
            terms1 --> pool1
            pool1 -- "pool empty or none eligible" --> catch
            pool1 -- "none available" --> wait
    """
    graph = _graph(router)
    lines = ["flowchart TD"]
    for box in graph.boxes:
        opening, closing, _ = box.shape.value
        label = "<br/>".join(map(_mermaid_text, box.lines))
        lines.append(f'    {box.name}{opening}"{label}"{closing}')
    for arrow in graph.arrows:
        line = f'-- "{_mermaid_text(arrow.label)}" -->' if arrow.label else "-->"
        lines.append(f"    {arrow.tail} {line} {arrow.head}")
    return "\n".join(lines) + "\n"


_PLAIN: Final = frozenset(" ,.:'()/+=-_%?!")


def _mermaid_text(text: str) -> str:
    return "".join(
        char if char.isalnum() or char in _PLAIN or ord(char) > 127 else f"#{ord(char)};"
        for char in text
    )


def graphviz(router: Router) -> str:
    """Draw the policy as a Graphviz graph, which ``dot -Tsvg`` draws. O(rules).

    Example:
        >>> print(graphviz(Router(rules=[])), end="")
        digraph policy {
            node [fontname="sans-serif"]
            edge [fontname="sans-serif"]
            lead [shape=oval, label="A lead comes in"]
            catch [shape=oval, label="catch_all"]
            lead -> catch
        }
    """
    graph = _graph(router)
    lines = ["digraph policy {"]
    lines += [f'    {kind} [fontname="sans-serif"]' for kind in ("node", "edge")]
    for box in graph.boxes:
        label = "\\n".join(map(_dot_text, box.lines))
        lines.append(f'    {box.name} [shape={box.shape.value[2]}, label="{label}"]')
    for arrow in graph.arrows:
        label = f' [label="{_dot_text(arrow.label)}"]' if arrow.label else ""
        lines.append(f"    {arrow.tail} -> {arrow.head}{label}")
    return "\n".join([*lines, "}"]) + "\n"


def _dot_text(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def _graph(router: Router) -> _Graph:
    graph = _Graph()
    first = graph.box("lead", _Shape.EVENT, "A lead comes in")
    if router.lead_scoring is not None:
        scored = graph.box("score", _Shape.TERMS, *scoring_in_words(router.lead_scoring))
        graph.arrow(first, scored)
        first = scored
    ends = [(first, "")]
    if isinstance(router.qualify, Qualification):
        ends = _factors(graph, first, router.qualify.factors)
    elif router.qualify is not None:
        asked = graph.box("qualify", _Shape.QUESTION, "Qualified?", describe(router.qualify))
        graph.arrow(first, asked)
        graph.arrow(asked, graph.box("disqualified", _Shape.EVENT, "disqualified"), "no")
        ends = [(asked, "yes")]
    for number, rule in enumerate(router.rules, 1):
        shape = _Shape.TERMS if rule.when is None else _Shape.QUESTION
        asked = graph.box(f"rule{number}", shape, *_question(number, rule))
        for end, label in ends:
            graph.arrow(end, asked, label)
        ends = [] if rule.when is None else [(asked, "no")]
        graph.arrow(asked, _terms(graph, number, rule, router), "" if rule.when is None else "yes")
    pools = _pools(graph, router)
    fates = {CATCH_ALL: graph.box("catch", _Shape.EVENT, router.catch_all)}
    after = _after(router)
    unruled = router.fallback.steps("no_rule_matched")[-1]
    if WAIT in {unruled, *(end for _, end in after)}:
        fates[WAIT] = graph.box("wait", _Shape.EVENT, "the lead waits")
    for end, label in ends:
        graph.arrow(end, fates[unruled], label)
    for (pool, end), cases in after.items():
        label = "nobody can take it" if {*cases} >= _EVERY_CASE else " or ".join(cases)
        graph.arrow(pools[pool], fates.get(end, end), label)
    return graph


def _after(router: Router) -> Mapping[tuple[str, str], Collection[str]]:
    """Return what becomes of a lead after the last pool asked, by pool and end, with the cases."""
    found: dict[tuple[str, str], dict[str, None]] = {}
    for number, rule in enumerate(router.rules, 1):
        last = rule.later[-1] if rule.later else rule
        for case in _NOBODY:
            if case == "cannot_wait" and not router.terms(rule.name).end:
                continue
            steps = rule.fallback.steps(case, router.fallback)
            asked = dict.fromkeys([last.pool or EVERYONE, *filter(None, map(pool_of, steps))])
            for end, label in _ends(case, steps, len(asked) > 1):
                following = f"rule{number + 1}" if number < len(router.rules) else CATCH_ALL
                place = list(asked)[-1], following if end == NEXT_RULE else end
                found.setdefault(place, {})[label] = None
    return found


def _ends(case: str, steps: Sequence[str], others: bool) -> Iterator[tuple[str, str]]:
    """Yield the ends of steps with their labels: a lead waits when a rep asked may come back."""
    label = case.replace("_", " ")
    if any(first_back(step) for step in steps):
        yield WAIT, f"{label}, and a rep is back in time"
    if NEXT_RULE in steps:
        yield NEXT_RULE, label
    if steps[-1] in (WAIT, CATCH_ALL):
        yield steps[-1], label
        return
    yield (WAIT if case == "none_available" else CATCH_ALL), label
    if others and case != "none_available":
        yield WAIT, f"{label}, then none available"


def _factors(graph: _Graph, tail: str, factors: Iterable[Factor]) -> list[tuple[str, str]]:
    """Draw the factors one after the other, with what becomes of a lead that one of them stops."""
    label, outcomes = "", set[str]()
    for number, factor in enumerate(factors, 1):
        asked = graph.box(
            f"factor{number}", _Shape.QUESTION, f"Factor: {factor.name}", describe(factor.condition)
        )
        if factor.outcome not in outcomes:
            outcomes.add(graph.box(factor.outcome, _Shape.EVENT, factor.outcome))
        graph.arrow(tail, asked, label)
        graph.arrow(asked, factor.outcome, "no")
        tail, label = asked, "yes"
    return [(tail, label)]


def _question(number: int, rule: Rule) -> Iterator[str]:
    yield f"Rule {number}: {rule.name}"
    if rule.when is not None:
        yield describe(rule.when)
    else:
        yield "every lead" if number == 1 else "every other lead"


def _terms(graph: _Graph, number: int, rule: Rule, router: Router) -> str:
    offered = terms_in_words(router.terms(rule.name))
    called = () if rule.calling_hours is None else (f"called {rule.calling_hours}",)
    said = (offered, *called, *steps_in_words(rule), *fallback_in_words(rule.fallback))
    return graph.box(f"terms{number}", _Shape.TERMS, who(rule), preference(rule.score), *said)


def _pools(graph: _Graph, router: Router) -> Mapping[str, str]:
    """Draw every pool that a rule names, once, with the arrows to it; their boxes by name."""
    found: dict[str, str] = {}
    for number, rule in enumerate(router.rules, 1):
        for name, label in _asked(rule, router):
            if name not in found:
                found[name] = graph.box(f"pool{len(found) + 1}", _Shape.POOL, f"Pool: {name}")
            graph.arrow(f"terms{number}", found[name], label)
    return found


def _asked(rule: Rule, router: Router) -> Iterator[tuple[str, str]]:
    """Yield the pools that a rule asks, its own first, each with the case in which it is asked."""
    own = rule.pool or EVERYONE
    yield own, ""
    opened = dict.fromkeys(stage.pool or EVERYONE for stage in rule.later)
    for pool in opened:
        if pool != own:
            yield pool, "after waiting"
    for case in CASES:
        for pool in filter(None, map(pool_of, rule.fallback.steps(case, router.fallback))):
            if pool != own and pool not in opened:
                yield pool, case.replace("_", " ")
