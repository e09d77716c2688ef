"""A store whose events are numbered from 1 without a gap, as they are in memory."""

from attrs import evolve

from leadroute.errors import ConflictError
from leadroute.offers.change import Ack, Change, Defer

NOWHERE = 10**15


class Renumbered:
    """A database takes a number for a row that it then refuses; here those are left out."""

    def __init__(self, store):
        self._store = store
        self._ids = []

    def __getattr__(self, name):
        return getattr(self._store, name)

    def _real(self, number):
        return self._ids[number - 1] if 0 < number <= len(self._ids) else NOWHERE + number

    def _told(self, mark):
        return self._ids.index(mark) + 1 if mark < NOWHERE else mark - NOWHERE

    def commit(self, change):
        ops = [
            evolve(op, id=self._real(op.id)) if isinstance(op, Ack | Defer) else op
            for op in change.ops
        ]
        try:
            self._store.commit(Change(change.id, ops))
        except ConflictError as conflict:
            if conflict.kind != "gone":
                raise
            told = str(self._told(int(conflict.key)))
            raise ConflictError("gone", told, conflict.current) from None
        last = self._ids[-1] if self._ids else 0
        self._ids += [event.id for event in self._store.events(after=last)]

    def events(self, *, after=0, lead=None, **asked):
        if lead is None and after:
            after = self._real(after)
        found = self._store.events(after=after, lead=lead, **asked)
        return [evolve(event, id=self._told(event.id)) for event in found]
