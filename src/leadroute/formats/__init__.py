"""Files in and out: rows of leads and reps, policies, calendars, and values as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from leadroute.lazy import by_name, on_demand

if TYPE_CHECKING:
    from leadroute.formats.csv_rows import read_territories, row_of, write_rows
    from leadroute.formats.json_schema import policy_schema
    from leadroute.formats.jsonlogic import from_jsonlogic, jsonlogic_data, to_jsonlogic
    from leadroute.formats.policy_file import dump_policy, load_policy, parse_policy
    from leadroute.formats.rows import read_leads, read_reps, read_time_off
    from leadroute.formats.source import load_columns
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

_HOMES = by_name(
    {
        "leadroute.model.columns": "SALESFORCE HUBSPOT PIPEDRIVE ZOHO DYNAMICS META_LEAD_ADS ColumnMap",
        "leadroute.formats.source": "load_columns",
        "leadroute.formats.policy_file": "dump_policy load_policy parse_policy",
        "leadroute.plain": "dumps from_dict loads to_dict",
        "leadroute.formats.jsonlogic": "from_jsonlogic jsonlogic_data to_jsonlogic",
        "leadroute.formats.json_schema": "policy_schema",
        "leadroute.formats.rows": "read_leads read_reps read_time_off",
        "leadroute.formats.csv_rows": "read_territories row_of write_rows",
    }
)

__getattr__, __dir__ = on_demand(__name__, __all__, _HOMES)
