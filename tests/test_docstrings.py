"""The docstrings of the public places say what is there."""

import inspect
import re
from importlib import import_module

import pytest

PLACES = "batch conditions eligibility errors events formats insight lead_scoring offers scorers stores testing"
MODULES = [import_module(f"leadroute.{place}") for place in PLACES.split()]


def documented():
    """Yield each public function, class and method that describes its arguments, once."""
    found = {}
    for module in MODULES:
        for name in module.__all__:
            thing = getattr(module, name)
            found[name] = thing
            if inspect.isclass(thing):
                methods = inspect.getmembers(thing, inspect.isroutine)
                found |= {f"{name}.{method}": each for method, each in methods if method[0] != "_"}
    for name, thing in found.items():
        text = inspect.getdoc(thing) or ""
        if callable(thing) and "\nArgs:\n" in text:
            yield pytest.param(thing, text, id=name)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_public_place_has_all_its_names(module):
    """Every name that a public place lists can be imported from it."""
    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize(("thing", "text"), list(documented()))
def test_documented_arguments_exist(thing, text):
    """A docstring describes no argument that the signature does not have."""
    parameters = inspect.signature(thing).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return
    block = text.split("\nArgs:\n")[1].split("\n\n")[0]
    assert set(re.findall(r"^    (\w+): ", block, re.MULTILINE)) <= set(parameters)
