"""How the documentation is built: `sphinx-build -W docs docs/_build`.

The pages under docs/api/ are written here, one for each module, so that none is forgotten.
"""

import pkgutil
from importlib import import_module
from importlib.metadata import version as version_of
from pathlib import Path

import leadroute

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
autodoc_default_options = {"members": True, "show-inheritance": True, "ignore-module-all": True}
autodoc_preserve_defaults = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_use_rtype = False

html_theme = "furo"
html_title = f"leadroute {release}"

API = Path(__file__).parent / "api"


def public_modules() -> list[str]:
    """Return the name of every module of the package that a user may import."""
    found = pkgutil.walk_packages(leadroute.__path__, "leadroute.")
    names = [module.name for module in found]
    return sorted(name for name in names if not any(part[0] == "_" for part in name.split(".")))


def write_page(name: str) -> None:
    """Write the page of a module: its docstring, and those of what it defines."""
    title = f"# `{name}`"
    page = f"{title}\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n"
    keep(API / f"{name}.md", page)


def write_index(names: list[str]) -> None:
    """Write the page that lists the public names with their homes, and every module."""
    rows = []
    for name in sorted(getattr(leadroute, "__all__", ())):
        home = getattr(getattr(leadroute, name), "__module__", None)
        target = f"{home}.{name}" if isinstance(home, str) else f"leadroute.{name}"
        rows.append(f"- {{py:obj}}`{name} <{target}>`")
    public = "\n".join(["## What `leadroute` exports", "", *rows, ""]) if rows else ""
    toctree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *names, "```"]) if names else ""
    keep(API / "index.md", f"# Reference\n\n{public}\n## Modules\n\n{toctree}\n")


def keep(path: Path, text: str) -> None:
    """Write a page only where it changed, so that an unchanged one is not built again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_reference() -> None:
    """Write all pages of the reference, and drop those of modules that are gone."""
    API.mkdir(exist_ok=True)
    names = public_modules()
    for stale in {page.stem for page in API.glob("*.md")} - {*names, "index"}:
        (API / f"{stale}.md").unlink()
    for name in names:
        import_module(name)
        write_page(name)
    write_index(names)


write_reference()
