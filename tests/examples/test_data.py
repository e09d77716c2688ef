"""The example data: what the generator writes, and what the demonstration can promise about it."""

import csv
import io
import subprocess
import sys
from pathlib import Path

from leadroute import Lead, check
from leadroute.cli import main
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


ROUTED = """\
00Q5g00000AbCd1 US-CA offered ada ada came first under rule 'by state'
00Q5g00000AbCd2 US-CA offered bob bob came first under rule 'by state'
00Q5g00000AbCd3 US-OR offered ada ada came first under rule 'by state'
00Q5g00000AbCd4 US-NY offered eve eve came first under rule 'by state'
00Q5g00000AbCd5 US-WA offered ada ada came first under rule 'by state'
00Q5g00000AbCd6 US-MA offered eve eve came first under rule 'by state'
00Q5g00000AbCd7 US-CA offered bob bob came first under rule 'by state'
00Q5g00000AbCd8 US-TX catch_all sales-desk nobody is eligible
salesforce.csv:10: email is not an e-mail address (value withheld); write it like 'name@example.com'
00Q5g00000AbCe1 US-NV offered bob bob came first under rule 'by state'
"""


def test_salesforce_export_goes_to_its_owners():
    """The example has at most 25 lines: states, weights, the cap of three a day and the catch-all all count."""
    script = EXAMPLES / "salesforce.py"
    assert len(script.read_text("utf-8").splitlines()) <= 25
    command = [sys.executable, str(script)]
    printed = subprocess.run(command, capture_output=True, check=True, encoding="utf-8").stdout
    found = [line.strip().replace(f"{DATA}/", "") for line in printed.splitlines()]
    assert found == ROUTED.splitlines()


def test_salesforce_export_by_the_command(capsys, monkeypatch):
    """The command gives each lead to whom the example gives it, with the reason."""
    monkeypatch.chdir(DATA)
    files = ["--policy", "salesforce.toml", "--reps", "salesforce_reps.csv"]
    written = ["--timezone", "America/New_York", "--dates", "mdy", "--decimal", "."]
    leads = ["--leads", "salesforce.csv", "--columns", "salesforce", *written]
    assert main(["route", *files, *leads]) == 1
    out, err = capsys.readouterr()
    rows = list(csv.reader(io.StringIO(out)))[1:]
    expected = [line.split(" ") for line in ROUTED.splitlines() if line.startswith("00Q")]
    assert [[row[0], *row[1:3]] for row in rows] == [[line[0], *line[2:4]] for line in expected]
    assert all(row[5] and row[6] for row in rows)
    assert "salesforce.csv:10: email is not an e-mail address" in err
