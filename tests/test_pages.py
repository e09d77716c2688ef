"""The types of the examples that users read, as their own type checker sees them."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / ".ci" / "pages.py"
SPEC = spec_from_file_location("pages", SCRIPT)
pages = module_from_spec(SPEC)
SPEC.loader.exec_module(pages)

PAGE = """# Title

```python
first = 1
```

```output
1
```

```python
>>> for number in range(first):
...     print(number)
...
0
>>> second = 2
```
"""


def test_code_keeps_its_lines():
    """The code of a page stands in the module where it stands on the page, without prompts and outputs."""
    code = {
        number: line for number, line in enumerate(pages.module_of(PAGE).splitlines(), 1) if line
    }
    assert code == {
        4: "first = 1",
        12: "for number in range(first):",
        13: "    print(number)",
        16: "second = 2",
    }


def test_examples_have_no_error_of_types():
    """`mypy --strict` finds nothing in README, docs and examples; the gate runs the same script where mypy is."""
    pytest.importorskip("mypy", reason="mypy is of the extra `dev`")
    found = pages.check()
    assert (found.stdout + found.stderr, found.returncode) == ("", 0)
