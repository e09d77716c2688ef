"""``leadroute explain``: one lead, every rep, every reason."""

from __future__ import annotations

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
from leadroute.cli.output import Screen, in_json
from leadroute.errors import ConfigError
from leadroute.insight.explanations import explain, why_not
from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.offers.dispatcher import Dispatcher
from leadroute.ranking.router import Router
from leadroute.stores import SqliteStore

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "explain",
        help="say who would get one lead, and why each rep would or would not",
        description="Say who would get one lead, and why each rep would or would not. Nothing is stored.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_leads(parser)
    parser.add_argument("--lead", required=True, metavar="ID", help="the id of the lead")
    parser.add_argument(
        "--store", metavar="FILE", help="judge with what each rep has open in this SQLite file"
    )
    parser.add_argument(
        "--why-not", metavar="REP", help="say why not this rep, and what would have changed it"
    )
    add_now(parser)
    add_json(parser, "one JSON object")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Rank the lead and print the reasons."""
    router = policy_of(options)
    roster = roster_of(options, router)
    lead, now = _lead(options, router), clock_of(options).now()
    snapshot = _snapshot(options, router, roster)
    if options.why_not is not None:
        answer = why_not(router, lead, options.why_not, roster, now=now, snapshot=snapshot)
        screen.say(in_json(answer.plain) if options.json else str(answer))
        return 0
    found = explain(router, lead, roster, now=now, snapshot=snapshot)
    plain = {**found.ranking.to_dict(), **found.plain}
    screen.say(in_json(plain) if options.json else str(found))
    return 0


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
