"""The output of a command: plain text, or color and bars on a terminal.

Color needs a terminal, the ``cli`` extra, and no ``NO_COLOR`` in the environment; else the text is
plain, the same on every machine. Control characters of a file, and marks that turn the direction of
text, never reach a terminal: text has a question mark for each, JSON its escape. What goes to a
pipe as CSV is as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TextIO, TypeVar

T = TypeVar("T")

STEP: Final = 100  # after how many items a plain progress line is written again

# C0 without the line end, C1, marks and embeddings of direction, separators of lines, and half surrogate pairs.
_CONTROL: Final = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NUMBER: Final = re.compile(r"-|[0-9][0-9,.]*( ?[%smhd].*)?")


def shown(text: str) -> str:
    r"""Return the text without control characters, except for line ends."""
    return _CONTROL.sub("?", text)


def in_json(value: Any) -> str:
    r"""The value as JSON in which no control character stands raw."""
    written = json.dumps(value, ensure_ascii=False)
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", written)


def _one_line(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: shown(value).replace("\n", "?") if isinstance(value, str) else value
        for name, value in row.items()
    }


class Screen:
    """Where results and remarks go."""

    def __init__(self, out: TextIO, err: TextIO, environment: Mapping[str, str]) -> None:
        self.out = out
        self._err = err
        self._plain = bool(environment.get("NO_COLOR"))

    def close(self) -> None:
        """Write what is still held back."""
        self.out.flush()

    def say(self, text: str = "") -> None:
        """Print a line of the result."""
        print(shown(text), file=self.out)

    def data(self, value: Any) -> None:
        """Print a result as one line of JSON."""
        print(in_json(value), file=self.out)

    def cells(self, rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
        """Rows for CSV on standard output: as they are, but on a terminal no control characters."""
        return map(_one_line, rows) if self.out.isatty() else rows

    def head(self, text: str) -> None:
        """Print a heading in the result."""
        if (console := self._console(self.out)) is None:
            self.say(text)
        else:
            console.print(shown(text), style="bold", markup=False, highlight=False)

    def note(self, text: str) -> None:
        """Print a remark beside the result."""
        print(shown(text), file=self._err, flush=True)

    def table(self, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        """Print rows under their names; a column of figures stands to the right."""
        cells = [[shown(cell).replace("\n", "?") for cell in row] for row in rows]
        right = [
            bool(cells) and all(_NUMBER.fullmatch(row[place]) for row in cells)
            for place in range(len(names))
        ]
        if (console := self._console(self.out)) is None:
            self._plain_table(names, cells, right)
        else:
            _rich_table(console, names, cells, right)

    def _plain_table(self, names: Sequence[str], cells: list[list[str]], right: list[bool]) -> None:
        rows = [list(names), *cells]
        widths = [max(len(row[place]) for row in rows) for place in range(len(names))]
        for row in rows:
            laid = (
                cell.rjust(width) if to_right else cell.ljust(width)
                for cell, width, to_right in zip(row, widths, right, strict=True)
            )
            self.say(f"  {'  '.join(laid)}".rstrip())

    def progress(self, what: str, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, while a terminal shows on standard error how many there were."""
        if not self._err.isatty():
            return iter(items)
        console = self._console(self._err)
        if console is None:
            return self._counted(what, items)
        from rich.progress import track

        return iter(track(items, what, console=console, transient=True))

    def _counted(self, what: str, items: Iterable[T]) -> Iterator[T]:
        done = 0
        try:
            for done, item in enumerate(items, 1):
                yield item
                if done % STEP == 0:
                    self._err.write(f"\r{what}: {done:,}")
                    self._err.flush()
        finally:
            if done >= STEP:
                self._err.write(f"\r{what}: {done:,}\n")

    def _console(self, stream: TextIO) -> Any:
        if self._plain or not stream.isatty():
            return None
        with suppress(ImportError):
            from rich.console import Console

            return Console(file=stream)
        return None


def _rich_table(
    console: Any, names: Sequence[str], cells: list[list[str]], right: list[bool]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    for name, to_right in zip(names, right, strict=True):
        table.add_column(Text(name), justify="right" if to_right else "left")
    for row in cells:
        table.add_row(*map(Text, row))
    console.print(table)
