"""Stores with one thing wrong, around any store that blocks, and the promise that each of them breaks.

Four more kinds of breakage are not a store's but of what uses it: the day of today instead of the recorded one, a lost
release, a dropped retry, and an event outside its change. They are faults of `.ci/mutations.py`, area "changes".
"""

import os
import sqlite3
from collections import Counter
from contextlib import contextmanager
from itertools import count

from attrs import evolve, fields_dict

from leadroute.errors import ConflictError, TransientError
from leadroute.offers.change import (
    Ack,
    Add,
    Change,
    Check,
    Defer,
    Drop,
    Emit,
    Once,
    Put,
    Raise,
    ordered,
)
from leadroute.stores import MemoryStore
from leadroute.testing.contract.common import shown

PARTS = count()
MUTANTS = {}
"""Each mutant, with the promise that it breaks."""
HOSTED = {}
"""Those that go wrong inside a transaction of a host."""
REOPENED = {}
"""Those that go wrong beside another store or process, and so have no twin in memory."""


def breaks(promise, table=MUTANTS):
    """Say which promise a mutant breaks."""

    def named(mutant):
        table[mutant] = promise
        return mutant

    return named


def part(change, *ops):
    """A part of a change, with a once-key of its own where it shows nothing."""
    return Change(change.id, shown(ops, f"part {next(PARTS)}"))


class Around:
    """A store around another one, which does all that it is asked."""

    def __init__(self, store):
        self.store = store

    def commit(self, change):
        self.store.commit(change)

    def get(self, keys):
        return self.store.get(keys)

    def counts(self, keys=None, **page):
        return self.store.counts(keys, **page)

    def find(self, **asked):
        return self.store.find(**asked)

    def events(self, **asked):
        return self.store.events(**asked)

    def trim(self, before, limit=1000):
        return self.store.trim(before, limit)


class Rewritten(Around):
    """Changes whose operations arrive as others."""

    def commit(self, change):
        self.store.commit(part(change, *filter(None, map(self.rewrite, change.ops))))


def with_text(op, change):
    """The operation with each of its texts changed."""
    texts = {
        name: change(getattr(op, name))
        for name in fields_dict(type(op))
        if type(getattr(op, name)) is str
    }
    return evolve(op, **texts)


@breaks("add_stops_at_the_upper_limit")
class NoBounds(Rewritten):
    """Counters without bounds."""

    def rewrite(self, op):
        return evolve(op, lo=None, hi=None) if isinstance(op, Add) else op


@breaks("add_checks_the_limit_on_the_first_add")
class BoundsOfThePresent(Rewritten):
    """A missing counter has no upper bound."""

    def rewrite(self, op):
        missing = isinstance(op, Add) and not self.counts([op.key])
        return evolve(op, hi=None) if missing else op


@breaks("put_refuses_a_stale_version")
class LastWriteWins(Rewritten):
    """Versions that guard nothing."""

    def rewrite(self, op):
        known = self.get([op.key]) if isinstance(op, Put | Drop) else {}
        return evolve(op, expect=known[op.key].version) if known else op


@breaks("check_refuses_another_version")
class NoChecks(Rewritten):
    """Checks that pass."""

    def rewrite(self, op):
        return None if isinstance(op, Check) else op


@breaks("check_does_not_write")
class WritingChecks(Rewritten):
    """A Check that makes a new version."""

    def rewrite(self, op):
        known = self.get([op.key]) if isinstance(op, Check) else {}
        return put_of(known[op.key], op.version) if known else op


def put_of(record, expect):
    """A Put of what is there."""
    return Put(record.key, record.data, expect, record.status, record.owner, record.due)


@breaks("once_happens_once")
class OnceAgain(Rewritten):
    """Once-keys that never refuse."""

    def rewrite(self, op):
        return None if isinstance(op, Once) and self.get([f"once/{op.key}"]) else op


@breaks("once_keeps_its_value")
class NoFingerprint(Rewritten):
    """Once-keys without their fingerprint."""

    def rewrite(self, op):
        return evolve(op, fingerprint="") if isinstance(op, Once) else op


@breaks("events_wait_until_acknowledged")
class LostAck(Rewritten):
    """Acknowledgments that do not arrive."""

    def rewrite(self, op):
        return None if isinstance(op, Ack) else op


@breaks("deferred_events_wait_for_their_time")
class AttemptsFromStart(Rewritten):
    """Attempts that start again."""

    def rewrite(self, op):
        return evolve(op, attempts=1) if isinstance(op, Defer) else op


@breaks("events_not_to_be_delivered_never_wait")
class DeliverAll(Rewritten):
    """Every event in the outbox."""

    def rewrite(self, op):
        return evolve(op, deliver=True) if isinstance(op, Emit) else op


@breaks("raise_lifts_and_never_lowers")
class LoweringRaise(Around):
    """Raise that sets."""

    def commit(self, change):
        self.store.commit(change)
        for op in change.ops:
            if isinstance(op, Raise):
                delta = op.to - self.counts([op.key]).get(op.key, 0)
                self.store.commit(part(change, Add(op.key, delta, lo=None)))


@breaks("raise_comes_after_add")
class OrderGiven(Around):
    """Operations one by one, in the order given."""

    def commit(self, change):
        for op in change.ops:
            self.store.commit(part(change, op))


@breaks("a_refused_emit_undoes_everything")
class PartialRollback(Around):
    """Operations one by one, without undoing what went before."""

    def commit(self, change):
        for op in ordered(change):
            self.store.commit(part(change, op))


@breaks("a_refused_once_is_reported_first")
class LastReported(Around):
    """The last refusal, where several are."""

    def commit(self, change):
        try:
            self.store.commit(change)
        except ConflictError as first:
            last = first
            for op in ordered(change):
                try:
                    self.store.commit(part(change, op, Drop("absent", 1)))
                except ConflictError as conflict:
                    last = last if conflict.key == "absent" else conflict
            raise last from None


@breaks("add_stops_at_zero")
class NothingToldOfConflicts(Around):
    """Conflicts that do not tell what stands there."""

    def commit(self, change):
        try:
            self.store.commit(change)
        except ConflictError as conflict:
            raise ConflictError(conflict.kind, conflict.key) from None


@breaks("a_change_sent_again_is_refused")
class QuietRepeats(Around):
    """A change that was done before is done, it says."""

    def commit(self, change):
        try:
            self.store.commit(change)
        except ConflictError:
            if not self.events(change=change.id):
                raise


@breaks("a_change_sent_again_is_refused")
class DoneTwice(Rewritten):
    """A repeat that goes through, as a new change would."""

    def rewrite(self, op):
        known = self.get([op.key]) if isinstance(op, Put) else {}
        return put_of(known[op.key], known[op.key].version) if known else op


@breaks("a_lost_acknowledgment_is_found")
class Forgetful(Around):
    """Events without the change that they came with."""

    def events(self, *, change=None, **asked):
        return [] if change is not None else self.store.events(**asked)


@breaks("numbers_of_a_lead_have_no_gap")
class NumbersOfRefusals(Around):
    """A refused change takes its numbers with it."""

    def commit(self, change):
        try:
            self.store.commit(change)
        except ConflictError:
            for op in change.ops:
                if isinstance(op, Emit) and not self.events(lead=op.lead, after=op.n - 1, limit=1):
                    self.store.commit(part(change, op))
            raise


class Texts(Rewritten):
    """Texts that are kept as others, in every column."""

    def rewrite(self, op):
        return with_text(op, self.kept)

    def get(self, keys):
        return {key: record for key in keys for record in self.store.get([self.kept(key)]).values()}


@breaks("keys_stay_apart_by_case")
class FoldedKeys(Texts):
    """Keys compared without case, as some databases do by default."""

    def kept(self, text):
        return text.casefold()


@breaks("keys_stay_apart_by_trailing_space")
class PaddedKeys(Texts):
    """Keys compared as if they were padded."""

    def kept(self, text):
        return text.rstrip(" ") or text


@breaks("every_text_may_be_long")
class ShortTexts(Texts):
    """Keys cut off behind 189 characters."""

    def kept(self, text):
        return text[:189] if len(text) == 190 else text


@breaks("numbers_of_64_bits")
class Floats(Rewritten):
    """Numbers of 53 bits, as JSON has them."""

    def rewrite(self, op):
        if isinstance(op, Put) and op.due is not None:
            return evolve(op, due=int(float(op.due)) if abs(op.due) < 2**62 else op.due)
        return op


@breaks("find_tells_the_instant_to_the_microsecond")
class Milliseconds(Rewritten):
    """Instants without their microseconds."""

    def rewrite(self, op):
        due = isinstance(op, Put) and op.due
        return evolve(op, due=due // 1000 * 1000) if due else op


@breaks("counts_by_prefix")
class EndlessPrefix(Around):
    """A prefix that has a beginning and no end."""

    def counts(self, keys=None, *, prefix="", **page):
        if keys is not None or page:
            return self.store.counts(keys, prefix=prefix, **page)
        return {key: n for key, n in self.store.counts().items() if key >= prefix}


@breaks("counts_by_prefix")
class Wildcards(Around):
    """A prefix in which _ is any letter."""

    def counts(self, keys=None, *, prefix="", **page):
        if "_" not in prefix:
            return self.store.counts(keys, prefix=prefix, **page)
        return {key: n for key, n in self.store.counts().items() if key.startswith(prefix[:-1])}


@breaks("counts_pages_exactly")
class PagesOfZeros(Around):
    """Counters at 0 left out after the page was cut."""

    def __init__(self, store):
        super().__init__(store)
        self.known = set()

    def commit(self, change):
        self.store.commit(change)
        self.known |= {op.key for op in change.ops if isinstance(op, Add | Raise)}

    def counts(self, keys=None, *, prefix="", after="", limit=None):
        if limit is None or keys is not None:
            return self.store.counts(keys, prefix=prefix, after=after)
        page = [key for key in sorted(self.known) if key > after and key.startswith(prefix)][:limit]
        return self.store.counts(page)


@breaks("counts_pages_behind_any_text")
class PagesAgain(Around):
    """A page of counters that begins with the last one of the page before."""

    def counts(self, keys=None, *, prefix="", after="", limit=None):
        if keys is not None:
            return self.store.counts(keys, prefix=prefix, after=after, limit=limit)
        found = self.store.counts(prefix=prefix)
        return dict([pair for pair in found.items() if pair[0] >= after][:limit])


@breaks("counts_takes_one_question")
class Lenient(Around):
    """Questions that make no sense, answered somehow."""

    def counts(self, keys=None, **page):
        return self.store.counts(keys, **(page if keys is None else {}))


@breaks("counts_pages_exactly")
class OneCounterMore(Around):
    """Pages of counters with one more than the limit."""

    def counts(self, keys=None, *, limit=None, **page):
        return self.store.counts(keys, limit=limit and limit + 1, **page)


@breaks("find_pages_exactly")
class OneRecordMore(Around):
    """Pages of records with one more than the limit."""

    def find(self, *, limit=100, **asked):
        return self.store.find(limit=limit and limit + 1, **asked)


@breaks("events_page_by_id")
class OneEventMore(Around):
    """Pages of events with one more than the limit."""

    def events(self, *, limit=500, **asked):
        return self.store.events(limit=limit and limit + 1, **asked)


@breaks("trim_stops_at_its_limit")
class OneTrimmedMore(Around):
    """Trimming of one more than the limit."""

    def trim(self, before, limit=1000):
        return self.store.trim(before, limit and limit + 1)


@breaks("limits_are_100_and_500_unless_given")
class PagesOfAHundred(Around):
    """No page of more than a hundred records."""

    def find(self, *, limit=100, **asked):
        return self.store.find(limit=min(limit, 100), **asked)


@breaks("logs_go_past_500")
class LogsOfFiveHundred(Around):
    """Nothing behind the first five hundred events of a lead."""

    def events(self, **asked):
        found = self.store.events(**asked)
        return [event for event in found if asked.get("lead") is None or event.n <= 500]


@breaks("pages_hold_while_others_write")
class RecordsByOffset(Around):
    """Pages of records that go by how many came before."""

    def __init__(self, store):
        super().__init__(store)
        self.places = {}

    def find(self, *, after=None, limit=100, **asked):
        start = self.places.get((after, repr(asked)), 0)
        found = self.store.find(limit=start + limit, **asked)[start:]
        if found:
            self.places[found[-1], repr(asked)] = start + len(found)
        return found


@breaks("logs_hold_while_others_write")
class OutboxByOffset(Around):
    """Pages of the outbox that go by how many came before."""

    def __init__(self, store):
        super().__init__(store)
        self.places = {}

    def events(self, *, after=0, limit=500, pending_at=None, **asked):
        if pending_at is None:
            return self.store.events(after=after, limit=limit, **asked)
        start = self.places.get(after, 0)
        found = self.store.events(limit=start + limit, pending_at=pending_at, **asked)[start:]
        if found:
            self.places[found[-1].id] = start + len(found)
        return found


@breaks("find_pages_exactly")
class LooseTies(Around):
    """Pages by due time alone."""

    def find(self, *, after=None, **asked):
        return self.store.find(after=after and evolve(after, key="\U0010ffff"), **asked)


@breaks("find_all")
class NeverDueFirst(Around):
    """What is never due comes first."""

    def find(self, **asked):
        return sorted(self.store.find(**asked), key=lambda record: record.due is not None)


@breaks("find_by_several_statuses")
class OneStatus(Around):
    """Of several statuses the first alone."""

    def find(self, *, status=None, **asked):
        alone = status if status is None or isinstance(status, str) else status[:1]
        return self.store.find(status=alone, **asked)


@breaks("find_the_first_of_each_status")
class AllOfEach(Around):
    """All records of each status, however few were asked for."""

    def find(self, *, first=None, **asked):
        return self.store.find(**asked)


class Stale(Around):
    """Records that are found at places that they have left."""

    def __init__(self, store):
        super().__init__(store)
        self.left = []

    def commit(self, change):
        keys = [op.key for op in change.ops if isinstance(op, Put | Drop)]
        before = self.get(keys)
        self.store.commit(change)
        after = self.get(keys)
        self.left += [old for key, old in before.items() if self.stays(old, after.get(key))]

    def find(self, *, status=None, owner=None, **asked):
        found = self.store.find(status=status, owner=owner, **asked)
        stale = [old for old in self.left if (status or owner) in (old.status, old.owner)]
        return found + stale


@breaks("find_forgets_old_places")
class DroppedStay(Stale):
    """A dropped record is still in its lines."""

    def stays(self, old, new):
        return new is None


@breaks("find_forgets_old_places")
class StatusStays(Stale):
    """A record with a new status is still in its old line."""

    def stays(self, old, new):
        return new is not None and new.status != old.status


@breaks("find_forgets_old_places")
class DueStays(Stale):
    """A record with a new due time is found at the old one too."""

    def stays(self, old, new):
        return new is not None and new.due != old.due


@breaks("keys_stay_apart_by_a_letter")
class OwnersAlike(Around):
    """ada is given what adam has."""

    def find(self, *, status=None, owner=None, limit=100, **asked):
        found = self.store.find(status=status, limit=limit, **asked)
        return [record for record in found if record.owner.startswith(owner or "")]


@breaks("keys_stay_apart_by_a_letter")
class LeadsAlike(Around):
    """ada is given the log of adam."""

    def events(self, *, lead=None, **asked):
        found = self.store.events(**asked)
        return [event for event in found if lead is None or event.lead.startswith(lead)]


@breaks("keys_stay_apart_by_a_letter")
class ChangesAlike(Around):
    """ada is told that adam's change was hers."""

    def events(self, *, change=None, **asked):
        found = self.store.events(**asked)
        return [event for event in found if change is None or event.change.startswith(change)]


@breaks("events_of_a_lead_come_by_number_not_by_id")
class LogById(Around):
    """The log of a lead in the order of its ids."""

    def events(self, **asked):
        return sorted(self.store.events(**asked), key=lambda event: event.id)


@breaks("pending_events_come_by_id")
class Cursor(Around):
    """A consumer that keeps the last id as a cursor, and so never sees late events."""

    cursor = 0

    def commit(self, change):
        self.store.commit(change)
        self.cursor = max([self.cursor, *(op.id for op in change.ops if isinstance(op, Ack))])

    def events(self, *, after=0, pending_at=None, **asked):
        start = after if pending_at is None else max(after, self.cursor)
        return self.store.events(after=start, pending_at=pending_at, **asked)


@breaks("events_of_a_lead_are_delivered_in_order")
class SecondHandedOut(Around):
    """Every event that waits, though an earlier one of its lead waits too."""

    def events(self, *, pending_at=None, **asked):
        found = self.store.events(**asked)
        if pending_at is None:
            return found
        return [each for each in found if each.until is not None and each.until <= pending_at]


@breaks("pages_of_the_outbox_are_full")
class EmptyPages(Around):
    """A page of the outbox is cut before it is looked whose turn it is."""

    def events(self, *, after=0, limit=500, pending_at=None, **asked):
        if pending_at is None:
            return self.store.events(after=after, limit=limit, **asked)
        page = {event.id for event in self.store.events(after=after, limit=limit)}
        found = self.store.events(after=after, pending_at=pending_at, **asked)
        return [event for event in found if event.id in page]


@breaks("trim_keeps_what_waits")
class GreedyTrim(Around):
    """Trimming that forgets what waits in the outbox."""

    def trim(self, before, limit=1000):
        for event in self.events():
            if not event.delivered:
                self.store.commit(Change("trim", [Ack(event.id)]))
        return self.store.trim(before, limit)


@breaks("trim_forgets_old_events")
class LateTrim(Around):
    """Trimming that forgets what is as old as the instant."""

    def trim(self, before, limit=1000):
        return self.store.trim(before + 1, limit)


@breaks("what_was_not_there_reads_back_too")
class CachedRecords(Around):
    """Records that are read once."""

    def __init__(self, store):
        super().__init__(store)
        self.known = {}

    def get(self, keys):
        if tuple(keys) not in self.known:
            self.known[tuple(keys)] = self.store.get(keys)
        return self.known[tuple(keys)]


@breaks("answers_belong_to_the_caller")
class SharedAnswers(Around):
    """Counters that are given as they are kept."""

    def __init__(self, store):
        super().__init__(store)
        self.given = {}

    def counts(self, keys=None, **page):
        found = self.store.counts(keys, **page)
        kept = self.given.setdefault((keys and tuple(keys), repr(page)), {})
        kept.clear()
        kept.update(found)
        return kept


class ReadBefore(Around):
    """Guards that look at what was read before, and writes without a guard: a snapshot, a wrong isolation."""

    def commit(self, change):
        for op in change.ops:
            self.guard(op)
        self.store.commit(part(change, *filter(None, (self.unguarded(op) for op in change.ops))))

    def guard(self, op):
        if isinstance(op, Add):
            found = self.counts([op.key]).get(op.key, 0)
            if not op.bounds[0] <= found + op.delta <= op.bounds[1]:
                raise ConflictError("limit", op.key, found)
        elif isinstance(op, Put | Drop):
            records = self.get([op.key])
            found = records[op.key].version if records else 0
            if found != op.expect:
                raise ConflictError("version", op.key, found)
        elif isinstance(op, Once) and (kept := self.get([f"once/{op.key}"])):
            raise ConflictError("duplicate", op.key, kept[f"once/{op.key}"].data)

    def unguarded(self, op):
        if isinstance(op, Add):
            return evolve(op, lo=None, hi=None)
        if isinstance(op, Put | Drop):
            records = self.get([op.key])
            return evolve(op, expect=records[op.key].version) if records else op
        return None if isinstance(op, Once) and self.get([f"once/{op.key}"]) else op


@breaks("each_step_of_add_is_safe")
class LimitReadBefore(ReadBefore):
    """Limits that are judged before they are locked."""


@breaks("each_step_of_put_is_safe")
class VersionReadBefore(ReadBefore):
    """Versions that are judged before they are locked."""


@breaks("each_step_of_once_is_safe")
class OnceReadBefore(ReadBefore):
    """Once-keys that are judged before they are locked."""


@breaks("each_step_of_sum_is_safe")
class LostUpdate(Around):
    """Counters that are read, added to and set."""

    def commit(self, change):
        before = self.counts([op.key for op in change.ops if isinstance(op, Add)])
        self.store.commit(change)
        for op in change.ops:
            if isinstance(op, Add):
                now = self.counts([op.key]).get(op.key, 0)
                delta = before.get(op.key, 0) + op.delta - now
                self.store.commit(part(change, Add(op.key, delta, lo=None)))


@breaks("each_step_shows_whole_changes")
class TwoTransactions(Around):
    """Records and events in a second transaction."""

    def commit(self, change):
        for later in (False, True):
            if ops := [op for op in change.ops if isinstance(op, Put | Emit) is later]:
                self.store.commit(part(change, *ops))


@breaks("each_step_hides_what_is_refused")
class DirtyReads(Around):
    """Counters that move before the change is done, and are put back when it is refused."""

    def commit(self, change):
        adds = [op for op in change.ops if isinstance(op, Add)]
        for op in adds:
            self.store.commit(part(change, op))
        try:
            self.store.commit(part(change, *(op for op in change.ops if op not in adds)))
        except ConflictError:
            for op in adds:
                self.store.commit(part(change, Add(op.key, -op.delta, lo=None)))
            raise


# Inside a transaction of the host


class Binding(MemoryStore):
    """A store in memory whose transactions are those of a host, one within another."""

    def __init__(self):
        super().__init__()
        self.marks = []

    @contextmanager
    def transaction(self):
        with self._lock:
            self.marks.append(self._state.copy())
            try:
                yield self
            except BaseException:
                self._state = self.marks[-1]
                raise
            finally:
                self.marks.pop()

    def bind(self, host):
        return Inside(host)


class Impatient(Binding):
    """A store in memory that does not wait for others."""

    def commit(self, change):
        if not self._lock.acquire(timeout=0.001):
            raise TransientError("the store is locked")
        try:
            super().commit(change)
        finally:
            self._lock.release()


class Inside(Around):
    """What a bound store says of itself."""

    is_bound = True
    sees_commits = False


def commits(host):
    """End the transaction of a host by COMMIT, and begin another."""
    if isinstance(host, sqlite3.Connection):
        host.execute("COMMIT")
        host.execute("BEGIN IMMEDIATE")
    else:
        host.marks = [host._state.copy() for _ in host.marks]


def rolls_back(host):
    """End the transaction of a host by ROLLBACK, and begin another."""
    if isinstance(host, sqlite3.Connection):
        host.execute("ROLLBACK")
        host.execute("BEGIN IMMEDIATE")
    else:
        host._state = host.marks[0].copy()


class Hosted(Around):
    """A store whose bound twin goes wrong."""

    def bind(self, host):
        return self.Twin(self.store.bind(host), host)

    class Twin(Inside):
        def __init__(self, store, host):
            super().__init__(store)
            self.host = host


@breaks("bound_writes_end_with_a_rollback", HOSTED)
class BindCommits(Hosted):
    """A bound store that commits what it wrote."""

    class Twin(Hosted.Twin):
        def commit(self, change):
            self.store.commit(change)
            commits(self.host)


@breaks("bound_put_may_be_the_first_write", HOSTED)
class FirstWriteCommits(Hosted):
    """A bound store whose first write is a transaction of its own."""

    class Twin(Hosted.Twin):
        fresh = True

        def commit(self, change):
            self.store.commit(change)
            if self.fresh:
                commits(self.host)
            self.fresh = False


@breaks("bound_reads_commit_nothing", HOSTED)
class TrimCommits(Hosted):
    """A bound store whose trimming commits."""

    class Twin(Hosted.Twin):
        def trim(self, before, limit=1000):
            found = self.store.trim(before, limit)
            commits(self.host)
            return found


@breaks("bound_refusals_undo_themselves_alone", HOSTED)
class NoSavepoint(Hosted):
    """A bound store whose refused change leaves half of itself in the transaction."""

    class Twin(Hosted.Twin):
        commit = PartialRollback.commit


@breaks("bound_refusals_undo_themselves_alone", HOSTED)
class RefusalsRollBack(Hosted):
    """A bound store whose refused change undoes all that the host has done."""

    class Twin(Hosted.Twin):
        def commit(self, change):
            try:
                self.store.commit(change)
            except ConflictError:
                rolls_back(self.host)
                raise


@breaks("bound_refusals_commit_nothing", HOSTED)
class RefusalsCommit(Hosted):
    """A bound store whose refused change ends the transaction of the host."""

    class Twin(Hosted.Twin):
        def commit(self, change):
            try:
                self.store.commit(change)
            except ConflictError:
                commits(self.host)
                raise


@breaks("nested_writes_end_with_their_rollback", HOSTED)
class NestedCommits(Hosted):
    """A bound store that keeps what was written in a nested transaction."""

    class Twin(Hosted.Twin):
        def commit(self, change):
            self.store.commit(change)
            if isinstance(self.host, sqlite3.Connection):
                self.host.execute("SAVEPOINT host")  # the host goes back to this one
            else:
                self.host.marks[1:] = [self.host._state.copy() for _ in self.host.marks[1:]]


@breaks("bound_stores_say_so", HOSTED)
class Unsaid(Hosted):
    """A bound store that does not say that it is one."""

    class Twin(Hosted.Twin):
        is_bound = False


@breaks("who_waits_for_a_host_that_rolls_back_goes_on", HOSTED)
class BusyIsConflict(Hosted):
    """A store that tells a conflict when it is only busy."""

    Twin = Hosted.Twin

    def commit(self, change):
        try:
            self.store.commit(change)
        except TransientError:
            raise ConflictError("version", "r", 0) from None


# Beside another store


@breaks("two_stores_on_the_same_data_agree", REOPENED)
class OwnCache(Around):
    """Versions as this store has seen them last."""

    def __init__(self, store):
        super().__init__(store)
        self.known = {}

    def find(self, **asked):
        found = self.store.find(**asked)
        return [self.known.setdefault(record.key, record) for record in found]

    def commit(self, change):
        self.store.commit(change)
        self.known.clear()


@breaks("stores_survive_a_fork", REOPENED)
class ParentAlone(Around):
    """A store that does nothing in the child of a fork."""

    def __init__(self, store):
        super().__init__(store)
        self.pid = os.getpid()

    def commit(self, change):
        if os.getpid() == self.pid:
            self.store.commit(change)


@breaks("processes_share_limits_versions_and_logs", REOPENED)
class ProcessAlone(Around):
    """Limits that each process counts for itself."""

    def __init__(self, store):
        super().__init__(store)
        self.own = Counter()

    def commit(self, change):
        adds = [op for op in change.ops if isinstance(op, Add)]
        for op in adds:
            if op.hi is not None and self.own[op.key] + op.delta > op.hi:
                raise ConflictError("limit", op.key, self.own[op.key])
            self.own[op.key] += op.delta
        ops = (evolve(op, hi=None) if isinstance(op, Add) else op for op in change.ops)
        self.store.commit(part(change, *ops))
