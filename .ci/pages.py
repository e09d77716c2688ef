"""Check the types of every Python example that users read: README.md, docs/ and examples/, by `mypy --strict`.

Each page is one module, its blocks in their order, as the tests run them. A line of code keeps its number, so that an
error names the line of the page. Exits with the status of mypy.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
EXAMPLES = sorted((ROOT / "examples").glob("*.py"))


def module_of(page: str) -> str:
    """Return the Python of a page, each line where it stands there; doctests without their prompts and outputs."""
    lines, inside, doctest = [], False, False
    for line in page.splitlines():
        if line.startswith("```"):
            inside, doctest, keep = line == "```python" and not inside, False, ""
        elif inside and (prompt := re.match(r"(?:>>>|\.\.\.)(?: |$)", line)):
            doctest, keep = True, line[prompt.end() :]
        elif inside and not doctest:
            keep = line
        else:
            keep = ""
        lines.append(keep)
    return "\n".join(lines) + "\n"


def check() -> subprocess.CompletedProcess[str]:
    """Run mypy over all pages at once."""
    with tempfile.TemporaryDirectory() as folder:
        for page in PAGES:
            name = page.relative_to(ROOT).with_suffix("").as_posix().replace("/", "_")
            module = module_of(page.read_text(encoding="utf-8"))
            Path(folder, f"page_{name}.py").write_text(module, encoding="utf-8")
        paths = [*map(str, Path(folder).glob("*.py")), *map(str, EXAMPLES)]
        command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", *paths]
        return subprocess.run(command, capture_output=True, check=False, cwd=ROOT, encoding="utf-8")


if __name__ == "__main__":
    found = check()
    print(found.stdout + found.stderr, end="")
    sys.exit(found.returncode)
