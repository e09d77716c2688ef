"""First match, all matches, building and editing: the index beside its peers.

Usage: python benchmarks/rules.py [--quick] [--json]

- Policies come from `policies.py`, by seed: 2,000 leads, and rules of realistic form with a catch-all at the end.
- Every engine must agree with a naive reference on the leads that it is timed with, before anything is timed.
- Engines are timed in interleaved rounds in CPU time, and the medians compared, so that a busy machine slows all alike.
- Engines that take longer than a quarter of a second for the 2,000 leads are timed with fewer of them.
- Building and memory are measured in a new process for each engine: CPU time from rules in the engine's own form to
  the first answer, and the growth of the resident memory.
- leadroute reads `Lead` objects, and so does the if-chain. The peers get mappings prepared beforehand.
- A peer that is not installed is left out and named. They are in the extra `bench`.
- At last first and all matches are compared with the reference: 10,000 rules x 10,000 leads.
  The longer runs against the reference and hostile input are in `endurance.py`.
- `--quick` stops at 1,000 rules, and compares fewer leads.

Beside figures and bars the JSON object has `results`, one for each engine and size, and `ratios`.
"""

import gc
import json
import random
import subprocess
import sys
import time
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import NamedTuple

from policies import (
    cel_text,
    chain,
    condition,
    decision_table,
    facts,
    filled,
    holds,
    json_logic,
    leads,
    policy,
    rule_engine_text,
)
from telling import at_least, at_most, figures, options, tell

from leadroute.rules.matcher import Matcher, PlainMatcher

LEADS, SEED = 2_000, 20_26
PATIENCE = 0.25


@lru_cache
def conditions_of(size):
    """Return the conditions of one policy."""
    return [condition(rule) for rule in policy(size, SEED)]


def ours(size):
    """Prepare the index; leadroute reads Lead objects."""
    conditions = conditions_of(size)

    return lambda: Matcher(conditions).first


def ours_all(size):
    """Prepare the index for all matches."""
    conditions = conditions_of(size)

    return lambda: Matcher(conditions).all


def closures(size):
    """Prepare the plain loop over closures."""
    conditions = conditions_of(size)

    return lambda: PlainMatcher(conditions).first


def if_chain(size):
    """Prepare one generated function with an if for each rule: the hand-written reference."""
    source = chain(policy(size, SEED))

    def build():
        names = {}
        exec(source, names)
        return names["first"]

    return build


def zen_indexed(size):
    """Prepare a decision table behind the static loader, which compiles and indexes it."""
    import zen

    content = decision_table(policy(size, SEED))

    def build():
        engine = zen.ZenEngine({"loader": {"type": "static", "content": {"rules": content}}})
        return lambda lead: int(engine.evaluate("rules", lead)["result"]["rule"])

    return build


def zen_readme(size):
    """Prepare a decision table as the README of zen-engine shows: create_decision(text)."""
    import zen

    content = json.dumps(decision_table(policy(size, SEED)))

    def build():
        decision = zen.ZenEngine().create_decision(content)
        return lambda lead: int(decision.evaluate(lead)["result"]["rule"])

    return build


def datalogic(size):
    """Prepare one JsonLogic expression, compiled."""
    import datalogic_py

    logic = json_logic(policy(size, SEED))

    def build():
        rule = datalogic_py.Engine().compile(logic)
        return rule.evaluate

    return build


def cel(size):
    """Prepare a compiled CEL program for each rule, asked in order."""
    import cel as binding

    texts = [cel_text(rule) for rule in policy(size, SEED)]

    def build():
        programs = [binding.compile(text) for text in texts]

        def first(lead):
            context = binding.Context(lead)
            for number, program in enumerate(programs):
                if program.execute(context):
                    return number
            return None

        return first

    return build


def rule_engine(size):
    """Prepare a rule of rule-engine for each rule, asked in order."""
    import rule_engine as peer

    texts = [rule_engine_text(rule) for rule in policy(size, SEED)]

    def build():
        rules = [peer.Rule(text) for text in texts]

        def first(lead):
            for number, rule in enumerate(rules):
                if rule.matches(lead):
                    return number
            return None

        return first

    return build


ENGINES = {
    "leadroute": (ours, None, 100_000),
    "leadroute, all matches": (ours_all, None, 100_000),
    "closures loop": (closures, None, 10_000),
    "if-chain": (if_chain, None, 10_000),
    "zen-engine, indexed": (zen_indexed, "zen", 10_000),
    "zen-engine, README call": (zen_readme, "zen", 1_000),
    "datalogic-py": (datalogic, "datalogic_py", 10_000),
    "common-expression-language": (cel, "cel", 1_000),
    "rule-engine": (rule_engine, "rule_engine", 10_000),
}
"""How to prepare each engine, the module it needs, and the largest policy it is given."""

ATTRIBUTES = {"leadroute", "leadroute, all matches", "closures loop", "if-chain"}
"""The engines that read Lead objects."""


def compare(size, rounds, engines):
    """Verify and time the engines on one size."""
    rules, given = policy(size, SEED), facts(LEADS, SEED + 1)
    objects, mappings = leads(given), filled(given)
    running = {}
    for name in engines:
        prepare, _, largest = ENGINES[name]
        if size > largest:
            continue
        ask = prepare(size)()
        inputs = objects if name in ATTRIBUTES else mappings
        began = time.process_time()
        for lead in inputs[:2]:
            ask(lead)
        spent = (time.process_time() - began) / 2
        count = max(5, min(LEADS, int(PATIENCE / max(spent, 1e-6))))
        verify(name, ask, rules, given, inputs, min(count, 500))
        running[name] = (ask, inputs[:count], [])
    gc.collect()
    for _ in range(rounds):
        for ask, inputs, times in running.values():
            began = time.process_time()
            for lead in inputs:
                ask(lead)
            times.append((time.process_time() - began) / len(inputs) * 1e6)
    return {name: median(times) for name, (_, _, times) in running.items()}


def verify(name, ask, rules, given, inputs, count):
    """Compare an engine with the naive reference, and stop where they differ."""
    for lead, asked in zip(given[:count], inputs, strict=False):
        matching = (number for number, rule in enumerate(rules) if holds(rule, lead))
        expected = tuple(matching) if name.endswith("all matches") else next(matching, None)
        if ask(asked) != expected:
            raise SystemExit(f"{name} says {ask(asked)}, the reference {expected}: {lead}")


def built(name, size):
    """Build one engine in this process: milliseconds to the first answer, megabytes of growth."""
    build = ENGINES[name][0](size)
    given = facts(1, SEED + 1)
    (lead,) = leads(given) if name in ATTRIBUTES else filled(given)
    gc.collect()
    before, began = resident(), time.process_time()
    ask = build()
    ask(lead)
    return {
        "build_ms": (time.process_time() - began) * 1e3,
        "memory_mb": max(resident() - before, 0),
    }


def resident():
    """Return the megabytes that this process holds."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096 / 1e6


def build_apart(name, size, rounds):
    """Build an engine in new processes, and return the medians."""
    command = [sys.executable, __file__, "--build", name, str(size)]
    runs = [
        json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        for _ in range(rounds)
    ]
    return {key: round(median(run[key] for run in runs), 2) for key in ("build_ms", "memory_mb")}


def edits(size, rounds):
    """Return what replacing one rule costs, as a part of building."""
    conditions = [condition(rule) for rule in policy(size, SEED)]
    spare = [condition(rule) for rule in policy(size, SEED + 9)]
    rng, ratios = random.Random(SEED), []
    for _ in range(rounds):
        began = time.process_time()
        matcher = Matcher(conditions)
        building = time.process_time() - began
        place = rng.randrange(size)
        began = time.process_time()
        matcher.replace(place, spare[place])
        ratios.append((time.process_time() - began) / building)
    return median(ratios)


def differential(size, count):
    """Compare first and all matches with the naive reference."""
    rules, given = policy(size, SEED), facts(count, SEED + 3)
    matcher, objects = Matcher([condition(rule) for rule in rules]), leads(given)
    differences = 0
    for lead, asked in zip(given, objects, strict=True):
        expected = tuple(number for number, rule in enumerate(rules) if holds(rule, lead))
        differences += matcher.all(asked, None) != expected
        differences += matcher.first(asked, None) != expected[0]
    return differences


class Extent(NamedTuple):
    """How much is measured."""

    sizes: tuple[int, ...]
    rounds: int
    differential: tuple[int, int]


FULL = Extent((10, 100, 1_000, 10_000, 100_000), 7, (10_000, 10_000))
QUICK = Extent((10, 100, 1_000), 3, (1_000, 200))

FASTER = [
    ("zen-engine, indexed", 10, 3),
    ("zen-engine, indexed", 100, 3),
    ("zen-engine, indexed", 1_000, 5),
    ("zen-engine, indexed", 10_000, 5),
    ("if-chain", 10_000, 15),
    ("rule-engine", 1_000, 300),
    ("rule-engine", 10_000, 300),
]
"""How many times faster than which engine, at how many rules."""

WITHIN = [
    (("leadroute", 10), ("if-chain", 10), 2),
    (("leadroute", 100), ("if-chain", 100), 2),
    (("leadroute", 10_000), ("leadroute", 1_000), 3),
    (("leadroute", 100_000), ("leadroute", 10_000), 6),
    (("leadroute, all matches", 10_000), ("leadroute", 10_000), 2),
]
"""How many times what something else takes, at most."""

SMALLER = [("build_ms", 0.5), ("memory_mb", 0.3)]
"""Which part of what zen-engine needs for 10,000 rules."""


def measure(extent):
    """Measure everything, and judge the bars that the sizes allow."""
    engines = [n for n, (_, module, _) in ENGINES.items() if module is None or find_spec(module)]
    results, match, builds = [], {}, {}
    for size in extent.sizes:
        rounds = extent.rounds if size <= 10_000 else 3
        for name, spent in compare(size, rounds, engines).items():
            match[name, size] = spent
            row = {"engine": name, "n_rules": size, "match_us": round(spent, 3)}
            if size >= 1_000 and len(extent.sizes) > len(QUICK.sizes):
                builds[name, size] = build_apart(name, size, 3 if size == 10_000 else 1)
                row |= builds[name, size]
            results.append(row)
    ratios = {
        f"{name} / leadroute at {size}": round(spent / match["leadroute", size], 2)
        for (name, size), spent in match.items()
        if name != "leadroute"
    }
    told = {
        f"{row['engine']}, {row['n_rules']} rules: {key}": row[key]
        for row in results
        for key in ("match_us", "build_ms", "memory_mb")
        if key in row
    }
    told["left_out"] = [name for name in ENGINES if name not in engines]
    bars = judged(match, builds)
    if 10_000 in extent.sizes:
        bars.append(at_most("edit / build at 10000", edits(10_000, 3), 0.6))
    rules, count = extent.differential
    found = differential(rules, count)
    bars.append(at_most(f"differences, {rules} rules x {count} leads", found, 0))
    return {"results": results, "ratios": ratios, "figures": figures(told), "bars": bars}


def judged(match, builds):
    """Return the bars of the ratios that were measured."""
    bars = [
        at_least(
            f"{name} / leadroute at {size}", match[name, size] / match["leadroute", size], bound
        )
        for name, size, bound in FASTER
        if (name, size) in match
    ]
    bars += [
        at_most(f"{a[0]} at {a[1]} / {b[0]} at {b[1]}", match[a] / match[b], bound)
        for a, b, bound in WITHIN
        if a in match and b in match
    ]
    mine, theirs = (builds.get((name, 10_000)) for name in ("leadroute", "zen-engine, indexed"))
    if mine and theirs:
        bars += [
            at_most(f"{key}: leadroute / zen-engine at 10000", mine[key] / theirs[key], bound)
            for key, bound in SMALLER
        ]
    return bars


def main(arguments=None):
    """Measure, report, and return 0 where every bar holds."""
    parser = options(__doc__, "up to 1,000 rules")
    parser.add_argument("--build", nargs=2, metavar=("ENGINE", "SIZE"), help="used by itself")
    chosen = parser.parse_args(arguments)
    if chosen.build:
        print(json.dumps(built(chosen.build[0], int(chosen.build[1]))))
        return 0
    return tell(measure(QUICK if chosen.quick else FULL), as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
