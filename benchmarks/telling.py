"""What every benchmark has in common: its options, its bars, its one JSON object and its exit code."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from typing import Any

Figure = dict[str, Any]
Result = Mapping[str, Any]


def options(doc: str, quick: str) -> argparse.ArgumentParser:
    """The options that every benchmark takes: ``--quick``, under 30 seconds, and ``--json``."""
    parser = argparse.ArgumentParser(description=doc.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def figures(named: Mapping[str, Any], digits: int = 2) -> list[Figure]:
    """Figures by name, with floats rounded."""
    return [
        {"name": name, "value": round(value, digits) if isinstance(value, float) else value}
        for name, value in named.items()
    ]


def at_most(name: str, value: float, bound: float) -> Figure:
    """A bar that holds up to ``bound``."""
    return {"name": name, "value": round(value, 3), "bound": bound, "ok": value <= bound}


def at_least(name: str, value: float, bound: float) -> Figure:
    """A bar that holds from ``bound`` on."""
    return {"name": name, "value": round(value, 3), "bound": bound, "ok": value >= bound}


def tell(result: Result, *, as_json: bool) -> int:
    """Print the figures and the bars; return 0 where every bar holds, else 1."""
    if as_json:
        print(json.dumps(result))
    else:
        width = max((len(each["name"]) for each in result["figures"]), default=0)
        for each in result["figures"]:
            print(f"{each['name']:{width}}  {each['value']}")
        for bar in result["bars"]:
            verdict = "ok" if bar["ok"] else "FAILED"
            print(f"{verdict:<6} {bar['name']}: {bar['value']} (bar {bar['bound']})")
    return 0 if all(bar["ok"] for bar in result["bars"]) else 1
