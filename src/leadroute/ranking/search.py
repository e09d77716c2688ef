"""The best few of classes of reps, found by asking the few who can be among them.

The rules of this module:

* The score of a rep is worked out by the scorers themselves, in the order of the terms. Bounds only say whom to ask
  first, and when nobody else can be among the best.
* Whatever can reach most is looked at next, and found to be less, until it is a rep, who is asked (the threshold
  algorithm of Fagin, Lotem and Naor 2003): a class in a window of the layout; in it, those of one step of the rotation;
  of these, the highest.
* A class is looked at in the highest window first. What it can reach below is known without looking.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from heapq import heapify, heappop, heappush, heappushpop
from math import inf
from typing import Final, TypeAlias

from leadroute.ranking.asking import Asks
from leadroute.ranking.bands import Steps
from leadroute.ranking.classes import Class, Classes
from leadroute.ranking.facets import Split
from leadroute.ranking.layout import Layout
from leadroute.rules.scorer import mean

__all__ = ["SLACK", "Found", "search"]

Found: TypeAlias = tuple[float, int, str, int, tuple[float | None, ...]]
"""The score negated, when last assigned, the id; the rep's number, and the points of each term."""

SLACK: Final = 1e-9
"""More than rounding can add to a score of at most 1."""
_PATIENCE: Final = 6

_Opened: TypeAlias = tuple[float, float, int, float, Iterator[tuple[int, int]]]
"""What a class gains, its divisor, the lowest slot of a window, the most that any of the class in it can reach without
the rotation, and who of them is in each step that was not looked at."""
_Look: TypeAlias = tuple[float, int, int, int, int, _Opened | None]
"""What can be reached, negated; the class, the window, the step, who of the step is left, and the class in the window
once it was looked at."""


def search(  # noqa: C901 - the one loop that every lead runs through; calls would cost more than it does
    count: int,
    classes: Classes,
    splits: Sequence[Split],
    layout: Layout,
    steps: Steps,
    drift: float,
    asks_of: Callable[[Class], Asks],
    lasts: Sequence[int],
    ids: Sequence[str],
) -> tuple[list[Found], int, list[int]]:
    """The best of all classes.

    Args:
        count: How many, 1 or more.
        classes: The classes of the lead.
        splits: How each term that depends on the lead splits the reps.
        layout: The reps in the order of what all other terms can give.
        steps: The reps by their points from the rotation, best first.
        drift: What may have to be added to what the layout says.
        asks_of: How the reps of a class are asked.
        lasts: When each rep was last assigned, by number.
        ids: Their ids, by number.

    Returns:
        They, best first; how many reps were asked; and who was asked time and again since they changed.
    """
    combined, firsts = classes
    step_points, holding, step_exact = steps
    windows, able = layout.windows, layout.able.bit_length() - 1
    ceilings, in_slot, loosened, floors = (
        layout.ceilings,
        layout.reps,
        layout.loosened,
        layout.floor,
    )
    best = drift + step_points[0]
    most = best + ceilings[able]
    heap: list[_Look] = [
        (-(combined[first].gained + most) / combined[first].divisor, first, 0, 0, 0, None)
        for first in firsts
    ]
    heapify(heap)
    views: list[tuple[Sequence[int], dict[tuple[int, int], int]]] = []
    runs: dict[tuple[int, int], tuple[int, int]] = {}
    asks: dict[int, Asks] = {}
    found: list[Found] = []
    sinking: list[int] = []
    asked, worst, last = 0, inf, len(holding) - 1
    look = heappop(heap) if heap else None
    while look and look[0] <= worst:
        _, number, window, step, mask, opened = look
        if mask and opened:
            gained, divisor, low, _, _ = opened
            place = mask.bit_length() - 1
            slot = low + place
            rep = in_slot[slot]
            how = asks.get(number)
            if how is None:
                how = asks[number] = asks_of(combined[number])
            known, total, weight, weights, askers = how
            points = [ask(rep) for ask in askers]
            score = mean(zip(weights, points), total, weight) or 0.0  # noqa: B905 - one of each
            asked += 1
            entry = -score, lasts[rep], ids[rep], rep, (*known, *points)
            if asked <= count or entry < found[-1]:
                insort(found, entry)
                if asked >= count:
                    del found[count:]
                    worst = found[-1][0] + SLACK
            mask ^= 1 << place
            if loosened[slot]:
                if loosened[slot] < _PATIENCE:
                    loosened[slot] += 1
                else:
                    sinking.append(rep)
            elif floors[slot] < slot and combined[number].exact and step_exact[step]:
                floor = floors[slot]
                run, length = runs.get((number, step), (-1, 0))
                length = length + 1 if run == floor else 1
                runs[number, step] = floor, length
                if length >= count:
                    mask &= layout.loose >> low | (1 << max(0, floor - low)) - 1
        else:
            if opened is None:
                gained, divisor, picked, following = combined[number][:4]
                low, base = windows[window]
                if following is not None and not window:
                    reach = -(following + most) / divisor
                    heappush(heap, (reach, number + 1, 0, 0, 0, None))
                if low:
                    reach = -(gained + best + ceilings[min(low - 1, able)]) / divisor
                    heappush(heap, (reach, number, window + 1, 0, 0, None))
                if window == len(views):
                    views.append((layout.view(holding, window), {}))
                view, parts = views[window]
                for share in picked:
                    part = parts.get(share)
                    if part is None:
                        position, shared = share
                        cuts = splits[position].shares[shared].cuts
                        part = parts[share] = layout.cut(cuts, window)
                    base &= part
                gained += drift
                highest = gained + ceilings[low + base.bit_length() - 1]
                masks: Iterator[tuple[int, int]] = enumerate(map(base.__and__, view))
                opened = gained, divisor, low, highest, masks
            else:
                gained, divisor, low, highest, masks = opened
            for step, mask in masks:
                if mask:
                    if step < last:
                        reach = -(highest + step_points[step + 1]) / divisor
                        heappush(heap, (reach, number, window, step + 1, 0, opened))
                    break
        if mask:
            top = gained + step_points[step] + ceilings[low + mask.bit_length() - 1]
            look = heappushpop(heap, (-top / divisor, number, window, step, mask, opened))
        else:
            look = heappop(heap) if heap else None
    return found, asked, sinking
