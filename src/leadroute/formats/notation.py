"""JSON with everything doubtful refused.

The rules of this module:

* A key that stands twice in one object is an error; the standard library would silently keep the last.
* ``NaN`` and ``Infinity`` are no JSON. A number that needs thousands of digits is no number.
* Text nested too deep is an error like any other, never a crash.
"""

from __future__ import annotations

import json
from typing import Any

__all__ = ["Malformed", "Objects", "strict_json"]


class Malformed(Exception):
    """Text that is not JSON, or doubtful JSON.

    Args:
        problem: What is wrong and what to write instead.
        line: The line, counted from 1; 0 when it is not known.
        column: The character in that line, counted from 1.
    """

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem, line, column)
        self.problem = problem
        self.line = line
        self.column = column


class Objects:
    """A decoder that notes the keys that stand twice instead of dropping them.

    ``problems`` holds what is doubtful in what was decoded since it was last cleared.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []
        self._decoder = json.JSONDecoder(
            object_pairs_hook=self._object, parse_constant=self._constant
        )

    def decode(self, text: str, start: int = 0) -> tuple[Any, int]:
        """The value that begins at ``start``, and where it ends.

        Raises:
            Malformed: There is none.
        """
        self.problems.clear()
        try:
            found, end = self._decoder.raw_decode(text, start)
        except json.JSONDecodeError as error:
            raise Malformed(f"is not JSON: {error.msg}", error.lineno, error.colno) from None
        except ValueError:
            raise Malformed("holds a number with thousands of digits; write it shorter") from None
        except RecursionError:
            raise Malformed("is nested too deep; flatten it") from None
        return found, end

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in pairs:
            if key in found:
                self.problems.append(f"has the key {key[:40]!r} twice; keep one of them")
            found[key] = value
        return found

    def _constant(self, word: str) -> None:
        self.problems.append(f"holds {word}, which is no JSON; write null or a finite number")


def strict_json(text: str) -> Any:
    """The value that the whole text stands for.

    Raises:
        Malformed: The text is not JSON, or doubtful.

    Example:
        >>> strict_json('{"a": 1}')
        {'a': 1}
    """
    objects = Objects()
    start = len(text) - len(text.lstrip(" \t\r\n"))
    found, end = objects.decode(text, start)
    if rest := text[end:].lstrip(" \t\r\n"):
        raise Malformed(f"goes on after its end with {rest[:20]!r}; remove that")
    if objects.problems:
        raise Malformed("; ".join(objects.problems))
    return found
