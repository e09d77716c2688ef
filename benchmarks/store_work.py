"""The changes that `stores.py` commits: those of real calls of a dispatcher, with other ids.

A dispatcher works on a store in memory that keeps each change. From such a change any number of others is made: the id
of the lead is replaced in keys and documents, and what counts offers goes up with the number.
"""

from datetime import UTC, datetime
from itertools import islice

from attrs import evolve

from leadroute import Dispatcher, Lead, Rep, Router, Rule, free_capacity, round_robin
from leadroute.stores import Change, Emit, MemoryStore, Put, Raise
from leadroute.testing import ManualClock

START = datetime(2026, 1, 5, 9, tzinfo=UTC)
NAME = "L-template"
ROOM = 10**9


class Kept(MemoryStore):
    """A store that keeps the changes that were committed."""

    def __init__(self):
        super().__init__()
        self.changes = []

    def commit(self, change):
        """Keep the change, and commit it."""
        self.changes.append(change)
        super().commit(change)


def team(size):
    """Reps with room for all that is offered to them."""
    return [Rep(f"rep {number:03}", capacity=ROOM) for number in range(size)]


def router(*, turns=False):
    """One rule, by free room, or by turns, whose credits are a record that all offers of the pool write."""
    return Router(
        rules=[Rule("all", score=round_robin() if turns else free_capacity(), accept_within="10m")]
    )


def lead(name):
    """A lead with the fields that a form asks for."""
    return Lead(
        name,
        company="Acme Industries",
        email="buyer@acme.example",
        country="DE",
        industry="manufacturing",
        employees=250,
        source="website",
        product="core",
    )


def desk(store, size):
    """A dispatcher for a team of some size, whose clock stands still."""
    return Dispatcher(router(), team(size), store, ManualClock(START))


def templates_of(size, *, assigned=False):
    """For each rep of a team the change that `submit` makes for a lead that gets to this rep."""
    store, found = Kept(), []
    here = desk(store, size)
    for number in range(size):
        name, rep = f"L-{number:03}-first", f"rep {number:03}"
        given = {"to": rep} if assigned else {}
        assert here.submit(lead(name), **given).rep_id == rep
        made = store.changes[-1]
        found.append(Change(made.id, [renamed(op, name, NAME, 0) for op in made.ops]))
    return found


def offers(size):
    """For each rep of a team the change that offers a lead to this rep."""
    return templates_of(size)


def assignments(size):
    """For each rep of a team the change that makes this rep the owner of a lead."""
    return templates_of(size, assigned=True)


def renamed(op, old, new, number):
    """An operation for another lead."""
    if isinstance(op, Raise):
        return evolve(op, to=op.to + number)
    if isinstance(op, Put):
        return evolve(op, key=op.key.replace(old, new), data=op.data.replace(old, new))
    if isinstance(op, Emit):
        return evolve(op, lead=new, data=op.data.replace(old, new))
    assert old not in op.key
    return op


def operations(templates, number):
    """The operations for one lead."""
    template, name = templates[number % len(templates)], f"L-{number:09}"
    return [renamed(op, NAME, name, number) for op in template.ops]


def change(templates, number):
    """The change for one lead."""
    return Change(f"c-{number:029}", operations(templates, number))


def together(templates, numbers):
    """One change for many leads."""
    numbers = list(numbers)
    ops = [op for number in numbers for op in operations(templates, number)]
    return Change(f"t-{numbers[0]:029}", ops)


def changes(templates, numbers, count):
    """So many changes for the next numbers."""
    return [change(templates, number) for number in islice(numbers, count)]
