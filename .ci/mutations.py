"""Plant faults in a copy of the tree, one at a time, and see that the tests of their subject find each of them.

Usage: mutations.py [--list] [--trust] [AREA ...]

A fault is one text of one file, which must stand there exactly once, and what is written in its place. For each, only
the tests named beside it run, and they stop at the first failure. Before any fault is planted, all of these tests must
pass; with `--trust`, for a tree on which they have just passed, that is left out. It is no part of the gate: run it
when the engine or the tests are rewritten, and keep its list.

Print `killed` or `SURVIVED` for each fault, or `GONE` where its text is no longer there once. Exit with 1 where a fault
survived or is gone: write a test for the first, and the text as it is now for the second.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from copy_tree import copy

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 300


class Fault(NamedTuple):
    """A fault, where it is planted under src/leadroute, and the tests under tests/ that should find it."""

    area: str
    path: str
    old: str
    new: str
    tests: str


FAULTS = [
    Fault(*words)
    for words in (
        # who is first, and who can take a lead at all
        (
            "engine",
            "ranking/decide.py",
            "self.place = min(tied, key=lambda place: last.get",
            "self.place = max(tied, key=lambda place: last.get",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "if scores.count(most) == 1:",
            "if scores.count(most) >= 1:",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "fit and rep not in previous_offers for fit",
            "fit and rep in previous_offers for fit",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "(-score, last.get(rep.id, -1), place)",
            "(-score, -last.get(rep.id, -1), place)",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "self.resumes_at = min([at for at in openings",
            "self.resumes_at = max([at for at in openings",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "own.resumes_at = min([each.resumes_at",
            "own.resumes_at = max([each.resumes_at",
            "ranking/test_overflow.py",
        ),
        (
            "engine",
            "ranking/decide.py",
            "WAIT if late else CATCH_ALL",
            "CATCH_ALL if late else WAIT",
            "ranking/test_overflow.py",
        ),
        (
            "engine",
            "ranking/candidates.py",
            "if rep.active and rep.weight])",
            "if rep.active])",
            "ranking/test_engine.py",
        ),
        (
            "engine",
            "ranking/candidates.py",
            "key = key, tuple([match.territory.name for match in matches])",
            "key = key, len(matches)",
            "ranking/test_candidates.py",
        ),
        (
            "engine",
            "rules/evaluation.py",
            "return bool(a >= b) if covering",
            "return bool(a <= b) if covering",
            "rules/test_answers.py",
        ),
        (
            "engine",
            "rules/matcher.py",
            "rows &= segments[bisect_right(breaks, value)] if found",
            "rows &= segments[bisect_right(breaks, value) - 1] if found",
            "rules/test_index.py",
        ),
        # whose turn it is
        (
            "rotation",
            "ranking/scorers/round_robin.py",
            "(-each, lost[weight], -weight, rep_id)",
            "(-each, lost[weight], weight, rep_id)",
            "ranking/scorers/test_round_robin.py",
        ),
        (
            "rotation",
            "ranking/scorers/round_robin.py",
            "            over = -left",
            "            over = left",
            "ranking/scorers/test_round_robin.py",
        ),
        (
            "rotation",
            "ranking/scorers/round_robin.py",
            "- sum(turn.shares())",
            "- UNIT",
            "ranking/scorers/test_round_robin.py offers/test_round_robin.py",
        ),
        (
            "rotation",
            "ranking/scorers/round_robin.py",
            "price = 1 + sum(paid.values())",
            "price = 1",
            "offers/test_turn_credits.py offers/test_round_robin.py",
        ),
        (
            "rotation",
            "ranking/scorers/round_robin.py",
            "scale, credits = 1, [*map(known.get",
            "scale, credits = whole, [*map(known.get",
            "ranking/scorers/test_round_robin.py offers/test_round_robin.py",
        ),
        (
            "rotation",
            "model/snapshot.py",
            "if now < credit.expires)",
            "if now <= credit.expires)",
            "model/test_turn_credit.py offers/test_turn_credits.py",
        ),
        (
            "rotation",
            "model/snapshot.py",
            "paid = min(price, credit.turns)",
            "paid = credit.turns",
            "model/test_turn_credit.py",
        ),
        (
            "rotation",
            "offers/turn_credits.py",
            "self._add(taken, among, -1)",
            "self._add(taken, among, 1)",
            "offers/test_round_robin.py",
        ),
        (
            "rotation",
            "offers/turn_credits.py",
            "self._turns[taker] += sign * taken.taken",
            "self._turns[taker] += taken.taken",
            "offers/test_round_robin.py",
        ),
        (
            "rotation",
            "offers/turn_credits.py",
            "if n and _grant(a, n).expires > now}",
            "if n}",
            "offers/test_turn_credits.py",
        ),
        # how many leads a rep may take
        (
            "caps",
            "ranking/candidates.py",
            "(bound.key, bound.most - 1) for bound in bounds if bound.hard",
            "(bound.key, bound.most) for bound in bounds if bound.hard",
            "ranking/test_engine.py",
        ),
        (
            "caps",
            "ranking/candidates.py",
            "_ALWAYS if rep.capacity is None else rep.capacity - rule.capacity_cost",
            "_ALWAYS if rep.capacity is None else rep.capacity",
            "ranking/test_engine.py",
        ),
        (
            "caps",
            "ranking/candidates.py",
            "most - rule.capacity_cost),)",
            "most - 1),)",
            "ranking/test_candidates.py",
        ),
        (
            "caps",
            "ranking/eligibility.py",
            "used + self.units > self.most",
            "used + self.units >= self.most",
            "ranking/test_engine.py",
        ),
        (
            "caps",
            "model/caps.py",
            "max(1, -(-self.limit * elapsed // whole_ramp))",
            "max(1, self.limit * elapsed // whole_ramp)",
            "model/test_caps.py model/test_pacing.py",
        ),
        (
            "caps",
            "model/caps.py",
            "range(last - STEPS, last + 1)",
            "range(last - STEPS + 1, last + 1)",
            "model/test_caps.py offers/test_limits_life.py",
        ),
        (
            "caps",
            "model/caps.py",
            'f"{year:04}-W{week:02}"',
            'f"{day.year:04}-W{week:02}"',
            "model/test_caps.py",
        ),
        (
            "caps",
            "model/caps.py",
            "(local.month + 2) // 3",
            "(local.month + 3) // 3",
            "model/test_caps.py",
        ),
        (
            "caps",
            "model/caps.py",
            "workdays_between(first, today + _DAY, weekdays)",
            "workdays_between(first, today, weekdays)",
            "model/test_pacing.py",
        ),
        (
            "caps",
            "model/caps.py",
            "self.at(now, since), not self.soft",
            "self.at(now, since), True",
            "model/test_caps.py ranking/test_engine.py",
        ),
        # when somebody works
        (
            "hours",
            "ranking/candidates.py",
            "return Shift(True, now, ends or _FOR_EVER, None)",
            "return Shift(True, now, _FOR_EVER, None)",
            "ranking/test_engine.py ranking/test_candidates.py",
        ),
        (
            "hours",
            "model/timeline.py",
            "return i >= 0 and at < block.closes[i]",
            "return i >= 0 and at <= block.closes[i]",
            "model/test_schedule.py model/test_schedule_laws.py",
        ),
        (
            "hours",
            "model/timeline.py",
            "self.before[i] + (min(closes, at)) - self.opens[i]",
            "self.before[i] + at - self.opens[i]",
            "model/test_schedule.py model/test_schedule_laws.py",
        ),
        (
            "hours",
            "model/timeline.py",
            "if merged and opens <= merged[-1][1]:",
            "if merged and opens < merged[-1][1]:",
            "model/test_timeline.py",
        ),
        (
            "hours",
            "model/timeline.py",
            "offsets[here] == offsets[here + 1] == offsets[here + 2]",
            "offsets[here] == offsets[here + 1]",
            "model/test_schedule_zones.py model/test_schedule.py model/test_schedule_stepper.py",
        ),
        (
            "hours",
            "model/timeline.py",
            "closes if closes > opens else closes + DAY_SECONDS",
            "closes if closes >= opens else closes + DAY_SECONDS",
            "model/test_opening_hours.py",
        ),
        (
            "hours",
            "model/rep.py",
            "return aware(now) - self.since < offline_grace",
            "return aware(now) - self.since <= offline_grace",
            "model/test_schedule_presence.py model/test_people.py ranking/test_presence.py",
        ),
        (
            "hours",
            "ranking/eligibility.py",
            "if share is None or share < least:",
            "if share is None or share <= least:",
            "ranking/test_clocks.py",
        ),
        (
            "hours",
            "model/lead_timezone.py",
            "range(min(_LONGEST_CODE, len(number)), 0, -1)",
            "range(1, min(_LONGEST_CODE, len(number)) + 1)",
            "model/test_lead_timezone.py",
        ),
        # where a lead belongs
        (
            "territories",
            "model/territory_index.py",
            "key = (levels, -depth,",
            "key = (levels, depth,",
            "model/test_territory_index.py model/test_territory.py",
        ),
        (
            "territories",
            "model/territory_index.py",
            "-(territory.priority or 0)",
            "(territory.priority or 0)",
            "model/test_territory_index.py model/test_territory.py",
        ),
        (
            "territories",
            "model/territory_index.py",
            "floor(lat - reach), floor(lat + reach)",
            "floor(lat - reach), floor(lat)",
            "model/test_territory_index.py",
        ),
        (
            "territories",
            "model/territory_index.py",
            "_cell((place.position[0], (place.position[1] + 180) % 360 - 180))",
            "_cell(place.position)",
            "model/test_territory_index.py",
        ),
        (
            "territories",
            "model/territory.py",
            "if away <= self.radius_km else None",
            "if away < self.radius_km else None",
            "model/test_territory_index.py",
        ),
        (
            "territories",
            "model/territory.py",
            "(low is not None and size < low)",
            "(low is not None and size <= low)",
            "model/test_territory_index.py model/test_territory.py",
        ),
        (
            "territories",
            "ranking/candidates.py",
            "[rep for rep in reps if home.role(rep) is not None]",
            "list(reps)",
            "ranking/test_candidates.py",
        ),
        # what a late, wrong or second answer meets
        (
            "guards",
            "offers/transitions.py",
            "if token and token != offer.token:",
            "if token and token == offer.token:",
            "offers/test_parallel_offers.py offers/test_bad_input.py offers/test_dispatcher.py",
        ),
        (
            "guards",
            "offers/transitions.py",
            "if now >= offer.expires_at:",
            "if now > offer.expires_at:",
            "offers/test_dispatcher.py offers/test_life.py",
        ),
        (
            "guards",
            "offers/transitions.py",
            "for offer in before.offers if now >= offer.expires_at]",
            "for offer in before.offers if now > offer.expires_at]",
            "offers/test_dispatcher.py offers/test_life.py",
        ),
        (
            "guards",
            "offers/draft.py",
            "Add(counter, delta, hi=limits.get(counter))",
            "Add(counter, delta)",
            "offers/test_dispatcher.py offers/test_assigning.py",
        ),
        (
            "guards",
            "offers/draft.py",
            "if not offer.order or counted.get(own) != offer.order:",
            "if not offer.order:",
            "offers/test_dispatcher.py offers/test_assigning.py offers/test_life.py",
        ),
        (
            "guards",
            "offers/state_machine.py",
            "    (Status.CATCH_ALL, Assigned): Status.ACCEPTED,\n",
            "",
            "offers/test_state_machine.py",
        ),
        # what goes into one change, and what is done when the store is busy
        (
            "changes",
            "offers/draft.py",
            "            yield Add(counter, delta, lo=None)\n    # A limit",
            (
                "            today = str(events[-1].at.date())\n"
                "            head, slash, day = counter.rpartition('/')\n"
                "            yield Add(head + slash + (today if '-' in day else day), delta, lo=None)\n    # A limit"
            ),
            "offers/test_assigning.py",
        ),
        (
            "changes",
            "offers/draft.py",
            "        elif delta:\n            yield Add(counter, delta, lo=None)",
            "        elif delta > 0:\n            yield Add(counter, delta, lo=None)",
            "offers/test_assigning.py offers/test_dispatcher.py",
        ),
        (
            "changes",
            "offers/requests.py",
            (
                "pause = next(pauses, None) if again else None\n            if pause is None:\n                raise\n"
                "            lost"
            ),
            "pause = None\n            if pause is None:\n                raise\n            lost",
            "offers/test_faults.py offers/test_requests.py",
        ),
        (
            "changes",
            "offers/steps.py",
            (
                "        change = Change(self.change_ids(), (*extra, *ops))\n"
                "        yield from requests.commit(change, again=self.sends_again)\n"
            ),
            (
                "        emits = [op for op in ops if type(op).__name__ == 'Emit']\n"
                "        rest = [op for op in ops if op not in emits]\n"
                "        for some in ([*extra, *rest], emits):\n"
                "            change = Change(self.change_ids(), some)\n"
                "            yield from requests.commit(change, again=self.sends_again)\n"
            ),
            "offers/test_faults.py offers/test_interleavings.py offers/test_dispatcher.py",
        ),
        (
            "guards",
            "stores/memory.py",
            "if not low <= current + op.delta <= high:",
            "if not low <= current + op.delta:",
            "stores/test_contract.py",
        ),
        (
            "guards",
            "stores/memory.py",
            "if (version := self.version(op.key)) != expected:",
            "if (version := self.version(op.key)) < expected:",
            "stores/test_contract.py",
        ),
        (
            "guards",
            "stores/sqlite_statements.py",
            "(due, key) > (?, ?) AND due <= ?",
            "(due, key) > (?, ?) AND due < ?",
            "stores/test_contract.py",
        ),
        # what is read and written
        (
            "formats",
            "model/row_reader.py",
            "and given.is_integer() and abs(given) < _EXACT",
            "and given.is_integer()",
            "formats/test_csv_rows.py",
        ),
        (
            "formats",
            "model/row_reader.py",
            "for piece in part.rpartition(",
            "for piece in part.partition(",
            "formats/test_csv_rows.py formats/test_csv_export.py",
        ),
        (
            "formats",
            "model/given.py",
            "if found.utcoffset() is None:",
            "if False:",
            "formats/test_csv_rows.py",
        ),
        (
            "formats",
            "formats/csv_rows.py",
            r'cell.lstrip(" \u00a0\ufeff").startswith(_FORMULAS)',
            "cell.startswith(_FORMULAS)",
            "formats/test_csv_export.py",
        ),
        (
            "formats",
            "formats/policy_file.py",
            "    if given != FORMAT:",
            "    if given > FORMAT:",
            "formats/test_policy.py",
        ),
        (
            "formats",
            "formats/jsonlogic.py",
            "if depth > DEEPEST:",
            "if depth >= DEEPEST:",
            "formats/test_jsonlogic.py",
        ),
        # what the lint says
        (
            "lint",
            "insight/lint/policy_checks.py",
            "        left = rest\n        if not left:",
            "        if not left:",
            "insight/lint",
        ),
        (
            "lint",
            "insight/lint/policy_checks.py",
            "if rule.when is None or _terms(rule) == _terms(other):",
            "if rule.when is None:",
            "insight/lint",
        ),
        (
            "lint",
            "insight/lint/policy_checks.py",
            "elif rule.require is not None and rows(rule.require) and not rows(rule.when, rule.require):",
            "elif rule.require is not None and rows(rule.require) and not rows(rule.when):",
            "insight/lint",
        ),
        (
            "lint",
            "insight/lint/roster_checks.py",
            "return all(subject.holds(part, _NOBODY, rep)",
            "return any(subject.holds(part, _NOBODY, rep)",
            "insight/lint",
        ),
        (
            "lint",
            "insight/lint/roster_checks.py",
            "    return not any(held)",
            "    return not all(held)",
            "insight/lint",
        ),
        (
            "lint",
            "insight/lint/roster_checks.py",
            "rep.hours is None and rep.timezone is None",
            "rep.hours is None",
            "insight/lint",
        ),
        # what would have to be otherwise
        (
            "what-if",
            "insight/explain/why_not.py",
            "*milder, strongest = lever",
            "strongest, *milder = lever",
            "insight/explain",
        ),
        (
            "what-if",
            "insight/explain/why_not.py",
            "return ranking is not None and _goes_to(ranking, self.question.rep.id)",
            "return ranking is not None",
            "insight/explain",
        ),
        (
            "what-if",
            "insight/explain/why_not.py",
            "return next((each for each in milder if self.works(each, *others)), strongest)",
            "return next(iter(milder), strongest)",
            "insight/explain",
        ),
        (
            "what-if",
            "insight/trials.py",
            "if one != other or one not in unchanged",
            "if one != other",
            "insight/test_policy_diff.py",
        ),
        (
            "what-if",
            "insight/explain/changes.py",
            "if away is None or km < away",
            "if away is None or km > away",
            "insight/explain",
        ),
        (
            "what-if",
            "insight/explain/scorer_changes.py",
            "for times in (_TIMES, tuple(1 / each for each in _TIMES)):",
            "for times in (_TIMES,):",
            "insight/explain",
        ),
    )
]


def pytest(tree: Path, tests: Iterable[str], longest: float | None = None) -> int:
    """Run some tests of the tree until the first failure, and return how pytest ended; 124 when it takes too long."""
    paths = [f"tests/{test}" for test in tests]
    environment = {"HYPOTHESIS_PROFILE": "dev", **os.environ}
    # A fault may leave size and time of a file as they were: compiled files would hide it.
    environment |= {"PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-n0", "-x", "-q", "-p", "no:cacheprovider", *paths]
    try:
        return subprocess.run(
            command,
            capture_output=True,
            check=False,
            cwd=tree,
            env=environment,
            stdin=subprocess.DEVNULL,
            timeout=longest,
        ).returncode
    except subprocess.TimeoutExpired:
        return 124


def verdict(tree: Path, fault: Fault) -> str:
    """Plant a fault, run its tests, and take it out again."""
    path = tree / "src" / "leadroute" / fault.path
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if text.count(fault.old) != 1:
        return "GONE"
    path.write_text(text.replace(fault.old, fault.new), encoding="utf-8")
    try:
        ended = pytest(tree, fault.tests.split(), LONGEST)
    finally:
        path.write_text(text, encoding="utf-8")
    return {0: "SURVIVED", 1: "killed", 2: "killed by the import", 124: "killed by the time"}.get(
        ended, f"ERROR {ended}"
    )


def told(fault: Fault) -> str:
    """Return a fault in one line."""
    old, new = (" ".join(text.split()) for text in (fault.old, fault.new))
    return f"{fault.area:11} {fault.path}: {old} -> {new or '(nothing)'}"


def main(arguments: list[str]) -> int:
    """Run the check, and return 1 where a fault survives or is gone."""
    areas = {argument for argument in arguments if not argument.startswith("-")}
    chosen = [fault for fault in FAULTS if not areas or fault.area in areas]
    if "--list" in arguments:
        print(*map(told, chosen), sep="\n")
        return 0
    found: Counter[str] = Counter()
    with TemporaryDirectory(prefix="leadroute-faults-") as folder:
        tree = Path(folder) / "tree"
        copy(ROOT, tree)
        needed = sorted({test for fault in chosen for test in fault.tests.split()})
        if "--trust" not in arguments and pytest(tree, needed):
            print(f"the tests fail before a fault is planted: {' '.join(needed)}")
            return 1
        for fault in chosen:
            began = time.monotonic()
            said = verdict(tree, fault)
            found[said.partition(" ")[0]] += 1
            print(f"{said:9} {told(fault)} ({time.monotonic() - began:.0f} s)", flush=True)
    print(", ".join(f"{count} {word}" for word, count in found.items()))
    return int(found["killed"] < len(chosen))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
