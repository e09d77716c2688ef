"""``leadroute report``: the figures of a store, and who works when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from leadroute.cli.inputs import (
    add_json,
    add_now,
    add_policy,
    clock_of,
    existing,
    policy_of,
    roster_of,
)
from leadroute.cli.output import Screen
from leadroute.errors import ConfigError
from leadroute.insight.coverage import coverage_of
from leadroute.insight.report import RepFigures, Report, report_on
from leadroute.model.coverage import Coverage, heat_map
from leadroute.stores import SqliteStore

__all__ = ["add", "plain", "run", "show"]


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "report",
        help="print the figures of a store",
        description="Print where the leads of a store are, and what the reps and the rules made of them. "
        "With a policy and its reps, print how many can take a lead in each hour of the week too.",
        allow_abbrev=False,
    )
    parser.add_argument("--store", required=True, metavar="FILE", help="the SQLite file")
    add_policy(parser, required=False)
    add_now(parser)
    add_json(parser, "one JSON object; durations are in seconds")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Count and print."""
    coverage = _coverage(options)
    with SqliteStore(existing(options.store)) as store:
        found = report_on(store, coverage)
    if options.json:
        screen.data(plain(found))
    else:
        show(found, screen)
    return 0


def _coverage(options: Any) -> Coverage | None:
    """Who works when, where policy and reps are given."""
    if options.policy is None and options.reps is None:
        return None
    if options.policy is None or options.reps is None:
        raise ConfigError("the hours of the week need both --policy and --reps")
    router = policy_of(options)
    return coverage_of(router, roster_of(options, router), clock_of(options).now())


def show(found: Report, screen: Screen) -> None:
    """Print the figures as tables."""
    screen.head(f"{found.leads:,} leads")
    if found.leads:
        _show_leads(found, screen)
    if found.coverage is not None:
        screen.say()
        screen.head("Who can take a lead, by the hour")
        screen.say(heat_map(found.coverage))


def _show_leads(found: Report, screen: Screen) -> None:
    screen.table(
        ("status", "leads", "share"),
        [(status, f"{n:,}", _percent(n / found.leads)) for status, n in found.statuses],
    )
    _section(
        screen,
        "By rep",
        (
            "rep",
            "offered",
            "accepted",
            "declined",
            "timed out",
            "rate",
            "answers in",
            "won",
            "value",
        ),
        [_rep_row(rep) for rep in found.reps],
    )
    _section(
        screen,
        "By rule",
        ("rule", "leads", "accepted", "won"),
        [
            (each.rule, f"{each.leads:,}", f"{each.accepted:,}", f"{each.won:,}")
            for each in found.rules
        ],
    )
    _section(
        screen,
        "Not with a rep",
        ("status", "reason_code", "leads"),
        [(each.status, each.reason_code, f"{each.leads:,}") for each in found.reasons],
    )


def _section(
    screen: Screen, title: str, names: tuple[str, ...], rows: list[tuple[str, ...]]
) -> None:
    if rows:
        screen.say()
        screen.head(title)
        screen.table(names, rows)


def _rep_row(rep: RepFigures) -> tuple[str, ...]:
    return (
        rep.rep_id,
        f"{rep.offered:,}",
        f"{rep.accepted:,}",
        f"{rep.declined:,}",
        f"{rep.timed_out:,}",
        _percent(rep.acceptance_rate),
        _lasting(rep.time_to_accept),
        f"{rep.won:,}",
        f"{rep.value:,.0f}",
    )


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
    """The figures as plain data, durations in seconds."""
    return {
        "leads": found.leads,
        "statuses": dict(found.statuses),
        "reps": [_plain_rep(rep) for rep in found.reps],
        "rules": [
            {"rule": each.rule, "leads": each.leads, "accepted": each.accepted, "won": each.won}
            for each in found.rules
        ],
        "reasons": [
            {"status": each.status, "reason_code": each.reason_code, "leads": each.leads}
            for each in found.reasons
        ],
        "coverage": None if found.coverage is None else _plain_coverage(found.coverage),
    }


def _plain_coverage(week: Coverage) -> dict[str, Any]:
    return {
        "zone": week.zone.key,
        "hours": [hour.isoformat() for hour in week.hours],
        "people": dict(week.people),
    }


def _plain_rep(rep: RepFigures) -> dict[str, Any]:
    return {
        "rep_id": rep.rep_id,
        "offered": rep.offered,
        "accepted": rep.accepted,
        "declined": rep.declined,
        "timed_out": rep.timed_out,
        "acceptance_rate": rep.acceptance_rate,
        "seconds_to_accept": None
        if rep.time_to_accept is None
        else rep.time_to_accept.total_seconds(),
        "contacted": rep.contacted,
        "won": rep.won,
        "value": rep.value,
    }
