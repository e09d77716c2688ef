"""The long runs behind the promises of the rules: each compares or attacks for as long as it is told.

Usage: python benchmarks/endurance.py [differential] [law] [fuzz] [--quick] [--json]

- `differential` asks the index and a naive reference about generated policies and leads: first match and all
  matches.
- `law` runs the law that the index answers and raises as judging one condition after the other does, on conditions
  over the whole language.
- `fuzz` feeds the parsers of conditions and scores with tokens in disorder and damaged expressions. An answer is a
  tree that survives printing and parsing, or an error of configuration; anything else is a crash. The slowest counts.

All three when none is named. How long each is: --rules, --leads, --examples, --minutes and --seed.
"""

import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hypothesis import settings
from rules import differential
from telling import at_most, figures, options, tell
from tests.rules.test_index import test_the_index_answers_as_the_reference as law

from leadroute.errors import ConfigError
from leadroute.rules.parser import parse
from leadroute.rules.scorer import parse_score
from leadroute.scorers import BUILT_IN

SLOWEST_MS = 50
RUNS = ("differential", "law", "fuzz")
AMOUNTS = (
    ("rules", int, 10_000),
    ("leads", int, 10_000),
    ("examples", int, 200_000),
    ("minutes", float, 20),
    ("seed", int, 1),
)
QUICK = {"rules": 1_000, "leads": 200, "examples": 500, "minutes": 0.1}

VALID = """
lead.country in ['US', 'CA'] and 10 <= lead.employees < 50
not (lead.industry == 'healthcare' or lead.budget * 12 >= 1_000_000)
lead.email.like('*@example.com') and not is_free_mail(lead.email)
signal('pricing_page').total >= 240 and age(lead.received_at) > days(2)
lead['tags'].contains('vip') or overlaps(lead['tags'], ['vip', 'key'])
lead.postal_code.startswith('90') and lead.company is present
domain_of(lead.email).endswith('.edu') and lead['seats'] is missing
lead.received_at + hours(2) < instant('2026-01-05T09:00:00+00:00')
predicate('known', 3) and now > lead.received_at
3 * skill_match('industry') + free_capacity() + close_rate()
round_robin() + 0.5 * free_capacity()
""".strip().splitlines()

TOKENS = r"""
lead rep lead.country lead.budget lead.email lead.no_such rep.level rep.skills['law'] lead['x'] signal('a').count now
and or not in is present missing == != < <= > >= + - * / ** // % & | ~ ( ) [ ] { } , . : ; = := @ $ # \ ` '
always never age( domain_of( is_free_mail( overlaps( covers( check( days( hours( instant( like( .startswith( .contains(
1 0 -1 1e400 9223372036854775808 1_000 0x10 1j 007 1. 'US' "x" '' 'a'*9 '''x''' b'x' f'{x}' None True False
lambda if else for import exec eval __class__ __import__('os') lead.__class__ skill_match('industry') free_capacity()
""".split()

STRANGE = [
    "\0",
    "\n",
    "\r",
    "\t",
    "\u202e",
    "\ufeff",
    "\ud800",
    "\u0430",
    "\uff08",
    "\u2019",
    "\U0001d5ee",
    "é",
]


def damaged(rng):
    """Return a text that may be an expression."""
    if rng.random() < 0.4:
        text = " ".join(rng.choices(TOKENS, k=rng.randint(1, 40)))
    else:
        text = rng.choice(VALID)
        if rng.random() < 0.3:
            text = f" {rng.choice(['and', 'or', '+', ')', 'not'])} ".join([text, rng.choice(VALID)])
    for _ in range(rng.choice([0, 1, 1, 2, 5])):
        start = rng.randrange(len(text) + 1)
        end = min(len(text), start + rng.randint(0, 8))
        piece = rng.choice(
            [rng.choice(TOKENS), rng.choice(STRANGE), chr(rng.randrange(32, 127)), ""]
        )
        text = text[:start] + piece * rng.choice([1, 1, 1, 2, 40]) + text[end:]
    if rng.random() < 0.02:
        deep = rng.randint(1, 2_000)
        text = (
            rng.choice(["(", "not ", "[", "-", "age("]) * deep + text + ")" * rng.choice([0, deep])
        )
    return text


def attacked(read, text):
    """Return the milliseconds that reading took, what went wrong, and whether it gave a tree."""
    began, problem, is_tree = time.process_time(), None, False
    try:
        tree = read(text)
        is_tree = True
        if read(str(tree)) != tree:
            problem = "printing and parsing differ"
    except ConfigError:
        problem = "what was printed is refused" if is_tree else None
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what is sought
        problem = f"{type(error).__name__}: {error}"
    return (time.process_time() - began) * 1e3, problem, is_tree


def fuzz(minutes, seed):
    """Attack the parsers for so many minutes."""
    rng = random.Random(seed)
    parsers = {"condition": parse, "score": lambda text: parse_score(text, BUILT_IN)}
    previous_offers = accepted = 0
    slowest, worst, crashes = 0.0, "", []
    ends = time.monotonic() + minutes * 60
    while time.monotonic() < ends:
        text = damaged(rng)
        for name, read in parsers.items():
            previous_offers += 1
            spent, problem, is_tree = attacked(read, text)
            if spent > SLOWEST_MS / 2:  # the machine may have been busy
                spent = min(spent, *(attacked(read, text)[0] for _ in range(3)))
            accepted += is_tree
            if problem:
                crashes.append([name, text, problem])
            if spent > slowest:
                slowest, worst = spent, text
    found = {
        "inputs": previous_offers,
        "accepted": accepted,
        "slowest_input": worst[:200],
        "crashes": crashes,
    }
    return found, [at_most("crashes", len(crashes), 0), at_most("slowest_ms", slowest, SLOWEST_MS)]


def examples(count):
    """Run the law on so many generated examples; it raises where it does not hold."""
    settings(max_examples=count, deadline=None, database=None)(law)()
    return {"examples": count}, [at_most("examples_against_it", 0, 0)]


def compared(rules, leads):
    """Compare the index with the naive reference."""
    found = {"rules": rules, "leads": leads}
    return found, [at_most("differences", differential(rules, leads), 0)]


def main(arguments=None):
    """Do the runs that are named, print what came of them, and return 0 where nothing was found."""
    parser = options(__doc__, "1,000 rules x 200 leads, 500 examples, 6 seconds")
    parser.add_argument("runs", nargs="*", help=f"which of {', '.join(RUNS)}; all if none is named")
    for name, kind, usual in AMOUNTS:
        parser.add_argument(f"--{name}", type=kind, help=f"{usual} when not given")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.runs) - set(RUNS):
        parser.error(f"there is no run {', '.join(sorted(unknown))}; name {', '.join(RUNS)}")
    amounts = {name: usual for name, _, usual in AMOUNTS} | (QUICK if chosen.quick else {})
    amounts |= {
        name: getattr(chosen, name) for name in amounts if getattr(chosen, name) is not None
    }
    work = {
        "differential": lambda: compared(amounts["rules"], amounts["leads"]),
        "law": lambda: examples(amounts["examples"]),
        "fuzz": lambda: fuzz(amounts["minutes"], amounts["seed"]),
    }
    found, bars = dict(amounts), []
    for run in chosen.runs or RUNS:
        more, held = work[run]()
        found |= {f"{run}_{name}": value for name, value in more.items()}
        bars += [bar | {"name": f"{run}_{bar['name']}"} for bar in held]
    return tell({"figures": figures(found), "bars": bars}, as_json=chosen.json)


if __name__ == "__main__":
    sys.exit(main())
