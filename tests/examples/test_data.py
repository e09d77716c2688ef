"""The example data: what the generator writes, and what the demonstration can promise about it."""

import subprocess
import sys
from pathlib import Path

from leadroute import Lead, check
from leadroute.formats.policy_file import load_policy
from leadroute.formats.rows import read_leads, read_reps

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
DATA = EXAMPLES / "data"


def test_generator_writes_the_data_again(tmp_path):
    """The generator writes the bundled files byte for byte."""
    command = [sys.executable, str(EXAMPLES / "generate.py"), str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    assert printed == f"12 reps and 500 leads in {tmp_path}\n"
    for name in ("reps.csv", "leads.csv"):
        assert (tmp_path / name).read_bytes() == (DATA / name).read_bytes()


def test_data_can_be_read():
    """Every bundled row is a rep or a lead: 12 reps, and 500 leads in the order of their arrival."""
    roster, errors = read_reps(DATA / "reps.csv")
    leads = list(read_leads(DATA / "leads.csv"))
    assert (len(roster), errors, len(leads)) == (12, [], 500)
    assert all(isinstance(lead, Lead) for lead in leads)
    assert leads == sorted(leads, key=lambda lead: lead.received_at)


def test_policy_fits_the_reps():
    """The bundled policy has at least six rules, and nothing in it cannot work with the bundled reps."""
    router = load_policy(DATA / "policy.toml")
    roster, _ = read_reps(DATA / "reps.csv")
    assert len(router.rules) >= 6
    assert {finding.severity for finding in check(router, roster)} <= {"hint"}


def test_every_rule_gets_leads():
    """Each rule of the bundled policy matches bundled leads, and some leads do not qualify."""
    router = load_policy(DATA / "policy.toml")
    roster, _ = read_reps(DATA / "reps.csv")
    rankings = [router.rank(lead, roster) for lead in read_leads(DATA / "leads.csv")]
    assert {ranking.rule for ranking in rankings} == {None, *(rule.name for rule in router.rules)}
