"""What the comparison of the stores notices: each of many faults, planted in the memory store."""

from inspect import getsource
from itertools import islice
from types import ModuleType

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from leadroute.stores import memory
from tests.stores.drawn import answer, followed, seen, steps
from tests.stores.places import joined

DRAWS, FEW = 500, 50
FAULTS = {
    "the version of a record starts again": ("op.expect + 1, op.data", "1, op.data"),
    "a record keeps its place in its lines": (
        "        self.drop(record.key)\n        self.records[",
        "        self.records[",
    ),
    "a record keeps its owner": ("op.status, op.owner, op.due", "op.status, 'o', op.due"),
    "a dropped record is still due": ("if old.due is not None:", "if old.due:"),
    "any version will do for a drop": (
        "(version := self.version(op.key)) != expected",
        "(version := self.version(op.key)) != expected and not isinstance(op, Drop)",
    ),
    "a check passes": ("!= expected:", "!= expected and not isinstance(op, Check):"),
    "the highest sum is refused": ("<= high:", "< high:"),
    "the lowest sum is refused": ("if not low <=", "if not low <"),
    "what is given back has no upper bound": ("<= high:", "<= max(high, current):"),
    "bounds are those of the counter before": (
        "not low <= current + op.delta <=",
        "not low <= current <=",
    ),
    "an addition forgets the one before": (
        "changed[key] if key in changed else self.counters.get(key, 0)",
        "self.counters.get(key, 0)",
    ),
    "a raise sets": ("max(state.count(op.key, counters), op.to)", "op.to"),
    "a raise forgets the additions before": (
        "state.count(op.key, counters)",
        "state.counters.get(op.key, 0)",
    ),
    "a repeat is told another value": ("[0].data)", "[0].fingerprint)"),
    "a once-key has the age of the first event": ("dated = max(", "dated = min("),
    "an acknowledged event holds back its lead": (
        "            queue.remove(event.n)\n",
        "            delivery is None or queue.remove(event.n)\n",
    ),
    "a missing entry is acknowledged": ("Ack | Defer):\n            if", "Defer):\n            if"),
    "attempts are counted from the start": ("op.until, op.attempts,", "op.until, 1,"),
    "a dead letter holds back nobody": (
        "            queue.add(event.n)",
        "            delivery[0] is None or queue.add(event.n)",
    ),
    "an event has its turn by its id": ("queue.add(event.n)", "queue.add(mark)"),
    "the last of a lead is pending": (".queues[event.lead][0]", ".queues[event.lead][-1]"),
    "an event is pending too late": ("until <= at and", "until < at and"),
    "events come in the order given": ("ops = ordered(change)", "ops = change.ops"),
    "events of a lead come by id": ("for n in sorted(log)", "for n in log"),
    "an event waits longer": ("min(op.at, 0), 0", "op.at, 0"),
    "every event is delivered": ("if op.deliver:", "if True:"),
    "what is never due comes first": (
        "(record.due is None, record.due",
        "(record.due is not None, record.due",
    ),
    "a line is in the order of keys": ("record.due or 0, record.key)", "0, record.key)"),
    "a page leaves out the first behind the mark": (
        "islice(merge(*parts), size)]",
        "islice(merge(*parts), start is not None, size)]",
    ),
    "what is due now is left out": ("upto, _LAST)", "upto, '')"),
    "the limit is one too many": (
        "islice(merge(*parts), size)]",
        "islice(merge(*parts), size + 1)]",
    ),
    "the first of all statuses together": (
        "left[status] -= 1",
        "left = dict.fromkeys(left, left[status] - 1)",
    ),
    "the first are one more": ("islice(part, first)", "islice(part, first + 1)"),
    "a counter at 0 is told": ("if (n := get(key))}", "if (n := get(key)) is not None}"),
    "a counter below 0 is left out": (
        "filter(counters.get, among)",
        "(key for key in among if counters[key] > 0)",
    ),
    "a page of counters holds one more": ("among), limit)", "among), limit and limit + 1)"),
    "a page of counters begins with its mark": (
        "inclusive=(after < prefix, True)",
        "inclusive=(True, True)",
    ),
    "what is as old as the instant is trimmed": (
        "events[mark].at >= before",
        "events[mark].at > before",
    ),
    "what waits is trimmed": ("return mark in state.outbox or", "return"),
    "a gap in the log of a lead is trimmed": ("n < event.n and needed", "n > event.n and needed"),
    "counters are trimmed first": (
        "size - len(onces))",
        "size - len(onces) - sum(not n for n in state.counters.values()))",
    ),
    "every once-key is trimmed": (
        "if at is not None and at < before)",
        "if at is None or at < before)",
    ),
}


def planted(old, new):
    """The class of the memory store with one thing changed."""
    text = getsource(memory)
    assert text.count(old) == 1, f"the memory store has {text.count(old)} times {old!r}"
    module = ModuleType("planted")
    exec(compile(text.replace(old, new), "planted", "exec"), vars(module))

    class Impatient(module.MemoryStore):
        """It ends the walk through pages that a fault makes endless."""

        left = 5_000  # a run asks some hundred times

        def find(self, **sought):
            self.left -= 1
            if not self.left:
                raise RecursionError
            return super().find(**sought)

    return Impatient


class Runs:
    """What the sound store says to drawn changes, step by step; each run is made when it is first asked for."""

    def __init__(self):
        self._drawn, self._made = [], []

        @settings(
            max_examples=DRAWS,
            phases=[Phase.generate],
            database=None,
            derandomize=True,
            suppress_health_check=[*HealthCheck],
        )
        @given(steps)
        def draw(drawn):
            self._drawn.append(drawn)

        draw()

    def __iter__(self):
        for number, drawn in enumerate(self._drawn):
            if number == len(self._made):
                with joined() as store:
                    self._made.append([*followed(store, drawn)])
            yield self._made[number]


@pytest.fixture(scope="module")
def runs():
    """What the sound store says, for all faults."""
    return Runs()


def tells_apart(run, store):
    """Whether a store says anything else than the sound one said, or breaks."""
    try:
        return any(
            answer(store, step, most) != said or seen(store) != shown
            for step, most, said, shown in run
        )
    except Exception:  # noqa: BLE001 - a fault may end in anything
        return True


@pytest.mark.parametrize("fault", FAULTS)
def test_every_planted_fault_is_noticed(runs, fault):
    """A store with one thing wrong is told from the sound one within the first draws."""
    make_store = planted(*FAULTS[fault])
    assert any(tells_apart(run, make_store()) for run in runs)


def test_the_sound_store_is_told_from_no_other(runs):
    """What the faults are told from is no fault itself."""
    make_store = planted("<MemoryStore with", "<A store with")
    assert not any(tells_apart(run, make_store()) for run in islice(runs, FEW))
