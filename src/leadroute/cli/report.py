"""``leadroute report``: the figures of a store, and who works when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from attrs import asdict

from leadroute.cli.console import (
    Screen,
    add_json,
    add_now,
    add_policy,
    clock_of,
    policy_of,
    roster_of,
)
from leadroute.cli.store import add_store, opened
from leadroute.errors import ConfigError
from leadroute.insight.coverage import Coverage, coverage_of, heat_map
from leadroute.insight.report import RepFigures, Report, report_on
from leadroute.rules.describe import plural


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "report",
        help="print the figures of a store",
        description="Print where the leads of a store are, and what the reps and the rules made of them. "
        "With a policy and its reps, print how many can take a lead in each hour of the week too.",
    )
    add_store(parser, "where the placements are", required=True)
    add_policy(parser, required=False)
    add_now(parser)
    add_json(parser, "one JSON object; durations are in seconds")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Count and print."""
    coverage = _coverage(options)
    with opened(options.store) as store:
        found = report_on(store, coverage)
    if options.json:
        screen.data(plain(found))
    else:
        show(found, screen)
    return 0


def _coverage(options: Any) -> Coverage | None:
    if options.policy is None and options.reps is None:
        return None
    if options.policy is None or options.reps is None:
        raise ConfigError("the hours of the week need both --policy and --reps")
    router = policy_of(options)
    return coverage_of(router, roster_of(options, router), clock_of(options).now())


def show(found: Report, screen: Screen) -> None:
    """Print the figures as tables."""
    screen.head(plural(found.leads, "lead"))
    if found.leads:
        _show_leads(found, screen)
    if found.coverage is not None:
        screen.say()
        screen.head("Who can take a lead, by the hour")
        screen.say(heat_map(found.coverage))


def _show_leads(found: Report, screen: Screen) -> None:
    statuses = [(status, f"{n:,}", _percent(n / found.leads)) for status, n in found.statuses]
    screen.table(("status", "leads", "share"), statuses)
    rules = [(each.rule, each.leads, each.accepted, each.won) for each in found.rules]
    reasons = [(each.status, each.reason, each.leads) for each in found.reasons]
    for title, names, rows in (
        ("By rep", _OF_REP, [_rep_row(rep) for rep in found.reps]),
        ("By rule", ("rule", "leads", "accepted", "won"), rules),
        ("Not with a rep", ("status", "reason", "leads"), reasons),
    ):
        if rows:
            screen.say()
            screen.head(title)
            cells = [
                [each if isinstance(each, str) else f"{each:,}" for each in row] for row in rows
            ]
            screen.table(names, cells)


_OF_REP: Final = (
    *("rep", "offered", "accepted", "declined", "timed out"),
    *("rate", "answers in", "won", "value"),
)


def _rep_row(rep: RepFigures) -> tuple[str | int, ...]:
    offers = rep.offered, rep.accepted, rep.declined, rep.timed_out
    rates = _percent(rep.acceptance_rate), _lasting(rep.time_to_accept)
    return rep.rep_id, *offers, *rates, rep.won, f"{rep.value:,.0f}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _lasting(duration: timedelta | None) -> str:
    if duration is None:
        return "-"
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {seconds:02}s" if minutes else f"{seconds}s"


def plain(found: Report) -> dict[str, Any]:
    """Return the figures as plain data, durations in seconds."""
    week = found.coverage
    return {
        "leads": found.leads,
        "statuses": dict(found.statuses),
        "reps": [_plain_rep(rep) for rep in found.reps],
        "rules": [asdict(each) for each in found.rules],
        "reasons": [asdict(each) for each in found.reasons],
        "coverage": week
        and {
            "zone": week.zone.key,
            "hours": [hour.isoformat() for hour in week.hours],
            "people": dict(week.people),
        },
    }


def _plain_rep(rep: RepFigures) -> dict[str, Any]:
    known = asdict(rep)
    delay = known.pop("time_to_accept")
    seconds = None if delay is None else delay.total_seconds()
    return {**known, "acceptance_rate": rep.acceptance_rate, "seconds_to_accept": seconds}
