"""Figures about the routing, counted from the log of a store."""

from leadroute.insight.report import ReasonFigures, RepFigures, Report, RuleFigures, report_on

__all__ = ["ReasonFigures", "RepFigures", "Report", "RuleFigures", "report_on"]
