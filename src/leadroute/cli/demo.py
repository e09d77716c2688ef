"""``leadroute demo``: the bundled example from end to end, the same on every run."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from zlib import crc32

from attrs import frozen

from leadroute.cli.console import Screen, add_json
from leadroute.cli.report import plain, show
from leadroute.errors import InvalidTransitionError
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import read_leads, read_reps
from leadroute.insight.report import report_on
from leadroute.model.lead import Lead
from leadroute.model.rep import Roster
from leadroute.offers.dispatcher import Dispatcher
from leadroute.offers.placement import Status
from leadroute.ranking.router import Router
from leadroute.stores import SqliteStore
from leadroute.testing.doubles import ManualClock

SWEEP: Final = timedelta(minutes=10)  # how late time-outs and openings may be swept
DECLINES: Final = 9  # how many offers of a hundred are declined
SILENT: Final = 12  # how many offers of a hundred are not answered


def work_through(leads: Iterable[Lead], dispatcher: Dispatcher, clock: ManualClock) -> None:
    """Submit every lead when it comes in, and let the reps answer."""
    office = _Office(dispatcher, clock)
    for lead in leads:
        if lead.received_at is not None:
            office.plan(lead.received_at, partial(office.receive, lead))
    office.work()


class _Office:
    """The agenda of what will happen. A rep's answer follows from a checksum of lead and rep."""

    def __init__(self, dispatcher: Dispatcher, clock: ManualClock) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._agenda: list[tuple[datetime, int, Callable[[], object]]] = []
        self._planned = 0
        self._answered: set[str] = set()
        self._sweep_at: datetime | None = None

    def plan(self, at: datetime, what: Callable[[], object]) -> None:
        """Put something on the agenda; of two things at one instant, the first goes first."""
        self._planned += 1
        heappush(self._agenda, (at, self._planned, what))

    def work(self) -> None:
        """Do everything on the agenda, in the order of time."""
        while self._agenda:
            at, _, what = heappop(self._agenda)
            self._clock.set(max(at, self._clock.now()))
            with suppress(InvalidTransitionError):
                what()
            self._see_offers()

    def receive(self, lead: Lead) -> None:
        """Let a lead come in."""
        self._dispatcher.submit(lead)
        self._plan_sweep(self._clock.now() + SWEEP)

    def _plan_sweep(self, at: datetime) -> None:
        if self._sweep_at is None or at < self._sweep_at:
            self._sweep_at = at
            self.plan(at, self._sweep)

    def _sweep(self) -> None:
        now = self._clock.now()
        self._sweep_at = None
        swept = self._dispatcher.sweep()
        if swept.next_wakeup is not None and swept.next_wakeup > now:
            self._plan_sweep(max(swept.next_wakeup, now + SWEEP))

    def _see_offers(self) -> None:
        for placed in self._dispatcher.placements(status=Status.OFFERED):
            for offer in placed.offers:
                if offer.token not in self._answered:
                    self._answered.add(offer.token)
                    self._answer(placed.lead_id, offer.rep_id)

    def _answer(self, lead_id: str, rep_id: str) -> None:
        mood = crc32(f"{lead_id} {rep_id}".encode())
        soon = self._clock.now() + timedelta(seconds=20 + mood % 157)
        if mood % 100 < DECLINES:
            self.plan(soon, partial(self._dispatcher.decline, lead_id, rep_id, reason="no-time"))
        elif mood % 100 >= DECLINES + SILENT:
            self.plan(soon, partial(self._take, lead_id, rep_id, mood))

    def _take(self, lead_id: str, rep_id: str, mood: int) -> None:
        # The rep calls within the half hour, and knows in a few days how it ended.
        dispatcher, now = self._dispatcher, self._clock.now()
        dispatcher.accept(lead_id, rep_id)
        self.plan(
            now + timedelta(minutes=5 + mood % 25), partial(dispatcher.record_contact, lead_id)
        )
        won = mood % 7 < 2
        worth = 1_000 * (2 + mood % 40) if won else None
        closing = partial(dispatcher.feedback, lead_id, "won" if won else "lost", value=worth)
        self.plan(now + timedelta(hours=20 + mood % 90), closing)


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
    )
    add_json(parser, "the report at the end alone, as one JSON object")
    parser.set_defaults(run=run)


def bundled() -> Traversable:
    """Return the folder of the example, in the wheel or in a checkout."""
    carried = files("leadroute") / "_demo"
    return carried if carried.is_dir() else Path(__file__).parents[3] / "examples" / "data"


def run(options: Any, screen: Screen) -> int:
    """Tell the story, route the leads, print the report."""
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
        screen.data(plain(found))
    else:
        show(found, screen)
    return 0


@frozen
class _Story:
    """What the story is told with."""

    screen: Screen
    router: Router
    roster: Roster
    dispatcher: Dispatcher
    clock: ManualClock

    def chapter(self, title: str) -> None:
        """Print a heading with some air before it."""
        self.screen.say()
        self.screen.head(title)

    def say(self, *texts: object) -> None:
        """Print lines with the time on the story's clock."""
        for text in texts:
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

    _tell_of_two_refusals(story)
    story.chapter("4. A lead without a budget")
    story.say(dispatcher.submit(BROKE))

    story.chapter("5. The owner reaches the first lead, and wins it")
    clock.advance("20m")
    story.say(dispatcher.record_contact(BIG.id))
    clock.advance("30m")
    story.say(dispatcher.feedback(BIG.id, "won", value=48_000))

    story.chapter("6. Everything that happened to that lead is on record")
    told = (f"{event.at:%H:%M} {event.kind}" for event in dispatcher.history(BIG.id))
    screen.say(f"  {', '.join(told)}")


def _tell_of_two_refusals(story: _Story) -> None:
    dispatcher, clock = story.dispatcher, story.clock
    story.chapter("3. Another lead: the first rep declines, the second does not answer")
    story.screen.say(f"  {_described(BRITISH)}")
    first = dispatcher.submit(BRITISH)
    story.say(f"rule {first.rule!r} matched", first)
    clock.advance("1m")
    second = dispatcher.decline(BRITISH.id, str(first.rep_id), reason="no-time")
    story.say(f"{first.rep_id} declines", second)
    clock.advance("5m")
    dispatcher.sweep()
    story.say(f"{second.rep_id} has not answered; the sweep passes the lead on")
    story.say(dispatcher.placement(BRITISH.id))


def _described(lead: Lead) -> str:
    facts = (lead.company, lead.country, lead.industry, f"budget {lead.budget:,}")
    return ", ".join(filter(None, facts))
