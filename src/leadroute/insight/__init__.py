"""Reports, pictures and explanations of policies and decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

if TYPE_CHECKING:
    from leadroute.insight.coverage import Coverage, coverage_of, heat_map, heat_map_svg
    from leadroute.insight.description import describe_policy
    from leadroute.insight.diagram import graphviz, mermaid
    from leadroute.insight.lint.territory_checks import holes, overlaps
    from leadroute.insight.policy_diff import diff
    from leadroute.insight.policy_tests import run_tests
    from leadroute.insight.report import ReasonFigures, RepFigures, Report, RuleFigures, report_on
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

_HOMES = {
    "Coverage": "leadroute.insight.coverage",
    "DecisionRecord": "leadroute.ranking.decision_record",
    "ReasonFigures": "leadroute.insight.report",
    "RepFigures": "leadroute.insight.report",
    "Report": "leadroute.insight.report",
    "RuleFigures": "leadroute.insight.report",
    "coverage_of": "leadroute.insight.coverage",
    "decide": "leadroute.ranking.decision_record",
    "describe_policy": "leadroute.insight.description",
    "diff": "leadroute.insight.policy_diff",
    "graphviz": "leadroute.insight.diagram",
    "heat_map": "leadroute.insight.coverage",
    "heat_map_svg": "leadroute.insight.coverage",
    "holes": "leadroute.insight.lint.territory_checks",
    "mermaid": "leadroute.insight.diagram",
    "overlaps": "leadroute.insight.lint.territory_checks",
    "report_on": "leadroute.insight.report",
    "rerun": "leadroute.ranking.decision_record",
    "run_tests": "leadroute.insight.policy_tests",
}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
