"""Reports, pictures and explanations of policies and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import by_name, on_demand

if TYPE_CHECKING:
    from leadroute.insight.coverage import Coverage, coverage_of, heat_map, heat_map_svg
    from leadroute.insight.description import describe_policy, graphviz, mermaid
    from leadroute.insight.lint.roster_checks import holes, overlaps
    from leadroute.insight.report import ReasonFigures, RepFigures, Report, RuleFigures, report_on
    from leadroute.insight.trials import diff, run_tests
    from leadroute.ranking.decision_record import DecisionRecord, decide, rerun

__all__ = [
    "Coverage",
    "DecisionRecord",
    "ReasonFigures",
    "RepFigures",
    "Report",
    "RuleFigures",
    "coverage_of",
    "decide",
    "describe_policy",
    "diff",
    "graphviz",
    "heat_map",
    "heat_map_svg",
    "holes",
    "mermaid",
    "overlaps",
    "report_on",
    "rerun",
    "run_tests",
]

_HOMES = by_name(
    {
        "leadroute.insight.coverage": "Coverage coverage_of heat_map heat_map_svg",
        "leadroute.ranking.decision_record": "DecisionRecord decide rerun",
        "leadroute.insight.report": "ReasonFigures RepFigures Report RuleFigures report_on",
        "leadroute.insight.description": "describe_policy graphviz mermaid",
        "leadroute.insight.lint.roster_checks": "holes overlaps",
        "leadroute.insight.trials": "diff run_tests",
    }
)

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
