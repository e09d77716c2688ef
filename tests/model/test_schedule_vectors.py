"""The working-time answers computed elsewhere, all forty."""

import json
from datetime import datetime, timedelta

from leadroute.model.schedule import Schedule
from leadroute.model.working_hours import AllOf
from tests.shared import shared_path


def vectors(kind):
    """Read the cases of one kind."""
    text = shared_path("vectors/business_time.json").read_text(encoding="utf-8")
    return json.loads(text)[kind]


def schedule(case):
    """Build the schedule of a case; its "holidays" give the windows of a date."""
    return Schedule(case["schedule"], case["zone"], overrides=case["holidays"])


def deadline(case):
    """Answer a case: elapsed working time, or one nominal day."""
    start = datetime.fromisoformat(case["start"])
    if case["kind"] == "calendar_P1D":
        return schedule(case).add_days(start, 1)
    hours = AllOf([schedule(case), *map(schedule, case["also"])])
    return hours.add_working_time(start, timedelta(seconds=case["duration_s"]))


def test_deadlines():
    """Every deadline of the vectors comes out, to the second."""
    cases = vectors("deadline_cases")
    expected = {
        case["id"]: case["expected"] and datetime.fromisoformat(case["expected"]) for case in cases
    }
    assert {case["id"]: deadline(case) for case in cases} == expected
    assert len(expected) == 36


def test_elapsed():
    """Every stretch of open time of the vectors comes out, to the second."""
    cases = vectors("elapsed_cases")
    found = {
        case["id"]: schedule(case).open_between(
            datetime.fromisoformat(case["start"]), datetime.fromisoformat(case["end"])
        )
        for case in cases
    }
    assert found == {case["id"]: timedelta(seconds=case["expected_s"]) for case in cases}
    assert len(found) == 4
