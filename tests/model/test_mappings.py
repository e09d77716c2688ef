"""The fields of objects of other libraries, which leads are made of."""

import sqlite3
from collections import namedtuple
from types import SimpleNamespace

import attrs
import pytest

from leadroute.errors import FieldTypeError
from leadroute.model.columns import flattened, mapping_of
from leadroute.model.lead import Lead


class Django:
    """A row as Django's ORM has it."""

    _meta = SimpleNamespace(
        concrete_fields=[SimpleNamespace(attname="id"), SimpleNamespace(attname="owner_id")]
    )
    id, owner_id, _state = "L-1", "ada", object()


class Mapped:
    """A row as SQLAlchemy's ORM has it."""

    __mapper__ = SimpleNamespace(
        column_attrs=[SimpleNamespace(key="id"), SimpleNamespace(key="owner_id")]
    )
    id, owner_id, metadata = "L-1", "ada", object()


class Pydantic:
    """A model as pydantic has it."""

    model_fields = {"id": None, "owner_id": None}  # noqa: RUF012 - as pydantic has it
    id, owner_id = "L-1", "ada"


@attrs.define
class Attrs:
    """An attrs object."""

    id: str = "L-1"
    owner_id: str = "ada"


class Slots:
    """An object that keeps its values in slots, one of them empty."""

    __slots__ = ("_secret", "empty", "id", "owner_id")

    def __init__(self):
        self.id, self.owner_id, self._secret = "L-1", "ada", 1


def row():
    """A row of sqlite3."""
    connection = sqlite3.connect(":memory:")
    connection.row_factory = sqlite3.Row
    found = connection.execute("SELECT 'L-1' AS id, 'ada' AS owner_id").fetchone()
    connection.close()
    return found


@pytest.mark.parametrize(
    "given",
    [
        Django(),
        Mapped(),
        Pydantic(),
        Attrs(),
        Slots(),
        row(),
        namedtuple("Row", "id owner_id")("L-1", "ada"),  # noqa: PYI024 - as drivers have it
        SimpleNamespace(id="L-1", owner_id="ada", _private=1),
        {"id": "L-1", "owner_id": "ada"},
    ],
    ids=lambda given: type(given).__name__,
)
def test_fields_of_an_object(given):
    """Stored fields are found, whatever library the object is of; what is private or computed is not."""
    assert mapping_of(given) == {"id": "L-1", "owner_id": "ada"}
    assert Lead.from_object(given) == Lead("L-1", owner_id="ada")


@pytest.mark.parametrize("given", [None, "L-1", 5, [("id", "L-1")]])
def test_what_is_no_row_is_refused_as_such(given):
    """What has no fields is refused by its type, instead of as a row without an id."""
    with pytest.raises(FieldTypeError, match=r"row is of type .*Lead\.from_object reads"):
        Lead.from_mapping(given)
    with pytest.raises(FieldTypeError, match="it must be an object with fields"):
        Lead.from_object(given)


def test_a_row_without_nesting_stays_as_it_is():
    """Keys become text, and an instant as JSON has it is no nesting."""
    assert flattened({1: "a"}, ()) == {"1": "a"}
    instant = {"$instant": "2026-01-05T09:00:00Z"}
    assert flattened({"attributes": {"since": instant}}, ()) == {"attributes.since": instant}
