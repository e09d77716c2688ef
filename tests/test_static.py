"""What the source may not contain, read from its syntax tree."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "leadroute"
SOURCES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
MODULE_LINES = 700

CORE = ("errors", "model", "rules", "ranking")
CORE_OFFERS = ("machine", "events", "placement", "change")
EFFECTS = {
    "asyncio",
    "cattrs",
    "json",
    "multiprocessing",
    "os",
    "random",
    "secrets",
    "sqlite3",
    "subprocess",
    "threading",
    "time",
    "uuid",
}
EVALUATORS = {"eval", "exec", "compile", "__import__"}
PICKLERS = {"dill", "marshal", "pickle", "shelve"}
WALL_CLOCKS = {"now", "today", "utcnow"}


def name(path: Path) -> str:
    """Return the path as the reports print it."""
    return path.relative_to(ROOT).as_posix()


def core(path: Path) -> bool:
    """Tell whether a module is of the core: it decides, and does nothing else."""
    first, *rest = path.relative_to(PACKAGE).with_suffix("").parts
    return first in CORE or (first == "offers" and rest[:1] != [] and rest[0] in CORE_OFFERS)


@cache
def tree(path: Path) -> ast.Module:
    """Parse a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported(module: ast.Module) -> Iterator[str]:
    """Yield the full name of everything that a module imports, anywhere in it."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(imports: Iterator[str], package: str) -> list[str]:
    """Return the imports that are of a package."""
    return [found for found in imports if found == package or found.startswith(f"{package}.")]


sources = pytest.mark.parametrize("path", SOURCES, ids=name)
core_sources = pytest.mark.parametrize("path", [path for path in SOURCES if core(path)], ids=name)


@sources
def test_nothing_is_evaluated(path):
    """No module runs text as code or names a module to import by text."""
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    used = {call.id for call in calls if isinstance(call, ast.Name)}
    used |= {
        call.attr
        for call in calls
        if isinstance(call, ast.Attribute)
        and isinstance(call.value, ast.Name)
        and call.value.id == "builtins"
    }
    assert used & EVALUATORS == set()


@sources
def test_nothing_is_pickled(path):
    """No module reads or writes a format that can carry code."""
    roots = {found.partition(".")[0] for found in imported(tree(path))}
    assert roots & PICKLERS == set()


@core_sources
def test_core_has_no_effects(path):
    """The core imports no clock, randomness, thread, file format or database."""
    roots = {found.partition(".")[0] for found in imported(tree(path))}
    assert roots & EFFECTS == set()


@core_sources
def test_core_reads_no_clock(path):
    """The core is told the time and never asks for it."""
    asked = {
        f"{ast.unparse(node)} in line {node.lineno}"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute)
        and node.attr in WALL_CLOCKS
        and ast.unparse(node.value).rpartition(".")[2] in {"datetime", "date"}
    }
    assert asked == set()


@sources
def test_source_is_finished(path):
    """No module holds a note to finish it or a part that is not there."""
    text = path.read_text(encoding="utf-8")
    assert [mark for mark in ("TODO", "FIXME", "XXX", "NotImplementedError") if mark in text] == []


@sources
def test_source_is_short(path):
    """A module is short enough to be read in one sitting."""
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MODULE_LINES


@sources
def test_source_states_its_rules(path):
    """A module starts with a docstring."""
    assert ast.get_docstring(tree(path))


@sources
def test_command_line_is_imported_by_nothing(path):
    """Only the command itself and `python -m leadroute` know the command line."""
    if path.relative_to(PACKAGE).parts[0] not in {"cli", "cli.py", "__main__.py"}:
        assert within(imported(tree(path)), "leadroute.cli") == []


@sources
def test_testing_is_imported_by_nothing_that_a_host_imports(path):
    """Only the demonstration, which moves its own clock, uses the testing module."""
    if path.relative_to(PACKAGE).parts[0] not in {"cli", "cli.py", "testing"}:
        assert within(imported(tree(path)), "leadroute.testing") == []


@pytest.mark.parametrize("path", TESTS, ids=name)
def test_tests_state_their_promise(path):
    """Every test has a docstring of one sentence."""
    functions = [
        node
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
    ]
    promises = {node.name: ast.get_docstring(node) or "" for node in functions}
    unkept = [test for test, promise in promises.items() if not promise.endswith(".")]
    assert unkept == []
