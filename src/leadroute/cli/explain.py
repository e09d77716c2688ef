"""``leadroute explain``: one lead or every lead of a file, every rep, every reason."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from leadroute.cli.inputs import (
    add_json,
    add_leads,
    add_now,
    add_policy,
    clock_of,
    existing,
    leads_of,
    policy_of,
    roster_of,
)
from leadroute.cli.output import Screen
from leadroute.errors import ConfigError, FieldTypeError, RowError
from leadroute.insight.explanations import explain, why_not
from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.offers.dispatcher import Dispatcher
from leadroute.ranking.lead_score import LeadScore
from leadroute.ranking.ranking import Assignment, Exclusion, Ranking
from leadroute.ranking.router import Router
from leadroute.stores import SqliteStore

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "explain",
        help="say who would get a lead, and why each rep would or would not",
        description="Say who would get one lead, or each lead of a file, and why each rep would or would not. Nothing "
        "is stored.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_leads(parser)
    parser.add_argument("--lead", metavar="ID", help="the id of the lead; every lead when left out")
    parser.add_argument(
        "--store", metavar="FILE", help="judge with what each rep has open in this SQLite file"
    )
    parser.add_argument(
        "--why-not", metavar="REP", help="say why not this rep, and what would have changed it"
    )
    add_now(parser)
    add_json(parser, "one JSON object a line for each lead")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Rank the lead, or every lead, and print the reasons."""
    router = policy_of(options)
    roster = roster_of(options, router)
    now, snapshot = clock_of(options).now(), _snapshot(options, router, roster)

    def say(lead: Lead) -> None:
        found = explain(router, lead, roster, now=now, snapshot=snapshot)
        plain = {**_plain(found.ranking), **found.plain}
        screen.say(json.dumps(plain, ensure_ascii=False) if options.json else str(found))

    if options.why_not is not None:
        if options.lead is None:
            raise ConfigError("needs the id of a lead; add --lead ID", "--why-not")
        lead = _lead(options, router)
        answer = why_not(router, lead, options.why_not, roster, now=now, snapshot=snapshot)
        screen.say(json.dumps(answer.plain, ensure_ascii=False) if options.json else str(answer))
        return 0
    if options.lead is not None:
        say(_lead(options, router))
        return 0
    bad = 0
    for found in leads_of(options, router):
        try:
            if not isinstance(found, Lead):
                raise found
            say(found)
        except (RowError, FieldTypeError) as error:
            bad += 1
            screen.note(str(error))
    return 1 if bad else 0


def _lead(options: Any, router: Router) -> Lead:
    bad = 0
    for found in leads_of(options, router):
        if not isinstance(found, Lead):
            bad += 1
        elif found.id == options.lead:
            return found
    among = f"; {bad} of its rows cannot be read, and may hold it" if bad else ""
    raise ConfigError(f"there is no lead {options.lead!r:.90}{among}", options.leads)


def _snapshot(options: Any, router: Router, roster: Roster) -> Snapshot:
    if options.store is None:
        return Snapshot()
    with SqliteStore(existing(options.store)) as store:
        return Dispatcher(router, roster, store, clock_of(options)).snapshot()


def _scored(found: LeadScore | None) -> dict[str, Any]:
    """The lead score as programs read it; nothing when the policy scores no leads."""
    if found is None:
        return {}
    return {
        "lead_score": found.score,
        "lead_grade": found.grade,
        "completeness": found.completeness,
        "lead_score_parts": [{"name": name, "points": points} for name, points in found.parts],
        "lead_score_note": found.note,
    }


def _plain(ranking: Ranking) -> dict[str, Any]:
    return {
        **_scored(ranking.lead_score),
        "lead_id": ranking.lead_id,
        "outcome": ranking.outcome.value,
        "detail": ranking.detail,
        "rule": ranking.rule,
        "pool": ranking.pool,
        "resumes_at": _iso(ranking.resumes_at),
        "assignments": [_assignment(each) for each in ranking.assignments],
        "rejections": [_rejection(each) for each in ranking.rejections],
        "other_pools": [_plain(each) for each in ranking.other_pools],
        "fallback_step": ranking.fallback_step,
        "ignore_availability": ranking.ignore_availability,
        "notes": [*ranking.notes],
    }


def _assignment(assignment: Assignment) -> dict[str, Any]:
    return {
        "rep_id": assignment.rep_id,
        "rank": assignment.rank,
        "score": assignment.score,
        "parts": [
            {
                "scorer": str(part.scorer),
                "weight": part.weight,
                "points": part.points,
                "reason": part.reason,
            }
            for part in assignment.parts
        ],
    }


def _rejection(rejection: Exclusion) -> dict[str, Any]:
    return {
        "rep_id": rejection.rep_id,
        "obstacles": [
            {
                "criterion": obstacle.criterion,
                "reason": obstacle.reason,
                "temporary": obstacle.temporary,
                "until": _iso(obstacle.available_at),
            }
            for obstacle in rejection.obstacles
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
