"""Lead scoring against a hand-written function, and what it adds to a submission.

Usage: python benchmarks/scoring.py [--quick] [--json]

One lead with 12 criteria and 6 signals is scored by ``LeadScoring`` and by a function over a dict that gives the same
score, completeness and grade. Then leads are submitted to a ``MemoryStore`` with 20 reps, under the rules of the
bundled policy with and without that scoring, turn and turn about, so that both meet the same noise of the machine.
"""

import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter

from attrs import evolve
from telling import at_most, figures, options, tell

from leadroute import (
    LEAD,
    Dispatcher,
    Lead,
    MemoryStore,
    Rep,
    Roster,
    Router,
    Signal,
    load_policy,
)
from leadroute.lead_scoring import EngagementSignal, FitCriterion, LeadGrade, LeadScoring
from leadroute.testing import ManualClock

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SCORING = LeadScoring(
    fit=[
        FitCriterion("large", LEAD.employees >= 500, 30),
        FitCriterion("mid-size", LEAD.employees >= 50, 10),
        FitCriterion("rich", LEAD.annual_revenue >= 10_000_000, 20),
        FitCriterion("budget", LEAD.budget >= 10_000, 20),
        FitCriterion("big budget", LEAD.budget >= 100_000, 15),
        FitCriterion("in Europe", LEAD.country.in_(["DE", "FR", "GB"]), 10),
        FitCriterion("healthcare", LEAD.industry == "healthcare", 10),
        FitCriterion("analytics", LEAD.product == "analytics", 5),
        FitCriterion("decides", LEAD.role == "decision-maker", 25),
        FitCriterion("student", LEAD.role == "student", -40),
        FitCriterion("asked by phone", LEAD.channel == "phone", 10),
        FitCriterion("from a webinar", LEAD.source == "webinar", 5),
    ],
    engagement=[
        EngagementSignal("pricing_page", 0.01, "1d"),
        EngagementSignal("demo", 2, "1w"),
        EngagementSignal("mail_opened", 0.2, "3d"),
    ],
    half=2,
    grades=[
        LeadGrade("hot", 0.7, "5m", priority=2),
        LeadGrade("warm", 0.4, "4h", priority=1),
        LeadGrade("cold", 0),
    ],
)
FACTS = {
    "employees": 800,
    "annual_revenue": 50_000_000,
    "budget": 48_000,
    "country": "DE",
    "language": "de",
    "email": "cto@example.com",
    "industry": "healthcare",
    "product": "crm",
    "role": "decision-maker",
    "channel": "form",
    "source": "webinar",
}
DONE = [
    ("mail_opened", 200, 1),
    ("pricing_page", 90, 120),
    ("mail_opened", 60, 1),
    ("demo", 30, 1),
    ("pricing_page", 4, 240),
    ("mail_opened", 1, 1),
]
SIGNALS = [Signal(kind, NOW - timedelta(hours=ago), value) for kind, ago, value in DONE]
KINDS = {"pricing_page": (0.01, 86_400), "demo": (2, 604_800), "mail_opened": (0.2, 259_200)}


def by_hand(lead: dict, now: datetime) -> tuple[float | None, float, str | None]:  # noqa: C901 - one function is what a hand would write
    """The same score, completeness and grade, written by hand over a dict for this scoring alone."""
    got = could = known = 0
    employees, budget, role = lead.get("employees"), lead.get("budget"), lead.get("role")
    if employees is not None:
        known, could = known + 40, could + 40
        got += (30 if employees >= 500 else 0) + (10 if employees >= 50 else 0)
    if (revenue := lead.get("annual_revenue")) is not None:
        known, could = known + 20, could + 20
        got += 20 if revenue >= 10_000_000 else 0
    if budget is not None:
        known, could = known + 35, could + 35
        got += (20 if budget >= 10_000 else 0) + (15 if budget >= 100_000 else 0)
    if (country := lead.get("country")) is not None:
        known, could = known + 10, could + 10
        got += 10 if country in ("DE", "FR", "GB") else 0
    if (industry := lead.get("industry")) is not None:
        known, could = known + 10, could + 10
        got += 10 if industry == "healthcare" else 0
    if (product := lead.get("product")) is not None:
        known, could = known + 5, could + 5
        got += 5 if product == "analytics" else 0
    if role is not None:
        known, could = known + 65, could + 25
        got += 25 if role == "decision-maker" else -40 if role == "student" else 0
    if (channel := lead.get("channel")) is not None:
        known, could = known + 10, could + 10
        got += 10 if channel == "phone" else 0
    if (source := lead.get("source")) is not None:
        known, could = known + 5, could + 5
        got += 5 if source == "webinar" else 0
    fit = max(0.0, min(1.0, got / could)) if could else None
    heat = None
    for kind, at, value in lead["signals"]:
        if kind in KINDS and at <= now:
            points, half_life = KINDS[kind]
            heat = (heat or 0.0) + points * value * 2 ** (-(now - at).total_seconds() / half_life)
    engagement = None if heat is None else heat / (heat + 2)
    parts = [each for each in (fit, engagement) if each is not None]
    score = sum(parts) / len(parts) if parts else None
    grade = None
    if score is not None:
        grade = "hot" if score >= 0.7 else "warm" if score >= 0.4 else "cold"
    return score, known / 200, grade


def scoring_ratio(rounds: int) -> tuple[float, float]:
    """How many times the hand-written function one score takes, and how many microseconds."""
    lead = Lead("L-1", signals=SIGNALS, **FACTS)
    facts = {**FACTS, "signals": [(each.kind, each.at, each.value) for each in SIGNALS]}
    found, expected = SCORING.score(lead, NOW), by_hand(facts, NOW)
    assert abs(found.score - expected[0]) < 1e-12
    assert (found.completeness, found.grade) == expected[1:]
    ours = theirs = float("inf")
    for _ in range(
        rounds * 20
    ):  # the least of many short stretches: what others do on the machine only adds
        ours = min(ours, spent(lambda: SCORING.score(lead, NOW), 50))
        theirs = min(theirs, spent(lambda: by_hand(facts, NOW), 50))
    return ours / theirs, ours / 50 * 1e6


def spent(work: object, times: int) -> float:
    """How many seconds some calls take."""
    began = perf_counter()
    for _ in range(times):
        work()
    return perf_counter() - began


def submitting_ratio(rounds: int) -> tuple[float, float]:
    """How many times ``submit`` without a scoring one with it takes, and how many microseconds."""
    plain, scored = (evolve(POLICY, lead_scoring=each) for each in (None, SCORING))
    least = {plain: float("inf"), scored: float("inf")}
    for number in range(rounds * 2):
        for router in (plain, scored) if number % 2 else (scored, plain):
            least[router] = min(least[router], submitted(router))
    return least[scored] / least[plain], least[scored] * 1e6


POLICY = load_policy(Path(__file__).parents[1] / "examples" / "data" / "policy.toml")
TEAM = Roster(
    [
        Rep(
            f"rep{n:02}",
            level=n % 5,
            teams={"emea"},
            languages={"en", "de"},
            countries={"DE"},
            skills={"healthcare": n / 20, "crm": 1 - n / 20},
            capacity=1_000,
        )
        for n in range(20)
    ]
)


def submitted(router: Router) -> float:
    """The seconds of one submission: the least of a hundred, of which each has a store with those before."""
    dispatcher = Dispatcher(router, TEAM, MemoryStore(), ManualClock(NOW))
    leads = [Lead(f"L-{n}", signals=SIGNALS, **FACTS) for n in range(100)]
    return min(spent(partial(dispatcher.submit, lead), 1) for lead in leads)


def main(arguments: list[str] | None = None) -> int:
    """Measure both, report, and return 0 where both bars are met."""
    chosen = options(__doc__, "a few rounds").parse_args(arguments)
    rounds = 5 if chosen.quick else 25
    times, microseconds = scoring_ratio(rounds)
    more, whole = submitting_ratio(rounds)
    bars = [
        at_most("score_times_by_hand", times, 3),
        at_most("submit_times_without_scoring", more, 1.15),
    ]
    found = {"score_microseconds": microseconds, "submit_microseconds": whole}
    result = {"figures": figures(found), "bars": bars}
    return tell(result, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
