"""What the outbox and the trimming promise."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve

from leadroute.errors import ConfigError
from leadroute.offers.change import Ack, Add, Change, Check, Defer, Event, Once, Raise
from leadroute.testing.contract.common import Contract, emitted, every_event, put, same


class Outbox(Contract):
    """The promises of the outbox, of trimming, and to many threads."""

    def _event(self, lead: str = "L", n: int = 1, at: int = 0) -> Event:
        self.done(emitted(lead, n, at))
        return self.store.events(lead=lead)[-1]

    def events_wait_until_acknowledged(self) -> None:
        """An event is pending, however often it is read, until it is acknowledged."""
        event = self._event()
        same([self.store.events(pending_at=at) for at in (0, 10, 10**18)], [[event]] * 3)
        self.done(Ack(event.id))
        same(self.store.events(pending_at=10**18), [])
        same([e.delivered for e in self.store.events()], [True])

    def events_are_acknowledged_once(self) -> None:
        """A second acknowledgement finds the event gone."""
        event = self._event()
        self.done(Ack(event.id))
        self.refused(Ack(event.id), kind="gone", key=str(event.id))
        self.refused(Defer(event.id, 1, 1, ""), kind="gone", key=str(event.id))

    def unknown_events_are_gone(self) -> None:
        """What was never in the outbox is gone."""
        self.refused(Ack(99), kind="gone", key="99")
        self.refused(Defer(99, None, 1, ""), kind="gone", key="99")

    def events_not_to_be_delivered_never_wait(self) -> None:
        """An event may be kept in the log alone."""
        self.done(emitted(deliver=False))
        (event,) = self.store.events()
        same((event.delivered, event.dead, self.store.events(pending_at=10**18)), (True, False, []))
        self.refused(Ack(event.id), kind="gone", key=str(event.id))

    def events_wait_at_once(self) -> None:
        """An event may be delivered as soon as it is committed, whatever clock dated it."""
        for lead, at in (("L", -(10**15)), ("M", 0), ("N", 10**18)):
            self.done(emitted(lead, 1, at))
        same([e.lead for e in self.store.events(pending_at=0)], ["L", "M", "N"])
        same([e.lead for e in self.store.events(pending_at=-(10**15))], ["L"])

    def new_events_were_never_tried(self) -> None:
        """A new event has no attempts and no error, and is neither delivered nor dead."""
        event = self._event()
        same((event.attempts, event.error, event.delivered, event.dead), (0, "", False, False))

    def deferred_events_wait_for_their_time(self) -> None:
        """A deferred event is pending from its instant on, and tells what went wrong."""
        event = self._event()
        self.done(Defer(event.id, 100, 2, "timed out"))
        same(self.store.events(pending_at=99), [])
        (found,) = self.store.events(pending_at=100)
        same((found.until, found.attempts, found.error), (100, 2, "timed out"))
        same(self.store.events(lead="L"), [found])
        same(found, evolve(event, until=100, attempts=2, error="timed out"))
        self.done(Defer(event.id, 90, 3, ""))
        same(self.store.events(pending_at=90), [evolve(event, until=90, attempts=3)])

    def dead_letters_wait_for_a_person(self) -> None:
        """A dead letter is never pending and never lost, and can be delivered again."""
        event = self._event()
        self.done(Defer(event.id, None, 9, "refused"))
        same(self.store.events(pending_at=10**18), [])
        same(
            [(e.dead, e.delivered, e.error) for e in self.store.events()],
            [(True, False, "refused")],
        )
        self.done(Defer(event.id, 5, 0, ""))
        same([e.id for e in self.store.events(pending_at=5)], [event.id])
        self.done(Ack(event.id))

    def pending_events_come_by_id(self) -> None:
        """Pending events come by id, in pages, whatever was deferred or acknowledged among them."""
        for lead in "ABCDEFGH":
            self.done(emitted(lead, 1))
        ids = [event.id for event in self.store.events()]
        self.done(Ack(ids[1]), Defer(ids[0], 50, 1, ""), Defer(ids[4], 99, 1, ""))
        left = [ids[0], ids[2], ids[3], ids[5], ids[6], ids[7]]
        same([e.id for e in self.store.events(pending_at=50)], left)
        first = self.store.events(pending_at=50, limit=3)
        same([e.id for e in first], left[:3])
        same([e.id for e in self.store.events(pending_at=50, after=first[-1].id)], left[3:])

    def pending_events_of_one_lead(self) -> None:
        """Pending and lead together both hold."""
        for n in (1, 2, 3):
            self.done(emitted("L", n), emitted("M", n))
        self.done(Ack(self.store.events(lead="L")[0].id))
        same([(e.lead, e.n) for e in self.store.events(lead="L", pending_at=0)], [("L", 2)])
        same(self.store.events(lead="L", pending_at=0, after=2), [])

    def events_of_a_lead_are_delivered_in_order(self) -> None:
        """The first event of a lead that waits is pending, and no other, also behind a dead letter."""
        for n in (1, 2, 3):
            self.done(emitted("L", n))
        first, second, _ = self.store.events()
        same([e.n for e in self.store.events(pending_at=10**18)], [1])
        self.done(Defer(first.id, 50, 1, "timed out"))
        same(self.store.events(pending_at=49), [])
        self.done(Defer(first.id, None, 2, "refused"), emitted("M"))
        same([e.lead for e in self.store.events(pending_at=10**18)], ["M"])
        self.done(Defer(first.id, 50, 0, ""))
        same([e.lead for e in self.store.events(pending_at=49)], ["M"])
        same([e.n for e in self.store.events(lead="L", pending_at=50)], [1])
        self.done(Ack(first.id))
        same([e.n for e in self.store.events(lead="L", pending_at=49)], [2])
        self.done(Ack(second.id))
        same([e.n for e in self.store.events(lead="L", pending_at=49)], [3])

    def a_change_is_found_by_its_id(self) -> None:
        """The events of a change show that it was committed."""
        self.store.commit(Change("one", (emitted("L", 1), emitted("M", 1), Add("a", 1))))
        self.store.commit(Change("two", (emitted("L", 2),)))
        found = self.store.events(change="one")
        same([(e.lead, e.n, e.change) for e in found], [("L", 1, "one"), ("M", 1, "one")])
        same([e.lead for e in self.store.events(change="one", after=found[0].id)], ["M"])
        same([e.lead for e in self.store.events(change="one", limit=1)], ["L"])
        same(self.store.events(change="three"), [])

    def a_change_is_asked_for_alone(self) -> None:
        """Events of a change, and of a lead or those pending, are two questions."""
        for other in ({"lead": "L"}, {"pending_at": 0}):
            try:
                self.store.events(change="one", **other)
            except ConfigError:
                continue
            same("answered", "refused")

    def acknowledging_goes_with_its_effect(self) -> None:
        """An effect in the store and its acknowledgement happen together or not at all."""
        event = self._event()
        self.done(Ack(event.id), Add("sent", 1))
        self.refused(Ack(event.id), Add("sent", 1), kind="gone", key=str(event.id))
        same(self.store.counts(), {"sent": 1})

    def ids_are_never_used_again(self) -> None:
        """After trimming, new events get new ids."""
        event = self._event()
        self.done(Ack(event.id))
        same(self.store.trim(10), 1)
        later = self._event("M")
        same(max(later.id, event.id + 1), later.id)

    def trim_forgets_old_once_keys(self) -> None:
        """A once-key older than the instant may be used again; it has its change's latest date."""
        self.done(Once("old"), emitted("L", 1, 5), emitted("L", 2, 9))
        same((self.store.trim(9), list(self.store.get(["once/old"]))), (0, ["once/old"]))
        same(self.store.trim(10), 1)
        same(self.store.get(["once/old"]), {})
        self.done(Once("old"))

    def trim_keeps_undated_once_keys(self) -> None:
        """A once-key that was committed without an event has no date and stays."""
        self.done(Once("k"))
        same(self.store.trim(10**18), 0)
        same(list(self.store.get(["once/k"])), ["once/k"])

    def trim_forgets_old_events(self) -> None:
        """Events before the instant are forgotten, those at it are kept."""
        for n in (1, 2, 3):
            self.done(emitted("L", n, n * 10, deliver=False))
        same(self.store.trim(30), 2)
        same([event.n for event in self.store.events(lead="L")], [3])

    def trim_keeps_what_waits(self) -> None:
        """An event in the outbox is kept, dead or alive, with all that follows it in its log."""
        for n in (1, 2, 3, 4):
            self.done(emitted("L", n, deliver=n == 2))
        self.done(Defer(self.store.events(pending_at=0)[0].id, None, 3, ""))
        same(self.store.trim(10**18), 1)
        same([event.n for event in self.store.events(lead="L")], [2, 3, 4])

    def trim_leaves_no_gap(self) -> None:
        """An event dated before an earlier one, by a clock that stepped back, waits for it."""
        for n, at in ((1, 1), (2, 50), (3, 2)):
            self.done(emitted("L", n, at, deliver=False))
        same(self.store.trim(10), 1)
        same([event.n for event in self.store.events(lead="L")], [2, 3])

    def trim_forgets_counters_at_zero(self) -> None:
        """A counter at 0 takes no room for ever."""
        self.done(Add("a", 1), Add("b", 1), Raise("c", 0))
        self.done(Add("a", -1))
        same((self.store.trim(0), self.store.trim(0)), (2, 0))
        same(self.store.counts(), {"b": 1})
        same(self.counted(Add("a", 1)), {"a": 1, "b": 1})

    def trim_stops_at_its_limit(self) -> None:
        """Trimming in small steps forgets the same as one step: once-keys, events, counters."""
        for n in range(1, 4):
            self.done(Once(f"k{n}"), emitted("L", n, deliver=False), Add(f"a{n}", 0))
        same([self.store.trim(10, 4), len(self.store.get(["once/k1", "once/k3"]))], [4, 0])
        same([event.n for event in self.store.events()], [2, 3])
        same([self.store.trim(10, 4), self.store.trim(10, 4)], [4, 1])

    def trim_keeps_records(self) -> None:
        """Records are never trimmed."""
        self.done(put("r", due=1))
        same((self.store.trim(10**18), list(self.store.get(["r"]))), (0, ["r"]))

    def acknowledged_events_keep_all_but_their_delivery(self) -> None:
        """An acknowledged event stays in the log as it was, without attempts, instant and error."""
        event = self._event()
        self.done(Defer(event.id, 7, 3, "timed out"))
        self.done(Ack(event.id))
        kept = [evolve(event, until=None, attempts=None)]
        same((self.store.events(), self.store.events(lead="L")), (kept, kept))

    def events_out_of_turn_stay_behind(self) -> None:
        """What happens to a later event of a lead gives nobody a turn before the first is done."""
        for n in (1, 2, 3):
            self.done(emitted("L", n))
        first, second, third = (event.id for event in self.store.events())
        self.done(Defer(second, -5, 1, "timed out"), Defer(first, None, 9, "refused"))
        same(self.store.events(pending_at=10**18), [])
        self.done(Ack(second))
        same(self.store.events(pending_at=10**18), [])
        self.done(Ack(first), Defer(third, 50, 1, ""))
        same([e.n for at in (49, 50) for e in self.store.events(pending_at=at)], [3])
        self.done(Ack(third), emitted("L", 4))
        same([e.n for e in self.store.events(lead="L", pending_at=0)], [4])

    def pages_of_the_outbox_are_full(self) -> None:
        """Events whose turn has not come take no room on a page of those that are pending."""
        for lead in "ABCD":
            self.done(*(emitted(lead, n) for n in (1, 2, 3)), emitted(f"{lead}-", deliver=False))
        self.done(Defer(self.store.events(lead="B")[0].id, 99, 1, ""))
        page = self.store.events(pending_at=0, limit=2)
        same([event.lead for event in page], ["A", "C"])
        same([e.lead for e in self.store.events(pending_at=0, after=page[-1].id, limit=2)], ["D"])

    def the_outbox_tells_the_microsecond(self) -> None:
        """A deferred event is pending from its very microsecond, and one for ever later never."""
        event, instant = self._event(), 1_700_000_000_000_001
        self.done(Defer(event.id, instant, 1, ""))
        found = [len(self.store.events(pending_at=at)) for at in (instant - 1, instant, 2**63 - 1)]
        same(found, [0, 1, 1])

    def logs_go_past_500(self) -> None:
        """A page of a log has 500 events unless a limit is given, and trimming stops at 1,000."""
        self.store.commit(Change("many", [emitted("L", n, deliver=False) for n in range(1, 551)]))
        self.store.commit(Change("more", [emitted(f"M{n:03}") for n in range(520)]))
        log, events = [*range(1, 551)], self.store.events
        same([event.n for event in events(lead="L")], log[:500])
        same([event.n for event in events(lead="L", limit=549)], log[:549])
        same([event.n for event in every_event(partial(events, lead="L"), "n")], log)
        for asked, most in (({"change": "many"}, 550), ({"pending_at": 0}, 520), ({}, 1070)):
            page: Any = partial(events, **asked)
            same((len(page()), len(page(limit=most - 1))), (500, most - 1))
            ids = [e.id for e in every_event(page)]
            same((len(ids), sorted(set(ids))), (most, ids))
        waiting = [Ack(event.id) for event in events(pending_at=0, limit=600)]
        self.done(*waiting)
        same((self.store.trim(1), self.store.trim(1)), (1000, 70))

    def trim_takes_the_latest_date_of_a_change(self) -> None:
        """The date of a once-key is the latest of its change, whichever event has it."""
        self.done(Once("k"), emitted("L", 1, 9, deliver=False), emitted("L", 2, 5))
        same((self.store.trim(9), list(self.store.get(["once/k"]))), (0, ["once/k"]))
        same((self.store.trim(10, 1), self.store.get(["once/k"])), (1, {}))
        self.done(Once("k"), Check("r", 0))
        same((self.store.trim(10**18), len(self.store.get(["once/k"]))), (1, 1))

    def trim_goes_by_key_and_by_id(self) -> None:
        """In small steps the least key and the least id go first, in whatever order they were made."""
        leads = ["Z", "\U0001f600", "\ufffd", "a"]
        for lead, at in zip(leads, (-1, -4, -3, -2), strict=True):
            self.done(Once(lead), emitted(lead, 1, at, deliver=False), Add(lead, 0))
        left = [f"once/{lead}" for lead in ("Z", "a", "\ufffd", "\U0001f600")]
        for gone in range(1, 5):
            same((self.store.trim(1, 1), list(self.store.get(left))), (1, left[gone:]))
        for gone in range(1, 5):
            self.store.trim(1, 1)
            same([event.lead for event in self.store.events()], leads[gone:])
        same([self.store.trim(1, 3), self.store.trim(1, 3)], [3, 1])

    def trim_passes_over_what_it_keeps(self) -> None:
        """A lead that keeps its log holds up no other, and takes nothing from the limit."""
        for lead in "ABC":
            self.done(*(emitted(lead, n, deliver=lead == "A") for n in (1, 2)))
        same((self.store.trim(10, 3), [e.lead for e in self.store.events()]), (3, [*"AAC"]))
        same((self.store.trim(10, 3), self.store.trim(10, 3)), (1, 0))
        same(len(self.store.events(pending_at=0)), 1)

    def trim_goes_by_number_within_a_lead(self) -> None:
        """An event is kept while one with a smaller number is, whichever was written first."""
        self.done(emitted("L", 2, 1, deliver=False))
        self.done(emitted("L", 1, 50, deliver=False), emitted("M", 1, 1, deliver=False))
        same((self.store.trim(10), [e.lead for e in self.store.events()]), (1, ["L", "L"]))
        same((self.store.trim(51), self.store.events()), (2, []))

    def trim_keeps_counters_that_count(self) -> None:
        """A counter above or below 0 is kept."""
        self.done(Add("a", -2, lo=None), Add("b", 2), Add("c", 0))
        same((self.store.trim(10**18, 1), self.store.counts()), (1, {"a": -2, "b": 2}))
        same(self.store.trim(10**18), 0)

    def what_was_trimmed_is_found_nowhere(self) -> None:
        """A forgotten event is in no log: not in that of its lead, nor in that of its change."""
        self.store.commit(Change("one", (emitted("L", deliver=False), emitted("M"), Once("k"))))
        same(self.store.trim(1), 2)
        found = self.store.events(), self.store.events(change="one"), self.store.events(lead="L")
        same([[event.lead for event in page] for page in found], [["M"], ["M"], []])
        self.refused(emitted("M"), kind="version", key="M", current=1)
        self.done(emitted("L", 2), Once("k", "again"))
        same([event.n for event in self.store.events(lead="L", pending_at=0)], [2])
