"""How the tests run: the same on every machine, with every example of the documentation among them.

The rules for an example, in README.md, in docs/ and in the docstrings of src/:

- A block marked `python` runs; one that starts with `>>>` is a doctest. The blocks of a page
  share their names.
- A block marked `output` is what the block before it printed, to the letter; so is one marked
  `mermaid`, which the page shows as a picture.
- A block marked `toml` parses. If its first line is a comment that names a file, such as
  `# policy.toml`, the block is that file for the rest of the page.
- A block marked `console` runs every line after `$ ` and compares the output; `...` stands
  for any text.
- A page starts in an empty folder of its own that holds a copy of `examples/`.
"""

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from contextlib import redirect_stdout
from doctest import ELLIPSIS, OutputChecker
from importlib import import_module
from pathlib import Path

from hypothesis import HealthCheck, settings
from sybil import Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers import myst, rest

ROOT = Path(__file__).parent
SOURCE = ROOT / "src"

# The same examples on every run and on every machine, and no verdict by the clock.
settings.register_profile(
    "ci",
    database=None,
    deadline=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
# A long search for new counter-examples: HYPOTHESIS_PROFILE=search pytest --no-cov
settings.register_profile("search", deadline=None, max_examples=5000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


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


def run_console(example: Example) -> str | None:
    """Run the commands of a session and compare what each prints."""
    session = re.split(r"^\$ (.+)\n", example.parsed, flags=re.MULTILINE)
    if len(session) == 1 or session[0].strip():
        return f"{example.path}:{example.line}: a console block starts with '$ ' and a command"
    commands = Path(sys.executable).parent
    environment = os.environ | {
        "COLUMNS": "100",
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
    }
    for command, expected in zip(session[1::2], session[2::2], strict=True):
        finished = subprocess.run(
            command,
            check=False,
            encoding="utf-8",
            env=environment,
            shell=True,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        if not OutputChecker().check_output(expected, finished.stdout, ELLIPSIS):
            return f"{example.path}:{example.line}: {command} printed\n{finished.stdout}"
    return None


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
