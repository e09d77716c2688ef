"""The steps with one rep: a pause, its end, and the return to work."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from attrs import define

from leadroute.errors import ConfigError
from leadroute.model.keys import missed_key
from leadroute.model.rep import Pause
from leadroute.model.validation import aware, must_be
from leadroute.offers import requests
from leadroute.offers.change import Change
from leadroute.offers.counts import Books
from leadroute.offers.placement import Placement
from leadroute.offers.requests import Steps
from leadroute.offers.rests import RepChange
from leadroute.offers.serving import LineSteps, Tally


@define(eq=False)
class RepSteps:
    """The steps with one rep, on top of those with waiting lines."""

    lines: LineSteps

    def pause(
        self, rep_id: str, until: datetime | None, why: str, cover: str | None
    ) -> Steps[Pause]:
        """Give a rep no offer from now on; the same pause again changes nothing."""
        must_be(str, rep_id=rep_id)
        ends = None if until is None else aware(until, "until")
        pause, roster = Pause(ends, why, cover), self.lines.leads.desk.roster
        for named in (rep_id, *filter(None, [pause.cover])):
            _ = roster[named]  # somebody unknown is refused
        if pause.cover == rep_id:
            raise ConfigError(f"{rep_id!r} cannot cover for {rep_id!r}; name another rep", "cover")

        def change(found: RepChange, books: Books) -> Steps[None]:
            yield from ()
            if not pause.lasts(books.now):
                at = f"{books.now:%Y-%m-%d %H:%M:%S %Z}"
                raise ConfigError(f"is over already at {at}; write a later one, or none", "until")
            if found.after.pause != pause:
                found.pause(pause)

        yield from self._changed(rep_id, change)
        return pause

    def resume(self, rep_id: str) -> Steps[tuple[Placement, ...]]:
        """End a pause, and serve the lines that the rep is in."""

        def change(found: RepChange, books: Books) -> Steps[None]:
            yield from ()
            if found.after.at(books.now).pause is not None:
                found.resume()

        return (yield from self._served(rep_id, change))

    def back(self, rep_id: str) -> Steps[tuple[Placement, ...]]:
        """Record that a rep came to work, and serve the lines that the rep is in."""

        def change(found: RepChange, books: Books) -> Steps[None]:
            name = missed_key(rep_id)
            found.miss((yield from books.counts([name])).get(name, 0), 0)
            found.come_back()

        return (yield from self._served(rep_id, change))

    def _served(
        self, rep_id: str, change: Callable[[RepChange, Books], Steps[None]]
    ) -> Steps[tuple[Placement, ...]]:
        must_be(str, rep_id=rep_id)
        _ = self.lines.leads.desk.roster[rep_id]  # somebody unknown is refused
        yield from self._changed(rep_id, change)
        tally = Tally()
        with suppress(Exception):  # it is recorded; who waits is served by the next sweep
            yield from self.lines.freed(frozenset((rep_id,)), tally)
        return tuple(tally.placements.values())

    def _changed(
        self, rep_id: str, change: Callable[[RepChange, Books], Steps[None]]
    ) -> Steps[None]:
        """Commit what happens to a rep."""
        leads = self.lines.leads

        def step() -> Steps[None]:
            books = leads.books()
            yield from change((yield from books.rep(rep_id)), books)
            if ops := (*books.operations(),):
                yield from requests.commit(Change(leads.change_ids(), ops), again=leads.sends_again)

        yield from leads.persistently(step)
