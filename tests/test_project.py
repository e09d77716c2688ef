"""The project keeps its promises: the package, its commands, its examples and its benchmarks."""

import json
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import metadata, requires, version
from pathlib import Path

import pytest
from conftest import docstrings, pages

import leadroute
from leadroute.scorers import BUILT_IN
from leadroute.stores.sqlalchemy.drivers import DRIVERS, EXTRAS

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Those of docs/api are generated from the docstrings.
WRITTEN = [page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "api"]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *WRITTEN]
# What conftest.py runs, and what is for the reader alone: commands of a shell, and pictures.
BLOCKS = {"console", "mermaid", "output", "python", "sh", "toml"}
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def run(*arguments, **options):
    """Run a new interpreter, with warnings as errors, and return what it prints."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", *map(str, arguments)],
        capture_output=True,
        check=False,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        **options,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def imports_of(statement):
    """Return the names of the modules that a statement loads in a new interpreter."""
    return set(run("-c", f"{statement}; import sys; print(*sys.modules)").split())


@pytest.mark.parametrize("name", ["demo", "test"])
def test_readme_has_its_commands(name):
    """The README marks one command of one line for the demo and one for the tests."""
    assert run(ROOT / ".ci" / "command.py", name).startswith("python3 -m venv .venv && ")
    assert README.count(f"<!-- command: {name} -->") == 1


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_block_is_executed(path):
    """A page has no block in a language that the tests would pass over in silence."""
    opened = re.findall(
        r"^[ >]*(?:```+|~~~+)([^\n`]*)\n.*?^[ >]*(?:```+|~~~+)$",
        path.read_text(encoding="utf-8"),
        re.DOTALL | re.MULTILINE,
    )
    assert {language for language in opened if language[:1] != "{"} <= BLOCKS


def test_every_example_is_collected():
    """Examples are run however deep in the folders they are: no page and no module with one is passed over."""
    modules = [path for path in (ROOT / "src").rglob("*.py") if ">>> " in path.read_text("utf-8")]
    assert all(map(docstrings.should_parse, modules))
    assert all(map(pages.should_parse, [ROOT / "README.md", *WRITTEN]))


def test_gate_names_a_command_that_is_missing():
    """A command that the README does not hold stops the gate with its name."""
    command = [sys.executable, ROOT / ".ci" / "command.py", "deploy"]
    finished = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")
    expected = "README.md: expected one command marked 'deploy' of one line, found 0\n"
    assert (finished.returncode, finished.stderr) == (1, expected)


def test_ci_only_runs_the_gate():
    """The workflow has one command, and it is the gate."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    assert re.findall(r"run: (.+)", workflow) == ["bash .ci/run"]


def test_ci_covers_every_version_that_is_promised():
    """The workflow runs on every version of Python that the package names."""
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")
    promised = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert re.findall(r'"(3\.\d+)"', workflow) == promised


def test_run_time_dependencies():
    """Outside Windows the package needs attrs, cattrs and sortedcontainers, and nothing else."""
    plain = [need for need in requires("leadroute") or () if ";" not in need]
    names = sorted(re.match(r"[\w-]+", need)[0] for need in plain)
    assert names == ["attrs", "cattrs", "sortedcontainers"]


def test_extras():
    """The extras that the documentation names can be installed."""
    extras = set(metadata("leadroute").get_all("Provides-Extra"))
    assert extras >= {"bench", "cli", "dev", "docs", "holidays", "icalendar", "test"}


def test_extras_of_drivers():
    """Each driver has an extra with its name, which brings SQLAlchemy and the tests use."""
    extras = PROJECT["optional-dependencies"]
    known = {name for kinds in DRIVERS.values() for names in kinds.values() for name in names}
    assert sorted(known - {"pysqlite"}) == sorted(EXTRAS)
    for name in EXTRAS:
        base, driver = extras[name]
        assert base == "leadroute[sqlalchemy]"
        assert re.match(r"\w+", driver)[0] == name
    assert f"leadroute[{','.join(EXTRAS)}]" in extras["test"]


def test_version():
    """The version has one source, the project file, and the package and the changelog agree."""
    assert leadroute.__version__ == version("leadroute") == PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{PROJECT['version']}]" in changelog


def test_unknown_attribute():
    """A name that the package does not have is refused as for any module."""
    with pytest.raises(AttributeError, match="module 'leadroute' has no attribute 'Leed'"):
        _ = leadroute.Leed


def test_package_is_typed():
    """The installed package tells type checkers to read its annotations."""
    assert Path(leadroute.__file__).with_name("py.typed").is_file()


def test_public_names_exist():
    """Every public name is there without any extra, once, and listed in order."""
    assert [name for name in leadroute.__all__ if not hasattr(leadroute, name)] == []
    assert len(set(leadroute.__all__)) == len(leadroute.__all__)
    assert run("-c", "from leadroute import *") == ""


def test_public_address_of_conditions():
    """A builder that is found under the public address is the same object there."""
    address, source = (
        import_module(name) for name in ("leadroute.conditions", "leadroute.rules.builders")
    )
    both = {*address.__all__} & {*source.__all__}
    assert {"LEAD", "REP", "age", "define", "predicate", "signal"} <= both
    assert all(getattr(address, name) is getattr(source, name) for name in both)


def test_public_address_of_scorers():
    """Every scorer that a policy may name is found under its name at the public address."""
    address = import_module("leadroute.scorers")
    assert {*BUILT_IN, "BUILT_IN", "scorer"} <= {*address.__all__}
    assert all(getattr(address, name) is found for name, found in BUILT_IN.items())


def test_public_name_comes_from_the_module_that_defines_it():
    """Every public name has a home, and the home is the module that defines it."""
    assert sorted([*leadroute._HOMES, "__version__"]) == sorted(leadroute.__all__)
    for name, home in leadroute._HOMES.items():
        assert getattr(leadroute, name) is getattr(import_module(home), name)
        assert getattr(getattr(leadroute, name), "__module__", home).startswith("leadroute.")


def test_every_scorer_has_a_row():
    """The documentation has a row of a table for every scorer that a policy may name."""
    rows = re.findall(
        r"^\| `(\w+)\(", (ROOT / "docs/reference/scorers.md").read_text("utf-8"), re.MULTILINE
    )
    assert set(rows) == set(BUILT_IN)


def test_import_loads_nothing_before_it_is_asked_for():
    """Importing the package loads none of its modules; a public name loads what it needs."""
    loaded = imports_of("import leadroute")
    assert {name for name in loaded if name.startswith("leadroute")} == {
        "leadroute",
        "leadroute.lazy",
    }
    assert "leadroute.ranking.router" in imports_of("from leadroute import Router")


def test_dir_shows_the_public_names_alone():
    """What is in a public place is seen there before it is imported, and nothing beside it."""
    assert dir(leadroute) == sorted(leadroute.__all__)


def test_import_of_all_names_is_clean():
    """All public names load neither the command line, the testing module nor any extra."""
    loaded = imports_of("from leadroute import *")
    unwanted = {"leadroute.cli", "leadroute.testing", "rich", "holidays", "icalendar", "hypothesis"}
    assert loaded & unwanted == set()


def test_import_of_all_stores_loads_no_driver():
    """All that the package and its stores hold loads neither SQLAlchemy nor a driver of a server."""
    loaded = imports_of("from leadroute import *; from leadroute.stores import *")
    assert loaded & {"sqlalchemy", "greenlet", "psycopg2", *EXTRAS} == set()


def test_stores_over_sqlalchemy_without_it(tmp_path):
    """Without SQLAlchemy the import of its stores names the extra, and the command that brings it."""
    (tmp_path / "script.py").write_text(
        "import sys\nsys.modules['sqlalchemy'] = None\n"
        "from leadroute.errors import MissingExtraError\n"
        "try:\n    import leadroute.stores.sqlalchemy\n"
        "except MissingExtraError as error:\n    print(error.extra, error, sep=': ')\n"
    )
    told = "sqlalchemy: a store over SQLAlchemy needs an extra: pip install 'leadroute[sqlalchemy]'"
    assert run(str(tmp_path / "script.py")) == f"{told}\n"


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_example_runs(path, tmp_path):
    """Every example is a script that runs from any folder and prints what it found."""
    assert run(path, cwd=tmp_path)


def test_import_benchmark():
    """The import benchmark reports its figures and bars, and finds nothing foreign."""
    printed = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "import_time.py", "--quick", "--json"],
        capture_output=True,
        check=False,
        encoding="utf-8",
    ).stdout
    report = json.loads(printed)
    assert set(report) == {"figures", "bars"}
    assert all(set(bar) == {"name", "value", "bound", "ok"} for bar in report["bars"])
    # The bar on time is for a quiet machine.
    assert {bar["name"]: bar["ok"] for bar in report["bars"] if bar["name"] != "time_ratio"} == {
        "foreign_modules": True,
        "testing_modules": True,
    }
