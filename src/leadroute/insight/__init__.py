"""What the log of a store says about the routing: figures for the people who run it."""

from leadroute.insight.report import ReasonFigures, RepFigures, Report, RuleFigures, report_on

__all__ = ["ReasonFigures", "RepFigures", "Report", "RuleFigures", "report_on"]
