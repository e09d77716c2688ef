"""How the documentation is built: `sphinx-build -W docs docs/_build`.

The pages under docs/api/ are written here, one for each public place, so that none is forgotten.
"""

from importlib import import_module
from importlib.metadata import version as version_of
from importlib.util import find_spec
from pathlib import Path

project = "leadroute"
author = "The leadroute authors"
copyright = author  # noqa: A001 - the name is Sphinx's
version = release = version_of("leadroute")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinxcontrib.mermaid"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_fence_as_directive = ["mermaid"]

autodoc_member_order = "bysource"
autodoc_default_options = {"show-inheritance": True}
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"leadroute {release}"

API = Path(__file__).parent / "api"

# The modules that users import from. What is in two of them has its text in the first.
PLACES = [
    "leadroute",
    "leadroute.batch",
    "leadroute.conditions",
    "leadroute.eligibility",
    "leadroute.events",
    "leadroute.formats",
    "leadroute.insight",
    "leadroute.lead_scoring",
    "leadroute.offers",
    "leadroute.scorers",
    "leadroute.stores",
    "leadroute.stores.sqlalchemy",
    "leadroute.testing",
    "leadroute.errors",
]


def public_names() -> dict[str, list[str]]:
    """Return the names of each public place that no place before it has."""
    found: dict[str, list[str]] = {}
    seen: set[str] = set()
    for place in filter(find_spec, PLACES):
        names = getattr(import_module(place), "__all__", [])
        found[place] = [name for name in names if name not in seen]
        seen.update(names)
    return {place: names for place, names in found.items() if names}


def write_page(place: str, names: list[str]) -> None:
    """Write the page of a public place: its docstring, and those of its names."""
    members = ", ".join(names)
    options = f"   :members: {members}\n   :imported-members:\n"
    keep(
        API / f"{place}.md",
        f"# `{place}`\n\n```{{eval-rst}}\n.. automodule:: {place}\n{options}```\n",
    )


def write_index(places: dict[str, list[str]]) -> None:
    """Write the page that lists the public names of every place."""
    rows = [
        f"{place}\n: " + ", ".join(f"{{py:obj}}`{name} <{place}.{name}>`" for name in names)
        for place, names in places.items()
    ]
    toctree = "\n".join(["```{toctree}", ":hidden:", "", *places, "```"])
    keep(API / "index.md", "\n\n".join(["# Public names", *rows, toctree]) + "\n")


def keep(path: Path, text: str) -> None:
    """Write a page only where it changed, so that an unchanged one is not built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_reference() -> None:
    """Write all pages of the reference, and drop those of places that are gone."""
    API.mkdir(exist_ok=True)
    places = public_names()
    for stale in {page.stem for page in API.glob("*.md")} - {*places, "index"}:
        (API / f"{stale}.md").unlink()
    for place, names in places.items():
        write_page(place, names)
    write_index(places)


write_reference()
