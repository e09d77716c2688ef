"""What a score needs to know of all candidates together, kept current as one rep at a time changes.

The rules of this module:

* The answers are the very numbers that the scorers work out from scratch: places are compared as they are, and totals
  are whole numbers, so nothing is rounded on the way.
* ``drift`` says by how much the points of a rep who did not change can have risen since the start. It never falls, and
  it may say more than is true, never less.
"""

from __future__ import annotations

from collections import Counter

from sortedcontainers import SortedList

from leadroute.ranking.shrinkage import Prior

__all__ = ["Order", "Totals"]


class Order:
    """The places of the candidates in a rotation, and the points of each place.

    With n different places the points are 1 - position / (n - 1). A place that appears or vanishes moves the points of
    all other places by at most 1 / (n - 1).

    Example:
        >>> order = Order()
        >>> for place in (0.5, 1.5, 2.5):
        ...     order.replace(None, place)
        >>> order.points(1.5)
        0.5
    """

    __slots__ = ("_counts", "_places", "_span", "drift")

    def __init__(self) -> None:
        self._places: SortedList[float] = SortedList()
        self._counts: Counter[float] = Counter()
        self._span = 1
        self.drift = 0.0

    def replace(self, old: float | None, new: float | None) -> None:
        """A candidate moves from one place to another; ``None`` is no place at all. O(log n)."""
        if old == new:
            return
        changed = False
        if old is not None:
            self._counts[old] -= 1
            if not self._counts[old]:
                del self._counts[old]
                self._places.remove(old)
                changed = True
        if new is not None:
            self._counts[new] += 1
            if self._counts[new] == 1:
                self._places.add(new)
                changed = True
        if changed:
            self.drift += 1 / self._span
            self._span = max(1, len(self._places) - 1)

    def points(self, place: float) -> float:
        """The points of a place, which need not be taken. O(log n)."""
        return 1.0 - self._places.bisect_left(place) / self._span

    def places(self) -> list[float]:
        """The different places, the first in turn first. O(n)."""
        return list(self._places)


class Totals:
    """What the candidates have won and closed together.

    Example:
        >>> totals = Totals()
        >>> totals.add(3, 10)
        >>> totals.prior(20)
        Prior(mean=0.3, strength=20)
    """

    __slots__ = ("closed", "won")

    def __init__(self) -> None:
        self.won = self.closed = 0

    def add(self, won: int, closed: int, sign: int = 1) -> None:
        """A candidate joins with a record, or leaves with ``sign=-1``. Who closed nothing tells nothing. O(1)."""
        if closed > 0:
            self.won += sign * won
            self.closed += sign * closed

    def copy(self) -> Totals:
        """The totals of this moment."""
        found = Totals()
        found.won, found.closed = self.won, self.closed
        return found

    @property
    def mean(self) -> float | None:
        """The share won by all together; ``None`` when nothing is closed."""
        return min(1.0, self.won / self.closed) if self.closed else None

    def prior(self, strength: float) -> Prior | None:
        """What is known of a rep before looking at their own record; ``None`` when nothing is closed."""
        mean = self.mean
        return None if mean is None else Prior(mean, strength)
