"""What a lead is worth, as a value."""

from __future__ import annotations

from datetime import timedelta

from attrs import frozen

from leadroute.model.duration import format_duration


@frozen
class LeadScore:
    """The worth of a lead, and how much of it is known.

    Args:
        lead_id: The lead.
        score: From 0 to 1; ``None`` when neither part is known, or the model gave none.
        fit: The explicit part, 0 to 1; ``None`` when nothing that speaks for the lead can be
            judged, and nothing speaks against it.
        engagement: The implicit part, 0 to 1; ``None`` when there was no such signal so far.
        completeness: The share of the points of fit that could be judged, 0 to 1.
        grade: The name of the grade; ``None`` when the score is not known, or below all of them.
        respond_within: The time within which the grade wants the lead contacted; ``None`` for no deadline.
        priority: The priority of the grade; ``None`` when it has none.
        parts: What counted, as name and points: what holds of the lead, then its signals.
        note: What went wrong with the model; empty otherwise.
    """

    lead_id: str
    score: float | None = None
    fit: float | None = None
    engagement: float | None = None
    completeness: float | None = None
    grade: str | None = None
    respond_within: timedelta | None = None
    priority: int | None = None
    parts: tuple[tuple[str, float], ...] = ()
    note: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """The parts that counted, in words; written when read."""
        said = tuple([f"{_signed(points)} {name}" for name, points in self.parts])
        return (*said, self.note) if self.note else said

    @property
    def headline(self) -> str:
        """The score, grade, deadline and share of known facts, in one line.

        Example:
            >>> within = timedelta(minutes=5)
            >>> LeadScore("L-1", 0.76, grade="hot", respond_within=within).headline
            '0.76 (hot, respond within 5m)'
        """
        said = "not known" if self.score is None else f"{self.score:.2f}"
        within = self.respond_within
        deadline = "" if within is None else f", respond within {format_duration(within)}"
        named = "" if self.grade is None else f" ({self.grade}{deadline})"
        sure = "" if self.completeness is None else f", {self.completeness:.0%} of the facts known"
        return f"{said}{named}{sure}"

    def __str__(self) -> str:
        return "\n  ".join((f"lead {self.lead_id}: {self.headline}", *self.reasons))


def _signed(points: float) -> str:
    return f"{points:+g}" if points == int(points) else f"{points:+.3g}"
