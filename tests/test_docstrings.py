"""The docstrings of the public places say what is there."""

import inspect
import re
from importlib import import_module

import pytest

import leadroute

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


def public():
    """Yield the name and the docstring of each public function, class, method and property."""
    for module in (leadroute, *MODULES):
        for name in module.__all__:
            thing = getattr(module, name)
            members = vars(thing).items() if inspect.isclass(thing) else ()
            for method, found in ((name, thing), *members):
                each = found.fget if isinstance(found, property) else found
                if (
                    inspect.isroutine(each)
                    or inspect.isclass(each)
                    or each.__class__ is classmethod
                ):
                    yield f"{name}.{method}", inspect.getdoc(each) or ""


CLAUSE = re.compile(r"(?:What|Who|Whom|Whose|Where|Whether|When|How|Everything|Everybody)\b")
STRANGE = re.compile(
    r"\b(?:whoever|somebody|the hosts?|(?:is|are) no (?!longer|more|trials))\b", re.IGNORECASE
)


def test_docstrings_begin_with_few_plain_words():
    """A first line has at most 12 words and no clause for a subject, and reps are called reps."""
    wrong = []
    for name, text in public():
        first = text.partition("\n")[0]
        if name.rpartition(".")[2][0] != "_" and (
            len(first.split()) > 12 or CLAUSE.match(first) or STRANGE.search(first)
        ):
            wrong.append((name, first))
    assert wrong == []
