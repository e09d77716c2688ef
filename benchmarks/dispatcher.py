"""What the calls of a dispatcher cost, beside their parts and beside a store in which little waits.

Usage: python benchmarks/dispatcher.py [--quick] [--json]

- ``submit`` and ``accept`` at 100 reps and 50 rules, against one ``rank(top=1)`` and two bare commits of these changes.
- A sweep of 10 due leads among many that wait, against the same among 1,000 (SQLite).
- Feedback that frees a rep, with many and with few leads that wait in the same 20 lines, and with 2,000 lines, in 500
  of which the rep is, against 20. Each time the rep is served one lead.
- ``submit`` and ``accept`` at 1,000 reps with counters that are kept in step (``LiveCounts``), against the same parts.
- ``submit`` at 20 reps that keeps the decision compactly, against one that keeps none, in memory and in a file.
- ``placements(rep_id=)`` and ``worklist`` with a million placements, against a thousand (SQLite).
- ``next_for`` with 100,000 leads that wait in the lines of the rep, against 100. The leads come from bare commits.
- ``submit`` of a lead that is broadcast to 3 reps, against one that is offered to the best of them.
- 30 places at an opening for 300 leads in 10 lines: whether a lead of lower order got one.

Every ratio is of CPU time, of measurements that take turns; the median over the blocks. With --quick fewer leads wait.
"""

import json
import sys
import tempfile
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from statistics import median
from time import process_time

from attrs import frozen
from telling import at_most, figures, options, tell

from leadroute import LEAD, REP, Dispatcher, Lead, Rep, Roster, Router, Rule, Snapshot, round_robin
from leadroute.offers import LiveCounts
from leadroute.offers.lines import length_key
from leadroute.offers.placement import Status
from leadroute.stores import Add, Change, MemoryStore, Put, SqliteStore
from leadroute.testing import CountingStore, ManualClock

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
CALLS, FREED, LINES, KEEPING = 2.5, 3, 10, 1.1
BROADCAST = 2.5
KEPT = ("none", "compact")
REQUESTS = 9
"""The requests of feedback that frees a rep and serves one lead: 2 of its own, 1 to read lines, 6 to serve."""


@frozen
class Sizes:
    """How much is measured."""

    waiting: int
    due: int
    few: int
    lines: int
    blocks: int
    placed: int
    pulled: int


QUICK = Sizes(
    waiting=1_000, due=5_000, few=1_000, lines=2_000, blocks=4, placed=20_000, pulled=20_000
)
FULL = Sizes(
    waiting=100_000, due=100_000, few=1_000, lines=2_000, blocks=9, placed=1_000_000, pulled=100_000
)


def timed(call, *given, **named):
    """What a call gives, and the CPU time that it took."""
    began = process_time()
    answer = call(*given, **named)
    return answer, process_time() - began


def industries(number):
    """Names of industries."""
    return [f"industry {n}" for n in range(number)]


def policy(rules=1):
    """Rules by source, each for the reps who know the industry of the lead."""
    return Router(
        rules=[
            Rule(
                f"rule {n}",
                when=LEAD.source == f"s{n}",
                require=REP.industries.contains(LEAD.industry),
                score=round_robin(),
                accept_within="10m",
            )
            for n in range(rules)
        ]
    )


class Kept(MemoryStore):
    """A store that keeps the changes that were committed."""

    def __init__(self):
        super().__init__()
        self.changes = []

    def commit(self, change):
        """Keep the change, and commit it."""
        self.changes.append(change)
        super().commit(change)


def calls(sizes, team=100, rounds=100, *, live=False):
    """``submit`` and ``accept`` against a ranking and the bare commits of the same changes."""
    known = industries(10)
    reps = [Rep(f"rep {n:03}", industries=known, capacity=10_000) for n in range(team)]
    router, roster, clock = policy(50), Roster(reps), ManualClock(START)
    store, bare, numbers = Kept(), MemoryStore(), count()
    kept = LiveCounts(store) if live else None
    here, counts = Dispatcher(router, roster, store, clock, counts=kept), Snapshot()
    blocks = []
    for _ in range(sizes.blocks + 1):
        whole = parts = 0.0
        for _ in range(rounds):
            n = next(numbers)
            lead = Lead(f"L-{n}", source=f"s{n % 50}", industry=known[n % 10], country="DE")
            store.changes.clear()
            placed, spent = timed(here.submit, lead)
            whole += spent + timed(here.accept, lead.id, placed.rep_id)[1]
            parts += timed(router.rank, lead, roster, now=START, snapshot=counts, top=1)[1]
            parts += sum(timed(bare.commit, change)[1] for change in store.changes)
            if n % 20 == 0:
                counts = here.snapshot()
        blocks.append((whole, parts))
    ratio = median(whole / parts for whole, parts in blocks[1:])
    named = "submit_accept_live" if live else "submit_accept"
    told = {
        f"{named}_us": 1e6 / rounds * median(whole for whole, _ in blocks[1:]),
        f"{named}_parts_us": 1e6 / rounds * median(parts for _, parts in blocks[1:]),
    }
    return told, [at_most(f"{named}_ratio", ratio, CALLS)]


def decisions(sizes, told, bars):
    """``submit`` with the decision kept compactly against none, in memory and in a file."""
    known = industries(10)
    reps = [Rep(f"rep {n:03}", industries=known, capacity=10_000) for n in range(20)]
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("memory", "file"):
            stores = [
                MemoryStore()
                if kind == "memory"
                else SqliteStore(Path(folder, f"{kept}.db"), synchronous="normal")
                for kept in KEPT
            ]
            desks = [
                Dispatcher(policy(), reps, store, ManualClock(START), decisions=kept)
                for kept, store in zip(KEPT, stores, strict=True)
            ]
            pairs = []
            for block in range(sizes.blocks + 1):
                spent = [0.0, 0.0]
                for n in range(100):
                    lead = Lead(f"L-{block}-{n}", source="s0", industry=known[n % 10])
                    for place, here in enumerate(desks):
                        spent[place] += timed(here.submit, lead)[1]
                pairs.append(spent)
            ratio = median(compact / none for none, compact in pairs[1:])
            told[f"submit_{kind}_us"] = 1e4 * median(none for none, _ in pairs[1:])
            bars[f"decision_{kind}"] = at_most(f"decision_{kind}_ratio", ratio, KEEPING)
            for store in stores if kind == "file" else ():
                store.close()


def broadcasts(sizes, told, bars):
    """``submit`` and ``accept`` of a lead for three reps, of whom all are asked at once, or the best alone."""
    desks = {}
    for kind in ("exclusive", "broadcast"):
        rule = Rule("all", score=round_robin(), offer=kind)
        reps = [Rep(f"rep {n}", capacity=1_000_000) for n in range(3)]
        desks[kind] = Dispatcher(Router(rules=[rule]), reps, MemoryStore(), ManualClock(START))
    spent = {kind: ([], []) for kind in desks}
    for block in range(sizes.blocks + 1):
        for kind, here in desks.items():
            offered = accepted = 0.0
            for n in range(300):
                placed, took = timed(here.submit, Lead(f"L-{block}-{n}"))
                offered += took
                accepted += timed(here.accept, placed.lead_id, placed.rep_id)[1]
            spent[kind][0].append(offered)
            spent[kind][1].append(accepted)
    for place, name in enumerate(("offer", "accept")):
        pairs = [*zip(spent["broadcast"][place], spent["exclusive"][place], strict=True)][1:]
        told[f"exclusive_{name}_us"] = 1e6 / 300 * median(one for _, one in pairs)
        told[f"broadcast_{name}_us"] = 1e6 / 300 * median(all_of for all_of, _ in pairs)
        if name == "offer":
            ratio = median(all_of / one for all_of, one in pairs)
            bars["broadcast"] = at_most("broadcast_ratio", ratio, BROADCAST)


def asked(sizes, told, bars):
    """What a rep is asked for, among many placements and among a thousand."""
    with tempfile.TemporaryDirectory() as folder:
        stores = [SqliteStore(Path(folder, f"{n}.db"), synchronous="normal") for n in range(2)]
        desks = [
            placed_with(store, n) for store, n in zip(stores, (1_000, sizes.placed), strict=True)
        ]
        for name in ("placements", "worklist"):
            pairs = []
            for _ in range(sizes.blocks + 1):
                spent = []
                for here in desks:
                    ask = here.worklist if name == "worklist" else here.placements
                    given = {"rep_id": "ada", "limit": 20} if name == "placements" else {}
                    found, took = timed(ask, *(() if given else ("ada",)), **given)
                    assert len(found) == 10, found
                    spent.append(took)
                pairs.append(spent)
            told[f"{name}_us"] = 1e6 * median(many for _, many in pairs[1:])
            ratio = median(many / few for few, many in pairs[1:])
            bars[name] = at_most(f"{name}_ratio", ratio, FREED)
        for store in stores:
            store.close()


def placed_with(store, number):
    """A desk with ten open leads of a rep, and so many that others have closed."""
    here = Dispatcher(policy(), [Rep("ada", industries=["oil"])], store, ManualClock(START))
    for n in range(10):
        here.submit(Lead(f"own {n}", source="s0", industry="oil"))
    here.accept("own 0", "ada")
    closed = here.submit(Lead("closed", source="s0", industry="oil"))
    here.accept("closed", closed.rep_id)
    here.feedback("closed", "won")
    record = store.get(["placement/closed"])["placement/closed"]
    for first in range(0, number, 500):
        ids = [f"past {n}" for n in range(first, min(first + 500, number))]
        texts = [record.data.replace('"closed","', f'"{each}","', 1) for each in ids]
        puts = [
            Put(f"placement/{each}", text, 0, record.status, record.owner)
            for each, text in zip(ids, texts, strict=True)
        ]
        store.commit(Change(f"past {first}", puts))
    return here


def filled(store, waiting, known, mine):
    """A desk at which a rep has one lead, and others wait in as many lines as there are industries."""
    clock = ManualClock(START)
    team = Roster(
        [Rep("ada", industries=mine, capacity=1), Rep("off", industries=known, capacity=0)]
    )
    keeper = Roster([*team, Rep("zoe", industries=known, capacity=1)])
    busy = Dispatcher(policy(), keeper, store, clock)
    for n in range(2):
        placed = busy.submit(Lead(f"busy {n}", source="s0", industry=mine[0]))
        busy.accept(placed.lead_id, placed.rep_id)
    for n in range(waiting):
        at = START + timedelta(milliseconds=n)
        busy.submit(Lead(f"W-{n}", source="s0", industry=known[n % len(known)], received_at=at))
    return busy


def freed(sizes, bars, told):
    """Feedback that frees a rep, in stores that differ by the leads or by the lines that wait."""
    known = industries(20)
    few, many = industries(40)[:20], industries(sizes.lines)
    settings = {
        "few": (known, known, 100),
        "many": (known, known, sizes.waiting),
        "few_lines": (few, few[:5], 400),
        "many_lines": (many, many[: sizes.lines // 4], sizes.lines),
    }
    desks = {}
    for name, (names, mine, waiting) in settings.items():
        store = CountingStore(MemoryStore())
        desks[name] = filled(store, waiting, names, mine)
    spent = {name: [] for name in desks}
    for _ in range(sizes.blocks):
        for name, here in desks.items():
            owned = next(p for p in owned_by(here, "ada"))
            here.store.requests.clear()
            _, took = timed(here.feedback, owned, "won")
            spent[name].append(took)
            requests = len(here.store.requests)
            served = next(iter(offered_to(here, "ada")))
            here.accept(served, "ada")
            told[f"{name}_requests"] = requests
            bars[f"{name}_requests"] = at_most(f"freed_{name}_requests", requests, REQUESTS)
    for name, found in spent.items():
        told[f"freed_{name}_us"] = 1e6 * median(found[1:])
    pairs = (("many", "few", FREED), ("many_lines", "few_lines", LINES))
    for name, beside, bound in pairs:
        ratio = median(a / b for a, b in zip(spent[name][1:], spent[beside][1:], strict=True))
        bars[name] = at_most(f"freed_{name}_ratio", ratio, bound)


def owned_by(here, rep_id):
    """The leads that a rep owns."""
    return [r.key.partition("/")[2] for r in here.store.find(owner=rep_id, status="accepted")]


def offered_to(here, rep_id):
    """The leads that are offered to a rep."""
    return [r.key.split("/")[1] for r in here.store.find(owner=rep_id, status="offer")]


def sweeps(sizes, told, bars):
    """A sweep of ten leads that are due, among few and among many that wait."""
    known = industries(20)
    with tempfile.TemporaryDirectory() as folder:
        desks, stores = {}, []
        for name, waiting in (("few", sizes.few), ("many", sizes.due)):
            store = SqliteStore(Path(folder, f"{name}.db"), synchronous="normal")
            stores.append(store)
            desks[name] = prepared(store, waiting, known)
        spent = {name: [] for name in desks}
        for block in range(sizes.blocks):
            for name, here in desks.items():
                for n in range(10):
                    here.submit(Lead(f"due {block} {n}", source="s0", industry="free"))
                here.clock.advance("10m")
                quiet(here)
                swept, took = timed(here.sweep)
                assert swept.timed_out == 10, swept
                spent[name].append(took)
                for n in range(10):
                    due = f"due {block} {n}"
                    here.accept(due, here.placement(due).rep_id)
        for store in stores:
            store.close()
    for name, found in spent.items():
        told[f"sweep_{name}_ms"] = 1e3 * median(found[1:])
    ratio = median(a / b for a, b in zip(spent["many"][1:], spent["few"][1:], strict=True))
    bars["sweep"] = at_most("sweep_ratio", ratio, FREED)


def quiet(here):
    """Put the clocks of all lines behind the instant, so that offers alone are due."""
    store = here.store
    ops = []
    for record in store.find(status="line", limit=10_000):
        due = round((here.clock.now() + timedelta(minutes=4)).timestamp() * 1e6)
        ops.append(at_another_time(record, due))
    if ops:
        store.commit(Change(f"quiet {here.clock.now()}", ops))


def at_another_time(record, due):
    """What writes a record as it is, due at another time."""
    return Put(record.key, record.data, record.version, record.status, record.owner, due)


def prepared(store, waiting, known):
    """A desk at which leads wait for reps who are full, and others may be offered."""
    team = [Rep("full", industries=known, capacity=0), Rep("spare", industries=known, capacity=1)]
    free = [Rep(f"free {n}", industries=["free"]) for n in range(400)]
    here = Dispatcher(policy(), Roster([*team, *free]), store, ManualClock(START))
    placed = here.submit(Lead("busy", source="s0", industry=known[0]))
    here.accept("busy", placed.rep_id)
    for n in range(waiting):
        here.submit(Lead(f"W-{n}", source="s0", industry=known[n % len(known)]))
    return here


def pulled(sizes, told, bars):
    """``next_for`` and an acceptance, among many and among few that wait in the same 20 lines."""
    known = industries(20)
    rule = Rule("rule 0", require=REP.industries.contains(LEAD.industry), offer="pull")
    desks = {}
    for name, waiting in (("few", 100), ("many", sizes.pulled)):
        ada = Rep("ada", industries=known)
        here = Dispatcher(Router(rules=[rule]), [ada], MemoryStore(), ManualClock(START))
        for n, industry in enumerate(known):
            here.submit(Lead(f"W-{n}", source="s0", industry=industry))
        multiplied(here.store, known, waiting // len(known))
        desks[name] = here
    spent = {name: [] for name in desks}
    for _ in range(4 * sizes.blocks):
        for name, here in desks.items():
            found, took = timed(here.next_for, "ada")
            spent[name].append(took)
            here.accept(found.placement.lead_id, "ada")
    for name, found in spent.items():
        told[f"next_for_{name}_us"] = 1e6 * median(found[1:])
    ratio = median(a / b for a, b in zip(spent["many"][1:], spent["few"][1:], strict=True))
    bars["next_for"] = at_most("next_for_ratio", ratio, FREED)


def multiplied(store, known, times):
    """Let so many leads wait in each line, by bare commits that copy the first of each."""
    for n in range(len(known)):
        placed = store.get([f"placement/W-{n}"])[f"placement/W-{n}"]
        lead = store.get([f"lead/W-{n}"])[f"lead/W-{n}"]
        line = json.loads(placed.data)["line"]
        (entry,) = store.find(status=f"wait/{line}")
        for first in range(1, times, 500):
            ids = [f"W-{n}-{m:06}" for m in range(first, min(first + 500, times))]
            ops = [Add(f"waiting/{line}", len(ids))]
            for each in ids:
                ops += [copied(record, f"W-{n}", each) for record in (placed, lead, entry)]
            store.commit(Change(f"many {n} {first}", ops))


def copied(record, lead_id, other):
    """What writes a record of a lead for another one."""
    names = record.key.replace(f"/{lead_id}", f"/{other}", 1)
    text = record.data.replace(f'"{lead_id}"', f'"{other}"', 1)
    return Put(names, text, 0, record.status, record.owner, record.due)


def order_at_an_opening():
    """How many leads got one of 30 places though one of a higher order in their line got none."""
    known = industries(10)
    reps = [
        Rep(f"rep {n}", industries=[known[n]], capacity=3, schedule="mon 10:00-11:00")
        for n in range(10)
    ]
    here = Dispatcher(policy(), Roster(reps), MemoryStore(), ManualClock(START))
    for n in range(300):
        here.submit(Lead(f"L-{n}", source="s0", industry=known[n % 10], priority=(n * 7) % 11))
    here.clock.advance("1h")
    assert here.sweep().offered == 30
    placed = [here.placement(f"L-{n}") for n in range(300)]
    wrong = 0
    for number in range(10):
        own = [each for n, each in enumerate(placed) if n % 10 == number]
        left = max(each.priority for each in own if each.status is Status.WAITING)
        wrong += sum(each.status is Status.OFFERED and each.priority < left for each in own)
    return wrong


def lines_of_a_policy():
    """The number of lines of a policy of 20 rules, where 1,000 leads wait."""
    known = industries(12)
    store = MemoryStore()
    team = Roster(
        [Rep("ada", industries=known, capacity=0), Rep("bob", industries=known, capacity=1)]
    )
    here = Dispatcher(policy(20), team, store, ManualClock(START))
    here.accept("busy", here.submit(Lead("busy", source="s0", industry=known[0])).rep_id)
    for n in range(1_000):
        here.submit(Lead(f"L-{n}", source=f"s{n % 20}", industry=known[n % 12]))
    return len(store.counts(prefix=length_key("")))


def main(given=None):
    """Measure, and print."""
    chosen = options(__doc__, "fewer leads wait, under 30 seconds").parse_args(given)
    sizes = QUICK if chosen.quick else FULL
    told, bars = calls(sizes)
    live, more = calls(sizes, 1_000, 20, live=True)
    told, bars, held = told | live, bars + more, {}
    decisions(sizes, told, held)
    broadcasts(sizes, told, held)
    asked(sizes, told, held)
    freed(sizes, held, told)
    sweeps(sizes, told, held)
    pulled(sizes, told, held)
    wrong = order_at_an_opening()
    told["lines_of_20_rules"] = lines_of_a_policy()
    bars += [*held.values(), at_most("places_to_a_lower_order", wrong, 0)]
    return tell({"figures": figures(told), "bars": bars}, as_json=chosen.json)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        sys.exit(main())
