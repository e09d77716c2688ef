"""Measure the house rules that no other tool measures, and compare them with the record below.

Usage: house.py [--all] [--record]

Print each measure, its record, its goal and the first places where something is found (`--all`: every place); exit
with 1 where a measure is over its record. With `--record`, write lower records where a measure has fallen. A record
never rises by itself: a change that needs more lines or modules says so in its message and writes the number by hand.

The measures read the syntax trees of the source. Only `names` and the measures of the help import the package.
"""

import ast
import inspect
import io
import pydoc
import re
import sys
import tokenize
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

FUNCTION_LINES = 40
NESTING = 3
MODULE_LINES = 700
LINE = 100
DEFAULT = 40
HELP_LINE = 200
TWIN_LINES = 6
PLACES = 20

# Documentation, README and examples import from these alone.
PUBLIC = {
    "leadroute",
    *(
        f"leadroute.{name}"
        for name in (
            "batch conditions eligibility errors events formats insight lead_scoring offers scorers stores "
            "stores.sqlalchemy testing"
        ).split()
    ),
}

# Measure: the most that there may be today, and the goal.
RECORD = {
    "circles": (0, 0),
    "deep imports": (0, 0),
    "long functions": (0, 0),
    "deep functions": (0, 0),
    "long modules": (0, 0),
    "lines": (60_000, 28_000),
    "modules": (180, 125),
    "names": (40, 40),
    "hidden names": (0, 0),
    "help defaults": (0, 0),
    "help quotes": (0, 0),
    "help lines": (0, 0),
    "twins": (0, 0),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)


def modules(source: Path) -> dict[str, Path]:
    """Return the file of each module under a source folder."""
    found = {}
    for path in sorted(source.rglob("*.py")):
        parts = path.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def functions(tree: ast.Module, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Yield every function with its dotted name, methods and inner functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.expr):  # it holds no statement
            continue
        name = prefix
        if isinstance(node, Function | ast.ClassDef):
            name = f"{prefix}.{node.name}" if prefix else node.name
        if isinstance(node, Function):
            yield name, node
        yield from functions(node, name)


@cache
def code_lines(path: Path) -> set[int]:
    """Return the numbers of the lines of a file that hold code: no docstring, comment or blank line."""
    text = path.read_text(encoding="utf-8")
    quiet = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    quiet |= {tokenize.ENCODING, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in quiet:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            lines.difference_update(range(node.lineno, node.end_lineno + 1))
    return lines


def own_lines(node: Function, lines: set[int]) -> int:
    """Return how many lines of code a function has, signature and inner functions included."""
    return len(lines & set(range(node.lineno, node.end_lineno + 1)))


def depth(node: ast.AST) -> int:
    """Return how many blocks stand within one another in a function; `elif` and inner functions open none."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.expr):
            continue
        chained = isinstance(node, ast.If) and node.orelse == [child] and isinstance(child, ast.If)
        opens = isinstance(child, BLOCKS) and not chained
        deepest = max(deepest, depth(child) + opens)
    return deepest


# Imports


def imported(tree: ast.AST, known: Iterable[str]) -> set[str]:
    """Return the modules that a tree imports from anywhere in it: at the top, later, and for types alone."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            full = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in known else node.module for name in full}
    return found


def later(tree: ast.Module) -> set[str]:
    """Return the modules that a package names in tables of text, to import them when asked."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and "." in text}


def circles(source: Path) -> list[str]:
    """Return the groups of modules that import one another in a circle."""
    files = modules(source)
    graph = {}
    for name, path in files.items():
        tree = parse(path)
        graph[name] = ((imported(tree, files) | later(tree)) & files.keys()) - {name}
    return [" <-> ".join(sorted(group)) for group in components(graph) if len(group) > 1]


def components(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of a graph, by two searches (Kosaraju)."""
    order: list[str] = []
    seen: set[str] = set()

    def visit(node: str, edges: dict[str, set[str]], into: list[str]) -> None:
        seen.add(node)
        for target in sorted(edges[node]):
            if target not in seen:
                visit(target, edges, into)
        into.append(node)

    for node in graph:
        if node not in seen:
            visit(node, graph, order)
    back: dict[str, set[str]] = {node: set() for node in graph}
    for node, targets in graph.items():
        for target in targets:
            back[target].add(node)
    seen.clear()
    groups = []
    for node in reversed(order):
        if node not in seen:
            visit(node, back, group := [])
            groups.append(set(group))
    return groups


def deep_imports(root: Path) -> list[str]:
    """Return the imports of documentation, README and examples that are not from a public place."""
    found = []
    paths = [root / "README.md", *root.glob("docs/**/*.md"), *root.glob("examples/**/*.py")]
    imports = re.compile(r"^(?:[>.]{3} )?\s*(?:from|import) (leadroute[\w.]*)", re.MULTILINE)
    for path in sorted(path for path in paths if path.parent.name != "api"):
        places = imports.findall(path.read_text(encoding="utf-8"))
        page = path.relative_to(root).as_posix()
        found += [f"{page}: {place}" for place in places if place not in PUBLIC]
    return found


# Sizes


def long_functions(source: Path) -> list[str]:
    """Return the functions of more lines of code than allowed."""
    found = []
    for name, path in modules(source).items():
        lines = code_lines(path)
        for function, node in functions(parse(path)):
            if (length := own_lines(node, lines)) > FUNCTION_LINES:
                found.append(f"{name}.{function}: {length} lines")
    return found


def deep_functions(source: Path) -> list[str]:
    """Return the functions with more blocks within one another than allowed."""
    return [
        f"{name}.{function}: {levels} levels"
        for name, path in modules(source).items()
        for function, node in functions(parse(path))
        if (levels := depth(node)) > NESTING
    ]


def long_modules(source: Path) -> list[str]:
    """Return the modules of more lines than allowed."""
    lengths = {name: height(path) for name, path in modules(source).items()}
    return [f"{name}: {length} lines" for name, length in lengths.items() if length > MODULE_LINES]


def height(path: Path) -> int:
    """Return the lines of a file, counted at the line length."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sum(max(1, -(-len(line) // LINE)) for line in lines)


def lines(source: Path) -> int:
    """Return the lines of everything in the source folder, data included."""
    files = (path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return sum(height(path) for path in files)


def with_code(source: Path) -> int:
    """Return how many modules hold more than a docstring, imports and `__all__`."""
    return sum(any(map(is_code, parse(path).body)) for path in modules(source).values())


def is_code(node: ast.stmt) -> bool:
    """Tell whether a statement of a module is more than its frame."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return False
    if isinstance(node, ast.Expr):
        return not isinstance(node.value, ast.Constant)
    if isinstance(node, ast.Assign):
        return ast.unparse(node.targets[0]) != "__all__"
    return True


# What the reader of `help` sees


def shown(package: object) -> Iterator[tuple[str, object]]:
    """Yield the public names of a package and the methods that `help` shows of them."""
    for name in package.__all__:
        thing = getattr(package, name)
        yield name, thing
        if inspect.isclass(thing):
            for attribute in inspect.classify_class_attrs(thing):
                if pydoc.visiblename(attribute.name) and attribute.defining_class is not object:
                    yield f"{name}.{attribute.name}", attribute.object


def parameters(package: object) -> Iterator[tuple[str, inspect.Parameter]]:
    """Yield each parameter of each signature that `help` shows, and `return`."""
    for name, thing in shown(package):
        plain = thing.__func__ if isinstance(thing, classmethod | staticmethod) else thing
        try:
            signature = inspect.signature(plain)
        except (TypeError, ValueError):
            continue
        for parameter in signature.parameters.values():
            yield f"{name}({parameter.name})", parameter
        yield (
            f"{name} -> ",
            inspect.Parameter(
                "_", inspect._POSITIONAL_ONLY, annotation=signature.return_annotation
            ),
        )


def help_defaults(package: object) -> list[str]:
    """Return the parameters whose default fills more than a few words."""
    return [
        f"{name}: {len(repr(parameter.default))} characters"
        for name, parameter in parameters(package)
        if parameter.default is not inspect.Parameter.empty
        and len(repr(parameter.default)) > DEFAULT
    ]


def help_quotes(package: object) -> list[str]:
    """Return the parameters whose annotation is shown in quotes or as a forward reference."""
    return [
        name
        for name, parameter in parameters(package)
        if isinstance(parameter.annotation, str) or "ForwardRef" in str(parameter.annotation)
    ]


def help_lines(package: object) -> list[str]:
    """Return the lines of the help that are too long and no signature."""
    found = []
    for name in filter(lambda name: not name.startswith("__"), package.__all__):
        text = pydoc.render_doc(getattr(package, name), renderer=pydoc.plaintext)
        for line in text.splitlines():
            # From Python 3.13 on, a long signature has a line for each parameter.
            signature = re.match(
                r"[ |]*((class |async )?\w+(\.\w+)* ?(= \w+)?\(|\*{0,2}\w+: )", line
            )
            if len(line) > HELP_LINE and not signature:
                found.append(f"{name}: {len(line)} characters: {line.strip(' |')[:40]}")
    return found


def names(package: object) -> int:
    """Return how many public names the package has."""
    return len(package.__all__)


def hidden_names(package: object) -> list[str]:
    """Return the names that `dir` does not show, or shows beside the public ones."""
    return sorted(
        name
        for name in {*package.__all__} ^ {*dir(package)}
        if not (name.startswith("__") and name.endswith("__"))
    )


# Functions that are one


def shape(node: Function) -> str:
    """Return a function without docstring, annotations, names and literals."""
    copy = ast.parse(ast.unparse(node)).body[0]
    if ast.get_docstring(copy) is not None:
        del copy.body[0]
    for part in ast.walk(copy):
        for field in ("name", "id", "arg", "attr", "asname", "module"):
            if isinstance(getattr(part, field, None), str):
                setattr(part, field, "_")
        for field in ("annotation", "returns", "type_comment", "kind"):
            if hasattr(part, field):
                setattr(part, field, None)
        if isinstance(part, ast.Constant):
            part.value = type(part.value).__name__
        if isinstance(part, ast.Global | ast.Nonlocal):
            part.names = ["_"]
    return ast.dump(copy)


def twins(source: Path) -> list[str]:
    """Return the groups of functions that are the same but for names and literals."""
    groups = defaultdict(list)
    for name, path in modules(source).items():
        lines = code_lines(path)
        for function, node in functions(parse(path)):
            if own_lines(node, lines) >= TWIN_LINES:
                groups[shape(node)].append(f"{name}.{function}")
    return [" = ".join(group) for group in groups.values() if len(group) > 1]


def measures() -> dict[str, Callable[[], int | list[str]]]:
    """Return each measure by its name in the record."""
    source = ROOT / "src"
    package = import_module("leadroute")
    return {
        "circles": lambda: circles(source),
        "deep imports": lambda: deep_imports(ROOT),
        "long functions": lambda: long_functions(source),
        "deep functions": lambda: deep_functions(source),
        "long modules": lambda: long_modules(source),
        "lines": lambda: lines(source),
        "modules": lambda: with_code(source),
        "names": lambda: names(package),
        "hidden names": lambda: hidden_names(package),
        "help defaults": lambda: help_defaults(package),
        "help quotes": lambda: help_quotes(package),
        "help lines": lambda: help_lines(package),
        "twins": lambda: twins(source),
    }


def amount(measured: int | list[str]) -> int:
    """Return a measure as a number."""
    return measured if isinstance(measured, int) else len(measured)


def record(found: Counter[str]) -> None:
    """Write lower records where a measure has fallen."""
    path = Path(__file__)
    text = path.read_text(encoding="utf-8")
    for name, (most, _) in RECORD.items():
        if found[name] < most:
            line = re.compile(rf'(?<=^    "{name}": \()[\d_]+', re.MULTILINE)
            text = line.sub(f"{found[name]:_}", text, count=1)
    path.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Print every measure, and return 1 where one is over its record."""
    found: Counter[str] = Counter()
    for name, measure in measures().items():
        measured = measure()
        found[name] = amount(measured)
        most, goal = RECORD[name]
        verdict = "OVER" if found[name] > most else ""
        print(
            f"{name:16} {found[name]:>7,}  record {most:>7,}  goal {goal:>7,}  {verdict}".rstrip()
        )
        if isinstance(measured, list):
            places = measured if "--all" in arguments else measured[:PLACES]
            print(*(f"    {place}\n" for place in places), sep="", end="")
    if "--record" in arguments:
        record(found)
    return int(any(found[name] > RECORD[name][0] for name in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
