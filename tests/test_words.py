"""Old words of the library are gone from everything that a user types or reads."""

import inspect
import re
import sqlite3
from importlib import import_module

import attrs
import pytest

from leadroute.cli import main
from leadroute.formats import policy_schema
from leadroute.stores import SqliteStore

PLACES = (
    "leadroute leadroute.batch leadroute.conditions leadroute.eligibility leadroute.errors leadroute.events "
    "leadroute.formats leadroute.insight leadroute.lead_scoring leadroute.offers leadroute.scorers leadroute.stores "
    "leadroute.stores.sqlalchemy leadroute.testing"
).split()
OLD = frozenset(
    """
    anyway atlas Atlas bucket buckets calling cap_room Caught caught Conflict Environment environment Fact FactTypeError
    Fault Fit frees given_up grace Grant grant granted grants Happening happening headroom Heat hold InvalidValue learn
    learned Left Level LeadNotFound licences MissingExtra next_due NoTransaction Obstacle OfferClosed Otherwise
    otherwise Outcomes overlap passing patience Placed PriorityClass Refused Rejection rotation Scoring silence silences
    situation Situation Standing Swept tally Tally Terms to_plain toll Toll Transient tried within_km
    """.split()
)
# What an old word is still right for, and why.
FINE = {
    # An event's own end, in the protocol of stores: not when a rep is available again.
    "leadroute.stores.Defer": {"until"},
    "leadroute.stores.Event": {"until"},
    # What a custom scorer gives where it has nothing to go by.
    "leadroute.scorers.source_urgency": {"otherwise"},
    # Those of an offer, which a rule says; what a batch takes are options.
    "leadroute.offers.Terms": {"Terms"},
}


def things():
    """Yield every public name of every public place, with its place."""
    for place in PLACES:
        module = import_module(place)
        for name in module.__all__:
            yield f"{place}.{name}", getattr(module, name)


def parameters(thing):
    """Yield the names of the parameters of something that can be called."""
    try:
        yield from inspect.signature(thing).parameters
    except (TypeError, ValueError):
        return


def words_of(thing):
    """Yield every name that a public thing shows: its attributes, and the parameters of its methods."""
    yield from parameters(thing)
    if not inspect.isclass(thing):
        return
    if attrs.has(thing):
        yield from (each.alias for each in attrs.fields(thing))
    for name in dir(thing):
        if not name.startswith("_"):
            yield name
            yield from parameters(getattr(thing, name))


@pytest.mark.parametrize(
    ("place", "thing"), [*things()], ids=lambda it: it if isinstance(it, str) else ""
)
def test_public_name_is_a_new_word(place, thing):
    """No public name, attribute or argument is an old word."""
    shown = {place.rpartition(".")[2], *words_of(thing)}
    assert shown & OLD <= FINE.get(place, set())


def keys(schema):
    """Yield the keys and the fixed values of a JSON Schema."""
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        yield from (each for each in schema.get("enum", ()) if isinstance(each, str))
        for each in schema.values():
            yield from keys(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from keys(each)


def test_policy_keys_are_new_words():
    """No key and no value of a policy file is an old word."""
    assert OLD.isdisjoint(keys(policy_schema()))


@pytest.mark.parametrize("command", "route explain check test diff show schema report demo".split())
def test_help_of_a_command_has_new_words(command, capsys):
    """No option and no word in the help of a command is an old one."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    shown = capsys.readouterr().out
    assert OLD.isdisjoint(set(re.findall(r"[\w-]+", shown)) - {"otherwise", "hold"})


def test_columns_are_new_words(tmp_path):
    """No table, view or column of the store is an old word."""
    with SqliteStore(tmp_path / "crm.db"):
        pass
    host = sqlite3.connect(tmp_path / "crm.db")
    tables = [
        name
        for (name,) in host.execute(
            "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
        )
    ]
    columns = {row[1] for name in tables for row in host.execute(f"PRAGMA table_info({name})")}
    host.close()
    assert OLD.isdisjoint(columns | {part for name in tables for part in name.split("_")})


def test_places_show_their_names_alone():
    """The top of the package shows what it offers, and nothing else, and it is not much."""
    top = import_module("leadroute")
    assert dir(top) == sorted(top.__all__)
    assert len(top.__all__) <= 40
