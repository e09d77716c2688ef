"""``leadroute demo``: the bundled example from end to end, on a clock that is moved by hand.

The rules of this module:

* Nothing depends on the present, on chance or on the machine: every run prints the same.
* It uses what a host uses, a dispatcher over a SQLite file, and prints what it gives back.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from leadroute.cli.inputs import add_json
from leadroute.cli.office import work_through
from leadroute.cli.output import Screen
from leadroute.cli.report import plain, show
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import read_leads, read_reps
from leadroute.insight.report import report_on
from leadroute.model.lead import Lead
from leadroute.model.roster import Roster
from leadroute.offers.dispatcher import Dispatcher
from leadroute.ranking.router import Router
from leadroute.stores import SqliteStore

__all__ = ["add", "bundled", "run"]

START: Final = datetime(2026, 2, 25, 15, 0, tzinfo=UTC)

BIG: Final = Lead(
    "demo-1",
    company="Alder Health",
    email="cto@alder-health.example",
    country="US",
    industry="healthcare",
    employees=2_400,
    annual_revenue=310_000_000,
    budget=250_000,
    product="analytics",
)
BRITISH: Final = Lead(
    "demo-2",
    company="Fjord Freight",
    email="buying@fjord-freight.example",
    country="GB",
    language="en",
    industry="logistics",
    budget=18_000,
    product="analytics",
)
BROKE: Final = Lead("demo-3", company="Dune Works", email="hello@dune-works.example", budget=0)


def add(commands: Any) -> None:
    """Put the command into the command line."""
    parser = commands.add_parser(
        "demo",
        help="show the bundled example from end to end",
        description="Route a few leads step by step and then 500 more, all bundled, in a temporary SQLite file.",
        allow_abbrev=False,
    )
    add_json(parser, "the report at the end alone, as one JSON object")
    parser.set_defaults(run=run)


def bundled() -> Traversable:
    """Where the example data are: in the wheel, or in the checkout of an editable install."""
    carried = files("leadroute") / "_demo"
    return carried if carried.is_dir() else Path(__file__).parents[3] / "examples" / "data"


def run(options: Any, screen: Screen) -> int:
    """Tell the story, route the leads, print the report."""
    from leadroute.testing import ManualClock

    data = Path(str(bundled()))
    router = load_policy(data / "policy.toml")
    roster, _ = read_reps(data / "reps.csv")
    leads = [found for found in read_leads(data / "leads.csv") if isinstance(found, Lead)]
    with (
        TemporaryDirectory(prefix="leadroute-") as folder,
        SqliteStore(Path(folder) / "demo.db", synchronous="normal") as store,
    ):
        dispatcher = Dispatcher(router, roster, store, clock := ManualClock(START))
        if not options.json:
            _tell(_Story(screen, router, roster, dispatcher, clock))
            screen.say()
            screen.head(f"7. Two weeks, {len(leads)} more leads: some reps are slow, some decline")
        work_through(leads, dispatcher, clock)
        found = report_on(store)
    if options.json:
        screen.say(json.dumps(plain(found), ensure_ascii=False))
    else:
        show(found, screen)
    return 0


class _Story:
    """Who tells it, and with what."""

    def __init__(
        self, screen: Screen, router: Router, roster: Roster, dispatcher: Dispatcher, clock: Any
    ) -> None:
        self.screen = screen
        self.router = router
        self.roster = roster
        self.dispatcher = dispatcher
        self.clock = clock

    def chapter(self, title: str) -> None:
        """A heading with some air before it."""
        self.screen.say()
        self.screen.head(title)

    def say(self, text: object) -> None:
        """A line with the time on the story's clock."""
        self.screen.say(f"  {self.clock.now():%H:%M} {text}")


def _tell(story: _Story) -> None:
    screen, dispatcher, clock = story.screen, story.dispatcher, story.clock
    team, policy = f"{len(story.roster)} reps", f"{len(story.router.rules)} rules"
    screen.head(
        f"leadroute demo: an invented team of {team}, a policy of {policy}, a clock moved by hand"
    )

    story.chapter("1. A lead comes in. Who should have it, and why?")
    screen.say(f"  {_described(BIG)}")
    ranking = story.router.rank(BIG, story.roster, now=clock.now())
    for line in str(ranking).splitlines():
        screen.say(f"  {line}")

    story.chapter("2. It is offered to the best rep alone, who accepts")
    story.say(dispatcher.submit(BIG))
    clock.advance("2m")
    story.say(dispatcher.accept(BIG.id, "ada"))

    story.chapter("3. Another lead: the first rep declines, the second does not answer")
    screen.say(f"  {_described(BRITISH)}")
    first = dispatcher.submit(BRITISH)
    story.say(f"rule {first.rule!r} matched")
    story.say(first)
    clock.advance("1m")
    story.say(f"{first.rep_id} declines")
    second = dispatcher.decline(BRITISH.id, str(first.rep_id), reason="no-time")
    story.say(second)
    clock.advance("5m")
    dispatcher.sweep()
    story.say(f"{second.rep_id} has not answered; the sweep passes the lead on")
    story.say(dispatcher.placement(BRITISH.id))

    story.chapter("4. A lead without a budget")
    story.say(dispatcher.submit(BROKE))

    story.chapter("5. The owner reaches the first lead, and wins it")
    clock.advance("20m")
    story.say(dispatcher.contacted(BIG.id))
    clock.advance("30m")
    story.say(dispatcher.feedback(BIG.id, "won", value=48_000))

    story.chapter("6. Everything that happened to that lead is on record")
    told = (f"{event.at:%H:%M} {event.kind}" for event in dispatcher.history(BIG.id))
    screen.say(f"  {', '.join(told)}")


def _described(lead: Lead) -> str:
    facts = (lead.company, lead.country, lead.industry, f"budget {lead.budget:,}")
    return ", ".join(filter(None, facts))
