"""``leadroute route``: every lead of a file to a rep, one row of output for each.

A lead that was submitted before keeps its placement, so the same command may be run again after a
crash. That is why the store need not wait for the disk at every lead: a loss of power may cost the
last few, and never breaks it.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import chain, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TextIO

from attrs import define, field, frozen

from leadroute.cli.console import (
    Screen,
    add_json,
    add_leads,
    add_now,
    add_policy,
    clock_of,
    in_json,
    leads_of,
    policy_of,
    roster_of,
    told_columns,
    told_restored,
    unfilled,
)
from leadroute.cli.store import add_store, file_of, opened
from leadroute.errors import ConfigError, FieldTypeError, InvalidTransitionError, RowError
from leadroute.formats.csv_rows import write_rows
from leadroute.formats.rows import Reading
from leadroute.model.lead import Lead
from leadroute.offers.dispatcher import Dispatcher, random_id
from leadroute.offers.placement import Placement, Status
from leadroute.offers.store import Store
from leadroute.ranking.router import Router
from leadroute.rules.describe import plural

PEEKED: Final = 100  # how many rows of a JSON file are read before the first is routed
NAMED: Final = 100  # how many bad rows are named; the others are counted

COLUMNS: Final = ("lead_id", "status", "rep", "rule", "score", "reason_code", "reason")
SCORED: Final = ("lead_score", "lead_grade", "completeness")
"""What stands behind the other columns where the policy scores leads."""


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "route",
        help="route the leads of a file, one row of output for each",
        description=f"Route the leads of a file, in its order, and print one row for each: {', '.join(COLUMNS)}; with "
        f"{', '.join(SCORED)} where the policy scores leads.",
        allow_abbrev=False,
    )
    add_policy(parser)
    add_leads(parser)
    add_store(
        parser,
        "where the placements are kept; it may be there already, and is temporary when left out",
    )
    parser.add_argument(
        "--accept", action="store_true", help="accept each offer at once, for the rep it is made to"
    )
    parser.add_argument("--output", metavar="FILE", help="write the rows there; - prints them")
    add_now(parser)
    add_json(parser, "JSON lines instead of CSV")
    parser.set_defaults(run=run)


def run(options: Any, screen: Screen) -> int:
    """Route every lead, and tell what could not be."""
    router = policy_of(options)
    roster = roster_of(options, router)
    with ExitStack() as stack:
        leads = leads_of(options, router)
        first = _first(leads, 1 if leads.columns or options.leads == "-" else PEEKED)
        for line in (*told_columns(leads), *_unread(options, router, leads)):
            screen.note(line)
        changes = _Changes()
        store = _store(options, stack)
        clock = clock_of(options, store)
        dispatcher = Dispatcher(router, roster, store, clock, change_ids=changes)
        routing = _Routing(dispatcher, changes, options.accept)
        out = _output(options, stack, screen)
        began = time.monotonic()
        rows = routing.rows(screen.progress("routing", chain(first, leads)))
        if options.json:
            for row in rows:
                out.write(in_json(row) + "\n")
        else:
            columns = COLUMNS if router.lead_scoring is None else (*COLUMNS, *SCORED)
            write_rows(out, columns, screen.cells(rows) if out is screen.out else rows)
        spent = time.monotonic() - began
    for each in routing.bad:
        screen.note(str(each))
    if routing.counts["bad"] > len(routing.bad):
        more = plural(routing.counts["bad"] - len(routing.bad), "more bad row")
        screen.note(f"... and {more}")
    screen.note(_summary(routing.counts, leads.restored, spent))
    return 1 if routing.bad else 0


@define
class _Changes:
    """The ids of changes, and how many there were: a lead that is known already makes none."""

    count: int = 0

    def __call__(self) -> str:
        self.count += 1
        return random_id()


@frozen
class _Routing:
    """Leads on their way through a dispatcher, and what is counted meanwhile."""

    dispatcher: Dispatcher
    changes: _Changes
    accepting: bool
    counts: Counter[str] = field(factory=Counter)
    bad: list[RowError | FieldTypeError] = field(factory=list)

    def rows(self, leads: Iterable[Lead | RowError]) -> Iterator[dict[str, Any]]:
        """One row of output for each lead; what is no lead or cannot be judged is noted as bad."""
        for found in leads:
            row = found if isinstance(found, RowError) else self._routed(found)
            if isinstance(row, dict):
                self.counts[row["status"]] += 1
                yield row
            else:
                self.counts["bad"] += 1
                if len(self.bad) < NAMED:
                    self.bad.append(row)

    def _routed(self, lead: Lead) -> dict[str, Any] | FieldTypeError:
        known = self.changes.count
        try:
            placement = self.dispatcher.submit(lead, on_error="raise")
        except FieldTypeError as error:
            return error
        if self.accepting and placement.status is Status.OFFERED and placement.rep_id is not None:
            try:
                placement = self.dispatcher.accept(lead.id, placement.rep_id)
            except InvalidTransitionError as error:
                return self._row(placement, None, "", error.state)
        if self.changes.count == known:
            why = f": {placement.reason}" if placement.reason_code else ""
            before = f"submitted before, as {placement.status.value}{why}"
            return self._row(placement, None, placement.reason_code, before)
        found = self.dispatcher.decision(lead.id)
        if found is None or found.rep_id is None:
            told = "" if found is None else found.detail
            return self._row(placement, None, placement.reason_code, told or placement.reason)
        score = round(found.pools[0].scores[found.rep_id], 6)
        return self._row(placement, score, found.outcome, found.reason(found.rep_id))

    def _row(
        self, placement: Placement, score: float | None, code: str, reason: str
    ) -> dict[str, Any]:
        """The row of a placement, with the lead score where the policy scores leads."""
        scored = self.dispatcher.router.lead_scoring is not None
        return _row(placement, score, code, reason) | (_scores(placement) if scored else {})


def _first(leads: Reading[Lead], most: int) -> list[Lead | RowError]:
    """The first rows, which have the headers of JSON; a source that breaks off before any lead is refused."""
    found = [*islice(leads, most)]
    refused = [each for each in found if isinstance(each, RowError)]
    if leads.broken_off and len(refused) == len(found):
        raise refused[-1]
    return found


def _row(placement: Placement, score: float | None, code: str, reason: str) -> dict[str, Any]:
    given = (
        placement.lead_id,
        placement.status.value,
        placement.rep_id,
        placement.rule,
        score,
        code,
        reason,
    )
    return dict(zip(COLUMNS, given, strict=True))


def _scores(placement: Placement) -> dict[str, Any]:
    given = (_rounded(placement.lead_score), placement.lead_grade, _rounded(placement.completeness))
    return dict(zip(SCORED, given, strict=True))


def _rounded(given: float | None) -> float | None:
    return None if given is None else round(given, 6)


def _store(options: Any, stack: ExitStack) -> Store:
    name = options.store
    if name is None:
        folder = stack.enter_context(TemporaryDirectory(prefix="leadroute-"))
        name = str(Path(folder) / "route.db")
    return stack.enter_context(opened(name, makes=True))


def _output(options: Any, stack: ExitStack, screen: Screen) -> TextIO:
    if options.output in (None, "-"):
        return screen.out
    path = Path(options.output)
    for option in ("policy", "reps", "leads", "columns", "store") if path.exists() else ():
        named = getattr(options, option)
        read = None if named is None else file_of(named)
        if read is not None and read.exists() and path.samefile(read):
            raise ConfigError(f"{path}: --output is the file of --{option}; name another file")
    return stack.enter_context(path.open("w", encoding="utf-8", newline=""))


def _unread(options: Any, router: Router, leads: Reading[Lead]) -> Iterator[str]:
    """What the policy reads and no column fills; JSON has the columns of its first rows."""
    missing = unfilled(router, leads, country=options.country) if leads.columns else []
    if missing:
        yield f"{leads.name}: the policy reads {', '.join(missing)}, which no column fills; --map says which one does"


def _summary(counts: Counter[str], restored: int, spent: float) -> str:
    leads = counts.total() - counts["bad"]
    places = ", ".join(f"{counts[each.value]:,} {each}" for each in Status if counts[each.value])
    told = f"{plural(leads, 'lead')}: {places}" if places else "no leads"
    rate = f"{leads / spent:,.0f} leads/s" if spent > 0 else "at once"
    bad = plural(counts["bad"], "bad row")
    return f"{told}{told_restored(restored)}; {bad}; {rate}"
