"""The bundled policy scores every bundled lead, and each decision is made again to the same bytes."""

import json
from datetime import UTC, datetime
from pathlib import Path

from leadroute import load_policy
from leadroute.cli import main
from leadroute.formats.rows import read_leads, read_reps
from leadroute.insight import DecisionRecord, decide, rerun
from leadroute.plain import dumps, loads

DATA = Path(__file__).resolve().parents[2] / "examples" / "data"


def test_every_bundled_lead_has_a_score(capsys):
    """One object a line for each of the 500 leads, with score and completeness."""
    given = ["--policy", DATA / "policy.toml", "--reps", DATA / "reps.csv"]
    leads = ["--leads", DATA / "leads.csv", "--now", "2026-03-03T15:00:00Z", "--json"]
    assert main(["explain", *map(str, (*given, *leads))]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 500
    for each in found:
        assert 0 <= each["lead_score"] <= 1
        assert 0 < each["completeness"] <= 1
    assert {each["lead_grade"] for each in found} == {"hot", "warm", "cold"}


def test_every_decision_is_made_again_to_the_same_bytes():
    """What was stored is read, made again under the same policy, and written as the same bytes."""
    router, now = load_policy(DATA / "policy.toml"), datetime(2026, 3, 3, 15, tzinfo=UTC)
    roster, _ = read_reps(DATA / "reps.csv")
    for lead in read_leads(DATA / "leads.csv"):
        stored = dumps(decide(router, lead, roster, now=now))
        record = loads(DecisionRecord, stored)
        assert record.lead_score.score is not None
        assert dumps(rerun(record, router, lead, roster).after) == stored
