"""Files in and out: rows of leads and reps, policies, calendars, and values as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import on_demand

if TYPE_CHECKING:
    from leadroute.formats.column_file import load_columns
    from leadroute.formats.csv_export import row_of, write_rows
    from leadroute.formats.csv_rows import read_territories
    from leadroute.formats.icalendar import read_time_off
    from leadroute.formats.json_schema import policy_schema
    from leadroute.formats.jsonlogic import from_jsonlogic, jsonlogic_data, to_jsonlogic
    from leadroute.formats.policy_file import dump_policy, load_policy, parse_policy
    from leadroute.formats.rows import read_leads, read_reps
    from leadroute.model.columns import (
        DYNAMICS,
        HUBSPOT,
        META_LEAD_ADS,
        PIPEDRIVE,
        SALESFORCE,
        ZOHO,
        ColumnMap,
    )
    from leadroute.plain import dumps, from_dict, loads, to_dict

__all__ = [
    "DYNAMICS",
    "HUBSPOT",
    "META_LEAD_ADS",
    "PIPEDRIVE",
    "SALESFORCE",
    "ZOHO",
    "ColumnMap",
    "dump_policy",
    "dumps",
    "from_dict",
    "from_jsonlogic",
    "jsonlogic_data",
    "load_columns",
    "load_policy",
    "loads",
    "parse_policy",
    "policy_schema",
    "read_leads",
    "read_reps",
    "read_territories",
    "read_time_off",
    "row_of",
    "to_dict",
    "to_jsonlogic",
    "write_rows",
]

_HOMES = {
    "SALESFORCE": "leadroute.model.columns",
    "HUBSPOT": "leadroute.model.columns",
    "PIPEDRIVE": "leadroute.model.columns",
    "ZOHO": "leadroute.model.columns",
    "DYNAMICS": "leadroute.model.columns",
    "META_LEAD_ADS": "leadroute.model.columns",
    "ColumnMap": "leadroute.model.columns",
    "load_columns": "leadroute.formats.column_file",
    "dump_policy": "leadroute.formats.policy_file",
    "dumps": "leadroute.plain",
    "from_dict": "leadroute.plain",
    "from_jsonlogic": "leadroute.formats.jsonlogic",
    "jsonlogic_data": "leadroute.formats.jsonlogic",
    "load_policy": "leadroute.formats.policy_file",
    "loads": "leadroute.plain",
    "parse_policy": "leadroute.formats.policy_file",
    "policy_schema": "leadroute.formats.json_schema",
    "read_leads": "leadroute.formats.rows",
    "read_reps": "leadroute.formats.rows",
    "read_territories": "leadroute.formats.csv_rows",
    "read_time_off": "leadroute.formats.icalendar",
    "row_of": "leadroute.formats.csv_export",
    "to_dict": "leadroute.plain",
    "to_jsonlogic": "leadroute.formats.jsonlogic",
    "write_rows": "leadroute.formats.csv_export",
}

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
