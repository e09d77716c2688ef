"""One finding of the lint, how grave it is, and the table of all codes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from attrs import fields, frozen

from leadroute.model.lead import Lead
from leadroute.model.validation import FrozenDict
from leadroute.rules.fields import SCORE_FIELDS
from leadroute.rules.operand import literal_text


class Severity(StrEnum):
    """How grave a finding is."""

    ERROR = "error"
    """Something cannot work."""

    WARNING = "warning"
    """Something works otherwise than whoever wrote it can have meant."""

    HINT = "hint"
    """Something to look at; it may well be meant."""


@frozen
class Code:
    """One kind of finding.

    Args:
        severity: How grave findings of this kind are.
        title: What it is, in a few words.
    """

    severity: Severity
    title: str


# A code never gets a second meaning and is never renumbered: hosts silence findings by it.
_E, _W, _H = Severity.ERROR, Severity.WARNING, Severity.HINT

CODES: Mapping[str, Code] = FrozenDict(
    {
        "LR001": Code(_E, "a condition that no lead or rep can meet"),
        "LR002": Code(_E, "a rule behind others that take all of its leads"),
        "LR003": Code(_E, "a rule with the condition of an earlier rule"),
        "LR004": Code(_H, "two rules that share leads and treat them differently"),
        "LR005": Code(_W, "no rule for some leads"),
        "LR006": Code(_E, "a rule for leads that never qualify"),
        "LR007": Code(_W, "a region of another country"),
        "LR100": Code(_E, "a row of the reps that cannot be read"),
        "LR101": Code(_E, "nobody is active"),
        "LR102": Code(_E, "a rep who is not in the roster"),
        "LR103": Code(_W, "a rep who has left"),
        "LR104": Code(_W, "a skill, language, territory or other word that no rep has"),
        "LR105": Code(_W, "an attribute that no rep has"),
        "LR106": Code(_E, "a pool without active reps"),
        "LR107": Code(_E, "a requirement that nobody in the pool meets"),
        "LR108": Code(_W, "a pool that no rule uses"),
        "LR109": Code(_W, "leads for which nobody in the pool meets the requirement"),
        "LR110": Code(_E, "a pool whose predicate fails"),
        "LR111": Code(_H, "reps without the data that a score asks for"),
        "LR201": Code(_H, "hours of the week with nobody"),
        "LR202": Code(_W, "a pool that never works"),
        "LR203": Code(_H, "no schedule"),
        "LR204": Code(_E, "a calendar that fails"),
        "LR301": Code(_H, "availability is the only criterion"),
        "LR302": Code(_H, "nothing reads quality or intent"),
        "LR303": Code(_H, "every source is treated alike"),
        "LR304": Code(_H, "a term of a score that is equal for every rep"),
        "LR305": Code(_H, "the best rep first, and nothing that spreads the leads"),
        "LR306": Code(_W, "a grade that no lead can reach"),
        "LR307": Code(_W, "points without effect"),
        "LR308": Code(_H, "a grade without a rule, a deadline or a priority"),
        "LR309": Code(_H, "a signal whose word is near another one"),
        "LR310": Code(_W, "a lead score is read, and nothing scores leads"),
        "LR401": Code(_H, "territories between which only their names decide"),
        "LR402": Code(_W, "leads of a territory rule that nobody's territory holds"),
        "LR403": Code(_H, "too many territories to compare them all"),
        "LR404": Code(_W, "calling hours that never come"),
        "LR405": Code(_W, "reps without known hours under a rule that requires shared ones"),
        "LR406": Code(_W, "leads that may be called only when nobody of the pool works"),
        "LR901": Code(_W, "an ignored code that is not found"),
        "LR902": Code(_W, "an ignored code that does not exist"),
        "LR903": Code(_H, "too many rules to compare them all"),
    }
)
"""Every code with its severity and title."""


@frozen
class Finding:
    """One thing that the lint found.

    Args:
        code: Which kind, such as ``LR002``; ``CODES`` has them all.
        place: Table and key, such as ``rule[2].when``, counted from 0; empty for the policy as a whole.
        explanation: What is wrong.
        remedy: What to do about it.
        lead: An invented lead that shows it, where one does.
        line: The line in the policy file, counted from 1; ``None`` when there is no file.
        file: The file that the policy builds on and has it from; empty when it is the policy's own.

    Example:
        >>> print(Finding("LR108", "pool[0]", "no rule uses the pool 'spare'", "remove it", line=7))
        line 7: pool[0]: warning LR108: no rule uses the pool 'spare'; remove it
    """

    code: str
    place: str
    explanation: str
    remedy: str
    lead: Lead | None = None
    line: int | None = None
    file: str = ""

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return CODES[self.code].severity

    @property
    def plain(self) -> dict[str, Any]:
        """The finding as data for programs: text, numbers and ``None`` alone."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "place": self.place,
            "line": self.line,
            "file": self.file or None,
            "explanation": self.explanation,
            "remedy": self.remedy,
            "example": None if self.lead is None else told(self.lead),
        }

    def __str__(self) -> str:
        line = "" if self.line is None else f"line {self.line}"
        where = "".join(f"{each}: " for each in (self.file, line, self.place) if each)
        shows = "" if self.lead is None else f" (for example {told(self.lead)})"
        return f"{where}{self.severity} {self.code}: {self.explanation}{shows}; {self.remedy}"


def told(lead: Lead) -> str:
    """Return what is known of an invented lead, in the words of the language.

    Example:
        >>> told(Lead("x", country="de", attributes={"seats": 5}))
        "lead.country == 'DE', lead['seats'] == 5"
    """
    known = [
        f"lead.{field.name} == {literal_text(value)}"
        for field in fields(Lead)
        if field.name not in ("id", "signals", "attributes")
        and (value := getattr(lead, field.name)) is not None
    ]
    known += [
        f"lead.{name} == {literal_text(value)}"
        for name in sorted(SCORE_FIELDS)
        if (value := getattr(lead, name)) is not None
    ]
    known += [f"lead[{name!r}] == {_shown(value)}" for name, value in lead.attributes.items()]
    known += [f"signal({signal.kind!r}) of {signal.value:g}" for signal in lead.signals]
    return ", ".join(known) or "a lead without any facts"


def _shown(value: Any) -> str:
    return literal_text(tuple(sorted(value)) if isinstance(value, frozenset) else value)
