"""A test of a policy: one lead, and the expected result."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from attrs import field, frozen

from leadroute.errors import ConfigError
from leadroute.model.lead import Lead
from leadroute.model.rep import Rep
from leadroute.model.validation import Refused, clean_fields, cleaned, ident, shown
from leadroute.ranking.ranking import Outcome
from leadroute.rules.rule import OUTCOMES

EXPECTATIONS: Final = ("rule", "pool", "rep", "outcome")
"""What a case can expect."""


def _outcome(given: Any) -> str:
    known = (*(each.value for each in Outcome), *OUTCOMES)
    if given not in known:
        raise Refused(f"is {shown(given)}; write one of {', '.join(known)}")
    return str(given)


@frozen(kw_only=True)
class Case:
    """One lead, and the expected result.

    Args:
        name: What the case shows.
        lead: The lead.
        rule: The name of the rule that must match.
        pool: The name of the pool whose reps must be asked.
        rep: The id of the rep who must come first.
        outcome: The expected outcome, such as ``assignable`` or ``no_rule_matched``; or the outcome
            of a lead that does not qualify: ``nurture``, ``reject`` or ``review``.
        reps: The reps of this case alone; empty for those that the whole test is run with.
        now: The instant of the decision, aware; the lead's ``received_at`` when not given.

    Raises:
        ValidationError: A field was refused.
        ConfigError: Nothing is expected.

    Example:
        >>> Case("germany", lead=Lead("L-1", country="DE"), rule="emea").expected
        {'rule': 'emea'}
    """

    name: str = field(kw_only=False, metadata={"clean": ident})
    lead: Lead
    rule: str | None = cleaned(ident)
    pool: str | None = cleaned(ident)
    rep: str | None = cleaned(ident)
    outcome: str | None = cleaned(_outcome)
    reps: tuple[Rep, ...] = field(default=(), converter=tuple)
    now: datetime | None = None

    def __attrs_post_init__(self) -> None:
        clean_fields(self)
        if not self.expected:
            raise ConfigError("expects nothing; expect a rule, a pool, a rep or an outcome")

    @property
    def expected(self) -> dict[str, str]:
        """What is expected, by its name."""
        given = {name: getattr(self, name) for name in EXPECTATIONS}
        return {name: value for name, value in given.items() if value is not None}
