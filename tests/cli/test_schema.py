"""What `leadroute schema` promises."""

import json

from leadroute.formats.policy_schema import policy_schema


def test_printed(leadroute):
    """The schema is printed as JSON, for an editor to keep."""
    ended = leadroute("schema")
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == policy_schema()
