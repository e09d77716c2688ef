"""What the commands read, and how they print: a policy, a roster, leads, an instant; plain text, or color and bars.

Color needs a terminal, the ``cli`` extra, and no ``NO_COLOR`` in the environment; else the text is
plain, the same on every machine. Control characters of a file, and marks that turn the direction of
text, never reach a terminal: text has a question mark for each, JSON its escape. What goes to a
pipe as CSV is as it was.
"""

from __future__ import annotations

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from errno import EISDIR
from os import strerror
from pathlib import Path
from stat import S_ISDIR
from typing import Any, Final, TextIO, TypeVar

from attrs import fields, frozen

from leadroute.clock import Clock, SystemClock
from leadroute.errors import ConfigError, UnknownFieldError
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import Reading, read_leads, read_reps
from leadroute.formats.source import columns_of
from leadroute.insight.lint.analysis import conditions_of
from leadroute.model.columns import ATTRIBUTE, IGNORE, PRESETS, Column, header_key
from leadroute.model.lead import Lead
from leadroute.model.rep import Roster
from leadroute.offers.store import Store
from leadroute.offers.store_clock import StoreClock, tells_time
from leadroute.ranking.router import Router
from leadroute.rules.conditions import reads
from leadroute.rules.describe import plural
from leadroute.rules.fields import FIELDS, SCORE_FIELDS


@frozen
class Fixed:
    """A clock that stands still."""

    instant: datetime

    def now(self) -> datetime:
        """The instant that the clock stands at."""
        return self.instant


def add_policy(parser: ArgumentParser, *, required: bool = True) -> None:
    """The options that name a policy and a roster."""
    parser.add_argument(
        "--policy", required=required, metavar="FILE", help="the policy: TOML or JSON"
    )
    parser.add_argument(
        "--reps", required=required, metavar="FILE", help="the reps: CSV, JSON or JSON lines"
    )


def add_leads(parser: ArgumentParser, *, required: bool = True) -> None:
    """The options that name the leads and how they are written."""
    parser.add_argument(
        "--leads",
        required=required,
        metavar="FILE",
        help="the leads: CSV, JSON or JSON lines; - reads standard input",
    )
    parser.add_argument(
        "--format",
        choices=("csv", "json", "jsonl"),
        help="how the leads are written, where the ending of the name does not say",
    )
    parser.add_argument(
        "--columns",
        metavar="MAP",
        help=f"what the columns fill: {', '.join(PRESETS)}, or a TOML file of your own",
    )
    parser.add_argument(
        "--map",
        action="append",
        default=[],
        type=_mapped,
        metavar="HEADER=FIELD",
        help="what one column fills, such as 'Lead ID=id'; may be given several times",
    )
    _add_values(parser)


def _add_values(parser: ArgumentParser) -> None:
    """The options that say how the values of the leads are written."""
    parser.add_argument(
        "--country", metavar="CODE", help="the country of rows that name none, such as US"
    )
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="the zone of times without an offset, such as Europe/Paris",
    )
    parser.add_argument(
        "--dates", choices=("dmy", "mdy", "ymd"), help="the order in dates such as 3/4/2026"
    )
    parser.add_argument(
        "--decimal",
        choices=(".", ","),
        help="the sign before a fraction, where 50.000 has thousands",
    )
    parser.add_argument(
        "--extra",
        choices=("attributes", "ignore", "refuse"),
        default="attributes",
        help="what becomes of columns that fill nothing",
    )
    parser.add_argument(
        "--on-fault",
        choices=("row", "field"),
        default="row",
        help="what a fault takes away: the row, or the field alone",
    )


def _mapped(text: str) -> tuple[str, str]:
    header, equals, target = text.rpartition("=")
    if not equals or not header.strip() or not target.strip():
        raise ArgumentTypeError(f"{text!r:.60} maps nothing; write one such as 'Lead ID=id'")
    return header, target


def add_now(parser: ArgumentParser) -> None:
    """The option that fixes the instant of the decisions."""
    parser.add_argument(
        "--now",
        type=_instant,
        metavar="INSTANT",
        help="decide as of this instant, such as 2026-03-03T15:00:00Z; the present when left out",
    )


def add_json(parser: ArgumentParser, what: str) -> None:
    """The option for output that programs read."""
    parser.add_argument("--json", action="store_true", help=f"print {what}")


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    # Near the ends of the calendar no deadline and no other time zone can be computed.
    if found is None or found.utcoffset() is None or not 1900 <= found.year <= 9000:
        raise ArgumentTypeError(
            f"{text!r:.40} is not an instant; write one such as 2026-03-03T15:00:00Z"
        )
    return found.astimezone(UTC)


def clock_of(options: Any, store: Store | None = None) -> Clock:
    """The clock that the decisions go by; that of the database where the store is on a server."""
    if options.now is not None:
        return Fixed(options.now)
    return StoreClock(store) if tells_time(store) else SystemClock()


def existing(name: str) -> Path:
    """The path of a file that is there; an error of the system without one."""
    path = Path(name)
    if S_ISDIR(path.stat().st_mode):
        raise IsADirectoryError(EISDIR, strerror(EISDIR), str(path))
    return path


def policy_of(options: Any) -> Router:
    """The policy."""
    return load_policy(existing(options.policy))


def roster_of(options: Any, router: Router) -> Roster:
    """The roster, with the custom attributes that the policy declares."""
    roster, errors = read_reps(existing(options.reps), custom=router.custom_fields)
    if errors:
        listed = "".join(f"\n  {error}" for error in errors)
        one = len(errors) == 1
        told = (
            "1 row is not a rep; correct it"
            if one
            else f"{len(errors):,} rows are not reps; correct them"
        )
        raise ConfigError(f"{told} first:{listed}")
    return roster


def leads_of(options: Any, router: Router | None = None) -> Reading[Lead]:
    """The leads one by one, with a ``RowError`` in the place of each bad row."""
    piped = options.leads == "-"
    reading = read_leads(
        getattr(sys.stdin, "buffer", sys.stdin) if piped else existing(options.leads),
        name="<stdin>" if piped else "",
        format=options.format,
        custom=None if router is None else router.custom_fields,
        columns=columns_of(options.columns).with_columns(dict(options.map)),
        country=options.country,
        timezone=options.timezone,
        dates=options.dates,
        decimal=options.decimal,
        extra=options.extra,
        on_fault=options.on_fault,
    )
    headers = {header_key(column.header): column.header for column in reading.columns}
    for header, _ in options.map if headers else ():
        if header_key(header) not in headers:
            raise UnknownFieldError("column", header, headers.values(), f"{reading.name}: --map")
    return reading


LISTED: Final = 40  # how many columns of a kind are named; the others are counted


def told_columns(reading: Reading[Any]) -> Iterator[str]:
    """Yield what to say of the columns: nothing of those that bear the name of what they fill."""
    named = [column for column in reading.columns if column.known and _renamed(column)]
    strange = [column for column in reading.columns if not column.known]
    if named:
        yield f"{reading.name}: {_listed(named)}"
    kept = [column for column in strange if not column.near and not column.plain]
    if kept:
        yield f"{reading.name}: no field: {_listed(kept)}"
    for column in strange:
        if column.near:
            remedy = f"--map {f'{column.header}={column.near}'!r}"
            if column.near in ("received_at", "deadline"):
                remedy += " or --timezone, with the zone of its times"
            yield f"{reading.name}: no field: {column}; to read it as such, say {remedy}"


def _renamed(column: Column) -> bool:
    name = column.fills.removeprefix(ATTRIBUTE)
    return column.fills == IGNORE or header_key(column.header) not in (
        header_key(name),
        header_key(column.fills),
    )


def _listed(columns: Collection[Column]) -> str:
    shown = ", ".join(map(str, [*columns][:LISTED]))
    return shown if len(columns) <= LISTED else f"{shown} and {len(columns) - LISTED:,} more"


def unfilled(router: Router, reading: Reading[Any], *, country: str | None) -> list[str]:
    """Return what the policy reads of a lead and no column fills, in the words of the policy."""
    filled = {column.fills for column in reading.columns}
    if filled & {"name.first", "name.last"}:
        filled.add("name")
    if country is not None:
        filled.add("country")
    filled |= SCORE_FIELDS  # the policy's own, which no column ever fills
    return sorted(_lead_fields(router) - {_word(name) for name in filled})


def _word(fills: str) -> str:
    if fills.startswith(ATTRIBUTE):
        return f"lead[{fills.removeprefix(ATTRIBUTE)!r}]"
    return f"lead.{fills}"


def _lead_fields(router: Router) -> set[str]:
    found = {
        str(field) for _, condition in conditions_of(router) for field in reads(condition).lead
    }
    for rule in router.rules:
        for scorer in () if rule.score is None else rule.score.walk():
            values = (getattr(scorer, each.name) for each in fields(type(scorer)))
            for value in values:
                names = value if isinstance(value, tuple) else (value,)
                found |= {
                    f"lead.{name}"
                    for name in names
                    if isinstance(name, str) and name in FIELDS["lead"]
                }
    return found


def told_restored(restored: int) -> str:
    """How many postal codes got their zeros back, behind a semicolon; empty when none did."""
    whose = "its" if restored == 1 else "their"
    return f"; {plural(restored, 'postal code')} got {whose} zeros back" if restored else ""


T = TypeVar("T")

STEP: Final = 100  # after how many items a plain progress line is written again

# C0 without the line end, C1, marks and embeddings of direction, separators of lines, and half surrogate pairs.
_CONTROL: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NUMBER: Final = re.compile(r"-|[0-9][0-9,.]*( ?[%smhd].*)?")


def shown(text: str) -> str:
    r"""Return the text without control characters, except for line ends."""
    return _CONTROL.sub("?", text)


def in_json(value: Any) -> str:
    r"""The value as JSON in which no control character stands raw."""
    written = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _one_line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: shown(value).replace("\n", "?") if isinstance(value, str) else value
        for name, value in row.items()
    }


class Screen:
    """Where results and remarks go."""

    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self._err = err
        self._plain = bool(environment.get("NO_COLOR"))

    def close(self) -> None:
        """Write what is still held back."""
        self.out.flush()

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        print(shown(text), file=self.out)

    def data(self, value: Any) -> None:
        """Print a result as one line of JSON."""
        print(in_json(value), file=self.out)

    def cells(self, rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        """Rows for CSV on standard output: as they are, but on a terminal no control characters."""
        return map(_one_line, rows) if self.out.isatty() else rows

    def head(self, text: str) -> None:
        """Print a heading in the result."""
        if (console := self._console(self.out)) is None:
            self.say(text)
        else:
            console.print(shown(text), style="bold", markup=False, highlight=False)

    def note(self, text: str) -> None:
        """Print a remark beside the result."""
        print(shown(text), file=self._err, flush=True)

    def table(self, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows under their names; a column of figures stands to the right."""
        cells = [[shown(cell).replace("\n", "?") for cell in row] for row in rows]
        right = [
            bool(cells) and all(_NUMBER.fullmatch(row[place]) for row in cells)
            for place in range(len(names))
        ]
        if (console := self._console(self.out)) is None:
            self._plain_table(names, cells, right)
        else:
            _rich_table(console, names, cells, right)

    def _plain_table(self, names: Sequence[str], cells: list[list[str]], right: list[bool]) -> None:
        rows = [list(names), *cells]
        widths = [max(len(row[place]) for row in rows) for place in range(len(names))]
        for row in rows:
            laid = (
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(row, widths, right, strict=True)
            )
            self.say(f"  {'  '.join(laid)}".rstrip())

    def progress(self, what: str, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, while a terminal shows on standard error how many there were."""
        if not self._err.isatty():
            return iter(items)
        console = self._console(self._err)
        if console is None:
            return self._counted(what, items)
        from rich.progress import track

        return iter(track(items, what, console=console, transient=True))

    def _counted(self, what: str, items: Iterable[T]) -> Iterator[T]:
        done = 0
        try:
            for done, item in enumerate(items, 1):
                yield item
                if done % STEP == 0:
                    self._err.write(f"\r{what}: {done:,}")
                    self._err.flush()
        finally:
            if done >= STEP:
                self._err.write(f"\r{what}: {done:,}\n")

    def _console(self, stream: TextIO) -> Any:
        if self._plain or not stream.isatty():
            return None
        with suppress(ImportError):
            from rich.console import Console

            return Console(file=stream)
        return None


def _rich_table(
    console: Any, names: Sequence[str], cells: list[list[str]], right: list[bool]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name, to_right in zip(names, right, strict=True):
        table.add_column(Text(name), justify="right" if to_right else "left")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)
