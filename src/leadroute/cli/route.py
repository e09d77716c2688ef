"""``leadroute route``: every lead of a file to a rep, one row of output for each.

The rules of this module:

* One lead at a time, in the order of the file, in constant memory. Without ``--store`` the placements go to a SQLite
  file that is removed at the end, because a store in memory would grow with the leads.
* A lead that was submitted before keeps its placement, so the same command may be run again after a crash. That is
  why the store need not wait for the disk at every lead: a loss of power may cost the last few, and never breaks it.
* A bad row is named at the end, with its line. The others are routed.
"""

from __future__ import annotations

import csv
import json
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TextIO

from attrs import field, fields, frozen

from leadroute.cli.inputs import (
    add_json,
    add_leads,
    add_now,
    add_policy,
    clock_of,
    leads_of,
    policy_of,
    roster_of,
)
from leadroute.cli.screen import Screen
from leadroute.errors import FactTypeError, OfferClosed, RowError
from leadroute.model.lead import Lead
from leadroute.offers.dispatcher import Dispatcher
from leadroute.offers.placement import Placement, Status
from leadroute.ranking.ranking import Ranking
from leadroute.ranking.router import Router
from leadroute.stores import SqliteStore

__all__ = ["Row", "add", "run"]

NAMED: Final = 100
"""How many bad rows are named; the others are counted."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@frozen
class Row:
    """What became of one lead.

    Args:
        lead_id: The lead.
        status: Where it stands.
        rep: To whom it is offered, who owns it, or the catch-all.
        rule: The rule that matched.
        score: The rep's score, from 0 to 1; ``None`` when no rep was chosen just now.
        reason: Why, in words.
    """

    lead_id: str
    status: str
    rep: str | None
    rule: str | None
    score: float | None
    reason: str


@frozen(kw_only=True)
class _Listening(Router):
    """A router that keeps what it decided last, for its reasons."""

    decided: list[Ranking] = field(factory=list, eq=False, repr=False)

    def rank(self, *arguments: Any, **options: Any) -> Ranking:
        """Decide, and keep the ranking."""
        ranking = super().rank(*arguments, **options)
        self.decided[:] = [ranking]
        return ranking


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "route",
        help="route the leads of a file, one row of output for each",
        description="Route the leads of a file, in its order, and print one row for each: lead_id, status, rep, "
        "rule, score, reason.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_leads(parser)
    parser.add_argument(
        "--store",
        metavar="FILE",
        help="keep the placements in this SQLite file, which may be there already; a temporary one when left out",
    )
    parser.add_argument(
        "--accept", action="store_true", help="accept each offer at once, for the rep it is made to"
    )
    parser.add_argument("--output", metavar="FILE", help="write the rows there")
    add_now(parser)
    add_json(parser, "JSON lines instead of CSV")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Route every lead, and tell what could not be."""
    router = policy_of(options)
    roster = roster_of(options, router)
    listening = _listening(router)
    bad: list[RowError | FactTypeError] = []
    counts: Counter[str] = Counter()
    with ExitStack() as opened:
        leads = leads_of(options, router)
        store = opened.enter_context(_store(options, opened))
        out = _output(options, opened, screen)
        write = _json_writer(out) if options.json else _csv_writer(out)
        dispatcher = Dispatcher(listening, roster, store, clock_of(options))
        one = partial(
            _routed, dispatcher=dispatcher, heard=listening.decided, accepting=options.accept
        )
        began = time.monotonic()
        for found in screen.progress("routing", leads):
            row = found if isinstance(found, RowError) else one(found)
            if isinstance(row, Row):
                counts[row.status] += 1
                write(row)
            else:
                counts["bad"] += 1
                bad += [row] if len(bad) < NAMED else []
        spent = time.monotonic() - began
    for each in bad:
        screen.note(str(each))
    if counts["bad"] > len(bad):
        screen.note(f"... and {counts['bad'] - len(bad):,} bad rows more")
    screen.note(_summary(counts, spent))
    return 1 if bad else 0


def _routed(
    lead: Lead, dispatcher: Dispatcher, heard: list[Ranking], accepting: bool
) -> Row | FactTypeError:
    """Submit one lead, and say what became of it, or why the policy cannot judge it."""
    heard.clear()
    try:
        placement = dispatcher.submit(lead)
    except FactTypeError as error:
        return error
    if accepting and placement.status is Status.OFFERED and placement.rep_id is not None:
        try:
            placement = dispatcher.accept(lead.id, placement.rep_id)
        except OfferClosed as error:
            return _row(placement, None, error.state)
    best = heard[-1].best if heard else None
    if best is None:
        return _row(placement, None, placement.why or "submitted before")
    return _row(placement, best.score, best.reason)


def _row(placement: Placement, score: float | None, reason: str) -> Row:
    rounded = None if score is None else round(score, 6)
    rep, rule = placement.rep_id, placement.rule
    return Row(placement.lead_id, placement.status.value, rep, rule, rounded, reason)


def _listening(router: Router) -> _Listening:
    given = {each.name: getattr(router, each.name) for each in fields(Router) if each.init}
    return _Listening(**given)


def _store(options: Any, opened: ExitStack) -> SqliteStore:
    path = options.store
    if path is None:
        path = Path(opened.enter_context(TemporaryDirectory(prefix="leadroute-"))) / "route.db"
    return SqliteStore(path, synchronous="normal")


def _output(options: Any, opened: ExitStack, screen: Screen) -> TextIO:
    if options.output is None:
        return screen.out
    return opened.enter_context(Path(options.output).open("w", encoding="utf-8", newline=""))


def _csv_writer(out: TextIO) -> Callable[[Row], object]:
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([each.name for each in fields(Row)])
    return lambda row: writer.writerow([_neutral(getattr(row, each.name)) for each in fields(Row)])


def _neutral(value: str | float | None) -> str:
    """The cell, with a quote before what a spreadsheet would run as a formula."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _json_writer(out: TextIO) -> Callable[[Row], object]:
    def write(row: Row) -> None:
        plain = {each.name: getattr(row, each.name) for each in fields(Row)}
        out.write(json.dumps(plain, ensure_ascii=False) + "\n")

    return write


def _summary(counts: Counter[str], spent: float) -> str:
    leads = counts.total() - counts["bad"]
    places = ", ".join(f"{counts[each.value]:,} {each}" for each in Status if counts[each.value])
    told = f"{leads:,} leads: {places}" if places else "no leads"
    rate = f"{leads / spent:,.0f} leads/s" if spent > 0 else "at once"
    return f"{told}; {counts['bad']:,} bad rows; {rate}"
