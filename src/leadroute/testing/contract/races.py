"""What a store promises to threads: those that all want the same, and one stopped at any of its steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from threading import Event as Signal
from threading import Thread
from types import FrameType
from typing import Any

from leadroute.errors import ConflictError
from leadroute.offers.change import Ack, Add, Change, Drop, Emit, Once, Op, Put, Raise
from leadroute.testing.contract.common import Contract, emitted, fine, outcome, put, same, together
from leadroute.testing.contract.running import Awaited

_LONGEST = 30.0
_BLOCKED = 0.002
"""How long one thread waits for the other at a step, in seconds: where it holds a lock that is in vain."""


def stepwise(
    first: Callable[[], object], step: str, at: int, second: Callable[[], object]
) -> dict[str, int]:
    """Run the first in a thread, stop it at one of its steps, and run the second meanwhile.

    The second goes on after a short wait where it needs what the first holds.

    Args:
        first: What is stopped.
        step: ``line`` or ``opcode``.
        at: The number of the step, from 1; 0 stops it behind its end.
        second: What is done meanwhile.

    Returns:
        How many steps of each kind the first has taken.
    """
    steps, failed = {"line": 0, "opcode": 0}, list[BaseException]()
    stopped, go_on = Signal(), Signal()

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes = True
        if event in steps:
            steps[event] += 1
            if event == step and steps[event] == at:
                stopped.set()
                go_on.wait(_BLOCKED)
        return trace

    def run() -> None:
        # Python 3.12 tells of instructions only where this was asked for before.
        sys._getframe().f_trace_opcodes = True  # noqa: SLF001
        sys.settrace(trace)
        try:
            first()
        except BaseException as error:  # noqa: BLE001 - it is raised where the contract is read
            failed.append(error)
        finally:
            sys.settrace(None)
            stopped.set()

    thread = Thread(target=run, daemon=True)
    thread.start()
    stopped.wait(_LONGEST)
    second()
    go_on.set()
    thread.join(_LONGEST)
    if failed:
        raise failed[0]
    return steps


_ROUNDS = {"line": (80, 4_000), "opcode": (40, 20_000)}
"""The most rounds at steps of each kind, and by how much they are fewer where there are thousands."""


def at_each_step(
    prepare: Callable[[int], tuple[Callable[[], object], Callable[[], object]]],
    judge: Callable[[int], None],
    store: object,
    factor: int = 1,
) -> None:
    """Let two works meet at the steps of the first: at every line, and at many of the instructions.

    Args:
        prepare: Gives both works of a round.
        judge: Fails if a round went wrong.
        store: The store. The steps of one that is awaited are those of its event loop, which go on.
        factor: How many times more rounds.
    """
    number = 0

    def meet(step: str, at: int) -> dict[str, int]:
        nonlocal number
        number += 1
        first, second = prepare(number)
        steps = stepwise(first, step, at, second)
        judge(number)
        return steps

    for step, total in meet("line", 0).items():
        most, room = _ROUNDS[step]
        rounds = min(total, factor * min(most, max(3, room // total)))
        if isinstance(store, Awaited):
            rounds = min(rounds, 3)
        for at in {1 + (place * total) // rounds for place in range(rounds)}:
            meet(step, at)


def _answered(answers: list[object], work: Callable[[], object]) -> None:
    answers.append(outcome(work))


class Races(Contract):
    """The promises to many threads."""

    needs = "threads"

    def _commit(self, name: str, *ops: Op) -> None:
        self.store.commit(Change(name, ops))

    def many_threads_one_limit(self) -> None:
        """However many add at once, the limit holds and every place is given."""
        works = {f"{n}": partial(self.done, Add("a", 1, hi=5), emitted(f"L{n}")) for n in range(16)}
        refusals = [a for a in together(works).values() if isinstance(a, ConflictError)]
        same((len(refusals), self.store.counts(["a"]), len(self.store.events())), (11, {"a": 5}, 5))

    def many_threads_one_version(self) -> None:
        """Of all who write one version at once, one does."""
        self.done(put("r"))
        works = {f"{n}": partial(self.done, put("r", 1, f"{n}"), Add("a", 1)) for n in range(12)}
        winners = [n for n, a in together(works).items() if not isinstance(a, ConflictError)]
        same((winners, self.store.counts()), ([self.store.get(["r"])["r"].data], {"a": 1}))

    def many_threads_one_once_key(self) -> None:
        """Of all who use one once-key at once, one does, and the others hear its value."""
        works = {f"{n}": partial(self.done, Once("k", f"{n}"), Add("a", 1)) for n in range(12)}
        answers = together(works)
        heard = {a.current for a in answers.values() if isinstance(a, ConflictError)}
        winners = {n for n, a in answers.items() if not isinstance(a, ConflictError)}
        same((heard, self.store.counts()), (winners, {"a": 1}))

    def many_threads_one_event(self) -> None:
        """Of all who acknowledge one event at once, one does."""
        self.done(emitted())
        (event,) = self.store.events()
        works = {f"{n}": partial(self.done, Ack(event.id), Add("sent", 1)) for n in range(12)}
        together(works)
        same(self.store.counts(), {"sent": 1})

    def many_threads_in_opposite_orders(self) -> None:
        """Changes that want the same things in opposite orders never wait for each other."""

        def back_and_forth(lead: str) -> None:
            for n in range(1, 6):
                ops = [Add("a", 1), Add("b", 1), Raise("c", n)]
                self.done(*(ops if n % 2 else reversed(ops)), Emit(lead, n, "t", "", n))

        together({f"{n}": partial(back_and_forth, f"L{n}") for n in range(6)})
        same(self.store.counts(), {"a": 30, "b": 30, "c": 5})

    def many_threads_read_whole_changes(self) -> None:
        """A reader beside writers sees each change whole or not at all."""

        def write(key: str) -> None:
            for _ in range(10):
                self.done(Add(f"left/{key}", 1), Add(f"right/{key}", 1))

        def read() -> None:
            for _ in range(20):
                counts = self.store.counts()
                for key in "ab":
                    same(counts.get(f"left/{key}", 0), counts.get(f"right/{key}", 0))

        works: dict[str, Callable[[], None]] = {"a": partial(write, "a"), "b": partial(write, "b")}
        together({**works, "reader": read})
        same(sum(self.store.counts().values()), 40)

    def threads_share_one_store(self) -> None:
        """What one thread commits the others read, and nothing is lost among them."""
        together({f"{n}": partial(self.done, put(f"r{n}"), emitted(f"L{n}")) for n in range(16)})
        records, _, events, _ = self.state()
        same((len(records), len({event.id for event in events})), (16, 16))

    def many_threads_one_new_record(self) -> None:
        """Of all who create one record at once, one does, and of all who drop it."""
        works = {f"{n}": partial(self.done, put("r", 0, f"{n}"), Add("a", 1)) for n in range(12)}
        winners = [n for n, a in together(works).items() if not isinstance(a, ConflictError)]
        same((winners, self.store.counts()), ([self.store.get(["r"])["r"].data], {"a": 1}))
        together({f"{n}": partial(self.done, Drop("r", 1), Add("b", 1)) for n in range(12)})
        same((self.store.counts(), self.store.find()), ({"a": 1, "b": 1}, []))

    def many_threads_one_log(self) -> None:
        """The numbers of a lead have no gap, however many write to its log at once."""

        def write(name: str) -> None:
            for _ in range(3):
                n, taken = 1, True
                while taken:
                    answer = outcome(partial(self.done, Emit("L", n, name, "", n), Add(name, 1)))
                    taken = isinstance(answer, ConflictError)
                    n += 1

        together({f"{n}": partial(write, f"{n}") for n in range(6)})
        log = self.store.events(lead="L")
        same([event.n for event in log], [*range(1, 19)])
        same(self.store.counts(), {f"{n}": 3 for n in range(6)})
        same(
            {name: sum(event.type == name for event in log) for name in "012345"},
            dict.fromkeys("012345", 3),
        )

    def many_threads_add_and_raise(self) -> None:
        """No addition is lost, and the greatest mark stays."""
        works = {
            f"{n}": partial(
                self.done, Add("a", n), Add("b", -n, lo=None), Raise("c", n), Once(f"{n}")
            )
            for n in range(1, 17)
        }
        together(works)
        same(self.store.counts(), {"a": 136, "b": -136, "c": 16})

    def many_threads_trim_at_once(self) -> None:
        """What many trim at once is forgotten once, and each thing is told by one of them."""
        for n in range(1, 13):
            self.done(Once(f"k{n}"), emitted("L", n, deliver=False), Add(f"a{n}", 0))
        told = together({f"{n}": partial(self.store.trim, 1) for n in range(4)})
        same(sum(n for n in told.values() if isinstance(n, int)) >= 36, True)
        same((self.store.trim(1), self.store.events()), (0, []))

    def a_refusal_holds_up_no_other_thread(self) -> None:
        """After a refusal other threads go on: what the refused change held is free."""
        self.done(put("r"), emitted("L"))
        refusals: list[tuple[Op, str, str, int]] = [
            (put("r"), "version", "r", 1),
            (Add("a", 1, hi=0), "limit", "a", 0),
            (emitted("L"), "version", "L", 1),
        ]
        for op, kind, key, current in refusals:
            self.refused(op, kind=kind, key=key, current=current)
            thread = Thread(target=self.done, args=(_free(op),), daemon=True)
            thread.start()
            thread.join(_LONGEST)
            same(thread.is_alive(), False)
        same((self.store.counts(), len(self.store.events())), ({"a": 1}, 2))

    def each_step_shows_whole_changes(self) -> None:
        """Who reads at any step of a commit sees all of it or nothing, in every table and in all together."""
        seen: list[int] = []

        def look(key: str) -> None:
            for _ in range(2):
                seen.append(len(self.store.get([key, f"{key}b"])) - 2)
                seen.append(len(self.store.counts([key, f"{key}b", f"{key}c"])) - 3)
                seen.append(len(self.store.find(status=key, owner=key)) - 2)
                seen.append(len(self.store.events(change=key)) - 3)
                seen.append(len(self.store.events(lead=key)) - 3)
                seen.append(len(self.store.get([f"once/{key}"])) - 1)

        def prepare(number: int) -> tuple[Callable[[], object], Callable[[], object]]:
            key = f"k{number}"
            seen.clear()
            ops = [Put(each, "", 0, key, key) for each in (key, f"{key}b")]
            adds = [Add(each, 1) for each in (key, f"{key}b")]
            emits = [emitted(key, n) for n in (1, 2, 3)]
            change = partial(self._commit, key, *ops, *adds, Raise(f"{key}c", 1), Once(key), *emits)
            return change, partial(look, key)

        def judge(_: int) -> None:
            before = [-2, -3, -2, -3, -3, -1] * 2
            shown = seen.index(0) if 0 in seen else len(seen)
            same(seen, [*before[:shown], *([0] * (len(before) - shown))])

        at_each_step(prepare, judge, self.store)

    def each_step_hides_what_is_refused(self) -> None:
        """Who reads at any step of a change that will be refused sees nothing of it."""
        last = self.prepared()
        before = self.state("new"), self.lines()
        seen: list[object] = []
        ops = [*fine(last), emitted("old", 2)]

        def prepare(number: int) -> tuple[Callable[[], object], Callable[[], object]]:
            refused = partial(outcome, partial(self._commit, f"refused-{number}", *ops))
            return refused, lambda: seen.append((self.state("new"), self.lines()))

        at_each_step(prepare, lambda _: same(seen.pop(), before), self.store)

    def each_step_of_a_read_sees_one_state(self) -> None:
        """A read is of one moment: what moves meanwhile is found once, at its old or its new place."""
        self.done(*(put(key, status="s") for key in ("a", "m", "z")), Add("a", 1), Add("z", 1))
        found: list[tuple[list[str], int]] = []

        def read() -> None:
            records = self.store.find(status=["s", "t"])
            found.append(([each.key for each in records], sum(self.store.counts().values())))

        def prepare(number: int) -> tuple[Callable[[], object], Callable[[], object]]:
            to, by = "st"[number % 2], (-1) ** number
            moved = [put(key, number, status=to) for key in ("a", "z")]
            ops: list[Op] = [*moved, Add("a", by, lo=None), Add("z", -by, lo=None)]
            return read, partial(self._commit, f"move-{number}", *ops)

        at_each_step(prepare, lambda _: same(found.pop(), (["a", "m", "z"], 2)), self.store, 5)


def _free(op: Op) -> Op:
    """Return what may be done after a refusal at the same place."""
    if isinstance(op, Put):
        return put(op.key, 1)
    return Add("a", 1) if isinstance(op, Add) else emitted("L", 2)


def _first_and_second(key: str, event: int) -> dict[str, tuple[Op, Op, int]]:
    """Return pairs of operations on one thing, and how many of both can be done."""
    return {
        "add": (Add(key, 1, hi=1), Add(key, 1, hi=1), 1),
        "sum": (Add(key, 1), Add(key, 1), 2),
        "raise": (Raise(key, 5), Raise(key, 9), 2),
        "lower_raise": (Raise(key, 9), Raise(key, 5), 2),
        "create": (put(key, 0, "1"), put(key, 0, "2"), 1),
        "put": (put(f"old{key}", 1, "1"), put(f"old{key}", 1, "2"), 1),
        "drop": (Drop(f"old{key}", 1), put(f"old{key}", 1, "2"), 1),
        "once": (Once(key, "1"), Once(key, "2"), 1),
        "emit": (Emit(key, 1, "1", "", 0), Emit(key, 1, "2", "", 0), 1),
        "log": (Emit(key, 1, "1", "", 0), Emit(f"{key}+", 1, "2", "", 0), 2),
        "ack": (Ack(event), Ack(event), 1),
    }


_SUMS = {"add": 1, "sum": 2, "raise": 9, "lower_raise": 9}


def _meeting(kind: str) -> Callable[[Races], None]:
    def promised(self: Races) -> None:
        """Two changes that meet at any step are done one after the other, or one of them is refused."""
        answers: list[object] = []
        expected: dict[int, int] = {}

        def prepare(number: int) -> tuple[Callable[[], object], Callable[[], object]]:
            key = f"k{number}"
            self.done(put(f"old{key}"), emitted(f"event{key}"))
            (event,) = self.store.events(lead=f"event{key}")
            one, two, expected[number] = _first_and_second(key, event.id)[kind]
            answers.clear()
            works = [partial(self.done, op, Add(f"done{key}", 1)) for op in (one, two)]
            first, second = (partial(_answered, answers, work) for work in works)
            return first, second

        def judge(number: int) -> None:
            key = f"k{number}"
            done = answers.count(None)
            same((len(answers), done), (2, expected[number]))
            counted = {f"done{key}": done} | ({key: _SUMS[kind]} if kind in _SUMS else {})
            same(self.store.counts([f"done{key}", key]), counted)
            logged = [*self.store.events(lead=key), *self.store.events(lead=f"{key}+")]
            same(len({event.id for event in logged}), {"emit": 1, "log": 2}.get(kind, 0))

        at_each_step(prepare, judge, self.store)

    return promised


for _kind in _first_and_second("k", 1):
    setattr(Races, f"each_step_of_{_kind}_is_safe", _meeting(_kind))
