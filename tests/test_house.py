"""The house rules hold, and each measure of them finds what it is for."""

import ast
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[1]


def load(name):
    """Import a script of the gate."""
    spec = spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


house = load("house")
BLOCKS = "def f(a):\n    if a:\n        for b in a:\n            while b:\n"


@pytest.fixture(scope="module")
def printed():
    """What the script prints of this tree in an interpreter of its own, in which no test has changed a class."""
    command = [sys.executable, ROOT / ".ci" / "house.py", "--all"]
    return subprocess.run(command, capture_output=True, check=False, encoding="utf-8").stdout


@pytest.fixture
def source(tmp_path):
    """Return a function that writes modules and returns the folder that they are in."""

    def write(**texts):
        for name, text in texts.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        return tmp_path

    return write


@pytest.mark.parametrize("name", house.RECORD)
def test_measure_is_within_its_record(printed, name):
    """A number of the record never rises by itself: lower it, or say in the change why it has to rise."""
    (line,) = re.findall(rf"^{name} +([\d,]+)  record", printed, re.MULTILINE)
    assert int(line.replace(",", "")) <= house.RECORD[name][0], printed


def test_every_measure_has_a_record():
    """No measure is printed and not held."""
    assert house.measures().keys() == house.RECORD.keys()


def test_reference_has_a_page_for_each_public_place():
    """The documentation writes the pages of the places that its own examples may import from."""
    tree = house.parse(ROOT / "docs" / "conf.py")
    (places,) = (
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "PLACES"
    )
    assert set(places) == house.PUBLIC


@pytest.mark.parametrize(
    "back",
    [
        "import one",
        "def f():\n    from one import g",
        "if TYPE_CHECKING:\n    import one",
        "LATER = {'g': 'pack.one'}",
    ],
)
def test_circle_is_found(tmp_path, back):
    """A circle is found where it is closed at the top, in a function, for types alone, or by a table of names."""
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack" / "one.py").write_text("from pack.two import x", encoding="utf-8")
    returns = back.replace("import one", "from pack import one").replace(
        "from one", "from pack.one"
    )
    (tmp_path / "pack" / "two.py").write_text(returns, encoding="utf-8")
    (tmp_path / "pack" / "three.py").write_text("from pack.two import x", encoding="utf-8")
    assert house.circles(tmp_path) == ["pack.one <-> pack.two"]


def test_deep_import_is_found(tmp_path):
    """An import of the documentation from a private place is found with its page."""
    text = ">>> from leadroute import Lead\n>>> from leadroute.model.lead import Lead\n"
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    assert house.deep_imports(tmp_path) == ["README.md: leadroute.model.lead"]


@pytest.mark.parametrize(("more", "found"), [(0, []), (1, ["one.f: 41 lines"])])
def test_long_function_is_found(source, more, found):
    """Lines of code count; docstrings, comments and blank lines do not."""
    code = "    a = 1\n" * (39 + more)
    folder = source(one=f'def f():\n    """Say\n\n    a lot."""\n    # why\n\n{code}')
    assert house.long_functions(folder) == found


@pytest.mark.parametrize(
    ("inside", "found"),
    [
        ("                b()", []),
        ("                with b: b()", ["one.f: 4 levels"]),
        ("                def g():\n                    if b: b()", []),
    ],
)
def test_deep_function_is_found(source, inside, found):
    """Blocks within one another count; an inner function is measured by itself."""
    assert house.deep_functions(source(one=BLOCKS + inside)) == found


def test_chain_of_conditions_is_one_level(source):
    """`elif` opens no level."""
    chain = "".join(f"    elif a == {number}: b()\n" for number in range(9))
    assert house.deep_functions(source(one=f"def f(a):\n    if a: b()\n{chain}")) == []


def test_long_module_is_found(source):
    """A module over the limit is found, and a line that runs over the line length counts twice."""
    folder = source(one="a = 1\n" * 700, two="a = 1\n" * 699 + f"b = '{'b' * 100}'\n")
    assert house.long_modules(folder) == ["two: 701 lines"]
    assert house.lines(folder) == 1401


def test_data_counts_as_lines(tmp_path):
    """Lines that are moved out of the modules into files of data are counted."""
    (tmp_path / "data.csv").write_text("a,b\n" * 3, encoding="utf-8")
    assert house.lines(tmp_path) == 3


def test_frame_of_a_module_is_no_code(source):
    """A module of a docstring, imports and `__all__` is not counted."""
    assert house.with_code(source(one='"""Doc."""\nimport a\n__all__ = ["a"]\n', two="a = 1")) == 1


class Shown:
    """A public class."""

    def quoted(self, one: "int" = 1) -> int:
        """Say."""
        return one

    def wordy(self, one: str = "x" * 50) -> int:
        """Say."""
        return len(one)


Shown.wordy.__doc__ = "Say " + "x" * 200
PACKAGE = SimpleNamespace(__all__=["Shown"], Shown=Shown)


def test_help_is_measured():
    """A long default, an annotation in quotes and a long line are found where `help` shows them."""
    assert house.help_defaults(PACKAGE) == ["Shown.wordy(one): 52 characters"]
    assert house.help_quotes(PACKAGE) == ["Shown.quoted(one)"]
    assert [line.partition(" characters")[0] for line in house.help_lines(PACKAGE)] == [
        "Shown: 212"
    ]


def test_names_are_measured():
    """Public names are counted, and those that `dir` shows beside them are found."""
    package = SimpleNamespace(__all__=["here"], here=1, beside=2)
    assert house.names(package) == 1
    assert house.hidden_names(package) == ["beside"]


TWIN = """
def {name}({first}, other: {kind}):
    '''{name}.'''
    {second} = {first}.find({text})
    if {second} is None:
        raise ValueError({text})
    other.add({second})
    return {second}
"""


def test_twins_are_found(source):
    """Two functions that differ in names, literals, annotations and docstrings are one; others are not."""
    one = TWIN.format(name="one", first="a", second="b", kind="int", text="'x'")
    two = TWIN.format(name="two", first="c", second="d", kind="str", text="'y'")
    three = one.replace("def one", "def three").replace("is None", "is not None")
    assert house.twins(source(first=one, second=two + three)) == ["first.one = second.two"]


def test_record_only_falls(monkeypatch, tmp_path):
    """A lower number is written, a higher one is not."""
    script = tmp_path / "house.py"
    script.write_text((ROOT / ".ci" / "house.py").read_text("utf-8"), encoding="utf-8")
    monkeypatch.setattr(house, "__file__", str(script))
    lines, names = house.RECORD["lines"][0], house.RECORD["names"][0]
    house.record({**dict.fromkeys(house.RECORD, 10**6), "lines": lines - 1})
    text = script.read_text("utf-8")
    assert f'"lines": ({lines - 1:_}, 28_000)' in text
    assert f'"names": ({names:_}, 40)' in text
