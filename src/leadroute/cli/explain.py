"""``leadroute explain``: every rep and reason of a lead; ``leadroute diff``: another policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from leadroute.cli.console import (
    Screen,
    add_json,
    add_leads,
    add_now,
    add_policy,
    clock_of,
    existing,
    in_json,
    leads_of,
    policy_of,
    roster_of,
)
from leadroute.cli.store import add_store, opened
from leadroute.errors import ConfigError, FieldTypeError, RowError
from leadroute.formats.policy_file import load_policy
from leadroute.insight.explain import explain, why_not
from leadroute.insight.trials import diff
from leadroute.model.lead import Lead
from leadroute.model.rep import Roster
from leadroute.model.snapshot import Snapshot
from leadroute.offers.dispatcher import Dispatcher
from leadroute.ranking.router import Router
from leadroute.rules.describe import plural


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "explain",
        help="say who would get a lead, and why each rep would or would not",
        description="Say who would get one lead, or each lead of a file, and why each rep would or would not. Nothing "
        "is stored.",
    )
    add_policy(parser)
    add_leads(parser)
    parser.add_argument("--lead", metavar="ID", help="the id of the lead; every lead when left out")
    add_store(parser, "judge with what each rep has open there")
    parser.add_argument(
        "--why-not",
        metavar="REP",
        help="say why not this rep (id or name), and what would have changed it",
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
        plain = {**found.ranking.to_dict(), **found.plain}
        screen.say(in_json(plain) if options.json else str(found))

    if options.why_not is not None:
        if options.lead is None:
            raise ConfigError("needs the id of a lead; add --lead ID", "--why-not")
        lead = _lead(options, router)
        answer = why_not(router, lead, options.why_not, roster, now=now, snapshot=snapshot)
        screen.say(in_json(answer.plain) if options.json else str(answer))
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
    among = f"; {plural(bad, 'row')} cannot be read, and may hold it" if bad else ""
    raise ConfigError(f"there is no lead {options.lead!r:.90}{among}", options.leads)


def _snapshot(options: Any, router: Router, roster: Roster) -> Snapshot:
    if options.store is None:
        return Snapshot()
    with opened(options.store) as store:
        return Dispatcher(router, roster, store, clock_of(options, store)).snapshot()


def add_diff(commands: Any) -> None:
    """Put the command ``diff`` into the command line."""
    parser = commands.add_parser(
        "diff",
        help="say which leads another policy would give to another rep, and why",
        description="Rank every lead under two policies, and name each that goes to another rep, from whom to whom, "
        "and why. Nothing is stored.",
    )
    parser.add_argument("old", metavar="OLD", help="the policy as it is: TOML or JSON")
    parser.add_argument("new", metavar="NEW", help="the new policy: TOML or JSON")
    parser.add_argument(
        "--reps", required=True, metavar="FILE", help="the reps: CSV, JSON or JSON lines"
    )
    add_leads(parser)
    add_now(parser)
    add_json(parser, "one JSON object per lead that moves")
    parser.set_defaults(run=run_diff)


def run_diff(options: Any, screen: Screen) -> int:
    """Rank under both policies, compare and print, in constant memory."""
    old, new = (load_policy(existing(path)) for path in (options.old, options.new))
    roster = roster_of(options, new)
    counts: Counter[str] = Counter()

    def refuse(error: Exception) -> None:
        counts["bad"] += 1
        screen.note(str(error))

    def readable() -> Iterator[Lead]:
        for lead in leads_of(options, new):
            if isinstance(lead, Lead):
                counts["leads"] += 1
                yield lead
            else:
                refuse(lead)

    now = clock_of(options).now()
    for move in diff(old, new, readable(), roster, now=now, unjudged=refuse):
        counts["moved"] += 1
        screen.say(in_json(move.plain) if options.json else str(move))
    moved = f"{counts['moved']:,} of {plural(counts['leads'], 'lead')} move"
    screen.note(f"{moved}; {counts['bad']:,} could not be judged")
    return 1 if counts["bad"] else 0
