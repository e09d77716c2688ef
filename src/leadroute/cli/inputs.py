"""What the commands read: a policy, a roster, leads, an instant, and the options that name them.

The rules of this module:

* ``-`` is standard input.
* A roster with a bad row is refused as a whole, with every bad row named: half a team is not who should get the leads.
* A bad row among leads is passed on, and the others go on.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attrs import frozen

from leadroute.clock import Clock, SystemClock
from leadroute.errors import ConfigError
from leadroute.formats.column_file import columns_of
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import Reading, read_leads, read_reps
from leadroute.model.columns import PRESETS
from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.ranking.router import Router

__all__ = [
    "Fixed",
    "add_json",
    "add_leads",
    "add_now",
    "add_policy",
    "clock_of",
    "existing",
    "leads_of",
    "policy_of",
    "roster_of",
]


@frozen
class Fixed:
    """A clock that stands still.

    Example:
        >>> Fixed(datetime(2026, 3, 2, tzinfo=UTC)).now().isoformat()
        '2026-03-02T00:00:00+00:00'
    """

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
    if found is None or found.utcoffset() is None:
        raise ArgumentTypeError(
            f"{text!r:.40} is not an instant; write one such as 2026-03-03T15:00:00Z"
        )
    return found.astimezone(UTC)


def clock_of(options: Any) -> Clock:
    """The clock that the decisions go by."""
    return SystemClock() if options.now is None else Fixed(options.now)


def existing(name: str) -> Path:
    """The path of a file that is there.

    Raises:
        FileNotFoundError: It is not.
    """
    path = Path(name)
    path.stat()
    return path


def policy_of(options: Any) -> Router:
    """The policy."""
    return load_policy(existing(options.policy))


def roster_of(options: Any, router: Router) -> Roster:
    """The roster, with the custom attributes that the policy declares.

    Raises:
        ConfigError: One or more rows are no reps; all of them are named.
    """
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
    return read_leads(
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
