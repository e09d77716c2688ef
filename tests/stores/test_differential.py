"""The same changes in memory and in a database: equal answers and an equal state, always."""

import pytest
from hypothesis import event, given

from leadroute.offers.change import Change, ordered
from leadroute.testing.contract.common import Contract
from tests.profiles import examples
from tests.stores.drawn import Latest, answer, changes, followed, seen, steps
from tests.stores.places import memory, sqlite
from tests.stores.renumbered import Renumbered
from tests.stores.sql import OWN

PLAIN = "postgresql_plain"


def compare(drawn, model, store):
    """Do drawn steps in both; each must answer as the other, and look like it."""
    for step, most, said, shown in followed(store, drawn):
        kind = said[0] if isinstance(said, tuple) else "done"
        event("trim" if isinstance(said, int) else kind)
        assert answer(model, step, most) == said
        assert seen(model) == shown


@examples(60)
@given(steps)
def test_memory_and_sqlite_cannot_be_told_apart(drawn):
    """Any changes and trims, in any order, give the same answers and leave the same state."""
    with memory() as model, sqlite() as store:
        compare(drawn, model, store)


@pytest.mark.parametrize("kind", [kind for kind in OWN if kind != PLAIN])
@examples(40)
@given(drawn=steps)
def test_memory_and_databases_cannot_be_told_apart(kind, drawn):
    """Any changes and trims give the same answers through SQLAlchemy, on every kind of database."""
    with memory() as model, OWN[kind]() as store:
        compare(drawn, model, Renumbered(store))


@examples(15)
@given(steps)
def test_memory_and_postgresql_without_its_function_cannot_be_told_apart(drawn):
    """The same holds where PostgreSQL has no function; how it reads is the same then."""
    with memory() as model, OWN[PLAIN]() as store:
        compare(drawn, model, Renumbered(store))


@given(changes)
def test_order_never_depends_on_the_order_given(drawn):
    """A change and the same change with its kinds turned round do the same."""
    change = Latest().change("c", drawn)
    turned = Change("c", sorted(change.ops, key=lambda op: type(op).__name__))
    assert sorted(map(repr, ordered(turned))) == sorted(map(repr, ordered(change)))
    with memory() as one, memory() as two:
        assert answer(one, change, 1) == answer(two, turned, 1)
        assert Contract(one).state() == Contract(two).state()
