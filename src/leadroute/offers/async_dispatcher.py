"""The dispatcher over a store that is awaited: the same use cases, the same surface."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Generic, Literal, Self, TypeVar, cast

from attrs import Attribute, Factory, evolve, field, frozen
from attrs.converters import optional

from leadroute.clock import AnyClock_co, Clock, as_clock
from leadroute.errors import ConfigError
from leadroute.model.guidance import guided, guided_attributes
from leadroute.model.lead import Lead
from leadroute.model.rep import Pause, Presence, Reps, Roster, roster_of
from leadroute.model.snapshot import Reason, Snapshot, TrackRecords, TurnCredit
from leadroute.model.validation import FrozenDict, of_kind
from leadroute.offers.auditing import AuditResult
from leadroute.offers.counts import by_rep, by_version
from leadroute.offers.decisions import Decision, Keeping, keeping
from leadroute.offers.dispatcher import Dispatcher, callable_, random_id
from leadroute.offers.dispatching import ForgetResult, SweepResult
from leadroute.offers.events import LeadEvent
from leadroute.offers.feedback import FeedbackNote, Said
from leadroute.offers.live_counts import LiveCounts
from leadroute.offers.outbox import OutboxEvent, attempts
from leadroute.offers.outcome_counts import fields_of
from leadroute.offers.placement import Placement, Status
from leadroute.offers.pulling import AvailableLead, LinePosition, NextLead
from leadroute.offers.queries import WorkItem
from leadroute.offers.requests import Steps, run_async
from leadroute.offers.store import AsyncStore, is_async
from leadroute.offers.store_clock import AwaitedTime, StoreClock, awaited_clock, default_clock
from leadroute.offers.use_cases import UseCases, use_cases
from leadroute.ranking.router import Router

T = TypeVar("T")
AnyCallable = TypeVar("AnyCallable", bound=Callable[..., Any])


def _awaited(_instance: object, attribute: Attribute[Any], store: object) -> None:
    of_kind(AsyncStore)(_instance, attribute, store)
    if not is_async(store):
        kind = type(store).__name__
        raise ConfigError(
            f"{kind} is not an async store; give it to a Dispatcher, or write AsyncThread(store)"
        )


def _told_by(method: Callable[..., Any]) -> Callable[[AnyCallable], AnyCallable]:
    """A decorator: a method that is told by the same words."""

    def told(twin: AnyCallable) -> AnyCallable:
        twin.__doc__ = method.__doc__
        return twin

    return told


@guided
@guided_attributes
@frozen(eq=False)
class AsyncDispatcher(Generic[AnyClock_co]):
    """A ``Dispatcher`` for asyncio: the same methods, each awaited.

    A call that is cancelled leaves nothing half done: its change is committed or not.

    Args:
        router: The policy.
        roster: The reps, as a ``Roster`` or a list.
        store: Where placements are kept: an async store, or ``AsyncThread(store)`` of any other.
        clock: As for ``Dispatcher``.
        track_records: As for ``Dispatcher``.
        track_outcomes_by: As for ``Dispatcher``.
        presence: As for ``Dispatcher``.
        tokens: As for ``Dispatcher``.
        change_ids: As for ``Dispatcher``.
        publish: As for ``Dispatcher``.
        max_attempts: As for ``Dispatcher``.
        sleep: Awaited for some seconds before a step is taken again; ``asyncio.sleep`` by default.

    Raises:
        UnknownFieldError: As for ``Dispatcher``.
        FieldTypeError: Something is of the wrong kind.
        ConfigError: The store is not an async one.

    Example:
        >>> from leadroute import Rep, Rule
        >>> from leadroute.stores import AsyncThread, MemoryStore
        >>> router = Router(rules=[Rule("all")])
        >>> async def offered() -> str | None:
        ...     dispatcher = AsyncDispatcher(router, [Rep("ada")], AsyncThread(MemoryStore()))
        ...     return (await dispatcher.submit(Lead("L-1"))).rep_id
        >>> asyncio.run(offered())
        'ada'
    """

    router: Router = field(validator=of_kind(Router))
    roster: Roster = field(converter=roster_of)
    store: AsyncStore = field(validator=_awaited)
    clock: AnyClock_co = field(
        default=Factory(cast("Any", default_clock), takes_self=True),
        converter=as_clock,
        validator=[of_kind(Clock), awaited_clock],
    )
    track_records: TrackRecords = field(default=TrackRecords(), validator=of_kind(TrackRecords))
    presence: Mapping[str, Presence] = field(default=FrozenDict(), converter=by_rep)
    earlier: Mapping[str, Router] = field(default=FrozenDict(), converter=by_version)
    track_outcomes_by: Iterable[str] | None = field(default=None, converter=optional(fields_of))
    tokens: Callable[[], str] = field(default=random_id, validator=callable_)
    change_ids: Callable[[], str] = field(default=random_id, validator=callable_)
    publish: bool = field(default=False, validator=of_kind(bool))
    decisions: Keeping = field(default="compact", converter=keeping)
    counts: LiveCounts | None = None
    max_attempts: int = field(default=20, converter=attempts)
    sleep: Callable[[float], Awaitable[Any]] = field(default=asyncio.sleep, validator=callable_)
    _cases: UseCases = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_cases", use_cases(self))

    def with_roster(self, roster: Reps) -> Self:
        """Return the same dispatcher with other reps; sweep early once with it."""
        return evolve(self, roster=roster)

    @_told_by(Dispatcher.submit)
    async def submit(
        self,
        lead: Lead,
        *,
        trigger: str = "",
        on_error: Literal["catch_all", "raise"] = "catch_all",
        to: str | None = None,
    ) -> Placement:
        return await self._run(self._cases.submit(lead, trigger, on_error, to))

    @_told_by(Dispatcher.accept)
    async def accept(self, lead_id: str, rep_id: str, *, token: str = "") -> Placement:
        return await self._run(self._cases.accept(lead_id, rep_id, token))

    @_told_by(Dispatcher.decline)
    async def decline(
        self,
        lead_id: str,
        rep_id: str,
        reason: str = "",
        *,
        kind: Literal["declined", "busy", "unreachable"] = "declined",
        retry_after: str | timedelta | datetime | None = None,
        token: str = "",
    ) -> Placement:
        given = reason, kind, retry_after, token
        return await self._run(self._cases.decline(lead_id, rep_id, *given))

    @_told_by(Dispatcher.assign)
    async def assign(self, lead_id: str, rep_id: str, *, by: str) -> Placement:
        return await self._run(self._cases.assign(lead_id, rep_id, by))

    @_told_by(Dispatcher.withdraw)
    async def withdraw(self, lead_id: str, reason: str = "") -> Placement:
        return await self._run(self._cases.withdraw(lead_id, reason))

    @_told_by(Dispatcher.reopen)
    async def reopen(self, lead_id: str) -> Placement:
        return await self._run(self._cases.reopen(lead_id))

    @_told_by(Dispatcher.another_chance)
    async def another_chance(self, lead_id: str, rep_id: str) -> Placement:
        return await self._run(self._cases.another_chance(lead_id, rep_id))

    @_told_by(Dispatcher.pause)
    async def pause(
        self,
        rep_id: str,
        *,
        until: datetime | None = None,
        why: str = "",
        cover: str | None = None,
    ) -> Pause:
        return await self._run(self._cases.pause(rep_id, until, why, cover))

    @_told_by(Dispatcher.resume)
    async def resume(self, rep_id: str) -> tuple[Placement, ...]:
        return await self._run(self._cases.resume(rep_id))

    @_told_by(Dispatcher.back)
    async def back(self, rep_id: str) -> tuple[Placement, ...]:
        return await self._run(self._cases.back(rep_id))

    @_told_by(Dispatcher.reevaluate)
    async def reevaluate(self, lead_id: str) -> Placement:
        return await self._run(self._cases.reevaluate(lead_id))

    @_told_by(Dispatcher.update)
    async def update(self, lead: Lead) -> Placement:
        return await self._run(self._cases.update(lead))

    @_told_by(Dispatcher.reroute)
    async def reroute(self, lead_id: str) -> Placement:
        return await self._run(self._cases.reroute(lead_id))

    @_told_by(Dispatcher.forget)
    async def forget(self, lead_id: str) -> ForgetResult:
        return await self._run(self._cases.forget(lead_id))

    @_told_by(Dispatcher.release)
    async def release(self, lead_id: str) -> Placement:
        return await self._run(self._cases.release(lead_id))

    @_told_by(Dispatcher.record_contact)
    async def record_contact(
        self, lead_id: str, *, rep: str | None = None, channel: str = ""
    ) -> Placement:
        return await self._run(self._cases.record_contact(lead_id, rep, channel))

    @_told_by(Dispatcher.feedback)
    async def feedback(
        self,
        lead_id: str,
        status: str,
        *,
        value: float | None = None,
        reason: str = "",
        note: str = "",
        by: str = "",
        fields: Mapping[str, Any] = FrozenDict(),
    ) -> Placement:
        said = Said(status, value, reason, note, by, fields)
        return await self._run(self._cases.feedback(lead_id, said))

    @_told_by(Dispatcher.notes)
    async def notes(self, lead_id: str) -> tuple[FeedbackNote, ...]:
        return await self._run(self._cases.notes(lead_id))

    @_told_by(Dispatcher.credit_turns)
    async def credit_turns(
        self,
        rep_id: str,
        turns: int = 1,
        *,
        reason: Reason,
        cause: str,
        expires: datetime,
        pool: str | None = None,
    ) -> TurnCredit | None:
        credit = TurnCredit(expires, reason, cause, turns)
        return await self._run(self._cases.credit_turns(rep_id, credit, pool))

    @_told_by(Dispatcher.sweep)
    async def sweep(self, *, early: bool = False, limit: int | None = None) -> SweepResult:
        return await self._run(self._cases.sweep(early, limit))

    @_told_by(Dispatcher.next_wakeup)
    async def next_wakeup(self) -> datetime | None:
        return await self._run(self._cases.next_wakeup())

    @_told_by(Dispatcher.next_for)
    async def next_for(self, rep_id: str) -> NextLead:
        return await self._run(self._cases.next_for(rep_id))

    @_told_by(Dispatcher.available_leads)
    async def available_leads(self, rep_id: str, *, limit: int = 20) -> tuple[AvailableLead, ...]:
        return await self._run(self._cases.available_leads(rep_id, limit))

    @_told_by(Dispatcher.claim)
    async def claim(self, lead_id: str, rep_id: str) -> Placement:
        return await self._run(self._cases.claim(lead_id, rep_id))

    @_told_by(Dispatcher.position)
    async def position(self, lead_id: str) -> LinePosition | None:
        return await self._run(self._cases.position(lead_id))

    @_told_by(Dispatcher.placement)
    async def placement(self, lead_id: str) -> Placement:
        return await self._run(self._cases.placement(lead_id))

    @_told_by(Dispatcher.placements)
    async def placements(
        self,
        *,
        rep_id: str | None = None,
        status: Status | str | None = None,
        rule: str | None = None,
        after: Placement | None = None,
        limit: int = 100,
    ) -> tuple[Placement, ...]:
        return await self._run(self._cases.placements(rep_id, status, rule, after, limit))

    @_told_by(Dispatcher.worklist)
    async def worklist(self, rep_id: str) -> tuple[WorkItem, ...]:
        return await self._run(self._cases.worklist(rep_id))

    @_told_by(Dispatcher.preview)
    async def preview(self, lead_id: str, rep_id: str | None = None) -> Lead:
        return await self._run(self._cases.preview(lead_id, rep_id))

    @_told_by(Dispatcher.decision)
    async def decision(self, lead_id: str) -> Decision | None:
        return await self._run(self._cases.decision(lead_id))

    @_told_by(Dispatcher.audit)
    async def audit(
        self,
        limit: int = 1000,
        after: AuditResult | None = None,
        *,
        repair: bool = False,
    ) -> AuditResult:
        return await self._run(self._cases.audit(limit, after, repair))

    @_told_by(Dispatcher.trim)
    async def trim(self, before: datetime, limit: int = 1000) -> int:
        return await self._run(self._cases.trim(before, limit))

    @_told_by(Dispatcher.history)
    async def history(self, lead_id: str) -> tuple[LeadEvent, ...]:
        return await self._run(self._cases.history(lead_id))

    @_told_by(Dispatcher.outbox)
    async def outbox(self, limit: int = 100) -> tuple[OutboxEvent, ...]:
        return await self._run(self._cases.outbox(limit))

    @_told_by(Dispatcher.ack)
    async def ack(self, event: OutboxEvent) -> None:
        return await self._run(self._cases.ack(event))

    @_told_by(Dispatcher.defer)
    async def defer(self, event: OutboxEvent, until: datetime, error: str = "") -> OutboxEvent:
        return await self._run(self._cases.defer(event, until, error))

    @_told_by(Dispatcher.dead_letters)
    async def dead_letters(self, limit: int = 100) -> tuple[OutboxEvent, ...]:
        return await self._run(self._cases.dead_letters(limit))

    @_told_by(Dispatcher.deliver_again)
    async def deliver_again(self, event: OutboxEvent) -> None:
        return await self._run(self._cases.deliver_again(event))

    @_told_by(Dispatcher.snapshot)
    async def snapshot(self) -> Snapshot:
        return await self._run(self._cases.snapshot())

    @_told_by(Dispatcher.tracked)
    async def tracked(self) -> TrackRecords:
        return await self._run(self._cases.tracked())

    async def _run(self, steps: Steps[T]) -> T:
        if isinstance(self.clock, StoreClock):
            await cast("StoreClock[AwaitedTime]", self.clock).measure_if_due()
        return await run_async(steps, self.store, self.sleep)
