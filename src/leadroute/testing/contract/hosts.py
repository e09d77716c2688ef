"""What a store promises inside a transaction of the application, which commits or rolls back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import Add, Change, Emit, Once, Op, Put
from leadroute.offers.store import Store
from leadroute.testing.contract.common import Contract, emitted, fine, outcome, put, same
from leadroute.testing.contract.running import entered, like, raw

_SOON = 0.1
_LONGEST = 60.0


class Undo(Exception):
    """What a promise raises to make the host roll back."""


def _end(*, undo: bool) -> None:
    if undo:
        raise Undo


def in_another_thread(work: Callable[[], object]) -> tuple[Thread, list[object]]:
    """Start work, wait for it a moment, and return its thread and its answer, if there is one yet."""
    answers: list[object] = []

    def run() -> None:
        try:
            answers.append(work())
        except (ConflictError, TransientError) as error:
            answers.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(_SOON)
    return thread, answers


class Hosted(Contract):
    """What the promises inside a transaction share."""

    @contextmanager
    def _host(self, *, undo: bool = False) -> Iterator[tuple[Store, Any]]:
        """Give a bound store and the host's transaction, which ends by COMMIT or ROLLBACK."""
        run = getattr(self.store, "awaits", None)
        manager = self.given["transaction"](raw(self.store))
        try:
            with entered(manager, run) as host:
                yield like(self.store, raw(self.store).bind(host)), host
                _end(undo=undo)
        except Undo:
            pass

    @contextmanager
    def _within(self, host: Any, *, undo: bool = False) -> Iterator[None]:
        """Open a nested transaction of the host."""
        try:
            with entered(self.given["nested"](host), getattr(self.store, "awaits", None)):
                yield
                _end(undo=undo)
        except Undo:
            pass

    def _all(self, by: Store | None = None) -> object:
        return self.state("new", "seen", by=by), self.lines(by=by)


class Hosts(Hosted):
    """The promises inside a transaction of the host."""

    needs = "transaction"

    def bound_stores_say_so(self) -> None:
        """A bound store says that it is one, and whether reading again shows the commits of others."""
        same(getattr(self.store, "is_bound", False), False)
        with self._host() as (bound, _):
            told: Any = bound
            same((told.is_bound, type(told.sees_commits)), (True, bool))

    def bound_writes_end_with_a_rollback(self) -> None:
        """Nothing of what was written inside is left after a rollback, in any table."""
        ops = fine(self.prepared())
        before = self._all()
        with self._host(undo=True) as (bound, _):
            self.done(*ops, by=bound)
            same(bound.counts(["open"]), {"open": 2})
        same(self._all(), before)
        self.done(*ops)

    def bound_writes_stay_after_a_commit(self) -> None:
        """What was written inside is there after the commit, in every table."""
        ops = fine(self.prepared())
        with self._host() as (bound, _):
            self.done(*ops, by=bound)
            inside = self._all(bound)
        same(self._all(), inside)
        same([event.n for event in self.store.events(lead="lead")], [1])

    def bound_writes_show_after_the_commit_alone(self) -> None:
        """What was written inside shows inside at once, and elsewhere after the commit alone."""
        ops = fine(self.prepared())
        before = self._all()
        with self._host() as (bound, _):
            self.done(*ops, by=bound)
            inside = self._all(bound)
            same(inside == before, False)
            thread, answers = in_another_thread(self._all)
            same(answers in ([], [before]), True)
        thread.join(_LONGEST)
        same(self._all(), inside)

    def bound_writes_may_be_many(self) -> None:
        """Many changes inside are kept or undone together, with what was refused among them."""
        for undo in (True, False):
            with self._host(undo=undo) as (bound, _):
                for n in range(1, 6):
                    self.done(put("r", n - 1), emitted("L", n), Add("a", 1), by=bound)
                    self.refused(put("r"), kind="version", key="r", current=n, by=bound)
                self.done(Once("after"), by=bound)
            same(len(self.store.events()), 0 if undo else 5)
            same(len(self.store.get(["r", "once/after"])), 0 if undo else 2)

    def bound_refusals_undo_themselves_alone(self) -> None:
        """A refused change leaves what was written before it and lets the transaction go on."""
        ops = fine(self.prepared())
        with self._host() as (bound, _):
            self.done(*ops, by=bound)
            inside = self._all(bound)
            extra = put("more"), Add("over", 1), emitted("more"), Once("more")
            self.refused(
                *extra, Add("full", 1, hi=1), kind="limit", key="full", current=1, by=bound
            )
            self.refused(*extra, emitted("old", 2), kind="version", key="old", current=2, by=bound)
            same(self._all(bound), inside)
        same(self._all(), inside)
        same(self.store.get(["once/more", "more"]), {})

    def bound_refusals_may_come_first(self) -> None:
        """A transaction that begins with a refused change goes on, and ends as the host says."""
        for undo in (True, False):
            with self._host(undo=undo) as (bound, _):
                self.refused(put("r", 1), kind="version", key="r", current=0, by=bound)
                self.done(put("r"), by=bound)
            same(len(self.store.find()), 0 if undo else 1)

    def bound_refusals_commit_nothing(self) -> None:
        """A refusal inside ends no transaction: what was written before it goes with a rollback."""
        self.prepared()
        before = self._all()
        with self._host(undo=True) as (bound, _):
            self.done(put("r"), emitted("lead"), Once("new"), by=bound)
            self.refused(put("r"), kind="version", key="r", current=1, by=bound)
            self.done(put("r", 1), Add("over", 1), by=bound)
        same(self._all(), before)

    def bound_reads_commit_nothing(self) -> None:
        """Reads and trimming inside end no transaction."""
        self.done(Once("new"), emitted("L", deliver=False), Add("zero", 0), put("r"))
        before = self._all()
        with self._host(undo=True) as (bound, _):
            self.done(put("r", 1), by=bound)
            self._all(bound)
            same((bound.trim(1), bound.get(["once/new"]), bound.events()), (3, {}, []))
        same(self._all(), before)

    def bound_guards_see_the_writes_before(self) -> None:
        """A guard inside sees what the same transaction has written."""
        with self._host() as (bound, _):
            self.done(put("r"), Add("a", 1), Once("k", "v"), emitted("L"), by=bound)
            self.done(put("r", 1), Add("a", 1, hi=2), emitted("L", 2), by=bound)
            self.refused(Once("k"), kind="duplicate", key="k", current="v", by=bound)
            self.refused(Add("a", 1, hi=2), kind="limit", key="a", current=2, by=bound)
            self.refused(emitted("L", 2), kind="version", key="L", current=2, by=bound)
        same((self.store.get(["r"])["r"].version, self.store.counts()), (2, {"a": 2}))

    def bound_changes_can_be_sent_again_after_a_rollback(self) -> None:
        """A change that went with a rollback can be done again, and after a commit it is refused."""
        change = Change("mine", (put("r"), Add("a", 1), emitted("L"), Once("k")))
        for undo in (True, False):
            with self._host(undo=undo) as (bound, _):
                bound.commit(change)
            same(len(self.store.events(change="mine")), 0 if undo else 1)
        with self._host() as (bound, _):
            self.refused(*change.ops, kind="duplicate", key="k", current="", by=bound)
        same(self.store.counts(), {"a": 1})

    def who_waits_for_a_host_that_commits_meets_a_conflict(self) -> None:
        """A guard looks at what the host has committed: until then the store is busy, and no conflict is told."""
        self._waiting(undo=False)

    def who_waits_for_a_host_that_rolls_back_goes_on(self) -> None:
        """What the host has undone stands in nobody's way: until then the store is busy, and no conflict is told."""
        self._waiting(undo=True)

    def _waiting(self, *, undo: bool) -> None:
        self.done(put("r", data="before"))
        mine = partial(self.done, put("r", 1, "mine"), Add("a", 1))
        with self._host(undo=undo) as (bound, _):
            self.done(put("r", 1, "theirs"), by=bound)
            thread, answers = in_another_thread(mine)
            same(all(isinstance(answer, TransientError) for answer in answers), True)
        thread.join(_LONGEST)
        answer: Any = answers[0] if answers else "it waits still"
        if isinstance(answer, TransientError):
            answer = outcome(mine)
        if undo:
            same((answer, self.store.get(["r"])["r"].data), (None, "mine"))
            return
        told = answer.kind, answer.key, answer.current
        same((told, self.store.counts()), (("version", "r", 2), {}))


def _first_write(op: Op) -> Callable[[Hosts], None]:
    def promised(self: Hosts) -> None:
        """The first write of a transaction goes with its rollback like any other."""
        self.prepared()
        before = self._all()
        with self._host(undo=True) as (bound, _):
            self.done(op, by=bound)
        same(self._all(), before)

    return promised


_FIRST: dict[str, Op] = {
    "put": Put("new", "", 0, "offered", "ada", 5),
    "once": Once("new"),
    "add": Add("over", 1),
    "emit": Emit("lead", 1, "t", "", 0),
}
for _name, _op in _FIRST.items():
    setattr(Hosts, f"bound_{_name}_may_be_the_first_write", _first_write(_op))


class Nested(Hosted):
    """The promises inside a nested transaction of the host."""

    needs = "nested"

    def nested_writes_end_with_their_rollback(self) -> None:
        """What was written in a nested transaction goes with its rollback, and nothing else does."""
        ops = fine(self.prepared())
        with self._host() as (bound, host):
            self.done(put("outer"), emitted("outer"), by=bound)
            before = self._all(bound)
            with self._within(host, undo=True):
                self.done(*ops, by=bound)
            same(self._all(bound), before)
            self.done(Add("after", 1), by=bound)
        same((len(self.store.get(["outer"])), self.store.counts(["after"])), (1, {"after": 1}))
        same((self.store.get(["once/new"]), self.store.events(lead="lead")), ({}, []))

    def nested_writes_stay_with_their_host(self) -> None:
        """What was written in a nested transaction that ends well ends with the host's."""
        before = self._all()
        for undo in (True, False):
            with self._host(undo=undo) as (bound, host):
                self.done(put("outer"), by=bound)
                with self._within(host):
                    self.done(put("inner"), emitted("L"), Add("a", 1), Once("k"), by=bound)
                    self.refused(put("inner"), kind="version", key="inner", current=1, by=bound)
            if undo:
                same(self._all(), before)
        same((len(self.store.find()), self.store.counts()), (2, {"a": 1}))

    def nested_transactions_go_deeper(self) -> None:
        """A rollback two levels down undoes that level alone, also after a refusal there."""
        with self._host() as (bound, host):
            self.done(put("one"), by=bound)
            with self._within(host):
                self.done(put("two"), by=bound)
                with self._within(host, undo=True):
                    self.done(put("three"), by=bound)
                    self.refused(put("one"), kind="version", key="one", current=1, by=bound)
                self.done(put("four"), by=bound)
        same([record.key for record in self.store.find()], ["four", "one", "two"])
