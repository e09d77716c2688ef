"""How the tests run: the same on every machine, with every example of the documentation among them.

The rules for an example, in README.md, in docs/ and in the docstrings of src/:

- A block marked `python` runs; one that starts with `>>>` is a doctest. The blocks of a page
  share their names.
- A block marked `output` is what the block before it printed, to the letter; so is one marked
  `mermaid`, which the page shows as a picture.
- A block marked `toml` parses. If its first line is a comment that names a file, such as
  `# policy.toml`, the block is that file for the rest of the page.
- A block marked `console` runs every line after `$ ` and compares the output; `...` stands
  for any text. `leadroute` alone on a line runs in the process of the tests, all else in a shell.
- A page starts in an empty folder of its own that holds a copy of `examples/`.

A test marked `slow` is left out where neither a mark nor the test itself is asked for by name, and the summary says
how many were. `pytest -m slow` runs them, and so does the gate. With `--without FILE` the tests that a file names are
left out too; a name that no test has fails the run.
"""

import gc
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Generator
from contextlib import redirect_stderr, redirect_stdout, suppress
from doctest import ELLIPSIS, OutputChecker
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

import pytest
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers import myst, rest
from tests.profiles import PROFILE, SCALES, load_profile

ROOT = Path(__file__).parent
SOURCE = ROOT / "src"

pytest_plugins = ["pytester", "tests.servers.plugin"]  # the first is for the tests of this file
load_profile()
LEFT_OUT = pytest.StashKey[int]()
UNKNOWN = pytest.StashKey[list[str]]()


class PythonBlockParser(myst.PythonCodeBlockParser):
    """The Python blocks of a page: doctests, and scripts that keep what they print."""

    def __init__(self) -> None:
        super().__init__()
        self.codeblock_parser = myst.CodeBlockParser("python", self.run)
        self.evaluate = PythonEvaluator()

    def run(self, example: Example) -> None:
        """Run a script and keep what it prints."""
        printed = io.StringIO()
        with redirect_stdout(printed):
            self.evaluate(example)
        example.namespace["__printed__"] = printed.getvalue()


def compare_output(example: Example) -> str | None:
    """Compare a block with what the block before it printed."""
    printed = example.namespace.pop("__printed__", None)
    if printed == example.parsed:
        return None
    return f"{example.path}:{example.line}: the example printed\n{printed}"


def read_toml(example: Example) -> None:
    """Parse a block, and leave it as a file where its first line names one."""
    tomllib.loads(example.parsed)
    if named := re.match(r"# ([\w.-]+\.toml)\n", example.parsed):
        Path(named[1]).write_text(example.parsed, encoding="utf-8")


# Another test runs such a command, once for everybody, and compares what it prints with the page: it costs seconds.
RUN_ELSEWHERE = {"leadroute demo": "tests/cli/test_demo.py::test_is_what_the_page_shows"}


def sessions(text: str) -> list[tuple[str, str]]:
    """Return the commands of a console block, each with what it prints; none if the block has another form."""
    parted = re.split(r"^\$ (.+)\n", text, flags=re.MULTILINE)
    return [] if parted[0].strip() else [*zip(parted[1::2], parted[2::2], strict=True)]


def matches(expected: str, printed: str) -> bool:
    """Whether a page shows what was printed; `...` stands for any text."""
    return OutputChecker().check_output(expected, printed, ELLIPSIS)


def run_console(example: Example) -> str | None:
    """Run the commands of a session and compare what each prints."""
    if not (found := sessions(example.parsed)):
        return f"{example.path}:{example.line}: a console block starts with '$ ' and a command"
    for command, expected in found:
        if command in RUN_ELSEWHERE:
            continue
        plain = command.startswith("leadroute ") and not set(command) & set("|<>;&$*?`")
        printed = run_here(shlex.split(command)[1:]) if plain else run_in_shell(command)
        if not matches(expected, printed):
            return f"{example.path}:{example.line}: {command} printed\n{printed}"
    return None


def run_here(words: list[str]) -> str:
    """Run `leadroute` in this process, which is spared a new interpreter, and return what it prints."""
    printed = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with (
        patch.dict(os.environ, {"COLUMNS": "100"}),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        redirect_stdout(printed),
        redirect_stderr(printed),
        suppress(SystemExit),
    ):
        import_module("leadroute.cli").main(words)
    return printed.buffer.getvalue().decode()


def run_in_shell(command: str) -> str:
    """Run a command as a reader does, in a shell, and return what it prints."""
    folders = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        command,
        check=False,
        encoding="utf-8",
        env=os.environ | {"COLUMNS": "100", "PATH": folders},
        shell=True,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    ).stdout


def open_folder(namespace: dict[str, object]) -> None:
    """Move to a folder that belongs to the page."""
    folder = tempfile.mkdtemp(prefix="leadroute-docs-")
    namespace["__folders__"] = (folder, Path.cwd())
    shutil.copytree(ROOT / "examples", Path(folder) / "examples")
    os.chdir(folder)


def close_folder(namespace: dict[str, object]) -> None:
    """Return, and drop the folder of the page."""
    folder, before = namespace["__folders__"]
    os.chdir(before)
    shutil.rmtree(folder)


def at_every_depth(folder: str, files: str) -> list[str]:
    """Return patterns for files in a folder, up to four folders down; `**` is one folder to Sybil."""
    return [f"{folder}/{'*/' * depth}{files}" for depth in range(5)]


pages = Sybil(
    parsers=[
        PythonBlockParser(),
        myst.CodeBlockParser("output", compare_output),
        myst.CodeBlockParser("mermaid", compare_output),
        myst.CodeBlockParser("toml", read_toml),
        myst.CodeBlockParser("console", run_console),
    ],
    patterns=["README.md", *at_every_depth("docs", "*.md")],
    setup=open_folder,
    teardown=close_folder,
)
docstrings = Sybil(parsers=[rest.DocTestParser()], patterns=at_every_depth("src/leadroute", "*.py"))

pytest_collect_file = (pages + docstrings).pytest()


def pytest_pycollect_makemodule(module_path: Path, parent: object) -> None:
    """Import a module that the command line names as everybody does, before pytest does it in its own way.

    Pytest would run it, find that its package has imported it meanwhile, and run it once more: then there are two
    classes of each name, and objects of the one are none of the other.
    """
    if SOURCE in module_path.parents:
        import_module(".".join(module_path.relative_to(SOURCE).with_suffix("").parts))


def pytest_report_header() -> str:
    """Say how many examples the laws try."""
    return f"hypothesis: {PROFILE} tries {SCALES[PROFILE]:g} times the examples that the tests name"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take a file of tests that are left out."""
    parser.addoption(
        "--without",
        type=Path,
        metavar="FILE",
        help="leave out the tests that this file names, one in a line: by id, or all that begin like it",
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Keep the collector away from the modules and tests that are here to stay.

    It would look through all ten thousand of them again and again, in each test that makes objects of its own.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the slow tests that nobody asks for, and count them; then those that a file names."""
    asked = config.option.markexpr or any("::" in place for place in config.option.file_or_dir)
    slow = [] if asked else [item for item in items if item.get_closest_marker("slow")]
    config.stash[LEFT_OUT] = len(slow)
    config.stash[UNKNOWN] = []
    leave_out(config, items, slow)
    if file := config.option.without:
        leave_out(config, items, named_in(file, items, config.stash[UNKNOWN]))


def leave_out(config: pytest.Config, items: list[pytest.Item], left: list[pytest.Item]) -> None:
    """Take tests from the list of those that run."""
    if left:
        gone = set(left)
        items[:] = [item for item in items if item not in gone]
        config.hook.pytest_deselected(items=left)


def named_in(file: Path, items: list[pytest.Item], unknown: list[str]) -> list[pytest.Item]:
    """Return the tests whose ids begin as a file says, and note each of its lines that no test begins like."""
    found = []
    for name in file.read_text(encoding="utf-8").splitlines():
        if name and not name.startswith("#"):
            named = [item for item in items if item.nodeid.startswith(name)]
            found += named
            unknown += [] if named else [name]
    return found


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this one what was left out here, and fail where a name has no test."""
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["left out"] = config.stash.get(LEFT_OUT, 0)
        config.workeroutput["unknown"] = config.stash.get(UNKNOWN, [])
    elif config.stash.get(UNKNOWN, []):
        session.exitstatus = pytest.ExitCode.USAGE_ERROR


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    """Keep what a worker says; each worker collects every test."""
    said = getattr(node, "workeroutput", {})
    node.config.stash[LEFT_OUT] = said.get("left out", 0)
    node.config.stash[UNKNOWN] = said.get("unknown", [])


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say how many slow tests were left out, how to run them, and which names have no test."""
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"slow tests left out: {count} (`pytest -m slow` runs them)")
    for name in config.stash.get(UNKNOWN, []):
        terminalreporter.write_line(
            f"ERROR: {config.option.without}: no test here is {name}", red=True
        )
